"""Where the lines of a behaviour snapshot come from: a table of sources, each read with the reader's
permissions.

A source is configuration (which DocType, which field names the person and the time) and a function from a row
to a line. Rows come from Frappe's permission-checked lists, newest first, so many at most. What hangs on
documents (comments, messages) is there for whoever may read the document, as on the desk: the conditions of
that list stand in the query. Whatever the number of rows, a source asks the same number of statements.

Nothing about somebody is shown to others that they could not see themselves: for another reader, a row counts
only if the person may read it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any

import frappe
from frappe import _
from frappe.model import get_permitted_fields
from frappe.model.db_query import DatabaseQuery
from frappe.utils import cint, flt, get_datetime, strip_html

from perf_flow.engine.errors import N_, ConfigurationError
from perf_flow.engine.snapshot import Kind, Line, Measure, Said, plain
from perf_flow.flow import store

SETTINGS = "Performance Flow Settings"
CUSTOM = "Behaviour Snapshot Source"
TITLE = 120
"""So many characters of a title or a first sentence are shown."""
MANY = 500
"""So many issues are looked at for answers and solutions, the newest ones."""
_STANDARD = ("owner", "modified_by", "creation", "modified", "name")
_OWN = "Perf Flow"


@dataclass(frozen=True, slots=True)
class Asked:
	"""Whose lines, of which days (both included), for whom, and how many of each source at most."""

	employee: str
	user: str
	first: date
	last: date
	reader: str
	limit: int

	@property
	def start(self) -> datetime:
		"""The beginning of the period (site time)."""
		return datetime.combine(self.first, time.min)

	@property
	def end(self) -> datetime:
		"""The moment after the period."""
		return datetime.combine(self.last + timedelta(days=1), time.min)

	@property
	def both(self) -> tuple[str, ...]:
		"""Who must be able to read a row: the reader, and the person, if they have a login."""
		return tuple(dict.fromkeys((self.reader, self.user))) if self.user else (self.reader,)


@dataclass(frozen=True, slots=True)
class Found:
	"""The lines of a source; ``more``: there are older ones beyond the limit."""

	lines: list[Line] = field(default_factory=list)
	more: bool = False


@dataclass(frozen=True, slots=True)
class Part:
	"""What a row says: the words, and the facts of a line beside document and time. ``of``: the document
	that the line leads to, if it is not the row itself."""

	said: Said
	facts: dict[str, Any] = field(default_factory=dict)
	of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Source:
	"""A place that lines come from. ``key`` names its switch in the settings (``snapshot_KEY``); ``title``
	is what the switch is called; ``doctypes`` are what it cannot be read without."""

	key: str
	title: str
	kind: Kind
	doctypes: tuple[str, ...]
	read: Callable[[Asked], Found]


# --- who may read what --------------------------------------------------------------------------------------


def exists(doctype: str) -> bool:
	"""Whether the site has this kind of document, with rows of its own."""
	if not doctype or not frappe.db.exists("DocType", doctype, cache=True):
		return False
	meta = frappe.get_meta(doctype)
	return not (meta.issingle or meta.istable or meta.get("is_virtual"))


def condition(doctype: str, user: str) -> str | None:
	"""SQL: the rows of a DocType which ``user`` may read, as their list of it; "" for all, None for none."""
	if not exists(doctype) or not frappe.has_permission(doctype, "read", user=user):
		return None
	query = DatabaseQuery(doctype, user=user)
	try:
		match = query.build_match_conditions()
	except frappe.PermissionError:
		return None
	# for somebody who reads only what was shared with them, Frappe says that beside the match conditions
	return " and ".join(f"({part})" for part in (match, *query.conditions) if part)


def readable(doctype: str, names: Iterable[Any], user: str) -> set[Any]:
	"""Those of the documents which ``user`` may read; one statement."""
	names = sorted(set(names))
	if not names or not frappe.has_permission(doctype, "read", user=user):
		return set()
	rows = DatabaseQuery(doctype, user=user).execute(
		user=user, fields=["name"], filters={"name": ["in", names]}, limit=0, order_by=None
	)
	found = {row.name for row in rows}
	if _asks_each(doctype):
		found = {name for name in found if frappe.has_permission(doctype, "read", doc=name, user=user)}
	return found


def _asks_each(doctype: str) -> bool:
	"""Whether an app decides about single documents of this kind and leaves lists as they are: then each
	document is asked about."""
	return bool(
		frappe.get_hooks("has_permission").get(doctype)
		and not frappe.get_hooks("permission_query_conditions").get(doctype)
	)


def _fields_readable(doctype: str, fields: Iterable[str]) -> bool:
	"""Whether the session's user may read these fields: Frappe filters by a hidden field all the same."""
	known: dict[str, set[str]] = {}
	for of, name in (_place(doctype, one) for one in fields):
		if of not in known:
			parent = doctype if of != doctype else None
			permitted = get_permitted_fields(of, parenttype=parent, ignore_virtual=True)
			known[of] = {*permitted, *_STANDARD}
		if name not in known[of]:
			return False
	return True


