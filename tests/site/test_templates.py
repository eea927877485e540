"""Ready event types: what they name exists, one action switches them on, and nobody's changes are lost."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import frappe
from frappe.desk.form.save import savedocs
from frappe.utils import add_days, nowdate

import perf_flow
from perf_flow.api import event_types as form_api
from perf_flow.api import templates as api
from perf_flow.engine.conditions import parse_filters
from perf_flow.engine.errors import ConfigurationError
from perf_flow.flow import templates
from perf_flow.flow.recorder import condition_holds
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import watch_map

pytestmark = pytest.mark.usefixtures("site")

# what the feature list asks for, and the document type that shows it
ASKED_FOR = {
	"contract_signed": "Sales Order",
	"contract_archived": "Contract",
	"first_article_passed": "Quality Inspection",
	"major_complaint_closed": "Issue",
	"warranty_claim_closed": "Warranty Claim",
	"supplier_delivery_rejected": "Purchase Receipt",
	"supplier_delivery_late": "Purchase Order",
	"purchase_approval_overdue": "Material Request",
	"delivery_completed": "Sales Order",
	"milestone_done": "Task",
	"project_closed": "Project",
	"collection_overdue": "Sales Invoice",
	"opportunity_won": "Opportunity",
	"work_order_completed": "Work Order",
	"equipment_maintenance_done": "Asset Maintenance Log",
	"timesheet_submitted": "Timesheet",
}


def make_user(email: str, *roles: str) -> str:
	user = frappe.get_doc({"doctype": "User", "email": email, "first_name": email.split("@")[0]})
	user.flags.no_welcome_mail = True
	user.append_roles("Desk User", *roles)
	user.insert()
	return email


def event_type(name: str):
	return frappe.get_doc("Business Event Type", name)


@pytest.fixture
def no_types() -> None:
	"""No event types are there, whatever the site had before."""
	frappe.db.delete("Business Event Type")
	frappe.db.delete("Event Type Problem")
	for child in ("Event Recipient", "Event Collaborator", "Evidence Requirement", "Event Pilot Scope"):
		frappe.db.delete(child)


# --- what is offered ------------------------------------------------------------------------------


def test_at_least_fourteen_types_in_four_industries() -> None:
	assert {i.key for i in templates.industries()} == {"manufacturing", "trade", "services", "education"}
	assert len(templates.available()) >= 14
	for industry in templates.industries():
		assert sum(t.industry == industry.title for t in industry.templates) >= 4, industry.title


def test_everything_asked_for_is_offered() -> None:
	offered = {t.key: t.doctype for t in templates.available()}
	assert {key: offered.get(key) for key in ASKED_FOR} == ASKED_FOR


def test_keys_and_titles_are_unique() -> None:
	files = [json.loads(p.read_text("utf-8")) for p in templates.FOLDER.glob("*.json")]
	defined = [entry for content in files for entry in content["event_types"]]
	assert len({e["key"] for e in defined}) == len({e["title"] for e in defined}) == len(defined)


@pytest.mark.parametrize("key", [t.key for t in templates.available()])
def test_all_that_a_template_names_exists_on_the_site(key: str) -> None:
	assert templates.problem(templates.by_key(key)) is None


@pytest.mark.parametrize("key", [t.key for t in templates.available()])
def test_a_template_asks_people_for_concrete_evidence(key: str) -> None:
	values = templates.by_key(key).values
	assert 1 <= len(values["requirements"]) <= 4
	assert sum(r["obligation"] == "Mandatory" for r in values["requirements"]) <= 3
	assert any(r["obligation"] == "Mandatory" for r in values["requirements"])
	assert len(values["recipients"]) >= 2
	assert values["recipients"][-1]["source"] == "Document Owner"
	assert values["collaborators"]
	assert all(c["source"] == "Role" for c in values["collaborators"]), "departments are named by each site"
	assert values["guidance"]


@pytest.mark.parametrize("key", [t.key for t in templates.available()])
def test_filter_rows_mean_something_to_the_database_and_in_memory(key: str) -> None:
	doc = templates.document(templates.by_key(key))
	rows = [(doc.filters, doc.reference_doctype)]
	for r in doc.requirements:
		rows.append((r.condition, doc.reference_doctype))
		rows.append((r.filters, r.linked_doctype or doc.reference_doctype))
	for raw, doctype in rows:
		if not raw:
			continue
		frappe.get_all(doctype, filters=json.loads(raw), limit=1)
		assert condition_holds(parse_filters(raw, doctype), DocView(frappe.new_doc(doctype))) in (True, False)


@pytest.mark.parametrize("key", [t.key for t in templates.available()])
def test_fields_that_must_be_filled_can_still_be_filled(key: str) -> None:
	"""A mandatory field of a submitted document that could no longer be changed would block the chain,
	unless the event's own conditions, or the document itself, make sure that it is there."""
	found = templates.by_key(key)
	meta = frappe.get_meta(found.doctype)
	conditions = {row[1] for row in found.values["filters"]}
	# seen to by the controllers: no log is completed without its date, no work order without its quantity
	sure = {("Asset Maintenance Log", "completion_date"), ("Work Order", "produced_qty")}
	for r in found.values["requirements"]:
		if r["kind"] != "Field" or r["obligation"] != "Mandatory":
			continue
		df = meta.get_field(r["fieldname"])
		drafts = ["docstatus", "=", 0] in [row[1:] for row in found.values["filters"]]
		assert (
			not meta.is_submittable
			or drafts
			or df.allow_on_submit
			or df.reqd
			or df.fieldname in conditions
			or (found.doctype, df.fieldname) in sure
		), df.fieldname


