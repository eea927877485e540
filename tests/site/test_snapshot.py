"""The behaviour snapshot: each source on real documents, line by line for each kind of reader, and nobody
else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

import frappe
from frappe.utils import add_days, add_to_date, get_datetime, now_datetime, nowdate

from perf_flow.access.people import forget
from perf_flow.api import snapshot, steps, wording
from perf_flow.engine import commands
from perf_flow.engine.model import VoidCause
from perf_flow.engine.snapshot import Kind
from perf_flow.flow import service, snapshot_sources, store
from tests.site import world

pytestmark = pytest.mark.site

TYPE = "Snapshot task"
ROLES = ("Projects User", "Support Team", "Quality Manager", "Knowledge Base Contributor", "HR User")
SETTINGS = "Performance Flow Settings"


@pytest.fixture
def crew(site: str) -> Iterator[dict[str, Any]]:
	people = world.people()
	people["nils"] = world.person("Nils", people["quentin"].name)
	world.todo_type(TYPE)
	for key in ("anna", "max"):
		frappe.get_doc("User", people[key].user_id).add_roles(*ROLES)
	forget()
	yield people
	frappe.clear_document_cache(SETTINGS, SETTINGS)
	for one in people.values():
		frappe.clear_cache(user=one.user_id)


@pytest.fixture
def taken(crew: dict[str, Any], as_user: Callable[..., Any]) -> Callable[..., list[dict[str, Any]]]:
	"""`taken("max")`: the lines of Anna's snapshot as Max reads them; `taken("max", "nils")`: of Nils's."""

	def read(reader: str, of: str = "anna", **how: Any) -> list[dict[str, Any]]:
		with as_user(crew[reader].user_id if reader in crew else reader):
			found = snapshot.page(crew[of].name, **how)
		lines = [line for week in found["weeks"] for line in week["lines"]]
		# what is counted is what is shown
		assert sum(kind["count"] for kind in found["kinds"]) == len(lines)
		assert sum(sum(week["counts"].values()) for week in found["weeks"]) == len(lines)
		return lines

	return read


def switch(**values: Any) -> None:
	settings = frappe.get_doc(SETTINGS)
	settings.update(values)
	settings.save()
	frappe.clear_document_cache(SETTINGS, SETTINGS)


# --- real documents of each source, made as Anna -------------------------------------------------------------


def task(crew: dict[str, Any]) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Task",
			"subject": "Drawing of the valve",
			"status": "Completed",
			"completed_by": crew["anna"].user_id,
			"completed_on": add_days(nowdate(), -3),
			"exp_end_date": add_days(nowdate(), -5),
		}
	).insert(ignore_permissions=True)


def todo(crew: dict[str, Any]) -> Any:
	doc = world.todo("Call <b>Flow &amp; Co</b>", allocated_to=crew["anna"].user_id, date=nowdate())
	doc.status = "Closed"
	# so that the manager may read it too: a to-do is read by whom it is for and by who gave it
	doc.assigned_by = crew["max"].user_id
	return doc.save(ignore_permissions=True)


def issue(crew: dict[str, Any], subject: str = "Pump 4 leaks", answered_by: str = "anna") -> Any:
	"""An issue opened five hours ago and answered two hours ago, an hour before it was due."""
	doc = frappe.get_doc({"doctype": "Issue", "subject": subject, "raised_by": "c@c.example"}).insert(
		ignore_permissions=True
	)
	opened = get_datetime(add_to_date(now_datetime(), hours=-5)).replace(microsecond=0)
	doc.db_set(
		{
			"opening_date": opened.date(),
			"opening_time": opened.time(),
			"first_responded_on": opened + timedelta(hours=3),
			"response_by": opened + timedelta(hours=4),
		}
	)
	message(doc, crew[answered_by].user_id, opened + timedelta(hours=3))
	# Frappe counted it from the moments of this test
	doc.db_set("first_response_time", 3 * 3600)
	return doc


def message(doc: Any, user: str, moment: Any) -> Any:
	made = frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Sent",
			"subject": f"About {doc.name}",
			"content": "We come tomorrow.",
			"sender": user,
			"reference_doctype": doc.doctype,
			"reference_name": doc.name,
			"communication_date": moment,
		}
	).insert(ignore_permissions=True)
	made.db_set("owner", user)
	return made


def comment(crew: dict[str, Any]) -> Any:
	doc = frappe.get_doc({"doctype": "Task", "subject": "Seal"}).insert(ignore_permissions=True)
	frappe.get_doc(
		{
			"doctype": "Comment",
			"comment_type": "Comment",
			"comment_email": crew["anna"].user_id,
			"reference_doctype": "Task",
			"reference_name": doc.name,
			"content": "<p>The seal of <b>pump 4</b> is worn.</p>",
		}
	).insert(ignore_permissions=True)
	return doc


def quality_procedure(crew: dict[str, Any] | None = None) -> Any:
	name = "Torque of the bolts"
	if frappe.db.exists("Quality Procedure", name):
		return frappe.get_doc("Quality Procedure", name)
	return frappe.get_doc({"doctype": "Quality Procedure", "quality_procedure_name": name}).insert(
		ignore_permissions=True
	)


def quality_review(crew: dict[str, Any]) -> Any:
	goal = frappe.get_doc(
		{
			"doctype": "Quality Goal",
			"goal": "Fewer leaks",
			"frequency": "None",
			"procedure": quality_procedure().name,
			"objectives": [{"objective": "Leaks", "target": "1"}],
		}
	).insert(ignore_permissions=True)
	doc = frappe.get_doc(
		{
			"doctype": "Quality Review",
			"goal": goal.name,
			"date": nowdate(),
			"reviews": [{"objective": "Leaks", "target": "1", "status": "Passed"}],
		}
	).insert(ignore_permissions=True)
	assert doc.status == "Passed"
	return doc


def inspection(crew: dict[str, Any]) -> Any:
	"""Frappe checks the stock document of an inspection; what is read here is the inspection."""
	doc = frappe.get_doc(
		{
			"doctype": "Quality Inspection",
			"inspection_type": "Incoming",
			"item_code": world.item(),
			"item_name": "Flow Item",
			"sample_size": 1,
			"inspected_by": crew["anna"].user_id,
			"report_date": nowdate(),
			"status": "Accepted",
			"manual_inspection": 1,
		}
	)
	doc.flags.ignore_links = doc.flags.ignore_mandatory = doc.flags.ignore_permissions = True
	doc.flags.ignore_validate = True
	doc.insert()
	doc.db_set("docstatus", 1)
	return doc


def quality_action(crew: dict[str, Any]) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Quality Action",
			"corrective_preventive": "Corrective",
			"procedure": quality_procedure().name,
			"resolutions": [
				{
					"problem": "Bolts came loose",
					"resolution": "Torque wrench",
					"status": "Completed",
					"responsible": crew["anna"].user_id,
				},
				{"problem": "Nobody's", "status": "Open", "responsible": crew["anna"].user_id},
				{"problem": "Of Max", "status": "Completed", "responsible": crew["max"].user_id},
			],
		}
	).insert(ignore_permissions=True)


def feedback(crew: dict[str, Any]) -> Any:
	doc = frappe.get_doc(
		{
			"doctype": "Employee Performance Feedback",
			"employee": crew["max"].name,
			"employee_name": "Max",
			"reviewer": crew["anna"].name,
			"added_on": now_datetime(),
			"feedback": "Clear goals",
			"company": world.company(),
		}
	)
	doc.flags.ignore_links = doc.flags.ignore_mandatory = doc.flags.ignore_permissions = True
	doc.flags.ignore_validate = True
	doc.insert()
	doc.db_set("docstatus", 1)
	return doc


def meeting(crew: dict[str, Any]) -> Any:
	return frappe.get_doc({"doctype": "Quality Meeting", "status": "Open"}).insert(ignore_permissions=True)


def non_conformance(crew: dict[str, Any]) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Non Conformance",
			"subject": "Wrong seal",
			"procedure": quality_procedure().name,
			"status": "Open",
		}
	).insert(ignore_permissions=True)


def article(crew: dict[str, Any]) -> Any:
	if not frappe.db.exists("Help Category", "Snapshot pumps"):
		frappe.get_doc({"doctype": "Help Category", "category_name": "Snapshot pumps"}).insert(
			ignore_permissions=True
		)
	doc = frappe.get_doc(
		{
			"doctype": "Help Article",
			"title": "How to change a seal",
			"category": "Snapshot pumps",
			"content": "First, close the valve.",
		}
	)
	# counting the articles of its category, Frappe asks for more than its author may
	frappe.set_user("Administrator")
	doc.insert()
	frappe.set_user(crew["anna"].user_id)
	doc.db_set("owner", crew["anna"].user_id)
	return doc


def timesheet(crew: dict[str, Any]) -> Any:
	if not frappe.db.exists("Activity Type", "Assembly"):
		frappe.get_doc({"doctype": "Activity Type", "activity_type": "Assembly"}).insert(
			ignore_permissions=True
		)
	start = get_datetime(add_days(nowdate(), -2))
	doc = frappe.get_doc(
		{
			"doctype": "Timesheet",
			"employee": crew["anna"].name,
			"company": world.company(),
			"time_logs": [
				{
					"activity_type": "Assembly",
					"from_time": start + timedelta(hours=8 + 4 * number),
					"to_time": start + timedelta(hours=8 + 4 * number + hours),
					"hours": hours,
				}
				for number, hours in enumerate((2.5, 3))
			],
		}
	).insert(ignore_permissions=True)
	doc.flags.ignore_permissions = True
	doc.submit()
	return doc


def recorded(crew: dict[str, Any]) -> Any:
	"""An event of Anna's with its evidence given."""
	(found,) = world.events(world.todo("Work of Anna"), TYPE)
	requirement = frappe.get_all("Evidence Requirement", {"parent": TYPE}, pluck="name")[0]
	steps.give(found.name, requirement, "Changed the seal of pump 4.")
	return frappe.get_doc(store.EVENT, found.name)


