"""What an event type would have done on the documents there are: for whoever writes it, saved or not.

The same code decides as when events are recorded (conditions, people, pilot, evidence), on the documents
and people as they are now. Nothing is written, and no look takes long: statements are stopped by the
database, and documents are read until the time is up.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pymysql

import frappe
from frappe import _
from frappe.utils import get_datetime

from perf_flow.engine.conditions import as_filters
from perf_flow.engine.errors import FlowError
from perf_flow.engine.model import Chain, ChainState, CheckKind, Person, RequirementKind, Source, StepKind
from perf_flow.engine.people import Lookup, RecipientSource
from perf_flow.engine.triggers import ONCE, Trigger
from perf_flow.flow import observe, problems, recorder, times
from perf_flow.flow.directory import look_up
from perf_flow.flow.recorder import Match
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import WatchedType, compile_type

DAYS = 30
EXAMPLES = 10
SAMPLE = 50
"""Of so many documents the people are worked out where the database alone can count."""
LOOK_AT = 500
"""So many documents are looked at where it cannot: an expression is Python, a pilot depends on people."""
STATEMENT_SECONDS = 4.0
SECONDS = 3.0
PAGE = 50

_NEEDS_SUBMIT = (Trigger.SUBMITTED, Trigger.CANCELLED, Trigger.UPDATED_AFTER_SUBMIT)
_ARGUMENT = {
	RecipientSource.FIELD.value: "fieldname",
	RecipientSource.EMPLOYEE.value: "employee",
	RecipientSource.DEPARTMENT_HEAD.value: "department",
	RecipientSource.ROLE.value: "role",
}


class TooMany(Exception):
	"""The database could not count within STATEMENT_SECONDS."""


@dataclass(slots=True)
class Seen:
	"""One document that matches: the chain that recording it would begin, or why it would make no event."""

	doc: Any
	chain: Chain | None = None
	reason: str = ""


@dataclass(slots=True)
class Look:
	"""What was found. ``total`` documents fulfil what the database can ask; ``looked_at`` of them, the newest,
	were read, of which ``seen`` match. ``unreadable`` are those on which the type itself fails."""

	total: int | None = None
	looked_at: int = 0
	seen: list[Seen] = field(default_factory=list)
	unreadable: list[tuple[Any, Exception]] = field(default_factory=list)
	complete: bool = True

	@property
	def events(self) -> list[Seen]:
		"""The documents that would have made an event."""
		return [s for s in self.seen if s.chain is not None]


# --- what is looked at ----------------------------------------------------------------------------


def prepare_type(doc: Any) -> int:
	"""Make a form that is still being filled in one that can be compiled: rows that are not complete are left
	out, rows without a name get one. Returns how many were left out."""
	doc._fix_numeric_types()
	left_out = 0
	for table in ("recipients", "collaborators", "requirements", "checks"):
		rows = [row for row in doc.get(table) if _is_complete(row)]
		left_out += len(doc.get(table)) - len(rows)
		doc.set(table, rows)
		for number, row in enumerate(rows, 1):
			row._fix_numeric_types()
			row.name = row.name or f"{table}-{number}"
	doc.pilot_scope = [row for row in doc.pilot_scope if row.scope_type and row.scope_name]
	doc.name = doc.name or doc.title or "new"
	doc.clock = doc.clock or "Calendar hours"
	doc.active_from = None
	return left_out


_LOOKS_AT = {
	CheckKind.ON_TIME.value: ("fieldname", "against"),
	CheckKind.WITHIN_RANGE.value: ("fieldname",),
	CheckKind.WITHIN_TOLERANCE.value: ("fieldname",),
	CheckKind.DOCUMENT_STATE.value: ("filters",),
	CheckKind.EVIDENCE_THERE.value: ("evidence",),
}
"""What a check of a kind cannot do without."""


def _is_complete(row: Any) -> bool:
	if row.doctype == "Verification Check":
		wanted = ["label", "kind", *_LOOKS_AT.get(row.kind or "", ())]
	elif row.doctype == "Evidence Requirement":
		wanted = ["label", "kind"]
		if row.kind == RequirementKind.FIELD.value:
			wanted.append("fieldname")
		elif row.kind == RequirementKind.LINKED_DOCUMENT.value:
			wanted += ["linked_doctype", "link_fieldname"]
		elif row.kind == RequirementKind.SIGN_OFF.value:
			wanted.append("departments")
	else:
		wanted = ["source", *filter(None, [_ARGUMENT.get(row.source or "")])]
	return all(row.get(fieldname) for fieldname in wanted)


def scope(watched: WatchedType, since: datetime) -> list[list[Any]]:
	"""The filters that stand for the trigger between ``since`` and now (naive, site time). When a document was
	submitted or a condition became true is not kept by Frappe; the nearest that is kept stands in its place."""
	doctype = watched.doctype
	if watched.trigger is Trigger.SUBMITTED:
		return [[doctype, "docstatus", "in", [1, 2]], [doctype, "creation", ">=", since]]
	if watched.trigger is Trigger.CANCELLED:
		return [[doctype, "docstatus", "=", 2], [doctype, "modified", ">=", since]]
	if watched.trigger is Trigger.UPDATED_AFTER_SUBMIT:
		return [[doctype, "docstatus", "=", 1], [doctype, "modified", ">=", since]]
	if watched.trigger is Trigger.CONDITION:
		return [[doctype, "docstatus", "!=", 2], [doctype, "modified", ">=", since]]
	if watched.trigger is Trigger.DATE:
		offset = timedelta(hours=watched.offset_hours)
		return [
			[doctype, "docstatus", "!=", 2],
			[doctype, watched.date_field, ">", since - offset],
			[doctype, watched.date_field, "<=", times.now_site() - offset],
		]
	return [[doctype, "creation", ">=", since]]


def when_of(watched: WatchedType, doc: Any) -> datetime | None:
	"""The moment that stands for the trigger on a document, as in ``scope``."""
	if watched.trigger is Trigger.DATE:
		value = doc.get(watched.date_field)
		return get_datetime(value) + timedelta(hours=watched.offset_hours) if value else None
	if watched.trigger in (Trigger.CANCELLED, Trigger.UPDATED_AFTER_SUBMIT, Trigger.CONDITION):
		return get_datetime(doc.modified)
	return get_datetime(doc.creation)


def _query(watched: WatchedType, since: datetime) -> str:
	filters = [*as_filters(watched.conditions), *scope(watched, since)]
	if watched.company and frappe.get_meta(watched.doctype).has_field("company"):
		filters.append([watched.doctype, "company", "=", watched.company])
	return str(
		frappe.get_all(
			watched.doctype,
			filters=filters,
			fields=["name"],
			distinct=True,
			order_by=None,
			limit=0,
			run=False,
		)
	)


def _bounded(query: str) -> list[Any]:
	"""The first column of a query. Raises TooMany when it takes longer than STATEMENT_SECONDS."""
	try:
		return list(
			frappe.db.sql(f"set statement max_statement_time = {STATEMENT_SECONDS} for {query}", pluck=True)
		)
	except pymysql.MySQLError as e:
		if frappe.db.is_statement_timeout(e):
			raise TooMany from e
		raise


def count(watched: WatchedType, days: int = DAYS) -> int:
	"""How many documents of the last ``days`` days fulfil what the database can ask of them: the trigger, the
	company and the conditions, not the expression or the pilot. Raises TooMany."""
	since = times.now_site() - timedelta(days=days)
	return int(_bounded(f"select count(*) from ({_query(watched, since)}) matching")[0])


def _newest(watched: WatchedType, since: datetime, limit: int) -> list[str]:
	order = {
		Trigger.DATE: watched.date_field,
		Trigger.CANCELLED: "modified",
		Trigger.UPDATED_AFTER_SUBMIT: "modified",
		Trigger.CONDITION: "modified",
	}.get(watched.trigger, "creation")
	query = f"""select d.name from `tab{watched.doctype}` d where d.name in ({_query(watched, since)})
		order by d.`{order}` desc, d.name desc limit {limit}"""
	return [str(name) for name in _bounded(query)]


# --- looking --------------------------------------------------------------------------------------


def look(watched: WatchedType, days: int = DAYS) -> Look:
	"""Look at the documents of the last ``days`` days. Raises TooMany when the database is too slow to count
	them, ConfigurationError when the type cannot be carried out."""
	until = time.monotonic() + SECONDS
	since = times.now_site() - timedelta(days=days)
	found = Look(total=count(watched, days))
	one_by_one = bool(watched.expression or watched.pilot)
	names = _newest(watched, since, LOOK_AT if one_by_one else SAMPLE)
	for page in _pages(names):
		if found.looked_at and time.monotonic() > until:
			break
		_look_at(watched, page, found)
	found.complete = found.looked_at == found.total
	return found


def _pages(names: list[str]) -> Iterator[list[str]]:
	for start in range(0, len(names), PAGE):
		yield names[start : start + PAGE]


def _look_at(watched: WatchedType, names: Iterable[str], found: Look) -> None:
	matching = []
	for name in names:
		found.looked_at += 1
		doc = frappe.get_doc(watched.doctype, name)
		view = DocView(doc)
		try:
			if not recorder.holds(watched, view):
				continue
			lookups = recorder.lookups_of(watched, view, doc.owner)
		except (pymysql.MySQLError, frappe.QueryTimeoutError, frappe.QueryDeadlockError):
			raise
		except Exception as e:
			# the type fails on this document, and recording would note the same problem
			found.unreadable.append((doc, e))
			continue
		matching.append((Match(watched, view, Source.HOOK, ONCE), lookups))
	wanted: list[Lookup] = [x for _match, own in matching for group in own.values() for x in group]
	directory = look_up(wanted, times.now_site().date())
	for match, lookups in matching:
		prepared = recorder.prepare(match, directory, lookups)
		if isinstance(prepared, str):
			found.seen.append(Seen(match.view.doc, reason=prepared))
		else:
			found.seen.append(Seen(match.view.doc, prepared.chain))


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
	if missing := _not_chosen(doc):
		return {**answer, "problem": missing}
	try:
		doc.validate_scope()
		left_out = prepare_type(doc)
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


def _not_chosen(doc: Any) -> str | None:
	if not doc.reference_doctype:
		return _("Choose the document type first.")
	if not frappe.db.exists("DocType", doc.reference_doctype):
		return _("The document type {0} does not exist.").format(doc.reference_doctype)
	if doc.trigger not in {t.value for t in Trigger}:
		return _("Choose when it happens.")
	if doc.trigger == Trigger.DATE.value and not doc.date_field:
		return _("Choose the date field.")
	if Trigger(doc.trigger) in _NEEDS_SUBMIT and not frappe.get_meta(doc.reference_doctype).is_submittable:
		return _("Documents of the type {0} are never submitted. Choose another trigger.").format(
			_(doc.reference_doctype)
		)
	return None


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
		"when": str(when_of(watched, doc) or "")[:19],
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
