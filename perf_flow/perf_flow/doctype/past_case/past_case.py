from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class PastCase(Projected):
	"""What a complete case is compared by, one row for each of its root causes. Written by the app alone."""


WHO = ("employee", "company", "event")
"""What decides who reads a case stands in each index, so that a look-up reads the index alone."""


def on_doctype_update() -> None:
	"""Index what the app asks for: the latest of a type, of all, of those with one thing in common, and of people."""
	frappe.db.add_index("Past Case", ["event"], "past_case_event")
	frappe.db.add_index("Past Case", ["event_type", "closed_at", *WHO], "past_case_latest")
	frappe.db.add_index("Past Case", ["event_type", "employee", "closed_at"], "past_case_people")
	for column in ("root_cause", "customer", "supplier", "item_group", "project"):
		columns = ["event_type", column, "closed_at", *WHO]
		frappe.db.add_index("Past Case", columns, f"past_case_{column}")
