// Under a field for a reason: which part says nothing and why, templates to put in, and what the person did.
// It never holds a mark back.

import { button, h, icon, link } from "../panel/dom";
import { ask, read } from "../panel/client";

// Feedback is to be there within 150 ms of the pause: milliseconds without a key after which the server is asked, and
// the longest that a question already on its way keeps the next one waiting
const PAUSE = 60;
const PATIENCE = 400;
const FIRST = 5; // templates shown before “more”
const PROMPT = /\[[^[\]]+\]|【[^【】]+】/;

const helps = new Map(); // what can be put in, by event; asked for once
const said = new Map(); // the last answer about a text, by event
const open = new Map(); // which parts are unfolded, and what is ticked, by event

/** Whether the help for this event was shown before. */
export const knows = (event) => open.has(event);

/** Begin to help with what is typed in `field`; drawn in `place`. */
export function watch(place, field, event, own) {
	new Watcher(place, field, event, own);
}

class Watcher {
	constructor(place, field, event, own) {
		this.field = field;
		this.event = event;
		this.own = own;
		this.version = 0; // of the question; an older answer is dropped
		this.line = h("div", { class: "pf-w-said", role: "status" });
		this.more = h("div", { class: "pf-w-help" });
		place.append(this.line, this.more);
		if (!open.has(event)) open.set(event, { all: false, deeds: false, ticked: new Set() });
		this.state = open.get(event);
		field.addEventListener("input", () => this.typed());
		const last = said.get(event);
		if (last && last.text === this.text) this.say(last.answer);
		else if (this.text) this.typed();
		if (event) this.offer();
	}

	get text() {
		return this.field.value.trim();
	}

	// What says nothing ---------------------------------------------------------------------------------

	typed() {
		clearTimeout(this.timer);
		this.version += 1;
		if (!this.text) {
			said.delete(this.event);
			this.say(null);
			return;
		}
		this.timer = setTimeout(() => this.assess(), PAUSE);
	}

	async assess() {
		// one question at a time: what is typed meanwhile is asked about as soon as the answer is there
		if (this.asked_at && Date.now() - this.asked_at < PATIENCE) {
			this.again = true;
			return;
		}
		const { version, text } = this;
		const last = said.get(this.event);
		if (last && last.text === text) {
			this.say(last.answer);
			return;
		}
		let answer;
		const asked_at = (this.asked_at = Date.now());
		try {
			answer = await ask("wording.assess", { text, event: this.event });
		} catch (error) {
			answer = null; // the mark is given without it; whoever marks is told what fails there
		}
		if (this.asked_at === asked_at) this.asked_at = 0;
		if (this.again) {
			this.again = false;
			this.assess();
		}
		if (version !== this.version) return;
		if (answer) said.set(this.event, { text, answer });
		this.say(answer);
	}

	say(answer) {
		if (!answer || !answer.verdict) {
			this.line.replaceChildren();
			return;
		}
		const good = answer.verdict === "concrete";
		this.line.replaceChildren(
			good
				? h("p", { class: "pf-w-good" }, icon("done"), __("Says what can be checked."))
				: h(
						"ul",
						{ class: "pf-w-parts" },
						answer.findings.map((one) => h("li", { "data-kind": one.kind }, underlined(one)))
				  )
		);
	}

	// What can be put in --------------------------------------------------------------------------------

	async offer() {
		if (!helps.has(this.event)) {
			helps.set(this.event, read("wording.help", { event: this.event, own: this.own ? 1 : 0 }));
		}
		try {
			this.help = await helps.get(this.event);
		} catch (error) {
			helps.delete(this.event);
			return; // written without help
		}
		this.draw();
	}

	draw() {
		const { templates, deeds } = this.help;
		const shown = this.state.all ? templates : templates.slice(0, FIRST);
		this.more.replaceChildren(
			...[
				templates.length > 0 &&
					h(
						"div",
						{ class: "pf-w-chips", role: "group", "aria-label": __("Templates for the reason") },
						shown.map((one) =>
							h(
								"button",
								{
									type: "button",
									class: "pf-w-chip",
									title: one.text,
									key: `wording:${one.key}`,
									"data-source": one.source,
									on: { click: () => this.insert(one.text) },
								},
								one.title
							)
						),
						shown.length < templates.length &&
							h(
								"button",
								{
									type: "button",
									class: "pf-w-chip pf-w-quiet",
									on: { click: () => this.unfold() },
								},
								__("{0} more", [templates.length - shown.length], "Templates")
							)
					),
				deeds.length > 0 && this.draw_deeds(deeds),
			].filter(Boolean)
		);
	}

	unfold() {
		this.state.all = true;
		this.draw();
		const next = this.more.querySelectorAll(".pf-w-chip")[FIRST];
		if (next) next.focus();
	}

	draw_deeds(deeds) {
		const { ticked } = this.state;
		return h(
			"details",
			{
				class: "pf-w-deeds",
				open: this.state.deeds,
				on: { toggle: (e) => (this.state.deeds = e.target.open) },
			},
			h("summary", null, __("What this person did ({0})", [deeds.length])),
			h(
				"ul",
				null,
				deeds.map((one) =>
					h(
						"li",
						null,
						h(
							"label",
							null,
							h("input", {
								type: "checkbox",
								checked: ticked.has(one.key),
								"data-deed": one.key,
								on: {
									change: (e) => ticked[e.target.checked ? "add" : "delete"](one.key),
								},
							}),
							h(
								"span",
								null,
								one.text,
								one.impact && __("; ", null, "Between parts of a sentence") + one.impact
							)
						),
						" ",
						link(one.of, one.url)
					)
				)
			),
			button(__("Put in as a sentence"), () => this.compose(), { class: "btn btn-xs btn-default pf-button pf-w-compose" }),
			(this.trouble = h("p", { class: "pf-hint", role: "alert" }))
		);
	}

	async compose() {
		const chosen = [...this.state.ticked];
		if (!chosen.length) {
			this.trouble.textContent = __("Tick what you want to mention first.");
			return;
		}
		this.trouble.textContent = "";
		try {
			const { text } = await ask("wording.compose", { event: this.event, chosen });
			// done with: the marks come nearer again
			this.state.deeds = false;
			this.state.ticked.clear();
			this.draw();
			this.insert(text);
		} catch (error) {
			this.trouble.textContent = error.message;
		}
	}

	/** Put a text in, after what is there, and go to what has to be written first. */
	insert(text) {
		const { field } = this;
		const before = this.text;
		field.value = before ? `${before}\n${text}` : text;
		field.rows = Math.max(field.rows, 3);
		field.dispatchEvent(new Event("input", { bubbles: true }));
		field.focus();
		const from = field.value.length - text.length;
		const prompt = PROMPT.exec(text);
		if (prompt) field.setSelectionRange(from + prompt.index, from + prompt.index + prompt[0].length);
		else field.setSelectionRange(field.value.length, field.value.length);
	}
}

/** The reason with the part it is about underlined where it is quoted. */
function underlined({ text, message }) {
	const at = message.indexOf(text);
	if (!text || at < 0) return [message];
	return [message.slice(0, at), h("u", { class: "pf-w-part" }, text), message.slice(at + text.length)];
}
