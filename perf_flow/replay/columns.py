"""The workbook of a replay: its sheets, columns and choices. The one place that says what they are called.

Sheets and headings are read in English and Chinese, in any order of columns and in any mixture; ``other`` holds
further names people use. What is written takes one language. A few columns are enough to fill in a workbook by hand
(``by_hand``); the others carry what the engine's commands carry, so that a site's month can be written down and
replayed without loss. A workbook may be a folder of CSV files as well, one for each sheet, named after the sheet.

Headings are data of a file format: they are given here in both languages and are not translated at run time, so
that a workbook of today can be read tomorrow.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from perf_flow.engine.clock import ClockKind
from perf_flow.engine.errors import N_
from perf_flow.engine.model import (
	CheckKind,
	DocumentState,
	Impact,
	Mark,
	ReassignCause,
	RequirementKind,
	Rounds,
	Source,
	VoidCause,
)


class As(Enum):
	"""How the cells of a column are read. LIST: several values in a cell, apart by comma, semicolon or line."""

	TEXT = "text"
	MOMENT = "moment"
	DAY = "day"
	NUMBER = "number"
	COUNT = "count"
	YES_NO = "yes or no"
	CHOICE = "choice"
	LIST = "list"
	CHOICES = "choices"
	JSON = "json"


@dataclass(frozen=True, slots=True)
class Choice:
	"""A word that a cell may hold: ``value`` is the engine's, the others what people write."""

	value: str
	en: str
	zh: str
	other: tuple[str, ...] = ()

	def named(self, lang: str) -> str:
		"""The word in a language."""
		return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Column:
	"""One column. ``key`` is its name in code; ``help`` says to the person who fills it in what belongs there.
	``refers`` names the sheet whose first column holds what may be written here."""

	key: str
	en: str
	zh: str
	help: str
	kind: As = As.TEXT
	required: bool = False
	by_hand: bool = False
	choices: tuple[Choice, ...] = ()
	other: tuple[str, ...] = ()
	refers: str = ""
	width: int = 16

	def named(self, lang: str) -> str:
		"""The heading in a language."""
		return self.zh if lang.startswith("zh") else self.en


@dataclass(frozen=True, slots=True)
class Sheet:
	"""One sheet of the workbook. ``required``: without it there is nothing to replay."""

	key: str
	en: str
	zh: str
	help: str
	columns: tuple[Column, ...]
	required: bool = False
	other: tuple[str, ...] = ()

	def named(self, lang: str) -> str:
		"""The sheet's name in a language."""
		return self.zh if lang.startswith("zh") else self.en

	def column(self, key: str) -> Column:
		"""The column with this key."""
		return next(c for c in self.columns if c.key == key)


class Deed(str, Enum):
	"""What a row of the sheet *Actions* did. Each is one command of the engine, but for the last two."""

	EVIDENCE = "evidence"
	WITHDRAW = "withdraw"
	OBSERVE = "observe"
	CHECKS = "checks"
	SIGN_OFF = "sign off"
	MARK = "mark"
	CONFIRM = "confirm"
	TAKE_BACK = "take back"
	REASSIGN = "reassign"
	MANAGER = "manager"
	TICK = "tick"
	VOID = "void"
	DOCUMENT = "document"
	CONTINUE = "continue"
	TAKE_OVER = "take over"
	MASTER = "master"
	"""An employee, user, company, department, branch or event type got another name."""
	FACT = "fact"
	"""A fact as it was recorded, where no command of today leads to it."""


