"""Install, use, uninstall: the site is as it would be had the app never been there; and install again."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import frappe
from frappe.permissions import setup_custom_perms

from tests.site import scratch, world

pytestmark = [pytest.mark.site, scratch.needed]

IGNORED_COLUMNS = {"creation", "modified", "modified_by"}
# their rows on the installed apps are written anew, with new names, whenever an app comes or goes
WITHOUT_NAME = {"tabInstalled Application", "tabDefaultValue"}
TRACE = re.compile(
	r"perf.?flow|performance flow|business event|performance (ledger|evidence|outbox|hr\b|administrator)"
	r"|score sheet|rehearsal run|practice (document|order|complaint|delivery)|event type problem|evidence requirement|event (recipient|collaborator|pilot scope)",
	re.IGNORECASE,
)
# Frappe's own, and the configuration, which is compared by itself
NOT_COMPARED = {"logs", "locks", "site_config.json", "touched_tables.json"}

Snapshot = dict[str, Counter]


def test_install_use_uninstall_compare_install_again():
	if scratch.is_installed():
		scratch.bench("uninstall-app", scratch.APP, "--yes", "--no-backup")
	scratch.call(first_time)
	with scratch.eye() as connection:
		before = snapshot(connection)
		scratch.call(life)
		alone = snapshot(connection)
		schema_before, files_before = schema(connection), files()
		config_before = scratch.config()

		scratch.bench("install-app", scratch.APP)
		assert "perf_flow" in scratch.bench("list-apps")
		used = scratch.call(use)
		assert used["closed"] == 1 and used["events"] > 2 and used["sealed"] > 10, used
		assert used["notifications"] > 2 and used["mails"] > 3 and used["files"] == 1, used
		assert used["problems"] == 1, used
		assert "intact" in scratch.bench("perf-flow", "verify")
		assert schema(connection) != schema_before and files() != files_before

		scratch.bench("uninstall-app", scratch.APP, "--yes", "--no-backup")
		after = snapshot(connection)
		assert schema(connection) == schema_before
		assert files() == files_before
		# the key with which Frappe encrypts passwords is the site's, whoever needed it first
		assert {k: v for k, v in scratch.config().items() if k != "encryption_key"} == {
			k: v for k, v in config_before.items() if k != "encryption_key"
		}
		assert scratch.call(cached_keys) == []
		if found := unlike(change(alone, after), change(before, alone)):
			pytest.fail(found, pytrace=False)
		assert traces(change(alone, after)) == []
		scratch.call(life)

		scratch.bench("install-app", scratch.APP)
		again = scratch.call(use)
		assert (again["closed"], again["sealed"]) == (used["closed"], used["sealed"]), again
		made = scratch.call(administrators_own)
		scratch.bench("migrate", "--skip-search-index")
		assert scratch.call(administrators_own) == made
		assert "intact" in scratch.bench("perf-flow", "verify")


# --- what is compared -----------------------------------------------------------------------------------


def schema(connection: Any) -> dict[str, list[tuple[Any, ...]]]:
	"""Tables, columns and indexes of the site's database."""
	queries = {
		"tables": """select table_name, table_type, engine, table_collation from information_schema.tables
			where table_schema = database() order by 1""",
		"columns": """select table_name, column_name, column_type, is_nullable, column_default, extra, collation_name
			from information_schema.columns where table_schema = database() order by 1, 2""",
		"indexes": """select table_name, index_name, seq_in_index, column_name, non_unique
			from information_schema.statistics where table_schema = database() order by 1, 2, 3""",
	}
	return {what: scratch.rows(connection, query) for what, query in queries.items()}


def snapshot(connection: Any) -> Snapshot:
	"""Every row of every table, as a bag of rows a table."""
	tables = scratch.rows(
		connection,
		"select table_name from information_schema.tables where table_schema = database() and table_type = 'BASE TABLE'",
	)
	found = {}
	for (table,) in tables:
		with connection.cursor() as cursor:
			cursor.execute(f"select * from `{table}`")
			skipped = IGNORED_COLUMNS | ({"name"} if table in WITHOUT_NAME else set())
			kept = [(i, c[0]) for i, c in enumerate(cursor.description) if c[0] not in skipped]
			found[table] = Counter(
				tuple((c, row[i]) for i, c in kept)
				for row in cursor.fetchall()
				if not is_frappes_own(table, row)
			)
	return found


