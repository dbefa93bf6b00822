"""Members, devices, communities: who may speak for whom, and who let them in.

A community is its charter: the hash of the charter's bytes is the community's id. A member enters with a one-use
invitation, which is complete in itself, so entering works offline; until the inviter's log holds the `Admit`, a
newcomer is provisional. A member is a key; their devices are logs whose entry 0 the member key has signed.
Spec: docs/spec/members.md. Vectors: tests/vectors/members/.
"""

import base64
import functools
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

import msgspec

from ruil.crypto import keys
from ruil.crypto.contexts import (
    CHARTER,
    SIGN_CERTIFICATE,
    SIGN_CHARTER,
    SIGN_ENTRANCE,
    SIGN_INVITATION,
    TOKEN,
)
from ruil.crypto.hashes import blake2b
from ruil.crypto.keys import SigningKey
from ruil.protocol import codec, organisations
from ruil.protocol.bodies import NUMBER, Admit, Certificate, Enter, Found, Profile
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import CREDIT_LIMIT_MAX, INVITATION_CHARS_MAX, NAME_CHARS_MAX, UNIT_CHARS_MAX
from ruil.protocol.memo import Memo
from ruil.protocol.organisations import Holding
from ruil.protocol.record import Record

# A pure function, remembered: a simulation reads one certificate in every member's Book, in a community of n that is
# n² signatures. Bounded, so that a stranger's certificates fill nothing but this.
verify = functools.lru_cache(maxsize=8_192)(keys.verify)

# Charters ----------------------------------------

NO_UNIT: Final = "none"


class Charter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a community agreed on when it began. `credit_limit` is how far below zero a balance may go, in the smallest
    part of the unit; there are `parts` of them in one `unit` (an hour has 60). Unit `none`: no credit at all. With
    `limit` earned, what others paid one lets it go further (exposure.py)."""

    name: str
    founder: MemberId
    founded_at: int
    nonce: bytes
    unit: str = "hours"
    parts: int = 60
    credit_limit: int = 600
    invites: Literal["members", "founder"] = "members"
    limit: Literal["fixed", "earned"] = "fixed"
    earned_percent: int = 50
    earned_most: int = 3_000

    @property
    def has_credit(self) -> bool:
        """Whether there is a unit to pay in at all: a community may do without."""
        return self.unit != NO_UNIT

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= NAME_CHARS_MAX:
            raise Refused(f"a community's name has between 1 and {NAME_CHARS_MAX} characters")
        if not 1 <= len(self.unit) <= UNIT_CHARS_MAX:
            raise Refused(f"a community's unit has between 1 and {UNIT_CHARS_MAX} characters")
        if not 0 <= self.credit_limit <= CREDIT_LIMIT_MAX:
            raise Refused(f"a credit limit is between 0 and {CREDIT_LIMIT_MAX}")
        if not (0 <= self.earned_percent <= 100 and 0 <= self.earned_most <= CREDIT_LIMIT_MAX):
            raise Refused(f"of what was earned 0 to 100 percent count, and at most {CREDIT_LIMIT_MAX}")
        if not 1 <= self.parts <= 10_000:
            raise Refused("one unit has between 1 and 10000 parts")
        if len(self.founder) != 32 or len(self.nonce) != 16:
            raise Refused("a charter names its founder by 32 bytes and has a nonce of 16")


def charter_bytes(charter: Charter) -> bytes:
    """The canonical bytes that are signed and hashed."""
    return codec.encode(msgspec.to_builtins(charter, builtin_types=(bytes,)))


def charter_id(data: bytes) -> CommunityId:
    """The community a charter founds."""
    return CommunityId(blake2b(CHARTER, data))


def open_charter(data: bytes) -> Charter:
    """The charter in these bytes. Raises `Rejected`."""
    try:
        return msgspec.convert(codec.decode(data), Charter, builtin_types=(bytes,))
    except msgspec.ValidationError as why:
        raise Rejected(f"not a charter: {why}") from None


def found(member: SigningKey, charter: Charter) -> tuple[CommunityId, Found]:
    """The community a charter founds, and the founder's entry 1 in it."""
    data = charter_bytes(charter)
    return charter_id(data), Found(data, member.sign(SIGN_CHARTER, data))


