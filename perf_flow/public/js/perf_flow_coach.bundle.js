// Loaded for somebody in the middle of a rehearsal alone: the bar that leads from step to step.

import { Coach } from "./rehearsal/coach";

frappe.provide("frappe.perf_flow");

/** The one bar of this desk. */
frappe.perf_flow.coach = frappe.perf_flow.coach || new Coach();
