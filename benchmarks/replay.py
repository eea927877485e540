"""How long a replay takes and how much memory, beside pm4py on the same log in the same run.

	python3 -m venv /tmp/pm4py && /tmp/pm4py/bin/pip install pm4py
	.venv/bin/python -m benchmarks.replay --pm4py /tmp/pm4py/bin/python --events 1000000 --rounds 3
	.venv/bin/python -m benchmarks.replay --engine 1000000        # the whole engine: events and actions

Each measurement is a process of its own, one after the other and in turn, so that whatever else the machine does falls
on all. Time counts from the start of the process, with all imports; memory is the largest resident set the kernel saw.
pm4py is not a dependency of the project: it lives in an environment of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).parents[1]
BASE = datetime(2025, 1, 1, tzinfo=timezone.utc)
ACTIVITIES = ("Recorded", "Evidence", "Mark", "Confirmation", "Closed")

OURS = """
import json, sys
from pathlib import Path
from perf_flow.replay.run import Options, replay
brief = replay([Path(p) for p in sys.argv[1:]], Options()).brief
print(json.dumps([brief.total.events, brief.total.health.closed_in_time, brief.total.closing.mean]))
"""
THEIRS = """
import json, sys
import pandas
import pm4py
path = sys.argv[1]
if path.endswith(".csv"):
	log = pandas.read_csv(path)
	log["time:timestamp"] = pandas.to_datetime(log["time:timestamp"], utc=True, format="ISO8601")
	log = pm4py.format_dataframe(
		log, case_id="case:concept:name", activity_key="concept:name", timestamp_key="time:timestamp"
	)
else:
	log = pm4py.read_xes(path)
