"""The clock against a slow, independent count, minute by minute, and against hand-worked cases."""

from __future__ import annotations

import copy
import pickle
import timeit
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from functools import partial
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from perf_flow.engine import clock
from perf_flow.engine.clock import (
	MAX_HOURS,
	ClockKind,
	Shift,
	WorkCalendar,
	add_hours,
	from_utc_iso,
	hours_between,
	local_date,
	next_digest_at,
	quiet_until,
	site_to_utc,
	to_utc_iso,
	utc_to_site,
)
from perf_flow.engine.errors import ConfigurationError, FlowError, InvalidInput

UTC = timezone.utc
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CALENDAR, WORKING = ClockKind.CALENDAR, ClockKind.WORKING
BERLIN, NEW_YORK, SHANGHAI = "Europe/Berlin", "America/New_York", "Asia/Shanghai"

MONDAY_TO_FRIDAY = frozenset(range(5))
OFFICE = WorkCalendar(BERLIN, (Shift(time(9), time(17), MONDAY_TO_FRIDAY),))
NIGHT = WorkCalendar(BERLIN, (Shift(time(22), time(6)),))


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
	"""The aware datetime of a local time, by the standard library alone."""
	return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def utc(text: str) -> datetime:
	return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- the independent count ----------------------------------------------------------------------


def is_working_reading(reading: datetime, calendar: WorkCalendar) -> bool:
	"""Whether a naive local reading lies in a shift of its own day or of the day before."""
	for day in (reading.date(), reading.date() - DAY):
		if day in calendar.holidays:
			continue
		for shift in calendar.shifts:
			if day.weekday() not in shift.weekdays:
				continue
			begin = datetime.combine(day, shift.start)
			end = datetime.combine(day, shift.end)
			if shift.end <= shift.start:
				end += DAY
			if begin <= reading < end:
				return True
	return False


def working_minutes(start: datetime, end: datetime, calendar: WorkCalendar) -> list[datetime]:
	"""Each minute of [start, end) that is working time, found by watching the clock on the wall.

	The clock's reading never goes back: while the hour is repeated in autumn it counts as having
	reached what it showed before. That is the rule the module states, followed step by step.
	"""
	zone = ZoneInfo(calendar.timezone)
	minute = start - 3 * DAY
	reached = datetime.min
	found = []
	while minute < end:
		reached = max(reached, minute.astimezone(zone).replace(tzinfo=None, fold=0))
		if minute >= start and is_working_reading(reached, calendar):
			found.append(minute)
		minute += MINUTE
	return found


# Around the changes of the clock, the turn of a year, and somewhere in between.
SEASONS = {
	BERLIN: ["2026-03-28", "2026-10-24", "2027-03-27", "2026-12-30", "2026-07-01"],
	NEW_YORK: ["2026-03-07", "2026-10-31", "2025-11-01", "2026-12-30", "2026-07-01"],
	SHANGHAI: ["2026-03-28", "2026-10-24", "2026-12-30", "1986-05-03", "1991-09-14"],
	"Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],  # moves by half an hour
	"Africa/Cairo": ["2026-04-23", "2026-10-29"],  # at midnight: the day starts at 01:00
	"Pacific/Apia": ["2011-12-28"],  # a whole day was skipped
}

# The edges of the changing hours more often than other minutes.
minutes_of_day = st.one_of(
	st.sampled_from([0, 1, 30, 60, 90, 119, 120, 135, 150, 179, 180, 210, 480, 1320, 1439]),
	st.integers(0, 1439),
)


