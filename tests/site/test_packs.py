"""Quick-review packs: scenarios filled in from the event, finished by the manager, one's own and the company's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import frappe

from perf_flow.access.people import forget
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
