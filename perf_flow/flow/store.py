"""Facts and rows in the database: the writer of the documents of a chain. Only two columns that no fact
decides are written elsewhere: ``occurrence_key`` and ``holds``, which keep events from doubling.

Rows are inserted in bulk, without document hooks; times are turned into the site's own here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import frappe
from frappe import _
from frappe.utils.password import get_encryption_key

from perf_flow.engine import ledger
from perf_flow.engine.chain import evolve
from perf_flow.engine.clock import from_utc_iso, to_utc_iso
from perf_flow.engine.facts import Fact, MasterRenamed, decode, encode, fact_name
from perf_flow.engine.model import Chain
from perf_flow.engine.projection import Row, Rows, project
from perf_flow.flow import compat, times

EVENT = "Business Event"
ACTION = "Business Event Action"
EVIDENCE = "Performance Evidence"
ENTRY = "Performance Ledger Entry"
OUTBOX = "Performance Outbox"
SEEN = "Business Event Seen"

SITE_FACTS = "SITE"
"""The ledger's own chain for facts that concern every event, such as a renamed employee."""

_STANDARD = ("name", "creation", "modified", "modified_by", "owner", "docstatus", "idx")
_DATA_LENGTH = 140


def new_name() -> str:
	"""A random primary key for an event."""
	return frappe.generate_hash(length=12)


def key_of(*parts: object) -> str:
	"""A deterministic primary or unique key: the SHA-1 of its parts."""
	text = "\x1f".join(str(p) for p in parts)
	return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def occurrence_key(event_type: str, doctype: str, docname: str, occurrence: str) -> str:
	"""The unique key of one event: (type, document, occurrence)."""
	return key_of(event_type, doctype, docname, occurrence)


def ledger_key() -> bytes:
	"""The secret with which the app proves that it wrote an entry itself. It lives in the site's
	configuration file, not in the database."""
	return hashlib.sha256(b"perf_flow ledger " + get_encryption_key().encode()).digest()


def column_value(value: Any) -> Any:
	"""A projected value as the database holds it: local time without zone."""
	return times.to_site(value) if isinstance(value, datetime) else value


def insert(doctype: str, rows: Sequence[dict[str, Any]], *, ignore_duplicates: bool = False) -> int:
	"""Insert rows in one statement and return how many were new. Every row needs a ``name`` and the
	same columns; anything wrong with a value other than a duplicate key must have been checked before."""
	if not rows:
		return 0
	now, user = times.now_site(), frappe.session.user
	columns = [*_STANDARD, *(c for c in rows[0] if c not in _STANDARD)]
	values = []
	for row in rows:
		standard = {
			"creation": now,
			"modified": now,
			"modified_by": user,
			"owner": user,
			"docstatus": 0,
			"idx": 0,
		}
		standard.update(row)
		values.append(tuple(standard[c] for c in columns))
	frappe.db.bulk_insert(doctype, columns, values, ignore_duplicates=ignore_duplicates, chunk_size=10_000)
	return compat.affected_rows()


def update(doctype: str, name: str, changes: dict[str, Any]) -> None:
	"""Change columns of one row, in one statement."""
	if changes:
		frappe.db.set_value(doctype, name, {**changes, "modified": times.now_site()}, update_modified=False)


def columns(row: Row) -> dict[str, Any]:
	"""A projected row as the database holds it."""
	return {k: column_value(v) for k, v in row.items()}


def entry_rows(event: str, first: int, facts: Iterable[Fact]) -> list[dict[str, Any]]:
	"""The ledger rows of ``facts``, numbered from ``first``."""
	key, rows = ledger_key(), []
	for seq, fact in enumerate(facts, first):
		name, payload, at = fact_name(fact), encode(fact), to_utc_iso(fact.at)
		entry = ledger.entry_name(event, seq)
		rows.append(
			{
				"name": entry,
				"event": event,
				"seq": seq,
				"fact": name,
				"payload": payload,
				"actor": fact.actor,
				"recorded_at": at,
				"proof": ledger.proof(entry, event, seq, name, payload, fact.actor, at, key=key),
			}
		)
	return rows


def action_rows(chain: Chain, rows: Rows, next_at: dict[str, datetime | None]) -> list[dict[str, Any]]:
	"""The rows of all steps, with the time the clock looks at each of them again."""
	return [
		{"name": name, **columns(row), "next_at": column_value(next_at.get(str(row["step"])))}
		for name, row in rows.actions.items()
	]


