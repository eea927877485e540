"""What an ERP document is about, in a few lines, for somebody who is asked about it.

Shown is what the reader may see on the document's own form: nothing without read permission on it, and no field
above their permission level.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import get_url_to_form, strip_html

FIELDS = 6
ROWS = 3
LONGEST = 140

_FIRST = ("customer", "supplier", "party_name", "party", "project", "item_code", "item_name", "lead")
"""What tells most about a document comes first, where it has it."""

_SAYS_NOTHING = ("naming_series", "amended_from")

_PLAIN = frozenset(
	(
		"Autocomplete",
		"Check",
		"Currency",
		"Data",
		"Date",
		"Datetime",
		"Duration",
		"Dynamic Link",
		"Float",
		"Int",
		"Link",
		"Percent",
		"Phone",
		"Read Only",
		"Select",
		"Small Text",
		"Text",
		"Time",
	)
)


def of_document(doctype: str, name: str) -> dict[str, Any] | None:
	"""Title, address, main fields and first items of a document, for the session's user; None when it is not
	there or they may not read it.

	Returns ``{"title", "url", "fields": [{"label", "value"}], "rows": [text], "more_rows": int}``.
	"""
	doc = readable(doctype, name)
	if doc is None:
		return None
	title = _plain(doc.get(doc.meta.get_title_field())) or name
	rows, more = _rows(doc)
	return {
		"title": title if title != name else "",
		"url": get_url_to_form(doctype, name),
		"fields": _fields(doc, {name, title}),
		"rows": rows,
		"more_rows": more,
	}


def readable(doctype: str, name: str) -> Any:
	"""The document without what the session's user may not read; None when it is not there, or they may not read
	it at all."""
	if not frappe.db.exists("DocType", doctype) or not frappe.db.exists(doctype, name):
		return None
	if not frappe.has_permission(doctype, "read"):
		return None
	doc = frappe.get_doc(doctype, name)
	if not doc.has_permission("read"):
		return None
	doc.apply_fieldlevel_read_permissions()
	return doc


def _fields(doc: Any, said: set[str]) -> list[dict[str, str]]:
	"""The main fields with their values as people read them; empty values and repetitions are left out."""
	shown = []
	for df in _main_fields(doc.meta):
		value = _shown(doc, df)
		if value and value not in said:
			said.add(value)
			shown.append({"label": _(df.label, context=doc.doctype), "value": value})
		if len(shown) == FIELDS:
			break
	return shown


def _main_fields(meta: Any) -> list[Any]:
	"""What the document is about first, then what the list of such documents shows, as customised."""
	usable = [
		df
		for df in meta.fields
		if df.fieldtype in _PLAIN and df.label and not df.hidden and df.fieldname not in _SAYS_NOTHING
	]
	first = sorted((df for df in usable if df.fieldname in _FIRST), key=lambda df: _FIRST.index(df.fieldname))
	listed = [df for df in usable if df.in_list_view or df.in_standard_filter]
	required = [df for df in usable if df.reqd]
	return list({df.fieldname: df for df in (*first, *listed, *required)}.values())


def _shown(doc: Any, df: Any) -> str:
	value = doc.get(df.fieldname)
	if df.fieldtype == "Check":
		return _("Yes", context="Condition") if value else ""
	if value in (None, ""):
		return ""
	if df.fieldtype == "Select":
		return _(str(value), context=doc.doctype)
	return _plain(frappe.format_value(value, df, doc))


def _plain(value: Any) -> str:
	text = " ".join(strip_html(str(value or "")).split())
	return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _rows(doc: Any) -> tuple[list[str], int]:
	"""The first rows of the document's items, and how many more there are."""
	for table in doc.meta.get_table_fields():
		child = frappe.get_meta(table.options)
		if table.fieldtype != "Table" or table.hidden or not child.has_field("item_code"):
			continue
		rows = doc.get(table.fieldname) or []
		return [_row(row) for row in rows[:ROWS]], max(len(rows) - ROWS, 0)
	return [], 0


def _row(row: Any) -> str:
	item = _plain(row.get("item_name") or row.get("item_code"))
	quantity = row.meta.get_field("qty")
	if not quantity or row.get("qty") is None:
		return item
	amount = _plain(frappe.format_value(row.get("qty"), quantity, row))
	return f"{item} · {amount} {_(row.get('uom') or row.get('stock_uom') or '')}".strip()
