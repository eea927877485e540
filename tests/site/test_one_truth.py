"""A month of life on a site, exported and replayed without it: the same chains, verdicts and health, to the last digit."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import frappe
from frappe.utils import add_days

from perf_flow.api import site_export as api
from perf_flow.api import steps
from perf_flow.engine.facts import fact_name
from perf_flow.engine.health import by, health, stalls, weekly
from perf_flow.engine.model import Chain, ChainState
from perf_flow.engine.verifier import verify
from perf_flow.flow import clockwork, figures, files, follow, observe, site_export, store, times
from perf_flow.flow.figures import Moment, Selection
from perf_flow.flow.verify import compare_documents
from perf_flow.replay.run import Options, replay
from tests.site import world
from tests.site.test_clockwork import announce
from tests.site.test_verifier import CONCRETE, order_type

BEGIN = datetime(2027, 3, 1, 1, 0, tzinfo=timezone.utc)
"""Nine o'clock at the site, a Monday; five whole weeks follow, as the report counts whole weeks."""
FIRST, LAST = date(2027, 3, 1), date(2027, 4, 4)


@pytest.fixture
def crew(site: str) -> dict[str, Any]:
	return world.people()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], datetime]:
	"""``at(hours)``: the server's clock, so many hours after BEGIN. Two looks at it are never the same."""
	ticks = iter(range(1, 10**9))

	def set_to(hours: float) -> datetime:
		moment = BEGIN + timedelta(hours=hours)
		monkeypatch.setattr(times, "now_utc", lambda: moment + timedelta(microseconds=137 * next(ticks)))
		return times.now_site()

	set_to(0)
	return set_to


