"""Listings: offers and needs, how long they stand, and how much of them is left.

A listing belongs to the device whose log holds it; another device of the member takes it over by renewing it. What is
left of it follows from what its owner has signed, and from nothing else: their own proposals until these must be
answered, and the agreements they are bound by.
Spec: docs/spec/listings.md. Vectors: tests/vectors/listings/.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import Commitment, Listing, Renew, Withdraw
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, LISTING_MS_MAX
from ruil.protocol.record import Record
from ruil.protocol.slots import most_given, most_got, reserves


@dataclass(frozen=True, slots=True)
class Listed:
    """A listing as its member's logs leave it. Times in ms since 1970. `keepers`: whose log orders what is reserved of
    it, from which record on."""

    id: EntryId
    member: MemberId
    at: Millis
    body: Listing
    ends: int
    withdrawn: bool
    keepers: tuple[tuple[tuple[int, bytes, int], DeviceId], ...]
    counted: tuple[EntryId, ...] = ()  # the sealed bids that count; none before their time is over
    counted_at: int | None = None
    renewed: Record | None = None  # what says until when it stands, if the listing itself does not

    @property
    def keeper(self) -> DeviceId:
        """The device that keeps it now: the one that posted it, or the latest that renewed it."""
        return self.keepers[-1][1]

    def keeper_at(self, order: tuple[int, bytes, int]) -> DeviceId:
        """The device that kept it when a record with this order was signed."""
        return next((device for since, device in reversed(self.keepers) if since <= order), self.keepers[0][1])

    def open_at(self, now: Millis) -> bool:
        """Whether it stands at `now`: not withdrawn, not over. One that begins later can be agreed on already."""
        return not self.withdrawn and now < self.ends


class Listings:
    """All listings, from the records of all logs in any order."""

    def __init__(self) -> None:
        self._first: dict[EntryId, Record] = {}
        self._later: dict[EntryId, list[Record]] = {}
        self._cache: dict[EntryId, Listed] = {}
        self._bidding: dict[EntryId, None] = {}  # those that take bids, in the order of reading
        self._ending: dict[int, dict[EntryId, None]] = {}  # by a day on which they may end

    def add(self, record: Record) -> None:
        """Take in a `Listing`, `Renew` or `Withdraw`."""
        body, listing = record.body, record.ref
        if body.__class__ is Listing:
            listing = record.id
            self._first[listing] = record
            if body.bids_until is not None:
                self._bidding[listing] = None
        elif listing is None:
            return
        else:
            self._later.setdefault(listing, []).append(record)
            self._cache.pop(listing, None)
            if body.__class__ is not Renew:
                return
        ends, latest = body.ends, record.at + LISTING_MS_MAX
        day = (ends if ends < latest else latest) // DAY
        ending = self._ending.get(day)
        if ending is None:
            ending = self._ending[day] = {}
        ending[listing] = None

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        if isinstance(record.body, Listing):
            del self._first[record.id]
            self._bidding.pop(record.id, None)
            self._cache.pop(record.id, None)
        elif record.ref is not None:
            self._later[record.ref].remove(record)
            self._cache.pop(record.ref, None)

    def trim(self, record: Record) -> None:
        """The same listing in fewer words."""
        if record.id in self._first:
            self._first[record.id] = record
            self._cache.pop(record.id, None)

    def get(self, listing: EntryId) -> Listed | None:
        """The listing with this id; None when its entry has not arrived."""
        known = self._cache.get(listing)
        if known is None and listing in self._first:
            known = self._cache[listing] = _fold(self._first[listing], self._later.get(listing, ()))
        return known

    def taking_bids(self) -> Iterable[Listed]:
        """Every listing for which bids were ever asked, in no promised order."""
        for listing in self._bidding:
            known = self.get(listing)
            assert known is not None
            yield known

    def open(self, now: Millis) -> Iterable[Listed]:
        """Every listing that stands at `now`, each once, in no promised order. Of those that are over only what ended
        today is looked at."""
        days = sorted(day for day in self._ending if day >= now // DAY)
        for listing in {listing: None for day in days for listing in self._ending[day]}:
            known = self.get(listing)
            if known is not None and known.open_at(now):
                yield known

    def all(self) -> Iterable[Listed]:
        """Every listing ever read, in no promised order."""
        for listing in self._first:
            known = self.get(listing)
            assert known is not None
            yield known


def _fold(first: Record, later: Iterable[Record]) -> Listed:
    assert isinstance(first.body, Listing)
    ends, withdrawn = min(first.body.ends, first.at + LISTING_MS_MAX), False
    keepers = [(first.order, first.device)]
    counted: Record | None = None
    renewed: Record | None = None
    for record in sorted(later, key=lambda record: record.order):
        if record.member != first.member or withdrawn:
            continue
        if isinstance(record.body, Withdraw):
            withdrawn = True
        elif isinstance(record.body, Renew):
            ends, renewed = min(record.body.ends, record.at + LISTING_MS_MAX), record
            if record.device != keepers[-1][1]:
                keepers.append((record.order, record.device))
            if counted is None and record.body.bids and _may_count(first, record):
                counted = record
    bids = counted.body.bids if counted is not None and isinstance(counted.body, Renew) else ()
    at = counted.at if counted is not None else None
    return Listed(first.id, first.member, first.at, first.body, ends, withdrawn, tuple(keepers), bids, at, renewed)


def _may_count(first: Record, record: Record) -> bool:
    """Whether this can say which bids count: the device that asked for them, once their time is over. A new device may
    begin at any time it likes, and so could count anew what was opened."""
    assert isinstance(first.body, Listing)
    until = first.body.bids_until
    return until is not None and record.device == first.device and record.at > until


def lends(listed: Listed, commitment: Commitment) -> bool:
    """Whether a commitment reserves a listing from its owner: for a span of time, and it is free before and after."""
    lent = listed.body.lent is not None and commitment.listing == listed.id
    return lent and commitment.provider == listed.member and reserves(commitment)


def left(listing: Listed, agreements: Iterable[Agreement], now: Millis) -> int:
    """How many units of a listing nobody holds at `now`: never below 0.

    `agreements` are those that name it. Only promises by its owner count for an offer, and to its owner for a need.
    """
    held = 0
    for agreement in agreements:
        state = agreement.state_at(now)
        owner_signed = listing.member in agreement.signed
        if state is State.COMPLETED or (state in (State.PROPOSED, State.AGREED) and owner_signed):
            promised = True
        elif state.ended:
            promised = False
        else:
            continue
        if state is State.PROPOSED:
            moved = (most_given if listing.body.role == "offer" else most_got)(agreement.proposal, listing.member)
            held += sum(amount for term, amount in moved if term.listing == listing.id)
        for index, commitment in enumerate(agreement.commitments):
            owner = commitment.provider if listing.body.role == "offer" else commitment.receiver
            if lends(listing, commitment):  # free before and after, and as soon as it is given back
                held += (
                    commitment.quantity if not state.ended and (commitment.begins or 0) <= now < commitment.due else 0
                )
                continue
            if index in agreement.struck:
                continue
            if commitment.listing == listing.id and owner == listing.member:
                held += commitment.quantity if promised else agreement.received[index]
    return max(0, listing.body.quantity - held)
