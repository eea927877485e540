"""The ledger: an honest one has no findings, and each manipulation is found and called by its name."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.ledger import (
	GENESIS,
	Anchor,
	Entry,
	Finding,
	FindingKind,
	Seal,
	canonical_json,
	entry_name,
	join,
	may_seal,
	new_entry,
	proof,
	seal,
	timestamp,
	verify,
)

KEY = b"the key of this site"
OTHER_KEY = b"somebody else's key"
START = datetime(2024, 3, 1, 8, tzinfo=timezone.utc)
K = FindingKind


def at(minutes: float) -> str:
	return timestamp(START + timedelta(minutes=minutes))


def write(event: str, seq: int, minutes: float, key: bytes = KEY, actor: str = "anna@example.com") -> Entry:
	moment = START + timedelta(minutes=minutes)
	return new_entry(event, seq, "EvidenceGiven", {"n": seq, "text": "验收报告"}, actor, moment, key)


@dataclass
class Ledger:
	"""A ledger as three tables that tests change at will."""

	entries: list[Entry]
	seals: list[Seal]
	anchors: list[Anchor]
	minutes: float

	def run_sealer(self, minutes: float) -> None:
		"""One honest sealing run: oldest first, only what the application wrote."""
		sealed = {link.entry for link in self.seals}
		for entry in sorted(self.entries, key=lambda e: (e.recorded_at, e.event, e.seq)):
			if entry.name in sealed or not may_seal(entry, KEY):
				continue
			last = self.seals[-1] if self.seals else None
			number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
			self.seals.append(seal(entry, number, previous, at(minutes)))

	def anchor(self, source: str = "table") -> None:
		last = self.seals[-1]
		self.anchors.append(Anchor(last.number, last.hash, at(self.minutes), source))

	def reseal(self) -> None:
		"""What somebody does who recomputes all hashes, without the key."""
		found = {entry.name: entry for entry in self.entries}
		previous, seals = GENESIS, []
		for number, link in enumerate(self.seals, 1):
			seals.append(seal(found[link.entry], number, previous, link.sealed_at))
			previous = seals[-1].hash
		self.seals = seals

	def entry_of(self, number: int) -> int:
		name = self.seals[number - 1].entry
		return next(index for index, entry in enumerate(self.entries) if entry.name == name)

	def edit_entry(self, number: int, **changes: object) -> None:
		index = self.entry_of(number)
		self.entries[index] = replace(self.entries[index], **changes)  # type: ignore[arg-type]

	def edit_seal(self, position: int, /, **changes: object) -> None:
		self.seals[position - 1] = replace(self.seals[position - 1], **changes)  # type: ignore[arg-type]

	def verify(self, minutes: float | None = None, **options: object) -> list[Finding]:
		now = at(self.minutes if minutes is None else minutes)
		found = verify(join(self.entries, self.seals), self.anchors, KEY, now=now, **options)  # type: ignore[arg-type]
		for finding in found:
			assert finding.message and "{" not in finding.message
		return found


def kinds(found: list[Finding]) -> set[FindingKind]:
	return {finding.kind for finding in found}


def build(picks: list[int], run_every: int, step: float = 7) -> Ledger:
	"""Facts of the events named by ``picks``, one each ``step`` minutes, sealed every few of them."""
	ledger = Ledger([], [], [], 0)
	seqs: dict[int, int] = {}
	for index, pick in enumerate(picks):
		seqs[pick] = seqs.get(pick, 0) + 1
		ledger.entries.append(write(f"EV-{pick}", seqs[pick], index * step))
		ledger.minutes = index * step + 1
		if (index + 1) % run_every == 0:
			ledger.run_sealer(ledger.minutes)
	ledger.run_sealer(ledger.minutes)
	return ledger


@st.composite
def ledgers(draw: st.DrawFn, smallest: int = 3) -> Ledger:
	picks = draw(st.lists(st.integers(0, 3), min_size=smallest, max_size=14))
	return build(picks, draw(st.integers(1, 5)), draw(st.sampled_from([0, 0.5, 7])))


def three_events() -> Ledger:
	return build([0, 1, 0, 2, 1, 0, 2, 1, 0, 0, 1, 2], 1)


def number_in(data: st.DataObject, ledger: Ledger) -> int:
	return data.draw(st.integers(1, len(ledger.seals)), label="number")


# --- an honest ledger ---


@given(ledgers())
def test_an_untouched_ledger_has_no_findings(ledger: Ledger) -> None:
	ledger.anchor()
	ledger.anchor("file")
	heads = {entry.event: entry.seq for entry in ledger.entries}
	assert ledger.verify(heads=heads.items()) == []


def test_an_empty_ledger_has_no_findings() -> None:
	assert verify([], [], KEY, now=at(0)) == []
	assert verify([], [Anchor(0, GENESIS, at(0), "file")], KEY, now=at(0)) == []


@given(ledgers(), st.integers(1, 5))
def test_entries_that_wait_within_the_grace_time_are_no_finding(ledger: Ledger, count: int) -> None:
	ledger.entries += [write("NEW", seq, ledger.minutes) for seq in range(1, count + 1)]
	assert ledger.verify(ledger.minutes + 59) == []
	[finding] = ledger.verify(ledger.minutes + 61)
	assert (finding.kind, finding.args[0], finding.entry) == (K.UNSEALED_OVERDUE, count, "NEW-00001")


@given(ledgers(), st.integers(1, 10), st.booleans())
def test_a_backlog_sealed_by_interrupted_runs_accuses_nobody(ledger: Ledger, cut: int, late: bool) -> None:
	"""After days without a sealer a run is killed midway; the next one takes what it left."""
	for index in range(12):
		ledger.entries.append(write(f"BACK-{index}", 1, ledger.minutes + 10 + index * 60 * 6))
	days = ledger.minutes + 60 * 24 * 4
	ledger.run_sealer(days)
	for position in range(len(ledger.seals) - cut, len(ledger.seals)):
		ledger.edit_seal(position + 1, sealed_at=at(days + (90 if late else 1)))
	ledger.reseal()
	assert ledger.verify(days + 91) == []


def test_the_clocks_of_two_hosts_may_differ_a_little() -> None:
	ledger = three_events()
	ledger.entries.append(write("EV-9", 1, ledger.minutes + 3 / 60))
	ledger.run_sealer(ledger.minutes)
	assert ledger.verify() == []
	assert kinds(ledger.verify(skew_seconds=1)) == {K.BACKDATED}


# --- edited ---

ENTRY_CHANGES: dict[str, object] = {
	"name": "EV-77-00001",
	"event": "EV-77",
	"seq": 77,
	"fact": "Other",
	"payload": "{}",
	"actor": "someone@else",
	"recorded_at": "2024-03-01T07:00:00.000000Z",
	"proof": "é" * 64,
}


@given(ledgers(), st.data(), st.sampled_from(sorted(ENTRY_CHANGES)))
def test_an_edited_field_of_an_entry_is_found(ledger: Ledger, data: st.DataObject, column: str) -> None:
	number = number_in(data, ledger)
	name = ledger.seals[number - 1].entry
	ledger.edit_entry(number, **{column: ENTRY_CHANGES[column]})
	found = ledger.verify()
	edited = [finding for finding in found if finding.kind is K.EDITED]
	assert [finding.number for finding in edited] == [number]
	assert name in edited[0].args
	assert kinds(found) <= {K.EDITED, K.BACKDATED}
	assert len(found) <= 2


@pytest.mark.parametrize("column", sorted(ENTRY_CHANGES))
def test_a_column_set_to_null_is_found(column: str) -> None:
	ledger = three_events()
	if column in ("name", "event", "seq"):
		ledger.edit_entry(4, actor=None, **({} if column == "name" else {column: None}))
	else:
		ledger.edit_entry(4, **{column: None})
	assert [(finding.kind, finding.number) for finding in ledger.verify()] == [(K.EDITED, 4)]


@given(ledgers(), st.data(), st.sampled_from(["entry", "previous", "hash", "sealed_at"]))
def test_an_edited_seal_is_found(ledger: Ledger, data: st.DataObject, column: str) -> None:
	number = number_in(data, ledger)
	ledger.edit_seal(
		number,
		**{
			column: {
				"entry": "EV-77-00001",
				"previous": "f" * 64,
				"hash": "e" * 64,
				"sealed_at": "2024-03-01T07:59:00.000000Z",
			}[column]
		},
	)
	found = ledger.verify()
	assert [(finding.kind, finding.number) for finding in found] == [(K.EDITED, number)]


@given(ledgers(), st.data())
def test_a_seal_that_names_another_entry_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = number_in(data, ledger)
	other = data.draw(
		st.sampled_from([link.entry for link in ledger.seals]).filter(
			lambda name: name != ledger.seals[number - 1].entry
		)
	)
	ledger.edit_seal(number, entry=other)
	found = ledger.verify(ledger.minutes + 600)
	assert [(finding.kind, finding.number) for finding in found] == [(K.EDITED, number)]


@given(ledgers(), st.data())
def test_an_edited_entry_with_its_own_seal_recomputed_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = number_in(data, ledger)
	ledger.edit_entry(number, payload="{}")
	link = ledger.seals[number - 1]
	ledger.seals[number - 1] = seal(
		ledger.entries[ledger.entry_of(number)], number, link.previous, link.sealed_at
	)
	found = ledger.verify()
	assert [(finding.kind, finding.number) for finding in found] == [(K.EDITED, number)]


@given(ledgers(), st.data())
def test_a_seal_with_another_time_and_a_fitting_hash_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = data.draw(st.integers(1, len(ledger.seals) - 1))
	link = ledger.seals[number - 1]
	ledger.seals[number - 1] = seal(
		ledger.entries[ledger.entry_of(number)], number, link.previous, at(ledger.minutes + 1)
	)
	found = ledger.verify()
	assert [(finding.kind, finding.number) for finding in found] == [(K.EDITED, number)]


def test_a_long_run_of_edited_entries_is_one_finding() -> None:
	ledger = build([0] * 40, 1)
	for number in range(11, 31):
		ledger.edit_entry(number, actor="nobody")
	[finding] = ledger.verify()
	assert (finding.kind, finding.args) == (K.EDITED, (11, 30))


def test_the_wrong_key_is_few_findings() -> None:
	ledger = three_events()
	found = verify(join(ledger.entries, ledger.seals), [], OTHER_KEY, now=at(ledger.minutes))
	assert [(finding.kind, finding.args) for finding in found] == [(K.EDITED, (1, 12))]
	assert "key" in found[0].message


# --- deleted ---


@given(ledgers(), st.data())
def test_a_deleted_entry_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = number_in(data, ledger)
	name = ledger.seals[number - 1].entry
	del ledger.entries[ledger.entry_of(number)]
	[finding] = ledger.verify()
	assert (finding.kind, finding.number, finding.entry) == (K.DELETED, number, name)


@given(ledgers(), st.data())
def test_an_entry_deleted_with_its_seal_is_found(ledger: Ledger, data: st.DataObject) -> None:
	ledger.anchor()
	number = number_in(data, ledger)
	last = number == len(ledger.seals)
	del ledger.entries[ledger.entry_of(number)]
	del ledger.seals[number - 1]
	found = ledger.verify()
	if last:
		assert [(finding.kind, finding.number) for finding in found] == [(K.CUT_OFF, number)]
		return
	assert kinds(found) == {K.DELETED}
	assert found[0].number == number
	assert len(found) <= 2


@given(ledgers(), st.data())
def test_a_deleted_seal_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = data.draw(st.integers(1, len(ledger.seals) - 1))
	del ledger.seals[number - 1]
	found = ledger.verify()
	assert [(finding.kind, finding.args) for finding in found if finding.number] == [(K.DELETED, (number,))]
	assert kinds(found) <= {K.DELETED, K.UNSEALED_OVERDUE}


def test_a_deleted_stretch_is_one_finding_for_the_seals_and_one_for_each_event() -> None:
	ledger = build([0, 1] * 10, 1)
	gone = ledger.seals[4:14]
	del ledger.seals[4:14]
	ledger.entries = [e for e in ledger.entries if e.name not in {link.entry for link in gone}]
	found = ledger.verify()
	assert [(finding.kind, finding.args) for finding in found] == [
		(K.DELETED, (5, 14)),
		(K.DELETED, ("EV-0", 3, 7)),
		(K.DELETED, ("EV-1", 3, 7)),
	]


def test_closing_the_gap_after_a_deletion_does_not_help() -> None:
	ledger = build([0, 1] * 20, 1)
	ledger.anchor()
	del ledger.entries[ledger.entry_of(9)]
	del ledger.seals[8]
	ledger.seals = [
		replace(link, number=link.number - 1) if link.number > 9 else link for link in ledger.seals
	]
	found = ledger.verify()
	assert [(finding.kind, finding.args) for finding in found] == [
		(K.DELETED, (9,)),
		(K.REORDERED, (9, 39)),
		(K.DELETED, ("EV-0", 5, 5)),
	]


@given(ledgers(), st.data())
def test_a_deletion_with_everything_resealed_is_found(ledger: Ledger, data: st.DataObject) -> None:
	"""Only the anchor, and the event's numbering where later steps exist, can tell."""
	ledger.anchor()
	number = number_in(data, ledger)
	entry = ledger.entries.pop(ledger.entry_of(number))
	del ledger.seals[number - 1]
	ledger.reseal()
	expected = {K.CUT_OFF}
	if any(other.event == entry.event and other.seq > entry.seq for other in ledger.entries):
		expected.add(K.DELETED)
	assert kinds(ledger.verify()) == expected


