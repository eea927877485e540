"""What HR and business owners see on the desk: the funnel, the sweep's finds, events without a person; each figure
with exactly its rows behind it, for people who may see different things."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from html import unescape
from statistics import median
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

import frappe
from frappe.desk.desktop import get_desktop_page
from frappe.utils import getdate

from perf_flow.api import desk
from perf_flow.api import figures as api
from perf_flow.perf_flow.report.events_without_a_person.events_without_a_person import Cause, causes_of
from tests.site.test_health_report import (
	ANNA,
	DEPARTMENTS,
	HR_HERE,
	HR_THERE,
	LOGINS,
	OUTSIDER,
	TOP,
	World,
	readers,
	report,
	standing,
	world,
)

As = Callable[[str], AbstractContextManager[None]]
NOBODY, EVERYTHING = OUTSIDER, "Administrator"

__all__ = ["world"]  # the fixture


def rows_behind(filters: dict[str, Any]) -> int:
	"""How many events the reader's list shows with filters as a route hands them over."""
	return len(frappe.get_list("Business Event", filters=filters, limit=0))


def of_url(url: str) -> dict[str, Any]:
	"""The filters of an address of the list, as the desk reads them."""
	parts = urlsplit(url)
	assert parts.path == "/app/business-event"
	found = {}
	for name, value in parse_qsl(parts.query):
		found[name] = json.loads(value) if value.startswith("[") else value
	return found


def funnel_of(rows: list[dict[str, Any]]) -> list[int]:
	live = [row for row in rows if row["state"] != "Void"]
	here = Counter(row["stage"] for row in live if row["state"] == "Open")
	counts = [len(live)]
	for stage in ("Evidence", "Mark", "Confirmation"):
		counts.append(counts[-1] - here[stage])
	return [*counts, sum(row["state"] == "Closed" for row in live)]


def test_the_funnel_and_each_of_its_rows(world: World, as_user: As) -> None:
	for user in readers():
		the_funnel_of(user, world, as_user)


def the_funnel_of(user: str, world: World, as_user: As) -> None:
	mine = world.of(user)
	with as_user(user):
		found = report("Where Chains Stall", picture="Funnel")
		if not mine:
			assert found["chart"] == {"data": {}} and "pf-funnel" not in found["message"]
			assert "was recorded in these weeks" in found["message"]
			return
		values = found["chart"]["data"]["datasets"][0]["values"]
		assert values == funnel_of(mine)
		assert [rows_behind(filters) for filters in found["chart"]["behind"]] == values
		# the drawn funnel says the same, and every number in it leads to as many events
		links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', found["message"])
		assert len(links) >= 5
		for url, text in links:
			number = int(re.findall(r"\d+", text)[0])
			assert rows_behind(of_url(unescape(url))) == number, text
	closed = [row for row in mine if row["state"] == "Closed"]
	if closed:
		hours = median([(row["closed_at"] - row["recorded_at"]).total_seconds() / 3600 for row in closed])
		assert f"median {hours:.1f} hours in all" in found["message"]
		in_time = sum(standing(row, world.now) == "in_time" for row in closed)
		assert f"{in_time} of them in time" in found["message"]


def test_each_point_of_a_chart_opens_its_rows(world: World, as_user: As) -> None:
	for user in (EVERYTHING, LOGINS[TOP], LOGINS[ANNA], HR_HERE):
		points_of(user, world, as_user)
	with pytest.raises(frappe.ValidationError):
		report("Where Chains Stall", picture="Pie")


def points_of(user: str, world: World, as_user: As) -> None:
	mine = world.of(user)
	day = world.now.date() - timedelta(days=90)
	with as_user(user):
		for group, field in {"Department": "department", "Line Manager": "manager", "Week": None}.items():
			found = report("Flow Health", group_by=group, from_date=day, to_date=world.now.date())
			drawn = [row for row in found["result"] if not row.get("is_total") and row["percent"] is not None]
			behind = found["chart"]["behind"]
			assert len(behind) == len(found["chart"]["data"]["labels"]) == len(drawn) > 0
			for row, filters in zip(drawn, behind, strict=True):
				assert rows_behind(filters) == row["counted"] + row["running"] + row["void"], (group, row)
			if field:
				first = day - timedelta(days=day.weekday())
				period = [row for row in mine if row["recorded_at"].date() >= first]
				assert sum(rows_behind(filters) for filters in behind) <= len(period)
		for picture, stage in (("Waiting", 3), ("Hours", 4)):
			chart = report("Where Chains Stall", picture=picture)["chart"]
			assert len(chart["behind"]) == len(chart["data"]["labels"]) == stage
			if picture == "Waiting":
				sums = [
					sum(both)
					for both in zip(*[one["values"] for one in chart["data"]["datasets"]], strict=True)
				]
				assert [rows_behind(filters) for filters in chart["behind"]] == sums


