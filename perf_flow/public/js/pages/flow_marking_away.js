// While one is away: the line on the marking screen, and the small dialog behind it.

import { button, h, icon } from "./kit";

const day = (text) => frappe.datetime.str_to_user(text);

/** The control finds the person behind a label among the last answer alone, and answers may come in any order.
 * Here whoever was found once stays known; it shows those that match what is typed. */
function remember_found(control) {
	const found = new Map();
	const show = control.set_data.bind(control);
	control.set_data = (people) => {
		for (const one of people) found.set(one.value, one);
		show([...found.values()]);
	};
}

/** The line; it reads for itself, after the queue stands. */
export class AwayLine {
	constructor(source) {
		this.source = source;
		this.state = null;
		this.root = h("div", { class: "pf-m-away", hidden: true });
	}

	async load() {
		try {
			this.show(await this.source.absence());
		} catch (error) {
			this.root.hidden = false;
			this.root.replaceChildren(
				h("span", { class: "pf-hint" }, error.message),
				button(__("Try again", null, "Performance Flow"), () => this.load(), { key: "away-again" })
			);
		}
	}

	show(state) {
		this.state = state;
		this.root.hidden = false;
		const set = Boolean(state.away_from);
		const others = state.for_others.map((one) =>
			one.until ? __("{0} (until {1})", [one.name, day(one.until)]) : one.name
		);
		this.root.replaceChildren(
			...[
				h(
					"span",
					{ class: `pf-m-away-words${state.now ? " pf-m-away-now" : ""}` },
					icon("clock"),
					h("span", null, this.words())
				),
				state.employee &&
					button(set ? __("Change", null, "Absence") : __("Set who stands in"), () => this.ask(), { key: "away" }),
				others.length > 0 &&
					h(
						"span",
						{ class: "pf-m-standing" },
						__("You stand in for {0}.", [
							others.join(__(", ", null, "Between words of a list")),
						])
					),
			].filter(Boolean)
		);
	}

	words() {
		const { state } = this;
		if (!state.employee) return __("Your login belongs to no employee, so nobody can stand in for you.");
		if (!state.away_from) return __("While you are away, somebody can be asked in your place.");
		const span = [day(state.away_from), day(state.away_until), state.delegate_name];
		if (!state.delegate_name) return __("While you are away ({0} to {1}), your manager is asked.", span);
		return __("While you are away ({0} to {1}), {2} is asked in your place.", span);
	}

	ask() {
		const { state } = this;
		const dialog = new frappe.ui.Dialog({
			title: __("While I am away"),
			no_focus: true, // the field of people would open its list over the days
			fields: [
				{
					fieldname: "away_from",
					fieldtype: "Date",
					label: __("First day away"),
					reqd: 1,
					default: state.away_from || state.today,
				},
				{
					fieldname: "away_until",
					fieldtype: "Date",
					label: __("Last day away"),
					reqd: 1,
					default: state.away_until,
				},
				{
					fieldname: "delegate",
					fieldtype: "Autocomplete",
					label: __("In my place"),
					ignore_validation: 1,
					default: state.delegate,
					options: state.delegate
						? [{ value: state.delegate, label: state.delegate_name }]
						: [],
					get_query: () => ({ query: "perf_flow.api.away.people", params: {} }),
					description: __(
						"They are asked in your place on these days, and see what they are asked about. You may still do the steps yourself. Approved leave needs no entry here."
					),
				},
			],
			primary_action_label: __("Save"),
			primary_action: (values) => this.save(dialog, values),
		});
		if (state.away_from) {
			dialog.set_secondary_action_label(__("I am not away"));
			dialog.set_secondary_action(() => this.save(dialog, {}));
		}
		remember_found(dialog.fields_dict.delegate);
		dialog.show();
	}

	async save(dialog, { away_from = "", away_until = "", delegate = "" }) {
		try {
			this.show(await this.source.save_absence({ away_from, away_until, delegate }));
		} catch (error) {
			frappe.show_alert({ message: frappe.utils.escape_html(error.message), indicator: "red" }, 10);
			return;
		}
		dialog.hide();
		const focus = this.root.querySelector("button");
		if (focus) focus.focus();
	}
}
