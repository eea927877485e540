"""ERPNext's and Frappe HR's own tests, on a site without the app and on one with every event type on.

	python3 -m benchmarks.erpnext_tests --bare SITE --full SITE [--repeat N] [DOCTYPE …]

Both sites must exist, have erpnext and hrms, and allow tests (`bench --site SITE set-config allow_tests 1`);
they should come from the same dump, as the tests leave records behind. On FULL the app is installed; every
template is switched on there, and for each DocType a type for every moment that asks of every document. What
counts is that both sites give the same outcome for each test, not that every test passes. A test that differs
is run again, alone, on both sites as often as N says: some of those tests fail now and then by themselves.
Exit status 1 if a difference remains, or if no event was recorded on FULL: the comparison would say nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

DOCTYPES = (
	"Sales Order",
	"Purchase Order",
	"Purchase Receipt",
	"Sales Invoice",
	"Project",
	"Task",
	"Issue",
	"Appraisal",
	"Goal",
	"Leave Application",
)
MOMENTS = ("Created", "Submitted", "Cancelled", "Updated After Submit", "Condition Becomes True")


# --- in the bench's Python ------------------------------------------------------------------------------


def inside(site: str, doctype: str, tests: list[str], out: Path) -> None:
	"""Run the tests of a DocType as `bench run-tests` does; writes outcomes and recorded events as JSON."""
	import frappe
	from frappe import test_runner

	outcomes: dict[str, str] = {}
	recorded: list[str] = []

	class Noting(test_runner.TimeLoggingTestResult):
		"""Keeps the outcome of each test beside what it prints."""

		def addSuccess(self, test: Any) -> None:
			outcomes[test.id()] = "pass"
			super().addSuccess(test)

		def addFailure(self, test: Any, err: Any) -> None:
			outcomes[test.id()] = f"fail: {err[0].__name__}: {str(err[1])[:300]}"
			super().addFailure(test, err)

		def addError(self, test: Any, err: Any) -> None:
			outcomes[test.id()] = f"error: {err[0].__name__}: {str(err[1])[:300]}"
			super().addError(test, err)

		def addSkip(self, test: Any, reason: str) -> None:
			outcomes[test.id()] = f"skip: {reason}"
			super().addSkip(test, reason)

		def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
			if err is not None:
				outcomes[test.id()] = f"fail: {err[0].__name__}: {str(err[1])[:300]}"
			super().addSubTest(test, subtest, err)

	test_runner.TimeLoggingTestResult = Noting
	frappe.init(site=site)
	frappe.connect()
	switched_on: list[str] = []
	refused: dict[str, str] = {}
	if "perf_flow" in frappe.get_installed_apps():
		switched_on, refused = switch_everything_on(frappe)
		count_recorded(recorded)
	test_runner.main(site=site, doctype=doctype, tests=tests)
	out.write_text(
		json.dumps(
			{
				"outcomes": outcomes,
				"recorded": len(recorded),
				"switched_on": switched_on,
				"refused": refused,
			}
		)
	)
	frappe.destroy()


def switch_everything_on(frappe: Any) -> tuple[list[str], dict[str, str]]:
	"""All templates, and for each DocType a type for each moment. Returns what is on, and what could not be."""
	from perf_flow.engine.errors import FlowError
	from perf_flow.flow import templates, watch

	on: list[str] = []
	refused: dict[str, str] = {}
	for hook in frappe.get_hooks("before_tests"):  # the company, the year; templates need both
		frappe.get_attr(hook)()
	for found in templates.available():
		try:
			on.append(templates.switch_on(found.key))
		except FlowError as e:
			refused[found.key] = str(e)
	for doctype in DOCTYPES:
		submittable = frappe.get_meta(doctype).is_submittable
		for moment in MOMENTS:
			title = f"Every {doctype} {moment}"
			if moment in ("Submitted", "Cancelled", "Updated After Submit") and not submittable:
				continue
			if frappe.db.exists("Business Event Type", title):
				on.append(title)
				continue
			condition = {}
			if moment == "Condition Becomes True":
				condition = {
					"filters": json.dumps([[doctype, "modified", "is", "set"]]),
					"repeat": "Each Time It Becomes True",
				}
			frappe.get_doc(
				{
					"doctype": "Business Event Type",
					"title": title,
					"enabled": 1,
					"reference_doctype": doctype,
					"trigger": moment,
					"recipients": [{"source": "Document Owner"}],
					"requirements": [
						{"label": "Paper", "kind": "File"},
						{"label": "Changed", "kind": "Field", "fieldname": "modified"},
					],
					"collaborators": [{"label": "Reader", "source": "Role", "role": "HR Manager"}],
					**condition,
				}
			).insert()
			on.append(title)
	frappe.db.commit()
	watch.forget()
	frappe.db.commit()
	return on, refused


def count_recorded(recorded: list[str]) -> None:
	"""Note the events that are recorded: tests roll back, so the tables would not tell."""
	from perf_flow.flow import recorder

	write = recorder._write

	def noting(ready: Any) -> list[str]:
		names = write(ready)
		recorded.extend(names)
		return names

	recorder._write = noting


# --- outside --------------------------------------------------------------------------------------------


def run(bench: Any, site: str, doctype: str, tests: list[str], log: Any) -> dict[str, Any]:
	"""The outcomes of a DocType's tests on a site. What the tests print goes to `log`."""
	from scripts.machine import REPO, Failure

	with tempfile.TemporaryDirectory() as folder:
		os.chmod(folder, 0o777)
		out = Path(folder) / "outcomes.json"
		argv = [bench.python, str(REPO / "benchmarks" / "erpnext_tests.py"), "--inside", site, doctype]
		done = bench.run([*argv, str(out), *tests], quiet=True, check=False)
		log.write(done.stdout)
		if not out.is_file():
			print(done.stdout[-3000:])
			raise Failure(f"The tests of {doctype} on {site} did not run to their end.")
		return json.loads(out.read_text())


