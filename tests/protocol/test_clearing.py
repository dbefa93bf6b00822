"""Clearing: a circle of debts is set off in one step, once; nobody's net position changes, whatever arrives when."""

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import (
    CREDIT,
    Accept,
    Cancel,
    Close,
    Commitment,
    Consent,
    Debt,
    Deliver,
    Extend,
    Join,
    Profile,
    Propose,
    Receive,
    Slot,
    Term,
    Vote,
)
from ruil.protocol.book import Book
from ruil.protocol.credit import unfit
from ruil.protocol.entry import Entry
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.limits import CLOSE_MS, DAY, HOUR
from ruil.protocol.log import ForkProof, Log, prove_fork
from ruil.protocol.shapes.clearing import Owed, clearing
from tests.protocol.actors import T0, Device, Village, later, parties, pays, read, seat


class Street:
    """Anna, Ben, Carla and Dora, who owe each other; their devices say what they are told."""

    def __init__(self) -> None:
        self.village = Village("anna")
        anna = self.village.founder
        self.people = [anna, *(self.village.joins(anna, name) for name in ("ben", "carla", "dora"))]

    def owes(self, debtor: Device, creditor: Device, amount: int, *, due: int = 30 * DAY) -> Entry:
        first = debtor.say(
            Propose(parties(debtor, creditor), (pays(debtor, creditor, amount, due=T0 + due),), later(DAY))
        )
        yes = creditor.say(Accept(), first)
        debtor.say(Close((yes.id,)), first)
        return first

    def clear(self, amount: int, *debts: tuple[Device, Device, Entry], close: bool = True, at: int = HOUR) -> Entry:
        """A clearing that the first debtor proposes, all sign, and the first closes."""
        owed = [Owed(one.member, two.member, amount, Debt(EntryId(debt.id), 0)) for one, two, debt in debts]
        by = debts[0][0]
        made = by.say(clearing(owed, later(DAY)), at=later(at))
        yes = [one.say(Accept(), made, at=later(at)) for one, _, _ in debts[1:]]
        if close:
            by.say(Close(tuple(sorted(each.id for each in yes))), made, at=later(at))
        return made

    def pay(self, debtor: Device, creditor: Device, debt: Entry, amount: int, *, at: int = 2 * HOUR) -> None:
        given = debtor.say(Deliver(0, amount), debt, at=later(at))
        creditor.say(Receive(given.id, amount), debt, at=later(at))

    def book(self) -> Book:
        return self.village.book(*self.people)


def known(book: Book, entry: Entry) -> Agreement:
    found = book.agreements.get(entry.id)
    assert found is not None
    return found


def balances(book: Book) -> dict[MemberId, int]:
    return {member: balance for member, balance in book.credit.balances().items() if balance}


def net(book: Book) -> dict[MemberId, int]:
    """What everybody has, and is owed, less what they owe: no payment changes it, and no clearing."""
    worth = dict(book.credit.balances())
    for agreement in book.agreements.all():
        if agreement.agreed_at is None or agreement.proposal.clearing:
            continue
        for index, each in enumerate(agreement.commitments):
            open_ = each.quantity - agreement.received[index]
            worth[each.provider] = worth.get(each.provider, 0) - open_
            worth[each.receiver] = worth.get(each.receiver, 0) + open_
    return {member: amount for member, amount in worth.items() if amount}


def circle(street: Street, *amounts: int) -> list[tuple[Device, Device, Entry]]:
    anna, ben, carla, _ = street.people
    around = zip((anna, ben, carla), (ben, carla, anna), amounts, strict=True)
    return [(one, two, street.owes(one, two, amount)) for one, two, amount in around]


# What is set off ----------------------------------------


