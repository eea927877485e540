from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import get_time, validate_email_address

from perf_flow.flow import calendars


class PerformanceFlowSettings(Document):
	def validate(self) -> None:
		if self.anchor_email:
			validate_email_address(self.anchor_email, throw=True)
		if self.work_start and self.work_end and get_time(self.work_start) == get_time(self.work_end):
			frappe.throw(_("The working day must end at another time than it begins."))
		if self.improve_wording and not (self.improve_url or "").startswith(("https://", "http://")):
			frappe.throw(_("The address of the service must begin with https:// or http://."))

	def on_update(self) -> None:
		calendars.forget()
