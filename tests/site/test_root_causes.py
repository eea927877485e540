"""The library of root causes on a site: who finds, proposes, approves and counts what."""

from __future__ import annotations

from typing import Any

import pytest

import frappe

from perf_flow.api import panel, root_causes, steps
from perf_flow.flow import root_causes as library
from perf_flow.flow import store
from perf_flow.perf_flow.report.root_causes import root_causes as report
from tests.site import world


@pytest.fixture
def crew(site) -> dict[str, Any]:
	frappe.db.delete("Root Cause")
	return world.people()


@pytest.fixture
def kind(crew) -> Any:
	return world.todo_type("Caused task", requirements=[{"label": "Why", "kind": "Root Cause"}])


def cause(title: str, **more: Any) -> str:
	return (
		frappe.get_doc({"doctype": "Root Cause", "title": title, "state": "Approved", **more}).insert().name
	)


def event_of(as_user, employee: Any) -> tuple[str, str]:
	with as_user(world.user(employee)):
		event = world.events(world.todo())[0].name
		return event, panel.for_event(event)["events"][0]["requirements"][0]["key"]


def titles(found: list[dict[str, Any]]) -> list[str]:
	return [row["title"] for row in found]


def test_typing_finds_what_fits_the_event(crew, kind, as_user) -> None:
	world.todo_type("Another kind", trigger="Manual")
	cause("Drawing released late")
	cause("Supplier delivered late", event_types=[{"event_type": "Caused task"}])
	cause("Tool broken", event_types=[{"event_type": "Another kind"}])
	cause("Wrong seal fitted", department=world.department("Stores"))
	cause("图纸发放延迟")
	frappe.get_doc(
		{"doctype": "Company", "name": "Cause Elsewhere", "company_name": "Cause Elsewhere"}
	).db_insert()
	cause("Elsewhere only", company="Cause Elsewhere")
	event, key = event_of(as_user, crew["anna"])
	with as_user(world.user(crew["anna"])):
		everything = titles(root_causes.search(event, key))
		assert everything[0] == "Supplier delivered late", "made for this kind of event"
		assert set(everything) == {"Drawing released late", "Supplier delivered late", "图纸发放延迟"}
		assert titles(root_causes.search(event, key, "drawng relased"))[0] == "Drawing released late"
		assert titles(root_causes.search(event, key, "图纸"))[0] == "图纸发放延迟"
		assert root_causes.search(event, key, "zzzzqq") == []


def test_a_proposal_is_given_at_once_and_seen_by_others_when_approved(crew, kind, as_user) -> None:
	anna, max_, hilda = (world.user(crew[n]) for n in ("anna", "max", "hilda"))
	event, key = event_of(as_user, crew["anna"])
	theirs, their_key = event_of(as_user, crew["quentin"])
	with as_user(anna):
		state = root_causes.propose(event, key, "Press 4 leaks")["events"][0]
		assert state["requirements"][0]["satisfied"]
		assert state["requirements"][0]["pieces"][0]["title"] == "Press 4 leaks"
		name = state["requirements"][0]["pieces"][0]["value"]
		assert not frappe.has_permission("Root Cause", "read")
	doc = frappe.get_doc("Root Cause", name)
	assert (doc.state, doc.proposed_by, doc.company) == ("Proposed", anna, world.company())
	with as_user(world.user(crew["quentin"])):
		assert root_causes.search(theirs, their_key, "press") == []
		with pytest.raises(frappe.ValidationError):
			steps.give(theirs, their_key, name)
		with pytest.raises(frappe.PermissionError):
			root_causes.search(event, key, "press")
		with pytest.raises(frappe.PermissionError):
			root_causes.propose(event, key, "Not mine to say")
	with as_user(max_):
		before = frappe.db.count("Root Cause")
		with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
			root_causes.propose(event, key, "Not mine to give")
		assert frappe.db.count("Root Cause") == before
	with as_user(hilda):
		doc = frappe.get_doc("Root Cause", name)
		doc.state = "Approved"
		doc.save()
	with as_user(world.user(crew["quentin"])):
		found = root_causes.search(theirs, their_key, "press")
		assert titles(found) == ["Press 4 leaks"]
		assert found[0]["uses"] == 0, "a use on an event that Quentin may not read is not counted for him"
		steps.give(theirs, their_key, name)
	with as_user(world.user(crew["boss"])):
		assert library.counts(world.user(crew["boss"]))[name] == 2


def test_merged_causes_keep_what_was_given_and_count_together(crew, kind, as_user) -> None:
	anna, boss = world.user(crew["anna"]), world.user(crew["boss"])
	late, double = cause("Drawing released late"), cause("Drawings too late")
	events = [event_of(as_user, crew["anna"]) for _n in range(3)]
	with as_user(anna):
		for (event, key), name in zip(events, (late, double, double), strict=True):
			steps.give(event, key, name)
	doc = frappe.get_doc("Root Cause", double)
	doc.update({"state": "Merged", "merged_into": late})
	doc.save()
	given = frappe.get_all(store.EVIDENCE, {"event": events[1][0]}, pluck="title")
	assert given == ["Drawings too late"]
	assert library.counts(anna) == {late: 3}
	with as_user(anna):
		assert titles(root_causes.search(*events[0], "drawings too")) == ["Drawing released late"]
		steps.give(*events[1], double)
		kept = panel.for_event(events[1][0])["events"][0]["requirements"][0]["pieces"]
		assert [p["value"] for p in kept] == [late], "who chooses a merged one gives what it became"
	with as_user(boss):
		_columns, rows, _message, chart = report.execute({"event_type": "Caused task"})
		assert [(r["title"], r["uses"]) for r in rows] == [("Drawing released late", 3)]
		assert chart["data"]["datasets"][0]["values"] == [3]
	with as_user(world.user(crew["quentin"])):
		assert report.execute({"event_type": "Caused task"})[1] == []
	for name, words in ((late, "given"), (double, "given")):
		if library.is_used(name):
			with pytest.raises(frappe.ValidationError, match=words):
				frappe.delete_doc("Root Cause", name)
	with pytest.raises(frappe.ValidationError, match="approved"):
		frappe.get_doc("Root Cause", late).update({"state": "Merged", "merged_into": double}).save()


def test_hr_of_another_company_sees_no_proposal(crew, as_user) -> None:
	frappe.get_doc(
		{"doctype": "Company", "name": "Cause Elsewhere", "company_name": "Cause Elsewhere"}
	).db_insert()
	theirs, everywhere = cause("Secret cause", company="Cause Elsewhere"), cause("Open cause")
	with as_user(world.user(crew["hilda"])):
		assert frappe.get_list("Root Cause", pluck="name") == [everywhere]
		assert not frappe.has_permission("Root Cause", "read", theirs)
		assert frappe.has_permission("Root Cause", "write", everywhere)
	for name in ("anna", "max"):
		with as_user(world.user(crew[name])), pytest.raises(frappe.PermissionError):
			frappe.get_list("Root Cause")
