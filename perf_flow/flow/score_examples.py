"""Example score sheets to download, in the shapes people really have, in the reader's language. The people in them are
some whom the reader may set goals for, so that an example can be imported as it is; where there are none, invented ones.
"""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

import frappe
from frappe import _
from frappe.utils import getdate, nowdate

from perf_flow.access.people import is_among, viewer
from perf_flow.engine.errors import N_, InvalidInput

NO_EXAMPLE = N_("There is no such example.")
EXAMPLES = {
	"list": N_("One row for each person and sub-dimension"),
	"wide": N_("One row for each person, sub-dimensions side by side"),
	"across": N_("One row for each sub-dimension, people side by side"),
	"sheets": N_("One sheet for each person"),
}
"""The examples: key → what it looks like."""

Item = tuple[str, str, int, str, str, str]

_ITEMS: dict[str, tuple[Item, ...]] = {
	"zh": (
		("工作业绩", "订单准时交付率", 30, "≥95%", "每低 1% 扣 2 分", "销售订单"),
		("工作业绩", "来料检验合格率", 30, "≥98%", "每低 1% 扣 3 分", "质量检验"),
		("工作态度", "跨部门协作", 20, "", "由协作部门评价", ""),
		("能力发展", "培训完成", 20, "2 次/季度", "每少一次扣 10 分", "培训记录"),
	),
	"en": (
		("Results", "On-time delivery", 30, "≥95%", "2 points less for each 1% below", "Sales Order"),
		(
			"Results",
			"Incoming inspection passed",
			30,
			"≥98%",
			"3 points less for each 1% below",
			"Quality Inspection",
		),
		("Teamwork", "Help for other departments", 20, "", "As the other departments see it", ""),
		(
			"Learning",
			"Training completed",
			20,
			"2 times",
			"10 points less for each one missed",
			"Training records",
		),
	),
}
_WORDS = {
	"zh": {
		"heading": "{0}年第{1}季度绩效考核表",
		"name": "姓名",
		"number": "工号",
		"department": "部门",
		"dimension": "维度",
		"indicator": "考核指标",
		"weight": "权重",
		"target": "目标值",
		"standard": "计分标准",
		"source": "数据来源",
		"score": "得分",
		"comment": "评语",
		"total": "合计",
		"note": "注：权重合计为 100%；得分不会被导入。",
		"said": "按时交付，客户签收单齐全。",
		"quarters": "一二三四",
	},
	"en": {
		"heading": "Performance review, Q{1} {0}",
		"name": "Name",
		"number": "Employee ID",
		"department": "Department",
		"dimension": "Dimension",
		"indicator": "KPI",
		"weight": "Weight",
		"target": "Target",
		"standard": "Scoring standard",
		"source": "Data source",
		"score": "Score",
		"comment": "Comment",
		"total": "Total",
		"note": "Note: weights add to 100%; scores are not imported.",
		"said": "Delivered in time, all receipts signed by the customer.",
		"quarters": "1234",
	},
}
_INVENTED = {
	"zh": (("张三", "E001", "生产部"), ("李四", "E002", "生产部"), ("王五", "E003", "质量部")),
	"en": (
		("Anna Miller", "E001", "Production"),
		("Ben Carter", "E002", "Production"),
		("Chloe Diaz", "E003", "Quality"),
	),
}


def make(key: str, user: str) -> bytes:
	"""An example as a workbook. Raises InvalidInput for one that does not exist."""
	if key not in EXAMPLES:
		raise InvalidInput(template=NO_EXAMPLE)
	language = "zh" if (frappe.local.lang or "en").startswith("zh") else "en"
	book = openpyxl.Workbook()
	book.remove(book.active)
	people = _people(user) or _INVENTED[language]
	{"list": _list, "wide": _wide, "across": _across, "sheets": _sheets}[key](book, people, language)
	out = io.BytesIO()
	book.save(out)
	return out.getvalue()


def _people(user: str) -> tuple[tuple[str, str, str], ...]:
	if not frappe.has_permission("Employee", "read", user=user):
		return ()
	who = viewer(user)
	rows = frappe.get_list(
		"Employee",
		filters={"status": "Active"},
		fields=["name", "employee_name", "employee_number", "company", "department"],
		order_by="name",
		limit=200,
	)
	everywhere = who.is_everything or who.is_administrator
	mine = [r for r in rows if everywhere or is_among(r.company, who.companies)][:3]
	return tuple(
		(
			_plain(r.employee_name),
			r.employee_number or r.name,
			_plain((r.department or "").rsplit(" - ", 1)[0]),
		)
		for r in mine
	)


def _plain(text: str | None) -> str:
	"""A name that no spreadsheet takes as a formula."""
	return (text or "").lstrip("=+-@\t\r ")


