// Which workspaces are the app's own. What makes their figures easier to use is loaded when one is opened.

import { read } from "../panel/client";

const OURS = ["Performance Flow", "Team Flow", "Flow Health"];

/** The workspace of the app that the desk shows, if it shows one. */
export function our_workspace() {
	const [view, name] = frappe.get_route() || [];
	return view === "Workspaces" && OURS.includes(name) ? name : null;
}

/** Load what the app's workspaces need, once one of them is opened. Their figures are asked for at once. */
export function watch_workspaces() {
	let last = null;
	const look = () => {
		const name = our_workspace();
		if (name && name !== last) {
			const part = (start, length) => {
				const asked = read("desk.figures", { workspace: name, start, length });
				asked.catch(() => null); // whoever shows them is told
				return { start, asked };
			};
			frappe.perf_flow.early = { name, parts: [part(0, 1), part(1, 20)] };
			frappe.require("perf_flow_workspace.bundle.js", () => frappe.perf_flow.show_early());
		}
		last = name;
	};
	frappe.router.on("change", look);
	look();
}
