// A file to practise with, for who has none at hand: a small picture drawn here, to be saved and given.

import { h } from "../panel/dom";

const made = new Map(); // by name: the address of the picture

function draw(number, address) {
	const canvas = document.createElement("canvas");
	Object.assign(canvas, { width: 600, height: 400 });
	const pen = canvas.getContext("2d");
	pen.fillStyle = "#ffffff";
	pen.fillRect(0, 0, 600, 400);
	pen.strokeStyle = "#2f6f5e";
	pen.lineWidth = 6;
	pen.strokeRect(20, 20, 560, 360);
	pen.fillStyle = "#1f2a30";
	pen.font = "bold 34px sans-serif";
	pen.fillText(__("Practice file {0}", [number]), 60, 120);
	pen.font = "20px sans-serif";
	// two files are never the same
	pen.fillText(frappe.datetime.now_datetime(), 60, 170);
	canvas.toBlob((blob) => {
		address.href = URL.createObjectURL(blob);
		made.set(address.download, address.href);
	}, "image/png");
}

/** Links that save as many pictures as the step asks for. */
export function practice_files(run) {
	const numbers = Array.from({ length: run.files }, (_one, i) => i + 1);
	return h(
		"span",
		{ class: "pf-coach-files" },
		__("No file at hand?"),
		numbers.map((number) => {
			const name = `practice-${run.chain}-${run.step.round}-${number}.png`;
			const address = h(
				"a",
				{ href: made.get(name) || "#", download: name, key: `file:${number}` },
				run.files > 1 ? __("Save practice file {0}", [number]) : __("Save a practice file")
			);
			if (!made.has(name)) draw(number, address);
			return [" ", address];
		})
	);
}
