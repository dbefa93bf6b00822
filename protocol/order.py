"""Order: in what order what was said about an agreement is walked over its table.

It does not depend on what arrived first, so every reader of the same logs sees the same state.
Who decides when two stories meet: the proposing device's log. If it takes the proposal back (`Cancel`, a counter-offer,
or `Lapse` after the deadline) before any entry that shows it knew of the acceptance, nobody is bound.
Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import (
    Accept,
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
    Propose,
    Receive,
    Reply,
    Settle,
    Vote,
)
from ruil.protocol.ids import EntryId
from ruil.protocol.record import Record

# Answers come before what rests on them, whatever the clocks say: two clocks may differ by minutes. From there on, time
# decides, and what names a delivery never comes before it.
PART: Final[dict[type, int]] = {
    Accept: 0,
    Decline: 0,
    Propose: 0,
    Join: 0,
    Vote: 0,
    Reply: 3,
    Lapse: 1,
    Close: 2,
    Deliver: 2,
    Receive: 2,
    Correct: 2,
    Cancel: 2,
    Extend: 2,
    Settle: 2,
    Dispute: 2,
    Mediate: 2,
}
_AT_ONE_TIME: Final[dict[type, int]] = {
    Close: 0,
    Deliver: 1,
    Receive: 2,
    Correct: 3,
    Cancel: 4,
    Extend: 5,
    Settle: 6,
    Dispute: 7,
    Mediate: 8,
}
_SHOWS_KNOWLEDGE: Final = (Close, Deliver, Receive, Extend, Settle, Dispute)


def in_order(said: Iterable[Record]) -> list[Record]:
    """Sorted so that answers stand before what rests on them, and deliveries before what names them."""
    records = list(said)
    times = stands_at(records)

    def place(record: Record) -> tuple[int, int, int, tuple[int, bytes, int]]:
        return PART[type(record.body)], times[record.id], _AT_ONE_TIME.get(type(record.body), 0), record.order

    return sorted(records, key=place)


def stands_at(records: Sequence[Record]) -> dict[EntryId, int]:
    """When each of them stands in the order: at its own time, or that of what it rests on, if that is later."""
    delivered = {record.id: record.at for record in records if isinstance(record.body, Deliver)}
    received: dict[EntryId, int] = {}
    for record in records:
        if isinstance(record.body, Receive):
            at = max(record.at, delivered.get(record.body.delivery, 0))
            received[record.body.delivery] = min(at, received.get(record.body.delivery, at))

    disputed = min((record.at for record in records if isinstance(record.body, Dispute)), default=0)

    times: dict[EntryId, int] = {}
    for record in records:
        at, body = int(record.at), record.body
        if isinstance(body, Mediate):
            at = max(at, disputed)
        if isinstance(body, Receive | Correct):
            at = max(at, delivered.get(body.delivery, 0))
        if isinstance(body, Correct):
            at = max(at, received.get(body.delivery, 0))
        times[record.id] = at
    return times


def known_first(agreement: Agreement, records: list[Record]) -> list[Record]:
    """What the proposing device has shown to know stands: a new device of somebody who accepted or joined, which may
    begin at any time it likes, can not decline before it afterwards. An open proposal is bound by that device's close
    itself, which so comes before all that its author did not know, and whatever the clocks say."""
    closes = _closes(agreement, records)
    if not closes:
        return records
    if agreement.proposal.motion is not None:
        return sorted(records, key=lambda record: 0 if isinstance(record.body, Vote) else 1 if record in closes else 2)
    bodies = [each.body for each in closes if isinstance(each.body, Close)]
    named = {answer for body in bodies for answer in body.answers}
    seats = {seat.at for body in bodies for seat in body.seats}
    if not agreement.proposal.slots:
        return sorted(records, key=lambda record: not (isinstance(record.body, Accept) and record.id in named))
    joiners = {joined.member for joined in agreement.joins.values()}
    joiners |= {record.member for record in records if isinstance(record.body, Join)}

    def rank(record: Record) -> int:
        if isinstance(record.body, Accept) and record.id in named:
            return 0
        if isinstance(record.body, Join) and record.position in seats:
            return 0
        leaves = isinstance(record.body, Cancel) and record.member != agreement.proposer and record.member in joiners
        if isinstance(record.body, Join | Vote) or (leaves and record.at <= closes[-1].at):
            return 1
        return 2 if record in closes else 3

    return sorted(records, key=rank)


def _closes(agreement: Agreement, records: list[Record]) -> list[Record]:
    """The closes of the proposing device; of an open proposal or a motion, those before it first took it back."""
    found = []
    for record in _own(agreement, records):
        if isinstance(record.body, Close):
            found.append(record)
        elif agreement.proposal.slots and _takes_back(agreement, record):
            break
        elif agreement.proposal.motion is not None and isinstance(record.body, Cancel | Propose):
            break  # a lapse takes nothing back once it was closed, also if that carried nothing
    return found


def take_back(agreement: Agreement, records: list[Record]) -> Record | None:
    """The entry by which the proposing device ended its offer, if it did so before it showed to know of an answer."""
    for record in _own(agreement, records):
        if isinstance(record.body, _SHOWS_KNOWLEDGE):
            return None
        if _takes_back(agreement, record):
            return record
    return None


def _own(agreement: Agreement, records: list[Record]) -> list[Record]:
    """What the proposing device said, in the order of its log."""
    return sorted((each for each in records if each.device == agreement.device), key=lambda record: record.seq)


def _takes_back(agreement: Agreement, record: Record) -> bool:
    body = record.body
    return isinstance(body, Cancel | Propose) or (isinstance(body, Lapse) and record.at > agreement.answer_by)
