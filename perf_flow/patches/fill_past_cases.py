"""Cases of events that closed before there was a table of them; written by the outbox."""

from perf_flow.flow import backfill


def execute() -> None:
	backfill.begin(backfill.CASES)
