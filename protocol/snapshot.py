"""A snapshot: a Book as bytes, so that a start decodes what it knew instead of verifying everything again.

    take(book) --parts()--> bytes --open_snapshot()--> the same Book

It is a cache of one node and never travels: whoever can write it can write the keys beside it. It holds no entries; one
that is missing, damaged or of another version is thrown away, and the Book worked out from the entries again.
Spec: docs/spec/snapshot.md.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from ruil import __version__
from ruil.crypto import mmr
from ruil.crypto.contexts import SNAPSHOT
from ruil.crypto.hashes import HASH_BYTES, STARTED, blake2b
from ruil.protocol.bodies import KINDS, NUMBER, Body
from ruil.protocol.book import Book
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId, Millis
from ruil.protocol.log import ForkProof, Log, Past
from ruil.protocol.record import Record
from ruil.protocol.revocations import Proof, Revocation

MAGIC: Final = b"ruil snapshot 1\n"
ROWS_AT_ONCE: Final = 1_000  # records encoded in one piece: a millisecond in which no other thread runs
_FRAME: Final = struct.Struct(">HI")
_HEAD, _LOGS, _FORKS, _REVOCATIONS = 0, 0xFFFF, 0xFFFE, 0xFFFD  # beside the numbers of KINDS


class _Log(msgspec.Struct, frozen=True, array_like=True):
    """A log as it is kept: ids one after the other, and the peaks of its range."""

    device: bytes
    ids: bytes
    peaks: tuple[bytes, ...]
    at: int
    ended: bool
    cut: int | None


class _Head(msgspec.Struct, frozen=True, array_like=True):
    reader: bytes
    community: bytes


_Row = tuple[int, int, int, bytes | None, Body]  # number of its log, seq, time, the entry it answers, body
_ROWS: Final = {
    kind: msgspec.msgpack.Decoder(list[tuple[int, int, int, bytes | None, body]])  # type: ignore[valid-type]
    for kind, body in KINDS.items()
}
_encode = msgspec.msgpack.Encoder().encode


def _reader() -> bytes:
    """A hash of how this version reads entries. Another version may understand a kind, or judge by a rule, that this
    one does not; then its Book differs, and must be worked out from the entries."""
    kinds = [(kind, body.__name__, body.__struct_fields__) for kind, body in sorted(KINDS.items())]
    return blake2b(SNAPSHOT, repr((__version__, kinds)).encode())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A Book at one moment; it does not change when the Book does. `entries` is how many it has read."""

    community: CommunityId
    entries: int
    logs: tuple[_Log, ...]
    records: tuple[Record, ...]
    forks: tuple[ForkProof, ...]
    revocations: tuple[Revocation, ...]

    def parts(self) -> Iterator[bytes]:
        """The bytes, piece by piece, so that whoever writes them from a thread keeps no other thread waiting."""
        started = STARTED[SNAPSHOT].copy()
        for part in self._parts():
            started.update(part)
            yield part
        yield started.digest()

    def _parts(self) -> Iterator[bytes]:
        yield MAGIC
        yield _framed(_HEAD, _Head(_reader(), self.community))
        yield _framed(_LOGS, self.logs)
        yield _framed(_FORKS, [(proof.device, proof.seq, proof.data) for proof in self.forks])
        yield _framed(
            _REVOCATIONS, [(said.member, said.device, said.kept, said.data, said.key) for said in self.revocations]
        )
        rows: dict[type[Body], list[_Row]] = {body: [] for body in NUMBER}
        numbers = {log.device: number for number, log in enumerate(self.logs)}
        for each in self.records:
            full = rows[type(each.body)]
            full.append((numbers[each.device], each.seq, each.at, each.ref, each.body))
            if len(full) >= ROWS_AT_ONCE:
                yield _framed(NUMBER[type(each.body)], full)
                full.clear()
        for body, left in rows.items():
            if left:
                yield _framed(NUMBER[body], left)


def _framed(kind: int, value: Any) -> bytes:
    packed = _encode(value)
    return _FRAME.pack(kind, len(packed)) + packed


