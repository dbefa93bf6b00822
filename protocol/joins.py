"""Joins: who takes an open place, who gives it back, and the close that binds them; votes, and the close that carries.
What a place brings is in slots.py, what a motion needs in motions.py.

Spec: docs/spec/slots.md. Vectors: tests/vectors/slots/.
"""

from collections.abc import Iterable, Sequence

from ruil.protocol.agreement import Agreement, Said, State, Voted, Who, when
from ruil.protocol.ballots import Around, voters
from ruil.protocol.bodies import Cancel, Close, Join, Seat, Vote
from ruil.protocol.ids import EntryId, MemberId, Position, stands
from ruil.protocol.limits import MOTION_CLOSES_MAX, VOTES_MAX
from ruil.protocol.motions import why_no_vote, why_not_carried
from ruil.protocol.record import Record
from ruil.protocol.slots import Joined, brought, unfit, why_not

_NO_ID = EntryId(bytes(32))  # of a join that is known by its seat alone


def join(agreement: Agreement, record: Record, body: Join) -> str | None:
    """Somebody takes an open place. The sentence why it does not count, if it does not."""
    if record.member in (agreement.proposal.mediator, agreement.proposal.backup):
        return "a mediator is no party to the agreement: somebody else has to join"
    if record.at > agreement.answer_by:
        return f"the proposal could be joined until {when(agreement.answer_by)}"
    why = unfit(agreement.proposal.slots, body.slot, body.quantity, record.member)
    if why is None:
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


def bind(agreement: Agreement, record: Record, body: Close, around: Around) -> str | None:
    """The proposing device closes an open proposal: from here on the joins it has seats for are in. A seat whose join
    was lost, since its device's log was cut before it, is struck out: what the others owe stays as it was."""
    if record.device != agreement.device:
        return "only the device that proposed can close it: its log says who joined"
    if agreement.missing():
        return "not everybody has accepted"
    if record.at > agreement.bound_by:
        return f"the proposal had to be closed by {when(agreement.bound_by)}"
    if not body.seats:
        return "the close names nobody who joined"
    known = {each.position: each for each in agreement.joins.values()}
    joins = [_seated(agreement, seat, known.get(seat.at), around) for seat in body.seats]
    wrong = next((each for each in joins if isinstance(each, str)), None)
    if wrong is not None:
        return wrong
    seated = [each for each in joins if isinstance(each, Joined)]
    why = why_not(agreement.proposal.slots, seated, record.at)
    votes = _votes(agreement, body.seats, around)
    if why is None and isinstance(votes, str):
        why = votes
    if why is None:
        why = agreement.move(Who.PROPOSER, Said.BINDING_CLOSE, record.at)
    if why is None and not isinstance(votes, str):
        _bind(agreement, seated, votes)
    return why


def _bind(agreement: Agreement, seated: Sequence[Joined], votes: dict[Position, int]) -> None:
    offset = len(agreement.commitments)
    came = brought(agreement.proposal.slots, seated, offset, votes)
    inside = [join for join in seated if join.id in agreement.joins]
    agreement.closed = True
    agreement.struck = frozenset(index for index, (join, _) in enumerate(came, offset) if join not in inside)
    agreement.parties = tuple(sorted({*agreement.parties, *(join.member for join in inside)}))
    agreement.commitments += tuple(commitment for _, commitment in came)
    # Who asked to be let go and was not heard in time is bound, and has asked to end it.
    agreement.cancelled_by |= {join.member for join in inside if join not in agreement.staying()}
    joined = {join.member: join.id for join in inside if join.member != agreement.proposer}
    agreement.accepted = joined | agreement.accepted
    agreement.counting = tuple(join.id for join in inside)
    agreement.lost = tuple(join for join in seated if join not in inside)
    agreement.delivered = [0] * len(agreement.commitments)
    agreement.received = [0] * len(agreement.commitments)


