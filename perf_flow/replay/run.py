"""The replay itself: files in, a brief out. The command line and everything else call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from perf_flow.engine.brief import Brief, Inputs, Kind, Tally
from perf_flow.engine.commands import SYSTEM
from perf_flow.engine.errors import N_
from perf_flow.engine.model import Chain, ChainState
from perf_flow.engine.projection import chain_times
from perf_flow.engine.verifier import Reason
from perf_flow.replay import columns as c
from perf_flow.replay import mapping as m
from perf_flow.replay.logs import Log
from perf_flow.replay.moments import BadTime, in_utc, parse, zone
from perf_flow.replay.problems import Place, Problems, Refused, Unreadable, WrongUse
from perf_flow.replay.rules import SAME_ID, Rules, RulesReader
from perf_flow.replay.sheets import Row, SheetReader, Zones, fits
from perf_flow.replay.spool import Spool, Spooled
from perf_flow.replay.tables import YAML, FileKind, Step, Table, kind_of, tables

NO_EVENTS = N_("There is no sheet “{0}”. The file has: {1}.")
NAME_SHEET = N_(
	"Give the sheet with the business events this name, or make a workbook with “perf-flow template”."
)
NO_ROWS = N_("There is nothing to replay: no row holds an event.")
FILL_ROWS = N_("Write one event into each row below the headings.")
STRAY_ACTION = N_("There is no event “{0}”.")
ADD_EVENT = N_("Add the event to the sheet Events, or correct its number here.")
USE_OTHER = N_("Give each event a number of its own, or remove the one too many.")
LATER = N_("This lies after the time of the brief ({0}) and was left out.")
UNSURE = N_(
	"It is not certain what the columns of {0} mean ({1}). Run “perf-flow map {0} --out map.yaml”, correct the file "
	"and give it with --map map.yaml."
)
MANY_KINDS = N_("A workbook with events and a plain event log cannot be replayed together: {0}.")
NO_FILE = N_("There is no file to read.")
NO_RULES = N_("{0} holds no rules. It needs at least one of the sheets: {1}.")
NOT_A_LIST = N_("In the rules {0}, “{1}” must be a list of entries, each with keys and values.")
UNKNOWN_PART = N_("“{1}” in the rules {0} is not known. Known are: {2}.")

TAKEN_AS_UTC = N_(
	"The times name no time zone and were read as UTC. If they are of another one, give it, e.g. --timezone Asia/Shanghai: weeks begin there."
)
FROM_LOG = N_(
	"Only the first and last activity of each case are known. So there are no figures for evidence, marks and "
	"confirmations, and a case counts as closed with its last activity."
)
FROM_LOG_WITH_ENDS = N_(
	"Only the times of activities are known. So there are no figures for evidence, marks and confirmations."
)
STEPS_REFUSED = N_("{0} steps were refused, because by the rules they were not possible. They do not count.")
AS_RECORDED = N_("{0} steps were taken as they were recorded, because no step of today leads to them.")
ROWS_LATER = N_("{0} rows lie after the time of the brief and were left out.")

Confirm = Callable[[Table, m.Guess], "m.Mapping | None"]
"""Shows a guess that is not sure to somebody; the mapping they accept, or None."""


@dataclass(slots=True)
class Options:
	"""How a replay is to be made. ``timezone`` and ``now`` go before what the files say; ``confirm`` is asked about
	each guess of columns; ``step`` is told the bytes read."""

	rules: Path | None = None
	mapping: m.Mapping | None = None
	timezone: str = ""
	now: str = ""
	title: str = ""
	lang: str = "en"
	confirm: Confirm | None = None
	step: Step | None = None
	on_chain: Callable[[Chain], None] | None = None
	"""Is given each chain of a workbook; for tests and comparisons."""


@dataclass(frozen=True, slots=True)
class Result:
	"""The brief, and what was noted on the way (warnings only)."""

	brief: Brief
	problems: Problems


@dataclass(slots=True)
class _Sorted:
	"""The input by what it is."""

	sheets: dict[str, list[Table]] = field(default_factory=dict)
	logs: list[tuple[Path, Table | None, m.Mapping]] = field(default_factory=list)


def replay_files(
	paths: Sequence[Path],
	rules: Path | None = None,
	mapping: m.Mapping | None = None,
	timezone: str = "",
	now: str = "",
	lang: str = "en",
) -> Brief:
	"""The brief of some files. Raises Unreadable, WrongUse, or Refused with all problems found."""
	return replay(paths, Options(rules=rules, mapping=mapping, timezone=timezone, now=now, lang=lang)).brief


def replay(paths: Sequence[Path], options: Options) -> Result:
	"""Read the files and replay them. Raises Unreadable, WrongUse, or Refused with all problems found."""
	if not paths:
		raise WrongUse(template=NO_FILE)
	problems = Problems()
	zones = Zones(_zone(options.timezone) if options.timezone else "")
	found = _sort(paths, options, problems)
	rules = _read_rules(options, found, problems, zones)
	if options.timezone:
		rules.timezone = zones.timezone
	if found.logs:
		brief = _replay_logs(found, rules, options, problems, zones)
	else:
		brief = _replay_workbook(found, rules, options, problems, zones)
	if problems or brief is None:
		raise Refused(problems)
	return Result(replace(brief, inputs=replace(brief.inputs, files=tuple(p.name for p in paths))), problems)


def _zone(name: str) -> str:
	try:
		return zone(name).key
	except BadTime as e:
		raise WrongUse(*e.args_, template=e.template) from None


# --- what is what --------------------------------------------------------------------------------------


def _sort(paths: Sequence[Path], options: Options, problems: Problems) -> _Sorted:
	found = _Sorted()
	loose: list[Table] = []
	for path in paths:
		if kind_of(path) is FileKind.XES:
			found.logs.append((path, None, options.mapping or m.Mapping()))
			continue
		for table in tables(path):
			sheet = c.sheet_named(table.name)
			if sheet is not None and _belongs(table, sheet, options.mapping):
				found.sheets.setdefault(sheet.key, []).append(table)
			elif not table.hidden:
				loose.append(table)
	workbook = c.EVENTS.key in found.sheets or c.ACTIONS.key in found.sheets
	if workbook:
		if found.logs:
			raise WrongUse(", ".join(p.name for p in paths), template=MANY_KINDS)
		return found
	for path in dict.fromkeys(t.path for t in loose):
		_sort_log([t for t in loose if t.path == path], options, found)
	if not found.logs:
		first = paths[0]
		lang = options.lang
		names = [t.name for p in paths for t in tables(p)]
		problems.note(
			Place(first.name), NO_EVENTS, c.EVENTS.named(lang), ", ".join(names) or "–", mend=NAME_SHEET
		)
	return found


def _belongs(table: Table, sheet: c.Sheet, mapping: m.Mapping | None) -> bool:
	"""Whether a table of this name is the workbook's sheet, and not a log that happens to be called so."""
	if sheet not in (c.EVENTS, c.ACTIONS):
		return True
	if mapping is not None and mapping.sheet in ("", table.name) and not fits(table, sheet):
		return False
	return fits(table, sheet) or not m.guess(table).sure