# --- lists of documents -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
	"""Documents that name the person: ``who`` is the field, ``by`` what it holds (a login, an Employee),
	``when`` the field with the time. ``filters`` as for lists; ``fields`` are those that ``line`` needs. A
	field of a table is written ``table.field``. ``saved``: nothing is dated later than it was saved last,
	so that the index on that helps."""

	doctype: str
	who: str
	when: str
	line: Callable[[Any], Part]
	by: str = "user"
	saved: bool = False
	filters: tuple[tuple[Any, ...], ...] = ()
	fields: tuple[str, ...] = ()


def listed(source: str, kind: Kind, what: Documents) -> Callable[[Asked], Found]:
	"""A reader of documents, by the reader's own list of them."""
	return lambda asked: _rows(asked, source, kind, what)


def _rows(asked: Asked, source: str, kind: Kind, what: Documents) -> Found:
	person = asked.employee if what.by == "employee" else asked.user
	if not person or not frappe.has_permission(what.doctype, "read"):
		return Found()
	if not _fields_readable(what.doctype, (what.who, what.when, *what.fields)):
		return Found()
	# several rows of a table can be of one document
	table = what.when.split(".")[0] if "." in what.when else ""
	rows = frappe.get_list(
		what.doctype,
		filters=[
			_filter(what.doctype, what.who, "=", person),
			_filter(what.doctype, what.when, ">=", asked.start),
			_filter(what.doctype, what.when, "<", asked.end),
			*([_filter(what.doctype, "modified", ">=", asked.start)] if what.saved else []),
			*(_filter(what.doctype, *one) for one in what.filters),
		],
		fields=[
			"name",
			*([f"{table}.name as row_name"] if table else []),
			*(_selected(name) for name in dict.fromkeys((what.when, *what.fields))),
		],
		order_by=f"{_ordered_by(what.doctype, what.when)} desc, `tab{what.doctype}`.`name` desc",
		limit=asked.limit + 1,
		ignore_ifnull=True,
	)
	kept = {row.name for row in rows}
	for user in asked.both if _asks_each(what.doctype) else asked.both[1:]:
		kept &= readable(what.doctype, kept, user)
	lines = []
	for row in rows[: asked.limit]:
		moment = row.get(_plain_name(what.when))
		if row.name not in kept or not moment:
			continue
		part = what.line(row)
		doctype, name = part.of or (what.doctype, str(row.name))
		lines.append(
			Line(
				key=f"{source}:{row.row_name or row.name}",
				source=source,
				kind=kind,
				said=part.said,
				at=get_datetime(moment),
				doctype=doctype,
				name=name,
				**part.facts,
			)
		)
	return Found(lines, len(rows) > asked.limit)


def _plain_name(name: str) -> str:
	return name.replace(".", "_")


def _selected(name: str) -> str:
	return f"{name} as {_plain_name(name)}" if "." in name else name


def _place(doctype: str, name: str) -> tuple[str, str]:
	"""The DocType and field that a name stands for: of the document, or of the rows of a table."""
	if "." not in name:
		return doctype, name
	table, fieldname = name.split(".", 1)
	return frappe.get_meta(doctype).get_field(table).options, fieldname


def _filter(doctype: str, name: str, operator: str, value: Any) -> list[Any]:
	return [*_place(doctype, name), operator, value]


