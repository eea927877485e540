"""Broken input: a precise message, no output, no traceback."""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import sys
import tracemalloc
import zipfile
from datetime import datetime, time
from pathlib import Path

import openpyxl
import pytest

from perf_flow.replay.cli import main
from perf_flow.replay.template import template

ROOT = Path(__file__).parents[2]
EVENTS = [
	["Event", "Event type", "Recorded at", "Person", "Document"],
	["1", "Contract signed", datetime(2026, 3, 2, 9, 0), "E1", "SO-1"],
	["2", "Contract signed", datetime(2026, 3, 3, 9, 0), "E1", "SO-2"],
]
PEOPLE = [["ID", "Name", "Reports to"], ["E1", "Anna", "E2"], ["E2", "Ben", None]]
ACTIONS = [["Event", "At", "Action", "By", "Mark"], ["1", datetime(2026, 3, 2, 12, 0), "Mark", "E2", "Meets"]]
SETTINGS = [["Setting", "Value"], ["Time zone", "Asia/Shanghai"]]
LOG = "case id,activity,timestamp,resource\n1,a,2026-03-02 09:00,x\n1,b,2026-03-03 09:00,x\n2,a,2026-03-02 09:00,y\n"


def book(path: Path, **sheets) -> Path:
	"""A workbook with these sheets; the usual ones where none is given (None: left out)."""
	made = openpyxl.Workbook()
	made.remove(made.active)
	for name, rows in {
		"Settings": SETTINGS,
		"People": PEOPLE,
		"Events": EVENTS,
		"Actions": ACTIONS,
		**sheets,
	}.items():
		if rows is None:
			continue
		page = made.create_sheet(name)
		for row in rows:
			page.append(row)
	made.save(path)
	return path


def change(rows, row, column, value):
	"""The rows with one cell changed; the first row is 1."""
	copied = [list(r) for r in rows]
	copied[row - 1][column - 1] = value
	return copied


def ask(capsys, tmp_path, *arguments, command="replay"):
	"""Run the command line; the exit status and everything it said. There must be no output folder."""
	out = tmp_path / "brief"
	extra = ["--out", str(out)] if command == "replay" else []
	status = main(["--lang", "en", command, *map(str, arguments), *extra])
	said = capsys.readouterr()
	if status:
		assert not out.exists()
		assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []
	assert "Traceback" not in said.err + said.out
	return status, said.out + said.err


def zipped(path: Path, members: dict[str, bytes]) -> Path:
	with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
		for name, content in members.items():
			archive.writestr(name, content)
	return path


def rewritten(path: Path, change_member) -> Path:
	"""A workbook with the bytes of its members changed."""
	with zipfile.ZipFile(path) as archive:
		members = {i.filename: archive.read(i) for i in archive.infolist()}
	return zipped(path, {name: change_member(name, content) for name, content in members.items()})


