"""``bench --site SITE perf-flow …``"""

from __future__ import annotations

import sys

import click

from frappe.commands import get_site, pass_context


@click.group("perf-flow")
def perf_flow() -> None:
	"""Performance Flow: look after the ledger."""


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


commands = [perf_flow]
