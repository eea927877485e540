// Files that come from outside the panel: dragged anywhere over the form, or pasted from the clipboard.
//
// What an element of the desk takes itself stays with it: a dialog, a text that is being written, a drag
// that began on the page. Frappe's own attachments keep their place at the foot of the targets.

import { h, icon } from "./dom";
import { dropped, hint } from "./files";
import { all_panels } from "./panel";

/** Whether files, from outside this page, are being dragged. */
export const has_files = (e) =>
	!from_page && Array.from((e.dataTransfer && e.dataTransfer.types) || []).includes("Files");

let from_page = false; // an image of the page looks like a file, too
let overlay = null;
let leaving = null;

/** Start taking files. */
export function watch_files() {
	const on = (name, run) => window.addEventListener(name, run, true);
	on("dragstart", () => (from_page = true));
	on("dragend", () => {
		from_page = false;
		hide();
	});
	on("dragenter", over);
	on("dragover", over);
	// out of the window; some browsers say so within it as well, and go on
	on("dragleave", (e) => !e.relatedTarget && (leaving = leaving || setTimeout(hide, 200)));
	on("drop", () => setTimeout(hide));
	on("mousemove", () => overlay && hide()); // there is none while something is dragged
	window.addEventListener("paste", pasted);
}

const in_dialog = () => document.querySelector(".modal.show");

/** What a panel stands for: the page of its form, or the part of a page marked for it. */
const scope = (panel) =>
	panel.form ? panel.form.$wrapper[0] : panel.root.closest(".pf-drop-zone") || panel.root;

function over(e) {
	clearTimeout(leaving);
	leaving = null;
	if (!has_files(e) || (overlay && overlay.contains(e.target))) return;
	const panel =
		!in_dialog() &&
		// on a requirement itself, that one takes the file
		!e.target.closest?.(".pf-takes") &&
		all_panels().find((one) => one.in_front && scope(one).contains(e.target) && one.places().length);
	if (panel) show(panel);
	else hide();
}

function hide() {
	clearTimeout(leaving);
	leaving = null;
	if (overlay) overlay.remove();
	overlay = null;
}

function show(panel) {
	if (overlay) return;
	const places = panel.places();
	const several = new Set(places.map((place) => place.event)).size > 1;
	const targets = places.map(({ event, requirement }) => {
		const target = h(
			"div",
			{ class: "pf-drop-target", "data-event": event.name, "data-requirement": requirement.key },
			icon("upload"),
			h("strong", null, requirement.label),
			several && h("span", null, event.title),
			h("span", { class: "pf-hint" }, hint(requirement) || __("any file"))
		);
		target.take = (files) => panel.add_files(event, requirement, files);
		return target;
	});
	const own = panel.form && !panel.subject.event;
	overlay = h(
		"div",
		{ class: "perf-flow pf-drop", "aria-hidden": "true" },
		h(
			"p",
			{ class: "pf-drop-title" },
			targets.length > 1 ? __("Drop it where it belongs") : __("Drop it to give it as evidence")
		),
		h("div", { class: "pf-drop-targets" }, targets),
		own && h("div", { class: "pf-drop-else" }, __("Or drop it here: only attach it to the document"))
	);
	const around = scope(panel);
	const box = around.getBoundingClientRect();
	const top = Math.max(0, box.top);
	Object.assign(overlay.style, {
		top: `${top}px`,
		left: `${box.left}px`,
		width: `${box.width}px`,
		height: `${Math.min(window.innerHeight, box.bottom) - top}px`,
	});
	let lit = null;
	const take = (e) => {
		if (!has_files(e) || e.target.closest(".pf-drop-else")) return; // the form's own
		const target = targets.length > 1 ? e.target.closest(".pf-drop-target") : targets[0];
		e.preventDefault();
		e.stopPropagation();
		if (lit !== target) {
			if (lit) lit.classList.remove("pf-over");
			if (target) target.classList.add("pf-over");
			lit = target;
		}
		e.dataTransfer.dropEffect = target ? "copy" : "none";
		if (e.type !== "drop") return;
		const files = dropped(e.dataTransfer);
		hide();
		if (target && files.length) target.take(files);
		else if (target) panel.refuse_folder();
	};
	for (const name of ["dragenter", "dragover", "drop"]) overlay.addEventListener(name, take);
	// inside the form, so that what is not ours reaches it
	around.append(overlay);
}

// The clipboard -----------------------------------------------------------------------------------------

const WRITTEN = "input, textarea, select, [contenteditable=true]";

function pasted(e) {
	const files = Array.from((e.clipboardData && e.clipboardData.files) || []);
	if (!files.length || e.defaultPrevented || in_dialog()) return;
	// cells and words come with a picture of themselves
	const text = Array.from(e.clipboardData.types).includes("text/plain");
	const place = e.target.closest ? e.target.closest(WRITTEN) : null;
	if (text && (place || files.every(is_picture))) return;
	if (place && place.isContentEditable) return;
	const panels = all_panels().filter((panel) => panel.in_front && panel.places(true).length);
	const panel =
		panels.length > 1 ? panels.find((one) => scope(one).contains(document.activeElement)) : panels[0];
	if (!panel) return;
	e.preventDefault();
	panel.offer(files.map((file) => (is_picture(file) ? named(file, panel) : file)));
}

const is_picture = (file) => /^image\.\w+$/.test(file.name); // what browsers call a picture without a name

/** A picture of the clipboard under the name "Screenshot 2026-11-21 14.05.png". */
function named(file, panel) {
	const name = `${__("Screenshot")} ${moment().format("YYYY-MM-DD HH.mm")}`;
	const ending = file.name.slice(file.name.lastIndexOf("."));
	const taken = panel.file_names();
	let number = 1;
	const full = () => `${name}${number > 1 ? ` (${number})` : ""}${ending}`;
	while (taken.has(full())) number += 1;
	return new File([file], full(), { type: file.type });
}
