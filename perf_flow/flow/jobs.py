"""What the scheduler and the queue run. Every job can be run again at any time without harm."""

from __future__ import annotations

import frappe

from perf_flow.flow import (
	backtest,
	clockwork,
	delivery,
	integrity,
	links,
	outbox,
	rehearsal,
	score_import,
	sealer,
	site_export,
	sweep,
	times,
)


def drain_and_seal() -> None:
	"""Woken after commit: deliver what is due and seal what was recorded."""
	outbox.drain()
	sealer.seal()


def every_minute() -> None:
	"""The same, in case no worker was woken, and whatever the clock has to say."""
	clockwork.tick()
	frappe.db.commit()
	drain_and_seal()


def every_five_minutes() -> None:
	"""People who are away or left, today's digests, imports that wait, and the sweep when it is due."""
	clockwork.look_after_people()
	delivery.queue_digests()
	backtest.mark_interrupted()
	frappe.db.commit()
	score_import.resume()
	if _sweep_is_due():
		sweep.sweep()
		frappe.db.commit()
	drain_and_seal()


def _sweep_is_due() -> bool:
	minutes = int(frappe.db.get_single_value("Performance Flow Settings", "sweep_minutes") or 0)
	if not minutes:
		return False
	now = times.now_utc().timestamp()
	last = float(frappe.cache.get_value("perf_flow:last_sweep", expires=True) or 0)
	if now - last < minutes * 60 - 30:
		return False
	frappe.cache.set_value("perf_flow:last_sweep", now, expires_in_sec=24 * 3600)
	return True


def hourly() -> None:
	"""Check that all switched-on types can still be carried out, and that their SOPs are there; what cannot is listed as
	a problem."""
	from perf_flow.flow import guidance, watch

	watch.forget()
	watch.build()
	guidance.look_after()
	frappe.db.commit()


def daily() -> None:
	"""Anchor the head of the ledger, look at the evidence files, and clear what the outbox has long done links that no longer work, the rows of old backtests, and exports."""
	sealer.seal()
	sealer.anchor()
	outbox.clear_old()
	links.purge()
	rehearsal.clear_old()
	backtest.clear_old()
	site_export.clear_old()
	frappe.db.commit()
	integrity.check_files()
	outbox.drain()
