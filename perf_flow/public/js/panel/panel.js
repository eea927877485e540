// The panel: what Performance Flow asks on one document, or on one business event.
//
// It holds the state the server gave, what is being typed and what is being sent, and draws itself
// anew from these whenever one of them changes. Typed text, focus and open folds survive a drawing.

import { read, upload, write } from "./client";
import { h } from "./dom";
import { draw_events } from "./events";
import { chooser, objection } from "./files";

const IDLE = 4000; // after the last key, before an arriving change may redraw what is typed in
const NEWS = 400; // several changes in a row are fetched once

const TYPED_IN = "textarea, input[type=url], input[role=combobox]";

const drafts = new Map(); // what is typed and not sent, by event and field; kept while the desk is open
const alive = new Set(); // panels on a page

/** All panels that show something of this document. */
export function panels_about(doctype, name) {
	return [...alive].filter((panel) => panel.is_about(doctype, name));
}

/** All panels on the page. */
export function all_panels() {
	return [...alive];
}

const is_under_way = (item) => item.status === "waiting" || item.status === "sending";

export class Panel {
	/**
	 * `subject` is `{doctype, name}` of an ERP document, or `{event}`.
	 * `form` is the desk form it stands on; a panel of a form that is not in front waits with its reading.
	 */
	constructor(subject, form) {
		this.subject = subject;
		this.form = form;
		this.status = "loading"; // loading | ready | denied | failed
		this.state = null;
		this.failure = "";
		this.busy = new Set(); // steps being sent
		this.notices = new Map(); // what to say at an event or requirement: {text, kind}
		this.uploads = [];
		this.sending = null;
		this.given = new Map(); // what was given last at an event, to be undone: {text, pieces}
		this.waiting = null; // files of which it is asked where they belong
		this.folds = new Map();
		this.inputs = new Map();
		this.version = 0; // of the reading; an older answer is dropped
		this.read_key = null;
		this.read_at = 0;
		this.typed_at = 0;
		this.composing = false;

		this.body = h("div", { class: "pf-body" });
		this.live = h("div", { class: "pf-spoken", "aria-live": "polite", role: "status" });
		this.root = h(
			"section",
			{ class: "perf-flow pf-empty", "aria-label": __("Performance Flow") },
			this.body,
			this.live
		);
		this.root.addEventListener("compositionstart", () => (this.composing = true));
		this.root.addEventListener("compositionend", () => (this.composing = false));
		this.root.addEventListener("focusin", (event) => this.remember_focus(event.target));
		this.root.addEventListener("pointerdown", () => this.hold_still());
		this.root.addEventListener("keydown", (event) => this.on_key(event));
		alive.add(this);
		this.slow = setTimeout(() => this.draw(), 400);
	}

	/** Forget this panel. Uploads under way are finished; their answer is told beside the form. */
	dispose() {
		alive.delete(this);
		this.version += 1;
		clearTimeout(this.slow);
		clearTimeout(this.news);
		clearInterval(this.ticker);
		this.root.remove();
	}

	get in_front() {
		if (!this.root.isConnected) return false;
		return this.form ? window.cur_frm === this.form : this.root.getClientRects().length > 0;
	}

	is_about(doctype, name) {
		if (this.subject.doctype === doctype && this.subject.name === name) return true;
		if (doctype === "Business Event" && this.subject.event === name) return true;
		return ((this.state && this.state.events) || []).some(
			(event) =>
				(doctype === "Business Event" && event.name === name) ||
				(event.reference_doctype === doctype && event.reference_name === name)
		);
	}

	// Reading ---------------------------------------------------------------------------------------

	/** Read unless what is shown, or on its way, was read for the same `key` a moment ago. */
	refresh(key) {
		if (key === this.read_key && Date.now() - this.read_at < 1500) return;
		this.read_key = key;
		this.read_at = Date.now();
		this.read();
	}

