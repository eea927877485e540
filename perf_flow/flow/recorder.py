"""From a document event to recorded business events, in the same transaction.

Every document of the site passes ``on_moment`` and ``on_change``: both return at once unless the
watch map names the DocType. A match costs one look-up of people and one insert each for events,
actions, evidence, ledger entries and outbox rows, however many event types match at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import frappe
from frappe import _

from perf_flow.engine import chain as engine
from perf_flow.engine import conditions as cond
from perf_flow.engine import people
from perf_flow.engine.facts import Fact
from perf_flow.engine.messages import messages
from perf_flow.engine.model import Chain, Check, RequirementKind, Source
from perf_flow.engine.people import Directory, Lookup, Member, RecipientSource
from perf_flow.engine.projection import project
from perf_flow.engine.triggers import (
	ONCE,
	Edge,
	Moment,
	Repeat,
	Trigger,
	edge,
	next_occurrence,
	update_occurrence,
	waits_for,
)
from perf_flow.flow import outbox, past_cases, problems, store, times
from perf_flow.flow.calendars import SiteDeadlines
from perf_flow.flow.directory import NO_MEMBER, look_up, lookups_for
from perf_flow.flow.view import DocView, tree_members
from perf_flow.flow.watch import ConfiguredRequirement, Signing, WatchedType, watch_map

_MOMENTS = {
	"after_insert": Moment.INSERTED,
	"on_submit": Moment.SUBMITTED,
	"on_cancel": Moment.CANCELLED,
	"on_update_after_submit": Moment.UPDATED_AFTER_SUBMIT,
}
_GUARDED = ("in_patch", "in_migrate", "in_install", "in_uninstall", "in_install_db")


@dataclass(slots=True)
class Match:
	"""An event type that fires on a document. ``occurrence`` is None until the look-up decides it."""

	watched: WatchedType
	view: DocView
	source: Source
	occurrence: str | None
	check_state: bool = False


def is_quiet_time() -> bool:
	"""Whether documents change for reasons that are not business: patches, migration, installation."""
	return any(frappe.flags.get(flag) for flag in _GUARDED)


def on_moment(doc: Any, method: str | None = None) -> None:
	"""Remember what is happening to a watched document; ``on_change`` follows at the end of it."""
	if is_quiet_time() or doc.doctype not in watch_map().types:
		return
	if moment := _MOMENTS.get(method or ""):
		doc.flags.setdefault("perf_flow_moments", []).append(moment)


def on_change(doc: Any, method: str | None = None) -> None:
	"""Record the business events that a change of ``doc`` amounts to."""
	if is_quiet_time() or doc.flags.in_delete:
		return
	watch = watch_map()
	types, linked = watch.types.get(doc.doctype), watch.linked.get(doc.doctype)
	if not types and not linked:
		return
	moments = doc.flags.pop("perf_flow_moments", None) or []
	if linked:
		_note_linked(doc, linked)
	if not types:
		return
	view = DocView(doc)
	matches = _matches(types, view, moments)
	if matches:
		if frappe.flags.in_import and not _import_counts():
			mark_seen([(m, "Imported") for m in matches])
		else:
			record(matches)
	from perf_flow.flow import follow

	follow.after_change(doc, view, types, moments, {m.watched.name for m in matches})


def _import_counts() -> bool:
	return bool(frappe.get_cached_doc("Performance Flow Settings").record_during_import)


# --- matching -------------------------------------------------------------------------------------


def _matches(types: Sequence[WatchedType], view: DocView, moments: list[Moment]) -> list[Match]:
	found = []
	for watched in types:
		with problems.noted(watched.name, "Condition", view.doctype, str(view.value("name"))):
			match = _match(watched, view, moments)
			if match is not None:
				found.append(match)
	return found


def _match(watched: WatchedType, view: DocView, moments: list[Moment]) -> Match | None:
	moment = waits_for(watched.trigger)
	if moment is None:
		return None
	if moment is Moment.CHANGED:
		return _match_condition(watched, view, moments)
	if moment not in moments or not holds(watched, view):
		return None
	occurrence = ONCE
	if moment is Moment.UPDATED_AFTER_SUBMIT and watched.repeat is Repeat.EACH_TIME:
		occurrence = update_occurrence(int(times.now_utc().timestamp() * 1_000_000))
	return Match(watched, view, Source.HOOK, occurrence)


def _match_condition(watched: WatchedType, view: DocView, moments: list[Moment]) -> Match | None:
	doc = view.doc
	done = doc.flags.setdefault("perf_flow_done", set())
	stamp = (watched.name, str(doc.get("modified")))
	after = doc.docstatus != 2 and holds(watched, view)
	if after and stamp in done:
		return None
	moved = edge(_held_before(watched, doc, moments) if after or _is_saving(doc) else None, after)
	if moved is Edge.FALLING and watched.repeat is Repeat.EACH_TIME:
		condition_fell(watched.name, doc.doctype, doc.name)
	if moved not in (Edge.RISING, Edge.UNSURE):
		return None
	done.add(stamp)
	if moved is Edge.RISING and watched.repeat is Repeat.ONCE:
		return Match(watched, view, Source.HOOK, ONCE)
	return Match(watched, view, Source.HOOK, None, check_state=True)


def _is_saving(doc: Any) -> bool:
	return (doc.doctype, doc.name) in frappe.flags.currently_saving


def _held_before(watched: WatchedType, doc: Any, moments: list[Moment]) -> bool | None:
	"""Whether the condition held before this save; None when memory cannot tell (``db_set``)."""
	if Moment.INSERTED in moments:
		return False
	if not _is_saving(doc):
		return None
	before = doc.get_doc_before_save()
	if before is None:
		return None
	return before.docstatus != 2 and holds(watched, DocView(before))


def condition_fell(event_type: str, doctype: str, docname: str) -> None:
	"""Remember that a condition no longer holds, so that it can become true again."""
	for table in (store.EVENT, store.SEEN):
		frappe.db.sql(
			f"""update `tab{table}` set holds = 0
			where event_type = %s and reference_doctype = %s and reference_name = %s and holds = 1""",
			(event_type, doctype, docname),
		)


def holds(watched: WatchedType, view: DocView) -> bool:
	"""Whether the document fulfils the company, conditions and expression of a type.

	Raises ConfigurationError, or whatever the expression raises.
	"""
	if watched.company and (view.doc.meta.has_field("company") and view.value("company") != watched.company):
		return False
	if watched.conditions and not condition_holds(watched.conditions, view):
		return False
	if watched.expression:
		return bool(frappe.safe_eval(watched.expression, None, {"doc": view.doc.as_dict()}))
	return True


def condition_holds(conditions: Sequence[cond.Condition], view: DocView) -> bool:
	"""Evaluate filter rows on a document, with the site's notion of today."""
	local = times.now_site()
	return cond.matches(
		conditions, view, today=local.date(), now_local=local, tree=tree_members, week_start=_week_start()
	)


