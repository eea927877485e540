frappe.ui.form.on("Practice Document", {
	refresh(frm) {
		frm.disable_save();
		// comments reach others; here nothing does
		if (frm.footer) frm.footer.wrapper.hide();
		frm.set_intro(__("A practice document: it exists for you alone and goes away after the rehearsal."));
	},
});
