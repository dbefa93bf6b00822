"""Frames: what two nodes say to each other, as bytes.

    frame = version (1 byte) ‖ channel (1 byte) ‖ MessagePack array [type, field, ...]

A channel is one community on one link; the `Hello` on it says which. A frame of a later version is not read. Ids inside
frames are cut to 8 bytes where they only point at something both sides can check. Spec: docs/spec/wire.md.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, Final, get_args

import msgspec
from msgspec import Meta

from ruil.crypto.contexts import HELLO
from ruil.crypto.hashes import blake2b
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId
from ruil.protocol.letters import RECEIPT_BYTES
from ruil.protocol.limits import (
    ANNOUNCE_MAX,
    ANSWERS_MAX,
    CARD_ENTRIES_MAX,
    ENTRIES_MAX,
    ENTRY_BYTES_MAX,
    FRAME_BYTES_MAX,
    FRAME_ENTRIES_BYTES,
    HEADS_MAX,
    LATELY_BYTES_MAX,
    LATELY_OF_ONE_MAX,
    LETTER_BYTES_MAX,
    PROOF_BYTES_MAX,
    PROOFS_MAX,
    RANGES_MAX,
    RECEIPTS_MAX,
    RECORD_BYTES_MAX,
    RECORDS_MAX,
)

VERSION: Final = 1
CHANNEL: Final = 0


class Frame(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Base of all frames: a MessagePack array whose first item is the type's number. How many parts a frame may have is
    part of its type, so the decoder makes none of too many."""


class Hello(Frame, frozen=True, tag=1):
    """First on a channel. `tag` shows that the sender knows the community without naming it to one who does not;
    `card` are the sender's own first entries: certificate, entrance. `epoch` and `cursor`: how much of the receiver's
    heads the sender has seen before, and in which of its runs."""

    tag: bytes
    card: Annotated[tuple[bytes, ...], Meta(max_length=CARD_ENTRIES_MAX)]
    epoch: bytes
    cursor: int


class Heads(Frame, frozen=True, tag=2):
    """How long each log is here and the start of its head's id, for all logs or those that changed since the cursor.
    `cursor` is where the sender stands after these, in its run `epoch`."""

    epoch: bytes
    cursor: int
    heads: Annotated[tuple[tuple[bytes, int, bytes], ...], Meta(max_length=HEADS_MAX)]


class Push(Frame, frozen=True, tag=3):
    """A new entry, sent on at once."""

    device: bytes
    data: bytes


class Entries(Frame, frozen=True, tag=4):
    """Entries that were asked for, in the order of their log."""

    device: bytes
    entries: Annotated[tuple[bytes, ...], Meta(max_length=ENTRIES_MAX)]


class Announce(Frame, frozen=True, tag=5):
    """New entries that the receiver can have: the first 8 bytes of each id."""

    ids: Annotated[tuple[bytes, ...], Meta(max_length=ANNOUNCE_MAX)]


class Ask(Frame, frozen=True, tag=6):
    """Send me these announced entries, and from now on push to me. With no ids: just push."""

    ids: Annotated[tuple[bytes, ...], Meta(max_length=ANNOUNCE_MAX)]


class Want(Frame, frozen=True, tag=7):
    """Send me these parts of logs: (device, first, last), both included."""

    ranges: Annotated[tuple[tuple[bytes, int, int], ...], Meta(max_length=RANGES_MAX)]


class Prune(Frame, frozen=True, tag=8):
    """I have what you push from somebody else: announce instead."""


class Proofs(Frame, frozen=True, tag=9):
    """Proofs of forks, and revocations. They go before everything else."""

    proofs: Annotated[tuple[bytes, ...], Meta(max_length=PROOFS_MAX)]


class Peers(Frame, frozen=True, tag=10):
    """Records of where members' devices can be dialled."""

    records: Annotated[tuple[bytes, ...], Meta(max_length=RECORDS_MAX)]


