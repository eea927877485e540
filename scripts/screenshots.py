"""Take the pictures of the documentation from a demo site: make screenshots SITE=demo.localhost

Who is shown on what is looked up on the site, so that any site made by `make site` will do. Runs in two parts: the
first prepares, the second drives Chromium in .venv, where Playwright and Pillow are.

Nothing is recorded on the site. Whatever would write is answered by the camera instead of the server: a file that
is dropped, a mark, a confirmation, the note that evidence was opened. For the Chinese pictures of the user guide
everybody of the demo reads Chinese for as long as they are taken; then they have their own language again.

ARGS='hr admin' takes only the pictures of the guide whose names begin so; ARGS=readme only those of the README.
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
from urllib.parse import quote, urlsplit

from scripts import sites
from scripts.machine import (
	REPO,
	Bench,
	Failure,
	find_bench,
	find_chromium,
	has_chinese_font,
	install_browser,
	say,
	start_services,
)

IMAGES = REPO / "docs" / "images"
GUIDE = IMAGES / "guide"
LANGUAGES = ("en", "zh")
LARGEST = 200_000  # bytes of a picture
COLOURS = 128
PASSWORD = "demo-river-lantern"  # of everybody in the demo: perf_flow/demo/people.py
FIRST_CHOICE = "Contract signed"  # the event type of the README's first example
DESKTOP = {"width": 1280, "height": 860}
TALL = {"width": 1280, "height": 1100}
PHONE = {"width": 390, "height": 844}
TABLET = {"width": 1024, "height": 768}
BOOK = {"width": 1160, "height": 760}  # of the pictures in the guide
WIDE_BOOK = {"width": 1400, "height": 840}  # the sidebar of a form is a sixth of the window
TALL_BOOK = {"width": 1160, "height": 1000}
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

# what must not be in any picture
FAILURES = ".desk-alert.red:visible, .modal.show .msgprint:visible"


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
	site, wanted = os.environ["SITE"], tuple((os.environ.get("ARGS") or "").split())
	port = int(os.environ.get("PORT") or 0) or None
	with Servers(bench, site, port=port) as servers, sync_playwright() as playwright:
		servers.start_web()
		browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
		camera = Camera(browser, servers.url, bench, site)
		if not wanted or "readme" in wanted:
			for picture in PICTURES:
				picture(camera)
		take_guide(camera, tuple(one for one in wanted if one != "readme"), bool(wanted))
		browser.close()
	return 0


def take_guide(camera: Camera, wanted: tuple[str, ...], chosen: bool) -> None:
	"""The pictures of the user guide, in both languages."""
	from playwright.sync_api import Error

	if chosen and not wanted:
		return
	failed = []
	for language in LANGUAGES:
		folder = GUIDE / language
		folder.mkdir(parents=True, exist_ok=True)
		with camera.everybody_reads(language):
			for picture in GUIDE_PICTURES:
				name = picture.__name__.replace("_", "-")
				if not wanted or name.startswith(wanted):
					camera.name, camera.folder = name, folder
					try:
						picture(camera)
					except (Error, Failure) as problem:
						failed.append(f"{language}/{name}: {problem}")
						say(failed[-1])
	if failed:
		raise Failure(f"{len(failed)} pictures of the guide could not be taken; the reasons are above.")


class Camera:
	"""A browser in front of the demo site, and what its Administrator can look up there."""

	def __init__(self, browser: Any, url: str, bench: Bench, site: str) -> None:
		self.browser = browser
		self.url = url
		self.bench = bench
		self.site = site
		self.language = "en"
		self.name = ""  # of the picture of the guide that is being taken
		self.folder = IMAGES
		self.missing: list[str] = []  # files of the page in front that were not there
		self.confirms: list[Any] = []  # a login, and the confirmations it is asked for
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

	@contextmanager
	def everybody_reads(self, language: str) -> Iterator[None]:
		"""All of the demo have this language, and afterwards their own again."""
		people = self.rows("User", ("name", "language"), enabled=1, user_type="System User")
		self.language = language
		try:
			self._set_language([one["name"] for one in people], language)
			yield
		finally:
			for own in {one["language"] for one in people}:
				self._set_language([one["name"] for one in people if one["language"] == own], own)
			self.language = "en"

	def _set_language(self, users: list[str], language: str | None) -> None:
		args = repr(["User", {"name": ["in", users]}, "language", language])
		self._execute("frappe.db.set_value", "--args", args, "--kwargs", "{'update_modified': False}")
		self._execute("frappe.clear_cache")

	def _execute(self, *how: str) -> None:
		self.bench.run(self.bench.frappe("--site", self.site, "execute", *how), quiet=True)

	def call(self, method: str, **args: Any) -> Any:
		"""What a function of the app returns on the site."""
		argv = self.bench.helper("call", self.site, method)
		done = self.bench.run(argv, stdin=json.dumps(args), quiet=True)
		return json.loads(done.stdout.strip().splitlines()[-1])

	def steps_of(self, kind: str, **filters: Any) -> dict[str, list[Any]]:
		"""The open steps of that kind which their people can take now, by login; who has most comes first."""
		found: dict[str, list[Any]] = {}
		stages = self._stages()
		fields = ("event", "step", "event_type", "assignee_user", "reference_doctype", "reference_name")
		for row in self.rows("Business Event Action", fields, "due_at", kind=kind, state="Open", **filters):
			stage = stages.get(row["event"])
			if row["assignee_user"] and (stage == kind or (kind == "Confirmation" and stage)):
				found.setdefault(row["assignee_user"], []).append(row)
		if not found:
			raise Failure(f"The demo has no open step of the kind {kind}.")
		return dict(sorted(found.items(), key=lambda one: -len(one[1])))

	def _stages(self) -> dict[str, str]:
		events = self.rows("Business Event", ("name", "stage"), state="Open", practice=0)
		return {row["name"]: row["stage"] for row in events}

	def step(self, kind: str, language: str = "en", **filters: Any) -> Any:
		"""An open step of that kind which its person can take now, preferably of a signed contract.

		Raises Failure when the demo has none.
		"""
		fields = ("event", "event_type", "assignee_user", "reference_doctype", "reference_name", "due_at")
		found = self.rows("Business Event Action", fields, "due_at desc", kind=kind, state="Open", **filters)
		found.sort(
			key=lambda row: (row["event_type"] != FIRST_CHOICE, row["reference_doctype"] != "Sales Order")
		)
		stages = self._stages()
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
		context.set_default_timeout(40_000)
		try:
			self.missing = []
			context.on(
				"response",
				lambda got: (
					self.missing.append(got.url) if got.status >= 400 and "/assets/" in got.url else None
				),
			)
			yield context.new_page()
		finally:
			context.close()

	def take(self, page: Any, name: str) -> None:
		"""Keep what the page shows as docs/images/NAME.png."""
		page.wait_for_load_state("networkidle")
		page.evaluate("() => document.fonts.ready")
		self._without_prompt(page)
		page.wait_for_function(STANDS_STILL, polling=500)
		self._keep(page, IMAGES / f"{name}.png")

	@staticmethod
	def _without_prompt(page: Any) -> None:
		page.evaluate("() => document.querySelectorAll('.pf-prompt').forEach((one) => one.remove())")

	def guide(self, page: Any, *, only: Any = None, prompt: bool = False, charts: bool = False) -> None:
		"""Keep what the page shows, or only the part around an element, as a picture of the guide."""
		page.wait_for_load_state("networkidle")
		page.evaluate("() => document.fonts.ready")
		if not prompt:
			self._without_prompt(page)
		page.wait_for_function(STANDS_STILL, polling=500 if charts else 150)
		for failure in page.locator(FAILURES).all():
			raise Failure(f"{self.name} ({self.language}) shows a failure: {failure.inner_text()}")
		self._keep(page, self.folder / f"{self.name}.png", only)

	def _keep(self, page: Any, path: Path, only: Any = None) -> None:
		from PIL import Image

		if self.missing:
			raise Failure(f"A bundle was being built while {path.name} was taken: {self.missing[0]}")
		clip = around(page, only) if only else None
		page.screenshot(path=str(path), animations="disabled", clip=clip)
		with Image.open(path) as taken:
			few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
		few.save(path, optimize=True)
		size = path.stat().st_size
		if size > LARGEST:
			raise Failure(f"{path} has {size} bytes; at most {LARGEST} are wanted.")
		say(f"{size / 1000:6.0f} kB  {path.relative_to(REPO)}")


def around(page: Any, place: Any) -> dict[str, float]:
	"""The part of the page's window with this element in it, and a margin."""
	margin, window = 16, page.viewport_size
	box = place.bounding_box()
	left, top = max(0, box["x"] - margin), max(0, box["y"] - margin)
	right = min(window["width"], box["x"] + box["width"] + margin)
	bottom = min(window["height"], box["y"] + box["height"] + margin)
	return {"x": left, "y": top, "width": right - left, "height": bottom - top}


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


