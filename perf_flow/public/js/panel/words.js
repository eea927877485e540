// The fixed words of the flow, as the reader sees them.

/** The three marks, in the order in which they are offered. */
export const marks = () => [
	{ value: "Meets", label: __("Meets", null, "Effectiveness mark") },
	{ value: "Needs Improvement", label: __("Needs Improvement", null, "Effectiveness mark") },
	{ value: "Redo", label: __("Redo", null, "Effectiveness mark") },
];

/** What a collaborator can confirm; "None" stands alone. */
export const impacts = () => [
	{ value: "Supply Chain", label: __("Supply Chain", null, "Impact") },
	{ value: "Quality", label: __("Quality", null, "Impact") },
	{ value: "Delivery", label: __("Delivery", null, "Impact") },
	{ value: "None", label: __("None", null, "Impact") },
];

/** The result of a step: a mark, or the impacts confirmed. */
export function result_words(step) {
	const known = step.kind === "Mark" ? marks() : impacts();
	return String(step.result || "")
		.split(", ")
		.map((value) => (known.find((one) => one.value === value) || { label: value }).label)
		.join(__(", ", null, "Between words of a list"));
}

/** What a step is. */
export function step_words(step) {
	if (step.kind === "Evidence") return __("Evidence", null, "Step");
	if (step.kind === "Sign-off") {
		return step.label ? __("Sign-off: {0}", [step.label], "Step") : __("Sign-off", null, "Step");
	}
	if (step.kind === "Mark") return __("Effectiveness mark", null, "Step");
	return step.label
		? __("Impact confirmation: {0}", [step.label], "Step")
		: __("Impact confirmation", null, "Step");
}
