{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["How Events Were Found"] = {
	filters: perf_flow.figures.filters(
		[
			{ value: "Event Type", label: __("Business event type") },
			{ value: "Company", label: __("Company") },
			{ value: "Department", label: __("Department") },
			{ value: "Line Manager", label: __("Line manager") },
		],
		"Event Type"
	),

	formatter(value, row, column, data, default_formatter) {
		const { figures } = perf_flow;
		if (!data) return default_formatter(value, row, column, data);
		let html = default_formatter(value, row, column, data);
		const behind = {
			label: {},
			recorded: {},
			document: { source: "Document Event" },
			sweep: { source: "Sweep" },
			schedule: { source: "Schedule" },
			manual: { source: "Manual" },
		}[column.fieldname];
		if (behind && value) {
			html = figures.link(html, figures.events_url(data, behind));
		}
		return figures.bold(html, data);
	},
};
