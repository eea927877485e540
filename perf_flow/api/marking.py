"""The marking screen: the queue, one event with its evidence, marks for many, one's own reasons.

``rehearsal`` names a rehearsal of the reader: then the events are those they practise on, and nothing else.
"""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.access import viewer
from perf_flow.api import require_person, translated
from perf_flow.api.panel import for_event
from perf_flow.api.steps import NOT_A_MARK
from perf_flow.engine.errors import FlowError, InvalidInput
from perf_flow.engine.model import Mark, StepKind
from perf_flow.engine.rehearsal import Hat
from perf_flow.flow import cases, context, marking, packs, service
from perf_flow.flow import rehearsal as runs
from perf_flow.flow.cases import Case

PAGE = 25


@frappe.whitelist()
def queue(start: int = 0, length: int = PAGE, waiting: bool | int = 0, rehearsal: str = "") -> dict[str, Any]:
	"""A page of the events that are ready for the reader's mark or, with ``waiting``, of those whose evidence is
	still missing; with the reader's own reasons on the first page."""
	user = require_person()
	if rehearsal:
		found = _practised(rehearsal, bool(int(waiting)))
	else:
		found = marking.page(user, bool(int(waiting)), int(start), int(length))
	if int(start) == 0:
		found["templates"] = marking.templates(user)
		found["recent"] = [] if rehearsal else marking.recent(user)
		found["has_team"] = viewer(user).is_everything or bool(viewer(user).branches)
	return found


def _practised(rehearsal: str, waiting: bool) -> dict[str, Any]:
	"""The same of the reader's own rehearsal, in which they wear the manager's hat."""
	rows, pieces, opened = [], {}, {}
	for row in runs.rows(rehearsal, StepKind.MARK):
		row.update({key: row.of[key] for key in ("completeness", "recorded_at")})
		rows.append(row)
		case = cases.of(row.event)
		chain = case.chain()
		given = {e.key for e in chain.evidence if e.round == chain.round and e.counts}
		pieces[row.event], opened[row.event] = len(given), len(given.intersection(case.opened()))
	ready = [row for row in rows if row.completeness >= 100]
	missing = [row for row in rows if row.completeness < 100]
	shown = missing if waiting else ready
	return {
		"ready": len(ready),
		"waiting": len(missing),
		"start": 0,
		"rows": marking.listed(shown, Hat.MANAGER.login, pieces, opened),
	}


def _case(event: str, rehearsal: str) -> Case:
	"""The event, if the reader may see its evidence, and it is practised on or not, as they said."""
	require_person()
	return cases.with_evidence(event, practice=bool(rehearsal))


@frappe.whitelist()
def event(event: str, rehearsal: str = "") -> dict[str, Any]:
	"""One event for the screen: its state as in the panel, the ERP document as the reader may see it (None when
	they may not), what was opened of its evidence, and how each file can be shown."""
	case = _case(event, rehearsal)
	state = for_event(event)["events"][0]
	given = [piece for requirement in state["requirements"] for piece in requirement["pieces"]]
	for piece in (*given, *state["earlier"]):
		piece["preview"] = marking.preview(piece["title"]) if piece["kind"] == "File" else ""
	return {
		"event": state,
		"context": context.of_document(state["reference_doctype"], state["reference_name"]),
		"opened": case.opened(),
	}


@frappe.whitelist(methods=["POST"])
def opened(event: str, pieces: str | list, rehearsal: str = "") -> dict[str, Any]:
	"""Note that the reader was shown these pieces, none of them a file. Returns all they have opened."""
	case = _case(event, rehearsal)
	with translated():
		case.note_shown([str(p) for p in frappe.parse_json(pieces) or ()])
	return {"opened": case.opened()}


@frappe.whitelist(methods=["POST"])
def content(event: str, piece: str, rehearsal: str = "") -> None:
	"""The bytes of a file of the evidence. That they were handed out is what opening means, so it is a POST."""
	case = _case(event, rehearsal)
	with translated():
		name, data = case.content(piece)
	frappe.local.response.update(
		{
			"type": "download",
			# the screen knows what to make of it: never a page of this site
			"content_type": "application/octet-stream",
			"filename": name.encode("ascii", "replace").decode().replace("\\", "_"),
			"filecontent": data,
		}
	)


@frappe.whitelist(methods=["POST"])
def mark_many(events: str | list, mark: str, reason: str = "", rehearsal: str = "") -> list[dict[str, Any]]:
	"""Give one mark with one reason to several events, of which the reader opened every piece of evidence.

	Each event is marked or left alone as a whole. Returns for each ``event`` whether it was ``done``, and if so its
	``step`` and until when it can be taken back, or else the ``error`` in words.
	"""
	require_person()
	names = list(dict.fromkeys(str(e) for e in frappe.parse_json(events) or ()))
	with translated():
		if mark not in {m.value for m in Mark}:
			raise InvalidInput(mark, template=NOT_A_MARK)
		if len(names) > marking.MOST_AT_ONCE:
			raise InvalidInput(str(marking.MOST_AT_ONCE), template=marking.TOO_MANY)
	return [_mark(name, Mark(mark), reason, rehearsal) for name in names]


def _mark(event: str, mark: Mark, reason: str, rehearsal: str) -> dict[str, Any]:
	savepoint = f"perf_flow_{frappe.generate_hash(length=8)}"
	frappe.db.savepoint(savepoint)
	try:
		case = _case(event, rehearsal)
		packs.check(reason, case.actor, event)
		case.mark_opened(mark, reason)
	except FlowError as e:
		frappe.db.rollback(save_point=savepoint)
		return {"event": event, "done": False, "error": service.words(e)}
	except frappe.PermissionError as e:
		frappe.db.rollback(save_point=savepoint)
		frappe.clear_last_message()
		return {"event": event, "done": False, "error": str(e)}
	frappe.db.release_savepoint(savepoint)
	given = [s for s in for_event(event)["events"][0]["steps"] if s["may_take_back"] and s["kind"] == "Mark"]
	return {
		"event": event,
		"done": True,
		"step": given[-1]["step"] if given else "",
		"take_back_until": given[-1]["take_back_until"] if given else None,
	}


@frappe.whitelist(methods=["POST"])
def save_template(title: str, text: str, mark: str = "", event_type: str = "") -> list[dict[str, Any]]:
	"""Keep a reason as one's own template. Returns all of them."""
	user = require_person()
	frappe.get_doc(
		{
			"doctype": marking.TEMPLATE,
			"title": title,
			"text": text,
			"mark": mark or None,
			"event_type": event_type or None,
			"user": user,
		}
	).insert()
	return marking.templates(user)


@frappe.whitelist(methods=["POST"])
def remove_template(name: str) -> list[dict[str, Any]]:
	"""Delete one of one's own templates. Returns the others."""
	user = require_person()
	frappe.delete_doc(marking.TEMPLATE, name)
	return marking.templates(user)
