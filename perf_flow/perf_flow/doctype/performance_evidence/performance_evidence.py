from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class PerformanceEvidence(Projected):
	pass


def on_doctype_update() -> None:
	"""Index what lists, cards, reports and jobs ask for."""
	frappe.db.add_index("Performance Evidence", ["event"])
	frappe.db.add_index("Performance Evidence", ["employee"])
	frappe.db.add_index("Performance Evidence", ["employee_user"])
	frappe.db.add_index("Performance Evidence", ["company"])
	frappe.db.add_index("Performance Evidence", ["sha256"])
	frappe.db.add_index("Performance Evidence", ["kind"])
	frappe.db.add_index("Performance Evidence", ["creation"])
