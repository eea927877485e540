"""The two languages of the replay, from the translations of the app, without Frappe."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from perf_flow.engine.errors import FlowError, Words
from perf_flow.engine.verifier import Reason

LANGUAGES: Final = ("en", "zh")
TRANSLATIONS: Final = Path(__file__).parents[1] / "translations" / "zh.csv"

Say = Callable[..., str]
"""``say(template, *args)``: a template of the app in one language, filled in. ``context=`` as in the translations."""


@cache
def _chinese() -> dict[tuple[str, str], str]:
	with TRANSLATIONS.open(encoding="utf-8", newline="") as file:
		return {(row[0], row[2] if len(row) > 2 else ""): row[1] for row in csv.reader(file)}


def speaker(lang: str) -> Say:
	"""The ``say`` of a language, "zh" or "en"; what has no translation is said in English."""
	lines = _chinese() if lang == "zh" else {}

	def say(template: str, *args: object, context: str = "") -> str:
		text = lines.get((template, context)) or lines.get((template, "")) or template
		if not args:
			return text
		filled = [", ".join(map(say, a)) if isinstance(a, Words) else a for a in args]
		return text.format(*filled)

	return say


def say_reason(say: Say, reason: Reason) -> str:
	"""A reason as a sentence."""
	return say(reason.template, *reason.args)


def say_error(say: Say, error: FlowError) -> str:
	"""A refusal as a sentence."""
	return say(error.template, *error.args_)
