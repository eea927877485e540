"""The first 30 days: what an administrator sees to, day by day, ticked from the site's own data where it can be
known, by hand where not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, nowdate
from frappe.utils.scheduler import is_scheduler_inactive

from perf_flow.access.table import HR_ROLES
from perf_flow.engine.errors import N_
from perf_flow.flow import store

SETTINGS = "Performance Flow Settings"
EVENT_TYPE = "Business Event Type"

Check = Callable[[], "tuple[bool, str]"]
"""Whether an item is done, and what was seen."""

STAGES = (
	("day-1", N_("Day 1"), N_("Make it possible: people, calendar, the first event type.")),
	("week-1", N_("Week 1"), N_("The first events go through. See that everybody knows what is asked.")),
	("week-2", N_("Week 2"), N_("Make it safe: messages, ledger, backups, practice.")),
	("week-4", N_("Week 4"), N_("From pilot to everyday: look at the figures, and widen.")),
)


@dataclass(frozen=True, slots=True)
class Item:
	"""One thing to see to. ``link`` is a route of the desk; without ``check`` it is ticked by hand."""

	key: str
	stage: str
	title: str
	why: str
	link: str = ""
	link_label: str = ""
	check: Check | None = None


# --- what can be known ----------------------------------------------------------------------------


def _people() -> tuple[bool, str]:
	rows = frappe.get_all(
		"Employee", filters={"status": "Active"}, fields=["name", "user_id", "reports_to"], limit=0
	)
	with_login = sum(1 for r in rows if r.user_id)
	with_manager = sum(1 for r in rows if r.reports_to)
	# somebody is at the top
	done = bool(rows) and with_login >= 0.9 * len(rows) and with_manager >= 0.9 * (len(rows) - 1)
	seen = _("{0} active employees, {1} with a login, {2} with a line manager").format(
		len(rows), with_login, with_manager
	)
	return done, seen


def _hr() -> tuple[bool, str]:
	count = frappe.db.sql(
		"""select count(distinct u.name) from `tabUser` u join `tabHas Role` r on r.parent = u.name
		where r.parenttype = 'User' and r.role in %s and u.enabled = 1 and u.name not in ('Administrator', 'Guest')""",
		(HR_ROLES,),
	)[0][0]
	return count > 0, _("Users with an HR role: {0}").format(count)


def _holidays() -> tuple[bool, str]:
	companies = frappe.get_all(
		"Employee", filters={"status": "Active", "company": ["is", "set"]}, pluck="company", distinct=True
	)
	lists = dict(
		frappe.get_all(
			"Company",
			filters={"name": ["in", companies]},
			fields=["name", "default_holiday_list"],
			as_list=True,
		)
	)
	current = set(
		frappe.get_all(
			"Holiday List",
			filters={"from_date": ["<=", nowdate()], "to_date": [">=", nowdate()]},
			pluck="name",
		)
	)
	without = sorted(name for name in companies if lists.get(name) not in current)
	if without:
		return False, _("No list for today: {0}").format(", ".join(without))
	return bool(companies), _("Every company has one")


def _scheduler() -> tuple[bool, str]:
	off = is_scheduler_inactive(verbose=False)
	return not off, _("The scheduler is off") if off else _("The scheduler is on")


def _types(at_least: int) -> Check:
	def check() -> tuple[bool, str]:
		count = frappe.db.count(EVENT_TYPE, {"enabled": 1})
		return count >= at_least, _("{0} switched on").format(count)

	return check


def _some(doctype: str, filters: dict[str, Any]) -> Check:
	"""Whether there is one. Nothing more is told: events are not the administrator's to read."""

	def check() -> tuple[bool, str]:
		return bool(frappe.db.exists(doctype, filters)), ""

	return check


def _no_problems() -> tuple[bool, str]:
	broken = frappe.get_all("Event Type Problem", pluck="event_type", distinct=True)
	if broken:
		return False, ", ".join(_(name) for name in broken[:5])
	return bool(frappe.db.exists(EVENT_TYPE, {"enabled": 1})), ""


def _email() -> tuple[bool, str]:
	found = frappe.db.get_value("Email Account", {"enable_outgoing": 1, "default_outgoing": 1}, "email_id")
	return bool(found), found or _("No account for outgoing mail")