EXAMPLES: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
	# source: what makes a document, the words of the line, how it came in time
	"steps": (recorded, "gave the evidence for “Snapshot task”, ToDo", "before it was due"),
	"tasks": (task, "completed the task “Drawing of the valve”", "2 days after it was due"),
	"todos": (todo, "finished the to-do “Call Flow & Co”", "just when it was due"),
	"issues": (issue, "gave the first answer to the issue “Pump 4 leaks”", "1 hour before it was due"),
	"messages": (issue, "wrote a message on Issue ISS-", ""),
	"comments": (comment, "commented on Task TASK-", ""),
	"quality_reviews": (quality_review, "reviewed the quality goal “Fewer leaks”: Passed", ""),
	"inspections": (inspection, "inspected “Flow Item” (Incoming): Accepted", ""),
	"quality_actions": (quality_action, "resolved “Bolts came loose” in the quality action QA-ACT-", ""),
	"feedback": (feedback, "gave performance feedback to “Max”", ""),
	"procedures": (quality_procedure, "wrote the quality procedure “Torque of the bolts”", ""),
	"meetings": (meeting, "recorded the quality meeting QA-MEET-", ""),
	"non_conformances": (non_conformance, "reported the non-conformance “Wrong seal”", ""),
	"articles": (article, "wrote the article “How to change a seal”", ""),
	"timesheets": (timesheet, "worked 2.5 h on “Assembly”", ""),
}
ALONE = {"marks", "wiki"}
"""Sources with tests of their own below, and one whose app is not on this site."""
NEEDS_ROLE = {
	"tasks": "Projects User",
	"comments": "Projects User",
	"issues": "Support Team",
	"messages": "Support Team",
	"inspections": "Quality Manager",
	"articles": "Knowledge Base Contributor",
}