def _sort_log(loose: list[Table], options: Options, found: _Sorted) -> None:
	"""Add the log that a file without the workbook's sheets holds."""
	mapping = options.mapping
	if mapping is not None and mapping.sheet:
		loose = [t for t in loose if t.name == mapping.sheet] or loose
	if found.sheets and mapping is None:
		# a file of rules with notes beside them
		loose = [t for t in loose if m.guess(t).sure]
	if not loose:
		return
	if mapping is not None and mapping.columns:
		found.logs.append((loose[0].path, loose[0], mapping))
		return
	guesses = [(t, m.guess(t)) for t in loose]
	table, guess = next(((t, g) for t, g in guesses if g.sure), guesses[0])
	if mapping is not None:
		found.logs.append((table.path, table, m.with_defaults(mapping, guess)))
		return
	accepted = options.confirm(table, guess) if options.confirm else guess.mapping if guess.sure else None
	if accepted is None:
		raise WrongUse(table.path.name, *_doubts(guess), template=UNSURE)
	found.logs.append((table.path, table, accepted))


def _doubts(guess: m.Guess) -> tuple[str]:
	doubts = []
	for role in m.ROLES:
		if guess.mapping.shape not in role.needed_in:
			continue
		if role.key not in guess.mapping.columns:
			doubts.append(f"{role.key}: ?")
		elif guess.confidence[role.key] < m.SURE:
			doubts.append(f"{role.key}: {guess.mapping.columns[role.key]}?")
	return (", ".join(doubts),)


