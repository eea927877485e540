// The page "Behaviour snapshot": what somebody did in a period, line by line.

import { BehaviourSnapshot } from "./pages/behaviour_snapshot";

frappe.provide("frappe.perf_flow");

frappe.perf_flow.behaviour_snapshot = (wrapper) => {
	wrapper.behaviour_snapshot = new BehaviourSnapshot(wrapper);
};
