"""Who is away, who stands in, and what of it a reader is told. How steps change hands meanwhile is said by
``perf_flow.engine.people``; here it is only read and set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import frappe

from perf_flow.access import my_employee
from perf_flow.flow.times import now_site

PREFERENCE = "Performance Flow Preference"


def of(user: str) -> dict[str, Any]:
	"""One's own entry: ``away_from``, ``away_until`` (ISO days or None), ``delegate`` and ``delegate_name``, whether
	it is in force today (``now``), and the people for whom one stands in today (``for_others``)."""
	row = frappe.db.get_value(
		PREFERENCE, {"user": user}, ["away_from", "away_until", "delegate"], as_dict=True
	) or frappe._dict(away_from=None, away_until=None, delegate=None)
	today = now_site().date()
	until = row.away_until
	past = until is not None and until < today
	return {
		"away_from": None if past or not row.away_from else row.away_from.isoformat(),
		"away_until": None if past or not until else until.isoformat(),
		"delegate": None if past else row.delegate,
		"delegate_name": "" if past or not row.delegate else _name(row.delegate),
		"now": bool(row.away_from and row.away_from <= today and not past),
		"for_others": standing_in(user, today),
		"employee": my_employee(user),
		"today": today.isoformat(),
	}


def _name(employee: str) -> str:
	return str(frappe.db.get_value("Employee", employee, "employee_name") or employee)


def standing_in(user: str, today: date) -> list[dict[str, Any]]:
	"""Who named this person in their place for today: ``name`` and ``until`` (ISO day or None)."""
	rows = frappe.db.sql(
		f"""select p.user, e.employee_name, p.away_until from `tab{PREFERENCE}` p
		join `tabEmployee` d on d.name = p.delegate and d.user_id = %(user)s
		left join `tabEmployee` e on e.user_id = p.user and e.status = 'Active'
		where p.away_from <= %(today)s and (p.away_until is null or p.away_until >= %(today)s)
		order by e.employee_name""",
		{"user": user, "today": today},
	)
	return [
		{"name": name or login, "until": until.isoformat() if until else None} for login, name, until in rows
	]


def stand_ins(user: str, text: str, limit: int = 20) -> list[tuple[str, str]]:
	"""Who can be named: active people with a login in the company of this person, by employee and a label that is
	nobody else's."""
	own = my_employee(user)
	if not own:
		return []
	company = frappe.db.get_value("Employee", own, "company")
	rows = frappe.db.sql(
		"""select e.name, e.employee_name, e.department, exists(
			select 1 from `tabEmployee` o where o.company = e.company and o.employee_name = e.employee_name
				and o.name != e.name) as shared
		from `tabEmployee` e join `tabUser` u on u.name = e.user_id and u.enabled = 1
		where e.status = 'Active' and e.company = %(company)s and e.user_id != %(user)s
			and (e.employee_name like %(text)s or e.name like %(text)s)
		order by e.employee_name, e.name limit %(limit)s""",
		{
			"company": company,
			"user": user,
			"text": f"%{text.strip().replace('%', '')}%",
			"limit": limit,
		},
	)
	return [
		(name, " · ".join(filter(None, (person, department, name if shared else ""))))
		for name, person, department, shared in rows
	]


def away_until(employees: Iterable[str]) -> dict[str, date]:
	"""Until when these employees are away today, as far as known: by approved leave or by their own entry."""
	employees = sorted(set(employees))
	if not employees:
		return {}
	today = now_site().date()
	values = {"employees": employees, "today": today}
	leaves = frappe.db.sql(
		"""select employee, max(to_date) from `tabLeave Application`
		where employee in %(employees)s and docstatus = 1 and status = 'Approved'
			and from_date <= %(today)s and to_date >= %(today)s group by employee""",
		values,
	)
	entries = frappe.db.sql(
		f"""select e.name, p.away_until from `tabEmployee` e join `tab{PREFERENCE}` p on p.user = e.user_id
		where e.name in %(employees)s and p.away_from <= %(today)s and p.away_until >= %(today)s""",
		values,
	)
	found: dict[str, date] = {}
	for employee, until in (*leaves, *entries):
		found[employee] = max(found.get(employee, until), until)
	return found
