"""The commands behind the Makefile: test, demo, site, demo-site, serve. Run as `python3 -m scripts.bench COMMAND`."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if sys.version_info < (3, 10):  # noqa: UP036 - whatever python3 the machine has may start this
	sys.exit("Python 3.10 or newer is needed; name one by PYTHON=/path/to/python3.")

from scripts import sites
from scripts.machine import (
	APP,
	REPO,
	Bench,
	Failure,
	find_bench,
	find_chromium,
	has_chinese_font,
	install_browser,
	is_root,
	say,
	start_services,
)
from scripts.servers import Servers

VENV = REPO / ".venv"
TOOLS = REPO / "requirements-dev.txt"
NEEDED = REPO / "requirements.txt"
DEMO_VENV = REPO / ".venv-demo"
NO_BENCH = (
	"A Frappe bench with erpnext and hrms is needed. Name one by BENCH=/path/to/bench; without it one is looked for\n"
	"around this repository and as ~/frappe-bench."
)


class Run:
	"""The stages of a run: how long each took, and what failed or was left out."""

	def __init__(self) -> None:
		self.stages: list[tuple[str, float, str]] = []
		self.left_out: list[str] = []

	@contextlib.contextmanager
	def stage(self, name: str) -> Iterator[None]:
		"""Time a stage. A Failure is printed and ends the run; other stages' results stay in the summary."""
		say(f"== {name}")
		begun = time.monotonic()
		try:
			yield
		except Failure:
			self.stages.append((name, time.monotonic() - begun, "failed"))
			raise
		self.stages.append((name, time.monotonic() - begun, ""))

	def check(self, name: str, command: Callable[[], int]) -> None:
		"""A stage whose failure does not keep the later ones from running."""
		with self.stage(name):
			status = command()
		if status:
			self.stages[-1] = (name, self.stages[-1][1], "failed")

	@property
	def failed(self) -> bool:
		return any(outcome for _, _, outcome in self.stages)

	def summary(self) -> None:
		say("== Summary")
		for name, seconds, outcome in self.stages:
			say(f"{seconds:7.1f} s  {name}{f': {outcome}' if outcome else ''}")
		say(f"{sum(s for _, s, _ in self.stages):7.1f} s  in all")
		for text in self.left_out:
			say(text)


def extra_args() -> list[str]:
	return shlex.split(os.environ.get("ARGS") or "")


def has_tests(folder: str) -> bool:
	return any((REPO / "tests" / folder).rglob("test_*.py"))


# --- tools ----------------------------------------------------------------------------------------------


def prepare_tools() -> None:
	"""A virtual environment in .venv with the tools of requirements-dev.txt; made anew when that file changes."""
	wanted = TOOLS.read_bytes() + NEEDED.read_bytes() + sys.version.encode()
	digest = hashlib.sha256(wanted).hexdigest()
	stamp = VENV / ".tools"
	if stamp.is_file() and stamp.read_text() == digest:
		return
	shutil.rmtree(VENV, ignore_errors=True)
	installer = make_venv(VENV)
	if subprocess.run([*installer, "-q", "-r", str(TOOLS)], stdin=subprocess.DEVNULL).returncode:
		raise Failure(f"The tools of {TOOLS.name} could not be installed from the package registry.")
	stamp.write_text(digest)


def make_venv(folder: Path) -> list[str]:
	"""Make a virtual environment by whatever means there is. Returns the command that installs packages in it."""
	python = str(folder / "bin" / "python")
	pip = [python, "-m", "pip", "install"]
	venv = [sys.executable, "-m", "venv", str(folder)]
	ways = [("python3 -m venv", venv, pip)]
	if uv := shutil.which("uv"):
		make = [uv, "venv", "-q", "--python", sys.executable, str(folder)]
		ways.append(("uv", make, [uv, "pip", "install", "--python", python]))
	ways.append(("virtualenv", [sys.executable, "-m", "virtualenv", "-q", str(folder)], pip))
	if is_root() and shutil.which("apt-get"):
		script = 'apt-get update -qq && apt-get install -y -qq python3-venv && exec "$@"'
		ways.append(("python3-venv from apt-get", ["/bin/sh", "-c", script, "sh", *venv], pip))
	problems: list[str] = []
	for name, argv, installer in ways:
		done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True)
		if done.returncode == 0:
			if problems:
				say(f"The environment was made with {name}, as {problems[0]}")
			return installer
		shutil.rmtree(folder, ignore_errors=True)
		lines = (done.stdout + done.stderr).strip().splitlines()
		problems.append(f"{name} failed: {lines[0] if lines else f'status {done.returncode}'}")
	raise Failure("No virtual environment could be made:\n" + "\n".join(problems))


