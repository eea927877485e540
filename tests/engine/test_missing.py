"""What is missing, in one sentence."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from perf_flow.engine import missing as m
from perf_flow.engine.model import Observation, Requirement, RequirementKind
from perf_flow.engine.verifier import verify
from tests.engine.test_chain import MAX, QUI, after, file_of
from tests.engine.test_verifier import NOTE, PROMISED, SIGNERS, cause, judged, late, note_of, sign, started

PHOTOS = Requirement("P", "Photos", RequirementKind.FILE, minimum=3)


def told(chain, verdict=None):
	"""The sentence in English."""
	found = m.missing(chain, verdict)

	def parts(parts):
		return ", ".join(p.template.format(*(", ".join(a) for a in p.args)) for p in parts)

	return (
		found.template.format(*(parts(x) for x in (found.needs, found.wrong) if x)) if found.template else ""
	)


def test_each_kind_says_what_is_still_to_come():
	chain = started(requirements=(PHOTOS, NOTE), signers=())
	assert told(chain) == "Still missing: Photos (0 of 3 files), Change note."
	chain = after(chain, file_of(requirement="P", sha="b" * 64), 1)
	chain = note_of(chain, 2)
	assert told(chain) == "Still missing: Photos (1 of 3 files)."


def test_a_signature_names_the_departments_that_have_not_signed():
	chain = cause(note_of(started()))
	assert told(chain) == "Still missing: Change note signed (signed by Sales, Production)."
	assert told(sign(chain, MAX)) == "Still missing: Change note signed (signed by Production)."
	assert told(sign(sign(chain, MAX), QUI, 4)) == ""
	assert not m.before_signing(chain).needs and m.before_signing(started()).needs


def test_what_is_not_right_says_what_would_make_up_for_it():
	optional = tuple(replace(r, mandatory=False) for r in started().requirements)
	chain = started(requirements=optional, checks=(PROMISED,), observations=(late(),), signers=SIGNERS)
	assert told(chain) == (
		"Not right yet: On time (accepted only with Change note, Change note signed, Cause)."
	)
	assert told(note_of(chain)).endswith("(accepted only with Change note signed, Cause).")
	in_time = started(checks=(PROMISED,), observations=(Observation("T", "2026-03-01", "2026-03-01"),))
	assert "not right" not in told(in_time) and told(in_time).startswith("Still missing: Change note,")
	both = started(checks=(PROMISED,), observations=(late(),))
	assert told(both).startswith("Still missing: ") and "; not right yet: On time" in told(both)


def test_a_verdict_of_before_is_told_as_it_was():
	before = started(checks=(PROMISED,), observations=(late(),))
	verdict = verify(before)
	chain = sign(sign(cause(note_of(before)), MAX), QUI, 4)
	assert told(chain) == ""
	assert told(chain, verdict).startswith(
		"Still missing: Change note, Change note signed, Cause; not right yet:"
	)


@settings(max_examples=200, deadline=None)
@given(judged())
def test_something_is_said_exactly_when_it_is_not_achieved(chain):
	assert bool(told(chain)) is not verify(chain).achieved
