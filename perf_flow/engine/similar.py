"""Which past cases are worth looking at when something is missing: complete ones of the same event type, the most
similar first.

Similar means, in this order: the same root cause; the same customer, supplier, item group or project, the more of them
the better; a similar text; and of two that are equally similar the later one. What is compared comes in as arguments,
and so does how alike two texts are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from perf_flow.engine.model import Chain, ChainState, Mark, RequirementKind, StepKind, StepState
from perf_flow.engine.verifier import verify

MOST = 3
"""So many cases are shown."""
STEP = 10.0
"""Texts whose likeness (0–100) is within so much are taken as equally alike."""
TELLING = 60.0
"""From this likeness on (0–100) it is said that the text is similar."""


class Likeness(str, Enum):
	"""What a past case has in common with the present one."""

	CAUSE = "cause"
	CUSTOMER = "customer"
	SUPPLIER = "supplier"
	ITEM_GROUP = "item group"
	PROJECT = "project"
	TEXT = "text"


OF_DOCUMENT = (Likeness.CUSTOMER, Likeness.SUPPLIER, Likeness.ITEM_GROUP, Likeness.PROJECT)
"""What is read off the ERP document."""


@dataclass(frozen=True, slots=True)
class Features:
	"""What cases are compared by. ``causes`` are names of root causes; the others are names of ERP records, empty where
	there is none; ``text`` is what was written about the case."""

	causes: frozenset[str] = frozenset()
	customer: str = ""
	supplier: str = ""
	item_group: str = ""
	project: str = ""
	text: str = ""

	def of(self, likeness: Likeness) -> str:
		"""The value of one that is read off the document."""
		return {
			Likeness.CUSTOMER: self.customer,
			Likeness.SUPPLIER: self.supplier,
			Likeness.ITEM_GROUP: self.item_group,
			Likeness.PROJECT: self.project,
		}[likeness]


@dataclass(frozen=True, slots=True)
class Candidate:
	"""A complete case of the same event type; ``alike`` is how alike its text is (0–100)."""

	event: str
	closed_at: datetime
	features: Features = field(default_factory=Features)
	alike: float = 0.0


@dataclass(frozen=True, slots=True)
class Similar:
	"""A past case, with what it has in common with the present one, the most telling first."""

	event: str
	because: tuple[Likeness, ...]


def is_complete(chain: Chain) -> bool:
	"""Whether others can learn from a chain: closed, not for practice, something was given, nothing mandatory is
	missing, every check holds or is excused, and where it was marked, the last mark is Meets."""
	if chain.practice or chain.state is not ChainState.CLOSED or chain.missing():
		return False
	if not any(e.counts and e.round == chain.round for e in chain.evidence):
		return False
	marks = [s for s in chain.steps if s.kind is StepKind.MARK and s.round == chain.round]
	if any(s.state is StepState.DONE and s.result != Mark.MEETS.value for s in marks):
		return False
	return not chain.checks or verify(chain).achieved


def causes_of(chain: Chain) -> tuple[str, ...]:
	"""The root causes that count in the current round, in the order in which they were given."""
	return tuple(
		dict.fromkeys(
			e.value
			for e in chain.evidence
			if e.kind is RequirementKind.ROOT_CAUSE and e.counts and e.round == chain.round
		)
	)


def common(wanted: Features, candidate: Candidate) -> tuple[Likeness, ...]:
	"""What a candidate has in common with ``wanted``, the most telling first."""
	found = [Likeness.CAUSE] if wanted.causes & candidate.features.causes else []
	found += [x for x in OF_DOCUMENT if wanted.of(x) and wanted.of(x) == candidate.features.of(x)]
	if candidate.alike >= TELLING:
		found.append(Likeness.TEXT)
	return tuple(found)


def rank(wanted: Features, candidates: Iterable[Candidate], most: int = MOST) -> tuple[Similar, ...]:
	"""The ``most`` most similar of the candidates, each event once; whatever order they come in."""
	best: dict[str, tuple[tuple[float, ...], Similar]] = {}
	for candidate in candidates:
		shared = common(wanted, candidate)
		place = (
			-float(Likeness.CAUSE in shared),
			-float(sum(x in OF_DOCUMENT for x in shared)),
			-float(candidate.alike // STEP),
			-candidate.closed_at.timestamp(),
		)
		known = best.get(candidate.event)
		if known is None or place < known[0]:
			best[candidate.event] = (place, Similar(candidate.event, shared))
	ordered = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
	return tuple(similar for _event, (_place, similar) in ordered[: max(most, 0)])
