// The guide on the form of a business event type: six steps at the top, and beside them, while anything is
// changed, what the type would have done. One guide for each form; it follows the document in front.

import { h, icon, spoken } from "../panel/dom";
import { write } from "../panel/client";
import { draw_preview } from "./preview";

const PAUSE = 600; // milliseconds without a change before the server is asked
const DOCTYPES = [
	"Business Event Type",
	"Event Recipient",
	"Event Collaborator",
	"Evidence Requirement",
	"Verification Check",
	"Event Pilot Scope",
];
const IGNORED = ["enabled", "industry", "guidance", "modified", "__unsaved"]; // change nothing of the preview

const has_hours = (doc) =>
	["evidence_hours", "mark_hours", "confirmation_hours", "target_hours"].every((f) => flt(doc[f]) > 0);

// the six steps: title, the section it is in, and whether it is done
const STEPS = [
	{
		section: "what_section",
		title: () => __("What happens"),
		done: (doc) =>
			doc.title && doc.reference_doctype && doc.trigger && (doc.trigger !== "Date Reached" || doc.date_field),
	},
	{
		section: "people_section",
		title: () => __("Whom it concerns"),
		done: (doc) => (doc.recipients || []).some((row) => row.source),
	},
	{
		section: "evidence_section",
		title: () => __("Evidence"),
		done: (doc) => (doc.requirements || []).some((row) => row.label),
	},
	{ section: "hours_section", title: () => __("Time", null, "Business Event Type"), done: has_hours },
	{
		section: "try_section",
		title: () => __("Try it"),
		done: (doc, guide) => guide.answer && !guide.answer.problem,
	},
	{ section: "pilot_section", title: () => __("Switch on"), done: (doc) => cint(doc.enabled) },
];

const guides = new Set();
let listening = false;

function listen() {
	if (listening) return;
	listening = true;
	const changed = (fieldname, value, doc) => {
		for (const guide of guides) guide.changed(fieldname, doc);
	};
	for (const doctype of DOCTYPES) frappe.model.on(doctype, "*", changed);
	// rows that come, go or move are told to the form only
	for (const table of ["recipients", "collaborators", "requirements", "checks", "pilot_scope"]) {
		const told = (frm) => frm.pf_guide && frm.pf_guide.changed(table, frm.doc);
		const doctype = frappe.meta.get_docfield("Business Event Type", table).options;
		frappe.ui.form.on(doctype, {
			[`${table}_add`]: told,
			[`${table}_remove`]: told,
			[`${table}_move`]: told,
		});
	}
}

export class Guide {
	constructor(frm) {
		this.frm = frm;
		this.version = 0;
		this.answer = null;
		this.asked = ""; // the text of the document last asked about
		this.steps = h("ol", { class: "pf-guide-steps" });
		this.now = h("p", { class: "pf-guide-now", role: "status" });
		this.top = h(
			"nav",
			{ class: "perf-flow pf-guide", "aria-label": __("Steps to an event type") },
			this.steps,
			this.now
		);
		this.body = h("div", { class: "pf-preview-body" });
		this.below = h("div", { class: "perf-flow pf-preview" }, this.body);
		const above = h("div", { class: "pf-guide-above" });
		frm.layout.wrapper.prepend(above, this.top);
		// the desk's own head comes and goes: what scrolls by is not seen above the guide
		new IntersectionObserver(([seen]) => this.top.classList.toggle("pf-stuck", !seen.isIntersecting), {
			rootMargin: "-109px 0px 0px 0px",
		}).observe(above);
		frm.fields_dict.preview_html.$wrapper.empty().append(this.below);
		guides.add(this);
		listen();
	}

	/** The form was drawn anew, perhaps with another document. */
	refresh() {
		if (this.docname !== this.frm.doc.name) {
			this.docname = this.frm.doc.name;
			this.answer = null;
			this.asked = "";
		}
		this.draw();
		this.ask();
	}

