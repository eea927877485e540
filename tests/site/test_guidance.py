"""What helps when something is missing, on a site: the sentence, the SOP, and similar past cases, for each who may and
who may not."""

from __future__ import annotations

from typing import Any

import pytest

import frappe
from frappe.utils import set_request

from perf_flow.api import event_types, guidance, my_flow, panel, steps
from perf_flow.engine.verifier import verify
from perf_flow.flow import backfill, delivery, integrity, past_cases, problems, store
from perf_flow.flow import guidance as flow
from perf_flow.flow.past_cases import CASE
from tests.site import world

TYPE = "Guided complaint"
WHAT = "Answered on 12 November with report 8D-17 and a credit note of 120 EUR."
STRANGERS = ("quentin", "Guest")
"""Neither has anything to do with Anna's events: a colleague elsewhere, a guest."""


@pytest.fixture
def crew(site) -> dict[str, Any]:
	frappe.db.delete("Root Cause")
	return world.people()


def login(crew: dict[str, Any], who: str) -> str:
	return who if who == "Guest" else world.user(crew[who])


def complaint_type(**more: Any) -> Any:
	values: dict[str, Any] = {
		"reference_doctype": "Issue",
		"trigger": "Created",
		"recipients": [{"source": "Document Owner"}],
		"requirements": [
			{"label": "Why", "kind": "Root Cause"},
			{"label": "What was done", "kind": "Text"},
		],
		"collaborators": [],
	}
	return world.event_type(TYPE, **{**values, **more})


@pytest.fixture
def kind(crew) -> Any:
	return complaint_type()


def customer(name: str) -> str:
	if not frappe.db.exists("Customer", name):
		doc = frappe.get_doc({"doctype": "Customer", "customer_name": name, "customer_type": "Company"})
		doc.insert(ignore_permissions=True, ignore_mandatory=True)
	return name


def cause(title: str) -> str:
	return frappe.get_doc({"doctype": "Root Cause", "title": title, "state": "Approved"}).insert().name


def issue(as_user, who: str, subject: str = "Leak", **more: Any) -> tuple[str, Any]:
	"""A new complaint of somebody, and its event."""
	with as_user(who):
		doc = frappe.get_doc({"doctype": "Issue", "subject": subject, **more}).insert(ignore_permissions=True)
		return world.events(doc)[0].name, doc


def keys(event: str) -> dict[str, str]:
	return {r.label: r.key for r in store.load(event).requirements}


def answer(as_user, event: str, who: str, manager: str, why: str, what: str = WHAT) -> None:
	"""Give everything and mark it; what the worker does is done."""
	with as_user(who):
		for label, value in (("Why", why), ("What was done", what)):
			if label in keys(event):
				steps.give(event, keys(event)[label], value)
	with as_user(manager):
		steps.mark(event, "Meets", "The report names the cause and the date, as agreed.")
	work(event)


def work(event: str) -> None:
	"""Do what the outbox holds for an event's case, as a worker would."""
	rows = frappe.get_all(
		store.OUTBOX, filters={"kind": "case", "event": event, "state": "Waiting"}, pluck="name"
	)
	for name in rows:
		past_cases.handle(frappe._dict(event=event), {})
		frappe.db.set_value(store.OUTBOX, name, "state", "Done")


def found(as_user, event: str, who: str) -> list[dict[str, Any]]:
	with as_user(who):
		return guidance.similar(event)


