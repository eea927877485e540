"""My flow: each person's own steps, goals, marks, figures and first brief, and the prompt at login."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

import frappe
from frappe.utils import add_days, nowdate

from perf_flow.api import my_flow, steps
from perf_flow.boot import extend_bootinfo
from perf_flow.engine import health
from perf_flow.flow import figures, mine, store, times
from tests.site import world

pytestmark = pytest.mark.site

KRA = "Flow test: customers kept"


@pytest.fixture
def crew(site):
	return world.people()


@pytest.fixture
def task(crew, as_user):
	"""`task()`: an event of Anna's of which a text is asked, marked by Max; returns its name."""
	world.todo_type()

	def make(description="Call the customer"):
		with as_user(crew["anna"].user_id):
			return world.events(world.todo(description))[0].name

	return make


def due(event, kind, when):
	"""Move the deadline of a step."""
	frappe.db.set_value(store.ACTION, {"event": event, "kind": kind}, "due_at", when)


def give(event, text="It was done as asked."):
	requirement = frappe.db.get_value("Evidence Requirement", {"parent": "Task done"})
	steps.give(event, requirement, text)


def listed(page):
	return [(row["event"], row["kind"]) for row in page["steps"]]


def midnight(days=0):
	return datetime.combine(times.now_site().date() + timedelta(days=days), time.min)


def test_the_most_urgent_step_comes_first_and_a_mark_waits_for_its_evidence(crew, task, as_user):
	first, second, third = task("later"), task("late"), task("today")
	now = times.now_site()
	due(first, "Evidence", midnight(9))
	due(second, "Evidence", now - timedelta(hours=3))
	due(third, "Evidence", midnight(1) - timedelta(seconds=1))
	with as_user(crew["anna"].user_id):
		page = my_flow.page()
		assert listed(page) == [(second, "Evidence"), (third, "Evidence"), (first, "Evidence")]
		assert [row["when"] for row in page["steps"]] == ["overdue", "today", "later"]
		assert (page["counts"]["total"], page["counts"]["overdue"]) == (3, 1)
		assert page["steps"][0]["mine"] and page["steps"][0]["title"] == "Task done"
		short = my_flow.page(steps="2")
		assert listed(short) == [(second, "Evidence"), (third, "Evidence")] and short["more_steps"]
	with as_user(crew["max"].user_id):
		assert my_flow.page()["steps"] == [], "there is nothing to mark yet"
	with as_user(crew["anna"].user_id):
		give(second)
		page = my_flow.page()
		assert listed(page) == [(third, "Evidence"), (first, "Evidence")]
		assert page["counts"]["done_this_week"] == 1
	with as_user(crew["max"].user_id):
		(row,) = my_flow.page()["steps"]
		assert (row["event"], row["kind"], row["mine"]) == (second, "Mark", False)
		assert row["employee_name"] == crew["anna"].employee_name


def test_nobody_sees_the_flow_of_somebody_else(crew, task, as_user):
	event = task()
	with as_user(crew["anna"].user_id):
		give(event)
	with as_user(crew["max"].user_id):
		steps.mark(event, "Needs Improvement", "Name the person you spoke to.")
	for key in ("boss", "quentin", "hilda"):
		with as_user(crew[key].user_id):
			page = my_flow.page()
			assert (page["steps"], page["marks"], page["figures"], page["first_brief"]) == (
				[],
				[],
				None,
				None,
			)
			assert mine.due_today(crew[key].user_id) is None
	with as_user("Guest"):
		for ask in (
			my_flow.page,
			my_flow.due,
			lambda: my_flow.snooze("hour"),
			lambda: my_flow.prompt(False),
		):
			with pytest.raises(frappe.PermissionError):
				ask()


def test_a_document_is_named_by_its_title_only_to_its_readers(crew, as_user):
	world.event_type()
	order = world.order(crew["anna"])
	with as_user(crew["anna"].user_id):
		(row,) = my_flow.page()["steps"]
		assert (row["document"], row["may_open"]) == (order.name, True)
		assert row["document_title"] == order.customer_name
	with as_user(crew["quentin"].user_id):
		(row,) = my_flow.page()["steps"]
		assert (row["kind"], row["may_open"], row["document_title"]) == ("Confirmation", False, "")


