"""The pictures of the page, drawn by matplotlib as SVG that becomes part of the page.

Text stays text, so that Chinese is shown by the reader's own fonts and can be searched and read aloud. Each colour is
handed to the page's style sheet (``var(--…)``), so that pictures follow light, dark and paper. Every picture comes
twice, wide and narrow, since text that is scaled down to a phone could not be read; the style sheet shows one.

matplotlib measures text by the font that it brings along, which knows no Chinese: room for names is therefore reckoned
by ``numbers.width`` and never left to it, and text is anchored where it begins, ends or is centred.
"""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from perf_flow.replay.output.markup import Markup, tag
from perf_flow.replay.output.numbers import shortened, width

if TYPE_CHECKING:
	from matplotlib.axes import Axes
	from matplotlib.figure import Figure

# what stands for the page's colours while matplotlib draws; light, as in the style sheet
COLOURS: Final = {
	"ink": "#1b2733",
	"muted": "#55636f",
	"line": "#dfe4e8",
	"good": "#0e7a6d",
	"good-soft": "#cfe5e1",
	"late": "#b36b00",
	"open": "#b23a2b",
	"soft": "#e9edf0",
	"surface": "#fffefd",
}
WIDE, HALF, NARROW = 660.0, 480.0, 330.0  # px
TEXT: Final = 12.0  # px
_STYLE: Final[Any] = {
	"svg.fonttype": "none",
	"svg.hashsalt": "perf-flow",
	"font.size": TEXT,
	"axes.unicode_minus": False,
	"text.parse_math": False,
}
_DPI = 72  # so that a point of matplotlib is a px of the page
_FONT = re.compile(r"font-family: [^;\"]*|(font: (?:[a-z0-9]+ )*[0-9.]+px) [^;\"]*")
_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_RULES = re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL)
_ID = re.compile(r' id="([^"]*)"')
_USED = re.compile(r"(?:url\(|href=\")#([^)\"]*)")
_BOX = re.compile(r'viewBox="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Point:
	"""One place of a trend. ``value`` is None where there is no figure; ``size`` is how many it is a share of;
	``settled`` says that it no longer moves."""

	label: str
	value: float | None
	size: int
	settled: bool = True


@dataclass(frozen=True, slots=True)
class Bar:
	"""One line of a bar picture: ``value`` draws it, ``says`` stands behind it, or ``short`` where room is scarce."""

	name: str
	value: float
	says: str
	short: str = ""


@dataclass(frozen=True, slots=True)
class Range:
	"""One line of a range picture: from ``low`` to ``high``, with ``says`` behind it."""

	name: str
	low: float
	high: float
	says: str


def _both(draw: Callable[[float], Figure], description: str, wide: float = WIDE) -> Markup:
	"""The wide and the narrow form of a picture, which is described in words to whoever cannot see it."""
	forms = []
	for form, size in (("wide", wide), ("narrow", NARROW)):
		svg = Markup(_svg(draw, size, f"{form}{description}"))
		forms.append(tag("div", svg, class_=form, role="img", aria_label=description))
	return Markup("".join(forms))


def _svg(draw: Callable[[float], Figure], size: float, salt: str) -> str:
	import matplotlib

	# its own font has no Chinese: it does not need to, as text stays text
	logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
	out = StringIO()
	with warnings.catch_warnings(), matplotlib.rc_context({**_STYLE, "svg.hashsalt": salt}):
		warnings.simplefilter("ignore", UserWarning)
		draw(size).savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
	text = _METADATA.sub("", _HEAD.sub("", out.getvalue(), count=1))
	# its rules would hold for the whole page, and most of its names for nothing
	text = _RULES.sub("", text)
	used = set(_USED.findall(text))
	text = _ID.sub(lambda m: m[0] if m[1] in used else "", text)
	for name, colour in COLOURS.items():
		text = text.replace(colour, f"var(--{name})")
	text = _FONT.sub(lambda m: f"{m[1]} var(--font)" if m[1] else "font-family: var(--font)", text)
	return _frame(text).strip()


def _frame(text: str) -> str:
	"""The picture as wide as its place on the page, hidden from what reads aloud: its frame speaks for it."""
	head, rest = text.split(">", 1)
	box = _BOX.search(head)
	assert box is not None
	return (
		f'<svg viewBox="{box[1]}" xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
		f' aria-hidden="true" focusable="false">{rest}'
	)


def _canvas(
	wide: float, high: float, left: float, right: float, top: float, bottom: float
) -> tuple[Figure, Axes]:
	"""A picture of this size with an axis inside these margins, all in px."""
	from matplotlib.figure import Figure

	figure = Figure(figsize=(wide / _DPI, high / _DPI), dpi=_DPI)
	axes = figure.add_axes(
		(left / wide, bottom / high, (wide - left - right) / wide, (high - top - bottom) / high)
	)
	for side in axes.spines.values():
		side.set_visible(False)
	axes.tick_params(length=0, colors=COLOURS["muted"], labelsize=TEXT)
	axes.set_axisbelow(True)
	return figure, axes


# --- the trend ------------------------------------------------------------------------------------------


def trend(
	points: Sequence[Point], baseline: float | None, says: Callable[[float], str], description: str
) -> Markup:
	"""A share (0–100) from week to week, with the first, the last, the highest and the lowest in figures; behind it how
	many events there were. ``baseline`` is the share of all."""

	def draw(size: float) -> Figure:
		figure, axes = _canvas(size, 300 if size > NARROW else 220, 42, 14, 6, 30)
		places = range(len(points))
		most = max((p.size for p in points), default=0) or 1
		axes.bar(places, [20 * p.size / most for p in points], width=0.62, color=COLOURS["soft"], zorder=1)
		if baseline is not None and len(points) > 1:
			axes.axhline(baseline, color=COLOURS["muted"], linewidth=1, dashes=(2, 3), zorder=2)
		known = [(x, p.value) for x, p in enumerate(points) if p.value is not None]
		axes.plot(
			[x for x, _ in known],
			[y for _, y in known],
			color=COLOURS["good"],
			linewidth=2.4,
			zorder=3,
			solid_joinstyle="round",
			solid_capstyle="round",
		)
		for still in (True, False):
			dots = [(x, y) for x, y in known if points[x].settled is still]
			axes.scatter(
				[x for x, _ in dots],
				[y for _, y in dots],
				s=26 if len(points) < 30 else 8,
				zorder=4,
				color=COLOURS["good" if still else "surface"],
				edgecolors=COLOURS["surface" if still else "good"],
				linewidths=1.4,
			)
		# what still moves is not said
		settled = [(x, y) for x, y in known if points[x].settled] or known
		for x, value in _worth_saying(settled, len(points), size):
			below = value > 12 and _is_low(known, x)
			axes.annotate(
				says(value),
				(x, value),
				(0, -9 if below else 9),
				textcoords="offset points",
				zorder=5,
				ha="left"
				if x == 0 and len(points) > 2
				else "right"
				if x == len(points) - 1 and x
				else "center",
				va="top" if below else "bottom",
				color=COLOURS["ink"],
				fontsize=TEXT,
				fontweight="bold",
			)
		axes.set_xlim(-0.6, max(len(points) - 0.4, 0.6))
		axes.set_ylim(0, 114)
		axes.set_yticks((0, 25, 50, 75, 100), [says(v).replace(".0", "") for v in (0, 25, 50, 75, 100)])
		axes.grid(axis="y", color=COLOURS["line"], linewidth=1)
		wanted = max(2, int(size // 62))
		step = max(-(-len(points) // wanted), 1)
		shown = [x for x in places if (len(points) - 1 - x) % step == 0]
		axes.set_xticks(shown, [points[x].label for x in shown])
		axes.tick_params(axis="x", pad=7)
		return figure

	return _both(draw, description)


def _is_low(known: Sequence[tuple[int, float]], x: int) -> bool:
	"""Whether the line comes down to this place from both sides, so that there is room below it."""
	at = [place for place, _ in known].index(x)
	beside = [known[i][1] for i in (at - 1, at + 1) if 0 <= i < len(known)]
	return bool(beside) and all(known[at][1] < value for value in beside)


def _worth_saying(known: Sequence[tuple[int, float]], places: int, size: float) -> list[tuple[int, float]]:
	"""The ends, the highest and the lowest of a line, as long as their figures keep apart."""
	if not known:
		return []
	wanted = [known[-1], known[0], min(known, key=lambda k: k[1]), max(known, key=lambda k: k[1])]
	apart = 56 / (size / max(places, 1))
	chosen: list[tuple[int, float]] = []
	for place in wanted:
		if all(abs(place[0] - other[0]) >= apart for other in chosen):
			chosen.append(place)
	return chosen


# --- bars -----------------------------------------------------------------------------------------------

ROW, ROOM = 26.0, 12.0  # px


def bars(
	rows: Sequence[Bar], largest: float, description: str, baseline: float | None = None, wide: float = HALF
) -> Markup:
	"""Horizontal bars, one for each row, the first on top. ``largest`` is the value that fills the width."""

	def draw(size: float) -> Figure:
		names = [shortened(row.name, size * 0.36 / TEXT) for row in rows]
		says = [row.short or row.says if size == NARROW else row.says for row in rows]
		left = ROOM + TEXT * max(map(width, names), default=1)
		right = ROOM + TEXT * max(map(width, says), default=1)
		figure, axes = _canvas(size, ROW * max(len(rows), 1) + 12, left, right, 6, 6)
		places = range(len(rows))
		axes.barh(places, [largest] * len(rows), height=0.52, color=COLOURS["soft"], zorder=1)
		axes.barh(places, [row.value for row in rows], height=0.52, color=COLOURS["good"], zorder=2)
		if baseline is not None:
			axes.axvline(baseline, color=COLOURS["ink"], linewidth=1, dashes=(2, 2), zorder=3)
		_rows(axes, names, says, largest, left)
		return figure

	return _both(draw, description, wide)


def ranges(rows: Sequence[Range], largest: float, description: str) -> Markup:
	"""From a median to what nine of ten do not exceed, one line for each row, the first on top."""

	def draw(size: float) -> Figure:
		names = [shortened(row.name, size * 0.36 / TEXT) for row in rows]
		left = ROOM + TEXT * max(map(width, names), default=1)
		right = ROOM + TEXT * max((width(row.says) for row in rows), default=1)
		figure, axes = _canvas(size, ROW * max(len(rows), 1) + 12, left, right, 6, 6)
		places = range(len(rows))
		axes.hlines(places, 0, largest, color=COLOURS["soft"], linewidth=2, zorder=1)
		axes.hlines(
			places,
			[r.low for r in rows],
			[r.high for r in rows],
			color=COLOURS["good-soft"],
			linewidth=7,
			zorder=2,
			capstyle="round",
			clip_on=False,
		)
		axes.scatter([r.low for r in rows], places, s=62, color=COLOURS["good"], zorder=3, clip_on=False)
		axes.scatter(
			[r.high for r in rows],
			places,
			s=46,
			zorder=3,
			clip_on=False,
			color=COLOURS["surface"],
			edgecolors=COLOURS["good"],
			linewidths=1.8,
		)
		_rows(axes, names, [row.says for row in rows], largest, left)
		return figure

	return _both(draw, description, HALF)


def _rows(axes: Any, names: Sequence[str], says: Sequence[str], largest: float, left: float) -> None:
	"""Names before and figures behind the lines of a picture."""
	wide = largest or 1.0
	axes.set_xlim(0, wide)
	axes.set_ylim(max(len(names), 1) - 0.5, -0.5)
	axes.set_xticks([])
	axes.set_yticks([])
	for y, (name, figure) in enumerate(zip(names, says, strict=True)):
		axes.annotate(
			name,
			(0, y),
			(-left + 1, 0),
			textcoords="offset points",
			ha="left",
			va="center_baseline",
			color=COLOURS["ink"],
			annotation_clip=False,
		)
		axes.annotate(
			figure,
			(wide, y),
			(ROOM - 3, 0),
			textcoords="offset points",
			ha="left",
			va="center_baseline",
			color=COLOURS["ink"],
			annotation_clip=False,
		)
