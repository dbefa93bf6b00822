"""Views: what a member sees of the Book, as plain values for the page, the command line and --json alike."""

from typing import Any

from ruil.node.place import distance_km
from ruil.protocol import attestations
from ruil.protocol.agreement import Agreement, State, when
from ruil.protocol.bodies import (
    CREDIT,
    Accept,
    Body,
    Cancel,
    Commitment,
    Correct,
    Decline,
    Deliver,
    Lapse,
    Open,
    Propose,
    Rate,
    Receive,
)
from ruil.protocol.book import Book
from ruil.protocol.ids import MemberId, Millis, member_text, short
from ruil.protocol.listings import Listed
from ruil.protocol.record import Record

Plain = dict[str, Any]


def amount(book: Book, parts: int) -> str:
    """An amount of the community's unit as people say it: `1.5 hours`."""
    charter = book.members.charter
    per_unit, unit = (charter.parts, charter.unit) if charter else (1, "credit")
    sign = "-" if parts < 0 else ""
    whole, rest = divmod(abs(parts), per_unit)
    text = f"{whole}" if not rest else f"{whole + rest / per_unit:.2f}".rstrip("0").rstrip(".")
    return f"{sign}{text} {'hour' if (text, unit) == ('1', 'hours') else unit}"


def listing(book: Book, listed: Listed, me: MemberId, my_cell: int | None, now: Millis) -> Plain:
    """One listing."""
    body = listed.body
    return {
        "id": listed.id.hex(),
        "short": short(listed.id),
        "role": body.role,
        "kind": body.kind,
        "title": body.title,
        "text": body.text,
        "tags": list(body.tags),
        "quantity": body.quantity,
        "unit": body.unit,
        "left": book.left(listed.id, now),
        "wants": [
            amount(book, want.quantity) if want.kind == "credit" else _wanted(want.kind, want.quantity, want.unit)
            for want in body.wants
        ],
        "begins": body.begins,
        "ends": listed.ends,
        "ends_text": when(listed.ends),
        "member": member_text(listed.member),
        "name": book.members.name(listed.member),
        "mine": listed.member == me,
        "open": listed.open_at(now),
        "distance_km": distance_km(my_cell, body.cell),
    }


def _wanted(kind: str, quantity: int, unit: str) -> str:
    return kind if kind == "nothing" or (quantity, unit) == (1, "one") else f"{quantity} {unit} {kind}"


def promise(book: Book, given: Commitment, me: MemberId) -> str:
    """One promise in words, without its time."""
    provider, receiver = ("you" if who == me else book.members.name(who) for who in (given.provider, given.receiver))
    verb = "give" if provider == "you" else "gives"
    return f"{provider} {verb} {receiver} {_much(book, given, given.quantity)}"


def commitment(book: Book, given: Commitment, me: MemberId) -> str:
    """One promise in words."""
    return f"{promise(book, given, me)}, by {when(given.due)}"


def agreement(book: Book, known: Agreement, me: MemberId, now: Millis) -> Plain:
    """One agreement, with what waits for whom and what the viewer can do."""
    state = known.state_at(now)
    waits = known.waits_for(now)
    return {
        "id": known.id.hex(),
        "short": short(known.id),
        "state": state.value,
        "proposer": book.members.name(known.proposer),
        "mine": known.proposer == me,
        "parties": [book.members.name(party) for party in known.parties],
        "others": [member_text(party) for party in known.parties if party != me],
        "with": [
            {"id": member_text(party), "name": book.members.name(party)} for party in known.parties if party != me
        ],
        "commitments": [
            {
                "text": commitment(book, given, me),
                "words": promise(book, given, me),
                "what": given.what,
                "unit": given.unit,
                "due": given.due,
                "listing": given.listing.hex() if given.listing else None,
                "to_me": given.receiver == me,
                "quantity": given.quantity,
                "delivered": known.delivered[index],
                "received": known.received[index],
                "credit": given.unit == CREDIT,
                "mine": given.provider == me,
            }
            for index, given in enumerate(known.commitments)
        ],
        "answer_by": known.answer_by,
        "answer_by_text": when(known.answer_by),
        "closes_at": known.closes_at,
        "at": known.at,
        "text": known.proposal.text,
        "waits_for": [
            {"name": "you" if member == me else book.members.name(member), "what": what, "mine": member == me}
            for member, what in waits.items()
        ],
        "can": can(book, known, me, now),
    }