DEEDS = (
	Choice(Deed.EVIDENCE.value, "Evidence", "提供证据", ("give evidence", "证据", "提交证据", "上传证据")),
	Choice(Deed.WITHDRAW.value, "Withdraw evidence", "撤回证据"),
	Choice(Deed.OBSERVE.value, "ERP data", "系统数据", ("observe", "erp数据")),
	Choice(Deed.CHECKS.value, "Checks", "校验数据"),
	Choice(Deed.SIGN_OFF.value, "Sign off", "会签", ("sign-off", "signoff")),
	Choice(Deed.MARK.value, "Mark", "标注", ("有效性标注", "effectiveness mark")),
	Choice(Deed.CONFIRM.value, "Confirm impact", "影响确认", ("confirm", "确认", "confirmation")),
	Choice(Deed.TAKE_BACK.value, "Take back", "撤销"),
	Choice(Deed.REASSIGN.value, "Reassign", "改派", ("转交",)),
	Choice(Deed.MANAGER.value, "Change manager", "变更上级"),
	Choice(Deed.TICK.value, "Clock", "时钟", ("tick", "reminder", "提醒")),
	Choice(Deed.VOID.value, "Void", "作废"),
	Choice(Deed.DOCUMENT.value, "Document changed", "单据变更"),
	Choice(Deed.CONTINUE.value, "Continued by", "由其接续"),
	Choice(Deed.TAKE_OVER.value, "Take over", "接续"),
	Choice(Deed.MASTER.value, "Renamed", "更名"),
	Choice(Deed.FACT.value, "Fact", "事实"),
)
MARKS = (
	Choice(Mark.MEETS.value, "Meets", "达标", ("ok", "符合", "有效")),
	Choice(Mark.NEEDS_IMPROVEMENT.value, "Needs Improvement", "待优化", ("improve", "需改进", "待改进")),
	Choice(Mark.REDO.value, "Redo", "需重做", ("重做", "返工", "退回")),
)
IMPACTS = (
	Choice(Impact.SUPPLY_CHAIN.value, "Supply Chain", "供应链"),
	Choice(Impact.QUALITY.value, "Quality", "质量"),
	Choice(Impact.DELIVERY.value, "Delivery", "交付"),
	Choice(Impact.NONE.value, "None", "无", ("no", "无影响")),
)
KINDS = (
	Choice(RequirementKind.FILE.value, "File", "文件", ("附件",)),
	Choice(RequirementKind.LINK.value, "Link", "链接", ("网址",)),
	Choice(RequirementKind.FIELD.value, "Field", "字段"),
	Choice(RequirementKind.LINKED_DOCUMENT.value, "Linked Document", "关联单据"),
	Choice(RequirementKind.TEXT.value, "Text", "文字", ("文本", "说明")),
	Choice(RequirementKind.ROOT_CAUSE.value, "Root Cause", "根因", ("原因",)),
	Choice(RequirementKind.SIGN_OFF.value, "Sign-off", "会签", ("sign off",)),
)
ROUNDS = (
	Choice(Rounds.EACH.value, "Each Round", "每一轮"),
	Choice(Rounds.FIRST.value, "First Round Only", "仅第一轮"),
	Choice(Rounds.REDO.value, "After a Redo", "重做之后"),
)
CLOCKS = (
	Choice(ClockKind.CALENDAR.value, "Calendar hours", "自然小时", ("calendar", "自然时间")),
	Choice(ClockKind.WORKING.value, "Working hours", "工作小时", ("working", "工作时间")),
)
SOURCES = (
	Choice(Source.HOOK.value, "Document Event", "单据事件"),
	Choice(Source.SWEEP.value, "Sweep", "补扫"),
	Choice(Source.SCHEDULE.value, "Schedule", "定时"),
	Choice(Source.MANUAL.value, "Manual", "手工"),
)
CHECKS = (
	Choice(CheckKind.ON_TIME.value, "On Time", "按时"),
	Choice(CheckKind.WITHIN_RANGE.value, "Within a Range", "在范围内"),
	Choice(CheckKind.WITHIN_TOLERANCE.value, "Within a Tolerance", "在容差内"),
	Choice(CheckKind.DOCUMENT_STATE.value, "Document in a State", "单据状态"),
	Choice(CheckKind.EVIDENCE_THERE.value, "Evidence Is There", "证据齐备"),
	Choice(CheckKind.ALL_SIGNED.value, "All Departments Signed", "各部门已会签"),
	Choice(CheckKind.CAUSE_KNOWN.value, "Cause Known", "原因已明"),
	Choice(CheckKind.EVIDENCE_NEWER.value, "Evidence Newer than the Event", "证据晚于事件"),
	Choice(CheckKind.NOT_USED_BEFORE.value, "Evidence Not Used Before", "证据未曾使用"),
)
CAUSES = (
	Choice(ReassignCause.DELEGATED.value, "Delegated", "代理"),
	Choice(ReassignCause.HANDED_OVER.value, "Handed Over", "交接"),
	Choice(ReassignCause.RETURNED.value, "Returned", "归还"),
	Choice(ReassignCause.ASSIGNED.value, "Assigned", "指派"),
	Choice(VoidCause.DOCUMENT_CANCELLED.value, "Document Cancelled", "单据已取消"),
	Choice(VoidCause.DOCUMENT_DELETED.value, "Document Deleted", "单据已删除"),
	Choice(VoidCause.BY_HAND.value, "By Hand", "手工作废"),
	Choice(DocumentState.CANCELLED.value, "Cancelled", "已取消"),
	Choice(DocumentState.DELETED.value, "Deleted", "已删除"),
)
YES = ("1", "yes", "y", "true", "x", "✓", "√", "是", "对", "有")
NO = ("0", "no", "n", "false", "-", "✗", "×", "否", "不", "无")

