"""The page "First 30 days", for administrators."""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.api.event_types import only_administrators
from perf_flow.flow import start_plan


@frappe.whitelist(methods=["GET"])
def plan() -> dict[str, Any]:
	"""Stages and items, what is done, by whom and when: see perf_flow.flow.start_plan."""
	only_administrators()
	return start_plan.plan()


@frappe.whitelist(methods=["POST"])
def tick(item: str, done: bool) -> dict[str, Any]:
	"""Tick an item by hand, or take the tick back; returns the plan as it is then."""
	only_administrators()
	start_plan.tick(item, done)
	return start_plan.plan()