def test_every_text_has_a_chinese_translation() -> None:
	chinese: dict[str, str] = {}
	apps = [Path(frappe.get_app_path(app, "translations", "zh.csv")) for app in ("frappe", "erpnext", "hrms")]
	for path in (*apps, Path(perf_flow.__file__).parent / "translations" / "zh.csv"):
		with path.open(encoding="utf-8", newline="") as file:
			chinese.update({row[0]: row[1] for row in csv.reader(file) if len(row) > 1})
	texts = {text for t in templates.available() for text in t.texts()}
	texts |= {text for i in templates.industries() for text in (i.title, i.description)}
	missing = [t for t in texts if not any("\u4e00" <= c <= "\u9fff" for c in chinese.get(t, ""))]
	assert not sorted(missing)


# --- switching on ---------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [t.key for t in templates.available()])
def test_one_action_makes_a_type_that_is_on_and_watched(no_types, key: str) -> None:
	doc = event_type(api.switch_on(key))
	found = templates.by_key(key)
	assert (doc.enabled, doc.template, doc.title) == (1, key, found.title)
	assert doc.active_from
	assert not doc.only_company
	assert len(doc.requirements) == len(found.values["requirements"])
	assert [r.role for r in doc.collaborators] == [c["role"] for c in found.values["collaborators"]]
	assert watch_map().type(doc.name)


def test_switching_on_again_changes_nothing(no_types) -> None:
	name = api.switch_on("contract_signed")
	before = event_type(name).as_dict()
	assert api.switch_on("contract_signed") == name
	assert event_type(name).as_dict() == before
	assert frappe.db.count("Business Event Type") == 1


def test_what_the_administrator_changed_is_kept(no_types) -> None:
	doc = event_type(api.switch_on("contract_signed"))
	doc.guidance, doc.evidence_hours, doc.enabled = "Our own words", 4, 0
	doc.requirements[0].label = "Our own label"
	doc.filters = json.dumps([["Sales Order", "grand_total", ">", 1000]])
	doc.save()
	frappe.rename_doc("Business Event Type", doc.name, "Our contract", force=True)

	assert api.switch_on("contract_signed") == "Our contract"
	doc = event_type("Our contract")
	assert doc.enabled == 1
	assert (doc.guidance, doc.evidence_hours, doc.requirements[0].label) == (
		"Our own words",
		4,
		"Our own label",
	)
	assert json.loads(doc.filters) == [["Sales Order", "grand_total", ">", 1000]]


def save_from_desk(doc, **changes) -> None:
	"""Save as the form does: the whole document as JSON, with dates as text."""
	sent = {**doc.as_dict(convert_dates_to_str=True), **changes}
	savedocs(json.dumps(sent, default=str), "Save")


def test_a_type_that_is_on_can_be_edited_in_the_desk(no_types) -> None:
	doc = event_type(api.switch_on("contract_signed"))
	save_from_desk(doc, guidance="Our own words", filters='[["Sales Order", "grand_total", ">", 1000]]')
	changed = event_type(doc.name)
	assert changed.guidance == "Our own words"
	assert watch_map().type(doc.name).conditions


def test_the_desk_cannot_say_since_when_a_type_is_active(no_types) -> None:
	doc = event_type(api.switch_on("contract_signed"))
	save_from_desk(doc, active_from="2020-01-01 00:00:00")
	assert event_type(doc.name).active_from == doc.active_from


