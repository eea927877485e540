"""What the columns of somebody else's file mean: guessed first, shown, and confirmed or corrected in a small file.

A mapping is a YAML file or a sheet with two columns (what, column). Two shapes of file are known:

- ``activities``: one row for each activity of a case, as process mining logs have it. A case is recorded at its first
  activity and closed at its last, or at the first of the ``end_activities``.
- ``cases``: one row for each case, with columns for when it began and when it ended.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final

from perf_flow.engine.clock import ClockKind
from perf_flow.engine.errors import N_, Words
from perf_flow.replay import columns as c
from perf_flow.replay.moments import BadTime, form, moment_of, parse
from perf_flow.replay.problems import WrongUse
from perf_flow.replay.tables import YAML, FileKind, Table, kind_of, tables

NOT_A_MAPPING = N_("{0} is no mapping: {1}")
UNKNOWN_KEY = N_("“{1}” in the mapping {0} is not known. Known are: {2}.")
NO_SUCH_COLUMN = N_(
	"The mapping says that “{0}” is in the column “{1}”, but {2} has no such column. It has: {3}."
)
NEEDED = N_("The mapping of {0} does not say which column holds “{1}”.")
NO_YAML = N_("{0} is not valid YAML (line {1}).")
NOT_A_TABLE = N_("each line must hold a key and a value")
BAD_SHAPE = N_("“shape” must be activities or cases")
BAD_CLOCK = N_("“clock” must be Calendar hours or Working hours")
BAD_TARGET = N_("“target_hours” must be a number above 0")

ACTIVITIES: Final = "activities"
CASES: Final = "cases"
_SAMPLE: Final = 200
SURE: Final = 0.85
"""From this confidence on a guess needs no confirmation."""


@dataclass(frozen=True, slots=True)
class Role:
	"""Something a column can mean. ``names`` are headings under which it is known, ``hints`` parts of such."""

	key: str
	label: str
	names: tuple[str, ...]
	hints: tuple[str, ...] = ()
	shapes: tuple[str, ...] = (ACTIVITIES, CASES)
	needed_in: tuple[str, ...] = ()
	is_time: bool = False


ROLES: Final = (
	Role(
		"case",
		N_("Case"),
		(
			"case:concept:name",
			"case id",
			"case_id",
			"caseid",
			"case",
			"trace",
			"trace id",
			"process instance",
			"案例",
			"案例编号",
			"案例id",
			"流程实例",
			"流程编号",
			"实例编号",
			"单号",
			"单据编号",
			"订单号",
			"事件编号",
			"编号",
			"event",
			"event id",
			"id",
			"order",
			"order id",
			"order no",
			"ticket",
			"document",
		),
		("case", "案例", "单号", "编号", "number", "no."),
		needed_in=(ACTIVITIES, CASES),
	),
	Role(
		"activity",
		N_("Activity"),
		(
			"concept:name",
			"activity",
			"activity name",
			"event name",
			"task",
			"活动",
			"活动名称",
			"步骤",
			"动作",
			"环节",
		),
		("activity", "活动", "步骤", "action"),
		shapes=(ACTIVITIES,),
	),
	Role(
		"timestamp",
		N_("Time"),
		(
			"time:timestamp",
			"timestamp",
			"time",
			"datetime",
			"date time",
			"complete timestamp",
			"completetime",
			"end time",
			"event time",
			"时间",
			"时间戳",
			"发生时间",
			"完成时间",
			"操作时间",
			"日期时间",
		),
		("timestamp", "时间", "time", "date", "日期"),
		shapes=(ACTIVITIES,),
		needed_in=(ACTIVITIES,),
		is_time=True,
	),
	Role(
		"recorded_at",
		N_("Recorded at"),
		(
			"recorded at",
			"start",
			"start time",
			"start date",
			"started",
			"begin",
			"created",
			"created at",
			"created on",
			"opened",
			"open date",
			"order date",
			"发生时间",
			"开始时间",
			"开始日期",
			"创建时间",
			"创建日期",
			"下单时间",
			"下单日期",
			"登记时间",
		),
		("start", "begin", "creat", "open", "开始", "创建", "登记", "下单"),
		shapes=(CASES,),
		needed_in=(CASES,),
		is_time=True,
	),
	Role(
		"closed_at",
		N_("Closed at"),
		(
			"closed at",
			"end",
			"end time",
			"end date",
			"ended",
			"finished",
			"completed",
			"completed at",
			"closed",
			"close date",
			"closed on",
			"done",
			"resolved",
			"结束时间",
			"结束日期",
			"完成时间",
			"完成日期",
			"关闭时间",
			"关闭日期",
			"结案时间",
			"交付时间",
		),
		("clos", "end", "finish", "complet", "resolv", "结束", "完成", "关闭", "结案"),
		shapes=(CASES,),
		needed_in=(CASES,),
		is_time=True,
	),
	Role(
		"resource",
		N_("Person"),
		(
			"org:resource",
			"resource",
			"user",
			"person",
			"employee",
			"owner",
			"assignee",
			"资源",
			"人员",
			"员工",
			"责任人",
			"负责人",
			"经办人",
			"操作人",
			"姓名",
		),
		("resource", "user", "employee", "owner", "员", "人"),
	),
	Role(
		"manager",
		N_("Manager"),
		("manager", "line manager", "supervisor", "上级", "直接上级", "主管", "经理"),
		("manager", "主管", "经理"),
	),
	Role(
		"department",
		N_("Department"),
		(
			"org:group",
			"department",
			"group",
			"team",
			"org unit",
			"部门",
			"所属部门",
			"班组",
			"团队",
			"org:role",
		),
		("department", "dept", "部门"),
	),
	Role(
		"event_type",
		N_("Event Type"),
		(
			"event type",
			"case type",
			"type",
			"category",
			"process",
			"variant",
			"类型",
			"事件类型",
			"业务类型",
			"类别",
			"流程",
		),
		("type", "category", "类型", "类别"),
	),
	Role(
		"company",
		N_("Company"),
		("company", "公司"),
		(),
	),
)
_ROLES: Final = {role.key: role for role in ROLES}
_OPTIONS: Final = (
	"shape",
	"sheet",
	"time_format",
	"timezone",
	"end_activities",
	"clock",
	"target_hours",
	"title",
)


@dataclass(frozen=True, slots=True)
class Mapping:
	"""Which column holds what (``columns``: role to heading), and how the file is to be read.

	``time_format`` is a pattern of ``strptime``, ``epoch`` or ``epoch_ms``; empty: ISO 8601 and other unambiguous
	forms. ``end_activities``: a case is closed with the first of them, and open without one; empty: closed with its
	last activity.
	"""

	shape: str = ACTIVITIES
	columns: dict[str, str] = field(default_factory=dict)
	sheet: str = ""
	time_format: str = ""
	timezone: str = ""
	end_activities: tuple[str, ...] = ()
	clock: str = ""
	target_hours: float | None = None
	title: str = ""


@dataclass(frozen=True, slots=True)
class Guess:
	"""A mapping as guessed, with the confidence (0–1) in each column, samples of its values, and the reasons why it
	is not sure."""

	mapping: Mapping
	confidence: dict[str, float]
	samples: dict[str, tuple[str, ...]]
	headings: tuple[str, ...]

	@property
	def sure(self) -> bool:
		"""Whether everything needed was found beyond doubt."""
		needed = [r.key for r in ROLES if self.mapping.shape in r.needed_in]
		return all(self.confidence.get(key, 0.0) >= SURE for key in needed)

	@property
	def standard(self) -> bool:
		"""Whether the columns are called as the standard for event logs calls them: there is nothing to ask."""
		return self.sure and all(
			self.mapping.columns.get(key) == name
			for key, name in (("case", "case:concept:name"), ("timestamp", "time:timestamp"))
		)


# --- guessing ------------------------------------------------------------------------------------------


def head_of(table: Table) -> tuple[int, list[str], list[list[Any]]]:
	"""The row with the headings (the first with two texts or more), the headings, and rows that follow it."""
	found: tuple[int, list[str]] | None = None
	sample: list[list[Any]] = []
	for number, values, _beyond in islice(table.rows(), _SAMPLE + 20):
		if found is None:
			if sum(1 for v in values if isinstance(v, str)) >= 2 or (
				len(values) == 1 and table.kind is FileKind.CSV
			):
				found = number, ["" if v is None else str(v).strip() for v in values]
		else:
			sample.append(values)
	if found is None:
		return 0, [], []
	return found[0], found[1], sample


def guess(table: Table) -> Guess:
	"""What the columns of a table most likely mean, by their headings and by what is in them."""
	_row, headings, sample = head_of(table)
	times = [_times(sample, index) for index in range(len(headings))]
	activities, cases = (_as(shape, headings, sample, times, table.sheet) for shape in (ACTIVITIES, CASES))
	# with a beginning and an end and no activity, each row is a whole case
	if cases.sure and "activity" not in activities.mapping.columns:
		return cases
	return cases if worth(cases) > worth(activities) else activities


def _as(shape: str, headings: list[str], sample: list[list[Any]], times: list[float], sheet: str) -> Guess:
	"""The guess for one of the two shapes."""
	found = _guess(shape, headings, times)
	columns = {role: headings[index] for role, (index, _sure) in found.items()}
	samples = {
		role: tuple(dict.fromkeys(str(r[index]) for r in sample if index < len(r) and r[index] is not None))[
			:3
		]
		for role, (index, _sure) in found.items()
	}
	confidence = {role: round(sure, 2) for role, (_index, sure) in found.items()}
	return Guess(Mapping(shape, columns, sheet=sheet), confidence, samples, tuple(headings))


def worth(found: Guess) -> float:
	"""How far the guess can be believed, over everything that is needed (0–1)."""
	needed = [r.key for r in ROLES if found.mapping.shape in r.needed_in]
	return sum(found.confidence.get(key, 0.0) for key in needed) / len(needed)


def _guess(shape: str, headings: list[str], times: list[float]) -> dict[str, tuple[int, float]]:
	scores: list[tuple[float, int, int, str]] = []
	for order, role in enumerate(ROLES):
		if shape not in role.shapes:
			continue
		names = {c.plain(n): place for place, n in reversed(list(enumerate(role.names)))}
		for index, heading in enumerate(headings):
			plain = c.plain(heading)
			if not plain:
				continue
			if plain in names:
				# the first names are those of the standards
				score = 1.0 - 0.005 * names[plain]
			elif any(c.plain(h) in plain for h in role.hints if c.plain(h)):
				score = 0.6
			else:
				continue
			if role.is_time:
				# what is in the column decides as much as what is above it
				score *= 0.3 + 0.7 * times[index]
			elif times[index] > 0.9 and role.key != "case":
				score *= 0.3
			scores.append((-score, order, index, role.key))
	found: dict[str, tuple[int, float]] = {}
	taken: set[int] = set()
	for negative, _order, index, key in sorted(scores):
		if key not in found and index not in taken:
			found[key] = index, max(-negative, 0.0)
			taken.add(index)
	return found


def _times(sample: list[list[Any]], index: int) -> float:
	"""The share of a column's values that are times."""
	values = [r[index] for r in sample if index < len(r) and r[index] is not None]
	if not values:
		return 0.0
	good = 0
	for value in values:
		try:
			moment_of(value)
		except BadTime:
			continue
		good += not isinstance(value, str) or len(value) >= 8
	return good / len(values)


