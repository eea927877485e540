"""The desk's filter rows, evaluated on one document in memory.

An event type says *which* documents it means with the rows of Frappe's own filter control. The
same rows are read in two places: here, on the document a hook was given, and in SQL by
``frappe.get_all(doctype, filters=…)`` when the sweep looks for what no hook saw. A row must mean
the same in both. This module therefore follows the SQL that Frappe 15 writes
(``DatabaseQuery.prepare_filter_condition``, ``get_timespan_date_range``) and what MariaDB makes of
it, also where that is surprising:

- NULL counts as an empty text, as zero or as 0001-01-01, but only where Frappe wraps the column
  in ``ifnull``; elsewhere a NULL matches nothing.
- Text is compared as utf8mb4_unicode_ci does: without case, accents, width and trailing spaces.
- ``not in`` compares the *text* of a column: a Currency of 100 is "100.000000000" there.
- "is set" on a number means "is not 0", on a time "is not 00:00:00".
- All rows on one child table must hold on the same child row; a document without child rows has
  one row of NULLs there (left join).

Frappe guesses when a row makes no sense (a date that is none becomes today, text in a number field
becomes 0). Here such a row is refused with ConfigurationError, so that it never gets as far as SQL.
Two differences to MariaDB are known and left: some rare signs it takes for equal are kept apart
(Chinese radicals and the characters they stand for, runes, phonetic letters), and ``<``/``>`` on
text put rare signs and letters with strokes and hooks at other places than it does.

Nothing here reads a database or a clock.
"""

from __future__ import annotations

import json
import operator as op
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import zip_longest
from math import isfinite
from typing import Any, Protocol, Union

from perf_flow.engine.errors import N_, ConfigurationError, InvalidInput

Scalar = Union[str, int, float, bool, None]  # noqa: UP007  (evaluated at run time on 3.10)
Value = Union[Scalar, tuple[Union[str, None], ...]]  # noqa: UP007
Test = Callable[[object], bool]
Tree = Callable[[str, str, str], AbstractSet[str]]
"""``tree(doctype, name, operator)``: names of the nodes of the tree DocType that the operator means.

The operator is one of ``TREE_OPERATORS``; for the two ``not …`` operators the answer is the set to
be excluded; for "descendants of (inclusive)" it contains ``name`` itself. Unknown names: empty set.
"""

TREE_OPERATORS = frozenset(
	(
		"descendants of",
		"descendants of (inclusive)",
		"not descendants of",
		"ancestors of",
		"not ancestors of",
	)
)
OPERATORS = TREE_OPERATORS | frozenset(
	(
		*("=", "!=", ">", "<", ">=", "<=", "like", "not like", "in", "not in", "is"),
		*("between", "timespan", "previous", "next"),
	)
)
TIMESPANS = frozenset(
	(
		*("last 7 days", "last 14 days", "last 30 days", "last 90 days"),
		*("last week", "last month", "last quarter", "last 6 months", "last year"),
		*("yesterday", "today", "tomorrow"),
		*("this week", "this month", "this quarter", "this year"),
		*("next 7 days", "next 14 days", "next 30 days"),
		*("next week", "next month", "next quarter", "next 6 months", "next year"),
	)
)
_PERIODS = {
	"1 week": "week",
	"1 month": "month",
	"3 months": "quarter",
	"6 months": "6 months",
	"1 year": "year",
}
_WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")

_UNREADABLE = N_("The conditions are not readable: {0}")
_BAD_ROW = N_("Condition {0} is not complete: {1}. It needs a field, an operator and a value.")
_BAD_OPERATOR = N_("Condition {0} ({1}) uses the operator “{2}”, which is not known.")
_LIST_ONLY = N_(
	"Condition {0} ({1}) uses “{2}”, which only works in lists. Use “Between” with two dates instead."
)
_BAD_VALUE = N_("Condition {0} ({1}): the value {3} does not go with the operator “{2}”.")
_NO_FIELD = N_("The condition uses the field {0}, which does not exist on {1}.")
_NO_TABLE = N_("The condition uses the field {0} of {1}, which is not a table of {2}.")
_NO_CONDITION_FIELD = N_("The field {0} of {1} has the type {2}, which cannot be used in a condition.")
_NOT_TOGETHER = N_(
	"The condition on {0} of {1}: the operator “{2}” does not go with a field of the type {3}."
)
_BAD_FIELD_VALUE = N_("The condition on {0} of {1}: “{2}” is not a value for a field of the type {3}.")
_NO_TREE = N_("The condition on {0} of {1} uses the operator “{2}”, which cannot be worked out here.")
_BAD_WEEKDAY = N_("“{0}” is not a day of the week.")
_BAD_MOMENT = N_("“{0}” is not a date or a time.")


# --------------------------------------------------------------------------------------
# The rows
# --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
	"""One filter row. ``operator`` is in lower case; lists are tuples of texts (or None)."""

	doctype: str
	fieldname: str
	operator: str
	value: Value


def parse_filters(
	raw: str | Sequence[object] | Mapping[str, object] | None, doctype: str
) -> tuple[Condition, ...]:
	"""Read filter rows as Frappe's filter control and its API write them.

	``raw`` is JSON or the decoded value: a list of ``[doctype, field, operator, value]`` (a fifth
	element, the control's "hidden" flag, is ignored), ``[field, operator, value]`` or
	``{field: value}``; or one mapping ``{field: value}`` / ``{field: [operator, value]}``. Rows
	without a DocType belong to ``doctype``. Nothing (None, "", [], {}) gives no conditions.

	Raises ConfigurationError, naming the row by its number from 1, for what cannot be read and for
	operators that need a list view (fiscal year). Whether fields exist is seen by ``check``.
	"""
	if raw is None or raw == "":
		return ()
	if isinstance(raw, str):
		try:
			raw = json.loads(raw)
		except ValueError as error:
			raise ConfigurationError(str(error), template=_UNREADABLE) from error
		if raw is None or raw == "":
			return ()
	if isinstance(raw, Mapping):
		rows: list[object] = [{fieldname: value} for fieldname, value in raw.items()]
	elif isinstance(raw, (list, tuple)):
		rows = list(raw)
	else:
		raise ConfigurationError(_shown(raw), template=_UNREADABLE)
	return tuple(_parse_row(number, row, doctype) for number, row in enumerate(rows, start=1))


