"""Importing a score sheet: all or nothing, once, and back as long as nothing of it was used.

A small sheet is imported within the request. A large one is handed to a worker, which does everything in one
transaction too: until it commits nobody sees anything, and whatever goes wrong leaves nothing. The run itself (DocType
Score Sheet Import) says who imported what and when, and keeps the file; it is there for the importer alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis

import frappe
from frappe import _
from frappe.utils import cint, cstr, format_datetime, now

from perf_flow.engine.errors import N_, FlowError, InvalidInput
from perf_flow.engine.evidence import clean_file_name
from perf_flow.flow import score_plan, score_types, service, store
from perf_flow.flow.score_plan import EVENT_TYPE, GOAL, KRA, TEMPLATE, GoalPlan, Plan

RUN = "Score Sheet Import"
CAUSE = "Root Cause"
AT_ONCE = 300
"""Up to so many records are made within the request."""
MOST_ATTEMPTS = 3
JOB_SECONDS = 3600
EVERY = 20
"""After so many records progress is told."""

HAS_ERRORS = N_("{0} errors keep this sheet from being imported. Nothing was made.")
NOTHING_NEW = N_("Everything on this sheet is there already. Nothing was made.")
CHANGED = N_("What would be made has changed since you looked. Look at it again, then import.")
ALREADY = N_("This sheet was already imported on {0}.")
NO_RUN = N_("There is no such import, or it is not yours.")
NOT_IMPORTED = N_("Only what was imported can be taken back.")
USED = N_("It can no longer be taken back as a whole: {0}.")
GOAL_CHANGED = N_("the goal “{0}” was changed since")
DOC_CHANGED = N_("{0} “{1}” was changed since")
TYPE_USED = N_("the event type “{0}” has business events")
TYPE_ON = N_("the event type “{0}” is switched on")
LINKED = N_("{0} “{1}” is used elsewhere")
UNEXPECTED = N_(
	"Something unexpected went wrong, and nothing was made. Tell whoever looks after the system (Error Log)."
)
GAVE_UP = N_("The worker was stopped {0} times before it came to an end. Nothing was made.")

Progress = Callable[[int, int], None]


# --- beginning ----------------------------------------------------------------------------------------------


def start(file_name: str, data: bytes, raw_options: str, seen: str, user: str) -> str:
	"""Import a sheet as it was shown (``seen`` is what the preview said it would do); returns the name of the run, which
	is finished or waits for a worker. Raises InvalidInput for whatever keeps it from being imported."""
	options = score_plan.options_of(raw_options)
	plan = score_plan.make_plan(data, options, user)
	_check(plan, seen)
	name = _note_run(file_name, data, raw_options, seen, plan, user)
	if plan.size <= AT_ONCE:
		_finish(name, plan, lambda done, total: None)
	else:
		_wake(name)
	return name


def _check(plan: Plan, seen: str) -> None:
	if plan.errors:
		raise InvalidInput(len(plan.errors), template=HAS_ERRORS)
	refuse_twice(plan)
	if not plan.size:
		raise InvalidInput(template=NOTHING_NEW)
	if plan.seen() != seen:
		raise InvalidInput(template=CHANGED)


def refuse_twice(plan: Plan) -> None:
	"""Raise InvalidInput when the same rows were imported, and not taken back."""
	if earlier := earlier_run(plan):
		raise InvalidInput(format_datetime(earlier.creation), template=ALREADY)


def earlier_run(plan: Plan) -> Any:
	"""The run that imported the same rows, if there is one that counts."""
	return frappe.db.get_value(
		RUN, {"active_key": plan.fingerprint()}, ["name", "user", "creation"], as_dict=True
	)


def _note_run(file_name: str, data: bytes, raw_options: str, seen: str, plan: Plan, user: str) -> str:
	name = frappe.generate_hash(length=20)
	moment = now()
	row = {
		"name": name,
		"creation": moment,
		"modified": moment,
		"owner": user,
		"modified_by": user,
		"user": user,
		"state": "Queued",
		"file_name": clean_file_name(file_name),
		"file_sha256": hashlib.sha256(data).hexdigest(),
		"fingerprint": plan.fingerprint(),
		"active_key": plan.fingerprint(),
		"seen": seen,
		"choices": raw_options or "{}",
		"records": plan.size,
		"notes": "\n".join(_lines(plan)),
	}
	try:
		frappe.get_doc({"doctype": RUN, **row}).db_insert()
	except (frappe.DuplicateEntryError, frappe.UniqueValidationError) as e:
		# somebody was a moment quicker with the same rows
		raise InvalidInput(format_datetime(moment), template=ALREADY) from e
	kept = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": clean_file_name(file_name),
			"attached_to_doctype": RUN,
			"attached_to_name": name,
			"attached_to_field": "file",
			"is_private": 1,
			"content": data,
		}
	).insert(ignore_permissions=True)
	store.update(RUN, name, {"file": kept.file_url})
	return name


def _lines(plan: Plan) -> Iterable[str]:
	for issue in plan.issues[:200]:
		place = f"{issue.sheet}!{issue.address}: " if issue.address else ""
		yield f"{place}{score_plan.words(issue)}"


def _wake(name: str) -> None:
	"""Hand a run to a worker once it is committed. Should the queue be away, the scheduler does it."""

	def enqueue() -> None:
		try:
			frappe.enqueue(
				"perf_flow.flow.score_import.work",
				queue="long",
				timeout=JOB_SECONDS,
				job_id=f"perf_flow_score_import::{name}",
				deduplicate=True,
				name=name,
			)
		except (redis.exceptions.RedisError, frappe.QueueOverloaded) as e:
			frappe.logger("perf_flow").warning(f"score sheet import {name} waits for the scheduler: {e}")

	if not frappe.flags.in_test:
		frappe.db.after_commit.add(enqueue)


def resume() -> None:
	"""Wake workers for what waits longer than two minutes; from the scheduler."""
	waiting = frappe.get_all(
		RUN,
		filters={
			"state": ["in", ("Queued", "Taking Back")],
			"modified": ["<", frappe.utils.add_to_date(None, minutes=-2)],
		},
		pluck="name",
	)
	for name in waiting:
		_wake(name)
	frappe.db.commit()


# --- working ------------------------------------------------------------------------------------------------


def work(name: str) -> None:
	"""What a worker does: import what is queued, or take it back, as the person who asked for it."""
	attempt = _claim(name)
	if attempt is None:
		return
	run = frappe.get_doc(RUN, name)
	frappe.set_user(run.user)
	frappe.local.lang = frappe.db.get_value("User", run.user, "language") or frappe.local.lang
	is_undo = run.state == "Taking Back"
	try:
		if attempt > MOST_ATTEMPTS:
			raise InvalidInput(MOST_ATTEMPTS, template=GAVE_UP)
		if is_undo:
			_undo(run, _teller(name))
		else:
			data = frappe.get_doc(
				"File", {"attached_to_doctype": RUN, "attached_to_name": name}
			).get_content()
			data = data.encode() if isinstance(data, str) else data
			plan = score_plan.make_plan(data, score_plan.options_of(run.choices), run.user)
			if plan.errors:
				raise InvalidInput(len(plan.errors), template=HAS_ERRORS)
			if plan.seen() != run.seen:
				raise InvalidInput(template=CHANGED)
			_finish(name, plan, _teller(name))
		frappe.db.commit()
	except FlowError as e:
		_give_up(name, service.words(e), is_undo)
	except (frappe.ValidationError, frappe.PermissionError) as e:
		_give_up(name, frappe.utils.strip_html(cstr(e)) or _(UNEXPECTED), is_undo)
	except Exception:
		frappe.db.rollback()
		frappe.log_error(title="Score sheet import", reference_doctype=RUN, reference_name=name)
		_give_up(name, _(UNEXPECTED), is_undo)
		raise
	finally:
		frappe.cache.delete_value(_progress_key(name))
	_announce(name, run.user)


def _claim(name: str) -> int | None:
	"""Take a run up, unless another worker has it; returns which attempt this is."""
	row = frappe.db.sql(
		f"select state, attempts from `tab{RUN}` where name = %s for update skip locked", name, as_dict=True
	)
	if not row or row[0].state not in ("Queued", "Taking Back"):
		return None
	attempt = cint(row[0].attempts) + 1
	store.update(RUN, name, {"attempts": attempt})
	frappe.db.commit()  # a worker that is killed has still tried
	return attempt


def _teller(name: str) -> Progress:
	user = frappe.session.user

	def tell(done: int, total: int) -> None:
		frappe.cache.set_value(
			_progress_key(name), {"done": done, "total": total}, expires_in_sec=JOB_SECONDS
		)
		frappe.publish_realtime(
			"perf_flow_score_import", {"name": name, "done": done, "total": total}, user=user
		)

	return tell


def _progress_key(name: str) -> str:
	return f"perf_flow:score_import:{name}"


def _announce(name: str, user: str) -> None:
	frappe.publish_realtime("perf_flow_score_import", {"name": name, "finished": True}, user=user)


def _give_up(name: str, message: str, is_undo: bool) -> None:
	"""Nothing of it stays; the run says why. What was to be taken back is as it was."""
	frappe.db.rollback()
	values: dict[str, Any] = {"state": "Imported" if is_undo else "Failed", "error": message[:1000]}
	if not is_undo:
		values["active_key"] = None
	store.update(RUN, name, values)
	frappe.db.commit()


def _finish(name: str, plan: Plan, tell: Progress) -> None:
	made = carry_out(plan, tell)
	store.update(
		RUN,
		name,
		{
			"state": "Imported",
			"made": json.dumps(made),
			"made_types": sum(d == EVENT_TYPE for d, _n, _m in made),
			"made_kras": sum(d == KRA for d, _n, _m in made),
			"made_goals": sum(d == GOAL for d, _n, _m in made),
			"made_comments": sum(d == TEMPLATE for d, _n, _m in made),
			"finished_at": now(),
			"error": None,
		},
	)


def carry_out(plan: Plan, tell: Progress) -> list[tuple[str, str, str]]:
	"""Make everything of a plan by the documents themselves, with the permissions of the session's user, in the current
	transaction; returns DocType, name and time of each, in the order they were made."""
	made: list[tuple[str, str, str]] = []
	total = plan.size

	def note(doc: Any) -> None:
		made.append((doc.doctype, str(doc.name), cstr(doc.modified)))
		if len(made) % EVERY == 0:
			tell(len(made), total)

	kras = dict(plan.kras)
	for title in plan.new_kras():
		doc = frappe.get_doc({"doctype": KRA, "title": title}).insert()
		kras[title] = str(doc.name)
		note(doc)
	for one in plan.new_types():
		causes = set(frappe.get_all(CAUSE, pluck="name", limit=0))
		note(frappe.get_doc(EVENT_TYPE, score_types.make(one, kras.get(one.kra))))
		for cause in frappe.get_all(
			CAUSE, filters={"name": ["not in", causes or [""]]}, pluck="name", limit=0
		):
			doc = frappe.get_doc(CAUSE, cause)
			made.append((CAUSE, cause, cstr(doc.modified)))
	with _as_data_import():
		for goal in plan.new_goals():
			note(_goal(goal, kras).insert())
	for comment in plan.new_comments():
		note(
			frappe.get_doc(
				{
					"doctype": TEMPLATE,
					"title": comment.title,
					"text": comment.text,
					"scope": plan.options.scope,
				}
			).insert()
		)
	return made


@contextmanager
def _as_data_import() -> Iterator[None]:
	"""Goals come in as by Frappe's Data Import: whether that makes business events is the setting's word, and no open
	list is told of each."""
	before = frappe.flags.in_import
	frappe.flags.in_import = True
	try:
		yield
	finally:
		frappe.flags.in_import = before


def _goal(goal: GoalPlan, kras: Mapping[str, str | None]) -> Any:
	return frappe.get_doc(
		{
			"doctype": GOAL,
			"employee": goal.employee,
			"employee_name": goal.employee_name,
			"company": goal.company,
			"goal_name": goal.goal_name,
			"kra": kras.get(goal.kra) or goal.kra or None,
			"start_date": goal.start,
			"end_date": goal.end,
			"description": goal.description,
			"perf_flow_dimension": goal.dimension,
			"perf_flow_weight": goal.weight,
			"perf_flow_target": goal.target,
			"perf_flow_source": goal.source,
		}
	)


# --- taking back --------------------------------------------------------------------------------------------


def load(name: str, user: str, *, lock: bool = False) -> Any:
	"""A run of ``user``. Raises InvalidInput for anybody else's, whether it exists or not."""
	row = frappe.db.get_value(RUN, {"name": name, "user": user}, "*", as_dict=True, for_update=lock)
	if not row:
		raise InvalidInput(template=NO_RUN)
	return row


