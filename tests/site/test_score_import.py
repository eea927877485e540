"""A score sheet becomes KRAs, goals, event types and comment templates: shown first, all or nothing, once, and back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import openpyxl
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

import frappe
from frappe.utils import getdate

from perf_flow import custom_fields
from perf_flow.access.people import forget
from perf_flow.api import score_import as api
from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.score_sheet import Cell, read
from perf_flow.flow import score_examples, score_import, templates, workbook
from tests.site import scratch, world

pytestmark = pytest.mark.site

QUARTER = {"start": "2026-07-01", "end": "2026-09-30"}
TITLE = "2026年第三季度绩效考核表"
HEAD = ["姓名", "工号", "维度", "考核指标", "权重", "目标值", "计分标准", "数据来源", "得分", "评语"]


@pytest.fixture
def crew(site: str) -> dict[str, Any]:
	people = world.people()
	forget()
	return people


def book(*sheets: list[list[Any]], names: tuple[str, ...] = ()) -> bytes:
	made = openpyxl.Workbook()
	made.remove(made.active)
	for number, rows in enumerate(sheets):
		sheet = made.create_sheet(names[number] if names else f"Sheet{number + 1}")
		for row in rows:
			sheet.append(row)
	out = io.BytesIO()
	made.save(out)
	return out.getvalue()


def sheet_of(*people: Any, rows: list[list[Any]] | None = None) -> list[list[Any]]:
	"""A list in Chinese: for each person two sub-dimensions, with total and note."""
	lines: list[list[Any]] = [[TITLE], HEAD]
	for person in people:
		lines += [
			[
				person.employee_name,
				person.name,
				"业绩",
				"导入准时率",
				"60%",
				"≥95%",
				"每低 1% 扣 2 分",
				"销售订单",
				93,
				None,
			],
			[
				None,
				None,
				"态度",
				"导入协作",
				"40%",
				None,
				None,
				None,
				88,
				f"{person.employee_name}每周主动同步进度。",
			],
			["合计", None, None, None, "100%", None, None, None, 91, None],
		]
	return [*lines, *(rows or []), ["备注：一式两份"]]


def ask(method: Callable[..., Any], content: bytes, name: str = "考核.xlsx", **kwargs: Any) -> Any:
	"""Call an endpoint with a file, as the browser does."""
	builder = EnvironBuilder(method="POST", data={"file": (io.BytesIO(content), name)})
	frappe.local.request = Request(builder.get_environ())
	try:
		return method(**kwargs)
	finally:
		del frappe.local.request


def preview(content: bytes, **options: Any) -> dict[str, Any]:
	return ask(api.preview, content, options=json.dumps(options))


def take(content: bytes, **options: Any) -> dict[str, Any]:
	seen = preview(content, **options)
	assert seen["errors"] == 0, [i for i in seen["issues"] if i["severity"] == "error"]
	return ask(api.take, content, options=json.dumps(options), seen=seen["seen"])


def errors(answer: dict[str, Any]) -> list[tuple[str, str]]:
	return [(i["address"], i["text"]) for i in answer["issues"] if i["severity"] == "error"]


def goals_of(person: Any) -> list[Any]:
	return frappe.get_all("Goal", filters={"employee": person.name}, fields=["*"], order_by="goal_name")


def counts() -> dict[str, int]:
	return {
		d: frappe.db.count(d)
		for d in (
			"Goal",
			"KRA",
			"Business Event Type",
			"Comment Template",
			"Score Sheet Import",
			"File",
			"Root Cause",
		)
	}


# --- from the sheet to the first board --------------------------------------------------------------------------


def test_an_administrator_imports_everything_at_once(crew: dict[str, Any]) -> None:
	content = book(sheet_of(crew["anna"], crew["max"]))
	before = counts()
	seen = preview(content)
	assert counts() == before, "the preview wrote something"
	assert errors(seen) == []
	assert {p["key"]: (p["found"], p["new"]) for p in seen["parts"]} == {
		"types": (2, 2),
		"kras": (2, 2),
		"goals": (4, 4),
		"comments": (1, 1),
	}
	assert seen["period"] == QUARTER and seen["people"] == 2
	(done,) = [ask(api.take, content, seen=seen["seen"])]
	assert done["state"] == "Imported"
	assert done["made"] == {"types": 2, "kras": 2, "goals": 4, "comments": 1}
	first, second = goals_of(crew["anna"])
	assert (first.goal_name, second.goal_name) == ("导入准时率", "导入协作") or (
		second.goal_name,
		first.goal_name,
	) == ("导入准时率", "导入协作")
	goal = first if first.goal_name == "导入准时率" else second
	assert goal.kra == "导入准时率" and goal.perf_flow_weight == 60 and goal.perf_flow_target == "≥95%"
	assert goal.perf_flow_dimension == "业绩" and goal.perf_flow_source == "销售订单"
	assert (goal.start_date, goal.end_date) == (getdate("2026-07-01"), getdate("2026-09-30"))
	assert goal.company == crew["anna"].company and goal.progress == 0
	assert "每低 1% 扣 2 分" in goal.description
	# scores stay where they were
	assert "93" not in json.dumps(frappe.get_doc("Goal", goal.name).as_dict(), default=str).replace(
		goal.name, ""
	).replace(str(goal.modified), "").replace(str(goal.creation), "")
	# a type on the document that the data source names, from a ready template, switched off
	made = {t: frappe.get_doc("Business Event Type", t) for t in done["event_types"]}
	on_order = next(t for t in made.values() if t.reference_doctype == "Sales Order")
	assert on_order.template and on_order.kra == "导入准时率" and not on_order.enabled
	by_hand = made["导入协作"]
	assert (by_hand.reference_doctype, by_hand.trigger, by_hand.enabled) == ("Goal", "Manual", 0)
	assert by_hand.kra == "导入协作" and by_hand.requirements[0].kind == "Text"
	template = frappe.get_last_doc("Comment Template", {"title": "导入协作"})
	assert template.text == "{employee}每周主动同步进度。" and template.scope == "Own"


def test_a_type_started_by_hand_can_be_switched_on_and_used(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	from perf_flow.api import steps

	take(book(sheet_of(crew["anna"])))
	doc = frappe.get_doc("Business Event Type", "导入协作")
	doc.enabled = 1
	doc.save()
	goal = frappe.db.get_value("Goal", {"employee": crew["anna"].name, "kra": "导入协作"})
	with as_user(crew["anna"].user_id):
		steps.record("导入协作", "Goal", goal)
	(event,) = world.events(frappe.get_doc("Goal", goal), "导入协作")
	assert event.employee == crew["anna"].name
	other = frappe.db.get_value("Goal", {"employee": crew["anna"].name, "kra": "导入准时率"})
	with as_user(crew["anna"].user_id), pytest.raises(frappe.ValidationError):
		steps.record("导入协作", "Goal", other)


def test_the_goal_stands_on_my_flow(crew: dict[str, Any]) -> None:
	from perf_flow.flow.mine import Goals

	take(book(sheet_of(crew["anna"])))
	doc = frappe.get_doc("Business Event Type", "导入协作")
	row = frappe._dict(
		event_type=doc.name, employee=crew["anna"].name, recorded_at=datetime(2026, 8, 1), name="x"
	)
	found = Goals(crew["anna"].user_id, [row]).of(row)
	assert found and found["title"] == "导入协作" and found["personal"]


def test_hr_imports_goals_and_is_told_what_only_administrators_make(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	content = book(sheet_of(crew["anna"]))
	with as_user(crew["hilda"].user_id):
		forget()
		seen = preview(content)
		parts = {p["key"]: (p["allowed"], p["chosen"], bool(p["reason"])) for p in seen["parts"]}
		assert parts["types"] == parts["kras"] == (False, False, True)
		assert parts["goals"] == parts["comments"] == (True, True, False)
		assert any("may not make KRAs" in i["text"] for i in seen["issues"])
		done = ask(api.take, content, seen=seen["seen"])
	assert done["made"] == {"types": 0, "kras": 0, "goals": 2, "comments": 1}
	assert {g.kra for g in goals_of(crew["anna"])} == {None}
	assert not frappe.db.exists("KRA", "导入准时率")


def test_hr_after_an_administrator_gets_goals_with_their_kras(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	content = book(sheet_of(crew["anna"]))
	take(content, parts={"goals": False, "comments": False})
	assert goals_of(crew["anna"]) == []
	with as_user(crew["hilda"].user_id):
		forget()
		take(content)
	assert {g.kra for g in goals_of(crew["anna"])} == {"导入准时率", "导入协作"}


def test_every_example_can_be_imported_as_it_is(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	for language in ("zh", "en"):
		read_: dict[str, set[Any]] = {}
		for key in score_examples.EXAMPLES:
			with as_user(crew["hilda"].user_id):
				forget()
				frappe.local.lang = language
				seen = preview(score_examples.make(key, crew["hilda"].user_id))
			assert errors(seen) == [], (language, key)
			assert (key, seen["people"]) == (key, 3)
			assert {p["key"]: p["found"] for p in seen["parts"]}["goals"] == 12, key
			read_[key] = {(g["employee"], g["goal_name"], g["weight"], g["target"]) for g in seen["goals"]}
		assert len({frozenset(r) for r in read_.values()}) == 1, language
	frappe.local.lang = "en"
	frappe.set_user("Administrator")
	with pytest.raises(InvalidInput):
		score_examples.make("nothing", "Administrator")


def test_the_example_is_a_download(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	with as_user(crew["hilda"].user_id):
		forget()
		api.example("list")
	assert frappe.local.response["filecontent"].startswith(b"PK")


# --- who may ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["anna", "max", "Guest"])
def test_nobody_else_gets_in(crew: dict[str, Any], as_user: Callable[..., Any], who: str) -> None:
	content = book(sheet_of(crew["anna"]))
	done = take(content)
	user = who if who == "Guest" else crew[who].user_id
	with as_user(user):
		forget()
		for attempt in (
			lambda: api.begin(),
			lambda: ask(api.preview, content),
			lambda: ask(api.take, content, seen="x"),
			lambda: api.run(done["name"]),
			lambda: api.undo(done["name"]),
			lambda: api.example("list"),
		):
			with pytest.raises(frappe.PermissionError):
				attempt()
		if who != "Guest":
			assert frappe.get_list("Score Sheet Import", pluck="name") == []
		assert not frappe.has_permission("Score Sheet Import", "read", doc=done["name"])


def test_hr_of_another_company_does_not_know_our_people(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	other = frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": "Import Elsewhere",
			"abbr": "IMPE",
			"default_currency": "CNY",
			"country": "China",
		}
	).insert(ignore_permissions=True)
	helga = world.person("Helga", roles=("HR Manager",), company=other.name, department=None)
	forget()
	content = book(sheet_of(crew["anna"]))
	nobody = frappe._dict(employee_name="Nobody Known", name="NOBODY-1")
	with as_user(helga.user_id):
		forget()
		said = errors(preview(content))
		assert [a for a, _t in said] == ["A3"] and "no people" not in said[0][1]
		# somebody of another company sounds like somebody who does not exist
		unknown = errors(preview(book(sheet_of(nobody))))
		assert unknown[0][1].replace("NOBODY-1", crew["anna"].name) == said[0][1]
		with pytest.raises(frappe.ValidationError, match="errors"):
			ask(api.take, content, seen="x")
		assert preview(book(sheet_of(helga)))["errors"] == 0
	assert goals_of(crew["anna"]) == []


def test_an_import_is_there_for_the_importer_alone(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	with as_user(crew["hilda"].user_id):
		forget()
		done = take(book(sheet_of(crew["anna"])))
		assert frappe.get_list("Score Sheet Import", pluck="name") == [done["name"]]
		kept = frappe.get_doc("File", {"attached_to_doctype": "Score Sheet Import"})
		assert kept.is_private and kept.is_downloadable()
	boris = world.person("Boris", roles=("HR Manager", "System Manager"))
	with as_user(boris.user_id):
		forget()
		assert frappe.get_list("Score Sheet Import", pluck="name") == []
		assert not frappe.get_doc("File", kept.name).is_downloadable()
		assert kept.name not in frappe.get_list("File", pluck="name", limit=0)
		with pytest.raises(frappe.ValidationError, match="not yours"):
			api.run(done["name"])
		with pytest.raises(frappe.ValidationError, match="not yours"):
			api.undo(done["name"])
	with as_user(crew["hilda"].user_id):
		run = frappe.get_doc("Score Sheet Import", done["name"])
		run.state = "Failed"
		with pytest.raises(frappe.PermissionError):
			run.save()
		with pytest.raises(frappe.PermissionError):
			frappe.delete_doc("Score Sheet Import", run.name)


def test_without_permission_on_goals_none_are_made(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	pia = world.person("Pia", roles=("Performance Administrator",))
	frappe.get_doc("User", pia.user_id).remove_roles("Employee")
	content = book(sheet_of(crew["anna"]))
	with as_user(pia.user_id):
		forget()
		seen = preview(content)
		assert {p["key"]: p["allowed"] for p in seen["parts"]} == {
			"types": True,
			"kras": False,
			"goals": False,
			"comments": True,
		}
		done = ask(api.take, content, seen=seen["seen"])
	assert done["made"]["goals"] == 0 and done["made"]["types"] == 2


# --- what is wrong ----------------------------------------------------------------------------------------------


def row(**values: Any) -> list[Any]:
	base = {
		"姓名": "Anna",
		"工号": None,
		"维度": "业绩",
		"考核指标": "导入准时率",
		"权重": "100%",
		"目标值": None,
		"计分标准": None,
		"数据来源": None,
		"得分": None,
		"评语": None,
	}
	return [{**base, **values}[h] for h in HEAD]


@pytest.mark.parametrize(
	("rows", "address", "words"),
	[
		([row(姓名="Nemo")], "A3", "nobody called Nemo"),
		([row(工号="E-NONE")], "A3", "employee number E-NONE"),
		([row(权重="60%"), row(考核指标="协作", 权重="30%")], "E3", "add to 90%"),
		([row(权重="heavy")], "E3", "no weight"),
		([row(权重="-5")], "E3", "below zero"),
		([row(目标值="1,2 万")], "F3", "1.2"),
		([row(), row()], "D4", "second time"),
		([row(考核指标=None, 目标值="≥5")], "A3", "no sub-dimension"),
		([row(考核指标="<b onclick=x>准时</b>")], "D3", "HTML"),
		([row(考核指标="长" * 200)], "D3", "200"),
		([row(评语="{nobody} did")], "J3", "{nobody}"),
		([row(考核指标="=1+cmd|'/c calc'!A1")], None, ""),
	],
)
def test_each_mistake_is_said_with_its_cell(
	crew: dict[str, Any], rows: list[list[Any]], address: str | None, words: str
) -> None:
	content = book([[TITLE], HEAD, *rows])
	seen = preview(content)
	if address is None:
		# openpyxl wrote a formula, whose result is not in the file
		assert "not in the file" in errors(seen)[0][1]
		return
	said = [text for at, text in errors(seen) if at == address]
	assert said and words in said[0], errors(seen)


def test_with_a_mistake_nothing_is_made(crew: dict[str, Any]) -> None:
	content = book(sheet_of(crew["anna"], rows=[row(姓名="Nemo")]))
	seen, before = preview(content), counts()
	with pytest.raises(frappe.ValidationError, match="Nothing was made"):
		ask(api.take, content, seen=seen["seen"])
	assert counts() == before


def test_two_people_of_one_name_need_their_number(crew: dict[str, Any]) -> None:
	twin = world.person("Twin", first_name="Anna")
	twin.first_name = "Anna"
	twin.save()
	said = errors(preview(book([[TITLE], HEAD, row()])))
	assert said[0][0] == "A3" and "2 people called Anna" in said[0][1] and twin.name in said[0][1]
	assert errors(preview(book([[TITLE], HEAD, row(工号=twin.name)]))) == []
	said = errors(preview(book([[TITLE], HEAD, row(姓名="Max", 工号=twin.name)])))
	assert "belongs to Anna" in said[0][1]


def test_people_who_left_get_no_goals(crew: dict[str, Any]) -> None:
	left = world.person("Lena", status="Left", relieving_date="2026-01-31")
	said = errors(preview(book([[TITLE], HEAD, row(姓名=left.employee_name)])))
	assert "is not active" in said[0][1]


def test_without_a_period_it_is_asked_for(crew: dict[str, Any]) -> None:
	content = book([HEAD, row()])
	assert "Choose the period" in errors(preview(content))[0][1]
	done = take(content, period=QUARTER)
	assert done["made"]["goals"] == 1


def test_what_is_decided_in_the_preview_holds(crew: dict[str, Any]) -> None:
	content = book(
		[[TITLE], ["姓名", "项目甲", "项目乙", "随便"], ["Anna", "≥1", "≥2", "x"], ["Max", "≥3", "≥4", "y"]]
	)
	seen = preview(content)
	assert {c["key"] for c in seen["sheets"][0]["columns"]} == {"name", "own_target", "ignore"}
	assert len(seen["goals"]) == 4
	changed = preview(content, columns={"Sheet1": {"2": "ignore", "3": "department"}})
	assert {g["goal_name"] for g in changed["goals"]} == {"项目甲"}
	left = preview(content, left_out=["Sheet1"])
	assert left["size"] == 0
	chosen = preview(content, types={"项目甲": "none"})
	assert {t["kra"]: t["choice"] for t in chosen["types"]} == {"项目甲": "none", "项目乙": "manual"}
	for nonsense in (
		{"columns": {"Sheet1": {"x": "y"}}},
		{"columns": [1]},
		{"period": {"start": "soon"}},
		[],
	):
		with pytest.raises(frappe.ValidationError, match="cannot be read"):
			ask(api.preview, content, options=json.dumps(nonsense) if nonsense else "[1]")


# --- files ------------------------------------------------------------------------------------------------------


def packed(parts: dict[str, bytes]) -> bytes:
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
		for name, data in parts.items():
			z.writestr(name, data)
	return out.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
	with zipfile.ZipFile(io.BytesIO(content)) as z:
		parts = {n: z.read(n) for n in z.namelist()}
	parts[name] = change(parts[name])
	return packed(parts)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PLAIN = [["Name", "KPI", "Weight"], ["Anna", "x", "100%"]]


@pytest.mark.parametrize(
	("content", "words"),
	[
		(b"", "empty"),
		(b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "not an Excel workbook"),
		(OLE + b"\0" * 2000, "older kind"),
		(OLE + "EncryptedPackage".encode("utf-16le") + b"\0" * 2000, "password"),
		(book(PLAIN)[:-200], "damaged|not an Excel"),
		(packed({"word/document.xml": b"<x/>", "[Content_Types].xml": b"<x/>"}), "not an Excel workbook"),
		(packed({"xl/workbook.bin": b"x"}), "older kind"),
		(packed({"xl/workbook.xml": b"<x/>", "xl/vbaProject.bin": b"x"}), "macros"),
		(packed({"xl/workbook.xml": b"nonsense"}), "damaged"),
		(packed({"xl/workbook.xml": b"<x/>", "xl/worksheets/sheet1.xml": b"0" * 200_000_000}), "too large"),
		(
			with_part(book(PLAIN), "xl/workbook.xml", lambda x: b'<!DOCTYPE a [<!ENTITY b "c">]>' + x),
			"damaged",
		),
		(b"Name,KPI\n\xff\xfe\x00\x01,x\n", "cannot be read"),
		(b"x" * 10_000_001, "too large"),
	],
)
def test_files_that_are_none(site: str, content: bytes, words: str) -> None:
	with pytest.raises(InvalidInput, match=words):
		workbook.open_book(content)


def test_bounds_of_sheets(site: str) -> None:
	wide = openpyxl.Workbook()
	wide.active.cell(row=1, column=100_000 % 16_384, value="far")
	out = io.BytesIO()
	wide.save(out)
	with pytest.raises(InvalidInput, match="400 columns"):
		workbook.open_book(out.getvalue())
	# a merged range that reaches far is refused before openpyxl fills it
	far = with_part(
		book(PLAIN),
		"xl/worksheets/sheet1.xml",
		lambda x: x.replace(
			b"</sheetData>", b'</sheetData><mergeCells><mergeCell ref="C1:XFD1048576"/></mergeCells>'
		),
	)
	with pytest.raises(InvalidInput, match="too large"):
		workbook.open_book(far)
	# formats that reach far cost nothing
	tall = openpyxl.Workbook()
	tall.active.append(["Name", "KPI"])
	tall.active.row_dimensions[1_000_000].height = 20
	out = io.BytesIO()
	tall.save(out)
	(grid,) = workbook.open_book(out.getvalue()).grids
	assert (grid.height, grid.width) == (1, 2)
	many = book([[1] * 30 for _ in range(40)])
	with pytest.raises(InvalidInput, match="cells"):
		workbook.open_book(many, workbook.Bounds(cells=1000))


def test_what_a_workbook_holds(site: str) -> None:
	made = openpyxl.Workbook()
	sheet = made.active
	sheet.append(["Name", 0.3, "=1+1", "#REF!"])
	sheet["B1"].number_format = "0.0%"
	sheet["D1"].data_type = "e"
	sheet.merge_cells("A1:A2")
	sheet.row_dimensions[1].hidden = True
	made.create_sheet("hidden").sheet_state = "hidden"
	out = io.BytesIO()
	made.save(out)
	found = workbook.open_book(out.getvalue())
	(grid,) = found.grids
	assert found.hidden == ("hidden",) and grid.hidden_rows == {0}
	assert grid.cells[0, 1] == Cell(0.3, percent=True)
	assert grid.cells[0, 2].trouble == "formula" and grid.cells[0, 3].trouble == "error"


def test_dates_of_1904(site: str) -> None:

	from openpyxl.utils.datetime import CALENDAR_MAC_1904

	made = openpyxl.Workbook()
	made.epoch = CALENDAR_MAC_1904
	made.active["A1"] = datetime(2026, 9, 30)
	out = io.BytesIO()
	made.save(out)
	assert workbook.open_book(out.getvalue()).grids[0].cells[0, 0].value == datetime(2026, 9, 30)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_in_each_way_excel_writes_it(site: str, encoding: str, mark: str) -> None:
	text = "\r\n".join(
		mark.join(r)
		for r in (
			["姓名", "工号", "指标", "权重"],
			["张三", "00123", "交付", "0.4"],
			["张三", "00123", "质量", "0.6"],
		)
	)
	reading = read(workbook.open_book(text.encode(encoding)).grids)
	assert [(e.person.number, e.indicator, int(e.weight)) for e in reading.entries] == [  # type: ignore[union-attr,arg-type]
		("00123", "交付", 40),
		("00123", "质量", 60),
	]


# --- all or nothing, once, back ------------------------------------------------------------------------------------


def test_twice_is_once(crew: dict[str, Any]) -> None:
	rows = sheet_of(crew["anna"])
	content = book(rows)
	take(content)
	seen = preview(content)
	assert seen["earlier"] and seen["size"] == 0
	with pytest.raises(frappe.ValidationError, match="already imported"):
		ask(api.take, content, seen=seen["seen"])
	# the same rows in another file
	with pytest.raises(frappe.ValidationError, match="already imported"):
		ask(api.take, book([["something else above"], *rows]), seen=seen["seen"])
	assert len(goals_of(crew["anna"])) == 2


def test_two_at_the_same_time_are_one(crew: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
	"""Neither saw the other's run: the unique key tells them apart."""
	content = book(sheet_of(crew["anna"]))
	take(content)
	for goal in goals_of(crew["anna"]):
		frappe.delete_doc("Goal", goal.name)
	seen = preview(content)
	monkeypatch.setattr(score_import, "refuse_twice", lambda plan: None)
	with pytest.raises(frappe.ValidationError, match="already imported"):
		ask(api.take, content, seen=seen["seen"])
	assert goals_of(crew["anna"]) == []


