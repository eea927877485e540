"""What one person did in a period: lines, each about one document, and what can be said of them together.

A line says what was done in the past tense and without a subject (“completed the task …”), so that it can stand
in a list and in a sentence. Times are those of documents: naive, local to the site; midnight stands for a whole
day, as in a field that holds a date.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from statistics import median
from typing import Final

from perf_flow.engine.errors import N_, InvalidInput

FEW: Final = 5
"""A figure over fewer than so many lines says so."""
LONGEST: Final = 366
"""So many days of a period at most."""
_DAY: Final = timedelta(days=1)
_SPAN: Final = "Span of time"
_HERE: Final = "Behaviour snapshot"

Translate = Callable[[str, str], str]
"""A template and its context to the template in the reader's language."""


@dataclass(frozen=True, slots=True)
class Said:
	"""A template in English with what fills it. Strings are put in as they are, another ``Said`` in the
	reader's language."""

	template: str
	args: tuple[str | int | float | Said, ...] = ()
	context: str = ""

	@property
	def words(self) -> tuple[str, ...]:
		"""The strings that fill it, at any depth: what comes from documents and people."""
		own: list[str] = []
		for arg in self.args:
			if isinstance(arg, Said):
				own.extend(arg.words)
			elif isinstance(arg, str):
				own.append(arg)
		return tuple(own)


def tell(said: Said, translate: Translate) -> str:
	"""The words for a reader."""
	args = (tell(arg, translate) if isinstance(arg, Said) else arg for arg in said.args)
	return translate(said.template, said.context).format(*args)


class Kind(str, Enum):
	"""What a line is about; the order is the one in which kinds are shown."""

	EVENT = "event"
	TASK = "task"
	ISSUE = "issue"
	MESSAGE = "message"
	REVIEW = "review"
	QUALITY = "quality"
	KNOWLEDGE = "knowledge"
	TIME = "time"
	OTHER = "other"


TITLES: Final[Mapping[Kind, Said]] = {
	Kind.EVENT: Said(N_("Business events", context="Behaviour snapshot"), (), _HERE),
	Kind.TASK: Said(N_("Tasks", context="Behaviour snapshot"), (), _HERE),
	Kind.ISSUE: Said(N_("Issues", context="Behaviour snapshot"), (), _HERE),
	Kind.MESSAGE: Said(N_("Messages", context="Behaviour snapshot"), (), _HERE),
	Kind.REVIEW: Said(N_("Reviews", context="Behaviour snapshot"), (), _HERE),
	Kind.QUALITY: Said(N_("Quality documents", context="Behaviour snapshot"), (), _HERE),
	Kind.KNOWLEDGE: Said(N_("Knowledge articles", context="Behaviour snapshot"), (), _HERE),
	Kind.TIME: Said(N_("Timesheets", context="Behaviour snapshot"), (), _HERE),
	Kind.OTHER: Said(N_("Other documents", context="Behaviour snapshot"), (), _HERE),
}


class Measure(str, Enum):
	"""What the time that something took was."""

	RESPONSE = "response"
	RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True)
class Line:
	"""One thing that somebody did. ``key`` tells it from all others; ``doctype`` and ``name`` are the
	document it is read from, ``source`` is where it was read. ``due`` is when it had to be done, ``took``
	how long it took (see ``measure``), ``hours`` the working time it records, on ``activity``."""

	key: str
	source: str
	kind: Kind
	said: Said
	at: datetime
	doctype: str
	name: str
	due: datetime | None = None
	took: timedelta | None = None
	measure: Measure | None = None
	hours: float = 0.0
	activity: str = ""

	@property
	def whole_day(self) -> bool:
		"""Whether only the day is known."""
		return self.at.time() == time.min

	@property
	def late(self) -> timedelta | None:
		"""By how much it came after its time; zero or negative: in time. None when it had none. Where either is
		known by its day alone, whole days count: a due day lasts until it is over."""
		if self.due is None:
			return None
		if self.whole_day or self.due.time() == time.min:
			return self.at.date() - self.due.date()
		return self.at - self.due

	@property
	def timing(self) -> Said | None:
		"""How it came in time, as a part of a sentence; None when it had no time."""
		late = self.late
		if late is None:
			return None
		if late > timedelta(0):
			return Said(N_("{0} after it was due"), (span(late),))
		if late == timedelta(0):
			return Said(N_("just when it was due"))
		return Said(N_("{0} before it was due"), (span(-late),))


