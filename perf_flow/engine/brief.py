"""The brief: what a span of events says about how work flows, as one value.

From this value the HTML page, the workbook and the slides are written, so that their numbers cannot differ. It is
made in a single pass over the chains (``Tally``), from a replayed file or from a site's own events. Which chains
enter a figure is said by ``perf_flow.engine.health``: void and practice chains never do.

What counts as a deviation
    A group is compared with all the others of its kind together, by two shares: events closed in time (of those
    counted) and events with complete evidence (of those not void). The interval of the difference of the two
    shares is Newcombe's hybrid score interval (R. G. Newcombe, *Interval estimation for the difference between
    independent proportions: comparison of eleven methods*, Statistics in Medicine 17, 1998, method 10; built from
    E. B. Wilson's score intervals, 1927). It is a deviation if that interval leaves out 0, the difference is at
    least ``LEAST_DIFFERENCE`` percentage points, and both sides have at least ``LEAST_EVENTS`` events. The error
    of 5 % is divided by the number of comparisons made (Bonferroni), so that a brief with a hundred groups does
    not find five by chance. A week is not compared while events of it still run, since what is quick is counted
    first. A difference is not a cause: the brief says so.
"""

from __future__ import annotations

import heapq
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, timezone, tzinfo
from enum import Enum
from math import ceil, fsum, sqrt
from statistics import NormalDist, fmean, median

from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.health import (
	ChainTimes,
	Counting,
	Health,
	Stage,
	Stalling,
	Stalls,
	hours_to,
	monday,
	trend,
)
from perf_flow.engine.verifier import Reason

UTC = timezone.utc
LEAST_EVENTS = 20
"""Fewer events than this, on either side, are not compared."""
LEAST_DIFFERENCE = 5.0
"""Percentage points below which a difference is not worth a reader's time, however certain it is."""
ERROR = 0.05
"""The chance of one or more false deviations in a whole brief."""
MOST_DEVIATIONS = 30
MOST_BROKEN = 200
"""How many broken chains are kept: the latest ones. ``Brief.broken_total`` counts all."""
MOST_GROUPS = 2_000
"""Groups of one kind that are kept apart; all events of further ones are counted under ``OTHERS``."""
MOST_PEOPLE = 20_000
_MOST_CELLS = 20_000
OTHERS = "\uffff"
"""The key of the group that holds what did not get one of its own."""

OTHERS_LABEL = N_("All others")
NOT_KNOWN = N_("Not known")
NOT_A_CAUSE = N_(
	"A deviation is a difference that chance does not explain. It says where to look, not who is to blame."
)


class Kind(str, Enum):
	"""What a brief was made from. LOG: only the first and last activity of each case are known, so there are no
	steps, no evidence and no marks."""

	FLOW = "flow"
	LOG = "log"


class Dimension(str, Enum):
	"""What events are grouped by. The value is a translatable label."""

	DEPARTMENT = N_("Department")
	EVENT_TYPE = N_("Event Type")
	MANAGER = N_("Manager")
	WEEK = N_("Week")


class Measure(str, Enum):
	"""The shares that are compared. The value is a translatable label."""

	HEALTH = N_("Flow health")
	EVIDENCE = N_("Evidence complete")


@dataclass(frozen=True, slots=True)
class Spread:
	"""How a number of hours is spread: ``p90`` is the smallest value that nine of ten do not exceed (nearest rank).
	Calendar hours; None when ``count`` is 0."""

	count: int = 0
	median: float | None = None
	p90: float | None = None
	mean: float | None = None


def spread(hours: Sequence[float]) -> Spread:
	"""The spread of ``hours``, which are sorted once in a copy."""
	if not hours:
		return Spread()
	found = sorted(hours)
	return Spread(len(found), median(found), found[ceil(0.9 * len(found)) - 1], fmean(found))


@dataclass(frozen=True, slots=True)
class Group:
	"""The figures of one group of events. ``key`` is empty for the total and for what is not known, and ``OTHERS``
	for the rest of too many groups; ``name`` is what people read (empty: show ``NOT_KNOWN``).

	``events`` are all but practice, void ones too. ``closing`` is from the recording to the closing, ``response``
	from the recording until the evidence was complete. ``completeness`` is the mean of the events' evidence
	completeness in percent (0–100), ``complete`` how many have all of it, both of the ``assessed`` ones: those not
	void whose evidence is known.
	"""

	key: str
	name: str
	events: int
	health: Health
	closing: Spread
	response: Spread
	completeness: float | None
	complete: int
	assessed: int

	@property
	def complete_percent(self) -> float | None:
		"""The share of events with complete evidence, 0–100; None when none is known."""
		return 100 * self.complete / self.assessed if self.assessed else None


