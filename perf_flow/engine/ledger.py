"""The tamper-evident ledger: proofs, the hash chain over them, and what `verify` can tell.

Three layers, each covering what the one before cannot see:

1. **Proof.** The application signs every entry when it writes it (HMAC-SHA256 with a key of the
   site). Whoever has the database but not the key cannot write or change an entry unnoticed.
2. **Seal.** One job seals the committed entries in one order; each seal holds the hash of the one
   before. Removing, exchanging or re-timing something in the middle breaks the chain.
3. **Anchor.** The head of the chain is copied out of the ledger from time to time. A chain that was
   cut off at its end, or recomputed as a whole, no longer agrees with its anchors.

What the writers must keep to, so that an honest ledger has no findings:

- the facts of one event are numbered 1, 2, 3 … under a lock, and ``recorded_at`` never goes back
  within one event (take the later of "now" and the previous fact's time);
- the sealer takes the oldest entries first (``recorded_at``, then event, then seq), seals only what
  ``may_seal`` accepts, and stamps ``sealed_at`` when it seals;
- a transaction stays open for less than the grace time.

What cannot be seen from the ledger alone: the removal, together with their seals, of the last
entries sealed since the latest anchor (``heads`` names them when the documents still know them),
and, for somebody who holds the site key, a false time that no sealing run contradicts.

Nothing here reads a clock or a database. Times are text: UTC, ISO 8601 with microseconds and "Z"
(``timestamp``), which sorts as it reads.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from enum import Enum
from itertools import groupby

from perf_flow.engine.errors import N_, InvalidInput

GENESIS = "0" * 64
"""What the first seal holds as the hash before it."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_DEPTH = 32  # nesting that canonical_json accepts
_RUN = 5  # more neighbouring findings of one sort than this become one finding over a range
_NEAR = 256  # how far from its number a renumbered seal is looked for
_SEARCHES = 1000  # how many such searches may fail before only the last known shift is tried
_LOOSE = 200  # up to so many seals without their entry are tried on each unsealed entry


@dataclass(frozen=True, slots=True)
class Entry:
	"""One fact as the ledger holds it. ``name`` is always ``entry_name(event, seq)``."""

	name: str
	event: str
	seq: int
	fact: str
	payload: str
	actor: str
	recorded_at: str
	proof: str


@dataclass(frozen=True, slots=True)
class Seal:
	"""One link of the hash chain: ``number`` 1.. without gaps, ``previous`` the hash before it."""

	number: int
	entry: str
	previous: str
	hash: str
	sealed_at: str


@dataclass(frozen=True, slots=True)
class Anchor:
	"""A head of the chain as noted outside it; ``source`` says where (e.g. "table", "file")."""

	number: int
	hash: str
	anchored_at: str
	source: str


Row = tuple[Seal | None, Entry | None]
"""A seal with the entry it names (None if there is none), or an entry that has no seal."""


class FindingKind(str, Enum):
	"""What was done to the ledger. The value is a translatable label."""

	EDITED = N_("Edited")
	DELETED = N_("Deleted")
	INSERTED = N_("Inserted")
	REORDERED = N_("Re-ordered")
	BACKDATED = N_("Back-dated")
	CUT_OFF = N_("Cut off at the end")
	DUPLICATED = N_("Duplicated")
	ANCHOR_MISMATCH = N_("History rewritten")
	UNSEALED_OVERDUE = N_("Not sealed in time")


@dataclass(frozen=True, slots=True)
class Finding:
	"""One thing that is wrong: translate ``template``, then fill in ``args``.

	``number`` is the seal concerned (the first one of a range), None when no seal is concerned.
	"""

	kind: FindingKind
	template: str
	args: tuple[object, ...] = ()
	entry: str = ""
	event: str = ""
	number: int | None = None

	@property
	def message(self) -> str:
		"""The sentence in English, filled in."""
		return self.template.format(*self.args)