# --- the user guide -----------------------------------------------------------------------------------------
# Each function takes one picture in the language of the moment; its name is that of the picture.

FILES = """([names]) => {
	const held = new DataTransfer();
	for (const name of names) {
		const type = { pdf: "application/pdf", png: "image/png" }[name.split(".").pop()];
		held.items.add(new File([`%PDF-1.4 ${name}`], name, { type }));
	}
	return held;
}"""

PASTE = """(names) => {
	const held = new DataTransfer();
	const canvas = document.createElement("canvas");
	canvas.getContext("2d").fillRect(0, 0, 90, 60);
	const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), (one) => one.charCodeAt(0));
	held.items.add(new File([bytes], "image.png", { type: "image/png" }));
	document.body.dispatchEvent(
		new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true })
	);
}"""

FULL = ".page-container:visible"
API = "**/api/method/perf_flow.api."


def word(page: Any, text: str, *args: str, context: str | None = None) -> str:
	"""A text of the app in the reader's language."""
	return str(
		page.evaluate("([text, args, context]) => __(text, args, context)", [text, list(args), context])
	)


def at(page: Any, minutes: int) -> str:
	"""So many minutes from now, by the site's clock."""
	return str(
		page.evaluate(
			"""(minutes) => moment(frappe.datetime.now_datetime()).add(minutes, "minutes")
				.format("YYYY-MM-DD HH:mm:ss")""",
			minutes,
		)
	)


