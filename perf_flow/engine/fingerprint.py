"""By what the content of a file is found again: in another file, under another name, packed, saved anew.

A fingerprint has keys, which are looked up as they are, and sometimes a signature, with which two files that share a
key are compared. What costs time or memory runs in a process of its own with limits on both (``apart``), so that no
file can take the caller down: ``python -m perf_flow.engine.fingerprint KIND PATH`` prints its fingerprints as JSON.

Sources: dHash (difference hash) and, for finding hashes that differ in few bits, multi-index hashing (Norouzi, Punjani,
Fleet 2012); MinHash with one permutation (Li, Owen, Zhang 2012) and banding for near-equal texts (Broder 1997).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import re
import struct
import subprocess
import sys
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from perf_flow.engine import picture
from perf_flow.engine.archive import Archive, Member
from perf_flow.engine.content import KINDS, Kind

MEMORY_MB = 224
"""What the process that reads pictures and PDFs may take, in megabytes of its own data."""
SECONDS = 60
"""How long it may compute."""
MAXIMUM_PAGES = 400
MAXIMUM_TEXT = 2_000_000
"""Characters of a text that are compared; the rest is not read."""


class Match(str, Enum):
	"""In what two files are alike, the strongest first."""

	BYTES = "bytes"
	MEMBERS = "members"
	PARTS = "parts"
	PIXELS = "pixels"
	MEMBER = "member"
	TEXT = "text"
	LOOK = "look"
	NEAR = "near"


@dataclass(frozen=True, slots=True)
class Fingerprint:
	"""``keys`` are what is stored and looked up; ``signature`` decides between those that share one. ``name`` says
	which file of an archive it is of."""

	match: str
	keys: tuple[str, ...]
	signature: str = ""
	name: str = ""


MOST_MEMBERS = 100
SMALLEST_MEMBER = 512
"""Bytes; smaller files of an archive are too often the same by chance."""


def of_bytes(sha256: str) -> Fingerprint:
	"""The fingerprint of a whole file. The files of archives have the same, so that either finds the other."""
	return Fingerprint(Match.BYTES.value, (f"b:{sha256}",))


def light(kind: Kind, data: bytes, archive: Archive | None) -> tuple[Fingerprint, ...]:
	"""What is known of a file at once, when it is given: its bytes and, of archives, what is in them."""
	found = [of_bytes(hashlib.sha256(data).hexdigest())]
	if archive is None:
		return tuple(found)
	if kind.key == "zip":
		members = [m for m in archive.everything if m.sha256 and m.size]
		whole = [m for m in archive.members if m.sha256 and m.size]
		if whole and sum(m.size for m in whole) >= SMALLEST_MEMBER:
			found.append(_hashed(Match.MEMBERS, sorted(m.sha256 for m in whole)))
		large = sorted((m for m in members if m.size >= SMALLEST_MEMBER), key=lambda m: (-m.size, m.name))
		for member in large[:MOST_MEMBERS]:
			found.append(Fingerprint(Match.MEMBER.value, (f"b:{member.sha256}",), name=member.name))
	else:
		text = document_text(kind.key, archive)
		pictures = [m.sha256 for m in archive.members if _is_picture(m)]
		if len(text) >= SHORTEST_TEXT or pictures:
			found.append(_hashed(Match.PARTS, [text[:MAXIMUM_TEXT], *sorted(pictures)]))
	return tuple(found)


def _is_picture(member: Member) -> bool:
	return bool(re.match(r"(word|xl|ppt)/media/|Pictures/", member.name)) and member.size >= SMALLEST_MEMBER


def _hashed(match: Match, parts: Iterable[str]) -> Fingerprint:
	digest = hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
	return Fingerprint(match.value, (f"{match.value}:{digest}",))


def is_heavy(kind: Kind) -> bool:
	"""Whether more is found in a file of this kind by ``heavy``."""
	return kind.key in _HEAVY


def heavy(kind: str, data: bytes) -> tuple[Fingerprint, ...]:
	"""What takes time: the looks of pictures, and the text of PDFs, documents and texts. Needs Pillow for pictures
	and pypdf for PDFs; raises whatever those raise for damaged files."""
	return tuple(_HEAVY[kind](data))


# --- texts ----------------------------------------------------------------------------------------------------

SHORTEST_TEXT = 40
"""Letters and digits; shorter texts are the same too often."""
SHORTEST_NEAR = 200
_SHINGLE = 6
_BINS = 64
_ROWS = 4
NEAR = 0.8
"""The share of equal bins from which two texts are called nearly the same (an estimate of the Jaccard similarity of
their runs of six letters)."""

_TAGS = re.compile(r"<[^>]*>")
_CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
_VALUE = re.compile(r"<v\b[^>]*>(.*?)</v>", re.DOTALL)


def plain(text: str) -> str:
	"""Letters and digits of ``text`` alone, in one case and form: what stays the same when it is set anew."""
	return "".join(
		c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c)[0] in "LN"
	)


def document_text(kind: str, archive: Archive) -> str:
	"""What an Office document says, without how it is set; see ``plain``."""
	kept = {n: c.decode("utf-8", "replace") for n, c in archive.kept.items() if n.endswith(".xml")}
	if kind == "xlsx":
		strings = [
			plain(_TAGS.sub("", s))
			for s in re.findall(r"<si\b.*?</si>", kept.get("xl/sharedStrings.xml", ""), re.S)
		]
		sheets = [kept[n] for n in sorted(kept, key=_in_order) if n.startswith("xl/worksheets/")]
		return "".join(_cells(sheet, strings) for sheet in sheets)
	if kind == "pptx":
		slides = [kept[n] for n in sorted(kept, key=_in_order) if n.startswith("ppt/slides/slide")]
		return plain(" ".join(_TAGS.sub(" ", s) for s in slides))
	body = kept.get({"docx": "word/document.xml", "odf": "content.xml"}.get(kind, ""), "")
	return plain(_TAGS.sub("", body))


def _in_order(name: str) -> tuple[int, str]:
	return int(re.sub(r"\D", "", name)[:9] or 0), name


def _cells(sheet: str, strings: list[str]) -> str:
	found = []
	for attributes, content in _CELL.findall(sheet):
		value = _VALUE.search(content)
		if 't="s"' in attributes and value and value[1].strip().isdigit():
			number = int(value[1])
			found.append(strings[number] if number < len(strings) else "")
		elif value and 't="' not in attributes:
			found.append(value[1].strip())
		else:
			found.append(plain(_TAGS.sub("", content)))
	return "|".join(x for x in found if x)


def of_text(text: str) -> list[Fingerprint]:
	"""Fingerprints of what a text says; none of a text too short to tell."""
	text = plain(text[:MAXIMUM_TEXT])
	if len(text) < SHORTEST_TEXT:
		return []
	found = [_hashed(Match.TEXT, [text])]
	if len(text) >= SHORTEST_NEAR:
		signature = _minhash(text)
		bands = (signature[n : n + 2 * _ROWS] for n in range(0, 2 * _BINS, 2 * _ROWS))
		keys = tuple(f"n:{n:x}:{band.hex()}" for n, band in enumerate(bands))
		found.append(Fingerprint(Match.NEAR.value, keys, base64.b64encode(signature).decode()))
	return found


def _minhash(text: str) -> bytes:
	"""The smallest hash in each of 64 bins, 16 bits of each; an empty bin borrows from the next."""
	smallest: list[int | None] = [None] * _BINS
	raw, crc = text.encode("utf-32-le"), zlib.crc32
	for at in range(0, len(raw) - 4 * _SHINGLE + 4, 4):
		# mixed, as neighbouring texts have neighbouring checksums
		h = (crc(raw[at : at + 4 * _SHINGLE]) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
		where, value = h >> 58, h >> 16 & 0xFFFFFFFF
		known = smallest[where]
		if known is None or value < known:
			smallest[where] = value
	filled = []
	for n in range(_BINS):
		step = 0
		while smallest[(n + step) % _BINS] is None:
			step += 1
		filled.append((smallest[(n + step) % _BINS] or 0) + step * 0x9E37 & 0xFFFF)
	return struct.pack(f"<{_BINS}H", *filled)


def _similarity(one: str, other: str) -> float:
	a, b = base64.b64decode(one), base64.b64decode(other)
	same = sum(a[n : n + 2] == b[n : n + 2] for n in range(0, 2 * _BINS, 2))
	return same / _BINS


# --- looks ----------------------------------------------------------------------------------------------------

_SIDE = 32
_STEP = 6
"""Levels of grey by which neighbours must differ to count as different: noise does not."""
_BANDS = 4
SAME_BITS = 7
"""Two looks are looked up as alike when their hashes differ in at most so many of 64 bits: each band of 16 bits may
differ in one."""
_APART = 0.28
"""Two looks are alike when their small grey pictures differ by at most this share of what is on the one."""
_PAPER = 0.75
"""A picture of which so much is of one shade is a page with little writing or an empty form: too like others."""


def of_look(image: Any) -> list[Fingerprint]:
	"""The look of a Pillow image; none when there is nothing to be seen on it."""
	from PIL import Image

	grey = _grey(image)
	small = grey.resize((_SIDE, _SIDE), Image.Resampling.BOX)
	levels = small.tobytes()
	if max(levels) - min(levels) < 4 * _STEP or _ground(levels) > _PAPER:
		return []
	bits = 0
	row = grey.resize((9, 8), Image.Resampling.BOX).tobytes()
	for y in range(8):
		for x in range(8):
			bits = bits << 1 | (row[9 * y + x] > row[9 * y + x + 1] + _STEP // 2)
	keys = tuple(f"l:{n}:{bits >> 16 * n & 0xFFFF:04x}" for n in range(_BANDS))
	return [Fingerprint(Match.LOOK.value, keys, base64.b64encode(levels).decode())]


def _grey(image: Any) -> Any:
	"""In grey and upright, no more than 512 pixels wide; the caller's image is reduced in place where that saves
	memory."""
	from PIL import Image

	orientation = image.getexif().get(0x0112, 1) if hasattr(image, "getexif") else 1
	if image.format == "JPEG":
		image.draft("L", (128, 128))
	if image.mode in ("1", "P", "PA"):
		# what lets the ground shine through is shown on white, as long as that costs little
		see_through = image.mode == "PA" or "transparency" in image.info
		image = image.convert("RGBA" if see_through and image.width * image.height < 4_000_000 else "L")
	largest = max(image.size)
	if largest > 1024:
		image = image.reduce(max(1, largest // 512))
	if image.mode in ("RGBA", "LA"):
		paper = Image.new("RGBA", image.size, "white")
		paper.alpha_composite(image.convert("RGBA"))
		image = paper
	if image.mode.startswith("I") or image.mode == "F":
		low, high = image.getextrema()
		image = image.point(lambda v: (v - low) * (255 / ((high - low) or 1))).convert("L")
	image = image.convert("L")
	turned = {
		2: Image.Transpose.FLIP_LEFT_RIGHT,
		3: Image.Transpose.ROTATE_180,
		4: Image.Transpose.FLIP_TOP_BOTTOM,
		5: Image.Transpose.TRANSPOSE,
		6: Image.Transpose.ROTATE_270,
		7: Image.Transpose.TRANSVERSE,
		8: Image.Transpose.ROTATE_90,
	}.get(orientation)
	return image.transpose(turned) if turned is not None else image


def neighbours(fingerprint: Fingerprint) -> tuple[str, ...]:
	"""The keys under which whatever is alike may be stored: the fingerprint's own and, of looks, those that differ in
	one bit."""
	if fingerprint.match != Match.LOOK.value:
		return fingerprint.keys
	found = []
	for key in fingerprint.keys:
		band, value = key[:4], int(key[4:], 16)
		found += [key, *(f"{band}{value ^ 1 << bit:04x}" for bit in range(16))]
	return tuple(found)


def alike(match: str, one: str, other: str) -> bool:
	"""Whether two fingerprints that share a key are of the same content, by their signatures."""
	if match == Match.NEAR.value:
		return _similarity(one, other) >= NEAR
	if match == Match.LOOK.value:
		return _same_look(base64.b64decode(one), base64.b64decode(other))
	return True


def _ground(levels: bytes) -> float:
	"""How much of a picture is of one shade."""
	counts = [0] * 256
	for level in levels:
		counts[level] += 1
	return max(sum(counts[max(0, n - _STEP) : n + _STEP + 1]) for n in range(256)) / len(levels)


def _same_look(one: bytes, other: bytes) -> bool:
	if len(one) != len(other):
		return False
	a, b = _stretched(one), _stretched(other)
	middle = sorted(a)[len(a) // 2]
	drawn = sum(abs(x - middle) for x in a)
	return sum(abs(x - y) for x, y in zip(a, b, strict=True)) <= _APART * drawn


def _stretched(levels: bytes) -> list[float]:
	"""Brightness and contrast evened out."""
	ordered = sorted(levels)
	low, high = ordered[len(ordered) // 50], ordered[-1 - len(ordered) // 50]
	scale = 255 / max(high - low, 4 * _STEP)
	return [min(255.0, max(0.0, (v - low) * scale)) for v in levels]


# --- files of each kind -----------------------------------------------------------------------------------------


def _of_picture(data: bytes) -> list[Fingerprint]:
	from PIL import Image

	found = [_pixels_of_png(data)] if data.startswith(b"\x89PNG") else []
	if data.startswith(b"\xff\xd8") and picture.jpeg_memory(data) > MEMORY_MB * 700_000:
		# a progressive picture too large to be held; its bytes are known
		return found
	Image.MAX_IMAGE_PIXELS = None  # judged by its header already, and the memory is limited
	with Image.open(io.BytesIO(data)) as image:
		if image.format != "JPEG" and _memory(image) > MEMORY_MB * 800_000:
			return found
		return [*found, *of_look(image)]


def _memory(image: Any) -> int:
	"""Bytes that Pillow takes for a whole image: four a pixel, unless it has one channel."""
	return int(image.width * image.height * (1 if image.mode in ("1", "L", "P") else 4))


def _pixels_of_png(data: bytes) -> Fingerprint:
	"""A PNG without its notes: size, colours, and the packed pixels as they unpack. Costs no memory."""
	digest, at, unpack = hashlib.sha256(), 8, zlib.decompressobj()
	while at + 12 <= len(data):
		length, name = struct.unpack_from(">I4s", data, at)
		chunk = memoryview(data)[at + 8 : at + 8 + length]
		if name in (b"IHDR", b"PLTE", b"tRNS"):
			digest.update(chunk)
		elif name == b"IDAT":
			block = unpack.decompress(chunk, 1 << 18)
			while block:
				digest.update(block)
				block = unpack.decompress(unpack.unconsumed_tail, 1 << 18)
		elif name == b"IEND":
			break
		at += 12 + length
	return Fingerprint(Match.PIXELS.value, (f"{Match.PIXELS.value}:{digest.hexdigest()}",))


def _of_pdf(data: bytes) -> list[Fingerprint]:
	from pypdf import PdfReader

	reader = PdfReader(io.BytesIO(data))
	if reader.is_encrypted and not reader.decrypt(""):
		return []
	texts: list[str] = []
	length = 0
	scans: list[list[Fingerprint]] = []
	for number, page in enumerate(reader.pages):
		if number >= MAXIMUM_PAGES or length >= MAXIMUM_TEXT:
			break
		text = page.extract_text() or ""
		texts.append(text)
		length += len(text)
		if len(plain(text)) < SHORTEST_TEXT and len(scans) < 5:
			scans += _scans(page)
	found = of_text("\n".join(texts))
	if not found:
		for scan in scans[:5]:
			found += scan
	return found


def _scans(page: Any) -> list[list[Fingerprint]]:
	"""The pictures that fill a page without text, as far as they are JPEG: that is what scanners make."""
	objects = (page.get("/Resources") or {}).get("/XObject") or {}
	found = []
	for name in list(objects)[:5]:
		item = objects[name]
		filters = item.get("/Filter")
		filters = filters if isinstance(filters, list) else [filters]
		if item.get("/Subtype") == "/Image" and filters == ["/DCTDecode"]:
			raw = bytes(item._data)
			if picture.pixels("jpeg", raw)[0] >= 200:
				whole = of_bytes(hashlib.sha256(raw).hexdigest())
				found.append([replace(whole, match=Match.PIXELS.value), *_of_picture(raw)])
	return found


def _of_text_file(data: bytes) -> list[Fingerprint]:
	for encoding in (
		("utf-16", "utf-8-sig", "gb18030")
		if data[:2] in (b"\xff\xfe", b"\xfe\xff")
		else ("utf-8-sig", "gb18030")
	):
		try:
			return of_text(data[: 4 * MAXIMUM_TEXT].decode(encoding))
		except UnicodeDecodeError:
			continue
	return of_text(data[: 4 * MAXIMUM_TEXT].decode("utf-8", "replace"))


def _of_document(data: bytes) -> list[Fingerprint]:
	from perf_flow.engine.content import inspect

	inspected = inspect("document", data)
	return of_text(document_text(inspected.kind.key, inspected.archive)) if inspected.archive else []


_HEAVY = {
	**dict.fromkeys((k.key for k in KINDS.values() if k.picture), _of_picture),
	"pdf": _of_pdf,
	"text": _of_text_file,
	"docx": _of_document,
	"pptx": _of_document,
	"odf": _of_document,
}


# --- in a process of its own ------------------------------------------------------------------------------------


class NotRead(Exception):
	"""The file could not be read within the limits, or is damaged."""


def apart(kind: str, path: str) -> tuple[Fingerprint, ...]:
	"""``heavy`` of the file at ``path``, in another process with limits on memory and time. Raises NotRead."""
	root = str(Path(__file__).parents[2])
	try:
		done = subprocess.run(
			[sys.executable, "-m", "perf_flow.engine.fingerprint", kind, os.path.abspath(path)],
			capture_output=True,
			timeout=2 * SECONDS,
			cwd=root,
			env={**os.environ, "PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1", "MALLOC_ARENA_MAX": "1"},
			check=False,
		)
	except subprocess.TimeoutExpired as e:
		raise NotRead(f"not read within {2 * SECONDS} seconds") from e
	if done.returncode:
		lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
		raise NotRead(lines[-1] if lines else f"ended with {done.returncode}")
	rows = json.loads(done.stdout)
	return tuple(Fingerprint(r["match"], tuple(r["keys"]), r["signature"], r["name"]) for r in rows)


def _limit() -> None:
	import resource

	size = MEMORY_MB * 1_000_000
	resource.setrlimit(resource.RLIMIT_DATA, (size, size))
	resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
	resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(arguments: list[str]) -> int:
	"""Print the fingerprints of one file. Exit code 1: it is damaged, or too much for the limits."""
	kind, path = arguments
	_limit()
	try:
		found = heavy(kind, Path(path).read_bytes())
	except Exception as e:
		# whatever a damaged file makes a library raise is told to the caller, who goes on
		print(f"{type(e).__name__}: {e}", file=sys.stderr)
		return 1
	json.dump([asdict(f) for f in found], sys.stdout)
	return 0


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
