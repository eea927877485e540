// The steps of an event: who is asked, the manager's mark, the collaborator's confirmation, HR's part.

import { button, h, icon, spoken } from "./dom";
import { draw_deadline, draw_notice } from "./events";
import { deadline, full } from "./time";
import { draw_verdict } from "./verdict";
import { impacts, marks, result_words, step_words } from "./words";
import { wording_help } from "./wording";

/** The list item of a step. */
export function draw_step(panel, event, step) {
	const done = step.state === "Done";
	const cancelled = step.state === "Cancelled";
	const name = step.assignee_name || __("nobody yet");
	return h(
		"li",
		{ class: `pf-step${done ? " pf-satisfied" : ""}`, "data-step": step.step },
		h(
			"div",
			{ class: "pf-line" },
			h("span", { class: "pf-tick" }, icon(done ? "done" : cancelled ? "cancelled" : "open")),
			h(
				"span",
				{ class: "pf-label" },
				h("span", { class: "pf-what" }, step_words(step)),
				" ",
				spoken(done ? __("(done)") : cancelled ? __("(no longer needed)") : __("(open)")),
				h(
					"span",
					{ class: "pf-who", title: step.why || null },
					step.mine ? __("{0} (you)", [name]) : name
				),
				!step.required && !done && h("span", { class: "pf-tag" }, __("optional", null, "Step"))
			)
		),
		h(
			"div",
			{ class: "pf-under" },
			step.asked_name && h("p", { class: "pf-hint" }, __("in place of {0}", [step.asked_name])),
			step.waits && h("p", { class: "pf-hint" }, __("waits for the evidence")),
			!done &&
				!cancelled &&
				!step.waits &&
				step.due_at &&
				draw_deadline(deadline(step.due_at, step.overdue)),
			!done && !step.assignee_name && step.why && h("p", { class: "pf-hint" }, step.why),
			done && step.result && h("strong", { class: "pf-result" }, result_words(step)),
			done && step.done_at && h("span", { class: "pf-hint" }, " ", full(step.done_at)),
			step.note && h("p", { class: "pf-text" }, step.note),
			done && step.verdict && seen_verdict(panel, event, step)
		)
	);
}

/** What the verifier had said when the mark was given. */
function seen_verdict(panel, event, step) {
	const key = `seen:${event.name}:${step.step}`;
	const words = __("What the checks had said then");
	return panel.fold(key, false, { class: "pf-rounds" }, h("summary", { key }, words), draw_verdict(step.verdict, words));
}

// Sign-off --------------------------------------------------------------------------------------------

/** One's department stands by the evidence; a note can be added. */
export function sign_form(panel, event, step) {
	const where = `${event.name}:${step.step}`;
	const note = `note:${where}`;
	const sending = panel.busy.has(where);
	const send = async () => {
		const accepted = await panel.step(
			where,
			"steps.sign",
			{ event: event.name, note: panel.draft(note).trim(), step: step.step },
			__("Signed for {0}.", [step.label])
		);
		if (accepted) panel.set_draft(note, "");
	};
	return h(
		"div",
		{ class: "pf-form", role: "group", "aria-labelledby": `pf-${where}`, "data-form": "sign-off" },
		h(
			"p",
			{ class: "pf-form-title", id: `pf-${where}` },
			__("Does {0} stand by this evidence?", [step.label])
		),
		h("textarea", {
			class: "form-control pf-input",
			rows: 2,
			maxlength: 5000,
			key: note,
			value: panel.draft(note),
			"aria-label": __("Note on the signature"),
			placeholder: __("Note (optional)"),
			on: { input: (e) => panel.set_draft(note, e.target.value) },
		}),
		draw_notice(panel, where),
		h(
			"div",
			{ class: "pf-buttons" },
			button(sending ? __("Sending…") : __("Sign for {0}", [step.label]), send, {
				key: `sign:${where}`,
				variant: "primary",
				"aria-disabled": sending ? "true" : null,
			})
		)
	);
}

// Mark ------------------------------------------------------------------------------------------------

/** Three buttons and a reason. "Meets" is sent at once; the others need the reason. */
export function mark_form(panel, event, step) {
	const where = `${event.name}:${step.step}`;
	const draft = `reason:${where}`;
	const sending = panel.busy.has(where);
	const field = h("textarea", {
		id: `pf-${where}`,
		class: "form-control pf-input",
		rows: 2,
		maxlength: 5000,
		key: draft,
		value: panel.draft(draft),
		placeholder: __("Reason: what was seen, what followed from it"),
		"aria-describedby": `pf-${where}-hint`,
		on: { input: (e) => panel.set_draft(draft, e.target.value) },
	});
	const send = async (mark) => {
		if ((mark.value !== "Meets" || step.reason_for_meets) && !panel.draft(draft).trim()) {
			panel.say(
				where,
				__("“{0}” needs a reason. Please write it in a sentence above.", [mark.label]),
				"warning"
			);
			panel.draw();
			panel.focus_on(draft);
			return;
		}
		const accepted = await panel.step(
			where,
			"steps.mark",
			{ event: event.name, mark: mark.value, reason: panel.draft(draft).trim() },
			__("Marked: {0}", [mark.label])
		);
		if (accepted) panel.set_draft(draft, "");
		else panel.focus_on(draft);
	};
	return h(
		"div",
		{ class: "pf-form", role: "group", "aria-label": __("Your mark"), "data-form": "mark" },
		h("label", { class: "pf-form-title", for: `pf-${where}` }, __("Your mark")),
		field,
		h(
			"p",
			{ class: "pf-hint", id: `pf-${where}-hint` },
			step.reason_for_meets
				? __("Every mark needs a reason.")
				: __("Needed for “{0}” and “{1}”.", [marks()[1].label, marks()[2].label])
		),
		wording_help(field, event.name, true),
		draw_notice(panel, where),
		h(
			"div",
			{ class: "pf-buttons" },
			marks().map((mark) =>
				button(mark.label, () => send(mark), {
					key: `mark:${where}:${mark.value}`,
					variant: mark.value === "Meets" ? "primary" : "default",
					"data-mark": mark.value,
					"aria-disabled": sending ? "true" : null,
				})
			)
		),
		sending && h("p", { class: "pf-hint" }, __("Sending…"))
	);
}

