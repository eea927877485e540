"""The event flow as people meet it: on the order, on the event, on a phone, in two languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_plus

import pytest
from playwright.sync_api import expect

from scripts.sites import ADMIN_PASSWORD
from tests.browser.conftest import SITE
from tests.browser.desk import (
	PDF,
	Hands,
	event_in,
	form_url,
	open_form,
	panel,
	pdf,
	requests_of_ours,
	settle,
)

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
REASON = "Signed and stamped on the day of the order."
FOREIGN_WORDS = {"PDF", "JPG", "MB", "ERP", "Ctrl", "Enter"}  # the same in Chinese


@pytest.fixture
def order(execute: Callable[..., Any], world: dict[str, Any]) -> dict[str, str]:
	"""Anna's submitted order, and its event."""
	made = execute(SEED + "order", seller="anna")
	assert made["event"], "the order was recorded as a business event"
	return made


def health_of(page: Any, event_type: str) -> dict[str, float]:
	"""The Flow Health report by event type, as its reader sees it: the figures of one type."""

	def is_by_type(answer: Any) -> bool:
		asked = unquote_plus(f"{answer.url} {answer.request.post_data or ''}")
		return "query_report.run" in answer.url and '"group_by":"Event Type"' in asked

	with page.expect_response(is_by_type) as answer:
		page.goto("/app/query-report/Flow%20Health?group_by=Event%20Type")
	rows = [row for row in answer.value.json()["message"]["result"] if isinstance(row, dict)]
	found = next((row for row in rows if row["group"] == event_type), None)
	if found:
		expect(page.locator(".datatable").get_by_text(event_type, exact=True).first).to_be_visible()
	return found or {"counted": 0, "in_time": 0, "running": 0, "percent": None}


def test_order_is_evidenced_marked_confirmed_closed_and_sealed(
	page_of: Callable[..., Any],
	world: dict[str, Any],
	execute: Callable[..., Any],
	bench: Any,
	api_as: Callable[..., Any],
) -> None:
	"""Three people in three browsers take one order through the whole flow."""
	draft = execute(SEED + "order", seller="anna", submit=False)["name"]
	anna, max_, quentin = page_of("anna"), page_of("max"), page_of("quentin")
	report = max_.context.new_page()
	before = health_of(report, world["type"])

	# the sales person submits the order; what is asked appears beside it
	open_form(anna, "Sales Order", draft)
	expect(panel(anna)).to_have_text("")
	anna.locator(".page-actions:visible").get_by_role("button", name="Submit").click()
	anna.locator(".modal:visible").get_by_role("button", name="Yes").click()
	event = panel(anna).locator("[data-event]")
	expect(event).to_contain_text(world["type"])
	name = event.get_attribute("data-event")
	assert name == execute(SEED + "event_of", order=draft)
	expect(event).to_contain_text("Anna Adler (you)")
	expect(event).to_contain_text(re.compile(r"Due in \d+ (hours|days)"))
	requirement = event.locator(".pf-requirement")
	expect(requirement).not_to_have_class(re.compile("pf-satisfied"))

	# the manager has the order open before there is anything to mark
	open_form(max_, "Sales Order", draft)
	expect(event_in(max_, name)).to_be_visible()
	expect(event_in(max_, name).locator('[data-form="mark"]')).to_have_count(0)
	max_.evaluate("() => (window.the_same_page = true)")
	max_.wait_for_function("() => frappe.realtime.socket && frappe.realtime.socket.connected")

	# at most two interactions complete the file requirement
	hands = Hands(anna)
	hands.choose_file(requirement.get_by_role("button", name="Add file"), pdf())
	expect(requirement).to_have_class(re.compile("pf-satisfied"))
	expect(requirement).to_contain_text("signed confirmation.pdf")
	assert hands.interactions <= 2

	# the manager sees it come, without reloading, and marks it with a reason
	mark = event_in(max_, name).locator('[data-form="mark"]')
	expect(mark).to_be_visible()
	assert max_.evaluate("() => window.the_same_page") is True
	mark.get_by_role("textbox").fill(REASON)
	mark.get_by_role("button", name="Meets", exact=True).click()
	expect(event_in(max_, name).locator(".pf-result")).to_have_text("Meets")
	expect(event_in(anna, name).locator(".pf-result")).to_have_text("Meets")

	# quality may not read the order, and confirms on the event; the mark is not theirs to see
	denied = api_as(world["users"]["quentin"], world["password"]).requests
	assert denied.get(f"/api/resource/Sales Order/{draft}").status == 403
	open_form(quentin, "Business Event", name)
	form = event_in(quentin, name).locator('[data-form="confirmation"]')
	form.get_by_role("button", name="Quality", exact=True).click()
	form.get_by_role("textbox").fill("One more inspection of the first lot.")
	expect(quentin.locator("body")).not_to_contain_text(REASON)
	form.get_by_role("button", name="Confirm impact").click()
	expect(event_in(quentin, name)).to_contain_text("Closed")
	expect(form).to_have_count(0)
	expect(event_in(anna, name)).to_have_class(re.compile("pf-event-closed"))

	# the jobs run; the ledger is sealed and intact
	execute("perf_flow.flow.jobs.drain_and_seal")
	sealed = execute(SEED + "unsealed", event=name)
	assert sealed["entries"] >= 4 and sealed["unsealed"] == 0
	verified = bench.run(bench.frappe("--site", SITE, "perf-flow", "verify"), quiet=True, check=False)
	assert verified.returncode == 0, verified.stdout
	assert "The ledger is intact" in verified.stdout

	# and the figure has moved
	after = health_of(report, world["type"])
	assert after["in_time"] == before["in_time"] + 1
	assert after["counted"] == before["counted"] + 1
	assert after["percent"] == pytest.approx(100 * after["in_time"] / after["counted"])
	expect(report.locator(".datatable")).to_contain_text(f"{after['percent']:.1f}%")


