// Business events on a document: what is open, for whom, by when; what is over, in a line each.

import { button, h, icon, spoken } from "./dom";
import { draw_missing, draw_similar, draw_sop } from "./guidance";
import { draw_earlier_piece, draw_requirement } from "./requirements";
import { draw_step, sign_form, mark_form, confirm_form, reassign, void_event } from "./steps";
import { deadline, between, exact_span, full, span, until } from "./time";
import { draw_verdict } from "./verdict";
import { result_words } from "./words";

/** Everything inside the panel. */
export function draw_events(panel) {
	const { events = [], manual_types = [] } = panel.state;
	const notice = draw_notice(panel, "panel");
	if (panel.subject.event) {
		if (!events.length)
			return [h("p", { class: "pf-muted" }, __("You may not see this business event."))];
		return [
			notice,
			draw_choice(panel),
			...events.map((event) => draw_event(panel, event, true)),
		].filter(Boolean);
	}
	// who has nothing to see or do here sees no panel at all
	if (!events.length && !manual_types.length && !notice) return [];
	const open = events.filter((event) => event.state === "Open");
	const over = events.filter((event) => event.state !== "Open");
	return [
		h("h3", { class: "pf-heading" }, __("Performance Flow")),
		notice,
		draw_choice(panel),
		open.map((event) => draw_event(panel, event, open.length < 3 || has_work(event))),
		// what was just done, and can be undone, stays before the eyes
		over.map((event) => draw_event(panel, event, own_steps(event).length > 0)),
		manual_types.length > 0 && draw_manual(panel, manual_types),
	]
		.flat()
		.filter(Boolean);
}

/** Whether the reader can do something on this event now. */
export function has_work(event) {
	return (
		event.state === "Open" &&
		(event.steps.some((step) => step.may_do && step.state === "Open" && step.kind !== "Evidence") ||
			event.requirements.some((requirement) => requirement.may_give && !requirement.satisfied))
	);
}

/** A message at a place of the panel, if there is one. */
export function draw_notice(panel, where) {
	const notice = panel.notices.get(where);
	return (
		notice &&
		h("p", { class: `pf-notice pf-${notice.kind}` }, icon("alert"), h("span", null, notice.text))
	);
}

/** Where do these files belong? One button for each place that takes them. */
function draw_choice(panel) {
	if (!panel.waiting) return null;
	const { files, places } = panel.waiting;
	const several = new Set(places.map((place) => place.event.name)).size > 1;
	return h(
		"div",
		{ class: "pf-form pf-choice", role: "group", "aria-labelledby": "pf-choice" },
		h(
			"p",
			{ class: "pf-form-title", id: "pf-choice" },
			files.length > 1
				? __("Where do these {0} files belong?", [files.length])
				: __("Where does “{0}” belong?", [files[0].name])
		),
		h(
			"div",
			{ class: "pf-buttons" },
			places.map((place) =>
				button(
					several ? `${place.requirement.label} · ${place.event.title}` : place.requirement.label,
					() => panel.settle(place),
					{ key: `choose:${place.event.name}:${place.requirement.key}` }
				)
			),
			button(__("Cancel"), () => panel.settle(null), { key: "choose:none", variant: "link" })
		)
	);
}

/** The viewer's own marks and confirmations that can still be taken back. */
const own_steps = (event) =>
	event.steps.filter(
		(step) => step.may_take_back && (!step.take_back_until || until(step.take_back_until) > 0)
	);

/** What the viewer just did on this event, each with its undo; and how far an upload of several files is. */
function draw_done(panel, event) {
	const { total = 0, added = 0 } = panel.under_way(event) || {};
	const given = panel.to_undo(event);
	return [
		total > 1
			? h("p", { class: "pf-hint" }, __("{0} of {1} files are added…", [added, total]))
			: given && draw_undo(event.name, given.text, "", () => panel.undo(event)),
		own_steps(event).map((step) => {
			const text =
				step.kind === "Sign-off"
					? __("You signed for {0}.", [step.label])
					: step.kind === "Mark"
					? __("You marked this: {0}.", [result_words(step)])
					: __("You confirmed: {0}.", [result_words(step)]);
			const left = step.take_back_until
				? __("{0} left", [span(until(step.take_back_until))], "Time to undo")
				: "";
			return draw_undo(`${event.name}:${step.step}`, text, left, () =>
				panel.step(
					event.name,
					"steps.take_back",
					{ event: event.name, step: step.step },
					__("It was undone.")
				)
			);
		}),
	];
}

