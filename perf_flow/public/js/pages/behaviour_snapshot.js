// What one person did in a period: figures, a small chart by week, and a line for each thing with its document.

import { Screen, button, figure, h, icon } from "./kit";
import { full } from "../panel/time";

export const ROUTE = "behaviour-snapshot";

const PERIODS = [30, 90, 180, 365]; // days
const USUAL = 90;
const AT_FIRST = 100; // lines of each source
const MORE = 200;
const CHART_HEIGHT = 150;
// told apart on light and dark ground
const COLOURS = new Map([
	["event", "#2274c4"],
	["task", "#2f9e62"],
	["issue", "#d1641f"],
	["message", "#8b6fd6"],
	["review", "#c2408f"],
	["quality", "#11919c"],
	["knowledge", "#a88410"],
	["time", "#7a8794"],
	["other", "#b5533c"],
]);

const day = (text) => frappe.datetime.str_to_user(text.slice(0, 10));
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export class BehaviourSnapshot {
	constructor(wrapper) {
		this.hidden = new Set(); // kinds that are filtered out
		this.limit = AT_FIRST;
		this.days = USUAL; // or 0: the two dates
		this.dates = {};
		this.screen = new Screen(wrapper, {
			title: __("Behaviour snapshot"),
			method: "snapshot.page",
			name: "snapshot",
			args: () => this.args(),
			draw: (state) => this.draw(state),
		});
		this.shown();
	}

	args() {
		const chosen = this.days
			? { from_date: frappe.datetime.add_days(frappe.datetime.nowdate(), 1 - this.days) }
			: this.dates;
		return {
			employee: this.employee,
			limit: this.limit,
			// the usual period is the server's: its day may be another one
			...(this.days === USUAL ? {} : chosen),
		};
	}

	/** The page came to the front, perhaps for somebody else. */
	shown() {
		const [page, employee = ""] = frappe.get_route() || [];
		if (page !== ROUTE) return;
		if (employee !== this.employee) {
			this.employee = employee;
			this.limit = AT_FIRST;
			this.screen.state = null;
		}
		return this.screen.load();
	}

	// Drawing ------------------------------------------------------------------------------------------

	draw(state) {
		if (!state.person) {
			return [
				this.draw_choice(state),
				this.screen.blank(
					__("Your login belongs to no employee"),
					state.people.length
						? __("Choose a person above.")
						: __("Open the form of an employee and press “What they did”.")
				),
			];
		}
		const weeks = state.weeks
			.map((week) => ({ ...week, lines: week.lines.filter((line) => !this.hidden.has(line.kind)) }))
			.filter((week) => week.lines.length);
		const any = state.kinds.length > 0;
		if (any) setTimeout(() => this.draw_chart(state));
		return [
			this.draw_choice(state),
			h(
				"header",
				{ class: "pf-lead" },
				h("h2", { tabindex: -1, key: "title" }, state.person.name),
				h(
					"p",
					{ class: "pf-muted" },
					__("From {0} to {1}", [day(state.from_date), day(state.to_date)])
				)
			),
			this.draw_who_sees(state.person),
			any && this.draw_figures(state),
			any && this.draw_filter(state),
			any && h("div", { class: "pf-s-chart", role: "img", "aria-label": chart_words(weeks) }),
			any
				? weeks.map((week) => draw_week(week))
				: this.screen.blank(
						__("Nothing to show in this period"),
						__(
							"Nothing was found that you may read. Choose another period, or look at what is read below."
						)
				  ),
			any &&
				!weeks.length &&
				h("p", { class: "pf-muted", role: "status" }, __("All kinds are filtered out.")),
			this.draw_more(state),
			draw_looked_at(state.looked_at),
		];
	}

	draw_choice(state) {
		const own = this.days ? String(this.days) : "dates";
		const id = (name) => `pf-s-${name}`;
		return h(
			"div",
			{ class: "pf-s-choice", role: "group", "aria-label": __("Person and period") },
			state.people.length > 0 &&
				h(
					"span",
					{ class: "pf-s-pair" },
					h("label", { for: id("person") }, __("Person")),
					h(
						"select",
						{
							id: id("person"),
							class: "form-control pf-input",
							key: "person",
							on: {
								change: (e) => frappe.set_route(ROUTE, ...[e.target.value].filter(Boolean)),
							},
						},
						h("option", { value: "" }, __("Myself")),
						state.people.map((one) =>
							h(
								"option",
								{ value: one.employee, selected: one.employee === this.employee },
								one.name
							)
						)
					)
				),
			h(
				"span",
				{ class: "pf-s-pair" },
				h("label", { for: id("period") }, __("Period", null, "Behaviour snapshot")),
				h(
					"select",
					{
						id: id("period"),
						class: "form-control pf-input",
						key: "period",
						on: { change: (e) => this.choose_period(e.target.value, state) },
					},
					PERIODS.map((days) =>
						h(
							"option",
							{ value: String(days), selected: own === String(days) },
							__("Last {0} days", [days])
						)
					),
					h("option", { value: "dates", selected: own === "dates" }, __("From … to …"))
				)
			),
			!this.days && [
				this.draw_date("from_date", __("From"), state),
				this.draw_date("to_date", __("To"), state),
				button(__("Show", null, "Period"), () => this.load(), { key: "show", variant: "primary" }),
			],
			state.person &&
				button(__("Print"), () => window.print(), {
					class: "btn btn-xs btn-default pf-button pf-s-print",
				})
		);
	}

	draw_date(name, label, state) {
		return h(
			"label",
			{ class: "pf-s-date" },
			label,
			h("input", {
				type: "date",
				class: "form-control pf-input",
				key: name,
				value: this.dates[name] || state[name],
				on: { change: (e) => (this.dates[name] = e.target.value) },
			})
		);
	}

	choose_period(value, state) {
		this.limit = AT_FIRST;
		if (value === "dates") {
			this.days = 0;
			this.dates = { from_date: state.from_date, to_date: state.to_date };
			this.screen.redraw();
			this.screen.focus_on("from_date");
			return;
		}
		this.days = Number(value);
		this.load();
	}

	load() {
		return this.screen.load();
	}

	/** What others see of it. Nobody sees a line here that the person could not see. */
	draw_who_sees(person) {
		let words;
		if (person.mine) {
			words = __(
				"Those above you and HR can open this page too. They see a line only if they may read its document, and none that you do not see here."
			);
		} else if (person.has_login) {
			words = __(
				"{0} can open this page too and sees every line that you see. You see a line only if you may read its document yourself.",
				[person.name]
			);
		} else {
			words = __("{0} has no login and cannot open this page. Tell them what you take from it.", [
				person.name,
			]);
		}
		return h("p", { class: "pf-hint pf-s-who" }, words);
	}

	draw_figures(state) {
		if (!state.figures.length) return null;
		return h(
			"section",
			{ "aria-label": __("Figures") },
			h(
				"div",
				{ class: "pf-figures" },
				state.figures.map((one) => figure(one.title, one.value, { hint: one.hint }))
			),
			state.activities.length > 0 &&
				h(
					"details",
					{ class: "pf-s-hours" },
					h("summary", { key: "hours" }, __("Hours by project and activity")),
					h(
						"ul",
						null,
						state.activities.map((one) =>
							h(
								"li",
								null,
								h("span", null, one.title),
								h("span", null, __("{0} h", [one.hours], "Behaviour snapshot"))
							)
						),
						state.more_activities > 0 &&
							h(
								"li",
								{ class: "pf-muted" },
								__("and {0} more", [state.more_activities], "Activities")
							)
					)
				)
		);
	}

	draw_filter(state) {
		return h(
			"div",
			{ class: "pf-s-kinds", role: "group", "aria-label": __("Show these kinds") },
			state.kinds.map((one) => {
				const on = !this.hidden.has(one.kind);
				return h(
					"button",
					{
						type: "button",
						class: `pf-s-kind${on ? "" : " pf-s-off"}`,
						key: `kind:${one.kind}`,
						"aria-pressed": on ? "true" : "false",
						"data-kind": one.kind,
						on: { click: () => this.toggle(one.kind, one.title) },
					},
					dot(one.kind),
					h("span", null, `${one.title} (${one.count})`)
				);
			})
		);
	}

	toggle(kind, title) {
		const off = !this.hidden.delete(kind);
		if (off) this.hidden.add(kind);
		this.screen.redraw();
		this.screen.announce(off ? __("{0} hidden", [title]) : __("{0} shown", [title]));
	}

	draw_chart(state) {
		const place = this.screen.body.querySelector(".pf-s-chart");
		const kinds = state.kinds.filter((one) => !this.hidden.has(one.kind));
		if (!place || !place.offsetParent || !kinds.length) return;
		const weeks = [...state.weeks].reverse();
		const inside = h("div", { "aria-hidden": "true" });
		place.replaceChildren(inside);
		new frappe.Chart(inside, {
			type: "bar",
			height: CHART_HEIGHT,
			animate: 0,
			showLegend: 0, // the buttons above say which colour is which
			colors: kinds.map((one) => COLOURS.get(one.kind)),
			barOptions: { stacked: 1, spaceRatio: 0.4 },
			axisOptions: { xAxisMode: "tick", xIsSeries: 1, shortenYAxisNumbers: 1 },
			data: {
				labels: weeks.map((week) => moment(week.start).format("MM-DD")),
				datasets: kinds.map((one) => ({
					name: one.title,
					values: weeks.map((week) => week.counts[one.kind] || 0),
				})),
			},
		});
	}

	draw_more(state) {
		if (!state.more || !state.more.length) return null;
		return h(
			"div",
			{ class: "pf-s-more" },
			h(
				"p",
				{ class: "pf-notice pf-warning" },
				icon("alert"),
				h(
					"span",
					null,
					__("Only the newest were read of: {0}. Figures are of what is shown.", [
						state.more.join(__(", ", null, "Between words of a list")),
					])
				)
			),
			state.may_read_more &&
				button(
					__("Show more"),
					() => {
						this.limit += MORE;
						this.load();
					},
					{ key: "more" }
				)
		);
	}
}

