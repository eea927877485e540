frappe.listview_settings["Performance Outbox"] = {
	get_indicator(doc) {
		const colour = { Waiting: "orange", Done: "green", Failed: "red" }[doc.state];
		return [__(doc.state, null, "Performance Outbox"), colour, `state,=,${doc.state}`];
	},
};
