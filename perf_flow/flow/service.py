"""Steps on a recorded event: lock, fold, decide, append, tell. The one way a chain changes after it
was recorded, for people (perf_flow.api) and for jobs alike; renamed masters, which concern all chains at
once, are noted by perf_flow.flow.follow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import frappe
from frappe import _

from perf_flow.engine import chain as engine
from perf_flow.engine.errors import FlowError, NotYours, Words
from perf_flow.engine.messages import messages
from perf_flow.engine.model import Chain
from perf_flow.engine.people import Directory, Lookup
from perf_flow.flow import outbox, past_cases, store, times
from perf_flow.flow.calendars import SiteDeadlines
from perf_flow.flow.directory import look_up

Prepare = Callable[[Chain, Directory], engine.Command | None]


def people_of(chain: Chain) -> Directory:
	"""Everybody on a chain, with everybody above them, as they are now."""
	employees = {
		p.employee for s in chain.steps for p in (s.assignee, s.asked) if p is not None and p.employee
	}
	employees |= {p.employee for p in (chain.owner, chain.manager) if p is not None and p.employee}
	return look_up([Lookup("employee", e) for e in sorted(employees)], times.now_site().date())


def execute(event: str, command: engine.Command | Prepare) -> Chain:
	"""Carry out a command on an event, in the current transaction, and return the chain after it.

	``command`` may be a function of the chain and its people, called under the lock; returning None
	means that there is nothing to do. Raises FlowError for what is refused (nothing is written then)
	and DoesNotExistError for an unknown event.
	"""
	chain = store.load(event, lock=True)
	directory = people_of(chain)
	deadlines = SiteDeadlines(chain.policy, directory, chain.company)
	if not isinstance(command, engine.Command):
		prepared = command(chain, directory)
		if prepared is None:
			return chain
		command = prepared
	facts = engine.decide(chain, command, _not_before(chain), deadlines)
	if not facts:
		return chain
	after = store.apply(chain, facts, lambda c: engine.next_ticks(c, deadlines))
	outbox.put(
		[*(outbox.message_row(m, after) for m in messages(chain, facts)), *past_cases.note(chain, after)]
	)
	outbox.wake()
	outbox.announce(after)
	return after


def _not_before(chain: Chain) -> datetime:
	"""The present; hosts' clocks differ a little, and what is decided comes after all that was before."""
	now = times.now_utc()
	return max(now, chain.updated_at + timedelta(microseconds=1)) if chain.updated_at else now


def throw(error: FlowError) -> None:
	"""Raise an engine refusal as Frappe shows it: translated, and as PermissionError where it is one."""
	kind = frappe.PermissionError if isinstance(error, NotYours) else frappe.ValidationError
	frappe.throw(_(error.template).format(*(frappe.utils.escape_html(_shown(a)) for a in error.args_)), kind)


def words(error: FlowError) -> str:
	"""An engine refusal in the reader's language, as plain text."""
	return _(error.template).format(*(_shown(a) for a in error.args_))


def _shown(argument: object) -> str:
	"""An argument of a message, translated where it is one of the flow's own words."""
	if isinstance(argument, Words):
		return ", ".join(_shown(word) for word in argument)
	# "Redo" is another word for a mark than for what an editor does
	return _(str(argument), context="Effectiveness mark")
