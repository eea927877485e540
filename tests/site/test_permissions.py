"""The table of permissions, tried on a site: each cell as somebody of its column, and every door as somebody of none.

A small world is recorded once by real documents and real steps: Anna's ToDo becomes an event, she gives a text and
a file, HR hands the mark from her manager to Zoe, Zoe marks, and Kim is to confirm. All of it happens in one
transaction that is never committed; each test goes back to the point where the world was complete.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import frappe
from frappe.utils import add_days, nowdate, set_request

from perf_flow.access import hr_users, is_hr_of, my_employee, relation, table, viewer
from perf_flow.access.table import (
	ACTION,
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
from tests.site.conftest import begin_anew

HOLDING, NORTH, SOUTH, EAST = "Perm Holding", "Perm North", "Perm South", "Perm East"
"""HOLDING owns NORTH and SOUTH; EAST stands alone."""
TYPE, OTHER_TYPE, MANUAL_TYPE = "Perm watched task", "Perm task elsewhere", "Perm task by hand"
SECRET = "permsecretword"
"""Stands in everything that was given, marked or said, so that it can be looked for anywhere."""
ROLES = ("Employee",)
PERSONAL = (PREFERENCE, TEMPLATE, REHEARSAL, PRACTICE_DOCUMENT, EXPORT, IMPORT)
"""Of these everybody has a row, named like the login."""


def login(name: str) -> str:
	return f"{name}@perm.example.com"


PEOPLE = {
	# name: (company, reports to, further roles)
	"boss": (NORTH, None, ()),
	"mario": (NORTH, "boss", ()),
	"anna": (NORTH, "mario", ()),
	"paul": (NORTH, None, ()),
	"kira": (NORTH, None, ()),
	"kim": (NORTH, "kira", ()),
	"zoe": (SOUTH, None, ()),
	"hilda": (NORTH, None, ("HR Manager",)),
	"olga": (EAST, "omar", ()),
	"omar": (EAST, None, ()),
	"hugo": (HOLDING, None, ("Performance HR",)),
	"lost": (None, None, ("HR Manager", "Performance HR")),
	"heidi": (NORTH, None, ("HR Manager",)),
	"adam": (None, None, ("System Manager", "Performance Administrator", "Website Manager")),
	"stranger": (None, None, ()),
}
"""Heidi works in NORTH, and by a User Permission does HR for EAST only."""

PERSON_OF = {
	Who.EMPLOYEE: login("anna"),
	Who.MANAGER: login("boss"),
	Who.ASKED: login("zoe"),
	Who.COLLABORATOR: login("kim"),
	Who.HR: login("hilda"),
	Who.ADMINISTRATOR: login("adam"),
	Who.DESK_USER: login("stranger"),
	Who.GUEST: "Guest",
}
"""On Anna's first event."""

COLUMNS_OF = {
	Who.EMPLOYEE: {Who.EMPLOYEE, Who.ASKED, Who.DESK_USER},
	Who.GUEST: {Who.GUEST},
}
"""The columns a person stands in; most in their own and that of any desk user."""

STRANGERS = {
	"a colleague": login("paul"),
	"somebody of another tree and company": login("omar"),
	"HR of another company": login("heidi"),
	"HR of no company": login("lost"),
	"an administrator": login("adam"),
	"a desk user without an employee": login("stranger"),
	"a guest": "Guest",
}
"""Nobody of them may know that Anna's events exist."""


def columns_of(who: Who) -> set[Who]:
	return COLUMNS_OF.get(who, {who, Who.DESK_USER})


@contextmanager
def acting(user: str) -> Iterator[None]:
	before = frappe.session.user
	frappe.set_user(user)
	frappe.local.message_log = []
	try:
		yield
	finally:
		frappe.set_user(before)


# --- the world ------------------------------------------------------------------------------------------------


class World:
	"""What was recorded. ``event`` is Anna's, marked and waiting for Kim; ``fresh`` waits for her evidence; ``ready``
	for Zoe's mark; ``practice`` is hers to practise; ``foreign`` is Olga's in EAST; ``nobodys`` found no person."""

	def __init__(self) -> None:
		make_companies()
		make_people()
		make_types()
		self.todos: dict[str, str] = {}
		self.event = self.record("event", "anna")
		self.fresh = self.record("fresh", "anna")
		self.ready = self.record("ready", "anna")
		self.practice = self.record("practice", "anna")
		self.foreign = self.record("foreign", "olga", "elsewhere")
		self.nobodys = self.record("nobodys", "stranger")
		for event in (self.event, self.ready):
			self.give_evidence(event)
			self.hand_mark_to_zoe(event)
		with acting(login("zoe")):
			call("steps.mark", event=self.event, mark="Needs Improvement", reason=f"{SECRET} reason")
		make_practice(self.practice)
		self.confirmation = step_of(self.event, "Confirmation")
		self.config = make_configuration(self.event)
		self.file = frappe.get_all(
			"File",
			{"attached_to_doctype": EVIDENCE, "attached_to_name": ("like", f"{self.event}%")},
			pluck="name",
		)[0]

	@property
	def annas(self) -> list[str]:
		return [self.event, self.fresh, self.ready]

	def record(self, label: str, name: str, kind: str = "watched") -> str:
		with acting(login(name)):
			todo = make_todo(f"Perm {kind} {label} {SECRET}")
		self.todos[label] = todo.name
		return frappe.db.get_value(EVENT, {"reference_doctype": "ToDo", "reference_name": todo.name})

	def give_evidence(self, event: str) -> None:
		from perf_flow.flow import files

		requirements = dict(
			frappe.get_all(
				"Evidence Requirement",
				{"parent": TYPE},
				["kind", "name"],
				as_list=True,
				ignore_permissions=True,
			)
		)
		with acting(login("anna")):
			call(
				"steps.give",
				event=event,
				requirement=requirements["Text"],
				value=f"{SECRET} text, long enough",
			)
			files.give(event, requirements["File"], f"perm-{event}.txt", f"{SECRET} {event}".encode())

	def hand_mark_to_zoe(self, event: str) -> None:
		with acting(login("hilda")):
			call(
				"steps.reassign",
				event=event,
				step=step_of(event, "Mark"),
				employee=my_employee(login("zoe")),
				reason=f"{SECRET} handed over",
			)

	def rows(self, doctype: str, event: str) -> list[str]:
		if doctype == EVENT:
			return [event]
		return frappe.get_all(doctype, filters={"event": event}, pluck="name")

	def own_row(self, doctype: str, who: Who) -> str | None:
		"""The row of the first event that is somebody's own."""
		if doctype in PERSONAL:
			return PERSON_OF[who]
		if doctype == ACTION:
			user = PERSON_OF[who]
			own = frappe.get_all(ACTION, {"event": self.event, "assignee_user": user}, pluck="name")
			return own[0] if own else None
		return None


