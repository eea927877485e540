// Loaded with every desk page: the panel on watched documents, and what the forms of the app share.

import { watch_workspaces } from "./desk/places";
import { watch_forms } from "./panel/document_form";
import { mount_event } from "./panel/event_form";
import { has_files, watch_files } from "./panel/intake";
import { watch_login } from "./panel/login";
import { Panel } from "./panel/panel";
import * as shared from "./panel/shared";

frappe.provide("frappe.perf_flow");
Object.assign(frappe.perf_flow, { has_files, mount_event, Panel }, shared);

// whoever may not open an event type sees its name in their language as well
frappe.form.link_formatters["Business Event Type"] = (value) => __(value);

watch_forms();
watch_files();
watch_login();
watch_workspaces();

// somebody in the middle of a rehearsal has a bar that leads them
if ((frappe.boot.perf_flow || {}).rehearsal) {
	$(document).on("app_ready", () =>
		frappe.require(["perf_flow_coach.bundle.js", "flow_rehearsal.bundle.css"])
	);
}
