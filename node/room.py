"""Room: what others said is kept within the room its owner gives it.

When the database of others' logs is larger than `storage_mb`, the words of what is long over go: those of strangers
first, then of who is near, then of partners, each the oldest first; ours never. Headers, signatures and gists stay
(protocol/gist.py), so every log still verifies and the Book is the same. What was dropped is counted and shown.
"""

import math

import trio

from ruil.node import clock
from ruil.node.store import Store
from ruil.node.words import Plain
from ruil.protocol.bodies import Body, encode
from ruil.protocol.book import Book
from ruil.protocol.gist import Circle, gist, over
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.record import Record

MB = 1_000_000
LOOK_EVERY = 1_000  # entries between two looks at the size: about half a megabyte
LOOKED_AT_ONCE = 1_000  # records looked at before others have their turn: a few milliseconds
DROPPED_AT_ONCE = 20  # entries to one commit: of what is still wanted, not many more may go than need be
DOWN_TO = 0.9  # of the cap, so that the next entry does not begin it all again


class Room:
    """The room of one profile. `cap_mb` 0: no limit."""

    def __init__(self, store: Store, book: Book, me: MemberId, cap_mb: int) -> None:
        self._store = store
        self._book = book
        self._me = me
        self._cap = cap_mb * MB
        self._news = LOOK_EVERY  # look at once at the start
        self._due = trio.Event()
        self._full = False  # over the cap, and nothing left to drop

    def grew(self) -> None:
        """One more entry stands."""
        self._news += 1
        if self._news >= LOOK_EVERY:
            self._due.set()

    async def run(self) -> None:
        """Keep within the cap. Until cancelled."""
        self._due.set()
        while self._cap:
            await self._due.wait()
            self._due, self._news = trio.Event(), 0
            await self.keep_within()

    async def keep_within(self) -> int:
        """Drop words until the database is within the cap; how many entries lost theirs."""
        size = await trio.to_thread.run_sync(self._store.size)
        if not self._cap or size <= self._cap:
            self._full = False
            return 0
        aim = math.floor(self._cap * DOWN_TO)
        dropped, goal = 0, size - aim
        records = await self._to_go()
        for start in range(0, len(records), DROPPED_AT_ONCE):
            part = records[start : start + DROPPED_AT_ONCE]
            gists = [(each, small) for each in part if (small := self._gist(each)) is not None]
            rows = [(each.device, each.seq, encode(small)) for each, small in gists]
            saved = await trio.to_thread.run_sync(self._store.forget, rows)
            for each, small in gists:
                self._book.trim(each.id, small)
            dropped += len(rows)
            # Whole pages are free at once, what was dropped inside of one only when the file is written anew.
            goal = min(goal - saved, await trio.to_thread.run_sync(self._store.size) - aim)
            if goal <= 0:
                break
        if dropped:
            await trio.to_thread.run_sync(self._store.compact)
        self._full = goal > 0
        return dropped

    def _gist(self, record: Record) -> Body | None:
        """What is left of it; None when there is nothing to drop, or its log was cut meanwhile."""
        return gist(record.body) if record.id in self._book.records else None

    async def _to_go(self) -> list[Record]:
        """What may lose its words, the first to go first."""
        circle, found = Circle(self._book, self._me), list[tuple[int, int, EntryId, Record]]()
        now = clock.now()
        for number, record in enumerate(list(self._book.records.values())):
            if number % LOOKED_AT_ONCE == 0:
                await trio.lowlevel.checkpoint()
            if gist(record.body) is None or not over(self._book, record, now):
                continue
            rank = circle.rank(record)
            if rank is not None:
                found.append((rank, record.at, record.id, record))
        return [record for *_, record in sorted(found, key=lambda each: each[:3])]

    def shown(self) -> Plain:
        """How much room is used, and what was dropped."""
        size, (count, saved) = self._store.size(), self._store.dropped()
        text = f"{size / MB:.1f} MB of others' words" + (f", at most {self._cap / MB:.0f}" if self._cap else "")
        if count:
            text += f"; of {count:,} entries that are over the words were dropped ({saved / MB:.1f} MB), headers kept"
        if self._full:
            text += "; the rest is still needed, so it is more than you gave: raise storage_mb"
        return {
            "mb": round(size / MB, 3),
            "cap_mb": self._cap // MB,
            "dropped_entries": count,
            "dropped_mb": round(saved / MB, 3),
            "full": self._full,
            "text": text,
        }
