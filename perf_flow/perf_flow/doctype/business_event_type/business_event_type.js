// The form of a business event type: conditions are edited with the desk's own filter control,
// fields are chosen from lists that follow the watched document type.

const EVENT_TYPES_API = "perf_flow.api.event_types.";
const PERSON_DOCTYPES = ["Employee", "User", "Sales Person", "Project"];
const NOT_FOR_CONDITIONS = ["_liked_by", "_comments", "idx"];

// --- fields of a document type ------------------------------------------------------------------

const with_fields_of = (doctype) => new Promise((resolve) => frappe.model.with_doctype(doctype, resolve));

const is_value_field = (df) =>
	!frappe.model.no_value_type.includes(df.fieldtype) &&
	!frappe.model.table_fields.includes(df.fieldtype) &&
	!cint(df.is_virtual);

const fields_of = (doctype) => (frappe.meta.docfield_list[doctype] || []).filter(is_value_field);

const tables_of = (doctype) =>
	(frappe.meta.docfield_list[doctype] || []).filter(
		(df) => frappe.model.table_fields.includes(df.fieldtype) && df.options && !cint(df.is_virtual)
	);

const standard_fields = (doctype) =>
	frappe.model.std_fields
		.filter((df) => !NOT_FOR_CONDITIONS.includes(df.fieldname))
		.map((df) => ({ ...df, parent: doctype, ...(df.fieldname == "name" ? { options: doctype } : {}) }));

const label_of = (df) => __(df.label || df.fieldname, null, df.parent);

const by_label = (a, b) => label_of(a).localeCompare(label_of(b));

const option = (df, table) =>
	table
		? {
				value: `${table.fieldname}.${df.fieldname}`,
				label: `${label_of(table)} › ${label_of(df)} (${table.fieldname}.${df.fieldname})`,
		  }
		: { value: df.fieldname, label: `${label_of(df)} (${df.fieldname})` };

// options for an Autocomplete control: fields of the document type and of its tables that `wanted` takes
function field_options(doctype, wanted, with_tables) {
	const own = fields_of(doctype).filter(wanted).sort(by_label);
	const options = own.map((df) => option(df));
	for (const table of with_tables ? tables_of(doctype) : []) {
		options.push(
			...fields_of(table.options)
				.filter(wanted)
				.sort(by_label)
				.map((df) => option(df, table))
		);
	}
	return options;
}

const names_a_person = (df) =>
	(df.fieldtype == "Link" && PERSON_DOCTYPES.includes(df.options)) ||
	(["Data", "Read Only"].includes(df.fieldtype) &&
		(df.options == "Email" || /email|user|owner|assignee/.test(df.fieldname)));

const person_options = (doctype) => [
	...field_options(doctype, names_a_person, true),
	{ value: "owner", label: `${__("Created By")} (owner)` },
	{ value: "modified_by", label: `${__("Last Updated By")} (modified_by)` },
];

const date_options = (doctype) => [
	...field_options(doctype, (df) => ["Date", "Datetime"].includes(df.fieldtype)),
	{ value: "creation", label: `${__("Created On")} (creation)` },
	{ value: "modified", label: `${__("Last Updated On")} (modified)` },
];

// fields of `linked` that can hold the name of a document of `doctype`, the most likely ones first
function link_options(linked, doctype) {
	const links = (df) => df.fieldtype == "Link" && df.options == doctype;
	const dynamic = (df) => df.fieldtype == "Dynamic Link";
	const data = (df) => df.fieldtype == "Data";
	return [links, dynamic, data].flatMap((wanted) => field_options(linked, wanted, true));
}

// --- the filter control -------------------------------------------------------------------------

class ConditionRow extends frappe.ui.Filter {
	// operators of other apps that only lists understand (fiscal year) are left out
	set_conditions_from_config() {}

	// a new operator brings another input: what was entered stays
	make_field(df, old_fieldtype) {
		const before = this.field?.df.fieldname == df.fieldname ? this.field.get_value() : null;
		super.make_field(df, old_fieldtype);
		const takes_text = ["Data", "Select", "MultiSelect", "Link"].includes(df.fieldtype);
		if (before && typeof before == "string" && takes_text && this.get_condition() != "is") {
			this.field.set_value(before.replace(/,\s*$/, ""));
		}
	}
}

