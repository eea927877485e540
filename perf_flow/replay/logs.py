"""Plain event logs: only when each activity of a case happened is known.

A case becomes one chain: recorded at its first activity, closed at its last (or as the mapping says). Of a case
nothing is kept but its name and a few numbers, so that a log of millions of rows fits into little memory; rows may
come in any order, and from several files. Times are kept as seconds since 1970 in a float, which gives every
microsecond back until the year 2242: beyond 2199 nothing is accepted.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import repeat
from pathlib import Path
from typing import Any

from perf_flow.engine.clock import ClockKind
from perf_flow.engine.errors import N_
from perf_flow.engine.health import ChainTimes, Stage
from perf_flow.engine.model import Person, Policy
from perf_flow.replay import mapping as m
from perf_flow.replay import xes
from perf_flow.replay.moments import EARLIEST, FAR_AWAY, LATEST, WRITE_IT_LIKE, BadTime, in_utc, moment_of
from perf_flow.replay.problems import Place, Problems
from perf_flow.replay.rules import RuleDeadlines, Rules
from perf_flow.replay.sheets import (
	EMPTY,
	ERROR_VALUE,
	FORMAT_AS_TIME,
	NO_ERROR,
	NUMBER_AS_TIME,
	SAVE_VALUE,
	UNSAVED,
	Zones,
)
from perf_flow.replay.tables import FileKind, Step, Table, csv_form, csv_rows
from perf_flow.replay.xlsx import Unsaved, Wrong, letter

NO_CASE_NAME = N_("The trace that ends here has no name (concept:name); it is called “{0}”.")
NO_TIME = N_("The event has no time (time:timestamp).")
REMOVE_EVENT = N_("Add the time, or remove the event.")
STRAY = N_("The event stands outside of any trace, so it is not known to which case it belongs.")
INTO_TRACE = N_("Put it into a trace.")
SAME_CASE = N_("The case “{0}” is there before, in row {1}.")
ONE_ROW = N_("There must be one row for each case; if each row is an activity, set “shape: activities”.")
NEGATIVE = N_("The case ends ({0}) before it begins ({1}).")
CORRECT_TIMES = N_("Correct one of the two times.")
SHORT_ROW = N_("The row has no column {0}.")
FILL_ROW = N_("Complete the row, or delete it.")
NAME_IT = N_("Fill in “{0}”.")

UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OPEN = float("-inf")
# naive times are checked as if they were UTC: a day off at the ends of the range does not matter
_LOW, _HIGH = EARLIEST.timestamp() + 86_400, LATEST.timestamp() - 86_400
_KEYS = {
	"case": "concept:name",
	"activity": "concept:name",
	"timestamp": "time:timestamp",
	"resource": "org:resource",
	"department": "org:group",
}
_SIDE = ("resource", "manager", "department", "event_type", "company")


class Log:
	"""The cases of one replay, and what is known of each."""

	def __init__(self, problems: Problems, zones: Zones) -> None:
		self.rows = 0
		self._problems = problems
		self._zones = zones
		self._of: dict[str, int] = {}
		self._first = array("d")
		self._last = array("d")
		self._ended = array("d")
		self._side: dict[str, array[int]] = {}
		self._names: dict[str, dict[str, int]] = {}
		self._mapping = m.Mapping()

	def __len__(self) -> int:
		return len(self._of)

	# --- reading ------------------------------------------------------------------------------------

	def read(self, path: Path, table: Table | None, mapping: m.Mapping, step: Step | None = None) -> None:
		"""Read a file: a table by its mapping, or an XES log (``table`` is None). Raises Unreadable, WrongUse."""
		self._mapping = mapping
		if mapping.timezone and not self._zones.timezone:
			self._zones.timezone = mapping.timezone
		if table is None:
			self._read_xes(path, mapping, step)
		elif mapping.shape == m.CASES:
			self._read_cases(table, mapping, step)
		elif table.kind is FileKind.CSV:
			self._read_csv(table, mapping, step)
		else:
			self._read_rows(table, mapping, step)

	def _read_csv(self, table: Table, mapping: m.Mapping, step: Step | None) -> None:
		"""The quick way: one pass, a few operations for each row."""
		header, at = m.located(mapping, table)
		case_at, time_at, activity_at = at["case"], at["timestamp"], at.get("activity", -1)
		side = tuple((at[key], self._index(key)) for key in _SIDE if key in at)
		ends = frozenset(mapping.end_activities) if activity_at >= 0 else frozenset[str]()
		parse, iso = m.reader(mapping), datetime.fromisoformat
		plain = not mapping.time_format
		zones, of, first, last = self._zones, self._of, self._first, self._last
		problems, add, end = self._problems, self._add, self._end
		number = left_out = told = 0
		with csv_rows(table.path, csv_form(table.path)) as (reader, tell):
			for number, record in enumerate(reader, 1):
				if step is not None and not number % 20_000:
					step(tell() - told)
					told = tell()
				try:
					case, text = record[case_at], record[time_at]
					found = iso(text) if plain else parse(text)
				except IndexError:
					left_out += 1
					if number > header:
						self._short(table, number, record, max(case_at, time_at))
					continue
				except (ValueError, BadTime):
					if number <= header:
						left_out += 1
						continue
					other = self._slowly(table, number, time_at, text, parse)
					if other is None:
						left_out += 1
						continue
					found = other
				aware = found.tzinfo is not None
				if aware is not zones.aware and not self._zone(self._place(table, number, time_at), found):
					left_out += 1
					continue
				at = found.timestamp() if aware else found.replace(tzinfo=UTC).timestamp()
				index = of.get(case)
				if index is None:
					if not case or case.isspace():
						self._empty(table, number, case_at, "case")
						left_out += 1
						continue
					index = add(case, at)
					for column, intern in side:
						intern(index, record[column] if column < len(record) else "")
				elif at < first[index]:
					first[index] = at
				elif at > last[index]:
					last[index] = at
				if not _LOW < at < _HIGH:
					problems.note(self._place(table, number, time_at), FAR_AWAY, text, mend=WRITE_IT_LIKE)
				if ends and activity_at < len(record) and record[activity_at] in ends:
					end(index, at)
			if step is not None:
				step(tell() - told)
		self.rows += number - left_out

	def _read_rows(self, table: Table, mapping: m.Mapping, step: Step | None) -> None:
		header, at = m.located(mapping, table)
		side = tuple((at[key], self._index(key)) for key in _SIDE if key in at)
		for number, values, _beyond in table.rows(step):
			if number <= header:
				continue
			case = self._name(table, number, at["case"], values, "case")
			seconds = self._time(table, number, at["timestamp"], values, mapping, "timestamp")
			if case is None or seconds is None:
				continue
			self.rows += 1
			index = self._of.get(case)
			if index is None:
				index = self._add(case, seconds)
				for column, intern in side:
					intern(index, _text(values, column))
			else:
				self._first[index] = min(self._first[index], seconds)
				self._last[index] = max(self._last[index], seconds)
			if mapping.end_activities and _text(values, at.get("activity", -1)) in mapping.end_activities:
				self._end(index, seconds)

	def _read_cases(self, table: Table, mapping: m.Mapping, step: Step | None) -> None:
		header, at = m.located(mapping, table)
		side = tuple((at[key], self._index(key)) for key in _SIDE if key in at)
		problems = self._problems
		seen: dict[str, int] = {}
		for number, values, _beyond in table.rows(step):
			if number <= header:
				continue
			case = self._name(table, number, at["case"], values, "case")
			begins = self._time(table, number, at["recorded_at"], values, mapping, "recorded_at")
			ends: float | None = _OPEN
			if _value(values, at["closed_at"]) is not None:
				ends = self._time(table, number, at["closed_at"], values, mapping, "closed_at")
			if case is None or begins is None or ends is None:
				continue
			if case in self._of:
				before = seen.get(case, 0)
				problems.note(
					self._place(table, number, at["case"]), SAME_CASE, case, before or "?", mend=ONE_ROW
				)
				continue
			if ends != _OPEN and ends < begins:
				problems.note(
					self._place(table, number, at["closed_at"]),
					NEGATIVE,
					_shown(ends),
					_shown(begins),
					mend=CORRECT_TIMES,
				)
				continue
			self.rows += 1
			seen[case] = number
			index = self._add(case, begins)
			for column, intern in side:
				intern(index, _text(values, column))
			if ends != _OPEN:
				self._last[index] = ends
				self._end(index, ends)
			elif not self._ended:
				self._ended = array("d", repeat(_OPEN, len(self._of)))

	def _read_xes(self, path: Path, mapping: m.Mapping, step: Step | None) -> None:
		keys = {**_KEYS, **mapping.columns}
		case_key, activity_key, time_key = keys["case"], keys["activity"], keys["timestamp"]
		side = tuple((keys[key], self._index(key)) for key in _SIDE if key in keys)
		ends = frozenset(mapping.end_activities)
		parse, iso = m.reader(mapping), datetime.fromisoformat
		plain = not mapping.time_format
		zones, problems = self._zones, self._problems
		begin: float | None = None
		finish = 0.0
		ended = _OPEN
		noted: dict[int, str] = {}
		unnamed = 0

		def on_event(event: dict[str, str], line: int) -> None:
			nonlocal begin, finish, ended
			text = event.get(time_key)
			if not text:
				problems.note(Place(path.name, row=line), NO_TIME, mend=REMOVE_EVENT)
				return
			try:
				found = iso(text) if plain else parse(text)
			except (ValueError, BadTime):
				try:
					found = parse(text)
				except BadTime as e:
					problems.note(Place(path.name, row=line), e.template, *e.args_, mend=WRITE_IT_LIKE)
					return
			aware = found.tzinfo is not None
			if aware is not zones.aware and not self._zone(Place(path.name, row=line), found):
				return
			seconds = found.timestamp() if aware else found.replace(tzinfo=UTC).timestamp()
			if not _LOW < seconds < _HIGH:
				problems.note(Place(path.name, row=line), FAR_AWAY, text, mend=WRITE_IT_LIKE)
				return
			if begin is None:
				begin = finish = seconds
			elif seconds < begin:
				begin = seconds
			elif seconds > finish:
				finish = seconds
			if ends and event.get(activity_key) in ends and (ended == _OPEN or seconds < ended):
				ended = seconds
			if side:
				for number, (key, _intern) in enumerate(side):
					if number not in noted and event.get(key):
						noted[number] = event[key]
			self.rows += 1

		def on_trace(trace: dict[str, str], line: int) -> None:
			nonlocal begin, finish, ended, unnamed
			if begin is not None:
				case = trace.get(case_key, "")
				if not case:
					unnamed += 1
					case = f"#{unnamed}"
					if unnamed <= 5:
						problems.warn(Place(path.name, row=line), NO_CASE_NAME, case)
				index = self._of.get(case)
				if index is None:
					index = self._add(case, begin)
					self._last[index] = finish
					for number, (key, intern) in enumerate(side):
						intern(index, noted.get(number) or trace.get(key, ""))
				else:
					self._first[index] = min(self._first[index], begin)
					self._last[index] = max(self._last[index], finish)
				if ended != _OPEN:
					self._end(index, ended)
			begin, ended = None, _OPEN
			noted.clear()

		def on_stray(line: int) -> None:
			problems.note(Place(path.name, row=line), STRAY, mend=INTO_TRACE)

		wanted = frozenset((case_key, activity_key, time_key, *(key for key, _intern in side)))
		if not ends and activity_key != case_key:
			wanted -= {activity_key}
		xes.read(path, wanted, on_event, on_trace, on_stray, step)

	# --- keeping ------------------------------------------------------------------------------------

	def _add(self, case: str, seconds: float) -> int:
		index = self._of[case] = len(self._of)
		self._first.append(seconds)
		self._last.append(seconds)
		if self._ended:
			self._ended.append(_OPEN)
		for numbers in self._side.values():
			numbers.append(0)
		return index

	def _end(self, index: int, seconds: float) -> None:
		if not self._ended:
			self._ended = array("d", repeat(_OPEN, len(self._of)))
		if self._ended[index] == _OPEN or seconds < self._ended[index]:
			self._ended[index] = seconds

	def _index(self, key: str) -> Callable[[int, str], None]:
		"""What keeps a word of a case as a number."""
		names = self._names.setdefault(key, {"": 0})
		numbers = self._side.get(key)
		if numbers is None:
			numbers = self._side[key] = array("l", repeat(0, len(self._of)))

		def keep(index: int, text: str) -> None:
			number = names.get(text)
			if number is None:
				number = names[text] = len(names)
			numbers[index] = number

		return keep

	# --- what is wrong ------------------------------------------------------------------------------

	@staticmethod
	def _place(table: Table, number: int, column: int) -> Place:
		return Place(table.path.name, table.sheet, number, letter(column + 1))

	def _empty(self, table: Table, number: int, column: int, key: str) -> None:
		self._problems.note(self._place(table, number, column), EMPTY, key, mend=NAME_IT, with_=(key,))

	def _short(self, table: Table, number: int, record: list[str], widest: int) -> None:
		if any(v and not v.isspace() for v in record):
			self._problems.note(
				self._place(table, number, widest), SHORT_ROW, letter(widest + 1), mend=FILL_ROW
			)

	def _slowly(
		self, table: Table, number: int, column: int, text: str, parse: Callable[[str], datetime]
	) -> datetime | None:
		if not text or text.isspace():
			self._empty(table, number, column, "timestamp")
			return None
		try:
			return parse(text)
		except BadTime as e:
			self._problems.note(self._place(table, number, column), e.template, *e.args_, mend=WRITE_IT_LIKE)
			return None

	def _zone(self, place: Place, found: datetime) -> bool:
		"""Whether a time goes with those before it; asked when it is the first, or differs from them."""
		try:
			return self._zones.utc(found, place, self._problems) is not None
		except BadTime as e:
			self._problems.note(place, e.template, *e.args_, mend=WRITE_IT_LIKE)
			return False

	def _name(self, table: Table, number: int, column: int, values: list[Any], key: str) -> str | None:
		value = _value(values, column)
		if self._unusable(table, number, column, value):
			return None
		text = _text(values, column)
		if not text:
			self._empty(table, number, column, key)
			return None
		return text

	def _unusable(self, table: Table, number: int, column: int, value: Any) -> bool:
		place = self._place(table, number, column)
		if isinstance(value, Unsaved):
			self._problems.note(place, UNSAVED, value.formula, mend=SAVE_VALUE)
			return True
		if isinstance(value, Wrong):
			self._problems.note(place, ERROR_VALUE, value.text, mend=NO_ERROR)
			return True
		return False

	def _time(
		self, table: Table, number: int, column: int, values: list[Any], mapping: m.Mapping, key: str
	) -> float | None:
		value, place = _value(values, column), self._place(table, number, column)
		if self._unusable(table, number, column, value):
			return None
		if value is None:
			self._empty(table, number, column, key)
			return None
		try:
			if isinstance(value, int | float) and not mapping.time_format:
				self._problems.note(place, NUMBER_AS_TIME, value, mend=FORMAT_AS_TIME)
				return None
			if mapping.time_format and isinstance(value, str | int | float):
				found = m.reader(mapping)(str(value))
			else:
				found = moment_of(value)
			if self._zones.utc(found, place, self._problems) is None:
				return None
		except BadTime as e:
			self._problems.note(place, e.template, *e.args_, mend=WRITE_IT_LIKE)
			return None
		return found.replace(tzinfo=found.tzinfo or UTC).timestamp()

	# --- chains -------------------------------------------------------------------------------------

	def _utc(self, seconds: float) -> datetime:
		found = _EPOCH + timedelta(0, seconds)
		return found if self._zones.aware else in_utc(found.replace(tzinfo=None), self._zones.timezone)

	@property
	def last(self) -> datetime | None:
		"""The latest time of all rows."""
		return self._utc(max(self._last)) if self._last else None

	def chains(self, rules: Rules, title: str) -> Iterator[ChainTimes]:
		"""Each case as a chain. The event type of a log that has none is the log itself (``title``)."""
		mapping = self._mapping
		hours = mapping.target_hours or rules.target_hours
		policy = Policy(clock=mapping.clock or rules.clock, target_hours=hours)
		calendar_hours = policy.clock == ClockKind.CALENDAR.value
		deadlines, span = RuleDeadlines(policy, rules), timedelta(hours=hours)
		utc, ended, first, last = self._utc, self._ended, self._first, self._last
		with_ends = bool(ended) or bool(mapping.end_activities)
		members = rules.members
		types, companies = self._words("event_type", title), self._words("company", rules.company)
		persons, managers = self._words("resource"), self._words("manager")
		departments = self._words("department")
		closed, still_open = Stage.CLOSED, Stage.EVIDENCE
		for case, index in self._of.items():
			recorded_at = utc(first[index])
			closed_at: datetime | None
			if with_ends:
				at = ended[index] if ended else _OPEN
				closed_at = None if at == _OPEN else utc(at)
			else:
				closed_at = utc(last[index])
			person = persons(index)
			if calendar_hours:
				target_at = recorded_at + span
			else:
				target_at = deadlines.shift(recorded_at, hours, Person(person, person, person))
			department, manager = departments(index), managers(index)
			if person in members:
				department = department or members[person].department
				manager = manager or members[person].reports_to
			yield ChainTimes(
				case,
				types(index),
				companies(index),
				department,
				person,
				manager,
				False,
				recorded_at,
				target_at,
				closed_at,
				False,
				False,
				None,
				None,
				None,
				still_open if closed_at is None else closed,
			)

	def forget(self) -> None:
		"""Give the memory of the cases back; ``rows`` stays."""
		self._of.clear()
		for numbers in (self._first, self._last, self._ended, *self._side.values()):
			del numbers[:]
		self._names.clear()

	def _words(self, key: str, otherwise: str = "") -> Callable[[int], str]:
		"""What gives the word of a case; ``otherwise`` where it has none."""
		numbers = self._side.get(key)
		if numbers is None:
			return lambda _index: otherwise
		words = [word or otherwise for word in self._names[key]]
		return lambda index: words[numbers[index]]


def _value(values: list[Any], column: int) -> Any:
	value = values[column] if 0 <= column < len(values) else None
	return None if isinstance(value, str) and not value.strip() else value


def _text(values: list[Any], column: int) -> str:
	value = _value(values, column)
	return "" if value is None else str(value)


def _shown(seconds: float) -> str:
	return (_EPOCH + timedelta(0, seconds)).replace(tzinfo=None).isoformat(" ")
