"""The ways in which ERPNext changes documents, each tried: what a hook sees is recorded by the hook, what
none sees is found by the sweep, and nothing is recorded twice."""

from __future__ import annotations

import pytest

import frappe
from frappe.utils import add_days, getdate, nowdate

from perf_flow.flow import store, sweep
from tests.site import world

pytestmark = pytest.mark.site


@pytest.fixture(autouse=True)
def no_commits(site, monkeypatch):
	monkeypatch.setattr(frappe.db, "commit", lambda: None)


@pytest.fixture
def anna(site):
	return world.person("Anna")


def watch(anna, doctype, filters, **more):
	values = {
		"reference_doctype": doctype,
		"trigger": "Condition Becomes True",
		"filters": frappe.as_json(filters),
		"recipients": [{"source": "Named Employee", "employee": anna.name}],
		"collaborators": [],
		"requirements": [],
	}
	values.update(more)
	return world.event_type(f"Watched {doctype}", **values)


def found(doc):
	"""The sources of a document's events after two sweeps."""
	sweep.sweep()
	sweep.sweep()
	return [e.source for e in world.events(doc)]


def invoice(**more):
	doc = frappe.get_doc(
		{
			"doctype": "Sales Invoice",
			"company": world.company(),
			"customer": world.customer(),
			"posting_date": add_days(nowdate(), -40),
			"set_posting_time": 1,
			"due_date": add_days(nowdate(), -35),
			"currency": frappe.get_cached_value("Company", world.company(), "default_currency"),
			"items": [{"item_code": world.item(), "qty": 1, "rate": 100}],
			**more,
		}
	)
	doc.insert(ignore_permissions=True)
	doc.flags.ignore_permissions = True
	doc.submit()
	return doc


def test_status_by_db_set(anna):
	watch(anna, "Sales Order", [["Sales Order", "status", "=", "Closed"]])
	order = world.order()
	order.update_status("Closed")
	assert found(order) == ["Document Event"]


def test_percentage_by_sql_and_then_status_by_db_set(anna):
	from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

	watch(anna, "Sales Order", [["Sales Order", "per_delivered", ">=", 100]])
	order = world.order()
	note = make_delivery_note(order.name)
	note.insert(ignore_permissions=True)
	note.flags.ignore_permissions = True
	note.submit()
	assert frappe.db.get_value("Sales Order", order.name, "per_delivered") == 100
	assert len(found(order)) == 1


def test_invoices_become_overdue_by_bulk_sql(anna):
	from erpnext.controllers.accounts_controller import update_invoice_status

	watch(anna, "Sales Invoice", [["Sales Invoice", "status", "=", "Overdue"]])
	doc = invoice()
	frappe.db.set_value("Sales Invoice", doc.name, "status", "Unpaid")
	before = [e.source for e in world.events(doc)]
	update_invoice_status()
	assert frappe.db.get_value("Sales Invoice", doc.name, "status") == "Overdue"
	assert len(found(doc)) == 1 and before in ([], ["Document Event"])


def test_quotations_expire_by_bulk_sql(anna):
	from erpnext.selling.doctype.quotation.quotation import set_expired_status

	watch(anna, "Quotation", [["Quotation", "status", "=", "Expired"]])
	doc = frappe.get_doc(
		{
			"doctype": "Quotation",
			"company": world.company(),
			"quotation_to": "Customer",
			"party_name": world.customer(),
			"transaction_date": add_days(nowdate(), -10),
			"valid_till": add_days(nowdate(), -5),
			"currency": frappe.get_cached_value("Company", world.company(), "default_currency"),
			"items": [{"item_code": world.item(), "qty": 1, "rate": 5}],
		}
	).insert(ignore_permissions=True)
	doc.flags.ignore_permissions = True
	doc.submit()
	set_expired_status()
	assert world.events(doc) == []
	assert found(doc) == ["Sweep"]


