"""A backtest over many documents: seconds and memory, against reading the same documents by Frappe's own means.

	python3 -m benchmarks.backtest SITE [--documents 100000]

SITE must have the app and may be thrown away afterwards: one Sales Order is made by the real documents and copied by
SQL, its rows with it, over the last two years. Each measurement runs in a process of its own, first over a tenth of
the documents and then over all, so that it shows whether memory grows with them. The reader that it is compared with
does ``frappe.get_list`` for the names, a page at a time, and ``frappe.get_doc`` for each: what a script would do.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

SEED_TYPE = "Benchmark backtest"
MARK = "BACKTEST-BENCHMARK"
PAGE = 500


# --- in the bench's Python ------------------------------------------------------------------------------


def inside(site: str, what: str, number: int) -> None:
	"""One measurement of every so manieth document, printed as JSON; ``fill`` makes so many."""
	import frappe

	frappe.init(site=site)
	frappe.connect()
	frappe.set_user("Administrator")
	if what == "fill":
		print(json.dumps({"documents": fill(number)}))
		return
	before = peak()
	begun = time.perf_counter()
	answer = backtest(number) if what == "backtest" else by_frappe(number)
	answer.update(seconds=time.perf_counter() - begun, before_mb=before, peak_mb=peak())
	print(json.dumps(answer))


def peak() -> float:
	"""The most memory this process ever held, in MB."""
	return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill(documents: int) -> int:
	"""So many submitted orders with a sales team, three items each, and people behind them; made once."""
	import frappe

	from tests.site import world

	found = frappe.db.count("Sales Order", {"po_no": MARK})
	if found >= documents:
		return found
	crew = world.people()
	base = world.order(crew["anna"], po_no="BASE")
	base.reload()
	for table, where in (
		("Sales Order", f"b.name = '{base.name}'"),
		("Sales Order Item", f"b.parent = '{base.name}'"),
		("Sales Team", f"b.parent = '{base.name}' and b.parenttype = 'Sales Order'"),
	):
		columns = frappe.db.get_table_columns(table)
		made = "timestamp(now() - interval (s.seq * 7919 % (720 * 24)) hour)"
		values = {
			"creation": made,
			"modified": f"{made} + interval 1 hour",
			"po_no": f"'{MARK}'",
			"name": "concat('BT-', s.seq)"
			if table == "Sales Order"
			else "concat('BT-', s.seq, '-', b.idx, '-', c.seq)",
			"parent": "concat('BT-', s.seq)",
		}
		chosen = ", ".join(values[c] if c in values else f"b.`{c}`" for c in columns)
		times_ = "seq_1_to_3" if table == "Sales Order Item" else "seq_1_to_1"
		for start in range(1, documents + 1, 10_000):
			end = min(start + 9_999, documents)
			frappe.db.sql(
				f"""insert ignore into `tab{table}` ({", ".join(f"`{c}`" for c in columns)})
				select {chosen} from `tab{table}` b, seq_{start}_to_{end} s, {times_} c where {where}"""
			)
			frappe.db.commit()
	for table in ("Sales Order", "Sales Order Item", "Sales Team"):
		frappe.db.sql_ddl(f"analyze table `tab{table}`")
	return int(frappe.db.count("Sales Order", {"po_no": MARK}))


def backtest(every: int) -> dict[str, Any]:
	"""The job as the worker runs it."""
	import frappe

	from perf_flow.flow import backtest as working
	from tests.site import world

	working._enqueue = lambda name: None
	doc = frappe.get_doc(
		{
			"doctype": "Business Event Type",
			"title": SEED_TYPE,
			"reference_doctype": "Sales Order",
			"trigger": "Submitted",
			"filters": json.dumps(_chosen(every)),
			"recipients": [{"source": "Sales Team"}, {"source": "Document Owner"}],
			"requirements": [
				{"label": "Paper", "kind": "File", "obligation": "Mandatory"},
				{
					"label": "Delivery",
					"kind": "Field",
					"fieldname": "delivery_date",
					"obligation": "Mandatory",
				},
			],
			"collaborators": [
				{
					"label": "Quality",
					"source": "Department Head",
					"department": world.department("Quality Assurance"),
					"required": 1,
				}
			],
			"mark_required": 1,
			"evidence_hours": 48,
			"mark_hours": 48,
			"confirmation_hours": 48,
			"target_hours": 48,
		}
	)
	name = working.start(doc, working.MOST_DAYS)
	frappe.db.commit()
	working.carry_out(name)
	run = frappe.db.get_value(working.RUN, name, ["state", "done", "events", "problem"], as_dict=True)
	assert run.state == "Finished", run
	return {"documents": run.done, "events": run.events}


def _chosen(every: int) -> list[list[Any]]:
	"""All of the documents, or every tenth."""
	wanted = [["Sales Order", "po_no", "=", MARK]]
	return wanted if every == 1 else [*wanted, ["Sales Order", "name", "like", "BT-%0"]]


def by_frappe(every: int) -> dict[str, Any]:
	"""The same documents, each read whole."""
	import frappe

	read, start = 0, 0
	while True:
		names = frappe.get_list(
			"Sales Order",
			filters=_chosen(every),
			pluck="name",
			order_by="name",
			start=start,
			page_length=PAGE,
		)
		if not names:
			return {"documents": read}
		for name in names:
			frappe.get_doc("Sales Order", name)
			read += 1
		start += PAGE
		# what a request remembers would grow with the documents
		frappe.db.rollback()


# --- outside ---------------------------------------------------------------------------------------------


def main() -> int:
	parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
	parser.add_argument("site")
	parser.add_argument("--documents", type=int, default=100_000)
	told = parser.parse_args()
	from scripts.bench import needed_bench
	from scripts.machine import REPO, Failure

	try:
		bench = needed_bench()

		def measure(what: str, number: int) -> dict[str, Any]:
			argv = [bench.python, str(REPO / "benchmarks" / "backtest.py"), "--inside", told.site]
			done = bench.run([*argv, what, str(number)], quiet=True, env={"PYTHONPATH": str(REPO)})
			return dict(json.loads(done.stdout.strip().splitlines()[-1]))

		measure("fill", told.documents)
		print(f"{date.today()}\n")
		print("| documents | by | seconds | ms each | times | MB at the start | MB at most |")
		print("|---|---|---|---|---|---|---|", flush=True)
		for every in (10, 1):
			theirs = measure("frappe", every)
			ours = measure("backtest", every)
			if ours["documents"] != theirs["documents"]:
				raise Failure(f"Not the same documents: {ours}, {theirs}")
			for by, found in (("get_list + get_doc", theirs), ("backtest", ours)):
				print(
					f"| {found['documents']:,} | {by} | {found['seconds']:.1f} "
					f"| {1000 * found['seconds'] / found['documents']:.2f} "
					f"| {found['seconds'] / theirs['seconds']:.2f} "
					f"| {found['before_mb']:.0f} | {found['peak_mb']:.0f} |",
					flush=True,
				)
		return 0
	except Failure as problem:
		print(problem)
		return 1


if __name__ == "__main__":
	if sys.argv[1:2] == ["--inside"]:
		sys.path[0] = str(Path(__file__).resolve().parent.parent)
		inside(sys.argv[2], sys.argv[3], int(sys.argv[4]))
	else:
		sys.exit(main())
