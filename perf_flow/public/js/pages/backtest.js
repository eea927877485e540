// A backtest: how far it is, what it found, what cannot be known, and what is different from the one before.

import { Screen, button, h, icon, spoken, write } from "./kit";
import { read } from "../panel/client";
import { full } from "../panel/time";

const EVERY = 3000; // milliseconds between two looks while it is under way; live updates come sooner
const PATIENCE = 30; // seconds without a worker before that is said
const UNDER_WAY = ["Queued", "Running"];
const SHOWN_PEOPLE = 10; // the rest is folded
const IN_CHART = 12;
const BLUE = "#2274c4";
const ORANGE = "#b35900";

const number = (value, digits = 0) =>
	value === null || value === undefined
		? "–"
		: new Intl.NumberFormat(frappe.boot.lang, { maximumFractionDigits: digits }).format(value);
const percent = (value) => (value === null || value === undefined ? "–" : `${number(value, 1)} %`);
const hours = (value) => __("{0} h", [number(value, 1)], "Span of time");
const signed = (value) => (value === null || value === undefined ? "" : `${value > 0 ? "+" : ""}${number(value, 2)}`);
const day = (text) => frappe.datetime.str_to_user(text);

const STATES = {
	Queued: () => __("Waiting for a worker", null, "Backtest"),
	Running: () => __("Under way", null, "Backtest"),
	Finished: () => __("Finished", null, "Backtest"),
	Failed: () => __("Failed", null, "Backtest"),
	Cancelled: () => __("Cancelled", null, "Backtest"),
	Interrupted: () => __("Interrupted", null, "Backtest"),
};

export class Backtest {
	constructor(wrapper) {
		this.screen = new Screen(wrapper, {
			title: __("Backtest"),
			method: "backtest.read",
			name: "backtest",
			args: () => ({ run: this.run }),
			draw: (state) => this.draw(state),
		});
		frappe.realtime.on("perf_flow_backtest", (message) => this.heard(message));
		this.shown();
	}

	get run() {
		return frappe.get_route()[1] || "";
	}

	/** In front, perhaps with another run. */
	shown() {
		if (this.drawn_run !== this.run) {
			this.screen.state = null;
			this.screen.fill();
		}
		this.drawn_run = this.run;
		this.load();
	}

	async load() {
		clearTimeout(this.timer);
		await this.screen.load();
		const run = this.screen.state && this.screen.state.run;
		if (run && UNDER_WAY.includes(run.state)) {
			this.timer = setTimeout(() => this.screen.in_front && this.load(), EVERY);
		}
	}

	heard({ run, state, done, total }) {
		const shown = this.screen.state && this.screen.state.run;
		if (!shown || shown.name !== run || !this.screen.in_front) return;
		if (!UNDER_WAY.includes(state)) {
			this.load();
			return;
		}
		if (!UNDER_WAY.includes(shown.state)) return;
		Object.assign(shown, { state, done, total });
		this.screen.redraw();
	}

	draw(state) {
		if (state.runs) return this.list(state.runs);
		const { run } = state;
		if (UNDER_WAY.includes(run.state)) return this.under_way(run);
		if (run.state === "Finished") return this.finished(state);
		return this.without_result(run);
	}

	// --- all runs ----------------------------------------------------------------------------

	list(runs) {
		if (!runs.length) {
			return this.screen.blank(
				__("No event type was tried yet"),
				__("Open an event type, saved or not, and press “Backtest”."),
				this.link(__("Event types"), "/app/business-event-type")
			);
		}
		return table(
			__("Backtests, the newest first"),
			[
				__("Event type"),
				__("Begun"),
				[__("Days"), true],
				__("State", null, "Backtest"),
				[__("Events"), true],
				[__("Hours of work"), true],
			],
			runs.map((run) => [
				h("a", { href: `/app/backtest/${run.name}` }, run.title),
				full(run.began),
				number(run.days),
				STATES[run.state](),
				run.state === "Finished" ? number(run.events) : "",
				run.state === "Finished" ? number(run.hours, 1) : "",
			])
		);
	}

	// --- head --------------------------------------------------------------------------------

	link(label, address) {
		return h("a", { class: "btn btn-default btn-sm pf-button", href: address }, label);
	}

