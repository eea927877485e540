"""What is accepted as evidence, and what names and texts look like afterwards."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perf_flow.engine.errors import EvidenceRefused, InvalidInput
from perf_flow.engine.evidence import check_piece, clean_file_name, clean_text, extension, visible_characters
from perf_flow.engine.model import Evidence, Requirement, RequirementKind

LINK = Requirement("R", "Address", RequirementKind.LINK, hosts=("example.com",))
TEXT = Requirement("R", "Text", RequirementKind.TEXT, minimum_characters=4)


def piece(requirement, value):
	return Evidence("001", "R", 1, requirement.kind, value)


@pytest.mark.parametrize(
	"address",
	[
		"javascript:alert(1)",
		"ftp://example.com/x",
		"https://",
		"https://example.com.evil.org/x",
		"https://evilexample.com",
		"https://example.com/a b",
		'https://example.com/"><script>',
		"https://[broken",
		"https://example.com/" + "x" * 2000,
		"",
	],
)
def test_addresses_that_are_refused(address):
	with pytest.raises(EvidenceRefused):
		check_piece(LINK, piece(LINK, address), ())


@pytest.mark.parametrize(
	"address", ["https://example.com", "http://docs.example.com/a?b=c#d", "https://EXAMPLE.com/中"]
)
def test_addresses_that_are_accepted(address):
	check_piece(LINK, piece(LINK, address), ())


@pytest.mark.parametrize(("text", "count"), [("做得好啊", 4), ("!!!! ....", 0), ("ab 12", 4), ("", 0)])
def test_only_what_says_something_counts(text, count):
	assert visible_characters(text) == count
	if count < 4:
		with pytest.raises(EvidenceRefused):
			check_piece(TEXT, piece(TEXT, text), ())
	else:
		check_piece(TEXT, piece(TEXT, text), ())


@given(st.text(max_size=200))
def test_file_names_are_harmless(name):
	clean = clean_file_name(name)
	assert clean and "/" not in clean and "\\" not in clean and not clean.startswith(".")
	assert not any(unicodedata.category(ch) in ("Cc", "Cf") for ch in clean)
	assert len(clean) <= 140


@pytest.mark.parametrize(
	("name", "clean"),
	[
		("../../etc/passwd", "passwd"),
		("C:\\temp\\合同.PDF", "合同.PDF"),
		("\u202efdp.exe", "fdp.exe"),
		("..", "file"),
	],
)
def test_file_names(name, clean):
	assert clean_file_name(name) == clean


def test_extensions():
	assert [extension(n) for n in ("a.PDF", "a.tar.gz", "none")] == ["pdf", "gz", ""]


@given(st.text(max_size=300))
def test_text_is_plain_or_refused(text):
	try:
		clean = clean_text(text)
	except InvalidInput:
		return
	assert clean == clean_text(clean)
	assert not any(unicodedata.category(ch) == "Cc" and ch not in "\n\t" for ch in clean)


def test_long_text_is_refused():
	with pytest.raises(InvalidInput):
		clean_text("x" * 6000)
