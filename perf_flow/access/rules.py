"""The table as Frappe asks for it: SQL for lists, yes or no for one document.

What a document says in memory comes from whoever sent it, so a single document is judged by its stored row.
SQL is parenthesised; "1=0" denies, "" (only for the built-in Administrator) leaves the list as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import frappe

from perf_flow.access import table
from perf_flow.access.people import MEMO, Viewer, branch_condition, is_among, viewer
from perf_flow.access.table import (
	ACTION,
	CASE,
	CAUSE,
	ENTRY,
	EVENT,
	EVIDENCE,
	EXPORT,
	IMPORT,
	PRACTICE_DOCUMENT,
	PREFERENCE,
	REHEARSAL,
	TEMPLATE,
	Reach,
	Step,
	Who,
)

NOTHING = "1=0"
OF_EVENTS = (EVENT, ACTION, EVIDENCE, ENTRY)
"""The DocTypes whose rows belong to one event."""
PRIVATE = (REHEARSAL, PRACTICE_DOCUMENT, EXPORT, IMPORT)
"""The DocTypes whose rows are there for one person alone."""

FEW_EVENTS = 500
"""Up to this many events of other people are named in the SQL itself, which then uses its primary key."""

_ASKED_KINDS = {Who.ASKED: ("Evidence", "Sign-off", "Mark"), Who.COLLABORATOR: ("Confirmation",)}
_READING = (None, "", "read", "select", "report", "export", "print", "email")


# --- what somebody is to one event --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Relation:
	"""What somebody is to one event. ``asked_steps`` are the kinds of step (Evidence, Sign-off, Mark, Confirmation) that
	were asked of them, of somebody for whom they stand in, or below them and then escalated."""

	user: str
	is_owner: bool = False
	is_manager: bool = False
	is_hr: bool = False
	is_desk_user: bool = False
	is_everything: bool = False
	asked_steps: frozenset[str] = frozenset()

	@property
	def persons(self) -> frozenset[Who]:
		"""The columns of the table that fit."""
		fits = {
			Who.EMPLOYEE: self.is_owner,
			Who.MANAGER: self.is_manager,
			Who.HR: self.is_hr,
			Who.DESK_USER: self.is_desk_user,
			**{who: not self.asked_steps.isdisjoint(kinds) for who, kinds in _ASKED_KINDS.items()},
		}
		return frozenset(who for who, fit in fits.items() if fit)

	def may(self, step: Step) -> bool:
		"""Whether the table lets them do ``step`` on this event. For their own steps the engine asks as well
		whether this very step is theirs."""
		return self.is_everything or table.may(step, self.persons)

	@property
	def sees_event(self) -> bool:
		"""Whether they may know that the event exists."""
		return self.may(Step.SEE_EVENT)

	@property
	def sees_everything(self) -> bool:
		"""Whether they may see all steps with their marks, and the evidence."""
		return self.may(Step.SEE_ALL_STEPS) and self.may(Step.SEE_EVIDENCE)


def relation(event: Any, user: str | None = None) -> Relation:
	"""What ``user`` (default: the session's) is to ``event``: a row with name, employee, company, practice.

	Nothing but the row is trusted, so hand in what the database holds.
	"""
	who = viewer(user)
	if who.is_everything:
		return Relation(who.user, is_hr=True, is_desk_user=True, is_everything=True)
	is_owner = event.get("employee") in who.employees
	if event.get("practice"):
		return Relation(who.user, is_owner=is_owner, is_desk_user=who.is_desk_user)
	return Relation(
		who.user,
		is_owner=is_owner,
		is_manager=_is_below(event.get("employee"), who),
		is_hr=is_among(event.get("company"), who.companies),
		is_desk_user=who.is_desk_user,
		asked_steps=_asked_steps(event["name"], who),
	)


def relation_to_employee(employee: Any, user: str | None = None) -> Relation:
	"""What ``user`` (default: the session's) is to an employee as a person, without any event: a row with name and
	company, as the database holds it."""
	who = viewer(user)
	if who.is_everything:
		return Relation(who.user, is_hr=True, is_desk_user=True, is_everything=True)
	return Relation(
		who.user,
		is_owner=employee["name"] in who.employees,
		is_manager=_is_below(employee["name"], who),
		is_hr=is_among(employee.get("company"), who.companies),
		is_desk_user=who.is_desk_user,
	)


def _is_below(employee: str | None, who: Viewer) -> bool:
	if not employee or not who.branches:
		return False
	if who.below is not None:
		return employee in who.below
	return bool(
		frappe.db.sql(
			f"select 1 from `tabEmployee` where name = %s and {branch_condition(who.branches)}", (employee,)
		)
	)


def _asked_steps(event: str, who: Viewer) -> frozenset[str]:
	return frozenset(
		frappe.db.sql(
			f"select distinct kind from `tab{ACTION}` where event = %s and {_asked_of(ACTION, who).replace('%', '%%')}",
			(event,),
			pluck=True,
		)
	)


def _asked_of(doctype: str, who: Viewer) -> str:
	"""SQL: the steps that were asked of somebody or handed to them; and those of people below them that
	were escalated. Who of those above may complete an escalated step is the engine's to say."""
	if who.user == "Guest" or doctype != ACTION:
		return NOTHING
	user = frappe.db.escape(who.user, percent=False)
	step = f"`tab{ACTION}`"
	parts = [f"{step}.assignee_user = {user}", f"{step}.asked_user = {user}"]
	if who.logins_below is None:
		logins = f"select user_id from `tabEmployee` where {branch_condition(who.branches)} and user_id is not null"
	else:
		logins = _names(who.logins_below)
	if logins:
		parts.append(f"({step}.assignee_user in ({logins}) and {step}.escalation_level > 0)")
	return _any(parts)


def asked_of(user: str | None = None) -> str:
	"""SQL on `tabBusiness Event Action`: the steps that were asked of ``user`` or handed to them, and those of people
	below them that were escalated, to whom the engine says. Parenthesised."""
	return _asked_of(ACTION, viewer(user))


# --- lists --------------------------------------------------------------------------------------------------


def conditions(doctype: str, user: str | None = None) -> str:
	"""The rows of a DocType that belongs to events which ``user`` may read, as the table says."""
	who = viewer(user)
	if who.is_everything:
		return ""
	# ledger entries know their event, and nothing else that decides
	asked = EVENT if doctype == ENTRY else doctype
	readable = _any(_parts(doctype, asked, who))
	if doctype == ENTRY and readable != NOTHING:
		return f"(`tab{ENTRY}`.event in (select `tab{EVENT}`.name from `tab{EVENT}` where {readable}))"
	return readable


def _parts(doctype: str, asked: str, who: Viewer) -> list[str]:
	"""The conditions one of which has to hold, on the columns of ``asked``."""
	parts, kinds = [], set()
	for person, reach in table.grants(doctype, "read"):
		if reach is Reach.OWN:
			parts.append(_without_practice(asked, _asked_of(asked, who)))
		elif person in _ASKED_KINDS:
			kinds.update(_ASKED_KINDS[person])
		else:
			part = _PREDICATES[person](asked, who)
			parts.append(part if person in table.PRACTICE else _without_practice(asked, part))
	parts.append(_without_practice(asked, _asked_condition(asked, who, kinds)))
	return [part for part in parts if part != NOTHING]


def _any(parts: Iterable[str]) -> str:
	parts = [part for part in parts if part != NOTHING]
	return "(" + " or ".join(parts) + ")" if parts else NOTHING


def _names(values: Iterable[str]) -> str:
	return ", ".join(frappe.db.escape(value, percent=False) for value in sorted(values))


def _without_practice(doctype: str, condition: str) -> str:
	if doctype == CASE:
		return condition  # holds none
	return NOTHING if condition == NOTHING else f"({condition} and `tab{doctype}`.practice = 0)"


def _owner_condition(doctype: str, who: Viewer) -> str:
	if not who.employees:
		return NOTHING
	return f"`tab{doctype}`.employee in ({_names(who.employees)})"


def _manager_condition(doctype: str, who: Viewer) -> str:
	"""SQL: the rows about people below ``who``."""
	if who.is_everything or not who.branches or who.below == ():
		return NOTHING
	if who.below is None:
		below = f"select name from `tabEmployee` where {branch_condition(who.branches)}"
	else:
		below = _names(who.below)
	return f"`tab{doctype}`.employee in ({below})"


def _hr_condition(doctype: str, who: Viewer) -> str:
	if not who.companies:
		return NOTHING
	column = f"`tab{doctype}`.company"
	return f"({column} in ({_names(who.companies)}) or ifnull({column}, '') = '')"


def _asked_condition(doctype: str, who: Viewer, kinds: Iterable[str]) -> str:
	"""SQL: the rows of events of which a step of these kinds was asked of them."""
	key = f"`tab{doctype}`.`{'name' if doctype == EVENT else 'event'}`"
	wanted = ", ".join(f"'{kind}'" for kind in sorted(kinds))
	asked = _asked_of(ACTION, who)
	if asked == NOTHING or not wanted:
		return NOTHING
	steps = f"from `tab{ACTION}` where {asked} and `tab{ACTION}`.kind in ({wanted})"
	events = _few_events(who, steps)
	if events is None:
		return f"{key} in (select `tab{ACTION}`.event {steps})"
	return f"{key} in ({_names(events)})" if events else NOTHING


def _few_events(who: Viewer, steps: str) -> tuple[str, ...] | None:
	"""The events of these steps that are neither about the viewer nor about people below them, once per
	request; None when there are more than FEW_EVENTS, or the people below are too many to be named."""
	if who.below is None:
		return None
	memo = frappe.local.cache.setdefault(MEMO, {})
	if steps not in memo:  # the text names the login
		others = f"not ifnull(`tab{ACTION}`.employee in ({_names((*who.employees, *who.below, ''))}), 0)"
		found = frappe.db.sql(
			f"select distinct `tab{ACTION}`.event {steps} and {others} limit {FEW_EVENTS + 1}", pluck=True
		)
		memo[steps] = None if len(found) > FEW_EVENTS else tuple(found)
	return memo[steps]


_PREDICATES: dict[Who, Callable[[str, Viewer], str]] = {
	Who.EMPLOYEE: _owner_condition,
	Who.MANAGER: _manager_condition,
	Who.HR: _hr_condition,
}


def events_of_tree(user: str | None = None) -> str:
	"""SQL on `tabBusiness Event`: the events of the people below ``user``, practice aside. Parenthesised, to be
	joined to other conditions; the built-in Administrator stands in no tree."""
	return _without_practice(EVENT, _manager_condition(EVENT, viewer(user)))


def past_case_conditions(user: str | None = None, *, whole: bool = False) -> list[str]:
	"""SQL on `tabPast Case`: the cases whose business events ``user`` may read; with ``whole`` those whose evidence as
	well. Each of the conditions gives some of them by an index of its own; none: nothing. [""] for the built-in
	Administrator."""
	who = viewer(user)
	return [""] if who.is_everything else _parts(EVIDENCE if whole else EVENT, CASE, who)


def business_event_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Business Event."""
	return conditions(EVENT, user)


def business_event_action_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Business Event Action."""
	return conditions(ACTION, user)


def performance_evidence_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Performance Evidence."""
	return conditions(EVIDENCE, user)


def performance_ledger_entry_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Performance Ledger Entry."""
	return conditions(ENTRY, user)


def performance_flow_preference_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Performance Flow Preference."""
	who = viewer(user)
	if who.is_everything or Reach.SITE in _reaches_of_site(PREFERENCE, "read", who):
		return ""
	if Reach.OWN not in _reaches_of_site(PREFERENCE, "read", who):
		return NOTHING
	return f"(`tab{PREFERENCE}`.name = {frappe.db.escape(who.user, percent=False)})"


def comment_template_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Comment Template: one's own, and the company's."""
	who = viewer(user)
	if who.is_everything:
		return ""
	if Reach.OWN not in _reaches_of_site(TEMPLATE, "read", who):
		return NOTHING
	own = f"`tab{TEMPLATE}`.user = {frappe.db.escape(who.user, percent=False)}"
	return (
		f"(({own} and ifnull(`tab{TEMPLATE}`.scope, '') != 'Company') or `tab{TEMPLATE}`.scope = 'Company')"
	)


def root_cause_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Root Cause: administrators all, HR those of its companies and of none."""
	who = viewer(user)
	if who.is_everything or who.is_administrator:
		return ""
	if not who.companies:
		return NOTHING
	company = f"`tab{CAUSE}`.company"
	return f"({company} in ({_names(who.companies)}) or ifnull({company}, '') = '')"


def has_root_cause_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Root Cause: as it is stored, and as it is to be."""
	who = viewer(user)
	if who.is_everything or who.is_administrator:
		return True
	stored = frappe.db.get_value(CAUSE, doc.name, "company") if doc.get("name") else None
	return all(not company or company in who.companies for company in (stored, doc.get("company")))


def rehearsal_run_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Rehearsal Run: one's own."""
	return _private_condition(REHEARSAL, user)


def practice_document_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Practice Document: one's own."""
	return _private_condition(PRACTICE_DOCUMENT, user)


def flow_export_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Flow Export: one's own."""
	return _private_condition(EXPORT, user)


def score_sheet_import_conditions(user: str | None = None) -> str:
	"""Frappe's permission_query_conditions for Score Sheet Import: one's own."""
	return _private_condition(IMPORT, user)


def _private_condition(doctype: str, user: str | None) -> str:
	who = viewer(user)
	if who.is_everything:
		return ""
	if Reach.OWN not in _reaches_of_site(doctype, "read", who):
		return NOTHING
	return f"(`tab{doctype}`.user = {frappe.db.escape(who.user, percent=False)})"


def _reaches_of_site(doctype: str, right: str, who: Viewer) -> frozenset[Reach]:
	persons = {Who.ADMINISTRATOR: who.is_administrator, Who.DESK_USER: who.is_desk_user}
	return table.reaches(doctype, right, (person for person, fits in persons.items() if fits))


# --- one document -------------------------------------------------------------------------------------------

_EVENT_COLUMNS = ["name", "employee", "company", "practice"]


def _may(doc: Any, ptype: str | None, user: str | None) -> bool:
	"""Whether the table gives ``ptype`` on this document of an event. Rights beyond reading that no role holds
	are denied here as well."""
	who = viewer(user)
	if who.is_everything:
		return True
	right = "read" if ptype in _READING else str(ptype)
	if not any(table.grants(doc.doctype, right)):
		return False
	own = False
	if doc.doctype == EVENT:
		event = frappe.db.get_value(EVENT, doc.name, _EVENT_COLUMNS, as_dict=True)
	elif doc.doctype == ENTRY:
		of = frappe.db.get_value(ENTRY, doc.name, "event")
		event = frappe.db.get_value(EVENT, of, _EVENT_COLUMNS, as_dict=True) if of else None
	else:
		columns = ["event as name", *_EVENT_COLUMNS[1:]]
		event = frappe.db.get_value(doc.doctype, doc.name, columns, as_dict=True)
		own = bool(event) and not event.practice and _is_own(doc, who)
	if not event:
		return False
	reaches = table.reaches(doc.doctype, right, relation(event, who.user).persons)
	return Reach.EVENT in reaches or (own and Reach.OWN in reaches)


def _is_own(doc: Any, who: Viewer) -> bool:
	asked = _asked_of(doc.doctype, who)
	if asked == NOTHING:
		return False
	query = f"select 1 from `tab{ACTION}` where name = %s and {asked.replace('%', '%%')}"
	return bool(frappe.db.sql(query, (doc.name,)))


def has_business_event_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Business Event."""
	return _may(doc, ptype, user)


def has_business_event_action_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Business Event Action."""
	return _may(doc, ptype, user)


def has_performance_evidence_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Performance Evidence."""
	return _may(doc, ptype, user)


def has_performance_ledger_entry_permission(
	doc: Any, ptype: str | None = None, user: str | None = None
) -> bool:
	"""Frappe's has_permission for Performance Ledger Entry."""
	return _may(doc, ptype, user)


def has_performance_flow_preference_permission(
	doc: Any, ptype: str | None = None, user: str | None = None
) -> bool:
	"""Frappe's has_permission for Performance Flow Preference. Its name is the login it belongs to."""
	who = viewer(user)
	right = "read" if ptype in _READING else str(ptype)
	reaches = _reaches_of_site(PREFERENCE, right, who)
	if who.is_everything or Reach.SITE in reaches:
		return True
	# a new one has no name yet, or one that the browser made up
	names = {doc.get("user")} if right == "create" else {doc.get("user"), doc.get("name")}
	return Reach.OWN in reaches and names == {who.user}


def has_comment_template_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Comment Template: one's own, as it is stored; those of the company are read by all
	desk users, and anything else with them is for administrators."""
	who = viewer(user)
	if who.is_everything:
		return True
	right = "read" if ptype in _READING else str(ptype)
	if Reach.OWN not in _reaches_of_site(TEMPLATE, right, who):
		return False
	stored = (
		frappe.db.get_value(TEMPLATE, doc.name, ["user", "scope"], as_dict=True) if doc.get("name") else None
	)
	if (stored or doc).get("scope") == "Company":
		return right in ("read", "report") or who.is_administrator
	# a new one belongs to whoever makes it
	return ((stored or doc).get("user") or who.user) == who.user


def has_rehearsal_run_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Rehearsal Run: one's own, to be read."""
	return _may_private(doc, ptype, user)


def has_practice_document_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Practice Document: one's own, to be read."""
	return _may_private(doc, ptype, user)


def has_flow_export_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Flow Export: one's own, to be read."""
	return _may_private(doc, ptype, user)


def has_score_sheet_import_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""Frappe's has_permission for Score Sheet Import: one's own, to be read."""
	return _may_private(doc, ptype, user)


def may_import(user: str | None = None) -> bool:
	"""Whether the table lets somebody import score sheets: administrators, and HR of at least one company."""
	who = viewer(user)
	persons = {Who.ADMINISTRATOR: who.is_administrator, Who.HR: bool(who.companies)}
	return who.is_everything or table.may(Step.IMPORT, (person for person, fits in persons.items() if fits))


def _may_private(doc: Any, ptype: str | None, user: str | None) -> bool:
	who = viewer(user)
	if who.is_everything:
		return True
	right = "read" if ptype in _READING else str(ptype)
	if Reach.OWN not in _reaches_of_site(doc.doctype, right, who):
		return False
	return bool(doc.name) and frappe.db.get_value(doc.doctype, doc.name, "user") == who.user


# --- what hangs on the documents ----------------------------------------------------------------------------


def _of_readable_events(doctype_column: str, name_column: str, user: str | None) -> str:
	"""Rows that refer to something else, or to a document of an event or of a rehearsal which the user may read."""
	if viewer(user).is_everything:
		return ""
	ours = _names((*OF_EVENTS, *PRIVATE))
	parts = [f"ifnull({doctype_column}, '') not in ({ours})"]
	for doctype in (*OF_EVENTS, *PRIVATE):
		readable = _private_condition(doctype, user) if doctype in PRIVATE else conditions(doctype, user)
		if readable != NOTHING:
			parts.append(
				f"({doctype_column} = {frappe.db.escape(doctype)}"
				f" and {name_column} in (select `tab{doctype}`.name from `tab{doctype}` where {readable}))"
			)
	return _any(parts)


def file_conditions(user: str | None = None) -> str:
	"""permission_query_conditions for File: Frappe lists the files of every DocType that somebody may read at
	all; of ours, only those of documents they may read."""
	return _of_readable_events("`tabFile`.attached_to_doctype", "`tabFile`.attached_to_name", user)


def comment_conditions(user: str | None = None) -> str:
	"""permission_query_conditions for Comment: comments on events are read by those who read the event."""
	return _of_readable_events("`tabComment`.reference_doctype", "`tabComment`.reference_name", user)


def has_comment_permission(doc: Any, ptype: str | None = None, user: str | None = None) -> bool:
	"""has_permission for Comment, see comment_conditions."""
	columns = ["reference_doctype", "reference_name"]
	stored = frappe.db.get_value("Comment", doc.name, columns, as_dict=True) if doc.get("name") else None
	for row in (stored, doc):
		if row and row.get("reference_doctype") in OF_EVENTS:
			of = frappe._dict(doctype=row.get("reference_doctype"), name=row.get("reference_name"))
			if not _may(of, "read", user):
				return False
	return True