@dataclass(frozen=True, slots=True)
class WeekGroup:
	"""The events recorded in one ISO week, which begins on ``start``. ``trend`` is as in ``health.Week``."""

	start: date
	group: Group
	trend: float | None


@dataclass(frozen=True, slots=True)
class Deviation:
	"""A group that differs from all others of its kind by more than chance.

	``value`` is its own share, ``baseline`` that of the others, ``low`` and ``high`` the interval of the
	``difference``: all in percent or percentage points. ``events`` is how many of its own were looked at.
	``sentence`` says it for people, with numbers already written.
	"""

	of: Dimension
	key: str
	name: str
	measure: Measure
	value: float
	baseline: float
	difference: float
	low: float
	high: float
	events: int
	sentence: Reason


@dataclass(frozen=True, slots=True)
class BrokenChain:
	"""An event that was closed late, or is open past its target. ``hours_late`` are calendar hours from the target to
	the closing, or to the time of the brief. ``missing`` names the evidence still asked for, ``waits_for`` whoever
	holds the step that is due."""

	event: str
	event_type: str
	document: str
	department: str
	person: str
	manager: str
	recorded_at: datetime
	target_at: datetime
	closed_at: datetime | None
	stage: Stage
	hours_late: float
	missing: tuple[str, ...] = ()
	waits_for: str = ""


@dataclass(frozen=True, slots=True)
class FirstBrief:
	"""“My first brief” of one person: how many events they triggered, how long these took to close (mean, in calendar
	hours), how complete their evidence is (mean, in percent), and their flow health (percent)."""

	person: str
	name: str
	events: int
	closed: int
	average_hours: float | None
	completeness: float | None
	in_time_percent: float | None


