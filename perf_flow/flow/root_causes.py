"""The library of root causes: what fits an event, what is alike, how often each was given.

Employees choose approved causes of their event's type, department and company, and propose new ones, which only
they and those who keep the library see until they are approved. Counts are of events that the reader may read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rapidfuzz import fuzz, utils

import frappe
from frappe import _
from frappe.utils import add_days, getdate

from perf_flow.access import performance_evidence_conditions
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.evidence import clean_text, visible_characters
from perf_flow.engine.model import Chain, Requirement, RequirementKind
from perf_flow.flow import store

CAUSE = "Root Cause"
MOST = 8
"""So many are offered at once."""
MOST_READ = 5000
LEAST_ALIKE = 55
"""From 0 to 100: what is less alike is not offered."""
LONGEST = 140

NOT_A_CAUSE = N_("Please choose a cause from the list, or propose a new one.")
NOT_ASKED = N_("No cause is asked for here.")
TOO_SHORT = N_("Please name the cause in a few words.")


def requirement_of(chain: Chain, key: str) -> Requirement:
	"""The requirement of this round that asks for a cause. Raises InvalidInput when it is another kind, or none."""
	for found in chain.asked():
		if found.key == key and found.kind is RequirementKind.ROOT_CAUSE:
			return found
	raise InvalidInput(template=NOT_ASKED)


def _fitting(chain: Chain, user: str) -> list[Any]:
	"""The causes that may be given on an event by ``user``, and the names of those merged into them."""
	return frappe.db.sql(
		f"""select c.name, c.title, c.description, c.state, c.merged_into, c.department,
			exists (select 1 from `tabRoot Cause Event Type` t where t.parent = c.name
				and t.event_type = %(event_type)s) own
		from `tab{CAUSE}` c
		where (c.state != 'Proposed' or c.proposed_by = %(user)s)
			and ifnull(c.company, '') in ('', %(company)s) and ifnull(c.department, '') in ('', %(department)s)
			and (not exists (select 1 from `tabRoot Cause Event Type` t where t.parent = c.name)
				or exists (select 1 from `tabRoot Cause Event Type` t where t.parent = c.name
					and t.event_type = %(event_type)s))
		limit {MOST_READ}""",
		{
			"user": user,
			"event_type": chain.event_type,
			"company": chain.company,
			"department": chain.department,
		},
		as_dict=True,
	)


def search(chain: Chain, text: str, user: str) -> list[dict[str, Any]]:
	"""The causes that fit an event and what is typed, the most alike and most used first: ``name``, ``title``,
	``description``, ``uses`` (of the events that ``user`` may read), ``proposed``."""
	rows = _fitting(chain, user)
	uses = counts(user)
	wanted = utils.default_process(text or "")
	words: dict[str, list[str]] = {}
	for row in rows:
		words.setdefault(row.merged_into or row.name, []).extend(
			(row.title, _(row.title), row.description or "")
		)
	found = []
	for row in rows:
		if row.state == "Merged":
			continue
		alike = _alike(wanted, words[row.name]) if wanted else 100.0
		if alike < LEAST_ALIKE:
			continue
		# of two that are equally alike the more usual one, and before it the one made for this kind of event
		rank = (-round(alike / 10), -int(row.own), -uses.get(row.name, 0), row.title)
		found.append((rank, row))
	found.sort(key=lambda pair: pair[0])
	return [
		{
			"name": row.name,
			"title": _(row.title),
			"description": _(row.description) if row.description else "",
			"uses": uses.get(row.name, 0),
			"proposed": row.state == "Proposed",
		}
		for _rank, row in found[:MOST]
	]


def _alike(wanted: str, texts: Iterable[str]) -> float:
	best = 0.0
	for text in texts:
		known = utils.default_process(text)
		if known:
			best = max(best, fuzz.WRatio(wanted, known), 100.0 if wanted in known else 0.0)
	return best


def resolve(chain: Chain, name: str, user: str) -> tuple[str, str]:
	"""The name and title of a cause that ``user`` may give on this event; of a merged one, of what it was merged
	into. Raises InvalidInput."""
	rows = {row.name: row for row in _fitting(chain, user)}
	row = rows.get(name)
	if row is not None and row.state == "Merged":
		row = rows.get(row.merged_into)
	if row is None:
		raise InvalidInput(template=NOT_A_CAUSE)
	return row.name, row.title


def propose(chain: Chain, title: str, user: str) -> tuple[str, str]:
	"""A new cause for this kind of event, to be approved; one of the same title that fits is taken instead. Returns
	its name and title. Raises InvalidInput."""
	title = clean_text(title, LONGEST)
	if visible_characters(title) < 2:
		raise InvalidInput(template=TOO_SHORT)
	for row in _fitting(chain, user):
		if title.casefold() in (row.title.casefold(), _(row.title).casefold()):
			return resolve(chain, row.name, user)
	doc = frappe.get_doc(
		{
			"doctype": CAUSE,
			"title": title,
			"state": "Proposed",
			"company": chain.company or None,
			"event_types": [{"event_type": chain.event_type}],
			"proposed_by": user,
		}
	)
	doc.insert(ignore_permissions=True)
	return doc.name, doc.title


# --- how often ------------------------------------------------------------------------------------------------

_GIVEN = f"""from `tab{store.EVIDENCE}` join `tab{store.EVENT}` b on b.name = `tab{store.EVIDENCE}`.event
	left join `tab{CAUSE}` c on c.name = `tab{store.EVIDENCE}`.value
	left join `tab{CAUSE}` m on m.name = c.merged_into
	where `tab{store.EVIDENCE}`.kind = 'Root Cause' and `tab{store.EVIDENCE}`.withdrawn_at is null
		and `tab{store.EVIDENCE}`.practice = 0 and b.state != 'Void'"""
"""What was given and still counts, with what it was merged into."""


def _readable(user: str) -> str:
	condition = performance_evidence_conditions(user).replace("%", "%%")
	return f" and {condition}" if condition else ""


def counts(user: str) -> dict[str, int]:
	"""On how many events that ``user`` may read each cause was given; merged ones count for what they became."""
	rows = frappe.db.sql(
		f"""select coalesce(m.name, `tab{store.EVIDENCE}`.value), count(distinct b.name) {_GIVEN}{_readable(user)}
		group by 1""",
		{},
	)
	return {name: int(count) for name, count in rows}


def is_used(name: str) -> bool:
	"""Whether a cause was ever given."""
	return bool(frappe.db.exists(store.EVIDENCE, {"kind": "Root Cause", "value": name}))


def usage(filters: dict[str, Any], user: str | None = None) -> list[dict[str, Any]]:
	"""Uses of each cause by month, event type and department, among the events that the reader may read. Filters:
	from_date, to_date, event_type, company, department."""
	user = user or frappe.session.user
	values: dict[str, Any] = {}
	where = ""
	for key in ("event_type", "company", "department"):
		if filters.get(key):
			where += f" and b.{key} = %({key})s"
			values[key] = filters[key]
	given = f"`tab{store.EVIDENCE}`.given_at"
	if filters.get("from_date"):
		where += f" and {given} >= %(from_date)s"
		values["from_date"] = getdate(filters["from_date"])
	if filters.get("to_date"):
		where += f" and {given} < %(until)s"
		values["until"] = add_days(getdate(filters["to_date"]), 1)
	rows = frappe.db.sql(
		f"""select coalesce(m.name, `tab{store.EVIDENCE}`.value) cause,
			coalesce(max(m.title), max(c.title), max(`tab{store.EVIDENCE}`.title)) title,
			date_format({given}, '%%Y-%%m') month, b.event_type, b.department, count(distinct b.name) uses
		{_GIVEN}{_readable(user)}{where} group by 1, 3, 4, 5 order by 3 desc, 6 desc, 2""",
		values,
		as_dict=True,
	)
	return [
		{
			**row,
			"title": _(row.title or ""),
			"event_type_title": _(row.event_type),
			"department": row.department or "",
			"uses": int(row.uses),
		}
		for row in rows
	]
