"""What the browser tests stand on: people with logins, switched-on event types, and orders.

Run on a test site by the tests themselves; every function makes only what is missing, so that a site can be
used again. All is made by the real documents.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import add_days, get_datetime, nowdate

from perf_flow.engine import chain as engine
from perf_flow.engine.model import Mark, RequirementKind, StepKind, VoidCause
from perf_flow.flow import files, past_cases, service, store

PASSWORD = "browser-river-lantern"
DOMAIN = "flow-browser.example"
TYPE = "Customer confirmation"
CHINESE_TYPE = "客户合同确认"
CUSTOMER = "Flow Browser Customer"
CHINESE_CUSTOMER = "江河机械"
PAPERS_TYPE = "Order with papers"
PAPERS_CUSTOMER = "Flow Papers Customer"
URGENT_TYPE = "Urgent order"
PRODUCT_TYPE = "Flow Browser product delivered"
URGENT_CUSTOMER = "Flow Urgent Customer"
GUIDED_TYPE = "Flow Browser complaint"
GUIDED_CUSTOMER = "Flow Guided Customer"

PEOPLE = (
	# key, name, line manager, department, roles
	("boss", "Boris Berger", "", "Management", ()),
	("max", "Max Moser", "boss", "Sales", ("Sales Manager",)),
	("anna", "Anna Adler", "max", "Sales", ("Sales User",)),
	("quentin", "Quentin Quist", "boss", "Quality Assurance", ()),
	("hilda", "Hilda Holm", "boss", "Human Resources", ("HR Manager",)),
	("otto", "Otto Outsider", "boss", "Service", ("Sales User",)),
	("wang", "王强", "boss", "Sales", ("Sales Manager",)),
	("lina", "李娜", "wang", "Sales", ("Sales User",)),
)


def login(key: str) -> str:
	"""The e-mail address a person logs in with."""
	return f"{key}@{DOMAIN}"


def world() -> dict[str, Any]:
	"""People, event types and what orders need. Returns the logins by key, the password, and the types."""
	for person in PEOPLE:
		_person(*person)
		# what is due pops up in no test but its own
		prompt(person[0], False)
	_sales_person("anna")
	_sales_person("lina")
	for name in (CUSTOMER, CHINESE_CUSTOMER):
		_customer(name)
	_item()
	_type(TYPE, CUSTOMER, [_file("Signed confirmation", "pdf")], "Quality")
	_type(
		CHINESE_TYPE,
		CHINESE_CUSTOMER,
		[
			_file("客户签字的确认函", "pdf, jpg"),
			{"label": "客户最看重什么", "kind": "Text", "minimum_characters": 10, "obligation": "Optional"},
			{"label": "交货日期", "kind": "Field", "fieldname": "delivery_date", "obligation": "Mandatory"},
		],
		"质量",
		guidance="请上传客户盖章并注明日期的扫描件。",
	)
	return {
		"users": {key: login(key) for key, *_ in PEOPLE},
		"password": PASSWORD,
		"type": TYPE,
		"chinese_type": CHINESE_TYPE,
		"customer": CUSTOMER,
	}


def order(seller: str, customer: str = CUSTOMER, submit: bool = True) -> dict[str, Any]:
	"""A Sales Order with ``seller`` (a key of PEOPLE) in its sales team; returns its name and its event's."""
	company = _company()
	delivery = add_days(nowdate(), 7)
	doc = frappe.get_doc(
		{
			"doctype": "Sales Order",
			"company": company,
			"customer": customer,
			"transaction_date": nowdate(),
			"delivery_date": delivery,
			"currency": frappe.get_cached_value("Company", company, "default_currency"),
			"items": [{"item_code": _item(), "qty": 2, "rate": 100, "delivery_date": delivery}],
			"sales_team": [{"sales_person": _sales_person(seller), "allocated_percentage": 100}],
		}
	).insert()
	if submit:
		doc.submit()
	return {"name": doc.name, "event": event_of(doc.name)}