def answer(page: Any, method: str, make: Callable[[Any], Any]) -> None:
	"""Answer requests to a method of the app here: the server never gets them."""
	page.route(f"{API}{method}*", lambda route: route.fulfill(json={"message": make(route.request)}))


def press(page: Any, text: str, within: str = FULL, context: str | None = None) -> None:
	"""Press a button by what stands on it."""
	page.locator(within).get_by_role(
		"button", name=word(page, text, context=context), exact=True
	).first.click()


def workspace_ready(page: Any, address: str) -> None:
	"""Open a workspace, and put the desk's menu away."""
	page.goto(f"/app/{address}")
	page.locator(".ce-block .number-widget-box > .widget-body[aria-label]").first.wait_for()
	page.locator(".pf-early").wait_for(state="detached")
	page.locator(".page-head:visible .sidebar-toggle-btn").click()
	page.mouse.move(640, 5)


def report(page: Any, name: str, **filters: str) -> None:
	"""Open a report, and wait for its rows."""
	query = "&".join(f"{key}={quote(value)}" for key, value in filters.items())
	page.goto(f"/app/query-report/{quote(name)}?{query}")
	page.locator(".report-wrapper .dt-cell__content").first.wait_for()


def file_steps(camera: Camera, accepts: str = "") -> Iterator[tuple[Any, Any, Any]]:
	"""Steps that ask for a file, each on its document: the page, the step, the event in the panel."""
	tried = 0
	for user, rows in camera.steps_of("Evidence").items():
		rows.sort(
			key=lambda row: (row["event_type"] != FIRST_CHOICE, row["reference_doctype"] != "Sales Order")
		)
		with camera.page(user, WIDE_BOOK) as page:
			for row in rows[:2]:
				form(page, row["reference_doctype"], row["reference_name"])
				event = open_event(page, row["event"])
				asked = event.locator('.pf-requirement[data-kind="File"]:not(.pf-satisfied)')
				takes = [one.get_attribute("accept") or "" for one in asked.locator("input[type=file]").all()]
				if asked.count() == 1 and (not accepts or any(accepts in one for one in takes)):
					yield page, row, event
				tried += 1
				if tried > 14:
					break
	raise Failure("The demo has nobody who is asked for one file on a document they can open.")


def show_panel(page: Any) -> None:
	"""Bring the panel to the top of the window."""
	page.evaluate(
		"""() => {
			const panel = document.querySelector(".page-container:not([style*='none']) .perf-flow");
			window.scrollTo(0, panel.getBoundingClientRect().top + window.scrollY - 130);
		}"""
	)


def pretend_upload(page: Any, row: Any) -> None:
	"""Answer uploads here, with the state of the event as it would be with the file."""
	state = page.evaluate(
		"(name) => frappe.xcall('perf_flow.api.panel.for_event', { event: name }, 'GET')", row["event"]
	)

	def given(request: Any) -> Any:
		(event,) = state["events"]
		(asked,) = [one for one in event["requirements"] if one["kind"] == "File" and not one["satisfied"]]
		name = (request.post_data_buffer or b"").split(b'filename="')[-1].split(b'"')[0].decode()
		piece = {"piece": "new", "kind": "File", "title": name, "value": "", "url": "", "automatic": False}
		piece.update({"given_by_name": "", "given_at": None, "may_withdraw": True, "warnings": []})
		asked["pieces"].append(piece)
		asked["satisfied"] = True
		marks = [one for one in event["steps"] if one["kind"] == "Mark" and one["state"] == "Open"]
		for step in event["steps"]:
			if step["kind"] == "Evidence" and step["state"] == "Open":
				step.update({"state": "Done", "may_do": False, "overdue": False, "done_at": step["due_at"]})
		for step in marks:
			step["waits"] = False
		if marks:
			event["stage"], event["completeness"], event["next"] = "Mark", 100, event["pf_next"]
		return state

	(event,) = state["events"]
	for step in event["steps"]:
		if step["kind"] == "Mark" and step["state"] == "Open":
			day, time = step["due_at"].split(" ")
			due = page.evaluate("(day) => frappe.datetime.str_to_user(day)", day) + f" {time[:5]}"
			marked = word(page, "the evidence is complete, {0} marks it by {1}.", step["assignee_name"], due)
			event["pf_next"] = word(page, "Nothing for you to do now: {0}", marked)
	answer(page, "steps.upload", given)


def employee_drop(camera: Camera) -> None:
	"""A file held over the form."""
	page, _row, _event = next(found := file_steps(camera))
	name = {"en": "signed order.pdf", "zh": "已签字的订单.pdf"}[camera.language]
	held = {"dataTransfer": page.evaluate_handle(FILES, [[name]])}
	page.locator(f"{FULL} .form-layout").dispatch_event("dragenter", held)
	page.locator(".pf-drop").wait_for()
	camera.guide(page)
	found.close()


def employee_paste(camera: Camera) -> None:
	"""A screenshot that was pasted."""
	page, row, event = next(found := file_steps(camera, ".png"))
	pretend_upload(page, row)
	page.evaluate(PASTE)
	event.locator(".pf-done").wait_for()
	show_panel(page)
	camera.guide(page)
	found.close()