class Carry(Frame, frozen=True, tag=11):
    """One letter, for the receiver or for them to keep (letters.py)."""

    data: bytes


class Receipts(Frame, frozen=True, tag=12):
    """Devices' words that letters came, or were read."""

    receipts: Annotated[tuple[bytes, ...], Meta(max_length=RECEIPTS_MAX)]


class Answers(Frame, frozen=True, tag=13):
    """What became here of letters and receipts the receiver gave: (id of the letter, which answer)."""

    answers: Annotated[tuple[tuple[bytes, int], ...], Meta(max_length=ANSWERS_MAX)]


class Look(Frame, frozen=True, tag=14):
    """Show me what is open now near this cell (0: anywhere), before all that was said has come."""

    cell: int


class Lately(Frame, frozen=True, tag=15):
    """Some entries of one log: its certificate, how its author is shown, and listings that are open, in their order."""

    device: bytes
    entries: Annotated[tuple[bytes, ...], Meta(min_length=1, max_length=2 * LATELY_OF_ONE_MAX + 2)]


AnyFrame = (
    Hello
    | Heads
    | Push
    | Entries
    | Announce
    | Ask
    | Want
    | Prune
    | Proofs
    | Peers
    | Carry
    | Receipts
    | Answers
    | Look
    | Lately
)

SHORT_BYTES: Final = 8  # of an id, or a device, that only points at something both sides know
_NAMES: Final = (32, SHORT_BYTES)  # a device in full, or the first bytes of one that was told of before
_TYPES: Final = frozenset({*(each.__struct_config__.tag for each in get_args(AnyFrame)), None})  # None: not a frame
_ARRAYS: Final = {0xDC: 5, 0xDD: 7}  # MessagePack: an array's first item stands so far into a frame
_NUMBERS: Final = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}  # a number from 0 follows in so many bytes
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(AnyFrame).decode
_PREFIX: Final = bytes([VERSION, CHANNEL])


def encode(frame: Frame) -> bytes:
    """The bytes of a frame."""
    return _PREFIX + _encode(frame)


