// A tablet on the shop floor: today's checks by team against the goal. It refreshes by itself, goes on showing what
// it knows while the network is away, and fills the whole screen.

import { RequestFailed, Screen, button, h, icon, read, spoken, write } from "./kit";
import { forget, keep, kept } from "./shop_floor_memory";

const ROUTE = "shop-floor";
const EVERY = 30; // seconds between two readings
const WAITS = [5, 10, 20, 40, 60]; // seconds until it is tried again, ever longer
const BACK_FOR = 15; // seconds for which it is said that it is current again
const FULL = "perf_flow:shop_floor_full";

const seconds = (count) => count * 1000;

/** Hour and minute of a time of the site, as the reader sees times. */
function clock(text) {
	return text ? moment(frappe.datetime.convert_to_user_tz(text)).format("HH:mm") : "";
}

export class ShopFloorScreen extends Screen {
	constructor(wrapper) {
		super(wrapper, {
			title: __("Shop floor"),
			name: "shop-floor",
			method: "shop_floor.show",
			args: () => ({ board: this.board }),
			draw: (state) => this.draw(state),
		});
		this.board = "";
		this.failures = 0;
		this.opened = new Set(); // teams whose checks are shown
		this.wrapper = wrapper;
		$(wrapper).on("hide", () => this.hidden());
		this.root.tabIndex = -1;
		document.addEventListener("keydown", (event) => this.in_front && this.on_key(event));
		document.addEventListener("visibilitychange", () => this.on_visible());
		document.addEventListener("fullscreenchange", () => {
			if (!document.fullscreenElement && this.asked_browser) this.leave();
		});
		window.addEventListener("online", () => this.in_front && this.load());
		window.addEventListener("offline", () => this.in_front && this.went_offline());
		// the words of how long ago it was
		setInterval(() => this.in_front && this.draw_status(), 5000);
		this.shown();
	}

	/** The page came to the front. */
	shown() {
		const [, , page, board = ""] = window.location.pathname.split("/");
		if (page !== ROUTE) return;
		const asked = decodeURIComponent(board);
		if (asked !== this.board) {
			this.board = asked;
			this.state = null;
			this.opened.clear();
		}
		if (localStorage.getItem(FULL)) document.body.classList.add("pf-shop-floor-full");
		this.show_full();
		this.keep_awake();
		this.load();
	}

	/** Another page came to the front. */
	hidden() {
		clearTimeout(this.next);
		document.body.classList.remove("pf-shop-floor-full");
		this.let_sleep();
	}

	on_visible() {
		if (document.visibilityState !== "visible" || !this.in_front) return;
		this.keep_awake();
		this.load();
	}

	// Reading -----------------------------------------------------------------------------------------

	async load() {
		clearTimeout(this.next);
		const version = ++this.version;
		if (!this.state) this.show_loading();
		try {
			const answer = await read(this.method, this.args());
			if (version !== this.version) return;
			this.arrived(answer);
		} catch (error) {
			if (version !== this.version) return;
			if (!(error instanceof RequestFailed)) throw error;
			this.failed(error);
		}
	}

	arrived(answer) {
		const was_away = this.failures > 0;
		this.failures = 0;
		this.stale = false;
		this.away_since = null;
		if (was_away) {
			this.back_until = Date.now() + seconds(BACK_FOR);
			this.announce(__("Connected again: this is up to date."));
		}
		if (answer.board) keep(this.board, answer);
		this.show(answer);
		this.again(EVERY);
	}

	failed(error) {
		const gone = [401, 403, 404, 417].includes(error.status);
		if (gone) {
			// not a matter of the network: nothing is shown that the reader may not see (any more)
			forget();
			this.state = null;
			this.show_failure(error);
			this.again(60);
			return;
		}
		this.went_offline();
		this.again(WAITS[Math.min(this.failures, WAITS.length) - 1]);
	}

