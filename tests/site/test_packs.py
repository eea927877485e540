"""Quick-review packs: scenarios filled in from the event, finished by the manager, one's own and the company's."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

import frappe

from perf_flow.access.people import forget
from perf_flow.api import comment_templates as api
from perf_flow.api import steps, wording
from perf_flow.flow import packs
from tests.site import world

pytestmark = pytest.mark.site

TYPE = "Pack order"


@pytest.fixture
def crew(site: str) -> dict[str, Any]:
	people = world.people()
	world.event_type(
		TYPE,
		requirements=[{"label": "What was agreed", "kind": "Text", "minimum_characters": 5}],
		collaborators=[],
	)
	forget()
	return people


@pytest.fixture
def event(crew: dict[str, Any], as_user: Callable[..., Any]) -> str:
	(found,) = world.events(world.order(crew["anna"]), TYPE)
	with as_user(crew["anna"].user_id):
		requirement = frappe.get_all("Evidence Requirement", {"parent": TYPE}, pluck="name")[0]
		steps.give(found.name, requirement, "Delivery in two parts was agreed.")
	return str(found.name)


def template(**values: Any) -> Any:
	return frappe.get_doc({"doctype": "Comment Template", "title": "x", "text": "y", **values}).insert()


def offered(event: str) -> dict[str, dict[str, Any]]:
	return {t["title"]: t for t in wording.help(event)["templates"]}


def test_each_industry_has_scenarios_in_both_languages(site: str) -> None:
	counted = Counter(pack.industry for pack in packs.shipped())
	industries = frappe.get_meta("Comment Template").get_field("industry").options.split("\n")[1:]
	assert all(counted[industry] >= 5 for industry in industries)
	assert len({pack.key for pack in packs.shipped()}) == len(packs.shipped())
	for pack in packs.shipped():
		assert pack.mark in ("Meets", "Needs Improvement", "Redo")
		for language in ("en", "zh"):
			packs.check_placeholders(pack.text[language])
			assert pack.title[language] and packs._PROMPT.search(pack.text[language]), pack.key


def test_placeholders_are_filled_as_far_as_the_reader_may_read(
	event: str, crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["max"].user_id):
		text = offered(event)["Contract complete at once"]["text"]
		name = frappe.db.get_value("Business Event", event, "reference_name")
		assert f"Sales Order {name}" in text and "Flow Customer" in text and "{" not in text
	# without permission on the order its fields stay prompts
	with as_user(crew["boss"].user_id):
		assert not frappe.has_permission("Sales Order", "read")
		text = offered(event)["Contract complete at once"]["text"]
		assert "Flow Customer" not in text and "[Customer]" in text
	frappe.local.lang = "zh"
	with as_user(crew["max"].user_id):
		frappe.local.lang = "zh"
		assert "合同资料一次齐全" in offered(event)


def test_an_unfinished_template_is_refused_and_a_finished_one_is_not(
	event: str, crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["max"].user_id):
		text = offered(event)["Contract complete at once"]["text"]
		before, after = text.split("[which papers, and when they arrived]")
		for left in (
			text,
			before + after,
			f"{before}…{after}",
			f"{before}very good{after}",
			text.upper()[:-1] + " [Customer]",
		):
			with pytest.raises(frappe.ValidationError, match="say what you saw"):
				steps.mark(event, "Meets", left)
		# what the app itself filled in beside a prompt was not said by the manager
		order = frappe.get_doc("Business Event", event)
		handed = f"Anna handed Sales Order {order.reference_name} over with , signed by ."
		with pytest.raises(frappe.ValidationError, match="say what you saw"):
			steps.mark(event, "Meets", handed)
		state = steps.mark(event, "Meets", f"{before}contract and price list on 12 November{after}")
		assert [s["result"] for s in state["events"][0]["steps"] if s["kind"] == "Mark"] == ["Meets"]


def test_how_much_was_changed_is_judged_by_what_was_added() -> None:
	shipped = "The count in {document} does not agree: [which item, by how much]. Add [what]."
	plain = packs._plain
	for text, added in (
		("The count in SO-1 does not agree: . Add .", ""),
		("the count in SO-1 does not agree: valves, 4 less. Add the list.", "valves, 4 less; the list"),
		("The valves do not agree: 4 less.", None),
		("The count in SO-1 does not agree.", None),
	):
		assert packs._added(shipped, text, plain(text)) == added
	assert packs._added("Signed on the day.", "signed on the day", plain("signed on the day")) == ""
	long = "The count in " + "does not agree " * 300
	assert packs._added(shipped, long, plain(long)) is None
	assert (
		packs._added(
			"盘点{document}不符：【差多少】。", "盘点入库单1不符：少4件。", plain("盘点入库单1不符：少4件。")
		)
		== "少4件"
	)


def test_company_templates_are_kept_by_administrators_and_read_by_all(
	event: str, crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	ours = template(scope="Company", title="House rule", text="{document} was signed by two people.")
	with as_user(crew["quentin"].user_id):
		template(title="Secret of Quentin", text="Mine alone.")
		with pytest.raises(frappe.PermissionError):
			template(scope="Company", title="Not mine to make")
		assert [t.name for t in frappe.get_list("Comment Template", {"scope": "Company"})] == [ours.name]
		doc = frappe.get_doc("Comment Template", ours.name)
		doc.text = "z"
		with pytest.raises(frappe.PermissionError):
			doc.save()
		with pytest.raises(frappe.PermissionError):
			frappe.delete_doc("Comment Template", ours.name)
	with as_user(crew["max"].user_id):
		mine = template(title="Mine", text="Signed on the day.")
		mine.scope = "Company"
		with pytest.raises((frappe.PermissionError, frappe.ValidationError)):
			mine.save()
		found = offered(event)
		assert "Secret of Quentin" not in found
		assert (found["House rule"]["source"], found["Mine"]["source"]) == ("company", "own")
		with pytest.raises(frappe.ValidationError, match="say what you saw"):
			steps.mark(event, "Meets", found["House rule"]["text"])
		with pytest.raises(frappe.ValidationError, match="fill in"):
			template(title="Typo", text="{documnet} was late")
		# one's own words may be used as they are
		steps.mark(event, "Meets", found["Mine"]["text"])


HEAD = ("Title", "Text", "For the mark", "For the business event type", "Whose it is")


def workbook(*rows: tuple[Any, ...], head: tuple[str, ...] = HEAD) -> bytes:
	book = openpyxl.Workbook()
	for row in (head, *rows):
		book.active.append(row)
	out = io.BytesIO()
	book.save(out)
	return out.getvalue()


def sent(content: bytes, method: Callable[[], Any]) -> Any:
	"""What a method answers to a request with this file."""
	builder = EnvironBuilder(method="POST", data={"file": (io.BytesIO(content), "x.xlsx")})
	frappe.local.request = Request(builder.get_environ())
	try:
		return method()
	finally:
		del frappe.local.request


def test_a_workbook_is_taken_over_as_a_whole(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	good = workbook(
		("On time", "{document} on time: [what]", "Meets", TYPE),
		("再做", "请补充【什么】", "需重做", None, "自己的"),
	)
	with as_user(crew["max"].user_id):
		with pytest.raises(frappe.ValidationError, match="1 rows have errors"):
			sent(good, api.take)  # a Chinese mark is not read in English
		assert sent(good, api.preview)["errors"] == 1
		frappe.local.lang = "zh"
		assert sent(good, api.preview)["errors"] == 0
		assert frappe.get_list("Comment Template") == []
		assert sent(good, api.take) == {"made": 2}
		found = frappe.get_list(
			"Comment Template", fields=["title", "mark", "event_type", "scope", "user"], order_by="title"
		)
		assert {(t.title, t.mark, t.event_type, t.scope, t.user) for t in found} == {
			("On time", "Meets", TYPE, "Own", crew["max"].user_id),
			("再做", "Redo", None, "Own", crew["max"].user_id),
		}
		frappe.local.lang = "en"
		again = sent(good, api.preview)["rows"][0]
		assert again["errors"] == ["There is such a template already."]


def test_each_error_of_a_workbook_is_named_with_its_row(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	bad = workbook(
		("", "No title"),
		(None, None),
		("Typo", "{documnet}", "Great", "No such type"),
		("Html", "<b>bold</b>"),
		("Twice", "a"),
		("Twice", "b"),
		("House", "c", "", "", "Company"),
		("x" * 61, "d"),
	)
	with as_user(crew["max"].user_id):
		rows = {row["number"]: row["errors"] for row in sent(bad, api.preview)["rows"]}
		assert {n: len(errors) for n, errors in rows.items()} == {2: 1, 4: 3, 5: 1, 6: 0, 7: 1, 8: 1, 9: 1}
		assert rows[7] == ["It is the same as row 6."] and "administrators" in rows[8][0]
		assert "Meets" in rows[4][2] or "Meets" in rows[4][1]
		with pytest.raises(frappe.ValidationError):
			sent(bad, api.take)
		assert frappe.get_list("Comment Template") == []
		for content in (
			b"",
			b"title,text",
			workbook(),
			workbook(("a", "b"), head=("Name", "Words")),
			workbook(*[("a", "b")] * 501),
			b"PK" + b"x" * 1_000_001,
		):
			with pytest.raises(frappe.ValidationError):
				sent(content, api.preview)
		with pytest.raises(frappe.ValidationError):
			api.preview()
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		sent(bad, api.preview)
	assert sent(workbook(("House", "c", "", "", "Company")), api.take) == {"made": 1}


def test_the_empty_workbook_can_be_filled_and_taken(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	for language in ("en", "zh"):
		with as_user(crew["max"].user_id):
			frappe.local.lang = language
			api.workbook()
			content = frappe.local.response.pop("filecontent")
			assert sent(content, api.preview)["errors"] == 0