SETTINGS = Sheet(
	"settings",
	"Settings",
	"设置",
	N_("One setting in each row. All may be left out."),
	(
		Column(
			"setting",
			"Setting",
			"设置项",
			N_("What is set."),
			required=True,
			by_hand=True,
			other=("name", "名称", "项目"),
			width=24,
		),
		Column("value", "Value", "值", N_("What it is set to."), by_hand=True, other=("设置值",), width=34),
		Column("meaning", "Meaning", "说明", N_("What the setting means."), by_hand=True, width=70),
	),
	other=("setting", "配置"),
)
SETTING_NAMES = (
	Choice("title", "Title", "标题"),
	Choice("company", "Company", "公司"),
	Choice("timezone", "Time zone", "时区", ("timezone",)),
	Choice("now", "Time of the brief", "简报时间", ("now", "截止时间", "as of")),
	Choice("hours", "Working hours", "工作时间"),
	Choice("days", "Working days", "工作日"),
	Choice("clock", "Clock", "计时方式"),
	Choice("target", "Target hours", "目标小时"),
	Choice("people", "Names in the brief", "简报显示姓名"),
)
SETTING_HELP = {
	"title": N_("The title of the brief."),
	"company": N_("The company that all events belong to, unless their row names another."),
	"timezone": N_(
		"Where times without a time zone were written down, e.g. Asia/Shanghai. Weeks begin there, too."
	),
	"now": N_("Events still open are judged at this time. If empty: the last time in the file."),
	"hours": N_("When people work, e.g. 08:00-12:00, 13:00-17:00. Only for the clock “Working hours”."),
	"days": N_("On which days people work: 1 is Monday, 7 is Sunday, e.g. 1-5."),
	"clock": N_("How hours are counted for event types that do not say it: Calendar hours or Working hours."),
	"target": N_("Within how many hours an event is to be closed, if its type does not say it. Usually 48."),
	"people": N_("Yes or No: whether the brief shows people's names. No shows their id only."),
}

