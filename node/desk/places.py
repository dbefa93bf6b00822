"""Open places at the desk: begin a group buy, a charter or a crowdfunding, join one, leave it, close it."""

from typing import TypeVar

import msgspec
from msgspec.structs import replace

from ruil.node import clock, open_places, views
from ruil.node.desk.agreements import known_now
from ruil.node.desk.desk import Desk, Named, Nothing, Verbs
from ruil.node.views import Plain
from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import CREDIT, Cancel, Close, Commitment, Join, Propose, Slot, Step, Term
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.joins import seats
from ruil.protocol.limits import DAY, HOUR, JOINS_MAX, QUANTITY_MAX
from ruil.protocol.shapes.charter import charter
from ruil.protocol.shapes.crowdfund import Goal, crowdfund
from ruil.protocol.shapes.group_buy import group_buy
from ruil.protocol.slots import best, countable, least_paid, standing, why_not


class Opening(msgspec.Struct):
    """What every open proposal says: days until it closes, until all is due, what it is about."""

    answer_days: int = 7
    days: int = 21
    text: str = ""
    replaces: str = ""


class GroupBuy(Opening, forbid_unknown_fields=True, kw_only=True):
    """A group buy: a price for each, and perhaps lower ones from a total on, as `10 1.20`."""

    what: str
    price: str
    unit: str = "piece"
    steps: list[str] = []
    people: int = 0
    quantity: int = 0
    most: int | None = None
    seller: str = ""
    listing: str = ""


class Charter(Opening, forbid_unknown_fields=True, kw_only=True):
    """A charter: what it costs in all, split over who joins."""

    what: str
    cost: str
    people: int = 1
    seats: int = JOINS_MAX
    carrier: str = ""


class Crowdfund(Opening, forbid_unknown_fields=True, kw_only=True):
    """A crowdfunding: the goals, each as `100 credit`, `20 hour painting` or `30 kg flour`."""

    goals: list[str]


class Joining(msgspec.Struct, forbid_unknown_fields=True):
    """A place to take, on one's own conditions."""

    id: str
    quantity: str = "1"
    place: str = ""
    if_people: int = 0
    if_total: str = ""
    at_most: str = ""
    within_hours: int | None = None
    stay: bool = False
    text: str = ""


class Again(msgspec.Struct, forbid_unknown_fields=True):
    """Another round: of what, how many days it is open, and a word with it if it is another than before."""

    id: str
    answer_days: int = 7
    text: str = ""


Timed = TypeVar("Timed", Commitment, Term)


def _times(asked: Opening) -> tuple[Millis, Millis]:
    """Until when one can join, and when all is due."""
    now = clock.now()
    return Millis(now + asked.answer_days * DAY), Millis(now + max(asked.days, asked.answer_days) * DAY)


def _before(desk: Desk, asked: Opening) -> EntryId | None:
    """The round that this proposal takes the place of."""
    if not asked.replaces:
        return None
    known = desk.open_proposal(asked.replaces)
    if known.proposer != desk.me:
        raise Refused("only who began it can begin another round of it")
    return known.id


def _somebody(desk: Desk, name: str) -> MemberId:
    return desk.member(name) if name else desk.me


async def buy_together(desk: Desk, asked: GroupBuy) -> Plain:
    answer_by, due = _times(asked)
    first = desk.parts(asked.price)
    if first <= 0:
        raise Refused("a price is more than nothing: what costs nothing is a gift")
    steps = tuple(sorted((_step(desk, text) for text in asked.steps), key=lambda step: step.total))
    listed = desk.listing(asked.listing) if asked.listing else None
    seller = listed.member if listed else _somebody(desk, asked.seller)
    made = group_buy(
        seller,
        asked.what or (listed.body.title if listed else ""),
        listed.body.unit if listed else asked.unit,
        (Step(1, first), *steps) if steps else first,
        due,
        answer_by,
        organiser=desk.me,
        people=asked.people,
        quantity=asked.quantity,
        quantity_most=asked.most or (desk.book.left(listed.id, clock.now()) if listed else QUANTITY_MAX),
        listing=listed.id if listed else None,
        replaces=_before(desk, asked),
        text=asked.text,
    )
    return await _opened(desk, made)


