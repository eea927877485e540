"""Requirements of every kind, and what the verifier says of a recorded event, on a site."""

from __future__ import annotations

from typing import Any

import pytest

import frappe

from perf_flow.api import event_types, panel, steps
from perf_flow.flow import checks, clockwork, files, observe, store
from perf_flow.flow.verify import compare_documents
from tests.site import world


def state(event: str) -> dict[str, Any]:
	return panel.for_event(event)["events"][0]


def requirement(event: str, label: str) -> dict[str, Any]:
	return next(r for r in state(event)["requirements"] if r["label"] == label)


def give(event: str, label: str, value: str) -> None:
	steps.give(event, requirement(event, label)["key"], value)


@pytest.fixture
def crew(site) -> dict[str, Any]:
	return world.people()


@pytest.fixture
def signed_type(crew):
	return world.todo_type(
		"Verified task",
		requirements=[
			{"label": "What was done", "kind": "Text", "minimum_characters": 5, "must_be_concrete": 1},
			{
				"label": "Change note signed",
				"kind": "Sign-off",
				"departments": "\n".join(
					(world.department("Quality Assurance"), world.department("Management"))
				),
			},
			{"label": "What is different now", "kind": "Text", "rounds": "After a Redo"},
		],
	)


CONCRETE = "Replaced the seal of press 4 on 12 November and ran 40 parts without a leak."


def test_departments_sign_once_the_evidence_is_there(crew, signed_type, as_user) -> None:
	anna, max_, quentin, boss = (world.user(crew[n]) for n in ("anna", "max", "quentin", "boss"))
	with as_user(anna):
		event = world.events(world.todo())[0].name
		assert [r["label"] for r in state(event)["requirements"]] == ["What was done", "Change note signed"]
	with as_user(quentin):
		waiting = [s for s in state(event)["steps"] if s["kind"] == "Sign-off" and s["mine"]]
		assert [(s["waits"], s["may_do"]) for s in waiting] == [(True, False)]
		with pytest.raises(frappe.ValidationError, match="What was done"):
			steps.sign(event)
	with as_user(anna):
		with pytest.raises(frappe.ValidationError):
			give(event, "What was done", "Everything went well, great teamwork.")
		give(event, "What was done", CONCRETE)
		assert not requirement(event, "Change note signed")["may_give"]
		with pytest.raises(frappe.ValidationError):
			give(event, "Change note signed", "signed")
		with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
			steps.sign(event)
	with as_user(quentin):
		assert "sign" in state(event)["next"]
		assert requirement(event, "What was done")["pieces"], "who signs sees the evidence"
		steps.sign(event, note="Checked 40 parts")
		assert state(event)["completeness"] < 100
	with as_user(boss):
		steps.sign(event)
	with as_user(max_):
		shown = requirement(event, "Change note signed")
		assert shown["satisfied"] and len(shown["pieces"]) == 2
		assert any("Checked 40 parts" in p["title"] for p in shown["pieces"])
		steps.mark(event, "Redo", "The leak is back, press 4 dripped on 13 November.")
	with as_user(anna):
		assert "What is different now" in [r["label"] for r in state(event)["requirements"]]
	kinds = {a.kind for a in world.actions(event).values() if a.round == 2}
	assert "Sign-off" in kinds
	assert not list(compare_documents())


def test_a_signature_asks_its_departments_and_nobody_else_sees_it(crew, signed_type, as_user) -> None:
	anna, quentin, hilda = (world.user(crew[n]) for n in ("anna", "quentin", "hilda"))
	stranger = world.user(world.person("Sid", department_name="Stores"))
	with as_user(anna):
		event = world.events(world.todo())[0].name
		give(event, "What was done", CONCRETE)
	asked = frappe.get_all(
		store.OUTBOX, {"event": event, "recipient": quentin, "payload": ["like", "%ask_sign_off%"]}
	)
	assert len(asked) == 1
	with as_user(stranger):
		for attempt in (lambda: steps.sign(event), lambda: panel.for_event(event)):
			with pytest.raises(frappe.PermissionError):
				attempt()
		assert not frappe.get_list(store.EVIDENCE, {"event": event})
	with as_user(hilda):
		with pytest.raises(frappe.PermissionError):
			steps.sign(event)
	with as_user(quentin):
		assert frappe.get_list(store.EVIDENCE, {"event": event})
		steps.sign(event)
	with as_user(anna):
		# what was signed is no longer what is there
		give(event, "What was done", CONCRETE + " The spare seal is in rack 7.")
	with as_user(quentin):
		assert [s["may_do"] for s in state(event)["steps"] if s["kind"] == "Sign-off" and s["mine"]] == [True]


