"""Take the pictures of the brief in docs/images: make brief-pictures. Needs no bench.

Replays the quarter of the demo in both languages, in .venv, and opens the pages in Chromium: the first screen on a
desktop and the page on a phone. Runs in two parts like scripts/screenshots.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from scripts.machine import REPO, Failure, find_chromium, has_chinese_font, install_browser, say
from scripts.screenshots import COLOURS, FLAGS, IMAGES, LARGEST

LANGUAGES = ("en", "zh")
DESKTOP = {"width": 1180, "height": 1000}
PHONE = {"width": 360, "height": 780}


def prepare() -> int:
	"""Everything up to the browser; then the pictures, in .venv."""
	from scripts.bench import VENV, prepare_tools

	prepare_tools()
	install_browser()
	if not find_chromium() or not has_chinese_font():
		raise Failure("Chromium and a font with Chinese characters are needed (chromium, fonts-noto-cjk).")
	python = str(VENV / "bin" / "python")
	return subprocess.run([python, "-m", "scripts.brief_pictures", "take"], cwd=REPO).returncode


def take() -> int:
	"""The pictures."""
	from PIL import Image
	from playwright.sync_api import sync_playwright

	from perf_flow.replay.demo import demo
	from perf_flow.replay.output import html

	with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
		for lang in LANGUAGES:
			folder = Path(place) / lang
			folder.mkdir()
			say(f"Replaying the quarter ({lang})")
			html.write(demo(folder, lang), folder / "brief.html", lang)
			for name, size in (("brief", DESKTOP), ("brief-phone", PHONE)):
				page = browser.new_context(viewport=size, device_scale_factor=1.5).new_page()
				page.goto((folder / "brief.html").as_uri())
				shot = folder / f"{name}.png"
				page.screenshot(path=shot)
				page.context.close()
				target = IMAGES / f"{name}-{lang}.png"
				with Image.open(shot) as picture:
					picture.convert("RGB").quantize(COLOURS).save(target, optimize=True)
				if target.stat().st_size > LARGEST:
					raise Failure(f"{target.name} is larger than {LARGEST} bytes.")
				say(f"{target.relative_to(REPO)}, {target.stat().st_size} bytes")
		browser.close()
	return 0


def main(argv: list[str]) -> int:
	os.chdir(REPO if Path.cwd().resolve() != REPO else ".")
	try:
		return take() if argv == ["take"] else prepare()
	except Failure as problem:
		say(str(problem))
		return 1


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
