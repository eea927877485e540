"""What submitting a Sales Order costs, in SQL statements and milliseconds; and the panel, sealing and `verify`.

	python3 -m benchmarks.submit SITE [--rounds 30] [--facts 10000]

SITE must have the app and may be thrown away afterwards: orders, people and event types are made and committed.
Each round submits one order in each of the settings below, one after the other, so that whatever else the
machine does falls on all of them. A submit is timed with its commit, as a request would do it: the caches of the
process are emptied before, those in Redis are warm, no worker runs. Statements are counted by the database.

The same outcome by Frappe's own means is one Notification an event type, which tells somebody on the desk, and a
Server Script that adds a ToDo; a business event type tells the person concerned, keeps who has to do what by
when, and writes the facts into the ledger.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

MANY = 12
FIRST = "without the app"


# --- in the bench's Python ------------------------------------------------------------------------------


class Cost:
	"""Statements and milliseconds of what was measured."""

	def __init__(self) -> None:
		self.statements: list[int] = []
		self.milliseconds: list[float] = []

	@contextmanager
	def measure(self) -> Iterator[None]:
		import frappe

		with frappe.db._conn.cursor() as own:
			before = questions(own)
			begun = time.perf_counter()
			yield
			took = time.perf_counter() - begun
			# the second SHOW counts itself
			self.statements.append(questions(own) - before - 1)
		self.milliseconds.append(took * 1000)

	@property
	def middle(self) -> tuple[float, float]:
		"""The medians."""
		return statistics.median(self.statements), statistics.median(self.milliseconds)

	@property
	def undisturbed(self) -> float:
		"""The lower quartile of the milliseconds: what else the machine does hardly touches it."""
		return statistics.quantiles(self.milliseconds, n=4)[0]


def questions(cursor: Any) -> int:
	cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
	return int(cursor.fetchone()[1])


def inside(site: str, rounds: int, facts: int) -> None:
	import frappe
	from frappe.utils import safe_exec

	frappe.init(site=site)
	frappe.connect()
	# the switch is one for the whole bench; here it concerns this process alone
	safe_exec.is_safe_exec_enabled = lambda: True
	bench = Benchmark()
	try:
		bench.prepare()
		bench.submits(rounds)
		bench.panel()
		bench.ledger(facts)
	finally:
		frappe.db.rollback()
		bench.clean_up()
		frappe.destroy()


class Benchmark:
	"""One site, its people, and the settings that are compared."""

	def prepare(self) -> None:
		"""People, types and notifications, all switched off."""
		import frappe

		from tests.site import world

		self.people = self.crew()
		settings = frappe.get_doc("Performance Flow Settings")
		# no quiet hours, whenever this runs
		quiet = {"quiet_from": "12:00:00", "quiet_to": "12:00:00", "quiet_on_holidays": 0}
		settings.update({"email_immediate": 0, **quiet})
		settings.save()
		for name in frappe.get_all("Business Event Type", filters={"enabled": 1}, pluck="name"):
			kind = frappe.get_doc("Business Event Type", name)
			kind.enabled = 0
			kind.save()
		never = '[["Sales Order","grand_total",">",100000000]]'
		for n in range(MANY):
			for title, more in ((self.matching(n), {}), (self.other(n), {"filters": never})):
				if not frappe.db.exists("Business Event Type", title):
					world.event_type(
						title, requirements=[{"label": "Story", "kind": "Text"}], enabled=0, **more
					)
			if not frappe.db.exists("Notification", self.notification(n)):
				frappe.get_doc(
					{
						"doctype": "Notification",
						"name": self.notification(n),
						"subject": "{{ doc.name }}: please add the evidence",
						"message": "Please add the evidence for {{ doc.name }}.",
						"document_type": "Sales Order",
						"event": "Submit",
						"channel": "System Notification",
						"recipients": [{"receiver_by_document_field": "owner"}],
						"enabled": 0,
					}
				).insert()
		if not frappe.db.exists("Server Script", "Benchmark"):
			frappe.get_doc(
				{
					"doctype": "Server Script",
					"name": "Benchmark",
					"script_type": "DocType Event",
					"reference_doctype": "Sales Order",
					"doctype_event": "After Submit",
					"disabled": 1,
					"script": "frappe.get_doc({'doctype': 'ToDo', 'description': 'Add the evidence for ' + doc.name,"
					" 'reference_type': doc.doctype, 'reference_name': doc.name,"
					" 'allocated_to': doc.owner}).insert(ignore_permissions=True)",
				}
			).insert()
		world.order(self.people["anna"])
		frappe.db.commit()
		self.maps = {
			"nothing": self.compiled([]),
			"1 other": self.compiled([self.other(0)]),
			"many other": self.compiled([self.other(n) for n in range(MANY)]),
			"1 of many": self.compiled([self.matching(0), *(self.other(n) for n in range(1, MANY))]),
			"1 matching": self.compiled([self.matching(0)]),
			"3 matching": self.compiled([self.matching(n) for n in range(3)]),
			"many matching": self.compiled([self.matching(n) for n in range(MANY)]),
		}
		full = frappe.get_doc_hooks()
		self.hooks = full
		self.no_hooks = {
			doctype: {
				event: [h for h in handlers if not h.startswith("perf_flow.")]
				for event, handlers in events.items()
			}
			for doctype, events in full.items()
		}

	@staticmethod
	def matching(n: int) -> str:
		return f"Benchmark match {n}"

	@staticmethod
	def other(n: int) -> str:
		return f"Benchmark other {n}"

	@staticmethod
	def notification(n: int) -> str:
		return f"Benchmark {n}"

	def crew(self) -> dict[str, Any]:
		import frappe

		from tests.site import world

		login = world.EMAIL.format("anna")
		if frappe.db.exists("Employee", {"user_id": login}):
			return {
				n: frappe.get_doc("Employee", {"user_id": world.EMAIL.format(n)})
				for n in ("anna", "max", "quentin")
			}
		return world.people()

	def compiled(self, names: list[str]) -> Any:
		"""The watch map as it is when these types are on."""
		import frappe

		from perf_flow.flow import watch

		types = tuple(watch.compile_type(frappe.get_doc("Business Event Type", n)) for n in names)
		return watch.WatchMap({"Sales Order": types} if types else {}, {}, frozenset({"Sales Order"}))

	def switch(self, watch_map: str, notifications: int = 0, script: bool = False) -> None:
		"""Bring the site into one of the settings, outside the measured time."""
		import frappe

		from perf_flow.flow import watch

		frappe.cache.set_value(watch._KEY, self.maps[watch_map])
		frappe.db.sql("update tabNotification set enabled = 0 where name like 'Benchmark %%'")
		for n in range(notifications):
			frappe.db.set_value("Notification", self.notification(n), "enabled", 1)
		frappe.db.set_value("Server Script", "Benchmark", "disabled", int(not script))
		frappe.db.commit()
		frappe.cache.hdel("notifications", "Sales Order")
		frappe.cache.delete_value("server_script_map")

	def settings(self) -> dict[str, Callable[[], None]]:
		"""What is compared, by the name in the table."""
		return {
			FIRST: lambda: self.switch("nothing"),
			"nothing watches it": lambda: self.switch("nothing"),
			"1 event type, not matching": lambda: self.switch("1 other"),
			f"{MANY} event types, none matching": lambda: self.switch("many other"),
			f"{MANY} event types, 1 matching": lambda: self.switch("1 of many"),
			"1 event type, matching": lambda: self.switch("1 matching"),
			f"{MANY} event types, all matching": lambda: self.switch("many matching"),
			"1 Notification and a Server Script": lambda: self.switch("nothing", 1, True),
			f"{MANY} Notifications and a Server Script": lambda: self.switch("nothing", MANY, True),
		}

	def submits(self, rounds: int) -> None:
		"""Submit an order in each setting, again and again; print the table."""
		costs = {name: Cost() for name in self.settings()}
		names = list(costs)
		for number in range(-2, rounds):  # the first two only warm up
			turn = number % len(names)
			for name in names[turn:] + names[:turn]:
				self.settings()[name]()
				self.submit(Cost() if number < 0 else costs[name], with_app=name != FIRST)
		base = costs[FIRST]
		print(
			"| submit of a Sales Order | statements | more | ms, median | times | ms, lower quartile | times |"
		)
		print("|---|---|---|---|---|---|---|")
		for name, cost in costs.items():
			statements, took = cost.middle
			print(
				f"| {name} | {statements:.0f} | {statements - base.middle[0]:+.0f} "
				f"| {took:.1f} | {took / base.middle[1]:.2f} "
				f"| {cost.undisturbed:.1f} | {cost.undisturbed / base.undisturbed:.2f} |"
			)
		print(flush=True)

	def submit(self, cost: Cost, with_app: bool = True) -> str:
		"""Submit a new order; only the submit itself and its commit are measured."""
		import frappe

		from tests.site import world

		# warms what the setting changed, and makes the draft
		self.fresh_request(with_app)
		order = world.order(self.people["anna"], submit=False)
		frappe.get_hooks("doc_events")
		frappe.cache.hget("notifications", "Sales Order", lambda: self.enabled_notifications())
		from frappe.core.doctype.server_script.server_script_utils import get_server_script_map

		get_server_script_map()
		frappe.db.commit()
		self.fresh_request(with_app)
		doc = frappe.get_doc("Sales Order", order.name)
		doc.flags.ignore_permissions = True
		with cost.measure():
			doc.submit()
			frappe.db.commit()
		return order.name

	@staticmethod
	def enabled_notifications() -> list[Any]:
		import frappe

		return frappe.get_all(
			"Notification",
			fields=["name", "event", "method"],
			filters={"enabled": 1, "document_type": "Sales Order"},
		)

	def fresh_request(self, with_app: bool = True) -> None:
		"""Forget what this process remembers, as between two requests."""
		import frappe

		frappe.local.cache = {}
		frappe.db.value_cache.clear()
		frappe.local.role_permissions = {}
		frappe.local.perf_flow_watch = None
		frappe.local.perf_flow_woken = False
		frappe.local.message_log = []
		frappe.local.doc_events_hooks = self.hooks if with_app else self.no_hooks
		frappe.set_user("Administrator")

	def panel(self) -> None:
		"""The call behind the sidebar, for a document with three events, and for one without."""
		import frappe

		from perf_flow.api.panel import for_document

		self.switch("3 matching")
		watched = self.submit(Cost())
		self.switch("nothing")
		plain = self.submit(Cost())
		print("| panel of a Sales Order | viewer | statements | ms, median |")
		print("|---|---|---|---|")
		for what, order in (("with 3 events", watched), ("without events", plain)):
			for viewer in ("Administrator", self.people["anna"].user_id, self.people["max"].user_id):
				cost = Cost()
				for _ in range(30):
					self.fresh_request()
					frappe.set_user(viewer)
					with cost.measure():
						try:
							found = for_document("Sales Order", order)["events"]
						except frappe.PermissionError:
							found = None
				statements, took = cost.middle
				said = "no access" if found is None else f"{len(found)} events"
				who = viewer.split("@")[0]
				print(f"| {what} | {who}: {said} | {statements:.0f} | {took:.1f} |")
		print(flush=True)

	def ledger(self, facts: int) -> None:
		"""Sealing and verifying so many facts; more orders are submitted until there are enough."""
		import frappe

		from perf_flow.flow import outbox, sealer, store, verify

		self.switch("many matching")
		while frappe.db.count(store.ENTRY) < facts:
			self.submit(Cost())
		frappe.db.sql("delete from `tabPerformance Ledger Anchor`")
		frappe.db.sql("delete from `tabPerformance Ledger Seal`")
		frappe.db.commit()
		count = frappe.db.count(store.ENTRY)
		begun = time.perf_counter()
		sealed = sealer.seal()
		sealing = time.perf_counter() - begun
		begun = time.perf_counter()
		found = verify.verify()
		verifying = time.perf_counter() - begun
		begun = time.perf_counter()
		drained = outbox.drain(limit=500)
		frappe.db.commit()
		draining = time.perf_counter() - begun
		print("| of the ledger and outbox | number | seconds | each 10,000 |")
		print("|---|---|---|---|")
		print(f"| seal facts | {sealed} | {sealing:.1f} | {sealing / sealed * 10_000:.1f} |")
		print(
			f"| verify facts and documents | {count} | {verifying:.1f} | {verifying / count * 10_000:.1f} |"
		)
		print(f"| deliver messages | {drained} | {draining:.1f} | {draining / drained * 10_000:.1f} |")
		print(f"\nverify found {len(found)} differences; {frappe.db.count(store.EVENT)} events.", flush=True)

	def clean_up(self) -> None:
		"""Switch everything off, and take back the jobs that nobody ran."""
		import frappe
		from frappe.utils.background_jobs import get_queues

		from perf_flow.flow import watch

		frappe.db.sql("update tabNotification set enabled = 0 where name like 'Benchmark %%'")
		frappe.db.sql("update `tabServer Script` set disabled = 1 where name = 'Benchmark'")
		frappe.db.commit()
		frappe.cache.hdel("notifications", "Sales Order")
		frappe.cache.delete_value("server_script_map")
		watch.forget()
		for queue in get_queues():
			for job in queue.jobs:
				if job.kwargs.get("site") == frappe.local.site:
					job.delete()


# --- outside --------------------------------------------------------------------------------------------


def machine() -> str:
	"""The machine as far as it matters to the figures."""
	import os

	model = next(
		(
			line.split(":")[1].strip()
			for line in Path("/proc/cpuinfo").read_text().splitlines()
			if line.startswith("model name")
		),
		platform.machine(),
	)
	return f"{os.cpu_count()} cores ({model}), load {os.getloadavg()[0]:.1f}"


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("site")
	parser.add_argument("--rounds", type=int, default=30, help="how many submits of each kind are timed")
	parser.add_argument("--facts", type=int, default=10_000, help="how many facts are sealed and verified")
	told = parser.parse_args()
	from scripts.bench import needed_bench
	from scripts.machine import REPO, Failure

	try:
		bench = needed_bench()
		print(f"{date.today()}, {machine()}\n", flush=True)
		argv = [bench.python, str(REPO / "benchmarks" / "submit.py"), "--inside", told.site]
		done = bench.run(
			[*argv, str(told.rounds), str(told.facts)], check=False, env={"PYTHONPATH": str(REPO)}
		)
		return done.returncode
	except Failure as problem:
		print(problem)
		return 1


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		sys.path[0] = str(Path(__file__).resolve().parent.parent)
		inside(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
	else:
		sys.exit(main())
