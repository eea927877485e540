"""When a business event happens: what moment of a document a type waits for, and which occurrence it is."""

from __future__ import annotations

from datetime import datetime
from enum import Enum


class Trigger(str, Enum):
	"""The kinds of trigger an event type can have."""

	CREATED = "Created"
	SUBMITTED = "Submitted"
	CANCELLED = "Cancelled"
	UPDATED_AFTER_SUBMIT = "Updated After Submit"
	CONDITION = "Condition Becomes True"
	DATE = "Date Reached"
	MANUAL = "Manual"


class Moment(str, Enum):
	"""What just happened to a document."""

	INSERTED = "inserted"
	SUBMITTED = "submitted"
	CANCELLED = "cancelled"
	UPDATED_AFTER_SUBMIT = "updated after submit"
	CHANGED = "changed"


class Repeat(str, Enum):
	"""How often a type fires for one document."""

	ONCE = "Once per Document"
	EACH_TIME = "Each Time It Becomes True"


class Edge(str, Enum):
	"""How a condition moved. UNSURE: it holds, and whether it held before cannot be told from memory."""

	NONE = "none"
	RISING = "rising"
	FALLING = "falling"
	UNSURE = "unsure"


_WAITS_FOR = {
	Trigger.CREATED: Moment.INSERTED,
	Trigger.SUBMITTED: Moment.SUBMITTED,
	Trigger.CANCELLED: Moment.CANCELLED,
	Trigger.UPDATED_AFTER_SUBMIT: Moment.UPDATED_AFTER_SUBMIT,
	Trigger.CONDITION: Moment.CHANGED,
}

ONCE = "1"
"""The occurrence of an event that happens once in a document's life."""


def waits_for(trigger: Trigger) -> Moment | None:
	"""The document moment a trigger waits for; None for triggers no document moment fires."""
	return _WAITS_FOR.get(trigger)


def edge(before: bool | None, after: bool) -> Edge:
	"""How a condition moved from ``before`` (None: unknown) to ``after``."""
	if before is None:
		return Edge.UNSURE if after else Edge.NONE
	if before == after:
		return Edge.NONE
	return Edge.RISING if after else Edge.FALLING


def next_occurrence(latest: str | None, holds: bool, repeat: Repeat) -> str | None:
	"""The occurrence of a condition that holds now, given the latest event of the document.

	``latest`` is the latest recorded occurrence ("0" for a document that was already so when the
	type was switched on, None for none) and ``holds`` whether it has held without a break since.
	None means: nothing new happened.
	"""
	if latest is None:
		return ONCE
	if holds or (repeat is Repeat.ONCE and latest != "0"):
		return None
	return str(int(latest) + 1)


def date_occurrence(value: datetime) -> str:
	"""The occurrence of a date trigger: its date, so that a moved date fires anew, and once each."""
	text = value.isoformat(timespec="seconds")
	return text.removesuffix("T00:00:00")


def update_occurrence(version: int) -> str:
	"""The occurrence of an update after submit, by number."""
	return str(version)
