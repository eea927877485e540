"""Reads one sentence a line on standard input and says of each whether it is vague or concrete, and why.

	echo 工作认真负责 | python -m perf_flow.engine.wording

Prints ``vague`` or ``concrete``, a tab, and the reason in the language of the sentence, line by line as they
come in. UTF-8 in and out, whatever the locale.
"""

from __future__ import annotations

import csv
import sys
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from perf_flow.engine.wording.judge import assess

TRANSLATIONS: Final = Path(__file__).parents[2] / "translations" / "zh.csv"


@cache
def chinese() -> dict[str, str]:
	"""The app's Chinese texts by their English source."""
	with TRANSLATIONS.open(encoding="utf-8", newline="") as f:
		return {row[0]: row[1] for row in csv.reader(f) if len(row) == 2}


def line_for(sentence: str) -> str:
	"""What is printed for a sentence."""
	found = assess(sentence)
	reason = chinese()[found.reason] if found.language == "zh" else found.reason
	return f"{found.verdict.value}\t{reason.format(*found.args)}"


def main() -> None:
	"""Answer each line of standard input, until it ends."""
	incoming = TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="replace", newline="\n")
	outgoing = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="\n", write_through=True)
	try:
		for line in iter(incoming.readline, ""):
			outgoing.write(line_for(line.rstrip("\r\n")) + "\n")
	except BrokenPipeError:
		# whoever reads has seen enough, as with ``| head``
		sys.stderr.close()
	finally:
		incoming.detach()
		outgoing.detach()


if __name__ == "__main__":
	main()
