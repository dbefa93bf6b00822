"""Turns: what was said about an agreement, put in order and walked over its table.

The order does not depend on what arrived first, so every reader of the same logs sees the same state. What has no row
in the table is out of turn: kept in its log, counted for nothing, with the sentence that says why.

Who decides when two stories meet: the proposing device's log. If it takes the proposal back (`Cancel`, a counter-offer,
or `Lapse` after the deadline) before any entry that shows it knew of the acceptance, nobody is bound.
Spec: docs/spec/agreements.md. Vectors: tests/vectors/agreements/.
"""

from collections.abc import Collection, Iterable
from typing import Final

from ruil.protocol.agreement import TABLE, Agreement, Said, State, Who, when
from ruil.protocol.ballots import NOTHING_AROUND, Around
from ruil.protocol.bodies import (
    Accept,
    Cancel,
    Close,
    Correct,
    Decline,
    Deliver,
    Dispute,
    Extend,
    Join,
    Lapse,
    Mediate,
    Propose,
    Receive,
    Reply,
    Settle,
    Vote,
)
from ruil.protocol.clearing import Cleared, close, set_off
from ruil.protocol.deliveries import handed_over
from ruil.protocol.disputes import mediate, of_all
from ruil.protocol.ids import MemberId
from ruil.protocol.joins import bind, carry, join, leave, leaves, vote
from ruil.protocol.order import PART, in_order, known_first, stands_at, take_back
from ruil.protocol.record import Record
from ruil.protocol.slots import Joined, lent

TAKEN: Final = "that span was promised to somebody before"

_TAKES_BACK: Final = {Lapse: Said.LAPSE, Cancel: Said.CANCEL, Propose: Said.COUNTER}


def fold(
    first: Record,
    said: Iterable[Record],
    carried: Iterable[Joined] = (),
    refused: Collection[MemberId] = (),
    cleared: Collection[Cleared] = (),
    around: Around = NOTHING_AROUND,
) -> Agreement:
    """The agreement that `first` proposed, after everything said about it. The same for any order of `said`.
    `carried`: who joined an earlier round of it and stays in. `refused`: whose signatures count for nothing, since they
    had promised the same to others before (reservations.py). `cleared`: what others set off of it. `around`: what it
    turns on of what other logs say."""
    records = in_order(said)
    times = stands_at(records) if cleared else {}
    agreement = _begun(first)
    agreement.void = frozenset(refused)
    mediator = agreement.proposal.mediator
    agreement.binding = mediator is not None and (agreement.proposal.binding or around.binds(first.at))
    if around.removed(first.member, first.at):
        agreement.void |= {first.member}
    agreement.joins.update({joined.id: joined for joined in carried})
    taken_back = take_back(agreement, records)
    if taken_back is not None and not _answered_before(first, records, taken_back):
        records = _without_joins(agreement, records)
        what = _TAKES_BACK[type(taken_back.body)]
        agreement.state = TABLE[State.PROPOSED, Who.PROPOSER, what]
        agreement.ended_at = taken_back.at
        agreement.replaced_by = taken_back.id if what is Said.COUNTER else None
        records.remove(taken_back)
    elif taken_back is None:
        records = known_first(agreement, records)
    waiting = sorted(cleared, key=lambda each: (each.at, each.clearing, each.commitment, each.quantity))
    for record in records:
        if waiting and PART[type(record.body)] > 1 and agreement.state is not State.PROPOSED:
            set_off(agreement, [each for each in waiting if each.at <= times[record.id]])
            waiting = [each for each in waiting if each.at > times[record.id]]
        if isinstance(record.body, Vote):
            why = vote(agreement, first, record, record.body, around)
        elif isinstance(record.body, Close) and agreement.proposal.motion is not None:
            why = carry(agreement, first, records, record, record.body, around)
        else:
            why = _void(agreement, record, around) or _say(agreement, record, around)
        if why is not None:
            agreement.out_of_turn[record.id] = why
    set_off(agreement, waiting)
    return agreement


def _without_joins(agreement: Agreement, records: list[Record]) -> list[Record]:
    """Of an open proposal that was taken back: who had joined may stay for the next round, also if they had not heard
    that this one is over. What is left to be walked."""
    joins = [record for record in records if isinstance(record.body, Join)]
    for record in joins:
        _walk(agreement, record)
    leaving = [record for record in records if leaves(agreement, record)]
    for record in leaving:
        _walk(agreement, record)
    return [record for record in records if record not in joins and record not in leaving]


def _walk(agreement: Agreement, record: Record) -> None:
    why = _say(agreement, record)
    if why is not None:
        agreement.out_of_turn[record.id] = why