	back(run) {
		const from = frappe.perf_flow.backtest_from;
		if (run.saved) {
			return this.link(
				__("Back to the event type"),
				`/app/business-event-type/${encodeURIComponent(run.event_type)}`
			);
		}
		return from && button(__("Back to the event type"), () => frappe.set_route(...from), { class: "btn btn-default btn-sm pf-button" });
	}

	head(run) {
		return h(
			"header",
			{ class: "pf-backtest-head" },
			h(
				"div",
				null,
				h("h2", null, run.title),
				h(
					"p",
					{ class: "pf-muted" },
					__("{0}: the last {1} days, {2} to {3}", [
						run.doctype_label,
						number(run.days),
						day(run.from.slice(0, 10)),
						day(run.until.slice(0, 10)),
					])
				)
			),
			h("div", { class: "pf-backtest-ways" }, this.back(run), this.link(__("All backtests"), "/app/backtest"))
		);
	}

	// --- under way, and without a result ------------------------------------------------------

	under_way(run) {
		const waiting = run.state === "Queued";
		const words = waiting
			? STATES.Queued()
			: run.total
			? __("{0} of {1} documents looked at", [number(run.done), number(run.total)])
			: __("Counting the documents…");
		return [
			this.head(run),
			h(
				"div",
				{ class: "pf-backtest-progress" },
				h("progress", {
					max: run.total || 1,
					...(waiting || !run.total ? {} : { value: run.done }),
					"aria-label": words,
				}),
				h("p", { role: "status" }, words),
				waiting &&
					run.waiting_seconds > PATIENCE &&
					h(
						"p",
						{ class: "pf-notice" },
						icon("alert"),
						h("span", null, __("No worker has taken it up yet. Workers for the queue “long” have to run on the server."))
					),
				h(
					"p",
					{ class: "pf-muted" },
					__("You may leave this page: it goes on, and the result is kept under “All backtests”.")
				),
				button(__("Cancel the backtest"), (event) => this.cancel(run, event.currentTarget), { key: "cancel" })
			),
		];
	}

	async cancel(run, control) {
		control.disabled = true;
		try {
			await write("backtest.cancel", { run: run.name });
			this.screen.announce(__("The backtest was cancelled."));
		} catch (error) {
			control.disabled = false;
			this.screen.show_failure(error);
		}
		this.load();
	}

	without_result(run) {
		const said = {
			Failed: [__("This backtest failed"), run.problem],
			Cancelled: [__("This backtest was cancelled"), __("Nothing of it was kept. Begin another from the event type.")],
			Interrupted: [
				__("This backtest was interrupted"),
				__("Its worker ended or gave no sign of life for three minutes. Nothing of it was kept; begin another from the event type."),
			],
		}[run.state];
		return [this.head(run), this.screen.blank(said[0], said[1])];
	}

	// --- finished ------------------------------------------------------------------------------

	finished({ run, result, comparison }) {
		if (!result.events) {
			return [
				this.head(run),
				this.screen.blank(
					__("No document would have made an event"),
					__("{0} documents were looked at.", [number(result.documents)])
				),
				this.doubts(result),
				this.compared(comparison),
			];
		}
		setTimeout(() => this.charts(result));
		return [
			this.head(run),
			this.headline(result),
			this.by_week(result),
			this.by_person(result),
			this.by_group(result),
			this.requirements(result),
			this.nobody(result),
			this.doubts(result),
			this.assumptions(result),
			this.compared(comparison),
		];
	}

	headline(result) {
		const tile = (label, value, hint, chosen, key) => {
			const inside = [
				h("span", { class: "pf-figure-label" }, label),
				h("span", { class: "pf-figure-value" }, value),
				hint && h("span", { class: "pf-figure-hint" }, hint),
			];
			if (!chosen || !result.rows_kept) return h("div", { class: "pf-figure" }, inside);
			return h(
				"button",
				{ type: "button", class: "pf-figure", key, on: { click: () => this.open(label, chosen) } },
				inside
			);
		};
		const peak = result.people[0];
		return h(
			"div",
			{ class: "pf-figures" },
			tile(__("Events"), number(result.events), __("{0} in an average week", [number(result.per_week, 1)]), {}, "events"),
			tile(__("Hours of work"), hours(result.hours), __("{0} steps", [number(result.steps)])),
			tile(
				__("Without any form"),
				percent(result.by_itself_percent),
				__("{0} events: ERP data shows all evidence", [number(result.by_itself)]),
				{ by_itself: 1 },
				"by_itself"
			),
			tile(__("Requirements that ERP data shows"), percent(result.shown_percent)),
			tile(
				__("Close at once"),
				number(result.closing),
				__("nothing is left to ask"),
				result.closing && { closes: 1 },
				"closes"
			),
			tile(__("A step for nobody"), number(result.without_person), __("events; HR would be told")),
			peak &&
				tile(
					__("Most in one week for one person"),
					hours(peak.peak_hours),
					__("{0}: {1} steps in the week of {2}", [peak.name, number(peak.peak_steps), day(peak.peak_week)])
				)
		);
	}

