"""Slots: open places in a proposal, who takes them, and what they then bring.

A `Join` takes a place on its own conditions; the proposer's `Close` names the joins that count. Whether that could
bind, and what everybody then owes, follows from the proposal and those joins alone, so anybody can check it offline.
Spec: docs/spec/slots.md. Vectors: tests/vectors/slots/.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from ruil.protocol.bodies import CREDIT, Commitment, Join, Propose, Slot, Term
from ruil.protocol.ids import DeviceId, EntryId, MemberId, Millis, Position, position
from ruil.protocol.limits import JOINS_MAX, QUANTITY_MAX

Votes = Mapping[Position, int]  # how many each join got
NO_VOTES: Final[Votes] = {}
Order = tuple[int, bytes, int]  # of a record: time, device, place in its log


@dataclass(frozen=True, slots=True)
class Joined:
    """One `Join` as it stands in a log. `order` is that of its record: who came first."""

    id: EntryId
    member: MemberId
    order: Order
    body: Join

    @property
    def position(self) -> Position:
        """Where it stands. Known also of a join whose log was cut before it, of which nobody needs to have the id."""
        _, device, seq = self.order
        return position(DeviceId(device), seq)


def named_listings(proposal: Propose) -> list[EntryId]:
    """The listings a proposal is about, each once, in its order."""
    named = [commitment.listing for commitment in proposal.commitments]
    named += [term.listing for slot in proposal.slots for term in slot.terms]
    return list(dict.fromkeys(listing for listing in named if listing is not None))


def lent(proposal: Propose) -> frozenset[EntryId]:
    """The listings of which a proposal reserves a span of time."""
    return frozenset(each.listing for each in proposal.commitments if each.listing is not None and reserves(each))


def reserves(commitment: Commitment) -> bool:
    """Whether it is for a span of time alone, and what it is about is free before and after."""
    return commitment.action == "use" and commitment.begins is not None and commitment.clears is None


def due_dates(proposal: Propose) -> list[int]:
    """When everything is due that a proposal promises, or could come to."""
    named = [commitment.due for commitment in proposal.commitments]
    named += [term.due for slot in proposal.slots for term in slot.terms]
    return named or [proposal.answer_by]  # a motion promises nothing


def brings(
    slots: Sequence[Slot], joins: Sequence[Joined], offset: int = 0, votes: Votes = NO_VOTES
) -> tuple[Commitment, ...]:
    """The commitments that these joins add to a proposal, join by join and term by term, what pays for another after
    it. `offset`: how many stand before them. What a price rule gives nobody (a share of 0, or a term between somebody
    and themselves) is left out."""
    return tuple(commitment for _, commitment in brought(slots, joins, offset, votes))


def brought(
    slots: Sequence[Slot], joins: Sequence[Joined], offset: int = 0, votes: Votes = NO_VOTES
) -> list[tuple[Joined, Commitment]]:
    """As `brings`, each commitment with the join that brings it."""
    amounts = _all_amounts(slots, joins, votes)
    made: list[tuple[Joined, Commitment]] = []
    for join in joins:
        made += [(join, commitment) for commitment in _added(slots, join, amounts, offset + len(made))]
    return made


def would_bring(slots: Sequence[Slot], others: Sequence[Joined], mine: Joined) -> list[Commitment]:
    """The commitments that one join alone would add, if it were closed now on it and these others."""
    return _added(slots, mine, _all_amounts(slots, [*others, mine], NO_VOTES), 0)


_Amounts = dict[tuple[int, int], dict[Position, int]]


def _all_amounts(slots: Sequence[Slot], joins: Sequence[Joined], votes: Votes) -> _Amounts:
    """For each kind of place and each of its terms, how much each join moves."""
    return {
        (index, number): _amounts(term, [join for join in joins if join.body.slot == index], votes)
        for index, slot in enumerate(slots)
        for number, term in enumerate(slot.terms)
    }


def _added(slots: Sequence[Slot], join: Joined, amounts: _Amounts, offset: int) -> list[Commitment]:
    made: list[Commitment] = []
    places: dict[int, int] = {}  # where each term of this join stands
    terms = slots[join.body.slot].terms
    for number in sorted(range(len(terms)), key=lambda number: terms[number].per is not None):
        term, amount = terms[number], amounts[join.body.slot, number][join.position]
        if not amount or term.other == join.member:
            continue
        ends = (join.member, term.other) if term.gives else (term.other, join.member)
        least = min(term.least, amount) if term.least is not None else None
        per = offset + places[term.per] if term.per is not None and term.per in places else None
        places[number] = len(made)
        made.append(
            Commitment(
                *ends, term.action, term.what, amount, term.unit, term.due,
                begins=term.begins, listing=term.listing, least=least, per=per,
            )
        )  # fmt: skip
    return made


def _amounts(term: Term, joins: Sequence[Joined], votes: Votes) -> dict[Position, int]:
    """How much each of these joins gives or gets by a term: the whole of a total, to the last part."""
    together = sum(join.body.quantity for join in joins)
    if term.total:
        got = {join.position: votes.get(join.position, 0) for join in joins} if term.voted else {}
        # Where nobody voted, all are worth what they joined with.
        return _split(term.total, got if sum(got.values()) else {join.position: join.body.quantity for join in joins})
    each = term.each or next((step.each for step in reversed(term.steps) if step.total <= together), 0)
    return {join.position: each * join.body.quantity for join in joins}


def _split(total: int, parts: Mapping[Position, int]) -> dict[Position, int]:
    """`total` in proportion to these, by largest remainder (Hamilton's method); of equals the smaller position goes
    first."""
    together = sum(parts.values())
    shares = {at: total * part // together for at, part in parts.items()}
    left = total - sum(shares.values())
    by_rest = sorted(parts, key=lambda at: (-(total * parts[at] % together), at))
    for at in by_rest[:left]:
        shares[at] += 1
    return shares


def standing(joins: Iterable[Joined]) -> list[Joined]:
    """Each member's last word about each kind of place, who came first first."""
    last: dict[tuple[MemberId, int], Joined] = {}
    for join in sorted(joins, key=lambda join: join.order):
        last[join.member, join.body.slot] = join
    return sorted(last.values(), key=lambda join: join.order)


def full(slots: Sequence[Slot], joins: Iterable[Joined]) -> bool:
    """Whether every kind of place is taken as far as it can be."""
    inside: list[list[int]] = [[] for _ in slots]
    for join in standing(joins):
        inside[join.body.slot].append(join.body.quantity)
    return all(
        len(taken) >= slot.most or sum(taken) >= slot.total_most for slot, taken in zip(slots, inside, strict=True)
    )


def _highest(term: Term) -> int:
    return max((step.each for step in term.steps), default=term.each)


def countable(slot: Slot, quantity: int) -> bool:
    """Whether a join with this quantity moves no more of anything than can be counted."""
    return all(_highest(term) * quantity <= QUANTITY_MAX for term in slot.terms)


def unfit(slots: Sequence[Slot], index: int, quantity: int, member: MemberId) -> str | None:
    """Why nobody, or not this member, can take a place of kind `index` with this quantity, whenever they say so."""
    if index >= len(slots):
        return f"there is no such place to join: this proposal has {len(slots)} kinds of open places"
    slot = slots[index]
    if not slot.quantity_least <= quantity <= slot.quantity_most:
        return f"each {slot.role} joins with {slot.quantity_least} to {slot.quantity_most}; that is {quantity}"
    if all(term.other == member for term in slot.terms):
        return f"as {slot.role} you would promise something to yourself alone"
    if not countable(slot, quantity):
        return "that comes to more than can be counted"
    return None


def most_paid(slot: Slot, join: Join) -> int:
    """The most credit somebody could come to pay by this join, whoever else joins; their own conditions count."""
    others = max(slot.least, join.people, 1) - 1
    together = max(join.quantity + others * slot.quantity_least, slot.total_least, join.total)
    paid = (term for term in slot.terms if term.gives and term.unit == CREDIT)
    most = sum(_most_for(term, join.quantity, together) for term in paid)
    return most if join.pays is None else min(most, join.pays)


def _most_for(term: Term, quantity: int, together: int) -> int:
    """The most that `quantity` comes to when at least `together` are joined with."""
    if term.total:
        return term.total if term.voted else -(-term.total * quantity // together)
    later = [step.each for step in term.steps if step.total > together]
    reached = next((step.each for step in reversed(term.steps) if step.total <= together), term.each)
    return max(reached, *later, 0) * quantity


def least_paid(slot: Slot, join: Join) -> int:
    """The least credit somebody could come to pay by this join, whoever else joins."""
    together = min(slot.total_most, join.quantity + (slot.most - 1) * slot.quantity_most)
    paid = (term for term in slot.terms if term.gives and term.unit == CREDIT)
    return sum(_least_for(term, join.quantity, together) for term in paid)


def _least_for(term: Term, quantity: int, together: int) -> int:
    """The least that `quantity` comes to when at most `together` are joined with."""
    if term.total:
        return term.total * quantity // together
    reached = (step.each for step in term.steps if step.total <= together)
    return min(reached, default=term.each) * quantity


def most_moved(slot: Slot, term: Term) -> int:
    """The most that all joins together could come to move by a term."""
    return term.total or _highest(term) * min(slot.total_most, slot.most * slot.quantity_most)


def most_given(proposal: Propose, member: MemberId) -> Iterable[tuple[Term, int]]:
    """What a party could come to give to all who join: (term, the most in all)."""
    for slot in proposal.slots:
        for term in slot.terms:
            if not term.gives and term.other == member:
                yield term, most_moved(slot, term)


def most_got(proposal: Propose, member: MemberId) -> Iterable[tuple[Term, int]]:
    """What a party could come to get from all who join: (term, the most in all)."""
    for slot in proposal.slots:
        for term in slot.terms:
            if term.gives and term.other == member:
                yield term, most_moved(slot, term)


def why_not(slots: Sequence[Slot], joins: Sequence[Joined], at: Millis) -> str | None:
    """Why these joins, closed on at `at`, bind nobody; None when they bind everybody."""
    seats = [(join.member, join.body.slot) for join in joins]
    if len(set(seats)) < len(seats):
        return "the close names somebody twice for one kind of place"
    if len(joins) > JOINS_MAX:
        return f"{len(joins)} joined; at most {JOINS_MAX} can"
    for index, slot in enumerate(slots):
        inside = [join.body.quantity for join in joins if join.body.slot == index]
        if not slot.least <= len(inside) <= slot.most:
            return f"{len(inside)} joined as {slot.role}: at least {slot.least} and at most {slot.most} are needed"
        if not slot.total_least <= sum(inside) <= slot.total_most:
            return (
                f"{slot.role} came to {sum(inside)} in all:"
                f" at least {slot.total_least} and at most {slot.total_most} are needed"
            )
    unhappy = _unhappy(slots, joins, at)
    if unhappy:
        return f"the close names {len(unhappy)} whose own conditions do not hold"
    return None


def _unhappy(slots: Sequence[Slot], joins: Sequence[Joined], at: Millis) -> list[Joined]:
    """Those whose own conditions these joins do not meet."""
    paid: dict[MemberId, int] = {}
    for commitment in brings(slots, joins):
        if commitment.unit == CREDIT:
            paid[commitment.provider] = paid.get(commitment.provider, 0) + commitment.quantity
    found = []
    for join in joins:
        said = join.body
        inside = [other.body.quantity for other in joins if other.body.slot == said.slot]
        if (
            len(inside) < said.people
            or sum(inside) < said.total
            or (said.by is not None and at > said.by)
            or (said.pays is not None and paid.get(join.member, 0) > said.pays)
        ):
            found.append(join)
    return found


def best(slots: Sequence[Slot], joins: Iterable[Joined], at: Millis) -> list[Joined] | None:
    """The joins an honest proposer closes on at `at`: who came first comes first, and only those whose own conditions
    hold. None when that binds nobody. Each member's last word about a kind of place counts."""
    candidates = standing(joins)
    while True:
        chosen = _fitting(slots, candidates)
        unhappy = {join.id for join in _unhappy(slots, chosen, at)}
        if not unhappy:
            return chosen if chosen and why_not(slots, chosen, at) is None else None
        candidates = [join for join in candidates if join.id not in unhappy]


def _fitting(slots: Sequence[Slot], candidates: Sequence[Joined]) -> list[Joined]:
    people, totals = [0] * len(slots), [0] * len(slots)
    chosen: list[Joined] = []
    for join in candidates:
        index, quantity = join.body.slot, join.body.quantity
        fits = people[index] < slots[index].most and totals[index] + quantity <= slots[index].total_most
        if fits and len(chosen) < JOINS_MAX:
            people[index] += 1
            totals[index] += quantity
            chosen.append(join)
    return chosen


def same_deal(before: Slot, after: Slot) -> bool:
    """Whether a place in a later round brings what it brought before, later at most."""
    return len(before.terms) == len(after.terms) and all(
        one == replace(two, due=one.due, begins=one.begins) and one.due <= two.due
        for one, two in zip(before.terms, after.terms, strict=True)
    )


def rolled(before: Propose, after: Propose, joins: Iterable[Joined]) -> list[Joined]:
    """The joins of an earlier round that stay in the next: who said so last, for a place that brings the same."""
    return [
        join
        for join in standing(joins)
        if join.body.rolls
        and join.body.slot < len(after.slots)
        and same_deal(before.slots[join.body.slot], after.slots[join.body.slot])
        and after.slots[join.body.slot].quantity_least <= join.body.quantity
        and join.body.quantity <= after.slots[join.body.slot].quantity_most
    ]
