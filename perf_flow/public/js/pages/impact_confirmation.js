// Everything somebody has to confirm, on one screen: by mouse, finger or keyboard, one or many at once.

import { RequestFailed, Screen, button, h, icon, spoken, write } from "./kit";
import { deadline, full, until } from "../panel/time";
import { impacts, result_words } from "../panel/words";

const ROUTE = "impact-confirmation";
const key_of = (item) => `${item.event}:${item.step}`;
const BULK = "bulk";

/** The words of a list, as one writes them. */
const listed = (words) => words.join(__(", ", null, "Between words of a list"));

function forget_visit() {
	const queue = frappe.route_history_queue || [];
	frappe.route_history_queue = queue.filter(({ route }) => !route.startsWith(`${ROUTE}/`));
}

export class ConfirmationScreen extends Screen {
	constructor(wrapper) {
		super(wrapper, {
			title: __("Impact confirmation"),
			name: "confirmations",
			method: "confirmations.mine",
			args: () => ({ start: this.start, link: this.link, rehearsal: this.rehearsal }),
			draw: (state) => this.draw(state),
		});
		this.start = 0;
		this.link = "";
		this.rehearsal = "";
		this.selected = new Set();
		this.impacts = new Map(); // key of a card, or BULK → values
		this.notes = new Map(); // key → text; a note that is being written is there, if only empty
		this.notices = new Map(); // key → {text, kind}
		this.busy = false;
		this.given = []; // what was confirmed last, to be taken back
		this.root.addEventListener("keydown", (event) => this.on_key(event));
		frappe.realtime.on("perf_flow_changed", () => {
			clearTimeout(this.soon);
			this.soon = setTimeout(() => this.in_front && !this.busy && this.load(), 500);
		});
		// what is due, and what can be taken back, changes by itself
		setInterval(() => this.in_front && !this.writing && this.redraw(), 30000);
		this.shown();
	}

	/** The page came to the front, perhaps by another link. */
	shown() {
		const [, , page, token = ""] = window.location.pathname.split("/");
		if (page === ROUTE) {
			if (token !== this.link) this.start = 0;
			this.link = token;
			// the desk notes visited pages after ten seconds: a link belongs into the email alone
			if (token) setTimeout(forget_visit, 1000);
			// with a rehearsal: what the reader practises, and nothing else
			const rehearsal = new URLSearchParams(window.location.search).get("rehearsal") || "";
			if (rehearsal !== this.rehearsal) this.state = null;
			this.rehearsal = rehearsal;
			// what stands in the address is no filter of the next list
			frappe.route_options = null;
		}
		this.load();
	}

	/** Whether the reader is writing a note. */
	get writing() {
		return this.body.contains(document.activeElement) && document.activeElement.tagName === "TEXTAREA";
	}

	// What is shown -----------------------------------------------------------------------------------

	show(state) {
		this.items = new Map();
		for (const item of [state.front, ...state.open, ...state.escalated]) {
			if (item) this.items.set(key_of(item), item);
		}
		for (const key of [...this.selected]) if (!this.items.has(key)) this.selected.delete(key);
		super.show(state);
	}

	draw(state) {
		const front = state.front && key_of(state.front);
		const rest = state.open.filter((item) => key_of(item) !== front);
		const nothing = !front && !rest.length && !state.escalated.length;
		return [
			this.rehearsal &&
				h(
					"p",
					{ class: "pf-notice pf-warning" },
					icon("alert"),
					h("span", null, __("Practice: nothing here counts or is seen by others."))
				),
			state.link_problem && this.draw_link_problem(state.link_problem),
			this.draw_given(state),
			front && [
				h("h2", null, __("From your email")),
				h("ul", { class: "pf-cards" }, this.draw_card(state.front)),
			],
			nothing &&
				this.blank(
					__("Nothing to confirm"),
					__("When your confirmation is needed, it appears here and you get a message.")
				),
			rest.length > 0 && [
				h(
					"div",
					{ class: "pf-list-head" },
					h("h2", null, front ? __("Also waiting for you") : __("Waiting for you")),
					h("span", { class: "pf-muted" }, this.range(state)),
					h("p", { class: "pf-muted pf-keys" }, this.keys_words())
				),
				h(
					"ul",
					{ class: "pf-cards" },
					rest.map((item) => this.draw_card(item))
				),
			],
			this.draw_pager(state),
			state.escalated.length > 0 && [
				h("h2", null, __("Escalated to you")),
				h(
					"ul",
					{ class: "pf-cards" },
					state.escalated.map((item) => this.draw_card(item))
				),
			],
			this.draw_done(state),
			this.selected.size > 0 && this.draw_bulk(),
		];
	}

