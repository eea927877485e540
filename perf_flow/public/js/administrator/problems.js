// What is wrong with an event type: where, why, since when, what to do; and a second look.

import { button, h, icon } from "../panel/dom";
import { read, write } from "../panel/client";
import { full } from "../panel/time";

function problem(one) {
	return h(
		"li",
		null,
		h("p", { class: "pf-problem-text" }, h("strong", null, one.area), " · ", one.problem),
		h(
			"p",
			{ class: "pf-muted" },
			__("Since {0}, last seen {1}, {2} times in all.", [full(one.since), full(one.last_time), one.times]),
			one.document && [" ", __("Last on {0}.", [one.document])]
		),
		one.to_do && h("p", null, one.to_do)
	);
}

function check_again(frm, box) {
	const told = box.querySelector(".pf-problem-told");
	told.textContent = __("Looking…");
	return write("event_types.check_again", { event_type: frm.doc.name })
		.then(({ mended, problem: text }) => {
			if (mended) {
				frappe.show_alert({ message: __("It can be carried out again."), indicator: "green" });
				return show_problems(frm);
			}
			told.textContent = __("It is still so: {0}", [text]);
		})
		.catch((error) => (told.textContent = error.message));
}

/** Show above the form what is wrong with its type, if anything is. */
export function show_problems(frm) {
	const name = frm.doc.name;
	return read("event_types.problems_of", { event_type: name }).then((found) => {
		frm.pf_problems?.remove();
		if (!found.length || frm.doc.name !== name) return;
		const box = h(
			"section",
			{ class: "perf-flow pf-problems", "aria-label": __("What is wrong") },
			h("h4", null, icon("alert"), __("This event type cannot be carried out as it is. ERP documents are saved all the same.")),
			h("ul", null, found.map(problem)),
			h(
				"div",
				{ class: "pf-problem-actions" },
				button(__("Check again"), () => check_again(frm, box)),
				h("span", { class: "pf-problem-told", role: "status" })
			)
		);
		frm.pf_problems = box;
		frm.layout.wrapper.prepend(box);
	});
}
