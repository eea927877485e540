"""Business Event Type: which documents become business events, whom they concern, what is asked."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from perf_flow.engine.errors import FlowError
from perf_flow.flow import guidance, problems, service, sweep, times, watch

_WATCHED = ("reference_doctype", "trigger", "repeat", "filters", "expression", "only_company", "date_field")


class BusinessEventType(Document):
	def validate(self) -> None:
		self.set_active_from()
		self.validate_scope()
		self.validate_sop()
		self.validate_configuration()

	def validate_scope(self) -> None:
		for row in self.pilot_scope:
			if row.scope_type not in ("Department", "Branch", "Employee"):
				frappe.throw(
					_("A pilot is limited to departments, branches or employees, not to {0}.").format(
						_(row.scope_type)
					)
				)
		if frappe.get_meta(self.reference_doctype).istable:
			frappe.throw(
				_("{0} is a table inside other documents. Choose the document that holds it.").format(
					_(self.reference_doctype)
				)
			)
		if frappe.get_meta(self.reference_doctype).issingle:
			frappe.throw(
				_("{0} is a settings page, not a kind of document. Choose another one.").format(
					_(self.reference_doctype)
				)
			)
		if frappe.get_meta(self.reference_doctype).module == "Perf Flow":
			frappe.throw(
				_("Performance Flow does not watch its own documents. Choose another document type.")
			)

	def validate_sop(self) -> None:
		"""An SOP that is newly chosen, or of a type that is switched on, must be one that people can open."""
		before = self.get_doc_before_save()
		known = guidance.of_type(before) if before else []
		try:
			guidance.take_files(self, known)
			for sop in guidance.of_type(self):
				if self.enabled or sop not in known:
					guidance.check(sop, self.name)
		except FlowError as e:
			service.throw(e)

	def validate_configuration(self) -> None:
		"""A type that is switched on must be one that can be carried out."""
		if not self.enabled:
			return
		if not self.recipients:
			frappe.throw(_("Say whom it concerns: add at least one row to “Person concerned”."))
		try:
			watch.compile_type(self)
		except FlowError as e:
			service.throw(e)

	def set_active_from(self) -> None:
		"""Since when the type is on is the server's word, whatever the form sends."""
		before = self.get_doc_before_save()
		if not self.enabled:
			self.active_from = None
		elif before and before.enabled and before.active_from:
			self.active_from = before.active_from
		else:
			self.active_from = times.now_site()

	def on_update(self) -> None:
		watch.forget()
		guidance.forget()
		problems.forget(self.name)
		before = self.get_doc_before_save()
		if not self.enabled:
			return
		if not before or not before.enabled or any(self.get(f) != before.get(f) for f in _WATCHED):
			compiled = watch.compile_type(self)
			# what changed while the type was off, or other conditions held, is history too
			sweep.let_fall(compiled)
			sweep.remember_present(compiled)

	def after_rename(self, old: str, new: str, merge: bool = False) -> None:
		if merge:
			frappe.throw(
				_("Business event types cannot be merged: their events would no longer be told apart.")
			)
		watch.forget()
		# the keys of events and known documents contain the type's name
		frappe.db.sql(
			"""update `tabBusiness Event` set occurrence_key = sha1(concat_ws(char(31 using utf8mb4), event_type,
			reference_doctype, reference_name, occurrence))
			where event_type = %s and ifnull(document_state, '') != 'Deleted'""",
			(new,),
		)
		frappe.db.sql(
			"""update `tabBusiness Event Seen` set name = sha1(concat_ws(char(31 using utf8mb4), 'seen', event_type,
			reference_doctype, reference_name)) where event_type = %s""",
			(new,),
		)
		# a backtest is compared with the earlier ones of its type
		frappe.db.sql("update `tabBacktest Run` set event_type = %s where event_type = %s", (new, old))

	def on_trash(self) -> None:
		if frappe.db.exists("Business Event", {"event_type": self.name}):
			frappe.throw(
				_(
					"{0} has business events and cannot be deleted. Switch it off instead; what was recorded stays."
				).format(frappe.bold(_(self.name)))
			)
		watch.forget()
		problems.forget(self.name)
		frappe.db.delete("Business Event Seen", {"event_type": self.name})