def test_what_is_there_is_used_and_never_written(crew: dict[str, Any]) -> None:
	frappe.get_doc({"doctype": "KRA", "title": "导入准时率", "description": "ours"}).insert()
	mine = frappe.get_doc(
		{
			"doctype": "Goal",
			"goal_name": "导入准时率",
			"employee": crew["anna"].name,
			"start_date": "2026-07-01",
			"end_date": "2026-12-31",
			"perf_flow_target": "≥90%",
			"progress": 30,
		}
	).insert()
	by_hand = world.todo_type("导入协作")
	seen = preview(book(sheet_of(crew["anna"])))
	assert any("stays as it is" in i["text"] for i in seen["issues"])
	assert {k["title"]: k["exists"] for k in seen["kras"]} == {"导入准时率": True, "导入协作": False}
	assert {t["kra"]: t["existing"] for t in seen["types"]}["导入协作"] == "导入协作"
	done = take(book(sheet_of(crew["anna"])))
	assert done["made"]["goals"] == 1 and done["made"]["kras"] == 1 and done["made"]["types"] == 1
	after = frappe.get_doc("Goal", mine.name)
	assert (after.perf_flow_target, after.progress, str(after.modified)) == ("≥90%", 30, str(mine.modified))
	assert frappe.db.get_value("KRA", "导入准时率", "description") == "ours"
	assert str(frappe.get_doc("Business Event Type", "导入协作").modified) == str(by_hand.modified)
	# and taking back leaves them
	api.undo(done["name"])
	assert frappe.db.exists("Goal", mine.name) and frappe.db.exists("KRA", "导入准时率")
	assert frappe.db.exists("Business Event Type", "导入协作")


