"""How long chains took from their recording to their closing.

Which chains enter any figure is said by ``perf_flow.engine.health``: void and practice chains never do. Here it is
only those that are closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, median

from perf_flow.engine.health import ChainTimes, hours_to


@dataclass(frozen=True, slots=True)
class Closing:
	"""``closed`` chains took ``mean_hours`` and ``median_hours`` (calendar hours from recording to closing); both
	None while none is closed."""

	closed: int
	mean_hours: float | None
	median_hours: float | None


def closing(chains: Iterable[ChainTimes]) -> Closing:
	"""The closing times of the closed chains among ``chains``. Single pass over them."""
	hours = [
		hours_to(chain.recorded_at, chain.closed_at)
		for chain in chains
		if chain.closed_at is not None and not chain.void and not chain.practice
	]
	return Closing(len(hours), fmean(hours) if hours else None, median(hours) if hours else None)
