"""What a fact changes: ``evolve`` gives the chain after it, ``fold`` the chain after all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import singledispatch
from typing import Any

from perf_flow.engine import facts as f
from perf_flow.engine.model import (
	Chain,
	ChainState,
	DocumentState,
	Evidence,
	Person,
	ReassignCause,
	Step,
	StepKind,
	StepState,
	changed,
)


def evolve(chain: Chain | None, fact: f.Fact) -> Chain:
	"""The chain after ``fact``. Only EventRecorded begins one; anything else needs a chain."""
	if isinstance(fact, f.EventRecorded):
		return Chain(
			id=fact.event,
			event_type=fact.event_type,
			doctype=fact.doctype,
			docname=fact.docname,
			occurrence=fact.occurrence,
			source=fact.source,
			owner=fact.owner,
			manager=fact.manager,
			company=fact.company,
			department=fact.department,
			branch=fact.branch,
			pilot=fact.pilot,
			practice=fact.practice,
			recorded_at=fact.at,
			target_at=fact.target_at,
			policy=fact.policy,
			requirements=fact.requirements,
			attention=fact.attention,
			checks=fact.checks,
			signers=fact.signers,
			version=1,
			updated_at=fact.at,
		)
	if chain is None:
		raise ValueError("a chain begins with EventRecorded")
	if isinstance(fact, f.MasterRenamed):
		# recorded once for the site, not one of this chain's own facts
		return _evolve(fact, chain)
	return changed(_evolve(fact, chain), version=chain.version + 1, updated_at=fact.at)


def fold(facts: Iterable[f.Fact]) -> Chain:
	"""The chain that a sequence of facts leads to. Raises ValueError when there is none."""
	chain: Chain | None = None
	for fact in facts:
		chain = evolve(chain, fact)
	if chain is None:
		raise ValueError("no facts")
	return chain


@singledispatch
def _evolve(fact: f.Fact, chain: Chain) -> Chain:
	raise TypeError(f"no evolution for {type(fact).__name__}")


def _change(chain: Chain, key: str, **changes: Any) -> Chain:
	step = chain.step(key)
	if step is None:
		raise ValueError(f"{chain.id} has no step {key}")
	return chain.with_step(changed(step, **changes))


@_evolve.register
def _(fact: f.StepOpened, chain: Chain) -> Chain:
	step = Step(
		key=fact.step,
		round=fact.round,
		kind=fact.kind,
		label=fact.label,
		assignee=fact.assignee,
		asked=fact.asked,
		due_at=fact.due_at,
		required=fact.required,
		why=fact.why,
		requirement=fact.requirement,
		opened_at=fact.at,
	)
	if chain.step(step.key) is not None:
		# asked again after a redo that had been taken back
		return chain.with_step(step)
	return changed(chain, steps=(*chain.steps, step))


@_evolve.register
def _(fact: f.EvidenceGiven, chain: Chain) -> Chain:
	piece = Evidence(
		key=fact.piece,
		requirement=fact.requirement,
		round=fact.round,
		kind=fact.kind,
		value=fact.value,
		title=fact.title,
		file=fact.file,
		sha256=fact.sha256,
		size=fact.size,
		automatic=fact.automatic,
		given_by=fact.actor,
		given_at=fact.at,
		carried_from=fact.carried_from,
		dated_at=fact.dated_at,
	)
	return changed(chain, evidence=(*chain.evidence, piece))


@_evolve.register
def _(fact: f.EvidenceWithdrawn, chain: Chain) -> Chain:
	return changed(
		chain,
		evidence=tuple(
			changed(e, withdrawn_at=fact.at) if e.key == fact.piece else e for e in chain.evidence
		),
	)


@_evolve.register
def _(fact: f.EvidenceCompleted, chain: Chain) -> Chain:
	chain = _change(chain, fact.step, state=StepState.DONE, done_at=fact.at, done_by=fact.actor)
	mark = chain.open_step(StepKind.MARK)
	if mark is not None and fact.mark_due_at is not None:
		chain = chain.with_step(changed(mark, due_at=fact.mark_due_at))
	if fact.sign_off_due_at is not None:
		for step in chain.open_steps():
			if step.kind is StepKind.SIGN_OFF and step.round == chain.round:
				chain = chain.with_step(changed(step, due_at=fact.sign_off_due_at))
	return chain


@_evolve.register
def _(fact: f.SignedOff, chain: Chain) -> Chain:
	chain = _change(
		chain, fact.step, state=StepState.DONE, done_at=fact.at, done_by=fact.actor, note=fact.note
	)
	mark = chain.open_step(StepKind.MARK)
	if mark is not None and fact.mark_due_at is not None:
		chain = chain.with_step(changed(mark, due_at=fact.mark_due_at))
	return chain


@_evolve.register
def _(fact: f.SignOffReopened, chain: Chain) -> Chain:
	return _change(
		chain,
		fact.step,
		state=StepState.OPEN,
		done_at=None,
		done_by="",
		note="",
		due_at=fact.due_at,
		reminded=False,
		overdue_at=None,
	)


@_evolve.register
def _(fact: f.ChecksObserved, chain: Chain) -> Chain:
	new = {o.check: o for o in fact.observations}
	known = [new.pop(o.check, o) for o in chain.observations]
	return changed(chain, observations=(*known, *new.values()))


@_evolve.register
def _(fact: f.EvidenceReopened, chain: Chain) -> Chain:
	return _change(chain, fact.step, state=StepState.OPEN, done_at=None, done_by="")


@_evolve.register
def _(fact: f.MarkGiven, chain: Chain) -> Chain:
	return _change(
		chain,
		fact.step,
		state=StepState.DONE,
		done_at=fact.at,
		done_by=fact.actor,
		result=fact.mark.value,
		note=fact.reason,
	)


@_evolve.register
def _(fact: f.RoundOpened, chain: Chain) -> Chain:
	for key in fact.supersedes:
		chain = _change(chain, key, state=StepState.CANCELLED, cancelled_at=fact.at)
	return changed(chain, round=fact.round)


@_evolve.register
def _(fact: f.ImpactConfirmed, chain: Chain) -> Chain:
	return _change(
		chain,
		fact.step,
		state=StepState.DONE,
		done_at=fact.at,
		done_by=fact.actor,
		result=", ".join(i.value for i in fact.impacts),
		note=fact.note,
	)


@_evolve.register
def _(fact: f.StepTakenBack, chain: Chain) -> Chain:
	chain = changed(
		chain,
		round=fact.round,
		state=ChainState.OPEN,
		closed_at=None,
		steps=tuple(
			changed(s, state=StepState.CANCELLED, cancelled_at=fact.at, done_at=None, done_by="")
			if s.round > fact.round
			else s
			for s in chain.steps
		),
		evidence=tuple(
			changed(e, withdrawn_at=fact.at) if e.round > fact.round and e.counts else e
			for e in chain.evidence
		),
	)
	for key in fact.reopens:
		chain = _change(chain, key, state=StepState.OPEN, cancelled_at=None)
	return _change(chain, fact.step, state=StepState.OPEN, done_at=None, done_by="", result="", note="")


@_evolve.register
def _(fact: f.StepReassigned, chain: Chain) -> Chain:
	step = chain.step(fact.step)
	if step is None:
		raise ValueError(f"{chain.id} has no step {fact.step}")
	changes: dict[str, Any] = {"assignee": fact.to, "asked": fact.asked, "why": fact.why}
	if fact.cause in (ReassignCause.ASSIGNED, ReassignCause.HANDED_OVER):
		changes["assigned"] = fact.cause is ReassignCause.ASSIGNED
	if fact.due_at != step.due_at:
		changes |= {
			"due_at": fact.due_at,
			"reminded": False,
			"overdue_at": None,
			"escalation_level": 0,
			"escalated_at": None,
		}
	chain = chain.with_step(changed(step, **changes))
	if step.assignee is None and step.why:
		# the reason why nobody was found no longer holds
		chain = changed(chain, attention=tuple(a for a in chain.attention if a != step.why))
	if step.kind is StepKind.EVIDENCE and chain.owner is None:
		chain = changed(chain, owner=fact.to)
	if step.kind is StepKind.MARK and chain.manager is None:
		chain = changed(chain, manager=fact.to)
	return chain


@_evolve.register
def _(fact: f.ManagerChanged, chain: Chain) -> Chain:
	return changed(chain, manager=fact.to)


@_evolve.register
def _(fact: f.StepReminded, chain: Chain) -> Chain:
	return _change(chain, fact.step, reminded=True)


@_evolve.register
def _(fact: f.StepBecameOverdue, chain: Chain) -> Chain:
	return _change(chain, fact.step, overdue_at=fact.at)


@_evolve.register
def _(fact: f.StepEscalated, chain: Chain) -> Chain:
	step = chain.step(fact.step)
	if step is None:
		raise ValueError(f"{chain.id} has no step {fact.step}")
	return chain.with_step(
		changed(
			step,
			escalation_level=fact.level,
			escalated_at=fact.at,
			escalated_to=(*step.escalated_to, fact.to),
		)
	)


@_evolve.register
def _(fact: f.ChainClosedFact, chain: Chain) -> Chain:
	return changed(_end_open_steps(chain, fact.at), state=ChainState.CLOSED, closed_at=fact.at)


@_evolve.register
def _(fact: f.ChainVoided, chain: Chain) -> Chain:
	return changed(
		_end_open_steps(chain, fact.at),
		state=ChainState.VOID,
		voided_at=fact.at,
		void_cause=fact.cause.value,
		void_reason=fact.reason,
		attention=(),
	)


@_evolve.register
def _(fact: f.DocumentRenamed, chain: Chain) -> Chain:
	return changed(chain, docname=fact.docname)


@_evolve.register
def _(fact: f.DocumentCancelled, chain: Chain) -> Chain:
	return changed(chain, document_state=DocumentState.CANCELLED)


@_evolve.register
def _(fact: f.DocumentDeleted, chain: Chain) -> Chain:
	return changed(chain, document_state=DocumentState.DELETED)


@_evolve.register
def _(fact: f.ContinuedBy, chain: Chain) -> Chain:
	return changed(chain, continued_by=fact.event)


@_evolve.register
def _(fact: f.ContinuedFrom, chain: Chain) -> Chain:
	return changed(chain, continues=fact.event)


@_evolve.register
def _(fact: f.MasterRenamed, chain: Chain) -> Chain:
	old, new = fact.old, fact.new
	if fact.doctype in ("Employee", "User"):
		attribute = "employee" if fact.doctype == "Employee" else "user"

		def follow(person: Person | None) -> Person | None:
			if person is None or getattr(person, attribute) != old:
				return person
			changes: dict[str, Any] = {attribute: new}
			return changed(person, **changes)

		def login(user: str) -> str:
			return new if attribute == "user" and user == old else user

		return changed(
			chain,
			owner=follow(chain.owner),
			manager=follow(chain.manager),
			evidence=tuple(changed(e, given_by=login(e.given_by)) for e in chain.evidence),
			signers=tuple(changed(s, person=follow(s.person), asked=follow(s.asked)) for s in chain.signers),
			steps=tuple(
				changed(
					s,
					assignee=follow(s.assignee),
					asked=follow(s.asked),
					done_by=login(s.done_by),
					escalated_to=tuple(p for p in map(follow, s.escalated_to) if p is not None),
				)
				for s in chain.steps
			),
		)
	attribute = {
		"Company": "company",
		"Department": "department",
		"Branch": "branch",
		"Business Event Type": "event_type",
	}[fact.doctype]
	changes: dict[str, Any] = {attribute: new}
	return changed(chain, **changes) if getattr(chain, attribute) == old else chain


def _end_open_steps(chain: Chain, at: datetime) -> Chain:
	return changed(
		chain,
		steps=tuple(
			changed(s, state=StepState.CANCELLED, cancelled_at=at) if s.state is StepState.OPEN else s
			for s in chain.steps
		),
	)
