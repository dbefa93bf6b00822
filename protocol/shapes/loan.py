"""Loan: credit now, given back by a schedule, in credit or in kind; others may stand in. Spec: docs/spec/shapes.md."""

from collections.abc import Sequence

from msgspec import Struct

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import CREDIT, Action, Commitment, Propose, pays_back
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import STAND_IN_MS


class Instalment(Struct, frozen=True):
    """So much is given back by `due`: in credit, or in kind."""

    quantity: int
    due: Millis
    what: str = "credit"
    unit: str = CREDIT
    action: Action = "transfer"


class Arrears(Struct, frozen=True):
    """What is missing of commitment number `commitment` since it was due. In default when nobody has any time left to
    bring it, nor to stand in."""

    commitment: int
    missing: int
    since: int
    default: bool


def equal(amount: int, first: Millis, every_ms: int, times: int) -> list[Instalment]:
    """`amount` in `times` parts, each as large as the next or one smaller, every `every_ms` from `first` on. Raises
    `Refused` when a part would be nothing."""
    if not 1 <= times <= amount:
        raise Refused("a loan is given back in one part or several, none of them zero")
    each, rest = divmod(amount, times)
    return [Instalment(each + (number < rest), Millis(first + number * every_ms)) for number in range(times)]


def loan(
    lender: MemberId,
    borrower: MemberId,
    amount: int,
    lent_by: Millis,
    schedule: Sequence[Instalment],
    answer_by: Millis,
    *,
    guarantors: Sequence[MemberId] = (),
    mediator: MemberId | None = None,
    backup: MemberId | None = None,
    listing: EntryId | None = None,
    replaces: EntryId | None = None,
    text: str = "",
) -> Propose:
    """A proposal to lend `amount`, in the smallest part of the community's unit, given back by `schedule`; of what was
    not lent nothing is owed back. Each guarantor stands in for all of it that is late, and is paid back by the borrower
    what they brought.
    `listing`: the borrower's need. Raises `Refused` when it can not stand."""
    if not schedule:
        raise Refused("say when the loan is given back, and how much each time")
    if any(instalment.due < lent_by for instalment in schedule):
        raise Refused("a loan is given back after it was lent")
    if len({lender, borrower, *guarantors}) < 2 + len(guarantors):
        raise Refused("lender, borrower and who stands in are different people")
    lent = Commitment(lender, borrower, "transfer", "credit", amount, CREDIT, lent_by, listing=listing)
    back = [
        Commitment(borrower, lender, each.action, each.what, each.quantity, each.unit, each.due, per=0)
        for each in schedule
    ]
    stands_in = [
        Commitment(
            guarantor,
            lender,
            each.action,
            each.what,
            each.quantity,
            each.unit,
            Millis(each.due + STAND_IN_MS),
            covers=number,
        )
        for guarantor in guarantors
        for number, each in enumerate(schedule, 1)
    ]
    claims = [
        Commitment(
            borrower,
            each.provider,
            each.action,
            each.what,
            each.quantity,
            each.unit,
            Millis(each.due + STAND_IN_MS),
            per=1 + len(back) + number,
        )
        for number, each in enumerate(stands_in)
    ]
    parties = tuple(sorted({lender, borrower, *guarantors}))
    all_ = (lent, *back, *stands_in, *claims)
    return Propose(parties, all_, answer_by, replaces, text, mediator=mediator, backup=backup)


def is_loan(known: Propose) -> bool:
    """Whether it is credit that is given back for what was lent of it."""
    lent, *back = known.commitments or (None,)
    owed = [
        each for index, each in enumerate(back, 1) if each.covers is None and not pays_back(known.commitments, index)
    ]
    return (
        lent is not None
        and lent.unit == CREDIT
        and bool(owed)
        and all(each.per == 0 and (each.provider, each.receiver) == (lent.receiver, lent.provider) for each in owed)
    )


def arrears(known: Agreement, now: Millis) -> list[Arrears]:
    """What is late of what is to be given back at `now`, and what of it is in default; nothing once it has ended well,
    or as all have settled it."""
    if known.state_at(now) not in (State.AGREED, State.LAPSED) or not known.was_agreed():
        return []
    late = [
        (number, known.owing(number), known.due(number))
        for number, each in enumerate(known.commitments)
        if each.per is not None and now > known.due(number)
    ]
    over = known.state_at(now) is State.LAPSED
    return [
        Arrears(number, missing, since, over or now > _covered_by(known, number, since))
        for number, missing, since in late
        if missing
    ]


def _covered_by(known: Agreement, number: int, since: int) -> int:
    """Until when somebody may still stand in; the same time for who borrowed, where nobody does."""
    return max(
        (known.due(other) for other, each in enumerate(known.commitments) if each.covers == number),
        default=since + STAND_IN_MS,
    )
