"""A site's events as the workbook of a replay: the same chains, verdicts and health without the site.

What is written comes from the ledger alone; people and calendars are those of today, and where a due time of then
differs the recorded one stands beside it (``perf_flow.replay.export``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import redis

import frappe
from frappe import _
from frappe.utils import getdate

from perf_flow.access.table import EXPORT
from perf_flow.engine.clock import Shift
from perf_flow.engine.facts import Fact
from perf_flow.engine.model import Person
from perf_flow.engine.people import Member
from perf_flow.flow import calendars, files, problems, store, times
from perf_flow.replay import columns as c
from perf_flow.replay.export import ChainWriter, Sheets, workbook, write_rules
from perf_flow.replay.rules import Rules

KEEP_DAYS = 7
"""So long an export is kept for whoever asked for it."""
MOST_DAYS = 400
MOST_EVENTS = 100_000
"""What one workbook holds from the desk; the command line has no such limit."""
_AROUND = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Export:
	"""What was written: sheets, and how much they hold."""

	sheets: Sheets
	events: int
	as_recorded: int

	@property
	def steps(self) -> int:
		"""How many rows the sheet of actions has."""
		return len(self.sheets.rows[c.ACTIONS.key])

	def workbook(self, lang: str = "en") -> bytes:
		"""The Excel workbook."""
		return workbook(self.sheets, lang)


def days(first: str, last: str) -> tuple[date, date]:
	"""Two days from text. Raises ValueError, in the reader's language, for anything else."""
	try:
		found = date.fromisoformat(first), date.fromisoformat(last)
	except ValueError:
		raise ValueError(_("A day is written as 2026-03-01.")) from None
	if found[0] > found[1]:
		raise ValueError(_("The first day is after the last one."))
	return found


def events_of(first: date, last: date) -> list[str]:
	"""The events recorded on these days of the site, in the order of recording; practice aside."""
	return frappe.db.sql(
		f"""select name from `tab{store.EVENT}` where practice = 0 and recorded_at >= %s and recorded_at < %s
		order by recorded_at, name""",
		(first, last + timedelta(days=1)),
		pluck=True,
	)


def make(first: date, last: date, now: datetime | None = None) -> Export:
	"""Write down the events recorded on these days, whole, and judge those still open at ``now`` (default: now)."""
	names = events_of(first, last)
	rules = rules_of_site(people_of(_facts(names)), first, last)
	rules.now = now or times.now_utc()
	sheets = Sheets()
	write_rules(rules, sheets)
	writer = ChainWriter(rules, sheets)
	for facts in _facts(names):
		writer.add(facts)
	return Export(sheets, len(names), writer.as_recorded)


def _facts(names: Iterable[str]) -> Iterator[list[Fact]]:
	"""The facts of each event, read twice rather than held all."""
	for name in names:
		yield store.load_facts(name)


# --- people and calendars -------------------------------------------------------------------------


def people_of(chains: Iterable[list[Fact]]) -> dict[str, Person]:
	"""Everybody whom these facts name, by the id that they go by there."""
	found: dict[str, Person] = {}
	for facts in chains:
		for fact in facts:
			for person in _persons(fact):
				found.setdefault(person.employee or person.user, person)
	found.pop("", None)
	return found


def _persons(value: Any) -> Iterator[Person]:
	if isinstance(value, Person):
		yield value
	elif isinstance(value, tuple):
		for one in value:
			yield from _persons(one)
	elif is_dataclass(value):
		for field in fields(value):
			yield from _persons(getattr(value, field.name))


def rules_of_site(named: dict[str, Person], first: date, last: date) -> Rules:
	"""The people of some facts with everybody above them, and their calendars, as a replay knows them."""
	start, end = calendars.working_day()
	rules = Rules(
		title=_("Export of {0}").format(frappe.local.site),
		company=frappe.defaults.get_global_default("company") or "",
		timezone=times.site_timezone(),
		hours=(Shift(start, end),),
	)
	lists: set[str] = set()
	employees = _employees(set(named))
	shifts = {
		row.name: row
		for row in frappe.get_all(
			"Shift Type", fields=["name", "start_time", "end_time", "holiday_list"], limit=0
		)
		if row.start_time is not None and row.end_time is not None
	}
	companies = dict(
		frappe.get_all("Company", fields=["name", "default_holiday_list"], as_list=True, limit=0)
	)
	for row in employees:
		person = named.get(row.name)
		shift = row.default_shift if row.default_shift in shifts else ""
		holidays = (
			(shifts[shift].holiday_list if shift else "")
			or row.holiday_list
			or companies.get(row.company)
			or ""
		)
		rules.members[row.name] = Member(
			employee=row.name,
			user=(person.user if person else "") or row.user_id or row.name,
			name=row.employee_name or row.name,
			company=row.company or "",
			department=row.department or "",
			branch=row.branch or "",
			reports_to=row.reports_to or "",
			active=row.status == "Active",
			holiday_list=holidays,
			shift=shift,
		)
		lists.add(holidays)
		if shift:
			begin, until = (
				frappe.utils.get_time(t) for t in (shifts[shift].start_time, shifts[shift].end_time)
			)
			rules.shifts[shift] = ((Shift(begin, until),), "")
	for key, person in named.items():
		# renamed or gone since: as the facts know them
		if key not in rules.members:
			rules.members[key] = Member(
				employee=key, user=person.user or key, name=person.name or key, active=False
			)
	rules.holidays = _holidays(lists - {""}, first, last)
	for key, member in rules.members.items():
		# a list without a day in it has no row of its own, so nobody may name it
		if member.holiday_list not in rules.holidays:
			rules.members[key] = replace(member, holiday_list="")
	rules.has_people = rules.has_types = True
	return rules