_ENTRY_EDITED = N_("The entry {0} (seal {1}) was changed after it was sealed.")
_ENTRY_RESEALED = N_(
	"The entry {0} (seal {1}) was changed or written outside the application, and sealed to look genuine."
)
_ENTRY_RENAMED = N_("The entry {0} was renamed; it is the entry {1}.")
_SEAL_EDITED = N_("The seal {0} (entry {1}) was changed: it no longer fits the entry or its neighbours.")
_ENTRY_DELETED = N_("The entry {0} was deleted; its seal {1} is still there.")
_SEAL_DELETED = N_("The seal {0} was deleted.")
_SEALS_DELETED = N_("The seals {0} to {1} were deleted.")
_STEP_DELETED = N_("Step {1} of the event {0} is missing in the ledger.")
_STEPS_DELETED = N_("Steps {1} to {2} of the event {0} are missing in the ledger.")
_ENTRY_INSERTED = N_(
	"The entry {0} was not written by the application, or was changed before it was sealed. It will not be sealed."
)
_SEAL_INSERTED = N_("The seal {0} (entry {1}) does not fit the chain: it was inserted.")
_SEAL_MOVED = N_("The seal {0} (entry {1}) was renumbered; in the chain it is number {2}.")
_STEP_REORDERED = N_("Step {1} of the event {0} was sealed (seal {2}) after a later step of the same event.")
_BEFORE_PREVIOUS = N_("The entry {0} bears the time {1}, which is before the step that precedes it ({2}).")
_WRITTEN_LATER = N_(
	"The entry {0} (seal {1}) bears the time {2}, but was not there yet when everything was sealed at {3}."
)
_FUTURE = N_("The entry {0} bears the time {1}, which is after the time it was seen ({2}).")
_SEAL_BACKDATED = N_(
	"The seal {0} (entry {1}) bears the time {2}, which is before the seals it follows ({3})."
)
_CUT_OFF = N_("The ledger ends at seal {0}, but seal {1} was anchored at {2} ({3}): the end was cut off.")
_EVENT_CUT_OFF = N_("The event {0} has {1} steps, but the ledger ends at step {2}.")
_SEALED_TWICE = N_("The entry {0} was sealed a second time (seal {1}).")
_ENTRY_COPIED = N_("The entry {0} is there twice.")
_ANCHOR_MISMATCH = N_(
	"The seal {0} is not the one anchored at {1} ({2}). The history after seal {3}, or this anchor, was rewritten. Anchors that disagree: {4}."
)
_UNSEALED = N_("{0} entries were not sealed in time, the oldest is {1} of {2}.")

_RANGES: Mapping[str, str] = {
	_ENTRY_EDITED: N_("The entries of the seals {0} to {1} were changed after they were sealed."),
	_ENTRY_RESEALED: N_(
		"The entries of the seals {0} to {1} were changed or written outside the application, and sealed to look genuine; or the key of the ledger is not the one they were written with."
	),
	_SEAL_EDITED: N_(
		"The seals {0} to {1} were changed: they no longer fit their entries or their neighbours."
	),
	_ENTRY_DELETED: N_("The entries of the seals {0} to {1} were deleted."),
	_SEAL_INSERTED: N_("The seals {0} to {1} do not fit the chain: they were inserted."),
	_SEAL_MOVED: N_("The seals {0} to {1} were renumbered."),
	_WRITTEN_LATER: N_(
		"The entries of the seals {0} to {1} bear times at which everything had been sealed without them."
	),
}


def timestamp(moment: datetime) -> str:
	"""``moment`` (aware) as the ledger writes times; raises InvalidInput for a naive one."""
	if moment.utcoffset() is None:
		raise InvalidInput(moment, template=N_("The time {0} has no time zone."))
	return moment.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _moment(text: str) -> datetime | None:
	"""The time written in ``text``, or None when it is not written as ``timestamp`` writes it."""
	if not isinstance(text, str) or not _TIME.fullmatch(text):
		return None
	try:
		return datetime.fromisoformat(text[:-1]).replace(tzinfo=timezone.utc)
	except ValueError:  # the shape is right, the date is not (month 13)
		return None


def _required_moment(text: str) -> datetime:
	moment = _moment(text)
	if moment is None:
		raise InvalidInput(text, template=N_("{0} is not a UTC time with microseconds."))
	return moment


def entry_name(event: str, seq: int) -> str:
	"""The primary key of the entry ``seq`` of ``event``."""
	return f"{event}-{seq:05d}"


def _position(name: str) -> tuple[str, int] | None:
	"""Event and seq that an entry name stands for, None when it is no entry name."""
	event, _, digits = name.rpartition("-")
	if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
		return None
	position = event, int(digits)
	return position if entry_name(*position) == name else None


def canonical_json(value: object) -> str:
	"""``value`` as the one JSON text it has: sorted keys, no spaces, characters as they are.

	Accepts None, bool, int, finite float, str, list, tuple and dict with str keys. Raises InvalidInput
	for everything else: times and decimals must be given as text, so that they come back as they were.
	"""
	_accept(value, 0)
	return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _accept(value: object, depth: int) -> None:
	if depth > _DEPTH:
		raise InvalidInput(_DEPTH, template=N_("Values nested deeper than {0} levels cannot be recorded."))
	if value is None or isinstance(value, bool | int):
		return
	if isinstance(value, float):
		if not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0):
			raise InvalidInput(value, template=N_("The number {0} cannot be recorded."))
	elif isinstance(value, str):
		_accept_text(value)
	elif isinstance(value, list | tuple):
		for part in value:
			_accept(part, depth + 1)
	elif isinstance(value, dict):
		for key, part in value.items():
			if not isinstance(key, str):
				raise InvalidInput(key, template=N_("The key {0} cannot be recorded: keys are text."))
			_accept_text(key)
			_accept(part, depth + 1)
	else:
		raise InvalidInput(type(value).__name__, template=N_("A value of the type {0} cannot be recorded."))


