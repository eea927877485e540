"""What the behaviour snapshot of one person costs, against opening the Frappe lists of the same documents.

	python3 -m benchmarks.snapshot SITE [--events 100000] [--documents 50000] [--rounds 15]

SITE must have the app and may be thrown away afterwards: it is filled as for ``benchmarks.desk`` (100,000 events with
their steps), and with tasks, to-dos, issues with messages, comments, timesheets, inspections and quality documents of
half a year, the same ones each time. A site that is filled already is measured as it is.

Both are asked as the person's line manager, in one process that forgets what it remembers before each request, as a
new one would: the page's one request, and for each kind of document the request of its list with the desk's first
20 rows and the request that counts them. They are asked in turn, so that whatever else the machine does falls on all.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

SEED = 20260202
DAYS = 180
BATCH = 5000
PERSON, LOGIN = "BM-0-0-00", "worker@benchmark.example"
OTHERS = 60
"""So many other logins share the documents with the person."""
ROLES = ("Projects User", "Support Team", "Quality Manager", "HR User", "Knowledge Base Contributor")
LISTS = (
	"Business Event Action",
	"Task",
	"ToDo",
	"Issue",
	"Timesheet",
	"Quality Inspection",
	"Quality Review",
	"Help Article",
	"Employee Performance Feedback",
)


# --- in the bench's Python ------------------------------------------------------------------------------


def inside(site: str, events: int, documents: int, rounds: int) -> None:
	import frappe

	from benchmarks import desk

	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	if not frappe.db.exists("User", desk.HR):
		desk.fill(events)
	if not frappe.db.exists("User", LOGIN):
		fill(documents)
	measure(desk.MANAGER, rounds)
	frappe.db.rollback()
	frappe.destroy()


def fill(documents: int) -> None:
	"""The person's login and half a year of documents, by bulk inserts; the same for the same number."""
	import frappe

	from benchmarks import desk

	user = {"doctype": "User", "email": LOGIN, "first_name": "Worker", "send_welcome_email": 0}
	frappe.get_doc({**user, "roles": [{"role": role} for role in ("Employee", *ROLES)]}).insert()
	frappe.get_doc("User", desk.MANAGER).add_roles(*ROLES)
	frappe.db.set_value("Employee", PERSON, "user_id", LOGIN)
	frappe.db.sql(
		"update `tabBusiness Event Action` set done_by = %s where employee = %s and kind = 'Evidence' and state = 'Done'",
		(LOGIN, PERSON),
	)
	dice = random.Random(SEED)
	now = frappe.utils.now_datetime().replace(microsecond=0)
	people = [LOGIN, *(f"other{number}@benchmark.example" for number in range(OTHERS))]
	tables: dict[str, list[dict[str, Any]]] = {}
	for number in range(documents):
		for doctype, row in _documents(number, now, dice, people):
			tables.setdefault(doctype, []).append(row)
		if number % BATCH == BATCH - 1 or number == documents - 1:
			for doctype, rows in tables.items():
				columns = list(rows[0])
				if rows:
					frappe.db.bulk_insert(doctype, columns, [[row[name] for name in columns] for row in rows])
				rows.clear()
			frappe.db.commit()
			print(f"{number + 1} of each kind", file=sys.stderr, flush=True)
	for doctype in tables:
		frappe.db.sql_ddl(f"analyze table `tab{doctype}`")
	frappe.clear_cache()