def of_source(lines: list[dict[str, Any]], source: str) -> list[dict[str, Any]]:
	return [line for line in lines if line["key"].startswith(f"{source}:")]


def test_every_source_is_tried_and_has_its_switch() -> None:
	keys = [source.key for source in snapshot_sources.SOURCES]
	assert len(set(keys)) == len(keys) and set(keys) == set(EXAMPLES) | ALONE
	switches = {
		df.fieldname: df
		for df in frappe.get_meta(SETTINGS).fields
		if df.fieldtype == "Check" and df.fieldname.startswith("snapshot_")
	}
	assert {key.removeprefix("snapshot_") for key in switches} == set(keys)
	for source in snapshot_sources.SOURCES:
		assert switches[f"snapshot_{source.key}"].label == source.title
		assert switches[f"snapshot_{source.key}"].default == "1"
	kinds = set(frappe.get_meta(snapshot_sources.CUSTOM).get_field("kind").options.lower().split("\n"))
	assert kinds <= {kind.value for kind in Kind}
	# a kind of document that the site has not got is not looked for
	assert not frappe.db.exists("DocType", "Wiki Page")
	assert "wiki" not in {source.key for source in snapshot_sources.active()}


@pytest.mark.parametrize("source", EXAMPLES)
def test_source_on_a_real_document(
	crew: dict[str, Any],
	taken: Callable[..., list[dict[str, Any]]],
	as_user: Callable[..., Any],
	source: str,
) -> None:
	make, words, timing = EXAMPLES[source]
	with as_user(crew["anna"].user_id):
		doc = make(crew)
	for reader in ("anna", "max"):
		found = of_source(taken(reader), source)
		lines = [line for line in found if line["document"] == doc.name]
		assert [line["text"][: len(words)] for line in lines][-1:] == [words], found
		line = lines[-1]
		assert line["doctype"] == doc.doctype and line["kind"] in [kind.value for kind in Kind]
		assert timing in line["timing"] and bool(line["timing"]) is bool(timing)
		assert line["late"] is ("after" in timing)
		assert frappe.db.exists(line["doctype"], line["document"])
		assert "<" not in line["text"]
	# somebody else's snapshot does not have it
	assert doc.name not in json.dumps(taken("max", "max") if source != "quality_actions" else [])

	switch(**{f"snapshot_{source}": 0})
	assert of_source(taken("anna"), source) == []
	switch(**{f"snapshot_{source}": 1})

	if role := NEEDS_ROLE.get(source):
		# the manager may not read such documents: no line, no count
		frappe.get_doc("User", crew["max"].user_id).remove_roles(role)
		frappe.clear_cache(user=crew["max"].user_id)
		assert doc.name not in json.dumps(taken("max"))
		assert of_source(taken("anna"), source)
		# nor the other way round: what the person may not see is not shown about them
		frappe.get_doc("User", crew["max"].user_id).add_roles(role)
		frappe.get_doc("User", crew["anna"].user_id).remove_roles(role)
		for who in ("anna", "max"):
			frappe.clear_cache(user=crew[who].user_id)
		assert doc.name not in json.dumps(taken("max"))
		assert doc.name not in json.dumps(taken("anna"))


