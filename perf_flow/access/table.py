"""Who may do what: the one table that the rules, the DocTypes, the tests and docs/permissions.md are read off.

``python -m perf_flow.access.table > docs/permissions.md`` writes the document. Nothing here imports frappe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum


class Who(str, Enum):
	"""What somebody is to a business event, or on the site. One person can be several of them, and may do
	what any of them may."""

	EMPLOYEE = "employee"
	MANAGER = "manager"
	ASKED = "asked"
	COLLABORATOR = "collaborator"
	HR = "hr"
	ADMINISTRATOR = "administrator"
	DESK_USER = "desk user"
	GUEST = "guest"


class Reach(str, Enum):
	"""How far a permission goes."""

	EVENT = "event"
	"""Every row of the events that make the person what they are in this column."""
	OWN = "own"
	"""Only the row that is their own, or the step that was asked of them."""
	SITE = "site"
	"""All rows of the site."""
	DOCUMENT = "document"
	"""On ERP documents which the person may write."""
	COMPANY = "company"
	"""For employees of the companies they do HR for."""


@dataclass(frozen=True, slots=True)
class Grant:
	"""Rights, named as in Frappe's role permissions, and how far they go."""

	reach: Reach
	rights: frozenset[str]


@dataclass(frozen=True, slots=True)
class Person:
	"""How a column of the table is explained. ``roles`` are what the person needs on the desk."""

	title: str
	title_zh: str
	meaning: str
	roles: tuple[str, ...] = ()


class Step(str, Enum):
	"""What people do on an event beyond reading its documents."""

	SEE_EVENT = "See the event: document, people, state, times, round"
	SEE_OWN_STEP = "See the step that was asked of them"
	SEE_ALL_STEPS = "See all steps, with marks, reasons and notes"
	SEE_EVIDENCE = "See and download the evidence"
	SEE_SOP = "Open the SOP of the event type; those of its requirements with the evidence"
	GIVE_EVIDENCE = "Give evidence, and take it back before the mark"
	SIGN_OFF = "Sign the evidence for their department, and take it back before the mark, within five minutes"
	MARK = "Mark the evidence, and take the mark back within five minutes"
	CONFIRM = "Confirm the impact, and take it back within five minutes"
	REASSIGN = "Hand a step to somebody else"
	VOID = "Void an event"
	RECORD = "Record an event by hand (types with a manual trigger)"
	IMPORT = "Import a score sheet, as far as they may make what it holds, and take their own import back"
	HEALTH = "Flow health report, number cards and charts"
	SNAPSHOT = "Open the behaviour snapshot of the employee; each line as far as its document may be read"


HR_ROLES = ("HR Manager", "Performance HR")
ADMINISTRATOR_ROLES = ("System Manager", "Performance Administrator")
OWN_ROLES = ("Performance HR", "Performance Administrator")
"""The roles that the app brings along."""
DESK_ROLE = "Desk User"
"""Frappe gives it to everybody who may use the desk."""

PERSONS: Mapping[Who, Person] = {
	Who.EMPLOYEE: Person("Employee", "员工本人", "The employee whose event it is.", (DESK_ROLE,)),
	Who.MANAGER: Person(
		"Managers",
		"上级",
		"Everybody above that employee in the Employee tree, as it is today.",
		(DESK_ROLE,),
	),
	Who.ASKED: Person(
		"Asked for evidence, signature or mark",
		"被要求提交证据、会签或标注的人",
		"Whoever the evidence, a sign-off or the mark of this event was asked of, or handed to, inside the tree or not: "
		"stand-ins, people named by HR; once it was escalated, those above them as well.",
		(DESK_ROLE,),
	),
	Who.COLLABORATOR: Person(
		"Collaborator",
		"协同人",
		"Whoever an impact confirmation of this event was asked of, or handed to; once it was escalated, those "
		"above them as well.",
		(DESK_ROLE,),
	),
	Who.HR: Person(
		"HR",
		"人力资源",
		"Role HR Manager or Performance HR, for the companies in their User Permissions; without any, for the "
		"company of their own Employee record and the companies below it; without either, for none. An event "
		"without a company belongs to HR of every company.",
		HR_ROLES,
	),
	Who.ADMINISTRATOR: Person(
		"Administrator",
		"系统管理员",
		"Role System Manager or Performance Administrator. They set the app up and keep it running; events and "
		"what people did on them are not theirs to read.",
		ADMINISTRATOR_ROLES,
	),
	Who.DESK_USER: Person(
		"Any other desk user", "其他系统用户", "Everybody else who may use the desk.", (DESK_ROLE,)
	),
	Who.GUEST: Person("Guest", "访客", "Everybody without a login, and portal users."),
}