def as_filters(conditions: Iterable[Condition]) -> list[list[object]]:
	"""The conditions as rows for ``frappe.get_all``. Child rows multiply names: ask it for ``distinct``."""
	return [
		[c.doctype, c.fieldname, c.operator, list(c.value) if isinstance(c.value, tuple) else c.value]
		for c in conditions
	]


def referenced_fields(conditions: Iterable[Condition]) -> set[tuple[str, str]]:
	"""The ``(doctype, fieldname)`` pairs the conditions look at."""
	return {(c.doctype, c.fieldname) for c in conditions}


def _parse_row(number: int, row: object, doctype: str) -> Condition:
	if isinstance(row, Mapping):
		if len(row) != 1:
			raise ConfigurationError(number, _shown(row), template=_BAD_ROW)
		((fieldname, value),) = row.items()
		operator: object = "="
		if isinstance(value, (list, tuple)):
			if len(value) != 2:
				raise ConfigurationError(number, _shown(row), template=_BAD_ROW)
			operator, value = value
		row_doctype: object = doctype
	elif isinstance(row, (list, tuple)) and len(row) == 3:
		row_doctype = doctype
		fieldname, operator, value = row
	elif isinstance(row, (list, tuple)) and len(row) in (4, 5):
		row_doctype, fieldname, operator, value = row[:4]
	else:
		raise ConfigurationError(number, _shown(row), template=_BAD_ROW)

	if not (isinstance(row_doctype, str) and row_doctype):
		raise ConfigurationError(number, _shown(row), template=_BAD_ROW)
	if not (isinstance(fieldname, str) and re.fullmatch(r"\w+", fieldname)):
		raise ConfigurationError(number, _shown(row), template=_BAD_ROW)
	if not operator:
		operator = "="
	if not isinstance(operator, str):
		raise ConfigurationError(number, fieldname, _shown(operator), template=_BAD_OPERATOR)
	name = operator.lower()
	if name == "fiscal year":
		raise ConfigurationError(number, fieldname, operator, template=_LIST_ONLY)
	if name not in OPERATORS:
		raise ConfigurationError(number, fieldname, operator, template=_BAD_OPERATOR)
	try:
		return Condition(row_doctype, fieldname, name, _parse_value(name, value))
	except ValueError as error:
		raise ConfigurationError(number, fieldname, operator, _shown(value), template=_BAD_VALUE) from error


def _parse_value(operator: str, value: object) -> Value:
	"""The value in the form the operator wants. Raises ValueError when it does not go with it."""
	if operator in ("in", "not in"):
		if not value:
			return ()
		if isinstance(value, str):
			return value
		if isinstance(value, (list, tuple)):
			return tuple(None if v is None else str(_scalar(v)) for v in value)
		raise ValueError
	if operator == "between":
		if not (isinstance(value, (list, tuple)) and len(value) == 2 and all(value)):
			raise ValueError
		return tuple(str(_scalar(v)) for v in value)
	if operator == "is":
		if value not in ("set", "not set"):
			raise ValueError
	elif operator == "timespan":
		if not (isinstance(value, str) and value in TIMESPANS):
			raise ValueError
	elif operator in ("previous", "next"):
		if not (isinstance(value, str) and value in _PERIODS):
			raise ValueError
	elif operator in TREE_OPERATORS and not (value is None or isinstance(value, str)):
		raise ValueError
	return _scalar(value)


def _scalar(value: object) -> Scalar:
	"""A plain value; dates become ISO text as in JSON. Raises ValueError for anything else."""
	if value is None or isinstance(value, (str, bool, int)):
		return value
	if isinstance(value, (float, Decimal)):
		if not isfinite(value):
			raise ValueError
		return float(value)
	if isinstance(value, datetime):
		return value.replace(tzinfo=None).isoformat(" ", "microseconds")
	if isinstance(value, date):
		return value.isoformat()
	raise ValueError


def _shown(value: object) -> str:
	"""A value as text for a message, cut to a readable length."""
	text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
	return text if len(text) <= 120 else text[:119] + "…"


# --------------------------------------------------------------------------------------
# The document
# --------------------------------------------------------------------------------------


class Row(Protocol):
	"""A child row: a mapping, or anything with ``get`` such as Frappe's child documents."""

	def get(self, fieldname: str, /) -> object:
		"""The value of a field, None if it has none."""
		...


class DocumentView(Protocol):
	"""What the engine may see of a document. Nothing has to be copied for it."""

	@property
	def doctype(self) -> str:
		"""The DocType of the document."""
		...

	def value(self, fieldname: str, /) -> object:
		"""The value of one of the document's own fields, None if it has none."""
		...

	def rows(self, child_doctype: str, /) -> Sequence[Row] | None:
		"""The child rows of a DocType, of all table fields with it; None if there is no such table."""
		...

	def fieldtype(self, doctype: str, fieldname: str, /) -> str | None:
		"""Frappe's field type of a stored field of the document or of a child row, None if there is
		no such column (also for virtual fields). Name, owner and the like are not asked for."""
		...

	def link_doctype(self, doctype: str, fieldname: str, /) -> str | None:
		"""The DocType a Link field points to (its options), for the tree operators."""
		...


@dataclass(frozen=True, slots=True)
class MappingView:
	"""A document made of plain mappings: for tests, replay and checking rows without a document.

	``fieldtypes`` and ``links`` are keyed by ``(doctype, fieldname)``; ``child_rows`` by DocType and
	names every child table of the document, also the empty ones.
	"""

	doctype: str
	values: Mapping[str, object]
	child_rows: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
	fieldtypes: Mapping[tuple[str, str], str] = field(default_factory=dict)
	links: Mapping[tuple[str, str], str] = field(default_factory=dict)

	def value(self, fieldname: str, /) -> object:
		"""See DocumentView."""
		return self.values.get(fieldname)

	def rows(self, child_doctype: str, /) -> Sequence[Mapping[str, object]] | None:
		"""See DocumentView."""
		return self.child_rows.get(child_doctype)

	def fieldtype(self, doctype: str, fieldname: str, /) -> str | None:
		"""See DocumentView."""
		return self.fieldtypes.get((doctype, fieldname))

	def link_doctype(self, doctype: str, fieldname: str, /) -> str | None:
		"""See DocumentView."""
		return self.links.get((doctype, fieldname))


# --------------------------------------------------------------------------------------
# Matching
# --------------------------------------------------------------------------------------


