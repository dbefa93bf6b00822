"""Crowdfund: pledges of credit, hours and goods, all or nothing. Nobody holds the pot. Spec: docs/spec/shapes.md."""

from collections.abc import Sequence

from msgspec import Struct

from ruil.protocol.bodies import Action, Propose, Slot, Term
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import QUANTITY_MAX


class Goal(Struct, frozen=True):
    """What is needed: at least `least` and at most `most` `unit` of `what` in all."""

    what: str
    unit: str
    least: int
    most: int = QUANTITY_MAX
    action: Action = "transfer"


def crowdfund(
    receiver: MemberId,
    goals: Sequence[Goal],
    due: Millis,
    answer_by: Millis,
    *,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal to give `receiver` what they need together: each pledges to one goal or several, and nobody is bound
    unless every goal is met. What is pledged goes from each to the receiver, through nobody's hands. Raises `Refused`
    when there is no goal, or two have one name."""
    if not goals:
        raise Refused("say what is needed: an amount of credit, hours, or things")
    if len({goal.what for goal in goals}) < len(goals):
        raise Refused("each goal needs a name of its own")
    places = tuple(
        Slot(
            goal.what,
            (Term(True, receiver, goal.action, goal.what, goal.unit, due, each=1),),
            total_least=goal.least,
            total_most=goal.most,
        )
        for goal in goals
    )
    return Propose((receiver,), (), answer_by, replaces, text, places)
