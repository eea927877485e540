"""The screen of the shop floor: boards, today's checks, and setting one up."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from perf_flow.access import is_administrator
from perf_flow.api import require_person, translated
from perf_flow.api.event_types import only_administrators
from perf_flow.flow import shop_floor


@frappe.whitelist(methods=["GET"])
def show(board: str = "") -> dict[str, Any]:
	"""Today's checks of ``board``; without a name those of the only board there is for the viewer.

	Returns ``{"boards": [{"name", "title"}], "board": state or None, "may_set_up": bool}``. Raises PermissionError
	for guests, for an unknown or switched-off board, and without read permission on the board's documents.
	"""
	require_person()
	boards = _boards()
	name = board or (boards[0]["name"] if len(boards) == 1 else "")
	shown = None
	if name:
		shown = _state(name)
	return {"boards": boards, "board": shown, "may_set_up": is_administrator()}


def _boards() -> list[dict[str, str]]:
	"""The boards that count documents which the viewer may read."""
	rows = frappe.get_list(
		shop_floor.BOARD,
		filters={"enabled": 1},
		fields=["name", "title", "reference_doctype"],
		order_by="title",
		limit_page_length=0,
	)
	return [
		{"name": row.name, "title": _(row.title)}
		for row in rows
		if frappe.has_permission(row.reference_doctype, "read")
	]


def _state(name: str) -> dict[str, Any]:
	if not frappe.db.get_value(shop_floor.BOARD, name, "enabled"):
		frappe.throw(_("There is no such board, or it is switched off."), frappe.PermissionError)
	doc = frappe.get_doc(shop_floor.BOARD, name)
	doc.check_permission("read")
	with translated():
		return shop_floor.state(doc)


@frappe.whitelist(methods=["POST"])
def set_up() -> dict[str, Any]:
	"""Make the ready board for ERPNext's equipment checks, or switch it on again. Administrators only."""
	only_administrators()
	if frappe.db.exists(shop_floor.BOARD, shop_floor.READY):
		doc = frappe.get_doc(shop_floor.BOARD, shop_floor.READY)
		if not doc.enabled:
			doc.enabled = 1
			doc.save()
	else:
		doc = frappe.get_doc(shop_floor.ready_board()).insert()
	return {"name": doc.name}


@frappe.whitelist(methods=["GET", "POST"])
def choices(doctype: str) -> dict[str, Any]:
	"""What the form of a board offers: the fields of a document type that fit each purpose. Administrators only."""
	only_administrators()
	if not frappe.db.exists("DocType", doctype):
		return {}
	return shop_floor.choices(doctype)
