"""The engine's conditions and frappe.get_all find the same documents."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

import pytest

import frappe

from perf_flow.engine.conditions import (
	TIMESPANS,
	Condition,
	as_filters,
	check,
	compare_texts,
	fold_text,
	like_matcher,
	matches,
	parse_filters,
	referenced_fields,
	timespan_range,
)
from perf_flow.engine.errors import ConfigurationError

pytestmark = [pytest.mark.site, pytest.mark.usefixtures("site")]

TEXTS = (
	*(
		None,
		"",
		" ",
		"Open",
		"open",
		"OPEN ",
		"Ópen",
		"ＯＰＥＮ",
		"Closed",
		"Re-open",
		"To Bill",
		"5",
		"5.0",
		"10",
		"0",
	),
	*(
		"50%",
		"a_b",
		"a\\b",
		"it's",
		"ba`ck",
		"straße",
		"STRASSE",
		"合同",
		"合同 评审",
		"「合同」",
		"张三，李四",
		"張三",
	),
	*(
		"ﬁn",
		"😀",
		"🐟",
		"が",
		"カ",
		"_assign",
		"x" * 120,
		"first\nsecond",
		"tab\there",
		"Ωmega",
		"ωMEGA",
		"\u200bOpen",
	),
)
PATTERNS = (
	*(
		"%",
		"%%",
		"%open%",
		"open",
		"open%",
		"%OPEN",
		"_pen",
		"o_e%",
		"%5%",
		"5%%",
		"%\\%",
		"a\\b",
		"%a_b%",
		"%'%",
		"%`%",
	),
	*(
		"%合同%",
		"合同_",
		"%，%",
		"%,%",
		"%ss%",
		"%ß%",
		"fin",
		"%fi%",
		"😀",
		"%か%",
		"",
		"%second",
		"%e%n%",
		"____",
	),
)
NUMBERS = (0, 1, -1, 5, 10, 99.5, 100, 0.1, 1234567.891, -0.000000001, 0.1234567895, 33.333333333)
# Reading numbers the way a form, an import or a script may leave them on the document
WRITTEN_NUMBERS = (*NUMBERS, "5", "1,000.5", "10.0", None)
NUMBER_VALUES = (
	0,
	1,
	5,
	5.0,
	"5",
	"5.0",
	"10",
	"1,000.5",
	"",
	None,
	0.1,
	100,
	-1,
	33.333333333,
	0.12345678912,
	True,
)
CLOCKS = ("00:00:00", "09:30:00", "23:59:59.999999", "10:00", "12:00:00.5")

OPERATORS = ("=", "!=", ">", "<", ">=", "<=", "like", "not like", "in", "not in", "is", "between")
OPERATORS += ("timespan", "previous", "next")


def _days() -> list[date]:
	"""Days at the edges of all the time spans, and the days beside them."""
	today = frappe.utils.getdate()
	week_start = frappe.utils.data.get_first_day_of_the_week()
	edges = {edge for span in TIMESPANS for edge in timespan_range(span, today, week_start)}
	return sorted(edge + timedelta(days=step) for edge in edges for step in (-1, 0, 1))


GETDATE = frappe.utils.data.getdate


class Generator:
	"""Random raw field values and random filter values for the fields of one DocType."""

	def __init__(self, seed: int) -> None:
		self.random = random.Random(seed)
		self.days = _days()

	def moment(self) -> datetime:
		"""A moment, often at the edge of a day."""
		day = self.random.choice(self.days)
		clock = self.random.choice(("00:00:00", "23:59:59", "23:59:59.999999", "09:30:00.25"))
		return datetime.fromisoformat(f"{day.isoformat()} {clock}")

	def raw(self, fieldtype: str) -> object:
		"""A value as it may stand on a document that is being saved."""
		pick = self.random.choice
		if fieldtype == "Check":
			return pick((0, 1, "1", "0", True, False, None))
		if fieldtype == "Int":
			return pick((0, 1, 5, -1, 10, "5", "10", None, 7.0))
		if fieldtype in ("Currency", "Float", "Percent"):
			return pick(WRITTEN_NUMBERS)
		if fieldtype == "Duration":
			return pick((None, 0, 5, 3600, 5.5, 90061))
		if fieldtype == "Rating":
			return pick((None, 0, 0.2, 0.6, 1))
		if fieldtype == "Date":
			return pick((None, "", pick(self.days), pick(self.days).isoformat(), pick(self.days).isoformat()))
		if fieldtype == "Datetime":
			moment = self.moment()
			return pick((None, "", moment, str(moment), pick(self.days).isoformat(), pick(self.days)))
		if fieldtype == "Time":
			clock = pick(CLOCKS)
			return pick((None, "", clock, clock, timedelta(hours=9, minutes=30), timedelta()))
		if fieldtype == "JSON":
			return pick((None, '{"a":"B"}', '{"a":"b"}', {"a": "B"}, '"ab"', '["x"]', "5", '"ab" '))
		return pick(TEXTS)

	def values(self, fieldtype: str, operator: str) -> list[object]:
		"""Filter values to be tried with an operator."""
		pick = self.random.choice
		if operator == "is":
			return ["set", "not set"]
		if operator == "timespan":
			return sorted(TIMESPANS)
		if operator in ("previous", "next"):
			return ["1 week", "1 month", "3 months", "6 months", "1 year"]
		if operator == "between":
			return [
				[pick(self.days).isoformat(), pick(self.days).isoformat()],
				sorted((pick(self.days).isoformat(), pick(self.days).isoformat())),
				sorted((str(self.moment()), str(self.moment()))),
				[pick(self.days).isoformat(), str(self.moment())],
			]
		if operator in ("like", "not like"):
			return [*PATTERNS, "2", "%-01%", 5, 0, None]
		if fieldtype == "JSON":
			scalars: list[object] = ['{"a":"B"}', '{"a":"b"}', '"AB"', '"ab"  ', "", None, 5, "6"]
		elif fieldtype == "Date":
			scalars = [
				*(pick(self.days).isoformat() for _ in range(4)),
				str(self.moment()),
				"",
				None,
			]
		elif fieldtype == "Datetime":
			scalars = [str(self.moment()), str(self.moment()), pick(self.days).isoformat(), "", None]
		elif fieldtype == "Time":
			scalars = [*CLOCKS, "", None]
		elif fieldtype in ("Check", "Int", "Currency", "Float", "Percent", "Duration", "Rating"):
			scalars = [*NUMBER_VALUES, 0.6, "0.60", 3600]
		else:
			scalars = [*TEXTS, 5, 5.0, 0, True]
		if operator not in ("in", "not in"):
			return scalars
		some = [[pick(scalars) for _ in range(pick((1, 2, 3)))] for _ in range(12)]
		dated = [[pick(self.days).isoformat()], [str(self.moment()), pick(self.days).isoformat()]]
		return [
			*some,
			*dated,
			[],
			"",
			None,
			"Open,Closed",
			"5, 10 ,x",
			["5x", "abc"],
			["100.000000000", "5"],
			[""],
			[" "],
		]


class DocView:
	"""A Frappe document as the engine sees it."""

	def __init__(self, doc: object) -> None:
		self.doc = doc
		self.doctype = doc.doctype

	def value(self, fieldname: str) -> object:
		return self.doc.get(fieldname)

	def rows(self, child_doctype: str) -> Sequence[object] | None:
		tables = [df.fieldname for df in self.doc.meta.get_table_fields() if df.options == child_doctype]
		return [row for table in tables for row in self.doc.get(table) or ()] if tables else None

	def fieldtype(self, doctype: str, fieldname: str) -> str | None:
		df = frappe.get_meta(doctype).get_field(fieldname)
		return df.fieldtype if df and not df.is_virtual else None

	def link_doctype(self, doctype: str, fieldname: str) -> str | None:
		df = frappe.get_meta(doctype).get_field(fieldname)
		return df.options if df else None


# DocType, its fields, its tables with their fields
CASES: dict[str, tuple[tuple[str, ...], dict[str, tuple[str, ...]]]] = {
	"Sales Order": (
		(
			*(
				"customer_name",
				"status",
				"customer",
				"territory",
				"transaction_date",
				"delivery_date",
				"remarks",
			),
			*(
				"grand_total",
				"per_delivered",
				"skip_delivery_note",
				"terms",
				"po_date",
				"plc_conversion_rate",
			),
		),
		{
			"items": ("item_code", "description", "delivery_date", "qty", "rate", "is_free_item"),
			"taxes": ("description", "rate", "included_in_print_rate", "account_head"),
		},
	),
	"Task": (
		(
			"subject",
			"status",
			"priority",
			"is_group",
			"duration",
			"progress",
			"exp_start_date",
			"review_date",
		),
		{"depends_on": ("task", "subject", "project")},
	),
	"Issue": (
		*(
			(
				"subject",
				"opening_date",
				"opening_time",
				"first_response_time",
				"response_by",
				"via_customer_portal",
			),
		),
		{},
	),
	"Workflow": (("workflow_data", "document_type", "is_active"), {}),
	"Quality Feedback": ((), {"parameters": ("parameter", "rating", "feedback")}),
}
STANDARD = ("name", "owner", "docstatus", "idx", "creation", "modified")
CHILD_STANDARD = ("idx", "parentfield", "name", "creation")
STANDARD_TYPES = {"creation": "Datetime", "modified": "Datetime", "docstatus": "Int", "idx": "Int"}


def _known(doctype: str, fieldnames: Sequence[str]) -> list[str]:
	"""Those of the fields that this version of the DocType has."""
	meta = frappe.get_meta(doctype)
	return [name for name in fieldnames if (df := meta.get_field(name)) and not df.is_virtual]


def _fieldtype(doctype: str, fieldname: str) -> str:
	df = frappe.get_meta(doctype).get_field(fieldname)
	return df.fieldtype if df else STANDARD_TYPES.get(fieldname, "Data")


def _child_doctype(doctype: str, table: str) -> str:
	return frappe.get_meta(doctype).get_field(table).options


def _insert(doctype: str, generate: Generator, number: int) -> object:
	"""A row in the database with random values, without the controller's checks."""
	fields, tables = CASES[doctype]
	pick = generate.random.choice

	def fill(row_doctype: str, names: Sequence[str]) -> dict[str, object]:
		meta = frappe.get_meta(row_doctype)
		return {name: generate.raw(meta.get_field(name).fieldtype) for name in _known(row_doctype, names)}

	moment = str(generate.moment())
	values = {
		"doctype": doctype,
		"name": f"{pick(('PFC', 'pfc', 'Pfç'))}-{doctype[:2]}-{number:03}",
		"docstatus": pick((0, 1, 2)),
		"idx": pick((0, 1, 9, 10)),
		"creation": moment,
		"modified": str(generate.moment()),
		"owner": pick(("Administrator", "Guest", "a@example.com")),
		"_assign": pick((None, '["a@example.com"]', "[]")),
	}
	doc = frappe.get_doc({**values, **fill(doctype, fields)})
	for table, names in tables.items():
		for index in range(pick((0, 1, 2, 3))):
			row = {
				"name": f"{number:03}-{table}-{index}-{doctype[:2]}",
				"creation": moment,
				"modified": moment,
			}
			doc.append(table, {**row, **fill(_child_doctype(doctype, table), names)})
	doc.db_insert()
	frappe.db.set_value(doctype, doc.name, "_assign", doc.get("_assign"), update_modified=False)
	for row in doc.get_all_children():
		row.parent = doc.name
		row.db_insert()
	return doc


