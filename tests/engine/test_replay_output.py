"""The brief as a page, a workbook and slides: they say the same, hold no foreign code, and can be read by everybody."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string, range_boundaries
from pptx import Presentation
from pptx.util import Emu

from perf_flow.engine.brief import Brief
from perf_flow.engine.health import ChainTimes, Stage
from perf_flow.replay.language import speaker
from perf_flow.replay.output import NAMES, slides, write
from perf_flow.replay.output.html import STYLE, page
from perf_flow.replay.output.numbers import Numbers, clean, rounded, shortened, width
from perf_flow.replay.output.story import Story
from tests.engine import replay_samples as samples

SHAPES = ("flow", "log", "empty", "week", "group", "many", "long", "running")
LANGUAGES = ("en", "zh")


@cache
def brief(shape: str) -> Brief:
	"""A sample."""
	return samples.samples()[shape]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
	"""Writes a sample once, and gives its folder."""
	made: dict[tuple[str, str], Path] = {}

	def folder(shape: str, lang: str) -> Path:
		if (shape, lang) not in made:
			made[shape, lang] = tmp_path_factory.mktemp(f"{shape}-{lang}")
			files = write(brief(shape), made[shape, lang], lang)
			assert [f.name for f in files] == list(NAMES)
		return made[shape, lang]

	return folder


# --- reading back -----------------------------------------------------------------------------------------


class Reader(HTMLParser):
	"""What stands in a page."""

	VOID = frozenset(("meta", "br", "col"))

	def __init__(self, text: str) -> None:
		super().__init__()
		self.tags: list[tuple[str, dict[str, str | None]]] = []
		self.data: dict[str, tuple[str | None, str]] = {}
		self.headings: list[tuple[int, str]] = []
		self.text = ""
		self._open: list[tuple[str, dict[str, str | None], int]] = []
		self.feed(text)
		self.close()
		assert not self._open, "elements are closed"

	def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		self.tags.append((tag, dict(attrs)))
		if tag not in self.VOID:
			self._open.append((tag, dict(attrs), len(self.text)))

	def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
		self.tags.append((tag, dict(attrs)))

	def handle_endtag(self, tag: str) -> None:
		opened, attributes, start = self._open.pop()
		assert opened == tag, f"{opened} is closed by {tag}"
		said = self.text[start:]
		if tag == "data" and attributes.get("id"):
			self.data[str(attributes["id"])] = attributes.get("value"), said
		if re.fullmatch("h[1-6]", tag):
			self.headings.append((int(tag[1]), said))

	def handle_data(self, data: str) -> None:
		if self._open and self._open[-1][0] != "style":
			self.text += data


class Sheets:
	"""A workbook whose formulas are worked out anew, by the few functions they use."""

	def __init__(self, path: Path) -> None:
		self.formulas = openpyxl.load_workbook(path)
		self.shown = openpyxl.load_workbook(path, data_only=True)
		self.names = self.formulas.sheetnames

	def value(self, sheet: str, cell: str) -> Any:
		"""The value of a cell, calculated."""
		held = self.formulas[sheet][cell]
		if held.data_type != "f":
			return held.value
		return self.calculate(sheet, str(held.value)[1:])

	def area(self, sheet: str, area: str) -> list[Any]:
		left, top, right, bottom = range_boundaries(area.replace("$", ""))
		letters = [openpyxl.utils.get_column_letter(c) for c in range(left, right + 1)]
		return [self.value(sheet, f"{c}{r}") for r in range(top, bottom + 1) for c in letters]

	def calculate(self, sheet: str, formula: str) -> Any:
		text = formula.replace('""', "EMPTY").replace("<>", "!=")
		text = re.sub(r"(?<![<>!=])=(?!=)", "==", text)

		def place(match: re.Match[str]) -> str:
			where = match["sheet"].replace("''", "'") if match["sheet"] else sheet
			kind = "AREA" if ":" in match["cells"] else "CELL"
			return f"{kind}({where!r}, {match['cells']!r})"

		cells = r"\$?[A-Z]{1,2}\$?\d+(?::\$?[A-Z]{1,2}\$?\d+)?"
		text = re.sub(rf"(?:'(?P<sheet>(?:[^']|'')+)'!)?(?P<cells>{cells})(?![\w(])", place, text)
		text = re.sub(r"\bIF\(", "CHOOSE(lambda: ", text)
		numbers = lambda held: [v for v in held if isinstance(v, int | float)]  # noqa: E731
		return eval(
			_lazy(text),
			{
				"AREA": self.area,
				"CELL": lambda s, c: self.value(s, c.replace("$", "")),
				"SUM": lambda *parts: sum(sum(numbers(p)) if isinstance(p, list) else p for p in parts),
				"COUNT": lambda held: len(numbers(held)),
				"LOOKUP": lambda _, held: numbers(held)[-1],
				"OR": lambda *parts: any(parts),
				"CHOOSE": lambda test, yes, no: yes() if test() else no(),
				"EMPTY": "",
			},
		)


def _lazy(text: str) -> str:
	"""The branches of IF as functions, so that only the chosen one is worked out."""
	out, depth, opened = "", 0, []
	for i, c in enumerate(text):
		out += c
		if c == "(":
			depth += 1
			if text[: i + 1].endswith("CHOOSE("):
				opened.append(depth)
		elif c == ")":
			if opened and opened[-1] == depth:
				opened.pop()
			depth -= 1
		elif c == "," and opened and opened[-1] == depth:
			out += " lambda: "
	return out


def percent_of(value: float | None) -> float | None:
	return None if value is None else value / 100


def close(found: Any, wanted: float | None) -> bool:
	if wanted is None:
		return found in (None, "")
	return found == pytest.approx(wanted, rel=1e-12, abs=1e-12)


# --- they say the same -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_shows_the_figures_of_the_brief(shape: str, lang: str, written: Any) -> None:
	made, n = brief(shape), Numbers(lang, samples.ZONE)
	found = Reader((written(shape, lang) / "brief.html").read_text("utf-8")).data
	total, health = made.total, made.total.health

	def shows(place: str, value: Any, text: str) -> None:
		assert found[f"figure-{place}"] == (None if value is None else str(value), text), place

	shown = n.percent(health.percent)
	assert found["figure-health"][0] == (None if health.percent is None else repr(health.percent))
	assert found["figure-health"][1].replace("\u00a0", "") == shown.replace("\u00a0", "")
	shows("closed-in-time", health.closed_in_time, n.count(health.closed_in_time))
	shows("closed-late", health.closed_late, n.count(health.closed_late))
	shows("open-past-target", health.late_open, n.count(health.late_open))
	shows("still-running", health.running, n.count(health.running))
	shows("void", health.void, n.count(health.void))
	shows("events", total.events, n.count(total.events))
	shows("broken", made.broken_total, n.count(made.broken_total))
	if total.closing.median is not None:
		shows("closing", repr(total.closing.median), n.decimal(total.closing.median))
	if shape != "log":
		if total.response.median is not None:
			shows("response", repr(total.response.median), n.decimal(total.response.median))
		shows(
			"complete",
			None if total.complete_percent is None else repr(total.complete_percent),
			n.percent(total.complete_percent),
		)
	else:
		assert "figure-response" not in found and "figure-complete" not in found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_formulas_give_the_figures_of_the_brief(shape: str, lang: str, written: Any) -> None:
	"""Both what a program that only shows reads, and what one that calculates works out."""
	made = brief(shape)
	book = Sheets(written(shape, lang) / "brief.xlsx")
	summary, weeks, departments, types, managers, stalls, deviations, broken, own, _about = book.names
	health = made.total.health

	def holds(sheet: str, cell: str, wanted: float | None) -> None:
		shown, worked_out = book.shown[sheet][cell].value, book.value(sheet, cell)
		assert close(shown, wanted), f"{sheet} {cell} shows {shown}, not {wanted}"
		assert close(worked_out, wanted), f"{sheet} {cell} gives {worked_out}, not {wanted}"

	wanted = (
		health.closed_in_time,
		health.closed_late,
		health.late_open,
		health.counted,
		health.running,
		health.void,
		made.total.events,
		made.broken_total,
	)
	holds(summary, "A5", percent_of(health.percent))
	for row, value in enumerate(wanted, 8):
		holds(summary, f"B{row}", value)
	labels = {book.shown[summary][f"A{row}"].value: row for row in range(8, 30)}
	say = speaker(lang)
	change = Story(made, lang).change()
	row = labels.get(say("Change in points"))
	assert (row is None) == (change is None)
	if change is not None:
		holds(summary, f"B{row - 2}", percent_of(change.first.percent))
		holds(summary, f"B{row - 1}", percent_of(change.last.percent))
		holds(summary, f"B{row}", change.points)

	for sheet, groups in (
		(weeks, [week.group for week in made.weeks]),
		(departments, made.departments),
		(types, made.event_types),
		(managers, made.managers),
	):
		for at, group in enumerate([*groups, *([made.total] if groups else [])], 2):
			figures = group.health
			counts = (
				figures.closed_in_time,
				figures.closed_late,
				figures.late_open,
				figures.running,
				figures.void,
			)
			for letter, value in zip("BCDEFG", (group.events, *counts), strict=True):
				holds(sheet, f"{letter}{at}", value)
			holds(sheet, f"H{at}", figures.counted)
			holds(sheet, f"I{at}", percent_of(figures.percent))
			holds(sheet, f"J{at}", group.closing.median)
			holds(sheet, f"K{at}", group.closing.p90)
			if shape != "log":
				holds(sheet, f"L{at}", group.response.median)
				holds(sheet, f"P{at}", percent_of(group.complete_percent))
	for at, week in enumerate(made.weeks, 2):
		assert book.shown[weeks][f"A{at}"].value.date() == week.start
		holds(weeks, f"{'L' if shape == 'log' else 'Q'}{at}", week.trend)
	if shape != "log":
		for at, step in enumerate(made.stalls.funnel() if made.stalls.recorded else (), 2):
			holds(stalls, f"B{at}", step.count)
			holds(stalls, f"C{at}", percent_of(step.percent))
			holds(stalls, f"D{at}", step.median_hours)
	for at, one in enumerate(made.deviations, 2):
		holds(deviations, f"D{at}", one.value / 100)
		holds(deviations, f"F{at}", one.difference)
	for at, chain in enumerate(made.broken, 2):
		assert book.shown[broken][f"A{at}"].value == chain.event
		holds(broken, f"J{at}", chain.hours_late)
	for at, person in enumerate(made.first, 2):
		assert book.shown[own][f"B{at}"].value == person.person
		holds(own, f"{'F' if shape == 'log' else 'G'}{at}", percent_of(person.in_time_percent))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_slides_show_the_figures_of_the_brief(shape: str, lang: str, written: Any) -> None:
	made = brief(shape)
	deck = Presentation(str(written(shape, lang) / "brief.pptx"))
	assert len(deck.slides) == 5
	charts = [[s.chart for s in slide.shapes if s.has_chart] for slide in deck.slides]
	values = [[list(c.plots[0].series[0].values) for c in of_slide] for of_slide in charts]
	health = made.total.health
	if not health.counted:
		assert values[0] == [] and values[1] == []
		return
	assert values[0] == [[health.closed_in_time, health.closed_late, health.late_open]]
	assert values[1] == [
		[pytest.approx(w.group.health.percent / 100) for w in made.weeks if w.group.health.counted]
	]
	if shape == "log":
		assert values[2] == [[pytest.approx(g.closing.median) for g in made.event_types[: slides.MOST_BARS]]]
	else:
		assert values[2] == [[step.count for step in made.stalls.funnel()]]
	for found, groups in zip(values[3], (made.departments, made.event_types), strict=True):
		known = [g.health.percent / 100 for g in groups if g.health.percent is not None][: slides.MOST_BARS]
		assert found == pytest.approx(sorted(known, reverse=True))
	first = " ".join(s.text_frame.text for s in deck.slides[0].shapes if s.has_text_frame)
	assert Numbers(lang, "UTC").percent(health.percent) in first


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice is not installed")
def test_libreoffice_works_out_the_same(written: Any, tmp_path: Path) -> None:
	"""Without the results that the file brings along, a real spreadsheet program finds them."""
	source = written("flow", "zh") / "brief.xlsx"
	bare = tmp_path / "bare.xlsx"
	taken = 0
	with zipfile.ZipFile(source) as old, zipfile.ZipFile(bare, "w") as new:
		for name in old.namelist():
			content = old.read(name)
			if name.startswith("xl/worksheets/sheet"):
				content, count = re.subn(rb"(</f>)<v>[^<]*</v>", rb"\1", content)
				taken += count
			new.writestr(name, content)
	assert taken > 50
	out = tmp_path / "out"
	home = f"-env:UserInstallation=file://{tmp_path}/home"
	command = ["soffice", home, "--headless", "--convert-to", "xlsx", "--outdir", str(out), str(bare)]
	subprocess.run(command, check=True, capture_output=True, timeout=300)
	wanted = openpyxl.load_workbook(source, data_only=True)
	found = openpyxl.load_workbook(out / "bare.xlsx", data_only=True)
	formulas = openpyxl.load_workbook(source)
	seen = 0
	for sheet in formulas:
		for row in sheet.iter_rows():
			for cell in row:
				if cell.data_type == "f":
					seen += 1
					value = wanted[sheet.title][cell.coordinate].value
					assert close(found[sheet.title][cell.coordinate].value, value), (
						sheet.title,
						cell.coordinate,
					)
	assert seen == taken


# --- nothing foreign comes in ------------------------------------------------------------------------------

HOSTILE = (
	'=HYPERLINK("http://evil.example","x")',
	"+1+1",
	"-2+3",
	"@SUM(A1)",
	"\t=1+1",
	"\r=1+1",
	"<script>alert(1)</script>",
	'"><img src=x onerror=alert(1)>',
	"' onmouseover='alert(1)",
	"</style><script>1</script>",
	"{0} {1} %s &amp; &P",
	"\x00\x1b[31m\u202egnp.exe",
	"http://evil.example/",
	"]]>" + "x" * 40_000,
	"\ud800 lone",
)


@cache
def hostile() -> Brief:
	"""A brief in which everything that comes from the files is hostile."""
	made = []
	for number in range(120):
		at = samples.BEGIN + timedelta(hours=number)
		word = HOSTILE[number % len(HOSTILE)]
		made.append(
			(
				ChainTimes(
					event=f"{word}{number}",
					event_type=HOSTILE[number % 3],
					company=word,
					department=word,
					employee=word,
					manager=HOSTILE[(number + 1) % len(HOSTILE)],
					pilot=False,
					recorded_at=at,
					target_at=at + timedelta(hours=1),
					closed_at=None if number % 2 else at + timedelta(hours=2),
					void=False,
					stage=Stage.EVIDENCE if number % 2 else Stage.CLOSED,
				),
				50.0,
			)
		)
	found = samples.brief(made, title=HOSTILE[6] + HOSTILE[0], names=HOSTILE[:1])
	# names as people read them come out of the files as well
	return replace(
		found, broken=tuple(replace(c, waits_for=HOSTILE[0], missing=HOSTILE[:7]) for c in found.broken)
	)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_html_comes_in(lang: str) -> None:
	text = page(hostile(), lang)
	found = Reader(text)
	known = {tag for tag, _ in Reader(page(brief("flow"), lang)).tags}
	assert {tag for tag, _ in found.tags} <= known
	assert not {tag for tag, _ in found.tags} & {
		"script",
		"img",
		"iframe",
		"object",
		"embed",
		"form",
		"base",
		"link",
	}
	names = Counter(name for _, attributes in found.tags for name in attributes)
	assert not [name for name in names if name.startswith("on") or name in ("src", "srcdoc", "action")]
	assert text.count("<style>") == 1 and text.count("</style>") == 1
	assert "<script>alert(1)</script>" in found.text
	assert "\x00" not in text and "\u202e" not in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_formula_comes_in(lang: str, tmp_path: Path) -> None:
	write(hostile(), tmp_path, lang)
	book = openpyxl.load_workbook(tmp_path / "brief.xlsx")
	allowed = re.compile(r"[A-Z0-9$:+\-*/(),=\"'!.]|[\u4e00-\u9fff]|[A-Za-z ]")
	texts = set()
	for sheet in book:
		for row in sheet.iter_rows():
			for cell in row:
				assert cell.hyperlink is None
				if cell.data_type == "f":
					assert re.match(r"=(IF|SUM|100\*\(|[A-Z]\d)", cell.value), cell.value
					assert not re.search(r"HYPERLINK|evil|@|\|", cell.value)
					assert all(allowed.fullmatch(c) for c in cell.value)
				elif isinstance(cell.value, str):
					texts.add(cell.value)
	assert any(text.startswith("=HYPERLINK(") for text in texts)
	assert any(text.startswith("@SUM") for text in texts)
	with zipfile.ZipFile(tmp_path / "brief.xlsx") as parts:
		assert not [name for name in parts.namelist() if "externalLink" in name]
		for name in parts.namelist():
			if name.endswith(".rels"):
				assert b'TargetMode="External"' not in parts.read(name)
	with zipfile.ZipFile(tmp_path / "brief.pptx") as parts:
		for name in parts.namelist():
			if name.endswith(".rels") and "embeddings" not in name:
				assert b"evil" not in parts.read(name)


def test_charts_of_the_slides_hold_no_formula(tmp_path: Path) -> None:
	"""The workbooks inside the charts hold names out of the files as well."""
	write(hostile(), tmp_path, "en")
	seen = 0
	with zipfile.ZipFile(tmp_path / "brief.pptx") as parts:
		for name in parts.namelist():
			if name.endswith(".xlsx"):
				path = tmp_path / f"chart{seen}.xlsx"
				path.write_bytes(parts.read(name))
				seen += 1
				for sheet in openpyxl.load_workbook(path):
					assert not [
						c for row in sheet.iter_rows() for c in row if c.data_type == "f" or c.hyperlink
					]
	assert seen >= 4


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_needs_nothing_else(shape: str, lang: str, written: Any) -> None:
	text = (written(shape, lang) / "brief.html").read_text("utf-8")
	found = Reader(text)
	policy = next(a["content"] for tag, a in found.tags if tag == "meta" and "http-equiv" in a)
	assert policy is not None and policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
	assert "script-src" not in policy
	assert [a["href"] for _, a in found.tags if "href" in a if not str(a["href"]).startswith("#")] == []
	named = set(re.findall(r"https?://[^\s\"'<>)]+", text))
	assert named <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
	assert not re.search(r"@import|url\((?!#)", text)


# --- everybody can read it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_page_is_built_for_everybody(shape: str, lang: str, written: Any) -> None:
	text = (written(shape, lang) / "brief.html").read_text("utf-8")
	found = Reader(text)
	assert ("html", {"lang": "zh-CN" if lang == "zh" else "en"}) in found.tags
	levels = [level for level, _ in found.headings]
	assert levels[0] == 1 and levels.count(1) == 1
	assert all(after <= before + 1 for before, after in pairwise(levels))
	ids = Counter(a["id"] for _, a in found.tags if "id" in a)
	assert [i for i, n in ids.items() if n > 1] == []
	targets = [str(a["href"])[1:] for tag, a in found.tags if tag == "a"]
	assert targets and set(targets) <= set(ids)
	assert not [a for tag, a in found.tags if tag == "th" and a.get("scope") not in ("row", "col")]
	pictures = [a for tag, a in found.tags if a.get("role") == "img"]
	assert len(pictures) == sum(tag == "svg" for tag, _ in found.tags)
	assert all(len(str(a["aria-label"])) > 20 for a in pictures)
	assert all(a.get("aria-hidden") == "true" for tag, a in found.tags if tag == "svg")


def test_ids_of_pictures_are_their_own(written: Any) -> None:
	"""Pictures in one page share its names: a clip of one must not cut another."""
	text = (written("flow", "en") / "brief.html").read_text("utf-8")
	assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(re.findall(r'id="([^"]+)"', text))


def _light(colour: str) -> float:
	parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
	red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
	return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, two: str) -> float:
	high, low = sorted((_light(one), _light(two)), reverse=True)
	return (high + 0.05) / (low + 0.05)


def test_text_stands_out_in_light_and_dark() -> None:
	"""WCAG 2.2 AA: 4.5 for text, 3 for what pictures are made of."""
	themes = re.findall(r":root \{(.*?)\}", STYLE.read_text("utf-8"), re.DOTALL)[:2]
	assert len(themes) == 2
	for theme in themes:
		colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", theme))
		for ground in ("page", "surface"):
			for text in ("ink", "muted", "good"):
				assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
			for shape in ("good", "late", "open"):
				assert _contrast(colours[shape], colours[ground]) >= 3, (shape, ground)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures_keep_their_text_and_take_their_colours_from_the_page(lang: str, written: Any) -> None:
	text = (written("flow", lang) / "brief.html").read_text("utf-8")
	drawn = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
	assert "装配车间" in re.sub(r"<[^>]*>", " ", drawn)
	assert set(re.findall(r"#[0-9a-f]{6}\b", drawn)) <= {"#ffffff"}
	assert "DejaVu" not in drawn and "sans-serif" not in drawn


@pytest.mark.parametrize("lang", LANGUAGES)
def test_empty_parts_say_so_in_words(lang: str) -> None:
	found = Reader(page(brief("empty"), lang))
	say = speaker(lang)
	for template in (
		"There is nothing to show: the files hold no events.",
		"There is nothing to draw yet: no week has a figure.",
		"No chain is broken: nothing was closed late or is open past its target.",
		"The files name nobody, so there is no brief for anybody.",
	):
		assert say(template) in found.text
	assert "None" not in found.text and "nan" not in found.text.lower().replace("finan", "")


def test_a_log_says_what_it_cannot_know() -> None:
	text = Reader(page(brief("log"), "en")).text
	assert "where they stall cannot be said" in text
	assert "Evidence completeness" not in text


def test_many_groups_are_cut_and_it_is_said() -> None:
	text = Reader(page(brief("many"), "en")).text
	assert "240 more with fewer events are in the workbook." in text


def test_a_page_of_one_language_holds_no_other(written: Any) -> None:
	"""Whatever the app says is in the reader's language; names come as they are."""
	text = Reader(
		page(
			samples.brief(samples.chains(departments=("甲", "乙"), types=("丙",)), title="丁", names=("戊",)),
			"zh",
		)
	).text
	english = [
		line
		for line in re.findall(r"[A-Za-z][A-Za-z ,]{14,}", text)
		if not re.match(r"Signed confirmation|A row without|Asia|SO|EV", line)
	]
	assert english == []


