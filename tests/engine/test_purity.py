"""No module of the engine imports frappe, erpnext or hrms, directly or through another."""

import subprocess
import sys
from pathlib import Path

ENGINE = Path(__file__).parents[2] / "perf_flow" / "engine"

PROGRAM = """
import importlib, sys

class Refuse:
	def find_spec(self, name, path=None, target=None):
		if name.split(".")[0] in ("frappe", "erpnext", "hrms"):
			raise AssertionError("imported " + name)

sys.meta_path.insert(0, Refuse())
for name in sys.argv[1:]:
	importlib.import_module(name)
print(sum(1 for m in sys.modules if m.startswith("perf_flow.engine.")))
"""


def test_engine_runs_without_frappe():
	files = [p.relative_to(ENGINE).with_suffix("") for p in sorted(ENGINE.rglob("*.py"))]
	names = {".".join(("perf_flow.engine", *f.parts)).removesuffix(".__init__") for f in files}
	# a program of its own, not a module to import
	modules = sorted(n for n in names if n != "perf_flow.engine" and not n.endswith(".__main__"))
	assert len(modules) > 8
	result = subprocess.run(
		[sys.executable, "-c", PROGRAM, *modules], capture_output=True, text=True, cwd=ENGINE.parents[1]
	)
	assert result.returncode == 0, result.stderr
	assert int(result.stdout) == len(modules)
