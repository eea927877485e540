frappe.ui.form.on("Performance Evidence", {
	refresh(frm) {
		const { document_link, file_address, outside_link, show_as, show_words } = frappe.perf_flow;
		show_as(frm, "reference_name", (value, doc) => document_link(doc.reference_doctype, value));
		show_words(frm, "reference_doctype", "requirement_label");
		show_as(frm, "event", (value) => document_link("Business Event", value));
		show_as(frm, "value", (value, doc) => {
			if (doc.kind === "File" && doc.file)
				return outside_link(file_address(`${value}?fid=${doc.file}`), value);
			if (doc.kind === "Link") return outside_link(value, value);
			if (doc.kind === "Linked Document") return document_link(doc.title, value);
			return frappe.utils.escape_html(value || "");
		});
		frappe.perf_flow.only_custom_fields(frm);
		frappe.perf_flow.add_document_button(frm);
	},
});
