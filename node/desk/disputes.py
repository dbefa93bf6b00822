"""Disputes, loans and teams at the desk: settle, extend, ask the mediator, mediate; lend and borrow; begin a team."""

from collections.abc import Sequence

import msgspec

from ruil.node import clock
from ruil.node.desk.agreements import known_now
from ruil.node.desk.bids import opened_from, sealed, taking
from ruil.node.desk.desk import Desk, Verbs
from ruil.node.desk.terms import mediated
from ruil.node.views import Plain
from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import CREDIT, Dispute, Extend, Mediate, Settle
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.limits import DAY
from ruil.protocol.shapes.loan import equal, loan
from ruil.protocol.shapes.team import Part, team


class Ending(msgspec.Struct, forbid_unknown_fields=True):
    """How it should end: `received` as `NUMBER=AMOUNT`, counted from 1; what is not named, as it was received. `like`:
    as somebody else would have it, by their name, or `mediator`."""

    id: str
    received: list[str] = []
    like: str = ""
    reason: str = ""


class Longer(msgspec.Struct, forbid_unknown_fields=True):
    """So many days more for all of it."""

    id: str
    days: int


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """What is wrong."""

    id: str
    reason: str = ""


class Lending(msgspec.Struct, forbid_unknown_fields=True):
    """A loan between this member and `other`: an amount, given back in `times` parts every `every_days`, the first
    after `first_days`."""

    amount: str
    other: str
    times: int = 1
    every_days: int = 30
    first_days: int = 30
    lend_days: int = 7
    answer_days: int = 3
    guarantors: list[str] = []
    listing: str = ""
    text: str = ""
    mediator: str = ""
    backup: str = ""
    bid: bool = False  # sealed, for the need in `listing`: then all days are counted from when bids are opened


class Forming(msgspec.Struct, forbid_unknown_fields=True):
    """A team: roles as `30 hour painting for 1.5` (each), `4 meal cooking shares 60` (among all), or without pay."""

    roles: list[str]
    days: int = 30
    answer_days: int = 7
    people: int = 0
    text: str = ""
    mediator: str = ""
    backup: str = ""


async def settle(desk: Desk, asked: Ending) -> Plain:
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Settle(_received(desk, known, asked), asked.reason), known.id))
    return known_now(desk, known.id)


async def mediate(desk: Desk, asked: Ending) -> Plain:
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Mediate(_received(desk, known, asked), asked.reason), known.id))
    return known_now(desk, known.id)


def _received(desk: Desk, known: Agreement, asked: Ending) -> tuple[int, ...]:
    if asked.like and asked.received:
        raise Refused("settle as somebody else said, or say how much was received: not both")
    if asked.like:
        return _like(desk, known, asked.like)
    amounts = list(known.received)
    for text in asked.received:
        number, _, amount = text.partition("=")
        if not number.strip().isdecimal() or not 1 <= int(number) <= len(amounts):
            raise Refused(f"received {text!r}: write the number of a promise and how much came of it, such as 1=3")
        index = int(number) - 1
        amounts[index] = _amount(desk, known.commitments[index].unit, amount)
    return tuple(amounts)


def _like(desk: Desk, known: Agreement, name: str) -> tuple[int, ...]:
    said = known.mediated if name == "mediator" else known.settles.get(desk.member(name))
    if said is None:
        raise Refused(f"{name} has not said yet how it should end")
    return said


def _amount(desk: Desk, unit: str, text: str) -> int:
    if unit == CREDIT:
        amount = desk.parts(text)
        if amount < 0:
            raise Refused(f"received {text.strip()!r}: it can not be less than nothing")
        return amount
    if not text.strip().isdecimal():
        raise Refused(f"received {text.strip()!r} is not a whole number")
    return int(text)


async def extend(desk: Desk, asked: Longer) -> Plain:
    """Let it all be due so many days later; or as somebody else said already, when that is the same day."""
    known = desk.agreement(asked.id)
    if asked.days < 1:
        raise Refused("days: say how many days longer, at least 1")
    await desk.say(Drafted(Extend(Millis(known.last_due + asked.days * DAY)), known.id))
    return known_now(desk, known.id)


async def dispute(desk: Desk, asked: Why) -> Plain:
    known = desk.agreement(asked.id)
    await desk.say(Drafted(Dispute(asked.reason), known.id))
    return known_now(desk, known.id)


async def lend(desk: Desk, asked: Lending) -> Plain:
    return await _loan(desk, asked, desk.me, desk.member(asked.other))


async def borrow(desk: Desk, asked: Lending) -> Plain:
    return await _loan(desk, asked, desk.member(asked.other), desk.me)


async def _loan(desk: Desk, asked: Lending, lender: MemberId, borrower: MemberId) -> Plain:
    bidding = taking(desk, asked.listing) if asked.bid else None
    now, amount = opened_from(bidding) if bidding is not None else clock.now(), desk.parts(asked.amount)
    if min(asked.every_days, asked.first_days, asked.lend_days, asked.answer_days) < 1:
        raise Refused("days: a loan is answered, lent and given back after one day or more")
    made = loan(
        lender,
        borrower,
        amount,
        Millis(now + max(asked.lend_days, asked.answer_days) * DAY),
        equal(amount, Millis(now + asked.first_days * DAY), asked.every_days * DAY, asked.times),
        Millis(now + asked.answer_days * DAY),
        guarantors=[desk.member(name) for name in asked.guarantors],
        listing=desk.listing(asked.listing).id if asked.listing else None,
        text=asked.text,
    )
    made = mediated(desk, made, asked)
    return await sealed(desk, bidding, made) if bidding else known_now(desk, await desk.say(Drafted(made)))


async def form(desk: Desk, asked: Forming) -> Plain:
    now = clock.now()
    made = team(
        desk.me,
        [_part(desk, text, asked.people) for text in asked.roles],
        Millis(now + max(asked.days, asked.answer_days) * DAY),
        Millis(now + asked.answer_days * DAY),
        text=asked.text,
    )
    return known_now(desk, await desk.say(Drafted(mediated(desk, made, asked))))


def _part(desk: Desk, text: str, people: int) -> Part:
    pay, words = _paid(desk, text.split())
    if len(words) < 3 or not words[0].isdecimal():
        raise Refused(f"{text!r} is no role: write how much of what at most, such as 30 hour painting for 1.5")
    return Part(" ".join(words[2:]), int(words[0]), *pay, unit=words[1], people_least=people)


def _paid(desk: Desk, words: Sequence[str]) -> tuple[tuple[int, int], Sequence[str]]:
    """What a role is paid: (for each, as a share); and its words before that."""
    if len(words) > 2 and words[-2] in ("for", "shares"):
        amount = desk.parts(words[-1])
        return ((amount, 0) if words[-2] == "for" else (0, amount)), words[:-2]
    return (0, 0), words


VERBS: Verbs = {
    "settle": (Ending, settle),
    "extend": (Longer, extend),
    "dispute": (Why, dispute),
    "mediate": (Ending, mediate),
    "lend": (Lending, lend),
    "borrow": (Lending, borrow),
    "team": (Forming, form),
}
