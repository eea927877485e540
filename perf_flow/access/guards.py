"""Ways of Frappe that lead around the table, closed for the app's own documents."""

from __future__ import annotations

import os
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_files_path

from perf_flow.access import table
from perf_flow.access.rules import OF_EVENTS
from perf_flow.access.table import EVIDENCE


def guard_share(doc: Any, method: str | None = None) -> None:
	"""DocShare: nothing of the app is shared. A share would let somebody read what the table keeps from them."""
	if doc.share_doctype in table.DOCTYPES:
		frappe.throw(
			_(
				"{0} cannot be shared or assigned: who sees it follows from the event and the organisation. Ask HR to hand a step over instead."
			).format(_(doc.share_doctype)),
			frappe.PermissionError,
		)


def guard_reference(doc: Any, method: str | None = None) -> None:
	"""ToDo and Tag Link: Frappe shows the title of a tagged document to everybody, and counts assignments
	without asking; both are refused on what belongs to an event."""
	doctype = doc.get("reference_type") or doc.get("document_type")
	if doctype not in OF_EVENTS:
		return
	if doc.doctype == "ToDo":
		frappe.throw(
			_(
				"{0} cannot be shared or assigned: who sees it follows from the event and the organisation. Ask HR to hand a step over instead."
			).format(_(doctype)),
			frappe.PermissionError,
		)
	frappe.throw(
		_("{0} cannot be tagged: tags are seen by everybody.").format(_(doctype)), frappe.PermissionError
	)


def guard_file(doc: Any, method: str | None = None) -> None:
	"""File: nobody gets at an evidence file by naming its address in a file of their own. Somebody who uploads
	the same content has it already; Frappe then keeps both under one address."""
	before = doc.get_doc_before_save()
	if doc.get("attached_to_doctype") == EVIDENCE or doc.is_folder or doc.is_remote_file:
		return
	if before.file_url == doc.file_url if before else doc.get("content"):
		return
	kept = frappe.get_all(
		"File",
		filters={"file_url": _address(doc), "attached_to_doctype": EVIDENCE},
		pluck="attached_to_name",
	)
	if kept and not any(_may_read(name) for name in kept):
		frappe.throw(_("File {0} does not exist").format(doc.file_url), frappe.PermissionError)


def _address(doc: Any) -> str:
	"""The address under which Frappe knows the file that this one leads to, whatever way it is written."""
	private = os.path.realpath(get_files_path(is_private=True))
	place = os.path.realpath(doc.get_full_path())
	return "/private/files/" + os.path.relpath(place, private)


def _may_read(evidence: str) -> bool:
	return bool(frappe.db.exists(EVIDENCE, evidence)) and frappe.has_permission(EVIDENCE, "read", evidence)
