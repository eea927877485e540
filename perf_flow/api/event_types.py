"""What the form and list of business event types ask the server for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import frappe
from frappe import _

from perf_flow.engine.conditions import Condition, describe, parse_filters
from perf_flow.engine.errors import FlowError
from perf_flow.flow import problems
from perf_flow.flow.view import fieldtype

ADMINISTRATORS = ("System Manager", "Performance Administrator")
EVENT_TYPE = "Business Event Type"

_DOCSTATUS = {"0": "Draft", "1": "Submitted", "2": "Cancelled"}


def only_administrators() -> None:
	"""Raises frappe.PermissionError for whoever may not configure event types."""
	if set(ADMINISTRATORS).isdisjoint(frappe.get_roles()):
		frappe.throw(
			_("Only a System Manager or Performance Administrator configures business event types."),
			frappe.PermissionError,
		)


@frappe.whitelist(methods=["GET", "POST"])
@frappe.validate_and_sanitize_search_inputs
def document_types(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: dict | list | str | None = None,
	**kwargs: Any,
) -> list[tuple[str, str]]:
	"""Link search: DocTypes whose documents can be watched or be evidence, by name in English or in the
	viewer's language; with a filter ``only`` those of a list. Administrators of the flow need no
	permission on the DocType list for it."""
	only_administrators()
	wanted: dict[str, Any] = {"istable": 0, "issingle": 0, "is_virtual": 0, "module": ["!=", "Perf Flow"]}
	if isinstance(filters, dict) and filters.get("only"):
		wanted["name"] = ["in", filters["only"]]
	names = frappe.get_all("DocType", filters=wanted, fields=["name", "module"])
	return _found([(r.name, _(r.module)) for r in names], txt, start, page_len)


@frappe.whitelist(methods=["GET", "POST"])
@frappe.validate_and_sanitize_search_inputs
def roles(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: dict | list | str | None = None,
	**kwargs: Any,
) -> list[tuple[str, str]]:
	"""Link search: roles that can be asked, with how many active employees with a login hold each."""
	only_administrators()
	names = frappe.get_all("Role", filters={"disabled": 0, "desk_access": 1}, pluck="name")
	holders = dict(
		frappe.db.sql(
			"""select r.role, count(distinct e.name) from `tabHas Role` r
			join `tabEmployee` e on e.user_id = r.parent and e.status = 'Active'
			join `tabUser` u on u.name = e.user_id and u.enabled = 1
			where r.parenttype = 'User' group by r.role"""
		)
	)
	automatic = {"All", "Guest", "Administrator", "Desk User"}
	found = [(n, _("{0} employees").format(holders.get(n, 0))) for n in names if n not in automatic]
	return _found(found, txt, start, page_len)


def _found(choices: list[tuple[str, str]], txt: str, start: int, page_len: int) -> list[tuple[str, str]]:
	"""The choices whose name or translated name contains ``txt``, those that begin with it first."""
	wanted = (txt or "").strip().casefold()
	ranked = []
	for name, description in choices:
		places = [text.casefold().find(wanted) for text in (name, _(name))]
		if max(places) >= 0:
			ranked.append((0 not in places, _(name).casefold(), (name, description)))
	ranked.sort()
	start = max(int(start or 0), 0)
	return [choice for _later, _label, choice in ranked][start : start + max(int(page_len or 20), 1)]


@frappe.whitelist(methods=["GET", "POST"])
def conditions_in_words(doctype: str, filters: str | list | None = None) -> dict[str, Any]:
	"""Filter rows as sentences in the viewer's language, or why they cannot be read.

	Returns ``{"rows": [text, …], "problem": text or None}``.
	"""
	frappe.has_permission(EVENT_TYPE, "read", throw=True)
	try:
		conditions = parse_filters(filters, doctype)
		for c in conditions:
			if not frappe.db.exists("DocType", c.doctype):
				return {"rows": [], "problem": _("The document type {0} does not exist.").format(c.doctype)}
		described = describe([_readable(c) for c in conditions], label=_label)
	except FlowError as e:
		return {"rows": [], "problem": problems.text_of(e)}
	return {"rows": [_(template).format(*args) for template, args in described], "problem": None}


def _label(doctype: str, fieldname: str) -> str:
	if fieldname == "docstatus":
		return _("Document Status")
	return _(frappe.get_meta(doctype).get_label(fieldname), context=doctype)


def _readable(condition: Condition) -> Condition:
	"""The condition with its values as people read them: “Yes”, “Submitted”, translated options."""
	value = condition.value
	kind = fieldtype(condition.doctype, condition.fieldname)
	if condition.fieldname == "docstatus":
		return replace(condition, value=_each(value, lambda v: _(_DOCSTATUS.get(str(v), str(v)))))
	if kind == "Check":
		return replace(condition, value=_each(value, _yes_or_no))
	if kind == "Select" and condition.operator in ("=", "!=", "in", "not in"):
		return replace(condition, value=_each(value, lambda v: _(str(v)) if v else v))
	return condition


def _yes_or_no(value: Any) -> str:
	return _("Yes", context="Condition") if str(value) in ("1", "True") else _("No", context="Condition")


def _each(value: Any, word: Any) -> Any:
	return tuple(word(v) for v in value) if isinstance(value, tuple) else word(value)


@frappe.whitelist(methods=["GET", "POST"])
def states() -> dict[str, Any]:
	"""What the list shows beside on and off: ``{"problems": {type: how many}, "pilots": [type, …]}``.

	Problems are told to those who may read them.
	"""
	frappe.has_permission(EVENT_TYPE, "read", throw=True)
	noted: dict[str, int] = {}
	if frappe.has_permission("Event Type Problem", "read"):
		for row in frappe.get_all(
			"Event Type Problem", fields=["event_type", "count(name) as problems"], group_by="event_type"
		):
			noted[row.event_type] = row.problems
	pilots = frappe.get_all(
		"Event Pilot Scope",
		filters={"parenttype": EVENT_TYPE},
		pluck="parent",
		distinct=True,
		order_by="parent",
	)
	return {"problems": noted, "pilots": pilots}
