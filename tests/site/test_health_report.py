"""Flow health on a site: the report's numbers against a count of its own, for people who may see different things."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

import pytest

import frappe
from frappe.desk.desktop import get_desktop_page
from frappe.desk.query_report import run
from frappe.utils import add_days, flt, getdate

from perf_flow.api import figures as api
from perf_flow.engine import health as engine
from perf_flow.engine.health import ChainTimes, Stage
from perf_flow.flow import figures
from perf_flow.flow.figures import Moment, Selection
from perf_flow.flow.times import now_site, to_utc

As = Callable[[str], AbstractContextManager[None]]

EVENT_COLUMNS = [
	"name",
	"event_type",
	"reference_doctype",
	"reference_name",
	"state",
	"stage",
	"employee",
	"employee_name",
	"employee_user",
	"manager",
	"manager_name",
	"company",
	"department",
	"pilot",
	"practice",
	"needs_attention",
	"recorded_at",
	"target_at",
	"closed_at",
	"evidence_at",
	"marked_at",
	"confirmed_at",
	"occurrence_key",
	"source",
]
ACTION_COLUMNS = [
	"name",
	"event",
	"event_type",
	"kind",
	"state",
	"due_at",
	"assignee_user",
	"employee",
	"employee_user",
	"company",
	"practice",
	"step",
]
HERE, THERE = "Health Company", "Health Company Abroad"
TYPES = {"health-type-1": "Order confirmed by the customer", "health-type-2": "Late <b>supplier</b>"}
DEPARTMENTS = ["Sales & Service - HC", "Production - HC", None]
GROUPS = {
	"Company": "company",
	"Department": "department",
	"Event Type": "event_type",
	"Line Manager": "manager",
}

TOP, MIDDLE, ANNA, BEN, CARL = "HLT-TOP", "HLT-MIDDLE", "HLT-ANNA", "HLT-BEN", "HLT-CARL"
NAMES = {TOP: "Tara Top", MIDDLE: "Mia Middle", ANNA: "Anna", BEN: "Ben", CARL: "Carl"}
LOGINS = {
	TOP: "top@health.example",
	MIDDLE: "middle@health.example",
	ANNA: "anna%20@health.example",
	BEN: "ben@health.example",
	CARL: "carl@health.example",
}
HR_HERE, HR_THERE = "hr-here@health.example", "hr-there@health.example"
COLLABORATOR, OUTSIDER = "asked%20@health.example", "outsider@health.example"
MANAGER_OF = {MIDDLE: TOP, ANNA: MIDDLE, BEN: MIDDLE, CARL: None}
COMPANY_OF = {TOP: HERE, MIDDLE: HERE, ANNA: HERE, BEN: THERE, CARL: THERE}


def readers() -> dict[str, Callable[[dict[str, Any]], bool]]:
	"""Who may read which event, said independently of the app."""
	return {
		"Administrator": lambda row: True,
		LOGINS[TOP]: lambda row: row["employee"] in (TOP, MIDDLE, ANNA, BEN),
		LOGINS[MIDDLE]: lambda row: row["employee"] in (MIDDLE, ANNA, BEN),
		LOGINS[ANNA]: lambda row: row["employee"] == ANNA,
		LOGINS[CARL]: lambda row: row["employee"] == CARL,
		HR_HERE: lambda row: row["company"] == HERE,
		HR_THERE: lambda row: row["company"] == THERE,
		COLLABORATOR: lambda row: row["asked"],
		OUTSIDER: lambda row: False,
	}


class World:
	"""The events of the test as plain rows, with what only the test knows of them."""

	def __init__(self, rows: list[dict[str, Any]], now: datetime) -> None:
		self.rows = rows
		self.now = now

	def of(self, user: str) -> list[dict[str, Any]]:
		may = readers()[user]
		return [row for row in self.rows if not row["practice"] and may(row)]


@pytest.fixture
def world() -> Iterator[World]:
	"""People, types and 900 events over 30 weeks, none of which changes its standing while a test runs."""
	frappe.db.delete("Business Event")
	frappe.db.delete("Business Event Action")
	_make_people()
	moment = now_site()
	dice = random.Random(4711)
	rows = [_event(number, moment, dice) for number in range(900)]
	frappe.db.bulk_insert("Business Event", EVENT_COLUMNS, [[r[c] for c in EVENT_COLUMNS] for r in rows])
	actions = [action for row in rows for action in _actions(row)]
	frappe.db.bulk_insert("Business Event Action", ACTION_COLUMNS, actions)
	yield World(rows, moment)
	for user in [*LOGINS.values(), HR_HERE, HR_THERE, COLLABORATOR, OUTSIDER]:
		frappe.clear_cache(user=user)


def _make_people() -> None:
	users: list[list[Any]] = []
	roles_of: list[list[str]] = []
	for user, roles in {
		**{login: ["Employee"] for login in LOGINS.values()},
		HR_HERE: ["HR Manager"],
		HR_THERE: ["Performance HR"],
		COLLABORATOR: ["Employee"],
		OUTSIDER: ["Employee", "Sales User"],
	}.items():
		frappe.clear_cache(user=user)
		users.append([user, user, user, 1, "System User"])
		roles_of += [[f"{user}-{role}", user, "User", "roles", role] for role in roles]
	frappe.db.bulk_insert("User", ["name", "email", "first_name", "enabled", "user_type"], users)
	frappe.db.bulk_insert("Has Role", ["name", "parent", "parenttype", "parentfield", "role"], roles_of)
	for company in (HERE, THERE):
		base = frappe.db.sql("select ifnull(max(rgt), 0) from tabCompany")[0][0]
		frappe.db.bulk_insert(
			"Company",
			["name", "company_name", "abbr", "lft", "rgt"],
			[[company, company, company, base + 1, base + 2]],
		)
	base = frappe.db.sql("select ifnull(max(rgt), 0) from tabEmployee")[0][0]
	places = {TOP: (1, 8), MIDDLE: (2, 7), ANNA: (3, 4), BEN: (5, 6), CARL: (9, 10)}
	employees = [
		[
			name,
			NAMES[name],
			LOGINS[name],
			COMPANY_OF[name],
			"Active",
			MANAGER_OF.get(name),
			base + lft,
			base + rgt,
		]
		for name, (lft, rgt) in places.items()
	]
	for number, (user, company) in enumerate([(HR_HERE, HERE), (HR_THERE, THERE)]):
		place = base + 11 + 2 * number
		employees.append([f"HLT-HR-{number}", user, user, company, "Active", None, place, place + 1])
	columns = ["name", "employee_name", "user_id", "company", "status", "reports_to", "lft", "rgt"]
	frappe.db.bulk_insert("Employee", columns, employees)
	frappe.db.bulk_insert(
		"Business Event Type",
		["name", "title", "enabled"],
		[[name, title, 0] for name, title in TYPES.items()],
	)


def _event(number: int, now: datetime, dice: random.Random) -> dict[str, Any]:
	employee = dice.choice([TOP, MIDDLE, ANNA, ANNA, BEN, CARL, None])
	manager = MANAGER_OF.get(employee or "")
	# nothing within an hour of now: neither targets nor weeks may tip over while a test runs
	age = timedelta(seconds=dice.choice([dice.uniform(0.1, 1.9), dice.uniform(2.1, 210)]) * 86400)
	recorded = now - age
	target = recorded + timedelta(hours=48)
	row: dict[str, Any] = {
		"name": f"health-event-{number}",
		"event_type": dice.choice(list(TYPES)),
		"reference_doctype": "Sales Order",
		"reference_name": f"SO-{number}",
		"state": "Open",
		"stage": "Evidence",
		"employee": employee,
		"employee_name": NAMES.get(employee or ""),
		"employee_user": LOGINS.get(employee or ""),
		"manager": manager,
		"manager_name": NAMES.get(manager or ""),
		"company": COMPANY_OF[employee] if employee else dice.choice([HERE, THERE]),
		"department": dice.choice(DEPARTMENTS),
		"pilot": int(dice.random() < 0.2),
		"practice": int(dice.random() < 0.1),
		"needs_attention": int(not manager),
		"recorded_at": recorded,
		"target_at": target,
		"closed_at": None,
		"evidence_at": None,
		"marked_at": None,
		"confirmed_at": None,
		"occurrence_key": f"health-event-{number}",
		"source": ("Document Event", "Document Event", "Sweep", "Schedule", "Manual")[number % 5],
		"asked": False,
	}
	steps = ["evidence_at", "marked_at", "confirmed_at"]
	if dice.random() < 0.3:
		steps.remove("marked_at")
	if dice.random() < 0.1:
		steps.reverse()
	end = recorded
	done = dice.choice([0, 1, 2, 3, 3, 3, 3, 3])
	for step in steps[:done]:
		end += timedelta(seconds=dice.uniform(0, 20 * 3600), microseconds=dice.randrange(10**6))
		if end >= now:
			break
		row[step] = end
	else:
		if done == 3:
			row.update(state="Closed", stage="Closed", closed_at=end)
	if row["state"] == "Closed" and dice.random() < 0.1:
		row["closed_at"] = target if target < now else end
	if row["state"] == "Open":
		row["stage"] = dice.choice(["Evidence", "Mark", "Confirmation"])
	if dice.random() < 0.1:
		row.update(state="Void", stage="Void")
	return row


def _actions(row: dict[str, Any]) -> list[list[Any]]:
	number = int(row["name"].rsplit("-", 1)[1])
	actions = []
	if row["state"] == "Open" and row["stage"] != "Confirmation":
		whose = row["employee"] if row["stage"] == "Evidence" else row["manager"]
		actions.append((row["stage"], "Open", LOGINS.get(whose or "")))
	if number % 9 == 0:
		row["asked"] = True
		actions.append(("Confirmation", "Open" if row["state"] == "Open" else "Done", COLLABORATOR))
	return [
		[
			f"{row['name']}-{kind}",
			row["name"],
			row["event_type"],
			kind,
			state,
			row["target_at"],
			user,
			row["employee"],
			row["employee_user"],
			row["company"],
			row["practice"],
			f"{kind}-1",
		]
		for kind, state, user in actions
	]


def standing(row: dict[str, Any], now: datetime) -> str:
	"""How one event counts, in the words of the documentation."""
	if row["state"] == "Void":
		return "void"
	if row["closed_at"]:
		return "in_time" if row["closed_at"] <= row["target_at"] else "late"
	return "late_open" if row["target_at"] < now else "running"


def count(rows: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
	"""The figures of some events, added up one by one."""
	found = Counter(standing(row, now) for row in rows)
	counted = found["in_time"] + found["late"] + found["late_open"]
	pilots = [row for row in rows if row["pilot"] and standing(row, now) in ("in_time", "late", "late_open")]
	pilots_in_time = [row for row in pilots if standing(row, now) == "in_time"]
	return {
		"in_time": found["in_time"],
		"late": found["late"],
		"late_open": found["late_open"],
		"running": found["running"],
		"void": found["void"],
		"counted": counted,
		"percent": 100 * found["in_time"] / counted if counted else None,
		"pilot": len(pilots),
		"pilot_percent": 100 * len(pilots_in_time) / len(pilots) if pilots else None,
	}


def monday(row: dict[str, Any]) -> date:
	day = row["recorded_at"].date()
	return day - timedelta(days=day.weekday())


def report(name: str, **filters: Any) -> dict[str, Any]:
	"""A report as the browser gets it."""
	return run(name, json.dumps(filters, default=str))


def numbers(row: dict[str, Any]) -> dict[str, Any]:
	found = {name: row[name] for name in count([], datetime.min)}
	for share in ("percent", "pilot_percent"):
		found[share] = None if found[share] is None else pytest.approx(found[share])
	return found


def by_group(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
	return {row["group"]: numbers(row) for row in rows if not row.get("is_total")}


@pytest.mark.parametrize("user", list(readers()))
def test_every_grouping_equals_a_count_of_its_own(world: World, as_user: As, user: str) -> None:
	mine = world.of(user)
	with as_user(user):
		for group, field in GROUPS.items():
			expected: dict[str, list[dict[str, Any]]] = {}
			for row in mine:
				expected.setdefault(row[field] or "", []).append(row)
			found = report("Flow Health", group_by=group)["result"]
			assert by_group(found) == {value: count(rows, world.now) for value, rows in expected.items()}, (
				group
			)
			if len(expected) > 1:
				total = found[-1]
				assert total["is_total"] and numbers(total) == count(mine, world.now)
		weeks: dict[str, list[dict[str, Any]]] = {}
		for row in mine:
			weeks.setdefault(monday(row).isoformat(), []).append(row)
		found = report("Flow Health", group_by="Week")["result"]
		assert by_group(found) == {week: count(rows, world.now) for week, rows in weeks.items()}
		assert [row["group"] for row in found if not row.get("is_total")] == sorted(weeks)


def test_the_events_of_the_test_hold_every_case(world: World) -> None:
	rows = world.of("Administrator")
	assert set(Counter(standing(row, world.now) for row in rows)) == {
		"in_time",
		"late",
		"late_open",
		"running",
		"void",
	}
	assert any(row["closed_at"] == row["target_at"] and row["state"] == "Closed" for row in rows)
	assert any(row["state"] == "Void" and row["closed_at"] for row in rows)
	assert any(row["practice"] for row in world.rows)
	assert any(
		row["marked_at"] and row["evidence_at"] and row["marked_at"] < row["evidence_at"] for row in rows
	)
	for user in readers():
		assert bool(world.of(user)) == (user != OUTSIDER), user


def test_weeks_cards_and_trends_of_a_period(world: World, as_user: As) -> None:
	to = world.now.date()
	start = to - timedelta(days=to.weekday() + 35)
	mine = world.of(LOGINS[TOP])
	current = [row for row in mine if start <= row["recorded_at"].date()]
	before = [row for row in mine if start - timedelta(weeks=6) <= row["recorded_at"].date() < start]
	now, then = count(current, world.now), count(before, world.now)
	with as_user(LOGINS[TOP]):
		# any day of a week means the whole week
		found = report("Flow Health", group_by="Week", from_date=start + timedelta(days=3), to_date=to)
		groups = report("Flow Health", group_by="Department", from_date=start, to_date=to)
	rows = found["result"]
	assert {row["group"] for row in rows[:-1]} == {monday(row).isoformat() for row in current}
	assert numbers(rows[-1]) == now
	trend = now["percent"] - then["percent"]
	assert rows[-1]["trend"] == pytest.approx(trend)
	cards = {card["label"]: card for card in found["report_summary"]}
	assert cards["Flow health"]["value"] == round(now["percent"], 1)
	sign = "+" if round(trend, 1) > 0 else "−"
	assert cards["Against the 6 weeks before"]["value"] == f"{sign}{abs(round(trend, 1))} points"
	assert [cards[name]["value"] for name in ("Counted", "Still running", "Void")] == [
		now["counted"],
		now["running"],
		now["void"],
	]
	assert cards["Flow health of pilots"]["value"] == round(now["pilot_percent"], 1)

	# a week against the nearest earlier one with a figure, also one before the period
	percents = {}
	for week in sorted({monday(row) for row in [*before, *current]}):
		percents[week.isoformat()] = count([r for r in mine if monday(r) == week], world.now)["percent"]
	last = None
	for week, percent in percents.items():
		row = next((row for row in rows if row["group"] == week), None)
		if row:
			expected = None if percent is None or last is None else pytest.approx(percent - last)
			assert row["trend"] == expected, week
		last = last if percent is None else percent

	for row in groups["result"][:-1]:
		own = [r for r in before if (r["department"] or "") == row["group"]]
		assert row["trend"] == pytest.approx(row["percent"] - count(own, world.now)["percent"])
	assert [row["counted"] for row in groups["result"][:-1]] == sorted(
		(row["counted"] for row in groups["result"][:-1]), reverse=True
	)


def test_filters(world: World, as_user: As) -> None:
	mine = world.of(LOGINS[TOP])
	day = world.now.date() - timedelta(days=60)
	first, last = day - timedelta(days=day.weekday()), day + timedelta(days=6 - day.weekday())
	cases: list[tuple[dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
		({"company": HERE}, lambda r: r["company"] == HERE),
		({"department": DEPARTMENTS[0]}, lambda r: r["department"] == DEPARTMENTS[0]),
		({"event_type": "health-type-2"}, lambda r: r["event_type"] == "health-type-2"),
		({"manager": MIDDLE}, lambda r: r["manager"] == MIDDLE),
		({"employee": ANNA}, lambda r: r["employee"] == ANNA),
		({"pilot": "Only"}, lambda r: r["pilot"]),
		({"pilot": "Without"}, lambda r: not r["pilot"]),
		({"pilot": "All"}, lambda r: True),
		({"from_date": day, "to_date": day}, lambda r: first <= r["recorded_at"].date() <= last),
		({"from_date": day}, lambda r: first <= r["recorded_at"].date()),
		({"to_date": day}, lambda r: r["recorded_at"].date() <= last),
		(
			{"company": HERE, "manager": MIDDLE, "pilot": "Without"},
			lambda r: r["company"] == HERE and r["manager"] == MIDDLE and not r["pilot"],
		),
		({"employee": CARL}, lambda r: r["employee"] == CARL),
		({"department": "' or 1=1 -- %s"}, lambda r: False),
	]
	for filters, fits in cases:
		chosen = [row for row in mine if fits(row)]
		for group in ("Event Type", "Week"):
			with as_user(LOGINS[TOP]):
				rows = report("Flow Health", group_by=group, **filters)["result"]
			if not chosen:
				assert rows == [], filters
				continue
			summed = {
				name: sum(row[name] for row in rows if not row.get("is_total"))
				for name in ("in_time", "late", "late_open", "running", "void", "counted", "pilot")
			}
			expected = count(chosen, world.now)
			assert summed == {name: expected[name] for name in summed}, (filters, group)


@pytest.mark.parametrize(
	"filters",
	[
		{"group_by": "Salary"},
		{"group_by": "Week", "pilot": "Some"},
		{"group_by": "Week", "company": ["in", "x"]},
		{"group_by": "Week", "from_date": "2026-02-30"},
		{"group_by": "Week", "from_date": "2026-05-20", "to_date": "2026-05-10"},
	],
)
@pytest.mark.parametrize("name", ["Flow Health", "Where Chains Stall"])
def test_filters_without_sense_are_told(name: str, filters: dict[str, Any]) -> None:
	if name == "Where Chains Stall" and filters["group_by"] == "Week":
		filters = {**filters, "group_by": ""}
	with pytest.raises(frappe.ValidationError):
		report(name, **filters)


def chain(row: dict[str, Any], **other: Any) -> ChainTimes:
	"""An event as the engine sees it, made without the code under test."""
	times = {
		name: to_utc(row[name])
		for name in ("recorded_at", "target_at", "closed_at", "evidence_at", "marked_at", "confirmed_at")
	}
	return ChainTimes(
		event=row["name"],
		event_type=row["event_type"],
		company=row["company"],
		department=row["department"] or "",
		employee=row["employee"] or "",
		manager=row["manager"] or "",
		pilot=bool(row["pilot"]),
		void=row["state"] == "Void",
		practice=bool(row["practice"]),
		stage=Stage(row["stage"]),
		**times,
		**other,
	)


@pytest.mark.parametrize("dimension", [None, *figures.DIMENSIONS])
def test_events_counted_by_the_database_are_the_same_to_the_engine(
	world: World, dimension: str | None
) -> None:
	moment = Moment.now()
	singly = [chain(row) for row in world.rows]
	pairs = figures.outcomes(Selection(), moment, dimension)
	together = list(figures.chains(pairs))
	assert len(pairs) < len(together) == len(world.of("Administrator"))
	assert engine.health(together, moment.utc) == engine.health(singly, moment.utc)
	zone = figures.site_zone()
	assert engine.weekly(together, moment.utc, zone) == engine.weekly(singly, moment.utc, zone)
	if dimension:

		def key(one: ChainTimes) -> str:
			return getattr(one, dimension)

		assert engine.by(together, key, moment.utc) == engine.by(singly, key, moment.utc)


def test_single_times_are_read_exactly(world: World) -> None:
	found = list(figures.times(Selection()))
	expected = [chain(row) for row in world.of("Administrator") if row["state"] != "Void"]

	def times(chains: list[ChainTimes]) -> list[tuple[Any, ...]]:
		return sorted(
			(
				one.recorded_at,
				one.target_at,
				str(one.closed_at),
				str(one.evidence_at),
				str(one.marked_at),
				str(one.confirmed_at),
				one.stage,
			)
			for one in chains
		)

	assert times(found) == times(expected)


def test_times_are_read_right_where_clocks_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
	"""In a zone with summer time, minute by minute over the night in which the clock is put back, and a
	spring one without the hour that does not exist."""
	monkeypatch.setattr(frappe.local, "perf_flow_timezone", "Europe/Berlin", raising=False)
	moments = [datetime(2025, 10, 25, 22) + timedelta(minutes=7 * n, microseconds=n) for n in range(60)]
	moments += [datetime(2025, 3, 30, 3) + timedelta(minutes=7 * n) for n in range(60)]
	moments += [datetime(2025, 3, 29, 22) + timedelta(minutes=7 * n) for n in range(34)]
	rows = [
		{
			**world.rows[0],
			"name": f"clock-{n}",
			"occurrence_key": f"clock-{n}",
			"practice": 0,
			"state": "Open",
			"recorded_at": moment,
			"event_type": "clock",
		}
		for n, moment in enumerate(moments)
	]
	frappe.db.bulk_insert("Business Event", EVENT_COLUMNS, [[r[c] for c in EVENT_COLUMNS] for r in rows])
	found = sorted(one.recorded_at for one in figures.times(Selection(event_type="clock")))
	assert found == sorted(to_utc(moment) for moment in moments)


def step_hours(row: dict[str, Any]) -> dict[str, float]:
	"""How long each step took: since the latest of the steps before it that was over by then."""
	ends = {"Evidence": row["evidence_at"], "Mark": row["marked_at"], "Confirmation": row["confirmed_at"]}
	found, earlier = {}, [row["recorded_at"]]
	for name, end in ends.items():
		if end:
			start = max(moment for moment in earlier if moment <= end)
			found[name] = (end - start).total_seconds() / 3600
			earlier.append(end)
	return found


def stalls(rows: list[dict[str, Any]], now: datetime) -> dict[str, dict[str, Any]]:
	live = [row for row in rows if row["state"] != "Void"]
	hours: dict[str, list[float]] = {"Evidence": [], "Mark": [], "Confirmation": []}
	for row in live:
		for step, took in step_hours(row).items():
			hours[step].append(took)
	return {
		step: {
			"waiting": sum(r["state"] == "Open" and r["stage"] == step for r in live),
			"overdue": sum(
				r["state"] == "Open" and r["stage"] == step and r["target_at"] < now for r in live
			),
			"finished": len(took),
			"median_hours": pytest.approx(median(took)) if took else None,
		}
		for step, took in hours.items()
	}


@pytest.mark.parametrize("user", list(readers()))
def test_where_chains_stall_equals_a_count_of_its_own(world: World, as_user: As, user: str) -> None:
	mine = world.of(user)
	with as_user(user):
		found = report("Where Chains Stall", group_by="")
		grouped = report("Where Chains Stall", group_by="Line Manager")
	if not mine:
		assert found["result"] == grouped["result"] == []
		return
	names = ("waiting", "overdue", "finished", "median_hours")
	assert {row["stage"]: {name: row[name] for name in names} for row in found["result"]} == stalls(
		mine, world.now
	)
	for manager in {row["manager"] or "" for row in mine}:
		rows = [row for row in grouped["result"] if row["group"] == manager]
		own = [row for row in mine if (row["manager"] or "") == manager]
		if any(row["state"] != "Void" for row in own):
			assert {row["stage"]: {name: row[name] for name in names} for row in rows} == stalls(
				own, world.now
			)
	chart = found["chart"]["data"]
	waiting = [row["waiting"] for row in found["result"]]
	if any(waiting):
		within, past = (dataset["values"] for dataset in chart["datasets"])
		assert [sum(both) for both in zip(within, past, strict=True)] == waiting


def test_older_open_events_are_mentioned(world: World) -> None:
	day = world.now.date() - timedelta(days=30)
	first = day - timedelta(days=day.weekday())
	older = [
		row
		for row in world.of("Administrator")
		if row["state"] == "Open" and row["recorded_at"].date() < first
	]
	assert older
	assert (
		f"{len(older)} older events are still open" in report("Where Chains Stall", from_date=day)["message"]
	)
	assert "older events" not in report("Where Chains Stall")["message"]


def test_nothing_counted_is_not_zero_percent(world: World) -> None:
	frappe.db.delete("Business Event", {"state": "Closed"})
	frappe.db.delete("Business Event", {"state": "Open", "target_at": ("<", world.now)})
	found = report("Flow Health", group_by="Department")
	assert found["result"]
	for row in found["result"]:
		assert row["percent"] is None and row["counted"] == 0 and row["running"] + row["void"] > 0
	assert found["chart"] == {"data": {}}
	assert found["report_summary"][0]["value"] == "—"
	assert api.flow_health()["value"] == "— (0)"


def test_chart_leaves_out_what_has_no_percentage(world: World) -> None:
	gone = {"state": "Closed", "event_type": "health-type-1"}
	frappe.db.delete("Business Event", gone)
	frappe.db.delete(
		"Business Event", {"state": "Open", "event_type": "health-type-1", "target_at": ("<", world.now)}
	)
	found = report("Flow Health", group_by="Event Type")
	rows = {row["group"]: row for row in found["result"]}
	assert rows["health-type-1"]["percent"] is None
	assert found["chart"]["data"]["labels"] == [TYPES["health-type-2"]]
	assert found["chart"]["data"]["datasets"][0]["values"] == [round(rows["health-type-2"]["percent"], 1)]


def test_definition_is_shown_to_the_reader(world: World) -> None:
	shown = report("Flow Health", group_by="Week")["message"]
	for sentence in engine.DEFINITION:
		assert sentence in shown


def test_user_permissions_do_not_thin_out_the_rows(world: World, as_user: As) -> None:
	"""Frappe drops rows whose links a User Permission forbids; what may be read is said by the events alone."""
	user = LOGINS[TOP]
	with as_user(user):
		before = report("Flow Health", group_by="Line Manager")["result"]
	for allow, value in (("Employee", TOP), ("Company", HERE)):
		frappe.get_doc(
			{
				"doctype": "User Permission",
				"user": user,
				"allow": allow,
				"for_value": value,
				"apply_to_all_doctypes": 1,
			}
		).insert()
	frappe.clear_cache(user=user)
	with as_user(user):
		assert report("Flow Health", group_by="Line Manager")["result"] == before


def test_people_outside_the_desk_are_refused(world: World, as_user: As) -> None:
	frappe.db.set_value("User", OUTSIDER, "user_type", "Website User")
	frappe.clear_cache(user=OUTSIDER)
	for user in (OUTSIDER, "Guest"):
		with as_user(user):
			for name in ("Flow Health", "Where Chains Stall"):
				with pytest.raises(frappe.PermissionError):
					report(name)
			for card in CARDS:
				with pytest.raises(frappe.PermissionError):
					getattr(api, card)()
			with pytest.raises(frappe.PermissionError):
				api.choices("employee")


CARDS = (
	"my_open_steps",
	"my_overdue_steps",
	"team_open_marks",
	"late_events",
	"open_events",
	"events_by_sweep",
	"events_without_person",
	"flow_health",
)


@pytest.mark.parametrize("user", list(readers()))
def test_cards_count_the_list_they_open(world: World, as_user: As, user: str) -> None:
	with as_user(user):
		for name in CARDS[:-1]:
			card = getattr(api, name)()
			doctype = card["route"][1]
			assert card["value"] == len(frappe.get_list(doctype, filters=card["route_options"], limit=0)), (
				name
			)
		health = api.flow_health()
		behind = report(health["route"][1], **health["route_options"])
	mine = world.of(user)
	late = [row for row in mine if standing(row, world.now) == "late_open"]
	with as_user(user):
		assert api.late_events()["value"] == len(late)
		assert api.events_without_person()["value"] == len(
			[row for row in mine if row["needs_attention"] and row["state"] == "Open"]
		)
	if mine:
		assert health["value"] == behind["report_summary"][0]["value"]
	else:
		assert behind["result"] == [] and health["value"] == "— (0)"


def test_cards_of_steps(world: World, as_user: As) -> None:
	live = [row for row in world.rows if row["state"] == "Open" and not row["practice"]]
	user = LOGINS[MIDDLE]
	mine = [row for row in live if row["stage"] == "Evidence" and row["employee"] == MIDDLE]
	mine += [row for row in live if row["stage"] == "Mark" and row["manager"] == MIDDLE]
	marks = [row for row in live if row["stage"] == "Mark" and row["employee"] in (ANNA, BEN)]
	assert mine and marks
	with as_user(user):
		assert api.my_open_steps()["value"] == len(mine)
		assert api.my_overdue_steps()["value"] == len([row for row in mine if row["target_at"] < world.now])
		assert api.team_open_marks()["value"] == len(marks)
	with as_user(LOGINS[ANNA]):
		assert api.team_open_marks()["value"] == 0
	with as_user(COLLABORATOR):
		assert api.my_open_steps()["value"] == len([row for row in live if row["asked"]])
		assert api.team_open_marks()["value"] == 0


def test_choices_are_of_events_the_viewer_may_read(world: World, as_user: As) -> None:
	for user in readers():
		mine = world.of(user)
		with as_user(user):
			for field in ("company", "department", "event_type", "manager", "employee"):
				found = {choice["value"] for choice in api.choices(field)}
				assert found == {row[field] for row in mine if row[field]}, (user, field)
	with as_user(LOGINS[TOP]):
		assert api.choices("employee", "ANN") == [{"value": ANNA, "label": f"Anna ({ANNA})"}]
		assert api.choices("department", "service") == [{"value": DEPARTMENTS[0], "label": DEPARTMENTS[0]}]
		# the label goes into the page as it is
		assert api.choices("event_type", "late") == [
			{"value": "health-type-2", "label": "Late ‹b›supplier‹/b›"}
		]
		assert api.choices("manager", "%") == []
	with pytest.raises(frappe.ValidationError):
		api.choices("employee_user")


def test_reports_take_few_statements(world: World, as_user: As, sql_count: Any) -> None:
	from perf_flow.perf_flow.report.flow_health.flow_health import execute
	from perf_flow.perf_flow.report.where_chains_stall.where_chains_stall import execute as stall

	period = {"from_date": add_days(getdate(), -77), "to_date": getdate()}
	with as_user(LOGINS[TOP]):
		execute({"group_by": "Week", **period})
		for group, most in {"Week": 2, "Department": 2, "Line Manager": 4, "Event Type": 4}.items():
			with sql_count() as statements:
				execute({"group_by": group, **period})
			assert statements.total <= most, f"{group}: {statements}"
		with sql_count() as statements:
			stall({"group_by": "Line Manager", **period})
		assert statements.total <= 4, statements


def test_total_holds_every_group_when_few_are_drawn(world: World) -> None:
	from perf_flow.perf_flow.report.flow_health.flow_health import BARS

	for number in range(BARS + 5):
		frappe.db.sql(
			"update `tabBusiness Event` set department = %s where name = %s",
			(
				f"Department {number:02}",
				next(r["name"] for r in world.rows[number * 9 :] if not r["practice"]),
			),
		)
	found = report("Flow Health", group_by="Department")
	assert len(found["result"]) > BARS
	assert len(found["chart"]["data"]["labels"]) <= BARS
	assert numbers(found["result"][-1]) == count(world.of("Administrator"), world.now)


def test_no_chart_or_card_of_ours_is_shared_between_readers() -> None:
	"""Frappe caches charts over documents without the reader in the key; a report is run for each reader."""
	charts = frappe.get_all(
		"Dashboard Chart", {"module": "Perf Flow"}, ["name", "chart_type", "use_report_chart"]
	)
	assert len(charts) >= 3
	for chart in charts:
		assert (chart.chart_type, chart.use_report_chart) == ("Report", 1), chart.name
	cards = frappe.get_all("Number Card", {"module": "Perf Flow"}, ["name", "type", "method"])
	assert {card.method for card in cards} >= {
		f"perf_flow.api.figures.{name}" for name in (*CARDS, "type_problems")
	}
	for card in cards:
		assert card.type == "Custom", card.name
		assert frappe.get_attr(card.method) in frappe.whitelisted


def desk_page(user: str, as_user: As) -> dict[str, Any]:
	frappe.clear_cache(user=user)
	with as_user(user):
		return get_desktop_page(
			json.dumps({"name": "Performance Flow", "title": "Performance Flow", "public": 1})
		)


def test_workspace_shows_to_each_what_they_may_open(world: World, as_user: As) -> None:
	def labels(page: dict[str, Any], part: str) -> set[str]:
		return {item.get("label") for item in page[part]["items"]}

	def links(page: dict[str, Any]) -> set[str]:
		return {link.get("link_to") for card in page["cards"]["items"] for link in card["links"]}

	worker = desk_page(LOGINS[ANNA], as_user)
	assert labels(worker, "number_cards") >= {
		"My open steps",
		"Open marks of my team",
		"Flow health of 12 weeks",
	}
	assert labels(worker, "charts") == {"Flow health by week"}
	assert {"Flow Health", "Where Chains Stall", "Business Event", "Performance Evidence"} <= links(worker)
	hidden = {
		"Business Event Type",
		"Performance Flow Settings",
		"Performance Ledger Entry",
		"Performance Outbox",
	}
	assert not links(worker) & hidden
	assert "Performance Flow Settings" not in labels(worker, "shortcuts")

	hr = desk_page(HR_HERE, as_user)
	assert {"Business Event Type", "Performance Ledger Entry"} <= links(hr)
	assert "Performance Flow Settings" not in links(hr)

	frappe.get_doc("User", OUTSIDER).add_roles("Performance Administrator")
	administrator = desk_page(OUTSIDER, as_user)
	assert {"Business Event Type", "Performance Flow Settings", "Performance Outbox"} <= links(administrator)
	assert "Performance Flow Settings" in labels(administrator, "shortcuts")


def test_workspace_is_whole() -> None:
	workspace = frappe.get_doc("Workspace", "Performance Flow")
	assert workspace.public and workspace.module == "Perf Flow"
	blocks = json.loads(workspace.content)
	named = {
		"number_card": {row.label for row in workspace.number_cards},
		"chart": {row.label for row in workspace.charts},
		"shortcut": {row.label for row in workspace.shortcuts},
		"card": {row.label for row in workspace.links if row.type == "Card Break"},
	}
	for kind, labels in named.items():
		assert sorted(b["data"][f"{kind}_name"] for b in blocks if b["type"] == kind) == sorted(labels)
	for row in workspace.number_cards:
		assert frappe.db.exists("Number Card", row.number_card_name)
	for row in workspace.charts:
		assert frappe.db.exists("Dashboard Chart", row.chart_name)
	for row in [*workspace.shortcuts, *(row for row in workspace.links if row.type == "Link")]:
		kind = row.get("link_type") or row.get("type")
		if kind == "URL":
			assert row.url.startswith("/app/"), row.label
			continue
		assert frappe.db.exists(kind, row.link_to), row.link_to
		if kind == "DocType" and row.get("stats_filter"):
			fields = {df.fieldname for df in frappe.get_meta(row.link_to).fields}
			text = row.stats_filter.replace("frappe.session.user", '"x"')
			assert set(json.loads(text)) <= fields


def test_rounding_of_trends() -> None:
	from perf_flow.perf_flow.report.flow_health.flow_health import signed

	assert [signed(flt(points)) for points in (3.24, -3.26, 0.04, -0.04, 0)] == [
		"+3.2",
		"−3.3",
		"±0.0",
		"±0.0",
		"±0.0",
	]
