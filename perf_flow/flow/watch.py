"""The watch map: which DocTypes are watched, by which event types, compiled for quick use.

One shared cache entry holds the whole map; a request reads it at most once. It is dropped whenever
an event type, a custom field or a DocType changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import frappe
from frappe import _

from perf_flow import __version__
from perf_flow.engine.conditions import Condition, check, parse_filters
from perf_flow.engine.errors import N_, ConfigurationError, FlowError
from perf_flow.engine.model import Check, CheckKind, Policy, Requirement, RequirementKind, Rounds
from perf_flow.engine.people import RecipientSource, Rule
from perf_flow.engine.triggers import Repeat, Trigger
from perf_flow.flow import compat, problems, times
from perf_flow.flow.view import MetaView, fieldtype

_KEY = f"perf_flow:watch:{__version__}"

NO_SUCH_DOCTYPE = N_("The document type {0} does not exist.")
NO_SUCH_FIELD = N_("{0} has no field {1}.")
NOT_A_DATE = N_("The field {0} of {1} is not a date.")
NO_SUCH_EVIDENCE = N_("The check “{0}” looks at the evidence “{1}”, which is not among the requirements.")
NOT_A_NUMBER = N_("The check “{0}” needs a number, and “{1}” is none.")
NO_VALUE_CHOSEN = N_("The check “{0}” does not say what it looks at.")
NO_DEPARTMENTS = N_("“{0}” names no department that signs.")
NO_SUCH_DEPARTMENT = N_("The department {0} does not exist.")


@dataclass(frozen=True, slots=True)
class Signing:
	"""Who signs for a department of a requirement: the ``label`` as it is written there, and the Departments it can
	mean, each with its company ("" for any)."""

	label: str
	departments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ConfiguredRequirement:
	"""A requirement with its compiled conditions: ``when`` decides whether it applies (None: always),
	``state`` what the field or linked document must hold; ``signing`` are the departments of a sign-off."""

	requirement: Requirement
	when: tuple[Condition, ...] | None = None
	state: tuple[Condition, ...] = ()
	signing: tuple[Signing, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchedType:
	"""A business event type, compiled."""

	name: str
	doctype: str
	trigger: Trigger
	repeat: Repeat
	conditions: tuple[Condition, ...]
	expression: str
	company: str
	date_field: str
	offset_hours: float
	recipients: tuple[Rule, ...]
	collaborators: tuple[Rule, ...]
	requirements: tuple[ConfiguredRequirement, ...]
	policy: Policy
	pilot: tuple[tuple[str, str], ...]
	active_from: datetime | None
	filters: str = ""
	checks: tuple[Check, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchMap:
	"""All enabled event types by DocType, which DocTypes are evidence for which types, and (``known``)
	all DocTypes that events can exist for, those of switched-off types included."""

	types: dict[str, tuple[WatchedType, ...]] = field(default_factory=dict)
	linked: dict[str, tuple[tuple[str, ConfiguredRequirement], ...]] = field(default_factory=dict)
	known: frozenset[str] = frozenset()

	def type(self, name: str) -> WatchedType | None:
		"""An enabled event type by name."""
		return next((t for group in self.types.values() for t in group if t.name == name), None)

	def all(self) -> list[WatchedType]:
		"""All enabled event types."""
		return [t for group in self.types.values() for t in group]


def watch_map() -> WatchMap:
	"""The watch map of this site; memoised for the request."""
	found = getattr(frappe.local, "perf_flow_watch", None)
	if found is None:
		found = frappe.local.perf_flow_watch = compat.cached(_KEY, build)
	return found


def forget() -> None:
	"""Drop the watch map everywhere after an event type changed."""
	frappe.local.perf_flow_watch = None
	compat.forget(_KEY)
	frappe.db.after_rollback.add(_forget_local)


def on_meta_change(doc: Any, method: str | None = None) -> None:
	"""A field or DocType changed: types that stand on it must be compiled anew, or be found broken."""
	if not frappe.flags.in_install and not frappe.flags.in_uninstall:
		forget()


def _forget_local() -> None:
	frappe.local.perf_flow_watch = None


def build() -> WatchMap:
	"""Compile all enabled event types. A type that cannot be compiled is left out and reported: it
	must not stop the documents it would have watched."""
	types: dict[str, list[WatchedType]] = {}
	linked: dict[str, list[tuple[str, ConfiguredRequirement]]] = {}
	everything = frappe.get_all(
		"Business Event Type", fields=["name", "reference_doctype", "enabled"], order_by="name", limit=0
	)
	for name in (row.name for row in everything if row.enabled):
		doc = frappe.get_doc("Business Event Type", name)
		try:
			compiled = compile_type(doc)
		except FlowError as e:
			problems.note(name, "Event type", e, doc.reference_doctype, "")
			continue
		types.setdefault(compiled.doctype, []).append(compiled)
		for configured in compiled.requirements:
			if configured.requirement.kind is RequirementKind.LINKED_DOCUMENT:
				linked.setdefault(configured.requirement.linked_doctype, []).append((name, configured))
		for configured in _linked_by_checks(compiled.checks):
			linked.setdefault(configured.requirement.linked_doctype, []).append((name, configured))
	return WatchMap(
		{doctype: tuple(group) for doctype, group in types.items()},
		{doctype: tuple(group) for doctype, group in linked.items()},
		frozenset(row.reference_doctype for row in everything),
	)


def compile_type(doc) -> WatchedType:
	"""Compile a Business Event Type document. Raises ConfigurationError naming what is wrong."""
	if not frappe.db.exists("DocType", doc.reference_doctype):
		raise ConfigurationError(doc.reference_doctype, template=NO_SUCH_DOCTYPE)
	trigger = Trigger(doc.trigger)
	conditions = _conditions(doc.filters, doc.reference_doctype)
	if trigger is Trigger.DATE:
		_check_date_field(doc.reference_doctype, doc.date_field)
	for row in doc.recipients:
		if row.source == RecipientSource.FIELD.value:
			_check_path(doc.reference_doctype, row.fieldname)
	for row in doc.collaborators:
		if row.source == RecipientSource.FIELD.value:
			_check_path(doc.reference_doctype, row.fieldname)
	if doc.expression:
		_check_expression(doc.expression)
	requirements = tuple(_requirement(row, doc.reference_doctype) for row in doc.requirements)
	sign = -1 if doc.offset_direction == "Before" else 1
	unit = 1.0 if doc.offset_unit == "Hours" else 24.0
	return WatchedType(
		name=doc.name,
		doctype=doc.reference_doctype,
		trigger=trigger,
		repeat=Repeat(doc.repeat or Repeat.ONCE.value),
		conditions=conditions,
		expression=(doc.expression or "").strip(),
		company=doc.only_company or "",
		date_field=doc.date_field or "",
		offset_hours=sign * unit * (doc.offset or 0.0),
		recipients=tuple(
			Rule(RecipientSource(row.source), row.fieldname or row.employee or "") for row in doc.recipients
		),
		collaborators=tuple(
			Rule(
				RecipientSource(row.source),
				_collaborator_argument(row),
				row.label,
				bool(row.required),
			)
			for row in doc.collaborators
		),
		requirements=requirements,
		checks=tuple(_check(row, doc.reference_doctype, requirements) for row in doc.get("checks") or ()),
		policy=Policy(
			clock=doc.clock,
			evidence_hours=float(doc.evidence_hours or 0),
			mark_hours=float(doc.mark_hours or 0),
			confirmation_hours=float(doc.confirmation_hours or 0),
			target_hours=float(doc.target_hours or 0),
			reminder_hours=float(doc.reminder_hours or 0),
			escalation_hours=float(doc.escalation_hours or 0),
			escalation_levels=int(doc.escalation_levels or 0),
			mark_required=bool(doc.mark_required),
			reason_for_meets=bool(doc.reason_for_meets),
			confirm_each_round=bool(doc.confirm_each_round),
			void_on_cancel=bool(doc.void_on_cancel),
		),
		pilot=tuple((row.scope_type, row.scope_name) for row in doc.pilot_scope),
		active_from=times.to_utc(doc.active_from) if doc.active_from else None,
		filters=doc.filters or "",
	)


def _collaborator_argument(row) -> str:
	return {
		RecipientSource.FIELD.value: row.fieldname,
		RecipientSource.EMPLOYEE.value: row.employee,
		RecipientSource.DEPARTMENT_HEAD.value: row.department,
		RecipientSource.ROLE.value: row.role,
	}.get(row.source) or ""


def _requirement(row, doctype: str) -> ConfiguredRequirement:
	kind = RequirementKind(row.kind)
	conditional = row.obligation == "When Condition Holds"
	if kind is RequirementKind.FIELD and fieldtype(doctype, row.fieldname) is None:
		raise ConfigurationError(doctype, row.fieldname, template=NO_SUCH_FIELD)
	state: tuple[Condition, ...] = ()
	if kind is RequirementKind.FIELD and row.filters:
		state = _conditions(row.filters, doctype)
	elif kind is RequirementKind.LINKED_DOCUMENT:
		if not frappe.db.exists("DocType", row.linked_doctype):
			raise ConfigurationError(row.linked_doctype, template=NO_SUCH_DOCTYPE)
		_check_path(row.linked_doctype, row.link_fieldname)
		state = _conditions(row.filters, row.linked_doctype)
	signing = _signing(row) if kind is RequirementKind.SIGN_OFF else ()
	requirement = Requirement(
		key=row.name,
		label=row.label,
		kind=kind,
		mandatory=row.obligation != "Optional",
		minimum=max(int(row.minimum or 1), 1),
		maximum_mb=float(row.maximum_mb or 0),
		file_types=_words(row.file_types, strip="."),
		hosts=_words(row.hosts),
		minimum_characters=int(row.minimum_characters or 0),
		fieldname=row.fieldname or "",
		linked_doctype=row.linked_doctype or "",
		link_fieldname=row.link_fieldname or "",
		filters=row.filters or "",
		guidance=row.guidance or "",
		rounds=Rounds(row.get("rounds") or Rounds.EACH.value),
		departments=tuple(s.label for s in signing),
		must_be_concrete=kind is RequirementKind.TEXT and bool(row.get("must_be_concrete")),
	)
	return ConfiguredRequirement(
		requirement, _conditions(row.condition, doctype) if conditional else None, state, signing
	)


def _signing(row) -> tuple[Signing, ...]:
	"""The departments of a sign-off. A line is the name of a Department, or its title: then the department with it in
	the event's company signs."""
	labels = lines(row.departments)
	if not labels:
		raise ConfigurationError(row.label, template=NO_DEPARTMENTS)
	local = frappe.db.get_default("lang") or "en"
	titles = {title for label in labels for title in (label, _(label, lang=local))}
	rows = frappe.get_all(
		"Department",
		or_filters={"name": ["in", labels], "department_name": ["in", sorted(titles)]},
		fields=["name", "department_name", "company"],
		order_by="name",
		limit=0,
	)
	found = []
	for label in labels:
		meant = [(r.name, "") for r in rows if r.name == label] or [
			(r.name, r.company or "") for r in rows if r.department_name in (label, _(label, lang=local))
		]
		if not meant:
			raise ConfigurationError(label, template=NO_SUCH_DEPARTMENT)
		found.append(Signing(label, tuple(meant)))
	return tuple(found)


