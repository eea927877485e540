"""Report “Concrete Feedback”: the share of the reasons of marks that say something, by manager and month."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_months, escape_html, get_datetime, get_first_day, getdate

from perf_flow.flow import feedback
from perf_flow.flow.feedback import Share
from perf_flow.flow.times import now_site

MONTHS = 6


def execute(filters: dict[str, Any] | None = None) -> tuple[Any, ...]:
	"""Columns, rows, message and chart, as Frappe's script reports give them.

	Raises a translated ValidationError for dates the wrong way round.
	"""
	filters = filters or {}
	first, last = _period(filters)
	found = feedback.shares(first, last)
	rows = [
		{
			"manager": frappe.utils.get_fullname(share.user),
			"month": share.month,
			"comments": share.comments,
			"concrete": share.concrete,
			"percent": round(share.percent, 1),
			"copied": share.copied,
		}
		for share in found
	]
	nothing = escape_html(_("No mark of this time has a reason, among those that you may see."))
	return _columns(), rows, None if rows else nothing, _chart(found)


def _period(filters: dict[str, Any]) -> tuple[datetime, datetime]:
	today = getdate(now_site())
	first = getdate(filters.get("from_date") or get_first_day(add_months(today, 1 - MONTHS)))
	last = getdate(filters.get("to_date") or today)
	if first > last:
		frappe.throw(_("The first day must not be after the last day."))
	return get_datetime(first), get_datetime(last) + timedelta(days=1)


def _columns() -> list[dict[str, Any]]:
	number = {"fieldtype": "Int", "width": 160}
	return [
		{"fieldname": "manager", "label": _("Who marked"), "fieldtype": "Data", "width": 220},
		{"fieldname": "month", "label": _("Month", context="Report"), "fieldtype": "Data", "width": 110},
		{"fieldname": "comments", "label": _("Reasons written"), **number},
		{"fieldname": "concrete", "label": _("Concrete reasons"), **number},
		{
			"fieldname": "percent",
			"label": _("Concrete (%)"),
			"fieldtype": "Percent",
			"precision": 1,
			"width": 140,
		},
		{"fieldname": "copied", "label": _("Written before"), **number},
	]


def _chart(found: list[Share]) -> dict[str, Any]:
	"""The share of all of them together, month by month."""
	months: dict[str, tuple[int, int]] = {}
	for share in found:
		good, every = months.get(share.month, (0, 0))
		months[share.month] = (good + share.concrete, every + share.comments)
	if not months:
		return {"data": {}}
	return {
		"data": {
			"labels": list(months),
			"datasets": [
				{
					"name": _("Concrete (%)"),
					"values": [round(100 * good / every, 1) for good, every in months.values()],
				}
			],
		},
		"type": "bar",
		"fieldtype": "Percent",
		"height": 180,
	}