# --- rules ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Given:
	"""A table that lies in memory: a part of a YAML file."""

	path: Path
	name: str
	given: tuple[dict[str, Any], ...]
	kind: FileKind = FileKind.XLSX

	@property
	def sheet(self) -> str:
		"""See ``Table.sheet``."""
		return self.name

	def rows(self, step: Step | None = None) -> Iterator[tuple[int, list[Any], int]]:
		"""See ``Table.rows``; the row number is the number of the entry."""
		headings = list(dict.fromkeys(key for row in self.given for key in row))
		yield 0, list(headings), 0
		for number, row in enumerate(self.given, 1):
			yield number, [row.get(key) for key in headings], 0


def _read_rules(options: Options, found: _Sorted, problems: Problems, zones: Zones) -> Rules:
	sheets: dict[str, list[Any]] = {
		sheet.key: list(found.sheets.get(sheet.key, ())) for sheet in c.RULES if sheet.key in found.sheets
	}
	if options.rules is not None:
		given = _rule_tables(options.rules)
		# the file of rules goes before what the input says about the same
		sheets.update(given)
	return RulesReader(problems, zones, options.lang).read(sheets)


def _rule_tables(path: Path) -> dict[str, list[Any]]:
	known = ", ".join(sheet.en for sheet in c.RULES)
	if kind_of(path, YAML) is FileKind.XLSX or path.suffix.lower() == ".csv":
		sheets: dict[str, list[Any]] = {}
		for table in tables(path):
			sheet = c.sheet_named(table.name)
			if sheet in c.RULES:
				sheets.setdefault(sheet.key, []).append(table)
		if not sheets:
			raise WrongUse(path.name, known, template=NO_RULES)
		return sheets
	try:
		text = path.read_text("utf-8-sig")
	except UnicodeError as e:
		raise Unreadable(path.name) from e
	data = m.load_yaml(path.name, text)
	parts: dict[str, list[dict[str, Any]]] = {}
	for name, value in data.items():
		sheet = c.sheet_named(name)
		if sheet is None or sheet not in c.RULES:
			raise WrongUse(path.name, name, known, template=UNKNOWN_PART)
		if sheet is c.SETTINGS and isinstance(value, dict):
			value = [{"setting": str(k), "value": v} for k, v in value.items()]
		if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
			raise WrongUse(path.name, name, template=NOT_A_LIST)
		for row in value:
			own = {str(k): v for k, v in row.items()}
			for key, inner in list(own.items()):
				part = c.sheet_named(key)
				if sheet is c.TYPES and part in _PARTS and isinstance(inner, list):
					assert part is not None
					parts.setdefault(part.key, []).extend(
						{"type": _type_name(own), **{str(k): _flat(v) for k, v in one.items()}}
						for one in inner
						if isinstance(one, dict)
					)
					del own[key]
			parts.setdefault(sheet.key, []).append({k: _flat(v) for k, v in own.items()})
	return {key: [_Given(path, key, tuple(rows))] for key, rows in parts.items()}


_PARTS = (c.REQUIREMENTS, c.COLLABORATORS, c.CHECK_SHEET)


