// What the person does on the screens while a step of a rehearsal is open: counted here, never timed.
//
// The counts survive a reload of the page; the server keeps them when the step is done.

const KEY = "perf-flow-rehearsal";
const SHORTCUTS = /^[0-9a-z]$/i;

const blank = () => ({ interactions: 0, screens: [], reasons_missing: 0, chose_template: 0 });

/** The screen in front, by its route. */
export function screen_in_front() {
	const [first, doctype] = frappe.get_route();
	return first === "Form" || first === "List" ? frappe.router.slug(doctype || "") : first || "";
}

export class Watcher {
	constructor() {
		this.step = null; // {name, chain, step} of the step that is open
		this.counts = blank();
		this.written = null; // the field that was written in last
		const listen = (name, run) =>
			document.addEventListener(name, (event) => this.step && run(event), { capture: true, passive: true });
		listen("click", (event) => this.on_click(event));
		listen("input", (event) => this.on_input(event));
		listen("change", (event) => event.target.matches("input[type=file]") && this.count());
		listen("drop", (event) => this.on_drop(event));
		listen("keydown", (event) => this.on_key(event));
		frappe.router.on("change", () => this.step && this.on_screen());
	}

	/** Count for this step from now on; what was counted for it before a reload goes on. */
	watch(step) {
		const same =
			this.step && step && this.step.step === step.step && this.step.chain === step.chain;
		if (same) return;
		this.step = step;
		this.written = null;
		this.counts = blank();
		if (!step) return;
		const kept = JSON.parse(sessionStorage.getItem(KEY) || "null");
		if (kept && kept.name === step.name && kept.chain === step.chain && kept.step === step.step) {
			this.counts = kept.counts;
		}
	}

	/** What was counted for the step that was watched. */
	take() {
		const { step, counts } = this;
		this.step = null;
		sessionStorage.removeItem(KEY);
		return step && { step, counts };
	}

	keep() {
		sessionStorage.setItem(KEY, JSON.stringify({ ...this.step, counts: this.counts }));
	}

	is_ours(event) {
		return Boolean(event.target.closest && event.target.closest(".pf-coach"));
	}

	count() {
		this.counts.interactions += 1;
		this.on_screen();
	}

	on_screen() {
		const screen = screen_in_front();
		if (screen && !this.counts.screens.includes(screen)) this.counts.screens.push(screen);
		this.keep();
	}

	on_click(event) {
		if (!event.isTrusted || this.is_ours(event)) return;
		const pressed = event.target.closest(
			"a, button, summary, label, select, input[type=checkbox], input[type=radio], [role=button]"
		);
		if (!pressed) return;
		if (pressed.matches('[data-pf-key^="template:"]')) this.counts.chose_template = 1;
		if (pressed.matches("[data-mark]")) this.look_for_reason(pressed);
		// the label of a field is no press of its own
		if (!pressed.matches("label[for]")) this.count();
	}

	/** The panel asks for a reason when there is none: seen a moment after the press. */
	look_for_reason(pressed) {
		const form = pressed.closest('[data-form="mark"]');
		if (!form) return;
		const text = form.querySelector("textarea");
		if (pressed.dataset.mark !== "Meets" && text && !text.value.trim()) this.counts.reasons_missing += 1;
	}

	on_input(event) {
		if (this.is_ours(event) || !event.target.matches("textarea, input[type=text], input[type=url]")) return;
		const field = event.target.getAttribute("data-pf-key") || event.target;
		if (field === this.written) return;
		this.written = field;
		this.count();
	}

	on_drop(event) {
		if (event.dataTransfer && event.dataTransfer.files.length) this.count();
	}

	on_key(event) {
		if (event.repeat || event.isComposing || this.is_ours(event)) return;
		const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
		const typing = event.target.matches("textarea, input:not([type=checkbox]):not([type=radio]), select");
		const shortcut =
			!typing && !event.ctrlKey && !event.metaKey && !event.altKey && SHORTCUTS.test(event.key);
		if (!sends && !shortcut) return;
		if (shortcut && /^[4-9]$/.test(event.key) && screen_in_front() === "flow-marking") {
			this.counts.chose_template = 1;
		}
		this.count();
	}
}