def _step(desk: Desk, text: str) -> Step:
    total, _, each = text.strip().partition(" ")
    if not _countable(total) or not each:
        raise Refused(f"{text!r} is no price step: write from how many on and the price of one, such as 10 1.20")
    price = desk.parts(each)
    if price <= 0:
        raise Refused(f"{each.strip()!r} is not a price: it is more than nothing")
    return Step(int(total), price)


def _positive(desk: Desk, what: str, text: str) -> int:
    amount = desk.parts(text)
    if amount <= 0:
        raise Refused(f"{what}: write a number above 0")
    return amount


async def hire_together(desk: Desk, asked: Charter) -> Plain:
    answer_by, due = _times(asked)
    made = charter(
        _somebody(desk, asked.carrier),
        asked.what,
        _positive(desk, "cost", asked.cost),
        answer_by,
        due,
        answer_by,
        organiser=desk.me,
        people=asked.people,
        seats=asked.seats,
        replaces=_before(desk, asked),
        text=asked.text,
    )
    return await _opened(desk, made)


async def fund(desk: Desk, asked: Crowdfund) -> Plain:
    answer_by, due = _times(asked)
    goals = [_goal(desk, text) for text in asked.goals]
    if any(goal.least <= 0 for goal in goals):
        raise Refused("say what is needed: more than nothing of each")
    return await _opened(
        desk, crowdfund(desk.me, goals, due, answer_by, replaces=_before(desk, asked), text=asked.text)
    )


def _goal(desk: Desk, text: str) -> Goal:
    """`100 credit`, `20 hour painting`, `30 kg flour`."""
    amount, _, rest = text.strip().partition(" ")
    if rest.strip() == CREDIT:
        return Goal(CREDIT, CREDIT, desk.parts(amount))
    unit, _, what = rest.strip().partition(" ")
    if not _countable(amount) or not what:
        raise Refused(f"{text!r} is no goal: write 100 credit, 20 hour painting, or 30 kg flour")
    return Goal(what.strip(), unit, int(amount), action="work" if unit in ("hour", "hours") else "transfer")


async def _opened(desk: Desk, made: Propose) -> Plain:
    return known_now(desk, await desk.say(Drafted(made)))


async def join(desk: Desk, asked: Joining) -> Plain:
    known = desk.open_proposal(asked.id)
    await desk.say(Drafted(_joining(desk, known, asked), known.id))
    return known_now(desk, known.id)


async def quote(desk: Desk, asked: Joining) -> Plain:
    """What a place would come to, without taking it."""
    known = desk.open_proposal(asked.id)
    body = _joining(desk, known, asked)
    now = clock.now()
    return {"quote": {"place": body.slot, "comes_to": open_places.comes_to(desk.book, known, desk.me, body, now)}}


def _joining(desk: Desk, known: Agreement, asked: Joining) -> Join:
    slots = known.proposal.slots
    index = _place(asked.place, [slot.role for slot in slots])
    amount = desk.parts if open_places.in_credit(slots[index]) else _whole
    body = Join(
        index,
        amount(asked.quantity),
        asked.if_people,
        amount(asked.if_total) if asked.if_total else 0,
        desk.parts(asked.at_most) if asked.at_most else None,
        Millis(clock.now() + asked.within_hours * HOUR) if asked.within_hours is not None else None,
        asked.stay,
        asked.text,
    )
    _can_hold(desk, slots[index], body)
    return body


def _can_hold(desk: Desk, slot: Slot, body: Join) -> None:
    """Refuse own conditions that nobody could ever meet: who has them would wait for nothing."""
    if not slot.quantity_least <= body.quantity <= slot.quantity_most or not countable(slot, body.quantity):
        most = min(slot.quantity_most, slot.total_most)
        raise Refused(f"each {slot.role} joins with {slot.quantity_least} to {most}; that is {body.quantity}")
    others = (slot.total_most - body.quantity) // slot.quantity_least
    people = min(slot.most, 1 + max(0, others))
    if body.people > people:
        raise Refused(f"the people you wait for can never all join: there is room for {people}")
    total = min(slot.total_most, body.quantity + (slot.most - 1) * slot.quantity_most)
    if body.total > total:
        most_text = views.amount(desk.book, total) if open_places.in_credit(slot) else str(total)
        raise Refused(f"the total you wait for can never come together: there is room for {most_text}")
    least = least_paid(slot, body)
    if body.pays is not None and body.pays < least:
        raise Refused(f"the most you would pay is never enough: it comes to at least {views.amount(desk.book, least)}")
    if body.by is not None and body.by <= clock.now():
        raise Refused("the time you give is over before anybody could close it")


