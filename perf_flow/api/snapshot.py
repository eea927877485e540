"""The page “Behaviour snapshot”: what somebody did in a period, for themselves, those above them, and HR."""

from __future__ import annotations

from datetime import date
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from perf_flow.access import my_employee
from perf_flow.api import require_person, translated
from perf_flow.api.event_types import only_administrators
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.flow import snapshot, snapshot_sources


@frappe.whitelist(methods=["GET", "POST"])
def page(
	employee: str = "", from_date: str = "", to_date: str = "", limit: int | str = snapshot.LIMIT
) -> dict[str, Any]:
	"""The snapshot of ``employee`` (default: the caller's own), of the last 90 days or from ``from_date``
	to ``to_date``, with at most ``limit`` lines of each source. ``person`` is None for a login without an
	employee that names nobody.

	Raises PermissionError for whoever may not open it; the answer is the same whether the employee exists or
	not.
	"""
	user = require_person()
	limit = max(1, min(cint(limit) or snapshot.LIMIT, snapshot.MOST))
	wanted = employee or my_employee(user)
	with translated():
		first, last = snapshot.period(_day(from_date), _day(to_date))
	answer: dict[str, Any] = {
		"person": None,
		"people": snapshot.others(user),
		"from_date": str(first),
		"to_date": str(last),
	}
	if not wanted:
		return answer
	person = snapshot.find(wanted)
	if person is None:
		frappe.throw(
			_("There is no such person, or you are not permitted to see what they did."),
			frappe.PermissionError,
		)
	taken = snapshot.take(person, first, last, limit)
	answer["person"] = {
		"employee": person.employee,
		"name": person.name,
		"mine": person.user == user,
		"has_login": bool(person.user),
	}
	answer.update(snapshot.told(taken))
	answer["may_read_more"] = bool(taken.more) and limit < snapshot.MOST
	return answer


def _day(text: str) -> date | None:
	if not text:
		return None
	try:
		return date.fromisoformat(str(text)[:10])
	except ValueError as e:
		raise InvalidInput(
			text, template=N_("“{0}” is not a day. Write it like 2026-01-31 (year, month, day).")
		) from e


@frappe.whitelist(methods=["GET"])
def may_open(employee: str) -> bool:
	"""Whether the caller may open the snapshot of this employee; false as well if there is none."""
	require_person()
	return snapshot.may_open(employee)


@frappe.whitelist(methods=["GET", "POST"])
def choices(doctype: str) -> dict[str, Any]:
	"""What a row of the settings offers: the fields that can name person, time and title. Administrators
	only."""
	only_administrators()
	return snapshot_sources.choices(doctype) if snapshot_sources.exists(doctype) else {}