def orders(seller: str, count: int) -> list[dict[str, Any]]:
	"""Several orders of one seller at once."""
	return [order(seller) for _number in range(count)]


BOARD = "Flow Browser Checks"
CHECKS = (
	# what, team, due in days, done
	("Oil of press 1", "High", 0, False),
	("Coolant of press 2", "High", 0, True),
	("Emergency stop of the saw", "Low", 0, False),
	("Filter of the compressor", "Low", -2, False),
)


def checks(reader: str) -> dict[str, Any]:
	"""A shop floor board over ToDo, and today's checks in it for ``reader`` (a key of PEOPLE), made anew."""
	for name in frappe.get_all("ToDo", {"allocated_to": login(reader)}, pluck="name"):
		frappe.delete_doc("ToDo", name, force=True)
	if not frappe.db.exists("Shop Floor Board", BOARD):
		frappe.get_doc(
			{
				"doctype": "Shop Floor Board",
				"title": BOARD,
				"reference_doctype": "ToDo",
				"date_field": "date",
				"status_field": "status",
				"done_values": "Closed",
				"left_out_values": "Cancelled",
				"team_field": "priority",
				"goal_label": "OEE",
				"target": 85,
				"current_value": 78.5,
			}
		).insert()
	made = [
		frappe.get_doc(
			{
				"doctype": "ToDo",
				"description": what,
				"priority": team,
				"date": add_days(nowdate(), days),
				"status": "Closed" if done else "Open",
				"allocated_to": login(reader),
			}
		)
		.insert()
		.name
		for what, team, days, done in CHECKS
	]
	return {"board": BOARD, "checks": made}


def event_of(order: str) -> str | None:
	"""The business event of an order, if there is one."""
	found = frappe.db.get_value(
		store.EVENT, {"reference_doctype": "Sales Order", "reference_name": order}, "name"
	)
	return str(found) if found else None


def to_mark(seller: str, count: int, customer: str = CUSTOMER) -> list[dict[str, Any]]:
	"""Orders of one seller with their evidence, soonest due first; nothing else waits for their manager."""
	manager = next(boss for key, _name, boss, *_more in PEOPLE if key == seller)
	waiting = {"kind": "Mark", "state": "Open", "assignee_user": login(manager)}
	for event in frappe.get_all(store.ACTION, waiting, pluck="event"):
		command = engine.Void(actor="Administrator", cause=VoidCause.BY_HAND, reason="Another test begins")
		service.execute(event, command)
	made = [order(seller, customer) for _number in range(count)]
	for number, one in enumerate(made, 1):
		frappe.set_user(login(seller))
		for requirement in store.load(one["event"]).requirements:
			if requirement.kind is RequirementKind.FILE:
				files.give(one["event"], requirement.key, f"confirmation {number}.pdf", _page(one["name"]))
		frappe.set_user("Administrator")
	return made


def _page(words: str) -> bytes:
	"""A PDF of one page that says ``words``."""
	text = f"BT /F1 24 Tf 60 700 Td ({words}) Tj ET"
	return (
		"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
		"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
		"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj\n"
		f"4 0 obj<</Length {len(text)}>>stream\n{text}\nendstream endobj\n"
		"trailer<</Root 1 0 R>>\n%%EOF\n"
	).encode()


def mark_of(event: str) -> str:
	"""The mark that an event has in its present round, or nothing."""
	steps = [s for s in store.load(event).steps if s.kind is StepKind.MARK]
	return steps[-1].result if steps else ""


def without_templates(key: str) -> None:
	"""Somebody has no reasons of their own, and is not away."""
	for name in frappe.get_all("Comment Template", {"user": login(key)}, pluck="name"):
		frappe.delete_doc("Comment Template", name)
	away = {"away_from": None, "away_until": None, "delegate": None}
	if frappe.db.exists("Performance Flow Preference", login(key)):
		frappe.db.set_value("Performance Flow Preference", login(key), away)


