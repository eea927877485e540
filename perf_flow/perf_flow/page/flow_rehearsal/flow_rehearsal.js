frappe.pages["flow-rehearsal"].on_page_load = (wrapper) => {
	frappe.require(
		["flow_rehearsal.bundle.js", "perf_flow_pages.bundle.css", "flow_rehearsal.bundle.css"],
		() => frappe.perf_flow.flow_rehearsal(wrapper)
	);
};

frappe.pages["flow-rehearsal"].on_page_show = (wrapper) =>
	wrapper.flow_rehearsal && wrapper.flow_rehearsal.load();
