// What a tablet keeps of a board, so that a reload without the server does not leave it empty: figures and the
// names of teams, for a day. No names of people, no documents; and whoever logs in next does not see it.

const PREFIX = "perf_flow:shop_floor:";
const KEPT = 24 * 3600 * 1000;

/** A short number for who looks at which board; nobody reads a login out of it. */
function mark_of(text) {
	let hash = 0x811c9dc5;
	for (const character of text) {
		hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193) >>> 0;
	}
	return hash.toString(36);
}

const key_of = (board) => PREFIX + mark_of(`${frappe.session.user}|${board}`);

function kept_keys() {
	return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

/** What of a board may be kept. */
export function without_people(board) {
	const { totals, goal, today, as_of, name, title, doctype_label, grouped, more } = board;
	const teams = board.teams_are_people
		? []
		: board.teams.map(({ team, due, done, late }) => ({ team, due, done, late, checks: null }));
	return { totals, goal, today, as_of, name, title, doctype_label, grouped, more, teams };
}

/** Keep what a board showed; `asked` is the name it was asked for by. A full or closed storage keeps nothing. */
export function keep(asked, state) {
	try {
		for (const key of kept_keys()) {
			const kept = JSON.parse(localStorage.getItem(key));
			if (!(Date.now() - kept.at < KEPT)) localStorage.removeItem(key);
		}
		const board = without_people(state.board);
		localStorage.setItem(key_of(asked), JSON.stringify({ at: Date.now(), board }));
	} catch (error) {
		console.info("perf_flow: the board is not kept", error);
	}
}

/** What was kept of a board within the last day, or null. */
export function kept(asked) {
	try {
		const found = JSON.parse(localStorage.getItem(key_of(asked)) || "null");
		return found && Date.now() - found.at < KEPT ? found.board : null;
	} catch (error) {
		console.info("perf_flow: what was kept cannot be read", error);
		return null;
	}
}

/** Forget everything: the reader may not see it any more. */
export function forget() {
	try {
		for (const key of kept_keys()) localStorage.removeItem(key);
	} catch (error) {
		console.info("perf_flow: nothing could be forgotten", error);
	}
}
