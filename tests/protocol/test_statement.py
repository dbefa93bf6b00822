"""Statement: every movement with its receipt, and together they are the balance."""

from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.bodies import Accept, Close, Deliver, Propose, Receive
from ruil.protocol.statement import statement
from tests.protocol.actors import Village, bread, later, parties, pays
from tests.protocol.test_clearing import SAYINGS, Street, circle, tell
from tests.protocol.test_credit import STEP, pay, people, promise


def test_a_movement_names_who_what_for_and_the_entry_that_made_it_count() -> None:
    village = Village("anna")
    anna = village.founder
    ben = village.joins(anna, "ben")
    sale = ben.say(Propose(parties(anna, ben), (bread(anna, ben), pays(ben, anna, 90)), later(9)))
    yes = anna.say(Accept(), sale)
    ben.say(Close((yes.id,)), sale)
    given_ = ben.say(Deliver(1, 60), sale)
    receipt = anna.say(Receive(given_.id, 60), sale, at=later(7))
    book = village.book(anna, ben)

    (row,) = statement(book.agreements, book.records, ben.member)

    assert (row.at, row.other, row.amount, row.words, row.balance) == (later(7), anna.member, -60, "bread", -60)
    assert (row.agreement, row.receipt) == (sale.id, receipt.id)


def test_a_debt_set_off_is_a_movement_whose_receipt_is_the_clearing() -> None:
    street = Street()
    debts = circle(street, 30, 50, 20)
    made = street.clear(20, *debts)
    book = street.book()

    rows = statement(book.agreements, book.records, street.people[0].member)

    assert sorted(row.amount for row in rows) == [-20, 20]
    assert {row.receipt for row in rows} == {made.id}
    assert rows[-1].balance == 0


@given(st.lists(STEP, max_size=6))
def test_the_movements_of_everybody_sum_to_their_balances(steps: list[tuple[int, int, int, int, bool, bool]]) -> None:
    village, devices = people("ben", "carla", "dora")
    for one, other, amount, paid, accepted, confirmed in steps:
        if one != other:
            giver, taker = devices[one], devices[other]
            pay(promise(giver, taker, amount, accepted=accepted), giver, taker, paid, confirmed=confirmed)
    book, back = village.book(*devices), village.book(*devices[::-1])

    for device in devices:
        rows = statement(book.agreements, book.records, device.member)
        assert sum(row.amount for row in rows) == book.credit.balance(device.member)
        assert (rows[-1].balance if rows else 0) == book.credit.balance(device.member)
        assert rows == statement(back.agreements, back.records, device.member)


@given(SAYINGS)
def test_also_after_clearings_and_calls(sayings: list[tuple[int, int, int, int, int]]) -> None:
    street = Street()
    tell(street, sayings)
    book = street.book()

    for device in street.people:
        rows = statement(book.agreements, book.records, device.member)
        assert sum(row.amount for row in rows) == book.credit.balance(device.member)
