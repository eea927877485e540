"""What the form and list of business event types ask the server for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import frappe
from frappe import _

from perf_flow.engine.conditions import Condition, describe, parse_filters
from perf_flow.engine.errors import N_, FlowError
from perf_flow.flow import guidance, problems, watch
from perf_flow.flow import preview as looking
from perf_flow.flow.view import fieldtype

ADMINISTRATORS = ("System Manager", "Performance Administrator")
EVENT_TYPE = "Business Event Type"
MOST_PAGES = 2000
"""So many articles are offered as an SOP."""

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


# what an event type may name, and what is searched and told of it beside its name
_NAMED = {
	"Employee": ("employee_name", "department"),
	"Department": ("department_name", "company"),
	"Branch": (),
	"Company": ("abbr",),
	"KRA": (),
	"Goal": ("goal_name", "employee_name"),
}


@frappe.whitelist(methods=["GET", "POST"])
@frappe.validate_and_sanitize_search_inputs
def named(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: dict | list | str | None = None,
	**kwargs: Any,
) -> list[tuple[str, str]]:
	"""Link search: the employees, departments, branches, companies and goals that an event type can name. Those
	who configure event types need no role in HR for it; they learn names and departments, nothing else.

	Filters: ``company``, and for departments ``leaves`` (no groups).
	"""
	only_administrators()
	if doctype not in _NAMED:
		frappe.throw(_("An event type names no {0}.").format(_(doctype)), frappe.PermissionError)
	given = filters if isinstance(filters, dict) else {}
	columns = _NAMED[doctype]
	wanted: dict[str, Any] = {}
	if given.get("company") and frappe.get_meta(doctype).has_field("company"):
		wanted["company"] = given["company"]
	if doctype == "Department" and given.get("leaves"):
		wanted["is_group"] = 0
	if doctype == "Employee":
		wanted["status"] = "Active"
	like = f"%{(txt or '').strip()}%"
	rows = frappe.get_all(
		doctype,
		filters=wanted,
		or_filters={column: ["like", like] for column in ("name", *columns)},
		fields=["name", *columns],
		order_by="name",
		start=max(int(start or 0), 0),
		page_length=min(max(int(page_len or 20), 1), 50),
	)
	return [(str(r.name), ", ".join(str(r[c]) for c in columns if r[c] and r[c] != r.name)) for r in rows]


@frappe.whitelist(methods=["GET", "POST"])
def sop_pages(kind: str) -> list[dict[str, str]]:
	"""The published Help Articles or Wiki Pages that can be an SOP, by title. None where the site has no such."""
	only_administrators()
	if kind not in (guidance.ARTICLE, guidance.WIKI) or not frappe.db.exists("DocType", kind):
		return []
	rows = frappe.get_all(
		kind, filters={"published": 1}, fields=["name", "title"], order_by="title, name", limit=MOST_PAGES
	)
	return [{"value": row.name, "label": row.title or row.name} for row in rows]


@frappe.whitelist(methods=["GET", "POST"])
def linked_dates(doctype: str) -> list[dict[str, str]]:
	"""The dates of documents that name one of this kind, as options for a check: ``value`` (DocType:link:field) and
	``label`` in the reader's language."""
	only_administrators()
	found = []
	for linked, link in _links_to(doctype):
		meta = frappe.get_meta(linked)
		found.extend(
			{
				"value": f"{linked}:{link}:{df.fieldname}",
				"label": f"{_(linked)} › {_(df.label or df.fieldname)} ({linked}:{link}:{df.fieldname})",
			}
			for df in meta.fields
			if df.fieldtype in ("Date", "Datetime") and not df.get("is_virtual")
		)
	return found


def _links_to(doctype: str) -> list[tuple[str, str]]:
	"""The fields of other documents, custom ones included, that link to ``doctype``."""
	fields = frappe.get_all(
		"DocField",
		filters={"fieldtype": "Link", "options": doctype, "parenttype": "DocType"},
		fields=["parent", "fieldname"],
		limit=0,
	)
	custom = frappe.get_all(
		"Custom Field",
		filters={"fieldtype": "Link", "options": doctype},
		fields=["dt as parent", "fieldname"],
		limit=0,
	)
	documents = set(
		frappe.get_all(
			"DocType",
			filters={"istable": 0, "issingle": 0, "is_virtual": 0, "module": ["!=", "Perf Flow"]},
			pluck="name",
		)
	)
	return sorted({(row.parent, row.fieldname) for row in (*fields, *custom) if row.parent in documents})


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
	"""What the list shows beside on and off: ``{"problems": {type: {count, problem, since}}, "pilots": [type, …]}``.

	Problems are told to those who may read them, as text of the latest one, and since when.
	"""
	frappe.has_permission(EVENT_TYPE, "read", throw=True)
	noted: dict[str, dict[str, Any]] = {}
	if frappe.has_permission("Event Type Problem", "read"):
		for row in _problems({}):
			told = noted.setdefault(
				row.event_type, {"count": 0, "problem": row.problem, "since": str(row.since)}
			)
			told["count"] += 1
	pilots = frappe.get_all(
		"Event Pilot Scope",
		filters={"parenttype": EVENT_TYPE},
		pluck="parent",
		distinct=True,
		order_by="parent",
	)
	return {"problems": noted, "pilots": pilots}


# --- what is wrong --------------------------------------------------------------------------------