def _week_start() -> str:
	return frappe.get_system_settings("first_day_of_the_week") or "Sunday"


# --- recording ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Ready:
	"""An event that is decided and not yet written."""

	event: str
	match: Match
	facts: tuple[Fact, ...]
	chain: Chain
	deadlines: SiteDeadlines


def record(matches: Sequence[Match]) -> list[str]:
	"""Record business events for one document; those recorded before are left alone.

	Returns the names of the new events.
	"""
	matches, directory, lookups = _look_up(matches)
	ready: list[Ready] = []
	not_meant: list[tuple[Match, str]] = []
	for match in matches:
		with problems.noted(match.watched.name, "Recording", match.view.doctype, str(match.view.doc.name)):
			prepared = prepare(match, directory, lookups[match.watched.name])
			if isinstance(prepared, str):
				not_meant.append((match, prepared))
			else:
				ready.append(prepared)
	mark_seen(not_meant)
	return _write(ready)


def _look_up(
	matches: Sequence[Match],
) -> tuple[list[Match], Directory, dict[str, dict[int, list[Lookup]]]]:
	"""Look up all people of all matches, and the last known state where it is needed, in one statement."""
	lookups: dict[str, dict[int, list[Lookup]]] = {}
	for match in matches:
		with problems.noted(match.watched.name, "Person", match.view.doctype, str(match.view.doc.name)):
			lookups[match.watched.name] = lookups_of(match.watched, match.view, frappe.session.user)
	matches = [m for m in matches if m.watched.name in lookups]
	wanted = [x for found in lookups.values() for group in found.values() for x in group]
	unsure = [m for m in matches if m.check_state]
	today = times.now_site().date()
	if not unsure:
		return list(matches), look_up(wanted, today), lookups
	directory, states = look_up(wanted, today, extra=_state_query(unsure))
	kept = [m for m in matches if not m.check_state]
	for match in unsure:
		own = [s for s in states if s.lookup == match.watched.name]
		latest = max((int(s.seed) for s in own if str(s.seed).isdigit()), default=None)
		match.occurrence = next_occurrence(
			None if latest is None else str(latest),
			any(int(s.ranking or 0) for s in own),
			match.watched.repeat,
		)
		if match.occurrence is not None:
			kept.append(match)
	return kept, directory, lookups


