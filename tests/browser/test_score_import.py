"""HR brings its score sheet: from a messy Excel file to the first board, in Chinese and English, and back."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.sites import ADMIN_PASSWORD
from tests.browser.desk import Hands, barriers, overflow, requests_of_ours, settle

SEED = "perf_flow.tests.seed."
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENGLISH = re.compile(r"\b(the|and|of|is|was|rows?|sheet|import|goals?|weight)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def world(execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, their password, and the event types: see perf_flow/tests/seed.py."""
	made = execute(SEED + "world")
	execute(SEED + "prompt", key="hilda", on=False)
	return dict(made)


@pytest.fixture(autouse=True)
def nothing_imported(execute: Callable[..., Any], world: dict[str, Any]) -> Iterator[None]:
	execute(SEED + "without_imports")
	yield
	execute(SEED + "without_imports")


def file(execute: Callable[..., Any], **how: Any) -> dict[str, Any]:
	content = base64.b64decode(execute(SEED + "score_sheet", **how))
	return {"name": "销售部绩效评分表.xlsx", "mimeType": XLSX, "buffer": content}


def open_page(page: Any) -> Any:
	page.goto("/app/score-sheet")
	expect(page.locator(".pf-s-drop")).to_be_visible()
	return page


def choose(page: Any, chosen: dict[str, Any]) -> None:
	page.locator('[data-place="sheet"]').set_input_files(chosen)
	expect(page.locator(".pf-s-summary")).to_be_visible()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_a_messy_sheet_to_the_first_board(
	page_for: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any], language: str
) -> None:
	"""Two interactions: choose the file, import. Within the time that somebody waits for a page."""
	page = page_for(world["users"]["hilda"], world["password"], lang=language)
	open_page(page)
	settle(page)
	assert barriers(page) == []
	hands, began = Hands(page), time.monotonic()
	asked = requests_of_ours(page)
	hands.interactions += 1
	choose(page, file(execute))
	picture = page.locator(".pf-s-picture")
	expect(picture.locator("td", has_text="看板订单准时交付率").first).to_be_visible()
	expect(picture.locator(".pf-s-line-total").first).to_contain_text("小计")
	expect(page.locator('[data-part="goals"] tbody tr')).to_have_count(4)
	assert barriers(page) == []
	assert overflow(page) <= 0
	assert execute(SEED + "goals_of", key="anna") == []
	hands.click(page.locator('.pf-s-bar [data-pf-key="import"]'))
	result = page.locator(".pf-s-result")
	expect(result).to_contain_text("4 goals" if language == "en" else "4 个目标")
	took = time.monotonic() - began
	assert hands.interactions == 2 and took < 60, took
	assert asked.count("POST api.score_import.preview") == 1
	assert barriers(page) == []
	assert [row[:3] for row in execute(SEED + "goals_of", key="anna")] == [
		["看板订单准时交付率", 60, "＞＝95 %"],
		["看板跨部门协作", 40, ""],
	]
	if language == "zh":
		shown = page.locator(".pf-screen").inner_text()
		assert not ENGLISH.search(re.sub(r"xlsx|KRA|CSV|Excel|MB", "", shown)), shown
	result.locator('[data-pf-key="next-goals"]').click()
	expect(page.locator(".list-row, .frappe-list").get_by_text("看板订单准时交付率").first).to_be_visible()
	# what was imported stands on the page, and goes back
	open_page(page)
	run = page.locator(".pf-s-runs li").first
	expect(run).to_contain_text("销售部绩效评分表")
	run.get_by_role("button").click()
	page.locator(".modal.show .btn-primary").click()
	expect(page.locator(".pf-s-runs li").first.get_by_role("button")).to_have_count(0)
	assert execute(SEED + "goals_of", key="anna") == []


