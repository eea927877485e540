// A tour through a screen, from Frappe's Form Tour: begun by the reader, never by itself, in their language.

const shown = (element) => element && element.getClientRects().length > 0;

/** Walk through the steps of the Form Tour `name` that are on the screen. */
export async function tour(name) {
	const found = await frappe.db.get_doc("Form Tour", name);
	const page = (window.cur_page && window.cur_page.page) || document;
	const steps = found.steps
		.map((step) => ({ step, element: page.querySelector(step.element_selector) }))
		.filter(({ element }) => shown(element))
		.map(({ step, element }) => ({
			element,
			popover: {
				title: __(step.title),
				description: __(step.description),
				position: frappe.router.slug(step.position || "Bottom"),
			},
		}));
	if (!steps.length) {
		frappe.show_alert({ message: __("There is nothing here to show yet."), indicator: "blue" });
		return;
	}
	const driver = new frappe.Driver({
		className: "frappe-driver",
		padding: 8,
		opacity: 0.25,
		keyboardControl: true,
		nextBtnText: __("Next"),
		prevBtnText: __("Previous"),
		doneBtnText: __("Close"),
		closeBtnText: __("Close"),
	});
	driver.defineSteps(steps);
	driver.start();
}

/** In the menu of the workspace Team Flow: show me around. */
export function offer_team_tour() {
	const offer = () => {
		const page = frappe.workspace && frappe.workspace.page;
		if (!page) return;
		page.pf_tour = page.pf_tour || page.add_menu_item(__("Show me around"), () => tour("Team flow"));
		page.pf_tour.closest("li").toggle(frappe.get_route()[1] === "Team Flow");
	};
	frappe.router.on("change", offer);
	offer();
}
