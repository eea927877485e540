"""Report “Flow Health” (绩效流健康度): the share of business events closed in time, of what the viewer may read."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate

from perf_flow.engine import health as engine
from perf_flow.engine.health import Health
from perf_flow.flow import figures
from perf_flow.flow.figures import Moment, Pair, Selection

GROUPS = {
	"Week": None,
	"Company": "company",
	"Department": "department",
	"Event Type": "event_type",
	"Line Manager": "manager",
}
"""Choices of the filter “Group by”, and the dimension of each; the week is none of them."""

BARS = 10
"""So many groups at most, the largest, are drawn."""


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense.
	"""
	filters = filters or {}
	group = filters.get("group_by") or "Week"
	if group not in GROUPS:
		frappe.throw(_("“{0}” is not a way to group the figures.").format(str(group)))
	chosen = figures.selection(filters)
	moment = Moment.now()
	rows, total, earlier = table(chosen, group, moment)
	shown = [*rows, total] if len(rows) > 1 else rows
	return columns(group), shown, message(rows), chart(rows, group, chosen), summary(total, earlier, chosen)


def table(
	chosen: Selection, group: str, moment: Moment
) -> tuple[list[dict[str, Any]], dict[str, Any], Health]:
	"""The rows, their total, and the figures of the weeks just before."""
	dimension = GROUPS[group]
	pairs = figures.outcomes(chosen, moment, dimension)
	past = figures.before(chosen)
	past_pairs = figures.outcomes(past, moment, dimension) if past else []
	if dimension is None:
		rows, figures_of, earlier = _weeks(chosen, pairs, past_pairs, moment)
	else:
		rows, figures_of, earlier = _groups(dimension, pairs, past_pairs, moment)
	total = _row("", _("All groups"), figures_of, _trend(figures_of, earlier))
	total["is_total"] = 1
	return rows, total, earlier


def _weeks(
	chosen: Selection, pairs: list[Pair], past_pairs: list[Pair], moment: Moment
) -> tuple[list[dict[str, Any]], Health, Health]:
	weeks = engine.weekly(figures.chains([*past_pairs, *pairs]), moment.utc, figures.site_zone())
	rows = []
	current, earlier = Health(), Health()
	for week in weeks:
		if chosen.first is not None and week.start < chosen.first:
			earlier += week.health
			continue
		current += week.health
		row = _row(week.start.isoformat(), week_label(week.start), week.health, week.trend)
		row["from_date"] = week.start
		row["to_date"] = week.start + timedelta(days=6)
		row["short"] = _("W{0}").format(week.start.isocalendar().week)
		rows.append(row)
	return rows, current, earlier


def _groups(
	dimension: str, pairs: list[Pair], past_pairs: list[Pair], moment: Moment
) -> tuple[list[dict[str, Any]], Health, Health]:
	def key(chain: engine.ChainTimes) -> str:
		return str(getattr(chain, dimension))

	now = engine.by(figures.chains(pairs), key, moment.utc)
	past = engine.by(figures.chains(past_pairs), key, moment.utc)
	labels = figures.labels(dimension, now)
	rows = [
		_row(value, labels[value], health, _trend(health, past.get(value, Health())))
		for value, health in now.items()
	]
	rows.sort(key=lambda row: (-row["counted"], row["label"].casefold(), row["group"]))
	short = _short_names([row["label"] for row in rows]) if dimension == "department" else {}
	for row in rows:
		row["short"] = short.get(row["label"], row["label"])
	return rows, sum(now.values(), Health()), sum(past.values(), Health())


def _short_names(labels: list[str]) -> dict[str, str]:
	"""Departments without the abbreviation of their company at the end, where that leaves them apart."""
	short = {label: label.rpartition(" - ")[0] or label for label in labels}
	twice = {name for name, count in Counter(short.values()).items() if count > 1}
	return {label: label if name in twice else name for label, name in short.items()}


def _trend(health: Health, earlier: Health) -> float | None:
	if health.percent is None or earlier.percent is None:
		return None
	return health.percent - earlier.percent


def week_label(start: date) -> str:
	"""What to call the ISO week that begins on ``start``."""
	return _("Week {0}, from {1}").format(start.isocalendar().week, formatdate(start))


def _row(group: str, label: str, health: Health, trend: float | None) -> dict[str, Any]:
	return {
		"group": group,
		"label": label,
		"percent": health.percent,
		"trend": trend,
		"counted": health.counted,
		"in_time": health.closed_in_time,
		"late": health.closed_late,
		"late_open": health.late_open,
		"running": health.running,
		"void": health.void,
		"pilot": health.pilot,
		"pilot_percent": health.pilot_percent,
	}


