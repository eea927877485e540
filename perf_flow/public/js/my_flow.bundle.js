// The page "My flow": what is to be done this week, how it went, and the person's own figures.

import { MyFlow } from "./pages/my_flow";

frappe.provide("frappe.perf_flow");

frappe.perf_flow.my_flow = (wrapper) => {
	wrapper.my_flow = new MyFlow(wrapper);
};