def make_todo(description: str) -> Any:
	user = frappe.session.user
	return frappe.get_doc({"doctype": "ToDo", "description": description, "allocated_to": user}).insert()


def call(method: str, **arguments: Any) -> Any:
	"""What a request to this method gives, with the overrides of all apps."""
	from frappe.handler import execute_cmd

	path = f"perf_flow.api.{method}" if not method.startswith("frappe.") else method
	set_request(method="POST", path=f"/api/method/{path}")
	frappe.local.form_dict = frappe._dict(arguments, cmd=path)
	try:
		return execute_cmd(path)
	finally:
		del frappe.local.request


def step_of(event: str, kind: str) -> str:
	return frappe.db.get_value(ACTION, {"event": event, "kind": kind, "state": "Open"}, "step")


def make_companies() -> None:
	from frappe.utils.nestedset import rebuild_tree

	for name, parent in ((HOLDING, None), (NORTH, HOLDING), (SOUTH, HOLDING), (EAST, None)):
		# only their place in the tree matters here, so they get no chart of accounts
		frappe.get_doc(
			{
				"doctype": "Company",
				"name": name,
				"company_name": name,
				"abbr": "".join(word[0] for word in name.split()) + name[-2:],
				"parent_company": parent,
				"is_group": int(name == HOLDING),
				"default_currency": "CNY",
				"country": "China",
			}
		).db_insert()
	rebuild_tree("Company")


def make_people() -> None:
	for name, (_company, _reports_to, roles) in PEOPLE.items():
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": login(name),
				"first_name": name.title(),
				"send_welcome_email": 0,
				"roles": [{"role": role} for role in (*ROLES, *roles)],
			}
		).insert()
		assert user.user_type == "System User"
	for name, (company, reports_to, _roles) in sorted(PEOPLE.items(), key=lambda item: depth(item[0])):
		if company:
			frappe.get_doc(
				{
					"doctype": "Employee",
					"first_name": name.title(),
					"last_name": "Perm",
					"gender": "Other",
					"date_of_birth": "1990-01-01",
					"date_of_joining": "2020-01-01",
					"company": company,
					"user_id": login(name),
					"reports_to": my_employee(login(reports_to)) if reports_to else None,
					"create_user_permission": 0,
					"status": "Active",
				}
			).insert()
	frappe.get_doc(
		{"doctype": "User Permission", "user": login("heidi"), "allow": "Company", "for_value": EAST}
	).insert()


def depth(name: str) -> int:
	above = PEOPLE[name][1]
	return 1 + depth(above) if above else 0


def make_types() -> None:
	common = {
		"doctype": "Business Event Type",
		"enabled": 1,
		"reference_doctype": "ToDo",
		"recipients": [{"source": "Document Owner"}],
	}
	frappe.get_doc(
		{
			**common,
			"title": TYPE,
			"trigger": "Created",
			"filters": json.dumps([["ToDo", "description", "like", "%Perm watched%"]]),
			"collaborators": [
				{"label": "Quality", "source": "Named Employee", "employee": my_employee(login("kim"))}
			],
			"requirements": [
				{"label": "What was agreed", "kind": "Text", "obligation": "Mandatory"},
				{"label": "Signed paper", "kind": "File", "obligation": "Mandatory"},
			],
		}
	).insert()
	elsewhere = json.dumps([["ToDo", "description", "like", "%Perm elsewhere%"]])
	frappe.get_doc({**common, "title": OTHER_TYPE, "trigger": "Created", "filters": elsewhere}).insert()
	frappe.get_doc({**common, "title": MANUAL_TYPE, "trigger": "Manual"}).insert()


def make_practice(event: str) -> None:
	frappe.db.set_value(EVENT, event, "practice", 1)
	for doctype in (ACTION, EVIDENCE):
		frappe.db.set_value(doctype, {"event": event}, "practice", 1)


def make_configuration(event: str) -> dict[str, str]:
	"""One row of each DocType that does not belong to events, by DocType."""
	names = {"Business Event Type": TYPE, "Performance Flow Settings": "Performance Flow Settings"}
	names["Performance Outbox"] = frappe.get_all("Performance Outbox", {"event": event}, pluck="name")[0]
	for doctype, values in {
		"Event Type Problem": {"event_type": TYPE, "area": "Condition", "problem": "a field is gone"},
		"Business Event Seen": {"event_type": TYPE, "reference_doctype": "ToDo", "reference_name": "x"},
		"Performance Ledger Seal": {"number": 1_900_000_001, "entry": "perm-entry", "hash": "0" * 64},
		"Performance Ledger Anchor": {"number": 1_900_000_001, "hash": "0" * 64},
		"Evidence View": {"user": login("boss"), "event": event, "piece": "001"},
		"Evidence Fingerprint": {"event": event, "piece": "001", "kind": "bytes", "value": "b:0"},
		"Evidence Finding": {
			"event": event,
			"piece": "001",
			"kind": "Content",
			"message": SECRET,
			"arguments": "[]",
		},
		"Past Case": {"event": event, "event_type": TYPE, "words": SECRET},
		"Backtest Run": {
			"event_type": TYPE,
			"reference_doctype": "ToDo",
			"state": "Finished",
			"people": json.dumps(SECRET),
		},
		"Backtest Document": {"run": "perm-run", "reference_name": "x"},
		"Root Cause": {"title": "Perm cause", "state": "Approved"},
		"Shop Floor Board": {"title": "Perm board", "reference_doctype": "ToDo", "enabled": 1},
		"Used Confirmation Link": {"used_at": nowdate(), "expires_at": nowdate()},
		"Wording Entry": {"language": "English", "kind": "Praise", "term": "permwise"},
	}.items():
		doc = frappe.get_doc({"doctype": doctype, "name": f"perm-{frappe.scrub(doctype)}"[:60], **values})
		doc.db_insert()
		names[doctype] = doc.name
	for person in (*PERSON_OF.values(), login("omar")):
		if person != "Guest":
			frappe.get_doc({"doctype": PREFERENCE, "user": person}).insert()
			template = {"doctype": TEMPLATE, "name": person, "user": person, "title": "x", "text": SECRET}
			frappe.get_doc(template).db_insert()
			for doctype in (REHEARSAL, PRACTICE_DOCUMENT, EXPORT, IMPORT):
				frappe.get_doc({"doctype": doctype, "name": person, "user": person}).db_insert()
	names.update(dict.fromkeys(PERSONAL, login("omar")))
	return names


