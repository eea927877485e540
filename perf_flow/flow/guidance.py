"""What helps when evidence is missing: the sentence that says what is, and the standard operating procedure (SOP).

The sentence is the engine's (``perf_flow.engine.missing``); here it gets its words. An SOP is configured on an event
type or on one of its requirements: a file, a Help Article, a Wiki Page, or a link. What is no longer there is not
shown; administrators are told (``look_after``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Any

import frappe
from frappe import _

from perf_flow.engine import content
from perf_flow.engine import missing as engine
from perf_flow.engine.errors import N_, ConfigurationError, FlowError
from perf_flow.engine.evidence import is_web_address
from perf_flow.engine.missing import Missing, Part
from perf_flow.engine.model import Chain
from perf_flow.engine.verifier import Verdict
from perf_flow.flow import problems

TYPE = "Business Event Type"
FILE, ARTICLE, WIKI, LINK = "File", "Help Article", "Wiki Page", "Link"
AREA = N_("Guidance")
INLINE = {
	"pdf": "application/pdf",
	"png": "image/png",
	"jpeg": "image/jpeg",
	"gif": "image/gif",
	"webp": "image/webp",
}
"""What a browser shows in a tab of its own without running anything in it; all else is saved as a file."""

FIELDS = ("sop_kind", "sop_file", "sop_document", "sop_address")
_VALUE = {FILE: "sop_file", ARTICLE: "sop_document", WIKI: "sop_document", LINK: "sop_address"}

NOT_CHOSEN = N_("“{0}”: say where the SOP is, or take its kind away.")
NOT_AN_ADDRESS = N_("“{0}”: the SOP needs a web address that begins with https:// or http://.")
NO_WIKI = N_("“{0}”: this site has no wiki. Choose another kind of SOP.")
GONE = N_("“{0}”: the SOP ({1}) is not there any more. Choose another one.")
UNPUBLISHED = N_(
	"“{0}”: the SOP ({1}) is not published, so nobody could open it. Publish it, or choose another one."
)
NO_FILE = N_("“{0}”: the file of the SOP is not there any more. Upload it here.")
ELSEWHERE = N_(
	"“{0}”: the file of the SOP belongs to another document. Upload it here, so that it has readers of its own."
)


# --- what is missing ------------------------------------------------------------------------------------------


def sentence(chain: Chain, verdict: Verdict | None = None) -> str:
	"""What is missing in one sentence, in the reader's language; empty when nothing is. See ``engine.missing``."""
	return told(engine.missing(chain, verdict))


def told(found: Missing) -> str:
	"""The same of what was found before."""
	if not found.template:
		return ""
	parts = [listed(words(parts)) for parts in (found.needs, found.wrong) if parts]
	return _(found.template).format(*parts)


def words(parts: Iterable[Part]) -> list[str]:
	"""The parts of the sentence in the reader's language."""
	return [
		_(part.template).format(*(listed([_(word) for word in words]) for words in part.args))
		for part in parts
	]


def listed(words: Iterable[str]) -> str:
	"""Several words as the reader lists them."""
	# Frappe would look for a comma without its space
	found = list(words)
	between = _("{0}, {1}", context="Words of a list")
	return reduce(between.format, found) if found else ""


# --- the SOP ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sop:
	"""Where an SOP is: its ``kind``, and the address of the file, the name of the article or page, or the web
	address. ``key`` is that of the requirement, empty for the event type itself; ``label`` is what it is called
	there."""

	kind: str
	value: str
	key: str = ""
	label: str = ""


def of_row(row: Any, key: str = "", label: str = "") -> Sop | None:
	"""The SOP that a row of the configuration names; None where it names none."""
	kind = row.get("sop_kind") or ""
	return Sop(kind, str(row.get(_VALUE[kind]) or "").strip(), key, label) if kind in _VALUE else None


def of_type(doc: Any) -> list[Sop]:
	"""The SOPs of an event type, as its form holds them."""
	found = [of_row(doc, "", doc.get("title") or doc.name)]
	found += [of_row(row, row.name or "", row.label or "") for row in doc.get("requirements") or ()]
	return [sop for sop in found if sop is not None]


