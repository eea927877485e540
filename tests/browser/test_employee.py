"""What an employee does: files from anywhere, undo, My flow, and the prompt at login."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Hands, barriers, event_in, open_form, overflow, panel, requests_of_ours, settle

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
FORM = ".page-container:visible .form-layout"


@pytest.fixture
def order(execute: Callable[..., Any], world: dict[str, Any]) -> dict[str, str]:
	"""Anna's submitted order, of which one file is asked, and its event."""
	return dict(execute(SEED + "order", seller="anna"))


@pytest.fixture
def overdue(execute: Callable[..., Any], world: dict[str, Any]) -> dict[str, str]:
	"""An order of Anna's whose evidence is overdue, and its event."""
	return dict(execute(SEED + "order", seller="anna", customer=execute(SEED + "urgent")))


def files(page: Any, *names: str) -> Any:
	"""Files as a drag or the clipboard holds them, each with words of its own."""
	return page.evaluate_handle(
		"""(names) => {
			const held = new DataTransfer();
			const picture = () => {
				const canvas = document.createElement("canvas");
				const brush = canvas.getContext("2d");
				for (let x = 0; x < canvas.width; x += 10) {
					brush.fillStyle = `hsl(${Math.random() * 360}, 80%, 50%)`;
					brush.fillRect(x, 0, 10, canvas.height);
				}
				const text = atob(canvas.toDataURL("image/png").split(",")[1]);
				return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
			};
			for (const name of names) {
				const [ending] = name.split(".").slice(-1);
				const words = `%PDF-1.4 ${name} ${crypto.randomUUID()}`;
				const type = { pdf: "application/pdf", png: "image/png" }[ending] || "text/plain";
				held.items.add(new File([ending === "png" ? picture() : words], name, { type }));
			}
			return held;
		}""",
		list(names),
	)


def drag_in(page: Any, *names: str) -> Any:
	"""Hold files over the middle of the form; returns the overlay."""
	held = {"dataTransfer": files(page, *names)}
	page.locator(FORM).dispatch_event("dragenter", held)
	return page.locator(".pf-drop"), held


def paste(page: Any, *names: str, text: str = "", into: str = "body") -> bool:
	"""Paste files; returns whether the page took them."""
	return bool(
		page.locator(into).first.evaluate(
			"""(place, [held, text]) => {
				if (text) held.items.add(text, "text/plain");
				const event = new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true });
				place.dispatchEvent(event);
				return event.defaultPrevented;
			}""",
			[files(page, *names), text],
		)
	)


def test_a_file_is_dropped_anywhere_on_the_form_and_undone(
	page_of: Callable[..., Any], order: dict[str, str]
) -> None:
	"""With one requirement the whole form is its target; the attachments keep a place; undo by hand and by key."""
	page = page_of("anna")
	open_form(page, "Sales Order", order["name"])
	event = event_in(page, order["event"])
	expect(event).to_contain_text(re.compile(r"Your turn: add the evidence by .+ Then Max Moser marks it"))
	requirement = event.locator(".pf-requirement")
	hands = Hands(page)

	overlay, held = drag_in(page, "signed.pdf")
	expect(overlay.locator(".pf-drop-target")).to_have_count(1)
	hands.interactions += 1  # the drop
	overlay.locator(".pf-drop-title").dispatch_event("drop", held)
	expect(requirement).to_have_class(re.compile("pf-satisfied"))
	assert hands.interactions <= 2
	expect(overlay).to_have_count(0)
	expect(event).to_contain_text("Nothing for you to do now: the evidence is complete, Max Moser marks it")
	expect(event.locator(".pf-done")).to_contain_text("signed.pdf was added")
	assert barriers(page) == []
	event.get_by_role("button", name="Undo").click()
	expect(requirement).not_to_have_class(re.compile("pf-satisfied"))
	expect(event.locator(".pf-done")).to_have_count(0)

	# the focus is where a file is added again; after that, the key undoes it as well
	expect(requirement.get_by_role("button", name="Add file")).to_be_focused()
	overlay, held = drag_in(page, "again.pdf")
	overlay.locator(".pf-drop-target").dispatch_event("drop", held)
	expect(requirement).to_have_class(re.compile("pf-satisfied"))
	expect(requirement.get_by_role("button", name="Add another file")).to_be_focused()
	page.keyboard.press("Control+z")
	expect(requirement).not_to_have_class(re.compile("pf-satisfied"))

	# words that are dragged, and images of the page itself, are none of its business; nor is what lies in a dialog
	page.locator(FORM).dispatch_event(
		"dragenter",
		{
			"dataTransfer": page.evaluate_handle(
				"() => { const t = new DataTransfer(); t.setData('text/plain', 'words'); return t; }"
			)
		},
	)
	page.locator(FORM).dispatch_event("dragstart")
	drag_in(page, "image.png")
	expect(overlay).to_have_count(0)
	page.locator(FORM).dispatch_event("dragend")

	# at the foot, the file goes where Frappe puts files dropped on a form
	overlay, held = drag_in(page, "only attached.pdf")
	expect(overlay).to_have_count(1)
	overlay.locator(".pf-drop-else").dispatch_event("drop", held)
	expect(page.locator(".modal.show")).to_contain_text("only attached.pdf")
	expect(overlay).to_have_count(0)
	expect(requirement).not_to_have_class(re.compile("pf-satisfied"))
	drag_in(page, "over a dialog.pdf")
	expect(overlay).to_have_count(0)


