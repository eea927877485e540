frappe.pages["behaviour-snapshot"].on_page_load = (wrapper) => {
	frappe.require(
		["behaviour_snapshot.bundle.js", "perf_flow_pages.bundle.css", "behaviour_snapshot.bundle.css"],
		() => frappe.perf_flow.behaviour_snapshot(wrapper)
	);
};

frappe.pages["behaviour-snapshot"].on_page_show = (wrapper) =>
	wrapper.behaviour_snapshot && wrapper.behaviour_snapshot.shown();
