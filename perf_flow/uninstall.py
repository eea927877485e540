"""Leave the site as it was.

Frappe removes the DocTypes, reports, cards and workspaces of the module. What else the app wrote, and what
people made of its documents by the desk's own means (fields, cards, filters, permissions …), goes here: it
would point to what is no longer there. What people did in ERPNext meanwhile stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from email import message_from_string

import redis

import frappe

MODULE = "Perf Flow"
ROLES = ("Performance HR", "Performance Administrator")
UNLINKED = ("Communication", "Activity Log")
"""What stays without its reference, as when Frappe deletes a document."""


def before_uninstall() -> None:
	"""Delete the evidence files, and everything in Frappe's own tables that speaks of the app's documents."""
	from perf_flow import custom_fields
	from perf_flow.flow import rehearsal

	rehearsal.remove_files()
	custom_fields.remove()
	doctypes = frappe.get_all("DocType", filters={"module": MODULE}, pluck="name")
	for name in frappe.get_all("File", filters={"attached_to_doctype": ["in", doctypes]}, pluck="name"):
		frappe.delete_doc("File", name, ignore_permissions=True, force=True, delete_permanently=True)
	_delete_messages()
	_delete_onboarding()
	_delete_link_fields(doctypes)
	_delete_where_shown(doctypes)
	_delete_references(doctypes)
	for doctype, field in (
		("Custom DocPerm", "parent"),
		("List View Settings", "name"),
		("Singles", "doctype"),
		("Deleted Document", "deleted_doctype"),
	):
		frappe.db.delete(doctype, {field: ["in", doctypes]})
	for doctype in ("Block Module", "User Type Module"):
		frappe.db.delete(doctype, {"module": MODULE})
	frappe.db.sql("delete from `__Auth` where doctype in %s", (tuple(doctypes),))
	frappe.db.sql("delete from `__UserSettings` where doctype in %s", (tuple(doctypes),))
	frappe.db.sql("delete from `__global_search` where doctype in %s", (tuple(doctypes),))
	for page in frappe.get_all("Page", filters={"module": MODULE}, pluck="name"):
		# what people visited, which the desk offers them again
		frappe.db.delete("Route History", {"route": ["like", f"{page}/%"]})
	from perf_flow.flow.sealer import anchor_file

	if os.path.exists(anchor_file()):
		os.remove(anchor_file())


def _delete_onboarding() -> None:
	"""The steps of the module's onboarding belong to no module themselves; and form tours."""
	onboardings = frappe.get_all("Module Onboarding", filters={"module": MODULE}, pluck="name")
	steps = frappe.get_all("Onboarding Step Map", filters={"parent": ["in", onboardings]}, pluck="step")
	_delete("Module Onboarding", onboardings)
	_delete("Onboarding Step", steps)
	_delete("Form Tour", frappe.get_all("Form Tour", filters={"module": MODULE}, pluck="name"))


def _delete_messages() -> None:
	"""Take the desk notifications and emails back."""
	from perf_flow.flow.delivery import NOTIFICATION_PREFIX, PREFERENCES_PATH

	frappe.db.delete("Notification Log", {"name": ["like", f"{NOTIFICATION_PREFIX}%"]})
	users = frappe.get_all("Performance Outbox", filters={"kind": "email"}, pluck="recipient", distinct=True)
	addresses = frappe.get_all("User", filters={"name": ["in", users]}, pluck="email")
	anchors = frappe.get_all("Performance Ledger Anchor", fields=["hash", "sent_to"])
	addresses += [a.sent_to for a in anchors if a.sent_to]
	marks = [PREFERENCES_PATH, *(a.hash for a in anchors)]
	mails = frappe.get_all(
		"Email Queue Recipient", filters={"recipient": ["in", addresses]}, pluck="parent", distinct=True
	)
	for mail in frappe.get_all("Email Queue", filters={"name": ["in", mails]}, fields=["name", "message"]):
		text = _text_of(mail.message or "")
		if any(mark in text for mark in marks):
			_delete("Email Queue", [mail.name])


def _text_of(message: str) -> str:
	parts = (p for p in message_from_string(message).walk() if p.get_content_maintype() == "text")
	return "\n".join((p.get_payload(decode=True) or b"").decode("utf-8", "replace") for p in parts)


def _delete_link_fields(doctypes: list[str]) -> None:
	"""Fields that somebody put on other documents to link to the app's: without it the form would not open."""
	fields = frappe.get_all(
		"Custom Field",
		filters={"options": ["in", doctypes], "dt": ["not in", doctypes]},
		fields=["name", "dt", "fieldname", "fieldtype"],
	)
	for field in fields:
		frappe.delete_doc(
			"Custom Field", field.name, ignore_permissions=True, force=True, delete_permanently=True
		)
		if field.fieldtype == "Link":
			frappe.db.sql_ddl(f"alter table `tab{field.dt}` drop column if exists `{field.fieldname}`")