def _ordered_by(doctype: str, name: str) -> str:
	of, fieldname = _place(doctype, name)
	return f"`tab{of}`.`{fieldname}`"


# --- words --------------------------------------------------------------------------------------------------


def short(text: Any) -> str:
	"""The beginning of a text, without markup, in one line."""
	words = " ".join(unescape(strip_html(str(text or ""))).split())
	return words if len(words) <= TITLE else words[: TITLE - 1].rstrip() + "…"


def document(doctype: str | None, name: str | None) -> str:
	"""How a document is called for the reader."""
	return f"{_(doctype)} {name}" if doctype and name else str(name or "")


def _due(value: Any) -> dict[str, Any]:
	return {"due": get_datetime(value)} if value else {}


def _task(row: Any) -> Part:
	return Part(Said(N_("completed the task “{0}”"), (short(row.subject),)), _due(row.exp_end_date))


def _todo(row: Any) -> Part:
	if row.reference_type and row.reference_name:
		said = Said(
			N_("finished the to-do “{0}” on {1}"),
			(short(row.description), document(row.reference_type, row.reference_name)),
		)
	else:
		said = Said(N_("finished the to-do “{0}”"), (short(row.description),))
	return Part(said, _due(row.date))


def _quality_review(row: Any) -> Part:
	return Part(Said(N_("reviewed the quality goal “{0}”: {1}"), (row.goal or "", _(row.status or ""))))


def _inspection(row: Any) -> Part:
	return Part(
		Said(
			N_("inspected “{0}” ({1}): {2}"),
			(row.item_name or row.item_code or "", _(row.inspection_type or ""), _(row.status or "")),
		)
	)


def _quality_action(row: Any) -> Part:
	return Part(
		Said(N_("resolved “{0}” in the quality action {1}"), (short(row.resolutions_problem), row.name))
	)


def _feedback(row: Any) -> Part:
	return Part(Said(N_("gave performance feedback to “{0}”"), (row.employee_name or row.employee or "",)))


def _procedure(row: Any) -> Part:
	return Part(Said(N_("wrote the quality procedure “{0}”"), (row.quality_procedure_name or row.name,)))


def _meeting(row: Any) -> Part:
	return Part(Said(N_("recorded the quality meeting {0}"), (row.name,)))


def _non_conformance(row: Any) -> Part:
	return Part(Said(N_("reported the non-conformance “{0}”"), (short(row.subject),)))


def _article(row: Any) -> Part:
	return Part(Said(N_("wrote the article “{0}”"), (short(row.title),)))


def _time_entry(row: Any) -> Part:
	project = row.time_logs_project_name or row.time_logs_project
	activity = _(row.time_logs_activity_type) if row.time_logs_activity_type else ""
	on = " · ".join(part for part in (project, activity) if part)
	hours = flt(row.time_logs_hours)
	if on:
		said = Said(N_("worked {0} h on “{1}”"), (plain(hours), on))
	else:
		said = Said(N_("worked {0} h"), (plain(hours),))
	return Part(said, {"hours": hours, "activity": on})


# --- business events ----------------------------------------------------------------------------------------

_STEP_FIELDS = (
	"event",
	"kind",
	"event_type",
	"reference_doctype",
	"reference_name",
	"employee_name",
	"due_at",
	"result",
)


def _step(row: Any) -> Part:
	on = (_(row.event_type or ""), document(row.reference_doctype, row.reference_name))
	if row.kind == "Sign-off":
		said = Said(N_("signed the evidence for “{0}”, {1}"), on)
	elif row.kind == "Mark":
		said = Said(N_("marked the evidence of “{2}” for “{0}”, {1}"), (*on, row.employee_name or ""))
	elif row.kind == "Confirmation":
		impacts = "/".join(_(one, context="Impact") for one in (row.result or "").split(", ") if one)
		said = Said(N_("confirmed the impact of “{0}”, {1}: {2}"), (*on, impacts))
	else:
		said = Said(N_("gave the evidence for “{0}”, {1}"), on)
	return Part(said, _due(row.due_at), (store.EVENT, row.event))