// The desk's filter control, over all fields of the document type: whoever configures an event type
// need not be allowed to read the documents it watches.
class ConditionRows extends frappe.ui.FilterGroup {
	_push_new_filter(doctype, fieldname, condition, value, hidden = false) {
		const row = new ConditionRow({
			parent: this.wrapper,
			parent_doctype: this.doctype,
			doctype,
			fieldname,
			condition,
			value,
			hidden,
			filter_fields: this.filter_fields,
			index: this.filters.length + 1,
			on_change: () => this.on_change(),
			filter_items: (of_doctype, of_field) => !this.filter_exists([of_doctype, of_field]),
			filter_list: this,
		});
		this.filters.push(row);
		return row;
	}
}

const is_complete = ([, , , value]) =>
	Array.isArray(value) ? value.length && value.every((v) => v) : ![null, undefined, ""].includes(value);

// Edits filter rows in `parent`. Rows whose field is gone are shown as such and kept until removed.
class ConditionEditor {
	constructor({ parent, doctype, rows, on_change }) {
		this.parent = $(parent).empty();
		this.doctype = doctype;
		this.changed = frappe.utils.debounce(() => on_change?.(this.get_rows()), 150);
		const known = (row) => this.columns()[row[0]]?.has(row[1]);
		this.lost = rows.filter((row) => !known(row));
		this.$lost = $("<div>").appendTo(this.parent);
		this.render_lost();
		this.group = new ConditionRows({
			parent: $('<div class="mb-4">').appendTo(this.parent),
			doctype,
			filter_fields: this.filter_fields(),
			on_change: () => this.changed(),
		});
		this.group.add_filters_to_filter_group(rows.filter(known));
		// the control is silent about a new operator or field: listen to the inputs themselves
		this.group.wrapper.on("change awesomplete-selectcomplete input", () => this.changed());
		this.group.wrapper.on("click", ".remove-filter, .clear-filters", () => this.changed());
	}

	filter_fields() {
		const own = [...standard_fields(this.doctype), ...fields_of(this.doctype)].sort(by_label);
		return own.concat(...tables_of(this.doctype).map((t) => fields_of(t.options).sort(by_label)));
	}

	columns() {
		if (!this._columns) {
			this._columns = {};
			for (const df of this.filter_fields()) {
				(this._columns[df.parent] ??= new Set()).add(df.fieldname);
			}
		}
		return this._columns;
	}

	render_lost() {
		this.$lost.empty();
		for (const row of this.lost) {
			const $row = $(`<div class="alert alert-danger small d-flex justify-content-between p-2 mb-2">
				<span></span><a class="text-danger" href="#"></a></div>`).appendTo(this.$lost);
			$row.find("span").text(
				__("{0} has no field {1}: this condition cannot be carried out.", [__(row[0]), row[1]])
			);
			$row.find("a")
				.text(__("Remove condition"))
				.on("click", (e) => {
					e.preventDefault();
					this.lost = this.lost.filter((other) => other !== row);
					this.render_lost();
					this.changed();
				});
		}
	}

	shown_rows() {
		return this.group.get_filters().map((row) => row.slice(0, 4));
	}

	get_rows() {
		return [...this.lost, ...this.shown_rows().filter(is_complete)];
	}

	// says so, and returns false, while a row is half filled in
	check() {
		const open = this.shown_rows().find((row) => !is_complete(row));
		if (open) {
			const label = frappe.meta.get_label(open[0], open[1]);
			frappe.msgprint({
				message: __("The condition on {0} has no value yet. Fill it in or remove it.", [
					frappe.utils.escape_html(__(label, null, open[0])).bold(),
				]),
				indicator: "orange",
			});
		}
		return !open;
	}
}

