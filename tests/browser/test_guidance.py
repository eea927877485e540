"""From what is missing by way of the SOP and a similar case to what is given: for those who are asked, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import barriers, event_in, open_form, overflow, panel, pdf, requests_of_ours, settle

SEED = "perf_flow.tests.seed."
NARROW = (360, 740)
PANEL, SIMILAR = "GET api.panel.for_document", "GET api.guidance.similar"
WORDS = {
	"en": {
		"missing": "Still missing: 8D report (0 of 2 files), Cause of the complaint.",
		"one less": "Still missing: 8D report (1 of 2 files), Cause of the complaint.",
		"last": "Still missing: Cause of the complaint.",
		"sop": "How it is done: ",
		"similar": "Similar past cases",
		"same": "same customer",
		"cause": "same root cause",
		"add": "Add file",
		"more": "Add another file",
	},
	"zh": {
		"missing": "还缺：8D report（0/2 个文件）、Cause of the complaint。",
		"one less": "还缺：8D report（1/2 个文件）、Cause of the complaint。",
		"last": "还缺：Cause of the complaint。",
		"sop": "操作规程：",
		"similar": "相似的过往案例",
		"same": "客户相同",
		"cause": "根因相同",
		"add": "添加文件",
		"more": "再添加文件",
	},
}


@pytest.mark.parametrize(("lang", "viewport"), [("en", (1280, 800)), ("zh", NARROW)])
def test_from_what_is_missing_to_what_is_given(
	page_of: Callable[..., Any],
	execute: Callable[..., Any],
	lang: str,
	viewport: tuple[int, int],
) -> None:
	made = execute(SEED + "guided")
	words = WORDS[lang]
	page = page_of("anna", lang=lang, viewport=viewport)
	sent = requests_of_ours(page)
	open_form(page, "Sales Order", made["name"])
	shown = event_in(page, made["event"])
	missing = shown.locator(".pf-missing")
	expect(missing).to_have_text(words["missing"])
	settle(page)
	ours = [one for one in sent if one.startswith(("GET api.panel", "GET api.guidance"))]
	assert ours == [PANEL], "the panel is one request, and what helps is asked for when it is wanted"

	# the SOPs, one click away: the article of the type, the file of the requirement
	sops = shown.locator(".pf-sop a")
	expect(sops).to_have_count(2)
	expect(sops.first).to_have_text(words["sop"] + "How complaints are answered")
	address = sops.nth(1).get_attribute("href")
	answer = page.context.request.get(address)
	assert answer.status == 200 and answer.headers["content-type"] == "application/pdf"
	assert answer.headers["content-disposition"].startswith("inline")

	# a similar case, by keyboard
	summary = shown.locator(".pf-similar > summary")
	expect(summary).to_have_text(words["similar"])
	summary.focus()
	page.keyboard.press("Enter")
	cases = shown.locator(".pf-case")
	expect(cases).not_to_have_count(0)
	assert sent.count(SIMILAR) == 1
	expect(cases.first).to_contain_text(words["same"])
	expect(cases.first.get_by_role("link", name="8D report 1.pdf")).to_be_visible()
	assert barriers(page, f'[data-event="{made["event"]}"]') == []
	assert overflow(page) <= 0

	# what is given is missing no more; what was unfolded stays
	file = shown.locator('[data-kind="File"]')
	for number, name in enumerate((words["add"], words["more"]), 1):
		with page.expect_file_chooser() as asked:
			file.get_by_role("button", name=name).first.click()
		content = pdf(f"answer {number}.pdf")
		asked.value.set_files({**content, "buffer": content["buffer"] + str(number).encode()})
		expect(missing).to_have_text(words["one less"] if number == 1 else words["last"])
	expect(cases.first).to_be_visible()
	box = shown.locator('[data-kind="Root Cause"]').get_by_role("combobox")
	box.click()
	page.keyboard.type("Seal fitted")
	expect(shown.get_by_role("option").first).to_contain_text("Seal fitted the wrong way round")
	page.keyboard.press("Enter")
	expect(missing).to_have_count(0)
	# with the cause known, the case with the same one comes first
	summary.click()
	expect(cases.first).to_be_hidden()
	summary.click()
	expect(cases.first).to_have_attribute("data-case", made["past"][0])
	expect(cases.first).to_contain_text(words["cause"])

	# somebody who is not asked opens neither the file nor the cases
	otto = page_of("otto")
	assert otto.context.request.get(address).status == 403
	similar = f"/api/method/perf_flow.api.guidance.similar?event={made['event']}"
	assert otto.context.request.get(similar).status == 403
	open_form(otto, "Sales Order", made["name"])
	settle(otto)
	expect(panel(otto).locator(f'[data-event="{made["event"]}"]')).to_have_count(0)


def test_a_manager_compares_on_the_marking_screen(
	page_of: Callable[..., Any], execute: Callable[..., Any]
) -> None:
	made = execute(SEED + "guided")
	execute(SEED + "answer", event=made["event"], cause=made["cause"])
	page = page_of("max")
	page.goto("/app/flow-marking")
	page.locator(f'.pf-m-row[data-event="{made["event"]}"]').click()
	fold = page.locator(".pf-m-evidence .pf-similar")
	expect(fold).to_be_visible()
	fold.locator("summary").click()
	expect(fold.locator(".pf-case").first).to_contain_text("Both pages name the cause")
	assert barriers(page, ".pf-m-evidence") == []