def test_a_copy_by_hand_is_not_taken_for_the_template(no_types) -> None:
	original = event_type(api.switch_on("contract_signed"))
	copy = frappe.copy_doc(original, ignore_no_copy=False)
	copy.title = "Big contract signed"
	copy.insert()
	assert not copy.template
	assert api.switch_on("contract_signed") == original.name


def test_a_title_of_another_origin_is_not_overwritten(no_types) -> None:
	own = frappe.get_doc(
		{
			"doctype": "Business Event Type",
			"title": "Contract signed",
			"reference_doctype": "Quotation",
			"trigger": "Submitted",
			"recipients": [{"source": "Document Owner"}],
		}
	).insert()
	with pytest.raises(frappe.ValidationError, match="was not made from this template"):
		api.switch_on("contract_signed")
	assert event_type(own.name).reference_doctype == "Quotation"


def test_each_company_can_have_its_own(no_types) -> None:
	companies = []
	for abbreviation in ("TPA", "TPB"):
		company = frappe.new_doc("Company")
		company.update(
			{
				"company_name": f"Template Company {abbreviation}",
				"abbr": abbreviation,
				"default_currency": "CNY",
				"country": "China",
			}
		)
		company.db_insert()
		companies.append(company.name)
	first, second = (api.switch_on("contract_signed", company=c) for c in companies)
	assert first != second
	assert [event_type(n).only_company for n in (first, second)] == companies
	assert [api.switch_on("contract_signed", company=c) for c in companies] == [first, second]


def test_a_type_for_all_companies_covers_each(no_types) -> None:
	name = api.switch_on("contract_signed")
	assert api.switch_on("contract_signed", company=frappe.get_all("Company", pluck="name")[0]) == name


def test_a_whole_industry_is_switched_on_by_one_action(no_types) -> None:
	answer = api.switch_on_industry("manufacturing")
	wanted = {t.key for t in templates.industry("manufacturing").templates}
	assert not answer["refused"]
	assert {event_type(n).template for n in answer["event_types"]} == wanted
	assert api.switch_on_industry("manufacturing") == answer


def test_what_cannot_be_switched_on_is_told_and_the_rest_is_kept(no_types) -> None:
	frappe.get_doc(
		{
			"doctype": "Business Event Type",
			"title": "Project closed",
			"reference_doctype": "Project",
			"trigger": "Manual",
			"recipients": [{"source": "Document Owner"}],
		}
	).insert()
	answer = api.switch_on_industry("services")
	assert [r["title"] for r in answer["refused"]] == ["Project closed"]
	assert len(answer["event_types"]) == len(templates.industry("services").templates) - 1


@pytest.mark.parametrize(
	"call", [lambda: api.switch_on("nothing"), lambda: api.switch_on_industry("nothing")]
)
def test_unknown_names_get_a_clear_message(call) -> None:
	with pytest.raises(frappe.ValidationError, match="nothing"):
		call()


# --- a site that lacks something ------------------------------------------------------------------


@pytest.mark.parametrize(
	("changed", "message"),
	[
		({"reference_doctype": "Nowhere"}, "document type Nowhere does not exist"),
		({"filters": [["Sales Order", "gone", "=", 1]]}, "field gone, which does not exist on Sales Order"),
		({"filters": [["Sales Order", "status", "=", "Gone"]]}, "“Gone” is not an option"),
		({"recipients": [{"source": "Field", "fieldname": "gone"}]}, "has no field gone"),
		({"collaborators": [{"label": "X", "source": "Role", "role": "Gone"}]}, "role Gone does not exist"),
		({"trigger": "Date Reached", "date_field": "customer"}, "is not a date"),
		(
			{
				"requirements": [
					{"label": "X", "kind": "Field", "obligation": "Mandatory", "fieldname": "gone"}
				]
			},
			"has no field gone",
		),
		(
			{
				"requirements": [
					{
						"label": "X",
						"kind": "Linked Document",
						"obligation": "Mandatory",
						"linked_doctype": "Delivery Note",
						"link_fieldname": "items.gone",
					}
				]
			},
			"has no field gone",
		),
	],
)
def test_a_template_that_the_site_cannot_carry_out_says_why(no_types, monkeypatch, changed, message) -> None:
	origin = templates.by_key("contract_signed")
	broken = templates.Template(
		"broken", "Broken", origin.industry, origin.industries, {**origin.values, **changed}
	)
	assert message in templates.problem(broken)
	monkeypatch.setattr(templates, "available", lambda: [broken])
	with pytest.raises(ConfigurationError):
		templates.switch_on("broken")
	assert not frappe.db.count("Business Event Type")


