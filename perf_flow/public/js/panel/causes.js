// Giving a cause: a field that looks into the library while one types. Arrow keys and Enter choose; what is not in
// the library yet is proposed, and given at once.

import { h } from "./dom";
import { read } from "./client";

const PAUSE = 150; // milliseconds after the last key

const pickers = new WeakMap(); // by panel: the field of each place, which outlives a drawing

/** The field for a cause at a place of the panel. `choose(name, title)` and `propose(title)` give it. */
export function cause_picker(panel, event, requirement, where, choose, propose) {
	if (!pickers.has(panel)) pickers.set(panel, new Map());
	const known = pickers.get(panel);
	if (!known.has(where)) known.set(where, new Picker(panel, event, requirement, where));
	const picker = known.get(where);
	Object.assign(picker, { choose, propose });
	return picker.root;
}

class Picker {
	constructor(panel, event, requirement, where) {
		Object.assign(this, { panel, event: event.name, requirement: requirement.key, where });
		this.options = [];
		this.active = -1;
		this.version = 0;
		const id = `pf-causes-${where}`;
		this.list = h("ul", { class: "pf-causes", id, role: "listbox", "aria-label": requirement.label });
		this.input = h("input", {
			type: "text",
			class: "form-control input-xs pf-input",
			key: `give:${where}`,
			maxlength: 140,
			value: panel.draft(`give:${where}`),
			placeholder: __("What caused it? Type a few letters"),
			role: "combobox",
			autocomplete: "off",
			"aria-autocomplete": "list",
			"aria-expanded": "false",
			"aria-controls": id,
			"aria-label": requirement.label,
			on: {
				input: () => this.typed(),
				focus: () => this.ask(),
				// a drawing of the panel takes the focus away and gives it back
				blur: () => setTimeout(() => document.activeElement === this.input || this.close(), 200),
				keydown: (e) => this.key(e),
			},
		});
		this.root = h("div", { class: "pf-controls pf-cause" }, this.input, this.list);
		this.list.hidden = true;
	}

	get text() {
		return this.input.value.trim();
	}

	typed() {
		this.panel.set_draft(`give:${this.where}`, this.input.value);
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.ask(), PAUSE);
	}

	async ask() {
		const version = ++this.version;
		const { event, requirement, text } = this;
		try {
			const found = await read("root_causes.search", { event, requirement, text });
			if (version !== this.version) return;
			this.show(found);
		} catch (error) {
			if (version !== this.version) return;
			this.panel.say(this.where, error.message, "error");
			this.panel.draw();
		}
	}

	show(found) {
		const same = found.some((one) => one.title.toLowerCase() === this.text.toLowerCase());
		this.options = found.map((one) => ({
			label: one.title,
			hint: [
				one.proposed && __("proposed by you"),
				one.uses > 0 && __("given {0} times", [one.uses]),
				one.description,
			]
				.filter(Boolean)
				.join(" · "),
			run: () => this.choose(one.name, one.title),
		}));
		if (this.text && !same) {
			const title = this.text;
			this.options.push({
				label: __("Propose “{0}”", [title]),
				hint: __("as a new cause"),
				run: () => this.propose(title),
			});
		}
		this.active = this.text && found.length ? 0 : -1;
		this.draw();
	}

	draw() {
		const open = this.options.length > 0 && document.activeElement === this.input;
		this.list.replaceChildren(
			...this.options.map((one, n) =>
				h(
					"li",
					{
						id: `${this.list.id}-${n}`,
						role: "option",
						class: n === this.active ? "pf-active" : null,
						"aria-selected": n === this.active ? "true" : "false",
						// before the field loses the focus
						on: {
							pointerdown: (e) => {
								e.preventDefault();
								this.take(n);
							},
						},
					},
					h("span", null, one.label),
					one.hint && h("span", { class: "pf-hint" }, ` ${one.hint}`)
				)
			)
		);
		this.list.hidden = !open;
		this.input.setAttribute("aria-expanded", open ? "true" : "false");
		if (this.active < 0) this.input.removeAttribute("aria-activedescendant");
		else this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
	}

	key(e) {
		if (e.isComposing) return;
		const last = this.options.length - 1;
		if (e.key === "Escape" && !this.list.hidden) this.close();
		else if (e.key === "ArrowDown") this.active = this.active >= last ? 0 : this.active + 1;
		else if (e.key === "ArrowUp") this.active = this.active <= 0 ? last : this.active - 1;
		else if (e.key === "Enter") this.take(this.active);
		else return;
		e.preventDefault();
		e.stopPropagation();
		if (e.key.startsWith("Arrow")) {
			this.list.hidden = false;
			this.draw();
		}
	}

	take(n) {
		const one = this.options[n];
		if (!one) return;
		this.close();
		one.run();
	}

	close() {
		this.version += 1;
		clearTimeout(this.timer);
		this.list.hidden = true;
		this.input.setAttribute("aria-expanded", "false");
	}

	clear() {
		this.input.value = "";
		this.options = [];
	}
}

/** Forget what was typed at a place. */
export function clear_picker(panel, where) {
	const picker = pickers.get(panel) && pickers.get(panel).get(where);
	if (picker) picker.clear();
}
