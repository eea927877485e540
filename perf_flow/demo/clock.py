"""The clock of this process, moved through the past month.

Nothing in the flow accepts a time from outside, so the demo does not pass any: it sets the clock that
everything reads, and lets the jobs run when they would have run.
"""

from __future__ import annotations

from datetime import datetime, timezone
from types import TracebackType
from typing import Any

from perf_flow.flow import times

PACKAGE = "time-machine"


class Clock:
	"""A context in which this process lives at another time. It runs on from wherever it is put, and
	never goes back."""

	def __init__(self) -> None:
		try:
			import time_machine
		except ImportError:
			raise SystemExit(
				f"The demo moves the clock of its process through the past month by the package {PACKAGE}, which this "
				f"bench lacks. `make site` installs it; by hand: env/bin/pip install {PACKAGE}"
			) from None
		self._machine: Any = time_machine
		self._travel: Any = None
		self._journey: Any = None

	def __enter__(self) -> Clock:
		return self

	def __exit__(
		self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
	) -> None:
		self.back_to_the_present()

	def begin(self, local: datetime) -> None:
		"""Put the clock at a past time of the site (naive local time); it ticks on from there."""
		self._travel = self._machine.travel(times.to_utc(local), tick=True)
		self._journey = self._travel.start()

	def move_to(self, local: datetime) -> None:
		"""Move on to a later time of the site; an earlier one leaves the clock as it is."""
		later = times.to_utc(local)
		assert later is not None
		if later > datetime.now(timezone.utc):
			self._journey.move_to(later)

	def back_to_the_present(self) -> None:
		"""Let the process read the real clock again."""
		if self._travel is not None:
			self._travel.stop()
			self._travel = self._journey = None
