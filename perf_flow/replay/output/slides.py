"""The brief as five slides for the weekly meeting: one message on each, with charts that can be edited, and the sources
in the speaker notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from perf_flow.engine.brief import NOT_A_CAUSE, Brief, Group
from perf_flow.engine.errors import N_
from perf_flow.engine.health import DEFINITION
from perf_flow.replay.output.numbers import NOTHING, clean, shortened
from perf_flow.replay.output.story import Story

GOOD, LATE, OPEN, INK, MUTED, PALE = "0E7A6D", "B36B00", "B23A2B", "1B2733", "55636F", "E9EDF0"
LATIN, CHINESE = "Calibri", "Microsoft YaHei"
MOST_BARS: Final = 12
MOST_SAID: Final = 4
MOST_BROKEN: Final = 5
# inches, 16:9
WIDE, HIGH, EDGE = 13.333, 7.5, 0.7


def write(brief: Brief, path: Path, lang: str) -> None:
	"""Write the slides to ``path``. Raises OSError if they cannot be written."""
	_Slides(Story(brief, lang)).whole().save(str(path))


def share(percent: float | None) -> float | None:
	"""A percentage (0–100) as a chart holds it (0–1)."""
	return None if percent is None else percent / 100


def _data(data: Any, number: str) -> bytes:
	"""The workbook behind a chart. python-pptx would write one in which a name that begins with ``=`` is a formula and
	an address a link."""
	import xlsxwriter

	out = BytesIO()
	options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
	book = xlsxwriter.Workbook(out, options)
	sheet = book.add_worksheet("Sheet1")
	look = book.add_format({"num_format": number})
	for row, category in enumerate(data.categories, 1):
		sheet.write_string(row, 0, str(category.label))
	for column, series in enumerate(data, 1):
		sheet.write_string(0, column, series.name)
		for row, value in enumerate(series.values, 1):
			if value is not None:
				sheet.write_number(row, column, value, look)
	book.close()
	return out.getvalue()


class _Slides:
	"""Slides in the making."""

	def __init__(self, story: Story) -> None:
		from pptx import Presentation
		from pptx.util import Inches

		self.story = story
		self.brief = story.brief
		self.say = story.say
		self.n = story.numbers
		self.deck: Any = Presentation()
		self.deck.slide_width = Inches(WIDE)
		self.deck.slide_height = Inches(HIGH)
		self._theme()

	def whole(self) -> Any:
		"""All five."""
		properties = self.deck.core_properties
		properties.title = self.story.title
		properties.author = "Performance Flow"
		properties.language = "zh-CN" if self.story.lang == "zh" else "en-US"
		when = self.brief.now.replace(tzinfo=None)
		properties.created = properties.modified = when
		properties.last_modified_by = "Performance Flow"
		self.figure()
		self.trend()
		self.stalls()
		self.groups()
		self.talk()
		return self.deck

	# --- what slides are made of ------------------------------------------------------------------------

	def _theme(self) -> None:
		"""Latin and East Asian fonts of the theme, which charts and placeholders take theirs from."""
		from lxml import etree
		from pptx.opc.constants import RELATIONSHIP_TYPE

		part = self.deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
		# python-pptx leaves the theme as it came, so it is read and written here; it is the package's own file
		theme = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False))
		space = {"a": "http://schemas.openxmlformats.org/drawingml/2006/main"}
		for kind in ("majorFont", "minorFont"):
			for name, font in (("latin", LATIN), ("ea", CHINESE)):
				for node in theme.iterfind(f".//a:{kind}/a:{name}", space):
					node.set("typeface", font)
		part._blob = etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)

	def slide(self, message: str, sources: Iterable[str]) -> Any:
		"""A slide with its message as title, and notes that say what it rests on."""
		from pptx.util import Inches, Pt

		slide = self.deck.slides.add_slide(self.deck.slide_layouts[5])
		title = slide.shapes.title
		title.left, title.top = Inches(EDGE), Inches(0.55)
		title.width, title.height = Inches(WIDE - 2 * EDGE), Inches(1.25)
		frame = title.text_frame
		frame.word_wrap = True
		from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

		frame.vertical_anchor = MSO_ANCHOR.TOP
		frame.margin_left = frame.margin_right = frame.margin_top = 0
		text = shortened(clean(message), 84)
		self.run(frame.paragraphs[0], text, 28 if len(text) < 70 else 24, INK, bold=True)
		frame.paragraphs[0].alignment = PP_ALIGN.LEFT
		self.box(
			slide,
			EDGE,
			7.0,
			WIDE - 2 * EDGE - 1,
			0.3,
			[(f"{self.story.title} · {self.story.period} · {self.story.made}", 10, MUTED, False)],
			longest=110,
		)
		self.box(
			slide,
			WIDE - EDGE - 0.6,
			7.0,
			0.6,
			0.3,
			[(str(len(self.deck.slides)), 10, MUTED, False)],
			right=True,
		)
		notes = slide.notes_slide.notes_text_frame
		lines = [clean(line) for line in (f"{self.story.period}. {self.story.made}.", *sources)]
		notes.text = "\n".join([self.say(N_("Sources")), *lines])
		for paragraph in notes.paragraphs:
			for run in paragraph.runs:
				self._fonts(run)
				run.font.size = Pt(12)
		return slide

	def run(self, paragraph: Any, text: str, size: float, colour: str, bold: bool = False) -> Any:
		"""Text with fonts for both scripts."""
		from pptx.dml.color import RGBColor
		from pptx.util import Pt

		run = paragraph.add_run()
		run.text = clean(text)
		run.font.size = Pt(size)
		run.font.bold = bold
		run.font.color.rgb = RGBColor.from_string(colour)
		self._fonts(run)
		return run

	def _fonts(self, run: Any) -> None:
		from pptx.oxml.ns import qn

		run.font.name = LATIN
		properties = run._r.get_or_add_rPr()
		properties.set("lang", "zh-CN" if self.story.lang == "zh" else "en-US")
		if properties.find(qn("a:ea")) is None:
			self._east(properties)

	@staticmethod
	def _east(properties: Any) -> None:
		"""The East Asian font, right behind the Latin one, where the schema wants it."""
		from pptx.oxml.ns import qn

		east = properties.makeelement(qn("a:ea"), {"typeface": CHINESE})
		latin = properties.find(qn("a:latin"))
		if latin is not None:
			latin.addnext(east)
		else:
			properties.append(east)

	def box(
		self,
		slide: Any,
		left: float,
		top: float,
		wide: float,
		high: float,
		lines: Sequence[tuple[str, float, str, bool]],
		right: bool = False,
		gap: float = 4,
		longest: float = 0,
	) -> Any:
		"""A text box; each line has its text, size in points, colour and weight."""
		from pptx.enum.text import PP_ALIGN
		from pptx.util import Inches, Pt

		box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(wide), Inches(high))
		frame = box.text_frame
		frame.word_wrap = True
		frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
		for number, (text, size, colour, bold) in enumerate(lines):
			paragraph = frame.paragraphs[0] if not number else frame.add_paragraph()
			paragraph.space_after = Pt(gap)
			if right:
				paragraph.alignment = PP_ALIGN.RIGHT
			self.run(paragraph, shortened(clean(text), longest) if longest else text, size, colour, bold)
		return box

	def chart(
		self,
		slide: Any,
		kind: Any,
		place: tuple[float, float, float, float],
		names: Sequence[str],
		series: str,
		values: Sequence[float | None],
		number: str,
		description: str,
	) -> Any:
		"""A chart of one series that can be edited, with a description for whoever cannot see it."""
		from pptx.chart.data import CategoryChartData
		from pptx.util import Inches, Pt

		data = CategoryChartData(number_format=number)
		data.categories = [clean(name) for name in names]
		data.add_series(clean(series), values)
		frame = slide.shapes.add_chart(kind, *(Inches(x) for x in place), data)
		frame._element.nvGraphicFramePr.cNvPr.set("descr", clean(description))
		chart = frame.chart
		chart.part.chart_workbook.update_from_xlsx_blob(_data(data, number))
		chart.has_title = False
		chart.has_legend = False
		chart.font.size = Pt(12)
		chart.font.name = LATIN
		chart.font.color.rgb = self._colour(INK)
		self._east(chart.font._rPr)
		return chart

	@staticmethod
	def _colour(text: str) -> Any:
		from pptx.dml.color import RGBColor

		return RGBColor.from_string(text)

	def paint(self, point: Any, colour: str) -> None:
		"""One colour for a bar, a line's dot or a slice."""
		point.format.fill.solid()
		point.format.fill.fore_color.rgb = self._colour(colour)

	def labels(self, plot: Any, number: str, size: float = 12) -> None:
		"""Figures at the bars."""
		from pptx.util import Pt

		plot.has_data_labels = True
		labels = plot.data_labels
		labels.number_format = number
		labels.number_format_is_linked = False
		labels.show_value = True
		labels.font.size = Pt(size)
		labels.font.color.rgb = self._colour(INK)

	def axes(
		self, chart: Any, number: str, most: float | None, reverse: bool = False, value: bool = False
	) -> None:
		"""Quiet axes."""
		from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK

		axis = chart.value_axis
		axis.minimum_scale = 0
		if most is not None:
			axis.maximum_scale = most
		axis.has_major_gridlines = value
		axis.visible = value
		if value:
			axis.major_gridlines.format.line.color.rgb = self._colour(PALE)
			axis.format.line.fill.background()
		axis.tick_labels.number_format = number
		axis.tick_labels.number_format_is_linked = False
		names = chart.category_axis
		names.reverse_order = reverse
		names.major_tick_mark = XL_TICK_MARK.NONE
		names.tick_label_position = XL_TICK_LABEL_POSITION.LOW
		names.format.line.color.rgb = self._colour("C9D1D7")

	def bars(
		self, slide: Any, place: tuple[float, float, float, float], groups: Sequence[Group], series: str
	) -> None:
		"""Flow health of the groups with most events, the highest on top."""
		from pptx.enum.chart import XL_CHART_TYPE

		known = [g for g in groups if g.health.percent is not None][:MOST_BARS]
		known.sort(key=lambda g: -(g.health.percent or 0.0))
		if not known:
			self.box(slide, *place, [(self.say(N_("There is nothing to show here.")), 16, MUTED, False)])
			return
		names = [shortened(self.story.name(g), 18) for g in known]
		values = [share(g.health.percent) for g in known]
		said = "; ".join(f"{self.story.name(g)}: {self.n.percent(g.health.percent)}" for g in known)
		chart = self.chart(slide, XL_CHART_TYPE.BAR_CLUSTERED, place, names, series, values, "0.0%", said)
		self.axes(chart, "0%", 1.08, reverse=True)
		plot = chart.plots[0]
		plot.gap_width = 45
		self.paint(plot.series[0], GOOD)
		self.labels(plot, "0.0%")

	# --- the five ---------------------------------------------------------------------------------------

	def figure(self) -> None:
		"""The one figure."""
		from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION
		from pptx.util import Pt

		story, health, n = self.story, self.brief.total.health, self.n
		sources = [*(self.say(text) for text in DEFINITION), *story.sources(), *story.notes()]
		percent = n.percent(health.percent)
		message = (
			self.say(N_("{0}: flow health is {1}"), shortened(story.title, 40), percent)
			if health.counted
			else story.meaning()
		)
		slide = self.slide(message, sources)
		lines = [(percent, 88.0, GOOD, True), (story.meaning(), 20.0, INK, False)]
		if health.counted:
			lines.append((story.trend(), 20.0, INK, False))
		apart = f"{self.say(N_('Still running'))}: {n.count(health.running)} · {self.say(N_('Void'))}: {n.count(health.void)}"
		lines.append((apart, 14.0, MUTED, False))
		self.box(slide, EDGE, 1.9, 6.0, 4.6, lines, gap=10)
		if not health.counted:
			return
		kinds = (
			(N_("Closed in time"), health.closed_in_time, GOOD),
			(N_("Closed late"), health.closed_late, LATE),
			(N_("Open past target"), health.late_open, OPEN),
		)
		names = [self.say(label) for label, _, _ in kinds]
		values = [float(count) for _, count, _ in kinds]
		said = "; ".join(f"{name}: {n.count(int(value))}" for name, value in zip(names, values, strict=True))
		chart = self.chart(
			slide,
			XL_CHART_TYPE.DOUGHNUT,
			(7.2, 1.8, 5.4, 4.9),
			names,
			self.say(N_("Events")),
			values,
			"#,##0",
			said,
		)
		plot = chart.plots[0]
		for number, (_, _, colour) in enumerate(kinds):
			self.paint(plot.series[0].points[number], colour)
		chart.has_legend = True
		chart.legend.position = XL_LEGEND_POSITION.BOTTOM
		chart.legend.include_in_layout = False
		chart.legend.font.size = Pt(14)
		self.labels(plot, "#,##0", 16)
		plot.data_labels.font.color.rgb = self._colour("FFFFFF")
		plot.data_labels.font.bold = True

	def trend(self) -> None:
		"""Week by week."""
		from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE
		from pptx.util import Pt

		story = self.story
		sources = [
			self.say(
				N_(
					"A week holds the events recorded in it, and keeps moving until the last of them is closed or late."
				)
			),
			*(
				self.say(
					N_("Week of {0}: {1} of {2} in time, {3}"),
					self.n.day(w.start),
					w.group.health.closed_in_time,
					w.group.health.counted,
					self.n.percent(w.group.health.percent),
				)
				for w in self.brief.weeks[-60:]
			),
		]
		slide = self.slide(story.trend(), sources)
		weeks = [week for week in self.brief.weeks if week.group.health.percent is not None]
		if not weeks:
			self.box(
				slide,
				EDGE,
				2.2,
				10,
				1,
				[(self.say(N_("There is nothing to draw yet: no week has a figure.")), 18, MUTED, False)],
			)
			return
		values = [share(week.group.health.percent) for week in weeks]
		names = [f"{week.start:%m-%d}" for week in weeks]
		chart = self.chart(
			slide,
			XL_CHART_TYPE.LINE_MARKERS,
			(EDGE - 0.1, 1.9, WIDE - 2 * EDGE + 0.2, 4.9),
			names,
			self.say(N_("Flow health")),
			values,
			"0.0%",
			story.trend(),
		)
		self.axes(chart, "0%", 1, value=True)
		series = chart.plots[0].series[0]
		series.smooth = False
		series.format.line.color.rgb = self._colour(GOOD)
		series.format.line.width = Pt(3)
		series.marker.style = XL_MARKER_STYLE.CIRCLE
		series.marker.size = 8
		series.marker.format.fill.solid()
		series.marker.format.fill.fore_color.rgb = self._colour(GOOD)
		if len(weeks) <= 20:
			self.labels(chart.plots[0], "0.0%")
			chart.plots[0].data_labels.position = XL_LABEL_POSITION.ABOVE

	def stalls(self) -> None:
		"""Where chains stall; of a log, how long they take."""
		from pptx.enum.chart import XL_CHART_TYPE

		story, n, stalls = self.story, self.n, self.brief.stalls
		told = story.stalls() if story.flow else []
		sources = [story.closing(), story.response() if story.flow else ""]
		if story.flow:
			sources += [
				self.say(
					N_("{0}: {1} wait, {2} of them past their target; median {3} hours over {4} finished"),
					story.stage(step.stage),
					step.waiting,
					step.overdue,
					n.decimal(step.median_hours),
					step.finished,
				)
				for step in stalls.steps
			]
		slide = self.slide(told[0] if told else story.closing(), [text for text in sources if text])
		if not stalls.recorded:
			return
		if story.flow:
			funnel = stalls.funnel()
			names = [
				story.milestone(step.milestone)
				if step.median_hours is None
				else f"{story.milestone(step.milestone)} ({self.say(N_('{0} hours'), n.decimal(step.median_hours))})"
				for step in funnel
			]
			chart = self.chart(
				slide,
				XL_CHART_TYPE.BAR_CLUSTERED,
				(EDGE - 0.1, 1.9, 8.2, 4.9),
				names,
				self.say(N_("Events")),
				[step.count for step in funnel],
				"#,##0",
				" ".join(told),
			)
			self.axes(chart, "#,##0", None, reverse=True)
		else:
			known = [g for g in self.brief.event_types if g.closing.median is not None][:MOST_BARS]
			if not known:
				return
			names = [shortened(story.name(g), 22) for g in known]
			chart = self.chart(
				slide,
				XL_CHART_TYPE.BAR_CLUSTERED,
				(EDGE - 0.1, 1.9, 8.2, 4.9),
				names,
				self.say(N_("Hours to close, median")),
				[g.closing.median for g in known],
				"#,##0.0",
				story.closing(),
			)
			self.axes(chart, "#,##0.0", None, reverse=True)
		plot = chart.plots[0]
		plot.gap_width = 40
		self.paint(plot.series[0], GOOD)
		self.labels(plot, "#,##0" if story.flow else "#,##0.0")
		lines = [(text, 18.0, INK, False) for text in (*told[1:], story.closing() if told else "") if text]
		lines.append(
			(
				self.say(
					N_("Bars: events that passed each milestone; in brackets the median hours of the step.")
					if story.flow
					else N_("Bars: median hours from the recording to the closing.")
				),
				12.0,
				MUTED,
				False,
			)
		)
		self.box(slide, 9.1, 2.1, 3.6, 4.2, lines, gap=12)

	def groups(self) -> None:
		"""Departments and event types."""
		story = self.story
		sources = []
		for groups in (self.brief.departments, self.brief.event_types):
			sources += [
				self.say(
					N_("{0}: {1} of {2} in time, {3}"),
					story.name(g),
					g.health.closed_in_time,
					g.health.counted,
					self.n.percent(g.health.percent),
				)
				for g in groups[:MOST_BARS]
			]
		slide = self.slide(story.ends(self.brief.departments, longest=20), sources)
		half = (WIDE - 2 * EDGE - 0.5) / 2
		for place, title, groups in (
			(EDGE, N_("Flow health by department"), self.brief.departments),
			(EDGE + half + 0.5, N_("Flow health by event type"), self.brief.event_types),
		):
			self.box(slide, place, 1.85, half, 0.35, [(self.say(title), 14.0, MUTED, True)])
			self.bars(slide, (place - 0.1, 2.2, half + 0.1, 4.65), groups, self.say(N_("Flow health")))
			if len(groups) > MOST_BARS:
				self.box(
					slide,
					place,
					6.75,
					half,
					0.25,
					[(self.say(N_("The {0} with most events."), MOST_BARS), 10.0, MUTED, False)],
				)

	def talk(self) -> None:
		"""What to talk about: the deviations and the chains that are latest."""
		story, n = self.story, self.n
		sources = [
			self.say(NOT_A_CAUSE),
			*(story.deviation(one) for one in self.brief.deviations),
			story.broken(),
		]
		slide = self.slide(self.say(N_("To talk about this week")), sources)
		lines: list[tuple[str, float, str, bool]] = [(story.deviations(), 18.0, INK, True)]
		lines += [
			(f"• {story.deviation(one)}", 14.0, INK, False) for one in self.brief.deviations[:MOST_SAID]
		]
		if self.brief.deviations:
			lines.append((self.say(NOT_A_CAUSE), 12.0, MUTED, False))
		self.box(slide, EDGE, 1.6, 5.6, 5.2, lines, gap=9, longest=120)
		right, wide = 6.9, WIDE - EDGE - 6.9
		self.box(slide, right, 1.6, wide, 0.9, [(story.broken(), 18.0, INK, True)], longest=110)
		chains = self.brief.broken[:MOST_BROKEN]
		if chains:
			rows = [
				[
					clean(c.document or c.event),
					story.known(c.event_type),
					story.known(c.person),
					n.decimal(c.hours_late),
				]
				for c in chains
			]
			heads = [N_("Document"), N_("Event Type"), N_("Person"), N_("Hours late")]
			self.table(slide, (right, 2.65, wide, 0.4 * (len(rows) + 1)), heads, rows, (2.0, 1.7, 1.1, 0.9))

	def table(
		self,
		slide: Any,
		place: tuple[float, float, float, float],
		heads: Sequence[str],
		rows: Sequence[Sequence[str]],
		widths: Sequence[float],
	) -> None:
		"""A table whose last column holds numbers."""
		from pptx.enum.text import PP_ALIGN
		from pptx.util import Inches

		frame = slide.shapes.add_table(len(rows) + 1, len(heads), *(Inches(x) for x in place))
		table = frame.table
		table.horz_banding = False
		whole = sum(widths)
		for number, part in enumerate(widths):
			table.columns[number].width = Inches(place[2] * part / whole)
		for y, row in enumerate([[self.say(head, context="Business Event") for head in heads], *rows]):
			for x, text in enumerate(row):
				cell = table.cell(y, x)
				cell.fill.solid()
				cell.fill.fore_color.rgb = self._colour(INK if not y else "FFFFFF" if y % 2 else "F6F7F8")
				cell.margin_left = cell.margin_right = Inches(0.07)
				paragraph = cell.text_frame.paragraphs[0]
				if x == len(row) - 1:
					paragraph.alignment = PP_ALIGN.RIGHT
				fits = 17.0 * widths[x] / whole * place[2] / 3.1
				self.run(
					paragraph, shortened(text or NOTHING, fits), 12, "FFFFFF" if not y else INK, bold=not y
				)
