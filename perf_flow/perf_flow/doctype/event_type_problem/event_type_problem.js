frappe.ui.form.on("Event Type Problem", {
	refresh(frm) {
		frappe.perf_flow.show_words(frm, "area", "reference_doctype");
	},
});
