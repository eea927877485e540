"""How a chain moves: ``record`` begins it, ``decide`` turns a command into facts.

This is the only place that says what is allowed; ``evolution.evolve`` is the only place that says
what a fact changes. Both are pure: times come in as ``now`` and through ``Deadlines``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import singledispatch
from typing import Any

from perf_flow.engine import facts as f
from perf_flow.engine.commands import (
	SYSTEM,
	Ask,
	ChangeManager,
	Command,
	ConfirmImpact,
	Continue,
	Deadlines,
	FollowDocument,
	GiveEvidence,
	GiveMark,
	NewEvent,
	Observe,
	ObserveChecks,
	Observed,
	Reassign,
	SignOff,
	TakeBack,
	TakeOver,
	Tick,
	Void,
	WithdrawEvidence,
)
from perf_flow.engine.errors import (
	N_,
	AlreadyConfirmed,
	AlreadyMarked,
	ChainClosed,
	ChainVoid,
	EvidenceLocked,
	EvidenceMissing,
	GoneOn,
	InvalidInput,
	NotYours,
	ReasonAgainstVerdict,
	ReasonRequired,
	SelfMark,
	TooLate,
	UnknownAction,
	UnknownRequirement,
	Words,
)
from perf_flow.engine.evidence import check_piece, clean_text
from perf_flow.engine.evolution import evolve, fold
from perf_flow.engine.model import (
	Chain,
	ChainState,
	DocumentState,
	Evidence,
	Impact,
	Mark,
	Observation,
	Person,
	Policy,
	ReassignCause,
	RequirementKind,
	Signer,
	Step,
	StepKind,
	StepState,
	VoidCause,
	changed,
)
from perf_flow.engine.verifier import verify

__all__ = [
	"SYSTEM",
	"Ask",
	"ChangeManager",
	"Command",
	"ConfirmImpact",
	"Continue",
	"Deadlines",
	"FollowDocument",
	"GiveEvidence",
	"GiveMark",
	"NewEvent",
	"Observe",
	"ObserveChecks",
	"Observed",
	"Reassign",
	"SignOff",
	"TakeBack",
	"TakeOver",
	"Tick",
	"TickTimes",
	"Void",
	"WithdrawEvidence",
	"actionable",
	"advance",
	"begin",
	"decide",
	"evolve",
	"fold",
	"next_tick",
	"next_ticks",
	"record",
	"take_back_until",
	"tick_times",
]

NO_IMPACT_MIXED = N_("“None” cannot be combined with another impact. Please choose one or the other.")
NO_IMPACT = N_("Please choose at least one impact, or “None”.")
ALREADY_CONTINUED = N_("This business event is already continued by another one.")
NOBODY_ASSIGNED = N_("nobody yet")


# --- recording ------------------------------------------------------------------------------------


def record(new: NewEvent, now: datetime, actor: str, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	"""The facts of a business event that has just happened.

	Requirements that ERP data already satisfies are ticked at once; a chain of which nothing is
	left to ask closes in the same breath ("no-form privilege").
	"""
	draft = _Draft(None, now, actor, deadlines)
	attention = tuple(
		a.why
		for a in (new.owner, new.manager, *new.collaborators, *(ask for _key, ask in new.signers))
		if a.person is None and a.why
	)
	draft.add(
		f.EventRecorded,
		event=new.event,
		event_type=new.event_type,
		doctype=new.doctype,
		docname=new.docname,
		occurrence=new.occurrence,
		source=new.source,
		owner=new.owner.meant,
		manager=new.manager.meant,
		company=new.company,
		department=new.department,
		branch=new.branch,
		pilot=new.pilot,
		practice=new.practice,
		target_at=deadlines.shift(now, new.policy.target_hours, new.owner.meant),
		policy=new.policy,
		requirements=new.requirements,
		attention=attention,
		checks=new.checks,
		signers=tuple(Signer(key, ask.label, ask.person, ask.meant, ask.why) for key, ask in new.signers),
	)
	draft.open_round(new.owner, new.manager, new.collaborators)
	draft.observe(new.observed or {})
	draft.observe_checks(new.observations)
	draft.settle()
	return draft.decided()


class Decided(tuple[f.Fact, ...]):
	"""The facts of a decision. They carry the chain they lead to, which was worked out to decide them."""

	chain: Chain | None = None


def begin(new: NewEvent, now: datetime, actor: str, deadlines: Deadlines) -> tuple[Chain, tuple[f.Fact, ...]]:
	"""``record``, with the chain that its facts lead to: what ``fold`` makes of them, without the work."""
	facts = record(new, now, actor, deadlines)
	after = facts.chain if isinstance(facts, Decided) else None
	return after or fold(facts), facts


def advance(
	chain: Chain, command: Command, now: datetime, deadlines: Deadlines
) -> tuple[Chain, tuple[f.Fact, ...]]:
	"""``decide``, with the chain that its facts lead to: what ``evolve`` makes of them, without the work."""
	facts = decide(chain, command, now, deadlines)
	if isinstance(facts, Decided) and facts.chain is not None:
		return facts.chain, facts
	for fact in facts:
		chain = evolve(chain, fact)
	return chain, facts


def decide(chain: Chain, command: Command, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	"""The facts that ``command`` leads to, or a FlowError that says why it is refused.

	An empty tuple means that there was nothing to do.
	"""
	return _decide(command, chain, now, deadlines)


@singledispatch
def _decide(command: Command, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	raise TypeError(f"no decision for {type(command).__name__}")


@_decide.register
def _(command: GiveEvidence, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	requirement = next((r for r in chain.asked() if r.key == command.requirement), None)
	if requirement is None:
		raise UnknownRequirement(command.requirement)
	_check_evidence_holder(chain, command.actor)
	value = command.value
	if requirement.kind is RequirementKind.TEXT:
		value = clean_text(value)
	present = chain.pieces(requirement.key)
	piece = Evidence(
		key=chain.next_piece,
		requirement=requirement.key,
		round=chain.round,
		kind=requirement.kind,
		value=value,
		title=command.title,
		file=command.file,
		sha256=command.sha256,
		size=command.size,
	)
	check_piece(requirement, piece, present, command.lexicon)
	if requirement.kind in (RequirementKind.TEXT, RequirementKind.LINK, RequirementKind.ROOT_CAUSE):
		if any(p.value == value for p in present):
			return ()
	if requirement.kind in (RequirementKind.TEXT, RequirementKind.ROOT_CAUSE):
		for earlier in present:
			draft.add(f.EvidenceWithdrawn, piece=earlier.key, reason=REPLACED)
	draft.give(piece)
	draft.lapse_sign_offs()
	draft.settle()
	return draft.decided()


NOT_YET_TO_SIGN = N_(
	"The evidence is not complete yet: {0} is missing. It can be signed once everything else is there."
)
CHANGED_AFTER = N_("The evidence changed after it was signed")
REPLACED = N_("Replaced by a newer text")
TAKEN_BACK = N_("Taken back")
NO_LONGER_SO = N_("The ERP document no longer shows it")


@_decide.register
def _(command: WithdrawEvidence, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	piece = next((e for e in chain.evidence if e.key == command.piece and e.counts), None)
	if piece is None or piece.automatic or piece.kind is RequirementKind.SIGN_OFF:
		raise UnknownRequirement(command.piece)
	if piece.round != chain.round:
		raise EvidenceLocked()
	_check_evidence_holder(chain, command.actor)
	draft.add(f.EvidenceWithdrawn, piece=piece.key, reason=TAKEN_BACK)
	draft.lapse_sign_offs()
	draft.settle()
	return draft.decided()


@_decide.register
def _(command: SignOff, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	if command.step:
		step = chain.step(command.step)
		if step is None or step.kind is not StepKind.SIGN_OFF or step.state is not StepState.OPEN:
			raise UnknownAction()
		if not step.may_be_done_by(command.actor):
			raise NotYours(step.assignee.name if step.assignee else NOBODY_ASSIGNED)
	else:
		step = _mine(chain, StepKind.SIGN_OFF, command.actor)
	if chain.owner is not None and chain.owner.user == command.actor:
		raise SelfMark()
	missing = chain.missing_before_signing()
	if missing:
		raise EvidenceMissing(Words(r.label for r in missing), template=NOT_YET_TO_SIGN)
	note = clean_text(command.note)
	draft.give(
		Evidence(
			key=chain.next_piece,
			requirement=step.requirement,
			round=chain.round,
			kind=RequirementKind.SIGN_OFF,
			value=step.label,
			title=note,
		)
	)
	mark = chain.open_step(StepKind.MARK)
	due = None
	if mark is not None and not draft.chain.missing():
		due = deadlines.shift(now, chain.policy.mark_hours, mark.assignee)
	draft.add(f.SignedOff, step=step.key, note=note, mark_due_at=due)
	draft.settle()
	return draft.decided()


@_decide.register
def _(command: ObserveChecks, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	if chain.state is not ChainState.OPEN or _marked(chain):
		return ()
	draft = _Draft(chain, now, command.actor, deadlines)
	draft.observe_checks(command.observations)
	return draft.decided()


@_decide.register
def _(command: Observe, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	if chain.state is not ChainState.OPEN or _marked(chain):
		return ()
	draft = _Draft(chain, now, command.actor, deadlines)
	draft.observe(command.values)
	draft.settle()
	return draft.decided()


@_decide.register
def _(command: GiveMark, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	_not_void(chain)
	given = next(
		(
			s
			for s in chain.steps
			if s.kind is StepKind.MARK and s.round == chain.round and s.state is StepState.DONE
		),
		None,
	)
	if given is not None:
		raise AlreadyMarked(given.result)
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	step = _mine(chain, StepKind.MARK, command.actor)
	if chain.owner is not None and chain.owner.user == command.actor:
		raise SelfMark()
	if any(
		e.given_by == command.actor and not e.automatic and e.kind is not RequirementKind.SIGN_OFF
		for e in chain.evidence
		if e.round == chain.round and e.counts
	):
		raise SelfMark()
	missing = chain.missing()
	if missing:
		raise EvidenceMissing(Words(r.label for r in missing))
	reason = clean_text(command.reason)
	if not reason and (command.mark is not Mark.MEETS or chain.policy.reason_for_meets):
		raise ReasonRequired()
	verdict = verify(chain) if chain.checks else None
	if verdict is not None and command.mark is Mark.MEETS and not verdict.achieved and not reason:
		raise ReasonAgainstVerdict(Words(x.label for x in verdict.failing()))
	draft.add(f.MarkGiven, step=step.key, mark=command.mark, reason=reason, verdict=verdict)
	if command.mark is Mark.REDO:
		draft.redo()
	draft.settle()
	return draft.decided()


@_decide.register
def _(command: ConfirmImpact, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	_not_void(chain)
	mine = [
		s
		for s in chain.steps
		if s.kind is StepKind.CONFIRMATION and s.may_be_done_by(command.actor) and command.step in ("", s.key)
	]
	if mine and not any(s.state is StepState.OPEN for s in mine) and mine[-1].state is StepState.DONE:
		raise AlreadyConfirmed()
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	named = chain.step(command.step) if command.step else None
	if named is not None and named.state is StepState.OPEN and not mine:
		raise NotYours(named.assignee.name if named.assignee else NOBODY_ASSIGNED)
	step = next((s for s in mine if s.state is StepState.OPEN), None) or _mine(
		chain, StepKind.CONFIRMATION, command.actor
	)
	impacts = tuple(dict.fromkeys(command.impacts))
	if not impacts:
		raise InvalidInput(template=NO_IMPACT)
	if Impact.NONE in impacts and len(impacts) > 1:
		raise InvalidInput(template=NO_IMPACT_MIXED)
	draft.add(f.ImpactConfirmed, step=step.key, impacts=impacts, note=clean_text(command.note))
	draft.settle()
	return draft.decided()


@_decide.register
def _(command: TakeBack, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	_not_void(chain)
	step = chain.step(command.step)
	if step is None or step.kind is StepKind.EVIDENCE or step.state is not StepState.DONE:
		raise UnknownAction()
	if step.done_by != command.actor:
		raise NotYours(step.assignee.name if step.assignee else NOBODY_ASSIGNED)
	if _gone_on(chain, step):
		raise GoneOn()
	until = _undo_until(chain, step)
	if until is None or now > until:
		raise TooLate(f"{chain.policy.undo_minutes:g}")
	draft = _Draft(chain, now, command.actor, deadlines)
	if step.kind is StepKind.SIGN_OFF:
		for piece in chain.pieces(step.requirement):
			if piece.value == step.label:
				draft.add(f.EvidenceWithdrawn, piece=piece.key, reason=TAKEN_BACK)
		due = max(step.due_at, now)
		draft.add(f.SignOffReopened, step=step.key, due_at=due)
		return draft.decided()
	draft.add(
		f.StepTakenBack,
		step=step.key,
		round=step.round if step.kind is StepKind.MARK else chain.round,
		reopens=tuple(
			s.key
			for s in chain.steps
			if s.state is StepState.CANCELLED and s.cancelled_at == step.done_at and s.key != step.key
		),
	)
	return draft.decided()


def take_back_until(chain: Chain, step: Step, user: str, now: datetime) -> datetime | None:
	"""Until when ``user`` can take back a mark or confirmation of theirs; None when they cannot (any more)."""
	if step.kind is StepKind.EVIDENCE or step.state is not StepState.DONE or step.done_by != user:
		return None
	if chain.state is ChainState.VOID or _gone_on(chain, step):
		return None
	until = _undo_until(chain, step)
	return until if until is not None and now <= until else None


def _undo_until(chain: Chain, step: Step) -> datetime | None:
	if step.done_at is None:
		return None
	return step.done_at + timedelta(minutes=chain.policy.undo_minutes)


def _gone_on(chain: Chain, step: Step) -> bool:
	"""Whether anything was done that rests on this mark or confirmation."""
	given = step.done_at
	if given is None or (chain.closed_at is not None and chain.closed_at != given):
		return True
	if step.kind is StepKind.SIGN_OFF:
		return chain.round != step.round or _marked(chain)
	if step.kind is StepKind.CONFIRMATION:
		return chain.policy.confirm_each_round and chain.round > step.round
	later = [s for s in chain.steps if s.round > step.round]
	return any(s.done_at is not None and s.done_at > given for s in later) or any(
		e.round > step.round and not e.automatic for e in chain.evidence if e.counts
	)


@_decide.register
def _(command: Reassign, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	step = chain.step(command.step)
	if step is None or step.state is not StepState.OPEN:
		raise UnknownAction()
	if step.kind is StepKind.MARK and command.to.is_same(chain.owner):
		raise SelfMark()
	if step.assignee is not None and step.assignee.is_same(command.to):
		return ()
	why = clean_text(command.why)
	if command.cause is ReassignCause.ASSIGNED and not why:
		raise ReasonRequired()
	for_good = command.cause in (ReassignCause.HANDED_OVER, ReassignCause.ASSIGNED)
	due_at = step.due_at
	if for_good or due_at <= now:
		due_at = max(due_at, deadlines.shift(now, _hours(chain.policy, step.kind), command.to))
	draft.add(
		f.StepReassigned,
		step=step.key,
		to=command.to,
		asked=command.to if for_good else step.asked,
		cause=command.cause,
		why=why,
		due_at=due_at,
	)
	return draft.decided()


@_decide.register
def _(command: ChangeManager, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	same = chain.manager is command.to or (chain.manager is not None and chain.manager.is_same(command.to))
	if chain.state is not ChainState.OPEN or same:
		return ()
	return (f.ManagerChanged(at=now, actor=command.actor, to=command.to),)


@_decide.register
def _(command: Tick, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	if chain.state is not ChainState.OPEN:
		return ()
	draft = _Draft(chain, now, command.actor, deadlines)
	for step in chain.open_steps():
		if not actionable(chain, step):
			continue
		times = tick_times(chain, step, deadlines)
		if step.overdue_at is None and now >= step.due_at:
			draft.add(f.StepBecameOverdue, step=step.key)
		elif not step.reminded and step.assignee is not None and times.remind_at <= now < step.due_at:
			draft.add(f.StepReminded, step=step.key)
		above = command.superiors.get(step.key, ())
		level = step.escalation_level
		while level < len(times.escalate_at) and now >= times.escalate_at[level]:
			level += 1
			if level <= len(above):
				draft.add(f.StepEscalated, step=step.key, level=level, to=above[level - 1])
	return draft.decided()


@_decide.register
def _(command: Void, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	if chain.state is ChainState.VOID:
		if command.cause is VoidCause.BY_HAND:
			raise ChainVoid(chain.void_reason or chain.void_cause)
		return ()
	draft = _Draft(_open(chain), now, command.actor, deadlines)
	reason = clean_text(command.reason)
	if command.cause is VoidCause.BY_HAND and not reason:
		raise ReasonRequired()
	draft.add(f.ChainVoided, cause=command.cause, reason=reason)
	return draft.decided()


@_decide.register
def _(command: FollowDocument, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	draft = _Draft(chain, now, command.actor, deadlines)
	if command.renamed_to and command.renamed_to != chain.docname:
		draft.add(f.DocumentRenamed, docname=command.renamed_to)
	if command.state is DocumentState.CANCELLED and chain.document_state is DocumentState.PRESENT:
		draft.add(f.DocumentCancelled)
		if chain.state is ChainState.OPEN and chain.policy.void_on_cancel:
			draft.add(f.ChainVoided, cause=VoidCause.DOCUMENT_CANCELLED, reason="")
	if command.state is DocumentState.DELETED and chain.document_state is not DocumentState.DELETED:
		draft.add(f.DocumentDeleted)
		if chain.state is ChainState.OPEN:
			draft.add(f.ChainVoided, cause=VoidCause.DOCUMENT_DELETED, reason="")
	return draft.decided()


@_decide.register
def _(command: Continue, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	if chain.continued_by == command.by:
		return ()
	if chain.continued_by:
		raise InvalidInput(template=ALREADY_CONTINUED)
	return (f.ContinuedBy(at=now, actor=command.actor, event=command.by),)


@_decide.register
def _(command: TakeOver, chain: Chain, now: datetime, deadlines: Deadlines) -> tuple[f.Fact, ...]:
	if chain.continues:
		return ()
	draft = _Draft(chain, now, command.actor, deadlines)
	draft.add(f.ContinuedFrom, event=command.event)
	if chain.state is ChainState.OPEN and not _marked(chain):
		known = {r.key for r in chain.requirements if not r.kind.observed}
		for requirement, piece in command.pieces:
			if requirement in known and piece.counts and not piece.automatic:
				draft.give(
					changed(
						piece,
						key=draft.chain.next_piece,
						requirement=requirement,
						round=chain.round,
						carried_from=command.event,
					)
				)
		draft.settle()
	return draft.decided()


# --- the clock ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TickTimes:
	"""When a step is next spoken of: the reminder, and one instant for each escalation level."""

	remind_at: datetime
	escalate_at: tuple[datetime, ...]


def actionable(chain: Chain, step: Step) -> bool:
	"""Whether the step can be done now: a mark waits until the mandatory evidence is complete and signed, a
	sign-off until there is all that is to be signed."""
	if step.kind is StepKind.MARK:
		return not chain.missing()
	return step.kind is not StepKind.SIGN_OFF or not chain.missing_before_signing()


def tick_times(chain: Chain, step: Step, deadlines: Deadlines) -> TickTimes:
	"""The reminder and escalation instants of a step, on the chain's clock."""
	policy = chain.policy
	return TickTimes(
		remind_at=deadlines.shift(step.due_at, -policy.reminder_hours, step.assignee)
		if policy.reminder_hours
		else step.due_at,
		escalate_at=tuple(
			deadlines.shift(step.due_at, policy.escalation_hours * level, step.assignee)
			for level in range(1, policy.escalation_levels + 1)
		)
		if policy.escalation_hours
		else (),
	)


