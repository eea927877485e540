"""Reading an Excel workbook sheet by sheet and row by row, without trusting it.

A streaming reader of its own, because three things are needed that libraries do not give together: memory that does
not grow with the sheet, the difference between an empty cell and a formula whose value Excel never stored, and the
refusal of what does not belong into a workbook (a DTD, a member that unpacks to gigabytes). Writing is done by
openpyxl, see ``template`` and ``export``.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from perf_flow.engine.errors import N_, FlowError
from perf_flow.replay.problems import Unreadable

PASSWORD = N_("{0} is protected by a password, or in the old .xls form. Save it as .xlsx without a password.")
NO_WORKBOOK = N_("{0} is not an Excel workbook (.xlsx). Open it in Excel and save it as .xlsx, or as CSV.")
DAMAGED = N_(
	"{0} is damaged or was not copied completely. Get it once more, or open it in Excel and save it anew."
)
TOO_LARGE = N_(
	"{0} unpacks to more than {1} MB. Save the large sheets as CSV files (events.csv, actions.csv)."
)
FORBIDDEN = N_("{0} holds something that a workbook never has (a document type definition). It was not read.")
EMPTY_FILE = N_("{0} is empty (0 bytes).")

MOST_COLUMNS = 400
"""Columns that are read. Cells further right are counted, and said."""
_MOST_TEXT = 32_767
_SHEET_MB = 4_000
_OTHER_MB = 100
_RATIO = 2_000
_FREE_MB = 50
_BLOCK = 1 << 16

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_DATE_FORMATS = frozenset((*range(14, 18), 22, *range(27, 32), 36, *range(50, 59)))
_TIME_FORMATS = frozenset((18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47))
_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]|_.|\*.', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unsaved:
	"""A formula whose value was never stored in the file."""

	formula: str


@dataclass(frozen=True, slots=True)
class Wrong:
	"""What Excel shows as an error, e.g. #REF!, or a date that does not exist (``text``)."""

	text: str


@dataclass(frozen=True, slots=True)
class Tab:
	"""One sheet of a workbook: its name and where in the archive it is."""

	name: str
	member: str
	hidden: bool = False


