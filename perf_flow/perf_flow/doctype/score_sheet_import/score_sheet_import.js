frappe.ui.form.on("Score Sheet Import", {
	refresh(frm) {
		frm.disable_save();
		// what one may not do here is not offered
		if (frm.footer) frm.footer.wrapper.hide();
		frm.add_custom_button(__("Open the import"), () => frappe.set_route("score-sheet"));
	},
});
