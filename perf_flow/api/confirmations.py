"""The screen of somebody who is asked for impact confirmations: what waits, with its context; several at once.

A collaborator may be asked about a document that they cannot open. Then they see what the event itself tells them:
its type, the document's type and name, whose it is, and when.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime_str

from perf_flow.access import relation, viewer
from perf_flow.api import require_person
from perf_flow.api.panel import RELATION_FIELDS
from perf_flow.api.steps import impacts_of
from perf_flow.engine import chain as engine
from perf_flow.engine.errors import N_, FlowError, InvalidInput, NotYours
from perf_flow.engine.model import Impact, StepKind
from perf_flow.engine.rehearsal import Hat, parts_of
from perf_flow.flow import cases, context, links, service, store, times
from perf_flow.flow import rehearsal as runs

PAGE = 20
AT_ONCE = 50
DONE_DAYS = 14

NOT_OPEN = N_("What this link asks for was done already, or is no longer needed.")
NOTHING_CHOSEN = N_("Please choose what you confirm.")
TOO_MANY = N_("At most {0} confirmations can be sent at once.")
UNKNOWN = N_("There is no such business event, or you are not permitted to see it.")

_FIELDS = (
	"name",
	"event",
	"step",
	"event_type",
	"reference_doctype",
	"reference_name",
	"label",
	"round",
	"state",
	"required",
	"due_at",
	"done_at",
	"result",
	"note",
	"employee_name",
	"assignee_name",
	"assignee_user",
	"asked_name",
	"asked_user",
	"escalation_level",
)

Row = dict[str, Any]


@frappe.whitelist(methods=["GET"])
def mine(start: int = 0, link: str = "", rehearsal: str = "") -> dict[str, Any]:
	"""Everything the viewer has to confirm, soonest due first, in pages of PAGE; and what they confirmed lately.

	``link`` is the token of a link in an email: what it asks for comes as ``front``; why it does not work is
	said in ``link_problem``. ``rehearsal`` names a rehearsal of the viewer: then what they practise is shown, and
	nothing else. Raises PermissionError for guests.
	"""
	user = require_person()
	if rehearsal:
		return _practised(rehearsal)
	start = max(cint(start), 0)
	problem, front = _behind(link, user) if link else ("", None)
	rows = _open_rows(user, limit_start=start, limit_page_length=PAGE)
	total = _count(user)
	return {
		"front": front and _item(front, user),
		"link_problem": problem,
		"open": [_item(row, user) for row in _with_events(rows)],
		"escalated": [_item(row, user) for row in _with_events(_escalated(user))] if not start else [],
		"total": total,
		"start": start,
		"page": PAGE,
		"done": [_done_item(row, user) for row in _with_events(_done_rows(user))],
		"done_days": DONE_DAYS,
	}


@frappe.whitelist(methods=["POST"])
def confirm(items: str | list, impacts: str | list, note: str = "", link: str = "") -> dict[str, Any]:
	"""Confirm the same impacts on one or several steps, each of them by itself.

	``items`` is a list of ``{"event", "step"}``. ``link`` is the token from an email, if the reader came by it: it
	is used up by this. Returns ``{"done": [{"event", "step"}], "refused": [{"event", "step", "why"}]}``; raises
	the first refusal when nothing was accepted.
	"""
	user = require_person()
	try:
		wanted, chosen = _wanted(items), impacts_of(impacts)
	except FlowError as e:
		service.throw(e)
	done, refused = [], []
	# always in the same order, so that two people with the same steps do not wait for each other
	for event, step in sorted(wanted):
		savepoint = f"perf_flow_{frappe.generate_hash(length=8)}"
		frappe.db.savepoint(savepoint)
		try:
			_confirm(event, step, chosen, note, link, user)
			done.append({"event": event, "step": step})
		except FlowError as e:
			frappe.db.rollback(save_point=savepoint)
			if len(wanted) == 1:
				service.throw(e)
			refused.append({"event": event, "step": step, "why": service.words(e)})
	if not done:
		frappe.throw(refused[0]["why"])
	return {"done": done, "refused": refused}


def _confirm(event: str, step: str, chosen: tuple[Impact, ...], note: str, link: str, user: str) -> None:
	if parts_of(event):
		case = cases.of(event)
		case.execute(engine.ConfirmImpact(actor=case.actor, impacts=chosen, note=note, step=step))
		return
	row = frappe.db.get_value(store.EVENT, event, RELATION_FIELDS, as_dict=True)
	if not row or not relation(row, user).sees_event:
		raise NotYours(template=UNKNOWN)
	if link:
		found = links.read(link, user, times.now_utc())
		if (found.event, found.step) == (event, step):
			links.use(found)
	service.execute(event, engine.ConfirmImpact(actor=user, impacts=chosen, note=note, step=step))


def _wanted(items: str | list) -> set[tuple[str, str]]:
	try:
		given = json.loads(items) if isinstance(items, str) else items
		wanted = {(str(item["event"]), str(item["step"])) for item in given}
	except (ValueError, TypeError, KeyError):
		raise InvalidInput(template=NOTHING_CHOSEN) from None
	if not wanted:
		raise InvalidInput(template=NOTHING_CHOSEN)
	if len(wanted) > AT_ONCE:
		raise InvalidInput(AT_ONCE, template=TOO_MANY)
	return wanted


# --- what waits ---------------------------------------------------------------------------------------------


def _open() -> Row:
	return {"kind": "Confirmation", "state": "Open", "practice": 0}


def _of(user: str) -> Row:
	"""Asked of them, or of them in the first place before somebody stood in."""
	return {"assignee_user": user, "asked_user": user}


def _open_rows(user: str, **how: Any) -> list[Row]:
	filters = {**_open(), **how.pop("filters", {})}
	return frappe.get_list(
		store.ACTION,
		filters=filters,
		or_filters=_of(user),
		fields=_FIELDS,
		order_by="due_at asc, name asc",
		**how,
	)


def _count(user: str) -> int:
	counted = frappe.get_list(
		store.ACTION,
		filters=_open(),
		or_filters=_of(user),
		fields=["count(*) as number"],
		order_by=None,
	)
	return int(counted[0].number)


def _escalated(user: str) -> list[Row]:
	"""Late steps of people below them that were escalated: the engine says which they may do themselves."""
	below = viewer(user).logins_below
	if below == ():
		return []
	filters: list[list[Any]] = [
		*([key, "=", value] for key, value in _open().items()),
		["escalation_level", ">", 0],
		["assignee_user", "!=", user],
		["asked_user", "!=", user],
	]
	if below is not None:
		filters.append(["assignee_user", "in", below])
	rows = frappe.get_list(
		store.ACTION,
		filters=filters,
		fields=_FIELDS,
		order_by="due_at asc, name asc",
		limit_page_length=PAGE,
	)
	return [row for row in rows if _may_do(row, user)]


def _may_do(row: Row, user: str) -> bool:
	step = store.load(row["event"]).step(row["step"])
	return step is not None and step.may_be_done_by(user)


def _behind(link: str, user: str) -> tuple[str, Row | None]:
	"""Why a link does not work, or the step it asks for."""
	try:
		found = links.read(link, user, times.now_utc())
	except InvalidInput as e:
		return service.words(e), None
	filters = {"event": found.event, "step": found.step, **_open()}
	rows = frappe.get_list(store.ACTION, filters=filters, fields=_FIELDS, limit_page_length=1)
	if not rows or not _may_do(rows[0], user):
		return _(NOT_OPEN), None
	return "", _with_events(rows)[0]


def _done_rows(user: str) -> list[Row]:
	return frappe.get_list(
		store.ACTION,
		filters={
			"kind": "Confirmation",
			"state": "Done",
			"practice": 0,
			"done_by": user,
			"done_at": [">", times.now_site() - timedelta(days=DONE_DAYS)],
		},
		fields=_FIELDS,
		order_by="done_at desc",
		limit_page_length=PAGE,
	)


def _practised(rehearsal: str) -> dict[str, Any]:
	"""The same for the reader's own rehearsal, in which they wear the collaborator's hat."""
	kind, login = StepKind.CONFIRMATION, Hat.COLLABORATOR.login
	rows = runs.rows(rehearsal, kind)
	return {
		"front": None,
		"link_problem": "",
		"open": [_item(row, login) for row in rows],
		"escalated": [],
		"total": len(rows),
		"start": 0,
		"page": PAGE,
		"done": [_done_item(row, login) for row in runs.done_rows(rehearsal, kind)],
		"done_days": DONE_DAYS,
	}


# --- as the screen shows it ---------------------------------------------------------------------------------


def _with_events(rows: list[Row]) -> list[Row]:
	"""Add what the event itself says: when it was recorded, and what became of its document."""
	events = {
		e.name: e
		for e in frappe.get_list(
			store.EVENT,
			filters={"name": ["in", [row["event"] for row in rows]]},
			fields=["name", "recorded_at", "document_state"],
			limit_page_length=0,
		)
	}
	return [{**row, "of": events[row["event"]]} for row in rows if row["event"] in events]


def _item(row: Row, user: str) -> dict[str, Any]:
	"""One thing to confirm, with the context of its document."""
	gone = row["of"].document_state == "Deleted"
	doctype, name = row["reference_doctype"], row["reference_name"]
	return {
		**_said(row),
		"due_at": _when(row["due_at"]),
		"overdue": bool(row["due_at"] and row["due_at"] < times.now_site()),
		"required": bool(row["required"]),
		"assignee_name": row["assignee_name"] if row["assignee_user"] != user else "",
		"in_place_of": row["asked_name"] if row["asked_user"] not in (user, row["assignee_user"]) else "",
		"document_state": row["of"].document_state or "",
		"document": None if gone else context.of_document(doctype, name),
	}


def _done_item(row: Row, user: str) -> dict[str, Any]:
	"""One thing confirmed lately, and until when it can be taken back."""
	until = None
	if row["done_at"] > times.now_site() - timedelta(hours=1):
		chain = cases.of(row["event"]).chain()
		step = chain.step(row["step"])
		until = engine.take_back_until(chain, step, user, times.now_utc()) if step else None
	return {
		**_said(row),
		"kind": "Confirmation",
		"done_at": _when(row["done_at"]),
		"result": row["result"],
		"note": row["note"] or "",
		"may_take_back": until is not None,
		"take_back_until": _when(times.to_site(until)),
	}


def _said(row: Row) -> dict[str, Any]:
	return {
		"event": row["event"],
		"step": row["step"],
		"title": _(row["event_type"]),
		"doctype": row["reference_doctype"],
		"doctype_label": _(row["reference_doctype"]),
		"name": row["reference_name"],
		"label": _(row["label"]) if row["label"] else "",
		"round": row["round"],
		"employee_name": row["employee_name"] or "",
		"recorded_at": _when(row["of"].recorded_at),
	}


def _when(value: Any) -> str | None:
	return get_datetime_str(value)[:19] if value else None