def undo(name: str, user: str) -> None:
	"""Take everything of an import back: at once, or for many records by a worker. Raises InvalidInput when something of
	it was used or changed meanwhile; nothing is taken back then."""
	run = load(name, user, lock=True)
	if run.state != "Imported":
		raise InvalidInput(template=NOT_IMPORTED)
	refuse_used(json.loads(run.made or "[]"))
	if cint(run.records) <= AT_ONCE:
		_undo(run, lambda done, total: None)
	else:
		store.update(RUN, name, {"state": "Taking Back", "attempts": 0, "error": None})
		_wake(name)


def _undo(run: Any, tell: Progress) -> None:
	made = json.loads(run.made or "[]")
	refuse_used(made)
	order = {TEMPLATE: 0, CAUSE: 1, EVENT_TYPE: 2, GOAL: 3, KRA: 4}
	records = sorted(reversed(made), key=lambda one: order[one[0]])
	for number, (doctype, name, _moment) in enumerate(records, 1):
		if doctype == EVENT_TYPE:
			_leave_causes(name)
		try:
			frappe.delete_doc(doctype, name, ignore_missing=True)
		except frappe.LinkExistsError as e:
			raise InvalidInput(_(LINKED).format(_(doctype), name), template=USED) from e
		if number % EVERY == 0:
			tell(number, len(records))
	store.update(
		RUN,
		run.name,
		{"state": "Undone", "active_key": None, "undone_at": now(), "error": None},
	)


