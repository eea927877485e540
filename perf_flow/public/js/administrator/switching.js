// Switching event types on and off, for a pilot or for everybody, and making a copy.

import { write } from "../panel/client";

const NAMED = "perf_flow.api.event_types.named";
const KINDS = ["Department", "Branch", "Employee"];

/** Say what went wrong, where the dialog would otherwise stay silent. */
export function say(error) {
	frappe.msgprint({ message: frappe.utils.escape_html(error.message), indicator: "red" });
}

function names_of(kind, company) {
	return (txt) =>
		frappe
			.xcall("frappe.desk.search.search_link", {
				doctype: kind,
				txt: txt || "",
				query: NAMED,
				filters: { company, leaves: 0 },
			})
			.then((found) =>
				found.map(({ value, description }) => {
					// the control takes both for HTML
					const shown = kind === "Employee" ? `${(description || "").split(",")[0]} (${value})` : value;
					return {
						value,
						label: frappe.utils.escape_html(shown),
						description: frappe.utils.escape_html(description || ""),
					};
				})
			);
}

/** Ask for whom a pilot is; `run(scope)` gets JSON, and says by its promise when it is done. */
export function ask_for_pilot({ title, intro, company, given = {}, run, label }) {
	const dialog = new frappe.ui.Dialog({
		title: title || __("Switch on for a pilot"),
		fields: [
			{
				fieldtype: "HTML",
				options: `<p class="text-muted">${frappe.utils.escape_html(
					intro ||
						__(
							"Only events of these people are recorded, and marked as pilot. Everybody else notices nothing. You can widen it to everybody at any time."
						)
				)}</p>`,
			},
			...KINDS.map((kind) => ({
				fieldname: kind,
				fieldtype: "MultiSelectPills",
				label: { Department: __("Departments"), Branch: __("Branches"), Employee: __("Employees") }[kind],
				get_data: names_of(kind, company || ""),
				default: given[kind] || [],
			})),
		],
		primary_action_label: label || __("Switch on for these"),
		primary_action(values) {
			const scope = Object.fromEntries(KINDS.map((kind) => [kind, values[kind] || []]));
			if (!KINDS.some((kind) => scope[kind].length)) {
				frappe.show_alert({
					message: __("Choose at least one department, branch or employee for the pilot."),
					indicator: "orange",
				});
				return;
			}
			dialog.disable_primary_action();
			Promise.resolve(run(JSON.stringify(scope)))
				.then(() => dialog.hide())
				.catch(say)
				.finally(() => dialog.enable_primary_action());
		},
	});
	dialog.show();
	for (const kind of KINDS) {
		// the list would open again and lie over the button
		dialog.fields_dict[kind].$input.on("awesomplete-selectcomplete", () =>
			setTimeout(() => dialog.get_primary_btn().focus())
		);
	}
	return dialog;
}

/** Switch a saved type on for a pilot. */
export function switch_on_for_pilot(frm) {
	const given = {};
	for (const row of frm.doc.pilot_scope || []) {
		(given[row.scope_type] ??= []).push(row.scope_name);
	}
	ask_for_pilot({
		given,
		company: frm.doc.only_company,
		run: (scope) =>
			write("event_types.switch_on_for_pilot", { event_type: frm.doc.name, scope }).then(() => frm.reload_doc()),
	});
}

/** End a pilot. */
export function widen(frm) {
	frappe.confirm(
		frappe.utils.escape_html(
			__(
				"From now on events are recorded for everybody. What was recorded as pilot stays as it is; documents that were left out until now stay left out."
			)
		),
		() =>
			write("event_types.widen", { event_type: frm.doc.name })
				.then(() => frm.reload_doc())
				.catch(say)
	);
}

/** Switch a type off, once it is said what that means. */
export function switch_off(frm, $button) {
	frappe.warn(
		__("Switch off {0}?", [__(frm.doc.title)]),
		frappe.utils.escape_html(
			__(
				"From now on no new events are recorded. Open events go on until they are closed, with their reminders. What becomes true while it is off counts as history when you switch it on again."
			)
		),
		() => {
			frm.set_value("enabled", 0);
			return frm.save("Save", null, $button, () => frm.set_value("enabled", 1));
		},
		__("Switch off")
	);
}

/** Make a copy of a type, switched off, and open it. */
export function duplicate(frm) {
	const dialog = new frappe.ui.Dialog({
		title: __("Duplicate"),
		fields: [
			{
				fieldname: "title",
				fieldtype: "Data",
				label: __("Title of the copy"),
				reqd: 1,
				default: __("{0} (copy)", [__(frm.doc.title)]),
				description: __("Everything is kept. The copy is switched off until you switch it on."),
			},
		],
		primary_action_label: __("Make the copy"),
		primary_action({ title }) {
			dialog.disable_primary_action();
			write("event_types.duplicate", { event_type: frm.doc.name, title })
				.then((name) => {
					dialog.hide();
					frappe.set_route("Form", frm.doctype, name);
				})
				.catch(say)
				.finally(() => dialog.enable_primary_action());
		},
	});
	dialog.show();
}
