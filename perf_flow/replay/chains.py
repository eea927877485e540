"""From the rows of a workbook to chains: the engine's own ``record`` and ``decide``, in memory.

What the engine refuses is noted with its row and reason, as a warning: it happened, and by the rules it could not
have. What cannot be carried out at all (a step before its event, details nobody understands) is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from perf_flow.engine import chain as engine
from perf_flow.engine import facts as f
from perf_flow.engine.clock import from_utc_iso, to_utc_iso
from perf_flow.engine.commands import SYSTEM, Ask, Command, Deadlines, NewEvent, Observed
from perf_flow.engine.errors import N_, FlowError, UnknownAction, UnknownRequirement
from perf_flow.engine.model import (
	Chain,
	DocumentState,
	Evidence,
	Impact,
	Mark,
	Observation,
	Person,
	ReassignCause,
	RequirementKind,
	Source,
	Step,
	StepKind,
	StepState,
	VoidCause,
)
from perf_flow.engine.people import Lookup, RecipientSource, Rule, find_collaborator, find_manager
from perf_flow.engine.verifier import Reason
from perf_flow.replay.columns import Deed
from perf_flow.replay.problems import Place, Problems, short
from perf_flow.replay.rules import RuleDeadlines, Rules, TypeRule
from perf_flow.replay.spool import Spooled

BEFORE_EVENT = N_("This happened before its event was recorded ({0}).")
CORRECT_TIME = N_("Correct one of the two times.")
BAD_DETAILS = N_("The details do not fit: {0}.")
LEAVE_DETAILS = N_("Leave this column as the export wrote it, or empty.")
NO_STEP = N_("There is no step to take back.")
NOBODY = N_("No person is named for the event.")

Where = Callable[[Spooled, str], Place]


class Answers:
	"""Due times as they were recorded, in the order in which the engine asks for them; None is for those that the
	calendars of the rules give as well."""

	def __init__(self, answers: Sequence[datetime | None], otherwise: Deadlines) -> None:
		self._answers = list(answers)
		self._otherwise = otherwise
		self._next = 0

	def shift(self, start: datetime, hours: float, person: Person | None) -> datetime:
		"""See ``engine.commands.Deadlines``."""
		number = self._next
		self._next += 1
		answer = self._answers[number] if number < len(self._answers) else None
		return self._otherwise.shift(start, hours, person) if answer is None else answer


class Player:
	"""Plays chains by the rules. ``facts`` are those of the chain played last; ``accepted`` and ``refused`` count steps,
	``reasons`` why steps were refused (one example of each kind, and how many), ``as_recorded`` those that no command of today leads to."""

	def __init__(self, rules: Rules, problems: Problems, where: Where) -> None:
		self.rules = rules
		self.accepted = 0
		self.refused = 0
		self.as_recorded = 0
		self.reasons: dict[str, tuple[Reason, int]] = {}
		self.facts: list[f.Fact] = []
		self._problems = problems
		self._where = where
		self._found: dict[tuple[str, str, str], Ask] = {}

	def play(self, event: Spooled, actions: Sequence[Spooled]) -> Chain | None:
		"""The chain of an event; None when the event itself is wrong."""
		rule = self.rules.type_rule(event.values["type"])
		if rule is None:
			return None
		recorded_at: datetime = event.values["recorded_at"]
		plain = RuleDeadlines(rule.policy, self.rules)
		try:
			new, due = self._new_event(event, rule)
			deadlines: Deadlines = Answers(due, plain) if due else plain
			chain, facts = engine.begin(new, recorded_at, event.values["by"] or SYSTEM, deadlines)
		except FlowError as e:
			self._problems.note(self._where(event, ""), e.template, *e.args_)
			return None
		except (KeyError, ValueError, TypeError, AttributeError) as e:
			self._bad_details(event, e)
			return None
		self.facts = list(facts)
		for row in _in_order(actions):
			if row.values["at"] < recorded_at:
				self._problems.note(
					self._where(row, "at"), BEFORE_EVENT, recorded_at.isoformat(" "), mend=CORRECT_TIME
				)
				continue
			chain = self._step(chain, row, plain)
		return chain

	def _step(self, chain: Chain, row: Spooled, plain: Deadlines) -> Chain:
		deed, at = Deed(row.values["action"]), row.values["at"]
		details = row.values["details"] or {}
		try:
			if deed in (Deed.FACT, Deed.MASTER):
				facts: tuple[f.Fact, ...] = (self._fact(deed, row, details),)
				after = engine.evolve(chain, facts[0])
				self.as_recorded += deed is Deed.FACT
			else:
				command = self.command(chain, deed, row)
				due = [None if d is None else from_utc_iso(d) for d in details.get("due", ())]
				after, facts = engine.advance(chain, command, at, Answers(due, plain) if due else plain)
		except FlowError as e:
			self.refused += 1
			said, count = self.reasons.get(
				e.template, (Reason(e.template, tuple(short(a) for a in e.args_)), 0)
			)
			self.reasons[e.template] = said, count + 1
			self._problems.warn(self._where(row, ""), e.template, *e.args_)
			return chain
		except (KeyError, ValueError, TypeError, AttributeError) as e:
			self._bad_details(row, e)
			return chain
		self.accepted += 1
		self.facts.extend(facts)
		return after

	def _bad_details(self, row: Spooled, error: Exception) -> None:
		self._problems.note(self._where(row, "details"), BAD_DETAILS, error, mend=LEAVE_DETAILS)

	def _fact(self, deed: Deed, row: Spooled, details: Mapping[str, Any]) -> f.Fact:
		who = row.values["by"] or SYSTEM
		name, payload = (
			("MasterRenamed", dict(details))
			if deed is Deed.MASTER
			else (
				details["name"],
				dict(details["payload"]),
			)
		)
		if deed is Deed.MASTER:
			payload = {key: payload[key] for key in ("doctype", "old", "new")}
		return f.decode(name, payload, to_utc_iso(row.values["at"]), who)

	# --- events -------------------------------------------------------------------------------------

	def _new_event(self, row: Spooled, rule: TypeRule) -> tuple[NewEvent, list[datetime | None]]:
		v = row.values
		details: Mapping[str, Any] = v["details"] or {}
		member = self.rules.members.get(v["person"] or "")
		owner = _ask(details["owner"]) if "owner" in details else self._owner(v)
		manager = _ask(details["manager"]) if "manager" in details else self._manager(v, rule)
		if "collaborators" in details:
			asked = tuple(_ask(a) for a in details["collaborators"])
		else:
			asked = tuple(self._collaborator(r, v) for r in rule.collaborators)
		if "signers" in details:
			signers = tuple((str(key), _ask(a)) for key, a in details["signers"])
		else:
			signers = tuple(
				(r.key, self._signer(name, v)) for r in rule.requirements for name in r.departments
			)
		observed = {key: f.build(Observed, value) for key, value in details.get("observed", {}).items()}
		document_type = v["document_type"]
		new = NewEvent(
			event=v["event"],
			event_type=rule.title,
			doctype="" if document_type is None else document_type,
			docname=v["document"] or "",
			occurrence=v["occurrence"] or "",
			source=Source(v["source"]) if v["source"] else Source.MANUAL,
			owner=owner,
			manager=manager,
			collaborators=asked,
			company=_or(v["company"], member.company if member else self.rules.company, details),
			department=_or(v["department"], member.department if member else "", details),
			branch=_or(v["branch"], member.branch if member else "", details),
			pilot=bool(v["pilot"]),
			practice=bool(v["practice"]),
			policy=rule.policy,
			requirements=rule.requirements,
			signers=signers,
			checks=rule.checks,
			observed=observed,
			observations=tuple(f.build(Observation, o) for o in details.get("observations", ())),
		)
		return new, [None if d is None else from_utc_iso(d) for d in details.get("due", ())]

	def _owner(self, v: Mapping[str, Any]) -> Ask:
		member = self.rules.members.get(v["person"] or "")
		return Ask("", member.person) if member else Ask("", None, NOBODY)

	def _manager(self, v: Mapping[str, Any], rule: TypeRule) -> Ask:
		if v["manager"]:
			member = self.rules.members.get(v["manager"])
			return Ask("", member.person if member else None)
		owner = self.rules.members.get(v["person"] or "")
		if owner is None:
			return Ask("", None)
		key = "manager", owner.employee, str(rule.policy.mark_required)
		found = self._found.get(key)
		if found is None:
			above = find_manager(owner, self.rules.directory)
			if above.member is not None:
				found = Ask("", above.member.person, above.why)
			else:
				# nobody is asked for a mark, so nobody is missing
				found = Ask("", None, above.why if rule.policy.mark_required else "")
			self._found[key] = found
		return found

	def _collaborator(self, rule: Rule, v: Mapping[str, Any]) -> Ask:
		key = f"{rule.source.value}:{rule.argument}:{rule.label}", v["person"] or "", str(rule.required)
		found = self._found.get(key)
		if found is None:
			kind = "department" if rule.source is RecipientSource.DEPARTMENT_HEAD else "employee"
			found = self._found[key] = self._head(kind, rule, v)
		return found

	def _signer(self, department: str, v: Mapping[str, Any]) -> Ask:
		key = f"sign:{department}", v["person"] or "", ""
		found = self._found.get(key)
		if found is None:
			rule = Rule(RecipientSource.DEPARTMENT_HEAD, department, department)
			found = self._found[key] = self._head("department", rule, v)
		return found

	def _head(self, kind: str, rule: Rule, v: Mapping[str, Any]) -> Ask:
		owner = self.rules.members.get(v["person"] or "")
		found = find_collaborator(
			rule, [Lookup(kind, rule.argument)], self.rules.directory, owner, self.rules.company
		)
		if found.member is None:
			return Ask(rule.label, None, f"{rule.label}: {found.why}", rule.required)
		asked = found.asked.person if found.asked else None
		return Ask(rule.label, found.member.person, found.why, rule.required, asked)

	# --- commands -----------------------------------------------------------------------------------

	def _person(self, text: str | None) -> Person | None:
		member = self.rules.members.get(text or "")
		return member.person if member else Person("", text, text) if text else None

	def command(self, chain: Chain, deed: Deed, row: Spooled) -> Command:
		"""The command that a row of the sheet *Actions* gives. Raises FlowError where it names what is not there."""
		return _COMMANDS[deed](self, chain, row.values, row.values["details"] or {})

	def _actor(self, chain: Chain, v: Mapping[str, Any], kind: StepKind) -> str:
		"""Who did it; if the row does not say so, whoever was asked."""
		if v["by"]:
			return str(v["by"])
		if kind is StepKind.EVIDENCE:
			of_round = [s for s in chain.steps if s.kind is kind and s.round == chain.round]
			step = of_round[0] if of_round else None
		else:
			step = chain.step(v["step"]) if v["step"] else chain.open_step(kind)
		holder = step.assignee if step else chain.owner if kind is StepKind.EVIDENCE else None
		return holder.user if holder else ""

	def _give(self, chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		key = _requirement(chain, v["requirement"])
		by_key = next((r for r in chain.requirements if r.key == key), None)
		is_file = by_key is not None and by_key.kind is RequirementKind.FILE
		value = v["value"] or ""
		size = v["size"]
		return engine.GiveEvidence(
			actor=self._actor(chain, v, StepKind.EVIDENCE),
			requirement=key,
			value=details.get("value", value),
			title=details.get(
				"title", v["title"] or (value.replace("\\", "/").rsplit("/", 1)[-1] if is_file else "")
			),
			file=v["file"] or "",
			sha256=v["sha256"] or "",
			size=(1 if is_file else 0) if size is None else size,
		)

	def _withdraw(self, chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		piece = details.get("piece", "")
		if not piece:
			wanted = v["value"] or ""
			key = _requirement(chain, v["requirement"])
			pieces = [
				e for e in chain.pieces(key) if not e.automatic and wanted in ("", e.value, e.title, e.key)
			]
			if not pieces:
				raise UnknownRequirement(wanted or key)
			piece = pieces[-1].key
		return engine.WithdrawEvidence(actor=self._actor(chain, v, StepKind.EVIDENCE), piece=piece)

	def _observe(self, chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		values: dict[str, Observed | None]
		if "values" in details:
			values = {
				key: None if value is None else f.build(Observed, value)
				for key, value in details["values"].items()
			}
		else:
			key = _requirement(chain, v["requirement"], observed=True)
			values = {key: Observed(v["value"], v["title"] or "") if v["value"] else None}
		return engine.Observe(actor=v["by"] or SYSTEM, values=values)

	def _checks(self, _chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		seen = tuple(f.build(Observation, o) for o in details["observations"])
		return engine.ObserveChecks(actor=v["by"] or SYSTEM, observations=seen)

	def _sign(self, chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		actor = self._actor(chain, v, StepKind.SIGN_OFF)
		return engine.SignOff(actor=actor, note=v["note"] or "", step=v["step"] or "")

	def _mark(self, chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		mark = Mark(v["mark"]) if v["mark"] else Mark.MEETS
		return engine.GiveMark(actor=self._actor(chain, v, StepKind.MARK), mark=mark, reason=v["note"] or "")

	def _confirm(self, chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		return engine.ConfirmImpact(
			actor=self._actor(chain, v, StepKind.CONFIRMATION),
			impacts=tuple(Impact(i) for i in v["impacts"] or (Impact.NONE.value,)),
			note=v["note"] or "",
			step=v["step"] or "",
		)

	def _take_back(self, chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		actor, step = v["by"] or "", v["step"] or ""
		if not step:
			done = [
				s
				for s in chain.steps
				if s.kind is not StepKind.EVIDENCE
				and s.state is StepState.DONE
				and (not actor or s.done_by == actor)
			]
			if not done:
				raise UnknownAction(template=NO_STEP)
			last = max(done, key=_done_at)
			step, actor = last.key, actor or last.done_by
		return engine.TakeBack(actor=actor, step=step)

	def _reassign(self, chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		to = f.build(Person, details["to"]) if "to" in details else self._person(v["to"])
		if to is None:
			raise UnknownAction()
		step = v["step"] or next((s.key for s in chain.open_steps()), "")
		cause = ReassignCause(v["cause"]) if v["cause"] else ReassignCause.ASSIGNED
		actor = v["by"] or SYSTEM
		return engine.Reassign(actor=actor, step=step, to=to, cause=cause, why=v["note"] or "")

	def _manager_change(self, _chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		if "to" in details:
			to = None if details["to"] is None else f.build(Person, details["to"])
		else:
			to = self._person(v["to"])
		return engine.ChangeManager(actor=v["by"] or SYSTEM, to=to)

	def _tick(self, chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		superiors: dict[str, tuple[Person, ...]] = {}
		if "superiors" in details:
			for step, above in details["superiors"].items():
				superiors[step] = tuple(f.build(Person, p) for p in above)
		else:
			for open_step in chain.open_steps():
				holder = open_step.assignee
				if holder is not None:
					above = self.rules.directory.superiors(holder.employee)
					superiors[open_step.key] = tuple(m.person for m in above if m.reachable)
		return engine.Tick(actor=v["by"] or SYSTEM, superiors=superiors)

	def _void(self, _chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		cause = VoidCause(v["cause"]) if v["cause"] else VoidCause.BY_HAND
		return engine.Void(actor=v["by"] or SYSTEM, cause=cause, reason=v["note"] or "")

	def _document(self, _chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		state = DocumentState(v["cause"] or "")
		actor = v["by"] or SYSTEM
		return engine.FollowDocument(actor=actor, renamed_to=v["value"] or "", state=state)

	def _continue(self, _chain: Chain, v: Mapping[str, Any], _details: Mapping[str, Any]) -> Command:
		return engine.Continue(actor=v["by"] or SYSTEM, by=v["value"] or "")

	def _take_over(self, _chain: Chain, v: Mapping[str, Any], details: Mapping[str, Any]) -> Command:
		pieces = tuple((str(key), f.build(Evidence, piece)) for key, piece in details.get("pieces", ()))
		return engine.TakeOver(actor=v["by"] or SYSTEM, event=v["value"] or "", pieces=pieces)


_COMMANDS: dict[Deed, Callable[[Player, Chain, Mapping[str, Any], Mapping[str, Any]], Command]] = {
	Deed.EVIDENCE: Player._give,
	Deed.WITHDRAW: Player._withdraw,
	Deed.OBSERVE: Player._observe,
	Deed.CHECKS: Player._checks,
	Deed.SIGN_OFF: Player._sign,
	Deed.MARK: Player._mark,
	Deed.CONFIRM: Player._confirm,
	Deed.TAKE_BACK: Player._take_back,
	Deed.REASSIGN: Player._reassign,
	Deed.MANAGER: Player._manager_change,
	Deed.TICK: Player._tick,
	Deed.VOID: Player._void,
	Deed.DOCUMENT: Player._document,
	Deed.CONTINUE: Player._continue,
	Deed.TAKE_OVER: Player._take_over,
}


def _done_at(step: Step) -> datetime:
	assert step.done_at is not None
	return step.done_at


def _in_order(actions: Sequence[Spooled]) -> Sequence[Spooled]:
	"""By time; by the number an export gave them where a clock had gone backwards."""
	if any("n" in (row.values["details"] or ()) for row in actions):
		return sorted(actions, key=lambda row: (row.values["details"] or {}).get("n", 0))
	return actions


def _or(given: str | None, otherwise: str, details: Mapping[str, Any]) -> str:
	"""A value of the event's own row, or the person's. An exported row is complete: what is empty there is empty."""
	return given or ("" if "owner" in details else otherwise)


def _requirement(chain: Chain, text: str | None, observed: bool = False) -> str:
	"""The key of the requirement a row names, by key or label; if it names none, the one that is still missing."""
	asked = [
		r for r in chain.asked() if r.kind.observed is observed and r.kind is not RequirementKind.SIGN_OFF
	]
	if text:
		if any(r.key == text for r in chain.requirements):
			return text
		found = next((r.key for r in asked if r.label == text), None)
		return text if found is None else found
	missing = [r for r in asked if not chain.satisfied(r)]
	chosen = missing or asked
	if not chosen:
		raise UnknownRequirement("")
	return chosen[0].key


def _ask(data: Mapping[str, Any]) -> Ask:
	return f.build(Ask, {"label": "", "person": None, **data})