# --- files ---------------------------------------------------------------------------------------------


HEAD = N_("What the columns mean. Correct it where it is wrong, and give it with --map.")
HEADINGS = N_("Columns of the file: {0}")
SHAPE = N_("activities: one row for each activity; cases: one row for each case")
CONFIDENCE = N_("{0}: {1} % sure, e.g. {2}")
TIME_FORMAT = N_("how times are written, if not like 2026-03-02 09:30; or epoch, epoch_ms")
TIMEZONE = N_("where times without a time zone were written down")
END_ACTIVITIES = N_("a case is closed with the first of these; otherwise with its last activity")
CLOCK = N_("or Working hours, with the hours of the rules")
TARGET = N_("within how many hours a case is to be closed")


def to_yaml(found: Guess, say: Callable[..., str]) -> str:
	"""A guess as a YAML file with remarks, to be corrected and given as ``--map``."""
	import yaml

	def text(value: object) -> str:
		return yaml.safe_dump(value, allow_unicode=True, default_flow_style=True).split("\n...")[0].strip()

	mapping = found.mapping
	lines = [
		f"# {say(HEAD)}",
		f"# {say(HEADINGS, ', '.join(found.headings))}",
		f"shape: {mapping.shape}  # {say(SHAPE)}",
	]
	if mapping.sheet:
		lines.append(f"sheet: {text(mapping.sheet)}")
	lines.append("columns:")
	for role in ROLES:
		if mapping.shape not in role.shapes:
			continue
		if role.key in mapping.columns:
			sure = round(100 * found.confidence[role.key])
			samples = ", ".join(found.samples[role.key]) or "–"
			remark = say(CONFIDENCE, say(role.label), sure, " ".join(samples.split())[:80])
			lines.append(f"  {role.key}: {text(mapping.columns[role.key])}  # {remark}")
		else:
			lines.append(f"  # {role.key}:  # {say(role.label)}")
	lines += [
		f"# time_format: '%d/%m/%Y %H:%M'  # {say(TIME_FORMAT)}",
		f"# timezone: Asia/Shanghai  # {say(TIMEZONE)}",
		f"# end_activities: [Closed]  # {say(END_ACTIVITIES)}",
		f"# clock: Calendar hours  # {say(CLOCK)}",
		f"# target_hours: 48  # {say(TARGET)}",
	]
	return "\n".join(lines) + "\n"