def timeline(book: Book, known: Agreement, me: MemberId) -> list[Plain]:
    """What was said about an agreement, the first first: when, by whom, in words, and the signed entry itself."""
    said = [
        record
        for record in book.records.values()
        if record.ref == known.id
        or record.id == known.id
        or (isinstance(record.body, Propose) and record.body.replaces == known.id)
    ]
    opened = {rate.id: opening.body for rate, opening in book.attestations.opened(known)}
    rows: list[Plain] = []
    for record in sorted(said, key=lambda record: record.order):
        words = _said(book, known, record, opened.get(record.id))
        if words:
            rows.append(
                {
                    "at": record.at,
                    "name": "you" if record.member == me else book.members.name(record.member),
                    "text": words,
                    "entry": record.id.hex(),
                    "counts": record.id not in known.out_of_turn,
                    "why_not": known.out_of_turn.get(record.id, ""),
                }
            )
    return rows


def _said(book: Book, known: Agreement, record: Record, opened: Body | None) -> str:
    match record.body:
        case Propose():
            return "proposed this" if record.id == known.id else "proposed other terms"
        case Accept():
            return "accepted"
        case Decline(reason) | Cancel(reason):
            did = "declined" if isinstance(record.body, Decline) else "asked to cancel"
            return f"{did}: {reason}" if reason else did
        case Lapse():
            return "noted that the time to answer is over"
        case Deliver(index, quantity) if index < len(known.commitments):
            return f"delivered {_much(book, known.commitments[index], quantity)}"
        case Receive(delivery, quantity) if delivery in known.deliveries:
            given = known.commitments[known.deliveries[delivery].commitment]
            return f"received {_much(book, given, quantity)}"
        case Correct(delivery, quantity) if delivery in known.deliveries:
            given = known.commitments[known.deliveries[delivery].commitment]
            return f"says a delivery was really {_much(book, given, quantity)}"
        case Rate(about):
            whom = book.members.name(about)
            if not isinstance(opened, Open):
                return f"rated {whom}; it can be read when both have rated, or after 14 days"
            words = f": {opened.words}" if opened.words else ""
            return f"rated {whom} {'well' if opened.good else 'badly'}{words}"
        case _:
            return ""


def _much(book: Book, given: Commitment, quantity: int) -> str:
    if given.unit == CREDIT:
        return amount(book, quantity)
    said = given.unit == "one" or given.unit.lower() in given.what.lower().split()  # not "2 loaf Sourdough loaf"
    return f"{quantity} {given.what}" if said else f"{quantity} {given.unit} {given.what}"


def can(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[str]:
    """What the viewer can do about an agreement now."""
    state = known.state_at(now)
    if me not in known.parties:
        return []
    if state is State.PROPOSED:
        return ["cancel"] if me == known.proposer else ["accept", "decline", "counter"]
    if state is State.AGREED:
        promised = enumerate(known.commitments)
        due = any(each.provider == me and known.delivered[index] < each.quantity for index, each in promised)
        arrived = any(
            delivery.receipt is None and known.commitments[delivery.commitment].receiver == me
            for delivery in known.deliveries.values()
        )
        return [*(["deliver"] if due else []), *(["receive"] if arrived else []), "cancel"]
    rated = book.attestations.ratings(known)
    return [
        "rate"
        for other in known.parties
        if attestations.why_not(known, me, other, now) is None and (me, other) not in rated
    ][:1]
