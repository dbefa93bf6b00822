"""Successions: the key that signs for a member is followed by another, named by itself or by who has the recovery key.

The member's id stays. Which key could certify and revoke devices when follows from the logs alone: a date counts once
somebody else's log holds what is dated, so that nobody dates a word about themselves. What was said by a device whose
key does not count is kept, and read no sooner than it does: it may count once more is known, or no more.
Spec: docs/spec/successions.md. Vectors: tests/vectors/successions/.
"""

import heapq
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from ruil.crypto import keys
from ruil.crypto.contexts import SIGN_HEIR, SIGN_SUCCESSION
from ruil.crypto.keys import SigningKey
from ruil.protocol import signers
from ruil.protocol.bodies import Admit, Certificate, Enter, Found, Heir, Protest, Revoke, Succeed
from ruil.protocol.charters import open_charter
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId
from ruil.protocol.limits import DAY, SUCCESSIONS_MAX
from ruil.protocol.record import Record

KINDS: Final = (Heir, Succeed, Protest)
_ENTERS: Final = (Certificate, Found, Enter, Admit)
READ: Final = (*KINDS, *_ENTERS, Revoke)  # what all of this turns on
_ROUNDS_MAX: Final = 8  # who passes a word on may have changed their own key before, and so on: nobody does that often
NEVER: Final = 2**63

# Signed words ----------------------------------------


def plan(
    key: SigningKey, community: CommunityId, recovery: bytes, needed: int, days: int, member: MemberId | None = None
) -> Heir:
    """The member's plan for the day on which their key is lost. `member`: whose, if `key` took the place of theirs."""
    member = MemberId(key.public) if member is None else member
    signature = signers.sign(key, member, SIGN_HEIR, _planned(community, recovery, needed, days))
    return Heir(member, recovery, needed, days, signature, signers.by_whom(key, member))


def _planned(community: CommunityId, recovery: bytes, needed: int, days: int) -> bytes:
    return community + recovery + struct.pack(">BB", needed, days)


def succeed(signer: SigningKey, community: CommunityId, member: MemberId, old: bytes, key: bytes) -> Succeed:
    """The word that `key` takes the place of `old`: by the old key itself, or by a recovery key."""
    signature = signer.sign(SIGN_SUCCESSION, _succeeds(community, member, old, key))
    return Succeed(member, old, key, signature, signer.public if signer.public != old else None)


def _succeeds(community: CommunityId, member: MemberId, old: bytes, key: bytes) -> bytes:
    return community + member + old + key


def check(entry: Entry, member: MemberId | None) -> None:
    """What must hold for an entry of this file's kinds, given whose log it stands in. Raises `Rejected`."""
    body = entry.body
    if isinstance(body, Heir):
        if body.member != member:
            raise Rejected("a plan for somebody else's key")
        message = _planned(entry.community, body.key, body.needed, body.days)
        if not signers.signed(body.member, body.by, SIGN_HEIR, message, body.signature):
            raise Rejected("the plan is not signed by the member it names")
    elif isinstance(body, Succeed):
        check_succeed(entry.community, body)
    elif isinstance(body, Protest) and (body.member == member) != (entry.reference is None):
        raise Rejected("a protest is the member's own, or names theirs")


def check_succeed(community: CommunityId, body: Succeed) -> None:
    """Raises `Rejected` when neither the old key nor the recovery key it names has signed it."""
    message = _succeeds(community, body.member, body.old, body.key)
    if not keys.verify(body.by or body.old, SIGN_SUCCESSION, message, body.signature):
        raise Rejected("the succession is signed neither by the key it ends nor by the recovery key it names")


# What is known ----------------------------------------


@dataclass(frozen=True, slots=True)
class Reign:
    """From `since` on `key` signs for a member."""

    key: bytes
    since: int


