"""The fields that the app adds to documents of Frappe HR: one definition for install, migrate and uninstall.

A field that is there already is left as it is, whatever an administrator made of it.
"""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.engine.errors import N_

MODULE = "Perf Flow"

FIELDS: dict[str, list[dict[str, Any]]] = {
	"Goal": [
		{
			"fieldname": "perf_flow_section",
			"fieldtype": "Section Break",
			"label": N_("What it is measured by"),
			"insert_after": "end_date",
			"depends_on": "employee",
			"collapsible": 0,
		},
		{
			"fieldname": "perf_flow_dimension",
			"fieldtype": "Data",
			"label": N_("Dimension"),
			"insert_after": "perf_flow_section",
		},
		{
			"fieldname": "perf_flow_weight",
			"fieldtype": "Percent",
			"label": N_("Weight (%)"),
			"insert_after": "perf_flow_dimension",
			"non_negative": 1,
		},
		{
			"fieldname": "perf_flow_column",
			"fieldtype": "Column Break",
			"insert_after": "perf_flow_weight",
		},
		{
			"fieldname": "perf_flow_target",
			"fieldtype": "Data",
			"label": N_("Target value"),
			"insert_after": "perf_flow_column",
		},
		{
			"fieldname": "perf_flow_source",
			"fieldtype": "Data",
			"label": N_("Data source"),
			"insert_after": "perf_flow_target",
		},
	],
}
"""What the import of score sheets keeps on goals (design word E9: extended, not duplicated)."""


def make() -> None:
	"""Add the fields that are missing."""
	for doctype, fields in FIELDS.items():
		there = set(frappe.get_all("Custom Field", filters={"dt": doctype}, pluck="fieldname"))
		for field in fields:
			if field["fieldname"] not in there:
				frappe.get_doc(
					{
						"doctype": "Custom Field",
						"dt": doctype,
						"module": MODULE,
						"is_system_generated": 1,
						"translatable": 0,
						**field,
					}
				).insert(ignore_permissions=True)


def remove() -> None:
	"""Take the fields away again, with what stands in them."""
	for doctype, fields in FIELDS.items():
		for field in fields:
			name = f"{doctype}-{field['fieldname']}"
			if frappe.db.exists("Custom Field", name):
				frappe.delete_doc(
					"Custom Field", name, ignore_permissions=True, force=True, delete_permanently=True
				)
			frappe.db.delete("Property Setter", {"doc_type": doctype, "field_name": field["fieldname"]})
			if field["fieldtype"] not in frappe.model.no_value_fields:
				frappe.db.sql_ddl(f"alter table `tab{doctype}` drop column if exists `{field['fieldname']}`")
		frappe.clear_cache(doctype=doctype)
