"""The words and patterns the assessment knows, read from the files in ``data``.

``zh.csv`` and ``en.csv`` give each term one or more kinds, ``patterns.csv`` regular expressions. Whoever
runs a site adds entries of their own (:meth:`Lexicon.extended`); an added term takes the place of what
the files say about it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from perf_flow.engine.errors import N_, ConfigurationError

DATA: Final = Path(__file__).parent / "data"
LANGUAGES: Final = ("zh", "en")

# What a word may be. Evidence is what somebody could have seen or can look up.
VAGUE_KINDS: Final = frozenset(
	"filler encourage trait praise critic degree generic ask head decor idiom soft".split()
)
EVIDENCE_KINDS: Final = frozenset(
	"action artefact event when cause date numeral quantity document name other".split()
)
NEUTRAL_KINDS: Final = frozenset(("stop", "era", "person"))
TERM_KINDS: Final = frozenset(
	"filler encourage trait praise critic degree generic ask action artefact event when cause numeral stop".split()
)
PATTERN_KINDS: Final = ("decor", "person", "document", "date", "era", "quantity", "numeral")

# A term of several kinds is what stands first here.
_ORDER: Final = {
	"zh": "filler encourage trait critic praise degree ask head numeral action event when cause artefact generic stop",
	"en": "stop filler encourage degree ask critic praise trait numeral generic event when cause action artefact",
}
_LONGEST_PATTERN: Final = 200
_RISKY: Final = re.compile(r"[+*}][+*{]|\)[+*{]")


@dataclass(frozen=True, slots=True)
class Entry:
	"""One addition to the lexicon: a ``term``, or with ``pattern`` a regular expression, of a ``language``
	("zh" or "en") and a ``kind`` (one of TERM_KINDS, of a pattern one of PATTERN_KINDS)."""

	language: str
	kind: str
	term: str
	pattern: bool = False


@dataclass(frozen=True)
class Lexicon:
	"""What is known about words. Made by :func:`standard` and :meth:`extended`; not changed afterwards."""

	# term -> kind, and for each first character the length of the longest term
	zh: dict[str, str] = field(repr=False)
	zh_longest: dict[str, int] = field(repr=False)
	# word -> kind
	en: dict[str, str] = field(repr=False)
	# first word -> phrases, longest first, each with its kind
	en_phrases: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = field(repr=False)
	# words that name an action, and past forms that do not end in -ed
	actions: frozenset[str] = field(repr=False)
	pasts: frozenset[str] = field(repr=False)
	# vague words with one letter left out -> kind, for typing mistakes
	misspelt: dict[str, str] = field(repr=False)
	patterns: re.Pattern[str] = field(repr=False)
	entries: tuple[Entry, ...] = ()

	def extended(self, entries: Iterable[Entry]) -> Lexicon:
		"""This lexicon with ``entries`` added; a term that is known already takes the added kind.

		Raises ConfigurationError for an unknown language or kind, an empty term, and a pattern that is
		not a regular expression, matches the empty text, is longer than 200 characters, or has or repeats a
		group (it could take very long).
		"""
		added = tuple(entries)
		for entry in added:
			_check(entry)
		return _made((*self.entries, *added)) if added else self


def _check(entry: Entry) -> None:
	if entry.language not in LANGUAGES:
		raise ConfigurationError(
			entry.language, template=N_("Wording: {0} is not a language of the lexicon.")
		)
	kinds: Iterable[str] = PATTERN_KINDS if entry.pattern else TERM_KINDS
	if entry.kind not in kinds:
		raise ConfigurationError(entry.kind, template=N_("Wording: {0} is not a kind of word."))
	if not entry.term.strip():
		raise ConfigurationError(template=N_("Wording: a term is empty."))
	if entry.pattern:
		too_hard = len(entry.term) > _LONGEST_PATTERN or _RISKY.search(entry.term)
		try:
			compiled = re.compile(entry.term)
		except re.error as error:
			raise ConfigurationError(
				entry.term, str(error), template=N_("Wording: {0} is not a pattern: {1}")
			) from error
		if too_hard or compiled.groups or compiled.match(""):
			raise ConfigurationError(
				entry.term,
				template=N_(
					"Wording: the pattern {0} is too long, has or repeats groups, or matches the empty text."
				),
			)


@cache
def standard() -> Lexicon:
	"""The lexicon of the files in ``data``."""
	return _made(())


def rows(name: str) -> list[dict[str, str]]:
	"""The lines of a CSV file in ``data`` by column."""
	with (DATA / name).open(encoding="utf-8", newline="") as f:
		return list(csv.DictReader(f))


def lines(name: str) -> list[str]:
	"""The lines of a text file in ``data``."""
	return (DATA / name).read_text("utf-8").split()


def _made(entries: tuple[Entry, ...]) -> Lexicon:
	zh = dict.fromkeys(lines("soft_zh.txt"), "soft") | dict.fromkeys(lines("idioms.txt"), "idiom")
	zh.update(_ranked("zh"))
	words = dict.fromkeys(lines("soft_en.txt"), "soft") | _ranked("en")
	kinds = {(row["kind"], row["term"]) for row in rows("en.csv")}
	actions = {term for kind, term in kinds if kind == "action"}
	pasts = dict(term.split(":") for kind, term in kinds if kind == "irregular")
	for entry in entries:
		if entry.pattern:
			continue
		if entry.language == "zh":
			zh[entry.term.strip()] = entry.kind
		else:
			term = " ".join(entry.term.lower().replace("-", " ").split())
			words[term] = entry.kind
			(actions.add if entry.kind == "action" else actions.discard)(term)
	longest: dict[str, int] = {}
	for term in zh:
		longest[term[0]] = max(longest.get(term[0], 0), len(term))
	phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
	for term, kind in words.items():
		parts = tuple(term.split(" "))
		if len(parts) > 1:
			phrases.setdefault(parts[0], []).append((parts, kind))
	single = {term: kind for term, kind in words.items() if " " not in term}
	return Lexicon(
		zh=zh,
		zh_longest=longest,
		en=single,
		en_phrases={
			first: tuple(sorted(found, key=lambda p: (-len(p[0]), p))) for first, found in phrases.items()
		},
		actions=frozenset(actions | set(pasts.values())),
		pasts=frozenset(pasts),
		misspelt=_misspelt(single, actions),
		patterns=_patterns(entries),
		entries=entries,
	)


def _ranked(language: str) -> dict[str, str]:
	rank = {kind: number for number, kind in enumerate(_ORDER[language].split())}
	found: dict[str, str] = {}
	for row in sorted(rows(f"{language}.csv"), key=lambda r: -rank.get(r["kind"], 99)):
		if row["kind"] in rank:
			found[row["term"]] = row["kind"]
	return found


def _misspelt(words: dict[str, str], actions: set[str]) -> dict[str, str]:
	"""Vague words of at least seven letters with one letter left out; a word one typing mistake away
	shares such a form with it (the deletion neighbourhood of W. Garbe's SymSpell)."""
	found: dict[str, str] = {}
	for word, kind in words.items():
		if kind in VAGUE_KINDS and kind != "soft" and len(word) >= 7 and word not in actions:
			for form in deletions(word):
				found.setdefault(form, kind)
	return found


def deletions(word: str) -> list[str]:
	"""``word`` and its forms with one letter left out."""
	return [word, *(word[:i] + word[i + 1 :] for i in range(len(word)))]


def _patterns(entries: tuple[Entry, ...]) -> re.Pattern[str]:
	"""All patterns as one, in the order of PATTERN_KINDS, each kind a named group."""
	found: dict[str, list[str]] = {kind: [] for kind in PATTERN_KINDS}
	for entry in entries:
		if entry.pattern:
			found[entry.kind].append(entry.term)
	for row in rows("patterns.csv"):
		found[row["kind"]].append(row["pattern"])
	alternatives = "|".join(
		f"(?P<{kind}>{'|'.join(f'(?:{p})' for p in parts)})" for kind, parts in found.items() if parts
	)
	# none begins inside a Latin word
	return re.compile(f"(?:(?<![a-z])|(?![a-z]))(?:{alternatives})", re.IGNORECASE)
