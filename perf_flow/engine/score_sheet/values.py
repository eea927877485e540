"""What single cells say: weights, targets, dates, periods. Full-width digits and signs, Chinese numerals and units are
read as well; whatever can be read in two ways is refused with the way to write it."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import lru_cache

from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.engine.score_sheet.grid import Cell

NO_WEIGHT = N_("“{0}” is no weight. Write a percentage such as 30% or a number.")
NEGATIVE_WEIGHT = N_("The weight “{0}” is below zero.")
TWO_WAYS = N_("“{0}” can be read as {1} or as {2}. Write it without a comma.")
NO_DATE = N_("“{0}” is no date. Write it as 2026-09-30.")
TWO_DATES = N_("“{0}” can be read as {1} or as {2}. Write it as 2026-09-30.")
NO_YEAR = N_("“{0}” has no year. Write it as 2026-09-30.")
NO_RESULT = N_(
	"This is a formula whose result is not in the file. Open the workbook in Excel, save it, and choose it again."
)
SHOWS_ERROR = N_("This cell shows an error ({0}). Mend the formula in the workbook.")

_DIGITS = dict(zip("零〇一二三四五六七八九两", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))
_PLACES = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"千": 1_000, "万": 10_000, "亿": 100_000_000, "k": 1_000, "m": 1_000_000}


def shown(cell: Cell) -> str:
	"""The value as text, as one would write it: whole numbers without ".0", times of midnight as dates, trimmed."""
	value = cell.value
	if value is None:
		return ""
	if isinstance(value, bool):
		return "TRUE" if value else "FALSE"
	if isinstance(value, datetime):
		return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
	if isinstance(value, date):
		return value.isoformat()
	if isinstance(value, (int, float, Decimal)):
		number = exact(value)
		return f"{plain(number * 100)}%" if cell.percent else plain(number)
	return re.sub(r"[ \t\u00a0\u3000]+", " ", unicodedata.normalize("NFC", value)).strip()


def exact(value: int | float | Decimal) -> Decimal:
	"""A number of a workbook without the dust of binary fractions (0.30000000000000004)."""
	return Decimal(value) if isinstance(value, int) else Decimal(f"{value:.12g}")


def plain(number: Decimal) -> str:
	"""A number without exponent and without zeros that say nothing."""
	text = f"{number:f}"
	return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=16_384)
def folded(text: str) -> str:
	"""Text for comparison: one width, small letters, nothing but letters, digits, % and #."""
	wide = unicodedata.normalize("NFKC", text).casefold()
	return "".join(c for c in wide if c in "%#" or unicodedata.category(c)[0] in "LN")


def _narrow(text: str) -> str:
	return unicodedata.normalize("NFKC", text).strip()


# --- numbers ------------------------------------------------------------------------------------------------


def chinese_number(text: str) -> Decimal | None:
	"""三十 → 30, 百分之 not included; None for what is no such numeral."""
	if not text or any(c not in _DIGITS and c not in _PLACES for c in text):
		return None
	if all(c in _DIGITS for c in text):
		return Decimal("".join(str(_DIGITS[c]) for c in text))
	total, digit = 0, None
	for c in text:
		if c in _DIGITS:
			if digit:
				return None
			digit = _DIGITS[c]
		else:
			total += (1 if digit is None else digit) * _PLACES[c]
			digit = None
	return Decimal(total + (digit or 0))


def number(text: str) -> Decimal | None:
	"""A number as people write it, thousands with commas; None for what is none.

	Raises InvalidInput where a comma could stand for thousands or for the decimal point.
	"""
	text = _narrow(text).replace(" ", "")
	if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", text):
		return Decimal(text.replace(",", ""))
	if re.fullmatch(r"[+-]?\d+,\d+", text):
		raise InvalidInput(text, text.replace(",", "."), text.replace(",", ""), template=TWO_WAYS)
	if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text):
		try:
			return Decimal(text)
		except InvalidOperation:
			return None
	return chinese_number(text)


def refuse_trouble(cell: Cell) -> None:
	"""Raise InvalidInput for a formula without a result, and for one that shows an error."""
	if cell.trouble == "formula":
		raise InvalidInput(template=NO_RESULT)
	if cell.trouble:
		raise InvalidInput(shown(cell), template=SHOWS_ERROR)


# --- weights ------------------------------------------------------------------------------------------------


class Scale(str, Enum):
	"""What the number of a weight counts."""

	PERCENT = "percent"
	"""Said to be percent: 30%, or 0.3 shown as a percentage."""
	POINTS = "points"
	"""Said to be points: 30分."""
	BARE = "bare"
	"""A number and nothing more: the sum of all tells."""


@dataclass(frozen=True, slots=True)
class Weight:
	"""A weight as it was written: for percent ``number`` is 0–100."""

	number: Decimal
	scale: Scale


