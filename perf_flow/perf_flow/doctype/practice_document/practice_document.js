frappe.ui.form.on("Practice Document", {
	refresh(frm) {
		frm.disable_save();
		// comments reach others; here nothing does
		frm.timeline && frm.timeline.wrapper.hide();
		frm.set_intro(__("A practice document: it exists for you alone and goes away after the rehearsal."));
	},
});
