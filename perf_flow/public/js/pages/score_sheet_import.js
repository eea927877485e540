// From an Excel score sheet to the first board: choose the file, look at what was understood and would be made, import.

import { Screen, button, figure, h, icon, read, write } from "./kit";
import { send_file } from "../panel/client";
import { full } from "../panel/time";
import { say } from "../administrator/switching";
import { cell_key, picture } from "./score_sheet_picture";

const ISSUES_SHOWN = 12;
const ROWS_SHOWN = 30;
const POLL = 2000; // milliseconds

const form_of = (name) => `/app/business-event-type/${encodeURIComponent(name)}`;
const WAITING = ["Queued", "Taking Back"];

export class ScoreSheetImport {
	constructor(wrapper) {
		this.clear();
		this.screen = new Screen(wrapper, {
			title: __("Import a score sheet"),
			method: "score_import.begin",
			name: "score-import",
			draw: (state) => this.draw(state),
		});
		frappe.realtime.on("perf_flow_score_import", (told) => this.told(told));
		this.screen.load();
	}

	clear() {
		this.file = null;
		this.answer = null;
		this.options = { columns: {}, flipped: {}, left_out: [], parts: {}, types: {}, scope: "Own" };
		this.sheet = 0;
		this.all_issues = false;
		this.busy = "";
		this.failed = "";
		this.result = null;
		this.version = (this.version || 0) + 1;
	}

	/** In front again: what was made meanwhile counts. */
	shown() {
		if (this.screen.state && !this.busy && !this.answer) this.screen.load();
	}

	// --- reading the file

	choose(file) {
		if (!file) return;
		this.clear();
		this.file = file;
		this.look().then(() => this.screen.focus_on("summary"));
	}

	/** Ask what is understood of the file with what was decided so far. */
	async look() {
		const version = ++this.version;
		const held = document.activeElement && document.activeElement.getAttribute("data-pf-key");
		this.busy = __("Reading the sheet…");
		this.failed = "";
		this.screen.redraw();
		this.screen.announce(this.busy);
		try {
			const answer = await send_file(
				"score_import.preview",
				this.file,
				{ options: JSON.stringify(this.options) },
				true
			);
			if (version !== this.version) return;
			this.answer = answer;
			this.sheet = Math.min(this.sheet, Math.max(answer.sheets.length - 1, 0));
		} catch (error) {
			if (version !== this.version) return;
			this.failed = error.message;
		}
		this.busy = "";
		this.screen.redraw();
		// what was disabled meanwhile has lost the focus
		if (held && document.activeElement === document.body) this.screen.focus_on(held);
		if (this.answer && !this.failed) this.screen.announce(this.summary());
	}

	change(changes) {
		this.options = { ...this.options, ...changes };
		return this.look();
	}

	async take() {
		this.busy = __("Importing…");
		this.failed = "";
		this.screen.redraw();
		this.screen.announce(this.busy);
		try {
			this.result = await send_file("score_import.take", this.file, {
				options: JSON.stringify(this.options),
				seen: this.answer.seen,
			});
			this.answer = null;
			this.wait();
		} catch (error) {
			this.failed = error.message;
		}
		this.busy = "";
		this.screen.redraw();
		this.screen.focus_on(this.result ? "result" : "import");
		this.screen.announce(this.result ? this.result_title() : this.failed);
	}

	/** While a worker has it, look again. */
	wait() {
		clearTimeout(this.timer);
		if (!this.result || !WAITING.includes(this.result.state)) return;
		this.timer = setTimeout(() => this.again(), POLL);
	}

	async again() {
		const of = this.result && this.result.name;
		if (!of) return;
		const before = this.result.state;
		try {
			const run = await read("score_import.run", { name: of });
			if (!this.result || this.result.name !== of) return;
			this.result = run;
			if (run.state !== before) this.screen.announce(this.result_title());
		} catch (error) {
			this.failed = error.message;
		}
		this.screen.redraw();
		this.wait();
	}

	told(told) {
		if (!this.result || told.name !== this.result.name) return;
		if (told.finished) this.again();
		else {
			this.result.progress = { done: told.done, total: told.total };
			if (this.screen.in_front) this.screen.redraw();
		}
	}

