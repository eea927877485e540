"""Whom a business event concerns: the owner, the line manager, the collaborators.

The site looks people up (one query, see perf_flow.flow.directory) and hands in a ``Directory``;
every choice is made here, each with a reason that a person can read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import NamedTuple

from perf_flow.engine.errors import N_
from perf_flow.engine.model import Person


class RecipientSource(str, Enum):
	"""Where an event type finds a person."""

	DOCUMENT_OWNER = "Document Owner"
	FIELD = "Field"
	SALES_TEAM = "Sales Team"
	PROJECT_MANAGER = "Project Manager"
	ASSIGNEES = "Assignees"
	EMPLOYEE = "Named Employee"
	DEPARTMENT_HEAD = "Department Head"
	ROLE = "Role"


class Lookup(NamedTuple):
	"""What to look up: ``kind`` is one of user, employee, sales_person, project, department, role."""

	kind: str
	key: str


@dataclass(frozen=True, slots=True)
class Rule:
	"""One configured way to find a person. ``argument`` is the field, employee, department or role."""

	source: RecipientSource
	argument: str = ""
	label: str = ""
	required: bool = True


@dataclass(frozen=True, slots=True)
class Member:
	"""An employee as far as the flow needs to know. ``away_until`` is the last day of an absence that has
	begun: an approved leave, or one they announced themselves. ``deputy`` is the employee they named for
	the announced one, until ``deputy_until``. ``depth`` is the place in the tree: whoever stands above has
	a smaller one."""

	employee: str
	user: str = ""
	name: str = ""
	company: str = ""
	department: str = ""
	branch: str = ""
	reports_to: str = ""
	active: bool = True
	depth: int = 0
	away_until: date | None = None
	deputy: str = ""
	deputy_until: date | None = None
	holiday_list: str = ""
	shift: str = ""

	@property
	def person(self) -> Person:
		"""The member as the chain knows people."""
		return Person(self.employee, self.user, self.name)

	@property
	def reachable(self) -> bool:
		"""Whether the member is active and has a login that works."""
		return self.active and bool(self.user)


@dataclass(frozen=True, slots=True)
class Directory:
	"""The people looked up: members by employee id, and whom each lookup found, best first."""

	members: Mapping[str, Member] = field(default_factory=dict)
	found: Mapping[Lookup, tuple[str, ...]] = field(default_factory=dict)

	def member(self, employee: str) -> Member | None:
		"""The member with this employee id, if it was looked up."""
		return self.members.get(employee)

	def candidates(self, lookup: Lookup) -> tuple[Member, ...]:
		"""Whom a lookup found."""
		return tuple(self.members[e] for e in self.found.get(lookup, ()) if e in self.members)

	def superiors(self, employee: str) -> tuple[Member, ...]:
		"""Everybody above ``employee``, nearest first; a loop in the tree ends the walk."""
		result: list[Member] = []
		seen = {employee}
		current = self.members.get(employee)
		while current is not None and current.reports_to and current.reports_to not in seen:
			seen.add(current.reports_to)
			current = self.members.get(current.reports_to)
			if current is not None:
				result.append(current)
		return tuple(result)


@dataclass(frozen=True, slots=True)
class Found:
	"""Who was found (None: nobody) and why, as text for people. ``asked`` is whom the rule meant
	before a stand-in was taken."""

	member: Member | None
	why: str
	asked: Member | None = None


Say = Callable[..., str]


def plainly(template: str, *args: object) -> str:
	"""Fill a template in English; the site hands in its translating twin."""
	return template.format(*args)


NO_OWNER_RULE = N_("Nobody is configured as the person concerned. Add a recipient to the event type.")
FIELD_EMPTY = N_("The field {0} of the document is empty")
NO_SALES_TEAM = N_("The document has no sales team")
NO_ASSIGNEE = N_("The document is assigned to nobody")
NO_PROJECT_MANAGER = N_("No employee was found for the project of the document")
NO_EMPLOYEE_FOR = N_("No employee record was found for {0}")
NOT_ACTIVE = N_("{0} is no longer active")
NO_LOGIN = N_("{0} has no login")
NO_MANAGER = N_("{0} reports to nobody: fill in “Reports to” on the employee record")
MANAGER_LEFT = N_("{0} is not available; {1} is next above")
NO_MANAGER_LEFT = N_("Nobody above {0} is active with a login")
NO_DEPARTMENT_HEAD = N_("The department {0} has no active employee with a login")
NO_ROLE_HOLDER = N_("No active employee with a login has the role {0}")
BY_DOCUMENT_OWNER = N_("created the document")
BY_FIELD = N_("named in the field {0}")
BY_SALES_TEAM = N_("first in the sales team")
BY_PROJECT = N_("manages the project")
BY_ASSIGNMENT = N_("the document is assigned to them")
BY_NAME = N_("named in the event type")
BY_DEPARTMENT = N_("heads the department {0}")
BY_ROLE = N_("has the role {0}")
BY_REPORTS_TO = N_("line manager of {0}")
STANDS_IN = N_("stands in for {0}, who is away until {1}")
STANDS_IN_OWN = N_("stands in for {0}, who gives the evidence")
STANDS_IN_LEFT = N_("stands in for {0}, who is no longer active")

_NONE_FOUND = {
	RecipientSource.DOCUMENT_OWNER: NO_EMPLOYEE_FOR,
	RecipientSource.FIELD: FIELD_EMPTY,
	RecipientSource.SALES_TEAM: NO_SALES_TEAM,
	RecipientSource.PROJECT_MANAGER: NO_PROJECT_MANAGER,
	RecipientSource.ASSIGNEES: NO_ASSIGNEE,
	RecipientSource.EMPLOYEE: NO_EMPLOYEE_FOR,
	RecipientSource.DEPARTMENT_HEAD: NO_DEPARTMENT_HEAD,
	RecipientSource.ROLE: NO_ROLE_HOLDER,
}
_HOW = {
	RecipientSource.DOCUMENT_OWNER: BY_DOCUMENT_OWNER,
	RecipientSource.FIELD: BY_FIELD,
	RecipientSource.SALES_TEAM: BY_SALES_TEAM,
	RecipientSource.PROJECT_MANAGER: BY_PROJECT,
	RecipientSource.ASSIGNEES: BY_ASSIGNMENT,
	RecipientSource.EMPLOYEE: BY_NAME,
	RecipientSource.DEPARTMENT_HEAD: BY_DEPARTMENT,
	RecipientSource.ROLE: BY_ROLE,
}


def find_owner(
	rules: Sequence[tuple[Rule, Sequence[Lookup]]], directory: Directory, say: Say = plainly
) -> Found:
	"""The person concerned: the first rule, in order, that leads to an active employee with a login.

	Each rule comes with the lookups it led to on this document. When none leads to anybody the
	result's ``why`` says for each rule what was wrong, and ``asked`` is the first who was meant.
	"""
	if not rules:
		return Found(None, say(NO_OWNER_RULE))
	tried: list[Found] = []
	for rule, lookups in rules:
		found = _first_reachable(rule, lookups, directory, (), say)
		if found.member is not None:
			return found
		tried.append(found)
	meant = next((f.asked for f in tried if f.asked is not None), None)
	return Found(None, "; ".join(dict.fromkeys(f.why for f in tried)), asked=meant)


def find_collaborator(
	rule: Rule,
	lookups: Sequence[Lookup],
	directory: Directory,
	owner: Member | None,
	company: str,
	say: Say = plainly,
) -> Found:
	"""The one person a collaborator rule asks; never the owner, who would confirm their own impact.

	A department's head is the member nearest the head of the company. Of several with a role, the
	one of the event's company and the owner's department comes first.
	"""
	candidates = [m for lookup in lookups for m in directory.candidates(lookup)]
	if rule.source is RecipientSource.DEPARTMENT_HEAD:
		candidates.sort(key=lambda m: (m.depth, m.employee))
	elif rule.source is RecipientSource.ROLE:
		department = owner.department if owner else ""
		candidates.sort(key=lambda m: (m.company != company, m.department != department, m.depth, m.employee))
	without = (owner.employee,) if owner else ()
	found = _first_of(rule, candidates, lookups, without, say)
	if found.member is None and owner is not None and any(c.employee == owner.employee for c in candidates):
		for superior in directory.superiors(owner.employee):
			if superior.reachable:
				return Found(superior, say(STANDS_IN_OWN, owner.name), asked=owner)
	return found


def find_manager(owner: Member | None, directory: Directory, say: Say = plainly) -> Found:
	"""The line manager of ``owner``: who they report to, or the next above who is active with a login."""
	if owner is None:
		return Found(None, "")
	if not owner.reports_to:
		return Found(None, say(NO_MANAGER, owner.name))
	above = directory.superiors(owner.employee)
	for position, manager in enumerate(above):
		if manager.reachable:
			if position == 0:
				return Found(manager, say(BY_REPORTS_TO, owner.name))
			return Found(manager, say(MANAGER_LEFT, above[0].name, manager.name), asked=above[0])
	return Found(None, say(NO_MANAGER_LEFT, owner.name))


def stand_in(
	member: Member,
	directory: Directory,
	needed_until: date,
	without: Iterable[str] = (),
	say: Say = plainly,
) -> Found:
	"""Who does a step in place of ``member``: the member, unless they are inactive, away up to and
	beyond the day the step is due (a short absence hands nothing over), or one of ``without`` (nobody
	marks their own evidence); else the next above who is there. Whoever named a deputy is away at once."""
	excluded = set(without)
	away = _away(member, needed_until)
	barred = member.employee in excluded
	deputy = directory.member(member.deputy) if member.deputy and member.active and not barred else None
	if deputy is not None and deputy.reachable and deputy.employee not in (member.employee, *excluded):
		if not deputy.deputy and not _away(deputy, needed_until):
			return Found(deputy, say(STANDS_IN, member.name, str(member.deputy_until)), asked=member)
	if member.reachable and not away and not barred:
		return Found(member, "")
	for candidate in directory.superiors(member.employee):
		if candidate.reachable and not _away(candidate, needed_until) and candidate.employee not in excluded:
			if barred:
				why = say(STANDS_IN_OWN, member.name)
			elif away and member.active:
				why = say(STANDS_IN, member.name, str(member.away_until))
			else:
				why = say(STANDS_IN_LEFT, member.name)
			return Found(candidate, why, asked=member)
	if member.reachable and not barred:
		return Found(member, "")
	return Found(None, say(NO_MANAGER_LEFT, member.name), asked=member)


def _away(member: Member, needed_until: date) -> bool:
	return member.away_until is not None and member.away_until >= needed_until


def _first_reachable(
	rule: Rule, lookups: Sequence[Lookup], directory: Directory, without: tuple[str, ...], say: Say
) -> Found:
	candidates = [m for lookup in lookups for m in directory.candidates(lookup)]
	return _first_of(rule, candidates, lookups, without, say)


def _first_of(
	rule: Rule,
	candidates: Sequence[Member],
	lookups: Sequence[Lookup],
	without: tuple[str, ...],
	say: Say,
) -> Found:
	wanted = [m for m in candidates if m.employee not in without]
	for member in wanted:
		if member.reachable:
			return Found(member, say(_HOW[rule.source], rule.argument))
	for member in wanted:
		return Found(None, say(NO_LOGIN if member.active else NOT_ACTIVE, member.name), asked=member)
	if lookups and rule.source not in (RecipientSource.DEPARTMENT_HEAD, RecipientSource.ROLE):
		return Found(None, say(NO_EMPLOYEE_FOR, ", ".join(dict.fromkeys(k.key for k in lookups))))
	return Found(None, say(_NONE_FOUND[rule.source], rule.argument))
