"""The screen of somebody who confirms impacts: two interactions, by keyboard, from an email, on a Chinese phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Hands, barriers, overflow, requests_of_ours

SEED = "perf_flow.tests.seed."
PAGE = "/app/impact-confirmation"
STEP = "1-C1"
PHONE = (360, 740)


@pytest.fixture(scope="module")
def world(world: dict[str, Any], execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, their password, and the event types; and four orders that wait for Quentin."""
	world["orders"] = execute(SEED + "orders", seller="anna", count=4)
	return world


def card(page: Any, order: dict[str, str]) -> Any:
	"""What is to be confirmed on an order."""
	return page.locator(f'.pf-card[data-item="{order["event"]}:{STEP}"]')


def open_screen(page: Any, path: str = PAGE) -> Any:
	page.goto(path)
	expect(page.locator(".pf-screen-confirmations .pf-screen-body > *").first).to_be_visible()
	return page


def test_an_impact_is_confirmed_in_two_interactions_and_taken_back(
	page_of: Callable[..., Any], world: dict[str, Any]
) -> None:
	order = world["orders"][0]
	page = open_screen(page_of("quentin"))
	asked = card(page, order)
	expect(asked).to_contain_text(world["type"])
	expect(asked).to_contain_text("Anna Adler")
	expect(asked).to_contain_text(order["name"])
	# Quentin may not read orders: nothing of the document is here
	expect(page.locator(".pf-screen")).not_to_contain_text(world["customer"])
	assert barriers(page, ".pf-screen") == []

	made = requests_of_ours(page)
	hands = Hands(page)
	hands.click(asked.get_by_role("button", name="Quality", exact=True))
	hands.click(asked.get_by_role("button", name="Confirm impact"))
	expect(asked).to_have_count(0)
	assert hands.interactions <= 2
	assert [one for one in made if one.startswith("POST")] == ["POST api.confirmations.confirm"]
	given = page.locator(".pf-given")
	expect(given).to_contain_text("Confirmed: Quality")
	assert barriers(page, ".pf-screen") == []

	given.get_by_role("button", name="Undo").click()
	expect(asked).to_be_visible()
	expect(given).to_have_count(0)


def test_several_are_confirmed_by_keyboard_alone(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	first, second = world["orders"][:2]
	page = open_screen(page_of("quentin"))
	for order in (first, second):
		card(page, order).focus()
		page.keyboard.press("x")
	bulk = page.locator(".pf-bulk")
	expect(bulk).to_contain_text("2 selected")
	page.keyboard.press("1")
	page.keyboard.press("3")
	page.keyboard.press("n")
	page.keyboard.type("More cartons needed.")
	page.keyboard.press("Control+Enter")
	for order in (first, second):
		expect(card(page, order)).to_have_count(0)
	expect(page.locator(".pf-given")).to_contain_text("2 impacts confirmed")
	# the focus is on what comes next
	expect(page.locator(".pf-card:focus")).to_have_count(1)
	done = page.locator(".pf-done")
	done.locator("summary").click()
	row = done.locator(f'[data-done="{second["event"]}:{STEP}"]')
	expect(row).to_contain_text("Supply Chain, Delivery")
	expect(row).to_contain_text("More cartons needed.")


def test_link_in_an_email_needs_a_login_and_works_once_for_its_person(
	page_of: Callable[..., Any],
	page_for: Callable[..., Any],
	world: dict[str, Any],
	execute: Callable[..., Any],
	api: Any,
) -> None:
	order = world["orders"][2]
	quentin = world["users"]["quentin"]
	api.update("User", quentin, language="en")
	address = execute("perf_flow.flow.links.address", event=order["event"], step=STEP, user=quentin)
	path = urlsplit(address).path

	# a browser where nobody is logged in: after logging in the link is still there
	page = page_for("Guest", "")
	page.goto(path)
	expect(page).to_have_url(re.compile("/login"))
	expect(page.locator("body")).not_to_contain_text(order["name"])
	page.fill("#login_email", quentin)
	page.fill("#login_password", world["password"])
	page.locator(".form-login .btn-login").click()
	expect(page).to_have_url(re.compile(re.escape(path)))
	expect(page.get_by_role("heading", name="From your email")).to_be_visible()
	front = page.locator(".pf-cards").first.locator(".pf-card")
	expect(front).to_have_count(1)
	assert front.get_attribute("data-item") == f"{order['event']}:{STEP}"
	# the desk does not note the visit of a link
	page.wait_for_function(
		"(route) => frappe.route_history_queue.every((visit) => !visit.route.startsWith(route))",
		arg=PAGE.removeprefix("/app/") + "/",
	)

	# somebody else learns nothing by it
	other = open_screen(page_of("otto"), path)
	expect(other.locator(".pf-link-problem")).to_contain_text("somebody else")
	expect(other.locator(".pf-screen")).to_contain_text("Nothing to confirm")
	expect(other.locator(".pf-screen")).not_to_contain_text(order["name"])
	assert barriers(other, ".pf-screen") == []

	hands = Hands(page)
	hands.click(front.get_by_role("button", name="None", exact=True))
	hands.click(front.get_by_role("button", name="Confirm impact"))
	expect(page.locator(".pf-given")).to_contain_text("Confirmed: None")
	assert hands.interactions <= 2
	open_screen(page, path)
	expect(page.locator(".pf-link-problem")).to_contain_text("already used")
	expect(page.locator(".pf-link-problem")).to_contain_text("on this page")
	expect(card(page, order)).to_have_count(0)


def test_the_screen_on_a_chinese_phone(page_of: Callable[..., Any], world: dict[str, Any]) -> None:
	order = world["orders"][3]
	page = open_screen(page_of("quentin", lang="zh", viewport=PHONE))
	asked = card(page, order)
	expect(asked).to_be_visible()
	assert overflow(page) <= 0
	assert barriers(page, ".pf-screen") == []
	words = page.locator(".pf-screen").inner_text()
	for own in (world["type"], "Anna Adler", "Sales Order", order["name"]):
		words = words.replace(own, "")
	assert not re.findall(r"\b(?:Confirm|Undo|due|Due|open|note|Keys|Quality|optional)\b", words), words
	asked.get_by_role("button", name="交付", exact=True).click()
	asked.get_by_role("button", name="确认影响").click()
	expect(page.locator(".pf-given")).to_contain_text("已确认：交付")
	assert overflow(page) <= 0
	assert barriers(page, ".pf-screen") == []