def check(sop: Sop, event_type: str) -> None:
	"""Raise ConfigurationError for an SOP that nobody could open."""
	if not sop.value:
		raise ConfigurationError(sop.label, template=NOT_CHOSEN)
	if sop.kind == LINK:
		if not is_web_address(sop.value):
			raise ConfigurationError(sop.label, template=NOT_AN_ADDRESS)
	elif sop.kind == FILE:
		if _file(event_type, sop.value) is None:
			raise ConfigurationError(sop.label, template=NO_FILE)
	elif sop.kind == WIKI and not frappe.db.exists("DocType", WIKI):
		raise ConfigurationError(sop.label, template=NO_WIKI)
	else:
		page = _pages(sop.kind, [sop.value]).get(sop.value)
		if page is None:
			raise ConfigurationError(sop.label, sop.value, template=GONE)
		if not page.published:
			raise ConfigurationError(sop.label, page.title or sop.value, template=UNPUBLISHED)


def _pages(kind: str, names: Iterable[str]) -> dict[str, Any]:
	"""Help Articles or Wiki Pages by name: title, route, published. None of a DocType that the site lacks."""
	names = sorted(set(names))
	if not names or not frappe.db.exists("DocType", kind):
		return {}
	rows = frappe.get_all(
		kind, filters={"name": ["in", names]}, fields=["name", "title", "route", "published"], limit=0
	)
	return {row.name: row for row in rows}


def _file(event_type: str, address: str) -> Any:
	"""The private file of this address that belongs to an event type."""
	return frappe.db.get_value(
		"File",
		{"file_url": address, "attached_to_doctype": TYPE, "attached_to_name": event_type, "is_private": 1},
		["name", "file_name"],
		as_dict=True,
	)


def take_files(doc: Any, known: Iterable[Sop] = ()) -> None:
	"""Before an event type is saved: the files of its SOPs, those ``known`` from before aside, become private and its
	own, so that their readers are those of the SOP. Raises ConfigurationError for a file of another document, or one that the administrator may not read,
	and EvidenceRefused for one that could run something."""
	had = {(sop.kind, sop.value) for sop in known}
	for row in (doc, *(doc.get("requirements") or ())):
		key = "" if row is doc else row.name or "new"
		sop = of_row(row, key, row.get("label") or row.get("title") or "")
		if sop is None or sop.kind != FILE or not sop.value or (sop.kind, sop.value) in had:
			continue
		row.sop_file = _taken(doc, sop)


def _taken(doc: Any, sop: Sop) -> str:
	found = frappe.get_all("File", filters={"file_url": sop.value}, pluck="name", order_by="creation desc")
	files = [frappe.get_doc("File", name) for name in found]
	if not files:
		raise ConfigurationError(sop.label, template=NO_FILE)
	own = [f for f in files if _is_for(f, doc) and f.has_permission("read")]
	if not own:
		raise ConfigurationError(sop.label, template=ELSEWHERE)
	file = own[0]
	data = file.get_content()
	content.inspect(file.file_name or "", data.encode() if isinstance(data, str) else data)
	if file.attached_to_doctype == TYPE and frappe.db.exists(TYPE, file.attached_to_name or ""):
		if file.attached_to_name != doc.name:
			# a copy of an event type: a record of its own on the same file
			file = frappe.get_doc({"doctype": "File", "file_url": file.file_url, "file_name": file.file_name})
	# Frappe makes a second record for a field of the document's own unless it is told that this one is it
	field = "sop_file" if not sop.key and doc.get("sop_file") == sop.value else None
	file.update(
		{
			"attached_to_doctype": TYPE,
			"attached_to_name": doc.name,
			"attached_to_field": field,
			"is_private": 1,
		}
	)
	file.save(ignore_permissions=True)
	return str(file.file_url)


def _is_for(file: Any, doc: Any) -> bool:
	"""Whether a file was uploaded for an event type, which may have had no name then, or for nothing yet."""
	if not file.attached_to_doctype or not file.attached_to_name:
		return bool(file.owner == frappe.session.user)
	return bool(file.attached_to_doctype == TYPE)


