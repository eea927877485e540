"""The app's place in a bench, and sites: link, install, make, dump, restore."""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.machine import (
	APP,
	CLIENT_NAMES,
	DUMP_NAMES,
	REPO,
	Bench,
	Failure,
	database_address,
	is_local,
	is_root,
	required_program,
	say,
	silent,
)

TEST_SITE = "pf-test.localhost"
# for tests that commit: installing, uninstalling, many sessions at once
SCRATCH_SITE = "pf-scratch.localhost"
TEST_MARK = "perf_flow_test_site"
COPY_MARK = ".perf-flow-copy"
RECIPE = "1"  # raise it when what a base site holds changes without a change of perf_flow/tests/__init__.py
ADMIN_PASSWORD = os.environ.get("ADMIN_PASSWORD") or "admin"
TEMPORARY_ACCOUNT = "perf_flow_setup_"

# Mail is queued, as on a real site, and never leaves: nothing listens there.
TEST_CONFIG = {
	"allow_tests": 1,
	"developer_mode": 0,
	"mail_server": "127.0.0.1",
	"mail_port": 1,
	"auto_email_id": "flow@pf-test.localhost",
	TEST_MARK: 1,
}


@contextlib.contextmanager
def one_at_a_time(bench: Bench) -> Iterator[None]:
	"""Keep two runs of these commands off the same bench."""
	lock = bench.make_cache() / "lock"
	if not lock.exists():
		bench.run(["touch", str(lock)])
	with lock.open("r") as handle:
		try:
			fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
		except BlockingIOError:
			say("Another run uses this bench; waiting for it")
			fcntl.flock(handle, fcntl.LOCK_EX)
		yield


# --- the app in the bench -------------------------------------------------------------------------------


def link(bench: Bench) -> Callable[[], None]:
	"""Make BENCH/apps/perf_flow this repository, importable in the bench's Python, and listed in apps.txt.

	A link where the bench's owner can read the repository, else a copy; a copy as well in CI, whose clone goes
	away while the bench stays. Never replaces anything but a link or a copy of ours.

	Returns what puts an earlier link back in its place.
	"""
	place = bench.apps / APP
	before = place.readlink() if place.is_symlink() else None
	if place.exists() and place.resolve() == REPO:
		if not readable(bench):
			raise Failure(
				f"{bench.owner.pw_name}, the bench's owner, cannot read {REPO}, which {place} links to."
			)
		before = None
	else:
		if place.exists() and not place.is_symlink() and not (place / COPY_MARK).is_file():
			raise Failure(
				f"{place} holds a checkout of its own, which this command did not make: "
				"run it there, or move that folder away."
			)
		copy = bool(os.environ.get("CI")) or not readable(bench)
		remove(place)
		if copy:
			copy_tree(bench, place)
			say(f"Copied the app to {place}")
		else:
			make_link(bench, place, REPO)
			say(f"Linked {place} to {REPO}")
	make_importable(bench)
	register(bench)

	def put_back() -> None:
		if before is None or not before.exists():
			return
		remove(place)
		make_link(bench, place, before)
		make_importable(bench)
		say(f"{place} links to {before} again")

	return put_back


def make_link(bench: Bench, place: Path, target: Path) -> None:
	place.symlink_to(target)
	os.chown(place, bench.owner.pw_uid, bench.owner.pw_gid, follow_symlinks=False)


def readable(bench: Bench) -> bool:
	"""Whether the bench's owner can read this repository."""
	probe = ["/bin/sh", "-c", 'ls "$0" "$0/tests" && cat "$0/pyproject.toml"', str(REPO)]
	return subprocess.run(probe, cwd="/", **silent(), **bench.as_owner()).returncode == 0


def remove(place: Path) -> None:
	"""Remove a link, or a copy that carries our mark; anything else stays."""
	if place.is_symlink():
		place.unlink()
	elif (place / COPY_MARK).is_file():
		shutil.rmtree(place)


def copy_tree(bench: Bench, place: Path) -> None:
	"""Copy what git knows or would add, owned by the bench's owner and marked as ours."""
	listing = subprocess.run(
		["git", "-c", f"safe.directory={REPO}", "ls-files", "-z", "-co", "--exclude-standard"],
		cwd=REPO,
		capture_output=True,
		text=True,
	)
	if listing.returncode:
		raise Failure(f"git could not list the files of {REPO}: {listing.stderr.strip()}")
	for name in [COPY_MARK, *filter(None, listing.stdout.split("\0"))]:
		source, goal = REPO / name, place / name
		goal.parent.mkdir(parents=True, exist_ok=True)
		if name == COPY_MARK:
			goal.write_text(
				"A copy made by `make` of the app's repository; it is replaced by the next run.\n"
			)
		elif source.is_symlink() or source.is_file():
			shutil.copy2(source, goal, follow_symlinks=False)
	give_to_owner(bench, place)


