"""A score sheet on this site: what would be made of it, what is there already, and what stands in the way.

Reads and writes nothing. Everything is looked up with the permissions of the session's user: people of other companies
are as unknown here as people who do not exist.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import frappe
from frappe import _
from frappe.utils import cstr, escape_html, getdate

from perf_flow.access.people import is_among, viewer
from perf_flow.engine.errors import N_, FlowError, InvalidInput, Words
from perf_flow.engine.score_sheet import (
	Choices,
	Comment,
	Entry,
	Grid,
	Issue,
	Period,
	Person,
	Reading,
	Role,
	Severity,
	folded,
	read,
)
from perf_flow.flow import packs, score_types, workbook

GOAL, KRA, EVENT_TYPE, TEMPLATE = "Goal", "KRA", "Business Event Type", "Comment Template"
PARTS = {"types": EVENT_TYPE, "kras": KRA, "goals": GOAL, "comments": TEMPLATE}
"""What an import can make: part → DocType."""
MOST_GOALS = 12_000
MOST_COMMENTS = 500
LONGEST_TITLE = 60

UNKNOWN_PERSON = N_("There is nobody called {0} among the people of your companies.")
UNKNOWN_NUMBER = N_("There is nobody with the employee number {0} among the people of your companies.")
SAME_NAME = N_("There are {0} people called {1}. Write the employee number beside the name: {2}.")
OTHER_NAME = N_("The employee number {0} belongs to {1}; the sheet says {2}.")
NOT_ACTIVE = N_("{0} is not active ({1}).")
NO_PEOPLE = N_(
	"No people are named on this sheet: its sub-dimensions become event types and KRAs, but no goals."
)
NO_PERIOD = N_("The sheet does not say for which period it is. Choose the period.")
DUE_BEFORE = N_("The date {0} lies before the period, which begins on {1}.")
OTHER_GOAL = N_(
	"{0} has the goal “{1}” for this period already, with another weight or target. It stays as it is."
)
NO_KRA = N_(
	"The KRA “{0}” does not exist, and you may not make KRAs. The goals are made without it; ask a System Manager to import the KRAs first."
)
TOO_MANY = N_(
	"The sheet makes {0} goals; at most {1} are taken over at once. Leave sheets out, or split the file."
)
TOO_MANY_COMMENTS = N_("The sheet has {0} comments; at most {1} are taken over at once.")
HIDDEN_SHEETS = N_("Hidden sheets are left out: {0}.")
NOT_YOURS = N_("You have no permission to make these.")
BAD_CHOICE = N_("What was chosen for the columns cannot be read. Please reload the page and choose again.")

_GOAL_FIELDS = (
	"name",
	"employee",
	"goal_name",
	"start_date",
	"end_date",
	"perf_flow_weight",
	"perf_flow_target",
)


@dataclass(frozen=True, slots=True)
class Options:
	"""What somebody decided in the preview. ``types``: KRA → what becomes of it (see ``score_types``)."""

	reading: Choices = field(default_factory=Choices)
	period: Period | None = None
	parts: Mapping[str, bool] = field(default_factory=dict)
	types: Mapping[str, str] = field(default_factory=dict)
	scope: str = "Own"


def options_of(raw: Any) -> Options:
	"""The options in what a browser sent. Raises InvalidInput for anything else."""
	try:
		raw = json.loads(raw) if isinstance(raw, str) and raw else (raw or {})
		period = raw.get("period") or {}
		start, end = (getdate(period[k]) if period.get(k) else None for k in ("start", "end"))
		columns = {
			str(sheet): {int(index): str(key) for index, key in chosen.items()}
			for sheet, chosen in (raw.get("columns") or {}).items()
		}
		for chosen in columns.values():
			for key in chosen.values():
				Role(key.removeprefix("own_"))
		return Options(
			Choices(
				columns,
				{str(sheet): bool(turned) for sheet, turned in (raw.get("flipped") or {}).items()},
				frozenset(str(sheet) for sheet in raw.get("left_out") or ()),
			),
			Period(start, end) if start and end and start <= end else None,
			{part: bool(on) for part, on in (raw.get("parts") or {}).items() if part in PARTS},
			{str(kra): str(choice) for kra, choice in (raw.get("types") or {}).items()},
			"Company" if raw.get("scope") == "Company" else "Own",
		)
	except (ValueError, TypeError, AttributeError, frappe.ValidationError) as e:
		raise InvalidInput(template=BAD_CHOICE) from e


@dataclass(frozen=True, slots=True)
class GoalPlan:
	"""A goal of somebody; ``existing`` is the one that is there already and stays."""

	employee: str
	employee_name: str
	company: str
	goal_name: str
	kra: str
	dimension: str
	weight: Decimal | None
	target: str
	source: str
	description: str
	start: date
	end: date
	address: str
	existing: str | None = None


@dataclass(frozen=True, slots=True)
class CommentPlan:
	"""A comment template."""

	title: str
	text: str
	address: str
	existing: bool = False


@dataclass(slots=True)
class Plan:
	"""Everything that an import would do."""

	reading: Reading
	options: Options
	issues: list[Issue]
	grids: tuple[Grid, ...]
	people: int = 0
	kras: dict[str, str | None] = field(default_factory=dict)
	"""KRA → its name where it is there already."""
	types: list[score_types.TypePlan] = field(default_factory=list)
	goals: list[GoalPlan] = field(default_factory=list)
	comments: list[CommentPlan] = field(default_factory=list)
	parts: dict[str, dict[str, Any]] = field(default_factory=dict)

	@property
	def errors(self) -> list[Issue]:
		"""What keeps it from being carried out."""
		return [i for i in self.issues if i.severity is Severity.ERROR]

	def takes(self, part: str) -> bool:
		"""Whether this part is to be made."""
		return bool(self.parts[part]["chosen"])

	def new_kras(self) -> list[str]:
		"""The KRAs to make."""
		return [title for title, name in self.kras.items() if name is None] if self.takes("kras") else []

	def new_types(self) -> list[score_types.TypePlan]:
		"""The event types to make."""
		return [t for t in self.types if t.is_new] if self.takes("types") else []

	def new_goals(self) -> list[GoalPlan]:
		"""The goals to make."""
		return [g for g in self.goals if g.existing is None] if self.takes("goals") else []

	def new_comments(self) -> list[CommentPlan]:
		"""The comment templates to make."""
		return [c for c in self.comments if not c.existing] if self.takes("comments") else []

	@property
	def size(self) -> int:
		"""How many records it makes."""
		return sum(len(x) for x in (self.new_kras(), self.new_types(), self.new_goals(), self.new_comments()))

	def fingerprint(self) -> str:
		"""What is in it, whatever is there already: the same for the same rows, in whatever file they stand."""
		return _digest(
			sorted(
				[g.employee, g.kra, g.goal_name, _number(g.weight), g.target, str(g.start), str(g.end)]
				for g in self.goals
			)
			if self.takes("goals")
			else None,
			sorted([t.kra, t.choice] for t in self.types) if self.takes("types") else None,
			sorted(self.kras) if self.takes("kras") else None,
			sorted(c.text for c in self.comments) if self.takes("comments") else None,
			self.options.scope if self.takes("comments") else None,
		)

	def seen(self) -> str:
		"""What the preview showed: the same as long as the same would be made."""
		return _digest(
			self.fingerprint(),
			[[g.employee, g.goal_name, g.description, g.dimension, g.source] for g in self.new_goals()],
			self.new_kras(),
			[[t.kra, t.choice] for t in self.new_types()],
			# titles may be in the language of whoever asks, a worker among them
			[c.text for c in self.new_comments()],
		)


def _digest(*parts: Any) -> str:
	return hashlib.sha256(json.dumps(parts, ensure_ascii=False, default=str).encode()).hexdigest()


def _number(weight: Decimal | None) -> str:
	return "" if weight is None else f"{weight:.6f}"


def words(issue: Issue) -> str:
	"""What an issue says, in the reader's language, as plain text."""
	return _(issue.template).format(
		*(", ".join(_(w) for w in a) if isinstance(a, Words) else cstr(a) for a in issue.args)
	)