def _documents(
	number: int, now: datetime, dice: random.Random, people: list[str]
) -> list[tuple[str, dict[str, Any]]]:
	"""One task, to-do and comment; for some numbers also an issue with its messages, hours, quality documents."""
	who = dice.choice(people)
	moment = now - timedelta(seconds=int(dice.uniform(60, DAYS * 86400)))
	due = moment + timedelta(days=dice.randint(-4, 6))
	common = {"creation": moment, "modified": moment, "owner": who, "modified_by": who, "docstatus": 0}
	key = f"{number:07d}"
	made: list[tuple[str, dict[str, Any]]] = [
		(
			"Task",
			{
				"name": f"BT-{key}",
				**common,
				"subject": f"Task {number}",
				"status": "Completed" if number % 5 else "Open",
				"completed_by": who,
				"completed_on": moment.date(),
				"exp_end_date": due.date(),
				"lft": 2 * number + 1,
				"rgt": 2 * number + 2,
			},
		),
		(
			"ToDo",
			{
				"name": f"bd{key}",
				**common,
				"description": f"To do {number}",
				"status": "Closed" if number % 3 else "Open",
				"allocated_to": who,
				"assigned_by": "Administrator",
				"date": due.date(),
				"reference_type": "Issue" if number % 4 == 0 else None,
				"reference_name": f"BI-{key}" if number % 4 == 0 else None,
			},
		),
		(
			"Comment",
			{
				"name": f"bc{key}",
				**common,
				"comment_type": "Comment",
				"comment_email": who,
				"reference_doctype": dice.choice(("Task", "Issue")),
				"reference_name": f"BT-{key}",
				"content": f"Comment {number}",
			},
		),
	]
	if number % 4 == 0:
		made.append(
			(
				"Issue",
				{
					"name": f"BI-{key}",
					**common,
					"subject": f"Issue {number}",
					"status": "Closed",
					"opening_date": moment.date(),
					"first_responded_on": moment + timedelta(hours=dice.randint(1, 20)),
					"response_by": moment + timedelta(hours=8),
					"sla_resolution_date": moment + timedelta(hours=30),
					"sla_resolution_by": moment + timedelta(hours=36),
				},
			)
		)
		for answer in range(2):
			made.append(
				(
					"Communication",
					{
						"name": f"bm{key}{answer}",
						**common,
						"communication_type": "Communication",
						"communication_medium": "Email",
						"sent_or_received": "Sent",
						"subject": f"About issue {number}",
						"sender": who,
						"reference_doctype": "Issue",
						"reference_name": f"BI-{key}",
						"communication_date": moment + timedelta(hours=1 + answer),
					},
				)
			)
	if number % 5 == 0:
		employee = PERSON if who == LOGIN else f"BM-1-1-{number % 12:02d}"
		made.append(("Timesheet", {"name": f"BS-{key}", **common, "docstatus": 1, "employee": employee}))
		for part in range(3):
			made.append(
				(
					"Timesheet Detail",
					{
						"name": f"bs{key}{part}",
						**common,
						"docstatus": 1,
						"parent": f"BS-{key}",
						"parenttype": "Timesheet",
						"parentfield": "time_logs",
						"idx": part + 1,
						"activity_type": dice.choice(("Planning", "Execution", "Research")),
						"from_time": moment + timedelta(hours=2 * part),
						"hours": 2,
					},
				)
			)
	if number % 10 == 0:
		made += [
			(
				"Quality Inspection",
				{
					"name": f"BQ-{key}",
					**common,
					"docstatus": 1,
					"inspected_by": who,
					"report_date": moment.date(),
					"item_code": f"Item {number}",
					"inspection_type": "Incoming",
					"status": "Accepted",
				},
			),
			("Quality Review", {"name": f"BR-{key}", **common, "date": moment.date(), "status": "Passed"}),
			(
				"Non Conformance",
				{"name": f"BN-{key}", **common, "subject": f"Wrong {number}", "status": "Open"},
			),
		]
	if number % 50 == 0:
		made.append(("Help Article", {"name": f"ba{key}", **common, "title": f"How to {number}"}))
	return made


def _anew() -> None:
	"""Forget what this process remembers, as a new request would."""
	import frappe

	frappe.local.cache = {}
	frappe.db.value_cache.clear()
	frappe.local.role_permissions = {}
	frappe.local.valid_columns = {}
	frappe.local.message_log = []
	frappe.local.response = frappe._dict({"docs": []})
	if hasattr(frappe.local, "request_cache"):
		frappe.local.request_cache.clear()


def _timed(run: Callable[[], Any]) -> tuple[float, int]:
	"""Milliseconds and statements of one request."""
	import frappe

	_anew()
	with frappe.db._conn.cursor() as cursor:
		before = _questions(cursor)
		begun = time.perf_counter()
		run()
		took = 1000 * (time.perf_counter() - begun)
		return took, _questions(cursor) - before - 1


