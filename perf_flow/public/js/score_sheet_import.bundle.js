// The page "Import a score sheet": from an Excel sheet to goals, KRAs, event types and comment templates.

import { ScoreSheetImport } from "./pages/score_sheet_import";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.score_sheet_import = (wrapper) => {
	wrapper.score_sheet_import = new ScoreSheetImport(wrapper);
};
