// What the verifier says: whether the evidence proves what it is to prove, line by line, with a link to each piece.

import { h, icon, link } from "./dom";
import { file_address } from "./shared";

const LONGEST = 60; // characters of a text that stands for a piece

const OUTCOMES = {
	Holds: () => __("right", null, "Check"),
	Excused: () => __("accepted", null, "Check"),
	Fails: () => __("not right", null, "Check"),
	Unknown: () => __("not known yet", null, "Check"),
};

const shortened = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** Whether it is achieved, in a word, with both shares; the sentence that says what is missing; each check. */
export function draw_verdict(verdict, title = __("Verdict of the checks")) {
	return h(
		"section",
		{
			class: `pf-verdict${verdict.achieved ? " pf-achieved" : ""}`,
			"data-achieved": verdict.achieved ? "1" : "0",
			"aria-label": title,
		},
		h(
			"p",
			{ class: `pf-notice ${verdict.achieved ? "pf-done" : "pf-warning"}` },
			icon(verdict.achieved ? "done" : "alert"),
			h("span", null, verdict.summary)
		),
		h(
			"p",
			{ class: "pf-hint" },
			__("Complete {0} % · right {1} %", [Math.round(verdict.completeness), Math.round(verdict.match)])
		),
		h("ul", { class: "pf-list" }, verdict.lines.map(draw_line))
	);
}

function draw_line(line) {
	return h(
		"li",
		{ class: `pf-check${line.accepted ? " pf-satisfied" : ""}`, "data-check": line.label, "data-outcome": line.outcome },
		h(
			"div",
			{ class: "pf-line" },
			h(
				"span",
				{ class: "pf-tick" },
				icon(line.accepted ? "done" : line.outcome === "Unknown" ? "open" : "alert")
			),
			h(
				"span",
				{ class: "pf-label" },
				line.label,
				" ",
				h("span", { class: "pf-tag" }, OUTCOMES[line.outcome]()),
				line.alternative &&
					h("span", { class: "pf-tag" }, __("one of “{0}” is enough", [line.alternative]))
			)
		),
		h(
			"div",
			{ class: "pf-under" },
			line.reasons.map((reason) => h("p", { class: "pf-hint" }, reason)),
			line.pieces.length > 0 &&
				h(
					"ul",
					{ class: "pf-pieces" },
					line.pieces.map((piece) =>
						h(
							"li",
							{ class: "pf-piece" },
							link(
								shortened(piece.title),
								piece.kind === "File" ? file_address(piece.url) : piece.url,
								{ class: "pf-piece-name" }
							)
						)
					)
				)
		)
	);
}
