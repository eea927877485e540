"""Verify the ledger and the documents that follow from it.

The ledger itself is checked by the engine. Then every chain is folded from its facts, and each
difference between that and its documents is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import frappe
from frappe import _

from perf_flow.engine import ledger
from perf_flow.engine.chain import fold
from perf_flow.engine.clock import to_utc_iso
from perf_flow.engine.errors import FlowError
from perf_flow.engine.facts import Fact, decode
from perf_flow.engine.model import Chain, RequirementKind
from perf_flow.engine.projection import Row, evidence_name, project
from perf_flow.flow import integrity, sealer, store, times

DOCUMENT_DIFFERS = "document differs"
FILE_DIFFERS = "file differs"


@dataclass(frozen=True, slots=True)
class Difference:
	"""One thing that is wrong: ``kind`` names it, ``where`` the record, ``message`` says it in words."""

	kind: str
	where: str
	message: str


def verify() -> list[Difference]:
	"""Everything that is wrong with ledger, documents and evidence files; empty when nothing is."""
	now = to_utc_iso(times.now_utc())
	findings = ledger.verify(
		sealer.rows(), sealer.anchors(), store.ledger_key(), now=now, heads=sealer.heads()
	)
	result = [
		Difference(
			f.kind.value,
			f.entry or f.event or "",
			_(f.template).format(*f.args),
		)
		for f in findings
	]
	result.extend(compare_documents())
	return result


def compare_documents() -> Iterator[Difference]:
	"""Fold every chain and compare it with its event, actions, evidence and files."""
	renames = [_decode(r) for r in _entries(f"= {frappe.db.escape(store.SITE_FACTS)}")]
	known = set(frappe.get_all(store.EVENT, pluck="name", limit=0))
	seen: set[str] = set()
	for batch in _batches():
		documents = _documents(list(batch))
		for event, rows in batch.items():
			seen.add(event)
			try:
				chain = fold(store.merge_site_facts([*(_decode(r) for r in rows), *renames]))
			except (FlowError, ValueError, KeyError, TypeError, IndexError) as e:
				yield Difference(DOCUMENT_DIFFERS, event, _("The facts cannot be read: {0}").format(repr(e)))
				continue
			if event not in known:
				yield Difference(
					DOCUMENT_DIFFERS, event, _("The business event {0} is missing").format(event)
				)
				continue
			yield from _compare(chain, documents)
	for event in sorted(known - seen):
		yield Difference(
			DOCUMENT_DIFFERS, event, _("The business event {0} has no facts in the ledger").format(event)
		)


def _entries(event_condition: str) -> list[Any]:
	return frappe.db.sql(
		f"""select event, fact, payload, actor, recorded_at from `tabPerformance Ledger Entry`
		where event {event_condition} order by event, seq""",
		as_dict=True,
	)


def _decode(row: Any) -> Fact:
	return decode(row.fact, json.loads(row.payload), row.recorded_at, row.actor)


def _batches(size: int = 500) -> Iterator[dict[str, list[Any]]]:
	"""The ledger's rows of all events, some events at a time."""
	last = ""
	while True:
		events = frappe.db.sql(
			"""select distinct event from `tabPerformance Ledger Entry` where event > %s and event != %s
			order by event limit %s""",
			(last, store.SITE_FACTS, size),
			pluck=True,
		)
		if not events:
			return
		last = events[-1]
		names = ", ".join(frappe.db.escape(e) for e in events)
		rows = _entries(f"in ({names})")
		yield {event: list(group) for event, group in groupby(rows, key=lambda r: r.event)}


def _documents(events: list[str]) -> dict[str, dict[str, Any]]:
	"""All documents of some events: per DocType, by name."""
	found: dict[str, dict[str, Any]] = {}
	for doctype, column in ((store.EVENT, "name"), (store.ACTION, "event"), (store.EVIDENCE, "event")):
		found[doctype] = {
			r.name: r
			for r in frappe.get_all(doctype, filters={column: ["in", events]}, fields=["*"], limit=0)
		}
	return found


def _compare(chain: Chain, documents: dict[str, dict[str, Any]]) -> Iterator[Difference]:
	expected = project(chain)
	yield from _compare_row(store.EVENT, chain.id, expected.event, documents[store.EVENT].get(chain.id))
	for doctype, rows in ((store.ACTION, expected.actions), (store.EVIDENCE, expected.evidence)):
		there = {n: r for n, r in documents[doctype].items() if r.event == chain.id}
		for name, row in rows.items():
			yield from _compare_row(doctype, name, row, there.pop(name, None))
		for name in sorted(there):
			yield Difference(
				DOCUMENT_DIFFERS, name, _("{0} {1} has no facts in the ledger").format(_(doctype), name)
			)
	files = [e for e in chain.evidence if e.kind is RequirementKind.FILE and e.counts and e.file]
	if files:
		for key, found in integrity.differences(chain.id, files, thorough=True).items():
			title = next(e.title for e in files if e.key == key)
			for text in found:
				yield Difference(FILE_DIFFERS, evidence_name(chain.id, key), f"{title}: {_(text)}")


def _compare_row(doctype: str, name: str, expected: Row, found: Any) -> Iterator[Difference]:
	if found is None:
		yield Difference(DOCUMENT_DIFFERS, name, _("{0} {1} is missing").format(_(doctype), name))
		return
	for column, value in expected.items():
		if not _same(store.column_value(value), found.get(column)):
			yield Difference(
				DOCUMENT_DIFFERS,
				name,
				_("{0} {1}: {2} is {3}, the ledger says {4}").format(
					_(doctype), name, column, found.get(column), store.column_value(value)
				),
			)


def _same(expected: Any, found: Any) -> bool:
	if expected in (None, "") and found in (None, ""):
		return True
	if isinstance(expected, (int, float)) and isinstance(found, (int, float)):
		return abs(expected - found) < 1e-6
	if isinstance(expected, datetime) and isinstance(found, datetime):
		return expected == found
	return str(expected) == str(found)