@dataclass(frozen=True, slots=True)
class Window:
    """What of a device's log counts: its certificate, and what is dated from `begins` on and stands before `kept`."""

    begins: int
    kept: int

    def holds(self, record: Record) -> bool:
        return record.seq == 0 or (record.at >= self.begins and record.seq < self.kept)


ALL: Final = Window(0, NEVER)


@dataclass(frozen=True, slots=True)
class Option:
    """A key that somebody said should follow another: who has passed it on, and from when on it would (None: not yet
    known). `stopped`: its member protested in time."""

    member: MemberId
    old: bytes
    key: bytes
    by: bytes | None
    passed_on: tuple[MemberId, ...]
    needed: int
    since: int | None
    stopped: bool
    rank: int

    @property
    def order(self) -> tuple[int, int, bytes, bytes]:
        """The first of several counts: the one that was known to others first."""
        return (self.rank, self.since or 0, self.key, self.by or b"")


class Successions:
    """Which keys sign for whom, and what of which log counts by that."""

    def __init__(self) -> None:
        self.chains: Mapping[MemberId, Sequence[Reign]] = {}  # of members whose key was followed by others
        self.options: Sequence[Option] = ()
        self.unsettled = False  # whether somebody passed a word on who is not known to have been let in
        self.any = False  # whether anybody said that a key follows another
        self._windows: dict[DeviceId, Window | None] = {}  # of devices whose key is not beyond doubt
        self.words: Sequence[Record] = ()  # what members say about their own keys, by those, and against others
        self._speakers: Mapping[tuple[MemberId, bytes, bytes, bytes | None, bool], frozenset[MemberId]] = {}
        self._plans: dict[MemberId, dict[EntryId, Record]] = {}
        self._silent: Mapping[DeviceId, Sequence[tuple[MemberId, bytes, int]]] = {}

    def hears(self, record: Record) -> bool:
        """Whether a record counts. Its device's certificate was shown before."""
        if record.device not in self._windows:
            if record.seq or not isinstance(body := record.body, Certificate):
                return True
            if body.by is None and body.member not in self.chains:
                return True
            self._windows[record.device] = _window(record, body, self.chains, self._silent)
        window = self._windows[record.device]
        return window is not None and window.holds(record)

    def planned(self, record: Record) -> None:
        """A member's plan."""
        self._plans.setdefault(record.member, {})[record.id] = record

    def take_back(self, record: Record) -> None:
        """As if that plan had never been read."""
        self._plans.get(record.member, {}).pop(record.id, None)

    def plan(self, member: MemberId) -> Heir | None:
        """The plan that is in force: the latest by the key that signs now."""
        key = self.key_of(member)
        mine = [(each.at, each.id, each.body) for each in self._plans.get(member, {}).values()]
        signed = [each for each in mine if isinstance(each[2], Heir) and (each[2].by or each[2].member) == key]
        latest = max(signed, key=lambda each: each[:2], default=None)
        return latest[2] if latest is not None and isinstance(latest[2], Heir) else None

    def said(self, body: Succeed | Protest) -> frozenset[MemberId]:
        """Who has said the same."""
        return self._speakers.get(_same(body), frozenset())

    def key_of(self, member: MemberId) -> bytes:
        """The key that signs for a member now."""
        reigns = self.chains.get(member, ())
        return reigns[-1].key if reigns else member

    def begins(self, device: DeviceId) -> int:
        """From when on what a device says counts."""
        window = self._windows.get(device, ALL)
        return window.begins if window is not None else NEVER

    def silenced(self, device: DeviceId) -> bool:
        """Whether a later key of its member took a device's voice away."""
        window = self._windows.get(device, ALL)
        return window is not None and window.kept < NEVER

    def matters(self, record: Record) -> bool:
        """Whether anything may be otherwise by this record."""
        body = record.body
        if isinstance(body, KINDS):
            return self.any or isinstance(body, Succeed)
        if isinstance(body, Revoke):
            return self.any and body.by is not None
        return self.unsettled and isinstance(body, _ENTERS)

    def judge(self, records: Iterable[Record]) -> list[DeviceId]:
        """Work it out from all that stand, counting or not. The devices of whose log something else counts now."""
        said = _gather(records)
        self.any = bool(said.options)
        self.chains, self.options, self.unsettled = _judge(said)
        self._silent = said.silent
        told = [*chain.from_iterable(each for of in said.options.values() for each in of.values())]
        told += chain.from_iterable(said.protests.values())
        self.words = [each for each in told if _is_own(each)]
        speakers: dict[tuple[MemberId, bytes, bytes, bytes | None, bool], set[MemberId]] = {}
        for each in told:
            assert isinstance(each.body, Succeed | Protest)
            speakers.setdefault(_same(each.body), set()).add(each.member)
        self._speakers = {same: frozenset(who) for same, who in speakers.items()}
        before = self._windows
        self._windows = {
            device: _window(record, body, self.chains, said.silent)
            for device, record in said.certificates.items()
            if isinstance(body := record.body, Certificate) and (body.by is not None or body.member in self.chains)
        }
        every = sorted(before.keys() | self._windows.keys())
        return [device for device in every if before.get(device, ALL) != self._windows.get(device, ALL)]

    def facts(self) -> list[list[object]]:
        """For the digest of a Book."""
        return [[member, [[each.key, each.since] for each in chain]] for member, chain in sorted(self.chains.items())]


