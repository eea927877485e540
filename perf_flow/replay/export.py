"""Chains, written as the rows of a workbook from which a replay makes them again: same chains, same verdicts.

``ChainWriter`` finds the command behind each fact by asking the engine itself: a command is only written down if the
engine, given the rules and calendars of the workbook, answers with the very facts that were recorded. Where a due
time differs from what the calendars say today (a holiday list was changed since), the recorded one is written beside
it. What no command of today leads to (an older version decided otherwise) is written as the fact it was, and counted.

Rows are dictionaries by the keys of ``columns``; ``workbook`` and ``csv_folder`` write them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from perf_flow.engine import chain as engine
from perf_flow.engine import facts as f
from perf_flow.engine.clock import Shift, to_utc_iso
from perf_flow.engine.commands import Ask, Command, Deadlines, NewEvent, Observed
from perf_flow.engine.errors import FlowError
from perf_flow.engine.evolution import evolve
from perf_flow.engine.model import (
	Chain,
	Check,
	DocumentState,
	Evidence,
	Person,
	Policy,
	Requirement,
	StepKind,
)
from perf_flow.replay import columns as c
from perf_flow.replay.chains import Answers
from perf_flow.replay.columns import Deed
from perf_flow.replay.rules import RuleDeadlines, Rules, TypeRule
from perf_flow.replay.tables import guarded

Row = dict[str, Any]

_ESCAPED = re.compile(r"_x(?=[0-9A-Fa-f]{4}_)")
_FAR = datetime(9000, 1, 1, tzinfo=timezone.utc)
_STEP = timedelta(seconds=1)


@dataclass(slots=True)
class Sheets:
	"""The rows of all sheets, by the key of the sheet."""

	rows: dict[str, list[Row]] = field(default_factory=lambda: {sheet.key: [] for sheet in c.SHEETS})

	def add(self, sheet: c.Sheet, **values: Any) -> None:
		"""Add a row; what is not given stays empty."""
		self.rows[sheet.key].append(values)


class ChainWriter:
	"""Writes chains into ``sheets``. ``rules`` are the calendars and people that the workbook says as well.

	``as_recorded`` counts facts for which no command was found.
	"""

	def __init__(self, rules: Rules, sheets: Sheets | None = None) -> None:
		self.sheets = sheets or Sheets()
		self.as_recorded = 0
		self._rules = rules
		self._types: dict[tuple[str, Policy, tuple[Requirement, ...], tuple[Check, ...]], TypeRule] = {}
		self._versions: dict[str, int] = {}

	def add(self, facts: Sequence[f.Fact]) -> None:
		"""Write the chain that ``facts`` lead to: one event, and an action for each command behind them."""
		recorded = facts[0]
		if not isinstance(recorded, f.EventRecorded):
			raise ValueError("a chain begins with EventRecorded")
		rule = self._type(recorded)
		plain = RuleDeadlines(rule.policy, self._rules)
		used, row = self._event(recorded, facts, rule, plain)
		self.sheets.rows[c.EVENTS.key].append(row)
		chain = engine.fold(facts[:used])
		rest = list(facts[used:])
		rows: list[Row] = []
		while rest:
			action, used = self._action(chain, rest, plain)
			action["event"] = recorded.event
			rows.append(action)
			for fact in rest[:used]:
				chain = evolve(chain, fact)
			del rest[:used]
		times = [row["at"] for row in rows]
		if times != sorted(times):
			for number, action in enumerate(rows):
				action["details"] = {**action.get("details", {}), "n": number}
		for action in (row, *rows):
			actor = action["by"]
			if actor not in self._rules.logins and actor != engine.SYSTEM:
				action["details"] = {**action.get("details", {}), "by": actor}
		self.sheets.rows[c.ACTIONS.key].extend(rows)

	# --- event types --------------------------------------------------------------------------------

	def _type(self, recorded: f.EventRecorded) -> TypeRule:
		"""The version of the event type that was in force; each is written once."""
		key = recorded.event_type, recorded.policy, recorded.requirements, recorded.checks
		found = self._types.get(key)
		if found is None:
			number = self._versions.get(recorded.event_type, 0) + 1
			self._versions[recorded.event_type] = number
			name = recorded.event_type if number == 1 else f"{recorded.event_type} #{number}"
			found = TypeRule(
				name, recorded.event_type, recorded.policy, recorded.requirements, recorded.checks
			)
			self._types[key] = found
			self._write_type(found)
		return found

	def _write_type(self, rule: TypeRule) -> None:
		policy = {name: getattr(rule.policy, name) for name in _names(Policy)}
		self.sheets.add(c.TYPES, id=rule.id, title=rule.title, **policy)
		for requirement in rule.requirements:
			self.sheets.add(c.REQUIREMENTS, type=rule.id, **_plainly(requirement))
		for check in rule.checks:
			self.sheets.add(c.CHECK_SHEET, type=rule.id, **_plainly(check))

	# --- the event ----------------------------------------------------------------------------------

	def _event(
		self, recorded: f.EventRecorded, facts: Sequence[f.Fact], rule: TypeRule, plain: Deadlines
	) -> tuple[int, Row]:
		for new in _new_events(recorded, facts, rule):
			found = self._agreed(
				lambda deadlines, new=new: engine.record(new, recorded.at, recorded.actor, deadlines),
				facts,
				plain,
			)
			if found is not None:
				return found[0], self._event_row(recorded, rule, new, found[1])
		raise ValueError(f"{recorded.event} cannot be written down: its first facts are not the engine's")

	def _event_row(
		self, recorded: f.EventRecorded, rule: TypeRule, new: NewEvent, due: list[str | None]
	) -> Row:
		details: Row = {
			"owner": _ask(new.owner),
			"manager": _ask(new.manager),
			"collaborators": [_ask(a) for a in new.collaborators],
			"signers": [[key, _ask(a)] for key, a in new.signers],
		}
		if new.observed:
			details["observed"] = {key: f.plain(value) for key, value in new.observed.items()}
		if new.observations:
			details["observations"] = [f.plain(o) for o in new.observations]
		if due:
			details["due"] = due
		owner, manager = new.owner.meant, new.manager.meant
		return {
			"event": recorded.event,
			"type": rule.id,
			"recorded_at": recorded.at,
			"person": (owner.employee or owner.user) if owner else None,
			"manager": (manager.employee or manager.user) if manager else None,
			"document": recorded.docname,
			"document_type": recorded.doctype,
			"department": recorded.department,
			"company": recorded.company,
			"branch": recorded.branch,
			"pilot": recorded.pilot,
			"practice": recorded.practice,
			"occurrence": recorded.occurrence,
			"source": recorded.source.value,
			"by": recorded.actor,
			"details": details,
		}

	# --- actions ------------------------------------------------------------------------------------

	def _action(self, chain: Chain, rest: list[f.Fact], plain: Deadlines) -> tuple[Row, int]:
		"""The row for the command behind the next facts, and how many of them it explains."""
		first = rest[0]
		if isinstance(first, f.MasterRenamed):
			payload = {"doctype": first.doctype, "old": first.old, "new": first.new}
			return _row(first, Deed.MASTER, details=payload), 1
		batch = [fact for fact in _batch(rest)]
		for command, row in _commands(chain, batch):
			found = self._agreed(
				lambda deadlines, command=command: engine.decide(chain, command, first.at, deadlines),
				batch,
				_TickDeadlines(plain, batch, chain) if isinstance(command, engine.Tick) else plain,
			)
			if found is not None:
				used, due = found
				if isinstance(command, engine.Tick):
					due = self._tick_due(chain, command, first.at, batch[:used], plain)
				if due:
					row["details"] = {**row.get("details", {}), "due": due}
				return row, used
		self.as_recorded += 1
		payload = {
			field_.name: f.plain(getattr(first, field_.name))
			for field_ in fields(first)
			if field_.name not in ("at", "actor")
		}
		return _row(first, Deed.FACT, details={"name": f.fact_name(first), "payload": payload}), 1

	@staticmethod
	def _tick_due(
		chain: Chain, command: engine.Tick, at: datetime, wanted: Sequence[f.Fact], plain: Deadlines
	) -> list[str | None]:
		"""The answers a tick needs, where the calendars alone would not lead to the same facts."""
		try:
			if engine.decide(chain, command, at, plain) == tuple(wanted):
				return []
		except FlowError:
			pass
		asked = _Recorder(_TickDeadlines(plain, wanted, chain))
		engine.decide(chain, command, at, asked)
		return [to_utc_iso(answer) for answer in asked.answers]

	def _agreed(
		self,
		ask: Callable[[Deadlines], tuple[f.Fact, ...]],
		wanted: Sequence[f.Fact],
		plain: Deadlines,
	) -> tuple[int, list[str | None]] | None:
		"""How many of the facts the engine answers with, and the due times it must be told for that; None when the
		command is not what happened."""
		try:
			answered = ask(plain)
			if answered and answered == tuple(wanted[: len(answered)]):
				return len(answered), []
			# the same with a due time of its own for each question: where it turns up, the recorded one belongs
			probe = _Probe()
			probed = ask(probe)
		except FlowError:
			return None
		if not probed or len(probed) > len(wanted):
			return None
		due: list[datetime | None] = [None] * probe.asked
		for fact, real in zip(probed, wanted, strict=False):
			if type(fact) is not type(real):
				return None
			for field_ in fields(fact):
				value = getattr(fact, field_.name)
				if isinstance(value, datetime) and value >= _FAR:
					due[(value - _FAR) // _STEP] = getattr(real, field_.name)
		recorder = _Recorder(Answers(due, plain))
		try:
			answered = ask(recorder)
		except FlowError:
			return None
		if answered != tuple(wanted[: len(answered)]):
			return None
		return len(answered), [None if d is None else to_utc_iso(d) for d in due]


class _Probe:
	"""Answers each question with an instant of its own, far away."""

	def __init__(self) -> None:
		self.asked = 0

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		self.asked += 1
		return _FAR + _STEP * (self.asked - 1)


class _Recorder:
	"""Remembers what was answered."""

	def __init__(self, deadlines: Deadlines) -> None:
		self.answers: list[datetime] = []
		self._deadlines = deadlines

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		self.answers.append(self._deadlines.shift(start, hours, person))
		return self.answers[-1]


class _TickDeadlines:
	"""Answers a tick's questions so that it says what it said: reminders and escalations are due now if they were
	given, and later if not."""

	def __init__(self, plain: Deadlines, wanted: Sequence[f.Fact], chain: Chain) -> None:
		self._at = wanted[0].at
		self._later = _FAR
		self._steps = [s for s in chain.open_steps() if engine.actionable(chain, s)]
		self._reminded = {x.step for x in wanted if isinstance(x, f.StepReminded)}
		self._level = {x.step: x.level for x in wanted if isinstance(x, f.StepEscalated)}
		policy = chain.policy
		per_step = (1 if policy.reminder_hours else 0) + (
			policy.escalation_levels if policy.escalation_hours else 0
		)
		self._questions: list[datetime] = []
		for step in self._steps:
			if policy.reminder_hours:
				self._questions.append(self._at if step.key in self._reminded else self._later)
			if policy.escalation_hours:
				upto = max(self._level.get(step.key, 0), step.escalation_level)
				self._questions.extend(
					self._at if level <= upto else self._later
					for level in range(1, policy.escalation_levels + 1)
				)
		self._next = 0
		assert len(self._questions) == per_step * len(self._steps)

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		self._next += 1
		# asked several times over, always in the same order
		return self._questions[(self._next - 1) % len(self._questions)]


# --- finding commands ----------------------------------------------------------------------------------


def _batch(rest: Sequence[f.Fact]) -> Iterator[f.Fact]:
	"""The facts that may belong to one command: of one moment and one actor."""
	first = rest[0]
	for fact in rest:
		if fact.at != first.at or fact.actor != first.actor or isinstance(fact, f.MasterRenamed):
			return
		yield fact


def _new_events(recorded: f.EventRecorded, facts: Sequence[f.Fact], rule: TypeRule) -> Iterator[NewEvent]:
	"""What may have been recorded, the likeliest first."""
	batch = list(_batch(facts))
	steps = [x for x in batch if isinstance(x, f.StepOpened)]
	evidence = next((s for s in steps if s.kind is StepKind.EVIDENCE), None)
	mark = next((s for s in steps if s.kind is StepKind.MARK), None)
	collaborators = tuple(
		Ask(s.label, s.assignee, s.why, s.required, s.asked) for s in steps if s.kind is StepKind.CONFIRMATION
	)
	signers = tuple((s.requirement, Ask(s.label, s.person, s.why, asked=s.asked)) for s in recorded.signers)
	observed = {
		x.requirement: Observed(x.value, x.title, x.dated_at)
		for x in batch
		if isinstance(x, f.EvidenceGiven) and x.automatic
	}
	observations = next((x.observations for x in batch if isinstance(x, f.ChecksObserved)), ())
	known = {a.why for a in (*collaborators, *(a for _key, a in signers)) if a.person is None}
	whys = [w for w in recorded.attention if w not in known] or [""]

	def asks(step: f.StepOpened | None, person: Person | None) -> list[Ask]:
		if step is not None:
			return [Ask(step.label, step.assignee, step.why, asked=step.asked)]
		if person is not None:
			return [Ask("", person), *(Ask("", None, why, asked=person) for why in whys if why)]
		return [Ask("", None), *(Ask("", None, why) for why in whys if why)]

	for owner in asks(evidence, recorded.owner):
		for manager in asks(mark, recorded.manager):
			yield NewEvent(
				event=recorded.event,
				event_type=recorded.event_type,
				doctype=recorded.doctype,
				docname=recorded.docname,
				occurrence=recorded.occurrence,
				source=recorded.source,
				owner=owner,
				manager=manager,
				collaborators=collaborators,
				company=recorded.company,
				department=recorded.department,
				branch=recorded.branch,
				pilot=recorded.pilot,
				practice=recorded.practice,
				policy=rule.policy,
				requirements=rule.requirements,
				signers=signers,
				checks=rule.checks,
				observed=observed,
				observations=observations,
			)


def _commands(chain: Chain, batch: list[f.Fact]) -> Iterator[tuple[Command, Row]]:
	"""The commands that may have led to the next facts, with their rows; the likeliest first."""
	first = batch[0]
	actor = first.actor
	given = [x for x in batch if isinstance(x, f.EvidenceGiven)]
	if isinstance(first, f.EvidenceGiven | f.EvidenceWithdrawn):
		if isinstance(first, f.EvidenceWithdrawn):
			yield from _withdrawals(chain, first, batch)
		signed = next((x for x in batch if isinstance(x, f.SignedOff)), None)
		if signed is not None:
			yield (
				engine.SignOff(actor=actor, note=signed.note, step=signed.step),
				_row(first, Deed.SIGN_OFF, note=signed.note, step=signed.step),
			)
		for piece in given[:1]:
			yield (
				engine.GiveEvidence(
					actor=actor,
					requirement=piece.requirement,
					value=piece.value,
					title=piece.title,
					file=piece.file,
					sha256=piece.sha256,
					size=piece.size,
				),
				_row(
					first,
					Deed.EVIDENCE,
					requirement=piece.requirement,
					**_exactly(value=piece.value, title=piece.title),
					file=piece.file,
					sha256=piece.sha256,
					size=piece.size,
				),
			)
		yield from _observations(chain, batch)
	elif isinstance(first, f.ChecksObserved):
		yield (
			engine.ObserveChecks(actor=actor, observations=first.observations),
			_row(first, Deed.CHECKS, details={"observations": [f.plain(o) for o in first.observations]}),
		)
	elif isinstance(first, f.MarkGiven):
		yield (
			engine.GiveMark(actor=actor, mark=first.mark, reason=first.reason),
			_row(first, Deed.MARK, mark=first.mark.value, note=first.reason),
		)
	elif isinstance(first, f.ImpactConfirmed):
		yield (
			engine.ConfirmImpact(actor=actor, impacts=first.impacts, note=first.note, step=first.step),
			_row(
				first,
				Deed.CONFIRM,
				impacts=[i.value for i in first.impacts],
				note=first.note,
				step=first.step,
			),
		)
	elif isinstance(first, f.StepTakenBack):
		yield engine.TakeBack(actor=actor, step=first.step), _row(first, Deed.TAKE_BACK, step=first.step)
	elif isinstance(first, f.StepReassigned):
		yield (
			engine.Reassign(actor=actor, step=first.step, to=first.to, cause=first.cause, why=first.why),
			_row(
				first,
				Deed.REASSIGN,
				step=first.step,
				to=first.to.employee or first.to.user,
				cause=first.cause.value,
				note=first.why,
				details={"to": f.plain(first.to)},
			),
		)
	elif isinstance(first, f.ManagerChanged):
		yield (
			engine.ChangeManager(actor=actor, to=first.to),
			_row(
				first,
				Deed.MANAGER,
				to=(first.to.employee or first.to.user) if first.to else None,
				details={"to": f.plain(first.to)},
			),
		)
	elif isinstance(first, f.StepReminded | f.StepBecameOverdue | f.StepEscalated):
		yield from _ticks(batch)
	elif isinstance(first, f.ChainVoided):
		yield (
			engine.Void(actor=actor, cause=first.cause, reason=first.reason),
			_row(first, Deed.VOID, cause=first.cause.value, note=first.reason),
		)
	elif isinstance(first, f.DocumentRenamed | f.DocumentCancelled | f.DocumentDeleted):
		name = first.docname if isinstance(first, f.DocumentRenamed) else ""
		for state in (DocumentState.DELETED, DocumentState.CANCELLED, DocumentState.PRESENT):
			yield (
				engine.FollowDocument(actor=actor, renamed_to=name, state=state),
				_row(first, Deed.DOCUMENT, value=name, cause=state.value or None),
			)
	elif isinstance(first, f.ContinuedBy):
		yield engine.Continue(actor=actor, by=first.event), _row(first, Deed.CONTINUE, value=first.event)
	elif isinstance(first, f.ContinuedFrom):
		taken = [x for x in given if x.carried_from == first.event]
		pieces = tuple((x.requirement, _piece(x)) for x in taken)
		yield (
			engine.TakeOver(actor=actor, event=first.event, pieces=pieces),
			_row(
				first,
				Deed.TAKE_OVER,
				value=first.event,
				details={"pieces": [[key, f.plain(piece)] for key, piece in pieces]},
			),
		)


def _withdrawals(
	chain: Chain, first: f.EvidenceWithdrawn, batch: Sequence[f.Fact]
) -> Iterator[tuple[Command, Row]]:
	yield (
		engine.WithdrawEvidence(actor=first.actor, piece=first.piece),
		_row(first, Deed.WITHDRAW, details={"piece": first.piece}),
	)
	reopened = next((x for x in batch if isinstance(x, f.SignOffReopened)), None)
	if reopened is not None:
		yield (
			engine.TakeBack(actor=first.actor, step=reopened.step),
			_row(first, Deed.TAKE_BACK, step=reopened.step),
		)


def _observations(chain: Chain, batch: Sequence[f.Fact]) -> Iterator[tuple[Command, Row]]:
	"""ERP data seen anew: as much of the batch as is about it, the longest first."""
	first = batch[0]
	length = 0
	kinds = {e.key: e for e in chain.evidence}
	seen: dict[str, Observed | None] = {}
	lengths: list[tuple[int, dict[str, Observed | None]]] = []
	for fact in batch:
		if isinstance(fact, f.EvidenceGiven) and fact.automatic:
			seen[fact.requirement] = Observed(fact.value, fact.title, fact.dated_at)
		elif isinstance(fact, f.EvidenceWithdrawn) and fact.piece in kinds and kinds[fact.piece].automatic:
			seen[kinds[fact.piece].requirement] = None
		else:
			break
		length += 1
		lengths.append((length, dict(seen)))
	for _length, values in reversed(lengths):
		yield (
			engine.Observe(actor=first.actor, values=values),
			_row(first, Deed.OBSERVE, details={"values": {key: f.plain(v) for key, v in values.items()}}),
		)


def _ticks(batch: Sequence[f.Fact]) -> Iterator[tuple[Command, Row]]:
	first = batch[0]
	clock = f.StepReminded | f.StepBecameOverdue | f.StepEscalated
	superiors: dict[str, dict[int, Person]] = {}
	for fact in batch:
		if not isinstance(fact, clock):
			break
		if isinstance(fact, f.StepEscalated):
			superiors.setdefault(fact.step, {})[fact.level] = fact.to
	above = {
		step: tuple(levels.get(n, levels[max(levels)]) for n in range(1, max(levels) + 1))
		for step, levels in superiors.items()
	}
	yield (
		engine.Tick(actor=first.actor, superiors=above),
		_row(
			first,
			Deed.TICK,
			details={"superiors": {step: [f.plain(p) for p in people] for step, people in above.items()}},
		),
	)


def _row(fact: f.Fact, deed: Deed, **values: Any) -> Row:
	row: Row = {"at": fact.at, "by": fact.actor, "action": deed.value}
	details = values.pop("details", None)
	row.update({k: v for k, v in values.items() if v not in (None, "")})
	if details is not None:
		row["details"] = details
	return row


def _exactly(value: str, title: str) -> Row:
	"""Evidence as it stands in cells; what a cell would not give back is told in the details as well."""
	details = {}
	if value != value.strip() or len(value) > 30_000 or "\r" in value:
		details["value"] = value
	if title != title.strip() or not title:
		details["title"] = title
	row: Row = {"value": "" if "value" in details else value, "title": title}
	if details:
		row["details"] = details
	return row


def _piece(given: f.EvidenceGiven) -> Evidence:
	return Evidence(
		key=given.piece,
		requirement=given.requirement,
		round=given.round,
		kind=given.kind,
		value=given.value,
		title=given.title,
		file=given.file,
		sha256=given.sha256,
		size=given.size,
		dated_at=given.dated_at,
	)


def _ask(ask: Ask) -> Row:
	found = {"person": f.plain(ask.person)}
	if ask.label:
		found["label"] = ask.label
	if ask.why:
		found["why"] = ask.why
	if not ask.required:
		found["required"] = False
	if ask.asked is not None:
		found["asked"] = f.plain(ask.asked)
	return found


def _names(cls: Any) -> list[str]:
	return [field_.name for field_ in fields(cls)]


def _plainly(value: Any) -> Row:
	"""The fields of a requirement or check as cells."""
	row: Row = {}
	for name in _names(type(value)):
		cell = getattr(value, name)
		row[name] = cell.value if hasattr(cell, "value") else cell
	return row


# --- writing -------------------------------------------------------------------------------------------


def cell(value: Any, column: c.Column, lang: str = "en") -> str | int | float | None:
	"""A value as a cell holds it, so that reading gives it back. Times are text: Excel rounds them."""
	if value is None or value == "" or value == () or value == []:
		return None
	if isinstance(value, datetime):
		return to_utc_iso(value)
	if isinstance(value, date):
		return value.isoformat()
	if column.kind is c.As.JSON:
		return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True) if value else None
	if column.kind is c.As.YES_NO:
		return ("是" if value else "否") if lang.startswith("zh") else ("Yes" if value else "No")
	if column.kind is c.As.CHOICE:
		return next((x.named(lang) for x in column.choices if x.value == value), str(value))
	if column.kind is c.As.CHOICES:
		names = {x.value: x.named(lang) for x in column.choices}
		return ", ".join(names.get(v, v) for v in value)
	if isinstance(value, tuple | list):
		if any(x in str(v) for v in value for x in ",，；、;\n|"):
			return json.dumps([str(v) for v in value], ensure_ascii=False)
		return ", ".join(str(v) for v in value)
	if isinstance(value, bool):
		return int(value)
	return value if isinstance(value, int | float) else str(value)


def used(sheet: c.Sheet, rows: Iterable[Mapping[str, Any]]) -> list[c.Column]:
	"""The columns that hold something, and those that must be there."""
	filled = {key for row in rows for key, value in row.items() if value not in (None, "", (), [])}
	return [column for column in sheet.columns if column.required or column.key in filled]


def workbook(sheets: Sheets, lang: str = "en") -> bytes:
	"""An Excel workbook with the rows. No cell can become a formula, whatever it begins with."""
	import openpyxl
	from openpyxl.cell import WriteOnlyCell

	book = openpyxl.Workbook(write_only=True)
	for sheet in c.SHEETS:
		rows = sheets.rows[sheet.key]
		if not rows and not sheet.required:
			continue
		page = book.create_sheet(sheet.named(lang))
		columns = used(sheet, rows)
		parts = _parts(rows, columns)
		page.append([name for column in columns for name in _headings(column, parts, lang)])
		for row in rows:
			cells: list[Any] = []
			for value in (x for column in columns for x in _cut(row, column, parts, lang)):
				if isinstance(value, str):
					one = WriteOnlyCell(page, _writable(value))
					one.data_type = "s"
					cells.append(one)
				else:
					cells.append(value)
			page.append(cells)
	target = io.BytesIO()
	book.save(target)
	return target.getvalue()


_LONGEST = 32_000


def _parts(rows: Sequence[Row], columns: Sequence[c.Column]) -> int:
	"""Into how many columns the details have to be cut: Excel keeps 32,767 characters in a cell."""
	keys = [column for column in columns if column.kind is c.As.JSON]
	longest = max((len(str(cell(row.get(k.key), k) or "")) for row in rows for k in keys), default=0)
	return max(1, -(-longest // _LONGEST))


def _headings(column: c.Column, parts: int, lang: str) -> list[str]:
	name = column.named(lang)
	if column.kind is not c.As.JSON:
		return [name]
	return [name, *(f"{name} {number}" for number in range(2, parts + 1))]


def _cut(row: Row, column: c.Column, parts: int, lang: str) -> list[str | int | float | None]:
	value = cell(row.get(column.key), column, lang)
	if column.kind is not c.As.JSON or parts == 1:
		return [value]
	text = str(value or "")
	return [text[start : start + _LONGEST] or None for start in range(0, parts * _LONGEST, _LONGEST)]


def csv_folder(sheets: Sheets, folder: Path, lang: str = "en") -> list[Path]:
	"""A CSV file for each sheet that has rows, named after it: for what is too large for Excel."""
	made: list[Path] = []
	for sheet in c.SHEETS:
		rows = sheets.rows[sheet.key]
		if not rows:
			continue
		path = folder / f"{sheet.named(lang)}.csv"
		columns = used(sheet, rows)
		with path.open("w", encoding="utf-8-sig", newline="") as file:
			writer = csv.writer(file)
			writer.writerow([column.named(lang) for column in columns])
			for row in rows:
				cells = (cell(row.get(column.key), column, lang) for column in columns)
				writer.writerow([guarded(x) if isinstance(x, str) else x for x in cells])
		made.append(path)
	return made


def _writable(text: str) -> str:
	"""Text without the control characters that a workbook cannot hold. Excel reads _x000D_ as a character, so that
	text which looks like it is written another way."""
	text = "".join(x for x in text if x >= " " or x in "\n\t\r")
	return _ESCAPED.sub(r"_x005F\g<0>", text)


def write_rules(rules: Rules, sheets: Sheets) -> None:
	"""Write what is the same for all chains: settings, holidays, shifts and people."""
	values = {
		"title": rules.title,
		"company": rules.company,
		"timezone": rules.timezone,
		"now": rules.now,
		"hours": _hours(rules.hours),
		"days": _days(rules.hours),
		"clock": next(x.en for x in c.CLOCKS if x.value == rules.clock),
		"target": f"{rules.target_hours:g}",
		"people": "Yes" if rules.show_names else "No",
	}
	for name in c.SETTING_NAMES:
		value = values[name.value]
		if value:
			text = to_utc_iso(value) if isinstance(value, datetime) else str(value)
			sheets.add(c.SETTINGS, setting=name.en, value=text)
	for holiday_list, days in sorted(rules.holidays.items()):
		for day in sorted(days):
			sheets.add(c.HOLIDAYS, day=day, list=holiday_list)
	for name_, (shifts, holidays) in rules.shifts.items():
		sheets.add(c.CALENDARS, name=name_, hours=_hours(shifts), days=_days(shifts), holidays=holidays)
	for member in rules.members.values():
		sheets.add(
			c.PEOPLE,
			id=member.employee,
			name=member.name,
			login=member.user,
			department=member.department,
			reports_to=member.reports_to,
			company=member.company,
			branch=member.branch,
			shift=member.shift,
			holidays=member.holiday_list,
			active=None if member.active else False,
		)


def _hours(shifts: Sequence[Shift]) -> str:
	return ", ".join(f"{s.start:%H:%M}-{s.end:%H:%M}" for s in shifts)


def _days(shifts: Sequence[Shift]) -> str:
	return ",".join(str(d + 1) for d in sorted(shifts[0].weekdays))
