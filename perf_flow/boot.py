"""What the desk knows from the start: which DocTypes are watched, so that other forms ask nothing."""

from __future__ import annotations

from typing import Any

import frappe


def extend_bootinfo(bootinfo: frappe._dict) -> None:
	"""Add the watched DocTypes, the size limit of evidence files, and what is due today (one query)."""
	from perf_flow.flow.files import maximum_mb
	from perf_flow.flow.mine import due_today
	from perf_flow.flow.watch import watch_map

	bootinfo.perf_flow = {
		"watched": sorted(watch_map().known),
		"maximum_mb": maximum_mb(),
		"due": due_today(frappe.session.user),
	}
	_add_rehearsal(bootinfo.perf_flow)


def _add_rehearsal(known: dict[str, Any]) -> None:
	"""For somebody in the middle of a rehearsal: its name, and that its documents are watched; for others nothing."""
	from perf_flow.access.table import PRACTICE_DOCUMENT
	from perf_flow.flow.rehearsal import is_running

	if name := is_running(frappe.session.user):
		known["rehearsal"] = name
		known["watched"].append(PRACTICE_DOCUMENT)
