frappe.listview_settings["Business Event"] = {
	add_fields: ["state", "target_at", "reference_doctype", "reference_name"],
	hide_name_column: true,
	get_indicator: (doc) => frappe.perf_flow.event_indicator(doc),
	formatters: { stage: (value) => frappe.perf_flow.word(value, "Business Event") },
	button: frappe.perf_flow.document_list_button,

	onload(listview) {
		// the server asks whether they may read all of it
		if (!["HR Manager", "Performance HR"].some((role) => frappe.user.has_role(role))) return;
		listview.page.add_menu_item(__("Export for a replay"), () => this.ask_for_days());
	},

	ask_for_days() {
		const today = frappe.datetime.get_today();
		const dialog = new frappe.ui.Dialog({
			title: __("Export for a replay"),
			fields: [
				{
					fieldname: "first",
					fieldtype: "Date",
					label: __("Recorded from"),
					default: frappe.datetime.add_months(today, -1),
					reqd: 1,
				},
				{ fieldname: "last", fieldtype: "Date", label: __("Recorded until"), default: today, reqd: 1 },
				{
					fieldname: "about",
					fieldtype: "HTML",
					options: `<p class="text-muted">${frappe.utils.escape_html(
						__(
							"A workbook with everything that was given, marked and said for these events; from it “perf-flow replay” makes the same figures without this site. You are told when it is there. Only you can open it, for a week."
						)
					)}</p>`,
				},
			],
			primary_action_label: __("Export"),
			primary_action({ first, last }) {
				dialog.disable_primary_action();
				frappe
					.xcall("perf_flow.api.site_export.start", { first, last })
					.then((name) => {
						dialog.hide();
						frappe.set_route("Form", "Flow Export", name);
					})
					.finally(() => dialog.enable_primary_action());
			},
		});
		dialog.show();
	},
};
