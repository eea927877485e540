from __future__ import annotations

from perf_flow.flow.guard import Projected


class RehearsalRun(Projected):
	"""One rehearsal of one person, written by perf_flow.flow.rehearsal alone."""
