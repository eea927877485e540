// Ready event types as cards: what happens, whom it concerns, what is asked, and how often it would have
// happened here. One click switches one on; several can be chosen and switched on together, or for a pilot.

import { Screen, button, h, icon, read, spoken, write } from "./kit";
import { draw_preview } from "../administrator/preview";
import { ask_for_pilot, say } from "../administrator/switching";

const ALL = "";

const form_of = (name) => `/app/business-event-type/${encodeURIComponent(name)}`;

export class Gallery {
	constructor(wrapper) {
		this.industry = ALL;
		this.chosen = new Set();
		this.counts = null;
		this.working = new Set();
		this.screen = new Screen(wrapper, {
			title: __("Template gallery"),
			method: "templates.gallery",
			name: "gallery",
			draw: (state) => this.draw(state),
		});
		this.load();
	}

	/** The page is in front again: somebody may have switched types meanwhile. */
	shown() {
		if (this.screen.state) this.load();
	}

	load() {
		const asked = this.screen.load();
		read("templates.counts")
			.then((counts) => {
				this.counts = counts;
				this.screen.redraw();
			})
			.catch(() => {
				this.counts = {}; // the cards say nothing of how often
				this.screen.redraw();
			});
		return asked;
	}

	draw(industries) {
		const chosen = industries.find((one) => one.industry === this.industry);
		return h(
			"div",
			{ class: "pf-gallery" },
			h(
				"p",
				{ class: "pf-gallery-intro" },
				__(
					"Choose what should count in your company. What you switch on is yours: you can change everything later, and no update overwrites it."
				)
			),
			h(
				"p",
				null,
				h("a", { href: "/app/score-sheet", key: "score-sheet" }, __("You have a score sheet in Excel? Import it."))
			),
			this.chips(industries),
			(chosen ? [chosen] : industries).map((industry) => this.section(industry, industries)),
			this.bar(industries)
		);
	}

	chips(industries) {
		const chip = (key, title) =>
			h(
				"button",
				{
					type: "button",
					class: "pf-chip",
					key: `industry-${key}`,
					"aria-pressed": this.industry === key ? "true" : "false",
					on: {
						click: () => {
							this.industry = key;
							this.screen.redraw();
						},
					},
				},
				title
			);
		return h(
			"div",
			{ class: "pf-chips", role: "group", "aria-label": __("Industry") },
			chip(ALL, __("All industries")),
			industries.map((one) => chip(one.industry, one.title))
		);
	}

	// where all are shown, each template stands in the first industry it belongs to
	templates_of(industry, industries) {
		if (this.industry !== ALL) return industry.templates;
		const before = new Set();
		for (const other of industries) {
			if (other === industry) break;
			other.templates.forEach((one) => before.add(one.key));
		}
		return industry.templates.filter((one) => !before.has(one.key));
	}

	section(industry, industries) {
		const shown = this.templates_of(industry, industries);
		const free = shown.filter((one) => !one.enabled && !one.problem);
		return h(
			"section",
			{ class: "pf-industry", "aria-label": industry.title },
			h(
				"div",
				{ class: "pf-industry-head" },
				h("div", null, h("h2", null, industry.title), h("p", { class: "pf-muted" }, industry.description)),
				free.length > 1 &&
					button(
						__("Choose all {0}", [free.length]),
						() => {
							free.forEach((one) => this.chosen.add(one.key));
							this.screen.redraw();
						},
						{ key: `all-${industry.industry}` }
					)
			),
			h(
				"ul",
				{ class: "pf-cards" },
				shown.map((one) => this.card(one))
			)
		);
	}

	state_of(one) {
		if (!one.event_type) return null;
		const label = !one.enabled
			? __("Switched off")
			: one.pilot
			? __("Pilot")
			: __("Switched on");
		return h(
			"a",
			{ class: one.enabled ? "pf-badge pf-good" : "pf-badge", href: form_of(one.event_type) },
			one.enabled && icon("done"),
			label
		);
	}

	often(one) {
		if (one.problem) return null;
		if (!this.counts) return h("p", { class: "pf-often pf-muted" }, __("Counting…"));
		const count = this.counts[one.key];
		if (count === null || count === undefined) return null;
		return h(
			"p",
			{ class: "pf-often" },
			count === 0
				? h("span", { class: "pf-muted" }, __("Not once here in the last 30 days"))
				: count === 1
				? __("Once here in the last 30 days")
				: __("{0} times here in the last 30 days", [count])
		);
	}