def papers() -> str:
	"""A customer of whose orders two files are asked, a scan and a photo."""
	_customer(PAPERS_CUSTOMER)
	_type(
		PAPERS_TYPE,
		PAPERS_CUSTOMER,
		[_file("Signed order", "pdf, png"), _file("Photo", "png, jpg")],
		"Quality",
	)
	return PAPERS_CUSTOMER


def late_product() -> dict[str, str]:
	"""A project of Anna's for a new product whose second stage was finished four days late; returns its event. That is
	accepted with a change note, which two departments sign, and a cause of the library."""
	causes = ("Drawing released late", "Tool was not ready")
	for title in causes:
		if not frappe.db.exists("Root Cause", {"title": title, "state": "Approved"}):
			frappe.get_doc({"doctype": "Root Cause", "title": title, "state": "Approved"}).insert()
	if not frappe.db.exists("Business Event Type", PRODUCT_TYPE):
		departments = [
			frappe.db.get_value("Employee", _employee(key), "department") for key in ("quentin", "boss")
		]
		_new_type(
			PRODUCT_TYPE,
			[
				{**_file("Change note on the dates", "pdf"), "obligation": "Mandatory"},
				{"label": "Change note signed", "kind": "Sign-off", "departments": "\n".join(departments)},
				{"label": "Cause of the delay", "kind": "Root Cause"},
			],
			reference_doctype="Project",
			trigger="Condition Becomes True",
			filters=frappe.as_json(
				[
					["Project", "status", "=", "Completed"],
					["Project", "project_name", "like", "Flow Browser%"],
				]
			),
			recipients=[{"source": "Document Owner"}],
			checks=[
				{
					"label": "Every stage was on time",
					"kind": "On Time",
					"fieldname": "Task:project:completed_on",
					"against": "Task:project:exp_end_date",
					"accepted_with": "Change note on the dates\nChange note signed\nCause of the delay",
				}
			],
		)
	frappe.set_user(login("anna"))
	project = frappe.get_doc(
		{
			"doctype": "Project",
			"project_name": f"Flow Browser {frappe.generate_hash(length=6)}",
			"company": _company(),
			"percent_complete_method": "Manual",
		}
	)
	project.insert(ignore_permissions=True)
	for due, done in (("2026-10-10", "2026-10-10"), ("2026-10-20", "2026-10-24")):
		frappe.get_doc(
			{
				"doctype": "Task",
				"subject": f"Stage until {due}",
				"project": project.name,
				"exp_end_date": due,
				"status": "Completed",
				"completed_on": done,
			}
		).insert(ignore_permissions=True)
	project.reload()
	project.status = "Completed"
	project.save(ignore_permissions=True)
	frappe.set_user("Administrator")
	event = frappe.db.get_value(
		store.EVENT, {"reference_doctype": "Project", "reference_name": project.name}, "name"
	)
	return {"project": project.name, "event": str(event)}


def guided() -> dict[str, Any]:
	"""A complaint of Anna's with everything that helps: an SOP as a Help Article, one of a requirement as a file, and two
	complete cases of the past, of which one has the same cause. Returns the new one, and the past ones."""
	_customer(GUIDED_CUSTOMER)
	causes = [_cause(title) for title in ("Seal fitted the wrong way round", "Packed without padding")]
	if not frappe.db.exists("Business Event Type", GUIDED_TYPE):
		report = {**_file("8D report", "pdf"), "minimum": 2}
		doc = _new_type(
			GUIDED_TYPE,
			[report, {"label": "Cause of the complaint", "kind": "Root Cause"}],
			filters=frappe.as_json([["Sales Order", "customer", "=", GUIDED_CUSTOMER]]),
			sop_kind="Help Article",
			sop_document=_article("How complaints are answered"),
		)
		doc.requirements[0].update({"sop_kind": "File", "sop_file": _attached(doc, "8D steps.pdf")})
		doc.save()
	known = frappe.db.count("Past Case", {"event_type": GUIDED_TYPE})
	past = [] if known else [_answered_complaint(cause) for cause in causes]
	kept = frappe.get_all(
		"Past Case", filters={"event_type": GUIDED_TYPE}, pluck="event", order_by="closed_at"
	)
	return {**order("anna", GUIDED_CUSTOMER), "past": past or kept, "cause": causes[0]}


