"""The site's clock. The engine works in aware UTC, Frappe stores naive local time: here they meet."""

from __future__ import annotations

from datetime import date, datetime, timezone

import frappe
from frappe.utils import get_system_timezone

from perf_flow.engine import clock


def now_utc() -> datetime:
	"""The server's time, aware, UTC. The only place where the flow reads a clock."""
	return datetime.now(timezone.utc)


def site_timezone() -> str:
	"""The IANA name of the site's time zone."""
	if not getattr(frappe.local, "perf_flow_timezone", None):
		frappe.local.perf_flow_timezone = get_system_timezone()
	return frappe.local.perf_flow_timezone


def to_site(value: datetime | None) -> datetime | None:
	"""Aware UTC to the naive local time that Frappe stores; None stays None."""
	return None if value is None else clock.utc_to_site(value, site_timezone())


def to_utc(value: datetime | None) -> datetime | None:
	"""Frappe's naive local time to aware UTC; None stays None."""
	return None if value is None else clock.site_to_utc(value, site_timezone())


def now_site() -> datetime:
	"""The server's time as naive local time."""
	local = to_site(now_utc())
	assert local is not None
	return local


def local_date(value: datetime) -> date:
	"""The calendar day of an aware instant at the site."""
	return clock.local_date(value, site_timezone())
