"""Members, devices, communities: who may speak for whom, and who let them in.

A member is a key; their devices are logs whose entry 0 the member key has signed. They enter with an invitation and
are provisional until the inviter's log holds the `Admit`; who belonged when follows from that and what was carried.
Spec: docs/spec/members.md. Vectors: tests/vectors/members/.
"""

import functools
import heapq
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from ruil.crypto import keys
from ruil.crypto.contexts import (
    SIGN_CERTIFICATE,
    SIGN_CHARTER,
)
from ruil.crypto.keys import SigningKey
from ruil.protocol import organisations, signers
from ruil.protocol.ballots import Around
from ruil.protocol.bodies import NUMBER, Admit, Certificate, Close, Enter, Found, Profile, Propose, Vote
from ruil.protocol.charters import Charter, charter_id, open_charter
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId, Millis
from ruil.protocol.invitations import check_entrance
from ruil.protocol.memo import Memo
from ruil.protocol.motions import Carried, Decisions, Moved, closes, concerned, share, why_not_carried
from ruil.protocol.organisations import Holding
from ruil.protocol.record import Record

# A pure function, remembered: a simulation reads one certificate in every member's Book, in a community of n that is
# n² signatures. Bounded, so that a stranger's certificates fill nothing but this.
verify = functools.lru_cache(maxsize=8_192)(keys.verify)

# Certificates ----------------------------------------


def _certified(device: DeviceId, name: str, valid_from: int) -> bytes:
    return device + struct.pack(">Q", valid_from) + name.encode()


def certify(
    key: SigningKey, device: DeviceId, name: str, valid_from: Millis, member: MemberId | None = None
) -> Certificate:
    """The member's word that `device` speaks for them from `valid_from` on. `member`: whose, if `key` took the place of
    theirs."""
    member = MemberId(key.public) if member is None else member
    signature = signers.sign(key, member, SIGN_CERTIFICATE, _certified(device, name, valid_from))
    return Certificate(member, name, valid_from, signature, by=signers.by_whom(key, member))


def check_certificate(community: CommunityId, device: DeviceId, said: Certificate) -> None:
    """What must hold for the certificate a device's log begins with. Raises `Rejected`."""
    if said.holder is not None:
        organisations.check_certificate(community, device, said)
    elif not signers.signed(
        said.member,
        said.by,
        SIGN_CERTIFICATE,
        _certified(device, said.device_name, said.valid_from),
        said.signature,
        verify,
    ):
        raise Rejected("the device's certificate is not signed by the member it names")


# Rules that need the entry, but no other log ----------------------------------------


CHECKED: Final = frozenset((Certificate, Found, Enter))


def check(entry: Entry, member: MemberId | None) -> None:
    """What must hold for an entry of this file's kinds, given whose log it stands in (None: this is its first entry).
    Raises `Rejected`."""
    body = entry.body
    if entry.seq and body.__class__ not in CHECKED:
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
        check_entrance(entry, body, member)


# The facts ----------------------------------------


