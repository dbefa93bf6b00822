"""Members, devices and what they say: plain builders, so that a test shows only what it is about.

A `Device` signs whatever it is told, also what no honest node would sign; the code under test has to cope.
"""

import copy
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from ruil.crypto.keys import SigningKey
from ruil.protocol import charters, invitations, members
from ruil.protocol.bodies import Admit, Body, Commitment, Enter, Join, Listing, Seat
from ruil.protocol.book import Book
from ruil.protocol.charters import Charter
from ruil.protocol.entry import Entry, seal, seal_bytes
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId, Millis, Position, Reference, position
from ruil.protocol.invitations import Invitation
from ruil.protocol.limits import DAY
from ruil.protocol.log import Log

T0 = Millis(1_767_225_600_000)  # 2026-01-01
SALT = bytes(range(16))


def key(name: str) -> SigningKey:
    """The key of a name: always the same one."""
    return SigningKey.from_seed(blake2b(name.encode(), digest_size=32).digest())


def later(ms: int) -> Millis:
    """So many ms after the beginning of all tests."""
    return Millis(T0 + ms)


def name_of(entry: Entry) -> Reference:
    """How another entry names this one."""
    return Reference(entry.device, entry.seq, entry.id)


@dataclass
class Device:
    """A key with a log of its own that says what it is told."""

    key: SigningKey
    owner: SigningKey
    community: CommunityId
    log: Log
    entries: list[Entry] = field(default_factory=list)

    @property
    def id(self) -> DeviceId:
        return DeviceId(self.key.public)

    @property
    def member(self) -> MemberId:
        return MemberId(self.owner.public)

    def sign(self, body: Body, about: Entry | None = None, *, at: Millis | None = None, end: bool = False) -> Entry:
        """What would be this device's next entry. It is not in the log yet."""
        return seal(
            self.key,
            self.community,
            body,
            seq=self.log.size,
            at=at if at is not None else Millis(max(self.log.at, T0)),
            root=self.log.range.root(),
            salt=SALT,
            reference=name_of(about) if about else None,
            end=end,
        )

    def sign_bytes(self, kind: int, payload: bytes, *, at: Millis | None = None) -> Entry:
        """As `sign`, with a payload no body of this version would give."""
        return seal_bytes(
            self.key,
            self.community,
            kind,
            payload,
            seq=self.log.size,
            at=at if at is not None else Millis(max(self.log.at, T0)),
            root=self.log.range.root(),
            salt=SALT,
        )

    def take(self, entry: Entry) -> Entry:
        """Let a signed entry stand as the next one."""
        self.log.append(entry)
        self.entries.append(entry)
        return entry

    def say(self, body: Body, about: Entry | None = None, *, at: Millis | None = None, end: bool = False) -> Entry:
        """Sign, and let it stand."""
        return self.take(self.sign(body, about, at=at, end=end))

    def twin(self) -> "Device":
        """The same key with the same past: what a copied data directory is, and how forks come about."""
        return copy.deepcopy(self)


class Village:
    """A community and the keys of its people. The founder's first device exists from the beginning."""

    def __init__(
        self,
        founder: str = "anna",
        *,
        credit_limit: int = 600,
        invites: Literal["members", "founder"] = "members",
        unit: str = "hours",
        limit: Literal["fixed", "earned"] = "fixed",
    ) -> None:
        owner = key(f"member {founder}")
        charter = Charter(
            "Elm Street",
            MemberId(owner.public),
            T0,
            bytes(16),
            unit,
            credit_limit=credit_limit,
            invites=invites,
            limit=limit,
        )
        self.community, founding = charters.found(owner, charter)
        self._invitations = 0
        self.founder = self.device(founder)
        self.founder.say(founding)

    def device(self, member: str, name: str = "desktop", *, at: Millis = T0) -> Device:
        """A device of a member, certified and nothing more."""
        owner, own = key(f"member {member}"), key(f"device {member} {name}")
        made = Device(own, owner, self.community, Log(DeviceId(own.public)))
        made.say(members.certify(owner, made.id, name, at), at=at)
        return made

    def invitation(self, host: Device, *, expires: Millis | None = None) -> Invitation:
        """A new invitation by a device."""
        self._invitations += 1
        until = (expires if expires is not None else later(7 * DAY)) // 1000
        return invitations.invite(host.key, self.community, self._invitations.to_bytes(16, "big"), until)

    def enters(self, host: Device, member: str, *, invitation: Invitation | None = None, at: Millis = T0) -> Device:
        """A newcomer who holds an invitation by `host` and was not let in yet."""
        guest = self.device(member, at=at)
        guest.say(invitations.enter(guest.owner, guest.id, invitation or self.invitation(host)), at=at)
        return guest

    def joins(self, host: Device, member: str, *, at: Millis = T0) -> Device:
        """A newcomer whom `host` has let in."""
        guest = self.enters(host, member, at=at)
        admits(host, guest)
        return guest

    def book(self, *devices: Device) -> Book:
        """A Book that has read these logs, one after the other."""
        return read(Book(self.community), *(entry for device in devices for entry in device.entries))


def admits(host: Device, guest: Device) -> Entry:
    """The host lets in the newcomer whose second entry is an entrance."""
    entrance = guest.entries[1]
    assert isinstance(entrance.body, Enter)
    return host.say(Admit(entrance.body.token), entrance)


def read(book: Book, *entries: Entry) -> Book:
    """The book, after these entries."""
    for entry in entries:
        book.apply(entry)
    return book


def at(entry: Entry) -> Position:
    """Where an entry stands."""
    return position(entry.device, entry.seq)


def seat(who: Device, join: Entry, *votes: Entry) -> Seat:
    """A seat in a close, for what somebody joined with."""
    assert isinstance(join.body, Join)
    return Seat(at(join), who.member, join.body.slot, join.body.quantity, tuple(at(vote) for vote in votes))


def bread(
    giver: Device, taker: Device, quantity: int = 2, *, due: int = T0 + 3 * DAY, listing: Entry | None = None
) -> Commitment:
    """A promise of loaves."""
    about = EntryId(listing.id) if listing else None
    return Commitment(giver.member, taker.member, "transfer", "bread", quantity, "loaf", due, listing=about)


def pays(giver: Device, taker: Device, amount: int, *, due: int = T0 + 3 * DAY) -> Commitment:
    """A promise of the community's credit."""
    return Commitment(giver.member, taker.member, "transfer", "credit", amount, "credit", due)


def loaves(quantity: int = 4, *, ends: int = T0 + 7 * DAY, role: Literal["offer", "need"] = "offer") -> Listing:
    """An offer (or need) of bread."""
    return Listing(role, "bread", "Sourdough loaf", quantity, "loaf", ends)


def parties(*devices: Device) -> tuple[MemberId, ...]:
    """The members behind these devices, as a proposal lists them."""
    return tuple(sorted({device.member for device in devices}))
