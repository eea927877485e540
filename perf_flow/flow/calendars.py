"""Working calendars of people: shift, holiday list, and the settings for those who have none."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import frappe
from frappe.utils import get_time, getdate

from perf_flow.engine.chain import Deadlines
from perf_flow.engine.clock import ClockKind, Shift, WorkCalendar, add_hours
from perf_flow.engine.model import Person, Policy
from perf_flow.engine.people import Directory
from perf_flow.flow import compat, times

_KEY = "perf_flow:calendars"


def forget(doc=None, method: str | None = None) -> None:
	"""Drop the cached calendars after a holiday list, shift or company changed."""
	compat.forget(_KEY)


def _load() -> dict:
	"""Everything calendars are made of, from two months ago to a little over two years ahead."""
	start, end = times.now_site().date() - timedelta(days=60), times.now_site().date() + timedelta(days=800)
	holidays: dict[str, set[date]] = {}
	for row in frappe.get_all(
		"Holiday",
		filters={"parenttype": "Holiday List", "holiday_date": ["between", [start, end]]},
		fields=["parent", "holiday_date"],
	):
		holidays.setdefault(row.parent, set()).add(getdate(row.holiday_date))
	return {
		"holidays": {name: frozenset(days) for name, days in holidays.items()},
		"shifts": {
			row.name: (get_time(row.start_time), get_time(row.end_time), row.holiday_list)
			for row in frappe.get_all("Shift Type", fields=["name", "start_time", "end_time", "holiday_list"])
			if row.start_time is not None and row.end_time is not None
		},
		"companies": dict(
			frappe.get_all("Company", fields=["name", "default_holiday_list"], as_list=True, limit=0)
		),
	}


def _shared() -> dict:
	return compat.cached(_KEY, _load)


def working_day() -> tuple[time, time]:
	"""When the working day of people without a shift begins and ends."""
	settings = frappe.get_cached_doc("Performance Flow Settings")
	return get_time(settings.work_start or "09:00:00"), get_time(settings.work_end or "18:00:00")


def holidays_of(holiday_list: str, company: str) -> frozenset[date]:
	"""The holidays of a list, or of the company's list when there is none."""
	shared = _shared()
	return shared["holidays"].get(holiday_list or shared["companies"].get(company) or "", frozenset())


def calendar_for(holiday_list: str, shift: str, company: str) -> WorkCalendar:
	"""The working calendar of somebody with this holiday list, shift and company."""
	start, end = working_day()
	shift_row = _shared()["shifts"].get(shift)
	if shift_row:
		start, end = shift_row[0], shift_row[1]
		holiday_list = shift_row[2] or holiday_list
	return WorkCalendar(
		timezone=times.site_timezone(),
		shifts=(Shift(start, end),),
		holidays=holidays_of(holiday_list, company),
	)


class SiteDeadlines(Deadlines):
	"""The clock of one event type, with the calendars of the people in ``directory``."""

	def __init__(self, policy: Policy, directory: Directory, company: str) -> None:
		self._kind = ClockKind(policy.clock)
		self._directory = directory
		self._company = company

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		"""See ``Deadlines.shift``; people nobody knows work by the company's calendar."""
		if self._kind is ClockKind.CALENDAR:
			return add_hours(start, hours, self._kind, None)
		member = self._directory.member(person.employee) if person else None
		calendar = calendar_for(
			member.holiday_list if member else "",
			member.shift if member else "",
			(member.company if member else "") or self._company,
		)
		return add_hours(start, hours, self._kind, calendar)
