"""The business events the viewer may read, as the engine's figures need them.

Permissions are those of the list of business events: the same conditions stand in every query. What the
figures mean is said by ``perf_flow.engine.health`` alone. To be quick with many events, the database
hands over events that no figure can tell apart as one of them with their number (``outcomes``); where
each event's own times matter, one narrow row each (``times``). Practice events are never read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from itertools import repeat
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.utils import cint, escape_html, getdate

from perf_flow.engine.health import ChainTimes, Stage
from perf_flow.flow.times import now_site, site_timezone, to_utc

BLUE, RED = "#2274c4", "#d13438"
"""What charts are drawn in: readable on light and dark ground, and apart from each other in brightness."""

DIMENSIONS = ("company", "department", "event_type", "manager")
"""What figures can be grouped by, beside the week. Fields of Business Event and of ChainTimes."""

_FILTERS = (*DIMENSIONS, "employee")
_PILOTS = {"": None, "All": None, "Only": True, "Without": False}
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Selection:
	"""Which business events figures are of. None: no filter; empty text: the events that have none.

	``first`` is a Monday, ``last`` a Sunday (site-local days of the recording, both included).
	"""

	company: str | None = None
	department: str | None = None
	event_type: str | None = None
	manager: str | None = None
	employee: str | None = None
	pilot: bool | None = None
	first: date | None = None
	last: date | None = None

	@property
	def weeks(self) -> int | None:
		"""How many weeks it spans; None when it has no beginning or no end."""
		if self.first is None or self.last is None:
			return None
		return ((self.last - self.first).days + 1) // 7


@dataclass(frozen=True, slots=True)
class Moment:
	"""Now, once for all queries and calculations of one request."""

	site: datetime
	"""Naive local time, as the database's columns."""
	utc: datetime
	"""The same, as the database's columns are read: see ``perf_flow.flow.times.to_utc``."""

	@classmethod
	def now(cls) -> Moment:
		site = now_site().replace(fold=0)
		utc = to_utc(site)
		assert utc is not None
		return cls(site, utc)


Pair = tuple[ChainTimes, int]
"""A chain, and how many there are that no figure can tell from it."""


def selection(filters: dict[str, Any] | None) -> Selection:
	"""What a report's filters select; dates are widened to whole weeks (Monday to Sunday).

	Raises a translated ValidationError for values that are not of the expected kind.
	"""
	filters = filters or {}
	texts: dict[str, str] = {}
	for name in _FILTERS:
		value = filters.get(name)
		if value in (None, ""):
			continue
		if not isinstance(value, str):
			frappe.throw(_("The filter {0} takes one value.").format(name))
		texts[name] = value
	pilot = filters.get("pilot") or ""
	if pilot not in _PILOTS:
		frappe.throw(_("“{0}” is not a choice for pilots: choose all, only or without.").format(str(pilot)))
	first = getdate(filters["from_date"]) if filters.get("from_date") else None
	last = getdate(filters["to_date"]) if filters.get("to_date") else None
	if first and last and first > last:
		frappe.throw(_("The first week is after the last one."))
	if first:
		first -= timedelta(days=first.weekday())
	if last:
		last += timedelta(days=6 - last.weekday())
	return Selection(**texts, pilot=_PILOTS[pilot], first=first, last=last)


def before(chosen: Selection) -> Selection | None:
	"""The same selection over as many weeks just before; None when it has no beginning or no end."""
	weeks = chosen.weeks
	if weeks is None or chosen.first is None:
		return None
	return Selection(
		chosen.company,
		chosen.department,
		chosen.event_type,
		chosen.manager,
		chosen.employee,
		chosen.pilot,
		chosen.first - timedelta(weeks=weeks),
		chosen.first - timedelta(days=1),
	)


def readable() -> str:
	"""The SQL condition for the business events the viewer may read, the one of their list.

	For queries with values: percent signs, which logins may hold, are doubled in it.
	Raises PermissionError for somebody who may read none by role.
	"""
	return f"({build_match_conditions('Business Event') or '1=1'})"


def _where(chosen: Selection) -> tuple[str, dict[str, Any]]:
	conditions = ["`tabBusiness Event`.practice = %(practice)s"]
	values: dict[str, Any] = {"practice": 0}
	for name in _FILTERS:
		value = getattr(chosen, name)
		if value is not None:
			conditions.append(f"`tabBusiness Event`.`{name}` = %({name})s")
			values[name] = value
	if chosen.pilot is not None:
		conditions.append("`tabBusiness Event`.pilot = %(pilot)s")
		values["pilot"] = int(chosen.pilot)
	if chosen.first is not None:
		conditions.append("`tabBusiness Event`.recorded_at >= %(first)s")
		values["first"] = datetime.combine(chosen.first, datetime.min.time())
	if chosen.last is not None:
		conditions.append("`tabBusiness Event`.recorded_at < %(end)s")
		values["end"] = datetime.combine(chosen.last + timedelta(days=1), datetime.min.time())
	return " and ".join([*conditions, readable()]), values


