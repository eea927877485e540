// The mark: a reason, one's own templates for it, and the three buttons. For one event, or for many.

import { button, h, icon } from "./kit";
import { marks } from "../panel/words";
import { wording_help } from "../panel/wording";

export const FIRST_TEMPLATE_KEY = 4; // 1, 2 and 3 are the marks
const TEMPLATE_KEYS = 6;

export const needs_reason = (mark, always) => always || mark !== "Meets";

/** The form under the evidence. `send(mark, reason)` gives whether it was accepted. */
export class ReasonForm {
	constructor(screen, { key, event = "", event_type = "", reason_for_meets = false, legend, send }) {
		this.screen = screen;
		this.key = key;
		this.event_type = event_type;
		this.reason_for_meets = reason_for_meets;
		this.send = send;
		this.pending = null; // the mark that waits for its reason
		this.busy = false;
		this.notice = h("div", { role: "alert" });
		this.chips = h("div", { class: "pf-m-chips" });
		this.keep_button = h(
			"button",
			{ type: "button", class: "pf-m-chip pf-m-keep", key: "keep", on: { click: () => this.keep() } },
			__("Save this reason as a template")
		);
		this.field = h("textarea", {
			id: `pf-m-reason-${key}`,
			class: "form-control pf-input",
			rows: 1,
			maxlength: 5000,
			key: "reason",
			value: screen.drafts.get(key) || "",
			placeholder: __("Reason: what was seen, what followed from it"),
			"aria-keyshortcuts": "r",
			"aria-describedby": `pf-m-hint-${key}`,
			on: {
				input: () => this.typed(),
				keydown: (event) => this.on_key(event),
			},
		});
		this.buttons = h(
			"div",
			{ class: "pf-m-marks" },
			marks().map((mark, i) =>
				h(
					"button",
					{
						type: "button",
						class: `btn ${i ? "btn-default" : "btn-primary"} pf-button pf-m-mark`,
						key: `mark:${mark.value}`,
						"data-mark": mark.value,
						"aria-keyshortcuts": String(i + 1),
						on: { click: () => this.give(mark.value) },
					},
					h("kbd", { "aria-hidden": "true" }, String(i + 1)),
					h("span", null, mark.label)
				)
			)
		);
		this.root = h(
			"div",
			{ class: "pf-m-form", role: "group", "aria-label": legend },
			h(
				"div",
				{ class: "pf-m-reason-head" },
				h("label", { class: "pf-form-title", for: this.field.id }, __("Reason"), " ", kbd("r")),
				h(
					"span",
					{ class: "pf-hint", id: `pf-m-hint-${key}` },
					reason_for_meets
						? __("Every mark needs a reason.")
						: __("Needed for “{0}” and “{1}”.", [marks()[1].label, marks()[2].label])
				)
			),
			this.field,
			wording_help(this.field, event, false),
			this.chips,
			this.notice,
			this.buttons
		);
		this.draw_chips();
		this.grow();
		this.keep_button.hidden = !this.text;
	}

	get text() {
		return this.field.value.trim();
	}

