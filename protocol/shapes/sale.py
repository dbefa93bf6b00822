"""Sale: a thing for the community's credit. Spec: docs/spec/shapes.md#sale."""

from ruil.protocol.bodies import CREDIT, Commitment, Propose
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.shapes.swap import swap


def sale(
    sold: Commitment, price: int, answer_by: Millis, *, replaces: EntryId | None = None, text: str = ""
) -> Propose:
    """A proposal to give `sold` for `price`, in the smallest part of the community's unit, due with the thing itself.
    Raises `Refused` for a price of zero: that is a gift."""
    paid = Commitment(sold.receiver, sold.provider, "transfer", "credit", price, CREDIT, sold.due)
    return swap(sold, paid, answer_by, replaces=replaces, text=text)
