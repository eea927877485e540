"""Importing a score sheet: what is understood of it, what it would make, making it, and taking it back."""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, cstr

from perf_flow.access import may_import
from perf_flow.api import require_person, translated
from perf_flow.api.steps import NO_FILE
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.score_sheet import Grid, Reading, Role, SheetReading, letters
from perf_flow.engine.score_sheet.roles import OWNED
from perf_flow.engine.score_sheet.values import plain, shown
from perf_flow.flow import score_examples, score_import, score_plan, workbook
from perf_flow.flow.score_plan import Plan

PICTURED_ROWS = 60
PICTURED_COLUMNS = 60
PICTURED_SHEETS = 30
LISTED_GOALS = 200
LONGEST_SHOWN = 80

NOT_FOR_YOU = N_("Score sheets are imported by HR, for the people of their companies, and by administrators.")

ROLES = {
	Role.NAME: N_("Name of the person"),
	Role.NUMBER: N_("Employee number"),
	Role.DEPARTMENT: N_("Department"),
	Role.POSITION: N_("Job position"),
	Role.DIMENSION: N_("Dimension"),
	Role.GROUP: N_("Group of sub-dimensions"),
	Role.INDICATOR: N_("Sub-dimension"),
	Role.DIMENSION_WEIGHT: N_("Weight of the dimension"),
	Role.WEIGHT: N_("Weight (%)"),
	Role.MAXIMUM: N_("Most points"),
	Role.TARGET: N_("Target value"),
	Role.STANDARD: N_("Scoring standard"),
	Role.SOURCE: N_("Data source"),
	Role.DUE: N_("To be done by"),
	Role.SCORE: N_("Score (not taken over)"),
	Role.COMMENT: N_("Comment on the person"),
	Role.PERIOD: N_("Period of assessment"),
	Role.TOTAL: N_("Total (left out)"),
	Role.IGNORE: N_("Left out"),
}
"""What a column can hold, as it is called in the preview."""

PART_TITLES = {
	"types": N_("Event types"),
	"kras": N_("KRAs"),
	"goals": N_("Goals of people"),
	"comments": N_("Comment templates"),
}


def require_importer() -> str:
	"""The login that asks. Raises PermissionError for whoever may not import."""
	user = require_person()
	if not may_import():
		frappe.throw(_(NOT_FOR_YOU), frappe.PermissionError)
	return user


def _uploaded() -> tuple[str, bytes]:
	file = frappe.request.files.get("file") if frappe.request else None
	if file is None:
		raise InvalidInput(template=NO_FILE)
	# one byte more than is taken tells that it is too much
	return file.filename or "", file.stream.read(workbook.Bounds().mb * 1_000_000 + 1)


@frappe.whitelist(methods=["GET", "POST"])
def begin() -> dict[str, Any]:
	"""What the page begins with: examples, what a column can hold, and the reader's own earlier imports."""
	user = require_importer()
	return {
		"examples": score_examples.shown(),
		"roles": [{"key": role.value, "label": _(label)} for role, label in ROLES.items()]
		+ [
			{"key": f"own_{role.value}", "label": _("{0} of what the heading names").format(_(ROLES[role]))}
			for role in ROLES
			if role in OWNED
		],
		"runs": [_run(row) for row in _runs(user)],
		"most_mb": workbook.Bounds().mb,
		"may_company": frappe.has_permission(score_plan.EVENT_TYPE, "create"),
	}


def _runs(user: str) -> list[Any]:
	return frappe.get_all(
		score_import.RUN, filters={"user": user}, fields=["*"], order_by="creation desc", limit=5
	)


@frappe.whitelist(methods=["GET"])
def example(name: str) -> None:
	"""An example workbook, to be downloaded."""
	user = require_importer()
	with translated():
		content = score_examples.make(name, user)
	frappe.local.response.update(
		{"type": "binary", "filename": f"score-sheet-{name}.xlsx", "filecontent": content}
	)


@frappe.whitelist(methods=["POST"])
def preview(options: str = "") -> dict[str, Any]:
	"""What is understood of the workbook that is the part ``file`` of the request, and what importing it would make.
	Nothing is written."""
	user = require_importer()
	with translated():
		_name, data = _uploaded()
		plan = score_plan.make_plan(data, score_plan.options_of(options), user)
		grids = {grid.name: grid for grid in plan.grids}
		return {**_understood(plan.reading, grids), **_planned(plan)}


@frappe.whitelist(methods=["POST"])
def take(seen: str, options: str = "") -> dict[str, Any]:
	"""Import the workbook that is the part ``file`` of the request, as the preview showed it (``seen``): all of it or
	nothing. Returns the run."""
	user = require_importer()
	with translated():
		name, data = _uploaded()
		return _run(score_import.load(score_import.start(name, data, options, seen, user), user))


@frappe.whitelist(methods=["GET"])
def run(name: str) -> dict[str, Any]:
	"""How far an import of one's own is."""
	user = require_importer()
	with translated():
		return _run(score_import.load(name, user))