# --- people -------------------------------------------------------------------------------------------------


class Staff:
	"""The people whom the user may set goals for: employees of their companies that they may read."""

	def __init__(self, user: str) -> None:
		who = viewer(user)
		self.by_number: dict[str, list[Any]] = {}
		self.by_name: dict[str, list[Any]] = {}
		self.known: frozenset[str] = frozenset()
		if not frappe.has_permission("Employee", "read", user=user):
			return
		rows = frappe.get_list(
			"Employee",
			fields=["name", "employee_name", "employee_number", "company", "status"],
			order_by="name",
			limit=0,
		)
		everywhere = who.is_everything or who.is_administrator
		for row in rows:
			if not everywhere and not is_among(row.company, who.companies):
				continue
			for number in {folded(row.name), folded(row.employee_number or "")} - {""}:
				self.by_number.setdefault(number, []).append(row)
			self.by_name.setdefault(folded(row.employee_name or ""), []).append(row)
		self.known = frozenset((*self.by_number, *self.by_name)) - {""}

	def find(self, person: Person) -> Any:
		"""The employee that a sheet means. Raises InvalidInput when that is nobody, or more than one."""
		if person.number:
			found = self.by_number.get(folded(person.number), [])
			if len(found) != 1:
				raise InvalidInput(person.number, template=UNKNOWN_NUMBER)
			if person.name and folded(person.name) != folded(found[0].employee_name or ""):
				raise InvalidInput(person.number, found[0].employee_name, person.name, template=OTHER_NAME)
		else:
			found = self.by_name.get(folded(person.name), [])
			active = [row for row in found if row.status == "Active"]
			found = active or found
			if not found:
				raise InvalidInput(person.name, template=UNKNOWN_PERSON)
			if len(found) > 1:
				numbers = ", ".join(row.employee_number or row.name for row in found[:5])
				raise InvalidInput(len(found), person.name, numbers, template=SAME_NAME)
		if found[0].status != "Active":
			raise InvalidInput(found[0].employee_name, _(found[0].status), template=NOT_ACTIVE)
		return found[0]


