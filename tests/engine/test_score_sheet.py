"""A score sheet is read the same however it is drawn; what cannot be read is said with its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine.score_sheet import (
	Grid,
	Reading,
	read,
)
from perf_flow.engine.score_sheet.values import (
	folded,
)
from tests.engine import score_sheets as draw
from tests.engine.score_sheets import Look, Model

PEOPLE = (
	("张三", "E001"),
	("李四", "E002"),
	("欧阳娜娜", "1003"),
	("Anna Weber", "HR-EMP-00004"),
	("O'Neil, Pat", "P77"),
)
DIMENSIONS = ("工作业绩", "工作态度", "能力", "Delivery", "People & culture")
INDICATORS = (
	"交付及时率",
	"质量合格率",
	"客户投诉次数",
	"目标达成率",
	"平均响应时长",
	"协作",
	"On-time delivery",
	"Scrap rate",
	"5S 现场管理",
	"Sales total by region",
	"评分质量",
)
TARGETS = ("", "≥95%", "＞＝98 %", "500万", "<=2 次/月", "1,200", "按计划完成", "3天内", "100%")


@st.composite
def models(draw_: st.DrawFn, shared: bool | None = None, at_least: int = 1) -> Model:
	people = draw_(st.lists(st.sampled_from(PEOPLE), min_size=at_least, max_size=4, unique=True))
	dimensions = draw_(st.lists(st.sampled_from(DIMENSIONS), min_size=1, max_size=3, unique=True))
	names = draw_(st.lists(st.sampled_from(INDICATORS), min_size=2, max_size=7, unique=True))
	of = sorted(
		draw_(st.lists(st.integers(0, len(dimensions) - 1), min_size=len(names), max_size=len(names)))
	)
	items = tuple((dimensions[d], n) for d, n in zip(of, names, strict=True))
	targets = tuple(draw_(st.lists(st.sampled_from(TARGETS), min_size=len(names), max_size=len(names))))

	def weights() -> tuple[int, ...]:
		cuts = sorted(
			draw_(st.lists(st.integers(1, 99), min_size=len(names) - 1, max_size=len(names) - 1, unique=True))
		)
		return tuple(b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True))

	same = draw_(st.booleans()) if shared is None else shared
	first = weights()
	return Model(tuple(people), items, tuple(first if same else weights() for _ in people), targets)


looks = st.builds(
	Look,
	language=st.sampled_from(("zh", "en")),
	style=st.sampled_from(draw.STYLES),
	fill=st.sampled_from(("merge", "blank", "repeat")),
	order=st.permutations(range(8)).map(tuple),
	decorated=st.booleans(),
)


def got(reading: Reading) -> set[tuple[Any, ...]]:
	return {
		(
			e.person.name if e.person else "",
			e.person.number if e.person else "",
			e.dimension,
			e.indicator,
			e.weight,
			e.target.text if e.target else "",
		)
		for e in reading.entries
	}


def check(model: Model, grids: Sequence[Grid], known: bool = False) -> Reading:
	people = frozenset(folded(t) for p in model.people for t in p) if known else frozenset()
	reading = read(grids, known=people)
	assert not reading.errors, [(i.address, i.message) for i in reading.errors]
	assert got(reading) == model.rows()
	assert len(reading.entries) == len(model.rows())
	return reading


COMMON = settings(max_examples=150, deadline=None)


@COMMON
@given(models(), looks)
def test_a_list_is_read_whatever_the_order_of_its_columns(model: Model, look: Look) -> None:
	check(model, [draw.as_list(model, look)])


@COMMON
@given(models(shared=True), looks)
def test_people_in_rows_and_what_is_assessed_side_by_side(model: Model, look: Look) -> None:
	check(model, [draw.as_wide(model, look)])


@COMMON
@given(models(), looks)
def test_a_block_of_columns_for_each_sub_dimension(model: Model, look: Look) -> None:
	check(model, [draw.as_blocks(model, look)])


@COMMON
@given(models(at_least=2), looks)
def test_people_side_by_side(model: Model, look: Look) -> None:
	check(model, [draw.as_cross(model, look)])


@COMMON
@given(models(), looks)
def test_a_sheet_or_a_table_for_each_person(model: Model, look: Look) -> None:
	check(model, draw.as_sheets(model, look))
	check(model, [draw.as_stack(model, look)])


@COMMON
@given(models(shared=True, at_least=2), looks)
def test_a_sheet_that_was_turned_over(model: Model, look: Look) -> None:
	"""With rows and columns exchanged; who the people are decides where words alone do not."""
	check(model, [draw.flipped(draw.as_list(model, look))], known=True)
	check(model, [draw.flipped(draw.as_wide(model, look))], known=True)


@COMMON
@given(models(), looks)
def test_a_list_turned_over_needs_no_knowledge_of_people(model: Model, look: Look) -> None:
	reading = check(model, [draw.flipped(draw.as_list(model, look))])
	assert reading.sheets[0].is_flipped


@settings(max_examples=60, deadline=None)
@given(models(), looks, st.randoms())
def test_the_order_of_rows_does_not_matter(model: Model, look: Look, random: Any) -> None:
	look = Look(look.language, look.style, "repeat", look.order, False)
	grid = draw.as_list(model, look)
	rows = list(range(1, grid.height))
	random.shuffle(rows)
	at = {old: new for new, old in enumerate(rows, 1)}
	moved = {(at.get(row, row), column): cell for (row, column), cell in grid.cells.items()}
	check(model, [Grid("Sheet1", moved)])
