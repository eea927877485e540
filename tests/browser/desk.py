"""What the browser tests do on the desk, as a person would."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from playwright.sync_api import expect

# a desk on two busy cores is not fast; what is expected is waited for, and no longer than needed
expect.set_options(timeout=20_000)

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
OURS = "/api/method/perf_flow."


def pdf(name: str = "signed confirmation.pdf") -> dict[str, Any]:
	"""A small file to upload."""
	return {"name": name, "mimeType": "application/pdf", "buffer": PDF}


def form_url(doctype: str, name: str) -> str:
	"""The desk's address of a document."""
	return f"/app/{doctype.lower().replace(' ', '-')}/{quote(name, safe='')}"


def open_form(page: Any, doctype: str, name: str) -> Any:
	"""Open a form and wait until it shows the document; returns the page."""
	page.goto(form_url(doctype, name))
	page.wait_for_function(
		"""([doctype, name]) => window.cur_frm && cur_frm.doctype === doctype && cur_frm.docname === name
			&& cur_frm.doc && !cur_frm.doc.__unsaved""",
		arg=[doctype, name],
	)
	return page


def panel(page: Any) -> Any:
	"""The panel on the page in front."""
	return page.locator(".page-container:visible .perf-flow")


def event_in(page: Any, event: str) -> Any:
	"""One business event in the panel."""
	return panel(page).locator(f'[data-event="{event}"]')


def close_dialog(page: Any) -> None:
	"""Close the dialog in front by Escape: a key reaches it once it has come in and taken the focus."""
	page.wait_for_function("() => document.querySelector('.modal.show').contains(document.activeElement)")
	page.keyboard.press("Escape")
	expect(page.locator(".modal:visible")).to_have_count(0)


class Hands:
	"""Counts what a person does: each click, and each time they choose a file, write or press a key."""

	def __init__(self, page: Any) -> None:
		self.page = page
		self.interactions = 0

	def click(self, place: Any) -> None:
		self.interactions += 1
		place.click()

	def write(self, place: Any, text: str) -> None:
		self.interactions += 1
		place.fill(text)

	def choose_file(self, button: Any, file: dict[str, Any]) -> None:
		"""Press a button that asks for a file, and choose one: two interactions."""
		with self.page.expect_file_chooser() as asked:
			self.click(button)
		self.interactions += 1
		asked.value.set_files(file)


def requests_of_ours(page: Any) -> list[str]:
	"""A list that fills with each request the page makes to the app from now on, as "METHOD method"."""
	made: list[str] = []

	def note(request: Any) -> None:
		if OURS in request.url:
			made.append(f"{request.method} {request.url.split(OURS)[1].split('?')[0]}")

	page.on("request", note)
	return made


def settle(page: Any) -> None:
	"""Wait until a page that was just opened has asked for all it wants: nothing is under way, and it is idle."""
	page.wait_for_load_state("networkidle")
	page.evaluate("() => new Promise((done) => requestIdleCallback(done))")
	page.wait_for_load_state("networkidle")


SERIOUS = ("serious", "critical")


def barriers(page: Any, within: str = ".perf-flow") -> list[str]:
	"""What axe-core finds serious or critical within our part of the page, one line for each rule and element."""
	from axe_playwright_python.sync_playwright import Axe

	found = Axe().run(page, context={"include": [[within]]}).response["violations"]
	return [
		f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
		for rule in found
		if rule["impact"] in SERIOUS
		for node in rule["nodes"]
	]


def overflow(page: Any) -> int:
	"""By how many pixels the page can be scrolled sideways."""
	return int(
		page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
	)