HOLIDAYS = Sheet(
	"holidays",
	"Holidays",
	"节假日",
	N_("Days on which nobody works, for the clock “Working hours”."),
	(
		Column("day", "Date", "日期", N_("The day, e.g. 2026-10-01."), As.DAY, required=True, by_hand=True),
		Column(
			"list",
			"Holiday list",
			"假期表",
			N_("Which holiday list it belongs to. Empty: all."),
			by_hand=True,
			other=("节假日列表",),
		),
		Column("name", "Description", "说明", N_("Which holiday it is."), by_hand=True, width=24),
	),
	other=("holiday", "假期", "假日"),
)
CALENDARS = Sheet(
	"calendars",
	"Shifts",
	"班次",
	N_("Working hours of those who do not work as the settings say."),
	(
		Column("name", "Shift", "班次", N_("Its name, as people name it."), required=True, by_hand=True),
		Column(
			"hours",
			"Working hours",
			"工作时间",
			N_("From when to when, e.g. 20:00-08:00."),
			As.TEXT,
			required=True,
			by_hand=True,
			width=26,
		),
		Column(
			"days", "Working days", "工作日", N_("1 is Monday, 7 is Sunday. Empty: every day."), by_hand=True
		),
		Column("holidays", "Holiday list", "假期表", N_("Whose holidays are free."), by_hand=True),
	),
	other=("calendars", "日历", "working hours"),
)
PEOPLE = Sheet(
	"people",
	"People",
	"人员",
	N_("Everybody who has to do with the events, one in each row."),
	(
		Column(
			"id",
			"ID",
			"工号",
			N_("A short name that is used in the other sheets, such as the employee number."),
			required=True,
			by_hand=True,
			other=("employee", "employee id", "编号", "员工编号", "员工"),
		),
		Column("name", "Name", "姓名", N_("The name people read."), by_hand=True, other=("employee name",)),
		Column("department", "Department", "部门", N_("The department the person belongs to."), by_hand=True),
		Column(
			"reports_to",
			"Reports to",
			"直接上级",
			N_("The ID of the line manager, who marks this person's events."),
			by_hand=True,
			refers="people",
			other=("manager", "上级", "汇报给", "主管"),
		),
		Column(
			"login", "Login", "登录名", N_("The login in the ERP. Empty: the ID."), other=("user", "账号")
		),
		Column("shift", "Shift", "班次", N_("A shift of the sheet “Shifts”. Empty: as the settings say.")),
		Column("holidays", "Holiday list", "假期表", N_("A holiday list. Empty: the days without one.")),
		Column("company", "Company", "公司", N_("The person's company. Empty: as the settings say.")),
		Column("branch", "Branch", "分支机构", N_("The branch the person belongs to.")),
		Column("active", "Active", "在职", N_("Yes or No; empty is Yes."), As.YES_NO),
	),
	other=("employees", "人员名单", "员工", "花名册"),
)
TYPES = Sheet(
	"types",
	"Event types",
	"事件类型",
	N_("The kinds of business event, and within how many hours each step is to be done."),
	(
		Column(
			"id",
			"Event type",
			"事件类型",
			N_("Its name, as the other sheets use it."),
			required=True,
			by_hand=True,
			other=("type", "类型", "名称", "name", "event_type"),
			width=28,
		),
		Column(
			"clock",
			"Clock",
			"计时方式",
			N_("Calendar hours or Working hours."),
			As.CHOICE,
			by_hand=True,
			choices=CLOCKS,
		),
		Column(
			"target_hours",
			"Target hours",
			"目标小时",
			N_("Within how many hours the event is to be closed. Empty: 48."),
			As.NUMBER,
			by_hand=True,
			other=("target", "时限", "目标时限"),
		),
		Column("evidence_hours", "Evidence hours", "证据小时", N_("Time for the evidence."), As.NUMBER),
		Column("mark_hours", "Mark hours", "标注小时", N_("Time for the mark."), As.NUMBER),
		Column(
			"confirmation_hours",
			"Confirmation hours",
			"确认小时",
			N_("Time for the impact confirmation."),
			As.NUMBER,
		),
		Column(
			"mark_required",
			"Mark required",
			"需要标注",
			N_("Whether the line manager marks the event; empty is Yes."),
			As.YES_NO,
			by_hand=True,
		),
		Column("title", "Title", "名称", N_("The name people read, if the type comes in several versions.")),
		Column(
			"reminder_hours", "Reminder hours", "提醒小时", N_("How long before the due time."), As.NUMBER
		),
		Column("escalation_hours", "Escalation hours", "升级小时", N_("How long after it."), As.NUMBER),
		Column("escalation_levels", "Escalation levels", "升级层数", N_("How many superiors."), As.COUNT),
		Column("reason_for_meets", "Reason for Meets", "达标需理由", N_("Yes or No."), As.YES_NO),
		Column("confirm_each_round", "Confirm each round", "每轮确认", N_("Yes or No."), As.YES_NO),
		Column(
			"void_on_cancel", "Void when cancelled", "取消即作废", N_("Yes or No; empty is Yes."), As.YES_NO
		),
		Column("undo_minutes", "Minutes to take back", "可撤销分钟", N_("How long."), As.NUMBER),
	),
	other=("types", "event type", "类型", "业务事件类型"),
)


def _of_type(required: bool = True) -> Column:
	return Column(
		"type",
		"Event type",
		"事件类型",
		N_("An event type of the sheet “Event types”."),
		required=required,
		by_hand=True,
		refers="types",
		other=("type", "类型", "event_type"),
		width=28,
	)


