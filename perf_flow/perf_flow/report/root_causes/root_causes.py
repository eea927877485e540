"""Report “Root Causes”: which causes were given how often, by month, among the events that the viewer may read."""

from __future__ import annotations

from typing import Any

from frappe import _
from frappe.utils import escape_html

from perf_flow.flow import root_causes

MOST_LINES = 5


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message and chart, as Frappe's script reports give them."""
	found = root_causes.usage(filters or {})
	return columns(), found, message(found), chart(found)


def columns() -> list[dict[str, Any]]:
	"""The columns; what things are called is plain text, so that permissions on masters do not thin out the rows."""
	text = {"fieldtype": "Data"}
	return [
		{"fieldname": "title", "label": _("Cause", context="Root Cause"), **text, "width": 260},
		{"fieldname": "month", "label": _("Month"), **text, "width": 100},
		{"fieldname": "event_type_title", "label": _("Business event type"), **text, "width": 220},
		{"fieldname": "department", "label": _("Department"), **text, "width": 180},
		{"fieldname": "uses", "label": _("Times given"), "fieldtype": "Int", "width": 110},
	]


def message(found: list[dict[str, Any]]) -> str | None:
	"""What is shown, where it needs saying."""
	return None if found else escape_html(_("No cause was given yet among the events that you may see."))


def chart(found: list[dict[str, Any]]) -> dict[str, Any]:
	"""The trend of the causes that were given most."""
	if not found:
		return {"data": {}}
	months = sorted({row["month"] for row in found})
	totals: dict[str, int] = {}
	for row in found:
		totals[row["title"]] = totals.get(row["title"], 0) + row["uses"]
	most = sorted(totals, key=lambda title: (-totals[title], title))[:MOST_LINES]
	return {
		"data": {
			"labels": months,
			"datasets": [
				{
					"name": title,
					"values": [
						sum(r["uses"] for r in found if r["title"] == title and r["month"] == month)
						for month in months
					],
				}
				for title in most
			],
		},
		"type": "bar" if len(months) == 1 else "line",
		"fieldtype": "Int",
		"height": 220,
	}
