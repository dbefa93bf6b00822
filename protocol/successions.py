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
from typing import Final

from ruil.crypto import keys
from ruil.crypto.contexts import SIGN_HEIR, SIGN_SUCCESSION
from ruil.crypto.keys import SigningKey
from ruil.protocol import signers
from ruil.protocol.bodies import Admit, Body, Certificate, Enter, Found, Heir, Protest, Revoke, Succeed
from ruil.protocol.charters import open_charter
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId
from ruil.protocol.limits import DAY, SUCCESSIONS_MAX
from ruil.protocol.record import Record

_Named = tuple[MemberId, bytes, bytes, bytes | None]  # whose key, which, which other, by which recovery key
_Same = tuple[MemberId, bytes, bytes, bytes | None, bool]
KINDS: Final = (Heir, Succeed, Protest)
_ENTERS: Final = (Certificate, Found, Enter, Admit)
READ: Final = (*KINDS, *_ENTERS, Revoke)  # what all of this turns on
_READ: Final = frozenset(READ)
_ROUNDS_MAX: Final = 8  # who passes a word on may have changed their own key before, and so on: nobody does that often
NEVER: Final = 2**63
NOBODY: Final = bytes(32)  # the recovery key of a plan that takes the one before back: no signature is by it

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
        self.options: Sequence[Option] = ()  # those that may count: said by the member, or by who has a planned key
        self.any = False  # whether there is any
        self.windows: dict[DeviceId, Window | None] = {}  # of devices whose key is not beyond doubt
        self._said = _Said()
        self._stale = False  # whether something that was said fell
        self._rounds: Sequence[_Others] = ()  # as they were when this was worked out last
        self._plans: dict[MemberId, dict[EntryId, Record]] = {}
        self._silent: Mapping[DeviceId, Sequence[tuple[MemberId, bytes, int]]] = {}

    def hears(self, record: Record) -> bool:
        """Whether a record counts. Its device's certificate was shown before."""
        if record.device not in self.windows:
            if record.seq or not isinstance(body := record.body, Certificate):
                return True
            if body.by is None and body.member not in self.chains:
                return True
            self.windows[record.device] = _window(record, body, self.chains, self._silent)
        window = self.windows[record.device]
        return window is not None and window.holds(record)

    def planned(self, record: Record) -> None:
        """A member's plan."""
        self._plans.setdefault(record.member, {})[record.id] = record

    def take_back(self, record: Record) -> None:
        """As if that plan had never been read."""
        self._plans.get(record.member, {}).pop(record.id, None)

    def plan(self, member: MemberId, at: int = NEVER) -> Heir | None:
        """The plan that is in force: the latest by the key that signs then, unless another took its place before, or it
        says that nobody is to follow."""
        key = self.key_of(member, at)
        mine = [(each.at, each.id, each.body) for each in self._plans.get(member, {}).values()]
        signed = [each for each in mine if isinstance(each[2], Heir) and (each[2].by or each[2].member) == key]
        signed.sort(key=lambda each: each[:2])
        same = [_same_plan(each[2]) for each in signed]
        if not same or any(each != same[-1] for each in same[same.index(same[-1]) :]):
            return None
        latest = signed[-1][2]
        return latest if isinstance(latest, Heir) and latest.key != NOBODY else None

    def said(self, body: Succeed | Protest) -> frozenset[MemberId]:
        """Who has said the same."""
        return frozenset(self._said.speakers.get(_same(body), ()))

    @property
    def words(self) -> Sequence[Record]:
        """What members say about their own keys, by those, and against others."""
        return self._said.words

    def key_of(self, member: MemberId, at: int = NEVER) -> bytes:
        """The key that signs for a member at a time: one that is to follow is not yet it."""
        reigns = (each for each in reversed(self.chains.get(member, ())) if each.since <= at)
        return next((each.key for each in reigns), member)

    def begins(self, device: DeviceId) -> int:
        """From when on what a device says counts."""
        window = self.windows.get(device, ALL)
        return window.begins if window is not None else NEVER

    def silenced(self, device: DeviceId) -> bool:
        """Whether a later key of its member took a device's voice away."""
        window = self.windows.get(device, ALL)
        return window is not None and window.kept < NEVER

    def stands(self, record: Record) -> bool:
        """Take in a record that stands, counting or not. Whether anything may be otherwise by it: then `judge`."""
        if record.body.__class__ not in _READ:
            return False
        news = self._said.add(record)
        if isinstance(record.body, Found) or (isinstance(record.body, Revoke) and news):
            self._rounds = ()
        if isinstance(record.body, Enter | Admit):
            # News only if somebody who passed a word on is let in by it, or earlier.
            edge = self._said.edge(record)
            return edge is not None and sum(others.lets_in(*edge) for others in self._rounds) > 0  # each is told
        return news and bool(self._said.live)

    def fell(self) -> None:
        """Something that stood does not any more: what was said is gathered again before it is judged."""
        self._stale = True

    def judge(self, records: Iterable[Record]) -> list[DeviceId]:
        """Work it out from all that stand, counting or not: `records`, of which those read since the last time were
        shown to `stands`. The devices of whose log something else counts now."""
        if self._stale:
            self._said, self._rounds, self._stale = _Said(), (), False
            for each in records:
                if isinstance(each.body, READ):
                    self._said.add(each)
        said = self._said
        self.any = bool(said.live)
        self.chains, self.options, self._rounds = _judge(said, self._rounds)
        self._silent = said.silent
        before = self.windows
        self.windows = {
            device: _window(record, body, self.chains, said.silent)
            for device, record in said.certified_for(self.chains)
            if isinstance(body := record.body, Certificate)
        }
        every = sorted(before.keys() | self.windows.keys())
        return [device for device in every if before.get(device, ALL) != self.windows.get(device, ALL)]

    def facts(self) -> list[list[object]]:
        """For the digest of a Book."""
        return [[member, [[each.key, each.since] for each in chain]] for member, chain in sorted(self.chains.items())]