@pytest.fixture(params=sorted(CASES))
def documents(
	request: pytest.FixtureRequest,
) -> Iterator[tuple[str, Generator, dict[str, DocView], dict[str, DocView]]]:
	"""A DocType with random documents: as they were saved, and as read back."""
	doctype = request.param
	generate = Generator(len(doctype))
	saved = [_insert(doctype, generate, number) for number in range(30)]
	yield (
		doctype,
		generate,
		{doc.name: DocView(doc) for doc in saved},
		{doc.name: DocView(frappe.get_doc(doctype, doc.name)) for doc in saved},
	)


def _rows(doctype: str, generate: Generator) -> Iterator[list[object]]:
	"""Every field with every operator and many values."""
	fields, tables = CASES[doctype]
	places = [(doctype, name) for name in (*_known(doctype, fields), *STANDARD, "_assign")]
	for table, names in tables.items():
		child = _child_doctype(doctype, table)
		places += [(child, name) for name in (*_known(child, names), *CHILD_STANDARD)]
	for row_doctype, name in places:
		fieldtype = _fieldtype(row_doctype, name)
		for operator in OPERATORS:
			for value in generate.values(fieldtype, operator):
				yield [row_doctype, name, operator, value]


def _found(doctype: str, filters: list[list[object]], names: set[str]) -> set[str]:
	return names.intersection(frappe.get_all(doctype, filters=filters, pluck="name", distinct=True))


