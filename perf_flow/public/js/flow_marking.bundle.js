// The page “Marking”: events that wait for one's mark, one after the other.

import { Marking } from "./pages/flow_marking";

frappe.provide("frappe.perf_flow");

frappe.perf_flow.flow_marking = (wrapper) => {
	wrapper.flow_marking = new Marking(wrapper);
	return wrapper.flow_marking;
};