class Standing(Enum):
    """How far somebody belongs."""

    FOUNDER = "founder"
    ADMITTED = "member"
    PROVISIONAL = "provisional"  # holds an invitation, not yet let in
    REMOVED = "removed"  # by a motion that was carried
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Member:
    """One person: their devices, how they are shown, how they came in."""

    id: MemberId
    devices: Mapping[DeviceId, str]
    said: Record | None = None  # the profile that counts
    standing: Standing = Standing.UNKNOWN
    inviter: MemberId | None = None
    since: Millis | None = None  # from when on they belong
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
    """All members, from the records of all logs in any order. `motions`: those that may have been carried. `lost`:
    whether a log was cut at an entry or before it. `revoked`: whether a device had been revoked by then.
    `called`: what our driver calls somebody until their own word for it is here; no fact."""

    def __init__(
        self,
        community: CommunityId,
        devices: Memo[tuple[DeviceId, str], Mapping[DeviceId, str]] | None = None,
        *,
        motions: Callable[[], Iterable[Moved]] = tuple,
        lost: Callable[[DeviceId, int], bool] = lambda _, __: False,
        revoked: Callable[[DeviceId, int], bool] = lambda _, __: False,
        called: Mapping[MemberId, str] = MappingProxyType({}),
    ) -> None:
        self.community = community
        self._called = called
        self._motions = motions
        self._lost = lost
        self._revoked = revoked
        self._founding: Charter | None = None
        self._decisions = Decisions()
        self._hosts: frozenset[MemberId] = frozenset()  # who invited anybody
        self._sinces: list[Millis] = []  # from when on each belongs who does, the first first
        self._verdicts: dict[EntryId, str] = {}  # of closes of motions: why each carried nothing; empty if it did
        self._only = devices  # most members have one device: Books that share this share the map of it
        self.of_device: dict[DeviceId, MemberId] = {}
        self.holdings: dict[DeviceId, Holding] = {}  # of devices that somebody holds for an organisation
        self._members: dict[MemberId, Member] = {}
        self._earlier: dict[MemberId, list[Record]] = {}  # profiles beside the one that counts
        self._entrances: dict[EntryId, Record] = {}
        self._inviters: set[bytes] = set()  # devices that entrances name
        self._admits: dict[tuple[DeviceId, bytes], Record] = {}
        self._stale = False  # what was carried has to be judged again
        self._unwalked = False  # who belongs has to be worked out again

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
            founding = self._founding
            self._unwalked = self._unwalked or (founding is not None and founding.founder == certificate.member)
        elif isinstance(member.devices, dict) and len(member.devices) > 1:  # nobody else's: only single ones are shared
            member.devices[device] = certificate.device_name
        else:
            member.devices = {**member.devices, device: certificate.device_name}
        if certificate.holder is not None and certificate.role is not None:
            self.holdings[device] = Holding(
                certificate.member, device, certificate.holder, certificate.role, certificate.device_name
            )
            self._members[certificate.member].organisation = True
        # One device more lets nobody in but whom it invited. To walk for each is what a crowd of devices would cost us.
        self._unwalked = self._unwalked or device in self._inviters

    def uncertify(self, device: DeviceId, certificate: Certificate) -> None:
        """A log is cut at its beginning: as if `certify` had never been called."""
        member = self._members[certificate.member]
        del self.of_device[device]
        self.holdings.pop(device, None)
        member.devices = {each: name for each, name in member.devices.items() if each != device}
        if member.devices:
            self._see_organisation(member)
        else:
            del self._members[member.id]
        self._unwalked = True

    def unsay(self, record: Record) -> None:
        """A profile is behind a cut: as if it had never been added."""
        member = self._members[record.member]
        left = [each for each in self._profiles(member) if each.id != record.id]  # what it said may be a gist by now
        member.said = max(left, key=lambda each: (each.at, each.id), default=None)
        self._earlier.pop(member.id, None)
        if len(left) > 1:
            self._earlier[member.id] = [each for each in left if each is not member.said]
        self._see_organisation(member)

    def _profiles(self, member: Member) -> list[Record]:
        return [*self._earlier.get(member.id, ()), *([member.said] if member.said is not None else ())]

    def _see_organisation(self, member: Member) -> None:
        says = any(isinstance(each.body, Profile) and each.body.organisation for each in self._profiles(member))
        member.organisation = says or any(each.member == member.id for each in self.holdings.values())

    def add(self, record: Record) -> None:
        """Take in a record of one of this file's kinds."""
        body = record.body
        if isinstance(body, Found):
            self._founding = open_charter(body.charter)
            self._stale = True
        elif isinstance(body, Enter):
            self._entrances[record.id] = record
            self._inviters.add(body.inviter)
        elif isinstance(body, Admit):
            first = self._admits.get((record.device, body.token))
            if first is None or record.seq < first.seq:
                self._admits[record.device, body.token] = record
        elif isinstance(body, Profile):
            member = self._members[record.member]
            member.organisation = member.organisation or body.organisation
            if (record.at, record.id) > member.profile_at:
                if member.said is not None:
                    self._earlier.setdefault(member.id, []).append(member.said)
                member.said = record
            else:
                self._earlier.setdefault(member.id, []).append(record)
            return
        self._unwalked = True

    def all(self) -> dict[MemberId, Member]:
        """Every member a certificate names, with their standing worked out."""
        if self._stale:
            self._work_out()
        elif self._unwalked:
            self._walk()
            self._show_removed()
        return self._members

    def get(self, member: MemberId) -> Member | None:
        return self.all().get(member)

    def moved(self) -> None:
        """Something may have been carried that was not, or the other way round: it is judged again."""
        self._stale = True

    @property
    def decisions(self) -> Decisions:
        """What the members carried."""
        self.all()
        return self._decisions

    @property
    def founded(self) -> bool:
        """Whether its founder's log has been read, so that there is a charter; who belongs is not worked out for it."""
        return self._founding is not None

    @property
    def charter(self) -> Charter | None:
        """The charter as it holds now; None while its founder's log has not been read."""
        return self.decisions.charter() if self._founding is not None else None

    def charter_at(self, at: int) -> Charter | None:
        """The charter as it held at a time."""
        return self.decisions.charter(at) if self._founding is not None else None

    def mediation_binds(self, at: int) -> bool:
        """Whether the charter of then lets a mediator's word bind."""
        self.all()
        return self._mediation_binds(at)

    def _mediation_binds(self, at: int) -> bool:
        charter = self._decisions.charter(at)
        return charter is not None and charter.mediation == "binding"

    def mediation(self, *, amended: bool) -> tuple[tuple[int, bool], ...]:
        """From when on it did, and when no more. Not `amended`: nothing was carried, so that nothing is worked out."""
        return (self.decisions if amended else Decisions(self._founding)).mediation()

    def belonged(self, member: MemberId, at: int) -> bool:
        """Whether a member had been let in by then, and had not been removed."""
        self.all()
        return self._belonged(member, at)

    def belongs(self, member: MemberId) -> bool:
        """Whether a member is let in, and not removed."""
        known = self.get(member)
        return known is not None and known.standing in (Standing.FOUNDER, Standing.ADMITTED)

    def removed(self, member: MemberId, at: int) -> bool:
        """Whether the members had removed somebody by then."""
        return self.decisions.removed(member, at)

    def needed(self, first: Record) -> int:
        """How many have to say yes to a motion."""
        self.all()
        return self._needed(first)

    def judged(self, close: EntryId) -> str | None:
        """Why a close carried nothing; empty if it carried its motion. None if it was not looked at."""
        self.all()
        return self._verdicts.get(close)

    def _belonged(self, member: MemberId, at: int) -> bool:
        return self._came_by(member, at) and not self._removed(member, at)

    def _came_by(self, member: MemberId, at: int) -> bool:
        known = self._members.get(member)
        return known is not None and known.since is not None and known.since <= at

    def _removed(self, member: MemberId, at: int) -> bool:
        return self._decisions.removed(member, at)

    def _needed(self, first: Record) -> int:
        charter, left_out = self._decisions.charter(first.at), concerned(first)
        people = bisect_right(self._sinces, first.at)
        people -= sum(
            self._came_by(each, first.at) and self._removed(each, first.at) for each in self._decisions.about()
        )
        people -= left_out is not None and self._belonged(left_out, first.at)
        return share(charter.decide_percent, people) if charter is not None else people + 1

    def name(self, member: MemberId) -> str:
        """How a member is shown: their own word for it, or the start of their id."""
        known = self._members.get(member)
        return known.profile.name if known and known.profile else self._called.get(member, member.hex()[:8])

    def who(self, device: DeviceId) -> str:
        """Who speaks through a device: the member's name, and of an organisation the person and their role."""
        holding = self.holdings.get(device)
        member = self.of_device.get(device)
        if member is None:
            return "nobody yet"  # its key does not count, or not yet (successions.py)
        name = self.name(member)
        return f"{name} ({self.name(holding.holder)}, {holding.role})" if holding is not None else name

    def people(self, organisation: MemberId) -> list[Holding]:
        """Who has held a device for an organisation, in the order of persons and devices."""
        mine = (each for each in self.holdings.values() if each.member == organisation)
        return sorted(mine, key=lambda each: (each.holder, each.device))

    def kin(self) -> frozenset[tuple[MemberId, MemberId]]:
        """Organisations and who acts or acted for them: (organisation, person)."""
        return frozenset((each.member, each.holder) for each in self.holdings.values())

    def moves(self, device: DeviceId) -> bool:
        """Whether who speaks through a device can move something: of an organisation whoever can vote."""
        held = self.holdings.get(device)
        return held is None or organisations.may(held.role, NUMBER[Vote])

    def entrance_used(self, inviter: DeviceId, token: bytes) -> bool:
        """Whether the inviter's log holds an `Admit` for this token already."""
        return (inviter, token) in self._admits

    def entrances(self) -> Iterable[Record]:
        """Every `Enter` read so far."""
        return self._entrances.values()

    def _work_out(self) -> None:
        """Who belongs follows from the invitations and from what was carried; what was carried, from who belonged when
        it was moved. So the closes are looked at in the order of their times, each by what was carried before it."""
        self._stale = False
        self._decisions, self._verdicts = Decisions(self._founding), {}
        self._walk()
        candidates = [(close, moved) for moved in self._motions() for close in closes(moved)]
        around = Around(
            self._belonged,
            self._removed,
            self.of_device.get,
            self.moves,
            self._lost,
            self._revoked,
            self._needed,
            self._verdicts.get,
            self._mediation_binds,
        )
        done: set[EntryId] = set()
        for close, moved in sorted(candidates, key=lambda each: each[0].order):
            if moved.first.id in done:
                continue
            assert isinstance(close.body, Close)
            assert isinstance(moved.first.body, Propose)
            assert moved.first.body.motion is not None
            why = why_not_carried(moved.first, moved.said, close, close.body, around)
            self._verdicts[close.id] = why or ""
            if why is None:
                done.add(moved.first.id)
                self._carry(Carried(moved.first.id, moved.first.at, close.at, moved.first.body.motion))
        self._show_removed()

    def _show_removed(self) -> None:
        for member in self._decisions.about():
            if member in self._members and self._decisions.removed(member):
                self._members[member].standing = Standing.REMOVED

    def _carry(self, carried: Carried) -> None:
        """It holds from here on. Who belongs is worked out anew only if that can turn on it: in a town of ten thousand
        it takes a while."""
        before = self._decisions.charter()
        self._decisions.add(carried)
        after, said = self._decisions.charter(), carried.motion
        if said.member is not None:
            hosts = before is not None and before.invites == "hosts"
            anew = said.member in self._hosts if said.office is None else said.office == "host" and hosts
        else:
            anew = before is not None and after is not None and before.invites != after.invites
        if anew:
            self._walk()

    def _walk(self) -> None:
        """Walk from the founder along invitations. A provisional member's invitations let nobody further in."""
        self._unwalked = False
        for member in self._members.values():
            member.standing, member.inviter, member.since = Standing.UNKNOWN, None, None
        waiting = sorted(self._entrances.values(), key=lambda record: (record.at, record.device, record.seq))
        belongs: list[MemberId] = []
        if self._founding and (founder := self._members.get(self._founding.founder)):
            founder.standing, founder.since = Standing.FOUNDER, Millis(self._founding.founded_at)
            belongs.append(founder.id)
        invited_by: dict[MemberId, list[Record]] = {}
        for record in waiting:
            assert isinstance(record.body, Enter)
            host = self.of_device.get(record.body.inviter)
            held = self.holdings.get(record.body.inviter)
            if host is not None and (held is None or organisations.may(held.role, NUMBER[Admit])):
                invited_by.setdefault(host, []).append(record)
        self._hosts = frozenset(invited_by)
        let_in: dict[MemberId, list[tuple[Member, Millis]]] = {}
        for host in belongs:
            for record in invited_by.get(host, []):
                assert isinstance(record.body, Enter)
                guest = self._members[record.member]
                admit = self._admits.get((record.body.inviter, record.body.token))
                if admit is not None and admit.ref != record.id:
                    continue  # the invitation was used up by somebody else
                if not self._may_invite(host, (admit or record).at):
                    continue
                if admit is not None:
                    let_in.setdefault(host, []).append((guest, admit.at))
                if guest.standing in (Standing.FOUNDER, Standing.ADMITTED):
                    continue
                guest.inviter = host
                guest.standing = Standing.ADMITTED if admit is not None else Standing.PROVISIONAL
                if admit is not None:
                    belongs.append(guest.id)
        self._date(let_in)

    def _date(self, let_in: Mapping[MemberId, Sequence[tuple[Member, Millis]]]) -> None:
        """Since when each belongs: since the first of those who let them in had done so, and belonged themselves. So
        what is said or decided later never changes who belonged before, and with it what was voted on then."""
        founder = next((each for each in self._members.values() if each.standing is Standing.FOUNDER), None)
        waiting = [(founder.since, founder.id)] if founder is not None and founder.since is not None else []
        while waiting:
            since, host = heapq.heappop(waiting)
            if since != self._members[host].since:
                continue
            for guest, at in let_in.get(host, ()):
                dated = max(at, since)
                if guest.since is None or dated < guest.since:
                    guest.since = dated
                    heapq.heappush(waiting, (dated, guest.id))
        self._sinces = sorted(each.since for each in self._members.values() if each.since is not None)

    def may_invite(self, member: MemberId, at: int) -> bool:
        """Whether whom a member lets in at a time belongs."""
        self.all()
        return self._may_invite(member, at)

    def _may_invite(self, host: MemberId, at: int) -> bool:
        charter = self._decisions.charter(at)
        if charter is None or self._decisions.removed(host, at):
            return False
        if charter.invites == "members" or host == charter.founder:
            return True
        return charter.invites == "hosts" and self._decisions.holds(host, "host", at)
