"""The export of business events into a workbook, for HR that may read all of them."""

from __future__ import annotations

import frappe

from perf_flow.flow import site_export


@frappe.whitelist(methods=["POST"])
def start(first: str, last: str) -> str:
	"""Begin an export of the events recorded from ``first`` to ``last`` (days of the site); returns its name. Whoever
	asked is told when the workbook is there. Raises PermissionError unless the caller may read each of the events."""
	try:
		days = site_export.days(first, last)
	except ValueError as e:
		frappe.throw(str(e))
	return site_export.start(*days)