def test_how_events_were_found(world: World, as_user: As) -> None:
	for user in readers():
		sources_of(user, world, as_user)


def sources_of(user: str, world: World, as_user: As) -> None:
	mine = world.of(user)
	with as_user(user):
		found = report("How Events Were Found", group_by="Department")
		chart = found["chart"]
		behind = [rows_behind(filters) for filters in chart.get("behind", [])]
	columns = {"Document Event": "document", "Sweep": "sweep", "Schedule": "schedule", "Manual": "manual"}
	expected: dict[str, Counter[str]] = {}
	for row in mine:
		expected.setdefault(row["department"] or "", Counter())[columns[row["source"]]] += 1
	rows = {row["group"]: row for row in found["result"] if not row.get("is_total")}
	assert rows.keys() == expected.keys()
	for group, numbers in expected.items():
		assert {name: rows[group][name] for name in columns.values()} == {
			name: numbers[name] for name in columns.values()
		}
		assert rows[group]["share"] == pytest.approx(100 * numbers["sweep"] / sum(numbers.values()))
	swept = [row["sweep"] for row in rows.values() if row["sweep"]]
	assert behind == swept
	if not mine:
		assert "was recorded in these weeks" in found["message"]


def test_events_without_a_person_say_what_to_do(world: World, as_user: As) -> None:
	waits = [row for row in world.of(HR_HERE) if row["needs_attention"] and row["state"] == "Open"]
	frappe.get_doc("User", HR_THERE).add_roles("Employee")
	with as_user(HR_HERE):
		found = report("Events Without a Person")
		assert api.events_without_person()["value"] == len(waits) == len(found["result"]) > 5
		some = report("Events Without a Person", department=DEPARTMENTS[0])["result"]
	assert {row["name"] for row in found["result"]} == {row["name"] for row in waits}
	assert {row["name"] for row in some} == {
		row["name"] for row in waits if row["department"] == DEPARTMENTS[0]
	}
	late = [row["is_late"] for row in found["result"]]
	assert late == sorted(late, reverse=True)
	by_name = {row["name"]: row for row in waits}
	for row in found["result"]:
		event = by_name[row["name"]]
		assert row["is_late"] == (event["target_at"] < world.now)
		assert row["help"].startswith("Open it and")
		if event["stage"] != "Confirmation" and not event["employee"]:
			assert row["help"] == f"Open it and hand over: {event['stage']}"
	without = sum(not row["employee"] for row in waits)
	assert f"{without} have no person concerned" in found["message"]
	assert f"{len(waits) - without} have no line manager" in found["message"]
	for user in (LOGINS[TOP], LOGINS[ANNA], OUTSIDER, "Guest"):
		with as_user(user), pytest.raises(frappe.PermissionError):
			report("Events Without a Person")
	frappe.db.set_value("Business Event", {"needs_attention": 1}, "needs_attention", 0)
	with as_user(HR_HERE):
		assert "There is nothing to do here" in report("Events Without a Person")["message"]


def test_causes_of_nobody() -> None:
	assert causes_of({"Evidence", "Mark"}, False, False) == [Cause.PERSON]
	assert causes_of({"Mark"}, True, False) == [Cause.MANAGER]
	assert causes_of({"Confirmation"}, True, True) == [Cause.COLLABORATOR]
	assert causes_of({"Evidence", "Confirmation"}, False, False) == [Cause.PERSON, Cause.COLLABORATOR]
	assert causes_of(set(), True, True) == []


def test_cards_of_the_sweep_and_of_types(world: World, as_user: As) -> None:
	monday = getdate() - timedelta(weeks=11, days=getdate().weekday())
	for user in (EVERYTHING, HR_HERE, LOGINS[ANNA], NOBODY):
		swept = [
			row
			for row in world.of(user)
			if row["source"] == "Sweep"
			and row["recorded_at"] >= datetime.combine(monday, datetime.min.time())
		]
		with as_user(user):
			assert api.events_by_sweep()["value"] == len(swept)
			assert api.open_events()["value"] == sum(row["state"] == "Open" for row in world.of(user))
	# problems of event types are the administrators'
	with as_user(HR_HERE), pytest.raises(frappe.PermissionError):
		api.type_problems()
	card = api.type_problems()
	assert card["value"] == frappe.db.count("Event Type Problem")


