// What an event type would have done in the last 30 days, drawn while it is edited.

import { h, icon, spoken } from "../panel/dom";
import { full } from "../panel/time";

const SHOWN = 3; // examples; more are folded

const between = () => __(", ", null, "Between words of a list");

function asked_words(person) {
	return [
		person.evidence && __("evidence {0}×", [person.evidence]),
		person.sign_off && __("signature {0}×", [person.sign_off]),
		person.mark && __("mark {0}×", [person.mark]),
		person.confirmation && __("confirmation {0}×", [person.confirmation]),
	]
		.filter(Boolean)
		.join(between());
}

function people_of(answer) {
	if (!answer.people.length) return null;
	return h(
		"div",
		{ class: "pf-preview-people" },
		h("h4", null, __("These would have been asked")),
		h(
			"ul",
			null,
			answer.people.map((person) =>
				h(
					"li",
					null,
					h("span", { class: "pf-preview-name" }, person.name),
					h("span", { class: "pf-muted" }, asked_words(person))
				)
			)
		)
	);
}

// one person of an example, or why there is none
function asked(label, name, why) {
	return h(
		"div",
		{ class: name ? "pf-asked" : "pf-asked pf-nobody" },
		h("dt", null, label),
		h(
			"dd",
			null,
			name ? h("span", { title: why || null }, name) : [icon("alert"), __("Nobody")],
			why && h("span", { class: "pf-muted" }, why)
		)
	);
}

function example(one) {
	const address = `/app/${frappe.router.slug(one.doctype)}/${encodeURIComponent(one.name)}`;
	return h(
		"li",
		{ class: "pf-example" },
		h(
			"div",
			{ class: "pf-example-head" },
			h("a", { href: address, target: "_blank", rel: "noopener" }, one.name),
			one.title && h("span", null, one.title),
			one.when && h("span", { class: "pf-muted" }, full(one.when))
		),
		h(
			"dl",
			null,
			asked(__("Evidence", null, "Step"), one.person, one.person_why),
			one.mark && asked(__("Effectiveness mark", null, "Step"), one.manager, one.manager_why),
			one.collaborators.map((other) => asked(other.label, other.name, other.why))
		),
		(one.satisfied.length || one.open.length) &&
			h(
				"ul",
				{ class: "pf-example-evidence" },
				one.satisfied.map((label) =>
					h("li", { class: "pf-there" }, icon("done"), spoken(__("ERP data shows it already:")), label)
				),
				one.open.map((label) =>
					h("li", null, icon("open"), spoken(__("Still to be given:")), label)
				)
			),
		one.closes && h("p", { class: "pf-muted" }, __("ERP data satisfies everything: it would close at once."))
	);
}

function summary(answer) {
	return [
		answer.nobody &&
			h(
				"p",
				{ class: "pf-preview-warning" },
				icon("alert"),
				h(
					"span",
					null,
					answer.nobody === 1
						? __("For one document nobody was found. HR would be told.")
						: __("For {0} documents nobody was found. HR would be told.", [answer.nobody])
				)
			),
		answer.closing > 0 &&
			h("p", { class: "pf-muted" }, __("{0} would close at once: ERP data satisfies everything.", [answer.closing])),
	];
}

/** The nodes of an answer of perf_flow.api.event_types.preview. */
export function draw_preview(answer) {
	if (answer.problem) {
		return [h("p", { class: "pf-preview-problem" }, icon("alert"), h("span", null, answer.problem))];
	}
	return [
		h("p", { class: "pf-preview-headline" }, answer.headline),
		summary(answer),
		people_of(answer),
		answer.examples.length > 0 && [
			h("h4", null, __("Examples, the newest first")),
			h("ul", { class: "pf-examples" }, answer.examples.slice(0, SHOWN).map(example)),
			answer.examples.length > SHOWN &&
				h(
					"details",
					{ class: "pf-preview-more" },
					h("summary", null, __("{0} more examples", [answer.examples.length - SHOWN])),
					h("ul", { class: "pf-examples" }, answer.examples.slice(SHOWN).map(example))
				),
		],
		answer.hidden > 0 &&
			h(
				"p",
				{ class: "pf-muted" },
				__("Documents that you may not read are counted and not shown.")
			),
		h(
			"details",
			{ class: "pf-preview-notes" },
			h("summary", null, __("What these figures cannot know")),
			h(
				"ul",
				null,
				answer.notes.map((note) => h("li", null, note))
			)
		),
	];
}
