// The picture of a score sheet: its cells as they stand in the file, what each column and each line was taken for, and
// the cells that something is said about. What a column holds can be changed at its head.

import { h, spoken } from "./kit";

const GROUPS = {
	who: ["name", "number", "department", "position", "period"],
	what: ["dimension", "group", "indicator"],
	measure: ["weight", "dimension_weight", "maximum", "target", "due"],
	words: ["standard", "source", "comment"],
};

/** Which colour a column has. */
const group_of = (key) => {
	const role = key.replace(/^own_/, "");
	if (key.startsWith("own_")) return role === "score" ? "what" : "measure";
	return Object.keys(GROUPS).find((name) => GROUPS[name].includes(role)) || "out";
};

const line_label = (kind) =>
	({
		title: __("Title"),
		header: __("Heading", null, "Score sheet"),
		data: "",
		attribute: __("For all"),
		section: __("Section", null, "Score sheet"),
		total: __("Total", null, "Score sheet"),
		note: __("Note", null, "Score sheet"),
	}[kind] || "");

/** Row and column, counted from 0, of an address such as D5. */
export function place_of(address) {
	const found = /^([A-Z]+)(\d+)$/.exec(address || "");
	if (!found) return null;
	const column = [...found[1]].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
	return { row: Number(found[2]) - 1, column };
}

export const cell_key = (sheet, address) => `cell-${sheet}-${address}`;

/** The picture of `sheet`; `roles` are what a column can hold, `change(index, key)` is told of a choice. */
export function picture({ sheet, roles, issues, change, busy }) {
	const columns = new Map(sheet.columns.map((one) => [one.index, one]));
	const said = new Map();
	for (const issue of issues) {
		if (issue.sheet !== sheet.name || !issue.address) continue;
		const worst = said.get(issue.address);
		if (!worst || issue.severity === "error") said.set(issue.address, issue);
	}
	const choose = (index) => choice({ column: columns.get(index), index, sheet, roles, change, busy });
	const head = h(
		"tr",
		null,
		h("td", { class: "pf-s-corner" }),
		sheet.letters.map((letter, index) =>
			h(
				"th",
				{ scope: "col", class: sheet.flipped ? "" : tint(columns.get(index)) },
				h("span", { class: "pf-s-letter" }, letter),
				!sheet.flipped && choose(index)
			)
		)
	);
	const lines = sheet.rows.map((cells, row) => {
		const kind = sheet.flipped ? "" : sheet.lines[row] || "";
		return h(
			"tr",
			{ class: kind ? `pf-s-line-${kind}` : "" },
			h(
				"th",
				{ scope: "row", class: sheet.flipped ? tint(columns.get(row)) : "" },
				h("span", { class: "pf-s-letter" }, String(row + 1)),
				sheet.flipped ? choose(row) : line_label(kind) && h("span", { class: "pf-s-kind" }, line_label(kind))
			),
			cells.map((cell) => {
				const address = `${sheet.letters[cell.c]}${row + 1}`;
				const issue = said.get(address);
				const column = columns.get(sheet.flipped ? row : cell.c);
				const line = sheet.lines[sheet.flipped ? cell.c : row];
				return h(
					"td",
					{
						colspan: cell.w,
						rowspan: cell.h,
						class: [
							line === "data" || line === "attribute" ? tint(column) : "",
							sheet.flipped && line ? `pf-s-line-${line}` : "",
							issue ? `pf-s-${issue.severity}` : "",
						].join(" "),
						...(issue ? { key: cell_key(sheet.name, address), tabindex: "-1", title: issue.text } : {}),
					},
					cell.t,
					issue && spoken(issue.text)
				);
			})
		);
	});
	return h(
		"div",
		{
			class: "pf-s-picture",
			tabindex: "0",
			role: "region",
			"aria-label": __("The sheet {0}, with what each column was taken for", [sheet.name]),
		},
		h("table", null, h("thead", null, head), h("tbody", null, lines)),
		sheet.more_rows > 0 &&
			h("p", { class: "pf-muted pf-s-more" }, __("{0} more rows are read and not shown here.", [sheet.more_rows]))
	);
}

const tint = (column) => (column ? `pf-s-col pf-s-${group_of(column.key)}` : "");

function choice({ column, index, sheet, roles, change, busy }) {
	if (!column) return null;
	return h(
		"select",
		{
			key: `role-${sheet.name}-${index}`,
			class: column.sure ? "pf-s-role" : "pf-s-role pf-s-unsure",
			disabled: busy,
			"aria-label": __("What “{0}” holds", [column.heading || sheet.letters[index] || String(index + 1)]),
			on: { change: (event) => change(index, event.target.value) },
		},
		roles.map((role) =>
			h("option", { value: role.key, ...(role.key === column.key ? { selected: true } : {}) }, role.label)
		)
	);
}
