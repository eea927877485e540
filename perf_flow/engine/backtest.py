"""What an event type would have done, as figures: events, people, hours of work, and what cannot be known.

The site reads the documents there are, prepares each as it would be recorded, and hands an ``Occasion`` for each
event that would have been made to a ``Tally``. Its ``Figures`` are a value that adds up in any order and can be
compared with those of an earlier run.

- **When** something happened is often not kept. ``moments_of`` takes what the versions of a document tell, else
  the nearest that is kept, and says which of the two.
- **Work** is counted in seconds: a step of evidence costs the sum over the mandatory requirements that ERP data does
  not show; every other step what its kind costs (``Efforts``). What a redo would cost cannot be known and is not in it.
- **Weeks** are ISO weeks of the site, named by their Monday.
- **Health** is not simulated: how soon people would have answered cannot be known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

from perf_flow.engine.errors import N_
from perf_flow.engine.model import RequirementKind, StepKind
from perf_flow.engine.triggers import Trigger

# --- how long a step takes ------------------------------------------------------------------------


class Origin(str, Enum):
	"""Where the minutes of a step come from. The value is a translatable label."""

	SETTING = N_("set by an administrator")
	HISTORY = N_("measured in marks of this site")
	REHEARSAL = N_("measured in rehearsals of this site")
	DEFAULT = N_("assumed")


WORK: Mapping[str, int] = {
	RequirementKind.FILE.value: 240,
	RequirementKind.LINK.value: 120,
	RequirementKind.TEXT.value: 180,
	RequirementKind.ROOT_CAUSE.value: 300,
	RequirementKind.FIELD.value: 60,
	RequirementKind.LINKED_DOCUMENT.value: 0,
	StepKind.SIGN_OFF.value: 120,
	StepKind.MARK.value: 120,
	StepKind.CONFIRMATION.value: 90,
}
"""Seconds that are assumed for each kind of work where nothing was measured or set: for evidence by its kind, for
each piece; a linked document is made anyway, a field has to be found and filled in."""

ENOUGH = 5
"""So many measured steps are needed before their median is taken."""


@dataclass(frozen=True, slots=True)
class Effort:
	"""What one kind of work costs: ``seconds``, where that comes from, and of how many steps it was measured."""

	kind: str
	seconds: int
	origin: Origin
	samples: int = 0


def efforts(
	settings: Mapping[str, float],
	history: Mapping[str, Sequence[float]],
	rehearsals: Mapping[str, Sequence[float]],
) -> tuple[Effort, ...]:
	"""What each kind of ``WORK`` costs: what was set (in minutes, above 0), else the median of ENOUGH measured steps (in
	seconds; of real work before that of rehearsals), else what is assumed."""
	found = []
	for kind, assumed in WORK.items():
		if settings.get(kind, 0) > 0:
			found.append(Effort(kind, round(settings[kind] * 60), Origin.SETTING))
			continue
		for origin, measured in ((Origin.HISTORY, history), (Origin.REHEARSAL, rehearsals)):
			samples = sorted(measured.get(kind, ()))
			if len(samples) >= ENOUGH:
				middle = (samples[(len(samples) - 1) // 2] + samples[len(samples) // 2]) / 2
				found.append(Effort(kind, round(middle), origin, len(samples)))
				break
		else:
			found.append(Effort(kind, assumed, Origin.DEFAULT))
	return tuple(found)


# --- when it happened -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
	"""One kept version of a document: when, and which of its fields went from what to what."""

	at: datetime
	fields: Mapping[str, tuple[Any, Any]]


class Certainty(str, Enum):
	"""How well a moment is known: kept by Frappe (KEPT, VERSION), in the right week for certain (WEEK), or another
	moment in its place (STAND_IN)."""

	KEPT = "kept"
	VERSION = "version"
	WEEK = "week"
	STAND_IN = "stand-in"


@dataclass(frozen=True, slots=True)
class Moment:
	"""When something happened, and how well that is known."""

	at: datetime
	certainty: Certainty


def monday(moment: datetime) -> date:
	"""The Monday of the week of a moment, in whatever time zone it is given."""
	day = moment.date()
	return day - timedelta(days=day.weekday())


def moments_of(
	trigger: Trigger,
	created: datetime,
	modified: datetime,
	changes: Sequence[Change],
	condition_fields: Iterable[str] = (),
	reached: datetime | None = None,
	each_time: bool = False,
) -> tuple[Moment, ...]:
	"""When a trigger fired on a document, as far as its two dates and its kept versions (oldest first) tell.

	``condition_fields`` are the fields its conditions look at, ``reached`` the date of a date trigger with its offset.
	Nothing when the versions show that it never fired; several only for updates of a type that fires each time.
	"""
	if trigger is Trigger.DATE:
		return (Moment(reached, Certainty.KEPT),) if reached is not None else ()
	if trigger in (Trigger.SUBMITTED, Trigger.CANCELLED):
		wanted = 1 if trigger is Trigger.SUBMITTED else 2
		for change in changes:
			if _to(change, "docstatus") == wanted:
				return (Moment(change.at, Certainty.VERSION),)
		return (_between(created, modified, created if trigger is Trigger.SUBMITTED else modified),)
	if trigger is Trigger.UPDATED_AFTER_SUBMIT:
		submitted = next((n for n, c in enumerate(changes) if _to(c, "docstatus") == 1), None)
		if submitted is None:
			return (_between(created, modified, modified),)
		later = [c for c in changes[submitted + 1 :] if "docstatus" not in c.fields]
		return tuple(Moment(c.at, Certainty.VERSION) for c in later)[: None if each_time else 1]
	if trigger is Trigger.CONDITION:
		looked_at = set(condition_fields)
		for change in reversed(changes):
			if looked_at.intersection(change.fields):
				return (Moment(change.at, Certainty.VERSION),)
		return (_between(created, modified, modified),)
	return (Moment(created, Certainty.KEPT),)


def _to(change: Change, fieldname: str) -> Any:
	return change.fields[fieldname][1] if fieldname in change.fields else None


def _between(created: datetime, modified: datetime, stand_in: datetime) -> Moment:
	same = monday(created) == monday(modified)
	return Moment(stand_in, Certainty.WEEK if same else Certainty.STAND_IN)


# --- what is counted ------------------------------------------------------------------------------


class Doubt(str, Enum):
	"""What history does not tell, or tells after all. Each is counted in documents."""

	FROM_VERSION = "from version"
	SAME_WEEK = "same week"
	STAND_IN = "stand-in"
	OLDER = "older"
	VALUES_CHANGED = "values changed"
	PERHAPS_CHANGED = "perhaps changed"
	MOVED_ON = "moved on"
	CANCELLED = "cancelled"
	AMENDED = "amended"
	DELETED = "deleted"
	DATE_MOVED = "date moved"
	EVIDENCE_LATER = "evidence later"
	MOVED_PEOPLE = "moved people"
	STOOD_IN = "stood in"
	OF_TODAY = "of today"
	OUTSIDE_PILOT = "outside pilot"
	OTHER_COMPANY = "other company"
	UNREADABLE = "unreadable"


DOUBTS: Mapping[Doubt, str] = {
	Doubt.FROM_VERSION: N_("{0} events: when it happened is taken from the kept versions of the document."),
	Doubt.SAME_WEEK: N_(
		"{0} events: the very moment is not kept, but the document was made and last changed in the same week, so the week is right."
	),
	Doubt.STAND_IN: N_(
		"{0} events: when it happened is not kept. For a submission the day the document was made stands in its place, otherwise the day it was last changed; the week can be another one."
	),
	Doubt.OLDER: N_(
		"{0} documents were made before the period and changed within it. Whether it happened within the period is not kept: they are not counted."
	),
	Doubt.VALUES_CHANGED: N_(
		"{0} events: values the event type looks at were overwritten afterwards, as the kept versions show. Counted is what they are now."
	),
	Doubt.PERHAPS_CHANGED: N_(
		"{0} events: the document was changed afterwards and no version tells what. Values may have been others then."
	),
	Doubt.MOVED_ON: N_(
		"{0} documents do not fulfil the conditions now, but fields the conditions look at were changed within the period: they may have fulfilled them in between, and are missing. What ERPNext changes by itself, such as many a status, leaves no version."
	),
	Doubt.CANCELLED: N_("{0} events: the document is cancelled today. Its event would be void by now."),
	Doubt.AMENDED: N_(
		"{0} events: the document amends a cancelled one and makes an event of its own; what was given for the first is taken over."
	),
	Doubt.DELETED: N_(
		"{0} deleted documents fulfilled the conditions when they were deleted within the period. They are not counted."
	),
	Doubt.DATE_MOVED: N_(
		"{0} events: the date was moved, as the kept versions show. Counted is the date as it is now."
	),
	Doubt.EVIDENCE_LATER: N_(
		"{0} events: ERP data shows evidence that came into being after the event, so the person may have been asked first."
	),
	Doubt.MOVED_PEOPLE: N_(
		"{0} events: the person or the manager changed department or line manager afterwards. Counted is the tree of today."
	),
	Doubt.STOOD_IN: N_(
		"{0} events: somebody stands in for a person who is away or has left today; then it may have been another."
	),
	Doubt.OF_TODAY: N_(
		"{0} events: a condition is relative to the day (such as “this month”) and was asked as of today."
	),
	Doubt.OUTSIDE_PILOT: N_("{0} more documents fulfil the conditions and are outside the pilot."),
	Doubt.OTHER_COMPANY: N_("{0} more documents belong to another company."),
	Doubt.UNREADABLE: N_(
		"{0} documents: the event type cannot be carried out on them. They are not counted."
	),
}
"""What is said of each doubt; {0} is the number of documents."""

ABOUT_EVENTS = frozenset(
	(
		Doubt.FROM_VERSION,
		Doubt.SAME_WEEK,
		Doubt.STAND_IN,
		Doubt.VALUES_CHANGED,
		Doubt.PERHAPS_CHANGED,
		Doubt.CANCELLED,
		Doubt.AMENDED,
		Doubt.DATE_MOVED,
		Doubt.EVIDENCE_LATER,
		Doubt.MOVED_PEOPLE,
		Doubt.STOOD_IN,
		Doubt.OF_TODAY,
	)
)
"""The doubts about events that are counted; the others are about documents that are not."""

_OF_CERTAINTY = {
	Certainty.VERSION: Doubt.FROM_VERSION,
	Certainty.WEEK: Doubt.SAME_WEEK,
	Certainty.STAND_IN: Doubt.STAND_IN,
}


def doubt_of(moment: Moment) -> Doubt | None:
	"""What is to be said about a moment; None when Frappe keeps it itself."""
	return _OF_CERTAINTY.get(moment.certainty)


@dataclass(frozen=True, slots=True)
class Ask:
	"""One step that would have been asked: of an employee, or of nobody (""), and then ``why`` not."""

	kind: StepKind
	employee: str
	why: str = ""


@dataclass(frozen=True, slots=True)
class Need:
	"""One evidence requirement on one document, and whether ERP data ``shown`` it. ``pieces`` are asked for."""

	key: str
	label: str
	kind: RequirementKind
	mandatory: bool
	shown: bool
	pieces: int = 1


@dataclass(frozen=True, slots=True)
class Occasion:
	"""One event that would have been made. ``manager`` is an employee, "" for nobody."""

	week: date
	asks: tuple[Ask, ...]
	needs: tuple[Need, ...] = ()
	department: str = ""
	manager: str = ""
	closes: bool = False
	doubts: frozenset[Doubt] = frozenset()

	@property
	def by_itself(self) -> bool:
		"""Whether ERP data shows all evidence that has to be given ("no-form privilege"); sign-offs aside. False when
		none is asked for."""
		to_give = [n for n in self.needs if n.mandatory and n.kind is not RequirementKind.SIGN_OFF]
		return bool(to_give) and all(n.shown for n in to_give)

	@property
	def asked(self) -> tuple[Ask, ...]:
		"""The steps that would be asked: evidence that ERP data shows whole is no step for anybody."""
		return tuple(a for a in self.asks if not (a.kind is StepKind.EVIDENCE and self.by_itself))


@dataclass(frozen=True, slots=True)
class Work:
	"""Events, the steps asked for them, and the seconds of work in these."""

	events: int = 0
	steps: int = 0
	seconds: int = 0

	def __add__(self, other: Work) -> Work:
		return Work(self.events + other.events, self.steps + other.steps, self.seconds + other.seconds)

	@property
	def hours(self) -> float:
		"""The work in hours."""
		return self.seconds / 3600


@dataclass(frozen=True, slots=True)
class NeedFigures:
	"""One requirement: of how many documents it was asked, and on how many ERP data shows it."""

	key: str
	label: str
	kind: str
	mandatory: bool
	asked: int
	shown: int

	@property
	def percent(self) -> float | None:
		"""The share that ERP data shows, 0–100; None when it was never asked."""
		return 100 * self.shown / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class PersonWeek:
	"""What one person would have been asked in one week: number of steps by kind, and seconds of work."""

	employee: str
	week: date
	kinds: Mapping[str, int]
	seconds: int

	@property
	def steps(self) -> int:
		"""All steps of the week."""
		return sum(self.kinds.values())


@dataclass(frozen=True, slots=True)
class Figures:
	"""What a run found. ``documents`` fulfil what the database can ask and were looked at; ``total`` are the events that
	they would have made, ``closing`` of these at once, ``by_itself`` without any evidence by hand. ``nobody`` counts
	steps nobody would have been asked, by kind and reason. Weeks without an event are left out."""

	documents: int = 0
	total: Work = field(default_factory=Work)
	closing: int = 0
	by_itself: int = 0
	weeks: Mapping[date, Work] = field(default_factory=dict)
	departments: Mapping[str, Work] = field(default_factory=dict)
	managers: Mapping[str, Work] = field(default_factory=dict)
	people: tuple[PersonWeek, ...] = ()
	needs: tuple[NeedFigures, ...] = ()
	nobody: Mapping[tuple[str, str], int] = field(default_factory=dict)
	without_person: int = 0
	doubts: Mapping[Doubt, int] = field(default_factory=dict)

	@property
	def by_itself_percent(self) -> float | None:
		"""The share of events whose evidence ERP data shows whole, 0–100; None without events."""
		return 100 * self.by_itself / self.total.events if self.total.events else None

	@property
	def shown_percent(self) -> float | None:
		"""The share of all requirements asked that ERP data shows, 0–100; None when none was asked."""
		asked = sum(n.asked for n in self.needs)
		return 100 * sum(n.shown for n in self.needs) / asked if asked else None

	def all_weeks(self) -> tuple[tuple[date, Work], ...]:
		"""Every week from the first to the last with an event, those without one included."""
		if not self.weeks:
			return ()
		first, last = min(self.weeks), max(self.weeks)
		days = (first + timedelta(days=7 * n) for n in range((last - first).days // 7 + 1))
		return tuple((day, self.weeks.get(day, Work())) for day in days)

	def per_week(self, days: int) -> float:
		"""Events in an average week of a period of ``days`` days."""
		return self.total.events * 7 / days

	def of_people(self) -> list[Load]:
		"""Each person's load over all weeks, those with the most work in one week first."""
		by: dict[str, list[PersonWeek]] = {}
		for row in self.people:
			by.setdefault(row.employee, []).append(row)
		loads = [Load.of(rows) for rows in by.values()]
		return sorted(loads, key=lambda x: (-x.peak.seconds, -x.peak.steps, -x.steps, x.employee))