def read(path: Path) -> Mapping:
	"""A mapping from a YAML file or a sheet. Raises WrongUse or Unreadable."""
	kind = kind_of(path, YAML)
	if kind is FileKind.XLSX:
		return _from_rows(path, _sheet_rows(path))
	try:
		text = path.read_text("utf-8-sig")
	except UnicodeError as e:
		raise WrongUse(path.name, Words((NOT_A_TABLE,)), template=NOT_A_MAPPING) from e
	if path.suffix.lower() == ".csv":
		return _from_rows(path, ((r[0], r[1]) for r in csv.reader(text.splitlines()) if len(r) > 1))
	return from_mapping(path.name, load_yaml(path.name, text))


def load_yaml(name: str, text: str) -> dict[str, Any]:
	"""The keys and values of a YAML text, without anything that could run or blow up. Raises WrongUse."""
	import yaml

	try:
		if any(isinstance(t, yaml.AliasToken | yaml.AnchorToken) for t in yaml.scan(text)):
			raise WrongUse(name, Words((NOT_A_TABLE,)), template=NOT_A_MAPPING)
		data = yaml.safe_load(text)
	except (yaml.YAMLError, ValueError, RecursionError) as e:
		mark = getattr(e, "problem_mark", None)
		where = mark.line + 1 if mark else "?"
		raise WrongUse(name, where, template=NO_YAML) from e
	if not isinstance(data, dict):
		raise WrongUse(name, Words((NOT_A_TABLE,)), template=NOT_A_MAPPING)
	return {str(k): v for k, v in data.items()}


