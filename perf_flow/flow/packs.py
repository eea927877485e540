"""Quick-review packs: scenarios for the reason of a mark, filled in from the event, to be finished by the manager.

Shipped ones are in ``perf_flow/comment_packs/packs.csv``; administrators add company-wide ones, and everybody
their own (DocType Comment Template). In their texts ``{document}`` and the like are filled from the event, as
far as the reader may read it; what stands in square brackets (in Chinese 【】) has to be written each time.

A reason that is still the template is refused (``check``). What counts is what was added: a prompt that still
stands there, a template without anything in the place of its prompts, and empty praise in that place are not
what somebody saw. A text that was changed in any other way is not judged.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import frappe
from frappe import _
from frappe.utils import format_date, getdate

from perf_flow.engine import wording as engine
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.wording import Kind
from perf_flow.flow import context, deeds, store, wording

FILE = Path(__file__).parent.parent / "comment_packs" / "packs.csv"
TEMPLATE = "Comment Template"
MOST_SHOWN = 12

PLACEHOLDERS = {
	"document": N_("Document"),
	"employee": N_("Employee"),
	"date": N_("Date"),
	"customer": N_("Customer"),
	"supplier": N_("Supplier"),
	"item": N_("Item"),
	"project": N_("Project"),
	"quantity": N_("Quantity"),
	"deviation": N_("Deviation"),
}
"""What is filled in, and the prompt that takes its place where there is nothing to fill in."""

STILL_THERE = N_("Please say what you saw: “{0}” still stands there as in the template.")
NOTHING_ADDED = N_("Please say what you saw: the template alone is not a reason.")
SAYS_NOTHING = N_("Please say what you saw: “{0}” does not say it.")
NOT_A_PLACEHOLDER = N_("There is nothing to fill in for “{0}”. Known are: {1}.")

_HOLE = re.compile(r"\{(\w+)\}")
_PROMPT = re.compile(r"\[[^\[\]]+\]|【[^【】]+】")
_PART = re.compile(rf"{_HOLE.pattern}|{_PROMPT.pattern}")
_HAN = re.compile(r"[\u3400-\u9fff]")
_EMPTY_WORDS = frozenset(
	(Kind.EMPTY, Kind.DECORATION, Kind.ENCOURAGEMENT, Kind.PRAISE, Kind.TRAIT, Kind.INTENSITY)
)
_PROMISED = (
	"delivery_date",
	"schedule_date",
	"exp_end_date",
	"expected_end_date",
	"expected_delivery_date",
	"due_date",
)


@dataclass(frozen=True, slots=True)
class Pack:
	"""A scenario that comes with the app; ``title`` and ``text`` by language ("en", "zh")."""

	key: str
	industry: str
	doctypes: frozenset[str]
	mark: str
	title: dict[str, str]
	text: dict[str, str]


@cache
def shipped() -> tuple[Pack, ...]:
	"""The scenarios of the file, in its order."""
	with FILE.open(encoding="utf-8", newline="") as f:
		return tuple(
			Pack(
				key=row["key"],
				industry=row["industry"],
				doctypes=frozenset(filter(None, row["doctypes"].split("|"))),
				mark=row["mark"],
				title={"en": row["title_en"], "zh": row["title_zh"]},
				text={"en": row["text_en"], "zh": row["text_zh"]},
			)
			for row in csv.DictReader(f)
		)


def check_placeholders(text: str) -> None:
	"""Raise InvalidInput for a template with a placeholder that nothing fills."""
	for name in _HOLE.findall(text):
		if name not in PLACEHOLDERS:
			raise InvalidInput(
				"{" + name + "}", ", ".join("{" + k + "}" for k in PLACEHOLDERS), template=NOT_A_PLACEHOLDER
			)


# --- what fits an event, filled in --------------------------------------------------------------------------


def offered(event: str, user: str, own: bool) -> list[dict[str, Any]]:
	"""The templates for the reason of this event's mark, filled in as far as the session's user may read it: with
	``own`` their own, then the company's, then the scenarios for this kind of document."""
	row = _event(event)
	if not row:
		return []
	values, language = values_of(row), deeds.language()
	found = []
	for kept in _kept(user, own, row.event_type, language):
		found.append(
			{
				"key": kept.name,
				"source": "company" if kept.scope == "Company" else "own",
				"title": kept.title,
				"mark": kept.mark or "",
				"text": fill(kept.text, values),
			}
		)
	fitting = [p for p in shipped() if row.reference_doctype in p.doctypes]
	fitting += [p for p in shipped() if not p.doctypes]
	for pack in fitting:
		found.append(
			{
				"key": f"pack:{pack.key}",
				"source": "pack",
				"title": pack.title[language],
				"mark": pack.mark,
				"text": fill(pack.text[language], values),
			}
		)
	return found[:MOST_SHOWN]


def _event(event: str) -> Any:
	return frappe.db.get_value(
		store.EVENT,
		event,
		["name", "event_type", "reference_doctype", "reference_name", "employee_name", "recorded_at"],
		as_dict=True,
	)


def _kept(user: str, own: bool, event_type: str, language: str) -> list[Any]:
	name = "Chinese" if language == "zh" else "English"
	rows = frappe.get_list(
		TEMPLATE,
		fields=["name", "title", "text", "mark", "event_type", "scope", "user", "language"],
		order_by="title, creation",
		limit=200,
	)
	return [
		row
		for row in sorted(rows, key=lambda r: r.scope == "Company")
		if (row.event_type or event_type) == event_type
		and (row.language or name) == name
		and (row.scope == "Company" or (own and row.user == user))
	]


