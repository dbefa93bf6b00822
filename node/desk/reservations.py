"""Reservations at the desk: what is free when, reserving it, and one's own calendar."""

from datetime import UTC, datetime

import msgspec

from ruil.node import clock, views
from ruil.node.desk.agreements import known_now
from ruil.node.desk.desk import Desk, Nothing, Verbs, moment
from ruil.node.views import Plain
from ruil.protocol.agreement import State, when
from ruil.protocol.errors import Refused
from ruil.protocol.events import Drafted
from ruil.protocol.ids import Millis, short
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.listings import Listed
from ruil.protocol.reservations import Held, Span, free, next_free, stretches, twice
from ruil.protocol.shapes.share import share, times
from ruil.protocol.slots import reserves

DAYS_MAX = 366


class Reserve(msgspec.Struct, forbid_unknown_fields=True):
    """A span to have something in: from when (`2026-12-01 10:00` in UTC, or `2026-12-01`), and until when or for how
    many hours or days. `pay`: credit for each hour or day; neither that nor `gift`: what the listing wants."""

    listing: str
    begins: str
    ends: str = ""
    hours: int | None = None
    days: int | None = None
    quantity: int = 1
    pay: str = ""
    gift: bool = False
    answer_days: int = 3
    text: str = ""


class WhatIsFree(msgspec.Struct, forbid_unknown_fields=True):
    """So many days of a listing's calendar."""

    listing: str
    days: int = 14


async def what_is_free(desk: Desk, asked: WhatIsFree) -> Plain:
    if not 1 <= asked.days <= DAYS_MAX:
        raise Refused(f"look at 1 to {DAYS_MAX} days at once")
    listed = _lent(desk, asked.listing)
    now = clock.now()
    taken = desk.book.reserved(listed.id, now)
    first = now // DAY * DAY
    return {
        "free": {
            "listing": listed.id.hex(),
            "title": listed.body.title,
            "lent": listed.body.lent,
            "quantity": listed.body.quantity,
            "days": [_day(listed, taken, at, now) for at in range(first, first + asked.days * DAY, DAY)],
            "promised_twice": [
                {
                    "agreement": short(each.then.agreement),
                    "first": [_signature(held) for held in each.first],
                    "then": _signature(each.then),
                }
                for each in twice(desk.book.agreements.reserved(listed.id))
            ],
        }
    }


def _signature(held: Held) -> Plain:
    """One signature of an owner: the entry, when it says it was signed, and for when."""
    return {
        "entry": held.signature.hex(),
        "agreement": held.agreement.hex(),
        "at": held.order[0],
        "spans": [_from_to(span) for span in held.spans],
    }


