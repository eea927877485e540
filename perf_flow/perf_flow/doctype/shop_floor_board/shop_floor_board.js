// The form of a shop floor board: fields are chosen from what the document type has.

const SHOP_FLOOR_API = "perf_flow.api.shop_floor.";
const FIELD_PICKERS = [
	"date_field",
	"done_on_field",
	"status_field",
	"team_field",
	"title_field",
	"subtitle_field",
];

frappe.ui.form.on("Shop Floor Board", {
	setup(frm) {
		frm.set_query("reference_doctype", () => ({
			query: "perf_flow.api.event_types.document_types",
		}));
	},

	before_load(frm) {
		// the desk fills in the user's own company; a board is for all companies unless said otherwise
		if (frm.is_new() && !frm.doc.reference_doctype) frm.doc.only_company = "";
	},

	refresh(frm) {
		if (!frm.is_new() && frm.doc.enabled) {
			frm.add_custom_button(__("Open the board"), () =>
				frappe.set_route("shop-floor", frm.doc.name)
			);
		}
		return frm.events.offer_fields(frm);
	},

	reference_doctype(frm) {
		for (const fieldname of [...FIELD_PICKERS, "done_values", "left_out_values"]) {
			frm.set_value(fieldname, "");
		}
		return frm.events.offer_fields(frm);
	},

	status_field(frm) {
		frm.events.show_states(frm);
	},

	async offer_fields(frm) {
		const doctype = frm.doc.reference_doctype;
		if (!doctype || !frm.perm[0]?.write) return;
		const { message: choices } = await frappe.call({
			method: SHOP_FLOOR_API + "choices",
			args: { doctype },
			type: "GET",
		});
		if (doctype !== frm.doc.reference_doctype) return;
		frm.shop_floor_states = Object.fromEntries(
			(choices.states || []).map(({ value, label }) => [value, label.split("\n").filter(Boolean)])
		);
		for (const fieldname of FIELD_PICKERS) {
			const field = frm.fields_dict[fieldname];
			field.df.options = choices[fieldname] || [];
			field.set_data(field.df.options);
			field.refresh();
		}
		frm.events.show_states(frm);
	},

	// which states there are, below the two fields that name some of them
	show_states(frm) {
		const states = (frm.shop_floor_states || {})[frm.doc.status_field];
		const words = states && __("Possible: {0}", [states.join(", ")]);
		for (const fieldname of ["done_values", "left_out_values"]) {
			const own = __(frm.get_docfield(fieldname).description || "");
			frm.fields_dict[fieldname].set_new_description(
				frappe.utils.escape_html(words ? `${own} ${words}` : own)
			);
		}
	},
});
