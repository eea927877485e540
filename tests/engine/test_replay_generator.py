"""The generated quarter: the same from the same seed, of the shape that is promised, and accepted by the engine."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from statistics import median

import openpyxl
import pytest

from perf_flow.engine.brief import Brief
from perf_flow.engine.model import Mark
from perf_flow.replay import columns as c
from perf_flow.replay.columns import Deed
from perf_flow.replay.company import DEPARTMENTS, Dice, Worker, names, staff
from perf_flow.replay.demo import WORKBOOK, demo
from perf_flow.replay.generator import (
	EVENTS,
	FIRST,
	LAST,
	NOW,
	PLANS,
	SEED,
	WORKED,
	Quarter,
	free_days,
	public_holidays,
	quarter,
	shift_of,
	week_pace,
	worked,
	write_csv,
	write_workbook,
)
from perf_flow.replay.run import replay_files

SMALL = 400
DIGEST = "9201c164fc4fd1dd45e76992636d785c6c01950d824b9bcef37111c55312af14"


@cache
def whole() -> Quarter:
	"""The quarter of the demo."""
	return quarter()


@cache
def small() -> Quarter:
	"""A smaller one, for what is written and replayed."""
	return quarter(events=SMALL)


def digest(files: list[Path]) -> str:
	"""One number for the bytes of all files."""
	found = hashlib.sha256()
	for path in files:
		found.update(path.name.encode() + b"\0" + path.read_bytes())
	return found.hexdigest()


# --- the same seed, the same bytes --------------------------------------------------------------------------


PROGRAM = """
import sys
from pathlib import Path
from perf_flow.replay.generator import quarter, write_csv
write_csv(quarter(events=int(sys.argv[1])), Path(sys.argv[2]), sys.argv[3])
"""


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_same_seed_makes_the_same_bytes(lang: str, tmp_path: Path) -> None:
	"""Also in another process, where sets and dictionaries are in another order."""
	one = write_csv(quarter(events=SMALL), tmp_path / "one", lang)
	subprocess.run(
		[sys.executable, "-c", PROGRAM, str(SMALL), str(tmp_path / "two"), lang],
		check=True,
		cwd=Path(__file__).parents[2],
		env={**os.environ, "PYTHONHASHSEED": "12345"},
	)
	assert digest(one) == digest([tmp_path / "two" / path.name for path in one])


def test_it_is_the_same_on_every_machine(tmp_path: Path) -> None:
	"""And with every Python: what happened is written down as one number. A change of the generator changes it."""
	write_csv(quarter(events=SMALL), tmp_path, "en")
	assert digest([tmp_path / name for name in ("people.csv", "events.csv", "actions.csv")]) == DIGEST


def test_another_seed_makes_another_quarter() -> None:
	assert quarter(SEED + 1, 100).events != quarter(SEED, 100).events


def test_the_workbook_is_the_same_too(tmp_path: Path) -> None:
	write_workbook(small(), tmp_path / "one.xlsx", "zh")
	write_workbook(small(), tmp_path / "two.xlsx", "zh")
	assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


# --- people ---------------------------------------------------------------------------------------------------


def test_seven_hundred_people_in_a_tree() -> None:
	workers = whole().workers
	by_key = {worker.key: worker for worker in workers}
	assert len(workers) == len(by_key) == 700 == sum(d.people for d in DEPARTMENTS)
	assert Counter(w.department.key for w in workers) == {d.key: d.people for d in DEPARTMENTS}
	for worker in workers:
		above, steps = worker, 0
		while above.manager:
			above, steps = by_key[above.manager], steps + 1
			assert above.leads and steps < 5
		assert above is workers[0]
	spans = Counter(worker.manager for worker in workers)
	assert max(spans.values()) <= 25


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_name_is_there_twice(seed: int) -> None:
	workers = staff(seed, [FIRST])
	assert len({w.name.en for w in workers}) == len({w.name.zh for w in workers}) == 700


def test_names_do_not_end() -> None:
	source = names(Dice(5, "x"))
	assert len({next(source) for _ in range(3000)}) == 3000


# --- days -----------------------------------------------------------------------------------------------------


def test_holidays_are_those_of_2025() -> None:
	assert public_holidays() == {
		*(date(2025, 4, d) for d in (4, 5, 6)),
		*(date(2025, 5, d) for d in (1, 2, 3, 4, 5)),
		date(2025, 5, 31),
		*(date(2025, 6, d) for d in (1, 2)),
	}
	assert WORKED == {date(2025, 4, 27)} and not WORKED & free_days(plant=False)


def test_people_work_in_their_shift() -> None:
	by_shift: dict[int, Worker] = {shift_of(w): w for w in whole().workers}
	hours = {0: (8, 17), 1: (7, 15), 2: (15, 23)}
	for shift, worker in by_shift.items():
		for step in range(200):
			at = worked(worker, datetime(2025, 4, 30, 12, 0), step * 0.37)
			first, last = hours[shift]
			assert first <= at.hour <= last, (shift, at)
			assert at.date() not in free_days(worker.department.floor)


def test_events_happen_when_people_work() -> None:
	by_key = {worker.key: worker for worker in whole().workers}
	clocked = {p.number.split("{")[0] for p in PLANS if p.by_clock}
	for row in whole().events:
		at = row["recorded_at"]
		assert FIRST <= at.date() <= LAST
		if any(row["document"].startswith(x) for x in clocked) and at.hour == 0:
			continue
		worker = by_key.get(row["person"])
		if worker is not None:
			assert at.date() not in public_holidays(), row
			assert 7 <= at.hour < 23


# --- what happened --------------------------------------------------------------------------------------------


def test_about_twenty_thousand_events_of_twelve_types() -> None:
	counts = Counter(row["type"] for row in whole().events)
	assert len(counts) == len(PLANS) == 12
	assert sum(counts.values()) == pytest.approx(EVENTS, rel=0.01)
	assert max(counts.values()) == counts["Work order completed"] == 6900
	assert len({row["event"] for row in whole().events}) == len(whole().events)


def test_nothing_lies_after_the_time_of_the_brief_or_before_its_event() -> None:
	recorded = {row["event"]: row["recorded_at"] for row in whole().events}
	assert max(row["at"] for row in whole().actions) <= NOW
	assert all(row["at"] >= recorded[row["event"]] for row in whole().actions)
	times = [row["at"] for row in whole().actions]
	assert times == sorted(times)


def test_some_chains_are_redone_voided_handed_over_or_nobodys() -> None:
	actions = Counter(row["action"] for row in whole().actions)
	marks = Counter(row["mark"] for row in whole().actions if row["action"] == Deed.MARK.value)
	count = len(whole().events)
	assert 0.02 < marks[Mark.REDO.value] / count < 0.12
	assert 0.05 < marks[Mark.NEEDS_IMPROVEMENT.value] / count < 0.2
	assert 0.005 < actions[Deed.VOID.value] / count < 0.03
	assert 0.01 < actions[Deed.REASSIGN.value] / count < 0.2
	assert 0 < sum(not row["person"] for row in whole().events) / count < 0.03


def test_some_managers_mark_at_the_end_of_the_month() -> None:
	afternoons = {date(2025, 4, 30), date(2025, 5, 30), date(2025, 6, 30)}
	marked: dict[str, list[datetime]] = defaultdict(list)
	for row in whole().actions:
		if row["action"] == Deed.MARK.value:
			marked[row["by"]].append(row["at"])
	in_bulk = {worker.key for worker in whole().workers if worker.in_bulk and len(marked[worker.key]) > 20}
	assert in_bulk

	def share(times: list[datetime]) -> float:
		return sum(t.date() in afternoons and t.hour >= 15 for t in times) / len(times)

	assert all(share(marked[key]) > 0.4 for key in in_bulk)
	assert (
		median(share(times) for key, times in marked.items() if key not in in_bulk and len(times) > 20) < 0.1
	)


def test_more_is_sold_at_the_end_of_a_month() -> None:
	days = Counter(row["recorded_at"].date() for row in whole().events if row["type"] == "Contract signed")
	late = [days[date(2025, 4, d)] for d in (28, 29, 30)]
	early = [days[date(2025, 4, d)] for d in (8, 9, 10, 15, 16, 17)]
	assert sum(late) / len(late) > 1.4 * sum(early) / len(early)


def test_weeks_get_quicker_but_after_the_holidays() -> None:
	assert week_pace(LAST) < 0.7 * week_pace(FIRST)
	assert week_pace(date(2025, 5, 7)) > week_pace(date(2025, 4, 30))


# --- replayed -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Brief]:
	"""The brief of a quarter of 3,000 events."""
	made = quarter(events=3000)
	return {
		lang: replay_files(write_csv(made, tmp_path_factory.mktemp(lang), lang), lang=lang)
		for lang in ("en", "zh")
	}


def test_the_engine_accepts_every_step(replayed: dict[str, Brief]) -> None:
	for brief in replayed.values():
		assert brief.inputs.refused == 0 and brief.inputs.ignored == () and brief.notes == ()
		assert brief.total.events == pytest.approx(3000, rel=0.01)


def test_both_languages_hold_the_same(replayed: dict[str, Brief]) -> None:
	en, zh = replayed["en"], replayed["zh"]
	assert en.total == zh.total and en.weeks == zh.weeks and en.stalls == zh.stalls
	assert Counter(g.health for g in en.departments) == Counter(g.health for g in zh.departments)
	assert {g.name for g in zh.departments} >= {"装配车间", "采购部"}
	assert {g.name for g in zh.event_types} >= {"首件检验通过"}
	assert not {g.name for g in zh.event_types} & {g.name for g in en.event_types}


def test_the_story_is_in_the_figures(replayed: dict[str, Brief]) -> None:
	"""Worth looking at: neither all is well nor nothing, departments differ, and it gets better."""
	brief = replayed["en"]
	assert 60 < (brief.total.health.percent or 0) < 80
	shares = {g.name: g.health.percent or 0 for g in brief.departments if g.health.counted > 80}
	assert shares["Assembly"] > shares["Purchasing"] + 20
	weeks = [w.group.health.percent or 0 for w in brief.weeks if w.group.health.counted > 50]
	assert sum(weeks[-3:]) / 3 > sum(weeks[:3]) / 3 + 5
	assert brief.broken_total > 100 and len(brief.first) > 300 and brief.deviations


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_workbook_and_csv_hold_the_same(lang: str, tmp_path: Path) -> None:
	files = write_csv(small(), tmp_path / "csv", lang)
	write_workbook(small(), tmp_path / "quarter.xlsx", lang)
	one = replay_files(files, lang=lang)
	two = replay_files([tmp_path / "quarter.xlsx"], lang=lang)
	assert two.inputs.files == ("quarter.xlsx",)
	assert [getattr(one, f) for f in one.__slots__ if f != "inputs"] == [
		getattr(two, f) for f in two.__slots__ if f != "inputs"
	]


def test_files_open_in_a_spreadsheet(tmp_path: Path) -> None:
	files = write_csv(small(), tmp_path, "zh")
	assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in files)
	with (tmp_path / "events.csv").open(encoding="utf-8-sig", newline="") as file:
		rows = list(csv.reader(file))
	assert rows[0][0] == c.EVENTS.column("event").zh
	assert len(rows) == len(small().events) + 1
	# no cell would be taken for a formula
	for path in files:
		with path.open(encoding="utf-8-sig", newline="") as file:
			assert not [
				cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "+", "-", "@"))
			]
	write_workbook(small(), tmp_path / "q.xlsx", "zh")
	book = openpyxl.load_workbook(tmp_path / "q.xlsx", read_only=True)
	assert book.sheetnames[-2:] == [c.EVENTS.zh, c.ACTIONS.zh]


def test_the_demo_says_that_it_is_made_up(tmp_path: Path) -> None:
	brief = demo(tmp_path, "en", events=120)
	assert [p.name for p in tmp_path.iterdir()] == [WORKBOOK]
	assert brief.inputs.files == (WORKBOOK,)
	assert "made up" in brief.notes[0].template
	assert brief.now.replace(tzinfo=None) == NOW - timedelta(hours=8)