EVENT = "Business Event"
ACTION = "Business Event Action"
EVIDENCE = "Performance Evidence"
ENTRY = "Performance Ledger Entry"
PREFERENCE = "Performance Flow Preference"
TEMPLATE = "Comment Template"
CAUSE = "Root Cause"
CASE = "Past Case"
REHEARSAL = "Rehearsal Run"
PRACTICE_DOCUMENT = "Practice Document"
EXPORT = "Flow Export"
IMPORT = "Score Sheet Import"

RIGHTS = ("select", "read", "write", "create", "delete", "report", "export", "print")
"""The rights in use. Nobody has any other (submit, cancel, amend, import, email, share) on any DocType of
the app."""


def _grant(reach: Reach, rights: str) -> Grant:
	return Grant(reach, frozenset(rights.split()))


_READ = _grant(Reach.EVENT, "read report")
_HR = _grant(Reach.EVENT, "read write report export print")
_KEEP = _grant(Reach.SITE, "read write create delete report export print")

DOCTYPES: Mapping[str, Mapping[Who, Grant]] = {
	EVENT: {
		Who.EMPLOYEE: _READ,
		Who.MANAGER: _READ,
		Who.ASKED: _READ,
		Who.COLLABORATOR: _READ,
		Who.HR: _HR,
	},
	ACTION: {
		Who.EMPLOYEE: _READ,
		Who.MANAGER: _READ,
		Who.ASKED: _READ,
		Who.COLLABORATOR: _grant(Reach.OWN, "read report"),
		Who.HR: _HR,
	},
	EVIDENCE: {Who.EMPLOYEE: _READ, Who.MANAGER: _READ, Who.ASKED: _READ, Who.HR: _HR},
	ENTRY: {Who.HR: _READ},
	"Performance Ledger Seal": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read report export")},
	"Performance Ledger Anchor": {
		Who.HR: _grant(Reach.SITE, "read report"),
		Who.ADMINISTRATOR: _grant(Reach.SITE, "read report export"),
	},
	"Business Event Type": {
		Who.HR: _grant(Reach.SITE, "read report"),
		Who.ADMINISTRATOR: _KEEP,
		Who.DESK_USER: _grant(Reach.SITE, "select"),
	},
	"Event Type Problem": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read delete report")},
	"Business Event Seen": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read report export")},
	"Performance Outbox": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read report export")},
	"Performance Flow Settings": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read write")},
	"Wording Entry": {Who.ADMINISTRATOR: _KEEP},
	"Shop Floor Board": {Who.ADMINISTRATOR: _KEEP, Who.DESK_USER: _grant(Reach.SITE, "read")},
	"Used Confirmation Link": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read report export")},
	PREFERENCE: {
		Who.ADMINISTRATOR: _KEEP,
		Who.DESK_USER: _grant(Reach.OWN, "read write create"),
	},
	"Backtest Run": {Who.ADMINISTRATOR: _grant(Reach.SITE, "read delete report")},
	"Backtest Document": {},
	CAUSE: {Who.HR: _KEEP, Who.ADMINISTRATOR: _KEEP},
	TEMPLATE: {Who.DESK_USER: _grant(Reach.OWN, "read write create delete report")},
	"Evidence View": {},
	"Evidence Fingerprint": {},
	"Evidence Finding": {},
	CASE: {},
	REHEARSAL: {Who.DESK_USER: _grant(Reach.OWN, "read")},
	PRACTICE_DOCUMENT: {Who.DESK_USER: _grant(Reach.OWN, "read")},
	EXPORT: {Who.DESK_USER: _grant(Reach.OWN, "read")},
	IMPORT: {Who.DESK_USER: _grant(Reach.OWN, "read")},
}
"""Documents. Child tables follow their parent."""