def _type_name(entry: Mapping[str, Any]) -> Any:
	known = c.columns_by_name(c.TYPES)
	found = (v for k, v in entry.items() if c.plain(k) in known and known[c.plain(k)].key == "id")
	return next(found, None)


def _flat(value: Any) -> Any:
	return ", ".join(str(v) for v in value) if isinstance(value, list | tuple) else value


# --- workbook ------------------------------------------------------------------------------------------


def _replay_workbook(
	found: _Sorted, rules: Rules, options: Options, problems: Problems, zones: Zones
) -> Brief | None:
	# the engine of chains is only loaded where there are chains: a log of cases has none
	from perf_flow.replay.chains import Player

	spool = Spool()
	try:
		readers = _spool(found, rules, options, problems, zones, spool)
		if not spool.events:
			if not problems:
				problems.note(Place(), NO_ROWS, mend=FILL_ROWS)
			return None
		spool.ready()

		def where(row: Spooled, key: str) -> Place:
			return readers[row.reader].place(row.number, key)

		if not problems:
			for event, row in spool.strays():
				problems.note(where(row, "event"), STRAY_ACTION, event, mend=ADD_EVENT)
		timezone = rules.timezone or zones.timezone or "UTC"
		now = _now(options, rules, timezone, spool.last, problems)
		tally = Tally(now, zone(timezone))
		player = Player(rules, problems, where)
		left_out = 0
		for event_row, actions in spool.chains():
			if event_row.values["recorded_at"] > now:
				left_out += 1
				problems.warn(where(event_row, "recorded_at"), LATER, now.isoformat(" "))
				continue
			in_time = [a for a in actions if a.values["at"] <= now]
			left_out += len(actions) - len(in_time)
			chain = player.play(event_row, in_time)
			if chain is not None:
				add(tally, chain)
				if options.on_chain is not None:
					options.on_chain(chain)
		notes = []
		if player.refused:
			notes.append(Reason(STEPS_REFUSED, (str(player.refused),)))
		if player.as_recorded:
			notes.append(Reason(AS_RECORDED, (str(player.as_recorded),)))
		if left_out:
			notes.append(Reason(ROWS_LATER, (str(left_out),)))
		inputs = Inputs(
			rows=spool.events + spool.actions,
			chains=tally.chains,
			steps=player.accepted,
			refused=player.refused,
			ignored=tuple((reason, count) for reason, count in player.reasons.values()),
		)
		title = options.title or rules.title or rules.company
		return tally.result(title, timezone, names=rules.names(), inputs=inputs, notes=notes)
	finally:
		spool.close()


def add(tally: Tally, chain: Chain) -> None:
	"""Count a chain with what the brief shows of it."""
	is_open = chain.state is ChainState.OPEN
	due = next((s for s in chain.open_steps() if s.required), None) if is_open else None
	tally.add(
		chain_times(chain),
		completeness=chain.completeness(),
		document=chain.docname,
		missing=tuple(r.label for r in chain.missing()) if is_open else (),
		waits_for=due.assignee.name if due and due.assignee else "",
	)


def _spool(
	found: _Sorted, rules: Rules, options: Options, problems: Problems, zones: Zones, spool: Spool
) -> list[SheetReader]:
	readers: list[SheetReader] = []
	people = RulesReader(problems, zones, options.lang)
	people.rules = rules
	for table in found.sheets.get(c.EVENTS.key, ()):
		reader = SheetReader(table, c.EVENTS, problems, zones, options.lang)
		readers.append(reader)
		for row in reader.rows(options.step):
			_add_event(row, len(readers) - 1, readers, people, problems, spool)
	if c.EVENTS.key not in found.sheets:
		names = [t.name for tables_ in found.sheets.values() for t in tables_]
		problems.note(Place(), NO_EVENTS, c.EVENTS.named(options.lang), ", ".join(names), mend=NAME_SHEET)
	for table in found.sheets.get(c.ACTIONS.key, ()):
		reader = SheetReader(table, c.ACTIONS, problems, zones, options.lang)
		readers.append(reader)
		for row in reader.rows(options.step):
			v = row.values
			details: Mapping[str, Any] = v["details"] or {}
			_name_actor(row, people)
			if v["to"] and "to" not in details:
				v["to"] = people.person(row, "to")
			spool.add_action(v["event"], _lean(len(readers) - 1, row))
	return readers


