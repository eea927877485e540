"""The backtest of an event type: begin, cancel, read, and open what is behind a figure. For administrators."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from perf_flow.api.event_types import conditions_in_words, given, may_read, only_administrators
from perf_flow.flow import backtest, backtest_result


@frappe.whitelist(methods=["POST"])
def start(doc: str, days: int | str = backtest.DAYS) -> str:
	"""Begin a backtest of the form's document, saved or not, over the last ``days`` days; returns the run's name."""
	only_administrators()
	return backtest.start(given(doc), cint(days))


@frappe.whitelist(methods=["POST"])
def cancel(run: str) -> bool:
	"""Cancel a run; False when it had ended before."""
	only_administrators()
	return backtest.cancel(run)


@frappe.whitelist(methods=["GET"])
def read(run: str = "") -> dict[str, Any]:
	"""A run: see perf_flow.flow.backtest_result.result; without a name the latest ones, ``{"runs": […]}``."""
	only_administrators()
	if not run:
		return {"runs": backtest_result.runs()}
	return backtest_result.result(run, lambda doctype, filters: conditions_in_words(doctype, filters)["rows"])


@frappe.whitelist(methods=["GET"])
def rows(run: str, chosen: str = "{}", start: int | str = 0) -> dict[str, Any]:
	"""The documents behind a figure that the reader may read: see perf_flow.flow.backtest_result.rows."""
	only_administrators()
	try:
		wanted = frappe.parse_json(chosen)
	except ValueError:
		wanted = None
	if not isinstance(wanted, dict):
		frappe.throw(_("There is no such figure: {0}").format(chosen[:60]))
	return backtest_result.rows(run, wanted, cint(start), may_read)