def _title(language: str) -> str:
	day = getdate(nowdate())
	words = _WORDS[language]
	return words["heading"].format(day.year, words["quarters"][(day.month - 1) // 3])


_HEAD = PatternFill("solid", fgColor="DDE7F0")


def _sheet(book: Any, name: str, widths: tuple[int, ...], title: str) -> Any:
	sheet = book.create_sheet(name[:31])
	for number, width in enumerate(widths, 1):
		sheet.column_dimensions[get_column_letter(number)].width = width
	sheet.append([title])
	sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(widths))
	sheet["A1"].font = Font(bold=True, size=14)
	sheet["A1"].alignment = Alignment(horizontal="center")
	return sheet


def _head(sheet: Any, *rows: list[Any]) -> int:
	first = sheet.max_row + 1
	for row in rows:
		sheet.append(row)
		for cell in sheet[sheet.max_row]:
			cell.font = Font(bold=True)
			cell.fill = _HEAD
			cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
	return first


def _percent(sheet: Any, row: int, column: int, weight: int) -> None:
	cell = sheet.cell(row=row, column=column, value=weight / 100)
	cell.number_format = "0%"


def _list(book: Any, people: tuple[tuple[str, str, str], ...], language: str) -> None:
	words = _WORDS[language]
	sheet = _sheet(book, words["indicator"], (14, 16, 14, 26, 10, 14, 30, 18, 10, 34), _title(language))
	fields = (
		"name",
		"number",
		"dimension",
		"indicator",
		"weight",
		"target",
		"standard",
		"source",
		"score",
		"comment",
	)
	_head(sheet, [words[f] for f in fields])
	for name, number, _department in people:
		first = sheet.max_row + 1
		for n, (dimension, indicator, weight, target, standard, source) in enumerate(_ITEMS[language]):
			said = words["said"] if n == 0 else None
			sheet.append([name, number, dimension, indicator, None, target, standard, source, None, said])
			_percent(sheet, sheet.max_row, 5, weight)
		last = sheet.max_row
		for column in (1, 2):
			sheet.merge_cells(start_row=first, start_column=column, end_row=last, end_column=column)
		sheet.merge_cells(start_row=first, start_column=3, end_row=first + 1, end_column=3)
	sheet.append([words["total"]])
	sheet.append([words["note"]])


def _wide(book: Any, people: tuple[tuple[str, str, str], ...], language: str) -> None:
	words, items = _WORDS[language], _ITEMS[language]
	sheet = _sheet(book, words["department"], (14, 16, 16, *([20] * len(items)), 12, 34), _title(language))
	top = _head(
		sheet,
		[
			words["name"],
			words["number"],
			words["department"],
			*(i[0] for i in items),
			words["total"],
			words["comment"],
		],
		[None, None, None, *(i[1] for i in items), None, None],
	)
	for column in (1, 2, 3, len(items) + 4, len(items) + 5):
		sheet.merge_cells(start_row=top, start_column=column, end_row=top + 1, end_column=column)
	sheet.merge_cells(start_row=top, start_column=4, end_row=top, end_column=5)
	sheet.append([words["weight"]])
	for n, item in enumerate(items):
		_percent(sheet, sheet.max_row, 4 + n, item[2])
	sheet.append([words["target"], None, None, *(i[3] or None for i in items)])
	sheet.append([words["source"], None, None, *(i[5] or None for i in items)])
	for n, (name, number, department) in enumerate(people):
		row = [name, number, department, *([None] * len(items)), None, words["said"] if n == 0 else None]
		sheet.append(row)
	sheet.append([words["note"]])


def _across(book: Any, people: tuple[tuple[str, str, str], ...], language: str) -> None:
	words = _WORDS[language]
	sheet = _sheet(
		book, words["department"], (14, 26, 10, 14, 30, 18, *([16] * len(people))), _title(language)
	)
	fields = ("dimension", "indicator", "weight", "target", "standard", "source")
	top = _head(
		sheet,
		[*(words[f] for f in fields), *(p[0] for p in people)],
		[*([None] * len(fields)), *(p[1] for p in people)],
	)
	for column in range(1, len(fields) + 1):
		sheet.merge_cells(start_row=top, start_column=column, end_row=top + 1, end_column=column)
	first = sheet.max_row + 1
	for dimension, indicator, weight, target, standard, source in _ITEMS[language]:
		sheet.append([dimension, indicator, None, target, standard, source])
		_percent(sheet, sheet.max_row, 3, weight)
	sheet.merge_cells(start_row=first, start_column=1, end_row=first + 1, end_column=1)
	sheet.append([words["total"]])
	_percent(sheet, sheet.max_row, 3, 100)


def _sheets(book: Any, people: tuple[tuple[str, str, str], ...], language: str) -> None:
	words = _WORDS[language]
	colon = "：" if language == "zh" else ": "
	for name, number, department in people:
		sheet = _sheet(book, f"{number}", (14, 26, 10, 14, 30, 18, 34), _title(language))
		about = f"{words['name']}{colon}{name}    {words['number']}{colon}{number}"
		if department:
			about += f"    {words['department']}{colon}{department}"
		sheet.append([about])
		sheet.merge_cells(start_row=2, start_column=1, end_row=2, end_column=7)
		_head(
			sheet,
			[
				words[f]
				for f in ("dimension", "indicator", "weight", "target", "standard", "source", "comment")
			],
		)
		for dimension, indicator, weight, target, standard, source in _ITEMS[language]:
			sheet.append([dimension, indicator, None, target, standard, source])
			_percent(sheet, sheet.max_row, 3, weight)
		sheet.append([words["total"]])
		_percent(sheet, sheet.max_row, 3, 100)
		sheet.append([words["note"]])


def shown() -> list[dict[str, str]]:
	"""The examples for the page, in the reader's language."""
	return [{"key": key, "title": _(title)} for key, title in EXAMPLES.items()]