def test_project_percentage_by_db_update(anna):
	watch(anna, "Project", [["Project", "percent_complete", ">=", 100]])
	project = frappe.get_doc(
		{"doctype": "Project", "project_name": "Flow project", "company": world.company()}
	).insert(ignore_permissions=True)
	task = frappe.get_doc({"doctype": "Task", "subject": "One", "project": project.name}).insert(
		ignore_permissions=True
	)
	task.status, task.completed_on = "Completed", nowdate()
	task.save(ignore_permissions=True)
	assert frappe.db.get_value("Project", project.name, "percent_complete") == 100
	assert len(found(project)) == 1


def test_task_overdue_by_db_set(anna):
	from erpnext.projects.doctype.task.task import set_tasks_as_overdue

	watch(anna, "Task", [["Task", "status", "=", "Overdue"]])
	task = frappe.get_doc(
		{"doctype": "Task", "subject": "Late", "exp_end_date": add_days(nowdate(), 1)}
	).insert(ignore_permissions=True)
	frappe.db.set_value("Task", task.name, "exp_end_date", add_days(nowdate(), -3))
	set_tasks_as_overdue()
	assert found(task) == ["Document Event"]


@pytest.mark.parametrize(
	("doctype", "values", "change"),
	[
		("Issue", {"subject": "Broken"}, {"status": "Replied"}),
		("Task", {"subject": "Closed by its project"}, {"status": "Completed"}),
	],
)
def test_status_by_set_value(anna, doctype, values, change):
	((field, value),) = change.items()
	watch(anna, doctype, [[doctype, field, "=", value]])
	doc = frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)
	frappe.db.set_value(doctype, doc.name, field, value, update_modified=False)
	assert world.events(doc) == []
	assert found(doc) == ["Sweep"]


def test_each_time_it_becomes_true_unseen(anna):
	watch(anna, "ToDo", [["ToDo", "priority", "=", "High"]], repeat="Each Time It Becomes True")
	doc = world.todo()
	for priority in ("High", "Low", "High"):
		frappe.db.set_value("ToDo", doc.name, "priority", priority)
		sweep.sweep()
	assert [e.occurrence for e in world.events(doc)] == ["1", "2"]


def test_submitted_and_cancelled_unseen(anna):
	watch(anna, "Sales Order", [], trigger="Submitted", requirements=[{"label": "Story", "kind": "Text"}])
	order = world.order(submit=False)
	frappe.db.set_value("Sales Order", order.name, "docstatus", 1)
	assert found(order) == ["Sweep"]
	frappe.db.set_value("Sales Order", order.name, "docstatus", 2)
	assert found(order) == ["Sweep"]
	assert world.events(order)[0].state == "Void"


def test_deleted_unseen(anna):
	watch(anna, "ToDo", [], trigger="Created", requirements=[{"label": "Story", "kind": "Text"}])
	doc = world.todo()
	frappe.db.delete("ToDo", {"name": doc.name})
	found(doc)
	(event,) = world.events(doc)
	assert (event.state, event.document_state) == ("Void", "Deleted")


def test_a_date_is_reached_once_however_long_the_scheduler_slept(anna):
	kind = watch(
		anna,
		"Sales Invoice",
		[["Sales Invoice", "outstanding_amount", ">", 0]],
		trigger="Date Reached",
		date_field="due_date",
		offset=30,
		offset_unit="Days",
		offset_direction="After",
	)
	doc = invoice()
	assert found(doc) == []  # overdue by 30 days before the type was switched on: history
	frappe.db.set_value("Business Event Type", kind.name, "active_from", add_days(nowdate(), -20))
	from perf_flow.flow import watch as watching

	watching.forget()
	assert found(doc) == ["Schedule"]
	assert world.events(doc)[0].occurrence == str(getdate(doc.due_date))
	# the date moves: it may be reached again
	frappe.db.set_value("Sales Invoice", doc.name, "due_date", add_days(nowdate(), -33))
	assert len(found(doc)) == 2


