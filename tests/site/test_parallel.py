"""Many sessions at once, processes that are killed, a queue that is down: nothing is lost, doubled or torn.

All of it is committed, on the scratch site. PERF_FLOW_PARALLEL_SECONDS=120 makes the load as long as the
promise (two minutes); the default is short, for every run.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import frappe

from tests.site import scratch, world

pytestmark = [pytest.mark.site, scratch.needed]

SECONDS = float(os.environ.get("PERF_FLOW_PARALLEL_SECONDS") or 10)
SESSIONS = 8
DRAINS = 2
ORDER_TYPES = ("Parallel order", "Parallel order agreed")
ONCE, EACH = "Parallel closed once", "Parallel closed each time"
TODOS = 5

# a clean process, from which sessions are forked: they must not share a connection with this one
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
	[
		"frappe",
		"perf_flow.flow.jobs",
		"perf_flow.api.steps",
		"erpnext.selling.doctype.sales_order.sales_order",
	]
)


@pytest.fixture(scope="module", autouse=True)
def prepared() -> dict[str, Any]:
	scratch.ensure_installed()
	return scratch.call(prepare)


def test_parallel_sessions_lose_nothing_and_double_nothing(prepared, tmp_path):
	scratch.call(switch, False)
	plain = load(prepared, SECONDS / 2, tmp_path / "plain", steps=False)
	scratch.call(open_again, prepared["todos"])
	begun = scratch.call(switch, True)
	done = load(prepared, SECONDS, tmp_path / "flow", steps=True)
	print(f"\nwithout: {plain['told']}\nwith: {done['told']}")
	assert done["orders"] and done["closed"]
	assert done["told"]["gave"] and done["told"]["marked"] and done["told"]["confirmed"]
	state = scratch.call(settle)
	assert state["differences"] == []
	assert state["unsealed"] == 0 and state["waiting"] == 0 and state["failed"] == []

	with scratch.eye() as connection:
		for kind in ORDER_TYPES:
			found = scratch.rows(
				connection,
				"select reference_name from `tabBusiness Event` where event_type = %s and recorded_at >= %s",
				(kind, begun),
			)
			assert Counter(name for (name,) in found) == Counter(done["orders"]), kind
		steps = scratch.rows(
			connection,
			"""select count(*), count(distinct event, step) from `tabBusiness Event Action`
			where event_type in %s and reference_name in %s""",
			(ORDER_TYPES, done["orders"]),
		)
		assert steps == [(6 * len(done["orders"]),) * 2], "each order: two events of three steps"
		for todo in prepared["todos"]:
			occurrences = {
				kind: [
					int(o)
					for (o,) in scratch.rows(
						connection,
						"""select occurrence from `tabBusiness Event` where event_type = %s and reference_name = %s
						order by cast(occurrence as int)""",
						(kind, todo),
					)
				]
				for kind in (ONCE, EACH)
			}
			assert occurrences[ONCE] == ([1] if todo in done["closed"] else [])
			assert occurrences[EACH] == list(range(1, len(occurrences[EACH]) + 1))
			assert bool(occurrences[EACH]) == (todo in done["closed"])
		twice = scratch.rows(
			connection,
			"""select for_user, subject, count(*) from `tabNotification Log` where subject like '%%Parallel order%%'
			group by 1, 2 having count(*) > 1""",
		)
		assert twice == []
		told = scratch.rows(
			connection, "select count(*) from `tabNotification Log` where subject like '%%Parallel order%%'"
		)
		assert told[0][0] > 0
	rate = {
		k: r["told"]["deadlocks"] / max(1, len(r["orders"])) for k, r in (("plain", plain), ("flow", done))
	}
	assert rate["flow"] <= rate["plain"], rate


def load(prepared: dict[str, Any], seconds: float, stop: Path, *, steps: bool) -> dict[str, Any]:
	"""Sessions side by side for some seconds, with drains beside them. Any error but a deadlock is raised."""
	with ProcessPoolExecutor(SESSIONS + DRAINS, mp_context=FORKS) as pool:
		drains = [pool.submit(drain_until, stop) for _ in range(DRAINS)]
		sessions = [pool.submit(session, n, seconds, prepared["todos"], steps) for n in range(SESSIONS)]
		try:
			results = [s.result() for s in sessions]
		finally:
			stop.touch()
		told = sum((Counter(r["told"]) for r in results), Counter())
		told["drained"] = sum(d.result() for d in drains)
	return {
		"orders": [o for r in results for o in r["orders"]],
		"closed": {c for r in results for c in r["closed"]},
		"told": told,
	}


def test_all_at_the_same_moment(prepared):
	"""One document, one step, eight processes that start together: one of them is first, and only one."""
	scratch.call(switch, True)
	with scratch.eye() as connection, ProcessPoolExecutor(SESSIONS, mp_context=FORKS) as pool:
		for _ in range(2):
			todo, order = scratch.call(todo_and_order)
			at = time.time() + 3
			closed = [pool.submit(close_at, at, todo) for _ in range(SESSIONS)]
			assert [c.result() for c in closed] == ["closed"] * SESSIONS
			found = scratch.rows(
				connection, "select event_type from `tabBusiness Event` where reference_name = %s", (todo,)
			)
			assert sorted(found) == sorted([(ONCE,), (EACH,)])
			event = dict(events_of(connection, order))[ORDER_TYPES[0]]
			for step, user in (("give", "anna"), ("mark", "max"), ("confirm", "quentin")):
				at = time.time() + 1
				tried = [pool.submit(step_at, at, step, user, event) for _ in range(SESSIONS)]
				told = Counter(t.result() for t in tried)
				# the same text may be given twice, as two pieces; there is one mark and one confirmation
				assert told["done"] == 1 or (step == "give" and told["done"] >= 1), (step, told)
				assert told.keys() <= {"done", "refused"}, told
			facts = scratch.rows(
				connection,
				"select fact, seq from `tabPerformance Ledger Entry` where event = %s order by seq",
				(event,),
			)
			assert [seq for _, seq in facts] == list(range(1, len(facts) + 1))
			assert scratch.rows(
				connection, "select state from `tabBusiness Event` where name = %s", (event,)
			) == [("Closed",)]
	assert scratch.call(settle)["differences"] == []


# --- killed processes, a queue that is down -------------------------------------------------------------


TABLES = ("Business Event Action", "Performance Evidence", "Performance Ledger Entry", "Performance Outbox")


def test_a_session_killed_while_recording_leaves_nothing_and_can_be_repeated(prepared, tmp_path):
	order = scratch.call(draft)
	counted = "select " + ", ".join(f"(select count(*) from `tab{t}`)" for t in TABLES)
	with scratch.eye() as connection:
		before = scratch.rows(connection, counted)
		kill_in_the_middle(connection, submit_and_halt, order, tmp_path / "halted")
		assert scratch.rows(
			connection, "select docstatus from `tabSales Order` where name = %s", (order,)
		) == [(0,)]
		assert events_of(connection, order) == []
		assert scratch.rows(connection, counted) == before
		scratch.call(submit, order)
		assert sorted(t for t, _ in events_of(connection, order)) == sorted(ORDER_TYPES)
		assert scratch.rows(connection, counted) != before
	assert scratch.call(settle)["differences"] == []


def test_a_worker_killed_while_delivering_delivers_once(prepared, tmp_path):
	order = scratch.call(draft)
	scratch.call(settle)
	scratch.call(submit, order)
	told = (
		"select count(*), count(distinct for_user, subject) from `tabNotification Log` where subject like %s"
	)
	with scratch.eye() as connection:
		kill_in_the_middle(connection, drain_and_halt, order, tmp_path / "halted")
		assert scratch.rows(connection, told, (f"%{order}%",)) == [(0, 0)]
		state = scratch.call(settle)
		assert (state["waiting"], state["failed"], state["differences"]) == (0, [], [])
		((count, distinct),) = scratch.rows(connection, told, (f"%{order}%",))
		assert count == distinct > 0


def test_a_sealer_killed_half_way_is_taken_up_by_the_next(prepared, tmp_path):
	scratch.call(settle)
	order = scratch.call(draft)
	scratch.call(submit, order)
	with scratch.eye() as connection:
		kill_in_the_middle(connection, seal_and_halt, order, tmp_path / "halted")
	state = scratch.call(settle)
	assert (state["unsealed"], state["differences"]) == (0, [])


def test_with_redis_down_an_order_is_submitted_and_its_messages_go_out_later(prepared):
	order = scratch.call(submit_without_queue, scratch.call(draft))
	with scratch.eye() as connection:
		events = events_of(connection, order)
		assert sorted(t for t, _ in events) == sorted(ORDER_TYPES)
		states = "select distinct state from `tabPerformance Outbox` where event in %s"
		names = tuple(n for _, n in events)
		assert scratch.rows(connection, states, (names,)) == [("Waiting",)]
		scratch.call(settle)
		assert scratch.rows(connection, states, (names,)) == [("Done",)]


def kill_in_the_middle(connection: Any, function: Callable[..., None], order: str, halted: Path) -> None:
	"""Run a function that halts within its transaction, kill it there, and wait until the server noticed."""
	process = FORKS.Process(target=connected, args=(function, order, halted))
	process.start()
	until = time.monotonic() + 60
	while not halted.exists():
		assert process.is_alive() and time.monotonic() < until, "it never came to the middle"
		time.sleep(0.05)
	os.kill(process.pid, signal.SIGKILL)
	process.join()
	session_id = int(halted.read_text())
	alive = "select count(*) from information_schema.processlist where id = %s"
	while scratch.rows(connection, alive, (session_id,)) != [(0,)]:
		assert time.monotonic() < until + 60, "the server keeps the session of a killed process"
		time.sleep(0.05)


def events_of(connection: Any, order: str) -> list[tuple[str, str]]:
	return scratch.rows(
		connection, "select event_type, name from `tabBusiness Event` where reference_name = %s", (order,)
	)


# --- in processes of the scratch site -------------------------------------------------------------------


def prepare() -> dict[str, Any]:
	"""The people, the types, and some tasks that all sessions work on. Other types are switched off."""
	people = scratch.crew()
	scratch.say_at_once(email_immediate=0)
	for name in frappe.get_all("Business Event Type", filters={"enabled": 1}, pluck="name"):
		kind = frappe.get_doc("Business Event Type", name)
		kind.enabled = 0
		kind.save()
	text = [{"label": "Story", "kind": "Text", "minimum_characters": 3}]
	closed = {"trigger": "Condition Becomes True", "filters": '[["ToDo","status","=","Closed"]]'}
	if not frappe.db.exists("Business Event Type", ORDER_TYPES[0]):
		world.event_type(ORDER_TYPES[0], requirements=text)
		world.event_type(
			ORDER_TYPES[1],
			trigger="Condition Becomes True",
			filters='[["Sales Order","docstatus","=","1"]]',
			requirements=text,
		)
		world.todo_type(ONCE, **closed)
		world.todo_type(EACH, repeat="Each Time It Becomes True", **closed)
	world.order(people["anna"])  # the customer, the item, the sales person
	todos = [world.todo(f"Shared {n}").name for n in range(TODOS)]
	frappe.db.commit()
	switch(True)
	return {"todos": todos}


def switch(on: bool) -> datetime:
	"""Switch the types of these tests on or off. Returns the site's present time."""
	for name in (*ORDER_TYPES, ONCE, EACH):
		kind = frappe.get_doc("Business Event Type", name)
		kind.enabled = int(on)
		kind.save()
	frappe.db.commit()
	return frappe.utils.now_datetime()


