frappe.pages["score-sheet"].on_page_load = (wrapper) => {
	frappe.require(
		["score_sheet_import.bundle.js", "perf_flow_pages.bundle.css", "score_sheet_import.bundle.css"],
		() => frappe.perf_flow.score_sheet_import(wrapper)
	);
};

frappe.pages["score-sheet"].on_page_show = (wrapper) =>
	wrapper.score_sheet_import && wrapper.score_sheet_import.shown();
