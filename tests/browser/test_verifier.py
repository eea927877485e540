"""A late project becomes an achieved one: from what is missing, through the change note, its signatures and the cause
of the library, to the manager who sees the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.desk import Hands, barriers, event_in, open_form, overflow, pdf

SEED = "perf_flow.tests.seed."
NARROW = (360, 740)


def test_a_late_project_is_achieved_with_a_signed_change_note_and_a_cause(
	page_of: Callable[..., Any], execute: Callable[..., Any]
) -> None:
	made = execute(SEED + "late_product")
	event = made["event"]
	anna = open_form(page_of("anna"), "Business Event", event)
	shown = event_in(anna, event)
	verdict = shown.locator(".pf-verdict").first
	expect(verdict).to_have_attribute("data-achieved", "0")
	expect(verdict).to_contain_text("Every stage was on time")
	expect(verdict).to_contain_text("4 days after")
	expect(verdict).to_contain_text("Not achieved yet. Still missing: Change note on the dates")

	# the cause: a few letters and Enter
	cause = shown.locator('[data-kind="Root Cause"]')
	hands = Hands(anna)
	hands.click(cause.get_by_role("combobox"))
	hands.interactions += 1
	anna.keyboard.type("drawng")
	expect(cause.get_by_role("option").first).to_contain_text("Drawing released late")
	assert barriers(anna, f'[data-event="{event}"]') == []
	hands.interactions += 1
	anna.keyboard.press("Enter")
	expect(cause.locator(".pf-pieces")).to_contain_text("Drawing released late")
	assert hands.interactions <= 3
	paper = shown.locator('[data-kind="File"]')
	hands.choose_file(paper.get_by_role("button", name="Add file"), pdf("change note.pdf"))
	expect(paper).to_contain_text("change note.pdf")
	expect(verdict).to_have_attribute("data-achieved", "0")

	# two departments sign, one on a phone in Chinese
	for who, how in (("quentin", {}), ("boss", {"lang": "zh", "viewport": NARROW})):
		page = open_form(page_of(who, **how), "Business Event", event)
		form = event_in(page, event).locator('[data-form="sign-off"]')
		if how:
			assert overflow(page) <= 0
			expect(form).to_contain_text("认可")
		form.get_by_role("button").first.click()
		expect(form).to_have_count(0)

	# the manager sees what it rests on, and that it stays with the mark
	page = open_form(page_of("max"), "Business Event", event)
	shown = event_in(page, event)
	verdict = shown.locator(".pf-verdict").first
	expect(verdict).to_have_attribute("data-achieved", "1")
	expect(verdict.locator('[data-check="Every stage was on time"]')).to_have_attribute(
		"data-outcome", "Excused"
	)
	expect(verdict.get_by_role("link", name="change note.pdf")).to_be_visible()
	assert barriers(page, f'[data-event="{event}"]') == []
	shown.get_by_role("button", name="Meets", exact=True).click()
	expect(shown.locator('[data-form="mark"]')).to_have_count(0)
	then = shown.get_by_text("What the checks had said then")
	expect(then).to_be_visible()
