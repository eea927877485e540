"""The page of a brief in a real browser: it fits a phone, hides nothing on paper, and axe-core finds nothing.

Needs Chromium, and no bench.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perf_flow.replay.output.html import page
from scripts.machine import find_chromium
from tests.engine import replay_samples as samples

pytestmark = pytest.mark.skipif(not find_chromium(), reason="Chromium is not installed")
FLAGS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
	playwright = pytest.importorskip("playwright.sync_api")
	with playwright.sync_playwright() as running:
		browser = running.chromium.launch(executable_path=find_chromium(), args=FLAGS)
		yield browser
		browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
	folder = tmp_path_factory.mktemp("pages")
	made = samples.samples()
	found = {}
	for shape, lang in (("flow", "zh"), ("long", "en"), ("empty", "zh"), ("log", "en")):
		found[shape] = folder / f"{shape}.html"
		found[shape].write_text(page(made[shape], lang), "utf-8")
	return found


@pytest.mark.parametrize(
	("shape", "width", "scheme"),
	[
		("flow", 1280, "light"),
		("flow", 1280, "dark"),
		("flow", 360, "light"),
		("long", 360, "light"),
		("empty", 1280, "dark"),
		("log", 360, "light"),
	],
)
def test_it_fits_and_everybody_can_use_it(
	browser: Any, pages: dict[str, Path], shape: str, width: int, scheme: str
) -> None:
	axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
	# what looks at the page is no part of it, and may run
	context = browser.new_context(
		viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True
	)
	try:
		tab = context.new_page()
		asked: list[str] = []
		tab.on("request", lambda request: asked.append(request.url))
		tab.goto(pages[shape].as_uri())
		tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
		assert tab.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
		assert asked == [pages[shape].as_uri()]
		assert [v["id"] for v in axe.run(tab).response["violations"]] == []
		shown = "narrow" if width < 672 else "wide"
		assert tab.locator(f"figure .{shown}:visible").count() == tab.locator("figure .wide").count()
		assert (
			tab.locator("figure .wide:visible, figure .narrow:visible").count()
			== tab.locator("figure .wide").count()
		)
	finally:
		context.close()


def test_names_stay_within_their_picture(browser: Any, pages: dict[str, Path]) -> None:
	"""No name runs out of a picture or into its bar, in whatever font there is."""
	context = browser.new_context(viewport={"width": 1280, "height": 900})
	try:
		tab = context.new_page()
		tab.goto(pages["long"].as_uri())
		out = tab.evaluate(
			"""() => [...document.querySelectorAll("figure .wide svg")].flatMap((svg) => {
				const frame = svg.getBoundingClientRect();
				return [...svg.querySelectorAll("text")].filter((text) => {
					const box = text.getBoundingClientRect();
					return box.left < frame.left - 2 || box.right > frame.right + 2;
				}).map((text) => text.textContent);
			})"""
		)
		assert out == []
	finally:
		context.close()


def test_paper_holds_what_is_folded_on_screen(browser: Any, pages: dict[str, Path]) -> None:
	context = browser.new_context(viewport={"width": 1280, "height": 900})
	try:
		tab = context.new_page()
		tab.goto(pages["flow"].as_uri())
		cell = tab.locator("#broken tbody th").first
		assert not cell.is_visible()
		tab.emulate_media(media="print")
		assert cell.is_visible()
		assert not tab.locator("nav").is_visible()
		assert tab.pdf(prefer_css_page_size=True).startswith(b"%PDF")
	finally:
		context.close()