# --- slides ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_slides_are_made_for_a_meeting(shape: str, lang: str, written: Any) -> None:
	deck = Presentation(str(written(shape, lang) / "brief.pptx"))
	assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, rel=1e-3)
	for slide in deck.slides:
		assert slide.shapes.title.text_frame.text.strip()
		assert len(slide.notes_slide.notes_text_frame.text) > 10
		for shape_ in slide.shapes:
			assert shape_.left >= 0 and shape_.top >= 0
			assert shape_.left + shape_.width <= deck.slide_width + Emu(10)
			assert shape_.top + shape_.height <= deck.slide_height + Emu(10)
			if shape_.has_chart:
				assert shape_._element.nvGraphicFramePr.cNvPr.get("descr")
	with zipfile.ZipFile(written(shape, lang) / "brief.pptx") as parts:
		for name in parts.namelist():
			if re.fullmatch(r"ppt/(slides|notesSlides)/[^/]*\.xml", name):
				xml = parts.read(name).decode()
				for run in re.findall(r"<a:r>.*?</a:r>", xml, re.DOTALL):
					assert '<a:ea typeface="Microsoft YaHei"/>' in run, f"{name}: {run}"
		theme = parts.read("ppt/theme/theme1.xml").decode()
		assert theme.count('<a:ea typeface="Microsoft YaHei"/>') == 2


