"""What a piece of evidence must be like to be accepted for its requirement."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from perf_flow.engine.errors import N_, EvidenceRefused, InvalidInput
from perf_flow.engine.model import Evidence, Requirement, RequirementKind
from perf_flow.engine.wording import Lexicon, assess

MAXIMUM_TEXT = 5000
MAXIMUM_ADDRESS = 2000

_TAG = re.compile(r"<\s*/?\s*[a-zA-Z!][^>]*>")
_CONTROL = {"Cc", "Cs", "Co"}
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")

NOT_BY_HAND = N_("“{0}” is read from the ERP document and completes itself. Change it there.")
NOT_SIGNED_HERE = N_("“{0}” is signed by the departments themselves.")
NO_CAUSE = N_("Please choose the cause for “{0}” from the library, or propose a new one.")
WRONG_TYPE = N_("“{0}” takes files of type {1}, and this one is {2}. Please choose another file.")
TOO_LARGE = N_("“{0}” takes files of up to {1} MB, and this one has {2} MB. Please choose a smaller file.")
EMPTY_FILE = N_("The file is empty. Please choose the file again.")
SAME_FILE = N_("This very file was already given for “{0}”.")
NOT_AN_ADDRESS = N_("“{0}” takes a web address that begins with https:// or http://.")
WRONG_HOST = N_("“{0}” takes an address on {1}.")
TOO_SHORT = N_("“{0}” needs at least {1} characters; there are {2}.")
HTML_TEXT = N_("HTML is not accepted in a note or text. Please write plain text.")
TOO_LONG = N_("The text has {0} characters; at most {1} are kept. Please shorten it.")
NO_CONTENT = N_("The text says nothing. Please write what was done.")


def clean_text(text: str | None, maximum: int = MAXIMUM_TEXT) -> str:
	"""Plain text without control characters and direction overrides, trimmed.

	Raises InvalidInput for text with HTML tags and for text of more than ``maximum`` characters.
	"""
	text = unicodedata.normalize("NFC", text or "")
	if _TAG.search(text):
		raise InvalidInput(template=HTML_TEXT)
	kept = "".join(
		c for c in text if c in "\n\t" or (unicodedata.category(c) not in _CONTROL and c not in _BIDI)
	).strip()
	if len(kept) > maximum:
		raise InvalidInput(len(kept), maximum, template=TOO_LONG)
	return kept


def clean_file_name(name: str | None) -> str:
	"""The last part of a file name, without path, control or direction characters; never empty."""
	name = unicodedata.normalize("NFC", name or "")
	name = name.replace("\\", "/").rsplit("/", 1)[-1]
	name = "".join(c for c in name if unicodedata.category(c) not in (*_CONTROL, "Cf")).strip(". ")
	return name[-140:] or "file"


def extension(name: str) -> str:
	"""The lower-case extension of a file name without its dot, or an empty string."""
	return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def visible_characters(text: str) -> int:
	"""How many characters of ``text`` say something: letters, digits and ideographs."""
	return sum(1 for c in text if unicodedata.category(c)[0] in "LN")


def check_piece(
	requirement: Requirement, piece: Evidence, present: tuple[Evidence, ...], lexicon: Lexicon | None = None
) -> None:
	"""Refuse a piece that does not satisfy ``requirement``; ``present`` are those already there. A text that has to be
	concrete is judged by ``lexicon``, by default the standard one.

	Raises EvidenceRefused with a message that says what to do.
	"""
	label = requirement.label
	if requirement.kind.observed:
		raise EvidenceRefused(label, template=NOT_BY_HAND)
	if requirement.kind is RequirementKind.FILE:
		_check_file(requirement, piece, present)
	elif requirement.kind is RequirementKind.LINK:
		_check_link(requirement, piece.value)
	elif requirement.kind is RequirementKind.SIGN_OFF:
		raise EvidenceRefused(label, template=NOT_SIGNED_HERE)
	elif requirement.kind is RequirementKind.ROOT_CAUSE:
		if not piece.value:
			raise EvidenceRefused(label, template=NO_CAUSE)
	else:
		count = visible_characters(piece.value)
		if not count:
			raise EvidenceRefused(template=NO_CONTENT)
		if count < requirement.minimum_characters:
			raise EvidenceRefused(label, requirement.minimum_characters, count, template=TOO_SHORT)
		if requirement.must_be_concrete:
			_check_concrete(piece.value, lexicon)


def _check_concrete(text: str, lexicon: Lexicon | None) -> None:
	found = assess(text, lexicon=lexicon)
	if not found.concrete:
		raise EvidenceRefused(*found.args, template=found.reason)


def _check_file(requirement: Requirement, piece: Evidence, present: tuple[Evidence, ...]) -> None:
	label = requirement.label
	if piece.size <= 0:
		raise EvidenceRefused(template=EMPTY_FILE)
	megabytes = piece.size / 1_000_000
	if requirement.maximum_mb and megabytes > requirement.maximum_mb:
		raise EvidenceRefused(label, f"{requirement.maximum_mb:g}", f"{megabytes:.1f}", template=TOO_LARGE)
	found = extension(piece.title)
	if requirement.file_types and found not in requirement.file_types:
		raise EvidenceRefused(label, ", ".join(requirement.file_types), found or "?", template=WRONG_TYPE)
	if piece.sha256 and any(p.sha256 == piece.sha256 for p in present):
		raise EvidenceRefused(label, template=SAME_FILE)


def _host(address: str) -> str:
	"""The host of a web address; empty for anything else, such as javascript: or data:."""
	try:
		parts = urlsplit(address)
		host = (parts.hostname or "").lower()
	except ValueError:
		return ""
	if parts.scheme not in ("http", "https") or len(address) > MAXIMUM_ADDRESS:
		return ""
	return "" if any(c.isspace() or c in "<>\"'" for c in address) else host


def is_web_address(address: str) -> bool:
	"""Whether a text is an address of the web that a page may lead to."""
	return bool(_host(address))


def _check_link(requirement: Requirement, address: str) -> None:
	host = _host(address)
	if not host:
		raise EvidenceRefused(requirement.label, template=NOT_AN_ADDRESS)
	if requirement.hosts and not any(host == h or host.endswith("." + h) for h in requirement.hosts):
		raise EvidenceRefused(requirement.label, ", ".join(requirement.hosts), template=WRONG_HOST)