def test_a_sign_off_is_handed_on_by_hr_and_when_somebody_leaves(crew, signed_type, as_user) -> None:
	anna, max_, hilda = (world.user(crew[n]) for n in ("anna", "max", "hilda"))
	with as_user(anna):
		event = world.events(world.todo())[0].name
	quality = next(
		a for a in world.actions(event).values() if a.label == world.department("Quality Assurance")
	)
	assert (quality.kind, quality.assignee) == ("Sign-off", crew["quentin"].name)
	frappe.db.set_value("Employee", crew["quentin"].name, "status", "Left")
	clockwork._place(event)
	assert world.actions(event)[quality.step].assignee == crew["boss"].name
	with as_user(hilda):
		steps.reassign(event, quality.step, crew["max"].name, "Boris is travelling")
	with as_user(anna):
		give(event, "What was done", CONCRETE)
	with as_user(max_):
		steps.sign(event, step=quality.step)
	assert world.actions(event)[quality.step].state == "Done"


def test_a_sign_off_needs_departments_that_exist(crew) -> None:
	for departments, wanted in (("", "department"), ("No such department", "No such department")):
		with pytest.raises(frappe.ValidationError, match=wanted):
			world.todo_type(
				"Never signed",
				requirements=[{"label": "Signed", "kind": "Sign-off", "departments": departments}],
			)


# --- checks ---------------------------------------------------------------------------------------------------


def order_type(**more: Any) -> Any:
	"""Late orders are accepted with a note and Quality's signature."""
	values: dict[str, Any] = {
		"title": "Verified order",
		"collaborators": [],
		"requirements": [
			{"label": "Note on the change", "kind": "Text", "obligation": "Optional"},
			{
				"label": "Quality agrees",
				"kind": "Sign-off",
				"departments": world.department("Quality Assurance"),
				"obligation": "Optional",
			},
			{"label": "Paper", "kind": "File", "obligation": "Optional"},
		],
		"checks": [
			{
				"label": "Delivered in time",
				"kind": "On Time",
				"fieldname": "delivery_date",
				"against": "transaction_date",
				"accepted_with": "Note on the change\nQuality agrees",
			},
			{"label": "Worth it", "kind": "Within a Range", "fieldname": "grand_total", "minimum": "50"},
			{
				"label": "As planned",
				"kind": "Within a Tolerance",
				"fieldname": "grand_total",
				"target": "100",
				"tolerance": 5,
			},
			{
				"label": "Submitted",
				"kind": "Document in a State",
				"filters": '[["Sales Order", "docstatus", "=", 1]]',
			},
			{"label": "Paper is new", "kind": "Evidence Not Used Before", "evidence": "Paper"},
		],
	}
	return world.event_type(**{**values, **more})


def lines(event: str) -> dict[str, tuple[str, str]]:
	return {x["label"]: (x["outcome"], " ".join(x["reasons"])) for x in state(event)["verdict"]["lines"]}


@pytest.fixture
def order(crew, as_user) -> tuple[str, Any]:
	order_type()
	doc = world.order(crew["anna"])
	return world.events(doc)[0].name, doc


def test_a_verdict_says_line_by_line_what_holds(crew, order, as_user, sql_count) -> None:
	event, _doc = order
	anna, quentin = world.user(crew["anna"]), world.user(crew["quentin"])
	with as_user(anna):
		found = lines(event)
		assert found["Delivered in time"][0] == "Fails" and "7" in found["Delivered in time"][1]
		assert "Quality agrees" in found["Delivered in time"][1]
		assert [found[x][0] for x in ("Worth it", "As planned", "Submitted")] == ["Holds"] * 3
		assert found["Paper is new"][0] == "Unknown"
		shown = state(event)["verdict"]
		assert not shown["achieved"] and "Delivered in time" in shown["summary"]
		assert shown["match"] == 60 and shown["completeness"] == 100
		give(
			event, "Note on the change", "The customer moved the date to 20 December, see mail of 2 December."
		)
	with as_user(quentin):
		steps.sign(event)
		line = next(x for x in state(event)["verdict"]["lines"] if x["label"] == "Delivered in time")
		assert line["outcome"] == "Excused" and len(line["pieces"]) == 2
	chain = store.load(event)
	with sql_count() as counted:
		checks.told(store.load(event), {}, quentin)
	assert counted.total <= 5, counted
	with sql_count() as counted:
		checks.told(chain, {}, quentin)
	assert counted.total == 0, counted
	assert not list(compare_documents())