def span(length: timedelta) -> Said:
	"""A span of time in one unit, rounded down; at least a minute."""
	minutes = max(1, int(length.total_seconds() // 60))
	hours = minutes // 60
	if minutes == 1:
		return Said(N_("1 minute", context="Span of time"), (), _SPAN)
	if hours < 1:
		return Said(N_("{0} minutes", context="Span of time"), (minutes,), _SPAN)
	if hours == 1:
		return Said(N_("1 hour", context="Span of time"), (), _SPAN)
	if hours < 48:
		return Said(N_("{0} hours", context="Span of time"), (hours,), _SPAN) if hours != 24 else _one_day()
	return Said(N_("{0} days", context="Span of time"), (hours // 24,), _SPAN)


def _one_day() -> Said:
	return Said(N_("1 day", context="Span of time"), (), _SPAN)


def behaviour(line: Line, day: str) -> Said:
	"""The line as a part of a sentence, with its ``day`` (in the reader's words) and how it came in time."""
	timing = line.timing
	if timing is None:
		return Said(N_("{0} on {1}", context="What was done, when"), (line.said, day), "What was done, when")
	return Said(
		N_("{0} on {1}, {2}", context="What was done, when"), (line.said, day, timing), "What was done, when"
	)


# --- a period ---------------------------------------------------------------------------------------------


def period(first: date | None, last: date | None, today: date, days: int) -> tuple[date, date]:
	"""The first and last day; without them the last ``days`` until ``today``. Raises InvalidInput for a
	period that ends before it begins, begins in the future, or is longer than LONGEST."""
	if first is not None and last is not None and first > last:
		raise InvalidInput(
			first, last, template=N_("The period from {0} to {1} ends before it begins. Exchange the dates.")
		)
	if first is not None and first > today:
		raise InvalidInput(
			first, template=N_("The period begins on {0}, which is still to come. Choose an earlier day.")
		)
	last = min(last or today, today)
	first = first or last - (days - 1) * _DAY
	if (last - first).days >= LONGEST:
		raise InvalidInput(
			LONGEST, template=N_("At most {0} days can be looked at together. Choose a shorter period.")
		)
	return first, last


@dataclass(frozen=True, slots=True)
class Week:
	"""The lines of one week, newest first; ``start`` is its Monday."""

	start: date
	lines: tuple[Line, ...]

	@property
	def counts(self) -> dict[Kind, int]:
		"""How many lines of each kind, in the order of the kinds; kinds without any are left out."""
		return counts(self.lines)


def counts(lines: Iterable[Line]) -> dict[Kind, int]:
	"""How many lines of each kind, in the order of the kinds; kinds without any are left out."""
	found = dict.fromkeys(Kind, 0)
	for line in lines:
		found[line.kind] += 1
	return {kind: number for kind, number in found.items() if number}


def ordered(lines: Iterable[Line], first: date, last: date) -> tuple[Line, ...]:
	"""The lines of the period, each once, newest first."""
	kept = {line.key: line for line in lines if first <= line.at.date() <= last}
	return tuple(sorted(kept.values(), key=lambda line: (line.at, line.key), reverse=True))


def weeks(lines: Iterable[Line], first: date, last: date) -> tuple[Week, ...]:
	"""Every week that the period touches, newest first, with its lines; also weeks without any."""
	by_week: dict[date, list[Line]] = {}
	start = _monday(first)
	while start <= last:
		by_week[start] = []
		start += 7 * _DAY
	for line in ordered(lines, first, last):
		by_week[_monday(line.at.date())].append(line)
	return tuple(Week(start, tuple(found)) for start, found in sorted(by_week.items(), reverse=True))


def _monday(day: date) -> date:
	return day - day.weekday() * _DAY


# --- figures ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
	"""A number over ``counted`` lines. ``few``: over so few that it says little; the hint says so."""

	key: str
	title: Said
	value: Said
	counted: int
	few: bool
	hint: Said


def figures(lines: Iterable[Line]) -> tuple[Figure, ...]:
	"""What can be counted: the share in time, the medians of response and resolution, the hours. A figure
	without a line to count is not there."""
	lines = tuple(lines)
	with_due = [line.late for line in lines if line.late is not None]
	found = []
	if with_due:
		good = sum(late <= timedelta(0) for late in with_due)
		percent = round(100 * good / len(with_due))
		found.append(
			_figure(
				"in_time",
				Said(N_("Done in time", context="Behaviour snapshot"), (), _HERE),
				Said("{0}\u00a0%", (percent,)),
				len(with_due),
			)
		)
	for measure, title in (
		(
			Measure.RESPONSE,
			Said(N_("First response, median", context="Behaviour snapshot"), (), _HERE),
		),
		(
			Measure.RESOLUTION,
			Said(N_("Time to the solution, median", context="Behaviour snapshot"), (), _HERE),
		),
	):
		took = [line.took for line in lines if line.measure is measure and line.took is not None]
		if took:
			found.append(_figure(measure.value, title, span(middle(took)), len(took)))
	entries = [line.hours for line in lines if line.hours]
	if entries:
		found.append(
			_figure(
				"hours",
				Said(N_("Hours recorded", context="Behaviour snapshot"), (), _HERE),
				Said(N_("{0} h", context="Behaviour snapshot"), (plain(sum(entries)),), _HERE),
				len(entries),
				a_sum=True,
			)
		)
	return tuple(found)


def _figure(key: str, title: Said, value: Said, counted: int, a_sum: bool = False) -> Figure:
	# a sum is what it is, however few entries it has
	few = counted < FEW and not a_sum
	if few:
		hint = Said(N_("of {0} only: too few to say much", context="Behaviour snapshot"), (counted,), _HERE)
	elif a_sum and counted == 1:
		hint = Said(N_("in 1 entry", context="Behaviour snapshot"), (), _HERE)
	elif a_sum:
		hint = Said(N_("in {0} entries", context="Behaviour snapshot"), (counted,), _HERE)
	else:
		hint = Said(N_("of {0}", context="Behaviour snapshot"), (counted,), _HERE)
	return Figure(key, title, value, counted, few, hint)


def middle(lengths: Iterable[timedelta]) -> timedelta:
	"""The median of spans of time; of an even number the mean of the two in the middle."""
	return timedelta(seconds=median(length.total_seconds() for length in lengths))


def hours_by_activity(lines: Iterable[Line]) -> tuple[tuple[str, float], ...]:
	"""The hours by project or activity, most first."""
	found: dict[str, float] = {}
	for line in lines:
		if line.hours:
			found[line.activity] = found.get(line.activity, 0.0) + line.hours
	return tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def plain(number: float) -> str:
	"""A number of hours, to two places at most: 7.5."""
	return f"{number:.2f}".rstrip("0").rstrip(".")