	undo(run) {
		frappe.confirm(
			__(
				"Everything that this import made is deleted: {0}. What was there before stays.",
				[frappe.utils.escape_html(this.words_of_made(run.made))]
			),
			async () => {
				try {
					const after = await write("score_import.undo", { name: run.name });
					if (this.result && this.result.name === run.name) this.result = after;
					frappe.show_alert({
						message: after.state === "Undone" ? __("The import was taken back.") : __("It is being taken back."),
						indicator: "green",
					});
					this.wait();
					await this.screen.load();
				} catch (error) {
					say(error);
				}
			}
		);
	}

	// --- drawing

	draw(state) {
		return h(
			"div",
			{ class: "pf-s" },
			this.result ? this.draw_result() : [this.draw_choose(state), this.answer && this.draw_answer(state)],
			!this.answer && this.draw_runs(state.runs)
		);
	}

	draw_choose(state) {
		const input = h("input", {
			type: "file",
			accept: ".xlsx,.csv",
			class: "pf-spoken",
			key: "file",
			"data-place": "sheet",
			"aria-label": __("Excel workbook or CSV file"),
			on: { change: (event) => this.choose(event.target.files[0]) },
		});
		const zone = h(
			"label",
			{
				class: this.answer ? "pf-s-drop pf-s-small" : "pf-s-drop",
				on: {
					dragover: (event) => {
						event.preventDefault();
						zone.classList.add("pf-s-over");
					},
					dragleave: () => zone.classList.remove("pf-s-over"),
					drop: (event) => {
						event.preventDefault();
						zone.classList.remove("pf-s-over");
						this.choose(event.dataTransfer.files[0]);
					},
				},
			},
			input,
			icon("upload"),
			h(
				"span",
				null,
				this.busy && this.file
					? `${this.file.name}: ${this.busy}`
					: this.answer
					? __("{0} – choose another file", [this.file.name])
					: __("Choose your score sheet, or drop it here (.xlsx or .csv, up to {0} MB)", [state.most_mb])
			)
		);
		return [
			!this.answer &&
				h(
					"p",
					{ class: "pf-s-intro" },
					__(
						"Your sheet stays as it is: people, dimensions, weights, targets and comments are found wherever they stand. You see everything before anything is made, and can take it back."
					)
				),
			zone,
			this.failed &&
				!this.answer &&
				h("p", { class: "pf-notice pf-s-failed", role: "alert" }, icon("alert"), h("span", null, this.failed)),
			!this.answer &&
				h(
					"div",
					{ class: "pf-s-examples" },
					h("h2", null, __("No sheet at hand? Begin with an example")),
					h(
						"ul",
						null,
						state.examples.map((one) =>
							h(
								"li",
								null,
								h(
									"a",
									{
										href: `/api/method/perf_flow.api.score_import.example?name=${one.key}`,
										download: true,
										key: `example-${one.key}`,
									},
									one.title
								)
							)
						)
					)
				),
		];
	}

	summary() {
		const { answer } = this;
		if (answer.errors === 1) return __("1 error keeps this sheet from being imported.");
		if (answer.errors) return __("{0} errors keep this sheet from being imported.", [answer.errors]);
		if (answer.earlier) return __("This sheet was already imported on {0}.", [full(answer.earlier)]);
		if (!answer.size) return __("There is nothing new to make of this sheet.");
		return __("Ready to import: {0}.", [this.words_of_new()]);
	}

	words_of_new() {
		return this.words_of_made(
			Object.fromEntries(this.answer.parts.map((part) => [part.key, part.chosen ? part.new : 0]))
		);
	}

	words_of_made(made) {
		const words = [
			[made.goals, __("1 goal"), __("{0} goals", [made.goals])],
			[made.kras, __("1 KRA"), __("{0} KRAs", [made.kras])],
			[made.types, __("1 event type"), __("{0} event types", [made.types])],
			[made.comments, __("1 comment template"), __("{0} comment templates", [made.comments])],
		]
			.filter(([count]) => count)
			.map(([count, one, more]) => (count === 1 ? one : more));
		return words.join(__(", ", null, "Between words of a list")) || __("nothing");
	}

