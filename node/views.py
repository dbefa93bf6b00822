"""Views: what a member sees of the Book, as plain values for the page, the command line and --json alike."""

from collections.abc import Sequence

from ruil.node import motions
from ruil.node.open_places import counted, place, title
from ruil.node.place import distance_km
from ruil.node.words import Plain as Plain
from ruil.node.words import amount as amount
from ruil.node.words import much as much
from ruil.protocol import attestations
from ruil.protocol.agreement import Agreement, State, when
from ruil.protocol.blocks import Blocked
from ruil.protocol.bodies import (
    CREDIT,
    NOTHING,
    Accept,
    Body,
    Cancel,
    Close,
    Commitment,
    Correct,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Lapse,
    Mediate,
    Open,
    Profile,
    Propose,
    Rate,
    Receive,
    Reply,
    Settle,
    Vote,
    Want,
)
from ruil.protocol.book import Book
from ruil.protocol.conduct import conduct as reckoned
from ruil.protocol.ids import MemberId, Millis, member_text, short
from ruil.protocol.listings import Listed
from ruil.protocol.record import Record
from ruil.protocol.shapes.loan import arrears
from ruil.protocol.slots import reserves

COUNTS = ("answered", "silent", "kept", "broken", "unconfirmed")


def acting(book: Book, organisation: MemberId) -> list[Plain]:
    """Who acts for an organisation: name and role. Whose devices are all revoked does no more."""
    return [
        {"id": member_text(each.holder), "name": book.members.name(each.holder), "role": each.role}
        for each in book.members.people(organisation)
        if not book.revoked(each.device)
    ]


def offices(book: Book, member: MemberId) -> list[str]:
    """What the members gave somebody to do."""
    return [each for each in motions.OFFICES if book.members.decisions.holds(member, each)]


def profile(said: Profile) -> Plain:
    """How somebody is shown and found."""
    return {
        "name": said.name,
        "about": said.about,
        "can": list(said.can),
        "seeks": list(said.seeks),
        "speaks": list(said.speaks),
    }


def blocked(book: Book, said: Sequence[Blocked], me: MemberId) -> list[Plain]:
    """On whose lists somebody is, and why."""
    return [
        {
            "name": "you" if each.by == me else book.members.name(each.by),
            "id": member_text(each.by),
            "mine": each.by == me,
            "reason": each.reason,
            "entry": each.entry.hex(),
        }
        for each in said
    ]


def guests(book: Book, host: MemberId, now: Millis) -> list[Plain]:
    """Whom somebody let in and so answers for: how each stands."""
    found = []
    for member, known in sorted(book.members.all().items()):
        if known.inviter != host:
            continue
        done = reckoned(book.agreements, member, now)
        found.append(
            {
                "id": member_text(member),
                "name": book.members.name(member),
                "membership": known.standing.value,
                "kept": len(done.kept),
                "broken": len(done.broken),
                "blocked": len(book.blocks.about(member)),
            }
        )
    return found


def speaker(book: Book, record: Record, me: MemberId) -> str:
    """Who said something; of an organisation also which of its people, in which role."""
    plain = record.member == me and record.device not in book.members.holdings
    return "you" if plain else book.members.who(record.device)


def own(book: Book, known: Agreement) -> str:
    """A sentence when an organisation trades with somebody of its own; else empty."""
    kin = book.members.kin()
    for one in known.parties:
        for other in known.parties:
            if (one, other) in kin:
                names = book.members.name(other), book.members.name(one)
                return (
                    f"{names[0]} acts or acted for {names[1]}: what they say about each other counts for no standing."
                )
    return ""


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
        "wants": [want(book, each) for each in body.wants],
        "left_text": _count(book, book.left(listed.id, now), body.unit),
        "quantity_text": _count(book, body.quantity, body.unit),
        "bids_until": body.bids_until,
        "bids": len(book.bids.on(listed)),
        "lent": body.lent,
        "options": [
            {"what": each.what, "adds": each.price, "adds_text": amount(book, each.price) if each.price else ""}
            for each in body.options
        ],
        "begins": body.begins,
        "ends": listed.ends,
        "ends_text": when(listed.ends),
        "member": member_text(listed.member),
        "name": book.members.name(listed.member),
        "hidden_by": blocked(book, book.blocks.hidden(me).get(listed.member, ()), me),
        "mine": listed.member == me,
        "open": listed.open_at(now),
        "distance_km": distance_km(my_cell, body.cell),
    }


def _count(book: Book, quantity: int, unit: str) -> str:
    """So much of a listing: credit in the community's unit."""
    return amount(book, quantity) if unit == CREDIT else f"{quantity} {unit}" if unit != "one" else str(quantity)


def want(book: Book, given: Want) -> str:
    """What is wanted in return, in words."""
    if given.kind == CREDIT:
        return amount(book, given.quantity)
    plain = given.kind == NOTHING or (given.quantity, given.unit) == (1, "one")
    return given.kind if plain else f"{given.quantity} {given.unit} {given.kind}"


