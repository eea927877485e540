from __future__ import annotations

from perf_flow.flow.guard import Projected


class ScoreSheetImport(Projected):
	"""One import of a score sheet by one person, written by perf_flow.flow.score_import alone."""
