"""The values of the event flow: a chain and what it is made of.

A *chain* is one business event together with its steps (the DocType calls them actions), the
evidence given for it and the requirements that were in force when it was recorded. Everything
here is frozen: a chain changes by ``chain.evolve(chain, fact)`` returning the next one.
All datetimes are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from perf_flow.engine.errors import N_

T = TypeVar("T")


@cache
def _slots(kind: Any) -> tuple[Callable[[Any], tuple[Any, ...]], dict[str, Callable[[Any, Any], None]]]:
	"""How all fields of a frozen class with slots are read at once, and how each is set in a new value of it."""
	names = [field.name for field in fields(kind)]
	return attrgetter(*names), {name: getattr(kind, name).__set__ for name in names}


def changed(value: T, /, **changes: Any) -> T:
	"""``value`` with other ``changes``, as ``dataclasses.replace`` gives it, in a quarter of the time.

	For values of this module, which have several fields, in slots, and check nothing when they are made: it
	copies the slots and leaves ``__init__`` out. Raises KeyError for a field that there is not.
	"""
	kind: Any = type(value)
	read, write = _slots(kind)
	copy: T = object.__new__(kind)
	for put, held in zip(write.values(), read(value), strict=True):
		put(copy, held)
	for name, new in changes.items():
		write[name](copy, new)
	return copy


class StepKind(str, Enum):
	"""The kinds of step a chain asks for. A sign-off is a department's word that the evidence is right."""

	EVIDENCE = "Evidence"
	SIGN_OFF = "Sign-off"
	MARK = "Mark"
	CONFIRMATION = "Confirmation"


class StepState(str, Enum):
	"""Where a step stands. CANCELLED: it was not needed any more (void, closed without it)."""

	OPEN = "Open"
	DONE = "Done"
	CANCELLED = "Cancelled"


class Mark(str, Enum):
	"""The manager's effectiveness mark (动作有效性标注)."""

	MEETS = "Meets"
	NEEDS_IMPROVEMENT = "Needs Improvement"
	REDO = "Redo"


class Impact(str, Enum):
	"""What a collaborator can confirm as the impact of an event (影响范围确认)."""

	SUPPLY_CHAIN = "Supply Chain"
	QUALITY = "Quality"
	DELIVERY = "Delivery"
	NONE = "None"


class ChainState(str, Enum):
	"""The state of a chain. A void chain is kept, and counts nowhere."""

	OPEN = "Open"
	CLOSED = "Closed"
	VOID = "Void"


class RequirementKind(str, Enum):
	"""How a requirement is satisfied. FIELD and LINKED_DOCUMENT are observed, never given by hand."""

	FILE = "File"
	LINK = "Link"
	FIELD = "Field"
	LINKED_DOCUMENT = "Linked Document"
	TEXT = "Text"
	ROOT_CAUSE = "Root Cause"
	SIGN_OFF = "Sign-off"

	@property
	def observed(self) -> bool:
		"""Whether ERP data satisfies this kind by itself."""
		return self in (RequirementKind.FIELD, RequirementKind.LINKED_DOCUMENT)


class Rounds(str, Enum):
	"""In which rounds a requirement is asked."""

	EACH = "Each Round"
	FIRST = "First Round Only"
	REDO = "After a Redo"

	def include(self, round_: int) -> bool:
		"""Whether round number ``round_`` (from 1) is meant."""
		return self is Rounds.EACH or (self is Rounds.FIRST) == (round_ == 1)


class CheckKind(str, Enum):
	"""What a check of the verifier looks at. The first four look at values of the ERP document, which are
	kept with the chain; the others at its evidence."""

	ON_TIME = "On Time"
	WITHIN_RANGE = "Within a Range"
	WITHIN_TOLERANCE = "Within a Tolerance"
	DOCUMENT_STATE = "Document in a State"
	EVIDENCE_THERE = "Evidence Is There"
	ALL_SIGNED = "All Departments Signed"
	CAUSE_KNOWN = "Cause Known"
	EVIDENCE_NEWER = "Evidence Newer than the Event"
	NOT_USED_BEFORE = "Evidence Not Used Before"

	@property
	def reads_document(self) -> bool:
		"""Whether it looks at values of the ERP document."""
		return self in _READ_DOCUMENT


