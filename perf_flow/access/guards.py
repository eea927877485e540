"""Ways of Frappe that lead around the table, closed for the app's own documents."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from perf_flow.access import table
from perf_flow.access.rules import OF_EVENTS, PRIVATE


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
	if doctype not in (*OF_EVENTS, *PRIVATE):
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


def guard_comment(doc: Any, method: str | None = None) -> None:
	"""Comment: whoever is mentioned in one is told, so nobody writes any on what is there for one person alone."""
	if doc.reference_doctype in PRIVATE and doc.comment_type in ("Comment", "Like"):
		frappe.throw(
			_("{0} is there for one person alone, so nobody comments on it.").format(
				_(doc.reference_doctype)
			),
			frappe.PermissionError,
		)