def load_facts(event: str, *, lock: bool = False) -> list[Fact]:
	"""The facts of one event in order, with the site's own facts (renamed masters) where they belong.

	With ``lock`` the event's row is locked until the transaction ends, and the facts are read as they are
	now, not as they were when the transaction began; only rows that exist are locked, never the gaps
	between them. Raises DoesNotExistError for an unknown event.
	"""
	if lock:
		found = frappe.db.sql("select version from `tabBusiness Event` where name = %s for update", (event,))
		names = [ledger.entry_name(event, seq) for seq in range(1, int(found[0][0]) + 1)] if found else [""]
		own = _facts("name in %(names)s order by seq lock in share mode", names=names)
	else:
		own = _facts("event = %(event)s order by seq", event=event)
	if not own:
		frappe.throw(_("There is no business event {0}.").format(event), frappe.DoesNotExistError)
	return merge_site_facts([*own, *_facts("event = %(event)s order by seq", event=SITE_FACTS)])


def _facts(condition: str, **values: Any) -> list[Fact]:
	rows = frappe.db.sql(
		f"select fact, payload, actor, recorded_at from `tabPerformance Ledger Entry` where {condition}",
		values,
		as_dict=True,
	)
	return [decode(r.fact, json.loads(r.payload), r.recorded_at, r.actor) for r in rows]


def facts_named(event: str, name: str) -> list[Any]:
	"""The facts of one kind of an event, in order."""
	return _facts("event = %(event)s and fact = %(fact)s order by seq", event=event, fact=name)


def merge_site_facts(facts: list[Fact]) -> list[Fact]:
	"""Put renamed masters between a chain's own facts by time; those before its beginning are dropped."""
	own = [x for x in facts if not isinstance(x, MasterRenamed)]
	renames = [x for x in facts if isinstance(x, MasterRenamed) and x.at >= own[0].at]
	if not renames:
		return own
	# sorted() is stable: a chain's own facts keep their order
	return [own[0], *sorted([*own[1:], *renames], key=lambda x: x.at)]


def load(event: str, *, lock: bool = False) -> Chain:
	"""The chain of an event: the fold of its facts. See ``load_facts``."""
	chain: Chain | None = None
	for fact in load_facts(event, lock=lock):
		chain = evolve(chain, fact)
	assert chain is not None
	return chain


def load_many(events: Iterable[str]) -> dict[str, Chain]:
	"""The chains of these events, folded from their facts; two statements in all."""
	events = sorted(set(events))
	if not events:
		return {}
	own: dict[str, list[Fact]] = {}
	columns = "event, fact, payload, actor, recorded_at"
	rows = frappe.db.sql(
		f"""select {columns} from `tabPerformance Ledger Entry` where event in %(events)s order by event, seq""",
		{"events": events},
		as_dict=True,
	)
	for r in rows:
		fact = decode(r.fact, json.loads(r.payload), r.recorded_at, r.actor)
		own.setdefault(r.event, []).append(fact)
	site = _facts("event = %(event)s order by seq", event=SITE_FACTS)
	found = {}
	for event, facts in own.items():
		chain: Chain | None = None
		for fact in merge_site_facts([*facts, *site]):
			chain = evolve(chain, fact)
		assert chain is not None
		found[event] = chain
	return found


def apply(chain: Chain, facts: Sequence[Fact], next_at) -> Chain:
	"""Append ``facts`` to the ledger and bring the documents of the chain up to them.

	``next_at(chain)`` gives, for each step key, when the clock looks again. Returns the new chain.
	"""
	after = chain
	for fact in facts:
		after = evolve(after, fact)
	insert(ENTRY, entry_rows(chain.id, chain.version + 1, facts))
	old, new = project(chain), project(after)
	_write_changes(EVENT, chain.id, old.event, new.event)
	upcoming = next_at(after)
	added = []
	for name, row in new.actions.items():
		extra = {"next_at": column_value(upcoming.get(str(row["step"])))}
		if name in old.actions:
			_write_changes(ACTION, name, old.actions[name], row, extra)
		else:
			added.append({"name": name, **columns(row), **extra})
	insert(ACTION, added)
	insert(
		EVIDENCE,
		[{"name": n, **columns(r)} for n, r in new.evidence.items() if n not in old.evidence],
	)
	for name, row in new.evidence.items():
		if name in old.evidence:
			_write_changes(EVIDENCE, name, old.evidence[name], row)
	return after


def _write_changes(doctype: str, name: str, old: Row, new: Row, extra: dict[str, Any] | None = None) -> None:
	changes = {k: column_value(v) for k, v in new.items() if old.get(k) != v}
	if changes or extra:
		update(doctype, name, {**changes, **(extra or {})})


def entry_of(row: Any) -> ledger.Entry:
	"""A ledger row of the database as the engine knows it."""
	return ledger.Entry(
		name=row.name,
		event=row.event,
		seq=int(row.seq),
		fact=row.fact,
		payload=row.payload,
		actor=row.actor,
		recorded_at=row.recorded_at,
		proof=row.proof,
	)


def instant(text: str) -> datetime:
	"""A ledger time as an aware datetime."""
	return from_utc_iso(text)
