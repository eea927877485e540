"""The endpoints: the right person gets through, everybody else and everything wrong is told why."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta

import pytest
from PIL import Image

import frappe

from perf_flow.api import panel, steps
from perf_flow.engine.messages import MessageKind
from perf_flow.flow import delivery, files, store, times, verify
from tests.site import world

pytestmark = pytest.mark.site

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def crew(site):
	return world.people()


@pytest.fixture
def event(crew):
	world.event_type()
	return world.events(world.order(crew["anna"]))[0].name


@pytest.fixture
def upload(monkeypatch):
	class Uploaded:
		def __init__(self, name, content):
			self.filename, self.stream = name, io.BytesIO(content)

	def send(event, requirement, name="signed.pdf", content=PDF):
		request = frappe._dict(files={"file": Uploaded(name, content)})
		monkeypatch.setattr(frappe.local, "request", request, raising=False)
		return steps.upload(event, requirement)

	return send


def requirement(state):
	return state["events"][0]["requirements"][0]


def key():
	return frappe.db.get_value("Evidence Requirement", {"parent": "Order confirmed"})


def step(state, kind):
	return next(s for s in state["events"][0]["steps"] if s["kind"] == kind)


def test_three_people_close_an_order(crew, event, upload, as_user):
	order = frappe.db.get_value(store.EVENT, event, "reference_name")
	with as_user(crew["anna"].user_id):
		state = panel.for_document("Sales Order", order)
		assert requirement(state)["may_give"] and not step(state, "Mark")["may_do"]
		state = upload(event, key())
		assert requirement(state)["satisfied"]
	with as_user(crew["max"].user_id):
		assert step(panel.for_event(event), "Mark")["may_do"]
		steps.mark(event, "Needs Improvement", "Two days later than promised")
	with as_user(crew["quentin"].user_id):
		state = panel.for_event(event)
		assert [s["kind"] for s in state["events"][0]["steps"]] == ["Confirmation"]
		assert state["events"][0]["requirements"] == []
		state = steps.confirm(event, '["Quality", "Delivery"]', "checked")
		assert state["events"][0]["state"] == "Closed"
	assert list(verify.compare_documents()) == []


def test_a_mark_is_taken_back_before_anybody_is_told(crew, event, upload, as_user, monkeypatch):
	with as_user(crew["anna"].user_id):
		upload(event, key())
	with as_user(crew["max"].user_id):
		given = step(steps.mark(event, "Redo", "the wrong paper"), "Mark")
		assert given["may_take_back"] and given["take_back_until"]
	with as_user(crew["boss"].user_id):
		assert not step(panel.for_event(event), "Mark")["may_take_back"]
		with pytest.raises(frappe.PermissionError):
			steps.take_back(event, "1-M")
	with as_user(crew["max"].user_id):
		state = steps.take_back(event, "1-M")
		assert state["events"][0]["round"] == 1 and step(state, "Mark")["may_do"]
		steps.mark(event, "Meets")
	rows = frappe.get_all(
		store.OUTBOX,
		filters={"event": event, "recipient": crew["anna"].user_id, "state": "Waiting"},
		fields=["*"],
	)
	held = [r for r in rows if "marked_at" in r.payload]
	assert len(held) == 2 and all(r.deliver_after > times.now_site() for r in held)
	chain, told = store.load(event), []
	for row in held:
		payload = frappe.parse_json(row.payload)
		if delivery.still_useful(MessageKind(payload["kind"]), chain, payload):
			told.append(payload["kind"])
	assert told == ["marked"], "the redo that was taken back is told to nobody"
	later = times.now_utc() + timedelta(minutes=6)
	monkeypatch.setattr(times, "now_utc", lambda: later)
	with as_user(crew["max"].user_id):
		assert not step(panel.for_event(event), "Mark")["may_take_back"]
		with pytest.raises(frappe.ValidationError, match="5 minutes"):
			steps.take_back(event, "1-M")
	assert list(verify.compare_documents()) == []


def test_an_evidence_file_is_private_and_stays(crew, event, upload, as_user):
	with as_user(crew["anna"].user_id):
		upload(event, key(), name="../../etc/\u202egnp.pdf")
		piece = frappe.get_all(store.EVIDENCE, filters={"event": event}, fields=["*"])[0]
		file = frappe.get_doc("File", piece.file)
		assert file.is_private and "/" not in file.file_name and "\u202e" not in file.file_name
		file.is_private = 0
		with pytest.raises(frappe.ValidationError):
			file.save()
		with pytest.raises(frappe.ValidationError):
			frappe.delete_doc("File", piece.file)
	for who, may in (("max", True), ("boss", True), ("hilda", True), ("quentin", False)):
		with as_user(crew[who].user_id):
			assert frappe.has_permission("File", "read", frappe.get_doc("File", piece.file)) is may, who


def test_a_photo_is_known_by_what_was_kept_of_it(crew, upload, as_user):
	"""Place and time are taken out of a JPEG, so other bytes are kept than were sent."""
	world.event_type(
		requirements=[
			{"label": "Photo", "kind": "File", "file_types": "jpg", "obligation": "Mandatory", "minimum": 2}
		]
	)
	event = world.events(world.order(crew["anna"]), "Order confirmed")[0].name
	picture, notes = io.BytesIO(), Image.Exif()
	notes[0x010F] = "Maker of the camera"
	Image.effect_noise((64, 48), 60).convert("RGB").save(picture, "JPEG", quality=95, exif=notes)
	with as_user(crew["anna"].user_id):
		upload(event, key(), name="gate.jpg", content=picture.getvalue())
		with pytest.raises(frappe.ValidationError, match="already given"):
			upload(event, key(), name="gate again.jpg", content=picture.getvalue())
	piece = frappe.get_all(store.EVIDENCE, filters={"event": event}, fields=["*"])[0]
	with open(frappe.get_doc("File", piece.file).get_full_path(), "rb") as f:
		kept = f.read()
	assert kept != picture.getvalue()
	assert (piece.sha256, piece.size) == (hashlib.sha256(kept).hexdigest(), len(kept))
	assert list(verify.compare_documents()) == []


def test_changed_and_deleted_files_are_named(crew, event, upload, as_user):
	with as_user(crew["anna"].user_id):
		upload(event, key())
	piece = frappe.get_all(store.EVIDENCE, filters={"event": event}, fields=["*"])[0]
	path = frappe.get_site_path(piece.value.lstrip("/"))
	with open(path, "ab") as f:
		f.write(b"x")
	assert [d.kind for d in verify.compare_documents()] == ["file differs"]
	frappe.db.delete("File", {"name": piece.file})
	assert ["deleted" in d.message for d in verify.compare_documents()] == [True]


def refuse(call, kind=frappe.ValidationError):
	"""The refusal's message; and that nothing was written."""
	tables = (
		"Business Event",
		"Business Event Action",
		"Performance Evidence",
		"Performance Ledger Entry",
		"File",
	)
	before = {t: frappe.db.sql(f"select count(*), max(modified) from `tab{t}`") for t in tables}
	with pytest.raises(kind) as error:
		call()
	assert {t: frappe.db.sql(f"select count(*), max(modified) from `tab{t}`") for t in tables} == before
	return str(error.value)