def outcomes(chosen: Selection, moment: Moment, dimension: str | None = None) -> list[Pair]:
	"""The selected chains, equal ones counted by the database.

	Grouped are chains that agree in the dimension (others are left empty), the ISO week, being a pilot,
	void, closed, in time, and past the target: nothing else enters health, by() or weekly(). The earliest
	times of a group compare as those of each of its chains, as ``to_utc`` keeps the order of times.
	"""
	if dimension is not None and dimension not in DIMENSIONS:
		raise ValueError(dimension)
	where, values = _where(chosen)
	group = f"ifnull(`tabBusiness Event`.`{dimension}`, '')" if dimension else "''"
	rows = frappe.db.sql(
		f"""
		select {group} as dimension, pilot, state = 'Void' as is_void, min(recorded_at), min(target_at),
			min(closed_at), count(*)
		from `tabBusiness Event`
		where {where}
		group by dimension, pilot, is_void, yearweek(recorded_at, 3), closed_at is null,
			closed_at <= target_at, target_at < %(now)s
		""",
		{**values, "now": moment.site},
	)
	pairs = []
	for value, pilot, void, recorded_at, target_at, closed_at, count in rows:
		texts = dict.fromkeys(DIMENSIONS, "")
		if dimension:
			texts[dimension] = value
		recorded, target = to_utc(recorded_at), to_utc(target_at)
		assert recorded is not None and target is not None
		chain = ChainTimes(
			event="",
			employee="",
			pilot=bool(pilot),
			recorded_at=recorded,
			target_at=target,
			closed_at=to_utc(closed_at),
			void=bool(void),
			**texts,
		)
		pairs.append((chain, int(count)))
	return pairs


def chains(pairs: Iterable[Pair]) -> Iterator[ChainTimes]:
	"""Every chain, one by one."""
	for chain, count in pairs:
		yield from repeat(chain, count)


class _Clock:
	"""The database's ``to_seconds`` in microseconds to instants; the offset from UTC is asked for once a quarter of an hour.

	Offsets change at whole quarters of an hour only.
	"""

	_QUARTER = 900 * _MICROSECONDS
	_FIRST = datetime(1, 1, 1, tzinfo=timezone.utc)
	_FIRST_MICROSECOND = 366 * 86400 * _MICROSECONDS  # the database counts from 0000-01-01

	def __init__(self) -> None:
		self._shift: dict[int, int] = {}

	def instant(self, value: int | None) -> datetime | None:
		if value is None:
			return None
		quarter = value // self._QUARTER
		shift = self._shift.get(quarter)
		if shift is None:
			shift = self._shift[quarter] = self._measure(quarter * self._QUARTER)
		return self._FIRST + timedelta(microseconds=value - shift)

	def _measure(self, value: int) -> int:
		naive = self._FIRST.replace(tzinfo=None) + timedelta(microseconds=value - self._FIRST_MICROSECOND)
		there = to_utc(naive)
		assert there is not None
		offset = naive - there.replace(tzinfo=None)
		return self._FIRST_MICROSECOND + offset // timedelta(microseconds=1)


def _micros(field: str) -> str:
	return f"to_seconds(`{field}`) * {_MICROSECONDS} + microsecond(`{field}`)"


def times(chosen: Selection, dimension: str | None = None) -> Iterator[ChainTimes]:
	"""The selected chains that are not void, each with its own times.

	Fetched as numbers, as a row of dates takes several times as long.
	"""
	if dimension is not None and dimension not in DIMENSIONS:
		raise ValueError(dimension)
	where, values = _where(chosen)
	group = f"ifnull(`tabBusiness Event`.`{dimension}`, '')" if dimension else "''"
	fields = ("recorded_at", "target_at", "closed_at", "evidence_at", "marked_at", "confirmed_at")
	rows = frappe.db.sql(
		f"""
		select {group}, stage, {", ".join(_micros(field) for field in fields)}
		from `tabBusiness Event`
		where {where} and state != 'Void'
		""",
		values,
	)
	instant = _Clock().instant
	known = {stage.value: stage for stage in Stage}
	for value, stage, recorded, target, closed, evidence, marked, confirmed in rows:
		texts = dict.fromkeys(DIMENSIONS, "")
		if dimension:
			texts[dimension] = value
		recorded_at, target_at = instant(recorded), instant(target)
		assert recorded_at is not None and target_at is not None
		yield ChainTimes(
			event="",
			employee="",
			pilot=False,
			recorded_at=recorded_at,
			target_at=target_at,
			closed_at=instant(closed),
			void=False,
			evidence_at=instant(evidence),
			marked_at=instant(marked),
			confirmed_at=instant(confirmed),
			stage=known[stage],
			**texts,
		)