/** The chart in words: what it shows is also in the list below. */
function chart_words(weeks) {
	const parts = weeks.map((week) => __("week of {0}: {1}", [day(week.start), week.lines.length]));
	return __("Lines by week: {0}", [parts.join(__("; ", null, "Between parts of a sentence"))]);
}

function dot(kind) {
	return h("span", { class: "pf-s-dot", style: `background:${COLOURS.get(kind)}`, "aria-hidden": "true" });
}

function draw_week(week) {
	const id = `pf-s-week-${week.start}`;
	return h(
		"section",
		{ class: "pf-s-week", "aria-labelledby": id },
		h("h3", { id }, __("Week from {0}", [day(week.start)])),
		h(
			"ul",
			null,
			week.lines.map((line) => draw_line(line))
		)
	);
}

function draw_line(line) {
	const name = `${__(line.doctype)} ${line.document}`;
	return h(
		"li",
		{ "data-line": line.key, "data-kind": line.kind },
		dot(line.kind),
		h(
			"div",
			{ class: "pf-s-words" },
			h("p", null, capital(line.text)),
			h(
				"p",
				{ class: "pf-muted" },
				h(
					"time",
					{ datetime: line.at.replace(" ", "T") },
					line.whole_day ? day(line.at) : full(line.at)
				),
				" · ",
				h(
					"a",
					{
						href: frappe.utils.get_form_link(line.doctype, line.document),
						key: `line:${line.key}`,
					},
					name
				),
				line.took && [" · ", __("took {0}", [line.took])]
			)
		),
		line.timing &&
			h(
				"span",
				{ class: `pf-state ${line.late ? "pf-s-late" : "pf-good"}` },
				icon(line.late ? "clock" : "done"),
				h("span", null, capital(line.timing))
			)
	);
}

function draw_looked_at(titles) {
	return h(
		"details",
		{ class: "pf-s-sources" },
		h("summary", { key: "sources" }, __("What is read here")),
		h(
			"ul",
			null,
			titles.map((title) => h("li", null, title))
		),
		h(
			"p",
			{ class: "pf-hint" },
			__("Administrators choose this in the settings. Practice is never read.")
		)
	);
}
