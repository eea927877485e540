"""What older events lack because the app could not do it yet: done by the outbox, a bounded batch at a time.

A patch begins (``begin``); each batch leaves the next one in the outbox, so that nothing else waits long. All of it can
be repeated without harm.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import frappe

from perf_flow.engine import content, fingerprint
from perf_flow.engine.errors import EvidenceRefused
from perf_flow.flow import integrity, outbox, past_cases, store

CASES, FINGERPRINTS = "cases", "fingerprints"
BATCH = 100
LARGEST = 50_000_000
"""Bytes of a file that is read for its contents; of a larger one only the hash is kept, which is known."""


def begin(what: str) -> None:
	"""Queue the first batch."""
	_queue(what, "")


def _queue(what: str, after: str) -> None:
	outbox.put([outbox.row("backfill", None, {"what": what, "after": after}, key=("backfill", what, after))])


def handle(task: Any, payload: dict[str, Any]) -> None:
	"""Outbox: one batch; the next one is queued where there is more."""
	last = _WAYS[payload["what"]](payload["after"])
	if last:
		_queue(payload["what"], last)


def _cases(after: str) -> str:
	"""The cases of events that closed before there was a table of them."""
	events = frappe.db.sql(
		f"""select e.name from `tab{store.EVENT}` e where e.name > %(after)s and e.state = 'Closed'
			and e.practice = 0 and not exists (select 1 from `tab{past_cases.CASE}` c where c.event = e.name)
		order by e.name limit {BATCH}""",
		{"after": after},
		pluck=True,
	)
	for event in events:
		past_cases.keep(event)
	return events[-1] if len(events) == BATCH else ""


def _fingerprints(after: str) -> str:
	"""The fingerprints of files that were given before there were any. The heavy ones follow by rows of their own."""
	pieces = frappe.db.sql(
		f"""select p.name, p.event, p.piece, p.title, p.sha256, f.file_url from `tab{store.EVIDENCE}` p
			left join tabFile f on f.name = p.file
		where p.name > %(after)s and p.kind = 'File' and p.practice = 0 and p.withdrawn_at is null
			and not exists (select 1 from `tab{integrity.FINGERPRINT}` g
				where g.event = p.event and g.piece = p.piece)
		order by p.name limit {BATCH}""",
		{"after": after},
		as_dict=True,
	)
	for piece in pieces:
		_keep_fingerprints(piece)
	return pieces[-1].name if len(pieces) == BATCH else ""


def _keep_fingerprints(piece: Any) -> None:
	if not piece.sha256:
		return
	found = [fingerprint.of_bytes(piece.sha256)]
	data = _content(piece.file_url)
	if data is not None:
		try:
			inspected = content.inspect(piece.title or "", data)
		except EvidenceRefused:
			inspected = None  # it would not be taken today; its hash is compared all the same
		if inspected is not None:
			found += fingerprint.light(inspected.kind, data, inspected.archive)
			if fingerprint.is_heavy(inspected.kind):
				key = ("fingerprint", piece.event, piece.piece)
				outbox.put([outbox.row("fingerprint", piece.event, {"piece": piece.piece}, key=key)])
	integrity.keep(piece.event, piece.piece, found)


def _content(address: str | None) -> bytes | None:
	"""The bytes of a file that is there and not too large to be read."""
	path = integrity.disk_path(address) if address else ""
	if not path or not os.path.isfile(path) or os.path.getsize(path) > LARGEST:
		return None
	with open(path, "rb") as f:
		return f.read()


_WAYS: dict[str, Callable[[str], str]] = {CASES: _cases, FINGERPRINTS: _fingerprints}
