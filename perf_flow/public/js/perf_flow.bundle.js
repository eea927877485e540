// Loaded with every desk page: the panel on watched documents, and what the forms of the app share.

import { watch_forms } from "./panel/document_form";
import { mount_event } from "./panel/event_form";
import { Panel } from "./panel/panel";
import * as shared from "./panel/shared";

frappe.provide("frappe.perf_flow");
Object.assign(frappe.perf_flow, { mount_event, Panel }, shared);

// whoever may not open an event type sees its name in their language as well
frappe.form.link_formatters["Business Event Type"] = (value) => __(value);

watch_forms();