class Workbook:
	"""An opened workbook. Raises Unreadable when it is none, protected, damaged or too large."""

	def __init__(self, path: Path) -> None:
		self.path = path
		self.name = path.name
		self._archive = self._open()
		try:
			with self._guarded():
				self._judge()
				self._targets = self._relations()
				self.from_1904 = False
				self.tabs = self._tabs()
				self._dates = self._styles()
				self._texts: list[str] | None = None
		except BaseException:
			self._archive.close()
			raise

	def close(self) -> None:
		"""Close the file."""
		self._archive.close()

	def __enter__(self) -> Workbook:
		return self

	def __exit__(self, *_: object) -> None:
		self.close()

	# --- opening -----------------------------------------------------------------------------------

	def _open(self) -> zipfile.ZipFile:
		try:
			with self.path.open("rb") as file:
				head = file.read(8)
		except OSError as e:
			raise Unreadable(self.name) from e
		if not head:
			raise Unreadable(self.name, template=EMPTY_FILE)
		if head == _OLE:
			raise Unreadable(self.name, template=PASSWORD)
		if not head.startswith(b"PK"):
			raise Unreadable(self.name, template=NO_WORKBOOK)
		try:
			return zipfile.ZipFile(self.path)
		except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as e:
			raise Unreadable(self.name, template=DAMAGED) from e

	def _guarded(self) -> _Guard:
		return _Guard(self.name)

	def _judge(self) -> None:
		"""Look at what the archive says of itself; zipfile reads no more of a member than that."""
		infos = self._archive.infolist()
		if not any(i.filename == "[Content_Types].xml" for i in infos) or len(infos) > 10_000:
			raise Unreadable(self.name, template=NO_WORKBOOK)
		packed = self.path.stat().st_size
		if any(i.flag_bits & 0x1 for i in infos):
			raise Unreadable(self.name, template=PASSWORD)
		sheets = sum(i.file_size for i in infos if i.filename.startswith("xl/worksheets/"))
		others = sum(
			i.file_size
			for i in infos
			if i.filename.endswith((".xml", ".rels")) and not i.filename.startswith("xl/worksheets/")
		)
		if sheets > _SHEET_MB * 1_000_000:
			raise Unreadable(self.name, _SHEET_MB, template=TOO_LARGE)
		if others > _OTHER_MB * 1_000_000:
			raise Unreadable(self.name, _OTHER_MB, template=TOO_LARGE)
		whole = sheets + others
		if whole > _FREE_MB * 1_000_000 and whole > _RATIO * packed:
			raise Unreadable(self.name, _FREE_MB, template=TOO_LARGE)
		if sum(i.compress_size for i in infos) > packed:
			# members that share the same packed bytes
			raise Unreadable(self.name, template=DAMAGED)

	def _relations(self) -> dict[str, str]:
		found: dict[str, str] = {}

		def start(name: str, attributes: dict[str, str]) -> None:
			if name.endswith("Relationship") and attributes.get("TargetMode") != "External":
				target = attributes.get("Target", "")
				target = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
				found[attributes.get("Id", "")] = target

		self._parse("xl/_rels/workbook.xml.rels", start)
		return found

	def _tabs(self) -> list[Tab]:
		tabs: list[Tab] = []

		def start(name: str, attributes: dict[str, str]) -> None:
			if name == f"{_MAIN} workbookPr" or name == f"{_STRICT} workbookPr":
				self.from_1904 = attributes.get("date1904", "0").lower() in ("1", "true")
			elif name.endswith(" sheet"):
				relation = next((v for k, v in attributes.items() if k.endswith(" id")), "")
				member = self._targets.get(relation, "")
				if member in self._archive.NameToInfo and "worksheets/" in member:
					hidden = attributes.get("state", "visible") != "visible"
					tabs.append(Tab(attributes.get("name", ""), member, hidden))

		self._parse("xl/workbook.xml", start)
		return tabs

	def _styles(self) -> tuple[str, ...]:
		"""For each cell style whether it shows a date ("d"), a time of day ("t") or neither ("")."""
		if "xl/styles.xml" not in self._archive.NameToInfo:
			return ()
		own: dict[int, str] = {}
		styles: list[int] = []
		inside = False

		def start(name: str, attributes: dict[str, str]) -> None:
			nonlocal inside
			short = name.rsplit(" ", 1)[-1]
			if short == "numFmt":
				own[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
			elif short == "cellXfs":
				inside = True
			elif short == "xf" and inside:
				styles.append(int(attributes.get("numFmtId", "0")))

		def end(name: str) -> None:
			nonlocal inside
			if name.endswith(" cellXfs"):
				inside = False

		self._parse("xl/styles.xml", start, end)
		return tuple(_shows(number, own.get(number)) for number in styles)

	# --- parsing -----------------------------------------------------------------------------------

	def _parse(self, member: str, start: Any, end: Any = None, text: Any = None) -> None:
		if member not in self._archive.NameToInfo:
			raise Unreadable(self.name, template=NO_WORKBOOK)
		with self._archive.open(member) as file:
			for _ in self._feed(file, start, end, text):
				pass

	def _feed(self, file: IO[bytes], start: Any, end: Any, text: Any) -> Iterator[None]:
		"""Parse a member block by block; yields after each block."""
		parser = expat.ParserCreate(namespace_separator=" ")
		parser.buffer_text = True
		parser.StartElementHandler = start
		parser.EndElementHandler = end
		parser.CharacterDataHandler = text

		def refuse(*_: object) -> None:
			raise Unreadable(self.name, template=FORBIDDEN)

		parser.StartDoctypeDeclHandler = refuse
		parser.EntityDeclHandler = refuse
		while block := file.read(_BLOCK):
			parser.Parse(block, False)
			yield
		parser.Parse(b"", True)
		yield

	def _shared(self) -> list[str]:
		"""The texts that cells refer to by number."""
		if self._texts is not None:
			return self._texts
		texts: list[str] = []
		parts: list[str] = []
		phonetic = False
		inside = False

		def start(name: str, attributes: dict[str, str]) -> None:
			nonlocal inside, phonetic
			short = name.rsplit(" ", 1)[-1]
			if short == "t":
				inside = not phonetic
			elif short == "rPh":
				phonetic = True

		def end(name: str) -> None:
			nonlocal inside, phonetic
			short = name.rsplit(" ", 1)[-1]
			if short == "t":
				inside = False
			elif short == "rPh":
				phonetic = False
			elif short == "si":
				texts.append(_unescaped("".join(parts)))
				parts.clear()

		def text(data: str) -> None:
			if inside:
				parts.append(data)

		member = next((m for m in self._targets.values() if m.endswith("sharedStrings.xml")), "")
		if member in self._archive.NameToInfo:
			self._parse(member, start, end, text)
		self._texts = texts
		return texts

	def rows(self, tab: Tab) -> Iterator[tuple[int, list[Any], int]]:
		"""The rows of a sheet that hold something: their number (from 1), the values, and how many cells to the
		right of ``MOST_COLUMNS`` were left out. Raises Unreadable when the sheet is damaged."""
		with self._guarded():
			texts = self._shared()
			reader = _Rows(texts, self._dates, self.from_1904)
			with self._archive.open(tab.member) as file:
				for _ in self._feed(file, reader.start, reader.end, reader.text):
					if reader.ready:
						ready, reader.ready = reader.ready, []
						yield from ready


class _Guard:
	"""Turns what a damaged archive raises into Unreadable."""

	def __init__(self, name: str) -> None:
		self._name = name

	def __enter__(self) -> None:
		return None

	def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
		if isinstance(error, FlowError) or error is None:
			return
		damage = (
			zipfile.BadZipFile,
			zlib.error,
			expat.ExpatError,
			EOFError,
			OSError,
			ValueError,
			LookupError,
			NotImplementedError,
			OverflowError,
			RuntimeError,
		)
		if isinstance(error, damage):
			raise Unreadable(self._name, template=DAMAGED) from error


class _Rows:
	"""Collects the rows of a sheet from its elements."""

	def __init__(self, texts: list[str], dates: tuple[str, ...], from_1904: bool) -> None:
		self.ready: list[tuple[int, list[Any], int]] = []
		self._texts = texts
		self._dates = dates
		self._epoch = datetime(1904, 1, 1) if from_1904 else datetime(1899, 12, 30)
		self._row = 0
		self._values: list[Any] = []
		self._beyond = 0
		self._column = 0
		self._kind = ""
		self._style = 0
		self._formula: list[str] | None = None
		self._value: list[str] | None = None
		self._into: list[str] | None = None
		self._phonetic = False

	def start(self, name: str, attributes: dict[str, str]) -> None:
		short = name[name.rfind(" ") + 1 :]
		if short == "c":
			place = attributes.get("r")
			self._column = _column(place) if place else self._column + 1
			self._kind = attributes.get("t", "n")
			self._style = int(attributes.get("s", "0"))
			self._formula = self._value = self._into = None
		elif short == "v":
			self._into = self._value = []
		elif short == "f":
			self._into = self._formula = []
		elif short == "t" and self._kind == "inlineStr" and not self._phonetic:
			self._value = self._value if self._value is not None else []
			self._into = self._value
		elif short == "rPh":
			self._phonetic = True
		elif short == "row":
			self._row = int(attributes.get("r") or self._row + 1)
			self._values = []
			self._beyond = 0
			self._column = 0

	def text(self, data: str) -> None:
		if self._into is not None:
			self._into.append(data)

	def end(self, name: str) -> None:
		short = name[name.rfind(" ") + 1 :]
		if short == "c":
			self._add()
		elif short == "row":
			if self._values or self._beyond:
				self.ready.append((self._row, self._values, self._beyond))
				self._values = []
		elif short == "rPh":
			self._phonetic = False
		else:
			self._into = None

	def _add(self) -> None:
		value = self._read()
		if value is None:
			return
		if not 0 < self._column <= MOST_COLUMNS:
			self._beyond += 1
			return
		missing = self._column - len(self._values) - 1
		if missing > 0:
			self._values.extend([None] * missing)
			self._values.append(value)
		elif missing == 0:
			self._values.append(value)
		else:
			self._values[self._column - 1] = value

	def _read(self) -> Any:
		if self._value is None or (not self._value and self._kind not in ("str", "inlineStr")):
			if self._formula is not None:
				return Unsaved("".join(self._formula)[:100])
			return None
		text = "".join(self._value)
		kind = self._kind
		if kind == "s":
			return self._texts[int(text)] or None
		if kind in ("str", "inlineStr"):
			return _unescaped(text)[:_MOST_TEXT] or None
		if kind == "b":
			return text.strip() in ("1", "true")
		if kind == "e":
			return Wrong(text[:20])
		if kind == "d":
			try:
				return datetime.fromisoformat(text)
			except ValueError:
				return text
		number = float(text)
		shows = self._dates[self._style] if self._style < len(self._dates) else ""
		if shows:
			return self._date(number, shows)
		if number.is_integer() and abs(number) < 1e15:
			return int(number)
		return number

	def _date(self, number: float, shows: str) -> Any:
		"""A date from Excel's day number. 29 February 1900, which Excel has and no calendar, is no date."""
		try:
			if shows == "t" and 0 <= number < 1:
				return (datetime(2000, 1, 1) + timedelta(milliseconds=round(number * 86_400_000))).time()
			if self._epoch.year == 1899:
				if int(number) == 60:
					return Wrong("1900-02-29")
				if 0 < number < 60:
					number += 1
			if number < 0:
				return Wrong(str(number))
			# Excel keeps days as a float; what it shows is whole milliseconds
			return self._epoch + timedelta(milliseconds=round(number * 86_400_000))
		except OverflowError:
			return Wrong(str(number))


def _column(place: str) -> int:
	"""The number of the column, from 1, of a cell address such as AB12."""
	number = 0
	for c in place:
		if not "A" <= c <= "Z":
			break
		number = number * 26 + ord(c) - 64
	return number


def letter(column: int) -> str:
	"""The letter of a column, from 1."""
	text = ""
	while column > 0:
		column, rest = divmod(column - 1, 26)
		text = chr(65 + rest) + text
	return text


def _shows(number: int, code: str | None) -> str:
	if code is None:
		return "d" if number in _DATE_FORMATS else "t" if number in _TIME_FORMATS else ""
	plain = _QUOTED.sub("", code.split(";", 1)[0]).lower()
	if plain in ("general", "@"):
		return ""
	if (
		any(c in plain for c in "yd年月日")
		or "mmm" in plain
		or ("m" in plain and "h" not in plain and "s" not in plain)
	):
		return "d"
	if any(c in plain for c in "hs时分秒") and not any(c in plain for c in "0#?"):
		return "t"
	if "h" in plain or "ss" in plain:
		return "t"
	return ""


_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def _unescaped(text: str) -> str:
	"""Excel writes control characters as _x000D_."""
	if "_x" not in text:
		return text
	return _ESCAPE.sub(
		lambda m: chr(int(m[1], 16)) if not 0xD800 <= int(m[1], 16) < 0xE000 else "\ufffd", text
	)