def test_nothing_is_set_off_before_the_proposer_closes() -> None:
    street = Street()
    debts = circle(street, 30, 50, 20)

    made = street.clear(20, *debts, close=False)

    book = street.book()
    assert known(book, made).state is State.PROPOSED
    assert [known(book, debt).received for _, _, debt in debts] == [[0], [0], [0]]
    assert known(book, made).state_at(T0 + DAY + CLOSE_MS) is State.PROPOSED
    assert known(book, made).state_at(T0 + DAY + CLOSE_MS + 1) is State.LAPSED


def test_what_was_closed_can_not_be_taken_back() -> None:
    street = Street()
    debts = circle(street, 30, 50, 20)
    made = street.clear(20, *debts)

    street.people[0].say(Cancel(), made, at=later(5 * DAY))

    book = street.book()
    assert known(book, made).state is State.COMPLETED
    assert [known(book, debt).received for _, _, debt in debts] == [[20], [20], [20]]


def test_only_the_device_that_proposed_it_closes_it_and_not_for_ever() -> None:
    street = Street()
    debts = circle(street, 30, 50, 20)
    anna = street.people[0]
    other = street.village.device("anna", "phone")
    made = street.clear(20, *debts, close=False)
    yes = tuple(sorted(each.entries[-1].id for each in street.people[1:3]))

    foreign = other.say(Close(yes), made, at=later(2 * HOUR))
    late = anna.say(Close(yes), made, at=later(DAY + CLOSE_MS + 1))

    book = street.village.book(*street.people, other)
    why = known(book, made).out_of_turn
    assert why[foreign.id].startswith("only the device that proposed a clearing can close it")
    assert why[late.id].startswith("the clearing had to be closed by")
    assert balances(book) == {}


