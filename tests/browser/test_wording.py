"""Writing a reason: what says nothing is said while one types, a scenario goes in by one click, and what was done as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Hands, barriers, event_in, open_form, overflow, requests_of_ours, settle

SEED = "perf_flow.tests.seed."
ASSESS, COMPOSE = "POST api.wording.assess", "POST api.wording.compose"
PROMPT = "[which papers, and when they arrived]"


@pytest.fixture(scope="module")
def world(world: dict[str, Any], execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, their password, and the event types: see perf_flow/tests/seed.py."""
	execute(SEED + "prompt", key="max", on=False)
	execute(SEED + "without_templates", key="max")
	return world


@pytest.fixture
def waiting(execute: Callable[..., Any], world: dict[str, Any]) -> Callable[..., list[dict[str, Any]]]:
	"""`waiting(2)`: so many events of Anna's wait for Max's mark, and nothing else does."""
	return lambda count: list(execute(SEED + "to_mark", seller="anna", count=count))


@pytest.fixture
def page_of_max(page_for: Callable[..., Any], world: dict[str, Any]) -> Callable[..., Any]:
	return lambda **how: page_for(world["users"]["max"], world["password"], **how)


def test_what_says_nothing_is_said_once_for_each_pause(
	page_of_max: Callable[..., Any],
	waiting: Callable[..., list[dict[str, Any]]],
	execute: Callable[..., Any],
) -> None:
	"""On the marking screen: one request for each pause, the part is quoted, and the mark is given all the same."""
	(one,) = waiting(1)
	page = page_of_max()
	page.goto("/app/flow-marking")
	reason = page.locator(".pf-m-form textarea")
	expect(reason).to_be_visible()
	sent = requests_of_ours(page)
	reason.click()
	expect(page.locator(".pf-w-chip").first).to_be_visible()
	reason.fill("Good job, keep it up")
	part = page.locator(".pf-w-parts .pf-w-part").first
	expect(part).to_be_visible()
	assert sent.count(ASSESS) == 1
	assert str(part.text_content()) in "Good job, keep it up"
	assert barriers(page, ".pf-m-form") == []
	reason.fill("The scan shows stamp and signature of 12 November on page 2.")
	expect(page.locator(".pf-w-good")).to_be_visible()
	assert sent.count(ASSESS) == 2
	reason.fill("Good job")
	expect(part).to_have_text("Good job")
	page.locator('[data-mark="Meets"]').click()
	expect(page.locator(".pf-m-undo")).to_contain_text("Marked Meets")
	assert execute(SEED + "mark_of", event=one["event"]) == "Meets"
	# other tests look at what can be taken back
	page.locator(".pf-m-undo").get_by_role("button", name="Undo").click()
	expect(page.locator(f'.pf-m-in-front[data-event="{one["event"]}"]')).to_be_visible()


STOPWATCH = """(field) => {
	const said = field.closest(".pf-m-form").querySelector(".pf-w-said");
	let typed = 0;
	window.pf_waited = [];
	field.addEventListener("input", () => (typed = performance.now()));
	new MutationObserver(() => {
		requestAnimationFrame(() => pf_waited.push(performance.now() - typed));
	}).observe(said, { childList: true });
}"""
SENTENCES = (
	("Good job.", "vague"),
	("The scan of 12 November shows stamp and signature.", "concrete"),
	("Keep it up, very good.", "vague"),
	("Order 4711 left on 3 March, two days before the date.", "concrete"),
	("Works with great dedication.", "vague"),
	("Page 2 of the contract names the price list of 1 May.", "concrete"),
)


def test_feedback_follows_the_pause_and_one_question_at_a_time(
	page_of_max: Callable[..., Any], waiting: Callable[..., list[dict[str, Any]]]
) -> None:
	"""How long after the last key the answer is shown is printed, as it depends on the machine; what is counted is that
	whoever types on is not asked about each key."""
	waiting(1)
	page = page_of_max()
	page.goto("/app/flow-marking")
	reason = page.locator(".pf-m-form textarea")
	reason.click()
	expect(page.locator(".pf-w-chip").first).to_be_visible()
	sent = requests_of_ours(page)
	reason.evaluate(STOPWATCH)
	waited = []
	for sentence, verdict in SENTENCES:
		before = len(page.evaluate("pf_waited"))
		reason.fill("")
		reason.press_sequentially(sentence, delay=10)
		shown = page.locator(".pf-w-good" if verdict == "concrete" else ".pf-w-parts")
		expect(shown).to_be_visible()
		settle(page)
		times = page.evaluate("pf_waited")
		assert len(times) > before
		waited.append(times[-1])
	asked, keys = sent.count(ASSESS), sum(len(sentence) for sentence, _verdict in SENTENCES)
	assert asked < keys / 2, f"{asked} questions for {keys} keys"
	print(
		f"\nfeedback after the last key: {sorted(round(one) for one in waited)} ms; {asked} questions, {keys} keys"
	)


def test_a_scenario_goes_in_by_one_click_and_has_to_be_finished(
	page_of_max: Callable[..., Any],
	waiting: Callable[..., list[dict[str, Any]]],
	execute: Callable[..., Any],
) -> None:
	"""In the panel: filled in from the event, refused as it is, taken once it says what was seen."""
	(one,) = waiting(1)
	page = page_of_max()
	open_form(page, "Sales Order", one["name"])
	block = event_in(page, one["event"])
	reason = block.locator('[data-form="mark"] textarea')
	reason.click()
	hands = Hands(page)
	hands.click(block.locator(".pf-w-chip", has_text="Contract complete at once"))
	assert hands.interactions == 1
	expect(reason).to_be_focused()
	text = reason.input_value()
	assert f"Sales Order {one['name']}" in text and PROMPT in text
	assert page.evaluate("() => getSelection().toString()") == PROMPT
	block.locator('[data-mark="Meets"]').click()
	expect(block.locator(".pf-notice", has_text="Please say what you saw")).to_be_visible()
	assert execute(SEED + "mark_of", event=one["event"]) == ""
	expect(reason).to_have_value(text)
	reason.fill(text.replace(PROMPT, "contract and price list, on 12 November"))
	block.locator('[data-mark="Meets"]').click()
	expect(block.locator(".pf-result", has_text="Meets")).to_be_visible()
	assert execute(SEED + "mark_of", event=one["event"]) == "Meets"
	block.get_by_role("button", name="Undo").click()
	expect(block.locator('[data-form="mark"]')).to_be_visible()


def test_what_the_person_did_becomes_a_sentence(
	page_of_max: Callable[..., Any], waiting: Callable[..., list[dict[str, Any]]]
) -> None:
	"""Ticked and put in, on a phone."""
	one = waiting(2)[0]
	page = page_of_max(viewport=(360, 740))
	open_form(page, "Sales Order", one["name"])
	block = event_in(page, one["event"])
	reason = block.locator('[data-form="mark"] textarea')
	sent = requests_of_ours(page)
	reason.click()
	deeds = block.locator(".pf-w-deeds")
	deeds.locator("summary").click()
	deeds.get_by_role("button", name="Put in as a sentence").click()
	expect(deeds.get_by_role("alert")).to_contain_text("Tick what you want to mention")
	assert COMPOSE not in sent
	deeds.locator("input").first.check()
	deeds.get_by_role("button", name="Put in as a sentence").click()
	expect(reason).not_to_have_value("")
	text = reason.input_value()
	assert one["name"] in text and one["event"] in text and "you gave “" in text
	expect(block.locator(".pf-w-good")).to_be_visible()
	assert overflow(page) <= 0