def employee_phone(camera: Camera) -> None:
	"""The same on a phone, with its camera."""
	_page, row, _event = next(found := file_steps(camera, ".png"))
	found.close()
	with camera.page(row["assignee_user"], PHONE) as page:
		form(page, row["reference_doctype"], row["reference_name"])
		event = open_event(page, row["event"])
		event.locator('[data-pf-key^="camera:"]').first.scroll_into_view_if_needed()
		camera.guide(page)


def employee_undo(camera: Camera) -> None:
	"""What was given can be taken back."""
	page, row, event = next(found := file_steps(camera))
	pretend_upload(page, row)
	name = {"en": "signed order.pdf", "zh": "已签字的订单.pdf"}[camera.language]
	held = {"dataTransfer": page.evaluate_handle(FILES, [[name]])}
	page.locator(f"{FULL} .form-layout").dispatch_event("dragenter", held)
	page.locator(".pf-drop-target").first.dispatch_event("drop", held)
	event.locator(".pf-done").wait_for()
	show_panel(page)
	camera.guide(page)
	found.close()


def employee_guidance(camera: Camera) -> None:
	"""What is missing, and what was given in cases like it."""
	page, _row, event = next(found := file_steps(camera))
	show_panel(page)
	event.locator(".pf-similar > summary").click()
	event.locator(".pf-case").first.wait_for()
	camera.guide(page)
	found.close()


def my_flow(camera: Camera, viewport: dict[str, int] = BOOK) -> Any:
	"""A context with My flow of somebody with something to do, marks, and a goal."""
	return camera.page(next(iter(camera.steps_of("Evidence"))), viewport)


def employee_my_flow(camera: Camera) -> None:
	"""What waits, with its goal."""
	with my_flow(camera) as page:
		page.goto("/app/my-flow")
		page.locator(".pf-todo").first.wait_for()
		camera.guide(page)


def employee_marks(camera: Camera) -> None:
	"""What was marked and why, and one's own figures."""
	with my_flow(camera, {"width": 1160, "height": 1150}) as page:
		page.goto("/app/my-flow")
		page.locator(".pf-mine-side .pf-marked").first.wait_for()
		camera.guide(page, only=page.locator(".pf-mine-side"))


def employee_brief(camera: Camera) -> None:
	"""The brief of the first week."""
	with my_flow(camera, {"width": 1160, "height": 1500}) as page:
		page.goto("/app/my-flow")
		brief = page.locator(".pf-brief")
		brief.wait_for()
		if brief.locator("summary").count():
			brief.locator("summary").click()
		brief.scroll_into_view_if_needed()
		camera.guide(page, only=brief)


def employee_prompt(camera: Camera) -> None:
	"""What is due today, said at login."""
	for user in camera.steps_of("Evidence"):
		with camera.page(user, BOOK) as page:
			page.goto("/app/performance-flow")
			page.locator(".ce-block .number-widget-box").first.wait_for()
			if page.evaluate("() => frappe.boot.perf_flow.due"):
				page.locator(".pf-prompt").wait_for()
				camera.guide(page, prompt=True)
				return
	raise Failure("The demo has nobody with something due today.")


def employee_messages(camera: Camera) -> None:
	"""Which messages come by email."""
	own = camera.rows("Performance Flow Preference", ("name",))
	if not own:
		raise Failure("The demo has nobody who chose messages.")
	with camera.page(own[0]["name"], BOOK) as page:
		form(page, "Performance Flow Preference", own[0]["name"])
		camera.guide(page)


def employee_rehearsal(camera: Camera) -> None:
	"""Where a rehearsal begins."""
	with my_flow(camera) as page:
		page.goto("/app/flow-rehearsal")
		page.locator('[data-pf-key="start:Employee"]').wait_for()
		camera.guide(page)


def doer(camera: Camera) -> tuple[str, str, str]:
	"""Who completed most tasks and has a line manager with a login: their employee, login, and the manager's login."""
	tasks = [row["completed_by"] for row in camera.rows("Task", ("completed_by",), status="Completed")]
	people = camera.rows("Employee", ("name", "user_id", "reports_to"), status="Active")
	login = {one["name"]: one["user_id"] for one in people}
	found = [one for one in people if one["user_id"] in tasks and login.get(one["reports_to"])]
	if not found:
		raise Failure("The demo has nobody who completed a task and has a line manager.")
	best = max(found, key=lambda one: tasks.count(one["user_id"]))
	return best["name"], best["user_id"], login[best["reports_to"]]


def employee_snapshot(camera: Camera) -> None:
	"""What somebody did, for themselves."""
	_name, user, _manager = doer(camera)
	with camera.page(user, TALL_BOOK) as page:
		page.goto("/app/my-flow")
		page.locator('[data-pf-key="snapshot"]').click()
		page.locator(".pf-s-week li").first.wait_for()
		page.locator(".pf-s-chart svg.frappe-chart").wait_for()
		camera.guide(page, charts=True)


def manager_of_most(camera: Camera) -> str:
	"""Who has most marks before them, of which two or more are ready."""
	ready = camera.steps_of("Mark")
	several = [user for user, rows in ready.items() if len(rows) > 1] or list(ready)
	marks = camera.rows("Business Event Action", ("assignee_user",), kind="Mark", state="Open")
	return max(several, key=lambda user: sum(row["assignee_user"] == user for row in marks))


