"""A score sheet is read the same however it is drawn; what cannot be read is said with its cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.score_sheet import (
	Cell,
	Choices,
	Grid,
	Period,
	Range,
	Reading,
	Role,
	Severity,
	folded,
	letters,
	read,
	read_date,
	read_period,
)
from perf_flow.engine.score_sheet.roles import heading, is_note, is_total, labelled, without_numbering
from perf_flow.engine.score_sheet.values import (
	Scale,
	Weight,
	chinese_number,
	read_target,
	read_weight,
	shown,
	target_in,
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
	"审批及时率",
	"合同签字完成率",
	"Contracts signed",
	"备注完整率",
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


# --- cells --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("value", "percent", "expected"),
	[
		("30%", False, Weight(Decimal(30), Scale.PERCENT)),
		("30％", False, Weight(Decimal(30), Scale.PERCENT)),
		("３０ ％", False, Weight(Decimal(30), Scale.PERCENT)),
		("百分之三十", False, Weight(Decimal(30), Scale.PERCENT)),
		(0.3, True, Weight(Decimal(30), Scale.PERCENT)),
		(0.1 + 0.2, True, Weight(Decimal(30), Scale.PERCENT)),
		("三十", False, Weight(Decimal(30), Scale.BARE)),
		("0.3", False, Weight(Decimal("0.3"), Scale.BARE)),
		(30, False, Weight(Decimal(30), Scale.BARE)),
		("30分", False, Weight(Decimal(30), Scale.POINTS)),
		("30 points", False, Weight(Decimal(30), Scale.POINTS)),
		("", False, None),
		("—", False, None),
		(None, False, None),
	],
)
def test_weights(value: Any, percent: bool, expected: Weight | None) -> None:
	assert read_weight(Cell(value, percent)) == expected


@pytest.mark.parametrize("value", ["heavy", "-5", "1,5", "30 %%", "三三十", "n/m"])
def test_what_is_no_weight(value: str) -> None:
	with pytest.raises(InvalidInput):
		read_weight(Cell(value))


@pytest.mark.parametrize(
	("text", "comparison", "value", "unit"),
	[
		("≥95%", ">=", "95", "%"),
		("＞＝98 %", ">=", "98", "%"),
		(">=98.5％", ">=", "98.5", "%"),
		("不低于95%", ">=", "95", "%"),
		("95%以上", ">=", "95", "%"),
		("at least 95 %", ">=", "95", "%"),
		("500万", "=", "5000000", ""),
		("500万元", "=", "5000000", "元"),
		("1.2亿", "=", "120000000", ""),
		("<=2 次/月", "<=", "2", "次/月"),
		("不超过２次", "<=", "2", "次"),
		("3天内", "<=", "3", "天"),
		("1,200", "=", "1200", ""),
		("１，２００", "=", "1200", ""),
		("＜0.5%", "<", "0.5", "%"),
		("大于10", ">", "10", ""),
		("500千克", "=", "500", "千克"),
		("20 kg", "=", "20", "kg"),
	],
)
def test_targets(text: str, comparison: str, value: str, unit: str) -> None:
	target = target_in(text)
	assert (target.comparison, target.value, target.unit) == (comparison, Decimal(value), unit)
	assert target.text == text


def test_targets_that_are_no_figures() -> None:
	for text in ("按计划完成", "完成3个项目，其中2个验收", "as agreed", "Q3 上线"):
		assert not target_in(text).is_figure
	between = target_in("90-95%")
	assert (between.comparison, between.value, between.high) == ("between", Decimal(90), Decimal(95))
	number = read_target(Cell(0.95, percent=True))
	assert number is not None and (number.value, number.unit, number.text) == (Decimal(95), "%", "95%")
	assert read_target(Cell("/")) is None
	with pytest.raises(InvalidInput, match=r"1\.2"):
		target_in("1,2万")


def test_numerals() -> None:
	for text, expected in (
		("三十", 30),
		("十五", 15),
		("一百零五", 105),
		("二十", 20),
		("两百", 200),
		("一二", 12),
		("百分", None),
		("", None),
		("三三十", None),
	):
		assert chinese_number(text) == expected, text


@given(st.integers(0, 100))
def test_numerals_there_and_back(number: int) -> None:
	cell = draw.weight_cell(number, "chinese")
	assert chinese_number(str(cell.value)) == number


@pytest.mark.parametrize(
	("value", "expected"),
	[
		(datetime(2026, 9, 30), date(2026, 9, 30)),
		(date(2026, 9, 30), date(2026, 9, 30)),
		("2026-09-30", date(2026, 9, 30)),
		("2026/9/30", date(2026, 9, 30)),
		("2026.9.30", date(2026, 9, 30)),
		("2026年9月30日前", date(2026, 9, 30)),
		("2026年9月", date(2026, 9, 30)),
		("9月30日", date(2026, 9, 30)),
		("30/09/2026", date(2026, 9, 30)),
		("09/30/2026", date(2026, 9, 30)),
		("09/09/2026", date(2026, 9, 9)),
		("每月5日", None),
		("季度末", None),
		("", None),
	],
)
def test_dates(value: Any, expected: date | None) -> None:
	assert read_date(Cell(value), 2026) == expected


@pytest.mark.parametrize("value", ["03/04/2026", "2026-13-01", "2026-02-30", "31 of them", "2026年13月"])
def test_what_is_no_single_date(value: str) -> None:
	with pytest.raises(InvalidInput):
		read_date(Cell(value), 2026)
	with pytest.raises(InvalidInput, match="no year"):
		read_date(Cell("9月30日"))


@pytest.mark.parametrize(
	("text", "start", "end"),
	[
		("2026年9月绩效考核表", "2026-09-01", "2026-09-30"),
		("2026年第三季度", "2026-07-01", "2026-09-30"),
		("2026年度3季度", "2026-07-01", "2026-09-30"),
		("2026Q4", "2026-10-01", "2026-12-31"),
		("Performance review Q1 2026", "2026-01-01", "2026-03-31"),
		("2026年上半年", "2026-01-01", "2026-06-30"),
		("H2 2026", "2026-07-01", "2026-12-31"),
		("2026年度绩效", "2026-01-01", "2026-12-31"),
		("September 2026", "2026-09-01", "2026-09-30"),
		("考核期：2026-07-01至2026-08-15", "2026-07-01", "2026-08-15"),
		("2026-09", "2026-09-01", "2026-09-30"),
	],
)
def test_periods(text: str, start: str, end: str) -> None:
	assert read_period(text) == Period(date.fromisoformat(start), date.fromisoformat(end))


def test_what_names_no_period() -> None:
	for text in ("绩效考核表", "Sheet1", "2026年13月", "E2026001x"):
		found = read_period(text)
		assert found is None or text != "绩效考核表"


def test_headings() -> None:
	for text, role in (
		("姓 名", Role.NAME),
		("工号*", Role.NUMBER),
		("Employee ID", Role.NUMBER),
		("权重（%）", Role.WEIGHT),
		("目标值(Q3)", Role.TARGET),
		("本季度目标", Role.TARGET),
		("KPI", Role.INDICATOR),
		("Sub-dimension", Role.INDICATOR),
		("上级评分", Role.SCORE),
		("数据来源", Role.SOURCE),
		("完成时间", Role.DUE),
		("评语", Role.COMMENT),
		("总分", Role.TOTAL),
		("备注", Role.IGNORE),
		("目标达成率", None),
		("评分质量", None),
		("交付及时率", None),
	):
		assert heading(text).role is role, text
	assert heading("交付及时率（30%）").weight == Weight(Decimal(30), Scale.PERCENT)
	assert heading("交付及时率（30%）").text == "交付及时率"
	assert heading("质量 40分").weight == Weight(Decimal(40), Scale.POINTS)
	assert heading("5S（现场）").weight is None
	assert heading("本季度目标").sure is False


def test_totals_and_notes() -> None:
	for text in (
		"合计",
		"合 计",
		"小计：",
		"生产部小计",
		"总分（100分）",
		"平均分",
		"Total",
		"Grand total",
		"Sub-total",
		"Average",
	):
		assert is_total(text), text
	for text in (
		"平均响应时长",
		"总经理",
		"Sales total by region",
		"合计数核对准确率",
		"Average order value",
		"汇总报表及时率",
	):
		assert not is_total(text), text
	for text in ("备注：一式两份", "注1、", "考核人签字：", "Signature: ____", "※ 说明"):
		assert is_note(text), text
	for text in (
		"备注完整率",
		"注重细节",
		"Notebook repairs",
		"审批及时率",
		"合同签字完成率",
		"Contract signed quickly",
		"On date",
	):
		assert not is_note(text), text
	assert without_numbering("一、工作业绩") == "工作业绩"
	assert without_numbering("（二）态度") == "态度"
	assert without_numbering("1. 交付") == without_numbering("1.交付") == "交付"
	assert without_numbering("2.0 升级") == "2.0 升级"
	assert without_numbering("5S 管理") == "5S 管理"


def test_labels_in_title_lines() -> None:
	assert labelled("姓名：张三  工号：E001 部门：生产部") == [
		(Role.NAME, "张三"),
		(Role.NUMBER, "E001"),
		(Role.DEPARTMENT, "生产部"),
	]
	assert labelled("Name: Anna Weber   Employee ID: HR-1") == [
		(Role.NAME, "Anna Weber"),
		(Role.NUMBER, "HR-1"),
	]
	assert labelled("姓名：______") == []
	assert labelled("时间：2026") == []


def test_letters() -> None:
	assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
	"""Whatever stands in a cell: a value or an InvalidInput, nothing else."""
	for reader in (read_weight, read_target, read_date):
		try:
			reader(Cell(text))
		except InvalidInput:
			pass
	heading(text)
	labelled(text)
	is_total(text)
	read_period(text)
	shown(Cell(text))


cells = st.one_of(
	st.sampled_from(
		[
			"姓名",
			"工号",
			"维度",
			"指标",
			"权重",
			"目标",
			"得分",
			"合计",
			"Name",
			"KPI",
			"Weight",
			"张三",
			"30%",
			"≥5",
			"备注：x",
			"2026年",
			"业绩",
		]
	),
	st.integers(-5, 200),
	st.text(max_size=6),
)


@settings(max_examples=300, deadline=None)
@given(
	st.dictionaries(st.tuples(st.integers(0, 9), st.integers(0, 7)), cells, max_size=50),
	st.lists(
		st.tuples(st.integers(0, 9), st.integers(0, 7), st.integers(0, 3), st.integers(0, 3)), max_size=3
	),
)
def test_any_grid_is_read_without_a_crash(
	values: dict[tuple[int, int], Any], merges: list[tuple[int, ...]]
) -> None:
	merged = tuple(Range(r, c, r + h, c + w) for r, c, h, w in merges)
	grid = Grid("S", {place: Cell(v) for place, v in values.items()}, merged)
	for turned in (grid, draw.flipped(grid)):
		reading = read([turned])
		for entry in reading.entries:
			assert entry.indicator
			assert not is_total(entry.indicator)
		for issue in reading.issues:
			assert issue.message


# --- what is said -------------------------------------------------------------------------------------------


def grid(rows: list[list[Any]], name: str = "S", merged: tuple[tuple[int, int, int, int], ...] = ()) -> Grid:
	found = {
		(r, c): value if isinstance(value, Cell) else Cell(value)
		for r, row in enumerate(rows)
		for c, value in enumerate(row)
		if value is not None
	}
	return Grid(name, found, tuple(Range(*m) for m in merged))


HEAD = ["姓名", "维度", "指标", "权重", "目标"]


def said(rows: list[list[Any]], **more: Any) -> list[tuple[str, str, str]]:
	return [(i.severity.value, i.address, i.message) for i in read([grid(rows, **more)]).issues]


@pytest.mark.parametrize(
	("rows", "address", "words"),
	[
		(
			[["张三", "业绩", "交付", "60%", None], ["张三", "业绩", "质量", "30%", None]],
			"D2",
			"add to 90%, not to 100%: D2 60%, D3 30%",
		),
		(
			[["张三", "业绩", "交付", 0.5, None], ["张三", "业绩", "质量", 0.4, None]],
			"D2",
			"add to 0.9, not to 1",
		),
		(
			[["张三", "业绩", "交付", 60, None], ["张三", "业绩", "质量", 50, None]],
			"D2",
			"of 张三 add to 110, not to 100",
		),
		([["张三", "业绩", "交付", "x", None]], "D2", "no weight"),
		([["张三", "业绩", "交付", Cell(None, trouble="formula"), None]], "D2", "Open the workbook in Excel"),
		([["张三", "业绩", "交付", Cell("#REF!", trouble="error"), None]], "D2", "#REF!"),
		([["张三", "业绩", None, "100%", None]], None, ""),
		([[None, "业绩", "交付", "100%", None]], "A2", "no name"),
		(
			[["张三", "业绩", "交付", "50%", None], ["张三", "业绩", "交付", "50%", None]],
			"C3",
			"second time for 张三; first in S!C2",
		),
		([["张三", "业绩", "交付", "100%", "1,5"]], "E2", "without a comma"),
		([["张三", "业绩", "<script>x</script>", "100%", None]], "C2", "HTML"),
	],
)
def test_mistakes_name_their_cell(rows: list[list[Any]], address: str | None, words: str) -> None:
	found = [(at, text) for severity, at, text in said([HEAD, *rows]) if severity == "error"]
	if address is None:
		assert found == [], "a row of the dimension alone"
		return
	assert any(at == address and words in text for at, text in found), found


def test_dimensions_have_weights_of_their_own() -> None:
	head = ["姓名", "维度", "权重", "指标", "权重"]

	def weights(*numbers: Any) -> Reading:
		rows = [
			["张三", "业绩", "60%", "交付", numbers[0]],
			[None, None, None, "质量", numbers[1]],
			[None, "态度", "40%", "协作", numbers[2]],
		]
		return read([grid([head, *rows])])

	for numbers, expected in (
		(("30%", "30%", "40%"), [30, 30, 40]),
		(("50%", "50%", "100%"), [30, 30, 40]),
		((50, 50, 100), [30, 30, 40]),
	):
		reading = weights(*numbers)
		assert not reading.errors and [e.weight for e in reading.entries] == expected
	(wrong,) = weights("30%", "20%", "40%").errors
	assert "“业绩” add to 50%; the dimension has 60%" in wrong.message
	merged = grid(
		[HEAD, ["张三", "业绩", "交付", "100%", None], [None, None, "质量", None, None]],
		merged=((1, 1, 2, 1), (1, 3, 2, 3)),
	)
	reading = read([merged])
	assert not reading.errors and [e.weight for e in reading.entries] == [None, None]
	assert any("taken over without" in i.message for i in reading.issues)


def test_points_of_a_stated_maximum() -> None:
	rows = [["姓名", "指标", "满分"], ["张三", "交付", 70], ["张三", "质量", 50]]
	weights = [e.weight for e in read([grid([["考核表 满分：120"], *rows])]).entries]
	assert [round(w, 4) for w in weights if w is not None] == [Decimal("58.3333"), Decimal("41.6667")]
	assert not read([grid([*rows, ["合计", None, 120]])]).errors
	assert "add to 120" in read([grid(rows)]).errors[0].message


def test_a_sum_of_weights_never_makes_wrong_weights_right() -> None:
	rows = [
		HEAD,
		["张三", "业绩", "交付", 50, None],
		["张三", "业绩", "质量", 40, None],
		["合计", None, None, 90, None],
	]
	assert "add to 90" in read([grid(rows)]).errors[0].message


def test_rows_that_are_no_data() -> None:
	rows = [
		["2026年9月"],
		HEAD,
		["一、工作业绩（60%）"],
		["张三", None, "交付", "60%", None],
		["业绩小计", None, None, "60%", None],
		["二、态度（40%）"],
		["张三", None, "协作", "40%", None],
		HEAD,
		["李四", "业绩", "交付", "100%", None],
		["平均", None, None, None, None],
		["注：最终解释权归人力资源部"],
		["审核人：", None, "日期："],
	]
	reading = read([grid(rows, merged=((2, 0, 2, 4), (5, 0, 5, 4)))])
	assert {(e.person.name if e.person else "", e.indicator) for e in reading.entries} == {
		("张三", "交付"),
		("张三", "协作"),
		("李四", "交付"),
	}
	kinds = {row: kind.value for row, kind in reading.sheets[0].rows.items()}
	assert kinds[4] == kinds[9] == "total" and kinds[10] == kinds[11] == "note" and kinds[7] == "header"


def test_a_person_whom_a_row_does_not_concern() -> None:
	rows = [
		["指标", "权重", "张三", "李四"],
		["交付", "50%", 3, "—"],
		["质量", "50%", None, "/"],
		["协作", "0%", 1, 2],
	]
	people = [(e.person.name, e.indicator) for e in read([grid(rows)]).entries if e.person]
	assert ("张三", "质量") in people and ("李四", "交付") not in people and ("李四", "质量") not in people


def test_what_is_not_known_is_left_out_and_said() -> None:
	rows = [[*HEAD, "协同部门", "目标"], ["张三", "业绩", "交付", "100%", "≥5", "财务部", "x"]]
	messages = [text for _s, _a, text in said(rows)]
	assert any("F “协同部门” is not known" in m for m in messages)
	assert any("G “目标” is a second one" in m for m in messages)


def test_choices_overrule_guesses() -> None:
	rows = [["姓名", "甲", "乙"], ["张三", "≥1", "≥2"], ["李四", "≥3", "≥4"]]
	free = read([grid(rows)])
	assert {c.key for c in free.sheets[0].columns} == {"name", "own_target"}
	chosen = read([grid(rows)], Choices(columns={"S": {1: "department", 2: "own_weight"}}))
	assert [c.key for c in chosen.sheets[0].columns] == ["name", "department", "own_weight"]
	turned = read([grid(rows)], Choices(flipped={"S": True}))
	assert turned.sheets[0].is_flipped
	assert read([grid(rows)], Choices(left_out=frozenset({"S"}))).entries == []
	# what was decided on one sheet holds on others with the same headings
	both = read([grid(rows), grid(rows, name="T")], Choices(columns={"S": {1: "ignore"}}))
	assert {e.indicator for e in both.entries} == {"乙"}


def test_people_known_decide_which_way_a_sheet_runs() -> None:
	rows = [["姓名", "张三", "李四"], ["交付", 1, 2], ["质量", 3, 4]]
	known = frozenset(folded(n) for n in ("张三", "李四"))
	reading = read([grid(rows)], known=known)
	assert reading.sheets[0].is_flipped
	assert {(e.person.name, e.indicator) for e in reading.entries if e.person} == {
		("张三", "交付"),
		("张三", "质量"),
		("李四", "交付"),
		("李四", "质量"),
	}
	assert any(i.severity is Severity.WARNING for i in read([grid(rows)]).issues)


def test_nothing_to_find() -> None:
	(issue,) = read([grid([["hello", "world"], [1, 2]])]).issues
	assert issue.severity is Severity.ERROR and "No score sheet" in issue.message
	assert read([Grid("empty", {})]).errors
	assert read([]).errors


def test_formulas_that_were_typed_as_text_lose_their_sign() -> None:
	rows = [HEAD, ["张三", "业绩", "=1+1", "50%", "=95%"], ["张三", "@业绩", "质量", "50%", "+5"]]
	reading = read([grid(rows)])
	for e in reading.entries:
		for text in (e.dimension, e.indicator, e.target.text if e.target else ""):
			assert text[:1] not in ("=", "@", "+")
	assert [e.target.value for e in reading.entries if e.target] == [Decimal(95), Decimal(5)]


def test_hidden_rows_are_read_and_said() -> None:
	cells_ = grid([HEAD, ["张三", "业绩", "交付", "100%", None]]).cells
	reading = read([Grid("S", cells_, hidden_rows=frozenset({1}))])
	assert len(reading.entries) == 1 and any("hidden" in i.message for i in reading.issues)
