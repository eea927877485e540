"""How long a step takes on this site: set, measured in real marks, measured in rehearsals, or assumed."""

from __future__ import annotations

from collections.abc import Mapping

import frappe

from perf_flow.engine.backtest import WORK, Effort, efforts
from perf_flow.engine.model import RequirementKind, StepKind
from perf_flow.flow import rehearsal

LONGEST = 1800
"""A step that seems to have taken longer was interrupted; in seconds."""
NEWEST = 2000
"""Of so many marks the median is taken."""


def measured() -> tuple[Effort, ...]:
	"""What each kind of work costs here; see ``perf_flow.engine.backtest.efforts``."""
	return efforts(_settings(), _history(), _rehearsals())


def _settings() -> Mapping[str, float]:
	settings = frappe.get_cached_doc("Performance Flow Settings")
	return {kind: float(settings.get(f"minutes_{_scrub(kind)}") or 0) for kind in WORK}


def _scrub(kind: str) -> str:
	return kind.lower().replace(" ", "_").replace("-", "_")


def _history() -> Mapping[str, list[float]]:
	"""Seconds from the first look at the evidence to the mark, by the same person, in first rounds. What people do away
	from the app's own screens, such as finding a file, is not kept."""
	found = frappe.db.sql(
		"""select timestampdiff(second, min(v.opened_at), a.done_at) took
		from `tabBusiness Event Action` a join `tabEvidence View` v on v.event = a.event and v.user = a.done_by
		where a.kind = 'Mark' and a.state = 'Done' and a.round = 1 and a.practice = 0 and v.opened_at <= a.done_at
		group by a.name having took between 1 and %s order by a.done_at desc limit %s""",
		(LONGEST, NEWEST),
		pluck=True,
	)
	return {StepKind.MARK.value: [float(x) for x in found]}


def _rehearsals() -> Mapping[str, list[float]]:
	"""Seconds of each step of finished rehearsals; of evidence, for each file."""
	found: dict[str, list[float]] = {}
	for step in rehearsal.steps_of_finished():
		if not 1 <= step.seconds <= LONGEST:
			continue
		if step.kind is not StepKind.EVIDENCE:
			found.setdefault(step.kind.value, []).append(step.seconds)
		elif step.given:
			found.setdefault(RequirementKind.FILE.value, []).append(step.seconds / len(step.given))
	return found
