frappe.listview_settings["Performance Evidence"] = {
	formatters: { requirement_label: (value) => frappe.perf_flow.word(value) },
};