def as_time(minute: int) -> time:
	return time(minute // 60, minute % 60)


@st.composite
def calendars(draw: st.DrawFn, zone: str, around: date) -> WorkCalendar:
	"""Up to three shifts that do not overlap, perhaps one over midnight, on any days, with holidays."""
	count = draw(st.integers(1, 3))
	edges = sorted(draw(st.lists(minutes_of_day, min_size=2 * count, max_size=2 * count, unique=True)))
	if draw(st.booleans()):
		edges = [*edges[1:], edges[0]]  # the last shift now runs over midnight
	days = st.frozensets(st.integers(0, 6), min_size=1) | st.just(clock.EVERY_DAY)
	shifts = [Shift(as_time(edges[2 * i]), as_time(edges[2 * i + 1]), draw(days)) for i in range(count)]
	holidays = draw(st.frozensets(st.integers(-4, 9), max_size=5))
	return WorkCalendar(
		zone, tuple(draw(st.permutations(shifts))), frozenset(around + n * DAY for n in holidays)
	)


@st.composite
def situations(draw: st.DrawFn, days: int = 4) -> tuple[WorkCalendar, datetime, datetime]:
	"""A calendar and two instants, in order, on whole minutes, within ``days`` of a critical date."""
	zone = draw(st.sampled_from(sorted(SEASONS)))
	around = date.fromisoformat(draw(st.sampled_from(SEASONS[zone])))
	calendar = draw(calendars(zone, around))
	origin = datetime(around.year, around.month, around.day, tzinfo=UTC) - DAY
	first, second = sorted(draw(st.tuples(*[st.integers(0, days * 1440)] * 2)))
	return calendar, origin + first * MINUTE, origin + second * MINUTE


slow = settings(
	max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@slow
@given(situations())
def test_working_hours_agree_with_a_minute_by_minute_count(
	situation: tuple[WorkCalendar, datetime, datetime],
) -> None:
	calendar, start, end = situation
	counted = working_minutes(start, end, calendar)
	assert hours_between(start, end, WORKING, calendar) * 60 == pytest.approx(len(counted), abs=1e-6)
	assert hours_between(end, start, WORKING, calendar) == -hours_between(start, end, WORKING, calendar)


@slow
@given(situations(), st.data())
def test_a_due_time_agrees_with_a_minute_by_minute_count(
	situation: tuple[WorkCalendar, datetime, datetime], data: st.DataObject
) -> None:
	calendar, start, end = situation
	counted = working_minutes(start, end, calendar)
	assume(counted)
	minutes = data.draw(st.integers(1, len(counted)))
	# Due once the n-th working minute is over; before a date: when the n-th last begins.
	assert add_hours(start, minutes / 60, WORKING, calendar) == counted[minutes - 1] + MINUTE
	assert add_hours(end, -minutes / 60, WORKING, calendar) == counted[-minutes]


@slow
@given(situations())
def test_working_intervals_cover_exactly_the_working_minutes(
	situation: tuple[WorkCalendar, datetime, datetime],
) -> None:
	calendar, start, end = situation
	intervals = list(calendar.working_intervals(start, end))
	minutes = []
	for begin, finish in intervals:
		assert begin.tzinfo is UTC and finish.tzinfo is UTC
		assert start <= begin < finish <= end
		minutes += [begin + n * MINUTE for n in range((finish - begin) // MINUTE)]
	assert minutes == working_minutes(start, end, calendar)
	assert all(this[1] <= after[0] for this, after in pairwise(intervals))


# --- laws ---------------------------------------------------------------------------------------

MICROSECOND_IN_HOURS = 1 / 3_600_000_000
fractions = st.floats(-1, 1)


def some_hours(fraction: float, calendar: WorkCalendar) -> float:
	"""Up to 400 hours, and no more than the calendar works in fifty weeks: one may work a minute a week."""
	monday = date(2000, 1, 3)
	weekly = sum(
		((datetime.combine(monday, shift.end) - datetime.combine(monday, shift.start)) % DAY or DAY)
		/ HOUR
		* len(shift.weekdays)
		for shift in calendar.shifts
	)
	return fraction * min(400.0, 50 * weekly)


@settings(deadline=None)
@given(situations(), fractions, st.sampled_from(ClockKind))
def test_the_hours_added_are_the_hours_between(
	situation: tuple[WorkCalendar, datetime, datetime], fraction: float, kind: ClockKind
) -> None:
	calendar, start, _ = situation
	hours = some_hours(fraction, calendar)
	due = add_hours(start, hours, kind, calendar)
	assert hours_between(start, due, kind, calendar) == pytest.approx(hours, abs=MICROSECOND_IN_HOURS)
	assert due.tzinfo is UTC
	assert (due > start) == (round(hours * 3_600_000_000) > 0)


@settings(deadline=None)
@given(situations(days=40))
def test_adding_the_hours_between_leads_back_to_a_working_instant(
	situation: tuple[WorkCalendar, datetime, datetime],
) -> None:
	calendar, start, end = situation
	assert add_hours(start, hours_between(start, end, CALENDAR, None), CALENDAR, None) == end
	worked = hours_between(start, end, WORKING, calendar)
	assume(worked > 0)
	earliest = add_hours(start, worked, WORKING, calendar)
	latest = add_hours(end, -worked, WORKING, calendar)
	# They are the outermost worked instants, and end and start themselves if those are worked.
	intervals = list(calendar.working_intervals(start, end))
	assert earliest == intervals[-1][1]
	assert latest == intervals[0][0]


@settings(deadline=None)
@given(situations(days=20), st.lists(fractions, min_size=2, max_size=6), st.sampled_from(ClockKind))
def test_due_times_are_monotonic_in_the_start_and_in_the_hours(
	situation: tuple[WorkCalendar, datetime, datetime], parts: list[float], kind: ClockKind
) -> None:
	calendar, start, end = situation
	hours = [some_hours(part, calendar) for part in parts]
	dues = [add_hours(start, h, kind, calendar) for h in sorted(hours)]
	assert dues == sorted(dues)
	for h in hours:
		assert add_hours(start, h, kind, calendar) <= add_hours(end, h, kind, calendar)


@settings(deadline=None)
@given(situations(days=20), st.floats(0, 1), st.floats(0, 1))
def test_hours_add_up(situation: tuple[WorkCalendar, datetime, datetime], one: float, other: float) -> None:
	calendar, start, end = situation
	first, second = some_hours(one, calendar), some_hours(other, calendar)
	middle = start + (end - start) / 3
	whole = hours_between(start, end, WORKING, calendar)
	parts = hours_between(start, middle, WORKING, calendar) + hours_between(middle, end, WORKING, calendar)
	assert parts == pytest.approx(whole, abs=1e-9)
	assert 0 <= whole <= (end - start) / HOUR
	in_two_steps = add_hours(add_hours(start, first, WORKING, calendar), second, WORKING, calendar)
	in_one_step = add_hours(start, first + second, WORKING, calendar)
	# To the microsecond of working time: each step is rounded, and may end on either side of a break.
	assert abs(hours_between(in_two_steps, in_one_step, WORKING, calendar)) <= 2 * MICROSECOND_IN_HOURS


@given(situations(), fractions, st.sampled_from(ClockKind), st.sampled_from(sorted(SEASONS)))
@settings(deadline=None)
def test_the_zone_in_which_an_instant_is_given_does_not_matter(
	situation: tuple[WorkCalendar, datetime, datetime], fraction: float, kind: ClockKind, zone: str
) -> None:
	calendar, start, end = situation
	hours = some_hours(fraction, calendar)
	elsewhere = start.astimezone(ZoneInfo(zone))
	assert add_hours(elsewhere, hours, kind, calendar) == add_hours(start, hours, kind, calendar)
	assert hours_between(elsewhere, end.astimezone(ZoneInfo(zone)), kind, calendar) == hours_between(
		start, end, kind, calendar
	)


# --- calendar hours -----------------------------------------------------------------------------


@pytest.mark.parametrize(
	("start", "due"),
	[
		("2026-03-28T12:00", "2026-03-30T13:00"),  # spring: the local clock gains an hour
		("2026-10-24T12:00", "2026-10-26T11:00"),  # autumn: it loses one
		("2026-06-10T12:00", "2026-06-12T12:00"),
	],
)
def test_48_calendar_hours_are_48_physical_hours_in_berlin(start: str, due: str) -> None:
	result = add_hours(at(start, BERLIN), 48, CALENDAR, None)
	assert result == at(due, BERLIN)
	assert result.tzinfo is UTC
	assert hours_between(at(start, BERLIN), at(due, BERLIN), CALENDAR, None) == 48
	assert add_hours(at(due, BERLIN), -48, CALENDAR, OFFICE) == at(start, BERLIN)


def test_the_two_passes_of_a_repeated_hour_are_an_hour_apart() -> None:
	first, second = at("2026-10-25T02:30", BERLIN), at("2026-10-25T02:30", BERLIN, fold=1)
	assert hours_between(first, second, CALENDAR, None) == 1
	assert hours_between(second, first, CALENDAR, None) == -1
	assert add_hours(second, 1, CALENDAR, None) == at("2026-10-25T03:30", BERLIN)


# --- working hours, worked out by hand ----------------------------------------------------------


@pytest.mark.parametrize(
	("start", "hours", "due"),
	[
		("2026-11-20T15:00", 1, "2026-11-20T16:00"),  # a Friday
		("2026-11-20T15:00", 2, "2026-11-20T17:00"),  # exactly used up: due at the end of the shift
		("2026-11-20T15:00", 3, "2026-11-23T10:00"),  # over the weekend
		("2026-11-21T12:00", 8, "2026-11-23T17:00"),  # begins on a Saturday
		("2026-11-20T15:00", 48, "2026-11-30T15:00"),  # six working days
		("2026-11-21T12:00", 0, "2026-11-21T12:00"),  # nothing has to elapse
		("2026-11-23T10:00", -1, "2026-11-23T09:00"),
		("2026-11-23T10:00", -3, "2026-11-20T15:00"),
		("2026-11-23T09:00", -8, "2026-11-20T09:00"),
		("2026-11-22T12:00", -0.5, "2026-11-20T16:30"),
	],
)
def test_office_hours(start: str, hours: float, due: str) -> None:
	result = add_hours(at(start, BERLIN), hours, WORKING, OFFICE)
	assert result == at(due, BERLIN)
	assert result.tzinfo is UTC


def test_weekly_days_off_and_feasts_come_from_the_holiday_list() -> None:
	sundays = {date(2026, 2, 1) + 7 * n * DAY for n in range(8)}
	spring_festival = {date(2026, 2, 16) + n * DAY for n in range(7)}
	morning, afternoon = Shift(time(8, 30), time(12)), Shift(time(13), time(17, 30))
	factory = WorkCalendar(SHANGHAI, (afternoon, morning), frozenset(sundays | spring_festival))
	start = at("2026-02-14T16:30", SHANGHAI)  # a Saturday; the next working day is Monday the 23rd
	assert add_hours(start, 1, WORKING, factory) == at("2026-02-14T17:30", SHANGHAI)
	assert add_hours(start, 5, WORKING, factory) == at("2026-02-23T13:30", SHANGHAI)
	assert hours_between(start, at("2026-02-24T08:30", SHANGHAI), WORKING, factory) == 9
	assert [
		(begin.astimezone(ZoneInfo(SHANGHAI)).hour, end.astimezone(ZoneInfo(SHANGHAI)).hour)
		for begin, end in factory.working_intervals(start, at("2026-02-23T14:00", SHANGHAI))
	] == [(16, 17), (8, 12), (13, 14)]


def test_a_night_shift_belongs_to_the_day_on_which_it_starts() -> None:
	night = WorkCalendar(BERLIN, NIGHT.shifts, frozenset({date(2026, 11, 25)}))
	# The night of the 24th runs on into the holiday; the night of the holiday does not take place.
	assert hours_between(
		at("2026-11-25T00:00", BERLIN), at("2026-11-26T00:00", BERLIN), WORKING, night
	) == pytest.approx(6)
	assert hours_between(
		at("2026-11-26T00:00", BERLIN), at("2026-11-27T00:00", BERLIN), WORKING, night
	) == pytest.approx(2)
	assert add_hours(at("2026-11-25T05:00", BERLIN), 2, WORKING, night) == at("2026-11-26T23:00", BERLIN)


@pytest.mark.parametrize(
	("shift", "day", "hours"),
	[
		(Shift(time(0), time(8)), "2026-03-29", 7.0),
		(Shift(time(0), time(8)), "2026-10-25", 9.0),
		(Shift(time(22), time(6)), "2026-03-28", 7.0),
		(Shift(time(22), time(6)), "2026-10-24", 9.0),
		(Shift(time(0), time(0)), "2026-03-29", 23.0),
		(Shift(time(0), time(0)), "2026-10-25", 25.0),
		(Shift(time(0), time(0)), "2026-10-26", 24.0),
		(Shift(time(2), time(3)), "2026-03-29", 0.0),  # the clock jumps over it
		(Shift(time(2), time(3)), "2026-10-25", 2.0),  # from the first 02:00 to 03:00
		(Shift(time(2, 30), time(8)), "2026-03-29", 5.0),  # starts with the jump, 03:00
		(Shift(time(1), time(2, 30)), "2026-10-25", 1.5),  # ends at the first 02:30
		(Shift(time(2, 15), time(2, 45)), "2026-10-25", 0.5),
	],
)
def test_a_shift_lasts_as_long_as_the_changing_clock_makes_it(shift: Shift, day: str, hours: float) -> None:
	only = Shift(shift.start, shift.end, frozenset({date.fromisoformat(day).weekday()}))
	calendar = WorkCalendar(BERLIN, (only,))
	middle = at(f"{day}T12:00", BERLIN)
	assert hours_between(middle - 2 * DAY, middle + 2 * DAY, WORKING, calendar) == hours


def test_shifts_that_adjoin_neither_lose_nor_double_time() -> None:
	three = (Shift(time(6), time(14)), Shift(time(14), time(22)), Shift(time(22), time(6)))
	two = (Shift(time(2, 30), time(14)), Shift(time(14), time(2, 30)))
	for shifts in (three, two, (Shift(time(2, 30), time(2, 30)),)):
		calendar = WorkCalendar(BERLIN, shifts)
		start = at("2026-01-01T00:00", BERLIN)
		assert hours_between(start, start + 365 * DAY, WORKING, calendar) == pytest.approx(
			hours_between(start, start + 365 * DAY, CALENDAR, None)
		)
		assert add_hours(start, 5000, WORKING, calendar) == add_hours(start, 5000, CALENDAR, None)


def test_a_shift_only_on_some_weekdays() -> None:
	saturday_night = WorkCalendar(NEW_YORK, (Shift(time(20), time(4), frozenset({5})),))
	start = at("2026-11-16T00:00", NEW_YORK)
	assert add_hours(start, 8, WORKING, saturday_night) == at("2026-11-22T04:00", NEW_YORK)
	assert add_hours(start, 9, WORKING, saturday_night) == at("2026-11-28T21:00", NEW_YORK)


def test_microseconds_are_kept() -> None:
	start = at("2026-11-20T16:59:59.999999", BERLIN)
	assert add_hours(start, MICROSECOND_IN_HOURS, WORKING, OFFICE) == at("2026-11-20T17:00", BERLIN)
	assert add_hours(start, 2 * MICROSECOND_IN_HOURS, WORKING, OFFICE) == at(
		"2026-11-23T09:00:00.000001", BERLIN
	)


def test_a_year_without_work_is_passed_over_and_longer_is_refused() -> None:
	start = at("2026-01-01T00:00", BERLIN)
	one_year = frozenset(date(2026, 1, 1) + n * DAY for n in range(365))
	calendar = WorkCalendar(BERLIN, (Shift(time(9), time(17)),), one_year)
	assert add_hours(start, 1, WORKING, calendar) == at("2027-01-01T10:00", BERLIN)
	assert add_hours(at("2026-12-31T00:00", BERLIN), -1, WORKING, calendar) == at("2025-12-31T16:00", BERLIN)
	three_years = frozenset(date(2026, 1, 1) + n * DAY for n in range(3 * 365))
	closed = WorkCalendar(BERLIN, (Shift(time(9), time(17)),), three_years)
	for moment, hours in ((start, 1), (at("2028-12-01T00:00", BERLIN), -1)):
		with pytest.raises(ConfigurationError, match="two years"):
			add_hours(moment, hours, WORKING, closed)
	assert hours_between(start, at("2028-12-01T00:00", BERLIN), WORKING, closed) == 0


def test_nothing_is_given_for_an_empty_span() -> None:
	noon = at("2026-11-20T12:00", BERLIN)
	assert list(OFFICE.working_intervals(noon, noon)) == []
	assert list(OFFICE.working_intervals(noon, noon - HOUR)) == []
	assert hours_between(noon, noon, WORKING, OFFICE) == 0


# --- configuration that cannot be carried out ---------------------------------------------------


@pytest.mark.parametrize(
	"zone", ["", "Europe/Atlantis", "Europe", "../etc/passwd", "/etc/passwd", "CEST+", "a\0b", None, 8]
)
def test_an_unknown_time_zone_is_refused_everywhere(zone: str) -> None:
	now = utc("2026-11-21T12:00")
	calls = (
		lambda: WorkCalendar(zone, (Shift(time(9), time(17)),)),
		lambda: quiet_until(now, time(20), time(8), zone),
		lambda: next_digest_at(now, time(8), zone),
		lambda: local_date(now, zone),
		lambda: utc_to_site(now, zone),
		lambda: site_to_utc(datetime(2026, 11, 21), zone),
	)
	for call in calls:
		with pytest.raises(ConfigurationError) as caught:
			call()
		assert str(zone) in caught.value.message


@pytest.mark.parametrize(
	"shifts",
	[
		(),
		(Shift(time(9), time(17)), Shift(time(16, 59), time(20))),
		(Shift(time(22), time(6)), Shift(time(5), time(9))),  # across midnight
		(Shift(time(22), time(6), frozenset({6})), Shift(time(5), time(9), frozenset({0}))),  # Sunday night
		(Shift(time(9), time(17)), Shift(time(9), time(17))),
		(Shift(time(0), time(0)), Shift(time(23), time(23, 30), frozenset({3}))),
		(Shift(time(8), time(8), frozenset({2})), Shift(time(7), time(9), frozenset({3}))),
	],
)
def test_no_shift_or_overlapping_shifts_are_refused(shifts: tuple[Shift, ...]) -> None:
	with pytest.raises(ConfigurationError):
		WorkCalendar(BERLIN, shifts)


def test_the_message_names_the_overlapping_shifts() -> None:
	with pytest.raises(ConfigurationError) as caught:
		WorkCalendar(BERLIN, (Shift(time(22), time(6)), Shift(time(5, 59, 30), time(9))))
	assert caught.value.message == "The shifts 22:00–06:00 and 05:59:30–09:00 overlap."
	assert caught.value.args_ == ("22:00–06:00", "05:59:30–09:00")


@pytest.mark.parametrize(
	"shifts",
	[
		(Shift(time(9), time(12)), Shift(time(12), time(17))),
		(Shift(time(22), time(6), frozenset({4})), Shift(time(5), time(9), frozenset({0, 1, 2, 3, 4}))),
		(Shift(time(9), time(17), frozenset({0})), Shift(time(9), time(17), frozenset({1}))),
		(Shift(time(8), time(8)),),
	],
)
def test_shifts_that_only_touch_or_fall_on_different_days_are_accepted(shifts: tuple[Shift, ...]) -> None:
	assert WorkCalendar(BERLIN, shifts).shifts == shifts


def test_wrong_parts_of_a_calendar_are_refused() -> None:
	for weekdays in (frozenset(), frozenset({7}), frozenset({-1, 2})):
		with pytest.raises(ConfigurationError, match="day of the week"):
			Shift(time(9), time(17), weekdays)
	for start in (time(9, tzinfo=UTC), timedelta(hours=9), "09:00", None):
		with pytest.raises(ConfigurationError, match="time of day"):
			Shift(start, time(17))  # type: ignore[arg-type]
	for holiday in (datetime(2026, 12, 25), "2026-12-25"):
		with pytest.raises(ConfigurationError, match="2026-12-25"):
			WorkCalendar(BERLIN, OFFICE.shifts, frozenset({holiday}))  # type: ignore[arg-type]


def test_calendars_are_values() -> None:
	weekdays: Any = {0, 1, 2, 3, 4}
	shifts: Any = [Shift(time(9), time(17), weekdays)]
	holidays: Any = {date(2026, 12, 25)}
	built_from_others = WorkCalendar(BERLIN, shifts, holidays)
	same = WorkCalendar(BERLIN, OFFICE.shifts, frozenset({date(2026, 12, 25)}))
	assert built_from_others == same and hash(built_from_others) == hash(same)
	add_hours(utc("2026-12-24T12:00"), 5, WORKING, same)
	assert pickle.loads(pickle.dumps(same)) == same == copy.deepcopy(same)
	with pytest.raises(AttributeError):
		same.timezone = SHANGHAI  # type: ignore[misc]


# --- wrong input --------------------------------------------------------------------------------


def test_naive_datetimes_are_refused() -> None:
	naive, aware = datetime(2026, 11, 21, 12), utc("2026-11-21T12:00")
	calls: list[Callable[[], object]] = [
		lambda: quiet_until(naive, time(20), time(8), BERLIN),
		lambda: quiet_until(naive, None, None, BERLIN),
		lambda: next_digest_at(naive, time(8), BERLIN),
		lambda: local_date(naive, BERLIN),
		lambda: utc_to_site(naive, BERLIN),
		lambda: to_utc_iso(naive),
		lambda: OFFICE.working_intervals(naive, aware),
		lambda: OFFICE.working_intervals(aware, naive),
	]
	for kind in ClockKind:
		calls += [
			partial(add_hours, naive, 1, kind, OFFICE),
			partial(add_hours, naive, 0, kind, OFFICE),
			partial(hours_between, naive, aware, kind, OFFICE),
			partial(hours_between, aware, naive, kind, OFFICE),
		]
	for call in calls:
		with pytest.raises(InvalidInput, match="names no time zone"):
			call()
	with pytest.raises(InvalidInput, match="names a time zone"):
		site_to_utc(aware, BERLIN)


@pytest.mark.parametrize("kind", ClockKind)
@pytest.mark.parametrize("hours", [float("nan"), float("inf"), float("-inf"), 2 * MAX_HOURS, -(10**400)])
def test_hours_that_are_no_usable_period_are_refused(kind: ClockKind, hours: float) -> None:
	with pytest.raises(InvalidInput, match="not a usable period"):
		add_hours(utc("2026-11-21T12:00"), hours, kind, OFFICE)


def test_a_clock_that_cannot_be_read_is_refused() -> None:
	now = utc("2026-11-21T12:00")
	for call in (
		lambda: add_hours(now, 1, WORKING, None),
		lambda: add_hours(now, 0, WORKING, None),
		lambda: hours_between(now, now, WORKING, None),
	):
		with pytest.raises(ConfigurationError, match="need a working calendar"):
			call()
	for call in (
		lambda: add_hours(now, 1, "Lunar hours", OFFICE),  # type: ignore[arg-type]
		lambda: hours_between(now, now, "Lunar hours", OFFICE),  # type: ignore[arg-type]
	):
		with pytest.raises(ConfigurationError, match="Lunar hours"):
			call()


def test_the_stored_value_of_a_clock_kind_is_understood() -> None:
	start = at("2026-11-20T15:00", BERLIN)
	for kind in ClockKind:
		assert add_hours(start, 3, kind.value, OFFICE) == add_hours(start, 3, kind, OFFICE)  # type: ignore[arg-type]
	assert [kind.value for kind in ClockKind] == ["Calendar hours", "Working hours"]


def test_the_ends_of_time_give_a_typed_error_and_no_endless_search() -> None:
	first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
	one_minute_a_week = WorkCalendar(BERLIN, (Shift(time(9), time(9, 1), frozenset({0})),))
	calls = (
		lambda: add_hours(last, 1, CALENDAR, None),
		lambda: add_hours(first, -1, CALENDAR, None),
		lambda: add_hours(last, 1, WORKING, OFFICE),
		lambda: add_hours(first, -1, WORKING, OFFICE),
		lambda: add_hours(utc("2026-01-01T00:00"), 500, WORKING, one_minute_a_week),
		lambda: add_hours(utc("2026-01-01T00:00"), -500, WORKING, one_minute_a_week),
		lambda: hours_between(utc("2026-01-01T00:00"), last, WORKING, OFFICE),
		lambda: OFFICE.working_intervals(first, last),
		lambda: quiet_until(last, time(20), time(8), BERLIN),
		lambda: next_digest_at(last, time(8), BERLIN),
		lambda: next_digest_at(first, time(8), NEW_YORK),
		lambda: local_date(last, BERLIN),
		lambda: utc_to_site(first, NEW_YORK),
		lambda: site_to_utc(datetime.min, BERLIN),
		lambda: to_utc_iso(datetime.max.replace(tzinfo=ZoneInfo(NEW_YORK))),
	)
	for call in calls:
		with pytest.raises(FlowError):
			call()
	assert hours_between(first, last, CALENDAR, None) == pytest.approx((last - first) / HOUR)


# --- quiet hours --------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("now", "until"),
	[
		("2026-11-21T19:59:59", "2026-11-21T19:59:59"),
		("2026-11-21T20:00", "2026-11-22T08:00"),
		("2026-11-21T23:30", "2026-11-22T08:00"),
		("2026-11-22T00:00", "2026-11-22T08:00"),
		("2026-11-22T07:59:59.999999", "2026-11-22T08:00"),
		("2026-11-22T08:00", "2026-11-22T08:00"),
		("2026-03-28T21:00", "2026-03-29T08:00"),  # eleven hours by the wall, ten in fact
		("2026-10-24T21:00", "2026-10-25T08:00"),
	],
)
def test_quiet_hours_over_midnight(now: str, until: str) -> None:
	result = quiet_until(at(now, BERLIN), time(20), time(8), BERLIN)
	assert result == at(until, BERLIN)
	assert result.tzinfo is UTC


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
	noon = at("2026-11-21T12:30", SHANGHAI)
	assert quiet_until(noon, time(12), time(13, 30), SHANGHAI) == at("2026-11-21T13:30", SHANGHAI)
	assert quiet_until(noon, time(13), time(13, 30), SHANGHAI) == noon
	for quiet_from, quiet_to in (
		(None, None),
		(time(12), None),
		(None, time(13)),
		(time(12), time(12)),
		(time(0), time(0)),
	):
		assert quiet_until(noon, quiet_from, quiet_to, SHANGHAI) == noon


def test_quiet_hours_where_the_clock_jumps_or_repeats() -> None:
	# 02:00-03:00 does not exist on that night; 02:30 is reached with the jump.
	jump = utc("2026-03-29T01:00")
	assert quiet_until(jump, time(2), time(3), BERLIN) == jump
	assert quiet_until(jump - HOUR, time(1), time(2, 30), BERLIN) == jump
	# Quiet until 02:30 ends when the clock first reads it, and does not begin again.
	first = utc("2026-10-25T00:30")
	assert quiet_until(first - MINUTE, time(22), time(2, 30), BERLIN) == first
	second_pass = utc("2026-10-25T01:10")  # it reads 02:10 once more
	assert quiet_until(second_pass, time(22), time(2, 30), BERLIN) == second_pass


def test_messages_keep_silent_on_holidays_if_told_so() -> None:
	holidays = frozenset({date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 27)})
	for now in ("2026-12-24T21:00", "2026-12-25T12:00", "2026-12-27T23:59"):
		assert quiet_until(at(now, BERLIN), time(20), time(8), BERLIN, holidays, True) == at(
			"2026-12-28T08:00", BERLIN
		)
	noon = at("2026-12-25T12:00", BERLIN)
	assert quiet_until(noon, time(20), time(8), BERLIN, holidays) == noon
	assert quiet_until(noon, None, None, BERLIN, holidays, on_holidays=True) == at("2026-12-28T00:00", BERLIN)
	assert quiet_until(noon, None, None, BERLIN, frozenset(), on_holidays=True) == noon


def test_the_holiday_is_the_one_of_the_local_date() -> None:
	holidays = frozenset({date(2026, 12, 25)})
	late = utc("2026-12-24T17:00")  # already the 25th in Shanghai
	assert quiet_until(late, None, None, SHANGHAI, holidays, True) == at("2026-12-26T00:00", SHANGHAI)
	assert quiet_until(late, None, None, BERLIN, holidays, True) == late


def test_a_day_that_starts_at_one_o_clock_ends_the_silence_of_the_holiday_then() -> None:
	holiday = frozenset({date(2026, 4, 23)})  # on the 24th, Cairo's clock goes from 00:00 to 01:00
	result = quiet_until(at("2026-04-23T12:00", "Africa/Cairo"), None, None, "Africa/Cairo", holiday, True)
	assert utc_to_site(result, "Africa/Cairo") == datetime(2026, 4, 24, 1)


def test_holidays_without_end_are_refused() -> None:
	now = at("2026-01-01T12:00", BERLIN)
	always = frozenset(date(2026, 1, 1) + n * DAY for n in range(3 * 365))
	with pytest.raises(ConfigurationError, match="no moment for messages"):
		quiet_until(now, time(20), time(8), BERLIN, always, True)
	one_year = frozenset(date(2026, 1, 1) + n * DAY for n in range(365))
	assert quiet_until(now, time(20), time(8), BERLIN, one_year, True) == at("2027-01-01T08:00", BERLIN)


def test_wrong_quiet_times_are_refused() -> None:
	now = utc("2026-11-21T12:00")
	with pytest.raises(ConfigurationError, match="time of day"):
		quiet_until(now, time(20, tzinfo=UTC), time(8), BERLIN)
	with pytest.raises(ConfigurationError, match="time of day"):
		quiet_until(now, time(20), timedelta(hours=8), BERLIN)  # type: ignore[arg-type]
	with pytest.raises(ConfigurationError, match="time of day"):
		next_digest_at(now, time(8, tzinfo=UTC), BERLIN)
	with pytest.raises(ConfigurationError, match="holiday"):
		quiet_until(now, None, None, BERLIN, frozenset({datetime(2026, 12, 25)}), True)


@st.composite
def nights(draw: st.DrawFn) -> tuple[str, datetime, time, time, frozenset[date]]:
	zone = draw(st.sampled_from(sorted(SEASONS)))
	around = date.fromisoformat(draw(st.sampled_from(SEASONS[zone])))
	start = datetime(around.year, around.month, around.day, tzinfo=UTC) - DAY
	now = start + draw(st.integers(0, 4 * 1440)) * MINUTE
	quiet_from, quiet_to = as_time(draw(minutes_of_day)), as_time(draw(minutes_of_day))
	holidays = frozenset(around + n * DAY for n in draw(st.frozensets(st.integers(-1, 3), max_size=2)))
	return zone, now, quiet_from, quiet_to, holidays


@slow
@given(nights())
@example((BERLIN, utc("2026-10-25T00:40"), time(22), time(2, 30), frozenset()))
def test_quiet_hours_agree_with_a_minute_by_minute_watch(
	night: tuple[str, datetime, time, time, frozenset[date]],
) -> None:
	zone, now, quiet_from, quiet_to, holidays = night
	tz = ZoneInfo(zone)
	reached, minute, expected = datetime.min, now - 3 * DAY, None
	while expected is None:
		reached = max(reached, minute.astimezone(tz).replace(tzinfo=None, fold=0))
		clock_reading = reached.time()
		if quiet_from <= quiet_to:
			quiet = quiet_from <= clock_reading < quiet_to
		else:
			quiet = clock_reading >= quiet_from or clock_reading < quiet_to
		if minute >= now and not quiet and reached.date() not in holidays:
			expected = minute
		minute += MINUTE
	assert quiet_until(now, quiet_from, quiet_to, zone, holidays, on_holidays=True) == expected
	assert quiet_until(expected, quiet_from, quiet_to, zone, holidays, on_holidays=True) == expected


# --- digests and dates --------------------------------------------------------------------------


@pytest.mark.parametrize(
	("now", "due"),
	[
		("2026-11-21T07:59", "2026-11-21T08:00"),
		("2026-11-21T08:00", "2026-11-22T08:00"),  # strictly after now
		("2026-11-21T12:00", "2026-11-22T08:00"),
		("2026-03-28T08:00", "2026-03-29T08:00"),
		("2026-10-24T08:00", "2026-10-25T08:00"),
	],
)
def test_the_next_digest(now: str, due: str) -> None:
	result = next_digest_at(at(now, BERLIN), time(8), BERLIN)
	assert result == at(due, BERLIN)
	assert result.tzinfo is UTC


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, SHANGHAI, "Africa/Cairo", "Australia/Lord_Howe"])
@pytest.mark.parametrize("digest_time", [time(0), time(2, 30), time(1, 45), time(8), time(23, 59)])
def test_there_is_one_digest_for_each_local_day(zone: str, digest_time: time) -> None:
	moment = at("2026-01-01T00:00", zone) - timedelta(seconds=1)
	days: list[date] = []
	while len(days) < 365:
		moment = next_digest_at(moment, digest_time, zone)
		days.append(local_date(moment, zone))
	assert days == [date(2026, 1, 1) + n * DAY for n in range(365)]


