from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from perf_flow.engine.errors import FlowError
from perf_flow.flow import service, wording


class WordingEntry(Document):
	"""A word or pattern that the administrators of this site add to the lexicon of the wording assessment."""

	def validate(self) -> None:
		self.term = (self.term or "").strip()
		try:
			wording.check(wording.entry_of(self))
		except FlowError as e:
			service.throw(e)
		twice = {
			"name": ["!=", self.name or ""],
			"language": self.language,
			"term": self.term,
			"is_pattern": int(self.is_pattern or 0),
		}
		if frappe.db.exists("Wording Entry", twice):
			frappe.throw(_("“{0}” is in the lexicon already.").format(frappe.utils.escape_html(self.term)))

	def on_change(self) -> None:
		wording.forget()

	def after_delete(self) -> None:
		wording.forget()