def test_panel_on_a_chinese_phone(
	page_of: Callable[..., Any],
	execute: Callable[..., Any],
	world: dict[str, Any],
	api_as: Callable[..., Any],
) -> None:
	"""Everything the panel says is Chinese, nothing is wider than the phone, and the file input works."""
	order = execute(SEED + "order", seller="lina", customer="江河机械", submit=False)["name"]
	page = page_of("lina", lang="zh", viewport=PHONE)
	api_as(world["users"]["lina"], world["password"]).update("Sales Order", order, docstatus=1)
	name = execute(SEED + "event_of", order=order)
	open_form(page, "Sales Order", order)
	event = event_in(page, name)
	expect(event).to_be_visible()
	expect(event).to_contain_text("客户合同确认")
	expect(event).to_contain_text("证据")
	check_chinese_phone(page)

	# what the ERP shows is ticked; a photo of the camera would do as well as a file
	expect(event.locator('[data-kind="Field"]')).to_have_class(re.compile("pf-satisfied"))
	file = event.locator('[data-kind="File"]')
	expect(file.get_by_role("button", name="拍照")).to_be_visible()
	expect(file.locator("input[type=file][capture=environment]")).to_have_attribute("accept", "image/*")
	# of its own, so that no document of another test is named as one that had it before
	own = {**pdf("确认函.pdf"), "buffer": PDF + order.encode()}
	file.locator("input[type=file]").first.set_input_files(own)
	expect(file).to_have_class(re.compile("pf-satisfied"))
	expect(file).to_contain_text("确认函.pdf")
	check_chinese_phone(page)

	# the manager's step in Chinese as well
	manager = page_of("wang", lang="zh", viewport=PHONE)
	open_form(manager, "Sales Order", order)
	mark = event_in(manager, name).locator('[data-form="mark"]')
	expect(mark).to_be_visible()
	check_chinese_phone(manager)
	mark.get_by_role("button", name="需重做").click()
	expect(mark.locator(".pf-notice")).to_be_visible()  # a reason is needed
	mark.get_by_role("textbox").fill("扫描件上看不到日期。")
	mark.get_by_role("button", name="需重做").click()
	expect(event_in(manager, name).locator(".pf-rounds")).to_be_visible()
	check_chinese_phone(manager)