_READ_DOCUMENT = (
	CheckKind.ON_TIME,
	CheckKind.WITHIN_RANGE,
	CheckKind.WITHIN_TOLERANCE,
	CheckKind.DOCUMENT_STATE,
)


class Source(str, Enum):
	"""How the event became known."""

	HOOK = "Document Event"
	SWEEP = "Sweep"
	SCHEDULE = "Schedule"
	MANUAL = "Manual"


class DocumentState(str, Enum):
	"""What became of the watched document after the event was recorded."""

	PRESENT = ""
	CANCELLED = "Cancelled"
	DELETED = "Deleted"


class ReassignCause(str, Enum):
	"""Why a step changed hands."""

	DELEGATED = "Delegated"
	HANDED_OVER = "Handed Over"
	RETURNED = "Returned"
	ASSIGNED = "Assigned"


class VoidCause(str, Enum):
	"""Why a chain was voided."""

	DOCUMENT_CANCELLED = "Document Cancelled"
	DOCUMENT_DELETED = "Document Deleted"
	BY_HAND = "By Hand"


MARK_LABELS = (N_("Meets"), N_("Needs Improvement"), N_("Redo"))
VOID_CAUSE_LABELS = (N_("Document Cancelled"), N_("Document Deleted"), N_("By Hand"))
IMPACT_LABELS = (N_("Supply Chain"), N_("Quality"), N_("Delivery"), N_("None"))


@dataclass(frozen=True, slots=True)
class Person:
	"""Somebody who can be asked. ``employee`` is an Employee id and may be empty (a user without an
	employee record), ``user`` is a login and may be empty (an employee without a login)."""

	employee: str = ""
	user: str = ""
	name: str = ""

	def is_same(self, other: Person | None) -> bool:
		"""Whether both are the same human being, by employee id or, failing that, by login."""
		if other is None:
			return False
		if self.employee and other.employee:
			return self.employee == other.employee
		return bool(self.user) and self.user == other.user


@dataclass(frozen=True, slots=True)
class Requirement:
	"""One evidence requirement, as it stood when the event was recorded.

	``mandatory`` is already decided (a conditional requirement whose condition did not hold is not
	in the chain at all). ``minimum`` counts files; ``maximum_mb`` is megabytes per file, 0 for no
	limit of its own; ``file_types`` are lower-case extensions without dot, empty for any;
	``hosts`` are the host names a link may point to; ``minimum_characters`` counts visible
	characters of a text, and ``must_be_concrete`` wants it to say what happened; ``departments`` are
	those whose sign-off is asked for; ``rounds`` says in which rounds it is asked at all.
	"""

	key: str
	label: str
	kind: RequirementKind
	mandatory: bool = True
	minimum: int = 1
	maximum_mb: float = 0.0
	file_types: tuple[str, ...] = ()
	hosts: tuple[str, ...] = ()
	minimum_characters: int = 0
	fieldname: str = ""
	linked_doctype: str = ""
	link_fieldname: str = ""
	filters: str = ""
	guidance: str = ""
	rounds: Rounds = Rounds.EACH
	departments: tuple[str, ...] = ()
	must_be_concrete: bool = False


