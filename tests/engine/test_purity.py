"""No module of the engine or of the replay imports frappe, erpnext or hrms, directly or through another."""

import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "perf_flow"
ENGINE = APP / "engine"

PROGRAM = """
import importlib, sys

class Refuse:
	def find_spec(self, name, path=None, target=None):
		if name.split(".")[0] in ("frappe", "erpnext", "hrms"):
			raise AssertionError("imported " + name)

sys.meta_path.insert(0, Refuse())
for name in sys.argv[1:]:
	importlib.import_module(name)
package = ".".join(sys.argv[1].split(".")[:2]) + "."
print(sum(1 for m in sys.modules if m.startswith(package)))
"""


def modules_of(package: str) -> list[str]:
	"""The modules of a package of the app, programs of their own aside."""
	folder = APP / package
	files = [p.relative_to(folder).with_suffix("") for p in sorted(folder.rglob("*.py"))]
	names = {".".join((f"perf_flow.{package}", *f.parts)).removesuffix(".__init__") for f in files}
	return sorted(n for n in names if n != f"perf_flow.{package}" and not n.endswith(".__main__"))


@pytest.mark.parametrize("package", ["engine", "replay"])
def test_runs_without_frappe(package):
	modules = modules_of(package)
	assert len(modules) > 8
	result = subprocess.run(
		[sys.executable, "-c", PROGRAM, *modules], capture_output=True, text=True, cwd=APP.parent
	)
	assert result.returncode == 0, result.stderr
	assert int(result.stdout) >= len(modules)


def test_checking_a_file_loads_nothing_heavy():
	"""Pictures, slides and workbooks are made by what takes long to load: only who writes a brief waits for it."""
	program = "import sys, perf_flow.replay.cli, perf_flow.replay.run; print(*sys.modules)"
	result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=APP.parent)
	assert result.returncode == 0, result.stderr
	heavy = {"matplotlib", "numpy", "pptx", "openpyxl", "xlsxwriter", "tqdm", "yaml", "lxml"}
	assert not heavy & set(result.stdout.split())
