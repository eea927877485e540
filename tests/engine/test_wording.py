"""Vague and concrete feedback: measured on labelled sentences, and held to what must always be so."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine.errors import ConfigurationError, InvalidInput
from perf_flow.engine.wording import (
	Entry,
	Kind,
	Verdict,
	assess,
	compose,
	is_copied,
	share_of_concrete,
	standard,
)
from perf_flow.engine.wording.judge import REASONS
from perf_flow.engine.wording.lexicon import DATA, EVIDENCE_KINDS, PATTERN_KINDS, TERM_KINDS, rows
from perf_flow.engine.wording.reading import fold, read
from perf_flow.engine.wording.scoring import MEASURES, count, measures, weights

ROOT = Path(__file__).parents[2]
LABELLED = Path(__file__).parent / "data" / "wording"


@cache
def labelled(name: str) -> tuple[tuple[str, str, str, str], ...]:
	"""label, language, industry and sentence of each line of a file."""
	with (LABELLED / name).open(encoding="utf-8", newline="") as f:
		read_ = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
	assert read_[0] == ["label", "language", "industry", "sentence"]
	return tuple((a, b, c, d) for a, b, c, d in read_[1:])


# --- the labelled sentences -----------------------------------------------------------------------


def test_the_set_is_large_and_even():
	train, test = labelled("train.tsv"), labelled("test.tsv")
	assert len(train) + len(test) >= 600
	sentences = [row[3] for row in (*train, *test)]
	assert len(set(sentences)) == len(sentences), "a sentence is in both halves, or twice"
	for half in (train, test):
		for language in ("zh", "en"):
			own = [row for row in half if row[1] == language]
			vague = sum(row[0] == "vague" for row in own)
			assert len(own) >= 140
			assert 0.4 <= vague / len(own) <= 0.6
	assert len({row[2] for row in (*train, *test)}) >= 20


@pytest.mark.parametrize("language", ["zh", "en"])
def test_unseen_sentences(language: str):
	"""The test half was not used to choose words, patterns or weights (data/wording/README.md)."""
	own = [row for row in labelled("test.tsv") if row[1] == language]
	pairs = [(row[0], assess(row[3]).verdict.value, row[3]) for row in own]
	for positive in ("vague", "concrete"):
		right = sum(a == b == positive for a, b, _ in pairs)
		precision = right / sum(b == positive for _, b, _ in pairs)
		recall = right / sum(a == positive for a, _, _ in pairs)
		f1 = 2 * precision * recall / (precision + recall)
		wrong = [p for p in pairs if p[0] != p[1]]
		assert min(precision, recall, f1) >= 0.95, (positive, precision, recall, f1, wrong)


def test_what_can_be_looked_up_is_not_called_vague():
	"""Concrete sentences with a number, date or document: at most 2 % are called vague."""
	own = [
		row[3]
		for row in labelled("test.tsv")
		if row[0] == "concrete"
		and {t.kind for t in read(row[3], standard()).tokens}
		& {"quantity", "date", "when", "document", "numeral"}
	]
	assert len(own) >= 80
	wrong = [s for s in own if not assess(s).concrete]
	assert len(wrong) <= 0.02 * len(own), wrong


HARD = [
	# vague, however it is decorated
	("vague", "给 100 分"),
	("vague", "100% committed"),
	("vague", "第一名的态度"),
	("vague", "in 2025 he did a good job"),
	("vague", "24/7 dedication"),
	("vague", "一直以来表现都很好"),
	("vague", "three thumbs up"),
	("vague", "表现良好"),
	("vague", "继续努力"),
	("vague", "good job, keep it up"),
	("vague", "沟通能力待提升"),
	("vague", "next month please pay more attention"),
	# concrete, without a number
	("concrete", "把客户退回的三通阀样件当天拆检并把结论发给了质量部"),
	("concrete", "rewrote the hand-over checklist after the night shift missed the torque step"),
	("concrete", "主动联系承运商改走铁路，避免了停线"),
	("concrete", "from Monday, log each deviation in QI before releasing the lot"),
	# praise and evidence
	("concrete", "做得很好！客户来电当天就把退回的阀门拆检了，结论发给了质量部。"),
	("concrete", "Great work. You opened the returned valves the same day and sent the findings to quality."),
]


@pytest.mark.parametrize(("verdict", "sentence"), HARD)
def test_hard_cases(verdict: str, sentence: str):
	assert assess(sentence).verdict.value == verdict


# --- which part, and why --------------------------------------------------------------------------


@pytest.mark.parametrize(
	("sentence", "kind", "part"),
	[
		("", Kind.EMPTY, ""),
		(" …！ ", Kind.EMPTY, " …！ "),
		("😀👍", Kind.EMPTY, "😀👍"),
		("张工工作认真负责。", Kind.TRAIT, "工作认真负责"),
		("He is a great team player.", Kind.PRAISE, "great team player"),
		("Very reliable.", Kind.TRAIT, "Very reliable"),
		("继续努力", Kind.ENCOURAGEMENT, "继续努力"),
		("Good job, keep it up!", Kind.ENCOURAGEMENT, "keep it up"),
		("表現良好", Kind.PRAISE, "表現良好"),
		("给 100 分", Kind.DECORATION, "给 100 分"),
		("沟通能力待提升", Kind.DEFICIENCY, "沟通能力待提升"),
		("Needs to improve communication.", Kind.DEFICIENCY, "Needs to improve communication"),
		("希望多沟通", Kind.REQUEST, "希望多沟通"),
		("非常非常", Kind.INTENSITY, "非常非常"),
		("完成了工作任务", Kind.GENERIC, "完成了工作任务"),
		("石头", Kind.NOTHING_SPECIFIC, "石头"),
	],
)
def test_findings_say_which_part(sentence: str, kind: Kind, part: str):
	found = assess(sentence)
	assert not found.concrete
	assert (kind, part) in [(f.kind, f.text) for f in found.findings]
	first = found.findings[0]
	assert found.reason == first.reason == REASONS[first.kind]
	assert "{" not in found.message


def test_every_reason_fits_its_arguments():
	assert set(REASONS) == set(Kind)
	for kind, reason in REASONS.items():
		assert reason.count("{0}") == (0 if kind in (Kind.EMPTY, Kind.COPIED) else 1)


def test_concrete_comment_quotes_its_evidence():
	found = assess("表现很好，11月12日把退回的三通阀拆检了")
	assert found.concrete
	assert found.findings == ()
	assert found.args == ("11月12日把退回的三通阀拆检了",)
	assert found.language == "zh"


# --- copied ---------------------------------------------------------------------------------------

LONG = "把客户退回的三通阀样件当天拆检并把结论发给了质量部"


@pytest.mark.parametrize(
	("text", "earlier", "copied"),
	[
		(LONG, LONG, True),
		(f"  {LONG}！", LONG, True),
		("把客戶退回的三通閥樣件當天拆檢並把結論發給了質量部", LONG, True),
		(LONG.replace("当天", "当日"), LONG, True),
		(
			"Closed 14 tickets for Nordwind in one night.",
			"closed 14 tickets for nordwind, in one night",
			True,
		),
		(
			"Closed 14 tickets for Nordwind in one night.",
			"Closed 9 tickets for Nordwind in one night.",
			False,
		),
		("Fixed the printer in the office.", "Fixed the boiler in the kitchen.", False),
		("…", "!", False),
		(LONG, "", False),
	],
)
def test_copied(text: str, earlier: str, copied: bool):
	assert is_copied(text, [earlier]) is copied
	found = assess(text, earlier=["another comment", earlier])
	assert (found.findings[:1] != () and found.findings[0].kind is Kind.COPIED) is copied
	assert not (copied and found.concrete)


def test_share_of_concrete():
	assert share_of_concrete([]) is None
	assert share_of_concrete(["继续努力", LONG]) == 50.0
	assert share_of_concrete([LONG, LONG, "Closed 14 tickets in one night.", "good job"]) == 50.0


# --- more words -----------------------------------------------------------------------------------


def test_added_words_and_patterns_count():
	assert assess("Absolutely zorptastic!").findings[0].text != "Absolutely zorptastic"
	more = standard().extended(
		[
			Entry("en", "filler", "zorptastic"),
			Entry("zh", "trait", "狼人精神"),
			Entry("zh", "document", r"厂文\d{3}", pattern=True),
		]
	)
	assert assess("Absolutely zorptastic!", lexicon=more).findings[0].text == "Absolutely zorptastic"
	assert [t.kind for t in read("狼人精神", more).tokens] == ["trait"]
	assert [t.kind for t in read("厂文123", more).tokens] == ["document"]
	again = more.extended([Entry("en", "action", "zorp")])
	assert read("zorped", again).tokens[0].past
	assert [t.kind for t in read("厂文123", again).tokens] == ["document"]
	assert more.extended([]) is more
	assert standard().entries == ()


@pytest.mark.parametrize(
	"entry",
	[
		Entry("fr", "filler", "bien"),
		Entry("en", "nonsense", "word"),
		Entry("en", "filler", "  "),
		Entry("en", "filler", "a.*", pattern=True),
		Entry("en", "document", "[", pattern=True),
		Entry("en", "document", "x*", pattern=True),
		Entry("en", "document", "(a+)+b", pattern=True),
		Entry("en", "document", "(?:a|aa)+b", pattern=True),
		Entry("en", "document", "(a)", pattern=True),
		Entry("en", "document", "a" * 201, pattern=True),
	],
)
def test_entries_that_cannot_be_used_are_refused(entry: Entry):
	with pytest.raises(ConfigurationError):
		standard().extended([entry])


def test_data_files_are_whole():
	for language in ("zh", "en"):
		known = rows(f"{language}.csv")
		assert {row["kind"] for row in known} <= TERM_KINDS | {"head", "irregular"}
		assert all(row["term"] == row["term"].strip() != "" for row in known)
		assert set(weights()[language]) == {*MEASURES, "bias"}
		assert all(weights()[language][name] * sign >= 0 for name, sign in MEASURES.items())
	assert {row["kind"] for row in rows("patterns.csv")} == set(PATTERN_KINDS)
	assert fold("執行力很強，１００％") == "执行力很强，100%"


# --- what always holds ----------------------------------------------------------------------------

WORDS = st.sampled_from(
	"工作 认真 负责 很好 把 样件 拆检 了 100% 3月 下周三 SO-0012 good job the report sent on Monday 24/7 keep it up "
	"，。 。 , . \n 😀 \u202e \u200f ２ 條 ﷽ ß İ -".split(" ")
)
TEXTS = st.one_of(
	st.text(max_size=200),
	st.lists(WORDS, max_size=40).map(" ".join),
	st.lists(WORDS, max_size=40).map("".join),
)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_assessed(text: str):
	found = assess(text)
	assert found == assess(text)
	assert 0 <= found.score <= 1
	assert found.concrete == (found.findings == ())
	for finding in found.findings:
		assert 0 <= finding.start <= finding.end <= len(text)
		assert text[finding.start : finding.end] == finding.text
		assert "{0}" not in finding.reason or len(finding.args) == 1
	reading = read(text, standard())
	assert len(reading.folded) == len(text)
	assert all(a.end <= b.start for a, b in pairwise(reading.tokens))


EVIDENCE = {
	"zh": "。11月12日把退回的40件样件拆检了。",
	"en": ". On 12 November he replaced 40 valves in 3 hours.",
}


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_evidence_never_makes_a_comment_vague(text: str):
	"""An act with a date and an amount is concrete by itself, and stays so whatever stands before it."""
	for addition in EVIDENCE.values():
		assert assess(text + addition).concrete or assess(text).verdict is Verdict.VAGUE
	found = assess(text)
	if found.concrete:
		assert assess(text + EVIDENCE[found.language]).concrete


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.sampled_from(sorted(EVIDENCE_KINDS)))
def test_more_evidence_never_lowers_the_score(text: str, kind: str):
	reading = read(text, standard())
	counts = count(reading.tokens, reading.folded)
	more = {**counts, kind: counts.get(kind, 0.0) + 1}
	for language in ("zh", "en"):
		known = weights()[language]
		before, after = measures(counts), measures(more)
		assert sum(known[n] * (after[n] - before[n]) for n in MEASURES) >= -1e-9


@pytest.mark.parametrize(
	"piece", ["表现良好，", "a", "good ", "(", "1", "。", "把", "１2%", "- ", "\u202e", "x'"]
)
def test_a_very_long_text_is_assessed(piece: str):
	text = piece * (100_000 // len(piece))
	found = assess(text, earlier=[text[:-1]])
	assert found.verdict in Verdict


# --- composing ------------------------------------------------------------------------------------


def test_compose_chinese():
	parts = ("3月12日的客诉", "当天拆检了样件。", "客户没有停线", "SO-0012", "zh")
	assert compose(*parts) == "在3月12日的客诉中，你当天拆检了样件，客户没有停线（来源：SO-0012）。"
	assert compose("试产当天", "他换了夹具", "", "", "zh") == "试产当天，他换了夹具。"


def test_compose_english():
	parts = (
		"the complaint of 12 March",
		"Opened the valves the same day.",
		"the line kept running",
		"SO-0012",
		"en",
	)
	assert compose(*parts) == (
		"In the complaint of 12 March, you opened the valves the same day; as a result, the line kept running"
		" (source: SO-0012)."
	)
	assert compose("", "PPAP papers were sent", "so the lot was released", "", "en") == (
		"You PPAP papers were sent, so the lot was released."
	)
	assert compose("On Monday", "he fixed the press", "", "", "en") == "On Monday, he fixed the press."


def test_compose_refuses():
	with pytest.raises(InvalidInput):
		compose("a", " .", "b", "c", "en")
	with pytest.raises(InvalidInput):
		compose("a", "b", "c", "d", "fr")


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text(), st.text(), st.text(), st.sampled_from(["zh", "en"]))
def test_compose_keeps_the_words(situation: str, behaviour: str, impact: str, source: str, language: str):
	try:
		text = compose(situation, behaviour, impact, source, language)
	except InvalidInput:
		return
	assert text[-1] in ".。"
	assert "\n" not in text
	assert " ".join(source.split()) in text


# --- on the command line --------------------------------------------------------------------------


def run(given_: bytes, **environment: str) -> list[list[str]]:
	result = subprocess.run(
		[sys.executable, "-S", "-m", "perf_flow.engine.wording"],
		input=given_,
		capture_output=True,
		cwd=ROOT,
		env={"PATH": os.environ["PATH"], **environment},
	)
	assert result.returncode == 0, result.stderr
	assert result.stderr == b""
	return [line.split("\t") for line in result.stdout.decode("utf-8").split("\n")[:-1]]


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_command_line(locale: str):
	"""Without any package (-S), from a plain checkout, in any locale."""
	lines = run(
		"工作认真负责\n\ngood job, keep it up\r\n把样件当天拆检了\n\nSent 40 valves to Lyon on Monday.".encode(),
		LC_ALL=locale,
		PYTHONUTF8="0",
		PYTHONCOERCECLOCALE="0",
	)
	assert [line[0] for line in lines] == ["vague", "vague", "vague", "concrete", "vague", "concrete"]
	assert lines[0][1].startswith("“工作认真负责”说的是人的品质")
	assert lines[2][1].startswith("“keep it up” encourages")
	assert all(len(line) == 2 and line[1] for line in lines)


def test_command_line_takes_any_bytes():
	assert len(run(b"\xef\xbb\xbfok\n\xff\xfe\n\x00\x07\tgood\tjob\n")) == 3
	assert run(b"") == []


def test_command_line_streams():
	"""The answer to a line comes before the next line is given."""
	with subprocess.Popen(
		[sys.executable, "-m", "perf_flow.engine.wording"],
		stdin=subprocess.PIPE,
		stdout=subprocess.PIPE,
		cwd=ROOT,
	) as process:
		assert process.stdin and process.stdout
		for _ in range(2):
			process.stdin.write("加油\n".encode())
			process.stdin.flush()
			assert process.stdout.readline().startswith(b"vague\t")
		process.stdin.close()
		assert process.wait(timeout=30) == 0


def test_no_frappe_and_no_package_is_needed():
	program = (
		"import sys, perf_flow.engine.wording, perf_flow.engine.wording.__main__\n"
		"own = {m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)\n"
		"print(sorted(m for m in own if not m.startswith('_')))"
	)
	result = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, cwd=ROOT)
	assert result.stdout.strip() == "['perf_flow']", result.stdout + result.stderr


def test_data_files_are_in_the_package():
	manifest = (ROOT / "MANIFEST.in").read_text("utf-8")
	assert {f"*{path.suffix}" for path in DATA.iterdir()} <= set(manifest.split())