# --- cells ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
	("sheets", "cell", "what"),
	[
		({"Events": change(EVENTS, 2, 3, "soon")}, "C2", "“soon” is not a time"),
		({"Events": change(EVENTS, 2, 3, "03/02/2026 9:00")}, "C2", "two different days"),
		({"Events": change(EVENTS, 2, 3, "2026-02-30")}, "C2", "does not exist"),
		({"Events": change(EVENTS, 2, 3, 46083.375)}, "C2", "is a number, not a time"),
		({"Events": change(EVENTS, 2, 3, time(9, 0))}, "C2", "time of day without a day"),
		({"Events": change(EVENTS, 2, 3, "0226-03-02 09:00")}, "C2", "1900 and 2199"),
		({"Events": change(EVENTS, 2, 3, None)}, "C2", "“Recorded at” is empty"),
		({"Events": change(EVENTS, 3, 1, "1")}, "A3", "“1” is there before, in row 2"),
		({"Events": change(EVENTS, 2, 4, "E7")}, "D2", "“E7” is not in the sheet “People”"),
		({"Events": change(EVENTS, 2, 4, "e2")}, "D2", "is “E2” meant?"),
		({"Events": change(EVENTS, 1, 3, "When")}, "1:1", "The column “Recorded at” is missing"),
		({"Events": change(EVENTS, 1, 4, "Event")}, "D1", "is there twice: in A and D"),
		({"Events": change(EVENTS, 2, 3, "=TODAY()")}, "C2", "The formula =TODAY() has no stored value"),
		({"Actions": change(ACTIONS, 2, 3, "Dance")}, "C2", "“Dance” is not possible here"),
		({"Actions": change(ACTIONS, 2, 5, "Great")}, "E2", "Choose one of: Meets, Needs Improvement, Redo"),
		({"Actions": change(ACTIONS, 2, 1, "9")}, "A2", "There is no event “9”"),
		({"Actions": change(ACTIONS, 2, 2, datetime(2026, 3, 1))}, "B2", "before its event was recorded"),
		({"Actions": change(ACTIONS, 2, 4, "Zoe")}, "D2", "“Zoe” is not in the sheet “People”"),
		({"People": change(PEOPLE, 3, 3, "E1")}, "C2", "reports to themselves"),
		({"People": change(PEOPLE, 3, 1, "E1")}, "A3", "is there before"),
		({"Settings": change(SETTINGS, 2, 2, "Peking")}, "B2", "no time zone “Peking”"),
		({"Settings": change(SETTINGS, 2, 1, "Colour")}, "A2", "There is no setting “Colour”"),
		({"Settings": None}, "C2", "--timezone Asia/Shanghai"),
		({"Events": change(EVENTS, 3, 3, "2026-03-03T09:00:00+08:00")}, "C3", "This time names a time zone"),
		({"Events": None}, "", "There is no sheet “Events”. The file has: Settings, People, Actions"),
		({"Events": [["only one"]]}, "", "No row of the sheet holds the headings of “Events”"),
		({"Events": EVENTS[:1]}, "", "no row holds an event"),
		(
			{"Event types": [["Event type", "Target hours"], ["Contract signed", -48]]},
			"B2",
			"-48 is less than 0",
		),
		({"Event types": [["Event type", "Target hours"], ["Contract signed", "two"]]}, "B2", "not a number"),
		(
			{"Event types": [["Event type", "Clock"], ["Contract", ""]]},
			"B2",
			"not in the sheet “Event types”",
		),
		(
			{"Requirements": [["Event type", "Requirement", "Kind"], ["Contract signed", "R1", "Sign-off"]]},
			"2:2",
			"at least one department",
		),
		({"Shifts": [["Shift", "Working hours"], ["Night", "late"]]}, "B2", "no working hours"),
	],
)
def test_cells(sheets, cell, what, tmp_path, capsys):
	path = book(tmp_path / "b.xlsx", **sheets)
	status, said = ask(capsys, tmp_path, path)
	assert status == 1 and what in said
	line = next(x for x in said.splitlines() if what in x)
	assert not cell or f" {cell}:" in line
	assert ask(capsys, tmp_path, path, command="check")[0] == 1
	# in the other language there is a message as well
	main(["--lang", "zh", "check", str(path)])
	assert "问题" in capsys.readouterr().out


def test_all_problems_are_said_and_counted(tmp_path, capsys):
	rows = [EVENTS[0], *([str(n), "Contract signed", "never", "E1", ""] for n in range(3_000))]
	path = book(tmp_path / "b.xlsx", Events=rows)
	status, said = ask(capsys, tmp_path, path, "--json", command="check")
	found = json.loads(said[: said.rindex("}") + 1])
	assert status == 1 and found["errors"] == 3_000 and len(found["problems"]) == 1_000
	assert found["problems"][2] == {
		"file": "b.xlsx",
		"sheet": "Events",
		"row": 4,
		"cell": "C4",
		"what": "“never” is not a time.",
		"mend": "Write it like 2026-03-02 09:30, or name its form in a mapping (time_format).",
		"warning": False,
	}


def test_a_refused_step_is_a_remark_and_no_problem(tmp_path, capsys):
	path = book(
		tmp_path / "b.xlsx", Actions=[*ACTIONS, ["1", datetime(2026, 3, 2, 13), "Mark", "E2", "Redo"]]
	)
	status, said = ask(capsys, tmp_path, path, command="check")
	assert status == 0 and "[Actions] 3:3: This round was already marked" in said


