"""HR exports a week from the list of business events; `perf-flow replay` of the file writes a brief with the health that
the site's report shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from scripts.machine import REPO

SEED = "perf_flow.tests.seed."
SITE = os.environ.get("PERF_FLOW_SITE", "")
SAME = ("events", "steps", "closed_in_time", "closed_late", "void", "evidence_completeness_percent")
WORKER = 120_000  # milliseconds: the worker may have other jobs before this one


def replayed(workbook: Path, folder: Path) -> dict[str, Any]:
	"""What `perf-flow replay` of a workbook says; the brief is in ``folder``."""
	argv = [sys.executable, "-m", "perf_flow.replay", "replay", str(workbook), "--json", "--out", str(folder)]
	done = subprocess.run(argv, capture_output=True, text=True, cwd=REPO)
	assert done.returncode == 0, done.stdout + done.stderr
	return dict(json.loads(done.stdout))


def test_what_hr_exports_replays_to_the_health_of_the_report(
	page_for: Callable[..., Any],
	api_as: Callable[[str, str], Any],
	execute: Callable[..., Any],
	bench: Any,
	worker: Any,
	tmp_path: Path,
) -> None:
	world = execute(SEED + "world")
	execute(SEED + "orders", seller="anna", count=3)
	hilda, password = world["users"]["hilda"], world["password"]
	page = page_for(hilda, password)
	page.goto("/app/business-event")
	page.locator(".menu-btn-group:visible").first.click()
	page.get_by_role("link", name="Export for a replay").click()
	dialog = page.locator(".modal:visible")
	today = date.fromisoformat(execute("frappe.utils.nowdate"))
	monday = today - timedelta(days=today.weekday())
	sunday = monday + timedelta(days=6)
	page.evaluate(
		"([first, last]) => cur_dialog.set_values({first, last})", [monday.isoformat(), sunday.isoformat()]
	)
	dialog.get_by_role("button", name="Export", exact=True).click()
	download = page.get_by_role("button", name="Download")
	expect(download).to_be_visible(timeout=WORKER)
	name = page.evaluate("() => cur_frm.doc.name")
	address = page.evaluate("() => cur_frm.doc.file")

	answer = page.context.request.get(address)
	assert answer.ok
	workbook = tmp_path / "week.xlsx"
	workbook.write_bytes(answer.body())
	told = replayed(workbook, tmp_path / "out")
	assert list((tmp_path / "out").glob("*.html")) and told["refused"] == 0
	# the command line writes the same
	by_command = tmp_path / "command.xlsx"
	by_command.touch(mode=0o666)
	by_command.chmod(0o666)
	for folder in (tmp_path, *tmp_path.parents[:2]):
		folder.chmod(0o755)
	days = ("--from", monday.isoformat(), "--to", sunday.isoformat())
	bench.run(bench.frappe("--site", SITE, "perf-flow", "export", *days, str(by_command)), quiet=True)
	again = replayed(by_command, tmp_path / "again")
	assert {k: again[k] for k in SAME} == {k: told[k] for k in SAME}

	report = api_as(hilda, password).call(
		"frappe.desk.query_report.run",
		report_name="Flow Health",
		filters=json.dumps({"from_date": monday.isoformat(), "to_date": sunday.isoformat()}),
	)
	(row,) = [r for r in report["result"] if isinstance(r, dict) and r.get("from_date")]
	assert told["flow_health_percent"] == row["percent"]
	counted = told["closed_in_time"] + told["closed_late"] + told["late_open"]
	assert (counted, told["running"], told["void"]) == (row["counted"], row["running"], row["void"])

	# nobody else opens it, administrators included
	for who in ("max", "anna"):
		other = page_for(world["users"][who], password)
		assert not other.context.request.get(address).ok
		assert not other.context.request.get(f"/api/resource/Flow Export/{name}").ok