def open_marking(page: Any) -> None:
	"""The marking screen, its evidence shown, and nothing noted as opened."""

	def content(route: Any) -> None:
		told = route.request.post_data_json
		state = page.request.get(
			"/api/method/perf_flow.api.marking.event", params={"event": told["event"]}
		).json()["message"]
		given = [one for asked in state["event"]["requirements"] for one in asked["pieces"]]
		(piece,) = [one for one in given if one["piece"] == told["piece"]]
		route.fulfill(body=page.request.get(piece["url"]).body())

	page.route(f"{API}marking.content*", content)
	answer(page, "marking.opened", lambda request: {"opened": request.post_data_json["pieces"]})
	page.goto("/app/flow-marking")
	page.locator(".pf-m-marks").wait_for()
	page.locator(".pf-m-preview :is(img, iframe, object, embed, p, a, pre, div)").first.wait_for()


def manager_team_flow(camera: Camera) -> None:
	"""The workspace of whoever leads a team."""
	with camera.page(manager_of_most(camera), TALL_BOOK) as page:
		workspace_ready(page, "team-flow")
		page.locator(".dashboard-widget-box svg.frappe-chart").first.wait_for()
		camera.guide(page, charts=True)


def manager_marking(camera: Camera) -> None:
	"""One event, its evidence, and the mark."""
	with camera.page(manager_of_most(camera), TALL_BOOK) as page:
		open_marking(page)
		camera.guide(page)


def manager_many(camera: Camera) -> None:
	"""Several that are chosen, and one mark for them."""
	with camera.page(manager_of_most(camera), BOOK) as page:
		open_marking(page)
		for box in page.locator(".pf-m-row .pf-m-check").all()[:3]:
			box.check()
		page.locator('[data-pf-key="together"]').click()
		page.locator(".pf-m-together-row").first.wait_for()
		camera.guide(page)


REASONS = {
	"en": ("Stamp missing", "The customer's stamp is missing on page 2; please scan it again."),
	"zh": ("缺少盖章", "第 2 页缺少客户盖章，请重新扫描后提交。"),
}


def manager_templates(camera: Camera) -> None:
	"""A reason that is kept for the next time."""
	title, text = REASONS[camera.language]
	with camera.page(manager_of_most(camera), BOOK) as page:
		open_marking(page)
		page.locator(".pf-m-form textarea").fill(text)
		press(page, "Save this reason as a template")
		dialog = page.locator(".modal.show")
		dialog.locator('[data-fieldname="title"] input').fill(title)
		page.wait_for_timeout(300)
		camera.guide(page)


def manager_undo(camera: Camera) -> None:
	"""A mark that can still be taken back."""
	with camera.page(manager_of_most(camera), TALL_BOOK) as page:
		open_marking(page)

		def marked(request: Any) -> Any:
			step = {"kind": "Mark", "may_take_back": True, "step": "1-M", "take_back_until": until}
			return {"events": [{"steps": [step]}]}

		until = at(page, 5)
		answer(page, "steps.mark", marked)
		page.locator('.pf-m-form [data-mark="Meets"]').click()
		page.locator(".pf-m-undo:visible").wait_for()
		page.locator(".pf-m-marks").wait_for()
		camera.guide(page)


def manager_late(camera: Camera) -> None:
	"""Who is late, and why."""
	with camera.page(manager_of_most(camera), TALL_BOOK) as page:
		report(page, "Who Is Late")
		camera.guide(page, charts=True)


def manager_snapshot(camera: Camera) -> None:
	"""What somebody of the team did, as their manager reads it."""
	employee, _user, manager = doer(camera)
	with camera.page(manager, TALL_BOOK) as page:
		page.goto(f"/app/behaviour-snapshot/{quote(employee)}")
		page.locator(".pf-s-week li").first.wait_for()
		page.locator(".pf-s-chart svg.frappe-chart").wait_for()
		camera.guide(page, charts=True)


def manager_away(camera: Camera) -> None:
	"""Who is asked while one is away."""
	with camera.page(manager_of_most(camera), BOOK) as page:
		open_marking(page)
		page.locator('[data-pf-key="away"]').click()
		page.locator(".modal.show .modal-title").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


def manager_rehearsal(camera: Camera) -> None:
	"""Where a rehearsal begins."""
	with camera.page(manager_of_most(camera), BOOK) as page:
		page.goto("/app/flow-rehearsal")
		page.locator('[data-pf-key="start:Manager"]').wait_for()
		camera.guide(page)


def collaborators(camera: Camera) -> tuple[str, list[Any]]:
	"""Somebody with something to confirm who can open what it is about, preferably with several such; and what."""
	if not camera.confirms:
		found: list[tuple[int, str, list[Any]]] = []
		for user, rows in camera.steps_of("Confirmation").items():
			with camera.page(user) as page:
				told = page.request.get("/api/method/perf_flow.api.confirmations.mine").json()["message"]
			known = {(one["event"], one["step"]) for one in told["open"] if one["document"]}
			# what can be read about comes first in the list of the link's picture
			rows.sort(key=lambda row: (row["event"], row["step"]) not in known)
			found.append((min(len(known), 4), user, rows))
		_number, *camera.confirms = max(found, key=lambda one: (one[0], len(one[2])))
	user, rows = camera.confirms
	return user, rows


