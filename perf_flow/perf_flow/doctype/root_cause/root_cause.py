from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from perf_flow.engine.errors import FlowError
from perf_flow.engine.evidence import clean_text
from perf_flow.flow import root_causes, service


class RootCause(Document):
	"""A cause that people choose from. It stays what it was where it was given; counts follow a merge."""

	def before_insert(self) -> None:
		if self.state == "Proposed":
			self.proposed_by = self.proposed_by or frappe.session.user

	def validate(self) -> None:
		try:
			self.title = clean_text(self.title or "", 140)
			self.description = clean_text(self.description or "")
		except FlowError as e:
			service.throw(e)
		if self.state != "Merged":
			self.merged_into = None
			return
		if not self.merged_into or self.merged_into == self.name:
			frappe.throw(_("Say into which other cause this one is merged."))
		if frappe.db.get_value("Root Cause", self.merged_into, "state") != "Approved":
			frappe.throw(_("A cause is merged into an approved one. Approve that one first."))

	def on_update(self) -> None:
		if self.state == "Merged":
			# what had been merged into this one goes along
			frappe.db.set_value("Root Cause", {"merged_into": self.name}, "merged_into", self.merged_into)

	def on_trash(self) -> None:
		if root_causes.is_used(self.name):
			frappe.throw(_("This cause was given as evidence. Merge it into another one instead."))
		if frappe.db.exists("Root Cause", {"merged_into": self.name}):
			frappe.throw(_("Other causes are merged into this one."))


def on_doctype_update() -> None:
	"""Index what the search asks for."""
	frappe.db.add_index("Root Cause", ["state"])
	frappe.db.add_index("Root Cause", ["merged_into"])
