"""Deliver messages by Frappe's own means: Notification Log for the desk, Email Queue for mail.

The desk entry and the outbox row change in one transaction, and so do the email's own outbox row and
Frappe's Email Queue, so a message is delivered at least once and never twice. Quiet hours move a message to their end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, escape_html, format_datetime, get_time, get_url_to_form

from perf_flow.engine import chain as engine
from perf_flow.engine.clock import from_utc_iso, quiet_until
from perf_flow.engine.messages import MessageKind, still_stands
from perf_flow.engine.model import Chain, ChainState, Step, StepKind, StepState
from perf_flow.flow import guidance, links, outbox, store, times
from perf_flow.flow.calendars import holidays_of

# what the app's own messages are known by when it is uninstalled
NOTIFICATION_PREFIX = "perf-flow-"
MY_FLOW_PATH = "/app/my-flow"
PREFERENCES_PATH = "/app/performance-flow-preference"

_WITH_LINK = (
	MessageKind.ASK_CONFIRMATION,
	MessageKind.HANDED_TO_YOU,
	MessageKind.REMINDER,
	MessageKind.OVERDUE,
)
"""The messages whose email leads straight to the confirmation they are about."""


def subject(kind: MessageKind, title: str, doctype: str, docname: str, due: str) -> str:
	"""The subject line of a message, in the current language."""
	texts = {
		MessageKind.ASK_EVIDENCE: _("{0}: please add the evidence for {1} {2} by {3}"),
		MessageKind.REDO: _("{0}: please redo the evidence for {1} {2} by {3}"),
		MessageKind.ASK_CONFIRMATION: _("{0}: please confirm the impact of {1} {2} by {3}"),
		MessageKind.ASK_SIGN_OFF: _("{0}: please sign the evidence for {1} {2} by {3}"),
		MessageKind.MARK_READY: _("{0}: the evidence for {1} {2} is ready for your mark, until {3}"),
		MessageKind.MARKED: _("{0}: {1} {2} was marked"),
		MessageKind.HANDED_TO_YOU: _("{0}: a step on {1} {2} is now yours, until {3}"),
		MessageKind.REMINDER: _("Reminder: {0}, {1} {2} is due {3}"),
		MessageKind.OVERDUE: _("Overdue: {0}, {1} {2} was due {3}"),
		MessageKind.ESCALATED: _("Escalated to you: {0}, {1} {2} was due {3}"),
		MessageKind.NO_LONGER_NEEDED: _("{0}: nothing more is needed for {1} {2}"),
		MessageKind.NOBODY_FOUND: _("{0}: nobody could be found for {1} {2}"),
	}
	return texts[kind].format(_(title), _(doctype), docname, due)


def deliver(task: Any, payload: dict) -> datetime | None:
	"""Outbox handler: one message to one person; what is addressed to "HR" becomes one message to each
	person of HR who is responsible for the company.

	Returns None when it is done or no longer of use, or when to try again because of quiet hours.
	"""
	from perf_flow.access import hr_users

	kind = MessageKind(payload["kind"])
	chain = store.load(task.event)
	if not still_useful(kind, chain, payload):
		return None
	if task.recipient == "HR":
		outbox.put(
			[
				outbox.row("message", task.event, payload, key=("message", task.name, user), recipient=user)
				for user in hr_users(chain.company)
			]
		)
		return None
	if not is_reachable(task.recipient):
		return None
	if later := held_back(task.recipient, chain.company):
		return later
	_tell(task.recipient, kind, chain, chain.step(payload.get("step", "")))
	return None


def still_useful(kind: MessageKind, chain: Chain, payload: dict) -> bool:
	"""Whether the message still says something true: a step that is done needs no reminder, a mark that
	was taken back is not told."""
	step = chain.step(payload.get("step", ""))
	if payload.get("marked_at") and not still_stands(step, from_utc_iso(payload["marked_at"])):
		return False
	if kind in (MessageKind.MARKED, MessageKind.NO_LONGER_NEEDED):
		return True
	if kind is MessageKind.NOBODY_FOUND:
		return bool(chain.attention)
	return chain.state is ChainState.OPEN and step is not None and step.state is StepState.OPEN


def is_reachable(user: str | None) -> bool:
	"""Whether the login exists and works."""
	return bool(user) and bool(cint(frappe.db.get_value("User", user, "enabled")))


def held_back(user: str, company: str) -> datetime | None:
	"""When quiet hours for ``user`` end, in site time; None when there are none now."""
	settings = frappe.get_cached_doc("Performance Flow Settings")
	own = preference(user)
	start = own.get("quiet_from") or settings.quiet_from
	end = own.get("quiet_to") or settings.quiet_to
	now = times.now_utc()
	until = quiet_until(
		now,
		get_time(start) if start else None,
		get_time(end) if end else None,
		times.site_timezone(),
		holidays_of(_holiday_list_of(user), company),
		bool(settings.quiet_on_holidays),
	)
	return times.to_site(until) if until > now else None


def _holiday_list_of(user: str) -> str:
	return frappe.db.get_value("Employee", {"user_id": user, "status": "Active"}, "holiday_list") or ""


def preference(user: str) -> dict[str, Any]:
	"""What the person chose for themselves; the defaults where they chose nothing."""
	found = frappe.db.get_value(
		"Performance Flow Preference",
		user,
		["email_immediate", "email_digest", "quiet_from", "quiet_to"],
		as_dict=True,
	)
	return found or {"email_immediate": 1, "email_digest": 1}


def _tell(user: str, kind: MessageKind, chain: Chain, step: Step | None) -> None:
	with language_of(user):
		due = format_datetime(times.to_site(step.due_at), "yyyy-MM-dd HH:mm") if step else ""
		line = subject(kind, chain.event_type, chain.doctype, chain.docname, due)
		doctype, name = target(user, chain, step)
		notify(user, line, doctype, name, _details(kind, chain, step), confirms=_confirms(kind, chain, step))


def _confirms(kind: MessageKind, chain: Chain, step: Step | None) -> tuple[str, str] | None:
	"""The event and step that somebody is asked to confirm; None where it is about something else."""
	if step is None or step.kind is not StepKind.CONFIRMATION or kind not in _WITH_LINK:
		return None
	return chain.id, step.key


def target(user: str, chain: Chain, step: Step | None) -> tuple[str, str]:
	"""Where a message leads: the watched document if its reader may open it, else the event itself."""
	if chain.document_state.value != "Deleted" and frappe.db.exists(chain.doctype, chain.docname):
		if frappe.has_permission(chain.doctype, "read", chain.docname, user=user):
			return chain.doctype, chain.docname
	return store.EVENT, chain.id


def _details(kind: MessageKind, chain: Chain, step: Step | None) -> str:
	"""The body of an email: what is missing, or what was said. Only what the reader may see."""
	if kind in (MessageKind.ASK_EVIDENCE, MessageKind.REDO, MessageKind.REMINDER, MessageKind.OVERDUE):
		if step is not None and step.kind is StepKind.EVIDENCE:
			return escape_html(guidance.sentence(chain))
	if kind is MessageKind.ASK_SIGN_OFF and step is not None:
		return _("You sign for {0}.").format(escape_html(_(step.label)))
	if kind is MessageKind.MARKED and step is not None:
		text = _("Mark: {0}").format(_(step.result, context="Effectiveness mark"))
		return f"{text}<br>{escape_html(step.note)}" if step.note else text
	if kind is MessageKind.NOBODY_FOUND:
		return "<br>".join(escape_html(a) for a in chain.attention)
	return ""


def notify(
	user: str,
	line: str,
	doctype: str | None,
	name: str | None,
	details: str = "",
	link: str | None = None,
	confirms: tuple[str, str] | None = None,
) -> None:
	"""One desk notification, and one email if the company and the person want it. ``link`` leads to a list
	where no single document is meant; ``confirms`` is the event and step that the email lets them confirm."""
	frappe.get_doc(
		{
			"doctype": "Notification Log",
			"for_user": user,
			"from_user": engine.SYSTEM,
			"type": "Alert",
			"subject": escape_html(line),
			"email_content": details,
			"document_type": doctype,
			"document_name": name,
			"link": link,
		}
	).insert(ignore_permissions=True, set_name=NOTIFICATION_PREFIX + frappe.generate_hash(length=12))
	settings = frappe.get_cached_doc("Performance Flow Settings")
	if settings.email_immediate and preference(user).get("email_immediate"):
		send_email(user, line, details, doctype, name, confirms)


def send_email(
	user: str,
	line: str,
	body: str,
	doctype: str | None = None,
	name: str | None = None,
	confirms: tuple[str, str] | None = None,
) -> None:
	"""Leave an email in the outbox: mail that is down holds nothing else up. The link to a confirmation is
	made when the email is sent: only the email holds it."""
	outbox.put(
		[
			outbox.row(
				"email",
				None,
				{
					"subject": line,
					"body": body,
					"doctype": doctype,
					"name": name,
					"lang": frappe.local.lang,
					"confirms": confirms,
				},
				key=("email", frappe.generate_hash(length=16)),
				recipient=user,
			)
		]
	)


def deliver_email(task: Any, payload: dict) -> datetime | None:
	"""Outbox handler: hand one email to Frappe's Email Queue, which sends it by the site's own account.

	While no account is set up the email waits, for two days; then it shows as failed.
	"""
	address = frappe.db.get_value("User", task.recipient, "email") or task.recipient
	if "@" not in address:
		return None
	doctype, name = payload["doctype"], payload["name"]
	confirms = payload.get("confirms")
	link = links.address(*confirms, task.recipient) if confirms else ""
	before, frappe.local.lang = frappe.local.lang, payload["lang"]
	try:
		_send(
			address, payload["subject"], _email_body(payload["subject"], payload["body"], doctype, name, link)
		)
	except frappe.OutgoingEmailError:
		frappe.clear_last_message()
		waited = times.now_site() - frappe.db.get_value(store.OUTBOX, task.name, "creation")
		if waited > timedelta(days=2):
			raise outbox.GivenUp(_("No outgoing email account is set up.")) from None
		return times.now_site() + timedelta(hours=1)
	finally:
		frappe.local.lang = before
	return None


def _send(address: str, subject_line: str, message: str) -> None:
	frappe.sendmail(recipients=[address], subject=subject_line, message=message, delayed=True)


def _email_body(line: str, body: str, doctype: str | None, name: str | None, link: str = "") -> str:
	parts = [f"<p>{escape_html(line)}</p>"]
	if body:
		parts.append(f"<div>{body}</div>")
	if link:
		hint = _("For you alone, after logging in; works once, for {0} days.").format(links.DAYS)
		parts.append(f'<p><a href="{link}"><b>{_("Confirm the impact")}</b></a><br><small>{hint}</small></p>')
	if doctype and name:
		label = f"{escape_html(_(doctype))} {escape_html(name)}"
		parts.append(f'<p><a href="{get_url_to_form(doctype, name)}">{label}</a></p>')
	parts.append(f"<p>{_preferences_line()}</p>")
	return "".join(parts)


def _preferences_line() -> str:
	url = frappe.utils.get_url(PREFERENCES_PATH)
	return _("You choose which messages you get by email: {0}").format(
		f'<a href="{url}">{_("my preferences")}</a>'
	)


class language_of:
	"""Speak the language of ``user`` within the block."""

	def __init__(self, user: str) -> None:
		self.user = user

	def __enter__(self) -> None:
		self.before = frappe.local.lang
		frappe.local.lang = (
			frappe.db.get_value("User", self.user, "language") or frappe.db.get_default("lang") or "en"
		)

	def __exit__(self, *exc: object) -> None:
		frappe.local.lang = self.before


@contextmanager
def acting_as(user: str) -> Iterator[None]:
	"""Read what ``user`` may read within the block."""
	before = frappe.session.user
	frappe.set_user(user)
	try:
		yield
	finally:
		frappe.set_user(before)


OPEN_MARKS = "/app/business-event-action?kind=Mark&state=Open"

# --- the manager's push and the daily digest ------------------------------------------------------


def pending_of_team(user: str, event_type: str) -> int:
	"""How many events of this type, of this month, wait for evidence and then for this person's mark."""
	first = times.now_site().date().replace(day=1)
	return frappe.db.sql(
		"""select count(distinct e.name) from `tabBusiness Event` e
		join `tabBusiness Event Action` a on a.event = e.name and a.kind = 'Mark' and a.state = 'Open'
		where e.event_type = %s and e.state = 'Open' and e.stage = 'Evidence' and e.practice = 0
		and e.recorded_at >= %s and a.assignee_user = %s""",
		(event_type, first, user),
	)[0][0]