def test_the_local_date() -> None:
	now = utc("2026-11-21T20:20:25.123456")
	assert local_date(now, SHANGHAI) == date(2026, 11, 22)
	assert local_date(now, NEW_YORK) == date(2026, 11, 21)
	assert local_date(at("2026-11-22T04:20", SHANGHAI), "UTC") == date(2026, 11, 21)


# --- site-local times ---------------------------------------------------------------------------


def test_site_times_in_ordinary_hours() -> None:
	assert site_to_utc(datetime(2026, 7, 1, 12), BERLIN) == utc("2026-07-01T10:00")
	assert site_to_utc(datetime(2026, 12, 1, 12), BERLIN) == utc("2026-12-01T11:00")
	assert utc_to_site(utc("2026-07-01T10:00"), BERLIN) == datetime(2026, 7, 1, 12)
	assert utc_to_site(at("2026-07-01T12:00", BERLIN), SHANGHAI) == datetime(2026, 7, 1, 18)
	assert utc_to_site(utc("2026-07-01T10:00"), BERLIN).tzinfo is None


def test_a_site_time_that_occurs_twice_means_the_first_unless_it_says_otherwise() -> None:
	first, second = utc("2026-10-25T00:30"), utc("2026-10-25T01:30")
	assert site_to_utc(datetime(2026, 10, 25, 2, 30), BERLIN) == first
	assert site_to_utc(datetime(2026, 10, 25, 2, 30, fold=1), BERLIN) == second
	assert utc_to_site(first, BERLIN) == utc_to_site(second, BERLIN) == datetime(2026, 10, 25, 2, 30)
	assert (utc_to_site(first, BERLIN).fold, utc_to_site(second, BERLIN).fold) == (0, 1)


