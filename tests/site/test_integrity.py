"""Evidence that was used before, changed, or is not what it says: told to those who see it, and to nobody else."""

from __future__ import annotations

import io
import os
import random
import zipfile
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw

import frappe

from perf_flow.api import marking, panel, steps
from perf_flow.engine.fingerprint import Fingerprint, Match
from perf_flow.flow import files, integrity, outbox, store, times, verify
from tests.site import world

pytestmark = pytest.mark.site


@pytest.fixture
def crew(site):
	people = world.people()
	world.event_type(
		requirements=[
			{"label": "Paper", "kind": "File", "obligation": "Mandatory", "minimum": 9, "maximum_mb": 25}
		]
	)
	return people


@pytest.fixture
def event(crew):
	return record(crew)


def record(crew, seller="anna"):
	return world.events(world.order(crew[seller]), "Order confirmed")[0].name


def key():
	return frappe.db.get_value("Evidence Requirement", {"parent": "Order confirmed"})


def give(event, name, content):
	"""As the giver of the evidence; the heavy fingerprints follow, as the outbox does them."""
	before = frappe.session.user
	frappe.set_user(frappe.db.get_value(store.EVENT, event, "employee_user"))
	files.give(event, key(), name, content)
	frappe.set_user(before)
	piece = frappe.get_all(store.EVIDENCE, filters={"event": event}, fields=["*"], order_by="piece desc")[0]
	for row in frappe.get_all(store.OUTBOX, filters={"event": event, "kind": "fingerprint"}, fields=["*"]):
		integrity.handle(row, frappe.parse_json(row.payload))
	return piece


def told(event, piece=None):
	"""The warnings as the session's user reads them in the panel."""
	(state,) = panel.for_event(event)["events"]
	pieces = [p for r in state["requirements"] for p in r["pieces"]]
	return [w for p in pieces for w in p["warnings"] if piece in (None, p["piece"])]


def photo(seed=1, size=(900, 700), **more):
	dice = random.Random(seed)
	image = Image.new("RGB", size, "#778899")
	pen = ImageDraw.Draw(image)
	for _ in range(40):
		x, y = dice.randrange(size[0]), dice.randrange(size[1])
		pen.ellipse((x, y, x + 200, y + 160), fill=tuple(dice.randrange(256) for _ in range(3)))
	return saved(image, **more)


def saved(image, form="JPEG", **more):
	out = io.BytesIO()
	image.save(out, form, **more)
	return out.getvalue()


PDF, OTHER_PDF = (saved(Image.new("RGB", (9, 9), colour), "PDF") for colour in ("white", "black"))


def packed(files_, method=zipfile.ZIP_DEFLATED):
	out = io.BytesIO()
	with zipfile.ZipFile(out, "w", method) as z:
		for name, data in files_.items():
			z.writestr(name, data)
	return out.getvalue()


WORDS = " ".join(f"part {n} was measured at {n * 7 % 31} and found within its tolerance" for n in range(40))


@pytest.mark.parametrize(
	("first", "second", "said"),
	[
		(("a.pdf", PDF), ("renamed.pdf", PDF), "very file"),
		(("a.txt", WORDS.encode()), ("in a.zip", packed({"old/b.txt": WORDS})), "also in this one"),
		(
			("a.zip", packed({"x": WORDS, "y": WORDS[9:]})),
			("b.zip", packed({"u": WORDS[9:], "v": WORDS}, zipfile.ZIP_STORED)),
			"same files",
		),
		(("a.txt", WORDS.encode()), ("b.txt", WORDS.replace(" ", "\n").upper().encode()), "same text"),
		(
			("a.txt", WORDS.encode()),
			("b.txt", (WORDS + " and that was all").encode()),
			"almost the same text",
		),
		(("a.jpg", photo()), ("b.jpg", photo(quality=45)), "very similar picture"),
	],
)
def test_what_was_used_before_is_found_again(crew, event, as_user, first, second, said):
	give(event, *first)
	other = record(crew)
	give(other, *second)
	with as_user(crew["max"].user_id):
		(text,) = told(other)
		assert said in text and frappe.db.get_value(store.EVENT, event, "reference_name") in text
		assert told(event) == [], "the earlier one has done nothing wrong"
		state = marking.event(other)["event"]
		assert [p["warnings"] for r in state["requirements"] for p in r["pieces"]] == [[text]]
	assert [a.event for alike in integrity.used_before(other).values() for a in alike] == [event]


