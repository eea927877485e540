// The help with the words of a reason is loaded when somebody first goes to write one.

import { h } from "./dom";

const BUNDLES = ["wording.bundle.js", "wording.bundle.css"];

/**
 * The place under a field for a reason: what in it says nothing, templates, and what the person did.
 * `event` may be "" (a reason for several events: no templates); `own` whether one's own templates are listed.
 */
export function wording_help(field, event, own) {
	const place = h("div", { class: "pf-wording" });
	const begin = () =>
		frappe.require(BUNDLES, () => {
			if (!place.childNodes.length) frappe.perf_flow.wording.watch(place, field, event, own);
		});
	field.addEventListener("focus", begin, { once: true });
	// the form is drawn anew: what was shown stays
	const { wording } = frappe.perf_flow || {};
	if (wording && wording.knows(event)) begin();
	return place;
}
