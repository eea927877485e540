frappe.ui.form.on("Business Event", {
	refresh(frm) {
		const { document_link, show_as, show_words } = frappe.perf_flow;
		show_as(frm, "reference_name", (value, doc) => document_link(doc.reference_doctype, value));
		show_words(frm, "reference_doctype", "state", "stage", "void_cause", "document_state");
		frappe.perf_flow.mount_event(frm, frm.doc.name);
		frappe.perf_flow.only_custom_fields(frm);
		frappe.perf_flow.add_document_button(frm);
		frm.page.add_menu_item(__("Show me around"), () =>
			frappe.require("tour.bundle.js").then(() => frappe.perf_flow.tour("The panel beside your document"))
		);
	},
});