def lookups_of(watched: WatchedType, view: DocView, user: str) -> dict[int, list[Lookup]]:
	"""Whom a type leads to on a document, by the identity of each rule and of each signing department. ``user`` is
	who created the document."""
	found = {
		id(rule): lookups_for(rule, view, user) for rule in (*watched.recipients, *watched.collaborators)
	}
	for configured in watched.requirements:
		for signing in configured.signing:
			found[id(signing)] = [Lookup("department", name) for name, _company in signing.departments]
	return found


def _state_query(matches: Sequence[Match]) -> tuple[str, dict[str, Any]]:
	"""What is known of the conditions of these types on this document: occurrences, and whether they hold."""
	doc = matches[0].view.doc
	return (
		f"""select 'extra' kind, event_type lookup, occurrence seed, holds ranking{NO_MEMBER}
			from `tabBusiness Event` where event_type in %(state_types)s and reference_doctype = %(state_doctype)s
			and reference_name = %(state_name)s and ifnull(document_state, '') != 'Deleted'
		union all select 'extra', event_type, '0', holds{NO_MEMBER} from `tabBusiness Event Seen`
			where name in %(state_seen)s""",
		{
			"state_types": tuple(m.watched.name for m in matches),
			"state_doctype": doc.doctype,
			"state_name": doc.name,
			"state_seen": tuple(seen_key(m.watched.name, doc.doctype, doc.name) for m in matches),
		},
	)


def seen_key(event_type: str, doctype: str, docname: str) -> str:
	"""The primary key of a document that a type knows and makes no event of."""
	return store.key_of("seen", event_type, doctype, docname)