	/** The server cannot be reached: show what is known, with its time. */
	went_offline() {
		this.failures += 1;
		this.back_until = 0;
		if (!this.state) {
			const board = kept(this.board);
			if (board) this.state = { boards: [], board, may_set_up: false };
		}
		if (!this.state || !this.state.board) {
			this.show_failure(
				new RequestFailed(
					__("The server cannot be reached. Please check the connection and try again.")
				)
			);
			return;
		}
		if (!this.stale) {
			this.stale = true;
			this.away_since = this.state.board.as_of;
			this.announce(__("Offline. This was known at {0}.", [clock(this.away_since)]));
		}
		this.redraw();
	}

	again(after) {
		clearTimeout(this.next);
		this.next_at = Date.now() + seconds(after);
		this.next = setTimeout(() => {
			if (this.in_front && document.visibilityState === "visible") this.load();
		}, seconds(after));
		this.draw_status();
	}

	// What is shown -----------------------------------------------------------------------------------

	draw(state) {
		if (!state.board) return this.draw_choice(state);
		const { board } = state;
		const { due, done, late } = board.totals;
		return [
			this.draw_head(board),
			due === 0
				? this.blank(__("Nothing is due today"), __("Checks that are due appear here by themselves."))
				: [
						h(
							"section",
							{ class: "pf-floor-figures", "aria-label": __("Today") },
							this.draw_total(due, done, late),
							board.goal && this.draw_goal(board.goal)
						),
						board.more &&
							h(
								"p",
								{ class: "pf-notice pf-warning" },
								icon("alert"),
								__("There are more checks than are counted here.")
							),
						board.teams.length > 0 && [
							h("h2", null, board.grouped ? __("By team") : __("Checks")),
							h(
								"ul",
								{ class: "pf-floor-teams" },
								board.teams.map((team) => this.draw_team(board, team))
							),
						],
				  ],
			due === 0 && board.goal && h("div", { class: "pf-floor-figures" }, this.draw_goal(board.goal)),
		];
	}

	draw_head(board) {
		this.status = h("div", { class: "pf-floor-status" });
		this.draw_status();
		return h(
			"header",
			{ class: "pf-floor-head" },
			h(
				"div",
				{ class: "pf-floor-title" },
				h("h1", null, board.title),
				h("p", { class: "pf-muted" }, frappe.datetime.str_to_user(board.today))
			),
			this.status,
			h(
				"div",
				{ class: "pf-floor-tools" },
				this.state && this.state.boards.length > 1 &&
					this.tool(__("Other board"), () => frappe.set_route(ROUTE), "boards"),
				this.is_full
					? this.tool(__("Leave full screen"), () => this.leave(), "full")
					: this.tool(__("Full screen"), () => this.enter(), "full")
			)
		);
	}

	tool(label, run, key) {
		return button(label, run, { class: "btn btn-default pf-button pf-floor-button", key });
	}

	/** Whether what is shown is current: in words, with a sign. */
	draw_status() {
		if (!this.status || !this.state || !this.state.board) return;
		const at = clock(this.state.board.as_of);
		const fresh = Date.now() < (this.back_until || 0);
		if (this.stale) {
			const wait = Math.max(0, Math.round(((this.next_at || 0) - Date.now()) / 1000));
			this.status.className = "pf-floor-status pf-floor-offline";
			this.status.replaceChildren(
				icon("alert"),
				h(
					"span",
					null,
					h("strong", null, __("Offline since {0}", [at])),
					h(
						"span",
						{ class: "pf-floor-wait" },
						wait
							? __("Shown is what was known then. Next try in {0} s.", [wait])
							: __("Shown is what was known then. Trying again…")
					)
				),
				this.tool(__("Try now"), () => this.load(), "try")
			);
			return;
		}
		this.status.className = `pf-floor-status${fresh ? " pf-floor-back" : ""}`;
		this.status.replaceChildren(
			icon("done"),
			h("span", null, fresh ? __("Up to date again, {0}", [at]) : __("Up to date, {0}", [at]))
		);
	}

