"""What an event type would have done over the last days, worked out by a worker: the whole of what the preview samples.

A run is one Backtest Run; it is claimed, carried on and ended by statements that name the state they expect, so that
whoever cancels it has the last word, and a worker that was taken for dead stops by itself. Documents are read in
batches, each a short transaction of its own that ends with a sign of life. Nothing is written but the run and its rows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import redis

import frappe
from frappe import _

from perf_flow.engine import backtest as engine
from perf_flow.engine import people
from perf_flow.engine.backtest import Ask, Change, Doubt, Need, Occasion, Tally
from perf_flow.engine.errors import FlowError
from perf_flow.engine.model import Chain, ChainState, RequirementKind, StepKind
from perf_flow.engine.people import RecipientSource
from perf_flow.engine.triggers import Repeat, Trigger
from perf_flow.flow import compat, efforts, history, observe, problems, recorder, store, times, trial
from perf_flow.flow.watch import WatchedType, compile_type

RUN = "Backtest Run"
DOCUMENT = "Backtest Document"
EVENT_TYPE = "Business Event Type"
REALTIME = "perf_flow_backtest"

DAYS = 90
MOST_DAYS = 730
BATCH = 200
STATEMENT_SECONDS = 100.0
STALE_SECONDS = 180
"""A run without a sign of life for so long is interrupted; no statement may take longer."""
WAITING_SECONDS = 3600
"""A run that no worker took up for so long is interrupted."""
TIMEOUT = 4 * 3600
KEEP_DAYS = 90
"""So long the documents behind the figures are kept; the figures stay."""
SLACK = timedelta(minutes=1)
"""Changes so soon after the moment belong to it."""

_KEPT_WORDS = (people.FIELD_EMPTY, people.NO_ROLE_HOLDER, people.NO_DEPARTMENT_HEAD)
"""The reasons whose arguments name something in the event type, and no person."""
_AWAY = (people.STANDS_IN, people.STANDS_IN_LEFT, people.MANAGER_LEFT)
"""The reasons that depend on who is away or has left today."""
_NOT_CONFIGURATION = ("enabled", "active_from", "guidance", "industry", "template")
_RELATIVE = ("timespan", "previous", "next")


class Stopped(Exception):
	"""The run is no longer the worker's: it was cancelled, or taken for dead."""


# --- beginning and ending -------------------------------------------------------------------------


def start(doc: Any, days: int) -> str:
	"""Begin a backtest of ``doc`` (a Business Event Type as the form holds it, saved or not); returns the run's name.

	Raises a translated ValidationError when there is nothing to carry out, or one of this user's is under way.
	"""
	if not 1 <= days <= MOST_DAYS:
		frappe.throw(_("Choose between 1 and {0} days.").format(MOST_DAYS))
	if missing := trial.not_chosen(doc):
		frappe.throw(missing)
	if not doc.title:
		frappe.throw(_("Give the event type a title first: runs are compared by it."))
	doc.validate_scope()
	left_out = trial.prepare_type(doc)
	try:
		compile_type(doc)
	except FlowError as e:
		frappe.throw(problems.text_of(e))
	mark_interrupted()
	if live := frappe.db.get_value(
		RUN, {"user": frappe.session.user, "state": ["in", ["Queued", "Running"]]}
	):
		frappe.throw(
			_("A backtest of yours is under way. Wait for it, or cancel it: {0}").format(
				frappe.utils.get_link_to_form(RUN, live, _("open it"))
			)
		)
	now = times.now_site()
	name = frappe.generate_hash(length=12)
	store.insert(
		RUN,
		[
			{
				"name": name,
				"event_type": str(doc.title)[:140],
				"reference_doctype": doc.reference_doctype,
				"days": days,
				"period_start": now - timedelta(days=days),
				"period_end": now,
				"state": "Queued",
				"user": frappe.session.user,
				"configuration": json.dumps(configuration(doc), default=str, ensure_ascii=False),
				"assumptions": json.dumps({"left_out": left_out}),
			}
		],
	)
	_enqueue(name)
	return name


def _enqueue(name: str) -> None:
	try:
		frappe.enqueue(
			"perf_flow.flow.backtest.carry_out",
			queue="long",
			timeout=TIMEOUT,
			run=name,
			enqueue_after_commit=True,
			job_id=f"perf_flow_backtest_{name}",
		)
	except redis.exceptions.RedisError:
		frappe.throw(_("The queue for background jobs cannot be reached. Try again later."))