# --- the plan -----------------------------------------------------------------------------------------------


def make_plan(data: bytes, options: Options, user: str) -> Plan:
	"""What importing the file would do. Raises InvalidInput for a file that cannot be read at all."""
	book = workbook.open_book(data)
	staff = Staff(user)
	reading = read(book.grids, options.reading, staff.known)
	plan = Plan(reading, options, list(reading.issues), book.grids)
	if book.hidden:
		plan.issues.append(Issue(Severity.NOTICE, "", "", HIDDEN_SHEETS, (", ".join(book.hidden),)))
	titles = _titles(reading.entries)
	plan.kras = _kras(titles)
	_plan_parts(plan, user)
	employees = _find_people(plan, staff)
	if plan.takes("goals") and not plan.takes("kras"):
		for title in [t for t, name in plan.kras.items() if name is None]:
			plan.issues.append(Issue(Severity.WARNING, "", "", NO_KRA, (title,)))
	_plan_goals(plan, titles, employees)
	companies = {row.company for row in employees.values() if row.company}
	plan.types = score_types.propose(
		_by_kra(reading.entries, titles), options.types, _only_company(companies)
	)
	_plan_comments(plan, user)
	counts = {
		"types": (sum(t.choice != "none" for t in plan.types), sum(t.is_new for t in plan.types)),
		"kras": (len(plan.kras), sum(name is None for name in plan.kras.values())),
		"goals": (len(plan.goals), sum(g.existing is None for g in plan.goals)),
		"comments": (len(plan.comments), sum(not c.existing for c in plan.comments)),
	}
	for part, (found, new) in counts.items():
		plan.parts[part].update(found=found, new=new)
	return plan


