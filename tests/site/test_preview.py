"""The live preview of event types says what recording does, writes nothing, and keeps what its reader may not see;
and what else the form and gallery do: copies, pilots, problems, templates."""

from __future__ import annotations

import json
from typing import Any

import pytest

import frappe

from perf_flow.api import event_types, templates
from perf_flow.flow import preview, problems, store, trial
from tests.site import world

MARK = "PREVIEW-PROBE"
TABLES = (store.EVENT, store.ACTION, store.SEEN, store.OUTBOX, "Performance Evidence", "Event Type Problem")


@pytest.fixture
def people(site: str) -> dict[str, Any]:
	return world.people()


def probe(seller: Any | None = None, **more: Any) -> Any:
	"""An order that the previewed type is about."""
	return world.order(seller, po_no=f"{MARK}-{frappe.generate_hash(length=6)}", **more)


def form(**more: Any) -> dict[str, Any]:
	"""An event type as the form holds it: never saved, rows with the names the browser made up."""
	return {
		"doctype": "Business Event Type",
		"name": "new-business-event-type-1",
		"__islocal": 1,
		"__unsaved": 1,
		"title": "Order previewed",
		"enabled": 0,
		"reference_doctype": "Sales Order",
		"trigger": "Submitted",
		"filters": json.dumps([["Sales Order", "po_no", "like", f"{MARK}%"]]),
		"recipients": [{"doctype": "Event Recipient", "name": "new-1", "source": "Sales Team"}],
		"requirements": [
			{
				"doctype": "Evidence Requirement",
				"name": "new-2",
				"label": "Paper",
				"kind": "File",
				"obligation": "Mandatory",
			},
			{
				"doctype": "Evidence Requirement",
				"name": "new-3",
				"label": "Customer's number",
				"kind": "Field",
				"fieldname": "po_no",
				"obligation": "Optional",
			},
		],
		"collaborators": [
			{
				"doctype": "Event Collaborator",
				"label": "Quality",
				"source": "Department Head",
				"department": world.department("Quality Assurance"),
				"required": 1,
			}
		],
		"mark_required": 1,
		"evidence_hours": "48",
		"mark_hours": 48,
		"confirmation_hours": 48,
		"target_hours": 48,
		**more,
	}


def ask(**more: Any) -> dict[str, Any]:
	return event_types.preview(json.dumps(form(**more)))


def counts() -> dict[str, int]:
	return {table: frappe.db.count(table) for table in TABLES}


def test_unsaved_type_is_previewed_with_the_people_who_would_be_asked(people) -> None:
	order = probe(people["anna"])
	world.order(people["anna"], po_no="another")
	probe(people["anna"], submit=False)

	answer = ask()

	assert (answer["problem"], answer["matched"], answer["nobody"]) == (None, 1, 0)
	assert (
		answer["headline"] == "In the last 30 days one document of the type Sales Order would have matched."
	)
	(example,) = answer["examples"]
	assert example["name"] == order.name
	assert (example["person"], example["manager"]) == ("Anna", "Max")
	assert [(c["label"], c["name"]) for c in example["collaborators"]] == [("Quality", "Quentin")]
	assert (example["satisfied"], example["open"]) == (["Customer's number"], ["Paper"])
	assert {p["name"] for p in answer["people"]} == {"Anna", "Max", "Quentin"}
	# what cannot be known is said
	assert any("When a document was submitted is not kept" in note for note in answer["notes"])
	assert any("as they are now" in note for note in answer["notes"])

	other = ask(filters=json.dumps([["Sales Order", "po_no", "=", "nothing like it"]]))
	assert (other["matched"], other["examples"]) == (0, [])


def test_preview_says_what_recording_then_does(people) -> None:
	saved = world.event_type(
		"Previewed and recorded", filters=form()["filters"], requirements=form()["requirements"]
	)
	order = probe(people["anna"])
	(event,) = world.events(order, saved.name)

	(example,) = event_types.preview(frappe.as_json(saved.as_dict()))["examples"]

	assert example["name"] == order.name
	assert (example["person"], example["manager"]) == (event.employee_name, event.manager_name)
	confirmation = next(a for a in world.actions(event.name).values() if a.kind == "Confirmation")
	assert example["collaborators"][0]["name"] == confirmation.assignee_name
	given = frappe.get_all("Performance Evidence", filters={"event": event.name}, pluck="requirement_label")
	assert example["satisfied"] == given


def test_nobody_is_said_with_the_reason(people) -> None:
	probe()
	answer = ask()
	assert (answer["matched"], answer["nobody"]) == (1, 1)
	(example,) = answer["examples"]
	assert example["person"] is None and "sales team" in example["person_why"]


