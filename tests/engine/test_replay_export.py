"""One truth: chains written into a workbook and replayed are the same chains, verdicts and figures."""

from __future__ import annotations

import random
import tempfile
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from perf_flow.engine import chain as c
from perf_flow.engine import errors
from perf_flow.engine import facts as f
from perf_flow.engine import health as figures
from perf_flow.engine.clock import ClockKind, Shift
from perf_flow.engine.model import (
	ChainState,
	Check,
	CheckKind,
	DocumentState,
	Evidence,
	Impact,
	Mark,
	Observation,
	Person,
	Policy,
	ReassignCause,
	Requirement,
	RequirementKind,
	Rounds,
	Source,
	VoidCause,
)
from perf_flow.engine.people import Member
from perf_flow.engine.projection import chain_times, project
from perf_flow.engine.verifier import verify
from perf_flow.replay import export
from perf_flow.replay.rules import RuleDeadlines, Rules
from perf_flow.replay.run import Options, replay

NOW = datetime(2026, 3, 2, 1, 0, 0, 123457, tzinfo=timezone.utc)
ANNA = Person("E1", "anna@x.example", "Anna")
MAX = Person("E2", "max@x.example", "Max")
QUI = Person("E3", "qui@x.example", "Qui")
BOSS = Person("E0", "boss@x.example", "Boss")
GUEST = Person("", "guest", "A guest")
EVERYBODY = (ANNA, MAX, QUI, BOSS, GUEST)
LOGINS = (*(p.user for p in EVERYBODY), "Administrator", "E1", "Qui")
"""The last two are logins that are somebody's id and somebody's name."""

REQUIREMENTS = (
	Requirement("R1", "Signed, by both", RequirementKind.FILE, file_types=("pdf",), maximum_mb=1.5),
	Requirement("R2", "=Story", RequirementKind.TEXT, minimum_characters=5),
	Requirement("R3", "Delivery date", RequirementKind.FIELD, fieldname="delivery_date"),
	Requirement("R4", "Picture", RequirementKind.FILE, mandatory=False, minimum=2, rounds=Rounds.REDO),
	Requirement("R5", "Address", RequirementKind.LINK, hosts=("x.example",), mandatory=False),
	Requirement("R6", "Signed off", RequirementKind.SIGN_OFF, departments=("Quality", "Sales, East")),
	Requirement("R7", "Cause", RequirementKind.ROOT_CAUSE, mandatory=False, filters='[["a", "=", 1]]'),
)
CHECKS = (
	Check("K1", "On time", CheckKind.ON_TIME, fieldname="a", against="b", tolerance=1.5),
	Check("K2", "Range", CheckKind.WITHIN_RANGE, minimum="1", maximum="5", unless=("R2",), alternative="x"),
	Check("K3", "There", CheckKind.EVIDENCE_THERE, requirements=("R1", "R2"), alternative="x"),
)
TEXTS = (
	"some honest text",
	"=HYPERLINK(1)",
	"'=1+1",
	"  spaces around  ",
	"two\nlines",
	"_x0041_ and _x000D_",
	"长" * 300,
	"@sum, of; all",
	"+1",
	"🙂 <b>",
)


def rules() -> Rules:
	"""People and calendars as the workbook says them."""
	made = Rules(
		company="ACME",
		timezone="Asia/Shanghai",
		hours=(Shift(time(8), time(12), frozenset(range(6))), Shift(time(13), time(17), frozenset(range(6)))),
		holidays={"": frozenset({date(2026, 3, 4)}), "Night": frozenset({date(2026, 3, 5)})},
		shifts={"Night": ((Shift(time(20), time(4)),), "Night")},
		has_people=True,
	)
	for person, shift in ((ANNA, ""), (MAX, "Night"), (QUI, ""), (BOSS, "")):
		made.members[person.employee] = Member(
			person.employee, person.user, person.name, "ACME", "Sales", shift=shift
		)
	return made


