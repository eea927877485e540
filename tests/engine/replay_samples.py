"""Briefs for the tests of the outputs: made up chain by chain, and tallied by the engine itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random
from zoneinfo import ZoneInfo

from perf_flow.engine.brief import Brief, Inputs, Kind, Tally
from perf_flow.engine.errors import N_
from perf_flow.engine.health import ChainTimes, Stage
from perf_flow.engine.verifier import Reason

ZONE = "Asia/Shanghai"
BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=timezone.utc)
PEOPLE = ("王伟", "李娜", "Anna Lindqvist", "欧阳建国", "Émilie Moreau", "张敏")
DEPARTMENTS = ("装配车间", "Purchasing", "质量部", "Research and Development")
TYPES = ("Contract signed", "首件检验通过", "Supplier delivery late")
LEFT_OUT = N_("A row without a time was left out.")


def chains(
	count: int = 600,
	weeks: int = 12,
	departments: tuple[str, ...] = DEPARTMENTS,
	types: tuple[str, ...] = TYPES,
	seed: int = 7,
	flow: bool = True,
) -> list[tuple[ChainTimes, float | None]]:
	"""Chains with their completeness: most of them closed, some late, open, running or void."""
	random = Random(seed)
	found = []
	for number in range(count):
		at = BEGIN + timedelta(minutes=random.randrange(max(weeks * 7 * 24 * 60 - 60, 1)))
		department = random.randrange(len(departments))
		slow = 1.0 + 0.9 * (department % 3)
		first = timedelta(hours=random.expovariate(1 / (9 * slow)))
		mark = first + timedelta(hours=random.expovariate(1 / 12))
		end = mark + timedelta(hours=random.expovariate(1 / 8))
		state = random.random()
		steps = (at + first, at + mark, at + end)
		closed: datetime | None = at + end
		stage, void = Stage.CLOSED, False
		completeness: float | None = 100.0
		if state < 0.03:
			void, stage, closed = True, Stage.VOID, None
		elif state < 0.12:
			closed = None
			stage = (Stage.EVIDENCE, Stage.MARK, Stage.CONFIRMATION)[random.randrange(3)]
			completeness = 100.0 if stage is not Stage.EVIDENCE else float(random.choice((0, 50)))
		done = (
			(Stage.EVIDENCE, Stage.MARK, Stage.CONFIRMATION).index(stage)
			if closed is None and not void
			else 3
		)
		person = f"P{number % len(PEOPLE)}"
		found.append(
			(
				ChainTimes(
					event=f"EV-{number:05d}",
					event_type=types[random.randrange(len(types))],
					company="",
					department=departments[department],
					employee=person,
					manager=f"P{number % 2}",
					pilot=False,
					recorded_at=at,
					target_at=at + timedelta(hours=48),
					closed_at=closed,
					void=void,
					evidence_at=steps[0] if flow and done > 0 else None,
					marked_at=steps[1] if flow and done > 1 else None,
					confirmed_at=steps[2] if flow and done > 2 else None,
					stage=stage,
				),
				completeness if flow else None,
			)
		)
	return found


def brief(
	made: list[tuple[ChainTimes, float | None]],
	*,
	kind: Kind = Kind.FLOW,
	now: datetime | None = None,
	title: str = "Linhai Precision Manufacturing, first quarter",
	names: tuple[str, ...] = PEOPLE,
) -> Brief:
	"""What the engine says of them."""
	last = max((chain.recorded_at for chain, _ in made), default=BEGIN)
	tally = Tally(now or last + timedelta(hours=30), ZoneInfo(ZONE), kind)
	for chain, completeness in made:
		waits = chain.closed_at is None and kind is Kind.FLOW
		tally.add(
			chain,
			completeness=completeness,
			document=f"SO-{chain.event[3:]}",
			missing=("Signed confirmation",) if waits and (completeness or 0) < 100 else (),
			waits_for=names[0] if waits else "",
		)
	return tally.result(
		title,
		ZONE,
		names={f"P{i}": name for i, name in enumerate(names)},
		inputs=Inputs(("quarter.xlsx",), 4321, len(made), 1800, 3, ((Reason(LEFT_OUT), 2),)),
	)


def samples() -> dict[str, Brief]:
	"""One brief for each shape that must look right."""
	long = "Department of the Very Long Name That Somebody Once Wrote into the Master Data and Nobody Dares to Shorten"
	chinese = "华东区域精密零部件事业部第二制造中心数控加工与表面处理联合车间综合管理办公室夜班组"
	return {
		"flow": brief(chains()),
		"log": brief(chains(flow=False), kind=Kind.LOG, title="sepsis.xes"),
		"empty": brief([]),
		"week": brief(chains(60, weeks=1)),
		"group": brief(chains(80, departments=("Sales",), types=("Contract signed",))),
		"many": brief(chains(6000, departments=tuple(f"{d} {n}" for d in DEPARTMENTS for n in range(75)))),
		"long": brief(
			chains(300, departments=(long, chinese, "QA"), types=(long[::-1], chinese[::-1])),
			names=(chinese, long, "王伟", "A", "B", "C"),
		),
		"running": brief(chains(12, weeks=1), now=BEGIN + timedelta(hours=1)),
	}
