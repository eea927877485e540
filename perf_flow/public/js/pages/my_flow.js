// My flow: one list of what waits for me, each row opening the panel in place.

import { Screen, button, figure, h, icon, spoken, write } from "./kit";
import { dropped } from "../panel/files";
import { deadline, exact_span, full } from "../panel/time";
import { marks } from "../panel/words";

const MORE = { steps: 15, marks: 10 };
const FRESH = 3000; // milliseconds in which a page that is shown again is not read again
const SPRING = 500; // milliseconds a file is held over a row until it opens

const HOUR = 3600 * 1000;
const row_key = (row) => `${row.event}:${row.step}`;
const percent = (value) => `${Math.round(value)}\u00a0%`;
const day = (text) => frappe.datetime.str_to_user(text);

const GROUPS = () => [
	["overdue", __("Overdue")],
	["today", __("Today")],
	["week", __("This week")],
	["later", __("Later")],
];

export class MyFlow {
	constructor(wrapper) {
		this.limits = { steps: 15, marks: 5 };
		this.open = new Map(); // rows that are open: {row, panel, sign}
		this.read_at = 0;
		this.screen = new Screen(wrapper, {
			title: __("My flow"),
			method: "my_flow.page",
			name: "my-flow",
			args: () => this.limits,
			draw: (state) => this.draw(state),
		});
		document.addEventListener("visibilitychange", () => !document.hidden && this.shown());
		this.load();
	}

	load() {
		this.read_at = Date.now();
		return this.screen.load();
	}

	/** The page came to the front: what others did meanwhile is read. */
	shown() {
		if (!this.screen.in_front || Date.now() - this.read_at < FRESH) return;
		for (const { panel } of this.open.values()) panel.changed();
		this.load();
	}

	show_more(list) {
		this.limits = { ...this.limits, [list]: this.limits[list] + MORE[list] };
		return this.load();
	}

	// Rows that open -----------------------------------------------------------------------------------

	/** Open a row, or close it. Returns its panel when it is open then. */
	toggle(row) {
		const key = row_key(row);
		const opened = this.open.get(key);
		if (opened) {
			opened.panel.dispose();
			this.open.delete(key);
			this.redraw();
			if (opened.stale) this.load();
			return null;
		}
		const panel = new frappe.perf_flow.Panel({ event: row.event }, null);
		panel.root.classList.add("pf-page");
		const entry = { row, panel, sign: null };
		panel.root.addEventListener("pf-drawn", () => this.follow(entry));
		this.open.set(key, entry);
		this.redraw();
		entry.reading = panel.read();
		return panel;
	}

	/** A step was taken in an open row: the page around it follows. */
	follow(entry) {
		const [event] = (entry.panel.state && entry.panel.state.events) || [];
		if (!event || entry.panel.busy.size || entry.panel.sending) return;
		const sign = JSON.stringify(event.steps.map((one) => [one.step, one.state, one.due_at]));
		if (entry.sign && entry.sign !== sign) {
			clearTimeout(this.following);
			this.following = setTimeout(() => this.load(), 300);
		}
		entry.sign = sign;
	}

	redraw() {
		this.screen.redraw();
	}

	/** Files dropped on a row: it opens, and they go to its requirement. */
	async drop(row, files) {
		const panel = this.toggle(row);
		await this.open.get(row_key(row)).reading;
		if (files.length) panel.offer(files);
		else panel.refuse_folder();
	}

	// Drawing ------------------------------------------------------------------------------------------

	draw(state) {
		const held = [...this.open.values()].map(({ panel }) => [panel, panel.held_focus()]);
		setTimeout(() => held.forEach(([panel, focus]) => focus && panel.give_focus(focus)));
		const brief = state.first_brief;
		const rows = this.rows(state);
		return [
			brief && brief.fresh && this.draw_brief(brief, state),
			h(
				"div",
				{ class: "pf-mine" },
				h("div", { class: "pf-mine-main" }, this.draw_lead(state), this.draw_steps(state, rows)),
				h(
					"div",
					{ class: "pf-mine-side" },
					this.draw_figures(state.figures),
					this.draw_marks(state),
					brief && !brief.fresh && this.draw_brief(brief, state),
					h(
						"p",
						{ class: "pf-mine-snapshot" },
						h("a", { href: "/app/behaviour-snapshot", key: "snapshot" }, __("What I did, line by line"))
					),
					this.draw_switch(state)
				)
			),
		];
	}

