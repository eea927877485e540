"""Event logs: counts, durations and shares agree with an independent calculation in pandas; nothing but a typed error
comes out of whatever is read."""

from __future__ import annotations

import csv
import gzip
import io
import random
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perf_flow.engine.brief import Kind
from perf_flow.engine.errors import FlowError
from perf_flow.replay import mapping as m
from perf_flow.replay.problems import Refused, Unreadable, WrongUse
from perf_flow.replay.run import Options, replay, replay_files

BASE = datetime(2026, 1, 1, tzinfo=timezone.utc)
# what XML and CSV can hold, and what a spreadsheet would trip over
NAMES = st.text(
	st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"),
	min_size=1,
	max_size=8,
).filter(lambda s: s.strip() and "\r" not in s)
MOMENTS = st.builds(
	lambda us, zone: (BASE + timedelta(microseconds=us)).astimezone(timezone(timedelta(minutes=zone))),
	# close to the 48 hours more often than not
	st.one_of(st.integers(0, 400 * 3_600_000_000), st.sampled_from([0, 172_800_000_000, 172_800_000_001])),
	st.sampled_from([0, 0, 480, -330, 840]),
)
EVENTS = st.lists(st.tuples(NAMES, NAMES, MOMENTS, st.one_of(st.just(""), NAMES)), min_size=1, max_size=40)


def with_repeats(events, seed):
	"""The events again under the names of the first few, so that cases have several."""
	choose = random.Random(seed)
	cases = [e[0] for e in events[:5]]
	return [(choose.choice(cases), *e[1:]) for e in events]


def as_csv(
	events, path: Path, header=("case:concept:name", "concept:name", "time:timestamp", "org:resource")
):
	with path.open("w", encoding="utf-8", newline="") as file:
		writer = csv.writer(file)
		writer.writerow(header)
		for case, activity, moment, resource in events:
			writer.writerow([case, activity, moment.isoformat(), resource])
	return path


def as_xes(events, path: Path):
	by_case: dict[str, list] = {}
	for event in events:
		by_case.setdefault(event[0], []).append(event)
	lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<log xmlns="http://www.xes-standard.org/">']
	lines.append('<global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>')
	lines.append('<classifier name="a" keys="concept:name"/>')
	for case, inside in by_case.items():
		lines.append(f'<trace><string key="concept:name" value={quoteattr(case)}>')
		# nested attributes are not the trace's own
		lines.append('<string key="concept:name" value="nested"/></string>')
		for _case, activity, moment, resource in inside:
			lines.append(
				f'<event><string key="concept:name" value={quoteattr(activity)}/>'
				f'<list key="more"><values><date key="time:timestamp" value="1999-01-01T00:00:00Z"/></values></list>'
				f'<date key="time:timestamp" value="{moment.isoformat()}"/>'
				f'<string key="org:resource" value={quoteattr(resource)}/></event>'
			)
		lines.append("</trace>")
	lines.append("</log>")
	text = "\n".join(lines).encode("utf-8")
	path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
	return path


