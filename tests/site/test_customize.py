"""Custom fields, on ERP documents and on the app's own, work in conditions, requirements, people and lists; labels
can be changed by Customize Form; and all of it is there after a migration.

New columns commit, so this happens on a site of its own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import frappe
from frappe.custom.doctype.custom_field.custom_field import create_custom_field
from frappe.custom.doctype.property_setter.property_setter import make_property_setter

from perf_flow.api import event_types
from perf_flow.flow import observe
from tests.site import scratch, world

pytestmark = [pytest.mark.site, scratch.needed]

TITLE = "Customised order confirmed"
CONTRACT = "pf_contract_number"
SIGNER = "pf_signer"
KIND = "pf_kind"
LINE = "pf_batch"
NOTE = "pf_shop_note"
LABEL = "Customised label of the department"
ORDER = "Sales Order"
EVENT = "Business Event"


def test_custom_fields_work_and_survive_a_migration() -> None:
	scratch.ensure_installed()
	try:
		made = scratch.call(customise)
		assert made["matched"] == 1 and made["person"] == "Anna", made
		assert made["satisfied"] == ["Contract number is on the order"], made
		assert made["other"] == [], "the condition on the custom field keeps other orders out"
		assert made["found"] == [made["event"]] and made["label"] == LABEL, made
		scratch.bench("migrate", "--skip-search-index")
		assert scratch.call(look) == made
		again = scratch.call(record_again)
		assert again["person"] == "Anna" and again["satisfied"] == made["satisfied"], again
	finally:
		scratch.call(tidy)


# --- in a process of the scratch site -------------------------------------------------------------------


def customise() -> dict[str, Any]:
	"""Custom fields on the order, its rows and the event, another label, and a type that stands on them."""
	crew = scratch.crew()
	fields: tuple[tuple[str, dict[str, Any]], ...] = (
		(
			ORDER,
			{"fieldname": CONTRACT, "label": "Contract number", "fieldtype": "Data", "allow_on_submit": 1},
		),
		(ORDER, {"fieldname": SIGNER, "label": "Signer", "fieldtype": "Link", "options": "Employee"}),
		(ORDER, {"fieldname": KIND, "label": "Kind", "fieldtype": "Select", "options": "\nFrame\nSingle"}),
		("Sales Order Item", {"fieldname": LINE, "label": "Batch", "fieldtype": "Data"}),
		(EVENT, {"fieldname": NOTE, "label": "Shop note", "fieldtype": "Data", "in_standard_filter": 1}),
	)
	for doctype, values in fields:
		create_custom_field(doctype, values)
	make_property_setter(EVENT, "department", "label", LABEL, "Data")
	if not frappe.db.exists("Business Event Type", TITLE):
		world.event_type(
			TITLE,
			filters=json.dumps([[ORDER, KIND, "=", "Frame"], ["Sales Order Item", LINE, "like", "B%"]]),
			recipients=[{"source": "Field", "fieldname": SIGNER}],
			requirements=[
				{
					"label": "Contract number is on the order",
					"kind": "Field",
					"fieldname": CONTRACT,
					"obligation": "Mandatory",
				},
				{
					"label": "Frame agreement",
					"kind": "File",
					"obligation": "When Condition Holds",
					"condition": json.dumps([[ORDER, CONTRACT, "is", "set"]]),
				},
			],
			collaborators=[],
		)
	order = _order(crew, KIND, "Frame")
	other = _order(crew, KIND, "Single")
	(event,) = world.events(order, TITLE)
	# HR fills the custom field in; everything else of the event stays the flow's
	doc = frappe.get_doc(EVENT, event.name)
	doc.set(NOTE, "seen in hall 2")
	doc.save()
	assert world.events(other, TITLE) == []
	frappe.db.commit()
	return look()


def _order(crew: dict[str, Any], field: str, value: str) -> Any:
	order = world.order(
		crew["anna"], submit=False, **{CONTRACT: "C-1", SIGNER: crew["anna"].name, field: value}
	)
	order.items[0].set(LINE, "B-7")
	order.flags.ignore_permissions = True
	order.submit()
	return order


def look() -> dict[str, Any]:
	"""What is there: fields, label, preview, the event by a filter on the custom field, its evidence."""
	for doctype, field in ((ORDER, CONTRACT), (ORDER, SIGNER), ("Sales Order Item", LINE), (EVENT, NOTE)):
		assert frappe.get_meta(doctype).has_field(field) and frappe.db.has_column(doctype, field), (
			doctype,
			field,
		)
	saved = frappe.get_doc("Business Event Type", TITLE)
	answer = event_types.preview(frappe.as_json(saved.as_dict()))
	assert answer["problem"] is None, answer
	words = event_types.conditions_in_words(ORDER, saved.filters)
	assert words["problem"] is None and "Kind" in words["rows"][0], words
	found = frappe.get_list(EVENT, filters={NOTE: ["like", "%hall 2%"], "event_type": TITLE}, pluck="name")
	kinds = frappe.get_all(
		EVENT,
		filters={"event_type": TITLE},
		fields=["reference_name"],
		order_by="creation",
		pluck="reference_name",
	)
	return {
		"matched": answer["matched"],
		"person": answer["examples"][0]["person"],
		"satisfied": answer["examples"][0]["satisfied"],
		"open": answer["examples"][0]["open"],
		"event": found[0] if found else None,
		"found": found,
		"other": [name for name in kinds if frappe.db.get_value(ORDER, name, KIND) != "Frame"],
		"label": frappe.get_meta(EVENT).get_label("department"),
		"words": words["rows"],
		"wrong": event_types.check_again(TITLE)["problem"],
	}


def record_again() -> dict[str, Any]:
	"""After the migration a type still records by its custom fields, and follows them when they change."""
	crew = scratch.crew()
	order = _order(crew, KIND, "Frame")
	(event,) = world.events(order, TITLE)
	given = frappe.get_all("Performance Evidence", filters={"event": event.name}, pluck="requirement_label")
	order.reload()
	order.set(CONTRACT, "")
	order.flags.ignore_permissions = True
	order.save()
	chain = observe.observe(event.name)
	assert [r.label for r in chain.missing()] == ["Contract number is on the order", "Frame agreement"]
	frappe.db.commit()
	return {"person": event.employee_name, "satisfied": given}


def tidy() -> None:
	"""Leave the scratch site as other tests expect it."""
	if frappe.db.exists("Business Event Type", TITLE):
		doc = frappe.get_doc("Business Event Type", TITLE)
		doc.enabled = 0
		doc.save()
	names = frappe.get_all(
		"Custom Field", filters={"fieldname": ["in", [CONTRACT, SIGNER, KIND, LINE, NOTE]]}, pluck="name"
	)
	for name in names:
		frappe.delete_doc("Custom Field", name, force=True)
	frappe.db.delete("Property Setter", {"doc_type": EVENT, "field_name": "department", "property": "label"})
	frappe.clear_cache(doctype=EVENT)
	frappe.db.commit()
