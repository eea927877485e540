from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class PerformanceOutbox(Projected):
	pass


def on_doctype_update() -> None:
	"""Index what lists, cards, reports and jobs ask for."""
	frappe.db.add_index("Performance Outbox", ["state", "deliver_after"])
	frappe.db.add_index("Performance Outbox", ["creation"])