	range(state) {
		const last = Math.min(state.start + state.page, state.total);
		return state.total > state.page
			? __("{0}–{1} of {2}", [state.start + 1, last, state.total])
			: __("{0} open", [state.total], "Impact confirmations");
	}

	keys_words() {
		return __(
			"Keys: ↑ ↓ move, 1–4 choose, Enter confirms, X selects several, N writes a note, U takes back."
		);
	}

	draw_link_problem(text) {
		return h(
			"div",
			{ class: "pf-notice pf-warning pf-link-problem", role: "status" },
			icon("alert"),
			h(
				"span",
				null,
				text,
				" ",
				__("Whatever waits for you is on this page."),
				" ",
				button(__("Close", null, "Notice"), () => this.leave_link(), { key: "leave-link" })
			)
		);
	}

	/** Go on without the link. */
	leave_link() {
		this.leave_link_quietly();
		this.start = 0;
		return this.load();
	}

	draw_card(item) {
		const key = key_of(item);
		const title = `pf-title-${key}`;
		return h(
			"li",
			null,
			h(
				"article",
				{
					class: `pf-card${this.selected.has(key) ? " pf-selected" : ""}`,
					tabindex: "-1",
					key: `card:${key}`,
					"data-item": key,
					"aria-labelledby": title,
				},
				h(
					"div",
					{ class: "pf-card-head" },
					h("input", {
						type: "checkbox",
						class: "pf-check",
						checked: this.selected.has(key),
						key: `select:${key}`,
						"aria-label": __("Select {0} {1}", [item.doctype_label, item.name]),
						on: { change: () => this.select(key) },
					}),
					h(
						"div",
						{ class: "pf-card-title" },
						h("h3", { id: title }, item.title),
						h("p", null, this.document_words(item)),
						h("p", { class: "pf-muted" }, this.who_words(item))
					),
					item.due_at && this.draw_due(item)
				),
				this.draw_context(item),
				this.draw_answer(key, item)
			)
		);
	}

	document_words(item) {
		const name = `${item.doctype_label} ${item.name}`;
		const title = item.document && item.document.title;
		const words = title ? `${title} · ${name}` : name;
		if (!item.document) return words;
		const route = frappe.utils.get_form_link(item.doctype, item.name);
		return h("a", { href: route, target: "_blank", rel: "noopener" }, words, spoken(__("(opens a tab)")));
	}

	who_words(item) {
		return [
			item.employee_name,
			__("recorded {0}", [full(item.recorded_at)]),
			item.label && __("asked as {0}", [item.label]),
			item.in_place_of && __("in place of {0}", [item.in_place_of]),
			item.assignee_name && __("asked of {0}", [item.assignee_name]),
			item.round > 1 && __("round {0}", [item.round]),
			!item.required && __("optional", null, "Step"),
			item.document_state === "Cancelled" && __("the document was cancelled"),
			item.document_state === "Deleted" && __("the document was deleted"),
		]
			.filter(Boolean)
			.join(" · ");
	}

	draw_due(item) {
		const due = deadline(item.due_at, item.overdue);
		return h(
			"span",
			{ class: `pf-due${due.late ? " pf-late" : due.soon ? " pf-soon" : ""}`, title: due.title },
			icon(due.late ? "alert" : "clock"),
			h("span", null, due.text)
		);
	}

