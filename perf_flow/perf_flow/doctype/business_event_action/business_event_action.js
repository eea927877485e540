frappe.ui.form.on("Business Event Action", {
	refresh(frm) {
		const { document_link, show_as, show_result, show_words } = frappe.perf_flow;
		show_as(frm, "reference_name", (value, doc) => document_link(doc.reference_doctype, value));
		show_words(frm, "reference_doctype", "state", "label");
		show_result(frm, "result");
		frappe.perf_flow.mount_event(frm, frm.doc.event);
		frappe.perf_flow.only_custom_fields(frm);
		frappe.perf_flow.add_document_button(frm);
		frm.add_custom_button(__("Business Event"), () =>
			frappe.set_route("Form", "Business Event", frm.doc.event)
		);
	},
});
