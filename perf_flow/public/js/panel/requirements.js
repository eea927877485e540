// One evidence requirement: whether it is there, and the way to give it.

import { cause_picker, clear_picker } from "./causes";
import { button, h, icon, link, spoken, warnings_of } from "./dom";
import { draw_notice } from "./events";
import { dropped, hint, takes_photo } from "./files";
import { draw_sop } from "./guidance";
import { has_files } from "./intake";
import { file_address } from "./shared";
import { full } from "./time";

const GIVEN_BY_HAND = {
	File: file_controls,
	Link: link_controls,
	Text: text_controls,
	"Root Cause": cause_controls,
};

/** How many characters of a text say something: letters, digits and ideographs, as the server counts. */
export function visible_characters(text) {
	return (text.normalize("NFC").match(/[\p{L}\p{N}]/gu) || []).length;
}

const place = (event, requirement) => `${event.name}:${requirement.key}`;

/** The list item of a requirement. */
export function draw_requirement(panel, event, requirement) {
	const automatic = requirement.kind === "Field" || requirement.kind === "Linked Document";
	const where = place(event, requirement);
	const controls = requirement.may_give && event.state === "Open" && GIVEN_BY_HAND[requirement.kind];
	const item = h(
		"li",
		{
			class: `pf-requirement${requirement.satisfied ? " pf-satisfied" : ""}`,
			"data-requirement": requirement.key,
			"data-kind": requirement.kind,
		},
		h(
			"div",
			{ class: "pf-line" },
			h("span", { class: "pf-tick" }, icon(requirement.satisfied ? "done" : "open")),
			h(
				"span",
				{ class: "pf-label" },
				requirement.label,
				" ",
				spoken(requirement.satisfied ? __("(given)") : __("(missing)")),
				!requirement.mandatory &&
					h("span", { class: "pf-tag" }, __("optional", null, "Evidence requirement")),
				automatic && h("span", { class: "pf-tag" }, __("from ERP"))
			)
		),
		requirement.guidance &&
			!requirement.satisfied &&
			event.state === "Open" &&
			h("p", { class: "pf-guidance" }, requirement.guidance),
		!requirement.satisfied && event.state === "Open" && draw_sop(requirement.sop, `sop:${where}`),
		automatic &&
			!requirement.satisfied &&
			event.state === "Open" &&
			h("p", { class: "pf-hint" }, __("Is ticked by itself as soon as the ERP shows it.")),
		requirement.kind === "Sign-off" &&
			!requirement.satisfied &&
			event.state === "Open" &&
			h(
				"p",
				{ class: "pf-hint" },
				__("Signed by {0}, once everything else is there.", [
					requirement.departments.join(__(", ", null, "Between words of a list")),
				])
			),
		requirement.pieces.length > 0 &&
			h(
				"ul",
				{ class: "pf-pieces" },
				requirement.pieces.map((piece) => [
					draw_piece(panel, event, requirement, piece),
					draw_found(piece),
				])
			),
		panel.uploads
			.filter((one) => one.event === event.name && one.requirement === requirement.key)
			.map((one) => draw_upload(panel, one)),
		draw_notice(panel, where),
		controls && controls(panel, event, requirement, where)
	);
	if (controls === file_controls) {
		item.classList.add("pf-takes");
		take_drops(panel, event, requirement, item);
	}
	return item;
}

const WORDS = ["Text", "Root Cause", "Sign-off"];

const piece_name = (piece) => piece.title || piece.value || __("Evidence");

function piece_words(event, piece) {
	const by = piece.automatic
		? __("Read from ERP data {0}", [full(piece.given_at)])
		: __("Given by {0}, {1}", [piece.given_by_name, full(piece.given_at)]);
	if (WORDS.includes(piece.kind)) return h("span", { class: "pf-text", title: by }, piece_name(piece));
	return link(piece_name(piece), piece.kind === "File" ? file_address(piece.url) : piece.url, {
		title: by,
		class: "pf-piece-name",
		key: `piece:${event.name}:${piece.piece}`,
	});
}

/** A piece of an earlier round, with what it was given for. */
export function draw_earlier_piece(event, piece) {
	return h(
		"li",
		{ class: "pf-piece" },
		h("span", { class: "pf-hint" }, piece.label),
		piece_words(event, piece),
		warnings_of(piece)
	);
}

function draw_found(piece) {
	const found = warnings_of(piece);
	return found.length > 0 && h("li", { "data-found": piece.piece }, found);
}

