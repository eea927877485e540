"""The chain: what may be decided, and what must hold whatever is tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perf_flow.engine import chain as c
from perf_flow.engine import errors, evolution
from perf_flow.engine.facts import FACTS, decode, encode, fact_name
from perf_flow.engine.health import Stage
from perf_flow.engine.model import (
	ChainState,
	DocumentState,
	Impact,
	Mark,
	Person,
	Policy,
	ReassignCause,
	Requirement,
	RequirementKind,
	Source,
	StepKind,
	StepState,
	VoidCause,
)
from perf_flow.engine.projection import project, stage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
ANNA = Person("E1", "anna@x.example", "Anna")
MAX = Person("E2", "max@x.example", "Max")
QUI = Person("E3", "qui@x.example", "Qui")
BOSS = Person("E0", "boss@x.example", "Boss")
SIGNED = Requirement("R1", "Signed confirmation", RequirementKind.FILE, file_types=("pdf",), maximum_mb=1)
STORY = Requirement("R2", "Story", RequirementKind.TEXT, minimum_characters=5)
DATED = Requirement("R3", "Delivery date", RequirementKind.FIELD, fieldname="delivery_date")
NICE = Requirement("R4", "Picture", RequirementKind.FILE, mandatory=False)


class Clock:
	"""Calendar hours for everybody."""

	def shift(self, start, hours, person):
		return start + timedelta(hours=hours)


def begin(requirements=(SIGNED,), observed=None, collaborators=None, owner=ANNA, manager=MAX, **more):
	new = c.NewEvent(
		event="EV1",
		event_type="Contract signed",
		doctype="Sales Order",
		docname="SO-1",
		occurrence="1",
		source=Source.HOOK,
		owner=c.Ask("", owner, "" if owner else "no owner"),
		manager=c.Ask("", manager, "" if manager else "no manager"),
		collaborators=(c.Ask("Quality", QUI),) if collaborators is None else collaborators,
		company="ACME",
		requirements=requirements,
		observed=observed,
		policy=more.pop("policy", Policy()),
		**more,
	)
	facts = c.record(new, NOW, "Administrator", Clock())
	assert c.begin(new, NOW, "Administrator", Clock()) == (c.fold(facts), facts)
	return facts


def after(chain, command, hours=1.0):
	facts = c.decide(chain, command, NOW + timedelta(hours=hours), Clock())
	for fact in facts:
		chain = c.evolve(chain, fact)
	return chain


def file_of(actor="anna@x.example", requirement="R1", sha="a" * 64, name="so.pdf", size=10):
	return c.GiveEvidence(
		actor=actor,
		requirement=requirement,
		value="/private/files/so.pdf",
		title=name,
		file="F1",
		sha256=sha,
		size=size,
	)


def mark(value=Mark.MEETS, actor="max@x.example", reason=""):
	return c.GiveMark(actor=actor, mark=value, reason=reason)


def confirm(*impacts, actor="qui@x.example"):
	return c.ConfirmImpact(actor=actor, impacts=impacts or (Impact.NONE,))


def test_the_whole_way_closes():
	chain = c.fold(begin())
	assert stage(chain) is Stage.EVIDENCE
	chain = after(chain, file_of())
	assert stage(chain) is Stage.MARK
	chain = after(chain, mark())
	assert stage(chain) is Stage.CONFIRMATION
	chain = after(chain, confirm(Impact.QUALITY))
	assert chain.state is ChainState.CLOSED and stage(chain) is Stage.CLOSED


def test_confirmation_may_come_first():
	chain = after(c.fold(begin()), confirm())
	chain = after(after(chain, file_of()), mark())
	assert chain.state is ChainState.CLOSED


def test_mark_needs_complete_evidence():
	with pytest.raises(errors.EvidenceMissing, match="Signed confirmation"):
		after(c.fold(begin()), mark())


def test_mark_time_runs_from_the_evidence():
	chain = after(c.fold(begin()), file_of(), hours=40)
	assert chain.open_step(StepKind.MARK).due_at == NOW + timedelta(hours=40 + 48)


def test_a_mark_is_not_given_twice():
	chain = after(after(c.fold(begin()), file_of()), mark())
	with pytest.raises(errors.AlreadyMarked):
		after(chain, mark())


def test_redo_needs_a_reason_and_opens_a_round():
	chain = after(c.fold(begin()), file_of())
	with pytest.raises(errors.ReasonRequired):
		after(chain, mark(Mark.REDO))
	chain = after(chain, mark(Mark.REDO, reason="the signature is missing"))
	assert chain.round == 2 and chain.state is ChainState.OPEN
	assert [s.key for s in chain.steps] == ["1-E", "1-M", "1-C1", "2-E", "2-M"]
	assert chain.step("1-M").result == "Redo" and chain.pieces("R1", 1) and not chain.pieces("R1")
	with pytest.raises(errors.EvidenceLocked):
		after(chain, c.WithdrawEvidence(actor=ANNA.user, piece="001"))


def test_confirmations_again_when_the_type_says_so():
	chain = c.fold(begin(policy=Policy(confirm_each_round=True)))
	chain = after(after(chain, file_of()), mark(Mark.REDO, reason="again"))
	assert chain.step("1-C1").state is StepState.CANCELLED
	assert chain.step("2-C1").assignee == QUI


def test_nobody_marks_their_own_evidence():
	chain = c.fold(begin(manager=ANNA))
	chain = after(chain, file_of())
	with pytest.raises(errors.SelfMark):
		after(chain, mark(actor=ANNA.user))


@pytest.mark.parametrize(
	("command", "kind"),
	[
		(file_of(actor="eve@x.example"), errors.NotYours),
		(mark(actor="eve@x.example"), errors.NotYours),
		(confirm(actor="eve@x.example"), errors.NotYours),
		(file_of(requirement="R9"), errors.UnknownRequirement),
		(file_of(name="so.exe"), errors.EvidenceRefused),
		(file_of(size=0), errors.EvidenceRefused),
		(file_of(size=2_000_000), errors.EvidenceRefused),
		(confirm(Impact.NONE, Impact.QUALITY), errors.InvalidInput),
		(c.Void(actor="hr@x.example", cause=VoidCause.BY_HAND), errors.ReasonRequired),
		(c.WithdrawEvidence(actor=ANNA.user, piece="009"), errors.UnknownRequirement),
	],
)
def test_what_is_not_possible_is_refused_by_name(command, kind):
	with pytest.raises(kind):
		after(c.fold(begin()), command)


def test_html_in_a_note_is_refused():
	chain = after(c.fold(begin()), file_of())
	with pytest.raises(errors.InvalidInput, match="HTML"):
		after(chain, mark(reason="<img src=x onerror=alert(1)>"))
	assert after(chain, mark(reason="5 < 7 and so on")).step("1-M").note == "5 < 7 and so on"


def test_the_same_file_twice_in_a_round_is_refused():
	chain = c.fold(begin(requirements=(replace(SIGNED, minimum=2),)))
	chain = after(chain, file_of())
	assert chain.open_step(StepKind.EVIDENCE) is not None
	with pytest.raises(errors.EvidenceRefused):
		after(chain, file_of())
	assert after(chain, file_of(sha="b" * 64)).open_step(StepKind.EVIDENCE) is None


def test_a_newer_text_replaces_the_older():
	chain = c.fold(begin(requirements=(STORY,)))
	with pytest.raises(errors.EvidenceRefused):
		after(chain, c.GiveEvidence(actor=ANNA.user, requirement="R2", value="abc"))
	chain = after(chain, c.GiveEvidence(actor=ANNA.user, requirement="R2", value="We delivered early"))
	chain = after(
		chain, c.GiveEvidence(actor=ANNA.user, requirement="R2", value="We delivered two days early")
	)
	assert [p.value for p in chain.pieces("R2")] == ["We delivered two days early"]


def test_withdrawing_reopens_the_evidence():
	chain = after(after(c.fold(begin()), file_of()), c.WithdrawEvidence(actor=ANNA.user, piece="001"))
	assert stage(chain) is Stage.EVIDENCE and chain.step("1-E").state is StepState.OPEN


def test_no_form_privilege():
	facts = begin(
		requirements=(DATED,),
		observed={"R3": c.Observed("2026-03-09", "Delivery date")},
		collaborators=(),
		policy=Policy(mark_required=False),
	)
	chain = c.fold(facts)
	assert chain.state is ChainState.CLOSED and chain.evidence[0].automatic


def test_erp_evidence_is_ticked_and_unticked_until_the_mark():
	chain = c.fold(begin(requirements=(DATED,)))
	chain = after(chain, c.Observe(actor=c.SYSTEM, values={"R3": c.Observed("x")}))
	assert stage(chain) is Stage.MARK
	assert after(chain, c.Observe(actor=c.SYSTEM, values={"R3": None})).missing()
	assert after(chain, c.Observe(actor=c.SYSTEM, values={"R3": c.Observed("x")})) == chain
	done = after(chain, mark())
	assert after(done, c.Observe(actor=c.SYSTEM, values={"R3": None})) == done
	with pytest.raises(errors.EvidenceRefused):
		after(chain, c.GiveEvidence(actor=ANNA.user, requirement="R3", value="x"))


def test_cancelled_documents_void_open_chains_and_leave_closed_ones():
	chain = c.fold(begin())
	void = after(chain, c.FollowDocument(actor=c.SYSTEM, state=DocumentState.CANCELLED))
	assert void.state is ChainState.VOID and not void.open_steps()
	with pytest.raises(errors.ChainVoid):
		after(void, mark())
	closed = after(after(after(chain, file_of()), mark()), confirm())
	kept = after(closed, c.FollowDocument(actor=c.SYSTEM, state=DocumentState.CANCELLED))
	assert kept.state is ChainState.CLOSED and kept.document_state is DocumentState.CANCELLED


def test_reassigned_steps():
	chain = c.fold(begin(manager=None))
	assert chain.attention == ("no manager",)
	with pytest.raises(errors.ReasonRequired):
		after(chain, c.Reassign(actor="hr", step="1-M", to=BOSS, cause=ReassignCause.ASSIGNED, why=""))
	chain = after(
		chain, c.Reassign(actor="hr", step="1-M", to=BOSS, cause=ReassignCause.ASSIGNED, why="Max left")
	)
	assert chain.attention == () and chain.manager == BOSS
	chain = after(after(chain, file_of()), mark(actor=BOSS.user))
	assert chain.step("1-M").done_by == BOSS.user
	with pytest.raises(errors.SelfMark):
		after(
			c.fold(begin()),
			c.Reassign(actor="hr", step="1-M", to=ANNA, cause=ReassignCause.ASSIGNED, why="x"),
		)


def test_clock_reminds_warns_and_escalates_once_each():
	chain = c.fold(begin())
	tick = c.Tick(actor=c.SYSTEM, superiors={"1-E": (MAX, BOSS), "1-C1": (BOSS,)})
	kinds = []
	for hours in range(0, 140):
		facts = c.decide(chain, tick, NOW + timedelta(hours=hours), Clock())
		kinds += [(hours, fact_name(x), getattr(x, "to", None)) for x in facts if x.step == "1-E"]
		for fact in facts:
			chain = c.evolve(chain, fact)
	assert kinds == [
		(40, "StepReminded", None),
		(48, "StepBecameOverdue", None),
		(72, "StepEscalated", MAX),
		(96, "StepEscalated", BOSS),
	]
	# a superior may push, not give somebody else's evidence
	with pytest.raises(errors.NotYours):
		after(chain, file_of(actor=MAX.user))


def test_a_mark_that_cannot_be_given_yet_is_not_reminded_of():
	chain = c.fold(begin())
	facts = c.decide(chain, c.Tick(actor=c.SYSTEM, superiors={}), NOW + timedelta(hours=200), Clock())
	assert {x.step for x in facts} == {"1-E", "1-C1"}


def test_amended_documents_take_the_evidence_over():
	old = after(c.fold(begin()), file_of())
	new = c.fold(begin())
	pieces = tuple((p.requirement, p) for p in old.evidence)
	new = after(new, c.TakeOver(actor=c.SYSTEM, event="EV0", pieces=pieces))
	assert new.continues == "EV0" and stage(new) is Stage.MARK
	assert new.evidence[0].carried_from == "EV0" and new.evidence[0].sha256 == "a" * 64


def test_masters_renamed():
	from perf_flow.engine.facts import MasterRenamed

	chain = c.fold(begin())
	rename = MasterRenamed(at=NOW, actor="x", doctype="User", old=ANNA.user, new="anna@y.example")
	renamed = c.evolve(chain, rename)
	assert renamed.owner.user == "anna@y.example" and renamed.version == chain.version
	assert after(renamed, file_of(actor="anna@y.example")).missing() == ()


# --- taking back --------------------------------------------------------------------------------------

MINUTE = 1 / 60


def take_back(step="1-M", actor="max@x.example"):
	return c.TakeBack(actor=actor, step=step)


@pytest.mark.parametrize("value", list(Mark))
def test_a_mark_is_taken_back_and_given_anew(value):
	marked = after(after(c.fold(begin()), file_of()), mark(value, reason="because"))
	back = after(marked, take_back(), hours=1 + 4 * MINUTE)
	assert back.round == 1 and back.step("1-M").state is StepState.OPEN and not back.step("1-M").result
	assert [s.key for s in back.open_steps()] == ["1-M", "1-C1"]
	again = after(back, mark(Mark.REDO, reason="once more"), hours=1 + 4 * MINUTE)
	assert again.round == 2
	assert [s.key for s in again.steps] == ["1-E", "1-M", "1-C1", "2-E", "2-M"]
	assert again.step("2-E").state is StepState.OPEN


def test_taking_back_the_last_step_opens_the_chain_again():
	optional = (c.Ask("Quality", QUI), c.Ask("Delivery", BOSS, required=False))
	chain = after(after(c.fold(begin(collaborators=optional)), file_of()), mark())
	closed = after(chain, confirm(Impact.QUALITY))
	assert closed.state is ChainState.CLOSED and closed.step("1-C2").state is StepState.CANCELLED
	back = after(closed, take_back("1-C1", QUI.user), hours=1 + MINUTE)
	assert back.state is ChainState.OPEN and back.closed_at is None
	assert {s.key for s in back.open_steps()} == {"1-C1", "1-C2"}


def test_a_redo_taken_back_asks_the_superseded_confirmations_again():
	policy = Policy(confirm_each_round=True)
	chain = after(c.fold(begin(policy=policy, requirements=(SIGNED, DATED))), file_of())
	chain = after(chain, c.Observe(actor=c.SYSTEM, values={"R3": c.Observed("v")}))
	redo = after(chain, mark(Mark.REDO, reason="no"))
	assert redo.step("1-C1").state is StepState.CANCELLED and redo.pieces("R3")
	back = after(redo, take_back())
	assert {s.key for s in back.open_steps()} == {"1-M", "1-C1"}
	assert [e.requirement for e in back.evidence if e.counts] == ["R1", "R3"]


def test_what_others_went_on_from_is_not_taken_back():
	redo = after(after(c.fold(begin()), file_of()), mark(Mark.REDO, reason="no"))
	with pytest.raises(errors.GoneOn):
		after(after(redo, file_of()), take_back())
	meets = after(after(c.fold(begin()), file_of()), mark())
	with pytest.raises(errors.GoneOn):
		after(after(meets, confirm(), hours=1 + MINUTE), take_back(), hours=1 + 2 * MINUTE)


def test_taking_back_has_its_time_and_its_person():
	marked = after(after(c.fold(begin()), file_of()), mark())
	step = marked.step("1-M")
	at = NOW + timedelta(hours=1)
	assert c.take_back_until(marked, step, MAX.user, at) == at + timedelta(minutes=5)
	assert c.take_back_until(marked, step, ANNA.user, at) is None
	assert c.take_back_until(marked, step, MAX.user, at + timedelta(minutes=6)) is None
	with pytest.raises(errors.TooLate, match="5 minutes"):
		after(marked, take_back(), hours=1 + 6 * MINUTE)
	with pytest.raises(errors.NotYours):
		after(marked, take_back(actor=BOSS.user))
	with pytest.raises(errors.UnknownAction):
		after(marked, take_back("1-C1"))
	with pytest.raises(errors.UnknownAction):
		after(marked, take_back("1-E", ANNA.user))
	with pytest.raises(errors.ChainVoid):
		after(after(marked, c.Void(actor="hr", cause=VoidCause.BY_HAND, reason="x")), take_back())


def test_a_closed_chain_is_taken_back_only_by_its_last_step():
	chain = after(after(c.fold(begin(collaborators=())), file_of()), mark())
	assert chain.state is ChainState.CLOSED
	assert after(chain, take_back()).state is ChainState.OPEN


# --- whatever is tried ------------------------------------------------------------------------------

PEOPLE = (ANNA, MAX, QUI, BOSS)


@st.composite
def commands(draw):
	actor = draw(st.sampled_from([p.user for p in PEOPLE]))
	kind = draw(st.integers(0, 10))
	if kind == 10:
		return c.TakeBack(
			actor=actor, step=f"{draw(st.integers(1, 3))}-{draw(st.sampled_from(['E', 'M', 'C1']))}"
		)
	if kind <= 1:
		requirement = draw(st.sampled_from(["R1", "R2", "R3", "R4"]))
		return c.GiveEvidence(
			actor=actor,
			requirement=requirement,
			value=draw(st.sampled_from(["some honest text", "", "https://x.example/y"])),
			title=draw(st.sampled_from(["a.pdf", "b.exe"])),
			sha256=draw(st.sampled_from(["a" * 64, "b" * 64])),
			size=draw(st.sampled_from([0, 10])),
		)
	if kind == 2:
		return c.WithdrawEvidence(actor=actor, piece=f"{draw(st.integers(1, 6)):03d}")
	if kind == 3:
		seen = draw(st.sampled_from([None, c.Observed("v"), c.Observed("w")]))
		return c.Observe(actor=c.SYSTEM, values={"R3": seen})
	if kind in (4, 5):
		return c.GiveMark(
			actor=actor, mark=draw(st.sampled_from(list(Mark))), reason=draw(st.sampled_from(["", "because"]))
		)
	if kind == 6:
		impacts = tuple(draw(st.lists(st.sampled_from(list(Impact)), max_size=2)))
		return c.ConfirmImpact(actor=actor, impacts=impacts)
	if kind == 7:
		return c.Reassign(
			actor=actor,
			step=f"{draw(st.integers(1, 3))}-{draw(st.sampled_from('EM'))}",
			to=draw(st.sampled_from(PEOPLE)),
			cause=draw(st.sampled_from(list(ReassignCause))),
			why=draw(st.sampled_from(["", "away"])),
		)
	if kind == 8:
		return c.Tick(actor=c.SYSTEM, superiors={"1-E": (MAX, BOSS), "2-E": (MAX,), "1-M": (BOSS,)})
	return draw(
		st.sampled_from(
			[
				c.FollowDocument(actor=c.SYSTEM, renamed_to="SO-2"),
				c.FollowDocument(actor=c.SYSTEM, state=DocumentState.CANCELLED),
				c.Void(actor="hr", cause=VoidCause.BY_HAND, reason="mistake"),
				c.ChangeManager(actor=c.SYSTEM, to=BOSS),
				c.Continue(actor=c.SYSTEM, by="EV2"),
			]
		)
	)


@st.composite
def beginnings(draw):
	requirements = tuple(
		draw(st.lists(st.sampled_from([SIGNED, STORY, DATED, NICE]), unique=True, max_size=4))
	)
	return begin(
		requirements=requirements,
		observed=draw(st.sampled_from([None, {"R3": c.Observed("v")}])),
		collaborators=draw(
			st.sampled_from([(), (c.Ask("Quality", QUI),), (c.Ask("Q", QUI, required=False),)])
		),
		owner=draw(st.sampled_from([ANNA, None])),
		manager=draw(st.sampled_from([MAX, None])),
		policy=Policy(
			mark_required=draw(st.booleans()),
			confirm_each_round=draw(st.booleans()),
			void_on_cancel=draw(st.booleans()),
		),
	)


@settings(max_examples=400, deadline=None)
@given(beginnings(), st.lists(st.tuples(commands(), st.just(0) | st.integers(0, 60)), max_size=25))
def test_whatever_is_tried(first, tried):
	facts = list(first)
	chain = c.fold(facts)
	now = NOW
	for command, hours in tried:
		now += timedelta(hours=hours)
		try:
			decided = c.decide(chain, command, now, Clock())
		except errors.FlowError as refusal:
			assert refusal.message
			continue
		# deciding is a function of its arguments
		assert decided == c.decide(chain, command, now, Clock())
		before = chain
		ahead = c.advance(chain, command, now, Clock())
		for fact in decided:
			chain = c.evolve(chain, fact)
			# what is written down is what happened
			payload = __import__("json").loads(encode(fact))
			assert decode(fact_name(fact), payload, f"{fact.at:%Y-%m-%dT%H:%M:%S.%f}Z", fact.actor) == fact
		facts += decided
		assert ahead == (chain, decided)
		assert chain.version == len(facts)
		# a chain never closes with a required step open, and never moves again once it is closed
		if chain.state is ChainState.CLOSED:
			assert not chain.open_steps()
			assert not any(
				s.required and s.state is StepState.CANCELLED and s.round == chain.round for s in chain.steps
			)
			if before.state is ChainState.CLOSED:
				assert [s.state for s in before.steps] == [s.state for s in chain.steps]
			elif not isinstance(command, c.TakeBack):
				assert not chain.missing()
				if chain.policy.mark_required:
					last = next(s for s in chain.steps if s.kind is StepKind.MARK and s.round == chain.round)
					assert last.result in ("Meets", "Needs Improvement")
		elif chain.state is ChainState.OPEN:
			assert any(s.required for s in chain.open_steps())
			assert all(s.round <= chain.round for s in chain.open_steps())
			assert all(e.round <= chain.round for e in chain.evidence if e.counts)
			assert len({s.key for s in chain.steps}) == len(chain.steps)
		# nobody ever marks their own evidence
		for s in chain.steps:
			if s.kind is StepKind.MARK and s.done_by and chain.owner:
				given = {
					e.given_by for e in chain.evidence if e.round == s.round and e.counts and not e.automatic
				}
				assert s.done_by not in given
	# replaying the facts gives the same chain, and the same documents
	assert c.fold(facts) == chain
	assert project(c.fold(facts)) == project(chain)


def test_every_kind_of_fact_can_be_applied():
	for name, kind in FACTS.items():
		if name != "EventRecorded":
			assert evolution._evolve.dispatch(kind) is not evolution._evolve.dispatch(object), name