class Moody:
	"""A clock that is now and then changed under a chain's feet, as when a holiday list is edited."""

	def __init__(self, plain, seed):
		self._plain = plain
		self._seed = seed
		self._asked = 0

	def shift(self, start, hours, person):
		self._asked += 1
		found = self._plain.shift(start, hours, person)
		if random.Random(f"{self._seed}{start}{hours}{person}").random() < 0.3:
			return found + timedelta(minutes=37, microseconds=1) * (1 if hours > 0 else -1)
		return found


@st.composite
def commands(draw):
	actor = draw(st.sampled_from(LOGINS))
	kind = draw(st.integers(0, 16))
	step = f"{draw(st.integers(1, 2))}-{draw(st.sampled_from(['E', 'M', 'C1', 'S1', 'S2']))}"
	text = draw(st.sampled_from(TEXTS))
	if kind <= 3:
		return c.GiveEvidence(
			actor=draw(st.sampled_from([ANNA.user, ANNA.user, actor])),
			requirement=draw(st.sampled_from([r.key for r in REQUIREMENTS])),
			value=draw(st.sampled_from([*TEXTS, "https://x.example/y"])),
			title=draw(st.sampled_from(["a.pdf", "", " =b.pdf"])),
			file=draw(st.sampled_from(["", "F1"])),
			sha256=draw(st.sampled_from(["", "a" * 64, "b" * 64])),
			size=draw(st.sampled_from([0, 10])),
		)
	if kind == 4:
		return c.WithdrawEvidence(actor=ANNA.user, piece=f"{draw(st.integers(1, 6)):03d}")
	if kind == 5:
		seen = draw(st.sampled_from([None, c.Observed("v"), c.Observed("=w", "t", NOW)]))
		return c.Observe(actor=c.SYSTEM, values={"R3": seen})
	if kind == 6:
		return c.ObserveChecks(
			actor=c.SYSTEM,
			observations=(
				Observation("K1", draw(st.sampled_from(["2026-03-01", "2026-03-09"])), "2026-03-02"),
				Observation("K2", draw(st.sampled_from(["3", "9"])), found=("EV7", "EV8")),
			),
		)
	if kind in (7, 8):
		return c.GiveMark(
			actor=draw(st.sampled_from([MAX.user, actor])),
			mark=draw(st.sampled_from(list(Mark))),
			reason=text,
		)
	if kind == 9:
		impacts = tuple(draw(st.lists(st.sampled_from(list(Impact)), max_size=2)))
		return c.ConfirmImpact(actor=QUI.user, impacts=impacts, note=draw(st.sampled_from(["", text])))
	if kind == 10:
		return c.Reassign(
			actor=actor,
			step=step,
			to=draw(st.sampled_from(EVERYBODY)),
			cause=draw(st.sampled_from(list(ReassignCause))),
			why=text,
		)
	if kind == 11:
		above = {"1-E": (MAX, BOSS), "1-M": (BOSS,), "1-C1": (GUEST, BOSS)}
		return c.Tick(actor=c.SYSTEM, superiors=above)
	if kind == 12:
		return c.TakeBack(actor=draw(st.sampled_from([MAX.user, QUI.user])), step=step)
	if kind == 13:
		return c.SignOff(actor=draw(st.sampled_from([QUI.user, BOSS.user])), note=text)
	if kind == 14:
		piece = Evidence("009", "R2", 1, RequirementKind.TEXT, text, given_by="x", given_at=NOW)
		return c.TakeOver(actor=c.SYSTEM, event="EV0", pieces=(("R2", piece),))
	if kind == 15:
		return f.MasterRenamed(
			at=NOW,
			actor=c.SYSTEM,
			doctype=draw(st.sampled_from(["Employee", "User", "Department", "Business Event Type"])),
			old=draw(st.sampled_from(["E1", ANNA.user, "Sales", "Contract signed"])),
			new=draw(st.sampled_from(["E9", "Sales II"])),
		)
	return draw(
		st.sampled_from(
			[
				c.FollowDocument(actor=c.SYSTEM, renamed_to="=SO-2"),
				c.FollowDocument(actor=c.SYSTEM, state=DocumentState.CANCELLED),
				c.FollowDocument(actor=c.SYSTEM, renamed_to="X", state=DocumentState.DELETED),
				c.Void(actor="hr", cause=VoidCause.BY_HAND, reason="mistake"),
				c.ChangeManager(actor=c.SYSTEM, to=BOSS),
				c.ChangeManager(actor=c.SYSTEM, to=None),
				c.Continue(actor=c.SYSTEM, by="EV2"),
			]
		)
	)


