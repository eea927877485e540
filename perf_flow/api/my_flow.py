"""What the page “My flow” and the prompt at login show and do: all about the person who asks."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime_str

from perf_flow.api import require_person
from perf_flow.flow import mine

MOST = 200
"""So many rows of a list at most."""


@frappe.whitelist()
def page(steps: int | str = 15, marks: int | str = 5) -> dict[str, Any]:
	"""The whole page: the first ``steps`` steps and ``marks`` marks, and whether there are more."""
	user = require_person()
	steps, marks = (max(1, min(cint(number), MOST)) for number in (steps, marks))
	rows, marked = mine.steps(user, steps + 1), mine.marks(user, marks + 1)
	return {
		"counts": mine.counts(user),
		"steps": rows[:steps],
		"more_steps": len(rows) > steps and steps < MOST,
		"marks": marked[:marks],
		"more_marks": len(marked) > marks and marks < MOST,
		"figures": mine.own_figures(user),
		"first_brief": mine.first_brief(user),
		"prompt": mine.wants_prompt(user),
	}


@frappe.whitelist()
def due() -> dict[str, Any] | None:
	"""What the prompt says, when a snooze is over."""
	return mine.due_today(require_person())


@frappe.whitelist(methods=["POST"])
def snooze(until: str) -> dict[str, str]:
	"""Keep the prompt away for an “hour” or until “tomorrow”; returns the end of it in site-local time."""
	user = require_person()
	end = mine.snoozed_until(until)
	if end is None:
		frappe.throw(_("“{0}” is not a time to be reminded at: choose hour or tomorrow.").format(until))
	mine.snooze(user, end)
	return {"until": get_datetime_str(end)[:19]}


@frappe.whitelist(methods=["POST"])
def prompt(on: bool | int | str) -> dict[str, bool]:
	"""Switch the prompt at login on or off."""
	user = require_person()
	mine.switch_prompt(user, bool(cint(on)))
	return {"prompt": mine.wants_prompt(user)}