def test_the_same_file_again_is_told_and_not_by_name_to_whom_may_not_see(crew, order, as_user) -> None:
	event, _doc = order
	other = world.events(world.order(crew["anna"]))[0].name
	stranger = world.user(world.person("Sid", department_name="Stores"))
	with as_user(world.user(crew["anna"])):
		for one in (event, other):
			files.give(
				one, requirement(one, "Paper")["key"], "paper.txt", b"delivered on 3 December, 40 pieces"
			)
		assert lines(event)["Paper is new"][0] == "Holds"
		outcome, said = lines(other)["Paper is new"]
		assert outcome == "Fails" and "Verified order" in said
	with as_user(world.user(crew["max"])):
		with pytest.raises(frappe.ValidationError, match="Paper is new"):
			steps.mark(other, "Meets")
		steps.mark(other, "Meets", "The same paper stands for both orders, as agreed on 3 December.")
		step = next(s for s in state(other)["steps"] if s["kind"] == "Mark")
		assert step["verdict"]["achieved"] is False
		assert any(x["label"] == "Paper is new" for x in step["verdict"]["lines"])
	assert "another business event" in checks.told(store.load(other), {}, stranger)["lines"][4]["reasons"][0]
	# a later change of the document does not rewrite what was seen
	assert not list(compare_documents())


def test_what_checks_see_follows_the_document_until_the_mark(crew, as_user) -> None:
	world.todo_type(
		"Verified todo",
		requirements=[],
		checks=[{"label": "By its day", "kind": "On Time", "fieldname": "date", "against": "creation"}],
	)
	with as_user(world.user(crew["anna"])):
		doc = world.todo(date=frappe.utils.add_days(frappe.utils.nowdate(), 5))
		event = world.events(doc)[0].name
		assert lines(event)["By its day"][0] == "Fails"
		doc.date = frappe.utils.add_days(frappe.utils.nowdate(), -1)
		doc.save()
	assert frappe.db.exists(store.OUTBOX, {"kind": "observe_document", "payload": ["like", f"%{doc.name}%"]})
	observe.observe(event)
	assert state(event)["verdict"]["achieved"]
	with as_user(world.user(crew["max"])):
		steps.mark(event, "Meets")
	frappe.db.set_value("ToDo", doc.name, "date", "2031-01-01")
	observe.observe(event)
	assert state(event)["verdict"]["achieved"]


def test_the_latest_of_the_linked_documents_counts(crew) -> None:
	order_type(
		title="Verified project",
		reference_doctype="Project",
		trigger="Created",
		recipients=[{"source": "Document Owner"}],
		requirements=[],
		checks=[
			{
				"label": "Stages in time",
				"kind": "On Time",
				"fieldname": "Task:project:completed_on",
				"against": "Task:project:exp_end_date",
			}
		],
	)
	frappe.set_user(world.user(crew["anna"]))
	project = frappe.get_doc(
		{"doctype": "Project", "project_name": "Verified press", "company": world.company()}
	)
	project.insert(ignore_permissions=True)
	event = world.events(project)[0].name
	assert lines(event)["Stages in time"][0] == "Unknown"
	tasks = [
		frappe.get_doc(
			{
				"doctype": "Task",
				"subject": f"Stage {n}",
				"project": project.name,
				"exp_end_date": f"2026-10-{n}",
				"status": "Completed",
				"completed_on": f"2026-10-{done}",
			}
		).insert(ignore_permissions=True)
		for n, done in ((10, 10), (20, 24))
	]
	assert frappe.db.exists(
		store.OUTBOX, {"kind": "observe_document", "payload": ["like", f"%{project.name}%"]}
	)
	observe.observe(event)
	outcome, said = lines(event)["Stages in time"]
	assert outcome == "Fails" and "4" in said
	tasks[1].db_set("completed_on", "2026-10-20")
	observe.observe(event)
	assert lines(event)["Stages in time"][0] == "Holds"


@pytest.mark.parametrize(
	("check", "wanted"),
	[
		({"kind": "On Time", "fieldname": "delivery_date", "against": "nothing_here"}, "nothing_here"),
		({"kind": "On Time", "fieldname": "customer", "against": "delivery_date"}, "customer"),
		({"kind": "Within a Range", "fieldname": "grand_total", "minimum": "much"}, "much"),
		({"kind": "Evidence Is There", "evidence": "Nobody asked"}, "Nobody asked"),
		({"kind": "Within a Tolerance", "fieldname": "grand_total"}, "looks at"),
	],
)
def test_a_check_that_cannot_be_carried_out_is_refused(crew, check: dict[str, str], wanted: str) -> None:
	with pytest.raises(frappe.ValidationError, match=wanted):
		order_type(checks=[{"label": "Broken", **check}])


def test_the_preview_counts_who_would_sign_and_checks_can_look_at_linked_dates(crew, order) -> None:
	doc = frappe.get_doc("Business Event Type", "Verified order").as_dict()
	answer = event_types.preview(frappe.as_json(doc))
	assert answer["problem"] is None
	assert any(person["sign_off"] for person in answer["people"])
	offered = [option["value"] for option in event_types.linked_dates("Project")]
	assert "Task:project:completed_on" in offered
	frappe.set_user(world.user(crew["anna"]))
	with pytest.raises(frappe.PermissionError):
		event_types.linked_dates("Project")
