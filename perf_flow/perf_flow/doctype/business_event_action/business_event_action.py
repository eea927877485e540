from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class BusinessEventAction(Projected):
	pass


def on_doctype_update() -> None:
	"""Index what lists, cards, reports and jobs ask for."""
	frappe.db.add_index("Business Event Action", ["event"])
	frappe.db.add_index("Business Event Action", ["assignee_user", "state"])
	frappe.db.add_index("Business Event Action", ["asked_user", "state"])
	frappe.db.add_index("Business Event Action", ["state", "next_at"])
	frappe.db.add_index("Business Event Action", ["done_by", "done_at"])
	frappe.db.add_index("Business Event Action", ["employee"])
	frappe.db.add_index("Business Event Action", ["employee_user"])
	frappe.db.add_index("Business Event Action", ["company"])
	frappe.db.add_index("Business Event Action", ["due_at"])
	# the list: open steps, the most urgent first
	frappe.db.add_index("Business Event Action", ["state", "due_at"])
