// The screen “Marking”: the queue on one side, the event in front on the other; a mark brings up the next one.
//
// The parts are drawn apart from each other: a preview that was loaded stays while the queue moves on.

import { button, h, icon, link, Screen } from "./kit";
import { AwayLine } from "./flow_marking_away";
import { Evidence } from "./flow_marking_evidence";
import { FIRST_TEMPLATE_KEY, kbd, ReasonForm, Together } from "./flow_marking_reason";
import { EventSource } from "./flow_marking_source";
import { marks } from "../panel/words";
import { deadline, full, until } from "../panel/time";

const STALE = 60000; // milliseconds after which the queue is read again when the page comes back
const KEYS_OFF = "perf_flow_marking_keys_off";

export class Marking extends Screen {
	constructor(wrapper) {
		super(wrapper, {
			title: __("Marking", null, "Screen"),
			method: "marking.queue",
			name: "marking",
			draw: (answer) => this.draw(answer),
		});
		this.drafts = new Map();
		this.templates = [];
		this.details = new Map(); // what was read of events, by name
		this.selected = new Map(); // rows, by event
		this.recent = []; // what can still be taken back, newest last
		this.options = {};
		document.addEventListener("keydown", (event) => this.on_key(event), true);
		// the browser's PDF viewer keeps the keys while it has the focus
		window.addEventListener("blur", () => setTimeout(() => this.say_where_keys_are()));
		window.addEventListener("focus", () => this.say_where_keys_are());
		setInterval(() => this.draw_undo(), 1000);
		this.shown();
	}

	/** The desk shows the page, first or again. */
	shown() {
		const options = {
			...Object.fromEntries(new URLSearchParams(window.location.search)),
			...(frappe.route_options || {}),
		};
		frappe.route_options = null;
		const rehearsal = options.rehearsal || "";
		this.wanted = options.event || "";
		this.ask_away = Boolean(options.away);
		if (!this.source || this.source.rehearsal !== rehearsal) {
			this.source = new EventSource(rehearsal);
			this.away = rehearsal ? null : new AwayLine(this.source);
			this.state = null;
			this.front = null;
			this.details.clear();
			this.selected.clear();
			this.recent = [];
			this.load();
		} else if (this.wanted || Date.now() - this.read_at > STALE) {
			this.load();
		} else if (this.ask_away) {
			this.open_away();
		}
	}

	async load() {
		const version = ++this.version;
		const slow = setTimeout(() => !this.state && this.show_loading(), 300);
		try {
			const answer = await this.source.queue(false);
			if (version !== this.version) return;
			this.read_at = Date.now();
			this.show(answer);
		} catch (error) {
			if (version === this.version) this.show_failure(error);
		} finally {
			clearTimeout(slow);
		}
	}

	// The whole ---------------------------------------------------------------------------------------

	draw(answer) {
		this.templates = answer.templates || this.templates;
		this.has_team = answer.has_team;
		if (!this.recent.length) this.recent = (answer.recent || []).map(recently);
		this.waiting = false;
		this.take(answer);
		this.list = h("div", { class: "pf-m-list" });
		this.main = h("section", { class: "pf-m-main", "aria-label": __("The event in front") });
		this.undo = h("div", { class: "pf-m-undo", role: "status", hidden: true });
		this.layout = h(
			"div",
			{ class: "pf-m" },
			this.source.rehearsal &&
				h(
					"p",
					{ class: "pf-notice pf-warning" },
					icon("alert"),
					h("span", null, __("Practice: nothing here counts or is seen by others."))
				),
			this.away && this.away.root,
			h("div", { class: "pf-m-grid" }, this.list, this.main),
			this.undo
		);
		if (this.away && !this.away.state) {
			this.away.load().then(() => this.ask_away && this.open_away());
		} else if (this.ask_away) {
			this.open_away();
		}
		this.draw_list();
		const first = this.wanted || this.front || (this.rows[0] && this.rows[0].event);
		this.wanted = "";
		if (first) this.open(first, false);
		else this.draw_blank();
		return this.layout;
	}

