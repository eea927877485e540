frappe.ui.form.on("Flow Export", {
	refresh(frm) {
		frm.disable_save();
		// what one may not do here is not offered
		if (frm.footer) frm.footer.wrapper.hide();
		if (frm.doc.file) {
			frm.add_custom_button(__("Download"), () => window.open(frm.doc.file)).addClass("btn-primary");
		}
	},
});