@pytest.fixture(autouse=True)
def no_commits(site: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	monkeypatch.setattr(frappe.db, "rollback", lambda **_kwargs: None)
	monkeypatch.setattr(site_export, "_enqueue", lambda name: None)
	yield
	monkeypatch.undo()


# --- a month of life ----------------------------------------------------------------------------------------


class Life:
	"""What happens in the month. Every step is taken as people and jobs take it."""

	def __init__(self, crew: dict[str, Any], at: Callable[[float], datetime], as_user: Any) -> None:
		self.crew, self.at, self.as_user = crew, at, as_user
		self.now = 0.0

	def later(self, hours: float) -> None:
		"""Let time pass, with the scheduler running every few hours."""
		until = self.now + hours
		while self.now < until:
			self.now = min(self.now + 6, until)
			self.at(self.now)
			clockwork.tick()
			clockwork.look_after_people()

	def by(self, who: str, do: Callable[..., Any], *args: Any) -> Any:
		with self.as_user(world.user(self.crew[who])):
			return do(*args)

	def event(self, doc: Any) -> str:
		return str(world.events(doc)[-1].name)

	def order(self, **more: Any) -> tuple[str, Any]:
		doc = world.order(self.crew["anna"], **more)
		return self.event(doc), doc

	def key(self, event: str, label: str) -> str:
		return next(r.key for r in store.load(event).requirements if r.label == label)

	def give(self, event: str, label: str, value: str, who: str = "anna") -> None:
		self.by(who, steps.give, event, self.key(event, label), value)

	def file(self, event: str, label: str, content: bytes) -> None:
		self.by("anna", files.give, event, self.key(event, label), f"{len(content)} =paper.txt", content)

	def live(self) -> None:
		"""The month."""
		make_types(self.crew)
		closed, _doc = self.order()
		late, _doc = self.order(delivery_date=add_days(str(FIRST), 9))
		redone, _doc = self.order()
		taken_back, _doc = self.order()
		cancelled, cancelled_doc = self.order()
		forgotten, _doc = self.order()
		handed_on, _doc = self.order()
		void, _doc = self.order()
		nobodys = self.event(world.order())
		task = self.event(self.by("anna", world.todo))
		self.later(5)
		self.file(closed, "Paper", b"signed on 2 March, +1+1")
		self.give(
			closed,
			"Note on the change",
			'=HYPERLINK("http://x"), moved to 20 December; see mail\n二月 “ok”  ',
		)
		self.by("quentin", steps.sign, closed)
		self.by("max", steps.mark, closed, "Meets", "The customer agreed to the date in writing")
		self.by("quentin", steps.confirm, closed, '["Quality", "Delivery"]', "checked, _x000D_")
		# the same file once more
		self.file(late, "Paper", b"signed on 2 March, +1+1")
		self.give(redone, "Note on the change", "The first note, which was not enough for Max")
		self.by("max", steps.mark, redone, "Redo", "Say which date was agreed, and with whom.")
		self.give(taken_back, "Note on the change", "A note")
		self.by("max", steps.mark, taken_back, "Redo", "The wrong paper of the wrong order")
		self.by("max", steps.take_back, taken_back, "1-M")
		self.by("max", steps.mark, taken_back, "Needs Improvement", "Two days later than promised")
		self.give(task, "What was done", CONCRETE)
		self.by("quentin", steps.sign, task)
		self.by("quentin", steps.take_back, task, "1-S1")
		self.by("hilda", steps.reassign, handed_on, "1-M", self.crew["quentin"].name, "leads the project")
		self.by("hilda", steps.void, void, "Entered twice by mistake")
		self.give(cancelled, "Note on the change", "This goes over to the amended order")
		self.later(20)
		self.give(redone, "Note on the change", "Agreed on 20 December with Ms Li, see mail of 2 December.")
		self.by("max", steps.mark, redone, "Meets", "The customer agreed to the date in writing")
		self.by("quentin", steps.sign, task)
		self.by("boss", steps.sign, task)
		self.follow_documents(cancelled_doc, cancelled)
		self.absence()
		self.later(30)
		self.by("quentin", steps.mark, handed_on, "Meets", "The customer agreed to the date in writing")
		self.by("quentin", steps.confirm, redone, '["None"]', "")
		self.rename_people()
		self.many()
		# forgotten, late and nobody's go on past their time: reminders, overdue, escalation
		self.later(24 * 9)
		assert store.load(forgotten).state is ChainState.OPEN
		assert store.load(nobodys).owner is None
		young, _doc = self.order()
		self.later(3)
		assert store.load(young).state is ChainState.OPEN
		assert not list(compare_documents())

	def follow_documents(self, doc: Any, event: str) -> None:
		"""Cancelled and amended, renamed, deleted, and evidence that ERP data shows and shows no longer."""
		doc.reload()
		doc.flags.ignore_permissions = True
		doc.cancel()
		amended = frappe.copy_doc(doc)
		amended.amended_from, amended.docstatus = doc.name, 0
		amended.insert(ignore_permissions=True)
		amended.flags.ignore_permissions = True
		amended.submit()
		follow.handle_take_over(frappe._dict(event=self.event(amended)), {"amended_from": doc.name})
		for name in ("Truth Alpha", "Truth Gamma"):
			frappe.get_doc({"doctype": "Customer", "customer_name": name}).insert(ignore_permissions=True)
		frappe.rename_doc("Customer", "Truth Alpha", "Truth Beta", force=True)
		frappe.delete_doc("Customer", "Truth Gamma")
		shown = frappe.get_doc("Customer", "Truth Beta")
		watched = self.event(shown)
		for value in ("Beta & sons", "", "Beta again"):
			frappe.db.set_value("Customer", shown.name, "customer_details", value)
			self.later(1)
			observe.observe(watched)

	def absence(self) -> None:
		"""Max is away for two days, Quentin stands in; then it is over."""
		today = times.now_site().date()
		self.by("max", announce, self.crew["max"], today, today, self.crew["quentin"].name)
		meanwhile, _doc = self.order()
		clockwork.look_after_people()
		assert store.load(meanwhile).step("1-M").assignee.employee == self.crew["quentin"].name
		self.later(25)
		assert store.load(meanwhile).step("1-M").assignee.employee == self.crew["max"].name

	def rename_people(self) -> None:
		"""Names that changed since stand in the chains, and how it was in their facts."""
		frappe.rename_doc("Employee", self.crew["quentin"].name, "HR-EMP-TRUTH", force=True)
		self.crew["quentin"] = frappe.get_doc("Employee", "HR-EMP-TRUTH")
		frappe.rename_doc("Business Event Type", "Truth task", "Truth task anew", force=True)

	def many(self) -> None:
		"""A few dozen more, by chance: the same each time."""
		dice = random.Random(20270301)
		for _number in range(16):
			event = self.event(self.by("anna", world.todo, f"Truth quick {dice.random()}"))
			self.later(dice.choice((0.5, 3, 9)))
			if dice.random() < 0.8:
				self.give(
					event, "In a word", dice.choice(("done", "=1+1", "0012", "2027-03-01", "  是的 ", "TRUE"))
				)
				self.later(dice.choice((0.2, 8, 30)))
				mark = dice.choice(("Meets", "Meets", "Redo", "Needs Improvement"))
				if dice.random() < 0.85:
					self.by("max", steps.mark, event, mark, "Because it was so, on 3 March")


def make_types(crew: dict[str, Any]) -> None:
	order_type(
		collaborators=[
			{
				"label": "Quality",
				"source": "Department Head",
				"department": world.department("Quality Assurance"),
				"required": 1,
			}
		],
		clock="Working hours",
		evidence_hours=7.5,
		mark_hours=16,
	)
	world.todo_type(
		"Truth task",
		filters=json.dumps([["ToDo", "description", "not like", "Truth quick%"]]),
		requirements=[
			{"label": "What was done", "kind": "Text", "minimum_characters": 5, "must_be_concrete": 1},
			{
				"label": "Change note signed",
				"kind": "Sign-off",
				"departments": "\n".join(
					(world.department("Quality Assurance"), world.department("Management"))
				),
			},
			{"label": "What is different now", "kind": "Text", "rounds": "After a Redo"},
		],
	)
	world.todo_type(
		"Truth quick",
		filters=json.dumps([["ToDo", "description", "like", "Truth quick%"]]),
		requirements=[{"label": "In a word", "kind": "Text"}],
		reminder_hours=4,
		escalation_hours=5,
		pilot_scope=[{"scope_type": "Employee", "scope_name": crew["anna"].name}],
	)
	world.event_type(
		"Truth customer",
		reference_doctype="Customer",
		trigger="Created",
		collaborators=[],
		recipients=[{"source": "Named Employee", "employee": crew["anna"].name}],
		requirements=[
			{"label": "Details", "kind": "Field", "fieldname": "customer_details", "obligation": "Mandatory"},
			{"label": "Story", "kind": "Text", "obligation": "Mandatory"},
		],
	)


# --- one truth ----------------------------------------------------------------------------------------------


def replayed(tmp_path: Path, content: bytes, **more: Any) -> tuple[dict[str, Chain], Any]:
	path = tmp_path / "month.xlsx"
	path.write_bytes(content)
	chains: list[Chain] = []
	found = replay([path], Options(on_chain=chains.append, **more))
	assert list(found.problems) == []
	return {c.id: c for c in chains}, found


def test_a_month_exported_and_replayed_gives_the_same_chains_verdicts_and_health(
	crew: dict[str, Any], at: Any, as_user: Any, tmp_path: Path
) -> None:
	Life(crew, at, as_user).live()
	moment = Moment.now()
	made = site_export.make(FIRST, LAST, moment.utc)
	names = site_export.events_of(FIRST, LAST)
	assert made.events == len(names) > 25 and made.as_recorded == 0
	site_chains = {name: store.load(name) for name in names}
	happened = {fact_name(fact) for name in names for fact in store.load_facts(name)}
	assert MUST_HAVE_HAPPENED <= happened, MUST_HAVE_HAPPENED - happened
	for lang in ("en", "zh"):
		chains, found = replayed(tmp_path, made.workbook(lang), lang=lang)
		# every chain, every field of it
		assert chains.keys() == site_chains.keys()
		for name, chain in site_chains.items():
			assert chains[name] == chain, name
			assert verify(chains[name]) == verify(chain), name
		assert found.brief.inputs.refused == 0
		same_health(found.brief, moment)


def same_health(brief: Any, moment: Moment) -> None:
	"""The figures of a brief are those of the site's report, in whole and in each group, week and step."""
	chosen = Selection(first=FIRST, last=LAST)
	of_site = health(figures.chains(figures.outcomes(chosen, moment)), moment.utc)
	assert brief.now == moment.utc
	assert brief.total.health == of_site
	assert brief.total.health.percent == of_site.percent is not None
	for dimension, groups in (
		("event_type", brief.event_types),
		("department", brief.departments),
		("manager", brief.managers),
	):
		pairs = figures.outcomes(chosen, moment, dimension)
		site_groups = by(figures.chains(pairs), lambda c, d=dimension: getattr(c, d), moment.utc)
		assert {g.key: g.health for g in groups} == site_groups, dimension
	weeks = weekly(figures.chains(figures.outcomes(chosen, moment)), moment.utc, figures.site_zone())
	assert [(w.start, w.group.health, w.trend) for w in brief.weeks] == [tuple(w) for w in weeks]
	assert brief.stalls == stalls(figures.times(chosen), moment.utc)


MUST_HAVE_HAPPENED = {
	"EventRecorded",
	"StepOpened",
	"EvidenceGiven",
	"EvidenceWithdrawn",
	"ChecksObserved",
	"SignedOff",
	"MarkGiven",
	"ImpactConfirmed",
	"StepTakenBack",
	"StepReassigned",
	"StepReminded",
	"StepBecameOverdue",
	"StepEscalated",
	"ChainClosed",
	"ChainVoided",
	"DocumentRenamed",
	"DocumentCancelled",
	"DocumentDeleted",
	"ContinuedBy",
	"ContinuedFrom",
	"MasterRenamed",
}


# --- what is written, and for whom ----------------------------------------------------------------------------


def test_only_those_who_appear_and_their_superiors_are_in_it(
	crew: dict[str, Any], at: Any, as_user: Any
) -> None:
	world.person("Bystander", crew["boss"].name)
	order_type()
	world.order(crew["anna"])
	made = site_export.make(FIRST, LAST)
	people = {row["name"] for row in made.sheets.rows["people"]}
	assert {"Anna", "Max", "Boss"} <= people and "Bystander" not in people


def test_days_and_nothing_to_write(site: str, at: Any) -> None:
	for first, last in (("2027-03-02", "2027-03-01"), ("March", "2027-03-01"), ("2027-13-01", "2027-03-01")):
		with pytest.raises(ValueError):
			site_export.days(first, last)
	assert site_export.make(date(2031, 1, 1), date(2031, 1, 2)).events == 0


def test_hr_exports_what_it_may_read_whole_and_nobody_else(
	crew: dict[str, Any], at: Any, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
	import openpyxl

	order_type()
	world.order(crew["anna"])
	first, last = str(FIRST), str(LAST)
	keeper = world.person("Keeper", crew["boss"].name, roles=("Performance Administrator", "System Manager"))
	elsewhere = world.person("Heike", crew["boss"].name, roles=("HR Manager",))
	other = frappe.get_doc(
		{
			"doctype": "Company",
			"company_name": "Truth Elsewhere",
			"abbr": "TE",
			"default_currency": "CNY",
			"country": "China",
		}
	)
	other.name = "Truth Elsewhere"
	other.db_insert()
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": world.user(elsewhere),
			"allow": "Company",
			"for_value": other.name,
		}
	).insert(ignore_permissions=True)
	for who in (crew["anna"], crew["max"], crew["boss"], keeper, elsewhere):
		with as_user(world.user(who)), pytest.raises(frappe.PermissionError):
			api.start(first, last)
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		api.start(first, last)

	with as_user(world.user(crew["hilda"])):
		with pytest.raises(frappe.ValidationError):
			api.start(last, first)
		with pytest.raises(frappe.ValidationError, match="No business event"):
			api.start("2031-01-01", "2031-01-02")
		name = api.start(first, last)
	site_export.carry_out(name)
	row = frappe.get_doc("Flow Export", name)
	assert (row.state, row.events, row.problem) == ("Finished", 1, None)
	file = frappe.get_doc("File", {"attached_to_doctype": "Flow Export", "attached_to_name": name})
	assert file.is_private
	book = openpyxl.load_workbook(io.BytesIO(file.get_content()), read_only=True)
	assert "Events" in book.sheetnames
	for who, may in ((crew["hilda"], True), (crew["max"], False), (keeper, False), (elsewhere, False)):
		user = world.user(who)
		with as_user(user):
			assert frappe.has_permission("File", "read", file, user=user) is may, user
			assert bool(frappe.get_list("Flow Export", filters={"name": name})) is may, user
	told = frappe.get_all(
		"Notification Log", {"document_type": "Flow Export", "document_name": name}, pluck="for_user"
	)
	assert told == [world.user(crew["hilda"])]
	# a second worker does nothing; a week later it is gone
	site_export.carry_out(name)
	frappe.db.set_value("Flow Export", name, "creation", add_days(times.now_site(), -8))
	site_export.clear_old()
	assert not frappe.db.exists("Flow Export", name) and not frappe.db.exists("File", file.name)


