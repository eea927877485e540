"""The brief agrees with the figures' own functions, whatever the chains, and says only differences that are there."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from statistics import NormalDist
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine import brief as b
from perf_flow.engine import health as figures
from perf_flow.engine.closing import closing
from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.health import ChainTimes, Stage

NOW = datetime(2026, 3, 20, tzinfo=timezone.utc)
BERLIN = ZoneInfo("Europe/Berlin")


def maybe(hours):
	return st.one_of(st.none(), hours)


HOURS = st.integers(0, 400).map(lambda h: h / 4)


@st.composite
def chain_times(draw):
	recorded = NOW - timedelta(hours=draw(st.integers(0, 700)))
	closed = draw(maybe(HOURS))

	def later(hours):
		return None if hours is None else recorded + timedelta(hours=hours)

	return ChainTimes(
		event=f"EV{draw(st.integers(0, 99))}",
		event_type=draw(st.sampled_from(["A", "B"])),
		company="",
		department=draw(st.sampled_from(["", "Sales", "Quality"])),
		employee=draw(st.sampled_from(["", "E1", "E2"])),
		manager=draw(st.sampled_from(["", "M1"])),
		pilot=draw(st.booleans()),
		recorded_at=recorded,
		target_at=recorded + timedelta(hours=48),
		closed_at=later(closed),
		void=draw(st.booleans()) and draw(st.booleans()),
		practice=draw(st.booleans()) and draw(st.booleans()),
		evidence_at=later(draw(maybe(HOURS))),
		marked_at=later(draw(maybe(HOURS))),
		confirmed_at=later(draw(maybe(HOURS))),
		stage=Stage.CLOSED if closed is not None else draw(st.sampled_from(list(figures.STEPS))),
	)


CHAINS = st.lists(st.tuples(chain_times(), maybe(st.sampled_from([0.0, 100 / 3, 50.0, 100.0]))), max_size=40)


def made(chains, **more):
	tally = b.Tally(NOW, BERLIN)
	for chain, completeness in chains:
		tally.add(chain, completeness=completeness)
	return tally.result("T", "Europe/Berlin", **more)


@settings(max_examples=200, deadline=None)
@given(CHAINS, st.integers(1, 30))
def test_the_brief_agrees_with_the_figures(chains, cells):
	"""Also when what is counted together has to be handed out again and again."""
	before, b._MOST_CELLS = b._MOST_CELLS, cells
	try:
		brief = made(chains)
	finally:
		b._MOST_CELLS = before
	times = [c for c, _ in chains]
	assert brief.total.health == figures.health(times, NOW)
	assert brief.stalls == figures.stalls(times, NOW)
	weeks = figures.weekly(times, NOW, BERLIN)
	assert [(w.start, w.group.health, w.trend) for w in brief.weeks] == [tuple(w) for w in weeks]
	whole = closing(times)
	assert (brief.total.closing.count, brief.total.closing.mean, brief.total.closing.median) == (
		whole.closed,
		whole.mean_hours,
		whole.median_hours,
	)
	for groups, key in (
		(brief.departments, lambda c: c.department),
		(brief.event_types, lambda c: c.event_type),
		(brief.managers, lambda c: c.manager),
	):
		assert {g.key: g.health for g in groups} == figures.by(times, key, NOW)
		assert sum((g.health for g in groups), figures.Health()) == brief.total.health
		assert sum(g.events for g in groups) == brief.total.events == sum(not c.practice for c in times)
	for own in brief.first:
		mine = [c for c in times if c.employee == own.person and not c.practice]
		assert own.events == len(mine)
		assert own.average_hours == closing(mine).mean_hours
		assert own.in_time_percent == figures.health(mine, NOW).percent
	known = [(c, p) for c, p in chains if p is not None and not c.void and not c.practice]
	assert brief.total.assessed == len(known)
	if known:
		assert brief.total.completeness == pytest.approx(sum(p for _c, p in known) / len(known))
	else:
		assert brief.total.completeness is None
	late = [c for c in times if not c.void and not c.practice and (c.closed_at or NOW) > c.target_at]
	assert brief.broken_total == len(late) == brief.total.health.closed_late + brief.total.health.late_open
	hours = [x.hours_late for x in brief.broken]
	assert hours == sorted(hours, reverse=True)


@settings(max_examples=60, deadline=None)
@given(CHAINS, st.randoms())
def test_the_order_of_chains_does_not_matter(chains, choose):
	mixed = list(chains)
	choose.shuffle(mixed)
	one, two = made(chains), made(mixed)
	assert one.total == two.total and one.weeks == two.weeks and one.first == two.first
	assert set(one.departments) == set(two.departments) and one.deviations == two.deviations


def test_the_worst_broken_chains_are_kept():
	def late(hours):
		start = NOW - timedelta(hours=1000)
		return ChainTimes(
			f"EV{hours}", "A", "", "", "", "", False, start, start, start + timedelta(hours=hours), False
		)

	wanted = list(range(1, b.MOST_BROKEN * 3))
	random.Random(1).shuffle(wanted)
	brief = made([(late(hours), None) for hours in wanted])
	assert brief.broken_total == len(wanted)
	assert [x.hours_late for x in brief.broken] == [
		float(h) for h in sorted(wanted, reverse=True)[: b.MOST_BROKEN]
	]


def test_too_many_groups_are_counted_together():
	def one(number):
		return ChainTimes(
			f"EV{number}", f"T{number}", "", "", "", "", False, NOW - timedelta(hours=9), NOW, NOW, False
		)

	brief = made([(one(n), None) for n in range(b.MOST_GROUPS + 50)])
	assert len(brief.event_types) == b.MOST_GROUPS + 1
	rest = brief.event_types[-1]
	assert rest.key == b.OTHERS and rest.events == 50
	assert sum(g.events for g in brief.event_types) == brief.total.events


def test_spread_is_the_nearest_rank():
	assert b.spread([]) == b.Spread()
	assert b.spread([5.0]) == b.Spread(1, 5.0, 5.0, 5.0)
	assert b.spread([float(n) for n in range(1, 11)]) == b.Spread(10, 5.5, 9.0, 5.5)
	assert b.spread([float(n) for n in range(1, 12)]).p90 == 10.0


def test_a_time_without_a_zone_is_refused():
	with pytest.raises(InvalidInput):
		b.Tally(NOW.replace(tzinfo=None), BERLIN)


# --- deviations -----------------------------------------------------------------------------------------


def test_newcombes_own_example():
	"""56 of 70 and 48 of 80: 95 % interval 0.0524 to 0.3339 (Newcombe 1998, table II (a), method 10)."""
	z = NormalDist().inv_cdf(0.975)
	assert b.difference(56, 70, 48, 80, z) == pytest.approx((0.0524, 0.3339), abs=5e-5)
	# and the same for 9 of 10 and 3 of 10, where a plain normal interval would go beyond 1
	assert b.difference(9, 10, 3, 10, z) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def shares(**parts):
	"""Chains of departments of which so many of so many were closed in time."""
	found = []
	for department, (part, whole) in parts.items():
		for number in range(whole):
			start = NOW - timedelta(hours=600)
			hours = 10 if number < part else 90
			found.append(
				(
					ChainTimes(
						f"{department}{number}",
						"A",
						"",
						department,
						"",
						"",
						False,
						start,
						start + timedelta(hours=48),
						start + timedelta(hours=hours),
						False,
					),
					None,
				)
			)
	return found


def test_a_clear_difference_is_said_with_its_numbers():
	brief = made(shares(Sales=(180, 200), Quality=(100, 200)))
	found = {d.key: d for d in brief.deviations}
	assert set(found) == {"Sales", "Quality"} and all(
		d.of is b.Dimension.DEPARTMENT for d in brief.deviations
	)
	low = found["Quality"]
	assert (low.value, low.baseline, low.difference, low.events) == (50.0, 90.0, -40.0, 200)
	assert low.low < -40 < low.high < 0
	assert low.sentence.template == b.LOWER_HEALTH
	assert low.sentence.args == ("Quality", "50.0", "200", "40.0", "90.0")


@pytest.mark.parametrize(
	"parts",
	[
		{"Sales": (19, 19), "Quality": (0, 400)},  # too few events
		{"Sales": (180, 200), "Quality": (174, 200)},  # may be chance
		{"Sales": (91_000, 100_000), "Quality": (88_000, 100_000)},  # certain, and too small to matter
		{"Sales": (50, 100)},  # nothing to compare with
	],
)
def test_what_is_no_deviation(parts):
	if sum(whole for _part, whole in parts.values()) > 10_000:
		groups = [
			b.Group(name, name, whole, figures.Health(part, whole - part), b.Spread(), b.Spread(), None, 0, 0)
			for name, (part, whole) in parts.items()
		]
		health = sum((g.health for g in groups), figures.Health())
		total = b.Group("", "", 0, health, b.Spread(), b.Spread(), None, 0, 0)
		assert b.deviations(total, {b.Dimension.DEPARTMENT: groups}) == ()
	else:
		assert made(shares(**parts)).deviations == ()


def test_chance_alone_is_rarely_called_a_deviation():
	"""40 groups that differ by nothing, 200 times over: at most the 5 % that are allowed, and some to spare."""
	choose = random.Random(11)
	wrong = 0
	for _ in range(200):
		parts = [sum(choose.random() < 0.7 for _ in range(60)) for _ in range(40)]
		groups = [
			b.Group(str(n), str(n), 60, figures.Health(p, 60 - p), b.Spread(), b.Spread(), None, 0, 0)
			for n, p in enumerate(parts)
		]
		total = b.Group(
			"", "", 0, figures.Health(sum(parts), 2400 - sum(parts)), b.Spread(), b.Spread(), None, 0, 0
		)
		wrong += bool(b.deviations(total, {b.Dimension.DEPARTMENT: groups}))
	assert wrong <= 16
