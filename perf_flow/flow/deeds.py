"""What somebody did in the last months, as parts of a reason to choose from: on their business events, and
the lines of their behaviour snapshot.

Only rows that the reader may read are looked at, by Frappe's own permission-checked lists; lines of the
snapshot only for those who may open it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_date, get_datetime, get_url_to_form

from perf_flow.engine import wording as engine
from perf_flow.engine.snapshot import Kind, span
from perf_flow.flow import snapshot, snapshot_sources, store, times

DAYS = snapshot.DAYS
MOST_EVENTS = 8
MOST_LINES = 12
"""So many lines of the snapshot are offered beside the events, the newest."""
MOST_TITLES = 3


@dataclass(frozen=True, slots=True)
class Deed:
	"""Something that was done: ``behaviour`` as a part of a sentence, its ``situation`` and ``impact``, the
	address of its ``source``, and when (site time). ``event`` is empty for a line of the snapshot, which has a
	``document`` instead. ``telling`` are its words that come from documents and people."""

	key: str
	event: str
	situation: str
	behaviour: str
	impact: str
	source: str
	at: str
	document: str = ""
	telling: tuple[str, ...] = ()


def language() -> str:
	"""The language in which a sentence is put together for the reader."""
	return "zh" if (frappe.local.lang or "").startswith("zh") else "en"


def of(event: str) -> list[Deed]:
	"""What the person of this event did, on it and on their others of the last 90 days: the event itself
	first, then the latest, then the newest lines of their snapshot. Rows that the session's user may not
	read are not there."""
	person = frappe.db.get_value(store.EVENT, event, ["employee", "employee_user"], as_dict=True)
	if not person or not (person.employee or person.employee_user):
		return []
	whose = {"employee": person.employee} if person.employee else {"employee_user": person.employee_user}
	rows = frappe.get_list(
		store.EVENT,
		filters={
			**whose,
			"practice": 0,
			"state": ["!=", "Void"],
			"recorded_at": [">=", times.now_site() - timedelta(days=DAYS)],
		},
		fields=["name", "event_type", "reference_doctype", "reference_name", "recorded_at"],
		order_by="recorded_at desc",
		limit=4 * MOST_EVENTS,
	)
	rows.sort(key=lambda row: row.name != event)
	rows = rows[:MOST_EVENTS]
	names = [row.name for row in rows]
	steps, pieces = (_steps(names), _pieces(names)) if names else ({}, {})
	return [
		*(deed for row in rows for deed in _of_event(row, steps.get(row.name, []), pieces)),
		*_of_snapshot(person.employee),
	]


def _of_snapshot(employee: str | None) -> list[Deed]:
	"""What the person did beside business events; nothing for whoever may not open their snapshot."""
	person = snapshot.find(employee) if employee else None
	if person is None:
		return []
	first, last = snapshot.period()
	taken = snapshot.take(person, first, last, limit=MOST_LINES, without=(Kind.EVENT,))
	return [
		Deed(
			key=f"line:{line.key}",
			event="",
			situation="",
			behaviour=snapshot.behaviour(line),
			impact="",
			source=get_url_to_form(line.doctype, line.name),
			at=str(line.at)[:19],
			document=snapshot_sources.document(line.doctype, line.name),
			telling=(*line.said.words, line.name),
		)
		for line in taken.lines[:MOST_LINES]
	]


def _steps(names: list[str]) -> dict[str, list[Any]]:
	found: dict[str, list[Any]] = {}
	for row in frappe.get_list(
		store.ACTION,
		filters={"event": ["in", names], "state": "Done", "practice": 0},
		fields=["event", "step", "kind", "round", "due_at", "done_at", "result"],
		order_by="done_at",
		limit=0,
	):
		found.setdefault(row.event, []).append(row)
	return found


def _pieces(names: list[str]) -> dict[tuple[str, int], list[str]]:
	found: dict[tuple[str, int], list[str]] = {}
	for row in frappe.get_list(
		store.EVIDENCE,
		filters={"event": ["in", names], "withdrawn_at": ["is", "not set"], "practice": 0},
		fields=["event", "round", "requirement_label"],
		order_by="given_at",
		limit=0,
	):
		titles = found.setdefault((row.event, row.round), [])
		if row.requirement_label and row.requirement_label not in titles:
			titles.append(row.requirement_label)
	return found


def _of_event(row: Any, steps: list[Any], pieces: dict[tuple[str, int], list[str]]) -> Iterable[Deed]:
	document = f"{_(row.reference_doctype)} {row.reference_name}"
	situation = _("on “{0}” of {1}").format(_(row.event_type), format_date(row.recorded_at))
	for step in steps:
		if step.kind != "Evidence":
			continue
		titles = [_(title) for title in pieces.get((row.name, step.round), [])][:MOST_TITLES]
		what = _("”, “", context="Between quoted words").join(titles)
		yield Deed(
			key=f"{row.name}:{step.step}",
			event=row.name,
			situation=situation,
			behaviour=_gave(what, document, step.done_at, step.due_at),
			impact=_impact(step.round, steps),
			source=get_url_to_form(store.EVENT, row.name),
			at=str(step.done_at)[:19],
		)


def _gave(what: str, document: str, done: datetime, due: datetime | None) -> str:
	day = format_date(done)
	if due is None:
		words = _("gave “{0}” for {1} on {2}") if what else _("gave the evidence for {1} on {2}")
		return words.format(what, document, day)
	late = get_datetime(done) - get_datetime(due)
	length = snapshot.words(span(abs(late)))
	if late > timedelta(0):
		words = (
			_("gave “{0}” for {1} on {2}, {3} after it was due")
			if what
			else _("gave the evidence for {1} on {2}, {3} after it was due")
		)
	else:
		words = (
			_("gave “{0}” for {1} on {2}, {3} before it was due")
			if what
			else _("gave the evidence for {1} on {2}, {3} before it was due")
		)
	return words.format(what, document, day, length)


def _impact(round_: int, steps: list[Any]) -> str:
	said = []
	for step in steps:
		if step.round != round_ or not step.result:
			continue
		if step.kind == "Mark":
			mark = _(step.result, context="Effectiveness mark")
			said.append(_("it was marked “{0}” in round {1}").format(mark, round_))
		elif step.kind == "Confirmation" and step.result != "None":
			impacts = [_(part, context="Impact") for part in step.result.split(", ")]
			said.append(_("an impact was confirmed: {0}").format("/".join(impacts)))
	return _("; ", context="Between parts of a sentence").join(said)


def sentence(deeds: list[Deed]) -> str:
	"""The deeds as one text for the manager to edit, a sentence for each event and for each document."""
	by_source: dict[str, list[Deed]] = {}
	for deed in deeds:
		by_source.setdefault(deed.source, []).append(deed)
	parts = []
	for group in by_source.values():
		parts.append(
			engine.compose(
				group[0].situation,
				_("; ", context="Between parts of a sentence").join(d.behaviour for d in group),
				next((d.impact for d in reversed(group) if d.impact), ""),
				group[0].source,
				language(),
			)
		)
	return "\n".join(parts)