def _same(body: Succeed | Protest) -> _Same:
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
    later: dict[DeviceId, Record] = field(default_factory=dict)  # the certificates by later keys
    devices: dict[MemberId, list[DeviceId]] = field(default_factory=dict)
    founder: MemberId | None = None
    founded_at: int = 0
    entered: dict[EntryId, Record] = field(default_factory=dict)
    admitted: dict[tuple[DeviceId, bytes], Record] = field(default_factory=dict)  # the first for each token
    plans: dict[MemberId, list[Record]] = field(default_factory=dict)
    options: dict[tuple[MemberId, bytes], dict[tuple[bytes, bytes | None], list[Record]]] = field(default_factory=dict)
    protests: dict[tuple[MemberId, bytes, bytes], list[Record]] = field(default_factory=dict)
    silent: dict[DeviceId, list[tuple[MemberId, bytes, int]]] = field(default_factory=dict)
    words: list[Record] = field(default_factory=list)
    speakers: dict[_Same, set[MemberId]] = field(default_factory=dict)
    live: set[MemberId] = field(default_factory=set)  # of whom any option may count
    planned: set[tuple[MemberId, bytes]] = field(default_factory=set)  # the recovery keys that members named
    asked: set[tuple[MemberId, bytes]] = field(default_factory=set)  # the recovery keys that named another

    def add(self, record: Record) -> bool:
        """Whether this may turn anything. Anybody can make up words that do not: they cost little."""
        body = record.body
        match body:
            case Certificate():
                self.certificates[record.device] = record
                self.devices.setdefault(body.member, []).append(record.device)
                if body.by is not None:
                    self.later[record.device] = record
                return False  # nothing by this device was read before
            case Found():
                charter = open_charter(body.charter)
                self.founder, self.founded_at = charter.founder, charter.founded_at
            case Enter():
                self.entered[record.id] = record
            case Admit():
                first = self.admitted.get((record.device, body.token))
                if first is None or record.seq < first.seq:
                    self.admitted[record.device, body.token] = record
            case Heir():
                self.plans.setdefault(record.member, []).append(record)
                self.planned.add((record.member, body.key))
                if (record.member, body.key) in self.asked:
                    self.live.add(record.member)
                return record.member in self.live
            case Succeed():
                options = self.options.setdefault((body.member, body.old), {})
                options.setdefault((body.key, body.by), []).append(record)
                self._tell(record, body)
                if body.by is not None:
                    self.asked.add((body.member, body.by))
                counts = self.may_count(body.member, body.old, body.key, body.by)
                if counts:
                    self.live.add(body.member)
                return counts
            case Protest():
                self.protests.setdefault((body.member, body.old, body.key), []).append(record)
                self._tell(record, body)
                return body.member in self.live
            case Revoke() if body.by is not None:
                self.silent.setdefault(DeviceId(body.device), []).append((body.member, body.by, body.kept))
            case Revoke():
                return False
        return True

    def may_count(self, member: MemberId, old: bytes, key: bytes, by: bytes | None) -> bool:
        """Whether a key may follow: the member says so, or planned for who does."""
        if by is not None:
            return (member, by) in self.planned
        return member in self.speakers[member, old, key, None, False]

    def _tell(self, record: Record, body: Succeed | Protest) -> None:
        if _is_own(record):
            self.words.append(record)
        self.speakers.setdefault(_same(body), set()).add(record.member)

    def edge(self, record: Record) -> tuple[Record, Record] | None:
        """An `Admit` and the `Enter` it answers, if this is one of them and the other stands too."""
        body = record.body
        if isinstance(body, Enter):
            admit = self.admitted.get((DeviceId(body.inviter), body.token))
            return (admit, record) if admit is not None and admit.ref == record.id else None
        if not isinstance(body, Admit) or record.ref is None:
            return None
        entered = self.entered.get(record.ref)
        if entered is None or not isinstance(entered.body, Enter):
            return None
        same = (DeviceId(entered.body.inviter), entered.body.token) == (record.device, body.token)
        return (record, entered) if same and self.admitted[record.device, body.token] is record else None

    def certified_for(self, chains: Mapping[MemberId, object]) -> Iterator[tuple[DeviceId, Record]]:
        """Every device whose key is not beyond doubt."""
        yield from self.later.items()
        for member in chains:
            for device in self.devices.get(member, ()):
                if device not in self.later:
                    yield device, self.certificates[device]


