"""Statement: every movement of a member's credit, the first first, with its receipt; together they are the balance.

Spec: docs/spec/credit.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ruil.protocol.agreement import Agreement
from ruil.protocol.agreements import Agreements
from ruil.protocol.bodies import CREDIT
from ruil.protocol.credit import moves
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.record import Record


@dataclass(frozen=True, slots=True)
class Movement:
    """`amount` came to the member (above 0) or went, from or to `other`, at `at`; `receipt` is the entry of the one who
    got it: what makes it count. `balance`: what the member had after it."""

    at: int
    other: MemberId
    amount: int
    words: str
    agreement: EntryId
    receipt: EntryId
    balance: int


def statement(agreements: Agreements, records: Mapping[EntryId, Record], member: MemberId) -> list[Movement]:
    """The movements of a member, in the order of their receipts' times; the same for every reader of the same logs."""
    rows: list[tuple[int, EntryId, MemberId, int, Agreement, str]] = []
    for about in dict.fromkeys(agreements.of_member.get(member, ())):
        known = agreements.get(about)
        if known is not None:
            rows += _rows(known, records, member)
    made, balance = [], 0
    for at, receipt, other, amount, known, words in sorted(rows, key=lambda row: (*row[:4], row[4].id)):
        balance += amount
        made.append(Movement(at, other, amount, words, known.id, receipt, balance))
    return made


def _rows(
    known: Agreement, records: Mapping[EntryId, Record], member: MemberId
) -> Iterator[tuple[int, EntryId, MemberId, int, Agreement, str]]:
    for giver, taker, amount, entry in moves(known):
        if member not in (giver, taker):
            continue
        delivery = known.deliveries.get(entry)
        receipt = delivery.receipt if delivery is not None and delivery.receipt is not None else entry
        record = records.get(receipt)
        at = record.at if record is not None else known.at
        words = _words(known, member, delivery.commitment if delivery is not None else None)
        yield at, receipt, giver if taker == member else taker, amount if taker == member else -amount, known, words


def _words(known: Agreement, member: MemberId, paid: int | None) -> str:
    """For what: that somebody stood in for another, or was paid back for it; else the things of the agreement, or its
    own words when it is about credit alone. `paid`: the commitment that moved it, if one did."""
    if paid is not None and known.commitments[paid].covers is not None:
        return "in somebody's stead"
    if paid is not None and known.pays_back(paid):
        return "back for standing in"
    things = [
        each.what for each in known.commitments if each.unit != CREDIT and member in (each.provider, each.receiver)
    ]
    return ", ".join(dict.fromkeys(things)) or known.proposal.text or "credit"
