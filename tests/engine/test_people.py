"""Whom an event concerns: every choice, and the reason that goes with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from perf_flow.engine.people import (
	Directory,
	Lookup,
	Member,
	RecipientSource,
	Rule,
	find_collaborator,
	find_manager,
	find_owner,
	stand_in,
)

BOSS = Member("E0", "boss@x", "Boss", "ACME", "Management", depth=1)
MAX = Member("E1", "max@x", "Max", "ACME", "Sales", reports_to="E0", depth=2)
ANNA = Member("E2", "anna@x", "Anna", "ACME", "Sales", reports_to="E1", depth=3)
QUI = Member("E3", "qui@x", "Qui", "ACME", "Quality", reports_to="E0", depth=5)
QUA = Member("E4", "qua@x", "Qua", "OTHER", "Quality", reports_to="E3", depth=4)
DAY = date(2026, 3, 4)

USER = Lookup("user", "anna@x")
FIELD = Lookup("employee", "E2")
QUALITY = Lookup("department", "Quality")
ROLE = Lookup("role", "Quality Manager")


def directory(*members, found=None):
	people = {m.employee: m for m in (members or (BOSS, MAX, ANNA, QUI, QUA))}
	return Directory(
		people, found or {USER: ("E2",), FIELD: ("E2",), QUALITY: ("E3", "E4"), ROLE: ("E4", "E3")}
	)


def everybody(**changes):
	by_id = {m.employee: m for m in (BOSS, MAX, ANNA, QUI, QUA)}
	for employee, change in changes.items():
		by_id[employee] = replace(by_id[employee], **change)
	return directory(*by_id.values())


OWNER = Rule(RecipientSource.DOCUMENT_OWNER)
BY_FIELD = Rule(RecipientSource.FIELD, "sales_rep")


def test_whoever_named_a_deputy_is_stood_in_for_at_once():
	until = date(2026, 3, 3)  # before the step is due
	people = everybody(E1={"away_until": until, "deputy": "E3", "deputy_until": until})
	found = stand_in(people.member("E1"), people, DAY)
	assert found.member.employee == "E3" and found.asked.employee == "E1" and "2026-03-03" in found.why
	# without a deputy a short absence hands nothing over, a long one goes up the line
	assert stand_in(replace(MAX, away_until=until), everybody(), DAY).member.employee == "E1"
	assert stand_in(replace(MAX, away_until=DAY), everybody(), DAY).member == BOSS


@pytest.mark.parametrize(
	("deputy", "without"),
	[
		({"active": False}, ()),
		({"user": ""}, ()),
		({"away_until": DAY}, ()),
		({"deputy": "E4"}, ()),  # not on and on
		({}, ("E3",)),  # nobody marks their own evidence
	],
)
def test_a_deputy_who_cannot_act_leaves_it_to_the_line(deputy, without):
	people = everybody(E1={"away_until": DAY, "deputy": "E3", "deputy_until": DAY}, E3=deputy)
	assert stand_in(people.member("E1"), people, DAY, without).member == BOSS


def test_the_first_rule_that_leads_to_somebody_wins():
	found = find_owner([(BY_FIELD, []), (OWNER, [USER])], directory())
	assert found.member == ANNA and found.why == "created the document"


def test_reasons_of_all_rules_when_nobody_is_found():
	found = find_owner([(BY_FIELD, []), (OWNER, [Lookup("user", "ghost@x")])], directory())
	assert found.member is None
	assert found.why == (
		"The field sales_rep of the document is empty; No employee record was found for ghost@x"
	)
	assert "recipient" in find_owner([], directory()).why


@pytest.mark.parametrize(
	("change", "reason"), [({"active": False}, "no longer active"), ({"user": ""}, "has no login")]
)
def test_people_who_cannot_act_are_not_asked(change, reason):
	people = everybody(E2=change)
	found = find_owner([(OWNER, [USER])], replace(people, found={USER: ("E2",)}))
	assert found.member is None and reason in found.why and found.asked.employee == "E2"


def test_the_line_manager_or_the_next_above():
	assert find_manager(ANNA, directory()).member == MAX
	found = find_manager(ANNA, everybody(E1={"active": False}))
	assert found.member == BOSS and found.asked.employee == "E1" and "Max" in found.why
	assert "reports to nobody" in find_manager(BOSS, directory()).why
	gone = everybody(E1={"user": ""}, E0={"active": False})
	assert find_manager(ANNA, gone).member is None


def test_a_loop_in_the_tree_ends():
	loop = everybody(E0={"reports_to": "E1", "user": ""}, E1={"user": ""})
	assert find_manager(ANNA, loop).member is None
	assert len(loop.superiors("E2")) == 2


def test_the_head_of_a_department_confirms_but_never_their_own():
	rule = Rule(RecipientSource.DEPARTMENT_HEAD, "Quality", "Quality")
	assert find_collaborator(rule, [QUALITY], directory(), ANNA, "ACME").member == QUA  # nearest the top
	only = directory(found={QUALITY: ("E3",)})
	found = find_collaborator(rule, [QUALITY], only, QUI, "ACME")
	assert found.member == BOSS and "gives the evidence" in found.why
	empty = find_collaborator(rule, [QUALITY], directory(found={USER: ()}), ANNA, "ACME")
	assert empty.member is None and "Quality" in empty.why


def test_of_several_with_a_role_the_own_company_comes_first():
	rule = Rule(RecipientSource.ROLE, "Quality Manager", "Quality")
	assert find_collaborator(rule, [ROLE], directory(), ANNA, "ACME").member == QUI
	assert find_collaborator(rule, [ROLE], directory(), ANNA, "OTHER").member == QUA


@pytest.mark.parametrize(
	("away_until", "stands_in"),
	[(date(2026, 3, 3), False), (date(2026, 3, 4), True), (date(2026, 3, 9), True)],
)
def test_only_an_absence_up_to_the_due_day_hands_over(away_until, stands_in):
	people = everybody(E1={"away_until": away_until})
	found = stand_in(people.member("E1"), people, DAY)
	assert (found.member.employee == "E0") is stands_in


def test_nobody_stands_in_for_a_mark_of_their_own():
	people = everybody(E2={"active": False})
	holder = stand_in(people.member("E2"), people, DAY)
	assert holder.member == MAX
	marker = stand_in(MAX, people, DAY, without=["E1"])
	assert marker.member == BOSS and "gives the evidence" in marker.why


def test_when_all_are_away_the_person_keeps_it():
	people = everybody(E1={"away_until": date(2026, 4, 1)}, E0={"away_until": date(2026, 4, 1)})
	assert stand_in(people.member("E1"), people, DAY).member.employee == "E1"
	gone = everybody(E1={"active": False}, E0={"active": False})
	assert stand_in(gone.member("E1"), gone, DAY).member is None
