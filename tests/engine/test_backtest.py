"""What an event type would have done: figures that add up, moments as far as history tells, comparison."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf_flow.engine import backtest as bt
from perf_flow.engine.backtest import Ask, Certainty, Change, Doubt, Need, Occasion, Tally
from perf_flow.engine.model import RequirementKind, StepKind
from perf_flow.engine.triggers import Trigger

WEEK = date(2026, 3, 2)
COSTS = bt.efforts({}, {}, {})
CREATED, MODIFIED = datetime(2026, 3, 3, 10), datetime(2026, 3, 20, 10)


def occasion(**more: Any) -> Occasion:
	given = {
		"week": WEEK,
		"asks": (
			Ask(StepKind.EVIDENCE, "anna"),
			Ask(StepKind.MARK, "max"),
			Ask(StepKind.CONFIRMATION, "", "gone"),
		),
		"needs": (
			Need("r1", "Paper", RequirementKind.FILE, True, False, 2),
			Need("r2", "Number", RequirementKind.FIELD, True, True),
			Need("r3", "Remark", RequirementKind.TEXT, False, False),
		),
		"department": "Sales",
		"manager": "max",
	}
	return Occasion(**{**given, **more})


def count(*occasions: Occasion) -> bt.Figures:
	tally = Tally(COSTS)
	for one in occasions:
		tally.look()
		tally.add(one)
	return tally.figures()


# --- figures ----------------------------------------------------------------------------------------


def test_work_is_what_is_left_to_give_and_the_other_steps() -> None:
	figures = count(occasion())
	# two files at four minutes; the field is shown, the remark optional; mark 2, confirmation 1.5 minutes
	assert figures.total == bt.Work(1, 3, 2 * 240 + 120 + 90)
	assert figures.people == (
		bt.PersonWeek("anna", WEEK, {"Evidence": 1}, 480),
		bt.PersonWeek("max", WEEK, {"Mark": 1}, 120),
	)
	assert figures.nobody == {("Confirmation", "gone"): 1}
	assert (figures.without_person, figures.closing, figures.by_itself) == (1, 0, 0)
	assert [(n.key, n.asked, n.shown) for n in figures.needs] == [("r2", 1, 1), ("r1", 1, 0), ("r3", 1, 0)]
	assert figures.shown_percent == pytest.approx(100 / 3)


def test_what_erp_data_shows_whole_asks_nobody_for_evidence() -> None:
	shown = tuple(replace(n, shown=True) for n in occasion().needs)
	figures = count(occasion(needs=shown, asks=occasion().asks[:2]))
	assert (figures.by_itself, figures.by_itself_percent) == (1, 100)
	assert [p.employee for p in figures.people] == ["max"]
	assert figures.total == bt.Work(1, 1, 120)
	# nothing asked is no privilege
	assert count(occasion(needs=())).by_itself == 0


def test_peak_is_the_week_with_most_work() -> None:
	later = WEEK + timedelta(days=7)
	figures = count(occasion(), occasion(week=later), occasion(week=later))
	anna = next(x for x in figures.of_people() if x.employee == "anna")
	assert (anna.steps, anna.peak.week, anna.peak.steps, anna.peak.seconds) == (3, later, 2, 960)
	assert figures.of_people()[0] is not None and figures.of_people()[0].employee == "anna"
	assert figures.per_week(14) == 1.5


EMPLOYEES = st.sampled_from(["", "a", "b", "c"])
OCCASIONS = st.builds(
	Occasion,
	week=st.sampled_from([WEEK, WEEK + timedelta(days=7), WEEK + timedelta(days=14)]),
	asks=st.lists(
		st.builds(Ask, kind=st.sampled_from(StepKind), employee=EMPLOYEES, why=st.sampled_from(["x", "y"])),
		max_size=5,
	).map(tuple),
	needs=st.lists(
		st.sampled_from(
			[
				Need(kind.value, kind.value, kind, mandatory=kind is not RequirementKind.TEXT, shown=shown)
				for kind in RequirementKind
				for shown in (True, False)
			]
		),
		max_size=4,
	).map(tuple),
	department=st.sampled_from(["", "Sales", "Quality"]),
	manager=EMPLOYEES,
	closes=st.booleans(),
	doubts=st.frozensets(st.sampled_from(Doubt), max_size=3),
)


@given(st.lists(OCCASIONS, max_size=25), st.randoms())
def test_order_does_not_matter_and_every_total_is_the_sum_of_its_parts(
	occasions: list[Occasion], chance: Any
) -> None:
	figures = count(*occasions)
	mixed = occasions[:]
	chance.shuffle(mixed)
	assert count(*mixed) == figures
	for groups in (figures.weeks, figures.departments, figures.managers):
		assert sum(groups.values(), bt.Work()) == figures.total
	asked = sum(p.steps for p in figures.people) + sum(figures.nobody.values())
	assert asked == figures.total.steps
	assert sum(p.seconds for p in figures.people) <= figures.total.seconds
	assert figures.total.events == len(occasions)


@given(st.lists(OCCASIONS, max_size=10))
def test_figures_are_kept_as_text_and_the_public_one_names_nobody(occasions: list[Occasion]) -> None:
	named = [
		replace(
			o,
			asks=tuple(replace(a, employee=a.employee and f"HR-{a.employee}") for a in o.asks),
			manager="HR-m",
		)
		for o in occasions
	]
	figures = count(*named)
	public, people = bt.encode(figures)
	assert bt.decode(public, people) == figures
	assert "HR-" not in public


def test_reasons_are_bounded() -> None:
	nobody = [occasion(asks=(Ask(StepKind.EVIDENCE, "", f"reason {n}"),)) for n in range(300)]
	figures = count(*nobody)
	assert len(figures.nobody) <= Tally.REASONS + 1
	assert sum(figures.nobody.values()) == 300


# --- what steps cost --------------------------------------------------------------------------------


def test_minutes_are_set_else_measured_else_assumed() -> None:
	found = {
		e.kind: (e.seconds, e.origin, e.samples)
		for e in bt.efforts(
			{"Mark": 3, "Confirmation": 0},
			{"Mark": [10] * 9, "Sign-off": [50, 60, 70, 80, 90]},
			{"Sign-off": [1] * 9, "Confirmation": [40, 20, 30, 10, 50, 1000], "Text": [5] * 4},
		)
	}
	assert found["Mark"] == (180, bt.Origin.SETTING, 0)
	assert found["Sign-off"] == (70, bt.Origin.HISTORY, 5)
	assert found["Confirmation"] == (35, bt.Origin.REHEARSAL, 6)
	# four are not enough
	assert found["Text"] == (bt.WORK["Text"], bt.Origin.DEFAULT, 0)
	assert set(found) == set(bt.WORK)


def test_every_kind_of_work_has_a_cost() -> None:
	kinds = {k.value for k in RequirementKind} | {k.value for k in StepKind} - {"Evidence"}
	assert set(bt.WORK) == kinds


# --- when -------------------------------------------------------------------------------------------


def at(day: int) -> datetime:
	return datetime(2026, 3, day, 12)


SUBMITTED = Change(at(10), {"docstatus": (0, 1)})


@pytest.mark.parametrize(
	("trigger", "changes", "expected"),
	[
		(Trigger.CREATED, [SUBMITTED], [(CREATED, Certainty.KEPT)]),
		(Trigger.MANUAL, [], [(CREATED, Certainty.KEPT)]),
		(Trigger.SUBMITTED, [SUBMITTED], [(at(10), Certainty.VERSION)]),
		(Trigger.SUBMITTED, [], [(CREATED, Certainty.STAND_IN)]),
		(
			Trigger.CANCELLED,
			[SUBMITTED, Change(at(12), {"docstatus": (1, 2)})],
			[(at(12), Certainty.VERSION)],
		),
		(Trigger.CANCELLED, [SUBMITTED], [(MODIFIED, Certainty.STAND_IN)]),
		(Trigger.UPDATED_AFTER_SUBMIT, [], [(MODIFIED, Certainty.STAND_IN)]),
		# submitted and never changed since: it did not happen
		(Trigger.UPDATED_AFTER_SUBMIT, [SUBMITTED], []),
		(
			Trigger.UPDATED_AFTER_SUBMIT,
			[
				Change(at(9), {"x": (1, 2)}),
				SUBMITTED,
				Change(at(12), {"x": (2, 3)}),
				Change(at(14), {"x": (3, 4)}),
			],
			[(at(12), Certainty.VERSION)],
		),
		(
			Trigger.CONDITION,
			[Change(at(5), {"status": ("a", "b")}), Change(at(6), {"other": (1, 2)})],
			[(at(5), Certainty.VERSION)],
		),
		(Trigger.CONDITION, [Change(at(6), {"other": (1, 2)})], [(MODIFIED, Certainty.STAND_IN)]),
		(Trigger.DATE, [], []),
	],
)
def test_moment_is_what_versions_tell_else_the_nearest_that_is_kept(
	trigger: Trigger, changes: list[Change], expected: list[Any]
) -> None:
	found = bt.moments_of(trigger, CREATED, MODIFIED, changes, ["status"])
	assert [(m.at, m.certainty) for m in found] == expected


def test_same_week_makes_the_week_certain() -> None:
	(moment,) = bt.moments_of(Trigger.SUBMITTED, CREATED, CREATED + timedelta(days=2), [])
	assert moment.certainty is Certainty.WEEK and bt.doubt_of(moment) is Doubt.SAME_WEEK
	(kept,) = bt.moments_of(Trigger.CREATED, CREATED, MODIFIED, [])
	assert bt.doubt_of(kept) is None


def test_each_update_fires_where_the_type_says_so() -> None:
	changes = [SUBMITTED, Change(at(12), {"x": (2, 3)}), Change(at(14), {"x": (3, 4)})]
	found = bt.moments_of(Trigger.UPDATED_AFTER_SUBMIT, CREATED, MODIFIED, changes, each_time=True)
	assert [m.at for m in found] == [at(12), at(14)]


def test_every_doubt_is_said_with_its_number() -> None:
	assert set(bt.DOUBTS) == set(Doubt)
	assert all("{0}" in text for text in bt.DOUBTS.values())


# --- comparison -------------------------------------------------------------------------------------


def test_two_runs_are_compared_figure_by_figure() -> None:
	before, after = count(occasion()), count(occasion(), occasion())
	found = {d.figure: d for d in bt.compare(before, 30, after, 60)}
	assert set(found) == set(bt.Figure)
	assert (
		found[bt.Figure.EVENTS].before,
		found[bt.Figure.EVENTS].after,
		found[bt.Figure.EVENTS].change,
	) == (1, 2, 1)
	assert found[bt.Figure.PER_WEEK].change == 0
	assert found[bt.Figure.PEAK_STEPS].after == 2
	empty = {d.figure: d for d in bt.compare(count(), 30, after, 60)}
	assert empty[bt.Figure.SHOWN].before is None and empty[bt.Figure.SHOWN].change is None


def test_what_of_the_type_was_changed() -> None:
	before = {
		"trigger": "Submitted",
		"filters": "",
		"requirements": [{"label": "Paper", "kind": "File"}, {"label": "Old", "kind": "Text"}],
		"recipients": [{"source": "Sales Team"}, {"source": "Document Owner"}],
	}
	after = {
		"trigger": "Submitted",
		"filters": "[]",
		"only_company": None,
		"requirements": [{"label": "Paper", "kind": "File", "minimum": 2}, {"label": "New", "kind": "Text"}],
		"recipients": [{"source": "Document Owner"}, {"source": "Sales Team"}],
	}
	found = {(e.place, e.row): (e.before, e.after) for e in bt.edits(before, after)}
	assert found == {
		("filters", ""): (None, "[]"),
		("requirements", "Paper"): (
			{"label": "Paper", "kind": "File"},
			{"label": "Paper", "kind": "File", "minimum": 2},
		),
		("requirements", "Old"): ({"label": "Old", "kind": "Text"}, None),
		("requirements", "New"): (None, {"label": "New", "kind": "Text"}),
		("recipients", ""): (["Sales Team", "Document Owner"], ["Document Owner", "Sales Team"]),
	}
	assert bt.edits(before, before) == ()


@given(
	st.lists(
		st.fixed_dictionaries({"label": st.sampled_from("ab"), "minimum": st.integers(0, 2)}), max_size=4
	)
)
def test_nothing_changed_gives_no_edit(rows: list[Any]) -> None:
	assert bt.edits({"requirements": rows}, {"requirements": [dict(r) for r in rows]}) == ()
