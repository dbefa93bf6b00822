"""Disputes: five stories of trades that went wrong, and how each of them ended."""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Commitment, Deliver, Dispute, Extend, Mediate, Propose, Settle
from ruil.protocol.errors import Refused
from ruil.protocol.events import Review
from ruil.protocol.limits import DAY
from tests.shapes.street import Street


class Sale(Street):
    """Anna sells Ben five loaves for 100 credit, with Mia to ask and Nils if she is away; all within five days."""

    def __init__(self, *, binding: bool = False) -> None:
        super().__init__("Ben", "Mia", "Nils")
        _, self.ben, self.mia, self.nils = self.people
        due = self.now + 5 * DAY
        bread = Commitment(self.anna.id, self.ben.id, "transfer", "bread", 5, "loaf", due)
        pay = Commitment(self.ben.id, self.anna.id, "transfer", "credit", 100, "credit", due)
        parties = tuple(sorted((self.anna.id, self.ben.id)))
        proposal = Propose(
            parties, (bread, pay), self.now + DAY, mediator=self.mia.id, backup=self.nils.id, mediation_days=10,
            binding=binding,
        )  # fmt: skip
        self.trade = self.agree(self.anna, proposal, self.ben)

    def waiting(self) -> set[str]:
        """Who is waited for to say how it should end."""
        waits = self.known(self.trade).waits_for(self.now)
        names = {self.mia.id: "Mia", self.nils.id: "Nils"}
        return {names[who] for who, what in waits.items() if what == "say how it should end"}


def both_settle(street: Sale, *received: int) -> None:
    for party in (street.anna, street.ben):
        street.say(party, Settle(received), street.trade)


def test_two_who_talk_about_it_settle_without_anybody() -> None:
    # Three loaves came instead of five, and Ben has paid for five.
    street = Sale()
    street.hand_over(street.trade, 0, 3)
    street.hand_over(street.trade, 1, 100)
    assert street.balances() == [100, -100, 0, 0]

    # They agree on sixty: forty go back, by nothing but their two words.
    both_settle(street, 3, 60)

    assert street.state(street.trade) is State.SETTLED
    assert street.balances() == [60, -60, 0, 0]
    assert street.one_book()

    # And they tell the others how it was.
    street.say(street.ben, Review(street.anna.id, good=True, words="She made it right."), street.trade)
    street.say(street.anna, Review(street.ben.id, good=True), street.trade)
    assert len(street.mia.peer.book.attestations.all()) == 2


def test_a_mediator_proposes_and_both_take_it() -> None:
    street = Sale()
    street.hand_over(street.trade, 0, 5)

    # Ben says they were stale, on the last day; Mia is asked, Nils not yet.
    street.pass_days(7)
    street.say(street.ben, Dispute("stale, all five"), street.trade)
    assert street.waiting() == {"Mia"}

    # Without the dispute it would be over now. Mia proposes half the price, and both say so too.
    street.pass_days(4)
    street.say(street.mia, Mediate((5, 50), "they were two days old"), street.trade)
    assert street.state(street.trade) is State.AGREED
    assert street.balances() == [0, 0, 0, 0]
    both_settle(street, 5, 50)

    assert street.state(street.trade) is State.SETTLED
    assert street.balances() == [50, -50, 0, 0]


def test_a_mediator_who_is_silent_has_a_backup_and_a_silent_party_is_bound_by_what_they_signed() -> None:
    # Both let the mediator's word bind when they signed. Anna says nothing any more.
    street = Sale(binding=True)
    street.hand_over(street.trade, 1, 100)
    street.pass_days(4)
    street.say(street.ben, Dispute("paid, and no bread"), street.trade)
    street.world.crash(street.anna)

    # Half of Mia's ten days pass; then Nils may speak, and he does.
    street.pass_days(5.01)
    assert street.known(street.trade, street.ben).waits_for(street.now).keys() >= {street.mia.id, street.nils.id}
    street.say(street.nils, Mediate((0, 0), "no bread, no money"), street.trade)

    # When Anna is back she reads that it is over, as all others do.
    street.world.restart(street.anna)
    street.pass_days(0.1)
    assert street.state(street.trade) is State.SETTLED
    assert street.balances() == [0, 0, 0, 0]
    assert street.one_book()


def test_when_nobody_says_anything_it_ends_by_the_clock_with_what_was_received() -> None:
    street = Sale()
    street.hand_over(street.trade, 0, 2)
    street.pass_days(7)
    street.say(street.ben, Dispute(), street.trade)

    street.pass_days(9.9)
    assert street.state(street.trade) is State.AGREED
    street.pass_days(0.2)

    assert street.state(street.trade) is State.LAPSED
    assert street.known(street.trade).received == [2, 0]
    assert street.known(street.trade).waits_for(street.now) == {}


def test_on_two_sides_of_a_broken_network_what_both_said_meets_again() -> None:
    # Ben and Nils are cut off. Each side goes on: Anna asks Mia, who proposes; Ben would settle, and gets more time.
    street = Sale()
    street.hand_over(street.trade, 0, 3)
    street.part(street.ben, street.nils)
    street.say(street.anna, Dispute("he does not pay"), street.trade)
    street.say(street.mia, Mediate((3, 60)), street.trade)
    for said in (Extend(street.known(street.trade).last_due + 9 * DAY), Settle((3, 60))):
        street.say(street.ben, said, street.trade)
    assert not street.one_book()

    # The network is one again, and so is the Book. Anna takes what Ben offers, which is what Mia proposes.
    street.part()
    assert street.one_book()
    street.say(street.anna, Settle((3, 60)), street.trade)

    assert street.state(street.trade) is State.SETTLED
    assert street.balances() == [60, -60, 0, 0]


def test_more_time_is_given_by_both_alone() -> None:
    street = Sale()
    longer = Extend(street.known(street.trade).last_due + DAY)
    street.say(street.anna, longer, street.trade)
    street.say(street.ben, longer, street.trade)

    # Four days after the first date had passed there is still time to hand it over.
    street.pass_days(8.5)
    street.hand_over(street.trade, 0, 5)
    street.hand_over(street.trade, 1, 100)

    assert street.state(street.trade) is State.COMPLETED


def test_a_delivery_on_its_way_does_not_slip_through_a_settlement() -> None:
    # Anna would settle for two loaves, then finds the other three. Her word stands for a week, with another beside it,
    # and so long her node hands nothing over: Ben could take it and settle for the two.
    street = Sale()
    street.hand_over(street.trade, 0, 2)
    street.say(street.anna, Settle((2, 40)), street.trade)
    street.say(street.anna, Settle((5, 100)), street.trade)
    with pytest.raises(Refused, match="and that stands until"):
        street.say(street.anna, Deliver(0, 3), street.trade)

    street.say(street.ben, Settle((2, 40)), street.trade)

    assert street.state(street.trade) is State.SETTLED
    assert street.known(street.trade).received == [2, 40]


def test_once_a_word_to_settle_has_passed_unanswered_the_trade_goes_on() -> None:
    street = Sale()
    street.say(street.anna, Settle((2, 40)), street.trade)
    street.say(street.anna, Extend(street.known(street.trade).last_due + 20 * DAY), street.trade)
    street.say(street.ben, Extend(street.known(street.trade).last_due + 20 * DAY), street.trade)
    street.pass_days(7.1)

    street.hand_over(street.trade, 0, 5)
    late = street.say(street.ben, Settle((2, 40)), street.trade)

    assert late not in street.known(street.trade).out_of_turn
    assert street.state(street.trade) is State.AGREED
