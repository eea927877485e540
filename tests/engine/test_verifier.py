"""The verifier: does the evidence hold, and what does it say when it does not?"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine import chain as c
from perf_flow.engine import errors, verifier
from perf_flow.engine.messages import MessageKind, messages
from perf_flow.engine.model import (
	ChainState,
	Check,
	CheckKind,
	Mark,
	Observation,
	Requirement,
	RequirementKind,
	Rounds,
	Source,
	StepKind,
	StepState,
)
from perf_flow.engine.verifier import Outcome, verify
from tests.engine.test_chain import ANNA, BOSS, MAX, NOW, QUI, Clock, after, file_of, mark

NOTE = Requirement("N", "Change note", RequirementKind.FILE)
SIGN = Requirement("S", "Change note signed", RequirementKind.SIGN_OFF, departments=("Sales", "Production"))
CAUSE = Requirement("C", "Cause", RequirementKind.ROOT_CAUSE)
WHY = Requirement("W", "What was learned", RequirementKind.TEXT, rounds=Rounds.REDO)
SIGNERS = (("S", c.Ask("Sales", MAX)), ("S", c.Ask("Production", QUI)))
PROMISED = Check(
	"T",
	"On time",
	CheckKind.ON_TIME,
	fieldname="delivered_on",
	field_label="Delivered on",
	against="promised_date",
	against_label="Promised date",
	unless=("N", "S", "C"),
)


def optional(*requirements):
	return tuple(replace(r, mandatory=False) for r in requirements)


def started(requirements=(NOTE, SIGN, CAUSE), checks=(), observations=(), signers=SIGNERS, **more):
	new = c.NewEvent(
		event="EV1",
		event_type="Delivery",
		doctype="Project",
		docname="P-1",
		occurrence="1",
		source=Source.HOOK,
		owner=c.Ask("", ANNA),
		manager=c.Ask("", BOSS),
		requirements=requirements,
		signers=signers,
		checks=checks,
		observations=observations,
		**more,
	)
	return c.fold(c.record(new, NOW, "Administrator", Clock()))


def note_of(chain, hours=1.0, sha="a" * 64):
	return after(chain, file_of(requirement="N", sha=sha), hours)


def cause(chain, hours=2.0):
	return after(
		chain, c.GiveEvidence(actor=ANNA.user, requirement="C", value="RC-1", title="Drawing late"), hours
	)


def sign(chain, who, hours=3.0):
	return after(chain, c.SignOff(actor=who.user), hours)


def late(days=3):
	return Observation("T", f"2026-03-0{1 + days}", "2026-03-01")


# --- sign-offs ----------------------------------------------------------------------------------------


def test_departments_sign_what_is_complete_and_the_mark_waits_for_them():
	chain = started()
	assert [s.key for s in chain.steps] == ["1-E", "1-S1", "1-S2", "1-M"]
	with pytest.raises(errors.EvidenceMissing, match="Cause"):
		sign(note_of(chain), MAX)
	chain = cause(note_of(chain))
	assert chain.step("1-E").state is StepState.DONE and chain.completeness() == pytest.approx(200 / 3)
	assert chain.step("1-S1").due_at == NOW + timedelta(hours=2 + 48)
	with pytest.raises(errors.EvidenceMissing, match="signed"):
		after(chain, mark(actor=BOSS.user))
	chain = sign(sign(chain, MAX), QUI, 4)
	assert not chain.missing() and chain.open_step(StepKind.MARK).due_at == NOW + timedelta(hours=4 + 48)
	assert after(chain, mark(actor=BOSS.user)).state is ChainState.CLOSED


def test_who_signs_for_a_department():
	chain = cause(note_of(started()))
	for wrong in (ANNA, BOSS):
		with pytest.raises(errors.FlowError):
			sign(chain, wrong)
	with pytest.raises(errors.NotYours):
		after(chain, c.SignOff(actor=QUI.user, step="1-S1"))
	signed = sign(chain, QUI)
	with pytest.raises(errors.FlowError):
		sign(signed, QUI, 4)
	# a piece that is a signature is neither given nor withdrawn like evidence
	with pytest.raises(errors.EvidenceRefused):
		after(signed, c.GiveEvidence(actor=ANNA.user, requirement="S", value="Sales"), 4)
	with pytest.raises(errors.UnknownRequirement):
		after(signed, c.WithdrawEvidence(actor=QUI.user, piece=signed.evidence[-1].key), 4)


def test_what_was_signed_is_what_is_marked():
	chain = sign(sign(cause(note_of(started())), MAX), QUI, 4)
	changed = after(chain, c.WithdrawEvidence(actor=ANNA.user, piece="001"), 5)
	assert {s.key for s in changed.open_steps()} == {"1-E", "1-S1", "1-S2", "1-M"}
	again = note_of(changed, 6, sha="b" * 64)
	assert [r.key for r in again.missing()] == ["S"]
	assert sign(sign(again, MAX, 7), QUI, 8).missing() == ()


def test_a_signature_is_taken_back_before_the_mark():
	chain = sign(sign(cause(note_of(started())), MAX), QUI, 4)
	back = after(chain, c.TakeBack(actor=QUI.user, step="1-S2"), 4.05)
	assert back.step("1-S2").state is StepState.OPEN and [r.key for r in back.missing()] == ["S"]
	marked = after(chain, mark(Mark.REDO, actor=BOSS.user, reason="no"), 4.01)
	with pytest.raises(errors.GoneOn):
		after(marked, c.TakeBack(actor=QUI.user, step="1-S2"), 4.05)


def test_a_redo_asks_for_its_own_requirements_and_the_signatures_again():
	later = replace(SIGN, key="S2", rounds=Rounds.REDO, departments=("Quality",))
	signers = (*SIGNERS, ("S2", c.Ask("Quality", QUI)))
	chain = started((NOTE, SIGN, CAUSE, WHY, later), signers=signers)
	assert [s.key for s in chain.steps] == ["1-E", "1-S1", "1-S2", "1-M"]
	chain = sign(sign(cause(note_of(chain)), MAX), QUI, 4)
	with pytest.raises(errors.UnknownRequirement):
		after(chain, c.GiveEvidence(actor=ANNA.user, requirement="W", value="something"), 4)
	redo = after(chain, mark(Mark.REDO, actor=BOSS.user, reason="the wrong drawing"), 5)
	assert [s.key for s in redo.open_steps()] == ["2-E", "2-S1", "2-S2", "2-S3", "2-M"]
	assert redo.step("2-S3").assignee == QUI and redo.step("2-S3").label == "Quality"
	assert {r.key for r in redo.missing()} == {"N", "S", "C", "W", "S2"}


def test_who_is_told_of_signatures():
	def told(before, command, hours):
		facts = c.decide(before, command, NOW + timedelta(hours=hours), Clock())
		after_ = before
		for fact in facts:
			after_ = c.evolve(after_, fact)
		return after_, {(m.kind, m.user) for m in messages(before, facts)}

	chain = note_of(started())
	give = c.GiveEvidence(actor=ANNA.user, requirement="C", value="RC-1", title="Drawing late")
	chain, first = told(chain, give, 2)
	assert first == {(MessageKind.ASK_SIGN_OFF, MAX.user), (MessageKind.ASK_SIGN_OFF, QUI.user)}
	chain, second = told(chain, c.SignOff(actor=MAX.user), 3)
	assert second == set()
	chain, third = told(chain, c.SignOff(actor=QUI.user), 4)
	assert third == {(MessageKind.MARK_READY, BOSS.user)}
	chain, fourth = told(chain, c.WithdrawEvidence(actor=ANNA.user, piece="001"), 5)
	assert fourth == set()
	_chain, fifth = told(chain, file_of(requirement="N", sha="b" * 64), 6)
	assert (MessageKind.ASK_SIGN_OFF, MAX.user) in fifth and (MessageKind.MARK_READY, BOSS.user) not in fifth


# --- checks -------------------------------------------------------------------------------------------


def outcome(check, *observations, chain=None):
	base = chain or started()
	verdict = verify(replace(base, checks=(check,), observations=tuple(observations)))
	return verdict.lines[0].outcome, [r.template.format(*r.args) for r in verdict.lines[0].reasons]


def test_late_is_accepted_only_with_a_signed_note_and_a_cause():
	chain = started(optional(NOTE, SIGN, CAUSE), checks=(PROMISED,), observations=(late(),))
	verdict = verify(chain)
	assert verdict.completeness == 100 and verdict.match == 0 and not verdict.achieved
	assert [r.template.format(*r.args) for r in verdict.lines[0].reasons] == [
		"Delivered on: 2026-03-04, 3 days after 2026-03-01.",
		"Accepted only with Change note.",
		"Accepted only with Change note signed.",
		"Accepted only with Cause.",
	]
	chain = sign(sign(cause(note_of(chain)), MAX), QUI, 4)
	verdict = verify(chain)
	assert verdict.achieved and verdict.match == 100 and verdict.lines[0].outcome is Outcome.EXCUSED
	assert verdict.lines[0].pieces == ("001", "002", "003", "004")
	on_time = after(
		started(optional(NOTE), checks=(PROMISED,)),
		c.ObserveChecks(actor=c.SYSTEM, observations=(Observation("T", "2026-03-01", "2026-03-01"),)),
	)
	assert verify(on_time).achieved


@pytest.mark.parametrize(
	("value", "against", "tolerance", "expected"),
	[
		("2026-03-01", "2026-03-01", 0, Outcome.HOLDS),
		("2026-03-01T23:59:59", "2026-03-01", 0, Outcome.HOLDS),
		("2026-03-02", "2026-03-01", 0, Outcome.FAILS),
		("2026-03-02", "2026-03-01", 1, Outcome.HOLDS),
		("2026-03-01T12:00:01", "2026-03-01T12:00:00", 0, Outcome.FAILS),
		("", "2026-03-01", 0, Outcome.UNKNOWN),
		("2026-03-01", "", 0, Outcome.UNKNOWN),
		("no date", "2026-03-01", 0, Outcome.UNKNOWN),
	],
)
def test_on_time(value, against, tolerance, expected):
	check = replace(PROMISED, unless=(), tolerance=tolerance)
	assert outcome(check, Observation("T", value, against))[0] is expected


@pytest.mark.parametrize(
	("value", "limits", "expected"),
	[
		("5", ("1", "10"), Outcome.HOLDS),
		("1", ("1", "10"), Outcome.HOLDS),
		("10.01", ("1", "10"), Outcome.FAILS),
		("-3", ("", "10"), Outcome.HOLDS),
		("1e3", ("2", ""), Outcome.HOLDS),
		("nan", ("1", "10"), Outcome.UNKNOWN),
		("", ("1", "10"), Outcome.UNKNOWN),
	],
)
def test_within_a_range(value, limits, expected):
	check = Check("R", "Hours", CheckKind.WITHIN_RANGE, "hours", minimum=limits[0], maximum=limits[1])
	assert outcome(check, Observation("R", value))[0] is expected


@pytest.mark.parametrize(
	("value", "target", "expected"),
	[
		("104", "100", Outcome.HOLDS),
		("95", "100", Outcome.HOLDS),
		("94.9", "100", Outcome.FAILS),
		("0", "0", Outcome.HOLDS),
		("1", "0", Outcome.FAILS),
		("-95", "-100", Outcome.HOLDS),
		("1", "", Outcome.UNKNOWN),
	],
)
def test_within_a_tolerance(value, target, expected):
	against_field = Check("P", "Cost", CheckKind.WITHIN_TOLERANCE, "cost", against="budget", tolerance=5)
	fixed = replace(against_field, against="", target=target)
	assert outcome(against_field, Observation("P", value, target))[0] is expected
	assert outcome(fixed, Observation("P", value))[0] is expected


def test_states_evidence_and_reuse():
	chain = cause(note_of(started()))
	state = Check("D", "Closed", CheckKind.DOCUMENT_STATE)
	assert outcome(state, chain=chain)[0] is Outcome.UNKNOWN
	assert outcome(state, Observation("D", holds=True), chain=chain)[0] is Outcome.HOLDS
	there = Check("E", "Note", CheckKind.EVIDENCE_THERE, requirements=("N",))
	assert outcome(there, chain=chain)[0] is Outcome.HOLDS
	assert outcome(replace(there, requirements=("S",)), chain=chain)[0] is Outcome.FAILS
	signed = Check("G", "Signed", CheckKind.ALL_SIGNED)
	assert outcome(signed, chain=sign(chain, MAX)) == (
		Outcome.FAILS,
		["“Change note signed” is signed by Sales.", "“Change note signed” is not signed by Production yet."],
	)
	known = Check("K", "Cause", CheckKind.CAUSE_KNOWN)
	assert outcome(known, chain=chain) == (Outcome.HOLDS, ["The cause is known: Drawing late."])
	assert outcome(known)[0] is Outcome.FAILS
	unused = Check("U", "Fresh", CheckKind.NOT_USED_BEFORE)
	assert outcome(unused)[0] is Outcome.UNKNOWN
	assert outcome(unused, chain=chain)[0] is Outcome.HOLDS
	assert outcome(unused, Observation("U", found=("EV0",)), chain=chain)[0] is Outcome.FAILS
	newer = Check("O", "Newer", CheckKind.EVIDENCE_NEWER)
	assert outcome(newer, chain=chain)[0] is Outcome.HOLDS
	old = replace(chain.evidence[0], dated_at=NOW - timedelta(days=1))
	assert outcome(newer, chain=replace(chain, evidence=(old,)))[0] is Outcome.FAILS


def test_alternatives_and_all():
	fails = Check("A", "A", CheckKind.DOCUMENT_STATE, alternative="either")
	holds = replace(fails, key="B", label="B")
	alone = replace(fails, key="Z", label="Z", alternative="")
	seen = (Observation("A", holds=False), Observation("B", holds=True), Observation("Z", holds=False))
	chain = replace(started(()), checks=(fails, holds, alone), observations=seen)
	verdict = verify(chain)
	assert verdict.match == 50 and not verdict.achieved
	assert [x.check for x in verdict.failing()] == ["Z"]
	assert verify(replace(chain, checks=(fails, holds))).achieved


def test_meets_against_the_verdict_needs_a_reason_and_the_verdict_is_kept():
	checks = (replace(PROMISED, unless=()),)
	chain = note_of(started((NOTE,), checks=checks, observations=(late(),), signers=()))
	with pytest.raises(errors.ReasonAgainstVerdict, match="On time"):
		after(chain, mark(actor=BOSS.user))
	facts = c.decide(
		chain, mark(actor=BOSS.user, reason="agreed by phone"), NOW + timedelta(hours=2), Clock()
	)
	assert facts[0].verdict == verify(chain) and not facts[0].verdict.achieved
	# what is seen after the mark changes nothing any more
	marked = after(chain, mark(actor=BOSS.user, reason="agreed by phone"), 2)
	seen = c.ObserveChecks(actor=c.SYSTEM, observations=(Observation("T", "2026-03-01", "2026-03-01"),))
	assert c.decide(marked, seen, NOW + timedelta(hours=3), Clock()) == ()


def test_values_are_kept_as_text():
	assert [verifier.observed(v) for v in (None, "", 0, 1.5, 100.0, True, Decimal("2.50"))] == [
		"",
		"",
		"0",
		"1.5",
		"100",
		"1",
		"2.5",
	]
	assert verifier.observed(date(2026, 3, 1)) == "2026-03-01"
	assert verifier.observed(datetime(2026, 3, 1, 9)) == "2026-03-01T09:00:00"


# --- whatever is given --------------------------------------------------------------------------------

KINDS = list(CheckKind)


@st.composite
def judged(draw):
	mandatory = [draw(st.booleans()) for _ in range(3)]
	requirements = tuple(replace(r, mandatory=m) for r, m in zip((NOTE, SIGN, CAUSE), mandatory, strict=True))
	checks = tuple(
		Check(
			f"K{n}",
			f"Check {n}",
			draw(st.sampled_from(KINDS)),
			fieldname="f",
			against="g",
			minimum="1",
			maximum="10",
			tolerance=draw(st.sampled_from([0.0, 5.0])),
			requirements=draw(st.sampled_from([(), ("N",), ("C", "S")])),
			unless=draw(st.sampled_from([(), ("N",), ("S", "C")])),
			alternative=draw(st.sampled_from(["", "either"])),
		)
		for n in range(draw(st.integers(0, 5)))
	)
	text = st.sampled_from(["", "5", "2026-03-01", "2026-03-09", "x"])
	observations = tuple(
		Observation(k.key, draw(text), draw(text), draw(st.booleans()), draw(st.sampled_from([(), ("EV0",)])))
		for k in checks
		if draw(st.booleans())
	)
	chain = replace(started(requirements), checks=checks, observations=observations)
	moves = draw(st.permutations([note_of, cause, lambda x: sign(x, MAX), lambda x: sign(x, QUI)]))
	for move in moves[: draw(st.integers(0, 4))]:
		try:
			chain = move(chain)
		except errors.FlowError:
			continue
	return chain


@settings(max_examples=300, deadline=None)
@given(judged(), st.randoms(use_true_random=False))
def test_a_verdict_does_not_depend_on_the_order(chain, chance: random.Random):
	verdict = verify(chain)
	evidence, observations = list(chain.evidence), list(chain.observations)
	chance.shuffle(evidence)
	chance.shuffle(observations)
	shuffled = verify(replace(chain, evidence=tuple(evidence), observations=tuple(observations)))
	assert {**_plain(shuffled)} == {**_plain(verdict)}


def _plain(verdict):
	return {
		"achieved": verdict.achieved,
		"completeness": verdict.completeness,
		"match": verdict.match,
		"missing": set(verdict.missing),
		"lines": {x.check: (x.outcome, set(x.reasons), x.pieces) for x in verdict.lines},
	}


@settings(max_examples=300, deadline=None)
@given(judged())
def test_evidence_never_lowers_completeness_and_its_loss_loses_the_verdict(chain):
	before = verify(chain)
	assert before.achieved == (not before.missing and not before.failing())
	assert (before.completeness == 100) == (not before.missing)
	given_ = [e for e in chain.evidence if e.counts]
	for piece in given_:
		less = replace(chain, evidence=tuple(e for e in chain.evidence if e is not piece))
		assert verify(less).completeness <= before.completeness
		requirement = next(r for r in chain.requirements if r.key == piece.requirement)
		if requirement.mandatory:
			assert not verify(less).achieved