@pytest.fixture
def past(crew, kind, as_user) -> dict[str, Any]:
	"""Four closed complaints of Anna's, and one that waits for her."""
	anna, max_ = login(crew, "anna"), login(crew, "max")
	seal, drawing = cause("Seal broken"), cause("Drawing late")
	acme, other = customer("Guided Acme"), customer("Guided Other")
	made = {}
	for name, why, of, subject in (
		("same cause", seal, other, "Something else entirely"),
		("same customer", drawing, acme, "A question about an invoice"),
		("same words", drawing, other, "Hydraulic oil leaks from press four"),
		("nothing", drawing, other, "Manual in the wrong language"),
	):
		made[name], _doc = issue(as_user, anna, subject, customer=of)
		answer(as_user, made[name], anna, max_, why, f"{WHAT} {name}")
	made["now"], made["doc"] = issue(as_user, anna, "Oil leaks from press four", customer=acme)
	made["seal"], made["drawing"] = seal, drawing
	with as_user(anna):
		steps.give(made["now"], keys(made["now"])["Why"], seal)
	return made


# --- what is missing ------------------------------------------------------------------------------------------


def test_one_sentence_in_every_place_in_the_readers_language(crew, kind, as_user) -> None:
	anna = login(crew, "anna")
	event, _doc = issue(as_user, anna)
	sentence = "Still missing: Why, What was done."
	with as_user(anna):
		assert panel.for_event(event)["events"][0]["missing"] == sentence
		row = next(r for r in my_flow.page(200)["steps"] if r["event"] == event)
		assert row["missing"] == sentence
	chain = store.load(event)
	step = chain.open_steps()[0]
	assert delivery._details(delivery.MessageKind.REMINDER, chain, step) == sentence
	frappe.local.lang = "zh"
	label = frappe._("Why")
	assert flow.sentence(chain) == f"还缺：{label}、处理情况。"
	frappe.local.lang = "en"
	seal = cause("Seal broken")
	with as_user(anna):
		steps.give(event, keys(event)["Why"], seal)
		assert panel.for_event(event)["events"][0]["missing"] == "Still missing: What was done."
		steps.give(event, keys(event)["What was done"], WHAT)
		assert panel.for_event(event)["events"][0]["missing"] == ""


def test_a_collaborator_is_not_told_what_is_missing(crew, as_user) -> None:
	complaint_type(
		collaborators=[
			{
				"label": "Quality",
				"source": "Department Head",
				"department": world.department("Quality Assurance"),
				"required": 1,
			}
		]
	)
	event, _doc = issue(as_user, login(crew, "anna"))
	with as_user(login(crew, "quentin")):
		shown = panel.for_event(event)["events"][0]
		assert shown["missing"] == "" and not shown["learn"]
		with pytest.raises(frappe.PermissionError):
			guidance.similar(event)


# --- similar cases ----------------------------------------------------------------------------------------------


def test_the_most_similar_come_first_with_what_they_have_in_common(crew, past, as_user) -> None:
	shown = found(as_user, past["now"], login(crew, "anna"))
	assert [one["event"] for one in shown] == [past[n] for n in ("same cause", "same customer", "same words")]
	first = shown[0]
	assert first["because"] == ["same root cause"] and first["causes"] == ["Seal broken"]
	assert [(p["label"], p["title"]) for p in first["given"]] == [("What was done", f"{WHAT} same cause")]
	assert first["reason"].startswith("The report names the cause") and first["person"] == "Anna"
	assert first["hours"] >= 0 and first["whole"]
	assert "similar wording" in shown[2]["because"]


def test_what_the_document_has_in_common_is_said_to_those_who_may_read_it(crew, past, as_user) -> None:
	second = found(as_user, past["now"], login(crew, "anna"))[1]
	assert second["event"] == past["same customer"]
	assert not second["may_open"] and "same customer" not in second["because"]
	frappe.get_doc("User", login(crew, "max")).add_roles("Support Team")
	second = found(as_user, past["now"], login(crew, "max"))[1]
	assert second["may_open"] and "same customer" in second["because"]


@pytest.mark.parametrize("who", ["max", "boss", "hilda"])
def test_those_who_see_the_evidence_see_the_cases(crew, past, as_user, who: str) -> None:
	assert found(as_user, past["now"], login(crew, who))[0]["event"] == past["same cause"]


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_learns_anything(crew, past, as_user, who: str) -> None:
	with pytest.raises(frappe.PermissionError):
		found(as_user, past["now"], login(crew, who))


