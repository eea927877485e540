// The form of the settings: fields of further documents of a behaviour snapshot are chosen from what they have.

const SNAPSHOT_API = "perf_flow.api.snapshot.";
const SNAPSHOT_FIELDS = ["person_field", "date_field", "title_field"];

frappe.ui.form.on("Performance Flow Settings", {
	setup(frm) {
		frm.set_query("document_type", "snapshot_sources", () => ({
			query: "perf_flow.api.event_types.document_types",
		}));
	},

	refresh(frm) {
		return Promise.all(
			(frm.doc.snapshot_sources || []).map((row) => offer_snapshot_fields(frm, row.name))
		);
	},
});

frappe.ui.form.on("Behaviour Snapshot Source", {
	document_type(frm, cdt, cdn) {
		for (const fieldname of SNAPSHOT_FIELDS) frappe.model.set_value(cdt, cdn, fieldname, "");
		return offer_snapshot_fields(frm, cdn);
	},

	form_render(frm, cdt, cdn) {
		return offer_snapshot_fields(frm, cdn);
	},
});

async function offer_snapshot_fields(frm, name) {
	const row = frm.fields_dict.snapshot_sources.grid.grid_rows_by_docname[name];
	const doctype = row && row.doc.document_type;
	if (!doctype) return;
	const { message: choices } = await frappe.call({
		method: SNAPSHOT_API + "choices",
		args: { doctype },
		type: "GET",
	});
	if (doctype !== row.doc.document_type) return;
	for (const fieldname of SNAPSHOT_FIELDS) {
		const options = (choices || {})[fieldname] || [];
		const df = row.docfields.find((one) => one.fieldname === fieldname);
		df.options = options;
		for (const field of [
			row.grid_form && row.grid_form.fields_dict[fieldname],
			row.on_grid_fields_dict[fieldname],
		]) {
			if (field && field.set_data) field.set_data(options);
		}
	}
}
