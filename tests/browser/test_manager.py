"""What a manager does: from the workspace to the mark, by keyboard, for many at once, on a phone, and while away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Hands, barriers, overflow, requests_of_ours

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
SCREEN = ".pf-screen-marking"
REASON = "The customer's stamp is missing on page 2; asked for a new scan."


@pytest.fixture(scope="module")
def world(world: dict[str, Any], execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, their password, and the event types: see perf_flow/tests/seed.py."""
	for key in ("max", "wang", "otto"):
		execute(SEED + "prompt", key=key, on=False)
		execute(SEED + "without_templates", key=key)
	return world


@pytest.fixture
def waiting(execute: Callable[..., Any], world: dict[str, Any]) -> Callable[..., list[str]]:
	"""`waiting(3)`: so many events of Anna's wait for Max's mark, and nothing else does."""

	def make(count: int) -> list[str]:
		return [one["event"] for one in execute(SEED + "to_mark", seller="anna", count=count)]

	return make


def open_screen(page: Any) -> None:
	"""Open the screen, and wait for the first event."""
	page.goto("/app/flow-marking")
	expect(page.locator(".pf-m-marks")).to_be_visible()


def in_front(page: Any) -> str:
	"""The event in front."""
	return str(page.locator(".pf-m-in-front").get_attribute("data-event"))


def announced(page: Any) -> Any:
	"""What is said to screen readers."""
	return page.locator(f"{SCREEN} > .pf-spoken")


def test_one_event_is_marked_by_two_interactions_from_the_workspace(
	page_of: Callable[..., Any], waiting: Callable[..., list[str]], execute: Callable[..., Any]
) -> None:
	"""The card leads to the first event with its evidence shown; one key marks it and brings up the next."""
	first, second = waiting(2)
	page = page_of("max")
	page.goto("/app/team-flow")
	card = page.locator(".number-widget-box").filter(has_text="Waiting for my mark")
	expect(card.locator(".number")).to_have_text("2")
	hands = Hands(page)
	hands.click(card.locator(".widget-body"))
	expect(page.locator(".pf-m-pdf")).to_be_visible()
	assert in_front(page) == first
	expect(page.locator(".pf-m-seen")).to_have_text("opened")
	hands.interactions += 1
	page.keyboard.press("1")
	expect(page.locator(".pf-m-undo")).to_contain_text("Marked Meets: Anna Adler")
	assert hands.interactions <= 2
	assert execute(SEED + "mark_of", event=first) == "Meets"
	expect(page.locator(f'.pf-m-in-front[data-event="{second}"]')).to_be_visible()
	expect(announced(page)).to_contain_text("Next: Anna Adler")
	assert barriers(page, SCREEN) == []

	# and back again within five minutes
	expect(page.locator(".pf-m-clock")).to_have_text(re.compile(r"^4:\d\d$"))
	page.reload()
	expect(page.locator(".pf-m-undo")).to_contain_text("Marked Meets: Anna Adler")
	expect(page.locator(f'.pf-m-in-front[data-event="{second}"]')).to_be_visible()
	page.keyboard.press("u")
	expect(page.locator(f'.pf-m-in-front[data-event="{first}"]')).to_be_visible()
	assert execute(SEED + "mark_of", event=first) == ""