async def again(desk: Desk, asked: Again) -> Plain:
    """Another round of an open proposal: the same once more, later. Who joined to stay is in it, if it bound nobody."""
    known = desk.open_proposal(asked.id)
    if known.proposer != desk.me:
        raise Refused("only who began it can begin another round of it")
    now = clock.now()
    if not known.state_at(now).ended:
        raise Refused("this round is not over yet")
    before = known.proposal
    later = max(0, now + asked.answer_days * DAY - known.answer_by)
    made = replace(
        before,
        answer_by=Millis(now + asked.answer_days * DAY),
        commitments=tuple(_moved(each, later) for each in before.commitments),
        slots=tuple(replace(slot, terms=tuple(_moved(term, later) for term in slot.terms)) for slot in before.slots),
        replaces=None if known.was_agreed() else known.id,
        text=asked.text or before.text,
    )
    return await _opened(desk, made)


def _moved(given: Timed, later: int) -> Timed:
    begins = None if given.begins is None else Millis(given.begins + later)
    return replace(given, due=Millis(given.due + later), begins=begins)


def _place(text: str, roles: list[str]) -> int:
    if not text and len(roles) == 1:
        return 0
    found = [index for index, role in enumerate(roles) if role.casefold() == text.strip().casefold()]
    if not found:
        raise Refused(f"say which place you take: {', '.join(roles)}")
    return found[0]


def _whole(text: str) -> int:
    if not _countable(text.strip()):
        raise Refused(f"{text!r} is not a whole number")
    return int(text)


def _countable(text: str) -> bool:
    """Whether it is a whole number in digits, and not one so long that nothing could be so many."""
    return text.isdecimal() and len(text) <= len(str(QUANTITY_MAX))


async def leave(desk: Desk, asked: Named) -> Plain:
    known = desk.agreement(asked.id)
    if all(joined.member != desk.me for joined in known.staying()):
        raise Refused("you have not joined that, or left it already")
    if known.proposer == desk.me:
        raise Refused("you began that: you can cancel it for everybody, but not only leave it")
    await desk.say(Drafted(Cancel(), known.id))
    return known_now(desk, known.id)


async def close(desk: Desk, asked: Named) -> Plain:
    """Close now on who has joined, instead of when the time is over."""
    known = desk.agreement(asked.id)
    if known.proposer != desk.me:
        raise Refused("only who began that can close it")
    now = clock.now()
    chosen = best(known.proposal.slots, known.staying(), now)
    if chosen is None:
        candidates = standing(known.staying())
        why = why_not(known.proposal.slots, candidates, now) if candidates else "nobody has joined yet"
        raise Refused(f"it can not be closed now: {why}" if why else "nobody has joined whose conditions hold")
    await desk.say(Drafted(Close(tuple(sorted(known.accepted.values())), seats(known, chosen)), known.id))
    return known_now(desk, known.id)


async def places(desk: Desk, _asked: Nothing) -> Plain:
    """Open proposals that can still be joined, the one that closes first first."""
    now = clock.now()
    rows = [views.agreement(desk.book, known, desk.me, now) for known in desk.book.agreements.open()]
    rows = [row for row in rows if row["joinable"]]
    shown = [row for row in rows if not row["hidden_by"]]
    shown.sort(key=lambda row: (row["answer_by"], row["id"]))
    return {"agreements": shown, "hidden": len(rows) - len(shown)}


VERBS: Verbs = {
    "group-buy": (GroupBuy, buy_together),
    "charter": (Charter, hire_together),
    "crowdfund": (Crowdfund, fund),
    "places": (Nothing, places),
    "again": (Again, again),
    "quote": (Joining, quote),
    "join": (Joining, join),
    "leave": (Named, leave),
    "close": (Named, close),
}
