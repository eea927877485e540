// The figures of a workspace as soon as it is opened, while Frappe still reads the page, its cards and charts.
//
// They look like Frappe's cards, lead to the same rows, and make way for them once these show their numbers.
// What the cards and charts are is read in one request as well and handed to Frappe, which then asks for none of
// them one by one.

import { read } from "../panel/client";
import { h } from "../panel/dom";

const LONGEST = 15000; // milliseconds until the early figures go, whatever became of the others
const PRIMED = ["Number Card", "Dashboard Chart"];

let shown = null; // {name, strip, figures, since}

/** Show the figures that were asked for when the workspace was opened; those of another one go. */
export function show_early() {
	leave();
	const { name, parts } = frappe.perf_flow.early;
	const strip = h("div", { class: "pf-early", "aria-busy": "true" });
	const mine = (shown = { name, strip, figures: new Map(), since: Date.now() });
	for (const { start, asked } of parts) {
		asked.then(
			(cards) => {
				if (shown !== mine) return;
				cards.forEach((card, index) => mine.figures.set(start + index, card));
				draw(mine);
			},
			(error) => {
				// the cards themselves say what went wrong
				if (shown === mine) leave();
				console.warn(error);
			}
		);
	}
	read("desk.widgets", { workspace: name }).then(prime, (error) => console.warn(error));
	place(mine);
}

/** Take the early figures away, as soon as Frappe's own cards show theirs or another page is in front. */
export function leave_when_ready() {
	if (!shown) return;
	const [view, name] = frappe.get_route() || [];
	const body = shown.strip.parentElement;
	const cards = body ? [...body.querySelectorAll(".ce-block .number-widget-box")] : [];
	const ready = cards.length && cards.every((card) => card.querySelector(".number"));
	if (view !== "Workspaces" || name !== shown.name || ready || Date.now() - shown.since > LONGEST) {
		leave();
	}
}

function leave() {
	if (!shown) return;
	const body = shown.strip.parentElement;
	// who had the focus on a figure keeps it
	const at = [...shown.strip.querySelectorAll(".pf-early-card")].indexOf(document.activeElement);
	shown.strip.remove();
	if (body) {
		body.classList.remove("pf-early-on");
		const cards = body.querySelectorAll(".ce-block .number-widget-box > .widget-body");
		if (at >= 0 && cards[at]) cards[at].focus({ preventScroll: true });
	}
	shown = null;
}

/** Put the figures at the top of the workspace, once the desk has made its page. */
function place(mine, tries = 0) {
	if (shown !== mine || mine.strip.isConnected) return;
	const body = document.querySelector("#page-Workspaces .layout-main-section");
	if (!body) {
		if (tries < 300) requestAnimationFrame(() => place(mine, tries + 1));
		return;
	}
	body.prepend(mine.strip);
	if (mine.figures.size) body.classList.add("pf-early-on");
}

function draw(mine) {
	const cards = [...mine.figures].sort(([one], [other]) => one - other).map(([, card]) => card);
	mine.strip.replaceChildren(...cards.map(draw_card));
	if (cards.length && mine.strip.parentElement) {
		mine.strip.parentElement.classList.add("pf-early-on");
	}
}

function draw_card(card) {
	const go = () => {
		if (!card.route) return;
		if (card.route_options) frappe.route_options = card.route_options;
		frappe.set_route(card.route);
	};
	return h(
		"button",
		{
			type: "button",
			class: "widget number-widget-box pf-early-card",
			style: `grid-column: span ${card.col}`,
			on: { click: go },
		},
		h(
			"span",
			{ class: "widget-head" },
			h(
				"span",
				{ class: "widget-label" },
				h("span", { class: "widget-title" }, h("span", { class: "ellipsis" }, card.label))
			)
		),
		h("span", { class: "widget-body" }, h("span", { class: "widget-content" }, number_of(card)))
	);
}

function number_of(card) {
	if (card.value === "— (0)") {
		return h(
			"span",
			{ class: "number" },
			"—",
			h("span", { class: "pf-card-note" }, __("nothing counted yet"))
		);
	}
	const short = frappe.utils.shorten_number(card.value, frappe.sys_defaults.country, 5);
	return h("span", { class: "number" }, short + (card.fieldtype === "Percent" ? "%" : ""));
}

/** Hand Frappe what it would ask for one by one; later readings ask anew. */
function prime({ docs, scripts }) {
	for (const [report, script] of Object.entries(scripts)) {
		if (!frappe.query_reports[report]) frappe.dom.eval(script);
	}
	const primed = docs.filter(
		(doc) =>
			PRIMED.includes(doc.doctype) && !frappe.model.get_docinfo(doc.doctype, doc.name)
	);
	frappe.model.sync(primed);
	for (const { doctype, name } of primed) {
		(frappe.model.docinfo[doctype] = frappe.model.docinfo[doctype] || {})[name] = {};
	}
	setTimeout(() => {
		for (const { doctype, name } of primed) {
			const info = frappe.model.docinfo[doctype]?.[name];
			if (info && !Object.keys(info).length) delete frappe.model.docinfo[doctype][name];
		}
	}, LONGEST);
}