def _day(listed: Listed, taken: list[Span], at: int, now: int) -> Plain:
    whole = listed.body.quantity
    begins = max(at, now // HOUR * HOUR)
    found = stretches(whole, taken, begins, at + DAY)
    open_ = [span for span in found if span.quantity > 0]
    words = [_stretch(span, whole, at) for span in open_]
    if [(span.begins, span.ends) for span in open_] == [(at, at + DAY)]:
        words = ["all day" if whole == 1 else f"{open_[0].quantity} of {whole} all day"]
    return {
        "day": datetime.fromtimestamp(at / 1000, UTC).strftime("%a %Y-%m-%d"),
        "at": at,
        "free": "; ".join(words) or "not free",
        "any": bool(open_),
        "stretches": [{"begins": span.begins, "ends": span.ends, "left": max(0, span.quantity)} for span in found],
    }


def _stretch(span: Span, whole: int, day: int) -> str:
    much = "" if whole == 1 else f"{span.quantity} of {whole} "
    ends = "24:00" if span.ends == day + DAY else _hour(span.ends)
    return f"{much}{_hour(span.begins)}–{ends}"


def _hour(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%H:%M")


async def reserve(desk: Desk, asked: Reserve) -> Plain:
    listed = _lent(desk, asked.listing)
    if listed.member == desk.me:
        raise Refused("that listing is your own: wait for others to reserve it")
    now = clock.now()
    span = _span(asked, listed, now)
    taken = desk.book.reserved(listed.id, now)
    left = max(0, free(listed.body.quantity, taken, span))
    if left < span.quantity:
        other = next_free(listed.body.quantity, taken, span)
        raise Refused(
            f"not free then: {left} of {listed.body.quantity} {'is' if left == 1 else 'are'} left."
            f" It is free from {_from_to(other)}"
        )
    assert listed.body.lent is not None
    proposal = share(
        listed.member,
        desk.me,
        listed.id,
        listed.body.title,
        listed.body.unit,
        span,
        Millis(min(now + asked.answer_days * DAY, span.begins)),
        lent=listed.body.lent,
        price=_price(desk, asked, listed),
        text=asked.text,
    )
    known = known_now(desk, await desk.say(Drafted(proposal)))
    return {**known, "span": {"text": _from_to(span), "times": times(span, listed.body.lent)}}


def _lent(desk: Desk, text: str) -> Listed:
    listed = desk.listing(text)
    if listed.body.lent is None:
        raise Refused(f"{listed.body.title!r} is not lent by the hour or by the day: propose a trade instead")
    return listed


def _span(asked: Reserve, listed: Listed, now: int) -> Span:
    begins = moment(asked.begins, "the beginning")
    said = [asked.ends.strip() != "", asked.hours is not None, asked.days is not None]
    if sum(said) != 1:
        raise Refused("the end is missing: say until when, or for how many hours or days: one of them")
    if asked.ends.strip():
        whole_day = len(asked.ends.strip()) == len("2026-12-01")
        ends = moment(asked.ends, "the end") + (DAY if whole_day else 0)  # a day named as the last one is in it
    else:
        length = (asked.hours or 0) * HOUR + (asked.days or 0) * DAY
        if not 0 < length <= 2 * DAYS_MAX * DAY:
            raise Refused("the end is no time to come: write a whole number of hours or days, of at least 1")
        ends = begins + length
    if begins <= now:
        raise Refused(f"the beginning is in the past: it is {when(now)} now")
    if ends <= begins:
        raise Refused("the end is not after the beginning")
    if not 1 <= asked.quantity <= listed.body.quantity:
        raise Refused(f"a promised quantity of {asked.quantity}: there are {listed.body.quantity} {listed.body.unit}")
    return Span(begins, ends, asked.quantity)


def _from_to(span: Span) -> str:
    return f"{when(span.begins)} to {when(span.ends)}"


def _price(desk: Desk, asked: Reserve, listed: Listed) -> int:
    """What each hour or day costs, in the smallest part of the community's unit."""
    first = listed.body.wants[0] if listed.body.wants else None
    if asked.pay and asked.gift:
        raise Refused("pay, or have it for nothing: not both")
    if asked.pay:
        return desk.parts(asked.pay)
    if asked.gift or first is None or first.kind == "nothing":
        return 0
    if first.kind == "credit":
        return first.quantity
    raise Refused(f"it is lent for {first.kind}: say what you pay for each hour or day instead, or ask for a gift")


async def calendar(desk: Desk, _asked: Nothing) -> Plain:
    """What I have lent and borrowed by agreement, the first first."""
    now = clock.now()
    rows = []
    for id_ in desk.book.agreements.of_member.get(desk.me, ()):
        known = desk.book.agreements.get(id_)
        if known is None or known.state_at(now) not in (State.AGREED, State.COMPLETED):
            continue
        for number, given in enumerate(known.commitments):
            if reserves(given) and desk.me in (given.provider, given.receiver):
                mine = given.provider == desk.me
                other = desk.book.members.name(given.receiver if mine else given.provider)
                rows.append(
                    {
                        "id": known.id.hex(),
                        "short": short(known.id),
                        "number": number,
                        "at": known.agreed_at or known.at,
                        "what": given.what,
                        "with": other,
                        "mine": mine,
                        "begins": given.begins,
                        "ends": given.due,
                        "begins_text": when(given.begins or 0),
                        "ends_text": when(given.due),
                        "summary": f"{given.what}: lent to {other}" if mine else f"{given.what}, from {other}",
                        "text": "\n".join(views.promise(desk.book, each, desk.me) for each in known.commitments),
                        "state": known.state_at(now).value,
                    }
                )
    return {"reservations": sorted(rows, key=lambda row: (row["begins"], row["id"], row["number"]))}


VERBS: Verbs = {
    "free": (WhatIsFree, what_is_free),
    "reserve": (Reserve, reserve),
    "calendar": (Nothing, calendar),
}
