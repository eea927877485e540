"""Used Confirmation Link: the hash of a link from an email that has been used, so that it works once."""

from __future__ import annotations

import frappe

from perf_flow.flow.guard import Immutable


class UsedConfirmationLink(Immutable):
	pass


def on_doctype_update() -> None:
	"""Index what the daily job asks for."""
	frappe.db.add_index("Used Confirmation Link", ["expires_at"])