def _compare(
	doctype: str, conditions: tuple[Condition, ...], filters: list[list[object]], *views: dict[str, DocView]
) -> list[str]:
	"""What differs between the database and the engine, in words."""
	names = set(views[0])
	expected = _found(doctype, filters, names)
	clock = {
		"today": frappe.utils.getdate(),
		"now_local": frappe.utils.now_datetime(),
		"week_start": frappe.utils.data.get_first_day_of_the_week(),
	}
	wrong = []
	for kind, view_of in zip(("saved", "read back"), views, strict=True):
		found = {name for name, view in view_of.items() if matches(conditions, view, **clock)}
		for name in sorted(found ^ expected)[:1]:
			doc = view_of[name].doc
			seen = {
				f"{place}.{field}": doc.get(field)
				if place == doctype
				else [row.get(field) for row in view_of[name].rows(place)]
				for place, field in referenced_fields(conditions)
			}
			wrong.append(f"{filters} {kind} {seen}: SQL {name in expected}, engine {name in found}")
	return wrong


def _readable(raw: list[list[object]], doctype: str, view: DocView) -> tuple[Condition, ...] | None:
	try:
		conditions = parse_filters(raw, doctype)
		check(conditions, view)
	except ConfigurationError:
		return None
	return conditions


def test_each_operator_on_each_field_finds_what_sql_finds(documents) -> None:
	doctype, generate, saved, read_back = documents
	some_view = next(iter(saved.values()))
	wrong: list[str] = []
	tried: Counter[tuple[str, str]] = Counter()
	for row in _rows(doctype, generate):
		conditions = _readable([row], doctype, some_view)
		if conditions is None:
			continue
		tried[row[1], row[2]] += 1
		wrong += _compare(doctype, conditions, [row], saved, read_back)
	assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:40])
	untried = {
		(fieldtype, operator)
		for row_doctype, name, operator, _ in _rows(doctype, generate)
		if (name, operator) not in tried and (fieldtype := _fieldtype(row_doctype, name))
	}
	dates = ("Date", "Datetime")
	for fieldtype, operator in untried:
		if operator in ("like", "not like"):
			assert fieldtype in (*dates, "Time")
		else:
			assert operator in ("between", "timespan", "previous", "next") and fieldtype not in dates