@dataclass(frozen=True, slots=True)
class Check:
	"""One thing the verifier checks, as configured when the event was recorded.

	``fieldname`` is the value looked at, ``against`` the field it is compared with; with their labels. ``minimum`` and ``maximum``
	are numbers as text, empty for no limit. ``tolerance`` is in days for ON_TIME and in percent (0–100) of the
	target for WITHIN_TOLERANCE, whose target is ``against`` or else ``target``, a number as text. ``filters`` are
	the rows of DOCUMENT_STATE. ``requirements`` are the keys of the evidence that the other kinds look at (empty:
	all). When the check fails, it is accepted all the same if every requirement in ``unless`` is satisfied.
	Checks of the same ``alternative`` are alternatives: one of them must hold.
	"""

	key: str
	label: str
	kind: CheckKind
	fieldname: str = ""
	field_label: str = ""
	against: str = ""
	against_label: str = ""
	target: str = ""
	minimum: str = ""
	maximum: str = ""
	tolerance: float = 0.0
	filters: str = ""
	requirements: tuple[str, ...] = ()
	unless: tuple[str, ...] = ()
	alternative: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
	"""What a check saw, kept so that a later change of the document cannot rewrite it: ``value`` and ``against``
	as text (ISO dates, plain numbers; empty: nothing), ``holds`` for DOCUMENT_STATE, ``found`` the events in which
	the evidence had been used before."""

	check: str
	value: str = ""
	against: str = ""
	holds: bool = False
	found: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
	"""The hours and rules a chain runs by, fixed when it is recorded. Hours are on ``clock``."""

	clock: str = "Calendar hours"
	evidence_hours: float = 48.0
	mark_hours: float = 48.0
	confirmation_hours: float = 48.0
	target_hours: float = 48.0
	reminder_hours: float = 8.0
	escalation_hours: float = 24.0
	escalation_levels: int = 2
	mark_required: bool = True
	reason_for_meets: bool = False
	confirm_each_round: bool = False
	void_on_cancel: bool = True
	undo_minutes: float = 5.0
	"""How long a mark or confirmation can be taken back, in minutes of the wall clock."""


@dataclass(frozen=True, slots=True)
class Signer:
	"""Who signs for a department (``label``), as was found when the event was recorded."""

	requirement: str
	label: str
	person: Person | None
	asked: Person | None
	why: str = ""


@dataclass(frozen=True, slots=True)
class Step:
	"""One thing asked of one person in one round.

	``asked`` is who the step was for in the first place, ``assignee`` who holds it now; both are
	None when nobody could be found, and ``why`` then says the reason. ``escalated_to`` may complete
	the step as well. ``reminded``/``overdue`` remember what was already said.
	"""

	key: str
	round: int
	kind: StepKind
	label: str
	assignee: Person | None
	asked: Person | None
	due_at: datetime
	required: bool = True
	why: str = ""
	assigned: bool = False
	requirement: str = ""
	state: StepState = StepState.OPEN
	opened_at: datetime | None = None
	done_at: datetime | None = None
	done_by: str = ""
	result: str = ""
	note: str = ""
	reminded: bool = False
	overdue_at: datetime | None = None
	escalation_level: int = 0
	escalated_at: datetime | None = None
	escalated_to: tuple[Person, ...] = ()
	cancelled_at: datetime | None = None

	def may_be_done_by(self, user: str) -> bool:
		"""Whether ``user`` holds this step, was asked in the first place, or got it by escalation."""
		people = (self.assignee, self.asked, *self.escalated_to)
		return bool(user) and any(p is not None and p.user == user for p in people)


