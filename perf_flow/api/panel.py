"""What the panel in the sidebar and on the event shows: the open steps, for exactly this viewer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate, get_datetime_str

from perf_flow.access import relation
from perf_flow.access.table import PRACTICE_DOCUMENT
from perf_flow.access.table import Step as Permitted
from perf_flow.api import require_person
from perf_flow.engine.chain import actionable, take_back_until
from perf_flow.engine.model import (
	Chain,
	ChainState,
	Evidence,
	Requirement,
	RequirementKind,
	Step,
	StepKind,
	StepState,
)
from perf_flow.engine.projection import stage
from perf_flow.engine.triggers import Trigger
from perf_flow.flow import cases, checks, guidance, integrity, store, times
from perf_flow.flow.cases import RELATION_FIELDS, Case
from perf_flow.flow.watch import watch_map

_FORMATTED = ("Date", "Datetime", "Currency", "Float", "Int", "Percent")


@frappe.whitelist()
def for_document(doctype: str, name: str) -> dict[str, Any]:
	"""The state of all business events of a document that the viewer may see; open ones first.

	Raises PermissionError when the viewer may neither read the document nor any of its events.
	"""
	user = require_person()
	if doctype == PRACTICE_DOCUMENT:
		return for_event(name)
	rows = frappe.get_all(
		store.EVENT,
		filters={"reference_doctype": doctype, "reference_name": name},
		fields=RELATION_FIELDS,
		order_by="recorded_at desc",
		limit=20,
	)
	seen = [(row, relation(row, user)) for row in rows]
	visible = [(row, r) for row, r in seen if r.sees_event]
	readable = _may_read(doctype, name)
	if not visible and not readable:
		frappe.throw(_("You are not permitted to see this document."), frappe.PermissionError)
	visible.sort(key=lambda pair: pair[0].state != "Open")
	return {
		"events": [_event(cases.Recorded(row.name, r)) for row, r in visible],
		"manual_types": manual_types(doctype) if readable else [],
		"user": user,
	}


@frappe.whitelist()
def for_event(event: str) -> dict[str, Any]:
	"""The state of one business event, for whoever may see it. Raises PermissionError otherwise."""
	user = require_person()
	return {"events": [_event(cases.of(event))], "manual_types": [], "user": user}


def _may_read(doctype: str, name: str) -> bool:
	if doctype not in watch_map().known or not frappe.db.exists(doctype, name):
		return False
	return bool(frappe.has_permission(doctype, "read", name))


def manual_types(doctype: str) -> list[dict[str, str]]:
	"""The event types that can be recorded by hand on a document of this kind."""
	return [
		{"name": t.name, "title": _(t.name)}
		for t in watch_map().types.get(doctype, ())
		if t.trigger is Trigger.MANUAL
	]


def _event(case: Case) -> dict[str, Any]:
	chain, viewer, user = case.chain(), case.viewer, case.actor
	help_ = guidance.shown(chain.event_type, chain.id)
	steps = [s for s in chain.steps if viewer.sees_everything or s.may_be_done_by(user)]
	recorded = viewer.sees_everything and not case.is_practice
	told = integrity.warnings(chain, user) if recorded else {}
	asked, earlier, verdict, seen = [], [], None, {}
	if viewer.sees_everything:
		asked = [_requirement(r, case, chain, told, help_.sops.get(r.key)) for r in chain.asked()]
		earlier = _earlier(case, chain, told)
		pieces = {p["piece"]: p for p in (*(p for r in asked for p in r["pieces"]), *earlier)}
		verdict = checks.told(chain, pieces, user)
		seen = {
			step: checks.tell(found, chain, pieces, user, then=True)
			for step, found in case.verdicts(chain).items()
		}
	return {
		"name": chain.id,
		"event_type": chain.event_type,
		"title": _(chain.event_type),
		"state": chain.state.value,
		"stage": stage(chain).value,
		"round": chain.round,
		"source": chain.source.value,
		"practice": case.is_practice,
		"reference_doctype": chain.doctype,
		"reference_name": chain.docname,
		"document_state": chain.document_state.value,
		"recorded_at": _when(chain.recorded_at),
		"target_at": _when(chain.target_at),
		"closed_at": _when(chain.closed_at),
		"employee_name": chain.owner.name if chain.owner else "",
		"snapshot": _snapshot(case, chain),
		"manager_name": chain.manager.name if chain.manager else "",
		"guidance": _(help_.text) if help_.text else "",
		"sop": help_.sops.get(""),
		"missing": guidance.sentence(chain)
		if viewer.sees_everything and chain.state is ChainState.OPEN
		else "",
		"learn": recorded and chain.state is ChainState.OPEN,
		"completeness": round(chain.completeness(), 1),
		"attention": "\n".join(chain.attention) if viewer.sees_everything and chain.attention else None,
		"void_reason": " – ".join(_(x) for x in (chain.void_cause, chain.void_reason) if x) or None,
		"continues": chain.continues if viewer.sees_everything else "",
		"continued_by": chain.continued_by if viewer.sees_everything else "",
		"next": next_sentence(chain, user),
		"requirements": asked,
		"earlier": earlier,
		"verdict": verdict,
		"steps": [{**_step(s, chain, user), "verdict": seen.get(s.key)} for s in steps],
		"may_reassign": viewer.is_hr and chain.state is ChainState.OPEN,
		"may_void": viewer.is_hr and chain.state is ChainState.OPEN,
	}


def _snapshot(case: Case, chain: Chain) -> str:
	"""The employee whose behaviour snapshot the caller may open from here; empty for none."""
	if chain.owner is None or case.is_practice or not case.viewer.may(Permitted.SNAPSHOT):
		return ""
	return chain.owner.employee


def _when(value: datetime | None) -> str | None:
	local = times.to_site(value)
	return get_datetime_str(local)[:19] if local else None


def _readable(value: datetime) -> str:
	local = times.to_site(value)
	assert local is not None
	return f"{formatdate(local)} {local:%H:%M}"


def next_sentence(chain: Chain, user: str) -> str:
	"""What happens next, by whom and by when, in plain words, for ``user``."""
	if chain.state is ChainState.CLOSED:
		return _("Everything is done. This business event is closed and archived.")
	if chain.state is ChainState.VOID:
		return _("This business event is void and counts nowhere.")
	order = [StepKind.EVIDENCE, StepKind.SIGN_OFF, StepKind.MARK, StepKind.CONFIRMATION]
	mine = [s for s in chain.open_steps() if s.assignee and s.assignee.user == user and actionable(chain, s)]
	if mine:
		step = min(mine, key=lambda s: (not s.required, order.index(s.kind)))
		sentences = {
			StepKind.EVIDENCE: _("Your turn: add the evidence by {0}. Then {1} marks it.")
			if (marker := _marker(chain))
			else _("Your turn: add the evidence by {0}."),
			StepKind.SIGN_OFF: _("Your turn: look at the evidence and sign it by {0}."),
			StepKind.MARK: _("Your turn: look at the evidence and mark it by {0}."),
			StepKind.CONFIRMATION: _("Your turn: confirm the impact by {0}."),
		}
		return sentences[step.kind].format(_readable(step.due_at), marker)
	required = [s for s in chain.open_steps() if s.required] or list(chain.open_steps())
	if not required:
		return ""
	step = min(required, key=lambda s: order.index(s.kind))
	if step.assignee is None:
		return _("Nobody could be found for the next step. HR has been told and will name somebody.")
	sentence = _others_turn(chain, step, user).format(step.assignee.name, _readable(step.due_at))
	return _("Nothing for you to do now: {0}").format(sentence)


def _others_turn(chain: Chain, step: Step, user: str) -> str:
	if step.kind is StepKind.MARK:
		return _("the evidence is complete, {0} marks it by {1}.")
	if step.kind is StepKind.SIGN_OFF:
		return _("{0} signs the evidence by {1}.")
	if step.kind is StepKind.CONFIRMATION:
		return _("{0} confirms the impact by {1}; then this is closed.")
	mark = next((s for s in chain.open_steps() if s.kind is StepKind.MARK), None)
	if mark is None:
		return _("{0} adds the evidence by {1}.")
	if mark.assignee and mark.assignee.user == user:
		return _("{0} adds the evidence by {1}; then you mark it.")
	return _("{0} adds the evidence by {1}; then the line manager marks it.")


def _marker(chain: Chain) -> str:
	"""Who is to mark the evidence; empty when nobody is."""
	marks = (s for s in chain.open_steps() if s.kind is StepKind.MARK and s.assignee)
	return next((s.assignee.name for s in marks if s.assignee), "")


def _locked(chain: Chain) -> bool:
	return chain.state is not ChainState.OPEN or any(
		s.kind is StepKind.MARK and s.round == chain.round and s.state is StepState.DONE for s in chain.steps
	)


def _holds_evidence(chain: Chain, user: str) -> bool:
	"""Whether this user is the one who gives the evidence of the current round."""
	for s in chain.steps:
		if s.kind is StepKind.EVIDENCE and s.round == chain.round:
			return any(p is not None and p.user == user for p in (s.assignee, s.asked))
	return False


def _requirement(
	r: Requirement, case: Case, chain: Chain, told: dict[str, list[str]], sop: dict[str, str] | None
) -> dict[str, Any]:
	may = _holds_evidence(chain, case.actor) and not _locked(chain)
	return {
		"key": r.key,
		"label": _(r.label),
		"kind": r.kind.value,
		"mandatory": r.mandatory,
		"satisfied": chain.satisfied(r),
		"minimum": r.minimum,
		"accept": ",".join(f".{t}" for t in r.file_types),
		"maximum_mb": r.maximum_mb,
		"minimum_characters": r.minimum_characters,
		"departments": [_(d) for d in r.departments],
		"hosts": list(r.hosts),
		"guidance": _(r.guidance) if r.guidance else "",
		"sop": sop,
		"pieces": [_piece(e, case, may, told, field_of(chain, r)) for e in chain.pieces(r.key)],
		"may_give": may and not r.kind.observed and r.kind is not RequirementKind.SIGN_OFF,
	}


def field_of(chain: Chain, r: Requirement) -> Any:
	"""The document's field a requirement reads, where it is one whose values people write differently."""
	if r.kind is not RequirementKind.FIELD or not frappe.db.exists("DocType", chain.doctype):
		return None
	df = frappe.get_meta(chain.doctype).get_field(r.fieldname)
	return df if df and df.fieldtype in _FORMATTED else None