def next_tick(chain: Chain, step: Step, deadlines: Deadlines) -> datetime | None:
	"""When the clock has something to say about this step next; None for never."""
	if chain.state is not ChainState.OPEN or step.state is not StepState.OPEN or not actionable(chain, step):
		return None
	times = tick_times(chain, step, deadlines)
	if step.overdue_at is None:
		if not step.reminded and step.assignee is not None and times.remind_at < step.due_at:
			return times.remind_at
		return step.due_at
	if step.escalation_level < len(times.escalate_at):
		return times.escalate_at[step.escalation_level]
	return None


def next_ticks(chain: Chain, deadlines: Deadlines) -> dict[str, datetime | None]:
	"""``next_tick`` of every step, by its key."""
	return {step.key: next_tick(chain, step, deadlines) for step in chain.steps}


# --- helpers --------------------------------------------------------------------------------------


def _open(chain: Chain) -> Chain:
	_not_void(chain)
	if chain.state is ChainState.CLOSED:
		raise ChainClosed()
	return chain


def _not_void(chain: Chain) -> None:
	if chain.state is ChainState.VOID:
		raise ChainVoid(chain.void_reason or chain.void_cause)


def _marked(chain: Chain) -> bool:
	"""Whether the current round has its mark."""
	return any(
		s.kind is StepKind.MARK and s.round == chain.round and s.state is StepState.DONE for s in chain.steps
	)


