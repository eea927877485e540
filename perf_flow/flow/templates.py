"""Ready event types: read from ``perf_flow/event_templates``, checked against the site, switched on.

A Business Event Type made from a template belongs to the site from then on: it is edited like any
other and never written again from here. It remembers the key of its template, so that switching
the same template on twice leads to the same event type.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import frappe
from frappe import _

from perf_flow.engine.conditions import Condition, parse_filters
from perf_flow.engine.errors import N_, ConfigurationError, FlowError
from perf_flow.flow import problems
from perf_flow.flow.view import fieldtype
from perf_flow.flow.watch import compile_type

FOLDER = Path(__file__).parent.parent / "event_templates"
EVENT_TYPE = "Business Event Type"
CAUSE = "Root Cause"

NO_SUCH_TEMPLATE = N_("There is no template {0}.")
NO_SUCH_INDUSTRY = N_("There are no templates for the industry {0}.")
NO_SUCH_ROLE = N_("The role {0} does not exist.")
NO_SUCH_OPTION = N_("“{0}” is not an option of the field {1} of {2}.")
TITLE_TAKEN = N_(
	"There is already an event type “{0}”, and it was not made from this template. Rename it first, or use it."
)

_ROW_TABLES = ("recipients", "collaborators", "requirements", "checks")
_JSON_FIELDS = ("filters", "condition")


@dataclass(frozen=True, slots=True)
class Template:
	"""A ready event type. ``industry`` is where it is defined, ``industries`` everywhere it belongs;
	``values`` are the fields of the Business Event Type, filter rows not yet encoded."""

	key: str
	title: str
	industry: str
	industries: tuple[str, ...]
	values: dict[str, Any]

	@property
	def doctype(self) -> str:
		"""The DocType that is watched."""
		return str(self.values["reference_doctype"])

	def texts(self) -> Iterator[str]:
		"""All that people read of it, in English: title, industry, guidance, labels."""
		yield self.title
		yield self.industry
		if self.values.get("guidance"):
			yield self.values["guidance"]
		for table in _ROW_TABLES:
			for row in self.values.get(table, ()):
				yield from (row[key] for key in ("label", "guidance") if row.get(key))
		yield from self.causes

	@property
	def causes(self) -> tuple[str, ...]:
		"""The root causes that come with it, in English."""
		return tuple(self.values.get("causes", ()))


@dataclass(frozen=True, slots=True)
class Industry:
	"""An industry and the templates that belong to it: its own first, then the shared ones. ``key`` is
	the name of its file."""

	key: str
	title: str
	description: str
	templates: tuple[Template, ...]


@lru_cache(maxsize=1)
def _read() -> tuple[Industry, ...]:
	files = [
		{"file": path.stem, **json.loads(path.read_text("utf-8"))} for path in sorted(FOLDER.glob("*.json"))
	]
	belongs: dict[str, list[str]] = {}
	for content in files:
		for entry in content["event_types"]:
			belongs.setdefault(entry["key"], []).insert(0, content["industry"])
		for key in content["shared"]:
			belongs.setdefault(key, []).append(content["industry"])
	templates: dict[str, Template] = {}
	for content in files:
		for entry in content["event_types"]:
			values = {k: v for k, v in entry.items() if k not in ("key", "title")}
			key = entry["key"]
			templates[key] = Template(key, entry["title"], content["industry"], tuple(belongs[key]), values)
	return tuple(
		Industry(
			content["file"],
			content["industry"],
			content["description"],
			tuple(templates[k] for k in (*(e["key"] for e in content["event_types"]), *content["shared"])),
		)
		for content in files
	)


def industries() -> list[Industry]:
	"""All industries with their templates, in a fixed order."""
	order = ("manufacturing", "trade", "services", "education")
	return sorted(_read(), key=lambda i: (order.index(i.key) if i.key in order else len(order), i.key))


def available() -> list[Template]:
	"""All templates, each once."""
	return list({t.key: t for group in industries() for t in group.templates}.values())


def by_key(key: str) -> Template:
	"""The template with this key. Raises ConfigurationError if there is none."""
	for found in available():
		if found.key == key:
			return found
	raise ConfigurationError(key, template=NO_SUCH_TEMPLATE)


def industry(key: str) -> Industry:
	"""The industry with this key. Raises ConfigurationError if there is none."""
	for found in industries():
		if found.key == key:
			return found
	raise ConfigurationError(key, template=NO_SUCH_INDUSTRY)


# --- against the site -----------------------------------------------------------------------------


def existing(key: str, company: str | None = None, *, for_update: bool = False) -> str | None:
	"""The event type that was made from the template and covers ``company`` (None: all companies).

	One without a company covers every company. With no company asked for, any that was made from the
	template counts: that it was limited since is the administrator's decision.
	"""
	rows = frappe.db.get_values(
		EVENT_TYPE,
		{"template": key},
		["name", "only_company"],
		order_by="creation",
		as_dict=True,
		for_update=for_update,
	)
	covering = [r for r in rows if not company or not r.only_company or r.only_company == company]
	covering.sort(key=lambda r: (r.only_company or "") != (company or ""))
	return covering[0].name if covering else None


def document(found: Template, company: str | None = None) -> Any:
	"""The Business Event Type that ``found`` makes on this site, not yet inserted."""
	values: dict[str, Any] = {"title": found.title, "industry": found.industry, "template": found.key}
	for key, value in found.values.items():
		if key in _ROW_TABLES:
			values[key] = [_encoded(row, found.doctype) for row in value]
		elif key != "causes":
			values[key] = value
	values["only_company"] = company
	return frappe.get_doc({"doctype": EVENT_TYPE, "enabled": 1, **_encoded(values, found.doctype)})


def problem(found: Template) -> str | None:
	"""Why the template cannot be used on this site, in the reader's language; None if it can."""
	try:
		check(document(found))
	except FlowError as e:
		return problems.text_of(e)
	return None