def independent(events):
	"""The same by pandas: cases, hours in order, and how many within 48 hours."""
	frame = pd.DataFrame(
		{
			"case": [e[0] for e in events],
			"at": pd.to_datetime([e[2].isoformat() for e in events], utc=True, format="ISO8601"),
		}
	)
	found = frame.groupby("case")["at"].agg(["min", "max"])
	apart = found["max"] - found["min"]
	hours = (apart / pd.Timedelta(hours=1)).sort_values()
	return len(found), hours, int((apart <= pd.Timedelta(hours=48)).sum())


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(EVENTS, st.integers(0, 99))
@pytest.mark.parametrize("name", ["log.csv", "log.xes", "log.xes.gz"])
def test_logs_agree_with_pandas(name, events, seed):
	events = with_repeats(events, seed)
	with tempfile.TemporaryDirectory() as folder:
		path = (as_csv if name.endswith("csv") else as_xes)(events, Path(folder) / name)
		brief = replay_files([path])
	cases, hours, in_time = independent(events)
	assert brief.kind is Kind.LOG
	assert brief.inputs.rows == len(events)
	assert brief.total.events == brief.total.closing.count == cases
	assert brief.total.health.closed_in_time == in_time
	assert brief.total.health.closed_late == cases - in_time
	assert brief.total.closing.median == pytest.approx(hours.median(), abs=1e-9)
	assert brief.total.closing.mean == pytest.approx(hours.mean(), abs=1e-9)
	assert brief.total.closing.p90 == pytest.approx(sorted(hours)[-(-9 * cases // 10) - 1], abs=1e-9)
	assert brief.total.health.percent == pytest.approx(100 * in_time / cases)
	assert brief.broken_total == cases - in_time


def test_a_large_log_agrees_with_pandas_case_by_case(tmp_path):
	choose = random.Random(3)
	events = [
		(f"C{choose.randrange(2_000)}", "a", BASE + timedelta(seconds=choose.randrange(900_000)), "x")
		for _ in range(20_000)
	]
	cases, hours, in_time = independent(events)
	halves = [as_csv(events[:9_000], tmp_path / "one.csv"), as_csv(events[9_000:], tmp_path / "two.csv")]
	for paths in (halves, [as_xes(events, tmp_path / "log.xes")]):
		brief = replay_files(paths)
		assert brief.total.events == cases and brief.total.health.closed_in_time == in_time
		worst = [chain.hours_late + 48 for chain in brief.broken[:100]]
		assert worst == pytest.approx(list(hours[::-1][:100]), abs=1e-9)


@pytest.mark.parametrize(
	"header",
	[
		("case:concept:name", "concept:name", "time:timestamp", "org:resource"),
		("case_id", "activity", "timestamp", "resource"),
		("Case ID", "Activity", "Complete Timestamp", "Resource"),
		("CaseID", "Event Name", "End Time", "User"),
		("案例", "活动", "时间", "资源"),
		("案例编号", "活动名称", "时间戳", "经办人"),
	],
)
def test_usual_headings_are_known_beyond_doubt(header, tmp_path):
	from perf_flow.replay.tables import tables

	path = as_csv(
		[("1", "a", BASE, "x"), ("1", "b", BASE + timedelta(hours=3), "y")], tmp_path / "log.csv", header
	)
	guess = m.guess(tables(path)[0])
	assert guess.sure and guess.mapping.shape == m.ACTIVITIES
	assert guess.mapping.columns == dict(
		zip(("case", "activity", "timestamp", "resource"), header, strict=True)
	)
	assert replay_files([path]).total.closing.median == 3.0


def test_times_without_a_zone_are_read_as_utc_or_as_told(tmp_path):
	path = tmp_path / "log.csv"
	# the night of the 29th the clocks in Berlin go from 2 to 3
	path.write_text("case,activity,timestamp\n1,a,2026-03-28 12:00\n1,b,2026-03-29 12:00\n")
	unsaid = replay_files([path])
	assert unsaid.total.closing.median == 24.0 and unsaid.timezone == "UTC"
	assert any("read as UTC" in note.template for note in unsaid.notes)
	told = replay_files([path], timezone="UTC")
	assert not any("read as UTC" in note.template for note in told.notes)
	assert replay_files([path], timezone="Europe/Berlin").total.closing.median == 23.0
	assert replay_files([path], timezone="Asia/Shanghai").total.closing.median == 24.0
	with pytest.raises(WrongUse, match="no time zone"):
		replay_files([path], timezone="Berlin")


def test_end_activities_and_open_cases(tmp_path):
	path = tmp_path / "log.csv"
	path.write_text(
		"case,activity,timestamp\n1,a,2026-03-01\n1,closed,2026-03-02\n1,closed,2026-03-08\n2,a,2026-03-01\n3,a,2026-03-07\n"
	)
	mapping = m.Mapping(
		columns={"case": "case", "activity": "activity", "timestamp": "timestamp"}, end_activities=("closed",)
	)
	health = replay_files([path], mapping=mapping, timezone="UTC").total.health
	assert (health.closed_in_time, health.late_open, health.running) == (1, 1, 1)


def test_cases_of_a_customers_own_workbook(tmp_path):
	openpyxl = pytest.importorskip("openpyxl")
	book = openpyxl.Workbook()
	page = book.active
	page.title = "订单"
	page.append(["2026 年第一季度", None, None])
	page.append(["订单号", "下单时间", "完成时间", "部门", "负责人"])
	page.append(["A1", datetime(2026, 3, 2, 9), datetime(2026, 3, 3, 9), "销售", "周婷"])
	page.append(["A2", datetime(2026, 3, 2, 9), datetime(2026, 3, 9, 9), "销售", "周婷"])
	page.append(["A3", datetime(2026, 3, 9, 8), None, "质量", "李敏"])
	book.save(tmp_path / "q1.xlsx")
	brief = replay_files([tmp_path / "q1.xlsx"], timezone="Asia/Shanghai")
	health = brief.total.health
	assert (health.closed_in_time, health.closed_late, health.running) == (1, 1, 1)
	assert {g.key for g in brief.departments} == {"销售", "质量"}
	assert [f.events for f in brief.first] == [2, 1] or [f.events for f in brief.first] == [1, 2]


def test_working_hours_of_the_rules(tmp_path):
	path, rules = tmp_path / "log.csv", tmp_path / "rules.yaml"
	# from Friday morning to Monday noon: 75 hours, 13 of them worked
	path.write_text("case,activity,timestamp\n1,a,2026-03-06 08:00\n1,b,2026-03-09 12:00\n")
	rules.write_text(
		"settings: {time zone: UTC, clock: Working hours, target hours: 13, working days: 1-5,"
		" working hours: '08:00-17:00'}\n"
	)
	assert replay_files([path], rules=rules).total.health.closed_in_time == 1
	rules.write_text(rules.read_text().replace("13", "12.99"))
	assert replay_files([path], rules=rules).total.health.closed_late == 1


def test_rules_in_chinese_with_parts_inside_their_type(tmp_path):
	events, rules = tmp_path / "事件.csv", tmp_path / "规则.yaml"
	events.write_text("事件编号,事件类型,发生时间,责任人\n1,签约,2026-03-02 09:00,E1\n", "utf-8")
	(tmp_path / "动作.csv").write_text(
		"事件编号,时间,动作,内容\n1,2026-03-02 10:00,提供证据,a.pdf\n", "utf-8"
	)
	rules.write_text(
		"设置: {时区: Asia/Shanghai}\n节假日: [{日期: 2026-05-01}]\n人员: [{工号: E1, 直接上级: E2}, {工号: E2, 部门: 销售部}]\n"
		"事件类型:\n  - 事件类型: 签约\n    证据要求: [{要求编号: R1, 方式: 文件}]\n    协作方: [{部门: 销售部}]\n",
		"utf-8",
	)
	brief = replay_files([events, tmp_path / "动作.csv"], rules=rules)
	assert brief.inputs.steps == 1 and brief.total.complete == 1
	assert brief.managers[0].key == "E2" and brief.total.health.running == 1


def test_epoch_and_named_forms(tmp_path):
	path = tmp_path / "log.csv"
	path.write_text("case,activity,timestamp\n1,a,1772442000000\n1,b,1772449200000\n")
	columns = {"case": "case", "timestamp": "timestamp"}
	brief = replay_files([path], mapping=m.Mapping(columns=columns, time_format="epoch_ms"))
	assert brief.total.closing.median == 2.0
	path.write_text("case,activity,timestamp\n1,a,02/03/2026 09.30\n1,b,03/03/2026 09.30\n")
	mapping = m.Mapping(columns=columns, time_format="%d/%m/%Y %H.%M", timezone="Asia/Shanghai")
	assert replay_files([path], mapping=mapping).begins == datetime(2026, 3, 2, 1, 30, tzinfo=timezone.utc)


def test_a_guess_written_as_yaml_is_a_mapping(tmp_path):
	from perf_flow.replay.language import speaker
	from perf_flow.replay.tables import tables

	path = as_csv(
		[("1", "a: #b", BASE, "x")], tmp_path / "log.csv", ("Case: no. #", "activity", "timestamp", "- who")
	)
	for lang in ("en", "zh"):
		text = m.to_yaml(m.guess(tables(path)[0]), speaker(lang))
		(tmp_path / "map.yaml").write_text(text, "utf-8")
		read = m.read(tmp_path / "map.yaml")
		assert read.columns["case"] == "Case: no. #" and read.columns["timestamp"] == "timestamp"
		assert replay([path], Options(mapping=read)).brief.total.events == 1


# --- whatever comes -------------------------------------------------------------------------------------

CSV_START = b"case,activity,timestamp\n1,a,2026-03-01T00:00:00Z\n"
XES_START = b'<log><trace><string key="concept:name" value="1"/><event><date key="time:timestamp" value="2026-03-01T00:00:00Z"/></event></trace></log>'


def workbook_bytes():
	from perf_flow.replay.template import template

	return template("en")


@st.composite
def damaged(draw, whole: bytes):
	"""Bytes of a good file with some of them changed, left out or added."""
	content = bytearray(whole)
	for _ in range(draw(st.integers(1, 6))):
		at = draw(st.integers(0, max(len(content) - 1, 0)))
		kind = draw(st.integers(0, 3))
		if kind == 0 and content:
			content[at] = draw(st.integers(0, 255))
		elif kind == 1:
			content[at : at + draw(st.integers(0, 40))] = b""
		elif kind == 2:
			content[at:at] = draw(st.binary(max_size=20))
		else:
			content[at:at] = draw(
				st.sampled_from([b'"', b"<", b"&a;", b"\xff\xfe", b"\r", b"\0", b"]]>", b"'=", b"9" * 400])
			)
	return bytes(content)


def attempt(path: Path):
	"""Replay; nothing but the typed errors may come out."""
	try:
		replay([path], Options(timezone="UTC", confirm=lambda table, guess: guess.mapping))
	except (Unreadable, WrongUse, Refused) as e:
		assert e.message


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged(CSV_START))
def test_damaged_csv(content):
	with tempfile.TemporaryDirectory() as folder:
		path = Path(folder) / "log.csv"
		path.write_bytes(content)
		attempt(path)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged(XES_START))
def test_damaged_xes(content):
	with tempfile.TemporaryDirectory() as folder:
		path = Path(folder) / "log.xes"
		path.write_bytes(content)
		attempt(path)


WHOLE = workbook_bytes()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(damaged(WHOLE), st.data()))
def test_damaged_workbooks(given_):
	import zipfile

	if isinstance(given_, bytes):
		content = given_
	else:
		# a good archive with a damaged part
		with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
			members = {i.filename: archive.read(i) for i in archive.infolist()}
		name = given_.draw(st.sampled_from(sorted(members)))
		members[name] = given_.draw(damaged(members[name]))
		made = io.BytesIO()
		with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
			for other, inside in members.items():
				archive.writestr(other, inside)
		content = made.getvalue()
	with tempfile.TemporaryDirectory() as folder:
		path = Path(folder) / "book.xlsx"
		path.write_bytes(content)
		attempt(path)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_mapping_or_rules(text):
	with tempfile.TemporaryDirectory() as folder:
		log, other = Path(folder) / "log.csv", Path(folder) / "other.yaml"
		log.write_bytes(CSV_START)
		other.write_text(text, "utf-8")
		for use in (lambda: m.read(other), lambda: replay([log], Options(rules=other))):
			try:
				use()
			except FlowError as e:
				assert e.message


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text):
	from perf_flow.replay.moments import BadTime, parse

	try:
		assert isinstance(parse(text), datetime)
	except BadTime as e:
		assert e.message