def lines(text: str | None) -> tuple[str, ...]:
	"""The lines of a text that say something, each once."""
	return tuple(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


_VALUES = (CheckKind.ON_TIME, CheckKind.WITHIN_RANGE, CheckKind.WITHIN_TOLERANCE)


def _check(row, doctype: str, requirements: tuple[ConfiguredRequirement, ...]) -> Check:
	"""Compile a check. Raises ConfigurationError naming what is wrong."""
	kind = CheckKind(row.kind)
	fieldname = (row.fieldname or "") if kind in _VALUES else ""
	against = (row.against or "") if kind in (CheckKind.ON_TIME, CheckKind.WITHIN_TOLERANCE) else ""
	target = str(row.target or "").strip() if kind is CheckKind.WITHIN_TOLERANCE and not against else ""
	limits = [str(x or "").strip() for x in (row.minimum, row.maximum)]
	if kind is not CheckKind.WITHIN_RANGE:
		limits = ["", ""]
	filters = (row.filters or "") if kind is CheckKind.DOCUMENT_STATE else ""
	_check_is_whole(row, kind, fieldname, against or target, filters)
	for text in (target, *limits):
		_check_number(row.label, text)
	labels = [_check_value(row.label, doctype, path, kind) if path else "" for path in (fieldname, against)]
	if filters:
		_conditions(filters, doctype)
	return Check(
		key=row.name,
		label=row.label,
		kind=kind,
		fieldname=fieldname,
		field_label=labels[0],
		against=against,
		against_label=labels[1],
		target=target,
		minimum=limits[0],
		maximum=limits[1],
		tolerance=float(row.tolerance or 0) if kind in _VALUES else 0.0,
		filters=filters,
		requirements=() if kind.reads_document else _named(row.label, row.evidence, requirements),
		unless=_named(row.label, row.accepted_with, requirements),
		alternative=(row.alternative or "").strip(),
	)


def _check_is_whole(row, kind: CheckKind, fieldname: str, other: str, filters: str) -> None:
	lacking = (
		(kind in _VALUES and not fieldname)
		or (kind in (CheckKind.ON_TIME, CheckKind.WITHIN_TOLERANCE) and not other)
		or (kind is CheckKind.DOCUMENT_STATE and not filters)
		or (kind is CheckKind.EVIDENCE_THERE and not lines(row.evidence))
	)
	if lacking:
		raise ConfigurationError(row.label, template=NO_VALUE_CHOSEN)


def _check_number(label: str, text: str) -> None:
	try:
		if text:
			float(text)
	except ValueError:
		raise ConfigurationError(label, text, template=NOT_A_NUMBER) from None


def _check_value(label: str, doctype: str, path: str, kind: CheckKind) -> str:
	"""The label of the field that a check looks at: one of the document, or ``DocType:link:field`` of linked ones."""
	fieldname = path
	if ":" in path:
		parts = path.split(":")
		if len(parts) != 3 or kind is not CheckKind.ON_TIME:
			raise ConfigurationError(label, template=NO_VALUE_CHOSEN)
		doctype, link, fieldname = parts
		if not frappe.db.exists("DocType", doctype):
			raise ConfigurationError(doctype, template=NO_SUCH_DOCTYPE)
		_check_path(doctype, link)
	if kind is CheckKind.ON_TIME:
		_check_date_field(doctype, fieldname)
	else:
		_check_path(doctype, fieldname)
	return str(frappe.get_meta(doctype).get_label(fieldname))


def _named(label: str, text: str | None, requirements: tuple[ConfiguredRequirement, ...]) -> tuple[str, ...]:
	"""The keys of the requirements whose labels stand in ``text``, one on each line."""
	found = []
	for wanted in lines(text):
		keys = [c.requirement.key for c in requirements if c.requirement.label == wanted]
		if not keys:
			raise ConfigurationError(label, wanted, template=NO_SUCH_EVIDENCE)
		found.extend(keys)
	return tuple(found)


def _linked_by_checks(checks: tuple[Check, ...]) -> list[ConfiguredRequirement]:
	"""The documents that checks look at beside the watched one: their changes are noted as those of evidence are."""
	paths = {tuple(p.split(":")[:2]) for c in checks for p in (c.fieldname, c.against) if ":" in p}
	return [
		ConfiguredRequirement(
			Requirement(
				key="",
				label=doctype,
				kind=RequirementKind.LINKED_DOCUMENT,
				mandatory=False,
				linked_doctype=doctype,
				link_fieldname=link,
			)
		)
		for doctype, link in sorted(paths)
	]


def _words(text: str | None, strip: str = "") -> tuple[str, ...]:
	parts = (p.strip().strip(strip).lower() for p in (text or "").replace("\n", ",").split(","))
	return tuple(p for p in parts if p)


def _conditions(raw: str | None, doctype: str) -> tuple[Condition, ...]:
	conditions = parse_filters(raw, doctype)
	check(conditions, MetaView(doctype))
	return conditions


def _check_path(doctype: str, path: str | None) -> None:
	table, _dot, fieldname = (path or "").rpartition(".")
	if table:
		df = frappe.get_meta(doctype).get_field(table)
		if not df or df.fieldtype not in ("Table", "Table MultiSelect"):
			raise ConfigurationError(doctype, table, template=NO_SUCH_FIELD)
		doctype = df.options
	if fieldtype(doctype, fieldname) is None:
		raise ConfigurationError(doctype, fieldname or "?", template=NO_SUCH_FIELD)


def _check_date_field(doctype: str, fieldname: str | None) -> None:
	kind = fieldtype(doctype, fieldname or "")
	if kind is None:
		raise ConfigurationError(doctype, fieldname or "?", template=NO_SUCH_FIELD)
	if kind not in ("Date", "Datetime"):
		raise ConfigurationError(fieldname, doctype, template=NOT_A_DATE)


def _check_expression(expression: str) -> None:
	try:
		compile(expression.strip(), "<expression>", "eval")
	except SyntaxError as e:
		raise ConfigurationError(str(e)) from e
