"""Endpoints for the desk. Every one checks who asks; every refusal is a translated message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe
from frappe import _

from perf_flow.engine.errors import FlowError
from perf_flow.flow import service


@contextmanager
def translated() -> Iterator[None]:
	"""Turn refusals of the engine into messages people can read. Whatever a refused step had begun to
	write is taken back, so that nothing is half done."""
	savepoint = f"perf_flow_{frappe.generate_hash(length=8)}"
	frappe.db.savepoint(savepoint)
	try:
		yield
	except FlowError as e:
		frappe.db.rollback(save_point=savepoint)
		service.throw(e)


def require_person() -> str:
	"""The login that asks. Raises PermissionError for guests."""
	if frappe.session.user == "Guest":
		frappe.throw(_("Please log in first."), frappe.PermissionError)
	return frappe.session.user
