from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_time, validate_email_address

from perf_flow.engine.errors import ConfigurationError
from perf_flow.flow import calendars, service, snapshot_sources


class PerformanceFlowSettings(Document):
	def validate(self) -> None:
		if self.anchor_email:
			validate_email_address(self.anchor_email, throw=True)
		if self.work_start and self.work_end and get_time(self.work_start) == get_time(self.work_end):
			frappe.throw(_("The working day must end at another time than it begins."))
		if self.improve_wording and not (self.improve_url or "").startswith(("https://", "http://")):
			frappe.throw(_("The address of the service must begin with https:// or http://."))
		self.validate_snapshot_sources()

	def validate_snapshot_sources(self) -> None:
		"""Each row can be read, and no documents are there twice."""
		seen = set()
		for row in self.snapshot_sources:
			try:
				snapshot_sources.check(row)
			except ConfigurationError as e:
				frappe.throw(
					_("More documents, row {0}: {1}").format(
						row.idx, frappe.utils.escape_html(service.words(e))
					)
				)
			key = (row.document_type, row.person_field, row.date_field)
			if key in seen:
				frappe.throw(
					_(
						"More documents, row {0}: these documents are in an earlier row already. Remove one."
					).format(row.idx)
				)
			seen.add(key)

	def on_update(self) -> None:
		calendars.forget()
