"""Runs in the bench's own Python, in its sites folder: what needs frappe. Details come as JSON on stdin."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import Any


def read_input() -> dict[str, Any]:
	text = sys.stdin.read()
	return json.loads(text) if text.strip() else {}


def new_site(site: str) -> None:
	"""Make a site, over one of the same name when `force` is given.

	stdin: db_root_username, db_root_password, admin_password, apps, force. By stdin, so that no password shows
	in the list of processes.
	"""
	import frappe
	from frappe.installer import _new_site

	told = read_input()
	frappe.init(site=site, new_site=True)
	_new_site(
		None,
		site,
		db_root_username=told["db_root_username"],
		db_root_password=told["db_root_password"],
		admin_password=told["admin_password"],
		install_apps=told["apps"],
		force=told.get("force", False),
		db_type="mariadb",
	)
	frappe.destroy()


def make_database(site: str) -> None:
	"""Make the folder, configuration, database and database user of a site that will be restored from a dump."""
	import frappe
	from frappe.database import setup_database
	from frappe.installer import make_conf, make_site_dirs

	told = read_input()
	frappe.init(site=site, new_site=True)
	make_site_dirs()
	make_conf(told["db_name"], db_type="mariadb")
	frappe.flags.root_login = told["db_root_username"]
	frappe.flags.root_password = told["db_root_password"]
	setup_database(True, False)
	frappe.destroy()


def set_config(site: str) -> None:
	"""Write keys into site_config.json; a null removes the key. stdin: the keys."""
	import frappe
	from frappe.installer import update_site_config

	frappe.init(site=site)
	for key, value in read_input().items():
		update_site_config(key, "None" if value is None else value, validate=False)
	frappe.destroy()


def prepare(site: str) -> None:
	"""Give a site the company and calendars the tests stand on."""
	import frappe

	from perf_flow.tests import prepare_site

	frappe.init(site=site)
	frappe.connect()
	prepare_site()
	frappe.db.commit()
	frappe.destroy()


def after_restore(site: str) -> None:
	"""Forget what was cached, queued or uploaded before the database was restored."""
	import frappe
	from frappe.utils.background_jobs import get_queues

	frappe.init(site=site)
	frappe.connect()
	frappe.cache.delete_keys("")
	for queue in get_queues():
		for job in queue.jobs:
			if job.kwargs.get("site") == site:
				job.delete()
	for folder in ("private/files", "public/files"):
		path = frappe.get_site_path(*folder.split("/"))
		shutil.rmtree(path, ignore_errors=True)
		os.makedirs(path)
	frappe.clear_cache()
	frappe.destroy()


def login_works(site: str) -> None:
	"""Exit 1 when the site's own database account cannot log in."""
	import frappe

	frappe.init(site=site)
	try:
		frappe.connect(set_admin_as_user=False)
		frappe.db.sql("select 1")
	except Exception as problem:
		print(problem)
		sys.exit(1)
	frappe.destroy()


def call(site: str, method: str) -> None:
	"""Call a function on the site as Administrator, commit, and print what it returned as one line of JSON (what JSON lacks, as text).

	stdin: its keyword arguments. Unlike `bench execute`, an error in it is shown as it is.
	"""
	import frappe

	frappe.init(site=site)
	frappe.connect()
	result = frappe.get_attr(method)(**read_input())
	frappe.db.commit()
	print(json.dumps(result, default=str))
	frappe.destroy()


def serve(site: str, port: str) -> None:
	"""Serve one site on the loopback address only, whatever host name is asked for, with its static files."""
	from werkzeug.serving import run_simple

	import frappe.app

	frappe.app._site = site
	run_simple("127.0.0.1", int(port), frappe.app.application_with_statics(), threaded=True)


COMMANDS = {
	f.__name__.replace("_", "-"): f
	for f in (new_site, make_database, set_config, prepare, after_restore, login_works, call, serve)
}

if __name__ == "__main__":
	# the folder of this file must not hide packages of the bench
	sys.path[0] = os.getcwd()
	COMMANDS[sys.argv[1]](*sys.argv[2:])