def open_confirmations(page: Any, address: str = "/app/impact-confirmation") -> Any:
	"""The screen of whoever confirms impacts; returns its cards."""
	page.goto(address)
	cards = page.locator(".pf-screen-confirmations .pf-cards .pf-card")
	cards.first.wait_for()
	return cards


def collaborator_confirm(camera: Camera) -> None:
	"""What is to be confirmed, an answer chosen."""
	with camera.page(collaborators(camera)[0], BOOK) as page:
		open_confirmations(page).first.locator('[data-impact="Quality"]').click()
		camera.guide(page)


def collaborator_email(camera: Camera) -> None:
	"""The same, on a phone, from the link in an email."""
	user, (row, *_others) = collaborators(camera)
	found = camera.call("perf_flow.flow.links.address", event=row["event"], step=row["step"], user=user)
	with camera.page(user, PHONE) as page:
		open_confirmations(page, urlsplit(found).path)
		camera.guide(page)


def collaborator_several(camera: Camera) -> None:
	"""Several at once, by keyboard."""
	with camera.page(collaborators(camera)[0], BOOK) as page:
		cards = open_confirmations(page)
		for card in cards.all()[:3]:
			card.focus()
			page.keyboard.press("x")
		page.locator(".pf-bulk").wait_for()
		page.keyboard.press("1")
		page.evaluate("() => window.scrollTo(0, 0)")
		camera.guide(page)


def collaborator_undo(camera: Camera) -> None:
	"""A confirmation that can still be taken back."""
	with camera.page(collaborators(camera)[0], BOOK) as page:
		confirmed: list[Any] = []

		def mine(route: Any) -> None:
			response = route.fetch()
			told = response.json()
			state = told["message"]
			for item in [one for one in state["open"] if (one["event"], one["step"]) in confirmed]:
				state["open"].remove(item)
				state["total"] -= 1
				done = {"kind": "Confirmation", "result": "Quality", "note": "", "done_at": until}
				state["done"].insert(0, {**item, **done, "may_take_back": True, "take_back_until": until})
			route.fulfill(response=response, json=told)

		def confirm(request: Any) -> Any:
			given = request.post_data_json["items"]
			items = json.loads(given) if isinstance(given, str) else given
			confirmed.extend((one["event"], one["step"]) for one in items)
			return {"done": items, "refused": []}

		page.route(f"{API}confirmations.mine*", mine)
		answer(page, "confirmations.confirm", confirm)
		card = open_confirmations(page).first
		until = at(page, 5)
		card.locator('[data-impact="Quality"]').click()
		card.locator("[data-confirm]").click()
		page.locator(".pf-given").wait_for()
		page.evaluate("() => window.scrollTo(0, 0)")
		camera.guide(page)


HR = "helen@demo.example"
ADMINISTRATOR = "adam@demo.example"


def hr_flow_health(camera: Camera) -> None:
	"""The workspace of HR and business owners."""
	with camera.page(HR, TALL_BOOK) as page:
		workspace_ready(page, "flow-health")
		page.locator(".dashboard-widget-box svg.frappe-chart").first.wait_for()
		camera.guide(page, charts=True)


def hr_groups(camera: Camera) -> None:
	"""Flow health by department."""
	with camera.page(HR, TALL_BOOK) as page:
		report(page, "Flow Health", group_by="Department")
		page.locator(".page-body:visible .frappe-chart").first.wait_for()
		camera.guide(page, charts=True)


def hr_stalls(camera: Camera) -> None:
	"""Where chains stall."""
	with camera.page(HR, TALL_BOOK) as page:
		report(page, "Where Chains Stall")
		page.locator(".pf-funnel-step").first.wait_for()
		camera.guide(page, charts=True)


def hr_sweep(camera: Camera) -> None:
	"""What the sweep found."""
	with camera.page(HR, TALL_BOOK) as page:
		report(page, "How Events Were Found")
		camera.guide(page, charts=True)


def hr_without_person(camera: Camera) -> None:
	"""Events for which nobody was found."""
	with camera.page(HR, BOOK) as page:
		report(page, "Events Without a Person")
		camera.guide(page, charts=True)


def hr_event(camera: Camera, page: Any) -> Any:
	"""An open event as HR sees it, with what only HR can do."""
	(row, *_others) = next(iter(camera.steps_of("Evidence").values()))
	form(page, "Business Event", row["event"])
	event = open_event(page, row["event"])
	event.locator("details", has=page.locator('[data-pf-key^="void:"]')).locator("summary").click()
	return event


def hr_hand_over(camera: Camera) -> None:
	"""A step goes to somebody else."""
	with camera.page(HR, BOOK) as page:
		hr_event(camera, page).locator('[data-pf-key^="reassign:"]').click()
		page.locator(".modal.show .modal-title").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


def hr_void(camera: Camera) -> None:
	"""An event that should not count."""
	with camera.page(HR, BOOK) as page:
		hr_event(camera, page).locator('[data-pf-key^="void:"]').click()
		page.locator(".modal.show .modal-title").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