def prepare(match: Match, directory: Directory, lookups: dict[int, list[Lookup]]) -> Ready | str:
	"""Decide everything about one event; or the reason why the document is none for this type."""
	from perf_flow.flow.checks import at_recording

	watched, doc = match.watched, match.view.doc
	owner = people.find_owner([(r, lookups[id(r)]) for r in watched.recipients], directory, say)
	member = owner.member or owner.asked
	if watched.pilot and not _in_pilot(watched, member):
		return "Outside Pilot"
	company = (doc.get("company") if doc.meta.has_field("company") else "") or (
		member.company if member else ""
	)
	if watched.company and company and company != watched.company:
		return "Other Company"
	deadlines = SiteDeadlines(watched.policy, directory, company)
	now, actor = times.now_utc(), frappe.session.user
	event = store.new_name()
	asked, observed = _requirements(watched, match.view)
	owner_ask, manager_ask = _owner_and_manager(owner, directory, watched, deadlines, now)
	new = engine.NewEvent(
		event=event,
		event_type=watched.name,
		doctype=doc.doctype,
		docname=str(doc.name),
		occurrence=match.occurrence or ONCE,
		source=match.source,
		owner=owner_ask,
		manager=manager_ask,
		collaborators=tuple(
			_collaborator(rule, lookups[id(rule)], directory, owner.member, company, watched, deadlines, now)
			for rule in watched.collaborators
		),
		company=company,
		department=member.department if member else "",
		branch=member.branch if member else "",
		pilot=bool(watched.pilot),
		policy=watched.policy,
		requirements=tuple(c.requirement for c in asked),
		signers=tuple(
			(
				configured.requirement.key,
				_signer(
					signing, configured, lookups, directory, owner.member, company, watched, deadlines, now
				),
			)
			for configured in asked
			for signing in configured.signing
		),
		observed=observed,
		checks=tuple(_applying(watched.checks, asked)),
		observations=at_recording(watched.checks, match.view) if watched.checks else (),
	)
	facts = engine.record(new, now, actor, deadlines)
	return Ready(event, match, facts, engine.fold(facts), deadlines)


def say(template: str, *args: object) -> str:
	"""A reason in the site's own language: it is kept with the event, for all who read it."""
	if (noted := getattr(frappe.local, "perf_flow_say_as", None)) is not None:
		return noted(template, *args)
	return _kept(template).format(*args)


def _kept(text: str) -> str:
	lang = getattr(frappe.local, "perf_flow_say_in", None) or frappe.db.get_default("lang") or "en"
	return _(text, lang=lang)


@contextmanager
def said_in(lang: str) -> Iterator[None]:
	"""Give reasons in ``lang`` instead: for what is shown to one person and not kept."""
	before = getattr(frappe.local, "perf_flow_say_in", None)
	frappe.local.perf_flow_say_in = lang
	try:
		yield
	finally:
		frappe.local.perf_flow_say_in = before


@contextmanager
def said_as(noted: people.Say) -> Iterator[None]:
	"""Have reasons made by ``noted(template, *arguments)`` instead: for what is counted and worded later."""
	frappe.local.perf_flow_say_as = noted
	try:
		yield
	finally:
		frappe.local.perf_flow_say_as = None


def _in_pilot(watched: WatchedType, member: Member | None) -> bool:
	if member is None:
		return False
	own = {("Department", member.department), ("Branch", member.branch), ("Employee", member.employee)}
	return any(scope in own for scope in watched.pilot)


def _owner_and_manager(
	owner: people.Found, directory: Directory, watched: WatchedType, deadlines: SiteDeadlines, now
) -> tuple[engine.Ask, engine.Ask]:
	if owner.member is None:
		return engine.Ask("", None, owner.why), engine.Ask("", None, "")
	due = times.local_date(deadlines.shift(now, watched.policy.evidence_hours, owner.member.person))
	holder = people.stand_in(owner.member, directory, due, say=say)
	owner_why = "; ".join(x for x in (owner.why, holder.why) if x)
	manager = people.find_manager(owner.member, directory, say)
	manager_ask = engine.Ask("", None, manager.why)
	if manager.member is not None:
		marking = times.local_date(deadlines.shift(now, watched.policy.mark_hours, manager.member.person))
		without = [holder.member.employee] if holder.member else []
		acting = people.stand_in(manager.member, directory, marking, without, say)
		why = "; ".join(x for x in (manager.why, acting.why) if x)
		manager_ask = engine.Ask(
			"", acting.member.person if acting.member else None, why, asked=manager.member.person
		)
	elif not watched.policy.mark_required:
		# nobody is asked for a mark, so nobody is missing
		manager_ask = engine.Ask("", None, "")
	acting_owner = (holder.member or owner.member).person
	return engine.Ask("", acting_owner, owner_why, asked=owner.member.person), manager_ask


