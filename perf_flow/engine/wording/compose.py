"""Puts a first version of a concrete comment together, for the manager to edit.

The order is the one of the “situation – behaviour – impact” model of feedback (Center for Creative
Leadership): when and where, what the person did, what came of it; then where it can be looked up.
"""

from __future__ import annotations

import re
from typing import Final

from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.wording.lexicon import LANGUAGES

NO_BEHAVIOUR: Final = N_("Say what the person did: without it there is no sentence.")
_END: Final = " \t\r\n。．.!！?？;；,，、"
# the situation is a phrase of its own already
_PLACED_EN: Final = re.compile(
	r"(?:in|on|at|during|when|while|after|before|since|for|from|by|as|last|this|yesterday|today)\b",
	re.IGNORECASE,
)
_PLACED_ZH: Final = re.compile(r"[在当于自从]|.*(?:时|后|前|中|期间|当天|之际)$", re.DOTALL)
# the behaviour says already who
_PERSON_EN: Final = re.compile(r"(?:you|i|he|she|we|they)\b", re.IGNORECASE)
_PERSON_ZH: Final = re.compile(r"[你您我他她]")


def compose(situation: str, behaviour: str, impact: str, source: str, language: str) -> str:
	"""One sentence from a ``situation`` (“the complaint of 12 November”), a ``behaviour`` in the past (“opened the
	returned valves the same day”), an ``impact`` (“the cause was known before the next lot”) and a
	``source`` (a link or the name of a document), in ``language`` "zh" or "en". All but the behaviour may be empty and are then left
	out. The words are taken as they are; only spaces and closing marks around them go, so that the
	sentence has one end.

	Raises InvalidInput without a behaviour, and for another language.
	"""
	if language not in LANGUAGES:
		raise InvalidInput(language, template=N_("There are no sentences in the language {0}."))
	situation, behaviour, impact = (_bare(part) for part in (situation, behaviour, impact))
	source = " ".join(source.split())
	if not behaviour:
		raise InvalidInput(template=NO_BEHAVIOUR)
	return (
		_chinese(situation, behaviour, impact, source)
		if language == "zh"
		else _english(situation, behaviour, impact, source)
	)


def _bare(part: str) -> str:
	return " ".join(part.split()).strip(_END)


def _chinese(situation: str, behaviour: str, impact: str, source: str) -> str:
	who = "" if _PERSON_ZH.match(behaviour) else "你"
	text = f"{who}{behaviour}"
	if situation:
		text = f"{situation}，{text}" if _PLACED_ZH.match(situation) else f"在{situation}中，{text}"
	if impact:
		text += f"，{impact}"
	return text + (f"（来源：{source}）。" if source else "。")


def _english(situation: str, behaviour: str, impact: str, source: str) -> str:
	text = behaviour if _PERSON_EN.match(behaviour) else f"you {behaviour[0].lower()}{behaviour[1:]}"
	if behaviour[:2].isupper():
		text = f"you {behaviour}"
	if situation:
		text = f"{situation}, {text}" if _PLACED_EN.match(situation) else f"in {situation}, {text}"
	text = text[0].upper() + text[1:]
	if impact:
		text += (
			f"; as a result, {impact}" if not impact.lower().startswith(("so ", "which ")) else f", {impact}"
		)
	return text + (f" (source: {source})." if source else ".")
