"""Acts: what the viewer can do about an agreement now, by name, for the page, the command line and --json alike."""

from ruil.node import motions
from ruil.protocol import attestations
from ruil.protocol.agreement import Agreement, State
from ruil.protocol.book import Book
from ruil.protocol.ids import MemberId, Millis


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
    return [*(["rate"] if rates(book, known, me, now) else []), "reply"]


def _ring(known: Agreement) -> bool:
    """Whether each party gives once, to somebody who gives on: four or more, so that one can drop out."""
    givers = [each.provider for each in known.commitments]
    takers = [each.receiver for each in known.commitments]
    return len(givers) >= 4 and sorted(givers) == sorted(takers) == sorted(set(givers)) == sorted(known.parties)


def rates(book: Book, known: Agreement, me: MemberId, now: Millis) -> list[MemberId]:
    """Whom the viewer traded with in it and can still rate."""
    if not known.state_at(now).ended or me not in known.parties:
        return []
    rated = book.attestations.ratings(known)
    return [
        each for each in known.parties if (me, each) not in rated and attestations.why_not(known, me, each, now) is None
    ]
