"""Report “Where Chains Stall”: from recorded to closed, how many business events wait in each step, and how long
the steps take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from perf_flow.engine import health as engine
from perf_flow.engine.health import ChainTimes, FunnelStep, Milestone, StageFigures, Stalls
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

PICTURES = ("Waiting", "Funnel", "Hours")
"""Choices of the filter “Chart”."""

PASSED = {
	Milestone.RECORDED: {"state": ["!=", "Void"]},
	Milestone.EVIDENCE: {"stage": ["in", ["Mark", "Confirmation", "Closed"]]},
	Milestone.MARK: {"stage": ["in", ["Confirmation", "Closed"]]},
	Milestone.CONFIRMATION: {"stage": ["in", ["Closed"]]},
	Milestone.CLOSED: {"state": "Closed"},
}
"""The filters of the events that have passed a milestone."""


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense.
	"""
	filters = filters or {}
	group = filters.get("group_by") or ""
	if group not in GROUPS:
		frappe.throw(_("“{0}” is not a way to group the figures.").format(str(group)))
	picture = filters.get("picture") or PICTURES[0]
	if picture not in PICTURES:
		frappe.throw(_("“{0}” is not a chart of this report.").format(str(picture)))
	chosen = figures.selection(filters)
	moment = Moment.now()
	dimension = GROUPS[group]
	total, parts = stalls(chosen, dimension, moment)
	rows = []
	if total.recorded:
		labels = figures.labels(dimension, parts) if dimension else {}
		rows = [
			_row(value, labels.get(value, ""), step)
			for value in sorted(
				parts, key=lambda value: (-_waiting(parts[value]), labels.get(value, "").casefold())
			)
			for step in parts[value]
		]
	return (
		columns(group),
		rows,
		message(total, chosen, moment),
		chart(total, picture, chosen),
		summary(total),
	)


def stalls(
	chosen: Selection, dimension: str | None, moment: Moment
) -> tuple[Stalls, dict[str, tuple[StageFigures, ...]]]:
	"""The figures of all selected events, and of each step for each value of the dimension."""
	found = figures.times(chosen, dimension)
	if dimension is None:
		total = engine.stalls(found, moment.utc)
		return total, {"": total.steps}
	parts: dict[str, list[ChainTimes]] = defaultdict(list)
	everything = list(found)
	for chain in everything:
		parts[getattr(chain, dimension)].append(chain)
	total = engine.stalls(everything, moment.utc)
	return total, {value: engine.stalls(chains, moment.utc).steps for value, chains in parts.items()}


def _waiting(steps: Sequence[StageFigures]) -> int:
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


def chart(total: Stalls, picture: str, chosen: Selection) -> dict[str, Any]:
	"""One of PICTURES; ``behind`` are the filters of the events of each bar."""
	steps = total.steps
	if not total.recorded or (picture == "Waiting" and not _waiting(steps)):
		return {"data": {}}
	common = {"type": "bar", "fieldtype": "Int", "colors": [figures.BLUE]}
	if picture == "Funnel":
		funnel = total.funnel()
		return {
			**common,
			"data": {
				"labels": [f"{_word(step.milestone)}: {step.count}" for step in funnel],
				"datasets": [{"name": _("Business events"), "values": [step.count for step in funnel]}],
			},
			"behind": [figures.list_filters(chosen, **PASSED[step.milestone]) for step in funnel],
		}
	if picture == "Hours":
		named = [(_(step.stage.value), step.median_hours) for step in steps]
		named.append((_("Whole chain"), total.median_hours))
		timed = [
			(label, round(hours, 1), passed)
			for (label, hours), passed in zip(named, list(PASSED.values())[1:], strict=True)
			if hours is not None
		]
		if not timed:
			return {"data": {}}
		return {
			**common,
			"fieldtype": "Float",
			"data": {
				"labels": [label for label, _hours, _passed in timed],
				"datasets": [
					{"name": _("Median hours"), "values": [hours for _label, hours, _passed in timed]}
				],
			},
			"behind": [figures.list_filters(chosen, **passed) for _label, _hours, passed in timed],
		}
	return {
		**common,
		"data": {
			"labels": [_(step.stage.value) for step in steps],
			"datasets": [
				{"name": _("Within time"), "values": [step.waiting - step.overdue for step in steps]},
				{"name": _("Past target"), "values": [step.overdue for step in steps]},
			],
		},
		"colors": [figures.BLUE, figures.RED],
		"barOptions": {"stacked": 1},
		"behind": [figures.list_filters(chosen, state="Open", stage=step.stage.value) for step in steps],
	}


