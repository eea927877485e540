from __future__ import annotations

import frappe

from perf_flow.flow.guard import Immutable


class PerformanceLedgerEntry(Immutable):
	pass


def on_doctype_update() -> None:
	"""Index what lists, cards, reports and jobs ask for."""
	frappe.db.add_unique("Performance Ledger Entry", ["event", "seq"])
	frappe.db.add_index("Performance Ledger Entry", ["recorded_at", "event", "seq"])
	frappe.db.add_index("Performance Ledger Entry", ["creation"])
