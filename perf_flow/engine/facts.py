"""What happened to a chain, in the past tense, and how it is written down.

A fact carries when it was recorded (``at``, server time, UTC) and who did it (``actor``, a
login). ``encode`` and ``decode`` turn a fact into the canonical JSON that the ledger seals and
back again without loss.
"""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from perf_flow.engine.clock import from_utc_iso, to_utc_iso
from perf_flow.engine.ledger import canonical_json
from perf_flow.engine.model import (
	Check,
	Impact,
	Mark,
	Observation,
	Person,
	Policy,
	ReassignCause,
	Requirement,
	RequirementKind,
	Signer,
	Source,
	StepKind,
	VoidCause,
)
from perf_flow.engine.verifier import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
	"""Base of every fact."""

	at: datetime
	actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecorded(Fact):
	"""A business event was recorded. Everything configured is fixed here for good."""

	event: str
	event_type: str
	doctype: str
	docname: str
	occurrence: str
	source: Source
	owner: Person | None
	manager: Person | None
	company: str
	department: str
	branch: str
	pilot: bool
	practice: bool
	target_at: datetime
	policy: Policy
	requirements: tuple[Requirement, ...]
	attention: tuple[str, ...]
	checks: tuple[Check, ...] = ()
	signers: tuple[Signer, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOpened(Fact):
	"""A step was asked of somebody (or of nobody, when nobody was found: ``why`` says the reason)."""

	step: str
	round: int
	kind: StepKind
	label: str
	assignee: Person | None
	asked: Person | None
	due_at: datetime
	required: bool
	why: str
	requirement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceGiven(Fact):
	"""A piece of evidence was given by a person, or observed in ERP data (``automatic``)."""

	piece: str
	requirement: str
	round: int
	kind: RequirementKind
	value: str
	title: str
	file: str
	sha256: str
	size: int
	automatic: bool
	carried_from: str
	dated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceWithdrawn(Fact):
	"""A piece was taken back before the round was marked, or ERP data no longer shows it."""

	piece: str
	reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceCompleted(Fact):
	"""All mandatory evidence of the round is there, sign-offs aside; the evidence step is done, and the time
	for the sign-offs and the mark begins to run (``mark_due_at``, None when no mark is asked for)."""

	step: str
	mark_due_at: datetime | None
	sign_off_due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReopened(Fact):
	"""Mandatory evidence went missing again before the mark; the evidence step is open again."""

	step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOff(Fact):
	"""Somebody signed the evidence for their department. With the last one the time for the mark begins
	(``mark_due_at``)."""

	step: str
	note: str
	mark_due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOffReopened(Fact):
	"""The evidence changed after it was signed, or the signature was taken back: it is asked again."""

	step: str
	due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecksObserved(Fact):
	"""What the verifier's checks saw, where it differs from what was known."""

	observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkGiven(Fact):
	"""The manager marked the round, with this verdict of the verifier in front of them."""

	step: str
	mark: Mark
	reason: str
	verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOpened(Fact):
	"""A redo opened another round; the earlier ones stay as they are. What the earlier round still
	left open, and is asked again in the new one (``supersedes``), ends here."""

	round: int
	supersedes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactConfirmed(Fact):
	"""A collaborator confirmed the impact."""

	step: str
	impacts: tuple[Impact, ...]
	note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTakenBack(Fact):
	"""Whoever gave a mark or confirmation took it back a moment later. The chain stands in ``round``
	again; what the step had ended (``reopens``) is open again, what it had begun in a later round ends."""

	step: str
	round: int
	reopens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReassigned(Fact):
	"""A step changed hands. ``asked`` changes too when it is handed over for good."""

	step: str
	to: Person
	asked: Person | None
	cause: ReassignCause
	why: str
	due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagerChanged(Fact):
	"""The line manager this chain belongs to changed."""

	to: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReminded(Fact):
	"""The assignee was reminded before the step fell due."""

	step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepBecameOverdue(Fact):
	"""The step passed its due time unanswered."""

	step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEscalated(Fact):
	"""An overdue step was brought before somebody further up the tree, who may now complete it."""

	step: str
	level: int
	to: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainClosedFact(Fact):
	"""Everything required was done: the chain is archived. Optional steps still open end here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainVoided(Fact):
	"""The chain does not count any more; nothing of it is lost. Its open steps end here."""

	cause: VoidCause
	reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRenamed(Fact):
	"""The watched document got another name."""

	docname: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCancelled(Fact):
	"""The watched document was cancelled after the chain had closed, or the type keeps such chains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDeleted(Fact):
	"""The watched document was deleted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuedBy(Fact):
	"""The document was amended; the event of the amendment carries this chain on."""

	event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuedFrom(Fact):
	"""This event carries on the chain of the document that was amended."""

	event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterRenamed(Fact):
	"""An employee, user, company, department, branch or event type got another name (or was merged
	into one). Recorded once for the site; every chain follows it."""

	doctype: str
	old: str
	new: str


FACTS: dict[str, type[Fact]] = {
	"EventRecorded": EventRecorded,
	"StepOpened": StepOpened,
	"EvidenceGiven": EvidenceGiven,
	"EvidenceWithdrawn": EvidenceWithdrawn,
	"EvidenceCompleted": EvidenceCompleted,
	"EvidenceReopened": EvidenceReopened,
	"SignedOff": SignedOff,
	"SignOffReopened": SignOffReopened,
	"ChecksObserved": ChecksObserved,
	"MarkGiven": MarkGiven,
	"RoundOpened": RoundOpened,
	"ImpactConfirmed": ImpactConfirmed,
	"StepTakenBack": StepTakenBack,
	"StepReassigned": StepReassigned,
	"ManagerChanged": ManagerChanged,
	"StepReminded": StepReminded,
	"StepBecameOverdue": StepBecameOverdue,
	"StepEscalated": StepEscalated,
	"ChainClosed": ChainClosedFact,
	"ChainVoided": ChainVoided,
	"DocumentRenamed": DocumentRenamed,
	"DocumentCancelled": DocumentCancelled,
	"DocumentDeleted": DocumentDeleted,
	"ContinuedBy": ContinuedBy,
	"ContinuedFrom": ContinuedFrom,
	"MasterRenamed": MasterRenamed,
}
_NAMES: dict[type[Fact], str] = {cls: name for name, cls in FACTS.items()}

T = TypeVar("T")


def fact_name(fact: Fact) -> str:
	"""The name under which the ledger knows this kind of fact."""
	return _NAMES[type(fact)]


def encode(fact: Fact) -> str:
	"""The canonical JSON of a fact without ``at`` and ``actor``, which the ledger keeps in columns."""
	return canonical_json(
		{f.name: plain(getattr(fact, f.name)) for f in fields(fact) if f.name not in ("at", "actor")}
	)


def decode(name: str, payload: dict[str, Any], at: str, actor: str) -> Fact:
	"""The fact that ``encode`` wrote; ``at`` is UTC ISO text. Unknown names raise KeyError."""
	return build(FACTS[name], {**payload, "at": at, "actor": actor})


def plain(value: Any) -> Any:
	"""A value of the engine as JSON knows it; ``build`` makes it again."""
	if isinstance(value, Enum):
		return value.value
	if isinstance(value, datetime):
		return to_utc_iso(value)
	if isinstance(value, float):
		# numbers in facts are hours and megabytes: text keeps them exact in canonical JSON
		return repr(value)
	if is_dataclass(value) and not isinstance(value, type):
		return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
	if isinstance(value, tuple):
		return [plain(v) for v in value]
	return value


@cache
def _hints(cls: Any) -> dict[str, Any]:
	return typing.get_type_hints(cls)


def build(cls: type[T], data: dict[str, Any]) -> T:
	"""The dataclass that ``plain`` wrote down. Raises KeyError for a field that is missing, ValueError for a value
	that is none of its kind."""
	hints = _hints(typing.cast(Any, cls))
	values: dict[str, Any] = {}
	for f in fields(cls):  # type: ignore[arg-type]
		if f.name in data:
			values[f.name] = _revive(hints[f.name], data[f.name])
		elif f.default is MISSING and f.default_factory is MISSING:
			raise KeyError(f"{cls.__name__}.{f.name}")
	return cls(**values)


def _revive(hint: Any, value: Any) -> Any:
	origin = typing.get_origin(hint)
	if origin in (typing.Union, types.UnionType):
		if value is None:
			return None
		return _revive(next(a for a in typing.get_args(hint) if a is not type(None)), value)
	if origin is tuple:
		inner = typing.get_args(hint)[0]
		return tuple(_revive(inner, v) for v in value)
	if hint is datetime:
		return from_utc_iso(value)
	if hint is float:
		return float(value)
	if isinstance(hint, type):
		if issubclass(hint, Enum):
			return hint(value)
		if is_dataclass(hint):
			return build(hint, value)
	return value