REQUIREMENTS = Sheet(
	"requirements",
	"Requirements",
	"证据要求",
	N_("What evidence each event type asks for, one piece in each row."),
	(
		_of_type(),
		Column(
			"key",
			"Requirement",
			"要求编号",
			N_("A short name that the sheet “Actions” uses, e.g. R1."),
			required=True,
			by_hand=True,
			other=("key", "编号", "要求"),
		),
		Column("label", "Label", "名称", N_("What is asked for, as people read it."), by_hand=True, width=32),
		Column(
			"kind",
			"Kind",
			"方式",
			N_("How it is given: File, Link, Text, Root Cause or Sign-off; or read from the ERP."),
			As.CHOICE,
			required=True,
			by_hand=True,
			choices=KINDS,
			other=("种类", "类别"),
		),
		Column(
			"mandatory",
			"Mandatory",
			"必需",
			N_("Whether nothing goes on without it; empty is Yes."),
			As.YES_NO,
			by_hand=True,
			other=("必填", "required"),
		),
		Column("minimum", "Minimum", "最少数量", N_("How many files; empty is 1."), As.COUNT, by_hand=True),
		Column(
			"minimum_characters",
			"Minimum characters",
			"最少字数",
			N_("How long a text must be."),
			As.COUNT,
			by_hand=True,
		),
		Column(
			"departments",
			"Departments",
			"会签部门",
			N_("Which departments sign off, apart by commas."),
			As.LIST,
			by_hand=True,
		),
		Column("must_be_concrete", "Must be concrete", "须具体", N_("Yes or No."), As.YES_NO),
		Column("file_types", "File types", "文件类型", N_("E.g. pdf, jpg. Empty: any."), As.LIST),
		Column("maximum_mb", "Maximum MB", "最大MB", N_("How large a file may be."), As.NUMBER),
		Column("hosts", "Hosts", "主机", N_("Where a link may point to."), As.LIST),
		Column("rounds", "Rounds", "轮次", N_("In which rounds it is asked."), As.CHOICE, choices=ROUNDS),
		Column("fieldname", "Field", "字段", N_("The field of the document that shows it.")),
		Column("linked_doctype", "Linked document", "关联单据", N_("The kind of document that shows it.")),
		Column("link_fieldname", "Link field", "关联字段", N_("The field by which it is linked.")),
		Column("filters", "Filters", "筛选", N_("What the linked document must be like.")),
		Column("guidance", "Guidance", "指引", N_("What helps the person to give it.")),
	),
	other=("evidence requirements", "要求", "证据"),
)
COLLABORATORS = Sheet(
	"collaborators",
	"Collaborators",
	"协作方",
	N_("Who confirms the impact of an event type's events, one in each row."),
	(
		_of_type(),
		Column(
			"label",
			"Label",
			"名称",
			N_("Who is asked, as people read it, e.g. Quality."),
			by_hand=True,
			other=("role", "角色"),
		),
		Column(
			"person",
			"Person",
			"人员",
			N_("The ID of the person who confirms. Empty: the head of the department."),
			by_hand=True,
			refers="people",
		),
		Column(
			"department",
			"Department",
			"部门",
			N_("Whose head confirms, if no person is named."),
			by_hand=True,
		),
		Column(
			"required",
			"Required",
			"必需",
			N_("Whether the event waits for it; empty is Yes."),
			As.YES_NO,
			by_hand=True,
		),
	),
	other=("collaborator", "协作", "协作部门"),
)
CHECK_SHEET = Sheet(
	"checks",
	"Checks",
	"校验",
	N_("What the verifier checks for each event type."),
	(
		_of_type(),
		Column("key", "Check", "校验编号", N_("A short name, e.g. K1."), required=True),
		Column("label", "Label", "名称", N_("What is checked, as people read it."), width=32),
		Column("kind", "Kind", "方式", N_("What is looked at."), As.CHOICE, required=True, choices=CHECKS),
		Column("fieldname", "Field", "字段", N_("The value looked at.")),
		Column("field_label", "Field label", "字段名称", N_("Its name.")),
		Column("against", "Against", "对比字段", N_("The field it is compared with.")),
		Column("against_label", "Against label", "对比字段名称", N_("Its name.")),
		Column("target", "Target", "目标", N_("The number it is compared with.")),
		Column("minimum", "Minimum", "最小", N_("The lowest number accepted.")),
		Column("maximum", "Maximum", "最大", N_("The highest number accepted.")),
		Column("tolerance", "Tolerance", "容差", N_("Days, or percent of the target."), As.NUMBER),
		Column("filters", "Filters", "筛选", N_("The state asked for.")),
		Column("requirements", "Requirements", "证据要求", N_("Which evidence it looks at."), As.LIST),
		Column("unless", "Unless", "除非", N_("Evidence that excuses a failed check."), As.LIST),
		Column("alternative", "Alternative", "可选组", N_("Of those with the same name one must hold.")),
	),
	other=("check", "校验规则"),
)
EVENTS = Sheet(
	"events",
	"Events",
	"事件",
	N_("The business events, one in each row."),
	(
		Column(
			"event",
			"Event",
			"事件编号",
			N_("A number or name of its own for each event."),
			required=True,
			by_hand=True,
			other=("id", "event id", "编号", "事件"),
		),
		_of_type(),
		Column(
			"recorded_at",
			"Recorded at",
			"发生时间",
			N_("When it happened, e.g. 2026-03-02 09:30."),
			As.MOMENT,
			required=True,
			by_hand=True,
			other=("time", "at", "记录时间", "时间", "发生于"),
			width=22,
		),
		Column(
			"person",
			"Person",
			"责任人",
			N_("The ID of the person concerned, who gives the evidence."),
			by_hand=True,
			refers="people",
			other=("owner", "employee", "员工", "人员"),
		),
		Column(
			"document",
			"Document",
			"单据",
			N_("The document, e.g. the order number."),
			by_hand=True,
			other=("单号", "单据编号"),
		),
		Column("document_type", "Document type", "单据类型", N_("E.g. Sales Order."), other=("doctype",)),
		Column(
			"manager",
			"Manager",
			"标注人",
			N_("The ID of who marks it. Empty: the line manager."),
			refers="people",
			other=("line manager", "上级"),
		),
		Column(
			"department", "Department", "部门", N_("Empty: the person's department."), other=("所属部门",)
		),
		Column("company", "Company", "公司", N_("Empty: the person's company.")),
		Column("branch", "Branch", "分支机构", N_("Empty: the person's branch.")),
		Column("pilot", "Pilot", "试点", N_("Whether it belongs to a pilot group."), As.YES_NO),
		Column("practice", "Practice", "练习", N_("Practice events count nowhere."), As.YES_NO),
		Column("occurrence", "Occurrence", "发生次数", N_("Which time it is, for the same document.")),
		Column("source", "Source", "来源", N_("How it became known."), As.CHOICE, choices=SOURCES),
		Column("by", "Recorded by", "记录人", N_("Who saved the document."), other=("actor",)),
		Column("details", "Details", "明细", N_("Written by the export of a site."), As.JSON, width=40),
	),
	required=True,
	other=("event", "业务事件", "事件清单"),
)
ACTIONS = Sheet(
	"actions",
	"Actions",
	"动作",
	N_("What was done for the events: evidence, marks, confirmations, one in each row."),
	(
		Column(
			"event",
			"Event",
			"事件编号",
			N_("The event it belongs to."),
			required=True,
			by_hand=True,
			refers="events",
			other=("event id", "事件", "编号"),
		),
		Column(
			"at",
			"At",
			"时间",
			N_("When it was done, e.g. 2026-03-03 14:00."),
			As.MOMENT,
			required=True,
			by_hand=True,
			other=("time", "done at", "完成时间", "操作时间"),
			width=22,
		),
		Column(
			"action",
			"Action",
			"动作",
			N_("What was done: Evidence, Mark, Confirm impact, Sign off …"),
			As.CHOICE,
			required=True,
			by_hand=True,
			choices=DEEDS,
			other=("what", "操作", "动作类型"),
			width=20,
		),
		Column(
			"by",
			"By",
			"操作人",
			N_("The ID of who did it. Empty: whoever was asked."),
			by_hand=True,
			refers="people",
			other=("person", "actor", "人员"),
		),
		Column(
			"requirement",
			"Requirement",
			"要求编号",
			N_("Evidence: for which requirement. Empty: the only one."),
			by_hand=True,
			other=("证据要求", "要求"),
		),
		Column(
			"value",
			"Value",
			"内容",
			N_("Evidence: the text, address or file name."),
			by_hand=True,
			other=("evidence", "证据"),
			width=32,
		),
		Column(
			"mark",
			"Mark",
			"标注",
			N_("Mark: Meets, Needs Improvement or Redo."),
			As.CHOICE,
			by_hand=True,
			choices=MARKS,
			other=("有效性",),
		),
		Column(
			"impacts",
			"Impacts",
			"影响",
			N_("Confirmation: Supply Chain, Quality, Delivery or None."),
			As.CHOICES,
			by_hand=True,
			choices=IMPACTS,
			other=("impact", "影响范围"),
			width=20,
		),
		Column(
			"note",
			"Note",
			"备注",
			N_("The reason or note given with it."),
			by_hand=True,
			other=("reason", "理由", "原因", "说明"),
			width=32,
		),
		Column("title", "Title", "标题", N_("The name of a file, or what ERP data shows.")),
		Column("file", "File", "文件", N_("The file's record.")),
		Column("sha256", "SHA-256", "SHA-256", N_("The file's fingerprint.")),
		Column("size", "Size", "大小", N_("The file's size in bytes."), As.COUNT),
		Column("step", "Step", "步骤", N_("Which step, e.g. 1-M.")),
		Column(
			"to", "To", "转给", N_("The ID of who gets the step, or of the new manager."), refers="people"
		),
		Column("cause", "Cause", "起因", N_("Why it was done."), As.CHOICE, choices=CAUSES),
		Column("details", "Details", "明细", N_("Written by the export of a site."), As.JSON, width=40),
	),
	other=("action", "事件动作", "操作"),
)

