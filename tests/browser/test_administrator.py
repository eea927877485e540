"""Whoever sets the flow up: the first event type, the guide with its preview, pilots, the plan of 30 days."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.sites import ADMIN_PASSWORD
from tests.browser.desk import Hands, barriers, open_form, overflow, settle

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
TYPE = "Business Event Type"
KEEPER = "keeper@flow-browser.example"
ENGLISH = re.compile(r"\b(the|and|of|is|days?|type|switch|evidence|documents?|choose)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def keeper(api: Any, world: dict[str, Any]) -> str:
	"""A login with the role Performance Administrator and no other."""
	if not api.list("User", {"name": KEEPER}):
		api.insert(
			"User",
			email=KEEPER,
			first_name="Keeper",
			send_welcome_email=0,
			new_password=world["password"],
			roles=[{"role": "Performance Administrator"}],
		)
	return KEEPER


@pytest.fixture
def forget(api: Any) -> Any:
	"""`forget(title)`: make an event type as if nobody had made it; done again after the test."""
	titles: list[str] = []

	def delete(title: str) -> str:
		if api.list(TYPE, {"name": title}):
			answer = api.requests.delete(f"/api/resource/{TYPE}/{title}")
			assert answer.ok, answer.text()[:500]
		titles.append(title)
		return title

	yield delete
	for title in titles[:]:
		delete(title)


def guide(page: Any) -> Any:
	return page.locator(".pf-guide:visible")


def preview(page: Any) -> Any:
	return page.locator(".pf-preview:visible")


def test_first_event_type_within_eight_interactions(
	page_for: Callable[..., Any], api: Any, execute: Callable[..., Any], world: dict[str, Any]
) -> None:
	"""From the start page after the installation to an event type that records."""
	execute(SEED + "without_template", template="opportunity_won")
	page = page_for("Administrator", ADMIN_PASSWORD)
	page.goto("/app/performance-flow")
	shortcut = page.locator(".shortcut-widget-box").get_by_text("Template gallery")
	expect(shortcut).to_be_visible()

	hands, began = Hands(page), time.monotonic()
	hands.click(shortcut)
	card = page.locator('.pf-card[data-template="opportunity_won"]')
	expect(card).to_contain_text("A document of the type Opportunity comes to fulfil")
	expect(card).to_contain_text("Evidence")
	hands.click(card.get_by_role("button", name="Switch on: Opportunity won"))
	expect(card.locator(".pf-badge")).to_have_text("Switched on")
	assert hands.interactions == 2 and time.monotonic() - began < 300

	(made,) = api.list(TYPE, {"template": "opportunity_won"}, ("name", "enabled"))
	assert made["enabled"] == 1
	expect(card.locator(".pf-often")).to_contain_text("here in the last 30 days")
	assert barriers(page) == []

	# look at one before it is switched on
	hands.click(card.get_by_role("button", name="Look first"))
	dialog = page.locator(".modal:visible")
	expect(dialog.locator(".pf-preview-headline")).to_contain_text("In the last 30 days")


def test_own_event_type_by_the_guide_with_live_preview(
	page_for: Callable[..., Any],
	api: Any,
	execute: Callable[..., Any],
	world: dict[str, Any],
	forget: Callable[[str], str],
) -> None:
	"""Without a word of code, in eight interactions; the preview follows each of them, saved or not."""
	title = forget("Order noticed")
	order = execute(SEED + "order", seller="anna")["name"]
	page = page_for("Administrator", ADMIN_PASSWORD)
	page.goto("/app/business-event-type/new")
	expect(guide(page)).to_contain_text("Choose the document type first.")
	hands = Hands(page)
	form = page.locator(".page-container:visible .form-page")
	hands.write(form.locator('[data-fieldname="title"] input'), title)
	doctype = form.locator('[data-fieldname="reference_doctype"] input')
	hands.interactions += 1
	doctype.press_sequentially("Sales Order")
	hands.click(
		page.locator(".awesomplete [role='listbox']:visible").get_by_text("Sales Order", exact=True).first
	)

	# not saved, and it says already what it would have done
	expect(guide(page)).to_contain_text("of the type Sales Order would have matched")
	expect(preview(page).locator(".pf-examples").first).to_contain_text(order)
	expect(preview(page)).to_contain_text(
		"nobody was found"
	)  # whoever made it is no employee: nobody would be asked
	assert api.list(TYPE, {"name": title}) == []

	requirements = form.locator('[data-fieldname="requirements"]').first
	hands.click(requirements.locator(".grid-add-row"))
	label = requirements.locator('.grid-body .grid-row [data-fieldname="label"]')
	hands.click(label)
	hands.write(label.locator("input"), "Signed paper")
	page.keyboard.press("Tab")
	expect(preview(page).locator(".pf-examples").first).to_contain_text("Signed paper")

	hands.click(page.locator(".page-actions:visible .primary-action"))
	page.wait_for_function("() => !cur_frm.is_new() && !cur_frm.is_dirty()")
	hands.click(page.locator(".page-actions:visible").get_by_role("button", name="Switch on", exact=True))
	expect(page.get_by_role("button", name="Switch off").first).to_be_visible()
	expect(guide(page).locator(".pf-guide-step").last).to_have_class(re.compile("pf-done"))
	assert hands.interactions <= 8
	assert api.get(TYPE, title)["enabled"] == 1
	assert barriers(page) == []

	# a change of conditions changes the preview before it is saved
	before = guide(page).locator(".pf-guide-now").inner_text()
	page.evaluate(
		"() => cur_frm.set_value('filters', JSON.stringify([['Sales Order', 'customer', '=', 'x']]))"
	)
	expect(guide(page)).to_contain_text("no document of the type Sales Order")
	assert before != guide(page).locator(".pf-guide-now").inner_text()
	api.update(TYPE, title, enabled=0)


def test_pilot_copy_and_what_is_wrong(
	page_for: Callable[..., Any],
	api: Any,
	execute: Callable[..., Any],
	world: dict[str, Any],
	keeper: str,
	forget: Callable[[str], str],
) -> None:
	"""By somebody with no other role: pickers work, documents they may not read are counted and not named."""
	title, copy = forget("Piloted here"), forget("Piloted here (copy)")
	order = execute(SEED + "order", seller="anna")["name"]
	execute(SEED + "draft_type", title=title)
	page = page_for(keeper, world["password"])
	open_form(page, TYPE, title)
	expect(guide(page)).to_contain_text("would have matched")
	expect(preview(page)).to_contain_text("Documents that you may not read are counted and not shown.")
	expect(preview(page)).not_to_contain_text(order)

	page.get_by_role("button", name="Switch on for a pilot").click()
	dialog = page.locator(".modal:visible")
	field = dialog.locator('[data-fieldname="Employee"] input')
	field.click()
	field.press_sequentially("Anna")
	dialog.locator(".awesomplete li:visible", has_text="Anna Adler").first.click()
	dialog.get_by_role("button", name="Switch on for these").click()
	expect(page.get_by_role("button", name="Widen to everybody")).to_be_visible()
	(row,) = api.get(TYPE, title)["pilot_scope"]
	assert row["scope_type"] == "Employee"

	page.get_by_role("button", name="Duplicate").click()
	page.locator(".modal:visible").get_by_role("button", name="Make the copy").click()
	page.wait_for_function("(name) => window.cur_frm && cur_frm.docname === name", arg=copy)
	assert api.get(TYPE, copy)["enabled"] == 0

	# broken behind the form's back: it says what, since when and what to do, and takes a second look
	execute(SEED + "broken_type", title=copy)
	open_form(page, TYPE, copy)
	page.reload()
	told = page.locator(".pf-problems:visible")
	expect(told).to_contain_text("no_such_field")
	expect(told).to_contain_text("Choose it anew")
	told.get_by_role("button", name="Check again").click()
	expect(told.locator(".pf-problem-told")).to_contain_text("It is still so")
	assert barriers(page) == []
	execute(SEED + "broken_type", title=copy, mend=True)
	told.get_by_role("button", name="Check again").click()
	expect(told).to_have_count(0)


def test_plan_of_30_days_is_ticked_by_keyboard(page_for: Callable[..., Any], api: Any) -> None:
	api.call("perf_flow.api.start_plan.tick", item="backup", done=False)
	page = page_for("Administrator", ADMIN_PASSWORD)
	page.goto("/app/start-plan")
	item = page.locator('[data-item="backup"]')
	box = item.get_by_role("checkbox", name="Backups hold the files and the encryption key")
	expect(box).not_to_be_checked()
	box.focus()
	page.keyboard.press("Space")
	expect(item.locator(".pf-item-seen")).to_contain_text(re.compile(r"\d"))
	expect(box).to_be_focused()
	# what the data shows is not for ticking
	expect(page.locator('[data-item="first-type"] input')).to_have_count(0)
	page.reload()
	expect(item.get_by_role("checkbox")).to_be_checked()
	assert barriers(page) == []
	api.call("perf_flow.api.start_plan.tick", item="backup", done=False)


def test_chinese_on_a_phone(page_for: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_for("Administrator", ADMIN_PASSWORD, lang="zh", viewport=PHONE)
	try:
		for address, ready in (
			("/app/event-type-gallery", ".pf-card"),
			("/app/start-plan", ".pf-item"),
			(f"/app/business-event-type/{world['chinese_type']}", ".pf-preview-headline"),
		):
			page.goto(address)
			expect(page.locator(f"{ready}:visible").first).to_be_visible()
			settle(page)
			assert overflow(page) <= 0, address
			assert barriers(page) == [], address
			for part in page.locator(".page-container:visible .perf-flow").all():
				# what people wrote themselves stays as they wrote it
				found = [
					line
					for line in part.inner_text().splitlines()
					if ENGLISH.search(line) and not re.search(r"[\u4e00-\u9fff]|bench --site", line)
				]
				assert found == [], (address, found)
	finally:
		page.evaluate(
			"() => frappe.xcall('frappe.client.set_value', {doctype: 'User', name: 'Administrator',"
			" fieldname: 'language', value: 'en'})"
		)


def test_nobody_else_gets_in(
	page_for: Callable[..., Any], api_as: Callable[..., Any], world: dict[str, Any]
) -> None:
	login, password = world["users"]["anna"], world["password"]
	page = page_for(login, password)
	page.goto("/app/performance-flow")
	expect(page.locator(".shortcut-widget-box").first).to_be_visible()
	for title in ("Template gallery", "First 30 days"):
		expect(page.locator(".shortcut-widget-box").get_by_text(title)).to_have_count(0)
	expect(page.get_by_text("Set up Performance Flow")).to_have_count(0)
	for address in ("/app/event-type-gallery", "/app/start-plan"):
		page.goto(address)
		settle(page)
		expect(page.locator(".pf-card, .pf-item")).to_have_count(0)
	anna = api_as(login, password)
	for method, args in (
		("event_types.preview", {"doc": "{}"}),
		("templates.switch_on_several", {"chosen": '["contract_signed"]'}),
		("start_plan.tick", {"item": "backup", "done": True}),
	):
		answer = anna.requests.post(f"/api/method/perf_flow.api.{method}", data=args)
		assert answer.status == 403, (method, answer.text()[:300])