_Chains = dict[MemberId, tuple[Reign, ...]]


def _judge(said: _Said, before: Sequence["_Others"]) -> tuple[_Chains, tuple[Option, ...], Sequence["_Others"]]:
    """The chains; every option that may count; and by whose words, round by round. `before`: the rounds of the last
    time, if nothing but words is news.

    Whose word counts turns on whose key counted before: so it is done again, from the beginning, until nothing changes.
    """
    chains: _Chains = {}
    options: list[Option] = []
    rounds: list[_Others] = []
    while said.live and len(rounds) < _ROUNDS_MAX:
        known = before[len(rounds)] if len(rounds) < len(before) else None
        others = known if known is not None and known.chains == chains else _Others(said, chains)
        rounds.append(others)
        after: _Chains = {}
        options = []
        for member in said.live:
            chain, looked = _chain(said, member, others)
            options += looked
            if chain:
                after[member] = chain
        if after == chains:
            break
        chains = after
    return chains, tuple(sorted(options, key=lambda each: (each.member, each.old, each.order))), rounds


class _Others:
    """Whose words date what a member says about themselves: members who were let in, by devices whose key counts."""

    def __init__(self, said: _Said, chains: _Chains) -> None:
        self._said = said
        self.chains = chains
        self.waiting: set[MemberId] = set()  # who passed a word on and is not known to have been let in by then
        self._windows: dict[DeviceId, Window | None] = {}
        self._guests: dict[MemberId, list[tuple[MemberId, int]]] = {}
        self._since: dict[MemberId, int] = {}
        self._known: dict[_Named, tuple[object, Option]] = {}
        for admit in said.admitted.values():
            edge = said.edge(admit)
            if edge is not None:
                self._link(*edge)
        if said.founder is not None:
            self._spread([(said.founded_at, said.founder)])

    def option(self, named: _Named, records: Sequence[Record], reigns: Sequence[Reign]) -> Option:
        """One of the keys that may follow. Of one member there can be many, and one more is said at a time."""
        plans, protests = self._said.plans.get(named[0], ()), self._said.protests.get(named[:3], ())
        turns_on = (tuple(reigns), len(records), len(plans), len(protests))
        known = self._known.get(named)
        if known is None or known[0] != turns_on:
            known = self._known[named] = (turns_on, _option(self._said, named, records, reigns, self))
        return known[1]

    def lets_in(self, admit: Record, entered: Record) -> bool:
        """An `Admit` and its `Enter` are known now. Whether it is news of who passed a word on."""
        if not self._link(admit, entered):
            return False
        since = self._since.get(admit.member)
        if since is None or not self._spread([(max(since, admit.at), entered.member)]) & self.waiting:
            return False
        self._known.clear()
        self.waiting.clear()
        return True

    def _link(self, admit: Record, entered: Record) -> bool:
        if not (self._counts(admit) and self._counts(entered)):
            return False
        self._guests.setdefault(admit.member, []).append((entered.member, admit.at))
        return True

    def _spread(self, waiting: list[tuple[int, MemberId]]) -> set[MemberId]:
        """Since when each was let in, along the invitations, from these on. Of whom that is news. What the members
        decided is not looked at: that turns on everything else, and this must not turn on that."""
        news: set[MemberId] = set()
        while waiting:
            at, who = heapq.heappop(waiting)
            if at >= self._since.get(who, NEVER):
                continue
            self._since[who] = at
            news.add(who)
            for guest, admitted in self._guests.get(who, ()):
                heapq.heappush(waiting, (max(at, admitted), guest))
        return news

    def words(self, records: Iterable[Record], member: MemberId) -> list[tuple[int, MemberId]]:
        """The first word of each other member, the earliest first."""
        first: dict[MemberId, int] = {}
        for record in records:
            if record.member == member:
                continue
            if not self._counts(record):
                continue
            if record.at < self._since.get(record.member, NEVER):
                self.waiting.add(record.member)
                continue
            first[record.member] = min(record.at, first.get(record.member, NEVER))
        return sorted((at, who) for who, at in first.items())

    def _counts(self, record: Record) -> bool:
        if record.device not in self._windows:
            certificate = self._said.certificates.get(record.device)
            body = certificate.body if certificate is not None else None
            self._windows[record.device] = (
                _window(certificate, body, self.chains, self._said.silent)
                if certificate is not None and isinstance(body, Certificate)
                else None
            )
        window = self._windows[record.device]
        return window is not None and window.holds(record)