def _collaborator(
	rule: people.Rule,
	lookups: list[Lookup],
	directory: Directory,
	owner: Member | None,
	company: str,
	watched: WatchedType,
	deadlines: SiteDeadlines,
	now,
) -> engine.Ask:
	found = people.find_collaborator(rule, lookups, directory, owner, company, say)
	if found.member is None:
		return engine.Ask(rule.label, None, f"{_kept(rule.label)}: {found.why}", rule.required)
	due = times.local_date(deadlines.shift(now, watched.policy.confirmation_hours, found.member.person))
	acting = people.stand_in(found.member, directory, due, [owner.employee] if owner else [], say)
	why = "; ".join(x for x in (found.why, acting.why) if x)
	person = acting.member.person if acting.member else None
	return engine.Ask(rule.label, person, why, rule.required, asked=found.member.person)


def _signer(
	signing: Signing,
	configured: ConfiguredRequirement,
	lookups: dict[int, list[Lookup]],
	directory: Directory,
	owner: Member | None,
	company: str,
	watched: WatchedType,
	deadlines: SiteDeadlines,
	now,
) -> engine.Ask:
	"""Who signs for a department: its head, as a collaborator is found."""
	here = [name for name, of in signing.departments if of in ("", company)]
	wanted = [lookup for lookup in lookups[id(signing)] if lookup.key in here]
	rule = people.Rule(RecipientSource.DEPARTMENT_HEAD, signing.label, signing.label)
	found = people.find_collaborator(rule, wanted, directory, owner, company, say)
	required = configured.requirement.mandatory
	if found.member is None:
		return engine.Ask(signing.label, None, f"{_kept(signing.label)}: {found.why}", required)
	hours = watched.policy.evidence_hours + watched.policy.confirmation_hours
	due = times.local_date(deadlines.shift(now, hours, found.member.person))
	acting = people.stand_in(found.member, directory, due, [owner.employee] if owner else [], say)
	why = "; ".join(x for x in (found.why, acting.why) if x)
	person = acting.member.person if acting.member else None
	return engine.Ask(signing.label, person, why, required, asked=found.member.person)


def _requirements(
	watched: WatchedType, view: DocView
) -> tuple[tuple[ConfiguredRequirement, ...], dict[str, engine.Observed]]:
	"""The requirements that apply to this document, and what its own fields already show."""
	kept, observed = [], {}
	for configured in watched.requirements:
		if configured.when is not None and not condition_holds(configured.when, view):
			continue
		kept.append(configured)
		seen = observe_field(configured, view)
		if seen is not None:
			observed[configured.requirement.key] = seen
	return tuple(kept), observed


def _applying(checks: Iterable[Check], asked: Iterable[ConfiguredRequirement]) -> Iterator[Check]:
	"""The checks, without the evidence that is not asked of this document. One that looks at nothing else is left
	out."""
	known = {c.requirement.key for c in asked}
	for check in checks:
		wanted = tuple(key for key in check.requirements if key in known)
		if check.requirements and not wanted:
			continue
		yield replace(check, requirements=wanted, unless=tuple(k for k in check.unless if k in known))


def observe_field(configured: ConfiguredRequirement, view: DocView) -> engine.Observed | None:
	"""What a field requirement sees on the document; None when it does not hold."""
	requirement = configured.requirement
	if requirement.kind is not RequirementKind.FIELD:
		return None
	value = view.value(requirement.fieldname)
	if configured.state:
		if not condition_holds(configured.state, view):
			return None
	elif not value:
		return None
	label = frappe.get_meta(view.doctype).get_label(requirement.fieldname)
	return engine.Observed(str(value or "")[:500], label[:140])


