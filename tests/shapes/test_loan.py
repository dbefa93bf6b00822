"""Loans: neighbours lend each other credit. How it comes back, and what happens when it does not."""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bids import Fate
from ruil.protocol.bodies import Accept, Commitment, Deliver, Extend, Listing, Settle
from ruil.protocol.conduct import conduct
from ruil.protocol.errors import Refused
from ruil.protocol.events import Bidding
from ruil.protocol.ids import EntryId, MemberId, Millis
from ruil.protocol.limits import DAY, STAND_IN_MS
from ruil.protocol.shapes.gift import gift
from ruil.protocol.shapes.loan import Instalment, arrears, equal, is_loan, loan
from ruil.simulations.world import Node
from tests.shapes.street import Street


class Lent(Street):
    """Anna lends Ben 100, to be given back in four parts, ten days apart; Greta stands in."""

    def __init__(self, *, guarantor: bool = True) -> None:
        super().__init__("Ben", "Greta", "Carla")
        _, self.ben, self.greta, self.carla = self.people
        self.start = self.now
        self.need = self.say(self.ben, Listing("need", "credit", "A hundred for a saw", 100, "credit", self.in_days(9)))
        schedule = equal(100, self.in_days(10), 10 * DAY, 4)
        guarantors = (self.greta.id,) if guarantor else ()
        proposal = loan(
            self.anna.id, self.ben.id, 100, self.in_days(2), schedule, self.in_days(1), guarantors=guarantors,
            listing=self.need,
        )  # fmt: skip
        self.loan: EntryId = self.agree(self.anna, proposal, self.ben, *([self.greta] if guarantor else []))

    def in_days(self, days: float) -> Millis:
        return Millis(int(self.start + days * DAY))

    def late(self) -> list[tuple[int, int, bool]]:
        """What everybody reads as late: (number, how much, in default)."""
        seen = [arrears(self.known(self.loan, node), self.world.millis()) for node in self.people]
        assert all(each == seen[0] for each in seen)
        return [(each.commitment, each.missing, each.default) for each in seen[0]]


def test_a_loan_comes_back_in_parts_and_ends() -> None:
    # Ben's need is met with Anna's bid, which Greta stands behind. She lends at once.
    street = Lent()
    assert is_loan(street.known(street.loan).proposal)
    street.hand_over(street.loan, 0, 100)
    assert street.balances() == [-100, 100, 0, 0]
    assert street.carla.peer.book.left(street.need, street.now) == 0

    # Every ten days a quarter comes back, on the day before.
    for number in (1, 2, 3, 4):
        street.pass_days(9 if number == 1 else 10)
        street.hand_over(street.loan, number, 25)
        assert street.late() == []

    assert street.state(street.loan) is State.COMPLETED
    assert street.balances() == [0, 0, 0, 0]
    assert street.one_book()


def test_what_is_late_is_shown_and_who_stands_in_brings_it() -> None:
    # Ben brings ten of the first quarter and is not seen again.
    street = Lent()
    street.hand_over(street.loan, 0, 100)
    street.pass_days(9)
    street.hand_over(street.loan, 1, 10)
    street.world.crash(street.ben)
    with pytest.raises(Refused, match="not late before"):
        street.say(street.greta, Deliver(5, 15), street.loan)

    # Two days later fifteen are late: Greta is waited for, and brings no more than that.
    street.pass_days(2)
    assert arrears(street.known(street.loan), Millis(street.now))[0].missing == 15
    assert street.known(street.loan).waits_for(street.now)[street.greta.id] == "deliver credit"
    with pytest.raises(Refused, match="only 15"):
        street.say(street.greta, Deliver(5, 16), street.loan)
    street.hand_over(street.loan, 5, 15)

    # She stands in for the rest of it too, as each quarter becomes late.
    for number in (6, 7, 8):
        street.pass_days(10)
        street.hand_over(street.loan, number, 25)

    # All that was lent is back. Ben owes Greta what she brought, and nothing more.
    assert street.known(street.loan).state is State.AGREED
    street.world.restart(street.ben)
    street.pass_days(0.1)
    assert street.balances() == [0, 90, -90, 0]
    assert street.known(street.loan).waits_for(street.now) == {street.ben.id: "deliver credit"}
    assert street.exposure(street.ben).owed == street.exposure(street.greta).coming == 90
    with pytest.raises(Refused, match="only 15"):
        street.say(street.ben, Deliver(9, 16), street.loan)

    for number, much in ((9, 15), (10, 25), (11, 25), (12, 25)):
        street.hand_over(street.loan, number, much)

    assert street.state(street.loan) is State.COMPLETED
    assert street.balances() == [0, 0, 0, 0]
    back = street.statement(street.greta)
    assert [each.words for each in back] == ["in somebody's stead"] * 4 + ["back for standing in"] * 4
    assert sum(each.amount for each in back) == 0