	/** What waits; rows that are open stay, also when they are done. */
	rows(state) {
		const known = new Set(state.steps.map(row_key));
		const rows = state.steps.map((row, index) => ({ ...row, first: index === 0 }));
		for (const [key, { row }] of this.open) {
			if (known.has(key)) continue;
			const at = rows.findIndex((one) => one.due_at > row.due_at);
			rows.splice(at < 0 ? rows.length : at, 0, { ...row, done: true });
		}
		return rows;
	}

	draw_lead({ counts }) {
		const { this_week, overdue, total, done_this_week } = counts;
		const parts = [
			overdue > 0 &&
				h(
					"span",
					{ class: "pf-due pf-late" },
					icon("alert"),
					h("span", null, __("{0} overdue", [overdue]))
				),
			total > this_week && h("span", { class: "pf-muted" }, __("{0} later", [total - this_week])),
			done_this_week > 0 &&
				h(
					"span",
					{ class: "pf-state pf-good" },
					icon("done"),
					h("span", null, __("{0} done this week", [done_this_week]))
				),
		];
		const words =
			this_week === 0
				? __("Nothing is due this week")
				: this_week === 1
				? __("1 key action this week")
				: __("{0} key actions this week", [this_week]);
		return h("header", { class: "pf-lead" }, h("h2", null, words), h("p", null, parts));
	}

	draw_steps(state, rows) {
		if (!rows.length) {
			return this.screen.blank(
				__("Nothing waits for you"),
				__("As soon as something in the ERP asks for you, it stands here and beside its document.")
			);
		}
		return [
			GROUPS().map(([when, title]) => {
				const group = rows.filter((row) => row.when === when);
				return (
					group.length > 0 &&
					h(
						"section",
						{ class: `pf-todos pf-todos-${when}`, "aria-label": title },
						h("h3", null, title),
						h(
							"ul",
							null,
							group.map((row) => this.draw_row(row))
						)
					)
				);
			}),
			state.more_steps &&
				button(__("Show more"), () => this.show_more("steps"), { key: "more:steps" }),
		];
	}

	draw_row(row) {
		const key = row_key(row);
		const opened = this.open.get(key);
		const due = deadline(row.due_at, row.overdue);
		const id = `pf-row-${key}`;
		const item = h(
			"li",
			{
				class: `pf-todo pf-drop-zone${opened ? " pf-opened" : ""}${row.done ? " pf-gone" : ""}`,
				"data-event": row.event,
				"data-step": row.step,
			},
			h(
				"div",
				{
					class: "pf-todo-head",
					// anywhere on the row, for the mouse; the button is for everybody
					on: { click: (e) => !e.target.closest("a, button") && this.toggle(row) },
				},
				h(
					"div",
					{ class: "pf-todo-words" },
					h(
						"p",
						{ class: "pf-todo-title", id: `${id}-title` },
						row.title,
						row.document_title && h("span", { class: "pf-todo-of" }, row.document_title),
						row.kind === "Evidence" &&
							row.round > 1 &&
							h("span", { class: "pf-tag" }, __("Round {0}", [row.round]))
					),
					h("p", { class: "pf-todo-what" }, what(row), " · ", document_link(row)),
					// an open row says it in its panel
					row.missing && !opened && !row.done && h("p", { class: "pf-todo-what" }, row.missing),
					row.goal && draw_goal(row.goal, row.mine)
				),
				h(
					"div",
					{ class: "pf-todo-side" },
					row.done
						? h(
								"span",
								{ class: "pf-state pf-good" },
								icon("done"),
								h("span", null, __("Done", null, "Step"))
						  )
						: h(
								"span",
								{
									class: `pf-due${due.late ? " pf-late" : due.soon ? " pf-soon" : ""}`,
									title: due.title,
								},
								icon(due.late ? "alert" : "clock"),
								h("span", null, due.text),
								spoken(` (${due.title})`)
						  ),
					button(opened ? __("Close", null, "Row") : act(row), () => this.toggle(row), {
						key: `row:${key}`,
						// one thing at a time: the most urgent
						variant: row.first && !opened ? "primary" : "default",
						"aria-expanded": opened ? "true" : "false",
						"aria-describedby": `${id}-title`,
					})
				)
			),
			h("p", { class: "pf-drop-words", "aria-hidden": "true" }, __("Drop the file here")),
			opened && h("div", { class: "pf-todo-panel" }, opened.panel.root)
		);
		if (row.kind === "Evidence" && !opened) this.take_drops(row, item);
		return item;
	}

