"""For all tests: tests/engine runs anywhere, tests/site on a site, tests/browser in front of one."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
KINDS = ("site", "browser")

try:
	from hypothesis import settings
except ModuleNotFoundError:  # the bench's Python need not have it
	pass
else:
	# the time one example takes says nothing on a machine that is busy with other things
	settings.register_profile("perf_flow", deadline=None, print_blob=True)
	settings.load_profile("perf_flow")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
	"""Mark tests by the folder they lie in."""
	for item in items:
		kind = item.path.relative_to(HERE).parts[0] if HERE in item.path.parents else ""
		if kind in KINDS:
			item.add_marker(getattr(pytest.mark, kind))
