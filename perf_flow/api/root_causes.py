"""The library of root causes for whoever gives one: look for it while typing, propose what is missing."""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.api import require_person, translated
from perf_flow.api.panel import for_event
from perf_flow.engine import chain as engine
from perf_flow.engine.model import Chain
from perf_flow.flow import cases, root_causes
from perf_flow.flow.cases import Case


def _case(event: str) -> tuple[Case, Chain]:
	require_person()
	case = cases.with_evidence(event, practice=False)
	return case, case.chain()


@frappe.whitelist()
def search(event: str, requirement: str, text: str = "") -> list[dict[str, Any]]:
	"""The causes that fit this event and what is typed, best first."""
	case, chain = _case(event)
	with translated():
		root_causes.requirement_of(chain, requirement)
	return root_causes.search(chain, text, case.actor)


@frappe.whitelist(methods=["POST"])
def propose(event: str, requirement: str, title: str) -> dict[str, Any]:
	"""Give a cause that is not in the library yet; whoever keeps the library approves or merges it."""
	case, chain = _case(event)
	savepoint = f"perf_flow_{frappe.generate_hash(length=8)}"
	frappe.db.savepoint(savepoint)
	try:
		with translated():
			root_causes.requirement_of(chain, requirement)
			name, kept = root_causes.propose(chain, title, case.actor)
			case.execute(
				engine.GiveEvidence(actor=case.actor, requirement=requirement, value=name, title=kept)
			)
	except Exception:
		# refused after all: nothing is proposed
		frappe.db.rollback(save_point=savepoint)
		raise
	return for_event(event)
