"""Which past cases are shown, and which are cases at all."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine import similar as s
from perf_flow.engine.model import ChainState, Mark
from perf_flow.engine.similar import Candidate, Features, Likeness
from tests.engine.test_chain import ANNA, BOSS, MAX, QUI, after, mark
from tests.engine.test_verifier import PROMISED, cause, late, note_of, sign, started

DAY = datetime(2026, 3, 1, tzinfo=timezone.utc)
WANTED = Features(frozenset(["late drawing"]), "Acme", "", "Presses", "P-1")


def case(event, days=0, alike=0.0, cause="", **features):
	causes = frozenset([cause] if cause else [])
	return Candidate(event, DAY + timedelta(days=days), Features(causes, **features), alike)


def order(*cases, wanted=WANTED, most=3):
	return [one.event for one in s.rank(wanted, cases, most)]


def test_the_cause_comes_first_then_the_document_then_the_text_then_the_latest():
	same_cause = case("cause", cause="late drawing")
	two = case("two", customer="Acme", item_group="Presses")
	one = case("one", customer="Acme", alike=100.0)
	text = case("text", alike=90.0)
	late_, early = case("late", days=2), case("early", days=1)
	assert order(early, late_, text, one, two, same_cause, most=6) == [
		"cause",
		"two",
		"one",
		"text",
		"late",
		"early",
	]


def test_three_at_most_and_none_of_none():
	assert order(*(case(f"E{n}", days=n) for n in range(9))) == ["E8", "E7", "E6"]
	assert order() == []


def test_what_both_lack_is_nothing_in_common():
	assert s.rank(Features(), [case("A")])[0].because == ()
	assert s.rank(WANTED, [case("A", supplier="")])[0].because == ()


def test_what_they_have_in_common_is_said():
	found = s.rank(WANTED, [case("A", cause="late drawing", customer="Acme", project="P-1", alike=61.0)])
	assert found[0].because == (Likeness.CAUSE, Likeness.CUSTOMER, Likeness.PROJECT, Likeness.TEXT)


def test_a_case_with_several_causes_is_shown_once_by_the_best_of_them():
	found = s.rank(WANTED, [case("A", cause="weather"), case("A", cause="late drawing")])
	assert [one.event for one in found] == ["A"] and found[0].because == (Likeness.CAUSE,)


candidates = st.lists(
	st.builds(
		Candidate,
		st.sampled_from([f"E{n}" for n in range(12)]),
		st.integers(0, 50).map(lambda n: DAY + timedelta(hours=n)),
		st.builds(
			Features,
			st.sets(st.sampled_from(["late drawing", "weather"]), max_size=1).map(frozenset),
			st.sampled_from(["", "Acme", "Other"]),
			st.sampled_from(["", "Steel"]),
			st.sampled_from(["", "Presses", "Saws"]),
			st.sampled_from(["", "P-1"]),
		),
		st.floats(0, 100),
	),
	max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(candidates, st.integers(0, 5), st.randoms(use_true_random=False))
def test_it_does_not_depend_on_the_order_and_is_bounded(cases, most, chance: random.Random):
	found = s.rank(WANTED, cases, most)
	assert len(found) <= most and len({one.event for one in found}) == len(found)
	assert {one.event for one in found} <= {one.event for one in cases}
	shuffled = list(cases)
	chance.shuffle(shuffled)
	assert s.rank(WANTED, shuffled, most) == found
	assert s.rank(WANTED, cases, most + 1)[: len(found)] == found


@settings(max_examples=300, deadline=None)
@given(candidates)
def test_whoever_shares_the_cause_stands_before_whoever_does_not(cases):
	shared = [Likeness.CAUSE in one.because for one in s.rank(WANTED, cases, 100)]
	assert shared == sorted(shared, reverse=True)


@settings(max_examples=300, deadline=None)
@given(candidates, st.sampled_from(["causes", "customer", "item_group", "project", "alike"]))
def test_having_more_in_common_never_lowers_a_case(cases, more):
	cases = list({one.event: one for one in cases}.values())
	if not cases:
		return
	first, *others = cases
	better = (
		replace(first, alike=100.0)
		if more == "alike"
		else replace(first, features=replace(first.features, **{more: getattr(WANTED, more)}))
	)
	before = order(first, *others, most=100).index(first.event)
	assert order(better, *others, most=100).index(first.event) <= before


# --- what is a case -------------------------------------------------------------------------------------------


def closed(chain=None, given=Mark.MEETS):
	chain = sign(sign(cause(note_of(chain or started())), MAX), QUI, 4)
	return after(chain, mark(given, reason="The note was late by two days", actor=BOSS.user), 5)


def test_closed_and_marked_meets_is_a_case():
	chain = closed()
	assert chain.state is ChainState.CLOSED and s.is_complete(chain)
	assert s.causes_of(chain) == ("RC-1",)


@pytest.mark.parametrize(
	"chain",
	[
		started(),
		sign(sign(cause(note_of(started())), MAX), QUI, 4),
		closed(given=Mark.NEEDS_IMPROVEMENT),
		replace(closed(), practice=True),
		replace(closed(), state=ChainState.VOID),
		replace(closed(), evidence=()),
	],
	ids=["nothing given", "not marked", "needs improvement", "practice", "void", "no evidence"],
)
def test_all_else_is_none(chain):
	assert not s.is_complete(chain)


def test_with_checks_it_has_to_be_achieved():
	optional = tuple(replace(r, mandatory=False) for r in started().requirements)
	chain = started(requirements=optional, checks=(PROMISED,), observations=(late(),))
	assert s.is_complete(closed(chain))
	without = after(note_of(chain), mark(Mark.MEETS, reason="Agreed with the customer", actor=BOSS.user), 5)
	assert without.owner == ANNA and not s.is_complete(without)
