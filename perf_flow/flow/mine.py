"""What one person is asked, how their own events went, and what they chose to be reminded of.

Everything here is about the person who asks: the steps that were handed to them, and the events that are
theirs. Practice events are left out. What the figures mean is said by ``perf_flow.engine.health``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime_str, getdate

from perf_flow.access import viewer
from perf_flow.engine import health
from perf_flow.engine.closing import closing
from perf_flow.engine.health import ChainTimes
from perf_flow.flow import figures, guidance, store
from perf_flow.flow.times import now_site

PREFERENCE = "Performance Flow Preference"
WEEKS = 12
"""What a person's own figures look back on, the current week included."""
FIRST_DAYS = 7
"""How long after their first event somebody is new."""
BRIEFED = 5
"""So many pieces that ERP data filled in are named in the first brief."""

_MINE = """
	from `tabBusiness Event Action` a join `tabBusiness Event` e on e.name = a.event
	where a.assignee_user = %(user)s and a.state = 'Open' and a.practice = 0
		and (a.kind != 'Mark' or e.completeness >= 100)
		and (a.kind != 'Sign-off' or not exists (select 1 from `tabBusiness Event Action` g
			where g.event = a.event and g.kind = 'Evidence' and g.state = 'Open' and g.required = 1))
"""
"""The steps somebody can take now: a mark waits until the mandatory evidence is complete, a sign-off until all is
there that is to be signed."""


def due_today(user: str) -> dict[str, Any] | None:
	"""How many steps wait for ``user`` until the end of today and how many of them are overdue; None when
	there are none, or the person wants no prompt now. One query.

	``token`` differs for each login and each day.
	"""
	now = now_site()
	query = f"""
		select count(*), coalesce(sum(a.due_at < %(now)s), 0) {_MINE} and a.due_at < %(end)s
			and not exists (
				select 1 from `tab{PREFERENCE}` p where p.name = %(user)s
				and (p.login_prompt = 0 or p.prompt_snoozed_until > %(now)s)
			)
	"""
	values = {"user": user, "now": now, "end": _midnight(now.date() + timedelta(days=1))}
	count, overdue = frappe.db.sql(query, values)[0]
	if not count:
		return None
	said = f"{frappe.session.sid} {user} {now.date()}"
	token = hashlib.sha256(said.encode()).hexdigest()[:12]
	return {"count": int(count), "overdue": int(overdue), "token": token}


def _midnight(day: date) -> datetime:
	return datetime.combine(day, time.min)


def _monday(day: date) -> date:
	return day - timedelta(days=day.weekday())


# --- what is to be done -------------------------------------------------------------------------------------


def counts(user: str) -> dict[str, int]:
	"""How many steps wait for ``user``: all, overdue, until the end of this week (overdue ones among them);
	and how many they took this week."""
	now = now_site()
	week = _midnight(_monday(now.date()))
	values = {"user": user, "now": now, "end": week + timedelta(days=7), "start": week}
	total, overdue, this_week = frappe.db.sql(
		f"""select count(*), coalesce(sum(a.due_at < %(now)s), 0), coalesce(sum(a.due_at < %(end)s), 0) {_MINE}""",
		values,
	)[0]
	done = frappe.db.sql(
		"""select count(*) from `tabBusiness Event Action` a where a.assignee_user = %(user)s
		and a.state = 'Done' and a.practice = 0 and a.done_at >= %(start)s""",
		values,
	)[0][0]
	return {
		"total": int(total),
		"overdue": int(overdue),
		"this_week": int(this_week),
		"done_this_week": int(done),
	}


