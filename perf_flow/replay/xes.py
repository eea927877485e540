"""Reading an XES event log (IEEE 1849), streaming.

A document type definition is refused: XES has none, and entities defined in one can blow up a file or fetch others.
Of an event only its own attributes are read; those nested in attributes, and the defaults that the log declares
(``global``), are not the event's.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers import expat

from perf_flow.engine.errors import N_
from perf_flow.replay.problems import Unreadable
from perf_flow.replay.tables import BOMB, Step, opened
from perf_flow.replay.xlsx import DAMAGED

DTD = N_(
	"{0} defines entities or a document type (line {1}). No event log needs that, and it can be used to do harm, "
	"so it was not read."
)
NOT_XES = N_("{0} is XML, but no event log: it begins with <{1}> instead of <log>.")
BROKEN = N_("{0} is not well-formed XML in line {1}: {2}. Get the file once more.")
TOO_DEEP = N_("{0} has attributes nested more than {1} deep (line {2}).")

_BLOCK = 1 << 18
_DEEPEST = 200

OnElement = Callable[[dict[str, str], int], None]


def read(
	path: Path,
	wanted: frozenset[str],
	on_event: OnElement,
	on_trace: OnElement,
	on_stray: Callable[[int], None],
	step: Step | None = None,
) -> None:
	"""Read a log: ``on_event`` gets the wanted attributes of each event and its line, ``on_trace`` those of a trace
	when it has ended, ``on_stray`` the line of an event outside of any trace. Attributes are texts by their key.
	Raises Unreadable."""
	parser = expat.ParserCreate()
	parser.ordered_attributes = True
	parser.buffer_text = True
	name = path.name
	depth = 0
	"""How deep the element stands; the log itself at 1."""
	level = 0
	"""The depth at which the attributes of the event or trace stand; 0 outside."""
	in_event = in_trace = False
	event_tag, trace_tag = "event", "trace"
	event: dict[str, str] = {}
	trace: dict[str, str] = {}

	def start(tag: str, attributes: list[str]) -> None:
		nonlocal depth, level, in_event, in_trace, event, trace, event_tag, trace_tag
		depth += 1
		if tag == event_tag or tag == trace_tag or depth == 1:
			if depth == 1:
				prefix, colon, local = tag.rpartition(":")
				if local != "log":
					raise Unreadable(name, tag[:40], template=NOT_XES)
				event_tag, trace_tag = f"{prefix}{colon}event", f"{prefix}{colon}trace"
			elif tag == event_tag:
				if depth == 2 or (depth == 3 and in_trace):
					in_event = True
					event = {}
					level = depth + 1
			elif depth == 2:
				in_trace = True
				trace = {}
				level = depth + 1
			return
		if depth == level:
			# nearly every attribute comes as key, value
			if attributes and attributes[0] == "key":
				key = attributes[1]
				if key in wanted:
					value = attributes[3] if len(attributes) == 4 else _value(attributes)
					if in_event:
						event[key] = value
					elif in_trace:
						trace[key] = value
			elif attributes:
				pairs = dict(zip(attributes[::2], attributes[1::2], strict=True))
				if pairs.get("key") in wanted:
					(event if in_event else trace)[pairs["key"]] = pairs.get("value", "")
		elif depth > _DEEPEST:
			raise Unreadable(name, _DEEPEST, parser.CurrentLineNumber, template=TOO_DEEP)

	def end(tag: str) -> None:
		nonlocal depth, level, in_event, in_trace
		depth -= 1
		if tag == event_tag and in_event and depth == level - 2:
			in_event = False
			if in_trace:
				on_event(event, parser.CurrentLineNumber)
				level = depth + 1
			else:
				on_stray(parser.CurrentLineNumber)
				level = 0
		elif tag == trace_tag and in_trace and depth == 1:
			in_trace = False
			level = 0
			on_trace(trace, parser.CurrentLineNumber)

	def refuse(*_: object) -> None:
		raise Unreadable(name, parser.CurrentLineNumber, template=DTD)

	parser.StartElementHandler = start
	parser.EndElementHandler = end
	parser.StartDoctypeDeclHandler = refuse
	parser.EntityDeclHandler = refuse
	for block in _blocks(path, step):
		try:
			parser.Parse(block, not block)
		except expat.ExpatError as e:
			raise Unreadable(name, e.lineno, expat.ErrorString(e.code), template=BROKEN) from e
		except (ValueError, LookupError) as e:
			# an encoding that is unknown, or bytes that are none of it
			raise Unreadable(name, parser.CurrentLineNumber, type(e).__name__, template=BROKEN) from e


def _value(attributes: list[str]) -> str:
	for index in range(0, len(attributes), 2):
		if attributes[index] == "value":
			return attributes[index + 1]
	return ""


def _blocks(path: Path, step: Step | None) -> Iterator[bytes]:
	"""The bytes of the file, and an empty block at its end."""
	told = total = 0
	size = path.stat().st_size
	try:
		with opened(path) as (file, tell):
			while block := file.read(_BLOCK):
				total += len(block)
				if total > 1 << 30 and total > 200 * size:
					raise Unreadable(path.name, template=BOMB)
				yield block
				if step is not None:
					step(tell() - told)
					told = tell()
	except (OSError, EOFError, zlib.error) as e:
		raise Unreadable(path.name, template=DAMAGED) from e
	yield b""
