"""The rules of a replay: event types, people, calendars and settings, from a workbook or a YAML file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from itertools import islice
from typing import Any

from perf_flow.engine.clock import ClockKind, Shift, WorkCalendar, add_hours
from perf_flow.engine.errors import N_, FlowError
from perf_flow.engine.model import Check, CheckKind, Person, Policy, Requirement, RequirementKind, Rounds
from perf_flow.engine.people import Directory, Lookup, Member, RecipientSource, Rule
from perf_flow.replay import columns as c
from perf_flow.replay.moments import BadTime, in_utc, moment_of, zone
from perf_flow.replay.problems import Place, Problems
from perf_flow.replay.sheets import CHOOSE, NOT_A_CHOICE, Row, SheetReader, Zones
from perf_flow.replay.tables import Table

UNKNOWN_SETTING = N_("There is no setting “{0}”.")
SETTINGS_ARE = N_("The settings are: {0}.")
BAD_HOURS = N_("“{0}” are no working hours.")
HOURS_LIKE = N_("Write them like 08:00-12:00, 13:00-17:00.")
BAD_DAYS = N_("“{0}” are no days of the week.")
DAYS_LIKE = N_("Write 1-5 for Monday to Friday, or 1,2,3,4,6.")
SAME_ID = N_("“{0}” is there before, in row {1}.")
GIVE_ANOTHER = N_("Give each row an id of its own, or remove the one too many.")
NOT_IN_SHEET = N_("“{0}” is not in the sheet “{1}”.")
ADD_IT = N_("Add it there, or correct the spelling.")
MEANT = N_("Add it there, or correct the spelling: is “{0}” meant?")
IN_CIRCLES = N_("{0} reports to themselves, by way of others or directly.")
MEND_TREE = N_("Correct “Reports to” so that the chain of superiors has an end.")
NO_DEPARTMENTS = N_("A sign-off needs at least one department.")
NAME_DEPARTMENTS = N_("Name the departments that sign, apart by commas.")
TWO_NAMES = N_("“{0}” is the name of several people.")
USE_ID = N_("Write the ID instead.")
BAD_TARGET = N_("“{0}” is not a number of hours above 0.")

DEFAULT_HOURS = 48.0
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至到]\s*(\d{1,2})[:：](\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class TypeRule:
	"""An event type. ``title`` is what chains carry; ``collaborators`` are rules of the engine."""

	id: str
	title: str
	policy: Policy
	requirements: tuple[Requirement, ...] = ()
	checks: tuple[Check, ...] = ()
	collaborators: tuple[Rule, ...] = ()


@dataclass(slots=True)
class Rules:
	"""Everything that is fixed before the first event.

	``timezone`` (IANA) is that of the settings, empty if not set; ``now`` is naive or aware as written.
	"""

	title: str = ""
	company: str = ""
	timezone: str = ""
	now: datetime | None = None
	hours: tuple[Shift, ...] = (Shift(time(9), time(18)),)
	clock: str = ClockKind.CALENDAR.value
	target_hours: float = DEFAULT_HOURS
	show_names: bool = True
	holidays: dict[str, frozenset[date]] = field(default_factory=dict)
	shifts: dict[str, tuple[tuple[Shift, ...], str]] = field(default_factory=dict)
	types: dict[str, TypeRule] = field(default_factory=dict)
	members: dict[str, Member] = field(default_factory=dict)
	has_people: bool = False
	has_types: bool = False
	_directory: Directory | None = None
	_logins: dict[str, str] = field(default_factory=dict)
	_by_name: dict[str, list[str]] = field(default_factory=dict)
	_calendars: dict[tuple[str, str], WorkCalendar] = field(default_factory=dict)

	@property
	def directory(self) -> Directory:
		"""The people as the engine looks them up: everybody, and who is in each department."""
		if self._directory is None:
			found: dict[Lookup, list[str]] = {}
			for member in self.members.values():
				if member.department:
					found.setdefault(Lookup("department", member.department), []).append(member.employee)
				found[Lookup("employee", member.employee)] = [member.employee]
			self._directory = Directory(self.members, {k: tuple(v) for k, v in found.items()})
		return self._directory

	def person_id(self, text: str) -> str | None:
		"""The id of the person a cell names, by id, login or a name that only one has; None for nobody."""
		if text in self.members:
			return text
		if not self._by_name:
			for member in self.members.values():
				for name in {member.user, member.name} - {"", member.employee}:
					self._by_name.setdefault(name, []).append(member.employee)
		found = self._by_name.get(text, [])
		return found[0] if len(found) == 1 else None

	@property
	def logins(self) -> dict[str, str]:
		"""The id of the person of each login."""
		if not self._logins:
			self._logins = {m.user: m.employee for m in self.members.values() if m.user}
		return self._logins

	def names(self) -> dict[str, str]:
		"""People's names by id; empty when the brief is not to show them."""
		if not self.show_names:
			return {}
		return {m.employee: m.name for m in self.members.values() if m.name}

	def calendar(self, person: Person | None) -> WorkCalendar:
		"""The working calendar of a person, or the one of the settings."""
		member = self.members.get(person.employee) if person else None
		key = (member.shift, member.holiday_list) if member else ("", "")
		found = self._calendars.get(key)
		if found is None:
			hours, holidays = self.shifts.get(key[0], (self.hours, ""))
			free = self.holidays.get(key[1] or holidays, frozenset()) | self.holidays.get("", frozenset())
			found = self._calendars[key] = WorkCalendar(self.timezone or "UTC", hours, free)
		return found

	def forget(self) -> None:
		"""Look people up anew: somebody was added or changed."""
		self._directory = None
		self._logins.clear()
		self._by_name.clear()

	def type_rule(self, name: str) -> TypeRule | None:
		"""The event type of this name. Without a sheet of event types every name is one, with the defaults."""
		found = self.types.get(name)
		if found is None and not self.has_types:
			found = self.types[name] = TypeRule(name, name, self.policy())
		return found

	def policy(self, **values: Any) -> Policy:
		"""The policy of a type: what is given, and the settings for the rest."""
		given = {k: v for k, v in values.items() if v is not None}
		return Policy(**{"clock": self.clock, "target_hours": self.target_hours, **given})


