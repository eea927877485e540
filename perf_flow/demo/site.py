"""`make site`: a site with ERPNext's demo company, its people, and a month of their life.

All of it comes about as it would in life: documents are submitted and steps are taken by people under
their own logins, while the clock of this process moves through the month and the scheduler's jobs run.
Nothing is written into the flow's own tables from here. The draw of chance is seeded.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import frappe
from frappe.installer import update_site_config
from frappe.utils.scheduler import is_scheduler_disabled, toggle_scheduler

from perf_flow.demo import company as demo
from perf_flow.demo import people
from perf_flow.demo.clock import Clock
from perf_flow.demo.month import Month, first_monday
from perf_flow.engine import health
from perf_flow.flow import figures, jobs, store, times, verify

SEED = 20240918
MARK = "perf_flow_demo"
"""The default of the site that says how far the demo is: when it began, and when it was ready."""

BEGUN, READY = "begun", "ready"
# Mail is queued, so that it can be read in the Email Queue, and never sent; nothing listens there either.
NO_MAIL = {"mute_emails": 1, "mail_server": "127.0.0.1", "mail_port": 1, "auto_email_id": "flow@demo.example"}


def make() -> None:
	"""Make the demo on this site, or say that it is there already. For `bench --site SITE execute`."""
	if state() == READY:
		print("The demo is already there; nothing was changed.")
		report()
		return
	check_site()
	started = time.perf_counter()
	with Clock() as clock, quiet_site():
		frappe.db.set_default(MARK, BEGUN)
		frappe.db.commit()
		say("Company, people and event types")
		demo.complete_setup(first_monday(times.now_site()).year)
		toggle_scheduler(False)
		# the setup has set the time zone
		frappe.local.perf_flow_timezone = None
		present = times.now_site()
		begin = first_monday(present)
		clock.begin(datetime.combine(begin - timedelta(days=3), datetime.min.time()) + timedelta(hours=8))
		company, refused = make_company(begin, present)
		say(f"A month of life from {begin} to {present:%Y-%m-%d %H:%M}")
		month = Month(clock, company, begin, present, random.Random(SEED))
		old_invoices(month)
		month.live()
		clock.back_to_the_present()
		jobs.every_minute()
		jobs.every_five_minutes()
		jobs.daily()
		jobs.drain_and_seal()
		for problem in refused:
			say(f"Not switched on: {problem['title']}: {problem['reason']}")
		found = verify.verify()
		if found:
			raise SystemExit("The ledger does not verify:\n" + "\n".join(d.message for d in found[:20]))
		frappe.db.set_default(MARK, READY)
		frappe.db.commit()
	say(f"Done in {time.perf_counter() - started:.0f} s; the ledger verifies.")
	report()


def say(text: str) -> None:
	"""Print at once, also into a pipe."""
	print(text, flush=True)


def state() -> str | None:
	"""How far the demo of this site is: None, BEGUN or READY."""
	return frappe.db.get_default(MARK)


def check_site() -> None:
	"""Refuse sites with people or events of their own, and those where an earlier run did not end.

	By SystemExit, as `bench execute` evaluates what it is given again after any other exception.
	"""
	if state() == BEGUN:
		raise SystemExit(
			"An earlier run did not come to its end on this site, so its month is incomplete. Please make a new site."
		)
	if frappe.db.a_row_exists("Employee") or frappe.db.a_row_exists(store.EVENT):
		raise SystemExit(
			"This site has employees or business events of its own. The demo is made on a site without; "
			"please name another one."
		)


@contextmanager
def quiet_site() -> Iterator[None]:
	"""Nothing else acts on the site meanwhile, and no mail leaves it, then or later.

	The jobs are called by the demo itself, at the times of its own clock: a worker would do them at the
	real time, out of order. The scheduler is left as it was.
	"""
	own_mail = bool(frappe.conf.get("mail_server"))
	for key, value in NO_MAIL.items():
		if key == "mute_emails" or not own_mail:
			update_site_config(key, value)
			frappe.conf[key] = value
	frappe.set_user("Administrator")
	# as if a worker had been woken already: see perf_flow.flow.outbox.wake
	frappe.local.perf_flow_woken = True
	frappe.cache.delete_value("perf_flow:last_sweep")
	off = is_scheduler_disabled(verbose=False)
	toggle_scheduler(False)
	frappe.db.commit()
	try:
		yield
	finally:
		frappe.db.rollback()
		frappe.local.perf_flow_woken = False
		toggle_scheduler(not off)
		frappe.db.commit()


def make_company(begin: date, present: datetime) -> tuple[str, list[dict[str, str]]]:
	"""Everything that is there before the month begins. Returns the company and the templates refused."""
	demo.fiscal_years(begin.year - 1, present.year + 1)
	company = demo.erpnext_demo(SEED)
	demo.calendars(company, begin.year - 1, present.year + 1)
	people.make_workers(company, demo.other_company(company), begin)
	people.make_sales_persons()
	people.make_allocations(company, date(begin.year, 1, 1), date(present.year + 1, 12, 31))
	demo.give_shift(("ivan", "mei", "sam"))
	demo.masters(company)
	demo.opening_stock(company)
	demo.make_projects(company, begin, begin + timedelta(days=80))
	frappe.db.commit()
	refused = demo.switch_on()
	frappe.db.commit()
	return company, refused


def old_invoices(month: Month) -> None:
	"""Invoices of two months ago, whose thirty days of patience end within the month."""
	offsets = (2, 4, 9, 16, 23, (month.present.date() - month.begin).days - 1)
	for n, offset in enumerate(offsets):
		day = month.begin + timedelta(days=offset - 30)
		seller = people.SELLERS[n % 5]
		month.documents.old_invoice(seller, demo.CUSTOMERS[n % len(demo.CUSTOMERS)], day, 40 + 15 * n)
	frappe.db.commit()


# --- what there is ----------------------------------------------------------------------------------------


def report() -> None:
	"""Print how to log in and what there is to see."""
	frappe.set_user("Administrator")
	say("")
	say(
		f"Open {frappe.utils.get_url()}/app/performance-flow and log in; the password of all is {people.PASSWORD}"
	)
	for role, key in people.SHOWN:
		worker = people.BY_KEY[key]
		say(f"  {worker.login:<22} {role}: {worker.name}, {worker.designation}")
	say("")
	rows = frappe.get_all(store.EVENT, fields=["state", "source", "needs_attention"], limit=0)
	states = Counter(r.state for r in rows)
	sources = Counter(r.source for r in rows)
	say(f"Business events: {_listed(states)}; found by: {_listed(sources)}")
	say(f"Waiting for HR to name somebody: {sum(bool(r.needs_attention) for r in rows)}")
	say("Flow health by week:")
	zone = figures.site_zone()
	for week in health.weekly(figures.times(figures.Selection()), times.now_utc(), zone):
		shown = "–" if week.health.percent is None else f"{week.health.percent:.0f} %"
		say(
			f"  week of {week.start}: {shown:>5} of {week.health.counted} counted, {week.health.running} running"
		)
	running = "off" if is_scheduler_disabled(verbose=False) else "on"
	say(f"The scheduler of the site is {running}, as before. Emails are queued and never sent (mute_emails).")


def _listed(counts: Counter[str]) -> str:
	return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