def matches(
	conditions: Sequence[Condition],
	view: DocumentView,
	*,
	today: date,
	now_local: datetime,
	tree: Tree | None = None,
	week_start: str = "Sunday",
) -> bool:
	"""Whether the document meets all conditions, as ``frappe.get_all`` would find it.

	``today`` and ``now_local`` (naive) are the site's day and moment; ``week_start`` is the System
	Settings' first day of the week (Frappe takes Sunday when it is empty). ``tree`` answers the tree
	operators and is asked only when everything else holds.

	Raises ConfigurationError when any of the conditions cannot be carried out on this DocType (field
	gone, operator that does not go with its type, tree operator without ``tree``), whether or not
	the others hold; InvalidInput when the document carries a date that is none.
	"""
	tests, in_trees = _tests(conditions, view, today, now_local, week_start)
	if in_trees and tree is None:
		c = in_trees[0][0]
		raise ConfigurationError(c.fieldname, c.doctype, c.operator, template=_NO_TREE)

	own = view.doctype
	for c, test in tests:
		if c.doctype == own and not test(view.value(c.fieldname)):
			return False
	if in_trees and tree is not None:
		if not _child_rows_match(tests, view):
			return False
		for c, kind in in_trees:
			test = _tree_test(c, kind, view, tree)
			if c.doctype == own and not test(view.value(c.fieldname)):
				return False
			tests.append((c, test))
	return _child_rows_match(tests, view)


def check(conditions: Sequence[Condition], view: DocumentView) -> None:
	"""Raise ConfigurationError if a condition could not be evaluated on documents like ``view``.

	Only the DocType, its fields and its tables are looked at, not the values: for checking rows when
	somebody writes them. Tree operators are accepted.
	"""
	midnight = datetime(2000, 1, 1)
	_tests(conditions, view, midnight.date(), midnight, "Sunday")


def _tests(
	conditions: Sequence[Condition], view: DocumentView, today: date, now_local: datetime, week_start: str
) -> tuple[list[tuple[Condition, Test]], list[tuple[Condition, str]]]:
	"""The ready tests, and the tree conditions with the kind of their column."""
	own = view.doctype
	tests: list[tuple[Condition, Test]] = []
	in_trees: list[tuple[Condition, str]] = []
	for c in conditions:
		doctype, fieldname, operator = c.doctype, c.fieldname, c.operator
		standard = _STANDARD.get(fieldname)
		if standard is None:
			fieldtype = view.fieldtype(doctype, fieldname)
			if fieldtype is None:
				raise ConfigurationError(fieldname, doctype, template=_NO_FIELD)
			kind = _KINDS.get(fieldtype)
			if kind is None:
				raise ConfigurationError(fieldname, doctype, fieldtype, template=_NO_CONDITION_FIELD)
		else:
			kind, fieldtype, on_parent, on_child = standard
			if not (on_parent if doctype == own else on_child):
				raise ConfigurationError(fieldname, doctype, template=_NO_FIELD)
		if doctype != own and view.rows(doctype) is None:
			raise ConfigurationError(fieldname, doctype, own, template=_NO_TABLE)
		if operator in TREE_OPERATORS:
			if kind not in _TEXTS:
				raise ConfigurationError(fieldname, doctype, operator, fieldtype, template=_NOT_TOGETHER)
			in_trees.append((c, kind))
		elif operator in ("timespan", "previous", "next"):
			tests.append((c, _compile(c, type(c.value).__name__, kind, fieldtype, today, week_start)))
		elif kind in _DATES and not (operator in ("between", "is") or isinstance(c.value, tuple)):
			# without a date Frappe takes today, without a day the time is of today
			day = now_local.date() if kind in _MOMENTS else today
			tests.append((c, _compile(c, type(c.value).__name__, kind, fieldtype, day, "")))
		else:
			tests.append((c, _compile(c, type(c.value).__name__, kind, fieldtype, None, "")))
	return tests, in_trees


def _child_rows_match(tests: list[tuple[Condition, Test]], view: DocumentView) -> bool:
	"""Whether each child table has one row on which all its tests hold, as in a left join."""
	own = view.doctype
	tables: dict[str, list[tuple[str, Test]]] = {}
	for c, test in tests:
		if c.doctype != own:
			tables.setdefault(c.doctype, []).append((c.fieldname, test))
	for child_doctype, row_tests in tables.items():
		rows = view.rows(child_doctype)
		if rows:
			if not any(all(test(row.get(name)) for name, test in row_tests) for row in rows):
				return False
		elif not all(test(_ABSENT) for _, test in row_tests):
			return False
	return True


def _tree_test(c: Condition, kind: str, view: DocumentView, tree: Tree) -> Test:
	"""``col in (nodes)``; Frappe asks for ('') when there are none, which an empty field meets."""
	nodes: AbstractSet[str] = frozenset()
	if c.value:
		nodes = tree(view.link_doctype(c.doctype, c.fieldname) or c.doctype, str(c.value), c.operator)
	wanted = frozenset(_folded(kind, name.strip()) for name in nodes) or frozenset(("",))
	return _membership(kind, wanted, negated=c.operator.startswith("not "), null_as_empty=kind != "name")


# --------------------------------------------------------------------------------------
# One condition on one kind of column
# --------------------------------------------------------------------------------------

