from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class EvidenceView(Projected):
	"""That somebody opened a piece of evidence, and when first. Written by the marking screen alone."""


def on_doctype_update() -> None:
	"""Index what the marking screen asks for."""
	frappe.db.add_index("Evidence View", ["event", "user"])