	draw_answer(state) {
		const { answer } = this;
		return [
			h(
				"section",
				{ class: "pf-s-summary", key: "summary", tabindex: "-1", "aria-label": __("What was found") },
				h(
					"p",
					{ class: answer.errors ? "pf-s-verdict pf-s-bad" : "pf-s-verdict" },
					icon(answer.errors ? "alert" : "done"),
					h("span", null, this.summary())
				),
				h(
					"div",
					{ class: "pf-figures" },
					figure(__("People"), String(answer.people)),
					answer.parts.map((part) =>
						figure(part.title, String(part.chosen ? part.new : 0), {
							hint: !part.allowed
								? part.reason
								: part.found > part.new
								? __("{0} are there already", [part.found - part.new])
								: "",
						})
					)
				)
			),
			this.draw_issues(),
			this.draw_sheets(state),
			this.draw_plan(state),
			this.draw_bar(),
		];
	}

	draw_issues() {
		const { issues } = this.answer;
		if (!issues.length) return null;
		const shown = this.all_issues ? issues : issues.slice(0, ISSUES_SHOWN);
		const label = { error: __("Error", null, "Score sheet"), warning: __("Please check"), notice: __("Note", null, "Score sheet") };
		return h(
			"section",
			{ "aria-label": __("What to look at") },
			h("h2", null, __("What to look at")),
			h(
				"ul",
				{ class: "pf-s-issues" },
				shown.map((issue, number) =>
					h(
						"li",
						{ class: `pf-s-issue pf-s-issue-${issue.severity}`, "data-address": issue.address },
						h("span", { class: "pf-s-severity" }, label[issue.severity]),
						issue.address
							? h(
									"button",
									{
										type: "button",
										class: "pf-s-address",
										key: `issue-${number}`,
										"aria-label": __("Show cell {0} of {1}", [issue.address, issue.sheet]),
										on: { click: () => this.show_cell(issue) },
									},
									this.answer.sheets.length > 1 ? `${issue.sheet}!${issue.address}` : issue.address
							  )
							: issue.sheet && h("span", { class: "pf-muted" }, issue.sheet),
						h("span", { class: "pf-s-text" }, issue.text)
					)
				)
			),
			issues.length > shown.length &&
				button(
					__("Show all {0}", [issues.length]),
					() => {
						this.all_issues = true;
						this.screen.redraw();
					},
					{ key: "all-issues" }
				)
		);
	}

	show_cell(issue) {
		const at = this.answer.sheets.findIndex((sheet) => sheet.name === issue.sheet);
		if (at < 0) return;
		this.sheet = at;
		this.screen.redraw();
		const key = cell_key(issue.sheet, issue.address);
		const cell = [...this.screen.body.querySelectorAll("[data-pf-key]")].find((one) => one.dataset.pfKey === key);
		if (!cell) return;
		cell.focus({ preventScroll: true });
		cell.scrollIntoView({ block: "center", inline: "center" });
	}