def test_a_colleague_and_a_manager_elsewhere_find_none(crew, past, as_user) -> None:
	"""Quentin's own complaint is like Anna's; neither he nor Max, who is no manager of his, learns of the other."""
	quentin, max_ = login(crew, "quentin"), login(crew, "max")
	event, _doc = issue(as_user, quentin, "Oil leaks from press four", customer="Guided Acme")
	assert found(as_user, event, quentin) == []
	with pytest.raises(frappe.PermissionError):
		found(as_user, event, max_)
	assert len(found(as_user, event, login(crew, "boss"))) == 3, "Boss is above both"


def test_a_collaborator_of_then_sees_no_person_no_evidence_and_no_mark(crew, as_user) -> None:
	anna, max_, quentin = (login(crew, n) for n in ("anna", "max", "quentin"))
	complaint_type(
		collaborators=[
			{
				"label": "Quality",
				"source": "Department Head",
				"department": world.department("Quality Assurance"),
				"required": 1,
			}
		]
	)
	seal = cause("Seal broken")
	confirmed, _doc = issue(as_user, anna, "Secret words of the complaint")
	answer(as_user, confirmed, anna, max_, seal, "secretword was exchanged on 12 November.")
	with as_user(quentin):
		steps.confirm(confirmed, ["Quality"])
	work(confirmed)
	other, _doc = issue(as_user, anna, "Another")
	answer(as_user, other, anna, max_, seal)
	own, _doc = issue(as_user, quentin, "Secret words of the complaint")
	with as_user(quentin):
		steps.give(own, keys(own)["Why"], seal)
	shown = found(as_user, own, quentin)
	assert [one["event"] for one in shown] == [confirmed], "the other one was never asked of Quentin"
	(only,) = shown
	assert not only["whole"] and only["because"] == []
	assert (only["person"], only["causes"], only["given"], only["reason"]) == ("", [], [], "")
	assert "secretword" not in frappe.as_json(shown) and "Anna" not in frappe.as_json(shown)


def test_only_complete_cases_are_kept_and_a_mark_taken_back_drops_one(crew, kind, as_user) -> None:
	anna, max_ = login(crew, "anna"), login(crew, "max")
	seal = cause("Seal broken")
	event, _doc = issue(as_user, anna)
	assert not frappe.db.exists(CASE, {"event": event})
	answer(as_user, event, anna, max_, seal)
	assert frappe.db.get_value(CASE, {"event": event}, ["event_type", "root_cause", "employee"]) == (
		TYPE,
		seal,
		crew["anna"].name,
	)
	with as_user(max_):
		steps.take_back(event, next(s.key for s in store.load(event).steps if s.result))
	work(event)
	assert not frappe.db.exists(CASE, {"event": event})
	with as_user(max_):
		steps.mark(event, "Needs Improvement", "The credit note of 12 November lacks the order number.")
	work(event)
	assert not frappe.db.exists(CASE, {"event": event}), "not every closed event is an example"


def test_a_merged_cause_is_the_same_cause(crew, past, as_user) -> None:
	frappe.db.set_value("Root Cause", past["drawing"], {"state": "Merged", "merged_into": past["seal"]})
	shown = found(as_user, past["now"], login(crew, "anna"))
	assert all("same root cause" in one["because"] for one in shown)


def test_names_follow_their_masters(crew, past) -> None:
	frappe.rename_doc("Customer", "Guided Acme", "Guided Acme Renamed", force=True)
	assert frappe.db.get_value(CASE, {"event": past["same customer"]}, "customer") == "Guided Acme Renamed"


def test_the_features_of_an_order_are_customer_project_and_largest_item_group(crew, site) -> None:
	doc = world.order(submit=False)
	features, texts = past_cases._of_document("Sales Order", doc.name)
	assert features.customer == world.customer()
	assert features.item_group == frappe.db.get_value("Item", world.item(), "item_group")
	assert world.customer() not in texts
	assert past_cases._of_document("Sales Order", "gone")[0] == past_cases.Features()
	assert past_cases._of_document("No such type", "x")[0] == past_cases.Features()


