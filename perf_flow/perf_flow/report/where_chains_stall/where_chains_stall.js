{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["Where Chains Stall"] = {
	filters: [
		...perf_flow.figures.filters(
			[
				{ value: "", label: __("Steps only") },
				{ value: "Company", label: __("Company") },
				{ value: "Department", label: __("Department") },
				{ value: "Event Type", label: __("Business event type") },
				{ value: "Line Manager", label: __("Line manager") },
			],
			""
		),
		{
			fieldname: "picture",
			label: __("Chart"),
			fieldtype: "Select",
			options: [
				{ value: "Waiting", label: __("Waiting now") },
				{ value: "Funnel", label: __("From recorded to closed") },
				{ value: "Hours", label: __("Median hours") },
			],
			default: "Waiting",
		},
	],

	formatter(value, row, column, data, default_formatter) {
		const { figures } = perf_flow;
		if (data && column.fieldname === "median_hours" && (value === null || value === undefined)) {
			return `<div class="text-right text-muted">—</div>`;
		}
		const html = default_formatter(value, row, column, data);
		const behind = data && {
			label: {},
			waiting: { state: "Open", stage: data.stage },
			overdue: { state: "Open", stage: data.stage, target_at: figures.past_target() },
		}[column.fieldname];
		return behind && value ? figures.link(html, figures.events_url(data, behind)) : html;
	},
};
