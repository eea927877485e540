"""Files as tables: what kind of file it is, and its rows, one after the other.

What a file is, is told by its content; a name that says otherwise is refused, since something went wrong then. A CSV
file is looked through once before it is read: that costs little and finds its encoding, NUL bytes and lines without
an end, so that nothing surprises later.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Any

from perf_flow.engine.errors import N_, Words
from perf_flow.replay.problems import Unreadable, short
from perf_flow.replay.xlsx import DAMAGED, EMPTY_FILE, MOST_COLUMNS, PASSWORD, Workbook

NOT_THERE = N_("There is no file {0}.")
NO_ACCESS = N_("{0} cannot be opened: {1}.")
NOT_ITS_NAME = N_("{0} is not what its name says: by its content it is {1}. Give it the right ending.")
NOT_KNOWN = N_(
	"{0} is none of the files that can be read: Excel (.xlsx), CSV (.csv) or an event log (.xes, .xes.gz)."
)
NUL_BYTES = N_(
	"{0} holds NUL bytes (line {1}), so it is no text file, or was damaged. Save it anew as CSV UTF-8."
)
ENCODING = N_("{0} is neither UTF-8 nor GBK (line {1}). Save it anew as “CSV UTF-8”.")
ENDLESS_LINE = N_("Line {1} of {0} does not end. Perhaps a quotation mark is missing, or it is no CSV file.")
BROKEN_CSV = N_("{0} cannot be read from line {1} on: {2}. Perhaps a quotation mark is missing there.")
BOMB = N_("{0} unpacks to far more than its own size. It was not read.")

_BLOCK = 1 << 20
_LONGEST_LINE = 16 << 20
_LONGEST_FIELD = 1 << 20
_BOMB_FREE = 1 << 30
_BOMB_RATIO = 200

Step = Callable[[int], None]
"""Is told how many bytes of the files were read since it was told last."""


class FileKind(Enum):
	"""What a file is by its content. The value is how people call it."""

	XLSX = N_("an Excel workbook")
	CSV = N_("a text file")
	XES = N_("an XML file")


YAML = (".yaml", ".yml")
_ENDINGS = {
	".xlsx": FileKind.XLSX,
	".xlsm": FileKind.XLSX,
	".csv": FileKind.CSV,
	".tsv": FileKind.CSV,
	".txt": FileKind.CSV,
	".xes": FileKind.XES,
	".xml": FileKind.XES,
}


def kind_of(path: Path, also: tuple[str, ...] = ()) -> FileKind:
	"""What the file is. Raises Unreadable for one that cannot be opened, is empty, is none of the kinds that can be
	read, or is not what its name says. ``also`` are endings of text files that are accepted beside those of CSV."""
	name = path.name
	if not path.is_file():
		raise Unreadable(name, template=NOT_THERE)
	try:
		with path.open("rb") as file:
			head = file.read(4096)
		packed = head.startswith(b"\x1f\x8b")
		if packed:
			with gzip.open(path) as unpacked:
				head = unpacked.read(4096)
	except OSError as e:
		raise Unreadable(
			name, e.strerror or type(e).__name__, template=NO_ACCESS if e.strerror else DAMAGED
		) from e
	except (EOFError, zlib.error) as e:
		raise Unreadable(name, template=DAMAGED) from e
	if not head:
		raise Unreadable(name, template=EMPTY_FILE)
	if head.startswith(b"\xd0\xcf\x11\xe0"):
		raise Unreadable(name, template=PASSWORD)
	found = _by_content(head)
	suffix = (
		Path(path.stem).suffix.lower() if packed and path.suffix.lower() == ".gz" else path.suffix.lower()
	)
	said = _ENDINGS.get(suffix)
	if found is None or (packed and found is FileKind.XLSX):
		raise Unreadable(name, template=NOT_KNOWN)
	if said is not None and said is not found:
		raise Unreadable(name, Words((found.value,)), template=NOT_ITS_NAME)
	if suffix in also and found is FileKind.CSV:
		return found
	if said is None and suffix not in ("", ".log"):
		raise Unreadable(name, template=NOT_KNOWN)
	return found


def _by_content(head: bytes) -> FileKind | None:
	if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
		return FileKind.XLSX
	if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"7z\xbc\xaf", b"Rar!")):
		return None
	start = head.removeprefix(codecs.BOM_UTF8).lstrip()
	if start.startswith((b"<", b"\xff\xfe<\0", b"\xfe\xff\0<")):
		return FileKind.XES
	return FileKind.CSV


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int]]]:
	"""The bytes of a file, unpacked if it is gzipped, and how far it was read (in bytes of the file itself)."""
	with path.open("rb", buffering=_BLOCK) as raw:
		packed = raw.read(2) == b"\x1f\x8b"
		raw.seek(0)
		if packed:
			with gzip.open(raw) as unpacked:
				yield io.BufferedReader(unpacked, _BLOCK), raw.tell  # type: ignore[arg-type]
		else:
			yield raw, raw.tell


# --- CSV -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CsvForm:
	"""How a CSV file is written. ``quoted``: quotation marks occur in it."""

	encoding: str
	delimiter: str
	quoted: bool = True


def csv_form(path: Path) -> CsvForm:
	"""Look the file through: its encoding and delimiter. Raises Unreadable for what is no text."""
	encoding, quoted = _encoding(path)
	return CsvForm(encoding, _delimiter(path, encoding), quoted)


def _encoding(path: Path) -> tuple[str, bool]:
	name = path.name
	utf8 = codecs.getincrementaldecoder("utf-8")()
	line, since, total = 1, 0, 0
	is_utf8, bad_line, quoted = True, 0, False
	size = path.stat().st_size
	try:
		with opened(path) as (file, _tell):
			first = True
			while block := file.read(_BLOCK):
				if first:
					first = False
					if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
						return "utf-16", True
				if b"\0" in block:
					raise Unreadable(
						name, line + block[: block.index(b"\0")].count(b"\n"), template=NUL_BYTES
					)
				total += len(block)
				if total > _BOMB_FREE and total > _BOMB_RATIO * size:
					raise Unreadable(name, template=BOMB)
				quoted = quoted or b'"' in block
				if is_utf8:
					try:
						utf8.decode(block)
					except UnicodeDecodeError as e:
						is_utf8 = False
						bad_line = line + block[: e.start].count(b"\n")
				last = max(block.rfind(b"\n"), block.rfind(b"\r"))
				since = since + len(block) if last < 0 else len(block) - last - 1
				if since > _LONGEST_LINE:
					raise Unreadable(name, line, template=ENDLESS_LINE)
				line += block.count(b"\n")
			if is_utf8:
				try:
					utf8.decode(b"", True)
				except UnicodeDecodeError:
					is_utf8, bad_line = False, line
	except (OSError, EOFError, zlib.error) as e:
		raise Unreadable(name, template=DAMAGED) from e
	if is_utf8:
		return "utf-8-sig", quoted
	if _is_gbk(path):
		return "gb18030", quoted
	raise Unreadable(name, bad_line, template=ENCODING)


def _is_gbk(path: Path) -> bool:
	"""Whether the text is Chinese in GBK. GBK gives some character for nearly any bytes, so that most of those that
	come out must be the common ones of GB 2312."""
	decoder = codecs.getincrementaldecoder("gb18030")()
	common = rare = 0
	with opened(path) as (file, _tell):
		while True:
			block = file.read(_BLOCK)
			try:
				text = decoder.decode(block, not block)
			except UnicodeDecodeError:
				return False
			for c in set(text):
				if c.isascii():
					continue
				try:
					c.encode("gb2312")
				except UnicodeEncodeError:
					rare += text.count(c)
				else:
					common += text.count(c)
			if not block:
				return common > 9 * rare


def _delimiter(path: Path, encoding: str) -> str:
	with opened(path) as (file, _tell):
		start = file.read(1 << 16)
	text = codecs.getincrementaldecoder(encoding)("replace").decode(start)
	lines = [x for x in text.splitlines()[:20] if x.strip()]
	if len(lines) > 1 and len(start) == 1 << 16:
		lines = lines[:-1]
	best, chosen = 0, ","
	for delimiter in ",;\t|":
		try:
			counts = [len(r) for r in csv.reader(lines, delimiter=delimiter)]
		except csv.Error:
			continue
		fields = counts[0] if counts else 0
		agree = sum(1 for c in counts if c == fields)
		score = fields * 100 * agree // max(len(counts), 1) if fields > 1 else 0
		if score > best:
			best, chosen = score, delimiter
	return chosen


@contextmanager
def csv_rows(path: Path, form: CsvForm) -> Iterator[tuple[Iterator[list[str]], Callable[[], int]]]:
	"""The records of a CSV file, and how far it was read. What the reader raises becomes Unreadable."""
	csv.field_size_limit(_LONGEST_FIELD)
	with opened(path) as (file, tell):
		text = io.TextIOWrapper(file, encoding=form.encoding, errors="strict", newline="")
		# without quotation marks there is nothing in a line but fields
		reader = csv.reader(text, delimiter=form.delimiter) if form.quoted else _fields(text, form.delimiter)
		try:
			yield reader, tell
		except csv.Error as e:
			line = getattr(reader, "line_num", 0)
			raise Unreadable(path.name, line, short(e), template=BROKEN_CSV) from e
		except UnicodeError as e:
			line = getattr(reader, "line_num", 0)
			raise Unreadable(path.name, line + 1, template=ENCODING) from e
		except (OSError, EOFError, zlib.error) as e:
			raise Unreadable(path.name, template=DAMAGED) from e
		finally:
			text.detach()


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
	"""A text for a CSV file that no spreadsheet takes for a formula: with an apostrophe before it, as Excel has it."""
	return f"'{text}" if _FORMULA.match(text) else text


def shown(text: str) -> str:
	"""What ``guarded`` was given."""
	return text[1:] if _GUARDED.match(text) else text


def _fields(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
	for line in lines:
		yield line.rstrip("\r\n").split(delimiter)


# --- tables --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
	"""A sheet of a workbook, or a CSV file. ``name`` is the sheet's name, or the file's without its ending."""

	path: Path
	name: str
	kind: FileKind
	hidden: bool = False

	@property
	def sheet(self) -> str:
		"""The sheet's name for a message; empty for a file that is one table."""
		return self.name if self.kind is FileKind.XLSX else ""

	def rows(self, step: Step | None = None) -> Iterator[tuple[int, list[Any], int]]:
		"""The rows that hold something: number from 1, values, and how many cells beyond ``MOST_COLUMNS`` were left
		out. Raises Unreadable."""
		if self.kind is FileKind.XLSX:
			with Workbook(self.path) as book:
				tab = next(t for t in book.tabs if t.name == self.name)
				yield from book.rows(tab)
			if step is not None:
				step(self.path.stat().st_size)
			return
		told = 0
		with csv_rows(self.path, csv_form(self.path)) as (reader, tell):
			for number, record in enumerate(reader, 1):
				if step is not None and not number % 20_000:
					step(tell() - told)
					told = tell()
				beyond = sum(1 for v in record[MOST_COLUMNS:] if v)
				values = [
					(v if v[0] != "'" else shown(v)) if v and not v.isspace() else None
					for v in record[:MOST_COLUMNS]
				]
				if beyond or any(v is not None for v in values):
					yield number, values, beyond
			if step is not None:
				step(tell() - told)


def tables(path: Path) -> list[Table]:
	"""The tables of a workbook or CSV file. Raises Unreadable."""
	kind = kind_of(path)
	if kind is FileKind.XES:
		raise Unreadable(path.name, Words((kind.value,)), template=NOT_ITS_NAME)
	if kind is FileKind.CSV:
		name = path.name.removesuffix(".gz")
		return [Table(path, Path(name).stem, kind)]
	with Workbook(path) as book:
		return [Table(path, tab.name, kind, tab.hidden) for tab in book.tabs]