def is_frappes_own(table: str, row: tuple[Any, ...]) -> bool:
	"""When a single was last saved, and the history that Frappe keeps of installed apps."""
	return (table == "tabSingles" and row[1] in IGNORED_COLUMNS) or (
		table == "tabVersion" and "Installed Applications" in row
	)


def change(before: Snapshot, after: Snapshot) -> dict[str, tuple[Counter, Counter]]:
	"""For each table with a difference: the rows that came and the rows that went. A changed row is both."""
	changed = {}
	for table in before.keys() | after.keys():
		old, new = before.get(table, Counter()), after.get(table, Counter())
		if old != new:
			changed[table] = (new - old, old - new)
	return changed


def unlike(changed: dict[str, tuple[Counter, Counter]], usual: dict[str, tuple[Counter, Counter]]) -> str:
	"""The tables where more or fewer rows came or went than usual, with those rows; empty if there are none."""
	nothing: tuple[Counter, Counter] = (Counter(), Counter())
	lines = []
	for table in sorted(changed.keys() | usual.keys()):
		mine, other = changed.get(table, nothing), usual.get(table, nothing)
		if [c.total() for c in mine] != [c.total() for c in other]:
			lines.append(f"{table}: usually {[c.total() for c in other]} rows came and went, now")
			for sign, bag in zip("+-", mine, strict=True):
				lines += [f"  {sign} { ({k: v for k, v in row if v is not None}) }"[:600] for row in bag]
	return "\n".join(lines)


def traces(changed: dict[str, tuple[Counter, Counter]]) -> list[tuple[str, str, str]]:
	"""The cells of new rows that speak of the app."""
	return [
		(table, column, str(value)[:200])
		for table, (came, _went) in changed.items()
		for row in came
		for column, value in row
		if value is not None and TRACE.search(str(value))
	]


def files() -> list[str]:
	"""The files of the site."""
	place = scratch.folder()
	return sorted(
		str(p.relative_to(place))
		for p in place.rglob("*")
		if p.is_file() and p.relative_to(place).parts[0] not in NOT_COMPARED
	)


def cached_keys() -> list[str]:
	"""What the app left in the cache."""
	return [str(k) for k in frappe.cache.get_keys("perf_flow")]


def administrators_own() -> list[str]:
	"""What administrators made of the app, to the last field."""
	kinds = ("Business Event Type", "Custom Field", "Property Setter", "Custom DocPerm", "Number Card")
	return [
		frappe.get_doc(kind, name).as_json()
		for kind in kinds
		for name in frappe.get_all(kind, pluck="name", order_by="name")
	]


# --- in processes of their own --------------------------------------------------------------------------


def first_time() -> None:
	"""What happens once in the life of a site: people, a dashboard, a naming series, what Frappe writes anew when
	somebody touches it."""
	scratch.crew()
	if not frappe.db.exists("Dashboard", "Mine"):
		chart = frappe.get_all("Dashboard Chart", pluck="name", limit=1)[0]
		new("Dashboard", dashboard_name="Mine", charts=[{"chart": chart, "width": "Half"}])
	if not frappe.db.exists("Custom DocPerm", {"parent": "ToDo"}):
		setup_custom_perms("ToDo")
	frappe.get_single("Installed Applications").update_versions()
	life()


def life() -> dict[str, str]:
	"""What goes on in ERPNext: an order is submitted, something is noted to be done."""
	order = world.order(scratch.crew()["anna"])
	todo = world.todo("Check the press")
	frappe.db.commit()
	return {"order": order.name, "todo": todo.name}


