"""HR exports a week from the list of business events; `perf-flow replay` of the file writes a brief with the health that
the site's report shows."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from scripts.machine import REPO
from tests.browser.desk import barriers

SEED = "perf_flow.tests.seed."
WORKER = 120_000  # milliseconds: the worker may have other jobs before this one


def test_what_hr_exports_replays_to_the_health_of_the_report(
	page_for: Callable[..., Any],
	api_as: Callable[[str, str], Any],
	execute: Callable[..., Any],
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
	assert barriers(page, ".form-layout") == []
	name = page.evaluate("() => cur_frm.doc.name")
	address = page.evaluate("() => cur_frm.doc.file")

	answer = page.context.request.get(address)
	assert answer.ok
	workbook = tmp_path / "week.xlsx"
	workbook.write_bytes(answer.body())
	done = subprocess.run(
		[
			sys.executable,
			"-m",
			"perf_flow.replay",
			"replay",
			str(workbook),
			"--json",
			"--out",
			str(tmp_path / "out"),
		],
		capture_output=True,
		text=True,
		cwd=REPO,
	)
	assert done.returncode == 0, done.stdout + done.stderr
	told = json.loads(done.stdout)
	assert list((tmp_path / "out").glob("*.html")) and told["refused"] == 0

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