def test_the_last_steps_of_an_event_are_missed_when_the_documents_know_them() -> None:
	ledger = three_events()
	heads = {entry.event: entry.seq for entry in ledger.entries}
	del ledger.entries[-1], ledger.seals[-1]
	assert ledger.verify() == []
	[finding] = ledger.verify(heads=heads.items())
	assert (finding.kind, finding.args) == (K.CUT_OFF, ("EV-2", 3, 2))


# --- inserted ---


@given(ledgers(), st.sampled_from([1, 2, 99]))
def test_an_entry_written_without_the_key_is_found(ledger: Ledger, seq: int) -> None:
	ledger.entries.append(write("EV-8", seq, ledger.minutes, OTHER_KEY))
	ledger.run_sealer(ledger.minutes)
	found = ledger.verify()
	assert [(finding.kind, finding.entry) for finding in found] == [(K.INSERTED, entry_name("EV-8", seq))]


@given(ledgers(), st.data())
def test_a_copy_of_an_entry_under_another_name_is_found(ledger: Ledger, data: st.DataObject) -> None:
	entry = data.draw(st.sampled_from(ledger.entries))
	ledger.entries.append(replace(entry, name="COPY-00001"))
	[finding] = ledger.verify()
	assert (finding.kind, finding.args) == (K.DUPLICATED, (entry.name,))


