"""The terms of a trade about a listing: what somebody asked for, put together as a proposal."""

from typing import Protocol

import msgspec

from ruil.node import clock
from ruil.node.desk.desk import Desk
from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import CREDIT, Action, Commitment, Option, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.limits import DAY, MEDIATION_DAYS_DEFAULT
from ruil.protocol.listings import Listed
from ruil.protocol.shapes.customise import customise
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
    mediation_days: int = MEDIATION_DAYS_DEFAULT
    binding: bool = False
    i_add: list[str] = []  # each as `2 hour ironing`, `credit 1`, or just what
    they_add: list[str] = []
    wishes: list[str] = []  # each as `blue buttons`, or `blue buttons: 0.5` with what it adds to the price


class Mediated(Protocol):
    """A request that may name whom to ask when something goes wrong."""

    mediator: str
    backup: str


def mediated(desk: Desk, proposal: Propose, asked: Mediated) -> Propose:
    """The proposal, with whom to ask when something goes wrong."""
    if not asked.mediator and not asked.backup:
        return proposal
    named = [desk.member(name) if name else None for name in (asked.mediator, asked.backup)]
    return msgspec.structs.replace(proposal, mediator=named[0], backup=named[1])


def _terms(
    desk: Desk, listed: Listed, asked: Terms, replaces: Agreement | None, other: MemberId, now: Millis
) -> Propose:
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
    wishes = _wishes(desk, listed, asked.wishes)
    if wishes and asked.in_return:
        raise Refused("wishes go with a price in credit, or with a gift: add what you give with --i-add")
    if asked.pay and asked.in_return:  # something in return, topped up with credit
        want = desk.want(asked.in_return)
        goods = Commitment(receiver, provider, "transfer", want.kind, want.quantity, want.unit, due)
        paid = Commitment(receiver, provider, "transfer", "credit", desk.parts(asked.pay), CREDIT, due)
        return swap(given, goods, answer_by, more=(paid,), replaces=old, text=asked.text)
    if asked.pay and wishes:
        return customise(given, desk.parts(asked.pay), wishes, answer_by, replaces=old, text=asked.text)
    if asked.pay:
        return sale(given, desk.parts(asked.pay), answer_by, replaces=old, text=asked.text)
    times = asked.quantity  # what a listing wants is wanted for each unit of it
    if asked.in_return:
        first, times = desk.want(asked.in_return), 1
    elif not asked.gift and first is not None and first.kind == "credit":
        if wishes:
            cost = first.quantity * asked.quantity
            return customise(given, cost, wishes, answer_by, replaces=old, text=asked.text)
        return sale(given, first.quantity * asked.quantity, answer_by, replaces=old, text=asked.text)
    if wishes and (asked.gift or first is None or first.kind == "nothing"):
        return customise(given, 0, wishes, answer_by, replaces=old, text=asked.text)
    if wishes:
        raise Refused("wishes go with a price in credit, or with a gift: say which")
    if asked.gift or first is None or first.kind == "nothing":
        return gift(given, answer_by, replaces=old, text=asked.text)
    back = Commitment(receiver, provider, "transfer", first.kind, first.quantity * times, first.unit, due)
    return swap(given, back, answer_by, replaces=old, text=asked.text)


def proposed(
    desk: Desk,
    listed: Listed,
    asked: Terms,
    replaces: Agreement | None,
    other: MemberId | None = None,
    *,
    start: Millis | None = None,
) -> Propose:
    """The whole proposal: its terms, what either side adds, and whom to ask when something goes wrong. `start`: from
    when its days are counted; from now, if none."""
    made = _terms(desk, listed, asked, replaces, other or listed.member, start or clock.now())
    due = made.commitments[0].due
    others = [party for party in made.parties if party != desk.me]
    added = [_added(desk, text, desk.me, others[0], due) for text in asked.i_add if text.strip()]
    added += [_added(desk, text, others[0], desk.me, due) for text in asked.they_add if text.strip()]
    commitments = (*made.commitments, *added)
    made = msgspec.structs.replace(made, commitments=commitments)
    made = mediated(desk, made, asked)
    if asked.binding or asked.mediation_days != MEDIATION_DAYS_DEFAULT:
        made = msgspec.structs.replace(made, binding=asked.binding, mediation_days=asked.mediation_days)
    # `replace` checks nothing, and a member has to be told what is wrong.
    return Propose(**{name: getattr(made, name) for name in made.__struct_fields__})


def _added(desk: Desk, text: str, giver: MemberId, taker: MemberId, due: int) -> Commitment:
    """What somebody adds: `2 hour ironing`, `credit 1`, or just what."""
    want = desk.want(text)
    action: Action = "work" if want.unit in ("hour", "hours") else "transfer"
    return Commitment(giver, taker, action, want.kind, want.quantity, want.unit, Millis(due))


def _wishes(desk: Desk, listed: Listed, wishes: list[str]) -> list[Option]:
    """What is wished, and what each adds to the price: what the listing says of its options, or what is said here."""
    options = {option.what.casefold(): option for option in listed.body.options}
    found = []
    for text in (wish.strip() for wish in wishes if wish.strip()):
        option = options.get(text.casefold())
        what, colon, price = text.rpartition(":")
        if option is None and not colon and options:
            known = ", ".join(each.what for each in options.values())
            raise Refused(f"wishes: {text!r} is none of its options ({known}); say what it may add: {text}: 0.5")
        found.append(option or (Option(what.strip(), desk.parts(price)) if colon else Option(text)))
    return found