def older_open(chosen: Selection) -> int:
	"""How many events recorded before the selection are still open."""
	if chosen.first is None:
		return 0
	earlier = Selection(
		chosen.company,
		chosen.department,
		chosen.event_type,
		chosen.manager,
		chosen.employee,
		chosen.pilot,
		None,
		chosen.first - timedelta(days=1),
	)
	where, values = _where(earlier)
	query = f"select count(*) from `tabBusiness Event` where {where} and state = 'Open'"
	return cint(frappe.db.sql(query, values)[0][0])


def sources(chosen: Selection, dimension: str) -> list[tuple[str, str, int]]:
	"""How the selected events were found, void ones among them: value of the dimension, source, number."""
	if dimension not in DIMENSIONS:
		raise ValueError(dimension)
	where, values = _where(chosen)
	rows = frappe.db.sql(
		f"""
		select ifnull(`tabBusiness Event`.`{dimension}`, '') as dimension, source, count(*)
		from `tabBusiness Event`
		where {where}
		group by dimension, source
		""",
		values,
	)
	return [(value, source, int(count)) for value, source, count in rows]


def list_filters(chosen: Selection, **more: Any) -> dict[str, Any]:
	"""The filters under which the list of business events shows what was selected, as the desk's routes take
	them; ``more`` narrows or replaces them."""
	found: dict[str, Any] = {}
	for name in _FILTERS:
		value = getattr(chosen, name)
		if value is not None:
			found[name] = exactly(value)
	if chosen.pilot is not None:
		found["pilot"] = int(chosen.pilot)
	if chosen.first is not None and chosen.last is not None:
		found["recorded_at"] = ["Between", [chosen.first.isoformat(), chosen.last.isoformat()]]
	elif chosen.first is not None:
		found["recorded_at"] = [">=", chosen.first.isoformat()]
	elif chosen.last is not None:
		found["recorded_at"] = ["<", (chosen.last + timedelta(days=1)).isoformat()]
	return {**found, "practice": 0, **more}


def exactly(value: str) -> list[Any]:
	"""The filter of a list on one value, or on having none. Not “=”, which takes a department with all below it."""
	return ["in", [value]] if value else ["is", "not set"]


def events_url(filters: dict[str, Any]) -> str:
	"""The address of the list of business events with these filters."""
	query = {name: json.dumps(value) if isinstance(value, list) else value for name, value in filters.items()}
	return f"/app/business-event?{urlencode(query)}"


def labels(dimension: str, values: Iterable[str]) -> dict[str, str]:
	"""What to call the values of a dimension, translated; a value without a name keeps its own."""
	found = {value: value for value in values}
	wanted = [value for value in found if value]
	if dimension == "event_type" and wanted:
		titles = frappe.get_all(
			"Business Event Type", filters={"name": ("in", wanted)}, fields=["name", "title"], as_list=True
		)
		found.update({name: _(title or name) for name, title in titles})
	elif dimension == "manager" and wanted:
		names = frappe.get_all(
			"Employee", filters={"name": ("in", wanted)}, fields=["name", "employee_name"], as_list=True
		)
		found.update({name: person or name for name, person in names})
	if "" in found:
		found[""] = _("Nobody found") if dimension == "manager" else _("Not set")
	return found


def choices(field: str, text: str, limit: int = 20) -> list[tuple[str, str]]:
	"""Values of a filter with their labels: only those of events the viewer may read, that hold ``text``."""
	if field not in _FILTERS:
		frappe.throw(_("There is no filter {0}.").format(field))
	label = {"manager": "max(manager_name)", "employee": "max(employee_name)"}.get(field, "''")
	where, values = _where(Selection())
	rows = frappe.db.sql(
		f"""
		select `{field}` as value, {label} as label
		from `tabBusiness Event`
		where {where} and ifnull(`{field}`, '') != ''
		group by value
		""",
		values,
	)
	if field == "event_type":
		titles = labels(field, [value for value, label in rows])
		rows = [(value, titles[value]) for value, label in rows]
	text = text.strip().casefold()
	found = [
		(value, label or value)
		for value, label in rows
		if text in value.casefold() or text in (label or "").casefold()
	]
	return sorted(found, key=lambda item: (item[1].casefold(), item[0]))[:limit]


def nothing_recorded() -> str:
	"""What a report without rows says, as HTML: what to do next."""
	text = _(
		"No business event that you may see was recorded in these weeks. Set an earlier first week or take filters away. Events appear by themselves as soon as an event type is switched on and somebody works on a document it watches."
	)
	return f'<p class="perf-flow-nothing mt-2 mb-0">{escape_html(text)}</p>'


def site_zone() -> ZoneInfo:
	"""The site's time zone."""
	return ZoneInfo(site_timezone())
