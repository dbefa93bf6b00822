"""Circles: debts that lead round, so that they can be set off. Spec: docs/spec/clearing.md."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from ruil.protocol.agreement import State
from ruil.protocol.agreements import Agreements
from ruil.protocol.bodies import CREDIT, Debt
from ruil.protocol.credit import promised_off
from ruil.protocol.ids import MemberId, Millis
from ruil.protocol.limits import CIRCLE_PATHS_MAX, CIRCLE_PEOPLE_MAX
from ruil.protocol.shapes.clearing import Owed


def open_debts(agreements: Agreements, now: Millis, ends_after: int) -> list[Owed]:
    """Every debt of credit that is open at `now`, and can not end before `ends_after`: less what its debtor has signed
    away in a clearing that can still bind."""
    found = []
    for known in agreements.all():
        if known.proposal.clearing or known.state_at(now) is not State.AGREED or known.closes_at < ends_after:
            continue
        for index, each in enumerate(known.commitments):
            if each.unit != CREDIT or each.per is not None or each.covers is not None or each.least is not None:
                continue  # whether that is owed at all, and how much, is not settled yet
            debt = Debt(known.id, index)
            left = (
                (0 if index in known.struck else each.quantity)
                - known.delivered[index]
                - promised_off(agreements, debt, now, None)
            )
            if left > 0:
                found.append(Owed(each.provider, each.receiver, left, debt))
    return found


def circle(debts: Iterable[Owed], member: MemberId, most: Mapping[MemberId, int] | None = None) -> Sequence[Owed]:
    """The shortest circle of debts through a member, of those the one that sets most off; empty for none.
    `most`: what each other consented to set off of one debt; who is not named is passed over. None: all are asked."""
    after: dict[MemberId, list[Owed]] = {}
    for owed in sorted(debts, key=lambda owed: (-owed.amount, owed.debt.agreement, owed.debt.commitment)):
        asked = most is None or owed.debtor == member
        amount = owed.amount if asked or most is None else min(owed.amount, most.get(owed.debtor, 0))
        if amount > 0:
            after.setdefault(owed.debtor, []).append(replace(owed, amount=amount))
    paths: list[tuple[Owed, ...]] = [(owed,) for owed in after.get(member, ())]
    for _ in range(CIRCLE_PEOPLE_MAX - 1):
        longer = []
        for path in paths:
            inside = {owed.debtor for owed in path}
            for owed in after.get(path[-1].creditor, ()):
                if owed.creditor == member or owed.creditor not in inside:
                    longer.append((*path, owed))
        closed = [path for path in longer if path[-1].creditor == member]
        if closed:
            return max(closed, key=lambda path: min(owed.amount for owed in path))  # of equals the first found
        paths = longer[:CIRCLE_PATHS_MAX]
    return ()
