"""``bench --site SITE perf-flow …``"""

from __future__ import annotations

import sys

import click

from frappe.commands import get_site, pass_context


@click.group("perf-flow")
def perf_flow() -> None:
	"""Performance Flow: look after the ledger, export events."""


def _on_site(context, do) -> int:
	import frappe

	site = get_site(context)
	frappe.init(site=site)
	frappe.connect()
	try:
		return do()
	finally:
		frappe.destroy()


@perf_flow.command("verify")
@pass_context
def verify(context) -> None:
	"""Print every entry that was edited, deleted, inserted, re-ordered, back-dated or cut off, and every
	document that differs from its facts. Exit status 1 if there is any."""

	def do() -> int:
		from perf_flow.flow import verify as verification

		count = 0
		for found in verification.verify():
			count += 1
			click.echo(f"{found.kind}\t{found.where}\t{found.message}")
		if not count:
			click.echo("The ledger is intact, and every document agrees with it.")
		return 1 if count else 0

	sys.exit(_on_site(context, do))


@perf_flow.command("seal")
@pass_context
def seal(context) -> None:
	"""Seal what is not sealed yet, and anchor the head."""

	def do() -> int:
		import frappe

		from perf_flow.flow import sealer

		click.echo(f"{sealer.seal()} entries sealed")
		sealer.anchor()
		frappe.db.commit()
		return 0

	sys.exit(_on_site(context, do))


@perf_flow.command("export")
@click.option("--from", "first", required=True, metavar="YYYY-MM-DD", help="The first day of recording.")
@click.option("--to", "last", required=True, metavar="YYYY-MM-DD", help="The last day of recording.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="The language of the headings.")
@click.argument("out", type=click.Path(dir_okay=False, writable=True))
@pass_context
def export(context, first: str, last: str, lang: str, out: str) -> None:
	"""Write the events recorded on these days into the workbook OUT.xlsx, from which `perf-flow replay` makes the same
	chains, verdicts and health. It holds everything that was given, marked and said: keep it as you keep the database."""

	def do() -> int:
		from perf_flow.flow import site_export

		try:
			days = site_export.days(first, last)
		except ValueError as e:
			click.echo(str(e), err=True)
			return 2
		made = site_export.make(*days)
		if not made.events:
			click.echo("No event was recorded on these days; nothing was written.", err=True)
			return 1
		content = made.workbook(lang)
		with open(out, "wb") as file:
			file.write(content)
		click.echo(f"{made.events} events, {made.steps} steps: {out}")
		if made.as_recorded:
			click.echo(
				f"{made.as_recorded} steps are written as they were recorded: no command of today leads to them."
			)
		return 0

	sys.exit(_on_site(context, do))


commands = [perf_flow]
