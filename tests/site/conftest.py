"""Tests on a real site. They run in the bench's Python, in its sites folder, on the site PERF_FLOW_SITE.

Each test is rolled back. A test that has to commit cleans up what it committed; no test may count on another.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

SITE = os.environ.get("PERF_FLOW_SITE")
NO_SITE = "needs a site: run `make test-site`, or `bench --site SITE run-tests --app perf_flow`"


class SkippedModule(pytest.Module):
	"""A test module that is not even imported, as without a bench there is no frappe."""

	def collect(self) -> list[pytest.Item]:
		pytest.skip(NO_SITE, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
	return None if SITE else SkippedModule.from_parent(parent, path=module_path)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
	"""The name of the site, connected to as Administrator."""
	import frappe

	from perf_flow.tests import prepare_site
	from tests.site import world

	assert SITE
	# under `bench run-tests` the connection is there already, and is not ours to close
	own = getattr(frappe.local, "site", None) != SITE or not getattr(frappe.local, "db", None)
	if own:
		frappe.init(site=SITE, sites_path=".")
		frappe.connect()
	frappe.flags.in_test = True
	prepare_site()
	if frappe.conf.get("perf_flow_test_site"):
		world.settle()
	frappe.db.commit()
	yield SITE
	frappe.db.rollback()
	if own:
		frappe.destroy()


@pytest.fixture(autouse=True)
def undo(site: str) -> Iterator[None]:
	"""Begin each test as Administrator in English with empty local caches, and roll back what it did."""
	import frappe

	begin_anew()
	flags = frappe._dict(frappe.local.flags)
	conf = copy.deepcopy(frappe.local.conf)
	database = frappe.local.db
	yield
	if frappe.local.db is not database:
		frappe.local.db.close()
		frappe.local.db = database
	frappe.db.rollback()
	frappe.local.flags = flags
	frappe.local.conf = conf
	begin_anew()


def begin_anew() -> None:
	"""Forget what this process remembers of users, documents and messages, as a new request would."""
	import frappe

	frappe.local.cache = {}
	frappe.local.perf_flow_watch = None
	frappe.local.perf_flow_woken = False
	frappe.db.value_cache.clear()
	frappe.local.role_permissions = {}
	frappe.local.valid_columns = {}
	frappe.local.message_log = []
	frappe.local.error_log = []
	frappe.local.debug_log = []
	frappe.local.response = frappe._dict({"docs": []})
	frappe.local.form_dict = frappe._dict()
	frappe.local.lang = "en"
	if hasattr(frappe.local, "request_cache"):
		frappe.local.request_cache.clear()
	for name in ("request", "job"):
		if hasattr(frappe.local, name):
			delattr(frappe.local, name)
	frappe.set_user("Administrator")


@pytest.fixture
def as_user(site: str) -> Callable[[str], AbstractContextManager[None]]:
	"""`with as_user("anna@example.com"):` acts as that user, and as the one before afterwards."""
	import frappe

	@contextmanager
	def act(user: str) -> Iterator[None]:
		before = frappe.session.user
		frappe.set_user(user)
		try:
			yield
		finally:
			frappe.set_user(before)

	return act


class SqlCount:
	"""What `sql_count` found: `total` by the database's own counter, and the statements' texts."""

	def __init__(self) -> None:
		self.total = 0
		self.statements: list[str] = []

	def __str__(self) -> str:
		return f"{self.total} statements:\n" + "\n".join(self.statements)


@pytest.fixture
def sql_count(site: str) -> Callable[[], AbstractContextManager[SqlCount]]:
	"""`with sql_count() as count:` counts the statements of this connection; read `count.total` afterwards.

	The number is the server's (session status Questions), so nothing that reaches it goes uncounted, commits
	included. The texts come from the cursor, and are there for the message of a test that fails.
	"""
	import frappe

	def questions(cursor: Any) -> int:
		cursor.execute("SHOW SESSION STATUS LIKE 'Questions'")
		return int(cursor.fetchone()[1])

	@contextmanager
	def counting() -> Iterator[SqlCount]:
		count = SqlCount()
		database = frappe.db
		with database._conn.cursor() as own:
			cursor = database._cursor
			execute = cursor.execute

			def noting(query: str, values: Any = None) -> Any:
				count.statements.append(" ".join(str(query).split())[:300])
				return execute(query, values)

			cursor.execute = noting
			before = questions(own)
			try:
				yield count
			finally:
				# the second SHOW counts itself
				count.total = questions(own) - before - 1
				cursor.execute = execute

	return counting


class Committed:
	"""A connection of its own that sees committed data only, with none of the app's or Frappe's code."""

	def __init__(self, connection: Any) -> None:
		self.connection = connection

	def sql(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
		"""The rows of a query; `?` or `%s` stand for values."""
		cursor = self.connection.cursor()
		try:
			cursor.execute(query.replace("?", "%s"), values)
			return list(cursor.fetchall()) if cursor.description else []
		finally:
			cursor.close()

	def value(self, query: str, values: tuple[Any, ...] = ()) -> Any:
		"""The first column of the first row, None when there is no row."""
		rows = self.sql(query, values)
		return rows[0][0] if rows else None


@pytest.fixture
def committed(site: str) -> Iterator[Committed]:
	"""The independent eye: `committed.sql("select … where name = %s", (name,))`."""
	import frappe

	conf = frappe.conf
	login = {
		"user": conf.get("db_user") or conf.db_name,
		"password": conf.db_password,
		"database": conf.db_name,
	}
	if conf.get("db_socket"):
		login["unix_socket"] = conf.db_socket
	else:
		login.update(host=conf.get("db_host") or "127.0.0.1", port=int(conf.get("db_port") or 3306))
	try:
		import mariadb
	except ImportError:
		import pymysql

		connection = pymysql.connect(**login, charset="utf8mb4", autocommit=True)
	else:
		connection = mariadb.connect(**login, autocommit=True)
	yield Committed(connection)
	connection.close()
