"""What a heading says its column holds, in Chinese and English."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from perf_flow.engine.errors import InvalidInput
from perf_flow.engine.score_sheet.values import Weight, folded, weight_in


class Role(str, Enum):
	"""What a column holds."""

	NAME = "name"
	NUMBER = "number"
	DEPARTMENT = "department"
	POSITION = "position"
	DIMENSION = "dimension"
	GROUP = "group"
	INDICATOR = "indicator"
	DIMENSION_WEIGHT = "dimension_weight"
	WEIGHT = "weight"
	MAXIMUM = "maximum"
	TARGET = "target"
	STANDARD = "standard"
	SOURCE = "source"
	DUE = "due"
	SCORE = "score"
	COMMENT = "comment"
	PERIOD = "period"
	TOTAL = "total"
	IGNORE = "ignore"


KEYS = frozenset((Role.NAME, Role.NUMBER))
"""Columns that say whose a row is."""
ABOUT_PERSON = frozenset((*KEYS, Role.DEPARTMENT, Role.POSITION, Role.PERIOD))
ITEMS = frozenset((Role.DIMENSION, Role.GROUP, Role.INDICATOR))
OWNED = frozenset(
	(
		Role.WEIGHT,
		Role.MAXIMUM,
		Role.TARGET,
		Role.STANDARD,
		Role.SOURCE,
		Role.DUE,
		Role.SCORE,
		Role.COMMENT,
	)
)
"""Columns that can stand once for each sub-dimension, or for each person, under its heading."""
ATTRIBUTES = frozenset(
	(Role.WEIGHT, Role.MAXIMUM, Role.TARGET, Role.STANDARD, Role.SOURCE, Role.DIMENSION, Role.INDICATOR)
)
"""What a row under the heading can say of the sub-dimensions that stand side by side."""

_WORDS: tuple[tuple[Role, str], ...] = (
	(
		Role.NAME,
		"姓名 员工姓名 被考核人 被考核者 被考核人姓名 被评价人 考核对象 员工 人员 name employeename employee fullname "
		"staffname staff person",
	),
	(
		Role.NUMBER,
		"工号 员工编号 员工号 职工号 员工工号 人员编号 人员工号 职工编号 employeeid employeeno employeenumber employeecode "
		"staffid staffno staffnumber empid empno personnelnumber personnelno",
	),
	(
		Role.DEPARTMENT,
		"部门 所属部门 所在部门 科室 车间 班组 所属车间 部门名称 department dept team division",
	),
	(Role.POSITION, "岗位 职务 职位 岗位名称 职务名称 职称 position jobtitle designation jobposition post"),
	(
		Role.DIMENSION,
		"维度 考核维度 评价维度 指标维度 一级维度 一级指标 指标类别 指标类型 类别 考核类别 考核模块 模块 kra "
		"dimension category perspective area keyresultarea level1",
	),
	(Role.GROUP, "二级指标分类 指标分组 subcategory group"),
	(
		Role.INDICATOR,
		"指标 二级指标 三级指标 考核指标 指标名称 子维度 二级维度 子指标 考核项目 考核项 评价项目 项目 关键绩效指标 "
		"关键指标 kpi kpi指标 kpi名称 绩效指标 评价指标 考核内容 工作任务 重点工作 subdimension indicator metric measure "
		"item criterion criteria kpiname objective goal level2 level3",
	),
	(
		Role.DIMENSION_WEIGHT,
		"维度权重 一级权重 一级指标权重 类别权重 模块权重 维度占比 dimensionweight categoryweight",
	),
	(
		Role.WEIGHT,
		"权重 占比 比重 权重占比 权重比例 权数 指标权重 二级权重 二级指标权重 考核权重 权重% weight weightage weighting "
		"weight% weightpercent share",
	),
	(
		Role.MAXIMUM,
		"满分 分值 标准分 标准分值 基准分 配分 满分值 指标分值 maximum maxscore maximumscore maxpoints maximumpoints "
		"fullmarks points",
	),
	(
		Role.TARGET,
		"目标值 目标 指标值 目标要求 考核目标 计划值 目标指标 绩效目标 target targetvalue planvalue plan",
	),
	(
		Role.STANDARD,
		"计分标准 评分标准 考核标准 评价标准 打分标准 计算方法 计算公式 评分细则 评分规则 计分方法 考核细则 计分规则 "
		"指标说明 指标定义 评分办法 考核办法 scoringstandard scoringrule scoringrules scoring standard formula definition "
		"description howitismeasured howmeasured method scoringmethod calculation",
	),
	(
		Role.SOURCE,
		"数据来源 数据提供部门 数据提供 来源 信息来源 取数来源 数据出处 资料来源 source datasource evidence sourceofdata "
		"datasupplier",
	),
	(
		Role.DUE,
		"完成时间 完成期限 截止日期 截止时间 完成日期 时间节点 期限 due duedate deadline completiondate dueby finishby",
	),
	(
		Role.SCORE,
		"评分 得分 分数 成绩 考核得分 考核评分 实际得分 自评 自评分 自评得分 自我评分 自我评价分 上级评分 上级评价分 "
		"主管评分 领导评分 直接上级评分 经理评分 复评 复核评分 加权得分 实际值 完成值 实际完成 实际完成值 完成情况 实绩 "
		"实际 达成率 完成率 score rating selfscore selfrating selfassessment self managerscore managerrating "
		"supervisorscore supervisorrating actual actualvalue achieved achievement result weightedscore",
	),
	(
		Role.COMMENT,
		"评语 评价 上级评语 考核评语 综合评语 主管评语 绩效评语 领导评语 上级评价 考核意见 评价意见 上级意见 改进建议 "
		"comment comments feedback managercomment managercomments reviewcomment",
	),
	(Role.PERIOD, "考核期 考核周期 考核月份 考核年度 考核时间 考核期间 期间 周期 period cycle reviewperiod"),
	(
		Role.TOTAL,
		"合计 总分 小计 平均 平均分 总计 总得分 汇总 合计得分 最终得分 综合得分 加权总分 排名 等级 绩效等级 考核等级 "
		"绩效系数 名次 total subtotal average sum avg grandtotal overall overallscore totalscore totalpoints "
		"finalscore rank ranking grade mean",
	),
	(Role.IGNORE, "序号 编号 序 no # sn nr 备注 说明 remark remarks note notes 签字 签名 签字确认 signature"),
)
_ROLE_OF = {word: role for role, words in _WORDS for word in words.split()}
_QUALIFIER = (
	r"(?:本期|本季度?|本月|本年度?|上期|季度|月度|年度|当月|当期|考核|指标|绩效|个人|第?[一二三四1-4]季度?|q[1-4]|"
	r"20\d\d年?|\d{1,2}月|fy)"
)
_LOOSE = re.compile(rf"{_QUALIFIER}+(.+)|(.+?){_QUALIFIER}+")
_BRACKETS = re.compile(r"[（(【\[]([^（）()【】\[\]]*)[)）】\]]")


@dataclass(frozen=True, slots=True)
class Heading:
	"""A heading: its ``text`` without what stands in brackets behind it, the ``role`` it names (None: it is the name of
	something), whether the word itself is known (``sure``), and the ``weight`` that stands in it: 交付及时率（30%）."""

	text: str
	role: Role | None
	sure: bool = True
	weight: Weight | None = None


@lru_cache(maxsize=4096)
def heading(text: str) -> Heading:
	"""What a heading says."""
	weight = None
	kept = text
	for bracket in _BRACKETS.finditer(text):
		said = _weight(bracket[1])
		if said is not None:
			weight = said
			kept = kept.replace(bracket[0], "")
	if weight is None and (found := re.search(r"[\s:：,，]+(\d+(?:\.\d+)?\s*[%％分])$", text)):
		weight = _weight(found[1])
		kept = text[: found.start()]
	kept = " ".join(kept.split())
	for candidate in (kept, _BRACKETS.sub("", kept)):
		if role := _ROLE_OF.get(folded(candidate)):
			return Heading(kept, role, True, weight)
	bare = folded(_BRACKETS.sub("", kept))
	if (loose := _LOOSE.fullmatch(bare)) and (role := _ROLE_OF.get(loose[1] or loose[2])):
		return Heading(kept, role, False, weight)
	return Heading(kept or text, None, True, weight)


def _weight(text: str) -> Weight | None:
	if not re.search(r"[%％分]|point|百分之", text):
		return None
	inner = re.sub(r"^(?:权重|占比|满分|weight)[:： ]*", "", text.strip(), flags=re.IGNORECASE)
	try:
		return weight_in(inner)
	except InvalidInput:
		return None


_TOTAL_ZH = re.compile(
	r"(?:合计|总计|小计|总分|总得分|平均|平均分|平均值|均分|汇总|得分合计|加权得分|加权总分|合计得分|权重合计)"
)
_TOTAL_ZH_END = re.compile(r".+(?:合计|小计|总计)")
_TOTAL_EN = re.compile(
	r"(?:sub|grand)?totals?(?:score|scores|weight|weights|points)?|averages?(?:score)?|avg|mean|sum|overall(?:score)?|.+subtotal"
)


@lru_cache(maxsize=4096)
def is_total(text: str) -> bool:
	"""Whether a text names a sum or an average, not something that is assessed."""
	bare = folded(_BRACKETS.sub("", text))
	bare = re.sub(r"\d+(?:%|分)?$", "", bare) or bare
	return any(p.fullmatch(bare) for p in (_TOTAL_ZH, _TOTAL_ZH_END, _TOTAL_EN))


_NOTE = re.compile(
	r"^\s*(?:[*＊※]|(?:注|备注|说明|附注|注意|填表说明|note|notes|remark|remarks|nb)\s*\d*\s*[:：.、．])",
	re.IGNORECASE,
)
_SIGNED = re.compile(
	r"^.{0,12}?(?:签字|签名|签章|盖章|审批人?|审核人?|批准人?|制表人?|填表人|考核人|确认人?|日\s*期|signature|signed(?: by)?|"
	r"approved by|prepared by|reviewed by|date)\s*(?:[（(][^（()）]*[)）])?\s*(?:[:：]|_{2,})|"
	r"^(?:被?考核人|部门负责人|负责人|员工|主管|本人|上级|领导|employee|manager)?(?:本人)?(?:签字|签名|签章|盖章|签字确认|signature)$",
	re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_note(text: str) -> bool:
	"""Whether a text is a note or a place for a signature under a table."""
	return bool(_NOTE.search(text) or _SIGNED.search(text))


_DEPARTMENT = re.compile(
	r".*(?:部|科|组|车间|中心|处|室|事业部|分公司|department|dept\.?|team|division)$", re.IGNORECASE
)


def is_department(text: str) -> bool:
	"""Whether a text sounds like the name of a department."""
	return bool(_DEPARTMENT.match(text.strip())) and len(text) <= 40


_NUMBERING = re.compile(
	r"^\s*(?:[（(]?[一二三四五六七八九十]{1,3}[）)]?[、.．]|[（(][一二三四五六七八九十]{1,3}[）)]|第[一二三四五六七八九十]+部分[:：、]?|[（(]?\d{1,2}[)）]\s*|\d{1,2}[、．]\s*|\d{1,2}\.(?=\s*[^\d\s])\s*|[IVX]{1,4}\.\s+)"
)


def without_numbering(text: str) -> str:
	"""A text without the number before it: 一、工作业绩 → 工作业绩."""
	return _NUMBERING.sub("", text).strip() or text


_LABEL = re.compile(r"[^\s:：,，;；|]+")


def labelled(text: str) -> list[tuple[Role, str]]:
	"""What a title line says by labels: "姓名：张三  部门：生产部" → the name and the department."""
	places: list[tuple[int, int, Role]] = []
	for colon in re.finditer(r"\s*[:：]", text):
		before = list(_LABEL.finditer(text, places[-1][1] if places else 0, colon.start()))[-3:]
		for word in before:
			role = heading(text[word.start() : colon.start()]).role
			if role is not None:
				places.append((word.start(), colon.end(), role))
				break
	found: list[tuple[Role, str]] = []
	ends = [*(start for start, _end, _role in places[1:]), len(text)]
	for (_start, begin, role), end in zip(places, ends, strict=False):
		value = text[begin:end].strip(" _＿,，;；|\n")
		if value:
			found.append((role, value))
	return found
