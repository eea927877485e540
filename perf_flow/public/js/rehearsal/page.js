// The page: beginning a rehearsal, where it stands, and how it went.

import { button, h, icon, Screen, write } from "../pages/kit";
import { full } from "../panel/time";
import { result_words } from "../panel/words";
import { hats, seconds_words, task_of } from "./words";

const kinds = () => ({
	Evidence: __("Evidence", null, "Step"),
	Mark: __("Effectiveness mark", null, "Step"),
	Confirmation: __("Impact confirmation", null, "Step"),
});

export class RehearsalPage extends Screen {
	constructor(wrapper) {
		super(wrapper, {
			title: __("Rehearsal"),
			name: "rehearsal",
			method: "rehearsal.page",
			draw: (state) => this.draw(state),
		});
		this.busy = false;
	}

	draw({ running, history }) {
		const [last, ...earlier] = history;
		return [
			running ? this.draw_running(running) : this.draw_start(Boolean(last)),
			last && this.draw_result(last, !running),
			earlier.length > 0 && [
				h("h2", null, __("Earlier rehearsals")),
				earlier.map((one) => this.draw_earlier(one)),
			],
		];
	}

	// Beginning -----------------------------------------------------------------------------------------

	draw_start(again) {
		return h(
			"section",
			{ class: "pf-r-start" },
			h("h2", null, again ? __("Walk it again") : __("Three practice chains, about ten minutes")),
			h(
				"p",
				null,
				__(
					"You walk three complete chains on the real screens, and play all roles yourself: employee, line manager, collaborator."
				)
			),
			h(
				"ol",
				{ class: "pf-r-way" },
				[
					[__("Chain 1"), __("the plain way: evidence, mark, confirmation")],
					[__("Chain 2"), __("with a redo and its second round")],
					[__("Chain 3"), __("with evidence that ERP data ticks by itself")],
				].map(([name, words]) => h("li", null, h("strong", null, name), " · ", words))
			),
			h(
				"p",
				{ class: "pf-muted" },
				__(
					"Nothing of it reaches figures, the ledger, messages or other people. Nobody else sees that you rehearse."
				)
			),
			h(
				"div",
				{ class: "pf-r-choices" },
				this.choice(
					"Manager",
					__("As a manager"),
					__("What you learn first: marking with the evidence before you.")
				),
				this.choice(
					"Employee",
					__("As an employee"),
					__("What you learn first: giving evidence from the document.")
				)
			)
		);
	}

	choice(as_role, label, words) {
		return h(
			"div",
			{ class: "pf-r-choice" },
			button(label, () => this.begin(as_role), {
				variant: as_role === "Manager" ? "primary" : "default",
				key: `start:${as_role}`,
				"aria-disabled": this.busy ? "true" : null,
			}),
			h("p", { class: "pf-muted" }, words)
		);
	}

	async begin(as_role) {
		await this.change(async () => {
			const { running } = await write("rehearsal.start", { as_role });
			await this.with_coach(running);
			await frappe.perf_flow.coach.next();
		});
	}

	/** Do something that changes the rehearsal, once at a time; what goes wrong is said. */
	async change(run) {
		if (this.busy) return;
		this.busy = true;
		this.redraw();
		try {
			await run();
		} catch (error) {
			this.announce(error.message);
			frappe.show_alert({ message: frappe.utils.escape_html(error.message), indicator: "red" });
		} finally {
			this.busy = false;
			this.redraw();
		}
	}

	/** The bar, showing this rehearsal; its code is loaded with the first one. */
	async with_coach(running) {
		await new Promise((done) =>
			frappe.require(["perf_flow_coach.bundle.js", "flow_rehearsal.bundle.css"], done)
		);
		await frappe.perf_flow.coach.show(running);
		if (!running) frappe.perf_flow.coach.leave();
	}

	// Under way -----------------------------------------------------------------------------------------

	draw_running(run) {
		return h(
			"section",
			{ class: "pf-r-running" },
			h("h2", null, __("Your rehearsal is under way")),
			h(
				"ol",
				{ class: "pf-r-chains" },
				[1, 2, 3].map((number) => {
					const over = number < run.chain || (number === run.chain && run.chain_closed);
					const now = number === run.chain && !over;
					return h(
						"li",
						{ class: over ? "pf-good" : "", "aria-current": now ? "step" : null },
						icon(over ? "done" : "open"),
						h("span", null, __("Chain {0}", [number])),
						now && h("span", { class: "pf-muted" }, run.title)
					);
				})
			),
			h("progress", {
				max: Math.max(run.in_all, run.done),
				value: run.done,
				"aria-label": __("{0} of {1} steps are done", [run.done, Math.max(run.in_all, run.done)]),
			}),
			run.step && h("p", null, h("strong", null, hats()[run.step.hat]), ". ", task_of(run)),
			h(
				"div",
				{ class: "pf-buttons" },
				button(__("Go on", null, "Rehearsal"), () => this.go_on(run), {
					variant: "primary",
					key: "go-on",
					"aria-disabled": this.busy ? "true" : null,
				}),
				button(__("Begin anew"), () => this.restart(run), { key: "restart" }),
				button(__("Stop the rehearsal"), () => this.stop(run), { key: "stop" })
			)
		);
	}

