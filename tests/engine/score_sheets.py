"""Score sheets as people draw them: one model, laid out in many ways, as grids of cells."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from perf_flow.engine.score_sheet import Cell, Grid, Range

Item = tuple[str, str]
"""Dimension and sub-dimension."""


@dataclass(frozen=True)
class Model:
	"""People (name, number), what is assessed, each person's weights in percent, and the target of each item."""

	people: tuple[tuple[str, str], ...]
	items: tuple[Item, ...]
	weights: tuple[tuple[int, ...], ...]
	targets: tuple[str, ...]

	@property
	def is_shared(self) -> bool:
		"""Whether the weights are the same for all."""
		return len(set(self.weights)) == 1

	def rows(self) -> set[tuple[str, str, str, str, Decimal, str]]:
		"""What should be read, whatever the layout."""
		return {
			(name, number, dimension, indicator, Decimal(weight), target)
			for (name, number), weights in zip(self.people, self.weights, strict=True)
			for (dimension, indicator), weight, target in zip(self.items, weights, self.targets, strict=True)
		}


WORDS = {
	"zh": {
		"name": "姓名",
		"number": "工号",
		"dimension": "维度",
		"indicator": "考核指标",
		"weight": "权重",
		"target": "目标值",
		"score": "得分",
		"order": "序号",
		"total": "合计",
		"average": "平均分",
		"note": "备注：本表一式两份。",
		"signed": "考核人签字：",
		"title": "2026年第三季度绩效考核表",
	},
	"en": {
		"name": "Name",
		"number": "Employee ID",
		"dimension": "Dimension",
		"indicator": "KPI",
		"weight": "Weight",
		"target": "Target",
		"score": "Score",
		"order": "No.",
		"total": "Total",
		"average": "Average",
		"note": "Note: two copies.",
		"signed": "Signature:",
		"title": "Performance review, Q3 2026",
	},
}

_ZH = "零一二三四五六七八九"


def weight_cell(percent: int, style: str) -> Cell:
	"""A weight in one of the ways people write it."""
	if style == "format":
		return Cell(percent / 100, percent=True)
	if style == "fraction":
		return Cell(percent / 100)
	if style == "number":
		return Cell(percent)
	if style == "wide":
		return Cell(f"{percent}％".translate(str.maketrans("0123456789", "０１２３４５６７８９")))
	if style == "points":
		return Cell(f"{percent}分")
	if style == "chinese":
		tens, ones = divmod(percent, 10)
		if percent in (0, 100):
			return Cell("一百" if percent else "零")
		text = ("" if tens == 1 else _ZH[tens]) + "十" if tens else ""
		return Cell(text + (_ZH[ones] if ones else ""))
	return Cell(f"{percent}%")


STYLES = ("text", "format", "fraction", "number", "wide", "points", "chinese")


class Sheet:
	"""A grid that is filled row by row."""

	def __init__(self) -> None:
		self.cells: dict[tuple[int, int], Cell] = {}
		self.merged: list[Range] = []
		self.row = 0

	def put(self, row: int, column: int, value: object) -> None:
		if value is not None:
			self.cells[row, column] = value if isinstance(value, Cell) else Cell(value)  # type: ignore[arg-type]

	def line(self, *values: object) -> None:
		for column, value in enumerate(values):
			self.put(self.row, column, value)
		self.row += 1

	def merge(self, top: int, left: int, bottom: int, right: int) -> None:
		if (top, left) != (bottom, right):
			self.merged.append(Range(top, left, bottom, right))

	def grid(self, name: str = "Sheet1") -> Grid:
		return Grid(name, dict(self.cells), tuple(self.merged))


@dataclass(frozen=True)
class Look:
	"""How a sheet is drawn."""

	language: str = "zh"
	style: str = "text"
	fill: str = "merge"
	"""Whether the same name in several rows is merged, left empty, or repeated."""
	order: tuple[int, ...] = ()
	"""Of the columns of a list."""
	decorated: bool = True
	"""Title, empty rows, totals, notes and signatures."""


def _title(sheet: Sheet, look: Look, width: int) -> None:
	if look.decorated:
		sheet.put(sheet.row, 0, WORDS[look.language]["title"])
		sheet.merge(sheet.row, 0, sheet.row, width - 1)
		sheet.row += 2