def ask(label, person, why="", **more):
	return c.Ask(label, person, why if person is None else "", **more)


@st.composite
def chains(draw, number=1):
	"""The facts of one random chain."""
	wanted = tuple(draw(st.lists(st.sampled_from(REQUIREMENTS), unique=True, max_size=7)))
	keys = {r.key for r in wanted}
	kind = draw(st.sampled_from(list(ClockKind)))
	policy = Policy(
		clock=kind.value,
		target_hours=draw(st.sampled_from([48.0, 10.25])),
		mark_required=draw(st.booleans()),
		confirm_each_round=draw(st.booleans()),
		void_on_cancel=draw(st.booleans()),
		reminder_hours=draw(st.sampled_from([0.0, 8.0])),
		escalation_levels=draw(st.integers(0, 2)),
	)
	now = NOW + timedelta(hours=draw(st.integers(0, 100)), microseconds=draw(st.integers(0, 999_999)))
	plain = RuleDeadlines(policy, RULES)
	deadlines = Moody(plain, draw(st.integers())) if draw(st.booleans()) else plain
	new = c.NewEvent(
		event=f"EV{number}",
		event_type=draw(st.sampled_from(["Contract signed", "=Delivery"])),
		doctype="Sales Order",
		docname=draw(st.sampled_from(["SO-1", "007", "+49"])),
		occurrence="1",
		source=draw(st.sampled_from(list(Source))),
		owner=draw(st.sampled_from([ask("", ANNA), ask("", None, "no owner"), ask("", MAX, asked=ANNA)])),
		manager=draw(
			st.sampled_from([ask("", MAX), ask("", None, "no manager"), c.Ask("", None, "away", asked=MAX)])
		),
		collaborators=draw(
			st.sampled_from(
				[(), (ask("Quality", QUI),), (ask("Q", QUI, required=False), ask("L", None, "nobody there"))]
			)
		),
		signers=(("R6", ask("Quality", QUI)), ("R6", ask("Sales, East", BOSS))) if "R6" in keys else (),
		company=draw(st.sampled_from(["ACME", ""])),
		department=draw(st.sampled_from(["Sales", "", "Quality"])),
		branch="",
		pilot=draw(st.booleans()),
		practice=draw(st.booleans()),
		requirements=wanted,
		policy=policy,
		checks=draw(st.sampled_from([(), CHECKS])),
		observed=draw(st.sampled_from([None, {"R3": c.Observed("v", "Date")}])),
		observations=draw(st.sampled_from([(), (Observation("K1", "2026-03-01", "2026-03-02"),)])),
	)
	facts = list(c.record(new, now, draw(st.sampled_from(LOGINS)), deadlines))
	chain = c.fold(facts)
	for command in draw(st.lists(commands(), max_size=14)):
		now += timedelta(hours=draw(st.sampled_from([0, 0, 0.01, 3, 11, 50])))
		try:
			if isinstance(command, f.MasterRenamed):
				decided = (
					f.MasterRenamed(
						at=now, actor=command.actor, doctype=command.doctype, old=command.old, new=command.new
					),
				)
			else:
				decided = c.decide(chain, command, now, deadlines)
		except errors.FlowError:
			continue
		for fact in decided:
			chain = c.evolve(chain, fact)
		facts += decided
	return facts


RULES = rules()


def round_trip(all_facts, write, folder: Path):
	writer = export.ChainWriter(RULES)
	export.write_rules(RULES, writer.sheets)
	for facts in all_facts:
		writer.add(facts)
	found = {}
	result = replay(
		write(writer.sheets, folder),
		Options(now="2027-01-01", on_chain=lambda chain: found.setdefault(chain.id, chain)),
	)
	return found, result, writer


