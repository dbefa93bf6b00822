"""Agreements at the desk: propose, answer, deliver, receive, rate."""

from typing import Final

import msgspec

from ruil.node import acts, clock, open_places, views
from ruil.node.desk.desk import Desk, Named, Verbs
from ruil.node.desk.terms import Terms, proposed
from ruil.node.timeline import timeline
from ruil.node.views import Plain
from ruil.protocol import organisations
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import (
    CREDIT,
    NUMBER,
    Accept,
    Body,
    Cancel,
    Close,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Mediate,
    Propose,
    Rate,
    Receive,
    Reply,
    Settle,
    Vote,
)
from ruil.protocol.credit import price
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Review
from ruil.protocol.exposure import exposure
from ruil.protocol.ids import EntryId, MemberId, Millis


class ProposeTrade(Terms, forbid_unknown_fields=True, kw_only=True):
    """A proposal about a listing."""

    listing: str


class CounterTrade(Terms, forbid_unknown_fields=True, kw_only=True):
    """Other terms for a proposal."""

    id: str


class WithReason(msgspec.Struct, forbid_unknown_fields=True):
    """An answer with an optional reason."""

    id: str
    reason: str = ""


class Handed(msgspec.Struct, forbid_unknown_fields=True):
    """How much was handed over, or arrived; all of it when not said. `number`: of which promise, counted from 1."""

    id: str
    quantity: int | None = None
    number: int | None = None


class RateTrade(msgspec.Struct, forbid_unknown_fields=True):
    """A review."""

    id: str
    good: bool
    words: str = ""
    about: str = ""


class Replying(msgspec.Struct, forbid_unknown_fields=True):
    """One's word on how an agreement ended."""

    id: str
    text: str


async def propose(desk: Desk, asked: ProposeTrade) -> Plain:
    listed = desk.listing(asked.listing)
    if listed.member == desk.me:
        raise Refused("that listing is your own: wait for others to propose, or withdraw it")
    return known_now(desk, await desk.say(Drafted(proposed(desk, listed, asked, None))))


async def counter(desk: Desk, asked: CounterTrade) -> Plain:
    known = desk.agreement(asked.id)
    about = next((each.listing for each in known.commitments if each.listing), None)
    listed = desk.book.listings.get(about) if about else None
    if listed is None:
        raise Refused("this proposal is about no listing: decline it, and propose anew")
    others = [party for party in known.parties if party != desk.me]
    made = proposed(desk, listed, asked, known, others[0])
    return known_now(desk, await desk.say(Drafted(made)))


def known_now(desk: Desk, id_: EntryId) -> Plain:
    """How an agreement stands now, with everything that was said about it."""
    known = desk.book.agreements.get(id_)
    assert known is not None
    now = clock.now()
    shown = views.agreement(desk.book, known, desk.me, now)
    if known.proposal.slots and not known.state_at(now).ended and not known.was_agreed():
        for index, place in enumerate(shown["places"]):
            body = open_places.mine(known, desk.me, index)
            place["comes_to"] = open_places.comes_to(desk.book, known, desk.me, body, now)
    shown["stands"] = _stands(desk, known, now)
    shown["lacking"] = open_places.lacking(desk.book, known, now)
    return {"agreement": {**allowed(desk, shown), "timeline": timeline(desk.book, known, desk.me)}}


# What each act says, by the number of its kind: a role may say some and not others (organisations.md).
_SAYS: Final[dict[str, type[Body]]] = {
    "accept": Accept, "decline": Decline, "counter": Propose, "without": Propose, "again": Propose, "join": Join,
    "leave": Cancel, "cancel": Cancel, "close": Close, "vote": Vote, "yes": Vote, "deliver": Deliver,
    "receive": Receive, "settle": Settle, "extend": Extend, "dispute": Dispute, "mediate": Mediate, "rate": Rate,
    "reply": Reply,
}  # fmt: skip


def allowed(desk: Desk, shown: Plain) -> Plain:
    """An agreement as it is shown, with only those acts that this device may say; and why, if that leaves some out."""
    held = desk.book.members.holdings.get(desk.peer.device)
    if held is None:
        return {**shown, "kept_from": ""}
    can = [act for act in shown["can"] if organisations.may(held.role, NUMBER[_SAYS[act]])]
    out = [act for act in shown["can"] if act not in can]
    why = organisations.why_not(held.role, NUMBER[_SAYS[out[0]]], desk.book.members.name(held.member)) if out else None
    return {**shown, "can": can, "kept_from": why or ""}


def _stands(desk: Desk, known: Agreement, now: Millis) -> list[Plain]:
    """Of a proposal that can still bind: how everybody stands who would pay credit by it, before anything is signed."""
    if known.state_at(now) is not State.PROPOSED or known.proposal.clearing:
        return []
    costs = {party: price(known.proposal, party) for party in known.proposal.parties}
    return [stands(desk, party, cost, now, signed=party in known.signed) for party, cost in costs.items() if cost]


def stands(desk: Desk, member: MemberId, cost: int, now: Millis, *, signed: bool = False) -> Plain:
    """How somebody stands, and how they would if they paid `cost` more, which they may have signed already."""
    book = desk.book
    held = exposure(book.members, book.agreements, book.credit, member, now)
    after = held.left if signed else held.left - cost
    return {
        "name": "you" if member == desk.me else book.members.name(member),
        "mine": member == desk.me,
        "costs_text": views.amount(book, cost),
        "balance_text": views.amount(book, held.balance),
        "left_text": views.amount(book, held.left + cost if signed else held.left),
        "after_text": views.amount(book, after),
        "beyond": after < 0,
    }


