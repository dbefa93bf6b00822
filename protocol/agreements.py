"""Agreements: THE KERNEL. A proposal that everybody signs, or nobody is bound.

All agreements of a Book, each folded (turns.py) from what was said about it over the table of its life (agreement.py).
Our own drafts are folded the same way before they are signed, so we are never kinder to ourselves.
Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.ballots import Around
from ruil.protocol.bodies import Close, Join, Propose, Vote
from ruil.protocol.clearing import Cleared
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Position, stands
from ruil.protocol.listings import Listed, Listings
from ruil.protocol.memo import Memo
from ruil.protocol.motions import Moved
from ruil.protocol.record import Record
from ruil.protocol.reservations import NOTHING_SIGNED, Held, Verdict, judge, spans
from ruil.protocol.slots import Joined, lent, named_listings, rolled
from ruil.protocol.turns import fold


class Agreements:
    """All agreements, from the records of all logs in any order. `listings`: what is lent, and whose it is. `around`:
    what else an agreement turns on. `folds`: what other Books of this process folded from the same. `decide`: called
    before an agreement is looked at."""

    def __init__(
        self,
        listings: Listings,
        around: Around,
        folds: Memo[Hashable, Agreement] | None = None,
        decide: Callable[[], None] = lambda: None,
    ) -> None:
        self._listings = listings
        self._around = around
        self._folds = folds
        self._decide = decide
        self._voted: dict[EntryId, int] = {}  # how many votes and closes that count votes there are on an agreement
        self._seats: dict[
            DeviceId, dict[EntryId, int]
        ] = {}  # in which closes a device has seats or votes, and how many
        self._clearings: dict[EntryId, list[EntryId]] = {}  # by agreement: proposals that would set something of it off
        self._proposals: dict[EntryId, Record] = {}
        self._said: dict[EntryId, list[Record]] = {}
        self._joiners: dict[EntryId, list[MemberId]] = {}  # one for each join, so that one can be taken back
        self._open: dict[EntryId, None] = {}  # proposals with open places, in the order of reading
        self._motions: dict[EntryId, None] = {}  # in the order of reading
        self.opened_last = -1  # the latest time at which anything was opened that is voted on
        self._mediated: dict[EntryId, None] = {}  # proposals that name a mediator, in the order of reading
        self._closes: dict[EntryId, int] = {}  # how many there are of each proposal
        self._rounds: dict[EntryId, list[EntryId]] = {}  # open proposals that take the place of this one
        self._cache: dict[EntryId, Agreement] = {}
        self._held: dict[EntryId, dict[EntryId, Held | None]] = {}  # by listing and agreement: what the owner signed
        self._verdicts: dict[EntryId, Verdict] = {}  # by listing: whose span was promised to others before
        self._news: set[EntryId] = set()  # listings to be judged again
        self._refused: dict[EntryId, Agreement] = {}  # those, without the owner's signature
        self.of_member: dict[MemberId, dict[EntryId, int]] = {}  # and how often they are named in it
        self.of_listing: dict[EntryId, list[EntryId]] = {}
        self._changed: set[EntryId] = set()

    def add(self, record: Record) -> None:
        """Take in a proposal or what is said about one."""
        body = record.body
        if isinstance(body, Propose):
            self._proposals[record.id] = record
            for member in _named(body):
                self._has_a_say(record.id, member)
            if body.slots:
                self._open[record.id] = None
            if body.motion is not None:
                self._motions[record.id] = None
            if body.motion is not None or any(term.voted for slot in body.slots for term in slot.terms):
                self.opened_last = max(self.opened_last, record.at)
            if body.mediator is not None:
                self._mediated[record.id] = None
            for listing in named_listings(body):
                self.of_listing.setdefault(listing, []).append(record.id)
            for debt in _debts(body):
                self._clearings.setdefault(debt, []).append(record.id)
            if body.replaces is not None:
                self._said.setdefault(body.replaces, []).append(record)
                if body.slots:
                    self._rounds.setdefault(body.replaces, []).append(record.id)
                    for joiner in self._joiners.get(body.replaces, ()):
                        self._join(record.id, joiner)
                self._forget(body.replaces)
            self._forget(record.id)
        elif record.ref is not None:
            self._said.setdefault(record.ref, []).append(record)
            if isinstance(body, Join):
                self._join(record.ref, record.member)
            elif isinstance(body, Vote | Close):
                self._counts(record.ref, body, 1)
            self._forget(record.ref)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        body = record.body
        about = body.replaces if isinstance(body, Propose) else record.ref
        if isinstance(body, Propose):
            self._forget(record.id)  # while it is still known what it reserved and set off
            del self._proposals[record.id]
            self._open.pop(record.id, None)
            self._motions.pop(record.id, None)
            self._mediated.pop(record.id, None)
            for member in _named(body):
                self._has_no_say(record.id, member)
            for listing in named_listings(body):
                self.of_listing[listing].remove(record.id)
            for debt in _debts(body):
                self._clearings[debt].remove(record.id)
            if body.replaces is not None and body.slots:
                for joiner in self._joiners.get(body.replaces, ()):
                    self._unjoin(record.id, joiner)
                self._rounds[body.replaces].remove(record.id)
        elif isinstance(body, Join) and about is not None:
            self._unjoin(about, record.member)
        elif isinstance(body, Vote | Close) and about is not None:
            self._counts(about, body, -1)
        if about is not None:
            self._said[about].remove(record)
            self._forget(about)

    def _counts(self, agreement: EntryId, body: Vote | Close, by: int) -> None:
        """A vote is cast, or a close has seats: of whom it turns on what other logs say."""
        if isinstance(body, Close):
            self._closes[agreement] = self._closes.get(agreement, 0) + by
        named = [] if isinstance(body, Vote) else [stands(at) for at in _positions(body)]
        if isinstance(body, Vote) or body.votes or any(seat.votes for seat in body.seats):
            self._voted[agreement] = self._voted.get(agreement, 0) + by
        for device, _ in named:
            closes = self._seats.setdefault(device, {})
            closes[agreement] = closes.get(agreement, 0) + by

    def named(self, device: DeviceId) -> bool:
        """Whether a close has seats for, or counts, what stands in this log."""
        return any(self._seats.get(device, {}).values())

    def cut(self, device: DeviceId) -> None:
        """A log was cut: look again at the closes that name something in it."""
        for agreement, seats in self._seats.get(device, {}).items():
            if seats:
                self._forget(agreement)

    def _join(self, agreement: EntryId, member: MemberId) -> None:
        """Somebody joined it, and may stay in every later round of it."""
        for each in self._with_later_rounds(agreement):
            self._joiners.setdefault(each, []).append(member)
            self._has_a_say(each, member)

    def _unjoin(self, agreement: EntryId, member: MemberId) -> None:
        for each in self._with_later_rounds(agreement):
            self._joiners[each].remove(member)
            self._has_no_say(each, member)

    def _has_a_say(self, agreement: EntryId, member: MemberId) -> None:
        named = self.of_member.setdefault(member, {})
        named[agreement] = named.get(agreement, 0) + 1

    def _has_no_say(self, agreement: EntryId, member: MemberId) -> None:
        named = self.of_member[member]
        named[agreement] -= 1
        if not named[agreement]:
            del named[agreement]

    def _with_later_rounds(self, agreement: EntryId) -> list[EntryId]:
        rounds = [agreement]
        for each in rounds:
            rounds += self._rounds.get(each, ())
        return rounds

    def _forget(self, agreement: EntryId) -> None:
        """Fold it anew when it is asked for next, and what rests on it: every later round, since who joined may stay
        in, and what it sets off. Each once: more paths can lead to one agreement than could be walked."""
        waiting, seen = [agreement], set()
        while waiting:
            each = waiting.pop()
            if each in seen:
                continue
            seen.add(each)
            self._cache.pop(each, None)
            self._refused.pop(each, None)
            self._changed.add(each)
            waiting += self._rounds.get(each, ())
            proposal = self.proposal(each)
            if proposal is not None:
                waiting += [debt for debt in _debts(proposal) if not self._clears(debt)]
                self._reserves_anew(each, proposal)

    def _clears(self, agreement: EntryId) -> bool:
        """Whether it is a clearing: of those nothing can be set off."""
        proposal = self.proposal(agreement)
        return proposal is not None and proposal.clearing

    def voters_changed(self) -> None:
        """Somebody was let in, or is no longer: look again at who could vote."""
        for agreement, votes in self._voted.items():
            if votes:
                self._forget(agreement)

    def mediated_anew(self) -> None:
        """What the charter says about a mediator's word is news: look again at all that name one."""
        for agreement in self._mediated:
            self._forget(agreement)

    def _reserves_anew(self, agreement: EntryId, proposal: Propose) -> None:
        for listing in lent(proposal):
            self._held.get(listing, {}).pop(agreement, None)
            self._news.add(listing)

    def relisted(self, listing: EntryId) -> None:
        """Something about a listing is news, who keeps it or that it is there: look again at who reserved it when."""
        if self.of_listing.get(listing):
            self._held.pop(listing, None)
            self._news.add(listing)

    @property
    def changed(self) -> set[EntryId]:
        """What may be otherwise than when somebody last emptied this: what credit has to look at again."""
        self._decide()
        for listing in list(self._news):
            self.reserved(listing)
        return self._changed

    def proposal(self, agreement: EntryId) -> Propose | None:
        """What was proposed, without looking at what became of it; None when it has not arrived."""
        first = self._proposals.get(agreement)
        return first.body if first is not None and isinstance(first.body, Propose) else None

    def involved(self, agreement: EntryId) -> Collection[MemberId]:
        """Who has a say in it: its parties, and who joined. Empty when its proposal has not arrived."""
        proposal = self.proposal(agreement)
        if proposal is None:
            return ()
        joiners = self._joiners.get(agreement)
        return proposal.parties if not joiners else {*proposal.parties, *joiners}

    def proposals(self) -> Iterable[Propose]:
        """Every proposal ever read, in no promised order."""
        for first in self._proposals.values():
            assert isinstance(first.body, Propose)
            yield first.body

    def get(self, agreement: EntryId) -> Agreement | None:
        """The agreement with this id; None when its proposal has not arrived."""
        known = self._alone(agreement)
        if known is None or not known.lent:
            return known
        refused = self._refusing(known)
        if not refused:
            return known
        if agreement not in self._refused:
            self._refused[agreement] = self._fold(agreement, refused=refused)
        return self._refused[agreement]

    def _refusing(self, known: Agreement) -> Collection[MemberId]:
        """The owners of what it reserves who had promised that to others before."""
        found = set()
        for listing in known.lent:
            listed = self._listings.get(listing)
            if listed is not None and known.id in self.reserved(listing).twice:
                found.add(listed.member)
        return found

    def _alone(self, agreement: EntryId) -> Agreement | None:
        """The agreement as it would be if nothing else had been promised."""
        self._decide()
        known = self._cache.get(agreement)
        if known is None and agreement in self._proposals:
            for each in self._earlier_rounds(agreement):
                known = self._cache[each] = self._fold(each)
        return known

    def reserved(self, listing: EntryId) -> Verdict:
        """What its owner has signed about a listing that is lent, and which of it stands."""
        if listing in self._news:
            listed = self._listings.get(listing)
            before = self._verdicts.get(listing, NOTHING_SIGNED)
            after = judge(listed.body.quantity, self._signed(listed), before) if listed is not None else NOTHING_SIGNED
            self._verdicts[listing] = after
            self._changed |= before.twice ^ after.twice
            self._news.discard(listing)
        return self._verdicts.get(listing, NOTHING_SIGNED)

    def _signed(self, listed: Listed) -> Iterator[Held]:
        """What the owner of a listing has signed about it, as if nothing was promised twice."""
        known = self._held.setdefault(listed.id, {})
        for each in self.of_listing.get(listed.id, ()):
            if each not in known:
                known[each] = self._hold(listed, each)
            held = known[each]
            if held is not None:
                yield held

    def _hold(self, listed: Listed, agreement: EntryId) -> Held | None:
        known = self._alone(agreement)
        assert known is not None
        reserved, signature = spans(known.proposal, listed), self._signature(known, listed.member)
        if not reserved or signature is None:
            return None
        kept = listed.keeper_at(signature.order) == signature.device
        return Held(agreement, signature.id, kept, signature.order, reserved, known.over_from)

    def _signature(self, known: Agreement, member: MemberId) -> Record | None:
        if known.proposer == member:
            return self._proposals[known.id]
        signed = known.accepted.get(member)
        return next((record for record in self._said.get(known.id, ()) if record.id == signed), None)

    def _earlier_rounds(self, agreement: EntryId) -> list[EntryId]:
        """What has to be folded before it, and itself: the first round first."""
        rounds = [agreement]
        while (before := self._round_before(rounds[-1])) is not None and before not in self._cache:
            rounds.append(before)
        return rounds[::-1]

    def _round_before(self, agreement: EntryId) -> EntryId | None:
        """The open proposal of the same device that this open proposal takes the place of, if it is the first to."""
        first = self._proposals[agreement]
        assert isinstance(first.body, Propose)
        before = self._proposals.get(first.body.replaces) if first.body.replaces and first.body.slots else None
        if before is None or before.device != first.device or before.seq > first.seq:
            return None
        rounds = (self._proposals[each] for each in self._rounds[before.id])
        # A join stays in for one next round: two of them could bind who said so twice.
        return None if any(each.device == first.device and each.seq < first.seq for each in rounds) else before.id

    def _fold(self, agreement: EntryId, *said: Record, refused: Collection[MemberId] = ()) -> Agreement:
        first, before = self._proposals[agreement], self._round_before(agreement)
        carried: list[Joined] = []
        if before is not None:
            earlier = self._cache[before]
            assert isinstance(first.body, Propose)
            if not earlier.was_agreed():
                carried = rolled(earlier.proposal, first.body, earlier.staying())
        records = [*self._said.get(agreement, ()), *said]
        cleared = self._set_off(first)
        if self._folds is None or said:
            return fold(first, records, carried, refused, cleared, self._around)
        heard = frozenset((each.id, each.member) for each in records)
        around = frozenset(self._turns_on(first, records))
        key = (agreement, heard, tuple(each.id for each in carried), frozenset(refused), frozenset(cleared), around)
        known = self._folds.get(key)
        if known is None:
            known = self._folds.keep(key, fold(first, records, carried, refused, cleared, self._around))
        return known

    def _turns_on(self, first: Record, records: Iterable[Record]) -> Iterator[Hashable]:
        """What of other logs a fold of these turns on: who belonged here, which seats and votes are lost, how many it
        takes."""
        if self._around.removed(first.member, first.at):
            yield first.id
        if first.id in self._mediated:
            yield self._around.binds(first.at)
        if first.id in self._motions:
            yield self._around.needed(first), self._around.belonged(first.member, first.at)
            yield self._around.moves(first.device)
        for record in records:
            if self._around.removed(record.member, record.at):
                yield record.id
            if isinstance(record.body, Vote):
                yield record.member, self._around.belonged(record.member, first.at)
            elif isinstance(record.body, Close):
                yield record.id, self._around.judged(record.id)
                for at in _positions(record.body):
                    device, seq = stands(at)
                    if self._around.lost(device, seq):
                        speaks = self._around.speaks(device)
                        yield at, speaks, speaks is not None and self._around.belonged(speaks, first.at)
                        yield at, self._around.revoked(device, first.at)

    def all(self) -> Iterable[Agreement]:
        """Every agreement ever read, in no promised order."""
        for agreement in self._proposals:
            known = self.get(agreement)
            assert known is not None
            yield known

    def open(self) -> Iterable[Agreement]:
        """Every proposal that ever had open places, in no promised order."""
        for agreement in self._open:
            known = self.get(agreement)
            assert known is not None
            yield known

    def _set_off(self, first: Record) -> list[Cleared]:
        """What clearings set off of an agreement. Of a clearing nothing is: it is done as soon as it binds."""
        assert isinstance(first.body, Propose)
        made: list[Cleared] = []
        for clearing in self._clearings.get(first.id, ()) if not first.body.clearing else ():
            known = self.get(clearing)
            assert known is not None
            if known.state is not State.COMPLETED or known.agreed_at is None:
                continue
            for each in known.commitments:
                if each.clears is not None and each.clears.agreement == first.id:
                    ends = each.provider, each.receiver
                    made.append(Cleared(each.clears.commitment, each.quantity, *ends, known.agreed_at, clearing))
        return made

    def clearings(self, agreement: EntryId) -> Collection[EntryId]:
        """The proposals that would set something of an agreement off."""
        return self._clearings.get(agreement, ())

    def try_out(self, record: Record) -> str | None:
        """Why this record, if it were said, would not count; None when it would. Changes nothing."""
        body = record.body
        about = body.replaces if isinstance(body, Propose) else record.ref
        if about is None:
            return None
        known = self.get(about)
        if known is None:
            return "that proposal is not known here yet"
        if isinstance(body, Propose) and body.slots and known.state.ended and not known.was_agreed():
            return None  # another round of what bound nobody takes the place of nothing that stands
        return self._fold(about, record, refused=self._refusing(known)).out_of_turn.get(record.id)

    def motions(self) -> Iterator[Moved]:
        """Every motion, with all that was said about it."""
        for motion in self._motions:
            yield Moved(self._proposals[motion], self._said.get(motion, ()))

    def closed_motions(self) -> bool:
        """Whether any motion was closed: only then something may have been carried."""
        return any(self._closes.get(motion) for motion in self._motions)

    def closed_motion(self, about: EntryId | None) -> bool:
        """Whether this is a motion that was closed: before that, nothing said about it decides anything."""
        return about in self._motions and bool(self._closes.get(about))

    def moves(self, about: EntryId | None) -> bool:
        """Whether this is a motion."""
        return about in self._motions

    def signed_anew(self, member: MemberId) -> None:
        """Whether somebody's signatures count is news: look again at all that they have a say in."""
        for agreement in self.of_member.get(member, ()):
            self._forget(agreement)

    def naming(self, listing: EntryId) -> list[Agreement]:
        """The agreements about a listing."""
        found = (self.get(agreement) for agreement in self.of_listing.get(listing, ()))
        return [agreement for agreement in found if agreement is not None]


def _positions(close: Close) -> Iterator[Position]:
    """Where all stands that a close has seats for, or counts."""
    yield from close.votes
    for seat in close.seats:
        yield seat.at
        yield from seat.votes


def _debts(proposal: Propose) -> set[EntryId]:
    """The agreements of which a clearing would set something off."""
    return {each.clears.agreement for each in proposal.commitments if each.clears is not None}


def _named(proposal: Propose) -> tuple[MemberId, ...]:
    """Whose business it is: the parties and the mediators."""
    return (*proposal.parties, *(each for each in (proposal.mediator, proposal.backup) if each is not None))