	card(one) {
		const may = !one.enabled && !one.problem;
		const busy = this.working.has(one.key);
		const line = (label, text) =>
			text && h("div", null, h("dt", null, label), h("dd", null, text));
		return h(
			"li",
			{ class: this.chosen.has(one.key) ? "pf-card pf-chosen" : "pf-card", "data-template": one.key },
			h(
				"div",
				{ class: "pf-card-head" },
				h("h3", null, one.title),
				this.state_of(one),
				may &&
					h(
						"label",
						{ class: "pf-choose" },
						h("input", {
							type: "checkbox",
							key: `choose-${one.key}`,
							checked: this.chosen.has(one.key),
							on: { change: (event) => this.choose(one, event.target.checked) },
						}),
						spoken(__("Choose {0}", [one.title]))
					)
			),
			h(
				"dl",
				null,
				line(__("What happens"), one.when || one.guidance),
				line(__("Whom it concerns"), one.whom),
				line(__("Evidence"), one.evidence.join(__("; "))),
				line(__("Confirmed by"), one.collaborators.join(__(", ", null, "Between words of a list")))
			),
			one.problem &&
				h("p", { class: "pf-card-problem" }, icon("alert"), h("span", null, one.problem)),
			h(
				"div",
				{ class: "pf-card-foot" },
				this.often(one),
				h(
					"div",
					{ class: "pf-card-buttons" },
					!one.problem &&
						button(__("Look first"), () => this.look(one), {
							key: `look-${one.key}`,
							"aria-label": __("Look first: {0}", [one.title]),
						}),
					may &&
						button(busy ? __("Switching on…") : __("Switch on"), () => this.switch_on([one]), {
							key: `on-${one.key}`,
							variant: "primary",
							disabled: busy,
							"aria-label": __("Switch on: {0}", [one.title]),
						})
				)
			)
		);
	}

	choose(one, on) {
		if (on) this.chosen.add(one.key);
		else this.chosen.delete(one.key);
		this.screen.redraw();
	}

	all(industries) {
		return new Map(industries.flatMap((one) => one.templates).map((one) => [one.key, one]));
	}

	bar(industries) {
		const all = this.all(industries);
		const picked = [...this.chosen].map((key) => all.get(key)).filter((one) => one && !one.enabled);
		if (!picked.length) return null;
		return h(
			"div",
			{ class: "pf-bar", role: "region", "aria-label": __("Chosen event types") },
			h("span", { role: "status" }, __("{0} chosen", [picked.length])),
			button(__("Switch on"), () => this.switch_on(picked), { key: "bar-on", variant: "primary" }),
			button(__("Switch on for a pilot"), () => this.for_a_pilot(picked), { key: "bar-pilot" }),
			button(
				__("Choose none"),
				() => {
					this.chosen.clear();
					this.screen.redraw();
				},
				{ key: "bar-none" }
			)
		);
	}

	for_a_pilot(picked) {
		ask_for_pilot({ run: (pilot) => this.switch_on(picked, pilot) });
	}

	async switch_on(picked, pilot) {
		picked.forEach((one) => this.working.add(one.key));
		this.screen.redraw();
		try {
			const { event_types, refused } = await write("templates.switch_on_several", {
				chosen: JSON.stringify(picked.map((one) => one.key)),
				...(pilot ? { pilot } : {}),
			});
			const said =
				event_types.length === 1
					? __("{0} is switched on.", [__(event_types[0])])
					: __("{0} event types are switched on.", [event_types.length]);
			if (event_types.length) {
				frappe.show_alert({ message: frappe.utils.escape_html(said), indicator: "green" });
				this.screen.announce(said);
			}
			if (refused.length) {
				frappe.msgprint({
					title: __("Not switched on"),
					message: refused
						.map((one) => `<b>${frappe.utils.escape_html(one.title)}</b>: ${frappe.utils.escape_html(one.reason)}`)
						.join("<br>"),
					indicator: "orange",
				});
			}
			picked.forEach((one) => this.chosen.delete(one.key));
		} catch (error) {
			if (pilot) throw error; // the dialog says it, and stays open
			say(error);
		} finally {
			picked.forEach((one) => this.working.delete(one.key));
			await this.screen.load();
		}
	}

	/** What a template would have done here, before it is switched on. */
	async look(one) {
		const body = h("div", { class: "perf-flow pf-preview" }, h("p", { class: "pf-muted" }, __("Working it out…")));
		const dialog = new frappe.ui.Dialog({
			title: one.title,
			size: "large",
			fields: [{ fieldname: "preview", fieldtype: "HTML" }],
		});
		dialog.fields_dict.preview.$wrapper.append(body);
		if (!one.enabled) {
			dialog.set_primary_action(__("Switch on"), () => {
				dialog.hide();
				this.switch_on([one]);
			});
			dialog.set_secondary_action_label(__("Change it first"));
			dialog.set_secondary_action(() =>
				write("templates.take", { template: one.key })
					.then((name) => {
						dialog.hide();
						frappe.set_route("Form", "Business Event Type", name);
					})
					.catch(say)
			);
		}
		dialog.show();
		try {
			const answer = await read("templates.look", { template: one.key });
			body.replaceChildren(
				...[one.guidance && h("p", { class: "pf-preview-guidance" }, one.guidance), draw_preview(answer)]
					.flat(Infinity)
					.filter(Boolean)
			);
		} catch (error) {
			body.replaceChildren(h("p", null, error.message));
		}
	}
}
