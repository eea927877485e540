"""Who is told what: nobody twice, nobody of their own doing, nobody of practice."""

from __future__ import annotations

from perf_flow.engine import chain as c
from perf_flow.engine.messages import MessageKind, messages
from perf_flow.engine.model import DocumentState, Mark, ReassignCause
from tests.engine.test_chain import ANNA, BOSS, MAX, NOW, QUI, Clock, begin, confirm, file_of, mark


def said(found):
	return {(m.kind, m.user) for m in found}


def step(chain, command, actor_now=NOW):
	facts = c.decide(chain, command, actor_now, Clock())
	after = chain
	for fact in facts:
		after = c.evolve(after, fact)
	return after, messages(chain, facts)


def test_two_pushes_on_trigger_and_the_collaborators():
	assert said(messages(None, begin())) == {
		(MessageKind.ASK_EVIDENCE, ANNA.user),
		(MessageKind.TEAM_PENDING, MAX.user),
		(MessageKind.ASK_CONFIRMATION, QUI.user),
	}


def test_nobody_found_goes_to_hr():
	kinds = said(messages(None, begin(manager=None)))
	assert (MessageKind.NOBODY_FOUND, "HR") in kinds


def test_practice_tells_nobody():
	assert messages(None, begin(practice=True)) == ()


def test_the_mark_and_what_came_of_it():
	chain = c.fold(begin())
	chain, told = step(chain, file_of())
	assert said(told) == {(MessageKind.MARK_READY, MAX.user)}
	redone, told = step(chain, mark(Mark.REDO, reason="sign it"))
	assert said(told) == {(MessageKind.REDO, ANNA.user)}
	chain, told = step(chain, mark())
	assert said(told) == {(MessageKind.MARKED, ANNA.user)}
	assert step(chain, confirm())[1] == ()
	assert redone.round == 2


def test_the_same_step_leads_to_the_same_key():
	chain, first = step(c.fold(begin()), file_of())
	chain, _told = step(chain, c.WithdrawEvidence(actor=ANNA.user, piece="001"))
	_chain, second = step(chain, file_of())
	assert [m.key for m in first] == [m.key for m in second]


def test_a_cancelled_document_releases_those_who_were_asked():
	_chain, told = step(c.fold(begin()), c.FollowDocument(actor=c.SYSTEM, state=DocumentState.CANCELLED))
	assert said(told) == {(MessageKind.NO_LONGER_NEEDED, ANNA.user), (MessageKind.NO_LONGER_NEEDED, QUI.user)}


def test_whom_a_step_is_handed_to_is_told_and_nobody_of_their_own_doing():
	hand_over = c.Reassign(actor="hr@x", step="1-M", to=BOSS, cause=ReassignCause.ASSIGNED, why="Max is ill")
	assert said(step(c.fold(begin()), hand_over)[1]) == {(MessageKind.HANDED_TO_YOU, BOSS.user)}
	own = c.Reassign(actor=BOSS.user, step="1-M", to=BOSS, cause=ReassignCause.ASSIGNED, why="mine")
	assert step(c.fold(begin()), own)[1] == ()
