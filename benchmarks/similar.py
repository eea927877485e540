"""How long it takes to find similar past cases, against searching for them in Frappe's own lists.

	python3 -m benchmarks.similar SITE [--cases 100000] [--rounds 40]

SITE must have the app and may be thrown away afterwards: it is filled with people, event types and a year of events
(``benchmarks.desk``), and for each closed one with a Sales Order, a root cause and a case, the same ones each time. A
site that is filled already is measured as it is.

Each round takes an event of another type, customer and cause, and looks for cases like it as somebody from HR, who reads
the whole company, as a manager, who reads a tree, and as an employee, who reads their own. “Search” is what they would
do otherwise: the root causes of this type with the words of the cause, and the closed events of this type on the
customer's orders, both by ``frappe.get_list`` with the reader's permissions. In turn, so that whatever else the machine
does falls on all of them; the process forgets before each what it remembers, as a new request would.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

SEED = 20260301
OTHERS = 1.14
"""So many events are made for each closed one that is wanted."""
CUSTOMERS, GROUPS, PROJECTS, CAUSES = 400, 30, 60, 12
EMPLOYEE = "worker@benchmark.example"
WORKER = "BM-0-0-00"
SUBJECTS = (
	"hydraulic oil leaks from press",
	"invoice does not match the order",
	"drawing released after the promised date",
	"delivery incomplete, parts missing",
	"surface scratched at the left side",
	"图纸发放晚于约定日期",
	"交货数量与订单不符",
	"表面左侧有划痕",
)
BATCH = 5000


# --- in the bench's Python ------------------------------------------------------------------------------


def inside(site: str, cases: int, rounds: int) -> None:
	"""Fill the site, unless it is filled, measure, and print what was found as JSON."""
	import frappe

	from benchmarks import desk

	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	if not frappe.db.exists("User", desk.HR):
		desk.fill(int(cases * OTHERS))
	if not frappe.db.count("Past Case"):
		fill()
	print(json.dumps({"cases": frappe.db.count("Past Case"), "rows": measure(rounds)}))


def fill() -> None:
	"""A Sales Order, a root cause and a case for each closed event; a login for a worker."""
	import frappe

	from benchmarks import desk

	dice = random.Random(SEED)
	user = {"doctype": "User", "email": EMPLOYEE, "first_name": "Worker", "send_welcome_email": 0}
	frappe.get_doc({**user, "roles": [{"role": "Employee"}]}).insert()
	frappe.db.set_value("Employee", WORKER, "user_id", EMPLOYEE)
	frappe.db.bulk_insert(
		"Root Cause",
		["name", "title", "state"],
		[[c, _cause_title(n), "Approved"] for n, c in enumerate(_causes())],
	)
	closed = frappe.get_all(
		"Business Event",
		filters={"state": "Closed"},
		fields=["name", "event_type", "company", "employee", "closed_at", "reference_name", "recorded_at"],
		order_by="name",
		limit=0,
	)
	for start in range(0, len(closed), BATCH):
		tables: dict[str, list[dict[str, Any]]] = {}
		for event in closed[start : start + BATCH]:
			for doctype, row in _rows(event, dice):
				tables.setdefault(doctype, []).append(row)
		for doctype, rows in tables.items():
			columns = list(rows[0])
			frappe.db.bulk_insert(doctype, columns, [[row[name] for name in columns] for row in rows])
		frappe.db.commit()
		print(f"{start + BATCH} cases", file=sys.stderr, flush=True)
	for doctype in ("Past Case", "Performance Evidence", "Sales Order", "Business Event"):
		frappe.db.sql_ddl(f"analyze table `tab{doctype}`")
	frappe.clear_cache()
	assert desk.COMPANY


def _causes() -> list[str]:
	return [f"cause-{number:02d}" for number in range(CAUSES)]


def _cause_title(number: int) -> str:
	return f"{SUBJECTS[number % len(SUBJECTS)]} ({number})"


def _few(dice: random.Random, most: int) -> int:
	"""One of ``most``, the first ones far more often, as customers and causes are."""
	return min(int(dice.expovariate(5 / most)), most - 1)


def _rows(event: Any, dice: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
	from perf_flow.flow.past_cases import _words

	customer, cause = f"Customer {_few(dice, CUSTOMERS):03d}", _few(dice, CAUSES)
	project = f"Project {dice.randrange(PROJECTS):02d}" if dice.random() < 0.3 else None
	subject = f"{dice.choice(SUBJECTS)} {dice.randrange(500)}"
	common = {"creation": event.recorded_at, "modified": event.closed_at, "owner": "Administrator"}
	order = {
		"name": event.reference_name,
		**common,
		"customer": customer,
		"docstatus": 1,
		"company": event.company,
	}
	yield "Sales Order", {**order, "project": project, "title": subject, "customer_name": subject}
	owned = {
		"event": event.name,
		"event_type": event.event_type,
		"company": event.company,
		"employee": event.employee,
	}
	yield (
		"Performance Evidence",
		{
			"name": f"{event.name}-C",
			**common,
			**owned,
			"kind": "Root Cause",
			"round": 1,
			"practice": 0,
			"piece": "002",
			"title": _cause_title(cause),
			"value": _causes()[cause],
			"given_at": event.closed_at,
			"requirement": "cause",
			"reference_doctype": "Sales Order",
			"reference_name": event.reference_name,
		},
	)
	yield (
		"Past Case",
		{
			"name": f"{event.name}-1",
			**common,
			**owned,
			"closed_at": event.closed_at,
			"root_cause": _causes()[cause],
			"customer": customer,
			"supplier": None,
			"item_group": f"Group {dice.randrange(GROUPS):02d}",
			"project": project,
			"words": _words(
				[subject, _cause_title(cause), "what was done: the part was replaced and checked"]
			),
		},
	)


def write_facts(event: str, cause: str) -> None:
	"""The facts of a filled event, as its steps would have left them, so that it can be shown."""
	import frappe

	from perf_flow.engine import chain as engine
	from perf_flow.engine.model import Mark, Person, Requirement, RequirementKind, Source
	from perf_flow.flow import store, times

	class Clock(engine.Deadlines):
		def shift(self, start: datetime, hours: float, person: Any) -> datetime:
			return start + timedelta(hours=hours)

	if frappe.db.exists(store.ENTRY, {"event": event}):
		return
	row = frappe.get_doc("Business Event", event)
	now = times.to_utc(row.recorded_at)
	owner, boss = (
		Person(row.employee, "owner", row.employee_name),
		Person(row.manager, "boss", row.manager_name),
	)
	new = engine.NewEvent(
		event=event,
		event_type=row.event_type,
		doctype=row.reference_doctype,
		docname=row.reference_name,
		occurrence="1",
		source=Source.HOOK,
		owner=engine.Ask("", owner),
		manager=engine.Ask("", boss),
		company=row.company,
		requirements=(
			Requirement("cause", "Cause", RequirementKind.ROOT_CAUSE),
			Requirement("note", "What was done", RequirementKind.TEXT),
		),
	)
	facts = list(engine.record(new, now, "Administrator", Clock()))
	for command in (
		engine.GiveEvidence(actor="owner", requirement="cause", value=cause, title=cause),
		engine.GiveEvidence(actor="owner", requirement="note", value="Replaced the seal on 12 November."),
		engine.GiveMark(actor="boss", mark=Mark.MEETS, reason="The seal of press 4 holds since 12 November."),
	):
		now += timedelta(hours=1)
		facts += engine.decide(engine.fold(facts), command, now, Clock())
	store.insert(store.ENTRY, store.entry_rows(event, 1, facts))


def measure(rounds: int) -> list[dict[str, Any]]:
	"""For each reader: milliseconds of finding, of the whole answer, and of the search, with statements."""
	import frappe

	from benchmarks import desk
	from benchmarks.submit import questions
	from perf_flow.api import guidance
	from perf_flow.flow import past_cases, store

	dice = random.Random(SEED + 1)
	readers = {
		"HR, whole company": desk.HR,
		"manager, a tree of 65": desk.MANAGER,
		"employee, own events": EMPLOYEE,
	}
	found: dict[tuple[str, str], list[float]] = {}
	statements: dict[tuple[str, str], list[int]] = {}
	own = frappe.get_all(
		"Past Case", filters={"employee": WORKER}, fields=["event", "root_cause"], order_by="name"
	)

	def timed(key: tuple[str, str], user: str, run: Callable[[], Any], note: bool) -> Any:
		frappe.set_user(user)
		frappe.local.cache = {}
		frappe.db.value_cache.clear()
		frappe.local.role_permissions = {}
		with frappe.db._conn.cursor() as cursor:
			before = questions(cursor)
			begun = time.perf_counter()
			answer = run()
			took = (time.perf_counter() - begun) * 1000
			if note:
				found.setdefault(key, []).append(took)
				statements.setdefault(key, []).append(questions(cursor) - before - 1)
		frappe.set_user("Administrator")
		return answer

	for number in range(-3, rounds):  # the first only warm up
		one = dice.choice(own)
		write_facts(one.event, one.root_cause)
		chain = store.load(one.event)
		customer = frappe.db.get_value("Sales Order", chain.docname, "customer")
		title = frappe.db.get_value("Root Cause", one.root_cause, "title")
		for who, user in readers.items():
			note = number >= 0
			cases = timed((who, "found"), user, lambda u=user, c=chain: past_cases.find(c, u), note)
			for case in cases:
				write_facts(case.event, one.root_cause)
			frappe.db.commit()
			answer = timed((who, "answer"), user, lambda e=one.event: guidance.similar(e), note)
			assert len(answer) == len(cases)
			timed((who, "search"), user, lambda c=chain, k=customer, t=title: _search(c, k, t), note)
	return [
		{
			"who": who,
			"what": what,
			"quartile": sorted(times)[len(times) // 4],
			"median": statistics.median(times),
			"p95": sorted(times)[int(len(times) * 0.95)],
			"statements": statistics.median(statements[(who, what)]),
		}
		for (who, what), times in found.items()
	]


def _search(chain: Any, customer: str, cause: str) -> None:
	"""What somebody would look through otherwise."""
	import frappe

	words = " ".join(cause.split()[:3])
	frappe.get_list(
		"Performance Evidence",
		filters={"event_type": chain.event_type, "kind": "Root Cause", "title": ["like", f"%{words}%"]},
		fields=["event", "title", "given_at"],
		order_by="given_at desc",
		limit=20,
	)
	orders = frappe.get_all(
		"Sales Order", filters={"customer": ["like", f"%{customer}%"]}, pluck="name", limit=500
	)
	frappe.get_list(
		"Business Event",
		filters={"event_type": chain.event_type, "state": "Closed", "reference_name": ["in", orders]},
		fields=["name", "reference_name", "closed_at"],
		order_by="closed_at desc",
		limit=20,
	)


# --- outside --------------------------------------------------------------------------------------------

WORDS = {"found": "similar cases found", "answer": "the whole answer", "search": "search in two lists"}


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("site")
	parser.add_argument(
		"--cases", type=int, default=100_000, help="how many closed events a new site is filled with"
	)
	parser.add_argument("--rounds", type=int, default=40, help="how many events are looked at")
	told = parser.parse_args()
	from benchmarks.submit import machine
	from scripts.bench import needed_bench
	from scripts.machine import REPO, Failure

	try:
		bench = needed_bench()
		script = str(REPO / "benchmarks" / "similar.py")
		argv = [bench.python, script, "--inside", told.site, str(told.cases), str(told.rounds)]
		done = bench.run(argv, quiet=True, env={"PYTHONPATH": str(REPO)})
		answer = json.loads(done.stdout.strip().splitlines()[-1])
		print(f"{date.today()}, {machine()}, {answer['cases']} cases, {told.rounds} rounds\n", flush=True)
		print(
			"| reader | what | statements | ms, lower quartile | ms, median | ms, 95 % | times the search |"
		)
		print("|---|---|---|---|---|---|---|")
		base = {row["who"]: row["median"] for row in answer["rows"] if row["what"] == "search"}
		for row in answer["rows"]:
			ratio = row["median"] / base[row["who"]]
			print(
				f"| {row['who']} | {WORDS[row['what']]} | {row['statements']:.0f} | {row['quartile']:.1f} "
				f"| {row['median']:.1f} | {row['p95']:.1f} | {ratio:.2f} |"
			)
		return 0
	except Failure as problem:
		print(problem)
		return 1


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		sys.path[0] = str(Path(__file__).resolve().parent.parent)
		inside(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
	else:
		sys.exit(main())
