"""A composed sentence, smoothed by a language model, where the administrators of the site have switched that on.

The service gets the sentence with everything that could name somebody replaced by a mark such as ⟦1⟧: people,
customers, suppliers, documents, whatever is quoted, addresses, codes and numbers of more than four digits. An
answer counts only when each mark is in it as often as before. Whatever goes wrong, the sentence stays as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from time import monotonic
from typing import Any

import requests

import frappe

from perf_flow.flow import store

SETTINGS = "Performance Flow Settings"
TIMEOUT = 5
"""Seconds until the service has to answer."""
MOST_ANSWER = 20_000
"""Bytes of an answer that are read."""

_ASKED = (
	"Rewrite this feedback for an employee as one or two natural sentences in the same language. Keep every fact,"
	" number and date, add none, and keep every mark like ⟦1⟧ exactly as it is. Answer with the text alone."
)
_MARK = re.compile(r"⟦\d+⟧")
_TELLING = re.compile(
	r"https?://[^\s（）()，。；]+"  # an address
	r"|[^\s@]+@[^\s@]+\.\w+"
	r"|“[^”]*”"  # whatever is quoted
	r"|\b(?=[\w/-]*\d)[A-Z][A-Z0-9]*(?:[-/][\w]+)+"  # a code such as SAL-ORD-2026-00001
	r"|\d{5,}"
)
_LINKS = ("customer", "supplier", "party_name", "party", "project", "lead", "owner", "contact_person")
_NAMES = (
	"customer_name",
	"supplier_name",
	"project_name",
	"title",
	"contact_display",
	"contact_email",
	"po_no",
)


def secrets_of(events: Iterable[str]) -> set[str]:
	"""What of these events must not leave the site: names of people, documents, customers and their like."""
	found: set[str] = set()
	for event in events:
		row = frappe.db.get_value(
			store.EVENT,
			event,
			[
				"name",
				"reference_doctype",
				"reference_name",
				"employee_name",
				"employee",
				"manager_name",
				"company",
			],
			as_dict=True,
		)
		found.update(str(row[key]) for key in row if key != "reference_doctype" and row[key])
		if frappe.db.exists("DocType", row.reference_doctype) and frappe.db.exists(
			row.reference_doctype, row.reference_name
		):
			doc = frappe.get_doc(row.reference_doctype, row.reference_name)
			found.update(str(doc.get(key)) for key in (*_LINKS, *_NAMES) if doc.get(key))
	return {word for word in found if len(word) > 1}


def mask(text: str, secrets: Iterable[str]) -> tuple[str, dict[str, str]]:
	"""The text with marks in place of what tells, and what each mark stands for."""
	known: dict[str, str] = {}
	marks: dict[str, str] = {}

	def one(match: re.Match[str]) -> str:
		word = match[0]
		if word not in marks:
			marks[word] = f"⟦{len(marks) + 1}⟧"
			known[marks[word]] = word
		return marks[word]

	names = [re.escape(word) for word in sorted(secrets, key=len, reverse=True)]
	# addresses and quotations first: they may hold a name
	return re.compile("|".join([_TELLING.pattern, *names]), re.IGNORECASE).sub(one, text), known


def improved(text: str, secrets: Iterable[str]) -> str | None:
	"""The text as the service puts it; None when that is switched off, fails, or loses a mark."""
	settings = frappe.get_cached_doc(SETTINGS)
	if not (settings.improve_wording and settings.improve_url and settings.improve_model):
		return None
	masked, known = mask(text, secrets)
	try:
		answer = _ask(settings, masked)
	except (requests.RequestException, ValueError, KeyError, IndexError, TypeError) as e:
		frappe.logger("perf_flow").warning(f"wording: the sentence was not improved: {type(e).__name__}")
		return None
	if Counter(_MARK.findall(answer)) != Counter(_MARK.findall(masked)):
		frappe.logger("perf_flow").warning("wording: the answer lost a mark and was dropped")
		return None
	return _MARK.sub(lambda match: known[match[0]], answer)


def _ask(settings: Any, masked: str) -> str:
	until = monotonic() + TIMEOUT
	key = settings.get_password("improve_key", raise_exception=False)
	with requests.post(
		settings.improve_url.rstrip("/") + "/chat/completions",
		json={
			"model": settings.improve_model,
			"messages": [{"role": "system", "content": _ASKED}, {"role": "user", "content": masked}],
			"temperature": 0.2,
		},
		headers={"Authorization": f"Bearer {key}"} if key else {},
		timeout=TIMEOUT,
		allow_redirects=False,
		stream=True,
	) as response:
		if response.status_code != 200:
			raise ValueError(response.status_code)
		body = b""
		for part in response.iter_content(4096):
			body += part
			# requests waits so long for each part; here it is for all of them
			if len(body) > MOST_ANSWER or monotonic() > until:
				raise ValueError(len(body))
	said = frappe.parse_json(body.decode("utf-8"))["choices"][0]["message"]["content"]
	if not isinstance(said, str) or not said.strip():
		raise ValueError("empty")
	return said.strip()
