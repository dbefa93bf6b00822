"""Clearing: debts in a circle, set off in one step that all of it have signed. Nobody's balance changes.

Nothing is set off before the proposing device closes on all signatures: from then on its log holds that it knew of
them, so it can not take the clearing back, and nobody else can.

Spec: docs/spec/clearing.md. Vectors: tests/vectors/clearing/.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ruil.protocol.agreement import Agreement, Said, State, Who, when
from ruil.protocol.bodies import CREDIT
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.record import Record


@dataclass(frozen=True, slots=True)
class Cleared:
    """So much of a commitment was set off by a clearing, at the time of its close."""

    commitment: int
    quantity: int
    debtor: MemberId
    creditor: MemberId
    at: Millis
    clearing: EntryId


def close(clearing: Agreement, record: Record) -> str | None:
    """The proposing device closes a clearing. The sentence why that does not count, if it does not."""
    if record.device != clearing.device:
        return "only the device that proposed a clearing can close it: it could take it back otherwise"
    if clearing.missing():
        return "not everybody has accepted"
    if record.at > clearing.bound_by:
        return f"the clearing had to be closed by {when(clearing.bound_by)}"
    why = clearing.move(Who.PROPOSER, Said.CLEARING_CLOSE, record.at)
    clearing.closed = why is None
    return why


def set_off(agreement: Agreement, cleared: Iterable[Cleared]) -> None:
    """These clearings set off what is open of this agreement then. What is not open any more, and what was promised to
    others, they leave as it is; so a debt that two clearings set off is paid once, and only its own debtor and
    creditor, who both signed twice, see another balance than they were told."""
    for each in cleared:
        if agreement.state is not State.AGREED or each.at > agreement.closes_at:
            continue
        if each.commitment >= len(agreement.commitments):
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
