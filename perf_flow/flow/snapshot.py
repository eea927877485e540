"""The behaviour snapshot of one person: who may open it, what is read, and how it is told.

What a line is and what follows from lines says ``perf_flow.engine.snapshot``; where lines come from,
``perf_flow.flow.snapshot_sources``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_date

from perf_flow.access import relation_to_employee, viewer
from perf_flow.access.table import Step
from perf_flow.engine import snapshot as engine
from perf_flow.engine.snapshot import Kind, Line, Said
from perf_flow.flow import snapshot_sources as sources
from perf_flow.flow import team, times

DAYS = 90
"""Without other dates, so many days until today are looked at."""
LIMIT = 100
MOST = 500
"""So many lines of each source, at first and at most."""
ACTIVITIES = 8
"""So many projects or activities are shown with their hours."""


@dataclass(frozen=True, slots=True)
class Person:
	"""Whose snapshot it is. ``user`` is empty for somebody without a login."""

	employee: str
	user: str
	name: str


def find(employee: str) -> Person | None:
	"""The person, if the session's user may open their snapshot; None otherwise, whether they exist or not."""
	row = frappe.db.get_value(
		"Employee", employee, ["name", "user_id", "employee_name", "company"], as_dict=True
	)
	if not row or not relation_to_employee(row).may(Step.SNAPSHOT):
		return None
	return Person(row.name, row.user_id or "", row.employee_name or row.name)


def may_open(employee: str) -> bool:
	"""Whether the session's user may open the snapshot of this employee."""
	return find(employee) is not None


def others(user: str) -> list[dict[str, str]]:
	"""Whom somebody can choose beside themselves: the people below them, by name; none where they are too
	many to be listed."""
	below = viewer(user).below or ()
	named = team.people(list(below)).items()
	return [
		{"employee": employee, "name": name}
		for employee, name in sorted(named, key=lambda one: one[1].casefold())
	]


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
	"""The lines of a person and period that the reader may read, newest first. ``looked_at`` are the
	titles of the sources; ``more`` those that have older lines than were read."""

	person: Person
	first: date
	last: date
	lines: tuple[Line, ...]
	looked_at: tuple[str, ...]
	more: tuple[str, ...]


def take(
	person: Person, first: date, last: date, limit: int = LIMIT, without: Iterable[Kind] = ()
) -> Snapshot:
	"""Read the snapshot for the session's user, who may open it (see ``find``), at most ``limit`` lines of each
	source."""
	asked = sources.Asked(person.employee, person.user, first, last, frappe.session.user, limit)
	left_out = set(without)
	active = [source for source in sources.active() if source.kind not in left_out]
	found = [(source, source.read(asked)) for source in active]
	return Snapshot(
		person,
		first,
		last,
		engine.ordered((line for _source, part in found for line in part.lines), first, last),
		tuple(_(source.title) for source in active),
		tuple(_(source.title) for source, part in found if part.more),
	)


# --- telling ------------------------------------------------------------------------------------------------


def words(said: Said) -> str:
	"""The words in the reader's language."""
	return engine.tell(said, _translated)


def _translated(template: str, context: str) -> str:
	return _(template, context=context) if context else _(template)


def day(moment: datetime) -> str:
	"""The day of a line, as the reader writes dates."""
	return str(format_date(moment))


def behaviour(line: Line) -> str:
	"""A line as a part of a sentence, with its day and how it came in time."""
	return words(engine.behaviour(line, day(line.at)))


def told(taken: Snapshot) -> dict[str, Any]:
	"""A snapshot as the screen shows it."""
	of_kind = engine.counts(taken.lines)
	by_activity = engine.hours_by_activity(taken.lines)
	return {
		"kinds": [
			{"kind": kind.value, "title": words(engine.TITLES[kind]), "count": number}
			for kind, number in of_kind.items()
		],
		"figures": [
			{
				"key": figure.key,
				"title": words(figure.title),
				"value": words(figure.value),
				"hint": words(figure.hint),
				"few": figure.few,
			}
			for figure in engine.figures(taken.lines)
		],
		"activities": [
			{"title": title or _("Without project or activity"), "hours": engine.plain(hours)}
			for title, hours in by_activity[:ACTIVITIES]
		],
		"more_activities": max(0, len(by_activity) - ACTIVITIES),
		"weeks": [
			{
				"start": str(week.start),
				"counts": {kind.value: number for kind, number in week.counts.items()},
				"lines": [_line(line) for line in week.lines],
			}
			for week in engine.weeks(taken.lines, taken.first, taken.last)
		],
		"looked_at": list(taken.looked_at),
		"more": list(taken.more),
	}


def _line(line: Line) -> dict[str, Any]:
	late, timing = line.late, line.timing
	return {
		"key": line.key,
		"kind": line.kind.value,
		"text": words(line.said),
		"at": str(line.at)[:19],
		"whole_day": line.whole_day,
		"timing": words(timing) if timing else "",
		"late": late is not None and late.total_seconds() > 0,
		"took": words(engine.span(line.took)) if line.took is not None else "",
		"doctype": line.doctype,
		"document": line.name,
	}


def period(first: date | None = None, last: date | None = None) -> tuple[date, date]:
	"""The first and last day of a snapshot, see ``perf_flow.engine.snapshot.period``."""
	return engine.period(first, last, times.now_site().date(), DAYS)
