"""A backtest as its reader sees it: figures in words, names as far as they may be seen, and the documents behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import frappe
from frappe import _

from perf_flow.access import viewer
from perf_flow.access.people import branch_condition
from perf_flow.engine import backtest as engine
from perf_flow.engine.backtest import DOUBTS, Doubt, Figures, Origin, Work
from perf_flow.engine.model import StepKind
from perf_flow.engine.triggers import Trigger
from perf_flow.flow import store
from perf_flow.flow.backtest import DOCUMENT, EVENT_TYPE, RUN, reason_in_words, state_of, without_names

PEOPLE = 100
"""So many people and managers are listed, those with the most work in one week first."""
ROWS = 20
SCANNED = 2000
"""So many rows are looked through for a page of those that the reader may read."""

InWords = Callable[[str, str], "list[str]"]
"""``in_words(doctype, filters)``: filter rows as sentences in the reader's language."""

_COLUMNS = [
	"name",
	"creation",
	"event_type",
	"reference_doctype",
	"days",
	"period_start",
	"period_end",
	"state",
	"user",
	"started_at",
	"heartbeat_at",
	"ended_at",
	"problem",
	"total",
	"done",
	"events",
	"hours",
	"by_itself_percent",
]
_KEPT = ["configuration", "assumptions", "figures", "people"]


def runs(limit: int = 30) -> list[dict[str, Any]]:
	"""The latest runs, the newest first, without their figures."""
	found = frappe.get_all(RUN, fields=_COLUMNS, order_by="creation desc, name desc", limit=limit)
	return [_head(row) for row in found]


def result(run: str, in_words: InWords) -> dict[str, Any]:
	"""A run for its reader: how far it is, or what it found, and what is different from the one before.

	Raises DoesNotExistError for a run that is not there.
	"""
	row = frappe.db.get_value(RUN, run, [*_COLUMNS, *_KEPT], as_dict=True)
	if not row:
		frappe.throw(_("There is no such backtest any more."), frappe.DoesNotExistError)
	answer: dict[str, Any] = {"run": _head(row), "result": None, "comparison": None}
	if row.state != "Finished":
		return answer
	figures = engine.decode(row.figures, row.people)
	names = Names({p.employee for p in figures.people} | {m for m in figures.managers if m})
	answer["result"] = _result(row, figures, names)
	answer["comparison"] = _comparison(row, figures, in_words)
	return answer


def _head(row: Any) -> dict[str, Any]:
	saved = frappe.db.exists(EVENT_TYPE, row.event_type)
	return {
		"name": row.name,
		"event_type": row.event_type,
		"title": _(row.event_type),
		"saved": bool(saved),
		"doctype": row.reference_doctype,
		"doctype_label": _(row.reference_doctype),
		"days": row.days,
		"from": str(row.period_start)[:19],
		"until": str(row.period_end)[:19],
		"state": state_of(row),
		"mine": row.user == frappe.session.user,
		"began": str(row.creation)[:19],
		"ended": str(row.ended_at or "")[:19],
		"waiting_seconds": max(0, int((frappe.utils.now_datetime() - row.creation).total_seconds())),
		"problem": row.problem or "",
		"total": int(row.total or 0),
		"done": int(row.done or 0),
		"events": int(row.events or 0),
		"hours": row.hours,
		"by_itself_percent": row.by_itself_percent,
	}


# --- names ----------------------------------------------------------------------------------------


class Names:
	"""Names of employees, for those whom the reader may see; the others are numbered in the order they are asked for."""

	def __init__(self, employees: Iterable[str]) -> None:
		self._names = _names_for_reader(sorted(employees))
		self._numbers: dict[str, int] = {}

	def may_see(self, employee: str) -> bool:
		"""Whether the reader may see who it is."""
		return employee in self._names

	def of(self, employee: str) -> str:
		"""The name, or a number in its place."""
		if employee in self._names:
			return self._names[employee]
		return _("Employee {0}").format(self._numbers.setdefault(employee, len(self._numbers) + 1))


