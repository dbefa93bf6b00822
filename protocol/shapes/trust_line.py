"""Trust line: one member lets another draw credit up to an amount, whenever, and give it back by a day.

A loan of which nothing need be lent (`least` 0): what was drawn is owed back, no more.
Spec: docs/spec/shapes.md#trust-line.
"""

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import CREDIT, Commitment, Propose
from ruil.protocol.ids import EntryId, MemberId, Millis

WHAT = "credit line"


def trust_line(
    lender: MemberId,
    borrower: MemberId,
    amount: int,
    until: Millis,
    back_by: Millis,
    answer_by: Millis,
    *,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal by which `borrower` may draw `amount` in all until `until`, and gives back what was drawn by
    `back_by`. Raises `Refused` when it can not stand."""
    line = Commitment(lender, borrower, "transfer", WHAT, amount, CREDIT, until, least=0)
    back = Commitment(borrower, lender, "transfer", "credit", amount, CREDIT, back_by, per=0)
    return Propose(tuple(sorted((lender, borrower))), (line, back), answer_by, replaces, text)


def open_line(known: Agreement, now: Millis) -> int:
    """How much can still be drawn of an agreement, if it is a trust line that is open; 0 if not."""
    first = known.commitments[0] if known.commitments else None
    if first is None or (first.what, first.unit, first.least) != (WHAT, CREDIT, 0):
        return 0
    if known.state_at(now) is not State.AGREED or now > first.due:
        return 0
    return max(0, first.quantity - known.delivered[0])
