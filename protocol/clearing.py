"""Clearing: debts in a circle, set off in one step that all of it have signed. Nobody's balance changes.

Spec: docs/spec/clearing.md. Vectors: tests/vectors/clearing/.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ruil.protocol.agreement import Agreement, Said, State, Who
from ruil.protocol.bodies import CREDIT
from ruil.protocol.ids import EntryId, MemberId, Millis


@dataclass(frozen=True, slots=True)
class Cleared:
    """So much of a commitment was set off by a clearing, at the time of its last signature."""

    commitment: int
    quantity: int
    debtor: MemberId
    creditor: MemberId
    at: Millis
    clearing: EntryId


def set_off(agreement: Agreement, cleared: Iterable[Cleared]) -> None:
    """What was set off counts before all that was handed over: both sides have signed it, and nothing else is left to
    do. It never counts for more than was promised."""
    for each in cleared:
        if agreement.state is not State.AGREED or each.commitment >= len(agreement.commitments):
            continue
        debt = agreement.commitments[each.commitment]
        if (debt.provider, debt.receiver, debt.unit) != (each.debtor, each.creditor, CREDIT):
            continue
        quantity = min(each.quantity, agreement.room(each.commitment, agreement.received))
        if quantity > 0:
            agreement.received[each.commitment] += quantity
            agreement.delivered[each.commitment] += quantity
            agreement.set_off.append((each.commitment, quantity, each.clearing))
            if agreement.in_full(agreement.received):
                agreement.move(Who.RECEIVER, Said.LAST_RECEIVE, each.at)
