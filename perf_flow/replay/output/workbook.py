"""The brief as a workbook that goes on calculating: shares, totals and charts are worked out of the numbers in its
sheets, and each formula brings its result along for programs that only show.

Whatever came in with the files is written as a string: a cell that begins with ``=`` is text there and stays text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from perf_flow.engine.brief import NOT_A_CAUSE, Brief, Group
from perf_flow.engine.errors import N_
from perf_flow.engine.health import DEFINITION, Health, Milestone
from perf_flow.replay.output.numbers import clean, shortened
from perf_flow.replay.output.story import Story

if TYPE_CHECKING:
	from xlsxwriter.format import Format
	from xlsxwriter.workbook import Workbook
	from xlsxwriter.worksheet import Worksheet

GOOD, LATE, OPEN, SOFT, INK, MUTED = "#0E7A6D", "#B36B00", "#B23A2B", "#E9EDF0", "#1B2733", "#55636F"
LONGEST: Final = 32_000
"""Characters of a cell; a spreadsheet holds 32,767."""
MOST_CHARTED: Final = 15
FONTS: Final = {"zh": "Microsoft YaHei", "en": "Calibri"}
COUNTS: Final = (
	N_("Events"),
	N_("Closed in time"),
	N_("Closed late"),
	N_("Open past target"),
	N_("Still running"),
	N_("Void"),
)


def write(brief: Brief, path: Path, lang: str) -> None:
	"""Write the workbook to ``path``. Raises OSError if it cannot be written."""
	import xlsxwriter
	from xlsxwriter.exceptions import FileCreateError

	book = xlsxwriter.Workbook(
		str(path),
		{
			"strings_to_formulas": False,
			"strings_to_urls": False,
			"strings_to_numbers": False,
			"default_format_properties": {"font_name": FONTS.get(lang, FONTS["en"]), "font_size": 10},
		},
	)
	_Workbook(book, Story(brief, lang)).fill()
	try:
		book.close()
	except FileCreateError as problem:
		raise OSError(str(problem)) from problem


@dataclass(frozen=True, slots=True)
class _Column:
	"""A column of a table: its heading, its width in characters, and how its cells look."""

	title: str
	width: float
	look: str = "text"


@dataclass(frozen=True, slots=True)
class _Place:
	"""Where a table of groups stands: its sheet, and its first and last row (from 1)."""

	sheet: str
	first: int
	last: int

	def column(self, letter: str) -> str:
		"""The cells of a column, to be used in a formula."""
		return f"{quoted(self.sheet)}!${letter}${self.first}:${letter}${self.last}"


def quoted(sheet: str) -> str:
	"""The name of a sheet as a formula needs it."""
	return "'" + sheet.replace("'", "''") + "'"


class _Workbook:
	"""A workbook in the making."""

	def __init__(self, book: Workbook, story: Story) -> None:
		self.book = book
		self.story = story
		self.brief = story.brief
		self.say = story.say
		font = {
			"font_name": FONTS.get(story.lang, FONTS["en"]),
			"font_size": 10,
			"font_color": INK,
			"valign": "top",
		}
		self._base = font
		self._formats: dict[str, Format] = {}

	def fill(self) -> None:
		"""All sheets, the summary first."""
		say, brief = self.say, self.brief
		moment = self.story.numbers.local(brief.now)
		self.book.set_properties(
			{
				"title": self.story.title,
				"subject": say(N_("Flow health")),
				"author": "Performance Flow",
				"created": moment,
			}
		)
		self.book.set_calc_mode("auto")
		names = [
			say(name)
			for name in (
				N_("Summary"),
				N_("Weeks"),
				N_("Departments"),
				N_("Event types"),
				N_("Line managers"),
				N_("Where chains stall"),
				N_("Deviations"),
				N_("Broken chains"),
				N_("My first brief"),
				N_("About"),
			)
		]
		sheets = [self.book.add_worksheet(_sheet_name(name)) for name in names]
		for sheet in sheets:
			sheet.hide_gridlines(2)
			sheet.set_paper(9)  # A4
			sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
			sheet.set_footer(f"&L&8{_footer(self.story.title)}&R&8&P / &N")
		weeks = self.weeks(sheets[1])
		departments = self.groups(sheets[2], brief.departments, N_("Department"))
		types = self.groups(sheets[3], brief.event_types, N_("Event Type"))
		self.groups(sheets[4], brief.managers, N_("Line Manager"))
		self.stalls(sheets[5])
		self.deviations(sheets[6])
		self.broken(sheets[7])
		self.own(sheets[8])
		self.about(sheets[9])
		self.summary(sheets[0], weeks, departments, types)
		sheets[0].activate()

	# --- cells ------------------------------------------------------------------------------------------

	def look(self, name: str) -> Format:
		"""A format by its name, made once."""
		if name not in self._formats:
			number = {"num_format": "#,##0"}
			looks: dict[str, dict[str, Any]] = {
				"text": {"text_wrap": True},
				"plain": {},
				"count": number,
				"hours": {"num_format": "#,##0.0"},
				"percent": {"num_format": "0.0%"},
				"of100": {"num_format": "0.0"},
				"points": {"num_format": "+0.0;-0.0;0.0"},
				"day": {"num_format": "yyyy-mm-dd", "align": "left"},
				"moment": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
				"head": {
					"bold": True,
					"font_color": "#FFFFFF",
					"bg_color": INK,
					"text_wrap": True,
					"valign": "vcenter",
				},
				"title": {"bold": True, "font_size": 16},
				"part": {"bold": True, "font_size": 12},
				"quiet": {"font_color": MUTED, "text_wrap": True},
				"figure": {
					"bold": True,
					"font_size": 36,
					"font_color": GOOD,
					"num_format": "0.0%",
					"align": "left",
					"valign": "vcenter",
				},
				"label": {"bold": True},
			}
			base, _, bold = name.partition("!")
			extra = {"bold": True, "top": 1} if bold else {}
			self._formats[name] = self.book.add_format({**self._base, **looks[base], **extra})
		return self._formats[name]

	def text(self, sheet: Worksheet, row: int, column: int, text: str, look: str = "text") -> None:
		"""A string, whatever it begins with."""
		sheet.write_string(row, column, clean(text)[:LONGEST], self.look(look))

	def number(self, sheet: Worksheet, row: int, column: int, value: float | None, look: str) -> None:
		"""A number, or an empty cell where there is none."""
		if value is None:
			sheet.write_blank(row, column, None, self.look(look))
		else:
			sheet.write_number(row, column, value, self.look(look))

	def formula(
		self, sheet: Worksheet, row: int, column: int, formula: str, value: float | None, look: str
	) -> None:
		"""A formula with its result; None is the empty text that it then gives."""
		sheet.write_formula(row, column, formula, self.look(look), "" if value is None else value)

	def heads(self, sheet: Worksheet, row: int, columns: Sequence[_Column], wide: bool = True) -> None:
		"""The headings of a table, which stay in sight and come again on each printed page."""
		for place, column in enumerate(columns):
			self.text(sheet, row, place, self.say(column.title, context="Business Event"), "head")
			sheet.set_column(place, place, column.width)
		sheet.set_row(row, 44)
		sheet.freeze_panes(row + 1, 1)
		sheet.repeat_rows(row)
		if wide:
			sheet.set_landscape()
		sheet.fit_to_pages(1, 0)

	# --- figures ----------------------------------------------------------------------------------------

	def counts(self, sheet: Worksheet, row: int, group: Group) -> None:
		"""The counts of a group in B to G, and what follows from them in H and I."""
		health = group.health
		values = (
			group.events,
			health.closed_in_time,
			health.closed_late,
			health.late_open,
			health.running,
			health.void,
		)
		for place, value in enumerate(values, 1):
			self.number(sheet, row, place, value, "count")
		self.shares(sheet, row, health, "")

	def shares(self, sheet: Worksheet, row: int, health: Health, bold: str) -> None:
		"""Counted and flow health of a row, worked out of its counts."""
		at = row + 1
		self.formula(sheet, row, 7, f"=C{at}+D{at}+E{at}", health.counted, f"count{bold}")
		self.formula(sheet, row, 8, f'=IF(H{at}=0,"",C{at}/H{at})', share(health.percent), f"percent{bold}")

	def totals(self, sheet: Worksheet, row: int, first: int, last: int, total: Group, evidence: bool) -> None:
		"""The line below a table: the sums of its columns."""
		health = total.health
		values = (
			total.events,
			health.closed_in_time,
			health.closed_late,
			health.late_open,
			health.running,
			health.void,
		)
		self.text(sheet, row, 0, self.say(N_("All")), "label!")
		for place, value in enumerate(values, 1):
			letter = "ABCDEFGHIJKLMNO"[place]
			self.formula(sheet, row, place, f"=SUM({letter}{first}:{letter}{last})", value, "count!")
		self.shares(sheet, row, health, "!")
		for place, hours in ((9, total.closing.median), (10, total.closing.p90)):
			self.number(sheet, row, place, hours, "hours!")
		if evidence:
			for place, hours in ((11, total.response.median), (12, total.response.p90)):
				self.number(sheet, row, place, hours, "hours!")
			for letter, place, value in (("N", 13, total.assessed), ("O", 14, total.complete)):
				self.formula(sheet, row, place, f"=SUM({letter}{first}:{letter}{last})", value, "count!")
			self.evidence_share(sheet, row, total, "!")

	def evidence_share(self, sheet: Worksheet, row: int, group: Group, bold: str = "") -> None:
		at = row + 1
		value = share(group.complete_percent)
		self.formula(sheet, row, 15, f'=IF(N{at}=0,"",O{at}/N{at})', value, f"percent{bold}")

	def more(self, sheet: Worksheet, row: int, group: Group) -> None:
		"""Hours and evidence of a group, from J on."""
		for place, hours in ((9, group.closing.median), (10, group.closing.p90)):
			self.number(sheet, row, place, hours, "hours")
		if self.story.flow:
			for place, hours in ((11, group.response.median), (12, group.response.p90)):
				self.number(sheet, row, place, hours, "hours")
			self.number(sheet, row, 13, group.assessed, "count")
			self.number(sheet, row, 14, group.complete, "count")
			self.evidence_share(sheet, row, group)

	def columns(self, first: _Column) -> list[_Column]:
		found = [
			first,
			*(_Column(title, 10) for title in COUNTS),
			_Column(N_("Counted"), 10),
			_Column(N_("Flow health"), 10),
		]
		found += [_Column(N_("Hours to close, median"), 11), _Column(N_("Hours to close, nine of ten"), 11)]
		if self.story.flow:
			found += [
				_Column(N_("Hours to evidence, median"), 11),
				_Column(N_("Hours to evidence, nine of ten"), 11),
				_Column(N_("Evidence known"), 10),
				_Column(N_("Evidence complete"), 10),
				_Column(N_("Share complete"), 10),
			]
		return found

	def weeks(self, sheet: Worksheet) -> _Place:
		"""Week by week, with the trend behind."""
		columns = self.columns(_Column(N_("Week"), 13))
		trend = len(columns)
		self.heads(sheet, 0, [*columns, _Column(N_("Trend in points"), 10)])
		for row, week in enumerate(self.brief.weeks, 1):
			sheet.write_datetime(row, 0, _midnight(week.start), self.look("day"))
			self.counts(sheet, row, week.group)
			self.more(sheet, row, week.group)
			at = row + 1
			if row == 1:
				sheet.write_blank(row, trend, None, self.look("points"))
			else:
				before = f"I$2:I{row}"
				formula = f'=IF(OR(I{at}="",COUNT({before})=0),"",100*(I{at}-LOOKUP(9.9E+99,{before})))'
				self.formula(sheet, row, trend, formula, week.trend, "points")
		return self.close(sheet, len(self.brief.weeks))

	def close(self, sheet: Worksheet, rows: int) -> _Place:
		"""The totals below the rows of groups."""
		if not rows:
			self.text(sheet, 1, 0, self.say(N_("There is nothing to show here.")), "plain")
			return _Place(sheet.get_name(), 2, 2)
		self.totals(sheet, rows + 1, 2, rows + 1, self.brief.total, self.story.flow)
		sheet.conditional_format(
			1,
			8,
			rows,
			8,
			{
				"type": "data_bar",
				"bar_color": "#8CC7BF",
				"bar_solid": True,
				"min_type": "num",
				"min_value": 0,
				"max_type": "num",
				"max_value": 1,
			},
		)
		return _Place(sheet.get_name(), 2, rows + 1)

	def groups(self, sheet: Worksheet, groups: Sequence[Group], title: str) -> _Place:
		"""One line for each group."""
		self.heads(sheet, 0, self.columns(_Column(title, 30)))
		for row, group in enumerate(groups, 1):
			self.text(sheet, row, 0, self.story.name(group))
			self.counts(sheet, row, group)
			self.more(sheet, row, group)
		if groups:
			sheet.autofilter(0, 0, len(groups), len(self.columns(_Column(title, 30))) - 1)
		return self.close(sheet, len(groups))

	def stalls(self, sheet: Worksheet) -> None:
		"""The funnel, with a chart."""
		story = self.story
		if not story.flow or not self.brief.stalls.recorded:
			sheet.set_column(0, 0, 90)
			text = N_(
				"The log knows when cases begin and end, and no steps between: so where they stall cannot be said."
			)
			self.text(sheet, 0, 0, self.say(text) if not story.flow else story.stalls()[0])
			return
		titles = (
			_Column(N_("Milestone"), 26),
			_Column(N_("Events that passed it"), 12),
			_Column(N_("Share of the recorded"), 12),
			_Column(N_("Median hours"), 12),
			_Column(N_("Waiting before it"), 12),
			_Column(N_("Of these past target"), 12),
		)
		self.heads(sheet, 0, titles)
		waiting = {Milestone.EVIDENCE: 0, Milestone.MARK: 1, Milestone.CONFIRMATION: 2}
		funnel = self.brief.stalls.funnel()
		for row, step in enumerate(funnel, 1):
			self.text(sheet, row, 0, story.milestone(step.milestone))
			self.number(sheet, row, 1, step.count, "count")
			self.formula(sheet, row, 2, f'=IF(B$2=0,"",B{row + 1}/B$2)', share(step.percent), "percent")
			self.number(sheet, row, 3, step.median_hours, "hours")
			at = waiting.get(step.milestone)
			found = self.brief.stalls.steps[at] if at is not None else None
			self.number(sheet, row, 4, found.waiting if found else None, "count")
			self.number(sheet, row, 5, found.overdue if found else None, "count")
		place = _Place(sheet.get_name(), 2, len(funnel) + 1)
		chart = self.chart(
			"bar", self.say(N_("Events that passed each milestone")), place, "B", N_("Events"), "#,##0"
		)
		chart.set_y_axis({"reverse": True, "num_font": self.font(9), "line": {"none": True}})
		sheet.insert_chart(len(funnel) + 3, 0, chart, {"description": " ".join(story.stalls())})
		for row, sentence in enumerate(story.stalls(), len(funnel) + 20):
			self.text(sheet, row, 0, sentence, "plain")

	# --- lists ------------------------------------------------------------------------------------------

	def deviations(self, sheet: Worksheet) -> None:
		"""Each deviation with its sentence."""
		titles = (
			_Column(N_("Kind"), 14),
			_Column(N_("Group"), 28),
			_Column(N_("Measure"), 18),
			_Column(N_("Its share"), 10),
			_Column(N_("All others"), 10),
			_Column(N_("Difference in points"), 12),
			_Column(N_("At least"), 10),
			_Column(N_("At most"), 10),
			_Column(N_("Events"), 10),
			_Column(N_("In a sentence"), 80),
		)
		self.heads(sheet, 0, titles)
		row = 0
		for row, one in enumerate(self.brief.deviations, 1):
			self.text(sheet, row, 0, self.story.dimension(one.of))
			self.text(sheet, row, 1, one.name)
			self.text(sheet, row, 2, self.say(one.measure.value))
			self.number(sheet, row, 3, one.value / 100, "percent")
			self.number(sheet, row, 4, one.baseline / 100, "percent")
			self.formula(sheet, row, 5, f"=100*(D{row + 1}-E{row + 1})", one.difference, "points")
			self.number(sheet, row, 6, one.low, "points")
			self.number(sheet, row, 7, one.high, "points")
			self.number(sheet, row, 8, one.events, "count")
			self.text(sheet, row, 9, self.story.deviation(one))
		self.text(sheet, row + 2, 0, self.story.deviations(), "plain")
		self.text(sheet, row + 3, 0, self.say(NOT_A_CAUSE), "plain")

	def broken(self, sheet: Worksheet) -> None:
		"""The broken chains."""
		titles = (
			_Column(N_("Event"), 18),
			_Column(N_("Document"), 18),
			_Column(N_("Event Type"), 26),
			_Column(N_("Department"), 22),
			_Column(N_("Person"), 18),
			_Column(N_("Line Manager"), 18),
			_Column(N_("Recorded at"), 16),
			_Column(N_("Target"), 16),
			_Column(N_("Closed at"), 16),
			_Column(N_("Hours late"), 10),
			_Column(N_("What is the matter"), 44),
		)
		self.heads(sheet, 0, titles)
		local = self.story.numbers.local
		row = 0
		for row, chain in enumerate(self.brief.broken, 1):
			texts = (
				chain.event,
				chain.document,
				chain.event_type,
				chain.department,
				chain.person,
				chain.manager,
			)
			for place, text in enumerate(texts):
				self.text(sheet, row, place, text)
			sheet.write_datetime(row, 6, local(chain.recorded_at), self.look("moment"))
			sheet.write_datetime(row, 7, local(chain.target_at), self.look("moment"))
			if chain.closed_at is not None:
				sheet.write_datetime(row, 8, local(chain.closed_at), self.look("moment"))
			self.number(sheet, row, 9, chain.hours_late, "hours")
			self.text(sheet, row, 10, self.story.waits(chain))
		if row:
			sheet.autofilter(0, 0, row, len(titles) - 1)
		self.text(sheet, row + 2, 0, self.story.broken(), "plain")
		if self.brief.broken_total > row:
			shown = self.say(N_("The {0} latest are shown, {1} are not."), row, self.brief.broken_total - row)
			self.text(sheet, row + 3, 0, shown, "plain")

	def own(self, sheet: Worksheet) -> None:
		"""Everybody's first brief."""
		titles = [
			_Column(N_("Person"), 26),
			_Column(N_("Personnel number"), 14),
			_Column(N_("Events"), 10),
			_Column(N_("Closed"), 10),
			_Column(N_("Hours to close, mean"), 12),
		]
		if self.story.flow:
			titles.append(_Column(N_("Evidence completeness"), 12))
		titles.append(_Column(N_("Flow health"), 12))
		self.heads(sheet, 0, titles, wide=False)
		row = 0
		for row, one in enumerate(self.brief.first, 1):
			self.text(sheet, row, 0, self.story.known(one.name or one.person))
			self.text(sheet, row, 1, one.person)
			self.number(sheet, row, 2, one.events, "count")
			self.number(sheet, row, 3, one.closed, "count")
			self.number(sheet, row, 4, one.average_hours, "hours")
			if self.story.flow:
				self.number(sheet, row, 5, share(one.completeness), "percent")
			self.number(sheet, row, len(titles) - 1, share(one.in_time_percent), "percent")
		if row:
			sheet.autofilter(0, 0, row, len(titles) - 1)
		else:
			self.text(
				sheet, 1, 0, self.say(N_("The files name nobody, so there is no brief for anybody.")), "plain"
			)

	def about(self, sheet: Worksheet) -> None:
		"""What the figures mean, and where they come from."""
		sheet.set_column(0, 0, 100)
		lines = [
			(self.say(N_("What the figures mean")), "part"),
			*((self.say(text), "text") for text in DEFINITION),
		]
		lines += [("", "text"), (self.say(N_("Where the figures come from")), "part")]
		lines += [
			(text, "text")
			for text in (self.story.period, self.story.made, *self.story.sources(), *self.story.notes())
		]
		lines.append(
			(
				self.say(
					N_(
						"Shares, counted events, totals and trends are formulas: they follow when a number is changed. Hours are values."
					)
				),
				"text",
			)
		)
		for row, (text, look) in enumerate(lines):
			self.text(sheet, row, 0, text, look)
		sheet.fit_to_pages(1, 0)

	# --- the summary ------------------------------------------------------------------------------------

	def summary(self, sheet: Worksheet, weeks: _Place, departments: _Place, types: _Place) -> None:
		"""The one figure, what follows, and the charts."""
		story, total = self.story, self.brief.total
		health = total.health
		sheet.set_column(0, 0, 34)
		sheet.set_column(1, 1, 15)
		sheet.set_column(2, 2, 3)
		sheet.set_column(3, 3, 62)
		sheet.set_row(0, 24)
		self.text(sheet, 0, 0, story.title, "title")
		self.text(sheet, 1, 0, f"{story.period} · {story.made}", "plain")
		self.text(sheet, 3, 0, self.say(N_("Flow health")), "part")
		sheet.set_row(4, 48)
		self.formula(sheet, 4, 0, '=IF(B11=0,"",B8/B11)', share(health.percent), "figure")
		self.text(sheet, 5, 0, f"{story.meaning()} {story.trend() if health.counted else ''}", "plain")
		rows: list[tuple[str, str, float | None, str]] = [
			(N_("Closed in time"), f"=SUM({weeks.column('C')})", health.closed_in_time, "count"),
			(N_("Closed late"), f"=SUM({weeks.column('D')})", health.closed_late, "count"),
			(N_("Open past target"), f"=SUM({weeks.column('E')})", health.late_open, "count"),
			(N_("Counted"), "=SUM(B8:B10)", health.counted, "count!"),
			(N_("Still running"), f"=SUM({weeks.column('F')})", health.running, "count"),
			(N_("Void"), f"=SUM({weeks.column('G')})", health.void, "count"),
			(N_("Events"), f"=SUM({weeks.column('B')})", total.events, "count!"),
			(N_("Broken chains"), "=B9+B10", self.brief.broken_total, "count"),
		]
		for row, (title, formula, value, look) in enumerate(rows, 7):
			self.text(sheet, row, 0, self.say(title), "label!" if look.endswith("!") else "label")
			self.formula(sheet, row, 1, formula, value, look)
		row = 7 + len(rows)
		values: list[tuple[str, float | None]] = [
			(N_("Hours to close, median"), total.closing.median),
			(N_("Hours to close, nine of ten"), total.closing.p90),
		]
		if story.flow:
			values += [
				(N_("Hours to evidence, median"), total.response.median),
				(N_("Hours to evidence, nine of ten"), total.response.p90),
			]
		for title, hours in values:
			self.text(sheet, row, 0, self.say(title), "label")
			self.number(sheet, row, 1, hours, "hours")
			row += 1
		if story.flow:
			self.text(sheet, row, 0, self.say(N_("Share complete")), "label")
			formula = f'=IF(SUM({weeks.column("N")})=0,"",SUM({weeks.column("O")})/SUM({weeks.column("N")}))'
			self.formula(sheet, row, 1, formula, share(total.complete_percent), "percent")
			row += 1
		change = story.change()
		if change is not None:
			compared = story.compared()
			assert compared is not None
			for title, part, places in (
				(N_("First weeks compared"), change.first, compared[0]),
				(N_("Last weeks compared"), change.last, compared[1]),
			):
				one, two = weeks.first + places[0], weeks.first + places[-1]
				cells = [f"SUM({quoted(weeks.sheet)}!${c}${one}:${c}${two})" for c in "CH"]
				self.text(sheet, row, 0, f"{self.say(title)} ({change.weeks})", "label")
				self.formula(sheet, row, 1, f"={cells[0]}/{cells[1]}", share(part.percent), "percent")
				row += 1
			self.text(sheet, row, 0, self.say(N_("Change in points")), "label")
			self.formula(sheet, row, 1, f"=100*(B{row}-B{row - 1})", change.points, "points")
			row += 1
		for line, sentence in enumerate(
			(*(story.stalls() if story.flow else ()), story.closing(), story.deviations()), 7
		):
			self.text(sheet, line, 3, sentence)
		row += 1
		if self.brief.weeks:
			sheet.insert_chart(row, 0, self.weekly(weeks), {"description": story.trend()})
			row += 18
		for title, place, groups in (
			(N_("Flow health by department"), departments, self.brief.departments),
			(N_("Flow health by event type"), types, self.brief.event_types),
		):
			shown = min(len(groups), MOST_CHARTED)
			if not shown:
				continue
			shown_rows = _Place(place.sheet, place.first, place.first + shown - 1)
			chart = self.chart(
				"bar", self.say(title), shown_rows, "I", N_("Flow health"), "0%", tall=110 + 24 * shown
			)
			chart.set_y_axis({"reverse": True, "num_font": self.font(9), "line": {"none": True}})
			chart.set_x_axis(
				{
					"min": 0,
					"max": 1,
					"num_format": "0%",
					"major_gridlines": {"visible": True, "line": {"color": SOFT}},
					"num_font": self.font(9),
				}
			)
			sheet.insert_chart(row, 0, chart, {"description": story.ends(groups)})
			row += 7 + round(1.2 * shown)
		sheet.set_portrait()
		sheet.fit_to_pages(1, 0)
		sheet.print_area(0, 0, row, 3)

	def font(self, size: int, bold: bool = False) -> dict[str, Any]:
		return {"name": self._base["font_name"], "size": size, "bold": bold, "color": INK}

	def chart(
		self, kind: str, title: str, place: _Place, letter: str, series: str, number: str, tall: int = 300
	) -> Any:
		"""A chart of one column against the first one of its table."""
		chart: Any = self.book.add_chart({"type": kind})
		chart.add_series(
			{
				"name": self.say(series),
				"categories": f"={place.column('A')}",
				"values": f"={place.column(letter)}",
				"fill": {"color": GOOD},
				"gap": 45,
				"data_labels": {
					"value": True,
					"num_format": "0.0%" if "%" in number else number,
					"font": self.font(9),
				},
			}
		)
		chart.set_title({"name": title, "name_font": self.font(11, True), "overlay": False})
		chart.set_legend({"none": True})
		chart.set_x_axis({"num_font": self.font(9), "major_gridlines": {"visible": False}})
		chart.set_size({"width": 780, "height": tall})
		chart.set_chartarea({"border": {"none": True}})
		return chart

	def weekly(self, weeks: _Place) -> Any:
		"""The trend: flow health as a line, over the number of events."""
		column: Any = self.book.add_chart({"type": "column"})
		column.add_series(
			{
				"name": self.say(N_("Events")),
				"categories": f"={weeks.column('A')}",
				"values": f"={weeks.column('B')}",
				"fill": {"color": "#D5DCE1"},
				"gap": 60,
			}
		)
		# what is on the second axis is drawn in front
		line: Any = self.book.add_chart({"type": "line"})
		line.add_series(
			{
				"name": self.say(N_("Flow health")),
				"categories": f"={weeks.column('A')}",
				"values": f"={weeks.column('I')}",
				"line": {"color": GOOD, "width": 2.5},
				"marker": {
					"type": "circle",
					"size": 6,
					"fill": {"color": GOOD},
					"border": {"color": "#FFFFFF"},
				},
				"y2_axis": True,
			}
		)
		column.combine(line)
		column.set_title({"name": self.say(N_("Flow health by week")), "name_font": self.font(11, True)})
		column.set_x_axis({"num_font": self.font(9), "num_format": "mm-dd", "text_axis": True})
		column.set_y_axis({"num_font": self.font(9), "min": 0, "major_gridlines": {"visible": False}})
		line.set_y2_axis({"num_font": self.font(9), "min": 0, "max": 1, "num_format": "0%"})
		column.set_legend({"position": "bottom", "font": self.font(9)})
		column.set_size({"width": 780, "height": 340})
		column.set_chartarea({"border": {"none": True}})
		return column


def share(percent: float | None) -> float | None:
	"""A percentage (0–100) as a spreadsheet holds it (0–1)."""
	return None if percent is None else percent / 100


def _midnight(day: Any) -> Any:
	from datetime import datetime, time

	return datetime.combine(day, time.min)


def _sheet_name(text: str) -> str:
	"""A name that a sheet may have."""
	kept = "".join(c for c in clean(text) if c not in "[]:*?/\\").strip("'")
	return kept[:31]


def _footer(text: str) -> str:
	"""Text for the foot of a printed page, where ``&`` begins a command."""
	return shortened(text, 60).replace("&", "&&")
