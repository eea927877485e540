"""Somebody with the database in their hands: each manipulation is found and named by ``verify``."""

from __future__ import annotations

import pytest

import frappe

from perf_flow.engine import chain as engine
from perf_flow.engine.model import Mark
from perf_flow.flow import sealer, service, store, verify
from tests.site import world

pytestmark = pytest.mark.site

ENTRY, SEAL = "`tabPerformance Ledger Entry`", "`tabPerformance Ledger Seal`"


@pytest.fixture
def book(site, monkeypatch, tmp_path):
	"""Two events with their steps, sealed and anchored, in this transaction alone."""
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	monkeypatch.setattr(sealer, "anchor_file", lambda: str(tmp_path / "anchors.jsonl"))
	for table in (
		store.EVENT,
		store.ACTION,
		store.EVIDENCE,
		store.ENTRY,
		store.OUTBOX,
		"Performance Ledger Seal",
	):
		frappe.db.delete(table)
	frappe.db.delete("Performance Ledger Anchor")
	max_ = world.person("Max")
	anna = world.person("Anna", max_.name)
	kind = world.todo_type(recipients=[{"source": "Named Employee", "employee": anna.name}])
	key = frappe.db.get_value("Evidence Requirement", {"parent": kind.name})
	names = []
	for _n in range(2):
		event = world.events(world.todo())[0].name
		service.execute(
			event, engine.GiveEvidence(actor=anna.user_id, requirement=key, value="Signed on site")
		)
		service.execute(event, engine.GiveMark(actor=max_.user_id, mark=Mark.MEETS, reason="as agreed"))
		names.append(event)
	sealer.seal()
	sealer.anchor()
	assert verify.verify() == []
	return names


def kinds():
	return {d.kind for d in verify.verify()}


def sql(statement, *values):
	frappe.db.sql(statement, values)


def test_everything_is_sealed_in_order(book):
	numbers = frappe.db.sql(f"select number from {SEAL} order by number", pluck=True)
	assert numbers == list(range(1, frappe.db.count(store.ENTRY) + 1))
	assert sealer.seal() == 0


@pytest.mark.parametrize(
	("column", "value"),
	[
		("payload", '{"mark":"Needs Improvement","reason":"","step":"1-M"}'),
		("actor", "somebody@else.example"),
		("recorded_at", "2020-01-01T00:00:00.000000Z"),
		("fact", "RoundOpened"),
	],
)
def test_edited(book, column, value):
	sql(f"update {ENTRY} set {column} = %s where event = %s and fact = 'MarkGiven'", value, book[0])
	assert "Edited" in kinds()


def test_deleted(book):
	sql(f"delete from {ENTRY} where event = %s and fact = 'MarkGiven'", book[0])
	assert "Deleted" in kinds()


def test_deleted_with_its_seal(book):
	(name,) = frappe.db.sql(
		f"select name from {ENTRY} where event = %s and fact = 'MarkGiven'", book[0], pluck=True
	)
	sql(f"delete from {ENTRY} where name = %s", name)
	sql(f"delete from {SEAL} where entry = %s", name)
	assert "Deleted" in kinds()


def test_inserted_is_never_sealed(book):
	frappe.db.sql(
		f"""insert into {ENTRY} (name, creation, modified, event, seq, fact, payload, actor, recorded_at, proof)
		select concat(event, '-00099'), creation, modified, event, 99, fact, payload, actor, recorded_at, proof
		from {ENTRY} where event = %s and seq = 1""",
		(book[0],),
	)
	sealer.seal()
	assert not frappe.db.exists("Performance Ledger Seal", {"entry": f"{book[0]}-00099"})
	assert "Inserted" in kinds()


def test_reordered(book):
	sql(f"update {SEAL} set number = number + 1000000 where number = 2")
	sql(f"update {SEAL} set number = 2 where number = 3")
	sql(f"update {SEAL} set number = 3 where number = 1000002")
	assert "Re-ordered" in kinds()


def test_cut_off_at_the_end(book):
	last = frappe.db.sql(f"select entry from {SEAL} order by number desc limit 3", pluck=True)
	sql(f"delete from {SEAL} where entry in %s", tuple(last))
	sql(f"delete from {ENTRY} where name in %s", tuple(last))
	assert "Cut off at the end" in kinds()


def test_a_rewritten_history_does_not_agree_with_the_anchor(book):
	frappe.db.sql(f"delete from {SEAL}")
	sql(f"delete from {ENTRY} where event = %s", book[1])
	sql("delete from `tabBusiness Event` where name = %s", book[1])
	sql("delete from `tabBusiness Event Action` where event = %s", book[1])
	sql("delete from `tabPerformance Evidence` where event = %s", book[1])
	sealer.seal()
	assert kinds()


def test_documents_that_differ_from_their_facts(book):
	sql(
		"update `tabBusiness Event Action` set result = 'Needs Improvement' where event = %s and kind = 'Mark'",
		book[0],
	)
	sql("delete from `tabPerformance Evidence` where event = %s", book[1])
	found = verify.verify()
	assert {d.kind for d in found} == {"document differs"}
	assert any("result" in d.message for d in found) and any("missing" in d.message for d in found)


@pytest.mark.parametrize("doctype", ["Performance Ledger Entry", "Performance Ledger Seal"])
def test_the_ledger_cannot_be_customised(site, doctype):
	form = frappe.get_doc("Customize Form")
	form.doc_type = doctype
	form.fetch_to_customize()
	form.fields[0].label = "Another"
	with pytest.raises(frappe.ValidationError, match="customised"):
		form.save_customization()
	field = {
		"doctype": "Custom Field",
		"dt": doctype,
		"fieldname": "more",
		"fieldtype": "Data",
		"label": "More",
	}
	with pytest.raises(frappe.ValidationError, match="customised"):
		frappe.get_doc(field).insert()


def test_facts_that_cannot_be_read_are_named(book):
	frappe.rename_doc(
		"Employee", frappe.db.get_value("Employee", {"first_name": "Anna"}), "HR-EMP-NEW", force=True
	)
	sql(f"update {ENTRY} set payload = 'not JSON' where event = %s", book[0])
	assert any(d.where == book[0] and "cannot be read" in d.message for d in verify.verify())


def test_the_command_says_what_is_wrong(book, monkeypatch):
	from click.testing import CliRunner

	from perf_flow import commands

	monkeypatch.setattr(commands, "_on_site", lambda context, do: do())
	run = CliRunner()
	context = frappe._dict(sites=["x"], force=False, verbose=False, profile=False)
	good = run.invoke(commands.perf_flow, ["verify"], obj=context)
	assert good.exit_code == 0 and "intact" in good.output
	sql(f"update {ENTRY} set actor = 'x' where event = %s and seq = 2", book[0])
	bad = run.invoke(commands.perf_flow, ["verify"], obj=context)
	assert bad.exit_code == 1 and f"{book[0]}-00002" in bad.output
