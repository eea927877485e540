"""Comment templates from an Excel workbook: an empty one, what is in a filled one, and taking it over."""

from __future__ import annotations

from typing import Any

import frappe

from perf_flow.api import require_person, translated
from perf_flow.api.steps import NO_FILE
from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.flow import comment_import
from perf_flow.flow.comment_import import Row

ERRORS = N_("{0} rows have errors. Nothing was taken over.")


def _rows() -> list[Row]:
	user = require_person()
	frappe.has_permission(comment_import.TEMPLATE, "create", throw=True)
	uploaded = frappe.request.files.get("file") if frappe.request else None
	if uploaded is None:
		raise InvalidInput(template=NO_FILE)
	# one byte more than is taken tells that it is too much
	return comment_import.read(uploaded.stream.read(comment_import.MOST_BYTES + 1), user)


@frappe.whitelist()
def workbook() -> None:
	"""An empty workbook, to be downloaded."""
	require_person()
	frappe.local.response.update(
		{
			"type": "binary",
			"filename": "comment-templates.xlsx",
			"filecontent": comment_import.empty_workbook(),
		}
	)


@frappe.whitelist(methods=["POST"])
def preview() -> dict[str, Any]:
	"""What is in the workbook that is the part ``file`` of the request, with what is wrong in which row. Nothing is
	written."""
	with translated():
		rows = _rows()
	return {
		"rows": [{"number": row.number, **row.values, "errors": row.errors} for row in rows],
		"errors": sum(bool(row.errors) for row in rows),
	}


@frappe.whitelist(methods=["POST"])
def take() -> dict[str, Any]:
	"""Make templates of all rows of the workbook; of none, where one has an error."""
	with translated():
		rows = _rows()
		wrong = sum(bool(row.errors) for row in rows)
		if wrong:
			raise InvalidInput(wrong, template=ERRORS)
		return {"made": comment_import.take(rows, frappe.session.user)}
