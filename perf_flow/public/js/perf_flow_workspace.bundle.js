// Loaded when a workspace of the app is opened.

import { show_early } from "./desk/early";
import { help_figures } from "./desk/figures";

frappe.perf_flow.show_early = show_early;
help_figures();
