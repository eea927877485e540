"""A month of life: what happens on which day, up to the present."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

import frappe

from perf_flow.api import steps
from perf_flow.demo import company as demo
from perf_flow.demo import people
from perf_flow.demo.answers import Answers, Course
from perf_flow.demo.clock import Clock
from perf_flow.demo.documents import Documents
from perf_flow.demo.people import BY_KEY, acting
from perf_flow.flow import jobs, store, times

SHARES = (0.31, 0.80)
"""The share of events closed in time: in the first week, and in the last."""

LOOK_AROUND = (time(8, 31), time(16, 2))
"""When the jobs of every five minutes are let run: digests, delegation, the sweep. Not every five minutes,
so that the month passes in a few."""

MAIL_FROM_DAY = -6
"""From when on, counted from the present, the company sends messages by email as well."""

CUSTOMERS = ("Grant Plastics Ltd.", "West View Software Ltd.", "Palmer Productions Ltd.", *demo.CUSTOMERS)


def first_monday(present: datetime) -> date:
	"""The Monday the month begins with: five weeks in all, the present one only when some of it has passed."""
	monday = present.date() - timedelta(days=present.weekday())
	return monday - timedelta(weeks=4 if present.weekday() >= 3 else 5)


def week_count(begin: date, present: datetime) -> int:
	"""How many weeks the month touches."""
	return (present.date() - begin).days // 7 + 1


class Agenda:
	"""Acts by time. Between two acts the clock moves on, and the jobs run that would have run."""

	def __init__(self, clock: Clock, begin: datetime, present: datetime) -> None:
		self.clock = clock
		self.present = present
		self.now = begin
		self._acts: list[tuple[datetime, int, Callable[..., None], tuple[Any, ...]]] = []
		self._number = count()
		self._looked: datetime = begin

	def at(self, when: datetime, act: Callable[..., None], *arguments: Any) -> None:
		"""Do something at a local time; what lies behind the present is left for the future."""
		if when < self.present:
			heapq.heappush(self._acts, (when, next(self._number), act, arguments))

	def run(self) -> None:
		"""Do everything that is scheduled, and let time pass up to the present."""
		for when in self._rounds():
			self.at(when, jobs.every_five_minutes)
		for n in range((self.present.date() - self.now.date()).days + 1):
			midnight = datetime.combine(self.now.date() + timedelta(days=n + 1), time(0, 12))
			self.at(midnight, jobs.daily)
		while self._acts:
			when, _number, act, arguments = heapq.heappop(self._acts)
			self._pass_time(when)
			act(*arguments)
			frappe.db.commit()
			jobs.drain_and_seal()
		self._pass_time(self.present)

	def _rounds(self) -> list[datetime]:
		days = [
			self.now.date() + timedelta(n) for n in range((self.present.date() - self.now.date()).days + 1)
		]
		return [
			datetime.combine(day, hour)
			for day in days
			for hour in LOOK_AROUND
			if datetime.combine(day, hour) > self.now
		]

	def _pass_time(self, until: datetime) -> None:
		"""Stop wherever a reminder, an escalation or a message is due, and let the scheduler run there."""
		while (stop := self._next_due()) is not None and stop < until:
			self._looked = stop
			self._move(stop + timedelta(seconds=20))
			jobs.every_minute()
		self._move(until)

	def _next_due(self) -> datetime | None:
		return frappe.db.sql(
			"""select min(t) from (
				select min(next_at) t from `tabBusiness Event Action` where state = 'Open' and next_at > %(last)s
				union all select min(deliver_after) from `tabPerformance Outbox`
					where state = 'Waiting' and deliver_after > %(last)s) x""",
			{"last": self._looked},
		)[0][0]

	def _move(self, when: datetime) -> None:
		if when > self.now:
			self.clock.move_to(when)
			self.now = when


class Month:
	"""The programme of the month, week by week."""

	def __init__(
		self, clock: Clock, company: str, begin: date, present: datetime, draw: random.Random
	) -> None:
		self.company = company
		self.begin = begin
		self.present = present
		self.draw = draw
		self.weeks = week_count(begin, present)
		self.documents = Documents(company)
		self.agenda = Agenda(clock, times.now_site(), present)
		self.answers = Answers(self.agenda.at, self.share, draw, present)
		self.orders: list[tuple[str, str]] = []
		self.sent: list[str] = []
		self.purchases: list[tuple[str, str]] = []
		self.tasks: list[tuple[str, str]] = []
		self.projects = frappe.get_all(
			"Project", filters={"company": company}, pluck="name", order_by="creation"
		)
		self.course_name = "Reading drawings, revision C"
		self.shared: dict[str, str] = {}

	def share(self, moment: datetime) -> float:
		"""How much of what is recorded at a moment is closed in time, rising from week to week."""
		week = (moment.date() - self.begin).days // 7
		first, last = SHARES
		return first + (last - first) * max(min(week / max(self.weeks - 1, 1), 1), 0)

	def day(self, week: int, weekday: int, hour: float) -> datetime:
		"""A time of the month; Monday is 0. A few minutes are drawn, so that not all happens on the hour."""
		start = datetime.combine(self.begin + timedelta(weeks=week, days=weekday), time())
		return start + timedelta(hours=hour, minutes=self.draw.randrange(14))

	def do(
		self, when: datetime, act: Callable[..., Any], *arguments: Any, course: Course | None = None
	) -> None:
		"""Schedule something people do; the events it leads to are then answered, in a given way or any."""
		self.agenda.at(when, self._done, act, arguments, course)

	def _done(self, act: Callable[..., Any], arguments: tuple[Any, ...], course: Course | None) -> None:
		act(*arguments)
		frappe.db.commit()
		self.answers.notice(times.now_site(), course)

	def live(self) -> None:
		"""Let the month happen."""
		for week in range(self.weeks):
			self.sales(week)
			self.purchasing(week)
			self.service(week)
			self.projects_of(week)
			self.factory(week)
		self.people_of_the_month()
		self.turns_of_the_month()
		self.last_days()
		self.agenda.at(self.present + timedelta(days=MAIL_FROM_DAY), demo.send_mail, True)
		# what the jobs found by themselves is answered as well
		for n in range((self.present.date() - self.begin).days + 1):
			for hour in (8.7, 16.2):
				when = datetime.combine(self.begin + timedelta(days=n), time()) + timedelta(hours=hour)
				self.agenda.at(when, self._notice)
		self.agenda.run()

	def _notice(self) -> None:
		self.answers.notice(times.now_site())

	# --- week by week --------------------------------------------------------------------------------------

	def sales(self, week: int) -> None:
		"""Orders, deliveries, invoices, contracts, opportunities."""
		for n in range(6):
			seller = people.SELLERS[(week + n) % len(people.SELLERS)]
			if seller == "tom" and week > 1:
				seller = "anna"
			self.do(self.day(week, (0, 1, 1, 2, 3, 4)[n], 9 + (n * 1.7) % 7), self.sell, seller, week * 6 + n)
		for n in range(3):
			self.do(self.day(week, (1, 2, 4)[n], 10 + n * 1.5), self.ship, n)
		self.do(self.day(week, 2, 15), self.bill)
		self.do(self.day(week, 3, 11), self.documents.contract, CUSTOMERS[week % len(CUSTOMERS)])
		seller = ("sofia", "anna", "lina", "diego", "ben")[week % 5]
		self.do(self.day(week, 0, 14), self.open_opportunity, seller, week)
		self.do(self.day(week, 3, 14), self.win_opportunity, seller)

	def sell(self, seller: str, number: int) -> None:
		customer = CUSTOMERS[(number * 3) % len(CUSTOMERS)]
		item = (demo.PUMP, demo.VALVE, demo.CYLINDER)[number % 3]
		order = self.documents.order(seller, customer, item, 2 + number % 7, 5 + number % 9)
		self.orders.append((order, seller))

	def ship(self, number: int) -> None:
		"""The oldest order that is not delivered leaves the house; some after an inspection."""
		if not self.orders:
			return
		order, _seller = self.orders.pop(0)
		note = self.documents.delivery(order, "karim")
		if number != 1:
			self.documents.first_article(note, ("priya", "jonas")[number % 2])
		self.documents.send(note, ("karim", "stella")[number % 2])
		self.sent.append(note)
		self.shared["delivered"] = order

	def bill(self) -> None:
		if order := self.shared.get("delivered"):
			invoice = self.documents.invoice(order)
			if self.draw.random() < 0.6:
				self.documents.pay(invoice)

	def open_opportunity(self, seller: str, week: int) -> None:
		customer = CUSTOMERS[(week + 2) % len(CUSTOMERS)]
		self.shared[f"opportunity {seller}"] = self.documents.opportunity(
			seller, customer, 24000 + 7000 * week
		)

	def win_opportunity(self, seller: str) -> None:
		self.documents.win(self.shared.pop(f"opportunity {seller}"), seller)

	def purchasing(self, week: int) -> None:
		"""Orders to suppliers, receipts, rejections, what waits for approval."""
		buyers = ("nina", "oscar")
		for n in range(2):
			self.do(self.day(week, n, 11), self.buy, buyers[n], week * 2 + n)
		self.do(self.day(week, 3, 9.2), self.take_in, 4 if week % 2 == 0 else 0)
		self.do(self.day(week, 4, 9.6), self.take_in, 6)
		if week % 2 == 0:
			self.do(self.day(week, 0, 16), self.ask_for_material, week)
			self.do(self.day(week, 4, 10.4), self.approve_request, week)
		else:
			self.do(self.day(week, 0, 16.4), self.draft_purchase, week)
			self.do(self.day(week, 3, 16), self.approve_purchase, week)

	def buy(self, buyer: str, number: int) -> None:
		item = (demo.CASTING, demo.SEAL)[number % 2]
		supplier = demo.SUPPLIERS[number % len(demo.SUPPLIERS)]
		days = 2 if number % 3 == 0 else 9
		self.purchases.append(
			(self.documents.purchase_order(buyer, supplier, item, 60 + 10 * number, days), buyer)
		)

	def take_in(self, rejected: float) -> None:
		"""The newest order comes in; so the others become late."""
		if self.purchases:
			order, buyer = self.purchases.pop()
			self.documents.receive(order, buyer, rejected)

	def ask_for_material(self, week: int) -> None:
		self.shared[f"request {week}"] = self.documents.request("mei", demo.CASTING, 40 + week)

	def approve_request(self, week: int) -> None:
		self.documents.approve("Material Request", self.shared[f"request {week}"])

	def draft_purchase(self, week: int) -> None:
		supplier = demo.SUPPLIERS[week % len(demo.SUPPLIERS)]
		self.shared[f"draft {week}"] = self.documents.purchase_order(
			"oscar", supplier, demo.SEAL, 25, 12, draft=True
		)

	def approve_purchase(self, week: int) -> None:
		self.documents.approve("Purchase Order", self.shared[f"draft {week}"])

	def service(self, week: int) -> None:
		"""Complaints, requests from the portal, warranty, visits."""
		subjects = (
			"Pump loses pressure",
			"Valve sticks when cold",
			"Wrong flange delivered",
			"Cylinder drifts",
		)
		for n, (weekday, by) in enumerate(((0, "hugo"), (2, "grace"))):
			key, subject = f"issue {week} {n}", subjects[(week + n) % len(subjects)]
			self.do(
				self.day(week, weekday, 9.4), self.complain, key, by, CUSTOMERS[(week + n) % 7], subject, True
			)
			self.do(self.day(week, weekday + 1, 14.3), self.settle, key, by)
		if week % 2 == 0:
			key = f"request of a customer {week}"
			self.do(
				self.day(week, 1, 10),
				self.complain,
				key,
				"hugo",
				CUSTOMERS[week % 7],
				"Certificate missing",
				False,
			)
			self.do(self.day(week, 2, 11.5), self.settle, key, "hugo")
			self.do(self.day(week, 3, 12.2), self.documents.visit, "grace", CUSTOMERS[(week + 1) % 7])
		else:
			self.do(self.day(week, 2, 10.1), self.documents.warranty, "hugo", CUSTOMERS[(week + 3) % 7])
		if week == 1:
			self.do(self.day(week, 4, 9.1), self.reopen, "issue 1 0")
			self.do(self.day(week, 4, 15.1), self.settle, "issue 1 0", "hugo")
		if week in (2, 4):
			self.do(self.day(week, 2, 16.2), self.take_back)

	def complain(self, key: str, by: str, customer: str, subject: str, urgent: bool) -> None:
		self.shared[key] = self.documents.complaint(by, customer, subject, urgent)

	def settle(self, key: str, by: str) -> None:
		self.documents.close_complaint(self.shared[key], by)

	def reopen(self, key: str) -> None:
		self.documents.reopen_complaint(self.shared[key], "hugo")

	def take_back(self) -> None:
		self.documents.take_back(self.sent[-1], "karim")

	def projects_of(self, week: int) -> None:
		"""Milestones, timesheets, projects that end."""
		names = ("Layout approved", "Parts ordered", "Installed on site", "Acceptance test", "Handed over")
		for n, lead in enumerate(("emil", "lea")):
			project = self.projects[(week + n) % 2 + (2 if week > 2 else 0)]
			key = f"task {week} {n}"
			self.do(self.day(week, 0, 13 + n), self.plan_milestone, key, project, lead, names[(week + n) % 5])
			self.do(self.day(week, 2 + n, 15.4), self.reach_milestone, key, ("emil", "yuki")[n])
		for n, key in enumerate(("yuki", "lea", "emil")):
			self.do(self.day(week, 3, 16 + n / 2), self.book_hours, key, week, n)
		if week == 2:
			self.do(self.day(week, 3, 17), self.book_hours, "ivan", week, 0)  # outside the pilot
			self.do(self.day(week, 4, 11), self.documents.close_project, self.projects[0], "paula", False)
		if week == 3:
			self.do(
				self.day(week, 0, 9.2),
				self.plan_milestone,
				"last",
				self.projects[1],
				"lea",
				"Documents handed over",
			)
			self.do(self.day(week, 1, 16), self.documents.close_project, self.projects[1], "paula", True)
			self.do(self.day(week, 2, 10), self.record_lesson, self.projects[1])

	def plan_milestone(self, key: str, project: str, lead: str, subject: str) -> None:
		self.shared[key] = self.documents.milestone(project, lead, subject)

	def reach_milestone(self, key: str, by: str) -> None:
		if frappe.db.get_value("Task", self.shared[key], "status") != "Completed":
			self.documents.reach(self.shared[key], by)

	def book_hours(self, key: str, week: int, number: int) -> None:
		monday = self.begin + timedelta(weeks=week)
		project = self.projects[2 + number % 2] if key != "ivan" else None
		self.documents.timesheet(key, project, [monday + timedelta(days=n) for n in range(3)], 6 + number)

	def record_lesson(self, project: str) -> None:
		with acting("paula"):
			steps.record(demo.MANUAL_TYPE, "Project", project)

	def factory(self, week: int) -> None:
		"""Work orders, maintenance, a repair, what was not as it should be, a training."""
		if week == 0:
			self.do(self.day(0, 0, 8.6), self.freeze)
			self.do(self.day(0, 0, 9), self.set_up_maintenance)
		self.do(self.day(week, 1, 8.9), self.order_pumps, 5 + week)
		self.do(self.day(week, 4, 13), self.finish_pumps)
		if week:
			self.do(self.day(week, 0, 15), self.maintain)
		if week == 2:
			self.do(self.day(week, 1, 12.4), self.repair)
		if week % 2:
			key = f"deviation {week}"
			self.do(self.day(week, 1, 11), self.deviate, key, week)
			self.do(self.day(week, 3, 13.5), self.resolve, key)
		if week == 1:
			self.agenda.at(self.day(1, 0, 9.3), self.plan_course)
			self.do(self.day(1, 3, 16.2), self.hold_course)
			self.do(
				self.day(1, 4, 9.9),
				self.rate_course,
				"jonas",
				"Good exercises at the machine, little theory.",
			)
			self.do(self.day(2, 0, 10.2), self.rate_course, "ivan", "I can now read the position tolerances.")

	def freeze(self) -> None:
		self.shared["bom"] = self.documents.bill_of_materials("wei")

	def order_pumps(self, qty: float) -> None:
		self.shared["work order"] = self.documents.work_order(self.shared["bom"], "mei", qty)

	def finish_pumps(self) -> None:
		self.documents.finish(self.shared.pop("work order"), "ivan")

	def set_up_maintenance(self) -> None:
		self.shared["asset"] = demo.make_asset(self.company)
		self.shared["plan"] = self.documents.plan_maintenance(self.shared["asset"])

	def maintain(self) -> None:
		self.documents.maintain(self.shared["plan"], "sam")

	def repair(self) -> None:
		self.documents.repair(self.shared["asset"], "wei")

	def deviate(self, key: str, week: int) -> None:
		self.shared[key] = self.documents.non_conformance("jonas", f"Bore out of tolerance, lot {40 + week}")

	def resolve(self, key: str) -> None:
		self.documents.resolve(self.shared[key], "jonas")

	def plan_course(self) -> None:
		begin = datetime.combine(self.begin + timedelta(days=10), time(12))
		self.documents.course(self.course_name, "priya", ("jonas", "ivan", "mei"), begin)

	def hold_course(self) -> None:
		self.documents.hold_course(self.course_name)

	def rate_course(self, key: str, text: str) -> None:
		self.documents.feedback(self.course_name, key, text)

	# --- what happens to people and documents -----------------------------------------------------------------

	def people_of_the_month(self) -> None:
		"""Leaves, somebody who goes, somebody who changes teams."""
		leave = self.agenda.at
		today = self.present.date()
		leave(self.day(0, 2, 9.1), people.take_leave, "yuki", self._date(1, 1), self._date(1, 3))
		leave(self.day(1, 1, 9.1), people.take_leave, "ben", self._date(2, 0), self._date(2, 4))
		away_from = today - timedelta(days=1 + (today.weekday() in (0, 6)) * 2)
		asked = datetime.combine(away_from - timedelta(days=6), time(10, 5))
		leave(asked, people.take_leave, "pedro", away_from, today + timedelta(days=9))
		leave(
			asked + timedelta(minutes=20),
			people.take_leave,
			"karim",
			today + timedelta(days=12),
			today + timedelta(days=18),
		)
		leave(
			asked + timedelta(hours=2),
			people.take_leave,
			"rosa",
			today + timedelta(days=20),
			today + timedelta(days=25),
			False,
		)
		# while Ben is away a colleague enters an order of his customer
		self.do(self.day(2, 1, 10.3), self.sell_for, "ben", "sofia", course=Course.LATE_MARK)
		# Tom leaves with something open
		self.do(self.day(1, 1, 16.1), self.sell, "tom", 3, course=Course.FORGOTTEN)
		leave(self.day(1, 3, 17.2), people.leave_the_company, "tom", self._date(1, 3))
		leave(self.day(3, 0, 8.6), people.change_manager, "diego", "sofia")
		leave(self.day(0, 0, 8.55), people.set_preferences)
		leave(self.day(0, 0, 8.5), people.make_goals, self.begin, self.begin + timedelta(days=89))

	def _date(self, week: int, weekday: int) -> date:
		return self.begin + timedelta(weeks=week, days=weekday)

	def sell_for(self, seller: str, by: str) -> None:
		self.documents.order(seller, CUSTOMERS[0], demo.VALVE, 8, 10, by=by)

	def turns_of_the_month(self) -> None:
		"""Cancelled, amended, voided by HR, nobody found, named by HR."""
		self.do(self.day(0, 3, 10.6), self.sell_and_keep, "cancelled", "ben", course=Course.UNTOUCHED)
		self.agenda.at(self.day(0, 3, 16.1), self.cancel, "cancelled", "martin")
		self.do(self.day(2, 0, 9.3), self.sell_and_keep, "amended", "anna", course=Course.EVIDENCE_ONLY)
		self.agenda.at(self.day(2, 0, 14.2), self.cancel, "amended", "martin")
		self.do(self.day(2, 0, 14.7), self.amend, "amended", "anna", course=Course.PROMPT)
		self.do(self.day(1, 2, 9.8), self.sell_and_keep, "test", "diego", course=Course.UNTOUCHED)
		self.agenda.at(
			self.day(1, 2, 13.6), self.void, "test", "A test entry of the new colleague, no order."
		)
		self.do(self.day(1, 0, 12.2), self.documents.order_of_the_agency, CUSTOMERS[3], demo.VALVE, 20)
		self.agenda.at(self.day(1, 2, 11.2), self.name_somebody, "martin")
		last = self.weeks - 1
		self.do(self.day(last, 0, 12.2), self.documents.order_of_the_agency, CUSTOMERS[5], demo.PUMP, 2)

	def sell_and_keep(self, key: str, seller: str) -> None:
		self.shared[key] = self.documents.order(seller, CUSTOMERS[4], demo.CYLINDER, 4, 12)

	def cancel(self, key: str, by: str) -> None:
		self.documents.cancel_order(self.shared[key], by)

	def amend(self, key: str, by: str) -> None:
		self.shared[key] = self.documents.amend_order(self.shared[key], by, 2)

	def void(self, key: str, reason: str) -> None:
		event = frappe.db.get_value(store.EVENT, {"reference_name": self.shared[key], "state": "Open"})
		with acting("helen"):
			steps.void(event, reason)

	def name_somebody(self, key: str) -> None:
		"""HR names somebody where nobody was found; some are left on the list for the reader to try."""
		event = frappe.db.get_value(
			store.EVENT, {"needs_attention": 1, "state": "Open", "reference_doctype": "Sales Order"}
		)
		with acting("helen"):
			for step in frappe.get_all(
				store.ACTION,
				filters={"event": event, "state": "Open", "assignee": ("is", "not set")},
				pluck="step",
			):
				boss = key if step.endswith("-E") else BY_KEY[key].boss
				steps.reassign(
					event, step, people.employee(boss), "The agency is looked after by the head of sales."
				)
		self.answers.take_up(event, times.now_site())

	def last_days(self) -> None:
		"""What is open on every screen, whatever day of the week it is."""
		ago = self._ago
		self.do(ago(101), self.sell, "lina", 40, course=Course.FORGOTTEN)
		self.do(ago(77), self.sell, "anna", 41, course=Course.FORGOTTEN)
		self.do(ago(46.6), self.sell, "anna", 42, course=Course.UNTOUCHED)
		self.do(ago(46.2), self.sell, "lina", 43, course=Course.UNTOUCHED)
		self.do(ago(45), self.sell, "anna", 44, course=Course.SENT_BACK)
		self.do(ago(44), self.sell, "diego", 45, course=Course.UNCONFIRMED)
		self.do(ago(41), self.buy_and_reject, "nina", 12)
		self.do(ago(29), self.sell, "anna", 46, course=Course.EVIDENCE_ONLY)
		self.do(ago(27), self.ship_one, course=Course.UNTOUCHED)
		self.do(ago(22), self.deviate, "late deviation", 9)
		self.do(ago(20.5), self.resolve, "late deviation", course=Course.EVIDENCE_ONLY)
		self.do(ago(19), self.documents.contract, CUSTOMERS[2], course=Course.EVIDENCE_ONLY)
		self.do(ago(8), self.sell, "anna", 47, course=Course.UNTOUCHED)
		self.do(ago(5), self.sell, "ben", 48, course=Course.UNCONFIRMED)
		self.do(ago(3), self.sell, "sofia", 49, course=Course.EVIDENCE_ONLY)

	def _ago(self, hours: float) -> datetime:
		"""Some hours before the present, but not at night."""
		when = self.present - timedelta(hours=hours)
		if when.hour < 7:
			when = (when - timedelta(days=1)).replace(hour=19) + timedelta(minutes=self.draw.randrange(50))
		elif when.hour >= 20:
			when = when.replace(hour=19) + timedelta(minutes=self.draw.randrange(50))
		return when

	def buy_and_reject(self, buyer: str, number: int) -> None:
		supplier = demo.SUPPLIERS[number % len(demo.SUPPLIERS)]
		order = self.documents.purchase_order(buyer, supplier, demo.CASTING, 80, 3)
		self.documents.receive(order, buyer, 5)

	def ship_one(self) -> None:
		self.ship(0)
