"""A peer book: where the devices of members can be dialled, by their own signed word, passed on between neighbours.

    record = MessagePack map: addresses, at, community, device, near, relays, until, version ‖ signature (64)

A record says where to knock and nothing else: who answers there is proved by the link. It is no entry: the latest
counts, and none is kept for ever. What is on a home's own network goes to neighbours on such a network only.
Spec: docs/spec/peerbook.md. Vectors: tests/vectors/peerbook/.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ruil.crypto.contexts import SIGN_RECORD
from ruil.crypto.keys import SigningKey, verify
from ruil.protocol import codec
from ruil.protocol.book import Book
from ruil.protocol.errors import Rejected
from ruil.protocol.events import Blame, Effect, Placed, Send, Tell, Wake
from ruil.protocol.ids import CommunityId, DeviceId, MemberId, NeighbourId
from ruil.protocol.limits import (
    ADDRESS_CHARS_MAX,
    ADDRESSES_MAX,
    FUTURE_MS_MAX,
    MINUTE,
    RECORD_BYTES_MAX,
    RECORD_EVERY_MS,
    RECORD_MS,
    RECORD_MS_MAX,
    RECORDS_CHECKED_MAX,
    RECORDS_GREETED,
    RECORDS_KEPT_MAX,
    RECORDS_MAX,
    RECORDS_OF_MEMBER_MAX,
    RECORDS_STRANGE_MAX,
)
from ruil.protocol.members import Standing
from ruil.protocol.wire import Peers

PLACE: Final = "place"  # the reason for which a peer asks to be woken
VERSION: Final = 1
_FIELDS: Final = frozenset({"addresses", "at", "community", "device", "near", "relays", "until", "version"})


@dataclass(frozen=True, slots=True)
class PeerRecord:
    """Where `device` is dialled from `at` until `until`, it says. `near`: on its own network; `relays`: it passes
    others on. `data` is what is kept and passed on."""

    device: DeviceId
    addresses: tuple[str, ...]
    near: bool
    relays: bool
    at: int
    until: int
    data: bytes


def seal_record(
    key: SigningKey,
    community: CommunityId,
    addresses: Iterable[str],
    at: int,
    *,
    near: bool = False,
    relays: bool = False,
    until: int | None = None,
) -> PeerRecord:
    """A record by the device of this key. What is more than fits of its addresses is left out."""
    said = tuple(each for each in addresses if _is_address(each))[:ADDRESSES_MAX]
    end = at + RECORD_MS if until is None else until
    payload = codec.encode(
        {
            "addresses": said,
            "at": at,
            "community": community,
            "device": key.public,
            "near": near,
            "relays": relays,
            "until": end,
            "version": VERSION,
        }
    )
    data = payload + key.sign(SIGN_RECORD, payload)
    return PeerRecord(DeviceId(key.public), said, near, relays, at, end, data)


def open_record(data: bytes, community: CommunityId) -> PeerRecord:
    """The record in these bytes. Raises `Rejected` for any that its device did not sign, or that says what none may."""
    made = read_record(data, community)
    if not verify(made.device, SIGN_RECORD, data[:-64], data[-64:]):
        raise Rejected("the record is not signed by the device it names")
    return made


def read_record(data: bytes, community: CommunityId) -> PeerRecord:
    """As `open_record`, before the signature is looked at."""
    if len(data) > RECORD_BYTES_MAX:
        raise Rejected(f"record of {len(data)} bytes; at most {RECORD_BYTES_MAX}")
    said = codec.decode(data[:-64])
    if not isinstance(said, dict) or said.get("version") != VERSION:
        raise Rejected("not a record of version 1")
    if said.keys() != _FIELDS:
        raise Rejected("a record has other fields than it should have")
    if said["community"] != community:
        raise Rejected("a record of another community")
    device, addresses, at, until = said["device"], said["addresses"], said["at"], said["until"]
    if not isinstance(device, bytes) or len(device) != 32:
        raise Rejected("a record names its device by 32 bytes")
    if type(said["near"]) is not bool or type(said["relays"]) is not bool:
        raise Rejected("near and relays are yes or no")
    if type(at) is not int or type(until) is not int or not 0 <= at < until <= at + RECORD_MS_MAX:
        raise Rejected(f"a record holds from its time on, for at most {RECORD_MS_MAX} ms")
    if not isinstance(addresses, list) or len(addresses) > ADDRESSES_MAX or not all(map(_is_address, addresses)):
        raise Rejected(
            f"a record has at most {ADDRESSES_MAX} addresses of at most {ADDRESS_CHARS_MAX} plain characters"
        )
    return PeerRecord(DeviceId(device), tuple(addresses), said["near"], said["relays"], at, until, data)


def _is_address(text: object) -> bool:
    """Whether it may stand in a record. What it means only who dials knows."""
    return isinstance(text, str) and 0 < len(text) <= ADDRESS_CHARS_MAX and text.isascii() and text.isprintable()


_Place = tuple[DeviceId, bool]


@dataclass(slots=True)
class _Neighbour:
    near: bool
    checked: int = 0  # signatures looked at for them in the minute that began at
    since: int = 0


@dataclass(slots=True)
class _Own:
    """What we say of ourselves on one kind of network."""

    addresses: tuple[str, ...] = ()
    relays: bool = False
    sealed: PeerRecord | None = field(default=None)


class PeerBook:
    """The records one device holds, its own among them."""

    def __init__(self, book: Book, key: SigningKey) -> None:
        self._book = book
        self._key = key
        self._me = DeviceId(key.public)
        self._records: dict[_Place, PeerRecord] = {}  # the latest of each; oldest come first
        self._strange: dict[_Place, PeerRecord] = {}  # of devices we have not read of yet, as a newcomer of nobody
        self._of_member: dict[MemberId, dict[_Place, None]] = {}
        self._readers: dict[NeighbourId, _Neighbour] = {}
        self._own = {False: _Own(), True: _Own()}

    def records(self, now: int) -> list[PeerRecord]:
        """Every record that holds now, of devices that speak for members; ours too."""
        for place in [each for each in self._strange if each[0] in self._book.members.of_device]:
            waited, known = self._strange.pop(place), self._records.get(place)
            if known is None or known.at < waited.at:  # a later one may have come since their log did
                self._keep(waited)
        return [each for each in self._records.values() if each.until > now and self._member(each.device) is not None]

    # Neighbours ----------------------------------------

    def greet(self, neighbour: NeighbourId, now: int, *, near: bool) -> list[Effect]:
        """A neighbour that may read: ours, and the newest of others, so that a newcomer knows whom to try."""
        self._readers[neighbour] = _Neighbour(near)
        fitting = [each for each in self.records(now) if near or not each.near]
        own = [each for each in fitting if each.device == self._me]
        others = [each for each in fitting if each.device not in (self._me, neighbour)][-RECORDS_GREETED:]
        return list(_frames(neighbour, [*own, *others]))

    def leave(self, neighbour: NeighbourId) -> None:
        """The link is down."""
        self._readers.pop(neighbour, None)

    def told(self, neighbour: NeighbourId, records: Iterable[bytes], now: int) -> list[Effect]:
        """Records from a neighbour that may read: those that are news go on to all others."""
        whose = self._readers.get(neighbour)
        if whose is None:
            return []
        if now >= whose.since + MINUTE:
            whose.since, whose.checked = now, 0
        news: list[PeerRecord] = []
        effects: list[Effect] = []
        for data in records:
            try:
                record = read_record(data, self._book.community)
                if not self._is_news(record, now) or (record.near and not whose.near):
                    continue
                if whose.checked >= RECORDS_CHECKED_MAX:
                    break  # they are told again at the next greeting
                whose.checked += 1
                record = open_record(data, self._book.community)
            except Rejected as why:
                effects.append(Blame(neighbour, str(why)))
                break
            if record.device in self._book.members.of_device:
                self._keep(record)
                news.append(record)
            else:
                self._strange[record.device, record.near] = record
                if len(self._strange) > RECORDS_STRANGE_MAX:
                    del self._strange[next(iter(self._strange))]
        return [*self._pass_on(news, neighbour), *effects]

    def remembered(self, records: Iterable[bytes], now: int) -> None:
        """Records of our own from the last run. What is not good any more is forgotten."""
        for data in records:
            try:
                record = open_record(data, self._book.community)
            except Rejected:
                continue
            if record.device not in self._book.members.of_device:
                continue
            if record.device == self._me:
                self._own[record.near] = _Own(record.addresses, record.relays, record)
                self._keep(record)
            elif self._is_news(record, now):
                self._keep(record)

    def _is_news(self, record: PeerRecord, now: int) -> bool:
        place = record.device, record.near
        known = self._records.get(place) or self._strange.get(place)
        if known is not None and record.at < known.at + RECORD_EVERY_MS:
            return False  # it was seen, or its device says so more often than anybody moves
        if record.device in self._book.members.of_device and self._member(record.device) is None:
            return False
        return record.device != self._me and record.until > now and record.at <= now + FUTURE_MS_MAX

    def _member(self, device: DeviceId) -> MemberId | None:
        """Who speaks through a device, if they belong here and it was not taken from them."""
        member = self._book.members.of_device.get(device)
        known = self._book.members.get(member) if member is not None else None
        log = self._book.logs.get(device)
        if (
            known is None
            or known.standing in (Standing.UNKNOWN, Standing.REMOVED)
            or log is None
            or log.cut is not None
            or self._book.successions.silenced(device)
        ):
            return None
        return member

    def _keep(self, record: PeerRecord) -> None:
        place = record.device, record.near
        self._forget(place)
        self._records[place] = record
        theirs = self._of_member.setdefault(self._book.members.of_device[record.device], {})
        theirs[place] = None
        if len(theirs) > RECORDS_OF_MEMBER_MAX:  # so that one member's devices do not crowd out all others'
            self._forget(next(iter(theirs)))
        if len(self._records) > RECORDS_KEPT_MAX:
            self._forget(next(iter(self._records)))

    def _forget(self, place: _Place) -> None:
        if self._records.pop(place, None) is not None:
            member = self._book.members.of_device.get(place[0])
            for theirs in [self._of_member.get(member, {})] if member is not None else self._of_member.values():
                theirs.pop(place, None)

    def _pass_on(self, news: list[PeerRecord], source: NeighbourId | None) -> Iterator[Effect]:
        for record in news:
            yield Tell("peer", record.device)
        for neighbour, known in self._readers.items():
            if neighbour != source:
                yield from _frames(neighbour, [each for each in news if known.near or not each.near])

    # Ourselves ----------------------------------------

    def placed(self, where: Placed, now: int) -> list[Effect]:
        """The driver says where we are dialled now."""
        for near, addresses in ((False, where.addresses), (True, where.near)):
            self._own[near].addresses = addresses[:ADDRESSES_MAX]
            self._own[near].relays = where.relays
        return self.again(now)

    def again(self, now: int) -> list[Effect]:
        """Sign what is not signed yet or will not hold much longer; ask to be woken for what has to wait."""
        if self._member(self._me) is None:
            return []
        news: list[PeerRecord] = []
        due: list[int] = []
        for near, own in self._own.items():
            last = own.sealed
            if last is None and not own.addresses:
                continue  # there is nothing to say, and nothing to take back
            if last is not None and last.at > now + FUTURE_MS_MAX:
                last = None  # our clock was wrong: nobody takes that word, nor waits for the next until then
            at = now if last is None else max(now, last.at + RECORD_EVERY_MS)
            changed = last is None or (own.addresses, own.relays) != (last.addresses, last.relays)
            if last is not None and not changed:
                at = max(now, last.at + (last.until - last.at) // 2)
            if at <= now:
                own.sealed = last = seal_record(
                    self._key, self._book.community, own.addresses, at, near=near, relays=own.relays
                )
                self._keep(last)
                news.append(last)
                at = at + RECORD_MS // 2
            due.append(at)
        effects = list(self._pass_on(news, None))
        return [*effects, Wake(min(due), PLACE)] if due else effects


def _frames(neighbour: NeighbourId, records: list[PeerRecord]) -> Iterator[Effect]:
    for start in range(0, len(records), RECORDS_MAX):
        yield Send(neighbour, Peers(tuple(each.data for each in records[start : start + RECORDS_MAX])))