def _leave_causes(event_type: str) -> None:
	"""Root causes that were there before served this type as well; they no longer do."""
	for name in frappe.get_all(
		"Root Cause Event Type", filters={"event_type": event_type}, pluck="parent", distinct=True
	):
		if not frappe.db.exists(CAUSE, name):
			continue
		cause = frappe.get_doc(CAUSE, name)
		cause.set("event_types", [row for row in cause.event_types if row.event_type != event_type])
		cause.save()


def refuse_used(made: Iterable[Iterable[str]]) -> None:
	"""Raise InvalidInput, naming what, when something that was made has been changed or used since."""
	by_doctype: dict[str, dict[str, str]] = {}
	for doctype, name, moment in made:
		by_doctype.setdefault(doctype, {})[name] = moment
	said: list[str] = []
	for doctype, records in by_doctype.items():
		title = "goal_name" if doctype == GOAL else "title"
		rows = frappe.get_all(
			doctype, filters={"name": ["in", list(records)]}, fields=["name", "modified", title], limit=0
		)
		for row in rows:
			if cstr(row.modified) != records[row.name]:
				template = GOAL_CHANGED if doctype == GOAL else DOC_CHANGED
				args = (row[title],) if doctype == GOAL else (_(doctype), row[title])
				said.append(_(template).format(*args))
	types = list(by_doctype.get(EVENT_TYPE, {}))
	if types:
		used = frappe.get_all(
			store.EVENT, filters={"event_type": ["in", types]}, pluck="event_type", distinct=True
		)
		said += [_(TYPE_USED).format(name) for name in used]
		on = frappe.get_all(EVENT_TYPE, filters={"name": ["in", types], "enabled": 1}, pluck="name")
		said += [_(TYPE_ON).format(name) for name in on]
	if said:
		shown = "; ".join(said[:5]) + ("; …" if len(said) > 5 else "")
		raise InvalidInput(shown, template=USED)


def progress(name: str) -> dict[str, int] | None:
	"""How far a worker is with a run: ``done`` of ``total``; None when it has not begun or is through."""
	return frappe.cache.get_value(_progress_key(name), expires=True)
