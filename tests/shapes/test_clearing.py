"""Clearing: three who owe each other in a circle owe nothing afterwards, and nobody has paid anything."""

import pytest

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import CREDIT, Accept, Commitment, Consent, Debt, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId, MemberId
from ruil.protocol.limits import DAY
from ruil.protocol.shapes.clearing import Owed, clearing
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node, World


class Street:
    """Anna, Ben and Carla; each owes the next so much."""

    def __init__(self, *amounts: int) -> None:
        self.world = village.found(seed=3, name="Elm Street")
        anna = self.world.nodes[0]
        ben = village.join(self.world, anna, "Ben")
        carla = village.join(self.world, ben, "Carla")
        settle(self.world)
        self.people = (anna, ben, carla)
        around = zip(self.people, (ben, carla, anna), amounts, strict=True)
        self.owed = tuple(Owed(one.id, two.id, amount, self.owes(one, two, amount)) for one, two, amount in around)

    def owes(self, debtor: Node, creditor: Node, amount: int) -> Debt:
        """Something was done for the debtor, who is to pay within a month."""
        due = self.world.millis() + 30 * DAY
        promised = Commitment(debtor.id, creditor.id, "transfer", "credit", amount, CREDIT, due)
        parties = tuple(sorted((debtor.id, creditor.id)))
        proposed = self.world.say(debtor, Propose(parties, (promised,), self.world.millis() + DAY))
        settle(self.world)
        self.world.say(creditor, Accept(), proposed)
        settle(self.world)
        return Debt(proposed, 0)

    def consent(self, *people: Node, most: int = 100) -> None:
        for node in people:
            self.world.say(node, Consent(self.world.millis() + 9 * DAY, most))
        settle(self.world)

    def clear(self, by: Node) -> EntryId:
        made = self.world.say(by, clearing(self.owed, self.world.millis() + DAY))
        settle(self.world)
        return made

    def state(self, agreement: EntryId) -> State:
        (found,) = {known.state for known in self.everywhere(agreement)}
        return found

    def everywhere(self, agreement: EntryId) -> list[Agreement]:
        found = (node.peer.book.agreements.get(agreement) for node in self.people)
        return [known for known in found if known is not None]

    def open(self) -> list[int]:
        """What each still owes, as everybody reads it."""
        books = [
            tuple(
                known.commitments[0].quantity - known.received[0]
                for known in (node.peer.book.agreements.get(owed.debt.agreement) for owed in self.owed)
                if known is not None
            )
            for node in self.people
        ]
        (found,) = set(books)
        return list(found)


def balances(world: World) -> dict[MemberId, int]:
    return {member: balance for member, balance in world.nodes[0].peer.book.credit.balances().items() if balance}


def test_a_circle_of_debts_is_set_off_in_one_step_that_all_consented_to_beforehand() -> None:
    street = Street(30, 50, 20)
    anna, ben, carla = street.people
    street.consent(ben, carla)

    made = street.clear(anna)

    assert street.state(made) is State.COMPLETED
    assert street.open() == [10, 30, 0]
    assert balances(street.world) == {}  # 20 came to each and 20 went
    assert street.state(street.owed[2].debt.agreement) is State.COMPLETED  # Carla owes nothing any more
    assert len({node.peer.book.digest() for node in street.people}) == 1


def test_who_did_not_consent_is_asked_and_nothing_is_set_off_before_they_sign() -> None:
    street = Street(30, 30, 30)
    anna, ben, carla = street.people
    street.consent(ben)

    made = street.clear(anna)

    assert street.state(made) is State.PROPOSED
    assert street.open() == [30, 30, 30]

    street.world.say(carla, Accept(), made)
    settle(street.world)

    assert street.open() == [0, 0, 0]


def test_a_silent_member_holds_nothing_up_beyond_the_deadline() -> None:
    street = Street(30, 30, 30)
    anna, ben, carla = street.people
    street.consent(ben)
    street.world.crash(carla)

    made = street.clear(anna)
    street.world.leap(street.world.now + 2 * DAY * NS_PER_MS)
    street.world.restart(carla)
    settle(street.world, 60)

    assert {known.state_at(street.world.millis()) for known in street.everywhere(made)} == {State.LAPSED}
    assert street.open() == [30, 30, 30]


def test_more_than_one_consented_to_is_not_set_off_by_itself() -> None:
    street = Street(30, 30, 30)
    anna, ben, carla = street.people
    street.consent(ben, most=29)
    street.consent(carla)

    assert street.state(street.clear(anna)) is State.PROPOSED


def test_what_would_change_a_balance_can_not_be_proposed() -> None:
    street = Street(30, 20, 20)
    anna, _ben, _carla = street.people
    uneven = [
        Commitment(each.debtor, each.creditor, "transfer", "what is owed", amount, CREDIT, street.world.millis() + DAY,
                   clears=each.debt)
        for each, amount in zip(street.owed, (30, 20, 20), strict=True)
    ]  # fmt: skip
    proposal = Propose(tuple(sorted(node.id for node in street.people)), tuple(uneven), street.world.millis() + DAY)

    with pytest.raises(Refused, match="would change your balance by -10"):
        street.world.say(anna, proposal)


def test_one_debt_is_not_set_off_twice() -> None:
    street = Street(30, 30, 30)
    anna, ben, carla = street.people
    street.consent(ben, carla)
    street.clear(anna)

    with pytest.raises(Refused, match="not open here"):
        street.clear(anna)
    assert balances(street.world) == {}


def test_who_consents_while_a_clearing_waits_has_it_signed() -> None:
    street = Street(30, 30, 30)
    anna, ben, carla = street.people
    street.consent(ben)
    made = street.clear(anna)
    assert street.state(made) is State.PROPOSED

    street.consent(carla)

    assert street.state(made) is State.COMPLETED
    assert street.open() == [0, 0, 0]


def test_who_took_their_consent_back_is_asked() -> None:
    street = Street(30, 30, 30)
    anna, ben, carla = street.people
    street.consent(ben, carla)
    street.consent(carla, most=0)

    assert street.state(street.clear(anna)) is State.PROPOSED