	draw_context(item) {
		const { document } = item;
		if (!document) {
			return item.document_state === "Deleted"
				? null
				: h(
						"p",
						{ class: "pf-muted pf-context" },
						__("You cannot open this document; this is what the event says.")
				  );
		}
		return [
			document.fields.length > 0 &&
				h(
					"dl",
					{ class: "pf-context" },
					document.fields.map((field) =>
						h("div", null, h("dt", null, field.label), h("dd", null, field.value))
					)
				),
			document.rows.length > 0 &&
				h(
					"ul",
					{ class: "pf-rows" },
					document.rows.map((row) => h("li", null, row)),
					document.more_rows > 0 &&
						h("li", { class: "pf-muted" }, __("and {0} more", [document.more_rows], "Items"))
				),
		];
	}

	/** The four impacts, the note and the button: for a card, or for all that are selected. */
	draw_answer(key, item) {
		const chosen = this.impacts.get(key) || [];
		const notice = this.notices.get(key);
		const writes = this.notes.has(key);
		const count = this.selected.size;
		return h(
			"div",
			{
				class: "pf-answer",
				role: "group",
				"aria-label": item
					? __("Impact of {0} {1}", [item.doctype_label, item.name])
					: __("Impact of all that are selected"),
			},
			h(
				"div",
				{ class: "pf-buttons" },
				impacts().map((impact, number) =>
					h(
						"button",
						{
							type: "button",
							class: "btn btn-xs btn-default pf-button pf-toggle",
							"aria-pressed": chosen.includes(impact.value) ? "true" : "false",
							key: `impact:${key}:${impact.value}`,
							"data-impact": impact.value,
							"aria-keyshortcuts": String(number + 1),
							on: { click: () => this.toggle(key, impact.value) },
						},
						chosen.includes(impact.value) && icon("done"),
						h("span", null, impact.label)
					)
				),
				button(
					item ? __("Confirm impact") : __("Confirm {0}", [count], "Impact confirmations"),
					() => this.confirm(key),
					{
						key: `confirm:${key}`,
						variant: "primary",
						"data-confirm": key,
						"aria-disabled": this.busy ? "true" : null,
					}
				),
				!writes &&
					button(__("Add a note"), () => this.write_note(key), {
						key: `add-note:${key}`,
						variant: "link",
					}),
				!item &&
					button(
						__("Select none"),
						() => {
							this.selected.clear();
							this.redraw();
						},
						{ key: "select-none", variant: "link" }
					)
			),
			writes &&
				h("textarea", {
					class: "form-control pf-input",
					rows: 2,
					maxlength: 5000,
					key: `note:${key}`,
					value: this.notes.get(key),
					"aria-label": __("Note on the impact"),
					placeholder: __("Note (optional)"),
					on: { input: (event) => this.notes.set(key, event.target.value) },
				}),
			notice &&
				h("p", { class: `pf-notice pf-${notice.kind}`, role: "alert" }, icon("alert"), notice.text)
		);
	}

	draw_bulk() {
		return h(
			"section",
			{ class: "pf-bulk", "aria-label": __("All that are selected"), "data-item": BULK },
			h("p", { class: "pf-bulk-title" }, __("{0} selected", [this.selected.size])),
			this.draw_answer(BULK, null)
		);
	}

	draw_pager(state) {
		if (state.total <= state.page) return null;
		const go = (start) => {
			this.start = Math.max(0, start);
			this.load().then(() => this.root.scrollIntoView());
		};
		return h(
			"nav",
			{ class: "pf-buttons pf-pager", "aria-label": __("Pages") },
			state.start > 0 &&
				button(__("Earlier due", null, "Pages"), () => go(state.start - state.page), { key: "back" }),
			state.start + state.page < state.total &&
				button(__("Later due", null, "Pages"), () => go(state.start + state.page), { key: "forth" })
		);
	}