# --- numbers -----------------------------------------------------------------------------------------------


def test_halves_go_up_as_in_a_spreadsheet() -> None:
	n = Numbers("en", "UTC")
	assert n.percent(66.25) == "66.3\u00a0%"
	assert n.percent(0.05) == "0.1\u00a0%"
	assert n.points(-0.04) == "0.0" and n.points(-1.25) == "−1.3"
	assert n.decimal(1.005 * 1000) == "1,005.0"
	assert n.percent(None) == "–"


@given(st.floats(-1e6, 1e6))
def test_rounding_is_near_and_keeps(value: float) -> None:
	found = rounded(value)
	assert abs(float(found) - value) <= 0.05 + 1e-9
	assert rounded(float(found)) == found


@given(st.text(max_size=60), st.floats(2, 30))
def test_names_are_cut_to_their_room(text: str, ems: float) -> None:
	found = shortened(text, ems)
	assert width(found) <= ems
	assert found == text or (found.endswith("…") and text.startswith(found[:-1]))


@given(st.text())
def test_what_is_cleaned_can_be_in_any_document(text: str) -> None:
	found = clean(text)
	found.encode("utf-8")
	assert not re.search("[\x00-\x1f\x7f\ud800-\udfff]", found)
	assert clean(found) == found


def test_times_are_those_of_the_place() -> None:
	n = Numbers("zh", "Asia/Shanghai")
	late = datetime(2026, 3, 31, 17, 30, tzinfo=timezone.utc)
	assert n.minute(late) == "2026-04-01 01:30"
	assert n.day(late) == "2026-04-01"