def test_what_is_wrong_is_shown_in_its_cell(
	page_for: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any]
) -> None:
	"""The cell is one click away; mended in the file, it goes through."""
	page = page_for(world["users"]["hilda"], world["password"])
	open_page(page)
	choose(page, file(execute, second="30%"))
	issue = page.locator(".pf-s-issue-error").first
	expect(issue).to_contain_text("add to 90%")
	expect(page.locator('[data-pf-key="import"]')).to_be_disabled()
	issue.locator(".pf-s-address").click()
	cell = page.locator(".pf-s-picture td.pf-s-error").first
	expect(cell).to_be_focused()
	assert barriers(page) == []
	choose(page, file(execute))
	expect(page.locator(".pf-s-issue-error")).to_have_count(0)
	expect(page.locator('[data-pf-key="import"]')).to_be_enabled()


def test_a_column_is_given_another_meaning_by_keyboard(
	page_for: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any]
) -> None:
	page = page_for(world["users"]["hilda"], world["password"])
	open_page(page)
	choose(page, file(execute))
	goals = page.locator('[data-part="goals"] tbody tr')
	expect(goals.first).to_contain_text("60 %")
	weight = page.locator(".pf-s-picture select").nth(4)
	expect(weight).to_have_value("weight")
	weight.focus()
	weight.select_option("ignore")
	expect(goals.first).not_to_contain_text("60 %")
	# the focus stays where it was
	expect(page.locator(".pf-s-picture select").nth(4)).to_be_focused()
	expect(page.locator(".pf-s-picture select").nth(4)).to_have_value("ignore")
	part = page.locator('[data-pf-key="take-comments"]')
	page.locator('[data-pf-key="part-comments"]').press("Enter")
	part.press("Space")
	expect(page.locator('[data-part="comments"] summary')).to_contain_text("left out")


def test_an_administrator_chooses_what_becomes_of_each(
	page_for: Callable[..., Any], execute: Callable[..., Any], api: Any, world: dict[str, Any]
) -> None:
	page = page_for("Administrator", ADMIN_PASSWORD)
	page.goto("/app/event-type-gallery")
	page.get_by_role("link", name="You have a score sheet in Excel?").click()
	expect(page.locator(".pf-s-drop")).to_be_visible()
	choose(page, file(execute))
	choice = page.locator('[data-kra="看板跨部门协作"] select')
	expect(choice).to_have_value("manual")
	page.locator('[data-kra="看板订单准时交付率"] select').select_option("manual")
	expect(page.locator('[data-kra="看板订单准时交付率"] select')).to_have_value("manual")
	page.locator('[data-pf-key="import"]').click()
	expect(page.locator(".pf-s-result")).to_contain_text("2 event types")
	made = {
		row["name"]: row
		for row in api.list("Business Event Type", {"title": ["like", "看板%"]}, ["name", "enabled", "kra"])
	}
	assert {name: row["enabled"] for name, row in made.items()} == {
		"看板跨部门协作": 0,
		"看板订单准时交付率": 0,
	}
	page.locator('[data-pf-key="next-type-看板跨部门协作"]').click()
	page.wait_for_function("() => window.cur_frm && cur_frm.docname === '看板跨部门协作'")


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_and_in_the_dark(
	page_for: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any], dark: bool
) -> None:
	page = page_for(world["users"]["hilda"], world["password"], viewport=(360, 740))
	open_page(page)
	if dark:
		page.evaluate("() => document.documentElement.setAttribute('data-theme', 'dark')")
	choose(page, file(execute, second="30%"))
	assert overflow(page) <= 0
	assert barriers(page) == []


def test_a_file_that_is_none_says_what_to_do(page_for: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_for(world["users"]["hilda"], world["password"])
	open_page(page)
	old = {
		"name": "old.xls",
		"mimeType": "application/vnd.ms-excel",
		"buffer": bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600,
	}
	page.locator('[data-place="sheet"]').set_input_files(old)
	expect(page.get_by_role("alert")).to_contain_text("Save as")
	expect(page.locator(".pf-s-drop")).to_be_visible()


def test_employees_do_not_get_in(page_for: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_for(world["users"]["anna"], world["password"])
	page.goto("/app/score-sheet")
	expect(page.locator(".pf-s-drop")).to_have_count(0)
	expect(page.get_by_text(re.compile("not permitted|permission", re.IGNORECASE)).first).to_be_visible()
