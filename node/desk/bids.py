"""Sealed bids at the desk: bid for what somebody needs, and see what became of every bid."""

import msgspec

from ruil.crypto.seal import Unopenable
from ruil.node import clock, views
from ruil.node.desk.desk import Desk, Verbs
from ruil.node.desk.terms import Terms, proposed
from ruil.node.views import Plain
from ruil.protocol.agreement import when
from ruil.protocol.bids import Fate, Sealed, why_no_bid, why_no_count
from ruil.protocol.bodies import Propose
from ruil.protocol.errors import Refused
from ruil.protocol.events import Bidding, Drafted
from ruil.protocol.ids import Millis, member_text, short
from ruil.protocol.limits import BID_OPEN_MS
from ruil.protocol.listings import Listed
from ruil.protocol.sealing import count, open_bid


class MakeBid(Terms, forbid_unknown_fields=True, kw_only=True):
    """A sealed bid for a need: the terms of a proposal. Its days are counted from when bids are opened."""

    listing: str


class BidsOn(msgspec.Struct, forbid_unknown_fields=True):
    """The bids for a need. `count`: as who asked for them, say which have come; a running node does so by itself."""

    listing: str
    count: bool = False


async def bid(desk: Desk, asked: MakeBid) -> Plain:
    listed = taking(desk, asked.listing)
    return await sealed(desk, listed, proposed(desk, listed, asked, None, start=opened_from(listed)))


def taking(desk: Desk, text: str) -> Listed:
    """A need that takes bids from this member now. Raises `Refused`."""
    listed = desk.listing(text)
    why = why_no_bid(listed, desk.me, clock.now())
    if why is not None:
        raise Refused(why)
    return listed


def opened_from(listed: Listed) -> Millis:
    """From when on all can read what was bid."""
    assert listed.body.bids_until is not None
    return Millis(listed.body.bids_until)


async def sealed(desk: Desk, listed: Listed, proposal: Propose) -> Plain:
    """Bid this proposal. It can be answered until all have had the time to open theirs, whatever it says."""
    least = opened_from(listed) + BID_OPEN_MS
    late = tuple(msgspec.structs.replace(each, due=Millis(max(each.due, least))) for each in proposal.commitments)
    answer_by = Millis(max(proposal.answer_by, least))
    proposal = msgspec.structs.replace(proposal, commitments=late, answer_by=answer_by)
    await desk.say(Drafted(Bidding(proposal), listed.id))
    return bids_now(desk, listed)


async def bids(desk: Desk, asked: BidsOn) -> Plain:
    listed = desk.listing(asked.listing)
    if listed.body.bids_until is None:
        raise Refused(f"{listed.body.title!r} takes no sealed bids")
    if asked.count:
        await _count(desk, listed)
        listed = desk.listing(asked.listing)
    return bids_now(desk, listed)


async def _count(desk: Desk, listed: Listed) -> None:
    if listed.member != desk.me:
        raise Refused(f"{desk.book.members.name(listed.member)} asked for bids, and counts them")
    now = clock.now()
    said = next(count(desk.book, listed, desk.identity.device_id, now), None)
    if said is None:
        posted = desk.book.records[listed.id].device == desk.identity.device_id
        why = why_no_count(listed, (), desk.book.bids.on(listed), posted=posted, at=now)
        raise Refused(why or "nobody has bid yet")
    await desk.say(Drafted(*said))


def bids_now(desk: Desk, listed: Listed) -> Plain:
    """Every bid for a need as it stands now, the first first."""
    now, until = clock.now(), listed.body.bids_until or 0
    return {
        "listing": views.listing(desk.book, listed, desk.me, desk.identity.cell, now),
        "until": until,
        "until_text": when(until),
        "counted": listed.counted_at is not None,
        "taking": why_no_bid(listed, desk.me, now) is None,
        "bids": [_row(desk, listed, each, now) for each in desk.book.bids.on(listed)],
    }


def _row(desk: Desk, listed: Listed, each: Sealed, now: Millis) -> Plain:
    known = desk.book.agreements.get(each.opened) if each.opened is not None else None
    proposal = known.proposal if known is not None else _own(desk, each)
    return {
        "id": each.record.id.hex(),
        "member": member_text(each.record.member),
        "name": "you" if each.record.member == desk.me else desk.book.members.name(each.record.member),
        "mine": each.record.member == desk.me,
        "at": each.record.at,
        "at_text": when(each.record.at),
        "fate": each.fate_at(listed, now).value,
        "terms": [views.commitment(desk.book, given, desk.me) for given in proposal.commitments] if proposal else [],
        "text": proposal.text if proposal else "",
        "agreement": short(known.id) if known is not None else "",
        "agreement_id": known.id.hex() if known is not None else "",
        "state": known.state_at(now).value if known is not None else "",
    }


def _own(desk: Desk, each: Sealed) -> Propose | None:
    """What this device sealed, which only it can read."""
    if each.record.device != desk.identity.device_id or each.fate is Fate.OPENED:
        return None
    try:
        return open_bid(desk.identity.device, each.record)
    except Unopenable:
        return None


VERBS: Verbs = {"bid": (MakeBid, bid), "bids": (BidsOn, bids)}