STEPS: Mapping[Step, Mapping[Who, Reach]] = {
	Step.SEE_EVENT: dict.fromkeys(
		(Who.EMPLOYEE, Who.MANAGER, Who.ASKED, Who.COLLABORATOR, Who.HR), Reach.EVENT
	),
	Step.SEE_OWN_STEP: dict.fromkeys(
		(Who.EMPLOYEE, Who.MANAGER, Who.ASKED, Who.COLLABORATOR, Who.HR), Reach.EVENT
	),
	Step.SEE_ALL_STEPS: dict.fromkeys((Who.EMPLOYEE, Who.MANAGER, Who.ASKED, Who.HR), Reach.EVENT),
	Step.SEE_EVIDENCE: dict.fromkeys((Who.EMPLOYEE, Who.MANAGER, Who.ASKED, Who.HR), Reach.EVENT),
	Step.SEE_SOP: dict.fromkeys(
		(Who.EMPLOYEE, Who.MANAGER, Who.ASKED, Who.COLLABORATOR, Who.HR), Reach.EVENT
	),
	Step.GIVE_EVIDENCE: {Who.ASKED: Reach.OWN},
	Step.SIGN_OFF: {Who.ASKED: Reach.OWN},
	Step.MARK: {Who.ASKED: Reach.OWN},
	Step.CONFIRM: {Who.COLLABORATOR: Reach.OWN},
	Step.REASSIGN: {Who.HR: Reach.EVENT},
	Step.VOID: {Who.HR: Reach.EVENT},
	Step.RECORD: {Who.DESK_USER: Reach.DOCUMENT},
	Step.IMPORT: {Who.HR: Reach.COMPANY, Who.ADMINISTRATOR: Reach.SITE},
	Step.HEALTH: dict.fromkeys((Who.EMPLOYEE, Who.MANAGER, Who.ASKED, Who.COLLABORATOR, Who.HR), Reach.EVENT),
	Step.SNAPSHOT: dict.fromkeys((Who.EMPLOYEE, Who.MANAGER, Who.HR), Reach.EVENT),
}

PRACTICE = frozenset({Who.EMPLOYEE})
"""Who a practice event is there for at all."""


def grants(doctype: str, right: str) -> Iterator[tuple[Who, Reach]]:
	"""Who has ``right`` on ``doctype``, and how far it goes. Raises KeyError for a DocType that is not the
	app's."""
	for who, grant in DOCTYPES[doctype].items():
		if right in grant.rights:
			yield who, grant.reach


def reaches(doctype: str, right: str, persons: Iterable[Who]) -> frozenset[Reach]:
	"""How far ``right`` on ``doctype`` goes for somebody who is all of ``persons``; empty: they lack it."""
	held = set(persons)
	return frozenset(reach for who, reach in grants(doctype, right) if who in held)


def may(step: Step, persons: Iterable[Who]) -> bool:
	"""Whether somebody who is one of ``persons`` may do ``step``, each as far as their column says."""
	return not STEPS[step].keys().isdisjoint(persons)


