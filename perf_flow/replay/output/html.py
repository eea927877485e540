"""The brief as one page: nothing is loaded, nothing is run, it opens offline and prints on A4."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from perf_flow.engine.brief import NOT_A_CAUSE, Brief, Group, Spread
from perf_flow.engine.errors import N_
from perf_flow.engine.health import DEFINITION, Milestone
from perf_flow.replay.output import pictures
from perf_flow.replay.output.markup import Markup, Part, tag
from perf_flow.replay.output.numbers import NOTHING, clean
from perf_flow.replay.output.story import Story

STYLE: Final = Path(__file__).with_name("style.css")
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
MOST_ROWS: Final = 60
"""Groups of one kind that the page shows; the workbook has all."""
MOST_PEOPLE: Final = 1_000
MOST_PICTURED: Final = 14
MOST_DEVIATIONS: Final = 8
"""Deviations that are in sight; the others are folded away."""
MANY: Final = 30
"""A list of more rows than this is folded away until somebody asks for it."""

Cell = tuple[str, Callable[[Group], Part]]


def write(brief: Brief, path: Path, lang: str) -> None:
	"""Write the page to ``path``. Raises OSError if it cannot be written."""
	path.write_text(page(brief, lang), encoding="utf-8", newline="\n")


def page(brief: Brief, lang: str) -> str:
	"""The page of a brief in a language, "zh" or "en"."""
	return _Page(Story(brief, lang)).whole()


class _Page:
	"""A page in the making."""

	def __init__(self, story: Story) -> None:
		self.story = story
		self.brief = story.brief
		self.say = story.say
		self.n = story.numbers

	def whole(self) -> str:
		story = self.story
		sections = [self.first(), self.facts(), *self.sections()]
		head = tag(
			"head",
			tag("meta", charset="utf-8"),
			tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
			tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
			tag("meta", name="referrer", content="no-referrer"),
			tag("meta", name="robots", content="noindex, nofollow"),
			tag("title", story.title, " · ", self.say(N_("Flow health"))),
			Markup(f"<style>{STYLE.read_text('utf-8')}</style>"),
		)
		top = tag(
			"header",
			tag("h1", story.title),
			tag("div", tag("p", story.period, " · ", story.made), class_="quiet"),
			tag("nav", self.contents(), aria_label=self.say(N_("Contents"))),
			class_="top",
		)
		foot = tag("footer", tag("p", self.say(N_("Made by Performance Flow.")), class_="quiet"))
		body = tag("body", top, tag("main", sections), foot)
		language = "zh-CN" if story.lang == "zh" else "en"
		return f"<!doctype html>\n{tag('html', head, body, lang=language)}\n"

	# --- the parts --------------------------------------------------------------------------------------

	def parts(self) -> Iterator[tuple[str, str, Callable[[], Part]]]:
		"""The sections below the figures: their place, title and content."""
		yield "stalls", self.say(N_("Where chains stall")), self.stalls
		yield "departments", self.say(N_("Departments")), self.departments
		yield "types", self.say(N_("Event types")), self.types
		if any(group.key for group in self.brief.managers):
			yield "managers", self.say(N_("Line managers")), self.managers
		yield "response", self.say(N_("Response times")), self.response
		if self.story.flow:
			yield "evidence", self.say(N_("Evidence completeness")), self.evidence
		yield "deviations", self.say(N_("Deviations")), self.deviations
		yield "broken", self.say(N_("Broken chains")), self.broken
		yield "own", self.say(N_("My first brief")), self.own
		yield "meaning", self.say(N_("What the figures mean")), self.meaning

	def contents(self) -> Iterator[Markup]:
		for place, title, _ in self.parts():
			yield tag("a", title, href=f"#{place}")

	def sections(self) -> Iterator[Markup]:
		for place, title, content in self.parts():
			heading = tag("h2", title, id=f"h-{place}")
			yield tag("section", heading, content(), id=place, class_=place, aria_labelledby=f"h-{place}")

	def first(self) -> Markup:
		"""The one figure, and where it goes."""
		story, health = self.story, self.brief.total.health
		figure = self.n.percent(health.percent)
		number, sign = (figure[:-1].rstrip(), "%") if figure.endswith("%") else (figure, "")
		kinds = (
			("good", N_("Closed in time"), health.closed_in_time),
			("late", N_("Closed late"), health.closed_late),
			("open", N_("Open past target"), health.late_open),
		)
		apart = (
			("soft", N_("Still running"), health.running),
			("soft", N_("Void"), health.void),
		)
		strip = tag(
			"div",
			[tag("i", class_=colour, style=f"flex:{count} 1 0") for colour, _, count in kinds if count],
			class_="parts",
			aria_hidden="true",
		)
		key = tag("ul", [self._key(*kind) for kind in (*kinds, *apart)], class_="key")
		return tag(
			"section",
			tag(
				"div",
				tag("h2", self.say(N_("Flow health")), id="h-first"),
				tag(
					"p",
					tag(
						"data",
						number,
						tag("small", "\u00a0", sign) if sign else None,
						value=_exact(health.percent),
						id="figure-health",
					),
					class_="figure",
				),
				tag("p", story.meaning(), class_="lead"),
				tag("p", story.trend()) if health.counted else None,
				strip if health.counted else None,
				key,
			),
			self.trend(),
			class_="first",
			aria_labelledby="h-first",
		)

	def _key(self, colour: str, label: str, count: int) -> Markup:
		return tag(
			"li",
			tag("i", class_=colour, aria_hidden="true"),
			tag("span", self.say(label)),
			tag(
				"b",
				tag("data", self.n.count(count), value=count, id=f"figure-{label.lower().replace(' ', '-')}"),
			),
		)

	def trend(self) -> Markup:
		points = [
			pictures.Point(
				f"{week.start:%m-%d}",
				week.group.health.percent,
				week.group.events,
				not week.group.health.running,
			)
			for week in self.brief.weeks
		]
		if not any(point.value is not None for point in points):
			return tag(
				"p", self.say(N_("There is nothing to draw yet: no week has a figure.")), class_="quiet"
			)
		said = self.say(N_("Flow health by week. {0}"), self.story.trend())
		picture = pictures.trend(points, self.brief.total.health.percent, self.n.percent, said)
		note = self.say(
			N_(
				"By week of the recording, from its Monday. Grey: number of events. Dotted: all weeks together. Hollow: still moving."
			)
		)
		return tag("div", tag("figure", picture, tag("figcaption", note)), self.weeks())

	def facts(self) -> Markup:
		"""The figures that come next."""
		total, n, say = self.brief.total, self.n, self.say
		hours = say(N_("hours"))
		facts: list[tuple[str, Part, str]] = [
			(
				say(N_("Events")),
				tag("data", n.count(total.events), value=total.events, id="figure-events"),
				self.story.period,
			),
			(
				say(N_("From recorded to closed")),
				self._hours(total.closing.median, hours, "closing"),
				say(N_("median; nine of ten: {0} hours"), n.decimal(total.closing.p90)),
			),
		]
		if self.story.flow:
			facts += [
				(
					say(N_("Until the evidence is complete")),
					self._hours(total.response.median, hours, "response"),
					say(N_("median; nine of ten: {0} hours"), n.decimal(total.response.p90)),
				),
				(
					say(N_("Evidence complete")),
					tag(
						"data",
						n.percent(total.complete_percent),
						value=_exact(total.complete_percent),
						id="figure-complete",
					),
					say(N_("{0} of {1} events"), n.count(total.complete), n.count(total.assessed)),
				),
			]
		else:
			facts.append(
				(
					say(N_("Nine of ten are closed within")),
					self._hours(total.closing.p90, hours, "p90"),
					say(N_("mean: {0} hours"), n.decimal(total.closing.mean)),
				)
			)
		facts.append(
			(
				say(N_("Broken chains")),
				tag(
					"data",
					n.count(self.brief.broken_total),
					value=self.brief.broken_total,
					id="figure-broken",
				),
				say(N_("closed late, or open past the target")),
			)
		)
		return tag(
			"dl", [tag("div", tag("dt", a), tag("dd", b), tag("dd", c)) for a, b, c in facts], class_="facts"
		)

	def _hours(self, value: float | None, unit: str, place: str) -> Part:
		if value is None:
			return NOTHING
		return [
			tag("data", self.n.decimal(value), value=_exact(value), id=f"figure-{place}"),
			" ",
			tag("small", unit),
		]

	def weeks(self) -> Markup:
		n = self.n
		heads = [N_("Week"), N_("Events"), N_("Counted"), N_("Flow health"), N_("Trend"), N_("Still running")]
		rows: list[list[Part]] = []
		for week in self.brief.weeks:
			health = week.group.health
			rows.append(
				[
					n.day(week.start),
					n.count(week.group.events),
					n.count(health.counted),
					self._share(health.percent),
					n.points(week.trend),
					n.count(health.running),
				]
			)
		note = self.say(N_("The trend is in percentage points, against the week before that has a figure."))
		return tag("details", tag("summary", self.say(N_("Week by week"))), self._table(heads, rows, note))

	def stalls(self) -> Part:
		story, stalls, n, say = self.story, self.brief.stalls, self.n, self.say
		if not stalls.recorded:
			return self._nothing()
		if not story.flow:
			return [
				tag("p", story.closing(), class_="lead"),
				tag(
					"p",
					self.say(
						N_(
							"The log knows when cases begin and end, and no steps between: so where they stall cannot be said."
						)
					),
				),
			]
		funnel = stalls.funnel()
		bars = []
		for step in funnel:
			says = f"{n.percent(step.percent)} · {n.count(step.count)}"
			short = n.percent(step.percent)
			if step.median_hours is not None:
				hours = say(N_("{0} hours"), n.decimal(step.median_hours))
				says, short = f"{says} · {hours}", f"{short} · {hours}"
			bars.append(pictures.Bar(story.milestone(step.milestone), step.percent or 0.0, says, short))
		said = "; ".join(f"{bar.name}: {bar.says}" for bar in bars)
		picture = pictures.bars(
			bars, 100.0, say(N_("How far the events have come. {0}"), said), wide=pictures.WIDE
		)
		waiting = {Milestone.EVIDENCE: 0, Milestone.MARK: 1, Milestone.CONFIRMATION: 2}
		rows = []
		for step in funnel:
			at = waiting.get(step.milestone)
			found = stalls.steps[at] if at is not None else None
			rows.append(
				[
					story.milestone(step.milestone),
					n.count(step.count),
					n.decimal(step.median_hours),
					n.count(found.waiting) if found else NOTHING,
					n.count(found.overdue) if found else NOTHING,
				]
			)
		heads = [
			N_("Milestone"),
			N_("Events that passed it"),
			N_("Median hours"),
			N_("Waiting before it"),
			N_("Of these past target"),
		]
		note = self.say(
			N_(
				"Median hours are of the step that leads to the milestone, for closed ones of the whole chain. Void events are left out."
			)
		)
		return [
			[
				tag("p", sentence, class_="lead" if not i else None)
				for i, sentence in enumerate(story.stalls())
			],
			tag(
				"figure",
				picture,
				tag("figcaption", say(N_("Share and number of events, and the median hours of the step."))),
			),
			self._table(heads, rows, note),
		]

	# --- groups -----------------------------------------------------------------------------------------

	def departments(self) -> Part:
		return self._groups(self.brief.departments, N_("Department"))

	def types(self) -> Part:
		return self._groups(self.brief.event_types, N_("Event Type"))

	def managers(self) -> Part:
		return self._groups(self.brief.managers, N_("Line Manager"), folded=True)

	def _groups(self, groups: Sequence[Group], label: str, folded: bool = False) -> Part:
		if not groups:
			return self._nothing()
		n, shown = self.n, groups[:MOST_ROWS]
		columns: list[Cell] = [
			(N_("Events"), lambda g: n.count(g.events)),
			(N_("Counted"), lambda g: n.count(g.health.counted)),
			(N_("Flow health"), lambda g: self._share(g.health.percent)),
			(N_("Closed late"), lambda g: n.count(g.health.closed_late)),
			(N_("Open past target"), lambda g: n.count(g.health.late_open)),
			(N_("Hours to close, median"), lambda g: n.decimal(g.closing.median)),
		]
		if self.story.flow:
			columns.append((N_("Evidence complete"), lambda g: n.percent(g.complete_percent)))
		rows: list[list[Part]] = [[self.story.name(g), *(cell(g) for _, cell in columns)] for g in shown]
		total = [self.say(N_("All")), *(cell(self.brief.total) for _, cell in columns)]
		table = self._table([label, *(head for head, _ in columns)], rows, None, total)
		left = len(groups) - len(shown)
		more = (
			self.say(N_("{0} more with fewer events are in the workbook."), n.count(left)) if left else None
		)
		return [
			tag("p", self.story.ends(groups), class_="lead"),
			self._folded(table, len(rows) if folded else 0, also=more),
		]

	def response(self) -> Part:
		story = self.story
		named = story.flow and any(g.response.count for g in self.brief.departments)
		sentence = story.response() if story.flow else story.closing()

		def of(group: Group) -> Spread:
			return group.response if story.flow else group.closing

		return [
			tag("p", sentence, class_="lead"),
			tag(
				"p",
				self.say(
					N_(
						"From the recording until the evidence was complete: the dot is the median, the ring what nine of ten do not exceed."
					)
					if named
					else N_(
						"From the recording to the closing: the dot is the median, the ring what nine of ten do not exceed."
					)
				),
				class_="quiet",
			),
			tag(
				"div",
				tag(
					"div", tag("h3", self.say(N_("By department"))), self._ranges(self.brief.departments, of)
				),
				tag(
					"div", tag("h3", self.say(N_("By event type"))), self._ranges(self.brief.event_types, of)
				),
				class_="pair",
			),
		]

	def _ranges(self, groups: Sequence[Group], of: Callable[[Group], Spread]) -> Part:
		known = sorted((g for g in groups[:MOST_PICTURED] if of(g).count), key=lambda g: of(g).median or 0.0)
		if not known:
			return self._nothing()
		rows = []
		for group in known:
			found = of(group)
			says = f"{self.n.decimal(found.median)} · {self.n.decimal(found.p90)}"
			rows.append(pictures.Range(self.story.name(group), found.median or 0.0, found.p90 or 0.0, says))
		said = "; ".join(f"{row.name}: {row.says}" for row in rows)
		picture = pictures.ranges(
			rows,
			max(row.high for row in rows),
			self.say(N_("Hours, median and what nine of ten do not exceed. {0}"), said),
		)
		left = len(groups) - min(len(groups), MOST_PICTURED)
		caption = self.say(N_("Hours, median · nine of ten"))
		if left:
			caption = f"{caption}. {self.say(N_('The {0} with most events.'), MOST_PICTURED)}"
		return tag("figure", picture, tag("figcaption", caption))

	def evidence(self) -> Part:
		story, total = self.story, self.brief.total
		if not total.assessed:
			return tag("p", story.evidence(), class_="lead")
		return [
			tag("p", story.evidence(), class_="lead"),
			tag(
				"div",
				tag("div", tag("h3", self.say(N_("By department"))), self._shares(self.brief.departments)),
				tag("div", tag("h3", self.say(N_("By event type"))), self._shares(self.brief.event_types)),
				class_="pair",
			),
		]

	def _shares(self, groups: Sequence[Group]) -> Part:
		known = sorted(
			(g for g in groups[:MOST_PICTURED] if g.assessed), key=lambda g: -(g.complete_percent or 0.0)
		)
		if not known:
			return self._nothing()
		percent = self.n.percent
		rows = [
			pictures.Bar(self.story.name(g), g.complete_percent or 0.0, percent(g.complete_percent))
			for g in known
		]
		said = "; ".join(f"{row.name}: {row.says}" for row in rows)
		picture = pictures.bars(
			rows,
			100.0,
			self.say(N_("Share of events with complete evidence. {0}"), said),
			self.brief.total.complete_percent,
		)
		return tag("figure", picture, tag("figcaption", self.say(N_("Dotted: all together."))))

	# --- lists ------------------------------------------------------------------------------------------

	def deviations(self) -> Part:
		story = self.story
		items = [
			tag(
				"li",
				tag("span", story.deviation(one)),
				tag(
					"span",
					self.say(
						N_("{0} · the difference lies between {1} and {2} points"),
						story.dimension(one.of),
						self.n.points(one.low),
						self.n.points(one.high),
					),
					class_="quiet",
				),
				class_="less" if one.difference < 0 else None,
			)
			for one in self.brief.deviations
		]
		left = items[MOST_DEVIATIONS:]
		more = tag("summary", self.say(N_("Show {0} more"), len(left)))
		return [
			tag("p", story.deviations(), class_="lead"),
			tag("p", self.say(NOT_A_CAUSE)) if items else None,
			tag("ul", items[:MOST_DEVIATIONS], class_="sure") if items else None,
			tag("details", more, tag("ul", left, class_="sure")) if left else None,
		]

	def broken(self) -> Part:
		story, n = self.story, self.n
		chains = self.brief.broken
		if not chains:
			return tag("p", story.broken(), class_="lead")
		heads = [
			N_("Event"),
			N_("Event Type"),
			N_("Department"),
			N_("Person"),
			N_("Recorded at"),
			N_("Hours late"),
			N_("What is the matter"),
		]
		rows: list[list[Part]] = [
			[
				[
					clean(c.document) or clean(c.event),
					tag("span", " ", clean(c.event), class_="quiet") if c.document else None,
				],
				story.known(c.event_type),
				story.known(c.department),
				story.known(c.person),
				tag("time", n.minute(c.recorded_at), datetime=c.recorded_at.isoformat()),
				n.decimal(c.hours_late),
				[tag("i", class_="late" if c.closed_at else "open", aria_hidden="true"), story.waits(c)],
			]
			for c in chains
		]
		table = self._table(heads, rows, None, numbers=(5,), cards=True)
		left = self.brief.broken_total - len(chains)
		more = (
			self.say(N_("The {0} latest are shown, {1} are not."), n.count(len(chains)), n.count(left))
			if left > 0
			else None
		)
		return [
			tag("p", story.broken(), class_="lead"),
			tag("p", more) if more else None,
			self._folded(table, len(rows)),
		]

	def own(self) -> Part:
		people, n = self.brief.first, self.n
		if not people:
			return tag("p", self.say(N_("The files name nobody, so there is no brief for anybody.")))
		shown = people[:MOST_PEOPLE]
		heads = [N_("Person"), N_("Events"), N_("Closed"), N_("Hours to close, mean")]
		if self.story.flow:
			heads.append(N_("Evidence completeness"))
		heads.append(N_("Flow health"))
		rows: list[list[Part]] = []
		for one in shown:
			row: list[Part] = [
				self.story.known(one.name or one.person),
				n.count(one.events),
				n.count(one.closed),
				n.decimal(one.average_hours),
			]
			if self.story.flow:
				row.append(n.percent(one.completeness))
			rows.append([*row, self._share(one.in_time_percent)])
		left = len(people) - len(shown)
		more = self.say(N_("{0} more are in the workbook."), n.count(left)) if left else None
		return [
			tag(
				"p",
				self.say(
					N_(
						"What each person's own events say: the figures that everybody sees of themselves in their first week. They are no ranking."
					)
				),
			),
			self._folded(self._table(heads, rows, None), len(rows), also=more),
		]

	def meaning(self) -> Part:
		story = self.story
		sources = story.sources()
		return [
			[tag("p", note) for note in story.notes()],
			tag("ul", [tag("li", self.say(text)) for text in DEFINITION], class_="plain"),
			tag("h3", self.say(N_("Where the figures come from"))) if sources else None,
			tag("ul", [tag("li", text) for text in sources], class_="plain") if sources else None,
			tag(
				"p",
				self.say(N_("This page names people. Show it only to those who may see their figures.")),
				class_="quiet",
			)
			if self.brief.first
			else None,
		]

	# --- what they are made of --------------------------------------------------------------------------

	def _nothing(self) -> Markup:
		return tag("p", self.say(N_("There is nothing to show here.")), class_="quiet")

	def _share(self, percent: float | None) -> Part:
		if percent is None:
			return NOTHING
		bar = tag("i", tag("b", style=f"width:{min(max(percent, 0.0), 100.0):.2f}%"), aria_hidden="true")
		return tag("span", bar, tag("data", self.n.percent(percent), value=_exact(percent)), class_="share")

	def _folded(self, table: Markup, rows: int = 0, also: str | None = None) -> Part:
		"""A long table behind a line to press; what else is to be said stands below it."""
		note = tag("p", also, class_="quiet") if also else None
		if rows <= MANY:
			return [table, note]
		shown = self.say(N_("Show all {0} lines"), self.n.count(rows))
		return [tag("details", tag("summary", shown), table), note]

	def _table(
		self,
		heads: Sequence[str],
		rows: Sequence[Sequence[Part]],
		caption: str | None,
		total: Sequence[Part] | None = None,
		numbers: tuple[int, ...] | None = None,
		cards: bool = True,
	) -> Markup:
		"""A table whose first column names the rows. ``numbers`` are the columns that hold figures: all but the first
		if it is None. On a phone each row of it becomes a card, if ``cards``."""
		words = [self.say(head, context="Business Event") for head in heads]
		figures = tuple(range(1, len(heads))) if numbers is None else numbers

		def cell(place: int, part: Part) -> Markup:
			if place == 0:
				return tag("th", part, scope="row")
			return tag("td", part, class_="n" if place in figures else None, data_name=words[place])

		head = tag(
			"tr",
			[
				tag("th", word, scope="col", class_="n" if i in figures else None)
				for i, word in enumerate(words)
			],
		)
		body = [tag("tr", [cell(i, part) for i, part in enumerate(row)]) for row in rows]
		if total is not None:
			body.append(tag("tr", [cell(i, part) for i, part in enumerate(total)], class_="sum"))
		table = tag(
			"table",
			tag("caption", caption) if caption else None,
			tag("thead", head),
			tag("tbody", body),
			class_="cards" if cards else None,
		)
		return tag("div", table, class_="scroll")


def _exact(value: float | None) -> str | None:
	return None if value is None else repr(value)
