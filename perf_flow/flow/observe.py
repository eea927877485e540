"""What ERP data shows for open events: fields of the document itself, and linked documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import frappe

from perf_flow.engine import chain as engine
from perf_flow.engine.conditions import as_filters, parse_filters
from perf_flow.engine.errors import FlowError
from perf_flow.engine.model import Chain, Requirement, RequirementKind
from perf_flow.flow import checks, problems, service, times
from perf_flow.flow.recorder import observe_field
from perf_flow.flow.view import DocView
from perf_flow.flow.watch import ConfiguredRequirement


def observe(event: str) -> Chain:
	"""Look again at everything ERP data can show for one event, and tick or untick it."""
	chain = service.execute(event, lambda chain, _directory: _command(chain))
	return checks.observe(event) if chain.checks else chain


def _command(chain: Chain) -> engine.Command | None:
	wanted = [r for r in chain.requirements if r.kind.observed]
	if not wanted or chain.document_state.value == "Deleted":
		return None
	if not frappe.db.exists(chain.doctype, chain.docname):
		return None
	view = DocView(frappe.get_doc(chain.doctype, chain.docname))
	values: dict[str, engine.Observed | None] = {}
	for requirement in wanted:
		try:
			values[requirement.key] = _look(requirement, chain, view)
		except FlowError as e:
			problems.note(chain.event_type, "Evidence", e, chain.doctype, chain.docname)
	return engine.Observe(actor=engine.SYSTEM, values=values)


def _look(requirement: Requirement, chain: Chain, view: DocView) -> engine.Observed | None:
	if requirement.kind is RequirementKind.FIELD:
		state = parse_filters(requirement.filters, chain.doctype)
		return observe_field(ConfiguredRequirement(requirement, None, state), view)
	return linked_document(requirement, chain.docname)


def linked_document(requirement: Requirement, docname: str) -> engine.Observed | None:
	"""The linked document that satisfies a requirement, the oldest first; None when there is none."""
	doctype = requirement.linked_doctype
	found = frappe.get_all(
		doctype,
		filters=_linking(requirement, ["=", docname]),
		pluck="name",
		limit=1,
		order_by=f"`tab{doctype}`.creation",
		distinct=True,
	)
	if not found:
		return None
	made = times.to_utc(frappe.db.get_value(doctype, found[0], "creation"))
	return engine.Observed(str(found[0]), doctype, made)


def first_linked(requirement: Requirement, docnames: Sequence[str]) -> dict[str, datetime]:
	"""For which of these documents a linked document satisfies a requirement, and when the oldest of these was made
	(naive, site time): one statement for all."""
	if not docnames:
		return {}
	doctype = requirement.linked_doctype
	holder, fieldname = _holder(requirement)
	found: dict[str, datetime] = {}
	for row in frappe.get_all(
		doctype,
		filters=_linking(requirement, ["in", [str(name) for name in docnames]]),
		fields=[f"`tab{holder}`.`{fieldname}` as target", f"`tab{doctype}`.creation as made"],
		order_by=f"`tab{doctype}`.creation",
		limit=0,
	):
		found.setdefault(str(row.target), row.made)
	return found


def _holder(requirement: Requirement) -> tuple[str, str]:
	"""The DocType of the row that links, and the field in it."""
	table, _dot, fieldname = requirement.link_fieldname.rpartition(".")
	if not table:
		return requirement.linked_doctype, fieldname
	return frappe.get_meta(requirement.linked_doctype).get_field(table).options, fieldname


def _linking(requirement: Requirement, which: list[Any]) -> list[list[Any]]:
	doctype = requirement.linked_doctype
	filters = [[*_holder(requirement), *which], *as_filters(parse_filters(requirement.filters, doctype))]
	if not any(f[1] == "docstatus" for f in filters) and frappe.get_meta(doctype).is_submittable:
		filters.append([doctype, "docstatus", "!=", 2])
	return filters


def handle_event(task: Any, payload: dict) -> None:
	"""Outbox handler: look at one event."""
	observe(task.event)


def handle_document(task: Any, payload: dict) -> None:
	"""Outbox handler: look at all open events of one type on one document."""
	doctype = frappe.db.get_value("Business Event Type", payload["event_type"], "reference_doctype")
	for event in open_events(payload["event_type"], doctype, payload["docname"]):
		observe(event)


def open_events(event_type: str, doctype: str | None, docname: str) -> list[str]:
	"""The open events of a type on a document."""
	return frappe.get_all(
		"Business Event",
		filters={
			"event_type": event_type,
			"reference_doctype": doctype,
			"reference_name": docname,
			"state": "Open",
		},
		pluck="name",
	)
