{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["Who Is Late"] = {
	filters: [
		{
			fieldname: "whose",
			label: __("Whose steps"),
			fieldtype: "Select",
			options: [
				{ value: "All", label: __("All that I may see") },
				{ value: "Team", label: __("About my team") },
				{ value: "Mine", label: __("Waiting for me") },
			],
			default: "All",
		},
		{
			fieldname: "kind",
			label: __("Step", null, "Business Event"),
			fieldtype: "Select",
			options: [
				{ value: "", label: __("All steps") },
				{ value: "Evidence", label: __("Evidence", null, "Step") },
				{ value: "Sign-off", label: __("Sign-off", null, "Step") },
				{ value: "Mark", label: __("Effectiveness mark", null, "Step") },
				{ value: "Confirmation", label: __("Impact confirmation", null, "Step") },
			],
		},
		perf_flow.figures.choice("employee", __("Person concerned")),
		perf_flow.figures.choice("event_type", __("Business event type")),
		perf_flow.figures.choice("company", __("Company")),
		{ fieldname: "hours", label: __("Late by at least (hours)"), fieldtype: "Int" },
	],

	formatter(value, row, column, data, default_formatter) {
		const html = default_formatter(value, row, column, data);
		if (!data) return html;
		const { link } = perf_flow.figures;
		if (column.fieldname === "document") {
			return link(html, `/app/business-event/${encodeURIComponent(data.event)}`);
		}
		if (column.fieldname === "person" && !data.found) {
			return `<span style="color: var(--red-700)">${html}</span>`;
		}
		return html;
	},
};