def steps(user: str, limit: int) -> list[dict[str, Any]]:
	"""The steps that wait for ``user``, the most urgent first, each with its document and the goal it serves.

	``when`` is overdue, today, week or later.
	"""
	now = now_site()
	rows = frappe.db.sql(
		f"""select a.event, a.step, a.kind, a.label, a.round, a.due_at, a.employee, a.employee_name, a.event_type,
			a.reference_doctype, a.reference_name, e.recorded_at, e.document_state
		{_MINE} order by a.due_at, a.name limit %(limit)s""",
		{"user": user, "limit": limit},
		as_dict=True,
	)
	own = set(viewer(user).employees)
	titles = document_titles((row.reference_doctype, row.reference_name) for row in rows)
	goals = Goals(user, rows)
	chains = store.load_many(row.event for row in rows if row.kind == "Evidence")
	return [
		{
			"event": row.event,
			"step": row.step,
			"kind": row.kind,
			"label": _(row.label) if row.label else "",
			"round": row.round,
			"title": _(row.event_type),
			"employee_name": row.employee_name or "",
			"mine": row.employee in own,
			"due_at": get_datetime_str(row.due_at)[:19],
			"overdue": row.due_at < now,
			"when": _when(row.due_at, now),
			"goal": goals.of(row),
			"missing": guidance.sentence(chains[row.event]) if row.event in chains else "",
			**_document(row, titles),
		}
		for row in rows
	]


def _when(due: datetime, now: datetime) -> str:
	if due < now:
		return "overdue"
	if due.date() == now.date():
		return "today"
	return "week" if _monday(due.date()) == _monday(now.date()) else "later"


def _document(row: Any, titles: dict[tuple[str, str], str]) -> dict[str, Any]:
	key = (row.reference_doctype, row.reference_name)
	title = titles.get(key, "")
	return {
		"doctype": row.reference_doctype,
		"document": row.reference_name,
		"may_open": key in titles,
		"document_title": title if title != row.reference_name else "",
	}