// Confirmation ----------------------------------------------------------------------------------------

/** Which of the four impacts there are, with a note. "None" stands alone. */
export function confirm_form(panel, event, step) {
	const where = `${event.name}:${step.step}`;
	const draft = `impacts:${where}`;
	const note = `note:${where}`;
	const chosen = panel.chosen(draft);
	const sending = panel.busy.has(where);
	const choose = (value, on) => {
		let next = panel.chosen(draft).filter((one) => one !== value);
		if (on) next = value === "None" ? ["None"] : [...next.filter((one) => one !== "None"), value];
		panel.set_draft(draft, next.length ? next : "");
		panel.notices.delete(where);
		panel.draw();
	};
	const send = async () => {
		const picked = panel.chosen(draft);
		if (!picked.length) {
			panel.say(
				where,
				__("Please choose at least one impact, or “{0}”.", [impacts()[3].label]),
				"warning"
			);
			panel.draw();
			return;
		}
		const accepted = await panel.step(
			where,
			"steps.confirm",
			{ event: event.name, impacts: picked, note: panel.draft(note).trim(), step: step.step },
			__("The impact was confirmed.")
		);
		if (accepted) {
			panel.set_draft(draft, "");
			panel.set_draft(note, "");
		}
	};
	return h(
		"div",
		{ class: "pf-form", role: "group", "aria-labelledby": `pf-${where}`, "data-form": "confirmation" },
		h(
			"p",
			{ class: "pf-form-title", id: `pf-${where}` },
			step.label ? __("Which impact do you see? ({0})", [step.label]) : __("Which impact do you see?")
		),
		h(
			"div",
			{ class: "pf-buttons" },
			impacts().map((impact) =>
				h(
					"button",
					{
						type: "button",
						class: "btn btn-xs btn-default pf-button pf-toggle",
						"aria-pressed": chosen.includes(impact.value) ? "true" : "false",
						key: `impact:${where}:${impact.value}`,
						"data-impact": impact.value,
						on: {
							click: () => choose(impact.value, !panel.chosen(draft).includes(impact.value)),
						},
					},
					chosen.includes(impact.value) && icon("done"),
					h("span", null, impact.label)
				)
			)
		),
		h("textarea", {
			class: "form-control pf-input",
			rows: 2,
			maxlength: 5000,
			key: note,
			value: panel.draft(note),
			"aria-label": __("Note on the impact"),
			placeholder: __("Note (optional)"),
			on: { input: (e) => panel.set_draft(note, e.target.value) },
		}),
		draw_notice(panel, where),
		h(
			"div",
			{ class: "pf-buttons" },
			button(sending ? __("Sending…") : __("Confirm impact"), send, {
				key: `confirm:${where}`,
				variant: "primary",
				"aria-disabled": sending ? "true" : null,
			})
		)
	);
}

// HR --------------------------------------------------------------------------------------------------

/** Hand an open step to another person. */
export function reassign(panel, event) {
	panel.folds.delete(`more:${event.name}`);
	const open = event.steps.filter((step) => step.state === "Open");
	const words = (step) => `${step_words(step)} – ${step.assignee_name || __("nobody yet")}`;
	frappe.prompt(
		[
			{
				fieldname: "step",
				fieldtype: "Select",
				label: __("Step", null, "Business Event"),
				reqd: 1,
				default: open[0].step,
				options: open.map((step) => ({ value: step.step, label: words(step) })),
			},
			{
				fieldname: "employee",
				fieldtype: "Link",
				options: "Employee",
				label: __("Hand over to"),
				reqd: 1,
			},
			{ fieldname: "reason", fieldtype: "Small Text", label: __("Reason"), reqd: 1 },
		],
		(values) =>
			panel.step(
				event.name,
				"steps.reassign",
				{ event: event.name, step: values.step, employee: values.employee, reason: values.reason },
				__("The step was handed over.")
			),
		__("Hand over a step"),
		__("Hand over")
	);
}

/** Void the event, with a reason. */
export function void_event(panel, event) {
	panel.folds.delete(`more:${event.name}`);
	frappe.prompt(
		[
			{
				fieldname: "reason",
				fieldtype: "Small Text",
				label: __("Reason"),
				reqd: 1,
				description: __("A void event is kept and counts nowhere. This cannot be undone."),
			},
		],
		(values) =>
			panel.step(
				event.name,
				"steps.void",
				{ event: event.name, reason: values.reason },
				__("The event is void.")
			),
		__("Void “{0}”", [frappe.utils.escape_html(event.title)]),
		__("Void this event")
	);
}