@pytest.mark.parametrize("fold", [0, 1])
def test_a_site_time_that_never_occurs_means_the_instant_of_the_jump(fold: int) -> None:
	for minute, microsecond in ((0, 0), (0, 1), (30, 0), (59, 999_999)):
		naive = datetime(2026, 3, 29, 2, minute, 59 if minute else 0, microsecond, fold=fold)
		assert site_to_utc(naive, BERLIN) == utc("2026-03-29T01:00")
	assert site_to_utc(datetime(2026, 3, 29, 1, 59, 59, 999_999), BERLIN) == utc("2026-03-29T00:59:59.999999")
	assert site_to_utc(datetime(2011, 12, 30, 15, 7), "Pacific/Apia") == utc("2011-12-30T10:00")


@given(
	st.sampled_from(sorted(SEASONS)),
	st.datetimes(datetime(1975, 1, 1), datetime(2050, 1, 1)),
	st.timedeltas(timedelta(0), timedelta(hours=3)),
)
@example("Europe/Berlin", datetime(2026, 3, 29, 2, 45), timedelta(minutes=30))
@example("Europe/Berlin", datetime(2026, 10, 25, 2, 45), timedelta(minutes=30))
def test_later_site_times_are_never_earlier_instants(zone: str, naive: datetime, later: timedelta) -> None:
	assert site_to_utc(naive, zone) <= site_to_utc(naive + later, zone)
	instant = naive.replace(tzinfo=UTC)
	assert site_to_utc(utc_to_site(instant, zone), zone) == instant


