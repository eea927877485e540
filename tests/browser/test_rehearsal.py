"""A rehearsal as people walk it: three chains on the real screens, in all roles, with the bar that leads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import PDF, Hands, barriers, overflow, settle

SEED = "perf_flow.tests.seed."
PHONE = (360, 740)
COACH = ".pf-coach"


@pytest.fixture
def walk(
	page_for: Callable[..., Any], api_as: Callable[..., Any], world: dict[str, Any]
) -> Callable[..., Any]:
	"""`walk("max", lang=…)`: this person's rehearsal, whatever was left of one before."""

	def make(who: str, **how: Any) -> Walk:
		user, password = world["users"][who], world["password"]
		api = api_as(user, password)
		# gives the one that is under way, if there is one
		under_way = api.call("perf_flow.api.rehearsal.start", as_role="Manager")["running"]
		api.call("perf_flow.api.rehearsal.abort", rehearsal_name=under_way["name"])
		return Walk(page_for(user, password, **how))

	return make


class Walk:
	"""Somebody's way through a rehearsal, by the bar and the screens it leads to."""

	def __init__(self, page: Any) -> None:
		self.page = page
		self.hands = Hands(page)
		self.screens: list[str] = []

	def begin(self, as_role: str) -> None:
		self.page.goto("/app/flow-rehearsal")
		self.page.locator(f'[data-pf-key="start:{as_role}"]').click()
		self.opened()

	def state(self) -> dict[str, Any] | None:
		return self.page.evaluate("() => window.frappe?.perf_flow?.coach?.run")

	def opened(self) -> dict[str, Any]:
		"""Wait until a step is open and its screen in front."""
		self.page.wait_for_function(
			"""() => { const c = frappe.perf_flow.coach; return c && !c.busy && c.run && c.run.step && c.run.step.opened }"""
		)
		run = self.state()
		assert run
		return run

	def next(self) -> dict[str, Any]:
		"""Press what the bar offers."""
		self.page.locator(f'{COACH} [data-pf-key="next"]').click()
		return self.opened()

	def front(self, selector: str) -> Any:
		return self.page.locator(f".page-container:visible {selector}").first

	def give(self, count: int) -> None:
		files = [
			{
				"name": f"photo {n}.pdf",
				"mimeType": "application/pdf",
				"buffer": PDF.replace(b"%%EOF", b"%% %d\n%%%%EOF" % n),
			}
			for n in range(count)
		]
		self.hands.choose_file(self.front('[data-kind="File"] [data-pf-key^="file:"]'), files)  # type: ignore[arg-type]

	def mark(self, redo: bool) -> None:
		expect(self.front(".pf-m-preview")).to_be_visible()
		if redo:
			self.hands.write(self.front(".pf-m-form textarea"), "The second page is missing")
		self.hands.click(self.front(f'[data-mark="{"Redo" if redo else "Meets"}"]'))

	def confirm(self) -> None:
		self.hands.click(self.front('[data-impact="Quality"]'))
		self.hands.click(self.front("[data-confirm]"))

	def step(self) -> str:
		"""Take the step that is open; returns its kind."""
		run = self.opened()
		step = run["step"]
		expect(self.page.locator(COACH)).to_be_visible()
		self.hands.interactions = 0
		if step["kind"] == "Evidence":
			self.give(run["files"])
		elif step["kind"] == "Mark":
			self.mark(run["redo"])
		else:
			self.confirm()
		assert self.hands.interactions <= (3 if run["redo"] and step["kind"] == "Mark" else 2)
		self.screens.append(self.page.url.split("/app/")[1].split("?")[0].split("/")[0])
		self.page.wait_for_function(
			"""([chain, step]) => { const r = frappe.perf_flow.coach.run;
				return !r || !r.step || r.chain !== chain || r.step.step !== step }""",
			arg=[run["chain"], step["step"]],
		)
		return str(step["kind"])

	def chain(self) -> list[str]:
		"""Take the steps of one chain."""
		kinds = [self.step()]
		while (run := self.state()) and run["step"]:
			self.next()
			kinds.append(self.step())
		return kinds


def test_a_manager_walks_three_chains(walk: Callable[..., Any]) -> None:
	way = walk("max")
	page = way.page
	page.goto("/app/flow-rehearsal")
	expect(page.locator('[data-pf-key="start:Manager"]')).to_be_visible()
	assert barriers(page, ".pf-screen-rehearsal") == []
	way.begin("Manager")
	settle(page)
	assert barriers(page, COACH) == []
	plain = ["Evidence", "Mark", "Confirmation"]
	assert way.chain() == plain
	# a reload, or another device, goes on where it was left
	page.reload()
	expect(page.locator(f'{COACH} [data-pf-key="next"]')).to_have_text("Begin chain 2")
	way.next()
	assert way.chain() == ["Evidence", "Mark", "Evidence", "Mark", "Confirmation"]
	way.next()
	expect(page.locator(COACH)).to_contain_text("“Delivery date” is ticked already")
	assert way.chain() == plain
	# every step was taken on the screen where it is taken in everyday work
	assert set(way.screens) == {"practice-document", "flow-marking", "impact-confirmation"}
	expect(page.locator(COACH)).to_contain_text("The rehearsal is over.")
	page.locator(f'{COACH} [data-pf-key="next"]').click()
	result = page.locator(".pf-r-result")
	expect(result.locator(".pf-r-kind")).to_have_count(3)
	expect(result.locator(".pf-r-kind li")).to_have_count(9)
	expect(result.locator(".pf-r-advice")).to_contain_text("the reason was written by hand")
	result.locator(".pf-r-steps summary").click()
	expect(result.locator(".pf-r-steps li")).to_have_count(11)
	expect(result.locator(".pf-r-steps")).to_contain_text("Interactions: 2 (enough: 2)")
	assert barriers(page, ".pf-screen-rehearsal") == []
	expect(page.locator(COACH)).to_have_count(0)


def test_the_first_chain_in_chinese_on_a_phone(walk: Callable[..., Any]) -> None:
	way = walk("lina", lang="zh", viewport=PHONE)
	page = way.page
	way.begin("Employee")
	bar = page.locator(COACH)
	expect(bar).to_contain_text("您现在是员工")
	assert overflow(page) <= 0
	assert way.step() == "Evidence"
	for hat in ("直属上级", "协同人"):
		way.next()
		expect(bar).to_contain_text(f"您现在是{hat}")
		assert overflow(page) <= 0 and barriers(page, COACH) == []
		way.step()
	expect(bar).to_contain_text("第 1 条链已完成")
	bar.locator('[data-pf-key="stop"]').click()
	page.locator(".modal.show .btn-modal-primary, .modal.show .btn-primary").click()
	expect(page.locator(".pf-r-result")).to_contain_text("中途停止")
	assert overflow(page) <= 0
	expect(bar).to_have_count(0)


def test_who_does_not_rehearse_loads_nothing_of_it(
	page_for: Callable[..., Any], world: dict[str, Any]
) -> None:
	page = page_for(world["users"]["otto"], world["password"])
	asked: list[str] = []
	page.on("request", lambda request: asked.append(request.url))
	page.goto("/app/todo")
	settle(page)
	assert page.evaluate("() => frappe.boot.perf_flow.rehearsal === undefined")
	assert not [url for url in asked if "rehearsal" in url or "coach" in url]
