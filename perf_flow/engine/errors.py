"""Typed errors of the engine.

A FlowError carries an English message *template* with positional placeholders and its
arguments apart, so that the caller can translate the template before filling it in. Every
template is a literal inside ``N_(...)`` where the class or the raise stands, so that the
translation test finds it.
"""

from __future__ import annotations


def N_(text: str, context: str = "") -> str:
	"""Mark a literal for translation without translating it; returns ``text`` unchanged. Whoever translates it
	names the same ``context``."""
	return text


class Words(tuple[str, ...]):
	"""Several words that fill one placeholder of a message; each is translated by itself."""

	__slots__ = ()

	def __str__(self) -> str:
		return ", ".join(self)


class FlowError(Exception):
	"""Base of every refusal of the engine.

	``template`` is the English text with ``{0}``-style placeholders, ``args_`` what fills them.
	"""

	template: str = N_("This step is not possible.")

	def __init__(self, *args: object, template: str | None = None) -> None:
		self.args_: tuple[object, ...] = args
		if template is not None:
			self.template = template
		super().__init__(self.message)

	@property
	def message(self) -> str:
		"""The message in English, filled in."""
		return self.template.format(*self.args_)


class ConfigurationError(FlowError):
	"""An event type, calendar or rule says something that cannot be carried out."""

	template = N_("The configuration is not valid: {0}")


class ChainClosed(FlowError):
	"""The chain is closed: nothing more can be added."""

	template = N_("This business event is already closed. Nothing more can be changed on it.")


class ChainVoid(FlowError):
	"""The chain is void: nothing more can be added."""

	template = N_("This business event is void ({0}). No further step is possible on it.")


class NotYours(FlowError):
	"""The step was asked of somebody else."""

	template = N_("This step was asked of {0}. Only they, or the person it is handed to, can complete it.")


class UnknownAction(FlowError):
	"""There is no such open action in the current round."""

	template = N_("There is no open step of this kind on this business event.")


class UnknownRequirement(FlowError):
	"""The requirement named does not belong to this chain."""

	template = N_("This business event has no evidence requirement {0}.")


class AlreadyMarked(FlowError):
	"""The current round has its mark already."""

	template = N_("This round was already marked “{0}”. A mark is not given twice.")


class AlreadyConfirmed(FlowError):
	"""This impact confirmation has been given already."""

	template = N_("The impact was already confirmed. A confirmation is not given twice.")


class EvidenceMissing(FlowError):
	"""The mark was tried before the mandatory evidence is complete."""

	template = N_("The evidence is not complete yet: {0} is missing. The mark can be given once it is there.")


class EvidenceRefused(FlowError):
	"""A piece of evidence does not satisfy its requirement (type, size, address, text)."""

	template = N_("This evidence was not accepted: {0}")


class EvidenceLocked(FlowError):
	"""Evidence of a round that has been marked cannot be changed."""

	template = N_("The evidence of this round was already marked and can no longer be changed.")


class ReasonRequired(FlowError):
	"""A reason or note is mandatory for this step."""

	template = N_("Please give a reason. It is kept with this step.")


class TooLate(FlowError):
	"""A step was taken longer ago than it can be taken back."""

	template = N_("This was recorded more than {0} minutes ago and can no longer be taken back.")


class GoneOn(FlowError):
	"""Others have built on a step, so it cannot be taken back."""

	template = N_("Others have already gone on from this step, so it can no longer be taken back.")


class ReasonAgainstVerdict(ReasonRequired):
	"""The mark says more than the evidence proves."""

	template = N_("The checks do not all hold: {0}. To mark it “Meets” all the same, please give a reason.")


class InvalidInput(FlowError):
	"""A value handed in is not acceptable; the template says which and what to do."""

	template = N_("This value is not accepted: {0}")


class SelfMark(FlowError):
	"""Nobody marks the evidence they gave themselves."""

	template = N_("You cannot mark your own evidence. Ask HR to name another person for the mark.")