SHEETS = (
	SETTINGS,
	HOLIDAYS,
	CALENDARS,
	PEOPLE,
	TYPES,
	REQUIREMENTS,
	COLLABORATORS,
	CHECK_SHEET,
	EVENTS,
	ACTIONS,
)
RULES = (SETTINGS, HOLIDAYS, CALENDARS, PEOPLE, TYPES, REQUIREMENTS, COLLABORATORS, CHECK_SHEET)
"""The sheets that a file of rules may have; events and actions are no rules."""


# --- names ---------------------------------------------------------------------------------------------


def plain(text: str) -> str:
	"""A name as it is compared: without case, width, spaces, signs or what stands in brackets behind it."""
	text = unicodedata.normalize("NFKC", text).casefold()
	for bracket in "([":
		head = text.split(bracket, 1)[0]
		text = head if head.strip() else text
	return "".join(c for c in text if c.isalnum())


def names(thing: Sheet | Column | Choice) -> Iterable[str]:
	"""All names a sheet, column or word goes by."""
	key = thing.value if isinstance(thing, Choice) else thing.key
	return (key, thing.en, thing.zh, *thing.other)


def sheet_named(name: str) -> Sheet | None:
	"""The sheet that goes by this name."""
	return _SHEETS.get(plain(name))


def columns_by_name(sheet: Sheet) -> dict[str, Column]:
	"""The sheet's columns by every name they go by; a proper name goes before another column's byname."""
	found: dict[str, Column] = {}
	for column in sheet.columns:
		for name in (column.key, column.en, column.zh):
			found.setdefault(plain(name), column)
	for column in sheet.columns:
		for name in column.other:
			found.setdefault(plain(name), column)
	return found


def words_of(choices: tuple[Choice, ...]) -> dict[str, str]:
	"""The value of each word a choice goes by."""
	return {plain(name): choice.value for choice in choices for name in names(choice)}


_SHEETS: dict[str, Sheet] = {}
for _sheet in SHEETS:
	for _known in (_sheet.key, _sheet.en, _sheet.zh):
		_SHEETS[plain(_known)] = _sheet
for _sheet in SHEETS:
	for _known in _sheet.other:
		_SHEETS.setdefault(plain(_known), _sheet)
