// Loaded with the form of a business event type, not with every page.

import { guide } from "./administrator/guide";
import { show_problems } from "./administrator/problems";
import { duplicate, switch_off, switch_on_for_pilot, widen } from "./administrator/switching";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.administrator = { duplicate, guide, show_problems, switch_off, switch_on_for_pilot, widen };