def _write(ready: Sequence[Ready]) -> list[str]:
	if not ready:
		return []
	rows = []
	for r in ready:
		chain = r.chain
		rows.append(
			{
				"name": r.event,
				**store.columns(project(chain).event),
				"occurrence_key": store.occurrence_key(
					chain.event_type, chain.doctype, chain.docname, chain.occurrence
				),
				"holds": int(r.match.watched.trigger is Trigger.CONDITION),
			}
		)
	if store.insert(store.EVENT, rows, ignore_duplicates=True) < len(rows):
		there = set(
			frappe.get_all(store.EVENT, filters={"name": ["in", [r.event for r in ready]]}, pluck="name")
		)
		ready = [r for r in ready if r.event in there]
	actions, evidence, entries, posts = [], [], [], []
	for r in ready:
		projected = project(r.chain)
		actions.extend(store.action_rows(r.chain, projected, engine.next_ticks(r.chain, r.deadlines)))
		evidence.extend({"name": n, **store.columns(row)} for n, row in projected.evidence.items())
		entries.extend(store.entry_rows(r.event, 1, r.facts))
		posts.extend(outbox.message_row(m, r.chain) for m in messages(None, r.facts))
		posts.extend(_follow_up(r))
	store.insert(store.ACTION, actions)
	store.insert(store.EVIDENCE, evidence)
	store.insert(store.ENTRY, entries)
	store.insert(store.OUTBOX, posts, ignore_duplicates=True)
	if ready:
		outbox.wake()
		for r in ready:
			outbox.announce(r.chain)
	return [r.event for r in ready]


def _follow_up(r: Ready) -> Iterable[dict[str, Any]]:
	"""What a worker has to do for a new event: look for linked documents, take over an amended one, keep one that is
	closed at once as a case."""
	yield from past_cases.note(None, r.chain)
	if any(q.kind is RequirementKind.LINKED_DOCUMENT for q in r.chain.requirements):
		yield outbox.row("observe", r.event, key=("observe", r.event, "new"))
	amended_from = r.match.view.doc.get("amended_from")
	if amended_from:
		yield outbox.row("take_over", r.event, {"amended_from": amended_from}, key=("take_over", r.event))


def mark_seen(matches: Sequence[tuple[Match, str]]) -> None:
	"""Remember documents that are no events, and why, so that the sweep leaves them alone."""
	store.insert(store.SEEN, [_seen_row(m, reason) for m, reason in matches], ignore_duplicates=True)


def _seen_row(match: Match, reason: str) -> dict[str, Any]:
	doc = match.view.doc
	return {
		"name": seen_key(match.watched.name, doc.doctype, doc.name),
		"event_type": match.watched.name,
		"reference_doctype": doc.doctype,
		"reference_name": doc.name,
		"reason": reason,
		"holds": int(match.watched.trigger is Trigger.CONDITION),
	}


# --- linked documents -----------------------------------------------------------------------------


def _note_linked(doc: Any, linked: Sequence[tuple[str, ConfiguredRequirement]]) -> None:
	"""A document that is evidence for others changed: let a worker look at those."""
	view, targets = DocView(doc), set()
	for event_type, configured in linked:
		with problems.noted(event_type, "Linked document", doc.doctype, str(doc.name)):
			if condition_holds(configured.state, view) or doc.docstatus == 2:
				targets.update(
					(event_type, str(v)) for v in view.values(configured.requirement.link_fieldname)
				)
	if not targets:
		return
	stamp = str(doc.get("modified"))
	store.insert(
		store.OUTBOX,
		[
			outbox.row(
				"observe_document",
				None,
				{"event_type": event_type, "docname": docname},
				key=("observe_document", event_type, docname, doc.doctype, doc.name, stamp),
			)
			for event_type, docname in sorted(targets)
		],
		ignore_duplicates=True,
	)
	outbox.wake()
