"""Shop Floor Board: which documents a tablet on the shop floor counts, and how."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from perf_flow.engine.errors import FlowError
from perf_flow.flow import service, shop_floor


class ShopFloorBoard(Document):
	def validate(self) -> None:
		meta = frappe.get_meta(self.reference_doctype)
		if meta.istable or meta.issingle or meta.get("is_virtual"):
			frappe.throw(
				_("{0} is not a kind of document that can be counted. Choose another one.").format(
					_(self.reference_doctype)
				)
			)
		if meta.module == "Perf Flow":
			frappe.throw(
				_("Performance Flow does not watch its own documents. Choose another document type.")
			)
		for fieldname in ("target", "current_value"):
			if not 0 <= (self.get(fieldname) or 0) <= 100:
				frappe.throw(
					_("{0} is a percentage from 0 to 100.").format(_(self.meta.get_label(fieldname)))
				)
		try:
			shop_floor.check(self)
		except FlowError as e:
			service.throw(e)