def _chain(said: _Said, member: MemberId, others: _Others) -> tuple[tuple[Reign, ...], list[Option]]:
    """Which keys followed each other, and all that was said about it."""
    reigns = [Reign(member, 0)]
    looked: list[Option] = []
    while len(reigns) <= SUCCESSIONS_MAX:
        old = reigns[-1].key
        options = []
        before = {reign.key for reign in reigns}
        for (key, by), records in said.options.get((member, old), {}).items():
            if key not in before and said.may_count(member, old, key, by):
                options.append(others.option((member, old, key, by), records, reigns))
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
    named: _Named,
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
    """The plans signed by the key of now, the first first; each with when another took its place, for good: whoever has
    a device of the member, but not their key, can say again what they planned once."""
    member, key = MemberId(reigns[0].key), reigns[-1].key
    mine = [
        each
        for each in _own(said, said.plans.get(member, ()), reigns)
        if isinstance(each.body, Heir) and (each.body.by or each.body.member) == key
    ]
    mine.sort(key=lambda each: (each.at, each.id))
    before: set[_Planned] = set()
    for number, heir in enumerate(mine):
        same = _same_plan(heir.body)
        if same not in before:
            before.add(same)
            yield next((each.at for each in mine[number + 1 :] if _same_plan(each.body) != same), None), heir


_Planned = tuple[bytes, int, int]


def _same_plan(body: Body | None) -> _Planned:
    assert isinstance(body, Heir)
    return body.key, body.needed, body.days


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
