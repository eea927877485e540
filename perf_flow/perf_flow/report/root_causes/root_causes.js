{% include "perf_flow/perf_flow/report/figure_filters.js" %}

frappe.query_reports["Root Causes"] = {
	filters: [
		{
			fieldname: "from_date",
			label: __("From Date"),
			fieldtype: "Date",
			default: frappe.datetime.add_months(frappe.datetime.month_start(), -5),
		},
		{ fieldname: "to_date", label: __("Up to and including"), fieldtype: "Date" },
		perf_flow.figures.choice("event_type", __("Business event type")),
		perf_flow.figures.choice("company", __("Company")),
	],
};