function draw_piece(panel, event, requirement, piece) {
	const name = piece_name(piece);
	const where = place(event, requirement);
	return h(
		"li",
		{ class: "pf-piece" },
		piece_words(event, piece),
		piece.may_withdraw &&
			event.state === "Open" &&
			h(
				"button",
				{
					type: "button",
					class: "pf-small",
					key: `withdraw:${event.name}:${piece.piece}`,
					"aria-label": __("Take back {0}", [name]),
					title: __("Take back"),
					on: {
						click: async () => {
							const said = __("{0} was taken back.", [name]);
							const args = { event: event.name, piece: piece.piece };
							if (await panel.step(where, "steps.withdraw", args, said)) {
								panel.focus_on(`file:${where}`, `give:${where}`, `again:${where}`);
							}
						},
					},
				},
				icon("remove")
			)
	);
}

// Files -----------------------------------------------------------------------------------------------

function file_controls(panel, event, requirement, where) {
	const input = panel.chooser(event, requirement, false);
	const camera = takes_photo(requirement) && panel.chooser(event, requirement, true);
	const label = requirement.pieces.length ? __("Add another file") : __("Add file");
	return h(
		"div",
		{ class: "pf-controls" },
		input,
		camera,
		h(
			"div",
			{ class: "pf-buttons" },
			button(
				label,
				() => input.click(),
				{
					key: `file:${where}`,
					variant: requirement.satisfied ? "default" : "primary",
					"aria-label": __("{0}: {1}", [label, requirement.label]),
				},
				"upload"
			),
			camera &&
				button(
					__("Take photo"),
					() => camera.click(),
					{
						key: `camera:${where}`,
						"aria-label": __("{0}: {1}", [__("Take photo"), requirement.label]),
					},
					"camera"
				)
		),
		!requirement.satisfied && h("p", { class: "pf-hint" }, hint(requirement) || __("any file")),
		h("p", { class: "pf-drop-words", "aria-hidden": "true" }, __("Drop the file here"))
	);
}

function take_drops(panel, event, requirement, item) {
	let depth = 0; // enter and leave also come from the elements inside
	const mark = () => item.classList.toggle("pf-over", depth > 0);
	const listeners = {
		dragenter: () => (depth += 1),
		dragover: (e) => (e.dataTransfer.dropEffect = "copy"),
		dragleave: () => (depth = Math.max(0, depth - 1)),
		drop: (e) => {
			depth = 0;
			const files = dropped(e.dataTransfer);
			if (files.length) panel.add_files(event, requirement, files);
			else panel.refuse_folder(place(event, requirement));
			panel.draw();
		},
	};
	for (const [name, run] of Object.entries(listeners)) {
		item.addEventListener(name, (e) => {
			if (!has_files(e)) return;
			// the form would attach it to the document instead
			e.preventDefault();
			e.stopPropagation();
			run(e);
			mark();
		});
	}
}

function draw_upload(panel, item) {
	const failed = item.status === "failed" || item.status === "refused";
	return h(
		"div",
		{ class: `pf-upload${failed ? " pf-error" : ""}` },
		h(
			"div",
			{ class: "pf-upload-line" },
			failed && icon("alert"),
			h("span", { class: "pf-piece-name" }, item.file.name),
			h(
				"button",
				{
					type: "button",
					class: "pf-small",
					key: `drop:${item.event}:${item.id}`,
					"aria-label": failed
						? __("Dismiss {0}", [item.file.name], "Message")
						: __("Cancel the upload of {0}", [item.file.name]),
					title: failed ? __("Dismiss", null, "Message") : __("Cancel the upload"),
					on: { click: () => panel.drop_upload(item) },
				},
				icon("remove")
			)
		),
		failed
			? h("p", { class: "pf-upload-message" }, item.message)
			: h("progress", {
					max: 100,
					value: item.percent,
					"data-upload": item.id,
					"aria-label": __("Upload of {0}", [item.file.name]),
			  }),
		item.status === "failed" &&
			button(__("Try again", null, "Performance Flow"), () => panel.retry_upload(item), {
				key: `retry:${item.event}:${item.id}`,
			})
	);
}

// Links and texts ---------------------------------------------------------------------------------------

function give(panel, event, requirement, where, value) {
	const draft = `give:${where}`;
	const before = panel.pieces(event.name, requirement.key);
	const said = __("{0} was given.", [requirement.label]);
	return panel
		.step(
			where,
			"steps.give",
			{ event: event.name, requirement: requirement.key, value },
			said
		)
		.then((accepted) => {
			if (!accepted) return;
			const now = panel.pieces(event.name, requirement.key);
			panel.remember(
				event.name,
				said,
				now.filter((piece) => !before.includes(piece))
			);
			panel.set_draft(draft, "");
			panel.folds.delete(`again:${where}`);
			panel.draw();
		});
}