	on_key(event) {
		if (event.isComposing) return;
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.pending) {
			event.preventDefault();
			this.give(this.pending);
		} else if (event.key === "Escape") {
			event.preventDefault();
			event.stopPropagation();
			this.field.blur();
		}
	}

	/** What is in the field changed: keep it, and give it room. */
	typed() {
		this.screen.drafts.set(this.key, this.field.value);
		this.grow();
		this.keep_button.hidden = !this.text;
	}

	grow() {
		this.field.rows = Math.min(6, Math.max(1, this.field.value.split("\n").length));
	}

	say(text) {
		this.notice.replaceChildren(
			...(text
				? [h("p", { class: "pf-notice pf-warning" }, icon("alert"), h("span", null, text))]
				: [])
		);
	}

	/** Send the mark, or ask for the reason it needs. */
	async give(mark) {
		if (this.busy) return;
		if (needs_reason(mark, this.reason_for_meets) && !this.text) {
			this.pend(mark);
			return;
		}
		this.busy = true;
		this.say("");
		this.buttons.querySelectorAll("button").forEach((one) => one.setAttribute("aria-disabled", "true"));
		try {
			if (await this.send(mark, this.text)) this.screen.drafts.delete(this.key);
		} finally {
			this.busy = false;
			this.buttons.querySelectorAll("button").forEach((one) => one.removeAttribute("aria-disabled"));
		}
	}

	pend(mark) {
		const { label } = marks().find((one) => one.value === mark);
		this.choose(mark);
		this.say(__("“{0}” needs a reason. Write it above, then press Ctrl+Enter.", [label]));
		this.focus();
	}

	/** Remember which mark the reason is for; Ctrl+Enter sends it. */
	choose(mark) {
		this.pending = mark;
		this.buttons
			.querySelectorAll("button")
			.forEach((one) => one.classList.toggle("pf-m-pending", one.dataset.mark === mark));
	}

	focus() {
		this.field.focus();
		this.field.setSelectionRange(this.field.value.length, this.field.value.length);
		this.field.scrollIntoView({ block: "nearest" });
	}

	// Templates ---------------------------------------------------------------------------------------

	/** The templates that fit, those of this event type first. */
	get fitting() {
		const of_type = (one) => Boolean(one.event_type) && one.event_type === this.event_type;
		return this.screen.templates
			.filter((one) => !one.event_type || of_type(one))
			.sort((a, b) => Number(of_type(b)) - Number(of_type(a)));
	}

	draw_chips() {
		const fitting = this.fitting;
		this.chips.replaceChildren(
			...fitting.slice(0, 12).map((template, i) =>
				h(
					"button",
					{
						type: "button",
						class: "pf-m-chip",
						key: `template:${template.name}`,
						title: template.text,
						"aria-keyshortcuts":
							i < TEMPLATE_KEYS ? String(FIRST_TEMPLATE_KEY + i) : null,
						on: { click: () => this.insert(template) },
					},
					i < TEMPLATE_KEYS && kbd(String(FIRST_TEMPLATE_KEY + i)),
					h("span", null, template.title)
				)
			),
			this.keep_button
		);
	}

	/** Put a template in by its number key. */
	insert_number(number) {
		const template = this.fitting[number - FIRST_TEMPLATE_KEY];
		if (template && number < FIRST_TEMPLATE_KEY + TEMPLATE_KEYS) this.insert(template);
	}

	insert(template) {
		const before = this.text;
		this.field.value = before ? `${before}\n${template.text}` : template.text;
		this.typed();
		this.say("");
		if (template.mark) this.choose(template.mark);
		this.focus();
		const { label } = marks().find((one) => one.value === this.pending) || {};
		this.screen.announce(
			label
				? __("“{0}” was put in. Ctrl+Enter marks it: {1}.", [template.title, label])
				: __("“{0}” was put in.", [template.title])
		);
	}

	keep() {
		if (!this.text) {
			this.say(__("Write a reason first, then save it as a template."));
			this.focus();
			return;
		}
		const dialog = new frappe.ui.Dialog({
			title: __("Save this reason as a template"),
			fields: [
				{
					fieldname: "title",
					fieldtype: "Data",
					label: __("Name of the template"),
					reqd: 1,
					default: this.text.split("\n")[0].slice(0, 40),
				},
				{ fieldname: "text", fieldtype: "Small Text", label: __("Text"), reqd: 1, default: this.text },
				{
					fieldname: "mark",
					fieldtype: "Select",
					label: __("For the mark"),
					options: [
						{ value: "", label: __("Any mark") },
						...marks().map(({ value, label }) => ({ value, label })),
					],
					default: this.pending || "",
				},
				this.event_type && {
					fieldname: "only_type",
					fieldtype: "Check",
					label: __("Only for “{0}”", [frappe.utils.escape_html(__(this.event_type))]),
				},
			].filter(Boolean),
			primary_action_label: __("Save"),
			primary_action: async (values) => {
				try {
					this.screen.templates = await this.screen.source.save_template({
						title: values.title,
						text: values.text,
						mark: values.mark || "",
						event_type: values.only_type ? this.event_type : "",
					});
				} catch (error) {
					frappe.show_alert({
						message: frappe.utils.escape_html(error.message),
						indicator: "red",
					});
					return;
				}
				dialog.hide();
				this.draw_chips();
				this.screen.announce(__("The template was saved."));
			},
		});
		dialog.show();
	}
}

