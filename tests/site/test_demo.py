"""The demo: what can be told of it without living the month. `make site` itself verifies its ledger at the end."""

from __future__ import annotations

import io
import random
import sys
from datetime import datetime, timedelta

import pytest
from PIL import Image

import frappe

from perf_flow.demo import answers, clock, company, month, papers, people, site
from perf_flow.engine.evidence import visible_characters
from perf_flow.flow import store, templates, times
from tests.site import world

pytestmark = pytest.mark.site


def fingerprint() -> list[tuple]:
	"""What a second run could have changed: how many rows each of these tables has, and the newest change."""
	tables = (
		"User",
		"Employee",
		"Sales Order",
		"Business Event Type",
		store.EVENT,
		store.ENTRY,
		store.OUTBOX,
		"DefaultValue",
	)
	return [frappe.db.sql(f"select '{t}', count(*), max(modified) from `tab{t}`")[0] for t in tables]


def test_running_it_twice_changes_nothing(site_is, capsys):
	site_is(site.READY)
	before = fingerprint()
	site.make()
	assert fingerprint() == before
	shown = capsys.readouterr().out
	assert "already there" in shown and people.PASSWORD in shown
	assert all(people.BY_KEY[key].login in shown for _role, key in people.SHOWN)


def test_a_run_that_stopped_half_way_is_not_continued(site_is):
	site_is(site.BEGUN)
	with pytest.raises(SystemExit, match="make a new site"):
		site.make()


def test_a_site_with_people_of_its_own_is_left_alone(site_is):
	site_is(None)
	world.people()
	before = fingerprint()
	with pytest.raises(SystemExit, match="employees or business events of its own"):
		site.make()
	assert fingerprint() == before


def test_without_the_package_it_says_what_to_install(monkeypatch):
	monkeypatch.setitem(sys.modules, "time_machine", None)
	with pytest.raises(SystemExit, match=r"pip install time-machine"):
		clock.Clock()


def test_the_clock_goes_forward_only_and_comes_back():
	pytest.importorskip("time_machine")
	real = times.now_site()
	past = (real - timedelta(days=30)).replace(microsecond=0)
	with clock.Clock() as moved:
		moved.begin(past)
		assert timedelta() <= times.now_site() - past < timedelta(minutes=1)
		moved.move_to(past + timedelta(days=2))
		assert frappe.utils.now_datetime() >= past + timedelta(days=2)
		moved.move_to(past)
		assert times.now_site() >= past + timedelta(days=2)
	assert times.now_site() >= real


@pytest.mark.parametrize("day", range(7))
def test_the_month_begins_on_a_monday_whatever_day_it_is(day):
	present = datetime(2026, 11, 16, 15, 30) + timedelta(days=day)
	begin = month.first_monday(present)
	weeks = month.week_count(begin, present)
	assert begin.weekday() == 0 and 28 <= (present.date() - begin).days <= 38
	assert begin + timedelta(weeks=weeks - 1) <= present.date() < begin + timedelta(weeks=weeks)


def test_what_lies_in_the_future_is_not_done(monkeypatch):
	present = datetime(2026, 11, 20, 15)
	monkeypatch.setattr(month.jobs, "drain_and_seal", lambda: None)
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	monkeypatch.setattr(month.Agenda, "_next_due", lambda self: None)

	class Still:
		def move_to(self, when):
			moved.append(when)

	moved, done = [], []
	agenda = month.Agenda(Still(), present - timedelta(hours=3), present)
	agenda.at(present - timedelta(hours=1), done.append, "second")
	agenda.at(present - timedelta(hours=2), done.append, "first")
	agenda.at(present, done.append, "never")
	agenda.run()
	assert done == ["first", "second"]
	assert moved == [present - timedelta(hours=2), present - timedelta(hours=1), present]


def test_everybody_has_a_place_in_the_tree_and_roles_that_exist():
	known: set[str] = set()
	for worker in people.WORKERS:
		assert worker.boss in known or (worker.boss == "" and (worker.key == "clara" or worker.outside))
		known.add(worker.key)
	assert len(known) == len(people.WORKERS)
	roles = {role for worker in people.WORKERS for role in worker.roles}
	assert not [role for role in roles if not frappe.db.exists("Role", role)]
	asked = {
		row["role"]
		for key in switched_on()
		for row in templates.by_key(key).values.get("collaborators", ())
		if row["source"] == "Role"
	}
	assert not asked - roles


def switched_on() -> list[str]:
	own = [t.key for name in company.INDUSTRIES for t in templates.industry(name).templates]
	return [*own, *company.TRAINING]


def test_every_text_that_is_asked_for_is_long_enough():
	rows = [
		row
		for key in switched_on()
		for row in templates.by_key(key).values.get("requirements", ())
		if row["kind"] == "Text"
	]
	assert len(rows) > 10
	for row in rows:
		for text in (
			answers.TEXTS.get(row["label"], answers.DEFAULT_TEXT),
			answers.CHINESE_TEXTS.get(row["label"], answers.CHINESE_DEFAULT),
		):
			assert visible_characters(text) >= row.get("minimum_characters", 0), (row["label"], text)


def test_goals_and_event_types_name_templates_that_exist():
	for keys in people.KRAS.values():
		assert set(keys) <= set(switched_on())
	assert {kra for _who, _goal, kra, _progress in people.GOALS} <= set(people.KRAS)


@pytest.mark.parametrize(
	("extension", "begins"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("jpg", b"\xff\xd8\xff")]
)
def test_papers_are_files_that_open(extension, begins):
	page = papers.paper(
		"Signed order", ["Sales Order SAL-ORD-1", "a line " * 30], extension, "Anna Lindqvist"
	)
	picture = papers.photo("Rejected casting", extension, 7)
	for content in (page, picture):
		assert content.startswith(begins) and 2_000 < len(content) < 300_000
	assert page != papers.paper("Signed order", ["Sales Order SAL-ORD-2"], extension, "Anna Lindqvist")
	if extension != "pdf":
		assert Image.open(io.BytesIO(page)).size == papers.PAPER


def test_as_many_are_in_time_as_the_week_says():
	"""Counting, not dice: 40 events at 0.31 give 12 or 13 that are planned to be in time."""
	planned = answers.Answers(lambda *a: None, lambda moment: 0.31, random.Random(1), datetime(2026, 11, 20))
	row = frappe._dict(recorded_at=datetime(2026, 11, 17, 10), employee_user="anna@demo.example")
	courses = [planned._course(row) for _n in range(40)]
	in_time = [c for c in courses if c in (answers.Course.PROMPT, answers.Course.REDONE)]
	assert len(in_time) in (12, 13) and answers.Course.FORGOTTEN in courses
	nobody = frappe._dict(row, employee_user=None)
	assert planned._course(nobody) is answers.Course.UNTOUCHED


@pytest.fixture
def site_is(monkeypatch):
	"""Let the demo think that it is this far on the site."""

	def is_(how_far):
		monkeypatch.setattr(site, "state", lambda: how_far)

	return is_