@dataclass(frozen=True, slots=True)
class Load:
	"""One person: all steps by kind, all seconds, and the ``peak``: the week with the most work in it."""

	employee: str
	kinds: Mapping[str, int]
	seconds: int
	peak: PersonWeek

	@property
	def steps(self) -> int:
		"""All steps."""
		return sum(self.kinds.values())

	@classmethod
	def of(cls, rows: Sequence[PersonWeek]) -> Load:
		"""The load of one person from their weeks, of which there is at least one."""
		kinds: Counter[str] = Counter()
		for row in rows:
			kinds.update(row.kinds)
		peak = max(rows, key=lambda r: (r.seconds, r.steps, -r.week.toordinal()))
		return cls(rows[0].employee, dict(kinds), sum(r.seconds for r in rows), peak)


class Tally:
	"""Figures in the making: single pass. Memory grows with people, weeks, requirements and reasons, not with
	documents; of reasons the REASONS first are kept apart, the others counted together."""

	REASONS = 100

	def __init__(self, costs: Iterable[Effort]) -> None:
		self._cost = {e.kind: e.seconds for e in costs}
		self._documents = self._closing = self._by_itself = self._without = 0
		self._weeks: dict[date, Work] = {}
		self._departments: dict[str, Work] = {}
		self._managers: dict[str, Work] = {}
		self._steps: dict[tuple[str, date], Counter[str]] = {}
		self._seconds: Counter[tuple[str, date]] = Counter()
		self._needs: dict[str, NeedFigures] = {}
		self._nobody: Counter[tuple[str, str]] = Counter()
		self._doubts: Counter[Doubt] = Counter()

	def look(self, documents: int = 1) -> None:
		"""Documents were looked at."""
		self._documents += documents

	def doubt(self, doubt: Doubt, documents: int = 1) -> None:
		"""A doubt about documents that make no event."""
		if documents:
			self._doubts[doubt] += documents

	def seconds(self, occasion: Occasion, ask: Ask) -> int:
		"""What a step costs."""
		if ask.kind is StepKind.EVIDENCE:
			return sum(
				self._cost[n.kind.value] * n.pieces
				for n in occasion.needs
				if n.mandatory and not n.shown and n.kind is not RequirementKind.SIGN_OFF
			)
		return self._cost[ask.kind.value]

	def add(self, occasion: Occasion) -> None:
		"""Count one event."""
		work = Work(1, 0, 0)
		for ask in occasion.asked:
			seconds = self.seconds(occasion, ask)
			work += Work(0, 1, seconds)
			if not ask.employee:
				key = (ask.kind.value, ask.why)
				if key not in self._nobody and len(self._nobody) >= self.REASONS:
					key = (ask.kind.value, "")
				self._nobody[key] += 1
				continue
			at = (ask.employee, occasion.week)
			self._steps.setdefault(at, Counter())[ask.kind.value] += 1
			self._seconds[at] += seconds
		for groups, key_of_group in (
			(self._departments, occasion.department),
			(self._managers, occasion.manager),
		):
			groups[key_of_group] = groups.get(key_of_group, Work()) + work
		self._weeks[occasion.week] = self._weeks.get(occasion.week, Work()) + work
		self._closing += occasion.closes
		self._by_itself += occasion.by_itself
		self._without += any(not a.employee for a in occasion.asked)
		for need in occasion.needs:
			known = self._needs.get(need.key)
			self._needs[need.key] = NeedFigures(
				need.key,
				need.label,
				need.kind.value,
				need.mandatory,
				(known.asked if known else 0) + 1,
				(known.shown if known else 0) + need.shown,
			)
		self._doubts.update(occasion.doubts)

	def figures(self) -> Figures:
		"""What was counted, in an order that does not depend on that of counting."""
		return Figures(
			documents=self._documents,
			total=sum(self._weeks.values(), Work()),
			closing=self._closing,
			by_itself=self._by_itself,
			weeks=dict(sorted(self._weeks.items())),
			departments=_ranked(self._departments),
			managers=_ranked(self._managers),
			people=tuple(
				PersonWeek(employee, week, dict(sorted(kinds.items())), self._seconds[employee, week])
				for (employee, week), kinds in sorted(self._steps.items())
			),
			needs=tuple(sorted(self._needs.values(), key=lambda n: (not n.mandatory, n.label, n.key))),
			nobody=dict(sorted(self._nobody.items(), key=lambda item: (-item[1], item[0]))),
			without_person=self._without,
			doubts={d: self._doubts[d] for d in Doubt if self._doubts[d]},
		)


