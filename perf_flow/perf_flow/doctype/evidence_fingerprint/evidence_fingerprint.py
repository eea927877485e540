from __future__ import annotations

import frappe

from perf_flow.flow.guard import Projected


class EvidenceFingerprint(Projected):
	"""By what the content of an evidence file is found again. Written by the app alone."""


def on_doctype_update() -> None:
	"""Index what the app asks for."""
	frappe.db.add_index("Evidence Fingerprint", ["value"])
	frappe.db.add_index("Evidence Fingerprint", ["event"])