def test_who_is_not_paid_back_for_standing_in_has_it_shown_as_in_default() -> None:
    street = Lent()
    street.hand_over(street.loan, 0, 100)
    street.pass_days(11)
    street.hand_over(street.loan, 5, 25)
    assert street.late() == []

    # Ben gives her none of it back in the two weeks he has for it, nor in the two after that.
    for days, default in ((31, False), (12, True)):
        street.pass_days(days)
        late = {number: (missing, gone) for number, missing, gone in street.late()}
        assert late[9] == (25, default)
        assert 10 not in late
    street.pass_days(60)
    assert street.state(street.loan) is State.LAPSED
    found = conduct(street.anna.peer.book.agreements, street.ben.id, Millis(street.now))
    assert found.broken == [street.loan]


def test_nothing_is_owed_to_who_never_had_to_stand_in() -> None:
    street = Lent()
    street.hand_over(street.loan, 0, 100)
    with pytest.raises(Refused, match="only 0"):
        street.say(street.ben, Deliver(9, 1), street.loan)

    for number in (1, 2, 3, 4):
        street.hand_over(street.loan, number, 25)

    assert street.state(street.loan) is State.COMPLETED


def test_a_guarantor_costs_who_borrows_nothing_of_their_limit() -> None:
    # Ben may go 100 below zero, and owes a hundred once, whether to Anna or to Greta.
    street = Street("Ben", "Greta", credit_limit=100)
    anna, ben, greta = street.people
    start = street.now
    schedule = equal(100, Millis(start + 10 * DAY), 10 * DAY, 2)
    made = loan(anna.id, ben.id, 100, Millis(start + 2 * DAY), schedule, Millis(start + DAY), guarantors=(greta.id,))

    about = street.agree(ben, made, anna, greta)

    assert street.state(about) is State.AGREED


def test_what_nobody_brings_is_in_default_and_stays_so_when_it_has_ended() -> None:
    street = Lent(guarantor=False)
    street.hand_over(street.loan, 0, 100)

    street.pass_days(11)
    assert street.late() == [(1, 25, False)]
    street.pass_days(14)
    assert street.late() == [(1, 25, True), (2, 25, False)]

    # Three days after the last quarter was due it has lapsed: all of it is in default, by everybody's Book.
    street.pass_days(20)
    assert street.state(street.loan) is State.LAPSED
    assert street.late() == [(number, 25, True) for number in (1, 2, 3, 4)]


def test_of_what_was_never_lent_nothing_is_late() -> None:
    street = Lent()

    street.pass_days(30)

    assert street.late() == []
    assert street.known(street.loan).waits_for(street.now) == {street.anna.id: "deliver credit"}


def test_more_time_for_all_moves_the_whole_schedule() -> None:
    street = Lent()
    street.hand_over(street.loan, 0, 100)
    longer = Extend(street.known(street.loan).last_due + 5 * DAY)
    for party in (street.anna, street.ben, street.greta):
        street.say(party, longer, street.loan)

    street.pass_days(14)
    assert street.late() == []
    street.pass_days(2)

    assert street.late() == [(1, 25, False)]


def test_a_loan_on_two_sides_of_a_broken_network_is_paid_once() -> None:
    # Ben is late. Cut off from Greta, he pays; she, cut off from him and from Anna, stands in for him.
    street = Lent()
    street.hand_over(street.loan, 0, 100)
    street.pass_days(11)
    street.part(street.greta)
    street.say(street.ben, Deliver(1, 25), street.loan)
    street.say(street.greta, Deliver(5, 25), street.loan)

    # What both sent meets at Anna, whose node confirms one of the two: nothing moves for the other.
    street.part()

    assert street.one_book()
    assert street.balances() == [-75, 75, 0, 0]
    assert street.known(street.loan).received == [100, 25, *([0] * 11)]


def test_lender_and_borrower_can_forgive_the_rest() -> None:
    street = Lent(guarantor=False)
    street.hand_over(street.loan, 0, 100)
    street.hand_over(street.loan, 1, 25)

    for party in (street.anna, street.ben):
        street.say(party, Settle((100, 25, 0, 0, 0), "a gift"), street.loan)

    assert street.state(street.loan) is State.SETTLED
    assert street.late() == []
    assert street.balances() == [-75, 75, 0, 0]