def _received(row: Any) -> Part:
	on = (_(row.event_type or ""), document(row.reference_doctype, row.reference_name))
	mark = _(row.result or "", context="Effectiveness mark")
	said = Said(N_("received the mark “{2}” for “{0}”, {1}"), (*on, mark))
	return Part(said, of=(store.EVENT, row.event))


STEPS = Documents(
	doctype=store.ACTION,
	who="done_by",
	when="done_at",
	filters=(("state", "=", "Done"), ("practice", "=", 0)),
	fields=_STEP_FIELDS,
	line=_step,
)
MARKS = Documents(
	doctype=store.ACTION,
	who="employee",
	by="employee",
	when="done_at",
	filters=(("state", "=", "Done"), ("kind", "=", "Mark"), ("practice", "=", 0)),
	fields=_STEP_FIELDS,
	line=_received,
)


def _of_events(source: str, what: Documents) -> Callable[[Asked], Found]:
	"""Steps lead to their event, which must be readable and stand: what became void speaks of nobody."""

	def read(asked: Asked) -> Found:
		found = _rows(asked, source, Kind.EVENT, what)
		if not found.lines:
			return found
		events = frappe.get_list(
			store.EVENT,
			filters={
				"name": ["in", sorted({line.name for line in found.lines})],
				"state": ["!=", "Void"],
				"practice": 0,
			},
			pluck="name",
			limit=0,
			order_by=None,
		)
		standing = set(events)
		return Found([line for line in found.lines if line.name in standing], found.more)

	return read


# --- what hangs on documents --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
	"""Rows of ``doctype`` that hang on other documents: the person is their owner, ``when`` the column
	with the time, ``text`` the one with the words, ``only`` more conditions (SQL on the alias ``c``)."""

	doctype: str
	when: str
	text: str
	only: str
	template: str


COMMENTS = Attached(
	doctype="Comment",
	when="creation",
	text="content",
	only="c.comment_type = 'Comment'",
	template=N_("commented on {0}: “{1}”"),
)
MESSAGES = Attached(
	doctype="Communication",
	when="communication_date",
	text="subject",
	only="c.communication_type = 'Communication' and c.sent_or_received = 'Sent'",
	template=N_("wrote a message on {0}: “{1}”"),
)


def attached(source: str, kind: Kind, what: Attached) -> Callable[[Asked], Found]:
	"""A reader of comments or messages: those on documents which may be read."""

	def read(asked: Asked) -> Found:
		if not asked.user:
			return Found()
		values = {"user": asked.user, "start": asked.start, "end": asked.end}
		# a row is saved when it is made, or later; that has an index
		within = f"c.modified >= %(start)s and c.`{what.when}` >= %(start)s and c.`{what.when}` < %(end)s"
		where = f"c.owner = %(user)s and {within} and {what.only}"
		# the table is gone through once: the permissions are asked of what was found
		own = frappe.db.sql(
			f"select c.name, c.reference_doctype from `tab{what.doctype}` c where {where}", values
		)
		doctypes = sorted({doctype for _name, doctype in own if doctype})
		allowed = [one for one in (_hangs_on(doctype, asked) for doctype in doctypes) if one]
		if not allowed:
			return Found()
		rows = frappe.db.sql(
			f"""select c.name, c.reference_doctype, c.reference_name, c.`{what.when}` as moment,
				left(c.`{what.text}`, 2000) as text
			from `tab{what.doctype}` c where c.name in %(names)s and ({" or ".join(allowed)})
			order by c.`{what.when}` desc, c.name desc limit %(limit)s""",
			{"names": tuple(name for name, _doctype in own), "limit": asked.limit + 1},
			as_dict=True,
		)
		lines = [
			Line(
				key=f"{source}:{row.name}:1",
				source=source,
				kind=kind,
				said=Said(
					what.template, (document(row.reference_doctype, row.reference_name), short(row.text))
				),
				at=row.moment,
				doctype=row.reference_doctype,
				name=row.reference_name,
			)
			for row in rows[: asked.limit]
		]
		return Found(lines, len(rows) > asked.limit)

	return read


