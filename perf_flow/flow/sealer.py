"""Seal the ledger, anchor its head, verify it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import frappe

from perf_flow.engine import ledger
from perf_flow.engine.clock import to_utc_iso
from perf_flow.flow import outbox, store, times

BATCH = 500
_ENTRY_COLUMNS = "e.name, e.event, e.seq, e.fact, e.payload, e.actor, e.recorded_at, e.proof"


def seal() -> int:
	"""Chain every committed entry that has no seal yet; returns how many were sealed.

	One sealer works at a time, guarded by a lock of the database server. An entry that the app did
	not write itself (its proof is wrong) is never sealed: ``verify`` names it.
	"""
	lock = f"perf_flow_seal:{frappe.conf.db_name}"
	if not frappe.db.sql("select get_lock(%s, 0)", (lock,))[0][0]:
		return 0
	try:
		return _seal_all()
	finally:
		frappe.db.sql("select release_lock(%s)", (lock,))


def _seal_all() -> int:
	key, total, refused = store.ledger_key(), 0, set[str]()
	while True:
		# a fresh snapshot: what was committed since
		frappe.db.commit()
		head = frappe.db.sql(
			"select number, hash, sealed_at from `tabPerformance Ledger Seal` order by number desc limit 1",
			as_dict=True,
		)
		number, previous = (int(head[0].number), head[0].hash) if head else (0, ledger.GENESIS)
		rows = frappe.db.sql(
			f"""select {_ENTRY_COLUMNS} from `tabPerformance Ledger Entry` e
			left join `tabPerformance Ledger Seal` s on s.entry = e.name
			where s.name is null order by e.recorded_at, e.event, e.seq limit %s""",
			(BATCH + len(refused),),
			as_dict=True,
		)
		seals = []
		sealed_at = max(to_utc_iso(times.now_utc()), head[0].sealed_at if head else "")
		for row in rows:
			entry = store.entry_of(row)
			if not ledger.may_seal(entry, key):
				refused.add(entry.name)
				continue
			number += 1
			made = ledger.seal(entry, number, previous, sealed_at)
			previous = made.hash
			seals.append(
				{
					"name": store.key_of("seal", made.entry),
					"number": made.number,
					"entry": made.entry,
					"previous": made.previous,
					"hash": made.hash,
					"sealed_at": made.sealed_at,
				}
			)
		if not seals:
			return total
		store.insert("Performance Ledger Seal", seals)
		frappe.db.commit()
		total += len(seals)


def anchor() -> str | None:
	"""Write the head of the chain down outside the ledger: in the anchor table, in a file of the site's
	private folder, and by email to the configured address. The daily job calls it; a head that is
	anchored already is left alone. Returns the anchor's name, or None."""
	head = frappe.db.sql(
		"select number, hash from `tabPerformance Ledger Seal` order by number desc limit 1", as_dict=True
	)
	if not head:
		return None
	number, hash_ = int(head[0].number), head[0].hash
	name = store.key_of("anchor", number, hash_)
	anchored_at = to_utc_iso(times.now_utc())
	row = {"name": name, "number": number, "hash": hash_, "anchored_at": anchored_at, "sent_to": None}
	if not store.insert("Performance Ledger Anchor", [row], ignore_duplicates=True):
		return None
	_append_to_file({"number": number, "hash": hash_, "anchored_at": anchored_at})
	outbox.put(
		[
			outbox.row(
				"anchor",
				None,
				{"name": name, "number": number, "hash": hash_, "anchored_at": anchored_at},
				key=("anchor", name),
			)
		]
	)
	return name


def anchor_file() -> str:
	"""Where anchors are kept beside the database."""
	return frappe.get_site_path("private", "perf_flow_anchors.jsonl")


def _append_to_file(anchor_row: dict[str, Any]) -> None:
	with open(anchor_file(), "a", encoding="utf-8") as f:
		f.write(json.dumps(anchor_row, sort_keys=True) + "\n")
		f.flush()
		os.fsync(f.fileno())


def anchors() -> list[ledger.Anchor]:
	"""All anchors, of the table and of the file."""
	found = [
		ledger.Anchor(int(a.number), a.hash, a.anchored_at, "table")
		for a in frappe.get_all(
			"Performance Ledger Anchor", fields=["number", "hash", "anchored_at"], limit=0
		)
	]
	if os.path.exists(anchor_file()):
		with open(anchor_file(), encoding="utf-8") as f:
			for line in f:
				if line.strip():
					a = json.loads(line)
					found.append(ledger.Anchor(int(a["number"]), a["hash"], a["anchored_at"], "file"))
	return found


def rows(page: int = 5000) -> Iterator[ledger.Row]:
	"""The ledger as ``verify`` reads it: seals by number with their entries, then entries without seal."""
	last = -1
	while True:
		found = frappe.db.sql(
			f"""select s.number, s.entry, s.previous, s.hash, s.sealed_at, s.name seal_name, {_ENTRY_COLUMNS}
			from (select * from `tabPerformance Ledger Seal` where number > %s order by number limit %s) s
			left join `tabPerformance Ledger Entry` e on e.name = s.entry order by s.number""",
			(last, page),
			as_dict=True,
		)
		for r in found:
			last = int(r.number)
			made = ledger.Seal(last, r.entry, r.previous, r.hash, r.sealed_at)
			yield made, store.entry_of(r) if r.name else None
		if len(found) < page:
			break
	unsealed = frappe.db.sql(
		f"""select {_ENTRY_COLUMNS} from `tabPerformance Ledger Entry` e
		left join `tabPerformance Ledger Seal` s on s.entry = e.name
		where s.name is null order by e.event, e.seq""",
		as_dict=True,
	)
	for r in unsealed:
		yield None, store.entry_of(r)


def heads() -> list[tuple[str, int]]:
	"""How many facts each event has, as its document knows it."""
	return [(r[0], int(r[1])) for r in frappe.db.sql("select name, version from `tabBusiness Event`")]
