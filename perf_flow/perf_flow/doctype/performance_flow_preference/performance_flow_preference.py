from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document


class PerformanceFlowPreference(Document):
	def validate(self) -> None:
		if self.user != frappe.session.user and "System Manager" not in frappe.get_roles():
			frappe.throw(_("You can only set your own preferences."), frappe.PermissionError)
		if bool(self.quiet_from) != bool(self.quiet_to):
			frappe.throw(_("Please give both the beginning and the end of your quiet hours, or neither."))