def _hangs_on(doctype: str, asked: Asked) -> str | None:
	"""SQL on the alias ``c``: it hangs on a document of this kind which all who must may read. None for no
	document. The app's own documents have lines of their own."""
	if not exists(doctype) or frappe.get_meta(doctype).module == _OWN or _asks_each(doctype):
		return None
	conditions = [condition(doctype, user) for user in asked.both]
	if None in conditions:
		return None
	table = f"`tab{doctype}`"
	may = "".join(f" and ({one})" for one in conditions if one).replace("%", "%%")
	return (
		f"(c.reference_doctype = {frappe.db.escape(doctype, percent=False).replace('%', '%%')}"
		f" and exists (select 1 from {table} where {table}.name = c.reference_name{may}))"
	)


# --- issues -------------------------------------------------------------------------------------------------

ISSUE = "Issue"
_ISSUE_FIELDS = (
	"name",
	"subject",
	"status",
	"creation",
	"opening_date",
	"opening_time",
	"response_by",
	"first_responded_on",
	"first_response_time",
	"resolution_time",
)
ANSWERED = N_("gave the first answer to the issue “{0}”")
SOLVED = N_("solved the issue “{0}”")


def _issues(asked: Asked) -> Found:
	"""The first answers that the person sent, and what they solved. Who is asked about an issue says its
	assignment; without any, whoever answered first."""
	if not asked.user or not frappe.has_permission(ISSUE, "read"):
		return Found()
	meta = frappe.get_meta(ISSUE)
	# version 15 called the times of a solution otherwise before its service level agreements did
	solved_on, solve_by = (
		("sla_resolution_date", "sla_resolution_by")
		if meta.has_field("sla_resolution_date")
		else ("resolution_date", "resolution_by")
	)
	fields = (*_ISSUE_FIELDS, solved_on, solve_by)
	if not _fields_readable(ISSUE, fields):
		return Found()
	may = [condition(ISSUE, user) for user in asked.both]
	if None in may:
		return Found()
	only = "".join(f" and ({one})" for one in may if one).replace("%", "%%")
	answered, assigned = _own_issues(asked.user)
	candidates = {*answered, *assigned}
	if not candidates:
		return Found()

	def within(column: str) -> str:
		return f"({column} >= %(start)s and {column} < %(end)s)"

	issue = "`tabIssue`"
	names = frappe.db.sql(
		f"""select {issue}.name from {issue}
		where {issue}.name in %(candidates)s and ({issue}.name in %(now)s
			or {within(f"{issue}.first_responded_on")} or {within(f"{issue}.`{solved_on}`")}) {only}
		order by coalesce({issue}.`{solved_on}`, {issue}.first_responded_on, {issue}.modified) desc, {issue}.name desc
		limit %(many)s""",
		{
			"candidates": tuple(candidates),
			"now": tuple(name for name, last in answered.items() if last >= asked.start) or ("",),
			"start": asked.start,
			"end": asked.end,
			"many": MANY,
		},
		pluck=True,
	)
	if not names:
		return Found()
	rows = frappe.get_list(
		ISSUE, filters={"name": ["in", names]}, fields=list(fields), limit=0, order_by=None
	)
	if _asks_each(ISSUE):
		kept = set.intersection(*(readable(ISSUE, names, user) for user in asked.both))
		rows = [row for row in rows if row.name in kept]
	first = _first_answers([row.name for row in rows])
	given_to = _assigned([row.name for row in rows])
	lines: list[Line] = []
	for row in rows:
		lines.extend(
			_of_issue(row, asked, first.get(row.name), given_to.get(row.name, set()), solved_on, solve_by)
		)
	lines = [line for line in lines if asked.start <= line.at < asked.end]
	lines.sort(key=lambda line: (line.at, line.key), reverse=True)
	return Found(lines[: asked.limit], len(lines) > asked.limit or len(names) == MANY)


def _own_issues(user: str) -> tuple[dict[str, datetime], set[str]]:
	"""The issues that somebody answered, each with the time of their last message, and those that were given to
	them."""
	answered = frappe.db.sql(
		"""select reference_name, max(communication_date) from `tabCommunication`
		where reference_doctype = 'Issue' and owner = %s and sent_or_received = 'Sent'
			and communication_type = 'Communication' and communication_date is not null
		group by reference_name""",
		(user,),
	)
	assigned = frappe.db.sql(
		"""select distinct reference_name from `tabToDo`
		where reference_type = 'Issue' and allocated_to = %s and status != 'Cancelled'""",
		(user,),
		pluck=True,
	)
	return dict(answered), set(assigned)


