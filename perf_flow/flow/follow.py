"""Events follow their documents: cancelled, amended, renamed, deleted, and masters renamed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import frappe

from perf_flow.engine import chain as engine
from perf_flow.engine.conditions import parse_filters
from perf_flow.engine.errors import FlowError
from perf_flow.engine.evidence import check_piece
from perf_flow.engine.facts import MasterRenamed
from perf_flow.engine.model import Chain, DocumentState, Evidence
from perf_flow.engine.triggers import Moment, Trigger
from perf_flow.flow import outbox, problems, service, store, times, wording
from perf_flow.flow.recorder import holds
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import WatchedType, watch_map

MASTERS = frozenset(("Employee", "User", "Company", "Department", "Branch", "Business Event Type"))
"""Masters whose names stand in the documents of a chain. Frappe renames the Link fields itself; the
ledger gets one fact, so that replaying it leads to the same names."""


def after_change(
	doc: Any, view: DocView, types: Sequence[WatchedType], moments: Sequence[Moment], just_recorded: set[str]
) -> None:
	"""What a change of a watched document means for events recorded before: a cancellation, or a field
	that is evidence. Documents that no type could have matched cost nothing."""
	if Moment.CANCELLED in moments:
		if any(_may_have_matched(t, doc, view) for t in types):
			cancelled(doc.doctype, doc.name)
		return
	before = doc.get_doc_before_save()
	if before is None or Moment.INSERTED in moments:
		return
	outbox.put(
		[
			outbox.row(
				"observe_document",
				None,
				{"event_type": watched.name, "docname": doc.name},
				key=("observe_document", watched.name, doc.name, "fields", str(doc.modified)),
			)
			for watched in types
			if watched.name not in just_recorded
			and any(_text(doc.get(f)) != _text(before.get(f)) for f in _evidence_fields(watched))
			and _may_have_matched(watched, doc, view)
		]
	)


def _evidence_fields(watched: WatchedType) -> set[str]:
	"""The fields of the document that requirements and checks of a type read."""
	return (
		{c.requirement.fieldname for c in watched.requirements if c.requirement.fieldname}
		| {
			condition.fieldname
			for c in watched.requirements
			if c.requirement.fieldname
			for condition in c.state
		}
		| {path for c in watched.checks for path in (c.fieldname, c.against) if path and ":" not in path}
		| {
			condition.fieldname
			for c in watched.checks
			if c.filters
			for condition in parse_filters(c.filters, watched.doctype)
		}
	)


def _text(value: Any) -> str:
	"""A value as text: a form sends dates as text where the database gives dates."""
	return "" if value is None else str(value)


def _may_have_matched(watched: WatchedType, doc: Any, view: DocView) -> bool:
	"""Whether an event of this type may exist, judged from memory alone: the document fulfils the
	conditions now, or did before this save, or that cannot be told. The sweep finds what slips through."""
	before = doc.get_doc_before_save()
	candidates = [view, DocView(before)] if before else [view]
	with problems.noted(watched.name, "Condition", doc.doctype, str(doc.name)):
		return any(holds(watched, candidate) for candidate in candidates)
	return True


def is_install_time() -> bool:
	"""Whether the app's own tables may be missing. Unlike recording, following goes on in patches and
	migrations: a document renamed there has another name afterwards all the same."""
	return any(frappe.flags.get(flag) for flag in ("in_install", "in_uninstall", "in_install_db"))


def events_of(doctype: str, docname: str) -> list[str]:
	"""All events of a document that still exists, whatever their state."""
	return frappe.db.sql(
		"""select name from `tabBusiness Event` where reference_doctype = %s and reference_name = %s
		and ifnull(document_state, '') != 'Deleted' order by recorded_at""",
		(doctype, docname),
		pluck=True,
	)


def cancelled(doctype: str, docname: str) -> None:
	"""Void the open events of a cancelled document, and note it on the others. Events whose very
	trigger is the cancellation stay."""
	waiting = {t.name for t in watch_map().types.get(doctype, ()) if t.trigger is Trigger.CANCELLED}
	for event in events_of(doctype, docname):
		if frappe.db.get_value(store.EVENT, event, "event_type") in waiting:
			continue
		service.execute(
			event, engine.FollowDocument(actor=frappe.session.user, state=DocumentState.CANCELLED)
		)


def on_delete(doc: Any, method: str | None = None) -> None:
	"""A document is gone: its events are kept, void, and its name is free for another."""
	if is_install_time() or doc.doctype not in watch_map().known:
		return
	deleted(doc.doctype, doc.name)


def deleted(doctype: str, docname: str) -> None:
	"""See ``on_delete``."""
	for event in events_of(doctype, docname):
		service.execute(event, engine.FollowDocument(actor=frappe.session.user, state=DocumentState.DELETED))
		frappe.db.set_value(
			store.EVENT, event, "occurrence_key", store.key_of("deleted", event), update_modified=False
		)
	frappe.db.delete(store.SEEN, {"reference_doctype": doctype, "reference_name": docname})


def on_rename(doc: Any, method: str | None, old: str, new: str, merge: bool = False) -> None:
	"""Follow a renamed document, and note a renamed master once for all chains."""
	if is_install_time():
		return
	if doc.doctype in MASTERS:
		note_master(doc.doctype, old, new)
	if doc.doctype in watch_map().known:
		renamed(doc.doctype, old, new)


def note_master(doctype: str, old: str, new: str) -> None:
	"""Write down that a master got another name. Only when a chain may hold it."""
	if not frappe.db.a_row_exists(store.EVENT):
		return
	# one fact after another: the last one is locked until this transaction ends
	last = frappe.db.sql(
		"select max(seq) from `tabPerformance Ledger Entry` where event = %s for update", (store.SITE_FACTS,)
	)[0][0]
	fact = MasterRenamed(
		at=times.now_utc(), actor=frappe.session.user, doctype=doctype, old=str(old), new=str(new)
	)
	store.insert(store.ENTRY, store.entry_rows(store.SITE_FACTS, int(last or 0) + 1, [fact]))
	outbox.wake()


def renamed(doctype: str, old: str, new: str) -> None:
	"""The events of a renamed document get its new name, and so does their key."""
	for event in events_of(doctype, old):
		chain = service.execute(event, engine.FollowDocument(actor=frappe.session.user, renamed_to=str(new)))
		key = store.occurrence_key(chain.event_type, doctype, str(new), chain.occurrence)
		if frappe.db.exists(store.EVENT, {"occurrence_key": key}):
			# merged into a document that has this event already
			key = store.key_of("merged", event)
		frappe.db.set_value(store.EVENT, event, "occurrence_key", key, update_modified=False)
	for row in frappe.get_all(
		store.SEEN, filters={"reference_doctype": doctype, "reference_name": old}, fields=["*"]
	):
		frappe.db.delete(store.SEEN, {"name": row.name})
		name = store.key_of("seen", row.event_type, doctype, new)
		fields = ("event_type", "reference_doctype", "reason", "holds")
		store.insert(
			store.SEEN,
			[{"name": name, **{f: row[f] for f in fields}, "reference_name": new}],
			ignore_duplicates=True,
		)


def handle_take_over(task: Any, payload: dict) -> None:
	"""Outbox handler: the event of an amended document takes over what was given for the cancelled one."""
	chain = store.load(task.event)
	earlier = frappe.get_all(
		store.EVENT,
		filters={
			"event_type": chain.event_type,
			"reference_doctype": chain.doctype,
			"reference_name": payload["amended_from"],
			"occurrence": chain.occurrence,
		},
		order_by="recorded_at desc",
		pluck="name",
		limit=1,
	)
	if not earlier:
		return
	before = store.load(earlier[0])
	if before.continued_by not in ("", chain.id):
		return
	pieces = tuple(_pieces_to_take(before, chain))
	service.execute(earlier[0], engine.Continue(actor=engine.SYSTEM, by=chain.id))
	service.execute(chain.id, engine.TakeOver(actor=engine.SYSTEM, event=earlier[0], pieces=pieces))


def _pieces_to_take(before: Chain, chain: Chain):
	"""The pieces of the last round of the earlier chain that still satisfy a requirement of the new one:
	the same one, or after an edit of the type one with the same label and kind."""
	for piece in before.evidence:
		if piece.round != before.round or not piece.counts or piece.automatic:
			continue
		old = next((r for r in before.requirements if r.key == piece.requirement), None)
		new = next((r for r in chain.requirements if r.key == piece.requirement), None) or next(
			(r for r in chain.requirements if old and (r.label, r.kind) == (old.label, old.kind)), None
		)
		if new is not None and _acceptable(new, piece):
			yield new.key, piece


def _acceptable(requirement, piece: Evidence) -> bool:
	try:
		check_piece(requirement, piece, (), wording.lexicon())
	except FlowError:
		return False
	return True