@pytest.fixture(scope="module")
def recorded(site: str) -> Iterator[World]:
	from perf_flow.flow import watch

	begin_anew()
	frappe.db.begin()
	world = World()
	begin_anew()
	yield world
	frappe.db.rollback()
	frappe.clear_cache()
	watch.forget()
	begin_anew()


@pytest.fixture(autouse=True)
def undo(recorded: World) -> Iterator[None]:
	"""In place of the one for all site tests: go back to the complete world, which is not committed."""
	begin_anew()
	flags = frappe._dict(frappe.local.flags)
	frappe.db.savepoint("perm_world")
	yield
	frappe.db.rollback(save_point="perm_world")
	frappe.local.flags = flags
	begin_anew()


@pytest.fixture
def world(recorded: World) -> World:
	return recorded


def test_world_is_as_described(world: World) -> None:
	assert frappe.db.get_value(EVENT, world.event, ["employee_user", "company", "state"]) == (
		login("anna"),
		NORTH,
		"Open",
	)
	kinds = frappe.get_all(
		ACTION,
		{"event": world.event},
		["kind", "state", "assignee_user", "asked_user"],
		order_by="kind",
		as_list=1,
	)
	assert kinds == (
		("Confirmation", "Open", login("kim"), login("kim")),
		("Evidence", "Done", login("anna"), login("anna")),
		("Mark", "Done", login("zoe"), login("zoe")),
	)
	assert (
		frappe.db.get_value(ACTION, {"event": world.event, "kind": "Mark"}, "result") == "Needs Improvement"
	)
	assert frappe.db.count(EVIDENCE, {"event": world.event}) == 2
	assert frappe.db.count(ENTRY, {"event": world.event}) > 5
	assert frappe.db.get_value(EVENT, world.nobodys, ["employee", "company"]) == (None, None)
	for who, user in PERSON_OF.items():
		row = frappe.db.get_value(
			EVENT, world.event, ["name", "employee", "company", "practice"], as_dict=True
		)
		assert relation(row, user).persons == columns_of(who) - {Who.GUEST, Who.ADMINISTRATOR}, who


# --- every cell of the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", Who)
@pytest.mark.parametrize("doctype", table.DOCTYPES)
def test_cell_of_documents(world: World, doctype: str, who: Who) -> None:
	"""Each right on single documents: Frappe answers what the table says."""
	user = PERSON_OF[who]
	wrong = []
	for right in table.RIGHTS:
		reaches = table.reaches(doctype, right, columns_of(who))
		own = world.own_row(doctype, who) if Reach.OWN in reaches else None
		for name in rows_to_try(world, doctype, who):
			expected = bool(reaches & {Reach.EVENT, Reach.SITE}) or name == own
			if right == "create":
				doc = frappe.get_doc({"doctype": doctype, "user": name})
			else:
				doc = frappe.get_doc(doctype, name)
			allowed = frappe.has_permission(doctype, right, doc=doc, user=user)
			if allowed is not expected:
				wrong.append(f"{right} {name}: {allowed}")
	assert not wrong


def rows_to_try(world: World, doctype: str, who: Who) -> list[str]:
	if doctype in (EVENT, ACTION, EVIDENCE, ENTRY):
		return world.rows(doctype, world.event)
	names = [world.config[doctype]]
	if doctype in PERSONAL and who is not Who.GUEST:
		names.append(PERSON_OF[who])
	return names


@pytest.mark.parametrize("who", Who)
@pytest.mark.parametrize("doctype", [name for name in table.DOCTYPES if name != "Performance Flow Settings"])
def test_cell_of_lists(world: World, doctype: str, who: Who) -> None:
	"""A list holds the rows that the table lets somebody read, all of them and no other."""
	reaches = table.reaches(doctype, "read", columns_of(who)) | table.reaches(
		doctype, "select", columns_of(who)
	)
	rows = rows_to_try(world, doctype, who)
	if reaches & {Reach.EVENT, Reach.SITE}:
		expected = set(rows)
	else:
		own = world.own_row(doctype, who) if Reach.OWN in reaches else None
		expected = {own} if own else set()
	foreign = (
		[*world.rows(doctype, world.foreign), *world.rows(doctype, world.practice)]
		if doctype in OF_EVENTS
		else []
	)
	if who is Who.EMPLOYEE and doctype in (EVENT, ACTION, EVIDENCE):
		expected |= set(world.rows(doctype, world.practice))
	with acting(PERSON_OF[who]):
		try:
			listed = frappe.get_list(
				doctype, filters={"name": ("in", [*rows, *foreign])}, pluck="name", limit=0
			)
		except frappe.PermissionError:
			listed = None
	assert set(listed or ()) == expected
	assert (listed is None) is (not any(grants_to_roles(doctype, who))), (
		"the list is closed for the wrong people"
	)


OF_EVENTS = (EVENT, ACTION, EVIDENCE, ENTRY)


def grants_to_roles(doctype: str, who: Who) -> list[dict[str, Any]]:
	roles = set(frappe.get_roles(PERSON_OF[who]))
	return [
		row
		for row in table.role_permissions(doctype)
		if row["role"] in roles and (row.get("read") or row.get("select"))
	]


@pytest.mark.parametrize("doctype", OF_EVENTS)
@pytest.mark.parametrize(
	"right", ["submit", "cancel", "amend", "import", "email", "share", "create", "delete"]
)
def test_nobody_has_any_other_right(world: World, doctype: str, right: str) -> None:
	for name in world.rows(doctype, world.event):
		doc = frappe.get_doc(doctype, name)
		for user in (*PERSON_OF.values(), *STRANGERS.values()):
			assert not frappe.has_permission(doctype, right, doc=doc, user=user), (user, name)


