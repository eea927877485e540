"""Times as people and programs write them.

Quick where it matters: the common form, ISO 8601, costs one call. Other unambiguous forms follow: 2026/3/2 9:30,
2026年3月2日 9:30, 2.3.2026 9:30. What is ambiguous (3/2/2026) is not guessed; a mapping can name its form.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from perf_flow.engine.clock import site_to_utc
from perf_flow.engine.errors import N_, FlowError

UTC = timezone.utc

NOT_A_TIME = N_("“{0}” is not a time.")
WRITE_IT_LIKE = N_("Write it like 2026-03-02 09:30, or name its form in a mapping (time_format).")
AMBIGUOUS = N_("“{0}” can be two different days.")
IMPOSSIBLE = N_("The date “{0}” does not exist.")
FAR_AWAY = N_("The year of “{0}” is not between 1900 and 2199.")
NO_SUCH_ZONE = N_("There is no time zone “{0}”. Write e.g. Asia/Shanghai or Europe/Berlin.")

_LONGEST = 60
_YEAR_FIRST = re.compile(
	r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
	r"(?:[\sT]*(\d{1,2})\s*[:时]\s*(\d{1,2})\s*(?:[:分]\s*(\d{1,2})(?:[.,](\d{1,9}))?\s*秒?)?\s*分?)?"
	r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}(?::\d{2})?|[+-]\d{2})?",
	re.ASCII | re.IGNORECASE,
)
_DOTTED = re.compile(
	r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:[\sT]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)?",
	re.ASCII,
)
_SLASHED = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b.*", re.ASCII | re.DOTALL)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]|$)", re.ASCII)


class BadTime(FlowError):
	"""A text that is no time; the message says what is wrong with it."""

	template = NOT_A_TIME


def parse(text: str) -> datetime:
	"""The time a text says; naive when it names no zone. Raises BadTime."""
	try:
		if text[4] == "-":
			return datetime.fromisoformat(text)
	except (ValueError, IndexError):
		pass
	return _parse(text)


def _parse(text: str) -> datetime:
	text = text.strip()
	if len(text) > _LONGEST:
		raise BadTime(text[:_LONGEST] + "…")
	found = _YEAR_FIRST.fullmatch(text)
	if found is not None:
		return _build(text, *found.groups())
	found = _DOTTED.fullmatch(text)
	if found is not None:
		day, month, year, *rest = found.groups()
		return _build(text, year, month, day, *rest, None)
	found = _SLASHED.fullmatch(text)
	if found is not None:
		if int(found[1]) > 31 or int(found[2]) > 31 or min(int(found[1]), int(found[2])) > 12:
			raise BadTime(text, template=IMPOSSIBLE)
		raise BadTime(text, template=AMBIGUOUS)
	raise BadTime(text)


def _build(text: str, *parts: str | None) -> datetime:
	year, month, day, hour, minute, second, fraction, zone = parts
	try:
		found = datetime(
			int(year or 0),
			int(month or 0),
			int(day or 0),
			int(hour or 0),
			int(minute or 0),
			int(second or 0),
			int((fraction or "0")[:6].ljust(6, "0")),
		)
		if zone is None:
			return found
		return found.replace(tzinfo=_offset(zone))
	except ValueError:
		raise BadTime(text, template=IMPOSSIBLE) from None


def _offset(zone: str) -> timezone:
	if zone.upper() in ("Z", "UTC", "GMT"):
		return UTC
	digits = zone[1:].replace(":", "")
	size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:4] or 0), seconds=int(digits[4:6] or 0))
	return timezone(-size if zone[0] == "-" else size)


def form(pattern: str) -> Callable[[str], datetime]:
	"""The reader of a named form: a pattern of ``strptime``, ``epoch`` (seconds) or ``epoch_ms``; else ISO."""
	if not pattern or pattern.lower() == "iso":
		return parse
	if pattern.lower() in ("epoch", "epoch_s", "epoch_ms"):
		scale = 1_000 if pattern.lower() == "epoch_ms" else 1_000_000

		def from_epoch(text: str) -> datetime:
			try:
				return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=round(float(text) * scale))
			except (ValueError, OverflowError):
				raise BadTime(text) from None

		return from_epoch

	def from_pattern(text: str) -> datetime:
		try:
			return datetime.strptime(text.strip(), pattern)
		except ValueError:
			raise BadTime(text) from None

	return from_pattern


def moment_of(value: object) -> datetime:
	"""The time a cell holds. A day alone is its beginning. Raises BadTime."""
	if isinstance(value, datetime):
		return value
	if isinstance(value, date):
		return datetime.combine(value, time.min)
	if isinstance(value, str):
		return parse(value)
	raise BadTime(value)


def day_of(value: object) -> date:
	"""The day a cell holds. Raises BadTime."""
	return moment_of(value).date()


def zone(name: str) -> ZoneInfo:
	"""The time zone of this IANA name. Raises BadTime."""
	try:
		return ZoneInfo(name)
	except (ZoneInfoNotFoundError, ValueError, OSError):
		raise BadTime(name, template=NO_SUCH_ZONE) from None


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Times outside are mistakes of typing; nothing is replayed with them."""


def in_utc(moment: datetime, timezone_name: str) -> datetime:
	"""``moment`` in UTC; a naive one is a wall-clock time of that zone. Raises BadTime if it is out of range."""
	try:
		found = site_to_utc(moment, timezone_name) if moment.tzinfo is None else moment.astimezone(UTC)
	except (OverflowError, FlowError):
		raise BadTime(moment, template=FAR_AWAY) from None
	if not EARLIEST <= found < LATEST:
		raise BadTime(moment, template=FAR_AWAY)
	return found
