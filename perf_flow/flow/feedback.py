"""How much of managers' feedback is concrete: the reasons of their marks, by manager and month.

Managers see their own figure; HR that of everybody whose marks they may read. What counts as concrete, and what as
written before, is the same as while typing (``perf_flow.flow.wording``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import frappe

from perf_flow.access import viewer
from perf_flow.engine import wording as engine
from perf_flow.flow import store, wording

MOST = 20_000
"""So many reasons, the latest, are read at once; it takes about 20 seconds."""


@dataclass(slots=True)
class Share:
	"""The reasons of one manager in one month ("2026-11"): how many, how many of them concrete, and how many were
	written before."""

	user: str
	month: str
	comments: int = 0
	concrete: int = 0
	copied: int = 0

	@property
	def percent(self) -> float:
		"""Percent, 0 to 100."""
		return 100 * self.concrete / self.comments


def shares(first: datetime, last: datetime, only: str = "") -> list[Share]:
	"""Those of the marks from ``first`` until before ``last`` (site time) that the session's user may count: their own,
	and for HR all that they may read; of them those of the login ``only``. By month and manager."""
	filters: list[Any] = [
		["kind", "=", "Mark"],
		["state", "=", "Done"],
		["practice", "=", 0],
		["note", "is", "set"],
		["done_at", ">=", first],
		["done_at", "<", last],
	]
	who = viewer()
	if not (who.is_everything or who.companies):
		only = who.user
	if only:
		filters.append(["done_by", "=", only])
	rows = frappe.get_list(
		store.ACTION,
		filters=filters,
		fields=["done_by", "done_at", "note"],
		order_by="done_at desc, name",
		limit=MOST,
	)
	return counted((row.done_by, row.done_at, row.note) for row in reversed(rows))


def counted(comments: Iterable[tuple[str, datetime, str]]) -> list[Share]:
	"""The shares of comments given as login, time and text, in the order in which they were written."""
	words = wording.lexicon()
	before: dict[str, list[str]] = {}
	found: dict[tuple[str, str], Share] = {}
	for user, at, text in comments:
		month = at.strftime("%Y-%m")
		share = found.setdefault((month, user), Share(user, month))
		earlier = before.setdefault(user, [])
		said = engine.assess(text, earlier=earlier, lexicon=words)
		share.comments += 1
		share.concrete += said.concrete
		share.copied += wording.is_copied(said)
		earlier.append(text)
		del earlier[: -wording.EARLIER]
	return [found[key] for key in sorted(found)]