def test_wrong_input_is_told_and_leaves_nothing(crew, event, upload, as_user, monkeypatch):
	anna, max_ = crew["anna"].user_id, crew["max"].user_id
	with as_user(anna):
		assert "no such" in refuse(lambda: steps.give("nothing", key(), "x"), frappe.PermissionError)
		assert "requirement" in refuse(lambda: upload(event, "nothing"))
		assert "pdf" in refuse(lambda: upload(event, key(), name="x.exe"))
		assert "empty" in refuse(lambda: upload(event, key(), content=b""))
		monkeypatch.setattr(files, "maximum_mb", lambda: 0.00001)
		assert "MB" in refuse(lambda: upload(event, key()))
		monkeypatch.undo()
		refuse(lambda: steps.mark(event, "Meets"), frappe.PermissionError)
	with as_user(max_):
		assert "evidence" in refuse(lambda: steps.mark(event, "Meets")).lower()
		assert "Brilliant" in refuse(lambda: steps.mark(event, "Brilliant"))
		refuse(lambda: upload(event, key()), frappe.PermissionError)
	with as_user(crew["quentin"].user_id):
		assert "impact" in refuse(lambda: steps.confirm(event, '["Moon"]'))
		refuse(lambda: steps.confirm(event, "[]"))
		refuse(lambda: steps.confirm(event, '{"a": 1}'))
		assert "HTML" in refuse(lambda: steps.confirm(event, '["Quality"]', "<b>x</b>"))
		steps.confirm(event, ["Quality"])
		assert "twice" in refuse(lambda: steps.confirm(event, ["Quality"]))
		refuse(lambda: steps.void(event, "no"), frappe.PermissionError)
		refuse(lambda: steps.reassign(event, "1-M", crew["quentin"].name, "me"), frappe.PermissionError)
	with as_user(anna):
		upload(event, key())
		assert "already given" in refuse(lambda: upload(event, key()))
	with as_user(max_):
		assert "reason" in refuse(lambda: steps.mark(event, "Redo"))
		steps.mark(event, "Redo", "sign it")
		assert "evidence" in refuse(lambda: steps.mark(event, "Meets")).lower()
	with as_user(crew["hilda"].user_id):
		assert "reason" in refuse(lambda: steps.void(event, " "))
		steps.void(event, "recorded by mistake")
		assert "void" in refuse(lambda: steps.void(event, "again"))
	with as_user(max_):
		assert "void" in refuse(lambda: steps.mark(event, "Meets"))
	assert list(verify.compare_documents()) == []


def test_messages_are_in_the_language_of_the_reader(crew, event, as_user):
	with as_user(crew["max"].user_id):
		frappe.local.lang = "zh"
		message = refuse(lambda: steps.mark(event, "Brilliant"))
	assert "达标" in message