	draw_sheets(state) {
		const { answer } = this;
		const sheet = answer.sheets[this.sheet];
		if (!sheet) return null;
		const left_out = this.options.left_out.includes(sheet.name);
		return h(
			"section",
			{ "aria-label": __("What was understood") },
			h("h2", null, __("What was understood")),
			h(
				"p",
				{ class: "pf-muted" },
				__("Above each column stands what it was taken for. Change it where it is wrong; the rest follows.")
			),
			h(
				"div",
				{ class: "pf-s-tools" },
				answer.sheets.length > 1 &&
					h(
						"label",
						null,
						h("span", null, __("Sheet", null, "Of a workbook")),
						h(
							"select",
							{
								key: "sheet",
								class: "form-control input-xs",
								on: {
									change: (event) => {
										this.sheet = Number(event.target.value);
										this.screen.redraw();
									},
								},
							},
							answer.sheets.map((one, number) =>
								h("option", { value: number, ...(number === this.sheet ? { selected: true } : {}) }, one.name)
							)
						)
					),
				h(
					"label",
					null,
					h("span", null, __("Read", null, "Score sheet")),
					h(
						"select",
						{
							key: "direction",
							class: "form-control input-xs",
							disabled: Boolean(this.busy),
							on: {
								change: (event) =>
									this.change({
										flipped: { ...this.options.flipped, [sheet.name]: event.target.value === "columns" },
										columns: { ...this.options.columns, [sheet.name]: {} },
									}),
							},
						},
						h("option", { value: "rows", ...(sheet.flipped ? {} : { selected: true }) }, __("by rows")),
						h("option", { value: "columns", ...(sheet.flipped ? { selected: true } : {}) }, __("by columns"))
					)
				),
				answer.sheets.length > 1 &&
					h(
						"label",
						{ class: "pf-s-check" },
						h("input", {
							type: "checkbox",
							key: "left-out",
							checked: left_out,
							disabled: Boolean(this.busy),
							on: {
								change: (event) =>
									this.change({
										left_out: event.target.checked
											? [...this.options.left_out, sheet.name]
											: this.options.left_out.filter((name) => name !== sheet.name),
									}),
							},
						}),
						h("span", null, __("Leave this sheet out"))
					)
			),
			picture({
				sheet,
				roles: state.roles,
				issues: answer.issues,
				busy: Boolean(this.busy),
				change: (index, key) =>
					this.change({
						columns: {
							...this.options.columns,
							[sheet.name]: { ...(this.options.columns[sheet.name] || {}), [index]: key },
						},
					}),
			}),
			answer.more_sheets > 0 &&
				h("p", { class: "pf-muted" }, __("{0} more sheets are read and not shown here.", [answer.more_sheets]))
		);
	}

	draw_plan(state) {
		return h(
			"section",
			{ "aria-label": __("What would be made") },
			h("h2", null, __("What would be made")),
			this.draw_period(),
			this.answer.parts.map((part) => this.draw_part(part, state))
		);
	}

	draw_period() {
		const period = this.options.period || this.answer.period || { start: "", end: "" };
		const field = (name, label) =>
			h(
				"label",
				null,
				h("span", null, label),
				h("input", {
					type: "date",
					class: "form-control input-xs",
					key: `period-${name}`,
					value: period[name],
					on: {
						change: (event) => {
							const chosen = { ...period, [name]: event.target.value };
							this.options.period = chosen;
							if (chosen.start && chosen.end && chosen.start <= chosen.end) this.look();
						},
					},
				})
			);
		return h(
			"fieldset",
			{ class: "pf-s-tools" },
			h("legend", { class: "pf-spoken" }, __("Period of the goals")),
			field("start", __("Goals begin on")),
			field("end", __("Goals end on"))
		);
	}

	draw_part(part, state) {
		const inside = {
			types: () => this.draw_types(),
			kras: () =>
				h(
					"ul",
					{ class: "pf-s-chips" },
					this.answer.kras.map((one) =>
						h("li", { class: one.exists ? "pf-muted" : "" }, one.title, one.exists && ` · ${__("there already")}`)
					)
				),
			goals: () => this.draw_goals(),
			comments: () => this.draw_comments(state),
		}[part.key];
		return h(
			"details",
			{
				class: "pf-s-part",
				open: part.allowed && (part.key === "types" || part.key === "goals"),
				"data-part": part.key,
			},
			h(
				"summary",
				{ key: `part-${part.key}` },
				h("span", { class: "pf-s-part-title" }, part.title),
				h(
					"span",
					{ class: "pf-muted" },
					!part.allowed
						? part.reason
						: !part.chosen
						? __("left out")
						: __("{0} new, {1} there already", [part.new, part.found - part.new])
				)
			),
			part.allowed &&
				h(
					"label",
					{ class: "pf-s-check" },
					h("input", {
						type: "checkbox",
						key: `take-${part.key}`,
						checked: part.chosen,
						disabled: Boolean(this.busy),
						on: {
							change: (event) =>
								this.change({ parts: { ...this.options.parts, [part.key]: event.target.checked } }),
						},
					}),
					h("span", null, __("Make these"))
				),
			!part.allowed && part.key === "types" ? null : part.found ? inside() : h("p", { class: "pf-muted" }, __("The sheet holds none."))
		);
	}

