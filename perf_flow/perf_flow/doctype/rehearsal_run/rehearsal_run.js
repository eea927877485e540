frappe.ui.form.on("Rehearsal Run", {
	refresh(frm) {
		frm.disable_save();
		// what one may not do here is not offered
		if (frm.footer) frm.footer.wrapper.hide();
		frm.add_custom_button(__("Open the rehearsal"), () => frappe.set_route("flow-rehearsal"));
	},
});
