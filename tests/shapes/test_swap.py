"""A swap: the garden for the tax return, topped up with an hour, some credit or a second thing."""

import pytest

from ruil.protocol.agreement import State
from ruil.protocol.bodies import CREDIT, Accept, Commitment, Deliver
from ruil.protocol.errors import Refused
from ruil.protocol.shapes.swap import swap
from tests.shapes.neighbours import Street


def test_unlike_things_are_swapped_and_topped_up_in_several_units_of_one_agreement() -> None:
    street = Street("Anna", "Ben", "Carla")
    anna, ben, carla = street.world.nodes

    # Ben mends Anna's garden. She does his tax return, and gives a jar of honey and 30 minutes of credit on top.
    due = street.days(9)
    garden = Commitment(ben.id, anna.id, "work", "garden", 6, "hour", due)
    taxes = Commitment(anna.id, ben.id, "deliverService", "tax return", 1, "piece", due)
    honey = Commitment(anna.id, ben.id, "transfer", "honey", 1, "jar", due)
    credit = Commitment(anna.id, ben.id, "transfer", "credit", 30, CREDIT, due)
    agreed = street.says(ben, swap(garden, taxes, street.days(2), more=(honey, credit)))
    street.says(anna, Accept(), agreed)

    assert street.owes(agreed, carla) == {
        "Ben": ["6 hour to Anna"],
        "Anna": ["1 jar to Ben", "1 piece to Ben", "30 credit to Ben"],
    }

    # Everything is done, and only the credit is on anybody's account.
    street.keep(agreed, anna, ben)
    assert street.agreement(carla, agreed).state is State.COMPLETED
    assert street.balances(carla) == {"Anna": -30, "Ben": 30}
    street.everybody_reads_the_same()


def test_who_gave_their_half_and_heard_nothing_more_has_a_proof_and_the_agreement_ends() -> None:
    street = Street("Anna", "Ben", seed=2)
    anna, ben = street.world.nodes
    due = street.days(3)
    bike = Commitment(anna.id, ben.id, "transfer", "bike", 1, "piece", due)
    lamp = Commitment(ben.id, anna.id, "transfer", "lamp", 1, "piece", due)
    agreed = street.says(anna, swap(bike, lamp, street.days(1)))
    street.says(ben, Accept(), agreed)

    # Anna hands her bike over. Ben neither confirms it nor brings the lamp.
    given = street.says(anna, Deliver(0, 1), agreed)
    street.wait(7)

    known = street.agreement(ben, agreed)
    assert known.state_at(street.days(0)) is State.LAPSED
    assert known.deliveries[given].receipt is None
    street.nothing_is_open()


def test_a_swap_is_between_two() -> None:
    street = Street("Anna", "Ben", "Carla", seed=3)
    anna, ben, carla = (node.id for node in street.world.nodes)
    due = street.days(3)
    ends = ((anna, ben), (ben, anna), (anna, carla))
    there, back, aside = (Commitment(*two, "transfer", "a thing", 1, "piece", due) for two in ends)

    with pytest.raises(Refused, match="goes both ways"):
        swap(there, there, street.days(1))
    with pytest.raises(Refused, match="a swap is between two"):
        swap(there, back, street.days(1), more=(aside,))
