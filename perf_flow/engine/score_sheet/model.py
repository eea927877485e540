"""What was read of a score sheet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum

from perf_flow.engine.score_sheet.roles import Role
from perf_flow.engine.score_sheet.values import Period, Target


class Severity(str, Enum):
	"""How much something matters: an error keeps the sheet from being imported."""

	ERROR = "error"
	WARNING = "warning"
	NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Issue:
	"""Something to look at: an English ``template`` with ``args``, and the ``sheet`` and ``address`` it is about."""

	severity: Severity
	sheet: str
	address: str
	template: str
	args: tuple[object, ...] = ()

	@property
	def message(self) -> str:
		"""The message in English."""
		return self.template.format(*self.args)


@dataclass(frozen=True, slots=True)
class Person:
	"""Whom a row is about, as the sheet says it."""

	name: str = ""
	number: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
	"""One sub-dimension, of one person or (``person`` None) of whoever the sheet is for. ``weight`` is percent of the
	whole, 0–100. ``address`` is the cell of the sub-dimension, ``person_address`` that of the person."""

	sheet: str
	address: str
	indicator: str
	dimension: str = ""
	person: Person | None = None
	person_address: str = ""
	department: str = ""
	position: str = ""
	weight: Decimal | None = None
	target: Target | None = None
	standard: str = ""
	source: str = ""
	due: date | None = None
	period: Period | None = None


@dataclass(frozen=True, slots=True)
class Comment:
	"""What somebody wrote about somebody, ``indicator`` empty where it is about all."""

	sheet: str
	address: str
	text: str
	person: Person | None = None
	indicator: str = ""


class RowKind(str, Enum):
	"""What a line of the sheet is."""

	TITLE = "title"
	HEADER = "header"
	DATA = "data"
	ATTRIBUTE = "attribute"
	SECTION = "section"
	TOTAL = "total"
	NOTE = "note"


@dataclass(frozen=True, slots=True)
class Column:
	"""A column of a table (a row, where people stand in columns): its ``index`` counted from 0, the ``path`` of headings
	above it from the top, its ``role``, whether it belongs to the sub-dimension or person in its heading (``own``), and
	whether that is certain (``sure``) or was chosen by somebody (``chosen``)."""

	index: int
	path: tuple[str, ...]
	role: Role
	own: bool = False
	sure: bool = True
	chosen: bool = False

	@property
	def key(self) -> str:
		"""Role and ownership as one word: "target", "own_target"."""
		return f"own_{self.role.value}" if self.own else self.role.value


@dataclass(slots=True)
class SheetReading:
	"""A sheet: how it was read. ``rows`` says of each line (counted from 0, along the direction of reading) what it is."""

	name: str
	is_flipped: bool = False
	columns: list[Column] = field(default_factory=list)
	rows: dict[int, RowKind] = field(default_factory=dict)
	tables: int = 0
	period: Period | None = None

	@property
	def has_table(self) -> bool:
		"""Whether anything was found on it."""
		return self.tables > 0


@dataclass(slots=True)
class Reading:
	"""A workbook: its sheets, what is on them, and what to look at."""

	sheets: list[SheetReading] = field(default_factory=list)
	entries: list[Entry] = field(default_factory=list)
	comments: list[Comment] = field(default_factory=list)
	issues: list[Issue] = field(default_factory=list)
	scores: int = 0
	"""How many cells hold scores, which are never taken over."""

	@property
	def errors(self) -> list[Issue]:
		"""What keeps it from being imported."""
		return [issue for issue in self.issues if issue.severity is Severity.ERROR]
