"""What lines of a behaviour snapshot say together: weeks, lateness, figures; whatever the lines are."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf_flow.engine import snapshot
from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.snapshot import FEW, Kind, Line, Measure, Said

FIRST, LAST = date(2026, 9, 1), date(2026, 11, 28)
DONE = Said("completed the task “{0}”", ("Drawing",))


def english(template: str, context: str) -> str:
	return template


def say(said: Said | None) -> str:
	return snapshot.tell(said, english) if said else ""


def line(key: str = "a", at: datetime = datetime(2026, 11, 12, 9, 30), **more: object) -> Line:
	values: dict[str, object] = {"kind": Kind.TASK, "said": DONE, "doctype": "Task", "name": key, **more}
	return Line(key=key, source="tasks", at=at, **values)  # type: ignore[arg-type]


moments = st.one_of(
	st.datetimes(datetime(2026, 8, 20), datetime(2026, 12, 10)),
	st.dates(date(2026, 8, 20), date(2026, 12, 10)).map(lambda day: datetime.combine(day, time.min)),
)
lines = st.builds(
	line,
	key=st.integers(0, 60).map(str),
	at=moments,
	kind=st.sampled_from(Kind),
	due=st.none() | moments,
	took=st.none() | st.timedeltas(timedelta(0), timedelta(days=40)),
	measure=st.none() | st.sampled_from(Measure),
	hours=st.floats(0, 24).map(lambda hours: round(hours, 2)),
	activity=st.sampled_from(("", "Assembly", "Pump 4")),
)
many = st.lists(lines, max_size=40, unique_by=lambda one: one.key)


# --- lateness -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("at", "due", "words"),
	[
		# a due day lasts until it is over
		(datetime(2026, 11, 12, 23, 59), datetime(2026, 11, 12), "just when it was due"),
		(datetime(2026, 11, 12), datetime(2026, 11, 10), "2 days after it was due"),
		(datetime(2026, 11, 12), datetime(2026, 11, 13), "1 day before it was due"),
		(datetime(2026, 11, 12, 9, 30), datetime(2026, 11, 12, 10, 0), "30 minutes before it was due"),
		(datetime(2026, 11, 12, 11, 0), datetime(2026, 11, 12, 10, 0), "1 hour after it was due"),
		(datetime(2026, 11, 12, 10, 0, 20), datetime(2026, 11, 12, 10, 0), "1 minute after it was due"),
		(datetime(2026, 11, 12, 9), datetime(2026, 11, 11, 10), "23 hours after it was due"),
	],
)
def test_how_it_came_in_time(at: datetime, due: datetime, words: str) -> None:
	assert say(line(at=at, due=due).timing) == words


def test_without_a_time_there_is_nothing_to_be_late_for() -> None:
	assert line().late is None and line().timing is None


@given(moments, moments)
def test_late_one_way_is_early_the_other_way(at: datetime, due: datetime) -> None:
	one, other = line(at=at, due=due).late, line(at=due, due=at).late
	assert one is not None and other is not None and one == -other


@given(moments, moments, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_doing_it_later_is_never_less_late(at: datetime, due: datetime, more: timedelta) -> None:
	if (at + more).time() == time.min or at.time() == time.min:
		more = timedelta(days=more.days)
	sooner, later = line(at=at, due=due).late, line(at=at + more, due=due).late
	assert sooner is not None and later is not None and later >= sooner


def test_a_line_as_a_part_of_a_sentence() -> None:
	late = line(at=datetime(2026, 11, 12), due=datetime(2026, 11, 10))
	assert say(snapshot.behaviour(late, "12 November")) == (
		"completed the task “Drawing” on 12 November, 2 days after it was due"
	)
	assert say(snapshot.behaviour(line(), "12 November")) == "completed the task “Drawing” on 12 November"


def test_words_are_translated_at_every_depth_and_what_people_wrote_is_not() -> None:
	asked: list[tuple[str, str]] = []

	def translate(template: str, context: str) -> str:
		asked.append((template, context))
		return f"<{template}>"

	late = line(at=datetime(2026, 11, 12), due=datetime(2026, 11, 10))
	assert snapshot.tell(snapshot.behaviour(late, "{0}"), translate) == (
		"<<completed the task “Drawing”> on {0}, <<2 days> after it was due>>"
	)
	assert ("{0} days", "Span of time") in asked and all("Drawing" not in template for template, _ in asked)
	assert snapshot.behaviour(late, "12").words == ("Drawing", "12")


# --- weeks --------------------------------------------------------------------------------------------------


@given(many)
def test_every_line_of_the_period_is_in_one_week_and_no_other_line_is(found: list[Line]) -> None:
	weeks = snapshot.weeks(found, FIRST, LAST)
	inside = [one for one in found if FIRST <= one.at.date() <= LAST]
	assert sorted(one.key for week in weeks for one in week.lines) == sorted(one.key for one in inside)
	for week in weeks:
		assert week.start.weekday() == 0
		assert all(week.start <= one.at.date() < week.start + timedelta(days=7) for one in week.lines)
		assert sum(week.counts.values()) == len(week.lines)
	assert [week.start for week in weeks] == sorted({week.start for week in weeks}, reverse=True)
	# none is left out, and none is beyond the period
	assert len(weeks) == 13
	assert weeks[0].start <= LAST and weeks[-1].start <= FIRST < weeks[-1].start + timedelta(days=7)


@given(many, st.randoms())
def test_the_order_in_which_lines_are_read_changes_nothing(found: list[Line], dice: object) -> None:
	other = list(found)
	dice.shuffle(other)  # type: ignore[attr-defined]
	assert snapshot.ordered(found, FIRST, LAST) == snapshot.ordered(other, FIRST, LAST)
	assert snapshot.weeks(found, FIRST, LAST) == snapshot.weeks(other, FIRST, LAST)
	assert snapshot.figures(found) == snapshot.figures(other)
	times = [one.at for one in snapshot.ordered(found, FIRST, LAST)]
	assert times == sorted(times, reverse=True)


def test_a_line_read_twice_is_one_line() -> None:
	assert len(snapshot.ordered([line(), line()], FIRST, LAST)) == 1


# --- figures ------------------------------------------------------------------------------------------------


def test_figures_of_a_few_lines_say_that_they_are_few() -> None:
	found = [
		line("a", at=datetime(2026, 11, 12), due=datetime(2026, 11, 10)),
		line("b", at=datetime(2026, 11, 12), due=datetime(2026, 11, 12)),
		line("c", took=timedelta(hours=3), measure=Measure.RESPONSE),
		line("d", took=timedelta(hours=5), measure=Measure.RESPONSE),
		line("e", hours=2.5, activity="Assembly"),
		line("f", hours=3, activity="Assembly"),
		line("g", hours=3, activity="Pump 4"),
	]
	figures = {one.key: one for one in snapshot.figures(found)}
	assert list(figures) == ["in_time", "response", "hours"]
	assert say(figures["in_time"].value) == "50\u00a0%"
	assert say(figures["response"].value) == "4 hours"
	assert say(figures["hours"].value) == "8.5 h" and say(figures["hours"].hint) == "in 3 entries"
	assert figures["in_time"].few and say(figures["in_time"].hint) == "of 2 only: too few to say much"
	assert not figures["hours"].few  # a sum is what it is
	assert snapshot.hours_by_activity(found) == (("Assembly", 5.5), ("Pump 4", 3.0))


@given(many)
def test_figures_stay_within_what_they_are_made_of(found: list[Line]) -> None:
	figures = {one.key: one for one in snapshot.figures(found)}
	with_due = [one.late for one in found if one.late is not None]
	assert ("in_time" in figures) is bool(with_due)
	if with_due:
		(percent,) = figures["in_time"].value.args
		assert isinstance(percent, int) and 0 <= percent <= 100
		assert figures["in_time"].counted == len(with_due)
		assert figures["in_time"].few is (len(with_due) < FEW)
	for measure in Measure:
		took = [one.took for one in found if one.measure is measure and one.took is not None]
		assert (measure.value in figures) is bool(took)
		if took:
			assert min(took) <= snapshot.middle(took) <= max(took)
	hours = snapshot.hours_by_activity(found)
	assert sum(amount for _title, amount in hours) == pytest.approx(sum(one.hours for one in found))


@given(many)
def test_one_more_in_time_never_lowers_the_share(found: list[Line]) -> None:
	def share(of: list[Line]) -> int:
		figures = {one.key: one for one in snapshot.figures(of)}
		if "in_time" not in figures:
			return 0
		(percent,) = figures["in_time"].value.args
		assert isinstance(percent, int)
		return percent

	good = line("new", at=datetime(2026, 11, 12), due=datetime(2026, 11, 12))
	assert share([*found, good]) >= share(found)


def test_nothing_done_has_no_figures_and_empty_weeks() -> None:
	assert snapshot.figures([]) == () and snapshot.counts([]) == {}
	assert all(not week.lines for week in snapshot.weeks([], FIRST, LAST))


@pytest.mark.parametrize(
	("hours", "words"),
	[(7.5, "7.5"), (8.0, "8"), (100.0, "100"), (1234567.25, "1234567.25"), (0.1 + 0.2, "0.3")],
)
def test_hours_are_written_plainly(hours: float, words: str) -> None:
	assert snapshot.plain(hours) == words


def test_every_kind_has_a_title() -> None:
	assert set(snapshot.TITLES) == set(Kind)


# --- the period ---------------------------------------------------------------------------------------------

TODAY = date(2026, 11, 28)


def test_without_dates_it_is_the_last_days_until_today() -> None:
	assert snapshot.period(None, None, TODAY, 90) == (date(2026, 8, 31), TODAY)
	assert snapshot.period(None, date(2026, 10, 31), TODAY, 31) == (date(2026, 10, 1), date(2026, 10, 31))
	# what is still to come is no part of it
	assert snapshot.period(date(2026, 11, 1), date(2027, 1, 1), TODAY, 90) == (date(2026, 11, 1), TODAY)


@pytest.mark.parametrize(
	("first", "last"),
	[
		(date(2026, 11, 2), date(2026, 11, 1)),
		(date(2026, 11, 29), None),
		(date(2026, 12, 2), date(2026, 12, 5)),
		(date(2025, 11, 27), None),
	],
)
def test_periods_that_make_no_sense_are_refused(first: date | None, last: date | None) -> None:
	with pytest.raises(InvalidInput):
		snapshot.period(first, last, TODAY, 90)


@given(
	st.none() | st.dates(date(2025, 12, 1), TODAY), st.none() | st.dates(date(2025, 12, 1), date(2027, 1, 1))
)
def test_a_period_has_at_most_a_year_and_ends_today(first: date | None, last: date | None) -> None:
	try:
		start, end = snapshot.period(first, last, TODAY, 90)
	except InvalidInput:
		assert first is not None and last is not None and first > last
		return
	assert start <= end <= TODAY and (end - start).days < snapshot.LONGEST
	assert first in (None, start)