def give_to_owner(bench: Bench, place: Path) -> None:
	if is_root():
		for root, folders, files in os.walk(place):
			for name in (".", *folders, *files):
				path = os.path.join(root, name)
				os.chown(path, bench.owner.pw_uid, bench.owner.pw_gid, follow_symlinks=False)


def imported_from(bench: Bench) -> Path | None:
	"""Where the bench's Python finds the app, or None."""
	code = f"import {APP}; print({APP}.__file__)"
	done = bench.run([bench.python, "-c", code], cwd=Path("/"), quiet=True, check=False)
	return Path(done.stdout.strip()).resolve().parent.parent if done.returncode == 0 else None


def make_importable(bench: Bench) -> None:
	"""Install the app in the bench's Python in editable form, unless it is already, and what it needs."""
	place = bench.apps / APP
	if imported_from(bench) != place.resolve():
		output = ""
		for options in (["--no-build-isolation"], []):
			output += install_packages(bench, [*options, "-e", str(place)])
			if imported_from(bench) == place.resolve():
				break
		else:
			say(output.rstrip())
			raise Failure(f"{place} could not be installed in the bench's Python.")
	needed = (place / "requirements.txt").read_text()
	stamp = bench.make_cache() / "requirements"
	if not stamp.is_file() or stamp.read_text() != needed:
		if problem := install_packages(bench, ["-r", str(place / "requirements.txt")]):
			say(problem)
			raise Failure("What the app needs could not be installed in the bench's Python.")
		bench.run(["tee", str(stamp)], stdin=needed, quiet=True)


def install_packages(bench: Bench, what: list[str]) -> str:
	"""Install packages in the bench's Python, with pip or else uv. Returns what they said when neither could, else
	nothing."""
	attempts = [[bench.python, "-m", "pip", "install", "-q", *what]]
	if uv := shutil.which("uv", path=bench.environment()["PATH"]):
		attempts.append([uv, "pip", "install", "-q", "--python", bench.python, *what])
	output = ""
	for attempt in attempts:
		done = bench.run(attempt, cwd=Path("/"), quiet=True, check=False)
		if done.returncode == 0:
			return ""
		output += done.stdout
	return output.rstrip() or "It failed without a word."


def ensure_package(bench: Bench, module: str, requirement: str) -> None:
	"""Have a package in the bench's Python that the tests or the demo need and the app itself does not."""
	if bench.run([bench.python, "-c", f"import {module}"], quiet=True, check=False).returncode == 0:
		return
	say(f"Installing {requirement} in the bench's Python")
	if problem := install_packages(bench, [requirement]):
		say(problem)
		raise Failure(f"{requirement} could not be installed in the bench's Python.")


def register(bench: Bench) -> None:
	"""Name the app in sites/apps.txt, and link its public folder among the assets."""
	listing = bench.sites / "apps.txt"
	text = listing.read_text()
	if APP not in text.split():
		listing.write_text(text.rstrip("\n") + f"\n{APP}\n")
	public = bench.apps / APP / APP / "public"
	asset = bench.sites / "assets" / APP
	if not (asset.is_symlink() and asset.readlink() == public):
		if asset.is_symlink():
			asset.unlink()
		if asset.exists():
			raise Failure(f"{asset} is in the way: it should link to {public}.")
		bench.run(["ln", "-s", str(public), str(asset)])


def build_assets(bench: Bench) -> bool:
	"""Build the app's bundles if they changed since they were last built. Returns whether it built."""
	public = bench.apps / APP / APP / "public"
	dist = public / "dist"
	sources = sorted(p for p in public.rglob("*") if p.is_file() and dist not in p.parents)
	bundles = [p.name for p in sources if ".bundle." in p.name]
	if not bundles:
		return False
	digest = hashlib.sha256()
	for path in sources:
		digest.update(f"{path.relative_to(public)}\0".encode() + path.read_bytes())
	stamp = dist / ".sources"
	if stamp.is_file() and stamp.read_text() == digest.hexdigest() and are_listed(bench, bundles):
		return False
	if not dist.is_dir():
		dist.mkdir()
		give_to_owner(bench, dist)
	bench.run(bench.frappe("build", "--app", APP), quiet=True)
	if not are_listed(bench, bundles):
		raise Failure(
			f"The bench built the app's bundles, but sites/assets lacks some of: {', '.join(bundles)}"
		)
	bench.run(["tee", str(stamp)], stdin=digest.hexdigest(), quiet=True)
	return True


