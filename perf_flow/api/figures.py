"""Numbers for the workspace's cards, and the choices of the reports' filters. Read-only, per viewer.

Each card gives its value and the list that is behind it: both are made of the same filters.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_days, getdate, nowdate

from perf_flow.flow import figures
from perf_flow.flow.times import now_site

WEEKS = 12
"""What cards, charts and the reports' first view look back on, the current week included."""


def _count(doctype: str, filters: dict[str, Any]) -> int:
	found = frappe.get_list(doctype, filters=filters, fields=["count(*) as number"], order_by=None)
	return int(found[0].number)


def _card(doctype: str, filters: dict[str, Any]) -> dict[str, Any]:
	return {
		"value": _count(doctype, filters),
		"fieldtype": "Int",
		"route": ["List", doctype, "List"],
		"route_options": filters,
	}


def _open_events() -> dict[str, int]:
	"""Of the open events that the viewer may read: how many there are, are late, wait for a person. Counted
	together, once per request."""
	memo = frappe.local.cache.setdefault("perf_flow_open_events", {})
	user = frappe.session.user
	if user not in memo:
		number, late, attention = frappe.db.sql(
			f"""
			select count(*), coalesce(sum(target_at < %(now)s), 0), coalesce(sum(needs_attention), 0)
			from `tabBusiness Event`
			where state = 'Open' and practice = 0 and {figures.readable()}
			""",
			{"now": _now()},
		)[0]
		memo[user] = {"number": int(number), "late": int(late), "attention": int(attention)}
	return memo[user]


def _open_card(what: str, **more: Any) -> dict[str, Any]:
	return {
		"value": _open_events()[what],
		"fieldtype": "Int",
		"route": ["List", "Business Event", "List"],
		"route_options": {"state": "Open", "practice": 0, **more},
	}


def _now() -> str:
	return now_site().strftime("%Y-%m-%d %H:%M:%S")


@frappe.whitelist()
def my_open_steps(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Steps that wait for the viewer."""
	return _card(
		"Business Event Action", {"assignee_user": frappe.session.user, "state": "Open", "practice": 0}
	)


@frappe.whitelist()
def my_overdue_steps(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Steps that wait for the viewer and are past their due time."""
	return _card(
		"Business Event Action",
		{"assignee_user": frappe.session.user, "state": "Open", "due_at": ["<", _now()], "practice": 0},
	)


@frappe.whitelist()
def team_open_marks(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Marks still to be given on other people's events that the viewer may read."""
	return _card(
		"Business Event Action",
		{"kind": "Mark", "state": "Open", "employee_user": ["!=", frappe.session.user], "practice": 0},
	)


@frappe.whitelist()
def late_events(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Open events whose time has passed."""
	return _open_card("late", target_at=["<", _now()])


@frappe.whitelist()
def open_events(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Events that are not closed."""
	return _open_card("number")


@frappe.whitelist()
def events_by_sweep(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Events of the last weeks, void ones among them, that only the sweep found."""
	first = add_days(nowdate(), -7 * (WEEKS - 1))
	monday = add_days(first, -getdate(first).weekday())
	return _card("Business Event", {"source": "Sweep", "recorded_at": [">=", monday], "practice": 0})


@frappe.whitelist()
def type_problems(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""What is wrong with event types, for those who set them up."""
	return _card("Event Type Problem", {})


@frappe.whitelist()
def events_without_person(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Open events for which somebody could not be found."""
	return _open_card("attention", needs_attention=1)


@frappe.whitelist()
def flow_health(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Flow health of the last weeks, 0–100 with one decimal; the report is behind it."""
	from perf_flow.engine import health as engine

	today = nowdate()
	period = {"from_date": add_days(today, -7 * (WEEKS - 1)), "to_date": today}
	moment = figures.Moment.now()
	pairs = figures.outcomes(figures.selection(period), moment)
	percent = engine.health(figures.chains(pairs), moment.utc).percent
	return {
		# a card cannot show nothing: it looks for a digit in what it is given
		"value": "— (0)" if percent is None else round(percent, 1),
		"fieldtype": "Data" if percent is None else "Percent",
		"route": ["query-report", "Flow Health"],
		"route_options": {**period, "group_by": "Week"},
	}


@frappe.whitelist()
def choices(field: str, txt: str = "") -> list[dict[str, str]]:
	"""Values for a filter of the reports, out of the events that the viewer may read.

	``field`` is company, department, event_type, manager or employee.
	"""
	found = []
	for value, label in figures.choices(field, txt or ""):
		text = label if label == value or field == "event_type" else f"{label} ({value})"
		# the control puts the label into the page as HTML
		found.append({"value": value, "label": text.replace("<", "‹").replace(">", "›")})
	return found
