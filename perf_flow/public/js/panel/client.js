// Talking with the server, beside Frappe's own calls: nothing here freezes the form, holds back what
// waits for Frappe's calls to finish, or opens a dialog. What went wrong is said in the panel.

import { note_server_time } from "./time";
import { words_of } from "./dom";

/** What a request ended with when it did not succeed; `message` is fit for the reader. */
export class RequestFailed extends Error {
	constructor(message, status = 0) {
		super(message);
		this.status = status;
	}

	/** Whether the reader may not see what was asked for. */
	get denied() {
		return this.status === 403 || this.status === 404;
	}
}

const method_url = (method) => `/api/method/perf_flow.api.${method}`;

function parse(text) {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) return null; // an error page of a server in between
		throw error;
	}
}

function said_by_server(body) {
	if (!body) return "";
	const messages = parse(body._server_messages || "[]") || [];
	const said = messages
		.map((message) => parse(message) || { message })
		.map((message) => words_of(message.message))
		.filter(Boolean);
	if (said.length) return said.join("\n");
	return words_of(body._error_message || "");
}

function failure(status, text) {
	const body = parse(text);
	if (status === 0) {
		return new RequestFailed(
			__("The server cannot be reached. Please check the connection and try again.")
		);
	}
	if (status === 413) {
		return new RequestFailed(__("The server does not take a file of this size."), status);
	}
	if (status === 401 || (body && body.session_expired)) {
		return new RequestFailed(
			__("You are no longer logged in. Please reload the page and log in."),
			status
		);
	}
	const said = said_by_server(body);
	if (said) return new RequestFailed(said, status);
	if (status === 403) return new RequestFailed(__("You have no permission for this."), status);
	if (status === 404) return new RequestFailed(__("This no longer exists."), status);
	return new RequestFailed(__("The server could not do this. Please try again in a moment."), status);
}

async function send(url, options) {
	let response, text;
	try {
		response = await fetch(url, { credentials: "same-origin", ...options });
		text = await response.text();
	} catch (error) {
		throw failure(0, "");
	}
	note_server_time(response.headers.get("Date"));
	if (!response.ok) throw failure(response.status, text);
	if (options.method && !options.asking) tell();
	return (parse(text) || {}).message;
}

/** Tell whoever listens, the bar of a rehearsal, that something was written. */
const tell = () => document.dispatchEvent(new CustomEvent("pf-wrote"));

const HEADERS = { Accept: "application/json", "X-Requested-With": "XMLHttpRequest" };

/** Read with a GET request. */
export function read(method, args) {
	return send(`${method_url(method)}?${new URLSearchParams(args)}`, {
		headers: HEADERS,
		cache: "no-store",
	});
}

/** Write with a POST request. */
export function write(method, args) {
	return post(method, args, false);
}

/** Ask with a POST request, which writes nothing: for what no address may hold. */
export function ask(method, args) {
	return post(method, args, true);
}

function post(method, args, asking) {
	return send(method_url(method), {
		method: "POST",
		asking,
		headers: {
			...HEADERS,
			"Content-Type": "application/json",
			"X-Frappe-CSRF-Token": frappe.csrf_token,
		},
		body: JSON.stringify(args),
	});
}

/** Hand over a file with further fields; `asking` says that nothing is written. */
export function send_file(method, file, fields, asking) {
	const body = new FormData();
	for (const [name, value] of Object.entries(fields)) body.append(name, value);
	body.append("file", file, file.name);
	return send(method_url(method), {
		method: "POST",
		asking,
		headers: { ...HEADERS, "X-Frappe-CSRF-Token": frappe.csrf_token },
		body,
	});
}

/** Upload one file; `on_progress` gets percent. Returns `{finished: Promise, stop}`. */
export function upload(fields, file, on_progress) {
	const request = new XMLHttpRequest();
	const finished = new Promise((resolve, reject) => {
		request.open("POST", method_url("steps.upload"));
		request.setRequestHeader("Accept", "application/json");
		request.setRequestHeader("X-Frappe-CSRF-Token", frappe.csrf_token);
		request.upload.addEventListener("progress", (event) => {
			if (event.lengthComputable) on_progress(Math.round((event.loaded / event.total) * 100));
		});
		request.addEventListener("load", () => {
			if (request.status >= 200 && request.status < 300) {
				tell();
				resolve((parse(request.responseText) || {}).message);
			} else {
				reject(failure(request.status, request.responseText));
			}
		});
		request.addEventListener("error", () => reject(failure(0, "")));
		request.addEventListener("abort", () => reject(new RequestFailed("", -1)));
		const body = new FormData();
		for (const [name, value] of Object.entries(fields)) body.append(name, value);
		body.append("file", file, file.name);
		request.send(body);
	});
	return { finished, stop: () => request.abort() };
}