	go_on(run) {
		return this.change(async () => {
			await this.with_coach(run);
			await frappe.perf_flow.coach.next();
		});
	}

	stop(run) {
		return this.change(async () => {
			await write("rehearsal.abort", { rehearsal_name: run.name });
			await this.with_coach(null);
			await this.load();
		});
	}

	restart(run) {
		return this.change(async () => {
			await write("rehearsal.abort", { rehearsal_name: run.name });
			const { running } = await write("rehearsal.start", { as_role: run.as_role });
			await this.with_coach(running);
			await frappe.perf_flow.coach.next();
		});
	}

	// How it went ---------------------------------------------------------------------------------------

	title_of(one) {
		const role = one.as_role === "Manager" ? __("as a manager") : __("as an employee");
		const state = one.state === "Finished" ? "" : ` · ${__("stopped on the way")}`;
		return `${full(one.started_at)} · ${role}${state}`;
	}

	draw_result(one, open) {
		return h(
			"section",
			{ class: "pf-r-result" },
			h("h2", null, open ? __("How it went") : __("How the last one went")),
			h("p", { class: "pf-muted" }, this.title_of(one)),
			this.inside_result(one)
		);
	}

	draw_earlier(one) {
		return h(
			"details",
			{ class: "pf-r-earlier" },
			h(
				"summary",
				{ key: `earlier:${one.name}` },
				this.title_of(one),
				" · ",
				h("strong", null, seconds_words(one.seconds))
			),
			this.inside_result(one)
		);
	}

	inside_result(one) {
		const walked = one.chains.filter((chain) => chain.steps.length);
		if (!walked.length) return h("p", { class: "pf-muted" }, __("No step was taken."));
		return [this.draw_progress(one), this.draw_advice(one), this.draw_steps(walked)];
	}

	draw_progress(one) {
		const most = Math.max(1, ...one.progress.flatMap((row) => Object.values(row.seconds)));
		return h(
			"div",
			{ class: "pf-r-progress" },
			one.progress.map((row) =>
				h(
					"div",
					{ class: "pf-r-kind" },
					h("h3", null, kinds()[row.kind]),
					h(
						"ul",
						null,
						[1, 2, 3]
							.filter((number) => row.seconds[number] !== undefined)
							.map((number) => {
								const seconds = row.seconds[number];
								const bar = h("span", { class: "pf-r-bar", "aria-hidden": "true" });
								bar.style.width = `${Math.max(2, (100 * seconds) / most)}%`;
								return h(
									"li",
									null,
									h("span", { class: "pf-r-name" }, __("Chain {0}", [number])),
									h("span", { class: "pf-r-track" }, bar),
									h("span", { class: "pf-r-seconds" }, seconds_words(seconds))
								);
							})
					),
					row.faster !== null && h("p", { class: row.faster > 0 ? "pf-good" : "" }, this.faster(row.faster))
				)
			)
		);
	}

	faster(percent) {
		if (percent > 0) return __("{0} % faster from chain 1 to chain 3", [percent]);
		if (percent < 0) return __("{0} % slower from chain 1 to chain 3", [-percent]);
		return __("As fast in chain 3 as in chain 1");
	}

	draw_advice(one) {
		return h(
			"div",
			{ class: "pf-r-advice" },
			h("h3", null, __("What would be faster")),
			one.advice.length
				? h(
						"ul",
						null,
						one.advice.map((row) => h("li", null, icon("clock"), h("span", null, row.text)))
				  )
				: h("p", null, __("Nothing: every step was done the shortest way."))
		);
	}

	draw_steps(chains) {
		return h(
			"details",
			{ class: "pf-r-steps" },
			h("summary", { key: "steps" }, __("Every step")),
			chains.map((chain) => [
				h("h3", null, `${__("Chain {0}", [chain.chain])} · ${chain.title} · ${seconds_words(chain.seconds)}`),
				h(
					"ul",
					null,
					chain.steps.map((step) =>
						h(
							"li",
							null,
							h(
								"span",
								{ class: "pf-r-what" },
								kinds()[step.kind],
								step.round > 1 && ` · ${__("Round {0}", [step.round])}`,
								step.result && ` · ${result_words(step)}`
							),
							h(
								"span",
								{ class: "pf-muted" },
								step.interactions === null
									? ""
									: __("Interactions: {0} (enough: {1})", [
											step.interactions,
											step.needed,
									  ])
							),
							h("span", { class: "pf-r-seconds" }, seconds_words(step.seconds))
						)
					)
				),
			])
		);
	}
}
