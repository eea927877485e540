"""Words about a reason while it is typed: the site's lexicon, copies of one's own, what was done, for the right people."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

import frappe
from frappe.utils import nowdate

from perf_flow.access.people import forget
from perf_flow.api import marking, steps, team, wording
from perf_flow.flow import improve
from perf_flow.flow import wording as words
from perf_flow.perf_flow.report.concrete_feedback import concrete_feedback
from tests.site import world

pytestmark = pytest.mark.site

TYPE = "Wording task"
CONCRETE = "The torque log of 12 November shows 4 bolts at 38 Nm instead of 45 Nm."


@pytest.fixture
def crew(site: str) -> dict[str, Any]:
	people = world.people()
	people["nils"] = world.person("Nils", people["quentin"].name)
	world.todo_type(
		TYPE,
		collaborators=[{"label": "Quality", "source": "Named Employee", "employee": people["quentin"].name}],
	)
	forget()
	words.forget()
	yield people
	words.forget()


@pytest.fixture
def recorded(crew: dict[str, Any], as_user: Callable[..., Any]) -> Callable[[str], str]:
	"""An event of this person, with its evidence given."""

	def make(who: str) -> str:
		with as_user(crew[who].user_id):
			(found,) = world.events(world.todo(f"Work of {who}"), TYPE)
			requirement = frappe.get_all("Evidence Requirement", {"parent": TYPE}, pluck="name")[0]
			steps.give(found.name, requirement, "Changed the seal of pump 4.")
		return str(found.name)

	return make


def entry(term: str, kind: str = "Praise", **more: Any) -> Any:
	values = {"doctype": "Wording Entry", "language": "English", "kind": kind, "term": term, **more}
	return frappe.get_doc(values).insert()


def test_what_says_nothing_is_named_with_the_reason(
	crew: dict[str, Any], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["max"].user_id):
		found = wording.assess("Good job, keep it up!")
		assert found["verdict"] == "vague" and found["findings"]
		for finding in found["findings"]:
			assert finding["text"] in "Good job, keep it up!" and finding["text"] in finding["message"]
		assert wording.assess("表现良好，继续努力")["verdict"] == "vague"
		assert wording.assess(CONCRETE) == {"verdict": "concrete", "copied": False, "findings": []}
		assert wording.assess("  ")["verdict"] == ""
		frappe.local.lang = "zh"
		assert "“Good job" in wording.assess("Good job")["findings"][0]["message"]
		assert "Say " not in wording.assess("Good job")["findings"][0]["message"]
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		wording.assess("Good job")


def test_ones_own_earlier_reasons_are_pointed_out_and_nobody_elses(
	crew: dict[str, Any], recorded: Callable[[str], str], as_user: Callable[..., Any]
) -> None:
	first, second = recorded("anna"), recorded("anna")
	with as_user(crew["max"].user_id):
		steps.mark(first, "Meets", CONCRETE)
		again = wording.assess(CONCRETE.upper(), second)
		assert (again["verdict"], again["copied"]) == ("vague", True)
		# what is written about an event is no copy of itself
		assert wording.assess(CONCRETE, first)["copied"] is False
	with as_user(crew["quentin"].user_id):
		assert wording.assess(CONCRETE, second)["copied"] is False
	with as_user(crew["max"].user_id):
		# it is pointed out, and holds nothing back
		state = steps.mark(second, "Meets", CONCRETE)["events"][0]
		assert [s["result"] for s in state["steps"] if s["kind"] == "Mark"] == ["Meets"]


def test_deeds_are_of_events_the_reader_may_read(
	crew: dict[str, Any], recorded: Callable[[str], str], as_user: Callable[..., Any]
) -> None:
	first, second = recorded("anna"), recorded("anna")
	other = recorded("nils")
	with as_user(crew["max"].user_id):
		steps.mark(first, "Meets", CONCRETE)
		deeds = wording.help(second)["deeds"]
		assert [d["here"] for d in deeds][:2] == [True, False]
		assert all("gave “What was done” for ToDo" in d["text"] for d in deeds)
		assert all("before it was due" in d["text"] for d in deeds)
		assert "marked “Meets”" in next(d for d in deeds if first in d["url"])["impact"]
		text = wording.compose(second, [d["key"] for d in deeds])["text"]
		assert first in text and second in text and "you gave" in text and other not in text
		assert wording.assess(text)["verdict"] == "concrete"
		with pytest.raises(frappe.ValidationError):
			wording.compose(second, [])
		with pytest.raises(frappe.PermissionError):
			wording.help(other)
	# who is only asked for the impact sees neither marks nor evidence; others see nothing at all
	for who in ("quentin", "nils"):
		with as_user(crew[who].user_id), pytest.raises(frappe.PermissionError):
			wording.help(first)
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		wording.compose(first, ["x"])


def test_the_site_extends_the_lexicon(crew: dict[str, Any], as_user: Callable[..., Any]) -> None:
	with as_user(crew["max"].user_id):
		before = wording.assess("A flumptious week.")["findings"][0]["kind"]
	added = entry("flumptious")
	with as_user(crew["max"].user_id):
		found = wording.assess("A flumptious week.")["findings"]
		assert before != "praise" == found[0]["kind"] and "flumptious" in found[0]["text"]
		with pytest.raises(frappe.PermissionError):
			entry("splendissimo")
		assert not frappe.has_permission("Wording Entry", "read")
	added.enabled = 0
	added.save()
	with as_user(crew["max"].user_id):
		assert "praise" not in {f["kind"] for f in wording.assess("A flumptious week.")["findings"]}
	entry("splendissimo").delete()
	assert all(e.term != "splendissimo" for e in words.lexicon().entries)


@pytest.mark.parametrize(
	("term", "kind", "pattern"),
	[
		("(a+)+b", "Document", 1),
		("[a-z", "Document", 1),
		(".*", "Document", 1),
		("x(?i)y", "Document", 1),
		("x" * 201, "Document", 1),
		("fine", "Document", 0),
		("fine", "Praise", 1),
	],
)
def test_entries_that_cannot_work_are_refused(site: str, term: str, kind: str, pattern: int) -> None:
	with pytest.raises(frappe.ValidationError):
		entry(term, kind, is_pattern=pattern)
	entry("PX-[0-9]+", "Document", is_pattern=1)
	with pytest.raises(frappe.ValidationError, match="already"):
		entry("PX-[0-9]+", "Document", is_pattern=1)
	words.forget()


def test_many_at_once_are_held_to_the_same(
	crew: dict[str, Any], recorded: Callable[[str], str], as_user: Callable[..., Any]
) -> None:
	event = recorded("anna")
	with as_user(crew["max"].user_id):
		text = next(t for t in wording.help(event)["templates"] if t["source"] == "pack")["text"]
		(answer,) = marking.mark_many([event], "Redo", text)
		assert not answer["done"] and "say what you saw" in answer["error"]


def test_share_of_concrete_reasons_is_ones_own_and_hrs(
	crew: dict[str, Any], recorded: Callable[[str], str], as_user: Callable[..., Any]
) -> None:
	with as_user(crew["max"].user_id):
		for event, reason in zip(
			[recorded("anna") for _ in range(3)], (CONCRETE, CONCRETE, "Good job"), strict=True
		):
			steps.mark(event, "Meets", reason)
	with as_user(crew["quentin"].user_id):
		steps.mark(recorded("nils"), "Meets", CONCRETE)

	def seen(who: str) -> set[tuple[Any, ...]]:
		with as_user(crew[who].user_id):
			columns, rows, *_rest = concrete_feedback.execute({"from_date": nowdate()})
			assert all(set(row) == {c["fieldname"] for c in columns} for row in rows)
			return {(r["manager"], r["comments"], r["concrete"], r["copied"], r["percent"]) for r in rows}

	# the second is a copy of the first, the third says nothing
	mine, other = ("Max", 3, 1, 1, 33.3), ("Quentin", 1, 1, 0, 100.0)
	assert seen("max") == {mine}
	assert seen("quentin") == {other}
	assert seen("anna") == seen("boss") == set()
	assert {mine, other} <= seen("hilda")
	with as_user(crew["max"].user_id):
		assert team.concrete_feedback()["value"] == 33.3
	with as_user(crew["anna"].user_id):
		assert team.concrete_feedback()["value"] == "— (0)"
	with as_user("Guest"), pytest.raises(frappe.PermissionError):
		team.concrete_feedback()
	with pytest.raises(frappe.ValidationError):
		concrete_feedback.execute({"from_date": "2026-02-01", "to_date": "2026-01-01"})


class FakeModel:
	"""An OpenAI-compatible service on this machine: ``answer`` makes its words from those it is sent."""

	def __init__(self) -> None:
		self.asked: list[dict[str, Any]] = []
		self.keys: list[str | None] = []
		self.status = 200
		self.answer: Callable[[str], Any] = lambda text: text
		outer = self

		class Handler(BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
				outer.asked.append(asked)
				outer.keys.append(self.headers.get("Authorization"))
				said = outer.answer(asked["messages"][-1]["content"])
				body = json.dumps({"choices": [{"message": {"content": said}}]}).encode()
				self.send_response(outer.status)
				self.end_headers()
				self.wfile.write(body)

			def log_message(self, *args: Any) -> None:
				pass

		self.server = HTTPServer(("127.0.0.1", 0), Handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
		threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def model(site: str) -> Iterator[FakeModel]:
	fake = FakeModel()
	yield fake
	fake.server.shutdown()
	fake.server.server_close()
	frappe.clear_document_cache(improve.SETTINGS, improve.SETTINGS)


def switch_on(**values: Any) -> None:
	settings = frappe.get_doc(improve.SETTINGS)
	settings.update({"improve_wording": 1, "improve_model": "small", "improve_key": "k-1", **values})
	settings.save()
	frappe.clear_document_cache(improve.SETTINGS, improve.SETTINGS)


def test_a_sentence_is_improved_without_names_leaving_the_site(
	crew: dict[str, Any], recorded: Callable[[str], str], as_user: Callable[..., Any], model: FakeModel
) -> None:
	event = recorded("anna")

	def composed() -> dict[str, Any]:
		with as_user(crew["max"].user_id):
			return wording.compose(event, [d["key"] for d in wording.help(event)["deeds"]])

	plain = composed()
	assert plain["improved"] is False and model.asked == []  # off by default
	switch_on(improve_url=model.url)
	model.answer = lambda text: "Well then: " + text
	better = composed()
	assert better == {"text": "Well then: " + plain["text"], "improved": True}
	assert model.keys == ["Bearer k-1"] and model.asked[0]["model"] == "small"
	document = frappe.db.get_value("Business Event", event, "reference_name")
	sent = json.dumps(model.asked, ensure_ascii=False)
	for secret in ("Anna", "Max", event, document, TYPE, "What was done", "http", crew["anna"].name):
		assert secret not in sent

	# whatever goes wrong, the sentence is what it was
	for answer in (
		lambda text: "All in one",
		lambda text: text + "⟦1⟧",
		lambda text: "",
		lambda text: ["x"],
		lambda text: text + "x" * 30_000,
	):
		model.answer = answer
		assert composed() == plain
	model.answer, model.status = (lambda text: text), 500
	assert composed() == plain
	switch_on(improve_url="http://127.0.0.1:9/v1")
	assert composed() == plain
	with pytest.raises(frappe.ValidationError):
		switch_on(improve_url="file:///etc/passwd")


def test_what_could_name_somebody_is_masked_and_comes_back() -> None:
	text = "Müller GmbH got “Offer 3” for SAL-ORD-2026-00001 on 12 November, see http://x.example/app/1 or a@b.example, 138001380."
	masked, known = improve.mask(text, {"Müller GmbH"})
	for secret in ("Müller", "Offer", "SAL-ORD", "x.example", "a@b", "138001380"):
		assert secret not in masked
	assert "12 November" in masked
	assert improve._MARK.sub(lambda m: known[m[0]], masked) == text
