"""Rehearsals on a site: practice chains are kept in one private row each, and nowhere else.

Nothing here writes an event, an action, evidence, a ledger entry or an outbox row, tells anybody anything, or
runs the hooks of a document: rows go straight into the two tables of the rehearsal, and practice files into File,
private, attached to the rehearsal. The same engine decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import add_days, get_datetime_str

from perf_flow.access import Relation
from perf_flow.access.table import PRACTICE_DOCUMENT, REHEARSAL
from perf_flow.engine import chain as engine
from perf_flow.engine import rehearsal as way
from perf_flow.engine.clock import ClockKind, add_hours, from_utc_iso, to_utc_iso
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.facts import Fact, decode, encode, fact_name
from perf_flow.engine.model import (
	Chain,
	ChainState,
	Evidence,
	Mark,
	Person,
	RequirementKind,
	StepKind,
	StepState,
)
from perf_flow.engine.projection import project
from perf_flow.engine.rehearsal import Hat, Look
from perf_flow.engine.verifier import Verdict
from perf_flow.flow import checks, files, store, times
from perf_flow.flow.marking import NOT_A_PIECE, NOT_OPENED

CHAINS = 3
KEPT_DAYS = 7
"""An open rehearsal ends by itself after so many days, and its files go."""
MOST_SCREENS = 20

OVER = N_("This rehearsal is over. Start a new one on the page Rehearsal.")
NOT_NOW = N_("This practice chain is not the one you are walking. The bar at the bottom leads you there.")
HR_ONLY = N_("HR does this for real events; it is no part of the rehearsal.")
TOO_MANY_FILES = N_("That is enough for a rehearsal: at most {0} files.")
MOST_FILES = 30


class _Calendar(engine.Deadlines):
	"""Practice runs on calendar hours."""

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		"""See ``Deadlines.shift``."""
		return add_hours(start, hours, ClockKind.CALENDAR, None)


CLOCK = _Calendar()


@dataclass
class Run:
	"""One rehearsal as it is stored. ``facts`` by chain number; ``opened`` and ``looks`` by chain and step."""

	name: str
	user: str
	as_role: str
	state: str
	number: int
	hat: str
	started_at: datetime | None
	finished_at: datetime | None
	facts: dict[int, list[Fact]] = field(default_factory=dict)
	opened: dict[int, dict[str, datetime]] = field(default_factory=dict)
	looks: dict[int, dict[str, Look]] = field(default_factory=dict)
	files: list[str] = field(default_factory=list)
	seen: dict[str, list[str]] = field(default_factory=dict)
	"""The pieces whose content was shown on the marking screen, by event."""

	@property
	def running(self) -> bool:
		"""Whether it goes on."""
		return self.state == "Running"

	@property
	def event(self) -> str:
		"""The practice event being walked."""
		return way.event_name(self.name, self.number)

	def chain(self, number: int | None = None) -> Chain:
		"""A chain of this run, by default the one being walked."""
		return engine.fold(self.facts[number or self.number])

	def walked(self) -> list[way.Walked]:
		"""Every step done so far, chain by chain."""
		return [
			step
			for number in sorted(self.facts)
			for step in way.walked(
				number, self.facts[number], self.opened.get(number, {}), self.looks.get(number)
			)
		]


# --- stored ------------------------------------------------------------------------------------------------


_COLUMNS = "name, user, as_role, state, chain, hat, started_at, finished_at, facts, log"


def _read(row: Any) -> Run:
	facts = json.loads(row.facts or "{}")
	log = json.loads(row.log or "{}")
	return Run(
		name=row.name,
		user=row.user,
		as_role=row.as_role,
		state=row.state,
		number=int(row.chain or 1),
		hat=row.hat or "",
		started_at=row.started_at,
		finished_at=row.finished_at,
		facts={int(n): [decode(*fact) for fact in list_] for n, list_ in facts.items()},
		opened={
			int(n): {step: from_utc_iso(at) for step, at in steps.items()}
			for n, steps in log.get("opened", {}).items()
		},
		looks={
			int(n): {
				step: Look(**{**look, "screens": tuple(look["screens"])}) for step, look in steps.items()
			}
			for n, steps in log.get("looks", {}).items()
		},
		files=list(log.get("files", [])),
		seen=dict(log.get("seen", {})),
	)


def _columns(run: Run) -> dict[str, Any]:
	return {
		"state": run.state,
		"chain": run.number,
		"hat": run.hat,
		"finished_at": run.finished_at,
		"facts": json.dumps(
			{
				n: [
					(fact_name(fact), json.loads(encode(fact)), to_utc_iso(fact.at), fact.actor)
					for fact in list_
				]
				for n, list_ in run.facts.items()
			}
		),
		"log": json.dumps(
			{
				"opened": {
					n: {step: to_utc_iso(at) for step, at in steps.items()} for n, steps in run.opened.items()
				},
				"looks": {
					n: {
						step: {
							"interactions": look.interactions,
							"screens": list(look.screens),
							"reasons_missing": look.reasons_missing,
							"chose_template": look.chose_template,
						}
						for step, look in steps.items()
					}
					for n, steps in run.looks.items()
				},
				"files": run.files,
				"seen": run.seen,
			}
		),
	}


def _save(run: Run) -> None:
	store.update(REHEARSAL, run.name, _columns(run))


def _find(condition: str, *, lock: bool = False, **values: Any) -> list[Run]:
	query = f"select {_COLUMNS} from `tab{REHEARSAL}` where {condition}" + (" for update" if lock else "")
	return [_read(row) for row in frappe.db.sql(query, values, as_dict=True)]


def load(name: str, user: str | None = None, *, lock: bool = False) -> Run:
	"""A rehearsal of ``user`` (default: the session's). Raises PermissionError for anybody else's, whether it
	exists or not: nobody sees that somebody rehearses."""
	user = user or frappe.session.user
	found = _find("name = %(name)s and user = %(user)s", lock=lock, name=name, user=user)
	if not found:
		frappe.throw(
			_("There is no such business event, or you are not permitted to see it."), frappe.PermissionError
		)
	return found[0]


def steps_of_finished(newest: int = 200) -> list[way.Walked]:
	"""Every step of the newest finished rehearsals, whoever walked them: for how long steps take."""
	runs = _find(f"state = 'Finished' order by finished_at desc limit {int(newest)}")
	return [step for run in runs for step in run.walked()]


def running(user: str, *, lock: bool = False) -> Run | None:
	"""The rehearsal that ``user`` is in the middle of."""
	found = _find(
		"user = %(user)s and state = 'Running' order by started_at desc limit 1", lock=lock, user=user
	)
	return found[0] if found else None


def is_running(user: str) -> str | None:
	"""The name of the rehearsal that ``user`` is in the middle of, by one look at an index."""
	return frappe.db.get_value(REHEARSAL, {"user": user, "state": "Running"}, "name")


def of_user(user: str) -> list[Run]:
	"""The rehearsals of a person that ended, newest first."""
	return _find("user = %(user)s and state != 'Running' order by started_at desc limit 20", user=user)


# --- the way -----------------------------------------------------------------------------------------------


def start(user: str, as_role: str) -> Run:
	"""Begin a rehearsal, or give the one that is under way already."""
	# one after the other, so that two clicks do not begin two
	frappe.db.sql("select name from `tabUser` where name = %s for update", (user,))
	under_way = running(user)
	if under_way is not None:
		return under_way
	run = Run(
		name=frappe.generate_hash(length=12),
		user=user,
		as_role=as_role,
		state="Running",
		number=1,
		hat="",
		started_at=times.now_site(),
		finished_at=None,
	)
	day = add_days(run.started_at.date(), 7)
	names = {hat: _(name) for hat, name in way.NAMES.items()}
	run.facts[1] = list(_record(run, 1, day, names))
	store.insert(
		REHEARSAL,
		[
			{
				"name": run.name,
				"user": user,
				"as_role": as_role,
				"started_at": run.started_at,
				**_columns(run),
			}
		],
	)
	store.insert(
		PRACTICE_DOCUMENT,
		[
			{
				"name": way.event_name(run.name, number),
				"title": f"{_(script.document)} {number}",
				"customer": _("Practice customer"),
				"amount": float(way.amount_of(number)),
				"date": day,
				"user": user,
			}
			for number, script in enumerate(way.SCRIPTS, 1)
		],
	)
	return run


def _record(run: Run, number: int, day: Any, names: dict[Hat, str]) -> tuple[Fact, ...]:
	new = way.practice_event(run.name, number, day, names)
	return engine.record(new, times.now_utc(), engine.SYSTEM, CLOCK)


def open_step(name: str) -> Run:
	"""Put on the hat of the step that is due and start its time; the next chain begins when one is closed.

	Asked again while the step is open, nothing changes: the time runs from the first opening.
	"""
	run = load(name, lock=True)
	_must_run(run)
	chain = run.chain()
	if chain.state is ChainState.CLOSED and run.number < CHAINS:
		run.number += 1
		day = frappe.db.get_value(PRACTICE_DOCUMENT, run.event, "date") or times.now_site().date()
		run.facts[run.number] = list(
			_record(run, run.number, day, {hat: _(name) for hat, name in way.NAMES.items()})
		)
		chain = run.chain()
	step = way.due_step(chain)
	if step is not None:
		run.hat = way.HAT_OF[step.kind].value
		run.opened.setdefault(run.number, {}).setdefault(step.key, times.now_utc())
	_save(run)
	return run


def note_look(name: str, number: int, step: str, look: Look) -> None:
	"""Keep what the person's screen saw at a step, added to what was seen before. Counts only, and bounded."""
	run = load(name, lock=True)
	known = {s.key for s in engine.fold(run.facts[number]).steps} if number in run.facts else set()
	if step not in known:
		return
	before = run.looks.setdefault(number, {}).get(step, Look())
	run.looks[number][step] = Look(
		interactions=min(before.interactions + max(0, look.interactions), 999),
		screens=tuple(dict.fromkeys((*before.screens, *(s[:60] for s in look.screens))))[:MOST_SCREENS],
		reasons_missing=min(before.reasons_missing + max(0, look.reasons_missing), 99),
		chose_template=before.chose_template or look.chose_template,
	)
	_save(run)


def abort(name: str) -> Run:
	"""Stop in the middle. What was walked stays in one's own history; documents and files go."""
	run = load(name, lock=True)
	if run.running:
		_end(run, "Aborted")
	return run


def _end(run: Run, state: str) -> None:
	run.state, run.hat, run.finished_at = state, "", times.now_site()
	_remove_files(run)
	frappe.db.delete(PRACTICE_DOCUMENT, {"name": ["like", f"{way.PREFIX}{run.name}-%"]})
	_save(run)


def _remove_files(run: Run) -> None:
	for name in run.files:
		if not frappe.db.exists("File", name):
			continue
		# each was written to a place of its own; Frappe would keep it for another with the same content
		frappe.get_doc("File", name).delete_file_data_content()
		# detached first: Frappe would comment on what it is attached to
		frappe.db.set_value(
			"File", name, {"attached_to_doctype": None, "attached_to_name": None}, update_modified=False
		)
		frappe.delete_doc("File", name, ignore_permissions=True, force=True, delete_permanently=True)
	run.files = []


def remove_files() -> None:
	"""Delete the practice files of everybody, when the app leaves."""
	for run in _find("json_length(log, '$.files') > 0"):
		_remove_files(run)


def _must_run(run: Run) -> None:
	if not run.running:
		raise InvalidInput(template=OVER)


def clear_old() -> None:
	"""End what was left open for a week, and forget the rehearsals of people who are gone."""
	before = times.now_site() - timedelta(days=KEPT_DAYS)
	for run in _find("state = 'Running' and started_at < %(before)s", lock=True, before=before):
		_end(run, "Aborted")
	gone = frappe.db.sql(
		f"""select r.name from `tab{REHEARSAL}` r left join `tabUser` u on u.name = r.user
		where u.name is null""",
		pluck=True,
	)
	for name in gone:
		for run in _find("name = %(name)s", name=name):
			_end(run, run.state)
		frappe.db.delete(REHEARSAL, {"name": name})


# --- one practice event, for the panel and the steps ---------------------------------------------------------


class Practice:
	"""A practice event of the person who asks; see ``perf_flow.flow.cases``."""

	is_practice = True

	def __init__(self, event: str) -> None:
		"""Raises PermissionError unless the event is the caller's own."""
		name, number = way.parts_of(event) or ("", 0)
		self._run = load(name)
		self.event = event
		self._number = number
		if number not in self._run.facts:
			frappe.throw(
				_("There is no such business event, or you are not permitted to see it."),
				frappe.PermissionError,
			)

	@property
	def actor(self) -> str:
		"""The login in whose name the person acts now: that of the hat they wear; none when it is over."""
		walking = self._run.running and self._run.number == self._number and self._run.hat
		return Hat(self._run.hat).login if walking else ""

	@property
	def viewer(self) -> Relation:
		"""What the person is to the event, with the hat they wear."""
		if self.actor == Hat.MANAGER.login:
			return Relation(self.actor, is_manager=True, asked_steps=frozenset(("Mark",)))
		if self.actor == Hat.COLLABORATOR.login:
			return Relation(self.actor, asked_steps=frozenset(("Confirmation",)))
		return Relation(self.actor, is_owner=True, asked_steps=frozenset(("Evidence",)))

	def chain(self) -> Chain:
		"""The chain as it stands."""
		return self._run.chain(self._number)

	def execute(self, command: engine.Command | Callable[[Chain, Run], engine.Command]) -> Chain:
		"""Carry out a command on the practice chain. Raises FlowError for what is refused."""
		run = self._run = load(self._run.name, lock=True)
		_must_run(run)
		if run.number != self._number:
			raise InvalidInput(template=NOT_NOW)
		chain = run.chain()
		if not isinstance(command, engine.Command):
			command = command(chain, run)
		if isinstance(command, engine.Reassign | engine.Void):
			raise InvalidInput(template=HR_ONLY)
		way.check(chain, run.number, command)
		now = times.now_utc()
		if chain.updated_at is not None:
			now = max(now, chain.updated_at + timedelta(microseconds=1))
		facts = engine.decide(chain, command, now, CLOCK)
		run.facts[run.number] += facts
		after = run.chain()
		if after.state is ChainState.CLOSED and run.number == CHAINS:
			_end(run, "Finished")
		else:
			_save(run)
		return after

	def give_file(self, requirement: str, name: str, content: bytes) -> None:
		"""Keep a practice file and give it as evidence. Checked as evidence is; raises FlowError."""
		name, content = files.accepted(name, content)

		def command(chain: Chain, run: Run) -> engine.Command:
			if len(run.files) >= MOST_FILES:
				raise InvalidInput(MOST_FILES, template=TOO_MANY_FILES)
			given = engine.GiveEvidence(
				actor=self.actor,
				requirement=requirement,
				value="",
				title=name,
				sha256=hashlib.sha256(content).hexdigest(),
				size=len(content),
			)
			# refused before anything is written to disk
			engine.decide(chain, given, chain.updated_at or chain.recorded_at, CLOCK)
			wanted = next(r for r in chain.requirements if r.key == requirement)
			if wanted.kind is not RequirementKind.FILE:
				raise InvalidInput(_(wanted.label), template=files.NOT_A_FILE)
			file = files.write(REHEARSAL, run.name, name, content)
			run.files.append(file.name)
			return engine.GiveEvidence(
				actor=self.actor,
				requirement=requirement,
				value=file.file_url,
				title=name,
				file=file.name,
				sha256=given.sha256,
				size=given.size,
			)

		self.execute(command)

	def verdicts(self, chain: Chain) -> dict[str, Verdict]:
		"""What the verifier had said when each mark was given, by step."""
		return checks.at_marks(self._run.facts[self._number])

	# on the marking screen

	def opened(self) -> list[str]:
		"""The pieces of evidence that the person has opened."""
		return list(self._run.seen.get(self.event, []))

	def note_shown(self, pieces: Iterable[str]) -> None:
		"""Note that these pieces, none of them a file, were shown."""
		self._note([p for p in pieces if self._piece(p).kind is not RequirementKind.FILE])

	def content(self, piece: str) -> tuple[str, bytes]:
		"""The name and bytes of a file; handing it out is opening it. Raises InvalidInput for what is no file."""
		found = self._piece(piece)
		if found.kind is not RequirementKind.FILE or not frappe.db.exists("File", found.file):
			raise InvalidInput(template=NOT_A_PIECE)
		data = frappe.get_doc("File", found.file).get_content()
		self._note([piece])
		return found.title, data.encode() if isinstance(data, str) else data

	def mark_opened(self, mark: Mark, reason: str) -> Chain:
		"""Mark, if every piece was opened. Raises FlowError."""

		def command(chain: Chain, run: Run) -> engine.Command:
			seen = run.seen.get(self.event, [])
			missing = [e for e in chain.evidence if e.round == chain.round and e.counts and e.key not in seen]
			if missing:
				raise InvalidInput(", ".join(_(e.title) for e in missing), template=NOT_OPENED)
			return engine.GiveMark(actor=self.actor, mark=mark, reason=reason)

		return self.execute(command)

	def _piece(self, key: str) -> Evidence:
		found = next((e for e in self.chain().evidence if e.key == key and e.counts), None)
		if found is None:
			raise InvalidInput(template=NOT_A_PIECE)
		return found

	def _note(self, pieces: list[str]) -> None:
		run = self._run = load(self._run.name, lock=True)
		seen = run.seen.get(self.event, [])
		run.seen[self.event] = list(dict.fromkeys((*seen, *pieces)))
		_save(run)

	def name_of(self, login: str) -> str:
		"""How the giver of a piece is called."""
		people = (p for s in self.chain().steps for p in (s.assignee, s.asked) if p is not None)
		return next((p.name for p in people if p.user == login), "")


def rows(name: str, kind: StepKind) -> list[frappe._dict]:
	"""The open steps of a kind that wait for the person with the hat they wear, as the tables of recorded events
	would hold them: each with the columns of its action and, as ``of``, those of its event. For the screens that
	list what waits. Raises PermissionError for anybody else's rehearsal."""
	return _rows(name, kind, StepState.OPEN)


def done_rows(name: str, kind: StepKind) -> list[frappe._dict]:
	"""The steps of a kind that were done in the chain being walked; see ``rows``."""
	return _rows(name, kind, StepState.DONE)


def _rows(name: str, kind: StepKind, state: StepState) -> list[frappe._dict]:
	run = load(name)
	if not run.running or run.hat != way.HAT_OF[kind].value:
		return []
	chain = run.chain()
	projected = project(chain)
	event = frappe._dict(store.columns(projected.event), name=chain.id)
	return [
		frappe._dict(store.columns(row), name=action, of=event)
		for action, row in projected.actions.items()
		if row["kind"] == kind.value and row["state"] == state.value
	]


# --- what the person is shown --------------------------------------------------------------------------------


def state(run: Run) -> dict[str, Any]:
	"""Where a rehearsal stands, for the page and the bar."""
	chain = run.chain()
	due = way.due_step(chain) if run.running else None
	opened = run.opened.get(run.number, {}).get(due.key) if due else None
	needed = [r for r in chain.requirements if r.kind is RequirementKind.FILE]
	return {
		"name": run.name,
		"as_role": run.as_role,
		"state": run.state,
		"chain": run.number,
		"title": _(chain.event_type),
		"event": run.event,
		"chain_closed": chain.state is ChainState.CLOSED,
		"done": len(run.walked()),
		"in_all": way.STEPS_IN_ALL,
		"redo": way.SCRIPTS[run.number - 1].redo and chain.round == 1,
		"files": sum(max(1, r.minimum) for r in needed),
		"automatic": [_(r.label) for r in chain.requirements if r.kind.observed and chain.satisfied(r)],
		"step": {
			"step": due.key,
			"kind": due.kind.value,
			"round": due.round,
			"hat": way.HAT_OF[due.kind].value,
			"opened": opened is not None and run.hat == way.HAT_OF[due.kind].value,
			"seconds": max(0.0, (times.now_utc() - opened).total_seconds()) if opened else 0.0,
		}
		if due
		else None,
	}


def result(run: Run) -> dict[str, Any]:
	"""How a rehearsal went: the time of each step, what became faster, and what would be faster."""
	steps = run.walked()
	return {
		"name": run.name,
		"as_role": run.as_role,
		"state": run.state,
		"started_at": get_datetime_str(run.started_at)[:19],
		"finished_at": get_datetime_str(run.finished_at)[:19] if run.finished_at else None,
		"seconds": round(sum(s.seconds for s in steps), 1),
		"chains": [
			{
				"chain": number,
				"title": _(way.SCRIPTS[number - 1].title),
				"seconds": round(sum(s.seconds for s in steps if s.chain == number), 1),
				"steps": [
					{
						"step": s.step,
						"kind": s.kind.value,
						"round": s.round,
						"seconds": round(s.seconds, 1),
						"result": s.result,
						"interactions": s.look.interactions if s.look else None,
						"needed": way.needed(s),
					}
					for s in steps
					if s.chain == number
				],
			}
			for number in sorted(run.facts)
		],
		"progress": [
			{
				"kind": p.kind.value,
				"seconds": {n: round(x, 1) for n, x in p.seconds.items()},
				"faster": p.faster,
			}
			for p in way.progress(steps)
		],
		"advice": [
			{
				"text": _(a.template).format(*(_(x) if isinstance(x, str) else x for x in a.arguments)),
				"chain": a.chain,
				"step": a.step,
				"seconds": a.seconds,
			}
			for a in way.advice(steps, _templates(run.user))
		],
	}


def _templates(user: str) -> list[str]:
	return frappe.get_all("Comment Template", filters={"user": user}, pluck="text", limit=200)