def _accept_text(text: str) -> None:
	try:
		text.encode("utf-8")
	except UnicodeEncodeError as error:
		raise InvalidInput(ascii(text), template=N_("The text {0} holds half a character.")) from error


def _packed(*fields: object) -> bytes:
	"""``fields`` one after the other, each with its type and length, so that none can run into the next."""
	parts: list[bytes] = []
	for value in fields:
		if isinstance(value, str):
			kind, data = b"s", value.encode("utf-8", "surrogatepass")
		elif isinstance(value, int):
			kind, data = b"i", b"%d" % value
		else:  # NULL written into a column by hand; it must not pass for an empty text
			kind, data = b"?", repr(value).encode("utf-8", "surrogatepass")
		parts.append(b"%s%d:%s" % (kind, len(data), data))
	return b"".join(parts)


def proof(
	name: str, event: str, seq: int, fact: str, payload: str, actor: str, recorded_at: str, key: bytes
) -> str:
	"""The application's signature under an entry: HMAC-SHA256 (hex) over all its other fields.

	Raises InvalidInput when the name or the time is not written as the ledger writes it, or the key is
	empty: such an entry could never be sealed.
	"""
	if not key:
		raise InvalidInput(template=N_("The key of the ledger is empty."))
	if seq < 1 or name != entry_name(event, seq):
		raise InvalidInput(name, template=N_("{0} is not the name of a ledger entry."))
	_required_moment(recorded_at)
	return _signature(name, event, seq, fact, payload, actor, recorded_at, key)


def _signature(
	name: str, event: str, seq: int, fact: str, payload: str, actor: str, recorded_at: str, key: bytes
) -> str:
	fields = _packed(name, event, seq, fact, payload, actor, recorded_at)
	return hmac.new(key, b"perf_flow.entry.1\n" + fields, hashlib.sha256).hexdigest()


def new_entry(
	event: str, seq: int, fact: str, value: object, actor: str, recorded_at: datetime, key: bytes
) -> Entry:
	"""A signed entry; ``value`` becomes the payload by ``canonical_json``. Raises InvalidInput as that does."""
	name, payload, time = entry_name(event, seq), canonical_json(value), timestamp(recorded_at)
	signature = proof(name, event, seq, fact, payload, actor, time, key)
	return Entry(name, event, seq, fact, payload, actor, time, signature)


def may_seal(entry: Entry, key: bytes) -> bool:
	"""Whether the application wrote ``entry`` as it stands. The sealer refuses all others."""
	if not isinstance(entry.seq, int) or entry.seq < 1 or entry.name != entry_name(entry.event, entry.seq):
		return False
	return _moment(entry.recorded_at) is not None and _signed(entry, key)


def _signed(entry: Entry, key: bytes) -> bool:
	expected = _signature(
		entry.name, entry.event, entry.seq, entry.fact, entry.payload, entry.actor, entry.recorded_at, key
	)
	return hmac.compare_digest(expected.encode(), str(entry.proof).encode("utf-8", "surrogatepass"))


def _digest(entry: Entry) -> bytes:
	fields = _packed(
		entry.name,
		entry.event,
		entry.seq,
		entry.fact,
		entry.payload,
		entry.actor,
		entry.recorded_at,
		entry.proof,
	)
	return hashlib.sha256(fields).digest()


def _link(previous: str, number: int, sealed_at: str, digest: bytes) -> str:
	head = _packed("perf_flow.seal.1", previous, number, sealed_at)
	return hashlib.sha256(head + digest).hexdigest()


def seal(entry: Entry, number: int, previous: str, sealed_at: str) -> Seal:
	"""The seal of ``entry`` at ``number`` after the hash ``previous`` (``GENESIS`` for number 1).

	Its hash is SHA-256 over previous hash, number, time and the SHA-256 of all fields of the entry, each
	field with its length. Raises InvalidInput for a number below 1 or a time not written as the ledger does.
	"""
	if number < 1:
		raise InvalidInput(number, template=N_("{0} is not the number of a seal."))
	_required_moment(sealed_at)
	return Seal(number, entry.name, previous, _link(previous, number, sealed_at, _digest(entry)), sealed_at)


def join(entries: Iterable[Entry], seals: Iterable[Seal]) -> Iterator[Row]:
	"""Entries and seals as the rows that ``verify`` reads. Holds everything in memory: for small ledgers."""
	by_name: dict[str, list[Entry]] = {}
	for entry in entries:
		by_name.setdefault(entry.name, []).append(entry)
	sealed: set[str] = set()
	for link in sorted(seals, key=lambda link: link.number):
		sealed.add(link.entry)
		if link.entry not in by_name:
			yield link, None
		for entry in by_name.get(link.entry, ()):
			yield link, entry
	open_entries = (entry for name, found in by_name.items() if name not in sealed for entry in found)
	for entry in sorted(open_entries, key=lambda entry: (entry.event, entry.seq)):
		yield None, entry