def test_the_table_is_read_by_nobody_on_the_desk(crew, past, as_user) -> None:
	for who in ("anna", "max", "hilda"):
		with as_user(login(crew, who)), pytest.raises(frappe.PermissionError):
			frappe.get_list(CASE)


def test_looking_costs_a_bounded_number_of_statements(crew, past, as_user, sql_count) -> None:
	anna = login(crew, "anna")
	found(as_user, past["now"], anna)
	with as_user(anna), sql_count() as counted:
		guidance.similar(past["now"])
	assert counted.total <= 30, counted


def test_closing_at_once_costs_no_statement_of_its_own(crew, sql_count) -> None:
	complaint_type(
		requirements=[{"label": "Subject", "kind": "Field", "fieldname": "subject"}], mark_required=0
	)
	doc = frappe.get_doc({"doctype": "Issue", "subject": "Leak"})
	with sql_count() as counted:
		doc.insert()
	(event,) = world.events(doc)
	assert event.state == "Closed"
	ours = [s for s in counted.statements if "tabPerformance Outbox" in s]
	assert len(ours) == 1, counted
	assert frappe.db.exists(store.OUTBOX, {"kind": "case", "event": event.name})
	work(event.name)
	assert frappe.db.exists(CASE, {"event": event.name})


def test_older_events_get_their_cases_in_batches(crew, past, monkeypatch) -> None:
	kept = {n: past[n] for n in ("same cause", "same customer", "same words", "nothing")}
	frappe.db.delete(CASE)
	monkeypatch.setattr(backfill, "BATCH", 3)
	backfill.begin(backfill.CASES)
	for _round in range(40):
		row = _waiting_backfill()
		if row is None:
			break
		backfill.handle(row, frappe.parse_json(row.payload))
		frappe.db.set_value(store.OUTBOX, row.name, "state", "Done")
	assert _waiting_backfill() is None
	assert set(frappe.get_all(CASE, pluck="event")) >= set(kept.values())
	assert past["now"] not in frappe.get_all(CASE, pluck="event")


def _waiting_backfill() -> Any:
	rows = frappe.get_all(
		store.OUTBOX, filters={"kind": "backfill", "state": "Waiting"}, fields=["name", "payload"], limit=1
	)
	return rows[0] if rows else None


# --- the SOP ---------------------------------------------------------------------------------------------------


def upload(
	doc: Any, name: str = "sop.pdf", content: bytes = b"%PDF-1.4\n1 0 obj<<>>endobj\n%%EOF\n", **more: Any
) -> str:
	values = {"attached_to_doctype": doc.doctype, "attached_to_name": doc.name, "is_private": 1, **more}
	file = frappe.get_doc({"doctype": "File", "file_name": name, "content": content, **values})
	return file.insert(ignore_permissions=True).file_url


def article(title: str = "How to answer", published: int = 1) -> Any:
	if not frappe.db.exists("Help Category", "Guided"):
		frappe.get_doc({"doctype": "Help Category", "category_name": "Guided"}).insert()
	return frappe.get_doc(
		{
			"doctype": "Help Article",
			"title": title,
			"category": "Guided",
			"content": "Call first.",
			"published": published,
		}
	).insert()


def with_sop(doc: Any, **values: Any) -> Any:
	doc.reload()
	doc.update(values)
	doc.save()
	return doc


