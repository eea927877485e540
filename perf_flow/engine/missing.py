"""What is still missing, and what is not right yet, in one sentence: the same one in the panel, on My flow, on the
marking screen and in messages.

Parts are templates with arguments, so that each reader gets them in their own language.
"""

from __future__ import annotations

from dataclasses import dataclass

from perf_flow.engine.errors import N_
from perf_flow.engine.model import Chain, Requirement, RequirementKind
from perf_flow.engine.verifier import EXCUSE_MISSING, Line, Reason, Verdict, verify

NEEDED = "{0}"
NEEDED_FILES = N_("{0} ({1} of {2} files)")
NEEDED_SIGNATURES = N_("{0} (signed by {1})")
WRONG = "{0}"
WRONG_WITHOUT = N_("{0} (accepted only with {1})")

STILL_MISSING = N_("Still missing: {0}.")
NOT_RIGHT = N_("Not right yet: {0}.")
MISSING_AND_NOT_RIGHT = N_("Still missing: {0}; not right yet: {1}.")


@dataclass(frozen=True, slots=True)
class Part:
	"""A part of the sentence: an English template, and what fills its placeholders: each one word of the configuration
	or a number, or several that are listed."""

	template: str
	args: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Missing:
	"""``needs`` are the mandatory requirements not satisfied, ``wrong`` the checks that keep the verdict from being
	achieved, each as a part of the sentence."""

	needs: tuple[Part, ...] = ()
	wrong: tuple[Part, ...] = ()

	@property
	def template(self) -> str:
		"""The sentence, with a placeholder for the needs and one for what is wrong, as far as there are any; empty
		when nothing is missing."""
		if self.needs and self.wrong:
			return MISSING_AND_NOT_RIGHT
		return STILL_MISSING if self.needs else NOT_RIGHT if self.wrong else ""


def missing(chain: Chain, verdict: Verdict | None = None) -> Missing:
	"""What keeps the current round of ``chain`` from being complete and right. With ``verdict``, one that was given
	earlier, it is told as it was then, without what was there of each piece."""
	if verdict is not None:
		labels = {r.key: r.label for r in chain.requirements}
		needs = tuple(Part(NEEDED, ((labels.get(key, key),),)) for key in verdict.missing)
		return Missing(needs, _wrong(verdict))
	needs = tuple(_need(chain, r) for r in chain.missing())
	return Missing(needs, _wrong(verify(chain)) if chain.checks else ())


def before_signing(chain: Chain) -> Missing:
	"""What has to be there before anybody can sign."""
	return Missing(tuple(_need(chain, r) for r in chain.missing_before_signing()))


def _need(chain: Chain, requirement: Requirement) -> Part:
	given = chain.pieces(requirement.key)
	label = (requirement.label,)
	if requirement.kind is RequirementKind.FILE and requirement.minimum > 1:
		return Part(NEEDED_FILES, (label, (str(len(given)),), (str(requirement.minimum),)))
	if requirement.kind is RequirementKind.SIGN_OFF and requirement.departments:
		signed = {e.value for e in given}
		return Part(NEEDED_SIGNATURES, (label, tuple(d for d in requirement.departments if d not in signed)))
	return Part(NEEDED, (label,))


def _wrong(verdict: Verdict) -> tuple[Part, ...]:
	"""Each failing check once, with what would make up for it."""
	return tuple(dict.fromkeys(_failing(line) for line in verdict.failing()))


def _failing(line: Line) -> Part:
	lacking = tuple(dict.fromkeys(arg for reason in line.reasons for arg in _excuses(reason)))
	if lacking:
		return Part(WRONG_WITHOUT, ((line.label,), lacking))
	return Part(WRONG, ((line.label,),))


def _excuses(reason: Reason) -> tuple[str, ...]:
	return reason.args if reason.template == EXCUSE_MISSING else ()
