"""A rehearsal: three practice chains that one person walks in all roles, how long each step took them, and
what would be faster.

The chains are run by the engine itself (``record``, ``decide``, ``evolve``) with practice persons: one login for
each hat, so that nobody marks themselves here either. Nothing here knows a site.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from perf_flow.engine import facts as f
from perf_flow.engine.commands import Ask, Command, GiveMark, NewEvent, Observed
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.model import (
	Chain,
	ChainState,
	Check,
	CheckKind,
	Mark,
	Observation,
	Person,
	Policy,
	Requirement,
	RequirementKind,
	Source,
	Step,
	StepKind,
)

PREFIX = "practice-"
"""Every practice event's name begins with it; no recorded event's does."""
DOCUMENT = "Practice Document"
"""The DocType that stands in for the ERP document."""


class Hat(str, Enum):
	"""The three roles of a chain, which one person plays in turn."""

	EMPLOYEE = "employee"
	MANAGER = "manager"
	COLLABORATOR = "collaborator"

	@property
	def login(self) -> str:
		"""The practice login of this role. It is no user of any site."""
		return f"practice:{self.value}"


HAT_OF = {
	StepKind.EVIDENCE: Hat.EMPLOYEE,
	StepKind.MARK: Hat.MANAGER,
	StepKind.CONFIRMATION: Hat.COLLABORATOR,
}
NAMES = {
	Hat.EMPLOYEE: N_("You as the employee"),
	Hat.MANAGER: N_("You as the line manager"),
	Hat.COLLABORATOR: N_("You as the collaborator"),
}


@dataclass(frozen=True, slots=True)
class Script:
	"""What one practice chain is about. ``redo``: its first round is to be marked Redo, so that the second
	round is walked as well."""

	title: str
	document: str
	collaborator: str
	requirements: tuple[Requirement, ...]
	redo: bool = False
	checks: tuple[Check, ...] = ()


_IMAGES = ("pdf", "png", "jpg", "jpeg", "webp", "txt")

SCRIPTS = (
	Script(
		N_("Practice: order confirmed by the customer"),
		N_("Practice order"),
		N_("Quality"),
		(
			Requirement(
				"confirmation",
				N_("Confirmation signed by the customer"),
				RequirementKind.FILE,
				maximum_mb=10.0,
				file_types=_IMAGES,
			),
		),
	),
	Script(
		N_("Practice: complaint answered"),
		N_("Practice complaint"),
		N_("Quality"),
		(
			Requirement(
				"report",
				N_("Report to the customer"),
				RequirementKind.FILE,
				maximum_mb=10.0,
				file_types=_IMAGES,
			),
		),
		redo=True,
	),
	Script(
		N_("Practice: delivery ready to leave"),
		N_("Practice delivery"),
		N_("Warehouse"),
		(
			Requirement("date", N_("Delivery date"), RequirementKind.FIELD, fieldname="date"),
			Requirement(
				"photos",
				N_("Photos of the packed goods"),
				RequirementKind.FILE,
				minimum=2,
				maximum_mb=10.0,
				file_types=_IMAGES,
			),
		),
		checks=(
			Check(
				"value",
				N_("Value within the customer's limit"),
				CheckKind.WITHIN_RANGE,
				fieldname="amount",
				field_label=N_("Amount"),
				maximum="50000",
			),
			Check(
				"packed",
				N_("The packing is proven"),
				CheckKind.EVIDENCE_THERE,
				requirements=("photos",),
			),
		),
	),
)
"""Chain 1 is plain, chain 2 goes through a redo, chain 3 finds a requirement already ticked by ERP data, and has a
verdict: one check holds from the beginning, the other as soon as the photos are there."""

STEPS_IN_ALL = 11
"""Three steps in the chains 1 and 3, five in chain 2, when nothing is done again."""

FIRST_A_REDO = N_(
	"In this chain a redo is practised: please mark the first round “Redo” and say what is missing. "
	"You mark the second round as you like."
)


AMOUNT = 12_000
"""What the first practice document is worth; the others so many times as much as their number."""


def amount_of(number: int) -> int:
	"""What the document of chain ``number`` is worth."""
	return AMOUNT * number


def event_name(rehearsal: str, number: int) -> str:
	"""The name of a practice event, and of its document."""
	return f"{PREFIX}{rehearsal}-{number}"


def parts_of(event: str) -> tuple[str, int] | None:
	"""The rehearsal and the number of the chain that a practice event's name tells; None for any other name."""
	rehearsal, _dash, number = event.removeprefix(PREFIX).rpartition("-")
	if not event.startswith(PREFIX) or not rehearsal or number not in ("1", "2", "3"):
		return None
	return rehearsal, int(number)