def promise(book: Book, given: Commitment, me: MemberId) -> str:
    """One promise in words, without its time."""
    provider, receiver = ("you" if who == me else book.members.name(who) for who in (given.provider, given.receiver))
    verb = "give" if provider == "you" else "gives"
    return f"{provider} {verb} {receiver} {much(book, given, given.quantity)}"


def commitment(book: Book, given: Commitment, me: MemberId) -> str:
    """One promise in words."""
    if reserves(given):
        return f"{promise(book, given, me)}, from {when(given.begins or 0)} until {when(given.due)}"
    return f"{promise(book, given, me)}, by {when(given.due)}"


def agreement(book: Book, known: Agreement, me: MemberId, now: Millis) -> Plain:
    """One agreement, with what waits for whom and what the viewer can do."""
    state = known.state_at(now)
    waits = known.waits_for(now)
    late = {
        each.commitment: f"{much(book, known.commitments[each.commitment], each.missing)}"
        f" {'in default' if each.default else 'late'} since {when(each.since)}"
        for each in arrears(known, now)
    }
    return {
        "id": known.id.hex(),
        "short": short(known.id),
        "state": state.value,
        "open": bool(known.proposal.slots),
        "devices": sorted(
            device.hex()
            for member in book.agreements.involved(known.id)
            if (person := book.members.get(member)) is not None
            for device in person.devices
        ),
        "proposer": book.members.name(known.proposer),
        "proposer_id": member_text(known.proposer),
        "mine": known.proposer == me,
        "own": own(book, known),
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
                "late": "struck out: nobody owes this" if index in known.struck else late.get(index, ""),
                "struck": index in known.struck,
            }
            for index, given in enumerate(known.commitments)
        ],
        "answer_by": known.answer_by,
        "answer_by_text": when(known.answer_by),
        "closes_at": known.closes_at,
        "mediator": book.members.name(known.proposal.mediator) if known.proposal.mediator else "",
        "mediates": me in (known.proposal.mediator, known.proposal.backup),
        "mediation_binds": known.binding,
        "proposed_ends": _ends(book, known, me, now),
        "at": known.at,
        "text": known.proposal.text,
        "motion": motions.motion(book, known, me),
        "hidden_by": _hidden_by(book, known, me),
        "title": title(book, known),
        "places": [place(book, known, index, me) for index in range(len(known.proposal.slots))],
        "joinable": "join" in can(book, known, me, now),
        "waits_for": [
            {"name": "you" if member == me else book.members.name(member), "what": what, "mine": member == me}
            for member, what in waits.items()
        ],
        "can": can(book, known, me, now),
        "rates": [{"id": member_text(each), "name": book.members.name(each)} for each in _rates(book, known, me, now)],
    }


def _hidden_by(book: Book, known: Agreement, me: MemberId) -> list[Plain]:
    """By whose lists somebody is hidden from the viewer who asks them for something. What they signed is theirs."""
    if me in known.signed or known.was_agreed():
        return []
    return blocked(book, book.blocks.hidden(me).get(known.proposer, ()), me)


