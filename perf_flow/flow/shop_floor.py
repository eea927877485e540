"""What a shop floor board shows: the checks of today by team, done and due, counted with the reader's permissions.

A check is one document of the configured DocType. It belongs to today when it is due today, when it is late, or
when it was late and is done today. Today is the site's day.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime_str, getdate, strip_html

from perf_flow.engine.errors import N_, ConfigurationError, InvalidInput
from perf_flow.flow import times

BOARD = "Shop Floor Board"
READY = "Equipment checks"
READY_TITLES = (N_("Equipment checks"),)
LIMIT = 1000
"""How many documents of a kind are looked at; a board with more says so."""

LONGEST = 140

DATES = ("Date", "Datetime")
STATES = ("Select", "Check", "Link", "Data", "Read Only")
TEAMS = ("Link", "Select", "Data", "Read Only", "Autocomplete")
TEXTS = ("Data", "Link", "Select", "Read Only", "Small Text", "Autocomplete", "Dynamic Link")
FIELDS = {
	"date_field": DATES,
	"done_on_field": DATES,
	"status_field": STATES,
	"team_field": TEAMS,
	"title_field": TEXTS,
	"subtitle_field": TEXTS,
}
"""The fields of a board that name a field of its documents, and the types that fit."""

THROUGH_LINK = ("team_field", "title_field", "subtitle_field")
"""Those that may also name a field of a linked document: link.field."""

_NO_FIELD = N_("{0} has no field {1} that fits “{2}”. Please choose another one.")
_NO_COMPANY = N_("{0} has no field for the company. Leave the company empty to show all.")
_NO_STATE = N_("“{0}” is not one of the states of {1}. Possible are: {2}.")
_NO_DONE = N_("Please say which state means that a check is done.")
_PEOPLE = ("User", "Employee")
_DOCSTATUS = {"0": "Draft", "1": "Submitted"}


def ready_board() -> dict[str, Any]:
	"""The board for ERPNext's equipment checks, ready to be inserted."""
	return {
		"doctype": BOARD,
		"title": READY,
		"enabled": 1,
		"reference_doctype": "Asset Maintenance Log",
		"date_field": "due_date",
		"done_on_field": "completion_date",
		"status_field": "maintenance_status",
		"done_values": "Completed",
		"left_out_values": "Cancelled",
		"team_field": "asset_maintenance.maintenance_team",
		"title_field": "task_name",
		"subtitle_field": "item_name",
		"goal_label": "OEE",
		"target": 85,
	}


# --- configuration ------------------------------------------------------------------------------------------


def field_of(doctype: str, path: str) -> Any:
	"""The field that ``path`` names, ``fieldname`` or ``link.fieldname``; None when there is none."""
	meta = frappe.get_meta(doctype)
	if path == "docstatus":
		return frappe._dict(
			fieldname="docstatus", fieldtype="Select", label="Document Status", options="0\n1"
		)
	if "." not in path:
		return _usable(meta.get_field(path))
	link, fieldname = path.split(".", 1)
	df = _usable(meta.get_field(link))
	if not df or df.fieldtype != "Link":
		return None
	return _usable(frappe.get_meta(df.options).get_field(fieldname))


def _usable(df: Any) -> Any:
	return df if df and not df.get("is_virtual") else None


def check(board: Any) -> None:
	"""Raises ConfigurationError or InvalidInput when the board cannot be carried out."""
	doctype = board.reference_doctype
	for fieldname, types in FIELDS.items():
		path = board.get(fieldname)
		if not path:
			continue
		df = field_of(doctype, path)
		plain = "." not in path or fieldname in THROUGH_LINK
		if not df or not plain or (path != "docstatus" and df.fieldtype not in types):
			label = frappe.get_meta(BOARD).get_label(fieldname)
			raise InvalidInput(_(doctype), path, _(label), template=_NO_FIELD)
	if board.only_company and not company_field(doctype):
		raise InvalidInput(_(doctype), template=_NO_COMPANY)
	done = values(board.done_values)
	if not done:
		raise ConfigurationError(template=_NO_DONE)
	df = field_of(doctype, board.status_field)
	if df.fieldtype == "Select":
		options = [option for option in (df.options or "").split("\n") if option]
		for value in (*done, *values(board.left_out_values)):
			if value not in options:
				label = _(df.label, context=doctype)
				raise InvalidInput(value, label, ", ".join(options), template=_NO_STATE)


