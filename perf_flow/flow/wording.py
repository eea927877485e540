"""What the engine says of a reason while it is typed, with the words that this site added to its lexicon.

Nothing here holds a mark back; what was put in from a template and left as it was is another matter, see
``perf_flow.flow.packs``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import frappe
from frappe import _

from perf_flow.engine import wording as engine
from perf_flow.engine.errors import N_, ConfigurationError
from perf_flow.engine.wording import Assessment, Entry, Lexicon
from perf_flow.flow import compat, store

ENTRY = "Wording Entry"
EARLIER = 50
"""So many of a manager's own last comments are looked at for copies."""
LONGEST = 5000
"""Characters of a reason that are read; the field takes no more."""
SHOWN = 3
"""So many parts that say nothing are named at once, the most telling first."""

_KEY = "perf_flow_wording"
_LANGUAGES = {"Chinese": "zh", "English": "en"}

NOT_TOGETHER = N_("Wording: {0} is not a pattern that can stand among others: {1}")


# --- the lexicon of the site --------------------------------------------------------------------------------


def entry_of(row: Any) -> Entry:
	"""A Wording Entry as the engine knows it."""
	return Entry(
		language=_LANGUAGES.get(row.language or "", row.language or ""),
		kind=(row.kind or "").lower(),
		term=row.term or "",
		pattern=bool(row.is_pattern),
	)


def check(entry: Entry) -> None:
	"""Raise ConfigurationError for an entry that the lexicon cannot take."""
	try:
		engine.standard().extended([entry])
	except re.error as e:
		# fine alone, but not among the others: a flag in its middle
		raise ConfigurationError(entry.term, str(e), template=NOT_TOGETHER) from e


def lexicon() -> Lexicon:
	"""The standard lexicon with the site's enabled entries; at most one cache read in a request."""
	return _extended(tuple(tuple(row) for row in compat.cached(_KEY, _entries)))


def forget() -> None:
	"""The entries of the site changed."""
	compat.forget(_KEY)


def _entries() -> list[tuple[str, str, str, bool]]:
	rows = frappe.get_all(
		ENTRY,
		filters={"enabled": 1},
		fields=["language", "kind", "term", "is_pattern"],
		order_by="creation, name",
	)
	found = [entry_of(row) for row in rows]
	return [(e.language, e.kind, e.term, e.pattern) for e in found]


@lru_cache(maxsize=8)
def _extended(entries: tuple[tuple[str, str, str, bool], ...]) -> Lexicon:
	return engine.standard().extended([Entry(*row) for row in entries])


# --- one reason ---------------------------------------------------------------------------------------------


def earlier(user: str, event: str = "") -> list[str]:
	"""The last reasons of this person's marks, newest first, those of ``event`` aside."""
	return frappe.get_all(
		store.ACTION,
		filters={
			"done_by": user,
			"kind": "Mark",
			"state": "Done",
			"practice": 0,
			"note": ["is", "set"],
			"event": ["!=", event],
		},
		pluck="note",
		order_by="done_at desc, name",
		limit=EARLIER,
	)


def assess(text: str, user: str, event: str = "") -> dict[str, Any]:
	"""What is said of ``text`` as this person's reason: ``verdict`` ("vague", "concrete", or "" for an empty field),
	``copied``, and the ``findings``, each with the ``text`` of the part and the ``message`` why, in the reader's
	language."""
	text = text[:LONGEST]
	if not text.strip():
		return {"verdict": "", "copied": False, "findings": []}
	found = engine.assess(text, earlier=earlier(user, event), lexicon=lexicon())
	return {
		"verdict": found.verdict.value,
		"copied": is_copied(found),
		"findings": [
			{"kind": f.kind.value, "text": f.text, "message": _(f.reason).format(*f.args)}
			for f in found.findings[:SHOWN]
		],
	}


def is_copied(found: Assessment) -> bool:
	"""Whether an assessment says that the text was written before."""
	return any(f.kind is engine.Kind.COPIED for f in found.findings)
