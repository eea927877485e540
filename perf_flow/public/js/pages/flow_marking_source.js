// Where the marking screen gets its events from, and where its marks go: the only place that knows endpoints.
//
// With a rehearsal the same endpoints give the practice events of the reader.

import { read, RequestFailed, write } from "./kit";

const PAGE = 25;
const TOGETHER = 5; // marks in one request, so that progress is seen

export class EventSource {
	constructor(rehearsal = "") {
		this.rehearsal = rehearsal;
	}

	/** A page of the queue: those ready for the mark, or those whose evidence is missing. */
	queue(waiting, start = 0) {
		return read("marking.queue", {
			start,
			length: PAGE,
			waiting: waiting ? 1 : 0,
			rehearsal: this.rehearsal,
		});
	}

	event(event) {
		return read("marking.event", { event, rehearsal: this.rehearsal });
	}

	/** Tell the server what was shown; files are noted when their bytes are asked for. */
	opened(event, pieces) {
		return write("marking.opened", { event, pieces, rehearsal: this.rehearsal });
	}

	/** The bytes of a file, as a Blob of this type. */
	async content(event, piece, type) {
		let response;
		try {
			response = await fetch("/api/method/perf_flow.api.marking.content", {
				method: "POST",
				credentials: "same-origin",
				headers: {
					"Content-Type": "application/json",
					"X-Frappe-CSRF-Token": frappe.csrf_token,
				},
				body: JSON.stringify({ event, piece, rehearsal: this.rehearsal }),
			});
		} catch (error) {
			throw new RequestFailed(
				__("The server cannot be reached. Please check the connection and try again.")
			);
		}
		if (!response.ok) {
			throw new RequestFailed(
				response.status === 403
					? __("You have no permission for this.")
					: __("The file could not be read."),
				response.status
			);
		}
		return new Blob([await response.arrayBuffer()], { type });
	}

	/** One mark; the answer is the event as it stands then. */
	async mark(event, mark, reason) {
		const answer = await write("steps.mark", { event, mark, reason });
		return answer.events[0];
	}

	take_back(event, step) {
		return write("steps.take_back", { event, step });
	}

	/** One mark for many; `on_progress` is told how many are through. Gives one result for each event. */
	async mark_many(events, mark, reason, on_progress) {
		const results = [];
		for (let i = 0; i < events.length; i += TOGETHER) {
			const some = events.slice(i, i + TOGETHER);
			try {
				results.push(
					...(await write("marking.mark_many", {
						events: some,
						mark,
						reason,
						rehearsal: this.rehearsal,
					}))
				);
			} catch (error) {
				results.push(...some.map((event) => ({ event, done: false, error: error.message })));
			}
			on_progress(results.length);
		}
		return results;
	}

	save_template(template) {
		return write("marking.save_template", template);
	}

	remove_template(name) {
		return write("marking.remove_template", { name });
	}

	absence() {
		return read("away.mine", {});
	}

	save_absence(values) {
		return write("away.save", values);
	}
}
