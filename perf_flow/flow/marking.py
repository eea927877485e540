"""The marking screen: which events wait for somebody's mark, what was opened of their evidence, and many marks
at once.

Each page of the queue costs the same few statements however many events there are.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import frappe
from frappe import _

from perf_flow.access import asked_of
from perf_flow.engine import chain as engine
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.facts import StepEscalated, decode
from perf_flow.engine.model import Chain, Evidence, Mark, RequirementKind
from perf_flow.engine.people import Directory
from perf_flow.engine.projection import evidence_name
from perf_flow.flow import service, store, times

VIEW = "Evidence View"
TEMPLATE = "Comment Template"

LONGEST_PAGE = 100
MOST_ESCALATED = 500
"""Of the steps of people below that were escalated, so many of the oldest are asked whether it was to the viewer."""
MOST_AT_ONCE = 50
"""Marks in one request; the screen sends one request after another."""
TAKE_BACK_WITHIN = timedelta(hours=1)
"""No type of event lets its marks be taken back for longer than this on the screen."""
MOST_RECENT = 20
"""Marks that can still be taken back when the screen is opened anew; all were given within a few minutes."""

NOT_OPENED = N_("Not all of its evidence was opened: {0}. Look at it first, then mark it.")
NOT_A_PIECE = N_("There is no such piece of evidence in this round.")
TOO_MANY = N_("At most {0} events are marked at once.")

_IMAGES = frozenset(("png", "jpg", "jpeg", "gif", "webp", "bmp"))
_TEXTS = frozenset(("txt", "csv", "md", "log"))


# --- the queue ----------------------------------------------------------------------------------------------


def _condition(user: str) -> tuple[str, dict[str, Any]]:
	"""SQL on the open marks (a) and their events (e) that are this person's to give, ready or not.

	The condition on the state is repeated in each branch so that each is read by its own index.
	"""
	values: dict[str, Any] = {"user": user}
	mine = [
		"(a.assignee_user = %(user)s and a.state = 'Open')",
		"(a.asked_user = %(user)s and a.state = 'Open')",
	]
	escalated = _escalated(user)
	if escalated:
		values["escalated"] = escalated
		mine.append("(a.name in %(escalated)s and a.state = 'Open')")
	return (
		f"({' or '.join(mine)}) and a.kind = 'Mark' and a.practice = 0 and e.state = 'Open'"
		" and ifnull(a.employee_user, '') != %(user)s",
		values,
	)


def _escalated(user: str) -> tuple[str, ...]:
	"""The open marks of people below that were escalated to this person."""
	step = f"`tab{store.ACTION}`"
	steps = frappe.db.sql(
		f"""select name, event, step from {step}
		where {asked_of(user).replace("%", "%%")} and state = 'Open' and kind = 'Mark'
			and practice = 0 and escalation_level > 0
			and not (ifnull(assignee_user, '') = %s or ifnull(asked_user, '') = %s)
		order by due_at limit {MOST_ESCALATED}""",
		(user, user),
	)
	if not steps:
		return ()
	facts = frappe.db.sql(
		f"""select event, payload, recorded_at, actor from `tab{store.ENTRY}`
		where event in %(events)s and fact = 'StepEscalated'""",
		{"events": sorted({event for _name, event, _step in steps})},
	)
	to_me = set()
	for event, payload, at, actor in facts:
		fact = decode("StepEscalated", json.loads(payload), at, actor)
		assert isinstance(fact, StepEscalated)
		if fact.to.user == user:
			to_me.add((event, fact.step))
	return tuple(name for name, event, step in steps if (event, step) in to_me)


_FROM = f"`tab{store.ACTION}` a join `tab{store.EVENT}` e on e.name = a.event"
_READY = "e.completeness >= 100"


def page(user: str, waiting: bool, start: int, length: int) -> dict[str, Any]:
	"""``rows`` of the queue, most urgent first, beginning with number ``start``; and how many are ``ready`` for the
	mark and ``waiting`` for evidence. ``waiting`` chooses which of them are listed."""
	where, values = _condition(user)
	counted = frappe.db.sql(
		f"select coalesce(sum({_READY}), 0), count(*) from {_FROM} where {where}", values
	)[0]
	ready, every = int(counted[0]), int(counted[1])
	rows = frappe.db.sql(
		f"""select a.event, a.step, a.round, a.due_at, a.assignee_user, a.assignee_name, a.asked_user,
			e.event_type, e.reference_doctype, e.reference_name, e.employee_name, e.completeness, e.recorded_at
		from {_FROM} where {where} and {"not " if waiting else ""}({_READY})
		order by a.due_at, a.name limit %(start)s, %(length)s""",
		{**values, "start": max(0, start), "length": min(max(1, length), LONGEST_PAGE)},
		as_dict=True,
	)
	return {
		"ready": ready,
		"waiting": every - ready,
		"start": max(0, start),
		"rows": listed(rows, user, *_progress([row.event for row in rows], user)),
	}


def waiting_marks(user: str) -> int:
	"""How many events are ready for this person's mark."""
	where, values = _condition(user)
	return int(frappe.db.sql(f"select count(*) from {_FROM} where {where} and {_READY}", values)[0][0])


