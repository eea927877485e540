"""Rehearsals: the practice chains, how long each step took, and what is said to be faster."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from perf_flow.engine import chain as engine
from perf_flow.engine import rehearsal as way
from perf_flow.engine.clock import ClockKind, add_hours
from perf_flow.engine.errors import EvidenceMissing, InvalidInput, NotYours
from perf_flow.engine.facts import Fact, MarkGiven, decode, encode, fact_name
from perf_flow.engine.missing import missing
from perf_flow.engine.model import Impact, Mark, StepKind
from perf_flow.engine.rehearsal import Hat, Look
from perf_flow.engine.verifier import verify

START = datetime(2026, 11, 2, 8, 0, tzinfo=timezone.utc)
E, M, C = (hat.login for hat in Hat)


class Calendar(engine.Deadlines):
	def shift(self, start, hours, person):
		return add_hours(start, hours, ClockKind.CALENDAR, None)


class Walk:
	"""A practice chain, walked by hand; ``at`` is in seconds after its beginning."""

	def __init__(self, number: int) -> None:
		self.number = number
		new = way.practice_event("abc", number, date(2026, 11, 9), {hat: hat.value for hat in Hat})
		self.facts: list[Fact] = list(engine.record(new, START, engine.SYSTEM, Calendar()))

	@property
	def chain(self):
		return engine.fold(self.facts)

	def do(self, at: float, command: engine.Command) -> None:
		way.check(self.chain, self.number, command)
		self.facts += engine.decide(self.chain, command, START + timedelta(seconds=at), Calendar())

	def file(self, at: float, n: int = 1, actor: str = E) -> None:
		key = next(r.key for r in self.chain.requirements if not r.kind.observed)
		self.do(
			at,
			engine.GiveEvidence(
				actor=actor, requirement=key, value="/x", title="x.pdf", file="f", sha256=str(n), size=9
			),
		)

	def mark(self, at: float, mark: Mark = Mark.MEETS, reason: str = "") -> None:
		self.do(at, engine.GiveMark(actor=M, mark=mark, reason=reason))

	def confirm(self, at: float) -> None:
		self.do(at, engine.ConfirmImpact(actor=C, impacts=(Impact.QUALITY,)))

	def walked(self, opened=None, looks=None):
		times = {key: START + timedelta(seconds=at) for key, at in (opened or {}).items()}
		return way.walked(self.number, self.facts, times, looks)


def plain(number: int, *at: float, opened=None, looks=None):
	walk = Walk(number)
	walk.file(at[0])
	walk.mark(at[1])
	walk.confirm(at[2])
	return walk.walked(opened, looks)


def due(walk: Walk):
	step = way.due_step(walk.chain)
	return step and (step.round, step.kind, way.HAT_OF[step.kind])


def test_names_are_recognised_and_nothing_else_is():
	assert way.parts_of(way.event_name("a1-b2", 3)) == ("a1-b2", 3)
	for name in (
		"practice-",
		"practice--1",
		"practice-abc-4",
		"practice-abc",
		"abc-1",
		"practice-abc-01",
		"",
	):
		assert way.parts_of(name) is None


def test_a_plain_chain_goes_from_hat_to_hat():
	walk = Walk(1)
	assert walk.chain.practice
	assert due(walk) == (1, StepKind.EVIDENCE, Hat.EMPLOYEE)
	with pytest.raises(EvidenceMissing):
		walk.mark(1)
	with pytest.raises(NotYours):
		walk.file(1, actor=M)
	walk.file(1)
	assert due(walk) == (1, StepKind.MARK, Hat.MANAGER)
	walk.mark(2)
	assert due(walk) == (1, StepKind.CONFIRMATION, Hat.COLLABORATOR)
	walk.confirm(3)
	assert due(walk) is None


def test_chain_2_is_redone_once():
	walk = Walk(2)
	walk.file(1)
	with pytest.raises(InvalidInput) as refused:
		walk.mark(2, Mark.NEEDS_IMPROVEMENT, "so so")
	assert refused.value.template == way.FIRST_A_REDO
	walk.mark(2, Mark.REDO, "Page 2 is missing")
	assert due(walk) == (2, StepKind.EVIDENCE, Hat.EMPLOYEE)
	walk.file(3)
	walk.mark(4)
	walk.confirm(5)
	assert [s.step for s in walk.walked()] == ["1-E", "1-M", "2-E", "2-M", "1-C1"]
	assert way.STEPS_IN_ALL == 3 + len(walk.walked()) + 3


def test_chain_3_has_a_verdict_that_the_photos_make_whole():
	walk = Walk(3)
	verdict = verify(walk.chain)
	assert [x.outcome.value for x in verdict.lines] == ["Holds", "Fails"] and not verdict.achieved
	assert missing(walk.chain).template and not missing(Walk(1).chain).wrong
	walk.file(1, 1)
	walk.file(2, 2)
	assert verify(walk.chain).achieved
	walk.mark(3)
	(kept,) = [fact.verdict for fact in walk.facts if isinstance(fact, MarkGiven)]
	assert kept.achieved
	assert [way.amount_of(n) for n in (1, 2, 3)] == [12_000, 24_000, 36_000]


def test_chain_3_is_ticked_by_data_and_takes_two_files():
	walk = Walk(3)
	(automatic,) = walk.chain.evidence
	assert automatic.automatic and automatic.value == "2026-11-09"
	walk.file(1, 1)
	assert due(walk) == (1, StepKind.EVIDENCE, Hat.EMPLOYEE)
	walk.file(2, 2)
	assert due(walk) == (1, StepKind.MARK, Hat.MANAGER)
	assert len(walk.walked()[0].given) == 2


def test_facts_are_written_down_without_loss():
	walk = Walk(3)
	walk.file(1)
	import json

	for fact in walk.facts:
		again = decode(fact_name(fact), json.loads(encode(fact)), engine_iso(fact.at), fact.actor)
		assert again == fact


def engine_iso(at: datetime) -> str:
	from perf_flow.engine.clock import to_utc_iso

	return to_utc_iso(at)


def test_a_step_takes_from_its_opening_to_its_record():
	steps = plain(1, 30, 100, 140, opened={"1-E": 10, "1-M": 92})
	# the confirmation was never opened in so many words: it runs from the mark
	assert [s.seconds for s in steps] == [20, 8, 40]


def test_evidence_given_again_counts_until_it_was_complete_again():
	walk = Walk(1)
	walk.file(5, 1)
	walk.do(8, engine.WithdrawEvidence(actor=E, piece="001"))
	walk.file(20, 2)
	(step,) = walk.walked({"1-E": 1})
	assert step.seconds == 19 and step.withdrawn == 1
	assert [a.template for a in way.advice([step])] == [way.GIVEN_AGAIN]


def test_files_chosen_together_are_not_called_one_by_one():
	walk = Walk(3)
	walk.file(10, 1)
	walk.file(10.8, 2)
	assert way.advice(walk.walked()) == ()
	slow = Walk(3)
	slow.file(10, 1)
	slow.file(24, 2)
	(said,) = way.advice(slow.walked())
	assert said.template == way.ONE_BY_ONE and said.arguments == (3, 2, 14) and said.seconds == 14


def test_reasons_by_hand_and_by_template():
	walk = Walk(1)
	walk.file(1)
	walk.mark(2, Mark.NEEDS_IMPROVEMENT, "The date is missing")
	step = walk.walked()[1]
	assert [(a.template, a.arguments) for a in way.advice([step])] == [(way.MAKE_TEMPLATE, (1, 19))]
	assert [a.template for a in way.advice([step], ["Well done", "Late"])] == [way.USE_TEMPLATE]
	# a template that was chosen, or that the reason is, is nothing to be said
	assert way.advice([step], ["The date is missing"]) == ()
	chosen = walk.walked(looks={"1-M": Look(chose_template=True)})[1]
	assert way.advice([chosen], ["Well done"]) == ()


def test_a_reason_on_a_plain_mark_is_needed_by_nobody():
	step = plain(1, 1, 2, 3)[1]
	assert way.needed(step) == 2 and way.advice([step], ["Well done"]) == ()


def look_of(step: str, **seen) -> tuple[way.Advice, ...]:
	return way.advice(plain(1, 1, 2, 3, looks={step: Look(**seen)}))


def test_what_the_screen_saw():
	(said,) = look_of("1-M", reasons_missing=1, interactions=9)
	assert said.template == way.REASON_FIRST  # which explains the interactions as well
	(said,) = look_of("1-M", screens=("practice-document",))
	assert said.template == way.ON_DOCUMENT and said.arguments == (1, "Marking")
	assert look_of("1-E", screens=("practice-document",)) == ()
	assert look_of("1-M", screens=("flow-marking", "practice-document")) == ()
	(said,) = look_of("1-E", screens=("flow-rehearsal", "my-flow", "practice-document"))
	assert said.template == way.WENT_AROUND and said.arguments == (1, 3)
	(said,) = look_of("1-C1", interactions=5)
	assert said.arguments == (1, "Impact confirmation", 5, 2)
	assert look_of("1-C1", interactions=2) == ()


def test_a_step_taken_back_is_said_once():
	walk = Walk(1)
	walk.file(1)
	walk.mark(2)
	walk.do(3, engine.TakeBack(actor=M, step="1-M"))
	walk.mark(9, Mark.NEEDS_IMPROVEMENT, "x")
	step = walk.walked({"1-M": 1})[1]
	assert (step.seconds, step.taken_back, step.result) == (8, 1, "Needs Improvement")
	assert way.TAKEN_BACK in [a.template for a in way.advice([step], ["x"])]


def test_the_costliest_advice_comes_first():
	slow = Walk(3)
	slow.file(10, 1)
	slow.file(24, 2)
	said = way.advice([*plain(1, 1, 2, 3, looks={"1-C1": Look(interactions=5)}), *slow.walked()])
	assert [a.template for a in said] == [way.ONE_BY_ONE, way.MORE_THAN_NEEDED]


def test_progress_compares_the_first_rounds_of_chain_1_and_3():
	one = plain(1, 40, 60, 70, opened={"1-E": 0, "1-M": 40, "1-C1": 60})
	three = Walk(3)
	three.file(9, 1)
	three.file(10, 2)
	three.mark(30)
	steps = [*one, *three.walked({"1-E": 0, "1-M": 10})]
	evidence, mark, confirmation = way.progress(steps)
	assert (evidence.seconds, evidence.faster) == ({1: 40.0, 3: 10.0}, 75)
	assert mark.faster == 0
	assert confirmation.faster is None and confirmation.seconds == {1: 10.0}
	slower = way.progress([*plain(1, 10, 20, 30, opened={"1-E": 0}), *three.walked({"1-E": -5})])
	assert slower[0].faster == -50
	alike = way.progress([*plain(1, 10.4, 20, 30, opened={"1-E": 0}), *three.walked({"1-E": 0})])
	assert alike[0].faster == 0
	assert [p.faster for p in way.progress([])] == [None, None, None]
