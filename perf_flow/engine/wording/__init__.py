"""Whether feedback says something: which words of it are vague and why, in Chinese and English.

	python -m perf_flow.engine.wording < sentences.txt

No language model and no package outside the standard library. The words and patterns are in ``data``;
how they are weighed is in :mod:`perf_flow.engine.wording.scoring`.
"""

from perf_flow.engine.wording.compose import compose
from perf_flow.engine.wording.judge import (
	Assessment,
	Finding,
	Kind,
	Verdict,
	assess,
	is_copied,
	share_of_concrete,
)
from perf_flow.engine.wording.lexicon import Entry, Lexicon, standard

__all__ = [
	"Assessment",
	"Entry",
	"Finding",
	"Kind",
	"Lexicon",
	"Verdict",
	"assess",
	"compose",
	"is_copied",
	"share_of_concrete",
	"standard",
]
