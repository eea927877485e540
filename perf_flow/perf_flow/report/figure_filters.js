// Filters and links that the reports on business events share; put into their scripts by an include.

frappe.provide("perf_flow.figures");

perf_flow.figures.WEEKS = 12;

// Choices come from the events that the viewer may read: a Link would ask for a permission on departments,
// companies or employees, and would offer names of people that are none of the viewer's business.
perf_flow.figures.choice = function (fieldname, label) {
	return {
		fieldname,
		label,
		fieldtype: "Autocomplete",
		ignore_validation: 1,
		get_query: () => ({
			query: "perf_flow.api.figures.choices",
			params: { field: fieldname },
		}),
	};
};

perf_flow.figures.filters = function (groups, group) {
	return [
		{
			fieldname: "from_date",
			label: __("From the week of"),
			fieldtype: "Date",
			default: frappe.datetime.add_days(
				frappe.datetime.get_today(),
				-7 * (perf_flow.figures.WEEKS - 1)
			),
		},
		{
			fieldname: "to_date",
			label: __("To the week of"),
			fieldtype: "Date",
			default: frappe.datetime.get_today(),
		},
		{
			fieldname: "group_by",
			label: __("Group by"),
			fieldtype: "Select",
			options: groups,
			default: group,
		},
		perf_flow.figures.choice("company", __("Company")),
		perf_flow.figures.choice("department", __("Department")),
		perf_flow.figures.choice("event_type", __("Business event type")),
		perf_flow.figures.choice("manager", __("Line manager")),
		perf_flow.figures.choice("employee", __("Person concerned")),
		{
			fieldname: "pilot",
			label: __("Pilots"),
			fieldtype: "Select",
			options: [
				{ value: "All", label: __("All events") },
				{ value: "Only", label: __("Pilots only") },
				{ value: "Without", label: __("Without pilots") },
			],
			default: "All",
		},
	];
};

perf_flow.figures.GROUP_FIELDS = {
	Company: "company",
	Department: "department",
	"Event Type": "event_type",
	"Line Manager": "manager",
};

// The address of the list of business events behind a row, narrowed by `extra`.
perf_flow.figures.events_url = function (row, extra) {
	const filters = frappe.query_report.get_filter_values();
	const query = {};
	for (const field of ["company", "department", "event_type", "manager", "employee"]) {
		// not “=”: lists take a department for itself and all below it
		if (filters[field]) query[field] = JSON.stringify(["in", [filters[field]]]);
	}
	if (filters.pilot === "Only") query.pilot = 1;
	if (filters.pilot === "Without") query.pilot = 0;

	const field = perf_flow.figures.GROUP_FIELDS[filters.group_by];
	if (field && !row.is_total) {
		query[field] = JSON.stringify(row.group ? ["in", [row.group]] : ["is", "not set"]);
	}
	let from = filters.from_date && perf_flow.figures.monday(filters.from_date);
	let to = filters.to_date && perf_flow.figures.sunday(filters.to_date);
	if (row.from_date) {
		from = row.from_date;
		to = row.to_date;
	}
	if (from && to) {
		query.recorded_at = JSON.stringify(["Between", [from, to]]);
	} else if (from) {
		query.recorded_at = JSON.stringify([">=", from]);
	} else if (to) {
		query.recorded_at = JSON.stringify(["<", frappe.datetime.add_days(to, 1)]);
	}
	query.practice = 0;
	return "/app/business-event?" + new URLSearchParams({ ...query, ...extra }).toString();
};

perf_flow.figures.monday = function (day) {
	const weekday = (moment(day).day() + 6) % 7;
	return frappe.datetime.add_days(day, -weekday);
};

perf_flow.figures.sunday = function (day) {
	return frappe.datetime.add_days(perf_flow.figures.monday(day), 6);
};

perf_flow.figures.link = function (text, url) {
	return `<a href="${frappe.utils.escape_html(url)}">${text}</a>`;
};

perf_flow.figures.bold = function (html, row) {
	return row && row.is_total ? `<b>${html}</b>` : html;
};

perf_flow.figures.past_target = function () {
	return JSON.stringify(["<", frappe.datetime.now_datetime()]);
};
