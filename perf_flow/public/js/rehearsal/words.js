// What a rehearsal says: hats, steps, places, spans of time.

/** Who one is at the moment. */
export const hats = () => ({
	employee: __("You are now the employee"),
	manager: __("You are now the line manager"),
	collaborator: __("You are now the collaborator"),
});

const PAGES = { Mark: "flow-marking", Confirmation: "impact-confirmation" };

/** The address of the page on which a step is done, with this rehearsal in front; null for the document's form. */
export function page_of(run) {
	const page = PAGES[run.step.kind];
	return page ? `/app/${page}?${new URLSearchParams({ rehearsal: run.name, event: run.event })}` : null;
}

/** Whether the reader is on the screen where the step is done. */
export function is_there(run) {
	const page = PAGES[run.step.kind];
	if (page) return frappe.get_route()[0] === page && practises(run);
	return ["Form", "Practice Document", run.event].every((part, i) => frappe.get_route()[i] === part);
}

const practises = (run) => new URLSearchParams(window.location.search).get("rehearsal") === run.name;

/** Whether a screen with real events is in front, which looks the same as in the rehearsal. */
export function is_real(run) {
	return Object.values(PAGES).includes(frappe.get_route()[0]) && !practises(run);
}

/** What there is to do in the step that is due. */
export function task_of(run) {
	const { kind, round } = run.step;
	if (kind === "Mark") {
		return run.redo
			? __("Look at the evidence, mark it “Redo” and say what is missing.")
			: __("Look at the evidence and mark it as you think right.");
	}
	if (kind === "Confirmation") return __("Choose what this concerns, and confirm.");
	const parts = [];
	if (round > 1) parts.push(__("A redo was asked for: give the evidence again."));
	else if (run.files > 1) parts.push(__("Drop {0} files anywhere on the form, both at once.", [run.files]));
	else parts.push(__("Drop a file anywhere on the form, or press “Add file”."));
	if (run.automatic.length) {
		parts.push(
			__("“{0}” is ticked already: the ERP data shows it.", [
				run.automatic.join(__(", ", null, "Between words of a list")),
			])
		);
	}
	return parts.join(" ");
}

/** Seconds as people say them. */
export function seconds_words(seconds) {
	const whole = Math.round(seconds);
	if (whole < 60) return __("{0} s", [seconds < 10 ? Math.round(seconds * 10) / 10 : whole], "Span of time");
	return __("{0} min {1} s", [Math.floor(whole / 60), whole % 60], "Span of time");
}
