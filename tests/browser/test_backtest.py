"""The backtest: from the form of an event type, saved or not, to its figures and the documents behind them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from scripts.sites import ADMIN_PASSWORD
from tests.browser.desk import barriers, close_dialog, open_form, overflow

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
TYPE = "Business Event Type"
KEEPER = "backtester@flow-browser.example"
WORKER = 120_000  # milliseconds: the worker may have other jobs before this one
ENGLISH = re.compile(r"\b(the|and|of|is|days?|steps?|evidence|documents?|events?|hours?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def world(execute: Callable[..., Any]) -> dict[str, Any]:
	return execute(SEED + "world")


@pytest.fixture(scope="module")
def orders(execute: Callable[..., Any], world: dict[str, Any]) -> list[str]:
	"""Three orders of Anna's."""
	return [o["name"] for o in execute(SEED + "orders", seller="anna", count=3)]


def screen(page: Any) -> Any:
	return page.locator(".pf-screen-backtest:visible")


def fill_new(page: Any, title: str, customer: str) -> None:
	"""A new event type on the form, not saved."""
	page.goto(f"/app/{TYPE.lower().replace(' ', '-')}/new")
	page.wait_for_function("(t) => window.cur_frm && cur_frm.doctype === t && cur_frm.is_new()", arg=TYPE)
	filters = json.dumps([["Sales Order", "customer", "=", customer]])
	page.evaluate(
		"""async ([title, filters]) => {
			await cur_frm.set_value({title, reference_doctype: "Sales Order", trigger: "Submitted"});
			await cur_frm.set_value("filters", filters);
			cur_frm.add_child("recipients", {source: "Sales Team"});
			cur_frm.add_child("requirements", {label: "Paper", kind: "File", obligation: "Mandatory"});
			cur_frm.add_child("requirements", {label: "Delivery", kind: "Field", fieldname: "delivery_date", obligation: "Mandatory"});
			cur_frm.refresh();
		}""",
		[title, filters],
	)


def begin(page: Any, button: str, start: str, days: str = "30") -> None:
	"""Press the button on the form, say how many days, and start."""
	page.locator(".page-actions:visible, .inner-group-button:visible, .custom-actions:visible").get_by_role(
		"button", name=button, exact=True
	).first.click()
	dialog = page.locator(".modal:visible")
	dialog.locator('[data-fieldname="days"] input').fill(days)
	dialog.get_by_role("button", name=start, exact=True).click()


def test_unsaved_type_is_backtested_compared_and_opened(
	page_for: Callable[..., Any], api: Any, world: dict[str, Any], orders: list[str], worker: Any
) -> None:
	title = f"Backtested on the form {uuid4().hex[:6]}"
	page = page_for("Administrator", ADMIN_PASSWORD)
	fill_new(page, title, world["customer"])
	begin(page, "Backtest", "Start", "0")
	dialog = page.locator(".modal:visible")
	expect(dialog.get_by_role("alert")).to_contain_text("between 1 and 730")
	dialog.locator('[data-fieldname="days"] input').fill("30")
	dialog.get_by_role("button", name="Start", exact=True).click()

	shown = screen(page)
	expect(shown.locator(".pf-figures")).to_be_visible(timeout=WORKER)
	assert api.list(TYPE, {"name": title}) == []
	events = shown.locator('[data-pf-key="events"] .pf-figure-value')
	assert int(events.inner_text().replace(",", "")) >= 3
	expect(shown.get_by_role("region", name="Who would be asked").locator("tbody tr").first).to_contain_text(
		"Adler"
	)
	needs = shown.get_by_role("region", name="What ERP data shows by itself")
	expect(needs.locator("tr", has_text="Delivery")).to_contain_text("100 %")
	expect(needs.locator("tr", has_text="Paper")).to_contain_text("0 %")
	expect(shown).to_contain_text("flow health is not worked out")
	expect(shown).to_contain_text("There is no earlier backtest of this event type.")
	expect(shown.locator('[data-chart="weeks"] svg.chart')).to_be_visible()
	assert barriers(page) == []

	# a figure opens its documents
	shown.locator('[data-pf-key="events"]').click()
	rows = page.locator(".modal:visible .pf-rows")
	expect(rows).to_contain_text(orders[0])
	close_dialog(page)

	# back to what was being written, changed, and run again: what is different is said
	shown.get_by_role("button", name="Back to the event type").click()
	page.wait_for_function("(t) => window.cur_frm && cur_frm.doctype === t && cur_frm.doc.title", arg=TYPE)
	page.evaluate("() => cur_frm.set_value('mark_required', 0)")
	begin(page, "Backtest", "Start", "60")
	compared = screen(page).locator("section[aria-label='Compared with the one before']")
	expect(compared).to_contain_text("over 30 days", timeout=WORKER)
	expect(compared.get_by_role("region", name="What was changed in the event type")).to_contain_text("mark")
	expect(compared.get_by_role("region", name="What became of the figures")).to_contain_text("Hours of work")
	page.goto("/app/backtest")
	expect(screen(page).locator("tbody tr").first).to_contain_text(title)


