"""Recording: from a document to its events, exactly once, and never in the way of the document."""

from __future__ import annotations

import pytest

import frappe

from perf_flow.engine import chain as engine
from perf_flow.engine.model import Impact, Mark
from perf_flow.flow import service, store, sweep, verify
from tests.site import world

pytestmark = pytest.mark.site


@pytest.fixture
def crew(site):
	return world.people()


def test_a_submitted_order_asks_its_sales_person_manager_and_quality(crew):
	world.event_type()
	order = world.order(crew["anna"])
	(event,) = world.events(order)
	assert (event.employee, event.manager, event.state, event.stage) == (
		crew["anna"].name,
		crew["max"].name,
		"Open",
		"Evidence",
	)
	actions = world.actions(event.name)
	assert {k: a.assignee for k, a in actions.items()} == {
		"1-E": crew["anna"].name,
		"1-M": crew["max"].name,
		"1-C1": crew["quentin"].name,
	}
	assert list(verify.compare_documents()) == []


def test_the_whole_way(crew, as_user):
	world.event_type(requirements=[{"label": "Story", "kind": "Text"}])
	order = world.order(crew["anna"])
	event = world.events(order)[0].name
	key = frappe.db.get_value("Evidence Requirement", {"parent": "Order confirmed"})
	anna, max_, quentin = (crew[x].user_id for x in ("anna", "max", "quentin"))
	service.execute(event, engine.GiveEvidence(actor=anna, requirement=key, value="Signed on site"))
	service.execute(event, engine.GiveMark(actor=max_, mark=Mark.MEETS))
	service.execute(event, engine.ConfirmImpact(actor=quentin, impacts=(Impact.QUALITY,)))
	row = world.events(order)[0]
	assert (row.state, row.stage) == ("Closed", "Closed") and row.closed_at <= row.target_at
	assert list(verify.compare_documents()) == []


def test_an_order_that_nothing_watches_or_that_does_not_match_costs_nothing(crew, sql_count):
	world.order(crew["anna"])  # warms caches
	plain = _submit_count(world.order(crew["anna"], submit=False), sql_count)
	world.event_type(filters='[["Sales Order","grand_total",">",100000]]')
	frappe.local.perf_flow_watch = None
	world.order(crew["anna"])  # warms caches
	watched = _submit_count(world.order(crew["anna"], submit=False), sql_count)
	assert watched == plain


def _submit_count(order, sql_count):
	order.flags.ignore_permissions = True
	with sql_count() as count:
		order.submit()
	return count.total


def test_a_match_costs_at_most_six_statements(crew, sql_count):
	world.order(crew["anna"])
	plain = _submit_count(world.order(crew["anna"], submit=False), sql_count)
	for n in range(3):
		world.event_type(
			f"Order confirmed {n}",
			requirements=[{"label": f"Paper {i}", "kind": "File"} for i in range(5)]
			+ [{"label": "Delivery", "kind": "Field", "fieldname": "delivery_date"}],
			collaborators=[
				{
					"label": f"Q{i}",
					"source": "Department Head",
					"department": world.department("Quality Assurance"),
				}
				for i in range(4)
			],
		)
	world.order(crew["anna"])
	order = world.order(crew["anna"], submit=False)
	assert _submit_count(order, sql_count) - plain <= 6
	assert len(world.events(order)) == 3


@pytest.mark.parametrize(
	("trigger", "step"),
	[
		("Created", "insert"),
		("Submitted", "submit"),
		("Cancelled", "cancel"),
		("Updated After Submit", "update"),
	],
)
def test_each_moment_records_once(crew, trigger, step):
	world.event_type(trigger=trigger)
	order = world.order(crew["anna"], submit=False)
	assert len(world.events(order)) == (1 if step == "insert" else 0)
	order.flags.ignore_permissions = True
	order.submit()
	assert len(world.events(order)) == (1 if step in ("insert", "submit") else 0)
	order.reload()
	order.po_no = "X-1"
	order.flags.ignore_permissions = True
	order.save()
	assert len(world.events(order)) == (1 if step in ("insert", "submit", "update") else 0)
	order.reload()
	order.flags.ignore_permissions = True
	order.cancel()
	assert len(world.events(order)) == 1