def tool(*argv: str) -> int:
	"""Run a module of .venv in the repository; returns its exit status."""
	return subprocess.run([str(VENV / "bin" / "python"), "-m", *argv], cwd=REPO).returncode


# --- tests ----------------------------------------------------------------------------------------------


def engine_tests(run: Run, args: list[str]) -> None:
	run.check("ruff", lambda: tool("ruff", "check", "."))
	if any((REPO / APP / "engine").glob("*.py")):
		run.check("mypy", lambda: tool("mypy", "--strict", f"{APP}/engine"))
	if has_tests("engine"):
		run.check("engine tests", lambda: tool("pytest", "tests/engine", *args))


def site_tests(bench: Bench, args: list[str]) -> int:
	folder = bench.apps / APP / "tests" / "site"
	argv = [bench.python, "-m", "pytest", str(folder), "-p", "no:cacheprovider", *args]
	env = {"PERF_FLOW_SITE": sites.TEST_SITE}
	if bench.has_site(sites.SCRATCH_SITE):
		env["PERF_FLOW_SCRATCH_SITE"] = sites.SCRATCH_SITE
	return bench.run(argv, check=False, env=env).returncode


def browser_tests(bench: Bench, args: list[str]) -> int:
	env = {**os.environ, "PERF_FLOW_SITE": sites.TEST_SITE, "PERF_FLOW_BENCH": str(bench.path)}
	argv = [str(VENV / "bin" / "python"), "-m", "pytest", "tests/browser", *args]
	return subprocess.run(argv, cwd=REPO, env=env).returncode


def prepare_test_site(run: Run, bench: Bench) -> Callable[[], None]:
	"""Services, link, assets, and the test site with the app freshly installed. Returns what undoes the link."""
	with run.stage("services and link"):
		if started := start_services(bench):
			say(f"Started {', '.join(started)}; left running")
		put_back = sites.link(bench)
		sites.ensure_package(bench, "pytest", "pytest>=8")
	with run.stage("assets"):
		sites.build_assets(bench)
	if os.environ.get("KEEP_SITE") and bench.has_site(sites.TEST_SITE):
		say(f"{sites.TEST_SITE} is kept as it is")
		return put_back
	with run.stage(f"site {sites.TEST_SITE}"):
		say(f"{sites.TEST_SITE} was {sites.reset_test_site(bench)}")
	with run.stage("install the app"):
		sites.install_app(bench, sites.TEST_SITE)
	return put_back


def prepare_scratch_site(run: Run, bench: Bench) -> None:
	"""A second site, in its first state and without the app: for tests that install, or commit."""
	if os.environ.get("KEEP_SITE") and bench.has_site(sites.SCRATCH_SITE):
		say(f"{sites.SCRATCH_SITE} is kept as it is")
		return
	with run.stage(f"site {sites.SCRATCH_SITE}"):
		say(f"{sites.SCRATCH_SITE} was {sites.reset_test_site(bench, sites.SCRATCH_SITE)}")


def run_site_tests(run: Run, bench: Bench, which: set[str]) -> None:
	"""The tests that need a bench."""
	args = extra_args()
	with sites.one_at_a_time(bench):
		put_back = prepare_test_site(run, bench)
		try:
			if "site" in which and has_tests("site"):
				prepare_scratch_site(run, bench)
				run.check("site tests", lambda: site_tests(bench, args))
			if "browser" in which and has_tests("browser"):
				with run.stage("browser"):
					install_browser()
				if not find_chromium():
					left_out(
						run,
						"Not run: the browser tests. Chromium is missing; install it, or run as root on Debian.",
					)
				else:
					if not has_chinese_font():
						run.left_out.append(
							"No font with Chinese characters was found (fonts-noto-cjk has one)."
						)
					run.check("browser tests", lambda: browser_tests(bench, args))
		finally:
			put_back()


def left_out(run: Run, text: str) -> None:
	"""Note what was not run; where site tests are required that is a failure."""
	run.left_out.append(text)
	if os.environ.get("SITE_TESTS") == "required":
		raise Failure(f"{text}\nSITE_TESTS=required asks for them.")


def test(*which: str) -> int:
	"""All tests, or those named of engine, site, browser."""
	wanted = set(which) or {"engine", "site", "browser"}
	if unknown := wanted - {"engine", "site", "browser"}:
		raise Failure(f"There are no tests of the kind {', '.join(unknown)}.")
	run = Run()
	try:
		if wanted & {"engine", "browser"}:
			with run.stage("tools"):
				prepare_tools()
		if "engine" in wanted:
			engine_tests(run, extra_args())
		if wanted & {"site", "browser"}:
			if bench := find_bench():
				say(f"Bench: {bench.path}, of the user {bench.owner.pw_name}")
				run_site_tests(run, bench, wanted)
			elif which:
				raise Failure(NO_BENCH)
			else:
				left_out(
					run, f"Not run: the site tests and the browser tests, as no bench was found.\n{NO_BENCH}"
				)
	except Failure as problem:
		say(str(problem))
		run.stages.append(("stopped before the end", 0.0, "failed"))
	run.summary()
	return 1 if run.failed else 0


