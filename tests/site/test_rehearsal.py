"""Rehearsals: three practice chains by the real endpoints, and nothing of them anywhere else."""

from __future__ import annotations

import os
from datetime import timedelta
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage

import frappe
from frappe.utils import add_days, nowdate

from perf_flow.access.table import DOCTYPES
from perf_flow.api import confirmations, marking, panel, rehearsal, steps
from perf_flow.engine.rehearsal import DOCUMENT, event_name
from perf_flow.flow import rehearsal as runs
from perf_flow.flow import store, times, verify
from tests.site import world

pytestmark = pytest.mark.site

ROWS = "Rehearsal Run"
OF_FRAPPE = (
	"Notification Log",
	"Email Queue",
	"Comment",
	"Communication",
	"ToDo",
	"Version",
	"DocShare",
	"Deleted Document",
	"Activity Log",
)


@pytest.fixture
def crew(site):
	return world.people()


@pytest.fixture
def login(site):
	"""Somebody who may use the desk. Being an employee is not needed to rehearse."""
	return person("rehearser")


def person(name: str, *roles: str) -> str:
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": f"{name}@flow-world.example",
			"first_name": name.title(),
			"send_welcome_email": 0,
			"roles": [{"role": role} for role in ("Employee", *roles)],
		}
	)
	user.flags.no_welcome_mail = True
	return user.insert(ignore_permissions=True).name


@pytest.fixture
def upload(monkeypatch):
	"""Give a file as the desk does."""

	def run(event: str, requirement: str, name: str = "page.txt", content: bytes = b"signed"):
		request = frappe._dict(files={"file": FileStorage(BytesIO(content), filename=name)}, method="POST")
		monkeypatch.setattr(frappe.local, "request", request, raising=False)
		return steps.upload(event, requirement)

	return run


def go(name: str) -> dict:
	"""Open the step that is due, as the bar does."""
	return rehearsal.open_step(name)["running"]


def give(state: dict, upload) -> None:
	(event,) = panel.for_document(DOCUMENT, state["event"])["events"]
	for requirement in event["requirements"]:
		if requirement["may_give"]:
			for n in range(requirement["minimum"]):
				upload(state["event"], requirement["key"], f"photo-{n}.pdf", f"%PDF-1.4 photo {n}".encode())


def walk_chain(name: str, upload) -> None:
	"""One chain from where it stands to its end, in all roles."""
	state = go(name)
	chain = state["chain"]
	while state and state["chain"] == chain and not state["chain_closed"]:
		kind = state["step"]["kind"]
		if kind == "Evidence":
			give(state, upload)
		elif kind == "Mark":
			mark = "Redo" if state["redo"] else "Meets"
			steps.mark(state["event"], mark, "The second page is missing" if mark == "Redo" else "")
		else:
			steps.confirm(state["event"], '["Quality"]')
		running = rehearsal.coach()["running"]
		state = go(name) if running and not running["chain_closed"] else running


def walk(upload, as_role: str = "Manager") -> str:
	name = rehearsal.start(as_role)["running"]["name"]
	for _n in range(3):
		walk_chain(name, upload)
	return name


def footprint() -> dict[str, object]:
	"""What a rehearsal must not change: rows of all our tables but its own, what others are told, all figures."""
	seen: dict[str, object] = {}
	for doctype in DOCTYPES:
		if doctype not in (ROWS, DOCUMENT) and not frappe.get_meta(doctype).issingle:
			seen[doctype] = frappe.db.sql(f"select count(*), max(modified) from `tab{doctype}`")
	for doctype in (*OF_FRAPPE, "File"):
		seen[doctype] = frappe.db.count(doctype)
	for report in ("Flow Health", "Where Chains Stall"):
		filters = {"from_date": add_days(nowdate(), -30), "to_date": nowdate()}
		seen[report] = frappe.as_json(frappe.desk.query_report.run(report, filters)["result"])
	from frappe.desk.doctype.number_card.number_card import get_result

	for card in frappe.get_all("Number Card", {"module": "Perf Flow", "type": "Document Type"}, pluck="name"):
		doc = frappe.get_doc("Number Card", card)
		seen[card] = get_result(doc, doc.filters_json)
	return seen