def _name_actor(row: Row, people: RulesReader) -> None:
	"""Put the login in place of whoever is named as the actor. An export says the login itself, where it could be
	taken for somebody else's name."""
	text, rules = row.values["by"], people.rules
	details: Mapping[str, Any] = row.values["details"] or {}
	if "by" in details:
		row.values["by"] = str(details["by"])
	elif text and text not in rules.logins and text != SYSTEM:
		person = rules.person_id(text)
		if person is not None:
			row.values["by"] = rules.members[person].user
		elif rules.has_people and "@" not in text:
			people.person(row, "by")


def _add_event(
	row: Row, number: int, readers: list[SheetReader], people: RulesReader, problems: Problems, spool: Spool
) -> None:
	v = row.values
	details: Mapping[str, Any] = v["details"] or {}
	rules = people.rules
	if rules.type_rule(v["type"]) is None:
		people.unknown(row, "type", v["type"], c.TYPES, rules.types)
	for key, detail in (("person", "owner"), ("manager", "manager")):
		if v[key] and detail not in details:
			v[key] = people.person(row, key)
	_name_actor(row, people)
	earlier = spool.add_event(v["event"], _lean(number, row))
	if earlier is not None:
		place = readers[earlier[0]].place(earlier[1])
		problems.note(row.at("event"), SAME_ID, v["event"], place.row, mend=USE_OTHER)


def _lean(number: int, row: Row) -> Spooled:
	return Spooled(number, row.number, row.values)


def _now(
	options: Options, rules: Rules, timezone: str, last: datetime | None, problems: Problems
) -> datetime:
	"""The time the brief is made for: as asked for, as set, or the last time in the files."""
	try:
		wanted = parse(options.now) if options.now else rules.now
		if wanted is not None:
			return in_utc(wanted, timezone)
	except BadTime as e:
		if options.now:
			raise WrongUse(*e.args_, template=e.template) from None
		problems.note(Place(), e.template, *e.args_)
	assert last is not None
	return last


# --- logs ----------------------------------------------------------------------------------------------


def _replay_logs(
	found: _Sorted, rules: Rules, options: Options, problems: Problems, zones: Zones
) -> Brief | None:
	log = Log(problems, zones)
	if not zones.timezone and rules.timezone:
		zones.timezone = rules.timezone
	# how long each case took is the same in any zone that knows no summer time
	zones.otherwise = "UTC"
	for path, table, mapping in found.logs:
		if mapping.timezone and not options.timezone:
			mapping = replace(mapping, timezone=_zone(mapping.timezone))
		log.read(path, table, mapping, options.step)
	last = log.last if not problems else None
	if last is None:
		if not problems:
			problems.note(Place(found.logs[0][0].name), NO_ROWS, mend=FILL_ROWS)
		return None
	timezone = rules.timezone or zones.timezone or "UTC"
	rules.timezone = timezone
	first_path, _table, mapping = found.logs[0]
	title = options.title or mapping.title or rules.title or _stem(first_path)
	now = _now(options, rules, timezone, last, problems)
	tally = Tally(now, zone(timezone), Kind.LOG)
	for chain in log.chains(rules, title):
		tally.add(chain)
	log.forget()
	notes = [Reason(FROM_LOG_WITH_ENDS if mapping.end_activities or mapping.shape == m.CASES else FROM_LOG)]
	if zones.assumed:
		notes.append(Reason(TAKEN_AS_UTC))
	return tally.result(
		title,
		timezone,
		names=rules.names(),
		inputs=Inputs(rows=log.rows, chains=tally.chains),
		notes=notes,
	)


def _stem(path: Path) -> str:
	name = path.name.removesuffix(".gz")
	return Path(name).stem