def open_again(todos: list[str]) -> None:
	"""Open the shared tasks, so that none counts as closed before the types are on."""
	for name in todos:
		frappe.db.set_value("ToDo", name, "status", "Open")
	frappe.db.commit()


def connected(function: Callable[..., Any], *args: Any) -> Any:
	scratch.connect()
	return function(*args)


def session(number: int, seconds: float, todos: list[str], steps: bool) -> dict[str, Any]:
	"""One person after another at one desk: submits orders, closes and opens tasks, takes steps."""
	scratch.connect()
	chance, told, orders, closed = random.Random(number), Counter(), [], set()
	seller = scratch.crew()["anna"]
	world.order(seller)  # what a process reads only once
	frappe.db.rollback()
	until = time.monotonic() + seconds
	while time.monotonic() < until:
		frappe.set_user("Administrator")
		frappe.local.message_log = []
		try:
			what = chance.random() if steps else chance.random() / 2
			if what < 0.35:
				order = world.order(seller)
				frappe.db.commit()
				orders.append(order.name)
				told["submitted"] += 1
			elif what < 0.5:
				todo = frappe.get_doc("ToDo", chance.choice(todos))
				status = chance.choice(("Closed", "Open"))
				todo.db_set("status", status)
				frappe.db.commit()
				closed |= {todo.name} if status == "Closed" else set()
				told["task changed"] += 1
			else:
				told[take_a_step(chance)] += 1
		except frappe.QueryDeadlockError:
			told["deadlocks"] += 1
			frappe.db.rollback()
		except frappe.ValidationError:
			# somebody else was faster
			told["refused"] += 1
			frappe.db.rollback()
	frappe.destroy()
	return {"orders": orders, "closed": closed, "told": dict(told)}