	table(label, head, rows, more) {
		return h(
			"div",
			{ class: "pf-s-table", tabindex: "0", role: "region", "aria-label": label },
			h(
				"table",
				null,
				h("thead", null, h("tr", null, head.map((text) => h("th", { scope: "col" }, text)))),
				h("tbody", null, rows)
			),
			more > 0 && h("p", { class: "pf-muted pf-s-more" }, __("… and {0} more", [more]))
		);
	}

	draw_types() {
		const allowed = this.answer.parts.find((part) => part.key === "types").allowed;
		return [
			h("p", { class: "pf-muted" }, __("All of them begin switched off. Switch on what you want when you have looked at it.")),
			this.table(
				__("Event types"),
				[__("Sub-dimension"), __("Dimension"), __("Data source"), __("Becomes")],
				this.answer.types.map((type) =>
					h(
						"tr",
						{ "data-kra": type.kra },
						h("th", { scope: "row" }, type.kra),
						h("td", null, type.dimension),
						h("td", null, type.source),
						h(
							"td",
							null,
							allowed
								? h(
										"select",
										{
											key: `type-${type.kra}`,
											class: "form-control input-xs",
											disabled: Boolean(this.busy),
											"aria-label": __("What {0} becomes", [type.kra]),
											on: {
												change: (event) =>
													this.change({
														types: { ...this.options.types, [type.kra]: event.target.value },
													}),
											},
										},
										type.options.map((one) =>
											h(
												"option",
												{ value: one.key, ...(one.key === type.choice ? { selected: true } : {}) },
												one.label
											)
										)
								  )
								: (type.options.find((one) => one.key === type.choice) || {}).label,
							type.existing && h("a", { class: "pf-s-there", href: form_of(type.existing) }, __("there already"))
						)
					)
				)
			),
		];
	}

	draw_goals() {
		const goals = this.answer.goals.slice(0, ROWS_SHOWN);
		return this.table(
			__("Goals of people"),
			[__("Employee"), __("Goal"), __("Dimension"), __("Weight (%)"), __("Target value"), __("Until", null, "Score sheet"), ""],
			goals.map((goal) =>
				h(
					"tr",
					{ class: goal.exists ? "pf-muted" : "" },
					h("th", { scope: "row" }, goal.employee_name, h("span", { class: "pf-muted" }, ` ${goal.employee}`)),
					h("td", null, goal.goal_name),
					h("td", null, goal.dimension),
					h("td", { class: "pf-s-right" }, goal.weight === null ? "" : `${goal.weight} %`),
					h("td", null, goal.target),
					h("td", null, frappe.datetime.str_to_user(goal.end)),
					h("td", null, goal.exists && __("there already"))
				)
			),
			this.answer.goals.length - goals.length + this.answer.more_goals
		);
	}

	draw_comments(state) {
		return [
			h(
				"p",
				{ class: "pf-muted" },
				__("Names are taken out and filled in anew for each event. Look whether a comment still says something of somebody.")
			),
			state.may_company &&
				h(
					"label",
					{ class: "pf-s-check" },
					h("input", {
						type: "checkbox",
						key: "scope",
						checked: this.answer.scope === "Company",
						disabled: Boolean(this.busy),
						on: { change: (event) => this.change({ scope: event.target.checked ? "Company" : "Own" }) },
					}),
					h("span", null, __("For everybody in the company; otherwise for me alone"))
				),
			this.table(
				__("Comment templates"),
				[__("Title"), __("Text")],
				this.answer.comments.map((one) =>
					h(
						"tr",
						{ class: one.exists ? "pf-muted" : "" },
						h("th", { scope: "row" }, one.title),
						h("td", { class: "pf-text" }, one.text)
					)
				),
				this.answer.more_comments
			),
		];
	}

	draw_bar() {
		const { answer } = this;
		const off = Boolean(this.busy || answer.errors || answer.earlier || !answer.size);
		return h(
			"div",
			{ class: "pf-s-bar", role: "region", "aria-label": __("Import") },
			h(
				"span",
				{ class: this.failed ? "pf-s-bad" : "", role: this.failed ? "alert" : null },
				this.failed || this.busy || this.summary()
			),
			button(this.busy ? this.busy : __("Import"), () => this.take(), {
				key: "import",
				variant: "primary",
				disabled: off,
			}),
			button(
				__("Cancel"),
				() => {
					this.clear();
					this.screen.load().then(() => this.screen.focus_on("file"));
				},
				{ key: "cancel" }
			)
		);
	}

