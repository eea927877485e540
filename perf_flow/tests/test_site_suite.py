"""Lets `bench --site SITE run-tests --app perf_flow` run the repository's tests/site.

They are pytest tests; each is reported to Frappe's unittest runner as it ends.
"""

from __future__ import annotations

import os
import unittest
from pathlib import Path
from typing import Any

import frappe

SITE_TESTS = Path(__file__).resolve().parents[2] / "tests" / "site"


def why_not() -> str | None:
	"""Why the tests cannot run here, or None when they can."""
	if not SITE_TESTS.is_dir():
		return "tests/site is not there: the app was installed without its repository"
	try:
		import pytest  # noqa: F401
	except ImportError:
		return "pytest is missing in the bench's Python: env/bin/python -m pip install pytest"
	return None


class Reported(unittest.TestCase):
	"""Stands for one pytest test in the results of unittest."""

	def __init__(self, nodeid: str) -> None:
		super().__init__("runTest")
		self.nodeid = nodeid

	def runTest(self) -> None:
		"""Has run already, under pytest."""

	def id(self) -> str:
		return self.nodeid

	def __str__(self) -> str:
		return self.nodeid

	def shortDescription(self) -> None:
		return None


class Relay:
	"""A pytest plugin that hands each outcome on."""

	def __init__(self, result: unittest.TestResult) -> None:
		self.result = result
		self.running: dict[str, Reported] = {}

	def pytest_runtest_logstart(self, nodeid: str) -> None:
		test = self.running[nodeid] = Reported(nodeid)
		self.result.startTest(test)

	def pytest_runtest_logreport(self, report: Any) -> None:
		test = self.running[report.nodeid]
		if report.failed:
			add(
				self.result.addFailure if report.when == "call" else self.result.addError,
				test,
				report.longreprtext,
			)
		elif report.skipped:
			why = report.wasxfail if hasattr(report, "wasxfail") else report.longrepr[2]
			self.result.addSkip(test, why)
		elif report.when == "call":
			self.result.addSuccess(test)
		if self.result.shouldStop:
			raise KeyboardInterrupt

	def pytest_runtest_logfinish(self, nodeid: str) -> None:
		self.result.stopTest(self.running.pop(nodeid))

	def pytest_collectreport(self, report: Any) -> None:
		if report.failed:
			problem(self.result, report.nodeid, report.longreprtext)


class Told(Exception):
	"""Carries pytest's text of a failure to where unittest prints an exception."""


def add(how: Any, test: Reported, text: str) -> None:
	how(test, (Told, Told(f"\n{text}"), None))


def problem(result: unittest.TestResult, nodeid: str, text: str) -> None:
	test = Reported(nodeid)
	result.startTest(test)
	add(result.addError, test, text)
	result.stopTest(test)


class PytestSuite(unittest.TestSuite):
	"""Runs tests/site under pytest, in this process and on this connection's site."""

	def countTestCases(self) -> int:
		return 1

	def run(self, result: unittest.TestResult, debug: bool = False) -> unittest.TestResult:
		import pytest

		before = os.environ.get("PERF_FLOW_SITE")
		os.environ["PERF_FLOW_SITE"] = frappe.local.site
		try:
			status = pytest.main(
				[str(SITE_TESTS), "-p", "no:cacheprovider", "-p", "no:terminal", "--capture=sys"],
				plugins=[Relay(result)],
			)
		finally:
			if before is None:
				del os.environ["PERF_FLOW_SITE"]
			else:
				os.environ["PERF_FLOW_SITE"] = before
		if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and result.wasSuccessful():
			problem(result, str(SITE_TESTS), f"pytest ended with {status!r}")
		return result


class WhyNot(unittest.TestCase):
	"""Reports why the tests did not run."""

	def test_site_suite(self) -> None:
		self.skipTest(why_not() or "they run under pytest")


def load_tests(
	loader: unittest.TestLoader, tests: unittest.TestSuite, pattern: str | None
) -> unittest.TestSuite:
	return tests if why_not() else PytestSuite()
