"""Sharing: what many Books of one process need not each make for themselves.

A record, a log's past, the short id of an entry, the map of a member's only device and an agreement as it was folded
follow from what was signed, and are values. A simulation hands one `Sharing` to all its peers, and 500 Books hold one
of each between them. A node has one Book and hands in none: it makes what it needs, in place, and pays nothing.
"""

from collections.abc import Hashable, Mapping
from typing import Final

from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import Body
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId, EntryId, MemberId
from ruil.protocol.log import Past
from ruil.protocol.memo import Memo
from ruil.protocol.record import Record, record

FOLDS_MAX: Final = 20_000  # each takes some KB, and each new word makes another


class Sharing:
    """Memos of `size` results each."""

    def __init__(self, size: int) -> None:
        self.pasts: Memo[EntryId, Past] = Memo(size)
        self.devices: Memo[tuple[DeviceId, str], Mapping[DeviceId, str]] = Memo(size)
        self.folds: Memo[Hashable, Agreement] = Memo(min(size, FOLDS_MAX))
        self._records: Memo[EntryId, Record] = Memo(size)
        self._names: Memo[EntryId, tuple[bytes, tuple[DeviceId, int]]] = Memo(size)

    def record(self, entry: Entry, body: Body, member: MemberId) -> Record:
        """As `record.record`."""
        known = self._records.get(entry.id)
        if known is not None and known.member == member:  # two certificates can claim one device: its log forks at 0
            return known
        return self._records.keep(entry.id, record(entry, body, member))

    def name(self, entry: Entry) -> tuple[bytes, tuple[DeviceId, int]]:
        """An entry's short id, and its place."""
        return self._names.get(entry.id) or self._names.keep(entry.id, (entry.id[:8], (entry.device, entry.seq)))
