// What the app's own pages share: the four states of a screen, reading, and being told of changes.
//
// A page's own script (perf_flow/perf_flow/page/NAME/NAME.js) only requires its bundle; what it draws is
// made with `h`, so that nothing somebody wrote is ever read as HTML.

import { button, h } from "../panel/dom";
import { read } from "../panel/client";

export { button, h, icon, link, spoken, warnings_of } from "../panel/dom";
export { read, write, RequestFailed } from "../panel/client";

const SLOW = 300; // milliseconds before it is said that something is being read

/** One screen of the app in a desk page: loading, ready, failed or denied. */
export class Screen {
	/**
	 * `wrapper` is what the desk hands to a page, `method` the endpoint it shows (without "perf_flow.api."),
	 * `draw` gives the nodes for its answer. `args` gives the endpoint's arguments at each reading.
	 */
	constructor(wrapper, { title, method, draw, args = () => ({}), name }) {
		this.page =
			wrapper.page || frappe.ui.make_app_page({ parent: wrapper, title, single_column: true });
		this.method = method;
		this.make = draw;
		this.args = args;
		this.version = 0; // of the reading; an older answer is dropped
		this.state = null;
		this.body = h("div", { class: "pf-screen-body" });
		this.live = h("div", { class: "pf-spoken", "aria-live": "polite", role: "status" });
		this.root = h(
			"section",
			{ class: `perf-flow pf-screen pf-screen-${name}`, "aria-label": title },
			this.body,
			this.live
		);
		this.page.main.empty().append(this.root);
	}

	/** Read and draw. What is shown stays until the answer is there. */
	async load() {
		const version = ++this.version;
		const slow = setTimeout(() => !this.state && this.show_loading(), SLOW);
		try {
			const answer = await read(this.method, this.args());
			if (version === this.version) this.show(answer);
		} catch (error) {
			if (version === this.version) this.show_failure(error);
		} finally {
			clearTimeout(slow);
		}
	}

	/** Draw an answer of the server. */
	show(state) {
		this.version += 1;
		this.state = state;
		this.redraw();
	}

	/** Draw again what is known; the focus stays on the element with the same data-pf-key. */
	redraw() {
		if (!this.state) return;
		const focused = this.body.contains(document.activeElement) && document.activeElement;
		const key = focused && focused.getAttribute("data-pf-key");
		this.fill(this.make(this.state, this));
		if (key) this.focus_on(key);
	}

	/** Put the focus on the element drawn with `key`, if there is one. */
	focus_on(key) {
		const found = [...this.body.querySelectorAll("[data-pf-key]")].find(
			(one) => one.dataset.pfKey === key
		);
		if (found) found.focus({ preventScroll: true });
		return Boolean(found);
	}

	fill(...nodes) {
		const drawn = nodes.flat(Infinity).filter((node) => node || node === 0);
		this.body.replaceChildren(...drawn);
	}

	show_loading() {
		this.fill(
			h("div", { class: "pf-blank pf-loading", role: "status" }, h("p", null, __("One moment…")))
		);
	}

	/** Nothing to show, said in a way that tells what to do next. */
	blank(title, hint, ...more) {
		return h(
			"div",
			{ class: "pf-blank" },
			h("p", { class: "pf-blank-title" }, title),
			hint && h("p", { class: "pf-muted" }, hint),
			more
		);
	}

	show_failure(error) {
		if (this.state && !error.denied) {
			// what is shown stays; it is said that it may be out of date
			this.announce(error.message);
			frappe.show_alert({
				message: frappe.utils.escape_html(error.message),
				indicator: "orange",
			});
			return;
		}
		this.state = null;
		this.fill(
			error.denied
				? this.blank(__("This page is not for you"), error.message)
				: this.blank(
						__("This could not be shown"),
						error.message,
						button(__("Try again", null, "Performance Flow"), () => this.load(), {
							key: "again",
						})
				  )
		);
	}

	/** Say something to screen readers. */
	announce(text) {
		this.live.textContent = "";
		setTimeout(() => (this.live.textContent = text), 50); // said anew even when it was said before
	}

	/** Whether the reader has this page in front. */
	get in_front() {
		return this.root.isConnected && this.root.offsetParent !== null;
	}
}

/** A figure with its name, leading to the list behind it (`route` as for frappe.set_route, or none). */
export function figure(label, value, { hint, route, options, key } = {}) {
	const inside = [
		h("span", { class: "pf-figure-label" }, label),
		h("span", { class: "pf-figure-value" }, value),
		hint && h("span", { class: "pf-figure-hint" }, hint),
	];
	if (!route) return h("div", { class: "pf-figure" }, inside);
	const go = () => {
		if (options) frappe.route_options = options;
		frappe.set_route(...route);
	};
	return h("button", { type: "button", class: "pf-figure", key, on: { click: go } }, inside);
}
