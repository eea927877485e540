// The bar at the bottom while a rehearsal runs: which chain, whose hat, what to do, and where.

import { button, h, icon } from "../panel/dom";
import { read, write } from "../panel/client";
import { hats, is_real, is_there, page_of, seconds_words, task_of } from "./words";
import { practice_files } from "./practice_files";
import { Watcher } from "./watcher";

const SOON = 250; // after a step was sent, before it is asked how things stand

export class Coach {
	constructor() {
		this.run = null;
		this.version = 0;
		this.busy = false;
		this.ended = false; // it ended before the eyes of the reader
		this.said = "";
		this.watcher = new Watcher();
		this.body = h("div", { class: "pf-coach-inside" });
		this.live = h("div", { class: "pf-spoken", "aria-live": "polite", role: "status" });
		this.root = h(
			"section",
			{ class: "perf-flow pf-coach", "aria-label": __("Rehearsal") },
			this.body,
			this.live
		);
		document.addEventListener("pf-wrote", () => this.soon());
		document.addEventListener("visibilitychange", () => !document.hidden && this.soon());
		frappe.router.on("change", () => this.run && this.draw());
		setInterval(() => this.tick(), 1000);
		new ResizeObserver(() =>
			document.body.style.setProperty("--pf-coach-height", `${this.root.offsetHeight}px`)
		).observe(this.root);
		this.refresh();
	}

	soon() {
		clearTimeout(this.waiting);
		this.waiting = setTimeout(() => this.refresh(), SOON);
	}

	async refresh() {
		const version = ++this.version;
		try {
			const { running } = await read("rehearsal.coach", {});
			if (version === this.version) await this.show(running);
		} catch (error) {
			this.say(error.message);
		}
	}

	/** Show where the rehearsal stands; null when it is over. */
	async show(run) {
		const before = this.run;
		this.version += 1;
		await this.hand_in(run);
		this.run = run;
		this.read_at = Date.now();
		const known = frappe.boot.perf_flow;
		if (run) {
			known.rehearsal = run.name;
			if (!known.watched.includes("Practice Document")) known.watched.push("Practice Document");
			const { step } = run;
			this.watcher.watch(
				step && step.opened ? { name: run.name, chain: run.chain, step: step.step } : null
			);
		} else {
			delete known.rehearsal;
			this.watcher.watch(null);
		}
		if (before && !run) this.ended = true;
		if (run) this.ended = false;
		this.draw();
		if (run && run.step && (!before || before.done !== run.done)) {
			this.announce(`${hats()[run.step.hat]}. ${task_of(run)}`);
		}
	}

	/** Give the server what was counted, when the step it was counted for is done. */
	async hand_in(run) {
		const { step } = this.watcher;
		if (!step) return;
		const due = run && run.step;
		if (run && run.chain === step.chain && due && due.step === step.step) return;
		const { counts } = this.watcher.take();
		try {
			await write("rehearsal.look", {
				rehearsal_name: step.name,
				chain: step.chain,
				step: step.step,
				...counts,
			});
		} catch (error) {
			// the counts are an extra; the way itself goes on
			this.say(error.message);
		}
	}

	say(text) {
		this.said = text;
		this.announce(text);
		this.draw();
	}

	announce(text) {
		this.live.textContent = "";
		setTimeout(() => (this.live.textContent = text), 50);
	}

	// What one can do ---------------------------------------------------------------------------------

	/** Open the step that is due and go where it is done. */
	async next() {
		if (this.busy) return;
		this.busy = true;
		this.said = "";
		try {
			const { running } = await write("rehearsal.open_step", { rehearsal_name: this.run.name });
			await this.show(running);
			if (running && running.step) await this.go();
		} catch (error) {
			this.say(error.message);
		} finally {
			this.busy = false;
			this.draw();
		}
	}

	/** To the screen of the step. */
	async go() {
		const page = page_of(this.run);
		if (page) {
			if (window.location.pathname + window.location.search === page) return;
			// as the router does it, with what tells the page that this is practice
			history.pushState(null, null, page);
			await frappe.router.route();
			return;
		}
		// a form shown before is read again
		if (window.cur_frm && cur_frm.docname === this.run.event) cur_frm.refresh();
		await frappe.set_route("Form", "Practice Document", this.run.event);
	}