def practice_event(rehearsal: str, number: int, day: date, names: Mapping[Hat, str]) -> NewEvent:
	"""The event that chain ``number`` (1–3) begins with. ``names`` are the roles in the person's language,
	``day`` is what the practice document says as its date."""
	script = SCRIPTS[number - 1]

	def ask(hat: Hat, label: str = "") -> Ask:
		return Ask(label, Person("", hat.login, names[hat]))

	name = event_name(rehearsal, number)
	return NewEvent(
		event=name,
		event_type=script.title,
		doctype=DOCUMENT,
		docname=name,
		occurrence="practice",
		source=Source.HOOK,
		owner=ask(Hat.EMPLOYEE),
		manager=ask(Hat.MANAGER),
		collaborators=(ask(Hat.COLLABORATOR, script.collaborator),),
		practice=True,
		policy=Policy(reminder_hours=0.0, escalation_hours=0.0, escalation_levels=0),
		requirements=script.requirements,
		observed={
			r.key: Observed(day.isoformat(), r.label)
			for r in script.requirements
			if r.kind is RequirementKind.FIELD
		},
		checks=script.checks,
		observations=tuple(
			Observation(c.key, str(amount_of(number))) for c in script.checks if c.kind.reads_document
		),
	)


def due_step(chain: Chain) -> Step | None:
	"""The step that is to be done next: evidence, then the mark, then the confirmation. None once closed."""
	if chain.state is not ChainState.OPEN:
		return None
	order = list(HAT_OF)
	return min(chain.open_steps(), key=lambda s: (order.index(s.kind), s.key), default=None)


def check(chain: Chain, number: int, command: Command) -> None:
	"""Refuse what would leave out a part of the rehearsal. Raises InvalidInput."""
	if (
		isinstance(command, GiveMark)
		and SCRIPTS[number - 1].redo
		and chain.round == 1
		and command.mark is not Mark.REDO
	):
		raise InvalidInput(template=FIRST_A_REDO)


# --- how it went -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Look:
	"""What the person's own screen saw during a step: ``interactions`` (clicks, keys that do something, fields
	written in, files chosen or dropped), the ``screens`` they were on in order, and how often a reason was
	missing. Counts only; times are the server's."""

	interactions: int = 0
	screens: tuple[str, ...] = ()
	reasons_missing: int = 0
	chose_template: bool = False


@dataclass(frozen=True, slots=True)
class Walked:
	"""One step as it was walked. ``opened_at`` is when it was opened for the person, ``done_at`` when it was
	recorded, both by the server's clock. ``given`` are the times of the files of this round."""

	chain: int
	step: str
	round: int
	kind: StepKind
	opened_at: datetime
	done_at: datetime
	given: tuple[datetime, ...] = ()
	withdrawn: int = 0
	taken_back: int = 0
	result: str = ""
	reason: str = ""
	look: Look | None = None

	@property
	def seconds(self) -> float:
		"""How long the step took, in seconds."""
		return max(0.0, (self.done_at - self.opened_at).total_seconds())


