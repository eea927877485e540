// Frappe's number cards and charts of the app, made to lead somewhere and to say what they are:
// a click on a bar or point opens the events behind it; cards and charts can be reached and read without a
// mouse; an empty chart says what to do, and one that failed can be tried again.
//
// Frappe's widgets stay as they are. What they show is watched on the page, and what they asked the server is
// heard from the request itself.

import { button, h } from "../panel/dom";
import { leave_when_ready } from "./early";

const MODULE = "Perf Flow";
const RUN = "frappe.desk.query_report.run";
const KEPT = 40;

const answers = []; // of our reports, newest first: {report, filters, chart}
const failures = new Set(); // of charts "report group picture", of cards their method

/** Watch the desk's workspaces from now on. */
export function help_figures() {
	if (frappe.perf_flow.figures_helped) return;
	frappe.perf_flow.figures_helped = true;

	$(document).on("ajaxSuccess", (event, xhr, settings, answer) => {
		const asked = read_request(settings);
		if (!asked) return;
		failures.delete(asked.key);
		if (asked.report && answer && answer.message) {
			answers.unshift({ ...asked, chart: answer.message.chart || {} });
			answers.length = Math.min(answers.length, KEPT);
		}
		soon();
	});
	$(document).on("ajaxError", (event, xhr, settings) => {
		const asked = read_request(settings);
		if (!asked) return;
		failures.add(asked.key);
		soon();
	});

	document.addEventListener("click", open_point);
	document.addEventListener("keydown", press_card);
	new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
	soon();
}

let planned = false;
function soon() {
	if (planned) return;
	planned = true;
	requestAnimationFrame(() => {
		planned = false;
		leave_when_ready();
		if ((frappe.get_route() || [])[0] !== "Workspaces") return;
		document.querySelectorAll(".dashboard-widget-box").forEach(help_chart);
		document.querySelectorAll(".ce-block .number-widget-box").forEach(help_card);
	});
}

/** What a request asked for, if it is one of a chart or card of ours. */
function read_request({ url, data }) {
	const method = (url || "").split("/api/method/")[1]?.split("?")[0];
	if (!method) return null;
	if (method.startsWith("perf_flow.api.")) return { key: method };
	if (method !== RUN) return null;
	const query = (url.split("?")[1] || "") + "&" + (typeof data === "string" ? data : "");
	const sent = new URLSearchParams(query);
	const report = sent.get("report_name");
	let filters = {};
	try {
		filters = JSON.parse(sent.get("filters") || "{}");
	} catch {
		return null; // not a request of a chart
	}
	return { report, filters, key: chart_key(report, filters) };
}

function chart_key(report, { group_by = "", picture = "" }) {
	return [report, group_by, picture].join("|");
}

// --- charts -----------------------------------------------------------------------------------------

function doc_of(doctype, widget, attribute) {
	const name = widget.closest(`[${attribute}]`)?.getAttribute(attribute);
	const doc = name && frappe.get_doc(doctype, name);
	return doc && doc.module === MODULE ? doc : null;
}

function key_of(doc) {
	return chart_key(doc.report_name, JSON.parse(doc.filters_json || "{}"));
}

/** The newest answer that a chart was drawn from; null when its reader set other groups in it. */
function answer_of(doc, widget) {
	const key = key_of(doc);
	const found = answers.find((answer) => answer.key === key);
	const labels = found?.chart.data?.labels;
	return labels?.length && widget.querySelector("svg.frappe-chart") ? found : null;
}

function title_of(widget) {
	return widget.querySelector(".widget-title")?.textContent.trim() || "";
}

function help_chart(widget) {
	const doc = doc_of("Dashboard Chart", widget, "chart_name");
	if (!doc || !doc.report_name) return;
	const [loading, empty] = widget.querySelectorAll(".chart-loading-state");
	if (empty && !empty.dataset.pf) {
		empty.dataset.pf = "1";
		empty.replaceChildren(draw_empty(doc));
	}
	if (loading) {
		const failed = failures.has(key_of(doc));
		if (failed && !loading.dataset.pf) {
			loading.dataset.pf = "1";
			loading.replaceChildren(draw_failure(widget));
		}
	}
	const svg = widget.querySelector("svg.frappe-chart");
	const found = answer_of(doc, widget);
	if (svg && found) {
		const said = in_words(widget, found.chart);
		if (svg.getAttribute("aria-label") !== said) {
			svg.setAttribute("role", "img");
			svg.setAttribute("aria-label", said);
			widget.classList.toggle("pf-leads", Boolean(found.chart.behind));
		}
	}
	const menu = widget.querySelector(".chart-menu");
	if (menu && !menu.hasAttribute("aria-label")) {
		menu.setAttribute("aria-label", __("Menu of {0}", [title_of(widget)]));
	}
	const filter = widget.querySelector(".filter-chart");
	if (filter && !filter.hasAttribute("role")) {
		filter.setAttribute("role", "button");
		filter.setAttribute("tabindex", "0");
		filter.setAttribute("aria-label", __("Filters of {0}", [title_of(widget)]));
	}
	const footer = widget.querySelector(".widget-footer");
	if (footer && !footer.firstChild) {
		footer.append(
			h(
				"a",
				{
					class: "pf-as-table",
					href: "#",
					"aria-label": __("{0} as a table", [title_of(widget)]),
					on: { click: (event) => open_report(event, doc, widget) },
				},
				__("As a table")
			)
		);
	}
}

