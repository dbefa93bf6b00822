"""The timeline of an agreement: what was said about it, in words, with the signed entry behind each."""

from ruil.node.open_places import counted
from ruil.node.words import Plain, much
from ruil.protocol.agreement import Agreement, when
from ruil.protocol.bodies import (
    Accept,
    Body,
    Cancel,
    Close,
    Correct,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Lapse,
    Mediate,
    Open,
    Propose,
    Rate,
    Receive,
    Reply,
    Settle,
    Vote,
)  # fmt: skip
from ruil.protocol.book import Book
from ruil.protocol.ids import MemberId
from ruil.protocol.record import Record


def speaker(book: Book, record: Record, me: MemberId) -> str:
    """Who said something; of an organisation also which of its people, in which role."""
    plain = record.member == me and record.device not in book.members.holdings
    return "you" if plain else book.members.who(record.device)


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
