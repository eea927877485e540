"""What an event type would have done on the documents of the last 30 days: for whoever writes it, while it is written.

It is tried as in ``perf_flow.flow.trial``, on the documents and people as they are now. No look takes long:
statements are stopped by the database, and documents are read until the time is up. The whole of it, over up to
two years, is the backtest (``perf_flow.flow.backtest``).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _

from perf_flow.engine.errors import FlowError
from perf_flow.engine.model import Chain, ChainState, Person, RequirementKind, StepKind
from perf_flow.engine.triggers import Trigger
from perf_flow.flow import observe, problems, recorder, times, trial
from perf_flow.flow.trial import Looked, Seen, TooMany
from perf_flow.flow.watch import WatchedType, compile_type

DAYS = 30
EXAMPLES = 10
SAMPLE = 50
"""Of so many documents the people are worked out where the database alone can count."""
LOOK_AT = 500
"""So many documents are looked at where it cannot: an expression is Python, a pilot depends on people."""
SECONDS = 3.0
PAGE = 50


@dataclass(slots=True)
class Look(Looked):
	"""What was found. ``total`` documents fulfil what the database can ask; ``looked_at`` of them, the newest,
	were read, of which ``seen`` match."""

	total: int | None = None
	looked_at: int = 0
	complete: bool = True

	@property
	def events(self) -> list[Seen]:
		"""The documents that would have made an event."""
		return [s for s in self.seen if s.chain is not None]


def _newest(watched: WatchedType, since: datetime, limit: int) -> list[str]:
	order = {
		Trigger.DATE: watched.date_field,
		Trigger.CANCELLED: "modified",
		Trigger.UPDATED_AFTER_SUBMIT: "modified",
		Trigger.CONDITION: "modified",
	}.get(watched.trigger, "creation")
	matching = trial.query(watched, trial.scope(watched, since))
	return trial.bounded(
		f"""select d.name from `tab{watched.doctype}` d where d.name in ({matching})
		order by d.`{order}` desc, d.name desc limit {limit}"""
	)


def look(watched: WatchedType, days: int = DAYS) -> Look:
	"""Look at the documents of the last ``days`` days. Raises TooMany when the database is too slow to count
	them, ConfigurationError when the type cannot be carried out."""
	until = time.monotonic() + SECONDS
	since = times.now_site() - timedelta(days=days)
	found = Look(total=trial.count(watched, days))
	one_by_one = bool(watched.expression or watched.pilot)
	names = _newest(watched, since, LOOK_AT if one_by_one else SAMPLE)
	for page in _pages(names):
		if found.looked_at and time.monotonic() > until:
			break
		looked = trial.look_at(watched, trial.documents(watched.doctype, page))
		found.looked_at += len(page)
		found.seen.extend(looked.seen)
		found.unreadable.extend(looked.unreadable)
	found.complete = found.looked_at == found.total
	return found


def _pages(names: list[str]) -> Iterator[list[str]]:
	for start in range(0, len(names), PAGE):
		yield names[start : start + PAGE]


def trouble(doc: Any, may_read: Callable[[Any], bool]) -> str | None:
	"""Why a saved event type cannot be carried out, tried on the documents of the last 30 days; None if it can."""
	try:
		doc.validate_scope()
		found = look(compile_type(doc))
	except FlowError as e:
		return problems.text_of(e)
	except frappe.ValidationError as e:
		frappe.clear_last_message()
		return str(e)
	except TooMany:
		return None
	if not found.unreadable:
		return None
	example, error = found.unreadable[0]
	return problems.text_of(error) if may_read(example) else type(error).__name__


# --- what is said of it ---------------------------------------------------------------------------


def preview(doc: Any, may_read: Callable[[Any], bool], days: int = DAYS) -> dict[str, Any]:
	"""What the event type ``doc`` (a Business Event Type as the form holds it) would have done in the last
	``days`` days, in the reader's language.

	``may_read`` says whether the reader may read a document: of others nothing is told but that they are
	there. The answer holds ``problem`` (why nothing can be worked out, or None), ``headline``, ``matched``,
	``total``, ``looked_at``, ``people`` (who would be asked, how often), ``examples``, ``hidden`` and
	``notes`` (what cannot be known).
	"""
	answer: dict[str, Any] = {
		"problem": None,
		"headline": "",
		"days": days,
		"matched": 0,
		"total": None,
		"looked_at": 0,
		"people": [],
		"examples": [],
		"hidden": 0,
		"notes": [],
	}
	if missing := trial.not_chosen(doc):
		return {**answer, "problem": missing}
	try:
		doc.validate_scope()
		left_out = trial.prepare_type(doc)
		watched = compile_type(doc)
		with recorder.said_in(frappe.local.lang):
			found = look(watched, days)
	except FlowError as e:
		return {**answer, "problem": problems.text_of(e)}
	except frappe.ValidationError as e:
		frappe.clear_last_message()
		return {**answer, "problem": str(e)}
	except TooMany:
		return {
			**answer,
			"problem": _(
				"There are too many documents to be counted within a few seconds. The type itself can be used; more conditions make it quicker."
			),
		}
	events = found.events
	# without an expression or a pilot the database's count is the answer, else what was looked at
	by_count = not (watched.expression or watched.pilot)
	matched = int(found.total or 0) if by_count else len(events)
	readable = [s for s in events if may_read(s.doc)]
	return {
		**answer,
		"headline": _headline(watched, matched, days, found, by_count),
		"matched": matched,
		"total": found.total,
		"looked_at": found.looked_at,
		"people": _people(events),
		"nobody": sum(1 for s in events if s.chain and not _evidence_holder(s.chain)),
		"closing": sum(1 for s in events if s.chain and s.chain.state is ChainState.CLOSED),
		"examples": [_example(watched, s) for s in readable[:EXAMPLES]],
		"hidden": len(events[: EXAMPLES * 2]) - len([s for s in events[: EXAMPLES * 2] if s in readable]),
		"notes": _notes(watched, found, left_out, may_read, days),
	}


def _headline(watched: WatchedType, matched: int, days: int, found: Look, by_count: bool) -> str:
	kind = _(watched.doctype)
	if watched.trigger is Trigger.MANUAL:
		return _(
			"Of the last {0} days, it could be recorded by hand on {1} documents of the type {2}."
		).format(days, matched, kind)
	if not by_count and not found.complete:
		return _(
			"Of the newest {0} of {1} documents of the type {2} in the last {3} days, {4} would have matched."
		).format(found.looked_at, found.total, kind, days, matched)
	if matched == 0:
		return _("In the last {0} days no document of the type {1} would have matched.").format(days, kind)
	if matched == 1:
		return _("In the last {0} days one document of the type {1} would have matched.").format(days, kind)
	return _("In the last {0} days {1} documents of the type {2} would have matched.").format(
		days, matched, kind
	)


def _evidence_holder(chain: Chain) -> Person | None:
	step = next((s for s in chain.steps if s.kind is StepKind.EVIDENCE), None)
	return step.assignee if step else chain.owner


_COLUMN_OF = {
	StepKind.EVIDENCE.value: "evidence",
	StepKind.SIGN_OFF.value: "sign_off",
	StepKind.MARK.value: "mark",
	StepKind.CONFIRMATION.value: "confirmation",
}


def _people(events: list[Seen]) -> list[dict[str, Any]]:
	"""Who would be asked, and for how many documents in each role, those asked most often first."""
	asked: Counter[tuple[str, str]] = Counter()
	names: dict[str, str] = {}
	for seen in events:
		for step in seen.chain.steps if seen.chain else ():
			if step.assignee is not None:
				asked[step.assignee.employee, step.kind.value] += 1
				names[step.assignee.employee] = step.assignee.name
	by_person: dict[str, dict[str, Any]] = {}
	for (employee, kind), times_asked in asked.items():
		row = by_person.setdefault(
			employee, {"name": names[employee], "evidence": 0, "sign_off": 0, "mark": 0, "confirmation": 0}
		)
		row[_COLUMN_OF[kind]] += times_asked
	ranked = sorted(
		by_person.values(), key=lambda r: (-sum(r[column] for column in _COLUMN_OF.values()), r["name"])
	)
	return ranked[:20]


def _example(watched: WatchedType, seen: Seen) -> dict[str, Any]:
	chain, doc = seen.chain, seen.doc
	assert chain is not None
	satisfied, open_ = [], []
	for requirement in chain.requirements:
		by_link = (
			requirement.kind is RequirementKind.LINKED_DOCUMENT
			and observe.linked_document(requirement, str(doc.name)) is not None
		)
		(satisfied if by_link or chain.satisfied(requirement) else open_).append(_(requirement.label))
	holder = _evidence_holder(chain)
	mark = next((s for s in chain.steps if s.kind is StepKind.MARK), None)
	title = doc.get_title() if doc.meta.get_title_field() != "name" else ""
	return {
		"doctype": doc.doctype,
		"name": str(doc.name),
		"title": _shown(title) if title != doc.name else "",
		"when": str(trial.when_of(watched, doc) or "")[:19],
		"person": holder.name if holder else None,
		"person_why": next((s.why for s in chain.steps if s.kind is StepKind.EVIDENCE), "")
		or "; ".join(chain.attention),
		"manager": mark.assignee.name if mark and mark.assignee else None,
		"manager_why": mark.why if mark else "",
		"mark": bool(mark) or chain.policy.mark_required,
		"collaborators": [
			{
				"label": _(s.label),
				"name": s.assignee.name if s.assignee else None,
				"why": s.why,
			}
			for s in chain.steps
			if s.kind is StepKind.CONFIRMATION
		],
		"satisfied": satisfied,
		"open": open_,
		"closes": chain.state is ChainState.CLOSED,
	}


def _shown(value: Any) -> str:
	return str(value or "")[:140]


def _notes(
	watched: WatchedType, found: Look, left_out: int, may_read: Callable[[Any], bool], days: int
) -> list[str]:
	"""What the reader has to know to trust the figures as far as they go, and no further."""
	notes = []
	if left_out:
		notes.append(_("Rows that are not filled in yet are left out: {0}.").format(left_out))
	if found.unreadable:
		doc, error = found.unreadable[0]
		# what an expression says of a document is part of that document
		text = problems.text_of(error) if may_read(doc) else type(error).__name__
		notes.append(
			_("On {0} documents the type cannot be carried out: {1}").format(len(found.unreadable), text)
		)
	outside = Counter(s.reason for s in found.seen if s.chain is None)
	if outside["Outside Pilot"]:
		notes.append(
			_("{0} more fulfil the conditions and are outside the pilot.").format(outside["Outside Pilot"])
		)
	if outside["Other Company"]:
		notes.append(_("{0} more belong to another company.").format(outside["Other Company"]))
	if found.looked_at < int(found.total or 0):
		notes.append(
			_("People are worked out for the newest {0} documents that were looked at.").format(
				found.looked_at
			)
		)
	how = {
		Trigger.SUBMITTED: _(
			"When a document was submitted is not kept. Counted are those submitted by now and made in the last {0} days."
		),
		Trigger.CANCELLED: _("Counted are cancelled documents last changed in the last {0} days."),
		Trigger.UPDATED_AFTER_SUBMIT: _(
			"Whether a document was changed after it was submitted is not kept. Counted are all submitted ones last changed in the last {0} days: rather too many."
		),
		Trigger.CONDITION: _(
			"When the conditions became true is not kept. Counted are documents that fulfil them now and were changed in the last {0} days; those that fulfilled them only in between are missing."
		),
		Trigger.DATE: _("Counted by the date as it is now; a date that was moved meanwhile counts once."),
		Trigger.MANUAL: _(
			"Nothing happens by itself: somebody records it by the button beside the document."
		),
	}.get(watched.trigger)
	if how:
		notes.append(how.format(days))
	notes.append(
		_(
			"Documents, people and leave are looked at as they are now; what has changed since cannot be known. Deleted documents are missing."
		)
	)
	if watched.trigger is not Trigger.MANUAL:
		notes.append(_("Switching on records none of these: events begin with what happens from then on."))
	return notes