def values(text: str | None) -> list[str]:
	"""The values that a board's field holds, one per line."""
	return [line.strip() for line in (text or "").splitlines() if line.strip()]


def company_field(doctype: str) -> str | None:
	"""The field of a DocType that says to which company a document belongs."""
	found = [
		df
		for df in frappe.get_meta(doctype).get_link_fields()
		if df.options == "Company" and not df.get("is_virtual")
	]
	found.sort(key=lambda df: df.fieldname != "company")
	return found[0].fieldname if found else None


def choices(doctype: str) -> dict[str, list[dict[str, str]]]:
	"""For each field of a board that names a field: what can be chosen, in the reader's language; and under
	``states`` the values of the Select fields, one per line."""
	meta = frappe.get_meta(doctype)
	found: dict[str, list[dict[str, str]]] = {}
	for fieldname, types in FIELDS.items():
		found[fieldname] = [
			_choice(df.fieldname, _(df.label, context=doctype))
			for df in meta.fields
			if df.fieldtype in types and df.label and _usable(df)
		]
		if fieldname in THROUGH_LINK:
			found[fieldname] += _linked_choices(meta, types)
	found["status_field"].append(_choice("docstatus", _("Document Status")))
	found["states"] = [
		{"value": df.fieldname, "label": df.options or ""} for df in meta.fields if df.fieldtype == "Select"
	]
	found["states"].append({"value": "docstatus", "label": "\n".join(_DOCSTATUS)})
	return found


def _choice(path: str, label: str) -> dict[str, str]:
	return {"value": path, "label": f"{label} ({path})"}


def _linked_choices(meta: Any, types: tuple[str, ...]) -> list[dict[str, str]]:
	"""Of linked documents, what tells them apart: links, states, titles, and what their lists show."""
	found = []
	for link in meta.get_link_fields():
		if link.options in ("Company", "Currency", meta.name) or not _usable(link) or not link.label:
			continue
		of = frappe.get_meta(link.options)
		found += [
			_choice(
				f"{link.fieldname}.{df.fieldname}",
				f"{_(link.label, context=meta.name)} › {_(df.label, context=of.name)}",
			)
			for df in of.fields
			if df.fieldtype in types and df.label and _usable(df) and _tells_apart(df, of)
		]
	return found


def _tells_apart(df: Any, meta: Any) -> bool:
	if df.permlevel or df.hidden:
		return False
	return df.fieldtype in ("Link", "Select") or bool(df.in_list_view) or df.fieldname == meta.title_field


# --- today --------------------------------------------------------------------------------------------------


def state(board: Any) -> dict[str, Any]:
	"""Today's checks of a board for the session's user: totals, teams with their checks, the goal.

	Raises PermissionError without read permission on the board's DocType, InvalidInput or ConfigurationError
	when a field it needs is gone.
	"""
	doctype = board.reference_doctype
	if not frappe.has_permission(doctype, "read"):
		frappe.throw(_("You are not permitted to see {0}.").format(_(doctype)), frappe.PermissionError)
	check(board)
	now = times.now_site()
	checks, more = _checks(board, now.date())
	teams = _by_team(checks)
	return {
		"name": board.name,
		"title": _(board.title),
		"doctype": doctype,
		"doctype_label": _(doctype),
		"today": now.date().isoformat(),
		"as_of": get_datetime_str(now)[:19],
		"totals": _totals(checks),
		"teams": teams,
		"grouped": bool(board.team_field),
		"teams_are_people": _names_people(doctype, board.team_field),
		"more": more,
		"goal": _goal(board),
	}


