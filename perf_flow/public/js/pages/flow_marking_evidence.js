// The evidence of one event, shown where it is judged: pictures, PDF, texts, links, fields and linked documents.
//
// A file is fetched when it comes into view, with a request that notes that it was opened. What the browser makes
// of it is decided here by its kind, never by what the file says of itself: nothing in it runs on this page.

import { button, h, icon, link, warnings_of } from "./kit";
import { full } from "../panel/time";
import { draw_missing, draw_sop, show_similar } from "../panel/guidance";
import { draw_verdict } from "../panel/verdict";

const LONGEST_TEXT = 200000; // characters of a text file

const IMAGE_TYPES = {
	png: "image/png",
	jpg: "image/jpeg",
	jpeg: "image/jpeg",
	gif: "image/gif",
	webp: "image/webp",
	bmp: "image/bmp",
};

const ending = (name) => (/\.([a-z0-9]+)$/i.exec(name || "") || ["", ""])[1].toLowerCase();

/** The evidence of one event. `on_opened(pieces)` is called with what was noted as opened. */
export class Evidence {
	constructor(source, detail, on_opened) {
		this.source = source;
		this.event = detail.event;
		this.opened = new Set(detail.opened);
		this.on_opened = on_opened;
		this.addresses = []; // of blobs, to be given back
		this.places = new Map(); // by piece
		this.observer = new IntersectionObserver((seen) => this.in_view(seen), { threshold: 0.01 });
		this.root = h(
			"div",
			{ class: "pf-m-evidence" },
			draw_missing(this.event),
			this.verdict(),
			draw_sop(this.event.sop),
			this.requirements(),
			this.earlier(),
			this.similar()
		);
		this.note_shown();
	}

	dispose() {
		this.disposed = true;
		this.observer.disconnect();
		for (const address of this.addresses) URL.revokeObjectURL(address);
	}

	verdict() {
		return this.event.verdict ? draw_verdict(this.event.verdict) : null;
	}

	/** Past cases to compare with. */
	similar() {
		if (!this.event.learn) return null;
		const place = h("div", { class: "pf-cases" });
		const run = (e) => e.currentTarget.parentNode.open || show_similar(place, this.event.name);
		const summary = h("summary", { on: { click: run } }, __("Similar past cases"));
		return h("details", { class: "pf-rounds pf-similar" }, summary, place);
	}

	requirements() {
		const { requirements } = this.event;
		if (!requirements.length) {
			return h("p", { class: "pf-muted" }, __("No evidence is asked for here."));
		}
		return requirements.map((requirement) =>
			h(
				"section",
				{
					class: `pf-m-requirement${requirement.satisfied ? "" : " pf-m-missing"}`,
					"aria-label": requirement.label,
				},
				h(
					"h3",
					{ class: "pf-m-label" },
					icon(requirement.satisfied ? "done" : "open"),
					h("span", null, requirement.label),
					!requirement.mandatory &&
						h("span", { class: "pf-tag" }, __("optional", null, "Evidence requirement"))
				),
				requirement.pieces.length
					? requirement.pieces.map((piece) => this.piece(piece, true))
					: h(
							"p",
							{ class: requirement.mandatory ? "pf-m-lack" : "pf-muted" },
							requirement.mandatory
								? __("Still missing")
								: __("Nothing was given here.")
					  )
			)
		);
	}

	earlier() {
		const rounds = [...new Set([...this.event.earlier, ...this.past_marks()].map((one) => one.round))];
		if (!rounds.length) return null;
		rounds.sort((a, b) => b - a);
		return h(
			"details",
			{ class: "pf-rounds" },
			h("summary", null, __("Earlier rounds ({0})", [rounds.length])),
			rounds.map((round) => [
				h("h4", { class: "pf-round" }, __("Round {0}", [round])),
				this.past_marks()
					.filter((step) => step.round === round)
					.map((step) =>
						h(
							"p",
							{ class: "pf-text" },
							h("strong", null, __(step.result, null, "Effectiveness mark")),
							step.note ? ` · ${step.note}` : ""
						)
					),
				this.event.earlier
					.filter((piece) => piece.round === round)
					.map((piece) => [
						h("p", { class: "pf-hint" }, piece.label),
						this.piece(piece, false),
					]),
			])
		);
	}