# Kinds of columns. "check", "int", "decimal" are NOT NULL; "counter" (docstatus, idx) has no
# docfield, which makes Frappe treat it as text; "stamp" is creation/modified; "tags" is _assign etc.
_KINDS: dict[str, str] = {
	"Check": "check",
	"Int": "int",
	"Long Int": "int",
	"Currency": "decimal",
	"Float": "decimal",
	"Percent": "decimal",
	"Duration": "duration",
	"Rating": "rating",
	"Date": "date",
	"Datetime": "datetime",
	"Time": "time",
	"JSON": "binary",
	**dict.fromkeys(
		(
			*("Data", "Link", "Dynamic Link", "Select", "Read Only", "Color", "Icon", "Phone"),
			*("Autocomplete", "Small Text", "Long Text", "Text", "Code", "Text Editor", "Markdown Editor"),
			*("HTML Editor", "Password", "Attach", "Attach Image", "Signature", "Barcode", "Geolocation"),
		),
		"text",
	),
}
# fieldname: kind, type for messages, on documents, on child rows
_STANDARD: dict[str, tuple[str, str, bool, bool]] = {
	"name": ("name", "Data", True, True),
	"owner": ("text", "Data", True, True),
	"modified_by": ("text", "Data", True, True),
	"creation": ("stamp", "Datetime", True, True),
	"modified": ("stamp", "Datetime", True, True),
	"docstatus": ("counter", "Int", True, True),
	"idx": ("counter", "Int", True, True),
	"parent": ("text", "Data", False, True),
	"parenttype": ("text", "Data", False, True),
	"parentfield": ("text", "Data", False, True),
	"_assign": ("tags", "Text", True, False),
	"_comments": ("tags", "Text", True, False),
	"_liked_by": ("tags", "Text", True, False),
	"_user_tags": ("tags", "Text", True, False),
}
_STRICT_NUMBERS = frozenset(("check", "int", "decimal"))
_NUMBERS = _STRICT_NUMBERS | {"duration", "rating", "counter"}
_MOMENTS = frozenset(("datetime", "stamp"))
_DATES = _MOMENTS | {"date"}
_TEXTS = frozenset(("text", "name", "tags", "binary"))
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
	"=": op.eq,
	"!=": op.ne,
	">": op.gt,
	"<": op.lt,
	">=": op.ge,
	"<=": op.le,
}
_NO_DATE = "0001-01-01"
_NO_MOMENT = "0001-01-01 00:00:00.000000"


class _Absent:
	"""The field of a child row that is not there: NULL, also in columns that are never NULL."""


_ABSENT = _Absent()


@lru_cache(maxsize=4096)
def _compile(c: Condition, value_type: str, kind: str, fieldtype: str, day: date | None, week: str) -> Test:
	"""The test of a raw field value. ``value_type`` keeps 1, 1.0 and True apart in the cache."""
	operator, value = c.operator, c.value
	if operator == "is":
		return _is_set(kind, value == "set")
	if operator in ("in", "not in"):
		return _in_list(c, kind, fieldtype)
	if operator in ("between", "timespan", "previous", "next"):
		return _between(c, kind, fieldtype, day, week)
	if isinstance(value, tuple):
		raise ConfigurationError(c.fieldname, c.doctype, _shown(value), fieldtype, template=_BAD_FIELD_VALUE)
	if operator in ("like", "not like"):
		return _like(c, kind, fieldtype, value)
	if kind in _NUMBERS:
		return _compare_number(c, kind, fieldtype, value)
	if kind in _TEXTS:
		return _compare_text(kind, operator, value)
	return _compare_date(c, kind, fieldtype, value, day)


def _is_set(kind: str, wanted: bool) -> Test:
	"""``is``: ``col != ''`` or ``col is null or col = ''``; on numbers '' is 0, on times 00:00:00."""
	if kind in _NUMBERS:
		number = _NUMBER[kind]
		if wanted:
			return lambda raw: number(raw) not in (None, 0)
		if kind in _STRICT_NUMBERS:
			return lambda raw: number(raw) == 0
		return lambda raw: number(raw) in (None, 0)
	text = _TEXT[kind]
	if kind in _TEXTS:
		fold = fold_binary if kind == "binary" else fold_text
		if wanted:
			return lambda raw: fold(text(raw) or "") != ""
		if kind == "name":
			return lambda raw: (found := text(raw)) is not None and fold(found) == ""
		return lambda raw: fold(text(raw) or "") == ""
	empty = (None, "00:00:00.000000") if kind == "time" else (None,)
	if wanted:
		return lambda raw: text(raw) not in empty
	if kind == "stamp":
		return lambda raw: False
	return lambda raw: text(raw) in empty


def _in_list(c: Condition, kind: str, fieldtype: str) -> Test:
	"""``in`` / ``not in``. Frappe wraps the column, making it text, for ``not in`` and for empty values."""
	negated = c.operator == "not in"
	values: Sequence[str | None] = c.value.split(",") if isinstance(c.value, str) else c.value  # type: ignore[assignment]
	wrapped = negated or not c.value or (isinstance(c.value, tuple) and any(not v for v in values))
	wanted = [(v or "").strip() for v in values] or [""]
	if wrapped and kind not in ("name", "stamp"):
		return _membership(kind, frozenset(_folded(kind, v) for v in wanted), negated, null_as_empty=True)
	if kind in _TEXTS:
		return _membership(kind, frozenset(_folded(kind, v) for v in wanted), negated, null_as_empty=False)
	if kind in _NUMBERS:
		number = _NUMBER[kind]
		numbers = frozenset(_leading_number(v) for v in wanted)
		return lambda raw: number(raw) in numbers
	text = _TEXT[kind]
	moments = frozenset(_moment_like(c, kind, fieldtype, v) for v in wanted)
	return lambda raw: (found := text(raw)) is not None and (found in moments) is not negated


def _membership(kind: str, wanted: frozenset[str], negated: bool, null_as_empty: bool) -> Test:
	text = _TEXT[kind]
	fold = fold_binary if kind == "binary" else fold_text

	def test(raw: object) -> bool:
		found = text(raw)
		if found is None:
			if not null_as_empty:
				return False
			found = ""
		return (fold(found) in wanted) is not negated

	return test


def _moment_like(c: Condition, kind: str, fieldtype: str, text: str) -> str:
	"""A date or time of a list in the form its column is compared in."""
	if kind == "time":
		return _time_of(c, fieldtype, text)
	moment = _read_moment(text)
	if moment is None:
		raise ConfigurationError(c.fieldname, c.doctype, text, fieldtype, template=_BAD_FIELD_VALUE)
	if kind == "date" and moment.time() == time():
		return moment.date().isoformat()
	return moment.isoformat(" ", "microseconds")


def _between(c: Condition, kind: str, fieldtype: str, day: date | None, week: str) -> Test:
	"""Both ends count; on a datetime a bare date is the whole day. Only for dates, as in SQL."""
	if kind not in _DATES:
		raise ConfigurationError(c.fieldname, c.doctype, c.operator, fieldtype, template=_NOT_TOGETHER)
	if isinstance(c.value, tuple):
		bounds = [_bound(c, fieldtype, text or "") for text in c.value]
	else:
		assert day is not None
		span = str(c.value)
		if c.operator != "timespan":
			span = ("last " if c.operator == "previous" else "next ") + _PERIODS[span]
		bounds = list(timespan_range(span, day, week))
	text = _TEXT[kind]
	if kind == "date":
		first, last = (b.date().isoformat() if isinstance(b, datetime) else b.isoformat() for b in bounds)
	else:
		first, last = (
			(b if isinstance(b, datetime) else datetime.combine(b, edge)).isoformat(" ", "microseconds")
			for b, edge in zip(bounds, (time.min, time.max), strict=True)
		)
	return lambda raw: (found := text(raw)) is not None and first <= found <= last