# --- time stamps --------------------------------------------------------------------------------


def test_the_time_stamp_has_one_form() -> None:
	assert to_utc_iso(utc("2026-11-21T20:20:25.123456")) == "2026-11-21T20:20:25.123456Z"
	assert to_utc_iso(utc("2026-11-21T20:20:25")) == "2026-11-21T20:20:25.000000Z"
	assert to_utc_iso(at("2026-11-22T04:20:25", SHANGHAI)) == "2026-11-21T20:20:25.000000Z"
	assert to_utc_iso(utc("0099-01-02T03:04:05")) == "0099-01-02T03:04:05.000000Z"


@given(*[st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))]))] * 2)
def test_time_stamps_come_back_and_sort_as_the_instants_do(first: datetime, second: datetime) -> None:
	assume(min(first, second) > datetime(1, 1, 2, tzinfo=UTC))
	assert from_utc_iso(to_utc_iso(first)) == first
	assert from_utc_iso(to_utc_iso(first)).tzinfo is UTC
	assert (to_utc_iso(first) < to_utc_iso(second)) == (first < second)


@pytest.mark.parametrize(
	"text",
	[
		"",
		"2026-11-21T20:20:25Z",
		"2026-11-21T20:20:25.123Z",
		"2026-11-21T20:20:25.123456",
		"2026-11-21T20:20:25.123456z",
		"2026-11-21T20:20:25.123456+00:00",
		"2026-11-21 20:20:25.123456Z",
		" 2026-11-21T20:20:25.123456Z",
		"2026-11-21T20:20:25.123456Z\n",
		"2026-11-21T20:20:25.1234567Z",
		"2026-02-30T20:20:25.123456Z",
		"2026-11-21T24:00:00.000000Z",
		"2026-11-21T23:59:60.000000Z",
		"0000-11-21T23:59:00.000000Z",
		"２０２６-11-21T20:20:25.123456Z",
		None,
		20261121,
		datetime(2026, 11, 21),
	],
)
def test_any_other_form_of_a_time_stamp_is_refused(text: str) -> None:
	with pytest.raises(InvalidInput, match="is not a time in UTC"):
		from_utc_iso(text)


