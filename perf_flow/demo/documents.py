"""The ERP documents of the month, made by the people who would make them, under their own logins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import add_days, get_datetime, getdate, now_datetime, nowdate

from perf_flow.demo import company as demo
from perf_flow.demo.people import BY_KEY, UNKNOWN_SELLER, acting, acting_user, employee

ONE = 1.0


def insert(doctype: str, **values: Any) -> Any:
	"""Insert a document as whoever acts."""
	return frappe.get_doc({"doctype": doctype, **values}).insert()


def submit(doctype: str, **values: Any) -> Any:
	"""Insert and submit a document as whoever acts."""
	doc = insert(doctype, **values)
	doc.reload()
	doc.submit()
	return doc


class Documents:
	"""What people of one company do in ERPNext."""

	def __init__(self, company: str) -> None:
		self.company = company
		self.finished = demo.warehouse("Finished Goods", company)
		self.stores = demo.warehouse("Stores", company)
		self.rejected = demo.warehouse("Rejected Goods", company)
		self.in_work = demo.warehouse("Work In Progress", company)
		self.rates = {code: rate for code, _name, rate, _cost in demo.PRODUCTS}
		self.costs = {code: cost for code, _name, cost in demo.MATERIALS}

	# --- selling ------------------------------------------------------------------------------------------

	def order(
		self, seller: str, customer: str, item: str, qty: float, days: int, team: str = "", by: str = ""
	) -> str:
		"""A Sales Order, submitted by ``by`` (the seller). ``team`` names another sales person."""
		with acting(by or seller):
			doc = submit(
				"Sales Order",
				company=self.company,
				customer=customer,
				transaction_date=nowdate(),
				delivery_date=add_days(nowdate(), days),
				po_no=f"PO-{abs(hash_of(customer, nowdate(), item)) % 9000 + 1000}",
				items=[self._line(item, qty, days)],
				sales_team=[{"sales_person": team or BY_KEY[seller].name, "allocated_percentage": 100}],
			)
		return str(doc.name)

	def _line(self, item: str, qty: float, days: int) -> dict[str, Any]:
		return {
			"item_code": item,
			"qty": qty,
			"rate": self.rates.get(item, 120),
			"delivery_date": add_days(nowdate(), days),
			"warehouse": self.finished,
		}

	def order_of_the_agency(self, customer: str, item: str, qty: float) -> str:
		"""An order whose sales person is no employee, entered by somebody who is none either."""
		with acting_user("Administrator"):
			doc = submit(
				"Sales Order",
				company=self.company,
				customer=customer,
				transaction_date=nowdate(),
				delivery_date=add_days(nowdate(), 14),
				items=[self._line(item, qty, 14)],
				sales_team=[{"sales_person": UNKNOWN_SELLER, "allocated_percentage": 100}],
			)
		return str(doc.name)

	def cancel_order(self, name: str, by: str) -> None:
		"""Cancel a Sales Order."""
		with acting(by):
			frappe.get_doc("Sales Order", name).cancel()

	def amend_order(self, name: str, by: str, factor: float) -> str:
		"""Amend a cancelled Sales Order with another quantity, and submit it."""
		with acting(by):
			doc = frappe.copy_doc(frappe.get_doc("Sales Order", name))
			doc.amended_from = name
			doc.docstatus = 0
			doc.items[0].qty = doc.items[0].qty * factor
			doc.insert()
			doc.submit()
		return str(doc.name)

	def delivery(self, order: str, by: str) -> str:
		"""A draft Delivery Note for the whole order."""
		from erpnext.selling.doctype.sales_order.sales_order import make_delivery_note

		with acting(by):
			return str(make_delivery_note(order).insert().name)

	def first_article(self, delivery: str, inspector: str) -> str:
		"""The inspection before a delivery leaves the house, passed."""
		item = frappe.db.get_value("Delivery Note Item", {"parent": delivery}, "item_code")
		with acting(inspector):
			doc = submit(
				"Quality Inspection",
				inspection_type="Outgoing",
				reference_type="Delivery Note",
				reference_name=delivery,
				item_code=item,
				sample_size=3,
				inspected_by=BY_KEY[inspector].login,
				manual_inspection=1,
				status="Accepted",
				report_date=nowdate(),
			)
		return str(doc.name)

	def send(self, delivery: str, by: str) -> None:
		"""Submit a Delivery Note."""
		with acting(by):
			frappe.get_doc("Delivery Note", delivery).submit()

	def take_back(self, delivery: str, by: str) -> str:
		"""A return of one piece of a Delivery Note."""
		from erpnext.stock.doctype.delivery_note.delivery_note import make_sales_return

		with acting(by):
			doc = make_sales_return(delivery)
			doc.items[0].qty = -ONE
			doc.insert()
			doc.submit()
		return str(doc.name)

	def invoice(self, order: str, by: str = "eva") -> str:
		"""The invoice of an order."""
		from erpnext.selling.doctype.sales_order.sales_order import make_sales_invoice

		with acting(by):
			doc = make_sales_invoice(order)
			doc.insert()
			doc.submit()
		return str(doc.name)

	def old_invoice(self, seller: str, customer: str, due: Any, hours: float) -> str:
		"""An invoice that was due a while ago and is not paid."""
		with acting("eva"):
			doc = submit(
				"Sales Invoice",
				company=self.company,
				customer=customer,
				set_posting_time=1,
				posting_date=add_days(due, -14),
				due_date=due,
				items=[{"item_code": demo.SERVICE_HOUR, "qty": hours, "rate": 120}],
				sales_team=[{"sales_person": BY_KEY[seller].name, "allocated_percentage": 100}],
			)
		return str(doc.name)

	def pay(self, invoice: str, by: str = "eva") -> str:
		"""The customer pays an invoice."""
		from erpnext.accounts.doctype.payment_entry.payment_entry import get_payment_entry

		with acting(by):
			doc = get_payment_entry("Sales Invoice", invoice)
			doc.reference_no = invoice
			doc.reference_date = nowdate()
			doc.insert()
			doc.submit()
		return str(doc.name)

	def contract(self, customer: str, by: str = "martin") -> str:
		"""A contract, signed by the customer."""
		with acting(by):
			doc = submit(
				"Contract",
				party_type="Customer",
				party_name=customer,
				start_date=nowdate(),
				end_date=add_days(nowdate(), 365),
				contract_terms="Framework agreement for one year, call-off by the customer.",
				is_signed=1,
				signee="Head of Procurement",
				signed_on=now_datetime(),
			)
		return str(doc.name)

	def opportunity(self, seller: str, customer: str, amount: float) -> str:
		"""An opportunity in the hands of a seller."""
		with acting(seller):
			doc = insert(
				"Opportunity",
				company=self.company,
				opportunity_from="Customer",
				party_name=customer,
				opportunity_owner=BY_KEY[seller].login,
				opportunity_amount=amount,
				transaction_date=nowdate(),
				items=[{"item_code": demo.PUMP, "qty": max(round(amount / 2400), 1), "rate": 2400}],
			)
		return str(doc.name)

	def win(self, opportunity: str, seller: str) -> str:
		"""Quotation and order of an opportunity; ERPNext then sets it to converted."""
		from erpnext.crm.doctype.opportunity.opportunity import make_quotation
		from erpnext.selling.doctype.quotation.quotation import make_sales_order

		with acting(seller):
			quotation = make_quotation(opportunity)
			quotation.valid_till = add_days(nowdate(), 30)
			quotation.insert()
			quotation.submit()
			order = make_sales_order(quotation.name)
			order.delivery_date = add_days(nowdate(), 10)
			for row in order.items:
				row.delivery_date = order.delivery_date
				row.warehouse = self.finished
			order.append("sales_team", {"sales_person": BY_KEY[seller].name, "allocated_percentage": 100})
			order.insert()
			order.submit()
		return str(order.name)

	# --- buying and making --------------------------------------------------------------------------------

	def purchase_order(
		self, buyer: str, supplier: str, item: str, qty: float, days: int, draft: bool = False
	) -> str:
		"""A Purchase Order to be delivered in ``days``."""
		values = {
			"company": self.company,
			"supplier": supplier,
			"transaction_date": nowdate(),
			"schedule_date": add_days(nowdate(), days),
			"items": [
				{
					"item_code": item,
					"qty": qty,
					"rate": self.costs[item],
					"schedule_date": add_days(nowdate(), days),
					"warehouse": self.stores,
				}
			],
		}
		with acting(buyer):
			return str((insert if draft else submit)("Purchase Order", **values).name)

	def approve(self, doctype: str, name: str, by: str = "pedro") -> None:
		"""Submit what waited as a draft."""
		with acting(by):
			frappe.get_doc(doctype, name).submit()

	def receive(self, order: str, by: str, rejected: float = 0) -> str:
		"""The Purchase Receipt of an order, with some pieces rejected at the gate."""
		from erpnext.buying.doctype.purchase_order.purchase_order import make_purchase_receipt

		with acting(by):
			doc = make_purchase_receipt(order)
			if rejected:
				row = doc.items[0]
				row.qty -= rejected
				row.rejected_qty = rejected
				row.rejected_warehouse = self.rejected
			doc.insert()
			doc.submit()
		return str(doc.name)

	def request(self, by: str, item: str, qty: float) -> str:
		"""A purchase request that waits for its approval."""
		with acting(by):
			doc = insert(
				"Material Request",
				company=self.company,
				material_request_type="Purchase",
				transaction_date=nowdate(),
				schedule_date=add_days(nowdate(), 10),
				items=[
					{
						"item_code": item,
						"qty": qty,
						"schedule_date": add_days(nowdate(), 10),
						"warehouse": self.stores,
					}
				],
			)
		return str(doc.name)

	def bill_of_materials(self, by: str) -> str:
		"""The bill of materials of the pump, frozen."""
		with acting(by):
			doc = submit(
				"BOM",
				item=demo.PUMP,
				company=self.company,
				quantity=1,
				currency=frappe.get_cached_value("Company", self.company, "default_currency"),
				conversion_rate=1,
				rm_cost_as_per="Valuation Rate",
				items=[
					{
						"item_code": code,
						"qty": qty,
						"uom": "Nos",
						"stock_uom": "Nos",
						"rate": self.costs[code],
					}
					for code, qty in ((demo.CASTING, 1), (demo.SEAL, 2))
				],
			)
		return str(doc.name)

	def work_order(self, bom: str, by: str, qty: float) -> str:
		"""A work order for pumps, from the materials in store."""
		with acting(by):
			doc = submit(
				"Work Order",
				production_item=demo.PUMP,
				bom_no=bom,
				company=self.company,
				qty=qty,
				wip_warehouse=self.in_work,
				source_warehouse=self.stores,
				fg_warehouse=self.finished,
				skip_transfer=1,
				planned_start_date=now_datetime(),
			)
		return str(doc.name)

	def finish(self, work_order: str, by: str) -> None:
		"""Book the finished goods of a work order; ERPNext then completes it."""
		from erpnext.manufacturing.doctype.work_order.work_order import make_stock_entry

		with acting(by):
			doc = frappe.get_doc(make_stock_entry(work_order, "Manufacture"))
			doc.insert()
			doc.submit()

	# --- quality, machines, service -----------------------------------------------------------------------

	def non_conformance(self, by: str, subject: str) -> str:
		"""A non-conformance, opened by quality."""
		with acting(by):
			doc = insert("Non Conformance", subject=subject, procedure="Production", status="Open")
		return str(doc.name)

	def resolve(self, name: str, by: str) -> None:
		"""Describe what was done about a non-conformance, and resolve it."""
		with acting(by):
			doc = frappe.get_doc("Non Conformance", name)
			doc.corrective_action = "Lot sorted, fixture re-aligned, all pieces measured again."
			doc.preventive_action = "Check of the fixture added to the weekly maintenance."
			doc.status = "Resolved"
			doc.save()

	def plan_maintenance(self, asset: str) -> str:
		"""The weekly maintenance plan of the machine."""
		with acting_user("Administrator"):
			doc = insert(
				"Asset Maintenance",
				asset_name=asset,
				company=self.company,
				maintenance_team="Hall 2",
				asset_maintenance_tasks=[
					{
						"maintenance_task": task,
						"maintenance_status": "Planned",
						"start_date": nowdate(),
						"next_due_date": add_days(nowdate(), 7),
						"periodicity": "Weekly",
						"assign_to": BY_KEY["sam"].login,
						"maintenance_type": "Preventive Maintenance",
					}
					for task in ("Lubricate spindle and guideways", "Change the coolant filter")
				],
			)
		return str(doc.name)

	def maintain(self, plan: str, by: str) -> str:
		"""Do the next planned task of a maintenance plan."""
		name = frappe.db.get_value(
			"Asset Maintenance Log",
			{"asset_maintenance": plan, "docstatus": 0},
			order_by="due_date, creation",
		)
		with acting(by):
			doc = frappe.get_doc("Asset Maintenance Log", name)
			doc.maintenance_status = "Completed"
			doc.completion_date = nowdate()
			doc.actions_performed = "Done as on the check sheet; no wear found."
			doc.save()
			doc.submit()
		return str(doc.name)

	def repair(self, asset: str, by: str) -> str:
		"""An unplanned repair of the machine."""
		with acting(by):
			doc = submit(
				"Asset Repair",
				asset=asset,
				company=self.company,
				failure_date=now_datetime() - timedelta(hours=5),
				completion_date=now_datetime(),
				repair_status="Completed",
				description="Spindle stopped with a temperature alarm.",
				actions_performed="Sensor cable replaced, alarm limits checked.",
			)
		return str(doc.name)

	def complaint(self, by: str, customer: str, subject: str, urgent: bool = True) -> str:
		"""An Issue of a customer; those that are not urgent came in through the portal."""
		with acting(by):
			doc = insert(
				"Issue",
				subject=subject,
				customer=customer,
				company=self.company,
				priority="High" if urgent else "Medium",
				via_customer_portal=int(not urgent),
				description=subject,
			)
		return str(doc.name)

	def close_complaint(self, name: str, by: str) -> None:
		"""Say how it was resolved, and close it."""
		with acting(by):
			doc = frappe.get_doc("Issue", name)
			doc.resolution_details = "Part replaced on site, customer tested it under load."
			doc.status = "Closed"
			doc.save()

	def reopen_complaint(self, name: str, by: str) -> None:
		"""The customer is not content after all."""
		with acting(by):
			doc = frappe.get_doc("Issue", name)
			doc.status = "Open"
			doc.save()

	def warranty(self, by: str, customer: str) -> str:
		"""A warranty claim, settled by the service."""
		with acting(by):
			doc = insert(
				"Warranty Claim",
				company=self.company,
				customer=customer,
				complaint="Pump loses pressure after two weeks.",
				complaint_date=nowdate(),
				item_code=demo.PUMP,
				status="Open",
			)
			doc.resolved_by = BY_KEY[by].login
			doc.resolution_date = now_datetime()
			doc.resolution_details = "Seal kit replaced free of charge."
			doc.status = "Closed"
			doc.save()
		return str(doc.name)

	def visit(self, by: str, customer: str) -> str:
		"""A visit of the service at a customer."""
		seller = BY_KEY["diego"].name
		with acting(by):
			doc = submit(
				"Maintenance Visit",
				company=self.company,
				customer=customer,
				mntc_date=nowdate(),
				completion_status="Fully Completed",
				maintenance_type="Unscheduled",
				customer_feedback="Quick and clean, thank you.",
				purposes=[
					{
						"item_code": demo.PUMP,
						"description": "Inspection",
						"service_person": seller,
						"work_done": "Pressure test",
					}
				],
			)
		return str(doc.name)

	# --- projects, people ---------------------------------------------------------------------------------

	def milestone(self, project: str, lead: str, subject: str) -> str:
		"""A milestone of a project, planned."""
		with acting(lead):
			doc = insert(
				"Task",
				subject=subject,
				project=project,
				company=self.company,
				is_milestone=1,
				exp_start_date=nowdate(),
				exp_end_date=add_days(nowdate(), 5),
			)
		return str(doc.name)

	def reach(self, task: str, by: str) -> None:
		"""Complete a milestone."""
		with acting(by):
			doc = frappe.get_doc("Task", task)
			doc.status = "Completed"
			doc.completed_by = BY_KEY[by].login
			doc.completed_on = nowdate()
			doc.save()

	def close_project(self, project: str, by: str, with_tasks: bool) -> None:
		"""Close a project; ``with_tasks`` by ERPNext's own button, which completes its tasks unseen by hooks."""
		from erpnext.projects.doctype.project.project import set_project_status

		with acting(by):
			if with_tasks:
				set_project_status(project, "Completed")
			else:
				doc = frappe.get_doc("Project", project)
				doc.status = "Completed"
				doc.save()

	def timesheet(self, key: str, project: str | None, days: Sequence[Any], hours: float) -> str:
		"""The hours of some days, submitted by themselves."""
		with acting(key):
			doc = submit(
				"Timesheet",
				company=self.company,
				employee=employee(key),
				time_logs=[
					{
						"activity_type": "Execution",
						"from_time": get_datetime(f"{getdate(day)} 09:00:00"),
						"to_time": get_datetime(f"{getdate(day)} 09:00:00") + timedelta(hours=hours),
						"hours": hours,
						"project": project,
					}
					for day in days
				],
			)
		return str(doc.name)

	def course(self, name: str, trainer: str, people: Sequence[str], begin: datetime) -> str:
		"""A training of some hours, planned."""
		with acting("helen"):
			doc = submit(
				"Training Event",
				event_name=name,
				type="Workshop",
				event_status="Scheduled",
				company=self.company,
				trainer_name=BY_KEY[trainer].name,
				trainer_email=BY_KEY[trainer].login,
				location="Hall 1",
				start_time=begin,
				end_time=begin + timedelta(hours=4),
				introduction="Exercises at the machine, in groups of two.",
				employees=[{"employee": employee(key)} for key in people],
			)
		return str(doc.name)

	def hold_course(self, name: str) -> None:
		"""The training took place."""
		with acting("helen"):
			doc = frappe.get_doc("Training Event", name)
			doc.event_status = "Completed"
			for row in doc.employees:
				row.status = "Completed"
			doc.save()

	def feedback(self, course: str, key: str, text: str) -> str:
		"""What a participant says about a training."""
		with acting(key):
			doc = submit("Training Feedback", employee=employee(key), training_event=course, feedback=text)
		return str(doc.name)


def hash_of(*parts: Any) -> int:
	"""A number that is the same in every run, unlike Python's own hash of text."""
	number = 7
	for character in "|".join(map(str, parts)):
		number = (number * 31 + ord(character)) % 1_000_003
	return number
