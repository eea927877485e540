frappe.pages["flow-marking"].on_page_load = (wrapper) => {
	frappe.require(
		["flow_marking.bundle.js", "perf_flow_pages.bundle.css", "flow_marking.bundle.css"],
		() => frappe.perf_flow.flow_marking(wrapper)
	);
};

frappe.pages["flow-marking"].on_page_show = (wrapper) =>
	wrapper.flow_marking && wrapper.flow_marking.shown();
