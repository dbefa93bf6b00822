"""A bundle: many entries in one portable file, for a backup, a researcher or a USB stick.

    bundle = "ruil bundle 1\\n" ‖ community (32) ‖ item* ‖ end
    item   = 1 ‖ device (32) ‖ length (4) ‖ entry   |   2 ‖ length (4) ‖ fork proof
    end    = 0 ‖ BLAKE2b-256 of everything before it

Entries stand log by log in the order of device keys, so one state has one bundle. Spec: docs/spec/bundle.md.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from ruil.crypto.contexts import BUNDLE
from ruil.crypto.hashes import blake2b
from ruil.protocol.entry import Entry, open_each
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.limits import ENTRY_BYTES_MAX, PROOF_BYTES_MAX

MAGIC: Final = b"ruil bundle 1\n"
PIECE_ITEMS: Final = 500  # checked in one go, and kept in one commit
_LENGTH: Final = struct.Struct(">I")


class Item(msgspec.Struct, frozen=True, gc=False):
    """One thing in a bundle and the offset of its bytes in the file. `device` is None for a fork proof."""

    offset: int
    device: DeviceId | None
    data: bytes


Opened = Entry | Rejected | None  # an entry, or what is wrong with it; None for a proof, which is opened by its reader


def pack(community: CommunityId, entries: Iterable[tuple[DeviceId, bytes]], proofs: Iterable[bytes] = ()) -> bytes:
    """The bundle of these entries, which must come log by log, each from its first entry on."""
    parts = [MAGIC, community]
    for proof in sorted(proofs):
        parts += (b"\x02", _LENGTH.pack(len(proof)), proof)
    for device, data in entries:
        parts += (b"\x01", device, _LENGTH.pack(len(data)), data)
    parts.append(b"\x00")
    whole = b"".join(parts)
    return whole + blake2b(BUNDLE, whole)


def community_of(data: bytes) -> CommunityId:
    """Whose bundle this is. Raises `Rejected` when it is none."""
    if data[: len(MAGIC)] != MAGIC or len(data) < len(MAGIC) + 32:
        raise Rejected("not a ruil bundle")
    return CommunityId(bytes(data[len(MAGIC) : len(MAGIC) + 32]))


def pieces(data: bytes) -> Iterator[tuple[Sequence[Item], Sequence[Opened]]]:
    """The items of a bundle in order, five hundred in a piece, and what is in each. Raises as `unpack`, after what
    stood before the damage."""
    community = community_of(data)
    items: list[Item] = []
    try:
        for item in unpack(data):
            items.append(item)
            if len(items) == PIECE_ITEMS:
                yield items, opened(items, community)
                items = []
    except Rejected:
        yield items, opened(items, community)
        raise
    yield items, opened(items, community)


def opened(items: Sequence[Item], community: CommunityId) -> Sequence[Opened]:
    """What is in each of these items, all entries checked in one go."""
    entries = open_each(((item.data, item.device) for item in items if item.device is not None), community)
    if len(entries) == len(items):
        return entries
    rest = iter(entries)
    return [None if item.device is None else next(rest) for item in items]


def unpack(data: bytes) -> Iterator[Item]:
    """The items of a bundle, in order. Raises `Rejected` with the offset where it is damaged or cut off."""
    community_of(data)
    place = len(MAGIC) + 32
    while place < len(data):
        kind = data[place]
        if kind == 0:
            if blake2b(BUNDLE, data[: place + 1]) != data[place + 1 :]:
                raise Rejected(f"the bundle was changed after it was written (its sum at byte {place + 1} is wrong)")
            return
        if kind not in (1, 2):
            raise Rejected(f"byte {place} begins an item of unknown kind {kind}")
        start = place + (33 if kind == 1 else 1)
        if start + 4 > len(data):
            break
        (length,) = _LENGTH.unpack_from(data, start)
        if length > (ENTRY_BYTES_MAX if kind == 1 else PROOF_BYTES_MAX):
            raise Rejected(f"byte {start}: an item of {length} bytes is too long")
        if start + 4 + length > len(data):
            break
        device = DeviceId(bytes(data[place + 1 : start])) if kind == 1 else None
        yield Item(start + 4, device, bytes(data[start + 4 : start + 4 + length]))
        place = start + 4 + length
    raise Rejected(f"the bundle is cut off after byte {place}")