	draw_total(due, done, late) {
		const percent = due ? Math.round((done / due) * 100) : 0;
		return h(
			"div",
			{ class: "pf-floor-figure" },
			h("p", { class: "pf-floor-label" }, __("Done today", null, "Checks")),
			h(
				"p",
				{ class: "pf-floor-number" },
				__("{0} of {1}", [done, due], "Shop floor"),
				h("span", { class: "pf-floor-percent" }, `${percent}%`)
			),
			this.bar(percent, __("Done: {0} of {1}", [done, due])),
			late > 0
				? h("p", { class: "pf-floor-late" }, icon("alert"), __("{0} late", [late]))
				: h("p", { class: "pf-floor-good" }, icon("done"), __("Nothing is late"))
		);
	}

	draw_goal(goal) {
		const known = goal.value !== null;
		const reached = known && goal.value >= goal.target;
		return h(
			"div",
			{ class: "pf-floor-figure" },
			h("p", { class: "pf-floor-label" }, goal.label),
			h(
				"p",
				{ class: "pf-floor-number" },
				known ? `${goal.value}%` : "–",
				h("span", { class: "pf-floor-percent" }, __("Goal {0}%", [goal.target]))
			),
			this.bar(
				known ? goal.value : 0,
				known
					? __("{0}: {1}% of a goal of {2}%", [goal.label, goal.value, goal.target])
					: __("{0}: no value yet, the goal is {1}%", [goal.label, goal.target]),
				goal.target
			),
			known
				? h(
						"p",
						{ class: reached ? "pf-floor-good" : "pf-floor-short" },
						icon(reached ? "done" : "clock"),
						reached
							? __("The goal is reached")
							: __("{0} points to the goal", [Math.round((goal.target - goal.value) * 10) / 10]),
						goal.as_of &&
							h(
								"span",
								{ class: "pf-muted" },
								__("as of {0}", [frappe.datetime.str_to_user(goal.as_of)])
							)
				  )
				: h("p", { class: "pf-muted" }, __("No value yet"))
		);
	}

	/** A big bar of `percent`, with a mark at `goal`. */
	bar(percent, words, goal = null) {
		const filled = h("span", { class: "pf-floor-filled" });
		filled.style.inlineSize = `${Math.max(0, Math.min(100, percent))}%`;
		const mark = goal !== null && h("span", { class: "pf-floor-mark" });
		if (mark) mark.style.insetInlineStart = `${Math.max(0, Math.min(100, goal))}%`;
		return h("span", { class: "pf-floor-bar", role: "img", "aria-label": words }, filled, mark);
	}

	draw_team(board, team) {
		const name = team.team || (board.grouped ? __("Without a team") : __("All checks"));
		const { due, done, late, checks } = team;
		const can_open = Boolean(checks);
		const opened = can_open && (this.opened.has(team.team) || !board.grouped);
		const inside = [
			h("span", { class: "pf-floor-team" }, name),
			h("span", { class: "pf-floor-count" }, __("{0} of {1}", [done, due], "Shop floor")),
			this.bar(due ? (done / due) * 100 : 0, __("Done: {0} of {1}", [done, due])),
			late > 0 && h("span", { class: "pf-floor-late" }, icon("alert"), __("{0} late", [late])),
			late === 0 && done === due && h("span", { class: "pf-floor-good" }, icon("done"), __("All done")),
		];
		const toggle = () => {
			if (!this.opened.delete(team.team)) this.opened.add(team.team);
			this.redraw();
		};
		return h(
			"li",
			{ class: "pf-floor-group", "data-team": team.team },
			can_open && board.grouped
				? h(
						"button",
						{
							type: "button",
							class: "pf-floor-row",
							"aria-expanded": opened ? "true" : "false",
							key: `team:${team.team}`,
							on: { click: toggle },
						},
						inside
				  )
				: h("div", { class: "pf-floor-row" }, inside),
			opened &&
				h(
					"ul",
					{ class: "pf-floor-checks" },
					checks.map((one) => this.draw_check(board, one))
				)
		);
	}

