"""``python -m perf_flow.replay`` is ``perf-flow``."""

import sys

from perf_flow.replay.cli import main

if __name__ == "__main__":
	sys.exit(main())