def _same(body: Succeed | Protest) -> tuple[MemberId, bytes, bytes, bytes | None, bool]:
    by = body.by if isinstance(body, Succeed) else None
    return (body.member, body.old, body.key, by, isinstance(body, Protest))


def _is_own(record: Record) -> bool:
    body = record.body
    if isinstance(body, Succeed):
        return body.by is None and record.member == body.member
    return isinstance(body, Protest) and record.ref is None


_Silent = Mapping[DeviceId, Sequence[tuple[MemberId, bytes, int]]]


def _window(record: Record, body: Certificate, chains: Mapping[MemberId, Sequence[Reign]], silent: _Silent) -> (
    Window | None
):  # fmt: skip
    """What of a log counts, by the certificate it begins with. None: nothing."""
    reigns = (Reign(body.member, 0), *chains.get(body.member, ()))
    key = body.by or body.member
    place = next((number for number, reign in enumerate(reigns) if reign.key == key), None)
    if place is None or (place + 1 < len(reigns) and record.at > reigns[place + 1].since):
        return None  # no key of this member, or one that had been succeeded when it signed
    later = {reign.key for reign in reigns[place + 1 :]}
    kept = [at for member, by, at in silent.get(record.device, ()) if member == body.member and by in later]
    return Window(reigns[place].since, min(kept, default=NEVER))


# Working it out ----------------------------------------


@dataclass(slots=True)
class _Said:
    """What was said that this turns on."""

    certificates: dict[DeviceId, Record] = field(default_factory=dict)
    founder: MemberId | None = None
    founded_at: int = 0
    entered: dict[EntryId, Record] = field(default_factory=dict)
    admitted: dict[tuple[DeviceId, bytes], Record] = field(default_factory=dict)  # the first for each token
    plans: dict[MemberId, list[Record]] = field(default_factory=dict)
    options: dict[tuple[MemberId, bytes], dict[tuple[bytes, bytes | None], list[Record]]] = field(default_factory=dict)
    protests: dict[tuple[MemberId, bytes, bytes], list[Record]] = field(default_factory=dict)
    silent: dict[DeviceId, list[tuple[MemberId, bytes, int]]] = field(default_factory=dict)