def _answered_complaint(cause: str) -> str:
	"""A complaint that Anna answered and Max marked."""
	event = str(order("anna", GUIDED_CUSTOMER)["event"])
	answer(event, cause)
	reason = "Both pages name the cause and the date of the new seal."
	service.execute(event, engine.GiveMark(actor=login("max"), mark=Mark.MEETS, reason=reason))
	past_cases.keep(event)
	return event


def answer(event: str, cause: str) -> None:
	"""Anna gives all that a complaint asks for."""
	frappe.set_user(login("anna"))
	for requirement in store.load(event).requirements:
		if requirement.kind is RequirementKind.FILE:
			for number in (1, 2):
				files.give(event, requirement.key, f"8D report {number}.pdf", _page(f"{event} {number}"))
		else:
			title = frappe.db.get_value("Root Cause", cause, "title")
			command = engine.GiveEvidence(
				actor=login("anna"), requirement=requirement.key, value=cause, title=title
			)
			service.execute(event, command)
	frappe.set_user("Administrator")


def _cause(title: str) -> str:
	found = frappe.db.get_value("Root Cause", {"title": title, "state": "Approved"})
	doc = {"doctype": "Root Cause", "title": title, "state": "Approved"}
	return str(found or frappe.get_doc(doc).insert().name)


def _article(title: str) -> str:
	if not frappe.db.exists("Help Category", "Flow Browser"):
		frappe.get_doc({"doctype": "Help Category", "category_name": "Flow Browser"}).insert()
	words = {"content": "Call the customer first.", "published": 1, "category": "Flow Browser"}
	return str(frappe.get_doc({"doctype": "Help Article", "title": title, **words}).insert().name)


def _attached(doc: Any, name: str) -> str:
	file = {"doctype": "File", "file_name": name, "content": _page("8D"), "is_private": 1}
	of = {"attached_to_doctype": doc.doctype, "attached_to_name": doc.name}
	return str(frappe.get_doc({**file, **of}).insert().file_url)


DRAWING = "Drawing of the flow valve"


def snapshot_of_anna() -> dict[str, str]:
	"""What Anna did beside business events: a late task and one in time, hours, an issue answered. She and Max may
	read such documents, Hilda and Otto may not."""
	for key in ("anna", "max"):
		frappe.get_doc("User", login(key)).add_roles("Projects User", "Support Team")
	employee, user = str(_employee("anna")), login("anna")
	task = frappe.db.get_value("Task", {"subject": DRAWING})
	if not task:
		for subject, due in ((DRAWING, -4), ("Test of the flow valve", 3)):
			doc = {
				"doctype": "Task",
				"subject": subject,
				"status": "Completed",
				"completed_by": user,
				"completed_on": add_days(nowdate(), -2),
				"exp_end_date": add_days(nowdate(), due),
			}
			made = frappe.get_doc(doc).insert()
			task = task or made.name
		_hours(employee)
		_answered(user)
	return {"employee": employee, "task": str(task), "subject": DRAWING}


def _hours(employee: str) -> None:
	if not frappe.db.exists("Activity Type", "Flow assembly"):
		frappe.get_doc({"doctype": "Activity Type", "activity_type": "Flow assembly"}).insert()
	start = get_datetime(add_days(nowdate(), -8)) + timedelta(hours=8)
	sheet = frappe.get_doc(
		{
			"doctype": "Timesheet",
			"employee": employee,
			"company": _company(),
			"time_logs": [
				{
					"activity_type": "Flow assembly",
					"from_time": start,
					"to_time": start + timedelta(hours=6.5),
					"hours": 6.5,
				}
			],
		}
	)
	sheet.insert()
	sheet.submit()


