"""A second site, PERF_FLOW_SCRATCH_SITE, for tests that commit, install or uninstall.

`make test-site` brings it to its first state, without the app, before the tests. Whatever happens on it happens
in processes of its own; the test looks at it through `eye()`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pymysql
import pytest

import frappe

from tests.site import world

SITE = os.environ.get("PERF_FLOW_SCRATCH_SITE") or ""
APP = "perf_flow"
CREW = ("boss", "max", "anna", "quentin", "hilda")
needed = pytest.mark.skipif(
	not SITE, reason="needs a site to install on and commit to: run `make test-site`, which makes one"
)


def bench(*args: str, expect: int = 0) -> str:
	"""Run a `bench --site SCRATCH …` command and return what it printed."""
	argv = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", SITE, *args]
	done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
	assert done.returncode == expect, f"{' '.join(args)}: status {done.returncode}\n{done.stdout[-4000:]}"
	return done.stdout


def connect() -> None:
	"""Connect this process, which must be one of its own, to the scratch site as Administrator."""
	frappe.init(site=SITE, sites_path=".")
	frappe.connect()
	frappe.flags.in_test = True  # no worker is woken: tests drain by hand


def call(function: Callable[..., Any], *args: Any) -> Any:
	"""What a function returns that runs in a fresh process connected to the scratch site; it commits itself."""
	with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
		return pool.submit(_connected, function, args).result()


def _connected(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
	connect()
	try:
		return function(*args)
	finally:
		frappe.destroy()


def config() -> dict[str, Any]:
	"""The site's own configuration file."""
	return json.loads((folder() / "site_config.json").read_text())


def folder() -> Path:
	"""The site's folder; tests run in the bench's sites folder."""
	return Path(SITE)


@contextmanager
def eye() -> Iterator[Any]:
	"""A connection to the scratch site's database with none of the app's or Frappe's code behind it."""
	common = json.loads(Path("common_site_config.json").read_text())
	conf = {**common, **config()}
	login = {"user": conf.get("db_user") or conf["db_name"], "password": conf["db_password"]}
	if conf.get("db_socket"):
		login["unix_socket"] = conf["db_socket"]
	else:
		login.update(host=conf.get("db_host") or "127.0.0.1", port=int(conf.get("db_port") or 3306))
	connection = pymysql.connect(database=conf["db_name"], charset="utf8mb4", autocommit=True, **login)
	try:
		yield connection
	finally:
		connection.close()


def rows(connection: Any, query: str, values: Any = None) -> list[tuple[Any, ...]]:
	"""The rows of a query."""
	with connection.cursor() as cursor:
		cursor.execute(query, values)
		return list(cursor.fetchall())


def is_installed() -> bool:
	"""Whether the app is on the scratch site."""
	with eye() as connection:
		found = rows(
			connection,
			"select 1 from information_schema.tables where table_schema = database() "
			"and table_name = 'tabBusiness Event'",
		)
	return bool(found)


def ensure_installed() -> None:
	"""Install the app unless it is there."""
	if not is_installed():
		bench("install-app", APP)


# --- in a process of the scratch site -------------------------------------------------------------------


def crew() -> dict[str, Any]:
	"""The people of world.people(), made the first time."""
	logins = {name: world.EMAIL.format(name) for name in CREW}
	found = {n: frappe.db.get_value("Employee", {"user_id": login}) for n, login in logins.items()}
	if not all(found.values()):
		return world.people()
	return {n: frappe.get_doc("Employee", name) for n, name in found.items()}


def say_at_once(**more: Any) -> None:
	"""Settings without quiet hours; whoever runs the tests may do so at night."""
	settings = frappe.get_doc("Performance Flow Settings")
	settings.update({"quiet_from": "12:00:00", "quiet_to": "12:00:00", "quiet_on_holidays": 0, **more})
	settings.save()
