"""Evidence files: stored privately, attached to their evidence, and not to be changed afterwards."""

from __future__ import annotations

import hashlib
from typing import Any

import frappe
from frappe import _

from perf_flow.engine import chain as engine
from perf_flow.engine import picture
from perf_flow.engine.content import Inspection, inspect, stored_extension
from perf_flow.engine.errors import N_, EvidenceRefused, InvalidInput
from perf_flow.engine.evidence import EMPTY_FILE, TOO_LARGE, clean_file_name
from perf_flow.engine.model import Chain, RequirementKind
from perf_flow.engine.projection import evidence_name
from perf_flow.flow import checks, integrity, service, store

_PROTECTED = (
	"file_url",
	"is_private",
	"attached_to_doctype",
	"attached_to_name",
	"content_hash",
	"file_name",
)


def maximum_mb() -> float:
	"""The largest file that can be evidence at all, in megabytes: the smaller of the app's setting and
	what the site accepts."""
	from frappe.core.api.file import get_max_file_size

	own = float(frappe.get_cached_doc("Performance Flow Settings").maximum_mb or 0)
	site = get_max_file_size() / 1_000_000
	return min(own, site) if own else site


def content_hash(path: str) -> str:
	"""The SHA-256 of a file on disk, read in pieces."""
	digest = hashlib.sha256()
	with open(path, "rb") as f:
		while block := f.read(1 << 20):
			digest.update(block)
	return digest.hexdigest()


def accepted(name: str, content: bytes) -> tuple[str, bytes]:
	"""The name and content with which a file is kept. Raises EvidenceRefused for what no requirement takes, practice
	or not."""
	name = _sized(name, content)
	return name, without_notes(inspect(name, content), content)


def without_notes(inspected: Inspection, content: bytes) -> bytes:
	"""A photo without place and time, where the site wants that (System Settings, as for all its uploads), but with
	its pixels as they are: Frappe's own way decodes and packs it anew, for which a large photo takes gigabytes."""
	strip = frappe.get_system_settings("strip_exif_metadata_from_uploaded_images")
	return picture.without_notes(content) if strip and inspected.kind.key == "jpeg" else content


def _sized(name: str, content: bytes) -> str:
	name = clean_file_name(name)
	if not content:
		raise EvidenceRefused(template=EMPTY_FILE)
	megabytes = len(content) / 1_000_000
	if megabytes > maximum_mb():
		raise EvidenceRefused(name, f"{maximum_mb():g}", f"{megabytes:.1f}", template=TOO_LARGE)
	return name


def give(event: str, requirement: str, name: str, content: bytes) -> Chain:
	"""Keep ``content`` as a private file and give it as evidence, in one transaction.

	Everything is checked before the file is written; if the step is refused after all, the file goes
	with the transaction. Raises FlowError.
	"""
	name = _sized(name, content)
	refusal: EvidenceRefused | None = None
	inspected: Inspection | None = None
	kept = content
	try:
		inspected = inspect(name, content)
		kept = without_notes(inspected, content)
	except EvidenceRefused as e:
		# whether they may give anything here at all comes first
		refusal = e
	digest = hashlib.sha256(kept).hexdigest()
	given: list[str] = []

	def command(chain: Chain, _directory: Any) -> engine.Command:
		probe = engine.GiveEvidence(
			actor=frappe.session.user,
			requirement=requirement,
			value="",
			title=name,
			sha256=digest,
			size=len(kept),
		)
		# refused before anything is written to disk
		engine.decide(chain, probe, chain.updated_at or chain.recorded_at, _NoClock())
		wanted = next(r for r in chain.requirements if r.key == requirement)
		if wanted.kind is not RequirementKind.FILE:
			raise InvalidInput(_(wanted.label), template=NOT_A_FILE)
		if refusal is not None:
			raise refusal
		given.append(chain.next_piece)
		file = write(store.EVIDENCE, evidence_name(chain.id, chain.next_piece), name, kept)
		return engine.GiveEvidence(
			actor=frappe.session.user,
			requirement=requirement,
			value=file.file_url,
			title=name,
			file=file.name,
			sha256=digest,
			size=len(kept),
		)

	after = service.execute(event, command)
	if given and inspected is not None:
		integrity.note(event, given[0], inspected, content, digest)
		checks.after_evidence(after)
	return after


NOT_A_FILE = N_("“{0}” does not take a file.")


class _NoClock(engine.Deadlines):
	"""For a trial decision, whose times are thrown away."""

	def shift(self, start, hours, person):
		return start


def write(doctype: str, docname: str, name: str, content: bytes) -> Any:
	"""Keep ``content``, which was accepted before, as a private File of its own, attached to a document. None of a
	document's hooks run; a rollback takes it from the disk."""
	file = frappe.get_doc(
		{
			"doctype": "File",
			# who knows the address of a private file can attach it elsewhere, so nobody is to guess it
			"file_name": frappe.generate_hash(length=16) + stored_extension(name),
			"is_private": 1,
			"attached_to_doctype": doctype,
			"attached_to_name": docname,
			"folder": "Home/Attachments",
		}
	)
	file.set_new_name()
	# not the hash that Frappe computes: a file of the same content elsewhere never shares this one on disk, where its
	# owner could make it public or replace it; and it leaves the disk with its record
	file.content_hash = f"perf_flow:{file.name}"
	file.set_file_type()
	file.validate_file_extension()
	file._content = content
	file.file_size = file.check_max_file_size()
	# written as File.save_file does it, without packing photos anew
	file.flags.new_file = True
	frappe.utils.call_hook_method("before_write_file", file_size=file.file_size)
	elsewhere = frappe.utils.get_hook_method("write_file")
	if elsewhere:
		elsewhere(file)
	else:
		file.save_file_on_filesystem()
	file.file_name = name
	file.db_insert()
	return file


def _is_evidence(doc: Any) -> bool:
	return doc.get("attached_to_doctype") == store.EVIDENCE


def guard_change(doc: Any, method: str | None = None) -> None:
	"""Evidence files keep what was given; nothing else can be attached as evidence from outside."""
	before = doc.get_doc_before_save()
	if before is None:
		if _is_evidence(doc):
			frappe.throw(_("Please add evidence through the step that asks for it, so that it is recorded."))
		_refuse_borrowed(doc)
		return
	if doc.get("file_url") != before.get("file_url"):
		_refuse_borrowed(doc)
	if not (_is_evidence(doc) or _is_evidence(before)):
		return
	if any(doc.get(f) != before.get(f) for f in _PROTECTED):
		frappe.throw(_("This file is evidence. It cannot be replaced, moved or made public."))


def _refuse_borrowed(doc: Any) -> None:
	"""A second record of the same file on disk could make it public or replace it."""
	address = doc.get("file_url")
	if address and frappe.db.get_value(
		"File", {"file_url": address, "attached_to_doctype": store.EVIDENCE, "name": ["!=", doc.name or ""]}
	):
		frappe.throw(
			_("This file is evidence. To attach it here as well, please download it and upload it here.")
		)


def guard_delete(doc: Any, method: str | None = None) -> None:
	"""An evidence file goes only with the app: its piece stays in the ledger, withdrawn or not."""
	if not _is_evidence(doc) or frappe.flags.in_uninstall:
		return
	if frappe.db.get_value(store.EVIDENCE, doc.attached_to_name, "name"):
		frappe.throw(
			_(
				"This file is evidence and cannot be deleted. Take the evidence back in its step if it was given by mistake."
			)
		)