def _piece(e: Evidence, case: Case, may: bool, told: dict[str, list[str]], df: Any = None) -> dict[str, Any]:
	return {
		"piece": e.key,
		"kind": e.kind.value,
		"title": title_of(e, df),
		"value": e.value,
		"url": address_of(e),
		"automatic": e.automatic,
		"given_by_name": "" if e.automatic else case.name_of(e.given_by),
		"given_at": _when(e.given_at),
		"may_withdraw": may and not e.automatic and e.kind is not RequirementKind.SIGN_OFF,
		"warnings": told.get(e.key, []),
	}


def title_of(e: Evidence, df: Any = None) -> str:
	"""What a piece is called, in the reader's language; ``df`` is the field whose value it is, where that is written
	differently by people."""
	if e.kind is RequirementKind.LINKED_DOCUMENT:
		return f"{_(e.title)} {e.value}"
	if e.kind is RequirementKind.FIELD:
		return f"{_(e.title)}: {frappe.format_value(e.value, df) if df else e.value}"
	if e.kind is RequirementKind.TEXT:
		return e.value
	if e.kind is RequirementKind.SIGN_OFF:
		# of a signature the note is the title
		return f"{_(e.value)}: {e.title}" if e.title else _(e.value)
	title = e.title or e.value
	return _(title) if e.kind is RequirementKind.ROOT_CAUSE else title


