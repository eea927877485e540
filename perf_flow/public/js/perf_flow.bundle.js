// Loaded with every desk page: the panel on watched documents, and what the forms of the app share.

import { watch_forms } from "./panel/document_form";
import { mount_event } from "./panel/event_form";
import * as shared from "./panel/shared";

frappe.provide("frappe.perf_flow");
Object.assign(frappe.perf_flow, { mount_event }, shared);

watch_forms();