def use() -> dict[str, Any]:
	"""Switch types on, live, take the steps; and everything that the desk lets people do with the app's documents."""
	from perf_flow.engine import chain as engine
	from perf_flow.engine.model import Impact, Mark
	from perf_flow.flow import files as evidence_files
	from perf_flow.flow import outbox, sealer, service, store, templates

	people = scratch.crew()
	for found in templates.available():
		templates.switch_on(found.key)
	world.event_type()
	world.todo_type()
	world.todo_type("Broken", expression="doc.nothing.at_all > 1")
	scratch.say_at_once(email_immediate=1, anchor_email="keeper@flow-world.example")
	frappe.db.commit()
	lived = life()
	outbox.drain()
	event = frappe.db.get_value(
		store.EVENT, {"reference_name": lived["order"], "event_type": "Order confirmed"}, "name"
	)
	key = frappe.db.get_value("Evidence Requirement", {"parent": "Order confirmed"})
	frappe.set_user(people["anna"].user_id)
	evidence_files.give(event, key, "confirmation.pdf", PDF)
	rehearse()
	import_a_sheet()
	service.execute(event, engine.GiveMark(actor=people["max"].user_id, mark=Mark.MEETS))
	service.execute(event, engine.ConfirmImpact(actor=people["quentin"].user_id, impacts=(Impact.QUALITY,)))
	frappe.set_user("Administrator")
	frappe.db.commit()
	outbox.drain()
	sealed = sealer.seal()
	sealer.anchor()
	frappe.db.commit()
	outbox.drain()
	leave_traces(event, lived["order"], people)
	frappe.db.commit()
	return {
		"events": frappe.db.count(store.EVENT),
		"closed": frappe.db.count(store.EVENT, {"state": "Closed"}),
		"sealed": sealed,
		"notifications": frappe.db.count(
			"Notification Log", {"document_name": ["in", [lived["order"], event]]}
		),
		"mails": frappe.db.count("Email Queue"),
		"problems": frappe.db.count("Event Type Problem"),
		"files": frappe.db.count("File", {"attached_to_doctype": store.EVIDENCE}),
	}


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def import_a_sheet() -> None:
	"""Event types and comments of a score sheet; goals and KRAs are ERP documents, and would stay."""
	from perf_flow.flow import score_import, score_plan

	before = frappe.session.user
	frappe.set_user("Administrator")
	sheet = b"Name,KPI,Comment\nAnna,Installed well,Kept the plan on 12 November"
	options = json.dumps({"parts": {"goals": False, "kras": False}})
	plan = score_plan.make_plan(sheet, score_plan.options_of(options), "Administrator")
	score_import.start("sheet.csv", sheet, options, plan.seen(), "Administrator")
	assert frappe.get_meta("Goal").get_field("perf_flow_target")
	frappe.set_user(before)


def rehearse() -> None:
	"""Be in the middle of a rehearsal, with two practice files of the same content."""
	from perf_flow.engine import chain as engine
	from perf_flow.flow import cases, rehearsal

	run = rehearsal.start(frappe.session.user, "Employee")
	rehearsal.open_step(run.name)
	for name in ("page.pdf", "once more.pdf"):
		case = cases.of(run.event)
		case.give_file("confirmation", name, PDF)
		if name == "page.pdf":
			case.execute(engine.WithdrawEvidence(actor=case.actor, piece="001"))