def _foot(sheet: Sheet, look: Look) -> None:
	if look.decorated:
		sheet.row += 1
		sheet.line(WORDS[look.language]["note"])
		sheet.line(WORDS[look.language]["signed"], None, None, WORDS[look.language]["signed"])


def _runs(values: list[str]) -> list[tuple[int, int]]:
	"""Beginning and end of each run of equal values."""
	runs = []
	for i, value in enumerate(values):
		if i and value == values[i - 1]:
			runs[-1] = (runs[-1][0], i)
		else:
			runs.append((i, i))
	return runs


def as_list(model: Model, look: Look) -> Grid:
	"""One row for each person and sub-dimension."""
	sheet, words = Sheet(), WORDS[look.language]
	fields = ["name", "number", "dimension", "indicator", "weight", "target", "score", "order"]
	order = [fields[i] for i in look.order] if look.order else fields
	_title(sheet, look, len(order))
	sheet.line(*(words[f] for f in order))
	for number, ((name, code), weights) in enumerate(zip(model.people, model.weights, strict=True)):
		first = sheet.row
		for (dimension, indicator), weight, target in zip(model.items, weights, model.targets, strict=True):
			values: dict[str, object] = {
				"name": name,
				"number": code,
				"dimension": dimension,
				"indicator": indicator,
				"weight": weight_cell(weight, look.style),
				"target": target or None,
				"score": 80 + weight % 7,
				"order": sheet.row,
			}
			sheet.line(*(values[f] for f in order))
		runs = {"name": [(0, len(model.items) - 1)], "number": [(0, len(model.items) - 1)]}
		runs["dimension"] = _runs([d for d, _i in model.items])
		for field, found in runs.items():
			column = order.index(field)
			for begin, end in found:
				if look.fill == "repeat" or begin == end:
					continue
				for row in range(first + begin + 1, first + end + 1):
					sheet.cells.pop((row, column), None)
				if look.fill == "merge":
					sheet.merge(first + begin, column, first + end, column)
		if look.decorated:
			total: dict[str, object] = {"name": f"{words['total']}", "weight": weight_cell(100, look.style)}
			total["score"] = 83
			sheet.line(*(total.get(f) for f in order))
			if number % 2:
				sheet.row += 1
	_foot(sheet, look)
	return sheet.grid()


def as_wide(model: Model, look: Look) -> Grid:
	"""One row for each person, the sub-dimensions side by side under their dimensions; weights and targets below the
	heading, for all."""
	assert model.is_shared
	sheet, words = Sheet(), WORDS[look.language]
	width = 2 + len(model.items) + (1 if look.decorated else 0)
	_title(sheet, look, width)
	top = sheet.row
	sheet.line(words["name"], words["number"], *(d for d, _i in model.items))
	sheet.line(None, None, *(i for _d, i in model.items))
	for column in (0, 1):
		sheet.merge(top, column, top + 1, column)
	for begin, end in _runs([d for d, _i in model.items]):
		for column in range(begin + 1, end + 1):
			sheet.cells.pop((top, 2 + column))
		sheet.merge(top, 2 + begin, top, 2 + end)
	if look.decorated:
		sheet.put(top, width - 1, words["total"])
		sheet.merge(top, width - 1, top + 1, width - 1)
	sheet.line(words["weight"], None, *(weight_cell(w, look.style) for w in model.weights[0]))
	if any(model.targets):
		sheet.line(words["target"], None, *(t or None for t in model.targets))
	for name, code in model.people:
		scores = [80 + n for n, _item in enumerate(model.items)]
		sheet.line(name, code, *scores, *([sum(scores)] if look.decorated else []))
	if look.decorated:
		sheet.line(words["average"], None, *([81.5] * len(model.items)), 81.5)
	_foot(sheet, look)
	return sheet.grid()


