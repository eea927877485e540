// The first 30 days as a list: each item with what and why and where; ticked by the data, or by hand.

import { Screen, h, icon, spoken, write } from "./kit";
import { full } from "../panel/time";
import { say } from "../administrator/switching";

export class StartPlan {
	constructor(wrapper) {
		this.screen = new Screen(wrapper, {
			title: __("First 30 days"),
			method: "start_plan.plan",
			name: "start-plan",
			draw: (plan) => this.draw(plan),
		});
		this.screen.load();
	}

	/** In front again: what was done meanwhile is ticked. */
	shown() {
		if (this.screen.state) this.screen.load();
	}

	draw(plan) {
		const stages = plan.stages;
		const now = stages.findIndex((stage) => stage.items.some((item) => !item.done));
		return h(
			"div",
			{ class: "pf-plan" },
			h(
				"div",
				{ class: "pf-plan-progress" },
				h("p", { class: "pf-plan-count" }, __("{0} of {1} done", [plan.done, plan.total])),
				h("progress", {
					max: plan.total,
					value: plan.done,
					"aria-label": __("{0} of {1} done", [plan.done, plan.total]),
				}),
				h(
					"p",
					{ class: "pf-muted" },
					__("What can be seen from the data is ticked by itself; the rest you tick by hand.")
				)
			),
			stages.map((stage, index) => this.stage(stage, index === now))
		);
	}

	stage(stage, now) {
		const done = stage.items.filter((item) => item.done).length;
		return h(
			"section",
			{ class: now ? "pf-stage pf-stage-now" : "pf-stage", "aria-label": stage.title },
			h(
				"div",
				{ class: "pf-stage-head" },
				h("h2", null, stage.title),
				h("span", { class: "pf-muted" }, `${done} / ${stage.items.length}`)
			),
			h("p", { class: "pf-muted" }, stage.hint),
			h("ul", { class: "pf-items" }, stage.items.map((item) => this.item(item)))
		);
	}

	item(item) {
		return h(
			"li",
			{ class: item.done ? "pf-item pf-item-done" : "pf-item", "data-item": item.key },
			this.box(item),
			h(
				"div",
				{ class: "pf-item-words" },
				h("p", { class: "pf-item-title", id: `pf-item-${item.key}` }, item.title),
				h("p", { class: "pf-muted" }, item.why),
				this.seen(item)
			),
			item.link && h("a", { class: "btn btn-default btn-xs pf-button", href: encodeURI(item.link) }, item.link_label)
		);
	}

	// a box to tick where it is done by hand, else a sign
	box(item) {
		if (item.automatic) {
			return h(
				"span",
				{ class: "pf-item-sign" },
				icon(item.done ? "done" : "open"),
				spoken(item.done ? __("Done:") : __("Open:"))
			);
		}
		return h(
			"label",
			{ class: "pf-item-sign" },
			h("input", {
				type: "checkbox",
				key: `tick-${item.key}`,
				"aria-labelledby": `pf-item-${item.key}`,
				checked: item.done,
				on: { change: (event) => this.tick(item, event.target) },
			})
		);
	}

	seen(item) {
		if (item.done_by) {
			return h("p", { class: "pf-item-seen" }, __("{0}, {1}", [item.done_by, full(item.done_at)]));
		}
		if (!item.automatic) return null;
		const words = item.seen || (item.done ? __("Seen in the data") : __("Not seen in the data yet"));
		return h("p", { class: "pf-item-seen" }, words);
	}

	async tick(item, input) {
		const done = input.checked;
		input.disabled = true;
		try {
			const plan = await write("start_plan.tick", { item: item.key, done });
			this.screen.show(plan);
			this.screen.focus_on(`tick-${item.key}`);
			this.screen.announce(__("{0} of {1} done", [plan.done, plan.total]));
		} catch (error) {
			input.checked = !done;
			input.disabled = false;
			say(error);
		}
	}
}
