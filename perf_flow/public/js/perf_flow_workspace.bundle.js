// Loaded when a workspace of the app is opened.

import { help_figures } from "./desk/figures";

help_figures();
