"""The table of permissions, its document, the DocTypes' own definitions and the hooks say the same."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from perf_flow import access, hooks
from perf_flow.access import table
from perf_flow.access.table import Reach, Step, Who

ROOT = Path(__file__).parents[2]
APP = ROOT / "perf_flow"
OF_EVENTS = (table.EVENT, table.ACTION, table.EVIDENCE, table.ENTRY)
RULED = (*OF_EVENTS, table.PREFERENCE, table.TEMPLATE)
"""DocTypes of which roles alone do not say who reads a row."""


@cache
def doctypes() -> dict[str, dict[str, Any]]:
	found = {}
	for path in (APP / "perf_flow" / "doctype").glob("*/*.json"):
		definition = json.loads(path.read_text(encoding="utf-8"))
		found[definition["name"]] = definition
	return found


def test_document_is_up_to_date() -> None:
	written = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
	assert written == table.markdown(), "run: python -m perf_flow.access.table > docs/permissions.md"


def test_document_is_written_without_frappe() -> None:
	code = (
		"import sys, runpy; sys.modules['frappe'] = None; "
		"runpy.run_module('perf_flow.access.table', run_name='__main__')"
	)
	done = subprocess.run(
		[sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
	)
	assert done.returncode == 0, done.stderr
	assert done.stdout == table.markdown()


def test_every_document_type_has_its_row() -> None:
	assert set(table.DOCTYPES) == {name for name, doc in doctypes().items() if not doc.get("istable")}


@pytest.mark.parametrize("doctype", table.DOCTYPES)
def test_roles_of_a_document_type_are_those_of_the_table(doctype: str) -> None:
	def plain(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
		kept = {row["role"]: {k: v for k, v in row.items() if v and k != "role"} for row in rows}
		assert len(kept) == len(rows), "a role has two rows"
		return kept

	assert plain(doctypes()[doctype]["permissions"]) == plain(table.role_permissions(doctype))


def test_child_tables_have_no_permissions_of_their_own() -> None:
	assert {name: doc["permissions"] for name, doc in doctypes().items() if doc.get("istable")} == {
		name: [] for name, doc in doctypes().items() if doc.get("istable")
	}


def test_cells_make_sense() -> None:
	for doctype, row in table.DOCTYPES.items():
		for who, grant in row.items():
			assert grant.rights and grant.rights <= set(table.RIGHTS), (doctype, who)
			assert who is not Who.GUEST
			of_event = who not in (Who.ADMINISTRATOR, Who.DESK_USER)
			assert grant.reach is not Reach.EVENT or of_event, (doctype, who)
			assert table.PERSONS[who].roles, (doctype, who)
	assert set(table.STEPS) == set(Step)


def test_nobody_but_who_belongs_to_an_event_reads_it() -> None:
	for doctype in OF_EVENTS:
		readers = {who for who, _reach in table.grants(doctype, "read")}
		assert readers.isdisjoint({Who.ADMINISTRATOR, Who.DESK_USER, Who.GUEST}), doctype
		for right in ("create", "delete"):
			assert not list(table.grants(doctype, right)), doctype
	assert dict(table.grants(table.ACTION, "read"))[Who.COLLABORATOR] is Reach.OWN
	assert Who.COLLABORATOR not in dict(table.grants(table.EVIDENCE, "read"))


def test_steps_agree_with_documents() -> None:
	for step, doctype in (
		(Step.SEE_EVENT, table.EVENT),
		(Step.SEE_OWN_STEP, table.ACTION),
		(Step.SEE_EVIDENCE, table.EVIDENCE),
		(Step.HEALTH, table.EVENT),
	):
		assert set(table.STEPS[step]) == {who for who, _reach in table.grants(doctype, "read")}, step
	assert set(table.STEPS[Step.SEE_ALL_STEPS]) == {
		who for who, reach in table.grants(table.ACTION, "read") if reach is Reach.EVENT
	}


@pytest.mark.parametrize("doctype", RULED)
def test_frappe_shows_nothing_of_these_past_the_rules(doctype: str) -> None:
	definition = doctypes()[doctype]
	for setting in (
		"show_title_field_in_link",
		"show_preview_popup",
		"allow_import",
		"allow_guest_to_view",
		"has_web_view",
		"allow_auto_repeat",
		"email_append_to",
		"track_changes",
		"track_seen",
		"track_views",
		"make_attachments_public",
	):
		assert not definition.get(setting), setting
	for field in definition["fields"]:
		assert not field.get("in_global_search"), field["fieldname"]
		if field["fieldtype"] == "Link":
			assert field.get("ignore_user_permissions"), f"User Permissions would narrow {field['fieldname']}"


@pytest.mark.parametrize("doctype", RULED)
def test_lists_and_single_documents_are_both_ruled(doctype: str) -> None:
	scrubbed = doctype.lower().replace(" ", "_")
	assert hooks.permission_query_conditions[doctype] == f"perf_flow.access.{scrubbed}_conditions"
	assert hooks.has_permission[doctype] == f"perf_flow.access.has_{scrubbed}_permission"
	assert hooks.standard_queries[doctype] == "perf_flow.access.find"


def test_what_hangs_on_documents_is_ruled_too() -> None:
	assert hooks.standard_queries["Business Event Type"] == "perf_flow.access.find"
	assert hooks.permission_query_conditions["File"] == "perf_flow.access.file_conditions"
	assert hooks.permission_query_conditions["Comment"] == "perf_flow.access.comment_conditions"
	assert hooks.has_permission["Comment"] == "perf_flow.access.has_comment_permission"
	assert hooks.doc_events["DocShare"]["validate"] == "perf_flow.access.guard_share"
	assert hooks.doc_events["ToDo"]["validate"] == "perf_flow.access.guard_reference"
	assert hooks.doc_events["Tag Link"]["validate"] == "perf_flow.access.guard_reference"
	assert hooks.override_whitelisted_methods == {
		"frappe.client.get_count": "perf_flow.access.count",
		"frappe.desk.doctype.dashboard_chart.dashboard_chart.get": "perf_flow.access.dashboard_chart",
		"frappe.desk.notifications.get_open_count": "perf_flow.access.open_count",
	}


def test_hooks_name_functions_that_exist() -> None:
	named = [
		*hooks.permission_query_conditions.values(),
		*hooks.has_permission.values(),
		*hooks.standard_queries.values(),
		*hooks.override_whitelisted_methods.values(),
	]
	for events in hooks.doc_events.values():
		for handlers in events.values():
			named += [handlers] if isinstance(handlers, str) else handlers
	ours = [name.rpartition(".")[2] for name in named if name.rpartition(".")[0] == "perf_flow.access"]
	assert len(ours) > 15
	for name in ours:
		place = APP / "access" / f"{access._PLACE_OF[name].rpartition('.')[2]}.py"
		source = place.read_text(encoding="utf-8")
		assert f"\ndef {name}(" in source, name


def test_access_offers_nothing_else() -> None:
	with pytest.raises(AttributeError):
		_ = access.everything


def test_roles_that_the_app_brings_along() -> None:
	roles = json.loads((APP / "fixtures" / "role.json").read_text(encoding="utf-8"))
	assert {role["role_name"] for role in roles} == set(table.OWN_ROLES)
	assert all(role["name"] == role["role_name"] and role["desk_access"] == 1 for role in roles)
	(fixture,) = hooks.fixtures
	assert set(fixture["filters"][0][2]) == set(table.OWN_ROLES)