	changed(fieldname, doc) {
		const { frm } = this;
		if (!doc || IGNORED.includes(fieldname) || !frm.doc) return;
		if (doc.name !== frm.doc.name && doc.parent !== frm.doc.name) return;
		this.draw_steps();
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.ask(), PAUSE);
	}

	// what the server is asked about, without what makes no difference
	text() {
		const doc = { ...this.frm.doc };
		for (const key of Object.keys(doc)) {
			if (key.startsWith("__") || IGNORED.includes(key)) delete doc[key];
		}
		return JSON.stringify(doc);
	}

	async ask() {
		clearTimeout(this.timer);
		const text = this.text();
		if (text === this.asked && (this.answer || this.busy)) return;
		const version = ++this.version;
		this.asked = text;
		this.busy = true;
		this.draw();
		let answer;
		try {
			answer = await write("event_types.preview", { doc: text });
		} catch (error) {
			answer = { problem: error.message, failed: true };
		}
		if (version !== this.version) return; // asked again meanwhile
		this.busy = false;
		this.answer = answer;
		this.draw();
	}

	draw() {
		this.draw_steps();
		this.draw_now();
		this.below.setAttribute("aria-busy", this.busy ? "true" : "false");
		if (!this.answer) {
			this.body.replaceChildren(h("p", { class: "pf-muted" }, __("Working it out…")));
			return;
		}
		const open = [...this.body.querySelectorAll("details[open]")].map((one) => one.className);
		const nodes = draw_preview(this.answer).flat(Infinity).filter(Boolean);
		if (this.answer.failed) {
			nodes.push(
				h(
					"button",
					{
						type: "button",
						class: "btn btn-default btn-xs",
						on: { click: () => ((this.asked = ""), this.ask()) },
					},
					__("Try again", null, "Performance Flow")
				)
			);
		}
		this.body.replaceChildren(...nodes);
		for (const details of this.body.querySelectorAll("details")) {
			details.open = open.includes(details.className);
		}
	}

	draw_steps() {
		const { doc } = this.frm;
		const states = STEPS.map((step) => Boolean(step.done(doc, this)));
		const next = states.indexOf(false);
		this.steps.replaceChildren(
			...STEPS.map((step, index) => {
				const done = states[index];
				const state = done ? "pf-done" : index === next ? "pf-next" : "";
				return h(
					"li",
					{ class: `pf-guide-step ${state}` },
					h(
						"button",
						{
							type: "button",
							"aria-current": index === next ? "step" : null,
							on: { click: () => this.go(step.section) },
						},
						h("span", { class: "pf-guide-number", "aria-hidden": "true" }, done ? icon("done") : index + 1),
						h("span", null, step.title()),
						done && spoken(__("done", null, "Step of a guide"))
					)
				);
			})
		);
	}

	draw_now() {
		const text = this.answer ? this.answer.problem || this.answer.headline : "";
		this.now.replaceChildren(
			...[
				this.answer && this.answer.problem && icon("alert"),
				h("span", null, this.busy ? __("Working it out…") : text),
				!this.busy &&
					this.answer &&
					!this.answer.problem &&
					h(
						"button",
						{ type: "button", class: "btn btn-xs btn-link", on: { click: () => this.go("try_section") } },
						__("Who would be asked?")
					),
			].filter(Boolean)
		);
	}

	/** Bring a section to the reader, unfolded, the focus on its first field. */
	go(fieldname) {
		const section = this.frm.fields_dict[fieldname];
		if (!section) return;
		section.collapse?.(false);
		const wrapper = section.wrapper[0] || section.wrapper;
		wrapper.scrollIntoView({ behavior: "auto", block: "start" });
		window.scrollBy(0, -140);
		const first = wrapper.querySelector(
			"input:not([disabled]):not([type=hidden]), select:not([disabled]), textarea:not([disabled]), .grid-add-row, a[href]"
		);
		first?.focus({ preventScroll: true });
	}
}

/** The guide of a form, made the first time. */
export function guide(frm) {
	if (!frm.pf_guide || !frm.pf_guide.top.isConnected) {
		guides.delete(frm.pf_guide);
		frm.pf_guide = new Guide(frm);
	}
	frm.pf_guide.refresh();
	return frm.pf_guide;
}