	by_week(result) {
		return section(
			__("Week by week"),
			h("div", { class: "pf-chart", "data-chart": "weeks", "aria-hidden": "true" }),
			folded(
				__("The figures of each week"),
				table(
					__("Week by week"),
					[__("Week of"), [__("Events"), true], [__("Steps", null, "Backtest"), true], [__("Hours of work"), true]],
					result.weeks.map((week) => [
						this.opener(result, day(week.week), { week: week.week }, week.events),
						number(week.events),
						number(week.steps),
						number(week.hours, 1),
					])
				)
			)
		);
	}

	by_person(result) {
		const columns = [
			__("Person"),
			[__("Evidence", null, "Step"), true],
			[__("Sign-off", null, "Step"), true],
			[__("Mark", null, "Step"), true],
			[__("Confirmation", null, "Step"), true],
			[__("Hours of work"), true],
			[__("Most in one week"), true],
		];
		const row = (person) => [
			person.key
				? this.opener(result, person.name, { person: person.key }, 1, () => this.weeks_of(person))
				: person.name,
			number(person.evidence),
			number(person.sign_off),
			number(person.mark),
			number(person.confirmation),
			number(person.hours, 1),
			h(
				"span",
				{ title: __("Week of {0}", [day(person.peak_week)]) },
				__("{0} steps, {1}", [number(person.peak_steps), hours(person.peak_hours)])
			),
		];
		const some = result.people.slice(0, SHOWN_PEOPLE);
		const rest = result.people.slice(SHOWN_PEOPLE);
		const unseen = result.people.some((person) => !person.key);
		return section(
			__("Who would be asked"),
			unseen &&
				h(
					"p",
					{ class: "pf-muted" },
					__("People whose employee record you may not read are numbered.")
				),
			h("div", { class: "pf-chart", "data-chart": "people", "aria-hidden": "true" }),
			table(__("Who would be asked"), columns, some.map(row)),
			rest.length > 0 &&
				folded(__("{0} more", [number(rest.length)]), table(__("Who would be asked"), columns, rest.map(row))),
			result.people_count > result.people.length &&
				h(
					"p",
					{ class: "pf-muted" },
					__("{0} people in all; listed are those with the most work in one week.", [number(result.people_count)])
				)
		);
	}

	weeks_of(person) {
		return table(
			__("Week by week"),
			[__("Week of"), [__("Steps", null, "Backtest"), true], [__("Hours of work"), true]],
			Object.entries(person.weeks)
				.sort()
				.map(([week, [steps, work]]) => [day(week), number(steps), number(work, 1)])
		);
	}

	by_group(result) {
		const columns = (first) => [first, [__("Events"), true], [__("Steps", null, "Backtest"), true], [__("Hours of work"), true]];
		const row = (name, chosen, group) => [
			chosen ? this.opener(result, name, chosen, group.events) : name,
			number(group.events),
			number(group.steps),
			number(group.hours, 1),
		];
		return h(
			"div",
			{ class: "pf-backtest-pair" },
			section(
				__("By department"),
				table(
					__("By department"),
					columns(__("Department")),
					result.departments.map((group) =>
						row(group.name || __("None", null, "Department"), { department: group.key }, group)
					)
				)
			),
			section(
				__("By line manager"),
				table(
					__("By line manager"),
					columns(__("Manager")),
					result.managers.map((group) =>
						row(group.name || __("Nobody"), group.name && !group.key ? null : { manager: group.key }, group)
					)
				)
			)
		);
	}