def _bound(c: Condition, fieldtype: str, text: str) -> date:
	"""One end of a range: a datetime if the text has a time, else a date."""
	moment = _read_moment(text)
	if moment is None:
		raise ConfigurationError(c.fieldname, c.doctype, text, fieldtype, template=_BAD_FIELD_VALUE)
	return moment if " " in text.strip() else moment.date()


def _like(c: Condition, kind: str, fieldtype: str, value: Scalar) -> Test:
	"""``like`` on the text of the column. A backslash is a letter: Frappe doubles it."""
	if kind in ("date", "datetime", "time"):
		raise ConfigurationError(c.fieldname, c.doctype, c.operator, fieldtype, template=_NOT_TOGETHER)
	pattern = "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)
	found_by = like_matcher(pattern, binary=kind == "binary")
	text = _TEXT[kind]
	never_null = kind in _STRICT_NUMBERS or kind in ("name", "stamp")
	if c.operator == "like":
		if never_null or value:
			return lambda raw: (found := text(raw)) is not None and found_by(found)
		return lambda raw: found_by(text(raw) or "")
	if never_null:
		return lambda raw: (found := text(raw)) is not None and not found_by(found)
	return lambda raw: not found_by(text(raw) or "")


def _compare_number(c: Condition, kind: str, fieldtype: str, value: Scalar) -> Test:
	compare = _ORDER[c.operator]
	number = _NUMBER[kind]
	if kind not in _STRICT_NUMBERS and isinstance(value, str):
		# Without a type for the number Frappe quotes the value and wraps the column: text, save for "="
		if value == "":
			return (
				_is_set(kind, c.operator == "!=")
				if c.operator in ("=", "!=")
				else _text_order(kind, c.operator, "")
			)
		if c.operator == "=":
			target = _leading_number(value)
			return lambda raw: number(raw) == target
		return _text_order(kind, c.operator, value)
	try:
		wanted = float(value.replace(",", "")) if isinstance(value, str) and value else float(value or 0)
	except ValueError as error:
		raise ConfigurationError(
			c.fieldname, c.doctype, value, fieldtype, template=_BAD_FIELD_VALUE
		) from error
	if not isfinite(wanted):
		raise ConfigurationError(c.fieldname, c.doctype, value, fieldtype, template=_BAD_FIELD_VALUE)
	if kind in _STRICT_NUMBERS:
		return lambda raw: (found := number(raw)) is not None and compare(found, wanted)
	return lambda raw: compare(number(raw) or 0, wanted)


def _compare_text(kind: str, operator: str, value: Scalar) -> Test:
	text = _TEXT[kind]
	if kind in ("name", "tags") and not isinstance(value, str) and not (kind == "name" and value is None):
		# Frappe leaves the number unquoted: the text is compared by the number it begins with
		compare, target = _ORDER[operator], float(value or 0)
		if kind == "name":
			return lambda raw: (found := text(raw)) is not None and compare(_leading_number(found), target)
		return lambda raw: compare(_leading_number(text(raw) or ""), target)
	wanted = "" if value is None else str(value)
	if operator not in ("=", "!="):
		return _text_order(kind, operator, wanted)
	fold = fold_binary if kind == "binary" else fold_text
	target_text = fold(wanted)
	equal = operator == "="
	if_null = False if kind == "name" else wanted == "" if equal else target_text != ""

	def test(raw: object) -> bool:
		found = text(raw)
		return if_null if found is None else (fold(found) == target_text) is equal

	return test


def _text_order(kind: str, operator: str, wanted: str) -> Test:
	"""A column as text against a text, NULL as '' (a name is never NULL, save in an absent row)."""
	text, compare = _TEXT[kind], _ORDER[operator]
	by = _compare_binary if kind == "binary" else compare_texts

	def test(raw: object) -> bool:
		found = text(raw)
		if found is None:
			if kind == "name":
				return False
			found = ""
		return compare(by(found, wanted), 0)

	return test


def _compare_date(c: Condition, kind: str, fieldtype: str, value: Scalar, day: date | None) -> Test:
	"""Dates and times compare as ISO text. NULL is before everything, but never found by > and >=."""
	text, operator = _TEXT[kind], c.operator
	compare = _ORDER[operator]
	if kind == "time":
		wanted, null = _time_of(c, fieldtype, value), ""
	else:
		assert day is not None
		wanted = _date_value(c, kind, fieldtype, value, day)
		null = _NO_DATE if kind == "date" else _NO_MOMENT
	if_null = kind != "stamp" and operator not in (">", ">=") and compare(null, wanted)
	return lambda raw: if_null if (found := text(raw)) is None else compare(found, wanted)


def _date_value(c: Condition, kind: str, fieldtype: str, value: Scalar, day: date) -> str:
	if kind == "date" and not value:
		return day.isoformat()
	if kind == "datetime" and not value:
		return _NO_MOMENT
	moment = None
	if isinstance(value, str):
		moment = _read_moment(value)
		if moment is None and kind == "datetime" and (clock := _read_time(value)) is not None:
			return f"{day.isoformat()} {clock}"
	if moment is None or moment.year == 1:
		raise ConfigurationError(c.fieldname, c.doctype, _shown(value), fieldtype, template=_BAD_FIELD_VALUE)
	return moment.date().isoformat() if kind == "date" else moment.isoformat(" ", "microseconds")


def _time_of(c: Condition, fieldtype: str, value: Scalar) -> str:
	clock = _read_time(value) if isinstance(value, str) else None
	if clock is None:
		raise ConfigurationError(c.fieldname, c.doctype, _shown(value), fieldtype, template=_BAD_FIELD_VALUE)
	return clock


# --------------------------------------------------------------------------------------
# Raw values as the database holds them (see BaseDocument.get_valid_dict and the column types)
# --------------------------------------------------------------------------------------

_MOMENT = re.compile(
	r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?)?\s*"
)
_CLOCK = re.compile(r"\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?\s*")
_LEADING_NUMBER = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)


