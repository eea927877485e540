"""The brief for people: a page, a workbook, slides. All three are written from one ``Brief``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from perf_flow.engine.brief import Brief

NAMES = ("brief.html", "brief.xlsx", "brief.pptx")


def write(brief: Brief, folder: Path, lang: str) -> list[Path]:
	"""Write the brief into ``folder`` in the language ``lang`` ("zh" or "en"); returns the files, the page first.

	The folder is made if it is not there; files of these names are replaced. All are written whole before the first
	one takes its place, so that a failure leaves what was there before. Raises OSError if the folder cannot be
	written.
	"""
	from perf_flow.replay.output import html, slides, workbook

	writers: tuple[Callable[[Brief, Path, str], None], ...] = (html.write, workbook.write, slides.write)
	folder.mkdir(parents=True, exist_ok=True)
	with TemporaryDirectory(dir=folder, prefix=".brief-") as place:
		made = [Path(place) / name for name in NAMES]
		for writer, path in zip(writers, made, strict=True):
			writer(brief, path, lang)
		targets = [folder / name for name in NAMES]
		for path, target in zip(made, targets, strict=True):
			os.replace(path, target)
	return targets