def test_a_debt_that_is_paid_and_set_off_at_once_is_paid_once() -> None:
    street = Street()
    debts = circle(street, 30, 30, 30)
    before = net(street.book())

    street.pay(*debts[0], 30, at=HOUR // 2)
    street.clear(30, *debts)

    book = street.book()
    assert known(book, debts[0][2]).received == [30]
    assert balances(book) == {}  # Anna paid Ben, and the circle paid Anna
    assert net(book) == before


def test_a_debt_in_two_clearings_is_paid_once_and_only_its_two_sides_see_it() -> None:
    street = Street()
    anna, ben, carla, dora = street.people
    shared = street.owes(anna, ben, 30)
    others = [(ben, carla, street.owes(ben, carla, 30)), (carla, anna, street.owes(carla, anna, 30))]
    again = [(ben, dora, street.owes(ben, dora, 30)), (dora, anna, street.owes(dora, anna, 30))]
    before = net(street.book())

    street.clear(30, (anna, ben, shared), *others)
    street.clear(30, (anna, ben, shared), *again, at=2 * HOUR)

    book = street.book()
    assert known(book, shared).received == [30]
    assert balances(book) == {anna.member: 30, ben.member: -30}  # both signed twice for one debt
    assert net(book) == before


def test_of_a_clearing_nothing_is_set_off() -> None:
    street = Street()
    debts = circle(street, 30, 30, 30)
    made = street.clear(30, *debts)
    anna, ben, carla, _ = street.people
    back = [(ben, anna, street.owes(ben, anna, 30, due=30 * DAY)), (anna, ben, made)]

    street.clear(30, *back, at=2 * HOUR)

    book = street.book()
    assert known(book, made).state is State.COMPLETED
    assert known(book, made).received == [0, 0, 0]
    assert sum(book.credit.balances().values()) == 0
    assert carla.member not in balances(book)


def test_a_debt_whose_agreement_comes_last_is_set_off_when_it_comes() -> None:
    street = Street()
    debts = circle(street, 30, 50, 20)
    made = street.clear(20, *debts)
    entries = [entry for device in street.people for entry in device.entries]
    book = street.village.book(street.people[0])
    book.credit.balances()

    late = read(Book(book.community), *reversed(entries))

    assert known(late, made).state is State.COMPLETED
    assert late.digest() == street.book().digest()


def test_what_somebody_owes_who_joined_is_set_off_too() -> None:
    street = Street()
    anna, ben, _, _ = street.people
    price = Term(True, anna.member, "transfer", "credit", CREDIT, later(30 * DAY), each=30)
    buy = anna.say(Propose(parties(anna), (), later(DAY), slots=(Slot("buyer", (price,)),)))
    joined = ben.say(Join(0), buy, at=later(1))
    owes = street.owes(anna, ben, 30)
    anna.say(Close(seats=(seat(ben, joined),)), buy, at=later(10))

    street.clear(30, (anna, ben, owes), (ben, anna, buy))

    book = street.book()
    assert known(book, buy).state is State.COMPLETED
    assert known(book, buy).received == [30]
    assert balances(book) == {}


def test_an_agreement_that_was_over_is_left_as_it_ended() -> None:
    street = Street()
    anna, ben, _, _ = street.people
    debts = [(anna, ben, street.owes(anna, ben, 30, due=DAY)), (ben, anna, street.owes(ben, anna, 30))]
    owed = [Owed(one.member, two.member, 30, Debt(EntryId(debt.id), 0)) for one, two, debt in debts]
    made = anna.say(clearing(owed, later(9 * DAY)), at=later(3 * DAY))
    yes = ben.say(Accept(), made, at=later(4 * DAY))

    anna.say(Close((yes.id,)), made, at=later(4 * DAY + 1))

    book = street.book()
    assert known(book, debts[0][2]).state_at(T0 + 5 * DAY) is State.LAPSED
    assert known(book, debts[1][2]).received == [30]


def test_what_was_extended_by_all_can_be_set_off_in_that_time() -> None:
    street = Street()
    anna, ben, _, _ = street.people
    debts = [(anna, ben, street.owes(anna, ben, 30, due=DAY)), (ben, anna, street.owes(ben, anna, 30))]
    for device in (anna, ben):
        device.say(Extend(later(20 * DAY)), debts[0][2], at=later(2 * DAY))
    owed = [Owed(one.member, two.member, 30, Debt(EntryId(debt.id), 0)) for one, two, debt in debts]
    made = anna.say(clearing(owed, later(9 * DAY)), at=later(5 * DAY))
    yes = ben.say(Accept(), made, at=later(6 * DAY))

    anna.say(Close((yes.id,)), made, at=later(6 * DAY))

    assert known(street.book(), debts[0][2]).state is State.COMPLETED


# What a node will not sign ----------------------------------------


def fitting(street: Street, *debts: tuple[Device, Device, Entry], amount: int = 30, member: Device | None = None,
            now: int = HOUR) -> str | None:  # fmt: skip
    owed = [Owed(one.member, two.member, amount, Debt(EntryId(debt.id), 0)) for one, two, debt in debts]
    member = member or debts[0][0]
    return unfit(street.book().agreements, clearing(owed, later(DAY)), member.member, later(now))


def test_a_debt_signed_away_in_another_clearing_can_not_be_signed_away_again() -> None:
    street = Street()
    debts = circle(street, 30, 30, 30)
    assert fitting(street, *debts) is None

    street.clear(30, *debts, close=False)

    assert fitting(street, *debts) == "that clearing sets off 30 of a debt of which 0 is open"
    assert fitting(street, *debts, now=3 * DAY) is None  # that one has lapsed


def test_a_debt_that_ends_before_the_clearing_could_is_left_alone() -> None:
    street = Street()
    anna, ben, _, _ = street.people
    soon = (anna, ben, street.owes(anna, ben, 30, due=DAY))
    back = (ben, anna, street.owes(ben, anna, 30))
    owed = [Owed(one.member, two.member, 30, Debt(EntryId(debt.id), 0)) for one, two, debt in (soon, back)]

    why = unfit(street.book().agreements, clearing(owed, later(4 * DAY)), anna.member, later(HOUR))

    assert why == "that clearing is about a debt that may end before it"


@pytest.mark.parametrize("more", [{"least": 1}, {"per": 1}, {"covers": 1}, {"action": "work"}, {"begins": T0}])
def test_a_clearing_does_nothing_else(more: dict[str, object]) -> None:
    anna, ben = Village("anna").founder, Village("ben").founder
    debt = Debt(EntryId(bytes(32)), 0)
    plain = {"action": "transfer", **more}

    with pytest.raises(Refused, match="sets off debts and does nothing else"):
        Commitment(anna.member, ben.member, what="owed", quantity=1, unit=CREDIT, due=later(DAY), clears=debt, **plain)  # type: ignore[arg-type]


# Any order, and what was cut ----------------------------------------

SAYINGS = st.lists(
    st.tuples(st.integers(0, 9), *(st.integers(0, 3),) * 2, st.integers(0, 60), st.integers(0, 40)), max_size=24
)


def tell(street: Street, sayings: Iterable[tuple[int, int, int, int, int]]) -> None:
    """Let the people say all this: debts, payments, clearings, votes, consents; much of it senseless."""
    debts: list[tuple[Device, Device, Entry]] = []
    calls: list[tuple[Entry, list[Entry]]] = []
    at = HOUR
    for what, one, two, number, amount in sayings:
        at += 1 + number
        a, b = street.people[one], street.people[two]
        if what <= 1 and a is not b:
            debts.append((a, b, street.owes(a, b, amount + 1)))
        elif what == 2:
            around = [each for each in street.people if each is not a]
            debts += [
                (x, y, street.owes(x, y, amount + 1)) for x, y in zip(around, around[1:] + around[:1], strict=True)
            ]
        elif what <= 4 and debts:
            around = _circle(debts, number)
            if around:
                street.clear(amount + 1, *around, close=what == 3, at=at)
        elif what == 5 and debts:
            street.pay(*debts[number % len(debts)], amount + 1, at=at)
        elif what == 6 and debts:
            debtor, creditor, debt = debts[number % len(debts)]
            for device in (debtor, creditor)[: 1 + amount % 2]:
                device.say(Cancel(), debt, at=later(at))
        elif what == 7:
            gets = Term(False, a.member, "transfer", "credit", CREDIT, later(30 * DAY), total=amount + 1, voted=True)
            asked = a.say(Propose(parties(a), (), later(20 * DAY), slots=(Slot("contributor", (gets,)),)), at=later(at))
            calls.append((asked, [each.say(Join(0), asked, at=later(at)) for each in street.people if each is not a]))
        elif what == 8 and calls:
            asked, joins = calls[number % len(calls)]
            votes = [each.say(Vote(joins[amount % 3].id), asked, at=later(at)) for each in (a, b)]
            host = next(each for each in street.people if each.id == asked.device)
            cast = tuple({each.device: each for each in votes}.values())
            guests = [each for each in street.people if each is not host]
            inside = (
                seat(who, join, *(cast if join is joins[amount % 3] else ()))
                for who, join in zip(guests, joins, strict=True)
            )
            host.say(Close(seats=tuple(inside)), asked, at=later(at))
            debts += [(host, guest, asked) for guest in street.people if guest is not host][:1]
        elif what == 9:
            a.say(Consent(later(9 * DAY), amount), at=later(at))


def _circle(debts: list[tuple[Device, Device, Entry]], number: int) -> list[tuple[Device, Device, Entry]]:
    """Debts that lead round, beginning with one of them; none when there are no such."""
    path = [debts[number % len(debts)]]
    while path[-1][1] is not path[0][0]:
        seen = [each[0] for each in path]
        after = [each for each in debts if each[0] is path[-1][1] and each[0] not in seen]
        if not after:
            return []
        path.append(after[number % len(after)])
    return path


def facts(book: Book) -> object:
    """What a digest has no room for: what everybody promised, and what was set off."""
    return (
        book.digest(),
        {each.id: (each.commitments, each.set_off, each.out_of_turn) for each in book.agreements.all()},
        balances(book),
        {
            device.hex(): (said.id if (said := book.credit.consent(MemberId(device))) else None)
            for device in book.members.all()
        },
    )


@settings(max_examples=60)
@given(SAYINGS, st.integers(0, 3), st.integers(0, 30), st.integers(0, 2**32))
def test_a_book_is_the_same_for_every_order_and_without_what_was_cut(
    sayings: list[tuple[int, int, int, int, int]], forker: int, place: int, seed: int
) -> None:
    street = Street()
    tell(street, sayings)
    device = street.people[forker]
    seq = 2 + place % max(1, len(device.entries) - 2)
    entries = [entry for each in street.people for entry in each.entries]
    random.Random(seed).shuffle(entries)

    shuffled = Book(street.village.community)
    for index, entry in enumerate(entries):
        shuffled.apply(entry)
        if index % 7 == 0:
            facts(shuffled)  # looking at it on the way changes nothing
    assert facts(shuffled) == facts(street.book()), f"seed {seed}"

    if seq < len(device.entries):
        shuffled.freeze(forked(street, device, seq))
        never = Book(street.village.community)
        never.freeze(forked(street, device, seq))
        for entry in entries:
            if entry.device != device.id or entry.seq < seq:
                never.apply(entry)
        assert facts(shuffled) == facts(never), f"seed {seed}"


def forked(street: Street, device: Device, seq: int) -> ForkProof:
    """The proof that a device said something else at this place of its log too."""
    other = Device(device.key, device.owner, street.village.community, Log(device.id))
    for entry in device.entries[:seq]:
        other.take(entry)
    return prove_fork(device.entries[seq], other.sign(Profile("Somebody else")))


@settings(max_examples=60)
@given(SAYINGS)
def test_no_clearing_changes_what_anybody_has_and_is_owed(sayings: list[tuple[int, int, int, int, int]]) -> None:
    street = Street()
    tell(street, sayings)
    book = street.book()

    promised: dict[MemberId, int] = {}
    off: dict[EntryId, list[tuple[MemberId, MemberId, int]]] = {}
    for agreement in book.agreements.all():
        if agreement.agreed_at is not None and not agreement.proposal.clearing:
            for each in agreement.commitments:
                promised[each.provider] = promised.get(each.provider, 0) - each.quantity
                promised[each.receiver] = promised.get(each.receiver, 0) + each.quantity
        for index, quantity, by in agreement.set_off:
            debt = agreement.commitments[index]
            off.setdefault(by, []).append((debt.provider, debt.receiver, quantity))
    assert sum(book.credit.balances().values()) == 0
    assert net(book) == {member: amount for member, amount in promised.items() if amount}
    for id_, moved in off.items():
        made = book.agreements.get(id_)
        assert made is not None
        if sorted(moved) == sorted((each.provider, each.receiver, each.quantity) for each in made.commitments):
            for member in made.parties:
                assert sum((to == member) * much - (by == member) * much for by, to, much in moved) == 0


def test_a_clearing_that_was_cut_gives_its_debts_back() -> None:
    street = Street()
    debts = circle(street, 30, 50, 20)
    made = street.clear(20, *debts)
    book = street.book()
    assert [known(book, debt).received for _, _, debt in debts] == [[20], [20], [20]]

    book.freeze(forked(street, street.people[0], made.seq))

    assert [known(book, debt).received for _, _, debt in debts] == [[0], [0], [0]]
    assert balances(book) == {}


def test_a_long_chain_of_clearings_is_read_without_recursion() -> None:
    street = Street()
    anna, ben, _, _ = street.people
    before = [street.owes(anna, ben, 30), street.owes(ben, anna, 30)]
    for step in range(1_500):
        debts = [(anna, ben, before[0]), (ben, anna, before[1])]
        made = street.clear(1, *debts, at=HOUR + step)
        before = [made, made] if step % 2 else [made, before[1]]

    book = street.book()  # a walk along every path would never come back: there are 2^750

    assert sum(each.state is State.COMPLETED for each in book.agreements.all()) == 1_500
