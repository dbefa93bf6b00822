"""A record: what the Book keeps of an entry once it is in its log. The bytes stay in the driver's store."""

import msgspec

from ruil.protocol.bodies import Body
from ruil.protocol.entry import Entry
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import MEMO_MAX
from ruil.protocol.memo import Memo


class Record(msgspec.Struct, frozen=True, gc=False):
    """Who said what, where in their log, when by their own clock, about which entry (`ref`)."""

    id: EntryId
    device: DeviceId
    seq: int
    at: Millis
    member: MemberId
    ref: EntryId | None
    body: Body

    @property
    def order(self) -> tuple[int, bytes, int]:
        """The same everywhere, whatever arrived first; agrees with each log's own order, since time never decreases
        inside one."""
        return (self.at, self.device, self.seq)


_made: Memo[EntryId, Record] = Memo(MEMO_MAX)


def record(entry: Entry, body: Body, member: MemberId) -> Record:
    """The record of an entry of `member`'s log. The same one in every Book that reads it."""
    known = _made.get(entry.id)
    if known is not None and known.member == member:  # two certificates can claim one device: its log forks at 0
        return known
    ref = entry.reference.id if entry.reference else None
    return _made.keep(entry.id, Record(entry.id, entry.device, entry.seq, entry.at, member, ref, body))
