"""Clearing: a circle of debts, set off in one step. Spec: docs/spec/shapes.md#clearing."""

from collections.abc import Sequence

from msgspec import Struct

from ruil.protocol.bodies import CREDIT, Commitment, Debt, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import MemberId, Millis


class Owed(Struct, frozen=True):
    """What `debtor` still has to pay `creditor` by one commitment of an agreement."""

    debtor: MemberId
    creditor: MemberId
    amount: int
    debt: Debt


def clearing(owed: Sequence[Owed], answer_by: Millis, *, text: str = "") -> Propose:
    """A proposal to set off the smallest of these debts all the way round: each debtor is the creditor of the one
    before. Raises `Refused` when they are no circle."""
    if len(owed) < 2 or any(one.creditor != two.debtor for one, two in zip(owed, [*owed[1:], owed[0]], strict=True)):
        raise Refused("debts are set off in a circle: each of you owes the next, and the last owes the first")
    if len({each.debtor for each in owed}) < len(owed):
        raise Refused("nobody comes twice in one circle of debts")
    amount = min(each.amount for each in owed)
    if amount < 1:
        raise Refused("one of these debts is paid already")
    set_off = tuple(
        Commitment(each.debtor, each.creditor, "transfer", "what is owed", amount, CREDIT, answer_by, clears=each.debt)
        for each in owed
    )
    return Propose(tuple(sorted(each.debtor for each in owed)), set_off, answer_by, text=text)
