"""Intake: what a bundle holds, taken into a profile, piece by piece: checked in one go, kept in one commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from ruil.node.store import Store
from ruil.protocol.book import Book
from ruil.protocol.bundle import Item, Opened
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import DeviceId
from ruil.protocol.log import Place, prove_fork
from ruil.protocol.revocations import open_proof

_FORK: Final = Place.FORK  # looked up once


@dataclass(slots=True)
class Intake:
    """What others said is kept with each piece. What `device`, our own, said is gathered in `own` for one commit by the
    caller, when all is read: half of what we said would be contradicted by our next word. `entries` counts those that
    follow in their logs now and did not before; `faults` are (offset in the bundle, sentence)."""

    book: Book
    store: Store
    device: DeviceId
    entries: int = 0
    own: list[Entry] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def take(self, items: Iterable[Item], entries: Iterable[Opened]) -> None:
        """Read a piece of a bundle, and what is in each of its items, and keep it. Raises `DiskRefused`."""
        book, device, own, others = self.book, self.device, self.own, list[Entry]()
        count = len(own)
        for item, entry in zip(items, entries, strict=True):
            try:
                if isinstance(entry, Entry):
                    applied = book.apply(entry)
                    if entry.device == device:
                        own += applied.entries
                    else:
                        others += applied.entries
                    if applied.place is _FORK:
                        self._freeze(entry, applied.other, chain(others, own))
                elif entry is None:
                    book.freeze(open_proof(item.data))
                else:
                    self.faults.append((item.offset, str(entry)))
            except Rejected as why:
                self.faults.append((item.offset, str(why)))
        self.store.append(others)
        self.entries += len(own) - count + len(others)

    def _freeze(self, entry: Entry, other: Entry | None, taken: Iterable[Entry]) -> None:
        """`other` stands where `entry` claims to; None: what does is in the store, or was taken and soon will be."""
        place = (entry.device, entry.seq)
        other = other or next((each for each in taken if (each.device, each.seq) == place), None)
        if other is None:
            (stored,) = self.store.read(entry.device, entry.seq, entry.seq)
            other = open_entry(stored, entry.community, entry.device)
        self.book.freeze(prove_fork(entry, other))
