"""The command line ``perf-flow``.

	perf-flow replay FILE… [--rules RULES] [--map MAP] --out DIR
	perf-flow check FILE…
	perf-flow map FILE
	perf-flow template OUT.xlsx
	perf-flow demo

Exit status: 0 all is well, 1 there are problems in the input, 2 wrong usage or a file that cannot be read. Results
go to standard output, everything else to standard error.
"""

from __future__ import annotations

import argparse
import json
import locale
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from perf_flow import __version__
from perf_flow.engine.errors import N_, FlowError
from perf_flow.replay import mapping as m
from perf_flow.replay.language import Say, say_error, say_reason, speaker
from perf_flow.replay.problems import MOST, Problem, Problems, Refused, Unreadable, WrongUse
from perf_flow.replay.tables import Step, Table

OK, PROBLEMS, WRONG = 0, 1, 2

ABOUT = N_(
	"Replay past business events: how quickly was each closed, where did it stall, how complete is the evidence?"
)
ABOUT_REPLAY = N_("read files and write the brief: a page (HTML), a workbook (.xlsx) and slides (.pptx)")
ABOUT_CHECK = N_("say what is wrong in files, cell by cell, and how to mend it; writes nothing")
ABOUT_MAP = N_("show what the columns of a file seem to mean, to be corrected and given to replay")
ABOUT_TEMPLATE = N_("write an Excel workbook to fill in, with an example")
ABOUT_DEMO = N_("replay a quarter of a made-up manufacturer of 700 people")
EXAMPLES = N_("examples:")
EX_DEMO = N_("see what comes out, with nothing of your own")
EX_LOG = N_("a process mining log: case, activity, timestamp")
EX_TEMPLATE = N_("a workbook to fill in, in Chinese")
EX_CHECK = N_("what is wrong in it?")
EX_BOOK = N_("the brief of it")
EX_MAP = N_("a file of your own: look at the guess, correct it, use it")
HELP_FILES = N_("Excel workbook (.xlsx), CSV (.csv), or event log (.xes, .xes.gz); several are read together")
HELP_OUT = N_("the folder to write the brief into; it must be new or empty")
HELP_OUT_MAP = N_("write the mapping into this file instead of showing it")
HELP_OUT_TEMPLATE = N_("the workbook to write")
HELP_RULES = N_("event types, people and settings, if they are not in FILE itself: .xlsx or .yaml")
HELP_MAP = N_("what the columns mean: the file that “perf-flow map” writes, corrected")
HELP_ZONE = N_("the time zone of times that name none, e.g. Asia/Shanghai")
HELP_NOW = N_(
	"judge open events at this time, e.g. 2026-03-31T18:00; otherwise at the last time in the files"
)
HELP_TITLE = N_("the title of the brief")
HELP_LANG = N_("en or zh; otherwise the language of this computer")
HELP_JSON = N_("write the result as JSON to standard output, for programs")
HELP_YES = N_("accept the guessed columns without asking")
HELP_FORCE = N_("replace the files of an earlier run")
HELP_QUIET = N_("no progress bar, no remarks")
HELP_VERSION = N_("say the version and stop")
HELP_HELP = N_("say this and stop")
EXITS = N_("exit status: 0 all is well, 1 problems in the input, 2 wrong usage or a file that cannot be read")
OPTIONS = N_("options")
COMMANDS = N_("commands")
USAGE = N_("usage:")
ARGUMENTS = N_("arguments")

OUT_EXISTS = N_("{0} is not empty. Give another folder, or --force to replace the files of an earlier run.")
FILE_EXISTS = N_("{0} is there already. Give another name, or --force to replace it.")
NO_WRITING = N_("{0} cannot be written: {1}.")
NO_DEMO = N_("The demo is not part of this installation.")
WRITTEN = N_("Written to {0}:")
OPEN_IT = N_("Open {0} in a browser.")
ALL_WELL = N_("No problems found: {0} rows, {1} events.")
FOUND = N_("{0} problems, {1} remarks.")
NOT_SHOWN = N_("{0} more are not shown.")
REMARK = N_("Remark")
PROBLEM = N_("Problem")
SUMMARY = N_("{0} events, {1} % closed in time; {2} closed late, {3} open past their time.")
SUMMARY_NONE = N_("{0} events; none of them is closed or past its time yet.")
COLUMNS_ARE = N_("The columns of {0} seem to mean:")
IS_THAT_RIGHT = N_("Is that right? [y/N]")
INTERRUPTED = N_("Interrupted. Nothing was written.")
WRITE_MAP = N_("Correct it where it is wrong, then: perf-flow replay {0} --map {1} --out DIR")