def test_priorities_are_found_under_the_name_the_site_gave_them() -> None:
	complaint = templates.by_key("major_complaint_closed")
	frappe.db.delete("Issue Priority", {"name": ["in", ["High", "高"]]})
	frappe.get_doc({"doctype": "Issue Priority", "name": "高"}).insert()
	frappe.local.lang_full_dict = None
	default = frappe.db.get_default("lang")
	frappe.db.set_default("lang", "zh")
	try:
		rows = json.loads(templates.document(complaint).filters)
	finally:
		frappe.db.set_default("lang", default or "en")
	assert ["Issue", "priority", "=", "高"] in rows


# --- who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["System Manager", "Performance Administrator"])
def test_administrators_switch_on(no_types, as_user, role: str) -> None:
	with as_user(make_user("template-admin@example.com", role)):
		assert len(api.gallery()) == 4
		assert event_type(api.switch_on("contract_signed")).enabled


@pytest.mark.parametrize("roles", [(), ("Employee",), ("HR Manager", "Performance HR"), ("Sales Manager",)])
def test_others_do_not(no_types, as_user, roles: tuple[str, ...]) -> None:
	with as_user(make_user("template-outsider@example.com", *roles)):
		for call in (
			api.gallery,
			lambda: api.switch_on("contract_signed"),
			lambda: api.switch_on_industry("trade"),
			lambda: form_api.document_types("DocType", "", "name", 0, 20),
			lambda: form_api.roles("Role", "", "name", 0, 20),
		):
			with pytest.raises(frappe.PermissionError):
				call()
	assert not frappe.db.count("Business Event Type")


def test_writes_are_post_only_and_guests_reach_nothing() -> None:
	for endpoint in (api.switch_on, api.switch_on_industry):
		assert frappe.allowed_http_methods_for_whitelisted_func[endpoint] == ["POST"]
	for endpoint in (api.gallery, api.switch_on, api.switch_on_industry, form_api.states, form_api.roles):
		assert endpoint in frappe.whitelisted
		assert endpoint not in frappe.guest_methods


# --- the gallery ----------------------------------------------------------------------------------


def test_the_gallery_shows_what_the_site_made_of_a_template(no_types) -> None:
	name = api.switch_on("contract_signed")
	doc = event_type(api.switch_on("opportunity_won"))
	doc.enabled = 0
	doc.save()
	shown = {t["key"]: t for i in api.gallery() for t in i["templates"]}
	assert (shown["contract_signed"]["event_type"], shown["contract_signed"]["enabled"]) == (name, 1)
	assert (shown["opportunity_won"]["event_type"], shown["opportunity_won"]["enabled"]) == (doc.name, 0)
	assert shown["project_closed"]["event_type"] is None
	assert shown["contract_signed"]["evidence"][0] == "Customer's signed confirmation"


# --- they fire ------------------------------------------------------------------------------------


def events_of(doctype: str, name: str) -> list[str]:
	filters = {"reference_doctype": doctype, "reference_name": name}
	return frappe.get_all("Business Event", filters=filters, pluck="event_type")


def test_a_closed_complaint_of_high_priority_becomes_an_event(no_types) -> None:
	name = api.switch_on("major_complaint_closed")
	for priority in ("High", "Low"):
		if not frappe.db.exists("Issue Priority", priority):
			frappe.get_doc({"doctype": "Issue Priority", "name": priority}).insert()
	issues = {}
	for priority in ("High", "Low"):
		issue = frappe.get_doc(
			{"doctype": "Issue", "subject": "Leaking valve", "priority": priority}
		).insert()
		assert not events_of("Issue", issue.name)
		issue.status = "Closed"
		issue.save()
		issues[priority] = events_of("Issue", issue.name)
	assert issues == {"High": [name], "Low": []}


def test_a_finished_milestone_becomes_an_event_and_a_finished_task_does_not(no_types) -> None:
	name = api.switch_on("milestone_done")
	found = {}
	for is_milestone in (1, 0):
		task = frappe.get_doc(
			{"doctype": "Task", "subject": "Prototype", "is_milestone": is_milestone, "status": "Open"}
		).insert()
		task.update({"status": "Completed", "completed_on": nowdate(), "completed_by": "Administrator"})
		task.save()
		found[is_milestone] = events_of("Task", task.name)
	assert found == {1: [name], 0: []}


