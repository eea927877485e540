"""Ready event types for the desk: look at them, switch them on. For administrators."""

from __future__ import annotations

import time
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from perf_flow.api.event_types import conditions_in_words, may_read, only_administrators, pilot_rows
from perf_flow.engine.errors import N_, FlowError
from perf_flow.flow import preview, problems, service, templates, trial
from perf_flow.flow.watch import compile_type

COUNT_SECONDS = 6.0


@frappe.whitelist(methods=["GET", "POST"])
def gallery() -> list[dict[str, Any]]:
	"""All templates by industry, in the viewer's language, with what this site made of each."""
	only_administrators()
	made = _made()
	described: dict[str, dict[str, Any]] = {}
	for found in templates.available():
		described[found.key] = {
			**_described(found),
			**made.get(found.key, {"event_type": None, "enabled": 0, "pilot": False}),
		}
	return [
		{
			"industry": industry.key,
			"title": _(industry.title),
			"description": _(industry.description),
			"templates": [described[t.key] for t in industry.templates],
		}
		for industry in templates.industries()
	]


@frappe.whitelist(methods=["GET"])
def counts() -> dict[str, int | None]:
	"""How many documents of the last 30 days each template would have matched on this site; None where that
	cannot be said: the template does not fit the site, or counting would take too long."""
	only_administrators()
	until = time.monotonic() + COUNT_SECONDS
	counted: dict[str, int | None] = {}
	for found in templates.available():
		counted[found.key] = None
		if time.monotonic() > until or templates.problem(found):
			continue
		try:
			doc = templates.document(found)
			trial.prepare_type(doc)
			counted[found.key] = trial.count(compile_type(doc), preview.DAYS)
		except trial.TooMany:
			continue
	return counted


@frappe.whitelist(methods=["GET"])
def look(template: str) -> dict[str, Any]:
	"""What a template would have done in the last 30 days: see perf_flow.flow.preview."""
	only_administrators()
	try:
		return preview.preview(templates.document(templates.by_key(template)), may_read)
	except FlowError as e:
		service.throw(e)


@frappe.whitelist(methods=["POST"])
def take(template: str) -> str:
	"""Make the event type of a template, switched off, to change it first; returns its name."""
	only_administrators()
	try:
		return templates.take(template)
	except FlowError as e:
		service.throw(e)


@frappe.whitelist(methods=["POST"])
def switch_on_several(chosen: str, pilot: str | None = None) -> dict[str, Any]:
	"""Switch several templates on, ``chosen`` being the JSON list of their keys; with ``pilot`` (as in
	event_types.switch_on_for_pilot) for some people only. Returns the names of the event types, and the reasons
	why others could not be switched on; those that could are kept."""
	only_administrators()
	keys = frappe.parse_json(chosen)
	if not isinstance(keys, list) or not keys:
		frappe.throw(_("Choose at least one event type."))
	rows = pilot_rows(pilot) if pilot else []
	on: list[str] = []
	refused: list[dict[str, str]] = []
	for key in keys:
		try:
			on.append(templates.switch_on(str(key), pilot=rows))
		except FlowError as e:
			refused.append({"title": _title(str(key)), "reason": problems.text_of(e)})
	return {"event_types": on, "refused": refused}


def _title(key: str) -> str:
	return next((_(t.title) for t in templates.available() if t.key == key), key)


@frappe.whitelist(methods=["POST"])
def switch_on(template: str, company: str | None = None) -> str:
	"""Switch a template on, for one company if one is given; returns the name of the event type."""
	only_administrators()
	try:
		return templates.switch_on(template, company or None)
	except FlowError as e:
		service.throw(e)


@frappe.whitelist(methods=["POST"])
def switch_on_industry(industry: str) -> dict[str, Any]:
	"""Switch on all templates of an industry, named by its key. Returns the names of the event types, and the reasons
	why others could not be switched on; those that could are kept."""
	only_administrators()
	try:
		chosen = templates.industry(industry).templates
	except FlowError as e:
		service.throw(e)
	on: list[str] = []
	refused: list[dict[str, str]] = []
	for found in chosen:
		try:
			on.append(templates.switch_on(found.key))
		except FlowError as e:
			refused.append({"title": _(found.title), "reason": problems.text_of(e)})
	return {"event_types": on, "refused": refused}