def _anchors() -> tuple[bool, str]:
	address = frappe.db.get_single_value(SETTINGS, "anchor_email")
	return bool(address), address or ""


def _widened() -> tuple[bool, str]:
	on = frappe.get_all(EVENT_TYPE, filters={"enabled": 1}, pluck="name")
	pilots = set(
		frappe.get_all(
			"Event Pilot Scope", filters={"parenttype": EVENT_TYPE, "parent": ["in", on]}, pluck="parent"
		)
	)
	if pilots:
		return False, _("Still a pilot: {0}").format(", ".join(_(name) for name in sorted(pilots)[:5]))
	return bool(on), ""


ITEMS = (
	Item(
		"people",
		"day-1",
		N_("Employees have a login and a line manager"),
		N_("Without a login nobody can be asked, without “Reports to” nobody can mark."),
		"/app/employee?status=Active",
		N_("Employees"),
		_people,
	),
	Item(
		"hr",
		"day-1",
		N_("Somebody in HR is named"),
		N_(
			"HR hands over events for which nobody was found, and sees the figures. Role: HR Manager or Performance HR."
		),
		"/app/user",
		N_("Users"),
		_hr,
	),
	Item(
		"holidays",
		"day-1",
		N_("Every company has a holiday list for this year"),
		N_("Working hours are counted by it, and messages stay quiet on holidays."),
		"/app/holiday-list",
		N_("Holiday lists"),
		_holidays,
	),
	Item(
		"scheduler",
		"day-1",
		N_("The scheduler runs"),
		N_("Reminders, date triggers, the sweep and the seals of the ledger need it."),
		"/app/scheduled-job-type",
		N_("Scheduled jobs"),
		_scheduler,
	),
	Item(
		"first-type",
		"day-1",
		N_("The first event type is switched on"),
		N_("Begin with one that everybody knows, for one department if you like."),
		"/app/event-type-gallery",
		N_("Template gallery"),
		_types(1),
	),
	Item(
		"score-sheet",
		"day-1",
		N_("The score sheet you have is imported"),
		N_(
			"People, dimensions, weights and targets become goals and event types: the first board, without typing."
		),
		"/app/score-sheet",
		N_("Import a score sheet"),
		_some("Score Sheet Import", {"state": "Imported"}),
	),
	Item(
		"hours",
		"day-1",
		N_("Working day and quiet hours fit your company"),
		N_("Deadlines and messages go by them."),
		"/app/performance-flow-settings",
		N_("Settings"),
	),
	Item(
		"first-event",
		"week-1",
		N_("The first event is recorded"),
		N_("If none comes, look at the live preview on the event type: it says why."),
		"/app/business-event-type?enabled=1",
		N_("Event types"),
		_some(store.EVENT, {"practice": 0}),
	),
	Item(
		"first-evidence",
		"week-1",
		N_("The first evidence is given"),
		N_("It should take seconds, beside the document. If it does not, ask why."),
		check=_some("Performance Evidence", {"practice": 0, "automatic": 0}),
	),
	Item(
		"first-mark",
		"week-1",
		N_("The first mark is given"),
		N_("Show the managers their marking screen, and how few keys it takes."),
		"/app/flow-marking",
		N_("Marking"),
		_some(store.ACTION, {"kind": "Mark", "state": "Done", "practice": 0}),
	),
	Item(
		"told",
		"week-1",
		N_("Everybody in the pilot was told what is asked, and why"),
		N_("Ten minutes together save a week of questions."),
	),
	Item(
		"no-problems",
		"week-1",
		N_("No event type has a problem"),
		N_(
			"A type with a problem records nothing, and ERP documents are saved all the same: nobody else notices."
		),
		"/app/event-type-problem",
		N_("What is wrong"),
		_no_problems,
	),
	Item(
		"first-closed",
		"week-2",
		N_("The first chain is closed"),
		N_("Evidence, mark and confirmation went through to the end."),
		check=_some(store.EVENT, {"state": "Closed", "practice": 0}),
	),
	Item(
		"rehearsal",
		"week-2",
		N_("A rehearsal was held"),
		N_("Managers and employees walk three chains on practice data; nothing of it counts."),
		"/app/flow-rehearsal",
		N_("Rehearsal"),
		_some(store.EVENT, {"practice": 1}),
	),
	Item(
		"email",
		"week-2",
		N_("Email can be sent"),
		N_("For people who do not look at the desk every day, and for the daily anchor."),
		"/app/email-account",
		N_("Email accounts"),
		_email,
	),
	Item(
		"anchors",
		"week-2",
		N_("The daily anchor goes to an address outside"),
		N_(
			"So that a rewritten history can be proven: an address that whoever runs the server cannot write to."
		),
		"/app/performance-flow-settings",
		N_("Settings"),
		_anchors,
	),
	Item(
		"ledger",
		"week-2",
		N_("The ledger was verified"),
		N_("On the server: bench --site SITE perf-flow verify. Let it run every night."),
	),
	Item(
		"backup",
		"week-2",
		N_("Backups hold the files and the encryption key"),
		N_("Without the key of site_config.json nobody can check the seals of a restored ledger."),
	),
	Item(
		"first-brief",
		"week-2",
		N_("Somebody looked at their first brief with you"),
		N_("On “My flow”: what was asked, what was marked, what it served. Ask what is missing."),
		"/app/my-flow",
		N_("My flow"),
	),
	Item(
		"health",
		"week-4",
		N_("Flow health was looked at together with managers"),
		N_("Where chains stall is where the time goes."),
		"/app/query-report/Flow Health",
		N_("Flow health"),
	),
	Item(
		"limits",
		"week-4",
		N_("Time limits fit what people really need"),
		N_("Too short and everything is late, too long and nobody remembers."),
		"/app/query-report/Where Chains Stall",
		N_("Where chains stall"),
	),
	Item(
		"more-types",
		"week-4",
		N_("Five event types are switched on"),
		N_("What matters in each department, not everything that can be counted."),
		"/app/event-type-gallery",
		N_("Template gallery"),
		_types(5),
	),
	Item(
		"backtest",
		"week-4",
		N_("An event type was backtested before it was widened"),
		N_(
			"Whom it would ask for how many hours, and what ERP data shows by itself: over a quarter, before people feel it."
		),
		"/app/backtest",
		N_("Backtest"),
		_some("Backtest Run", {"state": "Finished"}),
	),
	Item(
		"widened",
		"week-4",
		N_("Every pilot is widened, or ended"),
		N_("A pilot that goes on for ever is unfair to those in it."),
		"/app/business-event-type?enabled=1",
		N_("Event types"),
		_widened,
	),
)
_BY_HAND = {item.key for item in ITEMS if item.check is None}


