"""The shop floor on a tablet: today's checks, the whole screen, and a network that goes away and comes back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from scripts.sites import ADMIN_PASSWORD
from tests.browser.desk import barriers, open_form, overflow

SEED = "perf_flow.tests.seed."
TABLET = (1024, 768)
PHONE = (360, 740)
FINGER = 56
"""Pixels that a finger in a glove needs."""

AWAKE = """
	window.awake = 0;
	const request = async () => {
		window.awake += 1;
		const lock = new EventTarget();
		lock.release = async () => {
			window.awake -= 1;
			lock.dispatchEvent(new Event("release"));
		};
		return lock;
	};
	Object.defineProperty(navigator, "wakeLock", { value: { request } });
"""
"""Counts how many times the page keeps the screen on."""


@pytest.fixture(scope="module")
def world(world: dict[str, Any], execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, and a board with four checks for Max: one done, one late."""
	world.update(execute(SEED + "checks", reader="max"))
	return world


def open_board(page: Any, world: dict[str, Any]) -> Any:
	page.goto(f"/app/shop-floor/{world['board']}")
	expect(page.locator(".pf-floor-head h1")).to_have_text(world["board"])
	return page


def test_checks_of_today_fill_a_tablet(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_of("max", viewport=TABLET)
	page.add_init_script(AWAKE)
	open_board(page, world)
	page.wait_for_function("() => window.awake === 1")
	figures = page.locator(".pf-floor-figure")
	expect(figures.nth(0)).to_contain_text("1 of 4")
	expect(figures.nth(0)).to_contain_text("1 late")
	expect(figures.nth(1)).to_contain_text("78.5%")
	expect(figures.nth(1)).to_contain_text("Goal 85%")
	low = page.locator('[data-team="Low"]')
	expect(low).to_contain_text("0 of 2")
	expect(low).to_contain_text("1 late")
	assert barriers(page, ".pf-screen") == []

	# nothing but the board, by a key; and back
	expect(page.locator("header.navbar")).to_be_visible()
	page.keyboard.press("f")
	expect(page.locator("header.navbar")).to_be_hidden()
	expect(page.get_by_role("button", name="Leave full screen")).to_be_visible()
	low.locator(".pf-floor-row").click()
	late = low.locator(".pf-floor-check").first
	expect(late).to_contain_text("Filter of the compressor")
	expect(late).to_contain_text("late, was due")
	assert barriers(page, ".pf-screen") == []
	assert overflow(page) <= 0
	small = page.evaluate(
		"""(least) => [...document.querySelectorAll(".pf-screen :is(a, button)")]
			.filter((one) => one.offsetParent && one.getBoundingClientRect().height < least)
			.map((one) => one.textContent)""",
		FINGER,
	)
	assert small == []

	late.click()
	page.wait_for_function("(name) => window.cur_frm && cur_frm.docname === name", arg=world["checks"][3])
	expect(page.locator("header.navbar")).to_be_visible()
	assert page.evaluate("() => window.awake") == 0
	page.go_back()
	expect(page.locator("header.navbar")).to_be_hidden()
	page.keyboard.press("Escape")
	expect(page.locator("header.navbar")).to_be_visible()


def test_network_goes_away_and_comes_back(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	page = open_board(page_of("max", viewport=TABLET), world)
	status = page.locator(".pf-floor-status")
	expect(status).to_contain_text("Up to date")
	page.context.set_offline(True)
	expect(status).to_contain_text(re.compile(r"Offline since \d\d:\d\d"))
	expect(page.locator(".pf-floor-figure").first).to_contain_text("1 of 4")
	status.get_by_role("button", name="Try now").click()
	expect(status).to_contain_text(re.compile(r"Next try in \d+ s"))
	assert barriers(page, ".pf-screen") == []
	page.context.set_offline(False)
	expect(status).to_contain_text("Up to date again")
	expect(status).not_to_contain_text("Offline")

	# what is kept holds neither people nor documents
	kept = page.evaluate(
		"""() => Object.keys(localStorage).filter((key) => key.startsWith("perf_flow:shop_floor:"))
			.map((key) => [key, localStorage.getItem(key)])"""
	)
	assert len(kept) == 1
	text = json.dumps(kept)
	for secret in (world["users"]["max"], "Max", "Filter of the compressor", *world["checks"]):
		assert secret not in text

	# the tablet is started anew while the server does not answer
	page.route("**/api/method/perf_flow.api.shop_floor.*", lambda route: route.abort())
	page.reload()
	expect(status).to_contain_text(re.compile(r"Offline since \d\d:\d\d"))
	expect(page.locator(".pf-floor-figure").first).to_contain_text("1 of 4")
	expect(page.locator('[data-team="Low"]')).to_contain_text("0 of 2")
	page.unroute("**/api/method/perf_flow.api.shop_floor.*")
	expect(status).to_contain_text("Up to date again")
	expect(page.locator('[data-team="Low"] .pf-floor-row')).to_have_attribute("aria-expanded", "false")

	# whoever may not see it any more sees nothing of it, and the tablet forgets it
	page.route("**/api/method/perf_flow.api.shop_floor.*", lambda route: route.fulfill(status=403, body="{}"))
	page.evaluate("() => window.dispatchEvent(new Event('online'))")
	expect(page.locator(".pf-screen")).to_contain_text("This page is not for you")
	expect(page.locator(".pf-floor-figure")).to_have_count(0)
	assert (
		page.evaluate(
			"() => Object.keys(localStorage).filter((key) => key.startsWith('perf_flow:shop_floor:'))"
		)
		== []
	)


def test_board_on_a_chinese_phone(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	page = open_board(page_of("max", lang="zh", viewport=PHONE), world)
	expect(page.locator(".pf-floor-figure").first).to_contain_text("1／4")
	high = page.locator('[data-team="高"]')
	high.locator(".pf-floor-row").click()
	expect(high).to_contain_text("今天到期")
	assert overflow(page) <= 0
	assert barriers(page, ".pf-screen") == []
	words = page.locator(".pf-screen").inner_text()
	for own in (world["board"], "Oil of press 1", "Coolant of press 2"):
		words = words.replace(own, "")
	assert not re.findall(r"\b(?:late|of|Goal|Full|Done|due|done|High)\b", words), words


def test_board_is_set_up_by_choosing_fields(page_for: Callable[..., Any], world: dict[str, Any]) -> None:
	page = page_for("Administrator", ADMIN_PASSWORD)
	open_form(page, "Shop Floor Board", world["board"])
	form = page.locator(".page-container:visible")
	expect(form.locator('[data-fieldname="done_values"] .help-box')).to_contain_text("Possible: Open, Closed")
	field = form.locator('[data-fieldname="team_field"] input')
	field.click()
	field.fill("Assigned By")
	expect(form.locator('[data-fieldname="team_field"] .awesomplete li').first).to_contain_text("Assigned By")