def _names_for_reader(employees: list[str]) -> dict[str, str]:
	"""Of these employees, those whose record the reader may read by Frappe's own rules, for whose company they do HR, or
	who are below them or themselves."""
	if not employees:
		return {}
	who = viewer()
	allowed: set[str] = set()
	if frappe.has_permission("Employee", "read"):
		allowed.update(
			frappe.get_list("Employee", filters={"name": ["in", employees]}, pluck="name", limit=0)
		)
	parts, values = ["e.name in %(own)s"], {"employees": tuple(employees), "own": who.employees or ("",)}
	if who.is_everything:
		parts.append("1=1")
	if who.companies:
		parts.append("e.company in %(companies)s")
		values["companies"] = tuple(who.companies)
	if who.branches:
		parts.append(branch_condition(who.branches))
	rows = frappe.db.sql(
		f"""select e.name, e.employee_name, ({" or ".join(parts)}) allowed from `tabEmployee` e
		where e.name in %(employees)s""",
		values,
		as_dict=True,
	)
	return {r.name: r.employee_name or r.name for r in rows if r.allowed or r.name in allowed}


# --- figures --------------------------------------------------------------------------------------


def _result(row: Any, figures: Figures, names: Names) -> dict[str, Any]:
	assumptions = json.loads(row.assumptions or "{}")
	loads = figures.of_people()
	by_person: dict[str, dict[str, list[float]]] = {}
	for p in figures.people:
		by_person.setdefault(p.employee, {})[p.week.isoformat()] = [p.steps, _hours(p.seconds)]
	return {
		"documents": figures.documents,
		"events": figures.total.events,
		"per_week": round(figures.per_week(row.days), 1),
		"steps": figures.total.steps,
		"hours": _hours(figures.total.seconds),
		"closing": figures.closing,
		"by_itself": figures.by_itself,
		"by_itself_percent": _percent(figures.by_itself_percent),
		"shown_percent": _percent(figures.shown_percent),
		"without_person": figures.without_person,
		"weeks": [{"week": week.isoformat(), **_work(work)} for week, work in figures.all_weeks()],
		"people": [
			{
				"key": load.employee if names.may_see(load.employee) else "",
				"name": names.of(load.employee),
				"steps": load.steps,
				**{_COLUMN_OF[kind]: load.kinds.get(kind, 0) for kind in _COLUMN_OF},
				"hours": _hours(load.seconds),
				"peak_week": load.peak.week.isoformat(),
				"peak_steps": load.peak.steps,
				"peak_hours": _hours(load.peak.seconds),
				"weeks": by_person[load.employee],
			}
			for load in loads[:PEOPLE]
		],
		"people_count": len(loads),
		"departments": [
			{"key": name, "name": _(name), **_work(w)} for name, w in figures.departments.items()
		],
		"managers": [
			{
				"key": name if names.may_see(name) else "",
				"name": names.of(name) if name else "",
				**_work(w),
			}
			for name, w in list(figures.managers.items())[:PEOPLE]
		],
		"managers_count": len(figures.managers),
		"needs": [
			{
				"key": n.key,
				"label": _(n.label),
				"kind": _(n.kind, context="Evidence Requirement"),
				"mandatory": n.mandatory,
				"asked": n.asked,
				"shown": n.shown,
				"percent": _percent(n.percent),
			}
			for n in figures.needs
		],
		"nobody": [
			{
				"key": f"{kind}:{store.key_of(why)}",
				"step": _(kind, context="Step"),
				"why": reason_in_words(why),
				"count": count,
			}
			for (kind, why), count in figures.nobody.items()
		],
		"doubts": [
			{
				"key": d.value,
				"text": _(DOUBTS[d]).format(count),
				"count": count,
				"events": d in engine.ABOUT_EVENTS,
			}
			for d, count in figures.doubts.items()
		],
		"notes": _notes(row, assumptions),
		"efforts": [
			{
				"kind": _work_label(e["kind"]),
				"minutes": round(e["seconds"] / 60, 1),
				"origin": _(Origin(e["origin"]).value),
				"samples": e["samples"],
			}
			for e in assumptions.get("efforts", ())
		],
		"rows_kept": bool(figures.total.events) and bool(frappe.db.exists(DOCUMENT, {"run": row.name})),
	}


_COLUMN_OF = {
	StepKind.EVIDENCE.value: "evidence",
	StepKind.SIGN_OFF.value: "sign_off",
	StepKind.MARK.value: "mark",
	StepKind.CONFIRMATION.value: "confirmation",
}


