from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from perf_flow.engine.errors import FlowError
from perf_flow.engine.evidence import clean_text
from perf_flow.flow import packs, service


class CommentTemplate(Document):
	"""A reason for a mark that somebody keeps for themselves, or administrators for everybody: to put in and change
	before it is sent."""

	def before_insert(self) -> None:
		self.scope = self.scope or "Own"
		self.user = None if self.scope == "Company" else self.user or frappe.session.user

	def validate(self) -> None:
		before = self.get_doc_before_save()
		if before is not None and (
			before.user != self.user or (before.scope or "Own") != (self.scope or "Own")
		):
			frappe.throw(_("A template stays with the person who made it."), frappe.PermissionError)
		try:
			self.title = clean_text(self.title or "")
			self.text = clean_text(self.text or "")
			packs.check_placeholders(self.text)
		except FlowError as e:
			service.throw(e)


def on_doctype_update() -> None:
	"""Index what the marking screen asks for."""
	frappe.db.add_index("Comment Template", ["user"])
