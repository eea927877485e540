frappe.listview_settings["Business Event Action"] = {
	add_fields: ["state", "due_at", "kind", "label", "reference_doctype", "reference_name"],
	hide_name_column: true,
	// what is open, the most urgent first; the rest is a click away
	filters: [["state", "=", "Open"]],
	get_indicator: (doc) => frappe.perf_flow.step_indicator(doc),
	formatters: { reference_name: frappe.perf_flow.step_title },
	button: frappe.perf_flow.document_list_button,
};