def address_of(e: Evidence) -> str:
	"""Where a piece is opened, by whoever may; empty for words."""
	if e.kind is RequirementKind.FILE:
		return f"{e.value}?fid={e.file}"
	if e.kind is RequirementKind.LINK:
		return e.value
	if e.kind is RequirementKind.LINKED_DOCUMENT:
		return frappe.utils.get_url_to_form(e.title, e.value)
	return ""


def _earlier(case: Case, chain: Chain, told: dict[str, list[str]]) -> list[dict[str, Any]]:
	"""The pieces of earlier rounds, which stay visible."""
	labels = {r.key: _(r.label) for r in chain.requirements}
	return [
		{"round": e.round, "label": labels.get(e.requirement, e.requirement), **_piece(e, case, False, told)}
		for e in chain.evidence
		if e.round < chain.round and e.counts
	]


def _step(s: Step, chain: Chain, user: str) -> dict[str, Any]:
	mine = s.assignee is not None and s.assignee.user == user
	is_open = s.state is StepState.OPEN
	may = is_open and s.may_be_done_by(user) and actionable(chain, s)
	if s.kind is StepKind.MARK and chain.owner is not None and chain.owner.user == user:
		may = False
	until = take_back_until(chain, s, user, times.now_utc())
	return {
		"step": s.key,
		"kind": s.kind.value,
		"label": _(s.label) if s.label else "",
		"round": s.round,
		"state": s.state.value,
		"required": s.required,
		"assignee_name": s.assignee.name if s.assignee else "",
		"asked_name": s.asked.name if s.asked and not s.asked.is_same(s.assignee) else "",
		"mine": mine,
		"may_do": may,
		"waits": is_open and not actionable(chain, s),
		"due_at": _when(s.due_at),
		"overdue": is_open and s.due_at <= times.now_utc(),
		"done_at": _when(s.done_at),
		"result": s.result,
		"note": s.note,
		"why": s.why,
		"reason_for_meets": chain.policy.reason_for_meets,
		"may_take_back": until is not None,
		"take_back_until": _when(until),
	}
