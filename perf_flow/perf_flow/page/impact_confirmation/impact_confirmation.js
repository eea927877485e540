frappe.pages["impact-confirmation"].on_page_load = (wrapper) => {
	frappe.require(["impact_confirmation.bundle.js", "perf_flow_pages.bundle.css", "impact_confirmation.bundle.css"], () =>
		frappe.perf_flow.impact_confirmation(wrapper)
	);
};

frappe.pages["impact-confirmation"].on_page_show = (wrapper) => wrapper.impact_confirmation && wrapper.impact_confirmation.shown();
