from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class BusinessEvent(Projected):
	pass


def on_doctype_update() -> None:
	"""Index what lists, cards, reports and jobs ask for."""
	frappe.db.add_index("Business Event", ["reference_doctype", "reference_name"])
	frappe.db.add_index("Business Event", ["event_type", "reference_doctype", "reference_name"])
	frappe.db.add_index("Business Event", ["company", "recorded_at"])
	# of the people below a manager: what is open, and what was recorded in some weeks
	frappe.db.add_index("Business Event", ["employee", "state"])
	frappe.db.add_index("Business Event", ["employee", "recorded_at"])
	frappe.db.add_index("Business Event", ["employee_user"])
	frappe.db.add_index("Business Event", ["manager"])
	frappe.db.add_index("Business Event", ["state", "stage"])
	frappe.db.add_index("Business Event", ["recorded_at"])
	frappe.db.add_index("Business Event", ["source", "recorded_at"])