	take_drops(row, item) {
		let depth = 0; // enter and leave also come from the elements inside
		let spring = null;
		const over = (on) => {
			item.classList.toggle("pf-over", on);
			clearTimeout(spring);
			if (on) spring = setTimeout(() => !this.open.has(row_key(row)) && this.toggle(row), SPRING);
		};
		const listen = (name, run) =>
			item.addEventListener(name, (e) => {
				if (!frappe.perf_flow.has_files(e)) return;
				e.preventDefault();
				run(e);
			});
		listen("dragenter", () => (depth += 1) === 1 && over(true));
		listen("dragover", (e) => (e.dataTransfer.dropEffect = "copy"));
		listen("dragleave", () => (depth = Math.max(0, depth - 1)) === 0 && over(false));
		listen("drop", (e) => {
			over(false);
			this.drop(row, dropped(e.dataTransfer));
		});
	}

	draw_figures(figures) {
		if (!figures) return null;
		const mine = { employee: figures.employee, practice: 0 };
		const list = ["List", "Business Event", "List"];
		const none = "–";
		return h(
			"section",
			{ class: "pf-card", "aria-labelledby": "pf-own-figures" },
			h("h3", { id: "pf-own-figures" }, __("My figures")),
			h("p", { class: "pf-muted" }, __("My events of the last {0} weeks", [figures.weeks])),
			h(
				"div",
				{ class: "pf-figures" },
				figure(
					__("Closing time"),
					figures.median_hours === null ? none : exact_span(figures.median_hours * HOUR),
					{
						hint: __("median of {0} closed", [figures.closed]),
						route: list,
						options: { ...mine, state: "Closed" },
						key: "figure:closing",
					}
				),
				figure(
					__("Evidence completeness"),
					figures.completeness === null ? none : percent(figures.completeness),
					{
						hint: __("of {0} events", [figures.events]),
						route: list,
						options: mine,
						key: "figure:completeness",
					}
				),
				figure(__("Closed in time"), figures.in_time === null ? none : percent(figures.in_time), {
					hint: __("of {0} counted", [figures.counted]),
					route: ["query-report", "Flow Health"],
					options: { from_date: figures.from, employee: figures.employee },
					key: "figure:in_time",
				})
			),
			h(
				"details",
				{ class: "pf-rounds" },
				h("summary", { key: "figures:mean" }, __("What do these figures mean?")),
				h(
					"ul",
					{ class: "pf-meaning" },
					h(
						"li",
						null,
						__("Closing time: from the recording of an event to its closing; half of them took less.")
					),
					h(
						"li",
						null,
						__(
							"Evidence completeness: the share of the mandatory evidence that is there, on average."
						)
					),
					h(
						"li",
						null,
						__(
							"Closed in time: closed within the target of the event. Events still within their time are not counted."
						)
					)
				)
			)
		);
	}

	draw_marks(state) {
		// who has no events of their own is not marked
		if (!state.figures && !state.first_brief && !state.marks.length) return null;
		return h(
			"section",
			{ class: "pf-card", "aria-labelledby": "pf-own-marks" },
			h("h3", { id: "pf-own-marks" }, __("What was marked, and why")),
			state.marks.length
				? h(
						"ul",
						{ class: "pf-marked" },
						state.marks.map((mark) => draw_mark(mark))
				  )
				: h("p", { class: "pf-muted" }, __("Nothing was marked yet. Marks on your events stand here.")),
			state.more_marks && button(__("Show more"), () => this.show_more("marks"), { key: "more:marks" })
		);
	}