def test_nothing_is_written(people, sql_count) -> None:
	probe(people["anna"])
	before = counts()
	with sql_count() as count:
		ask(expression="doc.no_such_field.anything")
		ask(trigger="Condition Becomes True", repeat="Each Time It Becomes True")
	assert counts() == before
	writing = ("insert", "update", "delete", "replace", "create", "alter")
	assert [s for s in count.statements if s.lower().startswith(writing)] == []


def test_an_expression_that_fails_is_said_and_not_noted(people) -> None:
	probe(people["anna"])
	answer = ask(expression="{}[doc.po_no]")
	assert answer["matched"] == 0
	assert any("KeyError" in note and MARK in note for note in answer["notes"])


def test_only_administrators_ask(people, as_user) -> None:
	for user in (world.user(people["anna"]), world.user(people["hilda"]), "Guest"):
		with as_user(user):
			for call in (
				ask,
				templates.counts,
				lambda: templates.look("contract_signed"),
				lambda: templates.take("contract_signed"),
				lambda: templates.switch_on_several('["contract_signed"]'),
				lambda: event_types.duplicate("x", "y"),
				lambda: event_types.switch_on_for_pilot("x", "{}"),
				lambda: event_types.widen("x"),
				lambda: event_types.check_again("x"),
				lambda: event_types.problems_of("x"),
				lambda: event_types.named("Employee", "", "name", 0, 20),
			):
				with pytest.raises(frappe.PermissionError):
					call()


def test_documents_somebody_may_not_read_are_counted_and_not_named(people, as_user) -> None:
	order = probe(people["anna"])
	keeper = world.person("Keeper", people["boss"].name, roles=("Performance Administrator",))
	with as_user(world.user(keeper)):
		answer = ask()
		leaking = ask(expression="{}[doc.po_no]")
	assert (answer["matched"], answer["examples"], answer["hidden"]) == (1, [], 1)
	assert order.name not in json.dumps(answer)
	# what an expression stumbles over is part of the document
	assert MARK not in json.dumps(leaking["notes"]) and any("KeyError" in n for n in leaking["notes"])


def test_a_pilot_counts_its_own_people_only(people) -> None:
	probe(people["anna"])
	scope = {"doctype": "Event Pilot Scope", "scope_type": "Employee"}
	inside = ask(pilot_scope=[{**scope, "scope_name": people["anna"].name}])
	outside = ask(pilot_scope=[{**scope, "scope_name": people["quentin"].name}])
	assert (inside["matched"], outside["matched"]) == (1, 0)
	assert any("outside the pilot" in note for note in outside["notes"])


def test_looking_is_bounded(people, monkeypatch) -> None:
	for _n in range(3):
		probe(people["anna"])
	monkeypatch.setattr(preview, "LOOK_AT", 2)
	answer = ask(expression="doc.grand_total > 0")
	assert (answer["total"], answer["looked_at"], answer["matched"]) == (3, 2, 2)
	assert answer["headline"].startswith("Of the newest 2 of 3 documents")

	monkeypatch.setattr(trial, "STATEMENT_SECONDS", 0.05)
	monkeypatch.setattr(trial, "query", lambda *_: "select benchmark(2000000000, sha1('x')) name")
	assert "too many documents" in ask()["problem"]


@pytest.mark.parametrize(
	("values", "problem"),
	[
		({"reference_doctype": ""}, "Choose the document type first."),
		({"reference_doctype": "No Such Thing"}, "does not exist"),
		({"reference_doctype": "System Settings", "trigger": "Created"}, "settings page"),
		({"reference_doctype": "Sales Order Item", "trigger": "Created"}, "table inside other documents"),
		({"trigger": ""}, "Choose when it happens."),
		({"trigger": "Date Reached"}, "Choose the date field."),
		({"reference_doctype": "ToDo", "filters": ""}, "never submitted"),
		({"filters": '[["Sales Order", "no_such_field", "=", "x"]]'}, "no_such_field"),
		({"filters": "not json"}, "not readable"),
		({"expression": "doc.grand_total >"}, "invalid syntax"),
	],
)
def test_what_is_not_ready_is_said(site, values: dict[str, Any], problem: str) -> None:
	answer = ask(**values)
	assert problem in answer["problem"], answer
	assert frappe.local.message_log == []


def test_rows_still_being_filled_in_are_left_out(people) -> None:
	probe(people["anna"])
	answer = ask(
		requirements=[
			{"doctype": "Evidence Requirement", "label": "Paper", "kind": "File"},
			{"doctype": "Evidence Requirement", "label": "Which field?", "kind": "Field"},
			{"doctype": "Evidence Requirement", "kind": "Text"},
		]
	)
	assert answer["examples"][0]["open"] == ["Paper"]
	assert "Rows that are not filled in yet are left out: 2." in answer["notes"]


def test_what_is_no_form_is_refused(site) -> None:
	for nonsense in ("", "[]", "{", '"x"'):
		with pytest.raises(frappe.ValidationError):
			event_types.preview(nonsense)


# --- copies, pilots, problems ---------------------------------------------------------------------------


