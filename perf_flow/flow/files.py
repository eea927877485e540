"""Evidence files: stored privately, attached to their evidence, and not to be changed afterwards."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import frappe
from frappe import _

from perf_flow.engine import chain as engine
from perf_flow.engine.errors import N_, EvidenceRefused, InvalidInput
from perf_flow.engine.evidence import EMPTY_FILE, TOO_LARGE, clean_file_name
from perf_flow.engine.model import Chain, RequirementKind
from perf_flow.engine.projection import evidence_name
from perf_flow.flow import service, store

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


def accepted(name: str, content: bytes) -> str:
	"""The name under which a file is kept. Raises EvidenceRefused for what no requirement takes, practice or not."""
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
	name = accepted(name, content)
	digest = hashlib.sha256(content).hexdigest()

	def command(chain: Chain, _directory: Any) -> engine.Command:
		probe = engine.GiveEvidence(
			actor=frappe.session.user,
			requirement=requirement,
			value="",
			title=name,
			sha256=digest,
			size=len(content),
		)
		# refused before anything is written to disk
		engine.decide(chain, probe, chain.updated_at or chain.recorded_at, _NoClock())
		wanted = next(r for r in chain.requirements if r.key == requirement)
		if wanted.kind is not RequirementKind.FILE:
			raise InvalidInput(_(wanted.label), template=NOT_A_FILE)
		file = _write(evidence_name(chain.id, chain.next_piece), name, content)
		# what was kept, not what was sent: Frappe takes the place and time out of photos (JPEG) first
		kept = frappe.get_site_path(file.file_url.lstrip("/"))
		return engine.GiveEvidence(
			actor=frappe.session.user,
			requirement=requirement,
			value=file.file_url,
			title=name,
			file=file.name,
			sha256=content_hash(kept),
			size=os.path.getsize(kept),
		)

	return service.execute(event, command)


NOT_A_FILE = N_("“{0}” does not take a file.")


class _NoClock(engine.Deadlines):
	"""For a trial decision, whose times are thrown away."""

	def shift(self, start, hours, person):
		return start


def _write(evidence: str, name: str, content: bytes) -> Any:
	file = frappe.get_doc(
		{
			"doctype": "File",
			# who knows the address of a private file can attach it elsewhere, so nobody is to guess it
			"file_name": frappe.generate_hash(length=16) + os.path.splitext(name)[1],
			"is_private": 1,
			"content": content,
			"attached_to_doctype": store.EVIDENCE,
			"attached_to_name": evidence,
			"folder": "Home/Attachments",
		}
	)
	file.flags.perf_flow = True
	file.flags.ignore_permissions = True
	# the evidence it is attached to is written right after it, in the same transaction
	file.insert(ignore_permissions=True, ignore_links=True)
	file.db_set("file_name", name, update_modified=False)
	return file


def _is_evidence(doc: Any) -> bool:
	return doc.get("attached_to_doctype") == store.EVIDENCE


def guard_change(doc: Any, method: str | None = None) -> None:
	"""Evidence files keep what was given; nothing else can be attached as evidence from outside."""
	before = doc.get_doc_before_save()
	if before is None:
		if _is_evidence(doc) and not doc.flags.perf_flow:
			frappe.throw(_("Please add evidence through the step that asks for it, so that it is recorded."))
		return
	if not (_is_evidence(doc) or _is_evidence(before)):
		return
	if any(doc.get(f) != before.get(f) for f in _PROTECTED):
		frappe.throw(_("This file is evidence. It cannot be replaced, moved or made public."))


def guard_delete(doc: Any, method: str | None = None) -> None:
	"""An evidence file goes only with the app: its piece stays in the ledger, withdrawn or not."""
	if not _is_evidence(doc) or doc.flags.perf_flow or frappe.flags.in_uninstall:
		return
	if frappe.db.get_value(store.EVIDENCE, doc.attached_to_name, "name"):
		frappe.throw(
			_(
				"This file is evidence and cannot be deleted. Take the evidence back in its step if it was given by mistake."
			)
		)
