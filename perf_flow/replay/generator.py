"""A quarter in the life of a manufacturer with 700 people, made up from a seed: ``quarter`` makes it, ``write_workbook`` and
``write_csv`` write the files that are replayed.

The same seed makes the same files, byte for byte, on every machine. Nobody in it exists. docs/replay-data.md says what
is in it and why; in short:

- **Who.** ``company.staff``: fifteen departments, teams of about a dozen, managers of managers. The floor works in an
  early and a late shift on six days, the offices on five; the public holidays of China in the second quarter of 2025
  are free, and the Sunday that was worked in exchange is worked. People take leave; a few leave the company.
- **What.** Twelve event types out of the app's own templates (names, requirements and hours are theirs), about 20,000
  events: as many on a day as people work, more contracts and deliveries at the end of a month, what a clock finds
  (late deliveries, overdue approvals and payments) shortly after midnight.
- **How long it takes.** A step takes so many *working* hours of whoever does it: a log-normal number, whose median is
  that of the event type, times the pace of the department, of the person and of the week. Weeks get quicker, from the
  first to the last by about two fifths; after the holidays of May work has piled up.
- **What goes wrong.** Evidence that is incomplete at first; marks that are *Redo*, and the second round; some managers
  who take two or three times as long as others, some who mark all of a month in its last afternoon; steps that wait
  for somebody on leave, or go to a colleague; chains that nobody ever finishes, or that nobody was found for;
  documents that are cancelled. Whatever would have happened after ``NOW`` has not happened yet.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from perf_flow.engine.clock import UTC, ClockKind, Shift, WorkCalendar, add_hours
from perf_flow.engine.model import Impact, Mark, ReassignCause, RequirementKind, VoidCause
from perf_flow.replay import columns as c
from perf_flow.replay.columns import Deed
from perf_flow.replay.company import COMPANY, Dice, Words, Worker, staff
from perf_flow.replay.language import speaker

SEED: Final = 20250401
EVENTS: Final = 20_000
TIMEZONE: Final = "Asia/Shanghai"
FIRST, LAST = date(2025, 4, 1), date(2025, 6, 30)
NOW: Final = datetime(2025, 7, 1, 8, 0)
"""The time of the brief, in ``TIMEZONE``."""
TEMPLATES: Final = Path(__file__).parents[1] / "event_templates"

HOLIDAYS: Final = (
	(date(2025, 4, 4), 3, Words("Qingming Festival", "清明节")),
	(date(2025, 5, 1), 5, Words("Labour Day", "劳动节")),
	(date(2025, 5, 31), 3, Words("Dragon Boat Festival", "端午节")),
)
"""First day, number of days and name, as the State Council announced them for 2025."""
WORKED: Final = frozenset((date(2025, 4, 27),))
"""The Sunday that was worked in exchange."""
OFFICE, PLANT = Words("Office", "办公室"), Words("Plant", "车间")
SHIFTS: Final = (
	(Words("Office hours", "办公班"), "08:30-12:00, 13:00-17:30", OFFICE),
	(Words("Early shift", "早班"), "07:00-15:00", PLANT),
	(Words("Late shift", "晚班"), "15:00-23:00", PLANT),
)

Row: TypeAlias = "dict[str, Any]"


@dataclass(frozen=True, slots=True)
class Plan:
	"""How an event type happens. ``template`` is its key in the app's templates, ``share`` its part of all events.

	``owners`` are departments and their parts; ``confirms`` who confirms the impact: label, department and which lead
	of it. ``hours`` is the median number of working hours until the evidence is there, ``clock`` how its hours are
	counted. ``by_clock`` are found in the night; ``month_end`` is how many times as many happen in the last days of a
	month. ``number`` is what its documents are called.
	"""

	template: str
	share: int
	owners: tuple[tuple[str, float], ...]
	hours: float
	number: str
	confirms: tuple[tuple[Words, str, int], ...] = ()
	clock: ClockKind = ClockKind.CALENDAR
	target_hours: float = 48.0
	by_clock: bool = False
	month_end: float = 1.0
	impacts: tuple[tuple[Impact, float], ...] = ((Impact.NONE, 0.8), (Impact.DELIVERY, 0.2))


_QUALITY, _FINANCE = Words("Quality", "质量"), Words("Finance", "财务")
_PRODUCTION, _SUPPLY = Words("Production", "生产"), Words("Supply Chain", "供应链")
WORKING = ClockKind.WORKING
PLANS: Final = (
	Plan(
		"work_order_completed",
		6900,
		(("press", 30), ("machining", 38), ("assembly", 32)),
		1.2,
		"MFG-WO-2025-{:05d}",
	),
	Plan(
		"equipment_maintenance_done",
		3600,
		(("maintenance", 64), ("machining", 18), ("press", 18)),
		2.2,
		"ACC-AML-2025-{:05d}",
	),
	Plan(
		"first_article_passed",
		2400,
		(("quality", 72), ("machining", 28)),
		2.6,
		"MAT-QA-2025-{:05d}",
		((_PRODUCTION, "planning", 1),),
		impacts=((Impact.NONE, 0.7), (Impact.QUALITY, 0.3)),
	),
	Plan(
		"delivery_completed",
		1700,
		(("dispatch", 1),),
		3.2,
		"SAL-ORD-2025-{:05d}",
		((_FINANCE, "finance", 1),),
		month_end=1.9,
	),
	Plan(
		"supplier_delivery_late",
		1150,
		(("purchasing", 1),),
		4.5,
		"PUR-ORD-2025-{:05d}",
		((_PRODUCTION, "planning", 2),),
		by_clock=True,
		impacts=((Impact.DELIVERY, 0.45), (Impact.SUPPLY_CHAIN, 0.35), (Impact.NONE, 0.2)),
	),
	Plan(
		"contract_signed",
		980,
		(("sales", 1),),
		4.0,
		"SAL-ORD-2025-{:05d}",
		((_QUALITY, "quality", 1),),
		clock=WORKING,
		target_hours=16.0,
		month_end=2.1,
	),
	Plan(
		"equipment_repair_done",
		780,
		(("maintenance", 1),),
		3.4,
		"ACC-ASR-2025-{:05d}",
		((_PRODUCTION, "machining", 1),),
	),
	Plan(
		"purchase_approval_overdue",
		680,
		(("purchasing", 40), ("research", 22), ("planning", 18), ("process", 20)),
		4.0,
		"MAT-MR-2025-{:05d}",
		((_SUPPLY, "purchasing", 0),),
		clock=WORKING,
		target_hours=16.0,
		by_clock=True,
		impacts=((Impact.SUPPLY_CHAIN, 0.5), (Impact.NONE, 0.5)),
	),
	Plan(
		"supplier_delivery_rejected",
		620,
		(("quality", 60), ("dispatch", 40)),
		3.0,
		"MAT-PRE-2025-{:05d}",
		((_QUALITY, "quality", 2), (_SUPPLY, "purchasing", 1)),
		impacts=((Impact.QUALITY, 0.5), (Impact.SUPPLY_CHAIN, 0.3), (Impact.NONE, 0.2)),
	),
	Plan(
		"collection_overdue",
		540,
		(("sales", 72), ("finance", 28)),
		5.5,
		"ACC-SINV-2025-{:05d}",
		((_FINANCE, "finance", 0),),
		by_clock=True,
	),
	Plan(
		"bom_frozen",
		420,
		(("research", 70), ("process", 30)),
		4.6,
		"BOM-{:05d}-001",
		((_SUPPLY, "purchasing", 1),),
		clock=WORKING,
		target_hours=16.0,
	),
	Plan(
		"major_complaint_closed",
		230,
		(("service", 70), ("quality", 30)),
		5.0,
		"ISS-2025-{:05d}",
		((_QUALITY, "quality", 0),),
		impacts=((Impact.QUALITY, 0.6), (Impact.DELIVERY, 0.2), (Impact.NONE, 0.2)),
	),
)

TEXTS: Final = (
	Words(
		"Drawing B was released on Tuesday, the tool followed on Thursday; 40 parts were measured, all within tolerance.",
		"B 版图纸周二发放，模具周四到位；抽检 40 件，尺寸全部在公差内，已通知下道工序。",
	),
	Words(
		"The furnace at the supplier stood still for two days; they deliver 300 pieces on Friday and the rest next Tuesday.",
		"供应商热处理炉停机两天，承诺周五先发 300 件，其余下周二到货，已改排装配计划。",
	),
	Words(
		"Burr at bore 3 of batch 27, caused by a worn reamer; the reamer is changed and the batch is sorted by hand.",
		"27 批次三号孔有毛刺，原因是铰刀磨损；已更换铰刀，整批人工挑选返修。",
	),
	Words(
		"The customer's purchasing was reorganised; Ms Li promised payment of half by the 15th and of the rest by the 30th.",
		"客户采购部门调整，李经理书面承诺 15 日前付一半，余款 30 日前付清。",
	),
	Words(
		"The second quotation was missing; it came on Monday, and the approver decided for the cheaper offer on the same day.",
		"缺少第二份报价，周一补齐，审批人当天选定价格较低的一家并签字。",
	),
	Words(
		"A loose plug at sensor 4 stopped the press; plug renewed and secured, and the same point checked on presses 1 to 6.",
		"四号传感器插头松动导致压力机停机，已更换并加固，同时检查了 1 至 6 号机的同一部位。",
	),
)
MEETS: Final = (
	Words(
		"Report complete, values readable, handed over the same day.", "报告齐全，数据清楚，当天完成交接。"
	),
	Words("Cause found at the machine, not at the desk.", "在现场找到了原因，而不是凭经验推断。"),
	Words("Customer confirmed in writing within a day.", "一天内取得客户书面确认。"),
)
IMPROVE: Final = (
	Words(
		"The photo shows the part but not the label of the batch; add both next time.",
		"照片只有零件，没有批次标签，下次请一并拍入。",
	),
	Words(
		"Evidence came on the second day; take it along at the end of the shift.",
		"证据第二天才上传，请在下班前随手完成。",
	),
	Words(
		"The new date is agreed, but planning heard of it a day later.",
		"新交期已谈定，但晚一天才通知计划部。",
	),
)
REDO: Final = (
	Words(
		"The signature on page 2 is missing; please have it signed and upload it again.",
		"第二页缺少签字，请补签后重新上传。",
	),
	Words(
		"The measured values belong to another drawing version; please measure by version C.",
		"测量值对应的是旧版图纸，请按 C 版重新测量。",
	),
	Words("The cause names what was replaced, not why it failed.", "原因只写了更换什么，没有写为什么失效。"),
)
IN_BULK: Final = Words("All right.", "没问题。")
AWAY: Final = Words("on leave", "休假")
CANCELLED: Final = Words("Entered twice", "重复录入")
DONE_BY_DATA: Final = Words("done", "已完成")


@cache
def _templates() -> dict[str, dict[str, Any]]:
	found = {}
	for path in sorted(TEMPLATES.glob("*.json")):
		for entry in json.loads(path.read_text("utf-8"))["event_types"]:
			found[entry["key"]] = entry
	return found


@dataclass(frozen=True, slots=True)
class Need:
	"""A requirement of an event type, as its template has it. ``hours`` is the median until ERP data shows it."""

	key: str
	label: str
	kind: RequirementKind
	mandatory: bool
	file_types: tuple[str, ...]
	minimum_characters: int
	maximum_mb: float
	guidance: str
	fieldname: str
	linked_doctype: str


def needs(plan: Plan) -> tuple[Need, ...]:
	"""What an event type asks for. What a template asks only under a condition is left out."""
	found = []
	for number, row in enumerate(_templates()[plan.template]["requirements"], 1):
		if row["obligation"] == "When Condition Holds":
			continue
		found.append(
			Need(
				key=f"R{number}",
				label=row["label"],
				kind=RequirementKind(row["kind"]),
				mandatory=row["obligation"] == "Mandatory",
				file_types=tuple(x.strip() for x in row.get("file_types", "").split(",") if x.strip()),
				minimum_characters=row.get("minimum_characters", 0),
				maximum_mb=row.get("maximum_mb", 0),
				guidance=row.get("guidance", ""),
				fieldname=row.get("fieldname", ""),
				linked_doctype=row.get("linked_doctype", ""),
			)
		)
	return tuple(found)


# --- days ---------------------------------------------------------------------------------------------


def days() -> tuple[date, ...]:
	"""The days of the quarter."""
	return tuple(FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1))


def public_holidays() -> frozenset[date]:
	"""The days that nobody works."""
	return frozenset(first + timedelta(n) for first, length, _ in HOLIDAYS for n in range(length))


def free_days(plant: bool) -> frozenset[date]:
	"""Holidays and weekends, of the quarter and the month after it: Sundays for the floor, Saturdays too for offices."""
	found = set(public_holidays())
	day = FIRST
	while day <= LAST + timedelta(31):
		if day.weekday() == 6 or (day.weekday() == 5 and not plant):
			found.add(day)
		day += timedelta(1)
	return frozenset(found - WORKED)


@cache
def _calendar(shift: int) -> WorkCalendar:
	_, hours, days_off = SHIFTS[shift]
	spans = []
	for span in hours.split(", "):
		begin, end = (time.fromisoformat(part) for part in span.split("-"))
		spans.append(Shift(begin, end))
	return WorkCalendar(TIMEZONE, tuple(spans), free_days(days_off is PLANT))


def shift_of(worker: Worker) -> int:
	"""Which of ``SHIFTS`` somebody works."""
	return 0 if not worker.department.floor else 2 if worker.late_shift else 1


_ZONE = ZoneInfo(TIMEZONE)


def worked(worker: Worker, start: datetime, hours: float) -> datetime:
	"""When somebody has worked for so many hours after ``start``; local times, to the second."""
	moment = add_hours(
		start.replace(tzinfo=_ZONE).astimezone(UTC),
		max(hours, 0.01),
		ClockKind.WORKING,
		_calendar(shift_of(worker)),
	)
	return moment.astimezone(_ZONE).replace(tzinfo=None, microsecond=0)


def _morning_after(worker: Worker, day: date) -> datetime:
	"""The first working moment after a day, leave included."""
	moment = datetime.combine(day + timedelta(1), time(0, 0))
	while True:
		moment = worked(worker, moment, 0.01)
		back = next((last for first, last in worker.away if first <= moment.date() <= last), None)
		if back is None:
			return moment
		moment = datetime.combine(back + timedelta(1), time(0, 0))


def week_pace(day: date) -> float:
	"""By how much longer things take in a week: the quarter begins slowly and ends briskly, and holidays leave a pile."""
	weeks = (day - FIRST).days / 7
	pace = 1.34 - 0.05 * weeks
	if date(2025, 5, 6) <= day <= date(2025, 5, 9):
		pace *= 1.35
	return pace


@cache
def _last_afternoon(month: int) -> datetime:
	"""The afternoon of the last day of a month that the offices work."""
	day = date(2025, month + 1, 1) - timedelta(1)
	while day in free_days(plant=False):
		day -= timedelta(1)
	return datetime.combine(day, time(15, 40))


# --- the quarter --------------------------------------------------------------------------------------


@dataclass(slots=True)
class Quarter:
	"""Everything that happened, as rows by the keys of ``columns``; texts are still in both languages."""

	workers: tuple[Worker, ...]
	events: list[Row] = field(default_factory=list)
	actions: list[Row] = field(default_factory=list)


def quarter(seed: int = SEED, events: int = EVENTS, progress: Callable[[int], None] | None = None) -> Quarter:
	"""A quarter with about ``events`` events. ``progress`` is told how many have been made."""
	return _Life(seed, events).live(progress)


@dataclass(frozen=True, slots=True)
class _Happening:
	plan: Plan
	at: datetime
	owner: Worker | None


class _Life:
	"""A quarter in the making."""

	def __init__(self, seed: int, events: int) -> None:
		self.seed = seed
		self.share = events / sum(plan.share for plan in PLANS)
		working = [day for day in days() if day not in free_days(plant=False)]
		self.workers = staff(seed, working)
		self.by_key = {worker.key: worker for worker in self.workers}
		self.members: dict[str, list[Worker]] = {}
		self.team: dict[str, list[Worker]] = {}
		for worker in self.workers:
			self.members.setdefault(worker.department.key, []).append(worker)
			self.team.setdefault(worker.manager, []).append(worker)
		dice = Dice(seed, "diligence")
		self.busy = {worker.key: dice.around(1, 0.8) for worker in self.workers}
		dice = Dice(seed, "confirmers")
		self.confirming = {worker.key: dice.around(1, 0.4) for worker in self.workers}
		self.dice = Dice(seed, "steps")
		self.needs = {plan.template: needs(plan) for plan in PLANS}
		self.bulk: dict[tuple[str, int], int] = {}
		self.made = Quarter(self.workers)

	def live(self, progress: Callable[[int], None] | None) -> Quarter:
		happenings = sorted(self.happenings(), key=lambda h: (h.at, h.plan.template))
		numbers: dict[str, int] = {}
		for count, one in enumerate(happenings, 1):
			number = numbers[one.plan.number] = numbers.get(one.plan.number, 0) + 1
			self.happen(f"EV-{count:05d}", one, one.plan.number.format(number))
			if progress is not None and count % 1000 == 0:
				progress(count)
		order = {row["event"]: place for place, row in enumerate(self.made.events)}
		self.made.actions.sort(key=lambda row: (row["at"], order[row["event"]]))
		return self.made

	# --- what happens -----------------------------------------------------------------------------------

	def happenings(self) -> Iterator[_Happening]:
		for plan in PLANS:
			dice = Dice(self.seed, plan.template)
			wanted = round(plan.share * self.share)
			every = days()
			weights = [self.weight(plan, day) for day in every]
			parts = [part for _, part in plan.owners]
			pools = {key: [w for w in self.members[key] if not w.leads] for key, _ in plan.owners}
			for _ in range(wanted):
				day = dice.weighted(every, weights)
				key = dice.weighted([key for key, _ in plan.owners], parts)
				pool = pools[key]
				owner: Worker | None = dice.weighted(pool, [self.busy[w.key] for w in pool])
				if owner is not None and (owner.has_left(day) or dice.happens(0.003)):
					owner = None
				yield _Happening(plan, self.moment(plan, day, owner, dice), owner)

	@staticmethod
	def weight(plan: Plan, day: date) -> float:
		"""How much happens on a day: what a clock finds on any, the rest where people work."""
		plant = any(
			key in ("press", "machining", "assembly", "maintenance", "quality", "dispatch")
			for key, _ in plan.owners
		)
		weight = 1.0 + 0.12 * (day.month - 4)
		if plan.by_clock:
			return weight * (0.25 if day in public_holidays() else 1.0)
		if day in free_days(plant):
			return 0.0
		if day.weekday() == 5:
			weight *= 0.55
		month = day.month % 12 + 1
		left = (date(day.year + (month == 1), month, 1) - day).days
		return weight * (plan.month_end if left <= 5 else 1.0)

	@staticmethod
	def moment(plan: Plan, day: date, owner: Worker | None, dice: Dice) -> datetime:
		if plan.by_clock:
			return datetime.combine(day, time(0, 5)) + timedelta(seconds=dice.whole(0, 900))
		first, last = ((8, 17), (7, 15), (15, 23))[shift_of(owner) if owner else 0]
		minute = dice.whole(first * 60 + 35, last * 60 - 5)
		return datetime.combine(day, time(minute // 60, minute % 60, dice.whole(0, 59)))

	# --- one event --------------------------------------------------------------------------------------

	def happen(self, event: str, one: _Happening, document: str) -> None:
		"""One event and all its steps."""
		plan, dice, owner = one.plan, self.dice, one.owner
		template = _templates()[plan.template]
		self.made.events.append(
			{
				"event": event,
				"type": template["title"],
				"recorded_at": one.at,
				"person": owner.key if owner else "",
				"document": document,
				"document_type": template["reference_doctype"],
			}
		)
		if dice.happens(0.012):
			later = one.at + timedelta(hours=dice.around(20, 0.9))
			self.act(event, later, Deed.VOID, cause=VoidCause.DOCUMENT_CANCELLED.value, note=CANCELLED)
			if later <= NOW:
				return
		if owner is None:
			return
		self.confirm(event, one)
		giver = self.giver(event, one.at, owner)
		done = self.evidence(event, one, giver, one.at, 1)
		for round_ in (1, 2, 3):
			if done is None:
				return
			mark, done = self.mark(event, giver, owner, done, round_)
			if mark is not Mark.REDO or done is None:
				return
			done = self.evidence(event, one, giver, done, round_ + 1)

	def act(self, event: str, at: datetime, deed: Deed, **values: Any) -> None:
		"""Write an action down, unless it is still to come."""
		if at <= NOW:
			self.made.actions.append(
				{"event": event, "at": at.replace(microsecond=0), "action": deed.value, **values}
			)

	def giver(self, event: str, at: datetime, owner: Worker) -> Worker:
		"""Who gives the evidence: the person concerned, or who stands in while they are on leave."""
		if not owner.is_away(at.date()) or not self.dice.happens(0.55):
			return owner
		beside = [
			w for w in self.team[owner.manager] if w is not owner and not w.leads and not w.is_away(at.date())
		]
		beside = [w for w in beside if not w.has_left(at.date())]
		if not beside:
			return owner
		stand_in = self.dice.one_of(beside)
		self.act(
			event,
			at + timedelta(minutes=2),
			Deed.REASSIGN,
			to=stand_in.key,
			step="1-E",
			cause=ReassignCause.DELEGATED.value,
			note=AWAY,
		)
		return stand_in

	def when(self, worker: Worker, start: datetime, hours: float) -> datetime | None:
		"""When somebody comes to do it; later if they are on leave by then, None if they have left."""
		at = worked(worker, start, hours)
		if worker.is_away(at.date()):
			back = next(last for first, last in worker.away if first <= at.date() <= last)
			at = worked(worker, _morning_after(worker, back), min(hours, 3) * 0.6)
		return None if worker.has_left(at.date()) else at

	def evidence(
		self, event: str, one: _Happening, giver: Worker, start: datetime, round_: int
	) -> datetime | None:
		"""All evidence of a round; returns when everything mandatory was there, None if it never was."""
		dice, plan = self.dice, one.plan
		pace = giver.pace * week_pace(start.date()) * (0.55 if round_ > 1 else 1.0)
		hours = plan.hours * dice.around(0.72, 0.8) * pace
		if dice.happens(0.018):
			hours = -1.0  # forgotten
		complete = dice.happens(giver.care)
		last: datetime | None = start
		for need in self.needs[plan.template]:
			if need.kind.observed:
				if round_ == 1 and (need.mandatory or dice.happens(0.7)):
					shown = start + timedelta(minutes=1)
					if need.kind is RequirementKind.LINKED_DOCUMENT:
						shown = worked(giver, start, dice.around(plan.hours, 0.7) * week_pace(start.date()))
					self.act(
						event,
						shown,
						Deed.OBSERVE,
						requirement=need.key,
						value=_shown(need, event),
						title=DONE_BY_DATA,
					)
					last = max(last, shown) if last and need.mandatory else last
				continue
			if not need.mandatory and not dice.happens(0.35):
				continue
			if hours < 0:
				last = None if need.mandatory else last
				continue
			took = hours
			if need.mandatory and not complete:
				# what was missing comes once somebody asks for it, or never
				took = hours + dice.around(7, 0.5) * pace
				if dice.happens(0.12):
					last = None
					continue
				complete = True
			at = self.when(giver, start, took)
			if at is None:
				last = None if need.mandatory else last
				continue
			at += timedelta(seconds=dice.whole(0, 240))
			self.give(event, at, giver, need)
			if need.mandatory and last is not None:
				last = max(last, at)
		return last

	def give(self, event: str, at: datetime, giver: Worker, need: Need) -> None:
		"""One piece."""
		dice = self.dice
		if need.kind is RequirementKind.FILE:
			kind = "pdf" if "pdf" in need.file_types and dice.happens(0.6) else "jpg"
			number = dice.whole(1000, 9999)
			value = Words(
				f"scan-{event[3:]}-{need.key}-{number}.{kind}",
				f"扫描件-{event[3:]}-{need.key}-{number}.{kind}",
			)
			size = round(dice.around(900_000, 0.6))
			self.act(
				event,
				at,
				Deed.EVIDENCE,
				by=giver.key,
				requirement=need.key,
				value=value,
				size=min(size, 18_000_000),
			)
		else:
			self.act(event, at, Deed.EVIDENCE, by=giver.key, requirement=need.key, value=dice.one_of(TEXTS))

	def mark(
		self, event: str, giver: Worker, owner: Worker, done: datetime, round_: int
	) -> tuple[Mark | None, datetime | None]:
		"""The mark of a round, and when it was given; None if it never was."""
		dice = self.dice
		manager = self.by_key.get(owner.manager)
		if manager is None or dice.happens(0.009):
			return None, None
		marker = manager
		if manager.is_away(done.date()) and manager.manager and dice.happens(0.6):
			marker = self.by_key[manager.manager]
			self.act(
				event,
				done + timedelta(minutes=1),
				Deed.REASSIGN,
				to=marker.key,
				step=f"{round_}-M",
				cause=ReassignCause.DELEGATED.value,
				note=AWAY,
			)
		if marker is giver:
			return None, None
		at = self.when(marker, done, dice.around(2.1, 0.75) * marker.marks * week_pace(done.date()))
		bulk = marker.in_bulk and dice.happens(0.8)
		if bulk and at is not None:
			at = self.in_bulk(marker, done)
		if at is None:
			return None, None
		at += timedelta(seconds=dice.whole(20, 200))
		if not bulk and round_ < 3 and dice.happens(marker.strict):
			mark, note = Mark.REDO, dice.one_of(REDO)
		elif not bulk and dice.happens(0.12):
			mark, note = Mark.NEEDS_IMPROVEMENT, dice.one_of(IMPROVE)
		else:
			mark = Mark.MEETS
			note = IN_BULK if bulk else dice.one_of(MEETS) if dice.happens(0.4) else Words("", "")
		self.act(event, at, Deed.MARK, by=marker.key, mark=mark.value, note=note)
		return mark, at

	def in_bulk(self, marker: Worker, done: datetime) -> datetime:
		"""In the last afternoon of the month, one mark after another."""
		month = done.month
		while _last_afternoon(month) < done:
			month += 1
		key = marker.key, month
		place = self.bulk[key] = self.bulk.get(key, 0) + 1
		return _last_afternoon(month) + timedelta(seconds=11 * place)

	def confirm(self, event: str, one: _Happening) -> None:
		"""The impact confirmations of the other departments."""
		dice = self.dice
		for place, (_, department, number) in enumerate(one.plan.confirms, 1):
			worker = self.lead(department, number)
			if dice.happens(0.012) or worker is one.owner:
				continue
			hours = dice.around(2.1, 0.75) * self.confirming[worker.key] * week_pace(one.at.date())
			at = self.when(worker, one.at, hours)
			if at is None:
				continue
			impact = dice.weighted([i for i, _ in one.plan.impacts], [p for _, p in one.plan.impacts])
			self.act(event, at, Deed.CONFIRM, by=worker.key, impacts=impact.value, step=f"1-C{place}")

	def lead(self, department: str, number: int) -> Worker:
		"""The head of a department (0) or one of its team leads."""
		return [w for w in self.members[department] if w.leads][number]


def _shown(need: Need, event: str) -> str:
	return f"{need.linked_doctype} {event[3:]}" if need.linked_doctype else event[3:]


# --- files --------------------------------------------------------------------------------------------


def tables(made: Quarter, lang: str) -> Iterator[tuple[c.Sheet, Iterator[Row]]]:
	"""The sheets of the quarter in a language, "zh" or "en", with their rows by the key of the column."""
	yield c.SETTINGS, _settings(lang)
	yield c.HOLIDAYS, _holidays(lang)
	yield c.CALENDARS, _calendars(lang)
	yield c.PEOPLE, _people(made, lang)
	yield c.TYPES, _types(lang)
	yield c.REQUIREMENTS, _requirements(lang)
	yield c.COLLABORATORS, _collaborators(made, lang)
	say = speaker(lang)
	yield c.EVENTS, ({**row, "type": say(row["type"])} for row in made.events)
	yield c.ACTIONS, (_in(row, lang) for row in made.actions)


def _in(row: Mapping[str, Any], lang: str) -> Row:
	return {key: value.in_language(lang) if isinstance(value, Words) else value for key, value in row.items()}


def _settings(lang: str) -> Iterator[Row]:
	title = Words(f"{COMPANY.en}, second quarter of 2025", f"{COMPANY.zh} 2025 年第二季度")
	values = {"title": title, "company": COMPANY, "timezone": TIMEZONE, "now": NOW.isoformat(" ")}
	say = speaker(lang)
	for setting in c.SETTING_NAMES:
		if setting.value in values:
			row = {"setting": setting.named(lang), "value": values[setting.value]}
			yield _in({**row, "meaning": say(c.SETTING_HELP[setting.value])}, lang)


def _holidays(lang: str) -> Iterator[Row]:
	names = {first + timedelta(n): name for first, length, name in HOLIDAYS for n in range(length)}
	weekend = Words("Weekend", "休息日")
	for days_off in (OFFICE, PLANT):
		for day in sorted(free_days(days_off is PLANT)):
			yield _in({"day": day, "list": days_off, "name": names.get(day, weekend)}, lang)


def _calendars(lang: str) -> Iterator[Row]:
	for name, hours, days_off in SHIFTS:
		yield _in({"name": name, "hours": hours, "days": "1-7", "holidays": days_off}, lang)


def _people(made: Quarter, lang: str) -> Iterator[Row]:
	for worker in made.workers:
		name, _, days_off = SHIFTS[shift_of(worker)]
		yield _in(
			{
				"id": worker.key,
				"name": worker.name,
				"department": worker.department.name,
				"reports_to": worker.manager,
				"login": worker.login,
				"shift": name,
				"holidays": days_off,
			},
			lang,
		)


def _types(lang: str) -> Iterator[Row]:
	say = speaker(lang)
	for plan in PLANS:
		template = _templates()[plan.template]
		yield {
			"id": say(template["title"]),
			"clock": plan.clock.value,
			"target_hours": plan.target_hours,
			"evidence_hours": template.get("evidence_hours", 48) if plan.clock is ClockKind.CALENDAR else 8,
			"mark_required": "1",
		}


def _requirements(lang: str) -> Iterator[Row]:
	say = speaker(lang)
	for plan in PLANS:
		title = say(_templates()[plan.template]["title"])
		for need in needs(plan):
			yield {
				"type": title,
				"key": need.key,
				"label": say(need.label),
				"kind": need.kind.value,
				"mandatory": "1" if need.mandatory else "0",
				"minimum_characters": need.minimum_characters or "",
				"file_types": ", ".join(need.file_types),
				"maximum_mb": need.maximum_mb or "",
				"fieldname": need.fieldname,
				"linked_doctype": need.linked_doctype,
				"guidance": say(need.guidance) if need.guidance else "",
			}


def _collaborators(made: Quarter, lang: str) -> Iterator[Row]:
	say = speaker(lang)
	leads: dict[str, list[Worker]] = {}
	for worker in made.workers:
		if worker.leads:
			leads.setdefault(worker.department.key, []).append(worker)
	for plan in PLANS:
		title = say(_templates()[plan.template]["title"])
		for label, department, number in plan.confirms:
			yield _in(
				{"type": title, "label": label, "person": leads[department][number].key, "required": "1"},
				lang,
			)


def cell(column: c.Column, value: Any, lang: str) -> str:
	"""A value as a person would have written it."""
	if value is None or value == "":
		return ""
	if isinstance(value, datetime):
		return value.isoformat(" ")
	if isinstance(value, date):
		return value.isoformat()
	if column.kind is c.As.YES_NO:
		return Words("Yes", "是").in_language(lang) if value == "1" else Words("No", "否").in_language(lang)
	if column.kind in (c.As.CHOICE, c.As.CHOICES):
		return next(choice for choice in column.choices if choice.value == value).named(lang)
	if isinstance(value, float):
		return f"{value:g}"
	return str(value)


def used(sheet: c.Sheet, rows: Sequence[Mapping[str, Any]]) -> list[c.Column]:
	"""The columns of a sheet that hold something, and those that must be there."""
	return [
		col
		for col in sheet.columns
		if col.required or any(row.get(col.key) not in (None, "") for row in rows)
	]


def write_csv(made: Quarter, folder: Path, lang: str) -> list[Path]:
	"""Write the quarter as CSV files, one for each sheet, into ``folder``; returns them, the rules before the events.

	UTF-8 with a byte order mark, so that spreadsheets show Chinese. Raises OSError if the folder cannot be written.
	"""
	folder.mkdir(parents=True, exist_ok=True)
	written = []
	for sheet, source in tables(made, lang):
		rows = list(source)
		columns = used(sheet, rows)
		path = folder / f"{sheet.key}.csv"
		with path.open("w", encoding="utf-8-sig", newline="") as file:
			out = csv.writer(file, lineterminator="\r\n")
			out.writerow(column.named(lang) for column in columns)
			out.writerows([cell(column, row.get(column.key), lang) for column in columns] for row in rows)
		written.append(path)
	return written


def write_workbook(made: Quarter, path: Path, lang: str) -> None:
	"""Write the quarter as one workbook, as a person would keep it. Raises OSError if it cannot be written."""
	import xlsxwriter
	from xlsxwriter.exceptions import FileCreateError

	options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
	book = xlsxwriter.Workbook(str(path), options)
	book.set_properties({"title": COMPANY.in_language(lang), "author": "Performance Flow", "created": NOW})
	head = book.add_format({"bold": True, "bottom": 1})
	moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
	day = book.add_format({"num_format": "yyyy-mm-dd"})
	for sheet, source in tables(made, lang):
		rows = list(source)
		columns = used(sheet, rows)
		page = book.add_worksheet(sheet.named(lang))
		page.freeze_panes(1, 0)
		page.autofilter(0, 0, len(rows), len(columns) - 1)
		for place, column in enumerate(columns):
			page.set_column(place, place, column.width)
			page.write_string(0, place, column.named(lang), head)
		for number, row in enumerate(rows, 1):
			for place, column in enumerate(columns):
				value = row.get(column.key)
				if value is None or value == "":
					continue
				if column.kind is c.As.MOMENT:
					page.write_datetime(number, place, value, moment)
				elif column.kind is c.As.DAY:
					page.write_datetime(number, place, datetime.combine(value, time.min), day)
				elif column.kind in (c.As.NUMBER, c.As.COUNT):
					page.write_number(number, place, value)
				else:
					page.write_string(number, place, cell(column, value, lang))
	try:
		book.close()
	except FileCreateError as problem:
		raise OSError(str(problem)) from problem
