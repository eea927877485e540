"""The rehearsal: beginning it, opening each step, how it went. All about the person who asks, and nobody else.

The steps themselves are taken on the real screens, by the endpoints of those screens.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from perf_flow.access import viewer
from perf_flow.api import require_person, translated
from perf_flow.engine.rehearsal import Look
from perf_flow.flow import rehearsal

ROLES = ("Employee", "Manager")


def _person() -> str:
	user = require_person()
	if not viewer(user).is_desk_user:
		frappe.throw(
			_("The rehearsal takes place on the desk, which you have no access to."), frappe.PermissionError
		)
	return user


@frappe.whitelist(methods=["GET"])
def page() -> dict[str, Any]:
	"""What the page shows: the rehearsal under way, if any, and how the ones before went, newest first."""
	user = _person()
	run = rehearsal.running(user)
	return {
		"running": rehearsal.state(run) if run else None,
		"history": [rehearsal.result(one) for one in rehearsal.of_user(user)],
	}


@frappe.whitelist(methods=["GET"])
def coach() -> dict[str, Any]:
	"""Where the rehearsal under way stands; for the bar. ``running`` is None when there is none."""
	run = rehearsal.running(_person())
	return {"running": rehearsal.state(run) if run else None}


@frappe.whitelist(methods=["POST"])
def start(as_role: str) -> dict[str, Any]:
	"""Begin a rehearsal as an Employee or as a Manager; one that is under way goes on instead."""
	user = _person()
	if as_role not in ROLES:
		frappe.throw(_("A rehearsal is walked as an employee or as a manager."))
	return {"running": rehearsal.state(rehearsal.start(user, as_role))}


@frappe.whitelist(methods=["POST"])
def open_step(rehearsal_name: str) -> dict[str, Any]:
	"""Open the step that is due: its time runs from now, and the person wears its hat."""
	_person()
	with translated():
		run = rehearsal.open_step(rehearsal_name)
	return {"running": rehearsal.state(run)}


@frappe.whitelist(methods=["POST"])
def look(
	rehearsal_name: str,
	chain: int,
	step: str,
	interactions: int = 0,
	screens: str | list = "[]",
	reasons_missing: int = 0,
	chose_template: bool | int = False,
) -> dict[str, Any]:
	"""Keep what the person's own screen saw at a step: counts and screens, never a time."""
	_person()
	seen = frappe.parse_json(screens) or []
	if not isinstance(seen, list):
		frappe.throw(_("The screens are given as a list."))
	noted = Look(
		int(interactions), tuple(str(s) for s in seen), int(reasons_missing), bool(int(chose_template))
	)
	rehearsal.note_look(rehearsal_name, int(chain), step, noted)
	return {"kept": True}


@frappe.whitelist(methods=["POST"])
def abort(rehearsal_name: str) -> dict[str, Any]:
	"""Stop the rehearsal. What was walked stays in one's own history."""
	_person()
	run = rehearsal.abort(rehearsal_name)
	return {"result": rehearsal.result(run)}


@frappe.whitelist(methods=["GET"])
def result(rehearsal_name: str) -> dict[str, Any]:
	"""How a rehearsal of one's own went."""
	_person()
	return {"result": rehearsal.result(rehearsal.load(rehearsal_name))}
