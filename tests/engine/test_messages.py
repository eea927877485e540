"""Who is told what: nobody twice, nobody of their own doing, nobody of practice."""

from __future__ import annotations

from datetime import timedelta

from perf_flow.engine import chain as c
from perf_flow.engine.messages import MessageKind, messages, still_stands
from perf_flow.engine.model import DocumentState, Mark, ReassignCause
from tests.engine.test_chain import ANNA, BOSS, MAX, NOW, QUI, Clock, begin, confirm, file_of, mark, take_back


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


def test_what_follows_from_a_mark_is_told_while_it_stands():
	chain, told = step(c.fold(begin()), file_of())
	assert [m.marked_at for m in told] == [None]
	for value in (Mark.MEETS, Mark.REDO):
		at = NOW + timedelta(hours=1)
		marked, told = step(chain, mark(value, reason="because"), at)
		assert [m.marked_at for m in told] == [at]
		assert all(still_stands(marked.step(m.step), at) for m in told)
		back, _none = step(marked, take_back(), at + timedelta(minutes=1))
		again, _told = step(back, mark(value, reason="because"), at + timedelta(minutes=2))
		for chain_now in (back, again):
			open_or_done = [chain_now.step(m.step) for m in told]
			assert not any(s.state.value != "Cancelled" and still_stands(s, at) for s in open_or_done)


def test_a_mark_given_again_is_told_again():
	chain, _told = step(c.fold(begin()), file_of())
	for value in (Mark.MEETS, Mark.REDO):
		marked, first = step(chain, mark(value, reason="because"))
		back, none = step(marked, take_back())
		assert none == ()
		_again, second = step(back, mark(value, reason="because"), NOW + timedelta(minutes=1))
		assert said(first) == said(second) and not {m.key for m in first} & {m.key for m in second}


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
