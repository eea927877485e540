"""Which event type a sub-dimension of a score sheet becomes: a ready template that fits, a type on the document that its
data source names, or one that people start by hand on their goal. All of them begin switched off."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import frappe
from frappe import _

from perf_flow.engine.errors import N_
from perf_flow.engine.score_sheet import folded
from perf_flow.flow import templates
from perf_flow.flow.templates import EVENT_TYPE, Template

NONE, MANUAL, EXISTING = "none", "manual", "existing"
TEMPLATE_CHOICE, DOCTYPE_CHOICE = "template:", "doctype:"
FITS = 0.5
"""From this share of a template's title on, found in the name of the sub-dimension, it is proposed."""
SHOWN_TEMPLATES = 5
ERP_APPS = ("erpnext", "hrms")
ALIASES = {
	"销售发票": "Sales Invoice",
	"销售出库": "Delivery Note",
	"送货单": "Delivery Note",
	"发货单": "Delivery Note",
	"采购发票": "Purchase Invoice",
	"采购入库": "Purchase Receipt",
	"收货单": "Purchase Receipt",
	"报价单": "Quotation",
	"质检报告": "Quality Inspection",
	"质检单": "Quality Inspection",
	"检验报告": "Quality Inspection",
	"不合格品": "Non Conformance",
	"生产工单": "Work Order",
	"生产订单": "Work Order",
	"物料清单": "BOM",
	"维修单": "Asset Repair",
	"保养记录": "Asset Maintenance Log",
	"工时表": "Timesheet",
	"考勤记录": "Attendance",
	"收款单": "Payment Entry",
}
"""What people call documents that ERPNext calls otherwise."""

PROOF = N_("Proof: {0}")
WHAT_WAS_DONE = N_("What was done: {0}")


@dataclass(frozen=True, slots=True)
class SubDimension:
	"""What a score sheet says of a sub-dimension, whoever it is about. ``kra`` is its KRA."""

	kra: str
	indicator: str
	dimension: str
	source: str
	standard: str


@dataclass(frozen=True, slots=True)
class TypePlan:
	"""What becomes of a sub-dimension. ``choice`` is one of ``options`` (key, label); ``existing`` is the event type that
	is there already and stays as it is."""

	kra: str
	about: SubDimension
	choice: str
	options: tuple[tuple[str, str], ...]
	only_company: str | None = None
	existing: str | None = None

	@property
	def is_new(self) -> bool:
		"""Whether an event type is made."""
		return self.choice != NONE and self.existing is None


def propose(
	found: Mapping[str, SubDimension], chosen: Mapping[str, str], only_company: str | None
) -> list[TypePlan]:
	"""The event type of each sub-dimension, as chosen or else as guessed from its data source and name."""
	usable = _Usable()
	documents = _documents()
	plans: list[TypePlan] = []
	taken: set[str] = set()
	for kra, about in found.items():
		doctype = _named_document(about.source, documents)
		fitting = _fitting(about, doctype, usable)
		options = [(f"{TEMPLATE_CHOICE}{t.key}", _("Template: {0}").format(_(t.title))) for t, _s in fitting]
		if doctype:
			options.append((f"{DOCTYPE_CHOICE}{doctype}", _("Own type on {0}").format(_(doctype))))
		options += [(MANUAL, _("Started by hand on the goal")), (NONE, _("No event type"))]
		guess = options[0][0] if doctype or (fitting and fitting[0][1] >= FITS) else MANUAL
		choice = chosen.get(kra, guess)
		if choice not in dict(options):
			choice = guess
		if choice.startswith(TEMPLATE_CHOICE) and choice in taken and kra not in chosen:
			# one event serves one sub-dimension; the second begins with its own
			choice = MANUAL
		taken.add(choice)
		plans.append(TypePlan(kra, about, choice, tuple(options), only_company, _existing(kra, choice)))
	return plans


def _existing(kra: str, choice: str) -> str | None:
	if choice.startswith(TEMPLATE_CHOICE):
		return templates.existing(choice.removeprefix(TEMPLATE_CHOICE))
	if choice == NONE:
		return None
	return frappe.db.get_value(EVENT_TYPE, {"name": kra})


# --- what fits ----------------------------------------------------------------------------------------------


def _documents() -> dict[str, str]:
	"""The DocTypes that ERP data lies in, by their name in English and Chinese, folded."""
	modules = frappe.get_all("Module Def", filters={"app_name": ["in", ERP_APPS]}, pluck="name")
	names = frappe.get_all(
		"DocType",
		filters={"istable": 0, "issingle": 0, "is_virtual": 0, "module": ["in", modules]},
		pluck="name",
		limit=0,
	)
	names += frappe.get_all(
		"DocType", filters={"custom": 1, "istable": 0, "issingle": 0}, pluck="name", limit=0
	)
	found: dict[str, str] = {alias: name for alias, name in ALIASES.items() if name in set(names)}
	for name in names:
		for label in {name, _(name, lang="zh")}:
			if len(folded(label)) > 1:
				found.setdefault(folded(label), name)
	return found


