"""Take the pictures of the documentation from a demo site: make screenshots SITE=demo.localhost

Who is shown on what is looked up on the site, so that any site made by `make site` will do. Nothing is changed
on it. Runs in two parts: the first prepares, the second drives Chromium in .venv, where Playwright is.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from scripts import sites
from scripts.machine import (
	REPO,
	Failure,
	find_bench,
	find_chromium,
	has_chinese_font,
	install_browser,
	say,
	start_services,
)

IMAGES = REPO / "docs" / "images"
LARGEST = 200_000  # bytes of a picture
PASSWORD = "demo-river-lantern"  # of everybody in the demo: perf_flow/demo/people.py
FIRST_CHOICE = "Contract signed"  # the event type of the README's first example
DESKTOP = {"width": 1280, "height": 860}
TALL = {"width": 1280, "height": 1100}
PHONE = {"width": 390, "height": 844}
FLAGS = [
	"--no-sandbox",
	"--disable-gpu",
	"--hide-scrollbars",
	"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

# charts are drawn step by step, and again when the page changes its width
STANDS_STILL = """() => {
	const shown = document.querySelector("#body").innerHTML;
	window.perf_flow_still = window.perf_flow_shown === shown ? window.perf_flow_still + 1 : 0;
	window.perf_flow_shown = shown;
	return window.perf_flow_still > 4;
}"""


def prepare() -> int:
	"""Everything up to the browser; then the pictures, in .venv."""
	from scripts.bench import NO_BENCH, VENV, prepare_tools

	name = os.environ.get("SITE") or "demo.localhost"
	bench = find_bench()
	if not bench:
		raise Failure(NO_BENCH)
	if not bench.has_site(name):
		raise Failure(f"The bench has no site {name}. Make it with: make site SITE={name}")
	start_services(bench)
	sites.link(bench)
	sites.build_assets(bench)
	prepare_tools()
	install_browser()
	if not find_chromium() or not has_chinese_font():
		raise Failure("Chromium and a font with Chinese characters are needed (chromium, fonts-noto-cjk).")
	env = {**os.environ, "BENCH": str(bench.path), "SITE": name}
	argv = [str(VENV / "bin" / "python"), "-m", "scripts.screenshots", "take"]
	return subprocess.run(argv, cwd=REPO, env=env).returncode


def take() -> int:
	"""Serve the site and take all pictures."""
	from playwright.sync_api import sync_playwright

	from scripts.servers import Servers

	bench = find_bench()
	assert bench
	IMAGES.mkdir(parents=True, exist_ok=True)
	with Servers(bench, os.environ["SITE"]) as servers, sync_playwright() as playwright:
		servers.start_web()
		browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
		camera = Camera(browser, servers.url)
		for picture in PICTURES:
			picture(camera)
		browser.close()
	return 0


class Camera:
	"""A browser in front of the demo site, and what its Administrator can look up there."""

	def __init__(self, browser: Any, url: str) -> None:
		self.browser = browser
		self.url = url
		self.admin = self._logged_in("Administrator", sites.ADMIN_PASSWORD).request

	def _logged_in(self, user: str, password: str, **how: Any) -> Any:
		context = self.browser.new_context(base_url=self.url, **how)
		answer = context.request.post("/api/method/login", form={"usr": user, "pwd": password})
		if not answer.ok:
			raise Failure(f"{user} cannot log in to the demo: was the site made by make site?")
		return context

	def rows(self, doctype: str, fields: tuple[str, ...], order_by: str = "", **filters: Any) -> list[Any]:
		"""Rows of a DocType."""
		params = {
			"fields": json.dumps(fields),
			"filters": json.dumps(filters),
			"order_by": order_by or "modified desc",
			"limit_page_length": 200,
		}
		return list(self._read(f"/api/resource/{doctype}", params))

	def _read(self, address: str, params: dict[str, Any] | None = None) -> Any:
		answer = self.admin.get(address, params=params)
		if not answer.ok:
			raise Failure(f"{address} could not be read as Administrator: {answer.status}")
		return answer.json()["data"]

	def speaks(self, user: str) -> str:
		"""The language of a user."""
		return str(self._read(f"/api/resource/User/{user}").get("language") or "en")

	def step(self, kind: str, language: str = "en", **filters: Any) -> Any:
		"""An open step of that kind which its person can take now, preferably of a signed contract.

		Raises Failure when the demo has none.
		"""
		fields = ("event", "event_type", "assignee_user", "reference_doctype", "reference_name", "due_at")
		found = self.rows("Business Event Action", fields, "due_at desc", kind=kind, state="Open", **filters)
		found.sort(
			key=lambda row: (row["event_type"] != FIRST_CHOICE, row["reference_doctype"] != "Sales Order")
		)
		stages = {
			row["name"]: row["stage"] for row in self.rows("Business Event", ("name", "stage"), state="Open")
		}
		for row in found:
			user, stage = row["assignee_user"], stages.get(row["event"])
			# a mark waits for the evidence; a confirmation waits for nothing
			ready = stage == kind or (kind == "Confirmation" and stage)
			if user and ready and self.speaks(user) == language:
				return row
		raise Failure(f"The demo has no open step of the kind {kind} for somebody who reads “{language}”.")

	@contextmanager
	def page(self, user: str, viewport: dict[str, int] = DESKTOP) -> Iterator[Any]:
		"""A page of somebody who is logged in."""
		phone = viewport["width"] < 700
		password = sites.ADMIN_PASSWORD if user == "Administrator" else PASSWORD
		context = self._logged_in(
			user, password, viewport=viewport, has_touch=phone, locale=self.speaks(user)
		)
		context.set_default_timeout(60_000)
		try:
			yield context.new_page()
		finally:
			context.close()

	def take(self, page: Any, name: str) -> None:
		"""Keep what the page shows as docs/images/NAME.png."""
		page.wait_for_load_state("networkidle")
		page.evaluate("() => document.fonts.ready")
		page.wait_for_function(STANDS_STILL, polling=500)
		path = IMAGES / f"{name}.png"
		page.screenshot(path=str(path), animations="disabled")
		size = path.stat().st_size
		if size > LARGEST:
			raise Failure(f"{path} has {size} bytes; at most {LARGEST} are wanted.")
		say(f"{size / 1000:6.0f} kB  {path.relative_to(REPO)}")


def form(page: Any, doctype: str, name: str) -> None:
	"""Open a form, and wait for its panel where it has one."""
	page.goto(f"/app/{doctype.lower().replace(' ', '-')}/{quote(name, safe='')}")
	page.wait_for_function("(name) => window.cur_frm && cur_frm.docname === name && cur_frm.doc", arg=name)


def open_event(page: Any, event: str) -> Any:
	"""The event in the panel of the form in front."""
	found = page.locator(f'.page-container:visible [data-event="{event}"]')
	found.wait_for()
	return found


def order_evidence(camera: Camera) -> None:
	"""The person concerned, on the order: what is asked in the sidebar."""
	step = camera.step("Evidence")
	with camera.page(step["assignee_user"]) as page:
		form(page, step["reference_doctype"], step["reference_name"])
		open_event(page, step["event"])
		camera.take(page, "evidence-on-order")


def mark(camera: Camera) -> None:
	"""The manager, marking on the document."""
	step = camera.step("Mark")
	with camera.page(step["assignee_user"]) as page:
		form(page, step["reference_doctype"], step["reference_name"])
		open_event(page, step["event"]).locator('[data-form="mark"]').scroll_into_view_if_needed()
		camera.take(page, "mark-on-document")


def confirm(camera: Camera) -> None:
	"""The collaborator, on the business event."""
	step = camera.step("Confirmation")
	with camera.page(step["assignee_user"]) as page:
		form(page, "Business Event", step["event"])
		open_event(page, step["event"]).locator('[data-form="confirmation"]').wait_for()
		camera.take(page, "impact-confirmation")


def phone_in_chinese(camera: Camera) -> None:
	"""A step on a phone, in Chinese."""
	for kind in ("Evidence", "Mark", "Confirmation"):
		try:
			step = camera.step(kind, "zh")
		except Failure:
			if kind == "Confirmation":
				raise
			continue
		break
	with camera.page(step["assignee_user"], PHONE) as page:
		form(page, step["reference_doctype"], step["reference_name"])
		open_event(page, step["event"])
		camera.take(page, "phone-zh")


def health(camera: Camera) -> None:
	"""The Flow Health report, as HR sees it."""
	with camera.page("helen@demo.example", TALL) as page:
		page.goto("/app/query-report/Flow%20Health")
		page.locator(".report-wrapper .dt-cell__content a").first.wait_for()
		page.locator(".page-body:visible .frappe-chart").first.wait_for()
		camera.take(page, "flow-health")


def workspace(camera: Camera) -> None:
	"""The workspace of HR, in English."""
	show_workspace(camera, "helen@demo.example", "workspace")


def workspace_in_chinese(camera: Camera) -> None:
	"""The workspace of a manager, in Chinese."""
	show_workspace(camera, "wei@demo.example", "workspace-zh")


def show_workspace(camera: Camera, user: str, name: str) -> None:
	"""The workspace without the desk's menu beside it."""
	with camera.page(user) as page:
		page.goto("/app/performance-flow")
		page.locator(".number-widget-box .number").first.wait_for()
		page.locator(".dashboard-widget-box .frappe-chart").first.wait_for()
		page.locator(".page-head:visible .sidebar-toggle-btn").click()
		page.mouse.move(640, 5)
		camera.take(page, name)


def event_type(camera: Camera) -> None:
	"""An event type with conditions, as the administrator of the app edits it."""
	types = camera.rows("Business Event Type", ("name", "template", "filters"), "name", enabled=1)
	types.sort(key=lambda row: row["template"] != "first_article_passed")
	chosen = next((row for row in types if row["filters"]), None)
	if not chosen:
		raise Failure("The demo has no event type with conditions.")
	with camera.page("adam@demo.example", TALL) as page:
		form(page, "Business Event Type", chosen["name"])
		page.locator('[data-fieldname="filters_html"]:visible .add-filter').wait_for()
		camera.take(page, "event-type")


PICTURES: tuple[Callable[[Camera], None], ...] = (
	order_evidence,
	mark,
	confirm,
	phone_in_chinese,
	health,
	workspace,
	workspace_in_chinese,
	event_type,
)


def main(argv: list[str]) -> int:
	os.chdir(REPO if Path.cwd().resolve() != REPO else ".")
	try:
		return take() if argv == ["take"] else prepare()
	except Failure as problem:
		say(str(problem))
		return 1


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