def test_three_chains_are_walked_and_leave_nothing_behind(crew, upload, as_user):
	import frappe.desk.query_report

	world.todo_type(recipients=[{"source": "Named Employee", "employee": crew["anna"].name}])
	world.todo()
	before = footprint()
	with as_user(crew["anna"].user_id):
		name = rehearsal.start("Employee")["running"]["name"]
		walk_chain(name, upload)
		# in the middle there is a file, for its owner alone; nobody else's list holds it
		files = frappe.get_all("File", {"attached_to_doctype": ROWS}, ["name", "file_url", "is_private"])
		assert len(files) == 1 and files[0].is_private
		path = frappe.get_doc("File", files[0].name).get_full_path()
		with open(path, "rb") as kept:
			assert kept.read() == b"%PDF-1.4 photo 0" and files[0].file_url.startswith("/private/files/")
		walk_chain(name, upload)
		walk_chain(name, upload)
		found = rehearsal.result(name)["result"]
	assert footprint() == before
	assert not frappe.db.exists("File", files[0].name)
	assert not os.path.exists(path)
	assert frappe.db.count(DOCUMENT, {"user": crew["anna"].user_id}) == 0
	assert found["state"] == "Finished"
	kinds = [[s["kind"] for s in c["steps"]] for c in found["chains"]]
	plain = ["Evidence", "Mark", "Confirmation"]
	assert kinds == [plain, ["Evidence", "Mark", "Evidence", "Mark", "Confirmation"], plain]
	assert found["chains"][1]["steps"][1]["result"] == "Redo"
	assert all(p["seconds"].keys() == {1, 2, 3} for p in found["progress"])
	assert any("reason was written by hand" in a["text"] for a in found["advice"])
	# what is left is how long each step took: by it a backtest estimates the work
	walked = [s for s in runs.steps_of_finished() if s.chain == 1]
	assert [s.kind.value for s in walked][:3] == plain
	assert not [d for d in verify.verify() if "practice" in str(d)]
	for row in frappe.get_all(store.ENTRY, ["event"]):
		assert not row.event.startswith("practice-")


def test_hats_keep_the_rule_that_nobody_marks_themselves(login, upload, as_user):
	with as_user(login):
		name = rehearsal.start("Manager")["running"]["name"]
		event = event_name(name, 1)
		# before the step is opened there is nobody to act as
		with pytest.raises(frappe.PermissionError):
			steps.mark(event, "Meets")
		state = go(name)
		assert state["step"]["hat"] == "employee" and state["step"]["opened"]
		with pytest.raises(frappe.PermissionError):
			steps.mark(event, "Meets")
		give(state, upload)
		(shown,) = panel.for_event(event)["events"]
		assert shown["requirements"][0]["pieces"][0]["given_by_name"] == "You as the employee"
		# the employee may still take it back; the manager, whose hat comes next, may not
		assert shown["requirements"][0]["pieces"][0]["may_withdraw"]
		assert go(name)["step"]["hat"] == "manager"
		with pytest.raises(frappe.PermissionError):
			steps.withdraw(event, "001")
		steps.mark(event, "Meets")
		mark = next(s for s in panel.for_event(event)["events"][0]["steps"] if s["kind"] == "Mark")
		assert mark["may_take_back"]
		steps.take_back(event, mark["step"])
		steps.mark(event, "Needs Improvement", "The date is missing")
		go(name)
		(shown,) = panel.for_event(event)["events"]
		assert [s["kind"] for s in shown["steps"]] == ["Confirmation"] and not shown["requirements"]
		steps.confirm(event, '["None"]')
		assert rehearsal.coach()["running"]["chain_closed"]


def test_the_first_round_of_chain_2_is_a_redo_and_chain_3_is_ticked_by_data(login, upload, as_user):
	with as_user(login):
		name = rehearsal.start("Manager")["running"]["name"]
		walk_chain(name, upload)
		give(go(name), upload)
		go(name)
		with pytest.raises(frappe.ValidationError, match="a redo is practised"):
			steps.mark(event_name(name, 2), "Meets")
		steps.mark(event_name(name, 2), "Redo", "Page 2 is missing")
		walk_chain(name, upload)
		state = go(name)
		assert state["chain"] == 3 and state["automatic"] == ["Delivery date"] and state["files"] == 2
		event = event_name(name, 3)
		(shown,) = panel.for_event(event)["events"]
		assert (
			not shown["verdict"]["achieved"]
			and "Photos of the packed goods (0 of 2 files)" in shown["missing"]
		)
		assert [x["outcome"] for x in shown["verdict"]["lines"]] == ["Holds", "Fails"]
		assert "36000" in shown["verdict"]["lines"][0]["reasons"][0] and not shown["learn"]
		give(state, upload)
		go(name)
		(shown,) = panel.for_event(event)["events"]
		assert shown["verdict"]["achieved"] and shown["missing"] == ""
		steps.mark(event, "Meets")
		(shown,) = panel.for_event(event)["events"]
		mark = next(s for s in shown["steps"] if s["kind"] == "Mark")
		assert mark["verdict"]["achieved"], "what the manager saw stays with the mark"


