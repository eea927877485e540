from __future__ import annotations

from perf_flow.flow.guard import Projected


class FlowExport(Projected):
	"""A workbook of the site's events that one person asked for, written by perf_flow.flow.site_export alone."""