def _sheet_rows(path: Path) -> Iterator[tuple[str, str]]:
	for table in tables(path):
		for _number, values, _beyond in table.rows():
			if len(values) > 1 and values[0] is not None and values[1] is not None:
				yield str(values[0]), str(values[1])
		return


def _from_rows(path: Path, rows: Iterator[tuple[str, str]]) -> Mapping:
	data: dict[str, Any] = {"columns": {}}
	for what, value in rows:
		key = what.strip()
		if key in _ROLES:
			data["columns"][key] = value
		elif key in _OPTIONS:
			data[key] = value
		elif c.plain(key) in ("what", "column", "columns", "角色", "含义"):
			continue
		else:
			raise WrongUse(path.name, key, ", ".join((*_ROLES, *_OPTIONS)), template=UNKNOWN_KEY)
	return from_mapping(path.name, data)


def from_mapping(name: str, data: dict[str, Any]) -> Mapping:
	"""A mapping from keys and values. Raises WrongUse with what is wrong in it."""
	for key in data:
		if key not in (*_OPTIONS, "columns"):
			raise WrongUse(name, key, ", ".join(("columns", *_OPTIONS)), template=UNKNOWN_KEY)
	columns = data.get("columns") or {}
	if not isinstance(columns, dict):
		raise WrongUse(name, Words((NOT_A_TABLE,)), template=NOT_A_MAPPING)
	for key in columns:
		if key not in _ROLES:
			raise WrongUse(name, key, ", ".join(_ROLES), template=UNKNOWN_KEY)
	shape = str(data.get("shape") or (CASES if "recorded_at" in columns else ACTIVITIES))
	if shape not in (ACTIVITIES, CASES):
		raise WrongUse(name, Words((BAD_SHAPE,)), template=NOT_A_MAPPING)
	clock = str(data.get("clock") or "")
	if clock:
		clock = c.words_of(c.CLOCKS).get(c.plain(clock), "?")
		if clock not in [k.value for k in ClockKind]:
			raise WrongUse(name, Words((BAD_CLOCK,)), template=NOT_A_MAPPING)
	target: float | None = None
	if data.get("target_hours") is not None:
		try:
			target = float(data["target_hours"])
		except (TypeError, ValueError):
			target = 0.0
		if not 0 < target < 100_000:
			raise WrongUse(name, Words((BAD_TARGET,)), template=NOT_A_MAPPING)
	ends = data.get("end_activities") or ()
	if isinstance(ends, str):
		ends = [e.strip() for e in ends.replace("；", ";").replace(";", ",").split(",")]
	if not isinstance(ends, list | tuple):
		raise WrongUse(name, Words((NOT_A_TABLE,)), template=NOT_A_MAPPING)
	return Mapping(
		shape=shape,
		columns={str(k): str(v) for k, v in columns.items() if v is not None},
		sheet=str(data.get("sheet") or ""),
		time_format=str(data.get("time_format") or ""),
		timezone=str(data.get("timezone") or ""),
		end_activities=tuple(str(e) for e in ends if str(e)),
		clock=clock,
		target_hours=target,
		title=str(data.get("title") or ""),
	)


