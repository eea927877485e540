"""What the verifier's checks see on the site: values of the ERP document and of those linked to it, and evidence that
was used before. And what is said of the verdict, in the reader's language.

A check names a field of the watched document, or ``DocType:link field:date field`` for the latest of the
documents whose link field names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, flt, formatdate, get_datetime, getdate

from perf_flow.access import relation
from perf_flow.engine import chain as engine
from perf_flow.engine.conditions import parse_filters
from perf_flow.engine.errors import N_, FlowError
from perf_flow.engine.facts import MarkGiven
from perf_flow.engine.fingerprint import Match
from perf_flow.engine.model import Chain, Check, CheckKind, Observation
from perf_flow.engine.verifier import USED, Line, Reason, Verdict, observed, verify
from perf_flow.flow import guidance, integrity, problems, service, store
from perf_flow.flow.recorder import condition_holds
from perf_flow.flow.view import DocView, fieldtype

_NUMBERS = ("Int", "Float", "Currency", "Percent", "Duration", "Rating", "Check", "Long Int")
_ALIKE_ONLY = (Match.LOOK, Match.NEAR)
"""Evidence that is only similar is a warning, never a verdict."""
MOST_LINKED = 500
"""So many linked documents are looked at, the latest first."""

ANOTHER = N_("another business event")
ACHIEVED = N_("Achieved: everything that is asked for is there, and all of it is right.")
NOT_ACHIEVED = N_("Not achieved yet. {0}")


# --- looking --------------------------------------------------------------------------------------------------


def look(check: Check, view: DocView) -> Observation | None:
	"""What a check sees on the document; None for one that looks at evidence alone. Raises FlowError where the check
	cannot be carried out."""
	if not check.kind.reads_document:
		return None
	if check.kind is CheckKind.DOCUMENT_STATE:
		state = parse_filters(check.filters, view.doctype)
		return Observation(check.key, holds=condition_holds(state, view))
	if ":" in check.fieldname:
		return _latest(check, view)
	against = (
		observed(_typed(view.doctype, check.against, view.value(check.against))) if check.against else ""
	)
	return Observation(
		check.key, observed(_typed(view.doctype, check.fieldname, view.value(check.fieldname))), against
	)


def _typed(doctype: str, fieldname: str, value: Any) -> Any:
	"""A value as its field means it: forms and the database spell dates and numbers differently."""
	kind = fieldtype(doctype, fieldname)
	if value in (None, ""):
		return None
	if kind == "Date":
		return getdate(value)
	if kind == "Datetime":
		return get_datetime(value).replace(microsecond=0)
	if kind in _NUMBERS:
		return cint(value) if kind in ("Int", "Check", "Long Int") else flt(value)
	return value


def _latest(check: Check, view: DocView) -> Observation:
	"""Of the linked documents the one that is furthest behind: one without a date, else the one latest against what
	it is compared with."""
	doctype, link, fieldname = check.fieldname.split(":")
	own = check.against.split(":")[2] if ":" in check.against else ""
	filters: dict[str, Any] = {link: view.value("name")}
	if frappe.get_meta(doctype).is_submittable:
		filters["docstatus"] = ["!=", 2]
	rows = frappe.get_all(
		doctype,
		filters=filters,
		fields=[fieldname, *([own] if own and own != fieldname else [])],
		order_by=f"`{fieldname}` desc",
		limit=MOST_LINKED,
	)
	common = None if own else _typed(view.doctype, check.against, view.value(check.against))
	found = []
	for row in rows:
		value = _typed(doctype, fieldname, row[fieldname])
		due = _typed(doctype, own, row[own]) if own else common
		behind = float("inf")
		if value is not None and due is not None:
			behind = (get_datetime(value) - get_datetime(due)).total_seconds()
		found.append((behind, observed(value), observed(due)))
	if not found:
		return Observation(check.key)
	_behind, value, due = max(found)
	return Observation(check.key, value, due)


def at_recording(checks: Iterable[Check], view: DocView) -> tuple[Observation, ...]:
	"""What the checks see when the event is recorded. Raises FlowError."""
	return tuple(found for check in checks if (found := look(check, view)) is not None)


def observe(event: str) -> Chain:
	"""Look again at everything the checks of an event can see, and keep it where it changed."""
	return service.execute(event, lambda chain, _directory: _command(chain))


def _command(chain: Chain) -> engine.Command | None:
	seen = [*_on_document(chain), *_used_before(chain)]
	return engine.ObserveChecks(actor=engine.SYSTEM, observations=tuple(seen)) if seen else None


def _on_document(chain: Chain) -> list[Observation]:
	wanted = [c for c in chain.checks if c.kind.reads_document]
	if not wanted or chain.document_state.value == "Deleted":
		return []
	if not frappe.db.exists(chain.doctype, chain.docname):
		return []
	view = DocView(frappe.get_doc(chain.doctype, chain.docname))
	found = []
	for check in wanted:
		try:
			seen = look(check, view)
		except FlowError as e:
			problems.note(chain.event_type, "Evidence", e, chain.doctype, chain.docname)
			continue
		if seen is not None:
			found.append(seen)
	return found


def _used_before(chain: Chain) -> list[Observation]:
	wanted = [c for c in chain.checks if c.kind is CheckKind.NOT_USED_BEFORE]
	if not wanted:
		return []
	present = {e.key: e.requirement for e in chain.evidence if e.counts and e.round == chain.round}
	used = integrity.used_before(chain.id)
	found = []
	for check in wanted:
		events = {
			other.event
			for piece, others in used.items()
			for other in others
			if piece in present
			and (not check.requirements or present[piece] in check.requirements)
			and other.match not in _ALIKE_ONLY
			and other.event != chain.id
		}
		found.append(Observation(check.key, found=tuple(sorted(events))))
	return found


def after_evidence(chain: Chain) -> None:
	"""Evidence came or went: was it used before?"""
	if any(c.kind is CheckKind.NOT_USED_BEFORE for c in chain.checks):
		observe(chain.id)


# --- saying ---------------------------------------------------------------------------------------------------


def verdicts(chain: Chain) -> dict[str, Verdict]:
	"""What the verifier had said when each mark was given, by step; one statement, none without checks."""
	if not chain.checks or not any(s.result for s in chain.steps):
		return {}
	return at_marks(store.facts_named(chain.id, "MarkGiven"))


def at_marks(facts: Iterable[Any]) -> dict[str, Verdict]:
	"""The verdicts that facts of marks hold, by step."""
	return {
		fact.step: fact.verdict for fact in facts if isinstance(fact, MarkGiven) and fact.verdict is not None
	}


def told(chain: Chain, pieces: dict[str, dict[str, Any]], user: str) -> dict[str, Any] | None:
	"""The verdict on the current round as the panel shows it to ``user``, who may see the evidence; None without
	checks. ``pieces`` are what the panel shows of each piece."""
	return tell(verify(chain), chain, pieces, user) if chain.checks else None


def tell(
	verdict: Verdict, chain: Chain, pieces: dict[str, dict[str, Any]], user: str, then: bool = False
) -> dict[str, Any]:
	"""A verdict in the language of the reader, with a link to each piece it speaks of; ``then``: one that was given
	earlier."""
	titles = _titles(verdict, user)
	return {
		"achieved": verdict.achieved,
		"completeness": round(verdict.completeness, 1),
		"match": round(verdict.match, 1),
		"summary": summary(verdict, chain, then),
		"lines": [_line(line, pieces, titles) for line in verdict.lines],
	}


def summary(verdict: Verdict, chain: Chain, then: bool = False) -> str:
	"""Whether it is achieved, or what is missing, in one sentence; ``then``: of a verdict that was given earlier."""
	if verdict.achieved:
		return _(ACHIEVED)
	return _(NOT_ACHIEVED).format(guidance.sentence(chain, verdict if then else None))


def _line(line: Line, pieces: dict[str, dict[str, Any]], titles: dict[str, str]) -> dict[str, Any]:
	shown = (pieces.get(key) for key in line.pieces)
	return {
		"check": line.check,
		"label": _(line.label),
		"outcome": line.outcome.value,
		"accepted": line.outcome.accepted,
		"alternative": line.alternative,
		"reasons": [_reason(reason, titles) for reason in line.reasons],
		"pieces": [
			{key: piece[key] for key in ("piece", "title", "url", "kind")} for piece in shown if piece
		],
	}


def _reason(reason: Reason, titles: dict[str, str]) -> str:
	if reason.template == USED:
		others = dict.fromkeys(titles.get(e) or _(ANOTHER) for e in reason.args[0].split(", "))
		return _(USED).format(", ".join(others))
	return _(reason.template).format(*(_argument(a) for a in reason.args))


def _argument(text: str) -> str:
	"""A word of the configuration is translated, a day is written as the reader writes it."""
	try:
		moment = datetime.fromisoformat(text) if len(text) >= 10 else None
	except ValueError:
		moment = None
	if moment is None:
		return _(text)
	return formatdate(moment) + (f" {moment:%H:%M}" if len(text) > 10 else "")


def _titles(verdict: Verdict, user: str) -> dict[str, str]:
	"""What the other events are called in which evidence was used before, of those that ``user`` may read."""
	from perf_flow.flow.cases import RELATION_FIELDS

	events = {
		event
		for line in verdict.lines
		for reason in line.reasons
		if reason.template == USED
		for event in reason.args[0].split(", ")
	}
	if not events:
		return {}
	rows = frappe.get_all(
		store.EVENT,
		filters={"name": ["in", sorted(events)]},
		fields=[*RELATION_FIELDS, "event_type", "reference_doctype", "reference_name"],
	)
	return {
		row.name: f"{_(row.event_type)} ({_(row.reference_doctype)} {row.reference_name})"
		for row in rows
		if relation(row, user).sees_event
	}