@given(ledgers())
def test_an_inserted_seal_is_found(ledger: Ledger) -> None:
	ledger.entries.append(write("EV-8", 1, ledger.minutes, OTHER_KEY))
	ledger.seals.append(Seal(len(ledger.seals) + 1, "EV-8-00001", "a" * 64, "b" * 64, at(ledger.minutes)))
	[finding] = ledger.verify()
	assert (finding.kind, finding.number) == (K.INSERTED, len(ledger.seals))


@given(ledgers(), st.data())
def test_a_second_seal_with_a_number_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = data.draw(st.integers(1, len(ledger.seals) - 1))
	ledger.entries.append(write("EV-8", 1, ledger.minutes, OTHER_KEY))
	before = ledger.seals[number - 1]
	ledger.seals.insert(number - 1, seal(ledger.entries[-1], number, before.previous, before.sealed_at))
	[finding] = ledger.verify()
	assert (finding.kind, finding.number, finding.entry) == (K.INSERTED, number, "EV-8-00001")


def test_making_room_for_an_inserted_entry_does_not_help() -> None:
	ledger = build([0, 1] * 20, 1)
	ledger.entries.append(write("EV-8", 1, 60, OTHER_KEY))
	before = ledger.seals[9]
	later = [replace(link, number=link.number + 1) for link in ledger.seals[9:]]
	forged = seal(ledger.entries[-1], 10, before.previous, before.sealed_at)
	ledger.seals = [*ledger.seals[:9], forged, *later]
	found = ledger.verify()
	assert [(finding.kind, finding.args) for finding in found] == [
		(K.INSERTED, (10, "EV-8-00001")),
		(K.REORDERED, (11, 41)),
	]


