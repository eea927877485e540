"""Tests in a real browser, in front of a site that `make test-browser` has prepared.

They run in .venv, beside the bench: they see the site by HTTP only, and seed it by `api` (REST as Administrator)
or `execute` (a function of the app, run on the site).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.machine import Bench, find_chromium
from scripts.servers import Servers
from scripts.sites import ADMIN_PASSWORD

SITE = os.environ.get("PERF_FLOW_SITE")
BENCH = os.environ.get("PERF_FLOW_BENCH")
NO_SITE = "needs a bench and a site: run `make test-browser`"
DESKTOP = (1280, 800)
PHONE = (390, 844)
FAILED = pytest.StashKey[bool]()

# No sandbox: Chromium has none as root. The rest keeps it quiet, and off every network but this machine's.
CHROMIUM_OPTIONS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost",
]


class SkippedModule(pytest.Module):
	"""A test module that is not imported, as there is nothing to test it against."""

	def collect(self) -> list[pytest.Item]:
		pytest.skip(NO_SITE, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
	return None if SITE and BENCH else SkippedModule.from_parent(parent, path=module_path)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
	report = yield
	if report.failed:
		item.stash[FAILED] = True
	return report


@pytest.fixture(scope="session")
def bench() -> Bench:
	assert BENCH
	return Bench(Path(BENCH))


@pytest.fixture(scope="session")
def servers(bench: Bench) -> Iterator[Servers]:
	"""The site's web server, with live updates. `servers.url` is its address."""
	assert SITE
	with Servers(bench, SITE) as running:
		running.start_web()
		yield running


@pytest.fixture(scope="session")
def worker(servers: Servers) -> Servers:
	"""A worker for background jobs, for tests that wait for what one does."""
	servers.start_worker()
	return servers


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
	from playwright.sync_api import sync_playwright

	with sync_playwright() as running:
		yield running


@pytest.fixture(scope="session")
def browser(playwright: Any) -> Iterator[Any]:
	"""One headless Chromium for all tests; each user gets a context of his own."""
	path = find_chromium()
	if not path:
		pytest.fail("Chromium is not installed")
	running = playwright.chromium.launch(executable_path=path, headless=True, args=CHROMIUM_OPTIONS)
	yield running
	running.close()


def again_after_a_broken_template(page: Any, console: list[str]) -> None:
	"""Let `page.goto` load once more when Frappe could not compile a template of its own.

	Its compiler names loop variables by three random letters, and once in some ten thousand pages they are a word of
	JavaScript ("var"). The desk then stays empty, whatever the app does.
	"""
	goto = page.goto

	def load(url: str, **options: Any) -> Any:
		seen = len(console)
		answer = goto(url, **options)
		if any(line.startswith("log: Error in Template") for line in console[seen:]):
			answer = goto(url, **options)
		return answer

	page.goto = load


class Api:
	"""The site's REST interface, as one user."""

	def __init__(self, playwright: Any, url: str, user: str, password: str) -> None:
		self.requests = playwright.request.new_context(
			base_url=url, extra_http_headers={"Accept": "application/json"}
		)
		self.call("login", usr=user, pwd=password)

	def call(self, method: str, **args: Any) -> Any:
		"""Call a whitelisted method; returns its message, fails the test on any other status than 200."""
		return self._answer(self.requests.post(f"/api/method/{method}", data=args)).get("message")

	def insert(self, doctype: str, **values: Any) -> dict[str, Any]:
		"""Insert a document; returns it."""
		return self._answer(self.requests.post(f"/api/resource/{doctype}", data=values))["data"]

	def update(self, doctype: str, name: str, **values: Any) -> dict[str, Any]:
		"""Save values into a document; returns it."""
		return self._answer(self.requests.put(f"/api/resource/{doctype}/{name}", data=values))["data"]

	def get(self, doctype: str, name: str) -> dict[str, Any]:
		return self._answer(self.requests.get(f"/api/resource/{doctype}/{name}"))["data"]

	def list(
		self, doctype: str, filters: dict[str, Any] | None = None, fields: tuple[str, ...] = ("name",)
	) -> Any:
		"""Up to 500 rows of a DocType."""
		params = {
			"filters": json.dumps(filters or {}),
			"fields": json.dumps(fields),
			"limit_page_length": 500,
		}
		return self._answer(self.requests.get(f"/api/resource/{doctype}", params=params))["data"]

	@staticmethod
	def _answer(response: Any) -> Any:
		assert response.ok, f"{response.status} from {response.url}:\n{response.text()[:3000]}"
		return response.json()