def test_nobody_else_opens_it_and_cannot_tell_whether_there_is_such_a_person(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["anna"].user_id):
		recorded(crew)
	anna = crew["anna"].name
	for reader in ("anna", "max", "boss", "hilda"):
		with as_user(crew[reader].user_id):
			found = snapshot.page(anna)
			assert found["person"]["name"] == "Anna" and snapshot.may_open(anna)
			assert found["person"]["mine"] is (reader == "anna")
			assert [kind["kind"] for kind in found["kinds"]] == ["event"]
	other = world.person("Olga", roles=("HR Manager",), department_name="Human Resources")
	frappe.db.set_value("Employee", other.name, "company", another_company())
	admin = frappe.get_doc(
		{
			"doctype": "User",
			"email": "snapshot-admin@flow-world.example",
			"first_name": "Admin",
			"send_welcome_email": 0,
			"roles": [{"role": "System Manager"}, {"role": "Performance Administrator"}],
		}
	).insert()
	forget()
	outsiders = [crew["quentin"].user_id, crew["nils"].user_id, other.user_id, admin.name]
	for user in outsiders:
		answers = []
		for asked in (anna, "HR-EMP-NOBODY"):
			with as_user(user):
				assert snapshot.may_open(asked) is False
				with pytest.raises(frappe.PermissionError) as refused:
					snapshot.page(asked)
				answers.append(str(refused.value))
		assert answers[0] == answers[1] and "Anna" not in answers[0]
	with as_user("Guest"):
		for call in (snapshot.page, snapshot.may_open):
			with pytest.raises(frappe.PermissionError):
				call(anna)
	with as_user(admin.name):
		assert snapshot.page()["person"] is None