@dataclass(frozen=True, slots=True)
class Evidence:
	"""One piece of evidence. ``value`` is the address, text, field value or document name, or the
	file's address; ``sha256`` and ``size`` (bytes) are those of a file. ``dated_at`` is when the thing itself
	came into being, where that is known and may be before it was given. Of a sign-off ``value`` is the
	department."""

	key: str
	requirement: str
	round: int
	kind: RequirementKind
	value: str
	title: str = ""
	file: str = ""
	sha256: str = ""
	size: int = 0
	automatic: bool = False
	given_by: str = ""
	given_at: datetime | None = None
	withdrawn_at: datetime | None = None
	carried_from: str = ""
	dated_at: datetime | None = None

	@property
	def counts(self) -> bool:
		"""Whether the piece is still there."""
		return self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Chain:
	"""One business event and everything asked and given for it. ``version`` counts its facts,
	``updated_at`` is when the last of them was recorded."""

	id: str
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
	recorded_at: datetime
	target_at: datetime
	policy: Policy
	requirements: tuple[Requirement, ...] = ()
	state: ChainState = ChainState.OPEN
	round: int = 1
	steps: tuple[Step, ...] = ()
	evidence: tuple[Evidence, ...] = ()
	attention: tuple[str, ...] = ()
	closed_at: datetime | None = None
	voided_at: datetime | None = None
	void_cause: str = ""
	void_reason: str = ""
	document_state: DocumentState = DocumentState.PRESENT
	continues: str = ""
	continued_by: str = ""
	version: int = 0
	updated_at: datetime | None = None
	practice: bool = False
	checks: tuple[Check, ...] = ()
	observations: tuple[Observation, ...] = ()
	signers: tuple[Signer, ...] = ()

	def step(self, key: str) -> Step | None:
		"""The step with this key, or None."""
		return next((s for s in self.steps if s.key == key), None)

	def open_step(self, kind: StepKind, user: str | None = None) -> Step | None:
		"""The open step of ``kind``; with ``user``, the one this user may complete."""
		found = [s for s in self.steps if s.kind is kind and s.state is StepState.OPEN]
		if user is not None:
			mine = [s for s in found if s.may_be_done_by(user)]
			# what one was asked oneself comes before what one merely got by escalation
			mine.sort(key=lambda s: not (s.assignee and s.assignee.user == user))
			return mine[0] if mine else None
		return found[0] if found else None

	def open_steps(self) -> tuple[Step, ...]:
		"""All steps still open, in the order they were opened."""
		return tuple(s for s in self.steps if s.state is StepState.OPEN)

	@property
	def next_piece(self) -> str:
		"""The key of the piece that is given next."""
		return f"{len(self.evidence) + 1:03d}"

	def pieces(self, requirement: str, round_: int | None = None) -> tuple[Evidence, ...]:
		"""The pieces that count for ``requirement`` in a round (default: the current one)."""
		wanted = self.round if round_ is None else round_
		# the innermost loop of a verdict: a list is quicker than a generator, the field than the property
		return tuple(
			[
				e
				for e in self.evidence
				if e.requirement == requirement and e.round == wanted and e.withdrawn_at is None
			]
		)

	def asked(self) -> tuple[Requirement, ...]:
		"""The requirements of the current round."""
		return tuple(r for r in self.requirements if r.rounds.include(self.round))

	def satisfied(self, requirement: Requirement) -> bool:
		"""Whether the current round holds enough pieces for ``requirement``: of a sign-off, one of each
		department."""
		if requirement.kind is RequirementKind.SIGN_OFF:
			signed = {e.value for e in self.pieces(requirement.key)}
			return bool(requirement.departments) and signed.issuperset(requirement.departments)
		needed = requirement.minimum if requirement.kind is RequirementKind.FILE else 1
		return len(self.pieces(requirement.key)) >= max(needed, 1)

	def missing(self) -> tuple[Requirement, ...]:
		"""The mandatory requirements the current round does not satisfy yet."""
		return tuple(r for r in self.asked() if r.mandatory and not self.satisfied(r))

	def missing_before_signing(self) -> tuple[Requirement, ...]:
		"""The mandatory requirements still missing, sign-offs aside."""
		return tuple(r for r in self.missing() if r.kind is not RequirementKind.SIGN_OFF)

	def completeness(self) -> float:
		"""Share of the mandatory requirements satisfied in this round, in percent (0–100)."""
		mandatory = [r for r in self.asked() if r.mandatory]
		if not mandatory:
			return 100.0
		return 100.0 * sum(1 for r in mandatory if self.satisfied(r)) / len(mandatory)

	def with_step(self, step: Step) -> Chain:
		"""The chain with ``step`` in place of the one with the same key."""
		return changed(self, steps=tuple(step if s.key == step.key else s for s in self.steps))