function draw_undo(where, text, left, run) {
	return h(
		"p",
		{ class: "pf-notice pf-done" },
		icon("done"),
		h("span", { class: "pf-done-words" }, text, left && h("span", { class: "pf-hint" }, ` (${left})`)),
		h(
			"button",
			{
				type: "button",
				class: "pf-undo",
				key: `undo:${where}`,
				title: __("Ctrl+Z, with the focus in the panel"),
				on: { click: run },
			},
			__("Undo")
		)
	);
}

const ORDER = ["Evidence", "Sign-off", "Mark", "Confirmation"];

const in_order = (steps) => [...steps].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));

/** The steps of this round, and the confirmations that still stand from an earlier one. */
function current_steps(event) {
	const confirmed = Math.max(
		0,
		...event.steps.filter((one) => one.kind === "Confirmation").map((one) => one.round)
	);
	return in_order(event.steps).filter(
		(step) =>
			step.state !== "Cancelled" &&
			(step.round === event.round ||
				step.state === "Open" ||
				(step.kind === "Confirmation" && step.round === confirmed))
	);
}

/** The deadline that counts for the reader: their own open step, else the next one, else the whole chain. */
function next_deadline(event) {
	const open = event.steps.filter((step) => step.state === "Open" && step.due_at && !step.waits);
	const mine = open.filter((step) => step.mine || step.may_do);
	const candidates = (mine.length ? mine : open).sort((a, b) => (a.due_at < b.due_at ? -1 : 1));
	if (candidates.length) return deadline(candidates[0].due_at, candidates[0].overdue);
	return event.target_at ? deadline(event.target_at, false) : null;
}

/** A deadline in words, with the full time behind it. */
export function draw_deadline(due) {
	return h(
		"span",
		{ class: `pf-due${due.late ? " pf-late" : due.soon ? " pf-soon" : ""}`, title: due.title },
		icon(due.late ? "alert" : "clock"),
		h("span", null, due.text),
		spoken(` (${due.title})`)
	);
}

function standing(event) {
	if (event.state === "Void") {
		return h(
			"span",
			{ class: "pf-state" },
			icon("cancelled"),
			h("span", null, __("Void", null, "Business Event"))
		);
	}
	if (event.state === "Closed") {
		const took = event.closed_at && exact_span(between(event.recorded_at, event.closed_at));
		return h(
			"span",
			{
				class: "pf-state pf-good",
				title: event.closed_at ? __("Closed {0}", [full(event.closed_at)]) : null,
			},
			icon("done"),
			h("span", null, took ? __("Closed · {0}", [took]) : __("Closed", null, "Business Event"))
		);
	}
	const due = next_deadline(event);
	return due && draw_deadline(due);
}

function draw_event(panel, event, open) {
	const key = `event:${event.name}`;
	return panel.fold(
		`${key}:${event.state}`,
		open,
		{ class: `pf-event pf-event-${event.state.toLowerCase()}`, "data-event": event.name },
		h(
			"summary",
			{ class: "pf-summary", key },
			h("span", { class: "pf-title" }, event.title),
			standing(event)
		),
		h(
			"div",
			{ class: "pf-inside" },
			event.state === "Open" ? inside_open(panel, event) : inside_over(panel, event)
		)
	);
}

function document_words(event) {
	return event.document_state === "Deleted"
		? __("The document was deleted in the meantime.")
		: __("The document was cancelled in the meantime.");
}

function inside_open(panel, event) {
	const now = event.steps.filter((step) => step.round === event.round);
	const mark = now.find((step) => step.kind === "Mark" && step.state === "Open" && step.may_do);
	const to_sign = now.filter((step) => step.kind === "Sign-off" && step.state === "Open" && step.may_do);
	const confirmations = event.steps.filter(
		(step) => step.kind === "Confirmation" && step.state === "Open" && step.may_do
	);
	const current = current_steps(event);
	return [
		draw_notice(panel, event.name),
		draw_done(panel, event),
		event.next && h("p", { class: "pf-next" }, event.next),
		event.attention &&
			h("p", { class: "pf-notice pf-warning" }, icon("alert"), h("span", null, event.attention)),
		event.document_state && h("p", { class: "pf-hint" }, document_words(event)),
		event.guidance &&
			event.requirements.some((one) => one.may_give && one.mandatory && !one.satisfied) &&
			h("p", { class: "pf-guidance" }, event.guidance),
		draw_missing(event),
		draw_sop(event.sop, `sop:${event.name}`),
		event.requirements.length > 0 &&
			h(
				"ul",
				{ class: "pf-list", "aria-label": __("Evidence asked for") },
				event.requirements.map((requirement) => draw_requirement(panel, event, requirement))
			),
		event.verdict && draw_verdict(event.verdict),
		draw_similar(panel, event),
		to_sign.map((step) => sign_form(panel, event, step)),
		mark && mark_form(panel, event, mark),
		confirmations.map((step) => confirm_form(panel, event, step)),
		current.length > 0 &&
			h(
				"ul",
				{ class: "pf-list pf-steps", "aria-label": __("Who is asked") },
				current.map((step) => draw_step(panel, event, step))
			),
		earlier_rounds(panel, event),
		draw_footer(panel, event),
	];
}