	/** What was confirmed just now, while it can be taken back. */
	draw_given(state) {
		const given = this.takeable(state);
		if (!given.length) return null;
		const [first] = given;
		const until_words = full(first.take_back_until).split(" ").slice(1).join(" ");
		return h(
			"div",
			{ class: "pf-notice pf-given", role: "group", "aria-label": __("Confirmed just now") },
			icon("done"),
			h(
				"span",
				null,
				given.length === 1
					? __("Confirmed: {0} · {1} {2}", [result_words(first), first.doctype_label, first.name])
					: __("{0} impacts confirmed.", [given.length]),
				" ",
				h("span", { class: "pf-muted" }, __("Can be taken back until {0}.", [until_words])),
				" "
			),
			button(__("Undo"), () => this.take_back(given), {
				key: "undo",
				"aria-keyshortcuts": "U",
				"aria-disabled": this.busy ? "true" : null,
			})
		);
	}

	takeable(state) {
		return state.done.filter(
			(item) => this.given.includes(key_of(item)) && this.still_takeable(item)
		);
	}

	still_takeable(item) {
		return item.may_take_back && until(item.take_back_until) > 0;
	}

	draw_done(state) {
		if (!state.done.length) return null;
		return h(
			"details",
			{
				class: "pf-done",
				open: this.done_open,
				on: { toggle: (event) => (this.done_open = event.target.open) },
			},
			h(
				"summary",
				{ key: "done" },
				__("Confirmed in the last {0} days: {1}", [
					state.done_days,
					state.done.length < state.page ? state.done.length : `${state.page}+`,
				])
			),
			h(
				"ul",
				{ class: "pf-done-list" },
				state.done.map((item) =>
					h(
						"li",
						{ "data-done": key_of(item) },
						h(
							"span",
							null,
							h("strong", null, result_words(item)),
							` · ${item.title} · ${item.doctype_label} ${item.name}`,
							item.note && h("span", { class: "pf-muted" }, ` · ${item.note}`),
							h("span", { class: "pf-muted" }, ` · ${full(item.done_at)}`)
						),
						this.still_takeable(item) &&
							button(__("Undo"), () => this.take_back([item]), { key: `undo:${key_of(item)}` })
					)
				)
			)
		);
	}

	// What the reader does ----------------------------------------------------------------------------

	toggle(key, value) {
		const chosen = this.impacts.get(key) || [];
		const next = chosen.filter((one) => one !== value);
		if (next.length === chosen.length) {
			// "None" stands alone
			this.impacts.set(
				key,
				value === "None" ? ["None"] : [...next.filter((one) => one !== "None"), value]
			);
		} else {
			this.impacts.set(key, next);
		}
		this.notices.delete(key);
		this.redraw();
	}

	select(key) {
		if (!this.selected.delete(key)) this.selected.add(key);
		this.redraw();
		this.announce(__("{0} selected", [this.selected.size]));
	}

	write_note(key) {
		if (!this.notes.has(key)) this.notes.set(key, "");
		this.redraw();
		this.focus_on(`note:${key}`);
	}

	warn(key, text, kind = "warning") {
		this.notices.set(key, { text, kind });
		this.redraw();
	}

	/** Send what was chosen on a card, or for all that are selected. */
	async confirm(key) {
		if (this.busy) return;
		const chosen = this.impacts.get(key) || [];
		if (!chosen.length) {
			this.warn(key, __("Please choose at least one impact, or “{0}”.", [impacts()[3].label]));
			this.focus_on(`impact:${key}:${impacts()[0].value}`);
			return;
		}
		const keys = key === BULK ? [...this.selected] : [key];
		const items = keys.map((one) => this.items.get(one)).filter(Boolean);
		const by_link =
			key !== BULK && this.link && this.state.front && key_of(this.state.front) === key && this.link;
		const next = this.after(keys);
		this.busy = true;
		this.redraw();
		try {
			const answer = await write("confirmations.confirm", {
				items: items.map(({ event, step }) => ({ event, step })),
				impacts: chosen,
				note: (this.notes.get(key) || "").trim(),
				link: by_link || "",
			});
			const words = listed(
				impacts()
					.filter((one) => chosen.includes(one.value))
					.map((one) => one.label)
			);
			this.given = answer.done.map(key_of);
			for (const one of [key, ...this.given]) {
				this.impacts.delete(one);
				this.notes.delete(one);
				this.notices.delete(one);
				this.selected.delete(one);
			}
			for (const one of answer.refused) {
				this.notices.set(key_of(one), { text: one.why, kind: "error" });
			}
			if (by_link) this.leave_link_quietly();
			this.busy = false;
			await this.load();
			this.announce(
				answer.done.length === 1
					? __("Confirmed: {0}", [words])
					: __("{0} impacts confirmed.", [answer.done.length])
			);
			this.focus_card(next);
		} catch (error) {
			if (!(error instanceof RequestFailed)) throw error;
			this.busy = false;
			this.warn(key, error.message, "error");
			if (error.status && by_link) this.leave_link_quietly();
			if (error.status) {
				// somebody else, or another tab, may have been quicker
				await this.load();
			}
		}
	}

