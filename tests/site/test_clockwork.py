"""Time and people: reminders, escalation, leave, hand-over; messages once each; quiet hours."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

import frappe
from frappe.utils import add_days

from perf_flow.engine import chain as engine
from perf_flow.engine.model import Mark
from perf_flow.flow import clockwork, delivery, outbox, service, store, times, verify
from tests.site import world

pytestmark = pytest.mark.site

TYPE = "Order confirmed"


@pytest.fixture
def crew(site):
	return world.people()


@pytest.fixture
def at(monkeypatch):
	"""``at(hours)`` sets the server's clock to that many hours after 10 o'clock (site time) of a Tuesday."""
	start = datetime(2027, 3, 2, 2, 0, tzinfo=timezone.utc)

	def set_to(hours):
		monkeypatch.setattr(times, "now_utc", lambda: start + timedelta(hours=hours))
		return times.now_site()

	set_to(0)
	return set_to


@pytest.fixture(autouse=True)
def no_commits(site, monkeypatch):
	"""Jobs commit each step; here everything is rolled back with the test."""
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	monkeypatch.setattr(frappe.db, "rollback", lambda **_kwargs: None)


def evidence_key():
	return frappe.db.get_value("Evidence Requirement", {"parent": TYPE})


def text_type(**more):
	return world.event_type(TYPE, requirements=[{"label": "Story", "kind": "Text"}], **more)


def give(event, who):
	service.execute(
		event, engine.GiveEvidence(actor=who.user_id, requirement=evidence_key(), value="Signed on site")
	)


@pytest.fixture
def mail(site):
	"""An outgoing account, so that emails reach the queue."""
	account = frappe.new_doc("Email Account")
	account.update(
		{
			"email_id": "flow@flow-world.example",
			"email_account_name": "Flow world",
			"enable_outgoing": 1,
			"default_outgoing": 1,
			"smtp_server": "localhost",
			"no_smtp_authentication": 1,
			"name": "Flow world",
		}
	)
	account.db_insert()
	frappe.local.outgoing_email_account = {}


def drain():
	"""Everything that is due, in this transaction; a failure shows."""
	_drain()
	_drain()  # what the first led to


def _drain():
	for task in frappe.get_all(
		store.OUTBOX, filters={"state": "Waiting", "deliver_after": ["<=", times.now_site()]}, fields=["*"]
	):
		handler = frappe.get_attr(outbox._HANDLERS[task.kind])
		later = handler(task, frappe.parse_json(task.payload or "{}"))
		store.update(
			store.OUTBOX,
			task.name,
			{"deliver_after": later} if later else {"state": "Done", "done_at": times.now_site()},
		)


def told(who):
	return frappe.get_all(
		"Notification Log", filters={"for_user": who.user_id}, order_by="creation, name", pluck="subject"
	)


def mails(who):
	return frappe.get_all("Email Queue Recipient", filters={"recipient": who.user_id}, pluck="parent")


def test_reminder_overdue_and_escalation_up_the_tree(crew, at):
	text_type(collaborators=[])
	event = world.events(world.order(crew["anna"]))[0].name
	said = {}
	for hours in (1, 39, 41, 47, 49, 60, 73, 97, 200):
		at(hours)
		clockwork.tick()
		action = world.actions(event)["1-E"]
		said[hours] = (action.reminded, bool(action.overdue_at), action.escalation_level)
	assert said == {
		1: (0, False, 0),
		39: (0, False, 0),
		41: (1, False, 0),
		47: (1, False, 0),
		49: (1, True, 0),
		60: (1, True, 0),
		73: (1, True, 1),
		97: (1, True, 2),
		200: (1, True, 2),
	}
	assert frappe.db.count(store.ACTION, {"event": event, "next_at": ["is", "set"]}) == 0
	assert list(verify.compare_documents()) == []


def test_messages_go_out_once_and_by_mail_unless_refused(crew, at, mail):
	text_type()
	event = world.events(world.order(crew["anna"]))[0].name
	for _again in range(3):
		drain()
	assert len(told(crew["anna"])) == 1 and "add the evidence" in told(crew["anna"])[0]
	assert len(told(crew["quentin"])) == 1 and "1 of your team" in told(crew["max"])[0]
	assert len(mails(crew["anna"])) == 1
	frappe.get_doc(
		{"doctype": "Performance Flow Preference", "user": crew["max"].user_id, "email_immediate": 0}
	).insert()
	before = len(mails(crew["max"]))
	give(event, crew["anna"])
	for _again in range(3):
		drain()
	assert "ready for your mark" in told(crew["max"])[-1] and len(mails(crew["max"])) == before
	service.execute(
		event, engine.GiveMark(actor=crew["max"].user_id, mark=Mark.REDO, reason="The signature is missing")
	)
	drain()
	assert len(told(crew["anna"])) == 1, "the mark can still be taken back"
	at(0.1)
	drain()
	assert "redo" in told(crew["anna"])[-1]
	assert "The signature is missing" not in "".join(told(crew["quentin"]))


def test_the_manager_hears_of_many_events_once_a_day(crew, at):
	text_type(collaborators=[])
	for _n in range(3):
		world.order(crew["anna"])
	drain()
	(line,) = told(crew["max"])
	assert "3 of your team" in line
	at(24)
	world.order(crew["anna"])
	drain()
	assert len(told(crew["max"])) == 2 and "4 of your team" in told(crew["max"])[1]


def test_quiet_hours_hold_messages_back(crew, at):
	text_type(collaborators=[])
	at(13)  # 23:00
	world.order(crew["anna"])
	drain()
	assert told(crew["anna"]) == []
	at(22)  # 08:00
	drain()
	assert len(told(crew["anna"])) == 1


def test_what_is_done_needs_no_message(crew, at):
	text_type(collaborators=[])
	event = world.events(world.order(crew["anna"]))[0].name
	give(event, crew["anna"])
	service.execute(event, engine.GiveMark(actor=crew["max"].user_id, mark=Mark.MEETS))
	drain()
	assert [t for t in told(crew["anna"]) if "add the evidence" in t] == []
	assert [t for t in told(crew["max"]) if "ready" in t] == []


def test_a_digest_once_a_day(crew, at, mail):
	kra = frappe.get_doc({"doctype": "KRA", "title": "Orders without questions"}).insert()
	text_type(collaborators=[], kra=kra.name)
	world.order(crew["anna"])
	at(-2)  # 08:00
	delivery.queue_digests()
	assert frappe.db.count(store.OUTBOX, {"kind": "digest"}) == 0
	for hours in (0, 1, 2):
		at(hours)
		delivery.queue_digests()
		drain()
	assert frappe.db.count(store.OUTBOX, {"kind": "digest", "recipient": crew["anna"].user_id}) == 1
	at(26)
	delivery.queue_digests()
	drain()
	assert frappe.db.count(store.OUTBOX, {"kind": "digest", "recipient": crew["anna"].user_id}) == 2
	subjects = frappe.get_all("Email Queue", fields=["message"])
	assert any("key actions" in m.message for m in subjects)
	assert delivery.digest_lines(crew["anna"].user_id)["mine"][0].endswith("goal: Orders without questions")
	assert frappe.session.user == "Administrator"


def test_without_an_email_account_mails_wait_and_the_desk_is_told(crew, at):
	frappe.local.outgoing_email_account = {}
	frappe.local.conf.pop("mail_server", None)
	text_type(collaborators=[])
	world.order(crew["anna"])
	drain()
	assert len(told(crew["anna"])) == 1
	waiting = frappe.get_all(
		store.OUTBOX,
		filters={"kind": "email", "recipient": crew["anna"].user_id},
		fields=["state", "deliver_after"],
	)
	assert [w.state for w in waiting] == ["Waiting"] and waiting[0].deliver_after > times.now_site()
	at(72)
	task = frappe.get_all(
		store.OUTBOX, filters={"kind": "email", "recipient": crew["anna"].user_id}, fields=["*"], limit=1
	)[0]
	logs = frappe.db.count("Error Log")
	assert outbox._do(task.name) == 0
	assert frappe.db.get_value(store.OUTBOX, task.name, "state") == "Failed"
	assert frappe.db.count("Error Log") == logs


def leave(employee, first, last):
	kind = "Leave Without Pay"
	doc = frappe.get_doc(
		{
			"doctype": "Leave Application",
			"employee": employee.name,
			"leave_type": kind,
			"from_date": first,
			"to_date": last,
			"company": world.company(),
			"status": "Approved",
			"docstatus": 1,
			"posting_date": first,
			"name": frappe.generate_hash(length=8),
		}
	)
	doc.db_insert()


def test_leave_hands_the_mark_up_and_back(crew, at):
	text_type(collaborators=[])
	today = at(0).date()
	event = world.events(world.order(crew["anna"]))[0].name
	leave(crew["max"], today, add_days(today, 10))
	clockwork.look_after_people()
	mark = world.actions(event)["1-M"]
	assert (mark.assignee, mark.asked) == (crew["boss"].name, crew["max"].name) and "Max" in mark.why
	clockwork.look_after_people()
	at(11 * 24)
	clockwork.look_after_people()
	assert world.actions(event)["1-M"].assignee == crew["max"].name
	assert list(verify.compare_documents()) == []


def test_leave_that_began_before_the_event(crew, at):
	text_type(collaborators=[])
	today = at(0).date()
	leave(crew["max"], add_days(today, -1), add_days(today, 10))
	event = world.events(world.order(crew["anna"]))[0]
	mark = world.actions(event.name)["1-M"]
	assert (mark.assignee, mark.asked, event.manager) == (
		crew["boss"].name,
		crew["max"].name,
		crew["max"].name,
	)


def test_a_short_absence_hands_nothing_over(crew, at):
	text_type(collaborators=[])
	today = at(0).date()
	leave(crew["max"], today, today)
	event = world.events(world.order(crew["anna"]))[0].name
	clockwork.look_after_people()
	assert world.actions(event)["1-M"].assignee == crew["max"].name


def announce(who, first, last, deputy):
	"""Say in one's own preferences that one is away, and who stands in."""
	name = who.user_id
	doc = (
		frappe.get_doc("Performance Flow Preference", name)
		if frappe.db.exists("Performance Flow Preference", name)
		else frappe.new_doc("Performance Flow Preference", user=name)
	)
	doc.update({"away_from": first, "away_until": last, "delegate": deputy})
	doc.save()
	return doc


