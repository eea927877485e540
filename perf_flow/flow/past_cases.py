"""Past cases to learn from: complete ones, with what they are compared by, kept in a table of their own.

A case is written by a worker when its event closes (``note``, ``handle``), and goes when the event opens again. Looked
for are, by one index each, the latest of the same event type with the same root cause, customer, supplier, item group or
project, and the latest of all; each look-up reads no more than ``EACH`` rows that the reader may read. Which of them
are the most similar is decided by ``perf_flow.engine.similar``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rapidfuzz import fuzz, utils

import frappe
from frappe.utils import strip_html

from perf_flow.access.rules import past_case_conditions
from perf_flow.access.table import CASE
from perf_flow.engine import similar as engine
from perf_flow.engine.model import Chain, ChainState, RequirementKind
from perf_flow.engine.similar import Candidate, Features, Likeness
from perf_flow.flow import outbox, store, times

EACH = 60
"""So many rows are read of each thing that a case may have in common."""
LONGEST = 400
"""Characters of a text that are compared."""
MOST_CAUSES = 20
"""So many names of one root cause, of it and those merged into it, are looked for."""

_PARTIES = {"Customer": "customer", "Supplier": "supplier", "Item Group": "item_group", "Project": "project"}
_HOPS = (
	# a link of the document, what is read there, and what it tells
	("Project", "customer", "customer"),
	("Sales Order", "customer", "customer"),
	("Delivery Note", "customer", "customer"),
	("Purchase Order", "supplier", "supplier"),
	("Issue", "customer", "customer"),
	("Task", "project", "project"),
	("Item", "item_group", "item_group"),
)
_TEXTS = ("subject", "description", "details", "problem", "complaint", "remarks", "remark", "notes", "reason")
_IDEOGRAPH = re.compile(r"([\u3400-\u9fff\uf900-\ufaff])")


# --- kept ---------------------------------------------------------------------------------------------------


def note(before: Chain | None, after: Chain) -> list[dict[str, Any]]:
	"""The outbox row that keeps or drops a case; none unless its event just closed, or is closed no more."""
	closed = ChainState.CLOSED
	if after.practice or (after.state is closed) == (before is not None and before.state is closed):
		return []
	return [outbox.row("case", after.id, key=("case", after.id, after.version))]


def handle(task: Any, payload: dict[str, Any]) -> None:
	"""Outbox: see ``keep``."""
	keep(task.event)


def keep(event: str) -> bool:
	"""Write the case of an event anew, or drop it when it is none; whether it is one. Can be repeated without harm."""
	chain = store.load(event)
	frappe.db.delete(CASE, {"event": event})
	if not engine.is_complete(chain):
		return False
	features = features_of(chain)
	common = {
		"event": event,
		"event_type": chain.event_type,
		"company": chain.company or None,
		"employee": chain.owner.employee or None if chain.owner else None,
		"closed_at": times.to_site(chain.closed_at),
		"customer": features.customer or None,
		"supplier": features.supplier or None,
		"item_group": features.item_group or None,
		"project": features.project or None,
		"words": features.text or None,
	}
	causes = engine.causes_of(chain) or ("",)
	rows = [
		{"name": f"{event}-{number}", **common, "root_cause": cause or None}
		for number, cause in enumerate(causes, 1)
	]
	store.insert(CASE, rows, ignore_duplicates=True)
	return True


# --- compared by --------------------------------------------------------------------------------------------


def features_of(chain: Chain) -> Features:
	"""What a case is compared by, as its document and evidence are now. A few statements."""
	found, told = _of_document(chain.doctype, chain.docname)
	told += [
		e.value if e.kind is RequirementKind.TEXT else e.title
		for e in chain.evidence
		if e.counts
		and e.round == chain.round
		and e.kind in (RequirementKind.TEXT, RequirementKind.ROOT_CAUSE)
	]
	return replace(found, causes=frozenset(engine.causes_of(chain)), text=_words(told))


def _words(texts: Iterable[str]) -> str:
	"""Texts as they are compared: lower case, without punctuation, each ideograph a word."""
	plain = " ".join(strip_html(text or "")[: LONGEST * 2] for text in dict.fromkeys(texts))
	return " ".join(_IDEOGRAPH.sub(r" \1 ", utils.default_process(plain)).split())[:LONGEST]


def _of_document(doctype: str, name: str) -> tuple[Features, list[str]]:
	"""The features that a document tells, and its texts; nothing where it is gone."""
	if not frappe.db.exists("DocType", doctype):
		return Features(), []
	meta = frappe.get_meta(doctype)
	if meta.issingle or meta.istable or meta.is_virtual:
		return Features(), []
	columns = _columns(meta)
	row = frappe.db.get_value(doctype, name, ["name", *columns], as_dict=True)
	if not row:
		return Features(), []
	found: dict[str, str] = {_PARTIES[doctype]: name} if doctype in _PARTIES else {}
	hops: dict[str, str] = {}
	for fieldname, target in columns.items():
		doctype_of = row.get(target[1:]) if target.startswith(":") else target
		value = str(row.get(fieldname) or "")
		if value and doctype_of in _PARTIES:
			found.setdefault(_PARTIES[doctype_of], value)
		if value and doctype_of:
			hops.setdefault(doctype_of, value)
	_add_item_group(meta, name, found)
	for of, column, key in _HOPS:
		if of in hops and key not in found and (value := frappe.db.get_value(of, hops[of], column)):
			found[key] = str(value)
	own = {name, *found.values()}
	texts = [str(row.get(f) or "") for f in _texts(meta)]
	return Features(**found), [text for text in texts if text and text not in own]


def _columns(meta: Any) -> dict[str, str]:
	"""The columns of a document that are read: links by their DocType, dynamic links by ":" and the field that holds
	it, texts with nothing."""
	wanted = {*_PARTIES, *(of for of, _column, _key in _HOPS)}
	stored = {df.fieldname: df for df in meta.fields if not df.get("is_virtual")}
	found: dict[str, str] = {}
	links = [df for df in stored.values() if df.fieldtype == "Link" and df.options in wanted]
	# the field that is called like what it links to says it best
	for df in sorted(links, key=lambda df: df.fieldname != frappe.scrub(df.options)):
		found[df.fieldname] = df.options
	for df in stored.values():
		if df.fieldtype == "Dynamic Link" and df.options in stored:
			found.setdefault(df.fieldname, f":{df.options}")
			found.setdefault(df.options, "")
	for fieldname in _texts(meta):
		found.setdefault(fieldname, "")
	return found


def _texts(meta: Any) -> list[str]:
	plain = ("Data", "Small Text", "Text", "Long Text", "Text Editor", "Markdown Editor")
	named = [meta.get_title_field(), *_TEXTS]
	fields = {df.fieldname for df in meta.fields if df.fieldtype in plain and not df.get("is_virtual")}
	return [f for f in dict.fromkeys(named) if f in fields]


def _add_item_group(meta: Any, name: str, found: dict[str, str]) -> None:
	"""Of a document with items the group with the largest amount."""
	if "item_group" in found:
		return
	for table in meta.get_table_fields():
		child = frappe.get_meta(table.options)
		if table.fieldtype != "Table" or not child.has_field("item_code") or child.is_virtual:
			continue
		group = "t.item_group" if child.has_field("item_group") else "i.item_group"
		item = "" if child.has_field("item_group") else "join `tabItem` i on i.name = t.item_code"
		weight = next(
			(f"sum(t.{c})" for c in ("base_amount", "amount", "qty") if child.has_field(c)), "count(*)"
		)
		groups = frappe.db.sql(
			f"""select {group} from `tab{table.options}` t {item} where t.parent = %s and t.parentfield = %s
				and ifnull({group}, '') != '' group by 1 order by {weight} desc, 1 limit 1""",
			(name, table.fieldname),
			pluck=True,
		)
		if groups:
			found["item_group"] = groups[0]
			return


# --- looked for ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
	"""A similar case; ``whole`` says whether the reader may see its evidence and marks."""

	event: str
	because: tuple[Likeness, ...]
	whole: bool


def find(chain: Chain, user: str) -> list[Found]:
	"""The cases most similar to an event that ``user`` may read, the most similar first."""
	wanted = features_of(chain)
	wanted = replace(wanted, causes=_merged(wanted.causes))
	rows = _candidates(chain, wanted, user)
	whole = {row.event: bool(row.whole) for row in rows}
	ranked = engine.rank(wanted, (_candidate(row, wanted) for row in rows))
	return [Found(one.event, one.because, whole[one.event]) for one in ranked]


def _candidate(row: Any, wanted: Features) -> Candidate:
	"""A row as the engine compares it. What its reader may not see does not decide its place."""
	features = Features(
		causes=frozenset([row.root_cause] if row.root_cause and row.whole else []),
		customer=row.customer or "",
		supplier=row.supplier or "",
		item_group=row.item_group or "",
		project=row.project or "",
	)
	text = row.words if row.whole else ""
	alike = fuzz.token_set_ratio(wanted.text, text) if wanted.text and text else 0.0
	return Candidate(row.event, row.closed_at, features, alike)


def _merged(causes: Iterable[str]) -> frozenset[str]:
	"""The names of causes, of what they were merged into, and of what was merged into the same."""
	causes = sorted(causes)
	if not causes:
		return frozenset()
	rows = frappe.db.sql(
		"""select r.name, r.merged_into from `tabRoot Cause` r join `tabRoot Cause` own
			on own.name in %(causes)s
		where r.name in (own.name, own.merged_into) or r.merged_into in (own.name, own.merged_into)
		order by r.name limit %(most)s""",
		{"causes": causes, "most": MOST_CAUSES},
	)
	return frozenset([*causes, *(name for row in rows for name in row if name)])


def _candidates(chain: Chain, wanted: Features, user: str) -> list[Any]:
	"""The rows to choose from: one statement, and a bounded number of rows for each thing in common."""
	readable, whole = (
		[part.replace("%", "%%") for part in past_case_conditions(user, whole=w)] for w in (False, True)
	)
	values: dict[str, Any] = {"type": chain.event_type, "event": chain.id, "each": EACH}
	branches = [("", may) for may in readable]
	for number, cause in enumerate(sorted(wanted.causes)):
		values[f"cause{number}"] = cause
		branches += [(f"root_cause = %(cause{number})s", may) for may in whole]
	for likeness in engine.OF_DOCUMENT:
		if value := wanted.of(likeness):
			column = frappe.scrub(likeness.value)
			values[column] = value
			branches += [(f"{column} = %({column})s", may) for may in readable]
	if not branches:
		return []
	seen = " or ".join(f"ifnull({part}, 0)" for part in whole if part) or str(int("" in whole))
	return frappe.db.sql(
		f"""select `tab{CASE}`.event, closed_at, root_cause, customer, supplier, item_group, project, words,
			({seen}) whole
		from ({" union ".join(_branch(*branch) for branch in branches)}) found
			join `tab{CASE}` on `tab{CASE}`.name = found.name""",
		values,
		as_dict=True,
	)


def _branch(condition: str, may: str) -> str:
	where = " and ".join(x for x in ("event_type = %(type)s and event != %(event)s", condition, may) if x)
	return f"(select name from `tab{CASE}` where {where} order by closed_at desc limit %(each)s)"
