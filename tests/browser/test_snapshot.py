"""The behaviour snapshot on the desk: the person's own, their manager's view of it, and whoever it is not for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.sites import ADMIN_PASSWORD
from tests.browser.desk import barriers, open_form, overflow, requests_of_ours

SEED = "perf_flow.tests.seed."
PAGE = "/app/behaviour-snapshot"
SCREEN = ".pf-screen-snapshot"
SETTINGS = "Performance Flow Settings"


@pytest.fixture(scope="module")
def world(world: dict[str, Any], execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, their password, and what Anna did: see perf_flow/tests/seed.py."""
	execute(SEED + "without_templates", key="max")
	return {**world, "anna": execute(SEED + "snapshot_of_anna")}


def line(page: Any, words: str) -> Any:
	return page.locator(f"{SCREEN} li", has_text=words)


def test_the_person_sees_their_own_from_my_flow(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_of("anna")
	page.goto("/app/my-flow")
	sent = requests_of_ours(page)
	page.get_by_role("link", name="What I did, line by line").click()
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Anna Adler")
	assert sent.count("GET api.snapshot.page") == 1
	late = line(page, world["anna"]["subject"])
	expect(late).to_contain_text("Completed the task “Drawing of the flow valve”")
	expect(late.locator(".pf-s-late")).to_have_text("2 days after it was due")
	expect(line(page, "Test of the flow valve").locator(".pf-good")).to_contain_text("before it was due")
	expect(line(page, "Worked 6.5 h on “Flow assembly”")).to_have_count(1)
	expect(line(page, "Gave the first answer to the issue “Flow valve leaks”")).to_have_count(1)
	expect(page.locator(".pf-s-who")).to_contain_text("none that you do not see here")
	expect(page.locator(f"{SCREEN} .pf-figure", has_text="Done in time")).to_be_visible()
	expect(page.locator(".pf-s-chart svg.frappe-chart")).to_be_visible()
	assert barriers(page, SCREEN) == []

	# by keyboard: a kind is hidden, and shown again
	tasks = page.get_by_role("button", name="Tasks (")
	tasks.focus()
	page.keyboard.press("Enter")
	expect(late).to_have_count(0)
	expect(tasks).to_be_focused()
	assert tasks.get_attribute("aria-pressed") == "false"
	page.keyboard.press("Enter")
	expect(late).to_have_count(1)

	# printed: the lines, and not what is pressed
	page.emulate_media(media="print")
	expect(page.get_by_label("Period", exact=True)).to_be_hidden()
	expect(page.locator(".navbar")).to_be_hidden()
	expect(late).to_be_visible()
	page.emulate_media(media="screen")

	late.get_by_role("link").click()
	page.wait_for_url(f"**/app/task/{world['anna']['task']}")


def test_another_period_is_read(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_of("anna")
	page.goto(PAGE)
	expect(line(page, world["anna"]["subject"])).to_have_count(1)
	page.get_by_label("Period", exact=True).select_option("dates")
	first, last = page.locator('[data-pf-key="from_date"]'), page.locator('[data-pf-key="to_date"]')
	expect(first).to_be_focused()
	first.fill("2026-01-01")
	last.fill("2026-01-02")
	page.get_by_role("button", name="Show", exact=True).click()
	expect(page.locator(".pf-blank-title")).to_have_text("Nothing to show in this period")
	# what makes no sense is said, and what is shown stays
	first.fill("2026-01-05")
	page.get_by_role("button", name="Show", exact=True).click()
	expect(page.locator(".desk-alert")).to_contain_text("ends before it begins")
	page.get_by_label("Period", exact=True).select_option("30")
	expect(line(page, world["anna"]["subject"])).to_have_count(1)


def test_the_manager_comes_from_the_mark_and_takes_a_line_into_the_reason(
	page_of: Callable[..., Any], world: dict[str, Any], execute: Callable[..., Any]
) -> None:
	(one,) = execute(SEED + "to_mark", seller="anna", count=1)
	page = page_of("max")
	page.goto("/app/flow-marking")
	front = page.locator(f'.pf-m-in-front[data-event="{one["event"]}"]')
	expect(front).to_be_visible()
	reason = page.locator(".pf-m-form textarea")
	reason.click()
	page.locator(".pf-w-deeds summary").click()
	deed = page.locator(".pf-w-deeds li", has_text=world["anna"]["subject"])
	deed.get_by_role("checkbox").check()
	page.get_by_role("button", name="Put in as a sentence").click()
	expect(reason).to_have_value(re.compile("You completed the task “Drawing of the flow valve” on"))
	reason.fill("")
	page.get_by_role("link", name="What they did").click()
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Anna Adler")
	expect(page.locator(".pf-s-who")).to_contain_text("Anna Adler can open this page too")
	expect(line(page, world["anna"]["subject"])).to_have_count(1)
	# from the figures of the team as well
	page.goto("/app/query-report/Team%20Flow")
	page.locator(".dt-cell", has_text="Anna Adler").get_by_role("link", name="What they did").click()
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Anna Adler")
	# by the choice of people to oneself and back
	page.get_by_label("Person", exact=True).select_option("")
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Max Moser")
	page.get_by_label("Person", exact=True).select_option(label="Anna Adler")
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Anna Adler")


def test_hr_comes_from_the_form_of_the_employee_and_sees_what_hr_may_read(
	page_of: Callable[..., Any], world: dict[str, Any]
) -> None:
	page = page_of("hilda")
	open_form(page, "Employee", world["anna"]["employee"])
	page.get_by_role("button", name="What they did").click()
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Anna Adler")
	expect(line(page, "Worked 6.5 h")).to_have_count(1)
	# tasks are not for her: no line, no button to filter them
	expect(line(page, world["anna"]["subject"])).to_have_count(0)
	expect(page.get_by_role("button", name="Tasks (")).to_have_count(0)


def test_nobody_else_can_tell_whether_there_is_such_a_person(
	page_of: Callable[..., Any], world: dict[str, Any]
) -> None:
	page = page_of("otto")
	said = []
	for employee in (world["anna"]["employee"], "HR-EMP-NOBODY"):
		page.goto(f"{PAGE}/{employee}")
		blank = page.locator(f"{SCREEN} .pf-blank")
		expect(blank.locator(".pf-blank-title")).to_have_text("This page is not for you")
		said.append(blank.text_content())
	assert said[0] == said[1] and "Anna" not in said[0]
	page.goto(PAGE)
	expect(page.locator(f"{SCREEN} h2")).to_have_text("Otto Outsider")


@pytest.mark.parametrize("width", [360, 1280])
def test_in_chinese_on_a_phone_and_in_the_dark(
	page_of: Callable[..., Any], world: dict[str, Any], width: int
) -> None:
	page = page_of("max", lang="zh", viewport=(width, 800))
	page.goto(f"{PAGE}/{world['anna']['employee']}")
	late = line(page, world["anna"]["subject"])
	expect(late).to_contain_text("完成了任务“Drawing of the flow valve”")
	expect(late).to_contain_text("比期限晚2天")
	expect(page.locator(f"{SCREEN} .pf-figure", has_text="按期完成")).to_be_visible()
	assert overflow(page) <= 0
	assert barriers(page, SCREEN) == []
	page.evaluate("() => document.documentElement.setAttribute('data-theme', 'dark')")
	assert barriers(page, SCREEN) == []


def test_an_administrator_adds_documents_by_choosing_fields(
	page_for: Callable[..., Any], page_of: Callable[..., Any], world: dict[str, Any], api: Any
) -> None:
	page = page_for("Administrator", ADMIN_PASSWORD)
	api.update(SETTINGS, SETTINGS, snapshot_sources=[])
	page.goto("/app/performance-flow-settings")
	section = page.locator('[data-fieldname="snapshot_section"]')
	section.locator(".section-head").click()
	grid = page.locator('[data-fieldname="snapshot_sources"].frappe-control')
	grid.get_by_role("button", name="Add Row").click()
	row = grid.locator(".grid-body .grid-row").first
	for fieldname, value in (
		("document_type", "Lead"),
		("person_field", "lead_owner"),
		("date_field", "creation"),
	):
		cell = row.locator(f'.grid-static-col[data-fieldname="{fieldname}"]')
		cell.click()
		cell.locator("input").fill(value)
		cell.locator('[role="option"]:visible, li:visible', has_text=value).first.click()
		# what was chosen brings the fields to choose from
		page.wait_for_load_state("networkidle")
	page.locator(".page-head:visible").get_by_role("button", name="Save", exact=True).click()
	expect(page.locator(".page-head:visible .indicator-pill", has_text="Not Saved")).to_be_hidden()
	page.wait_for_load_state("networkidle")
	(saved,) = api.get(SETTINGS, SETTINGS)["snapshot_sources"]
	assert (saved["document_type"], saved["person_field"], saved["date_field"]) == (
		"Lead",
		"lead_owner",
		"creation",
	)
	api.update(SETTINGS, SETTINGS, snapshot_sources=[])