def _ranked(groups: Mapping[str, Work]) -> dict[str, Work]:
	return dict(sorted(groups.items(), key=lambda item: (-item[1].seconds, -item[1].events, item[0])))


# --- kept -----------------------------------------------------------------------------------------


def encode(figures: Figures) -> tuple[str, str]:
	"""Figures as two JSON texts: what names nobody, and what names people (employees and managers)."""
	works = {
		name: {str(key): asdict(work) for key, work in getattr(figures, name).items()}
		for name in ("weeks", "departments", "managers")
	}
	managers = works.pop("managers")
	public = {
		"documents": figures.documents,
		"total": asdict(figures.total),
		"closing": figures.closing,
		"by_itself": figures.by_itself,
		**works,
		"needs": [asdict(n) for n in figures.needs],
		"nobody": [[kind, why, count] for (kind, why), count in figures.nobody.items()],
		"without_person": figures.without_person,
		"doubts": {d.value: count for d, count in figures.doubts.items()},
	}
	people = {
		"managers": managers,
		"people": [[p.employee, p.week.isoformat(), dict(p.kinds), p.seconds] for p in figures.people],
	}
	return json.dumps(public, ensure_ascii=False), json.dumps(people, ensure_ascii=False)


def decode(public: str, people: str) -> Figures:
	"""The figures that ``encode`` made two texts of."""
	kept, named = json.loads(public), json.loads(people)
	return Figures(
		documents=kept["documents"],
		total=Work(**kept["total"]),
		closing=kept["closing"],
		by_itself=kept["by_itself"],
		weeks={date.fromisoformat(day): Work(**work) for day, work in kept["weeks"].items()},
		departments={name: Work(**work) for name, work in kept["departments"].items()},
		managers={name: Work(**work) for name, work in named["managers"].items()},
		people=tuple(
			PersonWeek(employee, date.fromisoformat(week), kinds, seconds)
			for employee, week, kinds, seconds in named["people"]
		),
		needs=tuple(NeedFigures(**need) for need in kept["needs"]),
		nobody={(kind, why): count for kind, why, count in kept["nobody"]},
		without_person=kept["without_person"],
		doubts={Doubt(name): count for name, count in kept["doubts"].items()},
	)