# Certificates ----------------------------------------


def _certified(device: DeviceId, name: str, valid_from: int) -> bytes:
    return device + struct.pack(">Q", valid_from) + name.encode()


def certify(member: SigningKey, device: DeviceId, name: str, valid_from: Millis) -> Certificate:
    """The member's word that `device` speaks for them from `valid_from` on."""
    signature = member.sign(SIGN_CERTIFICATE, _certified(device, name, valid_from))
    return Certificate(MemberId(member.public), name, valid_from, signature)


def check_certificate(community: CommunityId, device: DeviceId, said: Certificate) -> None:
    """What must hold for the certificate a device's log begins with. Raises `Rejected`."""
    if said.holder is not None:
        organisations.check_certificate(community, device, said)
    elif not verify(
        said.member, SIGN_CERTIFICATE, _certified(device, said.device_name, said.valid_from), said.signature
    ):
        raise Rejected("the device's certificate is not signed by the member it names")


# Invitations ----------------------------------------

_INVITATION: Final = struct.Struct(">B32s32s16sI64s")
_INVITATION_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Invitation:
    """A one-use token: whoever holds it may enter until `expires` (Unix seconds). Where the inviter was reached last
    stands beside it in the text, unsigned: an address only helps to find the device, whose key the link proves."""

    community: CommunityId
    inviter: DeviceId
    seed: bytes
    expires: int
    signature: bytes
    addresses: tuple[str, ...] = ()

    @property
    def token(self) -> SigningKey:
        """The key that only a holder of the invitation has."""
        return SigningKey.from_seed(blake2b(TOKEN, self.seed))

    @property
    def text(self) -> str:
        """As it is handed over: base32, then the addresses after an @."""
        packed = _INVITATION.pack(
            _INVITATION_VERSION, self.community, self.inviter, self.seed, self.expires, self.signature
        )
        token = base64.b32encode(packed).decode().rstrip("=").lower()
        assert len(token) <= INVITATION_CHARS_MAX
        return "@".join((token, ",".join(self.addresses))) if self.addresses else token


def _invited(community: CommunityId, token: bytes, expires: int) -> bytes:
    return community + token + struct.pack(">Q", expires)


def invite(
    device: SigningKey, community: CommunityId, seed: bytes, expires: int, addresses: Iterable[str] = ()
) -> Invitation:
    """A new invitation by the device of this key. `seed` is 16 secret bytes, never used twice."""
    token = SigningKey.from_seed(blake2b(TOKEN, seed)).public
    signature = device.sign(SIGN_INVITATION, _invited(community, token, expires))
    return Invitation(community, DeviceId(device.public), seed, expires, signature, tuple(addresses))


def open_invitation(text: str) -> Invitation:
    """The invitation somebody typed or pasted. Raises `Refused` when it is damaged or not one."""
    token, _, places = "".join(text.split()).partition("@")
    try:
        packed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
        version, community, inviter, seed, expires, signature = _INVITATION.unpack(packed)
    except (ValueError, struct.error):
        raise Refused("this is not an invitation: a part is missing, or a letter is wrong. Copy all of it.") from None
    if version != _INVITATION_VERSION:
        raise Refused(f"this invitation is of version {version}, which this ruil does not know: update ruil")
    made = Invitation(community, inviter, seed, expires, signature, tuple(part for part in places.split(",") if part))
    if not verify(inviter, SIGN_INVITATION, _invited(community, made.token.public, expires), signature):
        raise Refused("this invitation is damaged: its signature does not fit. Copy all of it again.")
    return made


def enter(member: SigningKey, device: DeviceId, invitation: Invitation) -> Enter:
    """The newcomer's entry 1. The token's key signs who uses it, so a neighbour who sees it can not use it too."""
    token = invitation.token
    proof = token.sign(SIGN_ENTRANCE, member.public + device)
    return Enter(invitation.inviter, token.public, invitation.expires, invitation.signature, proof)


