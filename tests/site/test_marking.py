"""The marking screen, a manager's figures, and who is late: for the right people, and closed to all others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import frappe
from frappe.utils import add_days, nowdate

from perf_flow.access.people import forget
from perf_flow.api import away, marking, steps, team
from perf_flow.engine import chain as engine
from perf_flow.engine.model import Person
from perf_flow.flow import files, service, store, times
from perf_flow.flow import rehearsal as runs
from perf_flow.flow.marking import VIEW
from perf_flow.perf_flow.report.team_flow import team_flow
from perf_flow.perf_flow.report.who_is_late import who_is_late
from tests.site import world

pytestmark = pytest.mark.site

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
TYPE = "Marking task"


@pytest.fixture
def crew(site: str) -> dict[str, Any]:
	people = world.people()
	people["nils"] = world.person("Nils", people["quentin"].name)  # so Quentin manages another team
	world.todo_type(
		TYPE,
		requirements=[
			{"label": "What was done", "kind": "Text", "minimum_characters": 5},
			{"label": "Signed paper", "kind": "File", "obligation": "Mandatory"},
		],
		collaborators=[{"label": "Quality", "source": "Named Employee", "employee": people["quentin"].name}],
	)
	forget()
	return people


@pytest.fixture
def recorded(crew: dict[str, Any], as_user: Callable[..., Any]) -> Callable[..., str]:
	"""`recorded("anna", complete=True)`: an event of hers, with its evidence."""

	def make(who: str, complete: bool = True) -> str:
		with as_user(crew[who].user_id):
			(found,) = world.events(world.todo(f"Work of {who}"), TYPE)
			if complete:
				text, file = _requirements()
				steps.give(found.name, text, "It was done as agreed.")
				files.give(found.name, file, "paper.pdf", PDF + found.name.encode())
		return str(found.name)

	return make


def _requirements() -> list[str]:
	return frappe.get_all("Evidence Requirement", {"parent": TYPE}, pluck="name", order_by="idx")


def queue(**how: Any) -> list[str]:
	return [row["event"] for row in marking.queue(**how)["rows"]]


def open_all(event: str) -> None:
	"""What the screen does when it shows an event."""
	for requirement in marking.event(event)["event"]["requirements"]:
		for piece in requirement["pieces"]:
			if piece["kind"] == "File":
				marking.content(event, piece["piece"])
			else:
				marking.opened(event, [piece["piece"]])


def late(event: str, hours: int = 30) -> None:
	due = times.now_site() - timedelta(hours=hours)
	frappe.db.set_value(store.ACTION, {"event": event, "state": "Open"}, "due_at", due)


def test_queue_is_of_those_who_are_asked(
	crew: dict[str, Any], recorded: Callable[..., str], as_user: Callable[..., Any]
) -> None:
	ready, missing, other = recorded("anna"), recorded("anna", complete=False), recorded("nils")
	with as_user(crew["max"].user_id):
		answer = marking.queue()
		(row,) = answer["rows"]
		assert (row["event"], answer["ready"], answer["waiting"]) == (ready, 1, 1)
		assert (row["person"], row["pieces"], row["opened"], row["escalated"]) == ("Anna", 2, 0, False)
		assert queue(waiting=1) == [missing]
		assert team.waiting_for_my_mark()["value"] == 1
	with as_user(crew["quentin"].user_id):
		assert queue() == [other]
	for nobody in ("anna", "boss", "hilda"):
		with as_user(crew[nobody].user_id):
			assert queue() == queue(waiting=1) == []
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		marking.queue()

	# handed to somebody outside the tree: they are asked, and Max no longer
	with as_user(crew["hilda"].user_id):
		steps.reassign(ready, "1-M", crew["nils"].name, "Max does not know this customer")
	with as_user(crew["nils"].user_id):
		assert queue() == [ready]
	with as_user(crew["max"].user_id):
		assert queue() == []


def test_escalated_marks_come_to_whom_they_were_escalated(
	crew: dict[str, Any],
	recorded: Callable[..., str],
	as_user: Callable[..., Any],
	monkeypatch: pytest.MonkeyPatch,
) -> None:
	event = recorded("anna")
	step = store.load(event).step("1-M")
	assert step is not None
	# one level: to Max's own manager
	moment = step.due_at + timedelta(hours=25)
	monkeypatch.setattr(times, "now_utc", lambda: moment)
	boss = Person(crew["boss"].name, crew["boss"].user_id, "Boss")
	service.execute(event, engine.Tick(actor=engine.SYSTEM, superiors={"1-M": (boss,)}))
	assert frappe.db.get_value(store.ACTION, f"{event}-1-M", "escalation_level") == 1
	with as_user(crew["boss"].user_id):
		(row,) = marking.queue()["rows"]
		assert (row["event"], row["escalated"], row["holder"]) == (event, True, "Max")
	with as_user(crew["quentin"].user_id):
		assert queue() == []


def test_evidence_is_opened_by_reading_it(
	crew: dict[str, Any], recorded: Callable[..., str], as_user: Callable[..., Any]
) -> None:
	event = recorded("anna")
	for stranger in ("nils", "quentin"):
		with as_user(crew[stranger].user_id):
			for call in (marking.event, lambda e: marking.content(e, "001"), lambda e: marking.opened(e, [])):
				with pytest.raises(frappe.PermissionError):
					call(event)
	with as_user(crew["max"].user_id):
		state = marking.event(event)
		assert state["opened"] == []
		text, file = (r["pieces"][0] for r in state["event"]["requirements"])
		assert (text["preview"], file["preview"]) == ("", "pdf")
		assert state["context"] is None or "fields" in state["context"]
		with pytest.raises(frappe.ValidationError):
			marking.opened(event, [file["piece"]])  # a file is opened by reading it, not by saying so
		with pytest.raises(frappe.ValidationError):
			marking.opened(event, ["999"])
		assert marking.opened(event, [text["piece"]])["opened"] == [text["piece"]]
		marking.content(event, file["piece"])
		assert frappe.local.response["filecontent"].startswith(b"%PDF")
		assert frappe.local.response["content_type"] == "application/octet-stream"
		assert sorted(marking.event(event)["opened"]) == sorted([text["piece"], file["piece"]])
		assert marking.queue()["rows"][0]["opened"] == 2
		with pytest.raises(frappe.PermissionError):
			frappe.get_list(VIEW)
		first = frappe.db.get_value(VIEW, {"event": event, "piece": file["piece"]}, "opened_at")
		marking.content(event, file["piece"])
		assert frappe.db.get_value(VIEW, {"event": event, "piece": file["piece"]}, "opened_at") == first
	view = frappe.get_doc(VIEW, {"event": event})
	view.user = crew["quentin"].user_id
	with pytest.raises(frappe.PermissionError):
		view.save()
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc(
			{"doctype": VIEW, "user": crew["max"].user_id, "event": event, "piece": "002"}
		).insert()


def test_many_are_marked_only_where_everything_was_opened(
	crew: dict[str, Any], recorded: Callable[..., str], as_user: Callable[..., Any]
) -> None:
	seen, unseen, half = recorded("anna"), recorded("anna"), recorded("anna")
	with as_user(crew["max"].user_id):
		open_all(seen)
		marking.opened(half, [marking.event(half)["event"]["requirements"][0]["pieces"][0]["piece"]])
		results = {r["event"]: r for r in marking.mark_many([seen, unseen, half, "no-such"], "Meets")}
		assert [results[e]["done"] for e in (seen, unseen, half, "no-such")] == [True, False, False, False]
		assert "What was done, Signed paper" in results[unseen]["error"]
		assert "Signed paper" in results[half]["error"] and "What was done" not in results[half]["error"]
		assert results[seen]["step"] == "1-M" and results[seen]["take_back_until"]
		# a reason where the mark asks for one, for each event by itself
		open_all(unseen)
		(refused,) = marking.mark_many([unseen], "Redo")
		assert not refused["done"] and refused["error"]
		with pytest.raises(frappe.ValidationError):
			marking.mark_many([unseen], "Splendid")
		assert [(one["event"], one["result"]) for one in marking.queue()["recent"]] == [(seen, "Meets")]
		steps.take_back(seen, "1-M")
		assert marking.queue()["recent"] == []
		assert sorted(queue()) == sorted([seen, unseen, half])
	# what somebody else opened counts for them alone, and does not make the mark theirs
	with as_user(crew["boss"].user_id):
		open_all(half)
		(refused,) = marking.mark_many([half], "Meets")
		assert not refused["done"]
	with as_user(crew["nils"].user_id):
		(refused,) = marking.mark_many([half], "Meets")
		assert not refused["done"]
	with as_user(crew["max"].user_id):
		assert not marking.mark_many([half], "Meets")[0]["done"]
	# evidence that came later was not opened
	with as_user(crew["anna"].user_id):
		files.give(unseen, _requirements()[1], "second.pdf", PDF + b"second")
	with as_user(crew["max"].user_id):
		assert not marking.mark_many([unseen], "Meets")[0]["done"]
	assert not frappe.db.exists(
		store.ACTION, {"kind": "Mark", "state": "Done", "event": ["in", [seen, unseen, half]]}
	)


def test_queue_costs_the_same_however_long(
	crew: dict[str, Any],
	recorded: Callable[..., str],
	as_user: Callable[..., Any],
	sql_count: Callable[..., Any],
) -> None:
	def cost() -> int:
		with as_user(crew["max"].user_id):
			marking.queue()
			forget()
			with sql_count() as count:
				marking.queue()
		return int(count.total)

	recorded("anna")
	few = cost()
	for _number in range(5):
		recorded("anna")
	assert cost() == few


def test_practice_is_not_in_the_queue(
	crew: dict[str, Any], recorded: Callable[..., str], as_user: Callable[..., Any]
) -> None:
	real, practice = recorded("anna"), recorded("anna")
	frappe.db.set_value(store.EVENT, practice, "practice", 1)
	for doctype in (store.ACTION, store.EVIDENCE):
		frappe.db.set_value(doctype, {"event": practice}, "practice", 1)
	with as_user(crew["max"].user_id):
		assert queue() == [real]
		for event, rehearsal in ((practice, ""), (real, "any")):
			with pytest.raises(frappe.PermissionError):
				marking.event(event, rehearsal=rehearsal)
			assert not marking.mark_many([event], "Meets", rehearsal=rehearsal)[0]["done"]


def test_rehearsal_has_a_queue_of_its_own(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	with as_user(crew["max"].user_id):
		run = runs.start(crew["max"].user_id, "Manager")
		assert queue(rehearsal=run.name) == []  # the first step is the employee's
		answer = marking.queue(rehearsal=run.name, waiting=1)
		assert answer["ready"] == 0
	with as_user(crew["quentin"].user_id), pytest.raises(frappe.PermissionError):
		marking.queue(rehearsal=run.name)


def test_templates_are_ones_own(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	with as_user(crew["max"].user_id):
		(mine,) = marking.save_template("On time", "Signed on the day.", "Meets", TYPE)
		assert (mine["text"], mine["mark"], mine["event_type"]) == ("Signed on the day.", "Meets", TYPE)
		assert marking.queue()["templates"] == [mine]
		with pytest.raises(frappe.ValidationError):
			marking.save_template("Bold", "<b>Signed</b>")
	with as_user(crew["quentin"].user_id):
		assert marking.queue()["templates"] == []
		assert frappe.get_list("Comment Template") == []
		with pytest.raises(frappe.PermissionError):
			marking.remove_template(mine["name"])
		foreign = {"doctype": "Comment Template", "title": "x", "text": "y", "user": crew["max"].user_id}
		with pytest.raises(frappe.PermissionError):
			frappe.get_doc(foreign).insert()
	with as_user(crew["max"].user_id):
		doc = frappe.get_doc("Comment Template", mine["name"])
		doc.user = crew["quentin"].user_id
		with pytest.raises(frappe.PermissionError):
			doc.save()
		assert marking.remove_template(mine["name"]) == []
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		marking.save_template("x", "y")


def test_who_stands_in_is_set_and_cleared(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	until = add_days(nowdate(), 3)
	with as_user(crew["max"].user_id):
		found = {one["value"] for one in away.people("")}
		assert (
			crew["quentin"].name in {one["value"] for one in away.people("Quentin")}
			and crew["max"].name not in found
		)
		state = away.save(nowdate(), until, crew["quentin"].name)
		assert (state["now"], state["away_until"], state["delegate_name"]) == (True, until, "Quentin")
		with pytest.raises(frappe.ValidationError):
			away.save(until, nowdate(), crew["quentin"].name)
	with as_user(crew["quentin"].user_id):
		assert away.mine()["for_others"] == [{"name": "Max", "until": until}]
	with as_user(crew["anna"].user_id):
		assert away.mine()["for_others"] == []
	with as_user(crew["max"].user_id):
		assert away.save()["away_from"] is None
	with as_user(crew["quentin"].user_id):
		assert away.mine()["for_others"] == []
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		away.people("")


def test_namesakes_can_be_told_apart(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	"""A label is nobody else's, since the control finds the person by it."""
	twins = [world.person(login, first_name="Toni") for login in ("Toni1", "Toni2")]
	with as_user(crew["max"].user_id):
		found = {one["value"]: one["label"] for one in away.people("Toni")}
		alone = {one["value"]: one["label"] for one in away.people("Quentin")}
	assert set(found) >= {twin.name for twin in twins}
	assert len(set(found.values())) == len(found)
	assert crew["quentin"].name not in alone[crew["quentin"].name]


