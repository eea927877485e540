from __future__ import annotations

from perf_flow.flow.guard import Projected


class BacktestDocument(Projected):
	"""One document that would have made an event in one run. Nobody reads it on the desk: perf_flow.flow.backtest
	hands out those that the reader may read."""
