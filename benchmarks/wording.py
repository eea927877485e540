"""Fits and times the assessment of wording.

	python -m benchmarks.wording             sentences per second
	python -m benchmarks.wording fit         fit the weights on the train half and write them
	python -m benchmarks.wording folds       ten-fold cross-validation on the train half
	python -m benchmarks.wording FILE.tsv …  precision, recall and F1 on labelled sentences

Standard library only, and without chance: the same sentences give the same weights.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from math import exp
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from perf_flow.engine.wording import assess
from perf_flow.engine.wording.lexicon import DATA, LANGUAGES, standard
from perf_flow.engine.wording.reading import read
from perf_flow.engine.wording.scoring import MEASURES, count, measures

LABELLED = Path(__file__).parents[1] / "tests" / "engine" / "data" / "wording"
ROUNDS = 1500
PENALTY = 0.008
RATE = 0.5


class Sentence(NamedTuple):
	"""A labelled sentence."""

	label: str
	language: str
	industry: str
	text: str


def sentences(path: Path) -> list[Sentence]:
	"""The labelled sentences of a file."""
	with path.open(encoding="utf-8", newline="") as f:
		return [Sentence(*row) for row in list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]]


def vector(text: str) -> list[float]:
	"""The measures of a sentence, as numbers in the order of MEASURES, and the constant."""
	reading = read(text, standard())
	found = measures(count(reading.tokens, reading.folded))
	return [*(found[name] for name in MEASURES), 1.0]


def fit(rows: Sequence[Sequence[float]], labels: Sequence[float]) -> list[float]:
	"""Weights by logistic regression with an L2 penalty, each of the sign its measure has (gradient descent
	with projection). Both labels weigh the same."""
	signs = [*MEASURES.values(), 0]
	weights = [0.0] * len(signs)
	share = sum(labels) / len(labels)
	importance = [0.5 / share if label else 0.5 / (1 - share) for label in labels]
	size = len(rows)
	speed = [0.0] * len(signs)
	for _ in range(ROUNDS):
		slope = [0.0] * len(signs)
		for row, label, weight in zip(rows, labels, importance, strict=True):
			total = sum(w * x for w, x in zip(weights, row, strict=True))
			error = (1 / (1 + exp(-max(-60.0, min(60.0, total)))) - label) * weight
			for i, x in enumerate(row):
				if x:
					slope[i] += error * x
		for i, sign in enumerate(signs):
			pull = PENALTY * weights[i] if sign else 0.0
			speed[i] = 0.9 * speed[i] - RATE * 0.1 * (slope[i] / size + pull)
			weights[i] += speed[i]
			if sign and weights[i] * sign < 0:
				weights[i] = speed[i] = 0.0
	return weights


def write(found: dict[str, list[float]]) -> None:
	"""Keep the weights."""
	with (DATA / "weights.csv").open("w", encoding="utf-8", newline="") as f:
		writer = csv.writer(f, lineterminator="\n")
		writer.writerow(["language", "measure", "weight"])
		for language, weights in found.items():
			for name, weight in zip([*MEASURES, "bias"], weights, strict=True):
				writer.writerow([language, name, f"{weight:.4f}"])


def report(pairs: Sequence[tuple[str, str]]) -> str:
	"""Precision, recall and F1 of (label, verdict) pairs, of the verdict “vague”."""
	right = sum(a == b == "vague" for a, b in pairs)
	said = sum(b == "vague" for _, b in pairs)
	are = sum(a == "vague" for a, _ in pairs)
	precision, recall = right / max(said, 1), right / max(are, 1)
	f1 = 2 * precision * recall / max(precision + recall, 1e-9)
	wrong = sum(a != b for a, b in pairs)
	return f"n {len(pairs)}  precision {precision:.3f}  recall {recall:.3f}  F1 {f1:.3f}  wrong {wrong}"


def main(arguments: Sequence[str]) -> None:
	"""Run what the command line asks for."""
	if arguments and arguments[0] in ("fit", "folds"):
		kept = {}
		for language in LANGUAGES:
			own = [s for s in sentences(LABELLED / "train.tsv") if s.language == language]
			rows = [vector(s.text) for s in own]
			labels = [float(s.label == "concrete") for s in own]
			if arguments[0] == "fit":
				kept[language] = fit(rows, labels)
				continue
			pairs = []
			for fold in range(10):
				inside = [i for i in range(len(own)) if i % 10 != fold]
				weights = fit([rows[i] for i in inside], [labels[i] for i in inside])
				for i in range(fold, len(own), 10):
					total = sum(w * x for w, x in zip(weights, rows[i], strict=True))
					verdict = "concrete" if total >= 0 else "vague"
					pairs.append((own[i].label, verdict))
					if verdict != own[i].label:
						print(f"  {own[i].label}\t{total:.2f}\t{own[i].text}")
			print(language, report(pairs))
		if kept:
			write(kept)
		return
	if arguments:
		for argument in arguments:
			given = sentences(Path(argument))
			for language in LANGUAGES:
				pairs = [(s.label, assess(s.text).verdict.value) for s in given if s.language == language]
				print(f"{argument} {language} {report(pairs)}")
		return
	texts = [s.text for name in ("train.tsv", "test.tsv") for s in sentences(LABELLED / name)]
	assess(texts[0])
	for language in LANGUAGES:
		mine = [t for t in texts if read(t, standard()).language == language]
		best = 0.0
		for _ in range(5):
			start = perf_counter()
			for text in mine:
				assess(text)
			best = max(best, len(mine) / (perf_counter() - start))
		print(f"{language}: {len(mine)} sentences, {best:,.0f} a second")


if __name__ == "__main__":
	main(sys.argv[1:])