def test_a_step_names_the_goal_it_serves(crew, as_user):
	if not frappe.db.exists("KRA", KRA):
		frappe.get_doc({"doctype": "KRA", "title": KRA}).insert()

	def goal(name, employee, **more):
		values = {"doctype": "Goal", "goal_name": name, "employee": employee.name, "kra": KRA, **more}
		return frappe.get_doc({"start_date": add_days(nowdate(), -30), **values}).insert().name

	def served(person):
		with as_user(crew[person].user_id):
			return my_flow.page()["steps"][0]["goal"]

	kind = world.event_type()
	order = world.order(crew["anna"])
	assert served("anna") is None
	kind.db_set("kra", KRA)
	assert served("anna") == {"title": KRA, "name": "", "personal": False, "progress": None}
	kind.db_set("goal", goal("Keep every customer", crew["boss"]))
	assert served("anna")["title"] == "Keep every customer"
	goal("Last year", crew["anna"], start_date=add_days(nowdate(), -400), end_date=add_days(nowdate(), -300))
	goal("Of somebody else", crew["max"])
	assert served("anna")["title"] == "Keep every customer", "none of hers covers the day of the event"
	own = goal("Ten contracts", crew["anna"], end_date=add_days(nowdate(), 30))
	assert served("anna") == {"title": "Ten contracts", "name": own, "personal": True, "progress": 0}
	assert served("quentin")["title"] == "Keep every customer", "her own goal is not his to read"
	assert world.events(order)


def test_marks_and_figures_are_those_of_flow_health(crew, task, as_user):
	closed, late, running = task("closed"), task("late"), task("running")
	with as_user(crew["anna"].user_id):
		give(closed)
	with as_user(crew["max"].user_id):
		steps.mark(closed, "Meets", "Done within the hour.")
	frappe.db.set_value(store.EVENT, late, "target_at", times.now_site() - timedelta(hours=1))
	with as_user(crew["anna"].user_id):
		page = my_flow.page()
		(mark,) = page["marks"]
		assert (mark["event"], mark["mark"], mark["reason"]) == (closed, "Meets", "Done within the hour.")
		assert mark["by"] == frappe.utils.get_fullname(crew["max"].user_id)
		chosen = figures.Selection(employee=crew["anna"].name)
		truth = health.health(figures.times(chosen), figures.Moment.now().utc)
		own = page["figures"]
		assert (own["events"], own["closed"], own["counted"]) == (3, 1, 2)
		assert own["in_time"] == truth.percent == 50
		assert own["completeness"] == pytest.approx(100 / 3)
		row = frappe.db.get_value(store.EVENT, closed, ["recorded_at", "closed_at"], as_dict=True)
		assert own["median_hours"] == pytest.approx((row.closed_at - row.recorded_at).total_seconds() / 3600)
		assert running in [row["event"] for row in page["steps"]]


def test_the_first_brief_is_written_by_itself_for_a_week(crew, as_user):
	world.event_type(
		requirements=[
			{"label": "Signed confirmation", "kind": "File", "file_types": "pdf", "obligation": "Mandatory"},
			{
				"label": "Delivery is agreed",
				"kind": "Field",
				"fieldname": "delivery_date",
				"obligation": "Mandatory",
			},
		]
	)
	with as_user(crew["anna"].user_id):
		assert my_flow.page()["first_brief"] is None
	(event,) = world.events(world.order(crew["anna"]))
	with as_user(crew["anna"].user_id):
		brief = my_flow.page()["first_brief"]
	assert (brief["fresh"], brief["events"], brief["closed"], brief["mean_hours"]) == (True, 1, 0, None)
	assert (brief["automatic"], brief["completeness"]) == (1, 50)
	assert [(p["event"], p["label"]) for p in brief["pieces"]] == [(event.name, "Delivery is agreed")]
	frappe.db.set_value(store.EVENT, event.name, "recorded_at", times.now_site() - timedelta(days=8))
	with as_user(crew["anna"].user_id):
		assert my_flow.page()["first_brief"]["fresh"] is False
	with as_user(crew["quentin"].user_id):
		assert my_flow.page()["first_brief"] is None


def test_the_prompt_is_one_query_and_is_snoozed_or_switched_off(crew, task, as_user, sql_count, monkeypatch):
	event, user = task(), crew["anna"].user_id
	due(event, "Evidence", midnight(1))
	with as_user(user):
		assert mine.due_today(user) is None, "it is due tomorrow"
	due(event, "Evidence", midnight(1) - timedelta(seconds=1))
	with as_user(user):
		with sql_count() as count:
			found = mine.due_today(user)
		assert count.total == 1, count
		assert (found["count"], found["overdue"]) == (1, 0)
		info = frappe._dict()
		extend_bootinfo(info)
		assert info.perf_flow["due"] == found
		my_flow.snooze("hour")
		assert my_flow.due() is None
		now = times.now_utc()
		monkeypatch.setattr(times, "now_utc", lambda: now + timedelta(minutes=61))
		assert my_flow.due()["count"] == 1
		monkeypatch.undo()
		assert my_flow.snooze("tomorrow")["until"] == midnight(1).strftime("%Y-%m-%d %H:%M:%S")
		assert my_flow.due() is None
		with pytest.raises(frappe.ValidationError):
			my_flow.snooze("never")
		assert my_flow.prompt("0") == {"prompt": False}
		assert my_flow.due() is None
		assert my_flow.page()["prompt"] is False
		assert my_flow.prompt(True) == {"prompt": True}
		assert my_flow.due()["count"] == 1, "switched on, it is not snoozed either"
	assert not frappe.db.exists(mine.PREFERENCE, crew["max"].user_id)