def _first_answers(names: Sequence[str]) -> dict[str, tuple[str, datetime]]:
	"""Who sent the first answer to each issue, and when."""
	found: dict[str, tuple[str, datetime]] = {}
	for name, owner, moment in frappe.db.sql(
		"""select reference_name, owner, communication_date from `tabCommunication`
		where reference_doctype = 'Issue' and reference_name in %(names)s and sent_or_received = 'Sent'
			and communication_type = 'Communication' and communication_date is not null
		order by communication_date, creation, name""",
		{"names": tuple(names) or ("",)},
	):
		found.setdefault(name, (owner, moment))
	return found


def _assigned(names: Sequence[str]) -> dict[str, set[str]]:
	"""Whom each issue was assigned to, also those whose assignment is done."""
	found: dict[str, set[str]] = {}
	for name, user in frappe.db.sql(
		"""select reference_name, allocated_to from `tabToDo` where reference_type = 'Issue'
		and reference_name in %(names)s and status != 'Cancelled' and allocated_to is not null""",
		{"names": tuple(names) or ("",)},
	):
		found.setdefault(name, set()).add(user)
	return found


def _of_issue(
	row: Any,
	asked: Asked,
	answer: tuple[str, datetime] | None,
	assigned: set[str],
	solved_on: str,
	solve_by: str,
) -> Iterable[Line]:
	opened = row.creation
	if row.opening_date:
		opened = datetime.combine(row.opening_date, time.min) + (row.opening_time or timedelta(0))
	common = {"source": "issues", "kind": Kind.ISSUE, "doctype": ISSUE, "name": row.name}
	title = (short(row.subject),)
	responded = answer[1] if answer else row.first_responded_on
	# without a message, an answer is known by its time alone: it is theirs if nobody else was asked
	responder = answer[0] if answer else (asked.user if assigned == {asked.user} else None)
	if responded and responder == asked.user:
		yield Line(
			key=f"issues:{row.name}:response",
			said=Said(ANSWERED, title),
			at=responded,
			took=_took(row.first_response_time, opened, responded),
			measure=Measure.RESPONSE,
			**_due(row.response_by),
			**common,
		)
	solved = row[solved_on]
	solver = asked.user in assigned if assigned else (answer is not None and answer[0] == asked.user)
	if solved and solver and row.status in ("Resolved", "Closed"):
		yield Line(
			key=f"issues:{row.name}:solution",
			said=Said(SOLVED, title),
			at=solved,
			took=_took(row.resolution_time, opened, solved),
			measure=Measure.RESOLUTION,
			**_due(row[solve_by]),
			**common,
		)


def _took(seconds: Any, opened: datetime, done: datetime) -> timedelta:
	"""The time that ERPNext counted by the service level agreement; without one, what passed."""
	return timedelta(seconds=flt(seconds)) if flt(seconds) > 0 else max(done - opened, timedelta(0))


# --- the table ----------------------------------------------------------------------------------------------


def _source(key: str, title: str, kind: Kind, what: Documents, *more: str) -> Source:
	return Source(key, title, kind, (what.doctype, *more), listed(key, kind, what))


def _made(doctype: str, line: Callable[[Any], Part], *fields: str) -> Documents:
	"""Documents that somebody made."""
	return Documents(doctype=doctype, who="owner", when="creation", saved=True, fields=fields, line=line)