def configuration(doc: Any) -> dict[str, Any]:
	"""What an event type says, without what changes nothing of its events. Rows keep their name, by which requirements
	are known."""
	kept: dict[str, Any] = {}
	for df in frappe.get_meta(EVENT_TYPE).fields:
		if df.fieldname in _NOT_CONFIGURATION or df.fieldname.startswith("sop_"):
			continue
		if df.fieldtype in frappe.model.no_value_fields and df.fieldtype not in frappe.model.table_fields:
			continue
		if df.fieldtype in frappe.model.table_fields:
			names = [
				f.fieldname
				for f in frappe.get_meta(df.options).fields
				if f.fieldtype not in frappe.model.no_value_fields
			]
			kept[df.fieldname] = [
				{f: row.get(f) for f in ("name", *names)} for row in doc.get(df.fieldname) or ()
			]
		else:
			kept[df.fieldname] = doc.get(df.fieldname)
	return kept


def without_names(kept: dict[str, Any]) -> dict[str, Any]:
	"""A configuration as it is compared: a row is what it says, not how it is called."""
	return {
		key: [{k: v for k, v in row.items() if k != "name"} for row in value]
		if isinstance(value, list)
		else value
		for key, value in kept.items()
	}


def cancel(name: str) -> bool:
	"""Cancel a run that waits or is under way; False when it had ended before. The worker stops at its next sign of
	life and takes the rows it has written with it."""
	frappe.db.sql(
		f"""update `tab{RUN}` set state = 'Cancelled', ended_at = %s
		where name = %s and state in ('Queued', 'Running')""",
		(times.now_site(), name),
	)
	done = compat.affected_rows() > 0
	if done:
		user, done_so_far, total = frappe.db.get_value(RUN, name, ["user", "done", "total"])
		_tell(name, user, "Cancelled", done_so_far, total, after_commit=True)
	return done


def state_of(row: Any) -> str:
	"""The state of a run (with state, creation and heartbeat_at) as it is shown: one without a sign of life is
	interrupted, whether or not the scheduler has come to say so."""
	now = times.now_site()
	if (
		row.state == "Running"
		and row.heartbeat_at
		and (now - row.heartbeat_at).total_seconds() > STALE_SECONDS
	):
		return "Interrupted"
	if row.state == "Queued" and (now - row.creation).total_seconds() > WAITING_SECONDS:
		return "Interrupted"
	return str(row.state)


def mark_interrupted() -> None:
	"""Say of runs whose worker died, or never came, that they are interrupted, and drop rows without a result."""
	now = times.now_site()
	frappe.db.sql(
		f"""update `tab{RUN}` set state = 'Interrupted', ended_at = %(now)s
		where (state = 'Running' and heartbeat_at < %(stale)s) or (state = 'Queued' and creation < %(waiting)s)""",
		{
			"now": now,
			"stale": now - timedelta(seconds=STALE_SECONDS),
			"waiting": now - timedelta(seconds=WAITING_SECONDS),
		},
	)


def clear_old() -> None:
	"""Drop the documents of runs that ended without a result, and of those older than KEEP_DAYS."""
	mark_interrupted()
	frappe.db.sql(
		f"""delete from `tab{DOCUMENT}` where run in (select name from `tab{RUN}`
			where state in ('Failed', 'Cancelled', 'Interrupted') or (state = 'Finished' and ended_at < %s))
		or run not in (select name from `tab{RUN}`)""",
		(times.now_site() - timedelta(days=KEEP_DAYS),),
	)


# --- the job --------------------------------------------------------------------------------------


def carry_out(run: str) -> None:
	"""The job: work a run out, unless it was cancelled or taken up before."""
	frappe.db.sql(
		f"""update `tab{RUN}` set state = 'Running', started_at = %(now)s, heartbeat_at = %(now)s
		where name = %(run)s and state = 'Queued'""",
		{"now": times.now_site(), "run": run},
	)
	taken = compat.affected_rows() > 0
	_end_batch()
	if not taken:
		return
	try:
		_work_out(run)
	except Stopped:
		_undo(run)
	except Exception as e:
		_undo(run)
		_end(run, "Failed", problem=_why(e))
		_end_batch()
		if not isinstance(e, (FlowError, trial.TooMany)):
			raise


def _why(error: Exception) -> str:
	if isinstance(error, trial.TooMany):
		return _("The database took too long over these documents. Choose fewer days, or add conditions.")
	if isinstance(error, frappe.ValidationError):
		return frappe.utils.strip_html(str(error))[:1000]
	return problems.text_of(error)[:1000]


def _undo(run: str) -> None:
	frappe.db.rollback()
	frappe.db.delete(DOCUMENT, {"run": run})
	_end_batch()