def _read_moment(text: str) -> datetime | None:
	"""An ISO date or datetime, None if the text is none."""
	found = _MOMENT.fullmatch(text)
	if found is None:
		return None
	year, month, day, hour, minute, second, fraction = found.groups(default="0")
	try:
		return datetime(
			int(year), int(month), int(day), int(hour), int(minute), int(second), int(fraction.ljust(6, "0"))
		)
	except ValueError:
		return None


def _read_time(text: str) -> str | None:
	"""HH:MM[:SS[.f]] as HH:MM:SS.ffffff, None if the text is none."""
	found = _CLOCK.fullmatch(text)
	if found is None:
		return None
	hour, minute, second, fraction = found.groups(default="0")
	try:
		return time(int(hour), int(minute), int(second), int(fraction.ljust(6, "0"))).isoformat(
			"microseconds"
		)
	except ValueError:
		return None


def _leading_number(text: str) -> float:
	"""A text as MariaDB compares it with a number: by what it begins with, 0 if that is no number."""
	found = _LEADING_NUMBER.match(text)
	return float(found.group(1)) if found else 0.0


def _int(raw: object) -> int | None:
	if type(raw) is int:
		return raw
	if raw is None:
		return 0
	if isinstance(raw, _Absent):
		return None
	try:
		return int(raw)  # type: ignore[call-overload, no-any-return]
	except (TypeError, ValueError, OverflowError):
		return int(_float(raw))


def _check(raw: object) -> int | None:
	number = _int(raw)
	return None if number is None else int(number != 0)


def _float(raw: object) -> float:
	"""Frappe's ``flt``: commas are dropped, what is no number is 0."""
	try:
		number = float(raw.replace(",", "") if isinstance(raw, str) else raw)  # type: ignore[arg-type]
	except (TypeError, ValueError, OverflowError):
		return 0.0
	return number if isfinite(number) else 0.0