	open_away() {
		this.ask_away = false;
		if (this.away && this.away.state && this.away.state.employee) this.away.ask();
	}

	/** Put what the server told of the queue in the place of what is known. */
	take(answer) {
		this.counts = { ready: answer.ready, waiting: answer.waiting };
		const known = answer.start ? this.rows : [];
		const names = new Set(known.map((row) => row.event));
		this.rows = [...known, ...answer.rows.filter((row) => !names.has(row.event))];
		for (const row of this.rows) if (this.selected.has(row.event)) this.selected.set(row.event, row);
	}

	get total() {
		return this.waiting ? this.counts.waiting : this.counts.ready;
	}

	async read_list(waiting, start = 0) {
		const version = ++this.version;
		try {
			const answer = await this.source.queue(waiting, start);
			if (version !== this.version) return false;
			this.waiting = waiting;
			this.take(answer);
			this.draw_list();
			return true;
		} catch (error) {
			if (version === this.version) this.show_failure(error);
			return false;
		}
	}

	async switch_to(waiting) {
		if (waiting === this.waiting || !(await this.read_list(waiting))) return;
		this.front = null;
		if (this.rows.length) this.open(this.rows[0].event, false);
		else this.draw_blank();
	}

	// The queue ---------------------------------------------------------------------------------------

	draw_list() {
		const tab = (waiting, label, count) =>
			h(
				"button",
				{
					type: "button",
					class: "pf-m-tab",
					key: `tab:${waiting}`,
					"aria-pressed": this.waiting === waiting ? "true" : "false",
					on: { click: () => this.switch_to(waiting) },
				},
				h("span", null, label),
				" ",
				h("span", { class: "pf-m-count" }, String(count))
			);
		this.fill_in(this.list, [
			h(
				"div",
				{ class: "pf-m-tabs" },
				tab(false, __("Ready for my mark"), this.counts.ready),
				tab(true, __("Evidence missing"), this.counts.waiting)
			),
			this.draw_chosen(),
			this.rows.length > 0 &&
				h(
					"ol",
					{ class: "pf-m-rows", "aria-label": __("Business events") },
					this.rows.map((row) => this.draw_row(row))
				),
			this.rows.length < this.total &&
				button(
					__("Show more ({0} of {1})", [this.rows.length, this.total]),
					() => this.read_list(this.waiting, this.rows.length),
					{ key: "more" }
				),
		]);
	}

	draw_row(row) {
		const in_front = row.event === this.front;
		return h(
			"li",
			{ class: `pf-m-row${in_front ? " pf-m-in-front" : ""}`, "data-event": row.event },
			!this.waiting &&
				h("input", {
					type: "checkbox",
					class: "pf-m-check",
					key: `select:${row.event}`,
					checked: this.selected.has(row.event),
					"aria-label": __("Choose {0}, {1}", [row.person, row.title]),
					on: { change: () => this.toggle(row) },
				}),
			h(
				"button",
				{
					type: "button",
					class: "pf-m-pick",
					key: `row:${row.event}`,
					"aria-current": in_front ? "true" : null,
					on: { click: () => this.open(row.event, true) },
				},
				h("span", { class: "pf-m-person" }, row.person || __("Nobody found")),
				h("span", { class: "pf-m-what" }, row.title),
				h("span", { class: "pf-m-doc" }, row.document || row.docname),
				h(
					"span",
					{ class: "pf-m-chips-line" },
					due(row),
					row.round > 1 && h("span", { class: "pf-tag" }, __("Round {0}", [row.round])),
					row.escalated && h("span", { class: "pf-tag" }, __("escalated", null, "Step")),
					!this.waiting &&
						row.pieces > 0 &&
						h(
							"span",
							{ class: `pf-m-opened${row.opened < row.pieces ? "" : " pf-good"}` },
							row.opened < row.pieces
								? __("{0} of {1} opened", [row.opened, row.pieces], "Evidence")
								: __("all opened", null, "Evidence")
						)
				)
			)
		);
	}

