frappe.listview_settings["Event Type Problem"] = {
	formatters: { area: (value) => frappe.perf_flow.word(value) },
};
