"""Leave the site as it was. Frappe removes the DocTypes, reports, cards and workspaces of the module;
what else the app wrote goes here."""

from __future__ import annotations

import os

import frappe

ROLES = ("Performance HR", "Performance Administrator")


def before_uninstall() -> None:
	"""Delete the evidence files, and everything in Frappe's own tables that speaks of the app's documents."""
	doctypes = frappe.get_all("DocType", filters={"module": "Perf Flow"}, pluck="name")
	for name in frappe.get_all("File", filters={"attached_to_doctype": ["in", doctypes]}, pluck="name"):
		frappe.delete_doc("File", name, ignore_permissions=True, force=True)
	for doctype, field in (
		("Notification Log", "document_type"),
		("Comment", "reference_doctype"),
		("Version", "ref_doctype"),
		("ToDo", "reference_type"),
		("DocShare", "share_doctype"),
		("View Log", "reference_doctype"),
		("Document Follow", "ref_doctype"),
		("Tag Link", "document_type"),
		("Custom DocPerm", "parent"),
		("Property Setter", "doc_type"),
		("Custom Field", "dt"),
		("List View Settings", "name"),
		("List Filter", "reference_doctype"),
		("Email Queue", "reference_doctype"),
	):
		frappe.db.delete(doctype, {field: ["in", doctypes]})
	frappe.db.sql("delete from `__UserSettings` where doctype in %s", (tuple(doctypes),))
	frappe.db.sql("delete from `__global_search` where doctype in %s", (tuple(doctypes),))
	from perf_flow.flow.sealer import anchor_file

	if os.path.exists(anchor_file()):
		os.remove(anchor_file())


def after_uninstall() -> None:
	"""Delete the code-owned roles and the traces of patches and jobs."""
	for role in ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.db.delete("Custom DocPerm", {"role": role})
		frappe.delete_doc("Role", role, ignore_permissions=True, force=True, ignore_missing=True)
	frappe.db.delete("Patch Log", {"patch": ["like", "perf_flow.%"]})
	frappe.db.delete("Scheduled Job Log", {"scheduled_job_type": ["like", "%perf_flow%"]})
	frappe.db.delete("Scheduled Job Type", {"method": ["like", "perf_flow.%"]})
	for key in ("perf_flow:calendars", "perf_flow:last_sweep"):
		frappe.cache.delete_value(key)