	async read() {
		const version = ++this.version;
		const { event, doctype, name } = this.subject;
		try {
			const state = await (event
				? read("panel.for_event", { event })
				: read("panel.for_document", { doctype, name }));
			if (version !== this.version) return;
			this.show(state || { events: [], manual_types: [] });
		} catch (error) {
			if (version !== this.version) return;
			this.fail(error);
		}
	}

	show(state) {
		clearTimeout(this.slow);
		this.status = "ready";
		this.notices.delete("panel");
		this.state = state;
		this.draw();
		clearInterval(this.ticker);
		// deadlines go on while the page stays open
		this.ticker = setInterval(() => this.in_front && !this.typing && this.draw(), 60000);
	}

	fail(error) {
		clearTimeout(this.slow);
		if (this.status === "ready") {
			// what is shown stays; it is only said that it may be out of date
			this.say("panel", error.message, "error");
		} else {
			this.status = error.denied ? "denied" : "failed";
			this.failure = error.message;
		}
		this.draw();
	}

	/** Something changed on the server: read it, once, and not under the fingers of who is typing. */
	changed() {
		clearTimeout(this.news);
		const look = () => {
			if (this.typing || document.hidden || this.sending) {
				this.news = setTimeout(look, 1000);
			} else if (this.in_front) {
				this.read();
			}
		};
		this.news = setTimeout(look, NEWS);
	}

	get typing() {
		const focused = document.activeElement;
		if (!focused || !this.root.contains(focused) || !focused.matches(TYPED_IN)) return false;
		return this.composing || Date.now() - this.typed_at < IDLE;
	}

	// Writing ---------------------------------------------------------------------------------------

	/**
	 * Send a step and show what the server answers. `where` is the event or requirement at which a
	 * refusal is said. Returns whether it was accepted.
	 */
	async step(where, method, args, done) {
		if (this.busy.has(where)) return false;
		this.busy.add(where);
		this.notices.delete(where);
		this.draw();
		try {
			const answer = await write(method, args);
			this.busy.delete(where);
			this.merge(answer);
			this.announce(done);
			return true;
		} catch (error) {
			this.busy.delete(where);
			this.say(where, error.message, "error");
			// somebody may have been faster: show how it stands now
			if (error.status) this.changed();
			return false;
		} finally {
			this.draw();
		}
	}

	/** Put the events of an answer in the place of the ones shown. */
	merge(answer) {
		this.version += 1; // an answer that was asked for earlier knows less
		if (!answer || !Array.isArray(answer.events)) {
			this.changed();
			return;
		}
		const shown = this.state ? this.state.events : [];
		const fresh = new Map(answer.events.map((event) => [event.name, event]));
		const events = shown.map((event) => fresh.get(event.name) || event);
		const known = new Set(shown.map((event) => event.name));
		if (!this.subject.event) {
			events.unshift(
				...answer.events.filter((event) => !known.has(event.name) && this.is_mine(event))
			);
		}
		this.show({
			...(this.state || {}),
			...answer,
			events,
			manual_types: (this.state || answer).manual_types,
		});
	}

	is_mine(event) {
		return (
			event.reference_doctype === this.subject.doctype && event.reference_name === this.subject.name
		);
	}

	/** Take files for a requirement: those that fit are sent one after the other. */
	add_files(event, requirement, files) {
		// files that come while others are on their way are counted with them
		const batch = this.under_way(event) || { total: 0, added: 0, pieces: [] };
		for (const file of files) {
			const refused = objection(requirement, file);
			if (!refused) batch.total += 1;
			this.uploads.push({
				batch,
				id: `${Date.now()}-${Math.random()}`,
				event: event.name,
				requirement: requirement.key,
				file,
				percent: 0,
				status: refused ? "refused" : "waiting",
				message: refused,
			});
			if (refused) this.announce(`${file.name}: ${refused}`);
		}
		this.folds.set(`event:${event.name}:${event.state}`, true);
		this.draw();
		this.send_next();
	}

	/** The batch of files that is on its way to an event: {total, added, pieces}. */
	under_way(event) {
		const item = this.uploads.find((one) => one.event === event.name && is_under_way(one));
		return item && item.batch;
	}

