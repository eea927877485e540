"""Events and their actions, brought together on disk.

Rows come in any order and from several files; chains are replayed one by one. In between they lie in a private
temporary database, which SQLite keeps in memory while it is small and puts on disk when it grows, so that a million
events cost no more memory than a thousand.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_BATCH = 5_000
_CACHE_KB = 48_000


def microseconds(moment: datetime) -> int:
	"""An instant as whole microseconds since 1970."""
	return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds_: int) -> datetime:
	"""The instant, in UTC, that ``microseconds`` wrote."""
	return _EPOCH + timedelta(microseconds=microseconds_)


class Spooled(NamedTuple):
	"""A row as it was read: the number of its reader, its row, and its values."""

	reader: int
	number: int
	values: dict[str, Any]


class Spool:
	"""The rows of one replay."""

	def __init__(self) -> None:
		# the empty name is a temporary database of this connection alone
		self._db = sqlite3.connect("", isolation_level=None)
		for line in (
			f"pragma cache_size = -{_CACHE_KB}",
			"pragma journal_mode = off",
			"pragma synchronous = off",
			"create table events (id text primary key, seq integer, reader integer, number integer, row blob) without rowid",
			"create table actions (event text, at integer, seq integer, row blob)",
			"begin",
		):
			self._db.execute(line)
		self.events = self.actions = 0
		self._last: int | None = None
		self._waiting: list[tuple[str, int, int, bytes]] = []

	def close(self) -> None:
		"""Throw everything away."""
		self._db.close()

	def add_event(self, event: str, row: Spooled) -> tuple[int, int] | None:
		"""Keep an event; if one of this name is there before, the reader and row of that one."""
		self.events += 1
		self._note(row.values["recorded_at"])
		found = self._db.execute(
			"insert or ignore into events values (?, ?, ?, ?, ?)",
			(event, self.events, row.reader, row.number, pickle.dumps(tuple(row), 5)),
		)
		if found.rowcount:
			return None
		before = self._db.execute("select reader, number from events where id = ?", (event,)).fetchone()
		return int(before[0]), int(before[1])

	def add_action(self, event: str, row: Spooled) -> None:
		"""Keep an action of an event."""
		self.actions += 1
		at = self._note(row.values["at"])
		self._waiting.append((event, at, self.actions, pickle.dumps(tuple(row), 5)))
		if len(self._waiting) >= _BATCH:
			self._flush()

	def _note(self, at: datetime) -> int:
		found = microseconds(at)
		if self._last is None or found > self._last:
			self._last = found
		return found

	def _flush(self) -> None:
		self._db.executemany("insert into actions values (?, ?, ?, ?)", self._waiting)
		self._waiting.clear()

	@property
	def last(self) -> datetime | None:
		"""The latest time of all rows."""
		return None if self._last is None else moment(self._last)

	def ready(self) -> None:
		"""All rows are there: sort them."""
		self._flush()
		self._db.execute("create index of_event on actions (event, at, seq)")

	def strays(self) -> Iterator[tuple[str, Spooled]]:
		"""The actions of events that are not there."""
		query = "select event, row from actions where event not in (select id from events) order by seq"
		for event, row in self._db.execute(query):
			yield event, Spooled(*pickle.loads(row))

	def chains(self) -> Iterator[tuple[Spooled, list[Spooled]]]:
		"""Each event with its actions, by time; those of the same time in the order in which they were read."""
		query = (
			"select e.seq, e.row, a.row from events e left join actions a indexed by of_event on a.event = e.id "
			"order by e.id, a.at, a.seq"
		)
		current: int | None = None
		event: Spooled | None = None
		actions: list[Spooled] = []
		for seq, event_row, action_row in self._db.execute(query):
			if seq != current:
				if event is not None:
					yield event, actions
				current, event, actions = seq, Spooled(*pickle.loads(event_row)), []
			if action_row is not None:
				actions.append(Spooled(*pickle.loads(action_row)))
		if event is not None:
			yield event, actions
