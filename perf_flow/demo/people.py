"""Who works in the demo company: employees with logins in a tree, sales persons, leaves, goals."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import frappe
from frappe.utils import getdate

DOMAIN = "demo.example"
PASSWORD = "demo-river-lantern"
LEAVE_TYPE = "Privilege Leave"
LINE = ("Leave Approver", "Expense Approver")


@dataclass(frozen=True, slots=True)
class Worker:
	"""Somebody in the demo company. ``boss`` is the key of the line manager, ``outside`` means the other
	company of the site."""

	key: str
	name: str
	department: str
	designation: str
	boss: str = ""
	roles: tuple[str, ...] = ()
	gender: str = "Female"
	language: str = "en"
	outside: bool = False

	@property
	def login(self) -> str:
		"""The e-mail address they log in with."""
		return f"{self.key}@{DOMAIN}"

	@property
	def first_name(self) -> str:
		"""What they are called."""
		return self.name.split(" ", 1)[0]


SALES, QUALITY, PRODUCTION = "Sales", "Quality Management", "Production"
PURCHASE, DISPATCH, PROJECTS = "Purchase", "Dispatch", "Projects"
SERVICE, HR, FINANCE = "Customer Service", "Human Resources", "Accounts"

WORKERS = (
	Worker("clara", "Clara Weber", "Management", "Managing Director", "", ("Sales Manager", *LINE)),
	Worker("martin", "Martin Keller", SALES, "Head of Sales", "clara", ("Sales Manager", *LINE), "Male"),
	Worker("anna", "Anna Lindqvist", SALES, "Account Manager", "martin", ("Sales User",)),
	Worker("ben", "Ben Carter", SALES, "Account Manager", "martin", ("Sales User",), "Male"),
	Worker("lina", "Li Na", SALES, "Account Manager", "martin", ("Sales User",), language="zh"),
	Worker("sofia", "Sofia Rossi", SALES, "Key Account Manager", "martin", ("Sales User", *LINE)),
	Worker("diego", "Diego Alvarez", SALES, "Account Manager", "martin", ("Sales User",), "Male"),
	Worker("tom", "Tom Becker", SALES, "Account Manager", "martin", ("Sales User",), "Male"),
	Worker(
		"quentin", "Quentin Moreau", QUALITY, "Head of Quality", "clara", ("Quality Manager", *LINE), "Male"
	),
	Worker("priya", "Priya Nair", QUALITY, "Inspector", "quentin", ("Quality Manager", "Stock User")),
	Worker(
		"jonas", "Jonas Weiss", QUALITY, "Inspector", "quentin", ("Quality Manager", "Stock User"), "Male"
	),
	Worker(
		"wei",
		"Wang Wei",
		PRODUCTION,
		"Head of Production",
		"clara",
		("Manufacturing Manager", "Stock User", *LINE),
		"Male",
		"zh",
	),
	Worker(
		"ivan", "Ivan Petrov", PRODUCTION, "Shift Lead", "wei", ("Manufacturing User", "Stock User"), "Male"
	),
	Worker("mei", "Chen Mei", PRODUCTION, "Planner", "wei", ("Manufacturing User", "Stock User")),
	Worker("sam", "Sam Okafor", PRODUCTION, "Maintenance Technician", "wei", ("Manufacturing User",), "Male"),
	Worker(
		"pedro",
		"Pedro Santos",
		PURCHASE,
		"Head of Purchasing",
		"clara",
		("Purchase Manager", "Purchase User", "Stock User", *LINE),
		"Male",
	),
	Worker("nina", "Nina Kowalski", PURCHASE, "Buyer", "pedro", ("Purchase User", "Stock User")),
	Worker("oscar", "Oscar Lund", PURCHASE, "Buyer", "pedro", ("Purchase User", "Stock User"), "Male"),
	Worker("stella", "Stella Berg", DISPATCH, "Head of Dispatch", "clara", ("Stock Manager", *LINE)),
	Worker("karim", "Karim Haddad", DISPATCH, "Warehouse Clerk", "stella", ("Stock User",), "Male"),
	Worker(
		"paula",
		"Paula Jensen",
		PROJECTS,
		"Head of Projects",
		"clara",
		("Projects Manager", "Projects User", *LINE),
	),
	Worker("emil", "Emil Nowak", PROJECTS, "Project Lead", "paula", ("Projects User",), "Male"),
	Worker("yuki", "Yuki Tanaka", PROJECTS, "Engineer", "paula", ("Projects User",)),
	Worker("lea", "Lea Fischer", PROJECTS, "Engineer", "paula", ("Projects User",)),
	Worker(
		"grace",
		"Grace Kim",
		SERVICE,
		"Head of Service",
		"clara",
		("Support Team", "Maintenance Manager", "Maintenance User", *LINE),
	),
	Worker(
		"hugo",
		"Hugo Silva",
		SERVICE,
		"Service Technician",
		"grace",
		("Support Team", "Maintenance User"),
		"Male",
	),
	Worker(
		"helen", "Helen Brandt", HR, "HR Manager", "clara", ("HR Manager", "HR User", "Performance HR", *LINE)
	),
	Worker("rosa", "Rosa Martin", HR, "HR Business Partner", "helen", ("HR User",)),
	Worker(
		"frank",
		"Frank Meier",
		FINANCE,
		"Head of Finance",
		"clara",
		("Accounts Manager", "Accounts User"),
		"Male",
	),
	Worker("eva", "Eva Horvat", FINANCE, "Accountant", "frank", ("Accounts User",)),
	Worker(
		"adam",
		"Adam Novak",
		"Operations",
		"System Administrator",
		"clara",
		("Performance Administrator",),
		"Male",
	),
	Worker("olga", "Olga Ivanova", SALES, "Account Manager", outside=True),
)
BY_KEY = {w.key: w for w in WORKERS}
SELLERS = ("anna", "ben", "lina", "sofia", "diego", "tom")
SHOWN = (
	("employee", "anna"),
	("employee, in Chinese", "lina"),
	("manager", "martin"),
	("manager, in Chinese", "wei"),
	("collaborator (quality)", "quentin"),
	("HR", "helen"),
	("administrator of the app", "adam"),
	("outsider (another company)", "olga"),
)


@contextmanager
def acting(key: str) -> Iterator[None]:
	"""Do something as somebody of the company, under their own login and permissions."""
	with acting_user(BY_KEY[key].login):
		yield


@contextmanager
def acting_user(user: str) -> Iterator[None]:
	"""Do something under a login."""
	before = frappe.session.user
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user(before)


def employee(key: str) -> str:
	"""The id of the employee record."""
	return str(frappe.db.get_value("Employee", {"user_id": BY_KEY[key].login}))


def department(name: str, company: str) -> str:
	"""The department of the company; made where ERPNext does not bring it."""
	found = frappe.db.get_value("Department", {"department_name": name, "company": company})
	if found:
		return str(found)
	parent = frappe.db.get_value("Department", {"is_group": 1, "parent_department": ""}, "name")
	doc = {"doctype": "Department", "department_name": name, "company": company, "parent_department": parent}
	return str(frappe.get_doc(doc).insert().name)


def make_workers(company: str, other_company: str, joined: date) -> None:
	"""All employees with their logins. Those who are there already stay as they are."""
	for number, worker in enumerate(WORKERS):
		make_login(worker)
		if frappe.db.exists("Employee", {"user_id": worker.login}):
			continue
		if not frappe.db.exists("Designation", worker.designation):
			frappe.get_doc({"doctype": "Designation", "designation_name": worker.designation}).insert()
		own = other_company if worker.outside else company
		frappe.get_doc(
			{
				"doctype": "Employee",
				"first_name": worker.first_name,
				"last_name": worker.name.split(" ", 1)[1],
				"company": own,
				"department": department(worker.department, own),
				"designation": worker.designation,
				"gender": worker.gender,
				"date_of_birth": date(1972 + number % 27, 1 + number % 12, 1 + number % 28),
				"date_of_joining": joined - timedelta(days=120 + 83 * (number % 17)),
				"status": "Active",
				"reports_to": employee(worker.boss) if worker.boss else None,
				"leave_approver": BY_KEY[worker.boss].login if worker.boss else None,
				"user_id": worker.login,
				"create_user_permission": 0,
			}
		).insert()


def make_login(worker: Worker) -> None:
	"""The login of a worker, with the roles of their work."""
	if frappe.db.exists("User", worker.login):
		return
	first, last = worker.name.split(" ", 1)
	user = frappe.get_doc(
		{
			"doctype": "User",
			"email": worker.login,
			"first_name": first,
			"last_name": last,
			"language": worker.language,
			"send_welcome_email": 0,
			"new_password": PASSWORD,
			"roles": [{"role": role} for role in ("Employee", *worker.roles)],
		}
	)
	user.flags.no_welcome_mail = True
	user.flags.ignore_password_policy = True
	user.insert()


def make_sales_persons() -> None:
	"""A sales person for each seller, and one whose employee nobody has entered."""
	root = frappe.db.get_value("Sales Person", {"is_group": 1, "parent_sales_person": ("in", ("", None))})
	people = [(BY_KEY[key].name, employee(key)) for key in SELLERS]
	for name, owner in [*people, (UNKNOWN_SELLER, None)]:
		if not frappe.db.exists("Sales Person", name):
			frappe.get_doc(
				{
					"doctype": "Sales Person",
					"sales_person_name": name,
					"employee": owner,
					"parent_sales_person": root,
					"is_group": 0,
				}
			).insert()


UNKNOWN_SELLER = "Agency North"


def make_allocations(company: str, first: date, last: date) -> None:
	"""Twenty-five days of leave for everybody in the years the demo lives in."""
	for name in frappe.get_all("Employee", filters={"company": company}, pluck="name"):
		if frappe.db.exists("Leave Allocation", {"employee": name, "leave_type": LEAVE_TYPE, "docstatus": 1}):
			continue
		doc = frappe.get_doc(
			{
				"doctype": "Leave Allocation",
				"employee": name,
				"leave_type": LEAVE_TYPE,
				"from_date": first,
				"to_date": last,
				"new_leaves_allocated": 25,
			}
		)
		doc.insert()
		doc.submit()


def take_leave(key: str, first: date, last: date, approved: bool = True) -> str:
	"""Somebody asks for leave, and their line manager approves it."""
	with acting(key):
		doc = frappe.get_doc(
			{
				"doctype": "Leave Application",
				"employee": employee(key),
				"leave_type": LEAVE_TYPE,
				"from_date": first,
				"to_date": last,
				"leave_approver": BY_KEY[BY_KEY[key].boss].login,
				"description": "Family holiday",
				"status": "Open",
			}
		).insert()
	if approved:
		with acting(BY_KEY[key].boss):
			doc = frappe.get_doc("Leave Application", doc.name)
			doc.status = "Approved"
			doc.submit()
	return str(doc.name)


def make_goals(first: date, last: date) -> None:
	"""A goal each for some, entered by themselves."""
	for key, goal, kra, progress in GOALS:
		with acting(key):
			frappe.get_doc(
				{
					"doctype": "Goal",
					"goal_name": goal,
					"employee": employee(key),
					"kra": kra,
					"start_date": first,
					"end_date": last,
					"progress": progress,
				}
			).insert()


def set_preferences() -> None:
	"""Two people choose for themselves what they get by email, and when."""
	for key, values in (
		("anna", {"email_immediate": 0, "email_digest": 1}),
		(
			"sofia",
			{"email_immediate": 1, "email_digest": 1, "quiet_from": "17:30", "quiet_to": "08:00"},
		),
	):
		with acting(key):
			doc = {"doctype": "Performance Flow Preference", "user": BY_KEY[key].login, **values}
			frappe.get_doc(doc).insert()


CUSTOMERS, FIRST_TIME, ON_TIME, CASH = (
	"Customers won and kept",
	"Right the first time",
	"Delivered on time",
	"Cash collected",
)
KRAS = {
	CUSTOMERS: ("contract_signed", "contract_archived", "opportunity_won", "major_complaint_closed"),
	FIRST_TIME: (
		"first_article_passed",
		"supplier_delivery_rejected",
		"customer_return",
		"non_conformance_resolved",
	),
	ON_TIME: ("delivery_completed", "milestone_done", "project_closed", "supplier_delivery_late"),
	CASH: ("collection_overdue",),
}
GOALS = (
	("anna", "Ten signed contracts with a success story", CUSTOMERS, 60),
	("ben", "Keep all three plastics customers", CUSTOMERS, 45),
	("priya", "First articles pass at the first try", FIRST_TIME, 72),
	("nina", "Rejections below two percent", FIRST_TIME, 38),
	("emil", "Every milestone accepted in its week", ON_TIME, 55),
	("eva", "Nothing overdue by more than 30 days", CASH, 30),
)


def leave_the_company(key: str, day: date) -> None:
	"""Somebody leaves: their employee record says so from now on."""
	with acting_user("Administrator"):
		doc = frappe.get_doc("Employee", employee(key))
		doc.status = "Left"
		doc.relieving_date = getdate(day)
		doc.save()


def change_manager(key: str, boss: str) -> None:
	"""Somebody gets another line manager."""
	with acting_user("Administrator"):
		doc = frappe.get_doc("Employee", employee(key))
		doc.reports_to = employee(boss)
		doc.leave_approver = BY_KEY[boss].login
		doc.save()


def exists() -> bool:
	"""Whether anybody of the demo company is on this site."""
	return bool(frappe.db.exists("User", WORKERS[0].login))


def name_of(login: str) -> Any:
	"""The full name behind a login."""
	return frappe.utils.get_fullname(login)