def hr_import(camera: Camera) -> None:
	"""A score sheet, with what was understood of it."""
	with camera.page(HR, TALL_BOOK) as page:
		page.goto("/app/score-sheet")
		page.locator(".pf-s-drop").wait_for()
		example = page.request.get("/api/method/perf_flow.api.score_import.example?name=list").body()
		page.locator('[data-place="sheet"]').set_input_files(
			{"name": "score-sheet.xlsx", "mimeType": "application/octet-stream", "buffer": example}
		)
		page.locator(".pf-s-picture").wait_for()
		camera.guide(page)


def open_gallery(page: Any) -> None:
	"""The gallery, with how often each would have happened."""
	page.goto("/app/event-type-gallery")
	page.locator(".pf-card .pf-often").first.wait_for()


def admin_gallery(camera: Camera) -> None:
	"""Ready event types."""
	with camera.page(ADMINISTRATOR, BOOK) as page:
		open_gallery(page)
		camera.guide(page)


def admin_pilot(camera: Camera) -> None:
	"""Several that are chosen, to be switched on for a pilot."""
	with camera.page(ADMINISTRATOR, BOOK) as page:
		open_gallery(page)
		for box in page.locator(".pf-choose input").all()[:3]:
			box.check()
		page.locator('[data-pf-key="bar-pilot"]').click()
		page.locator(".modal.show .modal-title").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


TITLES = {"en": "Large order", "zh": "大额订单"}


def admin_own(camera: Camera) -> None:
	"""An event type that is being made by hand: six steps, and the preview beside them."""
	with camera.page("Administrator", {"width": 1160, "height": 900}) as page:
		page.goto("/app/business-event-type/new")
		page.locator(".pf-guide:visible").wait_for()
		page.evaluate("(title) => cur_frm.set_value('title', title)", TITLES[camera.language])
		page.evaluate("() => cur_frm.set_value('reference_doctype', 'Sales Order')")
		page.locator(".pf-preview-headline").wait_for()
		camera.guide(page)


def enabled_type(camera: Camera, pilot: bool) -> str:
	"""An event type that is switched on; for a pilot, or for everybody."""
	types = camera.rows("Business Event Type", ("name", "template"), "name", enabled=1)
	types.sort(key=lambda row: row["name"] != FIRST_CHOICE)
	for row in types:
		if bool(camera._read(f"/api/resource/Business Event Type/{row['name']}")["pilot_scope"]) == pilot:
			return str(row["name"])
	raise Failure("The demo has no such event type.")


def open_type(page: Any, name: str) -> None:
	"""The form of an event type, with its guide's answer."""
	form(page, "Business Event Type", name)
	page.locator(".pf-guide:visible .pf-guide-now button").wait_for()


def admin_preview(camera: Camera) -> None:
	"""Who would be asked."""
	with camera.page("Administrator", BOOK) as page:
		open_type(page, enabled_type(camera, pilot=False))
		page.locator(".pf-guide:visible .pf-guide-now button").click()
		page.locator(".pf-preview-headline").wait_for()
		camera.guide(page)


def admin_backtest(camera: Camera) -> None:
	"""What an event type would have done in 90 days; a worker of the camera works it out."""
	with camera.page("Administrator", {"width": 1160, "height": 1000}) as page:
		open_type(page, enabled_type(camera, pilot=False))
		press(page, "Backtest")
		dialog = page.locator(".modal.show")
		dialog.get_by_role("button", name=word(page, "Start", context="Backtest"), exact=True).click()
		page.wait_for_url("**/app/backtest/*")
		run = page.url.rsplit("/", 1)[1]
		camera.call("perf_flow.flow.backtest.carry_out", run=run)
		page.locator(".pf-figures").wait_for()
		page.locator('[data-chart="weeks"] svg.chart').wait_for()
		page.wait_for_timeout(300)
		camera.guide(page, charts=True)


def admin_duplicate(camera: Camera) -> None:
	"""A copy."""
	with camera.page(ADMINISTRATOR, BOOK) as page:
		open_type(page, enabled_type(camera, pilot=False))
		press(page, "Duplicate")
		page.locator(".modal.show .modal-title").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


def admin_widen(camera: Camera) -> None:
	"""The end of a pilot."""
	with camera.page(ADMINISTRATOR, BOOK) as page:
		open_type(page, enabled_type(camera, pilot=True))
		press(page, "Widen to everybody")
		page.locator(".modal.show").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


def admin_switch_off(camera: Camera) -> None:
	"""No new events."""
	with camera.page(ADMINISTRATOR, BOOK) as page:
		open_type(page, enabled_type(camera, pilot=False))
		press(page, "Switch off")
		page.locator(".modal.show").wait_for()
		page.wait_for_timeout(300)
		camera.guide(page)


def admin_problems(camera: Camera) -> None:
	"""What is wrong with a type. The demo has none that is broken, so the camera says it in the server's words."""
	name = enabled_type(camera, pilot=False)
	texts = (
		"Event type",
		"{0} has no field {1}: this condition cannot be carried out.",
		"Something that the type names is gone or has changed: a document type, a field, a role. "
		"Choose it anew, or put it back, and save.",
	)
	with camera.page("Administrator", BOOK) as page:
		page.goto("/app/business-event-type")
		page.wait_for_function("() => window.cur_list && frappe.boot")
		area, problem, to_do = (word(page, text, word(page, "Sales Order"), "approved_by") for text in texts)
		now = at(page, -90)
		found = {"area": area, "problem": problem, "to_do": to_do, "since": now, "last_time": now, "times": 3}
		answer(page, "event_types.problems_of", lambda request: [{**found, "document": ""}])
		form(page, "Business Event Type", name)
		page.locator(".pf-problems:visible").wait_for()
		page.locator(".pf-guide:visible .pf-guide-now button").wait_for()
		camera.guide(page)


