frappe.pages["my-flow"].on_page_load = (wrapper) => {
	frappe.require(["my_flow.bundle.js", "perf_flow_pages.bundle.css", "my_flow.bundle.css"], () =>
		frappe.perf_flow.my_flow(wrapper)
	);
};

frappe.pages["my-flow"].on_page_show = (wrapper) => wrapper.my_flow && wrapper.my_flow.shown();