def _mine(chain: Chain, kind: StepKind, user: str) -> Step:
	step = chain.open_step(kind, user)
	if step is not None:
		return step
	other = chain.open_step(kind)
	if other is None:
		raise UnknownAction()
	raise NotYours(other.assignee.name if other.assignee else NOBODY_ASSIGNED)


def _check_evidence_holder(chain: Chain, user: str) -> None:
	if _marked(chain):
		raise EvidenceLocked()
	step = next((s for s in chain.steps if s.kind is StepKind.EVIDENCE and s.round == chain.round), None)
	if step is None:
		raise UnknownAction()
	# escalation lets a superior see and push, not give somebody else's evidence
	if not changed(step, escalated_to=()).may_be_done_by(user):
		raise NotYours(step.assignee.name if step.assignee else NOBODY_ASSIGNED)


def _hours(policy: Policy, kind: StepKind) -> float:
	return {
		StepKind.EVIDENCE: policy.evidence_hours,
		StepKind.SIGN_OFF: policy.confirmation_hours,
		StepKind.MARK: policy.mark_hours,
		StepKind.CONFIRMATION: policy.confirmation_hours,
	}[kind]


class _Draft:
	"""Facts being decided, and the chain as it stands after each of them."""

	def __init__(self, chain: Chain | None, now: datetime, actor: str, deadlines: Deadlines) -> None:
		self._chain = chain
		self.now = now
		self.actor = actor
		self.deadlines = deadlines
		self.facts: list[f.Fact] = []

	@property
	def chain(self) -> Chain:
		assert self._chain is not None
		return self._chain

	def decided(self) -> Decided:
		"""What was decided."""
		facts = Decided(self.facts)
		facts.chain = self._chain
		return facts

	def add(self, fact_class: type[f.Fact], /, **values: Any) -> None:
		fact = fact_class(at=self.now, actor=self.actor, **values)
		self._chain = evolve(self._chain, fact)
		self.facts.append(fact)

	def give(self, piece: Evidence) -> None:
		self.add(
			f.EvidenceGiven,
			piece=piece.key,
			requirement=piece.requirement,
			round=piece.round,
			kind=piece.kind,
			value=piece.value,
			title=piece.title,
			file=piece.file,
			sha256=piece.sha256,
			size=piece.size,
			automatic=piece.automatic,
			carried_from=piece.carried_from,
			dated_at=piece.dated_at,
		)

	def open_step(
		self,
		kind: StepKind,
		ask: Ask,
		key: str,
		hours: float,
		required: bool = True,
		requirement: str = "",
	) -> None:
		self.add(
			f.StepOpened,
			step=key,
			round=self.chain.round,
			kind=kind,
			label=ask.label,
			assignee=ask.person,
			asked=ask.meant,
			due_at=self.deadlines.shift(self.now, hours, ask.person),
			required=required,
			why=ask.why,
			requirement=requirement,
		)

	def open_round(self, owner: Ask, manager: Ask, collaborators: tuple[Ask, ...]) -> None:
		"""Ask everything the current round asks: evidence, sign-offs, mark, confirmations."""
		chain, policy = self.chain, self.chain.policy
		to_give = [r for r in chain.asked() if r.kind is not RequirementKind.SIGN_OFF]
		if to_give:
			self.open_step(
				StepKind.EVIDENCE,
				owner,
				f"{chain.round}-E",
				policy.evidence_hours,
				required=any(r.mandatory for r in to_give),
			)
		# what waits for others cannot be done before: its time runs from then
		waits = policy.evidence_hours if chain.missing_before_signing() else 0.0
		asked = {r.key: r for r in chain.asked()}
		signing = [(key, ask) for key, ask in _signers(chain) if key in asked]
		for number, (key, ask) in enumerate(signing, 1):
			self.open_step(
				StepKind.SIGN_OFF,
				ask,
				f"{chain.round}-S{number}",
				waits + policy.confirmation_hours,
				required=asked[key].mandatory,
				requirement=key,
			)
		if any(asked[key].mandatory for key, _ask in signing):
			waits += policy.confirmation_hours
		if policy.mark_required:
			self.open_step(StepKind.MARK, manager, f"{chain.round}-M", waits + policy.mark_hours)
		for number, ask in enumerate(collaborators, 1):
			self.open_step(
				StepKind.CONFIRMATION,
				ask,
				f"{chain.round}-C{number}",
				policy.confirmation_hours,
				required=ask.required,
			)

	def redo(self) -> None:
		"""Open the next round for the same people; what ERP data shows is ticked again."""
		chain = self.chain
		done = chain.round
		last = {s.kind: s for s in chain.steps if s.round == done and s.kind in _ONE_PER_ROUND}
		again: list[Step] = []
		if chain.policy.confirm_each_round:
			again = [s for s in chain.steps if s.kind is StepKind.CONFIRMATION and s.round == done]
		self.add(
			f.RoundOpened,
			round=done + 1,
			supersedes=tuple(s.key for s in again if s.state is StepState.OPEN),
		)
		automatic = [e for e in chain.evidence if e.round == done and e.automatic and e.counts]
		evidence, mark = last.get(StepKind.EVIDENCE), last.get(StepKind.MARK)
		self.open_round(
			_ask_again(evidence, chain.owner),
			_ask_again(mark, chain.manager),
			tuple(Ask(s.label, s.assignee, s.why, s.required, s.asked) for s in again),
		)
		for piece in automatic:
			self.give(changed(piece, key=self.chain.next_piece, round=self.chain.round))

	def observe(self, values: Mapping[str, Observed | None]) -> None:
		"""Tick what ERP data shows, untick what it no longer shows."""
		for requirement in self.chain.requirements:
			if not requirement.kind.observed or requirement.key not in values:
				continue
			seen = values[requirement.key]
			present = self.chain.pieces(requirement.key)
			if seen is not None and any(p.value == seen.value for p in present):
				continue
			for piece in present:
				self.add(f.EvidenceWithdrawn, piece=piece.key, reason=NO_LONGER_SO)
			if seen is not None:
				self.give(
					Evidence(
						key=self.chain.next_piece,
						requirement=requirement.key,
						round=self.chain.round,
						kind=requirement.kind,
						value=seen.value,
						title=seen.title,
						automatic=True,
						dated_at=seen.dated_at,
					)
				)

	def observe_checks(self, seen: tuple[Observation, ...]) -> None:
		"""Keep what checks see where it differs from what is known."""
		known = {o.check: o for o in self.chain.observations}
		wanted = {c.key for c in self.chain.checks}
		new = tuple(o for o in seen if o.check in wanted and known.get(o.check) != o)
		if new:
			self.add(f.ChecksObserved, observations=new)

	def lapse_sign_offs(self) -> None:
		"""What was signed is no longer what is there: every sign-off of the round is asked again."""
		for piece in self.chain.evidence:
			if piece.kind is RequirementKind.SIGN_OFF and piece.counts and piece.round == self.chain.round:
				self.add(f.EvidenceWithdrawn, piece=piece.key, reason=CHANGED_AFTER)
		for step in self.chain.steps:
			if (
				step.kind is StepKind.SIGN_OFF
				and step.state is StepState.DONE
				and step.round == self.chain.round
			):
				due = self.deadlines.shift(self.now, self.chain.policy.confirmation_hours, step.assignee)
				self.add(f.SignOffReopened, step=step.key, due_at=due)

	def settle(self) -> None:
		"""Complete or reopen the evidence step, and close the chain when nothing required is open."""
		chain = self.chain
		if chain.state is not ChainState.OPEN:
			return
		step = next((s for s in chain.steps if s.kind is StepKind.EVIDENCE and s.round == chain.round), None)
		if step is not None and step.required:
			complete = not chain.missing_before_signing()
			if complete and step.state is StepState.OPEN:
				mark = chain.open_step(StepKind.MARK)
				signing = chain.open_step(StepKind.SIGN_OFF)
				hours = chain.policy.mark_hours
				sign_off_due = None
				if signing is not None:
					sign_off_due = self.deadlines.shift(
						self.now, chain.policy.confirmation_hours, signing.assignee
					)
					hours += chain.policy.confirmation_hours if chain.missing() else 0.0
				due = self.deadlines.shift(self.now, hours, mark.assignee) if mark is not None else None
				self.add(f.EvidenceCompleted, step=step.key, mark_due_at=due, sign_off_due_at=sign_off_due)
			elif not complete and step.state is StepState.DONE:
				self.add(f.EvidenceReopened, step=step.key)
		if not any(s.required for s in self.chain.open_steps()):
			self.add(f.ChainClosedFact)


_ONE_PER_ROUND = (StepKind.EVIDENCE, StepKind.MARK)


def _signers(chain: Chain) -> list[tuple[str, Ask]]:
	"""Who signs for each department, by requirement: whoever holds the sign-off asked last, else whoever was
	found at first."""
	last = {(s.requirement, s.label): s for s in chain.steps if s.kind is StepKind.SIGN_OFF}
	found = []
	for signer in chain.signers:
		step = last.get((signer.requirement, signer.label))
		if step is None:
			ask = Ask(signer.label, signer.person, signer.why, asked=signer.asked)
		else:
			ask = Ask(step.label, step.assignee, step.why, asked=step.asked)
		found.append((signer.requirement, ask))
	return found


def _ask_again(step: Step | None, fallback: Person | None) -> Ask:
	if step is None:
		return Ask("", fallback)
	return Ask(step.label, step.assignee or fallback, step.why, step.required, step.asked or fallback)