def test_a_condition_fires_once_or_each_time(crew):
	once = world.todo_type(
		"Once", trigger="Condition Becomes True", filters='[["ToDo","status","=","Closed"]]'
	)
	each = world.todo_type(
		"Each",
		trigger="Condition Becomes True",
		filters='[["ToDo","status","=","Closed"]]',
		repeat="Each Time It Becomes True",
	)
	doc = world.todo()
	for status in ("Closed", "Closed", "Open", "Closed", "Cancelled", "Closed"):
		doc.status = status
		doc.save(ignore_permissions=True)
	assert len(world.events(doc, once.name)) == 1
	assert [e.occurrence for e in world.events(doc, each.name)] == ["1", "2", "3"]


def test_db_set_is_seen_and_set_value_is_found_by_the_sweep(crew):
	kind = world.todo_type(trigger="Condition Becomes True", filters='[["ToDo","priority","=","High"]]')
	seen, swept = world.todo(), world.todo()
	seen.db_set("priority", "High")
	frappe.db.set_value("ToDo", swept.name, "priority", "High")
	assert len(world.events(seen)) == 1 and not world.events(swept)
	for _again in range(2):
		_sweep(kind.name)
	(event,) = world.events(swept)
	assert event.source == "Sweep" and len(world.events(seen)) == 1


def _sweep(name):
	from perf_flow.flow.watch import watch_map

	watched = watch_map().type(name)
	for names in list(sweep.missing(watched)):
		for docname in names:
			doc = frappe.get_doc(watched.doctype, docname)
			from perf_flow.engine.model import Source
			from perf_flow.flow.recorder import Match, record
			from perf_flow.flow.view import DocView

			record([Match(watched, DocView(doc), Source.SWEEP, None, check_state=True)])


def test_what_was_so_before_the_type_was_switched_on_is_history(crew):
	old = world.todo(priority="High")
	kind = world.todo_type(trigger="Condition Becomes True", filters='[["ToDo","priority","=","High"]]')
	_sweep(kind.name)
	old.description = "changed"
	old.save(ignore_permissions=True)
	assert not world.events(old)
	old.priority = "Low"
	old.save(ignore_permissions=True)
	old.priority = "High"
	old.save(ignore_permissions=True)
	assert len(world.events(old)) == 1


def test_nobody_found_is_recorded_with_its_reason(crew):
	world.todo_type(recipients=[{"source": "Field", "fieldname": "assigned_by"}])
	(event,) = world.events(world.todo())
	assert event.needs_attention and "assigned_by" in event.attention and event.employee is None


@pytest.mark.parametrize(
	("values", "area"),
	[
		({"expression": "doc.nothing.at_all > 1"}, "Condition"),
		({"expression": "1/0"}, "Condition"),
	],
)
def test_a_broken_expression_never_stops_a_document(crew, values, area):
	kind = world.todo_type(**values)
	doc = world.todo()
	assert not world.events(doc)
	assert frappe.db.exists(store.OUTBOX, {"kind": "problem"})
	task = frappe.get_all(store.OUTBOX, filters={"kind": "problem"}, fields=["payload"])[0]
	from perf_flow.flow import problems

	problems.keep(frappe.parse_json(task.payload))
	(found,) = frappe.get_all("Event Type Problem", fields=["*"])
	assert (found.event_type, found.area, found.reference_name) == (kind.name, area, doc.name)


def test_a_broken_expression_never_stops_a_cancellation(crew):
	world.event_type(expression="1/0")
	order = world.order(crew["anna"])
	order.reload()
	order.flags.ignore_permissions = True
	order.cancel()
	assert frappe.db.get_value("Sales Order", order.name, "docstatus") == 2


