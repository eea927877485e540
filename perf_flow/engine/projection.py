"""The documents of a chain: what lists, forms and reports read.

``project`` is the only place that says how a chain looks as rows. The site writes these rows, and
``verify`` compares them with what the ledger's facts give.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from perf_flow.engine.health import ChainTimes, Stage
from perf_flow.engine.model import Chain, ChainState, Evidence, Person, Step, StepKind, StepState

Value: TypeAlias = "str | int | float | datetime | None"
Row: TypeAlias = "dict[str, Value]"


@dataclass(frozen=True, slots=True)
class Rows:
	"""The rows of one chain; ``actions`` and ``evidence`` by their primary key."""

	event: Row
	actions: dict[str, Row] = field(default_factory=dict)
	evidence: dict[str, Row] = field(default_factory=dict)


def stage(chain: Chain) -> Stage:
	"""Where the chain stands: the first thing still missing, in the order evidence, mark, confirmation."""
	if chain.state is ChainState.VOID:
		return Stage.VOID
	if chain.state is ChainState.CLOSED:
		return Stage.CLOSED
	required = [s for s in chain.open_steps() if s.required]
	if any(s.kind in (StepKind.EVIDENCE, StepKind.SIGN_OFF) for s in required):
		return Stage.EVIDENCE
	if any(s.kind is StepKind.MARK for s in required):
		return Stage.MARK
	return Stage.CONFIRMATION


def action_name(event: str, step: str) -> str:
	"""The primary key of a step's document."""
	return f"{event}-{step}"


def evidence_name(event: str, piece: str) -> str:
	"""The primary key of a piece's document."""
	return f"{event}-{piece}"


def project(chain: Chain) -> Rows:
	"""All rows of ``chain``. Datetimes are aware and UTC; the site turns them into its own time."""
	return Rows(
		event=_event(chain),
		actions={action_name(chain.id, s.key): _action(chain, s) for s in chain.steps},
		evidence={evidence_name(chain.id, e.key): _evidence(chain, e) for e in chain.evidence},
	)


def _finished(chain: Chain, kind: StepKind) -> datetime | None:
	"""When the last step of a kind was done, once none of that kind is open; None before."""
	steps = [s for s in chain.steps if s.kind is kind]
	if any(s.state is StepState.OPEN for s in steps):
		return None
	return max((s.done_at for s in steps if s.done_at is not None), default=None)


def chain_times(chain: Chain) -> ChainTimes:
	"""What the figures need of ``chain``: the same as is read from its row."""
	return ChainTimes(
		event=chain.id,
		event_type=chain.event_type,
		company=chain.company,
		department=chain.department,
		employee=chain.owner.employee if chain.owner else "",
		manager=chain.manager.employee if chain.manager else "",
		pilot=chain.pilot,
		recorded_at=chain.recorded_at,
		target_at=chain.target_at,
		closed_at=chain.closed_at,
		void=chain.state is ChainState.VOID,
		practice=chain.practice,
		evidence_at=_finished(chain, StepKind.EVIDENCE),
		marked_at=_finished(chain, StepKind.MARK),
		confirmed_at=_finished(chain, StepKind.CONFIRMATION),
		stage=stage(chain),
	)


def _person(prefix: str, person: Person | None) -> Row:
	person = person or Person()
	return {
		prefix: person.employee or None,
		f"{prefix}_user": person.user or None,
		f"{prefix}_name": person.name or None,
	}


def _event(chain: Chain) -> Row:
	return {
		"event_type": chain.event_type,
		"reference_doctype": chain.doctype,
		"reference_name": chain.docname,
		"occurrence": chain.occurrence,
		"source": chain.source.value,
		"state": chain.state.value,
		"stage": stage(chain).value,
		"round": chain.round,
		"company": chain.company or None,
		"department": chain.department or None,
		"branch": chain.branch or None,
		**_person("employee", chain.owner),
		**_person("manager", chain.manager),
		"pilot": int(chain.pilot),
		"practice": int(chain.practice),
		"recorded_at": chain.recorded_at,
		"target_at": chain.target_at,
		"evidence_at": _finished(chain, StepKind.EVIDENCE),
		"marked_at": _finished(chain, StepKind.MARK),
		"confirmed_at": _finished(chain, StepKind.CONFIRMATION),
		"closed_at": chain.closed_at,
		"voided_at": chain.voided_at,
		"void_cause": chain.void_cause or None,
		"void_reason": chain.void_reason or None,
		"document_state": chain.document_state.value or None,
		"continues": chain.continues or None,
		"continued_by": chain.continued_by or None,
		"completeness": round(chain.completeness(), 1),
		"needs_attention": int(bool(chain.attention)),
		"attention": "\n".join(chain.attention) or None,
		"version": chain.version,
	}


def _common(chain: Chain) -> Row:
	owner = chain.owner or Person()
	return {
		"event": chain.id,
		"event_type": chain.event_type,
		"reference_doctype": chain.doctype,
		"reference_name": chain.docname,
		"company": chain.company or None,
		"employee": owner.employee or None,
		"employee_user": owner.user or None,
		"employee_name": owner.name or None,
		"practice": int(chain.practice),
	}


def _action(chain: Chain, step: Step) -> Row:
	return {
		**_common(chain),
		"step": step.key,
		"kind": step.kind.value,
		"label": step.label or None,
		"round": step.round,
		"required": int(step.required),
		"state": step.state.value,
		**_person("assignee", step.assignee),
		**_person("asked", step.asked),
		"why": step.why or None,
		"opened_at": step.opened_at,
		"due_at": step.due_at,
		"done_at": step.done_at,
		"done_by": step.done_by or None,
		"result": step.result or None,
		"note": step.note or None,
		"reminded": int(step.reminded),
		"overdue_at": step.overdue_at,
		"escalation_level": step.escalation_level,
		"escalated_at": step.escalated_at,
	}


def _evidence(chain: Chain, piece: Evidence) -> Row:
	label = next((r.label for r in chain.requirements if r.key == piece.requirement), piece.requirement)
	return {
		**_common(chain),
		"piece": piece.key,
		"requirement": piece.requirement,
		"requirement_label": label,
		"round": piece.round,
		"kind": piece.kind.value,
		"value": piece.value,
		"title": piece.title or None,
		"file": piece.file or None,
		"sha256": piece.sha256 or None,
		"size": piece.size,
		"automatic": int(piece.automatic),
		"given_by": piece.given_by,
		"given_at": piece.given_at,
		"withdrawn_at": piece.withdrawn_at,
		"carried_from": piece.carried_from or None,
	}