def _ends(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[Plain]:
    """How somebody would have it end: who, with how much received of each, in words."""
    said = [("you" if who == me else book.members.name(who), received) for who, received in known.settling(now).items()]
    said += [("the mediator", known.mediated)] if known.mediated is not None else []
    return [
        {
            "name": name,
            "received": list(received),
            "text": ", ".join(much(book, *each) for each in zip(known.commitments, received, strict=True)),
        }
        for name, received in said
    ]


def conduct(book: Book, member: MemberId, now: Millis) -> Plain:
    """Whether somebody answers, delivers and confirms, with the agreements behind each count."""
    found = reckoned(book.agreements, member, now)
    asked = len(found.answered) + len(found.silent)
    bound = len(found.kept) + len(found.broken)
    said = [
        f"answered {len(found.answered)} of {asked} proposals" if asked else "was asked nothing yet",
        f"kept {len(found.kept)} of {bound} promises" if bound else "",
        f"did not confirm {len(found.unconfirmed)} deliveries" if found.unconfirmed else "",
    ]
    known = {each: book.agreements.get(each) for each in (*found.silent, *found.broken, *found.unconfirmed)}
    return {
        "sentence": ", ".join(part for part in said if part),
        **{name: [each.hex() for each in getattr(found, name)] for name in COUNTS},
        "replies": {
            each.hex(): agreement.replies[member]
            for each, agreement in known.items()
            if agreement is not None and member in agreement.replies
        },
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
                    "name": speaker(book, record, me),
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
        case Join(slot=slot, quantity=quantity, text=text) if slot < len(known.proposal.slots):
            place_ = known.proposal.slots[slot]
            joined = f"joined as {place_.role} with {counted(book, place_)(quantity)}"
            return f"{joined}: {text}" if text else joined
        case Vote(join=for_) if for_ in known.joins:
            return f"voted for what {book.members.name(known.joins[for_].member)} sent in"
        case Vote() if known.proposal.motion is not None:
            return "said yes"
        case Close() if known.proposal.motion is not None:
            return "closed it: enough have said yes"
        case Close() if known.proposal.slots:
            gone = [book.members.name(each.member) for each in known.lost if record.id not in known.out_of_turn]
            struck = f"; struck out, since they contradicted themselves: {', '.join(gone)}" if gone else ""
            return f"closed it: who joined is in{struck}"
        case Decline(reason) | Cancel(reason):
            did = "declined" if isinstance(record.body, Decline) else "asked to cancel"
            return f"{did}: {reason}" if reason else did
        case Lapse():
            return "noted that the time to answer is over"
        case Reply(text):
            return f"says to how it ended: {text}"
        case Deliver(index, quantity) if index < len(known.commitments):
            return f"delivered {much(book, known.commitments[index], quantity)}"
        case Receive(delivery, quantity) if delivery in known.deliveries:
            given = known.commitments[known.deliveries[delivery].commitment]
            return f"received {much(book, given, quantity)}"
        case Correct(delivery, quantity) if delivery in known.deliveries:
            given = known.commitments[known.deliveries[delivery].commitment]
            return f"says a delivery was really {much(book, given, quantity)}"
        case Extend(due):
            return f"would have it go on until {when(due)}"
        case Settle(received, reason) | Mediate(received, reason) if len(received) == len(known.commitments):
            did = "would settle with" if isinstance(record.body, Settle) else "proposes to end it with"
            whole = ", ".join(much(book, *each) for each in zip(known.commitments, received, strict=True))
            return f"{did} {whole}{f': {reason}' if reason else ''}"
        case Dispute(reason):
            return f"asked the mediator: {reason}" if reason else "asked the mediator"
        case Rate(about):
            whom = book.members.name(about)
            if not isinstance(opened, Open):
                return f"rated {whom}; it can be read when both have rated, or after 14 days"
            words = f": {opened.words}" if opened.words else ""
            return f"rated {whom} {'well' if opened.good else 'badly'}{words}"
        case _:
            return ""


def _votes(book: Book, known: Agreement, me: MemberId, now: Millis) -> bool:
    """Whether the viewer can vote for what others sent in."""
    asked = any(term.voted for slot in known.proposal.slots for term in slot.terms) and now <= known.answer_by
    return asked and book.members.belonged(me, known.at) and any(each.member != me for each in known.staying())


def can(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[str]:
    """What the viewer can do about an agreement now."""
    state = known.state_at(now)
    inside = any(joined.member == me for joined in known.staying())
    if known.proposal.motion is not None:
        return motions.can(book, known, me, now)
    if state is State.PROPOSED and known.proposal.slots:
        answers = ["accept", "decline"] if me in known.missing() else []
        taken = {joined.body.slot for joined in known.staying() if joined.member == me}
        left = [
            index
            for index, slot in enumerate(known.proposal.slots)
            if index not in taken and any(term.other != me for term in slot.terms)  # nobody promises to themselves
        ]
        mediates = me in (known.proposal.mediator, known.proposal.backup)
        places = ["join"] if left and not mediates and now <= known.answer_by else []
        if inside and me != known.proposer:
            places.append("leave")
        votes = ["vote"] if _votes(book, known, me, now) else []
        return [*answers, *votes, *places, *(["close", "cancel"] if me == known.proposer else [])]
    if state is State.AGREED and me in known.mediating(now):
        return ["mediate"]
    if me not in known.parties:
        return []
    ring = ["without"] if _ring(known) else []
    if state is State.PROPOSED:
        return (
            [*ring, "cancel"] if me == known.proposer else ["accept", "decline", *([] if ring else ["counter"]), *ring]
        )
    if ring and not known.was_agreed() and known.replaced_by is None:
        return ["without"]
    if state is State.AGREED:
        promised = enumerate(known.commitments)
        due = any(each.provider == me and known.to_deliver(index, now) for index, each in promised)
        arrived = any(
            delivery.receipt is None and known.commitments[delivery.commitment].receiver == me
            for delivery in known.deliveries.values()
        )
        asks = known.proposal.mediator is not None and not known.mediating(now)
        ends = ["settle", "extend", *(["dispute"] if asks else []), "cancel"]
        return [*(["deliver"] if due else []), *(["receive"] if arrived else []), *ends]
    return [*(["rate"] if _rates(book, known, me, now) else []), "reply"]


def _ring(known: Agreement) -> bool:
    """Whether each party gives once, to somebody who gives on: four or more, so that one can drop out."""
    givers = [each.provider for each in known.commitments]
    takers = [each.receiver for each in known.commitments]
    return len(givers) >= 4 and sorted(givers) == sorted(takers) == sorted(set(givers)) == sorted(known.parties)


def _rates(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[MemberId]:
    """Whom the viewer traded with in it and can still rate."""
    if not known.state_at(now).ended or me not in known.parties:
        return []
    rated = book.attestations.ratings(known)
    return [
        each for each in known.parties if (me, each) not in rated and attestations.why_not(known, me, each, now) is None
    ]
