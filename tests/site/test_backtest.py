"""The backtest of an event type on a site: what it counts, what it says it cannot know, that it writes nothing else, and
who may see what of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import frappe
from frappe.utils import add_days, now_datetime

from perf_flow.api import backtest as api
from perf_flow.engine import backtest as engine
from perf_flow.flow import backtest, backtest_result, efforts, history, preview, trial
from perf_flow.flow.backtest import DOCUMENT, RUN
from perf_flow.flow.watch import compile_type
from tests.site import scratch, world
from tests.site.test_preview import MARK, form, probe


@pytest.fixture
def people(site: str) -> dict[str, Any]:
	return world.people()


@pytest.fixture(autouse=True)
def told(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
	"""No worker, no commit: a run is carried out by the test, in its own transaction. What would have been told."""
	messages: list[dict[str, Any]] = []
	monkeypatch.setattr(backtest, "_enqueue", lambda name: None)
	monkeypatch.setattr(backtest, "_end_batch", lambda: None)
	monkeypatch.setattr(
		frappe,
		"publish_realtime",
		lambda event, message=None, **to: messages.append({"event": event, **(message or {}), **to}),
	)
	monkeypatch.setattr(frappe.db, "rollback", lambda **_: None)
	yield messages
	monkeypatch.undo()


def run(days: int = 30, **more: Any) -> str:
	"""A backtest of the form, begun and carried out."""
	name = api.start(json.dumps(form(**more)), days)
	backtest.carry_out(name)
	return name


def keeper_of(people: dict[str, Any], name: str = "Keeper", *roles: str) -> Any:
	"""An administrator of event types who, as ERPNext does by itself, is held to the own Employee record."""
	made = world.person(name, people["boss"].name, roles=("Performance Administrator", *roles))
	frappe.get_doc(
		{"doctype": "User Permission", "user": world.user(made), "allow": "Employee", "for_value": made.name}
	).insert(ignore_permissions=True)
	return made


def read(name: str) -> dict[str, Any]:
	answer = api.read(name)
	assert answer["run"]["state"] == "Finished", answer["run"]
	return answer["result"]


def doubts(result: dict[str, Any]) -> dict[str, int]:
	return {d["key"]: d["count"] for d in result["doubts"]}


def state(name: str) -> Any:
	return frappe.db.get_value(RUN, name, "state")


def version(doc: Any, at: Any, *changed: tuple[str, Any, Any]) -> None:
	"""A kept version of a document, as Frappe writes it."""
	frappe.get_doc(
		{
			"doctype": "Version",
			"name": frappe.generate_hash(length=10),
			"ref_doctype": doc.doctype,
			"docname": doc.name,
			"data": frappe.as_json(
				{"changed": [list(c) for c in changed]}, indent=None, separators=(",", ":")
			),
			"creation": at,
			"modified": at,
			"owner": "Administrator",
		}
	).db_insert()


def dated(doc: Any, created: Any, modified: Any = None) -> None:
	frappe.db.sql(
		f"update `tab{doc.doctype}` set creation = %s, modified = %s where name = %s",
		(created, modified or created, doc.name),
	)
	frappe.db.sql("delete from `tabVersion` where ref_doctype = %s and docname = %s", (doc.doctype, doc.name))


# --- what is counted ------------------------------------------------------------------------------------


def test_an_unsaved_type_is_run_and_says_who_would_be_asked_for_what(people) -> None:
	for _n in range(3):
		probe(people["anna"])
	probe()  # without a sales team nobody is concerned
	probe(people["anna"], submit=False)
	world.order(people["anna"], po_no="another")

	result = read(run())

	assert (result["documents"], result["events"], result["without_person"]) == (4, 4, 1)
	assert {p["name"]: (p["evidence"], p["mark"], p["confirmation"]) for p in result["people"]} == {
		"Anna": (3, 0, 0),
		"Max": (0, 3, 0),
		"Quentin": (0, 0, 4),
	}
	assert {n["label"]: (n["asked"], n["shown"]) for n in result["needs"]} == {
		"Paper": (4, 0),
		"Customer's number": (4, 4),
	}
	reasons = {(n["step"], n["why"]): n["count"] for n in result["nobody"]}
	assert reasons["Evidence", "The document has no sales team"] == 1
	# four minutes for each paper, two for a mark, one and a half for a confirmation: also of the one without a person
	assert result["hours"] == round((4 * 240 + 4 * 120 + 4 * 90) / 3600, 2)
	anna = next(p for p in result["people"] if p["name"] == "Anna")
	assert (anna["peak_steps"], anna["peak_hours"], anna["hours"]) == (3, 0.2, 0.2)
	assert sum(w["events"] for w in result["weeks"]) == 4
	assert {d["key"]: d["events"] for d in result["departments"]}[people["anna"].department] == 3
	assert {e["origin"] for e in result["efforts"]} == {"assumed"}


def test_it_finds_what_the_preview_finds(people) -> None:
	for _n in range(2):
		probe(people["anna"])
	previewed = preview.preview(trial_doc(), lambda doc: True)
	result = read(run())
	assert result["events"] == previewed["matched"]
	assert {p["name"]: p["steps"] for p in result["people"]} == {
		p["name"]: p["evidence"] + p["sign_off"] + p["mark"] + p["confirmation"] for p in previewed["people"]
	}


def trial_doc() -> Any:
	return frappe.get_doc(form())


def test_documents_are_read_as_frappe_reads_them(people) -> None:
	orders = [probe(people["anna"]).name, probe().name]
	for made, name in zip(trial.documents("Sales Order", [*orders, "no such"]), orders, strict=True):
		read_one = frappe.get_doc("Sales Order", name)
		assert made.as_dict() == read_one.as_dict()
		assert type(made) is type(read_one)


def test_erp_data_that_shows_everything_is_told_and_asks_nobody_for_evidence(people) -> None:
	field = [r for r in form()["requirements"] if r["kind"] == "Field"]
	linked = {
		"doctype": "Evidence Requirement",
		"name": "new-9",
		"label": "Task",
		"kind": "Linked Document",
		"obligation": "Mandatory",
		"linked_doctype": "ToDo",
		"link_fieldname": "reference_name",
	}
	first, second = probe(people["anna"]), probe(people["anna"])
	world.todo(reference_type="Sales Order", reference_name=first.name)
	result = read(run(requirements=[{**field[0], "obligation": "Mandatory"}, linked], collaborators=[]))
	assert (result["events"], result["by_itself"], result["by_itself_percent"]) == (2, 1, 50.0)
	assert {n["label"]: n["shown"] for n in result["needs"]} == {"Customer's number": 2, "Task": 1}
	assert {p["name"]: p["evidence"] for p in result["people"]} == {"Anna": 1, "Max": 0}
	assert observe_agrees(linked, (first, second))


def observe_agrees(row: dict[str, Any], docs: Any) -> bool:
	from perf_flow.engine.model import Requirement, RequirementKind
	from perf_flow.flow import observe

	requirement = Requirement(
		"k", "Task", RequirementKind.LINKED_DOCUMENT, linked_doctype="ToDo", link_fieldname="reference_name"
	)
	found = observe.first_linked(requirement, [d.name for d in docs])
	return all((observe.linked_document(requirement, d.name) is not None) == (d.name in found) for d in docs)


def test_every_document_is_looked_at_once_however_small_the_batches(people, monkeypatch) -> None:
	made = {probe(people["anna"]).name for _n in range(7)}
	monkeypatch.setattr(backtest, "BATCH", 3)
	name = run(expression="doc.grand_total > 0")
	assert read(name)["events"] == 7
	assert set(frappe.get_all(DOCUMENT, {"run": name}, pluck="reference_name")) == made
	(done, total) = frappe.db.get_value(RUN, name, ["done", "total"])
	assert (done, total) == (7, 7)


def test_a_page_of_documents_is_the_first_by_name_whatever_the_conditions_join(people) -> None:
	orders = sorted(probe(people["anna"]).name for _n in range(4))
	for order in orders[::-1]:
		frappe.db.set_value("Sales Order", order, "modified", now_datetime())
	joined = json.dumps(
		[["Sales Order", "po_no", "like", f"{MARK}%"], ["Sales Team", "allocated_percentage", ">", 1]]
	)
	watched = compile_type(frappe.get_doc(form(filters=joined)))
	statement = trial.query(watched, [["Sales Order", "name", ">", orders[0]]], first=2)
	assert "order by" in statement.lower()
	assert trial.bounded(statement) == orders[1:3]


def test_minutes_are_those_of_the_settings_and_of_real_marks(people) -> None:
	# what a site in use may hold
	for doctype in ("Rehearsal Run", "Evidence View"):
		frappe.db.delete(doctype)
	probe(people["anna"])
	frappe.db.set_single_value("Performance Flow Settings", "minutes_file", 60)
	frappe.clear_document_cache("Performance Flow Settings", "Performance Flow Settings")
	now = now_datetime()
	for n in range(5):
		event = f"bt-event-{n}"
		frappe.get_doc(
			{
				"doctype": "Business Event Action",
				"name": f"{event}-M",
				"event": event,
				"kind": "Mark",
				"state": "Done",
				"round": 1,
				"done_by": "x@example.com",
				"done_at": now,
				"step": "1-M",
			}
		).db_insert()
		frappe.get_doc(
			{
				"doctype": "Evidence View",
				"name": f"bt-{n}",
				"user": "x@example.com",
				"event": event,
				"piece": "001",
				"opened_at": now - timedelta(seconds=30 + n),
			}
		).db_insert()
	found = {e.kind: e for e in efforts.measured()}
	assert (found["File"].seconds, found["File"].origin) == (3600, engine.Origin.SETTING)
	assert (found["Mark"].seconds, found["Mark"].origin, found["Mark"].samples) == (
		32,
		engine.Origin.HISTORY,
		5,
	)
	result = read(run())
	assert result["hours"] == round((3600 + 32 + 90) / 3600, 2)
	origins = {e["kind"]: e["origin"] for e in result["efforts"]}
	assert (
		origins["Mark"] == "measured in marks of this site"
		and origins["Evidence: File"] == "set by an administrator"
	)


# --- what cannot be known ---------------------------------------------------------------------------------


def test_when_it_happened_comes_from_versions_where_there_are_any(people) -> None:
	kept, week, guessed, older = (probe(people["anna"]) for _n in range(4))
	now = now_datetime()
	monday = now - timedelta(days=now.weekday(), hours=now.hour)
	then = monday - timedelta(days=14)
	dated(kept, then, now)
	version(kept, then + timedelta(days=7), ("docstatus", 0, 1))
	dated(week, then, then + timedelta(hours=30))
	dated(guessed, then, now)
	dated(older, now - timedelta(days=60), now)

	name = run(days=30)
	result = read(name)

	assert (result["documents"], result["events"]) == (4, 3)
	found = doubts(result)
	assert {k: found.get(k) for k in ("from version", "same week", "stand-in", "older")} == dict.fromkeys(
		("from version", "same week", "stand-in", "older"), 1
	)
	weeks = dict(frappe.get_all(DOCUMENT, {"run": name}, ["reference_name", "week"], as_list=True))
	assert weeks[kept.name] == engine.monday(then + timedelta(days=7))
	assert weeks[week.name] == weeks[guessed.name] == engine.monday(then)
	# 60 days: the older one counts by the day it was made
	assert read(run(days=90))["events"] == 4


def test_values_that_were_overwritten_are_said(people) -> None:
	shown, perhaps, same = (probe(people["anna"]) for _n in range(3))
	now = now_datetime()
	begin = now - timedelta(days=10)
	for doc in (shown, perhaps, same):
		dated(doc, begin, now)
		version(doc, begin, ("docstatus", 0, 1))
	version(shown, now - timedelta(days=1), ("po_no", "old", "new"))
	version(same, now, ("remarks", "a", "b"))
	found = doubts(read(run()))
	# of ``same`` the versions tell that nothing the type looks at was changed
	assert (found["values changed"], found["perhaps changed"]) == (1, 1)
	# the number was shown by a field that came later than the event
	assert found["evidence later"] == 1


def test_documents_that_moved_on_were_cancelled_amended_or_deleted_are_counted(people) -> None:
	filters = json.dumps([["ToDo", "description", "like", f"%{MARK}%"], ["ToDo", "status", "=", "Closed"]])
	kind = {
		"reference_doctype": "ToDo",
		"trigger": "Condition Becomes True",
		"filters": filters,
		"recipients": [{"doctype": "Event Recipient", "source": "Document Owner"}],
		"requirements": [],
		"collaborators": [],
	}
	closed, reopened, gone, other = (world.todo(f"{MARK} {n}") for n in range(4))
	frappe.db.set_value("ToDo", closed.name, "status", "Closed")
	version(closed, now_datetime(), ("status", "Open", "Closed"))
	version(reopened, now_datetime(), ("status", "Closed", "Open"))
	version(other, now_datetime(), ("description", "a", "b"))
	frappe.db.set_value("ToDo", gone.name, "status", "Closed")
	frappe.delete_doc("ToDo", gone.name, force=True)
	result = read(run(**kind))
	assert result["events"] == 1
	found = doubts(result)
	# the text of ``other`` is looked at by the conditions as well
	assert (found["moved on"], found["deleted"], found["from version"]) == (2, 1, 1)

	cancelled = probe(people["anna"])
	cancelled.flags.ignore_permissions = True
	cancelled.cancel()
	amended = frappe.copy_doc(cancelled)
	amended.update({"amended_from": cancelled.name, "docstatus": 0})
	amended.insert(ignore_permissions=True)
	amended.submit()
	found = doubts(read(run()))
	assert (found["cancelled"], found["amended"]) == (1, 1)


def test_people_who_moved_or_are_stood_in_for_are_said(people) -> None:
	order = probe(people["anna"])
	now = now_datetime()
	dated(order, now - timedelta(days=5))
	frappe.db.sql("delete from `tabVersion` where ref_doctype = 'Employee'")
	assert "moved people" not in doubts(read(run()))
	version(people["anna"], now - timedelta(days=6), ("department", "a", "b"))
	assert "moved people" not in doubts(read(run()))
	version(people["max"], now - timedelta(days=1), ("reports_to", "a", "b"))
	assert doubts(read(run()))["moved people"] == 1

	frappe.db.set_value("Employee", people["max"].name, "status", "Left")
	assert doubts(read(run()))["stood in"] == 1


def test_pilot_company_relative_days_and_failures_are_said(people) -> None:
	probe(people["anna"])
	scope = [{"doctype": "Event Pilot Scope", "scope_type": "Employee", "scope_name": people["quentin"].name}]
	result = read(run(pilot_scope=scope))
	assert (result["events"], doubts(result)["outside pilot"]) == (0, 1)
	relative = json.dumps(
		[
			["Sales Order", "po_no", "like", f"{MARK}%"],
			["Sales Order", "transaction_date", "Timespan", "this month"],
		]
	)
	assert doubts(read(run(filters=relative)))["of today"] == 1
	result = read(run(expression="{}[doc.po_no]"))
	assert (result["events"], doubts(result)["unreadable"]) == (0, 1)


def test_untracked_documents_and_health_are_spoken_of(people, monkeypatch) -> None:
	probe(people["anna"])
	monkeypatch.setattr(history, "keeps_versions", lambda doctype: False)
	notes = " ".join(read(run())["notes"])
	assert "keep no versions" in notes and "flow health is not worked out" in notes
	assert "Nothing happens by itself" not in notes
	assert any("Nothing happens by itself" in note for note in read(run(trigger="Manual"))["notes"])


# --- nothing else is written -------------------------------------------------------------------------------


def checksums() -> dict[str, Any]:
	tables = [t for t in frappe.db.get_tables(cached=False) if t not in (f"tab{RUN}", f"tab{DOCUMENT}")]
	found: dict[str, Any] = {}
	for start in range(0, len(tables), 50):
		names = ", ".join(f"`{t}`" for t in tables[start : start + 50])
		found.update(frappe.db.sql(f"checksum table {names}"))
	return found


def test_no_other_table_of_the_site_changes(people, sql_count) -> None:
	probe(people["anna"])
	probe()
	before = checksums()
	assert len(before) > 300
	name = run(expression="doc.po_no")
	api.read(name)
	api.rows(name, "{}")
	failing = run(expression="{}[doc.po_no]")
	api.read(failing)
	changed = [t for t, value in checksums().items() if before.get(t) != value]
	assert changed == []
	# the eye that compares can see a change
	frappe.db.set_value("ToDo", world.todo().name, "description", "x")
	assert [t for t, value in checksums().items() if before.get(t) != value]


# --- progress, cancel, death ---------------------------------------------------------------------------------


def test_progress_is_told_to_whoever_began_it_and_nobody_else(people, told, as_user) -> None:
	keeper = keeper_of(people)
	for _n in range(3):
		probe(people["anna"])
	with as_user(world.user(keeper)):
		run()
	ours = [m for m in told if m["event"] == backtest.REALTIME]
	assert {m["user"] for m in ours} == {world.user(keeper)}
	assert ours[-1]["state"] == "Finished" and (ours[-1]["done"], ours[-1]["total"]) == (3, 3)
	assert not any(MARK in json.dumps(m, default=str) for m in ours)


def test_cancelled_before_it_began_is_never_carried_out(people) -> None:
	probe(people["anna"])
	name = api.start(json.dumps(form()), 30)
	assert api.cancel(name) is True
	backtest.carry_out(name)
	assert (state(name), frappe.db.count(DOCUMENT, {"run": name})) == ("Cancelled", 0)
	assert api.cancel(name) is False


def test_cancelled_in_the_middle_stops_and_leaves_no_rows(people, monkeypatch) -> None:
	for _n in range(6):
		probe(people["anna"])
	monkeypatch.setattr(backtest, "BATCH", 2)
	name = api.start(json.dumps(form()), 30)
	looked = backtest.Looking.look
	batches = []

	def look(self: Any, names: Any) -> Any:
		batches.append(names)
		if len(batches) == 2:
			api.cancel(name)
		return looked(self, names)

	monkeypatch.setattr(backtest.Looking, "look", look)
	backtest.carry_out(name)
	assert len(batches) == 2
	assert (state(name), frappe.db.count(DOCUMENT, {"run": name})) == ("Cancelled", 0)
	answer = api.read(name)
	assert answer["result"] is None and answer["run"]["state"] == "Cancelled"


def test_a_dead_worker_shows_as_interrupted_and_may_not_come_back(people, monkeypatch) -> None:
	for _n in range(4):
		probe(people["anna"])
	monkeypatch.setattr(backtest, "BATCH", 2)
	name = api.start(json.dumps(form()), 30)
	looked = backtest.Looking.look

	def dies(self: Any, names: Any) -> Any:
		raise SystemExit

	monkeypatch.setattr(backtest.Looking, "look", dies)
	with pytest.raises(SystemExit):
		backtest.carry_out(name)
	assert api.read(name)["run"]["state"] == "Running"
	frappe.db.set_value(
		RUN, name, "heartbeat_at", now_datetime() - timedelta(seconds=backtest.STALE_SECONDS + 5)
	)
	# shown so at once, kept so by the scheduler
	assert (api.read(name)["run"]["state"], state(name)) == ("Interrupted", "Running")
	backtest.mark_interrupted()
	assert state(name) == "Interrupted"
	monkeypatch.setattr(backtest.Looking, "look", looked)
	backtest.carry_out(name)
	assert state(name) == "Interrupted"
	# another can be begun
	assert read(run())["events"] == 4


def test_a_failure_is_said_and_leaves_no_rows(people, monkeypatch) -> None:
	probe(people["anna"])

	def slow(*_args: Any) -> int:
		raise trial.TooMany

	monkeypatch.setattr(backtest.Looking, "count", slow)
	name = run()
	answer = api.read(name)
	assert answer["run"]["state"] == "Failed" and "fewer days" in answer["run"]["problem"]

	monkeypatch.setattr(backtest.Looking, "count", lambda self: 1 / 0)
	name = api.start(json.dumps(form()), 30)
	with pytest.raises(ZeroDivisionError):
		backtest.carry_out(name)
	assert "division" in api.read(name)["run"]["problem"]


def test_one_at_a_time_and_old_rows_go(people) -> None:
	probe(people["anna"])
	name = api.start(json.dumps(form()), 30)
	with pytest.raises(frappe.ValidationError, match="under way"):
		api.start(json.dumps(form()), 30)
	with pytest.raises(frappe.ValidationError, match="Cancel it first"):
		frappe.delete_doc(RUN, name)
	backtest.carry_out(name)
	assert frappe.db.count(DOCUMENT, {"run": name}) == 1
	backtest.clear_old()
	assert frappe.db.count(DOCUMENT, {"run": name}) == 1
	frappe.db.set_value(RUN, name, "ended_at", add_days(now_datetime(), -backtest.KEEP_DAYS - 1))
	backtest.clear_old()
	result = read(name)
	assert (frappe.db.count(DOCUMENT, {"run": name}), result["events"], result["rows_kept"]) == (0, 1, False)


@pytest.mark.parametrize(
	("days", "values", "problem"),
	[
		(0, {}, "between 1 and 730"),
		(731, {}, "between 1 and 730"),
		(30, {"title": ""}, "title first"),
		(30, {"reference_doctype": ""}, "Choose the document type first."),
		(30, {"filters": '[["Sales Order", "no_such_field", "=", "x"]]'}, "no_such_field"),
		(30, {"expression": "doc.grand_total >"}, "invalid syntax"),
		(30, {"reference_doctype": "System Settings", "trigger": "Created"}, "settings page"),
	],
)
def test_what_cannot_be_carried_out_is_refused_with_the_reason(
	site, days: int, values: dict[str, Any], problem: str
) -> None:
	before = frappe.db.count(RUN)
	with pytest.raises(frappe.ValidationError, match=problem):
		api.start(json.dumps(form(**values)), days)
	assert frappe.db.count(RUN) == before
	with pytest.raises(frappe.ValidationError):
		api.start("[]", 30)


# --- compared -----------------------------------------------------------------------------------------------


def test_compared_with_the_one_before_figure_by_figure_and_what_was_changed(people) -> None:
	probe(people["anna"])
	first = run()
	assert api.read(first)["comparison"] is None
	probe(people["anna"])
	filters = json.dumps(
		[["Sales Order", "po_no", "like", f"{MARK}%"], ["Sales Order", "grand_total", ">", 1]]
	)
	second = run(days=60, filters=filters, requirements=form()["requirements"][:1], mark_required=0)
	compared = api.read(second)["comparison"]
	assert compared["run"]["name"] == first and compared["run"]["days"] == 30
	figures = {f["figure"]: (f["before"], f["after"], f["change"]) for f in compared["figures"]}
	assert figures["Events"] == (1, 2, 1)
	edits = {e["where"]: (e["before"], e["after"]) for e in compared["edits"]}
	assert "Grand Total" in edits["Conditions"][1] and "Grand Total" not in edits["Conditions"][0]
	assert edits["Evidence requirements: Customer's number"][1] == ""
	assert any("mark" in where.lower() for where in edits)
	# another type is another story
	other = run(title="Another title")
	assert api.read(other)["comparison"] is None


def test_runs_follow_their_type_when_it_is_renamed(people) -> None:
	saved = world.event_type("Backtested", filters=form()["filters"])
	probe(people["anna"])
	name = api.start(frappe.as_json(saved.as_dict()), 30)
	backtest.carry_out(name)
	assert api.read(name)["run"]["saved"] is True
	frappe.rename_doc("Business Event Type", "Backtested", "Backtested anew", force=True)
	assert frappe.db.get_value(RUN, name, "event_type") == "Backtested anew"


# --- who may -------------------------------------------------------------------------------------------------


@contextmanager
def refused() -> Iterator[None]:
	with pytest.raises(frappe.PermissionError):
		yield


def test_only_administrators_begin_cancel_and_read(people, as_user) -> None:
	probe(people["anna"])
	name = run()
	for user in (*(world.user(people[p]) for p in ("anna", "max", "boss", "hilda")), "Guest"):
		with as_user(user):
			for call in (
				lambda: api.start(json.dumps(form()), 30),
				lambda: api.cancel(name),
				lambda: api.read(name),
				api.read,
				lambda: api.rows(name, "{}"),
				lambda: frappe.get_list(RUN),
				lambda: frappe.get_list(DOCUMENT),
				lambda: frappe.get_doc(RUN, name).check_permission("read"),
			):
				with refused():
					call()


def test_names_are_for_those_who_may_see_them(people, as_user) -> None:
	probe(people["anna"])
	name = run()
	keeper = keeper_of(people)
	with as_user(world.user(keeper)):
		told = api.read(name)
		text = json.dumps(told)
		for person in ("anna", "max", "quentin"):
			assert people[person].name not in text and people[person].employee_name not in text
		assert {p["name"] for p in told["result"]["people"]} == {"Employee 1", "Employee 2", "Employee 3"}
		assert {p["key"] for p in told["result"]["people"]} == {""}
		with refused():
			api.rows(name, json.dumps({"person": people["anna"].name}))
		with refused():
			api.rows(name, json.dumps({"manager": people["max"].name}))
		# nor by Frappe's own ways to the document
		doc = frappe.get_doc(RUN, name)
		doc.apply_fieldlevel_read_permissions()
		assert not doc.get("people") and doc.get("figures")
		for get in (
			lambda: frappe.get_list(RUN, filters={"name": name}, fields=["name", "people"])[0].get("people"),
			lambda: frappe.client.get_value(RUN, "people", {"name": name}).get("people"),
			lambda: frappe.client.get(RUN, name).get("people"),
		):
			try:
				assert not get()
			except (frappe.PermissionError, frappe.DataError):
				pass
	manager = keeper_of(people, "Manny")
	frappe.db.set_value("Employee", people["anna"].name, "reports_to", manager.name)
	from perf_flow.access import people as access

	access.forget()
	frappe.get_doc("Employee", people["anna"].name).save(ignore_permissions=True)
	with as_user(world.user(manager)):
		names = {p["name"] for p in api.read(name)["result"]["people"]}
		assert "Anna" in names and "Max" not in names
	keeper_hr = keeper_of(people, "Khr", "Performance HR")
	with as_user(world.user(keeper_hr)):
		assert {"Anna", "Max", "Quentin"} <= {p["name"] for p in api.read(name)["result"]["people"]}


def test_a_figure_opens_the_documents_its_reader_may_read(people, as_user) -> None:
	orders = [probe(people["anna"]).name for _n in range(3)]
	nobodys = probe().name
	name = run()
	result = read(name)
	week = result["weeks"][0]["week"]

	def names(**chosen: Any) -> set[str]:
		return {r["name"] for r in api.rows(name, json.dumps(chosen))["rows"]}

	assert names() == names(week=week) == {*orders, nobodys}
	assert names(person=people["anna"].name) == names(department=people["anna"].department) == set(orders)
	assert names(manager=people["max"].name) == set(orders)
	assert names(nobody=next(n["key"] for n in result["nobody"] if n["step"] == "Evidence")) == {nobodys}
	paper = next(n["key"] for n in result["needs"] if n["label"] == "Paper")
	assert names(open=paper) == {*orders, nobodys} and names(shown=paper) == set()
	assert names(by_itself=1) == names(closes=1) == set()
	with refused():
		names(person="%")
	assert names(department="%") == names(doubts="%") == set()
	with pytest.raises(frappe.ValidationError, match="no such figure"):
		names(reference_name="x")

	keeper = keeper_of(people)
	with as_user(world.user(keeper)):
		closed = api.rows(name, "{}")
	assert (closed["rows"], closed["hidden"], closed["next"]) == ([], 4, None)
	assert orders[0] not in json.dumps(closed)


def test_pages_of_documents(people, monkeypatch) -> None:
	orders = {probe(people["anna"]).name for _n in range(5)}
	name = run()
	monkeypatch.setattr(backtest_result, "ROWS", 2)
	monkeypatch.setattr(backtest_result, "SCANNED", 3)
	found, at, pages = set(), 0, 0
	while at is not None:
		page = api.rows(name, "{}", at)
		found |= {r["name"] for r in page["rows"]}
		at, pages = page["next"], pages + 1
		assert pages < 10
	assert found == orders


def test_writes_are_post_only_and_guests_reach_nothing(site) -> None:
	for endpoint, methods in (
		(api.start, ["POST"]),
		(api.cancel, ["POST"]),
		(api.read, ["GET"]),
		(api.rows, ["GET"]),
	):
		assert frappe.allowed_http_methods_for_whitelisted_func[endpoint] == methods
		assert endpoint not in frappe.guest_methods


def test_nobody_writes_a_run_by_hand(people, as_user) -> None:
	probe(people["anna"])
	name = run()
	keeper = keeper_of(people)
	with as_user(world.user(keeper)):
		doc = frappe.get_doc(RUN, name)
		doc.events = 99
		with refused():
			doc.save()
		with refused():
			frappe.get_doc({"doctype": RUN, "event_type": "x"}).insert()
		frappe.delete_doc(RUN, name)
	assert not frappe.db.exists(RUN, name) and not frappe.db.count(DOCUMENT, {"run": name})


# --- with processes that really die -----------------------------------------------------------------------------


def _begin_on_scratch() -> str:
	"""Sixty tasks, and a run over them that waits for a worker; in a process of the scratch site."""
	for number in range(60):
		world.todo(f"{MARK} scratch {number}")
	backtest._enqueue = lambda name: None
	name = backtest.start(
		frappe.get_doc(
			form(
				reference_doctype="ToDo",
				trigger="Created",
				filters=json.dumps([["ToDo", "description", "like", f"{MARK} scratch%"]]),
				recipients=[{"doctype": "Event Recipient", "source": "Document Owner"}],
				requirements=[],
				collaborators=[],
			)
		),
		30,
	)
	frappe.db.commit()
	return name


def _cancel_on_scratch(name: str) -> bool:
	done = backtest.cancel(name)
	frappe.db.commit()
	return done


def _clear_on_scratch() -> None:
	backtest.clear_old()
	frappe.db.commit()


_WORKER = """
import sys, time
from tests.site import scratch
from perf_flow.flow import backtest
scratch.connect()
look = backtest.Looking.look
backtest.BATCH = 5
backtest.Looking.look = lambda self, names: (time.sleep(0.5), look(self, names))[1]
backtest.carry_out(sys.argv[1])
"""


@pytest.fixture
def slow_worker() -> Iterator[Any]:
	"""`slow_worker(run)`: a process that carries a run out, five documents at a time."""
	running: list[subprocess.Popen[str]] = []

	def begin(run: str) -> subprocess.Popen[str]:
		root = str(Path(__file__).parents[2])
		path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
		argv = [sys.executable, "-c", _WORKER, run]
		running.append(subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": path}))
		return running[-1]

	yield begin
	for process in running:
		process.kill()
		process.wait()


def _wait_for(connection: Any, run: str, at_least: int) -> None:
	until = time.monotonic() + 120
	while time.monotonic() < until:
		((done,),) = scratch.rows(connection, "select done from `tabBacktest Run` where name = %s", (run,))
		if done >= at_least:
			return
		time.sleep(0.1)
	raise AssertionError("the worker did not begin")


@scratch.needed
def test_cancelled_and_killed_in_the_middle_by_real_processes(told, monkeypatch, slow_worker) -> None:
	monkeypatch.undo()
	scratch.ensure_installed()
	state_of_run = "select state, done, total from `tabBacktest Run` where name = %s"
	rows_of_run = "select count(*) from `tabBacktest Document` where run = %s"
	with scratch.eye() as eye:
		# another process cancels: the worker stops by itself, and takes what it wrote with it
		name = scratch.call(_begin_on_scratch)
		worker = slow_worker(name)
		_wait_for(eye, name, 5)
		assert scratch.rows(eye, rows_of_run, (name,))[0][0] >= 5
		assert scratch.call(_cancel_on_scratch, name) is True
		assert worker.wait(60) == 0
		((found, done, total),) = scratch.rows(eye, state_of_run, (name,))
		assert found == "Cancelled" and 5 <= done < total
		assert scratch.rows(eye, rows_of_run, (name,)) == [(0,)]

		# the worker is killed: nobody says so at once, the scheduler does, and the rows go
		name = scratch.call(_begin_on_scratch)
		worker = slow_worker(name)
		_wait_for(eye, name, 5)
		worker.kill()
		worker.wait()
		assert scratch.rows(eye, state_of_run, (name,))[0][0] == "Running"
		with eye.cursor() as cursor:
			cursor.execute(
				"update `tabBacktest Run` set heartbeat_at = heartbeat_at - interval 1 hour where name = %s",
				(name,),
			)
		scratch.call(_clear_on_scratch)
		assert scratch.rows(eye, state_of_run, (name,))[0][0] == "Interrupted"
		assert scratch.rows(eye, rows_of_run, (name,)) == [(0,)]
