frappe.ui.form.on("Practice Document", {
	refresh(frm) {
		frm.disable_save();
		// comments reach others; here nothing does
		if (frm.footer) frm.footer.wrapper.hide();
		const { sidebar } = frm.sidebar || {};
		if (sidebar) {
			sidebar
				.find(".form-assignments, .form-attachments, .form-tags, .form-shared, .form-sidebar-stats, .form-reviews")
				.hide();
		}
		frm.set_intro(__("A practice document: it exists for you alone and goes away after the rehearsal."));
	},
});
