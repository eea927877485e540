"""What the desk knows from the start: which DocTypes are watched, so that other forms ask nothing."""

from __future__ import annotations

import frappe


def extend_bootinfo(bootinfo: frappe._dict) -> None:
	"""Add the watched DocTypes and the size limit of evidence files."""
	from perf_flow.flow.files import maximum_mb
	from perf_flow.flow.watch import watch_map

	bootinfo.perf_flow = {"watched": sorted(watch_map().known), "maximum_mb": maximum_mb()}