	// --- afterwards

	result_title() {
		const { state, made, error } = this.result;
		if (state === "Queued") return __("The import is under way. You can leave this page.");
		if (state === "Taking Back") return __("The import is being taken back. You can leave this page.");
		if (state === "Undone") return __("The import was taken back.");
		if (state === "Failed") return __("Nothing was imported: {0}", [error]);
		return __("Imported: {0}.", [this.words_of_made(made)]);
	}

	draw_result() {
		const run = this.result;
		const imported = run.state === "Imported";
		return h(
			"section",
			{ class: "pf-s-result", key: "result", tabindex: "-1", "aria-label": __("What came of it") },
			h(
				"p",
				{ class: run.state === "Failed" ? "pf-s-verdict pf-s-bad" : "pf-s-verdict" },
				icon(run.state === "Failed" ? "alert" : WAITING.includes(run.state) ? "clock" : "done"),
				h("span", null, this.result_title())
			),
			WAITING.includes(run.state) && this.draw_progress(run),
			imported && run.error && h("p", { class: "pf-notice", role: "alert" }, run.error),
			imported && this.draw_next(run),
			h(
				"div",
				{ class: "pf-s-tools" },
				button(
					__("Import another sheet"),
					() => {
						this.clear();
						this.screen.load().then(() => this.screen.focus_on("file"));
					},
					{ key: "another" }
				),
				imported && button(__("Take this import back"), () => this.undo(run), { key: "undo" })
			)
		);
	}

	draw_progress(run) {
		const done = run.progress ? run.progress.done : 0;
		const total = run.progress ? run.progress.total : run.records;
		return h(
			"div",
			null,
			h("progress", { max: total || 1, value: done, "aria-label": __("{0} of {1} done", [done, total]) }),
			h("p", { class: "pf-muted" }, run.progress ? __("{0} of {1} done", [done, total]) : __("Waiting for a worker…"))
		);
	}

	draw_next(run) {
		const go = (label, hint, href, key) =>
			h(
				"li",
				null,
				h("a", { href, key: `next-${key}`, class: "pf-s-next" }, h("b", null, label), h("span", { class: "pf-muted" }, hint))
			);
		return [
			h("h2", null, __("Your first board")),
			h(
				"ul",
				{ class: "pf-s-nexts" },
				run.made.goals > 0 &&
					go(__("Goals of people"), __("with weight and target, by employee"), "/app/goal/view/list", "goals"),
				run.event_types.length > 0 &&
					go(
						__("Event types"),
						__("switched off: look at each, then switch it on"),
						"/app/business-event-type",
						"types"
					),
				run.event_types
					.slice(0, 5)
					.map((name) => go(__(name), __("who would be asked, and what for"), form_of(name), `type-${name}`)),
				go(__("My flow"), __("what people see of it"), "/app/my-flow", "my-flow")
			),
		];
	}

	draw_runs(runs) {
		if (!runs.length || (this.result && runs.length === 1)) return null;
		const words = {
			Queued: __("waiting"),
			Imported: __("imported"),
			Failed: __("failed"),
			"Taking Back": __("is being taken back"),
			Undone: __("taken back"),
		};
		return h(
			"section",
			{ "aria-label": __("Your imports") },
			h("h2", null, __("Your imports")),
			h(
				"ul",
				{ class: "pf-s-runs" },
				runs.map((run) =>
					h(
						"li",
						{ "data-run": run.name },
						h(
							"a",
							{ href: `/app/score-sheet-import/${run.name}`, class: "pf-s-run" },
							run.file_name || __("Score sheet")
						),
						h("span", { class: "pf-muted" }, full(run.at)),
						h("span", { class: "pf-badge" }, words[run.state] || run.state),
						h("span", { class: "pf-muted" }, run.state === "Failed" ? run.error : this.words_of_made(run.made)),
						run.state === "Imported" &&
							button(__("Take back"), () => this.undo(run), {
								key: `undo-${run.name}`,
								"aria-label": __("Take back: {0}", [run.file_name]),
							})
					)
				)
			)
		);
	}
}