def another_company() -> str:
	if not frappe.db.exists("Company", "Snapshot Far"):
		frappe.get_doc(
			{
				"doctype": "Company",
				"company_name": "Snapshot Far",
				"abbr": "SF",
				"default_currency": "EUR",
				"country": "Germany",
			}
		).insert()
	return "Snapshot Far"


def test_a_former_manager_loses_it_and_a_new_one_has_it(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	doc = frappe.get_doc("Employee", crew["anna"].name)
	doc.reports_to = crew["quentin"].name
	doc.save()
	forget()
	with as_user(crew["max"].user_id), pytest.raises(frappe.PermissionError):
		snapshot.page(doc.name)
	with as_user(crew["quentin"].user_id):
		assert snapshot.page(doc.name)["person"]["name"] == "Anna"
		assert {one["name"] for one in snapshot.page()["people"]} == {"Anna", "Nils"}
	with as_user(crew["anna"].user_id):
		own = snapshot.page()
		assert own["person"]["mine"] and own["people"] == []


def test_marks_are_there_as_far_as_they_may_be_seen_and_void_events_are_not(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["anna"].user_id):
		first, second = recorded(crew), recorded(crew)
	with as_user(crew["max"].user_id):
		for event in (first, second):
			steps.mark(event.name, "Meets", "The log of 12 November shows 4 bolts at 45 Nm.")
	for reader in ("anna", "max", "hilda"):
		found = of_source(taken(reader), "marks")
		assert {line["document"] for line in found} == {first.name, second.name}
		assert "received the mark “Meets” for “Snapshot task”" in found[0]["text"]
	given = of_source(taken("max", "max"), "steps")
	assert "marked the evidence of “Anna” for “Snapshot task”" in given[0]["text"]
	third = None
	with as_user(crew["anna"].user_id):
		third = recorded(crew)
	assert third.name in json.dumps(taken("max"))
	service.execute(
		third.name,
		commands.Void(actor="Administrator", cause=VoidCause.BY_HAND, reason="recorded by mistake"),
	)
	assert third.name not in json.dumps(taken("max"))
	# practice never counts, wherever it stands
	for doctype, name in (
		(store.EVENT, first.name),
		*((store.ACTION, a.name) for a in world.actions(second.name).values()),
	):
		frappe.db.set_value(doctype, name, "practice", 1, update_modified=False)
	assert of_source(taken("anna"), "marks") == of_source(taken("max"), "steps") == []


def test_issue_times_go_to_whom_they_belong(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	mine, other = issue(crew), issue(crew, "Not mine", answered_by="max")
	# a second message is no first answer
	message(other, crew["anna"].user_id, now_datetime())
	lines = of_source(taken("anna"), "issues")
	assert [line["document"] for line in lines] == [mine.name]
	assert lines[0]["took"] == "3 hours"
	# solved by whom it was assigned to, within what was agreed
	world.todo(
		"Solve it", allocated_to=crew["anna"].user_id, reference_type="Issue", reference_name=other.name
	)
	other.reload()
	other.db_set(
		{
			"status": "Closed",
			"sla_resolution_date": now_datetime(),
			"sla_resolution_by": add_to_date(now_datetime(), hours=-3),
			"resolution_time": 7200,
		}
	)
	lines = {line["document"]: line for line in of_source(taken("anna"), "issues")}
	assert lines[other.name]["text"] == "solved the issue “Not mine”"
	assert lines[other.name]["took"] == "2 hours" and lines[other.name]["late"]
	assert not [
		line for line in of_source(taken("max", "max"), "issues") if line["text"].startswith("solved")
	]
	with as_user(crew["max"].user_id):
		figures = {one["key"]: one for one in snapshot.page(crew["anna"].name)["figures"]}
	assert figures["response"]["value"] == "3 hours" and figures["response"]["few"]
	assert "too few" in figures["response"]["hint"]


def test_comments_follow_each_document_also_a_shared_one(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["anna"].user_id):
		first, second = comment(crew), comment(crew)
	frappe.get_doc("User", crew["max"].user_id).remove_roles("Projects User")
	frappe.clear_cache(user=crew["max"].user_id)
	assert of_source(taken("max"), "comments") == []
	frappe.share.add_docshare(
		"Task", second.name, crew["max"].user_id, read=1, flags={"ignore_share_permission": True}
	)
	assert [line["document"] for line in of_source(taken("max"), "comments")] == [second.name]
	assert {line["document"] for line in of_source(taken("anna"), "comments")} == {first.name, second.name}
	# user permissions narrow the lines as they narrow lists
	project = frappe.get_doc(
		{"doctype": "Project", "project_name": "Snapshot narrow", "company": world.company()}
	)
	project.insert(ignore_permissions=True)
	frappe.get_doc(
		{
			"doctype": "User Permission",
			"user": crew["anna"].user_id,
			"allow": "Project",
			"for_value": project.name,
		}
	).insert(ignore_permissions=True)
	frappe.db.set_value("Task", first.name, "project", project.name)
	other = frappe.copy_doc(project)
	other.project_name = "Snapshot other"
	other.insert(ignore_permissions=True)
	frappe.db.set_value("Task", second.name, "project", other.name)
	frappe.clear_cache(user=crew["anna"].user_id)
	assert [line["document"] for line in of_source(taken("anna"), "comments")] == [first.name]
	assert of_source(taken("max"), "comments") == []


def test_a_person_without_login_has_what_names_the_employee(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	timesheet(crew)
	frappe.db.set_value("Employee", crew["anna"].name, "user_id", None)
	forget()
	lines = taken("max")
	assert [line["kind"] for line in lines] == ["time", "time"]
	with as_user(crew["max"].user_id):
		assert snapshot.page(crew["anna"].name)["person"]["has_login"] is False


def test_period_is_checked_and_lines_outside_are_not_there(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	done = task(crew)
	assert done.name in json.dumps(
		taken("max", from_date=add_days(nowdate(), -3), to_date=add_days(nowdate(), -3))
	)
	assert taken("max", from_date=add_days(nowdate(), -2)) == []
	assert taken("max", to_date=add_days(nowdate(), -4)) == []
	with as_user(crew["max"].user_id):
		found = snapshot.page(crew["anna"].name)
		assert (found["from_date"], found["to_date"]) == (str(add_days(nowdate(), -89)), nowdate())
		for wrong in (
			{"from_date": "yesterday"},
			{"from_date": "2026-02-01", "to_date": "2026-01-01"},
			{"from_date": add_days(nowdate(), 2)},
			{"from_date": add_days(nowdate(), -400)},
		):
			with pytest.raises(frappe.ValidationError) as refused:
				snapshot.page(crew["anna"].name, **wrong)
			assert not isinstance(refused.value, frappe.PermissionError)


def many(crew: dict[str, Any], number: int) -> None:
	"""So many rows of each of a few sources, by the hand of Anna."""
	for count in range(number):
		done = task(crew)
		frappe.db.set_value("Task", done.name, "subject", f"Task {count}")
		message(issue(crew), crew["anna"].user_id, now_datetime())


def test_the_same_statements_however_many_lines(
	crew: dict[str, Any],
	taken: Callable[..., list[dict[str, Any]]],
	as_user: Callable[..., Any],
	sql_count: Callable[..., Any],
) -> None:
	with as_user(crew["anna"].user_id):
		recorded(crew), todo(crew), comment(crew), timesheet(crew)
		many(crew, 2)

	def asked() -> tuple[int, int, str]:
		with as_user(crew["max"].user_id):
			snapshot.page(crew["anna"].name)
			with sql_count() as count:
				found = snapshot.page(crew["anna"].name)
		return count.total, sum(kind["count"] for kind in found["kinds"]), str(count)

	few, lines, _text = asked()
	with as_user(crew["anna"].user_id):
		recorded(crew), todo(crew), comment(crew)
		many(crew, 6)
	more, more_lines, text = asked()
	assert more_lines > lines + 15
	assert more <= few, text
	# two for most sources, so that the person sees all of it too
	assert more <= 5 * len(snapshot_sources.SOURCES), text


def test_it_is_bounded_and_says_what_is_left_out(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	many(crew, 4)
	timesheet(crew)
	with as_user(crew["max"].user_id):
		found = snapshot.page(crew["anna"].name, limit=2)
		assert "Tasks completed" in found["more"] and found["may_read_more"]
		assert next(kind for kind in found["kinds"] if kind["kind"] == "task")["count"] == 2
		assert snapshot.page(crew["anna"].name, limit="900")["more"] == []
	# what somebody may not read is no “more” either
	frappe.get_doc("User", crew["max"].user_id).remove_roles("Projects User", "Support Team")
	frappe.clear_cache(user=crew["max"].user_id)
	with as_user(crew["max"].user_id):
		assert set(snapshot.page(crew["anna"].name, limit=1)["more"]) == {"Hours of timesheets"}


def source_row(**values: Any) -> dict[str, Any]:
	return {
		"document_type": "Lead",
		"person_field": "lead_owner",
		"date_field": "creation",
		"kind": "Other",
		"enabled": 1,
		**values,
	}


def test_administrators_add_documents_without_code(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]]
) -> None:
	lead = frappe.get_doc(
		{"doctype": "Lead", "lead_name": "Pump buyer", "lead_owner": crew["anna"].user_id}
	).insert(ignore_permissions=True)
	for who in ("anna", "max"):
		frappe.get_doc("User", crew[who].user_id).add_roles("Sales User", "Sales Manager")
		frappe.clear_cache(user=crew[who].user_id)
	assert lead.name not in json.dumps(taken("max"))
	switch(snapshot_sources=[source_row()])
	(line,) = (one for one in taken("max") if one["doctype"] == "Lead")
	assert (line["kind"], line["document"]) == ("other", lead.name)
	assert line["text"] == "recorded Lead “Pump buyer”"
	switch(snapshot_sources=[source_row(title_field="status", kind="Review")])
	(line,) = (one for one in taken("anna") if one["doctype"] == "Lead")
	assert line["kind"] == "review" and line["text"] == "recorded Lead “Lead”"
	switch(snapshot_sources=[source_row(enabled=0)])
	assert lead.name not in json.dumps(taken("max"))
	# a field that is gone since then leaves the source out, and the page goes on
	switch(snapshot_sources=[source_row()])
	frappe.db.set_value(snapshot_sources.CUSTOM, {"document_type": "Lead"}, "person_field", "gone")
	frappe.clear_document_cache(SETTINGS, SETTINGS)
	assert lead.name not in json.dumps(taken("max"))


@pytest.mark.parametrize(
	"wrong",
	[
		{"document_type": "System Settings"},
		{"document_type": "Sales Order Item"},
		{"document_type": "Business Event"},
		{"document_type": "Rehearsal Run"},
		{"person_field": "lead_name"},
		{"person_field": "no_such_field"},
		{"date_field": "lead_name"},
		{"title_field": "no_such_field"},
	],
)
def test_rows_that_cannot_work_are_refused(site: str, wrong: dict[str, Any]) -> None:
	with pytest.raises(frappe.ValidationError, match="More documents, row 1"):
		switch(snapshot_sources=[source_row(**wrong)])
	with pytest.raises(frappe.ValidationError, match="row 2"):
		switch(snapshot_sources=[source_row(), source_row()])
	frappe.clear_document_cache(SETTINGS, SETTINGS)


def test_fields_to_choose_from_are_for_administrators(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	found = snapshot.choices("Lead")
	assert "lead_owner" in [one["value"] for one in found["person_field"]]
	assert {"creation", "modified"} <= {one["value"] for one in found["date_field"]}
	assert "lead_name" in [one["value"] for one in found["title_field"]]
	with as_user(crew["max"].user_id), pytest.raises(frappe.PermissionError):
		snapshot.choices("Lead")


def test_a_field_that_the_reader_may_not_see_hides_the_line(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], as_user: Callable[..., Any]
) -> None:
	done = task(crew)
	assert done.name in json.dumps(taken("max"))
	frappe.db.set_value("DocField", {"parent": "Task", "fieldname": "completed_by"}, "permlevel", 3)
	frappe.clear_cache(doctype="Task")
	try:
		assert done.name not in json.dumps(taken("max"))
	finally:
		frappe.db.set_value("DocField", {"parent": "Task", "fieldname": "completed_by"}, "permlevel", 0)
		frappe.clear_cache(doctype="Task")


def test_documents_that_an_app_decides_about_one_by_one_are_asked_about(
	crew: dict[str, Any], taken: Callable[..., list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
	first, second = task(crew), task(crew)
	asked = frappe.has_permission

	def decided(doctype: str, ptype: str = "read", doc: Any = None, **more: Any) -> bool:
		return False if doc == second.name else bool(asked(doctype, ptype, doc, **more))

	monkeypatch.setattr(frappe, "has_permission", decided)
	assert {line["document"] for line in of_source(taken("max"), "tasks")} == {first.name, second.name}
	monkeypatch.setattr(snapshot_sources, "_asks_each", lambda doctype: doctype == "Task")
	for reader in ("max", "anna"):
		assert [line["document"] for line in of_source(taken(reader), "tasks")] == [first.name]


def test_lines_are_offered_for_a_reason(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	with as_user(crew["anna"].user_id):
		event = recorded(crew).name
		other = recorded(crew).name
	done = task(crew)
	with as_user(crew["max"].user_id):
		deeds = wording.help(event)["deeds"]
		(line,) = (d for d in deeds if d["key"].startswith("line:"))
		assert "completed the task “Drawing of the valve” on" in line["text"]
		assert line["text"].endswith("2 days after it was due")
		assert line["of"] == f"Task {done.name}" and done.name in line["url"] and not line["here"]
		# events are there once, as before
		assert sorted({d["here"] for d in deeds if not d["key"].startswith("line:")}) == [False, True]
		text = wording.compose(event, [d["key"] for d in deeds])["text"]
		assert "You completed the task “Drawing of the valve”" in text and done.name in text
		assert event in text and other in text
		assert len(text.split("\n")) == 3
		assert wording.assess(wording.compose(event, [line["key"]])["text"])["verdict"] == "concrete"
	frappe.get_doc("User", crew["max"].user_id).remove_roles("Projects User")
	frappe.clear_cache(user=crew["max"].user_id)
	with as_user(crew["max"].user_id):
		assert done.name not in json.dumps(wording.help(event))
	# who may mark, and is neither above the person nor HR, is offered the events alone
	frappe.get_doc("User", crew["quentin"].user_id).add_roles("Projects User")
	mark = next(a for a in world.actions(event).values() if a.kind == "Mark")
	frappe.db.set_value(store.ACTION, mark.name, "assignee_user", crew["quentin"].user_id)
	forget()
	with as_user(crew["quentin"].user_id):
		found = wording.help(event)["deeds"]
		assert found and not [d for d in found if d["key"].startswith("line:")]