def _answered(user: str) -> None:
	issue = frappe.get_doc({"doctype": "Issue", "subject": "Flow valve leaks"}).insert()
	message = frappe.get_doc(
		{
			"doctype": "Communication",
			"communication_type": "Communication",
			"communication_medium": "Email",
			"sent_or_received": "Sent",
			"subject": "A fitter comes tomorrow",
			"content": "A fitter comes tomorrow.",
			"sender": user,
			"reference_doctype": "Issue",
			"reference_name": issue.name,
		}
	).insert()
	message.db_set("owner", user)


def urgent() -> str:
	"""A customer of whose orders the evidence is due at once: a moment later it is overdue."""
	_customer(URGENT_CUSTOMER)
	paper = [_file("Signed confirmation", "pdf")]
	_type(URGENT_TYPE, URGENT_CUSTOMER, paper, "Quality", evidence_hours=0.0001, reminder_hours=0)
	return URGENT_CUSTOMER


def prompt(key: str, on: bool) -> None:
	"""Whether somebody is told at login what is due; a snooze is over."""
	values = {"login_prompt": int(on), "prompt_snoozed_until": None}
	if frappe.db.exists("Performance Flow Preference", login(key)):
		frappe.db.set_value("Performance Flow Preference", login(key), values)
	else:
		frappe.get_doc({"doctype": "Performance Flow Preference", "user": login(key), **values}).insert()


def unsealed(event: str) -> dict[str, int]:
	"""How many ledger entries an event has, and how many of them have no seal."""
	entries, open_ = frappe.db.sql(
		"""select count(*), coalesce(sum(s.name is null), 0) from `tabPerformance Ledger Entry` e
		left join `tabPerformance Ledger Seal` s on s.entry = e.name where e.event = %s""",
		(event,),
	)[0]
	return {"entries": int(entries), "unsealed": int(open_)}


def draft_type(title: str) -> str:
	"""An event type that is switched off and has no conditions, made anew."""
	if frappe.db.exists("Business Event Type", title):
		frappe.delete_doc("Business Event Type", title)
	return str(_new_type(title, [_file("Paper", "pdf")], enabled=0).name)


def broken_type(title: str, mend: bool = False) -> None:
	"""Break an event type as a deleted field does, and have it noted; or mend it, the note staying."""
	from perf_flow.flow import problems, watch

	rows = [] if mend else [["Sales Order", "no_such_field", "=", "x"]]
	frappe.db.set_value("Business Event Type", title, {"filters": frappe.as_json(rows), "enabled": 1})
	watch.forget()
	if mend:
		return
	problems.keep(
		{
			"event_type": title,
			"area": "Event type",
			"problem": "The condition uses the field no_such_field, which does not exist on Sales Order.",
			"reference_doctype": "Sales Order",
			"reference_name": "",
		}
	)


def without_template(template: str) -> None:
	"""Make a template look as on a site where nobody has switched it on yet."""
	for name in frappe.get_all("Business Event Type", filters={"template": template}, pluck="name"):
		frappe.delete_doc("Business Event Type", name)


# --- parts ------------------------------------------------------------------------------------------------


def _company() -> str:
	return str(
		frappe.defaults.get_global_default("company") or frappe.get_all("Company", pluck="name", limit=1)[0]
	)


def _department(name: str) -> str:
	found = frappe.db.get_value("Department", {"department_name": name, "company": _company()})
	if found:
		return str(found)
	doc = {"doctype": "Department", "department_name": name, "company": _company()}
	return str(frappe.get_doc(doc).insert().name)