def deliver_team(task: Any, payload: dict) -> datetime | None:
	"""Outbox handler: "3 of your team's contracts this month have no evidence yet", once a day and type."""
	event_type = payload["event_type"]
	count = pending_of_team(task.recipient, event_type)
	if not count or not is_reachable(task.recipient):
		return None
	if later := held_back(task.recipient, ""):
		return later
	with language_of(task.recipient):
		notify(task.recipient, team_line(event_type, count), store.ACTION, None, link=OPEN_MARKS)
	return None


def team_line(event_type: str, count: int) -> str:
	"""The manager's line, in the current language."""
	return _("{0}: {1} of your team’s events this month have no evidence yet").format(_(event_type), count)


def queue_digests() -> None:
	"""From the digest hour of the day on, queue one digest for each person with something open."""
	settings = frappe.get_cached_doc("Performance Flow Settings")
	if not settings.email_digest:
		return
	now = times.now_site()
	if now.time() < get_time(settings.digest_time or "08:30:00"):
		return
	day = now.date()
	users = frappe.get_all(
		store.ACTION,
		filters={"state": "Open", "practice": 0, "assignee_user": ["is", "set"]},
		distinct=True,
		pluck="assignee_user",
	)
	outbox.put(
		[outbox.row("digest", None, key=("digest", user, day.isoformat()), recipient=user) for user in users]
	)