def values_of(row: Any) -> dict[str, str]:
	"""What fills the placeholders, of an event as the session's user may read its document."""
	values = {
		"document": f"{_(row.reference_doctype)} {row.reference_name}",
		"employee": row.employee_name or "",
		"date": format_date(row.recorded_at),
	}
	doc = context.readable(row.reference_doctype, row.reference_name)
	if doc is None:
		return values
	first = (doc.get("items") or [None])[0]
	for name, fields in {
		"customer": ("customer_name", "customer", "party_name"),
		"supplier": ("supplier_name", "supplier"),
		"project": ("project_name", "project"),
		"item": ("item_name", "item_code", "production_item"),
		"quantity": ("qty", "total_qty"),
	}.items():
		for field in fields:
			value = doc.get(field)
			if value in (None, "") and first is not None and name in ("item", "quantity"):
				value = first.get(field)
			if value not in (None, "", 0):
				values[name] = f"{value:g}" if isinstance(value, float) else str(value)
				break
	promised = next((doc.get(field) for field in _PROMISED if doc.get(field)), None)
	if promised:
		days = (getdate(row.recorded_at) - getdate(promised)).days
		if days > 0:
			values["deviation"] = _("{0} days", context="Span of time").format(days)
	return values


def fill(text: str, values: dict[str, str]) -> str:
	"""A template with its placeholders filled; one without a value becomes a prompt."""

	def one(match: re.Match[str]) -> str:
		name = match[1]
		if name not in PLACEHOLDERS:
			return match[0]
		# brackets in a value would look like a prompt
		return values.get(name, "").translate(str.maketrans("[]【】", "()（）")) or _prompt(name)

	return _HOLE.sub(one, text)


def _prompt(name: str) -> str:
	return f"[{_(PLACEHOLDERS[name])}]"


# --- was it finished? ---------------------------------------------------------------------------------------


def check(reason: str, user: str, event: str) -> None:
	"""Raise InvalidInput for a reason of this event's mark that is still a template: a shipped or a company's one, or
	one's own with a prompt in it."""
	if not reason.strip():
		return
	texts = [text for pack in shipped() for text in pack.text.values()]
	for row in frappe.db.sql(
		f"""select text, scope from `tab{TEMPLATE}`
		where scope = 'Company' or (user = %s and (text like '%%[%%' or text like '%%【%%'))""",
		(user,),
		as_dict=True,
	):
		texts.append(row.text or "")
	_no_prompts(reason, texts)
	plain = _plain(reason)
	for text in texts:
		added = _added(text, reason, plain)
		if added is not None:
			_says_something(_without_filled(added, event))


def _no_prompts(reason: str, texts: Iterable[str]) -> None:
	if "[" not in reason and "【" not in reason and "{" not in reason:
		return
	prompts = {prompt for text in texts for prompt in _PROMPT.findall(text)}
	prompts |= {_prompt(name) for name in PLACEHOLDERS} | {"{" + name + "}" for name in PLACEHOLDERS}
	for prompt in _PART.finditer(reason):
		if prompt[0] in prompts:
			raise InvalidInput(prompt[0], template=STILL_THERE)


def _without_filled(added: str, event: str) -> str:
	"""What was added without what the app itself had filled in right beside it."""
	row = _event(event) if added else None
	for value in sorted(values_of(row).values(), key=len, reverse=True) if row else ():
		added = added.replace(value, " ") if value else added
	return added


def _says_something(added: str) -> None:
	letters = sum(c.isalnum() for c in added)
	if letters < (2 if _HAN.search(added) else 3):
		raise InvalidInput(template=NOTHING_ADDED)
	found = engine.assess(added, lexicon=wording.lexicon())
	if not found.concrete and found.findings[0].kind in _EMPTY_WORDS:
		raise InvalidInput(" ".join(added.split())[:60], template=SAYS_NOTHING)


_Plain = tuple[str, list[int]]


def _plain(text: str) -> _Plain:
	"""The letters and digits of a text, and where each stands in it."""
	places = [i for i, c in enumerate(text) if c.isalnum()]
	return "".join(text[i].lower()[:1] for i in places), places


def _added(template: str, reason: str, plain: _Plain) -> str | None:
	"""What stands in ``reason`` in the place of the template's prompts; None where the reason is another text.

	The fixed words of the template are looked for one after the other, from the left: as with any pattern of
	fixed parts and gaps this finds them if they are there, in time in proportion to the text.
	"""
	letters, places = plain
	gap, prompt, end = 0, False, 0
	gaps: list[bool] = []  # whether a prompt stands in the gap before the fixed words
	fixed: list[str] = []
	for match in _PART.finditer(template):
		# group 1 is the name of a placeholder; a prompt has none
		words = _plain(template[end : match.start()])[0]
		if words:
			fixed.append(words)
			gaps.append(prompt)
			prompt = False
		prompt = prompt or match[1] is None
		end = match.end()
	fixed.append(_plain(template[end:])[0])
	gaps.append(prompt)
	parts = list(zip(fixed, gaps, strict=True))
	if not any(fixed):
		return None
	hole = _PART.search(template)
	begins_fixed = hole is None or bool(_plain(template[: hole.start()])[0])
	added: list[str] = []
	for number, (words, asked) in enumerate(parts):
		last = number == len(parts) - 1
		if number == 0 and begins_fixed:
			at = 0 if letters.startswith(words) else -1
		elif last:
			at = len(letters) - len(words) if letters.endswith(words) else -1
		else:
			at = letters.find(words, gap)
		if at < gap:
			return None
		if asked and at > gap:
			added.append(reason[places[gap] : places[at - 1] + 1])
		gap = at + len(words)
	return "; ".join(added) if gap == len(letters) else None
