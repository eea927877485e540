// Loaded when a workspace of the app is opened.

import { show_early } from "./desk/early";
import { help_figures } from "./desk/figures";
import { our_workspace } from "./desk/places";

help_figures();

const look = () => our_workspace() && show_early(our_workspace());
frappe.router.on("change", look);
look();
