// Which workspaces are the app's own. What makes their figures easier to use is loaded when one is opened.

const OURS = ["Performance Flow", "Team Flow", "Flow Health"];

/** The workspace of the app that the desk shows, if it shows one. */
export function our_workspace() {
	const [view, name] = frappe.get_route() || [];
	return view === "Workspaces" && OURS.includes(name) ? name : null;
}

/** Load what the app's workspaces need, once one of them is opened. */
export function watch_workspaces() {
	const look = () => our_workspace() && frappe.require("perf_flow_workspace.bundle.js");
	frappe.router.on("change", look);
	look();
}
