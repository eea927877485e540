"""The shop floor: what a board counts, for whom, on which day, and who may set one up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

import frappe
from frappe.utils import add_days

from perf_flow.api import shop_floor as api
from perf_flow.flow import shop_floor, times
from tests.site import world
from tests.site.conftest import begin_anew

pytestmark = pytest.mark.site

BOARD = "Site checks"


class Floor:
	"""Checks of Max over ToDo, by priority as the team, and one of Quentin. ``today`` is the site's day."""

	def __init__(self) -> None:
		boss = world.person("Boss")
		self.max = world.person("Max", boss.name).user_id
		self.quentin = world.person("Quentin", boss.name).user_id
		self.keeper = world.person("Keeper", roles=("Performance Administrator",)).user_id
		self.today = times.now_site().date()
		for what, team, days, status in (
			("Oil", "High", 0, "Open"),
			("Coolant", "High", 0, "Closed"),
			("Stop button", "Low", 0, "Open"),
			("Filter", "Low", -3, "Open"),
			("Belt, done long ago", "Low", -3, "Closed"),
			("Lamp, tomorrow", "Low", 1, "Open"),
			("Fan, not needed", "Low", 0, "Cancelled"),
		):
			self.task(what, self.max, priority=team, date=add_days(self.today, days), status=status)
		self.task("Of somebody else", self.quentin, priority="Medium", date=self.today)
		self.board = frappe.get_doc(board()).insert(ignore_permissions=True)

	@staticmethod
	def task(what: str, user: str, **more: Any) -> Any:
		return world.todo(what, allocated_to=user, **more)


def board(**more: Any) -> dict[str, Any]:
	return {
		"doctype": shop_floor.BOARD,
		"title": BOARD,
		"reference_doctype": "ToDo",
		"date_field": "date",
		"status_field": "status",
		"done_values": "Closed",
		"left_out_values": "Cancelled",
		"team_field": "priority",
		"target": 85,
		"current_value": 78.5,
		**more,
	}


@pytest.fixture(scope="module")
def recorded(site: str) -> Iterator[Floor]:
	begin_anew()
	frappe.db.begin()
	made = Floor()
	begin_anew()
	yield made
	frappe.db.rollback()
	frappe.clear_cache()
	begin_anew()


@pytest.fixture(autouse=True)
def undo(recorded: Floor) -> Iterator[None]:
	"""In place of the one for all site tests: go back to the floor, which is not committed."""
	begin_anew()
	frappe.db.savepoint("shop_floor")
	yield
	frappe.db.rollback(save_point="shop_floor")
	begin_anew()


def show(user: str, as_user: Any, name: str = BOARD) -> dict[str, Any]:
	with as_user(user):
		shown = api.show(name)["board"]
	assert shown is not None
	return shown