def _void(agreement: Agreement, record: Record, around: Around) -> str | None:
    """Why this would bind somebody whose signature does not count; None when it would not."""
    if isinstance(record.body, Accept | Join | Propose) and around.removed(record.member, record.at):
        return "the members had removed who said this: they sign nothing new"
    if not isinstance(record.body, Accept):
        return None
    if around.removed(agreement.proposer, agreement.at):
        return "the members had removed who proposed this"
    return TAKEN if not agreement.void.isdisjoint((record.member, agreement.proposer)) else None


def _begun(first: Record) -> Agreement:
    assert isinstance(first.body, Propose)
    proposal = first.body
    agreement = Agreement(
        first.id,
        proposal,
        first.member,
        first.device,
        first.at,
        proposal.parties,
        proposal.commitments,
        lent(proposal),
    )
    agreement.delivered = [0] * len(first.body.commitments)
    agreement.received = [0] * len(first.body.commitments)
    return agreement


def _answered_before(first: Record, records: list[Record], taken_back: Record) -> bool:
    """Whether somebody had declined or countered by the time the proposer took the offer back: then nothing was left
    to take back."""
    agreement = _begun(first)
    for record in records:
        if isinstance(record.body, Accept | Decline | Propose) and record.order < taken_back.order:
            _say(agreement, record)
    return agreement.state in (State.DECLINED, State.REPLACED)


def _say(agreement: Agreement, record: Record, around: Around = NOTHING_AROUND) -> str | None:
    """Let one record act on the agreement; the sentence why it does not count, if it does not."""
    body = record.body
    if isinstance(body, Join):
        return join(agreement, record, body)
    if isinstance(body, Mediate):
        return mediate(agreement, record, body)
    if leaves(agreement, record):
        return leave(agreement, record)
    if record.member not in agreement.parties:
        return "only the parties of an agreement have a say in it"
    if isinstance(body, Accept | Decline | Propose | Close | Lapse | Cancel):
        return _answer(agreement, record, around)
    if isinstance(body, Extend | Settle | Dispute):
        return of_all(agreement, record)
    if isinstance(body, Reply):
        return _reply(agreement, record, body)
    assert isinstance(body, Deliver | Receive | Correct)
    return handed_over(agreement, record)


def _reply(agreement: Agreement, record: Record, body: Reply) -> str | None:
    if not agreement.ended_before(record.at):
        return "a reply is for what has ended: until then, do or say what it waits for"
    agreement.replies[record.member] = body.text
    return None


def _answer(agreement: Agreement, record: Record, around: Around) -> str | None:
    body, member = record.body, record.member
    who = Who.PROPOSER if member == agreement.proposer else Who.ANSWERER
    if isinstance(body, Accept | Decline) and member in agreement.accepted:
        return "you have answered this proposal already"
    if isinstance(body, Accept):
        if record.at > agreement.answer_by:
            return f"the proposal had to be answered by {when(agreement.answer_by)}"
        said = Said.ACCEPT
        if agreement.missing() == {member} and not (agreement.proposal.slots or agreement.proposal.clearing):
            said = Said.LAST_ACCEPT
        why = agreement.move(who, said, record.at)
        if why is None:
            agreement.accepted[member] = record.id
        return why
    if isinstance(body, Decline):
        why = agreement.move(who, Said.DECLINE, record.at)
        agreement.declined_by = member if why is None else agreement.declined_by
        return why
    if isinstance(body, Propose):
        why = agreement.move(who, Said.COUNTER, record.at)
        if why is None:
            agreement.replaced_by = record.id
        return why
    if isinstance(body, Close):
        if set(agreement.accepted.values()) - set(body.answers):
            return "the close leaves an acceptance out"
        if agreement.state is State.PROPOSED and agreement.proposal.slots:
            return bind(agreement, record, body, around)
        if agreement.state is State.PROPOSED and agreement.proposal.clearing:
            return close(agreement, record)
        why = agreement.move(who, Said.CLOSE, record.at)
        agreement.closed = agreement.closed or why is None
        return why
    if isinstance(body, Lapse):
        return "a lapse counts only from the proposer's device, after the deadline, before it acted on an acceptance"
    assert isinstance(body, Cancel)
    if record.at > agreement.closes_at:
        return f"the agreement ended by itself on {when(agreement.closes_at)}"
    if member in agreement.cancelled_by:
        return "you have asked to cancel this already"
    everybody = agreement.cancelled_by | {member} == set(agreement.parties)
    last = everybody and agreement.state is not State.PROPOSED  # who proposes alone, with open places, is not the last
    why = agreement.move(who, Said.LAST_CANCEL if last else Said.CANCEL, record.at)
    if why is None:
        agreement.cancelled_by.add(member)
    return why
