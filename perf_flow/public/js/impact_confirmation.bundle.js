// The page "Impact confirmation".

import { ConfirmationScreen } from "./pages/impact_confirmation";

frappe.provide("frappe.perf_flow");
frappe.perf_flow.impact_confirmation = (wrapper) => {
	wrapper.impact_confirmation = new ConfirmationScreen(wrapper);
};