class Usage(Exception):
	"""The command line is wrong; ``args[0]`` says how."""


class _Parser(argparse.ArgumentParser):
	def error(self, message: str) -> Any:
		raise Usage(f"{self.format_usage()}{self.prog}: {message}")


def main(arguments: Sequence[str] | None = None) -> int:
	"""Run the command line; returns the exit status."""
	given = list(sys.argv[1:] if arguments is None else arguments)
	lang = _language(given)
	say = speaker(lang)
	_write_utf8()
	try:
		options = _parser(say).parse_args(given)
		if options.command is None:
			_parser(say).print_help()
			return WRONG if given else OK
		status: int = options.run(options, lang, say)
		return status
	except Usage as e:
		_tell(str(e))
		return WRONG
	except Refused as e:
		return _refused(e.problems, given, say)
	except FlowError as e:
		if "--json" in given:
			_json({"ok": False, "error": say_error(say, e)})
		_tell(f"perf-flow: {say_error(say, e)}")
		return WRONG
	except BrokenPipeError:
		# whoever read the output has enough
		os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
		return OK
	except KeyboardInterrupt:
		_tell(f"\n{say(INTERRUPTED)}")
		return 130


def _language(given: Sequence[str]) -> str:
	"""The language asked for, wherever it stands, else that of the computer: help is in it, too."""
	for number, word in enumerate(given):
		if word.startswith("--lang="):
			return _one_of(word.split("=", 1)[1])
		if word == "--lang" and number + 1 < len(given):
			return _one_of(given[number + 1])
	for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
		if os.environ.get(name):
			return _one_of(os.environ[name])
	return _one_of((locale.getlocale()[0] or "") if os.name == "nt" else "")


def _one_of(text: str) -> str:
	return "zh" if text.lower().startswith(("zh", "chinese")) else "en"


def _write_utf8() -> None:
	for stream in (sys.stdout, sys.stderr):
		reconfigure = getattr(stream, "reconfigure", None)
		if reconfigure is not None:
			encoding = (stream.encoding or "").lower().replace("-", "")
			reconfigure(
				errors="replace", **({} if encoding in ("utf8", "gbk", "gb18030") else {"encoding": "utf-8"})
			)


def _tell(text: str) -> None:
	print(text, file=sys.stderr, flush=True)


def _json(data: dict[str, Any]) -> None:
	print(json.dumps(data, ensure_ascii=False, indent=1), flush=True)


# --- the command line ----------------------------------------------------------------------------------


