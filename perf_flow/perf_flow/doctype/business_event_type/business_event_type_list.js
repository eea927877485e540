// The list of business event types: what is on, off, a pilot, or has a problem; and the ready ones.

frappe.listview_settings["Business Event Type"] = {
	add_fields: ["enabled"],
	hide_name_column: true,
	states: { problems: {}, pilots: [] },

	get_indicator(doc) {
		const { problems, pilots } = this.states;
		if (!cint(doc.enabled)) return [__("Switched off"), "gray", "enabled,=,0"];
		if (problems[doc.name]) return [__("Has a problem"), "red", "enabled,=,1"];
		if (pilots.includes(doc.name)) return [__("Pilot"), "blue", "enabled,=,1"];
		return [__("Switched on"), "green", "enabled,=,1"];
	},

	formatters: {
		title: (value) => frappe.utils.escape_html(__(value)),
		industry: (value) => frappe.utils.escape_html(__(value || "")),
	},

	// what is wrong is said in the row: why, and since when
	button: {
		show: (doc) =>
			Boolean(cint(doc.enabled) && frappe.listview_settings["Business Event Type"].states.problems[doc.name]),
		get_label: () => __("What is wrong?"),
		get_description(doc) {
			const { problem, since } = frappe.listview_settings["Business Event Type"].states.problems[doc.name];
			return frappe.utils.escape_html(
				__("{0} (since {1})", [problem, frappe.datetime.str_to_user(since)])
			);
		},
		action: (doc) => frappe.set_route("Form", doc.doctype, doc.name),
	},

	onload(listview) {
		if (!frappe.model.can_create("Business Event Type")) return;
		listview.page.add_inner_button(__("Add from template"), () => frappe.set_route("event-type-gallery"));
	},

	refresh(listview) {
		frappe.xcall("perf_flow.api.event_types.states").then((states) => {
			if (JSON.stringify(states) == JSON.stringify(this.states)) return;
			this.states = states;
			listview.render_list();
		});
	},
};
