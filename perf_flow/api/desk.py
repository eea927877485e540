"""What the app's workspaces need to show their figures at once, in two requests instead of one for each.

A workspace of Frappe first reads itself, then each card and chart, then what each of them shows. The figures and the
documents handed out here are the same that these requests give, to the same reader.
"""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe.desk.query_report import get_script
from frappe.utils import cint

from perf_flow.api import require_person

MODULE = "Perf Flow"
METHODS = "perf_flow.api."


def _workspace(name: str) -> Any:
	"""A public workspace of the app that the reader may open. Raises PermissionError for any other."""
	require_person()
	found = frappe.db.exists("Workspace", {"name": name, "module": MODULE, "public": 1})
	if not found:
		raise frappe.PermissionError
	doc = frappe.get_cached_doc("Workspace", name)
	allowed = {row.role for row in doc.roles}
	if allowed and allowed.isdisjoint(frappe.get_roles()):
		raise frappe.PermissionError
	return doc


def _blocks(doc: Any, kind: str) -> list[dict[str, Any]]:
	"""The blocks of a kind in their order on the page: the document each shows, its label, its width."""
	rows = {
		row.label: row.get("number_card_name") or row.get("chart_name")
		for row in (*doc.number_cards, *doc.charts)
	}
	return [
		{"name": rows[data["data"][f"{kind}_name"]], "col": int(data["data"].get("col") or 4)}
		for data in json.loads(doc.content or "[]")
		if data["type"] == kind and data["data"][f"{kind}_name"] in rows
	]


@frappe.whitelist(methods=["GET"])
def figures(workspace: str, start: int | str = 0, length: int | str = 20) -> list[dict[str, Any]]:
	"""The number cards of a workspace with their values and the way to what is behind them, from the
	``start``-th on. Cards that the reader may not see are left out, as the workspace does it."""
	begin, end = cint(start), cint(start) + cint(length)
	shown = []
	for block in _blocks(_workspace(workspace), "number_card")[begin:end]:
		card = frappe.get_cached_doc("Number Card", block["name"])
		if not (card.method or "").startswith(METHODS) or not frappe.has_permission("Number Card", doc=card):
			continue
		value = frappe.get_attr(card.method)()
		shown.append({**block, **value, "label": frappe._(card.label)})
	return shown


@frappe.whitelist(methods=["GET"])
def widgets(workspace: str) -> dict[str, Any]:
	"""The documents of a workspace's cards and charts that the reader may read, and the scripts of the
	charts' reports: what the desk would ask for one by one."""
	doc = _workspace(workspace)
	docs, scripts = [], {}
	for doctype, kind in (("Number Card", "number_card"), ("Dashboard Chart", "chart")):
		for block in _blocks(doc, kind):
			found = frappe.get_cached_doc(doctype, block["name"])
			if not frappe.has_permission(doctype, doc=found):
				continue
			docs.append(found.as_dict())
			report = found.get("report_name")
			if report and report not in scripts:
				scripts[report] = get_script(report)["script"]
	return {"docs": docs, "scripts": scripts}
