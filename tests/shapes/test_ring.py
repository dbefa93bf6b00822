"""A ring: each gives to the next, and nobody is bound before all have signed.

Anna bakes for Ben, Ben repairs for Carla, Carla gardens for Dora, and Dora would sing for Anna. But Dora never says a
word, and so the ring is closed without her.
"""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bodies import Accept, Commitment, Deliver
from ruil.protocol.errors import Refused
from ruil.protocol.ids import Millis
from ruil.protocol.shapes.ring import ring, without
from ruil.simulations.world import Node
from tests.shapes.neighbours import Street


def gives(giver: Node, taker: Node, what: str, due: Millis) -> Commitment:
    return Commitment(giver.id, taker.id, "work", what, 2, "hour", due)


def test_a_ring_goes_round_without_the_one_who_says_nothing() -> None:
    street = Street("Anna", "Ben", "Carla", "Dora", "Emil", seed=7)
    anna, ben, carla, dora, emil = street.world.nodes
    due = street.days(9)

    # Anna puts four promises into one circle.
    promises = [
        gives(anna, ben, "baking", due), gives(ben, carla, "repairs", due),
        gives(carla, dora, "gardening", due), gives(dora, anna, "singing", due),
    ]  # fmt: skip
    first = street.says(anna, ring(promises, street.days(3)))

    # Ben says yes while his network is down; Carla says yes too. Dora does not answer, and nobody is bound.
    street.cut_off(ben)
    street.says(ben, Accept(), first)
    street.says(carla, Accept(), first)
    assert street.agreement(anna, first).missing() == {ben.id, dora.id}
    street.together_again()
    assert street.agreement(emil, first).missing() == {dora.id}
    assert street.agreement(emil, first).state is State.PROPOSED
    assert "the agreement is proposed" in street.refusal(anna, Deliver(0, 2), first)

    # After two days Anna closes the circle without Dora: Carla gardens for Anna, who was to have Dora's song.
    street.wait(2)
    repaired = without(street.agreement(anna, first).proposal, dora.id, street.days(1), first)
    second = street.says(anna, repaired)
    assert street.agreement(emil, first).state is State.REPLACED
    assert "the agreement is replaced" in street.refusal(dora, Accept(), first)

    # What they said to the first ring binds nobody in the second: each signs what they see.
    assert street.agreement(emil, second).missing() == {ben.id, carla.id}
    street.says(ben, Accept(), second)
    street.says(carla, Accept(), second)
    assert street.agreement(emil, second).state is State.AGREED
    assert street.owes(second, emil) == {
        "Anna": ["2 hour to Ben"],
        "Ben": ["2 hour to Carla"],
        "Carla": ["2 hour to Anna"],
    }

    # Each has given and each has got, and the ring is done.
    street.keep(second, anna, ben, carla)
    assert street.agreement(dora, second).state is State.COMPLETED
    street.everybody_reads_the_same()
    street.nothing_is_open()


def test_a_ring_that_nobody_repairs_lapses_and_frees_everybody() -> None:
    street = Street("Anna", "Ben", "Carla", seed=8)
    anna, ben, carla = street.world.nodes
    due = street.days(9)
    circle = [gives(anna, ben, "baking", due), gives(ben, carla, "repairs", due), gives(carla, anna, "gardening", due)]
    made = street.says(anna, ring(circle, street.days(1)))
    street.says(ben, Accept(), made)

    street.wait(1)

    assert street.agreement(carla, made).state is State.LAPSED
    assert street.agreement(ben, made).waits_for(street.days(0)) == {}
    street.everybody_reads_the_same()


def test_a_ring_is_one_circle_of_three_or_more() -> None:
    street = Street("Anna", "Ben", "Carla", "Dora", seed=9)
    anna, ben, carla, dora = street.world.nodes
    due = street.days(9)

    def of(*pairs: tuple[Node, Node]) -> list[Commitment]:
        return [gives(giver, taker, "help", due) for giver, taker in pairs]

    for promises, why in (
        (of((anna, ben), (ben, anna)), "three people or more"),
        (of((anna, ben), (ben, anna), (carla, dora), (dora, carla)), "one circle"),
        (of((anna, ben), (anna, carla), (ben, carla), (carla, anna)), "each of whom gives once"),
        (of((anna, ben), (ben, carla), (carla, dora)), "one circle"),
    ):
        with pytest.raises(Refused, match=why):
            ring(promises, street.days(1))


def test_a_ring_of_three_can_not_be_repaired() -> None:
    street = Street("Anna", "Ben", "Carla", seed=10)
    anna, ben, carla = street.world.nodes
    due = street.days(9)
    known = ring(
        [gives(anna, ben, "baking", due), gives(ben, carla, "repairs", due), gives(carla, anna, "gardening", due)],
        street.days(1),
    )
    made = street.says(anna, known)

    with pytest.raises(Refused, match="three people or more"):
        without(known, carla.id, street.days(1), made)