@pytest.mark.parametrize(
	("values", "said"),
	[
		({"sop_kind": "Link", "sop_address": "javascript:alert(1)"}, "web address"),
		({"sop_kind": "Link", "sop_address": "data:text/html,x"}, "web address"),
		({"sop_kind": "Link", "sop_address": ""}, "say where"),
		({"sop_kind": "File", "sop_file": "/private/files/none.pdf"}, "not there any more"),
		({"sop_kind": "File", "sop_file": "https://evil.example/x.pdf"}, "not there any more"),
		({"sop_kind": "Help Article", "sop_document": "none"}, "not there any more"),
		({"sop_kind": "Wiki Page", "sop_document": "x"}, "no wiki"),
	],
)
def test_what_nobody_could_open_is_refused(kind, values: dict[str, str], said: str) -> None:
	with pytest.raises(frappe.ValidationError, match=said):
		with_sop(kind, **values)


def test_an_article_that_is_not_published_is_refused(kind) -> None:
	with pytest.raises(frappe.ValidationError, match="not published"):
		with_sop(kind, sop_kind="Help Article", sop_document=article(published=0).name)


def test_a_file_of_somebody_elses_document_is_refused(crew, kind, as_user) -> None:
	todo = world.todo("Secret")
	url = upload(todo, "salaries.pdf")
	with pytest.raises(frappe.ValidationError, match="another document"):
		with_sop(kind, sop_kind="File", sop_file=url)
	event, _doc = issue(as_user, login(crew, "anna"))
	frappe.db.set_value("Business Event Type", TYPE, {"sop_kind": "File", "sop_file": url})
	with as_user(login(crew, "anna")), pytest.raises(frappe.PermissionError):
		guidance.sop(event)


def test_what_could_run_is_refused_as_a_file(kind) -> None:
	with pytest.raises(frappe.ValidationError):
		with_sop(
			kind, sop_kind="File", sop_file=upload(kind, "sop.pdf", b"<html><script>alert(1)</script></html>")
		)


def test_a_link_is_one_click_away_in_the_panels_only_request(crew, kind, as_user) -> None:
	doc = with_sop(kind, sop_kind="Link", sop_address="https://docs.example.com/8d")
	doc.requirements[1].update({"sop_kind": "Help Article", "sop_document": article().name})
	doc.save()
	event, _doc = issue(as_user, login(crew, "anna"))
	with as_user(login(crew, "anna")):
		shown = panel.for_event(event)["events"][0]
	assert shown["sop"] == {"title": "docs.example.com", "url": "https://docs.example.com/8d"}
	why, what = shown["requirements"]
	assert why["sop"] is None
	assert what["sop"]["title"] == "How to answer" and what["sop"]["url"].startswith("/")


@pytest.fixture
def with_file(crew, kind, as_user) -> str:
	doc = with_sop(kind, sop_kind="File", sop_file=upload(kind, "8D 报告.pdf"))
	doc.requirements[0].update({"sop_kind": "File", "sop_file": upload(doc, "cause.txt", b"Ask five times.")})
	doc.save()
	event, _doc = issue(as_user, login(crew, "anna"))
	return event


def test_a_file_is_private_and_opened_by_those_who_are_asked(crew, with_file, as_user) -> None:
	for file in frappe.get_all("File", filters={"attached_to_name": TYPE}, fields=["is_private"]):
		assert file.is_private
	for who in ("anna", "max", "boss", "hilda"):
		with as_user(login(crew, who)):
			guidance.sop(with_file)
			answer_ = frappe.local.response
			assert answer_["filecontent"].startswith(b"%PDF") and answer_["display_content_as"] == "inline"
			assert answer_["filename"].encode().decode("unicode-escape") == "8D 报告.pdf"
			guidance.sop(with_file, keys(with_file)["Why"])
			assert frappe.local.response["display_content_as"] == "attachment"


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_opens_it(crew, with_file, as_user, who: str) -> None:
	with as_user(login(crew, who)):
		for requirement in ("", keys(with_file)["Why"]):
			with pytest.raises(frappe.PermissionError):
				guidance.sop(with_file, requirement)
		names = frappe.get_all("File", filters={"attached_to_name": TYPE}, pluck="name")
		for name in names:
			assert not frappe.has_permission("File", "read", frappe.get_doc("File", name))
		if who != "Guest":
			assert not frappe.get_list("File", filters={"name": ["in", names]})