def waiting_for_zoes_signature() -> str:
	"""An event of Anna's of which nothing but the signature of Zoe's department is asked."""
	department = frappe.get_doc(
		{"doctype": "Department", "department_name": "Perm Signing", "company": SOUTH}
	).insert()
	frappe.db.set_value("Employee", my_employee(login("zoe")), "department", department.name)
	frappe.get_doc(
		{
			"doctype": "Business Event Type",
			"title": "Perm signed",
			"enabled": 1,
			"reference_doctype": "ToDo",
			"trigger": "Created",
			"filters": json.dumps([["ToDo", "description", "like", "%Perm signed%"]]),
			"recipients": [{"source": "Document Owner"}],
			"requirements": [{"label": "Signed", "kind": "Sign-off", "departments": department.name}],
		}
	).insert()
	with acting(login("anna")):
		todo = make_todo("Perm signed")
	return frappe.db.get_value(EVENT, {"reference_doctype": "ToDo", "reference_name": todo.name})


def put_up_sop() -> None:
	"""The watched type has an SOP that is a file."""
	of = {"attached_to_doctype": "Business Event Type", "attached_to_name": TYPE, "is_private": 1}
	file = frappe.get_doc(
		{"doctype": "File", "file_name": "sop.txt", "content": b"Call first.", **of}
	).insert()
	doc = frappe.get_doc("Business Event Type", TYPE)
	doc.update({"sop_kind": "File", "sop_file": file.file_url})
	doc.save()


def act(world: World, step: Step, user: str) -> None:
	"""Do a step as somebody, by the endpoint that people use."""
	event = waiting_for_zoes_signature() if step is Step.SIGN_OFF else ""
	if step is Step.SEE_SOP:
		put_up_sop()
	with acting(user):
		if step is Step.SEE_EVENT:
			(event,) = call("panel.for_event", event=world.event)["events"]
			assert event["reference_name"] == world.todos["event"]
		elif step is Step.SEE_OWN_STEP:
			(event,) = call("panel.for_event", event=world.event)["events"]
			if not event["steps"]:
				raise frappe.PermissionError
		elif step is Step.SEE_ALL_STEPS:
			(event,) = call("panel.for_event", event=world.event)["events"]
			if SECRET not in json.dumps([s["note"] for s in event["steps"]]):
				raise frappe.PermissionError
			assert {s["kind"] for s in event["steps"]} == {"Evidence", "Mark", "Confirmation"}
		elif step is Step.SEE_EVIDENCE:
			(event,) = call("panel.for_event", event=world.event)["events"]
			pieces = [piece for r in event["requirements"] for piece in r["pieces"]]
			if not pieces:
				raise frappe.PermissionError
			assert len(pieces) == 2
			if not frappe.get_doc("File", world.file).is_downloadable():
				raise AssertionError("shown in the panel, but not to be downloaded")
		elif step is Step.SEE_SOP:
			call("guidance.sop", event=world.event)
			assert frappe.local.response.filecontent == b"Call first."
		elif step is Step.GIVE_EVIDENCE:
			key = frappe.db.get_value("Evidence Requirement", {"parent": TYPE, "kind": "Text"})
			call("steps.give", event=world.fresh, requirement=key, value="a text that is long enough")
		elif step is Step.SIGN_OFF:
			call("steps.sign", event=event)
		elif step is Step.MARK:
			call("steps.mark", event=world.ready, mark="Meets", reason="as agreed")
		elif step is Step.CONFIRM:
			call(
				"steps.confirm",
				event=world.event,
				impacts='["None"]',
				note="no impact",
				step=world.confirmation,
			)
		elif step is Step.REASSIGN:
			call(
				"steps.reassign",
				event=world.event,
				step=world.confirmation,
				employee=my_employee(login("paul")),
				reason="away",
			)
		elif step is Step.VOID:
			call("steps.void", event=world.event, reason="recorded by mistake")
		elif step is Step.RECORD:
			todo = make_todo("Perm by hand")
			call("steps.record", event_type=MANUAL_TYPE, doctype="ToDo", name=todo.name)
		elif step is Step.IMPORT:
			assert call("score_import.begin")["examples"]
		elif step is Step.HEALTH:
			report = call(
				"frappe.desk.query_report.run", report_name="Flow Health", filters=json.dumps(weeks())
			)
			if TYPE not in frappe.as_json(report):
				raise frappe.PermissionError
		elif step is Step.SNAPSHOT:
			found = call("snapshot.page", employee=frappe.db.get_value(EVENT, world.event, "employee"))
			assert found["person"]["name"] == "Anna Perm"


def weeks() -> dict[str, str]:
	return {"from_date": add_days(nowdate(), -7), "to_date": nowdate(), "group_by": "Event Type"}


HOLDS_STEP = {
	Step.GIVE_EVIDENCE: Who.EMPLOYEE,
	Step.SIGN_OFF: Who.ASKED,
	Step.MARK: Who.ASKED,
	Step.CONFIRM: Who.COLLABORATOR,
}
"""Whom the step is asked of in this world: Reach.OWN is theirs alone."""


@pytest.mark.parametrize("who", Who)
@pytest.mark.parametrize("step", Step)
def test_cell_of_steps(world: World, step: Step, who: Who) -> None:
	expected = table.may(step, columns_of(who))
	if step in HOLDS_STEP:
		expected = expected and HOLDS_STEP[step] is who
	try:
		act(world, step, PERSON_OF[who])
	except frappe.PermissionError:
		done = False
	else:
		done = True
	assert done is expected


def test_nobody_records_by_hand_on_documents_they_may_not_write(world: World) -> None:
	with acting(login("paul")), pytest.raises(frappe.PermissionError):
		call("steps.record", event_type=MANUAL_TYPE, doctype="ToDo", name=world.todos["event"])


# --- who is who ---------------------------------------------------------------------------------------------------


def visible_events(user: str) -> set[str]:
	with acting(user):
		return set(
			frappe.get_list(EVENT, filters={"event_type": ("in", (TYPE, OTHER_TYPE))}, pluck="name", limit=0)
		)


def test_each_sees_exactly_their_events(world: World) -> None:
	annas = set(world.annas)
	everything = {
		"boss": annas,
		"mario": annas,
		"anna": {*annas, world.practice},
		"paul": set(),
		"kim": {*annas, world.nobodys},
		"kira": set(),
		"zoe": {world.event, world.ready},
		"hilda": {*annas, world.nobodys},
		"hugo": {*annas, world.nobodys},
		"heidi": {world.foreign, world.nobodys},
		"olga": {world.foreign},
		"omar": {world.foreign},
		"lost": set(),
		"adam": set(),
		"stranger": set(),
	}
	assert set(everything) == set(PEOPLE)
	seen = {name: visible_events(login(name)) for name in PEOPLE}
	assert seen == everything