@given(ledgers(), st.data())
def test_an_entry_sealed_twice_is_found(ledger: Ledger, data: st.DataObject) -> None:
	entry = data.draw(st.sampled_from(ledger.entries))
	last = ledger.seals[-1]
	ledger.seals.append(seal(entry, last.number + 1, last.hash, at(ledger.minutes)))
	found = ledger.verify()
	assert K.DUPLICATED in kinds(found)
	assert {finding.number for finding in found} == {last.number + 1}


# --- re-ordered ---


@given(ledgers(), st.data())
def test_two_seals_with_their_numbers_exchanged_are_found(ledger: Ledger, data: st.DataObject) -> None:
	first = data.draw(st.integers(1, len(ledger.seals) - 1))
	second = data.draw(st.integers(first + 1, len(ledger.seals)))
	ledger.edit_seal(first, number=second)
	ledger.edit_seal(second, number=first)
	found = ledger.verify()
	assert [(finding.kind, finding.number, finding.args[2]) for finding in found] == [
		(K.REORDERED, first, second),
		(K.REORDERED, second, first),
	]


@given(ledgers(), st.data(), st.sampled_from([-5, 0, 3, 100_000_000]))
def test_a_renumbered_seal_is_found(ledger: Ledger, data: st.DataObject, to: int) -> None:
	number = number_in(data, ledger)
	to = len(ledger.seals) + to if to > 0 else to
	ledger.edit_seal(number, number=to)
	[finding] = ledger.verify()
	assert (finding.kind, finding.number, finding.args[2]) == (K.REORDERED, to, number)


