// Words about a reason while it is typed. Loaded on demand, see panel/wording.js.

import { knows, watch } from "./wording/watcher";

frappe.provide("frappe.perf_flow");

frappe.perf_flow.wording = { knows, watch };
