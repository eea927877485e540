"""The demo company: ERPNext's own, with its orders and invoices, and what the month needs beside them."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.utils import getdate, nowdate

from perf_flow.api import templates
from perf_flow.demo import people
from perf_flow.engine.errors import N_

NAME = "Bright River Machinery"
ABBREVIATION = "BRM"
HOLIDAY_LIST = "Demo Holidays"
SHIFT = "Demo Day Shift"
RED_DAYS = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (12, 25))
INDUSTRIES = ("manufacturing", "trade", "services")
TRAINING = ("course_completed", "training_feedback_given")

PUMP, VALVE, CYLINDER, SERVICE_HOUR = "PMP-200", "VLV-15", "CYL-80", "SRV-HOUR"
CASTING, SEAL = "CST-11", "SEAL-5"
MACHINE = "CNC-MILL"
PRODUCTS = (
	(PUMP, "Hydraulic pump 200 bar", 2400, 1500),
	(VALVE, "Control valve DN15", 380, 210),
	(CYLINDER, "Cylinder 80 mm", 960, 590),
)
MATERIALS = ((CASTING, "Pump casting", 420), (SEAL, "Seal kit", 35))
CUSTOMERS = ("Harbour Cranes Ltd.", "Nordlicht Energie GmbH", "Yangtze Water Works", "Sierra Mining Co.")
SUPPLIERS = ("Delta Foundry", "Sealtech Parts", "Orient Bearings")
PROJECTS = ("Pump station Harbour Cranes", "Retrofit Nordlicht", "Water works line 3", "Mining hydraulics")
MANUAL_TYPE = N_("Lesson worth sharing")


def complete_setup(year: int) -> None:
	"""Go through the setup wizard if nobody has."""
	if frappe.db.a_row_exists("Company"):
		return
	from frappe.desk.page.setup_wizard.setup_wizard import setup_complete

	setup_complete(
		{
			"language": "English",
			"country": "China",
			"timezone": "Asia/Shanghai",
			"currency": "CNY",
			"company_name": NAME,
			"company_abbr": ABBREVIATION,
			"chart_of_accounts": "Standard",
			"fy_start_date": f"{year}-01-01",
			"fy_end_date": f"{year}-12-31",
		}
	)


def fiscal_years(first: int, last: int) -> None:
	"""A fiscal year for each of these years, where none covers it."""
	for year in range(first, last + 1):
		middle = f"{year}-07-01"
		covered = {"year_start_date": ("<=", middle), "year_end_date": (">=", middle)}
		if not frappe.db.exists("Fiscal Year", covered):
			frappe.get_doc(
				{
					"doctype": "Fiscal Year",
					"year": str(year),
					"year_start_date": f"{year}-01-01",
					"year_end_date": f"{year}-12-31",
				}
			).insert()


def erpnext_demo(seed: int) -> str:
	"""ERPNext's demo company with its orders, invoices and payments; returns the company."""
	found = frappe.db.get_single_value("Global Defaults", "demo_company")
	if not (found and frappe.db.exists("Company", found)):
		from erpnext.setup.demo import setup_demo_data

		random.seed(seed)  # ERPNext draws its dates from here
		setup_demo_data()
		found = frappe.db.get_single_value("Global Defaults", "demo_company")
	return str(found)


def other_company(company: str) -> str:
	"""The company the site had before, for somebody who is no part of the demo."""
	return str(frappe.db.get_value("Company", {"name": ("!=", company)}, "name", order_by="creation"))


def calendars(company: str, first_year: int, last_year: int) -> None:
	"""Weekends and public holidays, and the day shift of the production."""
	if not frappe.db.exists("Holiday List", HOLIDAY_LIST):
		start, end = date(first_year, 1, 1), date(last_year, 12, 31)
		days = (start + timedelta(n) for n in range((end - start).days + 1))
		frappe.get_doc(
			{
				"doctype": "Holiday List",
				"holiday_list_name": HOLIDAY_LIST,
				"from_date": start,
				"to_date": end,
				"holidays": [
					{
						"holiday_date": day,
						"description": day.strftime("%A") if day.weekday() >= 5 else "Public holiday",
						"weekly_off": int(day.weekday() >= 5),
					}
					for day in days
					if day.weekday() >= 5 or (day.month, day.day) in RED_DAYS
				],
			}
		).insert()
	for name in {company, other_company(company)}:
		if not frappe.db.get_value("Company", name, "default_holiday_list"):
			frappe.db.set_value("Company", name, "default_holiday_list", HOLIDAY_LIST)
	if not frappe.db.exists("Shift Type", SHIFT):
		shift = {"doctype": "Shift Type", "name": SHIFT, "start_time": "08:00:00", "end_time": "16:30:00"}
		frappe.get_doc({**shift, "holiday_list": HOLIDAY_LIST}).insert()