/** A chart in words: each label with its values. */
function in_words(widget, chart) {
	const { labels, datasets } = chart.data;
	const unit = chart.fieldtype === "Percent" ? "%" : "";
	const points = labels.map((label, index) => {
		const values = datasets.map((set) =>
			datasets.length > 1
				? `${set.name} ${set.values[index]}${unit}`
				: `${set.values[index]}${unit}`
		);
		return `${label}: ${values.join(", ")}`;
	});
	return `${title_of(widget)}. ${points.join("; ")}`;
}

function draw_empty(doc) {
	const texts = {
		"Open steps by stage": __("Nothing waits. Every event of these weeks is finished."),
		"Share found by the sweep": __(
			"The sweep found nothing that the documents had not told themselves. All is well."
		),
		"My team by person": __("Nothing is open among the people below you."),
		"My team closed by week": __("Nothing was closed among the people below you in these weeks."),
		"Why my team is late": __("Nobody is late. All is well."),
		"Median hours of each step": __("No step is finished yet. Hours appear with the first one."),
	};
	const none = __("Nothing counted yet. Figures appear once events are closed or past their target.");
	const type = frappe.model.can_create("Business Event Type");
	return h(
		"div",
		{ class: "perf-flow pf-chart-note" },
		h("p", null, texts[doc.name] || none),
		type &&
			!texts[doc.name] &&
			h("a", { href: "/app/business-event-type" }, __("See which event types are switched on"))
	);
}

function draw_failure(widget) {
	const again = () => {
		const refresh = widget.querySelector('[data-action="action-refresh"]');
		if (refresh) refresh.click();
	};
	return h(
		"div",
		{ class: "perf-flow pf-chart-note", role: "alert" },
		h("p", null, __("These figures could not be read.")),
		button(__("Try again", null, "Performance Flow"), again)
	);
}

function open_report(event, doc, widget) {
	event.preventDefault();
	const found = answer_of(doc, widget);
	const filters = found ? found.filters : frappe.dashboard_utils.get_all_filters(doc);
	frappe.set_route("query-report", doc.report_name, filters);
}

/** A click on a bar or point: the events behind it. */
function open_point(event) {
	const widget = event.target.closest?.(".dashboard-widget-box.pf-leads");
	if (!widget || !event.target.closest(".chart-container")) return;
	const doc = doc_of("Dashboard Chart", widget, "chart_name");
	const found = doc && answer_of(doc, widget);
	if (!found) return;
	// what was hit, or what the tooltip under the pointer speaks of
	const tip = widget.querySelector(".graph-svg-tip[data-point-index]");
	const hit = event.target.closest("[data-point-index]") || tip;
	const behind = hit && found.chart.behind[Number(hit.getAttribute("data-point-index"))];
	if (!behind) return;
	frappe.route_options = { ...behind };
	frappe.set_route("List", "Business Event", "List");
}

// --- number cards -----------------------------------------------------------------------------------

function help_card(widget) {
	const doc = doc_of("Number Card", widget, "number_card_name");
	if (!doc) return;
	const body = widget.querySelector(".widget-body");
	if (!body) return;
	if (failures.has(doc.method)) {
		const loading = body.querySelector(".number-card-loading");
		if (loading && !loading.dataset.pf) {
			loading.dataset.pf = "1";
			loading.replaceChildren(draw_failure(widget));
		}
		body.removeAttribute("role");
		body.removeAttribute("tabindex");
		return;
	}
	const number = body.querySelector(".number");
	if (!number) return;
	if (number.textContent.trim() === "— (0)") {
		number.replaceChildren(
			"—",
			h("span", { class: "pf-card-note" }, __("nothing counted yet"))
		);
	}
	const said = `${title_of(widget)}: ${number.textContent.trim()}`;
	if (body.getAttribute("aria-label") === said) return;
	body.setAttribute("role", "link");
	body.setAttribute("tabindex", "0");
	body.setAttribute("aria-label", said);
	const menu = widget.querySelector(".card-actions > a");
	if (menu) {
		menu.setAttribute("role", "button");
		menu.setAttribute("aria-label", __("Menu of {0}", [title_of(widget)]));
	}
}

function press_card(event) {
	const place = event.target;
	if (event.key !== "Enter" && event.key !== " ") return;
	const card = place.matches?.('.number-widget-box > .widget-body[role="link"]');
	const filter = place.matches?.('.filter-chart[role="button"]');
	if (!card && !filter) return;
	event.preventDefault();
	place.click();
}