	/** Where a file can be given: `[{event, requirement}]`, what is still missing; with `all`, also what may be added to. */
	places(all = false) {
		const found = [];
		for (const event of (this.state && this.state.events) || []) {
			for (const requirement of event.requirements) {
				if (event.state === "Open" && requirement.may_give && requirement.kind === "File")
					found.push({ event, requirement });
			}
		}
		const missing = found.filter((place) => !place.requirement.satisfied);
		return missing.length || !all ? missing : found;
	}

	/** Take files of which it is not said where they belong: there is one place for them, or it is asked. */
	offer(files) {
		const places = this.places(true);
		if (!places.length) {
			this.say("panel", __("No file is asked for here now."), "warning");
			this.draw();
			return;
		}
		const fit = ({ requirement }) => files.some((file) => !objection(requirement, file));
		const fitting = places.filter(fit);
		const [only] = fitting.length ? fitting : places;
		if (fitting.length < 2 && !only.requirement.satisfied) {
			this.add_files(only.event, only.requirement, files);
			return;
		}
		this.waiting = { files, places: fitting.length ? fitting : places };
		this.draw();
		this.root.scrollIntoView({ block: "nearest" });
		this.focus_on(`choose:${only.event.name}:${only.requirement.key}`);
	}

	/** Send the files that waited for a place, or (without one) let go of them. */
	settle(place) {
		const { files } = this.waiting;
		this.waiting = null;
		const now = place && this.find(place.event.name, place.requirement.key);
		if (now) this.add_files(now.event, now.requirement, files);
		this.draw();
		if (place) this.focus_on(`file:${place.event.name}:${place.requirement.key}`);
	}

	/** The names of the files given here, or on their way. */
	file_names() {
		const given = ((this.state && this.state.events) || []).flatMap((event) =>
			event.requirements.flatMap((one) => one.pieces.map((piece) => piece.title))
		);
		return new Set([...given, ...this.uploads.map((one) => one.file.name)]);
	}

	refuse_folder(where = "panel") {
		this.say(where, __("A folder cannot be given. Please drop the files in it."), "error");
		this.draw();
	}

	retry_upload(item) {
		item.batch.total += 1;
		Object.assign(item, { status: "waiting", percent: 0, message: "" });
		this.draw();
		this.send_next();
	}

	drop_upload(item) {
		if (this.sending === item) item.stop();
		if (is_under_way(item)) item.batch.total -= 1;
		this.uploads = this.uploads.filter((other) => other !== item);
		this.draw();
	}

	async send_next() {
		if (this.sending) return;
		const item = this.uploads.find((other) => other.status === "waiting");
		if (!item) return;
		this.sending = item;
		item.status = "sending";
		const { finished, stop } = upload(
			{ event: item.event, requirement: item.requirement },
			item.file,
			(percent) => this.progress(item, percent)
		);
		item.stop = stop;
		this.draw();
		try {
			const answer = await finished;
			this.uploads = this.uploads.filter((other) => other !== item);
			const said = __("{0} was added.", [item.file.name]);
			if (alive.has(this)) {
				const before = this.pieces(item.event, item.requirement);
				this.merge(answer);
				item.batch.added += 1;
				const { added, pieces } = item.batch;
				pieces.push(...this.pieces(item.event, item.requirement).filter((one) => !before.includes(one)));
				this.remember(item.event, added > 1 ? __("{0} files were added.", [added]) : said, pieces);
				this.announce(said);
			}
			if (!this.is_seen())
				frappe.show_alert({ message: frappe.utils.escape_html(said), indicator: "green" });
		} catch (error) {
			if (error.status === -1) return; // taken back by the reader
			// what the server refused it will refuse again
			const again = error.status === 0 || error.status >= 500;
			Object.assign(item, { status: again ? "failed" : "refused", message: error.message });
			item.batch.total -= 1;
			if (!again) this.changed();
			const said = __("{0} was not added: {1}", [item.file.name, error.message]);
			if (alive.has(this)) this.announce(said);
			else frappe.show_alert({ message: frappe.utils.escape_html(said), indicator: "red" }, 15);
		} finally {
			this.sending = null;
			if (alive.has(this)) this.draw();
			this.send_next();
		}
	}