def test_a_loan_can_come_back_in_kind() -> None:
    street = Lent(guarantor=False)
    eggs = [
        Instalment(12, street.in_days(20), "eggs", "egg"),
        Instalment(3, street.in_days(30), "digging", "hour", "work"),
    ]
    proposal = loan(street.anna.id, street.carla.id, 60, street.in_days(2), eggs, street.in_days(1))
    about = street.agree(street.carla, proposal, street.anna)

    street.hand_over(about, 0, 60)
    street.hand_over(about, 1, 12)
    street.hand_over(about, 2, 3)

    assert street.state(about) is State.COMPLETED
    assert street.known(about, street.ben).received == [60, 12, 3]


def test_parts_of_a_loan_differ_by_one_at_most_and_come_to_all_of_it() -> None:
    parts = equal(100, Millis(0), DAY, 3)

    assert [part.quantity for part in parts] == [34, 33, 33]
    assert [part.due for part in parts] == [0, DAY, 2 * DAY]
    for amount, times in ((2, 3), (5, 0)):
        with pytest.raises(Refused, match="one part or several"):
            equal(amount, Millis(0), DAY, times)


def test_who_stands_in_has_two_weeks_after_it_is_late() -> None:
    street = Lent()
    known = street.known(street.loan)

    assert known.due(5) - known.due(1) == STAND_IN_MS


def test_a_loan_that_can_not_stand_is_refused() -> None:
    street = Lent()
    one, two = street.anna.id, street.ben.id
    part = Instalment(10, street.in_days(20))
    for refused, schedule, guarantors in (
        ("say when", (), ()),
        ("after it was lent", (Instalment(10, street.in_days(1)),), ()),
        ("different people", (part,), (two,)),
    ):
        with pytest.raises(Refused, match=refused):
            loan(one, two, 10, street.in_days(2), schedule, street.in_days(1), guarantors=guarantors)


def test_lenders_bid_sealed_and_the_borrower_chooses_once_all_are_open() -> None:
    # Ben needs a hundred for a saw and takes bids for two days. Anna wants 110 back, Greta 103, Carla 100.
    street = Street("Ben", "Carla", "Greta")
    anna, ben, carla, greta = street.people
    start = street.now
    need = street.say(
        ben,
        Listing("need", "credit", "A saw", 100, "credit", Millis(start + 20 * DAY), bids_until=Millis(start + 2 * DAY)),
    )

    def bids(node: Node) -> dict[MemberId, tuple[Fate, EntryId | None]]:
        listed = node.peer.book.listings.get(need)
        assert listed is not None
        sealed = node.peer.book.bids.on(listed)
        return {each.record.member: (each.fate_at(listed, street.now), each.opened) for each in sealed}

    for lender, back in ((anna, 110), (greta, 103), (carla, 100)):
        schedule = equal(back, Millis(start + 30 * DAY), 10 * DAY, 2)
        lent_by, answer_by = Millis(start + 10 * DAY), Millis(start + 8 * DAY)
        offered = loan(lender.id, ben.id, 100, lent_by, schedule, answer_by, listing=need)
        street.say(lender, Bidding(offered), need)

    # Nobody can read any of them, and nothing is promised yet.
    street.pass_days(1)
    assert {fate for fate, _ in bids(ben).values()} == {Fate.SEALED}
    assert not any(ben.peer.book.agreements.all())

    # Carla's node is switched off. When the time is over Ben's counts all three, and the other two open at once.
    street.world.crash(carla)
    street.pass_days(1.5)
    assert [bids(anna)[each.id][0] for each in (anna, greta, carla)] == [Fate.OPENED, Fate.OPENED, Fate.COUNTED]

    # A day later hers is on again, and opens by itself. Ben signs what he likes best.
    street.pass_days(1)
    street.world.restart(carla)
    street.pass_days(0.1)
    fate, chosen = bids(ben)[carla.id]
    assert fate is Fate.OPENED
    assert chosen is not None
    street.say(ben, Accept(), chosen)
    street.hand_over(chosen, 0, 100)

    assert street.balances() == [0, 100, -100, 0]
    assert street.one_book()


def test_who_does_not_open_is_shown_so() -> None:
    street = Street("Ben", "Carla")
    anna, ben, carla = street.people
    start = street.now
    asked = Listing("need", "garden", "A wall", 1, "wall", Millis(start + 20 * DAY), bids_until=Millis(start + DAY))
    need = street.say(ben, asked)
    wall = Commitment(carla.id, ben.id, "work", "A wall", 1, "wall", Millis(start + 20 * DAY), listing=need)
    street.say(carla, Bidding(gift(wall, Millis(start + 5 * DAY))), need)
    street.world.crash(carla)

    street.pass_days(6)

    listed = anna.peer.book.listings.get(need)
    assert listed is not None
    assert [each.fate_at(listed, street.now) for each in anna.peer.book.bids.on(listed)] == [Fate.UNOPENED]