def check_chinese_phone(page: Any) -> None:
	"""No word of the panel is in another language, and nothing of it lies outside the screen.

	Why somebody was asked (the title of their name) is kept in the site's language, which is English here.
	"""
	texts = panel(page).evaluate(
		"""(root) => {
			const walker = document.createTreeWalker(root.closest(".perf-flow-cover") || root, NodeFilter.SHOW_TEXT);
			const found = [];
			while (walker.nextNode()) found.push(walker.currentNode.textContent);
			for (const one of root.querySelectorAll("[title]:not(.pf-who), [placeholder], [aria-label]"))
				for (const name of ["title", "placeholder", "aria-label"])
					if (one.hasAttribute(name)) found.push(one.getAttribute(name));
			return found;
		}"""
	)
	text = "\n".join(texts).replace("确认函.pdf", "").replace("Quentin Quist", "")
	# what can be put into a reason names the order
	text = re.sub(r"SAL-ORD-\d+-\d+", "", text)
	foreign = set(re.findall(r"[A-Za-z]{2,}", text)) - FOREIGN_WORDS
	assert not foreign, f"not Chinese: {foreign} in\n{text}"
	width = page.evaluate("() => document.scrollingElement.clientWidth")
	assert page.evaluate("() => document.scrollingElement.scrollWidth") <= width
	too_wide = panel(page).evaluate(
		"""(root, width) => [...root.querySelectorAll("*")]
			.filter((one) => !one.classList.contains("pf-spoken") && one.getBoundingClientRect().right > width + 0.5)
			.map((one) => one.outerHTML.slice(0, 120))""",
		width,
	)
	assert not too_wide


def test_file_is_dropped_on_its_requirement(page_of: Callable[..., Any], order: dict[str, str]) -> None:
	"""A file dropped on the requirement is its evidence, and no attachment of the order."""
	page = page_of("anna")
	open_form(page, "Sales Order", order["name"])
	requirement = event_in(page, order["event"]).locator(".pf-requirement")
	file = page.evaluate_handle(
		"""() => {
			const held = new DataTransfer();
			held.items.add(new File(["%PDF-1.4 dropped"], "dropped.pdf", { type: "application/pdf" }));
			return held;
		}"""
	)
	requirement.dispatch_event("dragenter", {"dataTransfer": file})
	expect(requirement).to_have_class(re.compile("pf-over"))
	requirement.dispatch_event("drop", {"dataTransfer": file})
	expect(requirement).to_have_class(re.compile("pf-satisfied"))
	expect(requirement).not_to_have_class(re.compile("pf-over"))
	expect(requirement.locator(".pf-piece")).to_contain_text("dropped.pdf")
	open_form(page, "Sales Order", order["name"])
	expect(event_in(page, order["event"])).to_contain_text("dropped.pdf")
	expect(page.locator(".page-container:visible .attachment-row")).to_have_count(0)


def test_outsider_sees_no_trace(
	page_of: Callable[..., Any],
	order: dict[str, str],
	world: dict[str, Any],
	api_as: Callable[..., Any],
) -> None:
	"""Who may read the order, but not its event, is shown nothing of it anywhere."""
	page = page_of("otto")
	with page.expect_response(lambda answer: "perf_flow.api.panel.for_document" in answer.url) as asked:
		open_form(page, "Sales Order", order["name"])
	assert asked.value.status == 200
	assert order["event"] not in asked.value.text()
	assert asked.value.json()["message"]["events"] == []
	settle(page)
	assert panel(page).inner_text() == ""
	for trace in (order["event"], world["type"], "Anna Adler", "Performance Flow"):
		expect(page.locator(".page-container:visible")).not_to_contain_text(trace)

	page.goto(form_url("Business Event", order["event"]))
	expect(page.get_by_text(re.compile("permi(t|ss)", re.IGNORECASE)).first).to_be_visible()
	expect(page.locator(".perf-flow [data-event]")).to_have_count(0)
	expect(page.locator("body")).not_to_contain_text(world["type"])

	api = api_as(world["users"]["otto"], world["password"])
	assert api.list("Business Event") == []
	answer = api.requests.get("/api/method/perf_flow.api.panel.for_event", params={"event": order["event"]})
	assert answer.status == 403
	unknown = api.requests.get("/api/method/perf_flow.api.panel.for_event", params={"event": "no-such"})
	assert unknown.status == 403, "an event that does not exist is answered in the same way"