def test_a_copy_keeps_everything_and_is_switched_off(people) -> None:
	saved = world.event_type("To be copied", template="contract_signed", kra=None, evidence_hours=12)
	name = event_types.duplicate(saved.name, " The copy ")
	copy = frappe.get_doc("Business Event Type", name)
	assert (copy.title, copy.enabled, copy.active_from, copy.template) == ("The copy", 0, None, None)
	assert (copy.evidence_hours, copy.reference_doctype) == (12, "Sales Order")
	for table in ("recipients", "collaborators", "requirements"):
		assert [r.source if "source" in r.as_dict() else r.label for r in copy.get(table)] == [
			r.source if "source" in r.as_dict() else r.label for r in saved.get(table)
		]
	with pytest.raises(frappe.ValidationError, match="already"):
		event_types.duplicate(saved.name, "The copy")


def test_pilot_then_everybody(people) -> None:
	saved = world.event_type("Piloted", enabled=0, filters=form()["filters"])
	scope = {"Employee": [people["quentin"].name], "Department": []}
	event_types.switch_on_for_pilot(saved.name, json.dumps(scope))
	assert world.events(probe(people["anna"]), saved.name) == []

	event_types.widen(saved.name)
	(event,) = world.events(probe(people["anna"]), saved.name)
	assert event.pilot == 0
	for nothing in ("{}", "[]", '{"Employee": ["no such"]}', '{"Company": ["x"]}'):
		with pytest.raises(frappe.ValidationError):
			event_types.switch_on_for_pilot(saved.name, nothing)


def test_problems_say_what_to_do_and_are_forgotten_when_mended(people) -> None:
	saved = world.event_type("Broken", filters=form()["filters"], expression="doc.po_no.no_such()")
	probe(people["anna"])
	problems.keep(
		{
			"event_type": saved.name,
			"area": "Condition",
			"problem": "AttributeError: no_such",
			"reference_doctype": "Sales Order",
			"reference_name": "SO-1",
		}
	)
	(told,) = event_types.problems_of(saved.name)
	assert told["to_do"].startswith("A condition or the additional expression")
	assert (told["times"], told["document"]) == (1, "Sales Order SO-1")
	assert event_types.states()["problems"][saved.name]["problem"] == "AttributeError: no_such"

	still = event_types.check_again(saved.name)
	assert not still["mended"] and "no_such" in still["problem"]
	assert event_types.problems_of(saved.name)

	frappe.db.set_value("Business Event Type", saved.name, "expression", "")
	assert event_types.check_again(saved.name) == {"mended": True, "problem": ""}
	assert event_types.problems_of(saved.name) == []


def test_pickers_need_no_role_in_hr(people, as_user) -> None:
	keeper = world.person("Keeper", people["boss"].name, roles=("Performance Administrator",))
	with as_user(world.user(keeper)):
		found = event_types.named("Employee", "Anna", "name", 0, 20)
		assert (people["anna"].name, f"Anna, {people['anna'].department}") in found
		assert people["anna"].department in [
			n for n, _d in event_types.named("Department", "World", "name", 0, 50)
		]
		with pytest.raises(frappe.PermissionError):
			event_types.named("Salary Slip", "", "name", 0, 20)


# --- templates ------------------------------------------------------------------------------------------


def test_gallery_counts_and_looks_at_this_sites_documents(people) -> None:
	before = templates.counts()["contract_signed"]
	probe(people["anna"])
	assert templates.counts()["contract_signed"] == before + 1
	looked = templates.look("contract_signed")
	assert looked["matched"] == before + 1 and looked["examples"][0]["person"] == "Anna"
	cards = {t["key"]: t for industry in templates.gallery() for t in industry["templates"]}
	card = cards["contract_signed"]
	assert card["when"] == "A document of the type Sales Order is submitted."
	assert card["whom"].startswith("The first of the sales team, otherwise whom")
	assert "30 days after" in cards["collection_overdue"]["when"]


def test_several_templates_for_a_pilot(people) -> None:
	for name in frappe.get_all("Business Event Type", filters={"template": ["is", "set"]}, pluck="name"):
		frappe.db.set_value("Business Event Type", name, {"template": None, "title": f"{name} (old)"})
		frappe.rename_doc("Business Event Type", name, f"{name} (old)", force=True)
	pilot = json.dumps({"Department": [people["anna"].department]})
	done = templates.switch_on_several('["contract_signed", "no_such", "opportunity_won"]', pilot)
	assert len(done["event_types"]) == 2 and len(done["refused"]) == 1
	for name in done["event_types"]:
		doc = frappe.get_doc("Business Event Type", name)
		assert doc.enabled and [r.scope_name for r in doc.pilot_scope] == [people["anna"].department]
	taken = templates.take("contract_archived")
	assert frappe.db.get_value("Business Event Type", taken, "enabled") == 0
	assert templates.take("contract_archived") == taken
