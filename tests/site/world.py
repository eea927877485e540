"""A small company for site tests: people in a tree, an item, a customer, and orders to submit.

All is made by the real documents, within the transaction of the test, and rolled back with it. On a site of
`make test` the people, and what orders need, are there for all tests (``settle``): making them is most of a test's time.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_days, nowdate

from perf_flow.flow import store

EMAIL = "{0}@flow-world.example"


def company() -> str:
	return (
		frappe.defaults.get_global_default("company") or frappe.get_all("Company", pluck="name", limit=1)[0]
	)


def department(name: str) -> str:
	"""A department of this small world alone, whoever else works on the site."""
	name = f"World {name}"
	found = frappe.db.get_value("Department", {"department_name": name, "company": company()})
	if found:
		return found
	return (
		frappe.get_doc({"doctype": "Department", "department_name": name, "company": company()})
		.insert(ignore_permissions=True)
		.name
	)


def person(
	name: str,
	reports_to: str | None = None,
	department_name: str = "Sales",
	roles: tuple[str, ...] = (),
	**more: Any,
) -> Any:
	"""An active employee with a login, the one of this name if there is one; returns the Employee document."""
	email = EMAIL.format(name.lower())
	if found := frappe.db.get_value("Employee", {"user_id": email}):
		return frappe.get_doc("Employee", found)
	if not frappe.db.exists("User", email):
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": email,
				"first_name": name,
				"send_welcome_email": 0,
				"roles": [{"role": r} for r in ("Employee", *roles)],
			}
		)
		user.flags.no_welcome_mail = True
		user.insert(ignore_permissions=True)
	return frappe.get_doc(
		{
			"doctype": "Employee",
			"first_name": name,
			"company": company(),
			"department": department(department_name),
			"gender": "Female",
			"date_of_birth": "1990-01-01",
			"date_of_joining": "2020-01-01",
			"status": "Active",
			"reports_to": reports_to,
			"user_id": email,
			"create_user_permission": 0,
			**more,
		}
	).insert(ignore_permissions=True)


def people() -> dict[str, Any]:
	"""Boss above Max and Quentin; Max above Anna; Hilda is HR."""
	boss = person("Boss", department_name="Management")
	max_ = person("Max", boss.name, roles=("Sales Manager",))
	return {
		"boss": boss,
		"max": max_,
		"anna": person("Anna", max_.name, roles=("Sales User",)),
		"quentin": person("Quentin", boss.name, "Quality Assurance"),
		"hilda": person("Hilda", boss.name, "Human Resources", roles=("HR Manager",)),
	}


def settle() -> None:
	"""Make what most tests begin with. The caller commits."""
	crew = people()
	sales_person(crew["anna"])
	customer()
	item()


def event_type(title: str = "Order confirmed", **more: Any) -> Any:
	"""A switched-on event type on Sales Order, submitted, asked of the sales person, confirmed by quality."""
	values: dict[str, Any] = {
		"doctype": "Business Event Type",
		"title": title,
		"enabled": 1,
		"reference_doctype": "Sales Order",
		"trigger": "Submitted",
		"recipients": [{"source": "Sales Team"}, {"source": "Document Owner"}],
		"requirements": [
			{"label": "Signed confirmation", "kind": "File", "file_types": "pdf", "obligation": "Mandatory"}
		],
		"collaborators": [
			{
				"label": "Quality",
				"source": "Department Head",
				"department": department("Quality Assurance"),
				"required": 1,
			}
		],
	}
	values.update(more)
	return frappe.get_doc(values).insert(ignore_permissions=True)


def sales_person(employee: Any) -> str:
	found = frappe.db.get_value("Sales Person", {"employee": employee.name})
	if found:
		return found
	return (
		frappe.get_doc(
			{
				"doctype": "Sales Person",
				"sales_person_name": f"SP {employee.employee_name}",
				"employee": employee.name,
				"parent_sales_person": frappe.db.get_value("Sales Person", {"is_group": 1}),
				"is_group": 0,
			}
		)
		.insert(ignore_permissions=True)
		.name
	)


def customer() -> str:
	if not frappe.db.exists("Customer", "Flow Customer"):
		frappe.get_doc(
			{
				"doctype": "Customer",
				"customer_name": "Flow Customer",
				"customer_group": frappe.db.get_value("Customer Group", {"is_group": 0}),
				"territory": frappe.db.get_value("Territory", {"is_group": 0}),
			}
		).insert(ignore_permissions=True)
	return "Flow Customer"


def item() -> str:
	if not frappe.db.exists("Item", "Flow Item"):
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": "Flow Item",
				"item_group": frappe.db.get_value("Item Group", {"is_group": 0}),
				"stock_uom": "Nos",
				"is_stock_item": 0,
			}
		).insert(ignore_permissions=True)
	return "Flow Item"


def order(seller: Any | None = None, submit: bool = True, qty: float = 1, **more: Any) -> Any:
	"""A Sales Order, submitted unless told otherwise."""
	doc = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"company": company(),
			"customer": customer(),
			"transaction_date": nowdate(),
			"delivery_date": add_days(nowdate(), 7),
			"currency": frappe.get_cached_value("Company", company(), "default_currency"),
			"items": [
				{"item_code": item(), "qty": qty, "rate": 100, "delivery_date": add_days(nowdate(), 7)}
			],
			**more,
		}
	)
	if seller is not None:
		doc.append("sales_team", {"sales_person": sales_person(seller), "allocated_percentage": 100})
	doc.insert(ignore_permissions=True)
	if submit:
		doc.flags.ignore_permissions = True
		doc.submit()
	return doc


def todo(description: str = "Check the press", **more: Any) -> Any:
	"""A small document that anybody can watch."""
	return frappe.get_doc({"doctype": "ToDo", "description": description, **more}).insert(
		ignore_permissions=True
	)


def todo_type(title: str = "Task done", **more: Any) -> Any:
	"""An event type on ToDo, asked of the creator, without anything to confirm."""
	values = {
		"reference_doctype": "ToDo",
		"trigger": "Created",
		"recipients": [{"source": "Document Owner"}],
		"requirements": [{"label": "What was done", "kind": "Text", "minimum_characters": 5}],
		"collaborators": [],
	}
	values.update(more)
	return event_type(title, **values)


def events(doc: Any, event_type: str | None = None) -> list[Any]:
	"""The business events of a document, oldest first."""
	filters = {"reference_doctype": doc.doctype, "reference_name": doc.name}
	if event_type:
		filters["event_type"] = event_type
	return frappe.get_all(store.EVENT, filters=filters, fields=["*"], order_by="recorded_at, name")


def actions(event: str) -> dict[str, Any]:
	"""The actions of an event by step key."""
	return {a.step: a for a in frappe.get_all(store.ACTION, filters={"event": event}, fields=["*"])}


def user(employee: Any) -> str:
	return employee.user_id
