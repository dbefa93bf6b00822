"""A peer: `handle(event, now)` -> effects. The whole protocol, in one readable file.

Events go in, effects come out, and one call runs to its end. Our own sayings and a stranger's go through `_stand`: the
same Book, the same checks. Nothing here waits, reads a clock, or keeps an entry's bytes; drivers do (node/pump.py,
simulations/world.py). Spec: docs/spec/peer.md.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, assert_never

from ruil.crypto.contexts import SALT
from ruil.crypto.hashes import keyed
from ruil.crypto.keys import SigningKey
from ruil.protocol import drafts, limits, reflexes, sealing, wire
from ruil.protocol.agreement import when
from ruil.protocol.bodies import Admit, Body, Certificate, Enter, Found, Heir, Listing, Protest, Rate, Revoke, Succeed
from ruil.protocol.book import Applied, Book
from ruil.protocol.entry import HEADER_BYTES, Entry, id_of, seal
from ruil.protocol.errors import Refused, Rejected
from ruil.protocol.events import (
    Bidding,
    Blame,
    Doubted,
    Drafted,
    Effect,
    Ended,
    Event,
    Forgot,
    Keep,
    Lost,
    Met,
    Noted,
    Placed,
    Recall,
    Recalled,
    Received,
    Remembered,
    Restored,
    Review,
    Saw,
    Send,
    Store,
    Tell,
    Vouched,
    Wake,
    Woke,
    Wrote,
)
from ruil.protocol.ids import CommunityId, DeviceId, EntryId, MemberId, Millis, NeighbourId, Reference
from ruil.protocol.lately import Lately
from ruil.protocol.lease import FORKED, LEASE, SET_BACK, Lease
from ruil.protocol.log import Contradicts, Place, prove_fork
from ruil.protocol.members import Standing
from ruil.protocol.opener import Opener
from ruil.protocol.pace import Pace
from ruil.protocol.peerbook import PeerBook
from ruil.protocol.post import Post
from ruil.protocol.record import Record
from ruil.protocol.revocations import Proof, Revocation, open_proof, revocation
from ruil.protocol.sharing import Sharing
from ruil.protocol.spread import Spread
from ruil.protocol.sync import Sync

_SHOWS: Final = (wire.Push, wire.Entries, wire.Proofs)  # what one who may not read yet is heard with
STARTED: Final = "started"  # a driver says so once, when everything stored is restored
HEAL: Final = "heal"
JUDGE: Final = "judge"
FUTURE: Final = "future"
HEIRS: Final = "heirs"
_KEYS: Final = frozenset({Heir, Succeed, Protest})  # after these another key may sign for somebody
# After these we may know a neighbour's membership.
_LETS_READ: Final = frozenset({Certificate, Found, Enter, Admit}) | _KEYS
_DRAFT: Final = EntryId(bytes(32))  # the id of what is not signed yet
JUDGE_AFTER_MS: Final = limits.MINUTE  # after a start, hear the neighbours before saying that somebody did not answer


class Peer:
    """One device in one community. `epoch` is 8 bytes that differ from one start to the next; `book` is what this
    device knows already, if a snapshot kept it; `sharing` is given to many peers of one process."""

    def __init__(
        self,
        community: CommunityId,
        key: SigningKey,
        epoch: bytes,
        opener: Opener | None = None,
        book: Book | None = None,
        sharing: Sharing | None = None,
    ) -> None:
        self.community = community
        self.device = DeviceId(key.public)
        self.book = Book(community, sharing) if book is None else book
        self._key = key
        self._opener = opener or Opener(community)
        self._spread = Spread(self.device, sharing)
        self._pace = Pace(self.book, self.device)
        self._sync = Sync(self.book, epoch, self._pace)
        self.lately = Lately(self.book)
        self._lease = Lease(self.device)
        self._card: dict[int, bytes] = {}
        self._met: dict[NeighbourId, wire.Hello | None] = {}  # who is linked; their hello until they may read
        self._readers: set[NeighbourId] = set()
        self._near: set[NeighbourId] = set()  # those on a private network with us
        self.peers = PeerBook(self.book, key)
        self.post = Post(self.book, key, self._readers)
        # Heads of who may not read yet, the latest of each log: they are not said again once their sender may.
        self._early: dict[NeighbourId, dict[bytes, tuple[bytes, int, bytes]]] = {}
        self._rivals: dict[tuple[DeviceId, int], Entry] = {}
        self._future: dict[EntryId, tuple[Entry, NeighbourId]] = {}
        # This device is a new one of somebody who belonged: what shows who else does may all be with others.
        self.returning = False
        self._turn = 0
        self._calm = 0  # how many comparisons found nothing new here
        for known in self.book.logs:
            self._sync.grew(known)

    @property
    def member(self) -> MemberId | None:
        """Whom this device speaks for; None until its certificate stands."""
        return self.book.members.of_device.get(self.device)

    @property
    def readers(self) -> frozenset[NeighbourId]:
        """The neighbours that may read this community."""
        return frozenset(self._readers)

    def reader(self, neighbour: NeighbourId) -> MemberId | None:
        """The member behind a neighbour that may read this community; None for any other."""
        return self.book.members.of_device.get(neighbour) if neighbour in self._readers else None

    @property
    def held(self) -> str:
        """Why this device may not sign anything now; empty when it may."""
        return self._lease.why_not()

    @property
    def over(self) -> bool:
        """Whether this device will never sign again."""
        return bool(self._lease.over)

    @property
    def progress(self) -> tuple[int, int]:
        """How many entries are here, and how many there are, as far as neighbours have told."""
        return self.book.entries(), self._sync.expected()

    @property
    def caught_up(self) -> bool:
        """Whether a neighbour has told in this run what there is, and all is here that is not asked for in vain."""
        return self._sync.complete(claims=False) and any(self._knows_us(each) for each in self._readers)

    def handle(self, event: Event, now: Millis) -> list[Effect]:
        """What must be done because of `event`. Raises `Refused` for a draft that can not be said; nothing has changed
        then. Whatever a stranger sends comes out as effects."""
        match event:
            case Received():
                try:
                    return self._receive(event.frame, event.neighbour, now)
                except Rejected as why:
                    return [Blame(event.neighbour, str(why))]
            case Drafted(body, about):
                return self._draft(body, about, now)
            case Met(neighbour, near):
                return self._meet(neighbour, near, now)
            case Lost(neighbour):
                return self._lose(neighbour)
            case Woke(reason):
                return self._wake(reason, now)
            case Restored(entry):
                self._restore(entry)
                return []
            case Recalled(entry):
                return self._contradicted(entry)
            case Placed():
                return self.peers.placed(event, now)
            case Remembered(records):
                self.peers.remembered(records, now)
                return []
            case Doubted(why):
                return self._doubt(why)
            case Vouched():
                self._lease.doubt = ""
                return self._freed(now)
            case Ended(why):
                return self._end(why)
            case Wrote():
                if self._lease.over:
                    raise Refused(self._lease.over)
                return self.post.write(event, now)
            case Saw(letters, tell):
                return self.post.saw(letters, now, tell=tell)
            case Forgot(partner):
                return self.post.forget(partner, now)
            case Noted(note):
                self.post.restore(note)
                return []
            case _:
                assert_never(event)

    # What our member says ----------------------------------------

    def _draft(self, body: Body | Review | Bidding, about: EntryId | None, now: Millis) -> list[Effect]:
        if why := self.held:
            raise Refused(why)
        if isinstance(body, Review):
            if about is None:
                raise Refused("say which trade this review is about")
            body = drafts.seal_review(self._key, about, body)
        log = self.book.logs.get(self.device)
        at = self._time(now)
        if isinstance(body, Bidding):
            body = sealing.seal_bid(self.book, self._key, about, body.proposal, at)
        if log is not None and log.cut is not None:
            raise Refused("this device was revoked, or its log forked: it can not say anything any more")
        if log is not None:
            self._may_speak(at)
        if isinstance(body, Rate) and (rated := self.book.agreements.get(about) if about else None) is not None:
            # Who ended the trade may have a clock ahead of ours: what is said after the end is dated after it.
            at = Millis(max(at, rated.ended_at or 0))
        member = self.member
        if member is not None and log is not None:
            drafts.check(self.book, Record(_DRAFT, self.device, log.size, at, member, about, body), at)
        try:
            entry = self._seal(body, about, at)
            return [*self._heed(entry), *self._stand(entry, None, now)]
        except Rejected as why:
            raise Refused(str(why)) from None

    def _may_speak(self, at: Millis) -> None:
        """Refuse what would not count, since the key that certified this device does not, or not yet."""
        begins = self.book.successions.begins(self.device)
        if self.member is None:
            raise Refused(
                "this device speaks for nobody. If friends are bringing you back, wait until their word counts; if it"
                " spoke for you before, its key was followed by another"
            )
        if at < begins:
            raise Refused(f"your friends' word counts from {when(begins)} on; until then nothing can be said here")

    def _seal(self, body: Body, about: EntryId | None, at: Millis) -> Entry:
        log = self.book.logs.get(self.device)
        seq, root = (log.size, log.range.root()) if log else (0, bytes(32))
        reference = None
        if about is not None:
            named = self.book.records.get(about)
            if named is None:
                raise Refused("what this is about is not known here")
            reference = Reference(named.device, named.seq, about)
        salt = keyed(SALT, self._key.seed, self.community, seq.to_bytes(8, "big"), root)[:16]
        return seal(self._key, self.community, body, seq=seq, at=at, root=root, salt=salt, reference=reference)

    # The common door ----------------------------------------

    def _stand(self, entry: Entry, source: NeighbourId | None, now: Millis, *, pushed: bool = True) -> list[Effect]:
        """Read an entry, whoever it is from, and do what follows. Raises `Rejected` with nothing changed."""
        applied = self.book.apply(entry)
        effects: list[Effect] = []
        if applied.entries and self._calm:
            self._calm = 0
            effects.append(Wake(now + limits.HEAL_EVERY_MS, HEAL))
        for new in applied.entries:
            effects.append(Store(new))
            if new.device == self.device and new.seq < 2:
                self._card[new.seq] = new.data
            self._sync.grew(new.device)
            if source is not None:
                self._pace.took(new.device, len(new.data), now)
            if pushed:
                effects += self._spread.news(new, source, now)
            else:
                self._spread.remember(new)
            effects.append(Tell("entry", new.id))
        if applied.entries and not pushed:
            effects += self._sync.tell_soon(now)
        if source is not None:
            if applied.rejected or applied.place is Place.FROZEN:
                effects += self._blame(applied, source)
            if applied.place is Place.GAP:
                effects += self._sync.gap(source, entry.device, entry.seq, now)
        if applied.place is Place.FORK:
            effects += self._suspect(entry, applied)
        for new in applied.entries:
            effects += self._follow_up(new, now)
        if self.lately and applied.entries:
            effects += self._read_what_was_shown(entry.device)
        return effects

    def _blame(self, applied: Applied, source: NeighbourId) -> Iterator[Effect]:
        for entry, why in applied.rejected:
            yield Blame(source, f"entry {entry.seq} can not follow: {why}", grave=False)
        if applied.place is Place.FROZEN:
            yield Blame(source, "an entry by a device that was revoked, or behind a fork", grave=False)

    def _follow_up(self, entry: Entry, now: Millis) -> list[Effect]:
        """Neighbours we can know now, and what a node says by itself."""
        effects: list[Effect] = []
        if type(entry.body) in _LETS_READ:
            effects += self._know_neighbours(now)
        if type(entry.body) in _KEYS:
            effects += self._heirs_later(now)
        member = self.member
        if member is None:
            return effects
        if entry.device == self.device:
            effects += self._judge_later(reflexes.with_deadlines(entry), member, now)
            if isinstance(entry.body, Listing) and entry.body.bids_until is not None:
                effects += self._count_later(now)
        if reflexes.concerns(self.book, entry, member, self._key):
            at = self._time(now)
            effects += self._say(lambda: reflexes.after(self.book, entry, member, self._key, at), at)
        return effects

    def _heirs_later(self, now: Millis) -> list[Effect]:
        """Who waits for their friends' word to count may read from then on."""
        times = [at for each in self.book.successions.options if (at := each.since) is not None and at > now]
        return [Wake(min(times), HEIRS)] if times else []

    def _say(self, reflex: Callable[[], Iterator[tuple[Body, EntryId | None]]], now: Millis) -> list[Effect]:
        """Say what the reflex asks for until it asks for nothing: each saying may make the next one needless."""
        effects: list[Effect] = []
        if self.held:
            return effects  # said once it is held no more: reflexes follow from the Book
        while (said := next(reflex(), None)) is not None:
            try:
                effects += self._draft(*said, now)
            except Refused:
                break  # this device's log is cut, or the deadline passed just now: then there is nothing to say
        return effects

    def _time(self, now: Millis) -> Millis:
        """The time of our next entry: never before our last one, even when the clock was set back."""
        log = self.book.logs.get(self.device)
        return Millis(max(now, log.at)) if log else now

    # Whether we may sign ----------------------------------------

    def _doubt(self, why: str) -> list[Effect]:
        """Hear our neighbours before we sign again, all of them anew. Who has never heard of anybody was heard by
        nobody, and has nothing to wait for."""
        if self._lease.over:
            return []
        if all(device == self.device for device in self.book.logs):
            return [Tell("freed", self.device)]
        self._lease.doubted(why)
        effects: list[Effect] = [Tell("held", self.device, why)]
        for neighbour in self._met:
            self._sync.forget(neighbour)
            effects.append(self._introduction(neighbour))
        return effects

    def _end(self, why: str) -> list[Effect]:
        if self._lease.over:
            return []
        self._lease.over = why
        return [Tell("ended", self.device, why)]

    def _freed(self, now: Millis) -> list[Effect]:
        if self.held:
            return []
        said = self._say_everything(now, judge=False)
        return [Tell("freed", self.device), *said, Wake(now + JUDGE_AFTER_MS, JUDGE)]

    def _look_at_lease(self, now: Millis) -> list[Effect]:
        if not self.held or self._lease.over:
            return []
        effects: list[Effect] = [
            Blame(liar, "claims more of our log than it shows", grave=False) for liar in self._lease.woke(now)
        ]
        due = self._lease.next_wake(now)
        return [*effects, *self._freed(now), *([Wake(due, LEASE)] if due is not None and self.held else [])]

    # What is shown to a newcomer ----------------------------------------

    def _look(self, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        """They told us how long their logs are. Who is far behind asks first what is open near."""
        member = self.member
        if member is None or not self.lately.may_ask(neighbour, now):
            return []
        have, of = self.progress
        profile = known.profile if (known := self.book.members.get(member)) is not None else None
        asked = self.lately.ask(neighbour, of - have, profile.cell if profile is not None else None, now)
        if asked:
            mine = [each for each in self.book.members.entrances() if each.device == self.device]
            self._sync.prefer(DeviceId(each.body.inviter) for each in mine if isinstance(each.body, Enter))
        return asked

    def _shown_lately(self, frame: wire.Lately, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        device = DeviceId(frame.device)
        self.lately.take(neighbour, (self._opener.open(data, device) for data in frame.entries), now)
        self._sync.prefer((device,))
        return [Tell("lately", device)]

    def _read_what_was_shown(self, device: DeviceId) -> list[Effect]:
        effects: list[Effect] = []
        for other in self.lately.read(device):
            applied = self.book.apply(other)
            if applied.place is Place.FORK:
                effects += self._suspect(other, applied)
        return effects

    def _all_is_here(self) -> list[Effect]:
        """Whether nothing is to come any more; then nothing is shown beside the Book."""
        if not self._sync.complete():
            return []
        false = sorted(self.lately.settle() & self._readers)
        return [Blame(each, "listings in logs that it does not have", grave=False) for each in false]

    # Proofs ----------------------------------------

    def _heed(self, entry: Entry) -> list[Effect]:
        """A revocation counts wherever it is read, also in an entry that can not stand, and travels by itself."""
        body = entry.body
        return self._prove(revocation(entry.community, body)) if isinstance(body, Revoke) else []

    def _suspect(self, entry: Entry, applied: Applied) -> list[Effect]:
        if applied.other is not None:
            return self._prove(prove_fork(entry, applied.other))
        self._rivals[entry.device, entry.seq] = entry
        return [Recall(entry.device, entry.seq)]

    def _contradicted(self, stored: Entry) -> list[Effect]:
        rival = self._rivals.pop((stored.device, stored.seq), None)
        return self._prove(prove_fork(stored, rival)) if rival is not None and rival.id != stored.id else []

    def _shown(self, data: bytes, neighbour: NeighbourId) -> list[Effect]:
        """A proof somebody shows us."""
        try:
            proof = open_proof(data)
            if self.book.speaker(proof.device) is None and not self._heeds(neighbour):
                return []
            return self._prove(proof)
        except Rejected as why:
            return [Blame(neighbour, str(why))]

    def _prove(self, proof: Proof) -> list[Effect]:
        if not self.book.freeze(proof, rationed=True):
            return []
        self._sync.grew(proof.device)
        frame = wire.Proofs((proof.data,))
        ended = self._end(FORKED) if proof.device == self.device and not isinstance(proof, Revocation) else []
        told = (
            Tell("revoked", proof.device, "a member took the voice away from a device of theirs")
            if isinstance(proof, Revocation)
            else Tell("fork", proof.device, "a device has said two different things at one place of its log")
        )
        shown = (Send(neighbour, frame) for neighbour in sorted(self._readers))
        return [Keep(proof.about, proof.data), *shown, told, *ended]

    # Neighbours ----------------------------------------

    def _meet(self, neighbour: NeighbourId, near: bool, now: Millis) -> list[Effect]:
        """A link is up. Said again of one that stayed up: frames to them were dropped, among them perhaps heads that a
        later cursor covers, so they are told everything. What they told us still holds: to forget their hello would
        need another, and two who answer each other's hellos never end."""
        self._met.setdefault(neighbour, None)
        if near:
            self._near.add(neighbour)
        again = self._greet(neighbour, bytes(8), 0, now) if neighbour in self._readers else []
        return [self._introduction(neighbour), *again]

    def _greet(self, neighbour: NeighbourId, epoch: bytes, cursor: int, now: Millis) -> list[Effect]:
        """What a neighbour that may read gets first."""
        shown = [Send(neighbour, frame) for frame in wire.proofs(self.book.proofs())]
        heads = self._sync.greet(neighbour, epoch, cursor)
        places = self.peers.greet(neighbour, now, near=neighbour in self._near)
        return [*shown, *heads, *self.peers.again(now), *places, *self.post.joined(neighbour, now)]

    def _introduction(self, neighbour: NeighbourId) -> Send:
        epoch, cursor = self._sync.heard(neighbour)
        card = () if self._knows_us(neighbour) else tuple(self._card[seq] for seq in sorted(self._card))
        tag = wire.hello_tag(self.community, self.device, neighbour)
        return Send(neighbour, wire.Hello(tag, card, epoch, cursor))

    def _knows_us(self, neighbour: NeighbourId) -> bool:
        """Whether they told us their heads in this run: then they let us read, and have our card."""
        return self._sync.heard(neighbour)[0] != bytes(8)

    def _lose(self, neighbour: NeighbourId) -> list[Effect]:
        self._met.pop(neighbour, None)
        self._readers.discard(neighbour)
        self._near.discard(neighbour)
        self.peers.leave(neighbour)
        self._early.pop(neighbour, None)
        self._sync.leave(neighbour)
        self.post.left(neighbour)
        return self._spread.leave(neighbour)

    def _hello(self, said: wire.Hello, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        if said.tag != wire.hello_tag(self.community, neighbour, self.device):
            return [*self._lose(neighbour), Tell("drop", neighbour, "a neighbour of another community")]
        self._met[neighbour] = said
        effects = _until_wrong(self._arrive(data, neighbour, neighbour, now, pushed=True) for data in said.card)
        if said.epoch == bytes(8) and self._knows_us(neighbour):  # they began anew: perhaps with an empty disk
            effects += [Send(neighbour, wire.Push(self.device, data)) for _, data in sorted(self._card.items())]
        if neighbour in self._readers:  # they met us again, since frames to us were dropped
            # What we gave them came, or is given again in a minute: who says hello often is not given it each time.
            return effects + self._sync.greet(neighbour, said.epoch, said.cursor)
        return effects + self._know_neighbours(now)

    def _know_neighbours(self, now: Millis) -> list[Effect]:
        """Let neighbours read whose membership we can check by now."""
        effects: list[Effect] = []
        self.returning = self.returning and not self._knows_others()
        for neighbour, hello in list(self._met.items()):
            if hello is None or neighbour in self._readers or not self._belongs(neighbour, now):
                continue
            self._readers.add(neighbour)
            self._spread.join(neighbour)
            effects += self._greet(neighbour, hello.epoch, hello.cursor, now)
            early = tuple(self._early.pop(neighbour, {}).values())
            if early:
                heads = self._sync.in_full(neighbour, wire.Heads(bytes(8), 0, early))
                effects += self._lease.told(neighbour, heads, self.book.logs.get(self.device), now)
                effects += self._compare(neighbour, heads, now)
        return effects + self.post.known(now)

    def _knows_others(self) -> bool:
        known = self.book.members.all().values()
        return any(each.standing is not Standing.UNKNOWN and each.id != self.member for each in known)

    def _belongs(self, neighbour: NeighbourId, now: Millis) -> bool:
        """Whether a neighbour's device speaks for somebody who was let in, or holds an invitation by such. A newcomer
        who has read nothing yet takes the word of the device that invited them."""
        member = self.book.members.of_device.get(neighbour)
        if member is not None and self.book.successions.begins(neighbour) <= now:
            known = self.book.members.get(member)
            if known is not None and known.standing is not Standing.UNKNOWN:
                return True
        mine = [each for each in self.book.members.entrances() if each.device == self.device]
        return any(isinstance(each.body, Enter) and each.body.inviter == neighbour for each in mine)

    # Frames ----------------------------------------

    def _receive(self, data: bytes, neighbour: NeighbourId, now: Millis) -> list[Effect]:
        frame = self._opener.read(data)
        if frame is None or neighbour not in self._met:
            return []
        if isinstance(frame, wire.Hello):
            return self._hello(frame, neighbour, now)
        if self._met[neighbour] is None:
            return []
        if not self._heeds(neighbour) and not isinstance(frame, _SHOWS):
            if isinstance(frame, wire.Heads):
                early = self._early.setdefault(neighbour, {})
                early |= {head[0]: head for head in frame.heads[: limits.HEADS_MAX - len(early)]}
            return []
        match frame:
            case wire.Push():
                return self._arrive(frame.data, DeviceId(frame.device), neighbour, now, pushed=True)
            case wire.Heads():
                heads = self._sync.in_full(neighbour, frame)
                held = self._lease.told(neighbour, heads, self.book.logs.get(self.device), now)
                return held + self._compare(neighbour, heads, now)
            case wire.Entries(device, entries):
                parts = (self._arrive(entry, DeviceId(device), neighbour, now, pushed=False) for entry in entries)
                effects = _until_wrong(parts)
                effects += self._sync.arrived(neighbour, DeviceId(device), now)
                return effects + self._all_is_here() if self.lately else effects
            case wire.Proofs(proofs):
                return _until_wrong(self._shown(proof, neighbour) for proof in proofs)
            case wire.Want(ranges):
                return self._sync.wanted(neighbour, ranges)
            case wire.Look(cell):
                return self.lately.show(neighbour, cell, now) if neighbour in self._readers else []
            case wire.Lately():
                return self._shown_lately(frame, neighbour, now)
            case wire.Announce(ids):
                return self._spread.announced(ids, neighbour, now)
            case wire.Ask(ids):
                return self._spread.asked(ids, neighbour)
            case wire.Prune():
                return self._spread.pruned(neighbour)
            case wire.Peers(records):
                return self.peers.told(neighbour, records, now)
            case wire.Carry(carried):
                return self.post.carried(carried, neighbour, now)
            case wire.Receipts(receipts):
                return self.post.receipts(receipts, neighbour, now)
            case wire.Answers(answers):
                return self.post.answered(answers, neighbour, now)
            case _:
                assert_never(frame)

    def _compare(self, neighbour: NeighbourId, heads: wire.Heads, now: Millis) -> list[Effect]:
        wanted = self._sync.compare(neighbour, heads, now)
        return [*self._look(neighbour, now), *wanted] if wanted else wanted

    def _arrive(
        self, data: bytes, device: DeviceId, neighbour: NeighbourId, now: Millis, *, pushed: bool
    ) -> list[Effect]:
        """One entry from a neighbour, good or bad: what came before it in the same frame stands either way."""
        # The cheap questions first: most arrivals are repeats.
        if self._seen(data, device):
            return self._spread.repeated(neighbour) if pushed and neighbour in self._readers else []
        if not self._may_bring(neighbour, device, data):
            return []
        if self._pace.left(device, now) <= 0 and len(data) >= HEADER_BYTES:
            return self._sync.gap(neighbour, device, int.from_bytes(data[8:16], "big"), now)  # it is asked for later
        effects: list[Effect] = []
        try:
            self._take(effects, data, device, neighbour, now, pushed=pushed)
        except Contradicts as why:
            # An honest neighbour that holds the other branch of a fork sends this too: its entries before it prove it.
            seq = int.from_bytes(data[8:16], "big")
            effects.append(Blame(neighbour, str(why), grave=False))
            if seq:
                before = (device, max(0, seq - limits.GAP_ENTRIES_MAX), seq - 1)
                effects.append(Send(neighbour, wire.Want((before,))))
        except Rejected as why:
            effects.append(Blame(neighbour, str(why)))
        return effects

    def _take(
        self, effects: list[Effect], data: bytes, device: DeviceId, neighbour: NeighbourId, now: Millis, *, pushed: bool
    ) -> None:
        """Adds to `effects`: what a revocation does stays, also when the entry that carries it can not stand."""
        entry = self._opener.open(data, device)
        if device == self.device:
            effects += self._end(SET_BACK)  # not seen before, and signed by us
        if entry.forgotten:
            effects.append(Blame(neighbour, "an entry without its payload: what it said can not be read", grave=False))
            return
        if isinstance(entry.body, Revoke):
            effects += self._heed(entry)
        if isinstance(entry.body, Certificate) and self._pace.left(entry.body.member, now) <= 0:
            return  # one device more of a member who has said more than enough for now
        if entry.at > now + limits.FUTURE_MS_MAX:
            if len(self._future) < limits.FUTURE_ENTRIES_MAX:
                self._future[entry.id] = (entry, neighbour)
            effects.append(Wake(entry.at - limits.FUTURE_MS_MAX, FUTURE))
            effects.append(Tell("late", entry.id, "its time has not come yet"))
            return
        effects += self._stand(entry, neighbour, now, pushed=pushed)

    def _seen(self, data: bytes, device: DeviceId) -> bool:
        log = self.book.logs.get(device)
        if log is None or len(data) < HEADER_BYTES:
            return False
        seq = int.from_bytes(data[8:16], "big")
        if seq >= log.ids.size:
            return False
        known = self._opener.known(data, device)
        return log.ids[seq] == (known.id if known is not None else id_of(data, self.community, device))

    def _heeds(self, neighbour: NeighbourId) -> bool:
        """Whether we listen to all this neighbour says. One that may not read yet can only show who it is. A newcomer
        without a charter listens to anyone: all proves itself, and this is how they learn who belongs. So does a
        founder who was restored: they have the charter, and not the log of the device by which they let others in."""
        return neighbour in self._readers or not self.book.members.founded or self.returning

    def _may_bring(self, neighbour: NeighbourId, device: DeviceId, data: bytes) -> bool:
        """Logs of which nothing stands yet are few, and who may not read yet brings the beginning of its own."""
        strange = device not in self.book.logs and device not in self.book.waiting
        if strange and len(self.book.waiting) >= limits.UNVOUCHED_LOGS_MAX and device != neighbour:
            return False
        if self._heeds(neighbour):
            return True
        return device == neighbour and int.from_bytes(data[8:16], "big") < limits.UNVOUCHED_ENTRIES_MAX

    # Time ----------------------------------------

    def _wake(self, reason: str, now: Millis) -> list[Effect]:
        match reason:
            case "heal":
                return self._heal(now)
            case "flush":
                return self._spread.flush(now)
            case "pull":
                return self._spread.pull(now)
            case "ask again":
                return self._sync.again(now)
            case "tell heads":
                return self._sync.tell_all()
            case "started":
                effects = self._say_everything(now, judge=False)
                effects += [*self._heirs_later(now), *self.post.look(now)]
                return [*effects, Wake(now + JUDGE_AFTER_MS, JUDGE), Wake(now + limits.HEAL_EVERY_MS, HEAL)]
            case "judge":
                return [*self._say_everything(now, judge=True), *self._judge_again(now), *self._count_later(now)]
            case "future":
                return self._ripe(now)
            case "place":
                return self.peers.again(now)
            case "lease":
                return self._look_at_lease(now)
            case "heirs":
                return [*self._know_neighbours(now), *self._heirs_later(now)]
            case "letters":
                return self.post.look(now)
            case _:
                raise AssertionError(f"woken for {reason!r}, which nobody asked for")

    def _say_everything(self, now: Millis, *, judge: bool) -> list[Effect]:
        member = self.member
        if member is None:
            return []
        at = self._time(now)
        return self._say(lambda: reflexes.everything(self.book, member, self._key, at, judge=judge), at)

    def _judge_again(self, now: Millis) -> list[Effect]:
        """A driver keeps one time for each reason, the earliest; so at each the next one is asked for."""
        member = self.member
        return self._judge_later(self.book.agreements.of_member.get(member, ()), member, now) if member else []

    def _judge_later(self, agreements: Iterable[EntryId], member: MemberId, now: Millis) -> list[Effect]:
        due = reflexes.next_deadline(self.book, agreements, member, self.device, now)
        return [Wake(due, JUDGE)] if due is not None else []

    def _count_later(self, now: Millis) -> list[Effect]:
        due = sealing.next_count(self.book, self.device, now)
        return [Wake(due, JUDGE)] if due is not None else []

    def _heal(self, now: Millis) -> list[Effect]:
        """Compare notes with one neighbour after the other; less and less often while nothing is new."""
        doublings = min(max(0, self._calm - len(self._readers)), limits.HEAL_DOUBLINGS)
        self._calm += 1
        effects: list[Effect] = [Wake(now + (limits.HEAL_EVERY_MS << doublings), HEAL)]
        neighbours = self._sync.neighbours()
        if neighbours:
            self._turn += 1
            effects += self._sync.tell(neighbours[self._turn % len(neighbours)])
        return effects

    def _ripe(self, now: Millis) -> list[Effect]:
        waiting, self._future = self._future, {}
        effects: list[Effect] = []
        for entry, neighbour in waiting.values():
            if entry.at > now + limits.FUTURE_MS_MAX:
                self._future[entry.id] = (entry, neighbour)
                effects.append(Wake(entry.at - limits.FUTURE_MS_MAX, FUTURE))
                continue
            try:
                effects += self._stand(entry, neighbour, now, pushed=False)
            except Rejected as why:
                effects.append(Blame(neighbour, str(why)))
        return effects

    def _restore(self, entry: Entry) -> None:
        """Our own store is trusted, but read by the same door. What a snapshot knew may come again, for our card."""
        applied = self.book.apply(entry)
        for new in applied.entries:
            self._sync.grew(new.device)
        if entry.device == self.device and entry.seq < 2 and applied.place in (Place.NEXT, Place.SEEN):
            self._card[entry.seq] = entry.data


def _until_wrong(parts: Iterable[list[Effect]]) -> list[Effect]:
    """What comes of the parts of a frame, up to the first that no honest node could have sent. Who sends one may have
    sent a thousand, and each would be looked into; what stood before it still stands."""
    effects: list[Effect] = []
    for part in parts:
        effects += part
        if part and isinstance(last := part[-1], Blame) and last.grave:
            break
    return effects