def take_a_step(chance: random.Random) -> str:
	"""Do an open step as the person it is asked of: often one of the first, which the others try as well."""
	from perf_flow.api import steps

	offset = 0 if chance.random() < 0.5 else chance.randrange(20)
	found = frappe.db.sql(
		"""select a.event, a.step, a.kind, a.assignee_user, e.event_type from `tabBusiness Event Action` a
		join `tabBusiness Event` e on e.name = a.event
		where a.state = 'Open' and e.state = 'Open' and e.event_type in %s
		and (a.kind != 'Mark' or e.stage = 'Mark') order by a.event, a.step limit 1 offset %s""",
		(ORDER_TYPES, offset),
		as_dict=True,
	)
	if not found:
		frappe.db.rollback()
		return "nothing to do"
	step = found[0]
	frappe.set_user(step.assignee_user)
	if step.kind == "Evidence":
		key = frappe.db.get_value("Evidence Requirement", {"parent": step.event_type})
		steps.give(step.event, key, "Signed by the customer")
		done = "gave"
	elif step.kind == "Mark":
		steps.mark(step.event, "Meets", "Well done")
		done = "marked"
	else:
		steps.confirm(step.event, ["Quality"], step=step.step)
		done = "confirmed"
	frappe.db.commit()
	return done