# --- compared -------------------------------------------------------------------------------------


class Figure(str, Enum):
	"""A figure that two runs are compared by. The value is a translatable label."""

	DOCUMENTS = N_("Documents looked at")
	EVENTS = N_("Events")
	PER_WEEK = N_("Events in an average week")
	HOURS = N_("Hours of work")
	STEPS = N_("Steps asked")
	PEOPLE = N_("People asked")
	BY_ITSELF = N_("Events without any form (%)")
	SHOWN = N_("Requirements that ERP data shows (%)")
	WITHOUT_PERSON = N_("Events with a step for nobody")
	PEAK_STEPS = N_("Most steps of one person in one week")
	PEAK_HOURS = N_("Most hours of one person in one week")


def headline(figures: Figures, days: int) -> dict[Figure, float | None]:
	"""The figures two runs are compared by; None where there is none."""
	return {
		Figure.DOCUMENTS: figures.documents,
		Figure.EVENTS: figures.total.events,
		Figure.PER_WEEK: figures.per_week(days),
		Figure.HOURS: figures.total.hours,
		Figure.STEPS: figures.total.steps,
		Figure.PEOPLE: len({p.employee for p in figures.people}),
		Figure.BY_ITSELF: figures.by_itself_percent,
		Figure.SHOWN: figures.shown_percent,
		Figure.WITHOUT_PERSON: figures.without_person,
		Figure.PEAK_STEPS: max((p.steps for p in figures.people), default=0),
		Figure.PEAK_HOURS: max((p.seconds for p in figures.people), default=0) / 3600,
	}