// A link or text that is there already puts its field away, until the reader wants it again.
const is_put_away = (panel, requirement, where) =>
	requirement.satisfied && !panel.folds.get(`again:${where}`) && !panel.draft(`give:${where}`);

function again_button(panel, requirement, where, label) {
	const show = () => {
		panel.folds.set(`again:${where}`, true);
		panel.draw();
		panel.focus_on(`give:${where}`);
	};
	return h(
		"div",
		{ class: "pf-controls" },
		h(
			"div",
			{ class: "pf-buttons" },
			button(label, show, {
				key: `again:${where}`,
				"aria-label": __("{0}: {1}", [label, requirement.label]),
			})
		)
	);
}

function link_controls(panel, event, requirement, where) {
	if (is_put_away(panel, requirement, where)) {
		return again_button(panel, requirement, where, __("Add another link"));
	}
	const draft = `give:${where}`;
	const send = () => {
		const value = panel.draft(draft).trim();
		if (!/^https?:\/\/\S+$/i.test(value)) {
			panel.say(
				where,
				__("Please give a web address that begins with https:// or http://."),
				"error"
			);
			panel.draw();
			return;
		}
		give(panel, event, requirement, where, value);
	};
	return h(
		"div",
		{ class: "pf-controls pf-row" },
		h("input", {
			type: "url",
			class: "form-control input-xs pf-input",
			key: draft,
			value: panel.draft(draft),
			placeholder: "https://",
			maxlength: 2000,
			"aria-label": requirement.label,
			on: {
				input: (e) => panel.set_draft(draft, e.target.value),
				keydown: (e) => {
					if (e.key !== "Enter" || e.isComposing) return;
					e.preventDefault();
					e.stopPropagation();
					send();
				},
			},
		}),
		button(panel.busy.has(where) ? __("Sending…") : __("Add"), send, {
			key: `send:${where}`,
			"aria-label": __("{0}: {1}", [__("Add"), requirement.label]),
		})
	);
}

function cause_controls(panel, event, requirement, where) {
	if (is_put_away(panel, requirement, where)) {
		return again_button(panel, requirement, where, __("Choose another cause"));
	}
	const given = (sent) =>
		sent.then((accepted) => {
			if (!accepted) return;
			clear_picker(panel, where);
			panel.set_draft(`give:${where}`, "");
			panel.folds.delete(`again:${where}`);
			panel.draw();
		});
	const step = (method, args, title) => {
		const said = __("The cause “{0}” was given.", [title]);
		const of = { event: event.name, requirement: requirement.key };
		return given(panel.step(where, method, { ...of, ...args }, said));
	};
	return cause_picker(
		panel,
		event,
		requirement,
		where,
		(name, title) => step("steps.give", { value: name }, title),
		(title) => step("root_causes.propose", { title }, title)
	);
}

function text_controls(panel, event, requirement, where) {
	if (is_put_away(panel, requirement, where))
		return again_button(panel, requirement, where, __("Write anew"));
	const draft = `give:${where}`;
	const minimum = requirement.minimum_characters || 0;
	const counter = h("span", { class: "pf-hint", id: `pf-count-${where}` });
	const count = (text) => {
		const written = visible_characters(text);
		counter.textContent = minimum ? __("{0} of {1} characters", [written, minimum]) : "";
		counter.classList.toggle("pf-good", minimum > 0 && written >= minimum);
	};
	count(panel.draft(draft));
	const send = () => {
		const value = panel.draft(draft).trim();
		const written = visible_characters(value);
		if (written < Math.max(1, minimum)) {
			const refused = minimum
				? __("At least {0} characters are needed; there are {1}.", [minimum, written])
				: __("Please write something first.");
			panel.say(where, refused, "error");
			panel.draw();
			return;
		}
		give(panel, event, requirement, where, value);
	};
	return h(
		"div",
		{ class: "pf-controls" },
		h("textarea", {
			class: "form-control pf-input",
			key: draft,
			rows: 3,
			maxlength: 5000,
			value: panel.draft(draft),
			"aria-label": requirement.label,
			"aria-describedby": minimum ? counter.id : null,
			on: {
				input: (e) => {
					panel.set_draft(draft, e.target.value);
					count(e.target.value);
				},
				keydown: (e) => {
					if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing) return;
					e.preventDefault();
					e.stopPropagation();
					send();
				},
			},
		}),
		h(
			"div",
			{ class: "pf-row pf-between" },
			counter,
			button(panel.busy.has(where) ? __("Sending…") : __("Give"), send, {
				key: `send:${where}`,
				title: __("Ctrl+Enter sends it"),
				"aria-label": __("{0}: {1}", [__("Give"), requirement.label]),
			})
		)
	);
}