def test_a_case_that_ends_before_it_begins(tmp_path, capsys):
	path = tmp_path / "cases.csv"
	path.write_text(
		"Order no,Start date,End date\nA,2026-03-02,2026-03-03\nB,2026-03-05,2026-03-04\nB,2026-03-05,\n"
	)
	status, said = ask(capsys, tmp_path, path, "--timezone", "UTC")
	assert status == 1 and "cases.csv C3: The case ends (2026-03-04 00:00:00) before it begins" in said


# --- workbooks ------------------------------------------------------------------------------------------


def test_dates_since_1904_are_read_as_what_they_are(tmp_path, capsys):
	path = book(tmp_path / "b.xlsx")
	plain = tmp_path / "plain.xlsx"
	plain.write_bytes(path.read_bytes())

	def shift(name, content):
		if name == "xl/workbook.xml":
			return re.sub(rb"<workbookPr(?=[ />])", b'<workbookPr date1904="1"', content)
		if name.startswith("xl/worksheets/"):
			# the same days, counted from 1904: 1462 fewer
			return re.sub(
				rb'(<c r="[A-Z]+\d+" s="[1-9]\d*"[^>]*><v>)([\d.]+)(</v>)',
				lambda m: m[1] + str(float(m[2]) - 1462).encode() + m[3],
				content,
			)
		return content

	rewritten(path, shift)
	assert path.read_bytes() != plain.read_bytes()
	answers = []
	for one in (plain, path):
		status, said = ask(capsys, tmp_path, one, "--json", command="check")
		assert status == 0, said
		answers.append(said)
	from perf_flow.replay.run import replay_files

	assert replay_files([path]).begins == replay_files([plain]).begins


def test_formulas_with_stored_values_are_their_values(tmp_path, capsys):
	path = book(tmp_path / "b.xlsx", Events=change(EVENTS, 2, 5, "=1+1"))

	def stored(name, content):
		return (
			content.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
			.replace(b"<f>1+1</f><v/>", b"<f>1+1</f><v>2</v>")
			.replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
		)

	assert ask(capsys, tmp_path, path)[0] == 1
	rewritten(path, stored)
	assert ask(capsys, tmp_path, path, command="check")[0] == 0


def test_a_sheet_of_a_hundred_thousand_columns(tmp_path, capsys):
	wide = [*EVENTS[0], *(f"x{n}" for n in range(100_000))]
	path = tmp_path / "events.csv"
	rows = [wide, *([*map(str, row), *(["y"] * 100_000)] for row in EVENTS[1:])]
	path.write_text("\n".join(",".join(row) for row in rows))
	tracemalloc.start()
	status, said = ask(capsys, tmp_path, path, "--timezone", "UTC", command="check")
	peak = tracemalloc.get_traced_memory()[1]
	tracemalloc.stop()
	assert status == 0 and "cells to the right of column" in said
	assert peak < 100_000_000


def test_a_workbook_with_cells_far_to_the_right(tmp_path, capsys):
	path = book(tmp_path / "b.xlsx")

	def far(name, content):
		cells = "".join(f'<c r="{_letters(n)}2"><v>1</v></c>' for n in range(10_000, 110_000)).encode()
		return (
			content.replace(b'</row><row r="3"', cells + b'</row><row r="3"')
			if b"SO-2" in content or b'r="3"' in content
			else content
		)

	rewritten(path, far)
	status, said = ask(capsys, tmp_path, path, command="check")
	assert status == 0 and "100000 cells to the right of column" in said


def _letters(column):
	from perf_flow.replay.xlsx import letter

	return letter(column)