def walked(
	number: int,
	facts: Iterable[f.Fact],
	opened: Mapping[str, datetime],
	looks: Mapping[str, Look] | None = None,
) -> tuple[Walked, ...]:
	"""The steps of chain ``number`` that were done, in the order in which they were first done.

	``opened`` says when each step was opened for the person; for one that was never opened in so many words
	it is the moment the one before it was done.
	"""
	steps: dict[str, f.StepOpened] = {}
	done: dict[str, tuple[datetime, str, str]] = {}
	given: dict[int, list[datetime]] = {}
	withdrawn: dict[int, int] = {}
	taken_back: dict[str, int] = {}
	round_of_piece: dict[str, int] = {}
	before: dict[str, datetime] = {}
	last: datetime | None = None

	def finish(step: str, at: datetime, result: str, reason: str) -> None:
		nonlocal last
		if last is not None:
			before.setdefault(step, last)
		done[step] = (at, result, reason)
		last = at

	for fact in facts:
		last = last or fact.at
		if isinstance(fact, f.StepOpened):
			steps[fact.step] = fact
		elif isinstance(fact, f.EvidenceGiven) and not fact.automatic:
			given.setdefault(fact.round, []).append(fact.at)
			round_of_piece[fact.piece] = fact.round
		elif isinstance(fact, f.EvidenceWithdrawn) and fact.piece in round_of_piece:
			round_ = round_of_piece[fact.piece]
			withdrawn[round_] = withdrawn.get(round_, 0) + 1
		elif isinstance(fact, f.EvidenceCompleted):
			finish(fact.step, fact.at, "", "")
		elif isinstance(fact, f.MarkGiven):
			finish(fact.step, fact.at, fact.mark.value, fact.reason)
		elif isinstance(fact, f.ImpactConfirmed):
			finish(fact.step, fact.at, ", ".join(i.value for i in fact.impacts), fact.note)
		elif isinstance(fact, f.StepTakenBack):
			taken_back[fact.step] = taken_back.get(fact.step, 0) + 1
	result = []
	for key, (at, what, reason) in done.items():
		step = steps[key]
		evidence = step.kind is StepKind.EVIDENCE
		result.append(
			Walked(
				chain=number,
				step=key,
				round=step.round,
				kind=step.kind,
				opened_at=opened.get(key) or before.get(key) or step.at,
				done_at=at,
				given=tuple(given.get(step.round, ())) if evidence else (),
				withdrawn=withdrawn.get(step.round, 0) if evidence else 0,
				taken_back=taken_back.get(key, 0),
				result=what,
				reason=reason,
				look=(looks or {}).get(key),
			)
		)
	return tuple(result)


# --- what would be faster ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Advice:
	"""One thing that would be faster: a ``template`` with its ``arguments``, where it was seen (chain and step),
	and the seconds it cost where that can be known."""

	template: str
	arguments: tuple[str | int, ...]
	chain: int
	step: str
	seconds: float | None = None


ONE_BY_ONE = N_(
	"Chain {0}: the {1} files were given one after the other. Choose or drop all of them at once: about {2} s less."
)
GIVEN_AGAIN = N_(
	"Chain {0}: a file was taken back and given anew. A look at its name before dropping it saves the second way."
)
TAKEN_BACK = N_(
	"Chain {0}: a step was taken back and done again. That is what the five minutes are for; opening the evidence "
	"before deciding makes it rare."
)
REASON_FIRST = N_(
	"Chain {0}: “Redo” and “Needs Improvement” were pressed before there was a reason. Choose or write the reason "
	"first, then press once."
)
USE_TEMPLATE = N_(
	"Chain {0}: the reason was written by hand ({1} characters). One of your {2} templates fills it in with one click."
)
MAKE_TEMPLATE = N_(
	"Chain {0}: the reason was written by hand ({1} characters). Save the ones you use often as your own templates."
)
ON_DOCUMENT = N_(
	"Chain {0}: this was done on the document. The screen “{1}” shows everything that waits for you in one place, "
	"with the evidence beside it, and goes on to the next by itself."
)
WENT_AROUND = N_(
	"Chain {0}: {1} screens were opened for one step. The message and the start page lead straight to the right one."
)
MORE_THAN_NEEDED = N_("Chain {0}, {1}: {2} interactions; {3} are enough.")
NOTHING_FASTER = N_("Nothing: every step was done the shortest way.")