@pytest.fixture(scope="session")
def api_as(playwright: Any, servers: Servers) -> Iterator[Callable[[str, str], Api]]:
	"""`api_as(user, password)`: the REST interface as that user."""
	made: list[Api] = []

	def make(user: str, password: str) -> Api:
		made.append(Api(playwright, servers.url, user, password))
		return made[-1]

	yield make
	for api in made:
		api.requests.dispose()


@pytest.fixture(scope="session")
def api(api_as: Callable[[str, str], Api]) -> Api:
	"""The REST interface as Administrator."""
	return api_as("Administrator", ADMIN_PASSWORD)


@pytest.fixture(scope="session")
def execute(bench: Bench) -> Callable[..., Any]:
	"""`execute("perf_flow.module.function", key=value)`: run it on the site, commit, return what it returned."""

	def run(function: str, **kwargs: Any) -> Any:
		assert SITE
		done = bench.run(bench.helper("call", SITE, function), stdin=json.dumps(kwargs), quiet=True)
		return json.loads(done.stdout.strip().splitlines()[-1])

	return run


@pytest.fixture(scope="module")
def world(execute: Callable[..., Any]) -> dict[str, Any]:
	"""People, their password, and the event types: see perf_flow/tests/seed.py. A module that needs more of them
	has a fixture of this name on top."""
	return dict(execute("perf_flow.tests.seed.world"))


@pytest.fixture
def page_for(
	request: pytest.FixtureRequest, browser: Any, servers: Servers, api: Api
) -> Iterator[Callable[..., Any]]:
	"""`page_for(user, password, lang="en", viewport=(1280, 800))`: a page of a browser that user is logged in to.

	A phone's size makes it a touch screen as well. When the test fails, a picture of each page and what its console
	said are kept; the message says where.
	"""
	opened: list[tuple[str, Any, list[str]]] = []

	def make(user: str, password: str, lang: str = "en", viewport: tuple[int, int] = DESKTOP) -> Any:
		if user != "Guest" and (api.get("User", user).get("language") or "en") != lang:
			api.update("User", user, language=lang)
		context = browser.new_context(
			base_url=servers.url,
			viewport={"width": viewport[0], "height": viewport[1]},
			has_touch=viewport[0] < 700,
			locale=lang,
		)
		context.set_default_timeout(30_000)
		if user != "Guest":
			answer = context.request.post("/api/method/login", form={"usr": user, "pwd": password})
			assert answer.ok, f"{user} could not log in: {answer.status} {answer.text()[:500]}"
		page = context.new_page()
		console: list[str] = []
		page.on("console", lambda message: console.append(f"{message.type}: {message.text}"))
		page.on("pageerror", lambda error: console.append(f"exception: {error}"))
		again_after_a_broken_template(page, console)
		opened.append((user, page, console))
		return page

	yield make
	failed = request.node.stash.get(FAILED, False)
	folder = Path(tempfile.mkdtemp(prefix="perf-flow-browser-")) if failed and opened else None
	for number, (user, page, console) in enumerate(opened, 1):
		if folder and not page.is_closed():
			picture = folder / f"{request.node.name}-{number}-{user}.png".replace("/", "_")
			page.screenshot(path=str(picture), full_page=True)
			print(f"\n{user} was at {page.url}; picture: {picture}\n" + "\n".join(console[-20:]))
		page.context.close()
	if folder:
		lines = [line for line in servers.log("web").splitlines() if not line.endswith((" 200 -", " 304 -"))]
		print("\n".join(lines[-15:]))


@pytest.fixture
def page_of(page_for: Callable[..., Any], world: dict[str, Any]) -> Callable[..., Any]:
	"""`page_of("max", lang="en", viewport=…)`: a page that this person of the world is logged in to."""

	def make(who: str, **how: Any) -> Any:
		return page_for(world["users"][who], world["password"], **how)

	return make
