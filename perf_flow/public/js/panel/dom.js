// Small DOM builder. Text only ever becomes text nodes, so nothing a user wrote is read as HTML.

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
	done: "M3.5 8.5l3 3 6-7",
	open: "M8 3.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6z",
	alert: "M8 2.5L14 13H2L8 2.5zM8 6.5v3M8 11.2v.2",
	clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.4",
	cancelled: "M4 8h8",
	remove: "M4.5 4.5l7 7M11.5 4.5l-7 7",
	upload: "M8 10.5v-7M5 6l3-3 3 3M3 10.5v2.5h10v-2.5",
	camera: "M2.5 5h2.4l1.1-1.7h4L11.1 5h2.4v7.7h-11zM8 6.6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
	more: "M4 8h.1M8 8h.1M12 8h.1",
};

/** An element with properties, attributes, listeners (`on`) and children; empty children are left out. */
export function h(tag, props, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(props || {})) {
		if (value === null || value === undefined || value === false) continue;
		if (name === "on") {
			for (const [event, listener] of Object.entries(value)) {
				element.addEventListener(event, listener);
			}
		} else if (name === "value" || name === "checked" || name === "open") {
			element[name] = value;
		} else if (name === "key") {
			element.setAttribute("data-pf-key", value);
		} else {
			element.setAttribute(name, value === true ? "" : value);
		}
	}
	append(element, children);
	return element;
}

function append(element, children) {
	for (const child of children) {
		if (child === null || child === undefined || child === false || child === "") continue;
		if (Array.isArray(child)) append(element, child);
		else element.append(child);
	}
}

/** A small line drawing; it is decoration, the words beside it say the same. */
export function icon(name) {
	const svg = document.createElementNS(SVG, "svg");
	svg.setAttribute("viewBox", "0 0 16 16");
	svg.setAttribute("class", `pf-icon pf-icon-${name}`);
	svg.setAttribute("aria-hidden", "true");
	const path = document.createElementNS(SVG, "path");
	path.setAttribute("d", PATHS[name]);
	svg.append(path);
	return svg;
}

/** Words for screen readers only. */
export function spoken(text) {
	return h("span", { class: "pf-spoken" }, text);
}

/** What was found out about a piece of evidence, to be read before one relies on it. */
export function warnings_of(piece) {
	return (piece.warnings || []).map((text) =>
		h("p", { class: "pf-notice pf-warning pf-found" }, icon("alert"), h("span", null, text))
	);
}

/** A button with words; `options` are properties of the element. */
export function button(label, run, options = {}, drawing = null) {
	const { variant = "default", ...rest } = options;
	return h(
		"button",
		{ type: "button", class: `btn btn-xs btn-${variant} pf-button`, on: { click: run }, ...rest },
		drawing && icon(drawing),
		h("span", null, label)
	);
}

/** A link that opens beside the desk; anything but a web or site address stays plain text. */
export function link(label, address, attributes = {}) {
	if (!/^(https?:\/\/|\/(?!\/))/i.test(address || "")) return h("span", attributes, label);
	return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...attributes }, label);
}

/** The words of a message that may hold HTML. The parsed document is inert: nothing in it runs or loads. */
export function words_of(html) {
	const spaced = String(html || "").replace(/<(br|\/p|\/li|\/div)\b[^>]*>/gi, "$&\n");
	const text = new DOMParser().parseFromString(spaced, "text/html").body.textContent || "";
	return text.replace(/[ \t]*\n\s*/g, "\n").trim();
}
