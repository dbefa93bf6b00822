"""An agreement in the words of Valueflows: what was proposed, who answered, what was promised.

A `Propose` is a Proposal; once it binds, an Agreement stands beside it. Spec: docs/spec/valueflows.md.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from ruil.protocol.agreement import Agreement
from ruil.protocol.bodies import (
    Accept,
    Body,
    Cancel,
    Close,
    Commitment,
    Correct,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Lapse,
    Mediate,
    Motion,
    Propose,
    Receive,
    Reply,
    Settle,
    Slot,
    Term,
    Vote,
)
from ruil.protocol.book import Book
from ruil.protocol.ids import CommunityId, MemberId, Millis
from ruil.protocol.record import Record
from ruil.protocol.valueflows.vocabulary import (
    agreement_iri,
    entry_iri,
    kind_iri,
    measure,
    member_iri,
    time_text,
)

Node = dict[str, Any]

# Answers by the words ActivityStreams and FEP-0837 have for them; the others have none.
_ANSWERS: Final[dict[type[Body], str]] = {
    Accept: "Accept",
    Decline: "Reject",
    Join: "Join",
    Close: "ruil:Close",
    Lapse: "ruil:Lapse",
    Cancel: "ruil:Cancel",
    Vote: "ruil:Vote",
    Extend: "ruil:Extend",
    Settle: "ruil:Settle",
    Dispute: "ruil:Dispute",
    Mediate: "ruil:Mediate",
    Reply: "ruil:Reply",
}


def trade(book: Book, agreement: Agreement, now: Millis) -> Iterator[Node]:
    """A proposal, and the agreement it became."""
    yield _proposal(agreement, now, book.community)
    if agreement.was_agreed():
        yield _agreement(book, agreement, now)


def quantity_word(action: str) -> str:
    """Work and use are measured as effort, all else as a resource."""
    return "effortQuantity" if action in ("work", "use") else "resourceQuantity"


# What was proposed ----------------------------------------


def _proposal(agreement: Agreement, now: Millis, community: CommunityId) -> Node:
    proposal, iri = agreement.proposal, entry_iri(agreement.id)
    made: Node = {
        "id": iri,
        "type": ["Proposal", "ruil:Propose"],
        "attributedTo": member_iri(agreement.proposer),
        "proposedTo": [member_iri(party) for party in proposal.parties if party != agreement.proposer],
        "published": time_text(agreement.at),
        "hasEnd": time_text(proposal.answer_by),
        "unitBased": False,
        "ruil:mediationDays": proposal.mediation_days,
        "ruil:state": agreement.state_at(now).value,
    }
    if proposal.text:
        made["note"] = proposal.text
    if proposal.replaces is not None:
        made["ruil:replaces"] = entry_iri(proposal.replaces)
    if proposal.motion is not None:
        return {**made, "ruil:motion": _motion(proposal.motion)}
    made |= _mediation(proposal)
    flows: list[tuple[MemberId | None, Any]] = []
    for index, given in enumerate(proposal.commitments):
        intent = {"id": promise_iri(iri, index), "type": "Intent", **flow(given, community), "ruil:index": index}
        if given.listing is not None:
            intent["ruil:listing"] = entry_iri(given.listing)
        flows.append((given.provider, intent))
    places = [_place(iri, index, slot, community) for index, slot in enumerate(proposal.slots)]
    for slot, place in zip(proposal.slots, places, strict=True):
        for term, intent in zip(slot.terms, place["ruil:terms"], strict=True):
            flows.append((None if term.gives else term.other, intent["id"]))
    first = flows[0][0]
    made["purpose"] = "offer" if first == agreement.proposer else "request"
    made["publishes"] = [intent for giver, intent in flows if giver == first]
    in_return = [intent for giver, intent in flows if giver != first]
    if in_return:
        made["reciprocal"] = in_return
    if places:
        made["ruil:slots"] = places
    return made


def _motion(motion: Motion) -> Node:
    """What the members are asked to decide. Valueflows has no words for it, and nothing flows by it."""
    if motion.charter is not None:
        return {"ruil:charter": motion.charter.hex()}
    assert motion.member is not None
    made: Node = {"ruil:about": member_iri(motion.member), "ruil:holds": motion.holds}
    return {**made, "ruil:office": motion.office} if motion.office is not None else made


def _mediation(proposal: Propose) -> Node:
    if proposal.mediator is None:
        return {}
    made: Node = {"ruil:mediator": member_iri(proposal.mediator), "ruil:binding": proposal.binding}
    if proposal.backup is not None:
        made["ruil:backup"] = member_iri(proposal.backup)
    return made


def flow(given: Commitment, community: CommunityId) -> Node:
    """Who gives how much of what to whom by when: what a promise and an intent of one have in common."""
    made: Node = {
        "action": given.action,
        "note": given.what,
        "provider": member_iri(given.provider),
        "receiver": member_iri(given.receiver),
        quantity_word(given.action): measure(given.quantity, given.unit, community),
        "due": time_text(given.due),
    }
    if given.begins is not None:
        made["hasBeginning"] = time_text(given.begins)
    for word in ("least", "per", "covers"):  # Valueflows has no word for a promise that rests on another
        if getattr(given, word) is not None:
            made[f"ruil:{word}"] = getattr(given, word)
    if given.clears is not None:
        made["ruil:clears"] = promise_iri(agreement_iri(given.clears.agreement), given.clears.commitment)
    return made


def promise_iri(iri: str, index: int) -> str:
    """The name of one promise of a proposal or an agreement."""
    return f"{iri}#commitment-{index}"


def _term_iri(iri: str, slot: int, term: int) -> str:
    return f"{iri}#slot-{slot}-{term}"


def _place(iri: str, index: int, slot: Slot, community: CommunityId) -> Node:
    """Open places: Valueflows knows Intents with one side open, and nothing of how many may take it up."""
    return {
        "ruil:role": slot.role,
        "ruil:least": slot.least,
        "ruil:most": slot.most,
        "ruil:quantityLeast": slot.quantity_least,
        "ruil:quantityMost": slot.quantity_most,
        "ruil:totalLeast": slot.total_least,
        "ruil:totalMost": slot.total_most,
        "ruil:terms": [_term(_term_iri(iri, index, number), term, community) for number, term in enumerate(slot.terms)],
    }


def _term(iri: str, term: Term, community: CommunityId) -> Node:
    price = term.total or term.each or term.steps[0].each
    made: Node = {
        "id": iri,
        "type": "Intent",
        "action": term.action,
        "note": term.what,
        "receiver" if term.gives else "provider": member_iri(term.other),
        quantity_word(term.action): measure(price, term.unit, community),
        "due": time_text(term.due),
        "ruil:price": "voted" if term.voted else "split" if term.total else "each" if term.each else "steps",
    }
    if term.steps:
        made["ruil:steps"] = [{"ruil:total": step.total, "ruil:each": step.each} for step in term.steps]
    if term.begins is not None:
        made["hasBeginning"] = time_text(term.begins)
    if term.listing is not None:
        made["ruil:listing"] = entry_iri(term.listing)
    for word in ("least", "per"):
        if getattr(term, word) is not None:
            made[f"ruil:{word}"] = getattr(term, word)
    return made


# What was agreed ----------------------------------------


def _agreement(book: Book, agreement: Agreement, now: Millis) -> Node:
    iri, state = agreement_iri(agreement.id), agreement.state_at(now)
    assert agreement.agreed_at is not None
    made: Node = {
        "id": iri,
        "type": "Agreement",
        "created": time_text(agreement.agreed_at),
        "ruil:state": state.value,
        "ruil:proposal": entry_iri(agreement.id),
    }
    sides: dict[bool, list[Node]] = {True: [], False: []}
    for index, given in enumerate(agreement.commitments):
        promise: Node = {
            "id": promise_iri(iri, index),
            "type": "Commitment",
            **flow(given, book.community),
            "clauseOf" if primary(agreement, index) else "reciprocalClauseOf": iri,
            "satisfies": _satisfied(book, agreement, index),
            "finished": state.ended or agreement.received[index] >= given.quantity,
        }
        listed = book.listings.get(given.listing) if given.listing is not None else None
        if listed is not None:
            promise["resourceConformsTo"] = kind_iri(listed.body.kind)
        sides[primary(agreement, index)].append(promise)
    made["stipulates"] = sides[True]
    if sides[False]:
        made["stipulatesReciprocal"] = sides[False]
    return made


def primary(agreement: Agreement, index: int) -> bool:
    """Whether a promise is on the side of the first: all by who gives first are primary, the others answer them."""
    return agreement.commitments[index].provider == agreement.commitments[0].provider


def _satisfied(book: Book, agreement: Agreement, index: int) -> list[str]:
    """The Intents a promise answers: the one proposed, and that of the listing it is about."""
    given, proposal, iri = agreement.commitments[index], agreement.proposal, entry_iri(agreement.id)
    if index < len(proposal.commitments):
        found = [promise_iri(iri, index)]
    else:
        places = (
            (slot, term) for slot in range(len(proposal.slots)) for term in range(len(proposal.slots[slot].terms))
        )
        found = [
            _term_iri(iri, slot, term) for slot, term in places if _from_term(given, proposal.slots[slot].terms[term])
        ][:1]
    if given.listing is not None and book.listings.get(given.listing) is not None:
        found.append(f"{entry_iri(given.listing)}#primary")
    return found


def _from_term(given: Commitment, term: Term) -> bool:
    other = given.receiver if term.gives else given.provider
    return (other, given.action, given.what, given.unit, given.due, given.begins, given.listing) == (
        (term.other, term.action, term.what, term.unit, term.due, term.begins, term.listing)
    )


# What was said about it ----------------------------------------


def answers(agreement: Agreement, said: Iterable[Record]) -> Iterator[Node]:
    """Every answer to a proposal, counted or not; and a delivery, receipt or correction that counts for nothing."""
    for record in said:
        out_of_turn = agreement.out_of_turn.get(record.id)
        kind = _ANSWERS.get(type(record.body))
        if kind is None and (out_of_turn is None or not isinstance(record.body, Deliver | Receive | Correct)):
            continue
        made: Node = {
            "id": entry_iri(record.id),
            "type": kind or f"ruil:{type(record.body).__name__}",
            "actor": member_iri(record.member),
            "object": entry_iri(agreement.id),
            "published": time_text(record.at),
        }
        if out_of_turn is not None:
            made["ruil:outOfTurn"] = out_of_turn
        match record.body:
            case Accept() if agreement.was_agreed():
                made["result"] = agreement_iri(agreement.id)
            case Decline(reason=reason) | Cancel(reason=reason) if reason:
                made["note"] = reason
            case Close(answers=named):
                made["ruil:answers"] = [entry_iri(each) for each in (*named, *agreement.counting)]
            case Vote(join=join):
                made["ruil:answers"] = [entry_iri(join)]
            case Extend(due=due):
                made["due"] = time_text(due)
            case Settle(received=received, reason=reason) | Mediate(received=received, reason=reason):
                made |= {"ruil:received": list(received), "note": reason}
            case Reply(text=text):
                made["note"] = text
            case Dispute(reason=reason) if reason:
                made["note"] = reason
            case Join():
                made |= _joined(record.body)
            case _:
                pass
        yield made


def _joined(body: Join) -> Node:
    made: Node = {"ruil:slot": body.slot, "ruil:quantity": body.quantity, "ruil:people": body.people}
    made |= {"ruil:total": body.total, "ruil:rolls": body.rolls}
    if body.pays is not None:
        made["ruil:pays"] = body.pays
    if body.by is not None:
        made["ruil:closedBy"] = time_text(body.by)
    return {**made, "note": body.text} if body.text else made