def document_titles(documents: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
	"""The titles of those of the documents that the session's user may read; one query for each DocType."""
	wanted: dict[str, set[str]] = {}
	for doctype, name in documents:
		wanted.setdefault(doctype, set()).add(name)
	found = {}
	for doctype, names in wanted.items():
		if not frappe.db.exists("DocType", doctype) or not frappe.has_permission(doctype, "read"):
			continue
		meta = frappe.get_meta(doctype)
		if meta.issingle or meta.istable or meta.is_virtual:
			continue
		field = meta.get_title_field()
		rows = frappe.get_list(
			doctype, filters={"name": ["in", sorted(names)]}, fields=["name", f"{field} as title"], limit=0
		)
		found.update({(doctype, row.name): str(row.title or "") for row in rows})
	return found


class Goals:
	"""The goals that business events serve, for one reader.

	An event type names a KRA and perhaps a goal. The goal of the employee themselves with this KRA, in whose
	period the event was recorded, comes first, as far as the reader may read it; then the named goal; then the
	KRA.
	"""

	def __init__(self, user: str, rows: Sequence[Any]) -> None:
		types = {row.event_type for row in rows}
		self._types = {
			row.name: row
			for row in frappe.get_all(
				"Business Event Type", filters={"name": ["in", types]}, fields=["name", "kra", "goal"]
			)
			if row.kra or row.goal
		}
		kras = {row.kra for row in self._types.values() if row.kra}
		own = set(viewer(user).employees)
		employees = {
			row.employee
			for row in rows
			if row.event_type in self._types and (row.employee in own or row.kind == "Mark")
		}
		self._personal = [
			*_goals(frappe.get_all, employees & own, kras),
			*(
				_goals(frappe.get_list, employees - own, kras)
				if frappe.has_permission("Goal", "read")
				else []
			),
		]
		named = {row.goal for row in self._types.values() if row.goal}
		self._named = dict(
			frappe.get_all(
				"Goal", filters={"name": ["in", named]}, fields=["name", "goal_name"], as_list=True
			)
			if named
			else ()
		)

	def of(self, row: Any) -> dict[str, Any] | None:
		"""``title`` of the goal, whether it is ``personal``, its ``progress`` in percent (0–100) and its
		``name`` where the reader may open it; None when the event serves none."""
		served = self._types.get(row.event_type)
		if served is None:
			return None
		day = row.recorded_at.date()
		for goal in self._personal:
			if (
				goal.employee == row.employee
				and goal.kra == served.kra
				and (not goal.start_date or getdate(goal.start_date) <= day)
				and (not goal.end_date or day <= getdate(goal.end_date))
			):
				return {
					"title": goal.goal_name,
					"name": goal.name,
					"personal": True,
					"progress": round(goal.progress or 0),
				}
		title = self._named.get(served.goal) or (_(served.kra) if served.kra else "")
		return {"title": title, "name": "", "personal": False, "progress": None} if title else None


def _goals(read: Any, employees: set[str], kras: set[str]) -> list[Any]:
	if not employees or not kras:
		return []
	found: list[Any] = read(
		"Goal",
		filters={
			"employee": ["in", sorted(employees)],
			"kra": ["in", sorted(kras)],
			"status": ["!=", "Archived"],
		},
		fields=["name", "goal_name", "employee", "kra", "start_date", "end_date", "progress"],
		# the nearest to the work first: no group, the latest
		order_by="is_group asc, start_date desc, name asc",
		limit=0,
	)
	return found


# --- how it went --------------------------------------------------------------------------------------------


def marks(user: str, limit: int) -> list[dict[str, Any]]:
	"""The latest marks on the events of ``user``: which, why, by whom."""
	employees = viewer(user).employees
	if not employees:
		return []
	rows = frappe.get_list(
		store.ACTION,
		filters={"kind": "Mark", "state": "Done", "employee": ["in", employees], "practice": 0},
		fields=[
			"event",
			"event_type",
			"reference_doctype",
			"reference_name",
			"round",
			"result",
			"note",
			"done_at",
			"done_by",
		],
		order_by="done_at desc, name asc",
		limit=limit,
	)
	titles = document_titles((row.reference_doctype, row.reference_name) for row in rows)
	return [
		{
			"event": row.event,
			"title": _(row.event_type),
			"round": row.round,
			"mark": row.result,
			"reason": row.note or "",
			"by": frappe.utils.get_fullname(row.done_by) if row.done_by else "",
			"at": get_datetime_str(row.done_at)[:19],
			**_document(row, titles),
		}
		for row in rows
	]


def _chains(user: str, first: date | None = None, last: date | None = None) -> list[ChainTimes]:
	found: list[ChainTimes] = []
	for employee in viewer(user).employees:
		found.extend(figures.times(figures.Selection(employee=employee, first=first, last=last)))
	return found


def _completeness(user: str, start: datetime, end: datetime) -> float | None:
	"""The mean completeness of the evidence of their events recorded in [start, end), in percent (0–100)."""
	found = frappe.get_list(
		store.EVENT,
		filters=[
			["employee", "in", viewer(user).employees],
			["practice", "=", 0],
			["state", "!=", "Void"],
			["recorded_at", ">=", start],
			["recorded_at", "<", end],
		],
		fields=["avg(completeness) as completeness"],
		order_by=None,
	)
	value = found[0].completeness if found else None
	return None if value is None else float(value)


def own_figures(user: str) -> dict[str, Any] | None:
	"""The figures of their own events of the last weeks; None for somebody who has none.

	``median_hours`` is from the recording to the closing of the closed ones; ``in_time`` is the flow health of
	their events, ``completeness`` the mean completeness of the evidence, both 0–100.
	"""
	today = now_site().date()
	first = _monday(today) - timedelta(weeks=WEEKS - 1)
	last = _monday(today) + timedelta(days=6)
	chains = _chains(user, first, last)
	if not chains:
		return None
	took = closing(chains)
	flow = health.health(chains, figures.Moment.now().utc)
	return {
		"employee": viewer(user).employees[0],
		"weeks": WEEKS,
		"from": str(first),
		"events": len(chains),
		"closed": took.closed,
		"median_hours": took.median_hours,
		"in_time": flow.percent,
		"counted": flow.counted,
		"completeness": _completeness(user, _midnight(first), _midnight(last + timedelta(days=1))),
	}


def first_brief(user: str) -> dict[str, Any] | None:
	"""How the first week went; None before the first event.

	``fresh`` says that the week still runs. ``automatic`` are pieces of evidence that ERP data filled in.
	"""
	employees = viewer(user).employees
	if not employees:
		return None
	mine = {"employee": ["in", employees], "practice": 0, "state": ["!=", "Void"]}
	first = frappe.get_list(store.EVENT, filters=mine, fields=["min(recorded_at) as first"], order_by=None)
	start = first[0].first if first else None
	if start is None:
		return None
	end = start + timedelta(days=FIRST_DAYS)
	events = frappe.get_list(
		store.EVENT,
		filters={**mine, "recorded_at": ["<", end]},
		fields=["name", "employee", "recorded_at", "target_at", "closed_at"],
		limit=0,
	)
	took = closing(_times(row) for row in events)
	filled = {
		"event": ["in", [row.name for row in events]],
		"automatic": 1,
		"withdrawn_at": ["is", "not set"],
		"carried_from": ["is", "not set"],
	}
	number = frappe.get_list(store.EVIDENCE, filters=filled, fields=["count(*) as number"], order_by=None)
	pieces = frappe.get_list(
		store.EVIDENCE,
		filters=filled,
		fields=["event", "requirement_label", "reference_doctype", "reference_name"],
		order_by="given_at, name",
		limit=BRIEFED,
	)
	return {
		"fresh": now_site() < end,
		"from": str(start.date()),
		"until": str(end.date()),
		"events": len(events),
		"closed": took.closed,
		"mean_hours": took.mean_hours,
		"completeness": _completeness(user, start, end),
		"automatic": int(number[0].number) if number else 0,
		"pieces": [
			{
				"event": piece.event,
				"label": _(piece.requirement_label),
				"doctype": piece.reference_doctype,
				"document": piece.reference_name,
			}
			for piece in pieces
		],
	}


def _times(row: Any) -> ChainTimes:
	"""What closing times need of an event that is neither void nor practice."""
	recorded, target = figures.to_utc(row.recorded_at), figures.to_utc(row.target_at)
	assert recorded is not None and target is not None
	return ChainTimes(
		event=row.name,
		event_type="",
		company="",
		department="",
		employee=row.employee,
		manager="",
		pilot=False,
		recorded_at=recorded,
		target_at=target,
		closed_at=figures.to_utc(row.closed_at),
		void=False,
	)


# --- the prompt at login ------------------------------------------------------------------------------------


def wants_prompt(user: str) -> bool:
	"""Whether the person wants to be told at login what is due."""
	chosen = frappe.db.get_value(PREFERENCE, user, "login_prompt")
	return chosen is None or bool(chosen)


def snooze(user: str, until: datetime) -> None:
	"""Keep the prompt away until then (site-local time)."""
	_prefer(user, prompt_snoozed_until=until)


def switch_prompt(user: str, on: bool) -> None:
	"""Tell at login what is due, or no more."""
	_prefer(user, login_prompt=int(on), prompt_snoozed_until=None)


def _prefer(user: str, **values: Any) -> None:
	if frappe.db.exists(PREFERENCE, user):
		frappe.get_doc(PREFERENCE, user).update(values).save()
	else:
		frappe.get_doc({"doctype": PREFERENCE, "user": user, **values}).insert()


def snoozed_until(choice: str) -> datetime | None:
	"""The end of a snooze by its name, “hour” or “tomorrow”; None for another name."""
	now = now_site().replace(microsecond=0)
	ends = {"hour": now + timedelta(hours=1), "tomorrow": _midnight(now.date() + timedelta(days=1))}
	return ends.get(choice)