def leave_traces(event: str, order: str, people: dict[str, Any]) -> None:
	"""Everything that people can make of, or hang on, the app's documents by the desk's own means."""
	from frappe.custom.doctype.custom_field.custom_field import create_custom_field
	from frappe.custom.doctype.property_setter.property_setter import make_property_setter
	from frappe.model.utils.user_settings import save as save_user_settings
	from frappe.model.utils.user_settings import sync_user_settings
	from frappe.permissions import add_permission

	create_custom_field("Business Event", {"fieldname": "region", "label": "Region", "fieldtype": "Data"})
	create_custom_field(
		"ToDo",
		{"fieldname": "about_event", "label": "Event", "fieldtype": "Link", "options": "Business Event"},
	)
	make_property_setter("Business Event Type", "guidance", "bold", 1, "Check")
	add_permission("Business Event Type", "Sales Manager")
	add_permission("ToDo", "Performance HR")
	hilda = frappe.get_doc("User", people["hilda"].user_id)
	roles = {r.role for r in hilda.roles}
	if "Performance HR" not in roles:
		# straight into the table: saving a user changes more than their roles
		frappe.get_doc(
			{
				"doctype": "Has Role",
				"parent": hilda.name,
				"parenttype": "User",
				"parentfield": "roles",
				"role": "Performance HR",
			}
		).db_insert()
	report = new(
		"Report",
		report_name="My events",
		report_type="Report Builder",
		ref_doctype="Business Event",
		is_standard="No",
	)
	new(
		"Auto Email Report",
		report=report.name,
		report_type="Report Builder",
		user="Administrator",
		email_to="boss@flow-world.example",
		format="HTML",
		frequency="Daily",
	)
	card = new(
		"Number Card",
		label="Open events",
		type="Document Type",
		document_type="Business Event",
		function="Count",
		filters_json="[]",
		is_public=1,
	)
	chart = new(
		"Dashboard Chart",
		chart_name="Events a week",
		chart_type="Count",
		document_type="Business Event",
		based_on="recorded_at",
		timeseries=1,
		filters_json="[]",
		time_interval="Weekly",
		timespan="Last Month",
		type="Line",
	)
	mine = {"parent": "Mine", "parenttype": "Dashboard"}
	for doctype, field, value in (
		("Dashboard Chart Link", "charts", {"chart": chart.name}),
		("Number Card Link", "cards", {"card": card.name}),
	):
		frappe.get_doc({"doctype": doctype, "parentfield": field, **mine, **value}).db_insert()
	frappe.get_doc("Dashboard Chart", chart.name).add_comment("Comment", "Look at this")
	new(
		"Kanban Board",
		kanban_board_name="Stages",
		reference_doctype="Business Event",
		field_name="state",
		columns=[{"column_name": "Open"}],
	)
	new(
		"List Filter",
		filter_name="Mine",
		reference_doctype="Business Event",
		filters="[]",
		for_user="Administrator",
	)
	new(
		"Notification",
		name="Closed",
		subject="Closed",
		document_type="Business Event",
		event="Save",
		channel="System Notification",
		message="Closed",
		recipients=[{"receiver_by_document_field": "owner"}],
		enabled=0,
	)
	new("Client Script", name="Mine", dt="Business Event", view="Form", script="// nothing")
	new(
		"User Permission",
		user=people["anna"].user_id,
		allow="Business Event Type",
		for_value="Order confirmed",
	)
	new(
		"Print Format",
		name="Event sheet",
		doc_type="Business Event",
		html="<p></p>",
		custom_format=1,
		standard="No",
	)
	preference = {"user": people["anna"].user_id, "email_digest": 0}
	if not frappe.db.exists("Performance Flow Preference", people["anna"].user_id):
		new("Performance Flow Preference", **preference)
	frappe.get_doc("Business Event", event).add_comment("Comment", "Well done")
	frappe.get_doc("Business Event Type", "Order confirmed").add_comment("Comment", "Since spring")
	frappe.get_doc("Business Event Type", "Order confirmed").add_viewed("Administrator")
	new("Document Follow", ref_doctype="Business Event", ref_docname=event, user=people["boss"].user_id)
	kind = frappe.get_doc("Business Event Type", "Order confirmed")
	kind.guidance = "Ask the customer for a signature."
	kind.save()
	save_user_settings("Business Event", json.dumps({"List": {"filters": []}}))
	sync_user_settings()
	other = world.todo_type("Deleted again", enabled=0)
	frappe.delete_doc("Business Event Type", other.name)
	assert Path(frappe.get_site_path("private", "perf_flow_anchors.jsonl")).exists()


def new(doctype: str, **values: Any) -> Any:
	return frappe.get_doc({"doctype": doctype, **values}).insert(ignore_permissions=True)