@dataclass(frozen=True, slots=True)
class Difference:
	"""A figure before and after; ``change`` is None where either is missing."""

	figure: Figure
	before: float | None
	after: float | None

	@property
	def change(self) -> float | None:
		"""After minus before."""
		return None if self.before is None or self.after is None else self.after - self.before


def compare(before: Figures, days_before: int, after: Figures, days_after: int) -> tuple[Difference, ...]:
	"""The difference of each figure between two runs."""
	old, new = headline(before, days_before), headline(after, days_after)
	return tuple(Difference(figure, old[figure], new[figure]) for figure in Figure)


@dataclass(frozen=True, slots=True)
class Edit:
	"""What of an event type is not as it was. ``place`` is a field, or a table with the ``row`` in it by its words;
	``before`` and ``after`` are its values, None for a row or value that was not there."""

	place: str
	row: str
	before: Any
	after: Any


def edits(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Edit, ...]:
	"""What differs between two configurations: fields by their name, rows of tables by their words. ``None``, "" and 0
	are the same: nothing. Rows that only moved are told as an edit of the table's order."""
	found: list[Edit] = []
	for place in dict.fromkeys((*before, *after)):
		old, new = before.get(place), after.get(place)
		if isinstance(old, list) or isinstance(new, list):
			found.extend(_row_edits(place, old or [], new or []))
		elif (old or None) != (new or None):
			found.append(Edit(place, "", old or None, new or None))
	return tuple(found)


def _row_edits(place: str, old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> list[Edit]:
	before, after = _named(old), _named(new)
	found = []
	for name in dict.fromkeys((*before, *after)):
		was, now = before.get(name), after.get(name)
		if was != now:
			found.append(Edit(place, name, was, now))
	if not found and list(before) != list(after):
		found.append(Edit(place, "", list(before), list(after)))
	return found


def _named(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
	"""Rows by what people call them: their label, source or scope; of several alike the number is added."""
	named: dict[str, dict[str, Any]] = {}
	for row in rows:
		words = [str(row[k]) for k in ("label", "source", "scope_type", "scope_name") if row.get(k)]
		name = base = " ".join(words) or "?"
		number = 1
		while name in named:
			number += 1
			name = f"{base} ({number})"
		named[name] = {k: v for k, v in row.items() if v not in (None, "", 0)}
	return named