def test_an_order_changed_with_all_hashes_recomputed_is_found() -> None:
	ledger = build([0] * 8, 8)
	ledger.anchor()
	ledger.seals[2], ledger.seals[5] = ledger.seals[5], ledger.seals[2]
	ledger.reseal()
	assert [finding.kind for finding in ledger.verify()] == [K.REORDERED, K.ANCHOR_MISMATCH]


# --- back-dated ---


@given(ledgers(), st.data())
def test_an_entry_put_back_in_time_by_sql_is_found(ledger: Ledger, data: st.DataObject) -> None:
	number = number_in(data, ledger)
	entry = ledger.entries[ledger.entry_of(number)]
	ledger.edit_entry(number, recorded_at=at(-5))
	found = ledger.verify()
	later_step = entry.seq > 1
	assert kinds(found) == ({K.EDITED, K.BACKDATED} if later_step else {K.EDITED})
	assert {finding.number for finding in found} == {number}


@given(ledgers(), st.floats(61, 5000))
def test_a_signed_entry_older_than_a_sealing_run_is_found(ledger: Ledger, minutes: float) -> None:
	"""Not even the holder of the key, with the clock put back, can write into the past."""
	ledger.entries.append(write("EV-8", 1, ledger.minutes - minutes))
	ledger.run_sealer(ledger.minutes + 5)
	[finding] = ledger.verify(ledger.minutes + 5)
	assert (finding.kind, finding.entry, finding.number) == (K.BACKDATED, "EV-8-00001", len(ledger.seals))


