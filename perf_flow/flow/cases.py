"""One business event as the panel and the steps see it: recorded, or practised.

``of`` is the one place where the two ways part. Both answer the same: who acts, what they may see, the chain,
and carrying out a command on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import frappe
from frappe import _

from perf_flow.access import Relation, relation
from perf_flow.engine.chain import Command
from perf_flow.engine.model import Chain, Mark
from perf_flow.engine.rehearsal import parts_of
from perf_flow.engine.verifier import Verdict
from perf_flow.flow import checks, files, marking, rehearsal, service, store

RELATION_FIELDS = [
	"name",
	"employee",
	"employee_user",
	"manager",
	"manager_user",
	"company",
	"practice",
	"state",
]
"""What ``relation`` needs to know of an event."""


class Case(Protocol):
	"""What the panel and the steps need of an event."""

	event: str
	is_practice: bool

	@property
	def actor(self) -> str:
		"""The login in whose name the caller acts."""
		...

	@property
	def viewer(self) -> Relation:
		"""What the caller is to the event."""
		...

	def chain(self) -> Chain:
		"""The chain as it stands."""
		...

	def execute(self, command: Command) -> Chain:
		"""Carry out a command. Raises FlowError for what is refused."""
		...

	def give_file(self, requirement: str, name: str, content: bytes) -> None:
		"""Keep a file and give it as evidence. Raises FlowError for what is refused."""
		...

	def name_of(self, login: str) -> str:
		"""How whoever gave something is called."""
		...

	def verdicts(self, chain: Chain) -> dict[str, Verdict]:
		"""What the verifier had said when each mark was given, by step."""
		...

	def opened(self) -> list[str]:
		"""The pieces of evidence that the caller opened on the marking screen."""
		...

	def note_shown(self, pieces: Iterable[str]) -> None:
		"""Note that the caller was shown these pieces, none of them a file. Raises FlowError."""
		...

	def content(self, piece: str) -> tuple[str, bytes]:
		"""The name and bytes of a file, which opens it. Raises FlowError."""
		...

	def mark_opened(self, mark: Mark, reason: str) -> Chain:
		"""Mark, if the caller opened every piece. Raises FlowError."""
		...


class Recorded:
	"""An event of the ledger."""

	def __init__(self, event: str, viewer: Relation, is_practice: bool = False) -> None:
		self.event = event
		self.is_practice = is_practice
		self.viewer = viewer
		self.actor = viewer.user

	def chain(self) -> Chain:
		"""See ``Case``."""
		return store.load(self.event)

	def execute(self, command: Command) -> Chain:
		"""See ``Case``."""
		return service.execute(self.event, command)

	def give_file(self, requirement: str, name: str, content: bytes) -> None:
		"""See ``Case``."""
		files.give(self.event, requirement, name, content)

	def name_of(self, login: str) -> str:
		"""See ``Case``."""
		return frappe.utils.get_fullname(login)

	def verdicts(self, chain: Chain) -> dict[str, Verdict]:
		"""See ``Case``."""
		return checks.verdicts(chain)

	def opened(self) -> list[str]:
		"""See ``Case``."""
		return marking.opened(self.event, self.actor)

	def note_shown(self, pieces: Iterable[str]) -> None:
		"""See ``Case``."""
		marking.note_shown(self.event, pieces, self.actor)

	def content(self, piece: str) -> tuple[str, bytes]:
		"""See ``Case``."""
		return marking.content(self.event, piece, self.actor)

	def mark_opened(self, mark: Mark, reason: str) -> Chain:
		"""See ``Case``."""
		return marking.mark_one(self.event, mark, reason, self.actor)


def with_evidence(event: str, practice: bool | None = None) -> Case:
	"""The event, for whoever may see its marks and evidence; with ``practice`` only if it is practised on, or
	only if not. Raises PermissionError as ``of`` does."""
	case = of(event)
	if not case.viewer.sees_everything or (practice is not None and case.is_practice != practice):
		_refuse()
	return case


def _refuse() -> None:
	frappe.throw(
		_("There is no such business event, or you are not permitted to see it."), frappe.PermissionError
	)


def of(event: str) -> Case:
	"""The event, for whoever asks. Raises PermissionError unless they may see it; the answer is the same whether
	it exists or not."""
	if parts_of(event):
		return rehearsal.Practice(event)
	user = frappe.session.user
	row = frappe.db.get_value(store.EVENT, event, RELATION_FIELDS, as_dict=True)
	found = relation(row, user) if row else None
	if found is None or not found.sees_event:
		_refuse()
	return Recorded(event, found, bool(row.practice))