def test_progress_cancel_and_ends_without_a_result(
	page_for: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any], api: Any
) -> None:
	page = page_for("Administrator", ADMIN_PASSWORD)
	run = execute(SEED + "backtest", state="Running", title="In the middle")
	page.goto(f"/app/backtest/{run}")
	shown = screen(page)
	expect(shown.locator("progress")).to_have_attribute("value", "400")
	expect(shown).to_contain_text("400 of 1,000 documents looked at")
	assert barriers(page) == []
	# by keyboard
	cancel = shown.get_by_role("button", name="Cancel the backtest")
	cancel.focus()
	page.keyboard.press("Enter")
	expect(shown).to_contain_text("This backtest was cancelled")
	assert api.get("Backtest Run", run)["state"] == "Cancelled"

	for state, words in (
		("Failed", "This backtest failed"),
		("Interrupted", "This backtest was interrupted"),
	):
		run = execute(SEED + "backtest", state=state, title="Ended")
		page.goto(f"/app/backtest/{run}")
		expect(shown).to_contain_text(words)
		assert barriers(page) == []
	page.goto("/app/backtest/no-such-run")
	expect(shown).to_contain_text("There is no such backtest any more.")


def test_those_who_configure_nothing_find_no_backtest(
	page_for: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any]
) -> None:
	run = execute(SEED + "backtest", state="Finished", title="Not for everybody")
	for who in ("anna", "max", "hilda"):
		page = page_for(world["users"][who], world["password"])
		page.goto(f"/app/backtest/{run}")
		expect(page.locator("body")).to_contain_text(
			re.compile("not permitted|permission|not found", re.IGNORECASE)
		)
		assert "Not for everybody" not in page.content()
		answer = page.context.request.get(f"/api/method/perf_flow.api.backtest.read?run={run}")
		assert answer.status == 403
	execute("frappe.delete_doc", doctype="Backtest Run", name=run)


def test_in_chinese_on_a_phone_for_somebody_who_may_read_no_order(
	page_for: Callable[..., Any],
	api: Any,
	execute: Callable[..., Any],
	world: dict[str, Any],
	orders: list[str],
	worker: Any,
) -> None:
	if not api.list("User", {"name": KEEPER}):
		api.insert(
			"User",
			email=KEEPER,
			first_name="Keeper",
			send_welcome_email=0,
			new_password=world["password"],
			roles=[{"role": "Performance Administrator"}],
		)
	execute(SEED + "draft_type", title="Backtested by phone")
	page = page_for(KEEPER, world["password"], lang="zh", viewport=PHONE)
	open_form(page, TYPE, "Backtested by phone")
	page.evaluate(
		"() => cur_frm.script_manager && frappe.require(['administrator.bundle.js', 'administrator.bundle.css'], () => frappe.perf_flow.administrator.backtest(cur_frm))"
	)
	dialog = page.locator(".modal:visible")
	expect(dialog).to_contain_text("最近多少天")
	dialog.get_by_role("button", name="开始", exact=True).click()
	shown = screen(page)
	expect(shown.locator(".pf-figures")).to_be_visible(timeout=WORKER)
	expect(shown).to_contain_text("员工 1")
	text = shown.inner_text().replace("Backtested by phone", "").replace("Signed paper", "")
	assert "Adler" not in text
	found = ENGLISH.search(text)
	assert not found, text[max(0, found.start() - 60) : found.end() + 60]
	assert overflow(page) <= 0
	assert barriers(page) == []
	shown.locator('[data-pf-key="events"]').click()
	told = page.locator(".modal:visible .pf-rows-box")
	expect(told).to_contain_text("您无权查看")
	assert orders[0] not in told.inner_text()
	close_dialog(page)
	page.emulate_media(color_scheme="dark")
	page.evaluate("() => document.documentElement.setAttribute('data-theme', 'dark')")
	assert barriers(page) == []
	execute("frappe.delete_doc", doctype=TYPE, name="Backtested by phone")