seconds = pm4py.get_all_case_durations(log)
within = sum(1 for s in seconds if s <= 48 * 3600)
print(json.dumps([len(seconds), within, sum(seconds) / len(seconds) / 3600]))
"""


def events(count: int) -> Iterator[tuple[str, str, datetime, str]]:
	"""A log of ``count`` events, five for each case, seeded: the same each time."""
	choose = random.Random(7)
	for case in range(count // len(ACTIVITIES)):
		at = BASE + timedelta(seconds=choose.randrange(90 * 86_400))
		for activity in ACTIVITIES:
			yield f"C{case}", activity, at, f"user{choose.randrange(700)}"
			at += timedelta(seconds=choose.expovariate(1 / 43_000))


def write_log(count: int, folder: Path) -> dict[str, Path]:
	"""The log as CSV and as XES."""
	paths = {"CSV": folder / f"log{count}.csv", "XES": folder / f"log{count}.xes"}
	with paths["CSV"].open("w") as table, paths["XES"].open("w") as log:
		table.write("case:concept:name,concept:name,time:timestamp,org:resource\n")
		log.write('<?xml version="1.0" encoding="UTF-8"?>\n')
		log.write('<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n')
		current = ""
		for case, activity, at, who in events(count):
			table.write(f"{case},{activity},{at.isoformat()},{who}\n")
			if case != current:
				log.write("</trace>\n" if current else "")
				log.write(f'<trace>\n<string key="concept:name" value="{case}"/>\n')
				current = case
			log.write(
				f'<event>\n<string key="concept:name" value="{activity}"/>\n'
				f'<date key="time:timestamp" value="{at.isoformat()}"/>\n'
				f'<string key="org:resource" value="{who}"/>\n'
				'<string key="lifecycle:transition" value="complete"/>\n</event>\n'
			)
		log.write("</trace>\n</log>\n")
	return paths


def write_workbook(count: int, folder: Path) -> list[Path]:
	"""``count`` business events with three actions each, 12 types and 700 people, as CSV sheets."""
	choose = random.Random(7)
	folder.mkdir()
	rules = {
		"people": [
			"ID,Name,Department,Reports to",
			*(f"E{n},P{n},D{n % 20},{'E0' if n else ''}" for n in range(700)),
		],
		"event types": ["Event type,Target hours", *(f"T{n},48" for n in range(12))],
		"requirements": ["Event type,Requirement,Kind", *(f"T{n},R1,File" for n in range(12))],
		"collaborators": ["Event type,Department", *(f"T{n},D3" for n in range(12))],
	}
	for name, lines in rules.items():
		(folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
	with (folder / "events.csv").open("w") as all_events, (folder / "actions.csv").open("w") as actions:
		all_events.write("Event,Event type,Recorded at,Person,Document\n")
		actions.write("Event,At,Action,Requirement,Value,Mark,Impacts\n")
		for number in range(count):
			at = BASE + timedelta(seconds=choose.randrange(90 * 86_400))
			who = f"E{choose.randrange(1, 700)}"
			all_events.write(f"EV{number},T{number % 12},{at.isoformat()},{who},SO-{number}\n")
			for rest in ("Evidence,R1,a.pdf,,", "Mark,,,Meets,", "Confirm impact,,,,None"):
				at += timedelta(seconds=choose.randrange(60_000))
				actions.write(f"EV{number},{at.isoformat()},{rest}\n")
	return sorted(folder.glob("*.csv"))


def measure(python: str, program: str, paths: list[Path]) -> dict[str, float | list[float]]:
	"""Run a program in a process of its own: seconds on the clock and of the processor, megabytes, and its answer."""
	start = time.perf_counter()
	run = subprocess.Popen(
		[python, "-c", program, *map(str, paths)],
		stdout=subprocess.PIPE,
		stderr=subprocess.DEVNULL,
		cwd=ROOT,
		text=True,
	)
	assert run.stdout is not None
	answer = run.stdout.read()
	_pid, status, usage = os.wait4(run.pid, 0)
	run.returncode = os.waitstatus_to_exitcode(status)
	wall = time.perf_counter() - start
	assert run.returncode == 0, f"failed: {python}"
	return {
		"wall": wall,
		"cpu": usage.ru_utime + usage.ru_stime,
		"mb": usage.ru_maxrss / 1024,
		"answer": json.loads(answer.strip().splitlines()[-1]),
	}


def compare(pm4py: str, count: int, rounds: int) -> None:
	"""Ours and theirs in turn on the same files, and ours on a tenth of them."""
	with tempfile.TemporaryDirectory() as folder:
		whole, tenth = write_log(count, Path(folder)), write_log(count // 10, Path(folder))
		print("| log | | seconds, processor | seconds, clock | MB | of pm4py's: processor | clock | memory |")
		print("|---|---|---|---|---|---|---|---|")
		for form in ("CSV", "XES"):
			found: dict[str, list[dict]] = {"ours": [], "pm4py": [], "tenth": []}
			for _ in range(rounds):
				found["ours"].append(measure(sys.executable, OURS, [whole[form]]))
				found["pm4py"].append(measure(pm4py, THEIRS, [whole[form]]))
				found["tenth"].append(measure(sys.executable, OURS, [tenth[form]]))
			ours, theirs = found["ours"][0]["answer"], found["pm4py"][0]["answer"]
			assert ours[:2] == theirs[:2] and abs(ours[2] - theirs[2]) < 1e-6, (ours, theirs)
			middle = {
				who: {key: statistics.median(x[key] for x in runs) for key in ("cpu", "wall", "mb")}
				for who, runs in found.items()
			}
			for who in ("ours", "pm4py"):
				m, t = middle[who], middle["pm4py"]
				print(
					f"| {form} | {who} | {m['cpu']:.1f} | {m['wall']:.1f} | {m['mb']:.0f} | {m['cpu'] / t['cpu']:.2f} "
					f"| {m['wall'] / t['wall']:.2f} | {m['mb'] / t['mb']:.2f} |"
				)
			growth = middle["ours"]["cpu"] / middle["tenth"]["cpu"]
			print(
				f"| {form} | ours, ten times the events | {growth:.1f} times the time | | | | | |", flush=True
			)


def whole_engine(count: int) -> None:
	"""Ours alone: every step decided by the engine."""
	with tempfile.TemporaryDirectory() as folder:
		print("| events | actions | seconds, processor | seconds, clock | MB |\n|---|---|---|---|---|")
		for number in (count // 10, count):
			paths = write_workbook(number, Path(folder) / str(number))
			m = measure(sys.executable, OURS, paths)
			print(
				f"| {number} | {3 * number} | {m['cpu']:.0f} | {m['wall']:.0f} | {m['mb']:.0f} |", flush=True
			)


def main() -> None:
	"""Measure what was asked for."""
	parser = argparse.ArgumentParser(
		description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
	)
	parser.add_argument("--pm4py", help="the python of an environment with pm4py")
	parser.add_argument("--events", type=int, default=1_000_000)
	parser.add_argument("--rounds", type=int, default=3)
	parser.add_argument("--engine", type=int, default=0, metavar="EVENTS")
	options = parser.parse_args()
	if options.pm4py:
		compare(options.pm4py, options.events, options.rounds)
	if options.engine:
		whole_engine(options.engine)


if __name__ == "__main__":
	main()