# --- cost ---------------------------------------------------------------------------------------


def test_48_working_hours_cost_little_also_with_a_calendar_built_anew() -> None:
	holidays = frozenset(date(2026, 1, 4) + 7 * n * DAY for n in range(52))
	shifts = (Shift(time(8), time(12)), Shift(time(13), time(17)))
	start = at("2026-11-20T15:00", SHANGHAI)

	def due() -> datetime:
		return add_hours(start, 48, WORKING, calendar)

	calendar = WorkCalendar(SHANGHAI, shifts, holidays)
	assert due() == at("2026-11-27T15:00", SHANGHAI)
	assert min(timeit.repeat(due, number=200, repeat=5)) / 200 < 100e-6
	calendar = WorkCalendar(SHANGHAI, shifts, frozenset(set(holidays)))
	assert min(timeit.repeat(due, number=200, repeat=5)) / 200 < 100e-6


def test_what_is_remembered_stays_bounded() -> None:
	for zone in (BERLIN, NEW_YORK):
		for minute in range(60):
			calendar = WorkCalendar(zone, (Shift(time(9, minute), time(17)),))
			add_hours(utc("2026-11-21T12:00"), 48, WORKING, calendar)
	assert clock._timeline.cache_info().currsize <= clock._MAX_CALENDARS
	assert clock._zone.cache_info().maxsize == clock._MAX_ZONES
	timeline = clock._timeline(OFFICE)
	for year in range(1900, 2100, 20):
		hours_between(utc(f"{year}-01-01T00:00"), utc(f"{year + 20}-01-01T00:00"), WORKING, OFFICE)
	assert 0 < len(timeline._blocks) <= clock._MAX_BLOCKS
	assert clock._timeline(OFFICE) is timeline