def _end_batch() -> None:
	"""End the transaction: reads are short, and what was found stays."""
	frappe.db.commit()


def _sign_of_life(run: str, user: str, done: int, events: int, total: int) -> None:
	"""Keep how far it is, and end the batch. Raises Stopped when the run is no longer to be carried on."""
	frappe.db.sql(
		f"""update `tab{RUN}` set done = %s, events = %s, total = %s, heartbeat_at = %s
		where name = %s and state = 'Running'""",
		(done, events, total, times.now_site(), run),
	)
	if not compat.affected_rows():
		raise Stopped
	_end_batch()
	_tell(run, user, "Running", done, total)


def _end(run: str, state: str, **columns: Any) -> None:
	"""End a run that is still under way. Raises Stopped when somebody else did."""
	values = {**columns, "state": state, "ended_at": times.now_site()}
	frappe.db.sql(
		f"update `tab{RUN}` set {', '.join(f'`{c}` = %({c})s' for c in values)} where name = %(run)s and state = 'Running'",
		{**values, "run": run},
	)
	if not compat.affected_rows():
		raise Stopped
	user, done, total = frappe.db.get_value(RUN, run, ["user", "done", "total"])
	_tell(run, user, state, done, total, after_commit=True)


def _tell(run: str, user: str, state: str, done: int, total: int, after_commit: bool = False) -> None:
	"""Tell whoever started it, and nobody else."""
	message = {"run": run, "state": state, "done": int(done or 0), "total": int(total or 0)}
	frappe.publish_realtime(REALTIME, message, user=user, after_commit=after_commit)


def _work_out(run: str) -> None:
	row = frappe.db.get_value(
		RUN, run, ["user", "configuration", "assumptions", "period_start", "period_end"], as_dict=True
	)
	doc = frappe.get_doc({"doctype": EVENT_TYPE, **json.loads(row.configuration)})
	trial.prepare_type(doc)
	watched = compile_type(doc)
	costs = efforts.measured()
	looking = Looking(watched, row.period_start, row.period_end, Tally(costs))
	total = looking.count()
	_sign_of_life(run, row.user, 0, 0, total)
	done = events = 0
	for names in looking.batches():
		rows = looking.look(names)
		store.insert(DOCUMENT, [{"name": frappe.generate_hash(length=12), "run": run, **r} for r in rows])
		done, events = done + len(names), events + len(rows)
		_sign_of_life(run, row.user, done, events, max(total, done))
	not_known = looking.look_around()
	figures = looking.tally.figures()
	public, named = engine.encode(figures)
	_end(
		run,
		"Finished",
		figures=public,
		people=named,
		assumptions=json.dumps(
			{
				**json.loads(row.assumptions or "{}"),
				"efforts": [asdict(e) for e in costs],
				"versions": history.keeps_versions(watched.doctype),
				"not_known": not_known,
			}
		),
		hours=round(figures.total.hours, 2),
		by_itself_percent=figures.by_itself_percent or 0,
	)
	_end_batch()


# --- looking --------------------------------------------------------------------------------------


