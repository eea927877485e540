frappe.pages["event-type-gallery"].on_page_load = (wrapper) => {
	frappe.require(["event_type_gallery.bundle.js", "perf_flow_pages.bundle.css", "administrator.bundle.css"], () =>
		frappe.perf_flow.event_type_gallery(wrapper)
	);
};

frappe.pages["event-type-gallery"].on_page_show = (wrapper) => wrapper.event_type_gallery && wrapper.event_type_gallery.shown();
