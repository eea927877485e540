"""Importing a score sheet of 700 people with 12 sub-dimensions each, beside Frappe's own Data Import of the same goals.

	python3 -m benchmarks.score_import SITE [--people 700] [--items 12]

SITE must have the app and may be thrown away afterwards: employees, KRAs and goals are made and committed. Both ways
make the same goals by the same document class, each in a process of its own, first one and then the other on as many
goals; what the first left is deleted by SQL before the second. Timed is from the bytes of the workbook to the commit,
memory is the most the process held. Data Import gets what it needs: one row for each goal, with names of records instead
of words, which somebody has to make of the sheet first; it commits row by row and cannot be taken back.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import platform
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

WAYS = ("preview", "import", "data import", "take back")
MARK = "Bench"


# --- in the bench's Python ----------------------------------------------------------------------------------


def make_people(count: int) -> None:
	"""Active employees without logins, those that are missing."""
	import frappe

	company = frappe.get_all("Company", pluck="name", limit=1)[0]
	there = set(
		frappe.get_all("Employee", filters={"employee_number": ["like", "SB%"]}, pluck="employee_number")
	)
	for n in range(count):
		number = f"SB{n:04d}"
		if number in there:
			continue
		frappe.get_doc(
			{
				"doctype": "Employee",
				"first_name": f"{MARK} {n:04d}",
				"employee_number": number,
				"company": company,
				"gender": frappe.get_all("Gender", pluck="name", limit=1)[0],
				"date_of_birth": "1990-01-01",
				"date_of_joining": "2020-01-01",
				"status": "Active",
			}
		).insert(ignore_permissions=True)
	frappe.db.commit()


def sheet(people: int, items: int) -> bytes:
	"""The sheet as people have it: a row for each person and sub-dimension, merged, with totals."""
	import openpyxl

	book = openpyxl.Workbook()
	page = book.active
	page.append(["2026年第三季度绩效考核表"])
	page.append(
		["姓名", "工号", "维度", "考核指标", "权重", "目标值", "计分标准", "数据来源", "得分", "评语"]
	)
	weights = [100 // items] * (items - 1)
	weights.append(100 - sum(weights))
	for n in range(people):
		first = page.max_row + 1
		for i, weight in enumerate(weights):
			page.append(
				[
					f"{MARK} {n:04d}" if not i else None,
					f"SB{n:04d}" if not i else None,
					f"维度{i // 4}" if i % 4 == 0 else None,
					f"{MARK} 指标 {i:02d}",
					f"{weight}%",
					"≥95%",
					"每低 1% 扣 2 分",
					"销售订单",
					88,
					None,
				]
			)
		for column in (1, 2):
			page.merge_cells(start_row=first, start_column=column, end_row=page.max_row, end_column=column)
		page.append(["合计", None, None, None, "100%", None, None, None, 88, None])
	out = io.BytesIO()
	book.save(out)
	return out.getvalue()


def clear() -> None:
	"""What either way made."""
	import frappe

	for doctype, column in (("Goal", "goal_name"), ("KRA", "title")):
		frappe.db.sql(f"delete from `tab{doctype}` where `{column}` like %s", f"{MARK} %")
	frappe.db.delete("Score Sheet Import")
	frappe.db.delete("File", {"attached_to_doctype": "Score Sheet Import"})
	frappe.db.commit()


OPTIONS = json.dumps({"parts": {"types": False}})


def plan_of(data: bytes) -> Any:
	from perf_flow.flow import score_plan

	return score_plan.make_plan(data, score_plan.options_of(OPTIONS), "Administrator")


def by_import(data: bytes) -> None:
	"""As the page does it for a large sheet: noted, then done by a worker."""
	import frappe

	from perf_flow.flow import score_import

	seen = plan_of(data).seen()
	begun = time.perf_counter()
	name = score_import.start("sheet.xlsx", data, OPTIONS, seen, "Administrator")
	frappe.db.commit()
	score_import.work(name)
	took = time.perf_counter() - begun
	assert frappe.db.get_value("Score Sheet Import", name, "state") == "Imported"
	report(took)


def by_data_import(people: int, items: int) -> None:
	"""Frappe's Data Import of the same goals; the KRAs are there."""
	import frappe
	from frappe.core.doctype.data_import.importer import Importer

	for i in range(items):
		frappe.get_doc({"doctype": "KRA", "title": f"{MARK} 指标 {i:02d}"}).insert(ignore_if_duplicate=True)
	employees = dict(
		frappe.get_all(
			"Employee",
			filters={"employee_number": ["like", "SB%"]},
			fields=["employee_number", "name"],
			as_list=True,
		)
	)
	fields = (
		"employee",
		"goal_name",
		"kra",
		"start_date",
		"end_date",
		"perf_flow_dimension",
		"perf_flow_weight",
		"perf_flow_target",
		"perf_flow_source",
	)
	rows = io.StringIO()
	writer = csv.writer(rows)
	writer.writerow(fields)
	for n in range(people):
		for i in range(items):
			name = f"{MARK} 指标 {i:02d}"
			employee = employees[f"SB{n:04d}"]
			dimension = f"维度{i // 4}"
			writer.writerow(
				[employee, name, name, "2026-07-01", "2026-09-30", dimension, 8, "≥95%", "销售订单"]
			)
	file = frappe.get_doc(
		{
			"doctype": "File",
			"file_name": "bench-goals.csv",
			"is_private": 1,
			"content": rows.getvalue().encode(),
		}
	).insert()
	job = frappe.get_doc(
		{
			"doctype": "Data Import",
			"reference_doctype": "Goal",
			"import_type": "Insert New Records",
			"import_file": file.file_url,
		}
	).insert()
	frappe.db.commit()
	begun = time.perf_counter()
	Importer("Goal", data_import=job, file_path=file.file_url).import_data()
	frappe.db.commit()
	report(time.perf_counter() - begun)
	file.delete()