def _damaged_workbooks(tmp_path):
	whole = book(tmp_path / "whole.xlsx").read_bytes()
	ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)
	return {
		"password.xlsx": (ole, "protected by a password"),
		"old.xls": (ole, "old .xls form"),
		"truncated.xlsx": (whole[: len(whole) // 2], "damaged or was not copied completely"),
		"cut.xlsx": (whole[:-30], "damaged or was not copied completely"),
		"empty.xlsx": (b"", "is empty (0 bytes)"),
		"text.xlsx": (b"Event,Event type\n1,2\n", "by its content it is a text file"),
		"book.csv": (whole, "by its content it is an Excel workbook"),
		"page.csv": (b"<html><body>log in first</body></html>", "by its content it is an XML file"),
		"picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(100), "none of the files that can be read"),
		"letter.pdf": (b"%PDF-1.7\n", "none of the files that can be read"),
		"notes.docx": (b"just text", "none of the files that can be read"),
		"empty.csv": (b"", "is empty (0 bytes)"),
		"nul.csv": (b"case id,activity,timestamp\n1,a\0,2026-01-01\n", "holds NUL bytes (line 2)"),
		"other.csv": ("Größe,Zeit\nä,ö\n".encode("latin-1"), "neither UTF-8 nor GBK (line 1)"),
		"endless.csv": (b"a,b\n" + b"x" * (17 << 20), "does not end"),
		"open.csv": (b'case id,activity,timestamp\n1,"' + b"a\n" * (1 << 20), "a quotation mark is missing"),
		"broken.xes": (b"<log><trace><event></trace></log>", "not well-formed XML in line 1"),
		"other.xes": (b"<?xml version='1.0'?><pnml/>", "begins with <pnml> instead of <log>"),
		"half.xes.gz": (gzip.compress(b"<log>" + bytes(str(list(range(9999))), "ascii"))[:200], "damaged"),
		"deep.xes": (b"<log><trace>" + b'<list key="a">' * 5000, "nested more than 200 deep"),
	}


@pytest.mark.parametrize(
	"name",
	[
		"password.xlsx",
		"old.xls",
		"truncated.xlsx",
		"cut.xlsx",
		"empty.xlsx",
		"text.xlsx",
		"book.csv",
		"page.csv",
		"picture.csv",
		"letter.pdf",
		"notes.docx",
		"empty.csv",
		"nul.csv",
		"other.csv",
		"endless.csv",
		"open.csv",
		"broken.xes",
		"other.xes",
		"half.xes.gz",
		"deep.xes",
	],
)
def test_files_that_cannot_be_read(name, tmp_path, capsys):
	content, what = _damaged_workbooks(tmp_path)[name]
	(tmp_path / "whole.xlsx").unlink()
	path = tmp_path / name
	path.write_bytes(content)
	status, said = ask(capsys, tmp_path, path)
	assert status == 2 and what in said and name in said
	assert len(said.strip().splitlines()) == 1


def test_files_that_are_not_there(tmp_path, capsys):
	status, said = ask(capsys, tmp_path, tmp_path / "no.csv")
	assert status == 2 and "There is no file no.csv" in said
	assert ask(capsys, tmp_path, tmp_path)[0] == 2


def test_workbooks_that_unpack_to_gigabytes(tmp_path, capsys):
	path = book(tmp_path / "b.xlsx")
	bomb = io.BytesIO()
	with zipfile.ZipFile(path) as archive, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as made:
		for info in archive.infolist():
			if info.filename != "xl/sharedStrings.xml":
				made.writestr(info.filename, archive.read(info))
		with made.open("xl/sharedStrings.xml", "w", force_zip64=True) as member:
			for _ in range(120):
				member.write(b" " * 1_000_000)
	path.write_bytes(bomb.getvalue())
	status, said = ask(capsys, tmp_path, path)
	assert status == 2 and "unpacks to more than" in said


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/worksheets/sheet3.xml", "xl/styles.xml"])
def test_workbooks_with_entities(member, tmp_path, capsys):
	path = book(tmp_path / "b.xlsx")
	entity = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

	def add(name, content):
		if name != member:
			return content
		head, _sep, rest = content.partition(b"?>") if content.startswith(b"<?xml") else (b"", b"", content)
		return (head + b"?>" if head else b"") + entity + rest

	rewritten(path, add)
	status, said = ask(capsys, tmp_path, path)
	assert status == 2 and "document type definition" in said


# --- event logs -----------------------------------------------------------------------------------------

LAUGHS = """<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><log><trace><string key="concept:name" value="&c;"/></trace></log>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE log SYSTEM "http://127.0.0.1:9/x.dtd"><log/>"""


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE])
def test_event_logs_with_entities_are_refused(text, tmp_path, capsys):
	path = tmp_path / "log.xes"
	path.write_text(text)
	status, said = ask(capsys, tmp_path, path)
	assert status == 2 and "defines entities or a document type (line 1)" in said


