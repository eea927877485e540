// What can be known of a file before it is sent. The server checks everything again.

import { h } from "./dom";

const accepted = (requirement) =>
	(requirement.accept || "")
		.split(",")
		.map((part) => part.trim().toLowerCase())
		.filter(Boolean);

/** The largest file that goes through, in MB of a million bytes; 0 when nothing limits it. */
export function largest(requirement) {
	const site = (frappe.boot.perf_flow || {}).maximum_mb;
	const frappe_limit = frappe.boot.max_file_size ? frappe.boot.max_file_size / 1e6 : 0;
	const limits = [requirement.maximum_mb, site, frappe_limit].filter((limit) => limit > 0);
	return limits.length ? Math.min(...limits) : 0;
}

/** The kinds of file as people write them: "PDF, JPG". Empty when any is taken. */
export function kinds(requirement) {
	return accepted(requirement)
		.map((part) => part.replace(/^\./, "").replace(/\/\*$/, "").toUpperCase())
		.join(", ");
}

function fits(file, part) {
	if (part.startsWith(".")) return file.name.toLowerCase().endsWith(part);
	if (part.endsWith("/*")) return file.type.startsWith(part.slice(0, -1));
	return file.type === part;
}

/** Why this file cannot be given here, or an empty string. */
export function objection(requirement, file) {
	const types = accepted(requirement);
	if (!file.size) return __("The file is empty. Please choose the file again.");
	if (types.length && !types.some((part) => fits(file, part))) {
		return __("This file type is not taken here. Taken are: {0}.", [kinds(requirement)]);
	}
	const limit = largest(requirement);
	if (limit && file.size / 1e6 > limit) {
		return __("The file has {0} MB; at most {1} MB are taken.", [
			(file.size / 1e6).toFixed(1),
			number(limit),
		]);
	}
	return "";
}

const number = (value) => String(Math.round(value * 10) / 10);

/** One line on what is taken. */
export function hint(requirement) {
	const parts = [];
	if (requirement.minimum > 1) parts.push(__("at least {0} files", [requirement.minimum]));
	const types = kinds(requirement);
	if (types) parts.push(types);
	const limit = largest(requirement);
	if (limit) parts.push(__("up to {0} MB", [number(limit)]));
	return parts.join(" · ");
}

/** Whether a photo of this device's camera can be the file. A camera gives JPEG. */
export function takes_photo(requirement) {
	if (!window.matchMedia("(any-pointer: coarse)").matches) return false;
	const types = accepted(requirement);
	return !types.length || types.some((part) => /^(\.jpe?g|image\/(\*|jpeg))$/.test(part));
}

/** The hidden input behind an "Add file" or "Take photo" button; `run` gets the files chosen. */
export function chooser(run, camera) {
	const input = h("input", {
		type: "file",
		class: "pf-file-input",
		tabindex: "-1",
		"aria-hidden": "true",
		capture: camera ? "environment" : null,
	});
	input.addEventListener("change", () => {
		const files = Array.from(input.files);
		input.value = ""; // the same file may be chosen again
		if (files.length) run(files);
	});
	return input;
}

/** The files of a drop; folders are left out. */
export function dropped(transfer) {
	const items = Array.from(transfer.items || []);
	return Array.from(transfer.files || []).filter((file, index) => {
		const entry = items[index] && items[index].webkitGetAsEntry && items[index].webkitGetAsEntry();
		return !(entry && entry.isDirectory);
	});
}
