"""Requirements of every kind, and what the verifier says of a recorded event, on a site."""

from __future__ import annotations

from typing import Any

import pytest

import frappe

from perf_flow.api import panel, steps
from perf_flow.flow import observe, store
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


def test_a_sign_off_needs_departments_that_exist(crew) -> None:
	for departments, wanted in (("", "department"), ("No such department", "No such department")):
		with pytest.raises(frappe.ValidationError, match=wanted):
			world.todo_type(
				"Never signed",
				requirements=[{"label": "Signed", "kind": "Sign-off", "departments": departments}],
			)