def give_shift(keys: tuple[str, ...]) -> None:
	"""Put people on the day shift."""
	for key in keys:
		frappe.db.set_value("Employee", people.employee(key), "default_shift", SHIFT)


# --- what the company trades with -------------------------------------------------------------------------


def ensure(doctype: str, filters: dict[str, Any], **values: Any) -> str:
	"""The document with these values; made if there is none."""
	found = frappe.db.get_value(doctype, filters)
	if found:
		return str(found)
	return str(frappe.get_doc({"doctype": doctype, **filters, **values}).insert().name)


def warehouse(name: str, company: str) -> str:
	"""A warehouse of the company by its plain name; made if there is none."""
	return ensure("Warehouse", {"warehouse_name": name, "company": company})


def account(company: str, **filters: Any) -> str:
	"""The first account of the company that fits."""
	return str(frappe.db.get_value("Account", {"company": company, "is_group": 0, **filters}))


def masters(company: str) -> None:
	"""Items, customers, suppliers, warehouses, projects, the machine and who looks after it."""
	group = frappe.db.get_value("Item Group", {"is_group": 0}, order_by="creation")
	for code, name, rate, cost in PRODUCTS:
		_item(code, name, group, standard_rate=rate, valuation_rate=cost)
	for code, name, cost in MATERIALS:
		_item(code, name, group, valuation_rate=cost)
	_item(SERVICE_HOUR, "Service hour", group, stock=False, standard_rate=120)
	area = frappe.db.get_value("Territory", {"is_group": 0})
	kind = frappe.db.get_value("Customer Group", {"is_group": 0})
	for name in CUSTOMERS:
		ensure("Customer", {"customer_name": name}, customer_group=kind, territory=area)
	kind = frappe.db.get_value("Supplier Group", {"is_group": 0})
	for name in SUPPLIERS:
		ensure("Supplier", {"supplier_name": name}, supplier_group=kind)
	warehouse("Rejected Goods", company)
	ensure("Quality Procedure", {"quality_procedure_name": "Production"})
	# inspections of some deliveries, not of all
	frappe.db.set_single_value(
		"Stock Settings", "allow_to_make_quality_inspection_after_purchase_or_delivery", 1
	)
	_machine(company)


def _item(code: str, name: str, group: str, stock: bool = True, **values: Any) -> None:
	ensure(
		"Item",
		{"item_code": code},
		item_name=name,
		item_group=group,
		stock_uom="Nos",
		is_stock_item=int(stock),
		**values,
	)


def opening_stock(company: str) -> None:
	"""Enough of everything on the shelves."""
	rows = [
		*((code, cost) for code, _n, _r, cost in PRODUCTS),
		*((code, cost) for code, _n, cost in MATERIALS),
	]
	entry = frappe.get_doc(
		{
			"doctype": "Stock Entry",
			"stock_entry_type": "Material Receipt",
			"company": company,
			"items": [
				{
					"item_code": code,
					"qty": 3000,
					"basic_rate": cost,
					"t_warehouse": warehouse("Finished Goods" if n < len(PRODUCTS) else "Stores", company),
				}
				for n, (code, cost) in enumerate(rows)
			],
		}
	)
	entry.insert()
	entry.submit()


def _machine(company: str) -> None:
	category = ensure(
		"Asset Category",
		{"asset_category_name": "Machine tools"},
		accounts=[
			{
				"company_name": company,
				"fixed_asset_account": account(company, account_type="Fixed Asset"),
				"accumulated_depreciation_account": account(company, account_type="Accumulated Depreciation"),
				"depreciation_expense_account": account(company, account_type="Depreciation"),
			}
		],
	)
	group = frappe.db.get_value("Item Group", {"is_group": 0}, order_by="creation")
	_item(MACHINE, "CNC milling machine", group, stock=False, is_fixed_asset=1, asset_category=category)
	ensure("Location", {"location_name": "Hall 2"})


