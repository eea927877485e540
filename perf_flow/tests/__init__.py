"""What the app's tests stand on, on a bare site: a company, its years and its holidays.

`bench --site SITE run-tests --app perf_flow` runs tests/site of the repository on SITE; `make test` does so on
a site of its own, which it makes and resets itself.
"""

from __future__ import annotations

import datetime

import frappe
from frappe.utils import getdate, nowdate

COMPANY = "Flow Test Company"
ABBREVIATION = "FTC"
HOLIDAY_LIST = "Flow Test Weekends"


def prepare_site() -> None:
	"""Complete the setup wizard if no company exists, and add fiscal years and a list of weekends where missing.

	Idempotent; changes nothing on a site that has them. Commits, as the setup wizard does.
	"""
	year = getdate(nowdate()).year
	if not frappe.db.a_row_exists("Company"):
		_complete_setup(year)
	for other in range(year - 2, year + 3):
		_make_fiscal_year(other)
	company = (
		frappe.defaults.get_global_default("company") or frappe.get_all("Company", pluck="name", limit=1)[0]
	)
	if not frappe.db.get_value("Company", company, "default_holiday_list"):
		_make_holiday_list(year)
		frappe.db.set_value("Company", company, "default_holiday_list", HOLIDAY_LIST)
	frappe.db.commit()  # nosemgrep: the tests that follow roll back


def _complete_setup(year: int) -> None:
	from frappe.desk.page.setup_wizard.setup_wizard import setup_complete
	from frappe.utils.scheduler import disable_scheduler

	from erpnext.setup.utils import set_defaults_for_tests

	setup_complete(
		{
			"language": "English",
			"country": "China",
			"timezone": "Asia/Shanghai",
			"currency": "CNY",
			"full_name": "Flow Tester",
			"email": "tester@pf-test.localhost",
			"password": "admin",
			"company_name": COMPANY,
			"company_abbr": ABBREVIATION,
			"company_tagline": "Testing",
			"industry": "Manufacturing",
			"chart_of_accounts": "Standard",
			"fy_start_date": f"{year}-01-01",
			"fy_end_date": f"{year}-12-31",
		}
	)
	set_defaults_for_tests()
	disable_scheduler()


def _make_fiscal_year(year: int) -> None:
	middle = f"{year}-07-01"
	if not frappe.db.exists(
		"Fiscal Year", {"year_start_date": ("<=", middle), "year_end_date": (">=", middle)}
	):
		frappe.get_doc(
			{
				"doctype": "Fiscal Year",
				"year": str(year),
				"year_start_date": f"{year}-01-01",
				"year_end_date": f"{year}-12-31",
			}
		).insert()


def _make_holiday_list(year: int) -> None:
	if frappe.db.exists("Holiday List", HOLIDAY_LIST):
		return
	first, last = datetime.date(year - 1, 1, 1), datetime.date(year + 1, 12, 31)
	days = (first + datetime.timedelta(n) for n in range((last - first).days + 1))
	frappe.get_doc(
		{
			"doctype": "Holiday List",
			"holiday_list_name": HOLIDAY_LIST,
			"from_date": first,
			"to_date": last,
			"holidays": [
				{"holiday_date": day, "description": day.strftime("%A"), "weekly_off": 1}
				for day in days
				if day.weekday() >= 5
			],
		}
	).insert()
