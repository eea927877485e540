// The page "Backtest": what an event type would have done.

import { Backtest } from "./pages/backtest";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.backtest = (wrapper) => {
	wrapper.backtest = new Backtest(wrapper);
};