	draw_check(board, one) {
		const state = one.done
			? __("done", null, "Check")
			: one.late
			? __("late, was due {0}", [frappe.datetime.str_to_user(one.due)])
			: __("due today", null, "Check");
		return h(
			"li",
			null,
			h(
				"a",
				{
					class: "pf-floor-check",
					href: frappe.utils.get_form_link(board.doctype, one.name),
					key: `check:${one.name}`,
					"data-check": one.name,
				},
				h(
					"span",
					{ class: one.done ? "pf-floor-good" : one.late ? "pf-floor-late" : "pf-floor-open" },
					icon(one.done ? "done" : one.late ? "alert" : "open")
				),
				h(
					"span",
					{ class: "pf-floor-words" },
					h("strong", null, one.title),
					one.subtitle && h("span", { class: "pf-muted" }, one.subtitle)
				),
				h("span", { class: one.late ? "pf-floor-late" : "pf-muted" }, state),
				spoken(__("Open {0}", [one.name]))
			)
		);
	}

	/** No board, or several: choose, or set one up. */
	draw_choice(state) {
		if (state.boards.length) {
			return [
				h("h2", null, __("Which board?")),
				h(
					"div",
					{ class: "pf-floor-choice" },
					state.boards.map((board) =>
						this.tool(board.title, () => frappe.set_route(ROUTE, board.name), `board:${board.name}`)
					)
				),
			];
		}
		return state.may_set_up
			? this.blank(
					__("There is no board yet"),
					__(
						"Start with the equipment checks of ERPNext (Asset Maintenance Log), or build a board on any other document type."
					),
					h(
						"div",
						{ class: "pf-buttons pf-floor-choice" },
						button(__("Set up equipment checks"), () => this.set_up(), {
							class: "btn btn-primary pf-button pf-floor-button",
							key: "set-up",
						}),
						this.tool(
							__("Build another board"),
							() => frappe.new_doc("Shop Floor Board"),
							"new-board"
						)
					)
			  )
			: this.blank(
					__("There is no board for you yet"),
					__("An administrator sets up which checks are shown here, and who may read them.")
			  );
	}

	async set_up() {
		try {
			const { name } = await write("shop_floor.set_up", {});
			frappe.set_route(ROUTE, name);
		} catch (error) {
			if (!(error instanceof RequestFailed)) throw error;
			this.show_failure(error);
		}
	}

	// The whole screen --------------------------------------------------------------------------------

	get is_full() {
		return document.body.classList.contains("pf-shop-floor-full");
	}

	/** Hide everything else; the browser's own frame as well where it lets us. */
	enter() {
		document.body.classList.add("pf-shop-floor-full");
		localStorage.setItem(FULL, "1");
		this.asked_browser = false;
		const page = document.documentElement;
		if (page.requestFullscreen) {
			page.requestFullscreen().then(
				() => (this.asked_browser = true),
				(refused) => console.info("perf_flow: full screen within the browser", refused.message)
			);
		}
		this.show_full();
		this.focus_on("full");
	}

	leave() {
		document.body.classList.remove("pf-shop-floor-full");
		localStorage.removeItem(FULL);
		this.asked_browser = false;
		if (document.fullscreenElement) document.exitFullscreen();
		this.show_full();
		this.focus_on("full");
	}

	show_full() {
		this.redraw();
	}

	on_key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) {
			return;
		}
		if (document.querySelector(".modal.show")) return;
		if (event.key === "Escape" && this.is_full) this.leave();
		else if (event.key.toLowerCase() === "f") this.is_full ? this.leave() : this.enter();
		else return;
		event.preventDefault();
	}

	/** A tablet on the wall stays on, where the browser can do that. */
	async keep_awake() {
		if (!navigator.wakeLock || this.lock || document.visibilityState !== "visible") return;
		try {
			this.lock = await navigator.wakeLock.request("screen");
			this.lock.addEventListener("release", () => (this.lock = null));
		} catch (refused) {
			console.info("perf_flow: the screen may go dark", refused.message);
		}
	}

	let_sleep() {
		if (this.lock) this.lock.release();
		this.lock = null;
	}
}
