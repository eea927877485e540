"""The demo: a quarter of a made-up manufacturer, written down, replayed, and told as a brief."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from perf_flow.engine.brief import Brief
from perf_flow.engine.errors import N_
from perf_flow.engine.verifier import Reason
from perf_flow.replay.generator import EVENTS, SEED, quarter, write_csv, write_workbook
from perf_flow.replay.run import replay_files

WORKBOOK: Final = "quarter.xlsx"
MADE_UP = N_("All data of this brief is made up. Neither the company nor anybody in it exists.")


def demo(folder: Path, lang: str, seed: int = SEED, events: int = EVENTS) -> Brief:
	"""Write the quarter as ``quarter.xlsx`` into ``folder`` and return its brief; ``lang`` is "zh" or "en".

	The workbook is for people to look at, and takes as long to write as the replay takes to count: so it is written by
	a process of its own, while the same rows are replayed from CSV files. Raises OSError if ``folder`` cannot be
	written.
	"""
	with ProcessPoolExecutor(1) as beside, TemporaryDirectory() as place:
		written = beside.submit(_workbook, folder / WORKBOOK, lang, seed, events)
		files = write_csv(quarter(seed, events), Path(place), lang)
		brief = replay_files(files, lang=lang)
		written.result()
	# the CSV files hold what the workbook holds, and are gone by now
	return replace(
		brief,
		inputs=replace(brief.inputs, files=(WORKBOOK,)),
		notes=(Reason(MADE_UP), *brief.notes),
	)


def _workbook(path: Path, lang: str, seed: int, events: int) -> None:
	write_workbook(quarter(seed, events), path, lang)