def as_workbook(sheets, folder):
	path = folder / "month.xlsx"
	path.write_bytes(export.workbook(sheets, "zh"))
	return [path]


def as_csv(sheets, folder):
	return export.csv_folder(sheets, folder)


@settings(
	max_examples=60,
	deadline=None,
	suppress_health_check=list(HealthCheck),
	# each example reads and writes files: what fails is readable enough as it is
	phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(st.data())
@pytest.mark.parametrize("write", [as_workbook, as_csv])
def test_chains_written_and_replayed_are_the_same(write, data):
	all_facts = [data.draw(chains(number)) for number in range(1, data.draw(st.integers(1, 3)) + 1)]
	with tempfile.TemporaryDirectory() as folder:
		found, result, writer = round_trip(all_facts, write, Path(folder))
	assert writer.as_recorded == 0, "a command was not found again"
	assert result.brief.inputs.refused == 0
	chains_ = [c.fold(facts) for facts in all_facts]
	assert found == {chain.id: chain for chain in chains_}
	now = result.brief.now
	times = [chain_times(chain) for chain in chains_]
	for chain in chains_:
		assert project(found[chain.id]) == project(chain)
		assert verify(found[chain.id]) == verify(chain)
	assert result.brief.total.health == figures.health(times, now)
	assert result.brief.stalls == figures.stalls(times, now)


def test_what_no_command_leads_to_is_written_as_the_fact_it_was(tmp_path):
	"""An older version may have decided otherwise: what was recorded is what counts."""
	new = c.NewEvent(
		event="EV1",
		event_type="T",
		doctype="D",
		docname="N",
		occurrence="1",
		source=Source.HOOK,
		owner=ask("", ANNA),
		manager=ask("", MAX),
		requirements=REQUIREMENTS[:1],
	)
	facts = list(c.record(new, NOW, c.SYSTEM, RuleDeadlines(new.policy, RULES)))
	facts.append(f.ChainClosedFact(at=NOW + timedelta(hours=1), actor="somebody"))
	found, result, writer = round_trip([facts], as_workbook, tmp_path)
	assert writer.as_recorded == 1
	assert found["EV1"] == c.fold(facts) and found["EV1"].state is ChainState.CLOSED
	assert any("as they were recorded" in note.template for note in result.brief.notes)


def test_details_longer_than_a_cell(tmp_path):
	text = "字" * 4_999
	pieces = tuple(
		("R2", Evidence(f"{n:03d}", "R2", 1, RequirementKind.TEXT, f"{n}{text}", title=text))
		for n in range(9)
	)
	new = c.NewEvent(
		event="EV1",
		event_type="T",
		doctype="D",
		docname="N",
		occurrence="1",
		source=Source.HOOK,
		owner=ask("", ANNA),
		manager=ask("", MAX),
		requirements=REQUIREMENTS[1:2],
	)
	deadlines = RuleDeadlines(new.policy, RULES)
	facts = list(c.record(new, NOW, c.SYSTEM, deadlines))
	taken = c.TakeOver(actor=c.SYSTEM, event="EV0", pieces=pieces)
	facts += c.decide(c.fold(facts), taken, NOW + timedelta(hours=1), deadlines)
	for write in (as_workbook, as_csv):
		found, _result, _writer = round_trip([facts], write, tmp_path)
		assert found["EV1"] == c.fold(facts)


def test_no_cell_becomes_a_formula(tmp_path):
	openpyxl = pytest.importorskip("openpyxl")
	sheets = export.Sheets()
	sheets.add(export.c.EVENTS, event="=1+1", type="@x", recorded_at=NOW, document="+2", by="-3")
	book = openpyxl.load_workbook(as_workbook(sheets, tmp_path)[0])
	assert all(cell.data_type != "f" for row in book["事件"].iter_rows() for cell in row)
	text = as_csv(sheets, tmp_path)[0].read_text("utf-8-sig").splitlines()[1]
	assert not [cell for cell in text.split(",") if cell[:1] in "=+-@"]