def test_a_collaborator_opens_the_types_sop_and_no_requirements(crew, as_user) -> None:
	doc = complaint_type(
		collaborators=[
			{
				"label": "Quality",
				"source": "Department Head",
				"department": world.department("Quality Assurance"),
				"required": 1,
			}
		]
	)
	with_sop(doc, sop_kind="File", sop_file=upload(doc))
	doc.requirements[0].update({"sop_kind": "File", "sop_file": upload(doc, "cause.txt", b"Ask five times.")})
	doc.save()
	event, _doc = issue(as_user, login(crew, "anna"))
	with as_user(login(crew, "quentin")):
		guidance.sop(event)
		with pytest.raises(frappe.PermissionError):
			guidance.sop(event, keys(event)["Why"])


def test_the_private_address_itself_is_shut(crew, with_file, as_user) -> None:
	from frappe.utils.response import download_private_file

	address = frappe.db.get_value("File", {"attached_to_name": TYPE, "file_name": "cause.txt"}, "file_url")
	with as_user(login(crew, "anna")):
		set_request(method="GET", path=address)
		with pytest.raises(Exception) as refused:
			download_private_file(address)
		assert getattr(refused.value, "code", 0) == 403 or isinstance(refused.value, frappe.PermissionError)


def test_a_public_file_becomes_private(kind) -> None:
	url = upload(kind, "open.txt", b"Call the customer first.", is_private=0)
	assert url.startswith("/files/")
	doc = with_sop(kind, sop_kind="File", sop_file=url)
	assert doc.sop_file.startswith("/private/files/")
	assert frappe.db.get_value("File", {"file_url": doc.sop_file}, "is_private") == 1


def test_what_is_gone_is_told_to_administrators_and_not_shown(crew, kind, as_user) -> None:
	page = article()
	with_sop(kind, sop_kind="Help Article", sop_document=page.name)
	event, _doc = issue(as_user, login(crew, "anna"))
	for gone in (lambda: page.db_set("published", 0), lambda: frappe.delete_doc("Help Article", page.name)):
		gone()
		flow.forget()
		with as_user(login(crew, "anna")):
			assert panel.for_event(event)["events"][0]["sop"] is None
	flow.look_after()
	row = frappe.get_all(
		store.OUTBOX, filters={"kind": "problem"}, fields=["payload"], order_by="creation desc"
	)[0]
	told = frappe.parse_json(row.payload)
	assert (
		told["event_type"] == TYPE and told["area"] == "Guidance" and "not there any more" in told["problem"]
	)
	problems.keep(told)
	assert frappe.db.exists("Event Type Problem", {"event_type": TYPE, "area": "Guidance"})
	frappe.db.set_value("Business Event Type", TYPE, {"sop_kind": "", "sop_document": ""})
	flow.look_after()
	assert not frappe.db.exists("Event Type Problem", {"event_type": TYPE, "area": "Guidance"})


def test_an_unpublished_article_does_not_hold_the_type_back(kind) -> None:
	page = article()
	with_sop(kind, sop_kind="Help Article", sop_document=page.name)
	page.db_set("published", 0)
	doc = frappe.get_doc("Business Event Type", TYPE)
	with pytest.raises(frappe.ValidationError, match="not published"):
		doc.save()
	doc.reload()
	doc.enabled = 0
	doc.save()


def test_a_copy_of_a_type_has_the_file_as_well(kind) -> None:
	with_sop(kind, sop_kind="File", sop_file=upload(kind))
	copy = frappe.get_doc("Business Event Type", event_types.duplicate(TYPE, "Guided copy"))
	assert flow._file(copy.name, copy.sop_file) is not None
	kind.reload()
	assert flow._file(TYPE, kind.sop_file) is not None


