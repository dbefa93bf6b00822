"""An entry: one signed thing a member said, as the exact bytes they signed.

    body --seal(key)--> Entry --.data--> bytes --open_entry()--> Entry      (open_entries() for many of one log)

There is no other way to make an Entry, so an Entry in hand is well formed and truly signed.
Whether it *follows* its author's earlier entries is the log's question (log.py); what it *means* is the Book's.
Spec: docs/spec/entry.md. Vectors: tests/vectors/entry/.
"""

import struct
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from ruil.crypto.contexts import ENTRY_ID, PAYLOAD, SIGN_ENTRY
from ruil.crypto.hashes import STARTED, blake2b
from ruil.crypto.keys import SigningKey, verify
from ruil.protocol import bodies
from ruil.protocol.bodies import Body
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, Millis, Reference
from ruil.protocol.limits import ENTRY_BYTES_MAX, PAYLOAD_BYTES_MAX, SEQ_MAX, TIMESTAMP_MS_MAX

VERSION: Final = 1
HAS_REFERENCE: Final = 1
END_OF_LOG: Final = 2

_HEADER: Final = struct.Struct(">BBHIQQ32s32s")
_REFERENCE: Final = struct.Struct(">32sQ32s")
_payload_hash: Final = STARTED[PAYLOAD].copy
_id_hash: Final[Callable[[], Any]] = STARTED[ENTRY_ID].copy  # its digest is an EntryId without a call that says so
HEADER_BYTES: Final = _HEADER.size  # 88
REFERENCE_BYTES: Final = _REFERENCE.size  # 72
SIGNATURE_BYTES: Final = 64
SALT_BYTES: Final = 16


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What one device said at one place in its log. `body` is None when its kind or version is not known to us, or
    when its payload was forgotten; `data` is what was signed and is passed on unchanged."""

    id: EntryId
    community: CommunityId
    device: DeviceId
    seq: int
    at: Millis
    kind: int
    root: bytes
    reference: Reference | None
    body: Body | None
    end: bool
    data: bytes

    @property
    def forgotten(self) -> bool:
        """Whether the payload is not there any more."""
        return len(self.data) == header_bytes(self.data) + SIGNATURE_BYTES

    @property
    def signed(self) -> bytes:
        """Header and signature without the payload: all a proof needs."""
        return self.data[: header_bytes(self.data) + SIGNATURE_BYTES]


def header_bytes(data: bytes) -> int:
    """88, or 160 when the flags say that a reference follows."""
    return HEADER_BYTES + REFERENCE_BYTES * (data[1] & HAS_REFERENCE)


def id_of(data: bytes, community: CommunityId, device: DeviceId) -> EntryId:
    """The id of an entry that was opened before, from its bytes alone."""
    return EntryId(blake2b(ENTRY_ID, community, device, data[: header_bytes(data)]))


def open_entry(data: bytes, community: CommunityId, device: DeviceId) -> Entry:
    """The entry in `data`, which must be signed by `device` for `community`. Raises `Rejected`, saying why.

    The cheapest checks come first: a signature costs 35 µs, all the rest together 6.
    """
    entry = _read(data, community, device)
    if not verify(device, SIGN_ENTRY, entry.id, _signature(entry)):
        raise _unsigned()
    return entry


def open_entries(
    parts: Iterable[bytes], community: CommunityId, device: DeviceId
) -> tuple[list[Entry], Rejected | None]:
    """The entries in `parts`, all of one device, as `open_entry` opens them: those before the first that is not good,
    and what is wrong with that one.

    First all are read, then all signatures checked: in turn the two drive each other out of the processor's caches,
    which costs 1 to 2 %. A part after the first that can not be read is not looked at.
    """
    read: list[Entry] = []
    wrong: Rejected | None = None
    for data in parts:
        try:
            read.append(_read(data, community, device))
        except Rejected as why:
            wrong = why
            break
    for place, entry in enumerate(read):
        if not verify(device, SIGN_ENTRY, entry.id, _signature(entry)):
            return read[:place], _unsigned()
    return read, wrong


def open_each(parts: Iterable[tuple[bytes, DeviceId]], community: CommunityId) -> list[Entry | Rejected]:
    """What `open_entry` gives for each of (bytes, whose), in their order, or what it raises.

    First all are read, as in `open_entries`: of five hundred in one go each costs 4 % less than in ten goes of fifty.
    """
    read: list[Entry | Rejected] = []
    for data, device in parts:
        try:
            read.append(_read(data, community, device))
        except Rejected as why:
            read.append(why.with_traceback(None))  # it would hold on to this list, and so to itself
    for place, entry in enumerate(read):
        if isinstance(entry, Entry) and not verify(entry.device, SIGN_ENTRY, entry.id, _signature(entry)):
            read[place] = _unsigned()
    return read


def _signature(entry: Entry) -> bytes:
    start = HEADER_BYTES if entry.reference is None else HEADER_BYTES + REFERENCE_BYTES
    return entry.data[start : start + SIGNATURE_BYTES]


def _unsigned() -> Rejected:
    return Rejected("the signature is not by this device for this community")


def _read(data: bytes, community: CommunityId, device: DeviceId) -> Entry:
    """All checks but that of the signature, so it is no entry yet."""
    size = len(data)
    if size > ENTRY_BYTES_MAX:
        raise Rejected(f"entry of {size} bytes; at most {ENTRY_BYTES_MAX}")
    if size < HEADER_BYTES + SIGNATURE_BYTES:
        raise Rejected(f"entry of {size} bytes; at least {HEADER_BYTES + SIGNATURE_BYTES}")
    version, flags, kind, payload_len, seq, at, root, payload_hash = _HEADER.unpack_from(data)
    if version == 0:
        raise Rejected("version 0 does not exist")
    if flags & ~3:
        raise Rejected(f"unknown flags {flags:#04x}")
    if payload_len > PAYLOAD_BYTES_MAX:
        raise Rejected(f"payload of {payload_len} bytes; at most {PAYLOAD_BYTES_MAX}")
    if at > TIMESTAMP_MS_MAX:
        raise Rejected("the time is beyond the year 9999")
    if seq > SEQ_MAX:
        raise Rejected(f"place {seq} in a log; at most {SEQ_MAX}")
    reference = None
    header = HEADER_BYTES
    if flags & HAS_REFERENCE:
        header += REFERENCE_BYTES
        if size < header + SIGNATURE_BYTES:
            raise Rejected("the header says a reference follows, but the bytes end")
        of, place, named = _REFERENCE.unpack_from(data, HEADER_BYTES)
        if place > SEQ_MAX:
            raise Rejected(f"the reference names place {place} in a log; at most {SEQ_MAX}")
        reference = Reference(DeviceId(of), place, EntryId(named))
    body_at = header + SIGNATURE_BYTES
    forgotten = size == body_at
    if not forgotten and size != body_at + SALT_BYTES + payload_len:
        raise Rejected(f"{size - body_at} bytes after the signature; the header says {SALT_BYTES + payload_len}")
    body = None
    if not forgotten:
        hashed = _payload_hash()
        hashed.update(data[body_at:])
        if hashed.digest() != payload_hash:
            raise Rejected("the payload is not the one that was signed")
        if version == VERSION:
            body = bodies.decode(kind, data[body_at + SALT_BYTES :])
    if reference is None and version == VERSION and kind in bodies.ANSWERS:
        raise Rejected(f"{bodies.KINDS[kind].__name__} must name the entry it answers")
    hashed = _id_hash()  # written out, like the other: a call of blake2b() costs as much as the hash
    hashed.update(community + device + data[:header])
    return Entry(
        hashed.digest(), community, device, seq, at, kind, root, reference, body, bool(flags & END_OF_LOG), bytes(data)
    )


def seal(
    key: SigningKey,
    community: CommunityId,
    body: Body,
    *,
    seq: int,
    at: Millis,
    root: bytes,
    salt: bytes,
    reference: Reference | None = None,
    end: bool = False,
) -> Entry:
    """A new entry by the device of `key`. It goes through `open_entry` like a stranger's: one door.

    `salt` is 16 bytes nobody else can guess; it keeps a forgotten payload from being guessed back from its hash.
    """
    return seal_bytes(
        key,
        community,
        bodies.NUMBER[type(body)],
        bodies.encode(body),
        seq=seq,
        at=at,
        root=root,
        salt=salt,
        reference=reference,
        end=end,
    )


def seal_bytes(
    key: SigningKey,
    community: CommunityId,
    kind: int,
    payload: bytes,
    *,
    seq: int,
    at: Millis,
    root: bytes,
    salt: bytes,
    reference: Reference | None = None,
    end: bool = False,
) -> Entry:
    """As `seal`, for a payload that is already bytes: what a newer version, or a test of a wrong one, would send."""
    flags = (HAS_REFERENCE if reference else 0) | (END_OF_LOG if end else 0)
    salted = salt + payload
    header = _HEADER.pack(VERSION, flags, kind, len(payload), seq, at, root, blake2b(PAYLOAD, salted))
    if reference:
        header += _REFERENCE.pack(reference.device, reference.seq, reference.id)
    device = DeviceId(key.public)
    signature = key.sign(SIGN_ENTRY, blake2b(ENTRY_ID, community, device, header))
    return open_entry(header + signature + salted, community, device)


def is_whole(data: bytes) -> bool:
    """Whether these bytes of an entry hold its payload."""
    return len(data) > header_bytes(data) + SIGNATURE_BYTES


def recollect(entry: Entry, payload: bytes) -> Entry:
    """A forgotten entry of our own store, with the gist of what it said. Raises `Rejected` when that is no body of its
    kind. For nobody else's bytes: nothing proves a gist."""
    return msgspec.structs.replace(entry, body=bodies.decode(entry.kind, payload))


def forget(data: bytes) -> bytes:
    """The same entry without its payload and salt: header, signature, chain and proofs stay valid."""
    return data[: header_bytes(data) + SIGNATURE_BYTES]
