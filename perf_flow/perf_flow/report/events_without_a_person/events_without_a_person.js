{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["Events Without a Person"] = {
	filters: ["company", "department", "event_type"].map((field) =>
		perf_flow.figures.choice(
			field,
			{
				company: __("Company"),
				department: __("Department"),
				event_type: __("Business event type"),
			}[field]
		)
	),

	formatter(value, row, column, data, default_formatter) {
		const { link } = perf_flow.figures;
		const html = default_formatter(value, row, column, data);
		if (!data || !value) return html;
		switch (column.fieldname) {
			case "event_type":
				return link(html, `/app/business-event/${encodeURIComponent(data.name)}`);
			case "document":
				return link(html, frappe.utils.get_form_link(data.reference_doctype, data.reference_name));
			case "employee_name":
				return link(html, `/app/employee/${encodeURIComponent(data.employee)}`);
			case "late":
				// the word says it, the colour only underlines it
				return data.is_late
					? `<span style="color: var(--red-600); font-weight: 600">${html}</span>`
					: html;
		}
		return html;
	},
};