def test_only_administrators_look_through_articles(crew, kind, as_user) -> None:
	page = article()
	assert {"value": page.name, "label": "How to answer"} in event_types.sop_pages("Help Article")
	assert event_types.sop_pages("Wiki Page") == [] and event_types.sop_pages("User") == []
	for who in ("anna", "hilda"):
		with as_user(login(crew, who)), pytest.raises(frappe.PermissionError):
			event_types.sop_pages("Help Article")


# --- fingerprints of before, and the verdict's cost ------------------------------------------------------------


def test_files_of_before_get_their_fingerprints(crew, as_user) -> None:
	from perf_flow.flow import files

	complaint_type(requirements=[{"label": "Report", "kind": "File"}])
	anna = login(crew, "anna")
	events = [issue(as_user, anna)[0] for _n in range(2)]
	with as_user(anna):
		for event in events:
			files.give(event, keys(event)["Report"], "report.txt", b"The seal of press 4 was broken. " * 20)
	frappe.db.delete(integrity.FINGERPRINT)
	frappe.db.delete(integrity.FINDING)
	frappe.db.delete(store.OUTBOX)
	backfill.begin(backfill.FINGERPRINTS)
	row = _waiting_backfill()
	backfill.handle(row, frappe.parse_json(row.payload))
	for event in events:
		assert frappe.db.exists(integrity.FINGERPRINT, {"event": event})
		assert frappe.db.exists(store.OUTBOX, {"kind": "fingerprint", "event": event})
	assert frappe.db.exists(
		integrity.FINDING, {"event": events[1], "other_event": events[0], "kind": "Reuse"}
	)
	with as_user(anna):
		told = panel.for_event(events[1])["events"][0]["requirements"][0]["pieces"][0]["warnings"]
	assert any("already used" in text for text in told)
	before = frappe.db.count(integrity.FINGERPRINT)
	backfill.handle(row, frappe.parse_json(row.payload))
	assert frappe.db.count(integrity.FINGERPRINT) == before


def test_patches_begin_both(site) -> None:
	from perf_flow.patches import fill_fingerprints, fill_past_cases

	frappe.db.delete(store.OUTBOX, {"kind": "backfill"})
	fill_past_cases.execute()
	fill_fingerprints.execute()
	fill_fingerprints.execute()
	assert frappe.db.count(store.OUTBOX, {"kind": "backfill", "state": "Waiting"}) == 2


def test_a_verdict_on_twenty_requirements_costs_at_most_five_statements(crew, as_user, sql_count) -> None:
	from perf_flow.flow import checks

	complaint_type(
		requirements=[{"label": f"Part {n}", "kind": "Text"} for n in range(20)],
		checks=[
			{"label": f"There {n}", "kind": "Evidence Is There", "evidence": f"Part {n}"} for n in range(20)
		],
	)
	anna = login(crew, "anna")
	event, _doc = issue(as_user, anna)
	with as_user(anna):
		for key in list(keys(event).values())[:10]:
			steps.give(event, key, WHAT + key)
	with sql_count() as counted:
		chain = store.load(event)
		verdict = checks.told(chain, {}, anna)
	assert counted.total <= 5, counted
	assert verdict is not None and len(verdict["lines"]) == 20 and not verify(chain).achieved


def test_the_sites_own_words_decide_what_is_concrete(crew, as_user) -> None:
	complaint_type(
		requirements=[{"label": "What was done", "kind": "Text", "must_be_concrete": 1}],
	)
	anna = login(crew, "anna")
	event, _doc = issue(as_user, anna)
	text = "Zwiebel, zwiebel and zwiebel."
	entry = {"doctype": "Wording Entry", "language": "English", "enabled": 1}
	with as_user(anna), pytest.raises(frappe.ValidationError):
		steps.give(event, keys(event)["What was done"], text)
	frappe.get_doc({**entry, "kind": "Artefact", "term": "zwiebel"}).insert()
	with as_user(anna):
		steps.give(event, keys(event)["What was done"], text)