def test_a_rehearsal_is_there_for_one_person_alone(crew, upload, as_user):
	with as_user(crew["anna"].user_id):
		name = rehearsal.start("Employee")["running"]["name"]
		give(go(name), upload)
		event = event_name(name, 1)
		file = frappe.get_all("File", {"attached_to_doctype": ROWS, "attached_to_name": name}, pluck="name")[
			0
		]
		assert frappe.get_doc("File", file).is_downloadable()
		assert frappe.get_list(ROWS, pluck="name") == [name]
		assert len(frappe.get_list(DOCUMENT)) == 3
	administrator = person("admina", "System Manager", "Performance Administrator")
	for who in (*(crew[key].user_id for key in ("max", "hilda", "boss")), administrator):
		with as_user(who):
			assert frappe.get_list(ROWS) == [] and frappe.get_list(DOCUMENT) == []
			assert frappe.get_list("File", {"name": file}) == []
			assert not frappe.get_doc("File", file).is_downloadable()
			for doctype, row in ((ROWS, name), (DOCUMENT, event)):
				assert not frappe.has_permission(doctype, "read", row)
			for refused in (
				lambda: panel.for_event(event),
				lambda: panel.for_document(DOCUMENT, event),
				lambda: steps.give(event, "confirmation", "x"),
				lambda: steps.withdraw(event, "001"),
				lambda: steps.mark(event, "Meets"),
				lambda: steps.confirm(event, '["None"]'),
				lambda: steps.take_back(event, "1-M"),
				lambda: upload(event, "confirmation"),
				lambda: steps.void(event, "because"),
				lambda: rehearsal.open_step(name),
				lambda: rehearsal.look(name, 1, "1-E"),
				lambda: rehearsal.abort(name),
				lambda: rehearsal.result(name),
				lambda: marking.queue(rehearsal=name),
				lambda: marking.event(event, name),
				lambda: marking.content(event, "001", name),
				lambda: marking.opened(event, '["001"]', name),
				lambda: confirmations.mine(rehearsal=name),
				lambda: confirmations.confirm([{"event": event, "step": "1-C1"}], ["None"]),
			):
				with pytest.raises(frappe.PermissionError):
					refused()
			assert marking.mark_many([event], "Meets", rehearsal=name)[0]["done"] is False
			assert rehearsal.page()["running"] is None
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		rehearsal.page()
	with as_user(crew["anna"].user_id):
		# not even its owner writes to it by the desk's own means, or tells others by it
		for doctype, row in ((ROWS, name), (DOCUMENT, event)):
			with pytest.raises(frappe.PermissionError):
				frappe.get_doc(doctype, row).save()
			with pytest.raises(frappe.PermissionError):
				frappe.get_doc(doctype, row).add_comment("Comment", "@hilda look")
		with pytest.raises(frappe.PermissionError):
			steps.void(event, "because")


def test_the_marking_and_confirmation_screens_show_what_is_practised(login, upload, as_user):
	with as_user(login):
		name = rehearsal.start("Manager")["running"]["name"]
		event = go(name)["event"]
		give(rehearsal.coach()["running"], upload)
		# these screens show what the hat lets one see
		assert marking.queue(rehearsal=name)["rows"] == []
		assert confirmations.mine(rehearsal=name)["open"] == []
		go(name)
		(row,) = marking.queue(rehearsal=name)["rows"]
		assert (row["event"], row["person"], row["pieces"], row["opened"]) == (
			event,
			"You as the employee",
			1,
			0,
		)
		assert row["document"] == "Practice order 1" and not row["holder"]
		shown = marking.event(event, name)
		assert "Practice customer" in frappe.as_json(shown["context"]) and shown["opened"] == []
		(refused,) = marking.mark_many([event], "Meets", rehearsal=name)
		assert not refused["done"] and "was opened" in refused["error"]
		marking.content(event, "001", name)
		assert frappe.local.response["filecontent"] == b"%PDF-1.4 photo 0"
		assert frappe.db.count("Evidence View", {"event": event}) == 0
		assert marking.queue(rehearsal=name)["rows"][0]["opened"] == 1
		# without saying so, the real screen neither lists nor opens it
		assert event not in [r["event"] for r in marking.queue()["rows"]]
		with pytest.raises(frappe.PermissionError):
			marking.event(event)
		(done,) = marking.mark_many([event], "Meets", rehearsal=name)
		assert done["done"] and done["take_back_until"]
		go(name)
		(item,) = confirmations.mine(rehearsal=name)["open"]
		assert item["title"] == "Practice: order confirmed by the customer" and item["document"]
		assert confirmations.mine()["open"] == []
		answer = confirmations.confirm([{"event": event, "step": item["step"]}], ["Quality"])
		assert answer["done"] and not answer["refused"]
		(given,) = confirmations.mine(rehearsal=name)["done"]
		assert given["may_take_back"]
		assert rehearsal.coach()["running"]["chain_closed"]


