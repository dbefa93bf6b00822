"""A trust line: Carla trusts Ben, Ben trusts Anna; so Anna can pay Carla with nothing of her own."""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bodies import CREDIT, Accept, Body, Commitment, Deliver, Propose
from ruil.protocol.errors import Refused
from ruil.protocol.exposure import Exposure, exposure
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import DAY
from ruil.protocol.lines import Line, draws
from ruil.protocol.shapes.trust_line import open_line, trust_line
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node


class Street:
    """Nobody may go below zero here; Carla and Ben have something, Anna has nothing."""

    def __init__(self) -> None:
        self.world = village.found(seed=6, name="Elm Street", credit_limit=100)
        self.anna = self.world.nodes[0]
        self.ben = village.join(self.world, self.anna, "Ben")
        self.carla = village.join(self.world, self.ben, "Carla")
        settle(self.world)
        self.lines = [self.trusts(self.carla, self.ben), self.trusts(self.ben, self.anna)]

    def say(self, who: Node, body: Body, about: EntryId | None = None) -> EntryId:
        made = self.world.say(who, body, about)
        settle(self.world)
        return made

    def trusts(self, lender: Node, borrower: Node) -> EntryId:
        now = self.world.millis()
        line = trust_line(lender.id, borrower.id, 50, now + 20 * DAY, now + 40 * DAY, now + DAY)
        made = self.say(lender, line)
        self.say(borrower, Accept(), made)
        return made

    def open(self) -> list[Line]:
        """The lines as Anna reads them."""
        found = []
        for each in self.lines:
            known = self.anna.peer.book.agreements.get(each)
            assert known is not None
            ends = known.commitments[0]
            found.append(Line(ends.provider, ends.receiver, open_line(known, self.world.millis()), each))
        return found

    def stands(self, node: Node) -> Exposure:
        """How somebody stands, as everybody reads it."""
        now = self.world.millis()
        books = [each.peer.book for each in (self.anna, self.ben, self.carla)]
        (found,) = {exposure(book.members, book.agreements, book.credit, node.id, now) for book in books}
        return found


def test_a_payment_over_a_chain_leaves_each_owing_who_trusts_them() -> None:
    street = Street()
    giver = {street.carla.id: street.carla, street.ben.id: street.ben}

    for line, much in draws(street.open(), street.carla.id, street.anna.id, 30):
        street.say(giver[line.lender], Deliver(0, much), line.agreement)
    price = Commitment(
        street.anna.id, street.carla.id, "transfer", "credit", 30, CREDIT, street.world.millis() + 2 * DAY
    )
    parties = tuple(sorted((street.anna.id, street.carla.id)))
    sale = street.say(street.anna, Propose(parties, (price,), street.world.millis() + DAY))
    street.say(street.carla, Accept(), sale)
    street.say(street.anna, Deliver(0, 30), sale)

    stand = [street.stands(node) for node in (street.anna, street.ben, street.carla)]
    assert [each.balance for each in stand] == [0, 0, 0]  # all went round
    assert [each.owed for each in stand] == [30, 30 + 20, 20]  # what was drawn, and what can be drawn yet
    assert [each.coming for each in stand] == [20, 30 + 20, 30]


def test_more_than_the_chain_carries_does_not_go() -> None:
    street = Street()

    found = draws(street.open(), street.carla.id, street.anna.id, 80)

    assert {much for _, much in found} == {50}


def test_who_stays_silent_lets_the_line_end_by_itself_with_what_is_owed_for_all_to_see() -> None:
    street = Street()
    street.say(street.ben, Deliver(0, 40), street.lines[1])
    street.world.crash(street.anna)

    street.world.leap(street.world.now + 50 * DAY * NS_PER_MS)
    street.world.restart(street.anna)
    settle(street.world, 60)

    now = street.world.millis()
    states = [street.ben.peer.book.agreements.get(each) for each in street.lines]
    assert [each.state_at(now) for each in states if each] == [State.COMPLETED, State.LAPSED]
    assert street.stands(street.anna).balance == 40
    assert street.stands(street.ben).left == 100 - 40


def test_nobody_trusts_further_than_they_can_pay() -> None:
    street = Street()
    now = street.world.millis()

    with pytest.raises(Refused, match="that costs"):
        street.world.say(
            street.carla,
            trust_line(street.carla.id, street.anna.id, 51, now + 20 * DAY, now + 40 * DAY, now + DAY),
        )
