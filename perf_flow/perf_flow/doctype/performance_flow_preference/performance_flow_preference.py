from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document
from frappe.utils import getdate

from perf_flow.access import is_hr_of
from perf_flow.flow import times


class PerformanceFlowPreference(Document):
	def validate(self) -> None:
		if self.user != frappe.session.user and "System Manager" not in frappe.get_roles():
			frappe.throw(_("You can only set your own preferences."), frappe.PermissionError)
		if bool(self.quiet_from) != bool(self.quiet_to):
			frappe.throw(_("Please give both the beginning and the end of your quiet hours, or neither."))
		before = self.get_doc_before_save()
		absence = ("away_from", "away_until", "delegate")
		if any(_plain(self.get(f)) != (_plain(before.get(f)) if before else "") for f in absence):
			self.check_absence()

	def check_absence(self) -> None:
		"""Whoever stands in sees what they are asked about: only the person, or HR of their company, may say
		who that is. Raises PermissionError or ValidationError."""
		own = frappe.db.get_value(
			"Employee", {"user_id": self.user, "status": "Active"}, ["name", "company"], as_dict=True
		)
		if self.user != frappe.session.user and not is_hr_of(own.company if own else None):
			frappe.throw(
				_("Only the person themselves, or HR of their company, says who stands in for them."),
				frappe.PermissionError,
			)
		if not (self.away_from or self.away_until or self.delegate):
			return
		if not (self.away_from and self.away_until):
			frappe.throw(_("Please give both the first and the last day of your absence."))
		if getdate(self.away_from) > getdate(self.away_until):
			frappe.throw(_("The last day of your absence is before the first one."))
		if getdate(self.away_until) < times.now_site().date():
			frappe.throw(_("Your absence ends before today. Please choose a later day, or clear both days."))
		if self.delegate:
			self.check_delegate(own)

	def check_delegate(self, own: frappe._dict | None) -> None:
		"""Whoever stands in is another active employee whose login works. Raises ValidationError."""
		found = frappe.db.get_value(
			"Employee", self.delegate, ["name", "employee_name", "status", "user_id"], as_dict=True
		)
		if own and self.delegate == own.name:
			frappe.throw(_("You cannot stand in for yourself. Please choose somebody else."))
		enabled = found and found.user_id and frappe.db.get_value("User", found.user_id, "enabled")
		if not found or found.status != "Active" or not enabled:
			frappe.throw(
				_("{0} is not an active employee with a login. Please choose another person.").format(
					found.employee_name if found else self.delegate
				)
			)


def _plain(value: object) -> str:
	return str(value or "")
