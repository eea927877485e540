// The page “Rehearsal”: three practice chains, and how they went.

import { RehearsalPage } from "./rehearsal/page";

frappe.provide("frappe.perf_flow");

frappe.perf_flow.flow_rehearsal = (wrapper) => {
	wrapper.flow_rehearsal = new RehearsalPage(wrapper);
	wrapper.flow_rehearsal.load();
	return wrapper.flow_rehearsal;
};