# --- what is shown ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
	"""The guidance of an event type: its ``text``, and by key of the requirement ("" for the type itself) the SOP as
	people see it: ``{"title", "url"}``."""

	text: str
	sops: dict[str, dict[str, str]]


def shown(event_type: str, event: str) -> Shown:
	"""The guidance of an event type for somebody who looks at ``event``; SOPs that are gone are left out. One
	statement, and one for each kind of SOP there is; asked once in a request."""
	memo = frappe.local.cache.setdefault("perf_flow_guidance", {})
	if event_type not in memo:
		memo[event_type] = _look_up(event_type)
	text, found = memo[event_type]
	return Shown(
		text,
		{
			sop.key: {"title": title, "url": _url(sop, event) if sop.kind == FILE else url}
			for sop, title, url in found
		},
	)


def forget() -> None:
	"""The guidance of a type changed in this request."""
	frappe.local.cache.pop("perf_flow_guidance", None)


def _look_up(event_type: str) -> tuple[str, list[tuple[Sop, str, str]]]:
	fields = ", ".join(FIELDS)
	rows = frappe.db.sql(
		f"""select '' `key`, title label, guidance, {fields} from `tab{TYPE}` where name = %(type)s
		union all select name, label, '', {fields} from `tabEvidence Requirement`
			where parent = %(type)s and parenttype = '{TYPE}' and ifnull(sop_kind, '') != ''""",
		{"type": event_type},
		as_dict=True,
	)
	text = next((row.guidance for row in rows if not row.key and row.guidance), "")
	sops = [sop for row in rows if (sop := of_row(row, row.key, row.label)) is not None]
	return text, _there(event_type, sops)


def _there(event_type: str, sops: list[Sop]) -> list[tuple[Sop, str, str]]:
	"""Those of the SOPs that can be opened, each with its title and address."""
	found = []
	pages = {
		kind: _pages(kind, [s.value for s in sops if s.kind == kind])
		for kind in {s.kind for s in sops} & {ARTICLE, WIKI}
	}
	files = _files(event_type, [s.value for s in sops if s.kind == FILE])
	for sop in sops:
		if sop.kind == LINK and is_web_address(sop.value):
			found.append((sop, sop.value.split("//", 1)[1].split("/", 1)[0], sop.value))
		elif sop.kind == FILE and sop.value in files:
			found.append((sop, files[sop.value], ""))
		elif (page := pages.get(sop.kind, {}).get(sop.value)) and page.published and page.route:
			found.append((sop, page.title or page.name, "/" + page.route.lstrip("/")))
	return found


def _files(event_type: str, addresses: list[str]) -> dict[str, str]:
	if not addresses:
		return {}
	return dict(
		frappe.get_all(
			"File",
			filters={
				"file_url": ["in", addresses],
				"attached_to_doctype": TYPE,
				"attached_to_name": event_type,
				"is_private": 1,
			},
			fields=["file_url", "file_name"],
			as_list=True,
			limit=0,
		)
	)


def _url(sop: Sop, event: str) -> str:
	from urllib.parse import urlencode

	asked = urlencode({"event": event, "requirement": sop.key})
	return f"/api/method/perf_flow.api.guidance.sop?{asked}"


def file_of(event_type: str, key: str) -> Any:
	"""The File of an SOP; None where there is none. The caller has made sure that the reader may open it."""
	_text, found = _look_up(event_type)
	sop = next((s for s, _title, _url in found if s.key == key and s.kind == FILE), None)
	row = _file(event_type, sop.value) if sop else None
	return frappe.get_doc("File", row.name) if row else None


# --- what is wrong ---------------------------------------------------------------------------------------------


def look_after() -> None:
	"""Tell administrators of SOPs that are gone or no longer published, and forget what was mended."""
	for name in frappe.get_all(TYPE, filters={"enabled": 1}, pluck="name", limit=0):
		wrong = 0
		for sop in of_type(frappe.get_doc(TYPE, name)):
			try:
				check(sop, name)
			except FlowError as e:
				wrong += 1
				problems.note(name, AREA, e, "", "")
		if not wrong:
			problems.forget(name, AREA)
