"""Call: many contribute, members vote, and a reward is split by the votes. Spec: docs/spec/shapes.md#call."""

from ruil.protocol.bodies import CREDIT, Propose, Slot, Term
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import JOINS_MAX


def call(
    organiser: MemberId,
    what: str,
    reward: int,
    due: Millis,
    answer_by: Millis,
    *,
    least: int = 1,
    most: int = JOINS_MAX,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal in which everybody who joins with a contribution gets their share of `reward` by the votes for it, and
    hands over `what` was asked for. Raises `Refused` when the numbers can not stand."""
    brings = Term(True, organiser, "work", what, "contribution", due, each=1)
    gets = Term(False, organiser, "transfer", "credit", CREDIT, due, total=reward, voted=True)
    contributors = Slot("contributor", (brings, gets), least, most, quantity_most=1)
    return Propose((organiser,), (), answer_by, replaces, text, (contributors,))