def test_whoever_is_named_stands_in_from_the_first_to_the_last_day(crew, at, as_user, monkeypatch):
	text_type(collaborators=[])
	today = at(0).date()
	before = world.events(world.order(crew["anna"]))[0].name
	with as_user(crew["max"].user_id):
		announce(crew["max"], today, today, crew["quentin"].name)
	clockwork.look_after_people()
	mark = world.actions(before)["1-M"]
	assert (mark.assignee, mark.asked) == (crew["quentin"].name, crew["max"].name) and "Max" in mark.why
	meanwhile = world.events(world.order(crew["anna"]))[0].name
	assert world.actions(meanwhile)["1-M"].assignee == crew["quentin"].name
	# another one is named, then the absence is over
	with as_user(crew["max"].user_id):
		announce(crew["max"], today, today, crew["boss"].name)
	clockwork.look_after_people()
	assert world.actions(before)["1-M"].assignee == crew["boss"].name
	at(25)
	clockwork.look_after_people()
	assert {world.actions(e)["1-M"].assignee for e in (before, meanwhile)} == {crew["max"].name}
	assert list(verify.compare_documents()) == []


def test_nobody_stands_in_for_themselves_or_is_put_in_by_others(crew, at, as_user):
	today = at(0).date()
	adam = world.person("Adam", roles=("System Manager",))
	with as_user(crew["max"].user_id):
		for first, last, deputy in (
			(today, today, crew["max"].name),
			(today, None, crew["boss"].name),
			(None, None, crew["boss"].name),
			(today, add_days(today, -1), crew["boss"].name),
			(add_days(today, -9), add_days(today, -8), crew["boss"].name),
			(today, today, "HR-EMP-NOBODY"),
		):
			with pytest.raises(frappe.ValidationError):
				announce(crew["max"], first, last, deputy)
	with as_user(adam.user_id), pytest.raises(frappe.PermissionError, match="HR of their company"):
		announce(crew["max"], today, today, adam.name)
	assert not frappe.db.exists("Performance Flow Preference", crew["max"].user_id)