def test_hr_gives_a_step_to_another(crew, event, as_user):
	with as_user(crew["hilda"].user_id):
		refuse(lambda: steps.reassign(event, "1-M", "nobody", "x"))
		steps.reassign(event, "1-M", crew["quentin"].name, "leads the project")
	with as_user(crew["quentin"].user_id):
		assert {s["kind"] for s in panel.for_event(event)["events"][0]["steps"]} == {
			"Evidence",
			"Mark",
			"Confirmation",
		}


def test_outsiders_and_guests_learn_nothing(crew, event, as_user):
	stranger = world.person("Stranger", department_name="Management")
	for user in (stranger.user_id, "Guest"):
		with as_user(user):
			refuse(lambda: panel.for_event(event), frappe.PermissionError)
			refuse(lambda: panel.for_document("Sales Order", "nothing"), frappe.PermissionError)
			refuse(lambda: steps.mark(event, "Meets"), frappe.PermissionError)


def test_recording_by_hand(crew, as_user):
	kind = world.todo_type("Praise from a customer", trigger="Manual")
	with as_user(crew["anna"].user_id):
		doc = world.todo(allocated_to=crew["anna"].user_id)
		assert panel.for_document("ToDo", doc.name)["manual_types"] == [
			{"name": kind.name, "title": kind.name}
		]
		steps.record(kind.name, "ToDo", doc.name)
		assert "already" in refuse(lambda: steps.record(kind.name, "ToDo", doc.name))
	assert [e.source for e in world.events(doc)] == ["Manual"]


DESK = [
	lambda d: (
		d.update({"actor": "x", "state": "Closed", "result": "Meets", "value": "x", "hash": "0", "number": 9})
		and d.save()
	),
	lambda d: frappe.delete_doc(d.doctype, d.name),
	lambda d: frappe.rename_doc(d.doctype, d.name, "another"),
	lambda d: frappe.rename_doc(d.doctype, d.name, "another", force=True),
	lambda d: frappe.get_doc({"doctype": d.doctype, "event": "x", "fact": "x"}).insert(),
	lambda d: frappe.get_doc({"doctype": d.doctype, "event": "x"}).insert(ignore_permissions=True),
	lambda d: d.submit(),
	lambda d: frappe.call(
		"frappe.client.set_value",
		doctype=d.doctype,
		name=d.name,
		fieldname=next(f.fieldname for f in d.meta.fields if f.fieldtype == "Data"),
		value="x",
	),
	lambda d: frappe.call("frappe.client.delete", doctype=d.doctype, name=d.name),
	lambda d: frappe.call("frappe.client.insert", doc={"doctype": d.doctype, "event": "x"}),
]


@pytest.mark.parametrize("way", range(len(DESK)))
@pytest.mark.parametrize(
	"doctype",
	[
		"Business Event",
		"Business Event Action",
		"Performance Evidence",
		"Performance Ledger Entry",
		"Performance Ledger Seal",
		"Performance Outbox",
	],
)
def test_no_desk_path_changes_what_follows_from_facts(site, chronicle, doctype, way):
	name = frappe.get_all(doctype, pluck="name", limit=1)[0]
	with pytest.raises((frappe.ValidationError, frappe.PermissionError)):
		DESK[way](frappe.get_doc(doctype, name))
	assert list(verify.compare_documents()) == []


@pytest.fixture(scope="module")
def chronicle(site):
	"""One event with a piece of evidence and a seal, for the whole module; removed at its end."""
	from perf_flow.engine import chain as engine
	from perf_flow.flow import sealer, service

	kind = world.todo_type("Chronicle")
	frappe.db.set_value("Business Event Type", kind.name, "active_from", "2020-01-01")
	anna = world.person("Chronista")
	frappe.set_user(anna.user_id)
	doc = world.todo()
	frappe.set_user("Administrator")
	event = world.events(doc, kind.name)[0].name
	key = frappe.db.get_value("Evidence Requirement", {"parent": kind.name})
	service.execute(event, engine.GiveEvidence(actor=anna.user_id, requirement=key, value="Signed on site"))
	frappe.db.commit()
	sealer.seal()
	yield event
	frappe.db.rollback()
	frappe.db.delete(store.EVENT, {"name": event})
	for table in (store.ACTION, store.EVIDENCE, store.ENTRY, store.OUTBOX):
		frappe.db.delete(table, {"event": event})
	frappe.db.delete("Performance Ledger Seal", {"entry": ["like", f"{event}-%"]})
	doc.delete()
	frappe.db.delete(store.SEEN, {"event_type": kind.name})
	frappe.delete_doc("Business Event Type", kind.name)
	anna.reload()
	frappe.delete_doc("Employee", anna.name, force=True)
	frappe.delete_doc("User", anna.user_id, force=True)
	frappe.db.commit()


def test_dates_read_from_the_document_are_written_as_people_write_them(crew, as_user):
	world.event_type(requirements=[{"label": "Promised", "kind": "Field", "fieldname": "delivery_date"}])
	order = world.order(crew["anna"])
	with as_user(crew["anna"].user_id):
		(piece,) = panel.for_document("Sales Order", order.name)["events"][0]["requirements"][0]["pieces"]
	assert piece["title"].endswith(frappe.utils.formatdate(order.delivery_date))
	assert piece["value"] == str(order.delivery_date)
