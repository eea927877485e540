"""While one is away: who is asked in one's place."""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.api import require_person
from perf_flow.flow import absence


@frappe.whitelist()
def mine() -> dict[str, Any]:
	"""The reader's own entry, and for whom they stand in today."""
	return absence.of(require_person())


@frappe.whitelist()
def people(txt: str = "") -> list[dict[str, str]]:
	"""Whom the reader can name in their place."""
	user = require_person()
	# the control puts the label into the page as HTML
	return [
		{"value": value, "label": label.replace("<", "‹").replace(">", "›")}
		for value, label in absence.stand_ins(user, txt or "")
	]


@frappe.whitelist(methods=["POST"])
def save(away_from: str = "", away_until: str = "", delegate: str = "") -> dict[str, Any]:
	"""Set the reader's own entry, or clear it by leaving all empty. What makes no sense is refused by the
	preference's own checks."""
	user = require_person()
	values = {
		"away_from": away_from or None,
		"away_until": away_until or None,
		"delegate": delegate or None,
	}
	if frappe.db.exists(absence.PREFERENCE, user):
		doc = frappe.get_doc(absence.PREFERENCE, user)
		doc.update(values)
		doc.save()
	else:
		frappe.get_doc({"doctype": absence.PREFERENCE, "user": user, **values}).insert()
	return absence.of(user)
