// Loaded with the form of a business event type, not with every page.

import { backtest } from "./administrator/backtest";
import { guide } from "./administrator/guide";
import { show_problems } from "./administrator/problems";
import { duplicate, switch_off, switch_on_for_pilot, widen } from "./administrator/switching";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.administrator = {
	backtest,
	duplicate,
	guide,
	show_problems,
	switch_off,
	switch_on_for_pilot,
	widen,
};