	/** The link has done its work: another reading of the page is without it. */
	leave_link_quietly() {
		this.link = "";
		history.replaceState(null, "", `/app/${ROUTE}`);
	}

	async take_back(items) {
		if (this.busy) return;
		this.busy = true;
		try {
			for (const item of items) {
				await write("steps.take_back", { event: item.event, step: item.step });
				this.given = this.given.filter((key) => key !== key_of(item));
			}
			this.announce(__("Taken back. It waits for you again."));
		} catch (error) {
			if (!(error instanceof RequestFailed)) throw error;
			frappe.show_alert({ message: frappe.utils.escape_html(error.message), indicator: "orange" });
			this.announce(error.message);
		}
		this.busy = false;
		await this.load();
		this.focus_card(key_of(items[0]));
	}

	// By keyboard -------------------------------------------------------------------------------------

	cards() {
		return [...this.body.querySelectorAll(".pf-card")];
	}

	focus_card(key) {
		const cards = this.cards();
		const card = cards.find((one) => one.dataset.item === key) || cards[0];
		if (card) card.focus();
	}

	/** The card that follows when these are gone. */
	after(keys) {
		const cards = this.cards();
		const last = Math.max(...keys.map((key) => cards.findIndex((card) => card.dataset.item === key)));
		const found =
			cards.slice(last + 1).find((card) => !keys.includes(card.dataset.item)) ||
			cards.find((card) => !keys.includes(card.dataset.item));
		return found && found.dataset.item;
	}

	on_key(event) {
		const { target } = event;
		const own = target.closest("[data-item]");
		const key = own && own.dataset.item;
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && key) {
			event.preventDefault();
			this.confirm(this.selected.size > 1 ? BULK : key);
			return;
		}
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (target.matches("textarea")) {
			if (event.key === "Escape") own.focus();
			return;
		}
		const done = this.key_action(event, target, key);
		if (done) {
			event.preventDefault();
			event.stopPropagation();
		}
	}

	key_action(event, target, key) {
		const pressed = event.key.toLowerCase();
		if (pressed === "arrowdown" || pressed === "j") return this.move(key, 1);
		if (pressed === "arrowup" || pressed === "k") return this.move(key, -1);
		if (pressed === "u") {
			const given = this.takeable(this.state);
			if (given.length) this.take_back(given);
			return given.length > 0;
		}
		if (!key) return false;
		const chosen_for = this.selected.size > 1 && this.selected.has(key) ? BULK : key;
		if (/^[1-4]$/.test(pressed)) {
			this.toggle(chosen_for, impacts()[Number(pressed) - 1].value);
			return true;
		}
		if (pressed === "n") {
			this.write_note(chosen_for);
			return true;
		}
		if (pressed === "x" && key !== BULK) {
			this.select(key);
			return true;
		}
		// on a button Enter presses the button
		if (pressed === "enter" && target.matches(".pf-card")) {
			this.confirm(chosen_for);
			return true;
		}
		return false;
	}

	move(key, by) {
		const cards = this.cards();
		const at = cards.findIndex((card) => card.dataset.item === key);
		const card = cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by];
		if (card) {
			card.focus();
			card.scrollIntoView({ block: "nearest" });
		}
		return Boolean(card);
	}
}
