// Loaded when a workspace of the app is opened.

import { show_early } from "./desk/early";
import { help_figures } from "./desk/figures";
import { offer_team_tour } from "./desk/tour";

frappe.perf_flow.show_early = show_early;
help_figures();
offer_team_tour();
