"""Report “Where Chains Stall”: how many business events wait in each step, and how long the steps take."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from perf_flow.engine import health as engine
from perf_flow.engine.health import ChainTimes, StageFigures
from perf_flow.flow import figures
from perf_flow.flow.figures import Moment, Selection

GROUPS = {
	"": None,
	"Company": "company",
	"Department": "department",
	"Event Type": "event_type",
	"Line Manager": "manager",
}
"""Choices of the filter “Group by”, and the dimension of each."""


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense.
	"""
	filters = filters or {}
	group = filters.get("group_by") or ""
	if group not in GROUPS:
		frappe.throw(_("“{0}” is not a way to group the figures.").format(str(group)))
	chosen = figures.selection(filters)
	moment = Moment.now()
	dimension = GROUPS[group]
	total, parts = stages(chosen, dimension, moment)
	rows = []
	if any(step.waiting or step.finished for step in total):
		labels = figures.labels(dimension, parts) if dimension else {}
		rows = [
			_row(value, labels.get(value, ""), step)
			for value in sorted(
				parts, key=lambda value: (-_waiting(parts[value]), labels.get(value, "").casefold())
			)
			for step in parts[value]
		]
	return columns(group), rows, message(chosen), chart(total), summary(total)


def stages(
	chosen: Selection, dimension: str | None, moment: Moment
) -> tuple[list[StageFigures], dict[str, list[StageFigures]]]:
	"""The figures of each step, of all selected events and for each value of the dimension."""
	found = figures.times(chosen, dimension)
	if dimension is None:
		total = engine.stages(found, moment.utc)
		return total, {"": total}
	parts: dict[str, list[ChainTimes]] = defaultdict(list)
	everything = list(found)
	for chain in everything:
		parts[getattr(chain, dimension)].append(chain)
	total = engine.stages(everything, moment.utc)
	return total, {value: engine.stages(chains, moment.utc) for value, chains in parts.items()}


def _waiting(steps: list[StageFigures]) -> int:
	return sum(step.waiting for step in steps)


def _row(group: str, label: str, step: StageFigures) -> dict[str, Any]:
	return {
		"group": group,
		"label": label,
		"stage": step.stage.value,
		"step": _(step.stage.value),
		"waiting": step.waiting,
		"overdue": step.overdue,
		"finished": step.finished,
		"median_hours": step.median_hours,
	}


def columns(group: str) -> list[dict[str, Any]]:
	"""The columns; labels are plain text, so that user permissions on companies do not thin out the rows."""
	first = {
		"Company": _("Company"),
		"Department": _("Department"),
		"Event Type": _("Business event type"),
		"Line Manager": _("Line manager"),
	}
	found: list[dict[str, Any]] = []
	if group:
		found.append({"fieldname": "label", "label": first[group], "fieldtype": "Data", "width": 230})
	return [
		*found,
		{"fieldname": "step", "label": _("Step of the flow"), "fieldtype": "Data", "width": 160},
		{"fieldname": "waiting", "label": _("Waiting now"), "fieldtype": "Int", "width": 120},
		{"fieldname": "overdue", "label": _("Of these past target"), "fieldtype": "Int", "width": 180},
		{"fieldname": "finished", "label": _("Steps finished"), "fieldtype": "Int", "width": 120},
		{
			"fieldname": "median_hours",
			"label": _("Median hours"),
			"fieldtype": "Float",
			"precision": 1,
			"width": 180,
		},
	]


def chart(total: list[StageFigures]) -> dict[str, Any]:
	"""Waiting events by step, those past their target apart."""
	if not _waiting(total):
		return {"data": {}}
	return {
		"data": {
			"labels": [_(step.stage.value) for step in total],
			"datasets": [
				{"name": _("Within time"), "values": [s.waiting - s.overdue for s in total]},
				{"name": _("Past target"), "values": [s.overdue for s in total]},
			],
		},
		"type": "bar",
		"fieldtype": "Int",
		"colors": ["#2490ef", "#e24c4c"],
		"barOptions": {"stacked": 1},
	}


def summary(total: list[StageFigures]) -> list[dict[str, Any]]:
	"""The cards above the chart: what waits, and the slowest step."""
	waiting, overdue = _waiting(total), sum(step.overdue for step in total)
	cards: list[dict[str, Any]] = [
		{"label": _("Waiting now"), "value": waiting, "datatype": "Int"},
		{
			"label": _("Of these past target"),
			"value": overdue,
			"datatype": "Int",
			"indicator": "Red" if overdue else "",
		},
	]
	timed = [step for step in total if step.median_hours is not None]
	if timed:
		slowest = max(timed, key=lambda step: step.median_hours or 0)
		hours = round(slowest.median_hours or 0, 1)
		cards.append(
			{
				"label": _("Slowest step"),
				"value": _("{0}: {1} hours").format(_(slowest.stage.value), hours),
				"datatype": "Data",
			}
		)
	return cards


def message(chosen: Selection) -> str:
	"""What the figures mean, and what lies outside of them."""
	sentences = [
		_(
			"Waiting now are the open events, by the step they stand at; past target are those whose time for the whole chain has passed."
		),
		_(
			"The median is over the finished steps, in calendar hours since the step before was finished; half of them were quicker."
		),
		_("Void and practice events are left out."),
	]
	older = figures.older_open(chosen)
	if older:
		sentences.append(
			_("{0} older events are still open: set an earlier first week to see them.").format(older)
		)
	return "<br>".join(escape_html(sentence) for sentence in sentences)