def _work_label(kind: str) -> str:
	if kind in (StepKind.SIGN_OFF.value, StepKind.MARK.value, StepKind.CONFIRMATION.value):
		return _(kind, context="Step")
	return _("Evidence: {0}").format(_(kind, context="Evidence Requirement"))


def _work(work: Work) -> dict[str, Any]:
	return {"events": work.events, "steps": work.steps, "hours": _hours(work.seconds)}


def _hours(seconds: int) -> float:
	return round(seconds / 3600, 2)


def _percent(value: float | None) -> float | None:
	return None if value is None else round(value, 1)


def _notes(row: Any, assumptions: Mapping[str, Any]) -> list[str]:
	"""What holds for the whole run."""
	notes = [
		_(
			"Documents, people and leave are looked at as they are now. How soon people would have answered cannot be known: flow health is not worked out, and what a redo would have cost is not in the hours."
		)
	]
	if json.loads(row.configuration or "{}").get("trigger") == Trigger.MANUAL.value:
		notes.append(_("Nothing happens by itself: somebody records it by the button beside the document."))
	if not assumptions.get("versions", True):
		notes.append(
			_(
				"Documents of the type {0} keep no versions: nothing tells what their values were before. Switching on “Track Changes” helps the next backtest."
			).format(_(row.reference_doctype))
		)
	if assumptions.get("left_out"):
		notes.append(_("Rows that are not filled in yet are left out: {0}.").format(assumptions["left_out"]))
	if Doubt.MOVED_ON.value in assumptions.get("not_known", ()):
		notes.append(
			_("How many documents fulfilled the conditions only in between could not be counted in time.")
		)
	return notes


# --- compared with the one before -----------------------------------------------------------------


def _comparison(row: Any, figures: Figures, in_words: InWords) -> dict[str, Any] | None:
	"""What is different from the latest finished run of the same type before; None when there is none."""
	found = frappe.get_all(
		RUN,
		filters={
			"event_type": row.event_type,
			"reference_doctype": row.reference_doctype,
			"state": "Finished",
			"creation": ["<", row.creation],
		},
		fields=[*_COLUMNS, *_KEPT],
		order_by="creation desc, name desc",
		limit=1,
	)
	if not found:
		return None
	(before,) = found
	earlier = engine.decode(before.figures, before.people)
	return {
		"run": _head(before),
		"figures": [
			{
				"figure": _(d.figure.value),
				"before": _rounded(d.before),
				"after": _rounded(d.after),
				"change": _rounded(d.change),
			}
			for d in engine.compare(earlier, before.days, figures, row.days)
		],
		"edits": [
			_edit(edit, row.reference_doctype, in_words)
			for edit in engine.edits(
				without_names(json.loads(before.configuration)), without_names(json.loads(row.configuration))
			)
		],
		"efforts_changed": _costs(before) != _costs(row),
	}


def _costs(row: Any) -> dict[str, int]:
	return {e["kind"]: e["seconds"] for e in json.loads(row.assumptions or "{}").get("efforts", ())}


def _rounded(value: float | None) -> float | None:
	return None if value is None else round(value, 2)


def _edit(edit: engine.Edit, doctype: str, in_words: InWords) -> dict[str, Any]:
	"""A change of the configuration in words: where, what it said, what it says."""
	meta = frappe.get_meta(EVENT_TYPE)
	df = meta.get_field(edit.place)
	# what is kept as JSON has its control beside it, with the label that people know
	shown = meta.get_field(f"{edit.place}_html") or df
	where = _(shown.label or edit.place, context=EVENT_TYPE) if shown else edit.place

	def value(of: Any) -> str:
		if of in (None, ""):
			return ""
		if isinstance(of, dict):
			return _row_in_words(df, of, doctype, in_words)
		if isinstance(of, list):
			return _(", ", context="Between words of a list").join(_(str(x)) for x in of)
		if edit.place == "filters":
			return _("; ").join(in_words(doctype, of))
		return _value_in_words(df, of)

	return {
		"where": f"{where}: {_(edit.row)}" if edit.row else where,
		"before": value(edit.before),
		"after": value(edit.after),
	}


def _value_in_words(df: Any, of: Any) -> str:
	if df is not None and df.fieldtype == "Check":
		return _("Yes", context="Condition")
	if df is not None and df.fieldtype == "Select":
		return _(str(of), context=df.parent)
	return str(of)


