from __future__ import annotations

import frappe
from frappe import _

from perf_flow.flow.guard import Projected


class BacktestRun(Projected):
	"""One backtest of an event type, written by perf_flow.flow.backtest alone. Administrators may delete it."""

	def on_trash(self) -> None:
		if self.state in ("Queued", "Running"):
			frappe.throw(_("This backtest is under way. Cancel it first."))
		frappe.db.delete("Backtest Document", {"run": self.name})