def test_a_table_that_is_gone_never_stops_a_document(crew):
	"""A recipient in a table whose field was removed while the watch map was still cached."""
	kind = world.todo_type()
	from dataclasses import replace

	from perf_flow.engine.people import RecipientSource, Rule
	from perf_flow.flow import watch

	compiled = watch.compile_type(kind)
	broken = replace(compiled, recipients=(Rule(RecipientSource.FIELD, "gone.person"),))
	frappe.local.perf_flow_watch = watch.WatchMap({"ToDo": (broken,)}, {}, frozenset(("ToDo",)))
	doc = world.todo()
	assert not world.events(doc) and frappe.db.exists(store.OUTBOX, {"kind": "problem"})


def test_a_filter_on_a_field_that_is_gone_never_stops_a_document(crew):
	kind = world.todo_type(filters='[["ToDo","priority","=","High"]]')
	frappe.db.set_value("Business Event Type", kind.name, "filters", '[["ToDo","gone","=","High"]]')
	from perf_flow.flow import watch

	watch.forget()
	doc = world.todo(priority="High")
	assert not world.events(doc)
	payload = frappe.parse_json(frappe.get_all(store.OUTBOX, filters={"kind": "problem"}, pluck="payload")[0])
	assert payload["event_type"] == kind.name and "gone" in payload["problem"]


def test_cancelled_amended_renamed_deleted(crew):
	world.event_type(requirements=[{"label": "Story", "kind": "Text"}])
	order = world.order(crew["anna"])
	event = world.events(order)[0].name
	key = frappe.db.get_value("Evidence Requirement", {"parent": "Order confirmed"})
	service.execute(
		event, engine.GiveEvidence(actor=crew["anna"].user_id, requirement=key, value="Signed on site")
	)
	order.reload()
	order.flags.ignore_permissions = True
	order.cancel()
	row = world.events(order)[0]
	assert (row.state, row.void_cause, row.document_state) == ("Void", "Document Cancelled", "Cancelled")
	amended = frappe.copy_doc(order)
	amended.amended_from, amended.docstatus = order.name, 0
	amended.insert(ignore_permissions=True)
	amended.flags.ignore_permissions = True
	amended.submit()
	(new,) = world.events(amended)
	task = frappe._dict(event=new.name)
	from perf_flow.flow import follow

	follow.handle_take_over(task, {"amended_from": order.name})
	(new,) = world.events(amended)
	assert new.continues == event and new.stage == "Mark"
	assert world.events(order)[0].continued_by == new.name
	assert list(verify.compare_documents()) == []


def test_renamed_and_deleted_documents(crew):
	world.event_type(
		"New customer",
		reference_doctype="Customer",
		trigger="Created",
		collaborators=[],
		recipients=[{"source": "Named Employee", "employee": crew["anna"].name}],
	)
	first = frappe.get_doc({"doctype": "Customer", "customer_name": "Alpha"}).insert(ignore_permissions=True)
	assert len(world.events(first)) == 1
	frappe.rename_doc("Customer", "Alpha", "Beta", force=True)
	beta = frappe.get_doc("Customer", "Beta")
	assert len(world.events(beta)) == 1
	# the name is free again, for a document of its own
	again = frappe.get_doc({"doctype": "Customer", "customer_name": "Alpha"}).insert(ignore_permissions=True)
	assert len(world.events(again)) == 1
	frappe.delete_doc("Customer", "Beta")
	row = world.events(beta)[0]
	assert (row.state, row.void_cause, row.document_state) == ("Void", "Document Deleted", "Deleted")
	third = frappe.get_doc({"doctype": "Customer", "customer_name": "Beta"}).insert(ignore_permissions=True)
	assert len([e for e in world.events(third) if e.state == "Open"]) == 1
	assert list(verify.compare_documents()) == []