def test_a_failed_export_is_told(
	crew: dict[str, Any], at: Any, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
	order_type()
	world.order(crew["anna"])
	with as_user(world.user(crew["hilda"])):
		name = api.start(str(FIRST), str(LAST))
	monkeypatch.setattr(site_export, "make", lambda *_: 1 / 0)
	site_export.carry_out(name)
	assert frappe.db.get_value("Flow Export", name, "state") == "Failed"


def test_the_export_changes_nothing(crew: dict[str, Any], at: Any) -> None:
	order_type()
	event = world.events(world.order(crew["anna"]))[0].name
	before = store.load_facts(event)
	site_export.make(FIRST, LAST)
	assert store.load_facts(event) == before


@pytest.mark.parametrize(
	("first", "last", "status", "said"),
	[
		("2031-01-01", "2031-01-02", 1, "nothing was written"),
		("2031-01-02", "2031-01-01", 2, "after the last one"),
		("January", "2031-01-01", 2, "2026-03-01"),
	],
)
def test_the_command_says_what_is_wrong_and_writes_nothing(
	site: str, tmp_path: Path, first: str, last: str, status: int, said: str
) -> None:
	out = tmp_path / "out.xlsx"
	argv = [
		sys.executable,
		"-m",
		"frappe.utils.bench_helper",
		"frappe",
		"--site",
		site,
		"perf-flow",
		"export",
	]
	done = subprocess.run([*argv, "--from", first, "--to", last, str(out)], capture_output=True, text=True)
	assert (done.returncode, said in done.stderr) == (status, True), done.stderr
	assert not out.exists()
