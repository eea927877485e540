// At login: whether something is due is known from the start of the desk; the prompt is loaded only then.

/** Show the prompt once for each login and day, when the desk is ready. */
export function watch_login() {
	const { due } = frappe.boot.perf_flow || {};
	if (!due || localStorage.getItem("perf_flow_prompt") === due.token) return;
	$(document).one("app_ready", () =>
		frappe.require(["login_prompt.bundle.js", "login_prompt.bundle.css"], () =>
			frappe.perf_flow.prompt(due)
		)
	);
}
