// Up to three complete past cases like the one in front: what was given, how long it took, why it was so.

import { button, h, icon, link } from "../panel/dom";
import { read } from "../panel/client";
import { file_address } from "../panel/shared";
import { exact_span, full } from "../panel/time";

const HOUR = 3600 * 1000;

const asked = new WeakMap(); // by place: which question is the last one

/** Read the cases most like an event, and draw them in `place`. What is shown stays until the answer is there. */
export async function show(place, event) {
	const number = (asked.get(place) || 0) + 1;
	asked.set(place, number);
	if (!place.childNodes.length) place.append(h("p", { class: "pf-muted pf-loading", role: "status" }, __("One moment…")));
	let drawn;
	try {
		drawn = draw(await read("guidance.similar", { event }));
	} catch (error) {
		drawn = [
			h("p", { class: "pf-notice pf-error", role: "alert" }, icon("alert"), h("span", null, error.message)),
			button(__("Try again", null, "Performance Flow"), () => show(place, event), { key: `cases:${event}` }),
		];
	}
	if (asked.get(place) === number) place.replaceChildren(...drawn);
}

function draw(cases) {
	if (!cases.length) {
		const none = __("There is no complete case of this kind yet that you may read.");
		return [h("p", { class: "pf-hint", role: "status" }, none)];
	}
	return cases.map(draw_case);
}

function draw_case(one) {
	const name = one.document_title || one.document;
	const document_name = `${__(one.doctype)} ${one.document}`;
	return h(
		"article",
		{ class: "pf-case", "data-case": one.event, "aria-label": document_name },
		h(
			"p",
			{ class: "pf-case-title" },
			link(name, `/app/business-event/${encodeURIComponent(one.event)}`, {
				key: `case:${one.event}`,
				title: document_name,
			})
		),
		h(
			"p",
			{ class: "pf-hint" },
			[
				one.whole ? one.person : __("name not shown"),
				__("closed {0}", [full(one.closed_at)]),
				__("took {0}", [exact_span(one.hours * HOUR)]),
			]
				.filter(Boolean)
				.join(" · ")
		),
		one.because.length > 0 &&
			h(
				"p",
				{ class: "pf-case-because" },
				one.because.map((words) => [h("span", { class: "pf-tag" }, words), " "])
			),
		one.causes.length > 0 &&
			h("p", null, __("Root cause: {0}", [one.causes.join(__(", ", null, "Between words of a list"))])),
		one.given.length > 0 && draw_given(one),
		one.reason && h("blockquote", { class: "pf-text" }, one.reason),
		!one.whole &&
			h("p", { class: "pf-hint" }, __("What was given and why is for those who may see its evidence."))
	);
}

function draw_given(one) {
	return h(
		"ul",
		{ class: "pf-pieces", "aria-label": __("What was given") },
		one.given.map((piece) =>
			h(
				"li",
				null,
				h("span", { class: "pf-hint" }, `${piece.label}: `),
				link(piece.title, piece.kind === "File" ? file_address(piece.url) : piece.url)
			)
		),
		one.more_given > 0 && h("li", { class: "pf-hint" }, __("and {0} more", [one.more_given], "Evidence"))
	);
}