STEP_WORDS = {
	StepKind.EVIDENCE: N_("Evidence"),
	StepKind.MARK: N_("Effectiveness mark"),
	StepKind.CONFIRMATION: N_("Impact confirmation"),
}
SCREENS = {
	StepKind.EVIDENCE: "practice-document",
	StepKind.MARK: "flow-marking",
	StepKind.CONFIRMATION: "impact-confirmation",
}
"""The screen on which each step is done the shortest way, by its route."""
SCREEN_NAMES = {StepKind.MARK: N_("Marking"), StepKind.CONFIRMATION: N_("Impact confirmation")}

PAUSE = 3.0
"""Seconds between two files above which they were not chosen together; those that were follow one another in
the time the upload takes."""


ALIKE = 5
"""Percent below which two times are called the same: so much comes from the network."""


def needed(step: Walked) -> int:
	"""How many interactions a step needs: two; a reason that has to be said, one more."""
	return 3 if step.kind is StepKind.MARK and step.result not in ("", Mark.MEETS.value) else 2


def advice(steps: Sequence[Walked], templates: Sequence[str] = ()) -> tuple[Advice, ...]:
	"""What would have been faster, the costliest first where a cost is known. Only what was seen is said;
	``templates`` are the person's own reasons for a mark."""
	found: list[Advice] = []
	for step in steps:
		found += _advice(step, tuple(t.strip() for t in templates))
	return tuple(sorted(found, key=lambda a: (-(a.seconds or 0.0), a.chain)))


def _advice(step: Walked, templates: tuple[str, ...]) -> list[Advice]:
	look = step.look or Look()
	found: list[Advice] = []

	def say(template: str, *arguments: str | int, seconds: float | None = None) -> None:
		found.append(Advice(template, (step.chain, *arguments), step.chain, step.step, seconds))

	gaps = [(b - a).total_seconds() for a, b in zip(step.given, step.given[1:], strict=False)]
	lost = sum(gap for gap in gaps if gap > PAUSE)
	if step.withdrawn:
		say(GIVEN_AGAIN)
	elif lost:
		say(ONE_BY_ONE, len(step.given), round(lost), seconds=lost)
	if step.taken_back:
		say(TAKEN_BACK)
	if look.reasons_missing:
		say(REASON_FIRST)
	if step.kind is StepKind.MARK and step.reason and not look.chose_template:
		if not any(step.reason.startswith(t) for t in templates if t):
			length = len(step.reason)
			if templates:
				say(USE_TEMPLATE, length, len(templates))
			else:
				say(MAKE_TEMPLATE, length)
	screens = list(dict.fromkeys(look.screens))
	best = SCREENS[step.kind]
	if step.kind in SCREEN_NAMES and screens and best not in screens:
		say(ON_DOCUMENT, SCREEN_NAMES[step.kind])
	elif len(screens) > 2:
		say(WENT_AROUND, len(screens))
	if look.interactions > needed(step) and not found:
		say(MORE_THAN_NEEDED, STEP_WORDS[step.kind], look.interactions, needed(step))
	return found


@dataclass(frozen=True, slots=True)
class Progress:
	"""How the seconds for one kind of step went from chain 1 to chain 3. Only first rounds are compared;
	``faster`` is in percent of chain 1, negative when it became slower, 0 for less than ALIKE, None when there is
	nothing to compare."""

	kind: StepKind
	seconds: Mapping[int, float] = field(default_factory=dict)
	faster: int | None = None


def progress(steps: Sequence[Walked]) -> tuple[Progress, ...]:
	"""``Progress`` of each kind of step, in the order of a chain."""
	result = []
	for kind in HAT_OF:
		seconds: dict[int, float] = {}
		for step in steps:
			if step.kind is kind and step.round == 1:
				seconds[step.chain] = seconds.get(step.chain, 0.0) + step.seconds
		first, last = seconds.get(1), seconds.get(3)
		faster = None if not first or last is None else round(100 * (first - last) / first)
		if faster is not None and abs(faster) < ALIKE:
			faster = 0
		result.append(Progress(kind, seconds, faster))
	return tuple(result)