def read_weight(cell: Cell) -> Weight | None:
	"""The weight in a cell; None for an empty one. Raises InvalidInput."""
	refuse_trouble(cell)
	value = cell.value
	if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
		amount = exact(value)
		weight = Weight(amount * 100, Scale.PERCENT) if cell.percent else Weight(amount, Scale.BARE)
	else:
		text = shown(cell)
		if not text or is_nothing(text):
			return None
		weight = weight_in(text)
	if weight.number < 0:
		raise InvalidInput(shown(cell), template=NEGATIVE_WEIGHT)
	return weight


def weight_in(text: str) -> Weight:
	"""The weight that a text says. Raises InvalidInput."""
	narrow = _narrow(text).replace(" ", "")
	scale = Scale.BARE
	if found := re.fullmatch(r"百分之(.+)", narrow):
		narrow, scale = found[1], Scale.PERCENT
	elif found := re.fullmatch(r"(.+?)%", narrow):
		narrow, scale = found[1], Scale.PERCENT
	elif found := re.fullmatch(r"(.+?)(?:分|points?|pts?\.?)", narrow, re.IGNORECASE):
		narrow, scale = found[1], Scale.POINTS
	amount = number(narrow)
	if amount is None:
		raise InvalidInput(text, template=NO_WEIGHT)
	return Weight(amount, scale)


def is_nothing(text: str) -> bool:
	"""Whether a text says that there is nothing: a dash, a slash, n/a."""
	return _narrow(text).casefold() in (
		"-",
		"--",
		"—",
		"——",
		"–",
		"/",
		"\\",
		"n/a",
		"na",
		"不适用",
		"无",
		"none",
		"×",
	)


# --- targets ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
	"""A target: its ``text`` as written, and where it is a figure ``comparison`` (>=, <=, >, <, =, between), ``value``,
	``high`` for the upper end of "between", and ``unit`` ("%" for percentages, whose value is 0–100)."""

	text: str
	comparison: str = ""
	value: Decimal | None = None
	unit: str = ""
	high: Decimal | None = None

	@property
	def is_figure(self) -> bool:
		"""Whether it can be compared with a number."""
		return self.value is not None


_SIGNS = (
	(r"^(?:>=|=>|≥|≧|⩾|不低于|不少于|不小于|至少|大于等于|大于或等于|atleast|notlessthan|min\.?)", ">="),
	(
		r"^(?:<=|=<|≤|≦|⩽|不高于|不超过|不大于|不多于|至多|小于等于|小于或等于|atmost|notmorethan|max\.?|upto)",
		"<=",
	),
	(r"^(?:>|大于|高于|超过|多于|morethan|above|over)", ">"),
	(r"^(?:<|小于|低于|少于|lessthan|below|under)", "<"),
	(r"^=", "="),
)
_AFTER = (
	(r"(?:及以上|以上|或以上|以上\(含\)|ormore|\+)$", ">="),
	(r"(?:及以下|以下|以内|之内|内|orless)$", "<="),
)
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?|\.\d+)"


def read_target(cell: Cell) -> Target | None:
	"""The target in a cell; None for an empty one. Raises InvalidInput for a number that can be read in two ways."""
	refuse_trouble(cell)
	text = shown(cell)
	if not text or is_nothing(text):
		return None
	value = cell.value
	if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
		amount = exact(value)
		return Target(text, "=", amount * 100, "%") if cell.percent else Target(text, "=", amount)
	if isinstance(value, (date, datetime)):
		return Target(text)
	return target_in(text)


def target_in(text: str) -> Target:
	"""What a target says; one that is no figure keeps its text alone."""
	rest = re.sub(r"\s+", "", _narrow(text)).casefold()
	rest = rest.replace("＞", ">").replace("＜", "<").replace("～", "~")
	comparison = ""
	for pattern, sign in _SIGNS:
		if found := re.match(pattern, rest):
			comparison, rest = sign, rest[found.end() :]
			break
	if not comparison:
		for pattern, sign in _AFTER:
			if found := re.search(pattern, rest):
				comparison, rest = sign, rest[: found.start()]
				break
	if not comparison and (found := re.fullmatch(rf"({_NUMBER})(%?)(?:-|~|至|到|–|—)({_NUMBER})(.*)", rest)):
		low, high = number(found[1]), number(found[3])
		scaled = _scaled(found[4])
		if low is not None and high is not None and scaled and not found[1].startswith("-") and low <= high:
			return Target(text, "between", low * scaled[0], scaled[1], high * scaled[0])
		return Target(text)
	if found := re.fullmatch(rf"({_NUMBER})(.*)", rest):
		amount, scaled = number(found[1]), _scaled(found[2])
		if amount is not None and scaled:
			return Target(text, comparison or "=", amount * scaled[0], scaled[1])
	return Target(text)