	requirements(result) {
		if (!result.needs.length) return null;
		return section(
			__("What ERP data shows by itself"),
			table(
				__("What ERP data shows by itself"),
				[__("Requirement", null, "Backtest"), __("Kind"), [__("Asked"), true], [__("Shown by ERP data"), true], [__("Still to be given"), true]],
				result.needs.map((need) => [
					[need.label, !need.mandatory && h("span", { class: "pf-muted" }, ` ${__("optional", null, "Requirement")}`)],
					need.kind,
					number(need.asked),
					[
						this.opener(result, number(need.shown), { shown: need.key }, need.shown, null, `${need.label}: ${__("Shown by ERP data")}`),
						` (${percent(need.percent)})`,
					],
					this.opener(result, number(need.asked - need.shown), { open: need.key }, need.asked - need.shown, null, `${need.label}: ${__("Still to be given")}`),
				])
			)
		);
	}

	nobody(result) {
		if (!result.nobody.length) return null;
		return section(
			__("Steps for which nobody was found"),
			table(
				__("Steps for which nobody was found"),
				[__("Step", null, "Backtest"), __("Why"), [__("Events"), true]],
				result.nobody.map((one) => [
					one.step,
					one.why,
					this.opener(result, number(one.count), { nobody: one.key }, one.count, null, `${one.step}: ${one.why}`),
				])
			)
		);
	}

	doubts(result) {
		return section(
			__("What these figures cannot know"),
			h(
				"ul",
				{ class: "pf-doubts" },
				result.notes.map((note) => h("li", null, note)),
				result.doubts.map((doubt) =>
					h(
						"li",
						{ "data-doubt": doubt.key },
						doubt.text,
						doubt.events &&
							result.rows_kept && [" ", this.opener(result, __("Show them"), { doubts: doubt.key }, doubt.count, null, doubt.text)]
					)
				)
			),
			!result.rows_kept &&
				result.events > 0 &&
				h("p", { class: "pf-muted" }, __("The documents behind the figures are kept for 90 days."))
		);
	}

	assumptions(result) {
		return section(
			__("How long a step takes"),
			folded(
				__("The minutes the hours are worked out with"),
				table(
					__("How long a step takes"),
					[__("Work"), [__("Minutes"), true], __("Where it comes from")],
					result.efforts.map((effort) => [
						effort.kind,
						number(effort.minutes, 1),
						effort.samples ? __("{0} ({1} steps)", [effort.origin, number(effort.samples)]) : effort.origin,
					])
				),
				h("p", null, h("a", { href: "/app/performance-flow-settings" }, __("Set other minutes")))
			)
		);
	}

	compared(comparison) {
		if (!comparison) {
			return section(
				__("Compared with the one before"),
				h("p", { class: "pf-muted" }, __("There is no earlier backtest of this event type."))
			);
		}
		const before = comparison.run;
		return section(
			__("Compared with the one before"),
			h(
				"p",
				null,
				h("a", { href: `/app/backtest/${before.name}` }, __("The one of {0}, over {1} days", [full(before.began), number(before.days)]))
			),
			comparison.edits.length
				? [
						h("h3", null, __("What was changed in the event type")),
						table(
							__("What was changed in the event type"),
							[__("Where"), __("Before"), __("Now")],
							comparison.edits.map((edit) => [edit.where, edit.before || "–", edit.after || "–"])
						),
				  ]
				: h("p", { class: "pf-muted" }, __("The event type is as it was.")),
			comparison.efforts_changed &&
				h("p", { class: "pf-muted" }, __("The minutes of a step are not those of then: hours differ for that reason as well.")),
			h("h3", null, __("What became of the figures")),
			table(
				__("What became of the figures"),
				[__("Figure"), [__("Before"), true], [__("Now"), true], [__("Difference", null, "Backtest"), true]],
				comparison.figures.map((one) => [
					one.figure,
					number(one.before, 2),
					number(one.after, 2),
					signed(one.change),
				])
			)
		);
	}