	pieces(event_name, requirement_key) {
		const found = this.find(event_name, requirement_key);
		return found ? found.requirement.pieces.map((piece) => piece.piece) : [];
	}

	/** Whether the reader has the panel before their eyes. */
	is_seen() {
		const box = this.root.getBoundingClientRect();
		return this.in_front && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight;
	}

	/** Offer to undo what was just given at an event. */
	remember(event_name, text, pieces) {
		this.given.set(event_name, { text, pieces: [...pieces] });
		this.draw();
	}

	/** What was given last at this event and can still be taken back; null if nothing. */
	to_undo(event) {
		const given = this.given.get(event.name);
		if (!given || event.state !== "Open") return null;
		const pieces = event.requirements
			.flatMap((one) => one.pieces)
			.filter((piece) => piece.may_withdraw && given.pieces.includes(piece.piece));
		return pieces.length ? { text: given.text, pieces } : null;
	}

	async undo(event) {
		const { pieces } = this.to_undo(event) || { pieces: [] };
		this.given.delete(event.name);
		for (const piece of pieces) {
			const args = { event: event.name, piece: piece.piece };
			const said = __("{0} was taken back.", [piece.title || piece.value]);
			if (!(await this.step(event.name, "steps.withdraw", args, said))) return;
		}
		const place = this.places(true).find((one) => one.event.name === event.name);
		if (place) this.focus_on(`file:${event.name}:${place.requirement.key}`);
	}

	on_key(event) {
		if (event.key === "Escape" && this.waiting) {
			event.stopPropagation();
			this.settle(null);
		}
		const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
		if (!undo || event.target.matches("textarea, input")) return;
		// of the event in which the focus is, else the first one
		const inside = event.target.closest("[data-event]") || this.root;
		const offered = inside.querySelector("[data-pf-key^='undo:']");
		if (!offered) return;
		event.preventDefault();
		event.stopPropagation();
		offered.click();
	}

	progress(item, percent) {
		item.percent = percent;
		const bar = [...this.root.querySelectorAll("progress")].find(
			(one) => one.dataset.upload === item.id
		);
		if (bar) bar.value = percent;
	}

	/** The hidden file input of a requirement; the same one through all drawings. */
	chooser(event, requirement, camera) {
		const key = `${event.name}:${requirement.key}:${camera ? "camera" : "file"}`;
		if (!this.inputs.has(key)) {
			// the requirement may have changed by the time the files are chosen
			const run = (files) => {
				const now = this.find(event.name, requirement.key) || { event, requirement };
				this.add_files(now.event, now.requirement, files);
			};
			this.inputs.set(key, chooser(run, camera));
		}
		const input = this.inputs.get(key);
		input.multiple = !camera;
		input.accept = camera ? "image/*" : requirement.accept || "";
		return input;
	}

	find(event_name, requirement_key) {
		const event = this.state.events.find((one) => one.name === event_name);
		const requirement = event && event.requirements.find((one) => one.key === requirement_key);
		return requirement && { event, requirement };
	}

	// What is typed, and what is said -------------------------------------------------------------------

	draft(key) {
		return drafts.get(key) || "";
	}

	set_draft(key, value) {
		this.typed_at = Date.now();
		if (value) drafts.set(key, value);
		else drafts.delete(key);
	}

	chosen(key) {
		return drafts.get(key) || [];
	}

	say(where, text, kind) {
		this.notices.set(where, { text, kind });
		this.announce(text);
	}

	announce(text) {
		if (!text) return;
		this.live.textContent = "";
		// said anew even when the same was said before
		setTimeout(() => (this.live.textContent = text), 50);
	}

	// Drawing -----------------------------------------------------------------------------------------

