"""Group buy: the more who join, the better the price; nobody is bound before enough have. Spec: docs/spec/shapes.md."""

from ruil.protocol.bodies import CREDIT, Propose, Slot, Step, Term
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import JOINS_MAX, QUANTITY_MAX


def group_buy(
    seller: MemberId,
    what: str,
    unit: str,
    price: int | tuple[Step, ...],
    due: Millis,
    answer_by: Millis,
    *,
    organiser: MemberId | None = None,
    people: int = 0,
    most: int = JOINS_MAX,
    quantity: int = 0,
    quantity_most: int = QUANTITY_MAX,
    listing: EntryId | None = None,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal to buy `what` from `seller` together, each for `price` a unit (in the smallest part of the community's
    unit) or by steps of the total quantity, if at least `people` join and `quantity` in all. The organiser may be
    somebody else than the seller, who then has to accept. Raises `Refused` when the numbers can not stand."""
    fixed, steps = (price, ()) if isinstance(price, int) else (0, price)
    gets = Term(False, seller, "transfer", what, unit, due, each=1, listing=listing)
    pays = Term(True, seller, "transfer", "credit", CREDIT, due, each=fixed, steps=steps)
    buyers = Slot("buyer", (gets, pays), people, most, total_least=quantity, total_most=quantity_most)
    parties = tuple(sorted({seller, organiser or seller}))
    return Propose(parties, (), answer_by, replaces, text, (buyers,))