def are_listed(bench: Bench, bundles: list[str]) -> bool:
	"""Whether assets.json names a file that exists for each bundle."""
	listing = bench.sites / "assets" / "assets.json"
	built = json.loads(listing.read_text()) if listing.is_file() else {}
	endings = {".ts": ".js", ".scss": ".css", ".less": ".css", ".sass": ".css", ".styl": ".css"}
	for name in bundles:
		stem, ending = os.path.splitext(name)
		path = built.get(stem + endings.get(ending, ending))
		if not path or not (bench.sites / path.lstrip("/")).is_file():
			return False
	return True


# --- database accounts ----------------------------------------------------------------------------------


@contextlib.contextmanager
def database_admin(bench: Bench) -> Iterator[dict[str, str]]:
	"""User name and password of an account that may create databases.

	From DB_ROOT_USERNAME and DB_ROOT_PASSWORD, else root_login and root_password of the bench's configuration,
	else an account made for this run over the server's socket, and dropped again.
	"""
	config = bench.config
	if os.environ.get("DB_ROOT_PASSWORD"):
		yield account(os.environ.get("DB_ROOT_USERNAME") or "root", os.environ["DB_ROOT_PASSWORD"])
		return
	if config.get("root_password"):
		yield account(config.get("root_login") or "root", config["root_password"])
		return
	client = required_program(CLIENT_NAMES)
	command = [*([] if is_root() else ["sudo", "-n"]), client, "--protocol=socket", "-u", "root", "-N", "-B"]
	if config.get("db_socket"):
		command.append(f"--socket={config['db_socket']}")

	def execute(sql: str) -> str:
		done = subprocess.run(command, input=sql, text=True, capture_output=True)
		if done.returncode:
			raise Failure(
				"Making a site needs an account that may create databases, and none could be made over the "
				f"server's socket ({done.stderr.strip()}). Set DB_ROOT_USERNAME and DB_ROOT_PASSWORD, or "
				"root_login and root_password in sites/common_site_config.json."
			)
		return done.stdout

	if not is_local(database_address(config)[0]):
		raise Failure("The database is on another machine: set DB_ROOT_USERNAME and DB_ROOT_PASSWORD.")
	user, password = TEMPORARY_ACCOUNT + secrets.token_hex(4), secrets.token_urlsafe(24)
	# what a run that was killed left behind
	pattern = TEMPORARY_ACCOUNT.replace("_", r"\_") + "%"
	for line in execute(f"SELECT User, Host FROM mysql.user WHERE User LIKE '{pattern}';").splitlines():
		old, host = line.split("\t")
		execute(f"DROP USER '{old}'@'{host}';")
	hosts = ("localhost", "127.0.0.1", "::1")
	try:
		for host in hosts:
			execute(
				f"CREATE USER '{user}'@'{host}' IDENTIFIED BY '{password}';"
				f"GRANT ALL PRIVILEGES ON *.* TO '{user}'@'{host}' WITH GRANT OPTION;"
			)
		yield account(user, password)
	finally:
		for host in hosts:
			execute(f"DROP USER IF EXISTS '{user}'@'{host}';")


def account(user: str, password: str) -> dict[str, str]:
	return {"db_root_username": user, "db_root_password": password}


@contextlib.contextmanager
def client_options(bench: Bench, site: str) -> Iterator[str]:
	"""A file with the site's own database login, for the command line clients; it goes away again."""
	config = bench.site_config(site)
	host, port = database_address(config)
	lines = [f"user={config.get('db_user') or config['db_name']}", f'password="{config["db_password"]}"']
	if config.get("db_socket"):
		lines.append(f"socket={config['db_socket']}")
	else:
		lines += [f"host={host}", f"port={port}", "protocol=tcp"]
	with tempfile.NamedTemporaryFile("w", prefix="perf-flow-", suffix=".cnf") as file:
		file.write("[client]\n" + "\n".join(lines) + "\ndefault-character-set=utf8mb4\n")
		file.flush()
		yield f"--defaults-extra-file={file.name}"


# --- sites ----------------------------------------------------------------------------------------------


def base_apps(bench: Bench) -> list[str]:
	"""The apps a site has before ours; raises Failure when the bench lacks one that ours requires."""
	there = bench.installed_apps()
	if missing := [app for app in ("erpnext", "hrms") if app not in there]:
		raise Failure(f"The bench at {bench.path} lacks {' and '.join(missing)}, which the app requires.")
	return [app for app in ("payments", "erpnext", "hrms") if app in there]


def make_site(bench: Bench, site: str, *, force: bool = False) -> None:
	"""A new site with the base apps (about a minute and a half)."""
	with database_admin(bench) as admin:
		told = {**admin, "admin_password": ADMIN_PASSWORD, "apps": base_apps(bench), "force": force}
		bench.run(bench.helper("new-site", site), stdin=json.dumps(told), quiet=True)