	past_marks() {
		return this.event.steps.filter(
			(step) => step.kind === "Mark" && step.state === "Done" && step.round < this.event.round
		);
	}

	/** One piece with its preview. Only those of this round are noted as opened. */
	piece(piece, current) {
		const by = piece.automatic
			? __("Read from ERP data {0}", [full(piece.given_at)])
			: __("Given by {0}, {1}", [piece.given_by_name, full(piece.given_at)]);
		const seen = h("span", { class: "pf-m-seen" });
		const body = h("div", { class: "pf-m-preview" });
		const root = h(
			"article",
			{ class: "pf-m-piece", "data-piece": piece.piece, "data-kind": piece.kind },
			h(
				"header",
				{ class: "pf-m-piece-head" },
				h("span", { class: "pf-m-piece-name" }, piece.kind === "File" ? piece.title : ""),
				h("span", { class: "pf-hint" }, by),
				current && seen
			),
			warnings_of(piece),
			body
		);
		this.places.set(piece.piece, { piece, body, seen, current });
		if (current) this.draw_seen(piece.piece);
		if (piece.kind === "File") {
			this.draw_waiting(piece, body);
			if (piece.preview !== "file") this.observer.observe(root);
		} else {
			body.append(this.words(piece));
		}
		return root;
	}

	words(piece) {
		if (piece.kind === "Text") return h("p", { class: "pf-text pf-m-text" }, piece.value);
		if (["Root Cause", "Sign-off"].includes(piece.kind)) {
			return h("p", { class: "pf-text pf-m-text" }, piece.title);
		}
		if (piece.kind === "Link") {
			return h(
				"p",
				null,
				link(piece.value, piece.url, {
					class: "pf-m-link",
					key: `link:${piece.piece}`,
					on: { click: () => this.note([piece.piece]), auxclick: () => this.note([piece.piece]) },
				})
			);
		}
		if (piece.kind === "Linked Document") return h("p", null, link(piece.title, piece.url));
		return h("p", { class: "pf-m-field" }, piece.title);
	}

	// Files -----------------------------------------------------------------------------------------

	draw_waiting(piece, body) {
		const label = piece.preview === "file" ? __("Download and open") : __("Show", null, "A file");
		const open = button(label, () => this.load(piece.piece, true), {
			key: `show:${piece.piece}`,
			"aria-label": __("{0}: {1}", [label, piece.title]),
		});
		body.replaceChildren(
			h(
				"div",
				{ class: "pf-m-file" },
				piece.preview === "file" &&
					h("p", { class: "pf-hint" }, __("The browser cannot show this kind of file here.")),
				open
			)
		);
	}

	in_view(seen) {
		for (const entry of seen) {
			if (!entry.isIntersecting) continue;
			this.observer.unobserve(entry.target);
			this.load(entry.target.dataset.piece, false);
		}
	}

	async load(key, by_hand) {
		const { piece, body } = this.places.get(key);
		body.replaceChildren(
			h("p", { class: "pf-muted pf-loading", role: "status" }, __("The file is being read…"))
		);
		const type =
			piece.preview === "image"
				? IMAGE_TYPES[ending(piece.title)]
				: piece.preview === "pdf"
				? "application/pdf"
				: "application/octet-stream";
		try {
			const blob = await this.source.content(this.event.name, key, type);
			if (this.disposed) return;
			await this.draw_file(piece, body, blob, by_hand);
			this.mark_opened([key]);
		} catch (error) {
			if (this.disposed) return;
			body.replaceChildren(
				h("p", { class: "pf-notice pf-error" }, icon("alert"), h("span", null, error.message)),
				button(__("Try again", null, "Performance Flow"), () => this.load(key, by_hand), {
					key: `again:${key}`,
				})
			);
		}
	}

	address(blob) {
		const made = URL.createObjectURL(blob);
		this.addresses.push(made);
		return made;
	}