def verify(
	rows: Iterable[Row],
	anchors: Iterable[Anchor],
	key: bytes,
	*,
	now: str,
	grace_minutes: float = 60,
	skew_seconds: float = 5,
	heads: Iterable[tuple[str, int]] = (),
) -> list[Finding]:
	"""Everything that is wrong with the ledger, in the order of the seals; an empty list if nothing is.

	``rows`` is one pass: first every seal ordered by number, each with the entry it names or None (seals
	LEFT JOIN entries), then every entry without a seal ordered by event and seq. Memory: one small record
	per event, one per seal out of place and one per finding; nothing per entry.

	``heads`` are (event, last seq) pairs as the documents know them, if the caller wants to find entries
	missing at the end of an event. ``grace_minutes`` is how long an entry may wait for its seal,
	``skew_seconds`` by how much the clocks of the hosts may differ.

	Back-dating is measured against sealing runs that were up to date, i.e. sealed something recorded less
	than the grace time before. A run that works off a backlog proves nothing about entries it did not
	reach, so that an interrupted run after a standstill accuses nobody.

	Raises InvalidInput when the rows are not in that order, or ``now`` is not a ledger time.
	"""
	check = _Verification(
		anchors, key, _required_moment(now), timedelta(minutes=grace_minutes), timedelta(seconds=skew_seconds)
	)
	waiting: list[tuple[Seal, Entry | None]] = []
	sealed = True
	for number, group in groupby(rows, key=lambda row: None if row[0] is None else row[0].number):
		if number is None:
			check.sealed(waiting, None)
			waiting, sealed = [], False
			check.finish_chain()
			for _, entry in group:
				if entry is None:
					raise InvalidInput(template=N_("A row holds neither a seal nor an entry."))
				check.unsealed(entry)
			continue
		if not sealed or (waiting and number < waiting[0][0].number):
			raise InvalidInput(number, template=N_("The rows of the ledger are not in order at seal {0}."))
		following = [(link, entry) for link, entry in group if link is not None]
		check.sealed(waiting, following)
		waiting = following
	if sealed:
		check.sealed(waiting, None)
		check.finish_chain()
	return check.result(heads)


@dataclass(slots=True, eq=False)
class _Link:
	"""A seal with what is known of its entry, without the entry itself.

	``signed``: the entry is as the application wrote it. ``fits``: the hash is that of the seal's own content
	and of its entry. ``home`` is the number the seal turns out to have.
	"""

	seal: Seal
	digest: bytes | None
	signed: bool
	fits: bool = False
	home: int | None = None

	def sits_at(self, number: int, previous: str | None = None) -> bool:
		return self.hash_at(number, previous) == self.seal.hash

	def hash_at(self, number: int, previous: str | None = None) -> str | None:
		if self.digest is None:
			return None
		link = self.seal
		return _link(link.previous if previous is None else previous, number, link.sealed_at, self.digest)


@dataclass(slots=True)
class _Hole:
	"""What lies between two links that are in their place; ``right`` is None at the end of the chain."""

	left: int
	left_hash: str
	right: int | None
	right_previous: str | None
	members: list[_Link]

	def spans(self, number: int) -> bool:
		return self.left < number and (self.right is None or number < self.right)


@dataclass(slots=True)
class _EventState:
	seq: int = 0
	recorded_at: str = ""
	gaps: list[tuple[int, int]] = field(default_factory=list)
	reordered: bool = False