def test_figures_are_of_ones_own_tree(
	crew: dict[str, Any], recorded: Callable[..., str], as_user: Callable[..., Any]
) -> None:
	done, missing = recorded("anna"), recorded("anna", complete=False)
	recorded("nils", complete=False)
	late(missing)

	def seen(who: str) -> tuple[Any, ...]:
		with as_user(crew[who].user_id):
			rows = team_flow.execute({"group_by": "Person"})[1]
			return (
				team.late_steps()["value"],
				team.evidence_complete()["value"],
				{row["label"]: (row["open"], row["to_mark"]) for row in rows},
			)

	# evidence, mark and confirmation of Anna's second event are late
	assert seen("max") == (3, 50.0, {"Anna": (2, 1)})
	assert seen("quentin") == (0, 0.0, {"Nils": (1, 0)})
	assert seen("boss")[2] == {"Anna": (2, 1), "Nils": (1, 0)}
	for nobody in ("anna", "nils", "hilda"):
		assert seen(nobody) == (0, "— (0)", {})
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		team.late_steps()

	# what the card leads to holds what it counts
	with as_user(crew["max"].user_id):
		options = team.evidence_complete()["route_options"]
		assert frappe.get_list(store.EVENT, filters=options, pluck="name") == [missing]
		open_all(done)
		steps.mark(done, "Meets", "")
	with as_user(crew["quentin"].user_id):
		steps.confirm(done, ["None"])
	with as_user(crew["max"].user_id):
		assert team.closing_this_week()["value"] == 1
		assert team.flow_health()["value"] == 100.0
		options = team.closing_this_week()["route_options"]
		assert frappe.get_list(store.EVENT, filters=options, pluck="name") == [done]
		weeks = team_flow.execute({"group_by": "Week"})[1]
		assert (weeks[-1]["in_time"], weeks[-1]["late"]) == (1, 0)