def located(mapping: Mapping, table: Table) -> tuple[int, dict[str, int]]:
	"""The row of the headings, and the index of the column of each role. Raises WrongUse for a column that is not
	there or a role that is needed and not mapped."""
	row, headings, _sample = head_of(table)
	at: dict[str, int] = {}
	plain = {c.plain(h): i for i, h in reversed(list(enumerate(headings)))}
	for key, heading in mapping.columns.items():
		if mapping.shape not in _ROLES[key].shapes:
			continue
		if heading in headings:
			at[key] = headings.index(heading)
		elif c.plain(heading) in plain:
			at[key] = plain[c.plain(heading)]
		else:
			raise WrongUse(
				key,
				heading,
				table.path.name,
				", ".join(h for h in headings[:40] if h),
				template=NO_SUCH_COLUMN,
			)
	for role in ROLES:
		if mapping.shape in role.needed_in and role.key not in at:
			raise WrongUse(table.path.name, role.key, template=NEEDED)
	return row, at


def with_defaults(mapping: Mapping, found: Guess) -> Mapping:
	"""A mapping that names no columns takes those guessed."""
	return mapping if mapping.columns else replace(mapping, columns=found.mapping.columns)


def reader(mapping: Mapping) -> Callable[[str], Any]:
	"""The reader of the mapping's times."""
	return form(mapping.time_format) if mapping.time_format else parse
