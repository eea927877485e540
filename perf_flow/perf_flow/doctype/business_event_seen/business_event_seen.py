from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class BusinessEventSeen(Projected):
	pass


def on_doctype_update() -> None:
	"""Index what lists, cards, reports and jobs ask for."""
	frappe.db.add_index("Business Event Seen", ["event_type", "reference_doctype", "reference_name"])
	frappe.db.add_index("Business Event Seen", ["reference_doctype", "reference_name"])