def _seated(agreement: Agreement, seat: Seat, known: Joined | None, around: Around) -> Joined | str:
    """Who takes a seat of a close, given the join that stands at its place; a sentence, if nobody does."""
    if known is not None:
        said = known.member, known.body.slot, known.body.quantity
        if said != (seat.member, seat.slot, seat.quantity):
            return "the close says of a join what who joined did not say"
        return known
    device, seq = stands(seat.at)
    if not around.lost(device, seq):
        return "the close names a join that is not known, or that came too late"
    why = unfit(agreement.proposal.slots, seat.slot, seat.quantity, seat.member)
    return why or Joined(_NO_ID, seat.member, (0, device, seq), Join(seat.slot, seat.quantity))


def vote(agreement: Agreement, first: Record, record: Record, body: Vote, around: Around) -> str | None:
    """Somebody says which join is the best, or yes to a motion. Why it does not count, if it does not."""
    why = _why_no_vote(agreement, record, around) if agreement.proposal.motion is None else None
    if agreement.proposal.motion is not None:
        why = why_no_vote(first, record, body, around)
    if why is None:
        why = agreement.move(Who.MEMBER, Said.VOTE, record.at)
    if why is None:
        agreement.votes[record.id] = Voted(record.member, body.join, record.position)
    return why


def _why_no_vote(agreement: Agreement, record: Record, around: Around) -> str | None:
    if not any(term.voted for slot in agreement.proposal.slots for term in slot.terms):
        return "there is nothing to vote on"
    if not around.belonged(record.member, agreement.at):
        return "only who belonged here before it was opened can vote on it"
    if around.removed(record.member, record.at):
        return "the members had removed who said this: they have no vote"
    if record.at > agreement.answer_by:
        return f"votes were counted until {when(agreement.answer_by)}"
    return None


def carry(
    agreement: Agreement, first: Record, said: Iterable[Record], record: Record, body: Close, around: Around
) -> str | None:
    """The proposing device closes a motion: from here on it holds. Why it does not, if it does not.

    What was judged in its turn (members.py) is so, whatever was carried after it. Else two who are read as members by
    the one, and by the other as removed in the same moment, would see a motion that holds and is not completed."""
    if record.device != agreement.device:
        return "only the device that moved it can close it"
    judged = around.judged(record.id)
    agreement.closes += 1
    if agreement.closes > MOTION_CLOSES_MAX:
        why: str | None = f"it was closed {MOTION_CLOSES_MAX} times before"
    else:
        why = why_not_carried(first, said, record, body, around) if judged is None else judged or None
    if why is None:
        why = agreement.move(Who.PROPOSER, Said.CARRYING_CLOSE, record.at)
    agreement.closed = agreement.closed or why is None
    return why


def _votes(agreement: Agreement, seats: Sequence[Seat], around: Around) -> dict[Position, int] | str:
    """How many votes each seat got; a sentence, if the close does not count rightly."""
    cast_for = {each.position: each.join for each in agreement.votes.values()}
    joins = {each.position: each.id for each in agreement.joins.values()}
    for seat in seats:
        for at in seat.votes:
            if at in cast_for and joins.get(seat.at, cast_for[at]) != cast_for[at]:
                return "the close counts a vote for another join than it was cast for"
    known = {each.position: each.member for each in agreement.votes.values()}
    counted: dict[Position, int] = {}
    everybody: set[MemberId] = set()
    for seat in seats:
        found = voters(seat.votes, known, agreement.at, lambda member: around.belonged(member, agreement.at), around)
        if isinstance(found, str):
            return found
        if found & everybody:
            return "the close counts somebody's vote twice"
        everybody |= found
        counted[seat.at] = len(found)
    return counted


def seats(agreement: Agreement, chosen: Iterable[Joined]) -> tuple[Seat, ...]:
    """What an honest proposer closes on: a seat for each of these joins, with each voter's last vote if it is for one
    of them."""
    inside = {each.id: each for each in chosen}
    last = {each.member: each for each in agreement.votes.values()}  # they stand in their order
    for_: dict[EntryId, list[Position]] = {id_: [] for id_ in inside}
    cast = sorted((each for each in last.values() if each.join in inside), key=lambda each: each.position)
    for each in cast[:VOTES_MAX]:
        for_[each.join].append(each.position)
    made = (
        Seat(each.position, each.member, each.body.slot, each.body.quantity, tuple(for_[each.id]))
        for each in inside.values()
    )
    return tuple(sorted(made, key=lambda seat: seat.at))
