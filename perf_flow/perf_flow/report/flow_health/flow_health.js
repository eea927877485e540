{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["Flow Health"] = {
	filters: perf_flow.figures.filters(
		[
			{ value: "Week", label: __("Week") },
			{ value: "Company", label: __("Company") },
			{ value: "Department", label: __("Department") },
			{ value: "Event Type", label: __("Business event type") },
			{ value: "Line Manager", label: __("Line manager") },
		],
		"Week"
	),

	formatter(value, row, column, data, default_formatter) {
		const { figures } = perf_flow;
		if (!data) return default_formatter(value, row, column, data);

		let html;
		if (["percent", "pilot_percent", "trend"].includes(column.fieldname)) {
			html = this.share(value, column);
		} else {
			html = default_formatter(value, row, column, data);
		}
		const behind = {
			label: {},
			late_open: { state: "Open", target_at: figures.past_target() },
			running: {
				state: "Open",
				target_at: JSON.stringify([">=", frappe.datetime.now_datetime()]),
			},
			void: { state: "Void" },
		}[column.fieldname];
		if (behind && value) {
			html = figures.link(html, figures.events_url(data, behind));
		}
		return figures.bold(html, data);
	},

	// The desk draws a label for every point; weeks are a series, of which some labels are enough.
	after_datatable_render() {
		const report = frappe.query_report;
		if (report.chart_options && report.get_filter_value("group_by") === "Week") {
			report.chart_options.axisOptions.xIsSeries = 1;
			report.render_chart(report.chart_options);
		}
	},

	// nothing counted is not 0 %
	share(value, column) {
		if (value === null || value === undefined) {
			return `<div class="text-right text-muted">—</div>`;
		}
		const rounded = flt(value, 1);
		if (column.fieldname !== "trend") {
			return `<div class="text-right">${rounded.toFixed(1)}%</div>`;
		}
		const [sign, color] =
			rounded > 0 ? ["+", "green"] : rounded < 0 ? ["−", "red"] : ["±", "gray"];
		const text = sign + Math.abs(rounded).toFixed(1);
		return `<div class="text-right" style="color: var(--${color}-600)">${text}</div>`;
	},
};
