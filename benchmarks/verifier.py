"""How long a verdict takes in the engine, and the sentence that says what is missing.

	python -m benchmarks.verifier

Standard library only. A chain with 20 requirements of all kinds, 20 checks, and three rounds of evidence.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from statistics import median
from time import perf_counter_ns

from perf_flow.engine import chain as engine
from perf_flow.engine.missing import missing
from perf_flow.engine.model import (
	Chain,
	Check,
	CheckKind,
	Mark,
	Observation,
	Person,
	Requirement,
	RequirementKind,
	Source,
)
from perf_flow.engine.verifier import verify

START = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
OWNER, MANAGER = Person("E1", "owner@example.com", "Owner"), Person("E2", "manager@example.com", "Manager")
REQUIREMENTS = 20
ROUNDS = 3
TIMES = 2000


class _Clock(engine.Deadlines):
	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		return start + timedelta(hours=hours)


def big_chain() -> Chain:
	"""The chain: the last piece of the last round is still missing."""
	kinds = (RequirementKind.FILE, RequirementKind.LINK, RequirementKind.TEXT, RequirementKind.ROOT_CAUSE)
	requirements = tuple(Requirement(f"R{n}", f"Part {n}", kinds[n % 4]) for n in range(REQUIREMENTS))
	of_document = (
		CheckKind.ON_TIME,
		CheckKind.WITHIN_RANGE,
		CheckKind.WITHIN_TOLERANCE,
		CheckKind.DOCUMENT_STATE,
	)
	of_evidence = (
		CheckKind.EVIDENCE_THERE,
		CheckKind.CAUSE_KNOWN,
		CheckKind.EVIDENCE_NEWER,
		CheckKind.NOT_USED_BEFORE,
	)
	checks = tuple(
		Check(
			f"C{n}",
			f"Check {n}",
			(*of_document, *of_evidence)[n % 8],
			"a",
			"A",
			"b",
			"B",
			"100",
			"1",
			"200",
			5.0,
		)
		for n in range(REQUIREMENTS)
	)
	values = {CheckKind.ON_TIME: ("2026-03-02", "2026-03-01"), CheckKind.WITHIN_TOLERANCE: ("104", "100")}
	facts = engine.record(
		engine.NewEvent(
			event="EV1",
			event_type="Benchmark",
			doctype="Project",
			docname="P-1",
			occurrence="1",
			source=Source.HOOK,
			owner=engine.Ask("", OWNER),
			manager=engine.Ask("", MANAGER),
			requirements=requirements,
			checks=checks,
			observations=tuple(Observation(c.key, *values.get(c.kind, ("100", ""))) for c in checks),
		),
		START,
		engine.SYSTEM,
		_Clock(),
	)
	chain, now = engine.fold(facts), START
	for number in range(ROUNDS):
		last = number == ROUNDS - 1
		for n, requirement in enumerate(requirements[: -1 if last else None]):
			now += timedelta(minutes=1)
			value = f"https://example.com/{number}/{n}"
			command = engine.GiveEvidence(
				actor=OWNER.user,
				requirement=requirement.key,
				value=value,
				title=f"{n}.pdf",
				sha256=f"{n}",
				size=9,
			)
			chain = _after(chain, command, now)
		if not last:
			command = engine.GiveMark(
				actor=MANAGER.user, mark=Mark.REDO, reason="Page 2 of part 3 is missing"
			)
			chain = _after(chain, command, now + timedelta(minutes=1))
	return chain


def _after(chain: Chain, command: engine.Command, now: datetime) -> Chain:
	for fact in engine.decide(chain, command, now, _Clock()):
		chain = engine.evolve(chain, fact)
	return chain


def main() -> None:
	"""Print the table."""
	chain = big_chain()
	print(f"{len(chain.requirements)} requirements, {len(chain.checks)} checks, {len(chain.evidence)} pieces")
	print("| what | ms, median | ms, 95 % |")
	print("|---|---|---|")
	for name, run in (("verdict", verify), ("what is missing, in one sentence", missing)):
		times = []
		for _ in range(TIMES):
			start = perf_counter_ns()
			run(chain)
			times.append((perf_counter_ns() - start) / 1e6)
		times.sort()
		print(f"| {name} | {median(times):.3f} | {times[int(len(times) * 0.95)]:.3f} |")


if __name__ == "__main__":
	main()