def _employee(key: str) -> str | None:
	found = frappe.db.get_value("Employee", {"user_id": login(key)})
	return str(found) if found else None


def _person(key: str, name: str, boss: str, department: str, roles: tuple[str, ...]) -> None:
	if _employee(key):
		return
	if not frappe.db.exists("User", login(key)):
		user = frappe.get_doc(
			{
				"doctype": "User",
				"email": login(key),
				"first_name": name,
				"language": "en",
				"send_welcome_email": 0,
				"new_password": PASSWORD,
				"roles": [{"role": role} for role in ("Employee", *roles)],
			}
		)
		user.flags.no_welcome_mail = True
		user.flags.ignore_password_policy = True
		user.insert()
	frappe.get_doc(
		{
			"doctype": "Employee",
			"first_name": name,
			"company": _company(),
			"department": _department(department),
			"gender": "Female",
			"date_of_birth": "1990-01-01",
			"date_of_joining": "2020-01-01",
			"status": "Active",
			"reports_to": _employee(boss) if boss else None,
			"user_id": login(key),
			"create_user_permission": 0,
		}
	).insert()


def _sales_person(key: str) -> str:
	employee = _employee(key)
	found = frappe.db.get_value("Sales Person", {"employee": employee})
	if found:
		return str(found)
	doc = {
		"doctype": "Sales Person",
		"sales_person_name": f"Seller {key}",
		"employee": employee,
		"parent_sales_person": frappe.db.get_value("Sales Person", {"is_group": 1}),
		"is_group": 0,
	}
	return str(frappe.get_doc(doc).insert().name)


def _customer(name: str) -> None:
	if not frappe.db.exists("Customer", name):
		frappe.get_doc(
			{
				"doctype": "Customer",
				"customer_name": name,
				"customer_group": frappe.db.get_value("Customer Group", {"is_group": 0}),
				"territory": frappe.db.get_value("Territory", {"is_group": 0}),
			}
		).insert()


def _item() -> str:
	code = "Flow Browser Item"
	if not frappe.db.exists("Item", code):
		frappe.get_doc(
			{
				"doctype": "Item",
				"item_code": code,
				"item_group": frappe.db.get_value("Item Group", {"is_group": 0}),
				"stock_uom": "Nos",
				"is_stock_item": 0,
			}
		).insert()
	return code


def _file(label: str, types: str) -> dict[str, Any]:
	return {"label": label, "kind": "File", "file_types": types, "maximum_mb": 2, "obligation": "Mandatory"}


def _type(title: str, customer: str, requirements: list[dict[str, Any]], label: str, **more: Any) -> None:
	if frappe.db.exists("Business Event Type", title):
		return
	_new_type(
		title,
		requirements,
		filters=frappe.as_json([["Sales Order", "customer", "=", customer]]),
		collaborators=[
			{
				"label": label,
				"source": "Named Employee",
				"employee": _employee("quentin"),
				"required": 1,
			}
		],
		**more,
	)


def _new_type(title: str, requirements: list[dict[str, Any]], **more: Any) -> Any:
	return frappe.get_doc(
		{
			"doctype": "Business Event Type",
			"title": title,
			"enabled": 1,
			"reference_doctype": "Sales Order",
			"trigger": "Submitted",
			"recipients": [{"source": "Sales Team"}],
			"requirements": requirements,
			**more,
		}
	).insert()


def backtest(state: str, title: str, user: str = "Administrator") -> str:
	"""A backtest in the middle, or ended without a result; returns its name."""
	now = frappe.utils.now_datetime()
	name = frappe.generate_hash(length=12)
	store.insert(
		"Backtest Run",
		[
			{
				"name": name,
				"event_type": title,
				"reference_doctype": "Sales Order",
				"days": 90,
				"period_start": add_days(now, -90),
				"period_end": now,
				"state": state,
				"user": user,
				"started_at": now,
				"heartbeat_at": now,
				"total": 1000,
				"done": 400,
				"problem": "sales_team" if state == "Failed" else None,
				"configuration": "{}",
				"assumptions": "{}",
			}
		],
	)
	return name