def test_several_rows_together_find_what_sql_finds(documents) -> None:
	"""Rows on one child table hold on one row of it; rows on different tables do not know each other."""
	doctype, generate, saved, read_back = documents
	some_view = next(iter(saved.values()))
	rows = [row for row in _rows(doctype, generate) if _readable([row], doctype, some_view)]
	wrong: list[str] = []
	hits = 0
	for _ in range(300):
		filters = generate.random.sample(rows, generate.random.choice((2, 2, 3, 4)))
		conditions = parse_filters(filters, doctype)
		wrong += _compare(doctype, conditions, as_filters(conditions), saved, read_back)
		hits += bool(_found(doctype, filters, set(saved)))
	assert not wrong, f"{len(wrong)} differences:\n" + "\n".join(wrong[:40])
	assert hits > 30


@pytest.fixture
def territories() -> dict[str, str]:
	"""A small tree with more than one level, children of the root last."""
	roots = frappe.get_all("Territory", {"parent_territory": ("is", "not set")}, pluck="name")
	names = {}
	root = roots[0] if roots else None
	for name, parent, group in (("PF World", root, 1), ("PF Asia", "PF World", 1), ("PF 中国", "PF Asia", 0)):
		territory = frappe.get_doc(
			{"doctype": "Territory", "territory_name": name, "parent_territory": parent, "is_group": group}
		)
		names[name] = territory.insert(ignore_permissions=True).name
	return names


def _tree(doctype: str, name: str, operator: str) -> set[str]:
	"""Nodes of a nested set, read from the database."""
	lft, rgt = frappe.db.get_value(doctype, name, ["lft", "rgt"]) or (0, 0)
	if "descendants" in operator:
		nodes = frappe.get_all(doctype, {"lft": [">", lft], "rgt": ["<", rgt]}, pluck="name")
	else:
		nodes = frappe.get_all(doctype, {"lft": ["<", lft], "rgt": [">", rgt]}, pluck="name")
	return {*nodes, name} if "inclusive" in operator else set(nodes)


