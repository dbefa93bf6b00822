"""Credit: balances that follow from what both sides signed. Nobody issues it; all balances together are 0.

A delivery of `credit` that was confirmed takes from its provider what it gives to its receiver. Whole numbers of the
unit's smallest part throughout. Spec: docs/spec/credit.md. Vectors: tests/vectors/credit/.
"""

from collections.abc import Iterator, Sequence

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.agreements import Agreements
from ruil.protocol.bodies import CREDIT, Commitment, Debt, Propose, pays_back
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import CLOSE_MS
from ruil.protocol.record import Record
from ruil.protocol.slots import most_given, most_paid, standing


def moves(agreement: Agreement) -> Iterator[tuple[MemberId, MemberId, int, EntryId]]:
    """What an agreement moved: (from, to, amount, the delivery that says so)."""
    if agreement.settled_by is not None:
        for commitment, received in zip(agreement.commitments, agreement.received, strict=True):
            if commitment.unit == CREDIT and received:
                yield commitment.provider, commitment.receiver, received, agreement.settled_by
        return
    for index, quantity, clearing in agreement.set_off:
        debt = agreement.commitments[index]
        yield debt.provider, debt.receiver, quantity, clearing
    for delivery in agreement.deliveries.values():
        commitment = agreement.commitments[delivery.commitment]
        if commitment.unit == CREDIT and delivery.counted:
            yield commitment.provider, commitment.receiver, delivery.counted, delivery.id


class Credit:
    """All balances, kept up with the agreements that changed since the last look."""

    def __init__(self, agreements: Agreements) -> None:
        self._agreements = agreements
        self._consents: dict[MemberId, list[Record]] = {}
        self._balances: dict[MemberId, int] = {}
        self._counted: dict[EntryId, list[tuple[MemberId, MemberId, int, EntryId]]] = {}

    def add(self, record: Record) -> None:
        """Take in a `Consent` to clearings."""
        self._consents.setdefault(record.member, []).append(record)

    def take_back(self, record: Record) -> None:
        """Undo `add`: the log this stood in was cut before it."""
        self._consents[record.member].remove(record)

    def consent(self, member: MemberId) -> Record | None:
        """The latest word of a member about clearings; None when there is none."""
        return max(self._consents.get(member, ()), key=lambda record: record.order, default=None)

    def balances(self) -> dict[MemberId, int]:
        """Every member that ever paid or was paid, with their balance. The values sum to 0."""
        for changed in self._agreements.changed:
            agreement = self._agreements.get(changed)
            after = list(moves(agreement)) if agreement else []
            before = self._counted.get(changed, [])
            if after != before:
                for giver, taker, amount, _ in before:
                    self._move(giver, taker, -amount)
                for giver, taker, amount, _ in after:
                    self._move(giver, taker, amount)
                self._counted[changed] = after
        self._agreements.changed.clear()
        return self._balances

    def _move(self, giver: MemberId, taker: MemberId, amount: int) -> None:
        self._balances[giver] = self._balances.get(giver, 0) - amount
        self._balances[taker] = self._balances.get(taker, 0) + amount

    def balance(self, member: MemberId) -> int:
        """What a member has (above 0) or owes (below 0)."""
        return self.balances().get(member, 0)

    def promised(self, member: MemberId, now: int) -> int:
        """What a member has signed to pay and not paid yet, at `now`."""
        total = 0
        for about in self._agreements.of_member.get(member, ()):
            agreement = self._agreements.get(about)
            if agreement is None or agreement.state_at(now) not in (State.PROPOSED, State.AGREED):
                continue
            if agreement.proposal.clearing:
                continue  # what it pays is promised already
            if member in agreement.signed:
                total += to_pay(agreement, member)
            if agreement.state is State.PROPOSED:
                total += pledged(agreement, member)
        return total