def _scaled(number: float, digits: int) -> float:
	"""Rounded half away from zero on the decimal text of the number, as a DECIMAL column stores it."""
	if round(number, digits) == number:
		return number
	return float(Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def _decimal(raw: object) -> float | None:
	if isinstance(raw, _Absent):
		return None
	return _scaled(raw if type(raw) is float else _float(raw), 9)


def _duration(raw: object) -> float | None:
	return None if raw is None or raw == "" else _decimal(raw)


def _rating(raw: object) -> float | None:
	return None if raw is None or raw == "" or isinstance(raw, _Absent) else _scaled(_float(raw), 2)


_NUMBER: dict[str, Callable[[object], float | None]] = {
	"check": _check,
	"int": _int,
	"counter": _int,
	"decimal": _decimal,
	"duration": _duration,
	"rating": _rating,
}


def _number_text(kind: str) -> Callable[[object], str | None]:
	number = _NUMBER[kind]
	digits = {"decimal": 9, "duration": 9, "rating": 2}.get(kind, 0)
	unit = Decimal(1).scaleb(-digits)

	def text(raw: object) -> str | None:
		found = number(raw)
		if found is None:
			return None
		return format(Decimal(repr(found or 0)).quantize(unit) if digits else Decimal(found), "f")

	return text


def _text(raw: object) -> str | None:
	if isinstance(raw, str):
		return raw
	if raw is None or isinstance(raw, _Absent):
		return None
	return str(int(raw)) if isinstance(raw, bool) else str(raw)


def _binary_text(raw: object) -> str | None:
	return json.dumps(raw, separators=(",", ":")) if isinstance(raw, (dict, list)) else _text(raw)


def _date_text(raw: object) -> str | None:
	if raw is None or raw == "" or isinstance(raw, _Absent):
		return None
	if isinstance(raw, datetime):
		return raw.date().isoformat()
	if isinstance(raw, date):
		return raw.isoformat()
	moment = _read_moment(str(raw))
	if moment is None:
		raise InvalidInput(_shown(raw), template=_BAD_MOMENT)
	return moment.date().isoformat()


def _moment_text(raw: object) -> str | None:
	if isinstance(raw, datetime):
		return raw.replace(tzinfo=None).isoformat(" ", "microseconds")
	if raw is None or raw == "" or isinstance(raw, _Absent):
		return None
	if isinstance(raw, date):
		return f"{raw.isoformat()} 00:00:00.000000"
	moment = _read_moment(str(raw))
	if moment is None:
		raise InvalidInput(_shown(raw), template=_BAD_MOMENT)
	return moment.isoformat(" ", "microseconds")


def _time_text(raw: object) -> str | None:
	if raw is None or raw == "" or isinstance(raw, _Absent):
		return None
	if isinstance(raw, time):
		return raw.replace(tzinfo=None).isoformat("microseconds")
	if isinstance(raw, timedelta):
		if timedelta() <= raw < timedelta(days=1):
			return (datetime.min + raw).time().isoformat("microseconds")
		raise InvalidInput(str(raw), template=_BAD_MOMENT)
	clock = _read_time(str(raw))
	if clock is None:
		raise InvalidInput(_shown(raw), template=_BAD_MOMENT)
	return clock


_TEXT: dict[str, Callable[[object], str | None]] = {
	**{kind: _number_text(kind) for kind in _NUMBERS},
	"text": _text,
	"name": _text,
	"tags": _text,
	"binary": _binary_text,
	"date": _date_text,
	"datetime": _moment_text,
	"stamp": _moment_text,
	"time": _time_text,
}


# --------------------------------------------------------------------------------------
# Text as utf8mb4_unicode_ci sees it
# --------------------------------------------------------------------------------------

# That collation is the Unicode Collation Algorithm of Unicode 4.0 at its first level. Python keeps
# the data of Unicode 3.2 unchanged beside the current one, so every Python folds alike.
_UNICODE = unicodedata.ucd_3_2_0

# Code points without a weight (marks, controls), as MariaDB's WEIGHT_STRING shows them.
_WEIGHTLESS = frozenset(
	code
	for span in (
		"0-8 e-1f 7f-84 86-9f 300-357 35d-362 483-486 488-489 591-5a1 5a3-5b9 5bb-5bd 5bf 5c1-5c2 5c4 600-603 "
		"610-615 64b-658 670 6d6-6e4 6e7-6e8 6ea-6ed 70f 711 730-74a 901-903 93c 951-954 981-983 9bc a01-a03 "
		"a3c a70-a71 a81-a83 abc b01-b03 b3c b82 c01-c03 c82-c83 cbc d02-d03 d82-d83 e47-e4b e4e ec8-ecb "
		"f18-f19 f35 f37 f39 f7e-f7f f82-f83 f86-f87 fc6 1036-1038 17c6-17d1 17d3 17dd 180b-180e 1939-193b "
		"200b-200f 202a-202e 2060-2063 206a-206f 20d0-20ea 302a-302f 3099-309a fb1e fc5e-fc63 fcf2-fcf4 "
		"fe00-fe0f fe20-fe23 fe70-fe74 fe76-fe7f feff ff9e-ff9f fff9-fffb"
	).split()
	for code in range(int(span.split("-")[0], 16), int(span.split("-")[-1], 16) + 1)
)
# Letters with a mark that count as letters of their own.
_WHOLE = frozenset("йѓїќўѷӑӓӗӛӝӟӥӧӫӭӱӳӵӹЙЃЇЌЎѶӐӒӖӚӜӞӤӦӪӬӰӲӴӸآأؤإئ")
# Letters that count as another one.
_SAME = dict(
	zip(
		"ぁぃぅぇぉっゃゅょゎゕゖךםןףץґ\u0384\u0385\u037aϹϷϺ〇〡〢〣〤〥〦〧〨〩",
		"あいうえおつやゆよわかけכמנפצг´¨ισϸϻ0123456789",
		strict=True,
	)
)
# All characters beyond the basic plane (emoji, rare Chinese characters) have one weight, after all others.
_BEYOND = "\uffff"
# Common white space and signs in the order of their weights.
_SIGNS = (
	"\t\n\v\f\r\x85\u2028\u2029 `´^¯‾¨¸_‗\xad-‐‒–—―〜〰・,、;:!¡?¿.。·'‘’‚‛‹›\"“”„‟〝〞〟«»()[]{}〈〉《》「」『』【】〔〕〖〗"
	"〘〙〚〛§¶©®@*/⁄\\&#%‰†‡•′‵〃※°←→↑↓+±÷×<=>¬|¦‖~−∞≤≥■□▲△○●★☆〒〓々¤¢$£¥₩€"
)
_BESIDE = {"æ": "a", "ð": "d", "đ": "d", "ħ": "h", "ı": "i", "ł": "l", "ŋ": "n", "ø": "o", "œ": "o", "ŧ": "t"}


def _fold_char(char: str) -> str:
	"""The letters a character counts as: "É" → "e", "ﬁ" → "fi", "！" → "!", a combining mark → ""."""
	code = ord(char)
	if code in _WEIGHTLESS:
		return ""
	category = _UNICODE.category(char)
	if category in ("Cn", "Co", "Cs") or 0xAC00 <= code <= 0xD7A3:
		return _SAME.get(char, char)
	plain = _UNICODE.normalize("NFKD", char)
	if plain != char and plain[0] == " " and category != "Zs":
		return _SAME.get(char, char)  # a spacing accent is no space
	folded: list[str] = []
	for letter in _UNICODE.normalize("NFKC", char):
		lower = letter.casefold()
		if any(_UNICODE.category(c) == "Cn" for c in lower):
			lower = letter  # lower case came later than the collation
		for part in lower:
			if part in _WHOLE:
				folded.append(part)
				continue
			parts = [p for p in _UNICODE.normalize("NFKD", part) if ord(p) not in _WEIGHTLESS]
			if len(parts) > 1 and 0x900 <= ord(part) < 0x1100:
				folded.append(part)  # a vowel sign of its own, not a letter and a mark
				continue
			for p in parts:
				digit = _UNICODE.digit(p, None) if _UNICODE.category(p) in ("Nd", "No") else None
				if digit is not None:
					p = str(digit)
				elif 0x30A1 <= ord(p) <= 0x30F6:
					p = chr(ord(p) - 0x60)  # katakana as hiragana
				folded.append(_SAME.get(p, p))
	return "".join(folded)


class _Folding(dict[int, str]):
	"""Translation table of ``fold_text``, filled as characters are met."""

	def __missing__(self, code: int) -> str:
		if code > 0xFFFF:
			return _BEYOND
		folded = self[code] = _fold_char(chr(code))
		return folded


class _LikeFolding(dict[int, str]):
	"""The same for ``like``, which compares character by character: one for one, nothing dropped."""

	def __init__(self) -> None:
		super().__init__()
		self.several: dict[str, str] = {}

	def __missing__(self, code: int) -> str:
		if code > 0xFFFF:
			return chr(code)
		folded = _fold_char(chr(code))
		if len(folded) != 1:
			folded = self.several.setdefault(folded, chr(code)) if folded else "\x00"
		self[code] = folded
		return folded


_FOLDING = _Folding()
_LIKE_FOLDING = _LikeFolding()


def fold_text(text: str) -> str:
	"""A key that two texts share when utf8mb4_unicode_ci finds them equal (case, accents, width, spaces)."""
	if text.isascii() and text.isprintable():
		return text.lower().rstrip(" ")
	return text.translate(_FOLDING).rstrip(" ")


def fold_binary(text: str) -> str:
	"""The same for utf8mb4_bin (JSON columns): only trailing spaces do not count."""
	return text.rstrip(" ")


def _folded(kind: str, text: str) -> str:
	return fold_binary(text) if kind == "binary" else fold_text(text)


def _rank(char: str) -> float:
	"""The place of a folded character: white space, signs, digits, letters."""
	place = _SIGNS.find(char)
	if place >= 0:
		return place
	if char == _BEYOND:
		return 0x30000
	if not char.isalnum():
		return 0x1000 + ord(char)
	if char in _BESIDE:
		return 0x20000 + ord(_BESIDE[char]) + 0.5
	return 0x20000 + ord(char)


def compare_texts(left: str, right: str) -> int:
	"""-1, 0 or 1 as utf8mb4_unicode_ci orders two texts; the shorter one is filled up with spaces."""
	left, right = fold_text(left), fold_text(right)
	if left == right:
		return 0
	for a, b in zip_longest(left, right, fillvalue=" "):
		if a != b:
			return -1 if _rank(a) < _rank(b) else 1
	return 0


def _compare_binary(left: str, right: str) -> int:
	for a, b in zip_longest(left, right, fillvalue=" "):
		if a != b:
			return -1 if a < b else 1
	return 0


def like_matcher(pattern: str, *, binary: bool = False) -> Callable[[str], bool]:
	"""A function that says whether a text is LIKE ``pattern``: ``%`` any text, ``_`` any one character.

	Takes time in proportion to the length of the text times that of the pattern, whatever the pattern.
	"""

	def fold(text: str) -> str:
		if binary:
			return text
		if text.isascii() and text.isprintable():
			return text.lower()
		return text.translate(_LIKE_FOLDING)

	def piece(part: str) -> re.Pattern[str]:
		return re.compile("".join("." if c == "_" else re.escape(fold(c)) for c in part), re.DOTALL)

	parts = pattern.split("%")
	if len(parts) == 1:
		whole = piece(pattern)
		return lambda text: whole.fullmatch(fold(text)) is not None
	if len(parts) == 3 and not parts[0] and not parts[2] and "_" not in parts[1]:
		inner = fold(parts[1])
		return lambda text: inner in fold(text)

	first, last = piece(parts[0]), piece(parts[-1])
	middle = [piece(part) for part in parts[1:-1] if part]
	first_length, last_length = len(parts[0]), len(parts[-1])

	def found_by(text: str) -> bool:
		text = fold(text)
		at, end = first_length, len(text) - last_length
		if at > end or not first.match(text) or not last.match(text, end):
			return False
		for part in middle:
			found = part.search(text, at, end)
			if found is None:
				return False
			at = found.end()
		return True

	return found_by


# --------------------------------------------------------------------------------------
# Time spans
# --------------------------------------------------------------------------------------


def timespan_range(timespan: str, today: date, week_start: str = "Sunday") -> tuple[date, date]:
	"""First and last day of one of ``TIMESPANS``, as Frappe's ``get_timespan_date_range`` has them.

	"last 7 days" and "next 7 days" contain today; "last 6 months" are the two quarters before this
	one, "next 6 months" the two after it. Raises ConfigurationError for an unknown day of the week.
	"""
	if timespan in ("today", "yesterday", "tomorrow"):
		day = today + timedelta(days={"today": 0, "yesterday": -1, "tomorrow": 1}[timespan])
		return day, day
	direction, _, period = timespan.partition(" ")
	sign = {"last": -1, "this": 0, "next": 1}[direction]
	if period.endswith(" days"):
		day = today + timedelta(days=sign * int(period[:-5]))
		return min(day, today), max(day, today)
	if period == "week":
		if week_start not in _WEEKDAYS:
			raise ConfigurationError(week_start, template=_BAD_WEEKDAY)
		day = today + timedelta(days=7 * sign)
		first = day - timedelta(days=(day.isoweekday() % 7 - _WEEKDAYS.index(week_start)) % 7)
		return first, first + timedelta(days=6)
	if period == "month":
		return _months_from(today.year, today.month + sign, 1)
	if period == "year":
		return date(today.year + sign, 1, 1), date(today.year + sign, 12, 31)
	quarter = (today.month - 1) // 3 * 3 + 1
	if period == "quarter":
		return _months_from(today.year, quarter + 3 * sign, 3)
	return _months_from(today.year, quarter + (3 if sign > 0 else -6), 6)


def _months_from(year: int, month: int, months: int) -> tuple[date, date]:
	"""First and last day of ``months`` months from ``month``, which may lie outside 1–12."""

	def first(month: int) -> date:
		years, index = divmod(month - 1, 12)
		return date(year + years, index + 1, 1)

	return first(month), first(month + months) - timedelta(days=1)


# --------------------------------------------------------------------------------------
# Words
# --------------------------------------------------------------------------------------

_WORDS = {
	"=": N_("{0} is {1}"),
	"!=": N_("{0} is not {1}"),
	">": N_("{0} is greater than {1}"),
	"<": N_("{0} is less than {1}"),
	">=": N_("{0} is at least {1}"),
	"<=": N_("{0} is at most {1}"),
	"like": N_("{0} is like {1}"),
	"not like": N_("{0} is not like {1}"),
	"in": N_("{0} is one of {1}"),
	"not in": N_("{0} is none of {1}"),
	"between": N_("{0} is between {1} and {2}"),
	"timespan": N_("{0} is in the time span “{1}”"),
	"previous": N_("{0} is in the previous {1}"),
	"next": N_("{0} is in the next {1}"),
	"descendants of": N_("{0} is below {1}"),
	"descendants of (inclusive)": N_("{0} is {1} or below it"),
	"not descendants of": N_("{0} is not below {1}"),
	"ancestors of": N_("{0} is above {1}"),
	"not ancestors of": N_("{0} is not above {1}"),
}
_SET = N_("{0} is set")
_NOT_SET = N_("{0} is not set")
_CONTAINS = N_("{0} contains {1}")
_CONTAINS_NOT = N_("{0} does not contain {1}")
_SETS = {"=": _NOT_SET, "!=": _SET, "in": _NOT_SET, "not in": _SET}
_CONTAINING = {"like": _CONTAINS, "not like": _CONTAINS_NOT}


def describe(
	conditions: Iterable[Condition], *, label: Callable[[str, str], str] | None = None
) -> list[tuple[str, tuple[str, ...]]]:
	"""The conditions in words: per row an English template, to be translated, and its arguments.

	``label(doctype, fieldname)`` gives the name people know the field by; without it the fieldname is
	spelled out ("delivery_date" → "Delivery Date").
	"""
	described: list[tuple[str, tuple[str, ...]]] = []
	for c in conditions:
		name = label(c.doctype, c.fieldname) if label else c.fieldname.strip("_").replace("_", " ").title()
		value = c.value
		if c.operator == "is":
			described.append((_SET if value == "set" else _NOT_SET, (name,)))
		elif c.operator in _SETS and value in (None, "", ()):
			described.append((_SETS[c.operator], (name,)))
		elif c.operator == "between" and isinstance(value, tuple):
			described.append((_WORDS["between"], (name, *(v or "" for v in value))))
		elif c.operator in _CONTAINING and (inner := _contained(value)):
			described.append((_CONTAINING[c.operator], (name, inner)))
		else:
			shown = ", ".join(v or "" for v in value) if isinstance(value, tuple) else _text(value) or ""
			described.append((_WORDS[c.operator], (name, shown)))
	return described


def _contained(pattern: Value) -> str:
	"""The text a pattern like ``%text%`` looks for, "" if the pattern is another one."""
	if isinstance(pattern, str) and len(pattern) > 2 and pattern[0] == pattern[-1] == "%":
		inner = pattern[1:-1]
		if not set(inner) & set("%_"):
			return inner
	return ""
