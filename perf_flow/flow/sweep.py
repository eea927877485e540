"""The sweep: what document events cannot see, found by comparing values.

ERPNext changes many documents by plain SQL, ``set_value`` or ``db_update``; none of that passes a
hook. The sweep looks, for each event type, for documents that should have an event and have none,
for conditions that no longer hold, for documents that were cancelled or deleted unseen, and for
date triggers whose day has come. It never trusts ``modified``: several writers leave it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import get_datetime

from perf_flow.engine import chain as engine
from perf_flow.engine.conditions import as_filters
from perf_flow.engine.errors import FlowError
from perf_flow.engine.model import DocumentState, Source
from perf_flow.engine.triggers import ONCE, Repeat, Trigger, date_occurrence
from perf_flow.flow import compat, follow, observe, problems, recorder, service, store, times
from perf_flow.flow.recorder import Match
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import WatchedType, watch_map

PAGE = 500


def sweep() -> dict[str, int]:
	"""One full sweep; returns how many events each part found, by part."""
	found = {"recorded": 0, "fell": 0, "followed": 0, "observed": 0}
	for watched in watch_map().all():
		found["recorded"] += _guarded(watched, _record_missing)
		if watched.trigger is Trigger.CONDITION and watched.repeat is Repeat.EACH_TIME:
			found["fell"] += _guarded(watched, let_fall)
			frappe.db.commit()
	found["followed"] = follow_unseen()
	found["observed"] = observe_open()
	return found


def _guarded(watched: WatchedType, part: Any) -> int:
	"""One part for one type, in transactions of its own; a broken type does not stop the others."""
	try:
		return part(watched)
	except FlowError as e:
		frappe.db.rollback()
		problems.note(watched.name, "Sweep", e, watched.doctype, "")
		frappe.db.commit()
	except Exception as e:
		frappe.db.rollback()
		problems.note(watched.name, "Sweep", e, watched.doctype, "")
		frappe.log_error(title=f"Performance Flow sweep: {watched.name}")
		frappe.db.commit()
	return 0


# --- documents that should have an event ----------------------------------------------------------


def _record_missing(watched: WatchedType) -> int:
	total = 0
	for names in missing(watched):
		for name in names:
			total += _record_one(watched, name)
		frappe.db.commit()
	return total


def _record_one(watched: WatchedType, name: str) -> int:
	"""Record what the sweep found, unless a look at the document itself says otherwise."""
	doc = frappe.get_doc(watched.doctype, name)
	view = DocView(doc)
	if not recorder.holds(watched, view):
		return 0
	match = Match(watched, view, Source.SWEEP, ONCE)
	if watched.trigger is Trigger.DATE:
		match.source = Source.SCHEDULE
		match.occurrence = date_occurrence(get_datetime(doc.get(watched.date_field)))
	elif watched.trigger is Trigger.CONDITION:
		match.occurrence = None
		match.check_state = True
	recorded = recorder.record([match])
	frappe.db.commit()
	return len(recorded)


def missing(watched: WatchedType) -> Iterator[list[str]]:
	"""Pages of documents that fulfil a type and are neither recorded nor known.

	Expressions are Python, so a document that only fails its expression comes again each time; it is
	looked at and left.
	"""
	scope = _scope(watched)
	if scope is None:
		return
	last = ""
	while True:
		query = candidates(watched, scope, last)
		names = [
			str(n)
			for n in frappe.db.sql(query, {"type": watched.name, "doctype": watched.doctype}, pluck=True)
		]
		if not names:
			return
		last = names[-1]
		yield names


def _scope(watched: WatchedType) -> list[list[Any]] | None:
	"""The filters a trigger adds to the conditions; None for triggers that are not swept."""
	doctype, start = watched.doctype, times.to_site(watched.active_from)
	if start is None:
		return None
	if watched.trigger is Trigger.CREATED:
		return [[doctype, "creation", ">=", start]]
	if watched.trigger is Trigger.SUBMITTED:
		return [[doctype, "docstatus", "=", 1]]
	if watched.trigger is Trigger.CANCELLED:
		return [[doctype, "docstatus", "=", 2]]
	if watched.trigger is Trigger.CONDITION:
		return [[doctype, "docstatus", "!=", 2]]
	if watched.trigger is Trigger.DATE:
		offset = timedelta(hours=watched.offset_hours)
		return [
			[doctype, "docstatus", "!=", 2],
			[doctype, watched.date_field, ">", start - offset],
			[doctype, watched.date_field, "<=", times.now_site() - offset],
		]
	return None


def candidates(watched: WatchedType, scope: list[list[Any]], last: str, limit: int = PAGE) -> str:
	"""The SQL of one page: the desk's own query for the filters, without the documents that have an event
	(for a condition: one that still holds) or are known. ``limit`` 0 means all of them."""
	doctype = watched.doctype
	filters = [*as_filters(watched.conditions), *scope, [doctype, "name", ">", last]]
	if watched.company and frappe.get_meta(doctype).has_field("company"):
		filters.append([doctype, "company", "=", watched.company])
	inner = frappe.get_all(
		doctype, filters=filters, fields=["name"], distinct=True, order_by=None, limit=0, run=False
	)
	occurrence = ""
	if watched.trigger is Trigger.DATE:
		column = f"d.`{watched.date_field}`"
		if frappe.get_meta(doctype).get_field(watched.date_field).fieldtype == "Datetime":
			text = f"date_format({column}, '%%Y-%%m-%%dT%%H:%%i:%%s')"
			occurrence = (
				f" and x.occurrence = if(time({column}) = 0, date_format({column}, '%%Y-%%m-%%d'), {text})"
			)
		else:
			occurrence = f" and x.occurrence = date_format({column}, '%%Y-%%m-%%d')"
	elif watched.trigger is Trigger.CONDITION and watched.repeat is Repeat.EACH_TIME:
		occurrence = " and x.holds = 1"
	escaped = inner.replace("%", "%%")
	# a document that was already so when the type was switched on may become so anew
	seen = "s.holds" if watched.trigger is Trigger.CONDITION else "1"
	return f"""select d.name from `tab{doctype}` d where d.name in ({escaped})
		and not exists (select 1 from `tabBusiness Event` x where x.event_type = %(type)s
			and x.reference_doctype = %(doctype)s and x.reference_name = d.name
			and ifnull(x.document_state, '') != 'Deleted'{occurrence})
		and not exists (select 1 from `tabBusiness Event Seen` s where s.event_type = %(type)s
			and s.reference_doctype = %(doctype)s and s.reference_name = d.name and {seen} = 1)
		order by d.name{f" limit {limit}" if limit else ""}"""


# --- the state before a type is switched on -------------------------------------------------------


def remember_present(watched: WatchedType) -> int:
	"""Note all documents that fulfil a type at the moment it is switched on, or its conditions change:
	they are history, not events. Returns how many were noted.

	One statement does it, unless the type has an expression: then each document is looked at.
	"""
	scope = _scope(watched)
	if scope is None or watched.trigger in (Trigger.CREATED, Trigger.DATE):
		return 0
	if watched.expression:
		return _remember_one_by_one(watched)
	now = times.now_site()
	frappe.db.sql(
		f"""insert ignore into `tabBusiness Event Seen` (name, creation, modified, modified_by, owner, docstatus, idx,
			event_type, reference_doctype, reference_name, reason, holds)
		select sha1(concat_ws(char(31 using utf8mb4), 'seen', %(type)s, %(doctype)s, p.name)), %(now)s, %(now)s,
			%(user)s, %(user)s, 0, 0, %(type)s, %(doctype)s, p.name, 'Already So', 1
		from ({candidates(watched, scope, "", limit=0)}) p""",
		{"type": watched.name, "doctype": watched.doctype, "now": now, "user": frappe.session.user},
	)
	return compat.affected_rows()


def _remember_one_by_one(watched: WatchedType) -> int:
	total = 0
	for names in missing(watched):
		known = []
		for name in names:
			view = DocView(frappe.get_doc(watched.doctype, name))
			try:
				if recorder.holds(watched, view):
					known.append((Match(watched, view, Source.SWEEP, None), "Already So"))
			except Exception as e:
				# the expression cannot be evaluated on this document: neither history nor an event
				problems.note(watched.name, "Condition", e, watched.doctype, name)
		recorder.mark_seen(known)
		total += len(known)
	return total


# --- conditions that no longer hold ----------------------------------------------------------------


def let_fall(watched: WatchedType) -> int:
	"""Notice that a condition ended without a hook, so that it can become true again."""
	total = 0
	for table in (store.EVENT, store.SEEN):
		for name in frappe.get_all(
			table,
			filters={"event_type": watched.name, "reference_doctype": watched.doctype, "holds": 1},
			pluck="reference_name",
			distinct=True,
			limit=0,
		):
			if frappe.db.exists(watched.doctype, name):
				doc = frappe.get_doc(watched.doctype, name)
				if doc.docstatus != 2 and recorder.holds(watched, DocView(doc)):
					continue
			recorder.condition_fell(watched.name, watched.doctype, name)
			total += 1
	return total


# --- cancelled and deleted unseen, evidence that changed unseen ------------------------------------


def follow_unseen() -> int:
	"""Follow documents with open events that were cancelled or deleted without a document event."""
	total = 0
	for (doctype,) in frappe.db.sql(
		"select distinct reference_doctype from `tabBusiness Event` where state = 'Open'"
	):
		if not frappe.db.table_exists(doctype):
			continue
		submittable = frappe.get_meta(doctype).is_submittable
		rows = frappe.db.sql(
			f"""select e.name, e.event_type, e.reference_name, d.name found, d.docstatus
			from `tabBusiness Event` e left join `tab{doctype}` d on d.name = e.reference_name
			where e.state = 'Open' and e.reference_doctype = %s and ifnull(e.document_state, '') = ''
			and (d.name is null or d.docstatus = 2)""",
			(doctype,),
			as_dict=True,
		)
		cancels = {t.name for t in watch_map().types.get(doctype, ()) if t.trigger is Trigger.CANCELLED}
		for row in rows:
			if row.found is None:
				follow.deleted(doctype, row.reference_name)
			elif submittable and row.event_type not in cancels:
				service.execute(
					row.name, engine.FollowDocument(actor=engine.SYSTEM, state=DocumentState.CANCELLED)
				)
			else:
				continue
			total += 1
			frappe.db.commit()
	return total


def observe_open() -> int:
	"""Look again at open events whose ERP evidence is not there yet: the values may have come unseen."""
	types = [
		t.name
		for t in watch_map().all()
		if t.checks or any(c.requirement.kind.observed for c in t.requirements)
	]
	if not types:
		return 0
	events = frappe.get_all(
		store.EVENT,
		filters={"state": "Open", "stage": "Evidence", "event_type": ["in", types]},
		order_by="recorded_at desc",
		pluck="name",
		limit=2000,
	)
	for event in events:
		observe.observe(event)
		frappe.db.commit()
	return len(events)