def _made() -> dict[str, dict[str, Any]]:
	"""What was made of the templates already: of several, the one that is switched on."""
	rows = frappe.get_all(
		templates.EVENT_TYPE,
		filters={"template": ["is", "set"]},
		fields=["name", "template", "enabled"],
		order_by="enabled, creation desc",
	)
	pilots = set(
		frappe.get_all("Event Pilot Scope", filters={"parenttype": templates.EVENT_TYPE}, pluck="parent")
	)
	return {
		r.template: {"event_type": r.name, "enabled": cint(r.enabled), "pilot": r.name in pilots}
		for r in rows
	}


def _described(found: templates.Template) -> dict[str, Any]:
	values = found.values
	wrong = templates.problem(found)
	return {
		"key": found.key,
		"title": _(found.title),
		"guidance": _(values.get("guidance") or ""),
		"doctype": _(found.doctype),
		"trigger": _(values["trigger"], context="Business Event Type"),
		"when": "" if wrong else _when(found),
		"whom": "" if wrong else _whom(found),
		"evidence": [_(row["label"]) for row in values.get("requirements", ())],
		"collaborators": [_(row["label"]) for row in values.get("collaborators", ())],
		"problem": wrong,
	}


_HAPPENS = {
	"Created": N_("A document of the type {0} is made."),
	"Submitted": N_("A document of the type {0} is submitted."),
	"Cancelled": N_("A document of the type {0} is cancelled."),
	"Updated After Submit": N_("A submitted document of the type {0} is changed."),
	"Condition Becomes True": N_("A document of the type {0} comes to fulfil:"),
	"Manual": N_("Somebody records it on a document of the type {0}."),
}
_REACHED = {
	("Days", "After"): N_("{0} days after “{1}” of a document of the type {2}."),
	("Days", "Before"): N_("{0} days before “{1}” of a document of the type {2}."),
	("Hours", "After"): N_("{0} hours after “{1}” of a document of the type {2}."),
	("Hours", "Before"): N_("{0} hours before “{1}” of a document of the type {2}."),
}
_FOUND_BY = {
	"Document Owner": N_("whoever made the document"),
	"Sales Team": N_("the first of the sales team"),
	"Project Manager": N_("the manager of the project"),
	"Assignees": N_("whom the document is assigned to"),
	"Named Employee": N_("a named employee"),
}


def _when(found: templates.Template) -> str:
	"""What has to happen, as sentences."""
	values = found.values
	kind = _(found.doctype)
	if values["trigger"] == "Date Reached":
		label = _(frappe.get_meta(found.doctype).get_label(values["date_field"]), context=found.doctype)
		way = (values.get("offset_unit") or "Days", values.get("offset_direction") or "After")
		happens = _(_REACHED[way]).format(frappe.format(values.get("offset") or 0, "Int"), label, kind)
	else:
		happens = _(_HAPPENS[values["trigger"]]).format(kind)
	document = templates.document(found)
	rows = conditions_in_words(found.doctype, document.filters)["rows"] if document.filters else []
	return " ".join([happens, _("; ").join(rows)]).strip()


def _whom(found: templates.Template) -> str:
	"""Who gives the evidence, in the order in which they are tried."""
	ways = []
	for row in found.values.get("recipients", ()):
		if row["source"] == "Field":
			ways.append(_("whoever is named in “{0}”").format(_field_label(found.doctype, row["fieldname"])))
		else:
			ways.append(_(_FOUND_BY[row["source"]]))
	text = ""
	for way in ways:
		text = _("{0}, otherwise {1}").format(text, way) if text else way
	return text[:1].upper() + text[1:]


def _field_label(doctype: str, path: str) -> str:
	table, _dot, fieldname = path.rpartition(".")
	meta = frappe.get_meta(doctype)
	if table:
		meta = frappe.get_meta(meta.get_field(table).options)
	return _(meta.get_label(fieldname), context=meta.name)