def xes(*events, name="1"):
	inside = "".join(f"<event>{e}</event>" for e in events)
	return f'<log><trace><string key="concept:name" value="{name}"/>{inside}</trace></log>'


@pytest.mark.parametrize(
	("text", "what"),
	[
		(xes('<date key="time:timestamp" value="yesterday"/>'), "“yesterday” is not a time"),
		(xes("<string key='concept:name' value='a'/>"), "The event has no time"),
		(
			xes(
				'<date key="time:timestamp" value="2026-01-01T00:00:00Z"/>',
				'<date key="time:timestamp" value="2026-01-02T00:00:00"/>',
			),
			"This time names no time zone",
		),
		('<log><event><date key="time:timestamp" value="2026-01-01"/></event></log>', "outside of any trace"),
		("<log></log>", "no row holds an event"),
	],
)
def test_event_logs_that_are_wrong(text, what, tmp_path, capsys):
	path = tmp_path / "log.xes"
	path.write_text(text)
	status, said = ask(capsys, tmp_path, path)
	assert status == 1 and what in said


@pytest.mark.parametrize(
	("text", "cell", "what"),
	[
		(LOG.replace("2026-03-03 09:00", "soon"), "C3", "“soon” is not a time"),
		(LOG.replace("2026-03-03 09:00", ""), "C3", "“timestamp” is empty"),
		(LOG.replace("2026-03-03 09:00", "2026-03-03T09:00Z"), "C3", "This time names a time zone"),
		(LOG.replace("2026-03-03 09:00", "9999-12-31 09:00"), "C3", "The year of “9999-12-31 09:00”"),
		(LOG + ",a,2026-03-03 09:00,x\n", "A5", "“case” is empty"),
		(LOG + "4,a\n", "C5", "The row has no column C"),
	],
)
def test_csv_logs_that_are_wrong(text, cell, what, tmp_path, capsys):
	path = tmp_path / "log.csv"
	path.write_text(text)
	status, said = ask(capsys, tmp_path, path, "--timezone", "UTC", "--yes")
	assert status == 1 and f"log.csv {cell}: {what}" in said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_line_ends(encoding, newline, delimiter, tmp_path, capsys):
	text = "案例编号,活动,时间,资源\n一号,签约,2026-03-02 09:00,张伟\n一号,完成,2026-03-03 09:00,李娜\n"
	path = tmp_path / "日志.csv"
	path.write_bytes(text.replace(",", delimiter).replace("\n", newline).encode(encoding))
	status, said = ask(capsys, tmp_path, path, "--timezone", "Asia/Shanghai", "--json", "-q", command="check")
	assert status == 0 and json.loads(said)["rows"] == 2


def test_columns_that_nobody_can_guess(tmp_path, capsys, monkeypatch):
	monkeypatch.setattr(sys, "stdin", io.StringIO(""))
	path = tmp_path / "odd.csv"
	path.write_text("foo,bar,baz\n1,2026-01-01,x\n")
	status, said = ask(capsys, tmp_path, path, "--timezone", "UTC")
	assert status == 2 and "perf-flow map odd.csv --out map.yaml" in said
	mapping = tmp_path / "map.yaml"
	mapping.write_text("columns: {case: foo, timestamp: bar}\n")
	assert ask(capsys, tmp_path, path, "--timezone", "UTC", "--map", mapping, command="check")[0] == 0
	for text, what in (
		("columns: {case: foo, timestamp: qux}", "has no such column. It has: foo, bar, baz"),
		("columns: {case: foo}", "does not say which column holds “timestamp”"),
		("columns: {kase: foo}", "“kase” in the mapping map.yaml is not known"),
		("shape: round", "must be activities or cases"),
		("{", "not valid YAML"),
		("a: &a [1]\nb: *a", "no mapping"),
		("- 1", "no mapping"),
		("target_hours: -1", "above 0"),
	):
		mapping.write_text(text)
		status, said = ask(capsys, tmp_path, path, "--timezone", "UTC", "--map", mapping)
		assert status == 2 and what in said, said


