"""Flow Health as HR and business owners meet it: each figure opens its rows, on a phone, in Chinese, by keyboard;
and what is shown while something is missing, slow or broken."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import barriers, overflow

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
LIST = re.compile(r"/app/business-event(/view/list)?(\?|$)")


@pytest.fixture(scope="module")
def world(world: dict[str, Any], execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, and two orders that became events."""
	for seller in ("anna", "anna"):
		assert execute(SEED + "order", seller=seller)["event"]
	return world


def card(page: Any, title: str) -> Any:
	"""Frappe's number card of this title, as the app makes it reachable."""
	return page.locator(".ce-block .number-widget-box").filter(
		has=page.locator(".widget-title", has_text=re.compile(rf"^\s*{re.escape(title)}\s*$"))
	)


def chart(page: Any, title: str) -> Any:
	return page.locator(".dashboard-widget-box").filter(
		has=page.locator(".widget-title", has_text=re.compile(rf"^\s*{re.escape(title)}\s*$"))
	)


def open_workspace(page: Any, address: str = "flow-health") -> Any:
	"""Open the workspace and wait until its cards and charts are there, and nothing is shown twice."""
	page.goto(f"/app/{address}")
	expect(page.locator(".ce-block .number-widget-box > .widget-body[aria-label]").first).to_be_visible()
	expect(page.locator(".pf-early")).to_have_count(0)
	return page


def rows(page: Any) -> int:
	"""How many rows the list in front says it has."""
	expect(page).to_have_url(LIST)
	page.wait_for_function(
		"() => window.cur_list && cur_list.doctype === 'Business Event' && !cur_list.loading"
		" && cur_list.total_count !== undefined && frappe.request.ajax_count === 0"
	)
	filters = page.evaluate("() => cur_list.get_filters_for_args()")
	return page.evaluate("(filters) => frappe.db.count('Business Event', { filters })", filters)


def test_each_figure_opens_its_rows(page_of: Callable[..., Any]) -> None:
	page = open_workspace(page_of("hilda"))
	for title in ("Open business events", "Business events past target", "Business events without a person"):
		body = card(page, title).locator(".widget-body")
		expect(body).to_have_attribute("role", "link")
		number = int(body.locator(".number").inner_text().strip())
		body.focus()
		page.keyboard.press("Enter")
		assert rows(page) == number, title
		page.go_back()
		expect(card(page, title).locator(".number")).to_be_visible()

	# a bar of the funnel, and the same as a table
	funnel = chart(page, "From recorded to closed")
	svg = funnel.locator("svg.frappe-chart")
	expect(svg).to_have_attribute("aria-label", re.compile(r"Recorded: \d+"))
	recorded = int(re.findall(r"Recorded: (\d+)", svg.get_attribute("aria-label"))[0])
	assert recorded >= 2
	funnel.locator("rect.bar[data-point-index='0']").click()
	assert rows(page) == recorded
	page.go_back()
	table = chart(page, "From recorded to closed").get_by_role(
		"link", name="From recorded to closed as a table"
	)
	table.click()
	expect(page.locator(".pf-funnel")).to_be_visible()
	steps = page.locator(".pf-funnel-step")
	expect(steps).to_have_count(5)
	assert int(steps.first.locator("a").inner_text()) == recorded
	steps.first.locator("a").click()
	assert rows(page) == recorded


def test_figures_are_there_before_the_workspace(page_of: Callable[..., Any]) -> None:
	"""While Frappe reads the page, the numbers are shown, and lead to their rows."""
	page = page_of("hilda")
	held: list[Any] = []
	page.route("**/frappe.desk.desktop.get_desktop_page*", lambda route: held.append(route))
	page.goto("/app/flow-health")
	early = page.locator(".pf-early-card")
	expect(early.filter(has_text="Open business events")).to_be_visible()
	assert page.locator(".ce-block .number-widget-box").count() == 0
	number = int(early.filter(has_text="Open business events").locator(".number").inner_text())
	early.filter(has_text="Open business events").focus()
	page.keyboard.press("Enter")
	expect(page).to_have_url(LIST)
	for route in held:
		route.continue_()
	assert rows(page) == number


def test_on_a_phone_in_chinese(page_of: Callable[..., Any]) -> None:
	page = open_workspace(page_of("hilda", lang="zh", viewport=PHONE))
	svg = chart(page, "从记录到闭环").locator("svg.frappe-chart")
	expect(svg).to_have_attribute("aria-label", re.compile("已记录: .*已闭环: "))
	assert overflow(page) <= 0
	shown = page.locator(".layout-main-section:visible")
	ours = [
		*shown.locator(
			".number-widget-box .widget-title, .dashboard-widget-box .widget-title"
		).all_inner_texts(),
		*shown.locator(".pf-as-table, .ce-header, .shortcut-widget-box .widget-title").all_inner_texts(),
	]
	assert len(ours) > 20
	assert [text for text in ours if not re.search(r"[\u4e00-\u9fff]", text)] == []
	for part in (
		".number-widget-box > .widget-body",
		".dashboard-widget-box svg.frappe-chart",
		".pf-as-table",
	):
		assert barriers(page, part) == []
	page.goto("/app/query-report/Where%20Chains%20Stall")
	expect(page.locator(".pf-funnel-step")).to_have_count(5)
	text = page.locator(".form-message:visible").inner_text()
	assert not re.search(r"[A-Za-z]{3,}", text), text
	assert overflow(page) <= 0
	assert barriers(page, ".pf-funnel") == []


def test_what_fails_can_be_tried_again(page_of: Callable[..., Any]) -> None:
	page = page_of("hilda")
	broken = "**/frappe.desk.query_report.run"
	page.route(broken, lambda route: route.fulfill(status=500, body="{}", content_type="application/json"))
	open_workspace(page)
	week = chart(page, "Flow health by week")
	expect(week.get_by_role("alert")).to_contain_text("These figures could not be read.")
	page.unroute(broken)
	page.keyboard.press("Escape")
	week.get_by_role("button", name="Try again").click()
	expect(week.get_by_role("alert")).to_have_count(0)
	expect(week.locator("svg.frappe-chart, .pf-chart-note >> visible=true").first).to_be_visible()


def test_an_outsider_sees_nothing_and_is_told_so(
	page_of: Callable[..., Any], api_as: Callable[..., Any], world: dict[str, Any]
) -> None:
	outsider = api_as(world["users"]["otto"], world["password"])
	figures = outsider.requests.get("/api/method/perf_flow.api.desk.figures?workspace=Flow Health").json()[
		"message"
	]
	assert {figure["value"] for figure in figures} <= {0, "— (0)"} and figures
	refused = outsider.requests.get("/api/method/perf_flow.api.desk.figures?workspace=Users")
	assert refused.status == 403
	page = open_workspace(page_of("otto"))
	expect(card(page, "Flow health of 12 weeks")).to_contain_text("nothing counted yet")
	expect(card(page, "Open business events").locator(".number")).to_have_text("0")
	expect(chart(page, "Flow health by department")).to_contain_text("Nothing counted yet.")
	expect(page.locator(".ce-block").get_by_text("Events Without a Person", exact=True)).to_have_count(0)
	page.goto("/app/query-report/Flow%20Health")
	expect(page.locator(".perf-flow-nothing")).to_contain_text("Set an earlier first week")
	said = json.dumps(page.locator(".layout-main:visible").inner_text())
	assert world["type"] not in said and "Anna" not in said
