// The page "Template gallery": ready event types by industry, to look at and to switch on.

import { Gallery } from "./pages/event_type_gallery";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.event_type_gallery = (wrapper) => {
	wrapper.event_type_gallery = new Gallery(wrapper);
};
