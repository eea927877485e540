"""Flow health (绩效流健康度): the one definition, from which every report, card and chart is read.

Flow health is the share of chains (event → action → feedback → archive) closed within 48 hours.

- **In time** (numerator): the chain is closed, and ``closed_at <= target_at``. The target is stored when
  the event is recorded: recorded_at + 48 h on the chain's own clock (calendar or working hours), so
  that a later change of a calendar does not change past figures.
- **Counted** (denominator): every chain that is closed, in time or late, and every open chain whose
  target has passed (``now > target_at``). An open chain that nobody can work on, because no person was
  found for it, runs and becomes late like any other: that is a failure of the flow too.
- **Still running**: open and within its time. Not counted, since it can still go either way; reported
  apart. A young week therefore moves until its last chain is closed or past its target, and tends to
  start high, because quick chains are counted first.
- **Void**: the ERP document was cancelled or deleted, or the event was withdrawn. Never counted,
  whatever had happened on it; reported apart.
- **Practice**: chains of a rehearsal. They appear in no figure at all.
- **Pilot**: chains of a pilot group count like all others; how many they are, and their own share,
  is reported apart, and ``select`` filters by it.

The percentage is 100 · in time / counted, or None while nothing is counted (which is not 0 %).

A figure is a value that adds up: ``health(a) + health(b) == health(a and b)``, in any order.
Times are aware datetimes; ``now`` is an argument.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from enum import Enum
from statistics import median
from typing import NamedTuple, TypeVar

from perf_flow.engine.errors import N_, InvalidInput

K = TypeVar("K", bound=Hashable)

DEFINITION: tuple[str, ...] = (
	N_(
		"Flow health is the share of business events that were closed in time: within 48 hours of their own clock, unless their type sets other hours."
	),
	N_("Counted are the events that are closed, and the open ones whose time has passed."),
	N_("Events that are still within their time are shown apart as still running and are not counted."),
	N_("Events for which no responsible person was found are counted like all others."),
	N_("Void events are never counted; they are shown apart. Practice events appear in no figure."),
	N_("Events of pilot groups are counted; they are also shown apart and can be filtered."),
	N_("A week holds the events recorded in it, and keeps moving until the last of them is closed or late."),
)
"""What the figure means, to be shown to its reader sentence by sentence."""


class Stage(str, Enum):
	"""Where a chain stands. The value is a translatable label."""

	EVIDENCE = N_("Evidence")
	MARK = N_("Mark")
	CONFIRMATION = N_("Confirmation")
	CLOSED = N_("Closed")
	VOID = N_("Void")


STEPS: tuple[Stage, ...] = (Stage.EVIDENCE, Stage.MARK, Stage.CONFIRMATION)
"""The steps a chain can wait in, in their order."""


@dataclass(frozen=True, slots=True)
class ChainTimes:
	"""What the figures need of one chain. Empty text: not known, or nobody.

	``evidence_at``, ``marked_at`` and ``confirmed_at`` are when the step was last completed (the last round
	after a redo), None if it was not. Raises InvalidInput for a time without a time zone.
	"""

	event: str
	event_type: str
	company: str
	department: str
	employee: str
	manager: str
	pilot: bool
	recorded_at: datetime
	target_at: datetime
	closed_at: datetime | None
	void: bool
	practice: bool = False
	evidence_at: datetime | None = None
	marked_at: datetime | None = None
	confirmed_at: datetime | None = None
	stage: Stage = Stage.EVIDENCE

	def __post_init__(self) -> None:
		if self.recorded_at.tzinfo is not timezone.utc:
			_aware(self.recorded_at)
		if self.target_at.tzinfo is not timezone.utc:
			_aware(self.target_at)
		for moment in (self.closed_at, self.evidence_at, self.marked_at, self.confirmed_at):
			if moment is not None and moment.tzinfo is not timezone.utc:
				_aware(moment)


def _aware(moment: datetime) -> None:
	if moment.utcoffset() is None:
		raise InvalidInput(moment, template=N_("The time {0} has no time zone."))


@dataclass(frozen=True, slots=True)
class Health:
	"""The figures of a set of chains. ``pilot`` and ``pilot_in_time`` are of the counted ones."""

	closed_in_time: int = 0
	closed_late: int = 0
	late_open: int = 0
	running: int = 0
	void: int = 0
	pilot: int = 0
	pilot_in_time: int = 0

	@property
	def counted(self) -> int:
		"""The denominator: closed in time, closed late, and open past the target."""
		return self.closed_in_time + self.closed_late + self.late_open

	@property
	def percent(self) -> float | None:
		"""Flow health, 0–100; None while nothing is counted."""
		return _percent(self.closed_in_time, self.counted)

	@property
	def pilot_percent(self) -> float | None:
		"""Flow health of the pilot chains alone, 0–100; None while none of them is counted."""
		return _percent(self.pilot_in_time, self.pilot)

	def __add__(self, other: Health) -> Health:
		"""The figures of both sets together (no chain may be in both)."""
		return Health(
			self.closed_in_time + other.closed_in_time,
			self.closed_late + other.closed_late,
			self.late_open + other.late_open,
			self.running + other.running,
			self.void + other.void,
			self.pilot + other.pilot,
			self.pilot_in_time + other.pilot_in_time,
		)


def _percent(part: int, whole: int) -> float | None:
	return 100 * part / whole if whole else None


class Counting:
	"""A Health in the making: single pass, constant memory."""

	__slots__ = ("_in_time", "_late", "_late_open", "_pilot", "_pilot_in_time", "_running", "_void")

	def __init__(self) -> None:
		self._in_time = self._late = self._late_open = 0
		self._running = self._void = self._pilot = self._pilot_in_time = 0

	def add(self, chain: ChainTimes, now: datetime) -> None:
		"""Count one chain as it stands at ``now``."""
		if chain.practice:
			return
		if chain.void:
			self._void += 1
			return
		in_time = False
		if chain.closed_at is not None:
			in_time = chain.closed_at <= chain.target_at
			if in_time:
				self._in_time += 1
			else:
				self._late += 1
		elif now > chain.target_at:
			self._late_open += 1
		else:
			self._running += 1
			return
		if chain.pilot:
			self._pilot += 1
			self._pilot_in_time += in_time

	def result(self) -> Health:
		"""The figures of the chains counted so far."""
		return Health(
			self._in_time,
			self._late,
			self._late_open,
			self._running,
			self._void,
			self._pilot,
			self._pilot_in_time,
		)


def health(chains: Iterable[ChainTimes], now: datetime) -> Health:
	"""The figures of ``chains`` at ``now``. Single pass; raises InvalidInput when ``now`` has no time zone."""
	_aware(now)
	count = Counting()
	for chain in chains:
		count.add(chain, now)
	return count.result()


def select(
	chains: Iterable[ChainTimes],
	*,
	company: str | None = None,
	department: str | None = None,
	event_type: str | None = None,
	manager: str | None = None,
	pilot: bool | None = None,
) -> Iterator[ChainTimes]:
	"""The chains that agree with every filter that is not None."""
	for chain in chains:
		if (
			(company is None or chain.company == company)
			and (department is None or chain.department == department)
			and (event_type is None or chain.event_type == event_type)
			and (manager is None or chain.manager == manager)
			and (pilot is None or chain.pilot == pilot)
		):
			yield chain


def by(chains: Iterable[ChainTimes], key: Callable[[ChainTimes], K], now: datetime) -> dict[K, Health]:
	"""The figures for each value of ``key``, e.g. ``lambda chain: chain.department``. Single pass.

	Practice chains make no group. The groups come in the order in which they were met.
	"""
	_aware(now)
	counts: dict[K, Counting] = {}
	for chain in chains:
		if chain.practice:
			continue
		group = key(chain)
		count = counts.get(group)
		if count is None:
			count = counts[group] = Counting()
		count.add(chain, now)
	return {group: count.result() for group, count in counts.items()}


class Week(NamedTuple):
	"""The events recorded in one ISO week. ``start`` is its Monday.

	``trend`` is the difference in percentage points to the nearest earlier week that has a percentage;
	None when either of the two has none.
	"""

	start: date
	health: Health
	trend: float | None


def weekly(chains: Iterable[ChainTimes], now: datetime, timezone: tzinfo) -> list[Week]:
	"""The figures by ISO week of ``recorded_at`` in ``timezone``, oldest first; weeks without chains are left out."""
	return trend(by(chains, lambda chain: monday(chain.recorded_at, timezone), now))


def monday(moment: datetime, timezone: tzinfo) -> date:
	"""The first day of the ISO week that ``moment`` lies in, on the calendar of ``timezone``."""
	day = moment.astimezone(timezone).date()
	return day - timedelta(days=day.weekday())


def trend(figures_of: Mapping[date, Health]) -> list[Week]:
	"""The weeks with their trend, oldest first, from the figures of each week by its Monday."""
	weeks: list[Week] = []
	before: float | None = None
	for start, figures in sorted(figures_of.items(), key=lambda item: item[0]):
		percent = figures.percent
		change = None if percent is None or before is None else percent - before
		weeks.append(Week(start, figures, change))
		before = before if percent is None else percent
	return weeks


@dataclass(frozen=True, slots=True)
class StageFigures:
	"""One step: how many chains wait in it, how many of these past their target, how long it took.

	``median_hours`` (calendar hours) is over the ``finished`` ones; None when none is finished.
	"""

	stage: Stage
	waiting: int
	overdue: int
	finished: int
	median_hours: float | None


def _hours(chain: ChainTimes) -> tuple[float | None, float | None, float | None]:
	"""Hours each step took: from the latest earlier step's end that is not after its own, else from the recording.

	Steps may be skipped (a type without a mark) or be done early (a confirmation before the mark).
	"""
	ends = chain.evidence_at, chain.marked_at, chain.confirmed_at
	hours: list[float | None] = []
	for index, end in enumerate(ends):
		if end is None:
			hours.append(None)
			continue
		starts = [moment for moment in ends[:index] if moment is not None and moment <= end]
		start = max([chain.recorded_at, *starts])
		hours.append(hours_to(start, end))
	return hours[0], hours[1], hours[2]


class Milestone(str, Enum):
	"""What a chain passes on its way. The value is a translatable label."""

	RECORDED = N_("Recorded")
	EVIDENCE = N_("Evidence complete")
	MARK = N_("Marked")
	CONFIRMATION = N_("Impact confirmed")
	CLOSED = N_("Closed")


@dataclass(frozen=True, slots=True)
class FunnelStep:
	"""One milestone: how many chains have passed it, and how long that took.

	``percent`` (0–100) is of the recorded ones; None while nothing is recorded. ``median_hours`` (calendar
	hours) is of the step that leads to it, for closed ones of the whole chain; None when nothing is finished.
	"""

	milestone: Milestone
	count: int
	percent: float | None
	median_hours: float | None


@dataclass(frozen=True, slots=True)
class Stalls:
	"""Where a set of chains stands. ``steps`` are the figures of each of ``STEPS``; ``recorded`` counts all
	chains, ``closed`` those at their end, ``in_time`` those of them that were closed by their target.
	``median_hours`` (calendar hours) is from the recording to the end, None when none is closed."""

	steps: tuple[StageFigures, ...]
	recorded: int
	closed: int
	in_time: int
	median_hours: float | None

	def funnel(self) -> tuple[FunnelStep, ...]:
		"""How many chains have passed each milestone: all but those that wait before it.

		A step that a chain does not have, or that it ended without, counts as passed; after a redo a
		chain stands at its evidence again. So no number is larger than the one before it.
		"""
		left = self.recorded
		found = [FunnelStep(Milestone.RECORDED, left, _percent(left, self.recorded), None)]
		milestones = (Milestone.EVIDENCE, Milestone.MARK, Milestone.CONFIRMATION)
		for milestone, step in zip(milestones, self.steps, strict=True):
			left -= step.waiting
			found.append(FunnelStep(milestone, left, _percent(left, self.recorded), step.median_hours))
		found.append(
			FunnelStep(Milestone.CLOSED, self.closed, _percent(self.closed, self.recorded), self.median_hours)
		)
		return tuple(found)


class Stalling:
	"""Stalls in the making: single pass.

	The medians are exact, so the hours of every finished step are kept: 8 bytes each, 32 bytes for a
	complete chain (a million chains: 32 MB, and a quarter of it once more while sorting).
	"""

	__slots__ = ("_in_time", "_overdue", "_recorded", "_took", "_waiting", "_whole")

	def __init__(self) -> None:
		self._waiting = dict.fromkeys(STEPS, 0)
		self._overdue = dict.fromkeys(STEPS, 0)
		self._took = {step: array("d") for step in STEPS}
		self._whole = array("d")
		self._recorded = self._in_time = 0

	def add(self, chain: ChainTimes, now: datetime, closing: float | None = None) -> None:
		"""Count one chain as it stands at ``now``. ``closing`` is how many hours it took, where that is known."""
		if chain.void or chain.practice:
			return
		self._recorded += 1
		if chain.closed_at is not None:
			took = hours_to(chain.recorded_at, chain.closed_at) if closing is None else closing
			self._whole.append(took)
			self._in_time += chain.closed_at <= chain.target_at
		elif chain.stage in self._waiting:
			self._waiting[chain.stage] += 1
			self._overdue[chain.stage] += now > chain.target_at
		if chain.evidence_at is chain.marked_at is chain.confirmed_at is None:
			return
		for step, hours in zip(STEPS, _hours(chain), strict=True):
			if hours is not None:
				self._took[step].append(hours)

	def result(self) -> Stalls:
		"""Where the chains stand that were counted so far."""
		steps = tuple(
			StageFigures(
				step,
				self._waiting[step],
				self._overdue[step],
				len(self._took[step]),
				median(self._took[step]) if self._took[step] else None,
			)
			for step in STEPS
		)
		whole = self._whole
		return Stalls(steps, self._recorded, len(whole), self._in_time, median(whole) if whole else None)


def hours_to(start: datetime, end: datetime) -> float:
	"""The calendar hours from ``start`` to ``end``; 0 when the end is not after the start."""
	return max((end - start).total_seconds(), 0.0) / 3600


def stalls(chains: Iterable[ChainTimes], now: datetime) -> Stalls:
	"""Where chains stall. Void and practice chains are left out. Single pass; for its memory see ``Stalling``."""
	_aware(now)
	count = Stalling()
	for chain in chains:
		count.add(chain, now)
	return count.result()


def stages(chains: Iterable[ChainTimes], now: datetime) -> list[StageFigures]:
	"""Where chains stall, for each of ``STEPS``: see ``stalls``."""
	return list(stalls(chains, now).steps)
