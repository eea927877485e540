"""Install and migrate. Administrator-made records are never touched here."""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils.fixtures import sync_fixtures
from frappe.utils.password import get_encryption_key


def before_install() -> None:
	"""Refuse a database whose ways the app does not know, before anything is written."""
	if frappe.db.db_type != "mariadb":
		frappe.throw(_("Performance Flow needs MariaDB, as ERPNext does."))


def after_install() -> None:
	"""Make sure that the site has the key the ledger is signed with, and the code-owned roles."""
	get_encryption_key()
	sync_fixtures("perf_flow")
	after_migrate()


def after_migrate() -> None:
	"""Forget what was compiled by an earlier version."""
	from perf_flow.flow import calendars, watch

	watch.forget()
	calendars.forget()