@pytest.mark.parametrize(
	"operator",
	[
		*("descendants of", "descendants of (inclusive)", "not descendants of"),
		*("ancestors of", "not ancestors of"),
	],
)
def test_tree_operators_find_what_sql_finds(territories: dict[str, str], operator: str) -> None:
	places = [None, "", "Nowhere", *territories.values()]
	names = {}
	for number, place in enumerate(places):
		doc = frappe.get_doc({"doctype": "Sales Order", "name": f"PFT-{number}", "territory": place})
		doc.db_insert()
		names[doc.name] = DocView(doc)
	for value in [*territories.values(), "Nowhere", ""]:
		for rows in (
			[["Sales Order", "territory", operator, value]],
			[["Sales Order", "territory", operator, value], ["Sales Order", "name", "!=", "PFT-0"]],
			[["Territory", "name", operator, value]],
		):
			doctype = rows[0][0]
			views = names
			if doctype == "Territory":
				views = {name: DocView(frappe.get_doc("Territory", name)) for name in territories.values()}
			clock = {"today": date(2024, 1, 1), "now_local": datetime(2024, 1, 1), "tree": _tree}
			found = {
				name for name, view in views.items() if matches(parse_filters(rows, doctype), view, **clock)
			}
			assert found == _found(doctype, rows, set(views)), rows


def test_timespans_are_those_of_frappe(monkeypatch: pytest.MonkeyPatch) -> None:
	for week_start in ("Sunday", "Monday", "Saturday"):
		monkeypatch.setattr(frappe.utils.data, "get_first_day_of_the_week", lambda day=week_start: day)
		for step in range(0, 1500, 3):
			today = date(2023, 1, 1) + timedelta(days=step)
			monkeypatch.setattr(frappe.utils.data, "getdate", _getdate_at(today))
			for span in TIMESPANS:
				expected = frappe.utils.data.get_timespan_date_range(span)
				assert timespan_range(span, today, week_start) == expected, (span, today, week_start)


def _getdate_at(today: date) -> Callable[..., date]:
	"""Frappe's getdate on another day."""
	return lambda value=None, *args: GETDATE(value, *args) if value else today


def _weights(chars: Sequence[str]) -> dict[str, str]:
	"""Each character's weight in the collation of Frappe's tables."""
	weights: dict[str, str] = {}
	for start in range(0, len(chars), 250):
		part = chars[start : start + 250]
		columns = ", ".join(
			"hex(weight_string(convert(%s using utf8mb4) collate utf8mb4_unicode_ci))" for _ in part
		)
		weights.update(zip(part, frappe.db.sql(f"select {columns}", tuple(part))[0], strict=True))
	return weights


def test_characters_fold_as_the_collation_weighs_them() -> None:
	"""No two characters fold together that weigh differently; in everyday scripts the reverse holds too."""
	everything = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]
	weights = _weights(everything)
	heavier: dict[str, set[str]] = {}
	for char, weight in weights.items():
		key = fold_text(char + "|")  # the bar keeps a space from being a trailing one
		heavier.setdefault(key, set()).add(weight)
	assert not {key: found for key, found in heavier.items() if len(found) > 1}

	everyday = [(0x20, 0x250), (0x370, 0x530), (0x5D0, 0x5EB), (0x1E00, 0x1F00), (0x3040, 0x3100)]
	everyday += [(0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xFF01, 0xFF9E)]
	folds: dict[str, set[str]] = {}
	for first, last in everyday:
		for char in map(chr, range(first, last)):
			folds.setdefault(weights[char], set()).add(fold_text(char + "|"))
	assert not {weight: found for weight, found in folds.items() if len(found) > 1}


def test_texts_compare_and_match_as_in_the_database() -> None:
	generate = random.Random(5)
	alphabet = "aA äßbB  \t-_%'\\.,0159xyzZ合同评审，。Ａ１かカが①"
	texts = ["".join(generate.choices(alphabet, k=generate.randint(0, 5))) for _ in range(1500)]
	pairs = list(zip(texts, texts[1:] + texts[:1], strict=True))
	pairs += [(text, text.swapcase() + "  ") for text in texts[:200]]
	collate = "convert(%s using utf8mb4) collate utf8mb4_unicode_ci"
	columns = f"{collate} = {collate}, {collate} < {collate}, {collate} like {collate} escape '\\0'"
	for left, right in pairs:
		pattern = right[:1] + generate.choice(("%", "_", "")) + right[2:]
		equal, less, like = frappe.db.sql(f"select {columns}", (left, right, left, right, left, pattern))[0]
		order = compare_texts(left, right)
		assert (order == 0) is bool(equal) is (fold_text(left) == fold_text(right)), (left, right)
		assert (order < 0) is bool(less), (left, right)
		assert like_matcher(pattern)(left) is bool(like), (left, pattern)