@given(ledgers(), st.data())
def test_a_step_before_the_one_it_follows_is_found(ledger: Ledger, data: st.DataObject) -> None:
	first = data.draw(st.floats(10, 50))
	ledger.entries += [
		write("EV-8", 1, ledger.minutes),
		write("EV-8", 2, ledger.minutes + first),
		write("EV-8", 3, ledger.minutes + 5),
	]
	minutes = ledger.minutes + 51
	for index in (-3, -2, -1):
		last = ledger.seals[-1]
		ledger.seals.append(seal(ledger.entries[index], last.number + 1, last.hash, at(minutes)))
	[finding] = ledger.verify(minutes)
	assert (finding.kind, finding.entry) == (K.BACKDATED, "EV-8-00003")


@given(ledgers(), st.booleans())
def test_an_entry_of_the_future_is_found(ledger: Ledger, sealed: bool) -> None:
	ledger.entries.append(write("EV-8", 1, ledger.minutes + 10))
	ledger.entries.append(write("EV-9", 1, ledger.minutes))
	if sealed:
		ledger.run_sealer(ledger.minutes)
	[finding] = ledger.verify()
	assert (finding.kind, finding.entry) == (K.BACKDATED, "EV-8-00001")


def test_a_seal_put_back_in_time_is_found() -> None:
	ledger = three_events()
	ledger.entries.append(write("EV-8", 1, 1))
	ledger.run_sealer(2)
	[finding] = ledger.verify()
	assert (finding.kind, finding.number) == (K.BACKDATED, 13)


# --- cut off and rewritten ---


@given(ledgers(), st.data())
def test_a_ledger_cut_off_at_its_end_is_found(ledger: Ledger, data: st.DataObject) -> None:
	ledger.anchor("table")
	ledger.anchor("file")
	keep = data.draw(st.integers(0, len(ledger.seals) - 1))
	gone = {link.entry for link in ledger.seals[keep:]}
	ledger.entries = [entry for entry in ledger.entries if entry.name not in gone]
	del ledger.seals[keep:]
	found = ledger.verify()
	assert [(finding.kind, finding.number) for finding in found] == [(K.CUT_OFF, keep + 1)] * 2
	assert {finding.args[3] for finding in found} == {"table", "file"}


@given(ledgers(), st.data())
def test_a_cut_ledger_that_goes_on_is_found(ledger: Ledger, data: st.DataObject) -> None:
	ledger.anchor()
	size = len(ledger.seals)
	keep = data.draw(st.integers(0, size - 1))
	gone = {link.entry for link in ledger.seals[keep:]}
	ledger.entries = [entry for entry in ledger.entries if entry.name not in gone]
	del ledger.seals[keep:]
	ledger.entries += [write("EV-8", seq, ledger.minutes) for seq in range(1, size + 1)]
	ledger.run_sealer(ledger.minutes)
	assert kinds(ledger.verify()) == {K.ANCHOR_MISMATCH}


@given(ledgers(), st.data())
def test_a_history_rewritten_as_a_whole_is_found(ledger: Ledger, data: st.DataObject) -> None:
	"""Even by the holder of the key: entries signed anew, all hashes recomputed."""
	ledger.anchor()
	number = number_in(data, ledger)
	index = ledger.entry_of(number)
	entry = ledger.entries[index]
	signature = proof(
		entry.name, entry.event, entry.seq, entry.fact, "{}", entry.actor, entry.recorded_at, KEY
	)
	ledger.entries[index] = replace(entry, payload="{}", proof=signature)
	ledger.reseal()
	[finding] = ledger.verify()
	assert finding.kind is K.ANCHOR_MISMATCH


def test_a_rewritten_history_is_dated_between_two_anchors() -> None:
	ledger = three_events()
	links = ledger.seals
	ledger.anchors = [Anchor(n, links[n - 1].hash, links[n - 1].sealed_at, "file") for n in (3, 6, 9, 12)]
	ledger.edit_entry(5, actor="nobody")
	ledger.reseal()
	found = ledger.verify()
	assert [(finding.kind, finding.number) for finding in found] == [(K.EDITED, 5), (K.ANCHOR_MISMATCH, 6)]
	assert found[1].args == (6, links[5].sealed_at, "file", 3, 3)


