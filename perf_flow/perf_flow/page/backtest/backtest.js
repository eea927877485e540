frappe.pages["backtest"].on_page_load = (wrapper) => {
	frappe.require(["backtest.bundle.js", "perf_flow_pages.bundle.css", "backtest.bundle.css"], () =>
		frappe.perf_flow.backtest(wrapper)
	);
};

frappe.pages["backtest"].on_page_show = (wrapper) => wrapper.backtest && wrapper.backtest.shown();
