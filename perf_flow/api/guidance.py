"""Guidance when something is missing: the SOP, and similar past cases. Asked for when somebody wants it, so that the
panel's own request stays small."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import get_datetime_str

from perf_flow.access.table import Step
from perf_flow.api import require_person
from perf_flow.api.panel import address_of, field_of, title_of
from perf_flow.engine import content
from perf_flow.engine.errors import N_, EvidenceRefused
from perf_flow.engine.model import Chain, RequirementKind, StepKind, StepState
from perf_flow.engine.similar import OF_DOCUMENT, Likeness
from perf_flow.flow import cases, guidance, mine, past_cases, store
from perf_flow.flow.past_cases import Found

MOST_GIVEN = 12
"""So many pieces of a past case are listed."""

BECAUSE = {
	Likeness.CAUSE: N_("same root cause"),
	Likeness.CUSTOMER: N_("same customer"),
	Likeness.SUPPLIER: N_("same supplier"),
	Likeness.ITEM_GROUP: N_("same item group"),
	Likeness.PROJECT: N_("same project"),
	Likeness.TEXT: N_("similar wording"),
}


@frappe.whitelist()
def similar(event: str) -> list[dict[str, Any]]:
	"""Up to three complete past cases like this event that the reader may read, the most similar first. Of a case whose
	marks and evidence they may not see: its document, when it was closed and how long it took. Raises PermissionError
	unless they may see the marks and evidence of the event itself."""
	user = require_person()
	case = cases.with_evidence(event)
	if case.is_practice:
		return []
	found = past_cases.find(case.chain(), user)
	names = [one.event for one in found]
	rows = {
		row.name: row
		for row in frappe.get_all(
			store.EVENT,
			filters={"name": ["in", names or [""]]},
			fields=["name", "event_type", "reference_doctype", "reference_name", "recorded_at", "closed_at"],
		)
	}
	documents = {name: (row.reference_doctype, row.reference_name) for name, row in rows.items()}
	titles = mine.document_titles(documents.values())
	chains = store.load_many(one.event for one in found if one.whole)
	return [
		_case(one, rows[one.event], titles.get(documents[one.event]), chains.get(one.event))
		for one in found
		if one.event in rows
	]


def _case(found: Found, row: Any, title: str | None, chain: Chain | None) -> dict[str, Any]:
	may_open = title is not None
	because = [x for x in found.because if may_open or x not in OF_DOCUMENT]
	shown: dict[str, Any] = {
		"event": row.name,
		"title": _(row.event_type),
		"doctype": row.reference_doctype,
		"document": row.reference_name,
		"document_title": title if title != row.reference_name else "",
		"may_open": may_open,
		"closed_at": get_datetime_str(row.closed_at)[:19],
		"hours": round((row.closed_at - row.recorded_at).total_seconds() / 3600, 1),
		"because": [_(BECAUSE[x]) for x in because],
		"whole": chain is not None,
		"person": "",
		"causes": [],
		"given": [],
		"more_given": 0,
		"reason": "",
	}
	if chain is not None:
		shown.update(_whole(chain))
	return shown


def _whole(chain: Chain) -> dict[str, Any]:
	"""What somebody is told of a case whose marks and evidence they may see."""
	requirements = {r.key: r for r in chain.requirements}
	pieces = [e for e in chain.evidence if e.counts and e.round == chain.round]
	given = [
		{
			"label": _(requirements[e.requirement].label),
			"kind": e.kind.value,
			"title": title_of(e, field_of(chain, requirements[e.requirement])),
			"url": address_of(e),
		}
		for e in pieces
		if e.kind is not RequirementKind.ROOT_CAUSE and e.requirement in requirements
	]
	marks = [s for s in chain.steps if s.kind is StepKind.MARK and s.state is StepState.DONE]
	return {
		"person": chain.owner.name if chain.owner else "",
		"causes": [title_of(e) for e in pieces if e.kind is RequirementKind.ROOT_CAUSE],
		"given": given[:MOST_GIVEN],
		"more_given": max(len(given) - MOST_GIVEN, 0),
		"reason": marks[-1].note if marks else "",
	}


@frappe.whitelist()
def sop(event: str, requirement: str = "") -> None:
	"""The file of the SOP of an event's type, or of one of its requirements. Raises PermissionError unless the reader is
	on the event, for a requirement unless they may see its evidence, or where there is no such file."""
	require_person()
	case = cases.with_evidence(event) if requirement else cases.of(event)
	if not case.viewer.may(Step.SEE_SOP):
		_refuse()
	chain = case.chain()
	if requirement and requirement not in {r.key for r in chain.requirements}:
		_refuse()
	file = guidance.file_of(chain.event_type, requirement)
	if file is None:
		_refuse()
	data = file.get_content()
	data = data.encode() if isinstance(data, str) else data
	name = file.file_name or "SOP"
	shown = _shown_as(name, data)
	frappe.local.response.update(
		{
			"type": "download",
			# as Frappe takes it apart again
			"filename": name.encode("unicode-escape").decode(),
			"filecontent": data,
			"content_type": shown or "application/octet-stream",
			"display_content_as": "inline" if shown else "attachment",
		}
	)


def _shown_as(name: str, data: bytes) -> str:
	"""The content type with which a browser may show a file; empty for one that is to be saved."""
	try:
		return guidance.INLINE.get(content.inspect(name, data).kind.key, "")
	except EvidenceRefused:
		return ""


def _refuse() -> None:
	frappe.throw(_("There is no such SOP, or you are not permitted to see it."), frappe.PermissionError)
