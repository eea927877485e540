// Changes that others make, as they make them.

import { all_panels, panels_about } from "./panel";

let listening = false;

/** Hear of changes to the document of a form. Frappe's form joins the document's room itself. */
export function hear(frm) {
	listen();
	const realtime = frappe.realtime;
	const room = `${frm.doctype}:${frm.docname}`;
	if (!realtime.open_docs || realtime.open_docs.has(room)) return;
	// Frappe joins at most one room a second; a form opened faster than that is left out
	setTimeout(() => {
		if (window.cur_frm === frm && !realtime.open_docs.has(room))
			realtime.doc_subscribe(frm.doctype, frm.docname);
	}, 1200);
}

function listen() {
	// the socket is there only after the desk has started
	if (listening || !frappe.realtime.socket) return;
	listening = true;
	frappe.realtime.on("perf_flow_changed", (data) => {
		for (const panel of panels_about(data.doctype, data.name)) panel.changed();
	});
	let lost = false;
	frappe.realtime.on("disconnect", () => (lost = true));
	frappe.realtime.on("connect", () => {
		if (!lost) return;
		lost = false;
		// what was said meanwhile was not heard, and the rooms are gone
		for (const panel of all_panels()) {
			if (!panel.form || !panel.in_front) continue;
			frappe.realtime.emit("doc_subscribe", panel.form.doctype, panel.form.docname);
			panel.changed();
		}
	});
}
