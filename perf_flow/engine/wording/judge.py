"""Says of a comment whether it is vague or concrete, and where and why it is vague."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import Final

from perf_flow.engine.errors import N_
from perf_flow.engine.wording.lexicon import EVIDENCE_KINDS, NEUTRAL_KINDS, Lexicon, standard
from perf_flow.engine.wording.reading import Reading, Token, fold, read
from perf_flow.engine.wording.scoring import Counts, count, score, together


class Verdict(str, Enum):
	"""What a comment is. Concrete: it names what happened, or what will be done by when."""

	VAGUE = "vague"
	CONCRETE = "concrete"


class Kind(str, Enum):
	"""Why a part of a comment says nothing."""

	EMPTY = "empty"
	COPIED = "copied"
	DECORATION = "decoration"
	ENCOURAGEMENT = "encouragement"
	REQUEST = "request"
	DEFICIENCY = "deficiency"
	TRAIT = "trait"
	PRAISE = "praise"
	INTENSITY = "intensity"
	GENERIC = "generic"
	NOTHING_SPECIFIC = "nothing specific"


REASONS: Final[dict[Kind, str]] = {
	Kind.EMPTY: N_("There is nothing to read here. Write what happened."),
	Kind.COPIED: N_(
		"This was written before, in the same or nearly the same words. Write what was different this time."
	),
	Kind.DECORATION: N_("“{0}” looks like a figure but measures nothing. Name what was counted or measured."),
	Kind.ENCOURAGEMENT: N_("“{0}” encourages, but does not say what to do. Name the next step and its date."),
	Kind.REQUEST: N_("“{0}” asks for a change, but not for a certain step. Say what is to be done by when."),
	Kind.DEFICIENCY: N_("“{0}” names a weakness without an instance. Say when it showed, and what followed."),
	Kind.TRAIT: N_("“{0}” describes the person. Say what they did."),
	Kind.PRAISE: N_("“{0}” is praise without a reason. Say for what."),
	Kind.INTENSITY: N_("“{0}” stresses, but does not say what. Name what was done, and how often."),
	Kind.GENERIC: N_("“{0}” could be any work. Name which, and what came of it."),
	Kind.NOTHING_SPECIFIC: N_("“{0}” does not say what happened, when, or with what result."),
}
CONCRETE_REASON: Final = N_("It names something that can be checked: “{0}”.")

# which kind of finding a run of vague words is: the first of these that occurs in it
_PRECEDENCE: Final = (
	("decor", Kind.DECORATION),
	("encourage", Kind.ENCOURAGEMENT),
	("ask", Kind.REQUEST),
	("critic", Kind.DEFICIENCY),
	("filler", Kind.PRAISE),
	("trait", Kind.TRAIT),
	("head", Kind.TRAIT),
	("idiom", Kind.TRAIT),
	("praise", Kind.PRAISE),
	("soft", Kind.TRAIT),
	("generic", Kind.GENERIC),
	("degree", Kind.INTENSITY),
)
_LONGEST_QUOTE: Final = 40
_NEAR: Final = 0.8


@dataclass(frozen=True, slots=True)
class Finding:
	"""A part of a comment that says nothing: its ``kind``, where it stands (``start`` to ``end``, in characters
	of the comment, end excluded), the ``text`` there, and why, as an English ``reason`` with placeholders
	and the ``args`` that fill them (translate the reason before filling it in)."""

	kind: Kind
	start: int
	end: int
	text: str
	reason: str
	args: tuple[str, ...] = ()

	@property
	def message(self) -> str:
		"""The reason in English."""
		return self.reason.format(*self.args)


@dataclass(frozen=True, slots=True)
class Assessment:
	"""What is said of a comment.

	``findings`` are the vague parts, the most telling first; there are none in a concrete comment, as praise
	beside evidence does no harm. ``score`` is how likely the comment is concrete, 0 to 1 (0.5 and above
	is); a copied comment is vague whatever its score. ``reason`` and ``args`` say why in one sentence,
	``language`` is the one the comment is mostly written in, "zh" or "en".
	"""

	verdict: Verdict
	findings: tuple[Finding, ...]
	score: float
	language: str
	reason: str
	args: tuple[str, ...] = ()

	@property
	def concrete(self) -> bool:
		"""Whether the verdict is concrete."""
		return self.verdict is Verdict.CONCRETE

	@property
	def message(self) -> str:
		"""The reason in English."""
		return self.reason.format(*self.args)


def assess(text: str, *, earlier: Iterable[str] = (), lexicon: Lexicon | None = None) -> Assessment:
	"""Say whether ``text`` is vague or concrete, which parts of it are vague, and why.

	``earlier`` are comments written before (of this manager, or about this person): one that says the same
	in the same or nearly the same words makes ``text`` copied. Two comments with different numbers are not
	copies of each other: the figures of a month may be told in the same words each month. ``lexicon`` is the
	standard one unless a site has added words of its own (:meth:`Lexicon.extended`).

	The same arguments give the same answer; no text raises an error, and the time taken is in proportion to
	the length of the text.
	"""
	reading = read(text, lexicon or standard())
	if not any(c.isalnum() for c in text):
		finding = Finding(Kind.EMPTY, 0, len(text), text, REASONS[Kind.EMPTY])
		return Assessment(Verdict.VAGUE, (finding,), 0.0, reading.language, finding.reason)
	likely = _likely(reading)
	if is_copied(text, earlier):
		finding = Finding(Kind.COPIED, 0, len(text), text, REASONS[Kind.COPIED])
		return Assessment(
			Verdict.VAGUE, (finding, *_findings(reading)), likely, reading.language, finding.reason
		)
	if likely >= 0.5:
		quote = _evidence(reading)
		return Assessment(Verdict.CONCRETE, (), likely, reading.language, CONCRETE_REASON, (quote,))
	findings = _findings(reading)
	return Assessment(Verdict.VAGUE, findings, likely, reading.language, findings[0].reason, findings[0].args)


def share_of_concrete(comments: Sequence[str], *, lexicon: Lexicon | None = None) -> float | None:
	"""How many of a manager's ``comments``, in the order in which they were written, are concrete: percent,
	0 to 100. A comment that repeats an earlier one of them is not. None without comments."""
	if not comments:
		return None
	words = lexicon or standard()
	concrete = sum(
		assess(comment, earlier=comments[:i], lexicon=words).concrete for i, comment in enumerate(comments)
	)
	return 100 * concrete / len(comments)


# --- vague or concrete ----------------------------------------------------------------------------


def _likely(reading: Reading) -> float:
	"""The score of the most concrete part: one sentence, two that follow each other, or a short text as a whole.
	One sentence that says what happened makes up for any that do not; many that say nothing do not
	add up to one that says something."""
	counts = _by_sentence(reading)
	parts: list[Counts] = [*counts, *(together(counts[i : i + 2]) for i in range(len(counts) - 1))]
	if len(counts) == 3:
		parts.append(together(counts))
	return max((score(part, reading.language) for part in parts), default=0.0)


def _by_sentence(reading: Reading) -> list[Counts]:
	if len(reading.sentences) == 1:
		return [count(reading.tokens, reading.folded)]
	found: list[Counts] = []
	tokens = reading.tokens
	place = 0
	for number, _ in enumerate(reading.sentences):
		end = reading.sentences[number + 1][0] if number + 1 < len(reading.sentences) else len(reading.text)
		first = place
		while place < len(tokens) and tokens[place].start < end:
			place += 1
		found.append(count(tokens[first:place], reading.folded))
	return found


def _evidence(reading: Reading) -> str:
	"""The stretch that says most, to be quoted: the clause with the most evidence."""
	best, most = (0, len(reading.text)), -1
	tokens = [t for t in reading.tokens if t.kind in EVIDENCE_KINDS and t.kind != "cause"]
	place = 0
	for start, end in reading.clauses:
		number = 0
		while place < len(tokens) and tokens[place].start < end:
			number += 1
			place += 1
		if number > most:
			best, most = (start, end), number
	return _quote(reading.text[best[0] : best[1]])


def _quote(text: str) -> str:
	text = " ".join(text.split())
	return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1].rstrip() + "…"


# --- which parts, and why -------------------------------------------------------------------------


def _findings(reading: Reading) -> tuple[Finding, ...]:
	found: list[tuple[int, Finding]] = []
	for number, run in enumerate(_runs(reading)):
		kinds = {token.kind for token in run}
		for rank, (kind, why) in enumerate(_PRECEDENCE):
			if kind in kinds:
				start, end = run[0].start, run[-1].end
				part = reading.text[start:end]
				# words like “work” or “very” are worth a remark only where there is nothing else
				weak = why in (Kind.GENERIC, Kind.INTENSITY)
				order = (1000 + rank if weak else rank) * 100_000 + number
				found.append((order, Finding(why, start, end, part, REASONS[why], (_quote(part),))))
				break
	found.sort(key=lambda pair: pair[0])
	strong = [f for _, f in found if f.kind not in (Kind.GENERIC, Kind.INTENSITY)]
	if strong or found:
		return tuple(strong or [f for _, f in found])
	start, end = _inside(reading.text)
	part = reading.text[start:end]
	return (
		Finding(Kind.NOTHING_SPECIFIC, start, end, part, REASONS[Kind.NOTHING_SPECIFIC], (_quote(part),)),
	)


def _inside(text: str) -> tuple[int, int]:
	start = len(text) - len(text.lstrip())
	return start, max(start, len(text.rstrip()))


def _runs(reading: Reading) -> list[list[Token]]:
	"""Vague words that belong together: in one clause, with nothing but small words between them."""
	found: list[list[Token]] = []
	ends = [end for _, end in reading.clauses]
	place = 0
	open_run: list[Token] = []
	for token in reading.tokens:
		while place < len(ends) and token.start >= ends[place]:
			place += 1
			open_run = []
		if token.kind in NEUTRAL_KINDS:
			continue
		if token.kind in EVIDENCE_KINDS:
			open_run = []
		elif open_run:
			open_run.append(token)
		else:
			open_run = [token]
			found.append(open_run)
	return found


# --- copied ---------------------------------------------------------------------------------------

_WORD: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\W\d_\u3400-\u4dbf\u4e00-\u9fff]+|\d+")


def is_copied(text: str, earlier: Iterable[str]) -> bool:
	"""Whether ``text`` says the same as one of the comments ``earlier`` in the same or nearly the same words:
	case, punctuation, traditional and simplified characters apart, at least 80 % of the pairs of neighbouring
	words (Chinese: characters) are common to both (Jaccard), and the numbers are the same."""
	own: _Print | None = None
	for other in earlier:
		if own is None:
			own = _print_of(text)
			if not own.words:
				return False
		if _same(own, _print_of(other)):
			return True
	return False


@dataclass(frozen=True, slots=True)
class _Print:
	"""What is compared of a text."""

	words: tuple[str, ...]
	pairs: frozenset[tuple[str, str]]
	numbers: tuple[str, ...]


@lru_cache(maxsize=4096)
def _print_of(text: str) -> _Print:
	words = tuple(_WORD.findall(fold(text).lower()))
	return _Print(
		words,
		frozenset(pairwise(words)),
		tuple(sorted(w for w in words if w.isdigit())),
	)


def _same(one: _Print, other: _Print) -> bool:
	if one.words == other.words:
		return True
	if one.numbers != other.numbers or not one.pairs or not other.pairs:
		return False
	small, large = sorted((len(one.pairs), len(other.pairs)))
	if small < _NEAR * large:
		return False
	common = len(one.pairs & other.pairs)
	return common >= _NEAR * (small + large - common)