def _delete_references(doctypes: list[str]) -> None:
	"""Everything of the desk that names one of the app's DocTypes."""
	fields = frappe.get_all(
		"DocField",
		filters={"fieldtype": "Link", "options": "DocType", "parent": ["in", _desk_doctypes()]},
		fields=["parent", "fieldname"],
	)
	for owner, fieldname in ((f.parent, f.fieldname) for f in fields):
		meta = frappe.get_meta(owner)
		if meta.issingle:
			frappe.db.delete("Singles", {"doctype": owner, "field": fieldname, "value": ["in", doctypes]})
		elif owner in UNLINKED:
			name_field = meta.get("fields", {"fieldtype": "Dynamic Link", "options": fieldname})
			cleared = {fieldname: None, **{f.fieldname: None for f in name_field}}
			frappe.db.set_value(owner, {fieldname: ["in", doctypes]}, cleared, update_modified=False)
		else:
			_delete(owner, frappe.get_all(owner, filters={fieldname: ["in", doctypes]}, pluck="name"))


def _desk_doctypes() -> list[str]:
	modules = frappe.get_all("Module Def", filters={"app_name": "frappe"}, pluck="name")
	return frappe.get_all("DocType", filters={"module": ["in", modules], "is_virtual": 0}, pluck="name")


def _delete(doctype: str, names: Iterable[str]) -> None:
	"""Delete records with their rows and what Frappe keeps about them, without a copy among deleted documents."""
	names = list(names)
	if not names:
		return
	for table in frappe.get_meta(doctype).get_table_fields():
		frappe.db.delete(table.options, {"parenttype": doctype, "parent": ["in", names]})
	frappe.db.delete(doctype, {"name": ["in", names]})
	if frappe.get_meta(doctype).istable:
		return
	for about, type_field, name_field in (
		("Version", "ref_doctype", "docname"),
		("Comment", "reference_doctype", "reference_name"),
		("DocShare", "share_doctype", "share_name"),
		("Notification Log", "document_type", "document_name"),
	):
		frappe.db.delete(about, {type_field: doctype, name_field: ["in", names]})


def _delete_where_shown(doctypes: list[str]) -> None:
	"""What shows a report, card or chart of the app's documents, or of the module."""
	gone = {
		doctype: frappe.get_all(
			doctype, or_filters={"module": MODULE, field: ["in", doctypes]}, pluck="name", limit=0
		)
		for doctype, field in (
			("Report", "ref_doctype"),
			("Number Card", "document_type"),
			("Dashboard Chart", "document_type"),
		)
	}
	for doctype, field, target in (
		("Prepared Report", "report_name", "Report"),
		("Auto Email Report", "report", "Report"),
		("Custom Role", "report", "Report"),
		("Number Card", "report_name", "Report"),
		("Dashboard Chart", "report_name", "Report"),
		("Workspace Number Card", "number_card_name", "Number Card"),
		("Number Card Link", "card", "Number Card"),
		("Workspace Chart", "chart_name", "Dashboard Chart"),
		("Dashboard Chart Link", "chart", "Dashboard Chart"),
	):
		_delete(doctype, frappe.get_all(doctype, filters={field: ["in", gone[target]]}, pluck="name"))


def after_uninstall() -> None:
	"""Delete the code-owned roles and the traces of patches and jobs."""
	for role in ROLES:
		frappe.db.delete("Has Role", {"role": role})
		frappe.db.delete("Custom DocPerm", {"role": role})
		frappe.delete_doc(
			"Role", role, ignore_permissions=True, force=True, ignore_missing=True, delete_permanently=True
		)
	frappe.db.delete("Patch Log", {"patch": ["like", "perf_flow.%"]})
	jobs = frappe.get_all("Scheduled Job Type", filters={"method": ["like", "perf_flow.%"]}, pluck="name")
	_delete("Scheduled Job Type", jobs)
	frappe.db.delete("Scheduled Job Log", {"scheduled_job_type": ["in", jobs]})
	# what Frappe put aside when it deleted the module
	frappe.db.delete("Deleted Document", {"data": ["like", f'%"module": "{MODULE}"%']})
	frappe.db.delete("Deleted Document", {"deleted_doctype": "Module Def", "deleted_name": MODULE})
	_forget_job()
	# nothing commits after this
	frappe.db.commit()
	# this process remembers the app's hooks and would give them to all others again: every save would fail
	frappe.local.request_cache.clear()
	frappe.clear_cache()


def _forget_job() -> None:
	"""A worker that was woken already has nothing to do any more."""
	from frappe.utils.background_jobs import get_job

	try:
		if job := get_job("perf_flow_drain"):
			job.delete()
	except redis.exceptions.RedisError as e:
		frappe.logger("perf_flow").warning(f"queue not reachable, a job may be left there: {e}")