	stop() {
		frappe.confirm(__("Stop the rehearsal? What you walked so far stays in your history."), async () => {
			try {
				await write("rehearsal.abort", { rehearsal_name: this.run.name });
				await this.show(null);
				this.leave();
				frappe.set_route("flow-rehearsal");
			} catch (error) {
				this.say(error.message);
			}
		});
	}

	// Drawing -------------------------------------------------------------------------------------------

	draw() {
		const { run } = this;
		if (!run && !this.ended) {
			this.root.remove();
			document.body.classList.remove("pf-coached");
			return;
		}
		if (!this.root.isConnected) document.body.append(this.root);
		document.body.classList.add("pf-coached");
		const focused = this.body.contains(document.activeElement) && document.activeElement;
		const key = focused && focused.getAttribute("data-pf-key");
		this.body.replaceChildren(...(run ? this.content(run) : this.farewell()).filter(Boolean));
		const again = key && this.body.querySelector(`[data-pf-key="${key}"]`);
		if (again) again.focus({ preventScroll: true });
	}

	content(run) {
		const { step } = run;
		const where = h(
			"span",
			{ class: "pf-coach-where" },
			h("a", { href: "/app/flow-rehearsal", key: "overview" }, __("Rehearsal")),
			" ",
			step
				? __("Chain {0} of 3 · step {1} of {2}", [
						run.chain,
						run.done + 1,
						Math.max(run.in_all, run.done + 1),
				  ])
				: __("Chain {0} of 3", [run.chain])
		);
		if (!step) {
			return [
				where,
				h("span", { class: "pf-coach-task" }, icon("done"), __("Chain {0} is done.", [run.chain])),
				this.buttons(button(__("Begin chain {0}", [run.chain + 1]), () => this.next(), this.primary())),
			];
		}
		const mine = (run.as_role === "Manager" ? "manager" : "employee") === step.hat;
		return [
			where,
			h(
				"span",
				{ class: "pf-coach-task" },
				h("strong", null, hats()[step.hat]),
				mine && h("span", { class: "pf-tag pf-coach-mine" }, __("your everyday step")),
				h("span", null, task_of(run)),
				step.kind === "Evidence" && step.opened && practice_files(run)
			),
			is_real(run) &&
				h(
					"span",
					{ class: "pf-notice pf-warning" },
					icon("alert"),
					__("What is shown here now is real, and no part of the rehearsal.")
				),
			this.said && h("span", { class: "pf-notice pf-error" }, icon("alert"), this.said),
			this.buttons(
				step.opened &&
					h("span", { class: "pf-coach-time", "aria-hidden": "true" }, this.time_words()),
				!step.opened && button(__("Begin this step"), () => this.next(), this.primary()),
				step.opened && !is_there(run) && button(__("Go there"), () => this.go(), this.primary())
			),
		];
	}

	primary() {
		return { variant: "primary", key: "next", "aria-disabled": this.busy ? "true" : null };
	}

	buttons(...first) {
		return h(
			"span",
			{ class: "pf-coach-buttons" },
			...first,
			h(
				"button",
				{
					type: "button",
					class: "pf-small",
					key: "stop",
					"aria-label": __("Stop the rehearsal"),
					title: __("Stop the rehearsal"),
					on: { click: () => this.stop() },
				},
				icon("remove")
			)
		);
	}

	/** Put the bar away, once it has said that the rehearsal is over. */
	leave() {
		this.ended = false;
		this.draw();
	}

	farewell() {
		return [
			h(
				"span",
				{ class: "pf-coach-task" },
				icon("done"),
				h("strong", null, __("The rehearsal is over.")),
				__("See how long each step took, and what would be faster.")
			),
			h(
				"span",
				{ class: "pf-coach-buttons" },
				button(
					__("See how it went"),
					() => {
						this.leave();
						frappe.set_route("flow-rehearsal");
					},
					{ variant: "primary", key: "next" }
				),
				h(
					"button",
					{
						type: "button",
						class: "pf-small",
						key: "close",
						"aria-label": __("Close", null, "Notice"),
						on: { click: () => this.leave() },
					},
					icon("remove")
				)
			),
		];
	}

	time_words() {
		const since = (Date.now() - this.read_at) / 1000;
		return seconds_words(Math.floor(this.run.step.seconds + since));
	}

	tick() {
		const place = this.body.querySelector(".pf-coach-time");
		if (place && this.run && this.run.step) place.textContent = this.time_words();
	}
}
