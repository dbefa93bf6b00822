"""Agreements at the desk: propose, answer, deliver, receive, rate."""

from typing import Protocol

import msgspec

from ruil.node import clock, open_places, views
from ruil.node.desk.desk import Desk, Named, Verbs
from ruil.node.views import Plain
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import CREDIT, Accept, Cancel, Commitment, Decline, Deliver, Propose, Receive, Reply
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted, Review
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import DAY
from ruil.protocol.listings import Listed
from ruil.protocol.shapes.gift import gift
from ruil.protocol.shapes.sale import sale
from ruil.protocol.shapes.swap import swap

DUE_DAYS_DEFAULT = 14
ANSWER_DAYS_DEFAULT = 3


class Terms(msgspec.Struct):
    """What a proposal says beside its listing. `pay` in the community's unit; none of the last three: what the listing
    wants most."""

    quantity: int = 1
    days: int = DUE_DAYS_DEFAULT
    answer_days: int = ANSWER_DAYS_DEFAULT
    text: str = ""
    pay: str = ""
    in_return: str = ""
    gift: bool = False
    mediator: str = ""
    backup: str = ""


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
    return known_now(desk, await desk.say(Drafted(mediated(desk, terms(desk, listed, asked, None), asked))))


async def counter(desk: Desk, asked: CounterTrade) -> Plain:
    known = desk.agreement(asked.id)
    about = next((each.listing for each in known.commitments if each.listing), None)
    listed = desk.book.listings.get(about) if about else None
    if listed is None:
        raise Refused("this proposal is about no listing: decline it, and propose anew")
    others = [party for party in known.parties if party != desk.me]
    made = mediated(desk, terms(desk, listed, asked, known, others[0]), asked)
    return known_now(desk, await desk.say(Drafted(made)))


class Asking(Protocol):
    """A request that may name whom to ask when something goes wrong."""

    mediator: str
    backup: str


def mediated(desk: Desk, proposal: Propose, asked: Asking) -> Propose:
    """The proposal, with whom to ask when something goes wrong."""
    if not asked.mediator and not asked.backup:
        return proposal
    named = [desk.member(name) if name else None for name in (asked.mediator, asked.backup)]
    return msgspec.structs.replace(proposal, mediator=named[0], backup=named[1])


def terms(
    desk: Desk,
    listed: Listed,
    asked: Terms,
    replaces: Agreement | None,
    other: MemberId | None = None,
    *,
    start: Millis | None = None,
) -> Propose:
    """The proposal that these terms make of a listing. `start`: from when its days are counted; from now, if none."""
    now = start or clock.now()
    other = other or listed.member
    owner, partner = (desk.me, other) if listed.member == desk.me else (listed.member, desk.me)
    provider, receiver = (owner, partner) if listed.body.role == "offer" else (partner, owner)
    due = Millis(now + asked.days * DAY)
    answer_by = Millis(now + min(asked.answer_days, asked.days) * DAY)
    given = Commitment(
        provider,
        receiver,
        listed.body.action,
        listed.body.title,
        asked.quantity,
        listed.body.unit,
        due,
        listing=listed.id,
    )
    old = replaces.id if replaces else None
    first = listed.body.wants[0] if listed.body.wants else None
    if asked.pay and asked.in_return:  # something in return, topped up with credit
        want = desk.want(asked.in_return)
        goods = Commitment(receiver, provider, "transfer", want.kind, want.quantity, want.unit, due)
        paid = Commitment(receiver, provider, "transfer", "credit", desk.parts(asked.pay), CREDIT, due)
        return swap(given, goods, answer_by, more=(paid,), replaces=old, text=asked.text)
    if asked.pay:
        return sale(given, desk.parts(asked.pay), answer_by, replaces=old, text=asked.text)
    times = asked.quantity  # what a listing wants is wanted for each unit of it
    if asked.in_return:
        first, times = desk.want(asked.in_return), 1
    elif not asked.gift and first is not None and first.kind == "credit":
        return sale(given, first.quantity * asked.quantity, answer_by, replaces=old, text=asked.text)
    if asked.gift or first is None or first.kind == "nothing":
        return gift(given, answer_by, replaces=old, text=asked.text)
    back = Commitment(receiver, provider, "transfer", first.kind, first.quantity * times, first.unit, due)
    return swap(given, back, answer_by, replaces=old, text=asked.text)


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
    shown["lacking"] = open_places.lacking(desk.book, known, now)
    return {"agreement": {**shown, "timeline": views.timeline(desk.book, known, desk.me)}}


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
    rows = [views.agreement(desk.book, each, desk.me, now) for each in mine if each]
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
    about = desk.member(asked.about) if asked.about else others[0]
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