class _Verification:
	"""One run of ``verify``: the sealed rows, ``finish_chain``, the unsealed entries, ``result``."""

	def __init__(
		self, anchors: Iterable[Anchor], key: bytes, now: datetime, grace: timedelta, skew: timedelta
	) -> None:
		self.key, self.grace, self.skew = key, grace, skew
		self.now = timestamp(now)
		self.findings: dict[int, Finding] = {}
		self.found = 0
		# the chain
		self.number, self.hash = 0, GENESIS
		self.members: list[_Link] = []
		self.extras: list[_Link] = []
		self.holes: list[_Hole] = []
		self.last = 0
		self.loose: dict[int, tuple[Seal, int | None]] = {}
		self.orphans: dict[str, int] = {}
		# the anchors
		self.anchors: dict[int, list[Anchor]] = {}
		for anchor in anchors:
			self.anchors.setdefault(anchor.number, []).append(anchor)
		self.agreed: dict[str, int] = {}
		self.disagreed: dict[str, list[Anchor]] = {}
		self.compare_anchors(0, GENESIS)
		# the events
		self.events: dict[str, _EventState] = {}
		self.accounted: dict[str, set[int]] = {}
		self.reached: dict[str, int] = {}
		# the times
		self.run, self.run_fresh, self.caught_up = "", False, ""
		self.shifted: dict[tuple[str, timedelta], str] = {}
		self.overdue, self.oldest = 0, ("", "")

	def add(
		self,
		kind: FindingKind,
		template: str,
		*args: object,
		entry: str = "",
		event: str = "",
		number: int | None = None,
	) -> int:
		self.found += 1
		self.findings[self.found] = Finding(kind, template, args, entry, event, number)
		return self.found

	def add_for(self, kind: FindingKind, template: str, link: Seal, *args: object) -> int:
		"""A finding about a seal or the entry it names."""
		position = _position(link.entry)
		event = position[0] if position else ""
		return self.add(kind, template, *args, entry=link.entry, event=event, number=link.number)

	# --- the chain ---

	def sealed(
		self, group: list[tuple[Seal, Entry | None]], following: list[tuple[Seal, Entry | None]] | None
	) -> None:
		"""Place the seals of one number, knowing those of the next one."""
		if not group:
			return
		links = [(self.link(found, entry), entry) for found, entry in group]
		number = group[0][0].number
		nexts = None
		if following and following[0][0].number == number + 1:
			nexts = {link.previous for link, _ in following}
		best, entry = max(
			links,
			key=lambda pair: (
				nexts is not None and pair[0].seal.hash in nexts,
				pair[0].seal.previous == self.hash,
				pair[0].fits,
			),
		)
		for link, its_entry in links:
			if link is not best or number < 1:
				self.astray(link, its_entry, self.extras)
		if number < 1:
			return
		leads_on = nexts is None or best.seal.hash in nexts
		if number == self.number + 1:
			in_place = best.seal.previous == self.hash
		else:
			in_place = best.fits
		if not (leads_on and in_place):
			self.astray(best, entry, self.members)
			return
		if number > self.number + 1:
			self.holes.append(_Hole(self.number, self.hash, number, best.seal.previous, members=self.members))
			self.members = []
		self.number, self.hash = number, best.seal.hash
		self.compare_anchors(number, best.seal.hash)
		self.examine(best, entry)

	def link(self, found: Seal, entry: Entry | None) -> _Link:
		if entry is None:
			return _Link(found, None, False)
		link = _Link(found, _digest(entry), may_seal(entry, self.key))
		whole = entry.name == found.entry and _moment(found.sealed_at) is not None
		link.fits = whole and link.sits_at(found.number)
		return link

	def astray(self, link: _Link, entry: Entry | None, into: list[_Link]) -> None:
		into.append(link)
		if entry is not None:
			self.account(link.seal.entry)
			if link.signed:
				self.reached[entry.event] = max(entry.seq, self.reached.get(entry.event, 0))

	def examine(self, link: _Link, entry: Entry | None) -> None:
		"""The entry of a seal that is in its place."""
		if entry is None:
			self.report_deleted(link)
		elif not link.signed:
			self.report_edited(link, _ENTRY_RESEALED if link.fits else _ENTRY_EDITED)
			self.account(link.seal.entry)
			self.compare_edited_time(entry, link.seal)
		elif not link.fits:
			self.report_seal_edited(link)
			self.account(link.seal.entry)
		else:
			self.follow_event(entry, link.seal)

	def report_deleted(self, link: _Link) -> None:
		finding = self.add_for(
			FindingKind.DELETED, _ENTRY_DELETED, link.seal, link.seal.entry, link.seal.number
		)
		self.orphans[link.seal.entry] = finding
		self.loose[link.seal.number] = link.seal, finding
		self.account(link.seal.entry)

	def report_edited(self, link: _Link, template: str) -> None:
		self.add_for(FindingKind.EDITED, template, link.seal, link.seal.entry, link.seal.number)

	def report_seal_edited(self, link: _Link) -> None:
		self.add_for(FindingKind.EDITED, _SEAL_EDITED, link.seal, link.seal.number, link.seal.entry)
		self.loose[link.seal.number] = link.seal, None

	def finish_chain(self) -> None:
		"""Find out where the seals out of place belong, and what is missing."""
		self.last = self.number
		if self.members or self.extras:
			self.holes.append(_Hole(self.number, self.hash, None, None, self.members))
			self.members = []
		lost = [link for hole in self.holes for link in hole.members] + self.extras
		by_previous: dict[str, list[_Link]] = {}
		for link in lost:
			by_previous.setdefault(link.seal.previous, []).append(link)
		seats: dict[int, _Link] = {}
		for hole in self.holes:
			self.relink(hole, by_previous, seats)
		self.recognise_shift(lost, seats)
		for number, link in seats.items():
			self.compare_anchors(number, link.seal.hash)
			if number != link.seal.number:
				self.add_for(
					FindingKind.REORDERED, _SEAL_MOVED, link.seal, link.seal.number, link.seal.entry, number
				)
		for hole in self.holes:
			self.settle(hole, seats)
		for link in lost:
			if link.home is None:
				self.add_for(
					FindingKind.INSERTED, _SEAL_INSERTED, link.seal, link.seal.number, link.seal.entry
				)
		self.report_missing(seats)

	@staticmethod
	def candidates(
		hole: _Hole, by_previous: Mapping[str, list[_Link]], hash_: str, number: int
	) -> list[_Link]:
		"""The seals that follow ``hash_`` at ``number``, those that lead on and are signed first."""
		return sorted(
			(link for link in by_previous.get(hash_, ()) if link.home is None and link.sits_at(number)),
			key=lambda link: (
				link.seal.hash in by_previous or link.seal.hash == hole.right_previous,
				link.signed,
			),
			reverse=True,
		)

	def relink(self, hole: _Hole, by_previous: Mapping[str, list[_Link]], seats: dict[int, _Link]) -> None:
		"""Follow the previous-links through a hole; they say the true order."""
		hash_, number = hole.left_hash, hole.left + 1
		link: _Link | None = None
		while hole.spans(number):
			found = self.candidates(hole, by_previous, hash_, number)
			if not found:
				break
			link = found[0]
			link.home = number
			seats[number] = link
			if not link.signed:
				self.report_edited(link, _ENTRY_RESEALED)
			hash_, number = link.seal.hash, number + 1
		if link is not None and link.signed and number == hole.right and hash_ != hole.right_previous:
			self.report_seal_edited(link)

	def recognise_shift(self, lost: list[_Link], seats: dict[int, _Link]) -> None:
		"""Seals that were renumbered in a row, e.g. to close the gap that a deletion left."""
		lefts = [hole.left for hole in self.holes]
		shift, searches = 0, 0
		near = [distance * sign for distance in range(1, _NEAR + 1) for sign in (1, -1)]
		for link in lost:
			if link.home is not None or not link.signed:
				continue
			number = self.free_seat(link, [shift], lefts, seats) if shift else None
			if number is None and searches < _SEARCHES:
				number = self.free_seat(link, near, lefts, seats)
				searches += number is None
			if number is not None:
				shift = number - link.seal.number
				link.home = number
				seats[number] = link

	def free_seat(
		self, link: _Link, shifts: Iterable[int], lefts: list[int], seats: Mapping[int, _Link]
	) -> int | None:
		for shift in shifts:
			number = link.seal.number + shift
			if number < 1 or number in seats:
				continue
			hole = self.holes[max(bisect_right(lefts, number - 1) - 1, 0)]
			if hole.spans(number) and link.sits_at(number):
				return number
		return None

	def settle(self, hole: _Hole, seats: dict[int, _Link]) -> None:
		"""Judge the seals that stand in a free place of a hole by their neighbours."""
		here = {link.seal.number: link for link in hole.members if link.home is None}
		for number, link in here.items():
			if number in seats:
				continue
			before = seats.get(number - 1) or here.get(number - 1)
			after = seats.get(number + 1) or here.get(number + 1)
			previous = before.seal.hash if before else None
			following = after.seal.previous if after else None
			if number - 1 == hole.left:
				previous = hole.left_hash
			if number + 1 == hole.right:
				following = hole.right_previous
			linked = link.seal.previous == previous or link.seal.hash == following
			if link.digest is not None and link.signed:
				linked = (
					linked
					or (previous is not None and link.sits_at(number, previous))
					or (following is not None and link.hash_at(number) == following)
				)
			if not linked:
				continue
			link.home = number
			if link.digest is None:
				self.report_deleted(link)
			elif not link.signed:
				self.report_edited(link, _ENTRY_EDITED)
			else:
				self.report_seal_edited(link)
		seats.update((number, link) for number, link in here.items() if link.home == number)

	def report_missing(self, seats: Mapping[int, _Link]) -> None:
		taken = sorted(seats)
		for hole in self.holes:
			inside = taken[bisect_right(taken, hole.left) :]
			start = hole.left + 1
			for number in inside:
				if not hole.spans(number):
					break
				self.report_missing_seals(start, number - 1)
				start = number + 1
			if hole.right is not None:
				self.report_missing_seals(start, hole.right - 1)
		self.last = max([self.last, *taken[-1:]])

	def report_missing_seals(self, first: int, last: int) -> None:
		if first == last:
			self.add(FindingKind.DELETED, _SEAL_DELETED, first, number=first)
		elif first < last:
			self.add(FindingKind.DELETED, _SEALS_DELETED, first, last, number=first)

	def compare_anchors(self, number: int, hash_: str) -> None:
		for anchor in self.anchors.pop(number, ()):
			if anchor.hash == hash_:
				self.agreed[anchor.source] = max(number, self.agreed.get(anchor.source, 0))
			else:
				self.disagreed.setdefault(anchor.source, []).append(anchor)

	# --- the events ---

	def account(self, name: str) -> None:
		"""The entry ``name`` is not to be reported as missing: something is said of it already."""
		position = _position(name)
		if position:
			self.accounted.setdefault(position[0], set()).add(position[1])

	def has(self, event: str, seq: int) -> bool:
		state = self.events.get(event)
		if state and seq <= state.seq and not any(first <= seq <= last for first, last in state.gaps):
			return True
		return seq in self.accounted.get(event, ())

	def follow_event(self, entry: Entry, link: Seal | None) -> None:
		"""The next genuine entry of an event, in the order of the seals."""
		state = self.events.setdefault(entry.event, _EventState())
		future = self.compare_times(entry, link)
		if entry.seq > state.seq:
			if entry.seq > state.seq + 1:
				state.gaps.append((state.seq + 1, entry.seq - 1))
			state.seq = entry.seq
			if entry.recorded_at < state.recorded_at:
				self.report_before(entry, state.recorded_at, link)
			elif not future:
				state.recorded_at = entry.recorded_at
			return
		for index, (first, last) in enumerate(state.gaps):
			if first <= entry.seq <= last:
				rest = [(first, entry.seq - 1), (entry.seq + 1, last)]
				state.gaps[index : index + 1] = [(start, end) for start, end in rest if start <= end]
				if link is not None and not state.reordered:
					state.reordered = True
					self.add_for(
						FindingKind.REORDERED, _STEP_REORDERED, link, entry.event, entry.seq, link.number
					)
				return
		if link is not None:
			self.add_for(FindingKind.DUPLICATED, _SEALED_TWICE, link, entry.name, link.number)
		else:
			self.add(FindingKind.DUPLICATED, _ENTRY_COPIED, entry.name, entry=entry.name, event=entry.event)

	def report_before(self, entry: Entry, previous: str, link: Seal | None) -> None:
		self.add(
			FindingKind.BACKDATED,
			_BEFORE_PREVIOUS,
			entry.name,
			entry.recorded_at,
			previous,
			entry=entry.name,
			event=entry.event,
			number=link.number if link else None,
		)

	# --- the times ---

	def shift(self, text: str, by: timedelta) -> str:
		"""The ledger time ``text`` moved by ``by``; the last few are kept, since runs share their time."""
		known = self.shifted.get((text, by))
		if known is None:
			if len(self.shifted) > 64:
				self.shifted.clear()
			moment = _required_moment(text)
			try:
				known = timestamp(moment + by)
			except OverflowError:  # next to the first or last year there is
				known = text
			self.shifted[text, by] = known
		return known

	def compare_times(self, entry: Entry, link: Seal | None) -> bool:
		"""Time of the entry against the sealing runs; True when it lies in the future of its seal."""
		seen = self.now if link is None else link.sealed_at
		future = entry.recorded_at > self.shift(seen, self.skew)
		if future:
			self.add(
				FindingKind.BACKDATED,
				_FUTURE,
				entry.name,
				entry.recorded_at,
				seen,
				entry=entry.name,
				event=entry.event,
				number=link.number if link else None,
			)
		if link is None:
			return future
		if link.sealed_at > self.run:
			if self.run_fresh:
				self.caught_up = self.run
			self.run, self.run_fresh = link.sealed_at, False
		elif link.sealed_at < self.shift(self.run, -self.skew):
			self.add_for(
				FindingKind.BACKDATED,
				_SEAL_BACKDATED,
				link,
				link.number,
				link.entry,
				link.sealed_at,
				self.run,
			)
			return future
		if self.caught_up and entry.recorded_at < self.shift(self.caught_up, -self.grace):
			self.add_for(
				FindingKind.BACKDATED,
				_WRITTEN_LATER,
				link,
				entry.name,
				link.number,
				entry.recorded_at,
				self.caught_up,
			)
		elif entry.recorded_at >= self.shift(link.sealed_at, -self.grace):
			self.run_fresh = True
		return future

	def compare_edited_time(self, entry: Entry, link: Seal) -> None:
		"""An edited entry may also give away that its time was put back."""
		position = _position(link.entry)
		state = self.events.get(position[0]) if position else None
		if position and state and position[1] > state.seq and _moment(entry.recorded_at):
			if entry.recorded_at < state.recorded_at:
				self.report_before(entry, state.recorded_at, link)

	# --- the entries without a seal ---

	def unsealed(self, entry: Entry) -> None:
		if may_seal(entry, self.key):
			self.follow_event(entry, None)
			explained = self.find_loose_seal(entry)
			if not explained and entry.recorded_at < self.shift(self.now, -self.grace):
				self.overdue += 1
				self.oldest = min(
					self.oldest if self.oldest[0] else (entry.recorded_at, entry.name),
					(entry.recorded_at, entry.name),
				)
			return
		original = replace(entry, name=self.proper_name(entry))
		if original.name != entry.name and may_seal(original, self.key):
			self.renamed(entry, original)
			return
		self.add(FindingKind.INSERTED, _ENTRY_INSERTED, entry.name, entry=entry.name, event=str(entry.event))
		self.account(entry.name)

	@staticmethod
	def proper_name(entry: Entry) -> str:
		return entry_name(entry.event, entry.seq) if isinstance(entry.seq, int) else entry.name

	def renamed(self, entry: Entry, original: Entry) -> None:
		orphan = self.orphans.pop(original.name, None)
		if orphan is None and self.has(original.event, original.seq):
			self.add(
				FindingKind.DUPLICATED, _ENTRY_COPIED, original.name, entry=entry.name, event=original.event
			)
			return
		number = None
		if orphan is not None:
			number = self.findings.pop(orphan).number
			self.loose = {at: known for at, known in self.loose.items() if known[1] != orphan}
		self.add(
			FindingKind.EDITED,
			_ENTRY_RENAMED,
			entry.name,
			original.name,
			entry=entry.name,
			event=original.event,
			number=number,
		)
		self.account(original.name)

	def find_loose_seal(self, entry: Entry) -> bool:
		"""Whether a seal that names a wrong entry was made for this one."""
		if not self.loose or len(self.loose) > _LOOSE:
			return False
		digest = _digest(entry)
		for number, (link, finding) in self.loose.items():
			if _link(link.previous, link.number, link.sealed_at, digest) == link.hash:
				del self.loose[number]
				if finding is not None:
					del self.findings[finding]
					self.orphans.pop(link.entry, None)
					self.add_for(FindingKind.EDITED, _SEAL_EDITED, link, link.number, link.entry)
				return True
		return False

	# --- the result ---

	def result(self, heads: Iterable[tuple[str, int]]) -> list[Finding]:
		self.report_anchors()
		self.report_events(heads)
		if self.overdue:
			time, name = self.oldest
			event = (_position(name) or ("", 0))[0]
			self.add(
				FindingKind.UNSEALED_OVERDUE, _UNSEALED, self.overdue, name, time, entry=name, event=event
			)
		return _in_ranges(self.findings.values())

	def report_anchors(self) -> None:
		for source, anchors in self.disagreed.items():
			first = min(anchors, key=lambda anchor: anchor.number)
			agreed = self.agreed.get(source, 0)
			self.add(
				FindingKind.ANCHOR_MISMATCH,
				_ANCHOR_MISMATCH,
				first.number,
				first.anchored_at,
				source,
				agreed if agreed < first.number else 0,
				len(anchors),
				number=first.number,
			)
		beyond: dict[str, Anchor] = {}
		for number in sorted(self.anchors):
			for anchor in self.anchors[number]:
				if number > self.last:
					beyond[anchor.source] = anchor
		for source, anchor in beyond.items():
			self.add(
				FindingKind.CUT_OFF,
				_CUT_OFF,
				self.last,
				anchor.number,
				anchor.anchored_at,
				source,
				number=self.last + 1,
			)

	def report_events(self, heads: Iterable[tuple[str, int]]) -> None:
		for event in self.events.keys() | self.reached.keys():
			state = self.events.get(event, _EventState())
			beyond = (state.seq + 1, self.reached.get(event, 0))
			for first, last in [*state.gaps, beyond]:
				for start, end in _without(first, last, self.accounted.get(event, set())):
					self.add(
						FindingKind.DELETED,
						_STEP_DELETED if start == end else _STEPS_DELETED,
						event,
						start,
						end,
						entry=entry_name(event, start),
						event=event,
					)
		for event, seq in heads:
			known = self.events.get(event)
			here = known.seq if known else 0
			if seq > here and any(_without(here + 1, seq, self.accounted.get(event, set()))):
				self.add(FindingKind.CUT_OFF, _EVENT_CUT_OFF, event, seq, here, event=event)


