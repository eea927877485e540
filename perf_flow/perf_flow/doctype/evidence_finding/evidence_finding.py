from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class EvidenceFinding(Projected):
	"""What is to be told with a piece of evidence. Written by the app alone."""


def on_doctype_update() -> None:
	"""Index what the app asks for."""
	frappe.db.add_index("Evidence Finding", ["event"])
