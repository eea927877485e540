"""Reads a comment: where its words are and of which kind each is.

Nothing is learnt here and nothing depends on the words around a comment. Chinese is cut by the longest
known term at each place (no segmenter); English by phrases, words and their endings. Two things help
with what no list can contain. Words that say nothing are few and known, words that say something are
without number: what is *not* known counts as evidence (kind ``other``). And typical shapes are read as
what they are: the Chinese four-character clause without a thing or a number in it, the unknown pair of
characters before 能力 or 意识, English words ending in -ness or -ful (kind ``soft``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from perf_flow.engine.wording.lexicon import Lexicon, deletions, lines


@dataclass(frozen=True, slots=True)
class Token:
	"""A stretch of the text, ``start`` to ``end`` (characters, end excluded), of a ``kind``; ``past`` is
	whether an English word stands in a form of the past."""

	kind: str
	start: int
	end: int
	past: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
	"""A comment as read: its ``tokens`` in order, the ``sentences`` and ``clauses`` (start and end of each)
	and its ``language``, "zh" or "en"."""

	text: str
	folded: str
	language: str
	tokens: tuple[Token, ...]
	sentences: tuple[tuple[int, int], ...]
	clauses: tuple[tuple[int, int], ...]


HAN: Final = r"\u3400-\u4dbf\u4e00-\u9fff"
_RUN: Final = re.compile(rf"[{HAN}]+|[^\W\d_{HAN}]+(?:['’][^\W\d_{HAN}]+)*|\d+|[^\s]")
_HAN: Final = re.compile(rf"[{HAN}]")
_LATIN: Final = re.compile(rf"[^\W\d_{HAN}]+")
_SENTENCE: Final = re.compile(r"[。！？!?\n;；]+|\.(?=\s|$)")
_CLAUSE: Final = re.compile(r"[。！？!?\n;；，,、：:…—]+|\.(?=\s|$)|\s-\s")
# longer than any word of the lexicon
_LONGEST_WORD: Final = 24
_SMALL: Final = ("n't", "'s", "'re", "'ve", "'ll", "'d", "'m", "'")
_SOFT: Final = re.compile(
	r"(?:ness|ship|ism|ful|fully|able|ably|ible|ibly|ous|ously|ively|ality|ility|ently|antly|edly)$"
)
_VAGUE_OF_ENGLISH: Final = frozenset(("trait", "praise", "critic", "degree"))


@cache
def _table() -> dict[int, str]:
	"""Traditional characters and full-width forms to what the lexicon is written in. One character stays
	one character, so that places in the folded text are places in the text."""
	table = {ord(pair[0]): pair[1] for pair in lines("traditional.txt")}
	for code in (*range(0xFF01, 0xFF5F), 0x3000):
		table.setdefault(code, unicodedata.normalize("NFKC", chr(code)))
	# these stay what they are: they end Chinese sentences and clauses
	for mark in "，。！？；：":
		table[ord(mark)] = mark
	table[ord("’")] = "'"
	return table


def fold(text: str) -> str:
	"""``text`` in simplified characters and half-width letters and digits, of the same length."""
	return text.translate(_table())


def language_of(text: str) -> str:
	"""The language a comment is mostly written in: "zh" or "en". Two Chinese characters weigh as one word."""
	han = len(_HAN.findall(text))
	return "zh" if han and han >= len(_LATIN.findall(text)) else "en"


def read(text: str, lexicon: Lexicon) -> Reading:
	"""Read ``text``. Never fails; takes time in proportion to its length."""
	folded = fold(text)
	clauses = _cut(folded, _CLAUSE)
	found: list[Token] = []
	place = 0
	for match in lexicon.patterns.finditer(folded):
		if match.start() > place:
			_read_words(folded, place, match.start(), lexicon, found)
		found.append(Token(match.lastgroup or "other", match.start(), match.end()))
		place = match.end()
	_read_words(folded, place, len(folded), lexicon, found)
	_soften_manners(found, folded)
	_soften_heads(found, folded)
	return Reading(
		text=text,
		folded=folded,
		language=language_of(folded),
		tokens=tuple(_soften_clauses(found, clauses, folded)),
		sentences=tuple(_cut(folded, _SENTENCE)),
		clauses=tuple(clauses),
	)


def _cut(text: str, mark: re.Pattern[str]) -> list[tuple[int, int]]:
	found, place = [], 0
	for match in mark.finditer(text):
		if match.start() > place:
			found.append((place, match.start()))
		place = match.end()
	if place < len(text):
		found.append((place, len(text)))
	return found


def _read_words(text: str, start: int, end: int, lexicon: Lexicon, found: list[Token]) -> None:
	words: list[tuple[str, int, int]] = []
	for match in _RUN.finditer(text, start, end):
		run = match.group()
		if _HAN.match(run):
			_read_english(words, text, lexicon, found)
			words = []
			_read_chinese(run, match.start(), lexicon, found)
		elif run[0].isalpha():
			words += _parts(run, match.start())
		elif run != "-":
			_read_english(words, text, lexicon, found)
			words = []
			if run.isdigit():
				found.append(Token("numeral", match.start(), match.end()))
	_read_english(words, text, lexicon, found)


def _parts(run: str, start: int) -> list[tuple[str, int, int]]:
	"""A word without ’s, n’t and the like."""
	lower = run.lower()
	if len(lower) != len(run):
		lower = run
	for small in _SMALL:
		if lower.endswith(small):
			lower = lower[: -len(small)]
			break
	return [(lower, start, start + len(run))] if lower else []


# --- Chinese --------------------------------------------------------------------------------------


def _read_chinese(run: str, start: int, lexicon: Lexicon, found: list[Token]) -> None:
	terms, longest = lexicon.zh, lexicon.zh_longest
	place, unknown, size = 0, -1, len(run)
	while place < size:
		kind = None
		length = min(longest.get(run[place], 0), size - place)
		while length:
			kind = terms.get(run[place : place + length])
			if kind is not None:
				break
			length -= 1
		if kind is None:
			if unknown < 0:
				unknown = place
			place += 1
			continue
		if unknown >= 0:
			found.append(Token("other", start + unknown, start + place))
			unknown = -1
		found.append(Token(kind, start + place, start + place + length))
		place += length
	if unknown >= 0:
		found.append(Token("other", start + unknown, start + size))


def _soften_manners(found: list[Token], text: str) -> None:
	"""A verb before 得 only introduces how well it was done: 写得很好."""
	for i in range(1, len(found)):
		token, before = found[i], found[i - 1]
		if (
			before.end == token.start
			and text[token.start : token.end] == "得"
			and before.kind in ("action", "other")
			and before.end - before.start <= 3
		):
			found[i - 1] = Token("soft", before.start, before.end)


def _soften_heads(found: list[Token], text: str) -> None:
	"""Unknown characters right before 能力, 意识 … are part of a quality: 抗打击能力."""
	for i in range(1, len(found)):
		token, before = found[i], found[i - 1]
		if token.kind != "head" or before.end != token.start or not _HAN.match(text[before.start]):
			continue
		single = token.end - token.start == 1
		if before.kind == "other":
			if before.end - before.start <= (2 if single else 4):
				found[i - 1] = Token("soft", before.start, before.end)
			else:
				cut = before.end - 2
				found[i - 1] = Token("other", before.start, cut)
				found[i] = Token("head", cut, token.end)
		elif before.kind in ("action", "artefact", "event") and not single:
			found[i - 1] = Token("soft", before.start, before.end)


# what makes it certain that a clause tells of something
_FIRM: Final = frozenset(("event", "when", "date", "quantity", "document", "name", "cause"))
_WEIGHS: Final = frozenset(("action", "artefact", "other"))
_JUDGES: Final = frozenset(
	("filler", "encourage", "trait", "praise", "critic", "ask", "head", "decor", "idiom", "soft")
)
_DONE: Final = frozenset((*"了把将被给替没", "told", "went", "came", "gave", "said", "put", "made", "took"))


def _soften_clauses(found: list[Token], clauses: list[tuple[int, int]], text: str) -> list[Token]:
	"""Words that would be evidence do not count in a clause that judges and names nothing firm: 教研能力弱,
	“ships fast but quality is hit or miss”. Firm is a time, number, document, name or consequence, a
	finished act, or more evidence than judgement. A Chinese clause of exactly four characters with
	nothing firm judges as well, whatever it says."""
	place = 0
	for start, end in clauses:
		first = place
		while place < len(found) and found[place].start < end:
			place += 1
		inside = range(first, place)
		weighs = [i for i in inside if found[i].kind in _WEIGHS]
		if not weighs or any(
			found[i].kind in _FIRM or found[i].past or text[found[i].start : found[i].end].lower() in _DONE
			for i in inside
		):
			continue
		evidence = sum(_weight(found[i], text) for i in weighs)
		judged = sum(found[i].kind in _JUDGES for i in inside)
		clause = text[start:end].strip()
		four = len(clause) == 4 and all(_HAN.match(c) for c in clause)
		if four and any(found[i].kind in ("action", "artefact") for i in weighs):
			four = False
		if four or (judged and evidence <= max(1.5, 1.25 * judged)):
			for i in weighs:
				found[i] = Token("soft", found[i].start, found[i].end)
	return found


def _weight(token: Token, text: str) -> float:
	"""Two Chinese characters weigh as one word."""
	size = token.end - token.start
	return min(size / 2, 2.0) if _HAN.match(text[token.start]) else 1.0


# --- English --------------------------------------------------------------------------------------


def _read_english(words: list[tuple[str, int, int]], text: str, lexicon: Lexicon, found: list[Token]) -> None:
	place = 0
	while place < len(words):
		word, start, end = words[place]
		for parts, kind in lexicon.en_phrases.get(word, ()):
			size = len(parts)
			if place + size <= len(words) and all(words[place + k][0] == parts[k] for k in range(1, size)):
				found.append(Token(kind, start, words[place + size - 1][2]))
				place += size
				break
		else:
			kind, past = _kind_of(word, lexicon)
			if past and place and _not_past(words[place - 1][0], word):
				past = False
			if kind == "other" and text[start].isupper():
				kind = _kind_of_name(text, start, end, word)
			found.append(Token(kind, start, end, past))
			place += 1


# forms that are present as well as past, and the words before which they are not past
_UNCHANGED: Final = frozenset(
	"cut read hit set put shut let split hurt cast cost spread quit reset run upset rerun overrun misread left".split()
)
_BEFORE_INFINITIVE: Final = frozenset(
	"to should can could will would must may might not do does did never please".split()
)
_BEFORE_PARTICIPLE: Final = frozenset("be is are been being get gets becomes become feel feels".split())


def _not_past(before: str, word: str) -> bool:
	"""“to read”, “can be counted on”: not a form that tells of the past."""
	return before in _BEFORE_PARTICIPLE or (word in _UNCHANGED and before in _BEFORE_INFINITIVE)


def _kind_of_name(text: str, start: int, end: int, word: str) -> str:
	"""A word that nobody knows and that is written with a capital: at the beginning of a sentence it may be
	the name of the person who is spoken of, elsewhere it names something."""
	shouted = text[start:end].isupper() and end - start > 1
	before = text[:start].rstrip()[-1:]
	if not shouted and (not before or before in ".!?。！？\n") and not word.endswith(("ed", "ing")):
		return "person"
	return "name"


def _kind_of(word: str, lexicon: Lexicon) -> tuple[str, bool]:
	"""The kind of a word in lower case, and whether it is an action in a form of the past."""
	if word in lexicon.pasts:
		return "action", True
	known = lexicon.en.get(word)
	if known is not None and known not in ("action", "artefact"):
		return known, False
	bases = _bases(word)
	if word.endswith("ed"):
		for base in bases:
			if base in lexicon.actions:
				return "action", True
	if known is not None:
		return known, False
	for base in bases:
		kind = lexicon.en.get(base)
		if kind is not None:
			return kind, kind == "action" and word.endswith("ed")
	if 7 <= len(word) <= _LONGEST_WORD:
		for form in deletions(word):
			kind = lexicon.misspelt.get(form)
			if kind is not None:
				return kind, False
		if _SOFT.search(word):
			return "soft", False
	if word.endswith("ly") and len(word) >= 6:
		kind = lexicon.en.get(word[:-2])
		return (kind if kind in _VAGUE_OF_ENGLISH else "soft"), False
	if len(word) < 3:
		return "stop", False
	return "other", word.endswith("ed") and len(word) > 4


def _bases(word: str) -> list[str]:
	"""What an inflected word may come from."""
	found: list[str] = []
	if word.endswith("ies") or word.endswith("ied"):
		found.append(word[:-3] + "y")
	if word.endswith("s") and not word.endswith("ss"):
		found += [word[:-1], word[:-2]] if word.endswith("es") else [word[:-1]]
	for ending in ("ed", "ing"):
		if word.endswith(ending) and len(word) > len(ending) + 2:
			stem = word[: -len(ending)]
			found += [stem, stem + "e"]
			if len(stem) > 3 and stem[-1] == stem[-2]:
				found.append(stem[:-1])
	if word.endswith("er") and len(word) > 5:
		found += [word[:-2], word[:-1]]
	if word.startswith("re") and len(word) > 6:
		found += [base[2:] for base in (word, *found) if base.startswith("re") and len(base) > 5]
	if word.startswith(("un", "mis", "pre")) and len(word) > 7:
		cut = 2 if word.startswith("un") else 3
		found += [base[cut:] for base in tuple(found)]
	return found
