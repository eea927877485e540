"""Report “How Events Were Found”: by the document's own change, by the sweep, by a schedule or by hand."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from perf_flow.engine.model import Source
from perf_flow.flow import figures
from perf_flow.flow.figures import Selection

GROUPS = {
	"Event Type": "event_type",
	"Company": "company",
	"Department": "department",
	"Line Manager": "manager",
}
"""Choices of the filter “Group by”, and the dimension of each."""

BARS = 10
"""So many groups at most are drawn, those with most events found by the sweep."""

SOURCES = {
	Source.HOOK: "document",
	Source.SWEEP: "sweep",
	Source.SCHEDULE: "schedule",
	Source.MANUAL: "manual",
}
"""How an event can have been found, and the column of each."""


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense.
	"""
	filters = filters or {}
	group = filters.get("group_by") or "Event Type"
	if group not in GROUPS:
		frappe.throw(_("“{0}” is not a way to group the figures.").format(str(group)))
	chosen = figures.selection(filters)
	dimension = GROUPS[group]
	rows, total = table(chosen, dimension)
	shown = [*rows, total] if len(rows) > 1 else rows
	return columns(group), shown, message(rows), chart(rows, dimension, chosen), summary(total)


def table(chosen: Selection, dimension: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
	"""The rows, most found by the sweep first, and their total."""
	counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SOURCES.values(), 0))
	for value, source, count in figures.sources(chosen, dimension):
		counts[value][SOURCES[Source(source)]] += count
	labels = figures.labels(dimension, counts)
	rows = [_row(value, labels[value], numbers) for value, numbers in counts.items()]
	rows.sort(key=lambda row: (-row["sweep"], -row["recorded"], row["label"].casefold(), row["group"]))
	whole = {name: sum(row[name] for row in rows) for name in SOURCES.values()}
	total = _row("", _("All groups"), whole)
	total["is_total"] = 1
	return rows, total


def _row(group: str, label: str, numbers: dict[str, int]) -> dict[str, Any]:
	recorded = sum(numbers.values())
	share = 100 * numbers["sweep"] / recorded if recorded else None
	return {"group": group, "label": label, "recorded": recorded, **numbers, "share": share}


def columns(group: str) -> list[dict[str, Any]]:
	"""The columns; labels are plain text, so that user permissions on companies do not thin out the rows."""
	first = {
		"Event Type": _("Business event type"),
		"Company": _("Company"),
		"Department": _("Department"),
		"Line Manager": _("Line manager"),
	}[group]
	number = {"fieldtype": "Int", "width": 150}
	return [
		{"fieldname": "label", "label": first, "fieldtype": "Data", "width": 260},
		{"fieldname": "recorded", "label": _("Events recorded"), **number},
		{"fieldname": "document", "label": _("As the document changed"), **number, "width": 220},
		{"fieldname": "sweep", "label": _("By the sweep"), **number},
		{"fieldname": "schedule", "label": _("By a schedule"), **number},
		{"fieldname": "manual", "label": _("By hand"), **number},
		{
			"fieldname": "share",
			"label": _("Share of the sweep"),
			"fieldtype": "Percent",
			"precision": 1,
			"width": 170,
		},
	]


def chart(rows: list[dict[str, Any]], dimension: str, chosen: Selection) -> dict[str, Any]:
	"""What the sweep found, in percent of each group's events; ``behind`` are the filters of these events."""
	drawn = [row for row in rows if row["sweep"]][:BARS]
	if not drawn:
		return {"data": {}}
	return {
		"data": {
			"labels": [row["label"] for row in drawn],
			"datasets": [
				{"name": _("Share of the sweep"), "values": [round(row["share"], 1) for row in drawn]}
			],
		},
		"type": "bar",
		"fieldtype": "Percent",
		"colors": [figures.BLUE],
		"behind": [
			figures.list_filters(
				chosen, **{dimension: figures.exactly(row["group"])}, source=Source.SWEEP.value
			)
			for row in drawn
		],
	}


def summary(total: dict[str, Any]) -> list[dict[str, Any]]:
	"""The cards above the chart."""
	share = total["share"]
	return [
		{"label": _("Events recorded"), "value": total["recorded"], "datatype": "Int"},
		{"label": _("By the sweep"), "value": total["sweep"], "datatype": "Int"},
		{
			"label": _("Share of the sweep"),
			"value": "—" if share is None else round(share, 1),
			"datatype": "Data" if share is None else "Percent",
		},
	]


def message(rows: list[dict[str, Any]]) -> str:
	"""What the sweep is, and what its share says."""
	sentences = [
		_(
			"Some changes reach documents without telling anybody: overdue invoices, percentages billed, imports. The sweep compares documents with what was last seen and records these events some minutes later."
		),
		_(
			"A share near 100% is normal for event types that watch such values. Where it rises for other types, ask an administrator to look at the jobs and at who writes into the database."
		),
		_("Void events are counted here, practice events are not."),
	]
	text = " ".join(escape_html(sentence) for sentence in sentences)
	return text if rows else text + figures.nothing_recorded()
