"""Report “Who Is Late”: the steps past their time that the viewer may read, and why, as far as known."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from frappe import _
from frappe.utils import escape_html

from perf_flow.flow import late
from perf_flow.flow.late import Late, Reason
from perf_flow.flow.times import now_site


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message, chart and summary, as Frappe's script reports give them.

	Raises a translated ValidationError for filters that make no sense.
	"""
	now = now_site()
	found, total = late.rows(filters or {}, now)
	return (
		columns(),
		[_row(one, now) for one in found],
		message(found, total),
		chart(found),
		summary(found, total),
	)


def columns() -> list[dict[str, Any]]:
	"""The columns; people and documents are plain text, so that permissions on masters do not thin out the rows."""
	text = {"fieldtype": "Data"}
	return [
		{"fieldname": "person", "label": _("Waits for"), **text, "width": 160},
		{"fieldname": "step", "label": _("Step", context="Business Event"), **text, "width": 150},
		{"fieldname": "document", "label": _("Document", context="Business Event"), **text, "width": 270},
		{"fieldname": "reason", "label": _("Why, as far as known"), **text, "width": 340},
		{
			"fieldname": "late_hours",
			"label": _("Late for (hours)"),
			"fieldtype": "Float",
			"precision": 1,
			"width": 130,
		},
		{"fieldname": "due_at", "label": _("Late since"), "fieldtype": "Datetime", "width": 190},
		{"fieldname": "escalated_to", "label": _("Escalated to"), **text, "width": 160},
		{"fieldname": "concerned", "label": _("Person concerned"), **text, "width": 150},
		{"fieldname": "event_type", "label": _("Business event type"), **text, "width": 190},
	]


def _row(one: Late, now: datetime) -> dict[str, Any]:
	row = one.row
	kinds = {
		"Evidence": _("Evidence", context="Step"),
		"Sign-off": _("Sign-off", context="Step"),
		"Mark": _("Effectiveness mark", context="Step"),
		"Confirmation": _("Impact confirmation", context="Step"),
	}
	return {
		"person": row.assignee_name or _("Nobody found"),
		"found": bool(row.assignee_name),
		"step": f"{kinds[row.kind]}: {_(row.label)}" if row.label else kinds[row.kind],
		"kind": row.kind,
		"document": f"{_(row.reference_doctype)} {row.reference_name}",
		"reference_doctype": row.reference_doctype,
		"reference_name": row.reference_name,
		"event": row.event,
		"reason": late.words(one),
		"reason_kind": one.reason.value,
		"late_hours": round((now - row.due_at).total_seconds() / 3600, 1),
		"due_at": row.due_at,
		"escalated_to": ", ".join(one.escalated_to),
		"concerned": row.employee_name or _("Nobody found"),
		"event_type": _(row.event_type),
	}


def message(found: list[Late], total: int) -> str | None:
	"""What is shown, where it needs saying."""
	if not found:
		return escape_html(
			_(
				"Nothing is late among the steps that you may see: your own, and those of the people below you."
			)
		)
	if total > len(found):
		return escape_html(
			_(
				"Shown are the {0} steps that are late the longest, of {1}. Use the filters to see others."
			).format(len(found), total)
		)
	return None


def chart(found: list[Late]) -> dict[str, Any]:
	"""How many are late for which reason."""
	counted = Counter(one.reason for one in found)
	known = [reason for reason in Reason if counted[reason]]
	if not known:
		return {"data": {}}
	return {
		"data": {
			"labels": [_(reason.value) for reason in known],
			"datasets": [{"name": _("Late steps"), "values": [counted[reason] for reason in known]}],
		},
		"type": "bar",
		"fieldtype": "Int",
		"colors": ["#e24c4c"],
		"height": 180,
	}


def summary(found: list[Late], total: int) -> list[dict[str, Any]]:
	"""The cards above the chart."""
	people = {one.row.assignee or one.row.assignee_user for one in found} - {None}
	nobody = sum(one.reason is Reason.NOBODY for one in found)
	cards: list[dict[str, Any]] = [
		{
			"label": _("Late steps"),
			"value": total,
			"datatype": "Int",
			"indicator": "Red" if total else "Green",
		},
		{"label": _("People they wait for"), "value": len(people), "datatype": "Int"},
	]
	if nobody:
		cards.append({"label": _("Nobody found"), "value": nobody, "datatype": "Int", "indicator": "Red"})
	return cards