def as_blocks(model: Model, look: Look) -> Grid:
	"""One row for each person; under each sub-dimension stand its weight, its target and its score."""
	sheet, words = Sheet(), WORDS[look.language]
	_title(sheet, look, 2 + 3 * len(model.items))
	top = sheet.row
	sheet.line(words["name"], words["number"])
	sheet.row += 1
	sheet.line(None, None)
	for column in (0, 1):
		sheet.merge(top, column, top + 2, column)
	for n, (_dimension, indicator) in enumerate(model.items):
		left = 2 + 3 * n
		sheet.put(top + 1, left, indicator)
		sheet.merge(top + 1, left, top + 1, left + 2)
		for offset, word in enumerate(("weight", "target", "score")):
			sheet.put(top + 2, left + offset, words[word])
	for begin, end in _runs([d for d, _i in model.items]):
		sheet.put(top, 2 + 3 * begin, model.items[begin][0])
		sheet.merge(top, 2 + 3 * begin, top, 2 + 3 * end + 2)
	for (name, code), weights in zip(model.people, model.weights, strict=True):
		values: list[object] = []
		for weight, target in zip(weights, model.targets, strict=True):
			values += [weight_cell(weight, look.style), target or None, 88]
		sheet.line(name, code, *values)
	_foot(sheet, look)
	return sheet.grid()


def as_cross(model: Model, look: Look) -> Grid:
	"""One row for each sub-dimension, people side by side; each with weight and score where weights differ."""
	sheet, words = Sheet(), WORDS[look.language]
	own = not model.is_shared
	head = ["dimension", "indicator", "target"] + ([] if own else ["weight"])
	step = 2 if own else 1
	_title(sheet, look, len(head) + step * len(model.people))
	top = sheet.row
	sheet.line(*(words[f] for f in head))
	sheet.row += 1
	for n, (name, code) in enumerate(model.people):
		left = len(head) + step * n
		sheet.put(top, left, f"{name}（{code}）" if own else name)
		sheet.merge(top, left, top, left + step - 1)
		if own:
			sheet.put(top + 1, left, words["weight"])
			sheet.put(top + 1, left + 1, words["score"])
		else:
			sheet.put(top + 1, left, code)
	for column in range(len(head)):
		sheet.merge(top, column, top + 1, column)
	first = sheet.row
	for n, (dimension, indicator) in enumerate(model.items):
		values: list[object] = [dimension, indicator, model.targets[n] or None]
		if not own:
			values.append(weight_cell(model.weights[0][n], look.style))
		for weights in model.weights:
			values += [weight_cell(weights[n], look.style), 77] if own else [77]
		sheet.line(*values)
	for begin, end in _runs([d for d, _i in model.items]):
		if look.fill != "repeat":
			for row in range(first + begin + 1, first + end + 1):
				sheet.cells.pop((row, 0))
			if look.fill == "merge":
				sheet.merge(first + begin, 0, first + end, 0)
	if look.decorated:
		sheet.line(words["total"], None, None, *([] if own else [weight_cell(100, look.style)]))
	_foot(sheet, look)
	return sheet.grid()


def as_sheets(model: Model, look: Look) -> list[Grid]:
	"""One sheet for each person, with whom it is about above the table."""
	return [_of_one(Sheet(), model, n, look).grid(f"Sheet{n}") for n in range(len(model.people))]


def as_stack(model: Model, look: Look) -> Grid:
	"""One table for each person, one below the other."""
	sheet = Sheet()
	for n in range(len(model.people)):
		_of_one(sheet, model, n, look)
		sheet.row += 2
	return sheet.grid()


def _of_one(sheet: Sheet, model: Model, n: int, look: Look) -> Sheet:
	words = WORDS[look.language]
	name, code = model.people[n]
	_title(sheet, look, 5)
	if look.fill == "merge":
		sheet.line(f"{words['name']}：{name}    {words['number']}：{code}")
		sheet.merge(sheet.row - 1, 0, sheet.row - 1, 4)
	else:
		sheet.line(words["name"], name, words["number"], code)
	sheet.line(*(words[f] for f in ("order", "dimension", "indicator", "weight", "target")))
	for number, ((dimension, indicator), weight, target) in enumerate(
		zip(model.items, model.weights[n], model.targets, strict=True), 1
	):
		sheet.line(number, dimension, indicator, weight_cell(weight, look.style), target or None)
	if look.decorated:
		sheet.line(words["total"], None, None, weight_cell(100, look.style))
		sheet.line(words["signed"], None, None, words["signed"])
	return sheet


def flipped(grid: Grid) -> Grid:
	"""The sheet as somebody would have typed it with rows and columns exchanged."""
	turned = grid.flipped()
	return Grid(turned.name, turned.cells, turned.merged)
