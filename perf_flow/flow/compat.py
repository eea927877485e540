"""What differs between Frappe 15 and 16, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe


def cached(key: str, generator: Callable[[], Any]) -> Any:
	"""A value shared by all processes: at most one cache read in a request, then from memory.

	``generator`` must not return None.
	"""
	return frappe.cache.get_value(key, generator)


def forget(key: str) -> None:
	"""Drop a cached value now, and again after commit and rollback, so that no other process keeps
	what it read in between."""
	frappe.cache.delete_value(key)
	frappe.db.after_commit.add(lambda: frappe.cache.delete_value(key))
	frappe.db.after_rollback.add(lambda: frappe.cache.delete_value(key))


def affected_rows() -> int:
	"""How many rows the last statement inserted or changed."""
	return int(frappe.db._cursor.rowcount)