def _parser(say: Say) -> argparse.ArgumentParser:
	# argparse takes a percent sign for a placeholder
	def told(template: str) -> str:
		return say(template).replace("%", "%%")

	examples = [
		(EX_DEMO, "perf-flow demo --out demo"),
		(EX_LOG, "perf-flow replay log.xes --out brief"),
		(EX_TEMPLATE, "perf-flow template --lang zh 事件.xlsx"),
		(EX_CHECK, "perf-flow check 事件.xlsx"),
		(EX_BOOK, "perf-flow replay 事件.xlsx --out brief"),
		(EX_MAP, "perf-flow map orders.xlsx --out map.yaml"),
		("", "perf-flow replay orders.xlsx --map map.yaml --out brief"),
	]
	shown = "\n".join((f"  # {say(what)}\n" if what else "") + f"  {command}" for what, command in examples)
	parser = _Parser(
		prog="perf-flow",
		description=told(ABOUT),
		epilog=f"{told(EXAMPLES)}\n{shown}\n\n{told(EXITS)}",
		formatter_class=argparse.RawDescriptionHelpFormatter,
		add_help=False,
	)
	_common(parser, say, told)
	parser.add_argument(
		"--version", action="version", version=f"perf-flow {__version__}", help=told(HELP_VERSION)
	)
	parser.set_defaults(command=None)
	commands = parser.add_subparsers(title=told(COMMANDS), dest="command", metavar="", parser_class=_Parser)

	def command(name: str, about: str, run: Callable[[Any, str, Say], int]) -> argparse.ArgumentParser:
		one = commands.add_parser(
			name,
			help=told(about),
			description=told(about),
			epilog=told(EXITS),
			formatter_class=argparse.RawDescriptionHelpFormatter,
			add_help=False,
		)
		_common(one, say, told)
		one.set_defaults(run=run)
		return one

	replay = command("replay", ABOUT_REPLAY, _replay)
	check = command("check", ABOUT_CHECK, _check)
	for one in (replay, check):
		one.add_argument("files", nargs="+", type=Path, metavar="FILE", help=told(HELP_FILES))
		one.add_argument("--rules", type=Path, metavar="RULES", help=told(HELP_RULES))
		one.add_argument("--map", type=Path, metavar="MAP", help=told(HELP_MAP))
		one.add_argument("--timezone", default="", metavar="ZONE", help=told(HELP_ZONE))
		one.add_argument("--now", default="", metavar="TIME", help=told(HELP_NOW))
		one.add_argument("--yes", "-y", action="store_true", help=told(HELP_YES))
		one.add_argument("--json", action="store_true", help=told(HELP_JSON))
		one.add_argument("--quiet", "-q", action="store_true", help=told(HELP_QUIET))
	replay.add_argument("--out", type=Path, required=True, metavar="DIR", help=told(HELP_OUT))
	replay.add_argument("--title", default="", metavar="TEXT", help=told(HELP_TITLE))
	replay.add_argument("--force", action="store_true", help=told(HELP_FORCE))
	guess = command("map", ABOUT_MAP, _map)
	guess.add_argument("file", type=Path, metavar="FILE", help=told(HELP_FILES))
	guess.add_argument("--out", type=Path, metavar="MAP", help=told(HELP_OUT_MAP))
	guess.add_argument("--force", action="store_true", help=told(HELP_FORCE))
	guess.add_argument("--json", action="store_true", help=told(HELP_JSON))
	template = command("template", ABOUT_TEMPLATE, _template)
	template.add_argument("out", type=Path, metavar="OUT.xlsx", help=told(HELP_OUT_TEMPLATE))
	template.add_argument("--force", action="store_true", help=told(HELP_FORCE))
	demo = command("demo", ABOUT_DEMO, _demo)
	demo.add_argument("--out", type=Path, default=Path("demo-brief"), metavar="DIR", help=told(HELP_OUT))
	demo.add_argument("--force", action="store_true", help=told(HELP_FORCE))
	demo.add_argument("--json", action="store_true", help=told(HELP_JSON))
	demo.add_argument("--quiet", "-q", action="store_true", help=told(HELP_QUIET))
	return parser


def _common(parser: argparse.ArgumentParser, say: Say, told: Callable[[str], str]) -> None:
	parser._optionals.title = told(OPTIONS)
	parser._positionals.title = told(ARGUMENTS)
	parser.add_argument("--help", "-h", action="help", help=told(HELP_HELP))
	parser.add_argument(
		"--lang", type=_one_of, default=argparse.SUPPRESS, metavar="LANG", help=told(HELP_LANG)
	)


# --- commands ------------------------------------------------------------------------------------------


def _replay(options: Any, lang: str, say: Say) -> int:
	from perf_flow.replay.output import write
	from perf_flow.replay.run import replay

	_usable_folder(options.out, options.force)
	with _progress(options) as step:
		result = replay(options.files, _options(options, lang, say, step))
	with _into(options.out) as folder:
		write(result.brief, folder, lang)
	if not options.quiet:
		_remarks(result.problems, say)
	_told(result.brief, options.out, options.json, say, result.problems)
	return OK


def _check(options: Any, lang: str, say: Say) -> int:
	from perf_flow.replay.run import replay

	with _progress(options) as step:
		result = replay(options.files, _options(options, lang, say, step))
	inputs = result.brief.inputs
	if options.json:
		_json({"ok": True, "rows": inputs.rows, "events": inputs.chains, **_as_json(result.problems, say)})
	else:
		_list(result.problems, say)
		print(say(ALL_WELL, inputs.rows, inputs.chains))
	return OK


