"""A log: what one device has said, in order, and the proof when it said two things at one place.

A log only grows. Each entry's root is the Merkle mountain range over all ids before it, so one entry pins the whole
past. A device that signs two different pasts has forked; two of its headers prove it to anyone, and its log is frozen
at the common prefix: there is no winner.
Spec: docs/spec/log.md. Vectors: tests/vectors/log/.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from ruil.crypto import mmr
from ruil.protocol import codec
from ruil.protocol.entry import Entry, open_entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, Millis
from ruil.protocol.limits import PROOF_BYTES_MAX
from ruil.protocol.memo import Memo

PROOF_VERSION: Final = 1


class Contradicts(Rejected):
    """An entry whose root speaks of another past: its log has forked, or it was never this log's."""


class Place(Enum):
    """Where an entry stands towards a log."""

    NEXT = "next"
    SEEN = "seen"
    GAP = "gap"  # an earlier one is missing
    FORK = "fork"  # another entry stands at its place
    FROZEN = "frozen"  # behind the cut of a proven fork or a revocation


_NEXT: Final = Place.NEXT  # looked up once: where nearly every entry stands


class Past:
    """All that the id of a log's last entry pins: the ids before it, the mountain range over them, the time.

    One Book alone lets it `grow` in place. Many Books of one process share it as a value, and take the next one by
    `then`. The ids are one buffer, 32 bytes each instead of an object of 65: whoever takes the longest past of a log
    writes behind the others' ends, where they do not look; a branch that contradicts what is there gets its own buffer.
    """

    __slots__ = ("_buffer", "_tip", "at", "ended", "range", "size")

    def __init__(self, buffer: bytearray, range_: mmr.Range, at: Millis, *, ended: bool) -> None:
        self._buffer = buffer
        self.range = range_
        self.size = range_.size
        self.at = at
        self.ended = ended
        self._tip: bytes | None = None

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> bytes:
        if not 0 <= index < self.size:
            raise IndexError(index)
        return bytes(self._buffer[32 * index : 32 * index + 32])

    def packed(self) -> bytes:
        """The ids one after the other."""
        return bytes(self._buffer[: 32 * self.size])

    @property
    def tip(self) -> bytes:
        """The first 8 bytes of the last id, as heads tell it."""
        tip = self._tip
        if tip is None:
            tip = self._tip = bytes(self._buffer[32 * self.size - 32 : 32 * self.size - 24])
        return tip

    def grow(self, entry: Entry) -> None:
        """`entry`, which must follow, was said. For a past that nobody else holds."""
        self._buffer += entry.id
        self.range.append(entry.id)
        self.size += 1
        self._tip = None
        self.at = entry.at
        self.ended = entry.end

    def then(self, entry: Entry, pasts: Memo[EntryId, "Past"]) -> "Past":
        """What is past once `entry` was said, which must follow: the same value for all who share `pasts`."""
        known = pasts.get(entry.id)
        if known is not None:
            return known
        end = 32 * self.size
        buffer = self._buffer
        if len(buffer) > end and bytes(buffer[end : end + 32]) != entry.id:
            buffer = buffer[:end]
        if len(buffer) == end:
            buffer += entry.id
        range_ = self.range.copy()
        range_.append(entry.id)
        return pasts.keep(entry.id, Past(buffer, range_, entry.at, ended=entry.end))

    def before(self, cut: int) -> "Past":
        """The first `cut` entries of it."""
        range_ = mmr.Range()
        for index in range(cut):
            range_.append(self[index])
        return Past(self._buffer[: 32 * cut], range_, self.at, ended=self.ended)