def role_permissions(doctype: str) -> list[dict[str, int | str]]:
	"""The permissions that the DocType's own definition has to hold, in a fixed order."""
	rights: dict[str, set[str]] = {}
	for who, grant in DOCTYPES[doctype].items():
		for role in PERSONS[who].roles:
			rights.setdefault(role, set()).update(grant.rights)
	order = (*ADMINISTRATOR_ROLES, *HR_ROLES, DESK_ROLE)
	return [
		{"role": role, **{right: 1 for right in RIGHTS if right in rights[role]}}
		for role in order
		if role in rights
	]


# --- the document -----------------------------------------------------------------------------------------

_REACH_WORDS = {
	Reach.EVENT: "",
	Reach.OWN: "own: ",
	Reach.SITE: "all: ",
	Reach.DOCUMENT: "documents they may write: ",
	Reach.COMPANY: "their companies: ",
}

_INTRODUCTION = """\
# Permissions

<!-- Written by `python -m perf_flow.access.table > docs/permissions.md`; change perf_flow/access/table.py. -->

Whoever may not read a business event sees no trace of it: not in lists, counts, charts, search, timelines, \
files or messages. This page is written from the table in `perf_flow/access/table.py`. The rules \
(`perf_flow/access/rules.py`) read the same table, and so do the tests, which try every cell of it on a real \
site as a person of that column and as people of no column.

谁可以看到和操作什么：无权查看某个业务事件的人，看不到它的任何痕迹。下表由代码中的同一张表生成，规则与测试也都以它为准。

## Who is who

One person can be several of these at once, and may do what any of them may. "This event" is decided event by \
event: a manager is a manager only for the people below them. The role *Administrator* of Frappe (the built-in \
account) stands outside this table and may do everything.
"""

_NOTES = """\
## What else holds

- **Practice events** are there for the employee who practises, and for nobody else.
- **Nobody creates, deletes, imports, submits, amends or shares** events, steps, evidence or ledger entries \
through the desk or the API, whatever their roles. HR's *write* reaches custom fields only: what the app itself \
wrote is protected by the documents' own checks.
- **What is stored decides**, not what a browser sends: the company or employee in a submitted form changes \
nothing about who may write it.
- **Company-wide means companies, not departments.** A User Permission for Company counts when it applies to \
all DocTypes or to Business Event. Other User Permissions neither widen nor narrow this table.
- **The tree of today counts.** A new manager sees the events from before their time; the former one keeps \
what they were asked for, and loses the rest.
- **Files** of evidence are private. Reading, listing and downloading follow the evidence they belong to; their \
addresses cannot be guessed.
- **Sharing, assigning and tagging** are refused on these documents: Frappe would show them, or their titles, \
to people outside the table. Steps are handed on by HR instead.
- **Comments** on these documents are read by those who may read the document.
- **Templates of the company**, comment templates with the scope Company, are the other kind: every desk user reads \
them, administrators keep them.
- **Search, link fields, counts and heat maps** count and list only what the reader may read, \
also where Frappe's own functions would not ask.
- **Event types** can be chosen by their name by every desk user, since lists are filtered by them; what is in \
them is read by HR and administrators.
- **Comment templates** are a person's own wording for the reasons of their marks; nobody else reads them.
- **Root causes**: HR keeps those without a company and those of its companies. Everybody else meets them only where \
one is asked for: approved ones of that event's type, department and company, and their own proposals, with counts \
of the events they may read.
- **Evidence views** say who opened which piece of evidence on the marking screen, and when first. The app asks \
them before it takes a mark for many events at once; nobody reads them on the desk.
- **Evidence fingerprints and findings** are read by nobody on the desk either. Whoever may see a piece of \
evidence is told what was found about it; another business event is named only to those who may read that one too.
- **Similar past cases** are shown to whoever may see the evidence of the present one, and only those whose own \
event they may read. Of a case whose marks and evidence are not theirs to see, as for a collaborator of that time, they \
are told which document it was, when it was closed and how long it took: no name, no evidence, no cause, no reason, and \
the cause and the words of it do not decide its place either. What it has in common with the present document is said \
only where they may read that document. The table of past cases (features to compare by) is read by nobody on the desk.
- **The SOP** of an event type is there for everybody on one of its events, a requirement's for those who may see the \
evidence; as a file it is private, and belongs to the event type, which HR and administrators read.
- **Rehearsals** and their practice documents and files are there for the person who rehearses: managers, HR and \
administrators do not see them.
- **The behaviour snapshot** of an employee opens for that employee, for everybody above them today, and for HR of \
their company. Every line is read with the reader's own permissions for its document; a comment or message is read \
by whoever may read the document it belongs to. Others than the employee see a line only if the employee may read \
it too, so nothing is shown about somebody that they cannot see themselves. A line that is not readable is in no \
count and no figure. Practice is not in it.
- **Backtests** are read and begun by administrators, who configure event types. A person is named in one only to \
those who may read that employee's record, do HR for their company or stand above them; to others it is “Employee 1”. \
The documents behind a figure are listed as far as the reader may read them; nobody reads the rows themselves.
- **An export** of the events of some days into a workbook is for HR that may read all of them, and fails for others; \
the export and its private file are there for whoever asked for it, for a week.
- **Imports of score sheets** are there for the importer alone, with the file: it holds what people were scored. An \
import makes what the importer may make by hand: goals need Frappe HR's permission on Goal, KRAs that on KRA (System \
Manager, unless you change it), event types an administrator. HR finds the people of its companies only; others are as \
unknown as people who do not exist. Scores are never taken over.
- **A shop floor board** says which documents are counted, and no more: each reader sees and counts those they \
may read.
- **A link in an email** that leads to a confirmation works once, for a week, and only for its person after \
logging in; it lets nobody do more than they may anyway.
- **The outbox** says who is told, about which event and which kind of step, never what was given, marked or \
said. **Seals and anchors** hold numbers and hashes.
- **The ledger is verified** on the server's command line (`bench --site SITE perf-flow verify`); no desk user \
can change it. Whoever runs the server, its database or its mail stands outside this table.
"""