def test_single_documents_and_lists_agree_for_everybody(world: World) -> None:
	for doctype in OF_EVENTS:
		every = [
			name
			for event in (*world.annas, world.practice, world.foreign, world.nobodys)
			for name in world.rows(doctype, event)
		]
		for person in (*PEOPLE, "Administrator"):
			user = person if person == "Administrator" else login(person)
			with acting(user):
				try:
					listed = set(
						frappe.get_list(doctype, filters={"name": ("in", every)}, pluck="name", limit=0)
					)
				except frappe.PermissionError:
					listed = set()
			single = {name for name in every if frappe.has_permission(doctype, "read", doc=name, user=user)}
			assert listed == single, (doctype, person)
			assert person != "Administrator" or single == set(every)


def test_hr_follows_companies(world: World) -> None:
	assert viewer(login("hilda")).companies == {NORTH}
	assert viewer(login("hugo")).companies == {HOLDING, NORTH, SOUTH}
	assert viewer(login("heidi")).companies == {EAST}
	assert viewer(login("lost")).companies == set()
	assert viewer(login("boss")).companies == set()
	assert is_hr_of(NORTH, login("hilda")) and not is_hr_of(EAST, login("hilda"))
	assert is_hr_of(None, login("hilda")) and not is_hr_of(None, login("lost"))
	assert is_hr_of(EAST, "Administrator")
	ours = {login(name) for name in PEOPLE}
	assert ours.intersection(hr_users(NORTH)) == {login("hilda"), login("hugo")}
	assert ours.intersection(hr_users(EAST)) == {login("heidi")}
	assert ours.intersection(hr_users("")) == {login("hilda"), login("hugo"), login("heidi")}
	frappe.db.set_value("User", login("hilda"), "enabled", 0)
	assert login("hilda") not in hr_users(NORTH)


def test_user_permission_for_other_documents_is_no_hr_company(world: World) -> None:
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": login("hilda"),
			"allow": "Company",
			"for_value": EAST,
			"apply_to_all_doctypes": 0,
			"applicable_for": "Sales Order",
		}
	).insert()
	begin_anew()
	assert viewer(login("hilda")).companies == {NORTH}


def test_moving_in_the_tree_moves_what_managers_see(world: World) -> None:
	anna = frappe.get_doc("Employee", my_employee(login("anna")))
	anna.reports_to = my_employee(login("paul"))
	anna.save()
	assert set(world.annas) <= visible_events(login("paul"))
	assert visible_events(login("boss")) == set()


def test_manager_who_left_sees_nothing(world: World) -> None:
	frappe.db.set_value("Employee", my_employee(login("boss")), "status", "Left")
	assert visible_events(login("boss")) == set()
	assert not frappe.has_permission(EVENT, "read", doc=world.event, user=login("boss"))


def test_large_trees_are_asked_of_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
	from perf_flow.access import people

	monkeypatch.setattr(people, "SMALL_TREE", 0)
	assert viewer(login("boss")).below is None
	assert visible_events(login("boss")) == set(world.annas)
	assert frappe.has_permission(EVENT, "read", doc=world.event, user=login("boss"))
	assert not frappe.has_permission(EVENT, "read", doc=world.foreign, user=login("boss"))
	escalate(world)
	assert world.event in visible_events(login("kira"))