# Rules that need the entry, but no other log ----------------------------------------


_CHECKED: Final = frozenset((Certificate, Found, Enter))


def check(entry: Entry, member: MemberId | None) -> None:
    """What must hold for an entry of this file's kinds, given whose log it stands in (None: this is its first entry).
    Raises `Rejected`."""
    body = entry.body
    if entry.seq and body.__class__ not in _CHECKED:
        return
    if (entry.seq == 0) != isinstance(body, Certificate):
        raise Rejected("a log begins with its device's certificate, and holds no other")
    if isinstance(body, Certificate):
        check_certificate(entry.community, entry.device, body)
    elif isinstance(body, Found):
        charter = open_charter(body.charter)
        if charter_id(body.charter) != entry.community:
            raise Rejected("this charter founds another community")
        if charter.founder != member or not verify(charter.founder, SIGN_CHARTER, body.charter, body.signature):
            raise Rejected("the charter is not signed by the founder it names")
    elif isinstance(body, Enter):
        invited = _invited(entry.community, body.token, body.expires)
        if not verify(body.inviter, SIGN_INVITATION, invited, body.invitation):
            raise Rejected("the invitation is not by the device it names, or for another community")
        if entry.at > body.expires * 1000:
            raise Rejected("the invitation had expired when it was used")
        if member is None or not verify(body.token, SIGN_ENTRANCE, member + entry.device, body.proof):
            raise Rejected("the invitation was not held by who used it")


# The facts ----------------------------------------


class Standing(Enum):
    """How far somebody belongs."""

    FOUNDER = "founder"
    ADMITTED = "member"
    PROVISIONAL = "provisional"  # holds an invitation, not yet let in
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Member:
    """One person: their devices, how they are shown, how they came in."""

    id: MemberId
    devices: Mapping[DeviceId, str]
    said: Record | None = None  # the profile that counts
    standing: Standing = Standing.UNKNOWN
    inviter: MemberId | None = None
    since: Millis | None = None  # when they were let in
    organisation: bool = False  # several people may act for it; once so, always

    @property
    def profile(self) -> Profile | None:
        """How they want to be shown: the latest they said, on whatever device."""
        return self.said.body if self.said is not None and isinstance(self.said.body, Profile) else None

    @property
    def profile_at(self) -> tuple[int, bytes]:
        """Orders profiles; below every other while there is none."""
        return (self.said.at, self.said.id) if self.said is not None else (-1, b"")