// the stored text as rows [doctype, field, operator, value]
function read_rows(text, doctype) {
	let stored;
	try {
		stored = JSON.parse(text || "[]");
	} catch {
		return [];
	}
	if ($.isPlainObject(stored)) {
		stored = Object.entries(stored).map(([field, value]) =>
			Array.isArray(value) ? [field, ...value] : [field, "=", value]
		);
	}
	return (stored || []).map((row) => (row.length == 3 ? [doctype, ...row] : row.slice(0, 4)));
}

const write_rows = (rows) => (rows.length ? JSON.stringify(rows) : "");

// show stored rows as sentences in $parent
function show_in_words($parent, doctype, text, empty) {
	if (!read_rows(text, doctype).length) {
		$parent.empty().append($('<div class="text-muted small">').text(empty));
		return Promise.resolve();
	}
	return frappe
		.xcall(EVENT_TYPES_API + "conditions_in_words", { doctype, filters: text })
		.then(({ rows, problem }) => {
			$parent.empty();
			if (problem) $parent.append($('<div class="text-danger small">').text(problem));
			for (const row of rows) $parent.append($("<div>").text(row));
		});
}

// --- the form -----------------------------------------------------------------------------------

frappe.ui.form.on("Business Event Type", {
	setup(frm) {
		Object.assign(frm.get_docfield("expression"), { min_lines: 2, max_lines: 8 });
		const document_types = () => ({ query: EVENT_TYPES_API + "document_types" });
		frm.set_query("reference_doctype", document_types);
		frm.set_query("linked_doctype", "requirements", document_types);
		frm.set_query("scope_type", "pilot_scope", () => ({
			...document_types(),
			filters: { only: ["Department", "Branch", "Employee"] },
		}));
		// who configures event types names people, places and roles without a role in HR
		const named = (filters) => ({ query: EVENT_TYPES_API + "named", filters });
		frm.set_query("scope_name", "pilot_scope", (doc) => named({ company: doc.only_company || "" }));
		frm.set_query("employee", "recipients", (doc) => named({ company: doc.only_company || "" }));
		frm.set_query("employee", "collaborators", (doc) => named({ company: doc.only_company || "" }));
		frm.set_query("department", "collaborators", (doc) =>
			named({ company: doc.only_company || "", leaves: 1 })
		);
		frm.set_query("role", "collaborators", () => ({ query: EVENT_TYPES_API + "roles" }));
		frm.set_query("only_company", () => named({}));
		frm.set_query("kra", () => named({}));
		frm.set_query("goal", (doc) => named({ company: doc.only_company || "" }));
		for (const fieldname of ["only_company", "kra", "goal"]) {
			frm.get_docfield(fieldname).ignore_link_validation = 1;
		}
		for (const [table, fieldname] of [
			["recipients", "employee"],
			["collaborators", "employee"],
			["collaborators", "department"],
			["collaborators", "role"],
			["pilot_scope", "scope_name"],
		]) {
			frm.fields_dict[table].grid.update_docfield_property(fieldname, "ignore_link_validation", 1);
		}
	},

	before_load(frm) {
		// the desk fills in the user's own company; an event type is for all companies unless said otherwise
		if (frm.is_new() && !frm.doc.reference_doctype) {
			frm.doc.only_company = "";
			if (!(frm.doc.recipients || []).length) frm.add_child("recipients", { source: "Document Owner" });
		}
	},

	refresh(frm) {
		frm.events.add_switch(frm);
		frm.events.show_problems(frm);
		frm.events.show_translations(frm);
		frm.events.show_guide(frm);
		frm.events.show_sops(frm);
		return frm.events.follow_doctype(frm);
	},

	sop_kind(frm) {
		frm.set_value("sop_document", "");
		return frm.events.show_sops(frm);
	},

	show_sops: (frm) => offer_sops(frm.fields_dict.sop_document, frm.doc.sop_kind, frm.doc.sop_document),

	// texts are kept in one language; who reads another one sees beside them what people will be shown
	show_translations(frm) {
		for (const fieldname of ["industry", "guidance"]) {
			const text = frm.doc[fieldname];
			const shown = text ? __(text) : "";
			const own = frm.get_docfield(fieldname).description;
			frm.fields_dict[fieldname].set_new_description(
				shown != text && shown ? frappe.utils.escape_html(shown) : __(own || "")
			);
		}
		for (const table of ["requirements", "collaborators", "checks"]) {
			frm.fields_dict[table].grid.update_docfield_property("label", "formatter", (value) =>
				frappe.utils.escape_html(__(value || ""))
			);
		}
	},

	after_save(frm) {
		frm.conditions = null;
	},

	validate(frm) {
		// the last keystroke may not have been taken over yet
		const shown = frm.conditions;
		if (shown?.editor && shown.docname == frm.doc.name && shown.doctype == frm.doc.reference_doctype) {
			shown.text = write_rows(shown.editor.get_rows());
			if (shown.text != (frm.doc.filters || "")) {
				frm.doc.filters = shown.text;
				frm.dirty(); // a clean form is not sent
			}
			frappe.validated = shown.editor.check();
		}
	},

	reference_doctype(frm) {
		const doctype = frm.doc.reference_doctype;
		if (!doctype) return frm.events.follow_doctype(frm);
		return with_fields_of(doctype).then(() => {
			const kept = [doctype, ...tables_of(doctype).map((df) => df.options)];
			const rows = read_rows(frm.doc.filters, doctype).filter((row) => kept.includes(row[0]));
			frm.set_value("filters", write_rows(rows));
			if (!date_options(doctype).some((o) => o.value == frm.doc.date_field)) {
				frm.set_value("date_field", "");
			}
			return frm.events.follow_doctype(frm);
		});
	},

	// everything that depends on the watched document type
	follow_doctype(frm) {
		const doctype = frm.doc.reference_doctype;
		if (!doctype) {
			frm.conditions = null;
			frm.events.offer_fields(frm, [], [], []);
			$(frm.fields_dict.filters_html.wrapper)
				.empty()
				.append($('<div class="text-muted small">').text(__("Choose the document type first.")));
			return;
		}
		return with_fields_of(doctype).then(() => {
			if (doctype != frm.doc.reference_doctype || !frappe.get_meta(doctype)) return;
			frm.events.offer_fields(
				frm,
				date_options(doctype),
				person_options(doctype),
				field_options(doctype, () => true)
			);
			frm.events.show_conditions(frm);
		});
	},

	offer_fields(frm, dates, people, values) {
		const { date_field } = frm.fields_dict;
		date_field.df.options = dates;
		date_field.set_data(dates);
		date_field.refresh();
		const offer = (table, options) =>
			frm.fields_dict[table].grid.update_docfield_property("fieldname", "options", options);
		offer("recipients", people);
		offer("collaborators", people);
		offer("requirements", values);
		frm.events.offer_for_checks(frm, dates);
	},

	// what checks can look at: dates, with those of the documents that name this one, and numbers
	offer_for_checks(frm, dates) {
		const doctype = frm.doc.reference_doctype;
		const numbers = doctype
			? field_options(doctype, (df) => NUMBER_TYPES.includes(df.fieldtype))
			: [];
		frm.pf_check_fields = { dates, numbers };
		frm.events.show_ready_checks(frm);
		if (!doctype || !frm.perm[0]?.write) return;
		frappe.xcall(EVENT_TYPES_API + "linked_dates", { doctype }).then((linked) => {
			if (doctype == frm.doc.reference_doctype) {
				frm.pf_check_fields = { dates: [...dates, ...linked], numbers };
			}
		});
	},

	show_ready_checks(frm) {
		const $box = $(frm.fields_dict.ready_checks_html.wrapper).empty();
		if (!frm.perm[0]?.write || !frm.doc.reference_doctype) return;
		$box.append($('<div class="text-muted small mb-2">').text(__("Add a check with one click:")));
		for (const check of READY_CHECKS) {
			$('<button type="button" class="btn btn-default btn-xs mr-2 mb-2">')
				.text(check.label())
				.attr("data-ready-check", check.kind)
				.on("click", () => add_check(frm, check))
				.appendTo($box);
		}
	},

	show_conditions(frm) {
		const { reference_doctype: doctype, name: docname } = frm.doc;
		const $parent = $(frm.fields_dict.filters_html.wrapper);
		const text = frm.doc.filters || "";
		const editable = frm.perm[0]?.write && !frm.read_only;
		const shown = frm.conditions;
		if (
			shown?.editor &&
			editable &&
			shown.docname == docname &&
			shown.doctype == doctype &&
			shown.text == text
		) {
			return;
		}
		if (!editable) {
			frm.conditions = null;
			return show_in_words($parent, doctype, text, __("No conditions: every document counts."));
		}
		const now_shown = { docname, doctype, text };
		now_shown.editor = new ConditionEditor({
			parent: $parent,
			doctype,
			rows: read_rows(text, doctype),
			on_change(rows) {
				const changed = write_rows(rows);
				if (frm.conditions !== now_shown || frm.doc.name != docname || changed == now_shown.text) return;
				now_shown.text = changed;
				frm.set_value("filters", changed);
			},
		});
		// what the control makes of the rows may be spelled differently; that is no change by the user
		now_shown.text = text;
		frm.conditions = now_shown;
	},

	// what is not needed by every page is loaded now: the guide with its preview, switching, problems
	with_administrator(frm, run) {
		return frappe
			.require(["administrator.bundle.css", "administrator.bundle.js"])
			.then(() => frappe.perf_flow.administrator && run(frappe.perf_flow.administrator));
	},

	add_switch(frm) {
		if (!frm.perm[0]?.write) return;
		frm.add_custom_button(__("Show me around"), () => frm.tour.init({ tour_name: "Business Event Type" }).then(() => frm.tour.start()));
		const by = (action) => () => frm.events.with_administrator(frm, (tools) => tools[action](frm));
		frm.add_custom_button(__("Backtest"), by("backtest"));
		if (frm.is_new()) return;
		frm.add_custom_button(__("Duplicate"), by("duplicate"));
		const pilot = (frm.doc.pilot_scope || []).length > 0;
		if (cint(frm.doc.enabled)) {
			if (pilot) frm.add_custom_button(__("Widen to everybody"), by("widen"));
			const $off = frm.add_custom_button(__("Switch off"), () =>
				frm.events.with_administrator(frm, (tools) => tools.switch_off(frm, $off))
			);
			return;
		}
		frm.add_custom_button(__("Switch on for a pilot"), by("switch_on_for_pilot"));
		const $on = frm.add_custom_button(__("Switch on"), () => {
			frm.set_value("enabled", 1);
			return frm.save("Save", null, $on, () => frm.set_value("enabled", 0));
		});
		$on.removeClass("btn-default").addClass("btn-primary");
	},

	show_problems(frm) {
		frm.pf_problems?.remove();
		if (frm.is_new() || !frappe.model.can_read("Event Type Problem")) return;
		frm.events.with_administrator(frm, (tools) => tools.show_problems(frm));
	},

	show_guide(frm) {
		const shown = Boolean(frm.perm[0]?.write);
		frm.toggle_display("try_section", shown);
		if (shown) frm.events.with_administrator(frm, (tools) => tools.guide(frm));
	},
});