def teams(shown: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
	return {team["team"]: (team["done"], team["due"], team["late"]) for team in shown["teams"]}


def test_due_done_and_late_by_team(recorded, as_user):
	shown = show(recorded.max, as_user)
	assert shown["totals"] == {"due": 4, "done": 1, "late": 1}
	assert teams(shown) == {"Low": (0, 2, 1), "High": (1, 2, 0)}
	assert [team["team"] for team in shown["teams"]] == ["Low", "High"], "the late ones first"
	titles = {check["title"] for team in shown["teams"] for check in team["checks"]}
	assert titles == {"Oil", "Coolant", "Stop button", "Filter"}
	assert shown["goal"] == {"label": "OEE", "target": 85.0, "value": 78.5, "as_of": None}
	assert (shown["teams_are_people"], shown["more"]) == (False, False)


def test_each_counts_what_they_may_read(recorded, as_user):
	assert teams(show(recorded.quentin, as_user)) == {"Medium": (0, 1, 0)}
	assert show(recorded.keeper, as_user)["totals"]["due"] == 0


def test_without_read_permission_on_the_documents_there_is_no_board(recorded, as_user):
	frappe.get_doc(
		board(
			title="Orders today",
			reference_doctype="Sales Order",
			date_field="delivery_date",
			done_values="Completed",
			left_out_values="",
			team_field="",
		)
	).insert(ignore_permissions=True)
	with as_user(recorded.max):
		assert "Orders today" not in [one["name"] for one in api.show()["boards"]]
		for name in ("Orders today", "No such board"):
			with pytest.raises(frappe.PermissionError):
				api.show(name)
	frappe.db.set_value(shop_floor.BOARD, BOARD, "enabled", 0)
	with as_user(recorded.max), pytest.raises(frappe.PermissionError):
		api.show(BOARD)
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		api.show()


def test_only_administrators_set_boards_up(recorded, as_user):
	if frappe.db.exists(shop_floor.BOARD, shop_floor.READY):
		frappe.delete_doc(shop_floor.BOARD, shop_floor.READY)
	for user in (recorded.max, recorded.quentin):
		with as_user(user):
			for refused in (
				api.set_up,
				lambda: api.choices("ToDo"),
				lambda: frappe.get_doc(board(title="Mine")).insert(),
				lambda: frappe.get_doc(shop_floor.BOARD, BOARD).save(),
				lambda: frappe.delete_doc(shop_floor.BOARD, BOARD),
			):
				with pytest.raises(frappe.PermissionError):
					refused()
			assert not api.show()["may_set_up"]
			assert frappe.get_doc(shop_floor.BOARD, BOARD).has_permission("read")
	with as_user(recorded.keeper):
		assert api.show()["may_set_up"]
		assert api.set_up() == api.set_up() == {"name": shop_floor.READY}
		found = api.choices("Asset Maintenance Log")
	assert "asset_maintenance.maintenance_team" in [one["value"] for one in found["team_field"]]
	assert "due_date" in [one["value"] for one in found["date_field"]]
	offered = [one["value"] for key in ("team_field", "title_field") for one in api_choices("ToDo")[key]]
	assert not [one for one in offered if "api_key" in one or "secret" in one]


def api_choices(doctype: str) -> dict[str, Any]:
	return shop_floor.choices(doctype)


def test_equipment_checks_of_erpnext(recorded, as_user):
	if not frappe.db.exists(shop_floor.BOARD, shop_floor.READY):
		frappe.get_doc(shop_floor.ready_board()).insert(ignore_permissions=True)
	frappe.get_doc("User", recorded.max).add_roles("Manufacturing User")
	frappe.get_doc(
		{"doctype": "Asset Maintenance", "name": "Press", "maintenance_team": "Hall 2"}
	).db_insert()
	before = show(recorded.max, as_user, shop_floor.READY)["totals"]
	yesterday = add_days(recorded.today, -1)
	for name, due, status, done_on, docstatus in (
		("aml-1", recorded.today, "Planned", None, 0),
		("aml-2", recorded.today, "Completed", recorded.today, 1),
		("aml-3", yesterday, "Overdue", None, 0),
		("aml-4", yesterday, "Completed", recorded.today, 1),
		("aml-5", yesterday, "Completed", yesterday, 1),
		("aml-6", recorded.today, "Cancelled", None, 1),
		("aml-7", recorded.today, "Planned", None, 2),
	):
		frappe.get_doc(
			{
				"doctype": "Asset Maintenance Log",
				"name": name,
				"asset_maintenance": "Press",
				"task_name": f"Task {name}",
				"due_date": due,
				"maintenance_status": status,
				"completion_date": done_on,
				"docstatus": docstatus,
			}
		).db_insert()
	shown = show(recorded.max, as_user, shop_floor.READY)
	assert {key: shown["totals"][key] - before[key] for key in before} == {"due": 4, "done": 2, "late": 1}
	(hall,) = [team for team in shown["teams"] if team["team"] == "Hall 2"]
	assert {"Task aml-1", "Task aml-2", "Task aml-3", "Task aml-4"} <= {c["title"] for c in hall["checks"]}


def test_today_is_the_day_of_the_site(recorded, as_user, monkeypatch):
	"""Shortly before and after midnight at the site, whatever the day is elsewhere."""
	midnight = datetime.combine(recorded.today, datetime.min.time())
	for moment, due in ((midnight - timedelta(minutes=1), {"Filter"}), (midnight, {"Oil", "Filter"})):
		utc = times.to_utc(moment)
		assert utc is not None and utc.tzinfo is timezone.utc
		monkeypatch.setattr(times, "now_utc", lambda now=utc: now)
		shown = show(recorded.max, as_user)
		found = {check["title"] for team in shown["teams"] for check in team["checks"]}
		assert due <= found and ("Oil" in found) is ("Oil" in due)
		assert shown["today"] == moment.date().isoformat()


def test_a_date_and_time_is_due_on_its_whole_day(recorded, as_user):
	frappe.db.set_value(shop_floor.BOARD, BOARD, {"date_field": "date", "done_on_field": ""})
	doc = frappe.get_doc(shop_floor.BOARD, BOARD)
	day = recorded.today
	on = shop_floor._on("ToDo", day)("creation")
	assert str(on[3][0]).endswith("00:00:00") and str(on[3][1]).endswith("23:59:59.999999")
	doc.date_field = "creation"
	with pytest.raises(frappe.ValidationError):
		doc.save()  # not a field that people choose


def test_names_of_people_are_known_as_such(recorded):
	for path, people in (("allocated_to", True), ("assigned_by_full_name", True), ("priority", False)):
		assert shop_floor._names_people("ToDo", path) is people, path


def test_goal_is_shown_to_those_who_may_read_it(recorded, as_user):
	frappe.get_doc({"doctype": "Goal", "name": "goal-oee", "goal_name": "OEE", "progress": 81}).db_insert()
	frappe.db.set_value(shop_floor.BOARD, BOARD, "goal", "goal-oee")
	assert show(recorded.max, as_user)["goal"]["value"] == 81
	frappe.db.delete("Has Role", {"parent": recorded.max, "role": "Employee"})
	frappe.clear_cache(user=recorded.max)
	begin_anew()
	assert show(recorded.max, as_user)["goal"]["value"] is None


@pytest.mark.parametrize(
	("wrong", "said"),
	[
		({"date_field": "priority"}, "fits"),
		({"team_field": "nothing"}, "fits"),
		({"team_field": "allocated_to.nothing"}, "fits"),
		({"date_field": "allocated_to.birth_date"}, "fits"),
		({"done_values": "Finished"}, "not one of the states"),
		({"done_values": " "}, "state means"),
		({"only_company": "Any"}, "no field for the company"),
		({"reference_doctype": "Business Event"}, "own documents"),
		({"reference_doctype": "System Settings"}, "counted"),
		({"target": 120}, "percentage"),
	],
)
def test_boards_that_cannot_be_carried_out_are_refused(recorded, wrong, said):
	with pytest.raises(frappe.ValidationError, match=said):
		frappe.get_doc(board(title="Wrong", **wrong)).insert(ignore_links=True)
