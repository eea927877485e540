"""From the cells of a table to the typed values of a sheet's columns.

Every cell that is wrong is said with its address, what is wrong and how to mend it; reading goes on, so that all
problems are known at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from perf_flow.engine.errors import N_, Words
from perf_flow.replay.columns import (
	NO,
	YES,
	As,
	Column,
	Sheet,
	columns_by_name,
	plain,
	words_of,
)
from perf_flow.replay.moments import (
	WRITE_IT_LIKE,
	BadTime,
	in_utc,
	moment_of,
)
from perf_flow.replay.problems import Place, Problems, short
from perf_flow.replay.tables import Step, Table
from perf_flow.replay.xlsx import MOST_COLUMNS, Unsaved, Wrong, letter

NO_HEADING = N_("No row of the sheet holds the headings of “{0}”: {1}.")
ADD_HEADINGS = N_(
	"Put the headings into one row above the data; “perf-flow template” makes a sheet that has them."
)
NO_COLUMN = N_("The column “{0}” is missing.")
ADD_COLUMN = N_("Add a column with the heading “{0}”: {1}")
TWICE = N_("The column “{0}” is there twice: in {1} and {2}.")
REMOVE_ONE = N_("Remove one of them or give it another heading.")
EMPTY = N_("“{0}” is empty.")
FILL_IN = N_("Fill it in: {0}")
UNSAVED = N_("The formula ={0} has no stored value.")
SAVE_VALUE = N_("Open the file in Excel and save it, or put the value in place of the formula.")
ERROR_VALUE = N_("The cell shows the error {0}.")
NO_ERROR = N_("Mend the formula, or put the value in its place.")
NOT_A_NUMBER = N_("“{0}” is not a number.")
WRITE_NUMBER = N_("Write digits, e.g. 48 or 1.5.")
NEGATIVE = N_("{0} is less than 0.")
NOT_WHOLE = N_("{0} is not a whole number.")
ZERO_OR_MORE = N_("Write 0 or more.")
NOT_A_CHOICE = N_("“{0}” is not possible here.")
CHOOSE = N_("Choose one of: {0}.")
YES_OR_NO = N_("Write Yes or No.")
NUMBER_AS_TIME = N_("{0} is a number, not a time.")
FORMAT_AS_TIME = N_("Give the cell the form of a date and time, or write it like 2026-03-02 09:30.")
TIME_WITHOUT_DAY = N_("“{0}” is a time of day without a day.")
NAMES_ONE = N_("This time names a time zone, unlike those before it (first: {0}).")
NAMES_NONE = N_("This time names no time zone, unlike those before it (first: {0}).")
ONE_WAY = N_(
	"Write all times of the file the same way: all with a zone (2026-03-02T09:30+08:00), or all without."
)
NO_ZONE = N_("The times name no time zone, and none is set.")
SET_ZONE = N_("Set “Time zone” in the sheet Settings, or give --timezone, e.g. --timezone Asia/Shanghai.")
NOT_JSON = N_("The details cannot be read: {0}.")
LEAVE_DETAILS = N_("Leave this column as the export wrote it, or empty.")
BEYOND = N_("{0} cells to the right of column {1} were not read.")
REMOVE_COLUMNS = N_("Delete the columns that do not belong to the table.")
IGNORED = N_("The column “{0}” is not known and was not read.")
IS_IT = N_("If it matters, give it one of these headings: {0}.")
TOO_LONG_TEXT = N_("The text has {0} characters; at most {1} are possible.")
SHORTEN = N_("Shorten it.")

_LONGEST = 32_767
_HEADER_ROWS = 20


@dataclass(slots=True)
class Zones:
	"""How the times of an input are written: all with a zone, or all without; never mixed.

	``otherwise`` is the zone that is taken where none is named or set; empty: that is a problem.
	"""

	timezone: str = ""
	aware: bool | None = None
	otherwise: str = ""
	assumed: bool = False
	first: str = ""
	_told: bool = False
	_told_none: bool = False

	def utc(self, moment: datetime, place: Place, problems: Problems) -> datetime | None:
		"""The instant in UTC; None when it cannot be known, which is said once."""
		aware = moment.tzinfo is not None
		if self.aware is None:
			self.aware = aware
			self.first = str(place)
		elif aware is not self.aware:
			if not self._told:
				self._told = True
				what = NAMES_ONE if aware else NAMES_NONE
				problems.note(place, what, self.first, mend=ONE_WAY)
			return None
		if not aware and not self.timezone and self.otherwise:
			self.timezone, self.assumed = self.otherwise, True
		elif not aware and not self.timezone:
			if not self._told_none:
				self._told_none = True
				problems.note(place, NO_ZONE, mend=SET_ZONE)
			return None
		return in_utc(moment, self.timezone)


@dataclass(frozen=True, slots=True)
class Row:
	"""A row of a sheet: its number from 1, and the values of its columns by their keys; None where empty."""

	number: int
	values: dict[str, Any]
	place: Callable[[str], Place]

	def at(self, key: str = "") -> Place:
		"""Where the cell of a column is, or the row."""
		return self.place(key)


@dataclass(frozen=True, slots=True)
class Header:
	"""Where the columns of a sheet are: row number, and index of each column by its key."""

	row: int
	columns: dict[str, int]
	unknown: tuple[tuple[int, str], ...]
	missing: tuple[Column, ...]
	more: tuple[int, ...] = ()
	"""Where long details go on: a cell holds 32,767 characters."""
	twice: tuple[tuple[Column, int, int], ...] = ()


def header(table: Table, sheet: Sheet) -> Header | None:
	"""The row that holds the sheet's headings: the one of the first rows in which most are found. None when no row
	holds two of them, or one that stands alone."""
	known = columns_by_name(sheet)
	best: tuple[int, int, list[Any]] | None = None
	for number, values, _beyond in islice(table.rows(), _HEADER_ROWS):
		found = len({known[plain(v)].key for v in values if isinstance(v, str) and plain(v) in known})
		if found and (best is None or found > best[0]):
			best = found, number, values
	if best is None or best[0] < min(2, sum(1 for v in best[2] if v is not None)):
		return None
	columns: dict[str, int] = {}
	unknown: list[tuple[int, str]] = []
	twice: list[tuple[Column, int, int]] = []
	more: list[int] = []
	for index, value in enumerate(best[2]):
		if value is None:
			continue
		column = known.get(plain(value)) if isinstance(value, str) else None
		if column is None and isinstance(value, str) and _goes_on(value, known):
			more.append(index)
		elif column is None:
			unknown.append((index, str(value)))
		elif column.key in columns:
			twice.append((column, columns[column.key], index))
		else:
			columns[column.key] = index
	missing = tuple(c for c in sheet.columns if c.required and c.key not in columns)
	return Header(best[1], columns, tuple(unknown), missing, tuple(more), tuple(twice))


def _goes_on(heading: str, known: dict[str, Column]) -> bool:
	"""Whether a heading is “Details 2” and so on."""
	name = plain(heading)
	column = known.get(name.rstrip("0123456789"))
	return column is not None and column.kind is As.JSON and name[-1:].isdigit()


def fits(table: Table, sheet: Sheet) -> bool:
	"""Whether the table has all columns that the sheet must have."""
	found = header(table, sheet)
	return found is not None and not found.missing


class SheetReader:
	"""Reads the rows of one sheet. ``lang`` is that of the headings named in messages."""

	def __init__(
		self, table: Table, sheet: Sheet, problems: Problems, zones: Zones, lang: str = "en"
	) -> None:
		self.table = table
		self.sheet = sheet
		self._problems = problems
		self._zones = zones
		self._lang = lang
		self._header = header(table, sheet)
		self._file = table.path.name

	def place(self, row: int, key: str = "") -> Place:
		"""Where a cell is."""
		index = self._header.columns.get(key) if self._header and key else None
		return Place(self._file, self.table.sheet, row, "" if index is None else letter(index + 1))

	def rows(self, step: Step | None = None) -> Iterator[Row]:
		"""The rows whose cells are all right; what is wrong with the others is noted."""
		found = self._header
		problems, name = self._problems, self.sheet.named(self._lang)
		if found is None:
			if not self.sheet.required and next(self.table.rows(), None) is None:
				return
			wanted = ", ".join(c.named(self._lang) for c in self.sheet.columns if c.required)
			problems.note(Place(self._file, self.table.sheet), NO_HEADING, name, wanted, mend=ADD_HEADINGS)
			return
		for column in found.missing:
			problems.note(
				Place(self._file, self.table.sheet, found.row),
				NO_COLUMN,
				column.named(self._lang),
				mend=ADD_COLUMN,
				with_=(column.named(self._lang), Words((column.help,))),
			)
		for column, first, second in found.twice:
			problems.note(
				Place(self._file, self.table.sheet, found.row, letter(second + 1)),
				TWICE,
				column.named(self._lang),
				letter(first + 1),
				letter(second + 1),
				mend=REMOVE_ONE,
			)
		for index, heading in found.unknown[:20]:
			left = [c.named(self._lang) for c in self.sheet.columns if c.key not in found.columns]
			problems.warn(
				Place(self._file, self.table.sheet, found.row, letter(index + 1)),
				IGNORED,
				heading,
				mend=IS_IT if left else "",
				with_=(", ".join(left[:12]),),
			)
		readers = [
			(column, found.columns.get(column.key, MOST_COLUMNS), self._reader(column))
			for column in self.sheet.columns
		]
		keys = [column.key for column in self.sheet.columns]
		told_beyond = False
		for number, values, beyond in self.table.rows(step):
			if beyond and not told_beyond:
				told_beyond = True
				problems.warn(
					Place(self._file, self.table.sheet, number),
					BEYOND,
					beyond,
					letter(MOST_COLUMNS),
					mend=REMOVE_COLUMNS,
				)
			if number <= found.row:
				continue
			before = problems.errors
			width = len(values)
			row: dict[str, Any] = dict.fromkeys(keys)
			filled, usable = False, True
			for column, index, read in readers:
				value = values[index] if index < width else None
				if found.more and value is not None and column.kind is As.JSON:
					value = "".join(
						[
							str(value),
							*(str(values[i]) for i in found.more if i < width and values[i] is not None),
						]
					)
				if value is not None and value != "":
					filled = True
					try:
						row[column.key] = found_value = read(value, number)
						usable = usable and found_value is not None
					except _BadCell as bad:
						problems.note(
							self.place(number, column.key),
							bad.what,
							*bad.args_,
							mend=bad.mend,
							with_=bad.with_,
						)
				elif column.required and index < MOST_COLUMNS:
					row[column.key] = _MISSING
			if not filled:
				continue
			for column, _index, _read in readers:
				if row[column.key] is _MISSING or (column.required and row[column.key] == ""):
					problems.note(
						self.place(number, column.key),
						EMPTY,
						column.named(self._lang),
						mend=FILL_IN,
						with_=(Words((column.help,)),),
					)
			if usable and problems.errors == before and not found.missing:
				yield Row(number, row, _Places(self, number))

	def _reader(self, column: Column) -> Callable[[Any, int], Any]:
		kind = column.kind
		if kind is As.MOMENT:
			zones, problems = self._zones, self._problems

			def read_moment(value: Any, number: int) -> datetime | None:
				moment = _moment(value)
				try:
					return zones.utc(moment, self.place(number, column.key), problems)
				except BadTime as e:
					raise _BadCell(e.template, *e.args_, mend=WRITE_IT_LIKE) from None

			return read_moment
		if kind in (As.CHOICE, As.CHOICES):
			words = words_of(column.choices)
			wanted = ", ".join(c.named(self._lang) for c in column.choices)

			def read_choice(value: Any, _number: int) -> str:
				text = _text(value)
				found = words.get(plain(text))
				if found is None:
					raise _BadCell(NOT_A_CHOICE, text, mend=CHOOSE, with_=(wanted,))
				return found

			if kind is As.CHOICE:
				return read_choice
			return lambda value, number: tuple(read_choice(part, number) for part in _parts(value))
		return _READERS[kind]


class _Places:
	"""Where the cells of one row are."""

	__slots__ = ("_number", "_reader")

	def __init__(self, reader: SheetReader, number: int) -> None:
		self._reader = reader
		self._number = number

	def __call__(self, key: str) -> Place:
		return self._reader.place(self._number, key)


class _BadCell(Exception):
	def __init__(self, what: str, *args: object, mend: str = "", with_: tuple[object, ...] = ()) -> None:
		super().__init__(what)
		self.what = what
		self.args_ = args
		self.mend = mend
		self.with_ = with_


_MISSING: Any = object()


def _usable(value: Any) -> Any:
	if isinstance(value, Unsaved):
		raise _BadCell(UNSAVED, value.formula, mend=SAVE_VALUE)
	if isinstance(value, Wrong):
		raise _BadCell(ERROR_VALUE, value.text, mend=NO_ERROR)
	return value


def _text(value: Any, _number: int = 0) -> str:
	value = _usable(value)
	if isinstance(value, str):
		text = value.strip()
	elif isinstance(value, bool):
		text = "1" if value else "0"
	elif isinstance(value, float):
		text = repr(value)
	elif isinstance(value, datetime):
		text = value.isoformat(" ") if value.time() != time.min else value.date().isoformat()
	else:
		text = str(value)
	if len(text) > _LONGEST:
		raise _BadCell(TOO_LONG_TEXT, len(text), _LONGEST, mend=SHORTEN)
	return text.replace("\0", "")


def _moment(value: Any) -> datetime:
	value = _usable(value)
	if isinstance(value, time):
		raise _BadCell(TIME_WITHOUT_DAY, value.isoformat(), mend=WRITE_IT_LIKE)
	if isinstance(value, bool | int | float):
		raise _BadCell(NUMBER_AS_TIME, value, mend=FORMAT_AS_TIME)
	try:
		return moment_of(value)
	except BadTime as e:
		raise _BadCell(e.template, *e.args_, mend=WRITE_IT_LIKE) from None


def _day(value: Any, _number: int = 0) -> date:
	return _moment(value).date()


def _number(value: Any, _number: int = 0) -> float:
	value = _usable(value)
	if isinstance(value, bool) or isinstance(value, datetime | time):
		raise _BadCell(NOT_A_NUMBER, value, mend=WRITE_NUMBER)
	try:
		found = float(value if not isinstance(value, str) else value.strip().replace(",", ""))
	except ValueError:
		raise _BadCell(NOT_A_NUMBER, value, mend=WRITE_NUMBER) from None
	if not abs(found) < 1e15:
		raise _BadCell(NOT_A_NUMBER, value, mend=WRITE_NUMBER)
	if found < 0:
		raise _BadCell(NEGATIVE, value, mend=ZERO_OR_MORE)
	return found


def _count(value: Any, _row: int = 0) -> int:
	found = _number(value)
	if not found.is_integer():
		raise _BadCell(NOT_WHOLE, value, mend=WRITE_NUMBER)
	return int(found)


def _yes_no(value: Any, _number: int = 0) -> bool:
	value = _usable(value)
	if isinstance(value, bool):
		return value
	text = _text(value).casefold()
	if text in YES:
		return True
	if text in NO:
		return False
	raise _BadCell(NOT_A_CHOICE, value, mend=YES_OR_NO)


def _parts(value: Any, _number: int = 0) -> tuple[str, ...]:
	text = _text(value)
	if text.startswith('["'):
		# an export writes so what has a comma in it
		try:
			return tuple(str(part) for part in json.loads(text))
		except (ValueError, RecursionError):
			pass
	for separator in "，；、;\n|":
		text = text.replace(separator, ",")
	return tuple(p.strip() for p in text.split(",") if p.strip())


def _json(value: Any, _number: int = 0) -> dict[str, Any]:
	text = str(_usable(value))
	try:
		found = json.loads(text)
	except (ValueError, RecursionError) as e:
		raise _BadCell(NOT_JSON, short(e), mend=LEAVE_DETAILS) from None
	if not isinstance(found, dict):
		raise _BadCell(NOT_JSON, short(text, 20), mend=LEAVE_DETAILS)
	return found


_READERS: dict[As, Callable[[Any, int], Any]] = {
	As.TEXT: _text,
	As.DAY: _day,
	As.NUMBER: _number,
	As.COUNT: _count,
	As.YES_NO: _yes_no,
	As.LIST: _parts,
	As.JSON: _json,
}
