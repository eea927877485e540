frappe.ui.form.on("Flow Export", {
	setup(frm) {
		frappe.realtime.on("perf_flow_export", ({ export: name }) => {
			if (frm.doc && frm.doc.name === name) frm.reload_doc();
		});
	},

	refresh(frm) {
		frm.disable_save();
		// what one may not do here is not offered
		if (frm.footer) frm.footer.wrapper.hide();
		frm.set_intro("");
		if (frm.doc.state === "Queued") {
			frm.set_intro(__("The workbook is being written. You are told when it is there."), "blue");
			clearTimeout(frm.pf_again);
			frm.pf_again = setTimeout(() => frm.doc.state === "Queued" && frm.reload_doc(), 5000);
		}
		if (frm.doc.file) {
			frm.add_custom_button(__("Download"), () => window.open(frm.doc.file)).addClass("btn-primary");
		}
	},
});