def desk_page(user: str, as_user: As) -> dict[str, set[str]]:
	frappe.clear_cache(user=user)
	with as_user(user):
		page = get_desktop_page(json.dumps({"name": "Flow Health", "title": "Flow Health", "public": 1}))
	return {
		part: {item.get("label") for item in page[part]["items"]}
		for part in ("number_cards", "charts", "shortcuts")
	}


def test_the_workspace_holds_what_its_reader_may_open(world: World, as_user: As) -> None:
	hr = desk_page(HR_HERE, as_user)
	assert "Business events without a person" in hr["number_cards"]
	assert "Problems of event types" not in hr["number_cards"]
	assert "Events Without a Person" in hr["shortcuts"]
	worker = desk_page(LOGINS[ANNA], as_user)
	assert (
		"Flow health of 12 weeks" in worker["number_cards"] and "From recorded to closed" in worker["charts"]
	)
	assert not worker["shortcuts"] & {"Events Without a Person", "Event Type Problem"}
	frappe.get_doc("User", OUTSIDER).add_roles("Performance Administrator")
	assert "Problems of event types" in desk_page(OUTSIDER, as_user)["number_cards"]


def test_the_workspace_is_whole() -> None:
	workspace = frappe.get_doc("Workspace", "Flow Health")
	assert workspace.public and workspace.module == "Perf Flow" and not workspace.roles
	blocks = json.loads(workspace.content)
	named = {
		"number_card": {row.label for row in workspace.number_cards},
		"chart": {row.label for row in workspace.charts},
		"shortcut": {row.label for row in workspace.shortcuts},
	}
	for kind, labels in named.items():
		assert sorted(b["data"][f"{kind}_name"] for b in blocks if b["type"] == kind) == sorted(labels)
	# what its charts ask for is something their reports know
	for row in workspace.charts:
		chart = frappe.get_doc("Dashboard Chart", row.chart_name)
		found = report(chart.report_name, **json.loads(chart.filters_json))
		assert "data" in found["chart"], chart.name
	for row in workspace.shortcuts:
		assert frappe.db.exists(row.type, row.link_to), row.label


def test_the_figures_of_a_workspace_are_those_of_its_cards(world: World, as_user: As) -> None:
	"""What is shown before Frappe has read its cards: the same cards, numbers and ways, to the same reader."""
	for user in (HR_HERE, LOGINS[ANNA], OUTSIDER):
		shown = desk_page(user, as_user)
		with as_user(user):
			found = desk.figures("Flow Health")
			assert {card["label"] for card in found} == shown["number_cards"]
			parts = [*desk.figures("Flow Health", "0", "1"), *desk.figures("Flow Health", 1)]
			assert [card["name"] for card in parts] == [card["name"] for card in found]
			for card in found:
				method = frappe.db.get_value("Number Card", card["name"], "method")
				assert card["value"] == frappe.get_attr(method)()["value"]
				assert card["route"] and 1 <= card["col"] <= 12
			widgets = desk.widgets("Flow Health")
			names = {(doc["doctype"], doc["name"]) for doc in widgets["docs"]}
			assert len(names) == len(shown["number_cards"]) + len(shown["charts"])
			assert widgets["scripts"].keys() == {
				doc["report_name"] for doc in widgets["docs"] if doc["doctype"] == "Dashboard Chart"
			}
	for user in ("Guest", LOGINS[ANNA]):
		for method in (desk.figures, desk.widgets):
			with as_user(user), pytest.raises(frappe.PermissionError):
				method("Flow Health" if user == "Guest" else "Users")


def test_departments_are_drawn_without_their_company_where_that_is_clear() -> None:
	from perf_flow.perf_flow.report.flow_health.flow_health import _short_names

	assert _short_names(["Sales - A", "Sales - B", "Line - 2 - A", "Nothing"]) == {
		"Sales - A": "Sales - A",
		"Sales - B": "Sales - B",
		"Line - 2 - A": "Line - 2",
		"Nothing": "Nothing",
	}