def test_a_task_completed_is_evidence_without_any_form(no_types) -> None:
	api.switch_on("milestone_done")
	task = frappe.get_doc(
		{
			"doctype": "Task",
			"subject": "Prototype",
			"is_milestone": 1,
			"status": "Completed",
			"completed_on": add_days(nowdate(), -1),
		}
	).insert()
	event = frappe.get_all("Business Event", filters={"reference_name": task.name}, pluck="name")[0]
	given = frappe.get_all(
		"Performance Evidence", filters={"event": event}, fields=["kind", "automatic", "value"]
	)
	assert [(e.kind, e.automatic) for e in given] == [("Field", 1)]
	assert str(given[0].value).startswith(add_days(nowdate(), -1))


# --- the form's helpers -------------------------------------------------------------------------


def test_the_watched_document_type_is_found_in_both_languages() -> None:
	found = form_api.document_types("DocType", "sales ord", "name", 0, 20)
	assert found[0][0] == "Sales Order"
	assert not form_api.document_types("DocType", "Sales Order Item", "name", 0, 20)
	assert not form_api.document_types("DocType", "Business Event Type", "name", 0, 20)
	scopes = form_api.document_types("DocType", "", "name", 0, 20, {"only": ["Branch", "Employee"]})
	assert [row[0] for row in scopes] == ["Branch", "Employee"]
	frappe.local.lang = "zh"
	assert "Sales Order" in [row[0] for row in form_api.document_types("DocType", "销售订单", "name", 0, 20)]


def test_roles_come_with_the_number_of_employees_that_can_be_asked() -> None:
	found = dict(form_api.roles("Role", "Quality Man", "name", 0, 20))
	assert list(found) == ["Quality Manager"]
	assert found["Quality Manager"].endswith("employees")


def test_conditions_are_told_in_words() -> None:
	rows = [
		["Sales Order", "status", "in", ["To Bill", "Completed"]],
		["Sales Order", "docstatus", "=", 1],
		["Sales Order", "skip_delivery_note", "=", 0],
		["Sales Order Item", "qty", ">", 5],
	]
	told = form_api.conditions_in_words("Sales Order", json.dumps(rows))
	assert told["problem"] is None
	assert told["rows"] == [
		"Status is one of To Bill, Completed",
		"Document Status is Submitted",
		"Skip Delivery Note is No",
		"Quantity is greater than 5",
	]


@pytest.mark.parametrize(
	"raw", ["{", '[["Sales Order", "status", "resembles", 1]]', '[["Nowhere", "x", "=", 1]]']
)
def test_conditions_that_cannot_be_read_say_so(raw: str) -> None:
	told = form_api.conditions_in_words("Sales Order", raw)
	assert told["problem"] and not told["rows"]


def test_the_list_knows_pilots_and_problems(no_types, as_user) -> None:
	doc = event_type(api.switch_on("contract_signed"))
	doc.append("pilot_scope", {"scope_type": "Branch", "scope_name": branch()})
	doc.save()
	note = frappe.new_doc("Event Type Problem")
	since = frappe.utils.now()
	note.update({"event_type": doc.name, "area": "Condition", "problem": "broken", "since": since})
	note.db_insert()
	told = {"count": 1, "problem": "broken", "since": since}
	assert form_api.states() == {"problems": {doc.name: told}, "pilots": [doc.name]}
	with as_user(make_user("template-hr@example.com", "HR Manager")):
		assert form_api.states() == {"problems": {}, "pilots": [doc.name]}


def branch() -> str:
	return frappe.get_doc({"doctype": "Branch", "branch": "Template test branch"}).insert().name


def test_a_template_brings_its_causes_once(no_types) -> None:
	frappe.db.delete("Root Cause")
	found = templates.by_key("new_product_delivered")
	frappe.get_doc({"doctype": "Root Cause", "title": found.causes[0], "state": "Approved"}).insert()
	name = templates.switch_on(found.key)
	templates.switch_on(found.key)
	titles = frappe.get_all("Root Cause", {"state": "Approved"}, pluck="title")
	assert sorted(titles) == sorted(found.causes)
	doc = frappe.get_doc("Root Cause", {"title": found.causes[1]})
	assert [row.event_type for row in doc.event_types] == [name]
	assert not frappe.get_doc("Root Cause", {"title": found.causes[0]}).event_types, (
		"it is for all types already"
	)
	assert [c.label for c in frappe.get_doc("Business Event Type", name).checks] == [
		"Every stage was on time"
	]