def test_other_files_are_not_the_same(crew, event, as_user):
	for n in range(3):
		give(event, f"{n}.jpg", photo(seed=n))
	other = record(crew)
	for n in range(10, 14):
		give(other, f"{n}.jpg", photo(seed=n))
	give(other, "x.txt", b"short")
	assert told(other) == []


def test_the_other_event_is_named_to_those_who_may_read_it_alone(crew, event, as_user):
	stranger = world.person("Stranger", crew["boss"].name, roles=("Sales User",))
	theirs = record({**crew, "anna": stranger})
	give(theirs, "a.pdf", PDF)
	give(event, "b.pdf", PDF)
	name = frappe.db.get_value(store.EVENT, theirs, "reference_name")
	for who, named in (("anna", False), ("max", False), ("boss", True), ("hilda", True)):
		with as_user(crew[who].user_id):
			(text,) = told(event)
			assert (name in text) is named, who
			assert ("another business event" in text) is not named, who
	with as_user(crew["quentin"].user_id):
		assert told(event) == [], "collaborators see no evidence"
	frappe.local.lang = "zh"
	with as_user(crew["max"].user_id):
		assert "另一个业务事件" in told(event)[0]


def test_what_was_taken_back_or_is_void_was_not_used(crew, event, as_user):
	with as_user(crew["anna"].user_id):
		piece = give(event, "a.pdf", PDF)
		other = record(crew)
		give(other, "b.pdf", PDF)
		assert len(told(other)) == 1
		steps.withdraw(event, piece.piece)
		assert told(other) == []
	third = record(crew)
	give(third, "c.pdf", PDF)
	assert len(told(third)) == 1
	with as_user(crew["hilda"].user_id):
		steps.void(other, "recorded by mistake")
		assert told(third) == []


def test_the_same_again_in_a_later_round_is_said(crew, as_user):
	kind = frappe.get_doc("Business Event Type", "Order confirmed")
	kind.requirements[0].minimum = 1
	kind.save()
	event = record(crew)
	give(event, "a.pdf", PDF)
	with as_user(crew["max"].user_id):
		steps.mark(event, "Redo", "not signed")
	give(event, "b.pdf", PDF)
	with as_user(crew["max"].user_id):
		assert told(event) == [
			"The same, or almost the same, was already given for this business event in round 1."
		]


def test_whichever_was_read_first_the_later_one_is_told(crew, event):
	"""The heavy fingerprints of the earlier file may come last."""
	first = give(event, "a.jpg", photo())
	frappe.db.delete(integrity.FINGERPRINT, {"event": event})
	other = record(crew)
	give(other, "b.jpg", photo(quality=40))
	assert told(other) == []
	integrity.handle(frappe._dict(event=event), {"piece": first.piece})
	assert told(event) == [] and len(told(other)) == 1


def test_a_lookup_is_an_index_search(crew, event, sql_count):
	"""Among many pictures: two statements, and by the index on the values."""
	dice = random.Random(1)
	rows = [
		{
			"name": f"many-{n}-{band}",
			"event": f"many-{n}",
			"piece": "001",
			"kind": "look",
			"value": f"l:{band}:{dice.randrange(65536):04x}",
			"signature": "AAAA" if not band else None,
			"file_name": None,
		}
		for n in range(5000)
		for band in range(4)
	]
	store.insert(integrity.FINGERPRINT, rows)
	wanted = Fingerprint(Match.LOOK.value, tuple(f"l:{band}:1234" for band in range(4)), "AAAA")
	with sql_count() as count:
		integrity.alike(event, "001", [wanted])
	assert count.total == 2, count
	plan = frappe.db.sql(
		f"explain {count.statements[0]}"
		if "many" in count.statements[0]
		else f"explain select event from `tab{integrity.FINGERPRINT}` where value in ('l:0:1234', 'l:1:1234')",
		as_dict=True,
	)
	assert plan[0].type == "range" and "value" in plan[0].key


