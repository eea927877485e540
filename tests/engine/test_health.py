"""Flow health: one definition, whatever the order and the grouping of the chains."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.health import (
	DEFINITION,
	STEPS,
	ChainTimes,
	Health,
	Stage,
	StageFigures,
	by,
	health,
	select,
	stages,
	stalls,
	weekly,
)

UTC = timezone.utc
NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def hours(number: float) -> timedelta:
	return timedelta(hours=number)


def chain(age: float = 10, closed_after: float | None = None, **changes: object) -> ChainTimes:
	"""A chain recorded ``age`` hours ago, closed ``closed_after`` hours after that."""
	recorded = NOW - hours(age)
	closed = None if closed_after is None else recorded + hours(closed_after)
	plain = ChainTimes(
		event="BE-1",
		event_type="Contract signed",
		company="Acme",
		department="Sales",
		employee="HR-EMP-1",
		manager="HR-EMP-2",
		pilot=False,
		recorded_at=recorded,
		target_at=recorded + hours(48),
		closed_at=closed,
		void=False,
		stage=Stage.EVIDENCE if closed is None else Stage.CLOSED,
	)
	return replace(plain, **changes)  # type: ignore[arg-type]


@st.composite
def chains(draw: st.DrawFn) -> ChainTimes:
	age = draw(st.integers(0, 24 * 40))
	after = draw(st.none() | st.integers(0, 100))
	steps = sorted(draw(st.lists(st.integers(0, 100), min_size=3, max_size=3)))
	done = draw(st.integers(0, 3))
	made = chain(
		age,
		after,
		department=draw(st.sampled_from(["Sales", "Quality", ""])),
		manager=draw(st.sampled_from(["HR-EMP-2", ""])),
		pilot=draw(st.booleans()),
		void=draw(st.integers(0, 5)) == 0,
		practice=draw(st.integers(0, 5)) == 0,
	)
	ends = [made.recorded_at + hours(step) if index < done else None for index, step in enumerate(steps)]
	stage = made.stage if after is not None else draw(st.sampled_from(STEPS))
	return replace(made, evidence_at=ends[0], marked_at=ends[1], confirmed_at=ends[2], stage=stage)


SETS = st.lists(chains(), max_size=25)


# --- the definition ---


@pytest.mark.parametrize(
	("one", "expected"),
	[
		(chain(100, 10), Health(closed_in_time=1)),
		(chain(100, 48), Health(closed_in_time=1)),
		(chain(100, 48.01), Health(closed_late=1)),
		(chain(10, 5), Health(closed_in_time=1)),
		(chain(48), Health(running=1)),
		(chain(48.01), Health(late_open=1)),
		(chain(100, employee="", manager=""), Health(late_open=1)),
		(chain(100, 10, void=True), Health(void=1)),
		(chain(100, void=True), Health(void=1)),
		(chain(100, 10, practice=True), Health()),
		(chain(100, practice=True, void=True), Health()),
		(chain(100, 10, pilot=True), Health(closed_in_time=1, pilot=1, pilot_in_time=1)),
		(chain(100, pilot=True), Health(late_open=1, pilot=1)),
		(chain(10, pilot=True), Health(running=1)),
	],
)
def test_where_a_chain_is_counted(one: ChainTimes, expected: Health) -> None:
	assert health([one], NOW) == expected


def test_the_target_is_the_one_stored_on_the_chain() -> None:
	"""A chain on working hours over a weekend has longer than 48 calendar hours."""
	recorded = NOW - hours(100)
	assert health([chain(100, 90, target_at=recorded + hours(96))], NOW).closed_in_time == 1


def test_the_percentage() -> None:
	figures = health(
		[chain(100, 1), chain(100, 60), chain(100), chain(100, 2), chain(1), chain(9, void=True)], NOW
	)
	assert figures == Health(closed_in_time=2, closed_late=1, late_open=1, running=1, void=1)
	assert (figures.counted, figures.percent, figures.pilot_percent) == (4, 50.0, None)


def test_nothing_counted_is_no_percentage() -> None:
	assert health([], NOW).percent is None
	assert health([chain(1), chain(100, void=True)], NOW).percent is None


def test_times_without_a_zone_are_refused() -> None:
	with pytest.raises(InvalidInput):
		health([], datetime(2024, 3, 20))
	for column in ("recorded_at", "target_at", "closed_at", "evidence_at", "marked_at", "confirmed_at"):
		with pytest.raises(InvalidInput):
			replace(chain(), **{column: datetime(2024, 3, 20)})  # type: ignore[arg-type]


def test_the_reader_is_told_the_definition() -> None:
	assert len(DEFINITION) == len(set(DEFINITION)) == 7
	assert any("still running" in sentence for sentence in DEFINITION)


# --- properties ---


@given(SETS, st.randoms(use_true_random=False))
def test_the_order_of_the_events_does_not_matter(all_: list[ChainTimes], chance: random.Random) -> None:
	mixed = list(all_)
	chance.shuffle(mixed)
	assert health(mixed, NOW) == health(all_, NOW)
	assert by(mixed, lambda c: c.department, NOW) == by(all_, lambda c: c.department, NOW)
	assert weekly(mixed, NOW, SHANGHAI) == weekly(all_, NOW, SHANGHAI)
	assert stages(mixed, NOW) == stages(all_, NOW)


@given(SETS, SETS)
def test_figures_add_up(first: list[ChainTimes], second: list[ChainTimes]) -> None:
	assert health(first, NOW) + health(second, NOW) == health(first + second, NOW)


@given(SETS)
def test_groups_add_up_to_the_whole(all_: list[ChainTimes]) -> None:
	whole = health(all_, NOW)
	assert sum(by(all_, lambda c: (c.department, c.manager), NOW).values(), Health()) == whole
	assert sum((week.health for week in weekly(all_, NOW, SHANGHAI)), Health()) == whole
	for department, figures in by(all_, lambda c: c.department, NOW).items():
		assert figures == health(select(all_, department=department), NOW)


@given(SETS)
def test_the_percentage_lies_between_0_and_100(all_: list[ChainTimes]) -> None:
	figures = health(all_, NOW)
	for percent in (figures.percent, figures.pilot_percent):
		assert percent is None or 0 <= percent <= 100
	assert (figures.percent is None) == (figures.counted == 0)


@given(SETS, st.booleans())
def test_one_more_in_time_never_lowers_it_and_one_more_late_never_raises_it(
	all_: list[ChainTimes], pilot: bool
) -> None:
	before = health(all_, NOW).percent
	if before is None:
		return
	better = health([*all_, chain(100, 1, pilot=pilot)], NOW).percent
	worse = health([*all_, chain(100, pilot=pilot)], NOW).percent
	assert better is not None and worse is not None
	assert worse <= before <= better


@given(SETS, st.integers(0, 500))
def test_time_alone_never_raises_it(all_: list[ChainTimes], later: int) -> None:
	now, then = health(all_, NOW), health(all_, NOW + hours(later))
	assert then.running <= now.running
	assert now.percent is None or (then.percent is not None and then.percent <= now.percent)


# --- filters and weeks ---


def test_chains_are_selected_by_every_filter_given() -> None:
	all_ = [
		chain(event="a"),
		chain(event="b", pilot=True),
		chain(event="c", company="Other"),
		chain(event="d", manager=""),
		chain(event="e", event_type="Complaint closed"),
	]

	def names(**filters: object) -> str:
		return "".join(one.event for one in select(all_, **filters))  # type: ignore[arg-type]

	assert names() == "abcde"
	assert names(pilot=True) == "b"
	assert names(pilot=False) == "acde"
	assert names(company="Acme", manager="HR-EMP-2") == "abe"
	assert names(manager="") == "d"
	assert names(event_type="Complaint closed") == "e"


def test_weeks_begin_on_monday_in_the_time_zone_of_the_site() -> None:
	sunday = datetime(2024, 3, 3, 17, tzinfo=UTC)  # Monday, 1 in the morning, in Shanghai
	one = chain(closed_after=0, recorded_at=sunday, closed_at=sunday, target_at=sunday + hours(48))
	assert [week.start for week in weekly([one], NOW, SHANGHAI)] == [date(2024, 3, 4)]
	assert [week.start for week in weekly([one], NOW, UTC)] == [date(2024, 2, 26)]


def test_the_first_days_of_january_belong_to_their_iso_week() -> None:
	new_year = datetime(2023, 1, 1, 12, tzinfo=UTC)
	[week] = weekly([chain(recorded_at=new_year, target_at=new_year)], NOW, UTC)
	assert week.start == date(2022, 12, 26)


def test_the_trend_is_to_the_previous_week_that_has_a_percentage() -> None:
	week = 24 * 7
	all_ = [
		chain(4 * week, 1),
		chain(4 * week, 60),
		chain(3 * week, void=True),
		chain(2 * week, 1),
		chain(week, 60),
		chain(1),
	]
	found = weekly(all_, NOW, UTC)
	assert [(start.isoformat(), figures.percent, trend) for start, figures, trend in found] == [
		("2024-02-19", 50.0, None),
		("2024-02-26", None, None),
		("2024-03-04", 100.0, 50.0),
		("2024-03-11", 0.0, -100.0),
		("2024-03-18", None, None),
	]


# --- where chains stall ---


def test_where_chains_wait_and_how_long_the_steps_took() -> None:
	def reached(age: float, *ends: float, **changes: object) -> ChainTimes:
		moments = [NOW - hours(age) + hours(end) for end in ends] + [None] * (3 - len(ends))
		stage = [*STEPS, Stage.CLOSED][len(ends)]
		names = ("evidence_at", "marked_at", "confirmed_at")
		return replace(chain(age, stage=stage), **dict(zip(names, moments, strict=True)), **changes)  # type: ignore[arg-type]

	all_ = [
		reached(10),
		reached(60),
		reached(60, 4),
		reached(60, 10, 11),
		reached(70, 1, 3, 8, closed_at=NOW - hours(62)),
		reached(70, 1, void=True),
		reached(70, 1, practice=True),
	]
	assert stages(all_, NOW) == [
		StageFigures(Stage.EVIDENCE, waiting=2, overdue=1, finished=3, median_hours=4.0),
		StageFigures(Stage.MARK, waiting=1, overdue=1, finished=2, median_hours=1.5),
		StageFigures(Stage.CONFIRMATION, waiting=1, overdue=1, finished=1, median_hours=5.0),
	]


def test_the_funnel_counts_what_passed_each_milestone() -> None:
	at = NOW - hours(70)
	all_ = [
		chain(10),
		chain(60, stage=Stage.MARK, evidence_at=NOW - hours(50)),
		chain(60, stage=Stage.CONFIRMATION, evidence_at=NOW - hours(50), marked_at=NOW - hours(48)),
		# without a mark of its own, closed in time
		chain(
			70,
			stage=Stage.CLOSED,
			evidence_at=at + hours(2),
			confirmed_at=at + hours(8),
			closed_at=at + hours(8),
		),
		chain(70, stage=Stage.CLOSED, evidence_at=at + hours(60), closed_at=at + hours(60)),
		chain(70, void=True),
		chain(70, practice=True),
	]
	found = stalls(all_, NOW)
	assert (found.recorded, found.closed, found.in_time, found.median_hours) == (5, 2, 1, 34.0)
	assert [(step.milestone.value, step.count, step.percent) for step in found.funnel()] == [
		("Recorded", 5, 100.0),
		("Evidence complete", 4, 80.0),
		("Marked", 3, 60.0),
		("Impact confirmed", 2, 40.0),
		("Closed", 2, 40.0),
	]
	assert [step.median_hours for step in found.funnel()] == [None, 10.0, 2.0, 6.0, 34.0]
	assert {step.percent for step in stalls([], NOW).funnel()} == {None}


@given(SETS)
def test_the_funnel_never_widens(all_: list[ChainTimes]) -> None:
	counts = [step.count for step in stalls(all_, NOW).funnel()]
	assert counts == sorted(counts, reverse=True)
	assert counts[0] == len([one for one in all_ if not one.void and not one.practice])


def test_steps_left_out_or_done_early_take_no_negative_time() -> None:
	recorded = NOW - hours(20)
	all_ = [
		chain(20, marked_at=recorded + hours(6)),
		chain(
			20,
			evidence_at=recorded + hours(2),
			confirmed_at=recorded + hours(3),
			marked_at=recorded + hours(9),
		),
		chain(20, evidence_at=recorded - hours(1)),
	]
	assert [(f.finished, f.median_hours) for f in stages(all_, NOW)] == [(2, 1.0), (2, 6.5), (1, 1.0)]


def test_no_chains_no_median() -> None:
	assert [(f.waiting, f.median_hours) for f in stages([], NOW)] == [(0, None)] * 3


@given(SETS)
def test_the_steps_agree_with_a_count_one_by_one(all_: list[ChainTimes]) -> None:
	real = [one for one in all_ if not one.void and not one.practice]
	for figures in stages(all_, NOW):
		here = [one for one in real if one.closed_at is None and one.stage is figures.stage]
		assert figures.waiting == len(here)
		assert figures.overdue == len([one for one in here if NOW > one.target_at])
	first = [one.evidence_at - one.recorded_at for one in real if one.evidence_at]
	expected = median([took.total_seconds() / 3600 for took in first]) if first else None
	assert stages(all_, NOW)[0].median_hours == expected
	whole = health(all_, NOW)
	assert sum(f.waiting for f in stages(all_, NOW)) == whole.running + whole.late_open
