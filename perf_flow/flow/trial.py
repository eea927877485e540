"""An event type tried on the documents there are, saved or not: what the live preview and the backtest share.

The form is compiled, the database counts with the desk's own query, and each document is prepared as it would be
recorded: the same code decides. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pymysql

import frappe
from frappe import _
from frappe.model.base_document import get_controller
from frappe.utils import get_datetime

from perf_flow.engine.conditions import as_filters
from perf_flow.engine.model import Chain, CheckKind, RequirementKind, Source
from perf_flow.engine.people import Lookup, RecipientSource
from perf_flow.engine.triggers import ONCE, Trigger
from perf_flow.flow import recorder, times
from perf_flow.flow.directory import look_up
from perf_flow.flow.recorder import Match
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import WatchedType

STATEMENT_SECONDS = 4.0
"""So long may one statement take while somebody waits for the answer."""

_NEEDS_SUBMIT = (Trigger.SUBMITTED, Trigger.CANCELLED, Trigger.UPDATED_AFTER_SUBMIT)
_ARGUMENT = {
	RecipientSource.FIELD.value: "fieldname",
	RecipientSource.EMPLOYEE.value: "employee",
	RecipientSource.DEPARTMENT_HEAD.value: "department",
	RecipientSource.ROLE.value: "role",
}


class TooMany(Exception):
	"""The database could not count in the time it was given."""


@dataclass(slots=True)
class Seen:
	"""One document that matches: the chain that recording it would begin, or why it would make no event."""

	doc: Any
	chain: Chain | None = None
	reason: str = ""


@dataclass(slots=True)
class Looked:
	"""What was found on some documents. ``unreadable`` are those on which the type itself fails."""

	seen: list[Seen] = field(default_factory=list)
	unreadable: list[tuple[Any, Exception]] = field(default_factory=list)


# --- the form -------------------------------------------------------------------------------------


def prepare_type(doc: Any) -> int:
	"""Make a form that is still being filled in one that can be compiled: rows that are not complete are left
	out, rows without a name get one. Returns how many were left out."""
	doc._fix_numeric_types()
	left_out = 0
	for table in ("recipients", "collaborators", "requirements", "checks"):
		rows = [row for row in doc.get(table) if _is_complete(row)]
		left_out += len(doc.get(table)) - len(rows)
		doc.set(table, rows)
		for number, row in enumerate(rows, 1):
			row._fix_numeric_types()
			row.name = row.name or f"{table}-{number}"
	doc.pilot_scope = [row for row in doc.pilot_scope if row.scope_type and row.scope_name]
	doc.name = doc.name or doc.title or "new"
	doc.clock = doc.clock or "Calendar hours"
	doc.active_from = None
	return left_out


_LOOKS_AT = {
	CheckKind.ON_TIME.value: ("fieldname", "against"),
	CheckKind.WITHIN_RANGE.value: ("fieldname",),
	CheckKind.WITHIN_TOLERANCE.value: ("fieldname",),
	CheckKind.DOCUMENT_STATE.value: ("filters",),
	CheckKind.EVIDENCE_THERE.value: ("evidence",),
}
"""What a check of a kind cannot do without."""


def _is_complete(row: Any) -> bool:
	if row.doctype == "Verification Check":
		wanted = ["label", "kind", *_LOOKS_AT.get(row.kind or "", ())]
	elif row.doctype == "Evidence Requirement":
		wanted = ["label", "kind"]
		if row.kind == RequirementKind.FIELD.value:
			wanted.append("fieldname")
		elif row.kind == RequirementKind.LINKED_DOCUMENT.value:
			wanted += ["linked_doctype", "link_fieldname"]
		elif row.kind == RequirementKind.SIGN_OFF.value:
			wanted.append("departments")
	else:
		wanted = ["source", *filter(None, [_ARGUMENT.get(row.source or "")])]
	return all(row.get(fieldname) for fieldname in wanted)


def not_chosen(doc: Any) -> str | None:
	"""What has to be chosen before anything can be worked out, for people; None when all is there."""
	if not doc.reference_doctype:
		return _("Choose the document type first.")
	if not frappe.db.exists("DocType", doc.reference_doctype):
		return _("The document type {0} does not exist.").format(doc.reference_doctype)
	if doc.trigger not in {t.value for t in Trigger}:
		return _("Choose when it happens.")
	if doc.trigger == Trigger.DATE.value and not doc.date_field:
		return _("Choose the date field.")
	if Trigger(doc.trigger) in _NEEDS_SUBMIT and not frappe.get_meta(doc.reference_doctype).is_submittable:
		return _("Documents of the type {0} are never submitted. Choose another trigger.").format(
			_(doc.reference_doctype)
		)
	return None


# --- which documents ------------------------------------------------------------------------------


def scope(watched: WatchedType, since: datetime) -> list[list[Any]]:
	"""The filters that stand for the trigger between ``since`` and now (naive, site time). When a document was
	submitted or a condition became true is not kept by Frappe; the nearest that is kept stands in its place."""
	doctype = watched.doctype
	if watched.trigger is Trigger.SUBMITTED:
		return [[doctype, "docstatus", "in", [1, 2]], [doctype, "creation", ">=", since]]
	if watched.trigger is Trigger.CANCELLED:
		return [[doctype, "docstatus", "=", 2], [doctype, "modified", ">=", since]]
	if watched.trigger is Trigger.UPDATED_AFTER_SUBMIT:
		return [[doctype, "docstatus", "=", 1], [doctype, "modified", ">=", since]]
	if watched.trigger is Trigger.CONDITION:
		return [[doctype, "docstatus", "!=", 2], [doctype, "modified", ">=", since]]
	if watched.trigger is Trigger.DATE:
		offset = timedelta(hours=watched.offset_hours)
		return [
			[doctype, "docstatus", "!=", 2],
			[doctype, watched.date_field, ">", since - offset],
			[doctype, watched.date_field, "<=", times.now_site() - offset],
		]
	return [[doctype, "creation", ">=", since]]


def when_of(watched: WatchedType, doc: Any) -> datetime | None:
	"""The moment that stands for the trigger on a document, as in ``scope``."""
	if watched.trigger is Trigger.DATE:
		value = doc.get(watched.date_field)
		return get_datetime(value) + timedelta(hours=watched.offset_hours) if value else None
	if watched.trigger in (Trigger.CANCELLED, Trigger.UPDATED_AFTER_SUBMIT, Trigger.CONDITION):
		return get_datetime(doc.modified)
	return get_datetime(doc.creation)


def query(
	watched: WatchedType, scope: Sequence[list[Any]], either: Sequence[list[Any]] = (), first: int = 0
) -> str:
	"""The SQL for the names of the documents that fulfil company and conditions, and ``scope``, and one of ``either`` if
	there are any: all of them in no order, or the ``first`` so many by name."""
	filters = [*as_filters(watched.conditions), *scope]
	if watched.company and frappe.get_meta(watched.doctype).has_field("company"):
		filters.append([watched.doctype, "company", "=", watched.company])
	# Frappe drops the order of a distinct list
	name = f"`tab{watched.doctype}`.`name`"
	how = {"group_by": name, "order_by": f"{name} asc"} if first else {"distinct": True, "order_by": None}
	return str(
		frappe.get_all(
			watched.doctype,
			filters=filters,
			or_filters=list(either) or None,
			fields=["name"],
			limit=first,
			run=False,
			**how,
		)
	)


def bounded(statement: str, values: Any = (), seconds: float | None = None) -> list[Any]:
	"""The first column of a query. Raises TooMany when it takes longer than ``seconds`` (default: STATEMENT_SECONDS)."""
	limit = STATEMENT_SECONDS if seconds is None else seconds
	try:
		return list(
			frappe.db.sql(f"set statement max_statement_time = {limit} for {statement}", values, pluck=True)
		)
	except pymysql.MySQLError as e:
		if frappe.db.is_statement_timeout(e):
			raise TooMany from e
		raise


def count(watched: WatchedType, days: int) -> int:
	"""How many documents of the last ``days`` days fulfil what the database can ask of them: the trigger, the
	company and the conditions, not the expression or the pilot. Raises TooMany."""
	since = times.now_site() - timedelta(days=days)
	return int(bounded(f"select count(*) from ({query(watched, scope(watched, since))}) matching")[0])


# --- looking --------------------------------------------------------------------------------------


def documents(doctype: str, names: Sequence[Any]) -> Iterator[Any]:
	"""The documents of these names that there are, with their tables, in that order: one statement for all of them and
	one for each of the tables, as against as many for each document by ``frappe.get_doc``."""
	if not names:
		return
	rows = frappe.db.sql(f"select * from `tab{doctype}` where name in %s", (tuple(names),), as_dict=True)
	tables = frappe.get_meta(doctype).get_table_fields()
	children: dict[tuple[str, str], list[Any]] = {}
	for child in dict.fromkeys(df.options for df in tables if not df.get("is_virtual")):
		for row in frappe.db.sql(
			f"select * from `tab{child}` where parenttype = %s and parent in %s order by idx",
			(doctype, tuple(str(name) for name in names)),
			as_dict=True,
		):
			children.setdefault((row.parent, row.parentfield), []).append(row)
	made = {}
	for row in rows:
		doc = get_controller(doctype)({"doctype": doctype, **row})
		for df in tables:
			doc.set(df.fieldname, children.get((str(row.name), df.fieldname), []))
		made[row.name] = doc
	for name in names:
		if name in made:
			yield made[name]


def look_at(watched: WatchedType, docs: Iterable[Any]) -> Looked:
	"""What recording would do with these documents."""
	found, matching = Looked(), []
	for doc in docs:
		view = DocView(doc)
		try:
			if not recorder.holds(watched, view):
				continue
			lookups = recorder.lookups_of(watched, view, doc.owner)
		except (pymysql.MySQLError, frappe.QueryTimeoutError, frappe.QueryDeadlockError):
			raise
		except Exception as e:
			# the type fails on this document, and recording would note the same problem
			found.unreadable.append((doc, e))
			continue
		matching.append((Match(watched, view, Source.HOOK, ONCE), lookups))
	wanted: list[Lookup] = [x for _match, own in matching for group in own.values() for x in group]
	directory = look_up(wanted, times.now_site().date())
	for match, lookups in matching:
		prepared = recorder.prepare(match, directory, lookups)
		if isinstance(prepared, str):
			found.seen.append(Seen(match.view.doc, reason=prepared))
		else:
			found.seen.append(Seen(match.view.doc, prepared.chain))
	return found