_WHAT_TO_DO = {
	"Event type": N_(
		"Something that the type names is gone or has changed: a document type, a field, a role. Choose it anew, or put it back, and save."
	),
	"Condition": N_(
		"A condition or the additional expression cannot be worked out on some documents. Look at the expression first: fields may be empty."
	),
	"Person": N_(
		"The way to the person concerned or a collaborator cannot be followed. Look at “Whom it concerns”."
	),
	"Evidence": N_("A requirement that ERP data should satisfy cannot be looked up. Look at “Evidence”."),
	"Linked document": N_(
		"A requirement that ERP data should satisfy cannot be looked up. Look at “Evidence”."
	),
	"Recording": N_("The event could not be recorded. Look at the people, the hours and the requirements."),
	"Sweep": N_(
		"The regular search for changed documents failed for this type. Look at conditions and date field."
	),
}


def _problems(filters: dict[str, Any]) -> list[Any]:
	return frappe.get_all(
		"Event Type Problem",
		filters=filters,
		fields=[
			"event_type",
			"area",
			"problem",
			"since",
			"last_time",
			"times",
			"reference_doctype",
			"reference_name",
		],
		order_by="last_time desc",
		limit=500,
	)


@frappe.whitelist(methods=["GET"])
def problems_of(event_type: str) -> list[dict[str, Any]]:
	"""What is wrong with a type, the latest first: where, why, since when, how often, and what to do."""
	only_administrators()
	return [
		{
			**row,
			"area": _(row.area),
			"document": f"{_(row.reference_doctype)} {row.reference_name}" if row.reference_name else "",
			"to_do": _(_WHAT_TO_DO.get(row.area, "")) if row.area in _WHAT_TO_DO else "",
		}
		for row in _problems({"event_type": event_type})[:20]
	]


@frappe.whitelist(methods=["POST"])
def check_again(event_type: str) -> dict[str, Any]:
	"""Compile a type anew and try it on the documents of the last 30 days. If it can be carried out again its
	problems are forgotten; returns ``{"mended": bool, "problem": text}``."""
	only_administrators()
	doc = frappe.get_doc(EVENT_TYPE, event_type)
	text = looking.trouble(doc, may_read)
	if text is None:
		watch.forget()
		problems.forget(event_type)
	return {"mended": text is None, "problem": text or ""}


# --- switching ------------------------------------------------------------------------------------

_PILOTS = ("Department", "Branch", "Employee")


@frappe.whitelist(methods=["POST"])
def duplicate(event_type: str, title: str) -> str:
	"""Make a copy of a type under another title, with everything but its history; it is switched off. Returns
	its name. Raises PermissionError for whoever may not make types, ValidationError when the title is taken."""
	only_administrators()
	title = title.strip()
	if not title:
		frappe.throw(_("Give the copy a title."))
	if frappe.db.exists(EVENT_TYPE, title):
		frappe.throw(_("There is already an event type “{0}”. Choose another title.").format(_(title)))
	copy = frappe.copy_doc(frappe.get_doc(EVENT_TYPE, event_type), ignore_no_copy=False)
	copy.update({"title": title, "enabled": 0, "template": None})
	copy.insert()
	return str(copy.name)


@frappe.whitelist(methods=["POST"])
def switch_on_for_pilot(event_type: str, scope: str) -> None:
	"""Switch a type on for some departments, branches or employees: ``scope`` is JSON ``{"Department": [name, …],
	"Branch": […], "Employee": […]}``. What limited it before is replaced."""
	only_administrators()
	doc = frappe.get_doc(EVENT_TYPE, event_type)
	doc.set("pilot_scope", pilot_rows(scope))
	doc.enabled = 1
	doc.save()


def pilot_rows(scope: str) -> list[dict[str, str]]:
	"""The rows of a pilot. Raises ValidationError when it names nobody, or something that does not exist."""
	given = frappe.parse_json(scope)
	rows = []
	for kind in _PILOTS:
		for name in (given.get(kind) if isinstance(given, dict) else None) or []:
			if not isinstance(name, str) or not frappe.db.exists(kind, name):
				frappe.throw(_("{0} {1} does not exist.").format(_(kind), name))
			rows.append({"scope_type": kind, "scope_name": name})
	if not rows:
		frappe.throw(_("Choose at least one department, branch or employee for the pilot."))
	return rows


@frappe.whitelist(methods=["POST"])
def widen(event_type: str) -> None:
	"""End the pilot: the type is for everybody from now on. What was recorded as pilot stays so."""
	only_administrators()
	doc = frappe.get_doc(EVENT_TYPE, event_type)
	doc.set("pilot_scope", [])
	doc.save()


# --- the live preview -----------------------------------------------------------------------------


@frappe.whitelist(methods=["POST"])
def preview(doc: str) -> dict[str, Any]:
	"""What an event type would have done in the last 30 days, saved or not: see perf_flow.flow.preview.

	``doc`` is the form's document as JSON. It is only read; nothing is kept of it, and nothing is written.
	"""
	only_administrators()
	savepoint = f"perf_flow_{frappe.generate_hash(length=8)}"
	frappe.db.savepoint(savepoint)
	try:
		return looking.preview(given(doc), may_read)
	finally:
		frappe.db.rollback(save_point=savepoint)


def given(doc: str) -> Any:
	"""A Business Event Type from what the form sent. Raises ValidationError for anything else."""
	try:
		values = frappe.parse_json(doc)
	except ValueError:
		values = None
	if not isinstance(values, dict):
		frappe.throw(_("The event type could not be read. Reload the page."))
	return frappe.get_doc({**values, "doctype": EVENT_TYPE})


def may_read(doc: Any) -> bool:
	"""Whether the reader may read an ERP document."""
	return bool(frappe.has_permission(doc.doctype, "read", doc=doc))
