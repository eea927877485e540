"""The people of the generated manufacturer: 700 of them in fifteen departments, in teams of about a dozen.

Everything follows from a seed. Names are given in Chinese characters and in pinyin, family name first in both; a few
colleagues from abroad keep their own. No name is given twice, so that a reader can tell people apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp
from random import Random
from statistics import NormalDist
from typing import NamedTuple, TypeVar

T = TypeVar("T")
_NORMAL = NormalDist()


class Words(NamedTuple):
	"""A text in both languages."""

	en: str
	zh: str

	def in_language(self, lang: str) -> str:
		"""The text for readers of ``lang``: "zh", or anything else for English."""
		return self.zh if lang == "zh" else self.en


class Dice:
	"""Chance, repeatable: only ``Random.random`` is asked, whose sequence Python promises for a seed for good.

	Each purpose has dice of its own (``name``), so that a change to one leaves the others' throws alone.
	"""

	__slots__ = ("_random",)

	def __init__(self, seed: int, name: str) -> None:
		self._random = Random(f"{seed}/{name}").random

	def share(self) -> float:
		"""A number from 0 up to, and without, 1."""
		return self._random()

	def happens(self, probability: float) -> bool:
		"""Whether something of this probability (0–1) comes to pass."""
		return self._random() < probability

	def between(self, low: float, high: float) -> float:
		"""A number from ``low`` to ``high``."""
		return low + (high - low) * self._random()

	def whole(self, low: int, high: int) -> int:
		"""A whole number from ``low`` to ``high``, both included."""
		return low + int(self._random() * (high - low + 1))

	def one_of(self, choices: Sequence[T]) -> T:
		"""One of ``choices``, all alike likely."""
		return choices[int(self._random() * len(choices))]

	def weighted(self, choices: Sequence[T], weights: Sequence[float]) -> T:
		"""One of ``choices``, by their weights."""
		left = self._random() * sum(weights)
		for choice, weight in zip(choices, weights, strict=True):
			left -= weight
			if left < 0:
				return choice
		return choices[-1]

	def around(self, median: float, spread: float) -> float:
		"""A positive number with this median, log-normal: two thirds lie within ``e ** ±spread`` of it."""
		point = min(max(self._random(), 1e-9), 1 - 1e-9)
		return median * exp(spread * _NORMAL.inv_cdf(point))


@dataclass(frozen=True, slots=True)
class Department:
	"""A department: how many people, in teams of what size, on which shifts, and how it works.

	``pace`` multiplies the time its people take for evidence (1 is ordinary, 2 twice as long), ``care`` is the
	probability (0–1) that mandatory evidence is complete at the first attempt.
	"""

	key: str
	name: Words
	people: int
	team: int
	floor: bool
	pace: float
	care: float
	head: Words
	job: Words


DEPARTMENTS: tuple[Department, ...] = (
	Department(
		"management",
		Words("Management", "总经办"),
		6,
		6,
		False,
		1.2,
		0.97,
		Words("General Manager", "总经理"),
		Words("Assistant", "总经理助理"),
	),
	Department(
		"sales",
		Words("Sales", "销售部"),
		48,
		12,
		False,
		1.30,
		0.88,
		Words("Head of Sales", "销售总监"),
		Words("Account Manager", "客户经理"),
	),
	Department(
		"service",
		Words("Customer Service", "客户服务部"),
		18,
		9,
		False,
		0.95,
		0.94,
		Words("Head of Service", "客服经理"),
		Words("Service Engineer", "服务工程师"),
	),
	Department(
		"research",
		Words("Research and Development", "研发部"),
		64,
		11,
		False,
		1.75,
		0.86,
		Words("Head of Development", "研发总监"),
		Words("Design Engineer", "设计工程师"),
	),
	Department(
		"process",
		Words("Process Engineering", "工艺部"),
		28,
		10,
		False,
		1.35,
		0.91,
		Words("Head of Process Engineering", "工艺经理"),
		Words("Process Engineer", "工艺工程师"),
	),
	Department(
		"planning",
		Words("Production Planning", "计划部"),
		16,
		8,
		False,
		1.05,
		0.95,
		Words("Head of Planning", "计划经理"),
		Words("Planner", "计划员"),
	),
	Department(
		"purchasing",
		Words("Purchasing", "采购部"),
		26,
		9,
		False,
		1.40,
		0.89,
		Words("Head of Purchasing", "采购经理"),
		Words("Buyer", "采购员"),
	),
	Department(
		"quality",
		Words("Quality", "质量部"),
		52,
		13,
		True,
		0.75,
		0.97,
		Words("Head of Quality", "质量经理"),
		Words("Inspector", "检验员"),
	),
	Department(
		"press",
		Words("Press Shop", "冲压车间"),
		96,
		14,
		True,
		1.15,
		0.92,
		Words("Head of the Press Shop", "冲压车间主任"),
		Words("Setter", "调整工"),
	),
	Department(
		"machining",
		Words("Machining", "机加工车间"),
		118,
		14,
		True,
		1.00,
		0.94,
		Words("Head of Machining", "机加工车间主任"),
		Words("Machinist", "数控操作工"),
	),
	Department(
		"assembly",
		Words("Assembly", "装配车间"),
		132,
		15,
		True,
		0.80,
		0.96,
		Words("Head of Assembly", "装配车间主任"),
		Words("Assembler", "装配工"),
	),
	Department(
		"maintenance",
		Words("Equipment Maintenance", "设备部"),
		34,
		11,
		True,
		0.95,
		0.93,
		Words("Head of Maintenance", "设备经理"),
		Words("Maintenance Technician", "维修技师"),
	),
	Department(
		"dispatch",
		Words("Warehouse and Dispatch", "仓储物流部"),
		38,
		12,
		True,
		0.90,
		0.95,
		Words("Head of Logistics", "物流经理"),
		Words("Warehouse Clerk", "仓管员"),
	),
	Department(
		"finance",
		Words("Finance", "财务部"),
		14,
		7,
		False,
		1.0,
		0.98,
		Words("Head of Finance", "财务经理"),
		Words("Accountant", "会计"),
	),
	Department(
		"people",
		Words("Human Resources", "人力资源部"),
		10,
		10,
		False,
		1.0,
		0.98,
		Words("Head of Human Resources", "人力资源经理"),
		Words("HR Specialist", "人事专员"),
	),
)
COMPANY = Words("Linhai Precision Manufacturing", "临海精密制造有限公司")

# the family names that are most frequent in China, roughly by frequency
_FAMILIES = """王 Wang,李 Li,张 Zhang,刘 Liu,陈 Chen,杨 Yang,黄 Huang,赵 Zhao,吴 Wu,周 Zhou,徐 Xu,孙 Sun,马 Ma,朱 Zhu,胡 Hu,
郭 Guo,何 He,林 Lin,高 Gao,罗 Luo,郑 Zheng,梁 Liang,谢 Xie,宋 Song,唐 Tang,许 Xu,邓 Deng,韩 Han,冯 Feng,曹 Cao,彭 Peng,曾 Zeng,
肖 Xiao,田 Tian,董 Dong,潘 Pan,袁 Yuan,蔡 Cai,蒋 Jiang,余 Yu,于 Yu,杜 Du,叶 Ye,程 Cheng,魏 Wei,苏 Su,吕 Lü,丁 Ding,任 Ren,
卢 Lu,姚 Yao,沈 Shen,钟 Zhong,姜 Jiang,崔 Cui,谭 Tan,陆 Lu,范 Fan,汪 Wang,廖 Liao,石 Shi,金 Jin,韦 Wei,贾 Jia,夏 Xia,
欧阳 Ouyang,司徒 Situ"""
_FIRST = """建 Jian,志 Zhi,文 Wen,晓 Xiao,海 Hai,国 Guo,俊 Jun,思 Si,雨 Yu,春 Chun,永 Yong,嘉 Jia,明 Ming,丽 Li,秀 Xiu,玉 Yu,
佳 Jia,子 Zi,振 Zhen,庆 Qing,立 Li,家 Jia,少 Shao,新 Xin,凤 Feng,红 Hong,金 Jin,一 Yi,宏 Hong,学 Xue"""
_SECOND = """伟 wei,强 qiang,敏 min,静 jing,军 jun,杰 jie,娟 juan,涛 tao,明 ming,超 chao,霞 xia,平 ping,刚 gang,玲 ling,华 hua,
辉 hui,鹏 peng,燕 yan,斌 bin,梅 mei,宇 yu,浩 hao,琳 lin,波 bo,峰 feng,莉 li,洁 jie,雪 xue,龙 long,芳 fang,彬 bin,东 dong,
航 hang,欣 xin,慧 hui,凯 kai,林 lin,荣 rong,萍 ping,清 qing"""
_FROM_ABROAD = (
	"Clara Weber",
	"Jonas Lindqvist",
	"Sofia Rossi",
	"Diego Álvarez",
	"Priya Nair",
	"Yuki Tanaka",
	"Anna Kowalski",
	"Samuel Okafor",
	"Émilie Moreau",
	"Karim Haddad",
	"Grace O'Brien",
	"Nguyen Thi Hoa",
)


def _pairs(text: str) -> tuple[Words, ...]:
	found = []
	for pair in text.replace("\n", "").split(","):
		zh, en = pair.split(" ")
		found.append(Words(en, zh))
	return tuple(found)


@dataclass(frozen=True, slots=True)
class Worker:
	"""Somebody who works there. ``pace`` and ``care`` are as of a department and already hold its own;
	``marks`` multiplies the time a manager takes for a mark, ``strict`` is the probability of a redo.

	``in_bulk`` says that a manager leaves most marks for the last working day of the month. ``late_shift`` is the
	shift from the afternoon on. ``away`` are the first and last day of each leave; ``left`` the last day of whoever
	left the company in the quarter.
	"""

	key: str
	name: Words
	department: Department
	job: Words
	manager: str
	pace: float
	care: float
	marks: float = 1.0
	strict: float = 0.06
	in_bulk: bool = False
	late_shift: bool = False
	leads: bool = False
	away: tuple[tuple[date, date], ...] = ()
	left: date | None = None

	@property
	def login(self) -> str:
		"""The e-mail address they log in with."""
		return f"{self.key.lower()}@linhai.example"

	def is_away(self, day: date) -> bool:
		"""Whether they are on leave on this day."""
		return any(first <= day <= last for first, last in self.away)

	def has_left(self, day: date) -> bool:
		"""Whether they no longer work there on this day."""
		return self.left is not None and day > self.left


def names(dice: Dice, abroad: float = 0.02) -> Iterator[Words]:
	"""Names without end, none twice."""
	families, firsts, seconds = _pairs(_FAMILIES), _pairs(_FIRST), _pairs(_SECOND)
	weights = [1.0 / (rank + 4) for rank in range(len(families))]
	seen: set[Words] = set()
	foreign = list(_FROM_ABROAD)
	while True:
		if foreign and dice.happens(abroad):
			name = foreign.pop(0)
			yield Words(name, name)
			continue
		family = dice.weighted(families, weights)
		second = dice.one_of(seconds)
		if dice.happens(0.25):
			given = Words(second.en.capitalize(), second.zh)
		else:
			first = dice.one_of(firsts)
			given = Words(first.en + second.en, first.zh + second.zh)
		found = Words(f"{family.en} {given.en}", family.zh + given.zh)
		# different characters may be spelt alike: neither language may have a name twice
		if not any(found.en == other.en or found.zh == other.zh for other in seen):
			seen.add(found)
			yield found


def staff(seed: int, leaves: Sequence[date]) -> tuple[Worker, ...]:
	"""The 700, the general manager first. ``leaves`` are the days on which a leave can begin."""
	dice = Dice(seed, "staff")
	source = names(Dice(seed, "names"))
	found: list[Worker] = []

	def hire(department: Department, job: Words, manager: str, leads: bool) -> Worker:
		slow = leads and dice.happens(0.14)
		worker = Worker(
			key=f"E{len(found) + 1:04d}",
			name=next(source),
			department=department,
			job=job,
			manager=manager,
			pace=department.pace * dice.around(1, 0.30),
			care=min(max(department.care + dice.between(-0.06, 0.04), 0.5), 0.995),
			marks=(dice.between(2.2, 3.4) if slow else dice.around(1, 0.35)) if leads else 1.0,
			strict=dice.between(0.01, 0.12),
			in_bulk=leads and not slow and dice.happens(0.11),
			late_shift=department.floor and not leads and dice.happens(0.42),
			leads=leads,
			away=tuple(_leaves(dice, leaves)),
			left=dice.one_of(leaves) if not leads and dice.happens(0.02) else None,
		)
		found.append(worker)
		return worker

	top = ""
	for department in DEPARTMENTS:
		head = hire(department, department.head, top, True)
		top = top or head.key
		left = department.people - 1
		teams = max(round(left / department.team), 1)
		for team in range(teams):
			size = left // teams + (team < left % teams)
			lead = head
			if teams > 1:
				title = Words(f"{department.job.en}, Team Lead", f"{department.job.zh}组长")
				lead = hire(department, title, head.key, True)
				size -= 1
			for _ in range(size):
				hire(department, department.job, lead.key, False)
	return tuple(found)


def _leaves(dice: Dice, days: Sequence[date]) -> Iterator[tuple[date, date]]:
	"""No leave, one or two: a few days, or one or two weeks."""
	for _ in range(dice.weighted((0, 1, 2), (0.45, 0.42, 0.13))):
		first = dice.one_of(days)
		length = dice.weighted((1, 3, 5, 10), (0.35, 0.30, 0.25, 0.10))
		yield first, date.fromordinal(first.toordinal() + length - 1)