def deliver_digest(task: Any, payload: dict) -> datetime | None:
	"""Outbox handler: what is open for one person today, overdue first, and what waits in their team."""
	user = task.recipient
	if not is_reachable(user) or not preference(user).get("email_digest"):
		return None
	if later := held_back(user, ""):
		return later
	with language_of(user):
		lines = digest_lines(user)
		if lines:
			title = _("Your key actions: {0} open").format(len(lines["mine"]))
			send_email(user, title, _digest_body(lines))
	return None


def digest_lines(user: str) -> dict[str, list[str]]:
	"""The lines of a digest: ``mine`` (my open steps, overdue first, with the goal each serves; the same as on
	the page My flow) and ``team`` (by event type)."""
	from perf_flow.flow.mine import steps

	with acting_as(user):
		mine = [_digest_line(step) for step in steps(user, 50)]
	team = [
		team_line(event_type, count)
		for event_type in frappe.get_all(
			store.ACTION,
			filters={"state": "Open", "kind": "Mark", "assignee_user": user, "practice": 0},
			distinct=True,
			pluck="event_type",
		)
		if (count := pending_of_team(user, event_type))
	]
	return {"mine": mine, "team": team} if mine or team else {}


def _digest_line(step: dict[str, Any]) -> str:
	due = format_datetime(step["due_at"], "MM-dd HH:mm")
	late = _("overdue") if step["overdue"] else _("due {0}").format(due)
	line = f"{_(step['kind'])}: {step['title']} · {_(step['doctype'])} {step['document']} ({late})"
	return _("{0} – goal: {1}").format(line, step["goal"]["title"]) if step["goal"] else line


