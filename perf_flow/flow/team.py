"""A manager's team: the people below them in the Employee tree, and the figures of their business events.

Everything here is of the viewer's own tree, whatever else they may read; somebody with nobody below them has
no team. Flow health is what ``perf_flow.engine.health`` says it is.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe

from perf_flow.access import events_of_tree, my_employee, viewer
from perf_flow.engine import health as engine
from perf_flow.engine.health import ChainTimes, Health
from perf_flow.flow.figures import Moment, Pair, chains
from perf_flow.flow.times import to_utc

NOBODY = "1=0"


def condition(user: str | None = None) -> str:
	"""SQL on `tabBusiness Event`: the events of one's team; of the built-in Administrator, who stands above
	everybody, all but practice. "1=0" for somebody without a team."""
	if viewer(user).is_everything:
		return "(`tabBusiness Event`.practice = 0)"
	return events_of_tree(user)


def condition_on_steps() -> str:
	"""The same on `tabBusiness Event Action`, which holds whom its event is about, and practice, as the event does."""
	return condition().replace("`tabBusiness Event`", "`tabBusiness Event Action`")


def has_team(user: str | None = None) -> bool:
	"""Whether anybody is below this person."""
	return condition(user) != NOBODY


def list_filter(user: str | None = None) -> dict[str, Any]:
	"""The desk's list filter for one's team, by its field ``employee``."""
	if viewer(user).is_everything:
		return {}
	return {"employee": ["descendants of", my_employee(user) or ""]}


def _select(columns: str, extra: str = "", values: dict[str, Any] | None = None, rest: str = "") -> Any:
	where = condition().replace("%", "%%")
	return frappe.db.sql(
		f"select {columns} from `tabBusiness Event` where {where} {extra} {rest}", values or {}
	)


def late_steps(now: datetime) -> int:
	"""Open steps past their time on the team's events."""
	if not has_team():
		return 0
	where = condition_on_steps().replace("%", "%%")
	query = f"""select count(*) from `tabBusiness Event Action`
		where {where} and state = 'Open' and due_at < %(now)s"""
	return int(frappe.db.sql(query, {"now": now})[0][0])


def completeness() -> tuple[int, int]:
	"""How many of the team's open events have all their mandatory evidence, and how many are open."""
	complete, every = _select("coalesce(sum(completeness >= 100), 0), count(*)", "and state = 'Open'")[0]
	return int(complete), int(every)


def pairs(first: datetime, last: datetime, moment: Moment, by: str = "") -> list[Pair]:
	"""The team's chains recorded from ``first`` until before ``last``, those counted by the database that no figure
	can tell apart. ``by`` is employee, event_type or empty."""
	if by not in ("", "employee", "event_type"):
		raise ValueError(by)
	group = f"ifnull(`{by}`, '')" if by else "''"
	rows = _select(
		f"""{group} as dimension, pilot, state = 'Void' as is_void, min(recorded_at), min(target_at),
			min(closed_at), count(*)""",
		"and recorded_at >= %(first)s and recorded_at < %(last)s",
		{"first": first, "last": last, "now": moment.site},
		"""group by dimension, pilot, is_void, yearweek(recorded_at, 3), closed_at is null,
			closed_at <= target_at, target_at < %(now)s""",
	)
	found = []
	for value, pilot, void, recorded_at, target_at, closed_at, count in rows:
		recorded, target = to_utc(recorded_at), to_utc(target_at)
		assert recorded is not None and target is not None
		chain = ChainTimes(
			event="",
			event_type=value if by == "event_type" else "",
			company="",
			department="",
			employee=value if by == "employee" else "",
			manager="",
			pilot=bool(pilot),
			recorded_at=recorded,
			target_at=target,
			closed_at=to_utc(closed_at),
			void=bool(void),
		)
		found.append((chain, int(count)))
	return found


def health(first: datetime, last: datetime, moment: Moment) -> Health:
	"""The flow health of the team over that time."""
	return engine.health(chains(pairs(first, last, moment)), moment.utc)


def open_work(by: str, first: datetime, last: datetime, now: datetime) -> dict[str, tuple[int, int, int]]:
	"""Of the team's open events recorded in that time, by employee or event type: those ready for the mark, those
	past their target, and those with complete evidence."""
	if by not in ("employee", "event_type"):
		raise ValueError(by)
	rows = _select(
		f"""ifnull(`{by}`, '') as dimension, sum(stage = 'Mark'), sum(target_at < %(now)s),
			sum(completeness >= 100)""",
		"and state = 'Open' and recorded_at >= %(first)s and recorded_at < %(last)s",
		{"first": first, "last": last, "now": now},
		"group by dimension",
	)
	return {value: (int(marks), int(late), int(complete)) for value, marks, late, complete in rows}


def people(employees: list[str]) -> dict[str, str]:
	"""The names of employees."""
	if not employees:
		return {}
	rows = frappe.get_all(
		"Employee", filters={"name": ["in", employees]}, fields=["name", "employee_name"], as_list=True
	)
	return {name: person or name for name, person in rows}


def closings(first: datetime, last: datetime) -> list[tuple[int, int, int]]:
	"""By ISO week of closing (as 202601): the team's events closed in time, and closed late."""
	rows = _select(
		"yearweek(closed_at, 3) as week, sum(closed_at <= target_at), sum(closed_at > target_at)",
		"and state = 'Closed' and closed_at >= %(first)s and closed_at < %(last)s",
		{"first": first, "last": last},
		"group by week order by week",
	)
	return [(int(week), int(good), int(late)) for week, good, late in rows]


def monday(day: Any) -> datetime:
	"""The beginning of the ISO week of a day."""
	start = day - timedelta(days=day.weekday())
	return datetime(start.year, start.month, start.day)