def _cell(grant: Grant | None) -> str:
	if grant is None:
		return "–"
	return _REACH_WORDS[grant.reach] + ", ".join(right for right in RIGHTS if right in grant.rights)


def _step_cell(reach: Reach | None) -> str:
	words = {
		None: "–",
		Reach.EVENT: "yes",
		Reach.OWN: "their own step",
		Reach.SITE: "yes",
		Reach.DOCUMENT: "on documents they may write",
		Reach.COMPANY: "for people of their companies",
	}
	return words[reach]


def _rows(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
	head = list(head)
	lines = [head, ["---"] * len(head), *(list(row) for row in rows)]
	return ["| " + " | ".join(line) + " |" for line in lines]


def markdown() -> str:
	"""docs/permissions.md."""
	titles = [person.title for person in PERSONS.values()]
	lines = [
		_INTRODUCTION,
		*_rows(("Who", "中文", "Meaning"), ((p.title, p.title_zh, p.meaning) for p in PERSONS.values())),
		"\n## Documents\n",
		"A cell lists rights as in Frappe's Role Permissions, for the rows of the events of which the person is "
		"what the column says; *own*: only the row that is theirs (for a step: it was asked of them); *all*: every "
		"row of the site. –: no right at all. Child tables follow their parent.\n",
		*_rows(
			("DocType", *titles),
			((doctype, *(_cell(row.get(who)) for who in PERSONS)) for doctype, row in DOCTYPES.items()),
		),
		"\n## Steps\n",
		"An employee or manager who is asked for the evidence or the mark has that column too.\n",
		*_rows(
			("What", *titles),
			((step.value, *(_step_cell(row.get(who)) for who in PERSONS)) for step, row in STEPS.items()),
		),
		"",
		_NOTES.rstrip("\n"),
	]
	return "\n".join(lines) + "\n"


if __name__ == "__main__":
	import sys

	sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
	sys.stdout.write(markdown())
