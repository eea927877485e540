"""A site's servers: web, live updates, background jobs. For `make serve` and for the browser tests."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from scripts.machine import Bench, Failure, answers, free_port, wait_until


class Servers:
	"""The running servers of one site. A context manager: at the end all of them are stopped.

	The site answers on the loopback address under any host name, so no name has to resolve.
	"""

	def __init__(self, bench: Bench, site: str, *, port: int | None = None) -> None:
		self.bench = bench
		self.site = site
		self.port = port or free_port()
		self.url = f"http://127.0.0.1:{self.port}"
		self.logs = Path(tempfile.mkdtemp(prefix="perf-flow-servers-"))
		self.logs.chmod(0o755)
		self.running: dict[str, subprocess.Popen[bytes]] = {}
		self._own_live_port: object = None

	def __enter__(self) -> Servers:
		return self

	def __exit__(
		self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
	) -> None:
		self.stop()

	def start_web(self) -> None:
		"""The site itself, and live updates on a port the site tells its pages."""
		live = free_port()
		own = json.loads((self.bench.sites / self.site / "site_config.json").read_text())
		self._own_live_port = own.get("socketio_port")
		self._tell_live_port(live)
		# DEV_SERVER: pages connect to the port of the live updates, as there is no proxy in front
		self._start("web", self.bench.helper("serve", self.site, str(self.port)), env={"DEV_SERVER": "1"})
		node = shutil.which("node", path=self.bench.environment()["PATH"])
		if not node:
			raise Failure("Node.js is not installed; a bench needs it for live updates.")
		self._start(
			"live",
			[node, str(self.bench.apps / "frappe" / "socketio.js")],
			cwd=self.bench.path,
			env={"FRAPPE_SITE": self.site, "FRAPPE_SOCKETIO_PORT": str(live)},
		)
		self._wait("web", self._pings, 90)
		self._wait("live", lambda: answers("127.0.0.1", live), 30)

	def start_worker(self) -> None:
		"""A worker for the bench's background jobs."""
		if "worker" not in self.running:
			argv = self.bench.frappe("worker", "--queue", "short,default,long")
			self._start("worker", argv)
			self._wait("worker", lambda: "istening on" in self.log("worker"), 60)

	def log(self, name: str) -> str:
		"""What a server has written so far."""
		path = self.logs / f"{name}.log"
		return path.read_text(errors="replace") if path.exists() else ""

	def stop(self) -> None:
		"""Stop all that was started, and what they started."""
		for process in self.running.values():
			self._signal(process, signal.SIGTERM)
		for process in self.running.values():
			try:
				process.wait(10)
			except subprocess.TimeoutExpired:
				self._signal(process, signal.SIGKILL)
				process.wait()
			# what the server itself started and left behind
			self._signal(process, signal.SIGKILL)
		if "web" in self.running:
			self._tell_live_port(self._own_live_port)
		self.running = {}
		shutil.rmtree(self.logs, ignore_errors=True)

	def _tell_live_port(self, port: object) -> None:
		told = json.dumps({"socketio_port": port})
		self.bench.run(self.bench.helper("set-config", self.site), stdin=told, quiet=True)

	@staticmethod
	def _signal(process: subprocess.Popen[bytes], what: signal.Signals) -> None:
		try:
			os.killpg(process.pid, what)
		except ProcessLookupError:
			return

	def _start(
		self, name: str, argv: list[str], cwd: Path | None = None, env: dict[str, str] | None = None
	) -> None:
		self.running[name] = self.bench.start(argv, self.logs / f"{name}.log", cwd=cwd, env=env)

	def _wait(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
		process = self.running[name]
		if (
			not wait_until(lambda: ready() or process.poll() is not None, seconds)
			or process.poll() is not None
		):
			tail = "\n".join(self.log(name).splitlines()[-25:])
			raise Failure(f"The {name} server of {self.site} did not come up:\n{tail}")

	def _pings(self) -> bool:
		try:
			with urllib.request.urlopen(f"{self.url}/api/method/ping", timeout=10) as answer:
				return bool(answer.status == 200)
		except (urllib.error.URLError, OSError):
			return False