def _map(options: Any, lang: str, say: Say) -> int:
	from perf_flow.replay.tables import tables

	found = [(t, m.guess(t)) for t in tables(options.file) if not t.hidden]
	if not found:
		raise Unreadable(options.file.name)
	table, guess = max(found, key=lambda pair: (pair[1].sure, m.worth(pair[1])))
	text = m.to_yaml(guess, say)
	if options.json:
		_json(
			{
				"file": str(options.file),
				"sheet": table.sheet,
				"sure": guess.sure,
				"shape": guess.mapping.shape,
				"columns": guess.mapping.columns,
				"confidence": guess.confidence,
				"samples": guess.samples,
			}
		)
	elif options.out is None:
		print(text, end="")
	if options.out is not None:
		_write_file(options.out, text.encode("utf-8"), options.force)
		_tell(say(WRITE_MAP, options.file.name, options.out))
	return OK


def _template(options: Any, lang: str, say: Say) -> int:
	from perf_flow.replay.template import template

	_write_file(options.out, template(lang), options.force)
	print(options.out)
	return OK


def _demo(options: Any, lang: str, say: Say) -> int:
	try:
		from perf_flow.replay.demo import demo
	except ImportError as e:
		raise WrongUse(template=NO_DEMO) from e
	from perf_flow.replay.output import write

	_usable_folder(options.out, options.force)
	with _progress(options) as _step, _into(options.out) as folder:
		brief = demo(folder, lang)
		write(brief, folder, lang)
	_told(brief, options.out, options.json, say, Problems())
	return OK


def _options(options: Any, lang: str, say: Say, step: Step | None) -> Any:
	from perf_flow.replay.run import Options

	return Options(
		rules=options.rules,
		mapping=m.read(options.map) if options.map else None,
		timezone=options.timezone,
		now=options.now,
		title=getattr(options, "title", ""),
		lang=lang,
		confirm=lambda table, guess: _confirm(table, guess, options, say),
		step=step,
	)


def _confirm(table: Table, guess: m.Guess, options: Any, say: Say) -> m.Mapping | None:
	"""Show what the columns seem to mean. On a terminal ask, unless they are those of the standard; without
	one only a sure guess is taken."""
	labels = {role.key: role.label for role in m.ROLES}
	shown = [
		f"  {say(labels[key])}: {heading} ({round(100 * guess.confidence[key])} %"
		+ (f", {', '.join(guess.samples[key])[:60]})" if guess.samples[key] else ")")
		for key, heading in guess.mapping.columns.items()
	]
	if not options.quiet:
		_tell("\n".join((say(COLUMNS_ARE, str(table.path.name)), *shown)))
	if options.yes or guess.standard:
		return guess.mapping
	if guess.sure and (options.json or not sys.stdin.isatty()):
		return guess.mapping
	if options.json or not sys.stdin.isatty():
		return None
	sys.stderr.write(f"{say(IS_THAT_RIGHT)} ")
	sys.stderr.flush()
	answer = sys.stdin.readline().strip().casefold()
	return guess.mapping if answer in ("y", "yes", "j", "是", "对", "好") else None


# --- what is written -----------------------------------------------------------------------------------


def _usable_folder(folder: Path, force: bool) -> None:
	if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not force)):
		raise WrongUse(folder, template=OUT_EXISTS)


@contextmanager
def _into(folder: Path) -> Iterator[Path]:
	"""A folder beside ``folder``, whose files are moved there when all is well, and thrown away otherwise."""
	folder = folder.absolute()
	try:
		folder.parent.mkdir(parents=True, exist_ok=True)
		made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
	except OSError as e:
		raise WrongUse(folder, e.strerror or type(e).__name__, template=NO_WRITING) from e
	try:
		yield made
		# what mkdtemp makes is for its owner alone; the brief is to be as open as any other file
		umask = os.umask(0)
		os.umask(umask)
		made.chmod(0o777 & ~umask)
		if not folder.exists():
			made.replace(folder)
			return
		for path in sorted(made.iterdir()):
			path.replace(folder / path.name)
	except OSError as e:
		raise WrongUse(folder, e.strerror or type(e).__name__, template=NO_WRITING) from e
	finally:
		shutil.rmtree(made, ignore_errors=True)