// --- rows of the evidence requirements ----------------------------------------------------------

// which document type the filter rows of a requirement's field are about
const subject_of = (frm, row, fieldname) =>
	fieldname == "filters" && row.kind == "Linked Document" ? row.linked_doctype : frm.doc.reference_doctype;

const empty_text = (row, fieldname) => {
	if (fieldname == "condition") return __("No condition yet.");
	return row.kind == "Field" ? __("The field is filled in.") : __("The document exists.");
};

function edit_conditions(frm, row, fieldname, label) {
	const doctype = subject_of(frm, row, fieldname);
	if (!doctype) {
		frappe.show_alert({ message: __("Choose the document type first."), indicator: "orange" });
		return;
	}
	with_fields_of(doctype).then(() => {
		const dialog = new frappe.ui.Dialog({
			title: `${label}: ${__(doctype)}`,
			size: "large",
			fields: [{ fieldname: "rows", fieldtype: "HTML" }],
			primary_action_label: __("Apply"),
			primary_action: () => {
				if (!editor.check()) return;
				frappe.model.set_value(row.doctype, row.name, fieldname, write_rows(editor.get_rows()));
				dialog.hide();
				// the row may have been closed with the dialog: show what became of it
				const grid_row = frm.fields_dict[row.parentfield].grid.grid_rows_by_docname[row.name];
				if (grid_row && !grid_row.wrapper.hasClass("grid-row-open")) grid_row.toggle_view(true);
			},
		});
		const editor = new ConditionEditor({
			parent: dialog.fields_dict.rows.$wrapper,
			doctype,
			rows: read_rows(row[fieldname], doctype),
		});
		dialog.show();
	});
}

