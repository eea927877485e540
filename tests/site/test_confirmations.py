"""The screen of somebody who confirms impacts, and the links in emails that lead to it.

Anna's tasks become events whose impact Quentin confirms. The world is recorded once; each test goes back to it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import frappe

from perf_flow.api import confirmations, steps
from perf_flow.engine import chain as engine
from perf_flow.engine.errors import InvalidInput
from perf_flow.flow import delivery, links, service, store, times
from tests.site import world
from tests.site.conftest import begin_anew

pytestmark = pytest.mark.site

STEP = "1-C1"


class World:
	"""``events`` of Anna's tasks, all to be confirmed by Quentin; the task of ``readable`` is his to read."""

	def __init__(self) -> None:
		crew = world.people()
		crew["otto"] = world.person("Otto")
		self.logins = {key: employee.user_id for key, employee in crew.items()}
		world.todo_type(
			"Task to confirm",
			mark_required=0,
			collaborators=[
				{
					"label": "Quality",
					"source": "Named Employee",
					"employee": crew["quentin"].name,
					"required": 1,
				}
			],
		)
		frappe.set_user(self.logins["anna"])
		self.tasks = [world.todo(f"Secret task {number}") for number in range(3)]
		self.tasks.append(world.todo("Check the press", allocated_to=self.logins["quentin"], priority="High"))
		frappe.set_user("Administrator")
		self.events = [world.events(task)[0].name for task in self.tasks]
		self.readable = self.events[-1]

	def among(self, items: list[dict[str, Any]]) -> set[str]:
		"""Which of this world's events are in a list; others may be on the site."""
		return {item["event"] for item in items} & set(self.events)


@pytest.fixture(scope="module")
def recorded(site: str) -> Iterator[World]:
	from perf_flow.flow import watch

	begin_anew()
	frappe.db.begin()
	made = World()
	begin_anew()
	yield made
	frappe.db.rollback()
	frappe.clear_cache()
	watch.forget()
	begin_anew()


@pytest.fixture(autouse=True)
def undo(recorded: World) -> Iterator[None]:
	"""In place of the one for all site tests: go back to the world, which is not committed."""
	begin_anew()
	frappe.db.savepoint("confirmations_world")
	yield
	frappe.db.rollback(save_point="confirmations_world")
	begin_anew()


@pytest.fixture
def event(recorded: World) -> str:
	return recorded.events[0]


@pytest.fixture
def quentin(recorded: World) -> str:
	return recorded.logins["quentin"]


@pytest.fixture
def link(event: str, quentin: str) -> str:
	return links.make(event, STEP, quentin, times.now_utc())


def confirm(event: str, **more: Any) -> dict[str, Any]:
	return confirmations.confirm([{"event": event, "step": STEP}], ["Quality"], **more)


def state_of(event: str) -> str:
	return world.actions(event)[STEP].state


# --- the screen ---------------------------------------------------------------------------------------------


def test_without_read_permission_only_what_the_event_says_is_shown(recorded, event, quentin, as_user):
	with as_user(quentin):
		state = confirmations.mine()
	assert recorded.among(state["open"]) == set(recorded.events)
	assert state["total"] == len(state["open"])
	(item,) = [one for one in state["open"] if one["event"] == event]
	assert item["document"] is None
	assert (item["doctype"], item["name"], item["employee_name"], item["label"]) == (
		"ToDo",
		recorded.tasks[0].name,
		"Anna",
		"Quality",
	)
	assert "Secret task" not in json.dumps(state, default=str)


def test_with_read_permission_the_document_is_told_in_a_few_lines(recorded, quentin, as_user):
	def document():
		with as_user(quentin):
			found = [one for one in confirmations.mine()["open"] if one["event"] == recorded.readable]
		return found[0]["document"]

	shown = document()
	assert shown["title"] == "Check the press" and shown["url"].endswith(recorded.tasks[-1].name)
	assert {"label": "Priority", "value": "High"} in shown["fields"]

	# as customised, and nothing above the reader's level
	for fieldname, prop, value in (("assigned_by", "in_list_view", 1), ("priority", "permlevel", 3)):
		frappe.make_property_setter(
			{
				"doctype": "ToDo",
				"fieldname": fieldname,
				"property": prop,
				"value": value,
				"property_type": "Int",
			}
		)
	frappe.db.set_value("ToDo", recorded.tasks[-1].name, "assigned_by", recorded.logins["max"])
	frappe.clear_cache(doctype="ToDo")
	try:
		shown = document()
	finally:
		frappe.db.rollback(save_point="confirmations_world")
		frappe.clear_cache(doctype="ToDo")
	assert {"label": "Assigned By", "value": recorded.logins["max"]} in shown["fields"]
	assert "Priority" not in [field["label"] for field in shown["fields"]]


