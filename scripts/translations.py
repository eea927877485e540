"""Merge translation lines into perf_flow/translations/zh.csv: sorted, each source once.

	python -m scripts.translations FILE.csv …

Each line is ``source,translation[,context]``. A line that is there already with another translation is
replaced by the newer one. Without arguments the file is only put in order.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "perf_flow" / "translations" / "zh.csv"


def read(path: Path) -> dict[tuple[str, str], str]:
	"""The translations of a file by source and context."""
	found = {}
	if path.exists():
		with path.open(encoding="utf-8", newline="") as f:
			for row in csv.reader(f):
				if len(row) >= 2:
					found[(row[0], row[2] if len(row) > 2 else "")] = row[1]
	return found


def main(paths: list[str]) -> None:
	"""Merge ``paths`` into the translations."""
	merged = read(TARGET)
	for path in paths:
		merged.update(read(Path(path)))
	with TARGET.open("w", encoding="utf-8", newline="") as f:
		writer = csv.writer(f, lineterminator="\n")
		for (source, context), translation in sorted(merged.items()):
			writer.writerow([source, translation, context] if context else [source, translation])


if __name__ == "__main__":
	main(sys.argv[1:])