def _gather(records: Iterable[Record]) -> _Said:
    said = _Said()
    for record in records:
        body = record.body
        if not isinstance(body, READ):
            continue
        if isinstance(body, Certificate):
            said.certificates[record.device] = record
        elif isinstance(body, Found):
            charter = open_charter(body.charter)
            said.founder, said.founded_at = charter.founder, charter.founded_at
        elif isinstance(body, Enter):
            said.entered[record.id] = record
        elif isinstance(body, Admit):
            first = said.admitted.get((record.device, body.token))
            if first is None or record.seq < first.seq:
                said.admitted[record.device, body.token] = record
        elif isinstance(body, Heir):
            said.plans.setdefault(record.member, []).append(record)
        elif isinstance(body, Succeed):
            options = said.options.setdefault((body.member, body.old), {})
            options.setdefault((body.key, body.by), []).append(record)
        elif isinstance(body, Protest):
            said.protests.setdefault((body.member, body.old, body.key), []).append(record)
        elif isinstance(body, Revoke) and body.by is not None:
            said.silent.setdefault(DeviceId(body.device), []).append((body.member, body.by, body.kept))
    return said


_Chains = dict[MemberId, tuple[Reign, ...]]


def _judge(said: _Said) -> tuple[_Chains, tuple[Option, ...], bool]:
    """The chains; every option; and whether somebody who passed a word on is not known to have been let in.

    Whose word counts turns on whose key counted before: so it is done again, from the beginning, until nothing changes.
    """
    chains: _Chains = {}
    found: tuple[Option, ...] = ()
    unsettled = False
    if not said.options:
        return chains, found, unsettled
    for _ in range(_ROUNDS_MAX):
        others = _Others(said, chains)
        after: _Chains = {}
        options: list[Option] = []
        for member in {member for member, _ in said.options}:
            chain, looked = _chain(said, member, others)
            options += looked
            if chain:
                after[member] = chain
        found = tuple(sorted(options, key=lambda each: (each.member, each.old, each.order)))
        unsettled = others.unsettled
        if after == chains:
            break
        chains = after
    return chains, found, unsettled


class _Others:
    """Whose words date what a member says about themselves: members who were let in, by devices whose key counts."""

    def __init__(self, said: _Said, chains: _Chains) -> None:
        self._said = said
        self._chains = chains
        self._windows: dict[DeviceId, Window | None] = {}
        self._since = self._let_in()
        self.unsettled = False

    def words(self, records: Iterable[Record], member: MemberId) -> list[tuple[int, MemberId]]:
        """The first word of each other member, the earliest first."""
        first: dict[MemberId, int] = {}
        for record in records:
            if record.member == member:
                continue
            if record.at < self._since.get(record.member, NEVER) or not self._counts(record):
                self.unsettled = True
                continue
            first[record.member] = min(record.at, first.get(record.member, NEVER))
        return sorted((at, who) for who, at in first.items())

    def _counts(self, record: Record) -> bool:
        if record.device not in self._windows:
            certificate = self._said.certificates.get(record.device)
            body = certificate.body if certificate is not None else None
            self._windows[record.device] = (
                _window(certificate, body, self._chains, self._said.silent)
                if certificate is not None and isinstance(body, Certificate)
                else None
            )
        window = self._windows[record.device]
        return window is not None and window.holds(record)

    def _let_in(self) -> dict[MemberId, int]:
        """Since when each was let in, along the invitations. What the members decided is not looked at: that turns on
        everything else, and this must not turn on that."""
        guests: dict[MemberId, list[tuple[MemberId, int]]] = {}
        for (device, token), admit in self._said.admitted.items():
            entered = self._said.entered.get(admit.ref) if admit.ref is not None else None
            if entered is None or not isinstance(entered.body, Enter) or not self._counts(admit):
                continue
            if (entered.body.inviter, entered.body.token) == (device, token) and self._counts(entered):
                guests.setdefault(admit.member, []).append((entered.member, admit.at))
        since: dict[MemberId, int] = {}
        waiting = [(self._said.founded_at, self._said.founder)] if self._said.founder is not None else []
        while waiting:
            at, who = heapq.heappop(waiting)
            if who in since:
                continue
            since[who] = at
            for guest, admitted in guests.get(who, ()):
                heapq.heappush(waiting, (max(at, admitted), guest))
        return since


