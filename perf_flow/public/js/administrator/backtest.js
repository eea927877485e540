// Beginning a backtest from the form of an event type, saved or not.

import { h } from "../panel/dom";
import { write } from "../panel/client";

const DAYS = 90;
const MOST_DAYS = 730;

/** Ask for how many days; the page that follows shows how far it is, and what it found. */
export function backtest(frm) {
	const dialog = new frappe.ui.Dialog({
		title: __("Backtest"),
		fields: [
			{ fieldname: "intro", fieldtype: "HTML" },
			{
				fieldname: "days",
				fieldtype: "Int",
				label: __("Over the last … days"),
				default: DAYS,
				reqd: 1,
				description: __("From 1 to {0}. A worker does it in the background; nothing is recorded and nobody is told.", [
					MOST_DAYS,
				]),
			},
			{ fieldname: "problem", fieldtype: "HTML" },
		],
		primary_action_label: __("Start", null, "Backtest"),
		primary_action({ days }) {
			dialog.disable_primary_action();
			problem("");
			write("backtest.start", { doc: JSON.stringify(plain(frm.doc)), days })
				.then((run) => {
					dialog.hide();
					frappe.perf_flow.backtest_from = frappe.get_route();
					frappe.set_route("backtest", run);
				})
				.catch((error) => problem(error.message))
				.finally(() => dialog.enable_primary_action());
		},
	});
	const problem = (text) =>
		dialog.fields_dict.problem.$wrapper
			.empty()
			.append(h("p", { class: text ? "text-danger" : "", role: "alert" }, text));
	dialog.fields_dict.intro.$wrapper.append(
		h(
			"p",
			{ class: "text-muted" },
			frm.is_new() || frm.is_dirty()
				? __("What is on the form is tried, also what is not saved yet: on the documents of this site, as they are now.")
				: __("This event type is tried on the documents of this site, as they are now.")
		)
	);
	dialog.show();
	return dialog;
}

function plain(doc) {
	return Object.fromEntries(Object.entries(doc).filter(([key]) => !key.startsWith("__")));
}
