"""Install and migrate. Administrator-made records are never touched here."""

from __future__ import annotations

import os

import frappe
from frappe import _
from frappe.utils import now_datetime
from frappe.utils.fixtures import sync_fixtures
from frappe.utils.password import get_encryption_key


def before_install() -> None:
	"""Refuse a database whose ways the app does not know, before anything is written."""
	if frappe.db.db_type != "mariadb":
		frappe.throw(_("Performance Flow needs MariaDB, as ERPNext does."))


def after_install() -> None:
	"""Make sure that the site has the key the ledger is signed with, and the code-owned roles."""
	get_encryption_key()
	put_old_anchors_aside()
	sync_fixtures("perf_flow")
	set_settings(fresh=True)
	after_migrate()


def put_old_anchors_aside() -> None:
	"""A new ledger begins here. Anchors of an earlier one (the database was restored from before it, say)
	prove nothing about the new one; the file is kept under another name."""
	from perf_flow.flow.sealer import anchor_file

	if os.path.exists(anchor_file()):
		os.rename(anchor_file(), f"{anchor_file()}.until-{now_datetime():%Y%m%d-%H%M%S}")


def set_settings(fresh: bool) -> None:
	"""Give settings their default: all of them on a fresh site, else only those without a value.

	Frappe itself would take the present moment for every time of day that was never saved. What an
	administrator set is never touched.
	"""
	stored = frappe.db.get_singles_dict("Performance Flow Settings")
	for df in frappe.get_meta("Performance Flow Settings").fields:
		if df.default and (fresh or stored.get(df.fieldname) is None):
			frappe.db.set_single_value("Performance Flow Settings", df.fieldname, df.default)
	frappe.clear_document_cache("Performance Flow Settings", "Performance Flow Settings")


def after_migrate() -> None:
	"""Add missing custom fields, give new settings their default, and forget what an earlier version compiled."""
	from perf_flow import custom_fields
	from perf_flow.flow import calendars, watch

	custom_fields.make()
	set_settings(fresh=False)
	watch.forget()
	calendars.forget()
