"""The workbook to fill in by hand: sheets with headings, drop-downs, comments and a worked example."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from perf_flow.engine.errors import N_
from perf_flow.replay import columns as c
from perf_flow.replay.export import cell
from perf_flow.replay.language import speaker

_ROWS = 2_000
"""How many rows the drop-downs and forms reach down."""

START = N_("Start here")
WHAT_IT_IS = N_(
	"A workbook for past business events. Fill it in, check it with “perf-flow check”, and replay it with “perf-flow replay”."
)
HOW = (
	N_("1. People: everybody who has to do with the events, and who reports to whom."),
	N_("2. Event types and Requirements: what kinds of event there are, and what evidence each asks for."),
	N_("3. Collaborators: who confirms the impact of each kind."),
	N_("4. Events: one row for each event: when, which kind, whose."),
	N_("5. Actions: one row for everything that was done: evidence, marks, confirmations."),
	N_(
		"Yellow headings must be filled in; the others may stay empty. Point at a heading to read what belongs there."
	),
	N_("The rows that are there are an example. Write over them or delete them."),
	N_("Columns may stand in any order, and columns of your own are left alone."),
)

SALES, QUALITY, SUPPLY = N_("Sales"), N_("Quality"), N_("Supply chain")
CONTRACT, COMPLAINT = N_("Contract signed"), N_("Complaint answered")
CONFIRMATION, REPORT, CAUSE = (
	N_("Confirmation signed by the customer"),
	N_("Report to the customer"),
	N_("What the cause was"),
)
CAUSE_TEXT = N_("The gasket of batch 0217 was 0.2 mm too thin; 40 pieces were replaced on 4 March.")
AGAIN = N_("The date of delivery is missing in the confirmation.")
DONE = N_("Complete, and before the date agreed.")
CHECKED = N_("The gasket is in stock again.")


def example(lang: str) -> dict[str, list[dict[str, Any]]]:
	"""A small example that closes in time, late, after a redo, and not at all."""
	say = speaker("zh" if lang.startswith("zh") else "en")
	zh = lang.startswith("zh")
	names = (
		("周婷", "吴刚", "李敏", "陈杰", "王芳")
		if zh
		else ("Anna Lind", "Ben Okoro", "Carla Ruiz", "David Wu", "Eva Horn")
	)

	def at(day: int, hour: int, minute: int = 0) -> datetime:
		return datetime(2026, 3, day, hour, minute)

	def person(number: int, department: str, above: str | None) -> dict[str, Any]:
		return {
			"id": f"E{number}",
			"name": names[number - 1],
			"department": say(department),
			"reports_to": above,
		}

	contract, complaint = say(CONTRACT), say(COMPLAINT)
	settings = {
		"title": N_("An example"),
		"company": N_("Example Ltd."),
		"timezone": "Asia/Shanghai" if zh else "Europe/Berlin",
		"now": "2026-03-13 18:00",
		"hours": "08:00-12:00, 13:00-17:00",
		"days": "1-5",
		"clock": next(x.named(lang) for x in c.CLOCKS),
		"target": "48",
		"people": "是" if zh else "Yes",
	}

	def did(event: str, when: datetime, deed: c.Deed, by: str, **more: Any) -> dict[str, Any]:
		return {"event": event, "at": when, "action": deed.value, "by": by, **more}

	give, mark, confirm = c.Deed.EVIDENCE, c.Deed.MARK, c.Deed.CONFIRM
	return {
		"settings": [
			{
				"setting": name.named(lang),
				"value": say(settings[name.value]),
				"meaning": say(c.SETTING_HELP[name.value]),
			}
			for name in c.SETTING_NAMES
		],
		"holidays": [{"day": datetime(2026, 4, 6), "name": say(N_("Spring holiday"))}],
		"people": [
			person(1, SALES, "E2"),
			person(2, SALES, "E5"),
			person(3, QUALITY, "E4"),
			person(4, QUALITY, "E5"),
			person(5, SUPPLY, None),
		],
		"types": [
			{"id": contract, "clock": c.CLOCKS[0].value, "target_hours": 48, "mark_required": True},
			{"id": complaint, "clock": c.CLOCKS[1].value, "target_hours": 16, "mark_required": True},
		],
		"requirements": [
			{
				"type": contract,
				"key": "R1",
				"label": say(CONFIRMATION),
				"kind": "File",
				"mandatory": True,
				"minimum": 1,
			},
			{
				"type": complaint,
				"key": "R1",
				"label": say(REPORT),
				"kind": "File",
				"mandatory": True,
				"minimum": 1,
			},
			{
				"type": complaint,
				"key": "R2",
				"label": say(CAUSE),
				"kind": "Text",
				"mandatory": True,
				"minimum_characters": 10,
			},
		],
		"collaborators": [
			{"type": contract, "label": say(SUPPLY), "person": "E5", "required": True},
			{"type": complaint, "label": say(QUALITY), "department": say(QUALITY), "required": True},
		],
		"events": [
			{
				"event": "1",
				"type": contract,
				"recorded_at": at(2, 9, 30),
				"person": "E1",
				"document": "SO-0001",
			},
			{
				"event": "2",
				"type": complaint,
				"recorded_at": at(3, 10),
				"person": "E1",
				"document": "CC-0001",
			},
			{"event": "3", "type": contract, "recorded_at": at(4, 14), "person": "E1", "document": "SO-0002"},
			{
				"event": "4",
				"type": contract,
				"recorded_at": at(10, 11),
				"person": "E1",
				"document": "SO-0003",
			},
		],
		"actions": [
			did("1", at(2, 16), give, "E1", requirement="R1", value="SO-0001.pdf"),
			did("1", at(3, 9), mark, "E2", mark="Meets", note=say(DONE)),
			did("1", at(3, 11), confirm, "E5", impacts=["Supply Chain", "Delivery"], note=say(CHECKED)),
			did("2", at(3, 15), give, "E1", requirement="R1", value="8D-0001.pdf"),
			did("2", at(4, 9), give, "E1", requirement="R2", value=say(CAUSE_TEXT)),
			did("2", at(4, 13), mark, "E2", mark="Meets"),
			did("2", at(4, 15), confirm, "E4", impacts=["Quality"]),
			did("3", at(5, 9), give, "E1", requirement="R1", value="SO-0002.pdf"),
			did("3", at(5, 14), mark, "E2", mark="Redo", note=say(AGAIN)),
			did("3", at(6, 15), give, "E1", requirement="R1", value="SO-0002b.pdf"),
			did("3", at(9, 8), mark, "E2", mark="Meets"),
			did("3", at(9, 10), confirm, "E5", impacts=["None"]),
		],
	}


def template(lang: str) -> bytes:
	"""The workbook, in Chinese or English."""
	import openpyxl
	from openpyxl.comments import Comment
	from openpyxl.styles import Alignment, Font, PatternFill
	from openpyxl.utils import get_column_letter
	from openpyxl.worksheet.datavalidation import DataValidation

	lang = "zh" if lang.startswith("zh") else "en"
	say = speaker(lang)
	font = "Microsoft YaHei" if lang == "zh" else "Calibri"
	book = openpyxl.Workbook()
	front = book.active
	assert front is not None
	front.title = say(START)
	front.column_dimensions["A"].width = 110
	front["A1"] = say(WHAT_IT_IS)
	front["A1"].font = Font(name=font, bold=True, size=13)
	for number, line in enumerate(HOW, 3):
		front[f"A{number}"] = say(line)
		front[f"A{number}"].font = Font(name=font)
	for row in front.iter_rows():
		for one in row:
			one.alignment = Alignment(wrap_text=True, vertical="top")
	rows = example(lang)
	must, may = PatternFill("solid", fgColor="FFE699"), PatternFill("solid", fgColor="D9E2EC")
	for sheet in c.SHEETS:
		columns = [column for column in sheet.columns if column.by_hand]
		if not all(column.by_hand for column in sheet.columns if column.required):
			# checks look at ERP documents, which a workbook does not have
			continue
		page = book.create_sheet(sheet.named(lang))
		for index, column in enumerate(columns, 1):
			letter = get_column_letter(index)
			head = page.cell(1, index, column.named(lang))
			head.font = Font(name=font, bold=True)
			head.fill = must if column.required else may
			head.alignment = Alignment(vertical="center", wrap_text=True)
			note = Comment(say(column.help), "perf-flow", height=110, width=260)
			head.comment = note
			page.column_dimensions[letter].width = column.width
			reach = f"{letter}2:{letter}{_ROWS}"
			values = _choices(column, lang)
			if values and len(",".join(values)) < 250:
				# several impacts may stand in one cell, which no drop-down allows
				soft = column.kind is c.As.CHOICES
				rule = DataValidation("list", formula1=f'"{",".join(values)}"', allow_blank=True)
				rule.showErrorMessage = not soft
				rule.error, rule.errorTitle = say(column.help)[:250], column.named(lang)[:30]
				page.add_data_validation(rule)
				rule.add(reach)
			elif column.refers:
				other = next(s for s in c.SHEETS if s.key == column.refers)
				rule = DataValidation(
					"list", formula1=f"'{other.named(lang)}'!$A$2:$A${_ROWS}", allow_blank=True
				)
				rule.showErrorMessage = False
				page.add_data_validation(rule)
				rule.add(reach)
			if column.kind in (c.As.MOMENT, c.As.DAY):
				form = "yyyy-mm-dd hh:mm" if column.kind is c.As.MOMENT else "yyyy-mm-dd"
				for number in range(2, 202):
					page.cell(number, index).number_format = form
			elif column.kind is c.As.TEXT:
				for number in range(2, 202):
					page.cell(number, index).number_format = "@"
		for number, row in enumerate(rows.get(sheet.key, ()), 2):
			for index, column in enumerate(columns, 1):
				value = row.get(column.key)
				place = page.cell(number, index)
				place.value = value if isinstance(value, datetime) else cell(value, column, lang)
				place.font = Font(name=font)
				place.alignment = Alignment(vertical="top", wrap_text=column.width > 30)
		page.row_dimensions[1].height = 30
		page.freeze_panes = "A2"
		page.sheet_view.zoomScale = 110
	target = io.BytesIO()
	book.save(target)
	return target.getvalue()


def _choices(column: c.Column, lang: str) -> list[str]:
	if column.kind is c.As.YES_NO:
		return ["是", "否"] if lang == "zh" else ["Yes", "No"]
	if column.key == "setting":
		return [name.named(lang) for name in c.SETTING_NAMES]
	usual = [x for x in column.choices if x.value not in _BY_EXPORT]
	return [x.named(lang) for x in usual]


_BY_EXPORT = frozenset(
	d.value for d in (c.Deed.FACT, c.Deed.MASTER, c.Deed.CHECKS, c.Deed.CONTINUE, c.Deed.TAKE_OVER)
)
