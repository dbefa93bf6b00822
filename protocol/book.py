"""The Book: what you know after reading the logs you hold, in whatever order they came.

`apply` is the only way in, for our own entries and a stranger's. It checks that an entry follows its log, keeps the
facts, and holds what came too early. Every view is worked out from records in an order that does not depend on arrival,
so two Books that read the same logs are equal, which `digest` shows in 32 bytes.
Spec: docs/spec/book.md. Vectors: tests/vectors/book/.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from ruil.crypto.contexts import BOOK
from ruil.crypto.hashes import blake2b
from ruil.protocol import codec, members, organisations, successions
from ruil.protocol.agreements import Agreements
from ruil.protocol.attestations import Attestations
from ruil.protocol.ballots import Around
from ruil.protocol.bids import Bids
from ruil.protocol.blocks import Blocks
from ruil.protocol.bodies import (
    OF_AGREEMENTS,
    Admit,
    Bid,
    Block,
    Body,
    Certificate,
    Consent,
    Enter,
    Follow,
    Found,
    Heir,
    HeldAs,
    Listing,
    Open,
    Profile,
    Propose,
    Rate,
    Renew,
    Revoke,
    Withdraw,
)
from ruil.protocol.credit import Credit
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Rejected
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import GAP_ENTRIES_MAX, PROOFS_STRANGE_MAX
from ruil.protocol.listings import Listings, left
from ruil.protocol.log import ForkProof, Log, Place
from ruil.protocol.members import Members
from ruil.protocol.motions import Decisions
from ruil.protocol.record import Record, record
from ruil.protocol.reservations import Span, free
from ruil.protocol.revocations import Dated, Proof, Revocation, revocation
from ruil.protocol.sharing import Sharing
from ruil.protocol.successions import Successions

_NEXT: Final = Place.NEXT  # looked up once: where nearly every entry stands
_MEMBERS: Final = (Found, Enter, Admit, Profile)
_LISTINGS: Final = (Listing, Renew, Withdraw)
_ATTESTATIONS: Final = (Rate, Open)
_SUCCESSIONS: Final = frozenset(successions.KINDS)
_OF_KEYS: Final = frozenset((*successions.READ, Certificate))  # which keys speak for whom turns on these
_RULED: Final = _SUCCESSIONS | members.CHECKED | {Propose}  # of these more must hold than that they follow


class Applied(Struct, frozen=True, gc=False):
    """What became of an entry. `entries` are those that stand in their logs now and did not before: the entry itself
    and held ones it let in. `other` is the entry it contradicts, when the Book still holds that one's bytes."""

    place: Place
    entries: tuple[Entry, ...] = ()
    other: Entry | None = None
    rejected: tuple[tuple[Entry, str], ...] = ()


