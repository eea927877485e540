"""The outbox: what has to happen outside the ERP transaction, written down inside it.

A row is named after what it is about, so the same thing is never queued twice (an email, which another
row leads to, has a random name). Rows are drained by
a worker that is woken after commit, and by the scheduler in case the waking got lost; each row is
done in a transaction of its own, together with what it leads to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import redis

import frappe

from perf_flow.engine.clock import to_utc_iso
from perf_flow.engine.messages import Message, MessageKind
from perf_flow.engine.model import Chain
from perf_flow.flow import store, times

BATCH = 200
MAXIMUM_ATTEMPTS = 10
KEEP_DAYS = 90
CHANGED = "perf_flow_changed"

_HANDLERS = {
	"message": "perf_flow.flow.delivery.deliver",
	"team_pending": "perf_flow.flow.delivery.deliver_team",
	"email": "perf_flow.flow.delivery.deliver_email",
	"digest": "perf_flow.flow.delivery.deliver_digest",
	"problem": "perf_flow.flow.problems.handle",
	"observe": "perf_flow.flow.observe.handle_event",
	"observe_document": "perf_flow.flow.observe.handle_document",
	"take_over": "perf_flow.flow.follow.handle_take_over",
	"anchor": "perf_flow.flow.delivery.deliver_anchor",
	"fingerprint": "perf_flow.flow.integrity.handle",
	"case": "perf_flow.flow.past_cases.handle",
	"backfill": "perf_flow.flow.backfill.handle",
}


class GivenUp(Exception):
	"""A handler says that trying again is of no use; the row shows as failed, with this as its reason."""


def row(
	kind: str,
	event: str | None,
	payload: dict[str, Any] | None = None,
	*,
	key: Iterable[object],
	recipient: str | None = None,
	not_before: datetime | None = None,
) -> dict[str, Any]:
	"""A new outbox row; ``key`` is its identity, and a second row with the same one is dropped. It is
	delivered at once, or from ``not_before`` (site time) on."""
	return {
		"name": store.key_of(*key),
		"kind": kind,
		"event": event,
		"recipient": recipient,
		"state": "Waiting",
		"deliver_after": not_before or times.now_site(),
		"attempts": 0,
		"payload": json.dumps(payload or {}, ensure_ascii=False),
	}


def message_row(message: Message, chain: Chain) -> dict[str, Any]:
	"""The outbox row of a message. The manager's "N of your team's have no evidence yet" is one row a
	day and event type, however many events lead to it."""
	if message.kind is MessageKind.TEAM_PENDING:
		day = times.now_site().date().isoformat()
		return row(
			"team_pending",
			None,
			{"event_type": chain.event_type},
			key=("team_pending", chain.event_type, message.user, day),
			recipient=message.user,
		)
	return row(
		"message",
		message.event,
		{
			"kind": message.kind.value,
			"step": message.step,
			**({"marked_at": to_utc_iso(message.marked_at)} if message.marked_at else {}),
		},
		key=("message", message.key),
		recipient=message.user,
		not_before=times.to_site(message.marked_at + timedelta(minutes=chain.policy.undo_minutes))
		if message.marked_at
		else None,
	)


def put(rows: list[dict[str, Any]]) -> None:
	"""Queue rows and wake a worker after commit."""
	if rows:
		store.insert(store.OUTBOX, rows, ignore_duplicates=True)
		wake()


def wake() -> None:
	"""After commit, once per transaction, ask a worker to drain the outbox and seal the ledger.

	A queue that cannot be reached never reaches the ERP document: the scheduler drains as well.
	"""
	if getattr(frappe.local, "perf_flow_woken", False):
		return
	frappe.local.perf_flow_woken = True
	frappe.db.after_commit.add(_wake_now)
	frappe.db.after_rollback.add(_forget_wake)


def _forget_wake() -> None:
	frappe.local.perf_flow_woken = False


def _wake_now() -> None:
	_forget_wake()
	if frappe.flags.in_test:
		return  # tests drain by hand
	try:
		frappe.enqueue(
			"perf_flow.flow.jobs.drain_and_seal", queue="short", job_id="perf_flow_drain", deduplicate=True
		)
	except (redis.exceptions.RedisError, frappe.QueueOverloaded) as e:
		frappe.logger("perf_flow").warning(f"queue not reachable, the scheduler will drain: {e}")


def announce(chain: Chain) -> None:
	"""Tell open forms, after commit, that something changed, so that they ask anew for what they may see.

	Told are the people on the chain and those who have the event itself open; not everybody who has the
	document open, for whoever may not read the event is to see no trace of it. Ids only.
	"""
	on_it = [
		chain.owner,
		chain.manager,
		*(p for s in chain.steps for p in (s.assignee, s.asked, *s.escalated_to)),
	]
	for user in sorted({p.user for p in on_it if p is not None and p.user}):
		frappe.publish_realtime(CHANGED, _ids(chain.doctype, chain.docname), user=user, after_commit=True)
	event = _ids(store.EVENT, chain.id)
	frappe.publish_realtime(CHANGED, event, doctype=store.EVENT, docname=chain.id, after_commit=True)


def _ids(doctype: str, name: str) -> dict[str, str]:
	return {"doctype": doctype, "name": name}


def clear_old() -> None:
	"""Delete rows that were done more than KEEP_DAYS ago: by then nothing repeats them."""
	before = times.now_site() - timedelta(days=KEEP_DAYS)
	frappe.db.delete(store.OUTBOX, {"state": "Done", "done_at": ["<", before]})


def drain(limit: int = 10_000) -> int:
	"""Do what is due until nothing is left or ``limit`` rows were tried. Returns how
	many were done. What may make a message needless (evidence taken over or found) comes first, then
	the oldest. Several drains may run side by side: each row is locked by one of them."""
	done, tried = 0, set[str]()
	while len(tried) < limit:
		names = _due(tried)
		if not names:
			break
		for name in names:
			tried.add(name)
			done += _do(name)
	return done


def _due(tried: set[str]) -> list[str]:
	names = frappe.db.sql(
		"""select name from `tabPerformance Outbox` where state = 'Waiting' and deliver_after <= %s
		order by kind in ('message', 'team_pending', 'digest', 'email'), deliver_after, creation limit %s""",
		(times.now_site(), BATCH + len(tried)),
		pluck=True,
	)
	return [n for n in names if n not in tried][:BATCH]


def _do(name: str) -> int:
	"""Do one row in one transaction. Commits on success; on failure rolls back and notes the attempt."""
	claimed = frappe.db.sql(
		"""select name, kind, event, recipient, attempts, payload from `tabPerformance Outbox`
		where name = %s and state = 'Waiting' for update skip locked""",
		(name,),
		as_dict=True,
	)
	if not claimed:
		frappe.db.rollback()
		return 0
	task = claimed[0]
	handler: Callable[..., Any] = frappe.get_attr(_HANDLERS[task.kind])
	try:
		later = handler(task, json.loads(task.payload or "{}"))
		if later is None:
			changes = {"state": "Done", "done_at": times.now_site()}
		else:
			changes = {"deliver_after": later}
		store.update(store.OUTBOX, name, changes)
		frappe.db.commit()
		return int(later is None)
	except GivenUp as e:
		frappe.db.rollback()
		store.update(store.OUTBOX, name, {"state": "Failed", "last_error": str(e)[:500]})
		frappe.db.commit()
		return 0
	except Exception as e:
		frappe.db.rollback()
		_note_failure(name, int(task.attempts or 0) + 1, e)
		return 0


def _note_failure(name: str, attempts: int, error: Exception) -> None:
	"""Try again later, ever less often; after MAXIMUM_ATTEMPTS the row stays as failed, for people to see."""
	failed = attempts >= MAXIMUM_ATTEMPTS
	store.update(
		store.OUTBOX,
		name,
		{
			"attempts": attempts,
			"last_error": f"{type(error).__name__}: {error}"[:500],
			"state": "Failed" if failed else "Waiting",
			"deliver_after": times.now_site() + timedelta(minutes=2 ** min(attempts, 9)),
		},
	)
	frappe.log_error(title="Performance Flow outbox", message=frappe.get_traceback())
	frappe.db.commit()
