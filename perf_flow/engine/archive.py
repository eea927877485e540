"""What is in a zip archive, found out without unpacking it to anywhere and without trusting what it says.

The central directory is judged first; then every member is read through in small blocks, and counted. Archives in
archives share one budget. Only what zlib can unpack in bounded steps is read; the rest is said to be unread.
"""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass, field

from perf_flow.engine.errors import N_, EvidenceRefused

BOMB = N_(
	"The archive unpacks to far more than its own size, or to more than {0} MB. Please give the files themselves."
)
TOO_MANY = N_("The archive holds more than {0} files. Please give only those that prove something.")
TOO_DEEP = N_("The archive holds archives in archives. Please give the files themselves.")
DAMAGED = N_(
	"The archive is damaged, or says something else about its files than is in it. Please pack it anew."
)
UNSAFE_PATH = N_(
	"The archive holds a file that would be unpacked to another folder: {0}. Please pack it anew."
)

_BLOCK = 1 << 16
_END = b"PK\x05\x06"
_END_SIZE = 22
_READABLE = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))


@dataclass(frozen=True, slots=True)
class Limits:
	"""How much of an archive is read. ``total_mb`` is megabytes unpacked, all nested archives together; ``ratio`` is
	unpacked to packed size, judged from ``free_mb`` unpacked on; ``depth`` counts archives in each other."""

	total_mb: int = 200
	entries: int = 10_000
	ratio: int = 200
	free_mb: int = 10
	depth: int = 3
	nested_mb: int = 32
	kept_mb: int = 16


@dataclass(frozen=True, slots=True)
class Member:
	"""One file of an archive: its ``name`` as people read it, ``size`` in bytes, and the SHA-256 of its content,
	empty when it could not be read. ``head`` is the beginning of it."""

	name: str
	size: int
	sha256: str
	head: bytes = b""
	encrypted: bool = False


@dataclass(slots=True)
class Archive:
	"""What was found, nested archives included in ``nested``. ``kept`` holds the content of members that were asked
	for by name and are small enough."""

	members: list[Member] = field(default_factory=list)
	nested: list[Member] = field(default_factory=list)
	kept: dict[str, bytes] = field(default_factory=dict)

	@property
	def names(self) -> list[str]:
		"""The names of the archive's own members."""
		return [m.name for m in self.members]

	@property
	def everything(self) -> list[Member]:
		"""All members, those of archives in the archive too."""
		return [*self.members, *self.nested]


@dataclass(slots=True)
class _Budget:
	limits: Limits
	bytes: int = 0
	entries: int = 0

	def take(self, amount: int) -> None:
		self.bytes += amount
		if self.bytes > self.limits.total_mb * 1_000_000:
			raise EvidenceRefused(self.limits.total_mb, template=BOMB)

	def take_entries(self, count: int) -> None:
		self.entries += count
		if self.entries > self.limits.entries:
			raise EvidenceRefused(self.limits.entries, template=TOO_MANY)


def has_directory(data: bytes) -> bool:
	"""Whether ``data`` ends like a zip archive: with a record that points at a central directory that is there."""
	return _directory(data) is not None


def _directory(data: bytes) -> tuple[int, int, int] | None:
	"""Where the central directory begins, its size in bytes, and the number of entries it says it has."""
	end = data.rfind(_END, max(0, len(data) - _END_SIZE - 65_535))
	if end < 0 or end + _END_SIZE > len(data):
		return None
	entries, size = struct.unpack_from("<HI", data, end + 10)
	begin = end - size
	if begin < 0 or (size and data[begin : begin + 4] != b"PK\x01\x02"):
		# a zip64 archive has records in between; zipfile reads those
		return (end, 0, entries) if data[end - 20 : end - 16] == b"PK\x06\x07" else None
	return begin, size, entries


def readable_name(info: zipfile.ZipInfo) -> str:
	"""A member's name. Archives made on Chinese Windows hold GBK without saying so, others UTF-8."""
	if info.flag_bits & 0x800:
		return info.filename
	try:
		raw = info.filename.encode("cp437")
	except UnicodeEncodeError:
		return info.filename
	if raw.isascii():
		return info.filename
	for encoding in ("utf-8", "gb18030"):
		try:
			return raw.decode(encoding)
		except UnicodeDecodeError:
			continue
	return info.filename


