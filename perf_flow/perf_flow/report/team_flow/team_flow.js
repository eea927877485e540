{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["Team Flow"] = {
	// whose they are is said by the tree: nothing else to choose
	filters: perf_flow.figures
		.filters(
			[
				{ value: "Person", label: __("Person concerned") },
				{ value: "Event Type", label: __("Business event type") },
				{ value: "Week", label: __("Week of closing") },
			],
			"Person"
		)
		.filter((one) => ["from_date", "to_date", "group_by"].includes(one.fieldname)),

	formatter(value, row, column, data, default_formatter) {
		if (!data) return default_formatter(value, row, column, data);
		if (["percent", "complete"].includes(column.fieldname)) {
			// nothing counted is not 0 %
			const text = value === null || value === undefined ? "—" : `${flt(value, 1).toFixed(1)}%`;
			return `<div class="text-right">${text}</div>`;
		}
		const html = default_formatter(value, row, column, data);
		const url = value && this.behind(column.fieldname, data);
		const linked = url ? perf_flow.figures.link(html, url) : html;
		if (column.fieldname !== "label" || !data.group) return linked;
		if (frappe.query_report.get_filter_value("group_by") !== "Person") return linked;
		const snapshot = `/app/behaviour-snapshot/${encodeURIComponent(data.group)}`;
		return `${linked} · ${perf_flow.figures.link(frappe.utils.escape_html(__("What they did")), snapshot)}`;
	},

	// The list of business events behind a figure. Whoever stands above reads all of these people's events.
	behind(fieldname, data) {
		const past = perf_flow.figures.past_target();
		const query = {
			open: { state: "Open" },
			late_open: { state: "Open", target_at: past },
			to_mark: { state: "Open", stage: "Mark" },
			label: {},
		}[fieldname];
		if (!query) return null;
		const filters = frappe.query_report.get_filter_values();
		const by_week = filters.group_by === "Week";
		if (by_week) {
			query.state = "Closed";
			query.closed_at = JSON.stringify(["Between", [data.from_date, data.to_date]]);
		} else {
			const from = filters.from_date && perf_flow.figures.monday(filters.from_date);
			const to = filters.to_date && perf_flow.figures.sunday(filters.to_date);
			if (from && to) query.recorded_at = JSON.stringify(["Between", [from, to]]);
			const field = filters.group_by === "Event Type" ? "event_type" : "employee";
			query[field] = JSON.stringify(["in", [data.group]]);
		}
		if (!query.employee && data.team) {
			query.employee = JSON.stringify(["descendants of", data.team]);
		}
		return "/app/business-event?" + new URLSearchParams({ practice: 0, ...query }).toString();
	},
};
