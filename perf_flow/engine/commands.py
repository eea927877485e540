"""What can be asked of a chain: the event to be recorded, and the commands that follow.

Values only; ``perf_flow.engine.chain`` says what becomes of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from perf_flow.engine.model import (
	Check,
	DocumentState,
	Evidence,
	Impact,
	Mark,
	Observation,
	Person,
	Policy,
	ReassignCause,
	Requirement,
	Source,
	VoidCause,
)
from perf_flow.engine.wording import Lexicon

SYSTEM = "Administrator"
"""The actor of what nobody did by hand."""


class Deadlines(Protocol):
	"""The clock of a chain, with the calendars of the people on it."""

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		"""The instant ``hours`` later (earlier when negative) on this chain's clock for ``person``."""
		...


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Ask:
	"""Somebody to be asked: ``person`` is None when nobody was found, ``why`` says how or why not.
	``asked`` is whom it was meant for when ``person`` only stands in."""

	label: str
	person: Person | None
	why: str = ""
	required: bool = True
	asked: Person | None = None

	@property
	def meant(self) -> Person | None:
		"""Whom the step is meant for in the first place."""
		return self.asked or self.person


@dataclass(frozen=True, slots=True)
class Observed:
	"""What ERP data shows for an observed requirement: the value and a readable title; of a linked document,
	when it was made."""

	value: str
	title: str = ""
	dated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
	"""Everything known when a business event is recorded."""

	event: str
	event_type: str
	doctype: str
	docname: str
	occurrence: str
	source: Source
	owner: Ask
	manager: Ask
	collaborators: tuple[Ask, ...] = ()
	company: str = ""
	department: str = ""
	branch: str = ""
	pilot: bool = False
	practice: bool = False
	policy: Policy = DEFAULT_POLICY
	requirements: tuple[Requirement, ...] = ()
	signers: tuple[tuple[str, Ask], ...] = ()
	"""Pairs of requirement key and who signs for a department; the label of the ask is the department."""
	checks: tuple[Check, ...] = ()
	observed: Mapping[str, Observed] | None = None
	observations: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
	"""Base of every command; ``actor`` is the login of whoever gives it."""

	actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveEvidence(Command):
	"""Give a piece of evidence by hand. For a file, ``title`` is its name. A text that has to be concrete is judged by
	``lexicon``, by default the standard one."""

	requirement: str
	value: str
	title: str = ""
	file: str = ""
	sha256: str = ""
	size: int = 0
	lexicon: Lexicon | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawEvidence(Command):
	"""Take a piece back within its round, before the mark."""

	piece: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observe(Command):
	"""Say what ERP data shows now; None for what it no longer shows."""

	values: Mapping[str, Observed | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserveChecks(Command):
	"""Say what the verifier's checks see now."""

	observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff(Command):
	"""Sign the evidence of the current round for one's department. ``step`` names the step when several
	are open for the same person."""

	note: str = ""
	step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveMark(Command):
	"""Mark the current round."""

	mark: Mark
	reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmImpact(Command):
	"""Confirm the impact; ``impacts`` may not mix NONE with others. ``step`` names one's step when
	several are open for the same person."""

	impacts: tuple[Impact, ...]
	note: str = ""
	step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack(Command):
	"""Take back a mark or confirmation that one has just given."""

	step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassign(Command):
	"""Give an open step to another person. Authority is the caller's to check."""

	step: str
	to: Person
	cause: ReassignCause
	why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeManager(Command):
	"""The line manager of the owner is another person now."""

	to: Person | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Command):
	"""Let the clock speak: reminders, overdue marks, escalations. ``superiors`` holds, for each step
	key, who stands above its assignee, nearest first."""

	superiors: Mapping[str, tuple[Person, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(Command):
	"""Void the chain. By hand a reason is mandatory."""

	cause: VoidCause
	reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowDocument(Command):
	"""Follow what happened to the watched document: a new name, a cancellation or a deletion."""

	renamed_to: str = ""
	state: DocumentState = DocumentState.PRESENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Continue(Command):
	"""The amended document has an event of its own; it takes over what was given for this one."""

	by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver(Command):
	"""Take over the evidence given by hand for the event of the document that was amended."""

	event: str
	pieces: tuple[tuple[str, Evidence], ...]
	"""Pairs of requirement key in *this* chain and piece of the earlier one."""