	draw_chosen() {
		if (this.waiting || this.rows.length < 2) return null;
		const ready = this.rows.filter((row) => row.opened >= row.pieces);
		const chosen = this.selected.size;
		return h(
			"div",
			{ class: "pf-m-chosen" },
			chosen
				? [
						button(__("One mark for {0} events", [chosen]), () => this.together(), {
							key: "together",
							variant: "primary",
						}),
						button(__("Choose none"), () => this.choose([]), { key: "none" }),
				  ]
				: ready.length > 1 &&
						button(__("Choose the {0} fully opened", [ready.length]), () => this.choose(ready), {
							key: "choose-opened",
						})
		);
	}

	toggle(row) {
		if (this.selected.has(row.event)) this.selected.delete(row.event);
		else this.selected.set(row.event, row);
		this.draw_list();
	}

	choose(rows) {
		this.selected = new Map(rows.map((row) => [row.event, row]));
		this.draw_list();
	}

	together() {
		const rows = [...this.selected.values()];
		if (!rows.length) return;
		this.front = null;
		this.replace_detail(new Together(this, rows));
		this.draw_list();
		this.detail.root.querySelector("h2").focus();
	}

	// The event in front ------------------------------------------------------------------------------

	/** Bring an event to the front; `by_hand` moves the focus there as well. */
	async open(event, by_hand) {
		this.front = event;
		this.draw_list();
		this.show_row();
		let known = this.details.get(event);
		if (!known) {
			this.replace_detail({
				root: h("p", { class: "pf-muted pf-loading", role: "status" }, __("One moment…")),
			});
			try {
				known = await this.source.event(event);
				this.details.set(event, known);
			} catch (error) {
				if (this.front !== event) return;
				this.replace_detail({
					root: h(
						"div",
						{ class: "pf-blank" },
						h("p", { class: "pf-blank-title" }, __("This could not be shown")),
						h("p", { class: "pf-muted" }, error.message),
						button(__("Try again", null, "Performance Flow"), () => this.open(event, true), {
							key: "again",
						})
					),
				});
				return;
			}
		}
		if (this.front !== event) return;
		this.replace_detail(new Detail(this, known));
		if (by_hand) {
			const title = this.main.querySelector("h2");
			title.focus({ preventScroll: true });
			if (window.matchMedia("(max-width: 991px)").matches) {
				this.main.scrollIntoView({ block: "start" });
			}
		}
		this.read_ahead(event);
	}

	/** Read the next event before it is asked for. */
	async read_ahead(event) {
		const next = this.rows[this.rows.findIndex((row) => row.event === event) + 1];
		if (!next || this.details.has(next.event)) return;
		try {
			const known = await this.source.event(next.event);
			if (!this.details.has(next.event)) this.details.set(next.event, known);
		} catch (error) {
			// it is asked for again, and then said, when it comes to the front
			if (!error.message) throw error;
		}
	}

	replace_detail(detail) {
		if (this.detail && this.detail.dispose) this.detail.dispose();
		this.detail = detail;
		this.main.replaceChildren(detail.root);
		this.main.scrollTop = 0;
	}

	draw_blank() {
		const waiting = this.counts.waiting;
		const words = this.waiting
			? [__("No evidence is missing"), __("Whatever waits for your mark is ready for it.")]
			: waiting
			? [
					__("Nothing is ready for your mark"),
					__("{0} events still wait for evidence; they come here when it is complete.", [waiting]),
			  ]
			: [
					__("Nothing waits for your mark"),
					this.has_team
						? __("When somebody in your team completes their evidence, it comes up here.")
						: __("Marks are given by line managers. Nobody reports to you at present."),
			  ];
		this.replace_detail({
			root: this.blank(
				...words,
				!this.waiting &&
					waiting > 0 &&
					button(__("Show what is missing"), () => this.switch_to(true), { key: "missing" })
			),
		});
	}