@frappe.whitelist(methods=["POST"])
def undo(name: str) -> dict[str, Any]:
	"""Take an import of one's own back, all of it or nothing."""
	user = require_importer()
	with translated():
		score_import.undo(name, user)
		return _run(score_import.load(name, user))


def _run(row: Any) -> dict[str, Any]:
	made = json.loads(row.made or "[]") if row.state in ("Imported", "Taking Back") else []
	types = [name for doctype, name, _m in made if doctype == score_plan.EVENT_TYPE]
	return {
		"name": row.name,
		"state": row.state,
		"file_name": row.file_name,
		"at": cstr(row.creation)[:19],
		"error": row.error or "",
		"made": {
			"types": cint(row.made_types),
			"kras": cint(row.made_kras),
			"goals": cint(row.made_goals),
			"comments": cint(row.made_comments),
		},
		"event_types": types[:20],
		"progress": score_import.progress(row.name) if row.state in ("Queued", "Taking Back") else None,
		"records": cint(row.records),
	}


# --- what was understood ------------------------------------------------------------------------------------


def _understood(reading: Reading, grids: dict[str, Grid]) -> dict[str, Any]:
	return {
		"sheets": [_sheet(one, grids[one.name]) for one in reading.sheets[:PICTURED_SHEETS]],
		"more_sheets": max(0, len(reading.sheets) - PICTURED_SHEETS),
	}


def _sheet(one: SheetReading, grid: Grid) -> dict[str, Any]:
	"""A picture of a sheet as it stands in the file, and what each column and line of it is."""
	height, width = min(grid.height, PICTURED_ROWS), min(grid.width, PICTURED_COLUMNS)
	rows = []
	for row in range(height):
		cells = []
		for column in range(width):
			area = grid.area_of.get((row, column))
			if area and (area.top, area.left) != (row, column):
				continue
			text = shown(grid.cell(row, column))
			cell: dict[str, Any] = {
				"c": column,
				"t": text[:LONGEST_SHOWN] + ("…" if len(text) > LONGEST_SHOWN else ""),
			}
			if area:
				cell["w"] = min(area.right, width - 1) - column + 1
				cell["h"] = min(area.bottom, height - 1) - row + 1
			cells.append(cell)
		rows.append(cells)
	return {
		"name": one.name,
		"flipped": one.is_flipped,
		"read": one.has_table,
		"tables": one.tables,
		"letters": [letters(n) for n in range(width)],
		"rows": rows,
		"more_rows": max(0, grid.height - height),
		"lines": {str(n): kind.value for n, kind in one.rows.items() if n < PICTURED_ROWS},
		"columns": [
			{
				"index": c.index,
				"heading": " / ".join(c.path)[:LONGEST_SHOWN],
				"key": c.key,
				"sure": c.sure or c.chosen,
				"chosen": c.chosen,
			}
			for c in one.columns
			if c.path or c.chosen
		],
		"period": {"start": str(one.period.start), "end": str(one.period.end)} if one.period else None,
	}


# --- what would be made -------------------------------------------------------------------------------------


def _planned(plan: Plan) -> dict[str, Any]:
	period = plan.options.period or next((s.period for s in plan.reading.sheets if s.period), None)
	earlier = None
	if plan.size or plan.goals:
		found = score_import.earlier_run(plan)
		earlier = cstr(found.creation)[:19] if found else None
	return {
		"issues": [
			{
				"severity": i.severity.value,
				"sheet": i.sheet,
				"address": i.address,
				"text": score_plan.words(i),
			}
			for i in sorted(
				plan.issues, key=lambda i: ("error", "warning", "notice").index(i.severity.value)
			)[:300]
		],
		"errors": len(plan.errors),
		"parts": [
			{"key": part, "title": _(PART_TITLES[part]), **plan.parts[part]} for part in score_plan.PARTS
		],
		"people": plan.people,
		"scope": plan.options.scope,
		"period": {"start": str(period.start), "end": str(period.end)} if period else None,
		"types": [
			{
				"kra": t.kra,
				"dimension": t.about.dimension,
				"source": t.about.source,
				"choice": t.choice,
				"options": [{"key": key, "label": label} for key, label in t.options],
				"existing": t.existing,
			}
			for t in plan.types
		],
		"kras": [{"title": title, "exists": name is not None} for title, name in plan.kras.items()],
		"goals": [
			{
				"employee": g.employee,
				"employee_name": g.employee_name,
				"goal_name": g.goal_name,
				"dimension": g.dimension,
				"weight": None if g.weight is None else plain(round(g.weight, 2)),
				"target": g.target,
				"end": str(g.end),
				"exists": g.existing is not None,
			}
			for g in plan.goals[:LISTED_GOALS]
		],
		"more_goals": max(0, len(plan.goals) - LISTED_GOALS),
		"comments": [
			{"title": c.title, "text": c.text[:300], "exists": c.existing} for c in plan.comments[:50]
		],
		"more_comments": max(0, len(plan.comments) - 50),
		"size": plan.size,
		"earlier": earlier,
		"seen": plan.seen(),
	}