def test_who_is_late_says_why(
	crew: dict[str, Any], recorded: Callable[..., str], as_user: Callable[..., Any]
) -> None:
	missing, ready = recorded("anna", complete=False), recorded("anna")
	late(missing, 50)
	late(ready, 10)

	def rows(who: str, **filters: Any) -> dict[tuple[str, str], str]:
		with as_user(crew[who].user_id):
			found = who_is_late.execute(filters)[1]
			return {
				(row["event"], row["kind"]): row["reason"]
				for row in found
				if row["event"] in (missing, ready)
			}

	seen = rows("max")
	assert seen[(missing, "Evidence")] == "Missing: What was done, Signed paper"
	assert seen[(missing, "Mark")] == "Waits for evidence of Anna: What was done, Signed paper"
	assert seen[(ready, "Mark")] == "The evidence is complete; the mark was not given yet."
	assert seen[(ready, "Confirmation")] == "It was not confirmed yet."
	assert rows("max", whose="Team") == seen
	assert set(rows("max", whose="Mine")) == {(missing, "Mark"), (ready, "Mark")}
	assert set(rows("max", hours=40)) == {key for key in seen if key[0] == missing}
	# a collaborator sees their own step and not what is missing; others see nothing
	assert set(rows("quentin")) == {(missing, "Confirmation"), (ready, "Confirmation")}
	assert rows("nils") == {}
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		who_is_late.execute({})

	with as_user(crew["anna"].user_id):
		away.save(nowdate(), add_days(nowdate(), 2), "")
	assert rows("max")[(missing, "Evidence")].startswith("Away until ")
	assert "Away until" not in rows("anna")[(ready, "Confirmation")]
	with pytest.raises(frappe.ValidationError):
		rows("max", whose="Everybody")