def _row_in_words(table: Any, row: Mapping[str, Any], doctype: str, in_words: InWords) -> str:
	meta = frappe.get_meta(table.options)
	parts = []
	for fieldname, of in row.items():
		df = meta.get_field(fieldname)
		label = _(df.label or fieldname, context=table.options) if df else fieldname
		if fieldname in ("filters", "condition"):
			about = (
				row.get("linked_doctype")
				if fieldname == "filters" and row.get("kind") == "Linked Document"
				else doctype
			)
			text = _("; ").join(in_words(about or doctype, of))
		else:
			text = _value_in_words(df, of)
		parts.append(f"{label}: {text}")
	return _("; ").join(parts)


# --- the documents behind a figure ----------------------------------------------------------------

_LISTED = ("nobody", "shown", "open", "doubts")
_FLAGS = ("by_itself", "closes")


def rows(run: str, chosen: Mapping[str, Any], start: int, may_read: Callable[[Any], bool]) -> dict[str, Any]:
	"""The documents of a figure that the reader may read, ROWS at a time, the newest first.

	``chosen``: any of ``week``, ``department``, ``manager``, ``person``, ``nobody``, ``shown``, ``open``, ``doubts`` (a key
	of the result), ``by_itself``, ``closes``. Returns ``rows``, ``next`` (where the next page starts; None: no more) and
	``hidden``, how many of those passed the reader may not read, or are gone. Raises ValidationError for anything else,
	PermissionError for a person the reader may not see.
	"""
	head = frappe.db.get_value(RUN, run, ["reference_doctype", "state"], as_dict=True)
	if not head or head.state != "Finished":
		frappe.throw(_("There is no such backtest any more."), frappe.DoesNotExistError)
	where, values = _where(run, chosen)
	found, hidden, at = [], 0, max(start, 0)
	columns = "reference_name, happened_at"
	page = frappe.db.sql(
		f"""select {columns} from `tab{DOCUMENT}` where {where} order by happened_at desc, name
		limit {SCANNED} offset {at}""",
		values,
		as_dict=True,
	)
	readable = _readable(head.reference_doctype, {r.reference_name for r in page})
	meta = frappe.get_meta(head.reference_doctype)
	more = len(page) == SCANNED
	for row in page:
		if len(found) == ROWS:
			more = True
			break
		at += 1
		doc = (
			frappe.get_doc(head.reference_doctype, row.reference_name)
			if row.reference_name in readable
			else None
		)
		if doc is None or not may_read(doc):
			hidden += 1
			continue
		title = doc.get_title() if meta.get_title_field() != "name" else ""
		found.append(
			{
				"doctype": head.reference_doctype,
				"name": row.reference_name,
				"title": str(title or "")[:140] if title != doc.name else "",
				"when": str(row.happened_at)[:19],
			}
		)
	return {"rows": found, "next": at if more else None, "hidden": hidden}


def _where(run: str, chosen: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
	parts, values = ["run = %(run)s"], {"run": run}
	for name, value in chosen.items():
		if name in ("person", "manager") and value and not Names([str(value)]).may_see(str(value)):
			frappe.throw(_("You have no permission for this."), frappe.PermissionError)
		if name in ("week", "department", "manager"):
			parts.append(f"ifnull(`{name}`, '') = %({name})s")
			values[name] = str(value)
		elif name == "person":
			parts.append("asked like %(person)s")
			values[name] = f"%:{_escaped(value)}|%"
		elif name in _LISTED:
			parts.append(f"`{name}` like %({name})s")
			values[name] = f"%|{_escaped(value)}|%"
		elif name in _FLAGS:
			parts.append(f"`{name}` = 1")
		else:
			frappe.throw(_("There is no such figure: {0}").format(str(name)[:60]))
	return " and ".join(parts), values


def _escaped(value: Any) -> str:
	return str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _readable(doctype: str, names: set[str]) -> set[str]:
	"""Of these documents, those in the reader's list."""
	if not names or not frappe.has_permission(doctype, "read"):
		return set()
	return {
		str(name)
		for name in frappe.get_list(doctype, filters={"name": ["in", sorted(names)]}, pluck="name", limit=0)
	}
