"""HTML that is escaped because it cannot be otherwise: whatever is no ``Markup`` becomes text."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from perf_flow.replay.output.numbers import clean


class Markup(str):
	"""Text that is HTML already."""

	__slots__ = ()


Part: TypeAlias = "str | Markup | Iterable[Part] | None"
_EMPTY = frozenset(("meta", "br", "col"))


def markup(part: Part) -> Markup:
	"""``part`` as HTML; parts of parts one after another, None as nothing."""
	if part is None:
		return Markup()
	if isinstance(part, Markup):
		return part
	if isinstance(part, str):
		return Markup(escape(clean(part) if part.strip() else part, quote=True))
	return Markup("".join(map(markup, part)))


def tag(name: str, /, *parts: Part, **attributes: str | int | bool | None) -> Markup:
	"""An element. ``class_`` and ``for_`` lose their underscore, others in the middle become hyphens; an attribute
	that is True stands without a value, one that is None or False is left out."""
	opened = [name]
	for key, value in attributes.items():
		if value is None or value is False:
			continue
		called = key.rstrip("_").replace("_", "-")
		opened.append(called if value is True else f'{called}="{escape(str(value), quote=True)}"')
	head = f"<{' '.join(opened)}>"
	return Markup(head) if name in _EMPTY else Markup(f"{head}{markup(parts)}</{name}>")