// in place of the JSON: what it says, and a button that opens the filter control
function show_row_conditions(frm, row, form, fieldname) {
	const field = form.fields_dict[fieldname];
	if (!field) return;
	let $box = field.$wrapper.find(".perf-flow-conditions");
	if (!$box.length) {
		field.$wrapper.find(".control-input-wrapper, .help-box").addClass("hidden");
		$box = $(`<div class="perf-flow-conditions"><div class="mb-2"></div>
			<button type="button" class="btn btn-default btn-xs"></button></div>`).appendTo(
			field.$wrapper.find(".form-group").first()
		);
		$box.find("button").text(__("Edit conditions"));
	}
	const editable = frm.perm[0]?.write && !frm.read_only;
	const label = field.df.label ? __(field.df.label, null, field.df.parent) : "";
	$box.find("button")
		.toggle(Boolean(editable))
		.off("click")
		.on("click", () => edit_conditions(frm, locals[row.doctype][row.name], fieldname, label));
	const doctype = subject_of(frm, row, fieldname);
	show_in_words($box.children("div"), doctype, doctype ? row[fieldname] : "", empty_text(row, fieldname));
}

const lines_of = (text) =>
	String(text || "")
		.split("\n")
		.map((line) => line.trim())
		.filter(Boolean);

// the articles or pages that can be an SOP, in the field that chooses one
function offer_sops(field, kind, value) {
	if (!field || !["Help Article", "Wiki Page"].includes(kind)) return;
	return frappe.xcall(EVENT_TYPES_API + "sop_pages", { kind }, "GET").then((pages) => {
		field.df.options = pages;
		field.set_data?.(pages);
		field.set_input?.(value);
	});
}

