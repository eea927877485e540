"""The clock: due times in calendar or working hours, quiet hours, digests, and time stamps.

Contract
    Every function is a function of its arguments; nothing here reads the time of day. Instants
    come in as aware datetimes in any zone and go out as aware datetimes in UTC. A naive datetime
    is refused with `InvalidInput`, except by `site_to_utc`, whose whole purpose it is.

The two clocks
    *Calendar hours* are physical elapsed hours: 48 hours are 48 hours, whether or not the clocks
    are changed meanwhile. *Working hours* are the physical hours that lie inside the shifts of a
    `WorkCalendar` on days that are not holidays. A shift belongs, whole, to the local day on
    which it starts: a night shift that starts before a holiday runs on into it, one that starts on
    a holiday does not take place, its hours after midnight included.

What a wall-clock time means when the clocks change
    One rule for shifts, quiet hours, digests and site times: a local time stands for *the first
    instant at which the local clock has reached it*. Where the clock reads 02:30 twice (autumn),
    that is the first time; where it jumps from 02:00 to 03:00 and never reads 02:30 (spring), it is
    the instant of the jump. So a later local time is never an earlier instant, shifts that adjoin
    on paper adjoin in fact, and a shift 00:00-08:00 has 9 hours in autumn and 7 in spring.

How it is computed
    Instants are whole microseconds since 1970, so sums are exact. The intervals of a calendar are
    worked out once per block of days, with running totals, and found by bisection. The cache is
    bounded in calendars and in blocks per calendar.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perf_flow.engine.errors import N_, ConfigurationError, InvalidInput

UTC: Final = timezone.utc
EVERY_DAY: Final = frozenset(range(7))

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
_DAY_US: Final = 86_400_000_000
_HOUR_US: Final = 3_600_000_000
_MIDNIGHT: Final = time(0, 0)

#: No period may be longer, and no due time further away, than this: a hundred years.
MAX_HOURS: Final = 100 * 8_766.0
#: Working time is looked for this long beyond the last working moment found.
SEARCH_DAYS: Final = 732

# Days of one block of cached intervals, and how much is kept.
_BLOCK_DAYS: Final = 16
_MAX_BLOCKS: Final = 256
_MAX_CALENDARS: Final = 64
_MAX_ZONES: Final = 64
_IDLE_BLOCKS: Final = SEARCH_DAYS // _BLOCK_DAYS + 1
_SPAN_BLOCKS: Final = int(MAX_HOURS / 24) // _BLOCK_DAYS + 1
# A shift that touches an instant starts, by its local date, at most three days before the
# instant's UTC date (24 hours long, one repeated hour, zone offsets within a day) and at most one after.
_LOOK_BACK_US: Final = 3 * _DAY_US
_LOOK_AHEAD_US: Final = 2 * _DAY_US
# The first and last days that can be converted between zones without leaving datetime's range.
_FIRST_DAY: Final = date.min.toordinal() + 3
_LAST_DAY: Final = date.max.toordinal() - 3

_UTC_ISO: Final = re.compile(
	r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{6})Z",
	re.ASCII,
)


class ClockKind(str, Enum):
	"""How the hours of a deadline are counted. The value is what the event type stores."""

	CALENDAR = N_("Calendar hours")
	WORKING = N_("Working hours")


@dataclass(frozen=True, slots=True)
class Shift:
	"""Working time from ``start`` to ``end`` (local wall-clock times) on each of ``weekdays``.

	``end <= start`` means that it ends on the next day; ``end == start`` is a full day.
	``weekdays`` are the days on which it starts, 0 = Monday … 6 = Sunday. All seven is the
	default, because ERPNext's Holiday List already holds the weekly days off.

	Raises ConfigurationError for a time with a zone, an empty set of weekdays or a weekday
	outside 0-6.
	"""

	start: time
	end: time
	weekdays: frozenset[int] = EVERY_DAY

	def __post_init__(self) -> None:
		for value in (self.start, self.end):
			_check_wall_time(value)
		object.__setattr__(self, "weekdays", frozenset(self.weekdays))
		if not self.weekdays or not self.weekdays <= EVERY_DAY:
			raise ConfigurationError(
				self.label,
				template=N_(
					"The shift {0} needs at least one day of the week, from 0 (Monday) to 6 (Sunday)."
				),
			)

	@property
	def ends_next_day(self) -> bool:
		"""Whether the end lies on the day after the start."""
		return self.end <= self.start

	@property
	def label(self) -> str:
		"""The shift as people write it, for messages: ``22:00–06:00``."""
		return f"{_show(self.start)}–{_show(self.end)}"


@dataclass(frozen=True, slots=True)
class WorkCalendar:
	"""When somebody works: shifts on the days of an IANA time zone that are not ``holidays``.

	``holidays`` are local dates. Two calendars with the same content are equal and share
	their computed intervals.

	Raises ConfigurationError for an unknown time zone, no shift at all, shifts that overlap
	(also across midnight and from Sunday to Monday), or a holiday that is not a plain date.
	"""

	timezone: str
	shifts: tuple[Shift, ...]
	holidays: frozenset[date] = frozenset()

	def __post_init__(self) -> None:
		_zone(self.timezone)
		object.__setattr__(self, "shifts", tuple(self.shifts))
		object.__setattr__(self, "holidays", frozenset(self.holidays))
		if not self.shifts:
			raise ConfigurationError(template=N_("The working calendar has no shift."))
		_check_holidays(self.holidays)
		_check_overlap(self.shifts)

	def working_intervals(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
		"""The working time from ``start`` to ``end``, as (begin, end) in UTC, in order.

		The first and last interval are cut at ``start`` and ``end``. Each is half-open: its end no
		longer belongs to it. Shifts that adjoin are given apart. Nothing if ``end <= start``.

		Raises InvalidInput for a naive datetime or a span of more than a hundred years.
		"""
		first, last = _to_us(start), _to_us(end)
		return (
			(_from_us(begin), _from_us(finish)) for begin, finish in _timeline(self).intervals(first, last)
		)


def add_hours(start: datetime, hours: float, kind: ClockKind, calendar: WorkCalendar | None) -> datetime:
	"""The instant, in UTC, by which ``hours`` have elapsed since ``start`` on the given clock.

	Working hours, ``hours > 0``: the *earliest* instant at which that much working time lies
	between. Eight hours from the morning are therefore due at the end of the shift, not when the
	next one starts. ``hours < 0`` ("N hours before"): the *latest* instant with that much working
	time between it and ``start``. ``hours == 0`` is ``start`` itself on both clocks, also outside of
	working time: nothing has to elapse. ``hours`` is rounded to the microsecond; ``calendar`` is only
	used, and then needed, for working hours.

	Raises InvalidInput for a naive ``start``, for hours that are no number, and for a period or a
	result further away than a hundred years; ConfigurationError if working hours are asked for
	without a calendar, or if the calendar has no working time for two years on end.
	"""
	if not abs(hours) <= MAX_HOURS:  # put like this, it refuses "not a number" too
		raise _unusable_period(hours)
	amount = round(hours * _HOUR_US)
	origin = _to_us(start)
	timeline = _timeline_for(kind, calendar)
	if timeline is None or amount == 0:
		return _from_us(origin + amount)
	if amount > 0:
		return _from_us(timeline.forward(origin, amount))
	return _from_us(timeline.backward(origin, -amount))


def hours_between(start: datetime, end: datetime, kind: ClockKind, calendar: WorkCalendar | None) -> float:
	"""The hours that elapse from ``start`` to ``end`` on the given clock; negative if ``end < start``.

	``hours_between(s, add_hours(s, h, …), …) == h`` to the microsecond, for every ``h``. The other
	way round, ``add_hours(s, hours_between(s, e, …), …)`` gives ``e`` back on the calendar clock, and on
	the working clock if ``e`` is after ``s`` and inside a shift or at its end.

	Raises InvalidInput for a naive datetime, and on the working clock for more than a hundred
	years; ConfigurationError if working hours are asked for without a calendar.
	"""
	first, last = _to_us(start), _to_us(end)
	timeline = _timeline_for(kind, calendar)
	if timeline is None:
		return (last - first) / _HOUR_US
	if last < first:
		return -timeline.between(last, first) / _HOUR_US
	return timeline.between(first, last) / _HOUR_US


def quiet_until(
	now: datetime,
	quiet_from: time | None,
	quiet_to: time | None,
	timezone: str,
	holidays: frozenset[date] = frozenset(),
	on_holidays: bool = False,
) -> datetime:
	"""The first instant, in UTC, not before ``now``, at which a message may be delivered.

	Every local day is quiet from ``quiet_from`` until ``quiet_to``, which itself is no longer quiet;
	``quiet_from > quiet_to`` spans midnight. If one of them is None, or both are equal, there are no
	quiet hours. With ``on_holidays`` the ``holidays`` are quiet from midnight to midnight as well.

	Raises InvalidInput for a naive ``now``; ConfigurationError for an unknown time zone, a time
	with a zone, a holiday that is not a plain date, or if holidays leave no moment for two years.
	"""
	zone = _zone(timezone)
	moment = _to_utc(now)
	window: tuple[time, time] | None = None
	if quiet_from is not None and quiet_to is not None:
		_check_wall_time(quiet_from)
		_check_wall_time(quiet_to)
		if quiet_from != quiet_to:
			window = (quiet_from, quiet_to)
	silent_days: frozenset[date] = frozenset()
	if on_holidays:
		silent_days = frozenset(holidays)
		_check_holidays(silent_days)
	try:
		give_up = moment + timedelta(days=SEARCH_DAYS)
		while True:
			end = _quiet_end(moment, window, silent_days, zone)
			if end is None:
				return moment
			if end > give_up:
				raise ConfigurationError(
					template=N_("The quiet hours and holidays leave no moment for messages for two years.")
				)
			moment = end
	except OverflowError:
		raise _out_of_range() from None


def next_digest_at(now: datetime, digest_time: time, timezone: str) -> datetime:
	"""The first instant, in UTC, *after* ``now`` at which the local clock reaches ``digest_time``.

	Exactly one for each local day, also on the days on which the clocks change.

	Raises InvalidInput for a naive ``now``; ConfigurationError for an unknown time zone or a time
	with a zone.
	"""
	zone = _zone(timezone)
	_check_wall_time(digest_time)
	moment = _to_utc(now)
	try:
		day = moment.astimezone(zone).date() - _DAY
		while True:
			due = _reached(day, digest_time, zone)
			if due > moment:
				return due
			day += _DAY
	except OverflowError:
		raise _out_of_range() from None


def local_date(now: datetime, timezone: str) -> date:
	"""The date that the calendar on the wall shows at ``now`` in that time zone.

	Raises InvalidInput for a naive ``now``; ConfigurationError for an unknown time zone.
	"""
	return utc_to_site(now, timezone).date()


def site_to_utc(naive: datetime, timezone: str) -> datetime:
	"""The instant, in UTC, that a naive datetime of the site's time zone stands for.

	Frappe stores naive local times. Where the clock reads the same time twice the first time is
	meant, unless ``fold=1`` says the second (`utc_to_site` sets it; a database column has lost it, so
	that a stored time of the repeated hour may come back an hour too early). A time that the clock
	jumped over means the instant of the jump. So a later stored time is never an earlier instant.

	Raises InvalidInput for an aware datetime; ConfigurationError for an unknown time zone.
	"""
	zone = _zone(timezone)
	if naive.tzinfo is not None:
		raise InvalidInput(
			naive.isoformat(),
			template=N_("{0} names a time zone; a time in the time zone of the site is expected."),
		)
	try:
		return _instant(naive, zone)
	except OverflowError:
		raise _out_of_range() from None


def utc_to_site(dt: datetime, timezone: str) -> datetime:
	"""What the clock of that time zone reads at ``dt``, as the naive datetime that Frappe stores.

	In the hour that the clock repeats, the second pass carries ``fold=1``, so that
	``site_to_utc(utc_to_site(dt)) == dt`` as long as the value is not stored in between.

	Raises InvalidInput for a naive datetime; ConfigurationError for an unknown time zone.
	"""
	zone = _zone(timezone)
	try:
		return _to_utc(dt).astimezone(zone).replace(tzinfo=None)
	except OverflowError:
		raise _out_of_range() from None


def to_utc_iso(dt: datetime) -> str:
	"""``dt`` in UTC as text, always with microseconds: ``2026-11-21T20:20:25.123456Z``.

	All such texts have the same length, and sort as the instants do.

	Raises InvalidInput for a naive datetime.
	"""
	return _to_utc(dt).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def from_utc_iso(text: str) -> datetime:
	"""The instant that `to_utc_iso` wrote; exactly its form is accepted, and nothing else.

	Raises InvalidInput for any other text, or a date or time that does not exist.
	"""
	match = _UTC_ISO.fullmatch(text) if isinstance(text, str) else None
	if match is None:
		raise _not_utc_iso(text)
	year, month, day, hour, minute, second, microsecond = map(int, match.groups())
	try:
		return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
	except ValueError:  # well formed, but no such time: 30 February, 24:00
		raise _not_utc_iso(text) from None


# --- working time -------------------------------------------------------------------------------


class _Block:
	"""The working intervals that start on some consecutive days, with running totals.

	``starts`` and ``ends`` in microseconds since 1970; ``sums[i]`` is the length of the intervals up
	to and including the i-th.
	"""

	__slots__ = ("ends", "starts", "sums", "total")

	def __init__(self, intervals: list[tuple[int, int]]) -> None:
		self.starts = [start for start, _ in intervals]
		self.ends = [end for _, end in intervals]
		self.sums: list[int] = []
		self.total = 0
		for start, end in intervals:
			self.total += end - start
			self.sums.append(self.total)

	def worked_until(self, instant: int) -> int:
		"""The working time of this block that lies before ``instant``."""
		index = bisect_right(self.ends, instant)
		if index == len(self.ends):
			return self.total
		# Up to the end of this interval, less what of it is still to come.
		return self.sums[index] - (self.ends[index] - max(instant, self.starts[index]))

	def earliest(self, worked: int) -> int:
		"""The first instant at which ``worked`` (0 < worked <= total) has been worked."""
		index = bisect_left(self.sums, worked)
		return self.ends[index] - (self.sums[index] - worked)

	def latest(self, worked: int) -> int:
		"""The last instant at which no more than ``worked`` (0 <= worked < total) has been worked."""
		index = bisect_right(self.sums, worked)
		return self.ends[index] - (self.sums[index] - worked)


class _Timeline:
	"""The working intervals of one calendar, computed by blocks of days when they are needed.

	Intervals follow one another without overlap: the shifts do not overlap on the wall clock, and
	a later wall-clock time is never an earlier instant.
	"""

	__slots__ = ("_blocks", "_holidays", "_shifts", "_zone")

	def __init__(self, calendar: WorkCalendar) -> None:
		self._zone = _zone(calendar.timezone)
		self._shifts = sorted(calendar.shifts, key=lambda shift: shift.start)
		self._holidays = calendar.holidays
		self._blocks: dict[int, _Block] = {}

	def forward(self, origin: int, amount: int) -> int:
		"""The earliest instant by which ``amount`` > 0 has been worked since ``origin``."""
		idle = 0
		for number in _block_numbers(origin - _LOOK_BACK_US, 1):
			block = self._block(number)
			worked = block.worked_until(origin)
			available = block.total - worked
			if amount <= available:
				return block.earliest(worked + amount)
			amount -= available
			idle = 0 if available else idle + 1
			if idle > _IDLE_BLOCKS:
				raise _no_working_time()
		raise _out_of_range()

	def backward(self, origin: int, amount: int) -> int:
		"""The latest instant since which ``amount`` > 0 has been worked until ``origin``."""
		idle = 0
		for number in _block_numbers(origin + _LOOK_AHEAD_US, -1):
			worked = self._block(number).worked_until(origin)
			if amount <= worked:
				return self._block(number).latest(worked - amount)
			amount -= worked
			idle = 0 if worked else idle + 1
			if idle > _IDLE_BLOCKS:
				raise _no_working_time()
		raise _out_of_range()

	def between(self, first: int, last: int) -> int:
		"""The working time from ``first`` to ``last`` (``first <= last``)."""
		worked = 0
		for number in _blocks_of_span(first, last):
			block = self._block(number)
			worked += block.worked_until(last) - block.worked_until(first)
		return worked

	def intervals(self, first: int, last: int) -> Iterator[tuple[int, int]]:
		"""The working intervals from ``first`` to ``last``, cut at both."""
		numbers = _blocks_of_span(first, last) if first < last else range(0)
		return (
			(max(start, first), min(end, last))
			for block in map(self._block, numbers)
			for start, end in zip(block.starts, block.ends, strict=True)
			if start < last and end > first
		)

	def _block(self, number: int) -> _Block:
		block = self._blocks.get(number)
		if block is None:
			if len(self._blocks) >= _MAX_BLOCKS:
				self._blocks.clear()
			block = self._blocks[number] = self._compute(number)
		return block

	def _compute(self, number: int) -> _Block:
		intervals: list[tuple[int, int]] = []
		first = number * _BLOCK_DAYS
		for ordinal in range(max(first, _FIRST_DAY), min(first + _BLOCK_DAYS, _LAST_DAY + 1)):
			day = date.fromordinal(ordinal)
			if day in self._holidays:
				continue
			for shift in self._shifts:
				if day.weekday() not in shift.weekdays:
					continue
				last_day = day + _DAY if shift.ends_next_day else day
				start = _to_us(_reached(day, shift.start, self._zone))
				end = _to_us(_reached(last_day, shift.end, self._zone))
				if start < end:  # a shift may fall wholly into the time that the clock jumps over
					intervals.append((start, end))
		return _Block(intervals)


@lru_cache(maxsize=_MAX_CALENDARS)
def _timeline(calendar: WorkCalendar) -> _Timeline:
	return _Timeline(calendar)


def _timeline_for(kind: ClockKind, calendar: WorkCalendar | None) -> _Timeline | None:
	"""The timeline of the working clock; None stands for the calendar clock."""
	if kind == ClockKind.CALENDAR:
		return None
	if kind != ClockKind.WORKING:
		raise ConfigurationError(
			str(kind), template=N_("“{0}” is not a way of counting hours: choose calendar or working hours.")
		)
	if calendar is None:
		raise ConfigurationError(template=N_("Working hours need a working calendar, and none is given."))
	return _timeline(calendar)


def _block_of(instant: int) -> int:
	return (instant // _DAY_US + _EPOCH_ORDINAL) // _BLOCK_DAYS


def _block_numbers(origin: int, step: int) -> range:
	"""The numbers of the blocks from ``origin`` on, as far as a due time may lie away."""
	first = _block_of(origin)
	if step > 0:
		return range(first, min(first + _SPAN_BLOCKS, _LAST_DAY // _BLOCK_DAYS) + 1)
	return range(first, max(first - _SPAN_BLOCKS, 0) - 1, -1)


def _blocks_of_span(first: int, last: int) -> range:
	if last - first > MAX_HOURS * _HOUR_US:
		raise _out_of_range()
	return range(_block_of(first - _LOOK_BACK_US), _block_of(last + _LOOK_AHEAD_US) + 1)


# --- wall clocks --------------------------------------------------------------------------------


@lru_cache(maxsize=_MAX_ZONES)
def _zone(name: str) -> ZoneInfo:
	try:
		return ZoneInfo(name)
	except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
		# Besides an unknown name: an empty one, a path, the name of a folder of the database.
		raise ConfigurationError(name, template=N_("The time zone “{0}” is not known.")) from None


def _reached(day: date, wall: time, zone: ZoneInfo) -> datetime:
	"""The first instant, in UTC, at which the local clock has reached ``wall`` on ``day``."""
	return _instant(datetime.combine(day, wall).replace(fold=0), zone)


def _instant(naive: datetime, zone: ZoneInfo) -> datetime:
	"""The instant, in UTC, of a local time: see the module's rule. ``fold=1`` takes the second of two.

	PEP 495: the offsets for fold 0 and 1 differ only for a time that occurs twice (then the
	first is the greater) or never (then it is the smaller).
	"""
	# An offset is None only for a tzinfo that knows none; a ZoneInfo knows it for every datetime.
	first = naive.replace(tzinfo=zone, fold=0).utcoffset() or timedelta(0)
	second = naive.replace(tzinfo=zone, fold=1).utcoffset() or timedelta(0)
	instant = naive.replace(tzinfo=UTC, fold=0)
	if first == second:
		return instant - first
	if first > second:
		return instant - (second if naive.fold else first)
	return _jump(instant - second, instant - first, first, zone)


def _jump(before: datetime, after: datetime, offset: timedelta, zone: ZoneInfo) -> datetime:
	"""The instant between ``before`` and ``after`` at which the zone leaves ``offset``: a full second."""
	low = _to_us(before) // 1_000_000
	high = -(-_to_us(after) // 1_000_000)
	while high - low > 1:
		middle = (low + high) // 2
		if _from_us(middle * 1_000_000).astimezone(zone).utcoffset() == offset:
			low = middle
		else:
			high = middle
	return _from_us(high * 1_000_000)


def _quiet_end(
	moment: datetime, window: tuple[time, time] | None, silent_days: frozenset[date], zone: ZoneInfo
) -> datetime | None:
	"""The end of a quiet time in which ``moment`` lies, or None if it lies in none."""
	today = moment.astimezone(zone).date()
	for day in (today - _DAY, today, today + _DAY):
		if window is not None:
			last_day = day + _DAY if window[1] < window[0] else day
			end = _reached(last_day, window[1], zone)
			if _reached(day, window[0], zone) <= moment < end:
				return end
		if day in silent_days:
			end = _reached(day + _DAY, _MIDNIGHT, zone)
			if _reached(day, _MIDNIGHT, zone) <= moment < end:
				return end
	return None


# --- instants and checks ------------------------------------------------------------------------


def _to_utc(dt: datetime) -> datetime:
	if dt.utcoffset() is None:
		raise InvalidInput(
			dt.isoformat(), template=N_("{0} names no time zone, so it is not clear which moment is meant.")
		)
	try:
		return dt.astimezone(UTC)
	except OverflowError:
		raise _out_of_range() from None


def _to_us(dt: datetime) -> int:
	return (_to_utc(dt) - _EPOCH) // _MICROSECOND


def _from_us(instant: int) -> datetime:
	try:
		return _EPOCH + timedelta(microseconds=instant)
	except OverflowError:
		raise _out_of_range() from None


def _show(value: time) -> str:
	return value.isoformat("auto" if value.second or value.microsecond else "minutes")


def _check_wall_time(value: time) -> None:
	if not isinstance(value, time) or value.tzinfo is not None:
		raise ConfigurationError(
			str(value), template=N_("“{0}” is not a time of day without a time zone, such as 08:30.")
		)


def _check_holidays(holidays: frozenset[date]) -> None:
	for day in holidays:
		if not isinstance(day, date) or isinstance(day, datetime):
			raise ConfigurationError(
				str(day), template=N_("The holiday “{0}” is not a date without a time of day.")
			)


def _check_overlap(shifts: tuple[Shift, ...]) -> None:
	"""Lay all shifts out over one week, which follows on itself, and compare the neighbours."""
	week: list[tuple[timedelta, timedelta, Shift]] = []
	for shift in shifts:
		for weekday in shift.weekdays:
			start = _since_midnight(shift.start) + weekday * _DAY
			end = _since_midnight(shift.end) + (weekday + shift.ends_next_day) * _DAY
			week.append((start, end, shift))
	week.sort(key=lambda item: item[:2])
	first_start, _, first_shift = week[0]
	following = [*week[1:], (first_start + 7 * _DAY, first_start, first_shift)]
	for (_, end, shift), (next_start, _, next_shift) in zip(week, following, strict=True):
		if end > next_start:
			raise ConfigurationError(
				shift.label, next_shift.label, template=N_("The shifts {0} and {1} overlap.")
			)


def _since_midnight(value: time) -> timedelta:
	return timedelta(
		hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
	)


def _unusable_period(hours: float) -> InvalidInput:
	return InvalidInput(
		hours, template=N_("{0} hours is not a usable period: give a number of hours within a hundred years.")
	)


def _not_utc_iso(text: object) -> InvalidInput:
	return InvalidInput(
		str(text)[:64],
		template=N_("“{0}” is not a time in UTC of the form 2026-11-21T20:20:25.123456Z."),
	)


def _out_of_range() -> InvalidInput:
	return InvalidInput(template=N_("This moment lies too far away to be computed with."))


def _no_working_time() -> ConfigurationError:
	return ConfigurationError(
		template=N_("The working calendar has no working time for two years: check its holidays and shifts.")
	)
