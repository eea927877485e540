"""A Frappe document as the engine's conditions see it, without copying it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe

_STANDARD_TYPES = {
	"name": "Data",
	"owner": "Link",
	"modified_by": "Link",
	"creation": "Datetime",
	"modified": "Datetime",
	"docstatus": "Int",
	"idx": "Int",
	"_assign": "Text",
	"_user_tags": "Data",
	"_liked_by": "Data",
	"_comments": "Text",
	"parent": "Data",
}


def fieldtype(doctype: str, fieldname: str) -> str | None:
	"""The type of a field, custom fields included; None when the DocType has no such field."""
	if fieldname in _STANDARD_TYPES:
		return _STANDARD_TYPES[fieldname]
	df = frappe.get_meta(doctype).get_field(fieldname)
	return df.fieldtype if df and not df.get("is_virtual") else None


def tree_members(doctype: str, name: str, operator: str) -> set[str]:
	"""The nodes of a tree DocType that a tree operator means; an unknown name gives none."""
	row = frappe.db.get_value(doctype, name, ["lft", "rgt"])
	if not row:
		return set()
	table = frappe.qb.DocType(doctype)
	query = frappe.qb.from_(table).select(table.name)
	if "ancestors" in operator:
		query = query.where((table.lft < row[0]) & (table.rgt > row[1]))
	elif "inclusive" in operator:
		query = query.where((table.lft >= row[0]) & (table.rgt <= row[1]))
	else:
		query = query.where((table.lft > row[0]) & (table.rgt < row[1]))
	return set(query.run(pluck=True))


class MetaView:
	"""The fields of a DocType without a document: for checking conditions when they are written."""

	__slots__ = ("doctype",)

	def __init__(self, doctype: str) -> None:
		self.doctype = doctype

	def value(self, fieldname: str) -> Any:
		"""No document, no value."""
		return None

	def rows(self, child_doctype: str) -> Sequence[Any] | None:
		"""An empty table, or None when the DocType has no such table."""
		tables = frappe.get_meta(self.doctype).get_table_fields()
		return [] if any(df.options == child_doctype for df in tables) else None

	def fieldtype(self, doctype: str, fieldname: str) -> str | None:
		"""See ``fieldtype``."""
		return fieldtype(doctype, fieldname)

	def link_doctype(self, doctype: str, fieldname: str) -> str | None:
		"""What a Link field points to."""
		df = frappe.get_meta(doctype).get_field(fieldname)
		return df.options if df and df.fieldtype == "Link" else None


class DocView(MetaView):
	"""Values and child rows of a document, with the types of its fields."""

	__slots__ = ("doc",)

	def __init__(self, doc: Any) -> None:
		self.doc = doc
		self.doctype: str = doc.doctype

	def value(self, fieldname: str) -> Any:
		"""The value of a field of the document itself."""
		return self.doc.get(fieldname)

	def rows(self, child_doctype: str) -> Sequence[Any] | None:
		"""All rows of a child DocType, whichever table of the document holds them; None if none can."""
		tables = [
			df for df in frappe.get_meta(self.doctype).get_table_fields() if df.options == child_doctype
		]
		if not tables:
			return None
		return [row for df in tables for row in self.doc.get(df.fieldname) or ()]

	def values(self, path: str) -> list[Any]:
		"""The values of a field, or of ``table.field`` over the rows of a table; empty ones left out."""
		if "." in path:
			table, fieldname = path.split(".", 1)
			found = [row.get(fieldname) for row in self.doc.get(table) or ()]
		else:
			found = [self.doc.get(path)]
		return [v for v in found if v]
