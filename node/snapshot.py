"""The snapshot on the disk: `book.snapshot` in the profile. A cache; whoever deletes it waits a little longer once.

It is believed only where it fits the store: the store must hold every log's head exactly as the snapshot knows it. A
head pins its whole past, so what was verified before it was stored need not be verified again. Whatever does not fit
is thrown away, and the Book worked out from the entries.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

import trio

from ruil.node.store import Store
from ruil.protocol.book import Book
from ruil.protocol.entry import id_of
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId
from ruil.protocol.snapshot import Snapshot, open_snapshot, take

FILE: Final = "book.snapshot"
# To verify an entry costs about 50 times what it costs to take it from a snapshot, so a tail of this part of all
# entries costs as much as the snapshot itself: before that, writing a new one saves nothing worth it.
TAIL_PART: Final = 50
TAIL_MIN: Final = 1_000  # while running: a village of ten entries need not be written at each
REST: Final = 20  # times as long as it took is no other written: a newcomer's Book grows by such a part every second


class Snapshots:
    """The snapshot of one profile, and how far it is behind the Book."""

    def __init__(self, folder: Path, book: Book, kept: int) -> None:
        self._path = folder / FILE
        self._book = book
        self._kept = kept
        self._news = book.entries() - kept
        self._due = trio.Event()

    def grew(self) -> None:
        """One more entry stands."""
        self._news += 1
        if self._news >= max(TAIL_MIN, self._kept // TAIL_PART):
            self._due.set()

    async def run(self) -> None:
        """Write a new snapshot now and then, in a thread. Until cancelled."""
        while True:
            await self._due.wait()
            self._due = trio.Event()
            snapshot = take(self._book)
            self._kept, self._news = snapshot.entries, 0
            began = trio.current_time()
            await trio.to_thread.run_sync(_write, self._path, snapshot)
            await trio.sleep(REST * (trio.current_time() - began))

    def close(self) -> None:
        """At an orderly end: write a last one, if it saves the next start something."""
        if self._book.entries() - self._kept > self._kept // TAIL_PART:
            _write(self._path, take(self._book))


def read(folder: Path, store: Store, community: CommunityId) -> Book | None:
    """The Book as it was kept; None, and the file thrown away, when there is none that fits the store."""
    path = folder / FILE
    try:
        book = open_snapshot(path.read_bytes(), community)
    except (OSError, Rejected):
        book = None
    if book is None or not _fits(book, store):
        _remove(path)
        return None
    return book


def _fits(book: Book, store: Store) -> bool:
    if not set(book.proofs()).issubset(store.proofs()):
        return False
    for device, log in book.logs.items():
        if log.size:
            found = store.read(device, log.size - 1, log.size - 1)
            if not found or id_of(found[0], book.community, device) != log.head:
                return False
    return True


def _write(path: Path, snapshot: Snapshot) -> None:
    """Whole or not at all. A disk that refuses a cache is no reason to stop: what matters is stored elsewhere."""
    fresh = path.with_suffix(".new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(snapshot.parts())
        fresh.replace(path)
    except OSError:
        _remove(fresh)


def _remove(path: Path) -> None:
    """What stays behind on a disk that refuses even this is overwritten later, or never believed."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