def test_a_last_seal_made_anew_on_another_hash_is_found() -> None:
	ledger = three_events()
	entry = ledger.entries[ledger.entry_of(12)]
	ledger.seals[-1] = seal(entry, 12, "f" * 64, ledger.seals[-1].sealed_at)
	[finding] = ledger.verify()
	assert finding.kind is K.EDITED
	assert finding.number in (11, 12)  # the two disagree, and nothing after them says which is right


def test_a_chain_that_does_not_begin_at_its_beginning_is_found() -> None:
	ledger = build([0], 1)
	ledger.seals = [seal(ledger.entries[0], 1, "f" * 64, ledger.seals[0].sealed_at)]
	[finding] = ledger.verify()
	assert (finding.kind, finding.number) == (K.INSERTED, 1)


SEAL_CHANGES: dict[str, list[object]] = {
	"number": [-1, 0, 1, 2, 5, 9, 1000],
	"entry": ["EV-0-00001", "EV-1-00002", "x", ""],
	"previous": [GENESIS, "f" * 64, ""],
	"hash": [GENESIS, "f" * 64, ""],
	"sealed_at": [at(0), at(30), "yesterday", ""],
}


def spoil(ledger: Ledger, data: st.DataObject) -> None:
	"""One change that somebody without the key can make in the tables."""
	deeds = [
		"entry",
		"seal",
		"drop entry",
		"drop seal",
		"forge",
		"copy entry",
		"copy seal",
		"swap",
		"own",
		"all",
	]
	deed = data.draw(st.sampled_from(deeds), label="deed")
	row = data.draw(st.integers(0, min(len(ledger.entries), len(ledger.seals)) - 1), label="row")
	entry, link = ledger.entries[row], ledger.seals[row]
	found = {known.name: known for known in ledger.entries}.get(link.entry)
	if deed == "entry":
		column = data.draw(st.sampled_from(sorted(ENTRY_CHANGES)), label="column")
		ledger.entries[row] = replace(entry, **{column: ENTRY_CHANGES[column]})  # type: ignore[arg-type]
	elif deed == "seal":
		column = data.draw(st.sampled_from(sorted(SEAL_CHANGES)), label="column")
		value = data.draw(st.sampled_from(SEAL_CHANGES[column]), label="value")
		ledger.seals[row] = replace(link, **{column: value})  # type: ignore[arg-type]
	elif deed == "drop entry":
		del ledger.entries[row]
	elif deed == "drop seal":
		del ledger.seals[row]
	elif deed == "forge":
		ledger.entries.append(write(f"EV-{row}", row + 1, row, OTHER_KEY))
	elif deed == "copy entry":
		ledger.entries.append(replace(entry, name=entry.name + "x"))
	elif deed == "copy seal":
		ledger.seals.append(replace(link, number=len(ledger.seals) + 1))
	elif deed == "swap":
		other = data.draw(st.integers(0, len(ledger.seals) - 1), label="other")
		ledger.seals[row], ledger.seals[other] = (
			replace(ledger.seals[other], number=link.number),
			replace(link, number=ledger.seals[other].number),
		)
	elif deed == "own" and found and link.number > 0:
		time = data.draw(st.sampled_from([link.sealed_at, at(1)]), label="time")
		previous = data.draw(st.sampled_from([link.previous, GENESIS]), label="previous")
		try:
			ledger.seals[row] = seal(found, link.number, previous, time)
		except InvalidInput:  # an earlier change spoilt the time
			return
	elif deed == "all":
		found_all = {known.name: known for known in ledger.entries}
		ledger.seals = [s for s in ledger.seals if s.entry in found_all and s.sealed_at.endswith("Z")]
		ledger.reseal()


@given(ledgers(smallest=5), st.data(), st.integers(1, 3))
def test_whatever_is_changed_is_found(ledger: Ledger, data: st.DataObject, deeds: int) -> None:
	ledger.anchor()
	entries, seals = set(ledger.entries), set(ledger.seals)
	for _ in range(deeds):
		spoil(ledger, data)
		if not ledger.entries or not ledger.seals:
			break
	found = ledger.verify(ledger.minutes + 1)
	if set(ledger.entries) == entries and set(ledger.seals) == seals:
		assert found == []
	else:
		assert found


