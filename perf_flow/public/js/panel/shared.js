// What the forms and lists of the app's documents share.

import { result_words, step_words } from "./words";

const escape = (text) => frappe.utils.escape_html(String(text));

/** A link to an ERP document, as HTML. */
export function document_link(doctype, name) {
	if (!doctype || !name) return escape(name || "");
	return `<a href="${escape(frappe.utils.get_form_link(doctype, name))}">${escape(name)}</a>`;
}

const passed = (time) => Boolean(time) && time < frappe.datetime.system_datetime();

/** Label, colour and filter of a business event in lists. */
export function event_indicator(doc) {
	if (doc.state === "Closed") return [__("Closed", null, "Business Event"), "green", "state,=,Closed"];
	if (doc.state === "Void") return [__("Void", null, "Business Event"), "gray", "state,=,Void"];
	if (passed(doc.target_at)) {
		return [__("Overdue"), "red", `state,=,Open|target_at,<,${frappe.datetime.system_datetime()}`];
	}
	return [__("Open", null, "Business Event"), "blue", "state,=,Open"];
}

/** Label, colour and filter of a step in lists. */
export function step_indicator(doc) {
	if (doc.state === "Done") return [__("Done", null, "Step"), "green", "state,=,Done"];
	if (doc.state === "Cancelled")
		return [__("No longer needed", null, "Step"), "gray", "state,=,Cancelled"];
	if (passed(doc.due_at)) {
		return [__("Overdue"), "red", `state,=,Open|due_at,<,${frappe.datetime.system_datetime()}`];
	}
	return [__("Open", null, "Step"), "orange", "state,=,Open"];
}

/** The document and what is asked on it, for the first column of a list (as text). */
export function step_title(value, df, doc) {
	return `${value || ""} · ${step_words({ ...doc, label: __(doc.label || "") })}`;
}

/** The address of a file whose name may hold any character; what follows the last "?" is kept. */
export function file_address(url) {
	const at = url.lastIndexOf("?fid=");
	const path = at < 0 ? url : url.slice(0, at);
	return path.split("/").map(encodeURIComponent).join("/") + (at < 0 ? "" : url.slice(at));
}

/** A link beside the desk, as HTML; anything but a web or site address stays text. */
export function outside_link(address, label) {
	if (!/^(https?:\/\/|\/(?!\/))/i.test(address || "")) return escape(label || "");
	return `<a href="${escape(address)}" target="_blank" rel="noopener noreferrer">${escape(label)}</a>`;
}

/** Show a read-only field of a form as HTML that `make` gives for its value. */
export function show_as(frm, fieldname, make) {
	frm.set_df_property(fieldname, "formatter", (value) => make(value, frm.doc));
}

/** A word that the flow keeps in English, or the name of a DocType, as the reader sees it (HTML). */
export const word = (value, context = null) => escape(__(value || "", null, context));

/** Show such fields of a form in the reader's language. */
export function show_words(frm, ...fieldnames) {
	for (const fieldname of fieldnames) show_as(frm, fieldname, (value) => word(value, frm.doctype));
}

/** Show the result of a step, a mark or impacts, in the reader's language. */
export function show_result(frm, fieldname) {
	show_as(frm, fieldname, (value, doc) => escape(result_words(doc)));
}

/** The app's own fields never change by hand: without a custom field there is nothing to save. */
export function only_custom_fields(frm) {
	const editable = frm.meta.fields.some(
		(df) => df.is_custom_field && !df.read_only && !frappe.model.no_value_type.includes(df.fieldtype)
	);
	if (!editable || !frm.perm[0].write) frm.disable_save();
}

/** The button that leads from a form to its ERP document. */
export function add_document_button(frm) {
	const { reference_doctype, reference_name, document_state } = frm.doc;
	if (!reference_doctype || !reference_name || document_state === "Deleted") return;
	// a collaborator may be asked about a document they cannot open
	if (!frappe.model.can_read(reference_doctype)) return;
	frm.add_custom_button(__("Open {0}", [__(reference_doctype)]), () =>
		frappe.set_route("Form", reference_doctype, reference_name)
	);
}

/** The button in the rows of a list that leads to the ERP document. */
export const document_list_button = {
	show: (doc) => doc.reference_name && frappe.model.can_read(doc.reference_doctype),
	get_label: () => escape(__("Go there", null, "To the document")),
	get_description: (doc) => escape(`${__(doc.reference_doctype)} ${doc.reference_name}`),
	action: (doc) => frappe.set_route("Form", doc.reference_doctype, doc.reference_name),
};