def listed(
	rows: Sequence[Any], user: str, pieces: dict[str, int], opened: dict[str, int]
) -> list[dict[str, Any]]:
	"""Open marks with the columns of their events, as the screen shows them to this person. ``pieces`` and ``opened``
	say of each event how many pieces of evidence it has, and how many of them the person opened."""
	titles = _titles(rows)
	now = times.now_site()
	found = []
	for row in rows:
		mine = row.assignee_user == user
		found.append(
			{
				"event": row.event,
				"step": row.step,
				"title": _(row.event_type),
				"person": row.employee_name or "",
				"doctype": row.reference_doctype,
				"docname": row.reference_name,
				"document": titles.get((row.reference_doctype, row.reference_name)) or "",
				"due_at": str(row.due_at)[:19],
				"overdue": row.due_at <= now,
				"recorded_at": str(row.recorded_at)[:19],
				"round": row.round,
				"completeness": float(row.completeness or 0),
				# somebody else holds it: it came by escalation, or they stand in
				"holder": "" if mine else row.assignee_name or "",
				"escalated": not mine and row.asked_user != user,
				"pieces": pieces.get(row.event, 0),
				"opened": opened.get(row.event, 0),
			}
		)
	return found


def _titles(rows: Sequence[Any]) -> dict[tuple[str, str], str]:
	"""What the ERP documents are called, of those the reader may read; one statement for each kind of document."""
	names: dict[str, set[str]] = {}
	for row in rows:
		names.setdefault(row.reference_doctype, set()).add(row.reference_name)
	found = {}
	for doctype, of in names.items():
		if not frappe.db.exists("DocType", doctype) or not frappe.has_permission(doctype, "read"):
			continue
		meta = frappe.get_meta(doctype)
		field = meta.get_title_field()
		df = meta.get_field(field)
		if field == "name" or df is None or df.permlevel or df.get("is_virtual"):
			continue
		for name, title in frappe.get_list(
			doctype, filters={"name": ("in", sorted(of))}, fields=["name", field], as_list=True, limit=0
		):
			if title and title != name:
				found[(doctype, name)] = str(title)
	return found


def _progress(events: list[str], user: str) -> tuple[dict[str, int], dict[str, int]]:
	"""Of each event: how many pieces of evidence count in its round, and how many of them the user opened."""
	if not events:
		return {}, {}
	rows = frappe.db.sql(
		f"""select p.event, count(*), count(v.name)
		from `tab{store.EVIDENCE}` p join `tab{store.EVENT}` e on e.name = p.event and e.round = p.round
		left join `tab{VIEW}` v on v.event = p.event and v.piece = p.piece and v.user = %(user)s
		where p.event in %(events)s and p.withdrawn_at is null group by p.event""",
		{"events": events, "user": user},
	)
	return {r[0]: int(r[1]) for r in rows}, {r[0]: int(r[2]) for r in rows}


# --- one event ----------------------------------------------------------------------------------------------


def preview(name: str) -> str:
	"""How a file can be shown: image, pdf, text, or file when it can only be downloaded."""
	kind = os.path.splitext(name or "")[1].lower().lstrip(".")
	if kind in _IMAGES:
		return "image"
	if kind in _TEXTS:
		return "text"
	return "pdf" if kind == "pdf" else "file"


def opened(event: str, user: str) -> list[str]:
	"""The pieces of an event that the user has opened, by key."""
	return list(frappe.get_all(VIEW, filters={"event": event, "user": user}, pluck="piece"))