def _digest_body(lines: dict[str, list[str]]) -> str:
	items = "".join(f"<li>{escape_html(x)}</li>" for x in lines["mine"])
	body = f"<ul>{items}</ul>" if items else ""
	team = "".join(f"<p>{escape_html(x)}</p>" for x in lines["team"])
	page = f'<p><a href="{frappe.utils.get_url(MY_FLOW_PATH)}">{escape_html(_("My flow"))}</a></p>'
	return body + team + page


def deliver_anchor(task: Any, payload: dict) -> datetime | None:
	"""Outbox handler: send the day's anchor to the configured address."""
	address = frappe.get_cached_doc("Performance Flow Settings").anchor_email
	if not address:
		return None
	try:
		_send(
			address,
			_("Performance Flow ledger anchor {0}").format(payload["number"]),
			_(
				"Site {0}, seal {1}, {2}, hash {3}. Keep this message: it proves the history up to here."
			).format(frappe.local.site, payload["number"], payload["anchored_at"], payload["hash"]),
		)
	except frappe.OutgoingEmailError:
		# an anchor is worth waiting for
		frappe.clear_last_message()
		return times.now_site() + timedelta(hours=6)
	frappe.db.set_value(
		"Performance Ledger Anchor", payload["name"], "sent_to", address, update_modified=False
	)
	return None
