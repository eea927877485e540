"""Where the tables of a sheet are, which way they run, and what each of their columns holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.score_sheet.grid import Cell, Grid
from perf_flow.engine.score_sheet.model import Column
from perf_flow.engine.score_sheet.roles import (
	ABOUT_PERSON,
	ATTRIBUTES,
	ITEMS,
	KEYS,
	OWNED,
	Role,
	heading,
	is_note,
	is_total,
	labelled,
)
from perf_flow.engine.score_sheet.values import (
	Period,
	Scale,
	exact,
	folded,
	read_period,
	read_target,
	read_weight,
	shown,
)

Known = frozenset[str]
"""Names and numbers of people, folded."""

_LOOKED_AT = 60
"""So many cells of a column are looked at to see what it holds."""
_SINGLE = frozenset(Role) - {Role.SCORE, Role.COMMENT, Role.TOTAL, Role.IGNORE}
_TITLE = re.compile(
	r"20\d\d|考核表|评分表|绩效表|评估表|责任书|score ?(?:sheet|card)|review|appraisal|evaluation",
	re.IGNORECASE,
)


@dataclass(slots=True)
class Table:
	"""One table: the rows of its heading (``top`` to ``bottom``), its ``columns``, and its body from ``first`` up to
	``end``. ``fields`` is what the lines above say of the person and the department, with the address."""

	grid: Grid
	top: int
	bottom: int
	end: int
	columns: list[Column] = field(default_factory=list)
	fields: dict[Role, tuple[str, str]] = field(default_factory=dict)
	titles: list[int] = field(default_factory=list)
	period: Period | None = None
	maximum: Decimal | None = None
	doubled: list[Column] = field(default_factory=list)
	nameless: list[int] = field(default_factory=list)

	@property
	def first(self) -> int:
		"""The first row of the body."""
		return self.bottom + 1

	def of(self, role: Role) -> int | None:
		"""The index of the column with this role that belongs to the row itself."""
		return next((c.index for c in self.columns if c.role is role and not c.own), None)

	@property
	def owned(self) -> list[Column]:
		"""The columns that belong to the sub-dimension or person in their heading."""
		return [c for c in self.columns if c.own]

	@property
	def is_list(self) -> bool:
		"""Whether each row is a sub-dimension; else each row is a person."""
		return any(c.role in ITEMS and not c.own for c in self.columns)


def texts(grid: Grid, row: int) -> dict[int, str]:
	"""The texts of a row by column; a merged range counts once, at its first column in this row."""
	if row in grid.texts:
		return grid.texts[row]
	found: dict[int, str] = {}
	for column, cell in grid.by_row.get(row, {}).items():
		area = grid.area_of.get((row, column))
		if area is not None and column != area.left and (row, area.left) in grid.filled:
			continue
		found[column] = shown(cell)
	grid.texts[row] = found
	return found


def _words(grid: Grid, row: int) -> dict[int, str]:
	return {c: t for c, t in texts(grid, row).items() if isinstance(grid.cell(row, c).value, str)}


def _roles(grid: Grid, row: int) -> list[Role]:
	return [role for t in _words(grid, row).values() if (role := heading(t).role) is not None]


def heads_items(grid: Grid, row: int) -> bool:
	"""Whether a row heads a list of sub-dimensions."""
	roles = set(_roles(grid, row))
	words = _words(grid, row)
	if len(words) < 2 or not roles.intersection(ITEMS):
		return False
	if roles.intersection(OWNED - {Role.SCORE}) or len(roles.intersection(ITEMS)) > 1:
		return True
	if Role.INDICATOR not in roles and not (roles & {Role.SCORE}):
		return False
	return len(words) == len(texts(grid, row)) and bool(roles & {Role.SCORE} or _named_beside(grid, row))


def _named_beside(grid: Grid, row: int) -> bool:
	"""Whether beside the word for sub-dimension there stand names of something else."""
	return any(heading(t).role is None for t in _words(grid, row).values())


def heads_people(grid: Grid, row: int) -> bool:
	"""Whether a row heads a list of people."""
	words = _words(grid, row)
	roles = [heading(t).role for t in words.values()]
	if len(words) < 2 or len(words) < len(texts(grid, row)) or not KEYS.intersection(roles):
		return False
	return not is_about(grid, row) or any(role in OWNED for role in roles)


def is_about(grid: Grid, row: int) -> bool:
	"""Whether a row above a table says whom it is about: "姓名：张三", or 姓名 | 张三 | 部门 | 生产部."""
	words = _words(grid, row)
	if any(labelled(t) for t in words.values()):
		return True
	places = list(texts(grid, row).items())
	if len(places) < 2 or len(places) % 2:
		return False
	labels = [heading(t.rstrip(":： ")).role for _c, t in places[::2]]
	values = [heading(t).role for _c, t in places[1::2]]
	if any(role not in ABOUT_PERSON for role in labels) or any(role is not None for role in values):
		return False
	# two cells alone may as well head a list of people with one sub-dimension
	below = texts(grid, row + 1)
	return len(places) > 2 or not below or any(t.endswith((":", "：")) for _c, t in places[::2])


# --- which way, and where -----------------------------------------------------------------------------------


def anchors(grid: Grid) -> list[int]:
	"""The rows that head tables."""
	rows = [row for row in sorted(grid.by_row) if heads_items(grid, row)]
	if not rows:
		rows = [row for row in sorted(grid.by_row) if heads_people(grid, row)]
	return rows


def direction(grid: Grid, known: Known) -> tuple[Grid, bool]:
	"""The grid the way its tables run, and whether both ways explain it equally well."""
	other = grid.flipped()
	here, there = _explained(grid, anchors(grid), known), _explained(other, anchors(other), known)
	return (other, False) if there > here else (grid, here == there and here != (0, 0))


def _explained(grid: Grid, heads: list[int], known: Known) -> tuple[int, int]:
	"""How many known people stand where people should, and how many words of headings stand where headings should."""
	best = (0, 0)
	for anchor in heads[:3]:
		roles = {role for role in _roles(grid, anchor) if role not in (Role.IGNORE, Role.TOTAL)}
		words = _words(grid, anchor)
		count = len(roles)
		keys = [c for c, t in words.items() if heading(t).role in KEYS]
		people = sum(folded(t) in known for t in words.values()) if heads_items(grid, anchor) else 0
		for row in range(anchor + 1, min(anchor + _LOOKED_AT, grid.height)):
			for column in keys:
				people += folded(shown(grid.cell(row, column))) in known
		if not heads_items(grid, anchor):
			near = (row for row in range(max(0, anchor - 2), anchor + 7) if row != anchor)
			labels = {heading(t).role for row in near for c, t in _words(grid, row).items() if c in keys}
			count += len(labels.intersection(ATTRIBUTES))
		best = max(best, (people, count))
	return best


def tables(grid: Grid, chosen: Mapping[int, str], known: Known) -> Iterator[Table]:
	"""The tables of a sheet from top to bottom; ``chosen`` says what somebody decided of its columns."""
	heads: list[tuple[int, int]] = []
	first: tuple[int, int, int] | None = None
	for anchor in anchors(grid):
		if first is not None and _words(grid, anchor) == _words(grid, first[0]):
			top, bottom = _same_extent(grid, anchor, *first)
		else:
			top, bottom = _extent(grid, anchor)
			first = first or (anchor, top, bottom)
		if heads and top <= heads[-1][1]:
			continue
		heads.append((top, bottom))
	repeated: tuple[tuple[str, ...], ...] | None = None
	found: list[Table] = []
	for number, (top, bottom) in enumerate(heads):
		end = heads[number + 1][0] if number + 1 < len(heads) else grid.height
		table = Table(grid, top, bottom, end)
		since = found[-1].first if found else 0
		_read_titles(table, since)
		paths = _paths(table)
		signature = tuple(paths[c] for c in sorted(paths))
		if found and signature == repeated and not table.fields:
			# the same heading again, as at the top of each printed page: the table goes on
			found[-1].end = end
			continue
		if found and not number == 0:
			found[-1].end = min(found[-1].end, table.titles[0] if table.titles else top)
		repeated = signature
		_assign(table, paths, chosen, known)
		found.append(table)
	yield from found


def _extent(grid: Grid, anchor: int) -> tuple[int, int]:
	"""The first and the last row of the heading around ``anchor``."""
	words = _words(grid, anchor)
	keys = [c for c, t in words.items() if heading(t).role in KEYS | ITEMS]
	bottom = max(
		(area.bottom for c in keys if (area := grid.area_of.get((anchor, c))) is not None), default=anchor
	)
	while _goes_on(grid, bottom, bottom + 1, keys):
		bottom += 1
	top = min(
		(area.top for c in words if (area := grid.area_of.get((anchor, c))) is not None), default=anchor
	)
	left, right = min(words), max(grid.by_row.get(anchor, {0: None}))
	while top and _is_above(grid, top - 1, left, right):
		top -= 1
	return top, bottom


def _same_extent(grid: Grid, anchor: int, first: int, top: int, bottom: int) -> tuple[int, int]:
	"""The extent of a heading that repeats the one around ``first``: as far as its rows are the same."""
	above = anchor
	while above - anchor > top - first and _words(grid, above - 1) == _words(
		grid, first - (anchor - above) - 1
	):
		above -= 1
	return above, anchor + bottom - first


def _goes_on(grid: Grid, last: int, row: int, keys: list[int]) -> bool:
	"""Whether ``row`` is one more row of the heading that ended with ``last``."""
	cells = grid.by_row.get(row, {})
	if not cells or any(c in cells for c in keys):
		return False
	if any(not isinstance(cell.value, str) or _is_weight(cell) for cell in cells.values()):
		return False
	for column, cell in cells.items():
		area = grid.area_of.get((last, column))
		if area is not None and area.across and area.bottom == last:
			return True
		if heading(shown(cell)).role in OWNED and grid.cell(last, column).value is not None:
			return True
		if _is_number_of_person(shown(cell)) and grid.cell(last, column).value is not None:
			return True
	return False


def _is_weight(cell: Cell) -> bool:
	try:
		weight = read_weight(cell)
	except InvalidInput:
		return False
	return weight is not None and weight.scale is not Scale.BARE


def _is_above(grid: Grid, row: int, left: int, right: int) -> bool:
	"""Whether a row above the heading groups its columns, and is no title."""
	words = texts(grid, row)
	if not words or is_about(grid, row) or any(not isinstance(grid.cell(row, c).value, str) for c in words):
		return False
	if any(is_note(t) or _is_weight(grid.cell(row, c)) for c, t in words.items()):
		return False
	partial = 0
	for column, text in words.items():
		area = grid.area_of.get((row, column))
		wide = area is not None and area.across
		if area is not None and area.left <= left and area.right >= right and left != right:
			return False
		if len(words) == 1 and _TITLE.search(text):
			return False
		partial += wide and column <= right
	return partial > 0 or (len(words) > 1 and all(c <= right for c in words))


def _read_titles(table: Table, since: int) -> None:
	"""What the lines above a table say, back to ``since``."""
	grid = table.grid
	row = table.top - 1
	rows: list[int] = []
	while row >= since:
		words = texts(grid, row)
		if since and (len(words) > 2 or any(is_total(t) for t in words.values())) and not is_about(grid, row):
			break
		if (
			words
			and since
			and any(isinstance(cell.value, (int, float)) for cell in grid.by_row[row].values())
		):
			break
		if words:
			rows.append(row)
		row -= 1
	for row in reversed(rows):
		words = texts(grid, row)
		if since and any(is_note(t) for t in words.values()) and not is_about(grid, row):
			continue
		table.titles.append(row)
		_read_title(table, row, words)
	if table.period is None:
		table.period = read_period(grid.name)


def _read_title(table: Table, row: int, words: dict[int, str]) -> None:
	grid = table.grid
	places = list(words.items())
	for number, (column, text) in enumerate(places):
		said = labelled(text)
		for role, value in said:
			table.fields.setdefault(role, (value, grid.address(row, column)))
		bare = heading(text.rstrip(":： "))
		if not said and bare.role in ABOUT_PERSON and number + 1 < len(places):
			after, value = places[number + 1]
			if heading(value).role is None and not labelled(value):
				table.fields.setdefault(bare.role, (value, grid.address(row, after)))
		if table.period is None and not is_note(text):
			table.period = read_period(text)
		if found := re.search(
			r"(?:满分|总分|out of|maximum(?: of)?)\s*[:：]?\s*(\d+(?:\.\d+)?)", text, re.IGNORECASE
		):
			table.maximum = Decimal(found[1])


# --- columns ------------------------------------------------------------------------------------------------


def _paths(table: Table) -> dict[int, tuple[str, ...]]:
	"""The headings above each column, from the top, each once."""
	grid = table.grid
	rows = range(table.top, table.bottom + 1)
	used = sorted({c for row in range(table.top, table.end) for c in grid.by_row.get(row, ())})
	bottom_words = {c: shown(grid.cell(table.bottom, c)) for c in used}
	counted = Counter(heading(t).role for t in bottom_words.values() if t)
	carried: dict[int, str] = {}
	paths: dict[int, tuple[str, ...]] = {}
	for column in used:
		path: list[str] = []
		for row in rows:
			text = shown(grid.cell(row, column))
			if text:
				carried[row] = text
			elif row < table.bottom and row in carried and not path:
				role = heading(bottom_words[column]).role if bottom_words[column] else Role.IGNORE
				above_is_name = heading(carried[row]).role is None
				if above_is_name and (role is None or (role in OWNED and counted[role] > 1)):
					text = carried[row]
			if text and (not path or path[-1] != text):
				path.append(text)
		paths[column] = tuple(path)
	return paths


def _assign(table: Table, paths: dict[int, tuple[str, ...]], chosen: Mapping[int, str], known: Known) -> None:
	"""Say of each column what it holds."""
	guessed: dict[int, Column] = {}
	for index, path in paths.items():
		if key := chosen.get(index):
			own = key.startswith("own_")
			guessed[index] = Column(index, path, Role(key.removeprefix("own_")), own, chosen=True)
		elif not path:
			guessed[index] = Column(index, path, Role.IGNORE)
			if not heading_missing_is_harmless(table, index):
				table.nameless.append(index)
		else:
			leaf = heading(path[-1])
			if leaf.role is None and is_total(path[-1]):
				leaf = replace(leaf, role=Role.TOTAL)
			if leaf.role is not None:
				guessed[index] = Column(index, path, leaf.role, sure=leaf.sure)
	_settle_items(guessed)
	has_items = any(c.role in ITEMS and not c.own for c in guessed.values())
	has_people = any(c.role in KEYS and not c.own for c in guessed.values())
	_settle_owned(guessed, has_items, has_people, known)
	unknown = [i for i in sorted(paths) if i not in guessed]
	fallback = _what_unknown_hold(table, unknown, has_items, has_people, known)
	for index in unknown:
		guessed[index] = Column(index, paths[index], *fallback[index])
	_settle_doubles(table, guessed)
	table.columns = [guessed[i] for i in sorted(guessed)]


def heading_missing_is_harmless(table: Table, index: int) -> bool:
	"""Whether a column without a heading has no values either."""
	return not any(index in table.grid.by_row.get(row, ()) for row in range(table.first, table.end))


def _settle_items(columns: dict[int, Column]) -> None:
	"""Of several columns for sub-dimensions, the outer ones are dimensions or explanations."""
	plain = [c for _i, c in sorted(columns.items()) if not c.own and not c.chosen]
	indicators = [c for c in plain if c.role is Role.INDICATOR]
	dimensions = [c for c in columns.values() if c.role is Role.DIMENSION and not c.own]
	if len(indicators) < 2:
		if dimensions and not any(c.role is Role.INDICATOR and not c.own for c in columns.values()):
			people_wide = any(c.role in KEYS for c in columns.values()) and not any(
				c.role in OWNED and not c.own for c in columns.values()
			)
			if not people_wide and not dimensions[-1].chosen:
				columns[dimensions[-1].index] = replace(dimensions[-1], role=Role.INDICATOR)
		return
	first, *others = indicators
	if not dimensions:
		columns[first.index] = replace(first, role=Role.DIMENSION, sure=False)
		first, *others = others
	if others and "三级" in others[0].path[-1]:
		columns[first.index] = replace(first, role=Role.GROUP)
		others = others[1:]
	for other in others:
		columns[other.index] = replace(other, role=Role.STANDARD, sure=False)


def _settle_owned(columns: dict[int, Column], has_items: bool, has_people: bool, known: Known) -> None:
	"""Which of the columns 目标, 权重, 得分 … belong to the name above them."""
	under: dict[int, str] = {}
	for index, column in columns.items():
		names = [p for p in column.path[:-1] if heading(p).role is None]
		if names and column.role in OWNED and not column.chosen:
			under[index] = names[-1]
	owners: dict[Role, set[str]] = {}
	for index, name in under.items():
		owners.setdefault(columns[index].role, set()).add(name)
	repeated = any(len(names) > 1 for names in owners.values())
	for index, name in under.items():
		is_owned = repeated or folded(name) in known or (has_people and not has_items)
		if is_owned and not (has_items and has_people):
			columns[index] = replace(columns[index], own=True)


def _what_unknown_hold(
	table: Table, unknown: list[int], has_items: bool, has_people: bool, known: Known
) -> dict[int, tuple[Role, bool, bool]]:
	"""For columns whose heading is the name of something: role, whether it belongs to that name, whether that is sure."""
	result: dict[int, tuple[Role, bool, bool]] = {}
	if has_items == has_people:
		return {index: (Role.IGNORE, False, False) for index in unknown}
	rows = _rows_with_values(table)
	cells = {index: list(_values(table, index, rows)) for index in unknown}
	kinds = {index: _kind_of(cells[index]) for index in unknown}
	weights = [index for index in unknown if kinds[index] == "percent"]
	all_weights = bool(weights) and _add_up(table, weights, by_row=not has_items)
	for index in unknown:
		kind = kinds[index]
		named = _path_names(table, index)
		is_known = any(folded(part) in known for name in named for part in re.split(r"[\s()（）]+", name))
		if kind == "percent" and all_weights:
			result[index] = (Role.WEIGHT, True, False)
		elif kind == "target":
			result[index] = (Role.TARGET, True, is_known)
		elif kind == "text" and not is_known and not _has_attributes(table, index):
			result[index] = (Role.IGNORE, False, False)
		else:
			# what is nothing but numbers, or is not filled in yet, are scores
			result[index] = (Role.SCORE, True, is_known or kind == "number" or kind == "empty")
	return result


def _path_names(table: Table, index: int) -> list[str]:
	grid = table.grid
	return [shown(grid.cell(row, index)) for row in range(table.top, table.bottom + 1)]


def _rows_with_values(table: Table) -> list[int]:
	"""The rows of the body that are neither totals nor notes, nor say something for all."""
	grid = table.grid
	return [
		row
		for row in range(table.first, table.end)
		if row in grid.by_row
		and not _labels(table, row)
		and not any(is_total(t) or is_note(t) for t in texts(grid, row).values())
	]


def _values(table: Table, index: int, rows: list[int]) -> Iterator[Cell]:
	seen = 0
	for row in rows:
		cells = table.grid.by_row[row]
		if index in cells:
			yield cells[index]
			seen += 1
			if seen >= _LOOKED_AT:
				return


def _labels(table: Table, row: int) -> bool:
	"""Whether a row says something of the columns by a label at its left: 权重 | 30% | 20%."""
	words = _words(table.grid, row)
	return bool(words) and heading(words[min(words)]).role in ATTRIBUTES | ABOUT_PERSON


def _has_attributes(table: Table, index: int) -> bool:
	return any(
		index in table.grid.by_row.get(row, ()) and _labels(table, row)
		for row in range(table.first, table.end)
	)


def _kind_of(cells: list[Cell]) -> str:
	"""What most of the cells are: number, percent, target, text, or none of it: empty."""
	counted: Counter[str] = Counter()
	for cell in cells:
		if cell.trouble:
			counted["number"] += 1
			continue
		if isinstance(cell.value, (int, float, Decimal)) and not isinstance(cell.value, bool):
			counted["percent" if cell.percent else "number"] += 1
			continue
		try:
			target = read_target(cell)
		except InvalidInput:
			target = None
		if target is None:
			continue
		if not target.is_figure:
			counted["text"] += 1
		elif target.comparison != "=":
			counted["target"] += 1
		elif target.unit == "%":
			counted["percent"] += 1
		else:
			counted["target" if target.unit not in ("", "分") else "number"] += 1
	if not counted:
		return "empty"
	if counted["target"] and not counted["text"]:
		return "target"
	return counted.most_common(1)[0][0]


def _add_up(table: Table, columns: list[int], by_row: bool) -> bool:
	"""Whether percentages add up to 100 along every line that has some."""
	grid = table.grid
	rows = [
		row
		for row in range(table.first, table.end)
		if row in grid.by_row
		and not _labels(table, row)
		and not any(is_total(t) for t in texts(grid, row).values())
	][: 4 * _LOOKED_AT]
	lines = (
		[[(row, c) for c in columns] for row in rows] if by_row else [[(r, c) for r in rows] for c in columns]
	)
	seen = False
	for line in lines:
		numbers: list[Decimal] = []
		for place in line:
			cell = grid.cell(*place)
			if isinstance(cell.value, (int, float)) and cell.percent:
				numbers.append(exact(cell.value) * 100)
			elif isinstance(cell.value, str) and _is_weight(cell):
				weight = read_weight(cell)
				if weight is not None:
					numbers.append(weight.number)
		if numbers and abs(sum(numbers, Decimal(-100))) > Decimal("0.5"):
			return False
		seen = seen or bool(numbers)
	return seen


def _settle_doubles(table: Table, columns: dict[int, Column]) -> None:
	"""Two columns for one thing: a weight left of the sub-dimensions is that of the dimension; of others one counts."""
	plain = [c for _i, c in sorted(columns.items()) if not c.own]
	indicator = next((c.index for c in plain if c.role is Role.INDICATOR), None)
	weights = [c for c in plain if c.role is Role.WEIGHT and not c.chosen]
	if len([c for c in plain if c.role is Role.WEIGHT]) > 1 and indicator is not None:
		for column in weights:
			if column.index < indicator and any(c.role is Role.DIMENSION for c in plain):
				columns[column.index] = replace(column, role=Role.DIMENSION_WEIGHT, sure=False)
				break
	seen: dict[Role, Column] = {}
	for column in sorted(columns.values(), key=lambda c: (not c.chosen, not c.sure, c.index)):
		if column.own or column.role not in _SINGLE:
			continue
		if column.role in seen:
			columns[column.index] = replace(column, role=Role.IGNORE, sure=False)
			table.doubled.append(column)
		else:
			seen[column.role] = column


_NUMBER_OF_PERSON = re.compile(r"(?=.*\d{2})[A-Za-z]{0,6}[-_/]?[A-Za-z0-9]*[-_/]?\d[A-Za-z0-9-]*")


def _is_number_of_person(text: str) -> bool:
	"""Whether a text looks like an employee number."""
	return bool(_NUMBER_OF_PERSON.fullmatch(text.strip())) and len(text) <= 24


is_number_of_person = _is_number_of_person
