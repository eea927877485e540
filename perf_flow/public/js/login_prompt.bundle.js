// The prompt at login: what is due today, and the way there. It never takes the focus and blocks nothing.

import { write, read } from "./panel/client";
import { button, h, icon } from "./panel/dom";
import { until } from "./panel/time";

frappe.provide("frappe.perf_flow");

const SEEN = "perf_flow_prompt"; // the login and day for which it was shown
const PAGE = "my-flow";

let shown = null;

const on_page = () => (frappe.get_route() || [])[0] === PAGE; // there is no route yet when the desk starts

const in_dialog = () => document.querySelector(".modal.show");

function words({ count, overdue }) {
	if (overdue === count) return count === 1 ? __("1 step is overdue") : __("{0} steps are overdue", [count]);
	const due = count === 1 ? __("1 step is due today") : __("{0} steps are due today", [count]);
	return overdue ? __("{0}, {1} of them overdue", [due, overdue]) : due;
}

function close() {
	if (!shown) return;
	const inside = shown.contains(document.activeElement);
	shown.remove();
	shown = null;
	// who was in it goes on where the page begins
	if (inside) document.querySelector(".navbar-brand")?.focus();
}

// a list or field that is open has its own use for the key
const on_key = (event) =>
	event.key === "Escape" &&
	shown &&
	!in_dialog() &&
	(shown.contains(event.target) || !event.target.matches?.("input, textarea, [contenteditable=true]")) &&
	close();

document.addEventListener("keydown", on_key);
frappe.router.on("change", () => on_page() && close());

async function remind(choice, said) {
	try {
		const { until: end } = await write("my_flow.snooze", { until: choice });
		localStorage.removeItem(SEEN);
		setTimeout(again, Math.max(0, until(end)) + 1000);
		frappe.show_alert({ message: said, indicator: "blue" });
	} catch (error) {
		frappe.show_alert({ message: frappe.utils.escape_html(error.message), indicator: "red" });
		return;
	}
	close();
}

/** The snooze is over, and the desk is still open: ask what is due now. */
async function again() {
	const due = await read("my_flow.due").catch(() => null); // the next login says it
	if (due) frappe.perf_flow.prompt(due);
}

async function switch_off() {
	try {
		await write("my_flow.prompt", { on: false });
		frappe.show_alert({
			message: __("You are no longer told at login. My flow has the switch."),
			indicator: "blue",
		});
	} catch (error) {
		frappe.show_alert({ message: frappe.utils.escape_html(error.message), indicator: "red" });
		return;
	}
	close();
}

frappe.perf_flow.prompt = (due) => {
	if (on_page()) {
		localStorage.setItem(SEEN, due.token);
		return;
	}
	if (in_dialog()) {
		$(document).one("hidden.bs.modal", () => frappe.perf_flow.prompt(due));
		return;
	}
	close();
	localStorage.setItem(SEEN, due.token);
	const text = words(due);
	shown = h(
		"section",
		{ class: "perf-flow pf-prompt", "aria-label": __("Due today") },
		h(
			"div",
			{ class: "pf-prompt-head" },
			icon(due.overdue ? "alert" : "clock"),
			h("p", { class: "pf-prompt-text", role: "status" }, text),
			h(
				"button",
				{
					type: "button",
					class: "pf-small",
					"aria-label": __("Close", null, "Login prompt"),
					title: __("Close (Esc)"),
					on: { click: close },
				},
				icon("remove")
			)
		),
		h(
			"div",
			{ class: "pf-buttons" },
			button(
				__("Open My flow"),
				() => {
					close();
					frappe.set_route(PAGE);
				},
				{ variant: "primary" }
			),
			button(__("In 1 hour"), () => remind("hour", __("You are reminded in an hour.")), {
				title: __("Remind me in 1 hour"),
			}),
			button(__("Tomorrow"), () => remind("tomorrow", __("You are reminded tomorrow.")), {
				title: __("Remind me tomorrow"),
			})
		),
		h(
			"button",
			{ type: "button", class: "pf-prompt-off", on: { click: switch_off } },
			__("Do not tell me at login")
		)
	);
	shown.classList.toggle("pf-prompt-late", due.overdue > 0);
	// the first thing the Tab key comes to
	document.body.prepend(shown);
};
