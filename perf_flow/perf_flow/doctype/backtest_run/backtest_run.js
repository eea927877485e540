// The figures of a run are shown on a page of their own.

frappe.ui.form.on("Backtest Run", {
	refresh(frm) {
		frm.disable_save();
		// what one may not do here is not offered
		if (frm.footer) frm.footer.wrapper.hide();
		frm.add_custom_button(__("Show the result"), () => frappe.set_route("backtest", frm.doc.name));
	},
});