def look_into(data: bytes, limits: Limits | None = None, keep: tuple[str, ...] = ()) -> Archive:
	"""Read an archive through. ``keep`` names members, or beginnings of names ending in "/", whose content is wanted.

	Raises EvidenceRefused for bombs, damaged archives and paths that lead out of the folder.
	"""
	limits = limits or Limits()
	archive = Archive()
	_read(data, archive, _Budget(limits), 1, keep)
	return archive


def _read(data: bytes, archive: Archive, budget: _Budget, depth: int, keep: tuple[str, ...]) -> None:
	limits = budget.limits
	if depth > limits.depth:
		raise EvidenceRefused(template=TOO_DEEP)
	directory = _directory(data)
	if directory is None:
		raise EvidenceRefused(template=DAMAGED)
	_begin, size, entries = directory
	# before anything is made of it: each entry costs memory
	if max(entries, size // 1_000) > limits.entries:
		raise EvidenceRefused(limits.entries, template=TOO_MANY)
	try:
		with zipfile.ZipFile(io.BytesIO(data)) as opened:
			infos = opened.infolist()
			_judge(infos, len(data), budget)
			for info in infos:
				if not info.is_dir():
					_read_member(opened, info, archive, budget, depth, keep)
	except (
		zipfile.BadZipFile,
		zlib.error,
		struct.error,
		EOFError,
		OverflowError,
		ValueError,
		NotImplementedError,
	) as e:
		raise EvidenceRefused(template=DAMAGED) from e


def _judge(infos: list[zipfile.ZipInfo], packed: int, budget: _Budget) -> None:
	"""What the directory says of itself."""
	limits = budget.limits
	budget.take_entries(len(infos))
	unpacked = sum(i.file_size for i in infos)
	if unpacked > limits.total_mb * 1_000_000:
		raise EvidenceRefused(limits.total_mb, template=BOMB)
	if unpacked > limits.free_mb * 1_000_000 and unpacked > limits.ratio * packed:
		raise EvidenceRefused(limits.total_mb, template=BOMB)
	if sum(i.compress_size for i in infos) > packed:
		# members that share the same packed bytes: the way to a bomb without nesting
		raise EvidenceRefused(limits.total_mb, template=BOMB)
	for info in infos:
		name = readable_name(info)
		parts = name.replace("\\", "/").split("/")
		linked = stat.S_ISLNK(info.external_attr >> 16)
		if ".." in parts or name[:1] in ("/", "\\") or name[1:2] == ":" or "\0" in name or linked:
			raise EvidenceRefused(name, template=UNSAFE_PATH)


def _read_member(
	opened: zipfile.ZipFile,
	info: zipfile.ZipInfo,
	archive: Archive,
	budget: _Budget,
	depth: int,
	keep: tuple[str, ...],
) -> None:
	name, into = readable_name(info), archive.members if depth == 1 else archive.nested
	if info.flag_bits & 0x1 or info.compress_type not in _READABLE:
		into.append(Member(name, info.file_size, "", encrypted=bool(info.flag_bits & 0x1)))
		return
	limits = budget.limits
	wanted = depth == 1 and any(name == k or (k.endswith("/") and name.startswith(k)) for k in keep)
	digest, head, size = hashlib.sha256(), b"", 0
	content: list[bytes] | None = None
	with opened.open(info) as f:
		while block := f.read(_BLOCK):
			if not size:
				head = block[:1024]
				inner = head.startswith((b"PK\x03\x04", b"PK\x05\x06"))
				if inner and info.file_size > limits.nested_mb * 1_000_000:
					raise EvidenceRefused(limits.total_mb, template=BOMB)
				if inner or (wanted and info.file_size <= limits.kept_mb * 1_000_000):
					content = []
			size += len(block)
			budget.take(len(block))
			digest.update(block)
			if content is not None:
				content.append(block)
	if size != info.file_size:
		raise EvidenceRefused(template=DAMAGED)
	into.append(Member(name, size, digest.hexdigest(), head))
	if content is None:
		return
	whole = b"".join(content)
	if wanted:
		archive.kept[name] = whole
	if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
		_read(whole, archive, budget, depth + 1, keep)
