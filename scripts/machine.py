"""The machine under our feet: the bench, its owner, its services and a browser.

Nothing here obtains or builds a bench: everything begins where one exists.
"""

from __future__ import annotations

import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

REPO = Path(__file__).resolve().parent.parent
APP = "perf_flow"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DEBIAN_BROWSER_PACKAGES = ("chromium", "fonts-noto-cjk")
CLIENT_NAMES = ("mariadb", "mysql")
DUMP_NAMES = ("mariadb-dump", "mysqldump")


class Failure(Exception):
	"""Something a person has to know and can act on; its text is shown without a traceback."""


def say(text: str) -> None:
	"""Print one line at once, in order with the output of the programs we start."""
	print(text, flush=True)


def is_root() -> bool:
	return os.geteuid() == 0


def find_program(names: Sequence[str], path: str | None = None) -> str | None:
	"""The first of `names` that is an executable on the search path, else None."""
	for name in names:
		if found := shutil.which(name, path=path):
			return found
	return None


def required_program(names: Sequence[str]) -> str:
	"""Like find_program; raises Failure naming what is missing."""
	if found := find_program(names):
		return found
	raise Failure(f"None of these programs is installed: {', '.join(names)}.")


class Bench:
	"""A Frappe bench on this machine. Commands on it run as the user who owns it."""

	def __init__(self, path: Path) -> None:
		self.path = path.resolve()
		self.sites = self.path / "sites"
		self.apps = self.path / "apps"
		self.python = str(self.path / "env" / "bin" / "python")
		self.owner = pwd.getpwuid(self.sites.stat().st_uid)
		self.cache = self.path / ".perf-flow-cache"

	@staticmethod
	def looks_like(path: Path) -> bool:
		return (path / "sites" / "apps.txt").is_file() and (path / "apps" / "frappe").is_dir()

	@property
	def config(self) -> dict[str, Any]:
		"""sites/common_site_config.json, read anew."""
		file = self.sites / "common_site_config.json"
		return json.loads(file.read_text()) if file.is_file() else {}

	def site_config(self, site: str) -> dict[str, Any]:
		"""The configuration of a site, the bench's common part included."""
		own = self.sites / site / "site_config.json"
		return {**self.config, **(json.loads(own.read_text()) if own.is_file() else {})}

	def has_site(self, site: str) -> bool:
		return (self.sites / site / "site_config.json").is_file()

	def installed_apps(self) -> list[str]:
		"""The apps in sites/apps.txt, in its order."""
		return [line.strip() for line in (self.sites / "apps.txt").read_text().splitlines() if line.strip()]

	def check_access(self) -> None:
		"""Raise Failure when this user can neither be nor become the bench's owner."""
		if not is_root() and os.geteuid() != self.owner.pw_uid:
			raise Failure(
				f"The bench at {self.path} belongs to the user {self.owner.pw_name}: "
				f"run this as {self.owner.pw_name} or as root."
			)
		if not os.path.exists(self.python):
			raise Failure(f"The bench at {self.path} has no Python environment (env/bin/python).")

	def environment(self, **extra: str) -> dict[str, str]:
		"""Environment for the owner's commands: ours, less what belongs to our own user and Python."""
		drop = (
			"VIRTUAL_ENV",
			"CI",
			"PYTHONPATH",
			"PYTHONHOME",
			"PYENV_VERSION",
			"MAKEFLAGS",
			"MAKELEVEL",
			"MFLAGS",
		)
		env = {k: v for k, v in os.environ.items() if k not in drop and not k.startswith("XDG_")}
		home = self.owner.pw_dir
		node = sorted(glob.glob(f"{home}/.nvm/versions/node/*/bin"), reverse=True)
		path = [f"{home}/.local/bin", *node, *env.get("PATH", os.defpath).split(os.pathsep)]
		env.update(
			HOME=home,
			USER=self.owner.pw_name,
			LOGNAME=self.owner.pw_name,
			PATH=os.pathsep.join(dict.fromkeys([*path, "/usr/local/bin", "/usr/bin", "/bin"])),
			HYPOTHESIS_STORAGE_DIRECTORY=os.path.join(
				tempfile.gettempdir(), f"hypothesis-{self.owner.pw_name}"
			),
			**extra,
		)
		return env

	def as_owner(self) -> dict[str, Any]:
		"""Arguments for subprocess that make the child run as the bench's owner."""
		if os.geteuid() == self.owner.pw_uid:
			return {}
		groups = os.getgrouplist(self.owner.pw_name, self.owner.pw_gid)
		return {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": groups}

	def run(
		self,
		argv: Sequence[str],
		*,
		cwd: Path | None = None,
		stdin: str = "",
		quiet: bool = False,
		check: bool = True,
		env: dict[str, str] | None = None,
	) -> subprocess.CompletedProcess[str]:
		"""Run a command as the bench's owner (in sites/ unless told).

		quiet: keep the output, and show it only when the command fails.
		Raises Failure when `check` is set and the command exits non-zero.
		"""
		done = subprocess.run(
			argv,
			cwd=cwd or self.sites,
			input=stdin,
			text=True,
			stdout=subprocess.PIPE if quiet else None,
			stderr=subprocess.STDOUT if quiet else None,
			env=self.environment(**(env or {})),
			**self.as_owner(),
		)
		if check and done.returncode:
			if quiet:
				say((done.stdout or "").rstrip())
			raise Failure(f"This command failed with status {done.returncode}: {' '.join(argv[:12])}")
		return done

	def start(
		self, argv: Sequence[str], log: Path, *, cwd: Path | None = None, env: dict[str, str] | None = None
	) -> subprocess.Popen[bytes]:
		"""Start a server as the owner, in a process group of its own, writing to `log`."""
		with log.open("ab") as out:
			return subprocess.Popen(
				argv,
				cwd=cwd or self.sites,
				stdin=subprocess.DEVNULL,
				stdout=out,
				stderr=subprocess.STDOUT,
				env=self.environment(**(env or {})),
				start_new_session=True,
				**self.as_owner(),
			)

	def frappe(self, *args: str) -> list[str]:
		"""The command line of a `bench` subcommand, without the bench program: it starts faster."""
		return [self.python, "-m", "frappe.utils.bench_helper", "frappe", *args]

	def helper(self, command: str, *args: str) -> list[str]:
		"""The command line of scripts/on_bench.py, through the app's place in the bench."""
		return [self.python, str(self.apps / APP / "scripts" / "on_bench.py"), command, *args]

	def make_cache(self) -> Path:
		"""The folder, in the bench, for what we keep between runs."""
		if not self.cache.is_dir():
			self.run(["mkdir", "-p", str(self.cache)])
		return self.cache


def candidates() -> Iterator[tuple[str, Path]]:
	"""Where a bench may be, with how we know of the place."""
	if told := os.environ.get("BENCH"):
		yield "BENCH", Path(told).expanduser()
		return
	here = Path(os.environ.get("PWD") or REPO)
	# PWD keeps the way through a symlink in BENCH/apps, which the resolved path has lost
	starts = [REPO, here] if here.resolve() == REPO else [REPO]
	for start in starts:
		for parent in start.parents:
			yield "around the repository", parent
	yield "home folder", Path.home() / "frappe-bench"
	if is_root():
		for home in sorted(Path("/home").glob("*/frappe-bench")):
			yield "its owner's home folder", home


def find_bench() -> Bench | None:
	"""The bench to use, or None. Raises Failure when BENCH names a folder that is none."""
	for how, path in candidates():
		try:
			found = Bench.looks_like(path)
		except PermissionError:
			found = False
		if found:
			bench = Bench(path)
			bench.check_access()
			return bench
		if how == "BENCH":
			raise Failure(f"BENCH={path} is no bench: it has no sites/apps.txt and apps/frappe.")
	return None


# --- services -------------------------------------------------------------------------------------------


def answers(host: str, port: int) -> bool:
	"""Whether something accepts a TCP connection there."""
	try:
		with socket.create_connection((host, port), timeout=2):
			return True
	except OSError:
		return False


def wait_until(ready: Callable[[], bool], seconds: float) -> bool:
	"""Ask `ready()` until it is true or the time is over; says which."""
	end = time.monotonic() + seconds
	while not ready():
		if time.monotonic() > end:
			return False
		time.sleep(0.2)
	return True


def free_port() -> int:
	with socket.socket() as s:
		s.bind(("127.0.0.1", 0))
		return int(s.getsockname()[1])


def is_local(host: str) -> bool:
	return host in ("127.0.0.1", "localhost", "::1", "")


def database_address(config: dict[str, Any]) -> tuple[str, int]:
	"""Host and port of the bench's database server (Frappe's defaults where nothing is set)."""
	return config.get("db_host") or "127.0.0.1", int(config.get("db_port") or 3306)


def start_services(bench: Bench) -> list[str]:
	"""Start MariaDB and Redis where they are down. Returns what was started; raises Failure if it can't be."""
	started = []
	host, port = database_address(bench.config)
	db_socket = bench.config.get("db_socket")
	up = (lambda: os.path.exists(db_socket)) if db_socket else (lambda: answers(host, port))
	if not up():
		start_mariadb(host, port)
		if not wait_until(up, 60):
			raise Failure(f"MariaDB was started but does not answer at {db_socket or f'{host}:{port}'}.")
		started.append("MariaDB")
	for key in ("redis_cache", "redis_queue"):
		url = urlparse(bench.config.get(key) or "")
		if url.scheme not in ("redis", "rediss") or answers(url.hostname or "127.0.0.1", url.port or 6379):
			continue
		start_redis(bench, key, url.hostname or "127.0.0.1", url.port or 6379)
		started.append(key)
	return started


def start_mariadb(host: str, port: int) -> None:
	if not is_local(host):
		raise Failure(f"The database at {host}:{port} does not answer, and it is on another machine.")
	sudo = [] if is_root() else ["sudo", "-n"]
	if os.path.isdir("/run/systemd/system") and shutil.which("systemctl"):
		argv = [*sudo, "systemctl", "start", "mariadb"]
	elif os.path.exists("/etc/init.d/mariadb"):
		argv = [*sudo, "/etc/init.d/mariadb", "start"]
	elif safe := find_program(("mariadbd-safe", "mysqld_safe")):
		argv = [*sudo, safe]
		subprocess.Popen(argv, start_new_session=True, **silent())
		return
	else:
		raise Failure(f"MariaDB does not answer at {host}:{port}, and it is not installed on this machine.")
	# files, not pipes: the daemon keeps what it inherits
	if subprocess.run(argv, start_new_session=True, **silent()).returncode:
		raise Failure(f"MariaDB is down and could not be started by: {' '.join(argv)}")


def start_redis(bench: Bench, key: str, host: str, port: int) -> None:
	server = find_program(("redis-server", "valkey-server"))
	if not is_local(host) or not server:
		raise Failure(f"Redis ({key}) does not answer at {host}:{port} and cannot be started from here.")
	conf = bench.path / "config" / f"{key}.conf"
	options = [str(conf)] if conf.is_file() else ["--port", str(port), "--bind", "127.0.0.1", "--save", ""]
	subprocess.run(
		[server, *options, "--daemonize", "yes"],
		cwd=bench.path,
		env=bench.environment(),
		**silent(),
		**bench.as_owner(),
	)
	if not wait_until(lambda: answers(host, port), 20):
		raise Failure(f"Redis ({key}) was started but does not answer at {host}:{port}.")


def silent() -> dict[str, Any]:
	return {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


# --- browser --------------------------------------------------------------------------------------------


def find_chromium() -> str | None:
	"""Path of an installed Chromium or Chrome, else None. PERF_FLOW_CHROMIUM overrides."""
	if told := os.environ.get("PERF_FLOW_CHROMIUM"):
		return told if os.access(told, os.X_OK) else None
	return find_program(CHROMIUM_NAMES)


def has_chinese_font() -> bool:
	fc_list = shutil.which("fc-list")
	if not fc_list:
		return False
	return bool(
		subprocess.run([fc_list, ":lang=zh", "family"], capture_output=True, text=True).stdout.strip()
	)


def install_browser() -> None:
	"""Install Chromium and a Chinese font from Debian's packages where they are missing and we may.

	Says what it does; what it cannot do is for the caller to notice (find_chromium).
	"""
	missing = []
	if not find_chromium():
		missing.append(DEBIAN_BROWSER_PACKAGES[0])
	if not has_chinese_font():
		missing.append(DEBIAN_BROWSER_PACKAGES[1])
	if not missing or not is_root() or not shutil.which("apt-get"):
		return
	say(f"Installing {' and '.join(missing)} with apt-get")
	env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
	for argv in (
		["apt-get", "update", "-qq"],
		["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
	):
		done = subprocess.run(
			argv,
			env=env,
			stdin=subprocess.DEVNULL,
			stdout=subprocess.PIPE,
			stderr=subprocess.STDOUT,
			text=True,
		)
		if done.returncode:
			say(done.stdout.rstrip())
			say(f"This failed: {' '.join(argv)}")
