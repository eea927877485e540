"""Report “Team Flow”: the business events of the people below the viewer, by person, by type, or by week of closing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html, formatdate, getdate

from perf_flow.access import my_employee, viewer
from perf_flow.api.figures import WEEKS
from perf_flow.engine import health as engine
from perf_flow.engine.health import Health
from perf_flow.flow import figures, team
from perf_flow.flow.figures import Moment

GROUPS = {"Person": "employee", "Event Type": "event_type", "Week": ""}
"""Choices of the filter “Group by”, and the field of each."""

BARS = 20
"""So many groups at most, the largest, are drawn."""


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense.
	"""
	filters = filters or {}
	group = filters.get("group_by") or "Person"
	if group not in GROUPS:
		frappe.throw(_("“{0}” is not a way to group the figures.").format(str(group)))
	moment = Moment.now()
	first, last = _period(filters, moment)
	if not team.has_team():
		return _columns(group), [], _nobody(), {"data": {}}, []
	if group == "Week":
		rows = _of_team(_weeks(first, last))
		return _week_columns(), rows, None, _week_chart(rows), []
	rows = _of_team(_groups(GROUPS[group], first, last, moment))
	return _columns(group), rows, None, _group_chart(rows, GROUPS[group]), _summary(rows)


def _of_team(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
	"""With whose team it is, for the lists behind the figures."""
	top = "" if viewer().is_everything else my_employee() or ""
	for row in rows:
		row["team"] = top
	return rows


def _period(filters: dict[str, Any], moment: Moment) -> tuple[datetime, datetime]:
	"""The first Monday, and the Monday after the last week."""
	chosen = figures.selection({k: filters.get(k) for k in ("from_date", "to_date")})
	today = getdate(moment.site)
	last = chosen.last + timedelta(days=1) if chosen.last else team.monday(today) + timedelta(weeks=1)
	last = datetime(last.year, last.month, last.day)
	first = chosen.first or (last - timedelta(weeks=WEEKS))
	return datetime(first.year, first.month, first.day), last


def _groups(by: str, first: datetime, last: datetime, moment: Moment) -> list[dict[str, Any]]:
	def key(chain: engine.ChainTimes) -> str:
		return str(getattr(chain, by))

	counted = engine.by(figures.chains(team.pairs(first, last, moment, by)), key, moment.utc)
	work = team.open_work(by, first, last, moment.site)
	labels = team.people(list(counted)) if by == "employee" else {value: _(value) for value in counted}
	rows = [
		_row(value, labels.get(value, value), health, work.get(value)) for value, health in counted.items()
	]
	rows.sort(key=lambda row: (-row["late_open"], -row["open"], row["label"].casefold()))
	return rows


def _row(group: str, label: str, health: Health, work: tuple[int, int, int] | None) -> dict[str, Any]:
	to_mark, _late, complete = work or (0, 0, 0)
	still_open = health.late_open + health.running
	return {
		"group": group,
		"label": label,
		"percent": health.percent,
		"open": still_open,
		"late_open": health.late_open,
		"to_mark": to_mark,
		"complete": 100 * complete / still_open if still_open else None,
		"in_time": health.closed_in_time,
		"late": health.closed_late,
	}


def _weeks(first: datetime, last: datetime) -> list[dict[str, Any]]:
	counted = {week: (good, late) for week, good, late in team.closings(first, last)}
	rows = []
	start: date = first.date()
	while start < last.date():
		year, week, _day = start.isocalendar()
		good, late = counted.get(year * 100 + week, (0, 0))
		rows.append(
			{
				"label": _("Week {0}, from {1}").format(week, formatdate(start)),
				"short": _("W{0}").format(week),
				"from_date": start.isoformat(),
				"to_date": (start + timedelta(days=6)).isoformat(),
				"in_time": good,
				"late": late,
			}
		)
		start += timedelta(weeks=1)
	return rows


def _columns(group: str) -> list[dict[str, Any]]:
	number = {"fieldtype": "Int", "width": 130}
	share = {"fieldtype": "Percent", "precision": 1, "width": 150}
	first = _("Business event type") if group == "Event Type" else _("Person concerned")
	return [
		{"fieldname": "label", "label": first, "fieldtype": "Data", "width": 220},
		{"fieldname": "percent", "label": _("Flow health"), **share},
		{"fieldname": "open", "label": _("Open", context="Business Event"), **number},
		{"fieldname": "late_open", "label": _("Open past target"), **number, "width": 150},
		{"fieldname": "to_mark", "label": _("Ready for the mark"), **number, "width": 160},
		{"fieldname": "complete", "label": _("Evidence complete (open events)"), **share, "width": 230},
		{"fieldname": "in_time", "label": _("Closed in time"), **number},
		{"fieldname": "late", "label": _("Closed late"), **number},
	]


def _week_columns() -> list[dict[str, Any]]:
	number = {"fieldtype": "Int", "width": 140}
	return [
		{"fieldname": "label", "label": _("Week of closing"), "fieldtype": "Data", "width": 220},
		{"fieldname": "in_time", "label": _("Closed in time"), **number},
		{"fieldname": "late", "label": _("Closed late"), **number},
	]


def _week_chart(rows: list[dict[str, Any]]) -> dict[str, Any]:
	if not any(row["in_time"] or row["late"] for row in rows):
		return {"data": {}}
	return _stacked(
		[row["short"] for row in rows],
		[
			_behind(row, state="Closed", closed_at=["Between", [row["from_date"], row["to_date"]]])
			for row in rows
		],
		(_("Closed in time"), [row["in_time"] for row in rows]),
		(_("Closed late"), [row["late"] for row in rows]),
	)


def _group_chart(rows: list[dict[str, Any]], field: str) -> dict[str, Any]:
	drawn = [row for row in rows if row["open"]][:BARS]
	if not drawn:
		return {"data": {}}
	return _stacked(
		[row["label"] for row in drawn],
		[_behind(row, state="Open", **{field: ["in", [row["group"]]]}) for row in drawn],
		(_("Still running"), [row["open"] - row["late_open"] for row in drawn]),
		(_("Open past target"), [row["late_open"] for row in drawn]),
	)


def _behind(row: dict[str, Any], **filters: Any) -> dict[str, Any]:
	"""The filters of the list of events behind a bar."""
	if row["team"]:
		filters.setdefault("employee", ["descendants of", row["team"]])
	return {"practice": 0, **filters}


def _stacked(
	labels: list[str],
	behind: list[dict[str, Any]],
	good: tuple[str, list[int]],
	bad: tuple[str, list[int]],
) -> dict[str, Any]:
	return {
		"behind": behind,
		"data": {
			"labels": labels,
			"datasets": [{"name": name, "values": values} for name, values in (good, bad)],
		},
		"type": "bar",
		"fieldtype": "Int",
		"colors": ["#2490ef", "#e24c4c"],
		"barOptions": {"stacked": 1},
	}


def _summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
	in_time = sum(row["in_time"] for row in rows)
	counted = in_time + sum(row["late"] + row["late_open"] for row in rows)
	return [
		{
			"label": _("Flow health of my team"),
			"value": round(100 * in_time / counted, 1) if counted else "—",
			"datatype": "Percent" if counted else "Data",
		},
		{
			"label": _("Open", context="Business Event"),
			"value": sum(row["open"] for row in rows),
			"datatype": "Int",
		},
		{
			"label": _("Open past target"),
			"value": sum(row["late_open"] for row in rows),
			"datatype": "Int",
			"indicator": "Red" if any(row["late_open"] for row in rows) else "Green",
		},
		{
			"label": _("Ready for the mark"),
			"value": sum(row["to_mark"] for row in rows),
			"datatype": "Int",
		},
	]


def _nobody() -> str:
	return escape_html(
		_(
			"These are the figures of the people below you in the organisation. Nobody reports to you, so there is nothing to show."
		)
	)