def make_asset(company: str) -> str:
	"""The milling machine, in use for a year, with its weekly maintenance by Sam."""
	day = getdate(nowdate()) - timedelta(days=365)
	fiscal_years(day.year, day.year)
	asset = frappe.get_doc(
		{
			"doctype": "Asset",
			"asset_name": "Milling machine 2",
			"item_code": MACHINE,
			"company": company,
			"location": "Hall 2",
			"is_existing_asset": 1,
			"purchase_date": day,
			"available_for_use_date": day,
			"gross_purchase_amount": 180000,
			"asset_quantity": 1,
			"calculate_depreciation": 0,
			"maintenance_required": 1,
		}
	)
	asset.insert()
	asset.submit()
	ensure(
		"Asset Maintenance Team",
		{"maintenance_team_name": "Hall 2"},
		company=company,
		maintenance_manager=people.BY_KEY["wei"].login,
		maintenance_team_members=[
			{"team_member": people.BY_KEY["sam"].login, "maintenance_role": "Manufacturing User"}
		],
	)
	return str(asset.name)


def make_projects(company: str, first: date, last: date) -> None:
	"""Customer projects, run by the people of the projects department."""
	leads = ("emil", "yuki", "lea", "emil")
	for name, lead, customer in zip(PROJECTS, leads, CUSTOMERS, strict=True):
		with people.acting("paula"):
			frappe.get_doc(
				{
					"doctype": "Project",
					"project_name": name,
					"company": company,
					"customer": customer,
					"expected_start_date": first,
					"expected_end_date": last,
					"users": [{"user": people.BY_KEY[lead].login, "welcome_email_sent": 1}],
					# the last one closes by itself with its last task, which no hook sees
					"percent_complete_method": "Task Completion" if name == PROJECTS[-1] else "Manual",
				}
			).insert()


# --- event types ------------------------------------------------------------------------------------------


def switch_on() -> list[dict[str, str]]:
	"""Switch on the templates of three industries, as the administrator of the app does by one click each,
	and what a company that trains its people needs of the fourth. Returns those that the site had to
	refuse, with the reason."""
	refused: dict[str, dict[str, str]] = {}
	for title, keys in people.KRAS.items():
		ensure("KRA", {"title": title}, description=f"Served by {len(keys)} kinds of business events")
	with people.acting("adam"):
		for industry in INDUSTRIES:
			for problem in templates.switch_on_industry(industry)["refused"]:
				refused[problem["title"]] = problem
		for key in TRAINING:
			templates.switch_on(key)
		for title, keys in people.KRAS.items():
			for key in keys:
				_change(key, kra=title)
		_change(
			"purchase_approval_overdue",
			clock="Working hours",
			evidence_hours=8,
			mark_hours=8,
			confirmation_hours=8,
			target_hours=16,
			reminder_hours=2,
		)
		company = frappe.db.get_single_value("Global Defaults", "demo_company")
		_change(
			"timesheet_submitted",
			pilot_scope=[
				{"scope_type": "Department", "scope_name": people.department(people.PROJECTS, str(company))}
			],
		)
		_manual_type()
	send_mail(False)
	return list(refused.values())


def send_mail(on: bool) -> None:
	"""Whether messages go out by email too, as the administrator of the app sets it."""
	with people.acting("adam"):
		settings = frappe.get_doc("Performance Flow Settings")
		settings.email_immediate = settings.email_digest = int(on)
		settings.save()


def _change(template: str, **values: Any) -> None:
	name = frappe.db.get_value("Business Event Type", {"template": template})
	if name:
		doc = frappe.get_doc("Business Event Type", name)
		doc.update(values)
		doc.save()


def _manual_type() -> None:
	frappe.get_doc(
		{
			"doctype": "Business Event Type",
			"title": MANUAL_TYPE,
			"enabled": 1,
			"reference_doctype": "Project",
			"trigger": "Manual",
			"guidance": N_("Record it when a project taught you something that others can use."),
			"recipients": [{"source": "Project Manager"}],
			"collaborators": [
				{"label": "Quality", "source": "Role", "role": "Quality Manager", "required": 0}
			],
			"requirements": [
				{
					"label": N_("What others can do the same way"),
					"kind": "Text",
					"obligation": "Mandatory",
					"minimum_characters": 20,
				}
			],
		}
	).insert()
