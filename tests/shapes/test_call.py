"""A call for ideas: who has something sends it in, who lived here before votes, and the reward goes by the votes."""

import pytest

from ruil.protocol.agreement import Agreement, State
from ruil.protocol.bodies import Deliver, Join, Receive, Vote
from ruil.protocol.errors import Refused
from ruil.protocol.ids import EntryId
from ruil.protocol.limits import DAY
from ruil.protocol.shapes.call import call
from ruil.simulations import village
from ruil.simulations.links import NS_PER_MS
from ruil.simulations.village import settle
from ruil.simulations.world import Node


class Street:
    """Anna asks for a name for the street garden, and gives 120 minutes to who finds one."""

    def __init__(self) -> None:
        self.world = village.found(seed=4, name="Elm Street")
        anna = self.world.nodes[0]
        self.people = [anna, *(village.join(self.world, anna, name) for name in ("Ben", "Carla", "Dora", "Emil"))]
        settle(self.world)
        self.opens_until = self.world.millis() + DAY
        asked = call(anna.id, "a name for the garden", 120, self.opens_until + 9 * DAY, self.opens_until)
        self.call = self.world.say(anna, asked)
        settle(self.world)

    def known(self, node: Node) -> Agreement:
        known = node.peer.book.agreements.get(self.call)
        assert known is not None
        return known

    def joins(self, node: Node, text: str) -> EntryId:
        made = self.world.say(node, Join(0, text=text), self.call)
        settle(self.world)
        return made

    def votes(self, node: Node, idea: EntryId) -> None:
        self.world.say(node, Vote(idea), self.call)
        settle(self.world)

    def wait(self) -> None:
        """Until it is over, and everybody's node has looked at it again."""
        self.world.leap(self.world.now + DAY * NS_PER_MS)
        settle(self.world, 120)


def test_the_reward_goes_by_the_votes_once_the_ideas_are_handed_over() -> None:
    street = Street()
    anna, ben, carla, dora, emil = street.people
    bens, carlas = street.joins(ben, "Sunny Side"), street.joins(carla, "Elm Patch")
    for voter, idea in ((anna, bens), (dora, bens), (ben, carlas), (emil, carlas), (emil, bens)):  # Emil thinks again
        street.votes(voter, idea)

    street.wait()

    for node in street.people:
        known = street.known(node)
        assert known.state is State.AGREED
        paid = {each.receiver: each.quantity for each in known.commitments if each.provider == anna.id}
        assert paid == {ben.id: 90, carla.id: 30}

    givers = {node.id: node for node in (anna, ben, carla)}
    for index, promised in enumerate(street.known(anna).commitments):
        given = street.world.say(givers[promised.provider], Deliver(index, promised.quantity), street.call)
        settle(street.world)
        if promised.receiver == anna.id:
            street.world.say(anna, Receive(given, promised.quantity), street.call)
    settle(street.world)

    assert {street.known(node).state for node in street.people} == {State.COMPLETED}
    assert {node.peer.book.credit.balance(anna.id) for node in street.people} == {-120}
    assert len({node.peer.book.digest() for node in street.people}) == 1


def test_who_came_after_it_was_opened_has_no_vote() -> None:
    street = Street()
    idea = street.joins(street.people[1], "Sunny Side")
    fay = village.join(street.world, street.people[0], "Fay")
    settle(street.world)

    with pytest.raises(Refused, match="only who belonged here before it was opened can vote"):
        street.world.say(fay, Vote(idea), street.call)


def test_where_nobody_votes_all_ideas_are_worth_the_same() -> None:
    street = Street()
    for node in street.people[1:4]:
        street.joins(node, f"An idea of {node.number}")

    street.wait()

    known = street.known(street.people[4])
    assert [each.quantity for each in known.commitments if each.provider == street.people[0].id] == [40, 40, 40]


def test_a_vote_that_a_partition_held_up_is_not_counted_and_nothing_hangs() -> None:
    street = Street()
    anna, ben, carla, dora, emil = street.people
    bens, carlas = street.joins(ben, "Sunny Side"), street.joins(carla, "Elm Patch")
    street.votes(dora, bens)
    street.world.split({emil.number: 1})
    street.votes(emil, carlas)

    street.wait()
    street.world.split({})
    settle(street.world, 60)

    assert {street.known(node).state for node in street.people} == {State.AGREED}
    assert [each.quantity for each in street.known(emil).commitments if each.provider == anna.id] == [120]
    assert len({node.peer.book.digest() for node in street.people}) == 1


def test_a_call_that_nobody_answers_lapses() -> None:
    street = Street()

    street.wait()

    assert {street.known(node).state for node in street.people} == {State.LAPSED}