# --- demo -----------------------------------------------------------------------------------------------


def demo() -> int:
	"""Replay the quarter of a made-up manufacturer and write its brief into demo/. Needs no bench.

	In an environment of its own, which has what the app needs and nothing else; made anew when requirements.txt
	changes.
	"""
	digest = hashlib.sha256(NEEDED.read_bytes() + sys.version.encode()).hexdigest()
	stamp = DEMO_VENV / ".needed"
	if not stamp.is_file() or stamp.read_text() != digest:
		say("Making an environment for the demo (.venv-demo); this happens once")
		shutil.rmtree(DEMO_VENV, ignore_errors=True)
		installer = make_venv(DEMO_VENV)
		if subprocess.run([*installer, "-q", "-r", str(NEEDED)], stdin=subprocess.DEVNULL).returncode:
			raise Failure(f"The packages of {NEEDED.name} could not be installed from the package registry.")
		stamp.write_text(digest)
	say("Replaying a quarter: 700 people, 20,000 business events, 90,000 rows")
	python = str(DEMO_VENV / "bin" / "python")
	command = [python, "-m", f"{APP}.replay", "demo", "--out", "demo", "--force", *extra_args()]
	return subprocess.run(command, cwd=REPO).returncode


# --- sites ----------------------------------------------------------------------------------------------


def needed_bench() -> Bench:
	bench = find_bench()
	if not bench:
		raise Failure(NO_BENCH)
	return bench


def site(name: str = "") -> int:
	"""Link the app, make the site unless it exists, install, and fill it with the demo's month of life."""
	name = name or os.environ.get("SITE") or ""
	if not name:
		raise Failure("Name the site: make site SITE=demo.localhost")
	bench = needed_bench()
	with sites.one_at_a_time(bench):
		start_services(bench)
		sites.link(bench)
		sites.build_assets(bench)
		if not bench.has_site(name):
			say(f"Making the site {name}; this takes a minute or two")
			sites.make_site(bench, name)
		there = sites.installed_on(bench, name)
		for app in [*sites.base_apps(bench), APP]:
			if app not in there:
				say(f"Installing {app} on {name}")
				bench.run(bench.frappe("--site", name, "install-app", app), quiet=True)
		# it moves the clock of its process through the month
		sites.ensure_package(bench, "time_machine", "time-machine>=2.14")
		say("Making the demo company's month of life")
		bench.run(bench.helper("call", name, f"{APP}.demo.site.make"))
	say(f"The site {name} is ready. Serve it with: make serve SITE={name} BENCH={bench.path}")
	return 0


def demo_site() -> int:
	"""The demo site, with the address it will have and how to log in."""
	name = os.environ.get("SITE") or "demo.localhost"
	site(name)
	port = needed_bench().config.get("webserver_port") or 8000
	say(f"Then open http://127.0.0.1:{port} and log in as Administrator, password {sites.ADMIN_PASSWORD}.")
	return 0


def serve() -> int:
	"""Serve a site until interrupted."""
	name = os.environ.get("SITE") or "demo.localhost"
	bench = needed_bench()
	if not bench.has_site(name):
		raise Failure(f"The bench has no site {name}. Make it with: make site SITE={name}")
	start_services(bench)
	sites.link(bench)
	sites.build_assets(bench)
	port = int(os.environ.get("PORT") or bench.config.get("webserver_port") or 8000)
	with Servers(bench, name, port=port) as servers:
		servers.start_web()
		servers.start_worker()
		say(f"{name} is served at {servers.url}; stop it with Ctrl-C. Logs: {servers.logs}")
		with contextlib.suppress(KeyboardInterrupt):
			signal.pause()
	return 0


def main(argv: list[str]) -> int:
	# an orderly end, so that servers are stopped and temporary accounts dropped
	signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
	commands: dict[str, Callable[..., int]] = {
		"test": test,
		"demo": demo,
		"site": site,
		"demo-site": demo_site,
		"serve": serve,
	}
	if not argv or argv[0] not in commands:
		say(f"Usage: python3 -m scripts.bench {'|'.join(commands)}")
		return 2
	os.chdir(REPO if Path.cwd().resolve() != REPO else ".")
	try:
		return commands[argv[0]](*argv[1:])
	except Failure as problem:
		say(str(problem))
		return 1
	except KeyboardInterrupt:
		return 130


if __name__ == "__main__":
	sys.exit(main(sys.argv[1:]))