# --- the plan -------------------------------------------------------------------------------------


def plan() -> dict[str, Any]:
	"""The stages with their items in the reader's language, what is done, and by whom what is ticked by hand."""
	ticks = {row.item: row for row in frappe.get_cached_doc(SETTINGS).start_plan}
	stages = [
		{
			"key": key,
			"title": _(title),
			"hint": _(hint),
			"items": [_shown(item, ticks.get(item.key)) for item in ITEMS if item.stage == key],
		}
		for key, title, hint in STAGES
	]
	every = [item for stage in stages for item in stage["items"]]
	return {"stages": stages, "done": sum(1 for item in every if item["done"]), "total": len(every)}


def _shown(item: Item, tick: Any) -> dict[str, Any]:
	done, seen = item.check() if item.check else (tick is not None, "")
	by_hand = item.check is None and tick is not None
	return {
		"key": item.key,
		"title": _(item.title),
		"why": _(item.why),
		"link": item.link,
		"link_label": _(item.link_label) if item.link_label else "",
		"automatic": item.check is not None,
		"done": bool(done),
		"seen": seen,
		"done_by": (frappe.get_cached_value("User", tick.done_by, "full_name") or tick.done_by)
		if by_hand
		else "",
		"done_at": str(tick.done_at)[:19] if by_hand else "",
	}


def tick(item: str, done: bool) -> None:
	"""Tick an item by hand, or take the tick back. Raises ValidationError for one that is known from data, or
	is no item."""
	if item not in _BY_HAND:
		frappe.throw(_("This is seen from the data itself and cannot be ticked by hand."))
	settings = frappe.get_doc(SETTINGS)
	there = [row for row in settings.start_plan if row.item == item]
	if bool(there) == bool(cint(done)):
		return
	if there:
		for row in there:
			settings.remove(row)
	else:
		settings.append(
			"start_plan", {"item": item, "done_by": frappe.session.user, "done_at": frappe.utils.now()}
		)
	settings.save(ignore_permissions=True)