def _questions(cursor: Any) -> int:
	cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
	return int(cursor.fetchone()[1])


def _list(doctype: str) -> None:
	"""The two requests of a list that is opened: its first rows, and how many there are."""
	import frappe
	from frappe.desk import reportview

	meta = frappe.get_meta(doctype)
	shown = [df.fieldname for df in meta.fields if df.in_list_view and df.fieldtype not in ("Table", "HTML")]
	names = list(dict.fromkeys(("name", "owner", "creation", "modified", "docstatus", *shown)))
	asked = {"doctype": doctype, "filters": "[]", "order_by": f"`tab{doctype}`.`modified` desc"}
	fields = json.dumps([f"`tab{doctype}`.`{name}`" for name in names])
	frappe.local.form_dict = frappe._dict(asked, fields=fields, start=0, page_length=20, view="List")
	reportview.get()
	frappe.local.form_dict = frappe._dict(asked, fields="[]", distinct="false", limit=1001)
	reportview.get_count()


def measure(user: str, rounds: int) -> None:
	"""Time the page and the lists in turn, and print the table."""
	import frappe

	from perf_flow.api import snapshot

	frappe.set_user(user)
	found = snapshot.page(PERSON)
	lines = sum(kind["count"] for kind in found["kinds"])
	settings: dict[str, Callable[[], Any]] = {
		"snapshot": lambda: snapshot.page(PERSON),
		**{doctype: (lambda doctype=doctype: _list(doctype)) for doctype in LISTS},
	}
	times: dict[str, list[float]] = {name: [] for name in settings}
	statements: dict[str, int] = {}
	for number in range(-1, rounds):  # the first only warms up
		turn = number % len(settings)
		for name in [*settings][turn:] + [*settings][:turn]:
			took, asked = _timed(settings[name])
			if number >= 0:
				times[name].append(took)
				statements[name] = asked
	middle = {name: statistics.median(values) for name, values in times.items()}
	together = sum(middle[name] for name in LISTS)
	events = frappe.db.count("Business Event")
	tasks = frappe.db.count("Task")
	print(f"{events} events, {tasks} tasks, {lines} lines of one person, medians of {rounds}\n")
	print("| request | statements | ms | snapshot is so many times |")
	print("|---|---|---|---|")
	print(f"| behaviour snapshot, 90 days | {statements['snapshot']} | {middle['snapshot']:.0f} | |")
	for name in LISTS:
		ratio = middle["snapshot"] / middle[name]
		print(f"| list of {name} | {statements[name]} | {middle[name]:.0f} | {ratio:.2f} |")
	asked = sum(statements[name] for name in LISTS)
	print(
		f"| these lists together | {asked} | {together:.0f} | {middle['snapshot'] / together:.2f} |",
		flush=True,
	)


# --- outside --------------------------------------------------------------------------------------------


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("site")
	parser.add_argument(
		"--events", type=int, default=100_000, help="how many events a new site is filled with"
	)
	parser.add_argument(
		"--documents", type=int, default=50_000, help="how many tasks, and others in proportion"
	)
	parser.add_argument("--rounds", type=int, default=15, help="how often each request is made")
	told = parser.parse_args()
	from benchmarks.submit import machine
	from scripts.bench import needed_bench
	from scripts.machine import REPO, Failure

	try:
		bench = needed_bench()
		print(f"{date.today()}, {machine()}", flush=True)
		numbers = [str(number) for number in (told.events, told.documents, told.rounds)]
		argv = [bench.python, str(REPO / "benchmarks" / "snapshot.py"), "--inside", told.site, *numbers]
		return bench.run(argv, check=False, env={"PYTHONPATH": str(REPO)}).returncode
	except Failure as problem:
		print(problem)
		return 1


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		sys.path[0] = str(Path(__file__).resolve().parent.parent)
		inside(sys.argv[2], *(int(number) for number in sys.argv[3:6]))
	else:
		sys.exit(main())
