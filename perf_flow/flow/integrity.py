"""Whether evidence is what it was when it was given, and whether it was used before.

When a file is given, its fingerprints are kept: the cheap ones at once, those that take time or memory by the outbox.
Files that are alike are found by an index on the fingerprints, and the later of the two says so. What is found is a
warning to those who see the piece, never a verdict. Files themselves are compared with what the ledger says of them
when the panel opens, every day for all open events, and for all others within four weeks.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import formatdate

from perf_flow.access import relation
from perf_flow.engine import content, fingerprint
from perf_flow.engine.content import Inspection
from perf_flow.engine.errors import N_, EvidenceRefused
from perf_flow.engine.fingerprint import Fingerprint, Match
from perf_flow.engine.model import Chain, Evidence, RequirementKind
from perf_flow.engine.projection import evidence_name
from perf_flow.flow import outbox, store, times

FINGERPRINT = "Evidence Fingerprint"
FINDING = "Evidence Finding"

CONTENT, REUSE, FILE = "Content", "Reuse", "File"

MOST_CANDIDATES = 1000
MOST_SHOWN = 3
SMALL_BYTES = 1_000_000
"""Files up to this size are read whenever they are shown; larger ones when their size or time has changed."""
SLICES = 28
"""In so many days every file is read once."""
IN_PROCESS_BYTES = 2_000_000
IN_PROCESS_PIXELS = 4_000_000

UNREAD = N_(
	"This file could not be compared with other evidence by its content: it is damaged, or too large for that."
)
USED_BEFORE = {
	Match.BYTES: N_("This very file was already used as evidence for {0} on {1}."),
	Match.MEMBER: N_("A file that is also in this one was already used as evidence for {0} on {1}: {2}"),
	Match.MEMBERS: N_("An archive with the same files was already used as evidence for {0} on {1}."),
	Match.PARTS: N_("A document with the same content was already used as evidence for {0} on {1}."),
	Match.PIXELS: N_("The same picture was already used as evidence for {0} on {1}."),
	Match.TEXT: N_("A file with the same text was already used as evidence for {0} on {1}."),
	Match.LOOK: N_(
		"A very similar picture was already used as evidence for {0} on {1}. Please compare the two."
	),
	Match.NEAR: N_(
		"A file with almost the same text was already used as evidence for {0} on {1}. Please compare the two."
	),
}
GIVEN_BEFORE = N_("The same, or almost the same, was already given for this business event in round {0}.")
MORE = N_("… and for {0} more.")
ANOTHER = N_("another business event")

DELETED = N_("This file was deleted after it was given.")
GONE = N_("The content of this file is gone.")
CHANGED = N_("This file was changed after it was given: it is not what was looked at.")
PUBLIC = N_("This file is no longer private.")
MOVED = N_("This file was replaced, renamed or attached elsewhere after it was given.")

_STRENGTH = {match.value: n for n, match in enumerate(Match)}


# --- when a file is given -------------------------------------------------------------------------------------


def note(event: str, piece: str, inspected: Inspection, given: bytes, sha256: str) -> None:
	"""Keep what is known of a file that was just given as ``piece``: warnings, fingerprints, and what they find.
	``sha256`` is that of the bytes that were kept, which may differ from those ``given``."""
	_find(event, piece, CONTENT, [(w.template, list(w.args)) for w in inspected.warnings])
	found = [*fingerprint.light(inspected.kind, given, inspected.archive), fingerprint.of_bytes(sha256)]
	keep(event, piece, found)
	if fingerprint.is_heavy(inspected.kind):
		outbox.put(
			[outbox.row("fingerprint", event, {"piece": piece}, key=("fingerprint", event, piece))],
		)


def handle(task: Any, payload: dict[str, Any]) -> None:
	"""Outbox: the fingerprints that take time, of a file that is still there."""
	name = evidence_name(task.event, payload["piece"])
	row = frappe.db.get_value(store.EVIDENCE, name, ["title", "file"], as_dict=True)
	address = frappe.db.get_value("File", row.file, "file_url") if row and row.file else None
	path = disk_path(address) if address else ""
	if not path or not os.path.isfile(path):
		return
	try:
		if keep(task.event, payload["piece"], _heavy(row.title or "", path)):
			# whoever has the event open reads it anew
			from perf_flow.flow import checks

			chain = store.load(task.event)
			outbox.announce(chain)
			checks.after_evidence(chain)
	except (fingerprint.NotRead, EvidenceRefused):
		_find(task.event, payload["piece"], CONTENT, [(UNREAD, [])])


def _heavy(name: str, path: str) -> tuple[Fingerprint, ...]:
	"""Small plain files are read here; all others where nothing they do can reach this process."""
	with open(path, "rb") as f:
		data = f.read()
	inspected = content.inspect(name, data)
	width, height = inspected.pixels
	small = inspected.kind.key == "text" or (inspected.kind.picture and width * height <= IN_PROCESS_PIXELS)
	if small and len(data) <= IN_PROCESS_BYTES:
		try:
			return fingerprint.heavy(inspected.kind.key, data)
		except (OSError, SyntaxError, ValueError, EOFError) as e:
			# what Pillow raises for damaged pictures
			raise fingerprint.NotRead(str(e)) from e
	kind = inspected.kind.key
	del data, inspected
	return fingerprint.apart(kind, path)


def keep(event: str, piece: str, found: Iterable[Fingerprint]) -> int:
	"""Store fingerprints of a piece, and what else has the same ones. Returns how much of that was not known before.
	Can be repeated without harm."""
	found = list(found)
	rows = {}
	for one in found:
		for number, value in enumerate(one.keys):
			rows.setdefault(
				store.key_of(event, piece, one.match, value),
				{
					"event": event,
					"piece": piece,
					"kind": one.match,
					"value": value,
					"signature": one.signature if not number else None,
					"file_name": one.name[:140] or None,
				},
			)
	store.insert(FINGERPRINT, [{"name": name, **row} for name, row in rows.items()], ignore_duplicates=True)
	return _note_reuse(event, piece, found)


@dataclass(frozen=True, slots=True)
class Alike:
	"""Another piece with the same or a similar content."""

	event: str
	piece: str
	match: Match
	file_name: str = ""


def alike(event: str, piece: str, found: Sequence[Fingerprint]) -> list[Alike]:
	"""Other pieces whose fingerprints are the same or near enough, each with the strongest of them. Two statements,
	however many pieces there are."""
	wanted: dict[str, list[Fingerprint]] = {}
	for one in found:
		for key in fingerprint.neighbours(one):
			wanted.setdefault(key, []).append(one)
	if not wanted:
		return []
	rows = frappe.db.sql(
		f"""select distinct event, piece, kind, value, file_name from `tab{FINGERPRINT}`
		where value in %(values)s and not (event = %(event)s and piece = %(piece)s) limit {MOST_CANDIDATES}""",
		{"values": list(wanted), "event": event, "piece": piece},
		as_dict=True,
	)
	signatures = _signatures({(r.event, r.piece) for r in rows if r.kind in (Match.LOOK, Match.NEAR)})
	best: dict[tuple[str, str], Alike] = {}
	for row in rows:
		for one in wanted[row.value]:
			other = signatures.get((row.event, row.piece, row.kind), [""])
			if one.signature and not any(o and fingerprint.alike(one.match, one.signature, o) for o in other):
				continue
			# a whole file in an archive is as much as the archive says of it
			match = max(one.match, row.kind, key=_STRENGTH.__getitem__)
			known = best.get((row.event, row.piece))
			if known is None or _STRENGTH[match] < _STRENGTH[known.match.value]:
				best[(row.event, row.piece)] = Alike(
					row.event, row.piece, Match(match), one.name or row.file_name or ""
				)
	return list(best.values())


def _signatures(pieces: set[tuple[str, str]]) -> dict[tuple[str, str, str], list[str]]:
	if not pieces:
		return {}
	rows = frappe.db.sql(
		f"""select event, piece, kind, signature from `tab{FINGERPRINT}`
		where event in %(events)s and signature is not null and signature != ''""",
		{"events": sorted({event for event, _piece in pieces})},
	)
	found: dict[tuple[str, str, str], list[str]] = {}
	for event, piece, kind, signature in rows:
		found.setdefault((event, piece, kind), []).append(signature)
	return found


def _note_reuse(event: str, piece: str, found: Sequence[Fingerprint]) -> int:
	"""Write down, at the later of two pieces, that the earlier one is like it. Returns how many were new."""
	others, new = alike(event, piece, found), 0
	if not others:
		return new
	names = [evidence_name(event, piece), *(evidence_name(o.event, o.piece) for o in others)]
	given = dict(
		frappe.get_all(
			store.EVIDENCE,
			filters={"name": ["in", names]},
			fields=["name", "given_at"],
			as_list=True,
			limit=0,
		)
	)
	mine = given.get(evidence_name(event, piece))
	for other in others:
		theirs = given.get(evidence_name(other.event, other.piece))
		if not mine or not theirs:
			continue
		own, earlier = (event, piece), (other.event, other.piece)
		# whichever was read first: the one that was given first is the earlier
		if (theirs, *earlier) > (mine, *own):
			own, earlier = earlier, own
		name = store.key_of(REUSE, *own, *earlier)
		arguments = {"match": other.match.value, "file": other.file_name}
		new += store.insert(
			FINDING, [_row(name, *own, REUSE, "", arguments, *earlier)], ignore_duplicates=True
		)
	return new


def _find(event: str, piece: str, kind: str, told: Iterable[tuple[str, list[str]]]) -> None:
	rows = [
		_row(store.key_of(kind, event, piece, text), event, piece, kind, text, args) for text, args in told
	]
	store.insert(FINDING, rows, ignore_duplicates=True)


def _row(
	name: str,
	event: str,
	piece: str,
	kind: str,
	message: str,
	arguments: Any,
	other_event: str | None = None,
	other_piece: str | None = None,
) -> dict[str, Any]:
	return {
		"name": name,
		"event": event,
		"piece": piece,
		"kind": kind,
		"message": message,
		"arguments": json.dumps(arguments, ensure_ascii=False),
		"other_event": other_event,
		"other_piece": other_piece,
		"found_at": times.now_site(),
	}


# --- what is shown --------------------------------------------------------------------------------------------


def warnings(chain: Chain, user: str) -> dict[str, list[str]]:
	"""What is to be told to ``user`` with each piece of a recorded event, translated. The caller has made sure that
	they may see the evidence. Nothing is asked for an event without files."""
	pieces = {e.key: e for e in chain.evidence if e.kind is RequirementKind.FILE and e.counts and e.file}
	if not pieces:
		return {}
	told: dict[str, list[str]] = {}
	for key, texts in differences(chain.id, list(pieces.values())).items():
		told.setdefault(key, []).extend(_(t) for t in texts)
	rows = frappe.db.sql(
		f"""select piece, kind, message, arguments, other_event, other_piece from `tab{FINDING}`
		where event = %s order by found_at, name""",
		(chain.id,),
		as_dict=True,
	)
	reused = [r for r in rows if r.kind == REUSE and r.piece in pieces]
	for key, texts in _reuse_told(chain, reused, user).items():
		told.setdefault(key, []).extend(texts)
	for row in rows:
		if row.kind == REUSE or row.piece not in pieces:
			continue
		text = _(row.message).format(*json.loads(row.arguments))
		if text not in told.setdefault(row.piece, []):
			told[row.piece].append(text)
	return told


def used_before(event: str) -> dict[str, list[Alike]]:
	"""For each piece of an event: earlier evidence that still counts and is like it, the strongest first."""
	rows = frappe.db.sql(
		f"""select piece, arguments, other_event, other_piece from `tab{FINDING}`
		where event = %s and kind = %s""",
		(event, REUSE),
		as_dict=True,
	)
	return {piece: [alike for alike, _row in pairs] for piece, pairs in _counting(event, rows).items()}


def _counting(event: str, rows: Sequence[Any]) -> dict[str, list[tuple[Alike, Any]]]:
	"""Findings of re-use whose other piece still counts: not taken back, its event not void and not continued by
	this one."""
	if not rows:
		return {}
	others = {
		r.name: r
		for r in frappe.db.sql(
			f"""select p.name, p.event, p.piece, p.round, p.given_at, e.state, e.continued_by, e.continues, e.event_type,
				e.reference_doctype, e.reference_name
			from `tab{store.EVIDENCE}` p join `tab{store.EVENT}` e on e.name = p.event
			where p.name in %(names)s and p.withdrawn_at is null""",
			{"names": [evidence_name(r.other_event, r.other_piece) for r in rows]},
			as_dict=True,
		)
	}
	found: dict[str, list[tuple[Alike, Any]]] = {}
	for row in rows:
		other = others.get(evidence_name(row.other_event, row.other_piece))
		if other is None or other.state == "Void" or event in (other.continued_by, other.continues):
			continue
		arguments = json.loads(row.arguments)
		one = Alike(row.other_event, row.other_piece, Match(arguments["match"]), arguments["file"])
		found.setdefault(row.piece, []).append((one, other))
	for pairs in found.values():
		pairs.sort(key=lambda pair: (_STRENGTH[pair[0].match.value], pair[1].given_at))
	return found


def _reuse_told(chain: Chain, rows: Sequence[Any], user: str) -> dict[str, list[str]]:
	from perf_flow.flow.cases import RELATION_FIELDS

	found = _counting(chain.id, rows)
	events = {o.event for pairs in found.values() for _one, o in pairs[:MOST_SHOWN]} - {chain.id}
	readable = {
		row.name
		for row in (
			frappe.get_all(store.EVENT, filters={"name": ["in", sorted(events)]}, fields=RELATION_FIELDS)
			if events
			else ()
		)
		if relation(row, user).sees_event
	}
	rounds = {e.key: e.round for e in chain.evidence}
	told: dict[str, list[str]] = {}
	for piece, pairs in found.items():
		texts = told.setdefault(piece, [])
		foreign = [pair for pair in pairs if pair[1].event != chain.id]
		if any(o.event == chain.id and o.round < rounds.get(piece, 0) for _one, o in pairs):
			earlier = max(o.round for _one, o in pairs if o.event == chain.id)
			texts.append(_(GIVEN_BEFORE).format(earlier))
		for one, other in foreign[:MOST_SHOWN]:
			texts.append(
				_(USED_BEFORE[one.match]).format(
					_title(other) if other.event in readable else _(ANOTHER),
					formatdate(other.given_at),
					one.file_name,
				)
			)
		if len(foreign) > MOST_SHOWN:
			texts.append(_(MORE).format(len(foreign) - MOST_SHOWN))
	return told


def _title(other: Any) -> str:
	return f"{_(other.event_type)} ({_(other.reference_doctype)} {other.reference_name})"


# --- whether files are what they were ---------------------------------------------------------------------------


def disk_path(address: str) -> str:
	"""Where the content of a file of this site lies."""
	return frappe.get_site_path(address.lstrip("/"))


def differences(event: str, pieces: Sequence[Evidence], *, thorough: bool = False) -> dict[str, list[str]]:
	"""What is no longer as it was when it was given, for each piece; untranslated. One statement.

	Small files are read, larger ones only when their size or time is not what it was at the last reading, or with
	``thorough``.
	"""
	files = {
		r.name: r
		for r in frappe.db.sql(
			"""select name, file_url, is_private, file_name, attached_to_doctype, attached_to_name
			from tabFile where name in %(names)s""",
			{"names": [p.file for p in pieces]},
			as_dict=True,
		)
	}
	found = {}
	for piece in pieces:
		texts = list(_differs(event, piece, files.get(piece.file), thorough))
		if texts:
			found[piece.key] = texts
	return found


def _differs(event: str, piece: Evidence, file: Any, thorough: bool) -> Iterator[str]:
	if file is None:
		yield DELETED
		return
	if not file.is_private:
		yield PUBLIC
	where = (file.attached_to_doctype, file.attached_to_name)
	# a piece that was carried over stays attached where it was given
	home = piece.carried_from or where == (store.EVIDENCE, evidence_name(event, piece.key))
	if file.file_url != piece.value or file.file_name != piece.title or not home:
		if file.is_private:
			yield MOVED
	try:
		state = os.stat(disk_path(file.file_url))
	except OSError:
		yield GONE
		return
	if state.st_size != piece.size or not _is_same(piece, file.file_url, state, thorough):
		yield CHANGED


def _is_same(piece: Evidence, address: str, state: os.stat_result, thorough: bool) -> bool:
	from perf_flow.flow.files import content_hash

	path = disk_path(address)
	if thorough or state.st_size <= SMALL_BYTES:
		return content_hash(path) == piece.sha256
	key = f"perf_flow:file:{piece.file}:{state.st_size}:{state.st_mtime_ns}:{state.st_ctime_ns}"
	known = frappe.cache.get_value(key, expires=True)
	if known is None:
		known = content_hash(path)
		frappe.cache.set_value(key, known, expires_in_sec=24 * 3600)
	return bool(known == piece.sha256)


def check_files(now: datetime | None = None) -> int:
	"""Read the files of open events, those of the last month, and of all others one in SLICES, and write down what is no longer as it was. Returns how many pieces differ."""
	now = now or times.now_site()
	wrong, last = 0, ""
	while True:
		rows = frappe.db.sql(
			f"""select p.name, p.event, p.piece, p.requirement, p.round, p.value, p.title, p.file, p.sha256, p.size,
				p.carried_from
			from `tab{store.EVIDENCE}` p join `tab{store.EVENT}` e on e.name = p.event
			where p.name > %(last)s and p.kind = 'File' and p.withdrawn_at is null
				and (e.state = 'Open' or p.given_at > %(month)s or crc32(p.name) %% {SLICES} = %(slice)s)
			order by p.name limit 200""",
			{"last": last, "month": now - timedelta(days=30), "slice": now.toordinal() % SLICES},
			as_dict=True,
		)
		if not rows:
			return wrong
		last = rows[-1].name
		for row in rows:
			wrong += _check(row)
		frappe.db.commit()


def _check(row: Any) -> int:
	piece = Evidence(
		key=row.piece,
		requirement=row.requirement,
		round=row.round,
		kind=RequirementKind.FILE,
		value=row.value,
		title=row.title or "",
		file=row.file or "",
		sha256=row.sha256 or "",
		size=int(row["size"] or 0),
		carried_from=row.carried_from or "",
	)
	found = differences(row.event, [piece], thorough=True).get(piece.key, [])
	frappe.db.delete(FINDING, {"event": row.event, "piece": row.piece, "kind": FILE})
	_find(row.event, row.piece, FILE, [(text, []) for text in found])
	return int(bool(found))
