// Which workspaces are the app's own. What makes their figures easier to use is loaded when one is opened.

const OURS = ["Performance Flow", "Team Flow", "Flow Health"];

/** Whether the desk shows a workspace of the app. */
export function on_our_workspace() {
	const [view, name] = frappe.get_route() || [];
	return view === "Workspaces" && OURS.includes(name);
}

/** Load what the app's workspaces need, once one of them is opened. */
export function watch_workspaces() {
	const look = () => on_our_workspace() && frappe.require("perf_flow_workspace.bundle.js");
	frappe.router.on("change", look);
	look();
}