function inside_over(panel, event) {
	const current = current_steps(event);
	return [
		draw_notice(panel, event.name),
		draw_done(panel, event),
		event.state === "Void" &&
			h("p", { class: "pf-guidance" }, event.void_reason || __("No reason was given.")),
		event.requirements.length > 0 &&
			h(
				"ul",
				{ class: "pf-list", "aria-label": __("Evidence") },
				event.requirements.map((requirement) => draw_requirement(panel, event, requirement))
			),
		event.verdict && draw_verdict(event.verdict),
		current.length > 0 &&
			h(
				"ul",
				{ class: "pf-list pf-steps", "aria-label": __("Who was asked") },
				current.map((step) => draw_step(panel, event, step))
			),
		earlier_rounds(panel, event),
		draw_footer(panel, event),
	];
}

function earlier_rounds(panel, event) {
	const current = current_steps(event);
	const earlier = event.steps.filter((step) => step.round < event.round && !current.includes(step));
	const pieces = event.earlier || [];
	if (!earlier.length && !pieces.length) return null;
	const key = `rounds:${event.name}`;
	const rounds = [...new Set([...earlier, ...pieces].map((one) => one.round))].sort((a, b) => b - a);
	return panel.fold(
		key,
		false,
		{ class: "pf-rounds" },
		h("summary", { key }, __("Earlier rounds ({0})", [rounds.length])),
		rounds.map((round) => [
			h("h4", { class: "pf-round" }, __("Round {0}", [round])),
			pieces.some((piece) => piece.round === round) &&
				h(
					"ul",
					{ class: "pf-pieces" },
					pieces
						.filter((piece) => piece.round === round)
						.map((piece) => draw_earlier_piece(event, piece))
				),
			h(
				"ul",
				{ class: "pf-list pf-steps" },
				in_order(earlier)
					.filter((step) => step.round === round)
					.map((step) => draw_step(panel, event, step))
			),
		])
	);
}

function draw_footer(panel, event) {
	const open_event =
		!panel.subject.event && !event.practice && frappe.model.can_read("Business Event");
	const key = `more:${event.name}`;
	const may_void = event.may_void && event.state === "Open";
	const movable = event.may_reassign && event.steps.some((step) => step.state === "Open");
	if (!open_event && !may_void && !movable) return null;
	return h(
		"div",
		{ class: "pf-footer" },
		open_event &&
			h(
				"a",
				{
					href: `/app/business-event/${encodeURIComponent(event.name)}`,
					key: `open:${event.name}`,
				},
				__("Details", null, "Business Event")
			),
		(may_void || movable) &&
			panel.fold(
				key,
				false,
				{ class: "pf-menu" },
				h(
					"summary",
					{ key, "aria-label": __("More for HR"), title: __("More for HR") },
					icon("more")
				),
				h(
					"div",
					{ class: "pf-menu-items" },
					movable &&
						button(__("Hand over a step…"), () => reassign(panel, event), {
							key: `reassign:${event.name}`,
						}),
					may_void &&
						button(__("Void this event…"), () => void_event(panel, event), {
							key: `void:${event.name}`,
						})
				)
			)
	);
}

function draw_manual(panel, types) {
	return h(
		"div",
		{ class: "pf-manual" },
		draw_notice(panel, "manual"),
		types.map((type) =>
			button(
				__("Record: {0}", [type.title]),
				() =>
					panel.step(
						"manual",
						"steps.record",
						{ event_type: type.name, doctype: panel.subject.doctype, name: panel.subject.name },
						__("{0} was recorded.", [type.title])
					),
				{ key: `manual:${type.name}`, "aria-disabled": panel.busy.has("manual") ? "true" : null }
			)
		)
	);
}
