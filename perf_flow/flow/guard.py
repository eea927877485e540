"""Documents that follow from facts are written by the flow alone, never through the desk.

Administrators' own custom fields on them stay editable for those who may write.
"""

from __future__ import annotations

from typing import NoReturn

import frappe
from frappe import _
from frappe.model.document import Document


class Projected(Document):
	"""A document of a chain: its own fields cannot be changed, renamed, deleted or submitted by anybody."""

	def validate(self) -> None:
		if self.is_new():
			self._refuse()
		before = self.get_doc_before_save()
		for df in self.meta.fields:
			if getattr(df, "is_custom_field", 0) or df.fieldtype in frappe.model.no_value_fields:
				continue
			if before is None or self.get(df.fieldname) != before.get(df.fieldname):
				self._refuse()

	def before_submit(self) -> None:
		self._refuse()

	def before_cancel(self) -> None:
		self._refuse()

	def before_rename(self, old: str, new: str, merge: bool = False) -> None:
		self._refuse()

	def on_trash(self) -> None:
		self._refuse()

	def _refuse(self) -> NoReturn:
		frappe.throw(
			_(
				"{0} is written by Performance Flow itself and cannot be changed by hand. Use the steps on the business event."
			).format(_(self.doctype)),
			frappe.PermissionError,
		)


class Immutable(Projected):
	"""A ledger document: nothing of it changes, custom fields included."""

	def validate(self) -> None:
		self._refuse()


LEDGER = frozenset(("Performance Ledger Entry", "Performance Ledger Seal", "Performance Ledger Anchor"))


def refuse_customizing(doc: Document, method: str | None = None) -> None:
	"""Custom Field and Property Setter: the ledger's own DocTypes stay as they are. A column made shorter or
	turned into another type would change what is sealed."""
	if (doc.get("doc_type") or doc.get("dt")) in LEDGER:
		frappe.throw(
			_("The ledger cannot be customised: what is sealed must stay readable as it was written.")
		)
