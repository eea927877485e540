"""Links in emails that lead to one confirmation: signed, expiring, used once.

A link opens no door that its reader has not got already: whoever follows it has to log in, and the engine asks
whether the step is theirs. It only brings what was asked to the front. It names its person by a keyed hash, so
whoever finds one learns neither who that is nor anything of the event but its random name.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import frappe
from frappe.utils import get_url
from frappe.utils.password import get_encryption_key

from perf_flow.engine.errors import N_, InvalidInput
from perf_flow.flow import store, times

USED = "Used Confirmation Link"
PATH = "/app/impact-confirmation/"
"""The token is part of the path: logging in keeps a page's path, and drops what comes after a question mark."""

DAYS = 7
"""How long a link works."""

_SEPARATOR = "\x1f"
_MAC_BYTES = 16

NOT_VALID = N_("This link is not valid. It may have been cut off in the email.")
NOT_YOURS = N_("This link was made for somebody else. It works only for the person who got the email.")
EXPIRED = N_("This link has expired: links in emails work for {0} days.")
ALREADY_USED = N_("This link was already used. Each link in an email works once.")


@dataclass(frozen=True, slots=True)
class Link:
	"""What a valid token says: one step of one event, until when (aware, UTC), and the name of its use."""

	event: str
	step: str
	expires_at: datetime
	use: str


def make(event: str, step: str, user: str, now: datetime) -> str:
	"""A token for ``user`` to confirm ``step`` of ``event`` within DAYS of ``now``; never the same twice."""
	expires = int((now + timedelta(days=DAYS)).timestamp())
	parts = (event, step, f"{expires:x}", _person(user), frappe.generate_hash(length=8))
	said = _SEPARATOR.join(parts).encode()
	return base64.urlsafe_b64encode(_mac(said) + said).decode().rstrip("=")


def address(event: str, step: str, user: str) -> str:
	"""The address to put into an email to ``user``."""
	return get_url(PATH + make(event, step, user, times.now_utc()))


def read(token: str, user: str, now: datetime) -> Link:
	"""What the token says, if it was made by this site for ``user``, has not expired and was not used.

	Raises InvalidInput saying which of these fails; for somebody else's link nothing more is looked at.
	"""
	try:
		raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
	except (binascii.Error, ValueError):
		raise InvalidInput(template=NOT_VALID) from None
	mac, said = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
	if not hmac.compare_digest(mac, _mac(said)):
		raise InvalidInput(template=NOT_VALID)
	event, step, expires, person, _once = said.decode().split(_SEPARATOR)
	if not hmac.compare_digest(person, _person(user)):
		raise InvalidInput(template=NOT_YOURS)
	link = Link(
		event, step, datetime.fromtimestamp(int(expires, 16), timezone.utc), hashlib.sha256(raw).hexdigest()
	)
	if now >= link.expires_at:
		raise InvalidInput(DAYS, template=EXPIRED)
	if frappe.db.exists(USED, link.use):
		raise InvalidInput(template=ALREADY_USED)
	return link


def use(link: Link) -> None:
	"""Note in the current transaction that the link was used. Raises InvalidInput if somebody was quicker.

	Two at a time: the primary key lets one of them insert; the other waits for its end, and inserts nothing.
	"""
	row = {
		"name": link.use,
		"used_at": times.now_site(),
		"expires_at": times.to_site(link.expires_at),
	}
	if not store.insert(USED, [row], ignore_duplicates=True):
		raise InvalidInput(template=ALREADY_USED)


def purge() -> None:
	"""Forget uses of links that have expired: those no longer work anyway."""
	frappe.db.delete(USED, {"expires_at": ["<", times.now_site() - timedelta(days=1)]})


def _key() -> bytes:
	return hashlib.sha256(b"perf_flow confirmation link " + get_encryption_key().encode()).digest()


def _mac(said: bytes) -> bytes:
	return hmac.new(_key(), said, hashlib.sha256).digest()[:_MAC_BYTES]


def _person(user: str) -> str:
	"""What stands for a login: the same each time, and of no use to whoever has not got the key."""
	return hmac.new(_key(), b"person " + user.encode(), hashlib.sha256).hexdigest()[:16]