def _without(first: int, last: int, numbers: set[int]) -> Iterator[tuple[int, int]]:
	"""The ranges that remain of first..last (inclusive) without ``numbers``."""
	for number in sorted(numbers):
		if first <= number <= last:
			if first < number:
				yield first, number - 1
			first = number + 1
	if first <= last:
		yield first, last


def _in_ranges(findings: Iterable[Finding]) -> list[Finding]:
	"""The findings in the order of the seals; long runs of one sort become one finding."""

	def order(finding: Finding) -> tuple[bool, int, str, str, str]:
		return finding.number is None, finding.number or 0, finding.event, finding.entry, finding.kind.value

	result: list[Finding] = []
	runs: dict[str, list[Finding]] = {}

	def flush(template: str) -> None:
		run = runs.pop(template, [])
		if len(run) <= _RUN:
			result.extend(run)
			return
		first, last = run[0].number, run[-1].number
		result.append(Finding(run[0].kind, _RANGES[template], (first, last), number=first))

	for finding in sorted(findings, key=order):
		if finding.number is None or finding.template not in _RANGES:
			result.append(finding)
			continue
		run = runs.setdefault(finding.template, [])
		if run and finding.number - (run[-1].number or 0) > 1:
			flush(finding.template)
			run = runs.setdefault(finding.template, [])
		run.append(finding)
	for template in list(runs):
		flush(template)
	return sorted(result, key=order)
