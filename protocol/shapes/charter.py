"""Charter: people with one wish hire together, and the cost is split over who joined. Spec: docs/spec/shapes.md."""

from ruil.protocol.bodies import CREDIT, Propose, Slot, Term
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import JOINS_MAX


def charter(
    carrier: MemberId,
    what: str,
    cost: int,
    begins: Millis,
    due: Millis,
    answer_by: Millis,
    *,
    organiser: MemberId | None = None,
    people: int = 1,
    seats: int = JOINS_MAX,
    listing: EntryId | None = None,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal in which `carrier` does `what` between `begins` and `due` for at most `seats` places, and everybody
    who joins pays their share of `cost`, by the places they take. Raises `Refused` when the numbers can not stand."""
    rides = Term(False, carrier, "deliverService", what, "place", due, each=1, begins=begins, listing=listing)
    pays = Term(True, carrier, "transfer", "credit", CREDIT, due, total=cost)
    riders = Slot("rider", (rides, pays), people, min(seats, JOINS_MAX), quantity_most=seats, total_most=seats)
    parties = tuple(sorted({carrier, organiser or carrier}))
    return Propose(parties, (), answer_by, replaces, text, (riders,))