def _scaled(rest: str) -> tuple[Decimal, str] | None:
	"""The factor and the unit behind a number; None where what follows is a sentence rather than a unit."""
	factor = Decimal(1)
	if rest[:2] in ("千万", "百万"):
		factor, rest = Decimal(10_000_000 if rest[0] == "千" else 1_000_000), rest[2:]
	elif rest[:1] in _SCALES and not re.match(r"千[克米瓦]|(?:k|m)[a-z]", rest):
		factor, rest = Decimal(_SCALES[rest[0]]), rest[1:]
	if len(rest) > 8 or re.search(r"[\d，。；;!！?？、]", rest):
		return None
	return factor, rest


# --- dates --------------------------------------------------------------------------------------------------


def read_date(cell: Cell, year: int | None = None) -> date | None:
	"""The date in a cell, ``year`` for those written without one; None for an empty cell and for what is no single day
	("each month"). Raises InvalidInput for what can be read in two ways."""
	refuse_trouble(cell)
	value = cell.value
	if isinstance(value, datetime):
		return value.date()
	if isinstance(value, date):
		return value
	text = shown(cell)
	if not text or is_nothing(text):
		return None
	narrow = _narrow(text).replace(" ", "")
	if found := re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?(?:前|之前|止)?", narrow):
		return _day(text, int(found[1]), int(found[2]), int(found[3]))
	if found := re.fullmatch(r"(\d{4})[-/.年](\d{1,2})月?(?:底|末|前)?", narrow):
		return _day(text, int(found[1]), int(found[2]), None)
	if found := re.fullmatch(r"(\d{1,2})月(?:(\d{1,2})[日号]|底|末)(?:前|之前)?", narrow):
		if year is None:
			raise InvalidInput(text, template=NO_YEAR)
		return _day(text, year, int(found[1]), int(found[2]) if found[2] else None)
	if found := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", narrow):
		first, second, full = int(found[1]), int(found[2]), int(found[3])
		if first <= 12 and second <= 12 and first != second:
			raise InvalidInput(
				text, _day(text, full, first, second), _day(text, full, second, first), template=TWO_DATES
			)
		return _day(text, full, first, second) if first <= 12 else _day(text, full, second, first)
	if re.search(r"\d", narrow) and not re.search(
		r"每|each|every|monthly|季|周|week|次", narrow, re.IGNORECASE
	):
		raise InvalidInput(text, template=NO_DATE)
	return None


def _day(text: str, year: int, month: int, day: int | None) -> date:
	try:
		return date(year, month, day or calendar.monthrange(year, month)[1])
	except (ValueError, IndexError):  # monthrange says no month by an error of its own
		raise InvalidInput(text, template=NO_DATE) from None


@dataclass(frozen=True, slots=True)
class Period:
	"""The days that a sheet is about, both included."""

	start: date
	end: date


_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_MONTHS = {
	name.casefold(): n for n in range(1, 13) for name in (calendar.month_name[n], calendar.month_abbr[n])
}


def read_period(text: str) -> Period | None:
	"""The period that a title or heading names: 2026年9月, 2026年第三季度, Q3 2026, 2026年上半年, 2026-07-01至2026-09-30."""
	narrow = _narrow(text).casefold()
	day = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
	try:
		if found := re.search(day + r"\s*(?:-|~|至|到|–|—|to)\s*" + day, narrow):
			start, end = (date(*(int(found[n]) for n in numbers)) for numbers in ((1, 2, 3), (4, 5, 6)))
			return Period(start, end) if start <= end else None
		if found := re.search(r"(20\d\d)年?度?\s*(?:第?([一二三四1-4])季度?|q([1-4]))", narrow):
			return _months(int(found[1]), 3 * _QUARTERS[found[2] or found[3]] - 2, 3)
		if found := re.search(r"q([1-4])\s*[/-]?\s*(20\d\d)", narrow):
			return _months(int(found[2]), 3 * int(found[1]) - 2, 3)
		if found := re.search(r"(20\d\d)年?\s*(上|下)半年", narrow):
			return _months(int(found[1]), 1 if found[2] == "上" else 7, 6)
		if found := re.search(r"(?:h([12])\s*(20\d\d)|(20\d\d)\s*h([12]))", narrow):
			return _months(int(found[2] or found[3]), 1 if (found[1] or found[4]) == "1" else 7, 6)
		if found := re.search(r"(20\d\d)\s*(?:年|[-/.])\s*(\d{1,2})\s*(?:月|\b)", narrow):
			return _months(int(found[1]), int(found[2]), 1)
		if found := re.search(rf"\b({'|'.join(_MONTHS)})\.?\s+(20\d\d)\b", narrow):
			return _months(int(found[2]), _MONTHS[found[1]], 1)
		if found := re.search(r"(20\d\d)\s*(?:年|年度|\b)", narrow):
			return _months(int(found[1]), 1, 12)
	except ValueError:
		return None
	return None


def _months(year: int, first: int, count: int) -> Period:
	last = first + count - 1
	return Period(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]))