def admin_snapshot(camera: Camera) -> None:
	"""What a behaviour snapshot reads."""
	with camera.page("Administrator", TALL_BOOK) as page:
		form(page, "Performance Flow Settings", "Performance Flow Settings")
		section = page.locator('[data-fieldname="snapshot_section"]')
		section.locator(".section-head").click()
		section.scroll_into_view_if_needed()
		camera.guide(page)


def admin_start_plan(camera: Camera) -> None:
	"""The first 30 days."""
	with camera.page(ADMINISTRATOR, BOOK) as page:
		page.goto("/app/start-plan")
		page.locator(".pf-item").first.wait_for()
		camera.guide(page)


def admin_onboarding(camera: Camera) -> None:
	"""The start page of whoever sets the app up, with the steps to take."""
	with camera.page("Administrator", BOOK) as page:
		page.goto("/app/performance-flow")
		page.locator(".onboarding-widget-box .onboarding-step").first.wait_for()
		page.locator(".ce-block .number-widget-box .number").first.wait_for()
		camera.guide(page, charts=True)


def admin_shop_floor(camera: Camera) -> None:
	"""The start page of the shop floor, or its board."""
	with camera.page("Administrator", TABLET) as page:
		page.goto("/app/shop-floor")
		page.locator(".pf-screen-shop-floor .pf-screen-body > *").first.wait_for()
		camera.guide(page)


CHECKS = {
	"en": (("Press shop", ("Oil level of press 1", "Guards of press 2")), ("Assembly", ("Torque wrench 4",))),
	"zh": (("冲压车间", ("1 号冲床油位", "2 号冲床防护罩")), ("装配车间", ("4 号扭力扳手",))),
}


def admin_shop_floor_board(camera: Camera) -> None:
	"""A board with checks. The demo has none, so the camera says what the server would."""
	with camera.page("Administrator", TABLET) as page:
		page.goto("/app/performance-flow")
		page.locator(".ce-block .number-widget-box").first.wait_for()
		now = at(page, 0)
		due = now.split(" ")[0]
		teams = []
		for number, (team, titles) in enumerate(CHECKS[camera.language]):
			checks = [
				{"name": title, "title": title, "subtitle": "", "team": team, "due": due, "done": n == number}
				| {"late": False}
				for n, title in enumerate(titles)
			]
			done = sum(one["done"] for one in checks)
			teams.append({"team": team, "due": len(checks), "done": done, "late": 0, "checks": checks})
		title = word(page, "Equipment checks")
		board = {"name": title, "title": title, "doctype": "Asset Maintenance Log", "doctype_label": ""}
		board |= {"today": due, "as_of": now, "teams": teams, "grouped": True, "more": False}
		board |= {"teams_are_people": False, "totals": {"due": 3, "done": 1, "late": 0}}
		board["goal"] = {"label": "OEE", "target": 85, "value": 78.5, "as_of": due}
		shown = {"boards": [{"name": title, "title": title}], "board": board, "may_set_up": True}
		answer(page, "shop_floor.show", lambda request: shown)
		page.goto("/app/shop-floor")
		page.locator(".pf-floor-row").first.click()
		page.locator(".pf-floor-checks").first.wait_for()
		camera.guide(page)


def admin_board(camera: Camera) -> None:
	"""A board of one's own."""
	with camera.page("Administrator", BOOK) as page:
		page.goto("/app/shop-floor-board/new")
		page.wait_for_function(
			"() => window.cur_frm && cur_frm.doctype === 'Shop Floor Board' && cur_frm.doc"
		)
		page.evaluate("() => cur_frm.set_value('reference_doctype', 'Quality Inspection')")
		camera.guide(page)


GUIDE_PICTURES: tuple[Callable[[Camera], None], ...] = (
	employee_drop,
	employee_paste,
	employee_phone,
	employee_undo,
	employee_guidance,
	employee_my_flow,
	employee_marks,
	employee_snapshot,
	employee_brief,
	employee_prompt,
	employee_messages,
	employee_rehearsal,
	manager_team_flow,
	manager_marking,
	manager_many,
	manager_templates,
	manager_undo,
	manager_late,
	manager_snapshot,
	manager_away,
	manager_rehearsal,
	collaborator_confirm,
	collaborator_email,
	collaborator_several,
	collaborator_undo,
	hr_flow_health,
	hr_groups,
	hr_stalls,
	hr_sweep,
	hr_without_person,
	hr_hand_over,
	hr_void,
	hr_import,
	admin_gallery,
	admin_pilot,
	admin_own,
	admin_preview,
	admin_backtest,
	admin_duplicate,
	admin_widen,
	admin_switch_off,
	admin_problems,
	admin_snapshot,
	admin_start_plan,
	admin_onboarding,
	admin_shop_floor,
	admin_shop_floor_board,
	admin_board,
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
