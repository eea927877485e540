// The page "First 30 days": what an administrator sees to, and what is done.

import { StartPlan } from "./pages/start_plan";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.start_plan = (wrapper) => {
	wrapper.start_plan = new StartPlan(wrapper);
};