def test_a_new_line_manager_gets_the_open_mark(crew, at):
	text_type(collaborators=[])
	event = world.events(world.order(crew["anna"]))[0].name
	crew["anna"].reload()
	crew["anna"].reports_to = crew["quentin"].name
	crew["anna"].save()
	clockwork.look_after_people()
	row = frappe.get_doc(store.EVENT, event)
	mark = world.actions(event)["1-M"]
	assert (mark.assignee, mark.asked, row.manager) == (crew["quentin"].name,) * 3
	assert frappe.db.count(store.ENTRY, {"event": event, "fact": "StepReassigned"}) == 1
	clockwork.look_after_people()
	assert frappe.db.count(store.ENTRY, {"event": event, "fact": "StepReassigned"}) == 1


def test_somebody_who_leaves_hands_over_and_nobody_marks_their_own(crew, at):
	text_type(collaborators=[])
	event = world.events(world.order(crew["anna"]))[0].name
	frappe.db.set_value("Employee", crew["anna"].name, "status", "Left")
	clockwork.look_after_people()
	actions = world.actions(event)
	assert (actions["1-E"].assignee, actions["1-M"].assignee) == (crew["max"].name, crew["boss"].name)
	assert list(verify.compare_documents()) == []


def test_who_gave_the_evidence_in_place_of_another_is_not_given_the_mark_back(crew, at):
	text_type(collaborators=[])
	today = at(0).date()
	leave(crew["anna"], add_days(today, -1), add_days(today, 10))
	event = world.events(world.order(crew["anna"]))[0].name
	assert world.actions(event)["1-E"].assignee == crew["max"].name
	give(event, crew["max"])
	clockwork.look_after_people()
	assert world.actions(event)["1-M"].assignee == crew["boss"].name
	assert frappe.db.count(store.ENTRY, {"event": event, "fact": "StepReassigned"}) == 0


