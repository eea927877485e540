"""Workbooks and CSV files as grids of cells, within bounds, without running or following anything in them.

The archive is judged before it is unpacked (``engine/archive.py``), the number of cells before openpyxl makes objects of
them. Whatever cannot be read is refused with what to do. Needs openpyxl, which comes with Frappe, and no site.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from perf_flow.engine import archive, content
from perf_flow.engine.archive import Limits
from perf_flow.engine.errors import N_, EvidenceRefused, InvalidInput
from perf_flow.engine.score_sheet import Cell, Grid, Range

NO_WORKBOOK = N_("This is not an Excel workbook (.xlsx). Save it as one and choose it again.")
OLD_WORKBOOK = N_(
	"This is a workbook of an older kind (.xls or .xlsb). Open it in Excel, choose “Save as” and .xlsx, and choose that file."
)
HAS_PASSWORD = N_("The workbook is protected by a password. Save it without one and choose it again.")
HAS_MACROS = N_("The workbook contains macros. Save it as .xlsx, without macros, and choose that file.")
DAMAGED = N_("The workbook is damaged or was not uploaded to its end. Save it anew and choose it again.")
TOO_LARGE = N_("The file is too large: at most {0} MB, {1} rows, {2} columns and {3} cells are read at once.")
UNKNOWN_TEXT = N_(
	"The text of this file cannot be read. Save it as “CSV UTF-8” or as .xlsx and choose it again."
)
EMPTY = N_("The file is empty.")

_MAIN = "xl/workbook.xml"
_SHEETS = "xl/worksheets/"
_KEEP = (_MAIN, "xl/workbook.bin", _SHEETS, "xl/sharedStrings.xml", "xl/styles.xml")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?")


@dataclass(frozen=True, slots=True)
class Bounds:
	"""How much is read. ``mb`` is the file, ``unpacked_mb`` what is in it, ``cells`` those of all sheets."""

	mb: int = 10
	unpacked_mb: int = 120
	sheets: int = 300
	rows: int = 20_000
	columns: int = 400
	cells: int = 400_000


@dataclass(frozen=True, slots=True)
class Book:
	"""The sheets that can be seen in Excel, and the names of those that are hidden there."""

	grids: tuple[Grid, ...]
	hidden: tuple[str, ...] = ()


def open_book(data: bytes, bounds: Bounds | None = None, with_csv: bool = True) -> Book:
	"""What is in a workbook or, ``with_csv``, in a CSV file. Raises InvalidInput, saying what to do, for anything that is
	none, is locked, or is too large."""
	bounds = bounds or Bounds()
	if not data:
		raise InvalidInput(template=EMPTY)
	if len(data) > bounds.mb * 1_000_000:
		raise _too_large(bounds)
	kind = content.recognise(data).key
	if kind == "locked":
		raise InvalidInput(template=HAS_PASSWORD)
	if kind == "office":
		raise InvalidInput(template=OLD_WORKBOOK)
	if kind == "zip":
		return _workbook(data, bounds)
	if with_csv and kind in ("text", "unknown"):
		return _csv(data, bounds)
	raise InvalidInput(template=NO_WORKBOOK)


def _too_large(bounds: Bounds) -> InvalidInput:
	return InvalidInput(bounds.mb, bounds.rows, bounds.columns, bounds.cells, template=TOO_LARGE)


# --- workbooks ----------------------------------------------------------------------------------------------


def _workbook(data: bytes, bounds: Bounds) -> Book:
	has_formulas = _judge(data, bounds)
	book = _load(data, values=True)
	formulas = _load(data, values=False) if has_formulas else None
	sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
	hidden = tuple(s.title for s in book.worksheets if s.sheet_state != "visible")
	if len(sheets) > bounds.sheets:
		raise _too_large(bounds)
	grids = tuple(_grid(s, formulas[s.title] if formulas else None, bounds) for s in sheets)
	return Book(grids, hidden)


def _judge(data: bytes, bounds: Bounds) -> bool:
	"""Look into the archive before anything is made of it. Returns whether there are formulas."""
	limits = Limits(total_mb=bounds.unpacked_mb, entries=2_000, kept_mb=bounds.unpacked_mb)
	try:
		found = archive.look_into(data, limits, keep=_KEEP)
	except EvidenceRefused as e:
		if e.template in (archive.DAMAGED, archive.UNSAFE_PATH):
			raise InvalidInput(template=DAMAGED) from e
		raise _too_large(bounds) from e
	names = found.names
	if any(n.lower().endswith("vbaproject.bin") for n in names):
		raise InvalidInput(template=HAS_MACROS)
	if "xl/workbook.bin" in names:
		raise InvalidInput(template=OLD_WORKBOOK)
	if _MAIN not in names:
		raise InvalidInput(template=NO_WORKBOOK)
	if any(m.encrypted for m in found.members):
		raise InvalidInput(template=HAS_PASSWORD)
	cells = 0
	formulas = False
	for name, part in found.kept.items():
		if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
			raise InvalidInput(template=DAMAGED)
		if name.startswith(_SHEETS):
			cells += len(re.findall(rb"<(?:\w+:)?c[\s>/]", part))
			formulas = formulas or bool(re.search(rb"<(?:\w+:)?f[\s>/]", part))
			cells += sum(
				_area(ref) for ref in re.findall(rb"mergeCell\s[^>]*?ref\s*=\s*[\"']([^\"']+)", part)
			)
	# openpyxl makes an object of each cell of a merged range
	if cells > bounds.cells:
		raise _too_large(bounds)
	return formulas


def _area(ref: bytes) -> int:
	"""How many cells a merged range covers; of one that cannot be read, none."""
	try:
		left, top, right, bottom = range_boundaries(ref.decode())
	except (ValueError, TypeError, UnicodeDecodeError):
		return 0
	return (right - left + 1) * (bottom - top + 1)


def _load(data: bytes, values: bool) -> Any:
	try:
		return openpyxl.load_workbook(io.BytesIO(data), data_only=values, keep_links=False)
	except (
		zipfile.BadZipFile,
		InvalidFileException,
		LookupError,
		ValueError,
		TypeError,
		AttributeError,
		SyntaxError,
		OverflowError,
	) as e:
		# what openpyxl raises for a workbook that another program wrote wrongly
		raise InvalidInput(template=DAMAGED) from e


def _grid(sheet: Any, formulas: Any, bounds: Bounds) -> Grid:
	"""A sheet by its cells that exist: how far its formats reach costs nothing."""
	cells: dict[tuple[int, int], Cell] = {}
	for (row, column), cell in sheet._cells.items():
		found = _cell(cell, formulas)
		if found is None:
			continue
		if row > bounds.rows or column > bounds.columns:
			raise _too_large(bounds)
		cells[row - 1, column - 1] = found
	bottom = max((row for row, _c in cells), default=-1)
	right = max((column for _r, column in cells), default=-1)
	merged, area = [], 0
	for one in sheet.merged_cells.ranges:
		clipped = Range(
			one.min_row - 1, one.min_col - 1, min(one.max_row - 1, bottom), min(one.max_col - 1, right)
		)
		if clipped.top > clipped.bottom or clipped.left > clipped.right:
			continue
		area += (clipped.bottom - clipped.top + 1) * (clipped.right - clipped.left + 1)
		if area > bounds.cells:
			raise _too_large(bounds)
		merged.append(clipped)
	hidden = frozenset(n - 1 for n, d in sheet.row_dimensions.items() if d.hidden and n - 1 <= bottom)
	return Grid(sheet.title, cells, tuple(merged), hidden)


def _cell(cell: Any, formulas: Any) -> Cell | None:
	value = cell.value
	if cell.data_type == "e":
		return Cell(str(value), trouble="error")
	if value is None or value == "":
		if formulas is None:
			return None
		written = formulas._cells.get((cell.row, cell.column))
		return Cell(None, trouble="formula") if written is not None and written.data_type == "f" else None
	if isinstance(value, (time, timedelta)):
		return Cell(str(value))
	if isinstance(value, (str, bool, date, datetime)):
		return Cell(value)
	return Cell(value, percent="%" in re.sub(r'"[^"]*"|\\.', "", cell.number_format or ""))


# --- text ---------------------------------------------------------------------------------------------------


def _csv(data: bytes, bounds: Bounds) -> Book:
	text = _decoded(data)
	try:
		rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
	except csv.Error as e:
		raise InvalidInput(template=UNKNOWN_TEXT) from e
	cells: dict[tuple[int, int], Cell] = {}
	for number, row in enumerate(rows):
		for column, value in enumerate(row):
			if not value.strip():
				continue
			if number >= bounds.rows or column >= bounds.columns or len(cells) >= bounds.cells:
				raise _too_large(bounds)
			cells[number, column] = Cell(_plain(value.strip()))
	if not cells:
		raise InvalidInput(template=EMPTY)
	return Book((Grid("CSV", cells),))


def _decoded(data: bytes) -> str:
	"""UTF-8, UTF-16 with its mark, or GBK, as Excel in Chinese writes it."""
	if data.startswith((b"\xff\xfe", b"\xfe\xff")):
		encodings: tuple[str, ...] = ("utf-16",)
	else:
		encodings = ("utf-8-sig", "gb18030")
	for encoding in encodings:
		try:
			text = data.decode(encoding)
		except UnicodeDecodeError:
			continue
		if not re.search(r"[\x00-\x08\x0e-\x1f]", text):
			return text
	raise InvalidInput(template=UNKNOWN_TEXT)


def _delimiter(text: str) -> str:
	head = [line for line in text.splitlines() if line.strip()][:20]
	return max(",\t;", key=lambda mark: (sum(line.count(mark) for line in head), mark == ","))


def _plain(value: str) -> str | int | float:
	"""A number where it is written as one; "00123" stays what it is."""
	if not _NUMBER.fullmatch(value):
		return value
	return float(value) if "." in value else int(value)
