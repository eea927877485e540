"""Weighs what a comment names against what it leaves open.

The measures of a comment are few, and each has a sign that is known beforehand: naming an act, a thing,
a time, a number never makes a comment vaguer, and a further adjective never makes it more concrete. The
weights in ``data/weights.csv`` are fitted under these signs (logistic regression, see
``benchmarks/wording.py``), on sentences that the tests do not use.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import exp, log1p
from typing import Final

from perf_flow.engine.wording.lexicon import rows
from perf_flow.engine.wording.reading import Token

# a measure and the sign its weight may have
MEASURES: Final[dict[str, int]] = {
	"acts": 1,
	"an_act": 1,
	"past": 1,
	"told": 1,
	"disposed": 1,
	"done": 1,
	"things": 1,
	"deviations": 1,
	"causes": 1,
	"times": 1,
	"amounts": 1,
	"measured": 1,
	"documents": 1,
	"names": 1,
	"others": 1,
	"act_on_thing": 1,
	"mass": 1,
	"pairs": 1,
	"filler": -1,
	"encouragement": -1,
	"traits": -1,
	"praise": -1,
	"weakness": -1,
	"stress": -1,
	"generic": -1,
	"asking": -1,
	"decoration": -1,
	"soft": -1,
	"asking_without_time": -1,
	"vague_share": -1,
	"no_act": -1,
	"timeless": -1,
}

_UNITS: Final = {
	"filler": 2.0,
	"encourage": 1.5,
	"trait": 1.0,
	"praise": 1.0,
	"critic": 1.0,
	"degree": 0.5,
	"generic": 0.7,
	"ask": 1.0,
	"head": 1.0,
	"decor": 2.0,
	"idiom": 1.0,
	"soft": 1.0,
}

_HAN_FIRST: Final = "\u3400"
_HAN_LAST: Final = "\u9fff"
# small words of the past: weak signs that something is told
_TOLD: Final = frozenset("came went gave took made told said got kept put saw 没 没有 先 又".split())
_WAS: Final = frozenset(("was", "were", "had", "did", "了", "后"))
_DISPOSAL: Final = frozenset("把将被替给向跟")

Counts = dict[str, float]


def count(tokens: Iterable[Token], text: str) -> Counts:
	"""How often each kind occurs among ``tokens`` of ``text``."""
	found: Counts = {}
	before: Token | None = None
	for token in tokens:
		kind = token.kind
		size = 1.0
		if kind in ("other", "action") and _HAN_FIRST <= text[token.start] <= _HAN_LAST:
			size = (token.end - token.start) / 2
			if kind == "action":
				size = min(size, 1.0)
		found[kind] = found.get(kind, 0.0) + size
		if token.past:
			found["past"] = found.get("past", 0.0) + 1
		word = text[token.start : token.end].lower()
		if kind == "stop" and word in _TOLD:
			found["told"] = found.get("told", 0.0) + 1
		elif kind == "stop" and word in _WAS:
			found["was"] = found.get("was", 0.0) + 1
		if word in _DISPOSAL:
			found["disposed"] = found.get("disposed", 0.0) + 1
		elif (
			word == "了"
			and before is not None
			and before.end == token.start
			and before.kind in ("action", "other", "event")
		) or (kind == "action" and len(word) > 1 and word[-1] in "了出到成完掉好上下"):
			found["done"] = found.get("done", 0.0) + 1
		before = token
	return found


def together(counts: Iterable[Counts]) -> Counts:
	"""Several counts as one."""
	found: Counts = {}
	for one in counts:
		for kind, number in one.items():
			found[kind] = found.get(kind, 0.0) + number
	return found


def measures(counts: Counts) -> dict[str, float]:
	"""The measures of a stretch of text, by name; those that are not there are 0."""
	get = counts.get
	acts, things, others = get("action", 0.0), get("artefact", 0.0), get("other", 0.0)
	events, names, documents = get("event", 0.0), get("name", 0.0), get("document", 0.0)
	amounts, causes = get("quantity", 0.0) + 0.5 * get("numeral", 0.0), get("cause", 0.0)
	times = get("when", 0.0) + get("date", 0.0)
	objects = things + others + events + names + documents
	concrete = acts + objects + times + amounts + 0.5 * causes
	vague = sum(weight * get(kind, 0.0) for kind, weight in _UNITS.items())
	asking = get("ask", 0.0)
	told = sum(get(sign, 0.0) for sign in ("past", "told", "was", "done", "disposed"))
	return {
		"acts": log1p(acts),
		"an_act": min(acts, 1.0),
		"past": min(get("past", 0.0), 2.0),
		"told": min(get("told", 0.0), 1.0) if objects >= 1 else 0.0,
		"disposed": min(get("disposed", 0.0), 1.0) if objects + acts >= 1 else 0.0,
		"done": min(get("done", 0.0), 2.0),
		"things": log1p(things),
		"deviations": min(events, 2.0),
		"causes": min(causes, 2.0) if objects + acts >= 1 else 0.0,
		"times": min(times, 2.0),
		"amounts": min(amounts, 2.0),
		"measured": 1.0
		if get("quantity") and acts + things + events + others + get("generic", 0.0) >= 1
		else 0.0,
		"documents": min(documents, 1.0),
		"names": min(names, 2.0),
		"others": log1p(others),
		"act_on_thing": 1.0 if acts and objects >= 1 else 0.0,
		"mass": log1p(concrete),
		"pairs": min(concrete, 8.0) / 8,
		"filler": log1p(get("filler", 0.0)),
		"encouragement": log1p(get("encourage", 0.0)),
		"traits": log1p(get("trait", 0.0) + get("head", 0.0)),
		"praise": log1p(get("praise", 0.0)),
		"weakness": log1p(get("critic", 0.0)),
		"stress": log1p(get("degree", 0.0)),
		"generic": log1p(get("generic", 0.0)),
		"asking": log1p(asking),
		"decoration": min(get("decor", 0.0), 2.0),
		"soft": log1p(get("soft", 0.0) + get("idiom", 0.0)),
		"asking_without_time": 1.0 if asking and not times + amounts + documents else 0.0,
		"vague_share": vague / (vague + concrete) if vague else 0.0,
		"timeless": 0.0 if times + amounts + documents + events + told else 1.0,
		"no_act": 0.0 if acts + get("past", 0.0) + get("done", 0.0) else 1.0,
	}


@cache
def weights() -> dict[str, dict[str, float]]:
	"""The fitted weights by language and measure; "bias" is the constant."""
	found: dict[str, dict[str, float]] = {}
	for row in rows("weights.csv"):
		found.setdefault(row["language"], {})[row["measure"]] = float(row["weight"])
	return found


def score(counts: Counts, language: str) -> float:
	"""How likely the text is concrete, 0 to 1; 0.5 and above counts as concrete."""
	known = weights()[language]
	total = known["bias"]
	for name, value in measures(counts).items():
		if value:
			total += known[name] * value
	return 1 / (1 + exp(-max(-60.0, min(60.0, total))))
