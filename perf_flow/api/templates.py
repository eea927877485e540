"""Ready event types for the desk: look at them, switch them on. For administrators."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from perf_flow.api.event_types import only_administrators
from perf_flow.engine.errors import FlowError
from perf_flow.flow import problems, service, templates


@frappe.whitelist(methods=["GET", "POST"])
def gallery() -> list[dict[str, Any]]:
	"""All templates by industry, in the viewer's language, with what this site made of each."""
	only_administrators()
	made = _made()
	described: dict[str, dict[str, Any]] = {}
	for found in templates.available():
		described[found.key] = {
			**_described(found),
			**made.get(found.key, {"event_type": None, "enabled": 0}),
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
	return {r.template: {"event_type": r.name, "enabled": cint(r.enabled)} for r in rows}


def _described(found: templates.Template) -> dict[str, Any]:
	values = found.values
	return {
		"key": found.key,
		"title": _(found.title),
		"guidance": _(values.get("guidance") or ""),
		"doctype": _(found.doctype),
		"trigger": _(values["trigger"], context="Business Event Type"),
		"evidence": [_(row["label"]) for row in values.get("requirements", ())],
		"collaborators": [_(row["label"]) for row in values.get("collaborators", ())],
		"problem": templates.problem(found),
	}
