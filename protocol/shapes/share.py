"""Share: something lent for a span of time, and free before and after. Spec: docs/spec/shapes.md#share."""

from typing import Final

from ruil.protocol.bodies import CREDIT, Commitment, Lent, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.reservations import Span

LENGTH: Final[dict[Lent, int]] = {"hourly": HOUR, "daily": DAY}  # in ms


def times(span: Span, lent: Lent) -> int:
    """How many hours or days a span counts: one that has begun counts whole."""
    return -(-(span.ends - span.begins) // LENGTH[lent])


def share(
    owner: MemberId,
    borrower: MemberId,
    listing: EntryId,
    what: str,
    unit: str,
    span: Span,
    answer_by: Millis,
    *,
    lent: Lent = "hourly",
    price: int = 0,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal that `borrower` has `span.quantity` of a listing of `owner` during a span.

    `price` is for each of them and each hour or day, in the smallest part of the community's unit; 0 for nothing. What
    was lent is paid. Raises `Refused` for a span that is none, and for an answer after it has begun."""
    if span.begins >= span.ends:
        raise Refused("the end of a reservation comes after its beginning")
    if answer_by > span.begins:
        raise Refused("a reservation has to be answered before it begins")
    ends = Millis(span.ends)
    lending = Commitment(
        owner, borrower, "use", what, span.quantity, unit, ends, begins=Millis(span.begins), listing=listing
    )
    cost = price * times(span, lent) * span.quantity
    paid = (Commitment(borrower, owner, "transfer", "credit", cost, CREDIT, ends, per=0),) if cost else ()
    parties = tuple(sorted({owner, borrower}))
    return Propose(parties, (lending, *paid), answer_by, replaces, text)
