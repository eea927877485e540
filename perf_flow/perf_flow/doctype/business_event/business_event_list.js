frappe.listview_settings["Business Event"] = {
	add_fields: ["state", "target_at", "reference_doctype", "reference_name"],
	hide_name_column: true,
	get_indicator: (doc) => frappe.perf_flow.event_indicator(doc),
	formatters: { stage: (value) => frappe.perf_flow.word(value, "Business Event") },
	button: frappe.perf_flow.document_list_button,
};
