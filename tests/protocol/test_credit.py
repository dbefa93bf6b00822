"""Credit: balances follow from what both sides signed, and together they are always 0."""

from hypothesis import given
from hypothesis import strategies as st

from ruil.protocol.bodies import Accept, Close, Correct, Deliver, Propose, Receive
from ruil.protocol.credit import to_pay
from ruil.protocol.entry import Entry
from ruil.protocol.limits import DAY
from tests.protocol.actors import Device, Village, later, parties, pays


def people(*names: str) -> tuple[Village, list[Device]]:
    village = Village("anna")
    return village, [village.founder, *(village.joins(village.founder, name) for name in names)]


def promise(giver: Device, taker: Device, amount: int, *, accepted: bool = True) -> Entry:
    proposal = giver.say(Propose(parties(giver, taker), (pays(giver, taker, amount),), later(DAY)))
    if accepted:
        taker.say(Accept(), proposal)
        giver.say(Close((taker.entries[-1].id,)), proposal)
    return proposal


def pay(proposal: Entry, giver: Device, taker: Device, amount: int, *, confirmed: bool = True) -> Entry:
    delivery = giver.say(Deliver(0, amount), proposal)
    if confirmed:
        taker.say(Receive(delivery.id, amount), proposal)
    return delivery


def test_a_confirmed_payment_moves_credit() -> None:
    village, (anna, ben) = people("ben")

    pay(promise(ben, anna, 90), ben, anna, 60)

    credit = village.book(anna, ben).credit
    assert (credit.balance(anna.member), credit.balance(ben.member)) == (60, -60)


def test_a_payment_nobody_confirmed_moves_nothing() -> None:
    village, (anna, ben) = people("ben")

    pay(promise(ben, anna, 90), ben, anna, 60, confirmed=False)

    assert village.book(anna, ben).credit.balance(ben.member) == 0


def test_a_payment_under_what_nobody_accepted_moves_nothing() -> None:
    village, (anna, ben) = people("ben")

    pay(promise(ben, anna, 90, accepted=False), ben, anna, 60)

    assert village.book(anna, ben).credit.balances() == {}


def test_a_correction_by_both_moves_it_back() -> None:
    village, (anna, ben) = people("ben")
    proposal = promise(ben, anna, 90)
    delivery = pay(proposal, ben, anna, 90)

    for device in (anna, ben):
        device.say(Correct(delivery.id, 30), proposal)

    assert village.book(anna, ben).credit.balances() == {anna.member: 30, ben.member: -30}


def test_what_is_promised_and_not_paid_yet_is_known() -> None:
    village, (anna, ben) = people("ben")
    proposal = promise(ben, anna, 90)
    pay(proposal, ben, anna, 20)

    book = village.book(anna, ben)

    agreement = book.agreements.get(proposal.id)
    assert agreement is not None
    assert to_pay(agreement, ben.member) == 70
    assert book.credit.promised(ben.member, later(1)) == 70
    assert book.credit.promised(anna.member, later(1)) == 0
    assert book.credit.promised(ben.member, later(90 * DAY)) == 0


STEP = st.tuples(
    st.integers(0, 3), st.integers(0, 3), st.integers(1, 500), st.integers(1, 500), st.booleans(), st.booleans()
)


@given(st.lists(STEP, max_size=8))
def test_all_balances_together_are_zero(steps: list[tuple[int, int, int, int, bool, bool]]) -> None:
    village, devices = people("ben", "carla", "dora")
    for one, other, amount, paid, accepted, confirmed in steps:
        if one != other:
            giver, taker = devices[one], devices[other]
            pay(promise(giver, taker, amount, accepted=accepted), giver, taker, paid, confirmed=confirmed)

    for read in (devices, devices[::-1]):
        assert sum(village.book(*read).credit.balances().values()) == 0


@given(st.lists(STEP, max_size=6))
def test_balances_kept_up_are_balances_counted_once(steps: list[tuple[int, int, int, int, bool, bool]]) -> None:
    village, devices = people("ben", "carla", "dora")
    for one, other, amount, paid, accepted, confirmed in steps:
        if one != other:
            giver, taker = devices[one], devices[other]
            pay(promise(giver, taker, amount, accepted=accepted), giver, taker, paid, confirmed=confirmed)

    kept_up = village.book()
    for device in devices:
        for entry in device.entries:
            kept_up.apply(entry)
            kept_up.credit.balances()

    once = village.book(*devices).credit.balances()
    assert {who: sum_ for who, sum_ in kept_up.credit.balances().items() if sum_} == {
        who: sum_ for who, sum_ in once.items() if sum_
    }