def _checks(board: Any, today: date) -> tuple[list[dict[str, Any]], bool]:
	"""The checks that belong to today, and whether there are more than were read."""
	doctype, dated, status = board.reference_doctype, board.date_field, board.status_field
	done, left_out = values(board.done_values), values(board.left_out_values)
	common: list[list[Any]] = [[doctype, "docstatus", "<", 2]]
	if left_out:
		common.append([doctype, status, "not in", left_out])
	if board.only_company:
		common.append([doctype, company_field(doctype), "=", board.only_company])
	on, before = _on(doctype, today), _before(doctype, today)
	wanted = [
		[*common, on(dated)],
		[*common, before(dated), [doctype, status, "not in", done]],
	]
	if board.done_on_field:
		wanted.append([*common, before(dated), [doctype, status, "in", done], on(board.done_on_field)])
	found: dict[str, Any] = {}
	more = False
	for filters in wanted:
		rows = frappe.get_list(
			doctype,
			filters=filters,
			fields=_columns(board),
			order_by=f"`tab{doctype}`.`{dated}` asc, `tab{doctype}`.name asc",
			limit_page_length=LIMIT,
		)
		more = more or len(rows) == LIMIT
		found.update({row.name: row for row in rows})
	return [_check(row, done, today) for row in found.values()], more


def _columns(board: Any) -> list[str]:
	"""The columns to read; a linked document that the reader may not read leaves its column out."""
	doctype = board.reference_doctype
	columns = ["name", f"{board.date_field} as due", f"{board.status_field} as state"]
	for alias, path in (
		("team", board.team_field),
		("title", board.title_field or frappe.get_meta(doctype).title_field),
		("subtitle", board.subtitle_field),
	):
		if path and ("." not in path or _may_read_link(doctype, path)):
			columns.append(f"{path} as {alias}")
	return columns


def _may_read_link(doctype: str, path: str) -> bool:
	df = frappe.get_meta(doctype).get_field(path.split(".", 1)[0])
	return bool(frappe.has_permission(df.options, "read"))


def _on(doctype: str, day: date) -> Any:
	end = datetime.combine(day, time.min) + timedelta(days=1, microseconds=-1)
	return lambda field: [doctype, field, "between", [datetime.combine(day, time.min), end]]


def _before(doctype: str, day: date) -> Any:
	return lambda field: [doctype, field, "<", day]


def _check(row: Any, done: list[str], today: date) -> dict[str, Any]:
	is_done = str(row.state) in done
	return {
		"name": row.name,
		"title": _plain(row.get("title")) or row.name,
		"subtitle": _plain(row.get("subtitle")),
		"team": str(row.get("team") or ""),
		"due": getdate(row.due).isoformat(),
		"done": is_done,
		"late": not is_done and getdate(row.due) < today,
	}


def _plain(value: Any) -> str:
	return " ".join(strip_html(str(value or "")).split())[:LONGEST]


def _totals(checks: list[dict[str, Any]]) -> dict[str, int]:
	return {
		"due": len(checks),
		"done": sum(c["done"] for c in checks),
		"late": sum(c["late"] for c in checks),
	}


def _by_team(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
	"""Teams with most to do first; those without a team come last."""
	teams: dict[str, list[dict[str, Any]]] = {}
	for one in checks:
		teams.setdefault(one["team"], []).append(one)
	rows = [
		{
			"team": _(team) if team else "",
			**_totals(own),
			"checks": sorted(own, key=lambda c: (c["done"], c["due"], c["title"])),
		}
		for team, own in teams.items()
	]
	rows.sort(key=lambda r: (not r["team"], -r["late"], -(r["due"] - r["done"]), r["team"]))
	return rows


def _names_people(doctype: str, path: str | None) -> bool:
	"""Whether the teams are single people, whose names a tablet does not keep."""
	df = field_of(doctype, path) if path else None
	if not df:
		return False
	if df.fieldtype == "Link":
		return df.options in _PEOPLE
	named = f"{df.fieldname} {df.get('fetch_from') or ''}".casefold()
	return df.options == "Email" or any(
		word in named for word in ("assign", "user", "owner", "employee", "email", "person")
	)


def _goal(board: Any) -> dict[str, Any] | None:
	"""The goal beside the checks, percent 0-100. Its value comes from a goal that the reader may read, or from
	the board itself."""
	if not board.target:
		return None
	value, as_of = None, None
	if board.goal:
		if frappe.has_permission("Goal", "read", board.goal):
			value, changed = frappe.db.get_value("Goal", board.goal, ["progress", "modified"])
			as_of = getdate(changed).isoformat()
	elif board.current_value:
		value = board.current_value
		as_of = board.value_as_of and getdate(board.value_as_of).isoformat()
	return {
		"label": _(board.goal_label or "OEE"),
		"target": round(float(board.target), 1),
		"value": None if value is None else round(float(value), 1),
		"as_of": as_of,
	}
