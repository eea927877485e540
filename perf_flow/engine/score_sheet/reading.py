"""From tables to entries: row by row, with what is wrong in which cell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from perf_flow.engine.errors import N_, InvalidInput, Words
from perf_flow.engine.evidence import clean_text
from perf_flow.engine.score_sheet import layout
from perf_flow.engine.score_sheet.grid import Cell, Grid
from perf_flow.engine.score_sheet.layout import Known, Table, is_number_of_person, texts
from perf_flow.engine.score_sheet.model import (
	Column,
	Comment,
	Entry,
	Issue,
	Person,
	Reading,
	RowKind,
	Severity,
	SheetReading,
)
from perf_flow.engine.score_sheet.roles import (
	ABOUT_PERSON,
	ATTRIBUTES,
	ITEMS,
	KEYS,
	OWNED,
	Role,
	heading,
	is_department,
	is_note,
	is_total,
	without_numbering,
)
from perf_flow.engine.score_sheet.values import (
	Period,
	Target,
	Weight,
	folded,
	is_nothing,
	read_date,
	read_period,
	read_target,
	read_weight,
	refuse_trouble,
	shown,
)
from perf_flow.engine.score_sheet.weights import Line, resolve

LONGEST_NAME = 140
LONGEST_TEXT = 2000

NOTHING_FOUND = N_(
	"No score sheet was found in this workbook: no row names the columns, such as Name, Dimension, KPI, Weight, Target."
)
NO_TABLE = N_("No table was found on this sheet; it is left out.")
BOTH_WAYS = N_(
	"This sheet can be read by rows or by columns. It is read by rows; change that if people stand side by side."
)
NO_ITEM = N_("This row has values and no sub-dimension. Fill it in, or delete the row.")
UNNAMED_TOTAL = N_("This row has no name and holds the sum of those above: it is left out as a total.")
NO_PERSON = N_("This row has values and no name or employee number. Fill it in, or delete the row.")
STRAY = N_("“{0}” stands alone in its row and fits no column. Put it into its column, or delete it.")
TWICE = N_("“{0}” stands here a second time for {1}; first in {2}.")
TWICE_ALL = N_("“{0}” stands here a second time; first in {1}.")
TOO_LONG = N_("This text has {0} characters; at most {1} are taken. Please shorten it.")
BEGINS_LIKE_FORMULA = N_("This text begins with “{0}”, as a formula does. That sign is left out.")
TEXT_TARGETS = N_("{0} targets are no figures and are kept as text: {1}.")
AS_ABOVE = N_("Empty cells are taken as the one above: {0}.")
LEFT_OUT = N_("Column {0} “{1}” is not known and is left out. Choose what it holds if it matters.")
NO_HEADING = N_("Column {0} has values and no heading. It is left out.")
DOUBLED = N_("Column {0} “{1}” is a second one of its kind and is left out.")
NOT_SURE = N_("Column {0} “{1}” was guessed. Please check what it holds.")
SCORES_STAY = N_("Scores are not taken over: {0} cells. The flow begins with what happens from now on.")
HIDDEN = N_("Row {0} is hidden in the workbook and is read all the same.")
MERGED_WEIGHT = N_("This weight is merged over several sub-dimensions. Write one for each.")
SECTION_TAKEN = N_("“{0}” heads the rows below it and is taken as their {1}.")
NO_ENTRIES = N_("The table has no rows that could be taken over.")


@dataclass(frozen=True, slots=True)
class Choices:
	"""What somebody decided after looking at the guesses. ``columns`` by sheet: column (counted from 0) → its key;
	``flipped`` by sheet: whether people or fields stand side by side; ``left_out`` are sheets that are not read."""

	columns: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
	flipped: Mapping[str, bool] = field(default_factory=dict)
	left_out: frozenset[str] = frozenset()


def read(grids: Sequence[Grid], choices: Choices | None = None, known: Known = frozenset()) -> Reading:
	"""Read a workbook. ``known`` are names and numbers of people, folded: they decide which way a sheet runs, and which
	headings are people, where the words alone do not. Nothing is raised: what is wrong is in ``issues``."""
	choices = choices or Choices()
	reading = Reading()
	lines: list[Line] = []
	by_heads: dict[tuple[tuple[str, ...], ...], Mapping[int, str]] = {}
	for grid in grids:
		sheet = SheetReading(grid.name)
		reading.sheets.append(sheet)
		if grid.name in choices.left_out:
			continue
		if grid.name in choices.flipped:
			sheet.is_flipped = choices.flipped[grid.name]
			turned, both = (grid.flipped() if sheet.is_flipped else grid), False
		else:
			turned, both = layout.direction(grid, known)
			sheet.is_flipped = turned.is_flipped
		chosen = choices.columns.get(grid.name)
		found = list(layout.tables(turned, chosen or {}, known))
		heads = tuple(c.path for table in found[:1] for c in table.columns)
		if chosen:
			by_heads.setdefault(heads, chosen)
		elif heads in by_heads:
			# another sheet with the same headings: what was decided there holds here
			found = list(layout.tables(turned, by_heads[heads], known))
		sheet.tables = len(found)
		if not found:
			reading.issues.append(Issue(Severity.NOTICE, grid.name, "", NO_TABLE))
			continue
		if both:
			reading.issues.append(Issue(Severity.WARNING, grid.name, "", BOTH_WAYS))
		sheet.columns = found[0].columns
		for number, table in enumerate(found):
			reader = _Reader(table, sheet, reading, number, known)
			lines += reader.run()
			sheet.period = sheet.period or table.period
	if not any(sheet.has_table for sheet in reading.sheets):
		reading.issues = [Issue(Severity.ERROR, "", "", NOTHING_FOUND)]
		return reading
	_take(reading, lines)
	return reading


def _take(reading: Reading, lines: list[Line]) -> None:
	"""Lines with their weights made comparable become entries."""
	weights, problems = resolve(lines)
	reading.issues += problems
	first: dict[tuple[object, ...], Line] = {}
	for line, weight in zip(lines, weights, strict=True):
		who = line.person
		key = (
			(folded(who.number) or folded(who.name)) if who else line.sheet,
			folded(line.dimension),
			folded(line.indicator),
			line.period,
		)
		if before := first.get(key):
			args: tuple[object, ...] = (line.indicator, _called(who), before.place)
			template = TWICE
			if who is None:
				template, args = TWICE_ALL, (line.indicator, before.place)
			reading.issues.append(Issue(Severity.ERROR, line.sheet, line.address, template, args))
			continue
		first[key] = line
		reading.entries.append(
			Entry(
				line.sheet,
				line.address,
				line.indicator,
				line.dimension,
				who,
				line.person_address,
				line.department,
				line.position,
				weight,
				line.target,
				line.standard,
				line.source,
				line.due,
				line.period,
			)
		)
	if reading.scores:
		reading.issues.append(Issue(Severity.NOTICE, "", "", SCORES_STAY, (reading.scores,)))


def _called(person: Person | None) -> str:
	return (person.name or person.number) if person else ""


@dataclass(slots=True)
class _Owner:
	"""What stands above columns that belong to it: a sub-dimension with its dimension, or a person."""

	names: tuple[str, ...]
	weights: tuple[Weight | None, ...]
	columns: dict[Role, int] = field(default_factory=dict)
	address: str = ""


@dataclass(slots=True)
class _Before:
	"""What the rows above say, for cells left empty below them."""

	person: Person | None = None
	person_address: str = ""
	department: str = ""
	position: str = ""
	dimension: str = ""
	group: str = ""


class _Reader:
	"""Reads one table."""

	def __init__(
		self, table: Table, sheet: SheetReading, reading: Reading, number: int, known: Known
	) -> None:
		self.table, self.grid, self.sheet, self.reading = table, table.grid, sheet, reading
		self.number, self.known = number, known
		self.lines: list[Line] = []
		self.text_targets: list[str] = []
		self.as_above: list[str] = []
		self.before = _Before()
		self.dimension_weights: dict[tuple[Person | None, str], tuple[Weight, str]] = {}
		self.attributes: dict[Role, dict[int, int]] = {}
		self.bare_sum = Decimal(0)
		self.points: Decimal | None = None
		self.owners = self._owners()

	# --- telling

	def tell(self, severity: Severity, address: str, template: str, *args: object) -> None:
		self.reading.issues.append(Issue(severity, self.grid.name, address, template, args))

	def at(self, row: int, column: int) -> str:
		return self.grid.address(row, column)

	def column_name(self, index: int) -> str:
		return str(index + 1) if self.grid.is_flipped else self.grid.address(0, index).rstrip("0123456789")

	def text(self, row: int, column: int | None, longest: int = LONGEST_NAME) -> str:
		"""The text of a cell, fit to be kept: plain, not too long, no formula."""
		if column is None:
			return ""
		cell = self.grid.cell(row, column)
		try:
			refuse_trouble(cell)
			return self.clean(shown(cell), self.at(row, column), longest)
		except InvalidInput as e:
			self.tell(Severity.ERROR, self.at(row, column), e.template, *e.args_)
			return ""

	def clean(self, text: str, address: str, longest: int = LONGEST_NAME) -> str:
		"""Raises InvalidInput."""
		text = clean_text(text)
		if len(text) > longest:
			raise InvalidInput(len(text), longest, template=TOO_LONG)
		if (text and text[0] in "=+@") or re.match(r"-\s*[^\d\s.]", text):
			self.tell(Severity.WARNING, address, BEGINS_LIKE_FORMULA, text[0])
			text = text.lstrip("=+-@ \t")
		return text

	# --- the table

	def run(self) -> list[Line]:
		for row in self.table.titles:
			self.sheet.rows[row] = RowKind.TITLE
		for row in range(self.table.top, self.table.bottom + 1):
			self.sheet.rows[row] = RowKind.HEADER
		self._take_fields()
		self._tell_columns()
		rows = [row for row in range(self.table.first, self.table.end) if row in self.grid.by_row]
		if not self.table.is_list:
			rows = [row for row in rows if not self._is_attribute(row)]
		for row in rows:
			kind = self._read_row(row)
			self.sheet.rows[row] = kind
			if kind is RowKind.DATA and row in self.grid.hidden_rows:
				self.tell(Severity.WARNING, self.at(row, 0), HIDDEN, self.grid.line(row))
		if self.text_targets:
			shown_ones = ", ".join(self.text_targets[:8]) + (", …" if len(self.text_targets) > 8 else "")
			self.tell(Severity.NOTICE, self.text_targets[0], TEXT_TARGETS, len(self.text_targets), shown_ones)
		if self.as_above:
			few = ", ".join(self.as_above[:8]) + (", …" if len(self.as_above) > 8 else "")
			self.tell(Severity.NOTICE, self.as_above[0], AS_ABOVE, few)
		if not self.lines and not self.reading.errors:
			self.tell(Severity.WARNING, self.at(self.table.bottom, self.table.columns[0].index), NO_ENTRIES)
		for line in self.lines:
			if line.maximum is None and line.is_maximum:
				line.maximum = self.points
			if found := self.dimension_weights.get(
				(line.person, line.dimension)
			) or self.dimension_weights.get((None, line.dimension)):
				line.dimension_weight, line.dimension_address = found
		return self.lines

	def _take_fields(self) -> None:
		fields = self.table.fields
		name, at = fields.get(Role.NAME, ("", ""))
		number, number_at = fields.get(Role.NUMBER, ("", ""))
		try:
			name, number = self.clean(name, at), self.clean(number, number_at)
		except InvalidInput as e:
			self.tell(Severity.ERROR, at or number_at, e.template, *e.args_)
			return
		if name or number:
			self.before.person = _person(name, number)
			self.before.person_address = at or number_at
		self.before.department = fields.get(Role.DEPARTMENT, ("", ""))[0]
		self.before.position = fields.get(Role.POSITION, ("", ""))[0]

	def _tell_columns(self) -> None:
		if self.number and self.table.columns == self.sheet.columns:
			return
		for column in self.table.columns:
			name, text = self.column_name(column.index), " / ".join(column.path)
			at = self.at(self.table.bottom, column.index)
			if column in self.table.doubled or any(c.index == column.index for c in self.table.doubled):
				self.tell(Severity.WARNING, at, DOUBLED, name, text)
			elif column.index in self.table.nameless:
				self.tell(Severity.NOTICE, at, NO_HEADING, name)
			elif column.sure or column.chosen:
				continue
			elif column.role is Role.IGNORE:
				self.tell(Severity.NOTICE, at, LEFT_OUT, name, text)
			else:
				self.tell(Severity.WARNING, at, NOT_SURE, name, text)

	def _owners(self) -> list[_Owner]:
		found: dict[tuple[str, ...], _Owner] = {}
		for column in self.table.owned:
			names = [p for p in column.path if heading(p).role is None] or list(column.path[-1:])
			weights = tuple(heading(p).weight for p in names)
			key = tuple(names)
			if key not in found:
				cleaned = []
				for name in names:
					at = self.at(self.table.bottom, column.index)
					try:
						cleaned.append(self.clean(without_numbering(heading(name).text), at))
					except InvalidInput as e:
						self.tell(Severity.ERROR, at, e.template, *e.args_)
						cleaned.append("")
				found[key] = _Owner(
					tuple(cleaned), weights, {}, self.at(self._row_of(column, names[-1]), column.index)
				)
			found[key].columns.setdefault(column.role, column.index)
		return list(found.values())

	def _row_of(self, column: Column, text: str) -> int:
		rows = range(self.table.bottom, self.table.top - 1, -1)
		return next((r for r in rows if shown(self.grid.cell(r, column.index)) == text), self.table.bottom)

	# --- rows

	def _is_attribute(self, row: int) -> bool:
		"""Rows that say something of the sub-dimensions side by side: 权重 | 30% | 20%."""
		left = min(self.grid.by_row[row])
		role = heading(shown(self.grid.cell(row, left))).role if left not in self._owned_columns() else None
		if role is None and row == self.table.first and self._is_row_of_weights(row):
			role = Role.WEIGHT
		if role not in ATTRIBUTES or role is Role.INDICATOR:
			return False
		self.attributes.setdefault(role, {c: row for c in self.grid.by_row[row] if c != left or not role})
		self.attributes[role].setdefault(-1, row)
		self.sheet.rows[row] = RowKind.ATTRIBUTE
		return True

	def _owned_columns(self) -> set[int]:
		return {c.index for c in self.table.owned}

	def _is_row_of_weights(self, row: int) -> bool:
		cells = self.grid.by_row[row]
		owned = self._owned_columns()
		if not owned or any(c not in owned for c in cells):
			return False
		return all(layout._is_weight(cell) for cell in cells.values())

	def _read_row(self, row: int) -> RowKind:
		words = texts(self.grid, row)
		if self._repeats_heading(row):
			return RowKind.HEADER
		if self._is_total_row(row, words):
			self._take_points(row)
			return RowKind.TOTAL
		if self._is_note_row(row, words):
			return RowKind.NOTE
		if self.table.is_list:
			return self._read_item(row, words)
		return self._read_person_row(row, words)

	def _repeats_heading(self, row: int) -> bool:
		named = [c for c in self.table.columns if c.path and not c.own and c.role is not Role.IGNORE]
		hits = sum(shown(self.grid.cell(row, c.index)) == c.path[-1] for c in named)
		return len(named) > 1 and hits == len(named)

	def _label_columns(self) -> list[int]:
		return [
			c.index
			for c in self.table.columns
			if not c.own and (c.role in KEYS | ITEMS or c.role in (Role.IGNORE, Role.DEPARTMENT))
		]

	def _is_total_row(self, row: int, words: dict[int, str]) -> bool:
		labels = self._label_columns()
		first = min(words)
		for column, text in words.items():
			if (column in labels or column == first) and is_total(text):
				return True
		return False

	def _take_points(self, row: int) -> None:
		"""The sum of all maximum points, where the total says it: it is the whole. A sum of weights is not, as it would
		make any weights right."""
		column = self.table.of(Role.MAXIMUM)
		if column is not None and (weight := self._weight(row, column)):
			self.points = weight.number

	def _is_note_row(self, row: int, words: dict[int, str]) -> bool:
		"""A note or a place for signatures: nothing stands where weights, targets and scores do."""
		if not any(is_note(t) for t in words.values()):
			return False
		measured = {c.index for c in self.table.columns if c.role in (Role.WEIGHT, Role.MAXIMUM, Role.TARGET)}
		return not any(c in measured and not is_note(t) for c, t in words.items())

	def _alone(self, row: int, words: dict[int, str]) -> str | None:
		"""The only text of a row, if it has but one."""
		return next(iter(words.values())) if len(words) == 1 else None

	def _spans(self, row: int, words: dict[int, str]) -> bool:
		area = self.grid.area_of.get((row, min(words)))
		return area is not None and area.right - area.left + 1 >= max(2, round(0.6 * len(self.table.columns)))

	# a row is a sub-dimension

	def _read_item(self, row: int, words: dict[int, str]) -> RowKind:
		at_indicator = self.table.of(Role.INDICATOR)
		at_dimension = self.table.of(Role.DIMENSION)
		text = self._alone(row, words)
		if text is not None:
			if self._spans(row, words) or min(words) not in (at_indicator, *self._key_columns()):
				return self._read_section(row, min(words), text, at_dimension)
		if at_indicator is not None and self.owners and not self._key_columns():
			# 工号 | E001 | E002 under people who stand side by side
			role = heading(shown(self.grid.cell(row, at_indicator))).role
			first = heading(words[min(words)]).role
			for said in (role, first):
				if said in ABOUT_PERSON and said is not Role.PERIOD:
					self.attributes[said] = {c: row for c in self.grid.by_row[row]}
					return RowKind.ATTRIBUTE
		self._take_person(row)
		dimension = self._take_dimension(row, at_dimension)
		indicator = without_numbering(self.text(row, at_indicator))
		if indicator and (group := self._group(row)):
			indicator = f"{group} – {indicator}"[:LONGEST_NAME]
		if not indicator:
			return self._without_item(row, words, dimension)
		if at_indicator is not None and not self._begins_here(row, at_indicator):
			return RowKind.DATA
		self._make_lines(row, dimension, indicator)
		return RowKind.DATA

	def _begins_here(self, row: int, column: int) -> bool:
		"""Whether a cell merged over several rows begins in this one; for each person it begins anew."""
		area = self.grid.area_of.get((row, column))
		if area is None or area.top == row:
			return True
		return any(
			(other := self.grid.area_of.get((row, key))) is None or other.top == row
			for key in self._key_columns()
		)

	def _key_columns(self) -> list[int]:
		return [i for role in (Role.NAME, Role.NUMBER) if (i := self.table.of(role)) is not None]

	def _group(self, row: int) -> str:
		at = self.table.of(Role.GROUP)
		if at is None:
			return ""
		self.before.group = self.text(row, at) or self.before.group
		return self.before.group

	def _take_person(self, row: int) -> None:
		name = self.text(row, self.table.of(Role.NAME))
		number = self.text(row, self.table.of(Role.NUMBER))
		keys = self._key_columns()
		if name or number:
			person = _person(name, number)
			if person != self.before.person:
				self.before = _Before(department=self.before.department, position=self.before.position)
			self.before.person = person
			self.before.person_address = self.at(row, keys[0] if name else keys[-1])
		elif keys and self.before.person is not None and keys[0] not in self.grid.by_row[row]:
			self.as_above.append(self.at(row, keys[0]))
		self.before.department = self.text(row, self.table.of(Role.DEPARTMENT)) or self.before.department
		self.before.position = self.text(row, self.table.of(Role.POSITION)) or self.before.position

	def _take_dimension(self, row: int, column: int | None) -> str:
		if column is None:
			return self.before.dimension
		raw = self.text(row, column)
		said = heading(raw)
		text = without_numbering(said.text) if raw else ""
		if text:
			self.before.dimension = text
			self.before.group = ""
			if said.weight is not None:
				self._note_dimension_weight(text, said.weight, self.at(row, column))
		elif self.before.dimension and column not in self.grid.by_row[row]:
			self.as_above.append(self.at(row, column))
		at_weight = self.table.of(Role.DIMENSION_WEIGHT)
		if at_weight is not None and at_weight in self.grid.by_row[row]:
			if weight := self._weight(row, at_weight):
				self._note_dimension_weight(self.before.dimension, weight, self.at(row, at_weight))
		return self.before.dimension

	def _note_dimension_weight(self, dimension: str, weight: Weight, address: str) -> None:
		key = (self.before.person if self._key_columns() else None, dimension)
		self.dimension_weights.setdefault(key, (weight, address))

	def _without_item(self, row: int, words: dict[int, str], dimension: str) -> RowKind:
		"""A row without a sub-dimension: the row of its dimension, of its person, a forgotten total, or a mistake."""
		values = {c.index for c in self.table.columns if c.role in OWNED or c.own} & set(
			self.grid.by_row[row]
		)
		at_dimension = self.table.of(Role.DIMENSION)
		at_weight = self.table.of(Role.WEIGHT)
		if not values:
			return RowKind.SECTION
		if at_dimension is not None and at_dimension in words and values <= {at_weight}:
			weight = self._weight(row, at_weight)
			if weight is not None:
				self._note_dimension_weight(dimension, weight, self.at(row, at_weight or 0))
			return RowKind.SECTION
		numbers = [c for c in words if isinstance(self.grid.cell(row, c).value, (int, float)) or c in values]
		if set(words) == set(numbers) and at_weight in words:
			weight = self._weight(row, at_weight)
			if weight is not None and weight.number == self.bare_sum and self.bare_sum:
				self.tell(Severity.NOTICE, self.at(row, at_weight or 0), UNNAMED_TOTAL)
				return RowKind.TOTAL
		self.tell(Severity.ERROR, self.at(row, min(words)), NO_ITEM)
		return RowKind.DATA

	def _read_section(self, row: int, column: int, text: str, at_dimension: int | None) -> RowKind:
		"""A text alone in its row heads those below it."""
		try:
			text = self.clean(text, self.at(row, column))
		except InvalidInput as e:
			self.tell(Severity.ERROR, self.at(row, column), e.template, *e.args_)
			return RowKind.SECTION
		said = heading(text)
		plain = without_numbering(said.text)
		spans = self._spans(row, {column: text})
		if column == at_dimension and not spans:
			self._take_dimension(row, at_dimension)
		elif is_department(plain):
			self.before.department = plain
			self.tell(Severity.NOTICE, self.at(row, column), SECTION_TAKEN, plain, Words((_DEPARTMENT_WORD,)))
		elif self.table.is_list and (at_dimension is None or column == at_dimension or spans):
			self.before.dimension = plain
			if said.weight is not None:
				self._note_dimension_weight(plain, said.weight, self.at(row, column))
			self.tell(Severity.NOTICE, self.at(row, column), SECTION_TAKEN, plain, Words((_DIMENSION_WORD,)))
		else:
			self.tell(Severity.ERROR, self.at(row, column), STRAY, text)
		return RowKind.SECTION

	def _make_lines(self, row: int, dimension: str, indicator: str) -> None:
		address = self.at(row, self.table.of(Role.INDICATOR) or 0)
		plain = self._values(
			row, {c.role: c.index for c in self.table.columns if not c.own and c.role in OWNED}
		)
		self._count_scores(row)
		at_weight = self.table.of(Role.WEIGHT)
		if plain.weight is not None and at_weight is not None:
			area = self.grid.area_of.get((row, at_weight))
			at_dimension = self.table.of(Role.DIMENSION)
			of_dimension = self.grid.area_of.get((row, at_dimension)) if at_dimension is not None else None
			if area is not None and area.down:
				if of_dimension and (area.top, area.bottom) == (of_dimension.top, of_dimension.bottom):
					self._note_dimension_weight(dimension, plain.weight, self.at(area.top, at_weight))
				elif area.top == row:
					self.tell(Severity.ERROR, self.at(row, at_weight), MERGED_WEIGHT)
				plain.weight = None
		if plain.weight is not None:
			self.bare_sum += plain.weight.number
		keys = self._key_columns()
		people = [] if keys else self.owners
		if not people:
			if keys and self.before.person is None:
				self.tell(Severity.ERROR, self.at(row, keys[0]), NO_PERSON)
				return
			self._add(
				row, address, dimension, indicator, self.before.person, self.before.person_address, plain
			)
			return
		for owner in people:
			own = self._values(row, owner.columns)
			if own.absent or (Role.WEIGHT in owner.columns and own.weight is None and own.target is None):
				continue
			person = self._person_of(owner)
			self._add(row, address, dimension, indicator, person, owner.address, own.over(plain))
			if own.comment:
				self._comment(own.comment, person, indicator)

	def _person_of(self, owner: _Owner) -> Person:
		"""The person above columns: a name, perhaps with number and department."""
		column = next(iter(owner.columns.values()))
		number = self._attribute_text(Role.NUMBER, column)
		names = [n for n in owner.names if n and not (len(owner.names) > 1 and is_department(n))] or list(
			owner.names
		)
		name = self._attribute_text(Role.NAME, column) or names[0]
		for part in names[1:]:
			if is_number_of_person(part):
				number = number or part
		return _person(name, number)

	def _attribute_text(self, role: Role, column: int) -> str:
		row = self.attributes.get(role, {}).get(column)
		return self.text(row, column) if row is not None else ""

	# a row is a person

	def _read_person_row(self, row: int, words: dict[int, str]) -> RowKind:
		keys = self._key_columns()
		text = self._alone(row, words)
		if text is not None and folded(text) not in self.known:
			if self._spans(row, words) or min(words) not in keys or is_department(text):
				return self._read_section(row, min(words), text, None)
		if not any(c in self.grid.by_row[row] for c in keys):
			filled = [c for c in self.grid.by_row[row] if c in self._owned_columns()]
			if filled:
				self.tell(Severity.ERROR, self.at(row, keys[0]), NO_PERSON)
			return RowKind.DATA if filled else RowKind.NOTE
		self.before.person = None
		self._take_person(row)
		person, at = self.before.person, self.before.person_address
		self._count_scores(row)
		for owner in self.owners:
			own = self._values(row, owner.columns)
			if own.absent or (Role.WEIGHT in owner.columns and own.weight is None and own.target is None):
				continue
			dimension, indicator, values = self._item_of(owner)
			if not indicator:
				continue
			self._add(row, owner.address, dimension, indicator, person, at, own.over(values))
			if own.comment:
				self._comment(own.comment, person, indicator)
		for column in self.table.columns:
			if column.role is Role.COMMENT and not column.own:
				if said := self.text(row, column.index, LONGEST_TEXT):
					self._comment((said, self.at(row, column.index)), person, "")
		return RowKind.DATA

	def _item_of(self, owner: _Owner) -> tuple[str, str, _Values]:
		"""Dimension, sub-dimension and what the heading and the rows under it say of them all."""
		dimension = owner.names[0] if len(owner.names) > 1 else ""
		indicator = owner.names[-1]
		if len(owner.names) > 2:
			indicator = " – ".join(owner.names[1:])[:LONGEST_NAME]
		values = _Values()
		rows: dict[Role, tuple[int, int]] = {}
		for role, places in self.attributes.items():
			for column in sorted(owner.columns.values()):
				if column in places:
					rows[role] = (places[column], column)
					break
		if Role.DIMENSION in rows:
			dimension = without_numbering(self.text(*rows[Role.DIMENSION])) or dimension
		for role, (row, column) in rows.items():
			self._fill(values, role, row, column)
		if values.weight is None and owner.weights[-1] is not None:
			values.weight, values.weight_address = owner.weights[-1], owner.address
		if len(owner.names) > 1 and owner.weights[0] is not None:
			self.dimension_weights.setdefault((None, dimension), (owner.weights[0], owner.address))
		return dimension, indicator, values

	# --- values

	def _values(self, row: int, columns: Mapping[Role, int]) -> _Values:
		values = _Values()
		cells = self.grid.by_row.get(row, {})
		for role, column in columns.items():
			if column not in cells:
				continue
			cell = cells[column]
			if (
				isinstance(cell.value, str)
				and is_nothing(cell.value)
				and role in (Role.SCORE, Role.TARGET, Role.WEIGHT)
			):
				values.absent = values.absent or role is not Role.TARGET or len(columns) == 1
				continue
			self._fill(values, role, row, column)
		return values

	def _fill(self, values: _Values, role: Role, row: int, column: int) -> None:
		at = self.at(row, column)
		if role in (Role.WEIGHT, Role.MAXIMUM):
			if role is Role.MAXIMUM and values.weight is not None and not values.is_maximum:
				return
			if weight := self._weight(row, column):
				values.weight, values.weight_address = weight, at
				values.is_maximum = role is Role.MAXIMUM
		elif role is Role.TARGET:
			values.target = self._target(row, column)
		elif role is Role.STANDARD:
			values.standard = self.text(row, column, LONGEST_TEXT)
		elif role is Role.SOURCE:
			values.source = self.text(row, column)
		elif role is Role.DUE:
			values.due = self._due(row, column)
		elif role is Role.COMMENT:
			if said := self.text(row, column, LONGEST_TEXT):
				values.comment = (said, at)

	def _weight(self, row: int, column: int | None) -> Weight | None:
		if column is None:
			return None
		try:
			return read_weight(self.grid.cell(row, column))
		except InvalidInput as e:
			self.tell_once(Severity.ERROR, self.at(row, column), e.template, *e.args_)
			return None

	def _target(self, row: int, column: int) -> Target | None:
		at = self.at(row, column)
		try:
			target = read_target(self.grid.cell(row, column))
			if target is None:
				return None
			text = clean_text(target.text)
			if len(text) > LONGEST_NAME:
				raise InvalidInput(len(text), LONGEST_NAME, template=TOO_LONG)
			if target.is_figure:
				text = text.lstrip("=＝+ ") if text[0] in "=＝+" else text
			else:
				text = self.clean(text, at)
				if at not in self.text_targets:
					self.text_targets.append(at)
			return Target(text, target.comparison, target.value, target.unit, target.high)
		except InvalidInput as e:
			self.tell_once(Severity.ERROR, at, e.template, *e.args_)
			return None

	def _due(self, row: int, column: int) -> date | None:
		period = self.table.period
		try:
			return read_date(self.grid.cell(row, column), period.end.year if period else None)
		except InvalidInput as e:
			self.tell_once(Severity.ERROR, self.at(row, column), e.template, *e.args_)
			return None

	def tell_once(self, severity: Severity, address: str, template: str, *args: object) -> None:
		issue = Issue(severity, self.grid.name, address, template, args)
		if issue not in self.reading.issues:
			self.reading.issues.append(issue)

	def _count_scores(self, row: int) -> None:
		cells = self.grid.by_row[row]
		for column in self.table.columns:
			if column.role is Role.SCORE and column.index in cells and not _is_empty(cells[column.index]):
				self.reading.scores += 1

	def _comment(self, said: tuple[str, str], person: Person | None, indicator: str) -> None:
		text, address = said
		self.reading.comments.append(Comment(self.grid.name, address, text, person, indicator))

	def _add(
		self,
		row: int,
		address: str,
		dimension: str,
		indicator: str,
		person: Person | None,
		person_address: str,
		values: _Values,
	) -> None:
		self.lines.append(
			Line(
				sheet=self.grid.name,
				table=self.number,
				address=address,
				place=f"{self.grid.name}!{address}",
				dimension=dimension,
				indicator=indicator,
				person=person,
				person_address=person_address,
				department=self.before.department,
				position=self.before.position,
				weight=values.weight,
				weight_address=values.weight_address,
				maximum=self.table.maximum,
				is_maximum=values.is_maximum,
				target=values.target,
				standard=values.standard,
				source=values.source,
				due=values.due,
				period=self._period(row),
			)
		)
		if values.comment and self.table.is_list and not self.owners:
			self._comment(values.comment, person, indicator)

	def _period(self, row: int) -> Period | None:
		at = self.table.of(Role.PERIOD)
		said = shown(self.grid.cell(row, at)) if at is not None else ""
		return (read_period(said) if said else None) or self.table.period


@dataclass(slots=True)
class _Values:
	"""What the cells of one sub-dimension say. ``absent``: a dash says that it is none of this person's."""

	weight: Weight | None = None
	weight_address: str = ""
	is_maximum: bool = False
	target: Target | None = None
	standard: str = ""
	source: str = ""
	due: date | None = None
	comment: tuple[str, str] | None = None
	absent: bool = False

	def over(self, general: _Values) -> _Values:
		"""These values, and the general ones where there are none."""
		own_weight = self.weight is not None
		return _Values(
			self.weight if own_weight else general.weight,
			self.weight_address if own_weight else general.weight_address,
			self.is_maximum if own_weight else general.is_maximum,
			self.target or general.target,
			self.standard or general.standard,
			self.source or general.source,
			self.due or general.due,
			self.comment or general.comment,
		)


_DEPARTMENT_WORD = N_("department")
_DIMENSION_WORD = N_("dimension")
_NAME_AND_NUMBER = re.compile(r"(.+?)\s*[（(\[]\s*([A-Za-z0-9_/-]*\d[A-Za-z0-9_/-]*)\s*[)）\]]")


def _person(name: str, number: str) -> Person:
	if not number and (found := _NAME_AND_NUMBER.fullmatch(name)):
		name, number = found[1], found[2]
	elif not number and (found := re.fullmatch(r"(\D+?)[\s/-]+([A-Za-z]{0,6}-?\d{2,}[\w-]*)", name)):
		name, number = found[1], found[2]
	elif not number and name and re.fullmatch(r"[A-Za-z]{0,6}-?\d{2,}[\w-]*", name):
		name, number = "", name
	return Person(name.strip(), number.strip())


def _is_empty(cell: Cell) -> bool:
	return not cell.trouble and (cell.value is None or not shown(cell) or is_nothing(shown(cell)))


def people(entries: Iterable[Entry]) -> list[Person]:
	"""All people of the entries, each once, in their order."""
	return list(dict.fromkeys(e.person for e in entries if e.person is not None))
