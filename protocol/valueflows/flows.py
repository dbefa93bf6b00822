"""What moved under an agreement and what is owed, in the words of Valueflows.

Only a pair of `Deliver` and `Receive` is an EconomicEvent; a Claim is what is still to come to somebody who gave
already, and credit. Spec: docs/spec/valueflows.md.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import Correct, Receive
from ruil.protocol.book import Book
from ruil.protocol.ids import Millis
from ruil.protocol.record import Record
from ruil.protocol.valueflows.trades import primary, promise_iri, quantity_word
from ruil.protocol.valueflows.vocabulary import (
    agreement_iri,
    community_iri,
    entry_iri,
    measure,
    member_iri,
    time_text,
)

Node = dict[str, Any]


def events(book: Book, agreement: Agreement, said: list[Record]) -> Iterator[Node]:
    """The events of an agreement: what both sides said arrived, corrections as events of their own, and deliveries
    that nobody confirmed, which are none."""
    corrections: dict[bytes, list[Record]] = {}
    for record in said:
        if isinstance(record.body, Correct) and record.id not in agreement.out_of_turn:
            corrections.setdefault(record.body.delivery, []).append(record)
    yield from _agreed_on(book, agreement)
    for delivery in agreement.deliveries.values():
        given, iri = agreement.commitments[delivery.commitment], entry_iri(delivery.id)
        moved = _moved(agreement, delivery.commitment)
        word = quantity_word(given.action)
        receipt = book.records.get(delivery.receipt) if delivery.receipt is not None else None
        if receipt is None:
            half = {word: measure(delivery.quantity, given.unit, book.community), "published": time_text(delivery.at)}
            yield {"id": iri, "type": "ruil:Delivery", **moved, **half}
            continue
        assert isinstance(receipt.body, Receive)
        at_first, fixed = receipt.body.quantity, corrections.get(delivery.id, [])
        event: Node = {
            "id": iri,
            "type": "EconomicEvent",
            **moved,
            word: measure(at_first, given.unit, book.community),
            "hasPointInTime": time_text(delivery.at),
            "ruil:receipt": entry_iri(receipt.id),
        }
        if fixed:
            event["ruil:corrections"] = [
                {"id": entry_iri(each.id), "ruil:by": member_iri(each.member), "ruil:quantity": each.body.quantity}
                for each in fixed
                if isinstance(each.body, Correct)
            ]
        yield event
        if delivery.counted != at_first:
            yield {
                "id": f"{iri}#correction",
                "type": "EconomicEvent",
                **moved,
                word: measure(delivery.counted - at_first, given.unit, book.community),
                "hasPointInTime": time_text(max(each.at for each in fixed)),
                "corrects": iri,
            }


def _agreed_on(book: Book, agreement: Agreement) -> Iterator[Node]:
    """What everybody signed counts as received without a delivery: debts that a clearing set off, and what a settlement
    says beside it all. So the events of a promise together are what was received of it."""
    came = [0] * len(agreement.commitments)
    for delivery in agreement.deliveries.values():
        came[delivery.commitment] += delivery.counted
    for number, (index, quantity, clearing) in enumerate(agreement.set_off):
        came[index] += quantity
        iri = f"{agreement_iri(agreement.id)}#set-off-{number}"
        yield _event(book, agreement, iri, index, quantity) | {"ruil:clearing": entry_iri(clearing)}
    if agreement.settled_by is not None:
        for index, received in enumerate(agreement.received):
            if received != came[index]:
                iri = f"{entry_iri(agreement.settled_by)}#commitment-{index}"
                event = _event(book, agreement, iri, index, received - came[index])
                yield event | {"ruil:settledBy": entry_iri(agreement.settled_by)}


def _event(book: Book, agreement: Agreement, iri: str, index: int, quantity: int) -> Node:
    word, unit = quantity_word(agreement.commitments[index].action), agreement.commitments[index].unit
    moved = _moved(agreement, index)
    return {"id": iri, "type": "EconomicEvent", **moved, word: measure(quantity, unit, book.community)}


def _moved(agreement: Agreement, index: int) -> Node:
    given, iri = agreement.commitments[index], agreement_iri(agreement.id)
    return {
        "action": given.action,
        "note": given.what,
        "provider": member_iri(given.provider),
        "receiver": member_iri(given.receiver),
        "fulfills": promise_iri(iri, index),
        "realizationOf" if primary(agreement, index) else "reciprocalRealizationOf": iri,
    }


# What is owed ----------------------------------------


def claims(book: Book, agreements: Iterable[Agreement], now: Millis) -> Iterator[Node]:
    """What is still to come to somebody who gave already; and credit, owed to all and by all."""
    for agreement in agreements:
        if agreement.state_at(now) is State.AGREED:
            yield from _unanswered(book, agreement)
    for member, balance in sorted(book.credit.balances().items()):
        if balance:
            sides = (member_iri(member), community_iri(book.community))
            provider, receiver = sides if balance < 0 else sides[::-1]
            yield {
                "id": f"{member_iri(member)}#balance",
                "type": "Claim",
                "action": "transfer",
                "note": "credit",
                "provider": provider,
                "receiver": receiver,
                "resourceQuantity": measure(abs(balance), "credit", book.community),
                "finished": False,
            }


def _unanswered(book: Book, agreement: Agreement) -> Iterator[Node]:
    gave = {
        agreement.commitments[delivery.commitment].provider: delivery.id
        for delivery in sorted(agreement.deliveries.values(), key=lambda delivery: (delivery.at, delivery.id))[::-1]
        if delivery.counted
    }
    for index, given in enumerate(agreement.commitments):
        open_ = given.quantity - agreement.received[index]
        if open_ > 0 and given.receiver in gave:
            iri = agreement_iri(agreement.id)
            yield {
                "id": f"{iri}#claim-{index}",
                "type": "Claim",
                "action": given.action,
                "note": given.what,
                "provider": member_iri(given.provider),
                "receiver": member_iri(given.receiver),
                quantity_word(given.action): measure(open_, given.unit, book.community),
                "due": time_text(given.due),
                "triggeredBy": entry_iri(gave[given.receiver]),
                "ruil:agreement": iri,
                "finished": False,
            }