def _chain(said: _Said, member: MemberId, others: _Others) -> tuple[tuple[Reign, ...], list[Option]]:
    """Which keys followed each other, and all that was said about it."""
    reigns = [Reign(member, 0)]
    looked: list[Option] = []
    while len(reigns) <= SUCCESSIONS_MAX:
        old = reigns[-1].key
        options = []
        for (key, by), records in said.options.get((member, old), {}).items():
            if key not in {reign.key for reign in reigns}:
                options.append(_option(said, (member, old, key, by), records, reigns, others))
        looked += options
        good = [each for each in options if each.since is not None and not each.stopped]
        if not good:
            return tuple(reigns[1:]), looked
        best = min(good, key=lambda each: each.order)
        assert best.since is not None
        reigns.append(Reign(best.key, best.since))
    return tuple(reigns[1:]), looked


def _option(
    said: _Said,
    named: tuple[MemberId, bytes, bytes, bytes | None],
    records: Sequence[Record],
    reigns: Sequence[Reign],
    others: _Others,
) -> Option:
    member, old, key, by = named
    words = others.words(records, member)
    if by is None:
        # By the key itself: from when on a device of the member says it. Of two such the one others knew first counts.
        own = min((record.at for record in _own(said, records, reigns)), default=None)
        rank = words[0][0] if words else NEVER
        return Option(member, old, key, by, tuple(who for _, who in words), 0, own, False, rank)
    needed, since = 0, None
    for place, heir in _plans(said, reigns):
        assert isinstance(heir.body, Heir)
        if heir.body.key != by:
            continue
        needed = heir.body.needed
        counted = [each for each in words if each[0] >= heir.at]
        if len(counted) >= needed and (place is None or counted[needed - 1][0] < place):
            since = counted[needed - 1][0] + heir.body.days * DAY
            break
    stopped = since is not None and _stopped(said, (member, old, key), since, reigns, others)
    passed_on = tuple(who for _, who in words)
    return Option(member, old, key, by, passed_on, needed, since, stopped, since if since is not None else NEVER)


def _plans(said: _Said, reigns: Sequence[Reign]) -> Iterator[tuple[int | None, Record]]:
    """The plans signed by the key of now, the first first; each with when the next took its place."""
    member, key = MemberId(reigns[0].key), reigns[-1].key
    mine = [
        each
        for each in _own(said, said.plans.get(member, ()), reigns)
        if isinstance(each.body, Heir) and (each.body.by or each.body.member) == key
    ]
    mine.sort(key=lambda each: (each.at, each.id))
    for number, heir in enumerate(mine):
        yield (mine[number + 1].at if number + 1 < len(mine) else None), heir


def _own(said: _Said, records: Iterable[Record], reigns: Sequence[Reign]) -> Iterator[Record]:
    """What the member's own devices say: those that were certified by a key while it counted."""
    member = reigns[0].key
    so_far = {MemberId(member): tuple(reigns[1:])}
    for record in records:
        certificate = said.certificates.get(record.device)
        if record.member != member or certificate is None or not isinstance(certificate.body, Certificate):
            continue
        # No later key has silenced anything here: it can not take away what was said against it.
        window = _window(certificate, certificate.body, so_far, {})
        if window is not None and window.holds(record) and record.at >= reigns[-1].since:
            yield record


def _stopped(
    said: _Said, named: tuple[MemberId, bytes, bytes], since: int, reigns: Sequence[Reign], others: _Others
) -> bool:
    """Whether the member protested, and somebody else passed that on, before it would count."""
    records = said.protests.get(named, ())
    mine = {record.id for record in _own(said, records, reigns) if record.at <= since}
    return any(at <= since for at, _ in others.words((each for each in records if each.ref in mine), named[0]))