def test_what_changed_since_the_preview_is_not_imported(crew: dict[str, Any]) -> None:
	content = book(sheet_of(crew["anna"]))
	seen = preview(content)
	frappe.get_doc({"doctype": "KRA", "title": "导入准时率"}).insert()
	with pytest.raises(frappe.ValidationError, match="changed since"):
		ask(api.take, content, seen=seen["seen"])


def test_it_goes_back_as_a_whole(crew: dict[str, Any]) -> None:
	before = counts()
	content = book(sheet_of(crew["anna"], crew["max"]))
	done = take(content)
	assert api.undo(done["name"])["state"] == "Undone"
	after = counts()
	kept = ("Score Sheet Import", "File")
	assert {d: n for d, n in after.items() if d not in kept} == {
		d: n for d, n in before.items() if d not in kept
	}
	with pytest.raises(frappe.ValidationError, match="Only what was imported"):
		api.undo(done["name"])
	# and it can be imported again
	assert take(content)["made"]["goals"] == 4


@pytest.mark.parametrize("use", ["progress", "switched on", "linked", "deleted"])
def test_what_was_used_does_not_go_back(crew: dict[str, Any], use: str) -> None:
	done = take(book(sheet_of(crew["anna"])))
	goal = goals_of(crew["anna"])[0]
	if use == "progress":
		doc = frappe.get_doc("Goal", goal.name)
		doc.progress = 20
		doc.save()
	elif use == "switched on":
		doc = frappe.get_doc("Business Event Type", "导入协作")
		doc.enabled = 1
		doc.save()
	elif use == "linked":
		frappe.get_doc(
			{
				"doctype": "Goal",
				"goal_name": "below",
				"employee": crew["anna"].name,
				"start_date": "2026-07-01",
				"kra": "导入协作",
			}
		).insert()
	else:
		frappe.delete_doc("Goal", goal.name)
		assert api.undo(done["name"])["state"] == "Undone"
		return
	before = counts()
	with pytest.raises(frappe.ValidationError, match="no longer be taken back"):
		api.undo(done["name"])
	assert counts() == before
	assert api.run(done["name"])["state"] == "Imported"


