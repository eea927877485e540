"""The first 30 days: ticked from real data where it can be known, by hand where not, for administrators only."""

from __future__ import annotations

from typing import Any

import pytest

import frappe

from perf_flow.api import start_plan
from perf_flow.flow.start_plan import ITEMS, STAGES
from tests.site import world

SETTINGS = "Performance Flow Settings"


def items() -> dict[str, dict[str, Any]]:
	return {item["key"]: item for stage in start_plan.plan()["stages"] for item in stage["items"]}


@pytest.fixture
def bare(site: str) -> None:
	"""As on the day of the installation: no types, no events, nothing ticked."""
	for doctype in (
		"Business Event",
		"Business Event Action",
		"Performance Evidence",
		"Event Type Problem",
		"Business Event Type",
		"Event Pilot Scope",
		"Start Plan Step",
	):
		frappe.db.delete(doctype)
	frappe.clear_document_cache(SETTINGS, SETTINGS)


def test_every_item_has_its_stage_and_stands_once() -> None:
	assert {item.stage for item in ITEMS} == {key for key, *_ in STAGES}
	assert len({item.key for item in ITEMS}) == len(ITEMS)


def test_items_are_ticked_by_what_happens(bare) -> None:
	before = items()
	ours = (
		"first-type",
		"first-event",
		"first-evidence",
		"first-mark",
		"first-closed",
		"no-problems",
		"widened",
	)
	assert [key for key in ours if before[key]["done"]] == []

	people = world.people()
	kind = world.event_type(
		pilot_scope=[{"scope_type": "Employee", "scope_name": people["anna"].name}],
	)
	after = items()
	assert after["first-type"]["done"] and after["no-problems"]["done"] and after["hr"]["done"]
	assert not after["widened"]["done"] and kind.title in after["widened"]["seen"]

	world.order(people["anna"])
	assert items()["first-event"]["done"]
	kind.reload()
	kind.set("pilot_scope", [])
	kind.save()
	assert items()["widened"]["done"]

	frappe.db.set_single_value(SETTINGS, "anchor_email", "keeper@flow-world.example")
	assert items()["anchors"]["done"]
	frappe.db.set_value("Employee", people["anna"].name, "user_id", None)
	for employee in frappe.get_all("Employee", filters={"status": "Active"}, pluck="name"):
		frappe.db.set_value("Employee", employee, "user_id", None)
	assert not items()["people"]["done"]


def test_by_hand_with_who_and_when(bare, as_user) -> None:
	keeper = world.person("Keeper", roles=("Performance Administrator",))
	with as_user(world.user(keeper)):
		plan = start_plan.tick("backup", True)
		assert plan["done"] == sum(1 for i in items().values() if i["done"])
		done = items()["backup"]
		assert (done["done"], done["done_by"]) == (True, "Keeper") and done["done_at"]
		start_plan.tick("backup", True)  # twice is once
		assert frappe.db.count("Start Plan Step") == 1
		start_plan.tick("backup", False)
		assert not items()["backup"]["done"]
		for key in ("first-type", "no such item"):
			with pytest.raises(frappe.ValidationError):
				start_plan.tick(key, True)


def test_administrators_only(site, as_user) -> None:
	anna = world.person("Anna", roles=("HR Manager",))
	for user in (world.user(anna), "Guest"):
		with as_user(user):
			with pytest.raises(frappe.PermissionError):
				start_plan.plan()
			with pytest.raises(frappe.PermissionError):
				start_plan.tick("backup", True)


def test_plan_is_read_in_the_readers_language(site) -> None:
	frappe.local.lang = "zh"
	plan = start_plan.plan()
	assert plan["stages"][0]["title"] == "第 1 天"
	english = [i["title"] for s in plan["stages"] for i in s["items"] if i["title"].isascii()]
	assert english == []


def test_onboarding_and_tours_lead_to_what_there_is(site) -> None:
	onboarding = frappe.get_doc("Module Onboarding", "Performance Flow")
	assert {row.role for row in onboarding.allow_roles} == {"System Manager", "Performance Administrator"}
	for step in onboarding.get_steps():
		if step.path:
			assert frappe.db.exists("Page", step.path)
		if step.form_tour:
			assert frappe.db.exists("Form Tour", step.form_tour)
	tours = frappe.get_all(
		"Form Tour", filters={"module": "Perf Flow"}, fields=["name", "ui_tour", "page_route"]
	)
	assert len(tours) == 4
	for tour in tours:
		doc = frappe.get_doc("Form Tour", tour.name)
		if tour.ui_tour:
			# begun by the reader, never by opening a page
			assert tour.page_route == '["perf-flow-when-asked"]'
			continue
		meta = frappe.get_meta(doc.reference_doctype)
		assert [s.fieldname for s in doc.steps if not meta.has_field(s.fieldname)] == []