def _titles(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
	"""The KRA of each sub-dimension: its name, with the dimension where two dimensions have one of that name."""
	of: dict[str, dict[str, None]] = {}
	for e in entries:
		of.setdefault(e.indicator.casefold(), {})[e.dimension.casefold()] = None
	titles: dict[tuple[str, str], str] = {}
	first: dict[str, str] = {}
	for e in entries:
		title = e.indicator
		if len(of[e.indicator.casefold()]) > 1 and e.dimension:
			title = f"{e.dimension} – {e.indicator}"[:140]
		titles[e.dimension, e.indicator] = first.setdefault(title.casefold(), title)
	return titles


def _kras(titles: Mapping[tuple[str, str], str]) -> dict[str, str | None]:
	wanted = list(dict.fromkeys(titles.values()))
	there = {
		name.casefold(): name
		for name in frappe.get_all(KRA, filters={"name": ["in", wanted or [""]]}, pluck="name", limit=0)
	}
	return {title: there.get(title.casefold()) for title in wanted}


def _by_kra(
	entries: Iterable[Entry], titles: Mapping[tuple[str, str], str]
) -> dict[str, score_types.SubDimension]:
	found: dict[str, score_types.SubDimension] = {}
	for e in entries:
		title = titles[e.dimension, e.indicator]
		before = found.get(title)
		found[title] = score_types.SubDimension(
			title,
			e.indicator,
			e.dimension,
			(before.source if before else "") or e.source,
			(before.standard if before else "") or e.standard,
		)
	return found


def _plan_parts(plan: Plan, user: str) -> None:
	who = viewer(user)
	for part, doctype in PARTS.items():
		allowed = frappe.has_permission(doctype, "create", user=user)
		if part == "goals":
			allowed = (
				allowed
				and frappe.has_permission("Employee", "read", user=user)
				and (who.is_everything or who.is_administrator or bool(who.companies))
			)
		wanted = plan.options.parts.get(part, True)
		plan.parts[part] = {
			"allowed": bool(allowed),
			"chosen": bool(allowed and wanted),
			"reason": "" if allowed else _(NOT_YOURS),
		}


def _find_people(plan: Plan, staff: Staff) -> dict[tuple[Person | None, str], Any]:
	"""The employee of each person of the sheet. Whom nobody is meant by is said once, at the first cell."""
	found: dict[tuple[Person | None, str], Any] = {}
	said: set[tuple[Person | None, str]] = set()
	for e in plan.reading.entries:
		key = (e.person, "" if e.person else e.sheet)
		if key in found or key in said:
			continue
		if e.person is None and folded(e.sheet) not in staff.known:
			said.add(key)
			plan.issues.append(Issue(Severity.NOTICE, e.sheet, "", NO_PEOPLE))
			continue
		try:
			found[key] = staff.find(e.person or _person_of_sheet(e.sheet, staff))
		except InvalidInput as error:
			said.add(key)
			if plan.takes("goals"):
				plan.issues.append(
					Issue(
						Severity.ERROR,
						e.sheet,
						e.person_address or e.address,
						error.template,
						error.args_,
					)
				)
	plan.people = len({row.name for row in found.values()})
	return found


def _person_of_sheet(name: str, staff: Staff) -> Person:
	return Person(number=name) if folded(name) in staff.by_number else Person(name=name)


def _plan_goals(
	plan: Plan,
	titles: Mapping[tuple[str, str], str],
	employees: Mapping[tuple[Person | None, str], Any],
) -> None:
	without_period = False
	drafts: list[GoalPlan] = []
	for e in plan.reading.entries:
		row = employees.get((e.person, "" if e.person else e.sheet))
		period = plan.options.period or e.period
		if row is None:
			continue
		if period is None:
			if not without_period and plan.takes("goals"):
				plan.issues.append(Issue(Severity.ERROR, e.sheet, "", NO_PERIOD))
			without_period = True
			continue
		if e.due and e.due < period.start:
			if plan.takes("goals"):
				plan.issues.append(
					Issue(Severity.ERROR, e.sheet, e.address, DUE_BEFORE, (str(e.due), str(period.start)))
				)
			continue
		title = titles[e.dimension, e.indicator]
		kra = plan.kras[title] or (title if plan.takes("kras") else "")
		drafts.append(
			GoalPlan(
				row.name,
				row.employee_name,
				row.company,
				e.indicator,
				kra,
				e.dimension,
				e.weight,
				e.target.text if e.target else "",
				e.source,
				f"<p>{escape_html(e.standard)}</p>" if e.standard else "",
				period.start,
				e.due or period.end,
				f"{e.sheet}!{e.address}",
			)
		)
	if len(drafts) > MOST_GOALS:
		raise InvalidInput(len(drafts), MOST_GOALS, template=TOO_MANY)
	plan.goals = _with_existing(plan, drafts)


def _with_existing(plan: Plan, drafts: list[GoalPlan]) -> list[GoalPlan]:
	"""The goals, with those that are there already: same person, same name, same beginning."""
	if not drafts:
		return []
	employees = sorted({g.employee for g in drafts})
	starts = sorted({g.start for g in drafts})
	# whether one is there is asked of the table, so that nobody gets a second one
	rows = frappe.get_all(
		GOAL,
		filters={"employee": ["in", employees], "start_date": ["in", starts]},
		fields=list(_GOAL_FIELDS),
		limit=0,
	)
	there = {(r.employee, folded(r.goal_name or ""), getdate(r.start_date)): r for r in rows}
	found = []
	for g in drafts:
		row = there.get((g.employee, folded(g.goal_name), g.start))
		if row is None:
			found.append(g)
			continue
		found.append(replace(g, existing=row.name))
		weight = float(g.weight) if g.weight is not None else 0.0
		if plan.takes("goals") and (
			abs((row.perf_flow_weight or 0) - weight) > 0.001 or (row.perf_flow_target or "") != g.target
		):
			sheet, address = g.address.rsplit("!", 1)
			plan.issues.append(
				Issue(Severity.WARNING, sheet, address, OTHER_GOAL, (g.employee_name, g.goal_name))
			)
	return found


def _only_company(companies: set[str]) -> str | None:
	"""The company an event type is limited to: that of all people, where the site has others."""
	if len(companies) != 1 or frappe.db.count("Company") < 2:
		return None
	return next(iter(companies))


def _plan_comments(plan: Plan, user: str) -> None:
	comments = plan.reading.comments
	if len(comments) > MOST_COMMENTS and plan.takes("comments"):
		raise InvalidInput(len(comments), MOST_COMMENTS, template=TOO_MANY_COMMENTS)
	names = sorted(
		{e.person.name for e in plan.reading.entries if e.person and e.person.name}, key=len, reverse=True
	)
	if plan.options.scope == "Company" and not (viewer(user).is_administrator or viewer(user).is_everything):
		plan.options = replace(plan.options, scope="Own")
	there = {
		folded(text)
		for text in frappe.get_list(TEMPLATE, filters={"scope": plan.options.scope}, pluck="text", limit=0)
	}
	seen: set[str] = set()
	for comment in comments[:MOST_COMMENTS]:
		made = _comment(plan, comment, names)
		if made is None or folded(made[1]) in seen:
			continue
		seen.add(folded(made[1]))
		plan.comments.append(
			CommentPlan(*made, f"{comment.sheet}!{comment.address}", folded(made[1]) in there)
		)


def _comment(plan: Plan, comment: Comment, names: list[str]) -> tuple[str, str] | None:
	"""Title and text of a template, with the names of people taken out."""
	text = comment.text
	try:
		packs.check_placeholders(text)
	except FlowError as e:
		if plan.takes("comments"):
			plan.issues.append(Issue(Severity.ERROR, comment.sheet, comment.address, e.template, e.args_))
		return None
	for name in names:
		text = text.replace(name, "{employee}")
	title = comment.indicator or text.replace("{employee}", _("Employee")).split("\n")[0]
	return title[:LONGEST_TITLE].strip(), text