function show_requirement(frm, cdt, cdn) {
	const row = locals[cdt]?.[cdn];
	const form = frm.fields_dict.requirements.grid.grid_rows_by_docname[cdn]?.grid_form;
	if (!row || !form) return;
	offer_sops(form.fields_dict.sop_document, row.sop_kind, row.sop_document);
	show_row_conditions(frm, row, form, "condition");
	show_row_conditions(frm, row, form, "filters");
	const field = form.fields_dict.link_fieldname;
	if (!field || !row.linked_doctype) return;
	return with_fields_of(row.linked_doctype).then(() => {
		field.df.options = link_options(row.linked_doctype, frm.doc.reference_doctype);
		field.set_data?.(field.df.options);
		// show the label of the field that is stored
		field.set_input?.(row.link_fieldname);
	});
}

// --- checks -------------------------------------------------------------------------------------

const NUMBER_TYPES = ["Int", "Float", "Currency", "Percent"];

const of_kind = (frm, kind) =>
	(frm.doc.requirements || []).filter((row) => row.kind == kind).map((row) => row.label);

// a ready check: its words, its kind, and the kind of evidence it cannot do without
const READY_CHECKS = [
	{ kind: "On Time", label: () => __("On time", null, "Check") },
	{ kind: "Within a Range", label: () => __("Within a range", null, "Check") },
	{ kind: "Within a Tolerance", label: () => __("Within a tolerance of the target", null, "Check") },
	{ kind: "Evidence Is There", label: () => __("Linked document in a state"), needs: "Linked Document" },
	{ kind: "All Departments Signed", label: () => __("All departments signed"), needs: "Sign-off" },
	{ kind: "Cause Known", label: () => __("Cause known"), needs: "Root Cause" },
	{ kind: "Evidence Newer than the Event", label: () => __("Evidence is newer than the event") },
	{ kind: "Evidence Not Used Before", label: () => __("Evidence was not used before") },
];