def test_a_large_sheet_is_imported_by_a_worker(
	crew: dict[str, Any], as_user: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
	monkeypatch.setattr(score_import, "AT_ONCE", 1)
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	told: list[Any] = []
	monkeypatch.setattr(score_import, "EVERY", 1)
	monkeypatch.setattr(frappe, "publish_realtime", lambda *a, **k: told.append(a))
	with as_user(crew["hilda"].user_id):
		forget()
		done = take(book(sheet_of(crew["anna"])))
	assert done["state"] == "Queued" and goals_of(crew["anna"]) == []
	score_import.work(done["name"])
	assert frappe.session.user == crew["hilda"].user_id, "as the importer, with their permissions"
	assert api.run(done["name"])["state"] == "Imported" and len(goals_of(crew["anna"])) == 2
	assert {"name": done["name"], "done": 1, "total": 3} in [a[1] for a in told]
	score_import.work(done["name"])  # a second worker finds nothing to do
	assert len(goals_of(crew["anna"])) == 2
	assert api.undo(done["name"])["state"] == "Taking Back"
	score_import.work(done["name"])
	assert api.run(done["name"])["state"] == "Undone" and goals_of(crew["anna"]) == []


def test_cells_bring_nothing_that_runs(crew: dict[str, Any]) -> None:
	"""Neither into the desk nor into a file that is exported from it."""
	rows = [
		["Anna", None, "业绩", "@WEBSERVICE(1)", "50%", "＝1+1", "<5 分扣完", "+7 号报表", None, "-2+3"],
		["Anna", None, "业绩", "普通", "50%", "=HYPERLINK", "a & b", "x", None, None],
	]
	made = openpyxl.Workbook()
	for r in ([TITLE], HEAD, *rows):
		made.active.append(r)
	for cell in made.active[4]:
		if cell.value == "=HYPERLINK":
			cell.data_type = "s"
	out = io.BytesIO()
	made.save(out)
	seen = preview(out.getvalue())
	assert errors(seen) == []
	done = take(out.getvalue())
	assert done["made"]["goals"] == 2
	for goal in goals_of(crew["anna"]):
		for value in (goal.goal_name, goal.perf_flow_target, goal.perf_flow_dimension, goal.perf_flow_source):
			assert not (value or "").startswith(("=", "@")), value
		assert "<5" not in (goal.description or "")


def test_the_fields_on_goals_are_there_and_left_as_administrators_made_them(site: str) -> None:
	meta = frappe.get_meta("Goal")
	for field in custom_fields.FIELDS["Goal"]:
		assert meta.get_field(field["fieldname"]), field["fieldname"]
	frappe.db.set_value("Custom Field", "Goal-perf_flow_target", "label", "Ours")
	custom_fields.make()
	assert frappe.db.get_value("Custom Field", "Goal-perf_flow_target", "label") == "Ours"


def test_templates_are_proposed_by_name_and_by_document(crew: dict[str, Any]) -> None:
	lines = [
		[TITLE],
		["Name", "KPI", "Data source"],
		["Anna", "Contract signed quickly", ""],
		["Anna", "Scrap", "Quality Inspections of the week"],
		["Anna", "客诉闭环", "销售发票"],
		["Anna", "Mood", "talks"],
	]
	types = {t["kra"]: t for t in preview(book(lines))["types"]}
	assert types["Contract signed quickly"]["choice"] == "template:contract_signed"
	on = templates.by_key(types["Scrap"]["choice"].removeprefix("template:"))
	assert on.doctype == "Quality Inspection"
	keys = [o["key"] for o in types["客诉闭环"]["options"]]
	assert "doctype:Sales Invoice" in keys and keys[-1] == "none"
	assert types["Mood"]["choice"] == "manual"
	done = take(book(lines), types={"客诉闭环": "doctype:Sales Invoice", "Mood": "none"})
	doc = frappe.get_doc("Business Event Type", "客诉闭环")
	assert (doc.reference_doctype, doc.trigger, doc.enabled) == ("Sales Invoice", "Submitted", 0)
	assert doc.requirements[0].kind == "File" and "销售发票" in doc.requirements[0].label
	assert done["made"]["types"] == 3
	doc.enabled = 1
	doc.save()


# --- failing in the middle: every table of the site is compared ----------------------------------------------------

IGNORED = {
	"tabSessions",
	"tabScheduled Job Log",
	"tabError Log",
	"tabRoute History",
	"tabActivity Log",
	"tabAccess Log",
}


def _sums(connection: Any) -> dict[str, Any]:
	tables = [
		t
		for (t,) in scratch.rows(
			connection,
			"select table_name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'",
		)
		if t not in IGNORED
	]
	quoted = ", ".join(f"`{t}`" for t in tables)
	return {
		name.split(".", 1)[1]: total for name, total in scratch.rows(connection, f"checksum table {quoted}")
	}


def _make_people() -> bytes:
	people = scratch.crew()
	frappe.db.commit()
	return book(sheet_of(people["anna"], people["max"]))


def _fail_in_a_request(content: bytes) -> str:
	from hrms.hr.doctype.goal.goal import Goal

	insert, count = Goal.insert, 0

	def failing(self: Any, *args: Any, **kwargs: Any) -> Any:
		nonlocal count
		count += 1
		if count == 3:
			frappe.throw("the third goal fails")
		return insert(self, *args, **kwargs)

	seen = preview(content)
	Goal.insert = failing
	try:
		ask(api.take, content, seen=seen["seen"])
	except frappe.ValidationError as e:
		frappe.db.rollback()  # as Frappe's handler does
		return str(e)
	finally:
		Goal.insert = insert
	return "nothing failed"


def _fail_in_a_worker(content: bytes) -> str:
	from hrms.hr.doctype.goal.goal import Goal

	score_import.AT_ONCE = 0
	seen = preview(content)
	name = ask(api.take, content, seen=seen["seen"])["name"]
	frappe.db.commit()
	insert, count = Goal.insert, 0

	def failing(self: Any, *args: Any, **kwargs: Any) -> Any:
		nonlocal count
		count += 1
		if count == 4:
			frappe.throw("the fourth goal fails")
		return insert(self, *args, **kwargs)

	Goal.insert = failing
	score_import.work(name)
	row = frappe.db.get_value("Score Sheet Import", name, ["state", "error", "active_key"])
	frappe.db.delete("Score Sheet Import", {"name": name})
	for file in frappe.get_all("File", {"attached_to_name": name}, pluck="name"):
		frappe.delete_doc("File", file, delete_permanently=True)
	# Frappe notes at the run that a file was attached and removed
	frappe.db.delete("Comment", {"reference_name": name})
	frappe.db.commit()
	return json.dumps(row)


@scratch.needed
def test_what_fails_in_the_middle_leaves_no_trace_in_any_table() -> None:
	scratch.ensure_installed()
	content = scratch.call(_make_people)
	with scratch.eye() as eye:
		before = _sums(eye)
		assert "third goal fails" in scratch.call(_fail_in_a_request, content)
		assert _sums(eye) == before
		state, said, key = json.loads(scratch.call(_fail_in_a_worker, content))
		assert state == "Failed" and "fourth goal fails" in said and key is None
		assert _sums(eye) == before
		# and without a failure it goes through
		assert scratch.call(_import, content)["state"] == "Imported"
		assert len(scratch.rows(eye, "select name from tabGoal where goal_name like '导入%%'")) == 4
		assert scratch.call(_take_back)["state"] == "Undone"
		assert scratch.rows(eye, "select name from tabGoal where goal_name like '导入%%'") == []


def _import(content: bytes) -> Any:
	done = take(content)
	frappe.db.commit()
	return done


def _take_back() -> Any:
	name = frappe.db.get_value("Score Sheet Import", {"state": "Imported", "made_goals": 4})
	done = api.undo(name)
	frappe.db.commit()
	return done
