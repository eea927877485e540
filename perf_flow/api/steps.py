"""The steps people take: evidence, mark, confirmation; and what HR may do. All by POST.

Who may take a step is decided by the engine from the chain itself; these functions only make sure
that somebody who may not even see the event learns nothing about it.
"""

from __future__ import annotations

import json
from typing import Any

import frappe
from frappe import _

from perf_flow.api import require_person, translated
from perf_flow.api.panel import for_document, for_event
from perf_flow.engine import chain as engine
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.model import (
	Impact,
	Mark,
	Person,
	ReassignCause,
	RequirementKind,
	Source,
	VoidCause,
)
from perf_flow.engine.triggers import Trigger
from perf_flow.flow import cases, checks, recorder, root_causes, times, wording
from perf_flow.flow.cases import Case
from perf_flow.flow.packs import check as check_reason
from perf_flow.flow.recorder import Match
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import watch_map

NOT_A_MARK = N_("“{0}” is not a mark. Choose Meets, Needs Improvement or Redo.")
NOT_AN_IMPACT = N_("“{0}” is not an impact. Choose among Supply Chain, Quality, Delivery or None.")
NO_FILE = N_("No file arrived. Please choose it again.")
NOBODY = N_("{0} is not an active employee with a login. Please choose another person.")
CONDITIONS_NOT_MET = N_("The document does not meet the conditions of this business event type.")
ALREADY_RECORDED = N_("This business event was already recorded for this document.")


def _case(event: str) -> Case:
	"""The event as the caller stands to it. Raises PermissionError unless they may see it; the answer is
	the same whether it exists or not."""
	require_person()
	return cases.of(event)


def _case_for_hr(event: str) -> Case:
	case = _case(event)
	if not case.viewer.is_hr:
		frappe.throw(_("Only HR of the company may do this."), frappe.PermissionError)
	return case


@frappe.whitelist(methods=["POST"])
def upload(event: str, requirement: str) -> dict[str, Any]:
	"""Give a file as evidence; the file is the part ``file`` of the request."""
	case = _case(event)
	with translated():
		uploaded = frappe.request.files.get("file") if frappe.request else None
		if uploaded is None:
			raise InvalidInput(template=NO_FILE)
		case.give_file(requirement, uploaded.filename or "", uploaded.stream.read())
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def give(event: str, requirement: str, value: str) -> dict[str, Any]:
	"""Give a link, a text or a cause of the library (by its name) as evidence."""
	case = _case(event)
	with translated():
		value, title = value.strip(), ""
		if not case.is_practice:
			chain = case.chain()
			if any(r.key == requirement and r.kind is RequirementKind.ROOT_CAUSE for r in chain.requirements):
				value, title = root_causes.resolve(chain, value, case.actor)
		case.execute(
			engine.GiveEvidence(
				actor=case.actor,
				requirement=requirement,
				value=value,
				title=title,
				lexicon=wording.lexicon(),
			),
		)
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def withdraw(event: str, piece: str) -> dict[str, Any]:
	"""Take a piece of evidence back, before the round is marked."""
	case = _case(event)
	with translated():
		after = case.execute(engine.WithdrawEvidence(actor=case.actor, piece=piece))
		if not case.is_practice:
			checks.after_evidence(after)
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def sign(event: str, note: str = "", step: str = "") -> dict[str, Any]:
	"""Sign the evidence for one's department, once everything else is there."""
	case = _case(event)
	with translated():
		case.execute(engine.SignOff(actor=case.actor, note=note, step=step))
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def mark(event: str, mark: str, reason: str = "") -> dict[str, Any]:
	"""Mark the current round: Meets, Needs Improvement or Redo."""
	case = _case(event)
	with translated():
		if mark not in {m.value for m in Mark}:
			raise InvalidInput(mark, template=NOT_A_MARK)
		check_reason(reason, case.actor, event)
		case.execute(engine.GiveMark(actor=case.actor, mark=Mark(mark), reason=reason))
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def confirm(event: str, impacts: str | list, note: str = "", step: str = "") -> dict[str, Any]:
	"""Confirm the impact: a list among Supply Chain, Quality, Delivery, or None alone."""
	case = _case(event)
	with translated():
		case.execute(
			engine.ConfirmImpact(actor=case.actor, impacts=impacts_of(impacts), note=note, step=step),
		)
	return for_event(event)


def impacts_of(impacts: str | list) -> tuple[Impact, ...]:
	"""The impacts that a request names. Raises InvalidInput for anything else."""
	try:
		chosen = json.loads(impacts) if isinstance(impacts, str) else impacts
	except ValueError:
		chosen = [impacts]
	known = {i.value for i in Impact}
	if not isinstance(chosen, list):
		raise InvalidInput(str(chosen), template=NOT_AN_IMPACT)
	for value in chosen:
		if value not in known:
			raise InvalidInput(str(value), template=NOT_AN_IMPACT)
	return tuple(Impact(value) for value in chosen)


@frappe.whitelist(methods=["POST"])
def take_back(event: str, step: str) -> dict[str, Any]:
	"""Take back a mark or confirmation one has just given."""
	case = _case(event)
	with translated():
		case.execute(engine.TakeBack(actor=case.actor, step=step))
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def reassign(event: str, step: str, employee: str, reason: str) -> dict[str, Any]:
	"""Give an open step to another employee. HR only, with a reason."""
	case = _case_for_hr(event)
	with translated():
		found = frappe.db.get_value(
			"Employee", employee, ["name", "user_id", "employee_name", "status"], as_dict=True
		)
		if not found or found.status != "Active" or not found.user_id:
			raise InvalidInput(employee, template=NOBODY)
		to = Person(found.name, found.user_id, found.employee_name)
		case.execute(
			engine.Reassign(actor=case.actor, step=step, to=to, cause=ReassignCause.ASSIGNED, why=reason),
		)
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def void(event: str, reason: str) -> dict[str, Any]:
	"""Void a business event that should not count. HR only, with a reason; it stays visible."""
	case = _case_for_hr(event)
	with translated():
		case.execute(engine.Void(actor=case.actor, cause=VoidCause.BY_HAND, reason=reason))
	return for_event(event)


@frappe.whitelist(methods=["POST"])
def record(event_type: str, doctype: str, name: str) -> dict[str, Any]:
	"""Record a business event by hand, for a type whose trigger is Manual, on a document one may write."""
	require_person()
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("write")
	watched = watch_map().type(event_type)
	if watched is None or watched.trigger is not Trigger.MANUAL or watched.doctype != doctype:
		frappe.throw(_("{0} cannot be recorded by hand on this document.").format(_(event_type)))
	with translated():
		occurrence = times.now_site().strftime("%Y-%m-%d")
		view = DocView(doc)
		if not recorder.holds(watched, view):
			raise InvalidInput(template=CONDITIONS_NOT_MET)
		recorded = recorder.record([Match(watched, view, Source.MANUAL, occurrence)])
		if not recorded:
			raise InvalidInput(template=ALREADY_RECORDED)
	return for_document(doctype, name)