const HAS_TO_BE_CHOSEN = ["On Time", "Within a Range", "Within a Tolerance"];

function add_check(frm, { kind, label, needs }) {
	const labels = needs ? of_kind(frm, needs) : [];
	if (needs && !labels.length) {
		frappe.show_alert({
			message: __("First add evidence of the kind “{0}” above.", [__(needs)]),
			indicator: "orange",
		});
		return;
	}
	const evidence = kind == "Evidence Is There" ? labels.join("\n") : "";
	const row = frm.add_child("checks", { kind, label: label(), evidence });
	frm.refresh_field("checks");
	frm.dirty();
	if (HAS_TO_BE_CHOSEN.includes(kind)) {
		frm.fields_dict.checks.grid.grid_rows_by_docname[row.name]?.toggle_view(true);
	}
}

function show_check(frm, cdt, cdn) {
	const row = locals[cdt]?.[cdn];
	const form = frm.fields_dict.checks.grid.grid_rows_by_docname[cdn]?.grid_form;
	if (!row || !form) return;
	show_row_conditions(frm, row, form, "filters");
	const { dates = [], numbers = [] } = frm.pf_check_fields || {};
	for (const fieldname of ["fieldname", "against"]) {
		const field = form.fields_dict[fieldname];
		if (!field) continue;
		field.df.options = row.kind == "On Time" ? dates : numbers;
		field.set_data?.(field.df.options);
		field.set_input?.(row[fieldname]);
	}
}

function choose_evidence(frm, cdt, cdn, fieldname, title) {
	const row = locals[cdt][cdn];
	const chosen = lines_of(row[fieldname]);
	const options = (frm.doc.requirements || [])
		.filter((one) => one.label)
		.map((one) => ({ label: __(one.label), value: one.label, checked: chosen.includes(one.label) }));
	if (!options.length) {
		frappe.show_alert({ message: __("There are no evidence requirements yet."), indicator: "orange" });
		return;
	}
	const dialog = new frappe.ui.Dialog({
		title,
		fields: [{ fieldname: "labels", fieldtype: "MultiCheck", options, columns: 1 }],
		primary_action_label: __("Apply"),
		primary_action: () => {
			const labels = dialog.fields_dict.labels.get_checked_options();
			frappe.model.set_value(cdt, cdn, fieldname, labels.join("\n"));
			dialog.hide();
		},
	});
	dialog.show();
}

frappe.ui.form.on("Verification Check", {
	form_render: show_check,
	kind: show_check,
	filters: show_check,
	choose_evidence: (frm, cdt, cdn) =>
		choose_evidence(frm, cdt, cdn, "evidence", __("Choose what it looks at")),
	choose_accepted_with: (frm, cdt, cdn) =>
		choose_evidence(frm, cdt, cdn, "accepted_with", __("Choose what makes up for it")),
});

frappe.ui.form.on("Evidence Requirement", {
	form_render: show_requirement,
	kind: show_requirement,
	obligation: show_requirement,
	condition: show_requirement,
	filters: show_requirement,
	add_department(frm, cdt, cdn) {
		const row = locals[cdt][cdn];
		const query = {
			query: EVENT_TYPES_API + "named",
			filters: { company: frm.doc.only_company || "", leaves: 1 },
		};
		frappe.prompt(
			{
				fieldname: "department",
				fieldtype: "Link",
				options: "Department",
				label: __("Department"),
				reqd: 1,
				ignore_link_validation: 1,
				get_query: () => query,
			},
			({ department }) => {
				const named = lines_of(row.departments).filter((one) => one !== department);
				frappe.model.set_value(cdt, cdn, "departments", [...named, department].join("\n"));
			},
			__("Add a department"),
			__("Add")
		);
	},
	sop_kind(frm, cdt, cdn) {
		frappe.model.set_value(cdt, cdn, { sop_document: "" });
		return show_requirement(frm, cdt, cdn);
	},
	linked_doctype(frm, cdt, cdn) {
		frappe.model.set_value(cdt, cdn, { link_fieldname: "", filters: "" });
		return show_requirement(frm, cdt, cdn);
	},
});