class Looking:
	"""One type over one period (naive, site time): which documents, and what each would have been."""

	def __init__(self, watched: WatchedType, since: datetime, until: datetime, tally: Tally) -> None:
		self.watched, self.since, self.until, self.tally = watched, since, until, tally
		own = {c.fieldname for c in watched.conditions if c.doctype == watched.doctype}
		tables = {df.options: df.fieldname for df in frappe.get_meta(watched.doctype).get_table_fields()}
		own |= {tables[c.doctype] for c in watched.conditions if c.doctype in tables}
		self.conditions = frozenset(own)
		self.of_today = any(c.operator in _RELATIVE for c in watched.conditions)
		self.looked_at = self.conditions | self._other_fields()
		self.moves = history.moves(since)

	def _other_fields(self) -> set[str]:
		"""The fields that people, requirements and the date depend on."""
		watched = self.watched
		found = {watched.date_field} if watched.date_field else set()
		for rule in (*watched.recipients, *watched.collaborators):
			if rule.source is RecipientSource.FIELD:
				found.add(rule.argument.partition(".")[0])
			elif rule.source is RecipientSource.SALES_TEAM:
				found.add("sales_team")
		for configured in watched.requirements:
			found.update(c.fieldname for c in (*(configured.when or ()), *configured.state))
			if configured.requirement.fieldname:
				found.add(configured.requirement.fieldname)
		return found

	# --- which ---------------------------------------------------------------------------------

	def _scope(self) -> tuple[list[list[Any]], list[list[Any]]]:
		"""As in ``trial.scope``, but of submissions also those that older documents may have had in the period."""
		doctype = self.watched.doctype
		if self.watched.trigger is Trigger.SUBMITTED:
			since = [[doctype, "creation", ">=", self.since], [doctype, "modified", ">=", self.since]]
			return [[doctype, "docstatus", "in", [1, 2]]], since
		return trial.scope(self.watched, self.since), []

	def query(self) -> str:
		"""The SQL for the names of all documents that are looked at."""
		return trial.query(self.watched, *self._scope())

	def count(self) -> int:
		"""How many documents are looked at. Raises ``trial.TooMany``."""
		return int(
			trial.bounded(f"select count(*) from ({self.query()}) matching", seconds=STATEMENT_SECONDS)[0]
		)

	def batches(self) -> Iterator[list[Any]]:
		"""The names, BATCH at a time, by primary key: no list of all is ever held, and what is made or deleted meanwhile
		does not shift the pages."""
		doctype, after = self.watched.doctype, None
		scope, either = self._scope()
		while True:
			more = [[doctype, "name", ">", after]] if after is not None else []
			names = trial.bounded(
				trial.query(self.watched, [*scope, *more], either, first=BATCH), seconds=STATEMENT_SECONDS
			)
			if not names:
				return
			yield names
			after = names[-1]

	# --- what ----------------------------------------------------------------------------------

	def look(self, names: Sequence[Any]) -> list[dict[str, Any]]:
		"""Count these documents; returns the rows to keep of those that would have made an event."""
		self.tally.look(len(names))
		changes = history.changes_of(self.watched.doctype, names)
		docs, when = [], {}
		for doc in trial.documents(self.watched.doctype, names):
			moments = self._moments(doc, changes.get(str(doc.name), []))
			if moments:
				docs.append(doc)
				when[str(doc.name)] = moments
		with recorder.said_as(_noted):
			looked = trial.look_at(self.watched, docs)
		self.tally.doubt(Doubt.UNREADABLE, len(looked.unreadable))
		linked = self._linked([s.doc for s in looked.seen if s.chain is not None])
		rows = []
		for seen in looked.seen:
			if seen.chain is None:
				self.tally.doubt(
					Doubt.OTHER_COMPANY if seen.reason == "Other Company" else Doubt.OUTSIDE_PILOT
				)
				continue
			for moment in when[str(seen.doc.name)]:
				occasion = self._occasion(
					seen.doc, seen.chain, moment, changes.get(str(seen.doc.name), []), linked
				)
				self.tally.add(occasion)
				rows.append(_row(seen.doc, moment.at, occasion))
		return rows

	def _moments(self, doc: Any, changes: Sequence[Change]) -> list[engine.Moment]:
		watched = self.watched
		found = engine.moments_of(
			watched.trigger,
			doc.creation,
			doc.modified,
			changes,
			self.conditions,
			trial.when_of(watched, doc) if watched.trigger is Trigger.DATE else None,
			watched.repeat is Repeat.EACH_TIME,
		)
		inside = [m for m in found if self.since <= m.at <= self.until]
		if not inside and any(
			m.certainty in (engine.Certainty.WEEK, engine.Certainty.STAND_IN) for m in found
		):
			self.tally.doubt(Doubt.OLDER)
		return inside

	def _linked(self, docs: Sequence[Any]) -> dict[tuple[str, str], datetime]:
		"""For each requirement and document that a linked document satisfies, when that was made."""
		found = {}
		for configured in self.watched.requirements:
			requirement = configured.requirement
			if requirement.kind is RequirementKind.LINKED_DOCUMENT:
				for name, made in observe.first_linked(requirement, [str(d.name) for d in docs]).items():
					found[requirement.key, name] = made
		return found

	def _occasion(
		self,
		doc: Any,
		chain: Chain,
		moment: engine.Moment,
		changes: Sequence[Change],
		linked: dict[tuple[str, str], datetime],
	) -> Occasion:
		needs, later = [], False
		changed = {name for c in changes if c.at > moment.at + SLACK for name in c.fields}
		for requirement in chain.requirements:
			made = linked.get((requirement.key, str(doc.name)))
			shown = made is not None or chain.satisfied(requirement)
			later = later or (made is not None and made > moment.at + SLACK)
			later = later or (shown and requirement.fieldname in changed)
			needs.append(
				Need(
					requirement.key,
					requirement.label,
					requirement.kind,
					requirement.mandatory,
					shown,
					requirement.minimum if requirement.kind is RequirementKind.FILE else 1,
				)
			)
		asks = tuple(_ask(step, chain) for step in chain.steps)
		return Occasion(
			week=engine.monday(moment.at),
			asks=asks,
			needs=tuple(needs),
			department=chain.department,
			manager=next((a.employee for a in asks if a.kind is StepKind.MARK), ""),
			closes=chain.state is ChainState.CLOSED,
			doubts=frozenset(self._doubts(doc, chain, moment, changes, changed, later)),
		)

	def _doubts(
		self,
		doc: Any,
		chain: Chain,
		moment: engine.Moment,
		changes: Sequence[Change],
		changed: set[str],
		later: bool,
	) -> Iterator[Doubt]:
		if (of_moment := engine.doubt_of(moment)) is not None:
			yield of_moment
		watched = self.watched
		if changed and (watched.expression or not changed.isdisjoint(self.looked_at)):
			yield Doubt.VALUES_CHANGED
		elif doc.modified > moment.at + SLACK and not (changes and changes[-1].at >= doc.modified - SLACK):
			yield Doubt.PERHAPS_CHANGED
		if doc.docstatus == 2 and watched.trigger is not Trigger.CANCELLED:
			yield Doubt.CANCELLED
		if doc.get("amended_from"):
			yield Doubt.AMENDED
		if watched.date_field and any(watched.date_field in c.fields for c in changes):
			yield Doubt.DATE_MOVED
		if later:
			yield Doubt.EVIDENCE_LATER
		meant = [p.employee for p in (chain.owner, chain.manager) if p is not None]
		if any(self.moves[e] > moment.at for e in meant if e in self.moves):
			yield Doubt.MOVED_PEOPLE
		if any(template in _AWAY for step in chain.steps for template, *_args in _said(step.why)):
			yield Doubt.STOOD_IN
		if self.of_today:
			yield Doubt.OF_TODAY

	def look_around(self) -> list[str]:
		"""Count what is not among the documents any more; returns the doubts that could not be worked out in time."""
		not_known = []
		self.tally.doubt(Doubt.DELETED, history.deleted(self.watched, self.since))
		if self.conditions:
			try:
				self.tally.doubt(
					Doubt.MOVED_ON,
					history.moved_on(
						self.watched, self.query(), self.conditions, self.since, STATEMENT_SECONDS
					),
				)
			except trial.TooMany:
				not_known.append(Doubt.MOVED_ON.value)
		return not_known