def test_several_files_and_a_screenshot_find_their_places(
	page_of: Callable[..., Any], execute: Callable[..., Any], world: dict[str, Any]
) -> None:
	"""A target for each requirement; several files at once; a pasted picture is named, and asked where it belongs."""
	customer = execute(SEED + "papers")
	order = execute(SEED + "order", seller="anna", customer=customer)
	page = page_of("anna")
	open_form(page, "Sales Order", order["name"])
	event = event_in(page, order["event"])
	scan, photo = (event.locator(".pf-requirement").nth(n) for n in (0, 1))
	expect(photo).to_be_visible()

	# both take a picture, so it is asked; with Escape it belongs nowhere
	assert not paste(page, "image.png", text="a cell of a table"), "cells bring a picture of themselves"
	assert not paste(page, "image.png", text="words", into=f"{FORM} input"), "an input takes words itself"
	assert paste(page, "image.png")
	question = panel(page).locator(".pf-choice")
	expect(question).to_contain_text(
		re.compile(r"Where does “Screenshot \d{4}-\d\d-\d\d \d\d\.\d\d\.png” belong")
	)
	expect(question.get_by_role("button", name="Signed order")).to_be_focused()
	assert barriers(page) == []
	page.keyboard.press("Escape")
	expect(question).to_have_count(0)
	assert paste(page, "image.png")
	question.get_by_role("button", name="Photo").click()
	expect(photo.locator(".pf-piece")).to_contain_text(re.compile(r"Screenshot .+\.png"))

	overlay, held = drag_in(page, "page 1.pdf", "page 2.pdf", "notes.txt")
	targets = overlay.locator(".pf-drop-target")
	expect(targets.first).to_contain_text("Signed order")
	targets.first.dispatch_event("dragover", held)
	expect(targets.first).to_have_class(re.compile("pf-over"))
	targets.first.dispatch_event("drop", held)
	expect(scan).to_have_class(re.compile("pf-satisfied"))
	expect(event.locator(".pf-done")).to_contain_text("2 files were added")
	expect(scan.locator(".pf-piece")).to_have_count(2)
	expect(scan.locator(".pf-error")).to_contain_text("notes.txt")
	event.get_by_role("button", name="Undo").click()
	expect(scan.locator(".pf-piece")).to_have_count(0)
	expect(page.locator(".page-container:visible .attachment-row")).to_have_count(0)


def test_a_mark_is_undone_where_it_was_given(
	page_of: Callable[..., Any], order: dict[str, str], api_as: Callable[..., Any], world: dict[str, Any]
) -> None:
	"""For a few minutes the panel offers to take one's own mark back; then the event can be marked anew."""
	give(api_as(world["users"]["anna"], world["password"]), order["event"])
	page = page_of("max")
	open_form(page, "Sales Order", order["name"])
	event = event_in(page, order["event"])
	expect(event).to_contain_text("Your turn: look at the evidence and mark it by")
	form = event.locator('[data-form="mark"]')
	hands = Hands(page)
	hands.click(form.get_by_role("button", name="Meets", exact=True))
	expect(event.locator(".pf-done")).to_contain_text("You marked this: Meets.")
	assert hands.interactions <= 2
	expect(form).to_have_count(0)
	assert barriers(page) == []
	event.get_by_role("button", name="Undo").click()
	expect(form).to_be_visible()
	expect(event.locator(".pf-done")).to_have_count(0)


def give(api: Any, event: str) -> None:
	"""Upload the one file that is asked, as this person."""
	(asked,) = api.call("perf_flow.api.panel.for_event", event=event)["events"][0]["requirements"]
	answer = api.requests.post(
		"/api/method/perf_flow.api.steps.upload",
		multipart={
			"event": event,
			"requirement": asked["key"],
			"file": {
				"name": "signed.pdf",
				"mimeType": "application/pdf",
				"buffer": f"%PDF-1.4 {event}".encode(),
			},
		},
	)
	assert answer.ok, answer.text()


