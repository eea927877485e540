app_name = "perf_flow"
app_title = "Performance Flow"
app_publisher = "Performance Flow contributors"
app_description = (
	"Business events in ERPNext become evidenced, confirmed and sealed steps of performance work"
)
app_email = "hello@perf-flow.example"
app_license = "gpl-3.0"
app_logo_url = "/assets/perf_flow/images/perf-flow.svg"
required_apps = ["frappe/erpnext", "frappe/hrms"]

# Desk -------------------------------------------------------------------------------------------

app_include_js = ["perf_flow.bundle.js"]
app_include_css = ["perf_flow.bundle.css"]
doctype_js = {"Employee": "public/js/employee.js"}
extend_bootinfo = "perf_flow.boot.extend_bootinfo"

# Installation -----------------------------------------------------------------------------------

before_install = "perf_flow.install.before_install"
after_install = "perf_flow.install.after_install"
before_uninstall = "perf_flow.uninstall.before_uninstall"
after_uninstall = "perf_flow.uninstall.after_uninstall"
after_migrate = "perf_flow.install.after_migrate"
fixtures = [{"dt": "Role", "filters": [["role_name", "in", ["Performance HR", "Performance Administrator"]]]}]

# Permissions ------------------------------------------------------------------------------------

permission_query_conditions = {
	"Business Event": "perf_flow.access.business_event_conditions",
	"Business Event Action": "perf_flow.access.business_event_action_conditions",
	"Performance Evidence": "perf_flow.access.performance_evidence_conditions",
	"Performance Ledger Entry": "perf_flow.access.performance_ledger_entry_conditions",
	"Performance Flow Preference": "perf_flow.access.performance_flow_preference_conditions",
	"Comment Template": "perf_flow.access.comment_template_conditions",
	"Root Cause": "perf_flow.access.root_cause_conditions",
	"Rehearsal Run": "perf_flow.access.rehearsal_run_conditions",
	"Practice Document": "perf_flow.access.practice_document_conditions",
	"Flow Export": "perf_flow.access.flow_export_conditions",
	"Score Sheet Import": "perf_flow.access.score_sheet_import_conditions",
	"File": "perf_flow.access.file_conditions",
	"Comment": "perf_flow.access.comment_conditions",
}
has_permission = {
	"Business Event": "perf_flow.access.has_business_event_permission",
	"Business Event Action": "perf_flow.access.has_business_event_action_permission",
	"Performance Evidence": "perf_flow.access.has_performance_evidence_permission",
	"Performance Ledger Entry": "perf_flow.access.has_performance_ledger_entry_permission",
	"Performance Flow Preference": "perf_flow.access.has_performance_flow_preference_permission",
	"Comment Template": "perf_flow.access.has_comment_template_permission",
	"Root Cause": "perf_flow.access.has_root_cause_permission",
	"Rehearsal Run": "perf_flow.access.has_rehearsal_run_permission",
	"Practice Document": "perf_flow.access.has_practice_document_permission",
	"Flow Export": "perf_flow.access.has_flow_export_permission",
	"Score Sheet Import": "perf_flow.access.has_score_sheet_import_permission",
	"Comment": "perf_flow.access.has_comment_permission",
}
# Frappe's own functions of these names count or find without asking who asks; ours ask for the app's
# DocTypes and hand everything else to Frappe unchanged.
standard_queries = {
	"Business Event": "perf_flow.access.find",
	"Business Event Action": "perf_flow.access.find",
	"Business Event Type": "perf_flow.access.find",
	"Performance Evidence": "perf_flow.access.find",
	"Performance Ledger Entry": "perf_flow.access.find",
	"Performance Flow Preference": "perf_flow.access.find",
	"Comment Template": "perf_flow.access.find",
	"Root Cause": "perf_flow.access.find",
	"Rehearsal Run": "perf_flow.access.find",
	"Practice Document": "perf_flow.access.find",
	"Flow Export": "perf_flow.access.find",
	"Score Sheet Import": "perf_flow.access.find",
}
override_whitelisted_methods = {
	"frappe.client.get_count": "perf_flow.access.count",
	"frappe.desk.doctype.dashboard_chart.dashboard_chart.get": "perf_flow.access.dashboard_chart",
	"frappe.desk.notifications.get_open_count": "perf_flow.access.open_count",
}

# Documents --------------------------------------------------------------------------------------

doc_events = {
	"*": {
		"after_insert": "perf_flow.flow.recorder.on_moment",
		"on_submit": "perf_flow.flow.recorder.on_moment",
		"on_cancel": "perf_flow.flow.recorder.on_moment",
		"on_update_after_submit": "perf_flow.flow.recorder.on_moment",
		"on_change": "perf_flow.flow.recorder.on_change",
		"after_delete": "perf_flow.flow.follow.on_delete",
		"after_rename": "perf_flow.flow.follow.on_rename",
	},
	"File": {
		"validate": "perf_flow.flow.files.guard_change",
		"on_trash": "perf_flow.flow.files.guard_delete",
	},
	"DocShare": {"validate": "perf_flow.access.guard_share"},
	"ToDo": {"validate": "perf_flow.access.guard_reference"},
	"Comment": {"validate": "perf_flow.access.guard_comment"},
	"Tag Link": {"validate": "perf_flow.access.guard_reference"},
	"Property Setter": {"validate": "perf_flow.flow.guard.refuse_customizing"},
	"Custom Field": {
		"validate": "perf_flow.flow.guard.refuse_customizing",
		"on_change": "perf_flow.flow.watch.on_meta_change",
		"after_delete": "perf_flow.flow.watch.on_meta_change",
	},
	"DocType": {
		"on_change": "perf_flow.flow.watch.on_meta_change",
		"after_delete": "perf_flow.flow.watch.on_meta_change",
	},
	"Holiday List": {"on_change": "perf_flow.flow.calendars.forget"},
	"Shift Type": {"on_change": "perf_flow.flow.calendars.forget"},
	"Company": {"on_change": "perf_flow.flow.calendars.forget"},
}
ignore_links_on_delete = [
	"Business Event",
	"Business Event Action",
	"Performance Evidence",
	"Business Event Seen",
	"Event Type Problem",
	"Performance Flow Preference",
	"Shop Floor Board",
	"Comment Template",
	"Root Cause",
	"Evidence View",
	"Evidence Fingerprint",
	"Evidence Finding",
	"Past Case",
	"Rehearsal Run",
	"Practice Document",
	"Backtest Run",
	"Flow Export",
	"Score Sheet Import",
]

# Scheduler --------------------------------------------------------------------------------------

scheduler_events = {
	"cron": {
		"* * * * *": ["perf_flow.flow.jobs.every_minute"],
		"*/5 * * * *": ["perf_flow.flow.jobs.every_five_minutes"],
	},
	"hourly_long": ["perf_flow.flow.jobs.hourly"],
	"daily_long": ["perf_flow.flow.jobs.daily"],
}