# --- score sheets -----------------------------------------------------------------------------------------------


def score_sheet(second: str = "40%", period: str = "2026年第三季度") -> str:
	"""A messy Chinese score sheet of Anna and Lina as base64: titles, merged cells, two rows of headings, totals, notes.
	``second`` is the weight of each second sub-dimension."""
	import base64
	import io

	import openpyxl

	book = openpyxl.Workbook()
	sheet = book.active
	sheet.title = "销售部"
	sheet.append([f"销售部{period}绩效考核评分表"])
	sheet.append(["部门：销售部    考核人：王强"])
	sheet.append(
		["姓名", "工号", "维度", "考核指标", "权重", "目标值", "计分标准", "数据来源", "评分", None, "评语"]
	)
	sheet.append([None, None, None, None, None, None, None, None, "自评", "上级评分", None])
	for key in ("anna", "lina"):
		number, name = frappe.db.get_value("Employee", {"user_id": login(key)}, ["name", "employee_name"])
		first = sheet.max_row + 1
		sheet.append(
			[
				name,
				number,
				"工作业绩",
				"看板订单准时交付率",
				"60％",
				"＞＝95 %",
				"每低 1% 扣 2 分",
				"销售订单",
				90,
				88,
				None,
			]
		)
		sheet.append(
			[
				None,
				None,
				"工作态度",
				"看板跨部门协作",
				second,
				None,
				"由协作部门评价",
				None,
				85,
				86,
				f"{name}主动同步进度。",
			]
		)
		sheet.append(["小计", None, None, None, "100%", None, None, None, 175, 174, None])
		sheet.merge_cells(start_row=first, start_column=1, end_row=first + 1, end_column=1)
		sheet.merge_cells(start_row=first, start_column=2, end_row=first + 1, end_column=2)
	sheet.append([])
	sheet.append(["备注：本表一式两份，由人力资源部存档。"])
	sheet.append(["考核人签字：", None, None, "被考核人签字："])
	sheet.merge_cells("A1:K1")
	sheet.merge_cells("A2:K2")
	for column in "ABCDEFGHK":
		sheet.merge_cells(f"{column}3:{column}4")
	sheet.merge_cells("I3:J3")
	out = io.BytesIO()
	book.save(out)
	return base64.b64encode(out.getvalue()).decode()


def without_imports() -> None:
	"""Take everything away that imports of score sheets made, and the imports, as if nobody had imported."""
	for doctype, filters in (
		("Business Event Type", {"title": ["like", "看板%"]}),
		("Goal", {"goal_name": ["like", "看板%"]}),
		("KRA", {"title": ["like", "看板%"]}),
		("Comment Template", {"text": ["like", "%主动同步进度%"]}),
	):
		for name in frappe.get_all(doctype, filters=filters, pluck="name"):
			frappe.delete_doc(doctype, name, force=True)
	for name in frappe.get_all("Business Event Type", filters={"kra": ["like", "看板%"]}, pluck="name"):
		frappe.delete_doc("Business Event Type", name, force=True)
	for name in frappe.get_all("File", filters={"attached_to_doctype": "Score Sheet Import"}, pluck="name"):
		frappe.delete_doc("File", name, force=True, ignore_permissions=True)
	frappe.db.delete("Score Sheet Import")


def goals_of(key: str) -> list[list[Any]]:
	"""Name, weight and target of somebody's imported goals."""
	employee = frappe.db.get_value("Employee", {"user_id": login(key)})
	return frappe.get_all(
		"Goal",
		filters={"employee": employee, "goal_name": ["like", "看板%"]},
		fields=["goal_name", "perf_flow_weight", "perf_flow_target", "kra"],
		order_by="perf_flow_weight desc",
		as_list=True,
	)
