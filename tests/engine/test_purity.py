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
	modules = [f"perf_flow.engine.{p.stem}" for p in sorted(ENGINE.glob("*.py")) if p.stem != "__init__"]
	assert len(modules) > 8
	result = subprocess.run(
		[sys.executable, "-c", PROGRAM, *modules], capture_output=True, text=True, cwd=ENGINE.parents[1]
	)
	assert result.returncode == 0, result.stderr
	assert int(result.stdout) == len(modules)
