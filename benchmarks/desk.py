"""How long the desk needs until the app's workspaces show their first figures, against Frappe's own lists.

	python3 -m benchmarks.desk SITE [--events 100000] [--rounds 5]

SITE must have the app and may be thrown away afterwards: it is filled with people, event types, events, steps and
evidence of one year, the same ones each time. A site that is filled already is measured as it is.

Every page is opened in a headless Chromium by somebody from HR, who reads the events of the whole company, and by a
manager, who reads those of a tree: in turn, so that whatever else the machine does falls on all of them. Two ways
are timed: opening the address (the desk starts anew), and going there from another page of a desk that is open.
A list is there when it shows its first row; a workspace when a number card shows its number.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

PASSWORD = "benchmark-river-lantern"
HR, MANAGER = "hr@benchmark.example", "manager@benchmark.example"
COMPANY = "Benchmark Works"
SEED = 20260101
DAYS = 365
TYPES = 24
DEPARTMENTS = [f"Department {letter} - BW" for letter in "ABCDEFGHIJKL"]
BATCH = 5000

LISTS = {"list of Business Event": "business-event", "list of Business Event Action": "business-event-action"}
WORKSPACES = {"Flow Health": "flow-health", "Team Flow": "team-flow"}


# --- in the bench's Python ------------------------------------------------------------------------------


def inside(site: str, events: int) -> None:
	"""Fill the site, unless it is filled, and say which workspaces it has."""
	import frappe

	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	if not frappe.db.exists("User", HR):
		fill(events)
	found = frappe.db.count("Business Event")
	there = frappe.get_all("Workspace", filters={"name": ("in", list(WORKSPACES))}, pluck="name")
	print(json.dumps({"events": found, "workspaces": there}))


def fill(events: int) -> None:
	"""People, types and a year of events, by bulk inserts; the same for the same number."""
	import frappe

	dice = random.Random(SEED)
	people = _people()
	types = [f"Benchmark type {number:02d}" for number in range(TYPES)]
	frappe.db.bulk_insert(
		"Business Event Type", ["name", "title", "enabled"], [[name, name, 0] for name in types]
	)
	now = frappe.utils.now_datetime().replace(microsecond=0)
	tables: dict[str, list[dict[str, Any]]] = {}
	for number in range(events):
		for doctype, row in _event(number, now, dice, people, types):
			tables.setdefault(doctype, []).append(row)
		if number % BATCH == BATCH - 1 or number == events - 1:
			for doctype, rows in tables.items():
				columns = list(rows[0])
				frappe.db.bulk_insert(doctype, columns, [[row[name] for name in columns] for row in rows])
				rows.clear()
			frappe.db.commit()
			print(f"{number + 1} events", file=sys.stderr, flush=True)
	for doctype in tables:
		frappe.db.sql_ddl(f"analyze table `tab{doctype}`")
	frappe.clear_cache()


def _people() -> list[dict[str, Any]]:
	"""One head, 8 heads of branches, 40 line managers, 480 workers; the first branch is the manager's.

	Returns the workers, each with their line manager.
	"""
	import frappe

	base = frappe.db.sql("select ifnull(max(rgt), 0) from tabCompany")[0][0]
	frappe.db.bulk_insert(
		"Company",
		["name", "company_name", "abbr", "default_currency", "country", "lft", "rgt"],
		[[COMPANY, COMPANY, "BW", "EUR", "Germany", base + 1, base + 2]],
	)
	for user, role in ((HR, "HR Manager"), (MANAGER, "Employee")):
		frappe.get_doc(
			{
				"doctype": "User",
				"email": user,
				"first_name": user.split("@")[0].title(),
				"send_welcome_email": 0,
				"new_password": PASSWORD,
				"roles": [{"role": role}],
			}
		).insert()
	place = frappe.db.sql("select ifnull(max(rgt), 0) from tabEmployee")[0][0]
	rows: list[list[Any]] = []
	workers: list[dict[str, Any]] = []

	def add(name: str, user: str | None, boss: str | None, below: list[Any]) -> str:
		nonlocal place
		place += 1
		lft = place
		for make in below:
			make()
		place += 1
		rows.append([name, name.title(), user, COMPANY, "Active", boss, lft, place])
		return name

	def worker(name: str, boss: str, department: str) -> None:
		add(name, None, boss, [])
		workers.append({"name": name, "manager": boss, "department": department})

	def team(name: str, boss: str, department: str) -> None:
		names = [f"{name}-{number:02d}" for number in range(12)]
		add(name, None, boss, [lambda one=one: worker(one, name, department) for one in names])

	def branch(number: int) -> None:
		name = f"BM-{number}"
		teams = [(f"{name}-{part}", DEPARTMENTS[(number * 5 + part) % len(DEPARTMENTS)]) for part in range(5)]
		add(
			name,
			MANAGER if number == 0 else None,
			"BM-HEAD",
			[lambda one=one, place=place: team(one, name, place) for one, place in teams],
		)

	add("BM-HEAD", None, None, [lambda number=number: branch(number) for number in range(8)])
	add("BM-HR", HR, None, [])
	columns = ["name", "employee_name", "user_id", "company", "status", "reports_to", "lft", "rgt"]
	frappe.db.bulk_insert("Employee", columns, rows)
	return workers


def _event(
	number: int, now: datetime, dice: random.Random, people: list[dict[str, Any]], types: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
	"""One event with its steps and its evidence. Nine of ten are closed; the young ones wait somewhere."""
	person = dice.choice(people) if dice.random() > 0.002 else None
	recorded = now - timedelta(seconds=int(dice.uniform(60, DAYS * 86400)))
	target = recorded + timedelta(hours=48)
	ends: list[datetime | None] = []
	end = recorded
	waits = dice.random()
	for share in (0.03, 0.06, 0.08):
		end += timedelta(seconds=int(dice.expovariate(1 / 43200)))
		ends.append(None if end > now or waits < share or (ends and ends[-1] is None) else end)
	done = sum(moment is not None for moment in ends)
	void = dice.random() < 0.02
	closed = ends[2]
	stage = "Void" if void else ("Evidence", "Mark", "Confirmation", "Closed")[done]
	name = f"bm{number:08d}"
	last = next((moment for moment in reversed(ends) if moment), recorded)
	common = {
		"creation": recorded,
		"modified": last,
		"owner": "Administrator",
		"modified_by": "Administrator",
		"event_type": types[min(int(dice.expovariate(0.15)), TYPES - 1)],
		"reference_doctype": "Sales Order",
		"reference_name": f"SO-{number:08d}",
		"company": COMPANY,
		"employee": person["name"] if person else None,
		"employee_name": person["name"].title() if person else None,
		"practice": 0,
	}
	yield (
		"Business Event",
		{
			"name": name,
			**common,
			"state": "Void" if void else "Closed" if closed else "Open",
			"stage": stage,
			"source": "Sweep" if dice.random() < 0.05 else "Document Event",
			"round": 1,
			"completeness": 100 if done else 50,
			"manager": person["manager"] if person else None,
			"manager_name": person["manager"].title() if person else None,
			"department": person["department"] if person else None,
			"needs_attention": int(person is None),
			"recorded_at": recorded,
			"target_at": target,
			"evidence_at": ends[0],
			"marked_at": ends[1],
			"confirmed_at": ends[2],
			"closed_at": closed,
			"occurrence_key": name,
		},
	)
	start = recorded
	for kind, moment in zip(("Evidence", "Mark", "Confirmation"), ends, strict=True):
		asked = person["name"] if person and kind == "Evidence" else person["manager"] if person else None
		# the head of the branch marks some of it
		user = (
			MANAGER if asked and asked.startswith("BM-0-") and kind == "Mark" and number % 20 == 0 else None
		)
		yield (
			"Business Event Action",
			{
				"name": f"{name}-{kind[0]}",
				**common,
				"event": name,
				"kind": kind,
				"round": 1,
				"state": "Cancelled" if void and not moment else "Done" if moment else "Open",
				"required": 1,
				"assignee": asked,
				"assignee_name": asked.title() if asked else None,
				"assignee_user": user,
				"opened_at": start,
				"due_at": start + timedelta(hours=24),
				"done_at": moment,
				"step": f"{kind}-1",
			},
		)
		start = moment or start
	if ends[0]:
		yield (
			"Performance Evidence",
			{
				"name": f"{name}-P",
				**common,
				"event": name,
				"kind": "Text",
				"round": 1,
				"title": "Note",
				"value": "Done as agreed.",
				"given_at": ends[0],
				"requirement": "note",
				"piece": f"{name}-P",
			},
		)


# --- outside --------------------------------------------------------------------------------------------

# When what is waited for is on screen, in milliseconds since the navigation began; asked for at each frame.
WATCH = """
(() => {
	const shown = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.offsetParent);
	window.pf_when = (since) => {
		const found = {};
		const look = () => {
			const note = (name, there) => there && !(name in found) && (found[name] = performance.now() - since);
			note("rows", shown(".frappe-list .list-row .list-row-col").length);
			const cards = shown(".number-widget-box");
			const numbers = shown(".number-widget-box .number");
			note("figure", numbers.length);
			note("all figures", numbers.length && numbers.length === cards.length);
			const charts = shown(".dashboard-widget-box");
			note("chart", charts.some((one) => one.querySelector("svg.frappe-chart")));
			const drawn = charts.filter((one) =>
				[...one.querySelectorAll("svg.frappe-chart, .pf-chart-note")].some((part) => part.getClientRects().length));
			note("all charts", charts.length && drawn.length === charts.length);
			requestAnimationFrame(look);
		};
		look();
		return found;
	};
	window.pf_found = window.pf_when(0);
})();
"""
PATIENCE = 60_000


def measure(url: str, user: str, places: dict[str, str], rounds: int) -> dict[tuple[str, str], list[dict]]:
	"""Milliseconds by place and way (``opened``, ``gone to``), of each round."""
	from playwright.sync_api import sync_playwright

	from scripts.machine import find_chromium

	found: dict[tuple[str, str], list[dict]] = {}
	with sync_playwright() as running:
		browser = running.chromium.launch(
			executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"]
		)
		context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 900})
		answer = context.request.post("/api/method/login", form={"usr": user, "pwd": PASSWORD})
		if not answer.ok:
			raise SystemExit(f"{user} could not log in: {answer.status}")
		context.add_init_script(WATCH)
		names = list(places)
		for number in range(-1, rounds):  # the first only warms up
			turn = number % len(names)
			for name in names[turn:] + names[:turn]:
				wanted = "figure" if name in WORKSPACES else "rows"
				for way in ("opened", "gone to"):
					times = _one(context, places[name], way, wanted)
					if number >= 0:
						found.setdefault((name, way), []).append(times)
		browser.close()
	return found


def _one(context: Any, place: str, way: str, wanted: str) -> dict[str, float]:
	page = context.new_page()
	page.set_default_timeout(PATIENCE)
	try:
		if way == "opened":
			page.goto(f"/app/{place}", wait_until="commit")
		else:
			page.goto("/app/todo")
			page.wait_for_selector(".page-container:visible .frappe-list")
			page.wait_for_load_state("networkidle")
			page.evaluate(
				"(place) => { window.pf_found = window.pf_when(performance.now()); frappe.set_route(place); }",
				place,
			)
		wait = "(wanted) => window.pf_found && window.pf_found[wanted]"
		page.wait_for_function(wait, arg=wanted)
		if wanted == "figure":
			page.wait_for_function(wait, arg="all figures")
			page.wait_for_function(wait, arg="all charts")
		return page.evaluate("() => window.pf_found")
	finally:
		page.close()


def table(found: dict[tuple[str, str], list[dict]], who: str) -> None:
	"""The medians, and the ratio of each workspace to each list."""

	def middle(name: str, way: str, what: str) -> float | None:
		times = [times[what] for times in found.get((name, way), []) if what in times]
		return statistics.median(times) if times else None

	for way in ("opened", "gone to"):
		base = [middle(name, way, "rows") for name in LISTS]
		for name in LISTS:
			print(f"| {who} | {way} | {name} | {middle(name, way, 'rows'):.0f} | | | | |")
		for name in WORKSPACES:
			first = middle(name, way, "figure")
			if first is None:
				continue
			others = [middle(name, way, what) for what in ("all figures", "chart", "all charts")]
			ratios = " / ".join(f"{first / rows:.2f}" for rows in base if rows)
			rest = " | ".join("" if value is None else f"{value:.0f}" for value in others)
			print(f"| {who} | {way} | {name} | {first:.0f} | {ratios} | {rest} |")


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("site")
	parser.add_argument(
		"--events", type=int, default=100_000, help="how many events a new site is filled with"
	)
	parser.add_argument("--rounds", type=int, default=5, help="how often each page is opened")
	told = parser.parse_args()
	from benchmarks.submit import machine
	from scripts.bench import needed_bench
	from scripts.machine import REPO, Failure
	from scripts.servers import Servers

	try:
		bench = needed_bench()
		argv = [bench.python, str(REPO / "benchmarks" / "desk.py"), "--inside", told.site, str(told.events)]
		done = bench.run(argv, quiet=True, env={"PYTHONPATH": str(REPO)})
		site = json.loads(done.stdout.strip().splitlines()[-1])
		places = {**LISTS, **{name: WORKSPACES[name] for name in site["workspaces"]}}
		print(f"{date.today()}, {machine()}, {site['events']} events, medians of {told.rounds}\n", flush=True)
		print(
			"| who | way | page | ms to rows or first figure | times the lists | all cards | a chart | all charts |"
		)
		print("|---|---|---|---|---|---|---|---|")
		with Servers(bench, told.site) as running:
			running.start_web()
			for user, who in ((HR, "HR, whole company"), (MANAGER, "manager, a tree of 65")):
				table(measure(running.url, user, places, told.rounds), who)
		return 0
	except Failure as problem:
		print(problem)
		return 1


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		sys.path[0] = str(Path(__file__).resolve().parent.parent)
		inside(sys.argv[2], int(sys.argv[3]))
	else:
		sys.exit(main())