class Book:
    """The facts of one community. `sharing`: what it need not make anew, if other Books read the same."""

    def __init__(self, community: CommunityId, sharing: Sharing | None = None) -> None:
        self.community = community
        self._sharing = sharing
        self._pasts = sharing.pasts if sharing is not None else None
        self._record = sharing.record if sharing is not None else record
        self.logs: dict[DeviceId, Log] = {}
        self.waiting: dict[DeviceId, dict[int, Entry]] = {}
        self.forks: dict[DeviceId, ForkProof] = {}
        self._decided = Decisions()  # as they were when somebody looked last
        self._mediation: tuple[tuple[int, bool], ...] = ()  # from when on the charter let a mediator's word bind
        self._undecided = False
        self.records: dict[EntryId, Record] = {}  # all that stand and count, in the order of reading
        self.unheard: dict[EntryId, Record] = {}  # those that stand and do not count, by the key of their device
        self.successions = Successions()
        self._resuming = False
        self._certificates: dict[DeviceId, Certificate] = {}  # of devices that a member's later key certified
        self.revocations: dict[DeviceId, dict[bytes, Revocation]] = {}  # by the key that signed each
        self._no_more = Dated()
        self.called: dict[MemberId, str] = {}  # by our driver, until their own word for it is here; no fact
        self.members = self._nobody()
        self.listings = Listings()
        self.bids = Bids()
        self.agreements = Agreements(
            self.listings,
            Around(
                lambda member, at: self.members.belonged(member, at),
                lambda member, at: self.members.removed(member, at),
                lambda device: self.members.of_device.get(device),
                lambda device: self.members.moves(device),
                self._lost,
                self._revoked_by,
                lambda first: self.members.needed(first),
                lambda close: self.members.judged(close),
                lambda at: self.members.mediation_binds(at),
            ),
            sharing.folds if sharing is not None else None,
            decide=self._decide,
        )
        self.credit = Credit(self.agreements)
        self.blocks = Blocks(lambda: self._charter_lists(), lambda member: self.members.belongs(member))
        self.attestations = Attestations(self.agreements)
        self._add: dict[type[Body], Callable[[Record], None]] = {
            **dict.fromkeys(_MEMBERS, self._let_in),
            **dict.fromkeys(_LISTINGS, self._list),
            **dict.fromkeys(OF_AGREEMENTS, self._agree),
            **dict.fromkeys(_ATTESTATIONS, self.attestations.add),
            Consent: self.credit.add,
            Bid: self.bids.add,
            Block: self.blocks.add,
            Follow: self.blocks.add,
            Revoke: self._says_no_more,
            Heir: self.successions.planned,
        }

    def _nobody(self) -> Members:
        devices = self._sharing.devices if self._sharing is not None else None
        lost, revoked = self._lost, self._revoked_by
        return Members(
            self.community,
            devices,
            motions=lambda: self.agreements.motions(),
            lost=lost,
            revoked=revoked,
            called=self.called,
        )

    # Reading entries ----------------------------------------

    def apply(self, entry: Entry) -> Applied:
        """Read one entry. Raises `Rejected` when it can never stand in its log; the Book is then as it was, but for a
        true revocation, which counts wherever it is read."""
        if entry.community != self.community:
            raise Rejected("an entry of another community")
        if entry.body.__class__ is Revoke:
            self.freeze(revocation(entry.community, entry.body), rationed=True)
        device = entry.device
        log = self.logs.get(device)
        if log is None:
            log = Log(device)
        if entry.seq != log.ids.size or log.cut is not None:
            place = log.place(entry)
            if place is not _NEXT:
                return self._hold(entry, log) if place is Place.GAP else Applied(place)
        self._append(entry, log)
        held = self.waiting.get(device)
        if held is None:
            return Applied(_NEXT, (entry,))
        entries, rejected = [entry], []
        rival = held.pop(entry.seq, None)
        while held and log.size in held:
            following = held.pop(log.size)
            try:
                self._append(following, log)
                entries.append(following)
            except Rejected as why:
                rejected.append((following, str(why)))
        if not held:
            self.waiting.pop(entry.device, None)
        if rival is not None and rival.id != entry.id:
            return Applied(Place.FORK, tuple(entries), rival, tuple(rejected))
        return Applied(Place.NEXT, tuple(entries), None, tuple(rejected))

    def _hold(self, entry: Entry, log: Log) -> Applied:
        held = self.waiting.setdefault(entry.device, {})
        other = held.get(entry.seq)
        if other is not None:
            return Applied(Place.SEEN) if other.id == entry.id else Applied(Place.FORK, (), other)
        if entry.seq < log.size + GAP_ENTRIES_MAX and len(held) < GAP_ENTRIES_MAX:
            held[entry.seq] = entry
        return Applied(Place.GAP)

    def _append(self, entry: Entry, log: Log) -> None:
        body = entry.body
        device, kind = entry.device, body.__class__
        said = self._certificates.get(device)
        member = said.member if said is not None else self.members.of_device.get(device)
        if entry.seq == 0 or kind in _RULED:
            members.check(entry, member)
            if kind in _SUCCESSIONS:
                successions.check(entry, member)
            if isinstance(body, Propose) and member not in body.parties:
                raise Rejected("a proposal by somebody who is no party to it")
        if said is not None or device in self.members.holdings:
            role = self._role(device)
            if role is not None:
                organisations.check(entry, role)
        log.append(entry, self._pasts)
        if entry.seq == 0:
            assert isinstance(body, Certificate)
            self.logs[entry.device] = log
            self._read(self._record(entry, body, body.member))
            self._heed(entry.device, body.by or body.member)
        elif body is not None:
            assert member is not None
            self._read(self._record(entry, body, member))
            if isinstance(body, Revoke):
                self.freeze(revocation(entry.community, body))

    def speaker(self, device: DeviceId) -> MemberId | None:
        """Whom a device says it speaks for, whether that counts or not."""
        said = self._certificates.get(device)
        return said.member if said is not None else self.members.of_device.get(device)

    def _role(self, device: DeviceId) -> HeldAs | None:
        said = self._certificates.get(device)
        if said is not None:
            return said.role
        held = self.members.holdings.get(device)
        return held.role if held is not None else None

    def _key(self, device: DeviceId) -> bytes | None:
        """The key that certified a device."""
        said = self._certificates.get(device)
        return (said.by or said.member) if said is not None else self.members.of_device.get(device)

    def _read(self, record: Record) -> None:
        if record.body.__class__ not in _OF_KEYS and record.device not in self.successions.windows:
            self._count(record)  # nearly all: no key turns on them, and no key of theirs is in doubt
            return
        if record.seq == 0 and isinstance(record.body, Certificate) and record.body.by is not None:
            self._certificates[record.device] = record.body
        if self.successions.hears(record):
            self._count(record)
        else:
            self._leave(record)
        if self.successions.stands(record) and not self._resuming:
            self._judge()

    def _leave(self, record: Record) -> None:
        """It stands, and does not count, or not yet."""
        self.unheard[record.id] = record
        if isinstance(record.body, Certificate):
            self._certificates[record.device] = record.body
        if self.agreements.named(record.device):
            # What a close names there was not known before, and counts as lost now.
            self.agreements.cut(record.device)
            if self.agreements.closed_motions():
                self._voters_changed()

    def _judge(self) -> None:
        """Whose key signs for whom is worked out again, and what was read of the devices that this moves."""
        moved = self.successions.judge(chain(self.records.values(), self.unheard.values()))
        gained: list[Record] = []
        lost: list[Record] = []
        for device in moved:
            ids = self.logs[device].ids
            for id_ in (EntryId(ids[seq]) for seq in range(ids.size)):
                record = self.records.get(id_) or self.unheard.get(id_)
                if record is None:
                    continue
                if self.successions.hears(record):
                    if self.unheard.pop(id_, None) is not None:
                        gained.append(record)
                elif self.records.pop(id_, None) is not None:
                    self._leave(record)
                    lost.append(record)
        if lost:
            self._take_back(lost)
        for record in gained:
            self._count(record)
        for device in moved:
            self.agreements.cut(device)
        if moved and self.agreements.closed_motions():
            self._voters_changed()

    def _count(self, record: Record) -> None:
        self.records[record.id] = record
        add = self._add.get(record.body.__class__)
        if add is not None:
            add(record)
        elif isinstance(record.body, Certificate):
            self.members.certify(record.device, record.body)
            if self.agreements.named(record.device):
                self._voters_changed()

    def _let_in(self, record: Record) -> None:
        self.members.add(record)
        if record.body.__class__ is not Profile and not self._comes_late(record):
            self._voters_changed()

    def _comes_late(self, record: Record) -> bool:
        """Whether this lets in at most somebody who had no vote in anything that was opened so far."""
        body = record.body
        if isinstance(body, Enter) and self.members.entrance_used(DeviceId(body.inviter), body.token):
            return False  # the date is that of the `Admit`, which was read before
        return isinstance(body, Enter | Admit) and record.at > self.agreements.opened_last

    def _agree(self, record: Record) -> None:
        self.agreements.add(record)
        self.bids.add(record)
        if self._decides(record):
            self._voters_changed()

    def _decides(self, record: Record) -> bool:
        """Whether something that was carried, or was not, may turn on this."""
        if isinstance(record.body, Propose) and self.agreements.closed_motion(record.body.replaces):
            return True
        return self.agreements.closed_motion(record.id if isinstance(record.body, Propose) else record.ref)

    def _charter_lists(self) -> tuple[MemberId, ...]:
        charter = self.members.charter
        return charter.lists if charter is not None else ()

    def _voters_changed(self) -> None:
        """Who belongs, or what they carried, may be otherwise than it was. Worked out when it is asked for next: a
        community is read entry by entry."""
        self.members.moved()
        self.agreements.voters_changed()
        self._undecided = True

    def _decide(self) -> None:
        """Before an agreement is looked at: whose signatures count by what was carried."""
        if not self._undecided:
            return
        self._undecided = False
        may_be = bool(self._decided) or self.agreements.closed_motions()
        binds = self.members.mediation(amended=may_be)
        if binds != self._mediation:
            self._mediation = binds
            self.agreements.mediated_anew()
        if may_be:
            before, self._decided = self._decided, self.members.decisions
            if before != self._decided:
                for member in before.about() | self._decided.about():
                    self.agreements.signed_anew(member)

    def _says_no_more(self, record: Record, by: int = 1) -> None:
        """It stands, or not any more, since when somebody says that a device of theirs speaks no more. What was named
        of that device may be lost, or made up."""
        assert isinstance(record.body, Revoke)
        device = DeviceId(record.body.device)
        self._no_more.count(device, record.member, record.at, by)
        self.agreements.cut(device)
        if self.agreements.closed_motions():
            self._voters_changed()

    def _list(self, record: Record) -> None:
        self.listings.add(record)
        about = _about(record)
        if about in self.agreements.of_listing:
            self.agreements.relisted(about)

    # Cutting a log ----------------------------------------

    def freeze(self, proof: Proof, *, rationed: bool = False) -> bool:
        """Nothing a device said counts from where it contradicted itself, or was revoked. Whether that was news.

        `rationed`: it cost who shows it nothing, as an entry that stands would. Of those about devices of which nothing
        was read few are taken; one passed over comes again from whoever sees that our log is too long (sync.py)."""
        if proof.community != self.community:
            raise Rejected("a proof of another community")
        if rationed and self._too_strange(proof.device):
            return False
        if isinstance(proof, Revocation):
            return self._revoke(proof)
        known = self.forks.get(proof.device)
        if known is not None and known.seq <= proof.seq:
            return False
        self.forks[proof.device] = proof
        self._cut(proof.device, proof.seq)
        return True

    def _revoke(self, said: Revocation) -> bool:
        """A revocation cuts if its key certified the device. Until we know which did, the word of each is kept. That of
        a later key of the member cuts nothing: whether it counts may change (successions.py)."""
        owner = self._key(said.device)
        if owner not in (None, said.key):
            return False
        known = self.revocations.get(said.device, {}).get(said.key)
        if known is not None and known.kept <= said.kept:
            return False
        self.revocations.setdefault(said.device, {})[said.key] = said
        if owner is not None:
            self._cut(said.device, said.kept)
        return True

    def _heed(self, device: DeviceId, key: bytes) -> None:
        """It is known now which key certified this device: its word about it counts, no other's."""
        said = self.revocations.pop(device, {}).get(key)
        if said is not None:
            self.revocations[device] = {key: said}
            self._cut(device, said.kept)

    def proofs(self) -> list[bytes]:
        """All that cuts a log by itself, in the order of its bytes."""
        return sorted(self.proofs_about(self.forks.keys() | self.revocations.keys()))

    def proofs_about(self, devices: Iterable[DeviceId]) -> Iterator[bytes]:
        """What cuts the logs of these devices."""
        for device in devices:
            if device in self.forks:
                yield self.forks[device].data
            for said in self.revocations.get(device, {}).values():
                yield said.data

    def _lost(self, device: DeviceId, seq: int) -> bool:
        """Whether a device's log was cut at entry number `seq` or before it, or what stands there does not count."""
        log = self.logs.get(device)
        if log is None:
            return False
        if log.cut is not None and log.cut <= seq:
            return True
        return bool(self.unheard) and seq < log.size and log.ids[seq] in self.unheard

    def _revoked_by(self, device: DeviceId, at: int) -> bool:
        """Whether a device's member had said by then that it speaks no more."""
        return self._no_more.by(device, self.members.of_device.get(device), at)

    def _too_strange(self, device: DeviceId) -> bool:
        """Whether nothing was read of this device, and there are proofs enough about such: anybody can make them up."""
        if self.speaker(device) is not None:
            return False
        strange = sum(self.speaker(each) is None for each in self.forks)
        strange += sum(len(said) for each, said in self.revocations.items() if self.speaker(each) is None)
        return strange >= PROOFS_STRANGE_MAX

    def _cut(self, device: DeviceId, cut: int) -> None:
        """Freeze a log, and take back what was read behind the cut. The result is as if it had never been read."""
        log = self.logs.setdefault(device, Log(device))
        held = {seq: entry for seq, entry in self.waiting.pop(device, {}).items() if seq < cut}
        if held:
            self.waiting[device] = held
        cut_off = [(self.records.pop(id_, None), self.unheard.pop(id_, None)) for id_ in log.freeze(cut)]
        self._take_back([said for said, _ in cut_off if said is not None])
        self.agreements.cut(device)
        if self.agreements.closed_motions():
            self._voters_changed()
        gone = [each for each in chain.from_iterable(cut_off) if each is not None]
        if any(isinstance(each.body, Certificate) for each in gone):
            self._certificates.pop(device, None)
        if any(isinstance(each.body, successions.READ) for each in gone):
            self.successions.fell()
            if self.successions.any:
                self._judge()

    def _take_back(self, lost: Iterable[Record]) -> None:
        """What is not among the records any more counts as if it had never been read."""
        lost, moves = list(lost), False
        for said in lost:
            if isinstance(said.body, _LISTINGS):
                self.listings.take_back(said)
                self.agreements.relisted(_about(said))
            elif isinstance(said.body, OF_AGREEMENTS):
                moves = moves or self._decides(said)
                self.agreements.take_back(said)
                self.bids.take_back(said)
            elif isinstance(said.body, Bid):
                self.bids.take_back(said)
            elif isinstance(said.body, Consent):
                self.credit.take_back(said)
            elif isinstance(said.body, Block | Follow):
                self.blocks.take_back(said)
            elif isinstance(said.body, _ATTESTATIONS):
                self.attestations.take_back(said)
            elif isinstance(said.body, Revoke):
                self._says_no_more(said, -1)
            elif isinstance(said.body, Heir):
                self.successions.take_back(said)
        self._take_back_members([said for said in lost if isinstance(said.body, (*_MEMBERS, Certificate))])
        if moves:
            self._voters_changed()

    def _take_back_members(self, lost: Iterable[Record]) -> None:
        """Who belongs hangs together along invitations: what is left of it is read again. Not so devices that invited
        nobody, and what they said of themselves: anybody can bring any number of them, and have them fork."""
        lost = list(lost)
        if any(isinstance(said.body, Found | Enter | Admit) for said in lost):
            self._read_members()
            return
        for said in lost:
            if isinstance(said.body, Profile):
                self.members.unsay(said)
        for said in lost:
            if isinstance(said.body, Certificate):
                self.members.uncertify(said.device, said.body)
                self._voters_changed()

    def _read_members(self) -> None:
        self.members = self._nobody()
        for each in self.records.values():
            if isinstance(each.body, _MEMBERS):
                self.members.add(each)
            elif isinstance(each.body, Certificate):
                self.members.certify(each.device, each.body)
        self._voters_changed()

    def trim(self, entry: EntryId, gist: Body) -> None:
        """Nobody needs all the words of an entry any more: `gist` is left (gist.py). No fact changes."""
        known = self.records.get(entry)
        if known is not None:
            fresh = self.records[entry] = replace(known, body=gist)
            self.listings.trim(fresh)

    def revoked(self, device: DeviceId) -> bool:
        """Whether the device's own member took its voice away."""
        return self._key(device) in self.revocations.get(device, ()) or self.successions.silenced(device)

    def silenced(self) -> frozenset[MemberId]:
        """Members whose word counts for nothing: a device of theirs forked and they have not revoked it."""
        return frozenset(
            self.members.of_device[device]
            for device in self.forks
            if device in self.members.of_device and not self.revoked(device)
        )

    # Views that need several nouns ----------------------------------------

    def left(self, listing: EntryId, now: int) -> int:
        """How many units of a listing are free at `now`; 0 when it is not known."""
        listed = self.listings.get(listing)
        return left(listed, self.agreements.naming(listing), Millis(now)) if listed else 0

    def reserved(self, listing: EntryId, now: int) -> list[Span]:
        """The spans of a listing that its owner has promised to somebody, as it is known at `now`; the first first."""
        signed = self.agreements.reserved(listing).standing(now)
        return sorted((span for held in signed for span in held.spans), key=lambda span: (span.begins, span.ends))

    def free(self, listing: EntryId, begins: int, ends: int, now: int) -> int:
        """How many units of a listing nobody has reserved at any moment from `begins` to `ends`; 0 when it is not
        known, and never below."""
        listed = self.listings.get(listing)
        if listed is None:
            return 0
        return max(0, free(listed.body.quantity, self.reserved(listing, now), Span(begins, ends, 1)))

    def entries(self) -> int:
        """How many entries stand in all logs."""
        return sum(log.size for log in self.logs.values())

    def digest(self) -> bytes:
        """32 bytes that are equal for two Books exactly when they know the same facts. Does not depend on a clock."""
        return blake2b(BOOK, codec.encode(self._facts()))

    def _facts(self) -> dict[str, Any]:
        organisations = [each.id for _, each in sorted(self.members.all().items()) if each.organisation]
        held = [[each.device, each.holder, each.role] for _, each in sorted(self.members.holdings.items())]
        bids = [
            [each.record.id, each.fate.value, each.opened]
            for listing in sorted(self.bids.listings())
            if (listed := self.listings.get(listing)) is not None
            for each in self.bids.on(listed)
        ]
        decided = [[each.id, each.at] for each in self.members.decisions.all()]
        blocks = self.blocks.facts()
        keys = self.successions.facts()
        return {
            **({"keys": keys} if keys else {}),
            **({"blocks": blocks} if blocks else {}),
            **({"decided": decided} if decided else {}),
            **({"bids": bids} if bids else {}),
            **({"organisations": organisations} if organisations else {}),
            **({"held": held} if held else {}),
            "agreements": [
                [each.id, each.state.value, each.received, sorted(each.signed), each.ended_at, each.agreed_at]
                for each in sorted(self.agreements.all(), key=lambda each: each.id)
            ],
            "attestations": [
                [each.agreement, each.rater, each.ratee, each.good, each.at] for each in self.attestations.all()
            ],
            "balances": sorted([member, balance] for member, balance in self.credit.balances().items() if balance),
            "charter": self.members.charter is not None,
            "community": self.community,
            "listings": [
                [each.id, each.ends, each.withdrawn] for each in sorted(self.listings.all(), key=lambda each: each.id)
            ],
            "logs": [[device, log.size, log.head, log.cut] for device, log in sorted(self.logs.items()) if log.size],
            "members": [
                [member.id, member.standing.value, member.inviter, sorted(member.devices), list(member.profile_at)]
                for member in sorted(self.members.all().values(), key=lambda member: member.id)
            ],
        }

    # Starting again ----------------------------------------

    def resume(self, logs: Iterable[Log], records: Iterable[Record], proofs: Iterable[Proof]) -> None:
        """Know again what another Book knew: only for an empty one. Nothing is checked again; cuts are in the logs."""
        assert not self.logs, "only an empty Book takes up another's place"
        self.logs = {log.device: log for log in logs}
        for proof in proofs:
            if isinstance(proof, Revocation):
                self.revocations.setdefault(proof.device, {})[proof.key] = proof
            else:
                self.forks[proof.device] = proof
        self._resuming = True
        for each in records:
            self._read(each)
        self._resuming = False
        self._judge()


def _about(record: Record) -> EntryId:
    """The listing that this posts, renews or withdraws."""
    return record.id if isinstance(record.body, Listing) or record.ref is None else record.ref
