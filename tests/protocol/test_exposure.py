"""Exposure: what somebody owes, promised and could come to owe; and how far the charter lets them go."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.bodies import CREDIT, Accept, Close, Deliver, Join, Listing, Propose, Receive, Slot, Term, Want
from ruil.protocol.book import Book
from ruil.protocol.charters import Charter
from ruil.protocol.drafts import check
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.exposure import Exposure, earned, exposure, formula, limit
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.limits import DAY
from ruil.protocol.members import Standing
from ruil.protocol.record import Record
from ruil.protocol.shapes.trust_line import open_line, trust_line
from tests.protocol.actors import T0, Device, Village, later, parties, pays

FOUNDER = MemberId(bytes(32))
ANNA, BEN = MemberId(b"a" * 32), MemberId(b"b" * 32)


def charter(**more: object) -> Charter:
    return Charter("Elm Street", FOUNDER, T0, bytes(16), **more)  # type: ignore[arg-type]


def stands(book: Book, device: Device, at: int = 1) -> Exposure:
    return exposure(book.members, book.agreements, book.credit, device.member, later(at))


def agreed(proposal: Entry, by: Device, *others: Device) -> Entry:
    yes = [other.say(Accept(), proposal) for other in others]
    by.say(Close(tuple(sorted(each.id for each in yes))), proposal)
    return proposal


def moves(proposal: Entry, giver: Device, taker: Device, index: int, amount: int) -> None:
    given_ = giver.say(Deliver(index, amount), proposal)
    taker.say(Receive(given_.id, amount), proposal)


def test_what_is_owed_asked_for_and_possible_is_told_apart() -> None:
    village = Village("anna")
    anna = village.founder
    ben = village.joins(anna, "ben")
    owed = agreed(ben.say(Propose(parties(anna, ben), (pays(ben, anna, 90),), later(DAY))), ben, anna)
    moves(owed, ben, anna, 0, 20)
    ben.say(Propose(parties(anna, ben), (pays(ben, anna, 50),), later(DAY)))
    price = Term(True, anna.member, "transfer", "credit", CREDIT, later(3 * DAY), each=7)
    buy = anna.say(Propose(parties(anna), (), later(DAY), slots=(Slot("buyer", (price,)),)))
    ben.say(Join(0, 2), buy)

    book = village.book(anna, ben)

    bens = stands(book, ben)
    assert bens == Exposure(balance=-20, owed=70, asked=50, could=14, coming=0, limit=600)
    assert bens.left == 600 - 20 - 70 - 50 - 14
    assert bens.owed + bens.asked + bens.could == book.credit.promised(ben.member, later(1))
    assert stands(book, anna).coming == 70
    assert stands(book, ben, 90 * DAY).left == 580  # what has lapsed is owed no more


@given(st.dictionaries(st.binary(min_size=32, max_size=32).map(MemberId), st.integers(-(10**6), 10**6), max_size=12))
def test_an_earned_limit_lies_between_the_base_and_the_most(partners: dict[MemberId, int]) -> None:
    rule = charter(limit="earned", credit_limit=100, earned_percent=50, earned_most=1_000)

    found = limit(rule, Standing.ADMITTED, partners)

    assert 100 <= found <= 1_100
    more = {**partners, FOUNDER: max(0, partners.get(FOUNDER, 0)) + 10}
    assert limit(rule, Standing.ADMITTED, more) >= found
    assert found - 100 <= 200 * sum(each > 0 for each in partners.values())


def test_one_partner_counts_for_a_fifth_and_who_one_paid_as_much_for_nothing() -> None:
    rule = charter(limit="earned", credit_limit=100, earned_percent=50, earned_most=1_000)

    assert limit(rule, Standing.ADMITTED, {ANNA: 90}) == 145
    assert limit(rule, Standing.ADMITTED, {ANNA: 9_000}) == 300
    assert limit(rule, Standing.ADMITTED, {ANNA: 91, BEN: -91}) == 145
    assert limit(rule, Standing.PROVISIONAL, {ANNA: 90}) == 0
    assert formula(rule).startswith("100 + 50 % of what each partner paid you")


def test_only_completed_trades_let_a_limit_grow() -> None:
    village = Village("anna")
    anna = village.founder
    ben = village.joins(anna, "ben")
    whole = agreed(ben.say(Propose(parties(anna, ben), (pays(ben, anna, 90),), later(DAY))), ben, anna)
    moves(whole, ben, anna, 0, 90)
    half = agreed(ben.say(Propose(parties(anna, ben), (pays(ben, anna, 50),), later(DAY))), ben, anna)
    moves(half, ben, anna, 0, 49)

    agreements = village.book(anna, ben).agreements

    assert earned(agreements, anna.member, later(1)) == {ben.member: 90}
    assert earned(agreements, ben.member, later(1)) == {anna.member: -90}


@pytest.mark.parametrize("wrong", [{"earned_percent": 101}, {"earned_percent": -1}, {"earned_most": -1}])
def test_a_rule_that_can_not_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(Refused, match="0 to 100 percent"):
        charter(**wrong)


# A community without credit ----------------------------------------


def drafts(device: Device) -> Iterable[Listing | Propose]:
    price = Term(True, device.member, "transfer", "credit", CREDIT, later(3 * DAY), each=7)
    yield Listing("offer", "bread", "Loaf", 1, "loaf", later(3 * DAY), wants=(Want("credit", 1, CREDIT),))
    yield Propose(parties(device), (), later(DAY), slots=(Slot("buyer", (price,)),))


def test_where_there_is_no_credit_nothing_is_paid_in_it() -> None:
    village = Village("anna", unit="none")
    anna = village.founder
    ben = village.joins(anna, "ben")
    book = village.book(anna, ben)
    both = Propose(parties(anna, ben), (pays(anna, ben, 1),), later(DAY))

    for body in (*drafts(anna), both):
        draft = Record(EntryId(bytes(32)), anna.id, anna.log.size, later(1), anna.member, None, body)
        with pytest.raises(Refused, match="this community has no credit: give, swap or lend things instead"):
            check(book, draft, later(1))
    assert stands(book, anna).limit == 0


# Trust lines ----------------------------------------


def test_of_a_trust_line_only_what_was_drawn_is_owed_back() -> None:
    village = Village("anna")
    anna = village.founder
    ben = village.joins(anna, "ben")
    line = trust_line(anna.member, ben.member, 100, later(9 * DAY), later(30 * DAY), later(DAY))
    made = agreed(anna.say(line), anna, ben)
    book = village.book(anna, ben)
    known = book.agreements.get(made.id)
    assert known is not None
    assert open_line(known, later(1)) == 100
    assert (stands(book, ben).owed, stands(book, anna).owed) == (0, 100)

    moves(made, anna, ben, 0, 60)

    book = village.book(anna, ben)
    known = book.agreements.get(made.id)
    assert known is not None
    assert open_line(known, later(1)) == 40
    assert open_line(known, later(9 * DAY + 1)) == 0
    assert (stands(book, ben).balance, stands(book, ben).owed, stands(book, ben).left) == (60, 60, 600)
    assert stands(book, anna).coming == 60

    moves(made, ben, anna, 1, 60)

    book = village.book(anna, ben)
    known = book.agreements.get(made.id)
    assert known is not None
    assert known.state_at(T0 + 40 * DAY).value == "completed"
    assert book.credit.balance(ben.member) == 0


def test_who_draws_and_does_not_give_back_lets_it_lapse() -> None:
    village = Village("anna")
    anna = village.founder
    ben = village.joins(anna, "ben")
    made = agreed(
        anna.say(trust_line(anna.member, ben.member, 100, later(9 * DAY), later(30 * DAY), later(DAY))), anna, ben
    )
    moves(made, anna, ben, 0, 60)

    known = village.book(anna, ben).agreements.get(made.id)

    assert known is not None
    assert known.state_at(T0 + 40 * DAY).value == "lapsed"
