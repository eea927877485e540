frappe.pages["shop-floor"].on_page_load = (wrapper) => {
	frappe.require(["shop_floor.bundle.js", "perf_flow_pages.bundle.css", "shop_floor.bundle.css"], () =>
		frappe.perf_flow.shop_floor(wrapper)
	);
};

frappe.pages["shop-floor"].on_page_show = (wrapper) => wrapper.shop_floor && wrapper.shop_floor.shown();