def unfit(
    agreements: Agreements, clearing: Propose, member: MemberId, now: Millis, known: EntryId | None = None
) -> str | None:
    """Why a clearing would not leave a member as they are: their balance, or what is owed to and by them. None when it
    would. `known`: its id, when it was proposed already."""
    gives = sum(each.quantity for each in clearing.commitments if each.provider == member)
    gets = sum(each.quantity for each in clearing.commitments if each.receiver == member)
    if gives != gets:
        return f"that clearing would change your balance by {gets - gives}"
    off: dict[Debt, int] = {}
    for each in clearing.commitments:
        if each.clears is not None and member in (each.provider, each.receiver):
            off[each.clears] = off.get(each.clears, 0) + each.quantity
            debt = agreements.get(each.clears.agreement)
            if (
                debt is None
                or debt.state_at(now) is not State.AGREED
                or each.clears.commitment >= len(debt.commitments)
                or each.clears.commitment in debt.struck
            ):
                return "that clearing is about a debt that is not open here"
            if clearing.answer_by + CLOSE_MS > debt.closes_at:
                return "that clearing is about a debt that may end before it"
            owed = debt.commitments[each.clears.commitment]
            if (owed.provider, owed.receiver, owed.unit) != (each.provider, each.receiver, CREDIT):
                return "that clearing is about a debt between others"
            left = owed.quantity - debt.delivered[each.clears.commitment]
            if debt.pays_back(each.clears.commitment):
                left = debt.to_deliver(each.clears.commitment, now)
            left -= promised_off(agreements, each.clears, now, known)
            if off[each.clears] > left:
                return f"that clearing sets off {off[each.clears]} of a debt of which {max(0, left)} is open"
    return None


def promised_off(agreements: Agreements, debt: Debt, now: Millis, known: EntryId | None) -> int:
    """What other clearings, which its debtor has signed and which can still bind, would set off of a debt."""
    others = (agreements.get(each) for each in agreements.clearings(debt.agreement))
    return sum(
        each.quantity
        for other in others
        if other is not None and other.state_at(now) is State.PROPOSED and other.id != known
        for each in other.commitments
        if each.clears == debt and each.provider in other.signed
    )


def to_pay(agreement: Agreement, member: MemberId, to: MemberId | None = None) -> int:
    """How much credit a member still has to pay in one agreement (to one other): in an open one that is not closed, at
    most. Of credit that is to be given back, only what was lent."""
    open_ = most_to_pay(agreement.proposal, member) if agreement.state is State.PROPOSED and to is None else 0
    return open_ + sum(
        _still_to_pay(agreement, index)
        for index, commitment in enumerate(agreement.commitments)
        if commitment.unit == CREDIT and commitment.provider == member and to in (None, commitment.receiver)
    )


def _still_to_pay(agreement: Agreement, index: int) -> int:
    if agreement.pays_back(index):
        return agreement.owing(index)  # in place of what was brought for them, which they owe no more
    commitment, lent = agreement.commitments[index], _lent(agreement.commitments, index)
    room = max(0, agreement.room(index, agreement.received))
    if lent is None or commitment.per is None:
        return room
    back = commitment.quantity * agreement.received[commitment.per] // lent.quantity
    return min(room, max(0, back - agreement.received[index]))


def _lent(commitments: Sequence[Commitment], index: int) -> Commitment | None:
    """What a commitment gives back, if that is credit to the very same member: it costs them nothing to get both."""
    given = commitments[index]
    lent = commitments[given.per] if given.per is not None and given.per < len(commitments) else None
    return lent if lent is not None and lent.unit == CREDIT and lent.receiver == given.provider else None


def price(proposal: Propose, member: MemberId) -> int:
    """How much credit signing a proposal can cost a member; what they give back of a loan in it does not count, nor
    what they pay back to who stands in for them: they owe that once, to whomever."""
    named = (
        each.quantity
        for index, each in enumerate(proposal.commitments)
        if each.unit == CREDIT
        and each.provider == member
        and _lent(proposal.commitments, index) is None
        and not pays_back(proposal.commitments, index)
    )
    return sum(named) + most_to_pay(proposal, member)


def in_credit(proposal: Propose) -> bool:
    """Whether anything in it is paid in the community's unit."""
    named = [each.unit for each in proposal.commitments]
    return CREDIT in named or any(term.unit == CREDIT for slot in proposal.slots for term in slot.terms)


def most_to_pay(proposal: Propose, member: MemberId) -> int:
    """How much credit a party could come to pay to those who join."""
    return sum(amount for term, amount in most_given(proposal, member) if term.unit == CREDIT)


def pledged(agreement: Agreement, member: MemberId, slot: int | None = None) -> int:
    """How much credit a member could come to pay by joining (one kind of place), if it is closed with them."""
    slots = agreement.proposal.slots
    mine = [joined.body for joined in standing(agreement.staying()) if joined.member == member]
    return sum(most_paid(slots[join.slot], join) for join in mine if slot is None or join.slot == slot)
