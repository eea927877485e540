"""Who somebody is on this site: their Employee records, the people below them, the companies they do HR for."""

from __future__ import annotations

from dataclasses import dataclass

import frappe

from perf_flow.access.table import ADMINISTRATOR_ROLES, DESK_ROLE, EVENT, HR_ROLES

SMALL_TREE = 300
"""Up to this many people below a manager are named in the SQL itself, which then uses the index on employee."""

MEMO = "perf_flow_access"
"""Where a request remembers what was looked up: it goes with Frappe's local cache, when the user is switched or
the cache is cleared."""


@dataclass(frozen=True, slots=True)
class Viewer:
	"""Somebody with a login, as far as permissions ask.

	``employees`` are their own Employee records. ``below`` are the Employee records below them and
	``logins_below`` their logins, both None when there are more than SMALL_TREE; ``branches`` are the (lft, rgt)
	of their places in the tree either way. ``companies`` are those they do HR for.
	"""

	user: str
	employees: tuple[str, ...] = ()
	branches: tuple[tuple[int, int], ...] = ()
	below: tuple[str, ...] | None = ()
	logins_below: tuple[str, ...] | None = ()
	companies: frozenset[str] = frozenset()
	is_everything: bool = False
	is_administrator: bool = False
	is_desk_user: bool = False


def viewer(user: str | None = None) -> Viewer:
	"""What is known of ``user`` (default: the session's). Looked up once per request."""
	user = user or frappe.session.user
	memo = frappe.local.cache.setdefault(MEMO, {})
	if user not in memo:
		memo[user] = _look_up(user)
	return memo[user]


def forget() -> None:
	"""Drop what is remembered in this request, after employees, steps, roles or companies changed within it."""
	frappe.local.cache.pop(MEMO, None)


def _look_up(user: str) -> Viewer:
	if user == "Administrator":
		return Viewer(user, is_everything=True, is_administrator=True, is_desk_user=True)
	if user == "Guest":
		return Viewer(user)
	roles = set(frappe.get_roles(user))
	own = frappe.get_all(
		"Employee",
		filters={"user_id": user},
		fields=["name", "company", "status", "lft", "rgt"],
		order_by="name",
	)
	branches = tuple(
		(row.lft, row.rgt) for row in own if row.status != "Left" and (row.rgt or 0) - (row.lft or 0) > 1
	)
	below = _below(branches)
	return Viewer(
		user,
		employees=tuple(row.name for row in own),
		branches=branches,
		below=None if below is None else tuple(name for name, _login in below),
		logins_below=None if below is None else tuple(login for _name, login in below if login),
		companies=_companies_of_hr(user, own) if roles.intersection(HR_ROLES) else frozenset(),
		is_administrator=not roles.isdisjoint(ADMINISTRATOR_ROLES),
		is_desk_user=DESK_ROLE in roles,
	)


def _below(branches: tuple[tuple[int, int], ...]) -> list[tuple[str, str | None]] | None:
	if not branches:
		return []
	found = frappe.db.sql(
		f"""select name, user_id from `tabEmployee` where {branch_condition(branches)}
		order by lft limit {SMALL_TREE + 1}"""
	)
	return None if len(found) > SMALL_TREE else list(found)


def branch_condition(branches: tuple[tuple[int, int], ...]) -> str:
	"""SQL on tabEmployee: strictly below one of these places in the tree."""
	return "(" + " or ".join(f"(lft > {int(lft)} and rgt < {int(rgt)})" for lft, rgt in branches) + ")"


def _companies_of_hr(user: str, own: list[frappe._dict]) -> frozenset[str]:
	"""The companies of somebody with an HR role: those in their User Permissions, which Frappe has widened
	by the companies below them; else those of their Employee records and below."""
	permitted = frappe.permissions.get_user_permissions(user).get("Company") or ()
	named = {row["doc"] for row in permitted if row.get("applicable_for") in (None, "", EVENT)}
	if named:
		return frozenset(named)
	companies = {row.company for row in own if row.company and row.status != "Left"}
	for company in tuple(companies):
		companies.update(frappe.db.get_descendants("Company", company))
	return frozenset(companies)


def my_employee(user: str | None = None) -> str | None:
	"""The Employee record of a login: the active one if there are several, None if there is none."""
	user = user or frappe.session.user
	found = frappe.get_all(
		"Employee", filters={"user_id": user}, fields=["name", "status"], order_by="creation desc, name"
	)
	found.sort(key=lambda row: row.status != "Active")
	return found[0].name if found else None


def is_administrator(user: str | None = None) -> bool:
	"""Whether the user sets up and runs the app. That alone lets nobody read events."""
	return viewer(user).is_administrator


def is_hr_of(company: str | None, user: str | None = None) -> bool:
	"""Whether the user does HR for ``company``; events without a company belong to HR of every company."""
	who = viewer(user)
	return who.is_everything or is_among(company, who.companies)


def is_among(company: str | None, companies: frozenset[str]) -> bool:
	"""Whether HR for ``companies`` is responsible for ``company``."""
	return company in companies if company else bool(companies)


def hr_users(company: str | None) -> list[str]:
	"""The enabled logins with an HR role that are responsible for ``company``, in a fixed order: whom
	messages to HR go to. The built-in Administrator is not among them."""
	users = frappe.db.sql(
		"""select distinct u.name from `tabUser` u join `tabHas Role` r on r.parent = u.name
		where r.parenttype = 'User' and r.role in %(roles)s and u.enabled = 1
		and u.name not in ('Administrator', 'Guest') order by u.name""",
		{"roles": HR_ROLES},
		pluck=True,
	)
	return [user for user in users if is_among(company, viewer(user).companies)]
