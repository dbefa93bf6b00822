"""Joins: who takes an open place, who gives it back, and the close that binds them. What a place brings is in slots.py.

Spec: docs/spec/slots.md. Vectors: tests/vectors/slots/.
"""

from collections.abc import Iterable, Sequence

from ruil.protocol.agreement import Agreement, Said, State, Who, when
from ruil.protocol.bodies import Cancel, Close, Join, Vote
from ruil.protocol.ids import EntryId, Millis
from ruil.protocol.limits import VOTES_MAX
from ruil.protocol.record import Record
from ruil.protocol.slots import Joined, brings, countable, why_not


def join(agreement: Agreement, record: Record, body: Join) -> str | None:
    """Somebody takes an open place. The sentence why it does not count, if it does not."""
    slots = agreement.proposal.slots
    if record.member in (agreement.proposal.mediator, agreement.proposal.backup):
        return "a mediator is no party to the agreement: somebody else has to join"
    if body.slot >= len(slots):
        return f"there is no such place to join: this proposal has {len(slots)} kinds of open places"
    slot = slots[body.slot]
    if record.at > agreement.answer_by:
        return f"the proposal could be joined until {when(agreement.answer_by)}"
    if not slot.quantity_least <= body.quantity <= slot.quantity_most:
        return f"each {slot.role} joins with {slot.quantity_least} to {slot.quantity_most}; that is {body.quantity}"
    if all(term.other == record.member for term in slot.terms):
        return f"as {slot.role} you would promise something to yourself alone"
    if not countable(slot, body.quantity):
        return "that comes to more than can be counted"
    why = agreement.move(Who.JOINER, Said.JOIN, record.at)
    if why is None:
        agreement.joins[record.id] = Joined(record.id, record.member, record.order, body)
    return why


def leave(agreement: Agreement, record: Record) -> str | None:
    """Who joined asks to be let go. It is the proposer's close that says whether it came in time."""
    why = agreement.move(Who.JOINER, Said.CANCEL, record.at)
    if why is None:
        agreement.left[record.member] = record.order
    return why


def leaves(agreement: Agreement, record: Record) -> bool:
    """Whether this is a `Cancel` that gives a place back: who is bound asks to end the whole, and so does who
    proposed."""
    if not isinstance(record.body, Cancel) or record.member == agreement.proposer:
        return False
    bound = record.member in agreement.parties and agreement.state is not State.PROPOSED
    return not bound and any(each.member == record.member for each in agreement.joins.values())


def bind(agreement: Agreement, record: Record, body: Close) -> str | None:
    """The proposing device closes an open proposal: from here on the joins it names are in."""
    if record.device != agreement.device:
        return "only the device that proposed can close it: its log says who joined"
    if agreement.missing():
        return "not everybody has accepted"
    if record.at > agreement.bound_by:
        return f"the proposal had to be closed by {when(agreement.bound_by)}"
    named = set(body.answers) - set(agreement.accepted.values())
    if not named <= agreement.joins.keys():
        return "the close names a join that is not known, or that came too late"
    joins = [agreement.joins[each] for each in body.answers if each in named]
    if not joins:
        return "the close names nobody who joined"
    why = why_not(agreement.proposal.slots, joins, record.at)
    if why is None:
        why = _miscounted(agreement, body, [each.id for each in joins])
    if why is None:
        why = agreement.move(Who.PROPOSER, Said.BINDING_CLOSE, record.at)
    if why is None:
        agreement.closed = True
        agreement.parties = tuple(sorted({*agreement.parties, *(join.member for join in joins)}))
        agreement.commitments += brings(
            agreement.proposal.slots, joins, len(agreement.commitments), counted(agreement, body.votes)
        )
        # Who asked to be let go and was not heard in time is bound, and has asked to end it.
        agreement.cancelled_by |= {join.member for join in joins if join not in agreement.staying()}
        joined = {join.member: join.id for join in joins if join.member != agreement.proposer}
        agreement.accepted = joined | agreement.accepted
        agreement.counting = tuple(join.id for join in joins)
        agreement.delivered = [0] * len(agreement.commitments)
        agreement.received = [0] * len(agreement.commitments)
    return why


def vote(agreement: Agreement, record: Record, body: Vote, since: Millis | None) -> str | None:
    """Somebody who belongs here `since` then says which join is the best. Why it does not count, if it does not."""
    if not any(term.voted for slot in agreement.proposal.slots for term in slot.terms):
        return "there is nothing to vote on"
    if since is None or since > agreement.at:
        return "only who belonged here before it was opened can vote on it"
    if record.at > agreement.answer_by:
        return f"votes were counted until {when(agreement.answer_by)}"
    why = agreement.move(Who.MEMBER, Said.VOTE, record.at)
    if why is None:
        agreement.votes[record.id] = record.member, body.join
    return why


def counted(agreement: Agreement, votes: Iterable[EntryId]) -> dict[EntryId, int]:
    """How many of these votes each join got."""
    got: dict[EntryId, int] = {}
    for each in votes:
        join_ = agreement.votes[each][1]
        got[join_] = got.get(join_, 0) + 1
    return got


def _miscounted(agreement: Agreement, body: Close, joins: Sequence[EntryId]) -> str | None:
    if not agreement.votes.keys() >= set(body.votes):
        return "the close names a vote that is not known, or that does not count"
    voters = [agreement.votes[each][0] for each in body.votes]
    if len(set(voters)) < len(voters):
        return "the close counts somebody's vote twice"
    if any(agreement.votes[each][1] not in joins for each in body.votes):
        return "the close counts a vote for somebody who is not in"
    return None


def last_votes(agreement: Agreement, joins: Iterable[EntryId]) -> list[EntryId]:
    """The votes an honest proposer counts: each voter's last one, if what it is for is in."""
    inside = set(joins)
    last = {member: id_ for id_, (member, _) in agreement.votes.items()}  # they stand in their order
    return sorted(id_ for id_ in last.values() if agreement.votes[id_][1] in inside)[:VOTES_MAX]
