// Loaded when somebody asks to be shown around.

import { tour } from "./desk/tour";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.tour = tour;
