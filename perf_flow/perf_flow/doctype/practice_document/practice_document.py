from __future__ import annotations

from perf_flow.flow.guard import Projected


class PracticeDocument(Projected):
	"""Stands in for an ERP document while somebody rehearses; perf_flow.flow.rehearsal writes and removes it."""
