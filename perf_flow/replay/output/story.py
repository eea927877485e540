"""What a brief says in words, in one place for the page, the workbook and the slides.

A ``Story`` is a brief in a language: its sentences, its rankings and the figures that are worked out of several of the
brief's. Everything that came in with the files leaves here through ``clean``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from perf_flow.engine.brief import (
	LEAST_EVENTS,
	NOT_KNOWN,
	OTHERS,
	Brief,
	BrokenChain,
	Deviation,
	Dimension,
	Group,
	Kind,
)
from perf_flow.engine.errors import N_
from perf_flow.engine.health import Health, Milestone, Stage, StageFigures
from perf_flow.engine.verifier import Reason
from perf_flow.replay.language import Say, speaker
from perf_flow.replay.output.numbers import Numbers, clean, shortened

MOST_COMPARED = 4
"""Weeks at either end that are put against each other."""


@dataclass(frozen=True, slots=True)
class Change:
	"""The first ``weeks`` weeks with a figure against the last ones; ``points`` is the difference in percentage
	points."""

	weeks: int
	first: Health
	last: Health

	@property
	def points(self) -> float:
		"""By how many percentage points the later figure is higher."""
		return (self.last.percent or 0.0) - (self.first.percent or 0.0)


class Story:
	"""A brief, told in ``lang`` ("zh" or "en")."""

	def __init__(self, brief: Brief, lang: str) -> None:
		self.brief = brief
		self.lang = lang
		self.say: Say = speaker(lang)
		self.numbers = Numbers(lang, brief.timezone)
		self.flow = brief.kind is Kind.FLOW

	# --- names ------------------------------------------------------------------------------------------

	@property
	def title(self) -> str:
		"""The title of the brief."""
		return clean(self.brief.title) or self.say(N_("The brief"))

	@property
	def period(self) -> str:
		"""From the first to the last event."""
		brief = self.brief
		if brief.begins is None or brief.ends is None:
			return self.say(N_("No events"))
		return self.say(N_("{0} to {1}"), self.numbers.day(brief.begins), self.numbers.day(brief.ends))

	@property
	def made(self) -> str:
		"""The time that the brief is of, with the time zone of all its times."""
		zone = self.brief.timezone
		return self.say(N_("As of {0}, times of {1}"), self.numbers.minute(self.brief.now), zone)

	def name(self, group: Group) -> str:
		"""What a group is called."""
		if group.key == OTHERS:
			return self.say(group.name)
		return clean(group.name or group.key) or self.say(NOT_KNOWN)

	def known(self, text: str) -> str:
		"""A name out of the files, or that it is not known."""
		return clean(text) or self.say(NOT_KNOWN)

	def milestone(self, milestone: Milestone) -> str:
		"""A milestone's name."""
		return self.say(milestone.value, context="Business Event")

	def stage(self, stage: Stage) -> str:
		"""A step's name."""
		return self.say(stage.value, context="Business Event")

	def dimension(self, dimension: Dimension) -> str:
		"""What is grouped by."""
		return self.say(dimension.value)

	def reason(self, reason: Reason) -> str:
		"""A sentence of the brief; what fills it came out of the files."""
		return self.say(reason.template, *map(clean, reason.args))

	# --- the one figure ---------------------------------------------------------------------------------

	@property
	def health(self) -> Health:
		"""The figures of all events."""
		return self.brief.total.health

	def meaning(self) -> str:
		"""The figure in a plain sentence."""
		health, n = self.health, self.numbers
		if not self.brief.total.events:
			return self.say(N_("There is nothing to show: the files hold no events."))
		if not health.counted:
			return self.say(
				N_("Nothing can be counted yet: of {0} events {1} are within their time and {2} are void."),
				n.count(self.brief.total.events),
				n.count(health.running),
				n.count(health.void),
			)
		return self.say(
			N_("{0} of {1} events were closed in time."),
			n.count(health.closed_in_time),
			n.count(health.counted),
		)

	def compared(self) -> tuple[range, range] | None:
		"""The places of the first and of the last weeks that are put against each other; None with less than two.

		The weeks at the end that still move are left out, since what is quick is counted first; if no other two are
		left, they count.
		"""
		known = [place for place, week in enumerate(self.brief.weeks) if week.group.health.counted]
		still = [place for place in known if not self.brief.weeks[place].group.health.running]
		settled = [place for place in known if still and place <= still[-1]]
		if len(settled) >= 2:
			known = settled
		size = min(len(known) // 2, MOST_COMPARED)
		if not size:
			return None
		return range(known[0], known[size - 1] + 1), range(known[-size], known[-1] + 1)

	def change(self) -> Change | None:
		"""How it was at the beginning and at the end; None with less than two weeks that can be compared."""
		found = self.compared()
		if found is None:
			return None
		first, last = (
			[
				self.brief.weeks[place].group.health
				for place in places
				if self.brief.weeks[place].group.health.counted
			]
			for places in found
		)
		return Change(len(first), reduce(add, first), reduce(add, last))

	def trend(self) -> str:
		"""Where it goes, in a sentence."""
		change = self.change()
		if change is None:
			return self.say(N_("With one week only there is no trend yet."))
		n = self.numbers
		first, last = n.percent(change.first.percent), n.percent(change.last.percent)
		apart = n.points(abs(change.points)).lstrip("+")
		template = N_("It stays where it was: {0} in the first week, {1} in the last one.")
		several = N_("It stays where it was: {0} in the first {2} weeks, {1} in the last {2}.")
		if apart != "0.0" and change.points > 0:
			template = N_("It rises: from {0} in the first week to {1} in the last one, {3} points more.")
			several = N_("It rises: from {0} in the first {2} weeks to {1} in the last {2}, {3} points more.")
		elif apart != "0.0":
			template = N_("It falls: from {0} in the first week to {1} in the last one, {3} points less.")
			several = N_("It falls: from {0} in the first {2} weeks to {1} in the last {2}, {3} points less.")
		return self.say(template if change.weeks == 1 else several, first, last, change.weeks, apart)

	# --- time -------------------------------------------------------------------------------------------

	def closing(self) -> str:
		"""How long chains took, in a sentence."""
		found, n = self.brief.total.closing, self.numbers
		if not found.count:
			return self.say(N_("No event is closed yet."))
		return self.say(
			N_("Half of the closed events took at most {0} hours, nine of ten at most {1}."),
			n.decimal(found.median),
			n.decimal(found.p90),
		)

	def response(self) -> str:
		"""How long the evidence took, in a sentence."""
		found, n = self.brief.total.response, self.numbers
		if not found.count:
			return self.say(N_("No evidence is complete yet."))
		return self.say(
			N_("Half of the evidence was complete within {0} hours, nine of ten within {1}."),
			n.decimal(found.median),
			n.decimal(found.p90),
		)

	def evidence(self) -> str:
		"""How complete the evidence is, in a sentence."""
		total, n = self.brief.total, self.numbers
		if not total.assessed:
			return self.say(N_("Nothing is known of evidence."))
		return self.say(
			N_("{0} of {1} events have all the evidence that is asked for: {2}."),
			n.count(total.complete),
			n.count(total.assessed),
			n.percent(total.complete_percent),
		)

	def stuck(self) -> StageFigures | None:
		"""The step at which most events wait past their target, else most events wait; None if none does."""
		waiting = [step for step in self.brief.stalls.steps if step.waiting]
		return max(waiting, key=lambda step: (step.overdue, step.waiting)) if waiting else None

	def slowest(self) -> StageFigures | None:
		"""The step that takes longest, by its median; None if none was finished."""
		done = [step for step in self.brief.stalls.steps if step.median_hours is not None]
		return max(done, key=lambda step: step.median_hours or 0.0) if done else None

	def stalls(self) -> list[str]:
		"""Where chains stall, in sentences."""
		n, found = self.numbers, []
		if not self.brief.stalls.recorded:
			return [self.say(N_("There are no events that could stall."))]
		slowest, stuck = self.slowest(), self.stuck()
		if slowest is not None:
			found.append(
				self.say(
					N_("Most time passes at “{0}”: half of these steps took more than {1} hours."),
					self.stage(slowest.stage),
					n.decimal(slowest.median_hours),
				)
			)
		if stuck is None:
			found.append(self.say(N_("No event waits at a step.")))
		else:
			found.append(
				self.say(
					N_("Most open events wait at “{0}”: {1}, of which {2} are past their target."),
					self.stage(stuck.stage),
					n.count(stuck.waiting),
					n.count(stuck.overdue),
				)
			)
		return found

	# --- groups -----------------------------------------------------------------------------------------

	@staticmethod
	def ranked(groups: Sequence[Group]) -> list[Group]:
		"""The groups with enough events for a figure that says something, the highest flow health first."""
		known = [g for g in groups if g.key not in ("", OTHERS) and g.health.counted >= LEAST_EVENTS]
		return sorted(known, key=lambda g: (-(g.health.percent or 0.0), g.name))

	def ends(self, groups: Sequence[Group], longest: float = 200) -> str:
		"""Which groups are at either end, in a sentence; names are cut at ``longest`` ems."""
		ranked = self.ranked(groups)
		if len(ranked) < 2:
			return self.say(
				N_("There are less than two groups with {0} events or more, so none are compared."),
				LEAST_EVENTS,
			)
		best, last = ranked[0], ranked[-1]
		return self.say(
			N_("Highest: {0}, {1}. Lowest: {2}, {3}."),
			shortened(self.name(best), longest),
			self.numbers.percent(best.health.percent),
			shortened(self.name(last), longest),
			self.numbers.percent(last.health.percent),
		)

	def deviation(self, deviation: Deviation) -> str:
		"""A deviation, in a sentence."""
		return self.reason(deviation.sentence)

	def deviations(self) -> str:
		"""How many deviations there are, in a sentence."""
		count = len(self.brief.deviations)
		if not count:
			return self.say(N_("No group differs from the others by more than chance explains."))
		if count == 1:
			return self.say(N_("One group differs from the others by more than chance explains."))
		return self.say(N_("{0} differences are larger than chance explains."), count)

	# --- broken chains ----------------------------------------------------------------------------------

	def broken(self) -> str:
		"""How many chains are broken, in a sentence."""
		health, n = self.health, self.numbers
		if not self.brief.broken_total:
			return self.say(N_("No chain is broken: nothing was closed late or is open past its target."))
		return self.say(
			N_("{0} chains are broken: {1} were closed late, {2} are open past their target."),
			n.count(self.brief.broken_total),
			n.count(health.closed_late),
			n.count(health.late_open),
		)

	def waits(self, chain: BrokenChain) -> str:
		"""What a broken chain is short of, or that it was closed."""
		if chain.closed_at is not None:
			return self.say(N_("closed late, on {0}"), self.numbers.minute(chain.closed_at))
		if not self.flow:
			return self.say(N_("not closed"))
		missing = "、".join if self.lang == "zh" else ", ".join
		parts = [self.stage(chain.stage)]
		if chain.missing:
			parts.append(self.say(N_("missing: {0}"), missing(map(clean, chain.missing))))
		if chain.waits_for:
			parts.append(self.say(N_("waits for {0}"), clean(chain.waits_for)))
		return ("；" if self.lang == "zh" else "; ").join(parts)

	# --- where it comes from ----------------------------------------------------------------------------

	def sources(self) -> list[str]:
		"""What was read, and what was left out."""
		inputs, n = self.brief.inputs, self.numbers
		found = []
		if inputs.files:
			found.append(self.say(N_("Files: {0}"), ", ".join(map(clean, inputs.files))))
		if inputs.rows:
			found.append(
				self.say(
					N_("{0} rows were read; they make {1} chains."),
					n.count(inputs.rows),
					n.count(inputs.chains),
				)
			)
		if inputs.steps or inputs.refused:
			found.append(
				self.say(
					N_("{0} steps were carried out as the rules say; {1} were refused."),
					n.count(inputs.steps),
					n.count(inputs.refused),
				)
			)
		found += [
			self.say(N_("Left out, {0} times: {1}"), n.count(count), self.reason(reason))
			for reason, count in inputs.ignored
		]
		return found

	def notes(self) -> list[str]:
		"""What the reader is to know."""
		return [self.reason(note) for note in self.brief.notes]