	draw() {
		if (!alive.has(this)) return;
		this.undrawn = this.pressed;
		if (this.pressed) return;
		const held = this.held_focus();
		this.body.replaceChildren(...this.content());
		this.root.classList.toggle("pf-empty", !this.body.childNodes.length);
		this.root.dispatchEvent(new CustomEvent("pf-drawn"));
		this.give_focus(held);
	}

	/** Between pressing and releasing nothing moves away under the pointer: a click needs both on one element. */
	hold_still() {
		this.pressed = true;
		const release = () => {
			for (const name of ["pointerup", "pointercancel", "dragend"])
				window.removeEventListener(name, release, true);
			setTimeout(() => {
				this.pressed = false;
				if (this.undrawn) this.draw();
			});
		};
		for (const name of ["pointerup", "pointercancel", "dragend"])
			window.addEventListener(name, release, true);
	}

	content() {
		if (this.status === "ready") return draw_events(this);
		if (this.status === "denied") {
			// on a document, who may see nothing sees no trace; on the event itself it is said
			return this.subject.event
				? [h("p", { class: "pf-muted" }, __("You may not see this business event."))]
				: [];
		}
		if (this.status === "failed") {
			return [
				h("h3", { class: "pf-heading" }, __("Performance Flow")),
				h("p", { class: "pf-notice pf-error" }, this.failure),
				h(
					"button",
					{
						type: "button",
						class: "btn btn-xs btn-default pf-button",
						key: "again",
						on: { click: () => this.again() },
					},
					__("Try again", null, "Performance Flow")
				),
			];
		}
		return [
			h("h3", { class: "pf-heading" }, __("Performance Flow")),
			h("p", { class: "pf-muted pf-loading" }, __("Looking up what is asked here…")),
		];
	}

	again() {
		this.status = "loading";
		this.draw();
		this.read();
	}

	remember_focus(element) {
		this.focused = { key: element.getAttribute("data-pf-key"), element };
	}

	/** What has the focus now, or had it until the page around the panel was built anew. */
	held_focus() {
		const focused = document.activeElement;
		const inside = focused && focused !== document.body && this.body.contains(focused);
		const torn_away = focused === document.body && this.focused && !this.focused.element.isConnected;
		if (!inside && !torn_away) {
			this.focused = null;
			return null;
		}
		const element = inside ? focused : this.focused.element;
		const held = { key: element.getAttribute("data-pf-key") };
		if (element.matches(TYPED_IN)) {
			held.start = element.selectionStart;
			held.end = element.selectionEnd;
			held.scroll = element.scrollTop;
		}
		return held.key ? held : null;
	}

	give_focus(held) {
		if (!held || !this.root.isConnected) return;
		// what had the focus may be gone with the step; then the event it belonged to has it
		const element = this.find_key(held.key) || this.find_key(`event:${held.key.split(":")[1]}`);
		if (!element) return;
		element.focus({ preventScroll: true });
		if (held.start !== undefined && element.setSelectionRange) {
			element.setSelectionRange(held.start, held.end);
			element.scrollTop = held.scroll;
		}
	}

	find_key(key) {
		return [...this.body.querySelectorAll("[data-pf-key]")].find((one) => one.dataset.pfKey === key);
	}

	/** Put the focus on the first element drawn with one of these keys. */
	focus_on(...keys) {
		const element = keys.map((key) => this.find_key(key)).find(Boolean);
		if (element) element.focus();
	}

	/** A part that folds, and stays as the reader left it. */
	fold(key, open, attributes, summary, ...children) {
		return h(
			"details",
			{
				...attributes,
				open: this.folds.has(key) ? this.folds.get(key) : open,
				on: {
					// a click on the summary, by mouse or key; "toggle" would also tell of our own opening
					click: (event) => {
						const clicked = event.target.closest("summary");
						if (clicked && clicked.parentNode === event.currentTarget) {
							this.folds.set(key, !event.currentTarget.open);
						}
					},
				},
			},
			summary,
			...children
		);
	}
}
