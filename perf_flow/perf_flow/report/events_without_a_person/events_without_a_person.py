"""Report “Events Without a Person”: open events for which somebody could not be found, and what HR can do."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import Any

import frappe
from frappe import _
from frappe.utils import escape_html

from perf_flow.flow import figures
from perf_flow.flow.figures import Moment, Selection
from perf_flow.flow.store import ACTION, EVENT

LIMIT = 500
"""So many events are shown at most, the most urgent first."""

FIELDS = (
	"name",
	"event_type",
	"reference_doctype",
	"reference_name",
	"employee",
	"employee_name",
	"manager",
	"company",
	"attention",
	"recorded_at",
	"target_at",
)


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense, PermissionError for whoever may
	read no business event by role.
	"""
	chosen = figures.selection(filters)
	moment = Moment.now()
	conditions = {
		**figures.list_filters(Selection(chosen.company, chosen.department, chosen.event_type)),
		"state": "Open",
		"needs_attention": 1,
	}
	found = frappe.get_list(
		EVENT, filters=conditions, fields=list(FIELDS), order_by="target_at, name", limit=LIMIT + 1
	)
	shown = found[:LIMIT]
	missing = _steps_of_nobody([row.name for row in shown])
	titles = figures.labels("event_type", {row.event_type for row in shown})
	rows = [_row(row, titles[row.event_type], missing.get(row.name, set()), moment) for row in shown]
	causes = Counter(
		cause
		for row in shown
		for cause in causes_of(missing.get(row.name, set()), bool(row.employee), bool(row.manager))
	)
	return columns(), rows, message(rows, causes, len(found) > LIMIT), None, summary(rows)


def _steps_of_nobody(events: list[str]) -> dict[str, set[str]]:
	"""The kinds of open steps that are asked of nobody, by event."""
	found: dict[str, set[str]] = {}
	if not events:
		return found
	rows = frappe.get_all(
		ACTION,
		filters={"event": ("in", events), "state": "Open", "assignee": ("is", "not set")},
		fields=["event", "kind"],
		limit=0,
	)
	for row in rows:
		found.setdefault(row.event, set()).add(row.kind)
	return found


def _row(row: Any, title: str, kinds: set[str], moment: Moment) -> dict[str, Any]:
	late = row.target_at < moment.site
	return {
		"name": row.name,
		"event_type": title,
		"document": f"{_(row.reference_doctype)} {row.reference_name}",
		"reference_doctype": row.reference_doctype,
		"reference_name": row.reference_name,
		"employee": row.employee,
		"employee_name": (row.employee_name or row.employee) if row.employee else "",
		"recorded_at": row.recorded_at,
		"is_late": int(late),
		"late": _("Past target") if late else _("Within time"),
		"attention": " ".join((row.attention or "").split("\n")),
		"help": _next_step(kinds),
	}


def _next_step(kinds: set[str]) -> str:
	"""What HR does about the event itself. ``kinds`` are those of its open steps that are asked of nobody."""
	if not kinds:
		return _("Open it and see who is asked")
	steps = ", ".join(_(kind) for kind in ("Evidence", "Sign-off", "Mark", "Confirmation") if kind in kinds)
	return _("Open it and hand over: {0}").format(steps)


class Cause(Enum):
	"""Why nobody was found, and what keeps it from happening again."""

	PERSON = "person"
	MANAGER = "manager"
	COLLABORATOR = "collaborator"


def causes_of(kinds: set[str], has_person: bool, has_manager: bool) -> list[Cause]:
	"""What is missing on an event whose open steps of ``kinds`` are asked of nobody."""
	found = []
	if not has_person:
		found.append(Cause.PERSON)
	elif not has_manager:
		found.append(Cause.MANAGER)
	if kinds & {"Confirmation", "Sign-off"}:
		found.append(Cause.COLLABORATOR)
	return found


def advice(cause: Cause, count: int) -> str:
	"""What HR can do about the cause, so that it does not happen again."""
	if cause is Cause.PERSON:
		text = _(
			"{0} have no person concerned: give the employee record a user, or have an administrator check the recipients of the event type."
		)
	elif cause is Cause.MANAGER:
		text = _(
			"{0} have no line manager: fill in “Reports to” on the employee record with somebody who has a login."
		)
	else:
		text = _(
			"{0} have nobody to confirm the impact: see that the department or role has somebody with a login, or have an administrator check the collaborators of the event type."
		)
	return text.format(count)


def columns() -> list[dict[str, Any]]:
	"""The columns; all text, so that user permissions do not thin out the rows."""

	def text(fieldname: str, label: str, width: int) -> dict[str, Any]:
		return {"fieldname": fieldname, "label": label, "fieldtype": "Data", "width": width}

	return [
		text("event_type", _("Business event"), 180),
		text("document", _("Document", context="Business Event"), 250),
		text("late", _("Time", context="Business Event Type"), 100),
		text("attention", _("What is missing"), 400),
		text("help", _("What you can do"), 270),
		text("employee_name", _("Person concerned"), 150),
		{"fieldname": "recorded_at", "label": _("Recorded at"), "fieldtype": "Datetime", "width": 160},
	]


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
	"""The cards above the rows."""
	late = sum(row["is_late"] for row in rows)
	return [
		{"label": _("Events without a person"), "value": len(rows), "datatype": "Int"},
		{
			"label": _("Of these past target"),
			"value": late,
			"datatype": "Int",
			"indicator": "Red" if late else "",
		},
	]


def message(rows: list[dict[str, Any]], causes: Counter[Cause], more: bool) -> str:
	"""What these events are, and what to do about them and their causes."""
	if not rows:
		return escape_html(_("Every open event has its people. There is nothing to do here."))
	text = _(
		"Nobody can work on these events until you name somebody: open one, choose “Hand over a step…” and give a reason."
	)
	if more:
		text += " " + _("Only the {0} most urgent ones are shown.").format(LIMIT)
	found = f"<p>{escape_html(text)}</p>"
	if causes:
		lines = "".join(
			f"<li>{escape_html(advice(cause, causes[cause]))}</li>" for cause in Cause if causes[cause]
		)
		found += f'<p class="mb-1">{escape_html(_("So that it does not happen again:"))}</p><ul class="mb-0">{lines}</ul>'
	return found