def test_keys_lead_through_the_queue_and_never_fire_while_one_writes(
	page_of: Callable[..., Any], waiting: Callable[..., list[str]], execute: Callable[..., Any]
) -> None:
	"""Next, previous, a reason where the mark needs one, one's own templates, and the list of keys."""
	first, second, third = waiting(3)
	page = page_of("max")
	open_screen(page)
	sent = requests_of_ours(page)
	reason = page.locator(".pf-m-form textarea")
	page.keyboard.press("j")
	expect(page.locator(f'.pf-m-in-front[data-event="{second}"]')).to_be_visible()
	page.keyboard.press("ArrowRight")
	expect(page.locator(f'.pf-m-in-front[data-event="{third}"]')).to_be_visible()
	page.keyboard.press("k")
	page.keyboard.press("ArrowLeft")
	expect(page.locator(f'.pf-m-in-front[data-event="{first}"]')).to_be_visible()

	# a mark that needs a reason asks for it; keys are letters while it is written
	page.keyboard.press("2")
	expect(reason).to_be_focused()
	expect(page.locator('.pf-m-form [role="alert"]')).to_contain_text("needs a reason")
	page.keyboard.type("1 2 3 u j k ? x")
	expect(reason).to_have_value("1 2 3 u j k ? x")
	expect(page.locator(".modal.show")).to_have_count(0)
	assert in_front(page) == first
	assert not [call for call in sent if "steps." in call]

	# the reason becomes a template
	reason.fill(REASON)
	page.get_by_role("button", name="Save this reason as a template").click()
	dialog = page.locator(".modal.show")
	dialog.locator('[data-fieldname="title"] input').fill("Stamp missing")
	dialog.get_by_role("button", name="Save", exact=True).click()
	expect(page.locator(".pf-m-chip", has_text="Stamp missing")).to_be_visible()
	expect(dialog).to_have_count(0)
	reason.press("Control+Enter")
	expect(page.locator(".pf-m-undo")).to_contain_text("Marked Needs Improvement")
	assert execute(SEED + "mark_of", event=first) == "Needs Improvement"

	# one key puts it in, to be changed before it is sent
	expect(page.locator(f'.pf-m-in-front[data-event="{second}"]')).to_be_visible()
	expect(reason).to_have_value("")
	page.keyboard.press("4")
	expect(reason).to_have_value(REASON)
	expect(reason).to_be_focused()
	page.keyboard.type(" Again.")
	page.keyboard.press("Escape")
	expect(reason).not_to_be_focused()
	page.keyboard.press("3")
	expect(page.locator(".pf-m-undo")).to_contain_text("Marked Redo")
	assert execute(SEED + "mark_of", event=second) == ""  # its next round has none yet

	page.keyboard.press("?")
	expect(page.locator(".modal.show")).to_contain_text("Keys on this screen")
	page.keyboard.press("1")
	expect(page.locator(".modal.show dl")).to_be_visible()
	assert execute(SEED + "mark_of", event=third) == "", "no mark while a dialog is open"


def test_one_mark_for_many_only_where_everything_was_opened(
	page_of: Callable[..., Any], waiting: Callable[..., list[str]], execute: Callable[..., Any]
) -> None:
	"""The screen says what was not opened, the server refuses it, and both are marked once it was."""
	first, second = waiting(2)
	page = page_of("max")
	open_screen(page)
	expect(page.locator(f'.pf-m-row[data-event="{first}"] .pf-m-opened')).to_have_text("all opened")
	expect(page.locator(f'.pf-m-row[data-event="{second}"] .pf-m-opened')).to_have_text("0 of 1 opened")
	for event in (first, second):
		page.locator(f'.pf-m-row[data-event="{event}"] .pf-m-check').check()
	page.get_by_role("button", name="One mark for 2 events").click()
	page.locator('.pf-m-form [data-mark="Meets"]').click()
	expect(page.locator('.pf-m-form [role="alert"]')).to_contain_text("Not all evidence was opened yet")
	refused = page.evaluate(
		"""async (events) => (await frappe.xcall("perf_flow.api.marking.mark_many", { events, mark: "Meets" }))""",
		[second],
	)
	assert [one["done"] for one in refused] == [False]
	assert "Signed confirmation" in refused[0]["error"]

	page.locator(f'.pf-m-together-row[data-event="{second}"]').get_by_role("button").click()
	expect(page.locator(f'.pf-m-row[data-event="{second}"] .pf-m-opened')).to_have_text("all opened")
	page.keyboard.press("b")
	expect(page.locator(".pf-m-together .pf-m-lack")).to_have_count(0)
	assert barriers(page, SCREEN) == []
	page.keyboard.press("1")
	expect(page.locator(".pf-m-undo")).to_contain_text("2 events marked Meets")
	expect(page.locator(".pf-blank")).to_contain_text("Nothing")
	assert [execute(SEED + "mark_of", event=e) for e in (first, second)] == ["Meets", "Meets"]
	page.keyboard.press("u")
	expect(page.locator(".pf-m-row")).to_have_count(2)
	assert [execute(SEED + "mark_of", event=e) for e in (first, second)] == ["", ""]


