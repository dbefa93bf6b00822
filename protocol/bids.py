"""Bids: sealed offers for what somebody needs, which all open together.

    Listing with bids_until --Bid, Bid, Bid--> Renew that names them --> Propose, Propose: each fits its seal

A bid is a whole proposal under a seal. Which bids count the log of the device that asked for them says, before any of
them can be read; so nobody bids late by a date in the past. An opened bid is a proposal like every other: the owner
accepts whichever they like, and the kernel does the rest.
Spec: docs/spec/bids.md. Vectors: tests/vectors/bids/.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from msgspec.structs import replace

from ruil.crypto.contexts import BID
from ruil.crypto.hashes import blake2b
from ruil.protocol.agreement import when
from ruil.protocol.bodies import Bid, Propose, encode
from ruil.protocol.ids import DeviceId, EntryId, MemberId
from ruil.protocol.limits import BID_OPEN_MS
from ruil.protocol.listings import Listed
from ruil.protocol.record import Record


class Fate(Enum):
    """What became of a bid."""

    SEALED = "sealed"  # nobody can read it before the bids are counted
    REPLACED = "replaced"  # by a later one of the same bidder
    LATE = "too late"
    LEFT_OUT = "left out"  # it was said in time, and the owner counted without it
    COUNTED = "counted"  # and can be opened
    OPENED = "opened"
    UNOPENED = "not opened"  # counted, and not opened in time


@dataclass(frozen=True, slots=True)
class Sealed:
    """One bid, and where it stands. `opened`: the proposal that was in it."""

    record: Record
    fate: Fate
    opened: EntryId | None = None

    def fate_at(self, listed: Listed, now: int) -> Fate:
        """Where it stands at `now`, with the time that has passed."""
        over = listed.counted_at is not None and now > listed.counted_at + BID_OPEN_MS
        return Fate.UNOPENED if self.fate is Fate.COUNTED and over else self.fate


def bid_seal(listing: EntryId, bidder: MemberId, proposal: Propose, nonce: bytes) -> bytes:
    """What a `Bid` commits to: the proposal that will open it, as its payload is without the opening. `nonce` is 16
    secret bytes: sums of money are easily guessed."""
    return blake2b(BID, listing, bidder, nonce, encode(replace(proposal, opens=None)))


class Bids:
    """All bids, from the records of all logs in any order."""

    def __init__(self) -> None:
        self._bids: dict[EntryId, list[Record]] = {}  # by listing
        self._openings: dict[EntryId, list[Record]] = {}  # by bid

    def add(self, record: Record) -> None:
        """Take in a `Bid`, or a `Propose` that opens one."""
        if isinstance(record.body, Propose) and record.body.opens is not None:
            self._openings.setdefault(record.body.opens.bid, []).append(record)
        elif isinstance(record.body, Bid) and record.ref is not None:
            self._bids.setdefault(record.ref, []).append(record)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        if isinstance(record.body, Propose) and record.body.opens is not None:
            self._openings[record.body.opens.bid].remove(record)
        elif isinstance(record.body, Bid) and record.ref is not None:
            self._bids[record.ref].remove(record)

    def listings(self) -> Collection[EntryId]:
        """For what somebody has bid, in no promised order."""
        return [listing for listing, said in self._bids.items() if said]

    def by(self, device: DeviceId, listing: EntryId) -> bool:
        """Whether a device has bid for a need."""
        return any(each.device == device for each in self._bids.get(listing, ()))

    def on(self, listed: Listed) -> list[Sealed]:
        """Every bid for a need, the first first."""
        until = listed.body.bids_until
        said = sorted(self._bids.get(listed.id, ()), key=lambda record: record.order)
        if until is None:
            return []
        in_time = [each for each in said if each.at <= until and each.member != listed.member]
        counting = in_time if listed.counted_at is None else [each for each in in_time if each.id in listed.counted]
        last = {each.member: each.id for each in counting}
        return [self._judged(listed, each, in_time, last) for each in said if each.member != listed.member]

    def _judged(
        self, listed: Listed, record: Record, in_time: Collection[Record], last: dict[MemberId, EntryId]
    ) -> Sealed:
        if record not in in_time:
            return Sealed(record, Fate.LATE)
        if last.get(record.member) != record.id:
            return Sealed(record, Fate.REPLACED if record.member in last else Fate.LEFT_OUT)
        if listed.counted_at is None:
            return Sealed(record, Fate.SEALED)
        found = sorted(self._openings.get(record.id, ()), key=lambda each: each.order)
        opened = next((each.id for each in found if opens(listed, record, each)), None)
        return Sealed(record, Fate.COUNTED if opened is None else Fate.OPENED, opened)

    def at(self, listed: Listed, bid: EntryId) -> Sealed | None:
        """One bid for a need; None when it is not known."""
        return next((each for each in self.on(listed) if each.record.id == bid), None)


def opens(listed: Listed, bid: Record, opening: Record) -> bool:
    """Whether a proposal is what was in a bid that counts, and came in time: who opens last has read all others."""
    assert isinstance(bid.body, Bid)
    assert isinstance(opening.body, Propose)
    said = opening.body
    return (
        said.opens is not None
        and listed.counted_at is not None
        and opening.at <= listed.counted_at + BID_OPEN_MS
        and opening.member == bid.member
        and bid_seal(listed.id, bid.member, said, said.opens.nonce) == bid.body.seal
    )


# What a member's own node refuses to say ----------------------------------------


def why_no_bid(listed: Listed, bidder: MemberId, now: int) -> str | None:
    """Why nobody would count a bid of theirs for this; None when it would be one."""
    title, until = listed.body.title, listed.body.bids_until
    if until is None:
        return f"{title!r} takes no sealed bids: make a proposal"
    if listed.member == bidder:
        return "that need is your own: others bid for it"
    if listed.withdrawn:
        return f"{title!r} is over: it was withdrawn"
    return (
        f"bids for {title!r} were taken until {when(until)}" if now > until or listed.counted_at is not None else None
    )


def why_no_count(
    listed: Listed, named: Collection[EntryId], known: Collection[Sealed], *, posted: bool, at: int
) -> str | None:
    """Why a renewal that names these bids would count none. `posted`: whether this device posted the need."""
    until = listed.body.bids_until
    if until is None:
        return "that listing takes no sealed bids"
    if not posted:
        return "only the device that asked for bids can count them"
    if at <= until:
        return f"bids are taken until {when(until)}, and counted then"
    if listed.counted_at is not None:
        return "the bids for this are counted already"
    if {*named} - {each.record.id for each in known if each.fate is Fate.SEALED}:
        return "of each bidder the last bid counts that came in time, and no other"
    return None


def why_unopened(listed: Listed, sealed: Sealed, opening: Record) -> str | None:
    """Why a proposal would not open a bid; None when it would."""
    if sealed.fate is Fate.SEALED:
        until = when(listed.body.bids_until or 0)
        return f"bids for {listed.body.title!r} are opened once they are counted, after {until}"
    if sealed.fate is not Fate.COUNTED:
        return f"that bid can not be opened: it is {sealed.fate.value}"
    return None if opens(listed, sealed.record, opening) else "that is not what was bid, or it comes too late"
