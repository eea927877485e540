"""Weights made comparable: percent, parts of one or points, until those of one person add to 100 percent.

What a bare number counts is never guessed by itself: of the ways to read it, the one counts with which the weights add
up. Where none does, it is said what they add to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from perf_flow.engine.errors import N_
from perf_flow.engine.score_sheet.model import Issue, Person, Severity
from perf_flow.engine.score_sheet.values import Period, Scale, Target, Weight, plain

WRONG_SUM = N_("The weights add to {0}, not to {1}: {2}.")
WRONG_SUM_OF = N_("The weights of {0} add to {1}, not to {2}: {3}.")
WRONG_DIMENSION = N_("The weights within “{0}” add to {1}; the dimension has {2}.")
WRONG_DIMENSIONS = N_("The weights of the dimensions add to {0}, not to 100: {1}.")
WITHOUT_WEIGHT = N_("“{0}” has no weight. The others add to 100, so it counts 0.")
ONLY_DIMENSION = N_(
	"“{0}” has a weight as a whole, and none for its sub-dimensions: they are taken over without."
)
OF_POINTS = N_("The weights are points; {0} of them are the whole.")

HUNDRED = Decimal(100)


@dataclass(slots=True)
class Line:
	"""An entry before its weight is made comparable. ``maximum`` is the whole that the sheet itself names."""

	sheet: str
	table: int
	address: str
	place: str
	dimension: str
	indicator: str
	person: Person | None
	person_address: str
	department: str
	position: str
	weight: Weight | None
	weight_address: str
	maximum: Decimal | None
	is_maximum: bool
	target: Target | None
	standard: str
	source: str
	due: date | None
	period: Period | None
	dimension_weight: Weight | None = None
	dimension_address: str = ""


def resolve(lines: Sequence[Line]) -> tuple[list[Decimal | None], list[Issue]]:
	"""The weight of each line in percent, 0–100, None where there is none; and what does not add up."""
	result: list[Decimal | None] = [None] * len(lines)
	issues: dict[Issue, None] = {}
	shared = _shared(lines)
	everything = range(len(lines))
	for group in _grouped(lines, everything, lambda x: (x.sheet, x.table, x.person, x.period)):
		found = _whole([lines[i] for i in group])
		if found is None:
			# the dimensions of one person may stand in several tables, or on several sheets
			for wider in (lambda x: (x.sheet, x.person, x.period), lambda x: (x.person, x.period)):
				key = wider(lines[group[0]])
				members = (
					[i for i in everything if wider(lines[i]) == key] if lines[group[0]].person else group
				)
				whole = _whole([lines[i] for i in members]) if len(members) > len(group) else None
				if whole is not None:
					found = [w for i, w in zip(members, whole, strict=True) if i in group]
					break
		own = [lines[i] for i in group]
		if found is None:
			for issue in _wrong(own, shared):
				issues[issue] = None
			continue
		for i, weight in zip(group, found, strict=True):
			result[i] = weight
		for issue in _notices(own):
			issues[issue] = None
	return result, list(issues)


def _grouped(lines: Sequence[Line], indexes: Iterable[int], key: object) -> list[list[int]]:
	groups: dict[object, list[int]] = {}
	for i in indexes:
		groups.setdefault(key(lines[i]), []).append(i)  # type: ignore[operator]
	return list(groups.values())


def _whole(lines: list[Line]) -> list[Decimal | None] | None:
	"""The weights in percent; None where no way of reading them adds up."""
	if all(line.weight is None for line in lines):
		return _by_dimension_alone(lines)
	dimensions = _dimensions(lines)
	for numbers in _ways(lines):
		total = sum((n for n in numbers if n is not None), Decimal(0))
		if _is(total, HUNDRED, numbers):
			if dimensions is None or _agree(lines, numbers, dimensions):
				return [n if n is not None else (Decimal(0)) for n in numbers]
		if dimensions is not None and _each_whole(lines, numbers, dimensions):
			return [
				(n or Decimal(0)) * dimensions[line.dimension] / HUNDRED
				for line, n in zip(lines, numbers, strict=True)
			]
	return None


def _by_dimension_alone(lines: list[Line]) -> list[Decimal | None] | None:
	if all(line.dimension_weight is None for line in lines):
		return [None] * len(lines)
	dimensions = _dimensions(lines)
	if dimensions is None:
		return None
	counted = {d: sum(line.dimension == d for line in lines) for d in dimensions}
	return [dimensions[x.dimension] if counted.get(x.dimension) == 1 else None for x in lines]


def _ways(lines: list[Line]) -> Iterable[list[Decimal | None]]:
	"""The ways to read the numbers, in percent: bare ones as percent, as parts of one, as points of the maximum."""
	whole = _maximum(lines)
	points = HUNDRED / whole if whole else Decimal(1)
	factors = [Decimal(1), HUNDRED]
	if whole and points not in factors:
		factors.append(points)
	for factor in factors:
		yield [None if x.weight is None else _percent(x.weight, factor, points) for x in lines]


def _percent(weight: Weight, factor: Decimal, points: Decimal) -> Decimal:
	if weight.scale is Scale.PERCENT:
		return weight.number
	return weight.number * (points if weight.scale is Scale.POINTS else factor)


def _maximum(lines: list[Line]) -> Decimal | None:
	"""The number of points that are the whole, where the sheet says it."""
	said = next((x.maximum for x in lines if x.maximum), None)
	total = sum((x.weight.number for x in lines if x.weight), Decimal(0))
	return said if said and said == total else None


def _dimensions(lines: list[Line]) -> dict[str, Decimal] | None:
	"""The weights of the dimensions in percent, if all have one and they add to 100."""
	found: dict[str, Weight] = {}
	for line in lines:
		if line.dimension_weight is None:
			return None
		found[line.dimension] = line.dimension_weight
	for factor in (Decimal(1), HUNDRED):
		numbers = {d: _percent(w, factor, Decimal(1)) for d, w in found.items()}
		if _is(sum(numbers.values(), Decimal(0)), HUNDRED, list(numbers.values())):
			return numbers
	return None


def _sums(lines: list[Line], numbers: list[Decimal | None]) -> dict[str, list[Decimal]]:
	sums: dict[str, list[Decimal]] = {}
	for line, number in zip(lines, numbers, strict=True):
		sums.setdefault(line.dimension, []).append(number or Decimal(0))
	return sums


def _agree(lines: list[Line], numbers: list[Decimal | None], dimensions: dict[str, Decimal]) -> bool:
	return all(_is(sum(ns, Decimal(0)), dimensions[d], ns) for d, ns in _sums(lines, numbers).items())


def _each_whole(lines: list[Line], numbers: list[Decimal | None], dimensions: dict[str, Decimal]) -> bool:
	return all(_is(sum(ns, Decimal(0)), HUNDRED, ns) for ns in _sums(lines, numbers).values())


def _is(total: Decimal, whole: Decimal, numbers: Sequence[Decimal | None]) -> bool:
	"""Whether a sum is the whole: exactly, or as far as rounded parts can be off (three times 33.3)."""
	given = [n for n in numbers if n is not None]
	if all(n == n.to_integral_value() for n in given):
		return total == whole
	return abs(total - whole) <= min(Decimal("0.05") * len(given), Decimal("0.5"))


# --- words --------------------------------------------------------------------------------------------------


def _written(lines: list[Line]) -> str:
	parts = [f"{x.weight_address} {_raw(x.weight)}" for x in lines if x.weight is not None]
	return ", ".join(parts[:12]) + (", …" if len(parts) > 12 else "")


def _raw(weight: Weight) -> str:
	return plain(weight.number) + ("%" if weight.scale is Scale.PERCENT else "")


def _wrong(lines: list[Line], shared: frozenset[tuple[str, str]]) -> list[Issue]:
	first = next((x for x in lines if x.weight is not None), lines[0])
	of_dimensions = {x.dimension: x for x in lines if x.dimension_weight is not None}
	dimensions = _dimensions(lines)
	if of_dimensions and dimensions is None and len(of_dimensions) == len({x.dimension for x in lines}):
		total, text = _added([x.dimension_weight for x in of_dimensions.values() if x.dimension_weight])
		parts = ", ".join(
			f"{d or '–'} {_raw(x.dimension_weight)}" for d, x in of_dimensions.items() if x.dimension_weight
		)
		at = next(iter(of_dimensions.values())).dimension_address
		return [Issue(Severity.ERROR, first.sheet, at, WRONG_DIMENSIONS, (text, parts))]
	if dimensions is not None:
		found = []
		for dimension, weight in dimensions.items():
			inside = [x for x in lines if x.dimension == dimension]
			total, text = _added([x.weight for x in inside if x.weight])
			if total not in (weight, HUNDRED, weight / HUNDRED, Decimal(1)):
				at = next((x.weight_address for x in inside if x.weight), inside[0].address)
				said = f"{plain(weight)}%"
				found.append(Issue(Severity.ERROR, first.sheet, at, WRONG_DIMENSION, (dimension, text, said)))
		if found:
			return found
	total, text = _added([x.weight for x in lines if x.weight])
	whole = "100" if first.maximum is None else plain(first.maximum)
	if all(x.weight is None or x.weight.scale is Scale.PERCENT for x in lines):
		whole = "100%"
	elif total < 2:
		whole = "1"
	person = first.person
	if person is None or (first.sheet, first.weight_address) in shared:
		return [
			Issue(
				Severity.ERROR, first.sheet, first.weight_address, WRONG_SUM, (text, whole, _written(lines))
			)
		]
	called = person.name or person.number
	return [
		Issue(
			Severity.ERROR,
			first.sheet,
			first.weight_address,
			WRONG_SUM_OF,
			(called, text, whole, _written(lines)),
		)
	]


def _shared(lines: Sequence[Line]) -> frozenset[tuple[str, str]]:
	"""The cells whose weight counts for several people: those of a heading."""
	people: dict[tuple[str, str], Person | None] = {}
	shared = set()
	for line in lines:
		place = (line.sheet, line.weight_address)
		if people.setdefault(place, line.person) != line.person:
			shared.add(place)
	return frozenset(shared)


def _added(weights: list[Weight]) -> tuple[Decimal, str]:
	total = sum((w.number for w in weights), Decimal(0))
	percent = bool(weights) and all(w.scale is Scale.PERCENT for w in weights)
	return total, plain(total) + ("%" if percent else "")


def _notices(lines: list[Line]) -> list[Issue]:
	found = []
	with_weight = [x for x in lines if x.weight is not None]
	if with_weight:
		found += [
			Issue(Severity.NOTICE, x.sheet, x.address, WITHOUT_WEIGHT, (x.indicator,))
			for x in lines
			if x.weight is None
		]
		whole = _maximum(with_weight)
		if (
			whole
			and whole != HUNDRED
			and any(x.weight and x.weight.scale is not Scale.PERCENT for x in with_weight)
		):
			found.append(
				Issue(
					Severity.NOTICE, lines[0].sheet, with_weight[0].weight_address, OF_POINTS, (plain(whole),)
				)
			)
	else:
		several = {
			x.dimension: x
			for x in lines
			if x.dimension_weight is not None and sum(y.dimension == x.dimension for y in lines) > 1
		}
		found += [
			Issue(Severity.WARNING, x.sheet, x.dimension_address, ONLY_DIMENSION, (d,))
			for d, x in several.items()
		]
	return found
