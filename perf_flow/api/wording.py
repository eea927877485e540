"""The wording of a reason while it is typed: what says nothing, what the person did, and what can be put in."""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.api import require_person, translated
from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.wording.compose import NO_BEHAVIOUR
from perf_flow.flow import cases, deeds, improve, packs, wording
from perf_flow.flow.cases import Case


def _case(event: str) -> Case:
	"""The event, if the reader may see its marks and evidence."""
	require_person()
	return cases.with_evidence(event)


@frappe.whitelist(methods=["POST"])
def assess(text: str, event: str = "") -> dict[str, Any]:
	"""What is said of a reason as far as it is typed. It is read and not kept; a POST, so that no log of addresses
	holds it. Compared with the reader's own reasons alone, so that ``event`` tells nothing."""
	return wording.assess(text, require_person(), event)


@frappe.whitelist()
def help(event: str, own: bool | int = 1) -> dict[str, Any]:
	"""What can be put in as the reason of this event's mark: ``templates``, filled in, with ``own`` the reader's own
	ones as well; and ``deeds``, what the person did of late, of what the reader may read."""
	case = _case(event)
	if case.is_practice:
		return {"templates": [], "deeds": []}
	return {
		"templates": packs.offered(event, case.actor, bool(int(own))),
		"deeds": [
			{
				"key": deed.key,
				"text": deed.behaviour,
				"of": deed.situation or deed.document,
				"impact": deed.impact,
				"url": deed.source,
				"here": deed.event == event,
			}
			for deed in deeds.of(event)
		],
	}


@frappe.whitelist(methods=["POST"])
def compose(event: str, chosen: str | list) -> dict[str, Any]:
	"""The chosen deeds as a ``text`` with situation, behaviour, impact and source, for the manager to edit.
	``improved``: a language model smoothed it, as the site's settings allow."""
	case = _case(event)
	keys = {str(key) for key in frappe.parse_json(chosen) or ()}
	with translated():
		found = [] if case.is_practice else [d for d in deeds.of(event) if d.key in keys]
		if not found:
			raise InvalidInput(template=NO_BEHAVIOUR)
		text = deeds.sentence(found)
	secrets = improve.secrets_of({deed.event for deed in found if deed.event})
	secrets.update(word for deed in found for word in deed.telling if len(word) > 1)
	better = improve.improved(text, secrets)
	return {"text": better or text, "improved": better is not None}