def report(took: float) -> None:
	"""Seconds and the most memory, for the process that asked."""
	import frappe

	print(
		"RESULT",
		json.dumps(
			{
				"seconds": took,
				"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
				"goals": frappe.db.count("Goal", {"goal_name": ["like", f"{MARK} %"]}),
			}
		),
	)


def measure(site: str, way: str, people: int, items: int) -> None:
	"""One way, in this process."""
	import frappe

	frappe.init(site=site, sites_path=".")
	frappe.connect()
	frappe.flags.in_test = True  # nothing is handed to a queue: the worker's function is called here
	frappe.flags.mute_emails = True
	if way == "prepare":
		make_people(people)
		clear()
	elif way == "preview":
		data = sheet(people, items)
		begun = time.perf_counter()
		plan = plan_of(data)
		took = time.perf_counter() - begun
		assert len(plan.goals) == people * items and not plan.errors
		report(took)
	elif way == "import":
		by_import(sheet(people, items))
	elif way == "data import":
		clear()
		by_data_import(people, items)
		clear()
	else:
		from perf_flow.flow import score_import

		name = frappe.db.get_value("Score Sheet Import", {"state": "Imported"})
		begun = time.perf_counter()
		score_import.undo(name, "Administrator")
		frappe.db.commit()
		score_import.work(name)
		took = time.perf_counter() - begun
		assert frappe.db.get_value("Score Sheet Import", name, "state") == "Undone"
		report(took)
	frappe.destroy()


# --- outside ------------------------------------------------------------------------------------------------


def main() -> int:
	"""Run each way in a process of its own and print the table."""
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("site")
	parser.add_argument("--people", type=int, default=700)
	parser.add_argument("--items", type=int, default=12, help="sub-dimensions of each person")
	told = parser.parse_args()
	from scripts.bench import needed_bench
	from scripts.machine import REPO, Failure

	results: dict[str, Any] = {}
	try:
		bench = needed_bench()
		for way in ("prepare", "preview", "import", "take back", "data import"):
			argv = [bench.python, str(REPO / "benchmarks" / "score_import.py"), "--inside", told.site, way]
			done = bench.run(
				[*argv, str(told.people), str(told.items)], quiet=True, env={"PYTHONPATH": str(REPO)}
			)
			for line in done.stdout.splitlines():
				if line.startswith("RESULT "):
					results[way] = json.loads(line.removeprefix("RESULT "))
			print(way, results.get(way, ""), flush=True)
	except Failure as problem:
		print(problem)
		return 1
	base = results["data import"]
	print(f"\n{date.today()}, {platform.machine()}\n")
	print("| way | seconds | times | memory, MB | times |\n|---|---|---|---|---|")
	for way in WAYS:
		r = results[way]
		print(
			f"| {way} | {r['seconds']:.1f} | {r['seconds'] / base['seconds']:.2f} "
			f"| {r['mb']:.0f} | {r['mb'] / base['mb']:.2f} |"
		)
	return 0


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		sys.path[0] = str(Path(__file__).resolve().parent.parent)
		measure(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
	else:
		sys.exit(main())