SOURCES: tuple[Source, ...] = (
	Source(
		"steps",
		N_("Evidence, sign-offs, marks and confirmations given"),
		Kind.EVENT,
		(store.ACTION,),
		_of_events("steps", STEPS),
	),
	Source("marks", N_("Marks received"), Kind.EVENT, (store.ACTION,), _of_events("marks", MARKS)),
	_source(
		"tasks",
		N_("Tasks completed"),
		Kind.TASK,
		Documents(
			doctype="Task",
			who="completed_by",
			when="completed_on",
			saved=True,
			filters=(("status", "=", "Completed"),),
			fields=("subject", "exp_end_date"),
			line=_task,
		),
	),
	_source(
		"todos",
		N_("To-dos finished"),
		Kind.TASK,
		Documents(
			doctype="ToDo",
			who="allocated_to",
			# the moment of closing is not kept; a closed to-do is hardly ever saved again
			when="modified",
			filters=(("status", "=", "Closed"),),
			fields=("description", "date", "reference_type", "reference_name"),
			line=_todo,
		),
	),
	Source(
		"issues",
		N_("Issues answered and solved"),
		Kind.ISSUE,
		(ISSUE, "ToDo", "Communication"),
		_issues,
	),
	Source(
		"messages",
		N_("Messages sent on documents"),
		Kind.MESSAGE,
		("Communication",),
		attached("messages", Kind.MESSAGE, MESSAGES),
	),
	Source(
		"comments",
		N_("Comments on documents"),
		Kind.REVIEW,
		("Comment",),
		attached("comments", Kind.REVIEW, COMMENTS),
	),
	_source(
		"quality_reviews",
		N_("Quality reviews"),
		Kind.REVIEW,
		Documents(
			doctype="Quality Review",
			who="owner",
			when="date",
			filters=(("status", "!=", "Open"),),
			fields=("goal", "status"),
			line=_quality_review,
		),
	),
	_source(
		"inspections",
		N_("Quality inspections"),
		Kind.REVIEW,
		Documents(
			doctype="Quality Inspection",
			who="inspected_by",
			when="report_date",
			filters=(("docstatus", "=", 1),),
			fields=("item_code", "item_name", "inspection_type", "status"),
			line=_inspection,
		),
	),
	_source(
		"quality_actions",
		N_("Quality actions resolved"),
		Kind.REVIEW,
		Documents(
			doctype="Quality Action",
			who="resolutions.responsible",
			when="resolutions.modified",
			filters=(("resolutions.status", "=", "Completed"),),
			fields=("resolutions.problem",),
			line=_quality_action,
		),
	),
	_source(
		"feedback",
		N_("Performance feedback given"),
		Kind.REVIEW,
		Documents(
			doctype="Employee Performance Feedback",
			who="reviewer",
			by="employee",
			when="added_on",
			filters=(("docstatus", "=", 1),),
			fields=("employee", "employee_name"),
			line=_feedback,
		),
	),
	_source(
		"procedures",
		N_("Quality procedures written"),
		Kind.QUALITY,
		_made("Quality Procedure", _procedure, "quality_procedure_name"),
	),
	_source("meetings", N_("Quality meetings recorded"), Kind.QUALITY, _made("Quality Meeting", _meeting)),
	_source(
		"non_conformances",
		N_("Non-conformances reported"),
		Kind.QUALITY,
		_made("Non Conformance", _non_conformance, "subject"),
	),
	_source(
		"articles", N_("Help articles written"), Kind.KNOWLEDGE, _made("Help Article", _article, "title")
	),
	_source("wiki", N_("Wiki pages written"), Kind.KNOWLEDGE, _made("Wiki Page", _article, "title")),
	_source(
		"timesheets",
		N_("Hours of timesheets"),
		Kind.TIME,
		Documents(
			doctype="Timesheet",
			who="employee",
			by="employee",
			when="time_logs.from_time",
			filters=(("docstatus", "=", 1),),
			fields=(
				"time_logs.hours",
				"time_logs.project",
				"time_logs.project_name",
				"time_logs.activity_type",
			),
			line=_time_entry,
		),
	),
)
"""What the app knows by itself. Another kind of documents needs a row in the settings and no code; another
way of reading (a connected chat, say) needs a line here and a function from Asked to Found."""


# --- what administrators add --------------------------------------------------------------------------------

RECORDED = N_("recorded {0} “{1}”")