@pytest.mark.parametrize(
	("header", "answer", "status"),
	[
		("case id,activity,timestamp,resource", "y\n", 0),
		("case id,activity,timestamp,resource", "\n", 2),
		("案例,活动,时间,资源", "是\n", 0),
		("case:concept:name,concept:name,time:timestamp,org:resource", None, 0),
	],
)
def test_on_a_terminal_the_guess_is_asked_about(header, answer, status, tmp_path, capsys, monkeypatch):
	class Terminal(io.StringIO):
		def isatty(self):
			return True

		def readline(self, *_):
			assert answer is not None, "nobody is asked about the columns of the standard"
			return answer

	monkeypatch.setattr(sys, "stdin", Terminal())
	path = tmp_path / "log.csv"
	path.write_text(LOG.replace("case id,activity,timestamp,resource", header))
	found, said = ask(capsys, tmp_path, path, "--timezone", "UTC", command="check")
	assert found == status and ("Is that right?" in said) == (answer is not None)
	assert f"Case: {header.split(',')[0]} (" in said


def test_rules_that_are_none(tmp_path, capsys):
	log, rules = tmp_path / "log.csv", tmp_path / "rules.yaml"
	log.write_text(LOG)
	for text, what in (
		("colours: []", "“colours” in the rules rules.yaml is not known"),
		("people: 7", "must be a list of entries"),
		("!!python/object/apply:os.system [x]", "not valid YAML"),
	):
		rules.write_text(text)
		status, said = ask(capsys, tmp_path, log, "--rules", rules)
		assert status == 2 and what in said, said
	rules.write_text("settings: {timezone: Nowhere}")
	status, said = ask(capsys, tmp_path, log, "--rules", rules, "--yes")
	assert status == 1 and "no time zone “Nowhere”" in said


# --- the command line -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
	"arguments",
	[["replay"], ["replay", "x.csv"], ["fly"], ["check"], ["replay", "x.csv", "--out"], ["template"]],
)
def test_wrong_usage_is_2(arguments, capsys):
	assert main(arguments) == 2
	assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_help_is_told_in_both_languages(lang, capsys):
	for command in ([], ["replay"], ["check"], ["map"], ["template"], ["demo"]):
		with pytest.raises(SystemExit) as stopped:
			main([*command, "--help", "--lang", lang] if command else ["--lang", lang, "--help"])
		assert stopped.value.code == 0
		said = capsys.readouterr().out
		assert ("退出码" in said) == (lang == "zh")


def test_a_folder_in_use_is_left_alone(tmp_path, capsys):
	(tmp_path / "brief").mkdir()
	(tmp_path / "brief" / "mine.txt").write_text("mine")
	path = book(tmp_path / "b.xlsx")
	assert main(["--lang", "en", "replay", str(path), "--out", str(tmp_path / "brief")]) == 2
	assert "--force" in capsys.readouterr().err
	assert [p.name for p in (tmp_path / "brief").iterdir()] == ["mine.txt"]


def test_an_existing_workbook_is_not_overwritten(tmp_path, capsys):
	path = tmp_path / "x.xlsx"
	path.write_text("mine")
	assert main(["--lang", "en", "template", str(path)]) == 2
	assert path.read_text() == "mine"
	assert main(["--lang", "en", "template", str(path), "--force"]) == 0


def test_the_template_is_in_order(tmp_path, capsys):
	for lang in ("en", "zh"):
		path = tmp_path / f"{lang}.xlsx"
		path.write_bytes(template(lang))
		status, said = ask(capsys, tmp_path, path, "--json", command="check")
		assert status == 0 and json.loads(said)["warnings"] == 0
		pages = openpyxl.load_workbook(path)
		assert ("事件" if lang == "zh" else "Events") in pages.sheetnames


def test_as_a_program(tmp_path):
	path = tmp_path / "log.csv"
	path.write_text(LOG)
	run = subprocess.run(
		[sys.executable, "-m", "perf_flow.replay", "check", str(path), "--timezone", "UTC", "--json", "-q"],
		capture_output=True,
		text=True,
		cwd=ROOT,
		stdin=subprocess.DEVNULL,
	)
	assert run.returncode == 0 and json.loads(run.stdout)["events"] == 2 and run.stderr == ""
