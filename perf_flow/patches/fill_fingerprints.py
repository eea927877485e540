"""Fingerprints of files that were given before there were any; taken by the outbox."""

from perf_flow.flow import backfill


def execute() -> None:
	backfill.begin(backfill.FINGERPRINTS)