def _write_file(path: Path, content: bytes, force: bool) -> None:
	if path.exists() and not force:
		raise WrongUse(path, template=FILE_EXISTS)
	beside = path.with_name(f".{path.name}.new")
	try:
		beside.write_bytes(content)
		beside.replace(path)
	except OSError as e:
		beside.unlink(missing_ok=True)
		raise WrongUse(path, e.strerror or type(e).__name__, template=NO_WRITING) from e


def _told(brief: Any, folder: Path, as_json: bool, say: Say, problems: Problems) -> None:
	health = brief.total.health
	files = sorted(p.name for p in folder.iterdir() if p.is_file())
	if as_json:
		_json(
			{
				"ok": True,
				"out": str(folder),
				"files": files,
				"events": brief.total.events,
				"rows": brief.inputs.rows,
				"steps": brief.inputs.steps,
				"refused": brief.inputs.refused,
				"closed_in_time": health.closed_in_time,
				"closed_late": health.closed_late,
				"late_open": health.late_open,
				"running": health.running,
				"void": health.void,
				"flow_health_percent": health.percent,
				"closing_hours": {
					"count": brief.total.closing.count,
					"median": brief.total.closing.median,
					"p90": brief.total.closing.p90,
					"mean": brief.total.closing.mean,
				},
				"evidence_completeness_percent": brief.total.completeness,
				"broken": brief.broken_total,
				"notes": [say_reason(say, n) for n in brief.notes],
				**_as_json(problems, say),
			}
		)
		return
	if health.percent is None:
		print(say(SUMMARY_NONE, brief.total.events))
	else:
		percent = f"{health.percent:.1f}"
		print(say(SUMMARY, brief.total.events, percent, health.closed_late, health.late_open))
	print(say(WRITTEN, folder))
	for name in files:
		print(f"  {name}")
	page = next((f for f in files if f.endswith(".html")), "")
	if page:
		print(say(OPEN_IT, folder / page))


def _refused(problems: Problems, given: Sequence[str], say: Say) -> int:
	if "--json" in given:
		_json({"ok": False, **_as_json(problems, say)})
	else:
		_list(problems, say)
	_tell(say(FOUND, problems.errors, problems.warnings))
	return PROBLEMS


def _list(problems: Problems, say: Say) -> None:
	for problem in problems:
		print(f"{say(REMARK if problem.warning else PROBLEM)}: {problem.told(say)}")
	rest = problems.errors + problems.warnings - len(problems.kept)
	if rest > 0:
		print(say(NOT_SHOWN, rest))


def _remarks(problems: Problems, say: Say, most: int = 10) -> None:
	for problem in problems.kept[:most]:
		_tell(f"{say(REMARK)}: {problem.told(say)}")
	rest = problems.warnings - min(most, len(problems.kept))
	if rest > 0:
		_tell(say(NOT_SHOWN, rest))


def _as_json(problems: Problems, say: Say) -> dict[str, Any]:
	def one(problem: Problem) -> dict[str, Any]:
		return {
			"file": problem.place.file,
			"sheet": problem.place.sheet,
			"row": problem.place.row or None,
			"cell": problem.place.cell,
			"what": say_reason(say, problem.what),
			"mend": say_reason(say, problem.mend) if problem.mend.template else "",
			"warning": problem.warning,
		}

	return {
		"errors": problems.errors,
		"warnings": problems.warnings,
		"shown_at_most": MOST,
		"problems": [one(p) for p in problems],
	}


@contextmanager
def _progress(options: Any) -> Iterator[Step | None]:
	"""A bar on a terminal, for input that takes a while."""
	files = getattr(options, "files", ())
	size = sum(f.stat().st_size for f in files if f.is_file())
	if options.quiet or not sys.stderr.isatty() or size < 2_000_000:
		yield None
		return
	from tqdm import tqdm

	with tqdm(total=size, unit="B", unit_scale=True, leave=False, file=sys.stderr) as bar:
		yield lambda amount: bar.update(amount) and None
