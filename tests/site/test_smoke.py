"""The app is on the site, and the fixtures the other tests stand on do what they say."""

from __future__ import annotations

import pytest

import frappe


def test_app_is_installed() -> None:
	assert "perf_flow" in frappe.get_installed_apps()
	assert frappe.get_all("Module Def", filters={"app_name": "perf_flow"}, pluck="name") == ["Perf Flow"]


def test_own_roles_exist() -> None:
	for role in ("Performance HR", "Performance Administrator"):
		assert frappe.db.exists("Role", role)


def test_there_is_a_company_with_accounts_years_and_holidays() -> None:
	company = frappe.defaults.get_global_default("company")
	assert company
	assert frappe.db.count("Account", {"company": company}) > 20
	assert frappe.db.get_value("Company", company, "default_holiday_list")
	today = frappe.utils.nowdate()
	for day in (frappe.utils.add_years(today, -1), today, frappe.utils.add_years(today, 1)):
		covering = {"year_start_date": ("<=", day), "year_end_date": (">=", day)}
		assert frappe.db.exists("Fiscal Year", covering), f"no fiscal year for {day}"


@pytest.mark.parametrize("time", ("first", "second"))
def test_each_test_is_rolled_back(time: str, committed) -> None:
	title = "Seen by its own transaction only"
	assert not frappe.db.exists("Note", {"title": title})
	note = frappe.get_doc({"doctype": "Note", "title": title}).insert()
	assert frappe.db.exists("Note", note.name)
	assert committed.value("select count(*) from tabNote where name = %s", (note.name,)) == 0


def test_independent_connection_sees_what_is_committed(committed) -> None:
	assert committed.value("select name from tabUser where name = ?", ("Administrator",)) == "Administrator"


def test_statements_are_counted_by_the_server(sql_count) -> None:
	with sql_count() as count:
		frappe.db.sql("select 1")
		frappe.db.sql("select 2")
	assert count.total == 2
	assert count.statements == ["select 1", "select 2"]
	with sql_count() as count:
		pass
	assert count.total == 0
	with sql_count() as count, frappe.db._conn.cursor() as behind_frappe:
		behind_frappe.execute("select 3")
	assert count.total == 1


def test_users_are_switched_back(as_user) -> None:
	with as_user("Guest"):
		assert frappe.session.user == "Guest"
	assert frappe.session.user == "Administrator"
