frappe.pages["start-plan"].on_page_load = (wrapper) => {
	frappe.require(["start_plan.bundle.js", "perf_flow_pages.bundle.css", "administrator.bundle.css"], () =>
		frappe.perf_flow.start_plan(wrapper)
	);
};

frappe.pages["start-plan"].on_page_show = (wrapper) => wrapper.start_plan && wrapper.start_plan.shown();