def _ask(step: Any, chain: Chain) -> Ask:
	if step.assignee is not None:
		return Ask(step.kind, step.assignee.employee)
	said = step.why or ("; ".join(chain.attention) if step.kind is StepKind.EVIDENCE else "")
	return Ask(step.kind, "", _reasons(said))


# a reason as it is counted: its template, and of its arguments only those that name no person
_OPEN, _CLOSE = "\x02", "\x03"
_REASON = re.compile(f"{_OPEN}(.*?){_CLOSE}")


def _noted(template: str, *args: object) -> str:
	kept = [str(a) for a in args] if template in _KEPT_WORDS else ["…"] * len(args)
	return _OPEN + json.dumps([template, *kept], ensure_ascii=False) + _CLOSE


def _said(text: str) -> list[list[str]]:
	"""The reasons in a text, each as its template and arguments."""
	return [json.loads(found) for found in _REASON.findall(text)]


def _reasons(said: str) -> str:
	found = list(dict.fromkeys(_REASON.findall(said)))
	return f"[{', '.join(found)}]" if found else ""


def reason_in_words(kept: str) -> str:
	"""A counted reason in the reader's language."""
	if not kept:
		return _("Follows from the person concerned, who was not found")
	return "; ".join(_(template).format(*args) for template, *args in json.loads(kept))


def _row(doc: Any, at: datetime, occasion: Occasion) -> dict[str, Any]:
	"""What is kept of an event, so that its figures can be opened."""
	return {
		"reference_name": str(doc.name),
		"happened_at": at,
		"week": occasion.week,
		"department": occasion.department,
		"manager": occasion.manager,
		"asked": listed(f"{a.kind.value}:{a.employee}" for a in occasion.asked if a.employee),
		"nobody": listed(f"{a.kind.value}:{store.key_of(a.why)}" for a in occasion.asked if not a.employee),
		"shown": listed(n.key for n in occasion.needs if n.shown),
		"open": listed(n.key for n in occasion.needs if not n.shown),
		"doubts": listed(d.value for d in occasion.doubts),
		"by_itself": int(occasion.by_itself),
		"closes": int(occasion.closes),
	}


def listed(words: Iterable[str]) -> str:
	"""Words between bars, so that one of them can be looked for."""
	found = sorted(set(words))
	return f"|{'|'.join(found)}|" if found else ""
