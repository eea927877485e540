"""Look people up: everything the recorder needs to know about people, in one statement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import frappe

from perf_flow.engine.people import Directory, Lookup, Member, RecipientSource, Rule
from perf_flow.flow.view import DocView

_MEMBER = """{a}.name employee, {a}.user_id user, {a}.employee_name person, {a}.company, {a}.department,
	{a}.branch, {a}.reports_to, {a}.status, {a}.lft, {a}.holiday_list,
	coalesce((select sa.shift_type from `tabShift Assignment` sa where sa.employee = {a}.name and sa.docstatus = 1
		and sa.status = 'Active' and sa.start_date <= %(today)s and ifnull(sa.end_date, '9999-12-31') >= %(today)s
		order by sa.start_date desc limit 1), {a}.default_shift) shift,
	(select u.enabled from `tabUser` u where u.name = {a}.user_id) enabled,
	(select max(l.to_date) from `tabLeave Application` l where l.employee = {a}.name and l.docstatus = 1
		and l.status = 'Approved' and l.from_date <= %(today)s and l.to_date >= %(today)s) away_until,
	(select p.away_until from `tabPerformance Flow Preference` p where p.name = {a}.user_id
		and p.away_from <= %(today)s and p.away_until >= %(today)s) announced_until,
	(select p.delegate from `tabPerformance Flow Preference` p where p.name = {a}.user_id
		and p.away_from <= %(today)s and p.away_until >= %(today)s) deputy"""

NO_MEMBER = ", null" * 15
"""As many empty columns as ``_MEMBER`` has, for rows of a statement that are not people."""

# everybody who stands in for somebody today: few, wherever in the tree they are
_DEPUTIES = f"""select 'deputy' kind, d.name lookup, d.name seed, 0 ranking, {_MEMBER.format(a="d")}
	from `tabPerformance Flow Preference` q join `tabEmployee` d on d.name = q.delegate
	where q.away_from <= %(today)s and q.away_until >= %(today)s"""

_WITH_LINE = "join `tabEmployee` a on a.lft <= e.lft and a.rgt >= e.rgt"


def lookups_for(rule: Rule, view: DocView, user: str) -> list[Lookup]:
	"""What has to be looked up to follow ``rule`` on a document. Raises nothing: an empty field gives
	an empty list. ``user`` is who created the document."""
	source = rule.source
	if source is RecipientSource.DOCUMENT_OWNER:
		return [Lookup("user", view.value("owner") or user)]
	if source is RecipientSource.EMPLOYEE:
		return [Lookup("employee", rule.argument)]
	if source is RecipientSource.DEPARTMENT_HEAD:
		return [Lookup("department", rule.argument)]
	if source is RecipientSource.ROLE:
		return [Lookup("role", rule.argument)]
	if source is RecipientSource.SALES_TEAM:
		rows = sorted(
			view.doc.get("sales_team") or (), key=lambda r: (-(r.get("allocated_percentage") or 0), r.idx)
		)
		return [Lookup("sales_person", r.sales_person) for r in rows if r.sales_person]
	if source is RecipientSource.PROJECT_MANAGER:
		project = view.value("name") if view.doctype == "Project" else view.value("project")
		return [Lookup("project", project)] if project else []
	if source is RecipientSource.ASSIGNEES:
		assigned = frappe.parse_json(view.value("_assign") or "[]") or []
		return [Lookup("user", user) for user in assigned]
	kind = _kind_of(view.doctype, rule.argument)
	return [Lookup(kind, str(value)) for value in view.values(rule.argument)]


def _kind_of(doctype: str, path: str) -> str:
	"""Whom a field names: by what it links to; anything else is taken for a login."""
	table, _dot, fieldname = path.rpartition(".")
	meta = frappe.get_meta(doctype)
	if table:
		meta = frappe.get_meta(meta.get_field(table).options)
	df = meta.get_field(fieldname)
	target = df.options if df and df.fieldtype == "Link" else "User"
	return {"Employee": "employee", "Sales Person": "sales_person", "Project": "project"}.get(target, "user")


def look_up(lookups: Iterable[Lookup], today: date, extra: tuple[str, dict[str, Any]] | None = None):
	"""Look up people, with everybody above them, in one statement.

	``extra`` adds a ``union all`` part with its own values to the same statement; it must select the
	columns kind ('extra'), lookup, seed and ranking, and then ``NO_MEMBER``. Returns the Directory, and with ``extra`` its rows too.
	"""
	keys: dict[str, list[str]] = {}
	for kind, key in lookups:
		if key and key not in keys.setdefault(kind, []):
			keys[kind].append(key)
	parts, values = _parts(keys), {k: tuple(v) for k, v in keys.items()}
	if parts:
		parts.append(_DEPUTIES)
	values["today"] = today
	if extra:
		parts.append(extra[0])
		values.update(extra[1])
	if not parts:
		return (Directory(), []) if extra else Directory()
	rows = frappe.db.sql("\nunion all\n".join(parts), values, as_dict=True)
	directory = _directory([r for r in rows if r.kind != "extra"], keys)
	if extra:
		return directory, [r for r in rows if r.kind == "extra"]
	return directory


def _parts(keys: dict[str, list[str]]) -> list[str]:
	parts = []
	line, self_ = _MEMBER.format(a="a"), _MEMBER.format(a="e")
	if keys.get("user"):
		parts.append(
			f"select 'user' kind, e.user_id lookup, e.name seed, 0 ranking, {line} from `tabEmployee` e {_WITH_LINE}"
			" where e.user_id in %(user)s"
		)
	if keys.get("employee"):
		parts.append(
			f"select 'employee' kind, e.name lookup, e.name seed, 0 ranking, {line} from `tabEmployee` e {_WITH_LINE}"
			" where e.name in %(employee)s"
		)
	if keys.get("sales_person"):
		parts.append(
			f"select 'sales_person' kind, s.name lookup, e.name seed, 0 ranking, {line} from `tabSales Person` s"
			f" join `tabEmployee` e on e.name = s.employee {_WITH_LINE} where s.name in %(sales_person)s"
		)
	if keys.get("project"):
		parts.extend(_project_parts(line))
	if keys.get("department"):
		parts.append(
			f"select 'department' kind, e.department lookup, e.name seed, 0 ranking, {line} from `tabEmployee` e"
			f" {_WITH_LINE} where e.department in %(department)s and e.status = 'Active' and not exists"
			" (select 1 from `tabEmployee` m where m.name = e.reports_to and m.department = e.department"
			" and m.status = 'Active')"
		)
	if keys.get("role"):
		parts.append(
			f"select 'role' kind, r.role lookup, e.name seed, 0 ranking, {self_} from `tabHas Role` r"
			" join `tabEmployee` e on e.user_id = r.parent where r.parenttype = 'User' and r.role in %(role)s"
			" and e.status = 'Active'"
		)
	return parts


def _project_parts(line: str) -> list[str]:
	"""The manager of a project: its project_manager field where a site has one, then its first user,
	then who created it."""
	head = f"select 'project' kind, p.name lookup, e.name seed, %s ranking, {line.replace('%', '%%')}"
	parts = []
	if df := frappe.get_meta("Project").get_field("project_manager"):
		column = "e.name" if df.options == "Employee" else "e.user_id"
		parts.append(
			f"{head % 0} from `tabProject` p join `tabEmployee` e on {column} = p.project_manager {_WITH_LINE}"
			" where p.name in %(project)s"
		)
	parts.append(
		f"{head % '100 + pu.idx'} from `tabProject` p join `tabProject User` pu on pu.parent = p.name"
		f" join `tabEmployee` e on e.user_id = pu.user {_WITH_LINE} where p.name in %(project)s"
	)
	parts.append(
		f"{head % 10000} from `tabProject` p join `tabEmployee` e on e.user_id = p.owner {_WITH_LINE}"
		" where p.name in %(project)s"
	)
	return parts


def _directory(rows: list[Any], keys: dict[str, list[str]]) -> Directory:
	members: dict[str, Member] = {}
	found: dict[Lookup, list[tuple[int, str]]] = {}
	spelled = {kind: {k.casefold(): k for k in wanted} for kind, wanted in keys.items()}
	for r in rows:
		if r.employee not in members:
			members[r.employee] = Member(
				employee=r.employee,
				user=(r.user or "") if r.enabled else "",
				name=r.person or r.employee,
				company=r.company or "",
				department=r.department or "",
				branch=r.branch or "",
				reports_to=r.reports_to or "",
				active=r.status == "Active",
				depth=int(r.lft or 0),
				away_until=max((d for d in (r.away_until, r.announced_until) if d), default=None),
				deputy=r.deputy or "",
				deputy_until=r.announced_until if r.deputy else None,
				holiday_list=r.holiday_list or "",
				shift=r.shift or "",
			)
		if r.kind not in spelled:
			continue
		# the database compares names without regard to case
		key = spelled[r.kind].get((r.lookup or "").casefold(), r.lookup)
		lookup, entry = Lookup(r.kind, key), (int(r.ranking or 0), r.seed)
		if entry not in found.setdefault(lookup, []):
			found[lookup].append(entry)
	return Directory(
		members,
		{k: tuple(dict.fromkeys(e for _rank, e in sorted(v, key=lambda x: x[0]))) for k, v in found.items()},
	)
