// Times as the panel says them. They arrive in the time zone of the site; "now" is the server's.

let skew = 0; // milliseconds the server's clock is ahead of this browser's

/** Remember the server's clock from a response. Below two seconds it is only the way of the message. */
export function note_server_time(header) {
	const server = Date.parse(header || "");
	if (Number.isNaN(server)) return;
	const difference = server - Date.now();
	skew = Math.abs(difference) > 2000 ? difference : 0;
}

function moment_of(text) {
	const zone = frappe.boot.time_zone && frappe.boot.time_zone.system;
	return zone
		? moment.tz(text, frappe.defaultDatetimeFormat, zone)
		: moment(text, frappe.defaultDatetimeFormat);
}

/** Milliseconds from the server's now to `text`; negative when it has passed. */
export function until(text) {
	return moment_of(text).valueOf() - (Date.now() + skew);
}

/** Milliseconds between two times. */
export function between(start, end) {
	return moment_of(end).valueOf() - moment_of(start).valueOf();
}

/** The whole date and time, in the time zone and format of the reader. */
export function full(text) {
	return text ? frappe.datetime.str_to_user(frappe.datetime.convert_to_user_tz(text)) : "";
}

/** A span of time in one unit: what is left of it, rounded down, as one speaks of a deadline. */
export function span(milliseconds) {
	const minutes = Math.floor(Math.abs(milliseconds) / 60000);
	if (minutes < 1) return __("less than a minute");
	if (minutes === 1) return __("1 minute", null, "Span of time");
	if (minutes < 60) return __("{0} minutes", [minutes], "Span of time");
	const hours = Math.floor(minutes / 60);
	if (hours === 1) return __("1 hour", null, "Span of time");
	if (hours < 48) return __("{0} hours", [hours], "Span of time");
	return __("{0} days", [Math.floor(hours / 24)], "Span of time");
}

/** A span of time in at most two units, for what is over. */
export function exact_span(milliseconds) {
	const minutes = Math.max(0, Math.floor(milliseconds / 60000));
	if (minutes < 60) return __("{0} min", [minutes], "Span of time");
	const hours = Math.floor(minutes / 60);
	if (hours < 48) return __("{0} h {1} min", [hours, minutes % 60], "Span of time");
	return __("{0} d {1} h", [Math.floor(hours / 24), hours % 24], "Span of time");
}

/** How a deadline stands: `{late, soon, text, title}`. */
export function deadline(text, overdue) {
	const left = until(text);
	const late = overdue || left < 0;
	return {
		late,
		soon: !late && left < 4 * 3600 * 1000,
		text: late
			? left < 0
				? __("Overdue by {0}", [span(left)])
				: __("Overdue")
			: __("Due in {0}", [span(left)]),
		title: __("Due {0}", [full(text)]),
	};
}