def check(row: Any) -> None:
	"""Raise ConfigurationError for a row of the settings that cannot be read."""
	doctype = row.document_type
	if not exists(doctype):
		raise ConfigurationError(
			doctype,
			template=N_(
				"“{0}” has no documents of its own. Choose a DocType that is no table and no settings page."
			),
		)
	if frappe.get_meta(doctype).module == _OWN:
		raise ConfigurationError(
			doctype,
			template=N_(
				"“{0}” belongs to Performance Flow and is looked at already. Choose another DocType."
			),
		)
	if _holds(doctype, row.person_field) is None:
		raise ConfigurationError(
			row.person_field or "",
			doctype,
			template=N_(
				"“{0}” names no person on {1}: choose a field that links to Employee or User, or who made it."
			),
		)
	if row.date_field not in ("creation", "modified") and not _is_a(
		doctype, row.date_field, "Date", "Datetime"
	):
		raise ConfigurationError(
			row.date_field or "",
			doctype,
			template=N_("“{0}” is no date or time on {1}: choose the field that says when it was done."),
		)
	if (
		row.title_field
		and row.title_field != "name"
		and not frappe.get_meta(doctype).has_field(row.title_field)
	):
		raise ConfigurationError(
			row.title_field,
			doctype,
			template=N_("There is no field “{0}” on {1}: choose another title, or none."),
		)


def _holds(doctype: str, fieldname: str | None) -> str | None:
	"""Whether a field holds a login ("user") or an Employee ("employee")."""
	if fieldname in ("owner", "modified_by"):
		return "user"
	df = frappe.get_meta(doctype).get_field(fieldname) if fieldname else None
	if not df or df.fieldtype != "Link" or df.get("is_virtual"):
		return None
	return {"User": "user", "Employee": "employee"}.get(df.options)


def _is_a(doctype: str, fieldname: str | None, *fieldtypes: str) -> bool:
	df = frappe.get_meta(doctype).get_field(fieldname) if fieldname else None
	return bool(df and df.fieldtype in fieldtypes and not df.get("is_virtual"))


def choices(doctype: str) -> dict[str, list[dict[str, str]]]:
	"""The fields of a DocType that can name the person, the time and the title."""
	meta = frappe.get_meta(doctype)

	def told(fields: Iterable[Any]) -> list[dict[str, str]]:
		return [
			{"value": df.fieldname, "label": f"{_(df.label or df.fieldname)} ({df.fieldname})"}
			for df in fields
		]

	def standard(*names: str) -> list[dict[str, str]]:
		labels = {
			"owner": _("Created By"),
			"modified_by": _("Last Updated By"),
			"creation": _("Created On"),
			"modified": _("Last Updated On"),
		}
		return [{"value": name, "label": f"{labels[name]} ({name})"} for name in names]

	shown = [df for df in meta.fields if not df.get("is_virtual")]
	return {
		"person_field": [
			*told(df for df in shown if df.fieldtype == "Link" and df.options in ("User", "Employee")),
			*standard("owner", "modified_by"),
		],
		"date_field": [
			*told(df for df in shown if df.fieldtype in ("Date", "Datetime")),
			*standard("creation", "modified"),
		],
		"title_field": told(
			df
			for df in shown
			if df.fieldtype in ("Data", "Small Text", "Text", "Link", "Select", "Text Editor")
		),
	}


def _custom(row: Any) -> Source:
	title_field = row.title_field or frappe.get_meta(row.document_type).get_title_field()

	def line(found: Any) -> Part:
		return Part(Said(RECORDED, (_(row.document_type), short(found.get(title_field)) or found.name)))

	key = f"custom_{row.name}"
	submittable = cint(frappe.get_meta(row.document_type).is_submittable)
	what = Documents(
		doctype=row.document_type,
		who=row.person_field,
		by=_holds(row.document_type, row.person_field) or "user",
		when=row.date_field,
		saved=row.date_field == "creation",
		filters=(("docstatus", "=", 1),) if submittable else (),
		fields=(title_field,) if title_field != "name" else (),
		line=line,
	)
	kind = Kind((row.kind or "Other").lower())
	return Source(key, row.document_type, kind, (row.document_type,), listed(key, kind, what))


def active() -> list[Source]:
	"""The sources that are switched on and can be read on this site, in the order of the table. A row of
	the settings whose DocType or field is gone is left out."""
	settings = frappe.get_cached_doc(SETTINGS)
	found = [
		source
		for source in SOURCES
		if cint(settings.get(f"snapshot_{source.key}")) and all(exists(one) for one in source.doctypes)
	]
	for row in settings.get("snapshot_sources") or ():
		if not row.enabled:
			continue
		try:
			check(row)
		except ConfigurationError:
			continue
		found.append(_custom(row))
	return found