def _named_document(source: str, documents: Mapping[str, str]) -> str | None:
	"""The DocType that a data source names: the longest of those whose name stands in it as a word."""
	if not source:
		return None
	spaced = f" {' '.join(re.findall(r'[a-z0-9]+', source.casefold()))} "
	whole = folded(source)
	hits = []
	for label, name in documents.items():
		if label.isascii():
			words = " ".join(re.findall(r"[a-z0-9]+", name.casefold()))
			if f" {words} " in spaced or f" {words}s " in spaced:
				hits.append((len(label), name))
		elif (len(label) > 2 and label in whole) or label == whole:
			hits.append((2 * len(label), name))
	return max(hits)[1] if hits else None


class _Usable:
	"""Which templates fit the site, each looked at when it is asked for."""

	def __init__(self) -> None:
		self.known: dict[str, bool] = {}
		self.titles = [(t, _(t.title, lang="zh")) for t in templates.available()]

	def __contains__(self, one: Template) -> bool:
		if one.key not in self.known:
			self.known[one.key] = not templates.problem(one)
		return self.known[one.key]


def _fitting(about: SubDimension, doctype: str | None, usable: _Usable) -> list[tuple[Template, float]]:
	"""The templates that may fit, best first, each with how much of its title the sub-dimension has."""
	text = f"{about.indicator} {about.source}"
	scored = []
	for one, chinese in usable.titles:
		share = max(_share(one.title, text), _share(chinese, text))
		if one.doctype == doctype:
			scored.append((one, share + 1))
		elif share >= FITS / 2:
			scored.append((one, share))
	scored.sort(key=lambda s: (-s[1], s[0].key))
	return [(one, share) for one, share in scored[:SHOWN_TEMPLATES] if one in usable]


def _share(title: str, text: str) -> float:
	"""Which share of a title's words, in Chinese of its pairs of characters, stand in a text."""
	if title.isascii():
		words = {w for w in re.findall(r"[a-z]+", title.casefold()) if len(w) > 2}
		there = set(re.findall(r"[a-z]+", text.casefold()))
		return len(words & there) / len(words) if words else 0.0
	wanted, there = _pairs(folded(title)), _pairs(folded(text))
	return len(wanted & there) / len(wanted) if wanted else 0.0


def _pairs(text: str) -> set[str]:
	return {text[i : i + 2] for i in range(len(text) - 1)}


# --- making -------------------------------------------------------------------------------------------------


def make(plan: TypePlan, kra: str | None) -> str:
	"""Make the event type of a plan, switched off; returns its name. Raises as Frappe and ``templates.take`` do."""
	if plan.choice.startswith(TEMPLATE_CHOICE):
		name = templates.take(plan.choice.removeprefix(TEMPLATE_CHOICE))
		doc = frappe.get_doc(EVENT_TYPE, name)
		doc.kra = kra
		if plan.only_company:
			doc.only_company = plan.only_company
		doc.save()
		return name
	return str(_own_type(plan, kra).insert().name)


def _own_type(plan: TypePlan, kra: str | None) -> Any:
	about = plan.about
	values: dict[str, Any] = {
		"doctype": EVENT_TYPE,
		"title": plan.kra,
		"enabled": 0,
		"kra": kra,
		"only_company": plan.only_company,
		"requirements": [_requirement(about)],
	}
	if plan.choice.startswith(DOCTYPE_CHOICE):
		doctype = plan.choice.removeprefix(DOCTYPE_CHOICE)
		submittable = frappe.get_meta(doctype).is_submittable
		values.update(
			reference_doctype=doctype,
			trigger="Submitted" if submittable else "Created",
			recipients=[{"source": "Document Owner"}],
		)
	else:
		row = ["Goal", "kra", "=", kra] if kra else ["Goal", "goal_name", "=", about.indicator]
		values.update(
			reference_doctype="Goal",
			trigger="Manual",
			filters=json.dumps([row], ensure_ascii=False),
			recipients=[{"source": "Field", "fieldname": "employee"}],
		)
	return frappe.get_doc(values)


def _requirement(about: SubDimension) -> dict[str, Any]:
	"""What is asked for: the data source as a file, else a text of what was done; the standard tells what counts."""
	if about.source:
		return {
			"label": _(PROOF).format(about.source)[:140],
			"kind": "File",
			"obligation": "Mandatory",
			"guidance": about.standard,
		}
	return {
		"label": _(WHAT_WAS_DONE).format(about.indicator)[:140],
		"kind": "Text",
		"obligation": "Mandatory",
		"minimum_characters": 10,
		"guidance": about.standard,
	}