def decode(data: bytes) -> AnyFrame | None:
    """The frame in these bytes; None for one of a later version, or of a type that a later day has brought. Raises
    `Rejected` for anything malformed or over a limit."""
    if len(data) > FRAME_BYTES_MAX:
        raise Rejected(f"frame of {len(data)} bytes; at most {FRAME_BYTES_MAX}")
    if len(data) < 3:
        raise Rejected(f"frame of {len(data)} bytes; at least 3")
    if data[0] > VERSION:
        return None
    if data[0] != VERSION or data[1] != CHANNEL:
        raise Rejected(f"frame of version {data[0]} on channel {data[1]}")
    try:
        frame: AnyFrame = _decode(memoryview(data)[2:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        if _type(data) not in _TYPES:
            return None
        raise Rejected(f"not a frame: {why}") from None
    _check(frame)
    return frame


def _type(data: bytes) -> int | None:
    """The number that these bytes begin with, if they begin an array with one. The rest of it is not looked at."""
    first = data[2]
    at = 3 if 0x91 <= first <= 0x9F else _ARRAYS.get(first, len(data))
    if at >= len(data):
        return None
    size = _NUMBERS.get(data[at], 0)
    if data[at] < 0x80:
        return data[at]
    number = data[at + 1 : at + 1 + size]
    return int.from_bytes(number, "big") if size and len(number) == size else None


def _check(frame: AnyFrame) -> None:
    # Two frames in three are these, most of them without a fault: they are looked through once, without a call.
    if isinstance(frame, Push) and len(frame.device) == 32 and len(frame.data) <= ENTRY_BYTES_MAX:
        return
    if isinstance(frame, Heads) and _are_heads(frame):
        return
    match frame:
        case Push(device, data):
            _sizes("device", (device,), 32)
            _most("bytes of an entry", len(data), ENTRY_BYTES_MAX)
        case Entries(device, entries):
            _sizes("device", (device,), 32)
            _most("bytes of an entry", max(map(len, entries), default=0), ENTRY_BYTES_MAX)
        case Lately(device, entries):
            _sizes("device", (device,), 32)
            _most("bytes of an entry", max(map(len, entries), default=0), ENTRY_BYTES_MAX)
        case Look(cell):
            _least("cell", [cell])
        case Announce(ids) | Ask(ids):
            _sizes("id", ids, 8)
        case Heads(epoch, cursor, heads):
            _sizes("epoch", (epoch,), 8)
            _names([head[0] for head in heads])
            _sizes("id", [head[2] for head in heads], 8)
            _least("size", [cursor, *(head[1] for head in heads)])
        case Want(ranges):
            _names([each[0] for each in ranges])
            _least("seq", [seq for each in ranges for seq in each[1:]])
        case Hello(tag, _, epoch, cursor):
            _sizes("tag", (tag,), 32)
            _sizes("epoch", (epoch,), 8)
            _least("cursor", [cursor])
        case Proofs(proofs):
            _most("bytes of a proof", max(map(len, proofs), default=0), PROOF_BYTES_MAX)
        case Peers(records):
            _most("bytes of a record", max(map(len, records), default=0), RECORD_BYTES_MAX)
        case Carry(data):
            _most("bytes of a letter", len(data), LETTER_BYTES_MAX)
        case Receipts(receipts):
            _sizes("receipt", receipts, RECEIPT_BYTES)
        case Answers(answers):
            _sizes("id", [each[0] for each in answers], 32)
            _least("answer", [each[1] for each in answers])
        case Prune():
            pass


def _are_heads(frame: Heads) -> bool:
    if len(frame.epoch) != 8 or frame.cursor < 0:
        return False
    if not frame.heads:
        return True
    return not any(len(device) not in _NAMES or len(short) != 8 or size < 0 for device, size, short in frame.heads)


def _names(devices: list[bytes]) -> None:
    if any(len(device) not in _NAMES for device in devices):
        raise Rejected("a device must have 32 or 8 bytes")


def _sizes(what: str, parts: tuple[bytes, ...] | list[bytes], size: int) -> None:
    if any(len(part) != size for part in parts):
        raise Rejected(f"{what} must have {size} bytes")


def _most(what: str, count: int, most: int) -> None:
    if count > most:
        raise Rejected(f"{count} {what}; at most {most}")


def _least(what: str, numbers: list[int]) -> None:
    if numbers and min(numbers) < 0:
        raise Rejected(f"{what} below 0")


def proofs(data: Iterable[bytes]) -> Iterator[Proofs]:
    """Frames that show all these proofs, none too long for a small frame behind it."""
    return (Proofs(part) for part in _parts(data, PROOFS_MAX))


def entries(device: DeviceId, data: Iterable[bytes]) -> Iterator[Entries]:
    """Frames that bring all these entries of a log, none too long for a small frame behind it."""
    return (Entries(device, part) for part in _parts(data, ENTRIES_MAX))


def lately(logs: Iterable[tuple[DeviceId, list[bytes]]]) -> Iterator[Lately]:
    """Frames that show these entries, one for each log, as many as fit: what is shown is no history."""
    room = LATELY_BYTES_MAX
    for device, entries in logs:
        data = next(_parts(entries, len(entries)), ())
        room -= sum(map(len, data))
        if room < 0:
            return
        yield Lately(device, data)


def _parts(data: Iterable[bytes], most: int) -> Iterator[tuple[bytes, ...]]:
    part: list[bytes] = []
    size = 0
    for each in data:
        if part and (size + len(each) > FRAME_ENTRIES_BYTES or len(part) == most):
            yield tuple(part)
            part, size = [], 0
        part.append(each)
        size += len(each)
    if part:
        yield tuple(part)


def hello_tag(community: CommunityId, sender: DeviceId, receiver: DeviceId) -> bytes:
    """What only somebody who knows the community can make or recognise, different for every pair and direction."""
    return blake2b(HELLO, community, sender, receiver)
