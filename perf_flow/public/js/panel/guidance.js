// What helps with what is missing: the sentence, the SOP, and similar past cases, which are loaded when somebody asks.

import { h, icon, link } from "./dom";

const BUNDLES = ["guidance.bundle.js", "guidance.bundle.css"];

const kept = new WeakMap(); // by panel: the place of each event's cases, which outlives a drawing

/** What is missing, in one sentence; where there is a verdict, that says it. */
export const draw_missing = (event) =>
	event.missing &&
	!event.verdict &&
	h("p", { class: "pf-missing" }, icon("open"), h("span", null, event.missing));

/** How it is done, in a tab of its own. */
export const draw_sop = (sop, key) =>
	sop && h("p", { class: "pf-sop" }, link(__("How it is done: {0}", [sop.title]), sop.url, { key }));

/** Show the past cases most like an event in `place`. */
export const show_similar = (place, event) =>
	frappe.require(BUNDLES, () => frappe.perf_flow.guidance.show(place, event));

/** The part that unfolds to them. */
export function draw_similar(panel, event) {
	if (!event.learn) return null;
	if (!kept.has(panel)) kept.set(panel, {});
	const places = kept.get(panel);
	const place = (places[event.name] ||= h("div", { class: "pf-cases" }));
	const key = `similar:${event.name}`;
	const run = (e) => e.currentTarget.parentNode.open || show_similar(place, event.name);
	const summary = h("summary", { key, on: { click: run } }, __("Similar past cases"));
	return panel.fold(key, false, { class: "pf-rounds pf-similar" }, summary, place);
}