export const kbd = (key) => h("kbd", { class: "pf-m-kbd", "aria-hidden": "true" }, key);

/** Several events with one mark: which, what of their evidence was opened, and how far it is. */
export class Together {
	constructor(screen, rows) {
		this.screen = screen;
		this.rows = rows;
		this.list = h("ul", { class: "pf-m-together" });
		this.progress = h("div", { role: "status" });
		this.form = new ReasonForm(screen, {
			key: "together",
			legend: __("One mark for {0} events", [rows.length]),
			send: (mark, reason) => this.give(mark, reason),
		});
		this.errors = new Map();
		this.root = h(
			"div",
			{ class: "pf-m-detail" },
			h(
				"header",
				{ class: "pf-m-head" },
				h("h2", { tabindex: -1, key: "together" }, __("One mark for {0} events", [rows.length])),
				h(
					"p",
					{ class: "pf-muted" },
					__("Possible only where you opened every piece of the evidence. Each event keeps its own record.")
				)
			),
			this.list,
			this.progress,
			this.form.root
		);
		this.draw_list();
	}

	dispose() {}

	get unopened() {
		return this.rows.filter((row) => row.opened < row.pieces);
	}

	draw_list() {
		this.list.replaceChildren(
			...this.rows.map((row) => {
				const left = row.pieces - row.opened;
				const error = this.errors.get(row.event);
				return h(
					"li",
					{ class: "pf-m-together-row", "data-event": row.event },
					h(
						"div",
						{ class: "pf-m-together-name" },
						h("strong", null, row.person || __("Nobody found")),
						` · ${row.title} · ${row.document || row.docname}`
					),
					left > 0
						? h(
								"span",
								{ class: "pf-m-lack" },
								icon("alert"),
								__("{0} of {1} opened", [row.opened, row.pieces], "Evidence")
						  )
						: h(
								"span",
								{ class: "pf-good pf-m-opened" },
								icon("done"),
								__("all opened", null, "Evidence")
						  ),
					button(
						left > 0 ? __("Open the evidence") : __("Look again"),
						() => this.screen.open(row.event, true),
						{ key: `look:${row.event}` }
					),
					error && h("p", { class: "pf-notice pf-error" }, icon("alert"), h("span", null, error))
				);
			})
		);
	}

	async give(mark, reason) {
		const { unopened } = this;
		if (unopened.length) {
			const said = __("Not all evidence was opened yet: {0}. Open it first, or leave these events out.", [
				unopened.map((row) => row.person || row.docname).join(__(", ", null, "Between words of a list")),
			]);
			this.form.say(said);
			return false;
		}
		const total = this.rows.length;
		const bar = h("progress", { max: total, value: 0, "aria-label": __("Marks sent") });
		const words = h("p", { class: "pf-hint" }, __("{0} of {1} sent", [0, total]));
		this.progress.replaceChildren(bar, words);
		const results = await this.screen.source.mark_many(
			this.rows.map((row) => row.event),
			mark,
			reason,
			(done) => {
				bar.value = done;
				words.textContent = __("{0} of {1} sent", [done, total]);
			}
		);
		this.progress.replaceChildren();
		const done = new Map(results.filter((one) => one.done).map((one) => [one.event, one]));
		this.errors = new Map(
			results.filter((one) => !one.done).map((one) => [one.event, one.error])
		);
		const marked = this.rows.filter((row) => done.has(row.event));
		this.rows = this.rows.filter((row) => !done.has(row.event));
		this.screen.marked(marked, mark, (row) => done.get(row.event));
		if (!this.rows.length) return true;
		this.draw_list();
		this.form.say(__("{0} of {1} could not be marked; the reason stands beside each.", [this.rows.length, total]));
		return false;
	}
}
