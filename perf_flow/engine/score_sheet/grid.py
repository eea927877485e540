"""Cells of a sheet, as far as a score sheet needs them: values, merged ranges, and which numbers are percentages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

Value = str | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
	"""One cell: its ``value``, whether its format shows it as a percentage, and ``trouble``: "formula" for a formula
	whose result was not saved, "error" for one such as #REF!."""

	value: Value
	percent: bool = False
	trouble: str = ""


@dataclass(frozen=True, slots=True)
class Range:
	"""A merged range, rows and columns counted from 0, both ends included."""

	top: int
	left: int
	bottom: int
	right: int

	@property
	def across(self) -> bool:
		"""Whether it covers several columns."""
		return self.right > self.left

	@property
	def down(self) -> bool:
		"""Whether it covers several rows."""
		return self.bottom > self.top

	def flipped(self) -> Range:
		"""The same range with rows and columns exchanged."""
		return Range(self.left, self.top, self.right, self.bottom)


def letters(column: int) -> str:
	"""The letters of a column counted from 0: A, B, …, Z, AA."""
	text = ""
	column += 1
	while column:
		column, rest = divmod(column - 1, 26)
		text = chr(65 + rest) + text
	return text


EMPTY = Cell(None)


@dataclass(frozen=True)
class Grid:
	"""A sheet: the cells that are not empty by (row, column), counted from 0. ``is_flipped`` says that rows and columns
	were exchanged, so that addresses still are those of the file."""

	name: str
	cells: Mapping[tuple[int, int], Cell]
	merged: tuple[Range, ...] = ()
	hidden_rows: frozenset[int] = frozenset()
	is_flipped: bool = field(default=False)

	@cached_property
	def filled(self) -> dict[tuple[int, int], Cell]:
		"""All cells, those of a merged range with the value of its first one."""
		found = {place: cell for place, cell in self.cells.items() if not _blank(cell)}
		for area in self.merged:
			first = found.get((area.top, area.left))
			if first is None:
				continue
			for row in range(area.top, area.bottom + 1):
				for column in range(area.left, area.right + 1):
					found[row, column] = first
		return found

	@cached_property
	def area_of(self) -> dict[tuple[int, int], Range]:
		"""The merged range that a cell belongs to."""
		return {
			(row, column): area
			for area in self.merged
			for row in range(area.top, area.bottom + 1)
			for column in range(area.left, area.right + 1)
		}

	@cached_property
	def height(self) -> int:
		"""One more than the last row with a value."""
		return max((row for row, _column in self.filled), default=-1) + 1

	@cached_property
	def width(self) -> int:
		"""One more than the last column with a value."""
		return max((column for _row, column in self.filled), default=-1) + 1

	@cached_property
	def by_row(self) -> dict[int, dict[int, Cell]]:
		"""The filled cells of each row by column, in the order of columns."""
		rows: dict[int, dict[int, Cell]] = {}
		for row, column in sorted(self.filled):
			rows.setdefault(row, {})[column] = self.filled[row, column]
		return rows

	@cached_property
	def texts(self) -> dict[int, dict[int, str]]:
		"""Room for what the layout reads of each row, so that it is read once."""
		return {}

	def cell(self, row: int, column: int) -> Cell:
		"""The cell at a place, merged ranges filled."""
		return self.filled.get((row, column), EMPTY)

	def own(self, row: int, column: int) -> bool:
		"""Whether the value at a place stands there itself, not only by a merged range that begins elsewhere."""
		area = self.area_of.get((row, column))
		return area is None or (area.top, area.left) == (row, column)

	def flipped(self) -> Grid:
		"""The same sheet with rows and columns exchanged."""
		return Grid(
			self.name,
			{(column, row): cell for (row, column), cell in self.cells.items()},
			tuple(area.flipped() for area in self.merged),
			frozenset() if not self.is_flipped else self.hidden_rows,
			not self.is_flipped,
		)

	def address(self, row: int, column: int) -> str:
		"""How the file calls a cell: "D5"."""
		if self.is_flipped:
			row, column = column, row
		return f"{letters(column)}{row + 1}"

	def line(self, row: int) -> str:
		"""How the file calls a line of this grid: the number of a row, or the letters of a column."""
		return letters(row) if self.is_flipped else str(row + 1)


def _blank(cell: Cell) -> bool:
	if cell.trouble:
		return False
	return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())
