"""What Frappe keeps of the past: versions of documents, deleted documents, moves of employees.

Versions exist where a DocType tracks changes, and of what passes a document's ``save``: ``db_set`` and SQL leave none.
Their values are formatted for people, so only which field changed, and ``docstatus``, is relied on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import frappe

from perf_flow.engine.backtest import Change
from perf_flow.flow import recorder, trial
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import WatchedType

VERSION = "Version"
DELETED = "Deleted Document"
SAVED_MOST = 5000
"""So many deleted documents are looked at."""


def keeps_versions(doctype: str) -> bool:
	"""Whether the DocType tracks changes."""
	return bool(frappe.get_meta(doctype).track_changes)


def changes_of(doctype: str, names: Sequence[Any]) -> dict[str, list[Change]]:
	"""The kept versions of these documents, oldest first (naive, site time): one statement. Changed rows of a table
	count as a change of the table."""
	found: dict[str, list[Change]] = {}
	if not names:
		return found
	for name, at, data in frappe.db.sql(
		f"""select docname, creation, data from `tab{VERSION}` where ref_doctype = %s and docname in %s
		order by creation, name""",
		(doctype, tuple(str(name) for name in names)),
	):
		if fields := _fields(data):
			found.setdefault(name, []).append(Change(at, fields))
	return found


def _fields(data: str | None) -> dict[str, tuple[Any, Any]]:
	try:
		kept = json.loads(data or "{}")
	except ValueError:
		return {}
	if not isinstance(kept, dict):
		return {}
	fields = {row[0]: (row[1], row[2]) for row in kept.get("changed") or () if len(row) == 3}
	for part in ("added", "removed", "row_changed"):
		fields.update({row[0]: (None, None) for row in kept.get(part) or () if row})
	return fields


def _touches(fields: Iterable[str]) -> tuple[str, dict[str, str]]:
	"""SQL on Version: it names one of these fields as changed."""
	values = {f"field_{n}": f'%["{name}",%' for n, name in enumerate(sorted(set(fields)))}
	return " or ".join(f"v.data like %({key})s" for key in values) or "1=0", values


def moved_on(
	watched: WatchedType, matching: str, fields: Iterable[str], since: datetime, seconds: float
) -> int:
	"""How many documents do not match now (``matching`` is the SQL for those that do), but had one of ``fields`` changed
	since. Raises ``trial.TooMany``."""
	touches, values = _touches(fields)
	# what filters hold may contain percent signs
	query = f"""select count(distinct v.docname) from `tab{VERSION}` v
		where v.ref_doctype = %(doctype)s and v.creation >= %(since)s and ({touches})
		and exists (select 1 from `tab{watched.doctype}` d where d.name = v.docname)
		and v.docname not in ({matching.replace("%", "%%")})"""
	return int(
		trial.bounded(query, {"doctype": watched.doctype, "since": since, **values}, seconds=seconds)[0] or 0
	)


def deleted(watched: WatchedType, since: datetime) -> int:
	"""How many documents deleted since fulfilled the type's conditions, as they were kept when they were deleted."""
	count = 0
	for data in frappe.get_all(
		DELETED,
		filters={"deleted_doctype": watched.doctype, "creation": [">=", since], "restored": 0},
		pluck="data",
		order_by="creation desc",
		limit=SAVED_MOST,
	):
		try:
			doc = frappe.get_doc(json.loads(data))
			count += bool(recorder.holds(watched, DocView(doc)))
		except (ValueError, TypeError, KeyError, AttributeError, frappe.ValidationError):
			# kept by another version of the DocType; it cannot be told what it was
			continue
	return count


def moves(since: datetime) -> dict[str, datetime]:
	"""Employees whose department or line manager changed since, and when last (naive, site time)."""
	touches, values = _touches(("department", "reports_to"))
	return dict(
		frappe.db.sql(
			f"""select v.docname, max(v.creation) from `tab{VERSION}` v
			where v.ref_doctype = 'Employee' and v.creation >= %(since)s and ({touches}) group by v.docname""",
			{"since": since, **values},
		)
	)