def test_nobody_else_sees_or_confirms_it(recorded, event, as_user):
	for who in ("otto", "anna", "max", "hilda"):
		with as_user(recorded.logins[who]):
			assert confirmations.mine()["open"] == [], who
			with pytest.raises(frappe.PermissionError):
				confirm(event)
	for ask in (confirmations.mine, lambda: confirm(event)):
		with as_user("Guest"), pytest.raises(frappe.PermissionError):
			ask()
	assert state_of(event) == "Open"


def test_several_are_confirmed_at_once_each_by_itself(recorded, quentin, as_user):
	first, second, third, last = recorded.events
	with as_user(quentin):
		confirm(third)
		items = [{"event": name, "step": STEP} for name in (first, second, third)]
		answer = confirmations.confirm(json.dumps(items), '["Quality", "Delivery"]', "seen")
		assert {one["event"] for one in answer["done"]} == {first, second}
		assert [one["event"] for one in answer["refused"]] == [third]
		assert "already confirmed" in answer["refused"][0]["why"]
		state = confirmations.mine()
		for wrong in ("[]", "nonsense", '[{"event": 1}]', '[{"event": "x", "step": "y"}]'):
			with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
				confirmations.confirm(wrong, ["None"])
		with pytest.raises(frappe.ValidationError):
			confirmations.confirm([{"event": last, "step": STEP}], ["Everything"])
	assert {world.actions(name)[STEP].result for name in (first, second)} == {"Quality, Delivery"}
	assert recorded.among(state["open"]) == {last}
	assert recorded.among(state["done"]) == {first, second, third}


def test_a_confirmation_is_taken_back_and_waits_again(event, quentin, as_user):
	with as_user(quentin):
		confirm(event)
		(item,) = [one for one in confirmations.mine()["done"] if one["event"] == event]
		assert item["may_take_back"] and item["take_back_until"] and item["result"] == "Quality"
		steps.take_back(event, STEP)
		assert event in [one["event"] for one in confirmations.mine()["open"]]


def test_late_step_that_was_escalated_is_shown_to_the_one_above(
	recorded, event, quentin, as_user, monkeypatch
):
	boss = recorded.logins["boss"]
	with as_user(boss):
		assert confirmations.mine()["escalated"] == []
	late = times.now_utc() + timedelta(days=20)
	monkeypatch.setattr(service, "_not_before", lambda chain: late)

	def tick(chain, directory):
		(step,) = (s for s in chain.open_steps() if s.key == STEP)
		above = tuple(m.person for m in directory.superiors(step.assignee.employee))
		return engine.Tick(actor=engine.SYSTEM, superiors={STEP: above})

	service.execute(event, tick)
	assert world.actions(event)[STEP].escalation_level
	begin_anew()
	with as_user(boss):
		(item,) = [one for one in confirmations.mine()["escalated"] if one["event"] == event]
		assert item["assignee_name"] == "Quentin"
	with as_user(recorded.logins["max"]):
		assert confirmations.mine()["escalated"] == []


def test_pages_hold_each_step_once(recorded, quentin, as_user, monkeypatch):
	monkeypatch.setattr(confirmations, "PAGE", 3)
	with as_user(quentin):
		total = confirmations.mine()["total"]
		pages = [confirmations.mine(start=start)["open"] for start in range(0, total, 3)]
	assert total >= len(recorded.events) > 3
	assert [len(page) for page in pages[:-1]] == [3] * (len(pages) - 1)
	shown = [one["event"] for page in pages for one in page]
	assert len(shown) == len(set(shown)) == total and set(recorded.events) <= set(shown)


# --- links in emails ----------------------------------------------------------------------------------------


def test_link_brings_the_one_to_the_front_and_works_once(recorded, event, link, quentin, as_user):
	with as_user(quentin):
		state = confirmations.mine(link=link)
		assert state["front"]["event"] == event and state["link_problem"] == ""
		# looking does not use it up, and neither does confirming something else
		confirm(recorded.events[1], link=link)
		assert confirmations.mine(link=link)["front"]["event"] == event
		confirm(event, link=link)
		state = confirmations.mine(link=link)
		assert state["front"] is None and "already used" in state["link_problem"]
		steps.take_back(event, STEP)
		with pytest.raises(frappe.ValidationError, match="already used"):
			confirm(event, link=link)
		assert state_of(event) == "Open"
		confirm(event)
	assert state_of(event) == "Done"


def test_used_link_is_kept_as_a_hash_that_people_do_not_read(event, link, quentin, as_user):
	with as_user(quentin):
		confirm(event, link=link)
		with pytest.raises(frappe.PermissionError):
			frappe.get_list(links.USED)
	(row,) = frappe.get_all(
		links.USED, filters={"owner": quentin}, fields=["*"], order_by="creation desc", limit=1
	)
	kept = json.dumps(row, default=str)
	assert event not in kept and link not in kept


def test_somebody_elses_link_says_so_and_nothing_else(recorded, event, link, as_user):
	for who in ("otto", "max", "boss"):
		with as_user(recorded.logins[who]):
			state = confirmations.mine(link=link)
			assert state["front"] is None and "somebody else" in state["link_problem"], who
			assert event not in json.dumps(state, default=str)
			with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
				confirm(event, link=link)
	assert state_of(event) == "Open"
	assert recorded.logins["quentin"].encode() not in base64.urlsafe_b64decode(link + "==")