def test_many_events_asked_of_somebody_are_asked_of_the_database(
	world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
	from perf_flow.access import rules

	monkeypatch.setattr(rules, "FEW_EVENTS", 0)
	for name, events in (
		("kim", {*world.annas, world.nobodys}),
		("zoe", {world.event, world.ready}),
		("paul", set()),
	):
		assert visible_events(login(name)) == events


def escalate(world: World) -> None:
	frappe.db.set_value(ACTION, f"{world.event}-{world.confirmation}", "escalation_level", 1)


def test_escalated_step_is_seen_by_those_above(world: World) -> None:
	assert not frappe.has_permission(EVENT, "read", doc=world.event, user=login("kira"))
	escalate(world)
	assert visible_events(login("kira")) == {world.event}
	assert frappe.has_permission(EVENT, "read", doc=world.event, user=login("kira"))
	with acting(login("kira")):
		steps = frappe.get_list(ACTION, filters={"event": world.event}, pluck="name")
		assert steps == [f"{world.event}-{world.confirmation}"]
		assert frappe.get_list(EVIDENCE) == []


def test_collaborator_cannot_read_the_mark_in_any_way(world: World) -> None:
	mark = frappe.db.get_value(ACTION, {"event": world.event, "kind": "Mark"})
	with acting(login("kim")):
		assert frappe.get_list(ACTION, filters={"result": "Needs Improvement"}) == []
		assert frappe.get_list(ACTION, filters={"event": world.event}, fields=["count(*) as n"])[0].n == 1
		assert call("frappe.client.get_count", doctype=ACTION, filters={"kind": "Mark"}) == 0
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.get", doctype=ACTION, name=mark)
		shown = frappe.as_json(call("panel.for_event", event=world.event))
		assert "Needs Improvement" not in shown and SECRET not in shown.replace(world.todos["event"], "")
		event = call("frappe.client.get", doctype=EVENT, name=world.event)
		assert "Needs Improvement" not in frappe.as_json(event)


def test_what_a_browser_sends_does_not_decide(world: World) -> None:
	"""A form that claims another company or employee is judged by what is stored."""
	for user, claim in (
		(login("heidi"), {"company": EAST}),
		(login("olga"), {"employee": my_employee(login("olga"))}),
		(login("paul"), {"practice": 1, "employee": my_employee(login("paul"))}),
	):
		stored = frappe.get_doc(EVENT, world.event).as_dict()
		with acting(user):
			doc = frappe.get_doc({**stored, **claim})
			assert not doc.has_permission("read") and not doc.has_permission("write")
			with pytest.raises(frappe.PermissionError):
				call("frappe.client.save", doc=frappe.as_json({**stored, **claim}))
	with acting(login("stranger")):
		theirs = {"doctype": PREFERENCE, "name": login("anna"), "user": login("stranger"), "email_digest": 0}
		assert not frappe.get_doc(theirs).has_permission("write")
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.insert", doc={"doctype": PREFERENCE, "user": login("paul")})


def test_hr_writes_custom_fields_only(world: World) -> None:
	for doctype, field in ((EVENT, "employee_name"), (ACTION, "result"), (EVIDENCE, "title")):
		name = world.rows(doctype, world.event)[0]
		with acting(login("hilda")):
			with pytest.raises(frappe.PermissionError):
				call("frappe.client.set_value", doctype=doctype, name=name, fieldname=field, value="changed")
			with pytest.raises(frappe.PermissionError):
				call("frappe.client.delete", doctype=doctype, name=name)


def test_own_preference_only(world: World) -> None:
	with acting(login("anna")):
		doc = frappe.get_doc(PREFERENCE, login("anna"))
		doc.email_digest = 0
		doc.save()
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.get", doctype=PREFERENCE, name=login("boss"))
		assert frappe.get_list(PREFERENCE, pluck="name") == [login("anna")]


def test_messages_go_to_those_who_may_see_the_event(world: World) -> None:
	rows = frappe.get_all("Performance Outbox", {"event": ("is", "set")}, ["event", "recipient", "payload"])
	assert {row.event for row in rows} >= set(world.annas)
	for row in rows:
		assert SECRET not in row.payload
		if row.recipient and row.recipient != "HR":
			event = frappe.db.get_value(
				EVENT, row.event, ["name", "employee", "company", "practice"], as_dict=True
			)
			seen = relation(event, row.recipient).sees_event
			assert seen or row.recipient == login("mario") or event.practice, row


# --- doors of Frappe: nothing gets out ------------------------------------------------------------------------------


def listing(doctype: str, **more: Any) -> dict[str, Any]:
	return {
		"doctype": doctype,
		"fields": json.dumps(["*"]),
		"filters": "[]",
		"page_length": 500,
		"start": 0,
		**more,
	}


def chart(**more: Any) -> str:
	return json.dumps(
		{
			"name": "Perm chart",
			"chart_name": "Perm chart",
			"chart_type": "Count",
			"document_type": EVENT,
			"based_on": "recorded_at",
			"timespan": "Last Year",
			"time_interval": "Yearly",
			"filters_json": json.dumps([[EVENT, "employee_user", "=", login("anna"), False]]),
			"type": "Bar",
			**more,
		}
	)


def counted(found: Any) -> float:
	"""The sum of what a chart shows."""
	if "dataPoints" in found:
		return float(sum(found["dataPoints"].values()))
	return float(sum(sum(values["values"]) for values in found["datasets"]))


Door = Callable[[World], Any]


def door_client_list(world: World) -> Any:
	return [
		call("frappe.client.get_list", doctype=doctype, fields=["*"], limit_page_length=0)
		for doctype in readable_doctypes()
	]


def door_client_count(world: World) -> Any:
	filters = {"event_type": TYPE, "employee_user": login("anna")}
	return [
		call("frappe.client.get_count", doctype=doctype, filters=filters)
		for doctype in (EVENT, ACTION, EVIDENCE)
	]


def door_client_get(world: World) -> Any:
	return call("frappe.client.get", doctype=EVENT, name=world.event)


def door_client_value(world: World) -> Any:
	return call(
		"frappe.client.get_value",
		doctype=EVENT,
		fieldname=["reference_name", "name"],
		filters={"name": world.event},
	)


def door_validate_link(world: World) -> Any:
	found = call(
		"frappe.client.validate_link", doctype=EVENT, docname=world.event, fields='["reference_name"]'
	)
	return found.get("reference_name")


def door_report_view(world: World) -> Any:
	found = []
	for doctype in readable_doctypes():
		frappe.local.form_dict = frappe._dict(listing(doctype))
		from frappe.desk.reportview import get

		found.append(get())
	return found


def door_report_count(world: World) -> Any:
	from frappe.desk.reportview import get_count

	found = []
	for more in ({}, {"limit": 100}, {"distinct": "true"}):
		filters = json.dumps([[EVENT, "event_type", "=", TYPE], [EVENT, "employee_user", "=", login("anna")]])
		frappe.local.form_dict = frappe._dict(doctype=EVENT, filters=filters, fields="[]", **more)
		found.append(get_count())
	return found


def door_export(world: World) -> Any:
	from frappe.desk.reportview import export_query

	frappe.local.form_dict = frappe._dict(listing(EVENT, file_format_type="CSV", title=EVENT))
	export_query()
	return str(frappe.response.get("result") or frappe.response.get("filecontent"))


def door_data_export(world: World) -> Any:
	from frappe.core.doctype.data_export.exporter import DataExporter

	exporter = DataExporter(doctype=EVENT, all_doctypes=False, with_data=True, file_type="CSV")
	exporter.build_response()
	return str(frappe.response["result"])


def door_import_template(world: World) -> Any:
	from frappe.core.doctype.data_import.exporter import Exporter

	exporter = Exporter(EVENT, export_fields={EVENT: ["name", "reference_name"]}, export_data=True)
	return exporter.get_csv_array()


def door_list_groups(world: World) -> Any:
	found = []
	for field in ("reference_name", "employee_name", "owner"):
		rows = call(
			"frappe.desk.listview.get_group_by_count",
			doctype=EVENT,
			current_filters=json.dumps([[EVENT, "employee_user", "=", login("anna")]]),
			field=field,
		)
		found.append([(row.name, row.get("count")) for row in rows])
	return found


def door_list_stats(world: World) -> Any:
	return call(
		"frappe.desk.reportview.get_stats", stats='["reference_name", "employee_name"]', doctype=EVENT
	)


def door_search_link(world: World) -> Any:
	found = []
	for doctype in readable_doctypes():
		arguments = {"doctype": doctype, "txt": "", "page_length": 500, "ignore_user_permissions": 1}
		found.append(call("frappe.desk.search.search_link", **arguments))
		found.append(
			call(
				"frappe.desk.search.search_widget",
				**arguments,
				filter_fields=json.dumps(["owner", "modified_by"]),
				as_dict=True,
			)
		)
	return found


def door_link_title(world: World) -> Any:
	title = call("frappe.desk.search.get_link_title", doctype=EVENT, docname=world.event)
	return title if title != world.event else None


def door_link_preview(world: World) -> Any:
	return call("frappe.desk.link_preview.get_preview_data", doctype=EVENT, docname=world.event)


def door_form(world: World) -> Any:
	call("frappe.desk.form.load.getdoc", doctype=EVENT, name=world.event)
	return [doc.as_dict() for doc in frappe.response.docs]


def door_form_info(world: World) -> Any:
	call("frappe.desk.form.load.get_docinfo", doctype=EVENT, name=world.event)
	return frappe.response.get("docinfo")


def door_linked_documents(world: World) -> Any:
	from frappe.desk.form.linked_with import get_linked_docs

	return get_linked_docs("User", login("anna"), {EVENT: {"fieldname": ["employee_user"]}})


def door_open_count(world: World) -> Any:
	"""The number beside "Business Event" on the form of its type, less those that are not Anna's."""
	frappe.has_permission("Business Event Type", "read", doc=TYPE, throw=True)
	counted = call("frappe.desk.notifications.get_open_count", doctype="Business Event Type", name=TYPE)
	found = {row["doctype"]: row["count"] for row in counted["count"]["external_links_found"]}
	others = int(frappe.has_permission(EVENT, "read", doc=world.nobodys))
	return found[EVENT] - others


def door_chart(world: World) -> Any:
	name = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	return counted(call(name, chart=chart(), no_cache=1))


def door_chart_groups(world: World) -> Any:
	name = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	grouped = chart(chart_type="Group By", group_by_type="Count", group_by_based_on="employee_name")
	found = call(name, chart=grouped, no_cache=1)
	return counted(found) if found else 0


def door_heat_map(world: World) -> Any:
	name = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	return counted(call(name, chart=chart(type="Heatmap"), no_cache=1))


def door_number_card(world: World) -> Any:
	card = {"document_type": EVENT, "function": "Count", "name": "Perm card"}
	filters = json.dumps([[EVENT, "event_type", "=", TYPE], [EVENT, "employee_user", "=", login("anna")]])
	return call(
		"frappe.desk.doctype.number_card.number_card.get_result", doc=json.dumps(card), filters=filters
	)


def door_calendar(world: World) -> Any:
	return call(
		"frappe.desk.calendar.get_events",
		doctype=EVENT,
		start=add_days(nowdate(), -2),
		end=add_days(nowdate(), 2),
		field_map=json.dumps(
			{"start": "recorded_at", "end": "target_at", "id": "name", "title": "reference_name"}
		),
		filters="[]",
	)


def door_website_list(world: World) -> Any:
	found = call("frappe.www.list.get_list_data", doctype=EVENT, limit=200)
	return list(found or ())


def door_print(world: World) -> Any:
	return call("frappe.www.printview.get_html_and_style", doc=EVENT, name=world.event)


def door_global_search(world: World) -> Any:
	return [
		call("frappe.utils.global_search.search", text=text) for text in (SECRET, TYPE, world.todos["event"])
	]


def door_realtime(world: World) -> Any:
	call("frappe.realtime.can_subscribe_doc", doctype=EVENT, docname=world.event)
	return world.event


def door_file_list(world: World) -> Any:
	found = frappe.get_list("File", fields=["*"], limit=0)
	found += call("frappe.core.api.file.get_files_by_search_text", text=f"perm-{world.event}")
	return [file for file in found if file.get("attached_to_doctype") != "ToDo"]


def door_file(world: World) -> Any:
	return call("frappe.client.get", doctype="File", name=world.file)


def door_file_download(world: World) -> Any:
	url = frappe.db.get_value("File", world.file, "file_url")
	call("frappe.handler.download_file", file_url=url)
	return str(frappe.response.filecontent)


def door_private_file(world: World) -> Any:
	from frappe.core.doctype.file.utils import find_file_by_url

	found = find_file_by_url(frappe.db.get_value("File", world.file, "file_url"))
	return found and found.as_dict()


def door_comments(world: World) -> Any:
	return frappe.get_list("Comment", fields=["*"], filters={"reference_doctype": ("in", OF_EVENTS)}, limit=0)


def door_panel(world: World) -> Any:
	return call("panel.for_event", event=world.event)


def door_panel_of_document(world: World) -> Any:
	return call("panel.for_document", doctype="ToDo", name=world.todos["event"])


def door_figures(world: World) -> Any:
	from perf_flow.api import figures

	return [figures.late_events(), figures.team_open_marks(), figures.events_without_person()]


def door_snapshot(world: World) -> Any:
	return call("snapshot.page", employee=frappe.db.get_value(EVENT, world.event, "employee"))


def door_own_snapshot(world: World) -> Any:
	return call("snapshot.page")


DOORS = {
	name.removeprefix("door_"): door for name, door in list(globals().items()) if name.startswith("door_")
}


def readable_doctypes() -> list[str]:
	return [doctype for doctype in OF_EVENTS if frappe.has_permission(doctype, "read")]


def traces(world: World, found: Any) -> list[str]:
	"""What of Anna's events shows in an answer."""
	if isinstance(found, int | float):
		return ["a count"] if found else []
	if isinstance(found, list) and found and all(isinstance(number, int) for number in found):
		return ["a count"] if any(found) else []
	text = frappe.as_json(found) if not isinstance(found, str) else found
	looked_for = [SECRET, login("anna"), "Anna Perm", *world.annas, world.practice]
	looked_for += [name for label, name in world.todos.items() if label not in ("foreign", "nobodys")]
	return [word for word in looked_for if word in text]


ALWAYS_EMPTY = {"link_title", "link_preview", "global_search", "figures", "own_snapshot"}
"""Doors behind which nobody finds anything of events; they are tried all the same."""


@pytest.mark.parametrize("name", DOORS)
def test_door_is_open_for_hr_of_the_company(world: World, name: str) -> None:
	"""Otherwise that nothing gets out would show nothing."""
	comment_on(world.event)
	with acting(login("hilda")):
		if name == "comments":
			frappe.db.set_value(
				"DocPerm", {"parent": "Comment", "role": "System Manager"}, "role", "HR Manager"
			)
			frappe.clear_cache(doctype="Comment")
		found = DOORS[name](world)
		if name in ALWAYS_EMPTY:
			assert not traces(world, found)
		else:
			assert traces(world, found)
	frappe.clear_cache(doctype="Comment")


@pytest.mark.parametrize("user", STRANGERS.values(), ids=STRANGERS)
@pytest.mark.parametrize("name", DOORS)
def test_door_is_shut_for_those_outside(world: World, name: str, user: str) -> None:
	comment_on(world.event)
	with acting(user):
		try:
			found = DOORS[name](world)
		except (frappe.PermissionError, frappe.DoesNotExistError):
			return
		assert not traces(world, found)


def comment_on(event: str) -> None:
	with acting(login("hilda")):
		frappe.get_doc(EVENT, event).add_comment("Comment", f"{SECRET} comment")


# --- ways around the rules ----------------------------------------------------------------------------------------


def test_sharing_is_refused(world: World) -> None:
	for user in (login("hilda"), login("anna"), login("adam")):
		with acting(user), pytest.raises(frappe.PermissionError):
			call("frappe.share.add", doctype=EVENT, name=world.event, user=login("paul"))
	with acting(login("adam")), pytest.raises(frappe.PermissionError):
		call(
			"frappe.client.insert",
			doc={
				"doctype": "DocShare",
				"share_doctype": EVENT,
				"share_name": world.event,
				"user": login("paul"),
				"read": 1,
			},
		)
	# code that skips the check of the share right does not get past either
	for doctype in (*OF_EVENTS, "Business Event Type"):
		name = TYPE if doctype == "Business Event Type" else world.rows(doctype, world.event)[0]
		with pytest.raises(frappe.PermissionError, match="cannot be shared"):
			frappe.share.add_docshare(doctype, name, login("paul"), flags={"ignore_share_permission": True})
	assert not frappe.db.exists("DocShare", {"share_doctype": EVENT})
	assert not frappe.has_permission(EVENT, "read", doc=world.event, user=login("paul"))


def test_assigning_is_refused(world: World) -> None:
	for user in (login("hilda"), login("anna")):
		for assigned in (login("paul"), login("boss")):
			with acting(user), pytest.raises(frappe.PermissionError, match="cannot be shared or assigned"):
				call("frappe.desk.form.assign_to.add", assign_to=[assigned], doctype=EVENT, name=world.event)
	assert not frappe.db.exists("ToDo", {"reference_type": EVENT})
	with acting(login("paul")):
		make_todo("Something else")


def test_tagging_is_refused(world: World) -> None:
	for user, refusal in (
		(login("hilda"), frappe.PermissionError),
		# Frappe stumbles over the refusal when somebody who may not write tags
		(login("anna"), (frappe.PermissionError, IndexError)),
		(login("stranger"), (frappe.PermissionError, IndexError)),
	):
		with acting(user), pytest.raises(refusal):
			call("frappe.desk.doctype.tag.tag.add_tag", tag=f"Perm tag of {user}", dt=EVENT, dn=world.event)
	assert not frappe.db.exists("Tag Link", {"document_type": EVENT})


def test_address_of_evidence_cannot_be_guessed(world: World) -> None:
	"""Whoever knows the address of a private file can have Frappe attach it to something of theirs."""
	for name, url, shown in frappe.get_all(
		"File", {"attached_to_doctype": EVIDENCE}, ["attached_to_name", "file_url", "file_name"], as_list=True
	):
		event = name.rpartition("-")[0]
		if event in world.annas:
			assert shown == f"perm-{event}.txt"
			assert re.search(r"[0-9a-z]{16}", url.replace(event, "")), url


def test_chart_over_other_documents_is_frappes_own(world: World) -> None:
	name = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	over_todos = chart(document_type="ToDo", based_on="creation", filters_json="[]")
	with acting(login("anna")):
		assert counted(call(name, chart=over_todos, no_cache=1)) >= 4


def test_saved_chart_is_never_somebody_elses(world: World) -> None:
	"""Charts are kept under their name alone; over events each reader gets their own figures."""
	saved = frappe.get_doc(
		{"doctype": "Dashboard Chart", **json.loads(chart()), "is_public": 1, "is_standard": 0, "roles": []}
	).insert()
	name = "frappe.desk.doctype.dashboard_chart.dashboard_chart.get"
	with acting(login("hilda")):
		assert counted(call(name, chart_name=saved.name, refresh=1)) == 3
	frappe.cache.set_value(f"chart-data:{saved.name}", json.dumps({"datasets": [{"values": [9]}]}))
	try:
		with acting(login("paul")):
			assert counted(call(name, chart_name=saved.name)) == 0
		with acting(login("anna")):
			assert counted(call(name, chart_name=saved.name)) == 4  # her practice included
	finally:
		frappe.cache.delete_value(f"chart-data:{saved.name}")


def test_event_types_are_found_by_name_and_no_more(world: World) -> None:
	arguments = {"doctype": "Business Event Type", "txt": "perm watched", "ignore_user_permissions": 1}
	with acting(login("paul")):
		found = call("frappe.desk.search.search_link", **arguments)
		assert [row["value"] for row in found] == [TYPE]
		rows = call(
			"frappe.desk.search.search_widget",
			**arguments,
			filter_fields='["filters", "expression"]',
			as_dict=True,
		)
		assert "description" not in frappe.as_json(rows)
		with pytest.raises(frappe.PermissionError):
			call("frappe.client.get", doctype="Business Event Type", name=TYPE)


def test_search_finds_what_one_may_read(world: World) -> None:
	arguments = {"doctype": EVENT, "txt": world.todos["event"], "page_length": 20}
	with acting(login("anna")):
		found = call("frappe.desk.search.search_link", **arguments)
	assert [row["value"] for row in found] == [world.event]


def test_rules_are_quick_to_ask(world: World, sql_count: Callable[..., Any]) -> None:
	"""Who somebody is, is looked up once in a request; each event then costs one statement at most."""
	from perf_flow.access import people

	with acting(login("boss")):
		viewer()
		events = frappe.get_all(
			EVENT, {"name": ("in", world.annas)}, ["name", "employee", "company", "practice"]
		)
		with sql_count() as count:
			assert all(relation(event).sees_event for event in events)
		assert count.total <= len(events), str(count)
		frappe.get_list(EVENT, pluck="name")  # what Frappe itself looks up the first time
		people.forget()
		viewer()
		with sql_count() as count:
			frappe.get_list(EVENT, pluck="name")
		assert count.total <= 2, str(count)
		with sql_count() as count:
			frappe.get_list(EVENT, pluck="name")
		assert count.total == 1, str(count)