def test_a_paid_invoice_is_not_chased(anna):
	kind = watch(
		anna,
		"Sales Invoice",
		[["Sales Invoice", "outstanding_amount", ">", 0]],
		trigger="Date Reached",
		date_field="due_date",
		offset=30,
	)
	frappe.db.set_value("Business Event Type", kind.name, "active_from", add_days(nowdate(), -20))
	from perf_flow.flow import watch as watching

	watching.forget()
	doc = invoice()
	frappe.db.set_value("Sales Invoice", doc.name, "outstanding_amount", 0)
	assert found(doc) == []


def test_evidence_that_came_unseen(anna):
	watch(
		anna,
		"ToDo",
		[],
		trigger="Created",
		requirements=[{"label": "A colour", "kind": "Field", "fieldname": "color"}],
	)
	doc = world.todo()
	assert world.events(doc)[0].stage == "Evidence"
	frappe.db.set_value("ToDo", doc.name, "color", "#ff0000")
	sweep.sweep()
	assert world.events(doc)[0].stage == "Mark"


def test_linked_documents_are_ticked_when_they_are_submitted(anna):
	from perf_flow.flow import observe

	kind = watch(
		anna,
		"Sales Order",
		[],
		trigger="Submitted",
		requirements=[
			{
				"label": "Delivered",
				"kind": "Linked Document",
				"linked_doctype": "Delivery Note",
				"link_fieldname": "items.against_sales_order",
				"filters": '[["Delivery Note","docstatus","=",1]]',
			}
		],
	)
	from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

	order = world.order()
	note = make_delivery_note(order.name)
	note.insert(ignore_permissions=True)
	queued = {"kind": "observe_document"}
	assert frappe.db.count(store.OUTBOX, queued) == 0
	note.flags.ignore_permissions = True
	note.submit()
	assert frappe.db.count(store.OUTBOX, queued) >= 1
	observe.handle_document(None, {"event_type": kind.name, "docname": order.name})
	event = world.events(order)[0]
	assert event.stage == "Mark"
	piece = frappe.get_all(store.EVIDENCE, filters={"event": event.name}, fields=["*"])[0]
	assert piece.value == note.name and piece.automatic
	note.reload()
	note.flags.ignore_permissions = True
	note.cancel()
	observe.handle_document(None, {"event_type": kind.name, "docname": order.name})
	assert world.events(order)[0].stage == "Evidence"


def test_a_broken_type_does_not_stop_the_sweep_of_others(anna, monkeypatch):
	monkeypatch.setattr(frappe.db, "rollback", lambda: None)
	broken = watch(anna, "ToDo", [], trigger="Created")
	frappe.db.set_value("Business Event Type", broken.name, "expression", "1/0")
	good = world.event_type(
		"Good one",
		reference_doctype="ToDo",
		trigger="Condition Becomes True",
		filters='[["ToDo","priority","=","High"]]',
		recipients=[{"source": "Named Employee", "employee": anna.name}],
		requirements=[],
		collaborators=[],
	)
	from perf_flow.flow import watch as watching

	watching.forget()
	doc = world.todo()
	frappe.db.set_value("ToDo", doc.name, "priority", "High")
	sweep.sweep()
	assert [e.event_type for e in world.events(doc)] == [good.name]
	assert frappe.db.exists(store.OUTBOX, {"kind": "problem"})


def test_an_expression_decides_what_was_so_before(anna):
	low, high = world.todo(priority="Low"), world.todo(priority="High")
	watch(
		anna,
		"ToDo",
		[["ToDo", "status", "=", "Open"]],
		expression="doc.priority == 'High'",
	)
	frappe.db.set_value("ToDo", low.name, "priority", "High")
	assert found(low) == ["Sweep"] and found(high) == []


def test_a_condition_that_ended_while_the_type_was_off_can_become_true_again(anna):
	kind = watch(anna, "ToDo", [["ToDo", "priority", "=", "High"]], repeat="Each Time It Becomes True")
	doc = world.todo()
	doc.priority = "High"
	doc.save()
	kind.enabled = 0
	kind.save()
	doc.priority = "Low"
	doc.save()
	kind.reload()
	kind.enabled = 1
	kind.save()
	doc.priority = "High"
	doc.save()
	assert [e.occurrence for e in world.events(doc)] == ["1", "2"]