def check(doc: Any) -> None:
	"""Check that everything an event type names exists on this site: document types, fields, options
	of select fields, roles. Raises ConfigurationError naming the first that does not."""
	compiled = compile_type(doc)
	states = [c for r in compiled.requirements for c in (*(r.when or ()), *r.state)]
	states += [c for check in compiled.checks for c in parse_filters(check.filters, doc.reference_doctype)]
	for condition in (*compiled.conditions, *states):
		_check_option(condition)
	for row in doc.collaborators:
		if row.role and not frappe.db.exists("Role", row.role):
			raise ConfigurationError(row.role, template=NO_SUCH_ROLE)


def _check_option(condition: Condition) -> None:
	if condition.operator not in ("=", "in") or fieldtype(condition.doctype, condition.fieldname) != "Select":
		return
	options = (frappe.get_meta(condition.doctype).get_field(condition.fieldname).options or "").split("\n")
	values = condition.value if isinstance(condition.value, tuple) else (condition.value,)
	for value in values:
		if value not in options:
			label = _(frappe.get_meta(condition.doctype).get_label(condition.fieldname))
			raise ConfigurationError(value, label, _(condition.doctype), template=NO_SUCH_OPTION)


def _encoded(values: dict[str, Any], doctype: str) -> dict[str, Any]:
	result = dict(values)
	for key in _JSON_FIELDS:
		if key in result:
			rows = [_localised(row) for row in result[key]]
			result[key] = json.dumps(rows, ensure_ascii=False) if rows else ""
	return result


def _localised(row: list[Any]) -> list[Any]:
	"""A filter row in the words of the site: ERPNext creates some records, such as the priority
	“High”, under their translated name when a site is set up in another language."""
	doctype, fieldname, operator, value = row
	if operator not in ("=", "!=") or not frappe.db.exists("DocType", doctype):
		return row
	df = frappe.get_meta(doctype).get_field(fieldname)
	if df is None or df.fieldtype != "Link" or frappe.db.exists(df.options, value):
		return row
	translated = _(value, lang=frappe.db.get_default("lang") or "en")
	return [doctype, fieldname, operator, translated if frappe.db.exists(df.options, translated) else value]


# --- switching on ---------------------------------------------------------------------------------


def switch_on(template: str, company: str | None = None, pilot: Sequence[dict[str, str]] = ()) -> str:
	"""Make the event type of a template, switched on, and return its name; with ``pilot`` (rows of Event Pilot
	Scope) for these people only.

	If the site has one from this template already, that one is switched on where it was off, and
	nothing else of it is changed. Raises ConfigurationError when there is no such template, when the
	site lacks what it needs, or when its title belongs to an event type of another origin; and
	frappe.PermissionError when the user may not make event types.
	"""
	return _make(by_key(template), company, pilot, enabled=True)


def take(template: str) -> str:
	"""Make the event type of a template, switched off, to be looked at and changed first; returns its name, or
	that of the one that was made already. Raises as ``switch_on`` does."""
	return _make(by_key(template), None, (), enabled=False)


def _make(found: Template, company: str | None, pilot: Sequence[dict[str, str]], enabled: bool) -> str:
	# two who switch the same template on at once wait for each other, and the second finds the first's
	frappe.db.get_value("DocType", EVENT_TYPE, "name", for_update=True)
	if name := existing(found.key, company, for_update=True):
		if enabled and not frappe.db.get_value(EVENT_TYPE, name, "enabled"):
			doc = frappe.get_doc(EVENT_TYPE, name)
			doc.enabled = 1
			if pilot:
				doc.set("pilot_scope", [dict(row) for row in pilot])
			doc.save()
		return name
	doc = document(found, company)
	check(doc)
	doc.title = _free_title(found, company)
	doc.enabled = int(enabled)
	doc.set("pilot_scope", [dict(row) for row in pilot])
	doc.insert()
	_bring_causes(found, str(doc.name))
	return str(doc.name)


def _bring_causes(found: Template, event_type: str) -> None:
	"""The root causes of a template, for its event type; one of the same title that is there already serves it too."""
	for title in found.causes:
		name = frappe.db.get_value(CAUSE, {"title": title, "state": "Approved"})
		doc = frappe.get_doc(CAUSE, name) if name else frappe.new_doc(CAUSE)
		if name and not doc.event_types:
			continue
		doc.update({"title": title, "state": "Approved"})
		doc.append("event_types", {"event_type": event_type})
		doc.save()


def _free_title(found: Template, company: str | None) -> str:
	"""The title of the template; for a second company, with its abbreviation."""
	origin = frappe.db.get_value(EVENT_TYPE, found.title, ["name", "template"], as_dict=True)
	if origin is None:
		return found.title
	if origin.template == found.key and company:
		abbreviation = frappe.get_cached_value("Company", company, "abbr") or company
		title = f"{found.title} – {abbreviation}"
		if not frappe.db.exists(EVENT_TYPE, title):
			return title
	raise ConfigurationError(_(found.title), template=TITLE_TAKEN)