class RuleDeadlines:
	"""The clock of one policy with the calendars of the rules. See ``engine.commands.Deadlines``."""

	__slots__ = ("_kind", "_rules")

	def __init__(self, policy: Policy, rules: Rules) -> None:
		self._kind = ClockKind(policy.clock)
		self._rules = rules

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		"""See ``Deadlines.shift``; people nobody knows work as the settings say."""
		if self._kind is ClockKind.CALENDAR:
			return add_hours(start, hours, self._kind, None)
		return add_hours(start, hours, self._kind, self._rules.calendar(person))


# --- reading -------------------------------------------------------------------------------------------


def working_hours(text: str, days: str) -> tuple[Shift, ...]:
	"""Shifts from what people write. Raises ValueError with the part that is not understood, FlowError for shifts that
	overlap."""
	weekdays = _weekdays(days) if days else frozenset(range(7))
	found = _SPAN.findall(text)
	if not found or _SPAN.sub("", text).strip(" ,;，；、\n"):
		raise ValueError(text)
	try:
		shifts = tuple(
			Shift(time(int(a), int(b)), time(int(x) % 24 if int(x) == 24 else int(x), int(y)), weekdays)
			for a, b, x, y in found
		)
	except ValueError:
		raise ValueError(text) from None
	WorkCalendar("UTC", shifts)
	return shifts


def _weekdays(text: str) -> frozenset[int]:
	found: set[int] = set()
	for part in re.split(r"[,;，；、\s]+", text.strip()):
		span = re.fullmatch(r"([1-7])(?:[-–~至到]([1-7]))?", part, re.ASCII)
		if span is None:
			raise ValueError(text)
		first, last = int(span[1]), int(span[2] or span[1])
		if last < first:
			raise ValueError(text)
		found.update(range(first - 1, last))
	return frozenset(found)