def test_whom_hr_named_keeps_the_step(crew, at):
	from perf_flow.engine.model import Person, ReassignCause

	text_type(collaborators=[])
	event = world.events(world.order(crew["anna"]))[0].name
	quentin = Person(crew["quentin"].name, crew["quentin"].user_id, "Quentin")
	service.execute(
		event,
		engine.Reassign(
			actor=crew["hilda"].user_id,
			step="1-M",
			to=quentin,
			cause=ReassignCause.ASSIGNED,
			why="project lead",
		),
	)
	crew["anna"].reload()
	crew["anna"].reports_to = crew["boss"].name
	crew["anna"].save()
	clockwork.look_after_people()
	assert world.actions(event)["1-M"].assignee == crew["quentin"].name


def test_working_hours_skip_the_weekend(crew, at):
	text_type(collaborators=[], clock="Working hours", evidence_hours=9)
	from perf_flow.flow import calendars

	calendars.forget()
	list_ = frappe.get_doc(
		{
			"doctype": "Holiday List",
			"holiday_list_name": "Flow clockwork",
			"from_date": "2027-01-01",
			"to_date": "2027-12-31",
			"holidays": [
				{"holiday_date": d, "description": "off"} for d in ("2027-03-03", "2027-03-06", "2027-03-07")
			],
		}
	).insert()
	frappe.db.set_value("Employee", crew["anna"].name, "holiday_list", list_.name)
	calendars.forget()
	event = world.events(world.order(crew["anna"]))[0].name
	# Tuesday 10:00, 8 hours to 18:00; Wednesday is a holiday; Thursday 09:00 to 10:00
	assert str(world.actions(event)["1-E"].due_at) == "2027-03-04 10:00:00"