	async draw_file(piece, body, blob, by_hand) {
		if (piece.preview === "image") return this.draw_image(piece, body, blob);
		if (piece.preview === "text") return this.draw_text(piece, body, blob);
		if (piece.preview === "pdf") {
			const head = new Uint8Array(await blob.slice(0, 1024).arrayBuffer());
			if (String.fromCharCode(...head).includes("%PDF-")) return this.draw_pdf(piece, body, blob);
		}
		const save = this.saving(piece, blob);
		body.replaceChildren(
			h("p", { class: "pf-hint" }, __("The browser cannot show this kind of file here.")),
			save
		);
		if (by_hand) save.click();
	}

	saving(piece, blob) {
		return h(
			"a",
			{ href: this.address(blob), download: piece.title, class: "pf-m-save" },
			__("Save {0}", [piece.title])
		);
	}

	draw_image(piece, body, blob) {
		const image = h("img", { src: this.address(blob), alt: piece.title, class: "pf-m-image" });
		const larger = h(
			"button",
			{
				type: "button",
				class: "pf-m-zoom",
				"aria-pressed": "false",
				"aria-label": __("Show {0} in full size", [piece.title]),
				on: {
					click: () => {
						const on = larger.classList.toggle("pf-m-full");
						larger.setAttribute("aria-pressed", on ? "true" : "false");
					},
				},
			},
			image
		);
		image.addEventListener("error", () => {
			body.replaceChildren(
				h("p", { class: "pf-hint" }, __("The picture cannot be shown. Its file can be saved.")),
				this.saving(piece, blob)
			);
		});
		body.replaceChildren(larger);
	}

	async draw_text(piece, body, blob) {
		const bytes = await blob.arrayBuffer();
		let text;
		try {
			text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
		} catch (error) {
			if (!(error instanceof TypeError)) throw error;
			text = new TextDecoder("gb18030").decode(bytes); // what Chinese Windows writes
		}
		body.replaceChildren(
			h(
				"pre",
				{ class: "pf-m-plain", tabindex: 0, "aria-label": piece.title },
				text.slice(0, LONGEST_TEXT)
			)
		);
		if (text.length > LONGEST_TEXT) body.append(this.saving(piece, blob));
	}

	// The browser's own viewer; it has a process of its own, and would not work in a sandboxed frame.
	draw_pdf(piece, body, blob) {
		const address = this.address(blob);
		const beside = h(
			"a",
			{ href: address, target: "_blank", rel: "noopener" },
			__("Open {0} in a tab of its own", [piece.title])
		);
		if (navigator.pdfViewerEnabled === false) {
			body.replaceChildren(
				h("p", { class: "pf-hint" }, __("This browser does not show PDF files in a page.")),
				beside,
				" ",
				this.saving(piece, blob)
			);
			return;
		}
		body.replaceChildren(
			h("iframe", { src: `${address}#toolbar=0&navpanes=0&view=FitH`, class: "pf-m-pdf", title: piece.title }),
			h("p", { class: "pf-hint" }, beside)
		);
	}

	// What was opened ---------------------------------------------------------------------------------

	/** Texts, fields and linked documents are open as soon as they stand on the page. */
	note_shown() {
		const shown = [];
		for (const { piece, current } of this.places.values()) {
			if (current && !["File", "Link"].includes(piece.kind)) shown.push(piece.piece);
		}
		this.note(shown);
	}

	async note(pieces) {
		const fresh = pieces.filter((piece) => !this.opened.has(piece));
		if (!fresh.length) return;
		try {
			await this.source.opened(this.event.name, fresh);
		} catch (error) {
			if (!this.disposed) frappe.show_alert({ message: error.message, indicator: "orange" });
			return;
		}
		this.mark_opened(fresh);
	}

	mark_opened(pieces) {
		for (const piece of pieces) {
			const place = this.places.get(piece);
			if (!place || !place.current) continue;
			this.opened.add(piece);
			this.draw_seen(piece);
		}
		this.on_opened(this.event.name, this.opened.size);
	}

	draw_seen(piece) {
		const { seen } = this.places.get(piece);
		const is_open = this.opened.has(piece);
		seen.replaceChildren(
			...(is_open ? [icon("done"), h("span", null, __("opened", null, "Evidence"))] : []),
			...(is_open ? [] : [h("span", { class: "pf-hint" }, __("not opened yet", null, "Evidence"))])
		);
		seen.classList.toggle("pf-good", is_open);
	}
}