class Members:
    """All members, from the records of all logs in any order."""

    def __init__(
        self, community: CommunityId, devices: Memo[tuple[DeviceId, str], Mapping[DeviceId, str]] | None = None
    ) -> None:
        self.community = community
        self._only = devices  # most members have one device: Books that share this share the map of it
        self.charter: Charter | None = None
        self.of_device: dict[DeviceId, MemberId] = {}
        self.holdings: dict[DeviceId, Holding] = {}  # of devices that somebody holds for an organisation
        self._members: dict[MemberId, Member] = {}
        self._entrances: dict[EntryId, Record] = {}
        self._admits: dict[tuple[DeviceId, bytes], Record] = {}
        self._stale = False

    def certify(self, device: DeviceId, certificate: Certificate) -> None:
        """A device's log begins: it speaks for this member."""
        self.of_device[device] = certificate.member
        member = self._members.get(certificate.member)
        if member is None:
            devices: Mapping[DeviceId, str] = {device: certificate.device_name}
            if self._only is not None:
                only = (device, certificate.device_name)
                devices = self._only.get(only) or self._only.keep(only, devices)
            self._members[certificate.member] = Member(certificate.member, devices)
        else:
            member.devices = {**member.devices, device: certificate.device_name}
        if certificate.holder is not None and certificate.role is not None:
            self.holdings[device] = Holding(
                certificate.member, device, certificate.holder, certificate.role, certificate.device_name
            )
            self._members[certificate.member].organisation = True
        self._stale = True

    def add(self, record: Record) -> None:
        """Take in a record of one of this file's kinds."""
        body = record.body
        if isinstance(body, Found):
            self.charter = open_charter(body.charter)
        elif isinstance(body, Enter):
            self._entrances[record.id] = record
        elif isinstance(body, Admit):
            first = self._admits.get((record.device, body.token))
            if first is None or record.seq < first.seq:
                self._admits[record.device, body.token] = record
        elif isinstance(body, Profile):
            member = self._members[record.member]
            member.organisation = member.organisation or body.organisation
            if (record.at, record.id) > member.profile_at:
                member.said = record
            return
        self._stale = True

    def all(self) -> dict[MemberId, Member]:
        """Every member a certificate names, with their standing worked out."""
        if self._stale:
            self._work_out()
        return self._members

    def get(self, member: MemberId) -> Member | None:
        return self.all().get(member)

    def since(self, member: MemberId) -> Millis | None:
        """When a member was let in; None for who was not."""
        known = self.all().get(member)
        return known.since if known is not None else None

    def name(self, member: MemberId) -> str:
        """How a member is shown: their own word for it, or the start of their id."""
        known = self._members.get(member)
        return known.profile.name if known and known.profile else member.hex()[:8]

    def who(self, device: DeviceId) -> str:
        """Who speaks through a device: the member's name, and of an organisation the person and their role."""
        holding = self.holdings.get(device)
        name = self.name(self.of_device[device])
        return f"{name} ({self.name(holding.holder)}, {holding.role})" if holding is not None else name

    def people(self, organisation: MemberId) -> list[Holding]:
        """Who has held a device for an organisation, in the order of persons and devices."""
        mine = (each for each in self.holdings.values() if each.member == organisation)
        return sorted(mine, key=lambda each: (each.holder, each.device))

    def kin(self) -> frozenset[tuple[MemberId, MemberId]]:
        """Organisations and who acts or acted for them: (organisation, person)."""
        return frozenset((each.member, each.holder) for each in self.holdings.values())

    def entrance_used(self, inviter: DeviceId, token: bytes) -> bool:
        """Whether the inviter's log holds an `Admit` for this token already."""
        return (inviter, token) in self._admits

    def entrances(self) -> Iterable[Record]:
        """Every `Enter` read so far."""
        return self._entrances.values()

    def _work_out(self) -> None:
        """Walk from the founder along invitations. A provisional member's invitations let nobody further in."""
        for member in self._members.values():
            member.standing, member.inviter, member.since = Standing.UNKNOWN, None, None
        waiting = sorted(self._entrances.values(), key=lambda record: (record.at, record.device, record.seq))
        belongs: list[MemberId] = []
        if self.charter and (founder := self._members.get(self.charter.founder)):
            founder.standing, founder.since = Standing.FOUNDER, Millis(self.charter.founded_at)
            belongs.append(founder.id)
        invited_by: dict[MemberId, list[Record]] = {}
        for record in waiting:
            assert isinstance(record.body, Enter)
            host = self.of_device.get(record.body.inviter)
            held = self.holdings.get(record.body.inviter)
            if host is not None and (held is None or organisations.may(held.role, NUMBER[Admit])):
                invited_by.setdefault(host, []).append(record)
        for host in belongs:
            if self.charter and self.charter.invites == "founder" and host != self.charter.founder:
                continue
            for record in invited_by.get(host, []):
                assert isinstance(record.body, Enter)
                guest = self._members[record.member]
                if guest.standing in (Standing.FOUNDER, Standing.ADMITTED):
                    continue
                admit = self._admits.get((record.body.inviter, record.body.token))
                let_in = admit is not None and admit.ref == record.id
                if admit is not None and not let_in:
                    continue  # the invitation was used up by somebody else
                guest.inviter = host
                guest.standing = Standing.ADMITTED if let_in else Standing.PROVISIONAL
                if admit is not None:
                    guest.since = admit.at
                    belongs.append(guest.id)
        self._stale = False