	show_row() {
		const row = this.list.querySelector(".pf-m-in-front");
		if (row && this.list.scrollHeight > this.list.clientHeight) row.scrollIntoView({ block: "nearest" });
	}

	/** What was opened of an event's evidence, for its row. */
	note_opened(event, number) {
		const row = this.rows.find((one) => one.event === event);
		if (!row || row.opened === number) return;
		row.opened = Math.min(number, row.pieces);
		const known = this.details.get(event);
		if (known && this.detail.evidence) known.opened = [...this.detail.evidence.opened];
		this.draw_list();
	}

	move(by) {
		if (!this.rows.length) return;
		const at = this.rows.findIndex((row) => row.event === this.front);
		const to = at < 0 ? 0 : at + by;
		if (to < 0 || to >= this.rows.length) {
			if (to >= this.rows.length && this.rows.length < this.total) {
				this.read_list(this.waiting, this.rows.length).then((read) => read && this.move(by));
				return;
			}
			this.announce(by < 0 ? __("This is the first event.") : __("This is the last event."));
			return;
		}
		this.open(this.rows[to].event, true);
	}

	// Marks and taking them back ----------------------------------------------------------------------

	async give(row, mark, reason) {
		const event = await this.source.mark(row.event, mark, reason);
		const step = event.steps.find((one) => one.kind === "Mark" && one.may_take_back);
		this.marked([row], mark, () =>
			step ? { step: step.step, take_back_until: step.take_back_until } : { step: "" }
		);
	}

	/** Events are marked: out of the queue with them, and the next one up. */
	marked(rows, mark, given) {
		if (!rows.length) return;
		const { label } = marks().find((one) => one.value === mark);
		const gone = new Set(rows.map((row) => row.event));
		const at = this.rows.findIndex((row) => gone.has(row.event));
		this.recent.push({
			label,
			rows: rows.map((row) => ({ ...row, ...given(row) })).filter((row) => row.step),
			names: rows.map((row) => row.person || row.docname),
		});
		this.rows = this.rows.filter((row) => !gone.has(row.event));
		this.counts.ready -= gone.size;
		for (const event of gone) {
			this.details.delete(event);
			this.selected.delete(event);
		}
		this.draw_undo();
		const said =
			rows.length === 1
				? __("Marked {0}: {1}", [label, rows[0].person])
				: __("{0} events marked {1}", [rows.length, label]);
		if (this.detail instanceof Together && this.selected.size) {
			this.announce(said);
			this.draw_list();
			return;
		}
		const next = this.rows[Math.min(Math.max(at, 0), this.rows.length - 1)];
		this.announce(next ? __("{0}. Next: {1}, {2}", [said, next.person, next.title]) : said);
		if (next) {
			this.open(next.event, true);
		} else {
			this.front = null;
			this.draw_list();
			this.draw_blank();
		}
		if (this.rows.length < 5 && this.rows.length < this.counts.ready) {
			this.read_list(false, this.rows.length).then(
				(read) => read && !this.front && this.rows[0] && this.open(this.rows[0].event, true)
			);
		}
	}

	get last() {
		while (this.recent.length) {
			const last = this.recent[this.recent.length - 1];
			last.rows = last.rows.filter((row) => until(row.take_back_until) > 0);
			if (last.rows.length) return last;
			this.recent.pop();
		}
		return null;
	}