def test_my_flow_is_worked_through_in_place(page_of: Callable[..., Any], overdue: dict[str, str]) -> None:
	"""Overdue comes first; a file dropped on a row is given there; the row says that it is done, and undoes it."""
	page = page_of("anna")
	made = requests_of_ours(page)
	page.goto("/app/my-flow")
	row = page.locator(f'.pf-todo[data-event="{overdue["event"]}"]')
	expect(row).to_be_visible()
	settle(page)
	assert made == ["GET api.my_flow.page"], "one request shows the whole page"
	expect(page.locator(".pf-todos").first).to_have_class(re.compile("pf-todos-overdue"))
	expect(row).to_contain_text(re.compile("Overdue by"))
	expect(row.get_by_role("link", name=f"Sales Order {overdue['name']}")).to_be_visible()
	assert barriers(page) == []

	# by key: the row opens the panel in place, and closes
	row.get_by_role("button", name="Add evidence").focus()
	page.keyboard.press("Enter")
	expect(row.locator(".pf-requirement")).to_be_visible()
	expect(row.get_by_role("button", name="Close")).to_be_focused()
	assert barriers(page) == []
	page.keyboard.press("Enter")
	expect(row.locator(".pf-requirement")).to_have_count(0)

	# one drop gives the file
	row.dispatch_event("drop", {"dataTransfer": files(page, "signed.pdf")})
	expect(row.locator(".pf-requirement")).to_have_class(re.compile("pf-satisfied"))
	expect(row).to_have_class(re.compile("pf-gone"))
	row.get_by_role("button", name="Undo").click()
	expect(row).not_to_have_class(re.compile("pf-gone"))
	expect(row.locator(".pf-requirement")).not_to_have_class(re.compile("pf-satisfied"))


def test_my_flow_on_a_phone(
	page_of: Callable[..., Any], order: dict[str, str], api_as: Callable[..., Any], world: dict[str, Any]
) -> None:
	"""No sideways scrolling at 360 px, no barrier, and every word in the reader's language."""
	anna, max_ = (api_as(world["users"][who], world["password"]) for who in ("anna", "max"))
	give(anna, order["event"])
	max_.call("perf_flow.api.steps.mark", event=order["event"], mark="Needs Improvement", reason="日期 12")
	for lang, said, next_ in (("en", "Needs Improvement", "What to do next"), ("zh", "待优化", "下一步")):
		page = page_of("anna", lang=lang, viewport=PHONE)
		page.goto("/app/my-flow")
		screen = page.locator(".pf-screen-my-flow")
		expect(screen.locator(".pf-mark-soon").first).to_contain_text(said)
		brief = screen.locator("details.pf-brief summary")
		if brief.count():
			brief.click()
		expect(screen.locator(".pf-brief .pf-next")).to_contain_text(next_)
		settle(page)
		assert overflow(page) <= 0
		assert barriers(page) == []
	own = screen.locator("h2, h3, .pf-lead, .pf-figure, .pf-button, .pf-switch, .pf-meaning, .pf-due")
	words = set(re.findall(r"[A-Za-z]{2,}", "\n".join(own.all_text_contents())))
	assert words <= {"ERP"}, words


def test_the_prompt_at_login(
	page_of: Callable[..., Any], overdue: dict[str, str], execute: Callable[..., Any]
) -> None:
	"""It says once for each login what is due, steals no focus, and can be closed, snoozed and switched off."""
	execute(SEED + "prompt", key="anna", on=True)

	def due(page: Any) -> Any:
		"""Open the desk anew; returns what it knows to be due."""
		page.goto("/app/performance-flow-preference")
		page.wait_for_function("() => window.cur_list && frappe.app")
		return page.evaluate("() => frappe.boot.perf_flow.due")

	page = page_of("anna", viewport=PHONE)
	made = requests_of_ours(page)
	prompt = page.locator(".pf-prompt")
	assert due(page)["overdue"] >= 1
	expect(prompt).to_contain_text(re.compile("overdue"))
	assert not [one for one in made if "my_flow" in one], "what is due came with the desk"
	assert overflow(page) <= 0
	assert barriers(page, ".pf-prompt") == []
	assert not page.evaluate("() => document.querySelector('.pf-prompt').contains(document.activeElement)")
	# it is the first thing that the Tab key comes to
	first = page.evaluate(
		"() => document.querySelector('a[href], button, input, select, textarea').outerHTML"
	)
	assert "Close" in first and "pf-small" in first
	prompt.get_by_role("button", name="Close").focus()
	page.keyboard.press("Escape")
	expect(prompt).to_have_count(0)
	again = due(page)
	settle(page)
	assert again["count"] >= 1
	expect(prompt).to_have_count(0)

	# at another login it is there again; snoozed, it is not even known any more
	page = page_of("anna")
	prompt = page.locator(".pf-prompt")
	due(page)
	prompt.get_by_role("button", name="In 1 hour").click()
	expect(prompt).to_have_count(0)
	assert due(page) is None

	# the hour is over: it comes back; switched off, it stays away until My flow switches it on
	execute(SEED + "prompt", key="anna", on=True)
	due(page)
	prompt.get_by_role("button", name="Do not tell me at login").click()
	expect(prompt).to_have_count(0)
	assert due(page) is None
	page.goto("/app/my-flow")
	switch = page.get_by_label("Tell me at login what is due today")
	expect(switch).not_to_be_checked()
	switch.click()
	expect(switch).to_be_checked()
	page = page_of("anna")
	assert due(page)
	page.locator(".pf-prompt").get_by_role("button", name="Open My flow").click()
	expect(page.locator(f'.pf-todo[data-event="{overdue["event"]}"]')).to_be_visible()
	expect(page.locator(".pf-prompt")).to_have_count(0)
	execute(SEED + "prompt", key="anna", on=False)