	charts(result) {
		const place = (name) => this.screen.body.querySelector(`[data-chart="${name}"]`);
		const weeks = place("weeks");
		if (weeks && result.weeks.length) {
			draw_chart(weeks, {
				type: "axis-mixed",
				colors: [BLUE, ORANGE],
				data: {
					labels: result.weeks.map((week) => day(week.week)),
					datasets: [
						{ name: __("Events"), chartType: "bar", values: result.weeks.map((week) => week.events) },
						{ name: __("Hours of work"), chartType: "line", values: result.weeks.map((week) => week.hours) },
					],
				},
				axisOptions: { xIsSeries: true, shortenYAxisNumbers: 1 },
			});
		}
		const people = place("people");
		if (people && result.people.length) {
			const first = result.people.slice(0, IN_CHART);
			draw_chart(people, {
				type: "bar",
				colors: [BLUE],
				data: {
					labels: first.map((person) => person.name),
					datasets: [{ name: __("Most hours in one week"), values: first.map((person) => person.peak_hours) }],
				},
				axisOptions: { shortenYAxisNumbers: 1 },
			});
		}
	}

	// --- the documents behind a figure ------------------------------------------------------------

	opener(result, label, chosen, count, more, title) {
		if (!count || !result.rows_kept) return label;
		return h(
			"button",
			{
				type: "button",
				class: "btn btn-link pf-open",
				"aria-label": title ? `${title}: ${label}` : null,
				on: { click: () => this.open(title || label, chosen, more) },
			},
			label
		);
	}

	open(title, chosen, more) {
		const { name } = this.screen.state.run;
		const list = h("ul", { class: "pf-rows" });
		const told = h("p", { class: "pf-muted", role: "status" }, __("One moment…"));
		const foot = h("div");
		const dialog = new frappe.ui.Dialog({ title: frappe.utils.escape_html(title), size: "large" });
		dialog.$body.append(h("div", { class: "perf-flow pf-rows-box" }, more && more(), list, told, foot));
		let hidden = 0;
		const load = async (start) => {
			foot.replaceChildren();
			try {
				const page = await read("backtest.rows", { run: name, chosen: JSON.stringify(chosen), start });
				hidden += page.hidden;
				const added = page.rows.map(document_row);
				list.append(...added);
				told.textContent = [
					!list.children.length && page.next === null && !hidden && __("There are no documents."),
					hidden > 0 && __("{0} more documents are counted that you may not read, or that are gone.", [number(hidden)]),
				]
					.filter(Boolean)
					.join(" ");
				if (page.next !== null) foot.append(button(__("More", null, "Backtest"), () => load(page.next)));
				if (start && added[0]) added[0].querySelector("a").focus();
			} catch (error) {
				told.textContent = error.message;
				foot.append(button(__("Try again", null, "Performance Flow"), () => load(start)));
			}
		};
		dialog.show();
		load(0);
	}
}

function document_row(row) {
	const address = `/app/${frappe.router.slug(row.doctype)}/${encodeURIComponent(row.name)}`;
	return h(
		"li",
		null,
		h("a", { href: address, target: "_blank", rel: "noopener" }, row.name),
		row.title && h("span", null, row.title),
		h("span", { class: "pf-muted" }, full(row.when))
	);
}

function draw_chart(place, options) {
	if (place.chart_drawn) return;
	place.chart_drawn = true;
	new frappe.Chart(place, { height: 220, animate: 0, truncateLegends: 1, ...options });
}

function section(title, ...inside) {
	return h("section", { class: "pf-backtest-part", "aria-label": title }, h("h2", null, title), inside);
}

function folded(summary, ...inside) {
	return h("details", null, h("summary", null, summary), inside);
}

// `columns` are titles, those of numbers as [title, true]; a wide table scrolls by itself, with the keyboard as well
function table(caption, columns, rows) {
	const numeric = columns.map((column) => Array.isArray(column));
	return h(
		"div",
		{ class: "pf-table-box", tabindex: "0", role: "region", "aria-label": caption },
		h(
			"table",
			{ class: "pf-table" },
			h("caption", null, spoken(caption)),
			h(
				"thead",
				null,
				h(
					"tr",
					null,
					columns.map((column, index) =>
						h("th", { scope: "col", class: numeric[index] ? "pf-number" : null }, numeric[index] ? column[0] : column)
					)
				)
			),
			h(
				"tbody",
				null,
				rows.map((row) =>
					h(
						"tr",
						null,
						row.map((cell, index) =>
							index === 0
								? h("th", { scope: "row" }, cell)
								: h("td", { class: numeric[index] ? "pf-number" : null }, cell)
						)
					)
				)
			)
		)
	);
}