def todo_and_order() -> tuple[str, str]:
	todo = world.todo("Closed by all")
	order = world.order(scratch.crew()["anna"])
	frappe.db.commit()
	return todo.name, order.name


def at_once(at: float, user: str, act: Callable[[], None]) -> str:
	"""Do something at a moment, as a user. A session's connection is kept for the next."""
	if getattr(frappe.local, "db", None) is None:
		scratch.connect()
	frappe.set_user(user)
	frappe.db.rollback()
	time.sleep(max(0, at - time.time()))
	try:
		act()
	except frappe.ValidationError:
		frappe.db.rollback()
		return "refused"
	frappe.db.commit()
	return "done"


def close_at(at: float, todo: str) -> str:
	def close() -> None:
		frappe.get_doc("ToDo", todo).db_set("status", "Closed")

	return {"done": "closed"}.get(at_once(at, "Administrator", close), "refused")


def step_at(at: float, step: str, user: str, event: str) -> str:
	from perf_flow.api import steps

	def take() -> None:
		if step == "give":
			key = frappe.db.get_value("Evidence Requirement", {"parent": ORDER_TYPES[0]})
			steps.give(event, key, "Signed by the customer")
		elif step == "mark":
			steps.mark(event, "Meets", "Well done")
		else:
			steps.confirm(event, ["Quality"])

	return at_once(at, world.EMAIL.format(user), take)


def drain_until(stop: Path) -> int:
	"""What the worker does, over and over until there is a file ``stop``. Returns how many rounds."""
	from perf_flow.flow import jobs

	scratch.connect()
	rounds = 0
	while not stop.exists():
		jobs.drain_and_seal()
		frappe.db.rollback()
		rounds += 1
		time.sleep(0.2)
	frappe.destroy()
	return rounds


def settle() -> dict[str, Any]:
	"""Deliver and seal what is left; then say what is wrong."""
	from perf_flow.flow import jobs, store, times, verify

	frappe.db.sql(
		"update `tabPerformance Outbox` set deliver_after = %s where state = 'Waiting'", (times.now_site(),)
	)
	frappe.db.commit()
	jobs.drain_and_seal()
	return {
		"differences": [str(d) for d in verify.verify()],
		"waiting": frappe.db.count(store.OUTBOX, {"state": "Waiting"}),
		"failed": frappe.get_all(store.OUTBOX, {"state": "Failed"}, pluck="last_error"),
		"unsealed": frappe.db.count(store.ENTRY) - frappe.db.count("Performance Ledger Seal"),
	}


def draft() -> str:
	order = world.order(scratch.crew()["anna"], submit=False)
	frappe.db.commit()
	return order.name


def submit(order: str) -> str:
	doc = frappe.get_doc("Sales Order", order)
	doc.flags.ignore_permissions = True
	doc.submit()
	frappe.db.commit()
	return order


def submit_without_queue(order: str) -> str:
	"""As a request does while nothing answers where the queue should be."""
	frappe.flags.in_test = False
	frappe.local.conf.redis_queue = "redis://127.0.0.1:1"
	return submit(order)


def halt(halted: Path) -> None:
	halted.write_text(str(frappe.db.sql("select connection_id()")[0][0]))
	time.sleep(120)


def submit_and_halt(order: str, halted: Path) -> None:
	"""Submit an order, and stop after the facts were written, before the messages are."""
	from perf_flow.flow import store

	insert = store.insert

	def halting(doctype: str, rows: Any, **more: Any) -> int:
		written = insert(doctype, rows, **more)
		if doctype == store.ENTRY:
			halt(halted)
		return written

	store.insert = halting
	submit(order)


def drain_and_halt(order: str, halted: Path) -> None:
	"""Drain the outbox, and stop when the first message about the order was delivered and is not committed."""
	from perf_flow.flow import delivery, outbox

	notify = delivery.notify

	def halting(user: str, line: str, *more: Any, **how: Any) -> None:
		notify(user, line, *more, **how)
		if order in line:
			halt(halted)

	delivery.notify = halting
	outbox.drain()


def seal_and_halt(order: str, halted: Path) -> None:
	"""Seal, and stop when seals were written and are not committed."""
	from perf_flow.flow import sealer, store

	insert = store.insert

	def halting(doctype: str, rows: Any, **more: Any) -> int:
		written = insert(doctype, rows, **more)
		if doctype == "Performance Ledger Seal":
			halt(halted)
		return written

	store.insert = halting
	sealer.seal()
