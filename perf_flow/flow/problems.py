"""What is wrong with an event type, for the administrator: which type, why, and since when.

A problem noticed while an ERP document is saved must not cost that save: it leaves one outbox row
an hour at most, and a worker keeps the readable record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pymysql

import frappe
from frappe import _

from perf_flow.engine.errors import N_, FlowError
from perf_flow.flow import store, times

# where something can be wrong; kept in English, shown translated
AREAS = (
	N_("Condition"),
	N_("Evidence"),
	N_("Recording"),
	N_("Linked document"),
	N_("Sweep"),
	N_("Event type"),
	N_("Person"),
	N_("Guidance"),
)


def text_of(error: Exception, lang: str | None = None) -> str:
	"""An error as a person reads it: in ``lang``, or in the reader's language."""
	if isinstance(error, FlowError):
		return _(error.template, lang=lang).format(*error.args_)
	return f"{type(error).__name__}: {error}"


@contextmanager
def noted(event_type: str, area: str, doctype: str, docname: str) -> Iterator[None]:
	"""Whatever goes wrong inside because of an event type's configuration is noted, and ends there: the ERP
	document goes on. Errors of the database are never kept back: it has rolled back, or is gone."""
	try:
		yield
	except (pymysql.MySQLError, frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		raise
	except Exception as e:
		note(event_type, area, e, doctype, docname)


def note(event_type: str, area: str, error: Exception, doctype: str, docname: str) -> None:
	"""Note that ``event_type`` failed on a document; the ERP document goes on."""
	# kept for all who read it, so not in the language of whoever saved the document
	text = text_of(error, frappe.db.get_default("lang") or "en")[:1000]
	now = times.now_site()
	store.insert(
		store.OUTBOX,
		[
			{
				"name": store.key_of("problem", event_type, area, text, now.strftime("%Y-%m-%d %H")),
				"kind": "problem",
				"event": None,
				"recipient": None,
				"state": "Waiting",
				"deliver_after": now,
				"attempts": 0,
				"payload": json.dumps(
					{
						"event_type": event_type,
						"area": area,
						"problem": text,
						"reference_doctype": doctype,
						"reference_name": docname,
					}
				),
			}
		],
		ignore_duplicates=True,
	)


def keep(payload: dict) -> None:
	"""Count a noted problem in the administrator's list; the first time is kept."""
	name = store.key_of(payload["event_type"], payload["area"], payload["problem"])
	now = times.now_site()
	if not frappe.db.exists("Business Event Type", payload["event_type"]):
		return
	known = frappe.db.get_value("Event Type Problem", name, "times")
	if known is None:
		_tell_administrators(payload)
		store.insert(
			"Event Type Problem",
			[{"name": name, **payload, "since": now, "last_time": now, "times": 1}],
			ignore_duplicates=True,
		)
	else:
		store.update(
			"Event Type Problem",
			name,
			{
				"last_time": now,
				"times": known + 1,
				"reference_doctype": payload["reference_doctype"],
				"reference_name": payload["reference_name"],
			},
		)


def _tell_administrators(payload: dict) -> None:
	"""The first time a problem is seen, those who configure event types are told."""
	from perf_flow.flow import delivery

	for user in administrators():
		with delivery.language_of(user):
			line = _("The event type {0} cannot be carried out as it is configured: {1}").format(
				_(payload["event_type"]), payload["problem"][:200]
			)
			delivery.notify(user, line, "Business Event Type", payload["event_type"])


def administrators() -> list[str]:
	"""Who configures event types: the Performance Administrators, or the System Managers where there are none."""
	for role in ("Performance Administrator", "System Manager"):
		users = frappe.get_all(
			"Has Role",
			filters={"role": role, "parenttype": "User", "parent": ["not in", ["Administrator", "Guest"]]},
			pluck="parent",
			distinct=True,
		)
		enabled = frappe.get_all("User", filters={"name": ["in", users or [""]], "enabled": 1}, pluck="name")
		if enabled:
			return enabled
	return []


def forget(event_type: str, area: str = "") -> None:
	"""Drop the problems of a type, or those of one area, after it was changed: they are noted anew if they remain."""
	filters = {"event_type": event_type, **({"area": area} if area else {})}
	frappe.db.delete("Event Type Problem", filters)


def handle(task, payload: dict) -> None:
	"""Outbox handler: see ``keep``."""
	keep(payload)