# --- the parts ---

JSON = st.recursive(
	st.none()
	| st.booleans()
	| st.integers()
	| st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: str(number) != "-0.0")
	| st.text(st.characters(exclude_categories=["Cs"])),
	lambda inner: (
		st.lists(inner, max_size=3)
		| st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
	),
	max_leaves=10,
)


@given(JSON)
def test_canonical_json_comes_back_as_it_was(value: object) -> None:
	text = canonical_json(value)
	assert json.loads(text) == value
	assert canonical_json(json.loads(text)) == text


def test_canonical_json_is_one_text() -> None:
	assert canonical_json({"b": [1, None], "a": "达标"}) == '{"a":"达标","b":[1,null]}'


CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
	"value",
	[
		float("nan"),
		float("inf"),
		-0.0,
		datetime(2024, 1, 1),
		b"x",
		{1, 2},
		{1: "x"},
		{"a": {None: 1}},
		["\ud800"],
		{"\udfff": 1},
		CYCLE,
	],
	ids=repr,
)
def test_canonical_json_refuses_what_would_not_come_back(value: object) -> None:
	with pytest.raises(InvalidInput):
		canonical_json(value)


def test_fields_cannot_be_shifted_into_each_other() -> None:
	entry = replace(write("EV", 1, 0), fact="AB", payload="C")
	shifted = replace(entry, fact="A", payload="BC")
	assert seal(entry, 1, GENESIS, at(0)).hash != seal(shifted, 1, GENESIS, at(0)).hash
	fields = "EV-00001", "EV", 1
	assert proof(*fields, "AB", "C", "x", at(0), KEY) != proof(*fields, "A", "BC", "x", at(0), KEY)


def test_only_the_application_s_own_entries_may_be_sealed() -> None:
	entry = write("EV", 1, 0)
	assert may_seal(entry, KEY)
	assert not may_seal(entry, OTHER_KEY)
	for column, value in ENTRY_CHANGES.items():
		assert not may_seal(replace(entry, **{column: value}), KEY), column  # type: ignore[arg-type]
		assert not may_seal(replace(entry, **{column: None}), KEY), column  # type: ignore[arg-type]


@pytest.mark.parametrize(
	"change",
	[
		{"name": "EV-1"},
		{"seq": 0, "name": "EV-00000"},
		{"recorded_at": "2024-03-01T08:00:00Z"},
		{"recorded_at": "2024-13-01T08:00:00.000000Z"},
		{"recorded_at": "2024-03-01T08:00:00.000000Z\n"},
		{"key": b""},
	],
)
def test_a_proof_is_not_given_to_what_could_not_be_sealed(change: dict[str, object]) -> None:
	fields: dict[str, object] = {
		"name": "EV-00001",
		"event": "EV",
		"seq": 1,
		"fact": "F",
		"payload": "{}",
		"actor": "a",
		"recorded_at": at(0),
		"key": KEY,
	}
	assert len(proof(**fields)) == 64  # type: ignore[arg-type]
	with pytest.raises(InvalidInput):
		proof(**{**fields, **change})  # type: ignore[arg-type]


def test_a_seal_needs_a_number_and_a_time() -> None:
	with pytest.raises(InvalidInput):
		seal(write("EV", 1, 0), 0, GENESIS, at(0))
	with pytest.raises(InvalidInput):
		seal(write("EV", 1, 0), 1, GENESIS, "yesterday")
	with pytest.raises(InvalidInput):
		timestamp(datetime(2024, 1, 1))


def test_rows_in_a_wrong_order_are_refused() -> None:
	ledger = three_events()
	rows = list(join(ledger.entries, ledger.seals))
	waiting = write("EV-8", 1, 0)
	for wrong in (rows[::-1], [(None, waiting), *rows], [*rows, (None, None)]):
		with pytest.raises(InvalidInput):
			verify(wrong, [], KEY, now=at(0))
	with pytest.raises(InvalidInput):
		verify(rows, [], KEY, now="now")