# --- writing -----------------------------------------------------------------------------------------------


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
	for name in NAMES:
		(tmp_path / name).write_text("before")

	def fail(*_: object) -> None:
		raise OSError("disk full")

	monkeypatch.setattr(slides, "write", fail)
	with pytest.raises(OSError, match="disk full"):
		write(brief("week"), tmp_path, "en")
	assert sorted(p.name for p in tmp_path.iterdir()) == sorted(NAMES)
	assert all((tmp_path / name).read_text() == "before" for name in NAMES)


def test_the_same_brief_makes_the_same_page() -> None:
	assert page(brief("flow"), "zh") == page(brief("flow"), "zh")


def test_columns_have_room(written: Any) -> None:
	"""Headings stay in sight, columns are wide enough for their figures, and each sheet prints on whole widths."""
	book = openpyxl.load_workbook(written("flow", "en") / "brief.xlsx")
	for name in book.sheetnames[1:9]:
		sheet = book[name]
		assert sheet.freeze_panes and sheet.print_title_rows
		assert sheet.page_setup.fitToWidth in (None, 1) and sheet.sheet_properties.pageSetUpPr.fitToPage
		assert all(sheet.column_dimensions[c].width >= 8 for c in ("A", "B", "C"))
	assert column_index_from_string("Q") == 17