def test_forged_link_is_refused(event, link, quentin, as_user, monkeypatch):
	raw = base64.urlsafe_b64decode(link + "==")
	forged = (
		link[:-4],
		link.swapcase(),
		"x" * 80,
		"证据",
		"../../login",
		base64.urlsafe_b64encode(raw.replace(b"1-C1", b"1-C2")).decode(),
		base64.urlsafe_b64encode(bytes(16) + raw[16:]).decode(),
	)
	with as_user(quentin):
		for token in forged:
			state = confirmations.mine(link=token)
			assert state["front"] is None and "not valid" in state["link_problem"], token
			with pytest.raises(frappe.ValidationError, match="not valid"):
				confirm(event, link=token)
		monkeypatch.setattr(links, "get_encryption_key", lambda: "another site")
		assert "not valid" in confirmations.mine(link=link)["link_problem"]
	assert state_of(event) == "Open"


def test_expired_link_is_refused(event, quentin, as_user):
	now = times.now_utc()
	old = links.make(event, STEP, quentin, now - timedelta(days=links.DAYS, seconds=1))
	young = links.make(event, STEP, quentin, now - timedelta(days=links.DAYS) + timedelta(hours=1))
	with as_user(quentin):
		assert "expired" in confirmations.mine(link=old)["link_problem"]
		with pytest.raises(frappe.ValidationError, match="expired"):
			confirm(event, link=old)
		assert confirmations.mine(link=young)["front"]["event"] == event
	assert state_of(event) == "Open"


def test_link_to_what_was_done_already_leads_to_the_screen(event, link, quentin, as_user):
	with as_user(quentin):
		confirm(event)
		state = confirmations.mine(link=link)
	assert state["front"] is None and "done already" in state["link_problem"]


def test_of_two_that_race_with_one_link_one_wins(event, link, quentin):
	"""Both read the link while it is unused; the primary key of its use lets one of them go on."""
	first, second = (links.read(link, quentin, times.now_utc()) for _ in range(2))
	links.use(first)
	with pytest.raises(InvalidInput, match="already used"):
		links.use(second)
	assert frappe.db.count(links.USED, {"name": first.use}) == 1


def test_uses_of_expired_links_are_forgotten(event, quentin):
	now = times.now_utc()
	fresh = links.read(links.make(event, STEP, quentin, now), quentin, now)
	before = now - timedelta(days=links.DAYS + 2)
	old = links.read(links.make(event, STEP, quentin, before), quentin, before)
	links.use(fresh)
	links.use(old)
	links.purge()
	assert frappe.db.exists(links.USED, fresh.use) and not frappe.db.exists(links.USED, old.use)


def test_email_leads_to_the_confirmation_in_the_language_of_its_reader(
	recorded, event, quentin, as_user, monkeypatch
):
	sent = []
	monkeypatch.setattr(
		delivery, "_send", lambda address, line, message: sent.append((address, line, message))
	)
	monkeypatch.setattr(delivery, "held_back", lambda user, company: None)
	frappe.db.set_single_value("Performance Flow Settings", "email_immediate", 1)
	frappe.db.set_value("User", quentin, "language", "zh")
	frappe.db.delete(store.OUTBOX, {"kind": "email"})
	for kind in ("ask_confirmation", "reminder", "overdue", "escalated"):
		task = frappe._dict(name=f"t-{kind}", event=event, recipient=quentin)
		delivery.deliver(task, {"kind": kind, "step": STEP})
	rows = frappe.get_all(store.OUTBOX, {"kind": "email"}, ["name", "recipient", "payload"])
	assert len(rows) == 4 and not any(links.PATH in row.payload for row in rows), (
		"only the email holds a link"
	)
	for row in rows:
		delivery.deliver_email(row, json.loads(row.payload))
	assert [address for address, *_ in sent] == [quentin] * 4
	tokens = [found for *_, message in sent for found in re.findall(links.PATH + r"([\w-]+)", message)]
	assert len(tokens) == len(set(tokens)) == 3
	assert sum("确认影响" in message and "只能用一次" in message for *_, message in sent) == 3
	with as_user(quentin):
		for token in tokens:
			assert confirmations.mine(link=token)["front"]["event"] == event
	with as_user(recorded.logins["max"]):
		assert "somebody else" in confirmations.mine(link=tokens[0])["link_problem"]


def test_link_fits_into_an_email_and_survives_logging_in(event, quentin):
	address = links.address(event, STEP, quentin)
	token = address.rpartition("/")[2]
	assert links.PATH in address and "?" not in address
	# what Frappe notes of visited pages has 140 characters
	assert len(f"impact-confirmation/{token}") <= 140
	assert links.address(event, STEP, quentin) != address
	assert store.EVENT == "Business Event" and event not in token
