"""Disputes: an agreement that everybody ends together, goes on longer, or brings to a mediator.

All of it binds by the word of all parties alone; but for a mediator whose word they let bind when they signed, or the
charter did that held then, and even so what all parties say together counts, before or after it.
Spec: docs/spec/disputes.md. Vectors: tests/vectors/disputes/.
"""

from collections.abc import Sequence

from ruil.protocol.agreement import Agreement, Said, State, Who, when
from ruil.protocol.bodies import Dispute, Extend, Mediate, Settle
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import DUE_MS_MAX
from ruil.protocol.record import Record


def of_all(agreement: Agreement, record: Record) -> str | None:
    """A party would have it go on longer or end as it is, or says that something is wrong. The sentence why that does
    not count, if it does not."""
    body, member = record.body, record.member
    who = Who.PROPOSER if member == agreement.proposer else Who.ANSWERER
    if agreement.state in (State.AGREED, State.SETTLED) and record.at > agreement.closes_at:
        return f"the agreement ended by itself on {when(agreement.closes_at)}"
    if isinstance(body, Extend):
        return _extend(agreement, record, who, body)
    if isinstance(body, Settle):
        return _settle(agreement, record, who, body)
    assert isinstance(body, Dispute)
    if agreement.proposal.mediator is None:
        return "this agreement names no mediator: settle it between you, or cancel it"
    if agreement.mediated_by is not None and record.at <= agreement.mediated_by:
        return "the mediator has been asked already"
    why = agreement.move(who, Said.DISPUTE, record.at)
    if why is None:
        agreement.disputed_at, agreement.mediated = record.at, None
    return why


def _extend(agreement: Agreement, record: Record, who: Who, body: Extend) -> str | None:
    if not agreement.last_due < body.due <= agreement.at + DUE_MS_MAX:
        return "an agreement can only go on longer, and for no more than two years in all"
    said = {**agreement.due_by, record.member: body.due}
    last = all(said.get(party) == body.due for party in agreement.parties)
    why = agreement.move(who, Said.LAST_EXTEND if last else Said.EXTEND, record.at)
    if why is None:
        agreement.due_by = said
        agreement.extended = body.due if last else agreement.extended
    return why


def _settle(agreement: Agreement, record: Record, who: Who, body: Settle) -> str | None:
    why = _not_of_it(agreement, body.received)
    if why is not None:
        return why
    others = (party for party in agreement.parties if party != record.member)
    last = all(any(much == body.received for _, much in agreement.standing(each, record.at)) for each in others)
    why = agreement.move(who, Said.LAST_SETTLE if last else Said.SETTLE, record.at)
    if why is None:
        agreement.settles[record.member] = body.received
        agreement.words.setdefault(record.member, []).append((record.at, body.received))
        if last:
            agreement.words.clear()  # to settle it anew everybody has to say so: no older word of theirs counts
            _end(agreement, body.received, record.id)
    return why


def mediate(agreement: Agreement, record: Record, body: Mediate) -> str | None:
    """The mediator says how it should end. The sentence why that does not count, if it does not."""
    proposal = agreement.proposal
    if record.member not in (proposal.mediator, proposal.backup):
        return "only the mediator whom the agreement names can say how it should end"
    if agreement.disputed_at is None or agreement.mediated_by is None:
        return "nobody has asked the mediator"
    if record.member == proposal.backup and record.at < agreement.backup_from:
        return f"until {when(agreement.backup_from)} it is the mediator's turn"
    if record.at > agreement.mediated_by:
        return "the mediator's days are over"
    why = _not_of_it(agreement, body.received)
    if why is None:
        said = Said.BINDING_MEDIATE if agreement.binding else Said.MEDIATE
        why = agreement.move(Who.MEDIATOR, said, record.at)
    if why is None:
        agreement.mediated = body.received
        if agreement.binding:
            _end(agreement, body.received, record.id)
    return why


def _not_of_it(agreement: Agreement, received: Sequence[int]) -> str | None:
    if len(received) != len(agreement.commitments):
        return f"the agreement has {len(agreement.commitments)} commitments; say how much was received of each"
    for index, each in enumerate(agreement.commitments):
        if index not in agreement.struck and agreement.room(index, received) < 0:
            return f"that is more than promised: {received[index]} of {each.quantity} {each.unit} {each.what}"
    return None


def _end(agreement: Agreement, received: Sequence[int], entry: EntryId) -> None:
    # Who proposed it may not have known that a place would be struck out.
    agreement.received = [0 if index in agreement.struck else much for index, much in enumerate(received)]
    agreement.settled_by = entry