def columns(group: str) -> list[dict[str, Any]]:
	"""The columns; the label is plain text, so that user permissions on companies do not thin out the rows."""
	number = {"fieldtype": "Int", "width": 110}
	share = {"fieldtype": "Percent", "precision": 1, "width": 130}
	first = {
		"Week": _("Week"),
		"Company": _("Company"),
		"Department": _("Department"),
		"Event Type": _("Business event type"),
		"Line Manager": _("Line manager"),
	}[group]
	return [
		{"fieldname": "label", "label": first, "fieldtype": "Data", "width": 230},
		{"fieldname": "percent", "label": _("Flow health"), **share},
		{
			"fieldname": "trend",
			"label": _("Trend (points)"),
			"fieldtype": "Float",
			"precision": 1,
			"width": 130,
		},
		{"fieldname": "counted", "label": _("Counted"), **number},
		{"fieldname": "in_time", "label": _("Closed in time"), **number, "width": 130},
		{"fieldname": "late", "label": _("Closed late"), **number},
		{"fieldname": "late_open", "label": _("Open past target"), **number, "width": 150},
		{"fieldname": "running", "label": _("Still running"), **number},
		{"fieldname": "void", "label": _("Void"), **number},
		{"fieldname": "pilot", "label": _("Of pilots"), **number},
		{"fieldname": "pilot_percent", "label": _("Flow health of pilots"), **share, "width": 180},
	]


def chart(rows: list[dict[str, Any]], group: str, chosen: Selection) -> dict[str, Any]:
	"""Percent by week as a line, by group as bars; ``behind`` are the filters of the events of each point.

	Groups without a percentage are left out: none is not 0 %.
	"""
	drawn = [row for row in rows if row["percent"] is not None]
	if GROUPS[group]:
		drawn = drawn[:BARS]
	if not drawn:
		return {"data": {}}
	return {
		"data": {
			"labels": [row["short"] for row in drawn],
			"datasets": [{"name": _("Flow health"), "values": [round(row["percent"], 1) for row in drawn]}],
			"yMarkers": [{"label": "", "value": 100}],
		},
		"type": "bar" if GROUPS[group] else "line",
		"fieldtype": "Percent",
		"colors": [figures.BLUE],
		"behind": [behind(row, group, chosen) for row in drawn],
	}


def behind(row: dict[str, Any], group: str, chosen: Selection) -> dict[str, Any]:
	"""The filters of the list of the events of a row."""
	dimension = GROUPS[group]
	if dimension:
		return figures.list_filters(chosen, **{dimension: figures.exactly(row["group"])})
	week = [row["from_date"].isoformat(), row["to_date"].isoformat()]
	return figures.list_filters(chosen, recorded_at=["Between", week])


def summary(total: dict[str, Any], earlier: Health, chosen: Selection) -> list[dict[str, Any]]:
	"""The cards above the chart."""
	percent, trend = total["percent"], total["trend"]
	cards: list[dict[str, Any]] = [
		{
			"label": _("Flow health"),
			"value": "—" if percent is None else round(percent, 1),
			"datatype": "Data" if percent is None else "Percent",
		}
	]
	weeks = chosen.weeks
	if weeks is not None:
		cards.append(
			{
				"label": _("Against the week before")
				if weeks == 1
				else _("Against the {0} weeks before").format(weeks),
				"value": "—" if trend is None else _("{0} points").format(signed(trend)),
				"datatype": "Data",
				"indicator": "" if not trend else "Green" if trend > 0 else "Red",
			}
		)
	cards += [
		{"label": _("Counted"), "value": total["counted"], "datatype": "Int"},
		{"label": _("Still running"), "value": total["running"], "datatype": "Int"},
		{"label": _("Void"), "value": total["void"], "datatype": "Int"},
	]
	if total["pilot"]:
		cards.append(
			{
				"label": _("Flow health of pilots"),
				"value": round(total["pilot_percent"], 1),
				"datatype": "Percent",
			}
		)
	return cards


def signed(points: float) -> str:
	"""Percentage points with one decimal and their sign; a true minus sign."""
	rounded = round(points, 1)
	if rounded == 0:
		return "±0.0"
	return f"{rounded:+.1f}".replace("-", "−")


def message(rows: list[dict[str, Any]]) -> str:
	"""The definition, to be read above the figures; and what to do when there are none."""
	first, *others = [escape_html(_(sentence)) for sentence in engine.DEFINITION]
	others.append(
		escape_html(
			_(
				"The trend of a week is against the nearest earlier week that has a figure; all other trends are against as many weeks just before."
			)
		)
	)
	items = "".join(f"<li>{sentence}</li>" for sentence in others)
	return (
		f'<details class="perf-flow-definition"><summary>{first} <u>{escape_html(_("How it is counted"))}</u>'
		f'</summary><ul class="mt-2 mb-0">{items}</ul></details>'
		+ ("" if rows else figures.nothing_recorded())
	)
