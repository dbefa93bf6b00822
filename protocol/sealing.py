"""Sealing: how a member bids, and what a node says by itself about bids: it counts what came, and opens what counts.

A bid is checked as the proposal it will be before it is sealed: nobody else could say what is wrong with it in time.
The bid's `box` keeps the proposal for this device, so that a restart needs nothing but the log to open it.
Spec: docs/spec/bids.md.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from ruil.crypto.contexts import BID_KEY, SALT
from ruil.crypto.hashes import keyed
from ruil.crypto.keys import SigningKey
from ruil.crypto.seal import lock, unlock
from ruil.protocol import codec, drafts
from ruil.protocol.agreement import when
from ruil.protocol.bids import Fate, bid_seal, why_no_bid
from ruil.protocol.bodies import NUMBER, Bid, Body, Opening, Propose, Renew, decode, encode
from ruil.protocol.book import Book
from ruil.protocol.errors import Refused
from ruil.protocol.ids import DeviceId, EntryId, Millis
from ruil.protocol.limits import BID_OPEN_MS, BIDS_MAX
from ruil.protocol.listings import Listed
from ruil.protocol.record import Record
from ruil.protocol.slots import named_listings

_PADDED_TO: Final = 1_024  # the length of a box says only to a KiB how long a schedule or a text is
_NO_ID: Final = EntryId(bytes(32))


def seal_bid(book: Book, key: SigningKey, about: EntryId | None, proposal: Propose, now: Millis) -> Bid:
    """The `Bid` that commits to a proposal. Deterministic: the nonces come from the device's seed. Raises `Refused`
    when that proposal could not be made, or could not be accepted once it is opened."""
    device = DeviceId(key.public)
    me, log = book.members.of_device.get(device), book.logs.get(device)
    listed = book.listings.get(about) if about else None
    if me is None or log is None or listed is None:
        raise Refused("that need is not known here")
    why = why_no_bid(listed, me, now)
    if why is not None:
        raise Refused(why)
    if listed.member not in proposal.parties or listed.id not in named_listings(proposal):
        raise Refused("a bid is a proposal to who asked, about what they asked for")
    until = listed.body.bids_until or 0
    if proposal.answer_by < until + BID_OPEN_MS:
        raise Refused(f"bids are read after {when(until)}: leave until {when(until + BID_OPEN_MS)} or later to answer")
    plain = replace(proposal, opens=None)
    nonce = keyed(BID_KEY, key.seed, b"nonce", listed.id, encode(plain))[:16]
    opening = Opening(_NO_ID, nonce)
    draft = Record(_NO_ID, device, log.size, now, me, None, replace(plain, opens=opening))
    drafts.check_proposal(book, draft, now)
    seal = bid_seal(listed.id, me, plain, nonce)
    inside = codec.encode({"nonce": nonce, "proposal": encode(plain)})
    framed = len(inside).to_bytes(4, "big") + inside
    padded = framed + bytes(-len(framed) % _PADDED_TO)
    return Bid(seal, lock(_box_key(key), padded, keyed(SALT, key.seed, seal)[:24]))


def open_bid(key: SigningKey, bid: Record) -> Propose:
    """The proposal that opens a `Bid` of this device. Raises `Unopenable` for another device's."""
    assert isinstance(bid.body, Bid)
    framed = unlock(_box_key(key), bid.body.box)
    inside = codec.decode(framed[4 : 4 + int.from_bytes(framed[:4], "big")])
    proposal = decode(NUMBER[Propose], inside["proposal"])
    assert isinstance(proposal, Propose)
    return replace(proposal, opens=Opening(bid.id, inside["nonce"]))


def _box_key(key: SigningKey) -> bytes:
    return keyed(BID_KEY, key.seed, b"box")


# What a node says by itself ----------------------------------------


def count(book: Book, listed: Listed, device: DeviceId, now: Millis) -> Iterator[tuple[Body, EntryId]]:
    """Once the time for bids is over, which of them have come: the last of each bidder who belonged here. A need whose
    time is nearly over stays long enough for them to be opened."""
    until = listed.body.bids_until
    posted = book.records[listed.id].device
    if until is None or now <= until or posted != device or listed.counted_at is not None or listed.withdrawn:
        return
    sealed = [each.record for each in book.bids.on(listed) if each.fate is Fate.SEALED]
    bids = [each.id for each in sealed if book.members.belonged(each.member, until)]
    if bids:
        yield Renew(max(listed.ends, now + BID_OPEN_MS), tuple(bids[:BIDS_MAX])), listed.id


def open_ours(book: Book, listed: Listed, key: SigningKey, now: Millis) -> Iterator[tuple[Body, None]]:
    """Our bid for a need, once it counts."""
    for each in book.bids.on(listed):
        if each.record.device == key.public and each.fate_at(listed, now) is Fate.COUNTED:
            yield open_bid(key, each.record), None


def next_count(book: Book, device: DeviceId, now: Millis) -> int | None:
    """When, after `now`, the time for bids on a need of this device is first over. None when there is no such time."""
    asked = (each for each in book.listings.taking_bids() if book.records[each.id].device == device)
    times = (each.body.bids_until + 1 for each in asked if each.body.bids_until and not each.withdrawn)
    return min((at for at in times if at > now), default=None)
