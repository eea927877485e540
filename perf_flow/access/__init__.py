"""Who sees and does what. See docs/permissions.md, which is written from ``perf_flow.access.table``.

The table itself needs no frappe; everything else is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_PLACES = {
	"perf_flow.access.people": (
		"Viewer",
		"hr_users",
		"is_administrator",
		"is_hr_of",
		"my_employee",
		"viewer",
	),
	"perf_flow.access.rules": (
		"Relation",
		"asked_of",
		"business_event_action_conditions",
		"business_event_conditions",
		"comment_conditions",
		"comment_template_conditions",
		"events_of_tree",
		"file_conditions",
		"flow_export_conditions",
		"has_business_event_action_permission",
		"has_business_event_permission",
		"has_comment_permission",
		"has_comment_template_permission",
		"has_flow_export_permission",
		"has_performance_evidence_permission",
		"has_performance_flow_preference_permission",
		"has_performance_ledger_entry_permission",
		"has_practice_document_permission",
		"has_rehearsal_run_permission",
		"past_case_conditions",
		"has_root_cause_permission",
		"has_score_sheet_import_permission",
		"may_import",
		"performance_evidence_conditions",
		"performance_flow_preference_conditions",
		"performance_ledger_entry_conditions",
		"practice_document_conditions",
		"rehearsal_run_conditions",
		"root_cause_conditions",
		"score_sheet_import_conditions",
		"relation",
		"relation_to_employee",
	),
	"perf_flow.access.guards": ("guard_comment", "guard_reference", "guard_share"),
	"perf_flow.access.desk": ("count", "dashboard_chart", "find", "open_count"),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = list(_PLACE_OF)


def __getattr__(name: str) -> Any:
	if name not in _PLACE_OF:
		raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
	return getattr(import_module(_PLACE_OF[name]), name)
