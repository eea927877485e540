// One click to approve a proposal, two to merge a duplicate.

frappe.ui.form.on("Root Cause", {
	setup(frm) {
		frm.set_query("merged_into", () => ({
			filters: { state: "Approved", name: ["!=", frm.doc.name] },
		}));
	},

	refresh(frm) {
		if (frm.is_new() || !frm.perm[0]?.write) return;
		if (frm.doc.state === "Proposed") {
			frm.add_custom_button(__("Approve", null, "Root Cause"), async () => {
				await frm.set_value("state", "Approved");
				await frm.save();
			}).addClass("btn-primary");
		}
		if (frm.doc.state !== "Merged") {
			frm.add_custom_button(__("Merge into another cause"), () =>
				frappe.prompt(
					{
						fieldname: "into",
						fieldtype: "Link",
						options: "Root Cause",
						label: __("Merged into"),
						reqd: 1,
						get_query: () => ({ filters: { state: "Approved", name: ["!=", frm.doc.name] } }),
					},
					async ({ into }) => {
						await frm.set_value({ state: "Merged", merged_into: into });
						await frm.save();
					},
					__("Merge into another cause"),
					__("Merge", null, "Root Cause")
				)
			);
		}
		frm.add_custom_button(__("Where it was given"), () =>
			frappe.set_route("List", "Performance Evidence", { kind: "Root Cause", value: frm.doc.name })
		);
	},
});
