"""Desk functions of Frappe that count or find without asking for permission, asked properly for our DocTypes.

Everything else is handed to Frappe's own function unchanged.
"""

from __future__ import annotations

import datetime
import inspect
from typing import Any

import frappe
from frappe import _, client
from frappe.desk import notifications
from frappe.desk.doctype.dashboard_chart import dashboard_chart as charts
from frappe.utils import cint, get_safe_filters

from perf_flow.access import table


@frappe.whitelist()
def dashboard_chart(
	chart_name: str | None = None,
	chart: str | dict | None = None,
	no_cache: Any = None,
	filters: Any = None,
	from_date: Any = None,
	to_date: Any = None,
	timespan: str | None = None,
	time_interval: str | None = None,
	heatmap_year: Any = None,
	refresh: Any = None,
) -> dict[str, Any] | None:
	"""In place of frappe.desk.doctype.dashboard_chart.dashboard_chart.get: a heat map over one of our DocTypes
	counts what the reader may read, and no chart over them comes from a cache that readers share."""
	if chart_name:
		wanted = frappe.get_doc("Dashboard Chart", chart_name)
	else:
		wanted = frappe._dict(frappe.parse_json(chart))
	told = {
		"chart_name": chart_name,
		"chart": chart,
		"no_cache": no_cache,
		"filters": filters,
		"from_date": from_date,
		"to_date": to_date,
		"timespan": timespan,
		"time_interval": time_interval,
		"heatmap_year": heatmap_year,
		"refresh": refresh,
	}
	if wanted.document_type not in table.DOCTYPES:
		return charts.get(**told)
	if wanted.type == "Heatmap" and wanted.chart_type != "Group By":
		return _heatmap(
			wanted, frappe.parse_json(filters) or frappe.parse_json(wanted.filters_json), heatmap_year
		)
	return inspect.unwrap(charts.get)(**told)


def _heatmap(chart: Any, filters: Any, year: Any) -> dict[str, Any]:
	"""Frappe's heat map, with the reader's permissions: points by day, as seconds since 1970."""
	doctype, field = chart.document_type, chart.based_on
	year = cint(year or chart.heatmap_year) or frappe.utils.getdate().year
	filters = [
		*(filters or []),
		[doctype, "docstatus", "<", 2, False],
		[doctype, field, ">=", str(datetime.date(year, 1, 1)), False],
		[doctype, field, "<", str(datetime.date(year + 1, 1, 1)), False],
	]
	function = charts.get_aggregate_function(chart.chart_type)
	points = frappe.get_list(
		doctype,
		fields=[f"unix_timestamp({field})", f"{function}({chart.value_based_on or '1'})"],
		filters=filters,
		group_by=f"date({field})",
		order_by=f"{field} asc",
		as_list=True,
		ignore_ifnull=True,
	)
	return {"labels": [], "dataPoints": dict(points)}


@frappe.whitelist()
def count(doctype: str, filters: Any = None, debug: Any = False, cache: Any = False) -> int:
	"""In place of frappe.client.get_count, which counts everything for everybody."""
	if doctype not in table.DOCTYPES:
		return client.get_count(doctype, filters, debug, cache)
	rows = frappe.get_list(
		doctype, filters=get_safe_filters(filters), fields=["count(*) as number"], order_by=None
	)
	return int(rows[0].number)


@frappe.whitelist()
def open_count(doctype: str, name: str, items: Any = None) -> dict[str, Any]:
	"""In place of frappe.desk.notifications.get_open_count, which counts what links to a document whoever asks:
	of our DocTypes, what the reader may read."""
	counted = notifications.get_open_count(doctype, name, items)
	count = counted.get("count")
	if isinstance(count, dict):
		for found in count.get("external_links_found", ()):
			if found["doctype"] in table.DOCTYPES:
				found.update(_readable_count(doctype, name, found["doctype"]))
	return counted


def _readable_count(doctype: str, name: str, linked: str) -> dict[str, int]:
	if not frappe.has_permission(linked, "read"):
		return {"count": 0, "open_count": 0}
	links = frappe.get_meta(doctype).get_dashboard_data()
	field = links.get("non_standard_fieldnames", {}).get(linked, links.get("fieldname"))
	rows = frappe.get_list(linked, filters={field: name}, limit=100, distinct=True, order_by=None)
	return {"count": len(rows), "open_count": 0}


@frappe.whitelist()
@frappe.validate_and_sanitize_search_inputs
def find(
	doctype: str,
	txt: str,
	searchfield: str,
	start: int,
	page_len: int,
	filters: Any,
	as_dict: bool = False,
	reference_doctype: str | None = None,
	ignore_user_permissions: bool = False,
) -> list[Any]:
	"""Standard query of link fields to our DocTypes. Frappe's own leaves out permissions altogether when a
	link field ignores User Permissions, which any caller can say it does."""
	meta = frappe.get_meta(doctype)
	fields = list(dict.fromkeys(["name", *([meta.title_field] if meta.title_field else [])]))
	# names that are shown translated are found by what is shown
	translated = bool(meta.translated_doctype)
	rows = frappe.get_list(
		doctype,
		filters=filters or {},
		or_filters=[[doctype, field, "like", f"%{txt}%"] for field in fields]
		if txt and not translated
		else None,
		fields=fields,
		limit_start=0 if translated else cint(start),
		limit_page_length=0 if translated else cint(page_len) or 10,
	)
	if translated:
		rows = [row for row in rows if txt.casefold() in _(row.name).casefold()]
	return rows if as_dict else [tuple(row.values()) for row in rows]
