frappe.listview_settings["Comment Template"] = {
	onload(list) {
		list.page.add_inner_button(__("Import from Excel"), () => import_templates(list));
	},
};

// A workbook is chosen, shown with what is wrong in which row, and taken over all or none.
function import_templates(list) {
	let file = null;
	const dialog = new frappe.ui.Dialog({
		title: __("Import comment templates"),
		size: "large",
		fields: [{ fieldname: "place", fieldtype: "HTML" }],
		primary_action_label: __("Import"),
		primary_action: async () => {
			if (!file) return;
			const answer = await send("take");
			if (!answer) return;
			dialog.hide();
			frappe.show_alert({ message: __("{0} templates were made.", [answer.made]), indicator: "green" });
			list.refresh();
		},
	});
	const element = (tag, text, attributes = {}) => {
		const made = document.createElement(tag);
		if (text) made.textContent = text;
		for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
		return made;
	};
	const chooser = element("input", "", {
		type: "file",
		accept: ".xlsx",
		"aria-label": __("Excel workbook"),
		"data-place": "workbook",
	});
	const result = element("div", "", { role: "status", class: "mt-3" });
	const hint = element("p", "", { class: "text-muted mt-2" });
	hint.append(
		element("a", __("Download an empty workbook"), {
			href: "/api/method/perf_flow.api.comment_templates.workbook",
		})
	);
	dialog.fields_dict.place.$wrapper.append(chooser, hint, result);
	const ready = (on) => dialog.get_primary_btn().prop("disabled", !on);
	ready(false);

	async function send(method) {
		const body = new FormData();
		body.append("file", file, file.name);
		const response = await fetch(`/api/method/perf_flow.api.comment_templates.${method}`, {
			method: "POST",
			headers: { Accept: "application/json", "X-Frappe-CSRF-Token": frappe.csrf_token },
			body,
		});
		const answer = await response.json().catch(() => ({}));
		if (response.ok) return answer.message;
		const said = JSON.parse(answer._server_messages || "[]").map((one) => JSON.parse(one).message);
		const words = said.map((one) => frappe.utils.html2text(one)).join("\n");
		ready(false);
		result.replaceChildren(
			element("p", words || __("The workbook could not be read. Please try again."), {
				class: "text-danger",
				role: "alert",
			})
		);
		return null;
	}

	chooser.addEventListener("change", async () => {
		file = chooser.files[0] || null;
		ready(false);
		result.replaceChildren();
		if (!file) return;
		const answer = await send("preview");
		if (!answer) return;
		ready(!answer.errors);
		const table = element("table", "", { class: "table table-bordered" });
		const head = element("tr");
		for (const label of [__("Row"), __("Title"), __("Text"), __("What is wrong")]) {
			head.append(element("th", label, { scope: "col" }));
		}
		table.append(head);
		for (const row of answer.rows) {
			const line = element("tr", "", row.errors.length ? { class: "table-danger" } : {});
			for (const text of [String(row.number), row.title, row.text, row.errors.join("\n")]) {
				line.append(element("td", text, { style: "white-space: pre-line" }));
			}
			table.append(line);
		}
		const scroll = element("div", "", { style: "max-height: 50vh; overflow: auto", tabindex: "0" });
		scroll.append(table);
		result.replaceChildren(
			element(
				"p",
				answer.errors
					? __("{0} of {1} rows have errors. Mend them in the workbook and choose it again.", [
							answer.errors,
							answer.rows.length,
					  ])
					: __("{0} rows can be imported.", [answer.rows.length])
			),
			scroll
		);
	});
	dialog.show();
}