def _employees(names: set[str]) -> list[Any]:
	"""These employees, and everybody above them."""
	found: dict[str, Any] = {}
	wanted = names - {""}
	while wanted:
		rows = frappe.get_all(
			"Employee",
			filters={"name": ["in", sorted(wanted)]},
			fields=[
				"name",
				"employee_name",
				"user_id",
				"company",
				"department",
				"branch",
				"reports_to",
				"status",
				"holiday_list",
				"default_shift",
			],
			limit=0,
		)
		found.update({row.name: row for row in rows})
		wanted = {row.reports_to for row in rows if row.reports_to} - found.keys()
	return [found[name] for name in sorted(found)]


def _holidays(lists: set[str], first: date, last: date) -> dict[str, frozenset[date]]:
	found: dict[str, set[date]] = {}
	for row in frappe.get_all(
		"Holiday",
		filters={
			"parenttype": "Holiday List",
			"parent": ["in", sorted(lists) or [""]],
			"holiday_date": ["between", [first - timedelta(days=30), last + _AROUND]],
		},
		fields=["parent", "holiday_date"],
		limit=0,
	):
		found.setdefault(row.parent, set()).add(getdate(row.holiday_date))
	return {name: frozenset(found_days) for name, found_days in found.items()}


# --- from the desk --------------------------------------------------------------------------------


def start(first: date, last: date) -> str:
	"""Begin an export for the session's user, who may read all of these events; returns its name.

	Raises PermissionError for whoever may not read each of them, ValidationError when there are none or too many.
	"""
	from perf_flow.access import viewer
	from perf_flow.flow.figures import readable

	if (last - first).days >= MOST_DAYS:
		frappe.throw(_("Choose at most {0} days.").format(MOST_DAYS))
	who = viewer()
	if not (who.is_everything or who.companies):
		frappe.throw(_("Only HR exports business events."), frappe.PermissionError)
	values = {"first": first, "end": last + timedelta(days=1)}
	within = "practice = 0 and recorded_at >= %(first)s and recorded_at < %(end)s"
	everything = frappe.db.sql(f"select count(*) from `tab{store.EVENT}` where {within}", values)[0][0]
	mine = frappe.db.sql(f"select count(*) from `tab{store.EVENT}` where {within} and {readable()}", values)[
		0
	][0]
	if mine < everything:
		frappe.throw(
			_(
				"An export holds all events of these days, and some of them you may not read. Ask HR of the whole group."
			),
			frappe.PermissionError,
		)
	if not everything:
		frappe.throw(_("No business event was recorded on these days."))
	if everything > MOST_EVENTS:
		frappe.throw(
			_("These are {0} events; at most {1} go into one workbook. Choose fewer days.").format(
				everything, MOST_EVENTS
			)
		)
	name = frappe.generate_hash(length=12)
	store.insert(
		EXPORT,
		[{"name": name, "user": frappe.session.user, "first": first, "last": last, "state": "Queued"}],
	)
	_enqueue(name)
	return name


def _enqueue(name: str) -> None:
	try:
		frappe.enqueue(
			"perf_flow.flow.site_export.carry_out",
			queue="long",
			timeout=3600,
			export=name,
			enqueue_after_commit=True,
			job_id=f"perf_flow_export_{name}",
		)
	except redis.exceptions.RedisError:
		frappe.throw(_("The queue for background jobs cannot be reached. Try again later."))


def carry_out(export: str) -> None:
	"""The job: write the workbook, and tell whoever asked for it."""
	from perf_flow.flow import delivery

	row = frappe.db.get_value(
		EXPORT, {"name": export, "state": "Queued"}, ["user", "first", "last"], as_dict=True
	)
	if not row:
		return
	with delivery.language_of(row.user):
		try:
			made = make(row.first, row.last)
			content = made.workbook("zh" if frappe.local.lang.startswith("zh") else "en")
			file = files.write(EXPORT, export, f"performance-flow-{row.first}-{row.last}.xlsx", content)
			changes = {"state": "Finished", "events": made.events, "file": file.file_url}
			told = _("The export of the business events from {0} to {1} is ready.")
		except Exception as e:
			frappe.db.rollback()
			changes = {"state": "Failed", "problem": problems.text_of(e)[:500]}
			told = _("The export of the business events from {0} to {1} failed.")
			frappe.log_error("Performance Flow: export")
		store.update(EXPORT, export, changes)
		delivery.notify(row.user, told.format(row.first, row.last), EXPORT, export)
	frappe.publish_realtime(
		"perf_flow_export", {"export": export, "state": changes["state"]}, user=row.user, after_commit=True
	)


def clear_old() -> None:
	"""Take away the exports of KEEP_DAYS ago, with their files."""
	before = times.now_site() - timedelta(days=KEEP_DAYS)
	for name in frappe.get_all(EXPORT, filters={"creation": ["<", before]}, pluck="name"):
		for file in frappe.get_all(
			"File", filters={"attached_to_doctype": EXPORT, "attached_to_name": name}, pluck="name"
		):
			frappe.delete_doc("File", file, ignore_permissions=True, force=True, delete_permanently=True)
		frappe.db.delete(EXPORT, {"name": name})
