"""Numbers for the cards of the workspace Team Flow: of the people below the viewer, and of nobody else.

Each card gives its value and the way to what is behind it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe

from perf_flow.api import require_person
from perf_flow.api.figures import WEEKS
from perf_flow.flow import feedback, marking, team
from perf_flow.flow.figures import Moment


def period(moment: Moment) -> tuple[Any, Any]:
	"""The weeks that cards look back on, the current one included: first Monday, and the Monday after the last."""
	last = team.monday(moment.site.date()) + timedelta(weeks=1)
	return last - timedelta(weeks=WEEKS), last


@frappe.whitelist()
def waiting_for_my_mark(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Events that are ready for the viewer's mark; the marking screen is behind it."""
	return {
		"value": marking.waiting_marks(require_person()),
		"fieldtype": "Int",
		"route": ["flow-marking"],
		"route_options": {},
	}


@frappe.whitelist()
def late_steps(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Steps past their time on the team's events; who they wait for, and why, is behind it."""
	require_person()
	moment = Moment.now()
	return {
		"value": team.late_steps(moment.site),
		"fieldtype": "Int",
		"route": ["query-report", "Who Is Late"],
		"route_options": {"whose": "Team"},
	}


@frappe.whitelist()
def evidence_complete(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""The share of the team's open events whose evidence is complete; those that still miss some are behind it."""
	require_person()
	complete, every = team.completeness() if team.has_team() else (0, 0)
	return {
		**_percent(100 * complete / every if every else None),
		"route": ["List", "Business Event", "List"],
		"route_options": {
			"state": "Open",
			"completeness": ["<", 100],
			"practice": 0,
			**team.list_filter(),
		},
	}


@frappe.whitelist()
def flow_health(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""The team's flow health of the last weeks; the report by person is behind it."""
	require_person()
	moment = Moment.now()
	first, last = period(moment)
	percent = team.health(first, last, moment).percent if team.has_team() else None
	return {
		**_percent(percent),
		"route": ["query-report", "Team Flow"],
		"route_options": {
			"from_date": first.date().isoformat(),
			"to_date": (last - timedelta(days=1)).date().isoformat(),
			"group_by": "Person",
		},
	}


@frappe.whitelist()
def closing_this_week(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""Events of the team that were closed this week; their list is behind it."""
	require_person()
	moment = Moment.now()
	start = team.monday(moment.site.date())
	rows = team.closings(start, start + timedelta(weeks=1)) if team.has_team() else []
	return {
		"value": sum(good + late for _week, good, late in rows),
		"fieldtype": "Int",
		"route": ["List", "Business Event", "List"],
		"route_options": {
			"state": "Closed",
			"closed_at": [">=", start.strftime("%Y-%m-%d %H:%M:%S")],
			"practice": 0,
			**team.list_filter(),
		},
	}


@frappe.whitelist()
def concrete_feedback(filters: str | list | dict | None = None) -> dict[str, Any]:
	"""The share of the viewer's own reasons of the last weeks that are concrete; the report by month is behind it."""
	user = require_person()
	first, last = period(Moment.now())
	own = feedback.shares(first, last, user)
	comments = sum(share.comments for share in own)
	concrete = sum(share.concrete for share in own)
	return {
		**_percent(100 * concrete / comments if comments else None),
		"route": ["query-report", "Concrete Feedback"],
		"route_options": {},
	}


def _percent(percent: float | None) -> dict[str, Any]:
	# a card cannot show nothing: it looks for a digit in what it is given
	return {
		"value": "— (0)" if percent is None else round(percent, 1),
		"fieldtype": "Data" if percent is None else "Percent",
	}