def test_files_are_checked_like_evidence(login, upload, as_user):
	with as_user(login):
		name = rehearsal.start("Employee")["running"]["name"]
		state = go(name)
		with pytest.raises(frappe.ValidationError, match="takes files of type"):
			upload(state["event"], "confirmation", "list.csv", b"a,b")
		with pytest.raises(frappe.ValidationError, match="is empty"):
			upload(state["event"], "confirmation", "page.txt", b"")
		assert frappe.db.count("File", {"attached_to_doctype": ROWS}) == 0


def test_start_twice_stop_and_start_again(login, upload, as_user):
	with as_user(login):
		first = rehearsal.start("Employee")["running"]["name"]
		assert rehearsal.start("Manager")["running"]["name"] == first
		give(go(first), upload)
		assert rehearsal.abort(first)["result"]["state"] == "Aborted"
		assert frappe.db.count("File", {"attached_to_doctype": ROWS}) == 0
		with pytest.raises(frappe.ValidationError, match="is over"):
			rehearsal.open_step(first)
		second = rehearsal.start("Manager")["running"]["name"]
		assert second != first
		assert [r["name"] for r in rehearsal.page()["history"]] == [first]


def test_times_are_the_servers_and_opening_again_does_not_restart_them(login, upload, as_user, monkeypatch):
	now = times.now_utc()
	monkeypatch.setattr(times, "now_utc", lambda: now)
	with as_user(login):
		name = rehearsal.start("Employee")["running"]["name"]
		state = go(name)
		now += timedelta(seconds=30)
		assert go(name)["step"]["seconds"] == 30
		now += timedelta(seconds=12)
		give(state, upload)
		rehearsal.look(name, 1, "1-E", 4, '["practice-document"]')
		rehearsal.look(name, 1, "1-X", 4, "[]")  # no such step: nothing is kept
		now += timedelta(seconds=100)  # reading what comes next is nobody's step
		go(name)
		now += timedelta(seconds=5)
		steps.mark(state["event"], "Meets")
		(chain,) = rehearsal.abort(name)["result"]["chains"]
	assert [(s["kind"], s["seconds"], s["interactions"]) for s in chain["steps"]] == [
		("Evidence", 42.0, 4),
		("Mark", 5.0, None),
	]


def test_what_is_left_open_ends_after_a_week(login, upload, as_user):
	with as_user(login):
		name = rehearsal.start("Employee")["running"]["name"]
		give(go(name), upload)
	runs.clear_old()
	assert frappe.db.get_value(ROWS, name, "state") == "Running"
	frappe.db.set_value(ROWS, name, "started_at", times.now_site() - timedelta(days=8))
	runs.clear_old()
	assert frappe.db.get_value(ROWS, name, "state") == "Aborted"
	assert frappe.db.count("File", {"attached_to_doctype": ROWS}) == 0
	assert frappe.db.count(DOCUMENT, {"user": login}) == 0
	frappe.db.delete("User", {"name": login})
	runs.clear_old()
	assert not frappe.db.exists(ROWS, name)


def test_boot_says_it_only_while_one_runs(login, as_user):
	from perf_flow.boot import extend_bootinfo

	def boot() -> dict:
		info = frappe._dict()
		extend_bootinfo(info)
		return info.perf_flow

	with as_user(login):
		assert "rehearsal" not in boot() and DOCUMENT not in boot()["watched"]
		name = rehearsal.start("Employee")["running"]["name"]
		assert boot()["rehearsal"] == name and DOCUMENT in boot()["watched"]
	with as_user("Administrator"):
		assert "rehearsal" not in boot()
