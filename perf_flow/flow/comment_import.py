"""Comment templates from a workbook: read, shown with what is wrong in which row, and taken over all or none."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import openpyxl

import frappe
from frappe import _

from perf_flow.access import is_administrator
from perf_flow.engine.errors import N_, FlowError, InvalidInput
from perf_flow.engine.evidence import clean_text
from perf_flow.engine.model import Mark
from perf_flow.engine.score_sheet import Cell, Grid
from perf_flow.engine.score_sheet.values import shown
from perf_flow.flow import packs, service, workbook
from perf_flow.flow.packs import TEMPLATE

MOST_BYTES = 1_000_000
MOST_ROWS = 500
BOUNDS = workbook.Bounds(mb=1, unpacked_mb=20, rows=2_000, columns=100, cells=50_000)
LONGEST_TITLE = 60
LONGEST_TEXT = 5000

COLUMNS = {
	"title": N_("Title"),
	"text": N_("Text"),
	"mark": N_("For the mark"),
	"event_type": N_("For the business event type"),
	"scope": N_("Whose it is"),
	"scenario": N_("Scenario"),
	"industry": N_("Industry"),
	"language": N_("Language"),
}
"""The columns of the workbook: fields of Comment Template, and how they are headed."""

TOO_LARGE = N_("The workbook is too large: at most {0} MB and {1} rows are taken at once.")
NO_COLUMN = N_("The first row must name the columns. “{0}” is missing.")
NO_ROWS = N_("There is no row under the column names.")


@dataclass(slots=True)
class Row:
	"""A row of the workbook: its ``number`` as Excel counts, its ``values`` by field, what is wrong with it."""

	number: int
	values: dict[str, str]
	errors: list[str] = field(default_factory=list)


def empty_workbook() -> bytes:
	"""A workbook with the column names in the reader's language, and an example to write over."""
	book = openpyxl.Workbook()
	sheet = book.active
	sheet.append([_label(name) for name in COLUMNS])
	example = {
		"title": _("Signed in time"),
		"text": _("{document}: signed by [whom], on [which day]."),
		"mark": _(Mark.MEETS.value, context="Effectiveness mark"),
		"scope": _("Own", context="Comment Template"),
	}
	sheet.append([example.get(name, "") for name in COLUMNS])
	for letter, width in zip("ABCDEFGH", (24, 70, 16, 28, 14, 18, 24, 12), strict=True):
		sheet.column_dimensions[letter].width = width
	out = io.BytesIO()
	book.save(out)
	return out.getvalue()


def read(content: bytes, user: str) -> list[Row]:
	"""The rows of a workbook, each with what is wrong with it, in the reader's language. Raises InvalidInput for
	what is no workbook, is too large, or has no columns that are known."""
	rows = _rows(_sheet(content))
	company = is_administrator(user) or user == "Administrator"
	existing = {
		(row.title, row.mark or "", row.event_type or "", row.scope or "Own")
		for row in frappe.get_list(
			TEMPLATE, fields=["title", "mark", "event_type", "scope"], filters=_own_or_company(user), limit=0
		)
	}
	seen: dict[tuple[str, ...], int] = {}
	types = set(frappe.get_all("Business Event Type", pluck="name", limit=0))
	for row in rows:
		_check(row, types, company)
		values = row.values
		key = (values["title"], values["mark"], values["event_type"], values["scope"])
		if key in existing:
			row.errors.append(_("There is such a template already."))
		elif key in seen:
			row.errors.append(_("It is the same as row {0}.").format(seen[key]))
		seen.setdefault(key, row.number)
	return rows


def take(rows: list[Row], user: str) -> int:
	"""Make templates of all rows, none of which may have an error. Returns how many."""
	for row in rows:
		frappe.get_doc({"doctype": TEMPLATE, **{k: v or None for k, v in row.values.items()}}).insert()
	return len(rows)


def _own_or_company(user: str) -> Any:
	mine = frappe.get_all(TEMPLATE, filters={"user": user}, pluck="name", limit=0)
	shared = frappe.get_all(TEMPLATE, filters={"scope": "Company"}, pluck="name", limit=0)
	return {"name": ["in", [*mine, *shared]]}


def _label(name: str) -> str:
	return _(COLUMNS[name], context=TEMPLATE)


def _sheet(content: bytes) -> Grid:
	if len(content) > MOST_BYTES:
		raise _too_large()
	try:
		grids = workbook.open_book(content, BOUNDS, with_csv=False).grids
	except InvalidInput as e:
		if e.template == workbook.TOO_LARGE:
			raise _too_large() from e
		raise
	if not grids:
		raise InvalidInput(template=workbook.NO_WORKBOOK)
	return grids[0]


def _too_large() -> InvalidInput:
	return InvalidInput(MOST_BYTES // 1_000_000, MOST_ROWS, template=TOO_LARGE)


def _rows(sheet: Grid) -> list[Row]:
	head = [_text(sheet.cells.get((0, column))) for column in range(sheet.width)]
	known = {name: {name, label, _label(name), _(label)} for name, label in COLUMNS.items()}
	places = {
		name: next((i for i, cell in enumerate(head) if cell in words), None) for name, words in known.items()
	}
	for name in ("title", "text"):
		if places[name] is None:
			raise InvalidInput(_label(name), template=NO_COLUMN)
	found = []
	for number in range(1, sheet.height):
		values = {
			name: _text(sheet.cells.get((number, at))) if at is not None else ""
			for name, at in places.items()
		}
		if not any(values.values()):
			continue
		found.append(Row(number + 1, values))
		if len(found) > MOST_ROWS:
			raise _too_large()
	if not found:
		raise InvalidInput(template=NO_ROWS)
	return found


def _text(cell: Cell | None) -> str:
	return "" if cell is None or cell.trouble else shown(cell)


def _check(row: Row, types: set[str], company: bool) -> None:
	values = row.values
	for name, most in (("title", LONGEST_TITLE), ("text", LONGEST_TEXT)):
		if not values[name]:
			row.errors.append(_("{0} is missing.").format(_label(name)))
		elif len(values[name]) > most:
			row.errors.append(_("{0} is longer than {1} characters.").format(_label(name), most))
	try:
		for name in ("title", "text", "scenario"):
			values[name] = clean_text(values[name])
		packs.check_placeholders(values["text"])
	except FlowError as e:
		row.errors.append(service.words(e))
	if values["event_type"]:
		by_name = {_(one): one for one in types} | {one: one for one in types}
		if values["event_type"] in by_name:
			values["event_type"] = by_name[values["event_type"]]
		else:
			row.errors.append(_("There is no business event type “{0}”.").format(values["event_type"]))
	for name, context in (
		("mark", "Effectiveness mark"),
		("scope", TEMPLATE),
		("industry", TEMPLATE),
		("language", TEMPLATE),
	):
		_choose(row, name, context)
	values["scope"] = values["scope"] or "Own"
	if values["scope"] == "Company" and not company:
		row.errors.append(_("Templates of the company are made by administrators."))


def _choose(row: Row, name: str, context: str) -> None:
	"""A word of a list, given in English or in the reader's language, becomes the one that is stored."""
	value = row.values[name]
	if not value:
		return
	options = [o for o in (frappe.get_meta(TEMPLATE).get_field(name).options or "").split("\n") if o]
	for option in options:
		if value in (option, _(option, context=context), _(option)):
			row.values[name] = option
			return
	words = ", ".join(_(option, context=context) for option in options)
	row.errors.append(_("{0}: “{1}” is none of {2}.").format(_label(name), value, words))