class Log:
    """One device's chain as far as it is known: its ids and its mountain range, not its bytes."""

    __slots__ = ("cut", "device", "ids")

    def __init__(self, device: DeviceId) -> None:
        self.device = device
        self.ids = Past(bytearray(), mmr.Range(), Millis(0), ended=False)
        self.cut: int | None = None  # entries from here on do not count

    @property
    def size(self) -> int:
        """How many entries follow each other from the first on."""
        return self.ids.size

    @property
    def head(self) -> EntryId:
        """The id of the last entry; 32 zero bytes for an empty log."""
        ids = self.ids
        return EntryId(ids[ids.size - 1]) if ids.size else EntryId(bytes(32))

    @property
    def at(self) -> Millis:
        """The time of the last entry; 0 for an empty log."""
        return self.ids.at

    @property
    def ended(self) -> bool:
        """Whether the device said that nothing follows."""
        return self.ids.ended

    @property
    def range(self) -> mmr.Range:
        """The mountain range over all ids. To be read only: it may be shared."""
        return self.ids.range

    def place(self, entry: Entry) -> Place:
        """Where `entry` stands. Changes nothing; does not look at its root or time."""
        seq, ids = entry.seq, self.ids
        if self.cut is not None and seq >= self.cut:
            return Place.FROZEN
        if seq == ids.size:
            return _NEXT
        if seq > ids.size:
            return Place.GAP
        return Place.SEEN if ids[seq] == entry.id else Place.FORK

    def append(self, entry: Entry, pasts: Memo[EntryId, Past] | None = None) -> None:
        """Take the next entry. Raises `Rejected` when it does not follow: another past, an earlier time, after the end.
        The log is then as it was. `pasts`: shared with the logs of other Books, always or never for one log."""
        past = self.ids
        if entry.seq != past.size:
            raise Rejected(f"entry {entry.seq} where {past.size} is next")
        if past.ended:
            raise Rejected("the log was ended by its device")
        if entry.at < past.at:
            raise Rejected(f"the time goes back by {past.at - entry.at} ms inside one log")
        if entry.root != past.range.root():
            raise Contradicts("the root speaks of another past than the entries before it")
        if pasts is None:
            past.grow(entry)
        else:
            self.ids = past.then(entry, pasts)

    def prove(self, seq: int, size: int | None = None) -> list[bytes]:
        """The path that shows entry `seq` under the root of the first `size` entries (all, when not given)."""
        return mmr.prove_inclusion(self.ids, seq, self.size if size is None else size)

    def freeze(self, cut: int) -> list[EntryId]:
        """Nothing from entry `cut` on counts any more; the earliest cut stands. Returns the entries that are lost."""
        self.cut = cut if self.cut is None else min(cut, self.cut)
        lost = [EntryId(self.ids[seq]) for seq in range(self.cut, self.ids.size)]
        if lost:
            self.ids = self.ids.before(self.cut)
        return lost


class _Fork(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    community: bytes
    device: bytes
    a: bytes
    b: bytes
    leaf: bytes | None = None
    path: list[bytes] | None = None


@dataclass(frozen=True, slots=True)
class ForkProof:
    """Two things one device signed that can not both be its log. Small, checkable by anyone, kept for ever.

    Either both stand at one `seq` with different ids, or the later one's root holds another id (`leaf`, shown by
    `path`) at the place of the earlier one.
    """

    community: CommunityId
    device: DeviceId
    seq: int
    data: bytes

    @property
    def about(self) -> bytes:
        """What an earlier fork takes the place of: this device's."""
        return self.device


def prove_fork(one: Entry, other: Entry) -> ForkProof:
    """The proof from two entries at one place of one log."""
    first, second = sorted((one.signed, other.signed))
    return open_fork(
        codec.encode(
            {"a": first, "b": second, "community": one.community, "device": one.device, "version": PROOF_VERSION}
        )
    )


def prove_fork_by_root(early: Entry, late: Entry, leaf: EntryId, path: list[bytes]) -> ForkProof:
    """The proof from an entry, and a later one under whose root another id (`leaf`) stands at the earlier's place."""
    return open_fork(
        codec.encode(
            {
                "a": early.signed,
                "b": late.signed,
                "community": early.community,
                "device": early.device,
                "leaf": leaf,
                "path": path,
                "version": PROOF_VERSION,
            }
        )
    )


def open_fork(data: bytes) -> ForkProof:
    """Check a proof somebody hands us. Raises `Rejected` when it proves nothing."""
    if len(data) > PROOF_BYTES_MAX:
        raise Rejected(f"proof of {len(data)} bytes; at most {PROOF_BYTES_MAX}")
    try:
        said = msgspec.convert(codec.decode(data), _Fork, builtin_types=(bytes,))
    except msgspec.ValidationError as why:
        raise Rejected(f"not a fork proof: {why}") from None
    if said.version != PROOF_VERSION:
        raise Rejected(f"a fork proof of version {said.version}")
    if len(said.community) != 32 or len(said.device) != 32:
        raise Rejected("a fork proof names its community and device by 32 bytes each")
    community, device = CommunityId(said.community), DeviceId(said.device)
    early = open_entry(said.a, community, device)
    late = open_entry(said.b, community, device)
    if said.path is None:
        if early.seq != late.seq or early.id == late.id:
            raise Rejected("a fork proof needs two different entries at one place")
    elif early.seq >= late.seq or said.leaf in (None, early.id):
        raise Rejected("a fork proof by root needs an earlier entry, and another id at its place under the later root")
    elif not mmr.verify_inclusion(said.leaf or b"", early.seq, late.seq, said.path, late.root):
        raise Rejected("the path does not lead from the leaf to the later root")
    return ForkProof(community, device, early.seq, data)