def note_opened(event: str, pieces: Iterable[str], user: str) -> None:
	"""Remember that the user opened these pieces; the first time counts."""
	now = times.now_site()
	store.insert(
		VIEW,
		[
			{
				"name": store.key_of(user, event, piece),
				"user": user,
				"event": event,
				"piece": piece,
				"opened_at": now,
			}
			for piece in dict.fromkeys(pieces)
		],
		ignore_duplicates=True,
	)


def current_pieces(event: str) -> dict[str, Any]:
	"""The pieces that count in the event's present round, by key, as rows of Performance Evidence."""
	rows = frappe.db.sql(
		f"""select p.piece, p.kind, p.title, p.value, p.file
		from `tab{store.EVIDENCE}` p join `tab{store.EVENT}` e on e.name = p.event
		where p.event = %s and p.round = e.round and p.withdrawn_at is null""",
		(event,),
		as_dict=True,
	)
	return {row.piece: row for row in rows}


def note_shown(event: str, pieces: Iterable[str], user: str) -> None:
	"""What the screen has shown: texts, fields, linked documents and followed links. Files are noted by ``content``
	alone, when their bytes are handed out. Raises InvalidInput for pieces that are not there."""
	present = current_pieces(event)
	shown = list(pieces)
	for piece in shown:
		if piece not in present or present[piece].kind == RequirementKind.FILE.value:
			raise InvalidInput(template=NOT_A_PIECE)
	note_opened(event, shown, user)


def content(event: str, piece: str, user: str) -> tuple[str, bytes]:
	"""The name and bytes of a piece that is a file, of whatever round; handing it out is opening it."""
	name = evidence_name(event, piece)
	row = frappe.db.get_value(store.EVIDENCE, name, ["kind", "title", "file"], as_dict=True)
	if not row or row.kind != RequirementKind.FILE.value or not frappe.db.exists("File", row.file):
		raise InvalidInput(template=NOT_A_PIECE)
	data = frappe.get_doc("File", row.file).get_content()
	note_opened(event, [piece], user)
	return row.title or name, data.encode() if isinstance(data, str) else data


# --- many marks at once --------------------------------------------------------------------------------------


def unopened(chain: Chain, user: str) -> list[Evidence]:
	"""The evidence of the current round that the user has not opened."""
	seen = set(opened(chain.id, user))
	return [e for e in chain.evidence if e.round == chain.round and e.counts and e.key not in seen]


def mark_one(event: str, mark: Mark, reason: str, user: str) -> Chain:
	"""Mark an event of which every piece was opened by this person. Asked under the lock, so that nothing can be
	added in between. Raises FlowError."""

	def command(chain: Chain, _directory: Directory) -> engine.Command:
		missing = unopened(chain, user)
		if missing:
			labels = {r.key: _(r.label) for r in chain.requirements}
			names = dict.fromkeys(labels.get(e.requirement, e.title) for e in missing)
			raise InvalidInput(", ".join(names), template=NOT_OPENED)
		return engine.GiveMark(actor=user, mark=mark, reason=reason)

	return service.execute(event, command)


def recent(user: str) -> list[dict[str, Any]]:
	"""The marks that this person gave a moment ago and can still take back, oldest first."""
	rows = frappe.get_all(
		store.ACTION,
		filters={
			"done_by": user,
			"done_at": [">", times.now_site() - TAKE_BACK_WITHIN],
			"kind": "Mark",
			"state": "Done",
			"practice": 0,
		},
		fields=["event", "step", "result", "employee_name", "reference_name"],
		order_by="done_at desc",
		limit=MOST_RECENT,
	)
	found = []
	for row in reversed(rows):
		chain = store.load(row.event)
		step = chain.step(row.step)
		until = engine.take_back_until(chain, step, user, times.now_utc()) if step else None
		local = times.to_site(until)
		if local is not None:
			row.take_back_until = str(local)[:19]
			found.append(row)
	return found


# --- reasons --------------------------------------------------------------------------------------------------


def templates(user: str) -> list[dict[str, Any]]:
	"""The person's own reasons, by title."""
	return frappe.get_all(
		TEMPLATE,
		filters={"user": user, "scope": ["!=", "Company"]},
		fields=["name", "title", "text", "mark", "event_type"],
		order_by="title, creation",
		limit=200,
	)