def configure(bench: Bench, site: str, config: dict[str, object]) -> None:
	bench.run(bench.helper("set-config", site), stdin=json.dumps(config), quiet=True)


def installed_on(bench: Bench, site: str) -> list[str]:
	"""The apps a site has."""
	done = bench.run(bench.frappe("--site", site, "list-apps", "--format", "json"), quiet=True)
	apps: dict[str, list[str]] = json.loads(done.stdout[done.stdout.index("{") :])
	return apps[site]


def install_app(bench: Bench, site: str) -> None:
	bench.run(bench.frappe("--site", site, "install-app", APP), quiet=True)


def base_key(bench: Bench) -> str:
	"""Names the dump that fits: apps and their versions, what the site was given, and the year it was made in."""
	digest = hashlib.sha256(f"{RECIPE} {datetime.date.today().year}".encode())
	digest.update((REPO / APP / "tests" / "__init__.py").read_bytes())
	for app in ["frappe", *base_apps(bench)]:
		folder = bench.apps / app
		digest.update(app.encode() + (folder / app / "__init__.py").read_bytes())
		head = subprocess.run(
			["git", "-c", f"safe.directory={folder.resolve()}", "rev-parse", "HEAD"],
			cwd=folder,
			capture_output=True,
			text=True,
		)
		if head.returncode == 0 and (folder / ".git").exists():
			digest.update(head.stdout.encode())
	return digest.hexdigest()[:16]


def reset_test_site(bench: Bench, site: str = TEST_SITE) -> str:
	"""Bring a test site to its first state: base apps and a company, without this app.

	The first time for these versions of the apps it is made and dumped, afterwards restored. Returns which.
	"""
	if bench.has_site(site) and not bench.site_config(site).get(TEST_MARK):
		raise Failure(f"The bench has a site {site} that this command did not make; rename it.")
	dump = bench.make_cache() / f"{base_key(bench)}.sql.gz"
	if not dump.is_file():
		make_site(bench, site, force=bench.has_site(site))
		configure(bench, site, TEST_CONFIG)
		bench.run(bench.helper("prepare", site), quiet=True)
		for old in bench.cache.glob("*.sql.gz"):
			old.unlink()
		save_dump(bench, site, dump)
		bench.run(bench.helper("after-restore", site), quiet=True)
		return "made"
	works = (
		bench.has_site(site)
		and not bench.run(bench.helper("login-works", site), quiet=True, check=False).returncode
	)
	if not works:
		with database_admin(bench) as admin:
			name = "_" + hashlib.sha256(str(bench.sites / site).encode()).hexdigest()[:16]
			told = {**admin, "db_name": name}
			bench.run(bench.helper("make-database", site), stdin=json.dumps(told), quiet=True)
	configure(bench, site, TEST_CONFIG)
	for left_over in (bench.sites / site / "private").glob("perf_flow_anchors*"):
		left_over.unlink()
	restore_dump(bench, site, dump)
	bench.run(bench.helper("after-restore", site), quiet=True)
	return "restored"


def save_dump(bench: Bench, site: str, dump: Path) -> None:
	"""Dump a site's database; the file appears only when it is whole."""
	program = required_program(DUMP_NAMES)
	database = bench.site_config(site)["db_name"]
	part = dump.with_suffix(".part")
	with client_options(bench, site) as options:
		argv = [program, options, "--single-transaction", "--quick", "--skip-lock-tables", database]
		with part.open("wb") as out:
			dumping = subprocess.Popen(argv, stdout=subprocess.PIPE)
			packing = subprocess.run(["gzip", "-1"], stdin=dumping.stdout, stdout=out)
			if dumping.wait() or packing.returncode:
				part.unlink()
				raise Failure(f"The database of {site} could not be dumped.")
	os.chown(part, bench.owner.pw_uid, bench.owner.pw_gid)
	part.chmod(0o600)
	part.rename(dump)


def restore_dump(bench: Bench, site: str, dump: Path) -> None:
	"""Replace a site's database by a dump, with the site's own account."""
	database = bench.site_config(site)["db_name"]
	with client_options(bench, site) as options:
		client = [required_program(CLIENT_NAMES), options]
		sql = (
			f"DROP DATABASE IF EXISTS `{database}`;"
			f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;"
		)
		subprocess.run(client, input=sql, text=True, check=True)
		unpacking = subprocess.Popen(["gzip", "-cd", str(dump)], stdout=subprocess.PIPE)
		loading = subprocess.run([*client, database], stdin=unpacking.stdout)
		if unpacking.wait() or loading.returncode:
			raise Failure(f"The dump {dump} could not be restored; remove it and run again.")
