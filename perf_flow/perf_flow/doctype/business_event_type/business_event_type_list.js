// The list of business event types: what is on, off, a pilot, or has a problem; and the ready ones.

const TEMPLATES_API = "perf_flow.api.templates.";

frappe.listview_settings["Business Event Type"] = {
	add_fields: ["enabled"],
	hide_name_column: true,
	states: { problems: {}, pilots: [] },

	get_indicator(doc) {
		const { problems, pilots } = this.states;
		if (!cint(doc.enabled)) return [__("Switched off"), "gray", "enabled,=,0"];
		if (problems[doc.name]) return [__("Has a problem"), "red", "enabled,=,1"];
		if (pilots.includes(doc.name)) return [__("Pilot"), "blue", "enabled,=,1"];
		return [__("Switched on"), "green", "enabled,=,1"];
	},

	formatters: {
		title: (value) => frappe.utils.escape_html(__(value)),
		industry: (value) => frappe.utils.escape_html(__(value || "")),
	},

	onload(listview) {
		if (!frappe.model.can_create("Business Event Type")) return;
		listview.page.add_inner_button(__("Add from template"), () => new TemplateGallery(listview));
	},

	refresh(listview) {
		frappe.xcall("perf_flow.api.event_types.states").then((states) => {
			if (JSON.stringify(states) == JSON.stringify(this.states)) return;
			this.states = states;
			listview.render_list();
		});
	},
};

class TemplateGallery {
	constructor(listview) {
		this.listview = listview;
		this.chosen = 0;
		this.changed = false;
		this.dialog = new frappe.ui.Dialog({
			title: __("Add from template"),
			size: "extra-large",
			fields: [{ fieldname: "gallery", fieldtype: "HTML" }],
			on_hide: () => this.changed && this.listview.refresh(),
		});
		this.$body = this.dialog.fields_dict.gallery.$wrapper.addClass("perf-flow-gallery");
		this.dialog.show();
		this.load();
	}

	load() {
		return frappe.xcall(TEMPLATES_API + "gallery", {}, "GET").then((industries) => {
			this.industries = industries;
			this.render();
		});
	}

	render() {
		const industry = this.industries[this.chosen];
		const $tabs = $('<ul class="nav nav-tabs mb-3" role="tablist">');
		this.industries.forEach((other, index) => {
			const $tab = $(`<li class="nav-item"><a class="nav-link" href="#" role="tab"></a></li>`).appendTo($tabs);
			$tab.find("a")
				.text(other.title)
				.toggleClass("active", index == this.chosen)
				.attr("aria-selected", index == this.chosen)
				.on("click", (e) => {
					e.preventDefault();
					this.chosen = index;
					this.render();
				});
		});
		const $head = $(`<div class="d-flex justify-content-between align-items-start mb-3">
			<div class="text-muted mr-3"></div></div>`);
		$head.find("div").text(industry.description);
		if (industry.templates.some((t) => !t.enabled && !t.problem)) {
			$('<button class="btn btn-default btn-sm text-nowrap">')
				.text(__("Switch on all of this industry"))
				.on("click", () => this.switch_on_industry(industry))
				.appendTo($head);
		}
		const $cards = $('<div class="row">');
		industry.templates.forEach((template) => $cards.append(this.card(template)));
		this.$body.empty().append($tabs, $head, $cards);
	}

	card(template) {
		const $card = $(`<div class="col-md-6 mb-3"><div class="frappe-card h-100 d-flex flex-column p-3">
			<div class="d-flex justify-content-between align-items-start">
				<div><div class="bold title"></div><div class="text-muted small when"></div></div>
				<div class="ml-2 text-nowrap state"></div>
			</div>
			<div class="small mt-2 guidance"></div>
			<ul class="small text-muted pl-3 mt-2 mb-0 evidence"></ul>
			<div class="small mt-2 confirmed text-muted"></div>
			<div class="small mt-2 text-danger problem"></div>
		</div></div>`);
		$card.find(".frappe-card").attr("data-template", template.key);
		$card.find(".title").text(template.title);
		$card.find(".when").text(`${template.doctype} · ${template.trigger}`);
		$card.find(".guidance").text(template.guidance);
		template.evidence.forEach((label) => $("<li>").text(label).appendTo($card.find(".evidence")));
		if (template.collaborators.length) {
			$card.find(".confirmed").text(__("Impact confirmed by: {0}", [template.collaborators.join(", ")]));
		}
		const $state = $card.find(".state");
		if (template.event_type) {
			const indicator = template.enabled ? "green" : "gray";
			$(`<a class="indicator-pill ${indicator}">`)
				.attr("href", `/app/business-event-type/${encodeURIComponent(template.event_type)}`)
				.text(template.enabled ? __("Switched on") : __("Switched off"))
				.on("click", () => this.dialog.hide())
				.appendTo($state);
		}
		if (template.problem && !template.event_type) {
			$card.find(".problem").text(template.problem);
		} else if (!template.enabled) {
			$('<button class="btn btn-primary btn-xs ml-2">')
				.text(__("Switch on"))
				.on("click", (e) => this.switch_on(template, $(e.currentTarget)))
				.appendTo($state);
		}
		return $card;
	}

	switch_on(template, $button) {
		$button.prop("disabled", true);
		return frappe
			.xcall(TEMPLATES_API + "switch_on", { template: template.key })
			.then(() => {
				this.changed = true;
				frappe.show_alert({ message: __("{0} is switched on.", [template.title]), indicator: "green" });
				return this.load();
			})
			.finally(() => $button.prop("disabled", false));
	}

	switch_on_industry(industry) {
		frappe.dom.freeze(__("Switching on…"));
		return frappe
			.xcall(TEMPLATES_API + "switch_on_industry", { industry: industry.industry })
			.then(({ event_types, refused }) => {
				this.changed = true;
				frappe.show_alert({
					message: __("{0} event types are switched on.", [event_types.length]),
					indicator: "green",
				});
				if (refused.length) {
					const lines = refused.map(
						({ title, reason }) => `<b>${frappe.utils.escape_html(title)}</b>: ${frappe.utils.escape_html(reason)}`
					);
					frappe.msgprint({
						title: __("Not switched on"),
						message: lines.join("<br>"),
						indicator: "orange",
					});
				}
				return this.load();
			})
			.finally(() => frappe.dom.unfreeze());
	}
}