	draw_undo() {
		if (!this.undo) return;
		const last = this.last;
		if (!last) {
			if (!this.undo.hidden) this.undo.hidden = true;
			this.undo_shown = null;
			return;
		}
		const left = Math.max(0, Math.min(...last.rows.map((row) => until(row.take_back_until))));
		const clock = `${Math.floor(left / 60000)}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`;
		if (this.undo_shown === last) {
			this.undo.querySelector(".pf-m-clock").textContent = clock;
			return;
		}
		this.undo_shown = last;
		this.undo.hidden = false;
		this.undo.replaceChildren(
			icon("done"),
			h(
				"span",
				{ class: "pf-m-undo-words" },
				last.rows.length === 1
					? __("Marked {0}: {1}", [last.label, last.names[0]])
					: __("{0} events marked {1}", [last.rows.length, last.label])
			),
			h(
				"button",
				{
					type: "button",
					class: "btn btn-xs btn-default pf-button",
					key: "undo",
					"aria-keyshortcuts": "u",
					on: { click: () => this.take_back() },
				},
				h("span", null, __("Undo", null, "A mark")),
				kbd("u")
			),
			h("span", { class: "pf-m-clock", "aria-hidden": "true" }, clock)
		);
	}

	async take_back() {
		const { last } = this;
		if (!last) {
			this.announce(__("There is nothing to take back."));
			return;
		}
		if (this.taking) return;
		this.taking = true;
		const failed = [];
		for (const row of [...last.rows]) {
			try {
				await this.source.take_back(row.event, row.step);
			} catch (error) {
				failed.push(error.message);
			}
			last.rows = last.rows.filter((one) => one !== row);
			this.details.delete(row.event);
			this.back = row.event;
		}
		this.taking = false;
		this.undo_shown = null;
		this.draw_undo();
		if (failed.length) {
			frappe.show_alert(
				{ message: frappe.utils.escape_html([...new Set(failed)].join("\n")), indicator: "orange" },
				10
			);
		}
		this.announce(failed.length ? failed[0] : __("The mark was taken back."));
		if (await this.read_list(false)) {
			const there = this.rows.some((row) => row.event === this.back);
			if (there) this.open(this.back, true);
			else if (!this.front && this.rows[0]) this.open(this.rows[0].event, true);
		}
	}

	// Keys --------------------------------------------------------------------------------------------

	get keys_off() {
		return localStorage.getItem(KEYS_OFF) === "1";
	}

	on_key(event) {
		if (!this.state || !this.in_front || event.defaultPrevented || event.isComposing) return;
		if (event.ctrlKey || event.metaKey || event.altKey || this.keys_off || typing(event.target)) return;
		if (document.querySelector(".modal.show")) return;
		const run = this.key(event);
		if (!run) return;
		// the desk has meanings of its own for some of them
		event.preventDefault();
		event.stopPropagation();
		run();
	}

	key(event) {
		const { key } = event;
		const form = this.detail && this.detail.form;
		const in_list = this.list.contains(event.target);
		if (key === "j" || key === "ArrowRight" || (in_list && key === "ArrowDown")) return () => this.move(1);
		if (key === "k" || key === "ArrowLeft" || (in_list && key === "ArrowUp")) return () => this.move(-1);
		if (key === "u") return () => this.take_back();
		if (key === "?") return () => this.help();
		if (key === "r" && form) return () => form.focus();
		if (key === "x" && this.front && !this.waiting) {
			const row = this.rows.find((one) => one.event === this.front);
			return row && (() => this.toggle(row));
		}
		if (key === "b" && this.selected.size) return () => this.together();
		const number = /^[1-9]$/.test(key) && Number(key);
		if (!number || !form || event.repeat) return null;
		if (number < FIRST_TEMPLATE_KEY) return () => form.give(marks()[number - 1].value);
		return () => form.insert_number(number);
	}

	say_where_keys_are() {
		const held = document.activeElement && document.activeElement.matches(".pf-m-pdf");
		this.root.classList.toggle("pf-m-keys-away", Boolean(held));
	}

