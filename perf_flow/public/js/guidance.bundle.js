// Past cases to learn from. Loaded on demand, see panel/guidance.js.

import { show } from "./guidance/cases";

frappe.provide("frappe.perf_flow");

frappe.perf_flow.guidance = { show };