	draw_brief(brief, state) {
		const [next] = state.steps;
		const inside = [
			h(
				"p",
				{ class: "pf-muted" },
				__("Your first week, from {0} to {1}. Nobody had to write this.", [
					day(brief.from),
					day(brief.until),
				])
			),
			h(
				"div",
				{ class: "pf-figures" },
				figure(__("Business events"), String(brief.events), { hint: __("{0} closed", [brief.closed]) }),
				figure(
					__("Average closing time"),
					brief.mean_hours === null ? "–" : exact_span(brief.mean_hours * HOUR)
				),
				figure(
					__("Evidence completeness"),
					brief.completeness === null ? "–" : percent(brief.completeness)
				)
			),
			brief.automatic > 0 && [
				h(
					"p",
					{ class: "pf-good pf-filled" },
					icon("done"),
					h(
						"span",
						null,
						brief.automatic === 1
							? __("ERP data filled this in for you, without any form:")
							: __("ERP data filled {0} pieces of evidence in for you, without any form:", [
									brief.automatic,
							  ])
					)
				),
				h(
					"ul",
					{ class: "pf-filled-list" },
					brief.pieces.map((piece) =>
						h(
							"li",
							null,
							piece.label,
							" · ",
							h(
								"a",
								{ href: `/app/business-event/${encodeURIComponent(piece.event)}` },
								`${__(piece.doctype)} ${piece.document}`
							)
						)
					)
				),
			],
			h(
				"p",
				{ class: "pf-next" },
				h("strong", null, __("What to do next:")),
				" ",
				next
					? `${what(next)} · ${next.title} (${deadline(next.due_at, next.overdue).text})`
					: __("nothing, all is done.")
			),
		];
		if (brief.fresh) {
			return h(
				"section",
				{ class: "pf-card pf-brief", "aria-labelledby": "pf-brief" },
				h("h2", { id: "pf-brief" }, __("My first brief")),
				inside
			);
		}
		return h(
			"details",
			{
				class: "pf-card pf-brief",
				open: this.brief_open,
				on: { toggle: (e) => (this.brief_open = e.currentTarget.open) },
			},
			h("summary", { key: "brief" }, h("h3", null, __("My first brief"))),
			inside
		);
	}

	draw_switch(state) {
		const change = async (e) => {
			const on = e.target.checked;
			try {
				state.prompt = (await write("my_flow.prompt", { on })).prompt;
			} catch (error) {
				frappe.show_alert({ message: frappe.utils.escape_html(error.message), indicator: "red" });
			}
			this.redraw();
		};
		return h(
			"label",
			{ class: "pf-switch" },
			h("input", { type: "checkbox", checked: state.prompt, key: "prompt", on: { change } }),
			h("span", null, __("Tell me at login what is due today"))
		);
	}
}

function what(row) {
	if (row.kind === "Evidence") {
		return row.mine ? __("Add the evidence") : __("Add the evidence for {0}", [row.employee_name]);
	}
	if (row.kind === "Sign-off") return __("Sign the evidence for {0}", [row.label]);
	if (row.kind === "Mark") return __("Mark the evidence of {0}", [row.employee_name]);
	return row.label ? __("Confirm the impact: {0}", [row.label]) : __("Confirm the impact");
}

function act(row) {
	if (row.kind === "Evidence") return __("Add evidence");
	if (row.kind === "Sign-off") return __("Sign", null, "Step");
	if (row.kind === "Mark") return __("Mark it");
	return __("Confirm", null, "Impact");
}

/** The ERP document where the reader may open it, else the business event. */
function document_link(row) {
	const name = `${__(row.doctype)} ${row.document}`;
	const address = row.may_open
		? frappe.utils.get_form_link(row.doctype, row.document)
		: `/app/business-event/${encodeURIComponent(row.event)}`;
	return h("a", { href: address, key: `open:${row.event}:${row.step || row.round}` }, name);
}

/** What the step is good for: a goal of the employee's own, one that the event type names, or its KRA. */
function draw_goal(goal, mine) {
	const words =
		goal.personal && mine ? __("For my goal: {0}", [goal.title]) : __("For the goal: {0}", [goal.title]);
	return h(
		"p",
		{ class: "pf-todo-goal" },
		h("span", { class: "pf-target", "aria-hidden": "true" }),
		goal.name
			? h("a", { href: frappe.utils.get_form_link("Goal", goal.name) }, words)
			: words,
		goal.progress !== null && h("span", { class: "pf-muted" }, ` · ${percent(goal.progress)}`)
	);
}

const LOOK = { Meets: "good", "Needs Improvement": "soon", Redo: "late" };
const SIGN = { Meets: "done", "Needs Improvement": "clock", Redo: "alert" };

function draw_mark(mark) {
	const known = marks().find((one) => one.value === mark.mark);
	return h(
		"li",
		null,
		h(
			"p",
			null,
			h(
				"span",
				{ class: `pf-mark pf-mark-${LOOK[mark.mark] || "soon"}` },
				icon(SIGN[mark.mark] || "clock"),
				h("span", null, known ? known.label : mark.mark)
			),
			" ",
			h("span", { class: "pf-marked-of" }, mark.title)
		),
		mark.reason
			? h("blockquote", { class: "pf-text" }, mark.reason)
			: h("p", { class: "pf-muted" }, __("No reason was given.")),
		h(
			"p",
			{ class: "pf-muted" },
			__("{0}, {1}", [mark.by, full(mark.at)]),
			" · ",
			document_link(mark),
			mark.document_title && ` ${mark.document_title}`
		)
	);
}
