"""One link from an email, opened in several browsers at the same moment: it is used once. Committed, on the scratch site."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

import frappe

from perf_flow.api import confirmations
from perf_flow.flow import links, store, times
from tests.site import scratch, world

pytestmark = [pytest.mark.site, scratch.needed]

SESSIONS = 3
TYPE = "Race for a link"
STEP = "1-C1"


def test_one_of_many_that_use_a_link_at_once_wins() -> None:
	scratch.ensure_installed()
	event, user, token = scratch.call(prepare)
	start = time.time() + 12
	with ProcessPoolExecutor(SESSIONS, mp_context=get_context("spawn")) as pool:
		used = list(pool.map(use, [(token, user, start)] * SESSIONS))
	assert sorted(used) == [False] * (SESSIONS - 1) + [True]
	# and nobody confirms by it afterwards
	assert "already used" in scratch.call(confirm, event, user, token)
	with scratch.eye() as connection:
		found = scratch.rows(
			connection,
			"select state from `tabBusiness Event Action` where event = %s and step = %s",
			(event, STEP),
		)
	assert found == [("Open",)]


def prepare() -> tuple[str, str, str]:
	crew = scratch.crew()
	if not frappe.db.exists("Business Event Type", TYPE):
		world.todo_type(
			TYPE,
			filters=frappe.as_json([["ToDo", "description", "=", TYPE]]),
			collaborators=[
				{
					"label": "Quality",
					"source": "Named Employee",
					"employee": crew["quentin"].name,
					"required": 1,
				}
			],
		)
	frappe.set_user(crew["anna"].user_id)
	event = world.events(world.todo(TYPE), TYPE)[0].name
	frappe.db.commit()
	user = crew["quentin"].user_id
	return event, user, links.make(event, STEP, user, times.now_utc())


def use(what: tuple[str, str, float]) -> bool:
	"""One browser: the link is read while it is unused, and used at the common moment."""
	token, user, start = what
	scratch.connect()
	try:
		frappe.set_user(user)
		found = links.read(token, user, times.now_utc())
		frappe.db.commit()
		time.sleep(max(0.0, start - time.time()))
		try:
			links.use(found)
		except links.InvalidInput:
			return False
		time.sleep(0.3)  # the others are waiting by now
		frappe.db.commit()
		return True
	finally:
		frappe.destroy()


def confirm(event: str, user: str, token: str) -> str:
	frappe.set_user(user)
	assert frappe.db.get_value(store.ACTION, {"event": event, "step": STEP}, "assignee_user") == user
	try:
		confirmations.confirm([{"event": event, "step": STEP}], ["None"], link=token)
	except frappe.ValidationError as e:
		return str(e)
	return "confirmed"