def differences(bare: dict[str, str], full: dict[str, str]) -> list[str]:
	"""The tests whose outcome is not the same; messages of failures hold names and do not count."""
	return sorted(
		t for t in bare.keys() | full.keys() if kind(bare.get(t, "absent")) != kind(full.get(t, "absent"))
	)


def kind(outcome: str) -> str:
	"""pass, skip, or how it failed, with the exception's class."""
	return ":".join(outcome.split(":")[: 1 if outcome.startswith("skip") else 2])


def compare(bench: Any, bare: str, full: str, doctypes: list[str], repeat: int, log: Any) -> int:
	"""Run, print the table, return the exit status."""
	remaining = recorded = 0
	described = False
	for doctype in doctypes:
		plain = run(bench, bare, doctype, [], log)
		ours = run(bench, full, doctype, [], log)
		if not described:
			print(f"{len(ours['switched_on'])} event types on; not usable on this site: {ours['refused']}\n")
			print("| DocType | tests | pass without | pass with | events recorded | differ |")
			print("|---|---|---|---|---|---|", flush=True)
			described = True
		recorded += ours["recorded"]
		unlike = differences(plain["outcomes"], ours["outcomes"])
		notes = []
		for test in unlike:
			again = [
				[
					kind(run(bench, site, doctype, [test.split(".")[-1]], log)["outcomes"].get(test, "?"))
					for _ in range(repeat)
				]
				for site in (bare, full)
			]
			notes.append((test, plain["outcomes"].get(test), ours["outcomes"].get(test), again))
		real = [n for n in notes if not repeat or set(n[3][0]) != set(n[3][1])]
		remaining += len(real)
		print(
			f"| {doctype} | {len(plain['outcomes'])} | {passed(plain)} | {passed(ours)} | {ours['recorded']} "
			f"| {len(unlike)}{f', repeated alone: {len(real)}' if unlike and repeat else ''} |",
			flush=True,
		)
		for note in notes:
			print(f"  {note}", flush=True)
	print(f"\n{recorded} events recorded in all; {remaining} tests differ.")
	return 1 if remaining or not recorded else 0


def passed(result: dict[str, Any]) -> int:
	return sum(o == "pass" for o in result["outcomes"].values())


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("--bare", required=True, help="a site without the app")
	parser.add_argument("--full", required=True, help="a site with the app")
	parser.add_argument("--repeat", type=int, default=2, help="how often a differing test is repeated alone")
	parser.add_argument("--log", default=os.devnull, help="where the tests' own output goes")
	parser.add_argument("doctypes", nargs="*", metavar="DOCTYPE")
	told = parser.parse_args()
	from scripts.bench import needed_bench
	from scripts.machine import Failure

	try:
		bench = needed_bench()
		with open(told.log, "a", encoding="utf-8") as log:
			return compare(bench, told.bare, told.full, told.doctypes or list(DOCTYPES), told.repeat, log)
	except Failure as problem:
		print(problem)
		return 1


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		inside(sys.argv[2], sys.argv[3], sys.argv[5:], Path(sys.argv[4]))
	else:
		sys.exit(main())
