// Where the panel stands on the form of a watched document, and when it reads.

import { h } from "./dom";
import { hear } from "./live";
import { Panel } from "./panel";
import { has_work } from "./events";

const SLOT = "perf-flow-slot";
const WIDE = window.matchMedia("(min-width: 992px)"); // below, Frappe hides the sidebar
const OWN = ["Business Event", "Business Event Action"]; // their forms hold the panel themselves

const panels = new WeakMap(); // the panel of a form

/** Start watching the forms of this desk. */
export function watch_forms() {
	extend_sidebar();
	$(document).on("form-refresh", (e, frm) => on_refresh(frm));
	$(document.body).on("toggleSidebar", () => setTimeout(() => place(window.cur_frm)));
	WIDE.addEventListener("change", () => place(window.cur_frm));
}

function extend_sidebar() {
	const earlier = frappe.get_form_sidebar_extension;
	frappe.get_form_sidebar_extension = function (...args) {
		return ((earlier && earlier.apply(this, args)) || "") + `<div class="${SLOT}"></div>`;
	};
}

function is_watched(frm) {
	const watched = (frappe.boot.perf_flow && frappe.boot.perf_flow.watched) || [];
	return watched.includes(frm.doctype) && !OWN.includes(frm.doctype);
}

function on_refresh(frm) {
	if (!frm || !frm.doc || !frm.layout) return;
	let panel = panels.get(frm);
	const watched = is_watched(frm) && !frm.is_new();
	if (panel && (!watched || panel.subject.name !== frm.doc.name)) {
		panel.dispose();
		panels.delete(frm);
		panel = null;
	}
	if (!watched) return;
	if (!panel) {
		panel = new Panel({ doctype: frm.doctype, name: frm.doc.name }, frm);
		panels.set(frm, panel);
		panel.root.addEventListener("pf-drawn", () => sum_up(frm, panel));
	}
	place(frm);
	panel.draw();
	const key = `${frm.doc.name} ${frm.doc.modified} ${frm.doc.docstatus}`;
	// after what the form itself asks for
	const later = window.requestIdleCallback || ((run) => setTimeout(run, 100));
	later(() => panels.get(frm) === panel && panel.refresh(key), { timeout: 500 });
	hear(frm);
}

/** Put the panel into the sidebar, or, where there is none to see, on top of the form. */
function place(frm) {
	const panel = frm && panels.get(frm);
	if (!panel) return;
	const slot = WIDE.matches && sidebar_slot(frm);
	const held = panel.held_focus();
	if (slot) {
		slot.append(panel.root);
		panel.root.classList.remove("pf-inline");
		if (panel.cover) panel.cover.remove();
	} else {
		if (!panel.cover) panel.cover = make_cover();
		panel.cover.append(panel.root);
		panel.root.classList.add("pf-inline");
		const layout = frm.layout.wrapper[0];
		if (layout.firstChild !== panel.cover) layout.prepend(panel.cover);
		sum_up(frm, panel);
	}
	panel.give_focus(held);
}

function sidebar_slot(frm) {
	const sidebar = frm.sidebar && frm.sidebar.sidebar && frm.sidebar.sidebar[0];
	const side = frm.page.sidebar && frm.page.sidebar[0];
	if (!sidebar || !side || side.style.display === "none") return null;
	// another app may have replaced the extension
	const slot = sidebar.querySelector(`.${SLOT}`) || h("div", { class: SLOT });
	const first = sidebar.querySelector(".form-assignments");
	if (first) first.before(slot);
	else if (!slot.isConnected) sidebar.append(slot);
	return slot;
}

// On a narrow screen the panel folds into one line, open when there is something to do for the reader.
function make_cover() {
	const line = h("summary", { class: "pf-cover-line" }, __("Performance Flow"));
	return h("details", { class: "perf-flow-cover", on: { click: note_choice } }, line);
}

function note_choice(event) {
	const line = event.target.closest("summary");
	if (line && line.parentNode === event.currentTarget) event.currentTarget.dataset.chosen = "1";
}

function sum_up(frm, panel) {
	const cover = panel.cover;
	if (!cover || !cover.isConnected) return;
	const { events = [], manual_types = [] } = panel.state || {};
	const open = events.filter((event) => event.state === "Open");
	const work = open.filter(has_work);
	const words = work.length
		? __("Performance Flow · {0} for you", [work.length])
		: open.length
		? __("Performance Flow · {0} open", [open.length])
		: __("Performance Flow");
	cover.querySelector("summary").textContent = words;
	// nothing to show: no line either
	cover.hidden =
		panel.status === "loading" ||
		panel.status === "denied" ||
		(panel.status === "ready" && !events.length && !manual_types.length);
	// it never folds by itself: what became of a step just taken is read here
	if (!cover.dataset.chosen && (work.length > 0 || panel.status === "failed")) cover.open = true;
	if (panel.waiting || panel.uploads.length) cover.open = true;
}
