// The panel in the form of a business event, or of one of its actions.

import { hear } from "./live";
import { Panel } from "./panel";

const panels = new WeakMap();

/** Show the panel of `event` in the field `fieldname` of a form. Call it at each refresh. */
export function mount_event(frm, event, fieldname = "panel") {
	const field = frm.get_field(fieldname);
	let panel = panels.get(frm);
	if (panel && (panel.subject.event !== event || !event)) {
		panel.dispose();
		panels.delete(frm);
		panel = null;
	}
	if (!field || !event || frm.is_new()) return;
	if (!panel) {
		panel = new Panel({ event }, frm);
		panels.set(frm, panel);
		panel.root.addEventListener("pf-drawn", () => follow(frm, panel));
	}
	panel.root.classList.add("pf-page");
	if (panel.root.parentNode !== field.$wrapper[0]) {
		field.$wrapper.empty().append(panel.root);
	}
	panel.draw();
	panel.refresh(`${event} ${frm.doc.modified}`);
	hear(frm);
}

/** Reload the form when a step has changed the document that it shows. */
function follow(frm, panel) {
	const [event] = (panel.state && panel.state.events) || [];
	if (!event || panel.busy.size || panel.sending || frm.is_dirty() || window.cur_frm !== frm) return;
	const shown =
		frm.doctype === "Business Event" ? event : event.steps.find((step) => step.step === frm.doc.step);
	const fields = ["state", "stage", "round", "result", "completeness"];
	const changed =
		shown &&
		fields.filter((name) => name in shown && name in frm.doc && differs(shown[name], frm.doc[name]));
	if (!changed || !changed.length) return;
	const sign = `${event.name} ${changed.map((name) => shown[name])}`;
	if (panel.followed === sign) return; // once for each change, whatever the form shows then
	panel.followed = sign;
	frm.reload_doc();
}

const differs = (a, b) => String(a || "") !== String(b || "");
