// The form of an employee: the way to what they did, for those who may look.

frappe.ui.form.on("Employee", {
	async refresh(frm) {
		if (frm.is_new()) return;
		const employee = frm.doc.name;
		const { message: may } = await frappe.call({
			method: "perf_flow.api.snapshot.may_open",
			args: { employee },
			type: "GET",
		});
		if (!may || frm.doc.name !== employee) return;
		const words = __("What they did");
		frm.remove_custom_button(words);
		frm.add_custom_button(words, () => frappe.set_route("behaviour-snapshot", employee));
	},
});