def test_refusals_come_in_words_and_leave_nothing(crew, event, as_user):
	before = frappe.db.count("File")
	with as_user(crew["anna"].user_id):
		for name, content, words in (
			("page.html", b"<html>", "web page"),
			("photo.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
			("report.pdf", photo(), "JPEG"),
			("plan.docm", b"x", "macros"),
			("bomb.zip", packed({"0": bytes(30_000_000)}), "archive"),
			("both.pdf", PDF + packed({"a": "b"}), "two files"),
			("gnp.\u202eexe", b"x", "program"),
			("empty.pdf", b"", "empty"),
		):
			with pytest.raises(frappe.ValidationError, match=words):
				upload(event, name, content)
	with as_user(crew["max"].user_id), pytest.raises(frappe.PermissionError):
		upload(event, "page.html", b"<html>")
	assert frappe.db.count("File") == before and not frappe.db.count(integrity.FINGERPRINT, {"event": event})
	frappe.local.lang = "zh"
	with as_user(crew["anna"].user_id), pytest.raises(frappe.ValidationError, match="JPEG 图片"):
		upload(event, "report.pdf", photo())


def upload(event, name, content):
	frappe.local.request = frappe._dict(
		files={"file": frappe._dict(filename=name, stream=io.BytesIO(content))}, method="POST"
	)
	try:
		return steps.upload(event, key())
	finally:
		del frappe.local.request


def test_a_large_photo_is_kept_as_it_is_but_for_its_notes(crew, event, as_user):
	exif = Image.Exif()
	exif[0x0112], exif[0x010F] = 6, "Maker"
	content = photo(exif=exif)
	piece = give(event, "gate.jpg", content)
	with open(integrity.disk_path(piece.value), "rb") as f:
		kept = f.read()
	assert b"Maker" not in kept and len(content) - 300 < len(kept) < len(content)
	with Image.open(io.BytesIO(kept)) as one, Image.open(io.BytesIO(content)) as other:
		assert one.tobytes() == other.tobytes() and one.getexif()[0x0112] == 6
	frappe.db.set_single_value("System Settings", "strip_exif_metadata_from_uploaded_images", 0)
	frappe.clear_document_cache("System Settings")
	frappe.local.system_settings = frappe.get_doc("System Settings")
	try:
		piece = give(event, "again.jpg", content)
	finally:
		del frappe.local.system_settings
		frappe.clear_document_cache("System Settings")
	with open(integrity.disk_path(piece.value), "rb") as f:
		assert f.read() == content
	assert list(verify.compare_documents()) == []


def test_what_cannot_be_checked_is_said(crew, event, as_user):
	give(event, "a.7z", b"7z\xbc\xaf\x27\x1c rest")
	with as_user(crew["max"].user_id):
		(text,) = told(event)
	assert "cannot be looked into" in text
	give(event, "b.pdf", b"%PDF-1.4 and nothing else")
	assert any("could not be compared" in t for t in told(event)), "a PDF that no reader can open"


@pytest.mark.parametrize(
	("tamper", "said"),
	[
		(lambda p: change(p), "was changed"),
		(lambda p: os.remove(integrity.disk_path(p.value)), "is gone"),
		(lambda p: frappe.db.delete("File", {"name": p.file}), "was deleted"),
		(lambda p: frappe.db.set_value("File", p.file, "is_private", 0), "no longer private"),
		(lambda p: frappe.db.set_value("File", p.file, "file_name", "other.pdf"), "replaced, renamed"),
		(lambda p: replace(p), "replaced, renamed"),
		(lambda p: frappe.db.set_value("File", p.file, "attached_to_name", "x"), "attached elsewhere"),
	],
)
def test_a_file_that_changed_shows_on_the_event_and_in_verify(
	crew, event, as_user, monkeypatch, tamper, said
):
	piece = give(event, "a.txt", b"as it was")
	assert told(event) == [] and list(verify.compare_documents()) == []
	tamper(piece)
	with as_user(crew["max"].user_id):
		assert said in told(event)[0]
	assert any(said in d.message for d in verify.compare_documents())
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	assert integrity.check_files() == 1
	assert said in "".join(
		frappe.get_all(integrity.FINDING, {"event": event, "kind": "File"}, pluck="message")
	)


def change(piece):
	"""Other content of the same size and time."""
	path = integrity.disk_path(piece.value)
	state = os.stat(path)
	with open(path, "wb") as f:
		f.write(b"As it was")
	os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def replace(piece):
	other = frappe.get_doc(
		{"doctype": "File", "file_name": "n.txt", "is_private": 1, "content": "new"}
	).insert()
	frappe.db.set_value("File", piece.file, "file_url", other.file_url)


def test_a_large_file_is_read_again_when_its_time_changes(crew, event):
	piece = give(event, "large.bin", random.Random(1).randbytes(1_200_000))
	assert told(event) == []
	path = integrity.disk_path(piece.value)
	with open(path, "r+b") as f:
		f.write(b"x")
	os.utime(path, (1, 1))
	assert "changed" in told(event)[0]


def test_every_file_is_read_within_four_weeks(crew, event, monkeypatch):
	piece = give(event, "a.txt", b"as it was")
	frappe.db.set_value(store.EVENT, event, "state", "Closed")
	change(piece)
	monkeypatch.setattr(frappe.db, "commit", lambda: None)
	later = times.now_site() + timedelta(days=90)
	assert sum(integrity.check_files(later + timedelta(days=n)) for n in range(integrity.SLICES)) == 1


def test_nobody_else_s_file_shares_the_one_on_disk(crew, event, as_user):
	def own(content):
		name = f"{frappe.generate_hash(length=10)}.pdf"
		return frappe.get_doc(
			{"doctype": "File", "file_name": name, "is_private": 1, "content": content}
		).insert()

	before = own(OTHER_PDF)
	piece = give(event, "a.pdf", OTHER_PDF)
	after = own(OTHER_PDF)
	assert piece.value not in (before.file_url, after.file_url)
	after.is_private = 0
	after.save()
	before.delete()
	after.delete()
	assert told(event) == [] and list(verify.compare_documents()) == []
	borrowing = frappe.get_doc("File", own(b"something else").name)
	borrowing.file_url = piece.value
	with pytest.raises(frappe.ValidationError, match="is evidence"):
		borrowing.save()


def test_what_might_run_is_kept_under_a_name_that_is_only_downloaded(crew, event):
	piece = give(event, "order.xml", b"<?xml version='1.0'?><order/>")
	assert piece.value.endswith(".xml.bin") and piece.title == "order.xml"
	assert give(event, "a.pdf", PDF).value.endswith(".pdf")


def test_nobody_reads_fingerprints_or_findings(crew, event, as_user):
	give(event, "a.pdf", PDF)
	for who in ("anna", "max", "boss", "hilda", "quentin"):
		with as_user(crew[who].user_id):
			for doctype in (integrity.FINGERPRINT, integrity.FINDING):
				assert not frappe.has_permission(doctype, "read")
				with pytest.raises(frappe.PermissionError):
					frappe.get_list(doctype)
	name = frappe.get_all(integrity.FINGERPRINT, pluck="name", limit=1)[0]
	with pytest.raises(frappe.PermissionError):
		frappe.delete_doc(integrity.FINGERPRINT, name)


def test_the_outbox_knows_the_way(crew, event):
	give(event, "a.jpg", photo())
	row = frappe.get_all(store.OUTBOX, filters={"event": event, "kind": "fingerprint"}, fields=["*"])[0]
	handler = frappe.get_attr(outbox._HANDLERS[row.kind])
	assert handler(row, frappe.parse_json(row.payload)) is None
	assert frappe.db.count(integrity.FINGERPRINT, {"event": event, "kind": "look"}) == 4