@dataclass(frozen=True, slots=True)
class Inputs:
	"""What was read: files by name, rows, chains made of them, steps the engine accepted and refused, and how many
	rows were left out for which reason."""

	files: tuple[str, ...] = ()
	rows: int = 0
	chains: int = 0
	steps: int = 0
	refused: int = 0
	ignored: tuple[tuple[Reason, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
	"""Everything the outputs show. ``begins`` and ``ends`` are the first and last recording, None without events;
	``timezone`` (an IANA name) is that of weeks and of all times shown. ``notes`` are to be shown to the reader."""

	title: str
	kind: Kind
	begins: datetime | None
	ends: datetime | None
	now: datetime
	timezone: str
	total: Group
	weeks: tuple[WeekGroup, ...]
	departments: tuple[Group, ...]
	event_types: tuple[Group, ...]
	managers: tuple[Group, ...]
	stalls: Stalls
	deviations: tuple[Deviation, ...]
	broken: tuple[BrokenChain, ...]
	broken_total: int
	first: tuple[FirstBrief, ...]
	inputs: Inputs = field(default_factory=Inputs)
	notes: tuple[Reason, ...] = ()


# --- counting ------------------------------------------------------------------------------------------


class _Grouping:
	"""A Group in the making."""

	__slots__ = ("closing", "completeness", "counting", "events", "health", "response")

	def __init__(self) -> None:
		self.events = 0
		self.health = Health()
		self.counting = Counting()
		self.closing = array("d")
		self.response = array("d")
		self.completeness: Counter[float] = Counter()

	def absorb(self, other: _Grouping) -> None:
		"""Count everything that ``other`` has counted."""
		self.events += other.events
		self.health += other.counting.result()
		self.closing.extend(other.closing)
		self.response.extend(other.response)
		self.completeness.update(other.completeness)

	def result(self, key: str, name: str) -> Group:
		assessed = sum(self.completeness.values())
		return Group(
			key=key,
			name=name,
			events=self.events,
			health=self.health,
			closing=spread(self.closing),
			response=spread(self.response),
			completeness=_mean(self.completeness),
			complete=sum(n for value, n in self.completeness.items() if value >= 100),
			assessed=assessed,
		)


class _Own:
	"""A FirstBrief in the making."""

	__slots__ = ("closing", "completeness", "counting", "events")

	def __init__(self) -> None:
		self.events = 0
		self.counting = Counting()
		self.closing = array("d")
		self.completeness: Counter[float] = Counter()


def _mean(values: Counter[float]) -> float | None:
	"""The mean of counted values, the same whatever the order in which they were counted."""
	count = sum(values.values())
	return fsum(value * n for value, n in values.items()) / count if count else None


class Tally:
	"""A Brief in the making: one pass, one chain at a time.

	Medians are exact, so about 120 bytes stay of each chain; the number of groups, people and broken chains that
	are kept is bounded. ``now`` is the time the brief is made for. Raises InvalidInput if it has no time zone.
	"""

	def __init__(self, now: datetime, timezone: tzinfo, kind: Kind = Kind.FLOW) -> None:
		if now.utcoffset() is None:
			raise InvalidInput(now, template=N_("The time {0} has no time zone."))
		self.now = now
		self.kind = kind
		self._timezone = timezone
		self._cells: dict[tuple[date, str, str, str], _Grouping] = {}
		self._mondays: dict[date, date] = {}
		self._chains = 0
		self._total = _Grouping()
		self._weeks: dict[date, _Grouping] = {}
		self._by: dict[Dimension, dict[str, _Grouping]] = {
			Dimension.DEPARTMENT: {},
			Dimension.EVENT_TYPE: {},
			Dimension.MANAGER: {},
		}
		self._own: dict[str, _Own] = {}
		self._stalling = Stalling()
		self._broken: list[tuple[float, str, int, BrokenChain]] = []
		self._broken_total = 0
		self._begins: datetime | None = None
		self._ends: datetime | None = None

	@property
	def chains(self) -> int:
		"""How many chains were added, practice aside."""
		return self._chains

	def add(
		self,
		chain: ChainTimes,
		*,
		completeness: float | None = None,
		document: str = "",
		missing: tuple[str, ...] = (),
		waits_for: str = "",
	) -> None:
		"""Count one chain. ``completeness`` is in percent, None where evidence is not known."""
		if chain.practice:
			return
		self._chains += 1
		now = self.now
		closing = response = None
		if chain.void:
			completeness = None
		else:
			if chain.closed_at is not None:
				closing = hours_to(chain.recorded_at, chain.closed_at)
			if chain.evidence_at is not None:
				response = hours_to(chain.recorded_at, chain.evidence_at)
		recorded = chain.recorded_at
		if self._begins is None or recorded < self._begins:
			self._begins = recorded
		if self._ends is None or recorded > self._ends:
			self._ends = recorded
		# each chain is counted once, with those that agree with it in all groups
		key = self._week(recorded), chain.department, chain.event_type, chain.manager
		cell = self._cells.get(key)
		if cell is None:
			if len(self._cells) >= _MOST_CELLS:
				self._spread_out()
			cell = self._cells[key] = _Grouping()
		cell.events += 1
		cell.counting.add(chain, now)
		if closing is not None:
			cell.closing.append(closing)
		if response is not None:
			cell.response.append(response)
		if completeness is not None:
			cell.completeness[completeness] += 1
		self._stalling.add(chain, now, closing)
		self._add_own(chain, closing, completeness)
		if not chain.void:
			self._add_broken(chain, document, missing, waits_for)

	def _week(self, moment: datetime) -> date:
		"""The Monday of its week. Most days of UTC lie in one local week from beginning to end: that is remembered."""
		if moment.tzinfo is not UTC:
			return monday(moment, self._timezone)
		day = moment.date()
		found = self._mondays.get(day)
		if found is None:
			begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
			found = monday(begin, self._timezone)
			if found != monday(begin + timedelta(hours=24, microseconds=-1), self._timezone):
				return monday(moment, self._timezone)
			if len(self._mondays) < _MOST_CELLS:
				self._mondays[day] = found
		return found

	def _spread_out(self) -> None:
		"""Hand what was counted together to each of the groups it belongs to."""
		for (week, department, event_type, manager), cell in self._cells.items():
			in_week = self._weeks.get(week)
			if in_week is None:
				in_week = self._weeks[week] = _Grouping()
			for grouping in (
				self._total,
				in_week,
				self._group(Dimension.DEPARTMENT, department),
				self._group(Dimension.EVENT_TYPE, event_type),
				self._group(Dimension.MANAGER, manager),
			):
				grouping.absorb(cell)
		self._cells.clear()

	def _group(self, dimension: Dimension, key: str) -> _Grouping:
		groups = self._by[dimension]
		found = groups.get(key)
		if found is None:
			if len(groups) >= MOST_GROUPS:
				key = OTHERS
				found = groups.get(key)
			if found is None:
				found = groups[key] = _Grouping()
		return found

	def _add_own(self, chain: ChainTimes, closing: float | None, completeness: float | None) -> None:
		if not chain.employee:
			return
		own = self._own.get(chain.employee)
		if own is None:
			if len(self._own) >= MOST_PEOPLE:
				return
			own = self._own[chain.employee] = _Own()
		own.events += 1
		own.counting.add(chain, self.now)
		if closing is not None:
			own.closing.append(closing)
		if completeness is not None:
			own.completeness[completeness] += 1

	def _add_broken(self, chain: ChainTimes, document: str, missing: tuple[str, ...], waits_for: str) -> None:
		until = self.now if chain.closed_at is None else chain.closed_at
		if until <= chain.target_at:
			return
		self._broken_total += 1
		late = hours_to(chain.target_at, until)
		if len(self._broken) >= MOST_BROKEN and (late, chain.event) < self._broken[0][:2]:
			return
		broken = BrokenChain(
			event=chain.event,
			event_type=chain.event_type,
			document=document,
			department=chain.department,
			person=chain.employee,
			manager=chain.manager,
			recorded_at=chain.recorded_at,
			target_at=chain.target_at,
			closed_at=chain.closed_at,
			stage=chain.stage,
			hours_late=late,
			missing=missing,
			waits_for=waits_for,
		)
		entry = late, chain.event, self._broken_total, broken
		if len(self._broken) < MOST_BROKEN:
			heapq.heappush(self._broken, entry)
		else:
			heapq.heappushpop(self._broken, entry)

	def result(
		self,
		title: str,
		timezone: str,
		*,
		names: Mapping[str, str] | None = None,
		inputs: Inputs | None = None,
		notes: Iterable[Reason] = (),
	) -> Brief:
		"""The brief of everything added. ``names`` are people's names by employee id; ``timezone`` is the IANA name
		of the zone that weeks were counted in."""
		self._spread_out()
		called = names or {}
		total = self._total.result("", "")

		def result(grouping: _Grouping, key: str, name: str) -> Group:
			if grouping.events == self._chains:
				# a group of everything: there is nothing to sort once more
				return replace(total, key=key, name=name)
			return grouping.result(key, name)

		weeks = {start: result(grouping, start.isoformat(), "") for start, grouping in self._weeks.items()}
		trends = {week.start: week.trend for week in trend({s: g.health for s, g in weeks.items()})}
		by: dict[Dimension, tuple[Group, ...]] = {}
		for dimension, groupings in self._by.items():
			known = called if dimension is Dimension.MANAGER else {}
			groups = [result(g, key, _name(key, known)) for key, g in groupings.items()]
			by[dimension] = tuple(sorted(groups, key=lambda g: (g.key in ("", OTHERS), -g.events, g.name)))
		return Brief(
			title=title,
			kind=self.kind,
			begins=self._begins,
			ends=self._ends,
			now=self.now,
			timezone=timezone,
			total=total,
			weeks=tuple(WeekGroup(start, weeks[start], trends[start]) for start in sorted(weeks)),
			departments=by[Dimension.DEPARTMENT],
			event_types=by[Dimension.EVENT_TYPE],
			managers=by[Dimension.MANAGER],
			stalls=self._stalling.result(),
			deviations=deviations(
				total, {**by, Dimension.WEEK: tuple(weeks[start] for start in sorted(weeks))}
			),
			broken=tuple(self._named(entry[3], called) for entry in sorted(self._broken, reverse=True)),
			broken_total=self._broken_total,
			first=tuple(self._first(called)),
			inputs=inputs or Inputs(chains=self.chains),
			notes=tuple(notes),
		)

	def _first(self, names: Mapping[str, str]) -> list[FirstBrief]:
		found = [
			FirstBrief(
				person=person,
				name=names.get(person, person),
				events=own.events,
				closed=len(own.closing),
				average_hours=fmean(own.closing) if own.closing else None,
				completeness=_mean(own.completeness),
				in_time_percent=own.counting.result().percent,
			)
			for person, own in self._own.items()
		]
		return sorted(found, key=lambda f: (f.name, f.person))

	@staticmethod
	def _named(chain: BrokenChain, names: Mapping[str, str]) -> BrokenChain:
		return replace(
			chain,
			person=names.get(chain.person, chain.person),
			manager=names.get(chain.manager, chain.manager),
		)


def _name(key: str, names: Mapping[str, str]) -> str:
	return OTHERS_LABEL if key == OTHERS else names.get(key, key)


# --- deviations ----------------------------------------------------------------------------------------

LOWER_HEALTH = N_(
	"{0}: {1} % of {2} events were closed in time, {3} percentage points fewer than elsewhere ({4} %)."
)
HIGHER_HEALTH = N_(
	"{0}: {1} % of {2} events were closed in time, {3} percentage points more than elsewhere ({4} %)."
)
LOWER_EVIDENCE = N_(
	"{0}: {1} % of {2} events have complete evidence, {3} percentage points fewer than elsewhere ({4} %)."
)
HIGHER_EVIDENCE = N_(
	"{0}: {1} % of {2} events have complete evidence, {3} percentage points more than elsewhere ({4} %)."
)
_SENTENCES = {
	(Measure.HEALTH, False): LOWER_HEALTH,
	(Measure.HEALTH, True): HIGHER_HEALTH,
	(Measure.EVIDENCE, False): LOWER_EVIDENCE,
	(Measure.EVIDENCE, True): HIGHER_EVIDENCE,
}


def wilson(part: int, whole: int, z: float) -> tuple[float, float]:
	"""Wilson's score interval of a share (0–1), for the normal quantile ``z``; ``whole`` is not 0."""
	share = part / whole
	square = z * z
	middle = share + square / (2 * whole)
	half = z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
	return max(0.0, (middle - half) / (1 + square / whole)), min(1.0, (middle + half) / (1 + square / whole))


def difference(part: int, whole: int, others: int, others_whole: int, z: float) -> tuple[float, float]:
	"""Newcombe's interval of the difference ``part/whole - others/others_whole`` (-1 to 1)."""
	one, two = part / whole, others / others_whole
	low, high = wilson(part, whole, z)
	other_low, other_high = wilson(others, others_whole, z)
	return (
		one - two - sqrt((one - low) ** 2 + (other_high - two) ** 2),
		one - two + sqrt((high - one) ** 2 + (two - other_low) ** 2),
	)


def _share(group: Group, measure: Measure) -> tuple[int, int]:
	if measure is Measure.HEALTH:
		return group.health.closed_in_time, group.health.counted
	return group.complete, group.assessed


def deviations(total: Group, groups: Mapping[Dimension, Sequence[Group]]) -> tuple[Deviation, ...]:
	"""The groups that differ from all others of their kind, largest difference first, at most ``MOST_DEVIATIONS``.

	The rule stands at the head of this module.
	"""
	wanted: list[tuple[Dimension, Group, Measure, int, int, int, int]] = []
	for dimension, members in groups.items():
		for group in members:
			if group.key in ("", OTHERS):
				continue
			if dimension is Dimension.WEEK and group.health.running:
				# it still moves, and what is quick is counted first
				continue
			for measure in Measure:
				part, whole = _share(group, measure)
				all_part, all_whole = _share(total, measure)
				if whole >= LEAST_EVENTS and all_whole - whole >= LEAST_EVENTS:
					wanted.append(
						(dimension, group, measure, part, whole, all_part - part, all_whole - whole)
					)
	if not wanted:
		return ()
	z = NormalDist().inv_cdf(1 - ERROR / len(wanted) / 2)
	found: list[Deviation] = []
	for dimension, group, measure, part, whole, others, others_whole in wanted:
		low, high = difference(part, whole, others, others_whole, z)
		value, baseline = 100 * part / whole, 100 * others / others_whole
		apart = value - baseline
		if low <= 0 <= high or abs(apart) < LEAST_DIFFERENCE:
			continue
		name = group.name or group.key
		words = name, f"{value:.1f}", str(whole), f"{abs(apart):.1f}", f"{baseline:.1f}"
		sentence = Reason(_SENTENCES[measure, apart > 0], words)
		found.append(
			Deviation(
				of=dimension,
				key=group.key,
				name=name,
				measure=measure,
				value=value,
				baseline=baseline,
				difference=apart,
				low=100 * low,
				high=100 * high,
				events=whole,
				sentence=sentence,
			)
		)
	found.sort(key=lambda d: (-abs(d.difference), d.of.value, d.key, d.measure.value))
	return tuple(found[:MOST_DEVIATIONS])
