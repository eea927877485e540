"""Who is told what, derived from facts alone.

A message is named by what it is about, so that the same step never leads to the same message
twice: ``key`` is its identity. How and when it is delivered (desk, email, digest, quiet hours) is
the site's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from perf_flow.engine import facts as f
from perf_flow.engine.chain import SYSTEM, evolve
from perf_flow.engine.model import Chain, Mark, Person, Step, StepKind


class MessageKind(str, Enum):
	"""What a message says."""

	ASK_EVIDENCE = "ask_evidence"
	ASK_CONFIRMATION = "ask_confirmation"
	ASK_SIGN_OFF = "ask_sign_off"
	MARK_READY = "mark_ready"
	TEAM_PENDING = "team_pending"
	MARKED = "marked"
	REDO = "redo"
	HANDED_TO_YOU = "handed_to_you"
	REMINDER = "reminder"
	OVERDUE = "overdue"
	ESCALATED = "escalated"
	NO_LONGER_NEEDED = "no_longer_needed"
	NOBODY_FOUND = "nobody_found"


@dataclass(frozen=True, slots=True)
class Message:
	"""One thing to tell one login. ``step`` is the step it is about, empty for the whole event. What
	follows from a mark says when it was given (``marked_at``): it is told once the mark can no longer be
	taken back, and only if it still stands."""

	kind: MessageKind
	user: str
	event: str
	step: str
	key: str
	marked_at: datetime | None = None


def messages(before: Chain | None, facts: Iterable[f.Fact]) -> tuple[Message, ...]:
	"""The messages that follow from ``facts``, which continue the chain ``before``.

	Nobody is told what they did themselves, nobody without a login is told anything, and practice
	chains tell nobody.
	"""
	found: dict[str, Message] = {}
	chain = before
	marked_at: datetime | None = None
	for fact in facts:
		earlier, chain = chain, evolve(chain, fact)
		if isinstance(fact, f.MarkGiven):
			marked_at = fact.at
		if chain.practice:
			continue
		for message in _of(fact, earlier, chain):
			if message.user and (message.user != fact.actor or fact.actor == SYSTEM):
				found.setdefault(message.key, replace(message, marked_at=marked_at))
	# somebody asked for evidence that is complete in the same breath need not be asked
	if chain is not None:
		found = {k: m for k, m in found.items() if not _already_done(m, chain)}
	return tuple(found.values())


_ASKING = (
	MessageKind.ASK_EVIDENCE,
	MessageKind.ASK_SIGN_OFF,
	MessageKind.ASK_CONFIRMATION,
	MessageKind.MARK_READY,
)


def _already_done(message: Message, chain: Chain) -> bool:
	if message.kind not in _ASKING:
		return False
	step = chain.step(message.step)
	return step is None or step not in chain.open_steps()


def _message(
	kind: MessageKind, chain: Chain, step: Step | None, person: Person | None, more: str = ""
) -> Message:
	user = person.user if person else ""
	key = step.key if step else ""
	identity = ":".join((chain.id, key, kind.value, more, user))
	return Message(kind, user, chain.id, key, identity)


def _of(fact: f.Fact, before: Chain | None, chain: Chain) -> list[Message]:
	if isinstance(fact, f.EventRecorded):
		if not fact.attention:
			return []
		# addressed by role: the site knows who HR is
		return [Message(MessageKind.NOBODY_FOUND, "HR", chain.id, "", f"{chain.id}:nobody_found")]
	if isinstance(fact, f.StepOpened):
		step = chain.step(fact.step)
		if step is None:
			return []
		if step.kind is StepKind.EVIDENCE:
			kind = MessageKind.ASK_EVIDENCE if step.round == 1 else MessageKind.REDO
			return [_message(kind, chain, step, step.assignee, _again(step))]
		if step.kind is StepKind.SIGN_OFF:
			return [] if chain.missing_before_signing() else [_ask_sign_off(chain, step)]
		if step.kind is StepKind.CONFIRMATION:
			return [_message(MessageKind.ASK_CONFIRMATION, chain, step, step.assignee, _again(step))]
		if step.round == 1 and chain.missing():
			return [_message(MessageKind.TEAM_PENDING, chain, step, step.assignee)]
		if not chain.missing():
			return [_message(MessageKind.MARK_READY, chain, step, step.assignee, _again(step))]
		return []
	if isinstance(fact, f.EvidenceCompleted):
		signing = [s for s in chain.open_steps() if s.kind is StepKind.SIGN_OFF and s.round == chain.round]
		if signing:
			return [_ask_sign_off(chain, s) for s in signing]
		step = chain.open_step(StepKind.MARK)
		if step is None or chain.missing():
			return []
		# completed again after something was withdrawn: not a second time
		return [_message(MessageKind.MARK_READY, chain, step, step.assignee, _again(step))]
	if isinstance(fact, f.SignedOff):
		step = chain.open_step(StepKind.MARK)
		if step is None or chain.missing():
			return []
		more = str(int(fact.at.timestamp()))
		return [_message(MessageKind.MARK_READY, chain, step, step.assignee, more)]
	if isinstance(fact, f.MarkGiven) and fact.mark is not Mark.REDO:
		more = str(int(fact.at.timestamp()))
		return [_message(MessageKind.MARKED, chain, chain.step(fact.step), chain.owner, more)]
	if isinstance(fact, f.SignOffReopened):
		step = chain.step(fact.step)
		if step is None or chain.missing_before_signing():
			return []
		return [_ask_sign_off(chain, step)]
	if isinstance(fact, f.StepReassigned):
		step = chain.step(fact.step)
		return [_message(MessageKind.HANDED_TO_YOU, chain, step, fact.to, more=str(int(fact.at.timestamp())))]
	if isinstance(fact, f.StepReminded):
		step = chain.step(fact.step)
		return [_message(MessageKind.REMINDER, chain, step, step.assignee if step else None, _due(step))]
	if isinstance(fact, f.StepBecameOverdue):
		step = chain.step(fact.step)
		return [_message(MessageKind.OVERDUE, chain, step, step.assignee if step else None, _due(step))]
	if isinstance(fact, f.StepEscalated):
		more = f"{fact.level}:{_due(chain.step(fact.step))}"
		return [_message(MessageKind.ESCALATED, chain, chain.step(fact.step), fact.to, more)]
	if isinstance(fact, f.ChainVoided) and before is not None:
		return [
			_message(MessageKind.NO_LONGER_NEEDED, chain, step, step.assignee)
			for step in before.open_steps()
			if step.kind is not StepKind.MARK or not before.missing()
		]
	return []


def _ask_sign_off(chain: Chain, step: Step) -> Message:
	"""Signed evidence that changed is to be signed again: the time it is due tells the two apart."""
	return _message(MessageKind.ASK_SIGN_OFF, chain, step, step.assignee, _due(step))


def still_stands(step: Step | None, marked_at: datetime) -> bool:
	"""Whether the mark of ``marked_at``, from which a message about ``step`` followed, was not taken back."""
	return step is not None and marked_at in (step.done_at, step.opened_at)


def _again(step: Step) -> str:
	"""A step of a later round can be asked a second time, after a redo that had been taken back."""
	return str(int(step.opened_at.timestamp())) if step.round > 1 and step.opened_at else ""


def _due(step: Step | None) -> str:
	return str(int(step.due_at.timestamp())) if step else ""