def take(book: Book) -> Snapshot:
    """The Book as it is now. Quick: what is copied is references and ids."""
    return Snapshot(
        book.community,
        book.entries(),
        tuple(
            _Log(device, log.ids.packed(), log.range.peaks, log.at, log.ended, log.cut)
            for device, log in book.logs.items()
        ),
        (*book.records.values(), *book.unheard.values()),
        tuple(book.forks.values()),
        tuple(said for of_device in book.revocations.values() for said in of_device.values()),
    )


def open_snapshot(data: bytes, community: CommunityId) -> Book:
    """The Book that was kept. Raises `Rejected` when these bytes are not a whole snapshot of this community, written
    by a program that reads entries as this one does."""
    body, kept_sum = data[:-HASH_BYTES], data[-HASH_BYTES:]
    if body[: len(MAGIC)] != MAGIC:
        raise Rejected("not a snapshot of this format")
    if blake2b(SNAPSHOT, body) != kept_sum:
        raise Rejected("the snapshot is damaged: its sum is wrong")
    try:
        return _book(_frames(body), community)
    except (msgspec.DecodeError, struct.error, ValueError, LookupError, AttributeError, TypeError) as why:
        raise Rejected(f"not a snapshot: {why}") from None


def _frames(body: bytes) -> Iterator[tuple[int, memoryview]]:
    view, place = memoryview(body), len(MAGIC)
    while place < len(body):
        kind, length = _FRAME.unpack_from(body, place)
        place += _FRAME.size + length
        yield kind, view[place - length : place]


def _book(frames: Iterator[tuple[int, memoryview]], community: CommunityId) -> Book:
    kind, packed = next(frames, (_HEAD, memoryview(b"")))
    head = msgspec.msgpack.decode(packed, type=_Head)
    if kind != _HEAD or head.community != community:
        raise Rejected("a snapshot of another community")
    if head.reader != _reader():
        raise Rejected("a snapshot by another version")
    logs: list[_Log] = []
    proofs: list[Proof] = []
    rows: list[_Row] = []
    for kind, packed in frames:
        if kind == _LOGS:
            logs = msgspec.msgpack.decode(packed, type=list[_Log])
        elif kind == _FORKS:
            for device, seq, data in msgspec.msgpack.decode(packed, type=list[tuple[bytes, int, bytes]]):
                proofs.append(ForkProof(community, DeviceId(device), seq, data))
        elif kind == _REVOCATIONS:
            for member, device, kept, data, key in msgspec.msgpack.decode(
                packed, type=list[tuple[bytes, bytes, int, bytes, bytes]]
            ):
                proofs.append(Revocation(community, MemberId(member), DeviceId(device), kept, data, key))
        elif kind in _ROWS:
            rows += _ROWS[kind].decode(packed)
        else:
            raise Rejected(f"a snapshot with a part {kind}")
    book = Book(community)
    book.resume((_log(each) for each in logs), _records(logs, rows), proofs)
    return book


def _log(kept: _Log) -> Log:
    log = Log(DeviceId(kept.device))
    range_ = mmr.Range.from_peaks(len(kept.ids) // 32, kept.peaks)
    log.ids = Past(bytearray(kept.ids), range_, Millis(kept.at), ended=kept.ended)
    log.cut = kept.cut
    return log


def _records(logs: list[_Log], rows: list[_Row]) -> Iterable[Record]:
    """Log by log, each in its own order: a certificate first, which says whose log it is."""
    rows.sort(key=lambda row: row[:2])
    before, device, ids, member = -1, DeviceId(b""), b"", MemberId(b"")
    for number, seq, at, ref, body in rows:
        if number != before:
            before, device, ids = number, DeviceId(logs[number].device), logs[number].ids
            member = body.member  # type: ignore[attr-defined]
        id_ = EntryId(ids[32 * seq : 32 * seq + 32])
        yield Record(id_, device, seq, Millis(at), member, EntryId(ref) if ref else None, body)