def summary(total: Stalls) -> list[dict[str, Any]]:
	"""The cards above the chart: what waits, and the slowest step."""
	waiting, overdue = _waiting(total.steps), sum(step.overdue for step in total.steps)
	cards: list[dict[str, Any]] = [
		{"label": _("Waiting now"), "value": waiting, "datatype": "Int"},
		{
			"label": _("Of these past target"),
			"value": overdue,
			"datatype": "Int",
			"indicator": "Red" if overdue else "",
		},
	]
	timed = [step for step in total.steps if step.median_hours is not None]
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


def message(total: Stalls, chosen: Selection, moment: Moment) -> str:
	"""The funnel, what the figures mean, and what lies outside of them."""
	sentences = [
		_(
			"Waiting now are the open events, by the step they stand at; past target are those whose time for the whole chain has passed."
		),
		_(
			"A step that an event type does not ask for counts as passed; after a redo an event stands at its evidence again."
		),
		_(
			"The median is over the finished steps, in calendar hours since the step before was finished; half of them were quicker."
		),
		_("Void and practice events are left out."),
	]
	found = [_funnel(total, chosen, moment)] if total.recorded else [figures.nothing_recorded()]
	older = figures.older_open(chosen)
	if older:
		text = _("{0} older events are still open: set an earlier first week to see them.").format(older)
		found.append(f"<p>{escape_html(text)}</p>")
	items = "".join(f"<li>{escape_html(sentence)}</li>" for sentence in sentences)
	found.append(
		f'<details class="perf-flow-definition"><summary><u>{escape_html(_("How it is counted"))}</u></summary>'
		f'<ul class="mt-2 mb-0">{items}</ul></details>'
	)
	return "".join(found)


def _funnel(total: Stalls, chosen: Selection, moment: Moment) -> str:
	"""The milestones as bars of their own width, and between them who waits; each number leads to its events."""
	now = moment.site.strftime("%Y-%m-%d %H:%M:%S")
	lines = []
	waiting = iter(total.steps)
	for step in total.funnel():
		lines.append(_milestone(step, total, chosen))
		before = next(waiting, None) if step.milestone is not Milestone.CLOSED else None
		if before is None or not before.waiting:
			continue
		here = figures.list_filters(chosen, state="Open", stage=before.stage.value)
		text = _link(here, _("{0} wait for: {1}").format(before.waiting, _(before.stage.value)))
		if before.overdue:
			past = {**here, "target_at": ["<", now]}
			text += f' · <b class="pf-late">{_link(past, _("{0} past target").format(before.overdue))}</b>'
		lines.append(f'<li class="pf-funnel-wait">{text}</li>')
	name = escape_html(_("From recorded to closed"))
	return f'<div class="perf-flow pf-funnel"><ol aria-label="{name}">{"".join(lines)}</ol></div>'


def _word(milestone: Milestone) -> str:
	# an order that is closed is something else, and has another word in some languages
	return str(_("Closed", context="Business Event") if milestone is Milestone.CLOSED else _(milestone.value))


def _milestone(step: FunnelStep, total: Stalls, chosen: Selection) -> str:
	filters = figures.list_filters(chosen, **PASSED[step.milestone])
	percent = step.percent or 0.0
	notes = []
	if step.milestone is Milestone.CLOSED and step.count:
		notes.append(_("{0} of them in time").format(total.in_time))
	if step.median_hours is not None:
		hours = f"{step.median_hours:.1f}"
		whole = step.milestone is Milestone.CLOSED
		notes.append((_("median {0} hours in all") if whole else _("median {0} hours")).format(hours))
	return (
		f'<li class="pf-funnel-step"><span class="pf-funnel-name">{escape_html(_word(step.milestone))}</span>'
		f'<span class="pf-funnel-bar" aria-hidden="true"><span style="width:{percent:.1f}%"></span></span>'
		f'<span class="pf-funnel-count">{_link(filters, str(step.count))} <span>{percent:.0f}%</span></span>'
		f'<span class="pf-funnel-hours">{escape_html(" · ".join(notes))}</span></li>'
	)


def _link(filters: dict[str, Any], text: str) -> str:
	return f'<a href="{escape_html(figures.events_url(filters))}">{escape_html(text)}</a>'
