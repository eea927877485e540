"""How numbers and times are written, in one place for the page, the workbook and the slides.

Numbers are rounded half away from zero, as spreadsheets show them, so that the same figure reads the same everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

NOTHING: Final = "–"
"""What stands where there is no figure. It is not 0."""
NO_BREAK: Final = "\u00a0"
# what XML cannot hold, and what turns the direction of the text around it
_UNPRINTABLE: Final = re.compile(
	"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)
_WHITE: Final = re.compile(r"[\t\r\n]+")


def clean(text: str) -> str:
	"""``text`` on one line, without characters that no document can hold or that would reorder their neighbours."""
	return _UNPRINTABLE.sub("", _WHITE.sub(" ", text)).strip()


def rounded(value: float, digits: int = 1) -> Decimal:
	"""``value`` with ``digits`` decimals, halves away from zero; of the 15 digits that a spreadsheet keeps."""
	exact = Decimal(f"{value:.15g}")
	found = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
	return abs(found) if not found else found


def width(text: str) -> float:
	"""How wide ``text`` is, about, in widths of a full Chinese character (1 em)."""
	return sum(_em(character) for character in text)


def _em(character: str) -> float:
	if east_asian_width(character) in "WF":
		return 1.0
	if character in "iljtfrI.,:;'|! ()[]":
		return 0.34
	return 0.86 if character in "mwMW@%" else 0.68 if character.isupper() else 0.58


def shortened(text: str, ems: float) -> str:
	"""``text``, cut so that it is at most about ``ems`` wide, with a sign that it was."""
	if width(text) <= ems:
		return text
	left = ems - 1.0
	kept = ""
	for character in text:
		left -= _em(character)
		if left < 0:
			break
		kept += character
	return kept.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Numbers:
	"""The writing of one language; times are shown in ``timezone`` (an IANA name)."""

	lang: str
	timezone: str

	def count(self, value: int) -> str:
		"""A whole number, thousands apart."""
		return f"{value:,}"

	def percent(self, value: float | None) -> str:
		"""A share of 0–100 with one decimal."""
		if value is None:
			return NOTHING
		return f"{rounded(value)}%" if self.lang == "zh" else f"{rounded(value)}{NO_BREAK}%"

	def points(self, value: float | None) -> str:
		"""A difference of shares, in percentage points, with its sign."""
		if value is None:
			return NOTHING
		found = rounded(value)
		return f"{found:+}".replace("-", "−") if found else "0.0"

	def decimal(self, value: float | None) -> str:
		"""A number with one decimal, thousands apart."""
		return NOTHING if value is None else f"{rounded(value):,}"

	def day(self, moment: datetime | date | None) -> str:
		"""A date, as it was where the events happened."""
		if moment is None:
			return NOTHING
		return str(self.local(moment).date() if isinstance(moment, datetime) else moment)

	def minute(self, moment: datetime | None) -> str:
		"""A time to the minute."""
		return NOTHING if moment is None else f"{self.local(moment):%Y-%m-%d %H:%M}"

	def local(self, moment: datetime) -> datetime:
		"""What the clock on the wall showed, without a time zone."""
		return moment.astimezone(ZoneInfo(self.timezone)).replace(tzinfo=None)
