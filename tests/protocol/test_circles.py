"""Circles: the shortest circle of open debts through a member, of those the one that sets most off."""

from ruil.protocol.bodies import Debt
from ruil.protocol.circles import circle, open_debts
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.limits import DAY, HOUR
from ruil.protocol.shapes.clearing import Owed, clearing
from tests.protocol.actors import later
from tests.protocol.test_clearing import Street
from tests.protocol.test_clearing import circle as around

A, B, C, D = (MemberId(bytes([letter]) * 32) for letter in b"abcd")


def owed(debtor: MemberId, creditor: MemberId, amount: int) -> Owed:
    return Owed(debtor, creditor, amount, Debt(EntryId(debtor[:16] + creditor[:16]), 0))


def test_the_shortest_circle_is_found_and_of_those_the_largest() -> None:
    debts = [owed(A, B, 9), owed(B, C, 9), owed(C, A, 4), owed(B, D, 9), owed(D, A, 7), owed(C, D, 90)]

    assert [each.debtor for each in circle(debts, A)] == [A, B, D]


def test_two_who_owe_each_other_are_a_circle() -> None:
    assert [each.amount for each in circle([owed(A, B, 9), owed(B, A, 4)], A)] == [9, 4]


def test_who_did_not_consent_is_passed_over_and_nobody_sets_off_more_than_they_said() -> None:
    debts = [owed(A, B, 9), owed(B, A, 8), owed(B, C, 9), owed(C, A, 9)]

    assert circle(debts, A, {}) == ()
    found = circle(debts, A, {B: 5, C: 6})
    assert [each.amount for each in found] == [9, 5]
    assert {each.quantity for each in clearing(found, later(DAY)).commitments} == {5}


def test_where_nothing_leads_round_there_is_none() -> None:
    assert circle([owed(A, B, 9), owed(B, C, 9), owed(C, B, 9)], A) == ()


def test_what_is_paid_signed_away_or_ends_too_soon_is_no_open_debt() -> None:
    street = Street()
    anna, ben, *_ = street.people
    debts = around(street, 30, 50, 20)
    street.owes(anna, ben, 5, due=DAY)
    street.pay(*debts[0], 12)

    before = open_debts(street.book().agreements, later(3 * HOUR), later(20 * DAY))
    assert sorted(each.amount for each in before) == [18, 20, 50]

    street.clear(10, *debts, close=False, at=3 * HOUR)

    after = open_debts(street.book().agreements, later(4 * HOUR), later(20 * DAY))
    assert sorted(each.amount for each in after) == [8, 10, 40]