def test_a_phone_in_chinese(
	page_of: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any]
) -> None:
	"""The same by touch, without sideways scrolling, in the reader's language."""
	(made,) = execute(SEED + "to_mark", seller="lina", count=1, customer="江河机械")
	page = page_of("wang", lang="zh", viewport=PHONE)
	open_screen(page)
	assert overflow(page) <= 0
	screen = page.locator(SCREEN)
	expect(screen).to_contain_text("可以标注")
	expect(screen.locator("h2")).to_have_text("李娜")
	assert barriers(page, SCREEN) == []
	screen.locator('[data-mark="Meets"]').click()
	expect(page.locator(".pf-m-undo")).to_contain_text("已标注“达标”：李娜")
	assert overflow(page) <= 0
	assert execute(SEED + "mark_of", event=made["event"]) == "Meets"
	page.goto("/app/team-flow")
	expect(page.locator(".number-widget-box").filter(has_text="等待我标注").locator(".number")).to_have_text(
		"0"
	)
	assert overflow(page) <= 0


def test_who_stands_in_is_set_from_the_screen(
	page_of: Callable[..., Any], waiting: Callable[..., list[str]]
) -> None:
	"""A line says who is asked meanwhile; it is set and cleared in a small dialog."""
	waiting(1)
	page = page_of("max")
	page.goto("/app/flow-marking?away=1")
	dialog = page.locator(".modal.show")
	expect(dialog).to_contain_text("While I am away")
	dialog.locator('[data-fieldname="away_until"] input').fill(
		page.evaluate(
			"() => frappe.datetime.str_to_user(frappe.datetime.add_days(frappe.datetime.get_today(), 3))"
		)
	)
	# the answer about everybody comes last, and does not hold Quentin
	late: list[Any] = []
	page.route(
		"**/perf_flow.api.away.people",
		lambda route: (
			route.continue_() if "txt=Quentin" in (route.request.post_data or "") else late.append(route)
		),
	)
	person = dialog.locator('[data-fieldname="delegate"] input')
	person.fill("Quentin")
	dialog.locator("li", has_text="Quentin Quist").first.click()
	assert late
	for route in late:
		with page.expect_response("**/perf_flow.api.away.people"):
			route.fulfill(json={"message": [{"value": "HR-EMP-0", "label": "Somebody Else"}]})
	expect(person).to_have_value(re.compile("Quentin Quist"))
	dialog.get_by_role("button", name="Save", exact=True).click()
	line = page.locator(".pf-m-away")
	expect(line).to_contain_text("Quentin Quist is asked in your place")

	other = page_of("quentin")
	other.goto("/app/flow-marking")
	expect(other.locator(".pf-m-away")).to_contain_text("You stand in for Max Moser")

	line.get_by_role("button", name="Change").click()
	dialog.get_by_role("button", name="I am not away").click()
	expect(line).to_contain_text("somebody can be asked in your place")


def test_whoever_has_no_team_is_told_so(
	page_of: Callable[..., Any], waiting: Callable[..., list[str]]
) -> None:
	"""No figures of others, no events of others; words instead of an empty page."""
	(event,) = waiting(1)
	page = page_of("otto")
	page.goto("/app/flow-marking")
	expect(page.locator(".pf-blank")).to_contain_text("Nobody reports to you")
	page.goto(f"/app/flow-marking?event={event}")
	expect(page.locator(".pf-m-main")).to_contain_text("not permitted")
	expect(page.locator(SCREEN)).not_to_contain_text("Anna")
	page.goto("/app/team-flow")
	card = page.locator(".number-widget-box").filter(has_text="Late in my team")
	expect(card.locator(".number")).to_have_text("0")
	expect(page.locator(".layout-main-section").first).to_contain_text("If nobody reports to you")
