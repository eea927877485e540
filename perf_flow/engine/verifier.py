"""The evidence chain verifier: does the evidence prove what it is to prove, and if not, what is missing?

Two dimensions take the place of a score. *Completeness*: is everything mandatory there? *Behaviour match*: do the
configured checks hold, each by itself or excused by evidence that explains it? A chain is achieved only if both
are whole. The verdict says its reasons line by line, as templates with arguments, so that each reader gets them in
their own language.

A verdict is a function of the chain alone: what ERP documents showed is kept with the chain (``Observation``), so
that a later change of a document cannot rewrite a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum

from perf_flow.engine.errors import N_
from perf_flow.engine.model import (
	Chain,
	Check,
	CheckKind,
	Evidence,
	Observation,
	Requirement,
	RequirementKind,
)


class Outcome(str, Enum):
	"""How a check came out. EXCUSED: it fails, and the evidence asked for in that case is there. UNKNOWN: a value
	it needs is missing; it does not hold."""

	HOLDS = "Holds"
	EXCUSED = "Excused"
	FAILS = "Fails"
	UNKNOWN = "Unknown"

	@property
	def accepted(self) -> bool:
		"""Whether it counts as behaviour that matches."""
		return self in (Outcome.HOLDS, Outcome.EXCUSED)


@dataclass(frozen=True, slots=True)
class Reason:
	"""A sentence: an English template with ``{0}``-style placeholders, and what fills them."""

	template: str
	args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
	"""One check and how it came out. ``reasons`` are sentences in order; ``pieces`` are the keys of the evidence
	they speak of; ``alternative`` names the group of checks of which one must hold."""

	check: str
	label: str
	outcome: Outcome
	reasons: tuple[Reason, ...]
	pieces: tuple[str, ...] = ()
	alternative: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
	"""What the verifier says of the current round.

	``completeness`` is the share of the mandatory requirements that are satisfied, ``match`` the share of the
	checks (a group of alternatives counts as one) that are accepted; both in percent (0–100), 100 when there are
	none. ``missing`` are the keys of the mandatory requirements not satisfied, ``achieved`` says that nothing is
	missing and everything matches.
	"""

	achieved: bool
	completeness: float
	match: float
	missing: tuple[str, ...]
	lines: tuple[Line, ...]

	def failing(self) -> tuple[Line, ...]:
		"""The lines that keep the verdict from being achieved."""
		held = {x.alternative for x in self.lines if x.alternative and x.outcome.accepted}
		return tuple(x for x in self.lines if not x.outcome.accepted and x.alternative not in held)


ON_TIME = N_("{0}: {1}, due {2}.")
LATE = N_("{0}: {1}, {2} days after {3}.")
NO_VALUE = N_("{0} is empty in the document.")
IN_RANGE = N_("{0} is {1}, within {2} to {3}.")
OUT_OF_RANGE = N_("{0} is {1}, not within {2} to {3}.")
IN_TOLERANCE = N_("{0} is {1}, within {2} % of {3}.")
OUT_OF_TOLERANCE = N_("{0} is {1}, {2} % off {3}; at most {4} % are accepted.")
STATE_HOLDS = N_("The document is in the state asked for.")
STATE_FAILS = N_("The document is not in the state asked for.")
THERE = N_("“{0}” is there.")
NOT_THERE = N_("“{0}” is missing.")
SIGNED = N_("“{0}” is signed by {1}.")
NOT_SIGNED = N_("“{0}” is not signed by {1} yet.")
CAUSE = N_("The cause is known: {0}.")
NO_CAUSE = N_("The cause is not named yet.")
NEWER = N_("All evidence is from after the event.")
OLDER = N_("“{0}” is from before the event.")
UNUSED = N_("No evidence was used before.")
USED = N_("The same evidence was used before, in {0}.")
NOTHING_GIVEN = N_("There is no evidence yet.")
EXCUSED_BY = N_("Accepted, because {0} is there.")
EXCUSE_MISSING = N_("Accepted only with {0}.")
NO_LIMIT = N_("no limit")


def verify(chain: Chain) -> Verdict:
	"""The verdict on the current round of ``chain``."""
	# each look goes through all pieces: those of earlier rounds are put aside first
	chain = replace(chain, evidence=tuple(e for e in chain.evidence if e.round == chain.round and e.counts))
	seen = {o.check: o for o in chain.observations}
	lines = tuple(_line(check, chain, seen.get(check.key)) for check in chain.checks)
	groups: dict[str, bool] = {}
	for line in lines:
		name = f"g:{line.alternative}" if line.alternative else f"c:{line.check}"
		groups[name] = groups.get(name, False) or line.outcome.accepted
	missing = tuple(r.key for r in chain.missing())
	match = 100.0 * sum(groups.values()) / len(groups) if groups else 100.0
	return Verdict(
		achieved=not missing and all(groups.values()),
		completeness=chain.completeness(),
		match=match,
		missing=missing,
		lines=lines,
	)


def _line(check: Check, chain: Chain, seen: Observation | None) -> Line:
	holds, reasons, pieces = _LOOK[check.kind](check, chain, seen)
	outcome = Outcome.UNKNOWN if holds is None else Outcome.HOLDS if holds else Outcome.FAILS
	if not holds and check.unless:
		wanted = [r for r in chain.asked() if r.key in check.unless]
		lacking = [r for r in wanted if not chain.satisfied(r)]
		if wanted and not lacking:
			outcome = Outcome.EXCUSED
			reasons = (*reasons, *(Reason(EXCUSED_BY, (r.label,)) for r in wanted))
			pieces = (*pieces, *(e.key for r in wanted for e in chain.pieces(r.key)))
		else:
			reasons = (*reasons, *(Reason(EXCUSE_MISSING, (r.label,)) for r in lacking))
	return Line(check.key, check.label, outcome, reasons, tuple(sorted(set(pieces))), check.alternative)


_Looked = tuple["bool | None", tuple[Reason, ...], tuple[str, ...]]


# --- values of the document -------------------------------------------------------------------------------


def _moment(text: str) -> datetime | None:
	try:
		return datetime.fromisoformat(text)
	except ValueError:
		return None


def _number(text: str) -> Decimal | None:
	try:
		found = Decimal(text.replace(",", "").strip())
	except InvalidOperation:
		return None
	return found if found.is_finite() else None


def _plain(value: Decimal) -> str:
	return f"{value.normalize():f}" if value else "0"


def _name(check: Check) -> str:
	return check.field_label or check.fieldname


def _other(check: Check) -> str:
	return check.against_label or check.against


def _on_time(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	value = _moment(seen.value) if seen else None
	due = _moment(seen.against) if seen else None
	if value is None or due is None:
		return None, (Reason(NO_VALUE, (_name(check) if value is None else _other(check),)),), ()
	# a due date lasts until its day is over
	if due.time() == time.min:
		late = (value.date() - due.date()).days - check.tolerance > 0
	else:
		late = value > due + timedelta(days=check.tolerance)
	assert seen is not None
	if not late:
		return True, (Reason(ON_TIME, (_name(check), _day(seen.value), _day(seen.against))),), ()
	days = max((value.date() - due.date()).days, 1)
	return False, (Reason(LATE, (_name(check), _day(seen.value), str(days), _day(seen.against))),), ()


def _day(text: str) -> str:
	moment = _moment(text)
	if moment is None:
		return text
	return str(moment.date()) if moment.time() == time.min else f"{moment:%Y-%m-%d %H:%M}"


def _in_range(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	value = _number(seen.value) if seen else None
	if value is None:
		return None, (Reason(NO_VALUE, (_name(check),)),), ()
	low, high = _number(check.minimum), _number(check.maximum)
	holds = (low is None or value >= low) and (high is None or value <= high)
	limits = (_plain(low) if low is not None else NO_LIMIT, _plain(high) if high is not None else NO_LIMIT)
	template = IN_RANGE if holds else OUT_OF_RANGE
	return holds, (Reason(template, (_name(check), _plain(value), *limits)),), ()


def _in_tolerance(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	value = _number(seen.value) if seen else None
	target = _number(seen.against if seen and check.against else check.target)
	if value is None or target is None:
		empty = _name(check) if value is None or not check.against else _other(check)
		return None, (Reason(NO_VALUE, (empty,)),), ()
	accepted = Decimal(repr(check.tolerance))
	off = abs(value - target)
	holds = off * 100 <= accepted * abs(target)
	if holds:
		args = (_name(check), _plain(value), _plain(accepted), _plain(target))
		return True, (Reason(IN_TOLERANCE, args),), ()
	percent = f"{off * 100 / abs(target):.1f}" if target else "∞"
	args5 = (_name(check), _plain(value), percent, _plain(target), _plain(accepted))
	return False, (Reason(OUT_OF_TOLERANCE, args5),), ()


def _in_state(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	if seen is None:
		return None, (Reason(STATE_FAILS),), ()
	return seen.holds, (Reason(STATE_HOLDS if seen.holds else STATE_FAILS),), ()


# --- evidence ---------------------------------------------------------------------------------------------


def _wanted(check: Check, chain: Chain, *kinds: RequirementKind) -> list[Requirement]:
	"""The requirements that a check looks at: those it names, else all of these kinds that are asked."""
	if check.requirements:
		return [r for r in chain.requirements if r.key in check.requirements]
	return [r for r in chain.asked() if not kinds or r.kind in kinds]


def _keys(chain: Chain, requirements: Iterable[Requirement]) -> tuple[str, ...]:
	return tuple(e.key for r in requirements for e in chain.pieces(r.key))


def _pieces(check: Check, chain: Chain) -> list[Evidence]:
	wanted = {r.key for r in _wanted(check, chain)}
	return [e for e in chain.evidence if e.requirement in wanted and e.round == chain.round and e.counts]


def _there(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	wanted = _wanted(check, chain)
	reasons = tuple(Reason(THERE if chain.satisfied(r) else NOT_THERE, (r.label,)) for r in wanted)
	return all(chain.satisfied(r) for r in wanted), reasons, _keys(chain, wanted)


def _signed(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	reasons, holds = [], True
	wanted = _wanted(check, chain, RequirementKind.SIGN_OFF)
	for r in wanted:
		signed = {e.value for e in chain.pieces(r.key)}
		for department in r.departments:
			there = department in signed
			holds = holds and there
			reasons.append(Reason(SIGNED if there else NOT_SIGNED, (r.label, department)))
	return holds and bool(reasons), tuple(reasons), _keys(chain, wanted)


def _cause(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	wanted = _wanted(check, chain, RequirementKind.ROOT_CAUSE)
	pieces = [e for r in wanted for e in chain.pieces(r.key)]
	if not pieces:
		return False, (Reason(NO_CAUSE),), ()
	reasons = tuple(Reason(CAUSE, (e.title or e.value,)) for e in pieces)
	return True, reasons, tuple(e.key for e in pieces)


def _newer(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	pieces = _pieces(check, chain)
	if not pieces:
		return None, (Reason(NOTHING_GIVEN),), ()
	old = [e for e in pieces if e.dated_at is not None and e.dated_at < chain.recorded_at]
	if old:
		return False, tuple(Reason(OLDER, (e.title or e.value,)) for e in old), tuple(e.key for e in old)
	return True, (Reason(NEWER),), tuple(e.key for e in pieces)


def _unused(check: Check, chain: Chain, seen: Observation | None) -> _Looked:
	pieces = _pieces(check, chain)
	if not pieces:
		return None, (Reason(NOTHING_GIVEN),), ()
	if seen is not None and seen.found:
		return False, (Reason(USED, (", ".join(seen.found),)),), tuple(e.key for e in pieces)
	return True, (Reason(UNUSED),), tuple(e.key for e in pieces)


_LOOK = {
	CheckKind.ON_TIME: _on_time,
	CheckKind.WITHIN_RANGE: _in_range,
	CheckKind.WITHIN_TOLERANCE: _in_tolerance,
	CheckKind.DOCUMENT_STATE: _in_state,
	CheckKind.EVIDENCE_THERE: _there,
	CheckKind.ALL_SIGNED: _signed,
	CheckKind.CAUSE_KNOWN: _cause,
	CheckKind.EVIDENCE_NEWER: _newer,
	CheckKind.NOT_USED_BEFORE: _unused,
}


def observed(value: object) -> str:
	"""A value of a document as an Observation keeps it: ISO dates and times, plain numbers, text; empty for
	nothing."""
	if value is None:
		return ""
	if isinstance(value, (datetime, date)):
		return value.isoformat()
	if isinstance(value, bool):
		return str(int(value))
	if isinstance(value, (int, float, Decimal)):
		return _plain(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
	return str(value)