async def show(desk: Desk, asked: Named) -> Plain:
    return known_now(desk, desk.seen(asked.id).id)


class Hiding(msgspec.Struct, forbid_unknown_fields=True):
    """Whether to show also what block lists hide."""

    hidden: bool = False


async def agreements(desk: Desk, asked: Hiding) -> Plain:
    """Every agreement of this member; of what somebody asked who is hidden from them only how much it is, unless that
    is asked for too. What they have signed is never hidden."""
    now = clock.now()
    mine = (desk.book.agreements.get(each) for each in desk.book.agreements.of_member.get(desk.me, ()))
    rows = [allowed(desk, views.agreement(desk.book, each, desk.me, now)) for each in mine if each]
    shown = [row for row in rows if asked.hidden or not row["hidden_by"]]
    ended = {state.value for state in State if state.ended}
    return {
        "agreements": sorted(shown, key=lambda row: (row["state"] in ended, -row["at"], row["id"])),
        "hidden": len(rows) - len(shown),
    }


async def accept(desk: Desk, asked: Named) -> Plain:
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Accept(), known.id))
    return known_now(desk, known.id)


async def decline(desk: Desk, asked: WithReason) -> Plain:
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Decline(asked.reason), known.id))
    return known_now(desk, known.id)


async def cancel(desk: Desk, asked: WithReason) -> Plain:
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Cancel(asked.reason), known.id))
    return known_now(desk, known.id)


async def deliver(desk: Desk, asked: Handed) -> Plain:
    known = desk.agreement(asked.id)
    mine = [index for index, given in enumerate(known.commitments) if given.provider == desk.me]
    if not mine:
        raise Refused("nothing in this agreement is yours to deliver")
    if asked.number is not None:
        mine = [index for index in mine if index == asked.number - 1]
        if not mine:
            raise Refused(f"promise number {asked.number} is not yours to deliver")
    # Of a schedule what is due next: nobody means to give all of it back at once.
    open_ = {index: much for index in mine if (much := known.to_deliver(index, clock.now()))}
    first = min((known.commitments[index].due for index in open_), default=0)
    todo = {index: much for index, much in open_.items() if known.commitments[index].due == first}
    if not todo and asked.quantity is None:
        raise Refused("there is nothing left for you to deliver here")
    if asked.quantity is not None:
        todo = {next(iter(todo), mine[0]): asked.quantity}
    for index, quantity in todo.items():
        await desk.say(Drafted(Deliver(index, quantity), known.id))
    return known_now(desk, known.id)


async def receive(desk: Desk, asked: Handed) -> Plain:
    """Confirm what arrived; and pay, in the same breath, what the agreement says is owed for it."""
    known = desk.agreement(asked.id)
    arrived = [
        delivery
        for delivery in known.deliveries.values()
        if delivery.receipt is None
        and known.commitments[delivery.commitment].receiver == desk.me
        and asked.number in (None, delivery.commitment + 1)
    ]
    if not arrived:
        raise Refused("nothing was delivered to you that you have not confirmed")
    for delivery in arrived:
        quantity = delivery.quantity if asked.quantity is None else asked.quantity
        await desk.say(Drafted(Receive(delivery.id, quantity), known.id))
    after = desk.agreement(asked.id)
    if after.state is State.AGREED:
        for index, owed in _to_pay(desk, after):
            await desk.say(Drafted(Deliver(index, owed), known.id))
    return known_now(desk, known.id)


def _to_pay(desk: Desk, known: Agreement) -> list[tuple[int, int]]:
    """What is owed in credit for what arrived: in proportion, or once all of it is there. Credit that was lent is paid
    back when it is due, not at once."""
    goods = [index for index, each in enumerate(known.commitments) if each.receiver == desk.me and each.unit != CREDIT]
    arrived = bool(goods) and all(known.received[index] == known.commitments[index].quantity for index in goods)
    return [
        (index, owed)
        for index, given in enumerate(known.commitments)
        if given.unit == CREDIT and given.provider == desk.me and given.covers is None
        and (arrived if given.per is None else given.per in goods)
        and (owed := known.to_deliver(index, clock.now()))
    ]  # fmt: skip


async def rate(desk: Desk, asked: RateTrade) -> Plain:
    known = desk.agreement(asked.id)
    others = [party for party in known.parties if party != desk.me]
    first = next(iter(acts.rates(desk.book, known, desk.me, clock.now())), others[0])
    about = desk.member(asked.about) if asked.about else first
    await desk.say(Drafted(Review(about, asked.good, asked.words), known.id))
    return known_now(desk, known.id)


async def reply(desk: Desk, asked: Replying) -> Plain:
    """Say something to how an agreement ended."""
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Reply(asked.text.strip()), known.id))
    return known_now(desk, known.id)


VERBS: Verbs = {
    "propose": (ProposeTrade, propose),
    "counter": (CounterTrade, counter),
    "agreement": (Named, show),
    "agreements": (Hiding, agreements),
    "accept": (Named, accept),
    "decline": (WithReason, decline),
    "cancel": (WithReason, cancel),
    "deliver": (Handed, deliver),
    "receive": (Handed, receive),
    "rate": (RateTrade, rate),
    "reply": (Replying, reply),
}
