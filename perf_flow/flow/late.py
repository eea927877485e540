"""Who is late and why: the steps past their time that the viewer may read, with what is known of the reason.

The list comes from the steps' documents, with the viewer's permissions; reasons come from the chains
themselves, for the rows that are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import frappe
from frappe import _
from frappe.desk.reportview import build_match_conditions
from frappe.utils import cint, formatdate

from perf_flow.access import is_hr_of, viewer
from perf_flow.engine.chain import actionable
from perf_flow.engine.errors import N_
from perf_flow.engine.missing import before_signing, missing
from perf_flow.engine.model import Chain, Step, StepKind, StepState
from perf_flow.flow import absence, guidance, store, team

MOST = 500
"""So many rows at most, the latest first."""

FILTERS = ("company", "event_type", "employee", "kind")


class Reason(str, Enum):
	"""Why a step is late, as far as known. The value is a translatable label."""

	NOBODY = N_("Nobody found")
	AWAY = N_("Is away")
	OTHERS = N_("Waits for others")
	MISSING = N_("Evidence missing")
	NOT_DONE = N_("Not done yet")


@dataclass(frozen=True, slots=True)
class Late:
	"""One late step. ``who`` is empty when nobody could be found; ``missing`` are the labels of the requirements
	that are not satisfied; ``escalated_to`` are names."""

	row: Any
	reason: Reason
	missing: tuple[str, ...] = ()
	away_until: date | None = None
	why: str = ""
	escalated_to: tuple[str, ...] = ()


def rows(filters: dict[str, Any], now: datetime) -> tuple[list[Late], int]:
	"""The late steps that the viewer may read, most late first, at most MOST of them; and how many there are.

	``filters``: whose ("Team": of events of the people below the viewer; "Mine": that wait for the viewer),
	company, event_type, employee (whom the event is about), assignee, kind, hours (late by at least so many).
	Raises a translated ValidationError for values that make no sense.
	"""
	where, values = _where(filters, now)
	found = frappe.db.sql(
		f"""select event, step, kind, label, round, due_at, assignee, assignee_name, assignee_user, asked_name, why,
			escalation_level, employee, employee_name, event_type, reference_doctype, reference_name, company
		from `tabBusiness Event Action` where {where} order by due_at, name limit {MOST}""",
		values,
		as_dict=True,
	)
	total = len(found)
	if total == MOST:
		total = cint(
			frappe.db.sql(f"select count(*) from `tabBusiness Event Action` where {where}", values)[0][0]
		)
	known = store.load_many({row.event for row in found})
	away = absence.away_until(row.assignee for row in found if row.assignee and _may_know(row))
	return [_late(row, known.get(row.event), away) for row in found], total


def _where(filters: dict[str, Any], now: datetime) -> tuple[str, dict[str, Any]]:
	step = "`tabBusiness Event Action`"
	conditions = [
		f"{step}.state = 'Open'",
		f"{step}.due_at < %(before)s",
		f"{step}.practice = 0",
		f"({build_match_conditions('Business Event Action') or '1=1'})",
	]
	values: dict[str, Any] = {"before": now}
	for field in (*FILTERS, "assignee"):
		value = filters.get(field)
		if value in (None, ""):
			continue
		if not isinstance(value, str):
			frappe.throw(_("The filter {0} takes one value.").format(field))
		conditions.append(f"{step}.`{field}` = %({field})s")
		values[field] = value
	whose = filters.get("whose") or "All"
	if whose == "Mine":
		conditions.append(f"{step}.assignee_user = %(user)s")
		values["user"] = frappe.session.user
	elif whose == "Team":
		conditions.append(team.condition_on_steps().replace("%", "%%"))
	elif whose != "All":
		frappe.throw(
			_("“{0}” is not a choice for whose steps: choose all, my team or mine.").format(str(whose))
		)
	hours = cint(filters.get("hours"))
	if hours > 0:
		conditions.append(f"{step}.due_at < date_sub(%(before)s, interval {hours} hour)")
	return " and ".join(conditions), values


def _may_know(row: Any) -> bool:
	"""Whether the viewer may be told that whoever holds the step is away: they themselves, those above them, HR."""
	who = viewer()
	return (
		who.is_everything
		or row.assignee_user == who.user
		or is_hr_of(row.company)
		or row.assignee in (who.below or ())
	)


def _late(row: Any, chain: Chain | None, away: dict[str, date]) -> Late:
	step = chain.step(row.step) if chain is not None else None
	to = tuple(dict.fromkeys(p.name for p in step.escalated_to if p.name)) if step is not None else ()
	until = away.get(row.assignee)
	if not row.assignee_name:
		return Late(row, Reason.NOBODY, why=row.why or "", escalated_to=to)
	missing = _missing(chain, step)
	if missing and row.kind != StepKind.EVIDENCE.value:
		return Late(row, Reason.OTHERS, missing, until, escalated_to=to)
	if until is not None:
		return Late(row, Reason.AWAY, missing, until, escalated_to=to)
	return Late(row, Reason.MISSING if missing else Reason.NOT_DONE, missing, escalated_to=to)


def _missing(chain: Chain | None, step: Step | None) -> tuple[str, ...]:
	"""What is missing for the step: for evidence, and a sign-off or mark that waits for it."""
	if chain is None or step is None or step.state is not StepState.OPEN:
		return ()
	if step.kind in (StepKind.EVIDENCE, StepKind.SIGN_OFF):
		return tuple(guidance.words(before_signing(chain).needs))
	if not actionable(chain, step):
		return tuple(guidance.words(missing(chain).needs))
	return ()


def words(late: Late) -> str:
	"""The reason as a sentence."""
	row = late.row
	if late.reason is Reason.NOBODY:
		return late.why or _("Nobody could be found for this step.")
	missing = guidance.listed(late.missing)
	if late.reason is Reason.OTHERS:
		return _("Waits for evidence of {0}: {1}").format(row.employee_name or _("nobody yet"), missing)
	parts = []
	if late.away_until is not None:
		parts.append(_("Away until {0}").format(formatdate(late.away_until)))
	if missing:
		parts.append(_("Missing: {0}").format(missing))
	if not parts:
		if row.kind == StepKind.MARK.value:
			parts.append(_("The evidence is complete; the mark was not given yet."))
		elif row.kind == StepKind.SIGN_OFF.value:
			parts.append(_("The evidence is complete; it was not signed yet."))
		else:
			parts.append(_("It was not confirmed yet."))
	return " · ".join(parts)