	help() {
		const rows = [
			[["j", "→"], __("Next event")],
			[["k", "←"], __("Previous event")],
			...marks().map((mark, i) => [[String(i + 1)], __("Mark: {0}", [mark.label])]),
			[["r"], __("Write the reason")],
			[["4", "…", "9"], __("Put in one of your templates")],
			[["Ctrl+Enter"], __("In the reason: send the mark that waits for it")],
			[["Esc"], __("In the reason: back to the keys")],
			[["u"], __("Take the last mark back")],
			[["x"], __("Choose this event, for one mark for many")],
			[["b"], __("One mark for the chosen events")],
			[["?"], __("This list")],
		];
		const dialog = new frappe.ui.Dialog({ title: __("Keys on this screen") });
		const off = h("input", {
			type: "checkbox",
			checked: !this.keys_off,
			on: {
				change: () => {
					localStorage.setItem(KEYS_OFF, off.checked ? "0" : "1");
					if (this.detail && this.detail.draw_legend) this.detail.draw_legend();
				},
			},
		});
		dialog.$body.append(
			h(
				"div",
				{ class: "perf-flow pf-m-help" },
				h(
					"dl",
					null,
					rows.map(([keys, words]) => [
						h("dt", null, keys.map((one) => h("kbd", { class: "pf-m-kbd" }, one))),
						h("dd", null, words),
					])
				),
				h("p", { class: "pf-hint" }, __("Keys never act while you are writing in a field.")),
				h("label", { class: "pf-m-switch" }, off, " ", __("Use single keys on this screen"))
			)
		);
		dialog.show();
	}

	/** Fill a part anew; the focus stays on the element with the same key. */
	fill_in(part, nodes) {
		const focused = part.contains(document.activeElement) && document.activeElement;
		const key = focused && focused.getAttribute("data-pf-key");
		const scroll = part.scrollTop;
		part.replaceChildren(...nodes.flat(Infinity).filter(Boolean));
		part.scrollTop = scroll;
		const again =
			key && [...part.querySelectorAll("[data-pf-key]")].find((one) => one.dataset.pfKey === key);
		if (again) again.focus({ preventScroll: true });
	}
}

/** A mark of a moment ago, as the server remembers it. */
function recently(row) {
	const mark = marks().find((one) => one.value === row.result);
	return {
		label: mark ? mark.label : row.result,
		rows: [row],
		names: [row.employee_name || row.reference_name],
	};
}

function typing(target) {
	return (
		target instanceof Element &&
		(target.isContentEditable ||
			(target.matches("input, select, textarea") && !target.matches(".pf-m-check")))
	);
}

function due(row) {
	const words = deadline(row.due_at, row.overdue);
	return h(
		"span",
		{ class: `pf-due${words.late ? " pf-late" : words.soon ? " pf-soon" : ""}`, title: words.title },
		icon(words.late ? "alert" : "clock"),
		h("span", null, words.text)
	);
}

/** One event: who, what, the document, the evidence, the mark. */
class Detail {
	constructor(screen, known) {
		this.screen = screen;
		this.known = known;
		this.event = known.event;
		this.row = screen.rows.find((row) => row.event === this.event.name) || {
			event: this.event.name,
			person: this.event.employee_name,
			title: this.event.title,
			docname: this.event.reference_name,
		};
		this.evidence = new Evidence(screen.source, known, (event, number) =>
			screen.note_opened(event, number)
		);
		const step = this.event.steps.find((one) => one.kind === "Mark" && one.may_do);
		this.form =
			step &&
			new ReasonForm(screen, {
				key: this.event.name,
				event: this.event.name,
				event_type: this.event.event_type,
				reason_for_meets: step.reason_for_meets,
				legend: __("Your mark"),
				send: (mark, reason) => this.send(mark, reason),
			});
		this.legend = h("div", { class: "pf-m-legend" });
		this.draw_legend();
		this.root = h(
			"div",
			{ class: "pf-m-detail" },
			this.head(),
			this.context(),
			this.evidence.root,
			h(
				"div",
				{ class: "pf-m-foot" },
				this.form
					? this.form.root
					: h("p", { class: "pf-notice" }, icon("clock"), h("span", null, this.event.next)),
				this.legend
			)
		);
	}