class RulesReader:
	"""Reads the sheets of rules into ``rules``, noting what is wrong."""

	def __init__(self, problems: Problems, zones: Zones, lang: str = "en") -> None:
		self.rules = Rules()
		self._problems = problems
		self._zones = zones
		self._lang = lang
		self._seen: dict[tuple[str, str], int] = {}
		self._reports: list[tuple[Row, str, str]] = []

	def read(self, tables: Mapping[str, list[Table]]) -> Rules:
		"""The rules from tables by the key of their sheet."""
		for sheet in c.RULES:
			for table in tables.get(sheet.key, ()):
				take = getattr(self, f"_take_{sheet.key}")
				for row in SheetReader(table, sheet, self._problems, self._zones, self._lang).rows():
					take(row)
				if sheet is c.PEOPLE:
					self.rules.has_people = True
				elif sheet is c.TYPES:
					self.rules.has_types = True
		self.finish()
		return self.rules

	def finish(self) -> None:
		"""Check what rows say of each other."""
		self._check_tree()
		self._check_people()

	def once(self, sheet: c.Sheet, row: Row, key: str, value: str) -> bool:
		"""Whether a value that must be there once is there for the first time."""
		before = self._seen.setdefault((sheet.key, value), row.number)
		if before != row.number:
			self._problems.note(row.at(key), SAME_ID, value, before, mend=GIVE_ANOTHER)
			return False
		return True

	def _take_settings(self, row: Row) -> None:
		name, value = row.values["setting"], row.values["value"]
		key = c.words_of(c.SETTING_NAMES).get(c.plain(name))
		if key is None:
			known = ", ".join(s.named(self._lang) for s in c.SETTING_NAMES)
			self._problems.note(row.at("setting"), UNKNOWN_SETTING, name, mend=SETTINGS_ARE, with_=(known,))
			return
		if value is None or not self.once(c.SETTINGS, row, "setting", key):
			return
		self.set(key, value, row.at("value"))

	def set(self, key: str, value: str, place: Place) -> None:
		"""Set one setting from what people wrote."""
		rules, problems = self.rules, self._problems
		if key in ("title", "company"):
			setattr(rules, key, value)
		elif key == "timezone":
			try:
				rules.timezone = zone(value).key
				self._zones.timezone = self._zones.timezone or rules.timezone
			except BadTime as e:
				problems.note(place, e.template, *e.args_)
		elif key == "now":
			try:
				rules.now = moment_of(value)
			except BadTime as e:
				problems.note(place, e.template, *e.args_)
		elif key == "hours":
			days = self._days
			try:
				rules.hours = working_hours(value, days)
			except ValueError:
				problems.note(place, BAD_HOURS, value, mend=HOURS_LIKE)
			except FlowError as e:
				problems.note(place, e.template, *e.args_)
		elif key == "days":
			try:
				weekdays = _weekdays(value)
				self._days = value
				rules.hours = tuple(replace(s, weekdays=weekdays) for s in rules.hours)
			except ValueError:
				problems.note(place, BAD_DAYS, value, mend=DAYS_LIKE)
			except FlowError as e:
				problems.note(place, e.template, *e.args_)
		elif key == "clock":
			found = c.words_of(c.CLOCKS).get(c.plain(value))
			if found is None:
				wanted = ", ".join(x.named(self._lang) for x in c.CLOCKS)
				problems.note(place, NOT_A_CHOICE, value, mend=CHOOSE, with_=(wanted,))
			else:
				rules.clock = found
		elif key == "target":
			try:
				rules.target_hours = float(value)
				if not 0 < rules.target_hours < 100_000:
					raise ValueError
			except ValueError:
				rules.target_hours = DEFAULT_HOURS
				problems.note(place, BAD_TARGET, value)
		elif key == "people":
			rules.show_names = value.casefold() not in c.NO

	_days: str = ""

	def _take_holidays(self, row: Row) -> None:
		name = row.values["list"] or ""
		days = self.rules.holidays.get(name, frozenset())
		self.rules.holidays[name] = days | {row.values["day"]}

	def _take_calendars(self, row: Row) -> None:
		v = row.values
		if not self.once(c.CALENDARS, row, "name", v["name"]):
			return
		try:
			self.rules.shifts[v["name"]] = working_hours(v["hours"], v["days"] or ""), v["holidays"] or ""
		except ValueError as e:
			days = str(e) == (v["days"] or "")
			self._problems.note(
				row.at("days" if days else "hours"),
				BAD_DAYS if days else BAD_HOURS,
				str(e),
				mend=DAYS_LIKE if days else HOURS_LIKE,
			)
		except FlowError as e:
			self._problems.note(row.at("hours"), e.template, *e.args_)

	def _take_people(self, row: Row) -> None:
		v = row.values
		if not self.once(c.PEOPLE, row, "id", v["id"]):
			return
		for key, known in (("shift", self.rules.shifts), ("holidays", self.rules.holidays)):
			if v[key] and v[key] not in known:
				sheet = c.CALENDARS if key == "shift" else c.HOLIDAYS
				self.unknown(row, key, v[key], sheet, known)
		self.rules.members[v["id"]] = Member(
			employee=v["id"],
			user=v["login"] or v["id"],
			name=v["name"] or v["id"],
			company=v["company"] or self.rules.company,
			department=v["department"] or "",
			branch=v["branch"] or "",
			reports_to=v["reports_to"] or "",
			active=v["active"] is not False,
			holiday_list=v["holidays"] or "",
			shift=v["shift"] or "",
		)
		if v["reports_to"]:
			self._reports.append((row, v["id"], v["reports_to"]))

	def _take_types(self, row: Row) -> None:
		v = row.values
		if not self.once(c.TYPES, row, "id", v["id"]):
			return
		names = (
			"clock",
			"evidence_hours",
			"mark_hours",
			"confirmation_hours",
			"target_hours",
			"reminder_hours",
			"escalation_hours",
			"escalation_levels",
			"mark_required",
			"reason_for_meets",
			"confirm_each_round",
			"void_on_cancel",
			"undo_minutes",
		)
		policy = self.rules.policy(**{name: v[name] for name in names})
		self.rules.types[v["id"]] = TypeRule(v["id"], v["title"] or v["id"], policy)

	def _type_of(self, row: Row) -> TypeRule | None:
		name = row.values["type"]
		found = self.rules.type_rule(name)
		if found is None:
			self.unknown(row, "type", name, c.TYPES, self.rules.types)
		return found

	def _take_requirements(self, row: Row) -> None:
		v = row.values
		owner = self._type_of(row)
		if owner is None or not self.once(c.REQUIREMENTS, row, "key", f"{v['type']} / {v['key']}"):
			return
		kind = RequirementKind(v["kind"])
		if kind is RequirementKind.SIGN_OFF and not v["departments"]:
			self._problems.note(row.at("departments"), NO_DEPARTMENTS, mend=NAME_DEPARTMENTS)
			return
		requirement = Requirement(
			key=v["key"],
			label=v["label"] or v["key"],
			kind=kind,
			mandatory=v["mandatory"] is not False,
			minimum=1 if v["minimum"] is None else v["minimum"],
			maximum_mb=v["maximum_mb"] or 0.0,
			file_types=tuple(t.lower().lstrip(".") for t in v["file_types"] or ()),
			hosts=tuple(h.lower() for h in v["hosts"] or ()),
			minimum_characters=v["minimum_characters"] or 0,
			fieldname=v["fieldname"] or "",
			linked_doctype=v["linked_doctype"] or "",
			link_fieldname=v["link_fieldname"] or "",
			filters=v["filters"] or "",
			guidance=v["guidance"] or "",
			rounds=Rounds(v["rounds"]) if v["rounds"] else Rounds.EACH,
			departments=v["departments"] or (),
			must_be_concrete=bool(v["must_be_concrete"]),
		)
		self.rules.types[owner.id] = replace(owner, requirements=(*owner.requirements, requirement))

	def _take_collaborators(self, row: Row) -> None:
		v = row.values
		owner = self._type_of(row)
		if owner is None:
			return
		if v["person"]:
			person = self.person(row, "person")
			if person is None:
				return
			source, argument = RecipientSource.EMPLOYEE, person
		else:
			source, argument = RecipientSource.DEPARTMENT_HEAD, v["department"] or v["label"] or ""
			known = {m.department for m in self.rules.members.values()}
			if not argument or (self.rules.has_people and argument not in known):
				self.unknown(row, "department", argument, c.PEOPLE, known)
				return
		rule = Rule(source, argument, v["label"] or argument, v["required"] is not False)
		self.rules.types[owner.id] = replace(owner, collaborators=(*owner.collaborators, rule))

	def _take_checks(self, row: Row) -> None:
		v = row.values
		owner = self._type_of(row)
		if owner is None or not self.once(c.CHECK_SHEET, row, "key", f"{v['type']} / {v['key']}"):
			return
		known = {r.key for r in owner.requirements}
		for key in ("requirements", "unless"):
			for name in v[key] or ():
				if name not in known:
					self.unknown(row, key, name, c.REQUIREMENTS, known, warning=True)
		texts = (
			"fieldname",
			"field_label",
			"against",
			"against_label",
			"target",
			"minimum",
			"maximum",
			"filters",
			"alternative",
		)
		check = Check(
			key=v["key"],
			label=v["label"] or v["key"],
			kind=CheckKind(v["kind"]),
			tolerance=v["tolerance"] or 0.0,
			requirements=v["requirements"] or (),
			unless=v["unless"] or (),
			**{name: v[name] or "" for name in texts},
		)
		self.rules.types[owner.id] = replace(owner, checks=(*owner.checks, check))

	# --- references ---------------------------------------------------------------------------------

	def person(self, row: Row, key: str) -> str | None:
		"""The id of the person in a cell. Without a sheet of people everybody is one."""
		text = row.values[key]
		rules = self.rules
		found = rules.person_id(text)
		if found is None and not rules.has_people:
			rules.members[text] = Member(text, text, text, rules.company)
			rules.forget()
			return str(text)
		if found is None:
			if len(rules._by_name.get(text, ())) > 1:
				self._problems.note(row.at(key), TWO_NAMES, text, mend=USE_ID)
			else:
				self.unknown(row, key, text, c.PEOPLE, rules.members)
		return found

	def unknown(
		self, row: Row, key: str, text: str, sheet: c.Sheet, known: Iterable[str], warning: bool = False
	) -> None:
		"""Note that a value is not among those another sheet holds."""
		guess = _nearest(text, known)
		note = self._problems.warn if warning else self._problems.note
		note(
			row.at(key),
			NOT_IN_SHEET,
			text,
			sheet.named(self._lang),
			mend=MEANT if guess else ADD_IT,
			with_=(guess,) if guess else (),
		)

	def _check_people(self) -> None:
		for row, _who, above in self._reports:
			if self.rules.person_id(above) is None:
				self.unknown(row, "reports_to", above, c.PEOPLE, self.rules.members)

	def _check_tree(self) -> None:
		rules = self.rules
		for _row, who, above in self._reports:
			found = rules.person_id(above)
			if found is not None and found != above:
				rules.members[who] = replace(rules.members[who], reports_to=found)
		depth: dict[str, int] = {}
		for row, who, _above in self._reports:
			path: list[str] = []
			current = who
			while current and current not in depth and current not in path:
				path.append(current)
				member = rules.members.get(current)
				current = member.reports_to if member else ""
			if current in path:
				self._problems.note(row.at("reports_to"), IN_CIRCLES, who, mend=MEND_TREE)
				for name in path:
					depth[name] = 0
				continue
			start = depth.get(current, -1) if current else -1
			for number, name in enumerate(reversed(path), start + 1):
				depth[name] = number
		for who, member in rules.members.items():
			if depth.get(who, 0) != member.depth:
				rules.members[who] = replace(member, depth=depth[who])
		rules.forget()


def _nearest(text: str, known: Iterable[str]) -> str:
	wanted = c.plain(text)
	candidates = {c.plain(k): k for k in islice(known, 2_000)}
	found = get_close_matches(wanted, candidates, 1, 0.75) if wanted else []
	return candidates[found[0]] if found else ""


def instant(moment: datetime | None, timezone_name: str) -> datetime | None:
	"""A setting's time in UTC; a naive one is of that zone."""
	return None if moment is None else in_utc(moment, timezone_name or "UTC")
