"""Which occurrence of an event something is."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf_flow.engine.triggers import (
	Edge,
	Moment,
	Repeat,
	Trigger,
	date_occurrence,
	edge,
	next_occurrence,
	waits_for,
)


def test_every_trigger_waits_for_a_moment_or_for_none():
	assert {t: waits_for(t) for t in Trigger} == {
		Trigger.CREATED: Moment.INSERTED,
		Trigger.SUBMITTED: Moment.SUBMITTED,
		Trigger.CANCELLED: Moment.CANCELLED,
		Trigger.UPDATED_AFTER_SUBMIT: Moment.UPDATED_AFTER_SUBMIT,
		Trigger.CONDITION: Moment.CHANGED,
		Trigger.DATE: None,
		Trigger.MANUAL: None,
	}


@pytest.mark.parametrize(
	("before", "after", "moved"),
	[
		(False, True, Edge.RISING),
		(True, False, Edge.FALLING),
		(True, True, Edge.NONE),
		(False, False, Edge.NONE),
		(None, True, Edge.UNSURE),
		(None, False, Edge.NONE),
	],
)
def test_edges(before, after, moved):
	assert edge(before, after) is moved


@given(st.lists(st.booleans(), max_size=40), st.booleans())
def test_occurrences_count_how_often_a_condition_became_true(states, already):
	"""Against a plain count, for a condition seen at every change and one that was so before."""
	each, once = [], []
	latest, holds = ("0", True) if already else (None, False)
	before = already
	for now in states:
		if now:
			for repeat, found in ((Repeat.EACH_TIME, each), (Repeat.ONCE, once)):
				own = found[-1] if found else latest
				occurrence = next_occurrence(own, holds and before, repeat)
				if occurrence:
					found.append(occurrence)
		holds, before = now, now
	rises = sum(1 for a, b in zip([already, *states], states, strict=False) if b and not a)
	assert each == [str(n) for n in range(1, rises + 1)]
	assert once == each[:1]


def test_dates_are_named_by_themselves():
	assert date_occurrence(datetime(2026, 3, 1)) == "2026-03-01"
	assert date_occurrence(datetime(2026, 3, 1, 9, 30)) == "2026-03-01T09:30:00"