	dispose() {
		this.evidence.dispose();
	}

	async send(mark, reason) {
		try {
			await this.screen.give(this.row, mark, reason);
			return true;
		} catch (error) {
			this.form.say(error.message);
			return false;
		}
	}

	head() {
		const { event, row } = this;
		const at = this.screen.rows.findIndex((one) => one.event === event.name);
		return h(
			"header",
			{ class: "pf-m-head" },
			h(
				"div",
				{ class: "pf-m-where" },
				at >= 0 &&
					h("span", { class: "pf-hint" }, __("{0} of {1}", [at + 1, this.screen.total], "Queue")),
				h(
					"span",
					{ class: "pf-m-steps" },
					button(__("Previous", null, "Event"), () => this.screen.move(-1), {
						key: "previous",
						"aria-keyshortcuts": "k",
					}),
					button(__("Next", null, "Event"), () => this.screen.move(1), {
						key: "next",
						"aria-keyshortcuts": "j",
					})
				)
			),
			h("h2", { tabindex: -1, key: "title" }, event.employee_name || __("Nobody found")),
			h(
				"p",
				{ class: "pf-m-sub" },
				event.title,
				event.snapshot && [
					" · ",
					h(
						"a",
						{
							href: `/app/behaviour-snapshot/${encodeURIComponent(event.snapshot)}`,
							key: "snapshot",
						},
						__("What they did")
					),
				]
			),
			h(
				"p",
				{ class: "pf-m-chips-line" },
				row.due_at && due(row),
				event.round > 1 && h("span", { class: "pf-tag" }, __("Round {0}", [event.round])),
				row.holder && h("span", { class: "pf-tag" }, __("asked of {0}", [row.holder])),
				h("span", { class: "pf-hint" }, __("Recorded {0}", [full(event.recorded_at)]))
			),
			event.attention &&
				h("p", { class: "pf-notice pf-warning" }, icon("alert"), h("span", null, event.attention))
		);
	}

	context() {
		const { context } = this.known;
		const name = `${__(this.event.reference_doctype)} ${this.event.reference_name}`;
		return h(
			"section",
			{ class: "pf-m-context", "aria-label": __("The document") },
			h(
				"p",
				{ class: "pf-m-document" },
				context ? link(name, context.url) : h("span", null, name),
				context &&
					context.title &&
					h("span", { class: "pf-m-document-title" }, context.title)
			),
			!context &&
				h("p", { class: "pf-hint" }, __("You have no permission to open this document.")),
			context &&
				context.fields.length > 0 &&
				h(
					"dl",
					{ class: "pf-m-fields" },
					context.fields.map((field) =>
						h("div", null, h("dt", null, field.label), h("dd", null, field.value))
					)
				),
			context &&
				context.rows.length > 0 &&
				h(
					"p",
					{ class: "pf-m-items" },
					context.rows.join(" · "),
					context.more_rows > 0 && ` · ${__("and {0} more", [context.more_rows], "Items")}`
				)
		);
	}

	draw_legend() {
		const key = (name, words) => h("span", null, kbd(name), " ", words);
		this.legend.replaceChildren(
			...(this.screen.keys_off
				? []
				: [
						key("j", __("next", null, "Event")),
						key("k", __("previous", null, "Event")),
						this.form && key("r", __("reason", null, "Key")),
						this.form && key("4–9", __("templates", null, "Key")),
						key("u", __("undo", null, "Key")),
				  ].filter(Boolean)),
			h(
				"span",
				{ class: "pf-m-keys-words" },
				__("The PDF has the keys now. Click beside it to use these.")
			),
			h(
				"button",
				{
					type: "button",
					class: "pf-m-more",
					key: "help",
					"aria-keyshortcuts": "?",
					on: { click: () => this.screen.help() },
				},
				kbd("?"),
				" ",
				__("all keys")
			)
		);
	}
}
