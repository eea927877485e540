"""What is wrong with input: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perf_flow.engine.errors import N_, FlowError, Words
from perf_flow.engine.verifier import Reason
from perf_flow.replay.language import Say, say_reason, speaker

MOST = 1_000
"""Problems that are kept; further ones are only counted."""


class Unreadable(FlowError):
	"""A file that cannot be read at all. ``template`` says why and what to do."""

	template = N_("{0} cannot be read.")


class WrongUse(FlowError):
	"""What was asked for cannot be done so; the message says what to do instead."""

	template = N_("This cannot be done so: {0}")


@dataclass(frozen=True, slots=True)
class Place:
	"""Where in a file: sheet, row (from 1) and column (a letter); empty and 0 where it is not known."""

	file: str = ""
	sheet: str = ""
	row: int = 0
	column: str = ""

	@property
	def cell(self) -> str:
		"""The address of the cell or row, e.g. C7, 7:7 or C:C."""
		if self.column and self.row:
			return f"{self.column}{self.row}"
		if self.row:
			return f"{self.row}:{self.row}"
		return f"{self.column}:{self.column}" if self.column else ""

	def __str__(self) -> str:
		sheet = f"[{self.sheet}]" if self.sheet else ""
		return " ".join(x for x in (self.file, sheet, self.cell) if x)


@dataclass(frozen=True, slots=True)
class Problem:
	"""One thing that is wrong (``what``) and how to mend it. A warning does not stop a replay."""

	place: Place
	what: Reason
	mend: Reason
	warning: bool = False

	def told(self, say: Say) -> str:
		"""The problem in one line."""
		mend = say_reason(say, self.mend) if self.mend.template else ""
		return " ".join((f"{self.place}:", say_reason(say, self.what), mend)).strip()


class Problems:
	"""The problems of one run, as many as are kept, and how many there were."""

	def __init__(self) -> None:
		self.kept: list[Problem] = []
		self.errors = 0
		self.warnings = 0

	def __bool__(self) -> bool:
		"""Whether anything stops a replay."""
		return self.errors > 0

	def __iter__(self) -> Iterator[Problem]:
		return iter(self.kept)

	def note(
		self, place: Place, what: str, *args: object, mend: str = "", with_: tuple[object, ...] = ()
	) -> None:
		"""Note an error. ``args`` fill ``what``, ``with_`` fill ``mend``."""
		self._add(place, what, args, mend, with_, False)

	def warn(
		self, place: Place, what: str, *args: object, mend: str = "", with_: tuple[object, ...] = ()
	) -> None:
		"""Note something that does not stop a replay."""
		self._add(place, what, args, mend, with_, True)

	def _add(
		self,
		place: Place,
		what: str,
		args: tuple[object, ...],
		mend: str,
		with_: tuple[object, ...],
		warning: bool,
	) -> None:
		if warning:
			self.warnings += 1
		else:
			self.errors += 1
		if (self.warnings if warning else self.errors) <= MOST:
			self.kept.append(Problem(place, _said(what, args), _said(mend, with_), warning))


def _said(template: str, args: tuple[object, ...]) -> Reason:
	# words stay words, so that each is translated; everything else comes from the input
	filled: Any = tuple(a if isinstance(a, Words) else short(a) for a in args)
	return Reason(template, filled)


def short(value: object, longest: int = 60) -> str:
	"""A value as a message shows it: in one line, without control characters, not long."""
	text = "".join(c if c.isprintable() else "␀" if c == "\0" else " " for c in str(value)[: longest * 4])
	text = " ".join(text.split())
	return text if len(text) <= longest else text[: longest - 1] + "…"


class Refused(FlowError):
	"""The input has problems, so there is no result. ``problems`` says which."""

	template = N_("There are {0} problems in the input, so nothing was written. The first: {1}")

	def __init__(self, problems: Problems) -> None:
		first = next((p.told(speaker("en")) for p in problems if not p.warning), "")
		super().__init__(problems.errors, first)
		self.problems = problems