def test_a_renamed_employee_or_login_stays_the_same_person(crew):
	world.todo_type(recipients=[{"source": "Named Employee", "employee": crew["anna"].name}])
	(event,) = world.events(world.todo())
	key = frappe.db.get_value("Evidence Requirement", {"parent": "Task done"})
	service.execute(
		event.name, engine.GiveEvidence(actor=crew["anna"].user_id, requirement=key, value="Done at last")
	)
	frappe.rename_doc("Employee", crew["anna"].name, "HR-EMP-RENAMED", force=True)
	new = "anna@elsewhere.example"
	frappe.rename_doc("User", crew["anna"].user_id, new, force=True)
	chain = store.load(event.name)
	assert (chain.owner.employee, chain.owner.user) == ("HR-EMP-RENAMED", new)
	assert {chain.evidence[0].given_by, chain.step("1-E").done_by} == {new}
	assert list(verify.compare_documents()) == []


def test_a_renamed_type_keeps_its_events_and_its_once_only(crew):
	kind = world.todo_type(trigger="Condition Becomes True", filters='[["ToDo","status","=","Closed"]]')
	doc = world.todo(status="Closed")
	frappe.rename_doc("Business Event Type", kind.name, "Another title", force=True)
	for status in ("Open", "Closed"):
		doc.reload()
		doc.status = status
		doc.save(ignore_permissions=True)
	assert [e.event_type for e in world.events(doc)] == ["Another title"]
	assert list(verify.compare_documents()) == []


def test_a_pilot_only_concerns_its_people(crew):
	scope = [{"scope_type": "Department", "scope_name": world.department("Sales")}]
	kind = world.todo_type(pilot_scope=scope)
	with_login(crew["quentin"])
	outside = world.todo()
	frappe.set_user(crew["anna"].user_id)
	inside = world.todo()
	frappe.set_user("Administrator")
	assert not world.events(outside) and world.events(inside)[0].pilot == 1
	assert frappe.db.get_value(
		store.SEEN, {"event_type": kind.name, "reference_name": outside.name}, "reason"
	) == ("Outside Pilot")


def with_login(employee):
	frappe.set_user(employee.user_id)


@pytest.mark.parametrize("flag", ["in_patch", "in_migrate", "in_install", "in_import"])
def test_quiet_times(crew, flag):
	world.todo_type()
	frappe.flags[flag] = True
	try:
		doc = world.todo()
	finally:
		frappe.flags[flag] = False
	assert not world.events(doc)


def test_imports_count_when_the_settings_say_so(crew):
	world.todo_type()
	frappe.db.set_single_value("Performance Flow Settings", "record_during_import", 1)
	frappe.clear_document_cache("Performance Flow Settings", "Performance Flow Settings")
	frappe.flags.in_import = True
	try:
		assert len(world.events(world.todo())) == 1
	finally:
		frappe.flags.in_import = False
		frappe.clear_document_cache("Performance Flow Settings", "Performance Flow Settings")


def test_a_request_reads_the_cache_once(crew, monkeypatch):
	"""However many documents it saves, watched or not."""
	from frappe.utils.redis_wrapper import RedisWrapper

	world.todo_type(filters='[["ToDo","priority","=","High"]]')
	world.todo()
	reads = []
	get = RedisWrapper.get

	def noting(self, key, *args, **kwargs):
		if b"perf_flow" in (key if isinstance(key, bytes) else str(key).encode()):
			reads.append(key)
		return get(self, key, *args, **kwargs)

	monkeypatch.setattr(RedisWrapper, "get", noting)
	frappe.local.cache, frappe.local.perf_flow_watch = {}, None
	for _n in range(3):
		world.todo()
		frappe.get_doc({"doctype": "Note", "title": frappe.generate_hash(length=6)}).insert()
	assert len(reads) == 1