def test_watched_form_asks_once_and_others_never(
	page_of: Callable[..., Any], order: dict[str, str], world: dict[str, Any]
) -> None:
	"""The other forms of the desk pay nothing; a watched one makes one request."""
	page = page_of("anna")
	made = requests_of_ours(page)
	open_form(page, "Customer", world["customer"])
	settle(page)
	assert made == []
	open_form(page, "Sales Order", order["name"])
	expect(event_in(page, order["event"])).to_be_visible()
	settle(page)
	assert made == ["GET api.panel.for_document"]


def test_refusals_are_said_where_they_happen(
	page_of: Callable[..., Any],
	order: dict[str, str],
	world: dict[str, Any],
	api_as: Callable[..., Any],
) -> None:
	"""A wrong file is refused in words, by the page and by the server; an owner cannot mark."""
	page = page_of("anna")
	open_form(page, "Sales Order", order["name"])
	requirement = event_in(page, order["event"]).locator(".pf-requirement")
	expect(requirement).to_be_visible()
	sent = requests_of_ours(page)
	requirement.locator("input[type=file]").first.set_input_files(
		{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"hello"}
	)
	expect(requirement.locator(".pf-error")).to_contain_text("This file type is not taken here")
	expect(requirement.locator(".pf-error")).to_contain_text("PDF")
	assert sent == [], "it was not sent at all"
	requirement.get_by_role("button", name="Dismiss notes.txt").click()
	expect(requirement.locator(".pf-error")).to_have_count(0)

	# what only the server can know is said in the same place: the same paper twice
	add = requirement.locator("input[type=file]").first
	add.set_input_files(pdf())
	expect(requirement).to_have_class(re.compile("pf-satisfied"))
	add.set_input_files(pdf("the same again.pdf"))
	expect(requirement.locator(".pf-error")).to_contain_text("the same again.pdf")
	expect(requirement.locator(".pf-error .pf-upload-message")).not_to_be_empty()
	expect(requirement.locator(".pf-piece")).to_have_count(1)

	# a mark is not offered to the owner, and refused when asked for all the same
	expect(event_in(page, order["event"]).locator('[data-form="mark"]')).to_have_count(0)
	answer = api_as(world["users"]["anna"], world["password"]).requests.post(
		"/api/method/perf_flow.api.steps.mark",
		data={"event": order["event"], "mark": "Meets", "reason": "I did well"},
	)
	assert answer.status in (403, 417)
	said = json.loads(json.loads(answer.json()["_server_messages"])[0])["message"]
	assert said


def test_administrator_edits_conditions_with_the_filter_control(
	page_for: Callable[..., Any], api: Any, execute: Callable[..., Any]
) -> None:
	"""Conditions are the desk's filter rows, and are saved as such."""
	name = execute(SEED + "draft_type", title="Large orders")
	page = page_for("Administrator", ADMIN_PASSWORD)
	open_form(page, "Business Event Type", name)
	conditions = page.locator('[data-fieldname="filters_html"]:visible')
	conditions.locator(".add-filter").click()
	row = conditions.locator(".filter-box")
	field = row.locator(".fieldname-select-area input")
	field.fill("Grand Total")
	field.press("ArrowDown")
	row.locator(".fieldname-select-area li").filter(has_text=re.compile("^Grand Total$")).first.click()
	row.locator("select.condition").select_option(">")
	row.locator(".filter-field input").fill("1000")
	page.locator(".page-actions:visible .primary-action").click()
	page.wait_for_function("() => !cur_frm.is_dirty() && !cur_frm.saving")
	stored = json.loads(api.get("Business Event Type", name)["filters"])
	assert [row[:3] for row in stored] == [["Sales Order", "grand_total", ">"]]
	assert float(stored[0][3]) == 1000

	# they are there again when the form is opened anew
	page.reload()
	expect(conditions.locator("select.condition")).to_have_value(">")
	expect(conditions.locator(".filter-field input")).to_have_value(re.compile(r"1[, ]?000"))
