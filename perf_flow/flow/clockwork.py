"""What time does: reminders, overdue marks, escalations; delegation and hand-over of open steps."""

from __future__ import annotations

from collections.abc import Callable

import frappe

from perf_flow.engine import chain as engine
from perf_flow.engine import people
from perf_flow.engine.model import Chain, Person, ReassignCause, Step, StepKind, StepState
from perf_flow.engine.people import Directory
from perf_flow.engine.projection import action_name
from perf_flow.flow import service, store, times
from perf_flow.flow.recorder import say

BATCH = 500


def tick() -> int:
	"""Let the clock speak for every step whose time has come. Returns how many chains were looked at.

	See ``_each`` for what a failure does.
	"""
	now = times.now_site()
	events = frappe.db.sql(
		"""select distinct event from `tabBusiness Event Action`
		where state = 'Open' and next_at <= %s limit %s""",
		(now, BATCH),
		pluck=True,
	)
	return _each(events, _speak)


def _speak(event: str) -> None:
	service.execute(event, _tick)
	_refresh_next(event)


def _tick(chain: Chain, directory: Directory) -> engine.Command:
	return engine.Tick(
		actor=engine.SYSTEM,
		superiors={s.key: _superiors(s, chain, directory) for s in chain.open_steps()},
	)


def _superiors(step: Step, chain: Chain, directory: Directory) -> tuple[Person, ...]:
	"""Who stands above the person a step waits for; for a step nobody holds, above the owner."""
	holder = step.assignee or chain.owner
	if holder is None or not holder.employee:
		return ()
	return tuple(m.person for m in directory.superiors(holder.employee) if m.reachable)


def _each(events: list[str], do: Callable[[str], None]) -> int:
	"""Do something for each event, each in a transaction of its own; a failure is logged and does not
	stop the rest."""
	for event in events:
		try:
			do(event)
			frappe.db.commit()
		except Exception:
			frappe.db.rollback()
			frappe.log_error(title=f"Performance Flow: {do.__name__.strip('_')} {event}")
			frappe.db.commit()
	return len(events)


def _refresh_next(event: str) -> None:
	"""A step about which nothing was left to say is not looked at again before its time."""
	chain = store.load(event)
	directory = service.people_of(chain)
	deadlines = service.SiteDeadlines(chain.policy, directory, chain.company)
	for step in chain.open_steps():
		upcoming = engine.next_tick(chain, step, deadlines)
		if upcoming is not None and upcoming <= times.now_utc():
			upcoming = None
		store.update(
			store.ACTION,
			action_name(event, step.key),
			{"next_at": store.column_value(upcoming)},
		)


# --- people who are away, left, or have another manager -----------------------------------------------

_MISPLACED = """
select distinct a.event from `tabBusiness Event Action` a
left join `tabEmployee` e on e.name = a.assignee
left join `tabUser` u on u.name = e.user_id
left join `tabEmployee` k on k.name = a.asked
left join `tabEmployee` o on o.name = a.employee
left join `tabEmployee` m on m.name = o.reports_to and m.status = 'Active'
left join `tabUser` v on v.name = m.user_id and v.enabled = 1
left join `tabBusiness Event` b on b.name = a.event
where a.state = 'Open' and a.practice = 0 and a.event > %(last)s and (
	(a.assignee is not null and (e.name is null or e.status != 'Active' or ifnull(u.enabled, 0) = 0))
	or exists (select 1 from `tabLeave Application` l where l.employee = a.assignee and l.docstatus = 1
		and l.status = 'Approved' and l.from_date <= %(today)s and l.to_date >= date(a.due_at)
		and l.to_date >= %(today)s)
	or exists (select 1 from `tabPerformance Flow Preference` p where p.name = e.user_id
		and p.away_from <= %(today)s and p.away_until >= %(today)s
		and (p.delegate is not null or p.away_until >= date(a.due_at)))
	or (a.assignee != a.asked and k.status = 'Active' and not exists (
		select 1 from `tabLeave Application` l where l.employee = a.asked and l.docstatus = 1
		and l.status = 'Approved' and l.from_date <= %(today)s and l.to_date >= %(today)s)
		and not exists (select 1 from `tabPerformance Flow Preference` p where p.name = k.user_id
		and p.away_from <= %(today)s and p.away_until >= %(today)s
		and (p.delegate is null or p.delegate = a.assignee)))
	or (a.kind = 'Mark' and v.name is not null and m.name != ifnull(b.manager, ''))
)
order by a.event limit %(limit)s
"""


def look_after_people() -> int:
	"""Delegate, hand over and give back open steps after leaves began or ended, people left, or a line
	manager changed, however that came about. Returns how many chains were looked at."""
	last, total = "", 0
	while True:
		events = frappe.db.sql(
			_MISPLACED, {"today": times.now_site().date(), "limit": BATCH, "last": last}, pluck=True
		)
		if not events:
			return total
		last = events[-1]
		total += _each(events, _place)


def _place(event: str) -> None:
	chain = store.load(event, lock=True)
	directory = service.people_of(chain)
	owner = directory.member(chain.owner.employee) if chain.owner else None
	manager = people.find_manager(owner, directory, say)
	service.execute(
		event,
		engine.ChangeManager(
			actor=engine.SYSTEM, to=manager.member.person if manager.member else chain.manager
		),
	)
	for step in chain.open_steps():
		command = _placement(step, store.load(event), directory, manager)
		if command is not None:
			service.execute(event, command)


def _placement(
	step: Step, chain: Chain, directory: Directory, manager: people.Found
) -> engine.Command | None:
	"""The hand-over an open step needs, if any."""
	current = chain.step(step.key)
	if current is None or current.state is not StepState.OPEN:
		return None
	meant = directory.member(current.asked.employee) if current.asked else None
	cause = ReassignCause.DELEGATED
	why = ""
	if step.kind is StepKind.MARK and manager.member is not None:
		if meant is None or meant.employee != manager.member.employee:
			# whom HR named keeps the step, whoever the line manager is
			if not current.assigned:
				meant, cause, why = manager.member, ReassignCause.HANDED_OVER, manager.why
	if meant is None:
		return None
	without = []
	if step.kind is StepKind.MARK:
		# done or not: nobody marks what they gave themselves
		gave = [s.assignee for s in chain.steps if s.kind is StepKind.EVIDENCE and s.round == step.round]
		without = [p.employee for p in (chain.owner, *gave) if p]
	elif step.kind in (StepKind.CONFIRMATION, StepKind.SIGN_OFF) and chain.owner:
		without = [chain.owner.employee]
	found = people.stand_in(meant, directory, times.local_date(current.due_at), without, say)
	if found.member is None:
		return None
	if current.assignee is not None and found.member.employee == current.assignee.employee:
		return None
	if cause is ReassignCause.DELEGATED:
		if found.member.employee == meant.employee:
			cause = ReassignCause.RETURNED
		elif not meant.active:
			cause = ReassignCause.HANDED_OVER
	return engine.Reassign(
		actor=engine.SYSTEM,
		step=step.key,
		to=found.member.person,
		cause=cause,
		why="; ".join(x for x in (why, found.why) if x),
	)
